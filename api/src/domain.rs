//! The rules of a waiting area: pure, with no IO and no clock.
//!
//! A [`caller::Caller`] holds a state whose variants own exactly the data that exists in them.
//! [`decide::decide`] takes the caller, a command and a time, and answers with what changes, that
//! nothing does, or why it is refused. What must happen outside (texts, tokens) comes out as
//! values.

pub mod access;
pub mod arrive;
pub mod audit;
pub mod breaker;
pub mod caller;
pub mod clinic;
pub mod decide;
pub mod delivery;
pub mod entry;
pub mod erasing;
pub mod event;
pub mod grant;
pub mod id;
pub mod limits;
pub mod network;
pub mod order;
pub mod outbox;
pub mod phone_number;
pub mod policy;
pub mod presence;
pub mod public_address;
pub mod recall;
pub mod refusal;
pub mod reply;
pub mod report;
pub mod secret;
pub mod segments;
pub mod status;
pub mod text;
pub mod time;
pub mod verification;
pub mod webhook;
