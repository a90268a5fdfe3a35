//! A caller: one person's stay in a waiting area, from arrival to an end.

use super::clinic::Settings;
use super::entry::{Answer, Name, Reason};
use super::erasing::Erased;
use super::id::{CallerId, ClinicId, RoomId, TextId};
use super::limits::LOST_CONTACT_GRACE_WITH_CODE;
use super::recall::Recall;
use super::status::Status;
use super::text::TextPurpose;
use super::time::Timestamp;
use super::verification::{Phone, UnverifiedPhone, VerifiedPhone};

/// A caller: what holds in every state, and the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Names this stay: whoever arrives again is another caller.
    pub id: CallerId,
    /// The clinic at whose link this caller arrived; a caller is never moved to another.
    pub clinic: ClinicId,
    /// The place in the order of arrival. Nothing ever changes it.
    pub arrival: Arrival,
    /// The time waited counts from here. A resumed stay has that of the stay it continues.
    pub arrived_at: Timestamp,
    /// Who it is, for as long as that is kept.
    pub person: Person,
    /// Whether Offline Queueing was on when this caller arrived; turning it off later does not take
    /// it from those who are there.
    pub arrived_with_offline_queueing: bool,
    /// Counts this caller's changes, from 1.
    pub version: i64,
    /// When the status became what it is. Other changes of the state leave it alone.
    pub status_since: Timestamp,
    /// The last sign of life that changed anything; while viewing, the time it began.
    pub last_seen_at: Timestamp,
    /// The latest recall, also after the caller came back; `None` while there was none.
    pub recall: Option<Recall>,
    /// How many recalls this stay has had.
    pub recalls: u32,
    /// Since when the holder of this caller's number asks for no texts; `None` once erased.
    pub texts_stopped_at: Option<Timestamp>,
    /// Where the caller stands, with what exists only there.
    pub state: State,
}

/// What is known of the person behind a stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Person {
    /// While the stay goes on, and after it for as long as the clinic keeps it.
    Known(Details),
    /// Nothing: the stay has ended, and so has the time for which its clinic keeps who it was.
    Erased(Erased),
}

/// What a person entered on arrival besides the number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    /// As entered.
    pub name: Name,
    /// In the order in which the clinic asked; without the fields that were left empty.
    pub answers: Vec<Answer>,
}

/// The place in a clinic's order of arrival; smaller came first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arrival(pub i64);

/// Where the caller stands. Each variant owns what exists in it and nothing else: an Offline caller
/// without a verified number cannot be written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// In the queue and joinable now.
    Waiting(Waiting),
    /// Away, with the place kept; the number is the one Recall uses.
    Offline(VerifiedPhone),
    /// In the room with a provider, and no longer in the queue.
    BeingSeen(Consultation),
    /// The consultation is interrupted; it goes on in the same room.
    OnHold(Consultation),
    /// The stay is over. Nothing but whether it was resumed changes any more.
    Ended(Ended),
}

/// A caller in the queue who is not away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// Viewing, always: one who stops is Offline.
    Verified(VerifiedPhone),
    /// Cannot be recalled, so one who stops viewing stays Waiting for the grace time.
    Unverified {
        /// The number to be proven, if one was given.
        phone: UnverifiedPhone,
        /// Set while this caller is not viewing: the grace time counts from here.
        not_responding_since: Option<Timestamp>,
    },
}

/// A caller who was joined. Verification and presence no longer decide the status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consultation {
    /// As it was when the caller was joined, and as proven since by a code that was outstanding.
    pub phone: Phone,
    /// One room a stay.
    pub room: RoomId,
    /// Whether the caller's wait screen is visible and in touch; says nothing of the room.
    pub is_viewing: bool,
}

/// A stay that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// For a stay that lost contact, when that was noticed: the grace time was over before.
    pub at: Timestamp,
    /// By whose doing; decides which of the final statuses it is.
    pub how: End,
    /// What was known at the end, so that arriving again can offer it; nothing once erased.
    pub phone: Phone,
}

/// How a stay ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// A provider completed the consultation.
    Completed {
        /// Where it took place.
        room: RoomId,
    },
    /// The caller left on purpose.
    Left {
        /// In the caller's words; `None` when they gave none, and once erased.
        reason: Option<Reason>,
    },
    /// Unverified, and not seen for the grace time.
    LostContact {
        /// Whether the place was taken back since, by another stay.
        is_resumed: bool,
    },
    /// Staff took the caller out of the waiting area.
    Cancelled {
        /// In the words of staff; `None` when they gave none, and once erased.
        reason: Option<Reason>,
    },
}

impl Caller {
    /// The status the state amounts to: worked out, so that the two never disagree.
    #[must_use]
    pub fn status(&self) -> Status {
        match &self.state {
            State::Waiting(_) => Status::Waiting,
            State::Offline(_) => Status::Offline,
            State::BeingSeen(_) => Status::BeingSeen,
            State::OnHold(_) => Status::OnHold,
            State::Ended(ended) => match ended.how {
                End::Completed { .. } => Status::Completed,
                End::Left { .. } | End::LostContact { .. } => Status::Left,
                End::Cancelled { .. } => Status::Cancelled,
            },
        }
    }

    /// What the person entered on arrival; `None` once erased.
    #[must_use]
    pub fn details(&self) -> Option<&Details> {
        match &self.person {
            Person::Known(details) => Some(details),
            Person::Erased(_) => None,
        }
    }

    /// When who it was was erased; `None` while it is kept.
    #[must_use]
    pub fn erased_at(&self) -> Option<Timestamp> {
        match &self.person {
            Person::Known(_) => None,
            Person::Erased(erased) => Some(erased.at()),
        }
    }

    /// What is known of how to reach this caller.
    #[must_use]
    pub fn phone(&self) -> Phone {
        match &self.state {
            State::Waiting(Waiting::Verified(phone)) | State::Offline(phone) => {
                Phone::Verified(phone.clone())
            }
            State::Waiting(Waiting::Unverified { phone, .. }) => Phone::Unverified(phone.clone()),
            State::BeingSeen(consultation) | State::OnHold(consultation) => {
                consultation.phone.clone()
            }
            State::Ended(ended) => ended.phone.clone(),
        }
    }

    /// Whether at least one of the caller's screens is visible and in touch.
    #[must_use]
    pub fn is_viewing(&self) -> bool {
        match &self.state {
            State::Waiting(Waiting::Verified(_)) => true,
            State::Waiting(Waiting::Unverified {
                not_responding_since,
                ..
            }) => not_responding_since.is_none(),
            State::Offline(_) | State::Ended(_) => false,
            State::BeingSeen(consultation) | State::OnHold(consultation) => consultation.is_viewing,
        }
    }

    /// Since when an unverified caller has not been viewing.
    #[must_use]
    pub fn not_responding_since(&self) -> Option<Timestamp> {
        match &self.state {
            State::Waiting(Waiting::Unverified {
                not_responding_since,
                ..
            }) => *not_responding_since,
            _ => None,
        }
    }

    /// When an unverified caller who is not viewing loses the place, if nothing is heard until
    /// then.
    #[must_use]
    pub fn lost_at(&self, settings: &Settings) -> Option<Timestamp> {
        let State::Waiting(Waiting::Unverified {
            phone,
            not_responding_since: Some(since),
        }) = &self.state
        else {
            return None;
        };
        let without_code = *since + settings.lost_contact_grace;
        // The caller left the page to read the code: the longer grace holds while it can be
        // entered.
        let with_code = phone
            .outstanding
            .as_ref()
            .filter(|code| code.attempts_left > 0)
            .map(|code| code.expires_at().min(*since + LOST_CONTACT_GRACE_WITH_CODE));
        Some(with_code.map_or(without_code, |at| at.max(without_code)))
    }

    /// Whether this caller may verify a number and step away: as it was on arrival, or as it is
    /// now.
    #[must_use]
    pub fn may_step_away(&self, settings: &Settings) -> bool {
        self.arrived_with_offline_queueing
            || settings.offline_queueing
            || self.phone().verified().is_some()
    }

    /// The room both sides meet in, while there is one to enter.
    #[must_use]
    pub fn room(&self) -> Option<&RoomId> {
        match &self.state {
            State::BeingSeen(consultation) | State::OnHold(consultation) => {
                Some(&consultation.room)
            }
            _ => None,
        }
    }

    /// Whether a text that was committed for this caller still says what is so. Between the commit
    /// and its turn there may be a restart, or hours without a provider: a caller who is back must
    /// not be called back, and a code that opens nothing only confuses.
    #[must_use]
    pub fn still_wants(&self, text: &TextId, purpose: TextPurpose, now: Timestamp) -> bool {
        match purpose {
            // One who came back has answered it, also when away again since.
            TextPurpose::Recall => self.recall.as_ref().is_some_and(|recall| {
                self.status() == Status::Offline
                    && recall.text == *text
                    && recall.returned_at.is_none()
            }),
            TextPurpose::Code => {
                let phone = self.phone();
                let outstanding = phone.outstanding();
                !self.status().is_final()
                    && outstanding.is_some_and(|code| code.text == *text && code.is_live(now))
            }
            // Final, and so true for ever.
            TextPurpose::Cancelled => true,
        }
    }

    /// How and when the stay ended; `None` while it goes on.
    #[must_use]
    pub fn ended(&self) -> Option<&Ended> {
        match &self.state {
            State::Ended(ended) => Some(ended),
            _ => None,
        }
    }

    /// Whether contact was lost and the place can still be taken back: nobody has, the clinic is open,
    /// and it is still known who would take it.
    #[must_use]
    pub fn is_resumable(&self, settings: &Settings) -> bool {
        let lost = self.ended().map(|ended| &ended.how);
        settings.is_open
            && self.erased_at().is_none()
            && matches!(lost, Some(End::LostContact { is_resumed: false }))
    }
}
