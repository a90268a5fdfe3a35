//! placeholder

#![allow(clippy::print_stdout, reason = "an exploration says how far it went")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

#[path = "model/outbox.rs"]
mod outbox;
#[path = "model/planted.rs"]
mod planted;
#[path = "model/sentences.rs"]
mod sentences;
#[path = "model/steps.rs"]
mod steps;
#[path = "model/world.rs"]
mod world;

use planted::Planted;
use stateright::{Checker as _, HasDiscoveries, Model as _};
use std::time::Instant;
use world::{WaitingArea, World};

/// What must be shown: fewer worlds would say too little.
const AT_LEAST: usize = 150_000;

fn explored(area: WaitingArea) -> usize {
    let began = Instant::now();
    let mut checker = area.checker().threads(2);
    if let Ok(secs) = std::env::var("SECS") {
        checker = checker.timeout(std::time::Duration::from_secs(secs.parse().unwrap()));
    }
    let checker = checker.spawn_bfs().join();
    let worlds = checker.unique_state_count();
    println!(
        "{worlds} worlds, {} steps between them, at most {} steps from the start, in {:.1} s",
        checker.state_count(),
        checker.max_depth(),
        began.elapsed().as_secs_f32(),
    );
    assert!(checker.is_done(), "every world is explored");
    checker.assert_properties();
    worlds
}

#[test]
fn one() {
    explored(WaitingArea::with_one_recall());
}
#[test]
fn two() {
    explored(WaitingArea::with_two_recalls());
}
#[test]
fn arrival() {
    explored(WaitingArea::from_arrival());
}
