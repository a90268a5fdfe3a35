//! Numbers and the codes that prove them.

use super::id::TextId;
use super::limits::{CODE_ATTEMPTS, CODE_RESEND_AFTER, CODE_VALIDITY};
use super::phone_number::PhoneNumber;
use super::recall::Delivery;
use super::secret::CodeHash;
use super::time::Timestamp;

/// What is known of how to reach a caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phone {
    Unverified(UnverifiedPhone),
    Verified(VerifiedPhone),
}

/// A caller without a proven number: there may be one as typed, and a code on its way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnverifiedPhone {
    pub typed: Option<PhoneNumber>,
    pub outstanding: Option<OutstandingCode>,
}

/// A proven number: the one Recall uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedPhone {
    pub number: PhoneNumber,
    pub verified_at: Timestamp,
    /// A code to another number; until it is entered this one serves.
    pub outstanding: Option<OutstandingCode>,
    /// The code that proved this number, while it would still be valid: entered again (a retried
    /// request) it succeeds and changes nothing.
    pub used: Option<UsedCode>,
}

/// A code that was sent and not yet entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutstandingCode {
    pub number: PhoneNumber,
    pub code: CodeHash,
    pub sent_at: Timestamp,
    pub attempts_left: u8,
    pub text: TextId,
    pub delivery: Delivery,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedCode {
    pub code: CodeHash,
    pub expires_at: Timestamp,
}

impl OutstandingCode {
    #[must_use]
    pub fn sent(number: PhoneNumber, code: CodeHash, text: TextId, now: Timestamp) -> Self {
        let delivery = Delivery::queued(now);
        Self { number, code, sent_at: now, attempts_left: CODE_ATTEMPTS, text, delivery }
    }

    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.sent_at + CODE_VALIDITY
    }

    /// From when another code may be asked for.
    #[must_use]
    pub fn resend_at(&self) -> Timestamp {
        self.sent_at + CODE_RESEND_AFTER
    }

    /// Whether entering it can still succeed.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.attempts_left > 0 && now < self.expires_at()
    }
}

impl Phone {
    /// The number to show: the proven one, else the one being proven, else the one typed.
    #[must_use]
    pub fn number(&self) -> Option<&PhoneNumber> {
        match self {
            Self::Verified(phone) => Some(&phone.number),
            Self::Unverified(phone) => {
                phone.outstanding.as_ref().map(|code| &code.number).or(phone.typed.as_ref())
            }
        }
    }

    #[must_use]
    pub fn outstanding(&self) -> Option<&OutstandingCode> {
        match self {
            Self::Verified(phone) => phone.outstanding.as_ref(),
            Self::Unverified(phone) => phone.outstanding.as_ref(),
        }
    }

    pub(super) fn outstanding_mut(&mut self) -> &mut Option<OutstandingCode> {
        match self {
            Self::Verified(phone) => &mut phone.outstanding,
            Self::Unverified(phone) => &mut phone.outstanding,
        }
    }

    #[must_use]
    pub fn verified(&self) -> Option<&VerifiedPhone> {
        match self {
            Self::Verified(phone) => Some(phone),
            Self::Unverified(_) => None,
        }
    }
}
