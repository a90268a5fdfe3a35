//! Configure › Team: who is on it, and where they are signed in. Pure.

use standby_client::{
    AddedTeamMember, ClientError, Id, MemberOfTeam, NewSignInLink, Session, TeamRole,
};

use crate::reading::Reading;
use crate::words::administration as words;
use crate::work::{Common, Effect, Work};

/// The longest name that can be typed; the server has a limit of its own, and says so.
const LONGEST_NAME: usize = 200;

/// The id of the button that adds a team member.
pub(crate) const ADD_BUTTON: &str = "add-team-member";
/// The ids of what is typed and chosen.
pub(crate) const NAME: &str = "member-name";
pub(crate) const ROLE: &str = "member-role";
/// The input fields of the questions, each with the id of its element.
const FIELDS: [(&str, &str); 2] = [("name", NAME), ("role", ROLE)];

/// The team as an admin has it on screen.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Team {
    /// By name.
    pub(crate) members: Reading<Vec<MemberOfTeam>>,
    pub(crate) work: Work<Question, Request>,
}

/// What is asked before something is done.
#[derive(Clone, PartialEq)]
pub(crate) enum Question {
    Add(Draft),
    Change { member: MemberOfTeam, draft: Draft },
    Remove(MemberOfTeam),
}

impl Question {
    /// What is typed and chosen, where something is.
    pub(crate) fn draft(&self) -> Option<&Draft> {
        match self {
            Self::Add(draft) | Self::Change { draft, .. } => Some(draft),
            Self::Remove(_) => None,
        }
    }

    fn draft_mut(&mut self) -> Option<&mut Draft> {
        match self {
            Self::Add(draft) | Self::Change { draft, .. } => Some(draft),
            Self::Remove(_) => None,
        }
    }
}

/// A team member as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Draft {
    pub(crate) name: String,
    pub(crate) role: TeamRole,
}

/// What is asked of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    Add(Draft),
    Change {
        member: Id,
        name: Option<String>,
        role: Option<TeamRole>,
    },
    Remove {
        member: Id,
        name: String,
    },
    MakeLink {
        member: Id,
        name: String,
    },
    EndSession(Id),
}

/// What the server did.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Done {
    Added(AddedTeamMember),
    Changed(MemberOfTeam),
    Removed,
    LinkMade(NewSignInLink),
    SessionEnded,
}

/// What happened.
#[derive(Clone, PartialEq)]
pub(crate) enum Message {
    /// The page was opened, or is to be read once more.
    Opened,
    Read(Result<Option<Vec<MemberOfTeam>>, ClientError>),
    AddPressed,
    ChangePressed(MemberOfTeam),
    RemovePressed(MemberOfTeam),
    LinkPressed(MemberOfTeam),
    EndSessionPressed(Session),
    NameTyped(String),
    RoleChosen(TeamRole),
    /// The open question is answered.
    Confirmed,
    Answered(Result<Done, ClientError>),
    Common(Common),
}

/// The id of a button of a member.
pub(crate) fn button_id(word: &str, member: &MemberOfTeam) -> String {
    format!("{word}-{}", member.id.inner())
}

/// What a message makes of the team, and what has to be done about it.
pub(crate) fn reduce(mut state: Team, message: Message) -> (Team, Vec<Effect<Request>>) {
    let mut effects = Vec::new();
    let work = &mut state.work;
    match message {
        Message::Opened => {
            state.members.ask_again();
            effects.push(Effect::Read);
        }
        Message::Read(answer) => {
            if state.members.take(answer).is_err() {
                effects.push(Effect::EndSession);
            }
        }
        Message::AddPressed => work.open(
            Question::Add(Draft {
                name: String::new(),
                role: TeamRole::TeamMember,
            }),
            ADD_BUTTON,
        ),
        Message::ChangePressed(member) => {
            let opener = button_id("change", &member);
            let draft = Draft {
                name: member.name.clone(),
                role: member.role,
            };
            work.open(Question::Change { member, draft }, opener);
        }
        Message::RemovePressed(member) => {
            let opener = button_id("remove", &member);
            work.open(Question::Remove(member), opener);
        }
        Message::LinkPressed(member) => {
            let opener = button_id("link", &member);
            let request = Request::MakeLink {
                member: member.id,
                name: member.name,
            };
            work.send_from(request, opener, &mut effects);
        }
        Message::EndSessionPressed(session) => {
            work.send(Request::EndSession(session.id), &mut effects);
        }
        Message::NameTyped(name) => {
            if let Some(draft) = work.dialog.as_mut().and_then(Question::draft_mut) {
                draft.name = name.chars().take(LONGEST_NAME).collect();
                work.wrongs.put_right("name");
            }
        }
        Message::RoleChosen(role) => {
            if let Some(draft) = work.dialog.as_mut().and_then(Question::draft_mut) {
                draft.role = role;
                work.wrongs.put_right("role");
            }
        }
        Message::Confirmed => confirmed(&mut state, &mut effects),
        Message::Answered(Ok(done)) => is_done(&mut state, done, &mut effects),
        Message::Answered(Err(error)) => {
            let unanswered = words::unanswered(matches!(
                work.sending,
                Some(Request::Add(_) | Request::MakeLink { .. })
            ));
            work.is_not_done(error, unanswered, &FIELDS, &mut effects);
        }
        Message::Common(common) => work.take(common, &mut effects),
    }
    (state, effects)
}

fn confirmed(state: &mut Team, effects: &mut Vec<Effect<Request>>) {
    let request = match &state.work.dialog {
        Some(Question::Add(draft)) => Request::Add(draft.clone()),
        Some(Question::Change { member, draft }) => Request::Change {
            member: member.id.clone(),
            name: (draft.name != member.name).then(|| draft.name.clone()),
            role: (draft.role != member.role).then_some(draft.role),
        },
        Some(Question::Remove(member)) => Request::Remove {
            member: member.id.clone(),
            name: member.name.clone(),
        },
        None => return,
    };
    let is_nothing = matches!(
        request,
        Request::Change {
            name: None,
            role: None,
            ..
        }
    );
    if is_nothing {
        state.work.take(Common::Dismissed, effects);
    } else {
        state.work.send(request, effects);
    }
}

fn is_done(state: &mut Team, done: Done, effects: &mut Vec<Effect<Request>>) {
    let sent = state.work.sending.take();
    match (done, sent) {
        (Done::Added(added), _) => {
            let once = words::first_link(&added.member.name, &added.link);
            if let Some(members) = state.members.read_mut() {
                members.retain(|member| member.id != added.member.id);
                members.push(added.member);
                members.sort_by_key(|member| member.name.to_lowercase());
            }
            state.work.is_done_with(once);
        }
        (Done::Changed(changed), _) => {
            let said = words::changed(&changed.name);
            if let Some(members) = state.members.read_mut() {
                for member in members.iter_mut().filter(|member| member.id == changed.id) {
                    member.clone_from(&changed);
                }
                members.sort_by_key(|member| member.name.to_lowercase());
            }
            state.work.is_done(said, effects);
        }
        (Done::Removed, Some(Request::Remove { member, name })) => {
            if let Some(members) = state.members.read_mut() {
                members.retain(|other| other.id != member);
            }
            state.work.is_done(words::removed(&name), effects);
            // The button that asked is gone with the row.
            effects.push(Effect::Focus(ADD_BUTTON.to_owned()));
        }
        (Done::LinkMade(link), Some(Request::MakeLink { name, .. })) => {
            state.work.is_done_with(words::new_link(&name, &link));
        }
        (Done::SessionEnded, Some(Request::EndSession(ended))) => {
            for member in state.members.read_mut().into_iter().flatten() {
                if let Some(sessions) = &mut member.sessions {
                    sessions.retain(|session| session.id != ended);
                }
            }
            state.work.is_done(words::SESSION_ENDED.to_owned(), effects);
        }
        (_, _) => state.work.is_done(String::new(), effects),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::administration::{member_of_team, new_link, team};

    fn read() -> Team {
        after(Team::default(), Message::Read(Ok(Some(team()))))
    }

    fn after(state: Team, message: Message) -> Team {
        reduce(state, message).0
    }

    fn names(state: &Team) -> Vec<&str> {
        let members = state.members.read().map(Vec::as_slice).unwrap_or_default();
        members.iter().map(|member| member.name.as_str()).collect()
    }

    #[test]
    fn a_new_member_is_listed_by_name_and_the_link_is_shown_once() {
        let state = after(read(), Message::AddPressed);
        let state = after(state, Message::NameTyped("Bo Lind".to_owned()));
        let (state, effects) = reduce(state, Message::Confirmed);
        assert!(
            matches!(effects.as_slice(), [Effect::Send(Request::Add(draft))] if draft.name == "Bo Lind")
        );
        let added = AddedTeamMember {
            member: member_of_team("9", "Bo Lind", TeamRole::TeamMember),
            link: new_link(),
        };
        let state = after(state, Message::Answered(Ok(Done::Added(added))));
        assert!(state.work.once.is_some() && state.work.dialog.is_none());
        assert!(names(&state).is_sorted());
        let state = after(state, Message::Common(Common::OnceDone));
        assert!(state.work.once.is_none());
        assert!(names(&state).contains(&"Bo Lind"));
    }

    #[test]
    fn only_what_was_changed_of_a_member_is_sent_and_nothing_if_nothing_was() {
        let member = team().remove(1);
        let state = after(read(), Message::ChangePressed(member.clone()));
        let (unchanged, effects) = reduce(state.clone(), Message::Confirmed);
        assert_eq!(effects, [Effect::Focus(button_id("change", &member))]);
        assert!(unchanged.work.dialog.is_none());
        let state = after(state, Message::RoleChosen(TeamRole::Reporter));
        let (_, effects) = reduce(state, Message::Confirmed);
        assert_eq!(
            effects,
            [Effect::Send(Request::Change {
                member: member.id,
                name: None,
                role: Some(TeamRole::Reporter),
            })]
        );
    }

    #[test]
    fn a_member_who_was_removed_is_no_longer_listed() {
        let member = team().remove(1);
        let state = after(read(), Message::RemovePressed(member.clone()));
        let state = after(state, Message::Confirmed);
        let state = after(state, Message::Answered(Ok(Done::Removed)));
        assert!(!names(&state).contains(&member.name.as_str()));
        assert!(state.work.dialog.is_none());
    }

    #[test]
    fn a_session_that_was_ended_is_no_longer_listed() {
        let sessions = |state: &Team| -> usize {
            let members = state.members.read().into_iter().flatten();
            members
                .filter_map(|member| member.sessions.as_ref())
                .map(Vec::len)
                .sum()
        };
        let state = read();
        let before = sessions(&state);
        let session = team()[0].sessions.clone().unwrap().remove(0);
        let state = after(state, Message::EndSessionPressed(session));
        let state = after(state, Message::Answered(Ok(Done::SessionEnded)));
        assert_eq!(sessions(&state), before - 1);
    }
}
