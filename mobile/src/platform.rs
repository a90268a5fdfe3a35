//! All that differs by platform, behind the same names: whether the app is seen and how that is
//! reported, links and storage, the screen's light, the code in a message. One file a platform; what
//! the shells have in common is in `native`.

#[cfg(target_arch = "wasm32")]
mod web;

#[cfg(target_arch = "wasm32")]
pub(crate) use web::*;

#[cfg(not(target_arch = "wasm32"))]
mod native;
#[cfg(not(target_arch = "wasm32"))]
mod page;
#[cfg(not(target_arch = "wasm32"))]
mod reports;

#[cfg(target_os = "android")]
#[path = "platform/android.rs"]
mod system;
#[cfg(target_os = "ios")]
#[path = "platform/ios.rs"]
mod system;
#[cfg(target_os = "linux")]
#[path = "platform/linux.rs"]
mod system;

#[cfg(target_os = "linux")]
mod desktop;
#[cfg(target_os = "linux")]
mod file_storage;
#[cfg(target_os = "linux")]
mod instance;
#[cfg(any(target_os = "android", target_os = "ios"))]
mod keyring;
#[cfg(any(target_os = "android", target_os = "ios"))]
mod phone;
#[cfg(target_os = "linux")]
mod private;

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use native::*;

#[cfg(not(any(
    target_arch = "wasm32",
    target_os = "android",
    target_os = "ios",
    target_os = "linux"
)))]
compile_error!("there is a shell for Android, iOS and Linux; on other systems, use the browser");

/// How long something is kept.
#[derive(Clone, Copy)]
pub(crate) enum Keep {
    /// Until it is removed.
    OnDevice,
    /// As long as this tab lives, or the app runs.
    InTab,
}

/// Why the app cannot be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LaunchFailure {
    /// Nobody has said where the server is.
    ServerUnknown,
    /// The system gives what the app needs to do several things at once to nobody just now.
    NoThreads,
    /// The system gave no randomness.
    NoRandomness,
}

impl std::fmt::Display for LaunchFailure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            LaunchFailure::ServerUnknown => {
                "where is the server? Set STANDBY_SERVER, as in STANDBY_SERVER=https://clinic.example"
            }
            LaunchFailure::NoThreads => "the system lets it have no threads",
            LaunchFailure::NoRandomness => "the system gave no randomness",
        })
    }
}

impl std::error::Error for LaunchFailure {}
