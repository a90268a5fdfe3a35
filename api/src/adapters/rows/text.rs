//! A text in the outbox.

use super::Named;
use super::words::Word;
use crate::adapters::tables;
use crate::domain::caller::Caller;
use crate::domain::delivery::{Delivery, SmsState};
use crate::domain::id::TextId;
use crate::domain::outbox::ask_at;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::text::{Text, TextBody, TextPurpose, Words};
use crate::domain::time::Timestamp;
use crate::ports::Fault;
use crate::ports::store::erasing::KeptText;
use crate::ports::store::{ClaimedText, Settlement, TakenText};
use crate::ports::texter::OutgoingText;
use diesel::prelude::{AsChangeset, Insertable, Queryable, Selectable};

/// The state of a text that nobody sends any more because nobody should get it any more. Not one of
/// [`SmsState`]: staff are not told of a delivery that nobody waits for.
pub(in crate::adapters) const WITHDRAWN: &str = "WITHDRAWN";

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = tables::text, treat_none_as_default_value = false)]
pub(in crate::adapters) struct TextRow {
    pub(in crate::adapters) id: String,
    pub(in crate::adapters) clinic_id: String,
    pub(in crate::adapters) caller_id: String,
    purpose: String,
    /// `None` once erased.
    phone: Option<String>,
    body: Option<String>,
    state: String,
    failure: Option<String>,
    tries: i64,
    pub(in crate::adapters) next_try_at: Option<i64>,
    pub(in crate::adapters) claimed_until: Option<i64>,
    in_doubt_since: Option<i64>,
    provider_id: Option<String>,
    created_at: i64,
    updated_at: i64,
    ask_at: Option<i64>,
}

/// A text as it is handed out to whom it went.
#[derive(Queryable, Selectable)]
#[diesel(table_name = tables::text)]
pub(in crate::adapters) struct KeptTextRow {
    id: String,
    purpose: String,
    phone: Option<String>,
    body: Option<String>,
    state: String,
    failure: Option<String>,
    provider_id: Option<String>,
    created_at: i64,
    updated_at: i64,
}

impl KeptTextRow {
    pub(in crate::adapters) fn kept(self) -> KeptText {
        KeptText {
            id: self.id,
            purpose: self.purpose,
            to: self.phone.map(PhoneNumber::from_stored),
            body: self.body.map(TextBody),
            state: self.state,
            failure: self.failure,
            provider_id: self.provider_id,
            created_at: Timestamp::from_millis(self.created_at),
            updated_at: Timestamp::from_millis(self.updated_at),
        }
    }
}

/// What changes in a text's row as it goes its way.
#[derive(AsChangeset)]
#[diesel(table_name = tables::text, treat_none_as_null = true)]
pub(in crate::adapters) struct TextProgressRow {
    body: Option<String>,
    state: String,
    failure: Option<String>,
    next_try_at: Option<i64>,
    claimed_until: Option<i64>,
    in_doubt_since: Option<i64>,
    provider_id: Option<String>,
    updated_at: i64,
    ask_at: Option<i64>,
}

impl TextRow {
    /// The row of a text that is to be sent at once.
    pub(in crate::adapters) fn queued(text: &Text, now: Timestamp) -> Self {
        Self {
            id: text.id.to_string(),
            clinic_id: text.clinic.to_string(),
            caller_id: text.caller.to_string(),
            purpose: text.purpose.word().to_owned(),
            phone: Some(text.to.reveal().to_owned()),
            body: match &text.words {
                Words::Ours(body) => Some(body.0.clone()),
                Words::Providers => None,
            },
            state: SmsState::Queued.word().to_owned(),
            failure: None,
            tries: 0,
            next_try_at: Some(now.as_millis()),
            claimed_until: None,
            in_doubt_since: None,
            provider_id: None,
            created_at: now.as_millis(),
            updated_at: now.as_millis(),
            ask_at: None,
        }
    }

    /// Its place among those that are due: what was never handed over goes before what is looked for,
    /// so that nobody waits for a text behind a provider's slow list; then by when it was decided to
    /// send it; among those of one moment, any fixed order.
    pub(in crate::adapters) fn turn(&self) -> (bool, i64, String) {
        let is_looked_for = self.claimed_until.is_some();
        (is_looked_for, self.created_at, self.id.clone())
    }

    /// The text as it goes to the worker that has claimed it at `now`.
    pub(in crate::adapters) fn claimed(
        self,
        caller: Caller,
        now: Timestamp,
    ) -> Result<ClaimedText, Fault> {
        let named = Named {
            table: "text",
            id: &self.id,
        };
        let state: SmsState = named.word(&self.state, "no such state")?;
        let purpose = named.word(&self.purpose, "no such purpose")?;
        let words = match (self.body, purpose) {
            (Some(body), _) => Words::Ours(TextBody(body)),
            (None, TextPurpose::Code) => Words::Providers,
            (None, _) => return Err(named.fault("there is nothing to send")),
        };
        let number = named.need(self.phone, "there is no number to send it to")?;
        Ok(ClaimedText {
            caller,
            text: OutgoingText {
                id: named.need(TextId::parse(&self.id), "this is no id")?,
                purpose,
                to: PhoneNumber::from_stored(number),
                words,
                committed_at: Timestamp::from_millis(self.created_at),
            },
            tries: self.tries,
            in_doubt_since: (state == SmsState::Sending)
                .then(|| self.in_doubt_since.map_or(now, Timestamp::from_millis)),
        })
    }

    /// The row after a piece of news; `None` when the news is old.
    pub(in crate::adapters) fn after(
        self,
        settlement: Settlement,
        now: Timestamp,
    ) -> Result<Option<TextProgressRow>, Fault> {
        let named = Named {
            table: "text",
            id: &self.id,
        };
        // News of one that was withdrawn means that it went out after all: that counts, though its
        // words are gone and nobody can send it again.
        let known = match self.state.as_str() {
            WITHDRAWN => SmsState::Unknown.word(),
            state => state,
        };
        let delivery = named.delivery(known, self.failure.as_deref(), self.updated_at)?;
        let Some(after) = delivery.advance(settlement.progress, now) else {
            return Ok(None);
        };
        let purpose = named.word(&self.purpose, "no such purpose")?;
        let Delivery {
            state,
            failure,
            updated_at,
        } = after;
        let may_be_sent = state <= SmsState::Sending;
        // The provider's name for it leads to the number at the provider's: erased with it, it does not
        // come back with news that is late.
        let is_erased = self.phone.is_none();
        // What is said to be on its way by news, not by a claim, is claimed by whoever said so until
        // now: the next worker finds it in doubt.
        let is_sending = state == SmsState::Sending;
        let provider_id = settlement
            .provider_id
            .or(self.provider_id)
            .filter(|_| !is_erased);
        let ask_at = ask_at(purpose, after, now).filter(|_| provider_id.is_some());
        Ok(Some(TextProgressRow {
            body: self.body.filter(|_| may_be_sent),
            state: state.word().to_owned(),
            failure: failure.map(|failure| failure.word().to_owned()),
            next_try_at: None,
            claimed_until: is_sending.then_some(now.as_millis()),
            in_doubt_since: self.in_doubt_since.filter(|_| is_sending),
            provider_id,
            updated_at: updated_at.as_millis(),
            ask_at: ask_at.map(Timestamp::as_millis),
        }))
    }

    /// The text as the provider is asked about it at `now`, and when it is to be asked again.
    pub(in crate::adapters) fn asked_about(
        &self,
        now: Timestamp,
    ) -> Result<(TakenText, Option<i64>), Fault> {
        let named = Named {
            table: "text",
            id: &self.id,
        };
        let purpose = named.word(&self.purpose, "no such purpose")?;
        let known = named.delivery(&self.state, self.failure.as_deref(), self.updated_at)?;
        let provider_id = self.provider_id.clone();
        let taken = TakenText {
            id: named.need(TextId::parse(&self.id), "this is no id")?,
            provider_id: named.need(provider_id, "the provider has no name for it")?,
        };
        let again = ask_at(purpose, known, now).map(Timestamp::as_millis);
        Ok((taken, again))
    }
}
