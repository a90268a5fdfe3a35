//! A clinic's figures, without personal data: those of one stay out of its events, those of days out
//! of the stays that arrived on them.
//!
//! Only stays that have ended are counted, each with all that happened in it, on the day it arrived.
//! So every stay is counted once: of a day that is over long enough,
//! `arrived + resumed = completed + left + lost_contact + cancelled`.

use super::delivery::SmsState;
use super::event::What;
use super::text::TextPurpose;
use super::time::{Span, Timestamp};

/// How a stay began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// By the clinic link.
    Arrived,
    /// In the place of a stay that lost contact, which is counted for itself.
    Resumed,
}

/// How a stay ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The consultation was completed.
    Completed,
    /// The caller left.
    Left,
    /// The caller, unverified, was not seen for the grace time.
    LostContact,
    /// Staff cancelled.
    Cancelled,
}

/// What is kept of a stay for reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StayFigures {
    /// As [`Caller::arrived_at`](super::caller::Caller::arrived_at): a resumed stay has that of the
    /// stay it continues.
    pub arrived_at: Timestamp,
    /// When the stay ended.
    pub ended_at: Timestamp,
    /// How it began.
    pub beginning: Beginning,
    /// How it ended.
    pub ending: Ending,
    /// From the arrival to the first join; `None` for one who was never joined.
    pub wait: Option<Span>,
    /// Each time Offline, in order; the last may have ended with the stay.
    pub offline: Vec<Span>,
    /// How often staff recalled.
    pub recalls: usize,
    /// From each recall that was followed by a return to that return, in order of the recalls.
    pub returns: Vec<Span>,
    /// Whether the stay ended without a return after the last recall.
    pub is_no_show: bool,
    /// How many secure codes were sent.
    pub codes_sent: usize,
    /// How often a number was verified, by a code or by staff.
    pub phones_verified: usize,
}

/// Where a caller stands, as far as the figures need it.
#[derive(Clone, Copy)]
enum Standing {
    Waiting { is_viewing: bool },
    Offline { since: Timestamp },
    Attended,
}

/// The figures of a stay out of all of its events, oldest first. `None` when they do not begin with
/// its arrival or do not reach its end: half a stay has no figures.
#[must_use]
pub fn of_stay(arrived_at: Timestamp, events: &[(Timestamp, What)]) -> Option<StayFigures> {
    let (first, rest) = events.split_first()?;
    let beginning = match first.1 {
        What::Arrived => Beginning::Arrived,
        What::Resumed => Beginning::Resumed,
        _ => return None,
    };
    let mut stay = StayFigures {
        arrived_at,
        ended_at: first.0,
        beginning,
        ending: Ending::Left,
        wait: None,
        offline: Vec::new(),
        recalls: 0,
        returns: Vec::new(),
        is_no_show: false,
        codes_sent: 0,
        phones_verified: 0,
    };
    let mut standing = Standing::Waiting { is_viewing: true };
    let mut unanswered: Vec<Timestamp> = Vec::new();
    for &(at, what) in rest {
        if let Some(ending) = ending(what) {
            leave_offline(standing, at, &mut stay);
            stay.is_no_show = !unanswered.is_empty();
            stay.ending = ending;
            stay.ended_at = at;
            return Some(stay);
        }
        match what {
            What::NotResponding | What::RespondingAgain => {
                if let Standing::Waiting { is_viewing } = &mut standing {
                    *is_viewing = what == What::RespondingAgain;
                }
            }
            What::PhoneVerified | What::PhoneVouchedFor => {
                stay.phones_verified += 1;
                // Verified and not viewing is Offline: there is no other event for it.
                if let Standing::Waiting { is_viewing: false } = standing {
                    standing = Standing::Offline { since: at };
                }
            }
            What::WentOffline => standing = Standing::Offline { since: at },
            What::CameBack => {
                leave_offline(standing, at, &mut stay);
                standing = Standing::Waiting { is_viewing: true };
                let returns = unanswered.drain(..).map(|recalled| at.since(recalled));
                stay.returns.extend(returns);
            }
            What::Recalled => {
                stay.recalls += 1;
                unanswered.push(at);
            }
            What::Joined => {
                stay.wait.get_or_insert(at.since(arrived_at));
                standing = Standing::Attended;
            }
            What::CodeSent => stay.codes_sent += 1,
            _ => {}
        }
    }
    None
}

fn ending(what: What) -> Option<Ending> {
    match what {
        What::Completed => Some(Ending::Completed),
        What::Left => Some(Ending::Left),
        What::LostContact => Some(Ending::LostContact),
        What::Cancelled => Some(Ending::Cancelled),
        _ => None,
    }
}

fn leave_offline(standing: Standing, at: Timestamp, stay: &mut StayFigures) {
    if let Standing::Offline { since } = standing {
        stay.offline.push(at.since(since));
    }
}

/// The figures of some stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Stays that began by the clinic link.
    pub arrived: usize,
    /// Stays that ended with a completed consultation.
    pub completed: usize,
    /// Stays that callers ended.
    pub left: usize,
    /// Stays that lost contact, also those resumed later.
    pub lost_contact: usize,
    /// Stays that staff cancelled.
    pub cancelled: usize,
    /// Stays that took the place of a lost one.
    pub resumed: usize,
    /// Of the waits from arrival to first join; `None` when nobody was joined.
    pub median_wait: Option<Span>,
    /// The longest of them.
    pub longest_wait: Option<Span>,
    /// Callers who were Offline at least once.
    pub went_offline: usize,
    /// How often callers were Offline.
    pub times_offline: usize,
    /// Of the times Offline; `None` when there was none.
    pub median_offline: Option<Span>,
    /// Recalls.
    pub recalls: usize,
    /// Recalls that were followed by a return.
    pub recalls_answered: usize,
    /// Of the times from such a recall to the return; `None` when there was none.
    pub median_recall_to_return: Option<Span>,
    /// Stays that ended without a return after the last recall.
    pub no_shows: usize,
    /// Secure codes sent.
    pub codes_sent: usize,
    /// Numbers verified, by a code or by staff.
    pub phones_verified: usize,
    /// What became of the texts, one for each of [`PURPOSES`], in their order.
    pub texts: [TextFigures; PURPOSES.len()],
}

/// What texts are sent for, in the order in which they are reported.
pub const PURPOSES: [TextPurpose; 3] = [
    TextPurpose::Code,
    TextPurpose::Recall,
    TextPurpose::Cancelled,
];

/// What became of the texts of one purpose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextFigures {
    /// Those that went out, or were given up: the three below are among them, and the rest was taken by
    /// the provider, which has told no more. Not those that are still to go out, nor those that were
    /// withdrawn because nobody needed them any more.
    pub sent: usize,
    /// Those that are known to have reached the phone.
    pub delivered: usize,
    /// Those that did not, and never will.
    pub failed: usize,
    /// Those of which nobody can tell whether they went out.
    pub unknown: usize,
}

impl TextFigures {
    fn count(&mut self, state: SmsState) {
        let which = match state {
            SmsState::Queued | SmsState::Sending => return,
            SmsState::Sent => None,
            SmsState::Delivered => Some(&mut self.delivered),
            SmsState::Failed => Some(&mut self.failed),
            SmsState::Unknown => Some(&mut self.unknown),
        };
        if let Some(which) = which {
            *which += 1;
        }
        self.sent += 1;
    }

    fn add(&mut self, other: Self) {
        self.sent += other.sent;
        self.delivered += other.delivered;
        self.failed += other.failed;
        self.unknown += other.unknown;
    }
}

/// Days in order, and what is counted on them.
#[derive(Clone, Debug)]
pub struct Days {
    /// Where each day begins, and at last where the last one ends.
    bounds: Vec<Timestamp>,
    tallies: Vec<Tally>,
}

/// All that the figures of some stays are worked out from. A median needs every value.
#[derive(Clone, Debug, Default)]
struct Tally {
    counts: Figures,
    waits: Vec<Span>,
    offline: Vec<Span>,
    returns: Vec<Span>,
}

impl Days {
    /// Days by where each begins and, as the last bound, where the last one ends: in order. Days may
    /// have any length, as those on which clocks change do.
    #[must_use]
    pub fn new(bounds: Vec<Timestamp>) -> Self {
        let tallies = vec![Tally::default(); bounds.len().saturating_sub(1)];
        Self { bounds, tallies }
    }

    /// The beginning of each day with its end, which is no longer of it.
    pub fn spans(&self) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let ends = self.bounds.iter().skip(1);
        self.bounds.iter().copied().zip(ends.copied())
    }

    /// Counts a stay on the day it arrived; one of another day is left out.
    pub fn add(&mut self, stay: &StayFigures) {
        if let Some(tally) = self.of(stay.arrived_at) {
            tally.add(stay);
        }
    }

    /// Counts a text for a stay on the day that the stay arrived.
    pub fn add_text(&mut self, arrived_at: Timestamp, purpose: TextPurpose, state: SmsState) {
        if let Some(tally) = self.of(arrived_at) {
            let texts = tally.counts.texts.iter_mut().zip(PURPOSES);
            for (figures, _) in texts.filter(|(_, counted)| *counted == purpose) {
                figures.count(state);
            }
        }
    }

    /// The figures of each day, and of all of them.
    #[must_use]
    pub fn figures(&self) -> (Vec<Figures>, Figures) {
        let mut total = Tally::default();
        for day in &self.tallies {
            total.merge(day);
        }
        let days = self.tallies.iter().map(Tally::figures).collect();
        (days, total.figures())
    }

    fn of(&mut self, at: Timestamp) -> Option<&mut Tally> {
        let begun = self.bounds.partition_point(|bound| *bound <= at);
        self.tallies.get_mut(begun.checked_sub(1)?)
    }
}

impl Tally {
    fn add(&mut self, stay: &StayFigures) {
        let counts = &mut self.counts;
        match stay.beginning {
            Beginning::Arrived => counts.arrived += 1,
            Beginning::Resumed => counts.resumed += 1,
        }
        match stay.ending {
            Ending::Completed => counts.completed += 1,
            Ending::Left => counts.left += 1,
            Ending::LostContact => counts.lost_contact += 1,
            Ending::Cancelled => counts.cancelled += 1,
        }
        counts.went_offline += usize::from(!stay.offline.is_empty());
        counts.recalls += stay.recalls;
        counts.no_shows += usize::from(stay.is_no_show);
        counts.codes_sent += stay.codes_sent;
        counts.phones_verified += stay.phones_verified;
        self.waits.extend(stay.wait);
        self.offline.extend(&stay.offline);
        self.returns.extend(&stay.returns);
    }

    fn merge(&mut self, other: &Self) {
        let (counts, more) = (&mut self.counts, &other.counts);
        for (count, more) in [
            (&mut counts.arrived, more.arrived),
            (&mut counts.completed, more.completed),
            (&mut counts.left, more.left),
            (&mut counts.lost_contact, more.lost_contact),
            (&mut counts.cancelled, more.cancelled),
            (&mut counts.resumed, more.resumed),
            (&mut counts.went_offline, more.went_offline),
            (&mut counts.recalls, more.recalls),
            (&mut counts.no_shows, more.no_shows),
            (&mut counts.codes_sent, more.codes_sent),
            (&mut counts.phones_verified, more.phones_verified),
        ] {
            *count += more;
        }
        for (texts, more) in counts.texts.iter_mut().zip(more.texts) {
            texts.add(more);
        }
        self.waits.extend(&other.waits);
        self.offline.extend(&other.offline);
        self.returns.extend(&other.returns);
    }

    fn figures(&self) -> Figures {
        Figures {
            median_wait: median(&self.waits),
            longest_wait: self.waits.iter().max().copied(),
            times_offline: self.offline.len(),
            median_offline: median(&self.offline),
            recalls_answered: self.returns.len(),
            median_recall_to_return: median(&self.returns),
            ..self.counts.clone()
        }
    }
}

/// The middle one in order of size; of an even number the mean of the middle two, half a millisecond
/// rounded down.
fn median(spans: &[Span]) -> Option<Span> {
    let mut sorted = spans.to_vec();
    sorted.sort_unstable();
    let upper = *sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = *sorted.get(sorted.len() / 2 - 1)?;
    Some(Span::millis(lower.as_millis().midpoint(upper.as_millis())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    fn seconds(given: &[i64]) -> Vec<Span> {
        given.iter().copied().map(Span::seconds).collect()
    }

    fn folded(events: &[(i64, What)]) -> Option<StayFigures> {
        let events: Vec<_> = events.iter().map(|&(s, what)| (at(s), what)).collect();
        of_stay(at(0), &events)
    }

    #[test]
    fn a_stay_is_folded_into_what_took_how_long() {
        let stay = folded(&[
            (0, What::Arrived),
            (5, What::CodeSent),
            (20, What::PhoneVerified),
            (30, What::WentOffline),
            (100, What::Recalled),
            (170, What::Recalled),
            (200, What::CameBack),
            (210, What::WentOffline),
            (215, What::CameBack),
            (260, What::Joined),
            (300, What::Held),
            (400, What::Joined),
            (500, What::Completed),
        ]);
        let stay = stay.unwrap();
        assert_eq!(stay.wait, Some(Span::seconds(260)));
        assert_eq!(stay.offline, seconds(&[170, 5]));
        assert_eq!((stay.recalls, stay.is_no_show), (2, false));
        assert_eq!(stay.returns, seconds(&[100, 30]));
        assert_eq!((stay.codes_sent, stay.phones_verified), (1, 1));
        assert_eq!((stay.ending, stay.ended_at), (Ending::Completed, at(500)));
    }

    #[test]
    fn whoever_is_verified_while_not_viewing_is_offline_from_then_on() {
        for verified in [What::PhoneVerified, What::PhoneVouchedFor] {
            let away = folded(&[
                (0, What::Arrived),
                (10, What::NotResponding),
                (30, verified),
                (90, What::Left),
            ]);
            assert_eq!(away.unwrap().offline, seconds(&[60]), "{verified:?}");
            let back = folded(&[
                (0, What::Arrived),
                (10, What::NotResponding),
                (20, What::RespondingAgain),
                (30, verified),
                (90, What::Left),
            ]);
            assert_eq!(back.unwrap().offline, [], "{verified:?}");
            let attended = folded(&[
                (0, What::Arrived),
                (10, What::NotResponding),
                (20, What::Joined),
                (30, verified),
                (90, What::Completed),
            ]);
            assert_eq!(attended.unwrap().offline, [], "{verified:?}");
        }
    }

    #[test]
    fn one_who_came_back_from_an_earlier_recall_can_still_be_a_no_show() {
        let stay = folded(&[
            (0, What::Arrived),
            (1, What::PhoneVerified),
            (2, What::WentOffline),
            (10, What::Recalled),
            (20, What::CameBack),
            (30, What::WentOffline),
            (100, What::Recalled),
            (200, What::Cancelled),
        ]);
        let stay = stay.unwrap();
        assert_eq!(stay.returns, seconds(&[10]));
        assert!(stay.is_no_show);
        assert_eq!(stay.offline, seconds(&[18, 170]));
    }

    #[test]
    fn half_a_stay_has_no_figures() {
        assert_eq!(folded(&[]), None);
        assert_eq!(folded(&[(0, What::Arrived), (1, What::Joined)]), None);
        assert_eq!(folded(&[(0, What::Joined), (1, What::Completed)]), None);
    }

    #[test]
    fn a_clock_that_was_set_back_makes_no_time_negative() {
        let stay = folded(&[
            (0, What::Arrived),
            (50, What::PhoneVerified),
            (60, What::WentOffline),
            (-10, What::CameBack),
            (-5, What::Joined),
            (-1, What::Completed),
        ]);
        let stay = stay.unwrap();
        assert_eq!(stay.offline, seconds(&[0]));
        assert_eq!(stay.wait, Some(Span::seconds(0)));
    }

    #[test]
    fn a_median_is_the_middle_one_or_the_mean_of_the_middle_two() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&seconds(&[7])), Some(Span::seconds(7)));
        assert_eq!(median(&seconds(&[9, 1, 5])), Some(Span::seconds(5)));
        let odd = [1, 2, 4, 1000].map(Span::millis);
        assert_eq!(median(&odd), Some(Span::millis(3)));
        let longest = [i64::MAX - 1, i64::MAX - 3].map(Span::millis);
        assert_eq!(median(&longest), Some(Span::millis(i64::MAX - 2)));
    }

    #[test]
    fn a_stay_counts_on_the_day_it_arrived_however_long_that_day_is() {
        let mut days = Days::new(vec![at(0), at(10), at(10), at(35)]);
        let arrived = |second| {
            let events = [(at(second), What::Arrived), (at(1000), What::Left)];
            of_stay(at(second), &events).unwrap()
        };
        for second in [-1, 0, 9, 10, 34, 35] {
            days.add(&arrived(second));
        }
        let (each, total) = days.figures();
        // The day between has no length, as one that a clinic's time zone has skipped.
        assert_eq!([2, 0, 2], [0, 1, 2].map(|day| each[day].arrived));
        assert_eq!(total.arrived, 4);
    }

    #[test]
    fn a_text_counts_by_the_furthest_that_was_heard_of_it() {
        let mut days = Days::new(vec![at(0), at(10)]);
        for state in [
            SmsState::Queued,
            SmsState::Sending,
            SmsState::Sent,
            SmsState::Delivered,
            SmsState::Delivered,
            SmsState::Failed,
            SmsState::Unknown,
        ] {
            days.add_text(at(5), TextPurpose::Recall, state);
            days.add_text(at(11), TextPurpose::Recall, state);
        }
        let (_, total) = days.figures();
        let wanted = TextFigures {
            sent: 5,
            delivered: 2,
            failed: 1,
            unknown: 1,
        };
        assert_eq!(
            total.texts,
            [TextFigures::default(), wanted, TextFigures::default()]
        );
    }
}
