//! The figures of a stay.

use super::words::Word;
use super::{Named, caller_id, clinic_id};
use crate::adapters::tables;
use crate::domain::id::{CallerId, ClinicId};
use crate::domain::report::StayFigures;
use crate::domain::time::{Span, Timestamp};
use crate::ports::Fault;
use diesel::prelude::{Insertable, Queryable, Selectable};

/// An ended stay whose figures are to be taken.
#[derive(Queryable, Selectable)]
#[diesel(table_name = tables::caller)]
pub(in crate::adapters) struct EndedStayRow {
    pub(in crate::adapters) clinic_id: String,
    pub(in crate::adapters) id: String,
    pub(in crate::adapters) arrived_at: i64,
}

impl EndedStayRow {
    pub(in crate::adapters) fn ids(&self) -> Result<(ClinicId, CallerId), Fault> {
        Ok((clinic_id(&self.clinic_id)?, caller_id(&self.id)?))
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = tables::stay_figures, treat_none_as_default_value = false)]
pub(in crate::adapters) struct StayFiguresRow {
    clinic_id: String,
    caller_id: String,
    arrived_at: i64,
    ended_at: i64,
    began: String,
    ending: String,
    wait: Option<i64>,
    offline: String,
    recalls: i64,
    returns: String,
    is_no_show: bool,
    codes_sent: i64,
    phones_verified: i64,
}

impl StayFiguresRow {
    pub(in crate::adapters) fn of(
        clinic: &ClinicId,
        caller: &CallerId,
        stay: &StayFigures,
    ) -> Result<Self, Fault> {
        Ok(Self {
            clinic_id: clinic.to_string(),
            caller_id: caller.to_string(),
            arrived_at: stay.arrived_at.as_millis(),
            ended_at: stay.ended_at.as_millis(),
            began: stay.beginning.word().to_owned(),
            ending: stay.ending.word().to_owned(),
            wait: stay.wait.map(Span::as_millis),
            offline: list(&stay.offline)?,
            recalls: number(stay.recalls),
            returns: list(&stay.returns)?,
            is_no_show: stay.is_no_show,
            codes_sent: number(stay.codes_sent),
            phones_verified: number(stay.phones_verified),
        })
    }

    pub(in crate::adapters) fn stay(&self) -> Result<StayFigures, Fault> {
        let named = Named {
            table: "figures of",
            id: &self.caller_id,
        };
        let count = |number| named.need(usize::try_from(number).ok(), "less than nothing");
        let spans = |list: &str| {
            let list: Option<Vec<i64>> = serde_json::from_str(list).ok();
            let list = named.need(list, "this is no list")?;
            Ok::<_, Fault>(list.into_iter().map(Span::millis).collect())
        };
        Ok(StayFigures {
            arrived_at: Timestamp::from_millis(self.arrived_at),
            ended_at: Timestamp::from_millis(self.ended_at),
            beginning: named.word(&self.began, "no such beginning")?,
            ending: named.word(&self.ending, "no such end")?,
            wait: self.wait.map(Span::millis),
            offline: spans(&self.offline)?,
            recalls: count(self.recalls)?,
            returns: spans(&self.returns)?,
            is_no_show: self.is_no_show,
            codes_sent: count(self.codes_sent)?,
            phones_verified: count(self.phones_verified)?,
        })
    }
}

fn list(spans: &[Span]) -> Result<String, Fault> {
    let millis: Vec<i64> = spans.iter().copied().map(Span::as_millis).collect();
    serde_json::to_string(&millis).map_err(|error| Fault::new("writing a list of times", error))
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
