//! Configure › Audit log: who looked at what, and who changed what. Pure.

use standby_client::{AuditLogEntry, AuditLogPage, ClientError};

use crate::reading::Reading;

/// The audit log as an admin has it on screen.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct AuditLog {
    /// Newest first.
    pub(crate) entries: Reading<Vec<AuditLogEntry>>,
    /// Where earlier entries begin; none when all are shown.
    next: Option<String>,
    pub(crate) more: More,
    /// Only what this person did is shown.
    pub(crate) person: Option<Person>,
    /// Grows whenever the log is read from its beginning: earlier entries asked for before that are of another page.
    asked: u32,
}

/// Whether earlier entries are on their way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum More {
    #[default]
    NotAsked,
    Asked,
    /// No answer, or a fault.
    NotRead,
}

/// Whoever did something: a team member, a key, or nobody of these.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Person {
    /// None for the operator and the system.
    pub(crate) name: Option<String>,
    /// Tells two of one name apart, where the server says who it was.
    pub(crate) id: Option<String>,
}

impl Person {
    fn of(entry: &AuditLogEntry) -> Self {
        Self {
            name: entry.by.clone(),
            id: entry.by_id.as_ref().map(|id| id.inner().to_owned()),
        }
    }
}

/// What happened.
#[derive(Clone, PartialEq)]
pub(crate) enum Message {
    /// The page was opened, or is to be read once more.
    Opened,
    Read {
        asked: u32,
        answer: Result<Option<AuditLogPage>, ClientError>,
    },
    MorePressed,
    MoreRead {
        asked: u32,
        answer: Result<Option<AuditLogPage>, ClientError>,
    },
    /// By its place among [`AuditLog::people`]; none: everybody.
    PersonChosen(Option<usize>),
}

/// What has to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The newest entries are read, or those after a place.
    Read {
        asked: u32,
        after: Option<String>,
    },
    EndSession,
}

impl AuditLog {
    /// Whether there are earlier entries that were not read yet.
    pub(crate) fn has_more(&self) -> bool {
        self.next.is_some()
    }

    /// Whoever did something of what was read, by name.
    pub(crate) fn people(&self) -> Vec<Person> {
        let entries = self.entries.read().into_iter().flatten();
        let mut people: Vec<Person> = entries.map(Person::of).collect();
        people.sort();
        people.dedup();
        people
    }

    /// What is shown of what was read.
    pub(crate) fn shown(&self) -> impl Iterator<Item = &AuditLogEntry> {
        let entries = self.entries.read().into_iter().flatten();
        entries.filter(|entry| {
            self.person
                .as_ref()
                .is_none_or(|person| *person == Person::of(entry))
        })
    }
}

/// What a message makes of the log, and what has to be done about it.
pub(crate) fn reduce(mut state: AuditLog, message: Message) -> (AuditLog, Vec<Effect>) {
    let mut effects = Vec::new();
    match message {
        Message::Opened => {
            state.entries.ask_again();
            state.asked = state.asked.wrapping_add(1);
            state.more = More::NotAsked;
            effects.push(Effect::Read {
                asked: state.asked,
                after: None,
            });
        }
        Message::Read { asked, answer } if asked == state.asked => {
            let (entries, next) = split(answer);
            if entries.is_ok() {
                state.next = next;
            }
            if state.entries.take(entries).is_err() {
                effects.push(Effect::EndSession);
            }
        }
        Message::MorePressed => {
            if state.more != More::Asked && state.has_more() {
                state.more = More::Asked;
                effects.push(Effect::Read {
                    asked: state.asked,
                    after: state.next.clone(),
                });
            }
        }
        Message::MoreRead { asked, answer } if asked == state.asked => match answer {
            Ok(Some(page)) => {
                state.more = More::NotAsked;
                state.next = page.next;
                if let Some(entries) = state.entries.read_mut() {
                    entries.extend(page.entries);
                }
            }
            Ok(None) => state.entries = Reading::NotAllowed,
            Err(ClientError::Unauthorized) => effects.push(Effect::EndSession),
            Err(_) => state.more = More::NotRead,
        },
        Message::Read { .. } | Message::MoreRead { .. } => {}
        Message::PersonChosen(at) => {
            state.person = at.and_then(|at| state.people().into_iter().nth(at));
        }
    }
    (state, effects)
}

type Split = (
    Result<Option<Vec<AuditLogEntry>>, ClientError>,
    Option<String>,
);

fn split(answer: Result<Option<AuditLogPage>, ClientError>) -> Split {
    match answer {
        Ok(Some(page)) => (Ok(Some(page.entries)), page.next),
        Ok(None) => (Ok(None), None),
        Err(error) => (Err(error), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::administration::audit_log;

    fn after(state: AuditLog, message: Message) -> AuditLog {
        reduce(state, message).0
    }

    fn read() -> AuditLog {
        let state = after(AuditLog::default(), Message::Opened);
        let answer = Ok(Some(AuditLogPage {
            entries: audit_log(),
            next: Some("next".to_owned()),
        }));
        after(state, Message::Read { asked: 1, answer })
    }

    #[test]
    fn earlier_entries_are_asked_for_once_and_follow_the_newer_ones() {
        let (state, effects) = reduce(read(), Message::MorePressed);
        assert_eq!(
            effects,
            [Effect::Read {
                asked: 1,
                after: Some("next".to_owned())
            }]
        );
        assert_eq!(reduce(state.clone(), Message::MorePressed).1, []);
        let mut earlier = audit_log();
        earlier.truncate(1);
        let answer = Ok(Some(AuditLogPage {
            entries: earlier,
            next: None,
        }));
        let state = after(state, Message::MoreRead { asked: 1, answer });
        assert_eq!(state.shown().count(), audit_log().len() + 1);
        assert!(!state.has_more());
    }

    #[test]
    fn earlier_entries_that_come_after_the_page_was_opened_again_are_not_taken_twice() {
        let state = after(read(), Message::MorePressed);
        let state = after(state, Message::Opened);
        let answer = Ok(Some(AuditLogPage {
            entries: audit_log(),
            next: None,
        }));
        let state = after(state, Message::MoreRead { asked: 1, answer });
        assert_eq!(state.shown().count(), audit_log().len());
    }

    #[test]
    fn only_what_the_chosen_person_did_is_shown() {
        let state = read();
        let people = state.people();
        let at = people
            .iter()
            .position(|person| person.name.as_deref() == Some("Dr Sam Ellery"));
        let state = after(state, Message::PersonChosen(at));
        assert!(state.shown().count() > 0);
        assert!(
            state
                .shown()
                .all(|entry| entry.by.as_deref() == Some("Dr Sam Ellery"))
        );
        assert_eq!(state.people(), people, "the others can still be chosen");
        let state = after(state, Message::PersonChosen(None));
        assert_eq!(state.shown().count(), audit_log().len());
    }
}
