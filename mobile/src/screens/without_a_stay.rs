//! The screens around a stay: opening, out of reach, links that lead nowhere, a closed clinic.

use dioxus::prelude::*;

use super::Tell;
use super::parts::{Look, back, heading, press};
use crate::language::Language;
use crate::waiting::{Details, Message, Scene, Screen, State, Stored, Unwatched};
use crate::words;

/// Nothing is known yet. The page's first paint looks the same.
pub(super) fn opening(language: Language) -> Element {
    rsx! {
        {heading(words::heading(language, Screen::Opening))}
        p { class: "lead", "{words::opening(language)}" }
        div { class: "working", "aria-hidden": "true" }
    }
}

/// The page is seen again, and what is so is being asked. It appears only where that takes a while: most
/// returns are over before.
pub(super) fn getting_latest(language: Language) -> Element {
    rsx! {
        div { class: "late",
            {heading(words::heading(language, Screen::GettingLatest))}
            div { class: "working", "aria-hidden": "true" }
        }
    }
}

/// Nothing is known and the server gives no answer.
pub(super) fn unreachable(state: &State, tell: Tell) -> Element {
    let language = state.language;
    let is_at_place = matches!(state.scene, Scene::Staying(_));
    rsx! {
        {heading(words::heading(language, Screen::Unreachable))}
        p { class: "lead", "{words::unreachable(language)}" }
        if is_at_place {
            p { "{words::unreachable_place(language)}" }
        }
        div { class: "working", "aria-hidden": "true" }
        div { class: "foot",
            {press(Look::Main, words::try_again(language), Message::TryAgainPressed, tell)}
            if !is_at_place && state.kept.is_some() {
                {press(Look::Second, words::back_to_my_place(language), Message::BackPressed, tell)}
            }
        }
    }
}

/// There is no such clinic.
pub(super) fn clinic_unknown(language: Language, has_place: bool, tell: Tell) -> Element {
    rsx! {
        {heading(words::heading(language, Screen::ClinicUnknown))}
        p { class: "lead", "{words::clinic_unknown(language)}" }
        div { class: "foot", {back(language, has_place, tell)} }
    }
}

/// The clinic takes nobody now.
pub(super) fn clinic_closed(language: Language, has_place: bool, tell: Tell) -> Element {
    rsx! {
        {heading(words::heading(language, Screen::ClinicClosed))}
        p { class: "lead", "{words::clinic_closed(language)}" }
        div { class: "notice notice-calm", p { "{words::clinic_closed_urgent(language)}" } }
        div { class: "foot",
            if has_place {
                {back(language, has_place, tell)}
            }
            {press(Look::Second, words::check_again(language), Message::TryAgainPressed, tell)}
            if !has_place {
                {back(language, has_place, tell)}
            }
        }
    }
}

/// This device has a stay at this clinic.
pub(super) fn already_waiting(language: Language, tell: Tell) -> Element {
    rsx! {
        {heading(words::heading(language, Screen::AlreadyWaiting))}
        p { class: "lead", "{words::already_waiting(language)}" }
        div { class: "foot",
            {press(Look::Main, words::go_on(language), Message::ContinuePressed, tell)}
            {press(Look::Second, words::someone_else(language), Message::SomeoneElsePressed, tell)}
        }
    }
}

/// Somebody else arrives, and the place of the first would be lost.
pub(super) fn place_at_risk(
    language: Language,
    first: &Details,
    stored: &Stored,
    tell: Tell,
) -> Element {
    let unwatched = match stored {
        Stored::GoesOn(_, unwatched) => *unwatched,
        Stored::None | Stored::Asking(_) => Unwatched::Unknown,
    };
    let go_back = if unwatched == (Unwatched::Lost { may_verify: true }) {
        words::verify_first(language)
    } else {
        words::back_to_their_page(language)
    };
    let risk = words::place_at_risk(language, &first.name, unwatched);
    rsx! {
        {heading(words::heading(language, Screen::PlaceAtRisk))}
        p { class: "notice notice-warning", "{risk}" }
        div { class: "foot",
            {press(Look::Main, go_back, Message::ContinuePressed, tell)}
            {press(Look::Second, words::arrive_anyway(language), Message::ArriveAnywayPressed, tell)}
        }
    }
}

/// The link leads nowhere.
pub(super) fn link_broken(
    language: Language,
    knows_clinic: bool,
    has_place: bool,
    tell: Tell,
) -> Element {
    let arrive_again = if has_place { Look::Second } else { Look::Main };
    rsx! {
        {heading(words::heading(language, Screen::LinkBroken))}
        p { class: "lead", "{words::link_broken(language)}" }
        ul { class: "steps",
            for step in words::link_broken_steps(language) {
                li { "{step}" }
            }
        }
        div { class: "foot",
            if has_place {
                {back(language, has_place, tell)}
            }
            if knows_clinic {
                {press(arrive_again, words::arrive_again(language), Message::ArriveAgainPressed, tell)}
            }
            if !has_place {
                {back(language, has_place, tell)}
            }
        }
    }
}
