//! Numbers and the codes that prove them.

use super::delivery::Delivery;
use super::id::TextId;
use super::limits::{CODE_ATTEMPTS, CODE_VALIDITY};
use super::phone_number::PhoneNumber;
use super::secret::CodeHash;
use super::time::Timestamp;

/// What is known of how to reach a caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phone {
    /// Nothing is proven: no recall could reach this caller.
    Unverified(UnverifiedPhone),
    /// Proven once, and so for the rest of the stay.
    Verified(VerifiedPhone),
}

/// A caller without a proven number: there may be one as typed, and a code on its way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnverifiedPhone {
    /// As given on arrival; `None` when none was.
    pub typed: Option<PhoneNumber>,
    /// The latest code, perhaps to another number than `typed`, and perhaps no longer live.
    pub outstanding: Option<OutstandingCode>,
}

/// A proven number: the one Recall uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedPhone {
    /// The number the code went to that was entered, or that staff vouch for.
    pub number: PhoneNumber,
    /// When that was.
    pub verified_at: Timestamp,
    /// A code to another number; until it is entered this one serves.
    pub outstanding: Option<OutstandingCode>,
    /// The code that proved this number, while it would still be valid: entered again (a retried
    /// request) it succeeds and changes nothing. `None` where staff vouch for the number.
    pub used: Option<UsedCode>,
}

/// A code that was sent and not yet entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutstandingCode {
    /// The number it was sent to, and proves.
    pub number: PhoneNumber,
    /// How an entered code is told right from wrong.
    pub proof: CodeProof,
    /// When it was committed to be sent: its validity counts from here.
    pub sent_at: Timestamp,
    /// From when another code may be asked for, by the limits on its number.
    pub resend_at: Timestamp,
    /// How many more codes are looked at, from [`CODE_ATTEMPTS`]; at 0 not even the right one is.
    pub attempts_left: u8,
    /// The text that carries it, to know its news by.
    pub text: TextId,
    /// How far that text is.
    pub delivery: Delivery,
}

/// How an entered code is told right from wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeProof {
    /// It is compared with the hash of the one we made.
    Ours(CodeHash),
    /// The provider made it and is asked.
    Providers,
}

/// A code that did its work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedCode {
    /// What a repeated request is recognised by.
    pub code: CodeHash,
    /// Until when it is: the end of the validity it was sent with.
    pub expires_at: Timestamp,
}

impl OutstandingCode {
    /// A code just committed, with every attempt left.
    #[must_use]
    pub fn sent(
        number: PhoneNumber,
        proof: CodeProof,
        text: TextId,
        now: Timestamp,
        resend_at: Timestamp,
    ) -> Self {
        let delivery = Delivery::queued(now);
        Self {
            number,
            proof,
            sent_at: now,
            resend_at,
            attempts_left: CODE_ATTEMPTS,
            text,
            delivery,
        }
    }

    /// From when it is refused, even with attempts left.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.sent_at + CODE_VALIDITY
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
            Self::Unverified(phone) => phone
                .outstanding
                .as_ref()
                .map(|code| &code.number)
                .or(phone.typed.as_ref()),
        }
    }

    /// The code that was sent last and not entered, live or not.
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

    /// The proven number; `None` means that the caller cannot step away yet.
    #[must_use]
    pub fn verified(&self) -> Option<&VerifiedPhone> {
        match self {
            Self::Verified(phone) => Some(phone),
            Self::Unverified(_) => None,
        }
    }
}
