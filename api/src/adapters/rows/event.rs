//! What happened, one row a version of the waiting area.

use super::words::{Word, what_from_word, what_word};
use super::{Named, actor_columns};
use crate::adapters::tables;
use crate::domain::decide::Changed;
use crate::domain::event::{Event, What};
use crate::domain::time::Timestamp;
use crate::ports::Fault;
use crate::ports::store::{Activity, ChangeKind};
use diesel::prelude::{Insertable, Queryable, Selectable};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = tables::event, treat_none_as_default_value = false)]
pub(in crate::adapters) struct EventRow {
    clinic_id: String,
    pub(in crate::adapters) version: i64,
    pub(in crate::adapters) caller_id: String,
    kind: String,
    what: String,
    sms_state: Option<String>,
    sms_failure: Option<String>,
    by_kind: String,
    by_id: Option<String>,
    at: i64,
}

impl EventRow {
    /// The row of the change that makes `version` of the waiting area.
    pub(in crate::adapters) fn of(changed: &Changed, version: i64, now: Timestamp) -> Self {
        let (by_kind, by_id) = actor_columns(&changed.event.by);
        let (state, failure) = match changed.event.what {
            What::SmsProgress { state, failure } => (Some(state), failure),
            _ => (None, None),
        };
        Self {
            clinic_id: changed.caller.clinic.to_string(),
            version,
            caller_id: changed.caller.id.to_string(),
            kind: ChangeKind::of(changed).word().to_owned(),
            what: what_word(changed.event.what).to_owned(),
            sms_state: state.map(|state| state.word().to_owned()),
            sms_failure: failure.map(|failure| failure.word().to_owned()),
            by_kind: by_kind.to_owned(),
            by_id,
            at: now.as_millis(),
        }
    }

    pub(in crate::adapters) fn kind(&self) -> Result<ChangeKind, Fault> {
        self.named().word(&self.kind, "no such kind of event")
    }

    /// What is told of it, with the name of the staff who did it.
    pub(in crate::adapters) fn activity(self, by_name: Option<String>) -> Result<Activity, Fault> {
        let named = self.named();
        let failure = named.optional_word(self.sms_failure.as_deref(), "no such failure")?;
        let state = named.optional_word(self.sms_state.as_deref(), "no such delivery")?;
        let what = what_from_word(&self.what, state.map(|state| (state, failure)));
        Ok(Activity {
            version: self.version,
            at: Timestamp::from_millis(self.at),
            event: Event {
                what: named.need(what, "an event that nobody knows")?,
                by: named.actor(&self.by_kind, self.by_id.as_deref())?,
            },
            by_name,
        })
    }

    fn named(&self) -> Named<'_> {
        Named {
            table: "event of",
            id: &self.caller_id,
        }
    }
}
