//! The question before staff vouch for a number.

use dioxus::prelude::*;

use crate::effects::AreaDesk;
use crate::screens::icon::{Icon, draw};
use crate::screens::open_dialog;
use crate::waiting_area::{Command, Message, Vouching, WaitingArea};
use crate::words;

#[component]
pub(crate) fn VouchDialog(area: ReadSignal<WaitingArea>, vouching: Vouching) -> Element {
    let desk = use_context::<AreaDesk>();
    let state = area.read();
    let Some(caller) = state.caller(&vouching.caller) else {
        return rsx! {};
    };
    let number = vouching.number.clone();
    let given_meanwhile = state.number_given_meanwhile().map(str::to_owned);
    let is_another = given_meanwhile.is_some();
    let is_busy = state.sending.get(&vouching.caller) == Some(&Command::VerifyByPhone);
    let dismiss = {
        let desk = desk.clone();
        move || desk.send(Message::VouchDismissed)
    };
    rsx! {
        dialog {
            class: "question",
            "aria-labelledby": "vouch-title",
            "aria-describedby": "vouch-about",
            onmounted: move |event| open_dialog(&event),
            oncancel: {
                let dismiss = dismiss.clone();
                move |event: Event<CancelData>| {
                    // The dialog goes when the state says so, not by itself.
                    event.prevent_default();
                    dismiss();
                }
            },
            h2 { id: "vouch-title", "Verify by phone" }
            div { id: "vouch-about",
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
            if is_another {
                // Instead of what the server may have answered, which is the same.
                p { class: "wrong", role: "alert",
                    {draw(Icon::Warning)}
                    "The number has changed. Phone the new one, and then press Verify by phone again."
                }
            } else if let Some(wrong) = &vouching.wrong {
                p { class: "wrong", role: "alert", {draw(Icon::Warning)} "{wrong.text}" }
            }
            div { class: "answers",
                button {
                    class: "button",
                    r#type: "button",
                    autofocus: true,
                    onclick: move |_| dismiss(),
                    if is_another { "Close" } else { "Not yet" }
                }
                button {
                    class: "button primary",
                    r#type: "button",
                    "aria-busy": if is_busy { "true" } else { "false" },
                    // Not taken away: the keyboard may be on it.
                    "aria-disabled": if is_another { "true" } else { "false" },
                    onclick: {
                        let desk = desk.clone();
                        move |_| desk.send(Message::VouchConfirmed)
                    },
                    if is_busy {
                        {draw(Icon::Turn)}
                    }
                    "I spoke to them"
                }
            }
        }
    }
}
