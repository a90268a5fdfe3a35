//! A link that was opened while a stay goes on: nothing of it is opened before the reader has said so.

use dioxus::prelude::*;

use super::Tell;
use super::parts::heading;
use crate::language::Language;
use crate::waiting::{Message, Screen, Staying, Unwatched};
use crate::words;

/// It leads to another caller, or to another clinic.
pub(super) fn elsewhere(language: Language, staying: &Staying, tell: Tell) -> Element {
    let here = match &staying.clinic {
        Some(clinic) => words::other_link_at(language, &clinic.name),
        None => words::other_link(language).to_owned(),
    };
    let unwatched = staying.caller.as_ref().map(Unwatched::of);
    rsx! {
        {heading(words::heading(language, Screen::OtherLink))}
        p { class: "lead", "{here}" }
        match unwatched {
            Some(Unwatched::Lost { .. }) => rsx! {
                p { class: "notice notice-warning", "{words::other_link_lost(language)}" }
            },
            Some(Unwatched::Kept) => rsx! {
                p { class: "notice notice-calm", "{words::other_link_kept(language)}" }
            },
            // Nothing was heard of the stay yet.
            Some(Unwatched::Unknown) | None => rsx! {},
        }
        div { class: "foot",
            button {
                class: "button button-main",
                r#type: "button",
                onclick: move |_| tell.call(Message::StayPressed),
                "{words::stay_here(language)}"
            }
            button {
                class: "button button-second",
                r#type: "button",
                onclick: move |_| tell.call(Message::OpenOtherPressed),
                "{words::open_other_link(language)}"
            }
        }
    }
}

/// It leads nowhere.
pub(super) fn broken(language: Language, staying: &Staying, tell: Tell) -> Element {
    rsx! {
        {heading(words::heading(language, Screen::LinkBroken))}
        p { class: "lead", "{words::link_broken(language)}" }
        if staying.caller.is_some() {
            p { class: "notice notice-calm", "{words::link_broken_still_waiting(language)}" }
        }
        div { class: "foot",
            button {
                class: "button button-main",
                r#type: "button",
                onclick: move |_| tell.call(Message::StayPressed),
                "{words::back_to_my_place(language)}"
            }
        }
    }
}
