//! Every figure of the product in one place. The source of each is `product.md` (What Standby must
//! do) unless its line says otherwise; those of codes are the limits of Real SMS.
//!
//! None of them keeps anybody from waiting on screen: whoever meets one keeps the place, and is told
//! to keep the page open.

use super::time::{Span, Timestamp};

/// How long a screen counts as viewing after its last sign of life.
pub const PRESENCE_LEASE: Span = Span::seconds(30);
/// How long an unverified caller who stopped viewing keeps the place, unless the clinic set its
/// own.
pub const LOST_CONTACT_GRACE: Span = Span::minutes(2);
/// The same while a code is outstanding: the caller has left the page to read it.
pub const LOST_CONTACT_GRACE_WITH_CODE: Span = Span::minutes(10);
/// The clinic's own grace may be set within these bounds: below a lease a network hiccup would lose
/// a caller, above an hour the list would fill with people who are gone.
pub const LOST_CONTACT_GRACE_SECONDS: std::ops::RangeInclusive<i64> = 30..=3600;

/// How long a secure code is valid.
pub const CODE_VALIDITY: Span = Span::minutes(10);
/// How many wrong codes are looked at before a new one is needed.
pub const CODE_ATTEMPTS: u8 = 5;
/// How long until another code may go to a number: after the first that it was sent within the longest
/// window of [`CODES_TO_NUMBER`], the second, the third, and the fourth and every later one. Whichever
/// caller asks: a number that others enter as theirs is not rung all day.
pub const CODE_PAUSES: [Span; 4] = [
    Span::minutes(1),
    Span::minutes(2),
    Span::minutes(5),
    Span::minutes(10),
];

/// How long until another recall may be sent.
pub const RECALL_EVERY: Span = Span::minutes(1);
/// A recall repeated within this time is the same click twice, or two staff at once: it succeeds
/// and sends nothing. After it, until [`RECALL_EVERY`], a person wants a second text and is told
/// when.
pub const RECALL_REPEAT: Span = Span::seconds(10);
/// How many recalls one stay may have.
pub const RECALLS_PER_STAY: u32 = 5;

/// How long a text that may have gone out is looked for. After it nothing more is tried: staff are shown
/// that nobody knows.
pub const TEXT_IN_DOUBT: Span = Span::seconds(60);
/// The shortest and the longest wait until a text in doubt is looked for again. Our own.
pub const TEXT_LOOK_EVERY: (Span, Span) = (Span::seconds(1), Span::seconds(15));
/// How long a text is one worker's to hand over: longer than that ever takes, so that only a crash lets it
/// run out. Our own; see `Texter` for what it may take.
pub const TEXT_CLAIM: Span = Span::seconds(45);
/// How often a text that the provider turns away for now is tried, until it has failed. Our own: with
/// the wait doubling from a second, about half a minute.
pub const TEXT_TRIES: i64 = 6;

/// How many screens of one caller are remembered; the least recently heard goes first.
pub const SCREENS_PER_CALLER: usize = 16;

/// Longest name, in characters. Our own: the longest legal names on record fit in it twice.
pub const NAME_CHARACTERS: usize = 200;
/// Longest answer to an entry field, in characters. Our own.
pub const ANSWER_CHARACTERS: usize = 500;
/// Most entry fields of a clinic. Our own: more is a form, not a door.
pub const ENTRY_FIELDS: usize = 12;
/// Longest reason given with cancel or leave, in characters. Our own.
pub const REASON_CHARACTERS: usize = 300;
/// Longest idempotency key, in characters.
pub const IDEMPOTENCY_KEY_CHARACTERS: usize = 255;
/// How long an idempotency key is remembered.
pub const IDEMPOTENCY_KEPT: Span = Span::hours(24);

/// How many sends or tries one subject (a number, an address, a clinic) may have in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// How many fit in the window.
    pub count: usize,
    /// The window, which slides: it is looked at backwards from now.
    pub within: Span,
}

/// Codes sent to one number.
pub const CODES_TO_NUMBER: [Allowance; 2] = [
    Allowance {
        count: 3,
        within: Span::minutes(10),
    },
    Allowance {
        count: 5,
        within: Span::hours(1),
    },
];
/// Codes asked for from one address. Our own: a clinic's whole waiting room may share one.
pub const CODES_FROM_ADDRESS: [Allowance; 1] = [Allowance {
    count: 60,
    within: Span::hours(1),
}];
/// Codes sent for one clinic. Our own: far above a busy hour, far below a bill that hurts.
pub const CODES_FOR_CLINIC: [Allowance; 1] = [Allowance {
    count: 600,
    within: Span::hours(1),
}];
/// Codes sent for one clinic that nobody has entered: one that is entered no longer counts. Real
/// callers enter theirs; whoever has codes sent to numbers that earn from it does not.
pub const UNANSWERED_CODES_FOR_CLINIC: [Allowance; 1] = [Allowance {
    count: 100,
    within: Span::hours(1),
}];
/// The breaker: how long a clinic's codes are looked back on.
pub const BREAKER_WINDOW: Span = Span::hours(1);
/// The breaker judges by no fewer codes than these, all of them no longer valid: of a few, most may be
/// left unentered by chance. Our own.
pub const BREAKER_CODES: usize = 20;
/// The breaker opens when fewer than this many in a hundred of those codes were ever entered.
pub const BREAKER_ENTERED_PERCENT: usize = 20;
/// Wrong codes for one number: a new code never resets these.
pub const WRONG_CODES_FOR_NUMBER: [Allowance; 2] = [
    Allowance {
        count: 5,
        within: Span::hours(1),
    },
    Allowance {
        count: 20,
        within: Span::hours(24),
    },
];
/// Wrong codes in a row for one number, however long it takes: a right one ends the row. After these
/// only staff can verify the number. Remembered for a year, which is our own: at twenty a day it takes
/// five days, and a number given to somebody else is free in the end.
pub const WRONG_CODES_IN_A_ROW: [Allowance; 1] = [Allowance {
    count: 100,
    within: Span::hours(365 * 24),
}];
/// Wrong codes from one address. Our own.
pub const WRONG_CODES_FROM_ADDRESS: [Allowance; 1] = [Allowance {
    count: 100,
    within: Span::hours(1),
}];
/// Wrong codes in one clinic. Our own: at this rate a guesser needs a year for one code.
pub const WRONG_CODES_FOR_CLINIC: [Allowance; 1] = [Allowance {
    count: 300,
    within: Span::hours(1),
}];
/// Arrivals from one address. Our own: a family or a shared clinic tablet never reaches it.
pub const ARRIVALS_FROM_ADDRESS: [Allowance; 1] = [Allowance {
    count: 2000,
    within: Span::hours(1),
}];

/// How often one reply counts, however often the provider tells of it: a reply that ends a stay would
/// end the next child's, told again. Our own: nobody tells again after a day.
pub const REPLIES_HEARD: [Allowance; 1] = [Allowance {
    count: 1,
    within: Span::hours(24),
}];

/// What an allowance counts by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LimitKind {
    /// Secure codes by the number they go to: [`CODES_TO_NUMBER`].
    CodeToNumber,
    /// Secure codes by the address that asks for them: [`CODES_FROM_ADDRESS`].
    CodeFromAddress,
    /// Secure codes by the clinic that pays for them: [`CODES_FOR_CLINIC`].
    CodeForClinic,
    /// Secure codes that nobody has entered, by clinic: [`UNANSWERED_CODES_FOR_CLINIC`].
    UnansweredCodeForClinic,
    /// Wrong codes by the number that is being proven: [`WRONG_CODES_FOR_NUMBER`].
    WrongCodeForNumber,
    /// Wrong codes since the last right one, by the number that is being proven:
    /// [`WRONG_CODES_IN_A_ROW`].
    WrongCodeInARow,
    /// Wrong codes by the address that enters them: [`WRONG_CODES_FROM_ADDRESS`].
    WrongCodeFromAddress,
    /// Wrong codes by clinic, whoever enters them: [`WRONG_CODES_FOR_CLINIC`].
    WrongCodeForClinic,
    /// Replies by the provider's name for them: [`REPLIES_HEARD`].
    ReplyHeard,
    /// Arrivals by the address they come from: [`ARRIVALS_FROM_ADDRESS`].
    ArrivalFromAddress,
}

impl LimitKind {
    /// The limits of this kind: all of them must allow it.
    #[must_use]
    pub const fn allowances(self) -> &'static [Allowance] {
        match self {
            Self::CodeToNumber => &CODES_TO_NUMBER,
            Self::CodeFromAddress => &CODES_FROM_ADDRESS,
            Self::CodeForClinic => &CODES_FOR_CLINIC,
            Self::UnansweredCodeForClinic => &UNANSWERED_CODES_FOR_CLINIC,
            Self::WrongCodeForNumber => &WRONG_CODES_FOR_NUMBER,
            Self::WrongCodeInARow => &WRONG_CODES_IN_A_ROW,
            Self::WrongCodeFromAddress => &WRONG_CODES_FROM_ADDRESS,
            Self::WrongCodeForClinic => &WRONG_CODES_FOR_CLINIC,
            Self::ReplyHeard => &REPLIES_HEARD,
            Self::ArrivalFromAddress => &ARRIVALS_FROM_ADDRESS,
        }
    }

    /// Whose uses are counted together.
    #[must_use]
    pub const fn counts_by(self) -> CountsBy {
        match self {
            Self::CodeToNumber | Self::WrongCodeForNumber | Self::WrongCodeInARow => {
                CountsBy::Number
            }
            Self::CodeFromAddress | Self::WrongCodeFromAddress | Self::ArrivalFromAddress => {
                CountsBy::Address
            }
            Self::CodeForClinic | Self::UnansweredCodeForClinic | Self::WrongCodeForClinic => {
                CountsBy::Clinic
            }
            Self::ReplyHeard => CountsBy::Text,
        }
    }

    /// The longest window of this kind: what is older need not be kept.
    #[must_use]
    pub fn longest(self) -> Span {
        self.allowances()
            .iter()
            .map(|allowance| allowance.within)
            .max()
            .unwrap_or(Span::hours(24))
    }
}

/// Whose uses are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountsBy {
    /// Those of a number, whichever caller and clinic.
    Number,
    /// Those of an address, whoever is behind it.
    Address,
    /// Those of a clinic.
    Clinic,
    /// Those of a text that came in, by the provider's name for it.
    Text,
}

/// One subject's use so far of one kind of allowance; the times may be in any order.
#[derive(Clone, Debug)]
pub struct Use {
    /// Which limits these count towards.
    pub kind: LimitKind,
    /// At least those within the longest window; older ones do no harm.
    pub times: Vec<Timestamp>,
}

/// When the next one is allowed: `None` for now.
#[must_use]
pub fn allowed_again_at<'u>(
    uses: impl IntoIterator<Item = &'u Use>,
    now: Timestamp,
) -> Option<Timestamp> {
    let mut latest = None;
    for used in uses {
        for allowance in used.kind.allowances() {
            let mut recent = used.within(allowance.within, now);
            if recent.len() < allowance.count {
                continue;
            }
            recent.sort_unstable();
            // The window opens again when the oldest of the last `count` has left it.
            let opens = recent[recent.len() - allowance.count] + allowance.within;
            latest = latest.max(Some(opens));
        }
    }
    latest
}

/// When the pause after a number's latest code is over: `None` for now, or when it was sent none.
#[must_use]
pub fn pause_ends_at(uses: &[Use], now: Timestamp) -> Option<Timestamp> {
    let to_number = uses
        .iter()
        .find(|used| used.kind == LimitKind::CodeToNumber)?;
    let recent = to_number.within(to_number.kind.longest(), now);
    let latest = recent.iter().max()?;
    let pause = CODE_PAUSES
        .get(recent.len() - 1)
        .or(CODE_PAUSES.last())
        .copied()?;
    Some(*latest + pause).filter(|ends_at| *ends_at > now)
}

/// Whether so many wrong codes in a row were entered for a number that only staff can verify it.
#[must_use]
pub fn only_staff_can_verify(uses: &[Use], now: Timestamp) -> bool {
    let in_a_row = |used: &&Use| used.kind == LimitKind::WrongCodeInARow;
    allowed_again_at(uses.iter().filter(in_a_row), now).is_some()
}

impl Use {
    /// The times within a window that is looked at backwards from now.
    fn within(&self, window: Span, now: Timestamp) -> Vec<Timestamp> {
        let from = now - window;
        let times = self.times.iter().copied();
        times.filter(|&time| time > from).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    #[test]
    fn a_fourth_code_to_a_number_within_ten_minutes_waits_until_the_first_has_left_the_window() {
        let times = vec![at(0), at(60), at(120)];
        let used = [Use {
            kind: LimitKind::CodeToNumber,
            times,
        }];
        assert_eq!(allowed_again_at(&used, at(180)), Some(at(600)));
        assert_eq!(allowed_again_at(&used, at(600)), None);
    }

    #[test]
    fn a_sixth_code_to_a_number_within_an_hour_waits_for_the_hour() {
        let times = vec![at(0), at(700), at(1400), at(2100), at(2800)];
        let used = [Use {
            kind: LimitKind::CodeToNumber,
            times,
        }];
        assert_eq!(allowed_again_at(&used, at(3500)), Some(at(3600)));
    }

    #[test]
    fn of_several_limits_the_one_that_opens_last_counts() {
        let number = Use {
            kind: LimitKind::CodeToNumber,
            times: vec![at(0), at(1), at(2)],
        };
        let wrong = Use {
            kind: LimitKind::WrongCodeForNumber,
            times: vec![at(0); 5],
        };
        assert_eq!(allowed_again_at(&[number, wrong], at(3)), Some(at(3600)));
    }

    #[test]
    fn each_code_to_a_number_is_followed_by_a_longer_pause_up_to_ten_minutes() {
        let mut used = Use {
            kind: LimitKind::CodeToNumber,
            times: Vec::new(),
        };
        assert_eq!(pause_ends_at(&[used.clone()], at(0)), None);
        // In no order, and as many as the limit of an hour would not even allow.
        for (seconds, pause) in [
            (0, 60),
            (1000, 120),
            (2000, 300),
            (3000, 600),
            (3001, 600),
            (3002, 600),
        ] {
            used.times.insert(0, at(seconds));
            let ends_at = pause_ends_at(&[used.clone()], at(seconds));
            assert_eq!(ends_at, Some(at(seconds + pause)), "after {seconds} s");
        }
        assert_eq!(pause_ends_at(&[used.clone()], at(3002 + 600)), None);
        // An hour after the first ones, only the last are counted.
        used.times = vec![at(0), at(3599)];
        assert_eq!(pause_ends_at(&[used], at(3600)), Some(at(3599 + 60)));
    }

    #[test]
    fn a_hundred_wrong_codes_in_a_row_leave_it_to_staff() {
        let row = |count| {
            [Use {
                kind: LimitKind::WrongCodeInARow,
                times: vec![at(0); count],
            }]
        };
        assert!(!only_staff_can_verify(&row(99), at(1)));
        assert!(only_staff_can_verify(&row(100), at(1)));
        let a_year = 365 * 24 * 3600;
        assert!(only_staff_can_verify(&row(100), at(a_year - 1)));
        assert!(!only_staff_can_verify(&row(100), at(a_year)));
    }
}
