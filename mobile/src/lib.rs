//! The patient's app: clinic link, details, verifying, waiting, away and back, joined, ended.
//!
//! [`waiting`] is the whole behaviour, a pure reducer over the values of [`stay`]; [`screens`] shows
//! what is so in the words of [`words`]; [`fixtures`] has each screen with fixed data; [`link`] reads
//! what opens the app, [`viewing`] whether it is seen, and [`presence`] when that is reported;
//! [`notice`] is what the phone says while its owner looks at something else. All of that compiles and
//! is tested anywhere. What does things is compiled for the platform it does them on: `reducer` runs
//! the reducer and `app` shows what it says, `effects` does what it asks for, `memory` is what the
//! device keeps, and `platform` is all that differs by platform.

#![warn(missing_docs)]

pub mod fixtures;
pub mod language;
pub mod link;
pub mod notice;
pub mod presence;
pub mod screens;
pub mod stay;
pub mod viewing;
pub mod waiting;
pub mod words;

// The app itself: for a browser, or with a shell of its own.
#[cfg(any(target_arch = "wasm32", feature = "shell"))]
pub mod app;
#[cfg(any(target_arch = "wasm32", feature = "shell"))]
mod effects;
#[cfg(any(target_arch = "wasm32", feature = "shell"))]
mod memory;
#[cfg(any(target_arch = "wasm32", feature = "shell"))]
mod platform;
#[cfg(any(target_arch = "wasm32", feature = "shell"))]
mod reducer;
