//! Coming in: a new stay, or one that takes back the place of a stay that lost contact.

use super::caller::{Arrival, Caller, Details, End, Person, State, Waiting};
use super::clinic::Clinic;
use super::decide::Changed;
use super::entry::{Answer, Name};
use super::event::{Actor, Event, What};
use super::id::CallerId;
use super::phone_number::PhoneNumber;
use super::refusal::{Refusal, Why};
use super::time::Timestamp;
use super::verification::{Phone, UnverifiedPhone};

/// Someone at the door, with what they entered already read.
#[derive(Clone, Debug)]
pub struct Arriving {
    /// The id this stay gets, if it comes to one.
    pub id: CallerId,
    /// What staff will call them by.
    pub name: Name,
    /// Unproven; `None` for one who would rather keep the page open.
    pub phone: Option<PhoneNumber>,
    /// To what the clinic asks just now, with every required one there.
    pub answers: Vec<Answer>,
}

/// Takes a caller in, behind everyone who is there.
///
/// # Errors
/// Refused while the clinic is closed.
pub fn arrive(
    clinic: &Clinic,
    arriving: Arriving,
    arrival: Arrival,
    now: Timestamp,
) -> Result<Changed, Refusal> {
    if !clinic.settings.is_open {
        return Err(closed());
    }
    let phone = UnverifiedPhone {
        typed: arriving.phone,
        outstanding: None,
    };
    let caller = Caller {
        id: arriving.id,
        clinic: clinic.id.clone(),
        arrival,
        arrived_at: now,
        person: Person::Known(Details {
            name: arriving.name,
            answers: arriving.answers,
        }),
        arrived_with_offline_queueing: clinic.settings.offline_queueing,
        version: 1,
        status_since: now,
        last_seen_at: now,
        recall: None,
        recalls: 0,
        texts_stopped_at: None,
        state: State::Waiting(Waiting::Unverified {
            phone,
            not_responding_since: None,
        }),
    };
    Ok(Changed::only(
        caller,
        Event {
            what: What::Arrived,
            by: Actor::Caller,
        },
    ))
}

/// A stay that takes the place of one that lost contact.
#[derive(Clone, Debug)]
pub struct Resumed {
    /// The lost stay, from now on not to be resumed again. It stays ended: LEFT is final.
    pub lost: Caller,
    /// The new stay, in the original place.
    pub resumed: Changed,
}

/// Takes the place of `lost` back for a new stay called `id`.
///
/// # Errors
/// Refused when that stay did not end by lost contact, was resumed already, was erased, or the clinic
/// is closed.
pub fn resume(
    clinic: &Clinic,
    lost: &Caller,
    id: CallerId,
    now: Timestamp,
) -> Result<Resumed, Refusal> {
    let State::Ended(ended) = &lost.state else {
        return Err(Refusal::wrong_status(
            lost.status(),
            "You are still in the waiting area.",
        ));
    };
    if !matches!(ended.how, End::LostContact { is_resumed: false }) {
        let message = "This stay has ended. You can arrive again with the clinic's link.";
        return Err(Refusal::wrong_status(lost.status(), message));
    }
    if lost.erased_at().is_some() {
        let message = "Your details have been erased since, as the clinic has it, so this place can no \
                       longer be taken back. You can arrive again with the clinic's link.";
        return Err(Refusal::wrong_status(lost.status(), message));
    }
    if !clinic.settings.is_open {
        return Err(closed());
    }
    let typed = ended.phone.number().cloned();
    let phone = match &ended.phone {
        Phone::Unverified(phone) => phone.clone(),
        Phone::Verified(_) => UnverifiedPhone {
            typed,
            outstanding: None,
        },
    };
    let resumed = Caller {
        id,
        version: 1,
        status_since: now,
        last_seen_at: now,
        state: State::Waiting(Waiting::Unverified {
            phone,
            not_responding_since: None,
        }),
        ..lost.clone()
    };
    let mut lost = lost.clone();
    // It is another caller to whoever looks at it: no longer to be resumed.
    lost.version += 1;
    if let State::Ended(ended) = &mut lost.state {
        ended.how = End::LostContact { is_resumed: true };
    }
    let event = Event {
        what: What::Resumed,
        by: Actor::Caller,
    };
    Ok(Resumed {
        lost,
        resumed: Changed::only(resumed, event),
    })
}

fn closed() -> Refusal {
    Refusal::new(
        Why::Unavailable,
        "The clinic's waiting area is closed at the moment.",
    )
}
