//! Configure › Team.

use dioxus::prelude::*;
use standby_client::{Id, MemberOfTeam, TeamMember};

use crate::address::Page;
use crate::effects::administration::TeamDesk;
use crate::screens::fields::{RoleField, TextField};
use crate::screens::icon::{Icon, draw};
use crate::screens::page_parts::{
    ConfigurePage, NotThere, NotThereState, NoticeStrip, OnceDialog, QuestionDialog, day, moment,
    used,
};
use crate::screens::{Clock, use_desk, use_send};
use crate::team::{ADD_BUTTON, Draft, Message, NAME, Question, ROLE, Request, Team, button_id};
use crate::words::{self, administration};
use crate::work::Common;

#[component]
pub(crate) fn TeamScreen(viewer: TeamMember) -> Element {
    let desk = use_context::<TeamDesk>();
    let team = use_desk(&desk);
    let open = use_send(&desk, |()| Message::Opened);
    use_hook(|| open.call(()));
    {
        let desk = desk.clone();
        use_drop(move || desk.send(Message::Common(Common::Left)));
    }
    let on_common = use_send(&desk, Message::Common);
    let state = team.read();
    rsx! {
        ConfigurePage { page: Page::Team, about: "Who works with the waiting area, and where they are signed in.",
            NoticeStrip { notice: state.work.notice.clone(), on_common }
            if let Some(members) = state.members.read() {
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
                        "Add a team member"
                    }
                }
                ul { class: "entries",
                    for member in members.iter() {
                        Member {
                            key: "{member.id.inner()}",
                            member: member.clone(),
                            is_viewer: member.id == viewer.id,
                            sending: state.work.sending.clone(),
                        }
                    }
                }
            } else {
                NotThere {
                    state: NotThereState::of(&state.members),
                    what: "The team",
                    refusal: "Only clinic admins see the team. Ask one of yours.",
                    on_retry: open,
                }
            }
            Dialog { team, viewer: viewer.id.clone() }
            if let Some(once) = state.work.once.clone() {
                OnceDialog { once, on_common }
            }
        }
    }
}

#[component]
fn Member(member: MemberOfTeam, is_viewer: bool, sending: Option<Request>) -> Element {
    let desk = use_context::<TeamDesk>();
    let clock = use_context::<Clock>();
    let is_making_link =
        matches!(&sending, Some(Request::MakeLink { member: of, .. }) if *of == member.id);
    let press = |message: fn(MemberOfTeam) -> Message| {
        let (desk, member) = (desk.clone(), member.clone());
        move |_| desk.send(message(member.clone()))
    };
    rsx! {
        li { class: "entry",
            div { class: "main",
                h2 {
                    "{member.name}"
                    if is_viewer {
                        span { class: "badge", "You" }
                    }
                }
                p { class: "quiet", "{words::role(member.role)} · on the team since {day(member.added_at, clock)}" }
            }
            div { class: "actions",
                button {
                    class: "button",
                    r#type: "button",
                    id: button_id("change", &member),
                    "aria-label": "Change {member.name}",
                    onclick: press(Message::ChangePressed),
                    "Change"
                }
                button {
                    class: "button",
                    r#type: "button",
                    id: button_id("link", &member),
                    "aria-label": "Sign-in link for {member.name}",
                    "aria-busy": if is_making_link { "true" } else { "false" },
                    onclick: press(Message::LinkPressed),
                    if is_making_link {
                        {draw(Icon::Turn)}
                    }
                    "Sign-in link"
                }
                if !is_viewer {
                    button {
                        class: "button plain",
                        r#type: "button",
                        id: button_id("remove", &member),
                        "aria-label": "Remove {member.name}",
                        onclick: press(Message::RemovePressed),
                        {draw(Icon::Bin)}
                        "Remove"
                    }
                }
            }
            if let Some(sessions) = &member.sessions {
                if sessions.is_empty() {
                    p { class: "more quiet small", {administration::sessions(0)} }
                } else {
                    details { class: "more",
                        summary { {administration::sessions(sessions.len())} }
                        ul {
                            for session in sessions.iter() {
                                li { key: "{session.id.inner()}",
                                    div { class: "grow",
                                        p {
                                            "Since {moment(session.opened_at, clock)}, {administration::opened_by(session.opened_by)}"
                                            if session.is_current {
                                                span { class: "badge", "This browser" }
                                            }
                                        }
                                        p { class: "small quiet",
                                            "Last used {used(session.last_used_at, clock)} · lasts until {moment(session.expires_at, clock)}"
                                        }
                                    }
                                    if !session.is_current {
                                        button {
                                            class: "button",
                                            r#type: "button",
                                            "aria-label": "Sign out {member.name} there",
                                            "aria-busy": if sending == Some(Request::EndSession(session.id.clone())) { "true" } else { "false" },
                                            onclick: {
                                                let (desk, session) = (desk.clone(), session.clone());
                                                move |_| desk.send(Message::EndSessionPressed(session.clone()))
                                            },
                                            "Sign out"
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[component]
fn Dialog(team: ReadSignal<Team>, viewer: Id) -> Element {
    let desk = use_context::<TeamDesk>();
    let on_dismiss = use_send(&desk, |()| Message::Common(Common::Dismissed));
    let on_confirm = use_send(&desk, |()| Message::Confirmed);
    let state = team.read();
    let work = &state.work;
    let Some(question) = &work.dialog else {
        return rsx! {};
    };
    let is_busy = work.sending.is_some();
    let wrong = work
        .wrongs
        .of_no_field(&["name", "role"])
        .map(str::to_owned);
    match question {
        Question::Add(_) | Question::Change { .. } => {
            let (title, confirm) = match question {
                Question::Change { member, .. } => (format!("Change {}", member.name), "Save"),
                _ => (
                    "Add a team member".to_owned(),
                    "Add and make a sign-in link",
                ),
            };
            let is_viewer =
                matches!(question, Question::Change { member, .. } if member.id == viewer);
            let Some(Draft { name, role }) = question.draft().cloned() else {
                return rsx! {};
            };
            rsx! {
                QuestionDialog { title, confirm, is_danger: false, is_plain: false, is_busy, wrong, on_confirm, on_dismiss,
                    TextField {
                        id: NAME,
                        label: "Name",
                        hint: "As the activity of callers and the audit log show it.",
                        value: name,
                        wrong: work.wrongs.of("name").map(str::to_owned),
                        on_input: {
                            let desk = desk.clone();
                            move |name| desk.send(Message::NameTyped(name))
                        },
                    }
                    if is_viewer {
                        p { class: "hint", "Your own role is changed by another clinic admin." }
                    } else {
                        RoleField {
                            id: ROLE,
                            chosen: role,
                            about: administration::role_about(role),
                            wrong: work.wrongs.of("role").map(str::to_owned),
                            on_choose: {
                                let desk = desk.clone();
                                move |role| desk.send(Message::RoleChosen(role))
                            },
                        }
                    }
                }
            }
        }
        Question::Remove(member) => rsx! {
            QuestionDialog {
                title: "Remove {member.name}",
                confirm: "Remove from the team",
                is_danger: true,
                is_plain: true,
                is_busy,
                wrong,
                on_confirm,
                on_dismiss,
                p { id: "question-about",
                    strong { "{member.name}" }
                    " is signed out everywhere at once and cannot sign in again. What they did stays in the logs under their name."
                }
            }
        },
    }
}
