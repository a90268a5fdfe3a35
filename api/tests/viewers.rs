//! Who sees and does what: every field, command and subscription of the schema, by every kind of viewer.
//!
//! [`access`] says in one table what each class of access means for each kind of viewer. [`reading`] and
//! [`commands`] name the class of every field, command and subscription, with a way to ask for it. Each is
//! run for real, by everybody. What may not be seen is, byte for byte, what does not exist; what may not be
//! done is refused, and no row of the store is another one after it.
//!
//! The schema is the list: what it has and has no case here fails, by name.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

mod support;

#[path = "viewers/access.rs"]
mod access;
#[path = "viewers/commands.rs"]
mod commands;
#[path = "support/event_streams.rs"]
mod event_streams;
#[path = "support/everything.rs"]
mod everything;
#[path = "viewers/following.rs"]
mod following;
#[path = "viewers/reading.rs"]
mod reading;
#[path = "viewers/scene.rs"]
mod scene;
#[path = "viewers/schema.rs"]
mod schema;
#[path = "support/two_clinics.rs"]
mod two_clinics;
#[path = "viewers/who_asks.rs"]
mod who_asks;
