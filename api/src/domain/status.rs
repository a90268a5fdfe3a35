//! Where a caller stands, as a word.

/// Where a caller stands, as staff see and act on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// In the queue, and joinable now.
    Waiting,
    /// In the queue in the same place, verified, and not looking: to be recalled.
    Offline,
    /// In the consultation.
    BeingSeen,
    /// In the consultation, which the provider interrupted: joinable again.
    OnHold,
    /// Final: the consultation took place.
    Completed,
    /// Final: the caller left, or contact was lost.
    Left,
    /// Final: staff cancelled.
    Cancelled,
}

impl Status {
    /// Every status, each once; the final ones last.
    pub const ALL: [Self; 7] = [
        Self::Waiting,
        Self::Offline,
        Self::BeingSeen,
        Self::OnHold,
        Self::Completed,
        Self::Left,
        Self::Cancelled,
    ];

    /// Whether the stay is over: no command leads out of such a status.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Left | Self::Cancelled)
    }

    /// Whether a caller of this status stands in the queue, so that others are behind.
    #[must_use]
    pub fn is_queued(self) -> bool {
        matches!(self, Self::Waiting | Self::Offline)
    }
}
