//! Configure › Webhooks.

use dioxus::prelude::*;
use standby_client::{Id, Webhook, WebhookDelivery, WebhookDeliveryState, WebhookEventType};

use crate::address::Page;
use crate::effects::administration::WebhooksDesk;
use crate::screens::fields::{Switch, TextField, Wrong};
use crate::screens::icon::{Icon, draw};
use crate::screens::page_parts::{
    ConfigurePage, NotThere, NotThereState, NoticeStrip, OnceDialog, QuestionDialog, day, moment,
};
use crate::screens::{Clock, use_desk, use_send};
use crate::webhooks::{
    ADD_BUTTON, ADDRESS, EVENTS, Message, Question, Request, Webhooks, button_id,
};
use crate::words::administration;
use crate::work::Common;

#[component]
pub(crate) fn WebhooksScreen() -> Element {
    let desk = use_context::<WebhooksDesk>();
    let webhooks = use_desk(&desk);
    let open = use_send(&desk, |()| Message::Opened);
    use_hook(|| open.call(()));
    {
        let desk = desk.clone();
        use_drop(move || desk.send(Message::Common(Common::Left)));
    }
    let on_common = use_send(&desk, Message::Common);
    let state = webhooks.read();
    let redelivering = match &state.work.sending {
        Some(Request::Redeliver(delivery)) => Some(delivery.clone()),
        _ => None,
    };
    rsx! {
        ConfigurePage {
            page: Page::Webhooks,
            about: "Addresses of other systems that are told at once what happens in the waiting area. No name and no number is sent: a receiver asks for those with its API key.",
            NoticeStrip { notice: state.work.notice.clone(), on_common }
            if let Some(webhooks) = state.all.read() {
                div { class: "list-head",
                    button {
                        class: "button primary",
                        r#type: "button",
                        id: ADD_BUTTON,
                        onclick: {
                            let desk = desk.clone();
                            move |_| desk.send(Message::AddPressed)
                        },
                        {draw(Icon::Plus)}
                        "Add a webhook"
                    }
                }
                if webhooks.is_empty() {
                    div { class: "panel empty",
                        h2 { "No webhooks" }
                        p { class: "quiet", "Nothing is sent anywhere." }
                    }
                }
                ul { class: "entries",
                    for webhook in webhooks.iter() {
                        Hook {
                            key: "{webhook.id.inner()}",
                            webhook: webhook.clone(),
                            redelivering: redelivering.clone(),
                        }
                    }
                }
            } else {
                NotThere {
                    state: NotThereState::of(&state.all),
                    what: "The webhooks",
                    refusal: "Only clinic admins see the webhooks. Ask one of yours.",
                    on_retry: open,
                }
            }
            Dialog { webhooks }
            if let Some(once) = state.work.once.clone() {
                OnceDialog { once, on_common }
            }
        }
    }
}

#[component]
fn Hook(webhook: Webhook, redelivering: Option<Id>) -> Element {
    let desk = use_context::<WebhooksDesk>();
    let clock = use_context::<Clock>();
    let press = |message: fn(Webhook) -> Message| {
        let (desk, webhook) = (desk.clone(), webhook.clone());
        move |_| desk.send(message(webhook.clone()))
    };
    let events: Vec<&str> = webhook
        .events
        .iter()
        .map(|event| administration::event(*event))
        .collect();
    let failed = webhook
        .deliveries
        .iter()
        .filter(|delivery| delivery.state == WebhookDeliveryState::Failed)
        .count();
    rsx! {
        li { class: "entry hook",
            div { class: "main",
                h2 { class: "address", "{webhook.url}" }
                p { class: "quiet", {events.join(" · ")} }
                p { class: "small quiet", "Added {day(webhook.added_at, clock)}" }
                if let (false, Some(why)) = (webhook.is_enabled, &webhook.disabled_because) {
                    p { class: "tag", "data-tone": "danger", {draw(Icon::Warning)} "Switched off: {why}" }
                }
                if let Some(since) = webhook.failing_since {
                    p { class: "tag", "data-tone": "warning",
                        {draw(Icon::Warning)}
                        {administration::not_getting_through(&moment(since, clock), webhook.waiting_events)}
                    }
                }
            }
            div { class: "enabled",
                Switch {
                    id: button_id("enabled", &webhook),
                    label: "Send events",
                    checked: webhook.is_enabled,
                    on_change: {
                        let (desk, webhook) = (desk.clone(), webhook.clone());
                        move |on| desk.send(Message::Switched { webhook: webhook.clone(), on })
                    },
                }
            }
            div { class: "actions",
                button {
                    class: "button",
                    r#type: "button",
                    id: button_id("change", &webhook),
                    "aria-label": "Change {webhook.url}",
                    onclick: press(Message::ChangePressed),
                    "Change"
                }
                button {
                    class: "button",
                    r#type: "button",
                    id: button_id("rotate", &webhook),
                    "aria-label": "New secret for {webhook.url}",
                    onclick: press(Message::RotatePressed),
                    "New secret"
                }
                button {
                    class: "button plain",
                    r#type: "button",
                    id: button_id("remove", &webhook),
                    "aria-label": "Remove {webhook.url}",
                    onclick: press(Message::RemovePressed),
                    {draw(Icon::Bin)}
                    "Remove"
                }
            }
            if webhook.deliveries.is_empty() {
                p { class: "more quiet small", "Nothing was sent yet." }
            } else {
                details { class: "more",
                    summary {
                        "Latest deliveries ({webhook.deliveries.len()})"
                        if failed > 0 {
                            span { class: "below danger", {draw(Icon::Warning)} "{failed} given up" }
                        }
                    }
                    ul {
                        for delivery in webhook.deliveries.iter() {
                            Delivery {
                                key: "{delivery.id.inner()}",
                                delivery: delivery.clone(),
                                is_busy: redelivering.as_ref() == Some(&delivery.id),
                            }
                        }
                    }
                }
            }
        }
    }
}

#[component]
fn Delivery(delivery: WebhookDelivery, is_busy: bool) -> Element {
    let desk = use_context::<WebhooksDesk>();
    let clock = use_context::<Clock>();
    let (said, tone) = administration::delivery(&delivery);
    let event = administration::event(delivery.event);
    rsx! {
        li { class: "delivery",
            div { class: "grow",
                p {
                    strong { "{event}" }
                    " "
                    span { class: "quiet figures nowrap", "change {delivery.version}" }
                }
                p { class: tone.class(),
                    if delivery.state == WebhookDeliveryState::Failed {
                        {draw(Icon::Warning)}
                    }
                    "{said}"
                }
                p { class: "small quiet figures",
                    {administration::attempts(&delivery)}
                    if let Some(at) = delivery.last_attempt_at {
                        " · last {moment(at, clock)}"
                    }
                    if let Some(at) = delivery.next_attempt_at {
                        " · next {moment(at, clock)}"
                    }
                }
                if let Some(problem) = &delivery.problem {
                    p { class: "small problem", dir: "auto", "{problem}" }
                }
            }
            button {
                class: "button",
                r#type: "button",
                "aria-label": "Redeliver: {event}, change {delivery.version}",
                "aria-busy": if is_busy { "true" } else { "false" },
                onclick: {
                    let id = delivery.id.clone();
                    move |_| desk.send(Message::RedeliverPressed(id.clone()))
                },
                if is_busy {
                    {draw(Icon::Turn)}
                }
                "Redeliver"
            }
        }
    }
}

#[component]
fn Dialog(webhooks: ReadSignal<Webhooks>) -> Element {
    let desk = use_context::<WebhooksDesk>();
    let on_dismiss = use_send(&desk, |()| Message::Common(Common::Dismissed));
    let on_confirm = use_send(&desk, |()| Message::Confirmed);
    let state = webhooks.read();
    let work = &state.work;
    let Some(question) = &work.dialog else {
        return rsx! {};
    };
    let is_busy = work.sending.is_some();
    let wrong = work
        .wrongs
        .of_no_field(&["url", "events"])
        .map(str::to_owned);
    match question {
        Question::Add(_) | Question::Change { .. } => {
            let Some(draft) = question.draft().cloned() else {
                return rsx! {};
            };
            let (title, confirm) = match question {
                Question::Add(_) => ("Add a webhook", "Add and make a secret"),
                _ => ("Change the webhook", "Save"),
            };
            rsx! {
                QuestionDialog { title, confirm, is_danger: false, is_plain: false, is_busy, wrong, on_confirm, on_dismiss,
                    TextField {
                        id: ADDRESS,
                        label: "Address",
                        hint: "Where events are posted to. It begins with https:// and is on the public internet.",
                        placeholder: "https://",
                        inputmode: "url",
                        value: draft.url.clone(),
                        wrong: work.wrongs.of("url").map(str::to_owned),
                        on_input: {
                            let desk = desk.clone();
                            move |url| desk.send(Message::AddressTyped(url))
                        },
                    }
                    fieldset { class: "field", id: EVENTS, tabindex: "-1", "aria-describedby": "{EVENTS}-wrong",
                        legend { class: "label", "Events" }
                        for event in WebhookEventType::ALL {
                            label { class: "choice",
                                input {
                                    r#type: "checkbox",
                                    checked: draft.events.contains(&event),
                                    onchange: {
                                        let desk = desk.clone();
                                        move |input: FormEvent| {
                                            desk.send(Message::EventChosen { event, on: input.checked() });
                                        }
                                    },
                                }
                                span {
                                    {administration::event(event)}
                                    span { class: "small quiet", ": {administration::event_about(event)}" }
                                }
                            }
                        }
                        Wrong { id: "{EVENTS}-wrong", text: work.wrongs.of("events").map(str::to_owned) }
                    }
                }
            }
        }
        Question::Rotate(webhook) => rsx! {
            QuestionDialog {
                title: "A new secret",
                confirm: "Make a new secret",
                is_danger: false,
                is_plain: true,
                is_busy,
                wrong,
                on_confirm,
                on_dismiss,
                p { id: "question-about", "Deliveries to " span { class: "address", "{webhook.url}" } " are signed with the old secret too for 24 hours. In that time the receiver has to change over." }
            }
        },
        Question::Remove(webhook) => rsx! {
            QuestionDialog {
                title: "Remove the webhook",
                confirm: "Remove",
                is_danger: true,
                is_plain: true,
                is_busy,
                wrong,
                on_confirm,
                on_dismiss,
                p { id: "question-about", "Nothing more is sent to " span { class: "address", "{webhook.url}" } ", also not what is on its way. This cannot be undone." }
            }
        },
    }
}
