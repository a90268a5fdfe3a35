//! A recall and its text on the way.

use super::date_time::DateTime;
use crate::domain::{delivery, recall, reply};
use async_graphql::{Enum, ID, Object, SimpleObject};

/// How far a text is. It only moves forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "delivery::SmsState")]
pub enum SmsState {
    /// Committed with the change that asked for it; nothing is known of it yet.
    Queued,
    /// Being handed to the SMS provider.
    Sending,
    /// Taken by the SMS provider.
    Sent,
    /// On the phone.
    Delivered,
    /// Not delivered, and not sent again. `failure` says why.
    Failed,
    /// It is not known whether the provider took it. It is never sent again blindly.
    Unknown,
}

/// Why a text failed, as far as staff can act on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "delivery::SmsFailure")]
pub enum SmsFailure {
    /// There is no such number.
    InvalidNumber,
    /// A landline, which takes no texts: phone them.
    Landline,
    /// The phone is off or out of reach.
    Unreachable,
    /// The holder of the number has asked for no more texts: phone them.
    OptedOut,
    /// The carrier or the provider blocked it.
    Blocked,
    /// The SMS provider cannot be used just now.
    ProviderUnavailable,
    /// Another reason.
    Other,
}

/// A text on its way.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct SmsDelivery {
    /// How far it is.
    pub state: SmsState,
    /// Why it failed. Null unless the state is `FAILED`.
    pub failure: Option<SmsFailure>,
    /// Since when it has been so.
    pub updated_at: DateTime,
}

impl From<delivery::Delivery> for SmsDelivery {
    fn from(delivery: delivery::Delivery) -> Self {
        Self {
            state: delivery.state.into(),
            failure: delivery.failure.map(Into::into),
            updated_at: delivery.updated_at.into(),
        }
    }
}

/// Staff asking an Offline caller to come back.
#[derive(Clone, Debug)]
pub struct Recall(pub recall::Recall);

/// Staff asking an Offline caller to come back, by a text with a link. The status stays `OFFLINE`
/// until the caller is viewing again.
#[Object]
impl Recall {
    /// Names this recall.
    pub async fn id(&self) -> ID {
        self.0.id.as_str().into()
    }

    /// When staff asked.
    async fn requested_at(&self) -> DateTime {
        self.0.requested_at.into()
    }

    /// The text with the link.
    async fn sms(&self) -> SmsDelivery {
        self.0.delivery.into()
    }

    /// When the wait screen was viewed by the link in the text. Null until then.
    async fn opened_at(&self) -> Option<DateTime> {
        self.0.opened_at.map(Into::into)
    }

    /// When the caller was viewing again, by whatever way. Null until then.
    async fn returned_at(&self) -> Option<DateTime> {
        self.0.returned_at.map(Into::into)
    }

    /// What the caller texted back, the latest answer only. Null until then, and always where the
    /// clinic's texts cannot be answered.
    async fn reply(&self) -> Option<RecallReply> {
        self.0.reply.map(Into::into)
    }
}

/// What a caller texted back.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct RecallReply {
    /// What was answered.
    pub answer: RecallAnswer,
    /// When.
    pub at: DateTime,
}

impl From<reply::Reply> for RecallReply {
    fn from(reply: reply::Reply) -> Self {
        Self {
            answer: reply.answer.into(),
            at: reply.at.into(),
        }
    }
}

/// What a caller can text back to a recall.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "reply::Answer")]
pub enum RecallAnswer {
    /// On the way to the wait screen.
    Coming,
    /// Five more minutes.
    Later,
    /// Will not come: the stay has ended as `LEFT`.
    Leaving,
}
