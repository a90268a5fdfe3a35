//! The question before a cancellation.

use dioxus::prelude::*;
use standby_client::CallerStatus;

use crate::effects::AreaDesk;
use crate::screens::icon::{Icon, draw};
use crate::screens::open_dialog;
use crate::waiting_area::{Cancelling, Command, LONGEST_REASON, Message, WaitingArea};
use crate::words;

#[component]
pub(crate) fn CancelDialog(area: ReadSignal<WaitingArea>, cancelling: Cancelling) -> Element {
    let desk = use_context::<AreaDesk>();
    let state = area.read();
    let Some(caller) = state.caller(&cancelling.caller) else {
        return rsx! {};
    };
    let is_busy = state.sending.get(&cancelling.caller) == Some(&Command::Cancel);
    let dismiss = {
        let desk = desk.clone();
        move || desk.send(Message::CancelDismissed)
    };
    rsx! {
        dialog {
            class: "question",
            "aria-labelledby": "cancel-title",
            "aria-describedby": "cancel-about",
            onmounted: move |event| open_dialog(&event),
            oncancel: {
                let dismiss = dismiss.clone();
                move |event: Event<CancelData>| {
                    // The dialog goes when the state says so, not by itself.
                    event.prevent_default();
                    dismiss();
                }
            },
            h2 { id: "cancel-title", "Cancel caller" }
            p { id: "cancel-about",
                strong { {words::name(caller).to_owned()} }
                " is {words::status(caller.status)}. The caller leaves the waiting area, and the call ends. "
                "This cannot be undone."
            }
            div { class: "field",
                label { r#for: "cancel-reason", "Reason (optional, the caller reads it)" }
                input {
                    id: "cancel-reason",
                    r#type: "text",
                    autocomplete: "off",
                    maxlength: "{LONGEST_REASON}",
                    value: "{cancelling.reason}",
                    "aria-describedby": "cancel-text",
                    oninput: {
                        let desk = desk.clone();
                        move |event: FormEvent| desk.send(Message::ReasonTyped(event.value()))
                    },
                }
                p { class: "hint", id: "cancel-text",
                    if caller.status == CallerStatus::Offline {
                        "They read it on their wait screen. They get one text if “Text on cancel” is on; the reason is not in it."
                    } else {
                        "They read it on their wait screen at once. No text is sent."
                    }
                }
            }
            if let Some(wrong) = &cancelling.wrong {
                p { class: "wrong", role: "alert", {draw(Icon::Warning)} "{wrong.text}" }
            }
            div { class: "answers",
                button {
                    class: "button",
                    r#type: "button",
                    autofocus: true,
                    onclick: move |_| dismiss(),
                    "Keep waiting"
                }
                button {
                    class: "button danger",
                    r#type: "button",
                    "aria-busy": if is_busy { "true" } else { "false" },
                    onclick: {
                        let desk = desk.clone();
                        move |_| desk.send(Message::CancelConfirmed)
                    },
                    if is_busy {
                        {draw(Icon::Turn)}
                    }
                    "Cancel caller"
                }
            }
        }
    }
}
