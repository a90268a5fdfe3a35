//! The wait screen while in the queue: the place, what may be done now, verifying, leaving.

use dioxus::prelude::*;

use super::parts::{Look, connection_notice, heading, leave, notice, press};
use super::{Tell, icons, notices, verifying};
use crate::language::Language;
use crate::stay::{Caller, Place};
use crate::waiting::{Message, Now, Screen, State, Staying, VerifyStep};
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
    let language = state.language;
    if screen == Screen::ComingBack {
        return coming_back(state, staying, place, tell);
    }
    rsx! {
        {heading(words::heading(language, screen))}
        if screen == Screen::WelcomeBack {
            p { class: "lead", "{words::welcome_back(language)}" }
        }
        {connection_notice(state, staying)}
        if staying.has_place_back && screen == Screen::Waiting {
            {notice(
                "notice-good",
                icons::tick(),
                words::place_back(language),
                words::place_back_why(language),
            )}
        }
        {place_card(language, place)}
        // The code is what is wanted then: it comes first, and fits a small screen.
        if staying.verify_step() == VerifyStep::Code {
            {verifying::verifying(state, staying, tell)}
            {now(state, staying, caller, tell)}
        } else {
            {now(state, staying, caller, tell)}
            {verifying::verifying(state, staying, tell)}
        }
        {notices::notices(state, tell)}
        {keep_awake(state, staying, caller, tell)}
        {leave(state, staying, tell)}
    }
}

/// The page is seen and the server does not know it yet. It mostly does before this is worth a word.
fn coming_back(state: &State, staying: &Staying, place: Option<Place>, tell: Tell) -> Element {
    let language = state.language;
    rsx! {
        div { class: "late",
            {heading(words::heading(language, Screen::ComingBack))}
            p { class: "lead", "{words::coming_back(language)}" }
            div { class: "working", "aria-hidden": "true" }
            {connection_notice(state, staying)}
            {place_card(language, place)}
            {leave(state, staying, tell)}
        }
    }
}

fn place_card(language: Language, place: Option<Place>) -> Element {
    let Some(place) = place else {
        return rsx! {};
    };
    rsx! {
        div { class: "place",
            div { class: "place-number", "aria-hidden": "true", "{words::place_number(place)}" }
            div { class: "place-words",
                strong { "{words::place(language, place)}" }
                span { class: "small", "{words::ahead(language, place)}" }
            }
        }
    }
}

/// What may be done now in a few words, on the screen as for those who listen to it.
pub(super) fn title_of(now: Now, language: Language) -> &'static str {
    match now {
        Now::FreeToGo => words::free_to_go(language),
        Now::KeepOpenOrVerify => words::keep_open_or_verify(language),
        Now::StayHere | Now::KeepOpen | Now::TextsStopped => words::keep_open(language),
    }
}

fn now(state: &State, staying: &Staying, caller: &Caller, tell: Tell) -> Element {
    let language = state.language;
    let step = staying.verify_step();
    let Some(now) = state.what_now() else {
        return rsx! {};
    };
    let free_to_go;
    let (class, icon, why) = match now {
        Now::StayHere => (
            "notice-good",
            icons::tick(),
            words::welcome_back_why(language),
        ),
        Now::FreeToGo => {
            let number = caller.phone.as_ref().map_or("", |phone| &phone.number);
            free_to_go = words::free_to_go_reason(language, number);
            ("notice-good", icons::tick(), free_to_go.as_str())
        }
        Now::TextsStopped => (
            "notice-warning",
            icons::phone(),
            words::texts_stopped_why(language),
        ),
        Now::KeepOpenOrVerify | Now::KeepOpen => (
            "notice-calm",
            icons::phone(),
            words::keep_open_why(language),
        ),
    };
    let message = notice(class, icon, title_of(now, language), why);
    rsx! {
        div { id: "now", tabindex: "-1", {message} }
        if step == VerifyStep::Done && state.screen() == Screen::Waiting {
            {press(Look::Plain, words::change_number(language), Message::ChangeNumberPressed, tell)}
        }
        if step == VerifyStep::SetAside {
            {press(Look::Plain, words::verify_after_all(language), Message::VerifyAfterAllPressed, tell)}
        }
    }
}

/// Who must keep the page open must keep the phone from going dark, too.
fn keep_awake(state: &State, staying: &Staying, caller: &Caller, tell: Tell) -> Element {
    rsx! {
        if state.can_keep_awake && caller.must_stay() {
            label { class: "consent", r#for: "keep-awake",
                input {
                    id: "keep-awake",
                    r#type: "checkbox",
                    checked: staying.keeps_awake,
                    onchange: move |event| tell.call(Message::KeepAwakeChosen(event.checked())),
                }
                span { "{words::keep_awake(state.language)}" }
            }
        }
    }
}
