//! What the pages of Configure and the reports ask for.

use std::cell::RefCell;
use std::rc::Rc;

use standby_client::{AuditLogPage, ClientError, Staff, TeamMember};

use super::focus_field;
use crate::audit_log::{self, AuditLog};
use crate::desk::{Desk, Reduce};
use crate::keys::{self, Keys};
use crate::reading::Reading;
use crate::reports::{self, Reports};
use crate::team::{self, Team};
use crate::webhooks::{self, Webhooks};
use crate::work::{Common, Effect};
use crate::{browser, fixtures};
use browser::TimeZone;

/// The team's desk.
pub(crate) type TeamDesk = Desk<Team, team::Message, Effect<team::Request>>;
/// The API keys' desk.
pub(crate) type KeysDesk = Desk<Keys, keys::Message, Effect<keys::Request>>;
/// The webhooks' desk.
pub(crate) type WebhooksDesk = Desk<Webhooks, webhooks::Message, Effect<webhooks::Request>>;
/// The audit log's desk.
pub(crate) type AuditLogDesk = Desk<AuditLog, audit_log::Message, audit_log::Effect>;
/// The reports' desk.
pub(crate) type ReportsDesk = Desk<Reports, reports::Message, reports::Effect>;

/// How long after it was read the webhooks' page is read again while it is open. Milliseconds.
const READ_AGAIN: u32 = 5_000;
/// How many entries of the audit log are read at a time.
const ENTRIES: i32 = 50;

/// The desks of a signed-in member.
#[derive(Clone)]
pub(crate) struct Desks {
    pub(crate) team: TeamDesk,
    pub(crate) keys: KeysDesk,
    pub(crate) webhooks: WebhooksDesk,
    pub(crate) audit_log: AuditLogDesk,
    pub(crate) reports: ReportsDesk,
}

type Ended = Rc<RefCell<dyn FnMut()>>;
type Answer<T> = Result<T, ClientError>;

/// The desks of a member's clinic. `ended` is called when the session turns out to be over.
pub(crate) fn desks(staff: &Staff, member: &TeamMember, ended: impl FnMut() + 'static) -> Desks {
    let ended: Ended = Rc::new(RefCell::new(ended));
    Desks {
        team: team(staff, member, &ended),
        keys: keys(staff, member, &ended),
        webhooks: webhooks(staff, member, &ended),
        audit_log: audit_log(staff, member, &ended),
        reports: reports(staff, member, &ended),
    }
}

fn team(staff: &Staff, member: &TeamMember, ended: &Ended) -> TeamDesk {
    use team::{Done, Message, Request};

    let (staff, clinic, ended) = (staff.clone(), member.clinic.id.clone(), Rc::clone(ended));
    Desk::new(Team::default(), team::reduce, move |desk, effect| {
        let (desk, staff, clinic) = (desk.clone(), staff.clone(), clinic.clone());
        match effect {
            Effect::Read => {
                browser::run(async move {
                    let read = staff.team(&clinic).await;
                    desk.send(Message::Read(read));
                });
            }
            Effect::Send(request) => {
                browser::run(async move {
                    let answer = match request {
                        Request::Add(draft) => staff
                            .add_team_member(&clinic, draft.name, draft.role)
                            .await
                            .map(Done::Added),
                        Request::Change { member, name, role } => staff
                            .update_team_member(&member, name, role)
                            .await
                            .map(Done::Changed),
                        Request::Remove { member, .. } => staff
                            .remove_team_member(&member)
                            .await
                            .map(|()| Done::Removed),
                        Request::MakeLink { member, .. } => {
                            staff.create_sign_in_link(&member).await.map(Done::LinkMade)
                        }
                        Request::EndSession(session) => staff
                            .end_session(&session)
                            .await
                            .map(|()| Done::SessionEnded),
                    };
                    desk.send(Message::Answered(answer));
                });
            }
            Effect::ReadLater { .. } => {}
            Effect::Copy(text) => copy(&desk, text, Message::Common),
            Effect::Focus(id) => focus_field(id),
            Effect::EndSession => (ended.borrow_mut())(),
        }
    })
}

fn keys(staff: &Staff, member: &TeamMember, ended: &Ended) -> KeysDesk {
    use keys::{Done, Message, Request};

    let (staff, clinic, ended) = (staff.clone(), member.clinic.id.clone(), Rc::clone(ended));
    Desk::new(Keys::default(), keys::reduce, move |desk, effect| {
        let (desk, staff, clinic) = (desk.clone(), staff.clone(), clinic.clone());
        match effect {
            Effect::Read => {
                browser::run(async move {
                    let read = staff.api_clients(&clinic).await;
                    desk.send(Message::Read(read));
                });
            }
            Effect::Send(request) => {
                browser::run(async move {
                    let answer = match request {
                        Request::Add {
                            name,
                            role,
                            expires_at,
                        } => staff
                            .add_api_client(&clinic, name, role, expires_at)
                            .await
                            .map(Done::Added),
                        Request::Revoke(key) => {
                            staff.revoke_api_client(&key).await.map(Done::Revoked)
                        }
                    };
                    desk.send(Message::Answered(answer));
                });
            }
            Effect::ReadLater { .. } => {}
            Effect::Copy(text) => copy(&desk, text, Message::Common),
            Effect::Focus(id) => focus_field(id),
            Effect::EndSession => (ended.borrow_mut())(),
        }
    })
}

fn webhooks(staff: &Staff, member: &TeamMember, ended: &Ended) -> WebhooksDesk {
    use webhooks::{Done, Message, Request};

    let (staff, clinic, ended) = (staff.clone(), member.clinic.id.clone(), Rc::clone(ended));
    Desk::new(
        Webhooks::default(),
        webhooks::reduce,
        move |desk, effect| {
            let (desk, staff, clinic) = (desk.clone(), staff.clone(), clinic.clone());
            match effect {
                Effect::Read => {
                    browser::run(async move {
                        let read = staff.webhooks(&clinic).await;
                        desk.send(Message::Read(read));
                    });
                }
                Effect::ReadLater { visit } => {
                    browser::run(async move {
                        loop {
                            gloo_timers::future::TimeoutFuture::new(READ_AGAIN).await;
                            // Nobody looks: worth no question.
                            if !browser::is_hidden() {
                                break;
                            }
                        }
                        desk.send(Message::Due { visit });
                    });
                }
                Effect::Send(request) => {
                    browser::run(async move {
                        let answer = match request {
                            Request::Add(draft) => staff
                                .add_webhook(&clinic, draft.url, draft.events)
                                .await
                                .map(Done::Added),
                            Request::Change { webhook, change } => staff
                                .update_webhook(&webhook, change)
                                .await
                                .map(Done::Changed),
                            Request::Remove(webhook) => {
                                staff.remove_webhook(&webhook).await.map(|()| Done::Removed)
                            }
                            Request::Rotate(webhook) => staff
                                .rotate_webhook_secret(&webhook)
                                .await
                                .map(Done::Rotated),
                            Request::Redeliver(delivery) => staff
                                .redeliver_webhook_event(&delivery)
                                .await
                                .map(Done::Redelivered),
                        };
                        desk.send(Message::Answered(answer));
                    });
                }
                Effect::Copy(text) => copy(&desk, text, Message::Common),
                Effect::Focus(id) => focus_field(id),
                Effect::EndSession => (ended.borrow_mut())(),
            }
        },
    )
}

fn audit_log(staff: &Staff, member: &TeamMember, ended: &Ended) -> AuditLogDesk {
    use audit_log::{Effect, Message};

    let (staff, clinic, ended) = (staff.clone(), member.clinic.id.clone(), Rc::clone(ended));
    Desk::new(
        AuditLog::default(),
        audit_log::reduce,
        move |desk, effect| match effect {
            Effect::Read { asked, after } => {
                let (desk, staff, clinic) = (desk.clone(), staff.clone(), clinic.clone());
                browser::run(async move {
                    let answer = staff.audit_log(&clinic, ENTRIES, after.as_deref()).await;
                    desk.send(if after.is_none() {
                        Message::Read { asked, answer }
                    } else {
                        Message::MoreRead { asked, answer }
                    });
                });
            }
            Effect::EndSession => (ended.borrow_mut())(),
        },
    )
}

fn reports(staff: &Staff, member: &TeamMember, ended: &Ended) -> ReportsDesk {
    use reports::{Effect, Message};

    let (staff, clinic, ended) = (staff.clone(), member.clinic.clone(), Rc::clone(ended));
    Desk::new(Reports::default(), reports::reduce, move |desk, effect| {
        let (desk, staff, clinic) = (desk.clone(), staff.clone(), clinic.clone());
        match effect {
            Effect::ReadTimeZone => {
                browser::run(async move {
                    let answer = staff.clinic_now(&clinic.id).await;
                    let answer = answer.map(|now| now.map(|now| now.time_zone));
                    let zone = answer.as_ref().ok().and_then(Option::as_deref);
                    let zone = TimeZone::of(zone.unwrap_or("UTC")).unwrap_or_else(TimeZone::own);
                    let today = zone.day(browser::now());
                    desk.send(Message::TimeZoneRead { answer, today });
                });
            }
            Effect::Read { question, from, to } => {
                browser::run(async move {
                    let answer = staff.report(&clinic.id, from, to).await;
                    desk.send(Message::Read { question, answer });
                });
            }
            Effect::Download { from, to } => {
                browser::run(async move {
                    let answer = staff.report_csv(&clinic.slug, from, to).await;
                    desk.send(Message::Downloaded {
                        answer,
                        clinic: clinic.slug,
                        from,
                        to,
                    });
                });
            }
            Effect::Save { name, text } => {
                let is_kept = browser::save_file(&name, "text/csv;charset=utf-8", &text);
                desk.send(Message::FileKept(is_kept));
            }
            Effect::EndSession => (ended.borrow_mut())(),
        }
    })
}

fn copy<S: Clone + 'static, M: 'static, E: 'static>(
    desk: &Desk<S, M, E>,
    text: String,
    message: fn(Common) -> M,
) {
    let desk = desk.clone();
    browser::run(async move {
        let is_copied = browser::copy(&text).await;
        desk.send(message(Common::Copied(is_copied)));
    });
}

/// Desks that look as a fixture says and ask no server: what is sent is not answered, what is read is what was there.
pub(crate) fn desks_of_fixture(name: &str) -> Desks {
    let team = fixtures::administration::team_page(name);
    let keys = fixtures::administration::keys_page(name);
    let webhooks = fixtures::administration::webhooks_page(name);
    let was_read = (
        answer_of(&team.members),
        answer_of(&keys.keys),
        answer_of(&webhooks.all),
    );
    Desks {
        team: {
            use team::Message::{Answered, Common, Read};
            list_of_fixture(team, team::reduce, was_read.0, Read, Answered, Common)
        },
        keys: {
            use keys::Message::{Answered, Common, Read};
            list_of_fixture(keys, keys::reduce, was_read.1, Read, Answered, Common)
        },
        webhooks: {
            use webhooks::Message::{Answered, Common, Read};
            list_of_fixture(
                webhooks,
                webhooks::reduce,
                was_read.2,
                Read,
                Answered,
                Common,
            )
        },
        audit_log: audit_log_of_fixture(name),
        reports: reports_of_fixture(name),
    }
}

fn unreachable() -> ClientError {
    ClientError::Unreachable {
        reason: "a fixture".to_owned(),
    }
}

/// The answer that makes this reading.
fn answer_of<T: Clone>(reading: &Reading<T>) -> Option<Answer<Option<T>>> {
    match reading {
        Reading::Asked => None,
        Reading::Read(read) => Some(Ok(Some(read.clone()))),
        Reading::NotRead => Some(Err(unreachable())),
        Reading::NotAllowed => Some(Ok(None)),
    }
}

/// The desk of a page of a list, on which this was read.
fn list_of_fixture<S: Clone + 'static, M: 'static, T: Clone + 'static, D: 'static, R: 'static>(
    state: S,
    reduce: Reduce<S, M, Effect<R>>,
    read: Option<Answer<Option<T>>>,
    message_read: fn(Answer<Option<T>>) -> M,
    message_answered: fn(Answer<D>) -> M,
    message_common: fn(Common) -> M,
) -> Desk<S, M, Effect<R>> {
    Desk::new(state, reduce, move |desk, effect| match effect {
        Effect::Read => {
            if let Some(answer) = read.clone() {
                desk.send(message_read(answer));
            }
        }
        Effect::Send(_) => desk.send(message_answered(Err(unreachable()))),
        Effect::Copy(text) => copy(desk, text, message_common),
        Effect::Focus(id) => focus_field(id),
        Effect::ReadLater { .. } | Effect::EndSession => {}
    })
}

fn audit_log_of_fixture(name: &str) -> AuditLogDesk {
    use audit_log::{Effect, Message};

    let state = fixtures::administration::audit_log_page(name);
    let has_more = state.has_more();
    let read = answer_of(&state.entries);
    Desk::new(state, audit_log::reduce, move |desk, effect| match effect {
        Effect::Read { asked, after: None } => {
            let answer = read.clone().map(|answer| {
                answer.map(|entries| {
                    entries.map(|entries| AuditLogPage {
                        entries,
                        next: has_more.then(|| "next".to_owned()),
                    })
                })
            });
            if let Some(answer) = answer {
                desk.send(Message::Read { asked, answer });
            }
        }
        Effect::Read { asked, .. } => desk.send(Message::MoreRead {
            asked,
            answer: Err(unreachable()),
        }),
        Effect::EndSession => {}
    })
}

fn reports_of_fixture(name: &str) -> ReportsDesk {
    use reports::{Effect, Message};

    let state = fixtures::administration::reports_page(name);
    let (zone, report) = (answer_of(&state.time_zone), answer_of(&state.report));
    let today = fixtures::administration::report().to;
    Desk::new(state, reports::reduce, move |desk, effect| match effect {
        Effect::ReadTimeZone => {
            if let Some(answer) = zone.clone() {
                desk.send(Message::TimeZoneRead { answer, today });
            }
        }
        Effect::Read { question, .. } => {
            if let Some(answer) = report.clone() {
                desk.send(Message::Read { question, answer });
            }
        }
        Effect::Download { from, to } => desk.send(Message::Downloaded {
            answer: Err(unreachable()),
            clinic: String::new(),
            from,
            to,
        }),
        Effect::Save { .. } | Effect::EndSession => {}
    })
}
