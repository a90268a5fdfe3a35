//! The arrival form of a clinic link.

use dioxus::prelude::*;

use super::parts::{
    Look, TextField, clinic_heading, press, problem_notice, submit, text_field, wrong,
};
use super::{Tell, id_of_field};
use crate::language::Language;
use crate::stay::Clinic;
use crate::waiting::{Arriving, Field, Message, State};
use crate::words;

/// The form.
pub(super) fn arriving(state: &State, arriving: &Arriving, clinic: &Clinic, tell: Tell) -> Element {
    let language = state.language;
    let problem = |field: &Field| {
        arriving
            .problems
            .get(field)
            .map(|problem| words::problem(language, problem, state.now))
    };
    let (lead, mobile_hint) = if clinic.offline_queueing {
        (
            words::arriving_offline_queueing(language),
            words::mobile_hint_offline_queueing(language),
        )
    } else {
        (words::arriving(language), words::mobile_hint(language))
    };
    let mobile_number = words::mobile_number(language);
    let entry = &arriving.entry;
    let remembered = &state.remembered;
    let is_number_remembered = !remembered.phone.is_empty() && entry.phone == remembered.phone;
    let is_name_remembered = !remembered.name.is_empty() && entry.name == remembered.name;
    let is_prefilled = is_name_remembered || is_number_remembered;
    let join = if arriving.is_entering {
        words::joining(language)
    } else {
        words::join_waiting_area(language)
    };
    // Beside somebody else's arrival it is the first one's page.
    let back = if arriving.is_someone_else {
        words::back_to_their_page(language)
    } else {
        words::back_to_my_place(language)
    };
    let same_number = (arriving.is_someone_else && is_number_remembered)
        .then(|| words::same_number(language, &remembered.name));
    rsx! {
        {clinic_heading(&clinic.name)}
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
                    ..TextField::new(language, "name", words::your_name(language), &entry.name)
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
                    ..TextField::new(language, "phone", mobile_number, &entry.phone)
                },
                move |text| tell.call(Message::PhoneTyped(text)),
            )}
            if is_prefilled {
                {press(Look::Plain, words::clear_details(language), Message::ClearDetailsPressed, tell)}
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
                            ..TextField::new(language, &id, &field.label, value)
                        },
                        move |text| tell.call(Message::AnswerTyped(key.clone(), text)),
                    )
                }
            }
            if let Some(text) = &clinic.consent_text {
                {consent(language, text, entry.has_consented, problem(&Field::Consent), tell)}
            }
            div { class: "foot",
                {submit(arriving.is_entering, join)}
                if state.kept.is_some() {
                    {press(Look::Second, back, Message::BackPressed, tell)}
                }
            }
        }
    }
}

/// What is agreed to, and agreeing to it.
fn consent(
    language: Language,
    text: &str,
    has_consented: bool,
    problem: Option<words::Sentence>,
    tell: Tell,
) -> Element {
    let is_wrong = problem.is_some();
    rsx! {
        div { class: "card",
            h2 { "{words::before_you_join(language)}" }
            p { class: "as-written", id: "consent-text", dir: "auto", "{text}" }
            label { class: "consent", r#for: "consent",
                input {
                    id: "consent",
                    r#type: "checkbox",
                    checked: has_consented,
                    "aria-describedby": if is_wrong { "consent-problem consent-text" } else { "consent-text" },
                    "aria-invalid": if is_wrong { "true" },
                    onchange: move |event| tell.call(Message::ConsentGiven(event.checked())),
                }
                span { "{words::i_agree(language)}" }
            }
            if let Some(problem) = problem {
                {wrong(Some("consent-problem".to_owned()), None, &problem)}
            }
        }
    }
}
