//! Bugs that were planted, to show that the checker finds what it is there to find.

/// What is done wrongly. Each is a way somebody could have written it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Planted {
    /// A claim that ran out is taken for a text that was not sent, and sent again.
    ResendsWithoutLooking,
    /// A text that the provider's list does not show is taken for one it does not have.
    TakesAnEmptyListForProof,
    /// A text that nobody finds is dropped without a word to staff.
    DropsWhatItDoesNotFind,
    /// Two workers read the same row before either has written that it is claimed.
    ClaimsWhatIsClaimed,
    /// The text is handed over as it was committed, whoever came back since.
    AsksNobodyBeforeHandingOver,
    /// News is recorded in the order in which it comes.
    SettlesBackward,
    /// A command of staff reads the caller in one transaction and saves in another.
    ReadsTheCallerTooEarly,
}
