//! One caller's row: a line of the table on a desk, a card on a phone.

use dioxus::prelude::*;
use standby_client::{Caller, CallerPhone, CallerStatus, Instant, TeamRole};

use crate::browser;
use crate::effects::{AreaDesk, activity_button_id, button_id, main_button_id};
use crate::screens::Clock;
use crate::screens::icon::{Icon, draw};
use crate::waiting_area::{self, CallerId, Command, Message, Notice, id_of};
use crate::words::{self, Tone};

#[component]
pub(crate) fn CallerRow(
    caller: Caller,
    sending: Option<Command>,
    notice: Option<Notice>,
    role: TeamRole,
    is_settling: bool,
) -> Element {
    let now = (use_context::<Clock>().about_now)();
    let style = words::status_style(caller.status, now - caller.arrived_at.epoch_milliseconds());
    let answers = words::answers(&caller);
    let name = words::name(&caller).to_owned();
    rsx! {
        tr { role: "row", "data-status": style,
            td { role: "cell", class: "place",
                if let Some(position) = caller.position {
                    span { class: "visually-hidden", "Place " }
                    "{position.place}"
                } else {
                    span { class: "quiet", "aria-hidden": "true", "–" }
                }
            }
            td { role: "cell", class: "status", Status { caller: caller.clone(), style } }
            th { role: "rowheader", scope: "row", class: "name",
                span { class: "full", id: "name-{caller.id.inner()}", title: "{name}", "{name}" }
                if !answers.is_empty() {
                    span { class: "answers small quiet",
                        for (at, answer) in answers.iter().enumerate() {
                            if at > 0 {
                                " · "
                            }
                            // By itself: one from right to left would else turn around what stands beside it.
                            bdi { "{answer}" }
                        }
                    }
                }
            }
            td { role: "cell", class: "phone",
                Phone { caller: caller.clone(), sending, role, is_settling }
            }
            td { role: "cell", class: "time", Wait { caller: caller.clone() } }
            td { role: "cell", class: "recall",
                if caller.texts_stopped {
                    p { class: "tag", "data-tone": "danger",
                        {draw(Icon::NoText)}
                        "Asked for no texts: phone them"
                    }
                }
                for (at, said) in words::recall(&caller, now).into_iter().enumerate() {
                    p { key: "{at}", class: said.tone.class(),
                        if said.tone == Tone::Danger {
                            {draw(Icon::Warning)}
                        }
                        "{said.text}"
                    }
                }
                if let Some(reply) = words::reply_shown(&caller)
                    && let Some(text) = words::reply(&reply)
                {
                    p { class: "tag", "data-reply": words::reply_style(reply.answer),
                        {draw(Icon::Text)}
                        "{text}"
                    }
                    p { class: "below", {words::ago(reply.at.epoch_milliseconds(), now)} }
                }
            }
            td { role: "cell", class: "actions",
                Actions { caller: caller.clone(), sending, notice, role, is_settling, now }
            }
        }
    }
}

#[component]
fn Status(caller: Caller, style: &'static str) -> Element {
    let icon = match caller.status {
        CallerStatus::Waiting => Icon::Clock,
        CallerStatus::Offline => Icon::Moon,
        CallerStatus::BeingSeen => Icon::Camera,
        CallerStatus::OnHold => Icon::Pause,
        _ => Icon::Question,
    };
    rsx! {
        span { class: "pill", "data-status": style,
            {draw(icon)}
            {words::status(caller.status)}
        }
        match caller.status {
            CallerStatus::Offline => rsx! {
                p { class: "below figures", "Away " Ticking { since: caller.status_since } }
            },
            CallerStatus::BeingSeen | CallerStatus::OnHold => rsx! {
                p { class: "below figures", "For " Ticking { since: caller.status_since } }
            },
            CallerStatus::Waiting if caller.presence.not_responding => rsx! {
                p { class: "below warning", title: "The number is not verified, and the wait screen is no longer seen.",
                    {draw(Icon::Away)}
                    "Not responding"
                }
            },
            _ => rsx! {},
        }
    }
}

#[component]
fn Phone(caller: Caller, sending: Option<Command>, role: TeamRole, is_settling: bool) -> Element {
    let may_vouch = waiting_area::may_vouch(&caller, role);
    let Some(phone) = &caller.phone else {
        return rsx! { p { class: "below", "No number" } };
    };
    rsx! {
        Number { phone: phone.clone() }
        if phone.is_verified {
            p { class: "below good", {draw(Icon::Shield)} "Verified" }
        } else {
            p { class: "below", {draw(Icon::Question)} "Not verified" }
        }
        if may_vouch {
            div { class: "vouch", "data-settling": if is_settling { "true" } else { "false" },
                Act {
                    command: Command::VerifyByPhone,
                    caller: id_of(&caller),
                    sending,
                    class: "button small",
                    is_discouraged: false,
                    has_hint: false,
                    is_first: false,
                }
            }
        }
    }
}

/// A number, and the way to phone it.
#[component]
pub(crate) fn Number(phone: CallerPhone) -> Element {
    rsx! {
        a { class: "figures nowrap", href: "tel:{phone.number}", {words::phone(&phone.number)} }
    }
}

#[component]
fn Wait(caller: Caller) -> Element {
    let clock = use_context::<Clock>();
    let arrived = caller.arrived_at.epoch_milliseconds();
    rsx! {
        span { class: "clock",
            match caller.status {
                // The wait was over when the consultation began.
                CallerStatus::BeingSeen | CallerStatus::OnHold => rsx! {
                    span { class: "quiet", "–" }
                },
                _ => rsx! { Ticking { since: caller.arrived_at } },
            }
        }
        p { class: "below figures", "arrived {clock.time_of_day(arrived)}" }
    }
}

/// How long ago something was, to the second.
#[component]
pub(crate) fn Ticking(since: Instant) -> Element {
    let clock = use_context::<Clock>();
    let span = (clock.now)() - since.epoch_milliseconds();
    rsx! { span { {words::clock(span)} } }
}

#[component]
fn Actions(
    caller: Caller,
    sending: Option<Command>,
    notice: Option<Notice>,
    role: TeamRole,
    is_settling: bool,
    now: i64,
) -> Element {
    let desk = use_context::<AreaDesk>();
    let id = id_of(&caller);
    let buttons = waiting_area::buttons(caller.status, role);
    let is_stopped = buttons.first == Some(Command::Recall) && caller.texts_stopped;
    let is_paused = buttons.first == Some(Command::Recall)
        && !is_stopped
        && waiting_area::is_recall_paused(&caller, now);
    let room = caller
        .room
        .as_ref()
        .map(|room| room.url.clone())
        .filter(|url| role.may_act() && waiting_area::is_web_address(url));
    let is_not_responding =
        caller.status == CallerStatus::Waiting && caller.presence.not_responding;
    let first_class = match buttons.first {
        Some(Command::Join) if is_not_responding => "button main",
        Some(Command::Recall) => "button recall main",
        _ => "button primary main",
    };
    rsx! {
        // The style sheet keeps the pointer off until the row stands still.
        div { class: "buttons", "data-settling": if is_settling { "true" } else { "false" },
            if let Some(command) = buttons.first {
                Act {
                    command,
                    caller: id.clone(),
                    sending,
                    class: first_class,
                    // While paused still to be pressed: the server decides whether another text goes out.
                    is_discouraged: is_paused || is_stopped,
                    has_hint: is_paused || is_stopped || (is_not_responding && sending.is_none()),
                    is_first: true,
                }
            } else if let Some(url) = room.clone() {
                a {
                    class: "button main",
                    id: main_button_id(&id),
                    href: "{url}",
                    target: "_blank",
                    rel: "noopener noreferrer",
                    onclick: move |event: MouseEvent| {
                        // The keyboard's second half of a double press on Join.
                        if is_settling {
                            event.prevent_default();
                        }
                    },
                    {draw(Icon::Link)}
                    "Open room"
                }
            }
            for command in buttons.others.iter().copied() {
                Act {
                    key: "{words::command(command)}",
                    command,
                    caller: id.clone(),
                    sending,
                    class: "button second",
                    is_discouraged: false,
                    has_hint: false,
                    is_first: false,
                }
            }
            button {
                class: "button plain",
                r#type: "button",
                id: activity_button_id(&id),
                "aria-describedby": "name-{id}",
                onclick: {
                    let (desk, id) = (desk.clone(), id.clone());
                    move |_| desk.send(Message::ActivityOpened(id.clone()))
                },
                {draw(Icon::List)}
                span { class: "label", "Activity" }
            }
        }
        if let (true, None, Some(recall)) = (is_paused, sending, &caller.recall) {
            p { class: "why-not", id: "why-not-{id}", {words::recall_paused(recall, now)} }
        }
        if is_stopped {
            p { class: "why-not", id: "why-not-{id}", "No recall: they asked for no texts." }
        }
        if buttons.first == Some(Command::Join) && is_not_responding && sending.is_none() {
            p { class: "why-not", id: "why-not-{id}", if caller.phone.is_some() { "Not responding: phone them" } else { "Not responding: they may not come back" }
            }
        }
        if let Some(notice) = notice {
            div { class: if notice.is_refusal { "refusal" } else { "refusal calm" }, role: "alert",
                {draw(Icon::Warning)}
                span { "{notice.text}" }
                button {
                    r#type: "button",
                    "aria-label": "Dismiss",
                    onclick: {
                        let (desk, id) = (desk.clone(), id.clone());
                        move |_| {
                            desk.send(Message::NoticeDismissed { caller: id.clone(), at: browser::now() });
                        }
                    },
                    {draw(Icon::Cross)}
                }
            }
        }
    }
}

#[component]
fn Act(
    command: Command,
    caller: CallerId,
    sending: Option<Command>,
    class: &'static str,
    is_discouraged: bool,
    /// Whether there is a sentence below that belongs to the button.
    has_hint: bool,
    is_first: bool,
) -> Element {
    let desk = use_context::<AreaDesk>();
    let is_busy = sending == Some(command);
    let is_off = is_discouraged || sending.is_some();
    let id = if is_first {
        main_button_id(&caller)
    } else {
        button_id(command, &caller)
    };
    let described_by = if has_hint {
        format!("name-{caller} why-not-{caller}")
    } else {
        format!("name-{caller}")
    };
    rsx! {
        button {
            class,
            r#type: "button",
            id,
            "aria-describedby": described_by,
            // Not `disabled`: that would take the keyboard away from whoever just pressed it.
            "aria-disabled": if is_off { "true" } else { "false" },
            "aria-busy": if is_busy { "true" } else { "false" },
            onclick: move |_| {
                desk.send(Message::Pressed { command, caller: caller.clone(), at: browser::now() });
            },
            if is_busy {
                {draw(Icon::Turn)}
            } else if command == Command::Join {
                {draw(Icon::Camera)}
            } else if command == Command::Recall {
                {draw(Icon::Text)}
            }
            {words::command(command)}
        }
    }
}
