//! The ports' other side: how it is done. Nothing in here decides anything.

mod queries;
mod rows;
pub mod sqlite;
mod tables;
pub mod change_feed;
pub mod clock;
pub mod dev_phone;
pub mod randomness;
