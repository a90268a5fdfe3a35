//! The operating system's cryptographic generator: the only place that draws from it.

use crate::ports::randomness::Randomness;

/// What tokens, codes and identifiers are made from.
pub struct SystemRandomness;

impl SystemRandomness {
    /// Fills `bytes`.
    ///
    /// # Panics
    /// When the operating system gives no randomness. There is nothing safe to do without: a
    /// guessable token would be worse than no server.
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    #[expect(
        clippy::expect_used,
        reason = "nothing from outside leads here; see above"
    )]
    pub fn fill(bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system gives randomness");
    }
}

impl Randomness for SystemRandomness {
    fn bits(&self) -> [u8; 16] {
        let mut bits = [0; 16];
        Self::fill(&mut bits);
        bits
    }

    fn below(&self, bound: u32) -> u32 {
        // Numbers past the last whole multiple of `bound` are drawn again: taken modulo, they would
        // make small answers likelier.
        let bound = bound.max(1);
        let whole = u32::MAX - u32::MAX % bound;
        loop {
            let mut bytes = [0; 4];
            Self::fill(&mut bytes);
            let number = u32::from_le_bytes(bytes);
            if number < whole {
                return number % bound;
            }
        }
    }
}
