//! Who may work for which clinic, in the words of an identity provider.

use super::access::{TeamChange, TeamMember, has_room};
use super::clinic::Slug;
use super::entry::{at_a_glance, clean, controls_the_display};
use super::id::{ClinicId, TeamMemberId};
use super::limits::STAFF_NAME_CHARACTERS;
use super::policy::Role;
use super::refusal::Refusal;
use super::secret::never_printed;
use super::time::Timestamp;
use std::collections::HashSet;

/// How many clinics one person may work for. Our own: each would be a line on the page where the person chooses.
pub const MOST_CLINICS: usize = 50;

/// How many grants of one person are looked at. Our own: each clinic is looked up, and a provider may name
/// those of other installations in the same list.
pub const MOST_GRANTS: usize = 1000;

/// What a member is called whose provider tells no name that could be shown.
const NAMELESS: &str = "Team member";

/// A role at a clinic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The clinic, as its clinic link names it. There may be none by this name.
    pub clinic: Slug,
    /// What the person may do there.
    pub role: Role,
}

impl Grant {
    /// Reads `<clinic slug>:<ROLE>`; `None` for anything else.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        let (clinic, role) = value.split_once(':')?;
        let role = match role {
            "REPORTER" => Role::Reporter,
            "TEAM_MEMBER" => Role::TeamMember,
            "CLINIC_ADMIN" => Role::ClinicAdmin,
            _ => return None,
        };
        let clinic = Slug::parse(clinic)?;
        Some(Self { clinic, role })
    }
}

/// The grants of one person.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Grants {
    /// Each clinic once, in the order in which the provider names them. There may be none by its name.
    pub list: Vec<Grant>,
    /// Whether the provider names no other clinic.
    pub are_all: bool,
}

impl Grants {
    /// The grants among a claim's values: each clinic once, with the role that goes furthest. The rest is
    /// passed over, since a provider keeps roles of other applications in the same list. What comes after
    /// [`MOST_GRANTS`] is not looked at.
    #[must_use]
    pub fn among<'v>(values: impl IntoIterator<Item = &'v str>) -> Self {
        let mut list: Vec<Grant> = Vec::new();
        let mut are_all = true;
        for grant in values.into_iter().filter_map(Grant::parse) {
            let known = list.iter().position(|known| known.clinic == grant.clinic);
            match known {
                Some(at) => list[at].role = list[at].role.max(grant.role),
                None if list.len() < MOST_GRANTS => list.push(grant),
                None => are_all = false,
            }
        }
        Self { list, are_all }
    }
}

/// What a provider says of a person at a clinic.
#[derive(Clone)]
pub struct Told {
    /// What the person is recorded under, when new there.
    pub new_id: TeamMemberId,
    /// Where.
    pub clinic: ClinicId,
    /// What the person is called; `None` where the provider did not tell.
    pub name: Option<String>,
    /// What the person may do.
    pub role: Role,
    /// When it was said.
    pub at: Timestamp,
}
never_printed!(Told, "Told(…)");

/// What a person is called by the first of these names that can be shown, without what would reorder or hide
/// text, and cut where it is too long: a name never keeps anybody from signing in. `None` when none can.
#[must_use]
pub fn name_of_person<'n>(names: impl IntoIterator<Item = &'n str>) -> Option<String> {
    names.into_iter().find_map(|name| {
        let shown: String = name
            .chars()
            .filter(|character| !controls_the_display(*character))
            .take(STAFF_NAME_CHARACTERS)
            .collect();
        clean(&shown, STAFF_NAME_CHARACTERS, "name")
            .ok()
            .filter(|name| !name.is_empty())
    })
}

/// Makes a person a member of a team, or renews the membership, as the provider says. `team` is everyone who is
/// or was a member, `own` who of them the person is. Other than with what staff change, the provider's word is
/// not weighed: it may demote the last clinic admin, and bring back who was removed. Who has a name keeps it where
/// it tells none.
///
/// # Errors
/// Refused when the person is no member and the team has as many as it may have.
pub fn renew_membership(
    team: &[TeamMember],
    own: Option<&TeamMemberId>,
    told: Told,
) -> Result<TeamChange, Refusal> {
    let before = own.and_then(|own| team.iter().find(|one| one.id == *own));
    if !before.is_some_and(TeamMember::is_member) {
        has_room(team)?;
    }
    let id = before.map_or(&told.new_id, |before| &before.id);
    let called = told.name.as_deref();
    let called = called.or(before.map(|before| before.name.as_str()));
    let name = told_apart(team, id, called.unwrap_or(NAMELESS));
    Ok(match before {
        None => TeamChange::Added(TeamMember {
            id: told.new_id,
            clinic: told.clinic,
            name,
            role: told.role,
            added_at: told.at,
            removed_at: None,
        }),
        Some(before) => {
            let after = TeamMember {
                name,
                role: told.role,
                removed_at: None,
                ..before.clone()
            };
            if after == *before {
                TeamChange::Unchanged(after)
            } else {
                TeamChange::Changed(after)
            }
        }
    })
}

/// Ends the membership of a person whom the provider no longer knows there; the last clinic admin's too.
///
/// # Errors
/// Refused when there never was such a member.
pub fn end_membership(
    team: &[TeamMember],
    own: &TeamMemberId,
    now: Timestamp,
) -> Result<TeamChange, Refusal> {
    let before = team.iter().find(|one| one.id == *own);
    let before = before.ok_or_else(|| Refusal::not_found("teamMemberId"))?;
    Ok(if before.is_member() {
        TeamChange::Removed(TeamMember {
            removed_at: Some(now),
            ..before.clone()
        })
    } else {
        TeamChange::Unchanged(before.clone())
    })
}

/// The name, with a number where another member has it: two people of one name are told apart in a log, and
/// neither is kept from signing in.
fn told_apart(team: &[TeamMember], own: &TeamMemberId, name: &str) -> String {
    let others = team.iter().filter(|one| one.is_member() && one.id != *own);
    let taken: HashSet<String> = others.map(|one| at_a_glance(&one.name)).collect();
    let mut apart = name.to_owned();
    let mut number = 1;
    while taken.contains(&at_a_glance(&apart)) {
        number += 1;
        let suffix = format!(" ({number})");
        let left: String = name
            .chars()
            .take(STAFF_NAME_CHARACTERS - suffix.len())
            .collect();
        apart = format!("{}{suffix}", left.trim_end());
    }
    apart
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::limits::TEAM_MEMBERS;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn member(bits: u16, name: &str, role: Role) -> TeamMember {
        let mut id = [0; 16];
        id[..2].copy_from_slice(&bits.to_be_bytes());
        TeamMember {
            id: TeamMemberId::new(id),
            clinic: ClinicId::new([1; 16]),
            name: name.to_owned(),
            role,
            added_at: NOW,
            removed_at: None,
        }
    }

    fn told(bits: u16, name: &str, role: Role) -> Told {
        let member = member(bits, name, role);
        Told {
            new_id: member.id,
            clinic: member.clinic,
            name: Some(member.name),
            role,
            at: NOW,
        }
    }

    #[test]
    fn whoever_is_told_without_a_name_keeps_the_own() {
        let before = member(1, "Kim", Role::ClinicAdmin);
        let nameless = Told {
            name: None,
            ..told(9, "", Role::ClinicAdmin)
        };
        let team = [before.clone()];
        let again = renew_membership(&team, Some(&before.id), nameless.clone());
        assert_eq!(again, Ok(TeamChange::Unchanged(before)));
        let Ok(TeamChange::Added(new)) = renew_membership(&team, None, nameless) else {
            panic!("not added")
        };
        assert_eq!(new.name, NAMELESS);
    }

    #[test]
    fn name_and_role_are_what_the_provider_says_at_each_sign_in() {
        let before = member(1, "Kim", Role::ClinicAdmin);
        let team = [before.clone()];
        let told = told(9, "Kim Lee", Role::Reporter);
        let Ok(TeamChange::Changed(after)) =
            renew_membership(&team, Some(&before.id), told.clone())
        else {
            panic!("not changed")
        };
        assert_eq!(
            (after.name.as_str(), after.role),
            ("Kim Lee", Role::Reporter)
        );
        assert_eq!(after.id, before.id);
        let again = renew_membership(std::slice::from_ref(&after), Some(&before.id), told);
        assert_eq!(again, Ok(TeamChange::Unchanged(after)));
    }

    #[test]
    fn who_was_removed_is_the_same_member_again_when_the_provider_says_so() {
        let mut before = member(1, "Kim", Role::TeamMember);
        before.removed_at = Some(NOW);
        let team = [before.clone()];
        let told = told(9, "Kim", Role::TeamMember);
        let Ok(TeamChange::Changed(after)) = renew_membership(&team, Some(&before.id), told) else {
            panic!("not changed")
        };
        assert_eq!(
            (after.id.clone(), after.removed_at),
            (before.id.clone(), None)
        );
        let Ok(TeamChange::Removed(gone)) = end_membership(&[after], &before.id, NOW) else {
            panic!("not removed")
        };
        let again = end_membership(std::slice::from_ref(&gone), &before.id, NOW);
        assert_eq!(again, Ok(TeamChange::Unchanged(gone)));
    }

    #[test]
    fn two_people_of_one_name_are_told_apart() {
        let long = "x".repeat(STAFF_NAME_CHARACTERS);
        for name in ["Kim Lee", &long] {
            let mut team = vec![member(1, name, Role::TeamMember)];
            for bits in 2..5 {
                let told = told(bits, name, Role::TeamMember);
                let Ok(TeamChange::Added(added)) = renew_membership(&team, None, told) else {
                    panic!("not added")
                };
                assert!(added.name.ends_with(&format!(" ({bits})")));
                assert!(added.name.chars().count() <= STAFF_NAME_CHARACTERS);
                team.push(added);
            }
            // And keeps the name at the next sign-in.
            let own = team[2].id.clone();
            let again = renew_membership(&team, Some(&own), told(9, name, Role::TeamMember));
            assert_eq!(again, Ok(TeamChange::Unchanged(team[2].clone())));
        }
    }

    #[test]
    fn a_full_team_takes_nobody_new_and_renews_who_is_in_it() {
        let full = u16::try_from(TEAM_MEMBERS).unwrap();
        let team: Vec<_> = (0..full)
            .map(|bits| member(bits, &format!("Member {bits}"), Role::TeamMember))
            .collect();
        let new = told(full, "New", Role::TeamMember);
        assert!(renew_membership(&team, None, new.clone()).is_err());
        assert!(renew_membership(&team, Some(&team[5].id), new).is_ok());
    }

    fn read(values: &[&str]) -> Vec<(String, Role)> {
        let grants = Grants::among(values.iter().copied());
        assert_eq!(grants.are_all, values.len() <= MOST_GRANTS);
        let read = grants.list.into_iter();
        read.map(|grant| (grant.clinic.as_str().to_owned(), grant.role))
            .collect()
    }

    #[test]
    fn a_clinic_counts_once_with_the_role_that_goes_furthest() {
        let values = [
            "north:REPORTER",
            "south:TEAM_MEMBER",
            "north:CLINIC_ADMIN",
            "north:TEAM_MEMBER",
        ];
        let south = ("south".to_owned(), Role::TeamMember);
        assert_eq!(
            read(&values),
            [("north".to_owned(), Role::ClinicAdmin), south]
        );
    }

    #[test]
    fn what_is_no_role_at_a_clinic_is_passed_over() {
        for value in [
            "",
            ":",
            "north",
            "north:",
            ":REPORTER",
            "north:ADMIN",
            "north:reporter",
            "North:REPORTER",
            "north:REPORTER ",
            "north:REPORTER:x",
            "*:CLINIC_ADMIN",
            "../x:REPORTER",
            "offline_access",
        ] {
            assert_eq!(read(&[value]), [], "{value}");
        }
    }

    #[test]
    fn a_list_without_end_is_not_looked_at_without_end() {
        let values: Vec<String> = (0..5000)
            .map(|at| format!("clinic-{at}:REPORTER"))
            .collect();
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        assert_eq!(read(&values).len(), MOST_GRANTS);
    }

    #[test]
    fn a_name_never_keeps_anybody_out_and_never_reorders_what_staff_read() {
        let shown = |name: &str| name_of_person([name]);
        assert_eq!(shown("  Kim \n Lee ").as_deref(), Some("Kim Lee"));
        assert_eq!(shown("\u{202e}Kim\u{0}").as_deref(), Some("Kim"));
        assert_eq!(
            name_of_person(["\u{200d} ", "kim@example.org"]).as_deref(),
            Some("kim@example.org")
        );
        let long = shown(&"x".repeat(5000));
        assert_eq!(long.map(|name| name.chars().count()), Some(100));
        assert_eq!(name_of_person([]), None);
    }
}
