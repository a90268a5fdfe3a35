//! Who is signed in, in this browser.

use standby_client::{
    ClientError, Endpoint, SessionToken, SignInMethod, SignInToken, Staff, TeamMember,
};

use crate::browser;

/// Who is signed in.
#[derive(Clone, PartialEq)]
#[allow(
    clippy::large_enum_variant,
    reason = "there is one in a page; on wasm32 it is not large"
)]
pub(crate) enum Session {
    /// There is a token; the server is being asked whose it is.
    Asking,
    /// The server could not be asked. The token is kept.
    Unreachable,
    SignedOut(Why),
    SignedIn(SignedIn),
}

/// Why nobody is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// This browser has no session.
    NoSession,
    /// It was revoked, or has expired.
    Ended,
    /// Staff signed out.
    SignedOut,
}

/// How long before a session ends it is told: time enough to have a sign-in link made. Milliseconds.
const TOLD_BEFORE: i64 = 30 * 60_000;

/// How long until it is told that a session ends. Not above 0 once it is to be told. Milliseconds.
pub(crate) fn told_in(session: &standby_client::Session, now: i64) -> i64 {
    session.expires_at.epoch_milliseconds() - TOLD_BEFORE - now
}

/// A team member with a session.
#[derive(Clone)]
pub(crate) struct SignedIn {
    pub(crate) staff: Staff,
    pub(crate) member: TeamMember,
    /// Tells two sessions of the same member apart, so that signing in anew connects anew.
    number: f64,
}

impl PartialEq for SignedIn {
    fn eq(&self, other: &Self) -> bool {
        self.number.to_bits() == other.number.to_bits() && self.member == other.member
    }
}

impl SignedIn {
    /// A key that no other session has.
    pub(crate) fn key(&self) -> String {
        format!("{}-{}", self.member.id.inner(), self.number)
    }

    /// The same session of a member who has another role by now.
    pub(crate) fn renewed(&self, member: TeamMember) -> Self {
        Self::new(self.staff.clone(), member)
    }

    /// Somebody whose session no server knows.
    #[cfg(test)]
    pub(crate) fn for_test(member: TeamMember) -> Self {
        let nowhere = Endpoint::new("http://127.0.0.1:1").expect("an address");
        Self {
            staff: Staff::new(nowhere, SessionToken::new(String::new())),
            member,
            number: 0.0,
        }
    }

    fn new(staff: Staff, member: TeamMember) -> Self {
        // Exact: milliseconds of this century.
        #[allow(clippy::cast_precision_loss, reason = "see above")]
        let number = browser::now() as f64;
        Self {
            staff,
            member,
            number,
        }
    }
}

fn endpoint() -> Result<Endpoint, ClientError> {
    Endpoint::new(&browser::origin()).map_err(|error| ClientError::Unreachable {
        reason: error.to_string(),
    })
}

/// Asks the server whose session this browser has.
pub(crate) async fn resume() -> Session {
    let Some(token) = browser::session() else {
        return Session::SignedOut(Why::NoSession);
    };
    let staff = match endpoint() {
        Ok(endpoint) => Staff::new(endpoint, SessionToken::new(token)),
        Err(_) => return Session::Unreachable,
    };
    match staff.viewer().await {
        Ok(member) => Session::SignedIn(SignedIn::new(staff, member)),
        Err(ClientError::Unauthorized) => {
            browser::forget_session();
            Session::SignedOut(Why::Ended)
        }
        Err(_) => Session::Unreachable,
    }
}

/// Exchanges the token of a one-time sign-in link for a session, and keeps it.
pub(crate) async fn sign_in(token: &str) -> Result<SignedIn, ClientError> {
    let endpoint = endpoint()?;
    let signed_in = Staff::sign_in(&endpoint, &SignInToken::new(token)).await?;
    browser::keep_session(signed_in.session.expose());
    let staff = Staff::new(endpoint, signed_in.session);
    // Only this tells when the session ends. Without an answer one is signed in all the same, and it is asked again.
    let member = staff.viewer().await.unwrap_or(signed_in.member);
    Ok(SignedIn::new(staff, member))
}

/// How staff can sign in on this server.
pub(crate) async fn sign_in_methods() -> Result<Vec<SignInMethod>, ClientError> {
    Staff::sign_in_methods(&endpoint()?).await
}

/// Ends the session, here and on the server.
pub(crate) async fn sign_out(staff: Staff) {
    browser::forget_session();
    // When the server cannot be told, the session ends by its own expiry; this browser no longer has it.
    let _ = staff.sign_out().await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{NOW, session_ending};

    #[test]
    fn the_end_of_a_session_is_told_half_an_hour_before() {
        const MINUTE: i64 = 60_000;
        let session = session_ending();
        assert_eq!(told_in(&session, NOW), 0);
        assert_eq!(told_in(&session, NOW - MINUTE), MINUTE);
        assert!(told_in(&session, NOW + MINUTE) < 0);
    }
}
