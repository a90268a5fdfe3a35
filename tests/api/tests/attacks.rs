//! The list of attacks, each a test against a real server.
//!
//! What is not here is tested where it belongs:
//!
//! | attack | test |
//! | --- | --- |
//! | a frame of 50 MB on a socket | `tests/conformance/sockets.test.mjs`: “for a frame that announces 50 MB” |
//! | a socket for a foreign page | there too: “is refused to pages of a foreign origin”; here more of them |
//! | a forged `Host` | `pages.rs`: `a_host_that_is_no_name_gets_into_no_header` |
//! | a redirect of signing in that leads elsewhere | `openid.rs`: `nothing_of_a_request_leads_anywhere_else` |
//! | a webhook into the own network | `api/tests/webhooks/addresses.rs`, and `webhooks.rs`: `without_the_setting_nothing_inside_is_called` |
//! | numbers and codes at Twilio in logs | `real_texts.rs`: `no_number_code_name_or_token_is_in_a_log_an_error_an_address_or_a_metric` |
//! | who sends or reads slowly, one by one | `slow_clients.rs`; here what others notice of it |
//! | texts that are markup, and characters that hide or turn round | `tests/browser/hostile-texts.test.mjs` |

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]
#![allow(
    clippy::too_many_lines,
    reason = "a list of attacks and a whole story are read from the top to the end"
)]

#[path = "attacks/bodies.rs"]
mod bodies;
#[path = "attacks/floods.rs"]
mod floods;
#[path = "attacks/headers.rs"]
mod headers;
#[path = "attacks/origins.rs"]
mod origins;
#[path = "attacks/rooms.rs"]
mod rooms;
#[cfg(target_os = "linux")]
#[path = "attacks/slow.rs"]
mod slow;
#[path = "attacks/texts.rs"]
mod texts;
#[path = "attacks/tokens.rs"]
mod tokens;
#[path = "attacks/wire.rs"]
mod wire;
