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
    /// Figures by their words.
    pub figures: BTreeMap<&'static str, usize>,
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

/// The figures in the order in which they are told.
const ORDER: [&str; 23] = [
    "callers",
    "recalls asked for",
    "recalls committed",
    "recalls not committed",
    "texts of recalls taken",
    "shown as sent or delivered",
    "shown as failed",
    "shown as unknown, and taken",
    "shown as unknown, and not taken",
    "of these without a request in doubt",
    "withdrawn",
    "stays ended meanwhile",
    "codes taken",
    "codes promised",
    "of these without a request",
    "of these perhaps withdrawn",
    "texts of cancellations taken",
    "cancellations to be told of",
    "of these without a text",
    "of these without a request in doubt either",
    "handed over when the server died or left",
    "of these taken",
    "recalls sent twice where the server died or left",
];

impl Findings {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            seed,
            ..Self::default()
        }
    }

    pub(super) fn count(&mut self, words: &'static str, count: usize) {
        debug_assert!(ORDER.contains(&words), "{words} would not be told");
        *self.figures.entry(words).or_default() += count;
    }

    /// One of the figures.
    #[must_use]
    pub fn figure(&self, words: &str) -> usize {
        self.figures.get(words).copied().unwrap_or_default()
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
        for (words, count) in other.figures {
            self.count(words, count);
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
        for words in ORDER {
            writeln!(formatter, "{words}: {}", self.figure(words))?;
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
