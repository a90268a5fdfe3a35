use std::time::Instant;

/// Random choices that can be made again: of one seed, always the same (by `SplitMix64`).
#[derive(Debug)]
pub struct Chance {
    seed: u64,
    state: u64,
}

impl Chance {
    /// By the seed in `SEED`, to have a failure again; else by one of its own, which is printed:
    /// the test's runner shows it when the test fails.
    #[must_use]
    #[allow(
        clippy::print_stdout,
        reason = "a failing test says how to have it again"
    )]
    pub fn new() -> Self {
        let given = std::env::var("SEED")
            .ok()
            .and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or_else(|| {
            // Different from run to run is all that is wanted: where the clock and the stack are.
            let here = Instant::now();
            let place = std::ptr::from_ref(&here).addr() as u64;
            place
                ^ u64::from(std::process::id()).rotate_left(32)
                ^ crate::wall_clock().cast_unsigned()
        });
        println!("SEED={seed}");
        Self { seed, state: seed }
    }

    /// What it is made of.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Another one for a part of the work, so that parts at the same time stay repeatable.
    #[must_use]
    pub fn part(&self, number: u64) -> Self {
        let seed = self.seed ^ number.wrapping_add(1).wrapping_mul(0xA076_1D64_78BD_642F);
        Self { seed, state: seed }
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }
}

impl Default for Chance {
    fn default() -> Self {
        Self::new()
    }
}
