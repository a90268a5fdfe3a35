//! The wait screen while in the queue: the place, what may be done now, verifying, leaving.

use dioxus::prelude::*;

use super::parts::{connection_notice, heading, leave, notice};
use super::{Tell, icons, verifying};
use crate::stay::{Caller, Place};
use crate::waiting::{Message, Screen, State, Staying, VerifyStep};
use crate::words;

/// Waiting, back from a recall, or on the way back.
pub(super) fn waiting(
    state: &State,
    staying: &Staying,
    caller: &Caller,
    place: Option<Place>,
    tell: Tell,
) -> Element {
    let screen = state.screen();
    rsx! {
        {heading(words::heading(screen))}
        match screen {
            Screen::WelcomeBack => rsx! {
                p { class: "lead", "{words::WELCOME_BACK}" }
            },
            Screen::ComingBack => rsx! {
                p { class: "lead", "{words::COMING_BACK}" }
                div { class: "working", "aria-hidden": "true" }
            },
            _ => rsx! {},
        }
        {connection_notice(state, staying)}
        if staying.has_place_back && screen == Screen::Waiting {
            {notice("notice-good", icons::tick(), words::PLACE_BACK, words::PLACE_BACK_WHY)}
        }
        if let Some(place) = place {
            div { class: "place",
                div { class: "place-number", "aria-hidden": "true", "{words::place_number(place)}" }
                div { class: "place-words",
                    strong { "{words::place(place)}" }
                    span { class: "small", "{words::ahead(place)}" }
                }
            }
        }
        if screen != Screen::ComingBack {
            {now(state, staying, caller, tell)}
            {verifying::verifying(state, staying, tell)}
            {keep_awake(state, staying, caller, tell)}
        }
        {leave(state, staying, tell)}
    }
}

/// What may be done now.
fn now(state: &State, staying: &Staying, caller: &Caller, tell: Tell) -> Element {
    let step = staying.verify_step();
    let message = if state.screen() == Screen::WelcomeBack {
        notice(
            "notice-good",
            icons::tick(),
            words::KEEP_OPEN,
            words::WELCOME_BACK_WHY,
        )
    } else if let Some(phone) = caller.phone.as_ref().filter(|phone| phone.is_verified) {
        notice(
            "notice-good",
            icons::pocket(),
            words::FREE_TO_GO,
            &words::free_to_go(&phone.number),
        )
    } else if step == VerifyStep::Code {
        notice(
            "notice-calm",
            icons::message(),
            words::CODE_WAITING,
            words::CODE_WAITING_WHY,
        )
    } else if step == VerifyStep::Number {
        notice(
            "notice-calm",
            icons::phone(),
            words::KEEP_OPEN_OR_VERIFY,
            words::KEEP_OPEN_WHY,
        )
    } else {
        notice(
            "notice-calm",
            icons::phone(),
            words::KEEP_OPEN,
            words::KEEP_OPEN_WHY,
        )
    };
    rsx! {
        div { id: "now", tabindex: "-1", {message} }
        if step == VerifyStep::Done && state.screen() == Screen::Waiting {
            div {
                button {
                    class: "button-plain",
                    r#type: "button",
                    onclick: move |_| tell.call(Message::ChangeNumberPressed),
                    "{words::CHANGE_NUMBER}"
                }
            }
        }
    }
}

/// Who must keep the page open must keep the phone from going dark, too.
fn keep_awake(state: &State, staying: &Staying, caller: &Caller, tell: Tell) -> Element {
    rsx! {
        if state.can_keep_awake && !caller.is_verified() {
            label { class: "consent", r#for: "keep-awake",
                input {
                    id: "keep-awake",
                    r#type: "checkbox",
                    checked: staying.keeps_awake,
                    onchange: move |event| tell.call(Message::KeepAwakeChosen(event.checked())),
                }
                span { "{words::KEEP_AWAKE}" }
            }
        }
    }
}
