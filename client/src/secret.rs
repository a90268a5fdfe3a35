//! Bearer tokens and identifiers that this device keeps.

use std::fmt;

use crate::platform;

/// Why no identifier could be made: this machine gave no randomness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this machine gave no randomness")]
pub struct NoRandomness;

/// 128 random bits in hexadecimal: too many to meet by chance or to guess.
fn random_text() -> Result<String, NoRandomness> {
    let bits = || platform::random_u64().ok_or(NoRandomness);
    Ok(format!("{:016x}{:016x}", bits()?, bits()?))
}

macro_rules! secret {
    ($(#[$documentation:meta])* $name:ident) => {
        $(#[$documentation])*
        ///
        /// Whoever holds it may act with it: it is never printed, and [`expose`](Self::expose) is
        /// for keeping it on the device only.
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// Takes a token as the server gave it, or as it was kept.
            pub fn new(token: impl Into<String>) -> Self {
                Self(token.into())
            }

            /// The token itself. Keep it; never print, log or send it in an address.
            #[must_use]
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

secret! {
    /// Opens one caller and nothing else. It is what follows `#` in the address of the wait screen.
    CallerToken
}
secret! {
    /// A team member's session, or an API key: both are bearer tokens with a role.
    SessionToken
}
secret! {
    /// What follows `#` in a one-time sign-in link; good for one [`SessionToken`].
    SignInToken
}
secret! {
    /// A whole one-time sign-in link: whoever opens it is signed in as the team member it is for.
    SignInLink
}
secret! {
    /// What a webhook's deliveries are signed with, as in `whsec_…` (Standard Webhooks).
    WebhookSecret
}
secret! {
    /// Makes the retry of an arrival return the same caller, and that caller's token: keep it as
    /// secret.
    IdempotencyKey
}

impl IdempotencyKey {
    /// A new key: one for each arrival that a person asks for, kept over that arrival's retries.
    ///
    /// # Errors
    ///
    /// When this machine gives no randomness.
    pub fn random() -> Result<Self, NoRandomness> {
        random_text().map(Self)
    }
}

/// Tells the screens of one caller apart. Made once on a device (or browser tab) and kept there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DeviceId(String);

impl DeviceId {
    /// Takes an identifier that was kept.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// A new identifier.
    ///
    /// # Errors
    ///
    /// When this machine gives no randomness.
    pub fn random() -> Result<Self, NoRandomness> {
        random_text().map(Self)
    }

    /// The identifier as it is kept and sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_never_printed() {
        let secret = "d41d8cd98f00b204";
        let printed = format!(
            "{:?} {:?} {:?} {:?} {:?} {:?}",
            CallerToken::new(secret),
            SessionToken::new(secret),
            SignInToken::new(secret),
            SignInLink::new(secret),
            WebhookSecret::new(secret),
            IdempotencyKey::new(secret)
        );
        assert!(!printed.contains(secret), "{printed}");
    }

    #[test]
    fn identifiers_do_not_repeat() {
        let ids: Vec<_> = (0..64)
            .map(|_| random_text().expect("randomness"))
            .collect();
        for (at, id) in ids.iter().enumerate() {
            assert_eq!(id.len(), 32);
            assert!(!ids[..at].contains(id));
        }
    }
}
