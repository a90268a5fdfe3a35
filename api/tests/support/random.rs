//! Chance that can be drawn again.

#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test file uses a part; what cannot be is the test's failure"
)]

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

/// Sebastiano Vigna's splitmix64: small, even enough, and the same everywhere.
pub(crate) struct Random(u64);

impl Random {
    /// The draws of one part of a run.
    pub(crate) fn new(seed: u64, part: usize) -> Self {
        let mut random = Self(seed ^ (part as u64).wrapping_mul(0xd6e8_feb8_6659_fd93));
        random.next();
        random
    }

    /// Another one with each run.
    pub(crate) fn any_seed() -> u64 {
        RandomState::new().build_hasher().finish()
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0, and below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let below = self.next() % (end.max(1) as u64);
        usize::try_from(below).unwrap()
    }

    pub(crate) fn in_a_hundred(&mut self, times: usize) -> bool {
        self.below(100) < times
    }

    pub(crate) fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    /// Letters and digits.
    pub(crate) fn word(&mut self, length: usize) -> String {
        const ALL: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
        (0..length).map(|_| char::from(*self.one_of(ALL))).collect()
    }

    /// Up to so many of them, each once, in their order.
    pub(crate) fn some_of<'a, T>(&mut self, all: &'a [T], most: usize) -> Vec<&'a T> {
        let mut left: Vec<usize> = (0..all.len()).collect();
        let mut taken = Vec::new();
        while taken.len() < most && !left.is_empty() {
            taken.push(left.swap_remove(self.below(left.len())));
        }
        taken.sort_unstable();
        taken.into_iter().map(|place| &all[place]).collect()
    }
}
