//! The app was started without a link.

use dioxus::prelude::*;

use super::Tell;
use super::parts::{Look, TextField, heading, press, submit, text_field};
use crate::waiting::{Message, Screen, Start, State};
use crate::words;

/// What the app is, and how to get to a clinic.
pub(super) fn start(state: &State, start: &Start, tell: Tell) -> Element {
    let language = state.language;
    let problem = start
        .is_wrong
        .then(|| words::start_link_wrong(language).into());
    let latest = state
        .latest
        .as_ref()
        .map(|clinic| words::start_latest(language, &clinic.name));
    rsx! {
        {heading(words::heading(language, Screen::Start))}
        p { class: "lead", "{words::start(language)}" }
        p { "{words::start_open(language)}" }
        form {
            class: "form",
            novalidate: true,
            onsubmit: move |event| {
                event.prevent_default();
                tell.call(Message::OpenLinkPressed);
            },
            {text_field(
                TextField {
                    problem,
                    kind: "url",
                    inputmode: "url",
                    enterkeyhint: "go",
                    ..TextField::new(
                        language,
                        "link",
                        words::start_link(language),
                        start.link.reveal(),
                    )
                },
                move |text| tell.call(Message::LinkTyped(text)),
            )}
            div { class: "foot",
                {submit(false, words::start_go(language))}
                if state.kept.is_some() {
                    {press(Look::Second, words::back_to_my_place(language), Message::BackPressed, tell)}
                }
                if let Some(latest) = latest {
                    {press(Look::Second, &latest, Message::ArriveAgainPressed, tell)}
                }
            }
        }
    }
}
