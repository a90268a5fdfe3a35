//! Android.

use dioxus_desktop::Config;
use tokio::runtime::{Handle, Runtime};

use super::keyring::Keyring;
use super::native::Storage;
use super::reports::Reports;

/// Where the server is: an app is built for one.
pub(super) fn server() -> Option<String> {
    option_env!("STANDBY_SERVER").map(str::to_owned)
}

/// The activity has the link, and the page's script fetches it from there (`shell/shell.js`): the windowing library
/// drops the intents that bring one.
pub(super) fn first_link() -> Option<String> {
    None
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

/// Nothing to ask for: the system leaves an app some time before it freezes it.
pub(super) fn outlive_suspension(_: &Reports) {}
