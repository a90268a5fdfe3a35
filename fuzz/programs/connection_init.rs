#![no_main]

#[path = "../targets/connection_init.rs"]
mod connection_init;

libfuzzer_sys::fuzz_target!(|data: &[u8]| connection_init::hold(data));
