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
    let Some(phone) = &caller.phone else {
        return rsx! {};
    };
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
                p {
                    "You confirm that you phoned "
                    a { class: "figures nowrap", href: "tel:{phone.number}", {words::phone(&phone.number)} }
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
            if let Some(wrong) = &vouching.wrong {
                p { class: "wrong", role: "alert", {draw(Icon::Warning)} "{wrong.text}" }
            }
            div { class: "answers",
                button {
                    class: "button",
                    r#type: "button",
                    autofocus: true,
                    onclick: move |_| dismiss(),
                    "Not yet"
                }
                button {
                    class: "button primary",
                    r#type: "button",
                    "aria-busy": if is_busy { "true" } else { "false" },
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
