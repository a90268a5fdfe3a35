//! The question before a cancellation.

use dioxus::prelude::*;
use standby_client::CallerStatus;

use crate::effects::AreaDesk;
use crate::screens::page_parts::QuestionDialog;
use crate::screens::use_send;
use crate::waiting_area::{Cancelling, Command, LONGEST_REASON, Message, WaitingArea};
use crate::words;

#[component]
pub(crate) fn CancelDialog(area: ReadSignal<WaitingArea>, cancelling: Cancelling) -> Element {
    let desk = use_context::<AreaDesk>();
    let on_dismiss = use_send(&desk, |()| Message::CancelDismissed);
    let on_confirm = use_send(&desk, |()| Message::CancelConfirmed);
    let state = area.read();
    let Some(caller) = state.caller(&cancelling.caller) else {
        return rsx! {};
    };
    rsx! {
        QuestionDialog {
            title: "Cancel caller",
            confirm: "Cancel caller",
            way_out: "Keep waiting",
            is_danger: true,
            is_plain: true,
            is_busy: state.sending.get(&cancelling.caller) == Some(&Command::Cancel),
            wrong: cancelling.wrong.map(|wrong| wrong.text),
            on_confirm,
            on_dismiss,
            p { id: "question-about",
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
                    oninput: move |event: FormEvent| desk.send(Message::ReasonTyped(event.value())),
                }
                p { class: "hint", id: "cancel-text",
                    if caller.status == CallerStatus::Offline {
                        "They read it on their wait screen. They get one text if “Text on cancel” is on; the reason is not in it."
                    } else {
                        "They read it on their wait screen at once. No text is sent."
                    }
                }
            }
        }
    }
}
