//! A moment on the server's clock.
//!
//! Written by hand instead of taken from a date library: the only form on the wire is RFC 3339, and
//! a calendar with time zones would weigh more in the browser than the rest of this crate's own
//! code.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::schema;

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// A moment: milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

cynic::impl_scalar!(Instant, schema::DateTime);

impl Instant {
    /// The moment so many milliseconds after (or, if negative, before) 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn from_epoch_milliseconds(milliseconds: i64) -> Self {
        Self(milliseconds)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn epoch_milliseconds(self) -> i64 {
        self.0
    }

    /// Now, by this device's clock, which may differ from the server's.
    #[must_use]
    pub fn now() -> Self {
        crate::platform::now()
    }

    /// How long after `earlier` this is; nothing if it is not after it.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        let milliseconds = i128::from(self.0) - i128::from(earlier.0);
        Duration::from_millis(u64::try_from(milliseconds.max(0)).unwrap_or(u64::MAX))
    }

    /// Reads RFC 3339, as in `2026-07-14T09:05:07.250Z`. What is finer than a millisecond is cut
    /// off.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let separators = [(4, "-"), (7, "-"), (10, "Tt "), (13, ":"), (16, ":")];
        let is_at = |at: usize, allowed: &str| {
            bytes
                .get(at)
                .is_some_and(|byte| allowed.as_bytes().contains(byte))
        };
        if !separators.iter().all(|(at, allowed)| is_at(*at, allowed)) {
            return None;
        }
        let (year, month, day) = (
            number(bytes, 0, 4)?,
            number(bytes, 5, 2)?,
            number(bytes, 8, 2)?,
        );
        let (hour, minute, second) = (
            number(bytes, 11, 2)?,
            number(bytes, 14, 2)?,
            number(bytes, 17, 2)?,
        );
        // Second 60 is a leap second: the same moment as the next minute's first.
        if !(1..=12).contains(&month)
            || !(1..=days_in(year, month)).contains(&day)
            || hour > 23
            || minute > 59
            || second > 60
        {
            return None;
        }
        let (milliseconds, rest) = fraction(bytes.get(19..)?)?;
        let offset = offset(rest)?;
        let days = days_from_civil(year, month, day);
        let seconds = hour * 3600 + minute * 60 + second;
        Some(Self(days * DAY + seconds * 1000 + milliseconds - offset))
    }
}

/// RFC 3339 with milliseconds, UTC.
impl fmt::Display for Instant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil_from_days(self.0.div_euclid(DAY));
        let of_day = self.0.rem_euclid(DAY);
        let (hour, minute) = (of_day / 3_600_000, of_day / 60_000 % 60);
        let (second, millisecond) = (of_day / 1000 % 60, of_day % 1000);
        write!(
            formatter,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millisecond:03}Z"
        )
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = Instant;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a moment in RFC 3339")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Instant, E> {
                Instant::parse(text).ok_or_else(|| E::custom("not a moment in RFC 3339"))
            }
        }

        deserializer.deserialize_str(Visitor)
    }
}

/// The unsigned number written in `digits` decimal digits from `start`.
pub(crate) fn number(bytes: &[u8], start: usize, digits: usize) -> Option<i64> {
    let slice = bytes.get(start..start + digits)?;
    slice.iter().try_fold(0_i64, |sum, byte| {
        byte.is_ascii_digit()
            .then(|| sum * 10 + i64::from(byte - b'0'))
    })
}

/// The fraction of a second in milliseconds, and what follows it.
fn fraction(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let Some(digits) = bytes.strip_prefix(b".") else {
        return Some((0, bytes));
    };
    let length = digits
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if length == 0 {
        return None;
    }
    let milliseconds = (0..3).fold(0, |sum, at| {
        let digit = if at < length {
            i64::from(digits[at] - b'0')
        } else {
            0
        };
        sum * 10 + digit
    });
    Some((milliseconds, &digits[length..]))
}

/// The offset from UTC in milliseconds.
fn offset(bytes: &[u8]) -> Option<i64> {
    let sign = match bytes {
        b"Z" | b"z" => return Some(0),
        [b'+', ..] => 1,
        [b'-', ..] => -1,
        _ => return None,
    };
    let (hours, minutes) = (number(bytes, 1, 2)?, number(bytes, 4, 2)?);
    (bytes.len() == 6 && bytes[3] == b':' && hours <= 23 && minutes <= 59)
        .then(|| sign * (hours * 60 + minutes) * 60_000)
}

pub(crate) fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01, by the algorithm of Howard Hinnant ("chrono-compatible low-level date
/// algorithms").
pub(crate) fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The inverse of [`days_from_civil`].
pub(crate) fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn milliseconds(text: &str) -> Option<i64> {
        Instant::parse(text).map(Instant::epoch_milliseconds)
    }

    #[test]
    fn moments_are_read_as_the_standard_says() {
        // The figures are those of `date -u -d <text> +%s%3N`; the texts of RFC 3339, section 5.8,
        // are among them.
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1969-12-31T23:59:59.999Z", -1),
            ("1985-04-12T23:20:50.52Z", 482_196_050_520),
            ("1996-12-19T16:39:57-08:00", 851_042_397_000),
            ("1990-12-31T23:59:60Z", 662_688_000_000),
            ("1990-12-31T15:59:60-08:00", 662_688_000_000),
            ("2000-02-29T00:00:00Z", 951_782_400_000),
            ("2026-07-14t09:05:07.250123456z", 1_784_019_907_250),
            ("2026-07-14 14:35:07.25+05:30", 1_784_019_907_250),
        ] {
            assert_eq!(milliseconds(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_moment_is_refused() {
        for text in [
            "",
            "now",
            "2026-07-14",
            "2026-07-14T09:05:07",
            "2026-07-14T09:05Z",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z",
            "2026-07-32T00:00:00Z",
            "2026-07-14T24:00:00Z",
            "2026-07-14T09:60:00Z",
            "2026-07-14T09:05:61Z",
            "2026-07-14T09:05:07.Z",
            "2026-07-14T09:05:07+0530",
            "2026-07-14T09:05:07+05:30x",
            "2026-07-14T09:05:07ZZ",
            "+026-07-14T09:05:07Z",
            "2026-07-14T09:05:07é",
        ] {
            assert_eq!(milliseconds(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_moment_is_read_back_as_written(
            at in -62_167_219_200_000_i64..253_402_300_800_000,
        ) {
            let instant = Instant::from_epoch_milliseconds(at);
            prop_assert_eq!(Instant::parse(&instant.to_string()), Some(instant));
        }

        #[test]
        fn no_text_makes_reading_fail_otherwise_than_by_refusing(
            text in "\\PC{0,40}|[0-9TZ:. +-]{0,40}",
        ) {
            let _ = Instant::parse(&text);
        }
    }
}
