//! What must hold in every world, and what the exploration must come across so that it says
//! something.

use crate::outbox::RowState;
use crate::steps::{Asked, decided};
use crate::world::{Broken, CameTo, FIXED, Happening, TEXTS, WaitingArea, World};
use standby::domain::caller::{Caller, State, Waiting};
use standby::domain::decide::{Decision, decide};
use standby::domain::delivery::SmsState;
use standby::domain::refusal::Why;
use standby::domain::status::Status;
use stateright::Property;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::PoisonError;

pub(crate) const TAKEN_ONCE: &str = "the provider takes no recall's text twice";
pub(crate) const NOT_AFTER_COMING_BACK: &str =
    "no text goes out to a caller who was back when a worker took it up";
pub(crate) const ONE_HANDS_OVER: &str = "a text is one worker's to hand over";
pub(crate) const NEVER_LOST: &str = "a text was taken once, or is withdrawn unsent, or staff see what went wrong, or is still to go";
pub(crate) const COMES_TO_REST: &str = "left alone, the workers bring every text to an end";
pub(crate) const FORWARD: &str = "what is known of a text only moves forward";
pub(crate) const SHOWN: &str = "what staff are shown of a recall's text is what is known of it";
pub(crate) const VERSION: &str = "a version grows by one with each change";
pub(crate) const LIMITS: &str = "at most one text is committed a minute and five a stay";

pub(crate) const ONE_TEXT_A_CLICK: &str = "a double click on Recall commits one text";

/// Every sentence, with what must come about in this waiting area.
pub(crate) fn all(area: &WaitingArea) -> Vec<Property<WaitingArea>> {
    let mut sentences = what_always_holds();
    sentences.extend(what_comes_about());
    sentences.extend(if area.is_whole {
        what_two_workers_come_to()
    } else {
        what_two_texts_come_to()
    });
    sentences
}

fn what_always_holds() -> Vec<Property<WaitingArea>> {
    let always = Property::<WaitingArea>::always;
    vec![
        always(TAKEN_ONCE, |_, world| {
            texts(world).all(|text| text.provider.taken <= 1)
        }),
        always(NOT_AFTER_COMING_BACK, |_, world| {
            world.broken != Some(Broken::TextAfterComingBack)
        }),
        always(ONE_HANDS_OVER, |_, world| {
            let [one, other] = world.workers;
            (0..TEXTS).all(|text| !(one.may_hand_over(text) && other.may_hand_over(text)))
        }),
        always(NEVER_LOST, |_, world| {
            (0..TEXTS).all(|text| is_accounted_for(world, text))
        }),
        always(COMES_TO_REST, comes_to_rest),
        always(FORWARD, |_, world| world.broken != Some(Broken::Backward)),
        always(SHOWN, |_, world| is_shown_as_known(world)),
        always(VERSION, |_, world| world.broken != Some(Broken::Version)),
        always(LIMITS, |_, world| {
            world.broken != Some(Broken::TooManyTexts)
        }),
        always("nothing changes the place", |_, world| {
            world.broken != Some(Broken::Place)
        }),
        always("a final caller stays final", |_, world| {
            world.broken != Some(Broken::Final)
        }),
        always("a row is one the table takes", |_, world| {
            texts(world).all(|text| text.row.is_one_the_table_takes())
        }),
        always(
            "an Offline caller is verified and not looking",
            |_, world| {
                let caller = &world.caller;
                caller.status() != Status::Offline
                    || (caller.phone().verified().is_some() && !world.is_looking)
            },
        ),
        always("a verified caller who is Waiting is looking", |_, world| {
            !matches!(world.caller.state, State::Waiting(Waiting::Verified(_))) || world.is_looking
        }),
        always(
            "of cancel and join at once exactly one wins",
            one_of_cancel_and_join_wins,
        ),
        always(ONE_TEXT_A_CLICK, |area, world| {
            let ask = |caller: &Caller| {
                let command = Asked::Recall.command(world, area.recalls)?;
                decided(caller, command, world.now)
            };
            ask(&world.caller)
                .is_none_or(|first| first.texts.len() == 1 && ask(&first.caller).is_none())
        }),
    ]
}

fn what_comes_about() -> Vec<Property<WaitingArea>> {
    let sometimes = Property::<WaitingArea>::sometimes;
    vec![
        sometimes(
            "a worker crashes after handing over, and a look finds the text",
            |_, world| world.just == Some(Happening::FoundAfterACrash),
        ),
        sometimes(
            "a text that was UNKNOWN turns out to be delivered",
            |_, world| world.just == Some(Happening::DeliveredAfterUnknown),
        ),
        sometimes(
            "a text fails because the provider takes none",
            |_, world| world.just == Some(Happening::GivenUp),
        ),
        sometimes("a text is withdrawn", |_, world| {
            world.just == Some(Happening::Withdrawn)
        }),
        sometimes("every recall there is room for is made", |area, world| {
            texts(world).count() == area.recalls
        }),
        sometimes(
            "a text is Sent though the stay was cancelled",
            |_, world| {
                world.caller.status() == Status::Cancelled
                    && texts(world).any(|text| text.row.is(SmsState::Sent))
            },
        ),
    ]
}

fn what_two_workers_come_to() -> Vec<Property<WaitingArea>> {
    let sometimes = Property::<WaitingArea>::sometimes;
    vec![
        sometimes("a worker settles after its claim ran out", |_, world| {
            world.just == Some(Happening::SettledLate)
        }),
        sometimes("the news comes before the answer", |_, world| {
            (0..TEXTS).any(|number| {
                let is_settled =
                    world.texts[number].is_some_and(|text| text.row.is(SmsState::Delivered));
                is_settled && world.is_in_hand(number)
            })
        }),
        sometimes("two workers are about the same text", |_, world| {
            let [one, other] = world.workers;
            one.text().is_some() && one.text() == other.text()
        }),
        sometimes("a text arrives that was given up as UNKNOWN", |_, world| {
            texts(world)
                .any(|text| text.row.is(SmsState::Unknown) && text.provider.may_still_arrive)
        }),
        sometimes("a consultation takes place after a recall", |_, world| {
            world.caller.status() == Status::Completed && texts(world).next().is_some()
        }),
    ]
}

fn what_two_texts_come_to() -> Vec<Property<WaitingArea>> {
    let sometimes = Property::<WaitingArea>::sometimes;
    vec![sometimes("two texts are under way at once", |_, world| {
        texts(world).filter(|text| !text.row.is_at_rest()).count() == 2
    })]
}

fn texts(world: &World) -> impl Iterator<Item = &crate::world::RecallText> {
    world.texts.iter().flatten()
}

/// What the row says, the provider bears out; where the row says nothing more, there is a reason.
fn is_accounted_for(world: &World, number: usize) -> bool {
    let Some(text) = &world.texts[number] else {
        return true;
    };
    let provider = text.provider;
    let never_goes_out = provider.taken == 0 && !provider.may_still_arrive;
    match text.row.state {
        // Nobody knows, and that is what is shown; or there is work left, which `COMES_TO_REST` says
        // is done.
        RowState::Known(SmsState::Unknown | SmsState::Sending) => true,
        RowState::Known(SmsState::Queued) => never_goes_out,
        RowState::Known(SmsState::Sent) => provider.taken == 1,
        RowState::Known(SmsState::Delivered) => {
            provider.taken == 1 && provider.came_to == CameTo::Delivered
        }
        RowState::Known(SmsState::Failed) => {
            never_goes_out || (provider.taken == 1 && provider.came_to == CameTo::Undelivered)
        }
        RowState::Withdrawn => never_goes_out && !world.still_wants(number),
    }
}

/// Of a stay that is over nothing is heard any more; and staff are not told that something is just
/// being handed over, nor of a text that nobody waits for.
fn is_shown_as_known(world: &World) -> bool {
    let Some(number) = world.latest().filter(|_| !world.caller.status().is_final()) else {
        return true;
    };
    let shown = world
        .caller
        .recall
        .as_ref()
        .map(|recall| recall.delivery.state);
    let known = world.texts[number].map(|text| match text.row.state {
        RowState::Known(SmsState::Sending) | RowState::Withdrawn => SmsState::Queued,
        RowState::Known(state) => state,
    });
    shown == known
}

/// Both orders, from wherever the caller stands: the first wins, the second is told what happened.
fn one_of_cancel_and_join_wins(area: &WaitingArea, world: &World) -> bool {
    let command = |asked: Asked| asked.command(world, area.recalls);
    let is_told = |first: Asked, second: Asked, status| {
        let Some(won) = command(first).and_then(|first| decided(&world.caller, first, world.now))
        else {
            return false;
        };
        command(second).is_some_and(|second| {
            let told = decide(&won.caller, second, &FIXED.settings, world.now);
            matches!(told, Decision::Refused(refusal) if refusal.why == Why::WrongStatus { status })
        })
    };
    let is_joinable = command(Asked::Join)
        .and_then(|join| decided(&world.caller, join, world.now))
        .is_some();
    !is_joinable
        || (is_told(Asked::Cancel, Asked::Join, Status::Cancelled)
            && is_told(Asked::Join, Asked::Cancel, Status::BeingSeen))
}

/// More steps than any outbox of two texts needs on the longest way to an end.
const ENOUGH: usize = 200;

/// Whether nothing is left to do for the outbox after finitely many steps, from here and with the
/// most unhelpful provider there is. Outboxes that were walked through once are known.
fn comes_to_rest(area: &WaitingArea, world: &World) -> bool {
    let mut walked = Vec::new();
    let mut world = world.clone();
    for _ in 0..ENOUGH {
        let is_at_rest = texts(&world).all(|text| text.row.is_at_rest())
            && world.workers.iter().all(|worker| worker.text().is_none());
        let mut hasher = DefaultHasher::new();
        world.outbox_as_seen().hash(&mut hasher);
        let seen = hasher.finish();
        let mut known = area
            .comes_to_rest
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if is_at_rest || known.contains(&seen) {
            known.extend(walked);
            return true;
        }
        drop(known);
        walked.push(seen);
        let Some(next) = area.after(&world, WaitingArea::left_alone(&world)) else {
            return false;
        };
        world = next;
    }
    false
}
