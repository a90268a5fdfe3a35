//! The ports' other side: how it is done. Nothing in here decides anything.

mod queries;
mod rows;
pub mod sqlite;
mod tables;
