//! What the tests against a real server stand on.
//!
//! [`Server`] is a `standby` process of its own on a free port with data of its own; [`Asker`] asks
//! it over HTTP as anybody or with a token; [`Caller`] is one stay and [`Staff`] somebody of the
//! team, both by [`Asker`]; [`Socket`] speaks graphql-transport-ws with it message by message, and
//! [`Follower`] follows a waiting area by it; [`connect`] is a line for bytes of any kind; [`DevPhone`]
//! reads what would have been sent; [`FakeTwilio`] stands in for Twilio. [`IdentityProvider`] knows
//! staff, and a [`Browser`] goes there and back. Tests wait for a state with [`until`], never for a
//! while.
//!
//! The server must have been built: `cargo build --workspace --all-targets`, which `make test` does
//! first.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what the harness cannot do is the failure of the test that needs it"
)]

mod asker;
mod browser;
mod caller;
mod chance;
#[cfg(target_os = "linux")]
mod crash;
mod dev_phone;
mod fake_twilio;
mod follower;
mod identity_provider;
mod line;
mod program;
mod server;
mod socket;
mod staff;
mod until;

pub use asker::{Answer, Asker, refusal};
pub use browser::{Browser, Page};
pub use caller::{Caller, mobile_number};
pub use chance::Chance;
#[cfg(target_os = "linux")]
pub use crash::{CrashPoints, Figure, Findings, TextsGoTo};
pub use dev_phone::{DevPhone, TextMessage};
pub use fake_twilio::{
    FakeTwilio, TwilioAnswered, TwilioCallback, TwilioMessage, TwilioRequest, TwilioViolation,
};
pub use follower::{Change, Follower, Replica};
pub use identity_provider::IdentityProvider;
pub use line::{connect, memory, to_the_end};
pub use program::{Ended, program_path, run_to_the_end, run_unread};
pub use server::{Role, Server, free_port};
pub use socket::{ServerMessage, Socket};
pub use staff::Staff;
pub use until::{PATIENCE, until, until_within};

/// All that staff see of a caller.
pub const CALLER: &str = "id version status name arrivalNumber arrivedAt statusSince endedAt \
    maySetPhoneAside phone { number isVerified verifiedAt } position { place aheadOffline } \
    presence { isViewing lastSeenAt notResponding } \
    recall { id requestedAt openedAt returnedAt sms { state failure updatedAt } } \
    room { url } end { how reason isResumable } answers { key label value }";

/// An instant of an answer, in milliseconds since 1970.
#[must_use]
pub fn milliseconds(instant: &serde_json::Value) -> i64 {
    let text = instant.as_str().expect("an instant");
    let parsed: jiff::Timestamp = text.parse().expect("an instant in RFC 3339");
    parsed.as_millisecond()
}

/// The wall clock, in milliseconds since 1970: the server's own, as it runs on this machine.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "a test compares its own time with the server's"
)]
pub fn wall_clock() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
