//! A stay that is over: what happened, and a way on.

use dioxus::prelude::*;

use super::Tell;
use super::parts::{connection_notice, heading};
use crate::stay::End;
use crate::waiting::{Message, Resuming, Screen, State, Staying};
use crate::words;

/// What happened, and arriving again.
pub(super) fn ended(screen: Screen, end: &End, knows_clinic: bool, tell: Tell) -> Element {
    let (text, next) = match end {
        End::Completed => (words::COMPLETED, None),
        End::LeftByCaller { by_text: true } => (words::LEFT_BY_TEXT, None),
        End::LeftByCaller { by_text: false } => (words::LEFT, None),
        End::LostContact { .. } => (words::LOST_CONTACT, None),
        End::Cancelled { .. } => (words::CANCELLED, Some(words::CANCELLED_NEXT)),
    };
    let reason = match end {
        End::Cancelled { reason } => reason.as_deref().filter(|reason| !reason.trim().is_empty()),
        _ => None,
    };
    // After a consultation nobody is urged into the next one.
    let button = if matches!(end, End::Completed) {
        "button button-second"
    } else {
        "button button-main"
    };
    rsx! {
        {heading(words::heading(screen))}
        p { class: "lead", "{text}" }
        if let Some(reason) = reason {
            div { class: "notice notice-calm",
                strong { "{words::CANCELLED_REASON}" }
                p { "{reason}" }
            }
        }
        if let Some(next) = next {
            p { "{next}" }
        }
        if knows_clinic {
            div { class: "foot",
                button {
                    class: "{button}",
                    r#type: "button",
                    onclick: move |_| tell.call(Message::ArriveAgainPressed),
                    "{words::ARRIVE_AGAIN}"
                }
            }
        } else {
            p { class: "small", "{words::NEED_CLINIC_LINK}" }
        }
    }
}

/// A lost place is being taken back.
pub(super) fn taking_back(state: &State, staying: &Staying) -> Element {
    rsx! {
        {heading(words::heading(Screen::TakingBack))}
        p { class: "lead", "{words::TAKING_BACK}" }
        {connection_notice(state, staying)}
        if matches!(staying.resuming, Resuming::Again { .. }) {
            p { "{words::TAKING_BACK_AGAIN}" }
        }
        div { class: "working", "aria-hidden": "true" }
    }
}
