//! Whatever sends texts.

use crate::domain::delivery::{Progress, SmsFailure};
use crate::domain::id::TextId;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::text::{TextPurpose, Words};
use crate::domain::time::Timestamp;
use crate::ports::Fault;
use async_trait::async_trait;

/// A text as it is handed over.
#[derive(Clone, Debug)]
pub struct OutgoingText {
    /// Our name for it; a provider that takes one gets it, so that its news finds the row.
    pub id: TextId,
    /// Why it is sent.
    pub purpose: TextPurpose,
    /// Where it goes.
    pub to: PhoneNumber,
    /// Ours are sent as they stand: a changed last line would no longer fill a code in.
    pub words: Words,
    /// When it was committed: the provider cannot have had it before.
    pub committed_at: Timestamp,
}

/// What became of handing it over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HandedOver {
    /// Taken; more news of it may come later.
    Taken(Taken),
    /// Not taken, and never will be.
    Refused(SmsFailure),
    /// Certainly not taken, and worth trying again.
    NotNow,
    /// Nobody knows: it may have been taken. It must not be sent again blindly.
    InDoubt,
}

/// A text that the provider has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The provider's own name for it.
    pub provider_id: String,
    /// How far the provider says it is.
    pub progress: Progress,
}

/// What is known of a text that may have been handed over before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The provider has it: handing it over again would send it twice.
    Taken(Taken),
    /// Certainly not taken: it may be handed over.
    NotTaken,
    /// Not found, which proves nothing: it may show later.
    NotSeen,
}

/// A way to send texts. That one cannot be sent is an answer and not a fault: the answer says
/// whether it may be tried again. Each question is answered within 20 s, by a time limit of the
/// texter's own: a text whose claim runs out in the meantime would be looked for by another worker.
#[async_trait]
pub trait Texter: Send + Sync {
    /// Hands a text over, once.
    async fn hand_over(&self, text: &OutgoingText) -> HandedOver;

    /// Looks for a text that was perhaps handed over before.
    async fn find(&self, text: &OutgoingText) -> Found;

    /// How far a text is that was taken, by the provider's own name for it; `None` where that cannot be said,
    /// now or ever.
    async fn news_of(&self, _provider_id: &str) -> Option<Progress> {
        None
    }

    /// The texts that this machine keeps with their words and numbers; none where they go to a provider.
    async fn kept_here(&self) -> Vec<TextId> {
        Vec::new()
    }

    /// Erases these of what [`kept_here`](Self::kept_here) answers, from the disk too; also called with
    /// none.
    ///
    /// # Errors
    /// When the disk does not take it.
    async fn forget(&self, _texts: &[TextId]) -> Result<(), Fault> {
        Ok(())
    }
}
