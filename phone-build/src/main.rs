//! Builds the patient's app for phones, with the Dioxus CLI.
//!
//! ```text
//! phone-build android          an app for Android: needs its SDK and NDK
//! phone-build ios              an app for iOS: needs a Mac with Xcode
//! phone-build files [FOLDER]   only the files that are filled in; into `mobile` when no folder is named
//! ```
//!
//! An app is built for one server, which `STANDBY_SERVER` names: its links are the app's links. So the
//! manifest (`mobile/android`) and the Info.plist (`mobile/ios`) are templates, which are filled in here
//! and given to the Dioxus CLI as they are to be. What the CLI does not do itself is done around it:
//!
//! - Android: the app's icon, colours and texts are laid into the project that the CLI makes, which has
//!   places for its own only; a signed app gets its number and is built by Gradle afterwards.
//! - iOS: the icon is compiled and the app signed, after the CLI has built it.
//!
//! docs/mobile.md says how to come by all that is needed.

#![allow(clippy::print_stderr, reason = "a command answers on its terminal")]

mod android;
mod app;
mod files;
mod ios;
mod tools;

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Error, Result};
use app::App;
use files::Device;

const USAGE: &str = "\
Builds the patient's app for phones.

usage: phone-build android          an app for Android: needs its SDK and NDK
       phone-build ios              an app for iOS: needs a Mac with Xcode
       phone-build files [FOLDER]   only the files that are filled in; into `mobile` when no folder is named

STANDBY_SERVER=https://clinic.example names the server that the app is for. docs/mobile.md says everything
else.";

/// Where everything lies.
struct Places {
    /// The app: `mobile`.
    mobile: PathBuf,
    /// Where cargo puts what it builds, and the Dioxus CLI what it makes.
    target: PathBuf,
}

impl Places {
    fn find() -> Result<Self> {
        let here = env::current_dir().context("cannot tell the current folder")?;
        let root = here
            .ancestors()
            .find(|folder| folder.join("mobile/Dioxus.toml").is_file())
            .ok_or_else(|| Error::msg("run this inside the project"))?
            .to_owned();
        let told = env::var_os("CARGO_TARGET_DIR");
        Ok(Self {
            mobile: root.join("mobile"),
            // As cargo does: from where the command was given.
            target: told.map_or_else(|| root.join("target"), |target| here.join(target)),
        })
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["android"] => android::build(),
        ["ios"] => ios::build(),
        ["files"] => fill(None),
        ["files", folder] => fill(Some(folder)),
        ["-h" | "--help"] => {
            eprintln!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => Err(Error::msg(format!("what shall be built?\n\n{USAGE}"))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("phone-build: {failure:#}");
            ExitCode::FAILURE
        }
    }
}

fn fill(folder: Option<&str>) -> Result<()> {
    let places = Places::find()?;
    let app = App::read(&places)?;
    let folder = folder.map_or_else(|| places.mobile.clone(), PathBuf::from);
    files::fill(&places, &app, Device::Phone, &folder)?;
    eprintln!(
        "phone-build: filled in {} and {}",
        folder.join("android/filled").display(),
        folder.join("ios/filled").display()
    );
    Ok(())
}
