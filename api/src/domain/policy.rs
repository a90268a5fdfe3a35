//! Who may do what. Every look and every act asks here, wherever it comes in.

use super::event::Actor;
use super::id::{ApiClientId, CallerId, ClinicId, RecallId, TeamMemberId};
use super::secret::never_printed;

/// What staff may do. Each may do all that those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Reads only.
    Reporter,
    /// Also attends callers.
    TeamMember,
    /// Also configures.
    ClinicAdmin,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Viewer {
    /// Nobody known: sees what everybody may.
    Anonymous {
        /// Tells a credential that is no good from none at all.
        reason: AnonymousReason,
    },
    /// Whoever holds the link of one stay.
    Caller {
        /// The clinic of that stay.
        clinic: ClinicId,
        /// The stay; after a lost one was taken back, the one in its place.
        caller: CallerId,
        /// The recall whose text carried the link; `None` for the link of the arrival.
        by_recall: Option<RecallId>,
    },
    /// Someone who works for a clinic, or a tool of theirs.
    Staff(Staff),
}

/// Why it is not known who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnonymousReason {
    /// None was sent.
    NoCredential,
    /// What was sent cannot be one: it is no bearer token.
    NotBearer,
    /// Unknown, revoked, expired or cut short: one answer for all, so that nothing can be learnt.
    NotRecognised,
}

/// A team member or an API key of a clinic.
#[derive(Clone, PartialEq, Eq)]
pub struct Staff {
    /// The only clinic they may act in.
    pub clinic: ClinicId,
    /// What they may do there.
    pub role: Role,
    /// Whose name an act is recorded under.
    pub who: StaffId,
    /// As colleagues read it in the activity log: a person's name, or what a key is for.
    pub name: String,
}
never_printed!(Staff, "Staff(…)");

/// A person, or a tool with a key: the two that act for a clinic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StaffId {
    /// Signs in by a one-time link or at the identity provider, and acts in a session.
    TeamMember(TeamMemberId),
    /// Presents an API key with every request.
    ApiClient(ApiClientId),
}

/// What a role allows or does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The waiting area, its callers and their activity.
    SeeWaitingArea,
    /// Recall, cancel, join, hold, complete, vouch for a number.
    AttendCallers,
    /// Settings, webhooks, the audit log.
    Configure,
    /// The team, its sessions and the API keys. Never by a key, whatever its role: one that leaked could
    /// make itself others, and revoking it would end nothing.
    Administer,
}

/// The right to act within one clinic. Only a [`Viewer`] that was checked makes one, and
/// [`Within::system`] for what nobody asked for, so a query that wants it cannot be asked without
/// somebody having decided.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Within {
    clinic: ClinicId,
    actor: Actor,
}

impl Within {
    /// Where the right holds: what every query is narrowed to.
    #[must_use]
    pub fn clinic(&self) -> &ClinicId {
        &self.clinic
    }

    /// Who is recorded as having acted.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Standby's own housekeeping in a clinic.
    #[must_use]
    pub fn system(clinic: ClinicId) -> Self {
        Self {
            clinic,
            actor: Actor::System,
        }
    }
}

impl Viewer {
    /// The right to do `act` in `clinic`, if this viewer has it.
    #[must_use]
    pub fn within(&self, clinic: &ClinicId, act: Act) -> Option<Within> {
        let staff = self.staff()?;
        (staff.clinic == *clinic && staff.may(act)).then(|| staff.acting())
    }

    /// The right to do `act` in the viewer's own clinic.
    #[must_use]
    pub fn as_staff(&self, act: Act) -> Option<Within> {
        let staff = self.staff()?;
        staff.may(act).then(|| staff.acting())
    }

    /// A caller's right over the own stay.
    #[must_use]
    pub fn own(&self) -> Option<(Within, CallerId)> {
        match self {
            Self::Caller { clinic, caller, .. } => {
                let within = Within {
                    clinic: clinic.clone(),
                    actor: Actor::Caller,
                };
                Some((within, caller.clone()))
            }
            _ => None,
        }
    }

    /// The staff who ask; `None` for callers and strangers.
    #[must_use]
    pub fn staff(&self) -> Option<&Staff> {
        match self {
            Self::Staff(staff) => Some(staff),
            _ => None,
        }
    }

    /// Whether this viewer may see a caller at all, and so the name and number.
    #[must_use]
    pub fn may_see(&self, clinic: &ClinicId, caller: &CallerId) -> bool {
        match self {
            Self::Anonymous { .. } => false,
            Self::Caller { caller: own, .. } => own == caller,
            Self::Staff(staff) => staff.clinic == *clinic && staff.may(Act::SeeWaitingArea),
        }
    }
}

impl Staff {
    /// Whether they may do `act`, in their own clinic.
    #[must_use]
    pub fn may(&self, act: Act) -> bool {
        match act {
            Act::SeeWaitingArea => true,
            Act::AttendCallers => self.role >= Role::TeamMember,
            Act::Configure => self.role >= Role::ClinicAdmin,
            Act::Administer => {
                self.role >= Role::ClinicAdmin && matches!(self.who, StaffId::TeamMember(_))
            }
        }
    }

    fn acting(&self) -> Within {
        let actor = match &self.who {
            StaffId::TeamMember(id) => Actor::TeamMember(id.clone()),
            StaffId::ApiClient(id) => Actor::ApiClient(id.clone()),
        };
        Within {
            clinic: self.clinic.clone(),
            actor,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clinic(bit: u8) -> ClinicId {
        ClinicId::new([bit; 16])
    }

    fn staff(clinic: ClinicId, role: Role) -> Viewer {
        let who = StaffId::TeamMember(TeamMemberId::new([1; 16]));
        Viewer::Staff(Staff {
            clinic,
            role,
            who,
            name: "A".into(),
        })
    }

    #[test]
    fn each_role_may_do_what_its_line_says() {
        use Act::{Administer, AttendCallers, Configure, SeeWaitingArea};
        for (role, see, attend, configure) in [
            (Role::Reporter, true, false, false),
            (Role::TeamMember, true, true, false),
            (Role::ClinicAdmin, true, true, true),
        ] {
            let viewer = staff(clinic(1), role);
            assert_eq!(viewer.within(&clinic(1), SeeWaitingArea).is_some(), see);
            assert_eq!(viewer.within(&clinic(1), AttendCallers).is_some(), attend);
            assert_eq!(viewer.within(&clinic(1), Configure).is_some(), configure);
            assert_eq!(viewer.within(&clinic(1), Administer).is_some(), configure);
        }
    }

    #[test]
    fn no_key_administers_whatever_its_role() {
        let key = Viewer::Staff(Staff {
            clinic: clinic(1),
            role: Role::ClinicAdmin,
            who: StaffId::ApiClient(ApiClientId::new([1; 16])),
            name: "A".into(),
        });
        assert!(key.within(&clinic(1), Act::Configure).is_some());
        assert_eq!(key.within(&clinic(1), Act::Administer), None);
    }

    #[test]
    fn nobody_acts_in_another_clinic() {
        for role in [Role::Reporter, Role::TeamMember, Role::ClinicAdmin] {
            for act in [
                Act::SeeWaitingArea,
                Act::AttendCallers,
                Act::Configure,
                Act::Administer,
            ] {
                assert_eq!(staff(clinic(1), role).within(&clinic(2), act), None);
            }
        }
    }

    #[test]
    fn a_caller_sees_the_own_stay_and_no_other() {
        let (own, other) = (CallerId::new([1; 16]), CallerId::new([2; 16]));
        let viewer = Viewer::Caller {
            clinic: clinic(1),
            caller: own.clone(),
            by_recall: None,
        };
        assert!(viewer.may_see(&clinic(1), &own));
        assert!(!viewer.may_see(&clinic(1), &other));
        assert_eq!(viewer.as_staff(Act::SeeWaitingArea), None);
    }
}
