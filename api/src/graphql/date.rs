//! Days of the calendar on the wire.

use crate::app::reports::read_day;
use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};

/// A day of the calendar, without a time and without a time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date(pub jiff::civil::Date);

impl std::fmt::Display for Date {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}", self.0)
    }
}

/// A day of the calendar, of years with four digits, such as `2026-03-02`. Which moments it has is the
/// time zone's to say that it is used with.
#[Scalar(
    name = "Date",
    specified_by_url = "https://scalars.graphql.org/andimarek/local-date.html"
)]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => read_day(text)
                .map(Self)
                .ok_or_else(|| InputValueError::custom("This is no day such as 2026-03-02.")),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_in_one_form_and_written_in_the_same() {
        for day in ["2026-03-02", "2024-02-29", "0000-01-01", "9999-12-31"] {
            let read = Date::parse(Value::from(day)).ok().unwrap();
            assert_eq!(read.to_value(), Value::from(day));
        }
        for wrong in [
            "",
            "2026-3-2",
            "20260302",
            "2026-02-29",
            "2026-13-01",
            "2026-03-02T00:00:00Z",
            "+002026-03-02",
            "2026-W10-1",
            "２０２６-03",
        ] {
            assert!(Date::parse(Value::from(wrong)).is_err(), "{wrong}");
        }
        assert!(Date::parse(Value::from(20_260_302)).is_err());
    }
}
