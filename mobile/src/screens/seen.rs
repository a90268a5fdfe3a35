//! With a provider: ready to join, and on hold.

use dioxus::prelude::*;

use super::Tell;
use super::parts::{connection_notice, heading, leave};
use crate::stay::RoomLink;
use crate::waiting::{Screen, State, Staying};
use crate::words;

/// A provider has joined.
pub(super) fn ready_to_join(state: &State, staying: &Staying, room: Option<&RoomLink>) -> Element {
    rsx! {
        {heading(words::heading(Screen::ReadyToJoin))}
        p { class: "lead", "{words::PROVIDER_READY}" }
        {connection_notice(state, staying)}
        if let Some(room) = room {
            div { class: "foot",
                {room_link(room, words::JOIN_CONSULTATION)}
                p { class: "small", "{words::JOIN_OPENS}" }
            }
        } else {
            p { "{words::ROOM_COMING}" }
            div { class: "working", "aria-hidden": "true" }
        }
    }
}

/// The provider will be back.
pub(super) fn on_hold(
    state: &State,
    staying: &Staying,
    room: Option<&RoomLink>,
    tell: Tell,
) -> Element {
    rsx! {
        {heading(words::heading(Screen::OnHold))}
        if room.is_some() {
            p { class: "lead", "{words::ON_HOLD_WITH_ROOM}" }
        } else {
            p { class: "lead", "{words::ON_HOLD}" }
        }
        {connection_notice(state, staying)}
        div { class: "foot",
            if let Some(room) = room {
                {room_link(room, words::BACK_TO_ROOM)}
            }
            {leave(state, staying, tell)}
        }
    }
}

/// A tab of its own, so that this page goes on telling how the stay stands.
fn room_link(room: &RoomLink, words: &str) -> Element {
    rsx! {
        a {
            class: "button button-join",
            href: "{room.as_str()}",
            target: "_blank",
            rel: "noopener noreferrer",
            "{words}"
        }
    }
}
