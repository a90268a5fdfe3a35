//! What Android and iOS have in common.

use dioxus_desktop::Config;
use tokio::runtime::{Handle, Runtime};

use super::keyring::Keyring;
use super::native::Storage;

/// Where the server is: an app is built for one.
pub(super) fn server() -> Option<String> {
    option_env!("STANDBY_SERVER").map(str::to_owned)
}

/// The start that runs.
pub(super) struct Instance;

/// The system starts an app once.
#[expect(
    clippy::unnecessary_wraps,
    reason = "a system with programs may start one twice"
)]
pub(super) fn claim(_: &Runtime, _: Option<&str>) -> Option<Instance> {
    Some(Instance)
}

/// Nothing else comes to the one that runs.
pub(super) fn attend(_: &Handle, _: Instance) {}

/// The window is the screen.
pub(super) fn window(config: Config) -> Config {
    config
}

/// Where the device keeps things.
pub(super) fn storage() -> Box<dyn Storage> {
    Box::new(Keyring::open())
}

/// Phones keep their screens on for an app that asks.
pub(super) fn can_keep_awake() -> bool {
    true
}

/// Phones show notices to whoever allows them.
pub(super) fn can_notify() -> bool {
    true
}
