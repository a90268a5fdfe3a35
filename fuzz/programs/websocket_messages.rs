#![no_main]

#[path = "../targets/websocket_messages.rs"]
mod websocket_messages;

libfuzzer_sys::fuzz_target!(|data: &[u8]| websocket_messages::hold(data));
