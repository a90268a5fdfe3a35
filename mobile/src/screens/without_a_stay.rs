//! The screens around a stay: opening, out of reach, links that lead nowhere, a closed clinic.

use dioxus::prelude::*;

use super::Tell;
use super::parts::heading;
use crate::waiting::{Details, Message, Screen, Stored, Unwatched};
use crate::words;

/// Nothing is known yet. The page's first paint looks the same.
pub(super) fn opening() -> Element {
    rsx! {
        {heading(words::heading(Screen::Opening))}
        p { class: "lead", "{words::OPENING}" }
        div { class: "working", "aria-hidden": "true" }
    }
}

/// Nothing is known and the server gives no answer.
pub(super) fn unreachable(has_place: bool, tell: Tell) -> Element {
    rsx! {
        {heading(words::heading(Screen::Unreachable))}
        p { class: "lead", "{words::UNREACHABLE}" }
        if has_place {
            p { "{words::UNREACHABLE_PLACE}" }
        }
        div { class: "working", "aria-hidden": "true" }
        div { class: "foot",
            button {
                class: "button button-main",
                r#type: "button",
                onclick: move |_| tell.call(Message::TryAgainPressed),
                "{words::TRY_AGAIN}"
            }
        }
    }
}

/// There is no such clinic.
pub(super) fn clinic_unknown() -> Element {
    rsx! {
        {heading(words::heading(Screen::ClinicUnknown))}
        p { class: "lead", "{words::CLINIC_UNKNOWN}" }
    }
}

/// The clinic takes nobody now.
pub(super) fn clinic_closed(tell: Tell) -> Element {
    rsx! {
        {heading(words::heading(Screen::ClinicClosed))}
        p { class: "lead", "{words::CLINIC_CLOSED}" }
        div { class: "notice notice-calm", p { "{words::CLINIC_CLOSED_URGENT}" } }
        div { class: "foot",
            button {
                class: "button button-second",
                r#type: "button",
                onclick: move |_| tell.call(Message::TryAgainPressed),
                "{words::CHECK_AGAIN}"
            }
        }
    }
}

/// This device has a stay at this clinic.
pub(super) fn already_waiting(tell: Tell) -> Element {
    rsx! {
        {heading(words::heading(Screen::AlreadyWaiting))}
        p { class: "lead", "{words::ALREADY_WAITING}" }
        div { class: "foot",
            button {
                class: "button button-main",
                r#type: "button",
                onclick: move |_| tell.call(Message::ContinuePressed),
                "{words::CONTINUE}"
            }
            button {
                class: "button button-second",
                r#type: "button",
                onclick: move |_| tell.call(Message::SomeoneElsePressed),
                "{words::SOMEONE_ELSE}"
            }
        }
    }
}

/// Somebody else arrives, and the place of the first would be lost.
pub(super) fn place_at_risk(first: &Details, stored: &Stored, tell: Tell) -> Element {
    let unwatched = match stored {
        Stored::GoesOn(_, unwatched) => *unwatched,
        Stored::None | Stored::Asking(_) => Unwatched::Unknown,
    };
    let go_back = if unwatched == (Unwatched::Lost { may_verify: true }) {
        words::VERIFY_FIRST
    } else {
        words::BACK_TO_THEIR_PAGE
    };
    rsx! {
        {heading(words::heading(Screen::PlaceAtRisk))}
        p { class: "notice notice-warning", "{words::place_at_risk(&first.name, unwatched)}" }
        div { class: "foot",
            button {
                class: "button button-main",
                r#type: "button",
                onclick: move |_| tell.call(Message::ContinuePressed),
                "{go_back}"
            }
            button {
                class: "button button-second",
                r#type: "button",
                onclick: move |_| tell.call(Message::ArriveAnywayPressed),
                "{words::ARRIVE_ANYWAY}"
            }
        }
    }
}

/// The link leads nowhere.
pub(super) fn link_broken(knows_clinic: bool, tell: Tell) -> Element {
    rsx! {
        {heading(words::heading(Screen::LinkBroken))}
        p { class: "lead", "{words::LINK_BROKEN}" }
        ul { class: "steps",
            for step in words::LINK_BROKEN_STEPS {
                li { "{step}" }
            }
        }
        if knows_clinic {
            div { class: "foot",
                button {
                    class: "button button-main",
                    r#type: "button",
                    onclick: move |_| tell.call(Message::ArriveAgainPressed),
                    "{words::ARRIVE_AGAIN}"
                }
            }
        }
    }
}
