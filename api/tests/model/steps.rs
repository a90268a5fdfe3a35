//! What can happen next: by staff, by the caller, by the workers, by the provider, by time.

use crate::outbox::{Row, Worker};
use crate::planted::Planted;
use crate::world::{
    AtTheProvider, Broken, CameTo, FIXED, Happening, RecallText, TEXTS, TextNumber, WaitingArea,
    World,
};
use standby::domain::caller::Caller;
use standby::domain::decide::{Changed, Command, Decision, decide};
use standby::domain::delivery::{Progress, SmsFailure, SmsState};
use standby::domain::id::{RoomId, TextId};
use standby::domain::limits::{RECALL_EVERY, RECALLS_PER_STAY};
use standby::domain::outbox::{Answer, Claim, Next, what_follows};
use standby::domain::time::Timestamp;
use stateright::{Model, Property};
use std::sync::Arc;

/// One thing that happens. Each is atomic in the real server too: a transaction, a request, a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Time goes on by [`World::tick`].
    Tick,
    /// Whoever asks, in whatever status: a screen may be stale, and two may ask at once.
    Asks(Asked),
    /// With [`Planted::ReadsTheCallerTooEarly`]: a command has read the caller …
    Reads,
    /// … and this is what it decides and saves, whatever happened in between.
    AsksByWhatWasRead(Asked),
    /// A worker claims the text that is due.
    Claims(usize),
    /// With [`Planted::ClaimsWhatIsClaimed`]: it has read the row before the other wrote to it.
    ClaimsToo(usize),
    /// A worker looks for a text in doubt. The list may lag: not seeing it proves nothing.
    LooksFor(usize, Sees),
    /// A worker hands a text over, and this comes of it.
    HandsOver(usize, Answers),
    /// A worker takes a text that nobody waits for out of the outbox.
    Withdraws(usize),
    /// A worker records what it knows.
    Settles(usize),
    /// A worker is gone, with whatever it had in hand.
    Crashes(usize),
    /// The server is started again: nobody has anything in hand, and all claims are given up.
    Restarts,
    /// A request that its sender gave up on arrives at the provider after all, and is taken.
    Arrives(TextNumber),
    /// The provider comes to an end with a text.
    ComesTo(TextNumber, CameTo),
    /// News of a text that the provider has: any that was ever true, in any order, any number of
    /// times, or never.
    News(TextNumber, SmsState),
}

/// What is asked of the caller's stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Recall,
    Cancel,
    Join,
    Hold,
    Complete,
    /// The caller's screen is visible and in touch, opened by the link of the latest recall or not.
    Look {
        by_its_link: bool,
    },
    LookAway,
    EnterTheCode,
    Leave,
    LoseContact,
}

/// What a look into the provider's list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sees {
    It,
    Nothing,
}

/// What comes of handing a text over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answers {
    /// Taken, and said so.
    Taken,
    /// Taken; the answer is lost, or the connection, or the server is slower than our patience.
    TakenWithoutAWord,
    /// The connection is lost before anything arrived.
    NothingArrived,
    /// We give up waiting; it may yet arrive.
    MayStillArrive,
    /// 429: not taken, and worth trying again.
    NotNow,
    /// Not taken, and never will be.
    Refused,
}

impl Answers {
    const ALL: [Self; 6] = [
        Self::Taken,
        Self::TakenWithoutAWord,
        Self::NothingArrived,
        Self::MayStillArrive,
        Self::NotNow,
        Self::Refused,
    ];
}

impl Asked {
    const ALL: [Self; 11] = [
        Self::Recall,
        Self::Cancel,
        Self::Join,
        Self::Hold,
        Self::Complete,
        Self::Look { by_its_link: false },
        Self::Look { by_its_link: true },
        Self::LookAway,
        Self::EnterTheCode,
        Self::Leave,
        Self::LoseContact,
    ];
    /// What two of staff may ask at once.
    const OF_STAFF: [Self; 3] = [Self::Recall, Self::Cancel, Self::Join];

    /// What has no part in how two texts get in each other's way.
    fn is_left_out(self) -> bool {
        matches!(
            self,
            Self::Hold | Self::Complete | Self::Look { by_its_link: true }
        )
    }

    /// The command; `None` where this model has no more to give it, or it could change nothing.
    pub(crate) fn command(self, world: &World, recalls: usize) -> Option<Command> {
        let by = || FIXED.staff.clone();
        Some(match self {
            Self::Recall => {
                let next = world.texts.iter().flatten().count();
                // With every text of the stay committed, the rules refuse whatever they are given.
                if next >= recalls && world.caller.recalls < RECALLS_PER_STAY {
                    return None;
                }
                let next = next.min(TEXTS - 1);
                Command::Recall {
                    by: by(),
                    id: FIXED.recalls[next].clone(),
                    text: FIXED.texts[next].clone(),
                    token: FIXED.token.clone(),
                    at: FIXED.public_url.clone(),
                    takes_replies: false,
                }
            }
            Self::Cancel => Command::Cancel {
                by: by(),
                reason: None,
                text: TextId::new([8; 16]),
            },
            Self::Join => Command::Join {
                by: by(),
                room: RoomId::new([7; 16]),
            },
            Self::Hold => Command::Hold { by: by() },
            Self::Complete => Command::Complete { by: by() },
            Self::Look { by_its_link } => Command::SeeViewing {
                is_viewing: true,
                by_recall: if by_its_link {
                    // The link is in the text: nobody opens one that was not taken.
                    let latest = world.latest()?;
                    world.texts[latest].filter(|text| text.provider.taken > 0)?;
                    Some(FIXED.recalls[latest].clone())
                } else {
                    None
                },
            },
            Self::LookAway => Command::SeeViewing {
                is_viewing: false,
                by_recall: None,
            },
            Self::EnterTheCode => {
                world.caller.phone().outstanding()?;
                Command::VerifyPhone {
                    typed: Some(FIXED.code.clone()),
                    uses: Vec::new(),
                }
            }
            Self::Leave => Command::Leave { reason: None },
            Self::LoseContact => {
                world.caller.not_responding_since()?;
                Command::LoseContact
            }
        })
    }
}

impl WaitingArea {
    fn is_planted(&self, planted: Planted) -> bool {
        self.planted == Some(planted)
    }

    /// The world after a step; `None` when the step changes nothing.
    pub(crate) fn after(&self, world: &World, step: Step) -> Option<World> {
        let mut next = world.clone();
        next.just = None;
        next.broken = None;
        match step {
            Step::Tick => next.now = next.now + next.tick,
            Step::Asks(what) => self.ask(&mut next, &Arc::clone(&world.caller), what)?,
            Step::Reads => next.read = Some(Arc::clone(&world.caller)),
            Step::AsksByWhatWasRead(what) => {
                let read = next.read.take()?;
                self.ask(&mut next, &read, what)?;
            }
            Step::Claims(worker) => {
                let text = next.due()?;
                self.claim(&mut next, worker, text);
            }
            Step::ClaimsToo(worker) => next.workers[worker] = next.workers[1 - worker],
            Step::LooksFor(worker, sees) => self.look_for(&mut next, worker, sees)?,
            Step::HandsOver(worker, answers) => hand_over(&mut next, worker, answers)?,
            Step::Withdraws(worker) => {
                let text = next.workers[worker].text()?;
                next.workers[worker] = Worker::Idle;
                if row(&mut next, text)?.is(SmsState::Sending) {
                    next.just = Some(Happening::Withdrawn);
                }
                row(&mut next, text)?.withdraw();
            }
            Step::Settles(worker) => self.settle(&mut next, worker)?,
            Step::Crashes(worker) => next.workers[worker] = Worker::Idle,
            Step::Restarts => {
                next.workers = [Worker::Idle; 2];
                for text in next.texts.iter_mut().flatten() {
                    text.row.give_claim_up(world.now);
                }
            }
            Step::Arrives(text) => {
                let provider = &mut next.texts[text].as_mut()?.provider;
                provider.may_still_arrive = false;
                provider.taken += 1;
            }
            Step::ComesTo(text, came_to) => next.texts[text].as_mut()?.provider.came_to = came_to,
            Step::News(text, state) => self.hear_of_text(&mut next, text, progress(state))?,
        }
        next.order_workers();
        Some(next)
    }

    /// `change_caller`: loads, decides, saves, in one transaction.
    fn ask(&self, next: &mut World, caller: &Caller, what: Asked) -> Option<()> {
        let is_looking = match what {
            Asked::Look { .. } => true,
            Asked::LookAway => false,
            _ => next.is_looking,
        };
        let command = what.command(next, self.recalls)?;
        let changed = decided(caller, command, next.now);
        if changed.is_none() && is_looking == next.is_looking {
            return None;
        }
        next.is_looking = is_looking;
        if is_looking {
            for text in next.texts.iter_mut().flatten() {
                text.is_answered = true;
            }
        }
        if let Some(changed) = changed {
            save(next, *changed);
        }
        Some(())
    }

    /// `claim_texts`.
    fn claim(&self, next: &mut World, worker: usize, text: TextNumber) {
        let is_wanted =
            next.still_wants(text) || self.is_planted(Planted::AsksNobodyBeforeHandingOver);
        let now = next.now;
        let Some(claimed_text) = &mut next.texts[text] else {
            return;
        };
        let mut claimed = claimed_text.row.claim(now);
        if self.is_planted(Planted::ResendsWithoutLooking) {
            claimed.in_doubt_since = None;
        }
        next.workers[worker] = Worker::Claimed {
            text,
            claimed,
            is_wanted,
            is_answered: claimed_text.is_answered,
        };
    }

    fn look_for(&self, next: &mut World, worker: usize, sees: Sees) -> Option<()> {
        let Worker::Claimed {
            text,
            claimed,
            is_wanted,
            is_answered,
        } = next.workers[worker]
        else {
            return None;
        };
        let provider = next.texts[text]?.provider;
        let answer = match sees {
            Sees::It if provider.taken > 0 => Answer::Taken(came_to(provider.state())),
            Sees::It => return None,
            Sees::Nothing if self.is_planted(Planted::TakesAnEmptyListForProof) => {
                let claimed = Claim {
                    in_doubt_since: None,
                    ..claimed
                };
                next.workers[worker] = Worker::Claimed {
                    text,
                    claimed,
                    is_wanted,
                    is_answered,
                };
                return Some(());
            }
            Sees::Nothing => Answer::InDoubt,
        };
        // In doubt since this very claim, which nobody else has a hand in: whoever had it is gone.
        let is_from_a_crash = claimed.in_doubt_since == Some(next.now)
            && next.workers[1 - worker].text() != Some(text);
        if sees == Sees::It && is_from_a_crash {
            next.just = Some(Happening::FoundAfterACrash);
        }
        next.workers[worker] = Worker::Knows {
            text,
            claimed,
            answer,
        };
        Some(())
    }

    /// The end of `send_text`: one transaction.
    fn settle(&self, next: &mut World, worker: usize) -> Option<()> {
        let Worker::Knows {
            text,
            claimed,
            answer,
        } = next.workers[worker]
        else {
            return None;
        };
        let now = next.now;
        next.workers[worker] = Worker::Idle;
        let follows = what_follows(answer, claimed, now, next.tick);
        let claim_is_over = row(next, text)?
            .claimed_until
            .is_some_and(|until| until <= now);
        match follows {
            Next::Settle(news)
                if news.state == SmsState::Unknown
                    && self.is_planted(Planted::DropsWhatItDoesNotFind) =>
            {
                row(next, text)?.withdraw();
            }
            Next::Settle(news) => {
                // Old news is no step, but the worker is free.
                let _ = self.hear_of_text(next, text, news);
                if claim_is_over && matches!(answer, Answer::Taken(_)) {
                    next.just = Some(Happening::SettledLate);
                }
                if news.failure == Some(SmsFailure::ProviderUnavailable) {
                    next.just = Some(Happening::GivenUp);
                }
            }
            Next::LookAgain { at } => row(next, text)?.look_again(now, at),
            Next::TryAgain { at } => row(next, text)?.try_again(at),
        }
        Some(())
    }

    /// `settle_text`: the row and the caller, in one transaction.
    fn hear_of_text(&self, next: &mut World, text: TextNumber, news: Progress) -> Option<()> {
        let now = next.now;
        let before = row(next, text)?.state;
        let is_news = row(next, text)?.hear(news, now);
        if !is_news {
            if !self.is_planted(Planted::SettlesBackward) {
                return None;
            }
            row(next, text)?.become_known(news.state, now);
        }
        let after = row(next, text)?.state;
        if rank(after) < rank(before) {
            next.broken = Some(Broken::Backward);
        }
        if rank(before) == SmsState::Unknown && rank(after) == SmsState::Delivered {
            next.just = Some(Happening::DeliveredAfterUnknown);
        }
        let command = Command::HearOfText {
            text: FIXED.texts[text].clone(),
            progress: news,
        };
        if let Some(changed) = decided(&next.caller, command, now) {
            save(next, *changed);
        }
        Some(())
    }

    /// The step that brings the outbox on when only the workers act, the provider takes nothing and
    /// its list shows nothing: the longest way to an end.
    pub(crate) fn left_alone(world: &World) -> Step {
        for worker in 0..world.workers.len() {
            match world.workers[worker] {
                Worker::Idle => {}
                Worker::Knows { .. } => return Step::Settles(worker),
                Worker::Claimed {
                    claimed, is_wanted, ..
                } => {
                    return if claimed.in_doubt_since.is_some() {
                        Step::LooksFor(worker, Sees::Nothing)
                    } else if is_wanted {
                        Step::HandsOver(worker, Answers::NotNow)
                    } else {
                        Step::Withdraws(worker)
                    };
                }
            }
        }
        if world.due().is_some() {
            Step::Claims(0)
        } else {
            Step::Tick
        }
    }
}

/// What a command changes; `None` when nothing.
pub(crate) fn decided(caller: &Caller, command: Command, now: Timestamp) -> Option<Box<Changed>> {
    match decide(caller, command, &FIXED.settings, now) {
        Decision::Changed(changed) => Some(changed),
        Decision::Unchanged | Decision::Refused(_) => None,
    }
}

fn progress(state: SmsState) -> Progress {
    Progress {
        state,
        failure: (state == SmsState::Failed).then_some(SmsFailure::Unreachable),
    }
}

fn row(world: &mut World, text: TextNumber) -> Option<&mut Row> {
    world.texts[text].as_mut().map(|text| &mut text.row)
}

/// News without a failure.
fn came_to(state: SmsState) -> Progress {
    Progress {
        state,
        failure: None,
    }
}

/// How far a row is; one that was withdrawn is as far as one of which nothing is known.
fn rank(state: crate::outbox::RowState) -> SmsState {
    match state {
        crate::outbox::RowState::Withdrawn => SmsState::Unknown,
        crate::outbox::RowState::Known(state) => state,
    }
}

/// The request goes out, and what comes back is known, to the worker only.
fn hand_over(next: &mut World, worker: usize, answers: Answers) -> Option<()> {
    let Worker::Claimed {
        text,
        claimed,
        is_answered,
        ..
    } = next.workers[worker]
    else {
        return None;
    };
    if is_answered {
        next.broken = Some(Broken::TextAfterComingBack);
    }
    let provider: &mut AtTheProvider = &mut next.texts[text].as_mut()?.provider;
    let answer = match answers {
        Answers::Taken => {
            provider.taken += 1;
            Answer::Taken(came_to(provider.state()))
        }
        Answers::TakenWithoutAWord => {
            provider.taken += 1;
            Answer::InDoubt
        }
        Answers::MayStillArrive => {
            provider.may_still_arrive = true;
            Answer::InDoubt
        }
        Answers::NothingArrived => Answer::InDoubt,
        Answers::NotNow => Answer::NotNow,
        Answers::Refused => Answer::Refused(SmsFailure::InvalidNumber),
    };
    next.workers[worker] = Worker::Knows {
        text,
        claimed,
        answer,
    };
    Some(())
}

/// Saves a change of the caller with the texts it commits, and holds what is true of every change.
fn save(next: &mut World, changed: Changed) {
    let before = Arc::clone(&next.caller);
    let after = changed.caller;
    let mut broken = None;
    if after.version != before.version + 1 {
        broken = Some(Broken::Version);
    }
    if (&after.id, after.arrival, after.arrived_at)
        != (&before.id, before.arrival, before.arrived_at)
    {
        broken = Some(Broken::Place);
    }
    if before.status().is_final() && after.state != before.state {
        broken = Some(Broken::Final);
    }
    if let (Some(before), Some(after)) = (&before.recall, &after.recall)
        && before.text == after.text
        && after.delivery.state < before.delivery.state
    {
        broken = Some(Broken::Backward);
    }
    for text in &changed.texts {
        let latest = before.recall.as_ref().map(|recall| recall.requested_at);
        let is_too_soon = latest.is_some_and(|latest| next.now.since(latest) < RECALL_EVERY);
        let free = next.texts.iter().position(Option::is_none);
        match free {
            Some(free) if !is_too_soon && FIXED.texts[free] == text.id => {}
            _ => broken = Some(Broken::TooManyTexts),
        }
        if let Some(free) = free {
            next.texts[free] = Some(RecallText {
                row: Row::queued(next.now),
                provider: AtTheProvider::default(),
                is_answered: false,
            });
        }
    }
    if after.recalls > RECALLS_PER_STAY {
        broken = Some(Broken::TooManyTexts);
    }
    next.broken = next.broken.or(broken);
    next.caller = Arc::new(after);
}

impl Model for WaitingArea {
    type State = World;
    type Action = Step;

    fn init_states(&self) -> Vec<World> {
        vec![self.start.clone()]
    }

    fn actions(&self, world: &World, steps: &mut Vec<Step>) {
        steps.push(Step::Tick);
        let asked = Asked::ALL.into_iter();
        steps.extend(
            asked
                .filter(|asked| self.is_whole || !asked.is_left_out())
                .map(Step::Asks),
        );
        if self.is_planted(Planted::ReadsTheCallerTooEarly) {
            if world.read.is_some() {
                steps.extend(Asked::OF_STAFF.map(Step::AsksByWhatWasRead));
            } else {
                steps.push(Step::Reads);
            }
        }
        // Of two workers with the same in hand, it makes no difference which acts.
        let workers = if world.workers[0] == world.workers[1] {
            0..1
        } else {
            0..2
        };
        for worker in workers {
            match world.workers[worker] {
                Worker::Idle => {
                    let other = world.workers[1 - worker];
                    if self.is_whole || other == Worker::Idle {
                        steps.push(Step::Claims(worker));
                    }
                    if self.is_planted(Planted::ClaimsWhatIsClaimed)
                        && other.text().is_some_and(|text| other.may_hand_over(text))
                    {
                        steps.push(Step::ClaimsToo(worker));
                    }
                    continue;
                }
                Worker::Knows { .. } => steps.push(Step::Settles(worker)),
                Worker::Claimed {
                    claimed, is_wanted, ..
                } => {
                    if claimed.in_doubt_since.is_some() {
                        steps.push(Step::LooksFor(worker, Sees::It));
                        steps.push(Step::LooksFor(worker, Sees::Nothing));
                    } else if is_wanted {
                        let how = Answers::ALL.into_iter();
                        let how =
                            how.filter(|how| self.is_whole || *how != Answers::MayStillArrive);
                        steps.extend(how.map(|how| Step::HandsOver(worker, how)));
                    } else {
                        steps.push(Step::Withdraws(worker));
                    }
                }
            }
            steps.push(Step::Crashes(worker));
        }
        if world
            .texts
            .iter()
            .flatten()
            .any(|text| text.row.claimed_until.is_some())
        {
            steps.push(Step::Restarts);
        }
        for (number, text) in world.texts.iter().enumerate() {
            let Some(RecallText { provider, .. }) = text else {
                continue;
            };
            if provider.may_still_arrive {
                steps.push(Step::Arrives(number));
            }
            if provider.taken > 0 {
                steps.push(Step::News(number, SmsState::Sent));
                match provider.came_to {
                    CameTo::OnItsWay => {
                        steps.push(Step::ComesTo(number, CameTo::Delivered));
                        if self.is_whole {
                            steps.push(Step::ComesTo(number, CameTo::Undelivered));
                        }
                    }
                    CameTo::Delivered | CameTo::Undelivered => {
                        steps.push(Step::News(number, provider.state()));
                    }
                }
            }
        }
    }

    fn next_state(&self, world: &World, step: Step) -> Option<World> {
        self.after(world, step)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        crate::sentences::all(self)
    }
}
