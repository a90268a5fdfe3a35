//! Configure › Audit log.

use dioxus::prelude::*;

use crate::address::Page;
use crate::audit_log::{Message, More};
use crate::effects::administration::AuditLogDesk;
use crate::screens::icon::{Icon, draw};
use crate::screens::page_parts::{ConfigurePage, NotThere, NotThereState};
use crate::screens::{Clock, use_desk, use_send};
use crate::words::administration;

#[component]
pub(crate) fn AuditLogScreen() -> Element {
    let desk = use_context::<AuditLogDesk>();
    let log = use_desk(&desk);
    let clock = use_context::<Clock>();
    let refresh = use_send(&desk, |()| Message::Opened);
    use_hook(|| refresh.call(()));
    let state = log.read();
    let today = clock.day((clock.about_now)());
    // One heading for each day, in the order in which they come.
    let mut days: Vec<(String, Vec<_>)> = Vec::new();
    for entry in state.shown() {
        let day = administration::near_date(clock.day(entry.at.epoch_milliseconds()), today);
        match days.last_mut() {
            Some((last, entries)) if *last == day => entries.push(entry.clone()),
            _ => days.push((day, vec![entry.clone()])),
        }
    }
    let people = state.people();
    let read = state.entries.read().map_or(0, Vec::len);
    let shown = state.shown().count();
    rsx! {
        ConfigurePage {
            page: Page::AuditLog,
            about: "Who looked at what, and who changed what. Callers are named by their id only, which their Activity shows. Looking at the same again within 10 minutes is one entry.",
            if state.entries.is_read() {
                div { class: "list-head",
                    div { class: "beside",
                        label { r#for: "person", "Show" }
                        select {
                            id: "person",
                            class: "medium",
                            onchange: {
                                let desk = desk.clone();
                                move |event: FormEvent| desk.send(Message::PersonChosen(event.value().parse().ok()))
                            },
                            option { value: "", selected: state.person.is_none(), "Everybody" }
                            for (at, person) in people.iter().enumerate() {
                                option { key: "{at}", value: "{at}", selected: state.person.as_ref() == Some(person),
                                    {person.name.clone().unwrap_or_else(|| administration::NOBODY_OF_STAFF.to_owned())}
                                }
                            }
                        }
                    }
                    button {
                        class: "button",
                        r#type: "button",
                        onclick: move |_| refresh.call(()),
                        {draw(Icon::Turn)}
                        "Refresh"
                    }
                }
                if days.is_empty() {
                    div { class: "panel empty", p { class: "quiet", "Nothing yet." } }
                }
                for (day, entries) in days {
                    section { key: "{day}", class: "panel audit", "aria-label": "{day}",
                        h2 { "{day}" }
                        ol {
                            for entry in entries {
                                li { key: "{entry.id.inner()}",
                                    time { class: "figures quiet", datetime: "{entry.at}",
                                        {clock.exact_time_of_day(entry.at.epoch_milliseconds())}
                                    }
                                    div {
                                        p {
                                            "{entry.description}"
                                            if let Some(name) = &entry.subject_name {
                                                ": {name}"
                                            }
                                        }
                                        p { class: "small quiet",
                                            {entry.by.clone().unwrap_or_else(|| administration::NOBODY_OF_STAFF.to_owned())}
                                            if let (Some(subject), None) = (&entry.subject_id, &entry.subject_name) {
                                                " · "
                                                span { class: "subject", "{subject.inner()}" }
                                            }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
                div { class: "under", role: "status",
                    if state.has_more() {
                        button {
                            class: "button",
                            r#type: "button",
                            "aria-busy": if state.more == More::Asked { "true" } else { "false" },
                            onclick: {
                                let desk = desk.clone();
                                move |_| desk.send(Message::MorePressed)
                            },
                            if state.more == More::Asked {
                                {draw(Icon::Turn)}
                            }
                            "Show earlier"
                        }
                    }
                    if state.more == More::NotRead {
                        p { class: "below danger", {draw(Icon::Warning)} "Earlier entries could not be read. Try again." }
                    } else if state.person.is_some() && state.has_more() {
                        p { "{shown} of the newest {read} entries. Earlier ones may have more." }
                    } else if !state.has_more() && read > 0 {
                        p { "These are all." }
                    }
                }
            } else {
                NotThere {
                    state: NotThereState::of(&state.entries),
                    what: "The audit log",
                    refusal: "Only clinic admins read the audit log. Ask one of yours.",
                    on_retry: refresh,
                }
            }
        }
    }
}
