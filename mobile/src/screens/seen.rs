//! With a provider: ready to join, and on hold.

use dioxus::prelude::*;

use super::Tell;
use super::parts::{connection_notice, heading, leave};
use crate::stay::RoomLink;
use crate::waiting::{Screen, State, Staying};
use crate::words;

/// A provider has joined.
pub(super) fn ready_to_join(state: &State, staying: &Staying, room: Option<&RoomLink>) -> Element {
    let language = state.language;
    rsx! {
        {heading(words::heading(language, Screen::ReadyToJoin))}
        p { class: "lead", "{words::provider_ready(language)}" }
        {connection_notice(state, staying)}
        if let Some(room) = room {
            div { class: "foot",
                {room_link(room, words::join_consultation(language))}
                p { class: "small", "{words::join_opens(language)}" }
            }
        } else {
            p { "{words::room_coming(language)}" }
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
    let language = state.language;
    rsx! {
        {heading(words::heading(language, Screen::OnHold))}
        if room.is_some() {
            p { class: "lead", "{words::on_hold_with_room(language)}" }
        } else {
            p { class: "lead", "{words::on_hold(language)}" }
        }
        {connection_notice(state, staying)}
        div { class: "foot",
            if let Some(room) = room {
                {room_link(room, words::back_to_room(language))}
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
