//! The world at one moment, and which worlds count as the same.

use crate::outbox::{Row, RowState, TRIES_BEFORE, Worker};
use crate::planted::Planted;
use standby::domain::caller::{Arrival, Caller, Details, End, Person, State, Waiting};
use standby::domain::clinic::{RoomUrlTemplate, Settings};
use standby::domain::delivery::{Delivery, SmsState};
use standby::domain::entry::Name;
use standby::domain::event::Actor;
use standby::domain::id::{CallerId, ClinicId, RecallId, TeamMemberId, TextId};
use standby::domain::limits::{CODE_VALIDITY, RECALLS_PER_STAY, TEXT_TRIES};
use standby::domain::outbox::{Answer, Claim};
use standby::domain::phone_number::{Country, PhoneNumber};
use standby::domain::recall::Recall;
use standby::domain::secret::{CodeHash, Token, TokenKind};
use standby::domain::status::Status;
use standby::domain::text::PublicUrl;
use standby::domain::time::{Span, Timestamp};
use standby::domain::verification::{CodeProof, OutstandingCode, UnverifiedPhone, VerifiedPhone};
use std::hash::{Hash, Hasher};
use std::sync::{Arc, LazyLock};

/// How long ago a recall or the beginning of a doubt was makes no difference beyond this.
const A_MINUTE: Span = Span::seconds(60);
/// How long the silence and the code of an unverified caller are told apart.
const TEN_MINUTES: Span = Span::minutes(10);

/// How many recalls a story has room for: those before have been answered and delivered.
pub(crate) const TEXTS: usize = 2;
/// The story begins an hour after the caller arrived.
const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// Which of the texts: 0 and 1 are sent in this story, [`EARLIER`] was sent before it.
pub(crate) type TextNumber = usize;
const EARLIER: TextNumber = TEXTS;

/// What is the same in every world.
pub(crate) struct Fixed {
    pub(crate) settings: Settings,
    pub(crate) texts: [TextId; TEXTS + 1],
    pub(crate) recalls: [RecallId; TEXTS + 1],
    pub(crate) staff: Actor,
    pub(crate) token: Token,
    pub(crate) public_url: PublicUrl,
    pub(crate) code: CodeHash,
}

pub(crate) static FIXED: LazyLock<Fixed> = LazyLock::new(|| {
    let template =
        RoomUrlTemplate::parse("https://video.example/{room}", "roomUrlTemplate").unwrap();
    Fixed {
        settings: Settings::new(Country::parse("AU").unwrap(), template),
        texts: [1, 2, 3].map(|bits| TextId::new([bits; 16])),
        recalls: [1, 2, 3].map(|bits| RecallId::new([bits; 16])),
        staff: Actor::TeamMember(TeamMemberId::new([3; 16])),
        token: Token::new(TokenKind::Caller, [4; 16]),
        public_url: PublicUrl::parse("https://standby.example").unwrap(),
        code: CodeHash("the keyed hash of the right code".to_owned()),
    }
});

/// What the provider has of a text, which only its answers, its list and its news tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct AtTheProvider {
    /// A request whose sender gave up on it may still arrive.
    pub(crate) may_still_arrive: bool,
    /// How often it was taken. Twice is what must never be.
    pub(crate) taken: u8,
    /// What became of it there.
    pub(crate) came_to: CameTo,
}

/// How far the provider is with a text that it has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum CameTo {
    #[default]
    OnItsWay,
    Delivered,
    Undelivered,
}

impl AtTheProvider {
    /// What the provider says of it, when asked.
    pub(crate) fn state(self) -> SmsState {
        match self.came_to {
            CameTo::OnItsWay => SmsState::Sent,
            CameTo::Delivered => SmsState::Delivered,
            CameTo::Undelivered => SmsState::Failed,
        }
    }
}

/// The text of a recall: its row, and what is really so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RecallText {
    pub(crate) row: Row,
    pub(crate) provider: AtTheProvider,
    /// Whether the caller has been looking again since this recall.
    pub(crate) is_answered: bool,
}

/// Something rare that a step has just done: the exploration must have come across each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Happening {
    /// A worker crashed between hand-over and settlement, and another found the text by looking.
    FoundAfterACrash,
    /// Staff were shown UNKNOWN; then news came that it is on the phone.
    DeliveredAfterUnknown,
    /// The provider took nothing, however often it was tried.
    GivenUp,
    /// The caller came back before the text's turn.
    Withdrawn,
    /// A worker whose claim had run out recorded what it knew after all.
    SettledLate,
}

/// A sentence that a step has just broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Broken {
    Version,
    Place,
    Final,
    Backward,
    TooManyTexts,
    TextAfterComingBack,
}

/// Everything there is at one moment.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) now: Timestamp,
    /// How far the clock goes on at once.
    pub(crate) tick: Span,
    /// The real thing; `decide` alone changes it.
    pub(crate) caller: Arc<Caller>,
    /// Whether the caller's wait screen is in fact visible and in touch.
    pub(crate) is_looking: bool,
    pub(crate) texts: [Option<RecallText>; TEXTS],
    /// In a fixed order, because one is as good as the other.
    pub(crate) workers: [Worker; 2],
    /// The caller as a command has read it, for [`Planted::ReadsTheCallerTooEarly`] only.
    pub(crate) read: Option<Arc<Caller>>,
    pub(crate) just: Option<Happening>,
    pub(crate) broken: Option<Broken>,
}

impl World {
    /// A verified caller who is looking and has been recalled before, so that the last text of the
    /// stay, and the refusal of one more, are within reach.
    pub(crate) fn verified(recalls_left: u32, tick: Span) -> Self {
        let phone = VerifiedPhone {
            number: number(),
            verified_at: START,
            outstanding: None,
            used: None,
        };
        let mut caller = caller(State::Waiting(Waiting::Verified(phone)));
        let long_ago = START - Span::hours(1);
        caller.recalls = RECALLS_PER_STAY - recalls_left;
        caller.recall = Some(Recall {
            id: FIXED.recalls[EARLIER].clone(),
            requested_at: long_ago,
            by: FIXED.staff.clone(),
            text: FIXED.texts[EARLIER].clone(),
            delivery: Delivery {
                state: SmsState::Delivered,
                failure: None,
                updated_at: long_ago,
            },
            opened_at: Some(long_ago),
            returned_at: Some(long_ago),
            reply: None,
        });
        Self::of(caller, tick)
    }

    /// An unverified caller who is looking, with a code on the way.
    pub(crate) fn unverified(tick: Span) -> Self {
        let code = OutstandingCode::sent(
            number(),
            CodeProof::Ours(FIXED.code.clone()),
            TextId::new([9; 16]),
            START,
            START + CODE_VALIDITY,
        );
        let phone = UnverifiedPhone {
            typed: Some(number()),
            outstanding: Some(code),
        };
        let state = State::Waiting(Waiting::Unverified {
            phone,
            not_responding_since: None,
        });
        Self::of(caller(state), tick)
    }

    fn of(caller: Caller, tick: Span) -> Self {
        Self {
            now: START,
            tick,
            caller: Arc::new(caller),
            is_looking: true,
            texts: [None; TEXTS],
            workers: [Worker::Idle; 2],
            read: None,
            just: None,
            broken: None,
        }
    }

    /// The text of the latest recall, if it is one of this story.
    pub(crate) fn latest(&self) -> Option<TextNumber> {
        let latest = &self.caller.recall.as_ref()?.text;
        (0..TEXTS).find(|&number| FIXED.texts[number] == *latest)
    }

    /// Whether the rules still want this text sent.
    pub(crate) fn still_wants(&self, text: TextNumber) -> bool {
        let purpose = standby::domain::text::TextPurpose::Recall;
        self.caller
            .still_wants(&FIXED.texts[text], purpose, self.now)
    }

    /// The text that `claim_texts` would choose: of those that are due, the one committed first.
    pub(crate) fn due(&self) -> Option<TextNumber> {
        (0..TEXTS).find(|&number| self.texts[number].is_some_and(|text| text.row.is_due(self.now)))
    }

    /// Whether a worker has this text in hand.
    pub(crate) fn is_in_hand(&self, text: TextNumber) -> bool {
        self.workers
            .iter()
            .any(|worker| worker.text() == Some(text))
    }

    /// The two workers in a fixed order.
    pub(crate) fn order_workers(&mut self) {
        if self.worker_as_seen(1) < self.worker_as_seen(0) {
            self.workers.swap(0, 1);
        }
    }

    fn steps_until(&self, at: Timestamp) -> i64 {
        let step = self.tick.as_millis();
        (at.since(self.now).as_millis() + step - 1) / step
    }

    fn seconds_since(&self, at: Timestamp, at_most: Span) -> i64 {
        self.now.since(at).min(at_most).as_seconds_up()
    }

    fn doubt_as_seen(&self, claimed: Claim) -> i64 {
        claimed
            .in_doubt_since
            .map_or(-1, |since| self.seconds_since(since, A_MINUTE))
    }

    /// A worker, as far as what it has in hand decides what it does next.
    fn worker_as_seen(&self, which: usize) -> WorkerAsSeen {
        let tries = |claimed: Claim| claimed.tries.min(TEXT_TRIES);
        match self.workers[which] {
            Worker::Idle => (0, 0, 0, 0, None, false, false),
            Worker::Claimed {
                text,
                claimed,
                is_wanted,
                is_answered,
            } => {
                let doubt = self.doubt_as_seen(claimed);
                (1, text, tries(claimed), doubt, None, is_wanted, is_answered)
            }
            Worker::Knows {
                text,
                claimed,
                answer,
            } => {
                let tries = if answer == Answer::NotNow {
                    tries(claimed)
                } else {
                    0
                };
                let doubt = if answer == Answer::InDoubt {
                    self.doubt_as_seen(claimed)
                } else {
                    0
                };
                (2, text, tries, doubt, Some(in_order(answer)), false, false)
            }
        }
    }

    /// A text, as far as it decides what happens next.
    fn text_as_seen(
        &self,
        text: &RecallText,
    ) -> (RowState, i64, i64, i64, i64, AtTheProvider, bool) {
        let Row {
            state,
            tries,
            next_try_at,
            claimed_until,
            in_doubt_since,
        } = text.row;
        let is_at_rest = text.row.is_at_rest();
        (
            state,
            if is_at_rest {
                TRIES_BEFORE
            } else {
                tries.min(TEXT_TRIES)
            },
            next_try_at.map_or(-1, |at| self.steps_until(at)),
            claimed_until.map_or(-1, |at| self.steps_until(at)),
            in_doubt_since.map_or(-1, |since| self.seconds_since(since, A_MINUTE)),
            text.provider,
            text.is_answered && !is_at_rest,
        )
    }

    /// All that decides how the outbox goes on when nothing but the workers acts.
    pub(crate) fn outbox_as_seen(&self) -> impl Hash {
        let texts: [_; TEXTS] = std::array::from_fn(|number| {
            let text = self.texts[number].as_ref()?;
            Some((self.text_as_seen(text), self.still_wants(number)))
        });
        (texts, self.worker_as_seen(0), self.worker_as_seen(1))
    }

    /// A caller, as far as a command of this model is answered differently. Every field is named: a
    /// new one must be looked at here, because worlds that differ in what is left out are explored
    /// as one.
    fn caller_as_seen(&self, caller: &Caller) -> impl Hash + PartialEq + use<> {
        let Caller {
            id: _,
            clinic: _,
            arrival: _,
            arrived_at: _,
            person: _,
            arrived_with_offline_queueing: _,
            // Grows with every change; that it grows by one is held at each step.
            version: _,
            status_since: _,
            last_seen_at: _,
            recall,
            recalls,
            texts_stopped_at,
            state,
        } = caller;
        let status = caller.status();
        let is_lost =
            matches!(state, State::Ended(ended) if matches!(ended.how, End::LostContact { .. }));
        let phone = caller.phone();
        let waits_since = caller.not_responding_since();
        let code = phone.outstanding().map(|code| {
            let age = self.seconds_since(code.sent_at, TEN_MINUTES);
            (age, code.attempts_left)
        });
        let going_on = (!status.is_final()).then(|| {
            (
                phone.verified().is_some(),
                caller.is_viewing(),
                waits_since.map(|since| self.seconds_since(since, TEN_MINUTES)),
                code,
                recall
                    .as_ref()
                    .map(|recall| self.recall_as_seen(recall, status)),
                *recalls,
                texts_stopped_at.is_some(),
            )
        });
        (status, is_lost, going_on)
    }

    fn recall_as_seen(&self, recall: &Recall, status: Status) -> impl Hash + PartialEq + use<> {
        let Recall {
            id,
            requested_at,
            by: _,
            text: _,
            delivery,
            opened_at,
            returned_at,
            reply,
        } = recall;
        let number = FIXED.recalls.iter().position(|known| known == id);
        let away = status.is_queued().then(|| {
            (
                self.seconds_since(*requested_at, A_MINUTE),
                returned_at.is_some(),
            )
        });
        (
            number,
            delivery.state,
            opened_at.is_some(),
            reply.is_some(),
            away,
        )
    }

    /// What makes this world another one than others. Times are seen from now, in whole steps and no
    /// further than they matter: that is what makes the worlds finitely many.
    fn as_seen(&self) -> impl Hash + PartialEq {
        (
            self.caller_as_seen(&self.caller),
            self.is_looking && !self.caller.status().is_final(),
            self.texts
                .map(|text| text.map(|text| self.text_as_seen(&text))),
            (self.worker_as_seen(0), self.worker_as_seen(1)),
            self.read.as_ref().map(|read| {
                (
                    self.caller_as_seen(read),
                    self.caller.version - read.version,
                )
            }),
            (self.just, self.broken),
        )
    }
}

impl Hash for World {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.as_seen().hash(hasher);
    }
}

impl PartialEq for World {
    fn eq(&self, other: &Self) -> bool {
        self.as_seen() == other.as_seen()
    }
}

fn number() -> PhoneNumber {
    PhoneNumber::from_stored("+61491570006".to_owned())
}

fn caller(state: State) -> Caller {
    Caller {
        id: CallerId::new([1; 16]),
        clinic: ClinicId::new([2; 16]),
        arrival: Arrival(1),
        arrived_at: START - Span::hours(1),
        person: Person::Known(Details {
            name: Name::parse("Ada", "name").unwrap(),
            answers: Vec::new(),
        }),
        arrived_with_offline_queueing: true,
        version: 1,
        status_since: START,
        last_seen_at: START,
        recall: None,
        recalls: 0,
        texts_stopped_at: None,
        state,
    }
}

/// What is explored: from where, how much of what can happen, and with which planted bug.
#[derive(Debug)]
pub(crate) struct WaitingArea {
    pub(crate) start: World,
    /// How many recalls there is room for.
    pub(crate) recalls: usize,
    /// Whether everything that can happen does, or only what two texts need to get in each other's
    /// way: one worker at a time, nothing undelivered or arriving late, and no consultation after its
    /// beginning. Two texts with all of it are millions of worlds.
    pub(crate) is_whole: bool,
    pub(crate) planted: Option<Planted>,
    /// Outboxes that are known to come to rest; see `sentences.rs`.
    pub(crate) comes_to_rest: std::sync::Mutex<std::collections::HashSet<u64>>,
}

impl WaitingArea {
    fn new(start: World, recalls: usize, is_whole: bool) -> Self {
        Self {
            start,
            recalls,
            is_whole,
            planted: None,
            comes_to_rest: std::sync::Mutex::default(),
        }
    }

    /// A verified caller with one recall left for this stay.
    pub(crate) fn with_one_recall() -> Self {
        Self::new(World::verified(1, Span::seconds(10)), 1, true)
    }

    /// A verified caller with two recalls left.
    pub(crate) fn with_two_recalls() -> Self {
        Self::new(World::verified(2, Span::seconds(30)), 2, false)
    }

    /// A caller who has just arrived, with a code on the way, and is recalled once.
    pub(crate) fn from_arrival() -> Self {
        Self::new(World::unverified(Span::seconds(15)), 1, true)
    }

    pub(crate) fn with(mut self, planted: Planted) -> Self {
        self.planted = Some(planted);
        self
    }
}

/// What decides what a worker does next, as something that has an order.
type WorkerAsSeen = (u8, TextNumber, i64, i64, Option<(u8, SmsState)>, bool, bool);

/// An answer as something that has an order.
fn in_order(answer: Answer) -> (u8, SmsState) {
    match answer {
        Answer::Taken(progress) => (0, progress.state),
        Answer::Refused(_) => (1, SmsState::Failed),
        Answer::NotNow => (2, SmsState::Queued),
        Answer::InDoubt => (3, SmsState::Sending),
    }
}
