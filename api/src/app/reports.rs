//! Reports: a clinic's figures by day, without personal data.

use super::{App, time_zones};
use crate::domain::audit::Deed;
use crate::domain::clinic::Clinic;
use crate::domain::limits::REPORT_DAYS;
use crate::domain::policy::Within;
use crate::domain::refusal::Refusal;
use crate::domain::report::{Days, Figures};
use crate::domain::time::Timestamp;
use crate::ports::Fault;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::time::Duration;

/// How many stays get their figures in one transaction: callers wait behind it for milliseconds. Our own
/// figure.
const STAYS_AT_ONCE: i64 = 100;

/// What happened in a clinic from one day to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// The IANA name of the time zone in which the days are days.
    pub time_zone: String,
    /// Every day with its figures.
    pub days: Vec<(Date, Figures)>,
    /// The figures of all days together.
    pub total: Figures,
}

impl App {
    /// The figures of a clinic from one day to another, both included. Those of a stay are there within a
    /// minute of its end.
    ///
    /// # Errors
    /// A refusal when the days are in the wrong order or too many; a fault when the store fails.
    pub async fn report(
        &self,
        within: &Within,
        clinic: &Clinic,
        from: Date,
        to: Date,
    ) -> Result<Result<Report, Refusal>, Fault> {
        let zone = time_zones::rules(&clinic.settings.time_zone);
        let (dates, bounds) = match days(from, to, &zone) {
            Ok(days) => days,
            Err(refusal) => return Ok(Err(refusal)),
        };
        self.look(within, Deed::SawReport, None).await?;
        // One at a time: a report of a year reads much, and boards need the other readers.
        let turn = self.reporting.acquire().await;
        let _turn = turn.map_err(|closed| Fault::new("waiting to read a report", closed))?;
        let filled = self.store.add_figures(within, Days::new(bounds)).await?;
        let (figures, total) = filled.figures();
        Ok(Ok(Report {
            from,
            to,
            time_zone: clinic.settings.time_zone.as_str().to_owned(),
            days: dates.into_iter().zip(figures).collect(),
            total,
        }))
    }

    /// Takes the figures of every stay that has ended.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn take_figures(&self) -> Result<(), Fault> {
        let now = self.clock.now();
        while self.store.take_figures(STAYS_AT_ONCE, now).await? > 0 {}
        Ok(())
    }

    /// Takes the figures of stays that have ended, every so often, until the task is dropped.
    pub async fn take_figures_regularly(&self, every: Duration) {
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(fault) = self.take_figures().await {
                tracing::error!(fault = fault.chain(), "figures could not be taken");
            }
        }
    }
}

/// Reads a day as in `2026-03-02`, and in no other form of ISO 8601.
#[must_use]
pub fn read_day(text: &str) -> Option<Date> {
    let is_form = text.len() == 10
        && text.bytes().enumerate().all(|(place, byte)| match place {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if is_form { text.parse().ok() } else { None }
}

/// The days from one to another, and where each begins and the last one ends. A day is as long as the
/// zone makes it: 23 or 25 hours where clocks change.
fn days(from: Date, to: Date, zone: &TimeZone) -> Result<(Vec<Date>, Vec<Timestamp>), Refusal> {
    if to < from {
        return Err(Refusal::invalid("to", "`to` is before `from`."));
    }
    let dates: Vec<Date> = from
        .series(jiff::Span::new().days(1))
        .take_while(|date| *date <= to)
        .take(REPORT_DAYS + 1)
        .collect();
    if dates.len() > REPORT_DAYS {
        let message = format!("Ask for at most {REPORT_DAYS} days.");
        return Err(Refusal::invalid("to", message));
    }
    let after = to.tomorrow().ok();
    let bounds = dates.iter().copied().map(Some).chain([after]);
    let bounds: Option<Vec<Timestamp>> = bounds.map(|date| beginning(date?, zone)).collect();
    let beyond = || Refusal::invalid("to", "Ask for days of this calendar.");
    Ok((dates, bounds.ok_or_else(beyond)?))
}

/// The first moment of a day. Where clocks skip midnight, the day begins when they go on; where
/// they show it twice, at the first.
fn beginning(date: Date, zone: &TimeZone) -> Option<Timestamp> {
    let first = zone.to_zoned(date.at(0, 0, 0, 0)).ok()?;
    Some(Timestamp::from_millis(first.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    /// How many minutes each day has.
    fn minutes(zone: &str, from: &str, to: &str) -> Vec<i64> {
        let zone = TimeZone::get(zone).unwrap();
        let (dates, bounds) = days(date(from), date(to), &zone).unwrap();
        assert_eq!(dates.len() + 1, bounds.len());
        let lengths = bounds.windows(2).map(|day| day[1].since(day[0]));
        lengths.map(|day| day.as_millis() / 60_000).collect()
    }

    #[test]
    fn days_on_which_clocks_change_are_as_long_as_they_are() {
        const DAY: i64 = 24 * 60;
        for (zone, from, to, lengths) in [
            ("UTC", "2026-03-28", "2026-03-30", &[DAY, DAY, DAY][..]),
            (
                "Europe/Berlin",
                "2026-03-28",
                "2026-03-30",
                &[DAY, DAY - 60, DAY],
            ),
            (
                "Europe/Berlin",
                "2026-10-24",
                "2026-10-26",
                &[DAY, DAY + 60, DAY],
            ),
            ("Australia/Sydney", "2026-04-05", "2026-04-05", &[DAY + 60]),
            // Half an hour only.
            (
                "Australia/Lord_Howe",
                "2026-10-04",
                "2026-10-04",
                &[DAY - 30],
            ),
            // Clocks go on from midnight to one.
            ("America/Santiago", "2026-09-06", "2026-09-06", &[DAY - 60]),
            // Clocks go back from midnight to eleven of the evening before.
            (
                "America/Santiago",
                "2026-04-04",
                "2026-04-05",
                &[DAY + 60, DAY],
            ),
            // A day that Samoa never had.
            ("Pacific/Apia", "2011-12-29", "2011-12-31", &[DAY, 0, DAY]),
        ] {
            assert_eq!(minutes(zone, from, to), lengths, "{zone} {from}");
        }
    }

    #[test]
    fn a_day_begins_at_its_own_midnight() {
        let zone = TimeZone::get("Australia/Sydney").unwrap();
        let (_, bounds) = days(date("2026-03-02"), date("2026-03-02"), &zone).unwrap();
        let wanted: jiff::Timestamp = "2026-03-01T13:00:00Z".parse().unwrap();
        assert_eq!(bounds[0].as_millis(), wanted.as_millisecond());
    }

    #[test]
    fn days_in_the_wrong_order_or_too_many_or_beyond_the_calendar_are_refused() {
        let refused = |from: &str, to: &str| days(date(from), date(to), &TimeZone::UTC).is_err();
        assert!(refused("2026-03-02", "2026-03-01"));
        assert!(!refused("2026-03-02", "2026-03-02"));
        assert!(!refused("2025-01-01", "2026-02-04"));
        assert!(refused("2025-01-01", "2026-02-05"));
        assert!(refused("0000-01-01", "9999-12-31"));
        assert!(refused("9999-12-30", "9999-12-31"));
    }
}
