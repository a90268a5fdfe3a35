//! Notices on this phone while the app is away, beside the text message: offered once a number is
//! verified, and the reader's to choose.

use dioxus::prelude::*;

use super::Tell;
use crate::waiting::{Message, Permission, State};
use crate::words;

/// The offer, or what was chosen.
pub(super) fn notices(state: &State, tell: Tell) -> Element {
    let language = state.language;
    let notices = &state.notices;
    if !notices.are_possible {
        return rsx! {};
    }
    if notices.are_on() {
        let choice = notices.choice;
        return rsx! {
            section { class: "card", "aria-labelledby": "notices-heading",
                h2 { id: "notices-heading", "{words::notices_on(language)}" }
                p { class: "small", "{words::notices_on_text(language)}" }
                {switch(
                    "notice-sound",
                    words::notice_sound(language),
                    choice.sound,
                    move |is_on| tell.call(Message::SoundChosen(is_on)),
                )}
                {switch(
                    "notice-vibration",
                    words::notice_vibration(language),
                    choice.vibration,
                    move |is_on| tell.call(Message::VibrationChosen(is_on)),
                )}
                div {
                    button {
                        class: "button-plain",
                        r#type: "button",
                        onclick: move |_| tell.call(Message::NoticesDeclined),
                        "{words::notices_off(language)}"
                    }
                }
            }
        };
    }
    let is_asking = notices.permission == Permission::Asking;
    match notices.permission {
        Permission::Refused => rsx! {
            p { class: "small", "{words::notices_refused(language)}" }
        },
        // Said no before: the way back is there, and nothing urges anybody.
        _ if notices.choice.is_wanted == Some(false) => rsx! {
            div {
                button {
                    class: "button-plain",
                    r#type: "button",
                    onclick: move |_| tell.call(Message::NoticesWanted),
                    "{words::notices_heading(language)}"
                }
            }
        },
        _ => rsx! {
            section { class: "card", "aria-labelledby": "notices-heading",
                h2 { id: "notices-heading", "{words::notices_heading(language)}" }
                p { class: "small", "{words::notices_why(language)}" }
                div { class: "actions",
                    button {
                        class: "button button-second",
                        r#type: "button",
                        "aria-disabled": if is_asking { "true" },
                        onclick: move |_| tell.call(Message::NoticesWanted),
                        "{words::notices_want(language)}"
                    }
                }
                div {
                    button {
                        class: "button-plain",
                        r#type: "button",
                        onclick: move |_| tell.call(Message::NoticesDeclined),
                        "{words::notices_decline(language)}"
                    }
                }
            }
        },
    }
}

fn switch(
    id: &'static str,
    label: &'static str,
    is_on: bool,
    mut chosen: impl FnMut(bool) + 'static,
) -> Element {
    rsx! {
        label { class: "switch", r#for: "{id}",
            span { "{label}" }
            input {
                id: "{id}",
                r#type: "checkbox",
                role: "switch",
                checked: is_on,
                onchange: move |event| chosen(event.checked()),
            }
        }
    }
}
