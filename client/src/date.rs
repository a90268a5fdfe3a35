//! A day of the calendar, without a time and without a time zone.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::instant::{civil_from_days, days_from_civil, days_in, number};
use crate::schema;

/// The first and the last day that can be written with four digits of a year, as days since
/// 1970-01-01.
const DAYS: std::ops::RangeInclusive<i64> = -719_528..=2_932_896;

/// A day of the Gregorian calendar from 0000-01-01 to 9999-12-31, as in `2026-03-02`. Which moments
/// it has depends on the time zone that it is said with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(i64);

cynic::impl_scalar!(Date, schema::Date);

impl Date {
    /// Reads `2026-03-02`: four digits of the year, two of the month, two of the day.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() != 10 || bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') {
            return None;
        }
        let (year, month, day) = (
            number(bytes, 0, 4)?,
            number(bytes, 5, 2)?,
            number(bytes, 8, 2)?,
        );
        let is_a_day = (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
        is_a_day.then(|| Self(days_from_civil(year, month, day)))
    }

    /// The day so many days later, or earlier if negative; the first or the last day there is where
    /// it would lie beyond.
    #[must_use]
    pub fn plus_days(self, days: i64) -> Self {
        Self(
            self.0
                .saturating_add(days)
                .clamp(*DAYS.start(), *DAYS.end()),
        )
    }

    /// How many days after `earlier` this is; negative if it is before it.
    #[must_use]
    pub fn days_since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }

    /// The year, the month (1 to 12) and the day of the month (1 to 31).
    #[must_use]
    pub fn year_month_day(self) -> (i64, i64, i64) {
        civil_from_days(self.0)
    }
}

/// As in `2026-03-02`.
impl fmt::Display for Date {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.year_month_day();
        write!(formatter, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = Date;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a day, as in 2026-03-02")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Date, E> {
                Date::parse(text).ok_or_else(|| E::custom("not a day"))
            }
        }

        deserializer.deserialize_str(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_day_is_read_as_it_is_written() {
        for (text, days) in [
            ("1970-01-01", 0),
            ("2000-02-29", 11_016),
            ("2026-07-14", 20_648),
        ] {
            assert_eq!(Date::parse(text), Some(Date(days)), "{text}");
        }
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in [
            "",
            "2026-7-14",
            "2026-02-29",
            "2026-13-01",
            "2026-07-14T09:00:00Z",
            "20260714",
            "2026/07/14",
            "+026-07-14",
        ] {
            assert_eq!(Date::parse(text), None, "{text}");
        }
    }

    #[test]
    fn no_day_lies_beyond_those_that_can_be_written() {
        let last = Date::parse("9999-12-31").expect("a day");
        let first = Date::parse("0000-01-01").expect("a day");
        assert_eq!(last.plus_days(1), last);
        assert_eq!(first.plus_days(i64::MIN), first);
    }

    proptest! {
        #[test]
        fn every_day_is_read_back_as_written(days in DAYS) {
            prop_assert_eq!(Date::parse(&Date(days).to_string()), Some(Date(days)));
        }

        #[test]
        fn no_text_makes_reading_a_day_fail_otherwise_than_by_refusing(text in "\\PC{0,20}|[0-9-]{0,12}") {
            let _ = Date::parse(&text);
        }
    }
}
