//! Linux: the stand-in on which the shell is tested. A link is the program's argument; where the app
//! runs already, that one gets it.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use dioxus_desktop::tao::window::Window;
use dioxus_desktop::{Config, LogicalSize, WindowBuilder, muda};
use tokio::runtime::{Handle, Runtime};
use tokio::sync::oneshot;

use super::desktop::desktop;
use super::file_storage::FileStorage;
use super::instance::Instance;
use super::native::{self, Storage};
use super::private;
use super::reports::Reports;
use crate::notice::Notice;

/// In CSS pixels: a phone's.
const SIZE: LogicalSize<f64> = LogicalSize::new(390.0, 844.0);

static WINDOW: OnceLock<Arc<Window>> = OnceLock::new();

/// Where the server is: as the environment says, which is for tests, else as the program was built.
pub(super) fn server() -> Option<String> {
    let told = std::env::var("STANDBY_SERVER").ok();
    told.or_else(|| option_env!("STANDBY_SERVER").map(str::to_owned))
}

/// The link that the program was started by.
pub(super) fn first_link() -> Option<String> {
    let argument = std::env::args_os().nth(1)?;
    // What is no text is no link of ours either, and the screen says so.
    Some(argument.into_string().unwrap_or_else(|_| "?".to_owned()))
}

/// The languages of the reader, the best first, as the environment says.
pub(super) fn languages() -> Vec<String> {
    let languages = gio::glib::language_names();
    languages.iter().map(ToString::to_string).collect()
}

/// Claims to be the one that runs. `None` where another does: that one has the link now.
pub(super) fn claim(runtime: &Runtime, link: Option<&str>) -> Option<Instance> {
    // Without a place for it, each start is on its own.
    match folder_of("XDG_RUNTIME_DIR", None) {
        Some(folder) => Instance::claim(runtime, &folder, link),
        None => Some(Instance::alone()),
    }
}

/// Takes the links of later starts.
pub(super) fn attend(runtime: &Handle, instance: Instance) {
    runtime.spawn(instance.attend(|link| {
        native::open(&link);
        show_window();
    }));
}

/// Nothing stops a program whose window is hidden.
pub(super) fn outlive_suspension(_: &Reports) {}

fn show_window() {
    if let Some(window) = WINDOW.get() {
        window.set_minimized(false);
        window.set_focus();
    }
}

/// A window of a phone's size, without a menu.
pub(super) fn window(config: Config) -> Config {
    let window = WindowBuilder::new()
        .with_title("Standby")
        .with_inner_size(SIZE);
    config
        .with_window(window)
        .with_menu(None::<muda::Menu>)
        .with_on_window(|window, _| {
            // There is one.
            let _ = WINDOW.set(window);
            if let Some(desktop) = desktop() {
                desktop.on_press(show_window);
            }
        })
}

/// Where the device keeps things: a file that only its owner may read.
pub(super) fn storage() -> Box<dyn Storage> {
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/share"));
    let file = folder_of("XDG_DATA_HOME", home).map(|folder| folder.join("kept.json"));
    Box::new(FileStorage::open(file))
}

/// Whether the desktop leaves the screen on where it is asked to.
pub(super) fn can_keep_awake() -> bool {
    desktop().is_some_and(|desktop| desktop.keeps_awake)
}

/// Leaves the screen on, or no longer.
pub(super) fn keep_awake(wanted: bool) {
    if let Some(desktop) = desktop() {
        desktop.keep_awake(wanted);
    }
}

/// A desktop does not shake.
pub(super) fn signal() {}

/// Whether the desktop shows notices.
pub(super) fn can_notify() -> bool {
    desktop().is_some_and(|desktop| desktop.shows_notices)
}

/// Nobody is asked here.
pub(super) fn ask_to_notify() {
    native::answered(Some(can_notify()));
}

/// Tells whether notices are allowed: everybody's are.
pub(super) fn may_notify(tell: oneshot::Sender<bool>) {
    // Refused only to one that no longer waits.
    let _ = tell.send(can_notify());
}

/// Shows it.
pub(super) fn notify(notice: Notice) {
    if let Some(desktop) = desktop() {
        desktop.show(notice);
    }
}

/// Shows it no longer.
pub(super) fn withdraw_notice() {
    if let Some(desktop) = desktop() {
        desktop.withdraw();
    }
}

/// The app's own folder in the one that a variable names.
fn folder_of(variable: &str, otherwise: Option<PathBuf>) -> Option<PathBuf> {
    let named = std::env::var_os(variable).map(PathBuf::from);
    // By the specification, a relative one counts as none.
    let named = named.filter(|folder| folder.is_absolute());
    let folder = named.or(otherwise)?.join("standby");
    private::folder(&folder).ok()?;
    Some(folder)
}
