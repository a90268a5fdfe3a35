//! What is filled in on more than one page.

use dioxus::prelude::*;
use standby_client::TeamRole;

use crate::screens::icon::{Icon, draw};
use crate::words::{self, administration};

/// The value of `aria-invalid`.
pub(crate) fn invalid(is_wrong: bool) -> &'static str {
    if is_wrong { "true" } else { "false" }
}

/// A setting that is on or off.
#[component]
pub(crate) fn Switch(
    id: String,
    label: String,
    hint: Option<String>,
    checked: bool,
    on_change: Callback<bool>,
) -> Element {
    rsx! {
        div { class: "setting",
            label { r#for: "{id}", "{label}" }
            if let Some(hint) = hint {
                p { class: "hint", id: "{id}-hint", "{hint}" }
            }
            input {
                id: "{id}",
                r#type: "checkbox",
                role: "switch",
                checked,
                "aria-describedby": "{id}-hint",
                onchange: move |event: FormEvent| on_change.call(event.checked()),
            }
        }
    }
}

/// What is wrong with a field, below it.
#[component]
pub(crate) fn Wrong(id: String, text: Option<String>) -> Element {
    rsx! {
        if let Some(text) = text {
            p { class: "wrong", id, {draw(Icon::Warning)} "{text}" }
        }
    }
}

/// A line of text in a question.
#[component]
pub(crate) fn TextField(
    id: &'static str,
    label: &'static str,
    hint: &'static str,
    value: String,
    inputmode: Option<&'static str>,
    placeholder: Option<&'static str>,
    wrong: Option<String>,
    on_input: Callback<String>,
) -> Element {
    let is_wrong = wrong.is_some();
    rsx! {
        div { class: "field",
            label { r#for: id, "{label}" }
            input {
                id,
                r#type: "text",
                inputmode: inputmode.unwrap_or("text"),
                placeholder,
                spellcheck: "false",
                autocomplete: "off",
                autofocus: true,
                value: "{value}",
                "aria-describedby": "{id}-hint {id}-wrong",
                "aria-invalid": invalid(is_wrong),
                oninput: move |event: FormEvent| on_input.call(event.value()),
            }
            p { class: "hint", id: "{id}-hint", "{hint}" }
            Wrong { id: "{id}-wrong", text: wrong }
        }
    }
}

/// The choice of a role, with what each may do.
#[component]
pub(crate) fn RoleField(
    id: &'static str,
    chosen: TeamRole,
    about: &'static str,
    wrong: Option<String>,
    on_choose: Callback<TeamRole>,
) -> Element {
    let is_wrong = wrong.is_some();
    rsx! {
        div { class: "field",
            label { r#for: id, "Role" }
            select {
                id,
                "aria-describedby": "{id}-hint {id}-wrong",
                "aria-invalid": invalid(is_wrong),
                onchange: move |event: FormEvent| {
                    let value = event.value();
                    let role = administration::ROLES
                        .into_iter()
                        .find(|role| administration::role_value(*role) == value);
                    if let Some(role) = role {
                        on_choose.call(role);
                    }
                },
                for role in administration::ROLES {
                    option {
                        value: administration::role_value(role),
                        selected: role == chosen,
                        {words::role(role)}
                    }
                }
            }
            p { class: "hint", id: "{id}-hint", "{about}" }
            Wrong { id: "{id}-wrong", text: wrong }
        }
    }
}
