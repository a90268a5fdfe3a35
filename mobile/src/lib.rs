//! The patient's app: clinic link, details, verifying, waiting, away and back, joined, ended.
//!
//! [`waiting`] is the whole behaviour, a pure reducer over the values of [`stay`]; [`screens`] shows
//! what is so in the words of [`words`]; [`fixtures`] has each screen with fixed data. All of that
//! compiles and is tested anywhere. What does things is compiled for the platform it does them on:
//! `app` runs the reducer, `effects` does what it asks for, `memory` is what the device keeps, and
//! `platform` is all that differs by platform.

#![warn(missing_docs)]

pub mod fixtures;
pub mod screens;
pub mod stay;
pub mod waiting;
pub mod words;

#[cfg(target_arch = "wasm32")]
pub mod app;
#[cfg(target_arch = "wasm32")]
mod effects;
#[cfg(target_arch = "wasm32")]
mod memory;
#[cfg(target_arch = "wasm32")]
mod platform;
