//! The arrival form of a clinic link.

use dioxus::prelude::*;

use super::parts::{TextField, heading, problem_notice, text_field};
use super::{Tell, id_of_field};
use crate::stay::Clinic;
use crate::waiting::{Arriving, Field, Message, State};
use crate::words;

/// The form.
pub(super) fn arriving(state: &State, arriving: &Arriving, clinic: &Clinic, tell: Tell) -> Element {
    let problem = |field: &Field| {
        arriving
            .problems
            .get(field)
            .map(|problem| words::problem(problem, state.now))
    };
    let (lead, mobile_hint) = if clinic.offline_queueing {
        (
            words::ARRIVING_OFFLINE_QUEUEING,
            words::MOBILE_HINT_OFFLINE_QUEUEING,
        )
    } else {
        (words::ARRIVING, words::MOBILE_HINT)
    };
    let entry = &arriving.entry;
    let remembered = &state.remembered;
    let is_number_remembered = !remembered.phone.is_empty() && entry.phone == remembered.phone;
    let is_name_remembered = !remembered.name.is_empty() && entry.name == remembered.name;
    let is_prefilled = is_name_remembered || is_number_remembered;
    let same_number = (arriving.is_someone_else && is_number_remembered)
        .then(|| words::same_number(&remembered.name));
    rsx! {
        {heading(&clinic.name)}
        p { class: "lead", "{lead}" }
        form {
            class: "form",
            novalidate: true,
            onsubmit: move |event| {
                event.prevent_default();
                tell.call(Message::JoinPressed);
            },
            if let Some(whole) = arriving.problems.get(&Field::Whole) {
                {problem_notice("whole", whole, state)}
            }
            {text_field(
                TextField {
                    problem: problem(&Field::Name),
                    autocomplete: "name",
                    ..TextField::new("name", words::YOUR_NAME, &entry.name)
                },
                move |text| tell.call(Message::NameTyped(text)),
            )}
            {text_field(
                TextField {
                    problem: problem(&Field::Phone),
                    is_optional: true,
                    hint: Some(same_number.as_deref().unwrap_or(mobile_hint)),
                    kind: "tel",
                    autocomplete: "tel",
                    inputmode: "tel",
                    ..TextField::new("phone", words::MOBILE_NUMBER, &entry.phone)
                },
                move |text| tell.call(Message::PhoneTyped(text)),
            )}
            if is_prefilled {
                div {
                    button {
                        class: "button-plain",
                        r#type: "button",
                        onclick: move |_| tell.call(Message::ClearDetailsPressed),
                        "{words::CLEAR_DETAILS}"
                    }
                }
            }
            for field in clinic.entry_fields.iter() {
                {
                    let place = Field::Answer(field.key.clone());
                    let id = id_of_field(&place);
                    let value = entry.answers.get(&field.key).map_or("", String::as_str);
                    let key = field.key.clone();
                    text_field(
                        TextField {
                            problem: problem(&place),
                            is_optional: !field.is_required,
                            ..TextField::new(&id, &field.label, value)
                        },
                        move |text| tell.call(Message::AnswerTyped(key.clone(), text)),
                    )
                }
            }
            if let Some(text) = &clinic.consent_text {
                {consent(text, entry.has_consented, problem(&Field::Consent), tell)}
            }
            div { class: "foot",
                button {
                    class: "button button-main",
                    r#type: "submit",
                    "aria-disabled": if arriving.is_entering { "true" },
                    if arriving.is_entering { "{words::JOINING}" } else { "{words::JOIN_WAITING_AREA}" }
                }
            }
        }
    }
}

/// What is agreed to, and agreeing to it.
fn consent(text: &str, has_consented: bool, problem: Option<String>, tell: Tell) -> Element {
    let is_wrong = problem.is_some();
    rsx! {
        div { class: "card",
            h2 { "{words::BEFORE_YOU_JOIN}" }
            p { class: "as-written", id: "consent-text", "{text}" }
            label { class: "consent", r#for: "consent",
                input {
                    id: "consent",
                    r#type: "checkbox",
                    checked: has_consented,
                    "aria-describedby": if is_wrong { "consent-problem consent-text" } else { "consent-text" },
                    "aria-invalid": if is_wrong { "true" },
                    onchange: move |event| tell.call(Message::ConsentGiven(event.checked())),
                }
                span { "{words::I_AGREE}" }
            }
            if let Some(problem) = problem {
                p { class: "wrong", id: "consent-problem", "{problem}" }
            }
        }
    }
}
