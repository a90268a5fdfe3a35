//! A caller, stored in three rows: the stay, the code on its way, and the latest recall.

use super::words::Word;
use super::{Named, actor_columns};
use crate::adapters::tables;
use crate::domain::caller::{
    Arrival, Caller, Consultation, Details, End, Ended, Person, State, Waiting,
};
use crate::domain::entry::{Answer, Name, Reason};
use crate::domain::erasing::{Erasing, erase};
use crate::domain::id::{CallerId, ClinicId, RecallId, RoomId, TextId};
use crate::domain::phone_number::PhoneNumber;
use crate::domain::presence::Screen;
use crate::domain::recall::Recall;
use crate::domain::reply::Reply;
use crate::domain::secret::CodeHash;
use crate::domain::status::Status;
use crate::domain::time::Timestamp;
use crate::domain::verification::{
    CodeProof, OutstandingCode, Phone, UnverifiedPhone, UsedCode, VerifiedPhone,
};
use crate::ports::Fault;
use crate::ports::store::CallerScreens;
use diesel::prelude::{AsChangeset, Insertable, Queryable, Selectable};
use serde::{Deserialize, Serialize};

#[derive(Queryable, Selectable, Insertable, AsChangeset, PartialEq)]
#[diesel(
    table_name = tables::caller,
    primary_key(clinic_id, id),
    treat_none_as_null = true,
    treat_none_as_default_value = false
)]
pub(in crate::adapters) struct CallerRow {
    pub(in crate::adapters) clinic_id: String,
    pub(in crate::adapters) id: String,
    arrival: i64,
    arrived_at: i64,
    name: String,
    answers: String,
    arrived_with_offline_queueing: bool,
    version: i64,
    status: String,
    status_since: i64,
    last_seen_at: i64,
    recalls: i64,
    phone: Option<String>,
    verified_at: Option<i64>,
    used_code_hash: Option<String>,
    used_code_expires_at: Option<i64>,
    room_id: Option<String>,
    is_viewing: Option<bool>,
    not_responding_since: Option<i64>,
    ended_at: Option<i64>,
    end_reason: Option<String>,
    lost_contact: bool,
    is_resumed: bool,
    texts_stopped_at: Option<i64>,
    erased_at: Option<i64>,
}

/// What is left of the person in the row of a stay that is erased: nothing, also of one that cannot be
/// read.
#[derive(AsChangeset)]
#[diesel(table_name = tables::caller, treat_none_as_null = true)]
pub(in crate::adapters) struct ErasedRow {
    name: &'static str,
    answers: &'static str,
    phone: Option<String>,
    verified_at: Option<i64>,
    used_code_hash: Option<String>,
    used_code_expires_at: Option<i64>,
    end_reason: Option<String>,
    texts_stopped_at: Option<i64>,
    erased_at: i64,
}

/// What stands in the row for the name of nobody, and for no answers.
const NO_NAME: &str = "";
const NO_ANSWERS: &str = "[]";

impl ErasedRow {
    pub(in crate::adapters) fn at(now: Timestamp) -> Self {
        Self {
            name: NO_NAME,
            answers: NO_ANSWERS,
            phone: None,
            verified_at: None,
            used_code_hash: None,
            used_code_expires_at: None,
            end_reason: None,
            texts_stopped_at: None,
            erased_at: now.as_millis(),
        }
    }
}

#[derive(Queryable, Selectable, Insertable, AsChangeset, PartialEq)]
#[diesel(
    table_name = tables::secure_code,
    primary_key(clinic_id, caller_id),
    treat_none_as_null = true,
    treat_none_as_default_value = false
)]
pub(in crate::adapters) struct SecureCodeRow {
    clinic_id: String,
    caller_id: String,
    phone: String,
    code_hash: Option<String>,
    sent_at: i64,
    resend_at: i64,
    attempts_left: i64,
    text_id: String,
    delivery: String,
    delivery_failure: Option<String>,
    delivery_at: i64,
}

#[derive(Queryable, Selectable, Insertable, AsChangeset, PartialEq)]
#[diesel(
    table_name = tables::recall,
    primary_key(clinic_id, caller_id),
    treat_none_as_null = true,
    treat_none_as_default_value = false
)]
pub(in crate::adapters) struct RecallRow {
    clinic_id: String,
    caller_id: String,
    id: String,
    requested_at: i64,
    by_kind: String,
    by_id: Option<String>,
    text_id: String,
    delivery: String,
    delivery_failure: Option<String>,
    delivery_at: i64,
    opened_at: Option<i64>,
    returned_at: Option<i64>,
    reply: Option<String>,
    replied_at: Option<i64>,
}

/// What a restart reads of everyone who has not ended, whether or not the rest can be read.
#[derive(Queryable, Selectable, PartialEq)]
#[diesel(table_name = tables::caller)]
pub(in crate::adapters) struct PresenceRow {
    clinic_id: String,
    id: String,
    status: String,
    is_viewing: Option<bool>,
    not_responding_since: Option<i64>,
}

impl PresenceRow {
    /// The caller's presence with these screens. Whether the caller was viewing is what
    /// [`Caller::is_viewing`] says of the whole caller.
    pub(in crate::adapters) fn with(&self, screens: Vec<Screen>) -> Result<CallerScreens, Fault> {
        let named = Named {
            table: "caller",
            id: &self.id,
        };
        let was_viewing = match named.word(&self.status, "no such status")? {
            Status::Waiting => self.not_responding_since.is_none(),
            Status::BeingSeen | Status::OnHold => {
                named.need(self.is_viewing, "a consultation nobody knows is viewed")?
            }
            Status::Offline | Status::Completed | Status::Left | Status::Cancelled => false,
        };
        Ok(CallerScreens {
            clinic: named.need(ClinicId::parse(&self.clinic_id), "no clinic has this id")?,
            caller: named.need(CallerId::parse(&self.id), "this is no id")?,
            screens,
            was_viewing,
        })
    }
}

impl RecallRow {
    /// The row of a caller's latest recall.
    fn of(recall: &Recall, caller: &Caller) -> Self {
        let (by_kind, by_id) = actor_columns(&recall.by);
        Self {
            clinic_id: caller.clinic.to_string(),
            caller_id: caller.id.to_string(),
            id: recall.id.to_string(),
            requested_at: recall.requested_at.as_millis(),
            by_kind: by_kind.to_owned(),
            by_id,
            text_id: recall.text.to_string(),
            delivery: recall.delivery.state.word().to_owned(),
            delivery_failure: recall
                .delivery
                .failure
                .map(|failure| failure.word().to_owned()),
            delivery_at: recall.delivery.updated_at.as_millis(),
            opened_at: recall.opened_at.map(Timestamp::as_millis),
            returned_at: recall.returned_at.map(Timestamp::as_millis),
            reply: recall.reply.map(|reply| reply.answer.word().to_owned()),
            replied_at: recall.reply.map(|reply| reply.at.as_millis()),
        }
    }
}

/// All that is stored of a caller.
#[derive(Queryable, Selectable)]
pub(in crate::adapters) struct CallerRows {
    #[diesel(embed)]
    pub(in crate::adapters) stay: CallerRow,
    #[diesel(embed)]
    pub(in crate::adapters) code: Option<SecureCodeRow>,
    #[diesel(embed)]
    pub(in crate::adapters) recall: Option<RecallRow>,
}

#[derive(Serialize, Deserialize)]
struct StoredAnswer {
    key: String,
    label: String,
    value: String,
}

impl CallerRows {
    /// The rows of a caller.
    pub(in crate::adapters) fn of(caller: &Caller) -> Result<Self, Fault> {
        let (name, answers) = match caller.details() {
            Some(Details { name, answers }) => (name.reveal(), answers.as_slice()),
            None => (NO_NAME, [].as_slice()),
        };
        let answers: Vec<StoredAnswer> = answers
            .iter()
            .map(|Answer { key, label, value }| StoredAnswer {
                key: key.clone(),
                label: label.clone(),
                value: value.clone(),
            })
            .collect();
        let answers = serde_json::to_string(&answers)
            .map_err(|error| Fault::new("writing answers as JSON", error))?;
        let phone = caller.phone();
        let verified = phone.verified();
        let number = match &phone {
            Phone::Verified(phone) => Some(&phone.number),
            // Not the number being proven: that one is the code's.
            Phone::Unverified(phone) => phone.typed.as_ref(),
        };
        let used = verified.and_then(|phone| phone.used.as_ref());
        let ended = caller.ended();
        let (end_reason, room_id, lost_contact, is_resumed) = match ended.map(|ended| &ended.how) {
            Some(End::Completed { room }) => (None, Some(room), false, false),
            Some(End::Left { reason } | End::Cancelled { reason }) => {
                (reason.clone().map(|reason| reason.0), None, false, false)
            }
            Some(End::LostContact { is_resumed }) => (None, None, true, *is_resumed),
            None => (None, caller.room(), false, false),
        };
        let is_viewing = match &caller.state {
            State::BeingSeen(consultation) | State::OnHold(consultation) => {
                Some(consultation.is_viewing)
            }
            State::Waiting(_) | State::Offline(_) | State::Ended(_) => None,
        };
        let stay = CallerRow {
            clinic_id: caller.clinic.to_string(),
            id: caller.id.to_string(),
            arrival: caller.arrival.0,
            arrived_at: caller.arrived_at.as_millis(),
            name: name.to_owned(),
            answers,
            arrived_with_offline_queueing: caller.arrived_with_offline_queueing,
            version: caller.version,
            status: caller.status().word().to_owned(),
            status_since: caller.status_since.as_millis(),
            last_seen_at: caller.last_seen_at.as_millis(),
            recalls: i64::from(caller.recalls),
            phone: number.map(|number| number.reveal().to_owned()),
            verified_at: verified.map(|phone| phone.verified_at.as_millis()),
            used_code_hash: used.map(|used| used.code.0.clone()),
            used_code_expires_at: used.map(|used| used.expires_at.as_millis()),
            room_id: room_id.map(ToString::to_string),
            is_viewing,
            not_responding_since: caller.not_responding_since().map(Timestamp::as_millis),
            ended_at: ended.map(|ended| ended.at.as_millis()),
            end_reason,
            lost_contact,
            is_resumed,
            texts_stopped_at: caller.texts_stopped_at.map(Timestamp::as_millis),
            erased_at: caller.erased_at().map(Timestamp::as_millis),
        };
        let code = phone.outstanding().map(|code| SecureCodeRow {
            clinic_id: stay.clinic_id.clone(),
            caller_id: stay.id.clone(),
            phone: code.number.reveal().to_owned(),
            code_hash: match &code.proof {
                CodeProof::Ours(hash) => Some(hash.0.clone()),
                CodeProof::Providers => None,
            },
            sent_at: code.sent_at.as_millis(),
            resend_at: code.resend_at.as_millis(),
            attempts_left: i64::from(code.attempts_left),
            text_id: code.text.to_string(),
            delivery: code.delivery.state.word().to_owned(),
            delivery_failure: code
                .delivery
                .failure
                .map(|failure| failure.word().to_owned()),
            delivery_at: code.delivery.updated_at.as_millis(),
        });
        let recall = caller
            .recall
            .as_ref()
            .map(|recall| RecallRow::of(recall, caller));
        Ok(Self { stay, code, recall })
    }

    /// The caller these rows are.
    pub(in crate::adapters) fn caller(self) -> Result<Caller, Fault> {
        let Self { stay, code, recall } = self;
        let stay_id = stay.id.clone();
        let named = Named {
            table: "caller",
            id: &stay_id,
        };
        let outstanding = code.map(|code| outstanding_code(code, named)).transpose()?;
        let recall = recall.map(|row| latest_recall(&row, named)).transpose()?;
        // No source: an error of the parser may quote what it read.
        let answers: Vec<StoredAnswer> = serde_json::from_str(&stay.answers)
            .map_err(|_| named.fault("its answers are not a list of answers"))?;
        let erased_at = stay.erased_at.map(Timestamp::from_millis);
        let is_blank = stay.name == NO_NAME
            && stay.phone.is_none()
            && stay.end_reason.is_none()
            && stay.texts_stopped_at.is_none()
            && answers.is_empty()
            && outstanding.is_none();
        let caller = Caller {
            id: named.need(CallerId::parse(&stay.id), "this is no id")?,
            clinic: named.need(ClinicId::parse(&stay.clinic_id), "no clinic has this id")?,
            arrival: Arrival(stay.arrival),
            arrived_at: Timestamp::from_millis(stay.arrived_at),
            person: Person::Known(Details {
                name: Name::from_stored(stay.name.clone()),
                answers: answers
                    .into_iter()
                    .map(|StoredAnswer { key, label, value }| Answer { key, label, value })
                    .collect(),
            }),
            arrived_with_offline_queueing: stay.arrived_with_offline_queueing,
            version: stay.version,
            status_since: Timestamp::from_millis(stay.status_since),
            last_seen_at: Timestamp::from_millis(stay.last_seen_at),
            recall,
            recalls: u32::try_from(stay.recalls)
                .map_err(|_| named.fault("so many recalls cannot be"))?,
            texts_stopped_at: stay.texts_stopped_at.map(Timestamp::from_millis),
            state: state(stay, outstanding, named)?,
        };
        match erased_at.map(|at| erase(&caller, at)) {
            None => Ok(caller),
            Some(Erasing::Erased(erased)) if is_blank => Ok(*erased),
            Some(Erasing::Erased(_)) => Err(named.fault("erased, and something of it is left")),
            Some(Erasing::Refused(_) | Erasing::Unchanged) => {
                Err(named.fault("erased before its end"))
            }
        }
    }
}

fn outstanding_code(row: SecureCodeRow, named: Named<'_>) -> Result<OutstandingCode, Fault> {
    Ok(OutstandingCode {
        number: PhoneNumber::from_stored(row.phone),
        proof: row
            .code_hash
            .map_or(CodeProof::Providers, |hash| CodeProof::Ours(CodeHash(hash))),
        sent_at: Timestamp::from_millis(row.sent_at),
        resend_at: Timestamp::from_millis(row.resend_at),
        attempts_left: u8::try_from(row.attempts_left)
            .map_err(|_| named.fault("so many attempts cannot be left"))?,
        text: named.need(TextId::parse(&row.text_id), "its code's text has no id")?,
        delivery: named.delivery(
            &row.delivery,
            row.delivery_failure.as_deref(),
            row.delivery_at,
        )?,
    })
}

fn latest_recall(row: &RecallRow, named: Named<'_>) -> Result<Recall, Fault> {
    Ok(Recall {
        id: named.need(RecallId::parse(&row.id), "its recall has no id")?,
        requested_at: Timestamp::from_millis(row.requested_at),
        by: named.actor(&row.by_kind, row.by_id.as_deref())?,
        text: named.need(TextId::parse(&row.text_id), "its recall's text has no id")?,
        delivery: named.delivery(
            &row.delivery,
            row.delivery_failure.as_deref(),
            row.delivery_at,
        )?,
        opened_at: row.opened_at.map(Timestamp::from_millis),
        returned_at: row.returned_at.map(Timestamp::from_millis),
        reply: match (row.reply.as_deref(), row.replied_at) {
            (Some(answer), Some(at)) => Some(Reply {
                answer: named.word(answer, "no such answer")?,
                at: Timestamp::from_millis(at),
            }),
            (None, None) => None,
            _ => return Err(named.fault("half a reply")),
        },
    })
}

fn state(
    row: CallerRow,
    outstanding: Option<OutstandingCode>,
    named: Named<'_>,
) -> Result<State, Fault> {
    let status = named.word(&row.status, "no such status")?;
    let used = match (row.used_code_hash, row.used_code_expires_at) {
        (Some(code), Some(expires_at)) => Some(UsedCode {
            code: CodeHash(code),
            expires_at: Timestamp::from_millis(expires_at),
        }),
        (None, None) => None,
        _ => return Err(named.fault("half a used code")),
    };
    let typed = row.phone.map(PhoneNumber::from_stored);
    let phone = match row.verified_at {
        Some(verified_at) => Phone::Verified(VerifiedPhone {
            number: named.need(typed, "verified without a number")?,
            verified_at: Timestamp::from_millis(verified_at),
            outstanding,
            used,
        }),
        None if used.is_some() => return Err(named.fault("a used code that proved nothing")),
        None => Phone::Unverified(UnverifiedPhone { typed, outstanding }),
    };
    let not_responding_since = row.not_responding_since.map(Timestamp::from_millis);
    let room = match row.room_id.as_deref() {
        Some(id) => Some(named.need(RoomId::parse(id), "no room has this id")?),
        None => None,
    };
    let consultation = |phone| {
        Ok(Consultation {
            phone,
            room: named.need(room.clone(), "a consultation without a room")?,
            is_viewing: named.need(row.is_viewing, "a consultation nobody knows is viewed")?,
        })
    };
    let reason = row.end_reason.map(Reason);
    let how = match status {
        Status::Waiting => {
            return match (phone, not_responding_since) {
                (Phone::Verified(phone), None) => Ok(State::Waiting(Waiting::Verified(phone))),
                (Phone::Verified(_), Some(_)) => {
                    Err(named.fault("verified, not responding, and not OFFLINE"))
                }
                (Phone::Unverified(phone), not_responding_since) => {
                    Ok(State::Waiting(Waiting::Unverified {
                        phone,
                        not_responding_since,
                    }))
                }
            };
        }
        Status::Offline => {
            return match phone {
                Phone::Verified(phone) => Ok(State::Offline(phone)),
                Phone::Unverified(_) => Err(named.fault("OFFLINE and not verified")),
            };
        }
        Status::BeingSeen => return Ok(State::BeingSeen(consultation(phone)?)),
        Status::OnHold => return Ok(State::OnHold(consultation(phone)?)),
        Status::Completed => End::Completed {
            room: named.need(room, "COMPLETED without a room")?,
        },
        Status::Left if row.lost_contact => End::LostContact {
            is_resumed: row.is_resumed,
        },
        Status::Left => End::Left { reason },
        Status::Cancelled => End::Cancelled { reason },
    };
    let at = named.need(row.ended_at, "ended at no time")?;
    Ok(State::Ended(Ended {
        at: Timestamp::from_millis(at),
        how,
        phone,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting() -> CallerRow {
        CallerRow {
            clinic_id: ClinicId::new([1; 16]).to_string(),
            id: CallerId::new([1; 16]).to_string(),
            arrival: 1,
            arrived_at: 0,
            name: "Kim".to_owned(),
            answers: "[]".to_owned(),
            arrived_with_offline_queueing: true,
            version: 1,
            status: "WAITING".to_owned(),
            status_since: 0,
            last_seen_at: 0,
            recalls: 0,
            phone: None,
            verified_at: None,
            used_code_hash: None,
            used_code_expires_at: None,
            room_id: None,
            is_viewing: None,
            not_responding_since: None,
            ended_at: None,
            end_reason: None,
            lost_contact: false,
            is_resumed: false,
            texts_stopped_at: None,
            erased_at: None,
        }
    }

    fn read(stay: CallerRow) -> Result<Caller, Fault> {
        CallerRows {
            stay,
            code: None,
            recall: None,
        }
        .caller()
    }

    #[test]
    fn a_row_that_cannot_be_is_a_fault_that_names_it_and_shows_nothing_of_it() {
        let id = CallerId::new([1; 16]);
        let wrong: [fn(&mut CallerRow); 17] = [
            |row| row.status = "AWAY".to_owned(),
            |row| row.status = "OFFLINE".to_owned(),
            |row| row.verified_at = Some(1),
            |row| row.used_code_hash = Some("h".to_owned()),
            |row| {
                row.used_code_hash = Some("h".to_owned());
                row.used_code_expires_at = Some(1);
            },
            |row| {
                row.phone = Some("+61491570006".to_owned());
                row.verified_at = Some(1);
                row.not_responding_since = Some(1);
            },
            |row| row.status = "BEING_SEEN".to_owned(),
            |row| {
                row.status = "ON_HOLD".to_owned();
                row.room_id = Some(RoomId::new([1; 16]).to_string());
            },
            |row| {
                row.status = "COMPLETED".to_owned();
                row.ended_at = Some(1);
            },
            |row| row.status = "LEFT".to_owned(),
            |row| row.status = "CANCELLED".to_owned(),
            |row| row.answers = "Kim".to_owned(),
            |row| row.recalls = -1,
            |row| row.clinic_id = String::new(),
            |row| row.room_id = Some("Kim's room".to_owned()),
            |row| {
                row.name = NO_NAME.to_owned();
                row.erased_at = Some(1);
            },
            |row| {
                row.status = "LEFT".to_owned();
                row.ended_at = Some(1);
                row.erased_at = Some(1);
            },
        ];
        for (place, spoil) in wrong.into_iter().enumerate() {
            let mut row = waiting();
            spoil(&mut row);
            let Err(fault) = read(row) else {
                panic!("row {place} was taken")
            };
            let said = fault.chain();
            assert!(said.contains(id.as_str()), "{said}");
            assert!(!said.contains("Kim") && !said.contains("+61"), "{said}");
        }
        assert!(read(waiting()).is_ok());
    }
}
