//! A caller: one person's stay in a waiting area, from arrival to an end.

use super::entry::{Answer, Name, Reason};
use super::id::{CallerId, ClinicId, RoomId};
use super::limits::LOST_CONTACT_GRACE_WITH_CODE;
use super::clinic::Settings;
use super::recall::Recall;
use super::time::Timestamp;
use super::verification::{Phone, UnverifiedPhone, VerifiedPhone};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub id: CallerId,
    pub clinic: ClinicId,
    /// The place in the order of arrival. Nothing ever changes it.
    pub arrival: Arrival,
    pub arrived_at: Timestamp,
    pub name: Name,
    pub answers: Vec<Answer>,
    /// Whether Offline Queueing was on when this caller arrived; turning it off later does not take
    /// it from those who are there.
    pub arrived_with_offline_queueing: bool,
    /// Counts this caller's changes, from 1.
    pub version: i64,
    pub status_since: Timestamp,
    /// The last sign of life that changed anything; while viewing, the time it began.
    pub last_seen_at: Timestamp,
    pub recall: Option<Recall>,
    /// How many recalls this stay has had.
    pub recalls: u32,
    pub state: State,
}

/// The place in a clinic's order of arrival; smaller came first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arrival(pub i64);

/// Where the caller stands. Each variant owns what exists in it and nothing else: an Offline caller
/// without a verified number cannot be written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Waiting(Waiting),
    /// Away, with the place kept; the number is the one Recall uses.
    Offline(VerifiedPhone),
    BeingSeen(Consultation),
    OnHold(Consultation),
    Ended(Ended),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// Viewing, always: one who stops is Offline.
    Verified(VerifiedPhone),
    Unverified {
        phone: UnverifiedPhone,
        /// Set while this caller is not viewing.
        not_responding_since: Option<Timestamp>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consultation {
    pub phone: Phone,
    /// One room a stay.
    pub room: RoomId,
    pub is_viewing: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    pub at: Timestamp,
    pub how: End,
    pub phone: Phone,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    Completed { room: RoomId },
    Left { reason: Option<Reason> },
    /// Unverified, and not seen for the grace time.
    LostContact {
        /// Whether the place was taken back since, by another stay.
        is_resumed: bool,
    },
    Cancelled { reason: Option<Reason> },
}

/// Where a caller stands, as staff see and act on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    Waiting,
    Offline,
    BeingSeen,
    OnHold,
    Completed,
    Left,
    Cancelled,
}

impl Status {
    pub const ALL: [Self; 7] = [
        Self::Waiting,
        Self::Offline,
        Self::BeingSeen,
        Self::OnHold,
        Self::Completed,
        Self::Left,
        Self::Cancelled,
    ];

    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Left | Self::Cancelled)
    }

    /// Whether a caller of this status stands in the queue, so that others are behind.
    #[must_use]
    pub fn is_queued(self) -> bool {
        matches!(self, Self::Waiting | Self::Offline)
    }
}

impl Caller {
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

    /// What is known of how to reach this caller.
    #[must_use]
    pub fn phone(&self) -> Phone {
        match &self.state {
            State::Waiting(Waiting::Verified(phone)) | State::Offline(phone) => {
                Phone::Verified(phone.clone())
            }
            State::Waiting(Waiting::Unverified { phone, .. }) => Phone::Unverified(phone.clone()),
            State::BeingSeen(consultation) | State::OnHold(consultation) => consultation.phone.clone(),
            State::Ended(ended) => ended.phone.clone(),
        }
    }

    /// Whether at least one of the caller's screens is visible and in touch.
    #[must_use]
    pub fn is_viewing(&self) -> bool {
        match &self.state {
            State::Waiting(Waiting::Verified(_)) => true,
            State::Waiting(Waiting::Unverified { not_responding_since, .. }) => {
                not_responding_since.is_none()
            }
            State::Offline(_) | State::Ended(_) => false,
            State::BeingSeen(consultation) | State::OnHold(consultation) => consultation.is_viewing,
        }
    }

    /// Since when an unverified caller has not been viewing.
    #[must_use]
    pub fn not_responding_since(&self) -> Option<Timestamp> {
        match &self.state {
            State::Waiting(Waiting::Unverified { not_responding_since, .. }) => *not_responding_since,
            _ => None,
        }
    }

    /// When an unverified caller who is not viewing loses the place, if nothing is heard until then.
    #[must_use]
    pub fn lost_at(&self, settings: &Settings) -> Option<Timestamp> {
        let State::Waiting(Waiting::Unverified { phone, not_responding_since: Some(since) }) = &self.state
        else {
            return None;
        };
        let without_code = *since + settings.lost_contact_grace;
        // The caller left the page to read the code: the longer grace holds while it can be entered.
        let with_code = phone
            .outstanding
            .as_ref()
            .filter(|code| code.attempts_left > 0)
            .map(|code| code.expires_at().min(*since + LOST_CONTACT_GRACE_WITH_CODE));
        Some(with_code.map_or(without_code, |at| at.max(without_code)))
    }

    /// Whether this caller may verify a number and step away: as it was on arrival, or as it is now.
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
            State::BeingSeen(consultation) | State::OnHold(consultation) => Some(&consultation.room),
            _ => None,
        }
    }

    #[must_use]
    pub fn ended(&self) -> Option<&Ended> {
        match &self.state {
            State::Ended(ended) => Some(ended),
            _ => None,
        }
    }

    /// Whether contact was lost and the place can still be taken back.
    #[must_use]
    pub fn is_resumable(&self, settings: &Settings) -> bool {
        let lost = self.ended().map(|ended| &ended.how);
        settings.is_open && matches!(lost, Some(End::LostContact { is_resumed: false }))
    }
}
