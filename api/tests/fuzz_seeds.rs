//! What `make fuzz` begins with holds, without a fuzzer: every committed seed, and every beginning and
//! single changed byte of each.

#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "the bodies are the fuzzer's own; what they expect and do not find is the failure"
)]

use std::path::Path;

#[path = "../../fuzz/targets/connection_init.rs"]
mod connection_init;
#[path = "../../fuzz/targets/phone_input.rs"]
mod phone_input;
#[path = "../../fuzz/targets/signatures.rs"]
mod signatures;
#[path = "../../fuzz/targets/tokens.rs"]
mod tokens;
#[path = "../../fuzz/targets/websocket_messages.rs"]
mod websocket_messages;

/// Longest seed whose every byte is changed in turn: the others would take long and show no more.
const CHANGED_UP_TO: usize = 600;

fn hold_for_seeds_of(target: &str, hold: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz/seeds")
        .join(target);
    let mut seeds = 0;
    for entry in std::fs::read_dir(folder).expect("the seeds") {
        let seed = std::fs::read(entry.expect("a seed").path()).expect("a seed");
        seeds += 1;
        hold(&seed);
        if seed.len() > CHANGED_UP_TO {
            continue;
        }
        for at in 0..seed.len() {
            hold(&seed[..at]);
            for mask in [0x01, 0x20, 0x80] {
                let mut changed = seed.clone();
                changed[at] ^= mask;
                hold(&changed);
            }
        }
    }
    assert!(seeds >= 5, "{target} has {seeds} seeds");
}

#[test]
fn whatever_is_typed_as_a_number_is_refused_or_one_number_everywhere() {
    hold_for_seeds_of("phone_input", phone_input::hold);
}

#[test]
fn only_what_has_the_form_of_a_token_or_code_is_taken_for_one() {
    hold_for_seeds_of("tokens", tokens::hold);
}

#[test]
fn a_form_is_read_one_way_and_only_its_own_signature_is_believed() {
    hold_for_seeds_of("signatures", signatures::hold);
}

#[test]
fn every_message_of_a_socket_is_read_or_refused() {
    hold_for_seeds_of("websocket_messages", websocket_messages::hold);
}

#[test]
fn every_introduction_is_read_or_refused_and_never_printed() {
    hold_for_seeds_of("connection_init", connection_init::hold);
}
