//! The live waiting area.

use dioxus::prelude::*;
use standby_client::{Caller, CallerStatus, SignInMethod, TeamMember};

use crate::browser;
use crate::effects::{AreaDesk, HEADING};
use crate::screens::Clock;
use crate::screens::activity::ActivityDrawer;
use crate::screens::caller_row::{CallerRow, Number};
use crate::screens::cancel::CancelDialog;
use crate::screens::icon::{Icon, draw};
use crate::screens::sign_in::AT_THE_ORGANISATION;
use crate::screens::vouch::VouchDialog;
use crate::waiting_area::{self, Connection, Copied, Counts, Message, WaitingArea, id_of};
use crate::words;
use crate::work::Copying;

/// The filters, in the order in which they stand.
const FILTERS: [(Option<CallerStatus>, &str); 5] = [
    (None, "all"),
    (Some(CallerStatus::Waiting), "waiting"),
    (Some(CallerStatus::Offline), "offline"),
    (Some(CallerStatus::BeingSeen), "being-seen"),
    (Some(CallerStatus::OnHold), "on-hold"),
];

#[component]
pub(crate) fn WaitingAreaScreen(area: ReadSignal<WaitingArea>, member: TeamMember) -> Element {
    let clock = use_context::<Clock>();
    let desk = use_context::<AreaDesk>();
    let state = area.read();
    let counts = state.counts();
    rsx! {
        div { class: "page",
            Head {
                counts,
                member: member.clone(),
                is_open: state.is_open,
                link: state.clinic_link,
            }
            if state.connection == Connection::Lost {
                // No role: the bar above every page tells it to screen readers.
                div { class: "strip",
                    {draw(Icon::Warning)}
                    p { class: "grow",
                        strong { "The connection is lost. " }
                        "What you see may be old. It comes back by itself."
                    }
                }
            }
            if let Some(session) = &state.session_ending {
                // No role: it is announced as it comes.
                div { class: "strip warning",
                    {draw(Icon::Clock)}
                    p { class: "grow",
                        strong {
                            "You are signed out at {clock.time_of_day(session.expires_at.epoch_milliseconds())}. "
                        }
                        if session.opened_by == SignInMethod::OpenidConnect {
                            "Sign in anew before then: "
                            a { href: AT_THE_ORGANISATION, "Sign in with your organisation" }
                        } else {
                            "Have a new one-time sign-in link made before then, and open it in this browser."
                        }
                    }
                }
            }
            if let Some(until) = state.codes_paused_until {
                div { class: "strip warning", role: "status",
                    {draw(Icon::NoText)}
                    p { class: "grow",
                        strong { "Codes are paused until {clock.time_of_day(until)}. " }
                        "Too many of the codes sent in the last hour were not entered, so none go out. Callers keep their places: "
                        if member.role.may_act() {
                            "they can wait on screen, or you verify them by phone."
                        } else {
                            "they can wait on screen."
                        }
                    }
                }
            }
            Unreached { area }
            for (id, notice) in state.notices_without_a_row() {
                div { key: "{id}", class: if notice.is_refusal { "strip" } else { "strip calm" }, role: "alert",
                    {draw(Icon::Warning)}
                    p { class: "grow",
                        if !notice.text.contains(&notice.name) {
                            strong { "{notice.name}: " }
                        }
                        "{notice.text}"
                    }
                    button {
                        class: "button plain",
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
            Tools { counts, chosen: state.chosen, search: state.search.clone() }
            List { area, member: member.clone() }
            Ended { area }
            if let Some(cancelling) = state.cancelling.clone() {
                CancelDialog { key: "{cancelling.caller}", area, cancelling }
            }
            if let Some(vouching) = state.vouching.clone() {
                VouchDialog { key: "{vouching.caller}", area, vouching }
            }
            if let Some(log) = state.activity.clone() {
                ActivityDrawer { key: "{log.caller.id.inner()}", log, role: member.role }
            }
            div { class: "visually-hidden", role: "status", "aria-live": "polite",
                span { key: "{state.announcement.number}", "{state.announcement.text}" }
            }
        }
    }
}

#[component]
fn Head(counts: Counts, member: TeamMember, is_open: bool, link: Copying) -> Element {
    let desk = use_context::<AreaDesk>();
    let address = format!("{}/c/{}", browser::origin(), member.clinic.slug);
    let copy = {
        let address = address.clone();
        move |_| {
            desk.send(Message::CopyPressed {
                what: Copied::ClinicLink,
                text: address.clone(),
            });
        }
    };
    rsx! {
        div { class: "head",
            div { class: "grow",
                h1 { id: HEADING, tabindex: "-1",
                    "Waiting area"
                    if is_open {
                        span { class: "badge open", {draw(Icon::Tick)} "Open" }
                    } else {
                        span { class: "badge closed", {draw(Icon::Cross)} "Closed" }
                    }
                }
                p { class: "quiet figures",
                    {words::summary(counts.waiting, counts.offline, counts.being_seen, counts.on_hold)}
                }
            }
            div { class: "clinic-link",
                span { class: "nowrap", "Clinic link" }
                a { href: "{address}", target: "_blank", rel: "noopener noreferrer", "{address}" }
                button { class: "button", r#type: "button", onclick: copy,
                    if link == Copying::Copied {
                        {draw(Icon::Tick)}
                        "Copied"
                    } else {
                        {draw(Icon::Copy)}
                        "Copy"
                    }
                }
                if link == Copying::CopyItYourself {
                    span { role: "status", "Select the link to copy it." }
                }
            }
        }
    }
}

/// Whom a recall has not reached, with what to do: their rows may be far below, or not shown.
#[component]
fn Unreached(area: ReadSignal<WaitingArea>) -> Element {
    /// Where the texts of a whole clinic fail, the list below must still be seen on a phone.
    const NAMED: usize = 3;
    let state = area.read();
    let unreached: Vec<&Caller> = state.unreached().collect();
    let Some(title) = words::unreached(&unreached) else {
        return rsx! {};
    };
    let others = unreached.len().saturating_sub(NAMED);
    rsx! {
        // No role: it is announced as it happens.
        div { class: "strip warning unreached",
            {draw(Icon::NoText)}
            div { class: "grow",
                p { strong { "{title}" } }
                ul {
                    for caller in unreached.into_iter().take(NAMED) {
                        li { key: "{caller.id.inner()}",
                            bdi { {words::name(caller).to_owned()} }
                            if let Some(what) = caller.recall.as_ref().and_then(words::not_through) {
                                span { "{what}" }
                            }
                            if let Some(phone) = caller.phone.clone() {
                                Number { phone }
                            }
                        }
                    }
                    if others > 0 {
                        li { {words::others(others)} }
                    }
                }
            }
        }
    }
}

#[component]
fn Tools(counts: Counts, chosen: Option<CallerStatus>, search: String) -> Element {
    let desk = use_context::<AreaDesk>();
    rsx! {
        div { class: "tools",
            div { class: "filters", role: "group", "aria-label": "Show only",
                for (status, style) in FILTERS {
                    button {
                        key: "{style}",
                        class: "filter",
                        r#type: "button",
                        "data-status": style,
                        "aria-pressed": if chosen == status { "true" } else { "false" },
                        onclick: {
                            let desk = desk.clone();
                            move |_| desk.send(Message::StatusChosen(status))
                        },
                        if status.is_some() {
                            span { class: "dot", "aria-hidden": "true" }
                        }
                        {status.map_or("All", words::status)}
                        " "
                        span { class: "count", {counts.of(status).to_string()} }
                    }
                }
            }
            div { class: "search",
                {draw(Icon::Search)}
                input {
                    r#type: "search",
                    "aria-label": "Search by name or phone",
                    placeholder: "Name or phone",
                    autocomplete: "off",
                    maxlength: "100",
                    value: "{search}",
                    oninput: {
                        let desk = desk.clone();
                        move |event: FormEvent| desk.send(Message::SearchTyped(event.value()))
                    },
                }
            }
        }
    }
}

#[component]
fn List(area: ReadSignal<WaitingArea>, member: TeamMember) -> Element {
    let desk = use_context::<AreaDesk>();
    let state = area.read();
    let callers: Vec<_> = state.shown().cloned().collect();
    if !state.is_known() {
        return rsx! {
            div { class: "list",
                div { class: "empty",
                    h2 { "Connecting…" }
                    p { "The callers appear here in a moment." }
                }
            }
        };
    }
    if state.callers().is_empty() {
        return rsx! {
            div { class: "list",
                div { class: "empty",
                    h2 { "Nobody is here" }
                    p { "Callers who arrive by the clinic link appear here at once." }
                }
            }
        };
    }
    if callers.is_empty() {
        let chosen = state.chosen;
        let ended = state.ended_found();
        let show_all = move |_| {
            desk.send(Message::SearchTyped(String::new()));
            if chosen.is_some() {
                desk.send(Message::StatusChosen(None));
            }
        };
        return rsx! {
            div { class: "list",
                div { class: "empty",
                    if ended > 0 {
                        h2 { "Nobody who is here fits" }
                        p { {words::found_ended(ended)} }
                    } else {
                        h2 { "Nobody found" }
                        p { "No caller fits the search and the filter." }
                    }
                    button { class: "button", r#type: "button", onclick: show_all, "Show all" }
                }
            }
        };
    }
    let rows = callers.into_iter().map(|caller| {
        let id = id_of(&caller);
        let sending = state.sending.get(&id).copied();
        let notice = state.notices.get(&id).cloned();
        let is_settling = state.is_settling(&id);
        (id, caller, sending, notice, is_settling)
    });
    rsx! {
        div { class: "list",
            // The roles are named because a phone's layout takes them from the elements.
            table { role: "table", "aria-label": "Callers",
                thead { role: "rowgroup",
                    tr { role: "row",
                        th { role: "columnheader", scope: "col", "Place" }
                        th { role: "columnheader", scope: "col", "Status" }
                        th { role: "columnheader", scope: "col", "Name" }
                        th { role: "columnheader", scope: "col", "Phone" }
                        th { role: "columnheader", scope: "col", "Waiting for" }
                        th { role: "columnheader", scope: "col", "Recall" }
                        th { role: "columnheader", scope: "col", span { class: "visually-hidden", "Actions" } }
                    }
                }
                tbody { role: "rowgroup",
                    for (id, caller, sending, notice, is_settling) in rows {
                        CallerRow { key: "{id}", caller, sending, notice, role: member.role, is_settling }
                    }
                }
            }
        }
    }
}

#[component]
fn Ended(area: ReadSignal<WaitingArea>) -> Element {
    let clock = use_context::<Clock>();
    let desk = use_context::<AreaDesk>();
    let state = area.read();
    let ended: Vec<&Caller> = state.ended_shown().collect();
    if ended.is_empty() {
        return rsx! {};
    }
    rsx! {
        // Whoever is searched for is not to be missed because the list is folded.
        details { class: "ended", open: state.ended_found() > 0,
            summary { "Ended lately ({ended.len()})" }
            ul {
                for caller in ended {
                    li { key: "{caller.id.inner()}",
                        if caller.erased_at.is_some() {
                            strong {
                                class: "quiet",
                                title: "Name, number, answers and texts were erased, as the clinic has set.",
                                {words::ERASED}
                            }
                        } else {
                            strong { {words::name(caller).to_owned()} }
                        }
                        if let Some(phone) = caller.phone.clone() {
                            Number { phone }
                        }
                        span { class: "quiet",
                            {words::end(caller)}
                            if let Some(at) = caller.ended_at {
                                " at {clock.time_of_day(at.epoch_milliseconds())}"
                            }
                            if let Some(reason) = caller.end.as_ref().and_then(|end| end.reason.clone()) {
                                ": {reason}"
                            }
                        }
                        button {
                            class: "button plain",
                            r#type: "button",
                            id: crate::effects::activity_button_id(caller.id.inner()),
                            onclick: {
                                let (desk, id) = (desk.clone(), waiting_area::id_of(caller));
                                move |_| desk.send(Message::ActivityOpened(id.clone()))
                            },
                            {draw(Icon::List)}
                            "Activity"
                        }
                    }
                }
            }
        }
    }
}
