//! Any sequence of commands, by several callers of one clinic, while time passes.
//!
//! A plain model written from the product, not from the code, says what comes of each step; the
//! domain must agree. Beside it stand the sentences that must hold whatever the model says: no place
//! lost, nobody final alive, no text too many and none to a number nobody proved.

use crate::property::{for_each_of, holds, regressions};
use crate::stay::{MOBILE, OTHER_MOBILE, START, clinic, hash, number, public_url, someone, staff};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::Union;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};
use standby::domain::arrive::{Resumed, arrive, resume};
use standby::domain::caller::{Arrival, Caller};
use standby::domain::clinic::Clinic;
use standby::domain::decide::{Changed, Command, Decision, NewCode, SendCode, decide};
use standby::domain::delivery::{Progress, SmsState};
use standby::domain::id::{CallerId, RecallId, RoomId, TextId};
use standby::domain::order::positions;
use standby::domain::phone_number::PhoneNumber;
use standby::domain::secret::{CodeHash, SecureCode, Token, TokenKind};
use standby::domain::status::Status;
use standby::domain::text::TextPurpose;
use standby::domain::time::{Span, Timestamp};
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

/// What happens next.
#[derive(Clone, Debug)]
enum Step {
    /// Time passes.
    Wait(Span),
    Arrive {
        gives_number: bool,
    },
    /// Something is asked of the stay that came in at this index.
    Ask(usize, Ask),
    Resume(usize),
    OfferOfflineQueueing(bool),
    Open(bool),
    TextOnCancel(bool),
}

#[derive(Clone, Copy, Debug)]
enum Ask {
    Look {
        by_recall: bool,
    },
    LookAway,
    LoseContact,
    /// To the number known, or to the other one.
    SendCode {
        other: bool,
    },
    Enter(Typed),
    Recall,
    Cancel,
    Join,
    Hold,
    Complete,
    Leave,
    News {
        of_recall: bool,
        state: SmsState,
    },
}

/// What is typed as a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Typed {
    /// The code sent last, used or not.
    Latest,
    /// The one before it.
    Former,
    Wrong,
    NoCode,
}

/// What comes of a step that asks for something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Verdict {
    #[default]
    NothingAsked,
    Changed,
    Same,
    Refused,
    /// Refused, and counted.
    Counted,
}

/// The clinic as the product describes it.
#[derive(Clone, Debug)]
struct Model {
    now: Timestamp,
    offers_offline_queueing: bool,
    is_open: bool,
    texts_on_cancel: bool,
    places: usize,
    stays: Vec<Modelled>,
    /// How many texts were sent.
    texts: usize,
    /// What came of the latest step.
    verdict: Verdict,
}

/// One stay as the product describes it.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about a caller"
)]
struct Modelled {
    place: usize,
    status: Status,
    /// Set with a status of Left by lost contact: whether the place was taken back.
    lost: Option<bool>,
    is_looking: bool,
    looked_away_at: Timestamp,
    number: Option<&'static str>,
    verified: Option<&'static str>,
    may_verify: bool,
    codes_sent: usize,
    code: Option<ModelledCode>,
    /// The code that was entered, by its number, and until when it may be repeated.
    used: Option<(usize, Timestamp)>,
    recalled_at: Vec<Timestamp>,
    is_back_since: bool,
    is_link_opened: bool,
    recall_text: u8,
    changes: i64,
}

#[derive(Clone, Debug)]
struct ModelledCode {
    which: usize,
    to: &'static str,
    sent_at: Timestamp,
    attempts_left: u8,
    text: u8,
}

/// How far a text is; news that is not further is old.
fn rank(state: SmsState) -> u8 {
    match state {
        SmsState::Queued => 0,
        SmsState::Sending => 1,
        SmsState::Unknown => 2,
        SmsState::Sent => 3,
        SmsState::Failed => 4,
        SmsState::Delivered => 5,
    }
}

fn is_over(status: Status) -> bool {
    matches!(status, Status::Completed | Status::Cancelled | Status::Left)
}

impl Model {
    fn new(texts_on_cancel: bool) -> Self {
        Self {
            now: START,
            offers_offline_queueing: true,
            is_open: true,
            texts_on_cancel,
            places: 0,
            stays: Vec::new(),
            texts: 0,
            verdict: Verdict::NothingAsked,
        }
    }

    fn step(&mut self, step: &Step) {
        self.verdict = Verdict::NothingAsked;
        match *step {
            Step::Wait(span) => self.now = self.now + span,
            Step::OfferOfflineQueueing(offers) => self.offers_offline_queueing = offers,
            Step::Open(is_open) => self.is_open = is_open,
            Step::TextOnCancel(texts) => self.texts_on_cancel = texts,
            Step::Arrive { gives_number } => self.verdict = self.arrive(gives_number),
            Step::Resume(index) => self.verdict = self.resume(index),
            Step::Ask(index, ask) => {
                let stay = &mut self.stays[index];
                let was_offline = stay.status == Status::Offline;
                let verdict = stay.asked(ask, self.now, self.offers_offline_queueing);
                if matches!(verdict, Verdict::Changed | Verdict::Counted) {
                    stay.changes += 1;
                }
                let sends = match ask {
                    Ask::SendCode { .. } | Ask::Recall => true,
                    Ask::Cancel => was_offline && self.texts_on_cancel,
                    _ => false,
                };
                self.texts += usize::from(sends && verdict == Verdict::Changed);
                self.verdict = verdict;
            }
        }
    }

    fn arrive(&mut self, gives_number: bool) -> Verdict {
        if !self.is_open {
            return Verdict::Refused;
        }
        self.stays.push(Modelled {
            place: self.places,
            status: Status::Waiting,
            lost: None,
            is_looking: true,
            looked_away_at: self.now,
            number: gives_number.then_some(MOBILE),
            verified: None,
            may_verify: self.offers_offline_queueing,
            codes_sent: 0,
            code: None,
            used: None,
            recalled_at: Vec::new(),
            is_back_since: false,
            is_link_opened: false,
            recall_text: 0,
            changes: 1,
        });
        self.places += 1;
        Verdict::Changed
    }

    fn resume(&mut self, index: usize) -> Verdict {
        if !self.is_open || self.stays[index].lost != Some(false) {
            return Verdict::Refused;
        }
        let lost = &mut self.stays[index];
        lost.lost = Some(true);
        lost.changes += 1;
        let mut resumed = lost.clone();
        resumed.lost = None;
        resumed.status = Status::Waiting;
        resumed.is_looking = true;
        resumed.changes = 1;
        self.stays.push(resumed);
        Verdict::Changed
    }
}

impl Modelled {
    fn asked(&mut self, ask: Ask, now: Timestamp, offers: bool) -> Verdict {
        if is_over(self.status) {
            return self.asked_when_over(ask);
        }
        match ask {
            Ask::Look { by_recall } => self.look(by_recall),
            Ask::LookAway => {
                if !self.is_looking {
                    return Verdict::Same;
                }
                self.is_looking = false;
                self.looked_away_at = now;
                self.settle();
                Verdict::Changed
            }
            Ask::LoseContact => self.lose_contact(now),
            Ask::SendCode { other } => self.send_code(other, now, offers),
            Ask::Enter(typed) => self.enter(typed, now),
            Ask::Recall => self.recall(now),
            Ask::Cancel if self.status == Status::BeingSeen => Verdict::Refused,
            Ask::Cancel => self.becomes(Status::Cancelled),
            Ask::Join => match self.status {
                Status::BeingSeen => Verdict::Same,
                Status::Offline => Verdict::Refused,
                _ => self.becomes(Status::BeingSeen),
            },
            Ask::Hold => match self.status {
                Status::OnHold => Verdict::Same,
                Status::BeingSeen => self.becomes(Status::OnHold),
                _ => Verdict::Refused,
            },
            Ask::Complete if self.status == Status::BeingSeen => self.becomes(Status::Completed),
            Ask::Complete => Verdict::Refused,
            Ask::Leave => self.becomes(Status::Left),
            Ask::News { of_recall, state } => self.news(of_recall, state),
        }
    }

    fn asked_when_over(&self, ask: Ask) -> Verdict {
        let is_so_already = match ask {
            Ask::Look { .. } | Ask::LookAway | Ask::LoseContact | Ask::News { .. } => true,
            Ask::Cancel => self.status == Status::Cancelled,
            Ask::Complete => self.status == Status::Completed,
            Ask::Leave => self.status == Status::Left,
            Ask::SendCode { .. } | Ask::Enter(_) | Ask::Recall | Ask::Join | Ask::Hold => false,
        };
        if is_so_already {
            Verdict::Same
        } else {
            Verdict::Refused
        }
    }

    fn becomes(&mut self, status: Status) -> Verdict {
        self.status = status;
        Verdict::Changed
    }

    /// In the queue, verified and looking is Waiting, verified and not looking is Offline.
    fn settle(&mut self) {
        if matches!(self.status, Status::Waiting | Status::Offline) && self.verified.is_some() {
            self.status = if self.is_looking {
                Status::Waiting
            } else {
                Status::Offline
            };
        }
    }

    fn look(&mut self, by_recall: bool) -> Verdict {
        let opens_link = by_recall && !self.recalled_at.is_empty() && !self.is_link_opened;
        if self.is_looking && !opens_link {
            return Verdict::Same;
        }
        self.is_link_opened |= opens_link;
        self.is_back_since |= self.status == Status::Offline;
        self.is_looking = true;
        self.settle();
        Verdict::Changed
    }

    fn lose_contact(&mut self, now: Timestamp) -> Verdict {
        let may_be_lost =
            self.status == Status::Waiting && self.verified.is_none() && !self.is_looking;
        let code = self.code.as_ref();
        let can_enter_code = code.is_some_and(|code| code.is_live(now));
        let grace = if can_enter_code {
            Span::minutes(10)
        } else {
            Span::minutes(2)
        };
        if !may_be_lost || now.since(self.looked_away_at) < grace {
            return Verdict::Same;
        }
        self.lost = Some(false);
        self.becomes(Status::Left)
    }

    fn send_code(&mut self, other: bool, now: Timestamp, offers: bool) -> Verdict {
        let known = self
            .verified
            .or(self.code.as_ref().map(|code| code.to))
            .or(self.number);
        let Some(to) = (if other { Some(OTHER_MOBILE) } else { known }) else {
            return Verdict::Refused;
        };
        let is_offered = self.may_verify || offers || self.verified.is_some();
        let is_too_soon = self
            .code
            .as_ref()
            .is_some_and(|code| now.since(code.sent_at) < Span::minutes(1));
        let is_queued = matches!(self.status, Status::Waiting | Status::Offline);
        if !is_offered || is_too_soon || !is_queued {
            return Verdict::Refused;
        }
        let which = self.codes_sent;
        self.codes_sent += 1;
        self.code = Some(ModelledCode {
            which,
            to,
            sent_at: now,
            attempts_left: 5,
            text: 0,
        });
        Verdict::Changed
    }

    fn enter(&mut self, typed: Typed, now: Timestamp) -> Verdict {
        let typed_code = match typed {
            Typed::Latest => self.codes_sent.checked_sub(1),
            Typed::Former => self.codes_sent.checked_sub(2),
            Typed::Wrong | Typed::NoCode => None,
        };
        let Some(code) = &mut self.code else {
            let is_repeat = self
                .used
                .is_some_and(|(used, until)| Some(used) == typed_code && now < until);
            return if is_repeat {
                Verdict::Same
            } else {
                Verdict::Refused
            };
        };
        if !code.is_live(now) || typed == Typed::NoCode {
            return Verdict::Refused;
        }
        if typed_code != Some(code.which) {
            code.attempts_left -= 1;
            return Verdict::Counted;
        }
        self.verified = Some(code.to);
        self.used = Some((code.which, code.sent_at + Span::minutes(10)));
        self.code = None;
        self.settle();
        Verdict::Changed
    }

    fn recall(&mut self, now: Timestamp) -> Verdict {
        if self.status != Status::Offline {
            return Verdict::Refused;
        }
        if let Some(latest) = self.recalled_at.last() {
            let passed = now.since(*latest);
            if !self.is_back_since && passed < Span::seconds(10) {
                return Verdict::Same;
            }
            if self.recalled_at.len() == 5 || passed < Span::minutes(1) {
                return Verdict::Refused;
            }
        }
        self.recalled_at.push(now);
        (self.is_back_since, self.is_link_opened, self.recall_text) = (false, false, 0);
        Verdict::Changed
    }

    fn news(&mut self, of_recall: bool, state: SmsState) -> Verdict {
        let known = match (of_recall, &mut self.code) {
            (true, _) if !self.recalled_at.is_empty() => &mut self.recall_text,
            (false, Some(code)) => &mut code.text,
            _ => return Verdict::Same,
        };
        if state == SmsState::Sending || rank(state) <= *known {
            return Verdict::Same;
        }
        *known = rank(state);
        Verdict::Changed
    }
}

impl ModelledCode {
    fn is_live(&self, now: Timestamp) -> bool {
        self.attempts_left > 0 && now.since(self.sent_at) < Span::minutes(10)
    }
}

impl ReferenceStateMachine for Model {
    type State = Self;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Self> {
        any::<bool>().prop_map(Self::new).boxed()
    }

    fn transitions(model: &Self) -> BoxedStrategy<Step> {
        let arrive =
            prop::bool::weighted(0.8).prop_map(|gives_number| Step::Arrive { gives_number });
        if model.stays.is_empty() {
            return prop_oneof![9 => arrive, 1 => any::<bool>().prop_map(Step::OfferOfflineQueueing)]
                .boxed();
        }
        // Around every limit, so that each is met from both sides.
        let seconds = select(vec![
            1, 9, 10, 29, 30, 31, 59, 60, 61, 119, 120, 300, 599, 600,
        ]);
        let settings = prop_oneof![
            any::<bool>().prop_map(Step::OfferOfflineQueueing),
            prop::bool::weighted(0.8).prop_map(Step::Open),
            any::<bool>().prop_map(Step::TextOnCancel),
        ];
        // Whoever is alive is asked most, and few are alive at once: much happens to each.
        let alive: Vec<usize> = (0..model.stays.len())
            .filter(|&index| !is_over(model.stays[index].status))
            .collect();
        let (for_alive, for_new) = match alive.len() {
            0 => (0, 9),
            1 | 2 => (6, 1),
            _ => (6, 0),
        };
        let first = if alive.is_empty() { vec![0] } else { alive };
        let indexes = prop_oneof![for_alive => select(first), 1 => 0..model.stays.len()];
        let likely: Vec<_> = model
            .stays
            .iter()
            .enumerate()
            .map(|(index, stay)| likely(index, stay))
            .collect();
        let ask = indexes.prop_flat_map(move |index| {
            prop_oneof![
                3 => Union::new_weighted(likely[index].clone()),
                1 => anything().prop_map(move |ask| Step::Ask(index, ask)),
            ]
        });
        prop_oneof![
            12 => ask,
            4 => seconds.prop_map(|seconds| Step::Wait(Span::seconds(seconds))),
            for_new => arrive,
            1 => settings,
        ]
        .boxed()
    }

    fn preconditions(model: &Self, step: &Step) -> bool {
        match step {
            Step::Ask(index, _) | Step::Resume(index) => *index < model.stays.len(),
            _ => true,
        }
    }

    fn apply(mut model: Self, step: &Step) -> Self {
        model.step(step);
        model
    }
}

/// What is worth asking of a stay that stands like this, and how often.
fn likely(index: usize, stay: &Modelled) -> Vec<(u32, Just<Step>)> {
    let steps = match stay.status {
        Status::Waiting if stay.code.is_some() && !stay.is_looking => {
            vec![(1, Ask::Enter(Typed::Latest)), (3, Ask::LoseContact)]
        }
        Status::Waiting if stay.code.is_some() => vec![
            (6, Ask::Enter(Typed::Latest)),
            (1, Ask::Enter(Typed::Wrong)),
            (1, Ask::LookAway),
        ],
        Status::Waiting if stay.verified.is_some() => {
            vec![
                (6, Ask::LookAway),
                (1, Ask::Enter(Typed::Latest)),
                (1, Ask::Join),
            ]
        }
        Status::Waiting if stay.is_looking => {
            vec![(3, Ask::SendCode { other: false }), (1, Ask::LookAway)]
        }
        Status::Waiting => vec![(1, Ask::LoseContact)],
        Status::Offline => vec![
            (12, Ask::Recall),
            (2, Ask::SendCode { other: true }),
            (2, Ask::Enter(Typed::Latest)),
            (
                2,
                Ask::News {
                    of_recall: true,
                    state: SmsState::Delivered,
                },
            ),
            (3, Ask::Look { by_recall: true }),
            (1, Ask::Cancel),
        ],
        Status::BeingSeen => vec![(1, Ask::Hold), (1, Ask::Complete), (1, Ask::LookAway)],
        Status::OnHold => vec![(1, Ask::Join)],
        Status::Left | Status::Completed | Status::Cancelled => {
            return vec![(1, Just(Step::Resume(index)))];
        }
    };
    steps
        .into_iter()
        .map(|(weight, ask)| (weight, Just(Step::Ask(index, ask))))
        .collect()
}

fn anything() -> impl Strategy<Value = Ask> {
    let states = [
        SmsState::Queued,
        SmsState::Sending,
        SmsState::Unknown,
        SmsState::Sent,
        SmsState::Failed,
        SmsState::Delivered,
    ];
    let typed = [Typed::Latest, Typed::Former, Typed::Wrong, Typed::NoCode];
    prop_oneof![
        3 => any::<bool>().prop_map(|by_recall| Ask::Look { by_recall }),
        3 => Just(Ask::LookAway),
        2 => Just(Ask::LoseContact),
        2 => any::<bool>().prop_map(|other| Ask::SendCode { other }),
        3 => select(typed.to_vec()).prop_map(Ask::Enter),
        2 => Just(Ask::Recall),
        1 => select(vec![Ask::Cancel, Ask::Complete, Ask::Leave]),
        1 => select(vec![Ask::Join, Ask::Hold]),
        2 => (any::<bool>(), select(states.to_vec()))
            .prop_map(|(of_recall, state)| Ask::News { of_recall, state }),
    ]
}

/// The domain at work, with all that a store and a telephone network would remember.
struct World {
    clinic: Clinic,
    now: Timestamp,
    stays: Vec<Caller>,
    /// The arrival each stay came in with; one that was resumed has that of the lost one.
    arrivals: Vec<Arrival>,
    /// Codes sent to each stay, oldest first.
    codes: Vec<Vec<(CodeHash, PhoneNumber)>>,
    /// The number each caller proved last, by entering the code that was sent to it.
    proved: HashMap<CallerId, PhoneNumber>,
    sent: Vec<Sent>,
    made: u32,
    verdict: Verdict,
}

struct Sent {
    caller: CallerId,
    purpose: TextPurpose,
    at: Timestamp,
    is_to_proved: bool,
}

impl World {
    fn new(text_on_cancel: bool) -> Self {
        let mut clinic = clinic();
        clinic.settings.text_on_cancel = text_on_cancel;
        Self {
            clinic,
            now: START,
            stays: Vec::new(),
            arrivals: Vec::new(),
            codes: Vec::new(),
            proved: HashMap::new(),
            sent: Vec::new(),
            made: 0,
            verdict: Verdict::NothingAsked,
        }
    }

    fn fresh(&mut self) -> [u8; 16] {
        self.made += 1;
        let mut bits = [0; 16];
        bits[..4].copy_from_slice(&self.made.to_be_bytes());
        bits
    }

    fn step(&mut self, step: &Step) {
        self.verdict = Verdict::NothingAsked;
        match *step {
            Step::Wait(span) => self.now = self.now + span,
            Step::OfferOfflineQueueing(offers) => self.clinic.settings.offline_queueing = offers,
            Step::Open(is_open) => self.clinic.settings.is_open = is_open,
            Step::TextOnCancel(texts) => self.clinic.settings.text_on_cancel = texts,
            Step::Arrive { gives_number } => self.arrive(gives_number),
            Step::Resume(index) => self.resume(index),
            Step::Ask(index, ask) => self.ask(index, ask),
        }
    }

    fn arrive(&mut self, gives_number: bool) {
        let id = CallerId::new(self.fresh());
        let arriving = standby::domain::arrive::Arriving {
            id,
            ..someone(0, gives_number.then_some(MOBILE))
        };
        let behind = self.arrivals.iter().max().map_or(1, |last| last.0 + 1);
        match arrive(&self.clinic, arriving, Arrival(behind), self.now) {
            Err(_) => self.verdict = Verdict::Refused,
            Ok(arrived) => {
                assert_eq!(arrived.caller.version, 1);
                self.come_in(arrived, Arrival(behind), Vec::new());
            }
        }
    }

    fn come_in(&mut self, arrived: Changed, arrival: Arrival, codes: Vec<(CodeHash, PhoneNumber)>) {
        assert_eq!(arrived.caller.arrival, arrival);
        assert!(arrived.texts.is_empty() && arrived.refusal.is_none());
        self.stays.push(arrived.caller);
        self.arrivals.push(arrival);
        self.codes.push(codes);
        self.verdict = Verdict::Changed;
    }

    fn resume(&mut self, index: usize) {
        let id = CallerId::new(self.fresh());
        let before = self.stays[index].clone();
        match resume(&self.clinic, &before, id, self.now) {
            Err(_) => self.verdict = Verdict::Refused,
            Ok(Resumed { lost, resumed }) => {
                assert!(lost.version > before.version, "a change counts");
                assert_eq!(resumed.caller.version, 1);
                let (arrival, codes) = (self.arrivals[index], self.codes[index].clone());
                self.stays[index] = lost;
                self.come_in(resumed, arrival, codes);
            }
        }
    }

    fn ask(&mut self, index: usize, ask: Ask) {
        let command = self.command(index, ask);
        let typed = match &command {
            Command::VerifyPhone { typed, .. } => typed.clone(),
            _ => None,
        };
        let sends = match &command {
            Command::SendCode(SendCode {
                code: NewCode::Ours { hash, .. },
                ..
            }) => Some(hash.clone()),
            _ => None,
        };
        let before = &self.stays[index];
        let changed = match decide(before, command, &self.clinic.settings, self.now) {
            Decision::Unchanged => return self.verdict = Verdict::Same,
            Decision::Refused(_) => return self.verdict = Verdict::Refused,
            Decision::Changed(changed) => *changed,
        };
        let after = changed.caller;
        assert_eq!(after.version, before.version + 1, "a change counts once");
        let version = before.version;
        assert_ne!(
            Caller {
                version,
                ..after.clone()
            },
            *before,
            "a change changes something"
        );
        let id = after.id.clone();
        self.verdict = match changed.refusal {
            Some(_) => Verdict::Counted,
            None => Verdict::Changed,
        };
        if let (Verdict::Changed, Some(typed)) = (self.verdict, typed) {
            let sent_to = self.codes[index].iter().find(|(code, _)| *code == typed);
            self.proved.insert(id.clone(), sent_to.unwrap().1.clone());
        }
        for text in changed.texts {
            assert_eq!((&text.caller, &text.clinic), (&id, &self.clinic.id));
            if let Some(hash) = &sends {
                self.codes[index].push((hash.clone(), text.to.clone()));
            }
            self.sent.push(Sent {
                is_to_proved: self.proved.get(&id) == Some(&text.to),
                caller: id.clone(),
                purpose: text.purpose,
                at: self.now,
            });
        }
        self.stays[index] = after;
    }

    fn command(&mut self, index: usize, ask: Ask) -> Command {
        let bits = self.fresh();
        let caller = &self.stays[index];
        let recall = caller.recall.as_ref();
        let codes = &self.codes[index];
        match ask {
            Ask::Look { by_recall } => Command::SeeViewing {
                is_viewing: true,
                by_recall: recall.filter(|_| by_recall).map(|recall| recall.id.clone()),
            },
            Ask::LookAway => Command::SeeViewing {
                is_viewing: false,
                by_recall: None,
            },
            Ask::LoseContact => Command::LoseContact,
            Ask::SendCode { other } => Command::SendCode(SendCode {
                number: other.then(|| number(OTHER_MOBILE)),
                code: NewCode::Ours {
                    code: SecureCode::from_number(self.made),
                    hash: hash(&self.made.to_string()),
                },
                text: TextId::new(bits),
                at: public_url(),
                uses: Vec::new(),
            }),
            Ask::Enter(typed) => {
                let nth_latest = |n: usize| codes.iter().rev().nth(n).map(|(code, _)| code.clone());
                let wrong = || Some(hash("a wrong code"));
                let typed = match typed {
                    Typed::Latest => nth_latest(0).or_else(wrong),
                    Typed::Former => nth_latest(1).or_else(wrong),
                    Typed::Wrong => wrong(),
                    Typed::NoCode => None,
                };
                Command::VerifyPhone {
                    typed,
                    uses: Vec::new(),
                }
            }
            Ask::Recall => Command::Recall {
                by: staff(),
                id: RecallId::new(bits),
                text: TextId::new(bits),
                token: Token::new(TokenKind::Caller, bits),
                at: public_url(),
                takes_replies: false,
            },
            Ask::Cancel => Command::Cancel {
                by: staff(),
                reason: None,
                text: TextId::new(bits),
            },
            Ask::Join => Command::Join {
                by: staff(),
                room: RoomId::new(bits),
            },
            Ask::Hold => Command::Hold { by: staff() },
            Ask::Complete => Command::Complete { by: staff() },
            Ask::Leave => Command::Leave { reason: None },
            Ask::News { of_recall, state } => {
                let phone = caller.phone();
                let known = if of_recall {
                    recall.map(|recall| recall.text.clone())
                } else {
                    phone.outstanding().map(|code| code.text.clone())
                };
                let text = known.unwrap_or_else(|| TextId::new(bits));
                Command::HearOfText {
                    text,
                    progress: Progress {
                        state,
                        failure: None,
                    },
                }
            }
        }
    }
}

/// Each says one thing that must hold after every step.
impl World {
    fn the_domain_agrees_with_the_model(&self, model: &Model) {
        assert_eq!(self.stays.len(), model.stays.len());
        assert_eq!(self.sent.len(), model.texts);
        for (caller, modelled) in self.stays.iter().zip(&model.stays) {
            assert_eq!(caller.status(), modelled.status);
            assert_eq!(caller.version, modelled.changes);
            let phone = caller.phone();
            let verified = phone.verified().map(|phone| phone.number.reveal());
            assert_eq!(verified, modelled.verified);
            let attempts = phone.outstanding().map(|code| code.attempts_left);
            assert_eq!(
                attempts,
                modelled.code.as_ref().map(|code| code.attempts_left)
            );
            let recalls = modelled.recalled_at.len();
            assert_eq!(usize::try_from(caller.recalls).unwrap(), recalls);
            if let Some(recall) = &caller.recall {
                assert_eq!(recall.returned_at.is_some(), modelled.is_back_since);
                assert_eq!(recall.opened_at.is_some(), modelled.is_link_opened);
                assert_eq!(rank(recall.delivery.state), modelled.recall_text);
            }
            let is_resumable = caller.is_resumable(&self.clinic.settings);
            assert_eq!(is_resumable, model.is_open && modelled.lost == Some(false));
        }
    }

    fn whoever_is_waiting_and_verified_is_looking_and_whoever_is_offline_is_not(
        &self,
        model: &Model,
    ) {
        for (caller, modelled) in self.stays.iter().zip(&model.stays) {
            let is_verified = caller.phone().verified().is_some();
            match caller.status() {
                Status::Waiting if is_verified => assert!(modelled.is_looking),
                Status::Offline => assert!(is_verified && !modelled.is_looking),
                _ => {}
            }
            if !caller.status().is_final() {
                assert_eq!(caller.is_viewing(), modelled.is_looking);
            }
        }
    }

    fn a_verified_number_was_proved_by_its_own_code(&self) {
        for caller in &self.stays {
            if let Some(phone) = caller.phone().verified() {
                assert_eq!(self.proved.get(&caller.id), Some(&phone.number));
            }
        }
    }

    fn nobody_alive_loses_or_shares_a_place(&self, model: &Model) {
        let mut taken = HashSet::new();
        for ((caller, arrival), modelled) in self.stays.iter().zip(&self.arrivals).zip(&model.stays)
        {
            assert_eq!(caller.arrival, *arrival, "the place is for good");
            if !caller.status().is_final() {
                assert!(taken.insert(modelled.place), "two alive in one place");
            }
        }
        // Where the arrivals stand to each other is where the people stand to each other.
        for (one, one_modelled) in self.stays.iter().zip(&model.stays) {
            for (other, other_modelled) in self.stays.iter().zip(&model.stays) {
                assert_eq!(
                    one.arrival.cmp(&other.arrival),
                    one_modelled.place.cmp(&other_modelled.place)
                );
            }
        }
    }

    fn positions_have_no_holes_and_count_who_is_away(&self) {
        let mut in_order = self.stays.clone();
        in_order.sort_by_key(|caller| caller.arrival);
        let positions = positions(&in_order);
        let queue: Vec<&Caller> = in_order
            .iter()
            .filter(|caller| matches!(caller.status(), Status::Waiting | Status::Offline))
            .collect();
        assert_eq!(positions.len(), queue.len());
        for (ahead, caller) in queue.iter().enumerate() {
            let position = positions[&caller.id];
            let away = queue[..ahead]
                .iter()
                .filter(|one| one.status() == Status::Offline)
                .count();
            assert_eq!(position.place, i64::try_from(ahead).unwrap() + 1);
            assert_eq!(position.ahead_offline, i64::try_from(away).unwrap());
        }
    }

    fn recall_texts_are_few_and_far_between(&self) {
        let mut recalls: HashMap<&CallerId, Vec<Timestamp>> = HashMap::new();
        for sent in self
            .sent
            .iter()
            .filter(|sent| sent.purpose == TextPurpose::Recall)
        {
            recalls.entry(&sent.caller).or_default().push(sent.at);
        }
        for times in recalls.values() {
            assert!(times.len() <= 5, "at most five a stay");
            let is_a_minute = |pair: &[Timestamp]| pair[1].since(pair[0]) >= Span::minutes(1);
            assert!(times.windows(2).all(is_a_minute), "at most one a minute");
        }
    }

    fn whatever_is_not_a_code_goes_to_the_number_proved_last(&self) {
        for sent in &self.sent {
            assert!(
                sent.purpose == TextPurpose::Code || sent.is_to_proved,
                "{:?}",
                sent.purpose
            );
        }
    }
}

struct Domain;

impl StateMachineTest for Domain {
    type SystemUnderTest = World;
    type Reference = Model;

    fn init_test(model: &Model) -> World {
        World::new(model.texts_on_cancel)
    }

    fn apply(mut world: World, model: &Model, step: Step) -> World {
        let before = world.stays.clone();
        world.step(&step);
        assert_eq!(world.verdict, model.verdict, "{step:?}");
        let touched = match step {
            Step::Ask(index, _) | Step::Resume(index) => Some(index),
            _ => None,
        };
        for (index, (before, after)) in before.iter().zip(&world.stays).enumerate() {
            let is_changed = touched == Some(index)
                && matches!(world.verdict, Verdict::Changed | Verdict::Counted);
            assert!(is_changed || before == after, "nothing else changes");
            if before.status().is_final() {
                assert_eq!(before.status(), after.status(), "final is final");
            }
        }
        world
    }

    fn check_invariants(world: &World, model: &Model) {
        world.the_domain_agrees_with_the_model(model);
        world.whoever_is_waiting_and_verified_is_looking_and_whoever_is_offline_is_not(model);
        world.a_verified_number_was_proved_by_its_own_code();
        world.nobody_alive_loses_or_shares_a_place(model);
        world.positions_have_no_holes_and_count_who_is_away();
        world.recall_texts_are_few_and_far_between();
        world.whatever_is_not_a_code_goes_to_the_number_proved_last();
    }
}

#[test]
fn no_sequence_loses_a_place_revives_the_final_or_texts_whom_it_must_not() {
    let sequences = Model::sequential_strategy(20..=120);
    holds(
        regressions!("any_sequence"),
        192,
        &sequences,
        |(model, steps, seen)| {
            Domain::test_sequential(ProptestConfig::default(), model, steps, seen);
        },
    );
}

/// What the sequences come to; a property about what never comes about proves nothing.
#[derive(Debug, Default)]
struct Reached {
    statuses: HashSet<Status>,
    what: HashMap<&'static str, usize>,
    texts_on_cancel: usize,
}

#[test]
fn the_sequences_reach_every_status_every_limit_and_every_text() {
    let reached = RefCell::new(Reached::default());
    for_each_of(
        192,
        &Model::sequential_strategy(20..=120),
        |(mut model, steps, _)| {
            let mut world = World::new(model.texts_on_cancel);
            let reached = &mut *reached.borrow_mut();
            for step in steps {
                let before = world.stays.clone();
                world.step(&step);
                model.step(&step);
                reached
                    .statuses
                    .extend(world.stays.iter().map(Caller::status));
                let what = match (&step, world.verdict) {
                    (Step::Ask(_, Ask::Recall), Verdict::Same) => "a recall clicked twice",
                    (Step::Ask(index, Ask::Recall), Verdict::Refused)
                        if before[*index].status() == Status::Offline =>
                    {
                        match before[*index].recalls {
                            5 => "a sixth recall",
                            _ => "a recall within the minute",
                        }
                    }
                    (Step::Ask(_, Ask::Enter(_)), Verdict::Same) => "a code entered again",
                    (Step::Ask(_, Ask::Enter(_)), Verdict::Counted) => "a wrong code",
                    (Step::Ask(index, Ask::Enter(_)), Verdict::Changed)
                        if world.stays[*index].status() == Status::Offline =>
                    {
                        match before[*index].status() {
                            Status::Waiting => "verified while away",
                            _ => "number changed while away",
                        }
                    }
                    (Step::Ask(_, Ask::LoseContact), Verdict::Changed) => "contact lost",
                    (Step::Ask(_, Ask::SendCode { .. }), Verdict::Refused) => "a code refused",
                    (
                        Step::Ask(
                            _,
                            Ask::News {
                                of_recall: true, ..
                            },
                        ),
                        Verdict::Changed,
                    ) => "news of a recall",
                    (Step::Resume(_), Verdict::Changed) => "a place taken back",
                    (Step::Resume(_), Verdict::Refused) => "a place not taken back",
                    (Step::Arrive { .. }, Verdict::Refused) => "turned away",
                    _ => continue,
                };
                *reached.what.entry(what).or_default() += 1;
            }
            let cancelled = world
                .sent
                .iter()
                .filter(|sent| sent.purpose == TextPurpose::Cancelled);
            reached.texts_on_cancel += cancelled.count();
        },
    );
    let reached = reached.into_inner();
    println!("{reached:?}");
    for status in Status::ALL {
        assert!(reached.statuses.contains(&status), "{status:?}");
    }
    assert_eq!(reached.what.len(), 13, "{:?}", reached.what);
    assert!(reached.texts_on_cancel > 0);
}
