//! What came of it, in figures and sentences.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::time::Duration;

/// What came of killing a server again and again.
#[derive(Debug, Default)]
pub struct Findings {
    /// Of all that was drawn: with the same in `SEED` much is drawn again, though a machine never
    /// schedules twice alike.
    pub seed: u64,
    /// Deaths by a point that was drawn.
    pub hit: usize,
    /// Lives that did not get to their point, or were undisturbed.
    pub not_hit: usize,
    /// By call and what it was at, how many were hit there.
    pub calls: BTreeMap<(&'static str, &'static str), usize>,
    /// By what was under way, how many were hit there.
    pub moments: BTreeMap<&'static str, usize>,
    figures: BTreeMap<Figure, usize>,
    /// Texts that a phone got twice, each in a sentence with all that is known of it.
    pub twice: Vec<String>,
    /// Texts that Twilio was asked for again though it was not certain that it had not taken them, whatever
    /// the phone got.
    pub resent: Vec<String>,
    /// Texts, places and callers that were lost.
    pub lost: Vec<String>,
    /// Whatever else is not as it must be.
    pub wrong: Vec<String>,
    seconds: u64,
}

/// The figures with their words, in the order in which they are told.
macro_rules! figures {
    ($($figure:ident: $words:literal,)*) => {
        /// Something that is counted.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "each is told by its words")]
        pub enum Figure {
            $($figure,)*
        }

        impl Figure {
            const ALL: &[Self] = &[$(Self::$figure,)*];

            fn words(self) -> &'static str {
                match self {
                    $(Self::$figure => $words,)*
                }
            }
        }
    };
}

figures! {
    Callers: "callers",
    RecallsAskedFor: "recalls asked for",
    RecallsCommitted: "recalls committed",
    RecallsNotCommitted: "recalls not committed",
    TextsOfRecallsTaken: "texts of recalls taken",
    ShownAsSentOrDelivered: "shown as sent or delivered",
    ShownAsFailed: "shown as failed",
    ShownAsUnknownAndTaken: "shown as unknown, and taken",
    ShownAsUnknownAndNotTaken: "shown as unknown, and not taken",
    RecallsWithoutARequestInDoubt: "of these without a request in doubt",
    Withdrawn: "withdrawn",
    StaysEndedMeanwhile: "stays ended meanwhile",
    CodesTaken: "codes taken",
    CodesPromised: "codes promised",
    CodesWithoutARequest: "of these without a request",
    CodesPerhapsWithdrawn: "of these perhaps withdrawn",
    CodesTurnedAwayUnheard: "codes turned away unheard",
    TextsOfCancellationsTaken: "texts of cancellations taken",
    CancellationsToBeToldOf: "cancellations to be told of",
    CancellationsWithoutAText: "of these without a text",
    CancellationsWithoutARequestInDoubt: "of these without a request in doubt either",
    HandedOverWhenTheServerDiedOrLeft: "handed over when the server died or left",
    TakenWhenTheServerDiedOrLeft: "of these taken",
    RecallsSentTwiceWhereTheServerDiedOrLeft: "recalls sent twice where the server died or left",
}

impl Findings {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            seed,
            ..Self::default()
        }
    }

    pub(super) fn count(&mut self, figure: Figure, count: usize) {
        *self.figures.entry(figure).or_default() += count;
    }

    /// One of the figures.
    #[must_use]
    pub fn figure(&self, figure: Figure) -> usize {
        self.figures.get(&figure).copied().unwrap_or_default()
    }

    pub(super) fn hit(&mut self, call: &'static str, place: &'static str, moment: &'static str) {
        self.hit += 1;
        *self.calls.entry((call, place)).or_default() += 1;
        *self.moments.entry(moment).or_default() += 1;
    }

    /// With those of another world.
    pub(super) fn add(&mut self, other: Self) {
        self.hit += other.hit;
        self.not_hit += other.not_hit;
        for (at, count) in other.calls {
            *self.calls.entry(at).or_default() += count;
        }
        for (moment, count) in other.moments {
            *self.moments.entry(moment).or_default() += count;
        }
        for (figure, count) in other.figures {
            self.count(figure, count);
        }
        self.twice.extend(other.twice);
        self.resent.extend(other.resent);
        self.lost.extend(other.lost);
        self.wrong.extend(other.wrong);
    }

    pub(super) fn took(&mut self, time: Duration) {
        self.seconds = time.as_secs();
    }

    /// Nothing was lost, sent twice, asked for again blindly or wrong.
    pub fn assert_all_is_well(&self) {
        let sentences = [&self.twice, &self.resent, &self.lost, &self.wrong];
        let sentences: Vec<&String> = sentences.into_iter().flatten().collect();
        assert!(sentences.is_empty(), "SEED={}: {sentences:#?}", self.seed);
    }
}

impl Display for Findings {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "SEED={}", self.seed)?;
        writeln!(
            formatter,
            "points hit {}, lives ended otherwise {}, {} s",
            self.hit, self.not_hit, self.seconds
        )?;
        for (moment, count) in &self.moments {
            writeln!(formatter, "  {count:5}  while {moment}")?;
        }
        for ((call, place), count) in &self.calls {
            writeln!(formatter, "  {count:5}  {call}: {place}")?;
        }
        for figure in Figure::ALL {
            writeln!(formatter, "{}: {}", figure.words(), self.figure(*figure))?;
        }
        write!(
            formatter,
            "sent twice: {}, asked for again blindly: {}, lost: {}, otherwise wrong: {}",
            self.twice.len(),
            self.resent.len(),
            self.lost.len(),
            self.wrong.len()
        )
    }
}
