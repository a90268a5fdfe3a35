//! The rules of a waiting area, proved: a table of every state and command, a test for each sentence
//! of the product, and properties over random sequences.

#![allow(clippy::print_stdout, reason = "a random test says its seed")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

#[path = "domain/any_sequence.rs"]
mod any_sequence;
#[path = "domain/arrival_order.rs"]
mod arrival_order;
#[path = "domain/ends.rs"]
mod ends;
#[path = "domain/figures.rs"]
mod figures;
#[path = "domain/presence.rs"]
mod presence;
#[path = "domain/property.rs"]
mod property;
#[path = "domain/recall.rs"]
mod recall;
#[path = "domain/replies.rs"]
mod replies;
#[path = "domain/stay.rs"]
mod stay;
#[path = "domain/transitions.rs"]
mod transitions;
#[path = "domain/verification.rs"]
mod verification;
