//! Reports.

use super::asking::app;
use super::date::Date;
use super::fault::Failure;
use super::text::TextPurpose;
use crate::app::reports;
use crate::domain;
use crate::domain::clinic::Clinic;
use crate::domain::limits::REPORT_DAYS;
use crate::domain::policy::Within;
use crate::domain::report::{Figures, PURPOSES};
use crate::domain::time::Span;
use async_graphql::{Context, SimpleObject};

/// What reading a day costs, beside its fields: two queries to the store.
const COST_OF_DAY: usize = 10;

/// A clinic's figures by day, without personal data. Counted are stays that have ended, within a minute
/// of their end, each on the day on which it arrived; what became of their texts is counted as it is
/// known now. Kept for 400 days.
#[derive(SimpleObject)]
pub struct Report {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// The IANA name of the time zone in which the days are days: the clinic's, as it is set now.
    pub time_zone: String,
    /// Every day from the first to the last, also those on which nothing happened.
    pub days: Vec<ReportDay>,
    /// All days together. Its medians are those of all values, not of the days' medians.
    pub total: ReportFigures,
}

/// A day of a report.
#[derive(SimpleObject)]
pub struct ReportDay {
    /// The day, in the report's time zone. As long as clocks make it: 23 or 25 hours where they change.
    pub date: Date,
    /// What happened in the stays that arrived on it.
    pub figures: ReportFigures,
}

/// What happened in the stays that are counted. Each stay began and ended once, so
/// `arrived + resumed` is `completed + left + lostContact + cancelled`.
#[derive(SimpleObject)]
pub struct ReportFigures {
    /// Callers who came in by the clinic link.
    pub arrived: i64,
    /// Stays that ended with a completed consultation.
    pub completed: i64,
    /// Stays that callers ended themselves.
    pub left: i64,
    /// Stays that ended because an unverified caller was not seen for the grace time, also those whose
    /// place was taken back.
    pub lost_contact: i64,
    /// Stays that staff cancelled.
    pub cancelled: i64,
    /// Stays in a place that was taken back after contact was lost. Each counts on the day of the first
    /// arrival, from which its wait counts too.
    pub resumed: i64,
    /// The median of the waits from arrival to the first join, of those joined. The mean of the middle
    /// two where their number is even; rounded to whole seconds. Null when nobody was joined.
    pub median_wait_seconds: Option<i64>,
    /// The longest of these waits. Null when nobody was joined.
    pub longest_wait_seconds: Option<i64>,
    /// Callers who were Offline at least once.
    pub went_offline: i64,
    /// How often callers were Offline.
    pub times_offline: i64,
    /// The median of these times: each to the return, or to the end of the stay. Null when there was none.
    pub median_offline_seconds: Option<i64>,
    /// Recalls.
    pub recalls: i64,
    /// Recalls that were followed by a return: of two before one return, both.
    pub recalls_answered: i64,
    /// The median of the times from a recall to the return that followed it. Null when there was none.
    pub median_recall_to_return_seconds: Option<i64>,
    /// Stays that ended without a return after the last recall.
    pub no_shows: i64,
    /// Secure codes that were sent.
    pub codes_sent: i64,
    /// How often a number was verified, by a code or by staff.
    pub phones_verified: i64,
    /// What became of the texts, one line for each purpose.
    #[graphql(complexity = "PURPOSES.len() * child_complexity")]
    pub texts: Vec<TextFigures>,
}

/// What became of the texts of one purpose.
#[derive(SimpleObject)]
pub struct TextFigures {
    /// Why they were sent.
    pub purpose: TextPurpose,
    /// Those that went out or were given up. The three that follow are among them; the rest was taken by
    /// the SMS provider, which has told no more. One that was withdrawn because nobody needed it any
    /// more is not.
    pub sent: i64,
    /// Those known to have reached the phone.
    pub delivered: i64,
    /// Those that did not reach it, and never will.
    pub failed: i64,
    /// Those of which it is not known whether they went out.
    pub unknown: i64,
}

impl Report {
    /// Reads a report.
    ///
    /// # Errors
    /// When the days are none to report, or the store fails.
    pub(super) async fn read(
        ctx: &Context<'_>,
        within: &Within,
        clinic: &Clinic,
        from: Date,
        to: Date,
    ) -> Result<Self, Failure> {
        match app(ctx).report(within, clinic, from.0, to.0).await? {
            Ok(report) => Ok(report.into()),
            Err(refusal) => Err(Failure::BadInput(refusal.message)),
        }
    }
}

impl From<reports::Report> for Report {
    fn from(report: reports::Report) -> Self {
        let day = |(date, figures): &(jiff::civil::Date, Figures)| ReportDay {
            date: Date(*date),
            figures: figures.into(),
        };
        Self {
            from: Date(report.from),
            to: Date(report.to),
            time_zone: report.time_zone,
            days: report.days.iter().map(day).collect(),
            total: (&report.total).into(),
        }
    }
}

impl From<&Figures> for ReportFigures {
    fn from(figures: &Figures) -> Self {
        let texts = figures.texts.iter().zip(PURPOSES);
        Self {
            arrived: count(figures.arrived),
            completed: count(figures.completed),
            left: count(figures.left),
            lost_contact: count(figures.lost_contact),
            cancelled: count(figures.cancelled),
            resumed: count(figures.resumed),
            median_wait_seconds: figures.median_wait.map(Span::as_seconds_rounded),
            longest_wait_seconds: figures.longest_wait.map(Span::as_seconds_rounded),
            went_offline: count(figures.went_offline),
            times_offline: count(figures.times_offline),
            median_offline_seconds: figures.median_offline.map(Span::as_seconds_rounded),
            recalls: count(figures.recalls),
            recalls_answered: count(figures.recalls_answered),
            median_recall_to_return_seconds: figures
                .median_recall_to_return
                .map(Span::as_seconds_rounded),
            no_shows: count(figures.no_shows),
            codes_sent: count(figures.codes_sent),
            phones_verified: count(figures.phones_verified),
            texts: texts
                .map(|(texts, purpose)| of_texts(texts, purpose))
                .collect(),
        }
    }
}

fn of_texts(
    texts: &domain::report::TextFigures,
    purpose: domain::text::TextPurpose,
) -> TextFigures {
    TextFigures {
        purpose: purpose.into(),
        sent: count(texts.sent),
        delivered: count(texts.delivered),
        failed: count(texts.failed),
        unknown: count(texts.unknown),
    }
}

fn count(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// What a report costs whose days cost `child` each, and its total beside them.
pub(super) fn cost_of_report(from: Date, to: Date, child: usize) -> usize {
    let days = jiff::civil::Date::since(to.0, from.0).map_or(0, |span| span.get_days());
    let days = usize::try_from(days).unwrap_or_default().saturating_add(1);
    let days = days.min(REPORT_DAYS);
    days.saturating_mul(child.saturating_add(COST_OF_DAY))
}
