//! Notices on this device while the app is away, beside the text message: offered once a number is
//! verified, and the reader's to choose.

use dioxus::prelude::*;

use super::Tell;
use super::parts::{Look, press, press_unless};
use crate::language::Language;
use crate::waiting::{Message, NoticeChoice, NoticesStep, State};
use crate::words;

/// The offer, or what has become of it. What is pressed here goes with the press: the focus stays in what
/// all of it stands in.
pub(super) fn notices(state: &State, tell: Tell) -> Element {
    let language = state.language;
    let shown = match state.notices_step() {
        NoticesStep::NotOffered => return rsx! {},
        NoticesStep::Offered { is_asking } => offer(language, is_asking, tell),
        NoticesStep::On(choice) => switches(language, choice, tell),
        // The way back is there, and nothing urges anybody.
        NoticesStep::Declined => press(
            Look::Plain,
            words::notices_heading(language),
            Message::NoticesWanted,
            tell,
        ),
        NoticesStep::Refused => rsx! {
            p { class: "small", "{words::notices_refused(language)}" }
            {press(Look::Plain, words::try_again(language), Message::NoticesWanted, tell)}
        },
    };
    rsx! {
        div { id: "notices", tabindex: "-1", {shown} }
    }
}

fn offer(language: Language, is_asking: bool, tell: Tell) -> Element {
    rsx! {
        section { class: "card", "aria-labelledby": "notices-heading",
            h2 { id: "notices-heading", "{words::notices_heading(language)}" }
            p { class: "small", "{words::notices_why(language)}" }
            div { class: "actions",
                {press_unless(
                    is_asking,
                    None,
                    Look::Second,
                    words::notices_want(language),
                    Message::NoticesWanted,
                    tell,
                )}
            }
            {press(Look::Plain, words::notices_decline(language), Message::NoticesDeclined, tell)}
        }
    }
}

fn switches(language: Language, choice: NoticeChoice, tell: Tell) -> Element {
    rsx! {
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
            {press(Look::Plain, words::notices_off(language), Message::NoticesDeclined, tell)}
        }
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
