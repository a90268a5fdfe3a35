//! Webhooks: the whole application on a real store, and real receivers on this machine.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

mod support;

#[path = "webhooks/addresses.rs"]
mod addresses;
#[path = "webhooks/counted.rs"]
mod counted;
#[path = "webhooks/crashes.rs"]
mod crashes;
#[path = "webhooks/delivering.rs"]
mod delivering;
#[path = "webhooks/figures.rs"]
mod figures;
#[path = "webhooks/managing.rs"]
mod managing;
#[path = "webhooks/privacy.rs"]
mod privacy;
#[path = "webhooks/receiver.rs"]
mod receiver;
#[path = "webhooks/scene.rs"]
mod scene;
