//! What several screens are made of.

use dioxus::prelude::*;

use super::{Tell, icons, out_of_touch};
use crate::language::Language;
use crate::waiting::{Leaving, Message, Problem, State, Staying};
use crate::words::{self, Sentence};

/// The one heading of a screen. It takes the focus when the screen changes.
pub(super) fn heading(text: &str) -> Element {
    rsx! {
        h1 { id: "heading", tabindex: "-1", "{text}" }
    }
}

/// The same, where it is the clinic's name: its direction is its own.
pub(super) fn clinic_heading(name: &str) -> Element {
    rsx! {
        h1 { id: "heading", tabindex: "-1", bdi { "{name}" } }
    }
}

/// How a button looks: what is wanted most, what may be done instead, what cannot be undone, a way aside.
#[derive(Clone, Copy)]
pub(super) enum Look {
    Main,
    Second,
    Grave,
    Plain,
}

impl Look {
    fn class(self) -> &'static str {
        match self {
            Look::Main => "button button-main",
            Look::Second => "button button-second",
            Look::Grave => "button button-grave",
            Look::Plain => "button-plain",
        }
    }
}

/// A button.
pub(super) fn press(look: Look, words: &str, message: Message, tell: Tell) -> Element {
    press_unless(false, None, look, words, message, tell)
}

/// The same, where what it does may be under way: then it stays where the focus is, and does nothing.
/// That it does nothing is the reducer's to see to.
pub(super) fn press_unless(
    is_busy: bool,
    id: Option<&'static str>,
    look: Look,
    words: &str,
    message: Message,
    tell: Tell,
) -> Element {
    rsx! {
        button {
            class: look.class(),
            id,
            r#type: "button",
            "aria-disabled": if is_busy { "true" },
            onclick: move |_| tell.call(message.clone()),
            "{words}"
        }
    }
}

/// The button that hands in the form that it stands in.
pub(super) fn submit(is_busy: bool, words: &str) -> Element {
    rsx! {
        button {
            class: Look::Main.class(),
            r#type: "submit",
            "aria-disabled": if is_busy { "true" },
            "{words}"
        }
    }
}

/// The way out of where a link has led: an app has no other.
pub(super) fn back(language: Language, has_place: bool, tell: Tell) -> Element {
    let (look, words) = if has_place {
        (Look::Main, words::back_to_my_place(language))
    } else {
        (Look::Second, words::try_another_link(language))
    };
    press(look, words, Message::BackPressed, tell)
}

/// The choice of another language. Each is called as those call it who look for it.
pub(super) fn languages(language: Language, tell: Tell) -> Element {
    rsx! {
        label { class: "small", r#for: "language", {icons::globe()} "{words::language(language)}" }
        select {
            class: "select",
            id: "language",
            autocomplete: "off",
            onchange: move |event| {
                if let Some(language) = Language::with_code(&event.value()) {
                    tell.call(Message::LanguageChosen(language));
                }
            },
            for one in Language::ALL {
                option {
                    value: "{one.code()}",
                    lang: "{one.code()}",
                    selected: one == language,
                    "{one.own_name()}"
                }
            }
        }
    }
}

/// A field with its label, its hint and what is wrong with it.
pub(super) struct TextField<'a> {
    pub(super) language: Language,
    pub(super) id: &'a str,
    pub(super) label: &'a str,
    pub(super) is_optional: bool,
    pub(super) hint: Option<&'a str>,
    pub(super) value: &'a str,
    pub(super) problem: Option<Sentence>,
    /// `text`, `tel`.
    pub(super) kind: &'a str,
    pub(super) autocomplete: &'a str,
    pub(super) inputmode: &'a str,
    pub(super) enterkeyhint: &'a str,
    pub(super) class: &'a str,
}

impl<'a> TextField<'a> {
    pub(super) fn new(language: Language, id: &'a str, label: &'a str, value: &'a str) -> Self {
        Self {
            language,
            id,
            label,
            is_optional: false,
            hint: None,
            value,
            problem: None,
            kind: "text",
            autocomplete: "off",
            inputmode: "text",
            enterkeyhint: "next",
            class: "input",
        }
    }
}

/// Draws a field. What is wrong is tied to it, so that a screen reader says both.
pub(super) fn text_field(field: TextField, typed: impl FnMut(String) + 'static) -> Element {
    let mut typed = typed;
    let TextField {
        language,
        id,
        label,
        value,
        kind,
        autocomplete,
        inputmode,
        enterkeyhint,
        class,
        ..
    } = field;
    let hint_id = field.hint.map(|_| format!("{id}-hint"));
    let problem_id = field.problem.as_ref().map(|_| format!("{id}-problem"));
    let described_by = [problem_id.clone(), hint_id.clone()]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ");
    let is_wrong = field.problem.is_some();
    // Numbers run from left to right; words as they are, once there are some.
    let is_number = inputmode != "text";
    let direction = match (is_number, value.is_empty()) {
        (true, _) => Some("ltr"),
        (false, false) => Some("auto"),
        (false, true) => None,
    };
    let described_by = (!described_by.is_empty()).then_some(described_by);
    rsx! {
        div { class: "field",
            label { r#for: "{id}",
                bdi { "{label}" }
                if field.is_optional {
                    span { class: "hint", " ({words::optional(language)})" }
                }
            }
            if let Some(hint) = field.hint {
                p { class: "hint", id: hint_id, "{hint}" }
            }
            input {
                class: "{class}",
                id: "{id}",
                name: "{id}",
                r#type: "{kind}",
                // For `shell/shell.js`, where what is typed and what is drawn cross each other.
                "data-known": "{value}",
                value: "{value}",
                dir: direction,
                autocomplete: "{autocomplete}",
                inputmode: "{inputmode}",
                enterkeyhint: "{enterkeyhint}",
                "aria-invalid": if is_wrong { "true" },
                "aria-describedby": described_by,
                oninput: move |event| typed(event.value()),
            }
            if let Some(problem) = field.problem {
                {wrong(problem_id, None, &problem)}
            }
        }
    }
}

/// What is wrong, in a line.
pub(super) fn wrong(
    id: Option<String>,
    role: Option<&'static str>,
    sentence: &Sentence,
) -> Element {
    rsx! {
        p { class: "wrong", id, role, lang: sentence.lang, dir: sentence.dir, "{sentence.words}" }
    }
}

/// What is wrong with no field in particular.
pub(super) fn problem_notice(id: &str, problem: &Problem, state: &State) -> Element {
    let text = words::problem(state.language, problem, state.now);
    rsx! {
        div { class: "notice notice-wrong", id: "{id}", tabindex: "-1", role: "alert",
            p { lang: text.lang, dir: text.dir, "{text.words}" }
        }
    }
}

/// A message with a picture.
pub(super) fn notice(class: &str, icon: Element, title: &str, text: &str) -> Element {
    rsx! {
        div { class: "notice with-icon {class}",
            {icon}
            div {
                strong { "{title}" }
                p { "{text}" }
            }
        }
    }
}

/// Says that the connection is lost, once that has lasted.
pub(super) fn connection_notice(state: &State, staying: &Staying) -> Element {
    if !staying.is_out_of_touch(state.now) {
        return rsx! {};
    }
    notice(
        "notice-warning",
        icons::no_connection(),
        words::out_of_touch(state.language),
        out_of_touch(state.language, staying),
    )
}

/// Leaving, with its question.
pub(super) fn leave(state: &State, staying: &Staying, tell: Tell) -> Element {
    let language = state.language;
    let is_under_way = staying.leaving == Leaving::UnderWay;
    let problem = match &staying.leaving {
        Leaving::Confirming(Some(problem)) => {
            Some(words::leave_problem(language, problem, state.now))
        }
        _ => None,
    };
    if staying.leaving == Leaving::No {
        return rsx! {
            div { class: "foot",
                {press_unless(
                    false,
                    Some("leave"),
                    Look::Plain,
                    words::leave(language),
                    Message::LeavePressed,
                    tell,
                )}
            }
        };
    }
    let leave_now = if is_under_way {
        words::leaving(language)
    } else {
        words::leave_yes(language)
    };
    rsx! {
        div { class: "foot",
            div { class: "card", id: super::LEAVING_CARD, role: "group", "aria-labelledby": "leaving",
                h2 { id: "leaving", tabindex: "-1", "{words::leave_question(language)}" }
                p { "{words::leave_why(language)}" }
                if let Some(problem) = problem {
                    {wrong(None, Some("alert"), &problem)}
                }
                div { class: "actions",
                    {press(Look::Main, words::leave_no(language), Message::StayPressed, tell)}
                    {press_unless(
                        is_under_way,
                        None,
                        Look::Grave,
                        leave_now,
                        Message::LeaveConfirmed,
                        tell,
                    )}
                }
            }
        }
    }
}
