//! Twilio's Lookup: whether a number can take texts at all, asked before a code is sent to it, so that
//! somebody with a landline is told at once instead of waiting for a code. twilio-rs does not know it;
//! what is asked and answered is described in `twilio_lookups_v2.json` of
//! <https://github.com/twilio/twilio-oai>.

use super::E164;
use super::settings::TwilioSettings;
use super::transport::{Problem, Transport};
use crate::domain::time::{Span, Timestamp};
use serde::Deserialize;
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher as _, RandomState};

/// How many numbers are remembered; the one asked for the longest ago goes first. Our own: a busy day's,
/// in about a megabyte.
const REMEMBERED: usize = 10_000;
/// How long an answer is good for. Our own: numbers move from landlines to mobiles, but rarely, and each
/// question is paid for.
const GOOD_FOR: Span = Span::hours(24);

/// What is known of a number's line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A text may reach it, or nobody knows.
    MayTakeTexts,
    /// It takes no texts.
    Landline,
    /// Nobody has it.
    NoSuchNumber,
}

#[derive(Deserialize)]
struct Looked {
    valid: Option<bool>,
    line_type_intelligence: Option<LineType>,
}

#[derive(Deserialize)]
struct LineType {
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// Asks Twilio.
pub(super) async fn look_up(
    transport: &Transport,
    settings: &TwilioSettings,
    number: &E164,
) -> Result<Line, Problem> {
    let path = format!(
        "/v2/PhoneNumbers/{}?Fields=line_type_intelligence",
        number.in_path()
    );
    let address = &settings.addresses.lookups;
    let within = settings.connecting.looked_up_within;
    let looked: Looked = transport.get(address, &path, within).await?;
    let kind = looked.line_type_intelligence.and_then(|line| line.kind);
    Ok(match (looked.valid, kind.as_deref()) {
        (Some(false), _) => Line::NoSuchNumber,
        // "If Lookup returns landline, do not retry the same SMS": twilio.com/docs/api/errors/30006.
        // Of the other types some take texts (fixedVoip, nonFixedVoip, personal, tollFree) and some
        // hardly ever (voicemail, pager); to refuse one wrongly costs somebody the place in the pocket, to
        // try it costs one text, whose failure is shown.
        (_, Some("landline")) => Line::Landline,
        _ => Line::MayTakeTexts,
    })
}

/// What Lookup has answered, for as long as it is good. Whose line it is cannot be told from it: numbers that
/// are erased everywhere else must not stay here.
#[derive(Default)]
pub(super) struct RememberedLines {
    /// Of this process alone, so that its hashes say nothing to anybody. Of so few numbers no two have the
    /// same in practice; if two had, one would be told what is so of the other.
    hashed_by: RandomState,
    by_number: HashMap<u64, (Line, Timestamp)>,
    /// The keys of `by_number`, each once, in the order in which they came.
    in_order: VecDeque<u64>,
}

impl RememberedLines {
    pub(super) fn recall(&self, number: &E164, now: Timestamp) -> Option<Line> {
        let (line, since) = self.by_number.get(&self.key(number))?;
        is_good(*since, now).then_some(*line)
    }

    pub(super) fn remember(&mut self, number: &E164, line: Line, now: Timestamp) {
        let key = self.key(number);
        if self.by_number.insert(key, (line, now)).is_some() {
            self.in_order.retain(|known| *known != key);
        }
        self.in_order.push_back(key);
        while let Some(oldest) = self.in_order.front() {
            let is_kept = self
                .by_number
                .get(oldest)
                .is_some_and(|(_, since)| is_good(*since, now));
            if is_kept && self.in_order.len() <= REMEMBERED {
                break;
            }
            self.by_number.remove(oldest);
            self.in_order.pop_front();
        }
    }

    fn key(&self, number: &E164) -> u64 {
        self.hashed_by.hash_one(number)
    }
}

fn is_good(since: Timestamp, now: Timestamp) -> bool {
    now.since(since) < GOOD_FOR
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(place: usize) -> E164 {
        E164::parse(&format!("+6149{place:07}")).unwrap()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    #[test]
    fn of_too_many_numbers_the_one_asked_for_the_longest_ago_is_forgotten() {
        let mut lines = RememberedLines::default();
        for place in 0..REMEMBERED {
            lines.remember(&number(place), Line::Landline, at(0));
        }
        lines.remember(&number(0), Line::MayTakeTexts, at(1));
        lines.remember(&number(REMEMBERED), Line::Landline, at(2));
        assert_eq!(lines.recall(&number(1), at(3)), None);
        assert_eq!(lines.recall(&number(0), at(3)), Some(Line::MayTakeTexts));
        assert_eq!(lines.recall(&number(2), at(3)), Some(Line::Landline));
        assert_eq!(lines.by_number.len(), REMEMBERED);
        assert_eq!(lines.in_order.len(), REMEMBERED);
    }

    #[test]
    fn what_is_no_longer_good_is_forgotten_with_the_next_answer() {
        let mut lines = RememberedLines::default();
        lines.remember(&number(1), Line::Landline, at(0));
        lines.remember(&number(2), Line::Landline, at(1));
        lines.remember(&number(3), Line::Landline, at(86_400));
        assert_eq!(lines.recall(&number(2), at(86_400)), Some(Line::Landline));
        assert_eq!((lines.by_number.len(), lines.in_order.len()), (2, 2));
    }

    #[test]
    fn an_answer_is_asked_for_again_after_a_day() {
        let mut lines = RememberedLines::default();
        lines.remember(&number(1), Line::Landline, at(0));
        assert_eq!(lines.recall(&number(1), at(86_399)), Some(Line::Landline));
        assert_eq!(lines.recall(&number(1), at(86_400)), None);
    }
}
