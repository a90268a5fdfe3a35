//! The question before a cancellation.

use dioxus::prelude::*;

use crate::effects::AreaDesk;
use crate::screens::open_dialog;
use crate::waiting_area::{Cancelling, LONGEST_REASON, Message, WaitingArea};
use crate::words;

#[component]
pub(crate) fn CancelDialog(area: ReadSignal<WaitingArea>, cancelling: Cancelling) -> Element {
    let desk = use_context::<AreaDesk>();
    let state = area.read();
    let Some(caller) = state.caller(&cancelling.caller) else {
        return rsx! {};
    };
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
                label { r#for: "cancel-reason", "Reason (optional)" }
                input {
                    id: "cancel-reason",
                    r#type: "text",
                    autocomplete: "off",
                    maxlength: "{LONGEST_REASON}",
                    value: "{cancelling.reason}",
                    oninput: {
                        let desk = desk.clone();
                        move |event: FormEvent| desk.send(Message::ReasonTyped(event.value()))
                    },
                }
                p { class: "hint", "Kept in the activity log." }
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
                    onclick: {
                        let desk = desk.clone();
                        move |_| desk.send(Message::CancelConfirmed)
                    },
                    "Cancel caller"
                }
            }
        }
    }
}
