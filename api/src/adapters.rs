//! The ports' other side: how it is done. Nothing in here decides anything.

mod answer_body;
pub mod change_feed;
pub mod clock;
pub mod data_directory;
pub mod dev_phone;
pub mod one_server;
pub mod openid;
mod queries;
pub mod randomness;
mod rows;
pub mod sqlite;
mod tables;
pub mod twilio;
pub mod webhook_sender;
