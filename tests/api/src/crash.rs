//! Kills a server again and again while recalls are asked for and Twilio has its faults, and looks at the
//! end whether any text was lost or sent twice.
//!
//! A [`World`](world::World) is one data directory and one place that texts go to. Both outlive the
//! server, which lives many short lives there. Each is ended at a point that is drawn: strace kills the
//! process (SIGKILL) as it enters its n-th write, sync, send or receive, as an out-of-memory kill would:
//! the kernel keeps what it was given. Only such a death counts; a life that does not get as far is ended from outside. In between the server runs for a
//! moment undisturbed, so that new callers can come in. At the end it runs until nothing is on its way,
//! and everything that was ever asked for is judged by what the phones got, by what Twilio was asked and
//! answered, and by what staff see.

mod figures;
mod judge;
mod life;
mod point;
mod provider;
mod stay;
mod world;

use std::path::PathBuf;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::Instant;

use crate::Chance;
pub use figures::{Figure, Findings};
use world::World;

/// Where texts go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextsGoTo {
    /// A fake of Twilio with its faults, checked by Twilio's own description where that is there.
    FakeTwilio,
    /// The same, unchecked: faster.
    UncheckedFakeTwilio,
    /// The server's own dev phone, which has no faults.
    DevPhone,
}

/// How often, and how, a server is killed.
#[derive(Debug, Clone)]
pub struct CrashPoints {
    /// How many points are to be hit.
    pub points: usize,
    /// Where texts go to, in each of the worlds. They run at the same time and share the points.
    pub worlds: Vec<TextsGoTo>,
    /// The program that is killed.
    pub program: PathBuf,
    /// Together for all points; what is not hit by then is not hit. The last texts are waited for after it.
    pub within: Duration,
    /// Ends sooner: once a text was asked for again blindly, and a phone got a recall twice for a death.
    pub until_found_out: bool,
}

impl CrashPoints {
    /// Does it, and says what came of it.
    pub async fn run(&self) -> Findings {
        let chance = Chance::new();
        let begin = Instant::now();
        let worlds = self
            .worlds
            .iter()
            .zip(0_u32..)
            .map(async |(texts, number)| {
                let share = self.points / self.worlds.len()
                    + usize::from((number as usize) < self.points % self.worlds.len());
                let mut world =
                    World::begin(number, chance.part(number.into()), &self.program, *texts).await;
                world
                    .crash(share, begin + self.within, self.until_found_out)
                    .await;
                world.conclude().await
            });
        let mut findings = Findings::new(chance.seed());
        for found in join_all(worlds).await {
            findings.add(found);
        }
        findings.took(begin.elapsed());
        findings
    }
}
