//! iOS.

use std::time::Duration;

use dioxus_desktop::Config;
use dispatch2::DispatchQueue;
use objc2::MainThreadMarker;
use objc2_ui_kit::UIApplication;
use tokio::runtime::{Handle, Runtime};

use super::keyring::Keyring;
use super::native::Storage;
use super::reports::Reports;

/// How long the system is asked to leave the app running once it is sent away. It gives some 30 s, and ends
/// an app that takes longer.
const OUTLIVES: Duration = Duration::from_secs(15);

/// Where the server is: an app is built for one.
pub(super) fn server() -> Option<String> {
    option_env!("STANDBY_SERVER").map(str::to_owned)
}

/// Links come as events, the first one too.
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

/// Asks the system to leave the app running until the server knows that it is seen no longer.
pub(super) fn outlive_suspension(reports: &Reports) {
    let Some(here) = MainThreadMarker::new() else {
        return;
    };
    let app = UIApplication::sharedApplication(here);
    let task = app.beginBackgroundTaskWithExpirationHandler(None);
    let reports = reports.clone();
    tokio::task::spawn_blocking(move || {
        reports.settle(OUTLIVES);
        DispatchQueue::main().exec_async(move || {
            if let Some(here) = MainThreadMarker::new() {
                UIApplication::sharedApplication(here).endBackgroundTask(task);
            }
        });
    });
}
