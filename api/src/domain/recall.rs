//! A recall: staff asking an Offline caller to come back, and what became of its text.

use super::delivery::Delivery;
use super::event::Actor;
use super::id::{RecallId, TextId};
use super::reply::Reply;
use super::time::Timestamp;

/// The latest recall of a caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recall {
    /// Tells the link of this recall from that of an earlier one.
    pub id: RecallId,
    /// When staff asked: the wait until the next recall counts from here.
    pub requested_at: Timestamp,
    /// Who of staff asked.
    pub by: Actor,
    /// The text with the link, to know its news by.
    pub text: TextId,
    /// How far that text is.
    pub delivery: Delivery,
    /// When the link in the text was opened.
    pub opened_at: Option<Timestamp>,
    /// When the caller was viewing again, by whatever way.
    pub returned_at: Option<Timestamp>,
    /// What the caller answered to its text, the latest answer only.
    pub reply: Option<Reply>,
}
