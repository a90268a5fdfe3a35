#![no_main]

#[path = "../targets/tokens.rs"]
mod tokens;

libfuzzer_sys::fuzz_target!(|data: &[u8]| tokens::hold(data));
