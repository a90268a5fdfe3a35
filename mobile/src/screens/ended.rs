//! A stay that is over: what happened, and a way on.

use dioxus::prelude::*;

use super::Tell;
use super::parts::{connection_notice, heading};
use crate::language::Language;
use crate::stay::End;
use crate::waiting::{Message, Resuming, Screen, State, Staying};
use crate::words;

/// What happened, and arriving again.
pub(super) fn ended(
    language: Language,
    screen: Screen,
    end: &End,
    knows_clinic: bool,
    tell: Tell,
) -> Element {
    let (text, next) = match end {
        End::Completed => (words::completed(language), None),
        End::LeftByCaller { by_text: true } => (words::left_by_text(language), None),
        End::LeftByCaller { by_text: false } => (words::left(language), None),
        End::LostContact { .. } => (words::lost_contact(language), None),
        End::Cancelled { .. } => (
            words::cancelled(language),
            Some(words::cancelled_next(language)),
        ),
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
        {heading(words::heading(language, screen))}
        p { class: "lead", "{text}" }
        if let Some(reason) = reason {
            div { class: "notice notice-calm",
                strong { "{words::cancelled_reason(language)}" }
                p { dir: "auto", "{reason}" }
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
                    "{words::arrive_again(language)}"
                }
            }
        } else {
            p { class: "small", "{words::need_clinic_link(language)}" }
        }
    }
}

/// A lost place is being taken back.
pub(super) fn taking_back(state: &State, staying: &Staying) -> Element {
    let language = state.language;
    rsx! {
        {heading(words::heading(language, Screen::TakingBack))}
        p { class: "lead", "{words::taking_back(language)}" }
        {connection_notice(state, staying)}
        if matches!(staying.resuming, Resuming::Again { .. }) {
            p { "{words::taking_back_again(language)}" }
        }
        div { class: "working", "aria-hidden": "true" }
    }
}
