//! Configure › API keys. Pure: when a key expires is worked out of the time that a message bears.

use standby_client::{AddedApiClient, ApiClient, ClientError, Id, Instant, TeamRole};

use crate::reading::Reading;
use crate::words::administration as words;
use crate::work::{Common, Effect, Work};

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;
/// The longest name that can be typed; the server has a limit of its own, and says so.
const LONGEST_NAME: usize = 200;

/// The id of the button that makes a key.
pub(crate) const ADD_BUTTON: &str = "add-key";
/// The ids of what is typed and chosen.
pub(crate) const NAME: &str = "key-name";
pub(crate) const ROLE: &str = "key-role";
pub(crate) const EXPIRY: &str = "key-expiry";
const FIELDS: [(&str, &str); 3] = [("name", NAME), ("role", ROLE), ("expiresAt", EXPIRY)];

/// The keys as an admin has them on screen.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Keys {
    /// Newest first.
    pub(crate) keys: Reading<Vec<ApiClient>>,
    pub(crate) work: Work<Question, Request>,
}

/// What is asked before something is done.
#[derive(Clone, PartialEq)]
pub(crate) enum Question {
    Add(Draft),
    Revoke(ApiClient),
}

/// A key as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Draft {
    pub(crate) name: String,
    pub(crate) role: TeamRole,
    pub(crate) expiry: Expiry,
}

/// For how long a new key works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expiry {
    Days(u16),
    Never,
}

impl Expiry {
    /// What can be chosen.
    pub(crate) const ALL: [Self; 4] =
        [Self::Days(30), Self::Days(90), Self::Days(365), Self::Never];

    /// What is chosen until something else is.
    const USUAL: Self = Self::Days(365);

    fn at(self, now: i64) -> Option<Instant> {
        match self {
            Self::Days(days) => Some(Instant::from_epoch_milliseconds(
                now + i64::from(days) * DAY,
            )),
            Self::Never => None,
        }
    }
}

/// Whether a key works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Works,
    /// Works for less than a fortnight.
    ExpiresSoon,
    Expired,
    Revoked,
}

/// Whether a key works now.
pub(crate) fn standing(key: &ApiClient, now: i64) -> Standing {
    const SOON: i64 = 14 * DAY;
    if key.revoked_at.is_some() {
        return Standing::Revoked;
    }
    match key.expires_at.map(Instant::epoch_milliseconds) {
        Some(at) if at <= now => Standing::Expired,
        Some(at) if at - now < SOON => Standing::ExpiresSoon,
        _ => Standing::Works,
    }
}

/// What is asked of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    Add {
        name: String,
        role: TeamRole,
        expires_at: Option<Instant>,
    },
    Revoke(Id),
}

/// What the server did.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Done {
    Added(AddedApiClient),
    Revoked(ApiClient),
}

/// What happened.
#[derive(Clone, PartialEq)]
pub(crate) enum Message {
    /// The page was opened, or is to be read once more.
    Opened,
    Read(Result<Option<Vec<ApiClient>>, ClientError>),
    AddPressed,
    RevokePressed(ApiClient),
    NameTyped(String),
    RoleChosen(TeamRole),
    ExpiryChosen(Expiry),
    /// The open question is answered.
    Confirmed {
        at: i64,
    },
    Answered(Result<Done, ClientError>),
    Common(Common),
}

/// The id of the button that revokes a key.
pub(crate) fn revoke_button_id(key: &ApiClient) -> String {
    format!("revoke-{}", key.id.inner())
}

/// What a message makes of the keys, and what has to be done about it.
pub(crate) fn reduce(mut state: Keys, message: Message) -> (Keys, Vec<Effect<Request>>) {
    let mut effects = Vec::new();
    let work = &mut state.work;
    match message {
        Message::Opened => {
            state.keys.ask_again();
            effects.push(Effect::Read);
        }
        Message::Read(answer) => {
            if state.keys.take(answer).is_err() {
                effects.push(Effect::EndSession);
            }
        }
        Message::AddPressed => work.open(
            Question::Add(Draft {
                name: String::new(),
                role: TeamRole::TeamMember,
                expiry: Expiry::USUAL,
            }),
            ADD_BUTTON,
        ),
        Message::RevokePressed(key) => {
            let opener = revoke_button_id(&key);
            work.open(Question::Revoke(key), opener);
        }
        Message::NameTyped(name) => {
            if let Some(Question::Add(draft)) = &mut work.dialog {
                draft.name = name.chars().take(LONGEST_NAME).collect();
                work.wrongs.put_right("name");
            }
        }
        Message::RoleChosen(role) => {
            if let Some(Question::Add(draft)) = &mut work.dialog {
                draft.role = role;
                work.wrongs.put_right("role");
            }
        }
        Message::ExpiryChosen(expiry) => {
            if let Some(Question::Add(draft)) = &mut work.dialog {
                draft.expiry = expiry;
                work.wrongs.put_right("expiresAt");
            }
        }
        Message::Confirmed { at } => {
            let request = match &work.dialog {
                Some(Question::Add(draft)) => Request::Add {
                    name: draft.name.clone(),
                    role: draft.role,
                    expires_at: draft.expiry.at(at),
                },
                Some(Question::Revoke(key)) => Request::Revoke(key.id.clone()),
                None => return (state, effects),
            };
            work.send(request, &mut effects);
        }
        Message::Answered(Ok(Done::Added(added))) => {
            let once = words::key(&added);
            if let Some(keys) = state.keys.read_mut() {
                keys.retain(|key| key.id != added.client.id);
                keys.insert(0, added.client);
            }
            work.is_done_with(once);
        }
        Message::Answered(Ok(Done::Revoked(revoked))) => {
            let said = words::revoked(&revoked.name);
            if let Some(keys) = state.keys.read_mut() {
                for key in keys.iter_mut().filter(|key| key.id == revoked.id) {
                    key.clone_from(&revoked);
                }
            }
            work.is_done(said, &mut effects);
            // Its button is gone.
            effects.push(Effect::Focus(ADD_BUTTON.to_owned()));
        }
        Message::Answered(Err(error)) => {
            let unanswered = words::unanswered(matches!(work.sending, Some(Request::Add { .. })));
            work.is_not_done(error, unanswered, &FIELDS, &mut effects);
        }
        Message::Common(common) => work.take(common, &mut effects),
    }
    (state, effects)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::NOW;
    use crate::fixtures::administration::{added_key, keys};

    fn after(state: Keys, message: Message) -> Keys {
        reduce(state, message).0
    }

    fn read() -> Keys {
        after(Keys::default(), Message::Read(Ok(Some(keys()))))
    }

    #[test]
    fn a_key_expires_as_long_after_its_making_as_was_chosen() {
        for (expiry, expires_at) in [
            (Expiry::Days(30), Some(NOW + 30 * DAY)),
            (Expiry::Never, None),
        ] {
            let state = after(read(), Message::AddPressed);
            let state = after(state, Message::ExpiryChosen(expiry));
            let (_, effects) = reduce(state, Message::Confirmed { at: NOW });
            let [
                Effect::Send(Request::Add {
                    expires_at: sent, ..
                }),
            ] = effects.as_slice()
            else {
                panic!("{effects:?}")
            };
            assert_eq!(sent.map(Instant::epoch_milliseconds), expires_at);
        }
    }

    #[test]
    fn a_key_is_shown_once() {
        let state = after(read(), Message::AddPressed);
        let state = after(state, Message::Confirmed { at: NOW });
        let state = after(state, Message::Answered(Ok(Done::Added(added_key()))));
        let secret = added_key().token.expose().to_owned();
        assert_eq!(
            state.work.once.as_ref().map(|once| &once.secret),
            Some(&secret)
        );
        let state = after(state, Message::Common(Common::OnceDone));
        assert!(state.work.once.is_none());
        assert_eq!(
            state.keys.read().map(|keys| keys[0].id.clone()),
            Some(added_key().client.id)
        );
    }

    #[test]
    fn a_key_tells_whether_it_works() {
        let mut key = keys().remove(0);
        let at = |days: i64| Some(Instant::from_epoch_milliseconds(NOW + days * DAY));
        for (expires_at, expected) in [
            (None, Standing::Works),
            (at(200), Standing::Works),
            (at(3), Standing::ExpiresSoon),
            (at(0), Standing::Expired),
        ] {
            key.expires_at = expires_at;
            assert_eq!(standing(&key, NOW), expected);
        }
        key.revoked_at = at(-1);
        assert_eq!(standing(&key, NOW), Standing::Revoked);
    }
}
