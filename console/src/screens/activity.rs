//! What happened to a caller, and what the caller answered.

use dioxus::prelude::*;
use dioxus::web::WebEventExt;
use standby_client::TeamRole;

use crate::browser;
use crate::effects::{ACTIVITY_CLOSE, AreaDesk, ERASE_BUTTON, KEEP_BUTTON};
use crate::reading::Reading;
use crate::screens::caller_row::{Number, Ticking};
use crate::screens::icon::{Icon, draw};
use crate::screens::{Clock, open_dialog};
use crate::waiting_area::{ActivityLog, Copied, Erasing, Message, id_of, may_erase};
use crate::words;
use crate::work::Copying;

#[component]
pub(crate) fn ActivityDrawer(log: ActivityLog, role: TeamRole) -> Element {
    let desk = use_context::<AreaDesk>();
    let clock = use_context::<Clock>();
    let close = {
        let desk = desk.clone();
        move || desk.send(Message::ActivityClosed)
    };
    let caller = &log.caller;
    let is_over = caller.status.is_final();
    rsx! {
        dialog {
            class: "drawer",
            "aria-labelledby": "activity-title",
            onmounted: move |event| open_dialog(&event),
            oncancel: {
                let close = close.clone();
                move |event: Event<CancelData>| {
                    event.prevent_default();
                    close();
                }
            },
            onclick: {
                let close = close.clone();
                move |event: MouseEvent| {
                    if event.data().try_as_web_event().is_some_and(|event| browser::is_beside_dialog(&event)) {
                        close();
                    }
                }
            },
            header {
                div { class: "grow",
                    h2 { id: "activity-title",
                        if caller.erased_at.is_some() {
                            "Activity of a caller"
                        } else {
                            "Activity of {words::name(caller)}"
                        }
                    }
                    p { class: "quiet figures",
                        if is_over {
                            {words::end(caller)}
                        } else {
                            {words::status(caller.status)}
                            " for "
                            Ticking { since: caller.status_since }
                        }
                    }
                }
                button { class: "button", r#type: "button", id: ACTIVITY_CLOSE, onclick: move |_| close(), "Close" }
            }
            div { class: "inside",
                // Not in the heading: there it would have the keyboard before Close.
                if let Some(phone) = caller.phone.clone() {
                    p { class: "phone",
                        Number { phone: phone.clone() }
                        span { class: "quiet",
                            if phone.is_verified { "Verified" } else { "Not verified" }
                        }
                    }
                }
                if let Some(at) = caller.erased_at {
                    p { class: "erased",
                        {draw(Icon::Shield)}
                        "Name, number, answers and texts were erased at {clock.time_of_day(at.epoch_milliseconds())}. What happened is still told here."
                    }
                }
                if !caller.answers.is_empty() {
                    h3 { "Answers" }
                    dl { class: "answers-given",
                        for answer in caller.answers.iter() {
                            dt { "{answer.label}" }
                            dd { "{answer.value}" }
                        }
                    }
                    h3 { "Activity" }
                }
                match &log.entries {
                    Reading::Asked => rsx! { p { class: "quiet", role: "status", "Reading…" } },
                    Reading::NotRead | Reading::NotAllowed => rsx! {
                        p { "The activity could not be read." }
                        button {
                            class: "button",
                            r#type: "button",
                            onclick: {
                                let (desk, id) = (desk.clone(), id_of(caller));
                                move |_| desk.send(Message::ActivityOpened(id.clone()))
                            },
                            "Try again"
                        }
                    },
                    Reading::Read(entries) if entries.is_empty() => rsx! {
                        p { class: "quiet", "Nothing happened yet." }
                    },
                    Reading::Read(entries) => rsx! {
                        ol { class: "log",
                            for (at, entry) in entries.iter().enumerate() {
                                li { key: "{entries.len() - at}", "data-tone": words::activity_tone(entry.kind),
                                    time { datetime: "{entry.at}",
                                        {clock.exact_time_of_day(entry.at.epoch_milliseconds())}
                                    }
                                    div {
                                        p { "{entry.description}" }
                                        if let Some(by) = &entry.by {
                                            p { class: "small quiet", "by {by}" }
                                        }
                                    }
                                }
                            }
                        }
                    },
                }
                CallerId { id: id_of(caller), copying: log.copying }
                if role.may_configure() && may_erase(caller) {
                    Erase { erasing: log.erasing.clone() }
                }
            }
        }
    }
}

/// What the audit log, the API and the commands of the server know the caller by.
#[component]
fn CallerId(id: String, copying: Copying) -> Element {
    let desk = use_context::<AreaDesk>();
    let copy = {
        let copy = Message::CopyPressed {
            what: Copied::CallerId,
            text: id.clone(),
        };
        move |_| desk.send(copy.clone())
    };
    rsx! {
        div { class: "caller-id",
            span { "Caller id" }
            code { "{id}" }
            button { class: "button small", r#type: "button", "aria-label": "Copy the caller id", onclick: copy,
                {draw(Icon::Copy)}
                "Copy"
            }
            div { role: "status",
                match copying {
                    Copying::NotCopied => rsx! {},
                    Copying::Copied => rsx! {
                        p { class: "below good", {draw(Icon::Tick)} "Copied" }
                    },
                    Copying::CopyItYourself => rsx! { p { "Select the id to copy it." } },
                }
            }
        }
    }
}

/// The way to erase a caller's details before their time.
#[component]
fn Erase(erasing: Erasing) -> Element {
    let desk = use_context::<AreaDesk>();
    let send = |message: Message| {
        let desk = desk.clone();
        move |_| desk.send(message.clone())
    };
    if erasing == Erasing::NotAsked {
        return rsx! {
            button { class: "button", r#type: "button", id: ERASE_BUTTON, onclick: send(Message::ErasePressed),
                {draw(Icon::Bin)}
                "Erase details now"
            }
        };
    }
    let is_busy = erasing == Erasing::Sending;
    rsx! {
        div { class: "erase", role: "group", "aria-label": "Erase details now",
            p { "Name, number, answers and texts are then gone for good, for everybody. What happened stays, without them. This cannot be undone." }
            if let Erasing::NotDone(why) = &erasing {
                p { class: "wrong", role: "alert", {draw(Icon::Warning)} "{why}" }
            }
            div { class: "answers",
                button { class: "button", r#type: "button", id: KEEP_BUTTON, onclick: send(Message::EraseDismissed), "Keep them" }
                button {
                    class: "button danger",
                    r#type: "button",
                    "aria-busy": if is_busy { "true" } else { "false" },
                    onclick: send(Message::EraseConfirmed),
                    if is_busy {
                        {draw(Icon::Turn)}
                    }
                    "Erase"
                }
            }
        }
    }
}
