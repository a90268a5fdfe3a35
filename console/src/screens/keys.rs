//! Configure › API keys.

use dioxus::prelude::*;
use standby_client::ApiClient;

use crate::address::Page;
use crate::browser;
use crate::effects::administration::KeysDesk;
use crate::keys::{
    ADD_BUTTON, EXPIRY, Expiry, Keys, Message, NAME, Question, ROLE, Standing, revoke_button_id,
    standing,
};
use crate::screens::fields::{RoleField, TextField, Wrong, invalid};
use crate::screens::icon::{Icon, draw};
use crate::screens::page_parts::{
    ConfigurePage, NotThere, NotThereState, NoticeStrip, OnceDialog, QuestionDialog, day, used,
};
use crate::screens::{Clock, use_desk, use_send};
use crate::words::{self, administration};
use crate::work::Common;

#[component]
pub(crate) fn KeysScreen() -> Element {
    let desk = use_context::<KeysDesk>();
    let keys = use_desk(&desk);
    let now = (use_context::<Clock>().about_now)();
    let open = use_send(&desk, |()| Message::Opened);
    use_hook(|| open.call(()));
    {
        let desk = desk.clone();
        use_drop(move || desk.send(Message::Common(Common::Left)));
    }
    let on_common = use_send(&desk, Message::Common);
    let state = keys.read();
    let is_past =
        |key: &&ApiClient| matches!(standing(key, now), Standing::Expired | Standing::Revoked);
    rsx! {
        ConfigurePage {
            page: Page::Keys,
            about: "For staff tools of others, such as your practice software. A tool with a key may do what the key’s role may.",
            NoticeStrip { notice: state.work.notice.clone(), on_common }
            if let Some(keys) = state.keys.read() {
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
                        "Make a key"
                    }
                }
                if keys.iter().all(|key| is_past(&key)) {
                    div { class: "panel empty",
                        h2 { "No key is in use" }
                        p { class: "quiet", "Make one for each tool, so that each can be revoked by itself." }
                    }
                } else {
                    ul { class: "entries keys",
                        for key in keys.iter().filter(|key| !is_past(key)) {
                            Key { key: "{key.id.inner()}", client: key.clone() }
                        }
                    }
                }
                if keys.iter().any(|key| is_past(&key)) {
                    details { class: "past",
                        summary { "Revoked and expired ({keys.iter().filter(is_past).count()})" }
                        ul { class: "entries keys",
                            for key in keys.iter().filter(is_past) {
                                Key { key: "{key.id.inner()}", client: key.clone() }
                            }
                        }
                    }
                }
            } else {
                NotThere {
                    state: NotThereState::of(&state.keys),
                    what: "The keys",
                    refusal: "Only clinic admins see the API keys. Ask one of yours.",
                    on_retry: open,
                }
            }
            Dialog { keys }
            if let Some(once) = state.work.once.clone() {
                OnceDialog { once, on_common }
            }
        }
    }
}

#[component]
fn Key(client: ApiClient) -> Element {
    let desk = use_context::<KeysDesk>();
    let clock = use_context::<Clock>();
    let standing = standing(&client, (clock.about_now)());
    let (said, tone) = administration::standing(standing);
    rsx! {
        li { class: "entry",
            div { class: "main",
                h2 { "{client.name}" }
                p { class: "quiet", {words::role(client.role)} }
                dl { class: "facts",
                    div {
                        dt { "State" }
                        dd { class: tone.class(), "{said}" }
                    }
                    if let Some(at) = client.revoked_at {
                        div {
                            dt { "Revoked" }
                            dd { {day(at, clock)} }
                        }
                    } else {
                        div {
                            dt { "Expires" }
                            dd {
                                if let Some(at) = client.expires_at {
                                    {day(at, clock)}
                                } else {
                                    "Never"
                                }
                            }
                        }
                    }
                    div {
                        dt { "Last used" }
                        dd {
                            if let Some(at) = client.last_used_at {
                                {used(at, clock)}
                            } else {
                                "Never"
                            }
                        }
                    }
                    div {
                        dt { "Made" }
                        dd {
                            {day(client.added_at, clock)}
                            " by "
                            {client.added_by.clone().unwrap_or_else(|| "the operator".to_owned())}
                        }
                    }
                }
            }
            if matches!(standing, Standing::Works | Standing::ExpiresSoon) {
                div { class: "actions",
                    button {
                        class: "button",
                        r#type: "button",
                        id: revoke_button_id(&client),
                        "aria-label": "Revoke {client.name}",
                        onclick: {
                            let client = client.clone();
                            move |_| desk.send(Message::RevokePressed(client.clone()))
                        },
                        "Revoke"
                    }
                }
            }
        }
    }
}

#[component]
fn Dialog(keys: ReadSignal<Keys>) -> Element {
    let desk = use_context::<KeysDesk>();
    let on_dismiss = use_send(&desk, |()| Message::Common(Common::Dismissed));
    let on_confirm = use_send(&desk, |()| Message::Confirmed { at: browser::now() });
    let state = keys.read();
    let work = &state.work;
    let Some(question) = &work.dialog else {
        return rsx! {};
    };
    let is_busy = work.sending.is_some();
    let wrong = work
        .wrongs
        .of_no_field(&["name", "role", "expiresAt"])
        .map(str::to_owned);
    match question {
        Question::Add(draft) => rsx! {
            QuestionDialog {
                title: "Make an API key",
                confirm: "Make the key",
                is_danger: false,
                is_plain: false,
                is_busy,
                wrong,
                on_confirm,
                on_dismiss,
                TextField {
                    id: NAME,
                    label: "Name",
                    hint: "The tool that it is for. The logs show it.",
                    value: draft.name.clone(),
                    wrong: work.wrongs.of("name").map(str::to_owned),
                    on_input: {
                        let desk = desk.clone();
                        move |name| desk.send(Message::NameTyped(name))
                    },
                }
                RoleField {
                    id: ROLE,
                    chosen: draft.role,
                    about: administration::key_role_about(draft.role),
                    wrong: work.wrongs.of("role").map(str::to_owned),
                    on_choose: {
                        let desk = desk.clone();
                        move |role| desk.send(Message::RoleChosen(role))
                    },
                }
                ExpiryField {
                    chosen: draft.expiry,
                    wrong: work.wrongs.of("expiresAt").map(str::to_owned),
                    on_choose: {
                        let desk = desk.clone();
                        move |expiry| desk.send(Message::ExpiryChosen(expiry))
                    },
                }
            }
        },
        Question::Revoke(key) => rsx! {
            QuestionDialog {
                title: "Revoke the key “{key.name}”",
                confirm: "Revoke",
                is_danger: true,
                is_plain: true,
                is_busy,
                wrong,
                on_confirm,
                on_dismiss,
                p { id: "question-about", "Whatever uses it stops working within seconds, and cannot be let in again with this key. This cannot be undone." }
            }
        },
    }
}

#[component]
fn ExpiryField(chosen: Expiry, wrong: Option<String>, on_choose: Callback<Expiry>) -> Element {
    let is_wrong = wrong.is_some();
    rsx! {
        div { class: "field",
            label { r#for: EXPIRY, "Expires after" }
            select {
                id: EXPIRY,
                "aria-describedby": "{EXPIRY}-hint {EXPIRY}-wrong",
                "aria-invalid": invalid(is_wrong),
                onchange: move |event: FormEvent| {
                    let at = event.value().parse::<usize>().ok();
                    if let Some(expiry) = at.and_then(|at| Expiry::ALL.get(at).copied()) {
                        on_choose.call(expiry);
                    }
                },
                for (at, expiry) in Expiry::ALL.into_iter().enumerate() {
                    option { value: "{at}", selected: expiry == chosen, {administration::expiry(expiry)} }
                }
            }
            p { class: "hint", id: "{EXPIRY}-hint",
                if chosen == Expiry::Never {
                    "It works until somebody revokes it. Better to let it expire, and to make another in time."
                } else {
                    "Before then, make another and give it to the tool."
                }
            }
            Wrong { id: "{EXPIRY}-wrong", text: wrong }
        }
    }
}
