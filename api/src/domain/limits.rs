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

/// How long who somebody was is kept after the end of the stay, unless the clinic set its own: long
/// enough to take a lost place back or to call about something that was forgotten.
pub const ERASE_AFTER: Span = Span::minutes(15);
/// The clinic's own time may be set within these bounds: nobody needs a waiting area to know more than a
/// day later who was in it.
pub const ERASE_AFTER_SECONDS: std::ops::RangeInclusive<i64> = 0..=24 * 3600;
/// How often what is to be erased is looked for. Our own: also how long "at once" may take.
pub const ERASE_EVERY: Span = Span::seconds(5);
/// How often what was erased in the rows is erased from the bytes of the files: for that the whole file is
/// read. Our own.
pub const ERASE_BYTES_EVERY: Span = Span::minutes(1);
/// How long the bytes of the files may resist before somebody is told. Our own.
pub const ERASE_BYTES_WITHIN: Span = Span::minutes(2);
/// How long before its time is over something is erased, so that it is gone when it is over: time to come
/// by twice, to wait for the next turn of the bytes ([`ERASE_BYTES_EVERY`]), and to empty the log of
/// recent writes, which a reader may hold up. Our own.
pub const ERASE_AHEAD: Span = Span::seconds(90);
/// How long a text on its way holds up the erasing of the one it goes to: longer than it is tried
/// ([`TEXT_TRIES`]) or looked for ([`TEXT_IN_DOUBT`]). Our own.
pub const ERASE_WAITS_FOR_TEXT: Span = Span::minutes(2);

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
/// How long the provider has told nothing of a text that it has taken when it is asked for the first time:
/// its news mostly comes within seconds. Our own.
pub const TEXT_ASKED_AFTER: Span = Span::seconds(30);
/// The longest between two questions about a text. Our own: so long is a failure at most not shown when a
/// question was asked in vain.
pub const TEXT_ASKED_EVERY: Span = Span::minutes(15);
/// How long after a text was taken the provider is asked for the last time. Our own: what has become of it
/// by then is all that anybody will know.
pub const TEXT_ASKED_FOR: Span = Span::hours(24);

/// How many webhooks a clinic has. Of the contract of webhooks, as the figures that follow.
pub const WEBHOOKS_PER_CLINIC: usize = 10;
/// How long an event is tried to be delivered to a webhook, counted from when it happened.
pub const WEBHOOK_TRIED_FOR: Span = Span::hours(24);
/// After how long with nothing but failures a webhook is disabled.
pub const WEBHOOK_DISABLED_AFTER: Span = Span::hours(5 * 24);
/// How long a webhook's secret that was replaced signs beside the new one.
pub const WEBHOOK_SECRET_OVERLAP: Span = Span::hours(24);
/// How long a delivery that is over is kept.
pub const WEBHOOK_DELIVERIES_KEPT_FOR: Span = Span::hours(7 * 24);
/// How many deliveries of one webhook are kept.
pub const WEBHOOK_DELIVERIES_KEPT: i64 = 1000;
/// Among how many of a clinic's latest events those are counted that wait for a webhook. Our own: some
/// milliseconds.
pub const WEBHOOK_EVENTS_COUNTED: i64 = 10_000;
/// The wait after the first attempt that failed; it doubles with every other. Our own: a receiver that is
/// being restarted is back by the third.
pub const WEBHOOK_FIRST_WAIT: Span = Span::seconds(5);
/// The longest wait. Our own: who has repaired a receiver waits no longer for what was missed, and some
/// 60 attempts a day trouble nobody.
pub const WEBHOOK_LONGEST_WAIT: Span = Span::minutes(30);
/// After how many attempts an event is given up that could not be read here twice in a row. Our own: with
/// the waits doubling, some minutes.
pub const WEBHOOK_OUR_OWN_TRIES: i64 = 8;
/// The longest address of a webhook. Our own: what servers and proxies commonly take.
pub const WEBHOOK_ADDRESS_BYTES: usize = 2000;

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

/// How long a session lasts. Our own: a long shift, so that nobody is signed out in the middle of one.
pub const SESSION: Span = Span::hours(12);
/// How long a one-time sign-in link can be used. Our own: time to walk over to a colleague, not to be found
/// in an old mail.
pub const SIGN_IN_LINK: Span = Span::minutes(60);
/// Most members of a team. Our own: several times the staff of a large hospital's telehealth; without a
/// bound a script with an admin's session fills the disk.
pub const TEAM_MEMBERS: usize = 1000;
/// Most sessions of one member; opening another ends the one that has not been used for longest. Our own:
/// more than the screens a person signs in at in one shift.
pub const SESSIONS_OF_MEMBER: usize = 20;
/// Most unused sign-in links of one member; making another ends the one that ends first. Our own: a link
/// that got lost on its way needs a second, not a tenth.
pub const SIGN_IN_LINKS_OF_MEMBER: usize = 5;
/// Most API keys of a clinic that open anything. Our own: a key for each tool and each screen of a clinic,
/// and still few enough that an admin knows what each is for.
pub const API_KEYS: usize = 100;
/// Most keys, revoked and expired ones among them, that are listed; the latest. Our own.
pub const API_KEYS_LISTED: usize = 500;
/// How far ahead a key's expiry may lie: 2 years of 365 days. Our own: what is to work for longer than
/// anybody plans for says so by having none.
pub const API_KEY_AHEAD: Span = Span::hours(2 * 365 * 24);
/// Longest name of a team member or an API key, in characters. Our own: it stands in one line of a log.
pub const STAFF_NAME_CHARACTERS: usize = 100;
/// How exact the last use of a session or key is: it is written no more often than this. Our own.
pub const LAST_USE_EVERY: Span = Span::minutes(1);

/// How often a look at the same thing by the same member or key is recorded in the audit log: as the
/// decisions about the API have it.
pub const LOOK_RECORDED_EVERY: Span = Span::minutes(10);
/// How long the audit log is kept, and how long the figures of a stay: a year, and the weeks in which the
/// year is looked back at. As the decisions about the API have it.
pub const AUDIT_LOG_KEPT: Span = Span::hours(24 * 400);
/// As [`AUDIT_LOG_KEPT`].
pub const FIGURES_KEPT: Span = Span::hours(24 * 400);
/// Most days of one report: all that are kept.
pub const REPORT_DAYS: usize = 400;

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

/// Requests of one API key. Our own: a tool that asks ten times a second, all day; one that follows by
/// subscription asks once.
pub const REQUESTS_OF_KEY: Allowance = Allowance {
    count: 600,
    within: Span::minutes(1),
};
/// Requests of one team member, in all sessions together. Our own: a person in the console makes one
/// a click and three when it opens.
pub const REQUESTS_OF_SESSION: Allowance = Allowance {
    count: 600,
    within: Span::minutes(1),
};
/// Requests of one caller, from all screens together. Our own: a wait screen that reports on every
/// glance makes a few a minute, and ten where the network comes and goes.
pub const REQUESTS_OF_CALLER: Allowance = Allowance {
    count: 120,
    within: Span::minutes(1),
};
/// Requests without a good credential from one address. Our own: to arrive takes two, so a whole
/// waiting room behind one address comes in within a minute.
pub const REQUESTS_FROM_ADDRESS: Allowance = Allowance {
    count: 240,
    within: Span::minutes(1),
};

/// Requests of one party (whoever bears a credential, or an address without a good one) that are answered
/// at a time, until the answer is with the network; others of that party wait for their turn. Our own: a
/// screen sends three when it opens and a browser six at once, and each takes milliseconds; without a bound
/// one party has the processors, and its answers the memory, that others wait for.
pub const REQUESTS_AT_A_TIME: usize = 8;
/// How many more of one party wait for their turn. Our own: a tool that reads each caller of a busy waiting
/// area at once, or all who arrive behind one address; 16 MB where each is as large as may be.
pub const REQUESTS_WAITING: usize = 256;

/// Connections for live updates at a time, of everyone together. Our own: each takes a file descriptor
/// and some 30 kB.
pub const CONNECTIONS: usize = 20_000;
/// The same of one team member or one API key. Our own: a console open in every room of a clinic.
pub const CONNECTIONS_OF_STAFF: usize = 20;
/// The same of one caller. Our own: a phone and a laptop, and what they lost and the server does not
/// know of yet.
pub const CONNECTIONS_OF_CALLER: usize = 10;
/// The same from one address, whoever is behind it. Our own: a clinic with its staff and its waiting
/// room on one line.
pub const CONNECTIONS_FROM_ADDRESS: usize = 200;
/// People from one address who come back from the identity provider at the same time. Our own: each is
/// asked about there for up to 40 s, which a stranger can have done with made-up codes.
pub const RETURNS_FROM_ADDRESS: usize = 2;

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
