//! Whatever happens in whatever stays, the figures are those that a plain look at the callers gives.

use crate::property::{holds, regressions};
use crate::stay::{Outcome, Stay, clinic};
use proptest::prelude::*;
use proptest::sample::select;
use standby::domain::caller::{Caller, End};
use standby::domain::event::What;
use standby::domain::phone_number::PhoneNumber;
use standby::domain::reply::Answer;
use standby::domain::report::{
    Beginning, Days, Ending, Figures, StayFigures, TextFigures, of_stay,
};
use standby::domain::status::Status;
use standby::domain::text::TextPurpose;
use standby::domain::time::{Span, Timestamp};

/// Something that is asked of a stay.
#[derive(Clone, Copy, Debug)]
enum Ask {
    Look,
    LookAway,
    LookByTheLink,
    Verify,
    EnterNonsense,
    VouchFor,
    Recall,
    ReplyComing,
    ReplyLeaving,
    LoseContact,
    Join,
    Hold,
    Complete,
    Cancel,
    Leave,
}

const ASKS: [Ask; 15] = [
    Ask::Look,
    Ask::LookAway,
    Ask::LookByTheLink,
    Ask::Verify,
    Ask::EnterNonsense,
    Ask::VouchFor,
    Ask::Recall,
    Ask::ReplyComing,
    Ask::ReplyLeaving,
    Ask::LoseContact,
    Ask::Join,
    Ask::Hold,
    Ask::Complete,
    Ask::Cancel,
    Ask::Leave,
];

/// A stay: on which day it arrives and what comes after how long; whether a lost place is taken back.
#[derive(Clone, Debug)]
struct Told {
    day: usize,
    steps: Vec<(i64, Ask)>,
    takes_back: bool,
}

const DAYS: usize = 4;
const DAY: Span = Span::hours(24);

fn told() -> impl Strategy<Value = Told> {
    // Those that keep a stay going come more often than those that end it.
    let ask = prop_oneof![
        6 => select(&ASKS[..7]),
        2 => select(&ASKS[7..12]),
        1 => select(&ASKS[12..]),
    ];
    let wait = prop_oneof![1..2_000_i64, 60_000..1_000_000_i64];
    let steps = proptest::collection::vec((wait, ask), 0..40);
    (0..DAYS, steps, any::<bool>()).prop_map(|(day, steps, takes_back)| Told {
        day,
        steps,
        takes_back,
    })
}

/// What a plain look at a caller, before and after each step, gives.
#[derive(Clone, Debug)]
struct Looked {
    day: usize,
    is_resumed: bool,
    arrived_at: Timestamp,
    ended: Option<(Timestamp, Ending)>,
    wait: Option<i64>,
    away_since: Option<Timestamp>,
    away: Vec<i64>,
    /// Each with the return that followed.
    recalls: Vec<(Timestamp, Option<Timestamp>)>,
    is_no_show: bool,
    codes: usize,
    verified: usize,
}

impl Looked {
    fn at(caller: &Caller, day: usize, is_resumed: bool) -> Self {
        Self {
            day,
            is_resumed,
            arrived_at: caller.arrived_at,
            ended: None,
            wait: None,
            away_since: None,
            away: Vec::new(),
            recalls: Vec::new(),
            is_no_show: false,
            codes: 0,
            verified: 0,
        }
    }

    fn look(&mut self, before: &Caller, after: &Caller, now: Timestamp) {
        let was_away = before.status() == Status::Offline;
        let is_away = after.status() == Status::Offline;
        if is_away && !was_away {
            self.away_since = Some(now);
        }
        if was_away && !is_away {
            let since = self.away_since.take().unwrap();
            self.away.push(now.as_millis() - since.as_millis());
            if after.status() == Status::Waiting {
                for (_, returned) in self.recalls.iter_mut().filter(|(_, back)| back.is_none()) {
                    *returned = Some(now);
                }
            }
        }
        if after.status() == Status::BeingSeen && self.wait.is_none() {
            self.wait = Some(now.as_millis() - self.arrived_at.as_millis());
        }
        if after.recalls > before.recalls {
            self.recalls.push((now, None));
        }
        let proven = |caller: &Caller| -> Option<(PhoneNumber, Timestamp)> {
            let phone = caller.phone();
            phone
                .verified()
                .map(|phone| (phone.number.clone(), phone.verified_at))
        };
        if proven(after).is_some() && proven(after) != proven(before) {
            self.verified += 1;
        }
        if let Some(ended) = after.ended().filter(|_| before.ended().is_none()) {
            let how = match ended.how {
                End::Completed { .. } => Ending::Completed,
                End::Left { .. } => Ending::Left,
                End::LostContact { .. } => Ending::LostContact,
                End::Cancelled { .. } => Ending::Cancelled,
            };
            self.ended = Some((now, how));
            let latest = after.recall.as_ref();
            self.is_no_show = latest.is_some_and(|recall| recall.returned_at.is_none());
        }
    }
}

/// A stay as it was looked at, what happened in it, and when it ended.
type Ran = (Looked, Vec<(Timestamp, What)>, Timestamp);

/// Runs a stay, and the one that takes its place where it does. Each with its events.
fn run(told: &Told) -> Vec<Ran> {
    let mut stay = Stay::arriving_at(clinic(), Some(crate::stay::MOBILE));
    let mut all = Vec::new();
    let mut looked = Looked::at(&stay.caller, told.day, false);
    let mut events = vec![(stay.now, What::Arrived)];
    for &(wait, ask) in &told.steps {
        stay.waits(Span::millis(wait));
        let is_lost = matches!(
            stay.caller.ended().map(|ended| &ended.how),
            Some(End::LostContact { is_resumed: false })
        );
        if is_lost && told.takes_back {
            let (_, resumed) = stay.resumes().unwrap();
            all.push((looked, std::mem::take(&mut events), stay.caller.arrived_at));
            stay = resumed;
            events.push((stay.now, What::Resumed));
            looked = Looked::at(&stay.caller, told.day, true);
        }
        // Each step may be several commands.
        let mut ask_once = |stay: &mut Stay, ask: &dyn Fn(&mut Stay) -> Outcome| {
            let (before, texts) = (stay.caller.clone(), stay.texts.len());
            let outcome = ask(stay);
            looked.look(&before, &stay.caller, stay.now);
            let sent = stay.texts[texts..].iter();
            looked.codes += sent
                .filter(|text| text.purpose == TextPurpose::Code)
                .count();
            if let Outcome::Changed(what) | Outcome::Counted(what, _) = outcome {
                events.push((stay.now, what));
            }
        };
        match ask {
            Ask::Look => ask_once(&mut stay, &Stay::looks),
            Ask::LookAway => ask_once(&mut stay, &Stay::looks_away),
            Ask::LookByTheLink => ask_once(&mut stay, &Stay::looks_by_the_link_of_the_recall),
            Ask::Verify => {
                let texts = stay.texts.len();
                ask_once(&mut stay, &Stay::asks_for_a_code);
                stay.waits(Span::millis(500));
                if stay.texts.len() > texts {
                    let code = stay.code_in_the_latest_text();
                    ask_once(&mut stay, &|stay| stay.enters(&code));
                }
            }
            Ask::EnterNonsense => ask_once(&mut stay, &|stay| stay.enters("nonsense")),
            Ask::VouchFor => ask_once(&mut stay, &Stay::is_vouched_for),
            Ask::Recall => ask_once(&mut stay, &Stay::is_recalled),
            Ask::ReplyComing => ask_once(&mut stay, &|stay| stay.replies(Answer::Coming)),
            Ask::ReplyLeaving => ask_once(&mut stay, &|stay| stay.replies(Answer::Leaving)),
            Ask::LoseContact => {
                stay.waits(Span::minutes(11));
                ask_once(&mut stay, &Stay::may_be_lost);
            }
            Ask::Join => ask_once(&mut stay, &Stay::is_joined),
            Ask::Hold => ask_once(&mut stay, &Stay::is_put_on_hold),
            Ask::Complete => ask_once(&mut stay, &Stay::is_completed),
            Ask::Cancel => ask_once(&mut stay, &Stay::is_cancelled),
            Ask::Leave => ask_once(&mut stay, &Stay::leaves),
        }
    }
    all.push((looked, events, stay.caller.arrived_at));
    all
}

fn middle(mut values: Vec<i64>) -> Option<Span> {
    values.sort_unstable();
    let count = values.len();
    if count == 0 {
        return None;
    }
    let (low, high) = (values[(count - 1) / 2], values[count / 2]);
    Some(Span::millis((low + high).div_euclid(2)))
}

/// The figures by the words of the API.
fn counted(stays: &[&Looked]) -> Figures {
    let ended = |how| {
        let those = stays.iter().filter(|stay| stay.ended.unwrap().1 == how);
        those.count()
    };
    let waits: Vec<i64> = stays.iter().filter_map(|stay| stay.wait).collect();
    let away: Vec<i64> = stays.iter().flat_map(|stay| stay.away.clone()).collect();
    let recalls: Vec<_> = stays.iter().flat_map(|stay| stay.recalls.clone()).collect();
    let returns: Vec<i64> = recalls
        .iter()
        .filter_map(|(at, back)| Some(back.as_ref()?.as_millis() - at.as_millis()))
        .collect();
    Figures {
        arrived: stays.iter().filter(|stay| !stay.is_resumed).count(),
        resumed: stays.iter().filter(|stay| stay.is_resumed).count(),
        completed: ended(Ending::Completed),
        left: ended(Ending::Left),
        lost_contact: ended(Ending::LostContact),
        cancelled: ended(Ending::Cancelled),
        longest_wait: waits.iter().max().copied().map(Span::millis),
        median_wait: middle(waits),
        went_offline: stays.iter().filter(|stay| !stay.away.is_empty()).count(),
        times_offline: away.len(),
        median_offline: middle(away),
        recalls: recalls.len(),
        recalls_answered: returns.len(),
        median_recall_to_return: middle(returns),
        no_shows: stays.iter().filter(|stay| stay.is_no_show).count(),
        codes_sent: stays.iter().map(|stay| stay.codes).sum(),
        phones_verified: stays.iter().map(|stay| stay.verified).sum(),
        texts: [TextFigures::default(); 3],
    }
}

#[test]
fn whatever_happens_the_figures_are_those_of_a_plain_look_at_the_callers() {
    let stays = proptest::collection::vec(told(), 0..12);
    holds(regressions!("figures"), 300, &stays, |stays| {
        let mut looked: Vec<Looked> = Vec::new();
        let mut folded: Vec<StayFigures> = Vec::new();
        for told in &stays {
            for (stay, events, arrived_at) in run(told) {
                let figures = of_stay(arrived_at, &events);
                // A stay that goes on has no figures, and one that is over has.
                assert_eq!(figures.is_some(), stay.ended.is_some());
                let Some(mut figures) = figures else { continue };
                let (ended_at, ending) = stay.ended.unwrap();
                assert_eq!((figures.ended_at, figures.ending), (ended_at, ending));
                let resumed = figures.beginning == Beginning::Resumed;
                assert_eq!(resumed, stay.is_resumed);
                for _ in 0..stay.day {
                    figures.arrived_at = figures.arrived_at + DAY;
                }
                looked.push(stay);
                folded.push(figures);
            }
        }
        let mut bounds = vec![crate::stay::START - Span::minutes(1)];
        for day in 0..DAYS {
            bounds.push(bounds[day] + DAY);
        }
        let mut days = Days::new(bounds);
        // In whatever order they are counted.
        for stay in folded.iter().rev() {
            days.add(stay);
        }
        let (each, total) = days.figures();
        assert_eq!(total, counted(&looked.iter().collect::<Vec<_>>()));
        for (day, figures) in each.iter().enumerate() {
            let of_day: Vec<&Looked> = looked.iter().filter(|stay| stay.day == day).collect();
            assert_eq!(*figures, counted(&of_day), "day {day}");
        }
        totals_are_the_sums_of_days(&each, &total);
    });
}

fn totals_are_the_sums_of_days(each: &[Figures], total: &Figures) {
    let counts: [fn(&Figures) -> usize; 14] = [
        |figures| figures.arrived,
        |figures| figures.completed,
        |figures| figures.left,
        |figures| figures.lost_contact,
        |figures| figures.cancelled,
        |figures| figures.resumed,
        |figures| figures.went_offline,
        |figures| figures.times_offline,
        |figures| figures.recalls,
        |figures| figures.recalls_answered,
        |figures| figures.no_shows,
        |figures| figures.codes_sent,
        |figures| figures.phones_verified,
        |figures| figures.texts.iter().map(|texts| texts.sent).sum(),
    ];
    for count in counts {
        assert_eq!(count(total), each.iter().map(count).sum::<usize>());
    }
    let longest = each.iter().filter_map(|day| day.longest_wait).max();
    assert_eq!(total.longest_wait, longest);
    let ended = total.completed + total.left + total.lost_contact + total.cancelled;
    assert_eq!(total.arrived + total.resumed, ended);
}
