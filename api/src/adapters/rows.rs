//! Rows as they are stored, and what they are to the domain. The structs stay in here: whatever
//! leaves is the domain's. A row that cannot be is a [`Fault`] that names it, never a panic.

pub(super) mod audit;
pub(super) mod caller;
pub(super) mod clinic;
pub(super) mod event;
pub(super) mod report;
pub(super) mod staff;
pub(super) mod text;
pub(super) mod webhook;
pub(super) mod words;

use crate::domain::delivery::Delivery;
use crate::domain::event::Actor;
use crate::domain::id::{
    ApiClientId, CallerId, ClinicId, DeviceId, RecallId, TeamMemberId, WebhookId,
};
use crate::domain::presence::Screen;
use crate::domain::time::Timestamp;
use crate::ports::Fault;
use crate::ports::store::CallerCredential;
use diesel::prelude::{Insertable, Queryable, Selectable};
use words::Word;

/// A row that no version of Standby has written. Whoever reads this in a log can find it by its name;
/// nothing of what is in it is shown.
#[derive(Debug, thiserror::Error)]
#[error("the {table} {id} cannot be: {why}")]
struct ImpossibleRow {
    table: &'static str,
    id: String,
    why: &'static str,
}

/// The name of a row that is being read, for the fault it may be.
#[derive(Clone, Copy)]
struct Named<'a> {
    table: &'static str,
    id: &'a str,
}

impl Named<'_> {
    fn fault(self, why: &'static str) -> Fault {
        let source = ImpossibleRow {
            table: self.table,
            id: self.id.to_owned(),
            why,
        };
        Fault::new("understanding what is stored", source)
    }

    /// What must be there, or the fault that it is not.
    fn need<T>(self, value: Option<T>, why: &'static str) -> Result<T, Fault> {
        value.ok_or_else(|| self.fault(why))
    }

    fn word<W: Word>(self, word: &str, why: &'static str) -> Result<W, Fault> {
        self.need(W::from_word(word), why)
    }

    fn optional_word<W: Word>(
        self,
        word: Option<&str>,
        why: &'static str,
    ) -> Result<Option<W>, Fault> {
        word.map(|word| self.word(word, why)).transpose()
    }

    fn delivery(self, state: &str, failure: Option<&str>, at: i64) -> Result<Delivery, Fault> {
        Ok(Delivery {
            state: self.word(state, "no such delivery")?,
            failure: self.optional_word(failure, "no such failure")?,
            updated_at: Timestamp::from_millis(at),
        })
    }

    fn actor(self, kind: &str, id: Option<&str>) -> Result<Actor, Fault> {
        let actor = match (kind, id) {
            ("CALLER", None) => Some(Actor::Caller),
            ("SYSTEM", None) => Some(Actor::System),
            ("TEAM_MEMBER", Some(id)) => TeamMemberId::parse(id).map(Actor::TeamMember),
            ("API_CLIENT", Some(id)) => ApiClientId::parse(id).map(Actor::ApiClient),
            _ => None,
        };
        self.need(actor, "nobody does that")
    }
}

/// Who did something, as two columns.
pub(super) fn actor_columns(actor: &Actor) -> (&'static str, Option<String>) {
    match actor {
        Actor::Caller => ("CALLER", None),
        Actor::System => ("SYSTEM", None),
        Actor::TeamMember(id) => ("TEAM_MEMBER", Some(id.to_string())),
        Actor::ApiClient(id) => ("API_CLIENT", Some(id.to_string())),
    }
}

/// What could be read. A row that cannot be is logged by its name and left out, so that it stops
/// nothing of anybody else: for what spans clinics, where one fault would be everyone's.
pub(super) fn readable<T>(read: impl IntoIterator<Item = Result<T, Fault>>) -> Vec<T> {
    let logged = |fault: &Fault| tracing::error!(fault = fault.chain(), "a row was left out");
    read.into_iter()
        .filter_map(|row| row.inspect_err(logged).ok())
        .collect()
}

/// The id of a clinic as stored beside something else.
pub(super) fn clinic_id(id: &str) -> Result<ClinicId, Fault> {
    let named = Named {
        table: "clinic",
        id,
    };
    named.need(ClinicId::parse(id), "this is no id")
}

/// The id of a webhook as stored beside something else.
pub(super) fn webhook_id(id: &str) -> Result<WebhookId, Fault> {
    let named = Named {
        table: "webhook",
        id,
    };
    named.need(WebhookId::parse(id), "this is no id")
}

/// The id of a caller as stored beside something else.
pub(super) fn caller_id(id: &str) -> Result<CallerId, Fault> {
    let named = Named {
        table: "caller",
        id,
    };
    named.need(CallerId::parse(id), "this is no id")
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = super::tables::screen)]
pub(super) struct ScreenRow {
    pub(super) clinic_id: String,
    pub(super) caller_id: String,
    pub(super) device_id: String,
    pub(super) counter: i64,
    pub(super) state: String,
    pub(super) seen_at: i64,
}

impl ScreenRow {
    pub(super) fn screen(&self) -> Result<Screen, Fault> {
        let named = Named {
            table: "screen of",
            id: &self.caller_id,
        };
        Ok(Screen {
            device: named.need(DeviceId::parse(&self.device_id), "no device has this id")?,
            counter: self.counter,
            state: named.word(&self.state, "no such state")?,
            seen_at: Timestamp::from_millis(self.seen_at),
        })
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = super::tables::caller_token, treat_none_as_default_value = false)]
pub(super) struct CallerTokenRow {
    pub(super) token_hash: String,
    pub(super) clinic_id: String,
    pub(super) caller_id: String,
    pub(super) recall_id: Option<String>,
}

impl CallerTokenRow {
    pub(super) fn credential(self) -> Result<CallerCredential, Fault> {
        let named = Named {
            table: "token of",
            id: &self.caller_id,
        };
        let recall = match &self.recall_id {
            Some(id) => Some(named.need(RecallId::parse(id), "no recall has this id")?),
            None => None,
        };
        Ok(CallerCredential {
            clinic: clinic_id(&self.clinic_id)?,
            caller: caller_id(&self.caller_id)?,
            recall,
        })
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = super::tables::idempotency_key)]
pub(super) struct IdempotencyKeyRow {
    pub(super) clinic_id: String,
    pub(super) key_hash: String,
    pub(super) input_hash: String,
    pub(super) caller_id: String,
    pub(super) used_at: i64,
}

#[derive(Insertable)]
#[diesel(table_name = super::tables::limit_use)]
pub(super) struct LimitUseRow {
    pub(super) kind: &'static str,
    pub(super) subject: String,
    pub(super) at: i64,
    pub(super) times: i64,
}
