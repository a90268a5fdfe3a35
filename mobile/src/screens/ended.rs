//! A stay that is over: what happened, and a way on.

use dioxus::prelude::*;

use super::Tell;
use super::parts::{Look, back, connection_notice, heading, press};
use crate::stay::End;
use crate::waiting::{Message, Resuming, Screen, State, Staying};
use crate::words;

/// What happened, the way to a place that goes on, and arriving again.
pub(super) fn ended(state: &State, staying: &Staying, end: &End, tell: Tell) -> Element {
    let language = state.language;
    let knows_clinic = staying.clinic.is_some();
    // A lost place is kept for as long as it may be taken back.
    let has_place = state
        .kept
        .as_ref()
        .is_some_and(|kept| *kept != staying.link);
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
    let arrive_again = if has_place || matches!(end, End::Completed) {
        Look::Second
    } else {
        Look::Main
    };
    rsx! {
        {heading(words::heading(language, state.screen()))}
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
        // The link may have been an old one: whether the other place still goes on is seen there.
        if has_place {
            p { class: "notice notice-calm", "{words::other_place(language)}" }
        }
        if !knows_clinic {
            p { class: "small", "{words::need_clinic_link(language)}" }
        }
        if has_place || knows_clinic {
            div { class: "foot",
                if has_place {
                    {back(language, has_place, tell)}
                }
                if knows_clinic {
                    {press(arrive_again, words::arrive_again(language), Message::ArriveAgainPressed, tell)}
                }
            }
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
