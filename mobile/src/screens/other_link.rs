//! A link that was opened while a stay goes on: nothing of it is opened before the reader has said so.

use dioxus::prelude::*;

use super::Tell;
use super::parts::{Look, heading, press};
use crate::language::Language;
use crate::stay::{Caller, Unseen};
use crate::waiting::{Message, Other, Screen, Staying};
use crate::words;

/// It leads to another caller, or to another clinic.
pub(super) fn elsewhere(
    language: Language,
    staying: &Staying,
    other: Option<&Other>,
    tell: Tell,
) -> Element {
    let here = staying.clinic.as_ref().map_or_else(
        || words::other_link(language).to_owned(),
        |clinic| words::other_link_at(language, &clinic.name),
    );
    // What becomes of the place here. Before anything was heard of the stay, nothing is promised.
    let left_behind = match staying.caller.as_ref().map(Caller::unseen) {
        Some(Unseen::Texted) => Some(("notice-calm", words::other_link_kept(language))),
        Some(Unseen::Untexted) => {
            Some(("notice-warning", words::other_link_kept_untexted(language)))
        }
        Some(Unseen::AtRisk) => Some(("notice-warning", words::other_link_lost(language))),
        Some(Unseen::WithProvider) => {
            Some(("notice-warning", words::other_link_with_provider(language)))
        }
        Some(Unseen::Over) | None => None,
    };
    rsx! {
        {heading(words::heading(language, Screen::OtherLink))}
        if is_in_queue(staying) {
            p { class: "lead", "{here}" }
        }
        if let Some(other) = other {
            p { "{words::other_link_leads_to(language, other)}" }
        }
        if let Some((class, words)) = left_behind {
            p { class: "notice {class}", "{words}" }
        }
        div { class: "foot",
            {press(Look::Main, words::stay_here(language), Message::StayPressed, tell)}
            {press(Look::Second, words::open_other_link(language), Message::OpenOtherPressed, tell)}
        }
    }
}

fn is_in_queue(staying: &Staying) -> bool {
    let caller = staying.caller.as_ref();
    caller.is_some_and(|caller| caller.standing.is_in_queue())
}

/// It leads nowhere, or to a stay that is over.
pub(super) fn broken(language: Language, staying: &Staying, tell: Tell) -> Element {
    rsx! {
        {heading(words::heading(language, Screen::LinkBroken))}
        p { class: "lead", "{words::link_broken(language)}" }
        if is_in_queue(staying) {
            p { class: "notice notice-calm", "{words::link_broken_still_waiting(language)}" }
        }
        div { class: "foot",
            {press(Look::Main, words::back_to_my_place(language), Message::StayPressed, tell)}
        }
    }
}
