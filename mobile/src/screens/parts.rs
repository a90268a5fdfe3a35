//! What several screens are made of.

use dioxus::prelude::*;

use super::{Tell, icons, out_of_touch};
use crate::waiting::{Leaving, Message, Problem, State, Staying};
use crate::words;

/// The one heading of a screen. It takes the focus when the screen changes.
pub(super) fn heading(text: &str) -> Element {
    rsx! {
        h1 { id: "heading", tabindex: "-1", "{text}" }
    }
}

/// A field with its label, its hint and what is wrong with it.
pub(super) struct TextField<'a> {
    pub(super) id: &'a str,
    pub(super) label: &'a str,
    pub(super) is_optional: bool,
    pub(super) hint: Option<&'a str>,
    pub(super) value: &'a str,
    pub(super) problem: Option<String>,
    /// `text`, `tel`.
    pub(super) kind: &'a str,
    pub(super) autocomplete: &'a str,
    pub(super) inputmode: &'a str,
    pub(super) enterkeyhint: &'a str,
    pub(super) class: &'a str,
}

impl<'a> TextField<'a> {
    pub(super) fn new(id: &'a str, label: &'a str, value: &'a str) -> Self {
        Self {
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
    let described_by = (!described_by.is_empty()).then_some(described_by);
    rsx! {
        div { class: "field",
            label { r#for: "{id}",
                "{label}"
                if field.is_optional {
                    span { class: "hint", " ({words::OPTIONAL})" }
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
                value: "{value}",
                autocomplete: "{autocomplete}",
                inputmode: "{inputmode}",
                enterkeyhint: "{enterkeyhint}",
                "aria-invalid": if is_wrong { "true" },
                "aria-describedby": described_by,
                oninput: move |event| typed(event.value()),
            }
            if let Some(problem) = field.problem {
                p { class: "wrong", id: problem_id, "{problem}" }
            }
        }
    }
}

/// What is wrong with no field in particular.
pub(super) fn problem_notice(id: &str, problem: &Problem, state: &State) -> Element {
    let text = words::problem(problem, state.now);
    rsx! {
        div { class: "notice notice-wrong", id: "{id}", tabindex: "-1", role: "alert", p { "{text}" } }
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
        words::OUT_OF_TOUCH,
        out_of_touch(staying),
    )
}

/// Leaving, with its question.
pub(super) fn leave(state: &State, staying: &Staying, tell: Tell) -> Element {
    let is_under_way = staying.leaving == Leaving::UnderWay;
    let problem = match &staying.leaving {
        Leaving::Confirming(Some(problem)) => Some(words::leave_problem(problem, state.now)),
        _ => None,
    };
    if staying.leaving == Leaving::No {
        return rsx! {
            div { class: "foot",
                button {
                    class: "button-plain",
                    id: "leave",
                    r#type: "button",
                    onclick: move |_| tell.call(Message::LeavePressed),
                    "{words::LEAVE}"
                }
            }
        };
    }
    rsx! {
        div { class: "foot",
            div { class: "card", id: super::LEAVING_CARD, role: "group", "aria-labelledby": "leaving",
                h2 { id: "leaving", tabindex: "-1", "{words::LEAVE_QUESTION}" }
                p { "{words::LEAVE_WHY}" }
                if let Some(problem) = problem {
                    p { class: "wrong", role: "alert", "{problem}" }
                }
                div { class: "actions",
                    button {
                        class: "button button-main",
                        r#type: "button",
                        onclick: move |_| tell.call(Message::StayPressed),
                        "{words::LEAVE_NO}"
                    }
                    button {
                        class: "button button-grave",
                        r#type: "button",
                        "aria-disabled": if is_under_way { "true" },
                        onclick: move |_| tell.call(Message::LeaveConfirmed),
                        if is_under_way { "{words::LEAVING}" } else { "{words::LEAVE_YES}" }
                    }
                }
            }
        }
    }
}
