//! What the tests against a real server stand on.
//!
//! [`Server`] is a `standby` process of its own on a free port with data of its own; [`Asker`] asks
//! it over HTTP as anybody or with a token; [`Socket`] speaks graphql-transport-ws with it message
//! by message; [`DevPhone`] reads what it would have sent. Tests wait for a state with [`until`],
//! never for a while.
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
mod dev_phone;
mod server;
mod socket;
mod until;

pub use asker::{Answer, Asker};
pub use dev_phone::{DevPhone, TextMessage};
pub use server::{Role, Server};
pub use socket::{ServerMessage, Socket};
pub use until::{PATIENCE, until};
