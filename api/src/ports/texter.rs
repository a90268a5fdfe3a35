//! Whatever sends texts.

use crate::domain::delivery::SmsFailure;
use crate::domain::id::TextId;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::text::TextBody;
use async_trait::async_trait;

/// A text as it is handed over.
#[derive(Clone, Debug)]
pub struct OutgoingText {
    /// Our name for it; a provider that takes one gets it, so that its news finds the row.
    pub id: TextId,
    /// Not a known landline: those are refused before.
    pub to: PhoneNumber,
    /// Sent as it stands: a changed last line would no longer fill a code in.
    pub body: TextBody,
}

/// What became of handing it over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HandedOver {
    /// Taken; news of its delivery comes later under the provider's own name for it.
    Taken {
        /// That name.
        provider_id: String,
    },
    /// On the phone already: nothing more will be heard.
    Delivered {
        /// The provider's own name for it.
        provider_id: String,
    },
    /// Not taken, and never will be.
    Refused(SmsFailure),
    /// Certainly not taken, and worth trying again.
    NotNow,
    /// Nobody knows: it may have been taken. It must not be sent again blindly.
    InDoubt,
}

/// What is known of a text that may have been handed over before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The provider has it: handing it over again would send it twice.
    Taken {
        /// The provider's own name for it.
        provider_id: String,
    },
    /// Certainly not taken: it may be handed over.
    NotTaken,
    /// It cannot be found out, now or ever.
    Unknown,
}

/// A way to send texts. That one cannot be sent is an answer and not a fault: the answer says
/// whether it may be tried again. Each question is answered within 10 s, by a time limit of the
/// texter's own: a text whose claim runs out in the meantime would be looked for by another worker.
#[async_trait]
pub trait Texter: Send + Sync {
    /// Hands a text over, once.
    async fn hand_over(&self, text: &OutgoingText) -> HandedOver;

    /// Looks for a text that was perhaps handed over before a crash.
    async fn find(&self, text: &OutgoingText) -> Found;
}
