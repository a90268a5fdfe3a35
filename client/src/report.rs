//! A clinic's figures by day. No personal data.

use cynic::QueryFragment;

use crate::clinic::TextPurpose;
use crate::date::Date;
use crate::schema;

/// The figures of a clinic from one day to another, both included.
#[derive(QueryFragment, Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// The IANA name of the time zone that the days are of.
    pub time_zone: String,
    /// Every day, the first first, also those on which nothing happened.
    pub days: Vec<ReportDay>,
    /// All days together.
    pub total: ReportFigures,
}

/// The figures of one day.
#[derive(QueryFragment, Debug, Clone, PartialEq, Eq)]
pub struct ReportDay {
    /// The day on which the callers arrived.
    pub date: Date,
    /// What became of them.
    pub figures: ReportFigures,
}

/// What became of the callers who arrived in a time and whose stay has ended.
#[derive(QueryFragment, Debug, Clone, PartialEq, Eq)]
pub struct ReportFigures {
    /// How many came in.
    pub arrived: i32,
    /// How many consultations were completed.
    pub completed: i32,
    /// How many left.
    pub left: i32,
    /// With how many contact was lost.
    pub lost_contact: i32,
    /// How many staff cancelled.
    pub cancelled: i32,
    /// How often a lost place was taken back.
    pub resumed: i32,
    /// From arrival to the first join, of those joined. Seconds; none when nobody was.
    pub median_wait_seconds: Option<i32>,
    /// The longest of those waits. Seconds.
    pub longest_wait_seconds: Option<i32>,
    /// How many stepped away.
    pub went_offline: i32,
    /// How often they did, all together.
    pub times_offline: i32,
    /// How long a time away was. Seconds; none when there was none.
    pub median_offline_seconds: Option<i32>,
    /// How many recalls there were.
    pub recalls: i32,
    /// After how many of them the caller came back.
    pub recalls_answered: i32,
    /// From a recall to the return. Seconds; none when nobody returned.
    pub median_recall_to_return_seconds: Option<i32>,
    /// How many were recalled and did not come back before the stay ended.
    pub no_shows: i32,
    /// How many secure codes were sent.
    pub codes_sent: i32,
    /// How many numbers were verified.
    pub phones_verified: i32,
    /// What became of the texts, by what they were for.
    pub texts: Vec<TextFigures>,
}

/// What became of the texts of one purpose.
#[derive(QueryFragment, Debug, Clone, PartialEq, Eq)]
pub struct TextFigures {
    /// What they were for.
    pub purpose: TextPurpose,
    /// How many went out.
    pub sent: i32,
    /// How many are known to have arrived.
    pub delivered: i32,
    /// How many are known not to have arrived.
    pub failed: i32,
    /// Of how many nobody can tell.
    pub unknown: i32,
}
