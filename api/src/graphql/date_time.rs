//! Instants on the wire.

use crate::domain::time::Timestamp;
use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};

/// An instant, as the product counts it: to the millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTime(pub Timestamp);

impl From<Timestamp> for DateTime {
    fn from(timestamp: Timestamp) -> Self {
        Self(timestamp)
    }
}

impl std::fmt::Display for DateTime {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Beyond the years that RFC 3339 can write, the last it can.
        let instant = jiff::Timestamp::from_millisecond(self.0.as_millis()).unwrap_or_else(|_| {
            if self.0.as_millis() < 0 {
                jiff::Timestamp::MIN
            } else {
                jiff::Timestamp::MAX
            }
        });
        write!(out, "{instant:.3}")
    }
}

/// An instant: RFC 3339, in UTC, to the millisecond, such as `2026-03-02T08:15:30.250Z`.
#[Scalar(
    name = "DateTime",
    specified_by_url = "https://scalars.graphql.org/andimarek/date-time.html"
)]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => text
                .parse::<jiff::Timestamp>()
                .map(|instant| Self(Timestamp::from_millis(instant.as_millisecond())))
                .map_err(|_| InputValueError::custom("This is no instant of RFC 3339.")),
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
    fn an_instant_is_written_in_utc_with_its_milliseconds() {
        for (millis, written) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_772_439_330_250, "2026-03-02T08:15:30.250Z"),
            (1_772_439_330_000, "2026-03-02T08:15:30.000Z"),
        ] {
            let instant = DateTime(Timestamp::from_millis(millis));
            assert_eq!(instant.to_string(), written);
            assert_eq!(DateTime::parse(Value::from(written)).ok(), Some(instant));
        }
        assert!(
            DateTime(Timestamp::from_millis(i64::MAX))
                .to_string()
                .starts_with("9999-12-")
        );
    }
}
