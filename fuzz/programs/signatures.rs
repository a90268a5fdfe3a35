#![no_main]

#[path = "../targets/signatures.rs"]
mod signatures;

libfuzzer_sys::fuzz_target!(|data: &[u8]| signatures::hold(data));
