//! What is shown, from what is so: functions of the state without a state of their own, one file a
//! screen or a few that are alike. What the reader does goes to `tell`.

#![allow(
    unused_qualifications,
    reason = "what `rsx!` makes of an event handler"
)]

mod arriving;
mod ended;
mod icons;
mod notices;
mod other_link;
mod parts;
mod seen;
mod start;
mod verifying;
mod waiting;
mod without_a_stay;

use dioxus::prelude::*;

use crate::language::Language;
use crate::stay::{Caller, Place, Standing, Unseen};
use crate::waiting::{
    ClinicKnown, Field, Focus, Leaving, Message, OtherLink, Scene, Screen, State, Staying,
    VerifyStep,
};
use crate::words;

/// Where a screen says what the reader does.
pub type Tell = Callback<Message>;

/// The whole page.
pub fn page(state: &State, tell: Tell) -> Element {
    let screen = state.screen();
    // The clinic's name is the heading of its arrival form: there it is not said twice.
    let clinic = clinic_name(state).filter(|_| screen != Screen::Arriving);
    let is_busy = screen == Screen::GettingLatest;
    rsx! {
        div { class: if is_busy { "page page-busy" } else { "page" },
            if let Some(clinic) = clinic {
                header { class: "clinic", bdi { "{clinic}" } }
            }
            main { class: "screen", "aria-busy": if is_busy { "true" }, {screen_of(state, screen, tell)} }
            footer { class: "languages", {parts::languages(state.language, tell)} }
            // One element for the whole life of the page: a reader listens to what changes in it.
            p { class: "unseen", role: "status", "aria-live": "polite", "{announcement(state)}" }
        }
    }
}

fn screen_of(state: &State, screen: Screen, tell: Tell) -> Element {
    let language = state.language;
    match (&state.scene, screen) {
        (Scene::Arriving(arriving), Screen::Arriving) => match &arriving.clinic {
            ClinicKnown::Known(clinic) => arriving::arriving(state, arriving, clinic, tell),
            _ => without_a_stay::opening(language),
        },
        (_, Screen::Opening | Screen::Arriving) => without_a_stay::opening(language),
        (Scene::Start(start), _) => start::start(state, start, tell),
        (_, Screen::GettingLatest) => without_a_stay::getting_latest(language),
        (_, Screen::Unreachable) => without_a_stay::unreachable(state, tell),
        (_, Screen::ClinicUnknown) => {
            without_a_stay::clinic_unknown(language, state.kept.is_some(), tell)
        }
        (_, Screen::ClinicClosed) => {
            without_a_stay::clinic_closed(language, state.kept.is_some(), tell)
        }
        (Scene::Staying(staying), Screen::OtherLink) => {
            let other = match &staying.other_link {
                Some(OtherLink::Elsewhere(_, other)) => other.as_ref(),
                _ => None,
            };
            other_link::elsewhere(language, staying, other, tell)
        }
        (Scene::Staying(staying), Screen::LinkBroken) => {
            other_link::broken(language, staying, tell)
        }
        (_, Screen::AlreadyWaiting) => without_a_stay::already_waiting(language, tell),
        (Scene::Arriving(arriving), Screen::PlaceAtRisk) => {
            without_a_stay::place_at_risk(language, &state.remembered, &arriving.stored, tell)
        }
        (Scene::LinkBroken { clinic }, _) => {
            without_a_stay::link_broken(language, clinic.is_some(), state.kept.is_some(), tell)
        }
        (Scene::Staying(staying), _) => match &staying.caller {
            Some(caller) => stay(state, screen, staying, caller, tell),
            None => without_a_stay::opening(language),
        },
        _ => without_a_stay::opening(language),
    }
}

fn stay(state: &State, screen: Screen, staying: &Staying, caller: &Caller, tell: Tell) -> Element {
    match (&caller.standing, screen) {
        (Standing::Waiting { place, .. } | Standing::Offline { place }, _) => {
            waiting::waiting(state, staying, caller, *place, tell)
        }
        (Standing::BeingSeen { room }, _) => seen::ready_to_join(state, staying, room.as_ref()),
        (Standing::OnHold { room }, _) => seen::on_hold(state, staying, room.as_ref(), tell),
        (Standing::Ended(_), Screen::TakingBack) => ended::taking_back(state, staying),
        (Standing::Ended(end), _) => ended::ended(state, staying, end, tell),
    }
}

/// The clinic's name, once it is known.
pub fn clinic_name(state: &State) -> Option<String> {
    match &state.scene {
        Scene::Arriving(arriving) => match &arriving.clinic {
            ClinicKnown::Known(clinic) => Some(clinic.name.clone()),
            _ => None,
        },
        Scene::Staying(staying) => staying.clinic.as_ref().map(|clinic| clinic.name.clone()),
        Scene::Opening | Scene::Start(_) | Scene::LinkBroken { .. } => None,
    }
}

/// What the browser's tab is called. In a tab that is not seen it is all there is, and tells what is known.
pub fn title(state: &State) -> String {
    let screen = match state.screen() {
        Screen::GettingLatest if !state.is_visible => state.known_screen(),
        screen => screen,
    };
    words::title(state.language, screen, clinic_name(state).as_deref())
}

/// The place in the queue, where it is told.
fn place_of(caller: &Caller) -> Option<Place> {
    match caller.standing {
        Standing::Waiting { place, .. } | Standing::Offline { place } => place,
        _ => None,
    }
}

/// What a screen reader says when it changes: what is new, not what can be read anyway.
pub fn announcement(state: &State) -> String {
    let screen = state.screen();
    let language = state.language;
    let Scene::Staying(staying) = &state.scene else {
        return match screen {
            Screen::Arriving | Screen::Opening => String::new(),
            _ => words::heading(language, screen).to_owned(),
        };
    };
    let Some(caller) = &staying.caller else {
        return String::new();
    };
    match screen {
        // Said by what comes of it, which is a moment away.
        Screen::GettingLatest => return String::new(),
        Screen::Unreachable | Screen::OtherLink | Screen::AlreadyWaiting | Screen::LinkBroken => {
            return words::heading(language, screen).to_owned();
        }
        _ => {}
    }
    let mut said = vec![
        match screen {
            Screen::ReadyToJoin => words::provider_ready(language),
            Screen::WelcomeBack => words::welcome_back(language),
            _ => words::heading(language, screen),
        }
        .to_owned(),
    ];
    if staying.is_out_of_touch(state.now) && !matches!(caller.standing, Standing::Ended(_)) {
        said.push(out_of_touch(language, staying).to_owned());
    } else {
        if let Some(place) = place_of(caller) {
            said.push(sentence(language, &words::place(language, place)));
        }
        if let Some(now) = state.what_now() {
            said.push(sentence(language, waiting::title_of(now, language)));
        }
        if is_code_asked(screen, staying) {
            said.push(sentence(
                language,
                verifying::code_heading(language, staying),
            ));
        }
    }
    if staying.leaving == Leaving::UnderWay {
        said.push(words::leaving(language).to_owned());
    }
    said.join(" ")
}

/// With a full stop: what is read aloud one after the other is not run together.
fn sentence(language: Language, words: &str) -> String {
    let stop = if language == Language::Chinese {
        '。'
    } else {
        '.'
    };
    format!("{}{stop}", words.trim_end_matches(stop))
}

/// Whether a code that is outstanding is told of on this screen.
fn is_code_asked(screen: Screen, staying: &Staying) -> bool {
    screen != Screen::ComingBack && staying.verify_step() == VerifyStep::Code
}

/// What a lost connection means to this caller.
fn out_of_touch(language: Language, staying: &Staying) -> &'static str {
    match staying.caller.as_ref().map(Caller::unseen) {
        Some(Unseen::Texted) => words::out_of_touch_verified(language),
        Some(Unseen::Untexted) => words::out_of_touch_untexted(language),
        Some(Unseen::AtRisk) => words::out_of_touch_unverified(language),
        Some(Unseen::WithProvider | Unseen::Over) | None => words::out_of_touch_else(language),
    }
}

/// The id of the question whether to leave, with its answers.
pub const LEAVING_CARD: &str = "leaving-card";

/// The id of the element that a focus goes to.
pub fn id_of(focus: &Focus) -> String {
    match focus {
        Focus::Heading => "heading".to_owned(),
        Focus::Now => "now".to_owned(),
        Focus::Notices => "notices".to_owned(),
        Focus::Entry(field) => id_of_field(field),
        Focus::Link => "link".to_owned(),
        Focus::Number => "number".to_owned(),
        Focus::Code => "code".to_owned(),
        Focus::Leaving => "leaving".to_owned(),
        Focus::Leave => "leave".to_owned(),
    }
}

fn id_of_field(field: &Field) -> String {
    match field {
        Field::Name => "name".to_owned(),
        Field::Phone => "phone".to_owned(),
        Field::Answer(key) => format!("answer-{key}"),
        Field::Consent => "consent".to_owned(),
        Field::Whole => "whole".to_owned(),
    }
}

#[cfg(test)]
mod tests;
