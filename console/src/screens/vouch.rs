//! The question before staff vouch for a number.

use dioxus::prelude::*;

use crate::effects::AreaDesk;
use crate::screens::page_parts::QuestionDialog;
use crate::screens::use_send;
use crate::waiting_area::{Command, Message, Vouching, WaitingArea};
use crate::words;

#[component]
pub(crate) fn VouchDialog(area: ReadSignal<WaitingArea>, vouching: Vouching) -> Element {
    let desk = use_context::<AreaDesk>();
    let on_dismiss = use_send(&desk, |()| Message::VouchDismissed);
    let on_confirm = use_send(&desk, |()| Message::VouchConfirmed);
    let state = area.read();
    let Some(caller) = state.caller(&vouching.caller) else {
        return rsx! {};
    };
    let number = vouching.number.clone();
    let given_meanwhile = state.number_given_meanwhile().map(str::to_owned);
    let is_another = given_meanwhile.is_some();
    let way_out = if is_another { "Close" } else { "Not yet" };
    let wrong = if is_another {
        // Instead of what the server may have answered, which is the same.
        Some(
            "The number has changed. Phone the new one, and then press Verify by phone again."
                .to_owned(),
        )
    } else {
        vouching.wrong.map(|wrong| wrong.text)
    };
    rsx! {
        QuestionDialog {
            title: "Verify by phone",
            confirm: "I spoke to them",
            way_out,
            is_danger: false,
            is_plain: true,
            is_busy: state.sending.get(&vouching.caller) == Some(&Command::VerifyByPhone),
            is_off: is_another,
            wrong,
            on_confirm,
            on_dismiss,
            div { id: "question-about",
                if let Some(given) = &given_meanwhile {
                    p {
                        "This was about "
                        span { class: "figures nowrap", {words::phone(&number)} }
                        ". You have not phoned "
                        strong { {words::name(caller).to_owned()} }
                        " on the number they have given meanwhile: "
                        a { class: "figures nowrap", href: "tel:{given}", {words::phone(given)} }
                        "."
                    }
                } else {
                    p {
                        "You confirm that you phoned "
                        a { class: "figures nowrap", href: "tel:{number}", {words::phone(&number)} }
                        " and spoke to "
                        strong { {words::name(caller).to_owned()} }
                        "."
                    }
                    p { class: "then",
                        if caller.presence.is_viewing {
                            "The number then counts as verified, as with a code: they may step away, and Recall texts this number."
                        } else {
                            "The number then counts as verified, as with a code. They are not looking at the wait screen, so they become Offline, keep the place, and Recall texts this number."
                        }
                    }
                }
            }
        }
    }
}
