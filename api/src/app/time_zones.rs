//! Time zones, by the IANA database that is compiled in: the same names on every machine.

use crate::domain::clinic::TimeZone;
use crate::domain::refusal::Refusal;
use jiff::tz::TimeZoneDatabase;

/// Longest name looked up, in bytes. Our own: the longest there is has half as many.
const NAME_LENGTH: usize = 64;

/// Reads a time zone as somebody typed it, in upper or lower case.
///
/// # Errors
/// Refused at `field` when the database has no such name.
pub fn read(typed: &str, field: &str) -> Result<TimeZone, Refusal> {
    let typed = typed.trim();
    let known = (typed.len() <= NAME_LENGTH).then(|| TimeZoneDatabase::bundled().get(typed));
    let known = known.and_then(Result::ok);
    let name = known.as_ref().and_then(jiff::tz::TimeZone::iana_name);
    name.map(|name| TimeZone::from_known(name.to_owned()))
        .ok_or_else(|| {
            let message = "Use a time zone of the IANA database, such as Australia/Sydney.";
            Refusal::invalid(field, message)
        })
}

/// The rules of a clinic's time zone; UTC for one that this version's database no longer has.
#[must_use]
pub fn rules(time_zone: &TimeZone) -> jiff::tz::TimeZone {
    let known = TimeZoneDatabase::bundled().get(time_zone.as_str());
    known.unwrap_or(jiff::tz::TimeZone::UTC)
}

#[cfg(test)]
mod tests {
    use super::{read, rules};

    #[test]
    fn a_time_zone_is_one_of_the_iana_database_in_either_case() {
        for (typed, known) in [
            ("Australia/Sydney", "Australia/Sydney"),
            (" europe/berlin ", "Europe/Berlin"),
            ("UTC", "UTC"),
            (
                "America/Argentina/Buenos_Aires",
                "America/Argentina/Buenos_Aires",
            ),
        ] {
            let zone = read(typed, "timeZone").unwrap();
            assert_eq!(zone.as_str(), known);
            assert_eq!(rules(&zone).iana_name(), Some(known));
        }
        let long = "a".repeat(100_000);
        for typed in [
            "",
            "Sydney",
            "+10:00",
            "Mars/Olympus",
            "../etc/passwd",
            "Etc/Unknown",
            &long,
        ] {
            let refusal = read(typed, "timeZone").unwrap_err();
            assert_eq!(refusal.field.unwrap(), ["timeZone"], "{typed}");
        }
    }
}
