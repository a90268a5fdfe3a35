//! Replies to a recall's text: one word each, worded by the clinic.

use super::time::Timestamp;

/// A caller's answer to a recall's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// What was answered.
    pub answer: Answer,
    /// When it came in.
    pub at: Timestamp,
}

/// What can be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// On the way to the wait screen.
    Coming,
    /// Needs five more minutes.
    Later,
    /// Will not come: the stay ends.
    Leaving,
}

/// The words that a clinic takes for answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyWords {
    /// For [`Answer::Coming`].
    pub coming: String,
    /// For [`Answer::Later`].
    pub later: String,
    /// For [`Answer::Leaving`].
    pub leaving: String,
}

impl Default for ReplyWords {
    fn default() -> Self {
        Self {
            coming: "1".to_owned(),
            later: "2".to_owned(),
            leaving: "3".to_owned(),
        }
    }
}
