//! Identifiers: opaque text, `<kind>_<26 characters of 128 random bits>`. The kind leads, so that
//! `node(id:)` knows where to look and an id used in the wrong place is nobody's.

/// Defines an identifier type with its leading word.
macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The word that leads every such identifier.
            pub const KIND: &'static str = $kind;

            /// A new identifier from 128 random bits.
            #[must_use]
            pub fn new(bits: [u8; 16]) -> Self {
                Self(format!("{}_{}", $kind, encode(bits)))
            }

            /// Reads an identifier somebody gave; `None` unless it has the form of one.
            #[must_use]
            pub fn parse(given: &str) -> Option<Self> {
                is_identifier($kind, given).then(|| Self(given.to_owned()))
            }

            /// As it is stored and handed out, the leading word included.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str(&self.0)
            }
        }
    };
}

identifier!(
    /// A clinic: one tenant.
    ClinicId,
    "clinic"
);
identifier!(
    /// A caller: one person's stay.
    CallerId,
    "caller"
);
identifier!(
    /// One recall of a caller.
    RecallId,
    "recall"
);
identifier!(
    /// One text message, from the decision to send it to its delivery.
    TextId,
    "text"
);
identifier!(
    /// A room: one for a stay.
    RoomId,
    "room"
);
identifier!(
    /// A member of a clinic's team.
    TeamMemberId,
    "member"
);
identifier!(
    /// An API key, as something to name; its secret is a token.
    ApiClientId,
    "key"
);
identifier!(
    /// A webhook of a clinic.
    WebhookId,
    "webhook"
);
identifier!(
    /// One event for one webhook, from when it is due to when it is delivered or given up.
    WebhookDeliveryId,
    "delivery"
);
identifier!(
    /// A session of a team member, as something to name; its secret is a token.
    SessionId,
    "session"
);

/// One screen of a caller: made up by the screen itself, so any short word is one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceId(String);

/// Longest device id, in bytes.
const DEVICE_ID_LENGTH: usize = 64;

impl DeviceId {
    /// Reads the id a screen gave itself: 1 to 64 of `A-Z a-z 0-9 . _ : -`.
    #[must_use]
    pub fn parse(given: &str) -> Option<Self> {
        let fits = (1..=DEVICE_ID_LENGTH).contains(&given.len())
            && given
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte));
        fits.then(|| Self(given.to_owned()))
    }

    /// The word the screen gave itself, unchanged.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Crockford's base32 in lower case: no letter that is mistaken for a digit.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const ENCODED_LENGTH: usize = 26;

fn encode(bits: [u8; 16]) -> String {
    let mut rest = u128::from_be_bytes(bits);
    let mut characters = [b'0'; ENCODED_LENGTH];
    for place in characters.iter_mut().rev() {
        *place = ALPHABET[(rest & 31) as usize];
        rest >>= 5;
    }
    characters.iter().map(|&byte| char::from(byte)).collect()
}

fn is_identifier(kind: &str, given: &str) -> bool {
    given
        .strip_prefix(kind)
        .and_then(|rest| rest.strip_prefix('_'))
        .is_some_and(|rest| {
            rest.len() == ENCODED_LENGTH && rest.bytes().all(|byte| ALPHABET.contains(&byte))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_read_back_and_none_of_another_kind_is() {
        let id = CallerId::new([0xff; 16]);
        assert_eq!(CallerId::parse(id.as_str()), Some(id.clone()));
        assert_eq!(ClinicId::parse(id.as_str()), None);
        assert_eq!(CallerId::parse("caller_"), None);
        assert_eq!(CallerId::parse("caller_' or 1=1"), None);
    }

    #[test]
    fn different_bits_are_different_identifiers() {
        let mut bits = [0; 16];
        let mut seen = std::collections::HashSet::new();
        for byte in 0..16 {
            for bit in 0..8 {
                bits[byte] ^= 1 << bit;
                assert!(seen.insert(CallerId::new(bits)));
                bits[byte] ^= 1 << bit;
            }
        }
    }
}
