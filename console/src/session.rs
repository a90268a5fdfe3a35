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
    Ok(SignedIn::new(
        Staff::new(endpoint, signed_in.session),
        signed_in.member,
    ))
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
