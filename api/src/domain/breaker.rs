//! The breaker: when almost nobody enters the codes that a clinic has sent, somebody has them sent who
//! wants no way in, and the clinic pays. Then no more go out until that is over. Callers keep waiting on
//! screen meanwhile, and staff are shown until when.

use super::limits::{
    BREAKER_CODES, BREAKER_ENTERED_PERCENT, BREAKER_WINDOW, CODE_VALIDITY, LimitKind, Use,
    allowed_again_at,
};
use super::time::Timestamp;

/// The kinds of uses of a clinic that say whether its codes are paused.
pub const PAUSED_BY: [LimitKind; 2] =
    [LimitKind::CodeForClinic, LimitKind::UnansweredCodeForClinic];

/// Until when no codes go out for a clinic, by its uses of the kinds in [`PAUSED_BY`]: because of the
/// breaker, or because too many were sent within the hour. `None` when they do go out.
#[must_use]
pub fn codes_paused_until(uses: &[Use], now: Timestamp) -> Option<Timestamp> {
    let of_clinic = || uses.iter().filter(|used| PAUSED_BY.contains(&used.kind));
    let breaker = Breaker::new(uses);
    let mut until = now;
    // What ends one pause may be the beginning of another. Each step is later than the one before and
    // the time at which some code becomes invalid or is forgotten, so they come to an end.
    while let Some(later) = breaker
        .closes_at(until)
        .max(allowed_again_at(of_clinic(), until))
    {
        until = later;
    }
    (until > now).then_some(until)
}

/// A clinic's codes of the last while, oldest first.
struct Breaker {
    sent: Vec<Timestamp>,
    unanswered: Vec<Timestamp>,
}

impl Breaker {
    fn new(uses: &[Use]) -> Self {
        let times = |kind| {
            let of_kind = uses.iter().filter(|used| used.kind == kind);
            let mut times: Vec<_> = of_kind.flat_map(|used| used.times.clone()).collect();
            times.sort_unstable();
            times
        };
        Self {
            sent: times(LimitKind::CodeForClinic),
            unanswered: times(LimitKind::UnansweredCodeForClinic),
        }
    }

    /// Whether too few were entered of the codes that count: those of the window that can no longer be
    /// entered. One that still can says nothing yet.
    fn is_open(&self, now: Timestamp) -> bool {
        let counting = |times: &[Timestamp]| {
            let before = |until| times.partition_point(|time| *time <= until);
            before(now - CODE_VALIDITY) - before(now - BREAKER_WINDOW)
        };
        let sent = counting(&self.sent);
        let entered = sent.saturating_sub(counting(&self.unanswered));
        sent >= BREAKER_CODES && entered * 100 < sent * BREAKER_ENTERED_PERCENT
    }

    /// When it closes, if nothing more is sent or entered; `None` while it is not open.
    fn closes_at(&self, now: Timestamp) -> Option<Timestamp> {
        if !self.is_open(now) {
            return None;
        }
        // What counts changes only when a code becomes invalid or leaves the window.
        let mut changes: Vec<_> = self
            .sent
            .iter()
            .chain(&self.unanswered)
            .flat_map(|time| [*time + CODE_VALIDITY, *time + BREAKER_WINDOW])
            .filter(|time| *time > now)
            .collect();
        changes.sort_unstable();
        changes.into_iter().find(|time| !self.is_open(*time))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::limits::{CODES_FOR_CLINIC, UNANSWERED_CODES_FOR_CLINIC};

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_millis(minutes * 60_000)
    }

    /// Codes sent at a minute each, of which some were entered.
    fn sent(codes: &[(i64, bool)]) -> Vec<Use> {
        let of = |kind, times: Vec<Timestamp>| Use { kind, times };
        let all = codes.iter().map(|(minute, _)| at(*minute)).collect();
        let unanswered = codes.iter().filter(|(_, is_entered)| !is_entered);
        let unanswered = unanswered.map(|(minute, _)| at(*minute)).collect();
        vec![
            of(LimitKind::UnansweredCodeForClinic, unanswered),
            of(LimitKind::CodeForClinic, all),
        ]
    }

    fn at_one_minute(minute: i64, entered: usize, not_entered: usize) -> Vec<(i64, bool)> {
        let mut codes = vec![(minute, true); entered];
        codes.extend(vec![(minute, false); not_entered]);
        codes
    }

    #[test]
    fn twenty_codes_of_which_fewer_than_a_fifth_are_entered_open_the_breaker() {
        for (entered, not_entered, is_open) in [
            (0, 19, false),
            (0, 20, true),
            (3, 17, true),
            (4, 16, false),
            (19, 80, true),
            (20, 80, false),
        ] {
            let uses = sent(&at_one_minute(0, entered, not_entered));
            let until = codes_paused_until(&uses, at(10));
            let told = format!("{entered} of {}", entered + not_entered);
            assert_eq!(until, is_open.then_some(at(60)), "{told}");
        }
    }

    #[test]
    fn a_code_that_can_still_be_entered_does_not_count_against_the_clinic() {
        let uses = sent(&at_one_minute(0, 0, 20));
        let a_moment_before = Timestamp::from_millis(at(10).as_millis() - 1);
        assert_eq!(codes_paused_until(&uses, a_moment_before), None);
        assert_eq!(codes_paused_until(&uses, at(10)), Some(at(60)));
        assert_eq!(codes_paused_until(&uses, at(60)), None);
    }

    #[test]
    fn the_breaker_closes_when_enough_have_left_the_window() {
        // The fifth that is missing was sent later, and counts for more once the first are gone.
        let mut codes = at_one_minute(0, 0, 10);
        codes.extend(at_one_minute(5, 3, 12));
        let uses = sent(&codes);
        assert_eq!(codes_paused_until(&uses, at(30)), Some(at(60)));
        // Those that become invalid meanwhile count too: it would open again at once.
        codes.extend(at_one_minute(50, 0, 10));
        let uses = sent(&codes);
        assert_eq!(codes_paused_until(&uses, at(30)), Some(at(65)));
    }

    #[test]
    fn codes_entered_late_or_out_of_order_change_nothing_else() {
        let mut codes = at_one_minute(0, 3, 17);
        codes.reverse();
        assert!(codes_paused_until(&sent(&codes), at(20)).is_some());
        let one_more_entered = at_one_minute(0, 4, 16);
        assert_eq!(codes_paused_until(&sent(&one_more_entered), at(20)), None);
    }

    #[test]
    fn a_hundred_codes_that_nobody_has_entered_pause_them_for_the_hour() {
        let [most] = UNANSWERED_CODES_FOR_CLINIC;
        let uses = sent(&at_one_minute(0, 500, most.count - 1));
        assert_eq!(codes_paused_until(&uses, at(1)), None);
        let uses = sent(&at_one_minute(0, 499, most.count));
        assert_eq!(codes_paused_until(&uses, at(1)), Some(at(60)));
        let [most] = CODES_FOR_CLINIC;
        let uses = sent(&at_one_minute(0, most.count, 0));
        assert_eq!(codes_paused_until(&uses, at(1)), Some(at(60)));
    }
}
