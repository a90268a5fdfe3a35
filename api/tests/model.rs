//! Recall, cancel, join, presence and the worker that sends texts: every order in which they can
//! come, with the provider, the network and crashes at their worst.
//!
//! A model checker (stateright) starts from one world and takes every step that is possible there,
//! then every step from each world it got to, until there is no world it has not seen. In each it
//! holds the sentences of `model/sentences.rs`.
//!
//! **What is real.** The caller is a real `Caller`, and what a command does to it is decided by the
//! real `decide`; `Caller::still_wants`, `Delivery::advance` and the figures of `domain/limits.rs` are
//! the real ones too.
//!
//! **What is modelled** (`model/outbox.rs`, `model/steps.rs`). The rows of the outbox and the queries
//! on them; two workers, each of which claims, looks, hands over and settles, and between any two of
//! these may crash, or stand still for longer than its claim holds; the provider, which takes a text
//! and says so, takes it and does not, takes it long after we gave up, turns it away for now or for
//! good, whose list may always lag, and whose news come in any order, any number of times or never;
//! staff and callers, who may ask anything at any moment, as often as they like. Time goes on in
//! steps. Worlds are told apart by what decides how they go on, with times seen from now: so there
//! are finitely many.
//!
//! **What is not.** Screens and their leases (`domain/presence.rs` has its own tests): here the
//! caller looks or does not. A code is entered, never asked for. One caller, and only the texts of
//! recalls: the text of a cancel is off, nobody texts back or asks for no more texts. A store that
//! fails is a worker that crashes. A provider that can prove that it has *not* taken a text, which
//! only the dev phone can. The minute between recalls is held from commit to commit: a text that
//! waited for the provider may reach it shortly before the next. Whether the caller is back is asked
//! as of the claim, as the worker does: one who comes back after it gets the text.
//!
//! That the checker finds what it is there to find is shown with bugs planted in the model
//! (`model/planted.rs`), each found by the sentence that it breaks.

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
use world::WaitingArea;

/// The fewest worlds of an exploration that is to say something.
const AT_LEAST: usize = 150_000;
/// The cores of the smallest machine that runs the tests.
const THREADS: usize = 2;

/// Explores every world and holds every sentence in each; answers how many there are.
fn explore(area: WaitingArea) -> usize {
    let began = Instant::now();
    let checker = area.checker().threads(THREADS).spawn_bfs().join();
    let worlds = checker.unique_state_count();
    println!(
        "{worlds} worlds, {} steps between them, at most {} from the start, in {:.0} s",
        checker.state_count(),
        checker.max_depth(),
        began.elapsed().as_secs_f32(),
    );
    assert!(checker.is_done(), "every world is explored");
    checker.assert_properties();
    worlds
}

/// Holds that the checker finds a planted bug, by the sentence that it breaks.
fn finds(planted: Planted, sentence: &'static str) {
    let checker = WaitingArea::with_one_recall()
        .with(planted)
        .checker()
        .threads(THREADS)
        .finish_when(HasDiscoveries::AnyOf([sentence].into()))
        .spawn_bfs()
        .join();
    let path = checker.assert_any_discovery(sentence).into_actions();
    println!("{planted:?}: it is not so that {sentence}: {path:?}");
}

#[test]
fn a_recalls_text_is_neither_lost_nor_sent_twice_whatever_happens_in_whatever_order() {
    let worlds = explore(WaitingArea::with_one_recall());
    assert!(worlds >= AT_LEAST, "{worlds} worlds are too few");
}

#[test]
fn two_recalls_of_one_stay_never_get_in_each_others_way() {
    let worlds = explore(WaitingArea::with_two_recalls());
    assert!(worlds >= AT_LEAST, "{worlds} worlds are too few");
}

#[test]
fn a_caller_who_verifies_while_away_can_be_recalled_like_any_other() {
    explore(WaitingArea::from_arrival());
}

#[test]
fn a_worker_that_sends_again_without_looking_is_found() {
    finds(Planted::ResendsWithoutLooking, sentences::TAKEN_ONCE);
}

#[test]
fn a_worker_that_takes_an_empty_list_for_proof_is_found() {
    finds(Planted::TakesAnEmptyListForProof, sentences::TAKEN_ONCE);
}

#[test]
fn a_worker_that_drops_what_it_does_not_find_is_found() {
    finds(Planted::DropsWhatItDoesNotFind, sentences::NEVER_LOST);
}

#[test]
fn two_workers_that_claim_the_same_row_are_found() {
    finds(Planted::ClaimsWhatIsClaimed, sentences::ONE_HANDS_OVER);
    finds(Planted::ClaimsWhatIsClaimed, sentences::TAKEN_ONCE);
}

#[test]
fn a_worker_that_asks_nobody_before_handing_over_is_found() {
    finds(
        Planted::AsksNobodyBeforeHandingOver,
        sentences::NOT_AFTER_COMING_BACK,
    );
}

#[test]
fn a_settlement_that_moves_backward_is_found() {
    finds(Planted::SettlesBackward, sentences::FORWARD);
    finds(Planted::SettlesBackward, sentences::SHOWN);
}

#[test]
fn a_command_that_reads_the_caller_too_early_is_found() {
    finds(Planted::ReadsTheCallerTooEarly, sentences::LIMITS);
    finds(Planted::ReadsTheCallerTooEarly, sentences::VERSION);
}
