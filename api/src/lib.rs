//! Standby: a telehealth waiting area whose callers may put the phone in a pocket.
//!
//! One direction inside, checked by a test (`tests/layers.rs`); the map is in `ARCHITECTURE.md`:
//!
//! ```text
//! http, graphql ──► app ──► domain
//!                    └────► ports ◄── adapters
//! ```

pub mod adapters;
pub mod app;
pub mod command_line;
pub mod configuration;
pub mod domain;
pub mod failure;
pub mod graphql;
pub mod http;
pub mod metrics;
pub mod ports;
pub mod serve;
