#![no_main]

#[path = "../targets/phone_input.rs"]
mod phone_input;

libfuzzer_sys::fuzz_target!(|data: &[u8]| phone_input::hold(data));
