//! A clinic's team and its API keys: who may be added, changed and removed, and by whom.

use super::entry::{at_a_glance, clean};
use super::event::Actor;
use super::id::{ApiClientId, ClinicId, SessionId, TeamMemberId};
use super::limits::{API_KEY_AHEAD, API_KEYS, STAFF_NAME_CHARACTERS, TEAM_MEMBERS};
use super::policy::{Role, Staff, StaffId};
use super::refusal::{Refusal, Why};
use super::secret::never_printed;
use super::time::Timestamp;

/// Someone who is or was a member of a clinic's team.
#[derive(Clone, PartialEq, Eq)]
pub struct TeamMember {
    /// What their acts are recorded under for ever.
    pub id: TeamMemberId,
    /// Whose team. Someone who works for two clinics is two members.
    pub clinic: ClinicId,
    /// As colleagues know them.
    pub name: String,
    /// What they may do; what they might do last, for one who was removed.
    pub role: Role,
    /// When they became a member.
    pub added_at: Timestamp,
    /// Since when they are none any more.
    pub removed_at: Option<Timestamp>,
}
never_printed!(TeamMember, "TeamMember(…)");

impl TeamMember {
    /// Whether they are a member.
    #[must_use]
    pub fn is_member(&self) -> bool {
        self.removed_at.is_none()
    }

    /// Whether they administer the clinic.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.is_member() && self.role == Role::ClinicAdmin
    }

    /// The member as one who acts.
    #[must_use]
    pub fn staff(&self) -> Staff {
        Staff {
            clinic: self.clinic.clone(),
            role: self.role,
            who: StaffId::TeamMember(self.id.clone()),
            name: self.name.clone(),
        }
    }
}

/// How a member was recognised when a session was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignInMethod {
    /// By having a one-time link.
    Link,
    /// By the clinic's identity provider.
    OpenIdConnect,
}

/// A session that opens something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Names it; its token is what opens.
    pub id: SessionId,
    /// Whose.
    pub member: TeamMemberId,
    /// When it began.
    pub opened_at: Timestamp,
    /// How its member was recognised.
    pub opened_by: SignInMethod,
    /// To the minute.
    pub last_used_at: Timestamp,
    /// When it ends by itself; use does not prolong it.
    pub expires_at: Timestamp,
}

/// An API key, without the key itself.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// What its acts are recorded under, also after it is revoked.
    pub id: ApiClientId,
    /// The only clinic it opens.
    pub clinic: ClinicId,
    /// What it is for, as staff read it in activity logs.
    pub name: String,
    /// What whoever has it may do.
    pub role: Role,
    /// When it was made.
    pub added_at: Timestamp,
    /// The member who made it; `None` where a command did.
    pub added_by: Option<TeamMemberId>,
    /// To the minute; `None` until it is used.
    pub last_used_at: Option<Timestamp>,
    /// From when it opens nothing; `None` for never.
    pub expires_at: Option<Timestamp>,
    /// Since when it opens nothing, before its time.
    pub revoked_at: Option<Timestamp>,
}
never_printed!(ApiKey, "ApiKey(…)");

impl ApiKey {
    /// Whether it opens anything.
    #[must_use]
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| end > now)
    }

    /// The key as one who acts.
    #[must_use]
    pub fn staff(&self) -> Staff {
        Staff {
            clinic: self.clinic.clone(),
            role: self.role,
            who: StaffId::ApiClient(self.id.clone()),
            name: self.name.clone(),
        }
    }
}

/// What becomes of a team. Each holds the member as it is after that.
#[derive(Debug, PartialEq, Eq)]
pub enum TeamChange {
    /// One more.
    Added(TeamMember),
    /// Another name or role.
    Changed(TeamMember),
    /// One less: sessions and links end at once.
    Removed(TeamMember),
    /// It was so already.
    Unchanged(TeamMember),
}

impl TeamChange {
    /// The member as it is after the change.
    #[must_use]
    pub fn member(&self) -> &TeamMember {
        match self {
            Self::Added(member)
            | Self::Changed(member)
            | Self::Removed(member)
            | Self::Unchanged(member) => member,
        }
    }
}

/// What becomes of a clinic's keys.
#[derive(Debug, PartialEq, Eq)]
pub enum KeyChange {
    /// One more.
    Added(ApiKey),
    /// One that opens nothing from now on.
    Revoked(ApiKey),
    /// It was so already.
    Unchanged(ApiKey),
}

impl KeyChange {
    /// The key as it is after the change.
    #[must_use]
    pub fn key(&self) -> &ApiKey {
        match self {
            Self::Added(key) | Self::Revoked(key) | Self::Unchanged(key) => key,
        }
    }
}

/// Reads the name of a team member or an API key.
///
/// # Errors
/// Refused when nothing readable is left, or when it is longer than [`STAFF_NAME_CHARACTERS`].
pub fn parse_staff_name(typed: &str) -> Result<String, Refusal> {
    let name = clean(typed, STAFF_NAME_CHARACTERS, "name")?;
    if name.is_empty() {
        return Err(Refusal::invalid("name", "Give a name."));
    }
    Ok(name)
}

/// Whether who acts may still administer: between being asked and changing anything, another admin may have
/// changed that.
///
/// # Errors
/// Refused when they may not.
pub fn still_administers(team: &[TeamMember], by: &Actor) -> Result<(), Refusal> {
    let may = match by {
        Actor::System => true,
        Actor::TeamMember(id) => team.iter().any(|one| one.id == *id && one.is_admin()),
        Actor::ApiClient(_) | Actor::Caller => false,
    };
    let message = "This takes a signed-in clinic admin.";
    may.then_some(())
        .ok_or_else(|| Refusal::new(Why::Unavailable, message))
}

/// Adds a member. `team` is everyone who is or was one, here as below.
///
/// # Errors
/// Refused when the team is full, or has a member by this name: nobody could tell the two apart in a log.
pub fn add_member(team: &[TeamMember], by: &Actor, new: TeamMember) -> Result<TeamChange, Refusal> {
    still_administers(team, by)?;
    has_room(team)?;
    name_is_free(team, &new)?;
    Ok(TeamChange::Added(new))
}

/// Whether one more can join a team.
///
/// # Errors
/// Refused when it has as many members as it may have.
pub(super) fn has_room(team: &[TeamMember]) -> Result<(), Refusal> {
    let is_fine = team.iter().filter(|one| one.is_member()).count() < TEAM_MEMBERS;
    let message = format!(
        "The team has {TEAM_MEMBERS} members, which is the most it may have. Remove somebody who no \
         longer belongs to it, and try again."
    );
    is_fine
        .then_some(())
        .ok_or_else(|| Refusal::new(Why::Unavailable, message))
}

/// Changes a member's name, role or both; what is `None` stays.
///
/// # Errors
/// Refused when there is no such member, another one has the name, the role is the own, or nobody would be
/// a clinic admin any more.
pub fn change_member(
    team: &[TeamMember],
    by: &Actor,
    id: &TeamMemberId,
    name: Option<String>,
    role: Option<Role>,
) -> Result<TeamChange, Refusal> {
    still_administers(team, by)?;
    let before = team.iter().find(|one| one.id == *id && one.is_member());
    let before = before.ok_or_else(no_such_member)?;
    let after = TeamMember {
        name: name.unwrap_or_else(|| before.name.clone()),
        role: role.unwrap_or(before.role),
        ..before.clone()
    };
    if after == *before {
        return Ok(TeamChange::Unchanged(after));
    }
    if after.name != before.name {
        name_is_free(team, &after)?;
    }
    if after.role != before.role {
        if *by == Actor::TeamMember(id.clone()) {
            let message = "Nobody changes their own role. Ask another clinic admin.";
            return Err(Refusal::new(Why::Unavailable, message).at("role"));
        }
        another_admin_is_left(team, before).map_err(|refusal| refusal.at("role"))?;
    }
    Ok(TeamChange::Changed(after))
}

/// Removes a member, whose sessions and sign-in links end by it.
///
/// # Errors
/// Refused when there never was such a member, it is whoever asks, or nobody would be a clinic admin any
/// more.
pub fn remove_member(
    team: &[TeamMember],
    by: &Actor,
    id: &TeamMemberId,
    now: Timestamp,
) -> Result<TeamChange, Refusal> {
    still_administers(team, by)?;
    let before = team.iter().find(|one| one.id == *id);
    let before = before.ok_or_else(no_such_member)?;
    if !before.is_member() {
        return Ok(TeamChange::Unchanged(before.clone()));
    }
    if *by == Actor::TeamMember(id.clone()) {
        let message = "Nobody removes themself. Ask another clinic admin.";
        return Err(Refusal::new(Why::Unavailable, message).at("teamMemberId"));
    }
    another_admin_is_left(team, before).map_err(|refusal| refusal.at("teamMemberId"))?;
    Ok(TeamChange::Removed(TeamMember {
        removed_at: Some(now),
        ..before.clone()
    }))
}

fn no_such_member() -> Refusal {
    Refusal::not_found("teamMemberId")
}

fn name_is_free(team: &[TeamMember], of: &TeamMember) -> Result<(), Refusal> {
    let name = at_a_glance(&of.name);
    let taken = team
        .iter()
        .any(|one| one.is_member() && one.id != of.id && at_a_glance(&one.name) == name);
    let message = "The team has a member by this name already, or by one that looks the same.";
    (!taken)
        .then_some(())
        .ok_or_else(|| Refusal::new(Why::Conflict, message).at("name"))
}

/// A clinic without an admin could be given one only by whoever runs the server.
fn another_admin_is_left(team: &[TeamMember], without: &TeamMember) -> Result<(), Refusal> {
    let mut others = team
        .iter()
        .filter(|one| one.is_admin() && one.id != without.id);
    let is_fine = !without.is_admin() || others.next().is_some();
    let message = "This is the last clinic admin. Make somebody else one first.";
    is_fine
        .then_some(())
        .ok_or_else(|| Refusal::new(Why::Unavailable, message))
}

/// Adds a key. `keys` is all that the clinic has or had, here as below.
///
/// # Errors
/// Refused when its expiry has passed or lies further ahead than [`API_KEY_AHEAD`], or the clinic has as
/// many as it may have.
pub fn add_key(keys: &[ApiKey], new: ApiKey, now: Timestamp) -> Result<KeyChange, Refusal> {
    if let Some(expires_at) = new.expires_at {
        if expires_at <= now {
            let message = "This time has passed. Choose a later one.";
            return Err(Refusal::invalid("expiresAt", message));
        }
        if expires_at > now + API_KEY_AHEAD {
            let message = "A key expires within 2 years, or never.";
            return Err(Refusal::invalid("expiresAt", message));
        }
    }
    if keys.iter().filter(|key| key.is_good(now)).count() >= API_KEYS {
        let message = format!(
            "The clinic has {API_KEYS} API keys that are good, which is the most it may have. Revoke one \
             that is no longer used, and try again."
        );
        return Err(Refusal::new(Why::Unavailable, message));
    }
    Ok(KeyChange::Added(new))
}

/// Revokes a key.
///
/// # Errors
/// Refused when there is no such key.
pub fn revoke_key(keys: &[ApiKey], id: &ApiClientId, now: Timestamp) -> Result<KeyChange, Refusal> {
    let before = keys.iter().find(|key| key.id == *id);
    let before = before.ok_or_else(|| Refusal::not_found("apiClientId"))?;
    Ok(match before.revoked_at {
        Some(_) => KeyChange::Unchanged(before.clone()),
        None => KeyChange::Revoked(ApiKey {
            revoked_at: Some(now),
            ..before.clone()
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Span;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn id(bits: u16) -> TeamMemberId {
        let mut all = [0; 16];
        all[..2].copy_from_slice(&bits.to_be_bytes());
        TeamMemberId::new(all)
    }

    fn member(bits: u16, role: Role) -> TeamMember {
        TeamMember {
            id: id(bits),
            clinic: ClinicId::new([1; 16]),
            name: format!("Member {bits}"),
            role,
            added_at: NOW,
            removed_at: None,
        }
    }

    fn removed(bits: u16, role: Role) -> TeamMember {
        TeamMember {
            removed_at: Some(NOW),
            ..member(bits, role)
        }
    }

    fn by(bits: u16) -> Actor {
        Actor::TeamMember(id(bits))
    }

    fn key(bits: u8) -> ApiKey {
        ApiKey {
            id: ApiClientId::new([bits; 16]),
            clinic: ClinicId::new([1; 16]),
            name: "Dashboard".to_owned(),
            role: Role::TeamMember,
            added_at: NOW,
            added_by: None,
            last_used_at: None,
            expires_at: None,
            revoked_at: None,
        }
    }

    #[track_caller]
    fn assert_refused<T: std::fmt::Debug>(
        result: &Result<T, Refusal>,
        why: Why,
        field: Option<&str>,
    ) {
        let refusal = result.as_ref().unwrap_err();
        let given = refusal.field.as_ref().map(|path| path.join("."));
        assert_eq!((refusal.why, given.as_deref()), (why, field), "{refusal:?}");
    }

    #[test]
    fn the_last_clinic_admin_is_neither_removed_nor_demoted_whoever_asks() {
        let team = [
            member(1, Role::ClinicAdmin),
            member(2, Role::TeamMember),
            removed(3, Role::ClinicAdmin),
        ];
        let removing = remove_member(&team, &Actor::System, &id(1), NOW);
        assert_refused(&removing, Why::Unavailable, Some("teamMemberId"));
        let demoting = change_member(&team, &Actor::System, &id(1), None, Some(Role::Reporter));
        assert_refused(&demoting, Why::Unavailable, Some("role"));
        // The last of any other role goes.
        assert!(remove_member(&team, &by(1), &id(2), NOW).is_ok());
    }

    #[test]
    fn of_two_admins_one_can_go_and_then_the_other_cannot() {
        let mut team = [member(1, Role::ClinicAdmin), member(2, Role::ClinicAdmin)];
        let Ok(TeamChange::Removed(gone)) = remove_member(&team, &by(1), &id(2), NOW) else {
            panic!("not removed")
        };
        assert_eq!(gone.removed_at, Some(NOW));
        team[1] = gone;
        // What the second asked for at the same moment comes too late.
        assert_refused(
            &remove_member(&team, &by(2), &id(1), NOW),
            Why::Unavailable,
            None,
        );
    }

    #[test]
    fn nobody_removes_or_demotes_themself_and_everybody_may_take_another_name() {
        let team = [member(1, Role::ClinicAdmin), member(2, Role::ClinicAdmin)];
        assert_refused(
            &remove_member(&team, &by(1), &id(1), NOW),
            Why::Unavailable,
            Some("teamMemberId"),
        );
        assert_refused(
            &change_member(&team, &by(1), &id(1), None, Some(Role::TeamMember)),
            Why::Unavailable,
            Some("role"),
        );
        let renamed = change_member(&team, &by(1), &id(1), Some("Robin".to_owned()), None);
        assert!(matches!(renamed, Ok(TeamChange::Changed(one)) if one.name == "Robin"));
    }

    #[test]
    fn only_a_clinic_admin_or_a_command_changes_a_team() {
        let team = [
            member(1, Role::ClinicAdmin),
            member(2, Role::TeamMember),
            member(3, Role::Reporter),
            removed(4, Role::ClinicAdmin),
        ];
        let a_key = Actor::ApiClient(ApiClientId::new([1; 16]));
        for by in [by(2), by(3), by(4), by(5), a_key, Actor::Caller] {
            assert_refused(&still_administers(&team, &by), Why::Unavailable, None);
            let new = member(9, Role::Reporter);
            assert_refused(&add_member(&team, &by, new), Why::Unavailable, None);
            let removing = remove_member(&team, &by, &id(2), NOW);
            assert_refused(&removing, Why::Unavailable, None);
        }
        assert_eq!(still_administers(&team, &by(1)), Ok(()));
        assert_eq!(still_administers(&team, &Actor::System), Ok(()));
    }

    #[test]
    fn what_is_so_already_changes_nothing() {
        let team = [member(1, Role::ClinicAdmin), removed(2, Role::TeamMember)];
        let same = change_member(
            &team,
            &by(1),
            &id(1),
            Some("Member 1".to_owned()),
            Some(Role::ClinicAdmin),
        );
        assert_eq!(same, Ok(TeamChange::Unchanged(team[0].clone())));
        let again = remove_member(&team, &by(1), &id(2), NOW + Span::hours(1));
        assert_eq!(again, Ok(TeamChange::Unchanged(team[1].clone())));
    }

    #[test]
    fn whoever_was_removed_is_not_changed_and_leaves_the_name_to_others() {
        let team = [member(1, Role::ClinicAdmin), removed(2, Role::TeamMember)];
        let changing = change_member(&team, &by(1), &id(2), None, Some(Role::Reporter));
        assert_refused(&changing, Why::NotFound, Some("teamMemberId"));
        let mut new = member(3, Role::Reporter);
        new.name = "Member 2".to_owned();
        assert!(add_member(&team, &by(1), new.clone()).is_ok());
        new.name = "Member 1".to_owned();
        let taken = add_member(&team, &by(1), new);
        assert_refused(&taken, Why::Conflict, Some("name"));
    }

    #[test]
    fn a_name_that_only_looks_like_another_is_taken_too() {
        let mut team = [member(1, Role::ClinicAdmin), member(2, Role::TeamMember)];
        team[0].name = "Zoë Strauß".to_owned();
        for name in [
            "Zoë Strauß",
            "zoë strauß",
            "ZOË STRAUSS",
            "Zoë\u{200d} Strauß",
            "Z\u{200c}oë Strauß\u{fe0f}",
            "Zoë Stra\u{e0100}uß",
        ] {
            let mut new = member(3, Role::Reporter);
            new.name = name.to_owned();
            let added = add_member(&team, &by(1), new);
            assert_refused(&added, Why::Conflict, Some("name"));
            let renamed = change_member(&team, &by(1), &id(2), Some(name.to_owned()), None);
            assert_refused(&renamed, Why::Conflict, Some("name"));
            // One's own may be written otherwise.
            let own = change_member(&team, &by(1), &id(1), Some(name.to_owned()), None);
            assert!(own.is_ok(), "{name:?}");
        }
        let mut other = member(3, Role::Reporter);
        other.name = "Zoë S. Trauß".to_owned();
        assert!(add_member(&team, &by(1), other).is_ok());
    }

    #[test]
    fn a_team_has_a_bound_and_whoever_was_removed_does_not_count() {
        let full = u16::try_from(TEAM_MEMBERS).unwrap();
        let mut team: Vec<_> = (0..full)
            .map(|bits| member(bits, Role::ClinicAdmin))
            .collect();
        let new = member(full, Role::Reporter);
        assert_refused(
            &add_member(&team, &by(1), new.clone()),
            Why::Unavailable,
            None,
        );
        team[0].removed_at = Some(NOW);
        assert!(add_member(&team, &by(1), new).is_ok());
    }

    #[test]
    fn a_name_is_cleaned_and_bounded() {
        assert_eq!(parse_staff_name("  Robin \n B. ").unwrap(), "Robin B.");
        assert!(parse_staff_name(&"x".repeat(STAFF_NAME_CHARACTERS)).is_ok());
        let long = "x".repeat(STAFF_NAME_CHARACTERS + 1);
        for wrong in ["", "   ", "\u{200b}", &long] {
            assert_refused(&parse_staff_name(wrong), Why::InvalidInput, Some("name"));
        }
    }

    #[test]
    fn a_key_expires_in_the_next_two_years_or_never() {
        let expiring = |at| ApiKey {
            expires_at: at,
            ..key(1)
        };
        for fine in [None, Some(NOW + Span::millis(1)), Some(NOW + API_KEY_AHEAD)] {
            assert!(add_key(&[], expiring(fine), NOW).is_ok());
        }
        for wrong in [
            NOW,
            NOW - Span::hours(1),
            NOW + API_KEY_AHEAD + Span::millis(1),
            Timestamp::from_millis(i64::MAX),
            Timestamp::from_millis(i64::MIN),
        ] {
            let added = add_key(&[], expiring(Some(wrong)), NOW);
            assert_refused(&added, Why::InvalidInput, Some("expiresAt"));
        }
    }

    #[test]
    fn keys_have_a_bound_and_those_that_open_nothing_do_not_count() {
        let mut keys: Vec<_> = (0..API_KEYS)
            .map(|bits| key(u8::try_from(bits).unwrap()))
            .collect();
        assert_refused(&add_key(&keys, key(255), NOW), Why::Unavailable, None);
        keys[0].revoked_at = Some(NOW);
        assert!(add_key(&keys, key(255), NOW).is_ok());
        keys[0].revoked_at = None;
        keys[1].expires_at = Some(NOW);
        assert!(add_key(&keys, key(255), NOW).is_ok());
    }

    #[test]
    fn a_key_is_revoked_once() {
        let Ok(KeyChange::Revoked(revoked)) = revoke_key(&[key(1)], &key(1).id, NOW) else {
            panic!("not revoked")
        };
        assert!(!revoked.is_good(NOW));
        let later = NOW + Span::hours(1);
        let again = revoke_key(std::slice::from_ref(&revoked), &revoked.id, later);
        assert_eq!(again, Ok(KeyChange::Unchanged(revoked)));
        let nobodys = revoke_key(&[key(1)], &key(2).id, NOW);
        assert_refused(&nobodys, Why::NotFound, Some("apiClientId"));
    }
}
