//! The app for iOS.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Error, Result};
use plist::{Dictionary, Value};

use crate::Places;
use crate::app::App;
use crate::files::{self, Device};
use crate::tools::{dioxus_build, dioxus_cli, dioxus_made, output, run, setting};

/// The newest iOS SDK with which the app starts. `UIKit` stops an app that was built with a newer one and does
/// not live by scenes (`UIScene`; Apple's TN3187), and tao, which makes the window, knows none.
const NEWEST_SDK: u32 = 26;
const APPLICATION: &str = "application-identifier";
const DOMAINS: &str = "com.apple.developer.associated-domains";
/// What of a profile's rights the app takes over, where the profile has it: whose it is, whether it may be
/// looked into while it is made, whether testers may have it.
const TAKEN_OVER: [&str; 3] = [
    "com.apple.developer.team-identifier",
    "get-task-allow",
    "beta-reports-active",
];

/// Builds an app for phones where there is somebody to sign it, else for the simulator.
pub(crate) fn build() -> Result<()> {
    let places = Places::find()?;
    let app = App::read(&places)?;
    let signature = Signature::read()?;
    let (device, sdk, target) = match (&signature, cfg!(target_arch = "aarch64")) {
        (Some(_), _) => (Device::Phone, "iphoneos", "aarch64-apple-ios"),
        (None, true) => (
            Device::Simulator,
            "iphonesimulator",
            "aarch64-apple-ios-sim",
        ),
        (None, false) => (Device::Simulator, "iphonesimulator", "x86_64-apple-ios"),
    };
    let mut xcrun = Command::new("xcrun");
    xcrun.args(["--sdk", sdk, "--show-sdk-version"]);
    let version = output(xcrun).map_err(|_| {
        Error::msg(
            "apps for iOS are built on a Mac with Xcode, which is missing: install it, open it once, and \
             try again (docs/mobile.md)",
        )
    })?;
    has_no_need_of_scenes(String::from_utf8_lossy(&version).trim())?;
    dioxus_cli(&places)?;

    files::fill(&places, &app, device, &places.mobile)?;
    let mut dx = dioxus_build(&places, &app, "--ios", target)?;
    dx.env("IPHONEOS_DEPLOYMENT_TARGET", &app.ios_minimum);
    run(dx)?;
    let made = dioxus_made(&places, "ios");
    let bundle = made.join("StandbyMobile.app");
    compile_assets(&places, &app, sdk, &made, &bundle)?;
    let Some(signature) = signature else {
        eprintln!("For the simulator: {}", bundle.display());
        eprintln!("No app for phones: STANDBY_IOS_IDENTITY is not set (docs/mobile.md)");
        return Ok(());
    };
    sign(&app, &signature, &made, &bundle)?;
    let package = pack(&made, &bundle)?;
    eprintln!("For phones: {}", package.display());
    Ok(())
}

/// Refuses an SDK with which the app would be built, and signed, and would never start.
fn has_no_need_of_scenes(sdk: &str) -> Result<()> {
    let release = sdk.split('.').next().unwrap_or_default();
    let release: u32 = release
        .parse()
        .with_context(|| format!("cannot tell which version of the iOS SDK {sdk:?} is"))?;
    if release > NEWEST_SDK {
        return Err(Error::msg(format!(
            "the iOS SDK is {sdk}, and an app that is built with one newer than {NEWEST_SDK} does not \
             start: name an Xcode {NEWEST_SDK} by DEVELOPER_DIR (docs/mobile.md)"
        )));
    }
    Ok(())
}

/// Compiles the icon and the launch screen's picture, and says in the Info.plist that they are there.
fn compile_assets(
    places: &Places,
    app: &App,
    platform: &str,
    made: &Path,
    bundle: &Path,
) -> Result<()> {
    let about = made.join("assets.plist");
    let mut actool = Command::new("xcrun");
    actool
        .arg("actool")
        .arg(places.mobile.join("ios/Assets.xcassets"))
        .arg("--compile")
        .arg(bundle)
        .args(["--platform", platform])
        .args(["--minimum-deployment-target", &app.ios_minimum])
        .args(["--target-device", "iphone", "--target-device", "ipad"])
        .args(["--app-icon", "AppIcon"])
        .arg("--output-partial-info-plist")
        .arg(&about);
    run(actool)?;
    let file = bundle.join("Info.plist");
    let mut info = read(&file)?;
    info.extend(read(&about)?);
    Value::Dictionary(info)
        .to_file_xml(&file)
        .with_context(|| format!("cannot write {}", file.display()))
}

fn read(file: &Path) -> Result<Dictionary> {
    Value::from_file(file)
        .with_context(|| format!("cannot read {}", file.display()))?
        .into_dictionary()
        .ok_or_else(|| Error::msg(format!("{} is no dictionary", file.display())))
}

/// Who signs, and what Apple lets them sign.
struct Signature {
    identity: String,
    profile: PathBuf,
}

impl Signature {
    /// The one that the environment names. `None` where it names none.
    fn read() -> Result<Option<Self>> {
        let Some(identity) = setting("STANDBY_IOS_IDENTITY") else {
            return Ok(None);
        };
        let profile = setting("STANDBY_IOS_PROFILE").ok_or_else(|| {
            Error::msg("STANDBY_IOS_PROFILE is not set, and STANDBY_IOS_IDENTITY is")
        })?;
        let profile = fs::canonicalize(profile)
            .context("cannot find the file that STANDBY_IOS_PROFILE names")?;
        Ok(Some(Self { identity, profile }))
    }
}

/// Signs the app. The Dioxus CLI would, too, but before the icon is in it.
fn sign(app: &App, signature: &Signature, made: &Path, bundle: &Path) -> Result<()> {
    let mut security = Command::new("security");
    security.args(["cms", "-D", "-i"]).arg(&signature.profile);
    let profile = Value::from_reader_xml(output(security)?.as_slice())
        .context("cannot read the provisioning profile")?;
    let rights = rights(&profile, app)?;
    let file = made.join("rights.plist");
    Value::Dictionary(rights)
        .to_file_xml(&file)
        .with_context(|| format!("cannot write {}", file.display()))?;
    fs::copy(&signature.profile, bundle.join("embedded.mobileprovision"))
        .context("cannot put the provisioning profile into the app")?;
    let mut codesign = Command::new("codesign");
    codesign
        .args(["--force", "--sign", &signature.identity, "--entitlements"])
        .arg(&file)
        .arg(bundle);
    run(codesign)
}

/// What the app may do (its entitlements): of what the profile allows, as much as it needs.
fn rights(profile: &Value, app: &App) -> Result<Dictionary> {
    let allowed = profile
        .as_dictionary()
        .and_then(|profile| profile.get("Entitlements"))
        .and_then(Value::as_dictionary)
        .ok_or_else(|| Error::msg("this is no provisioning profile: it allows nothing"))?;
    let application = allowed
        .get(APPLICATION)
        .and_then(Value::as_string)
        .unwrap_or_default();
    let is_ours = application
        .split_once('.')
        .is_some_and(|(_team, identifier)| identifier == app.identifier);
    if !is_ours {
        return Err(Error::msg(format!(
            "the provisioning profile is for {application:?}, and the app is {:?}",
            app.identifier
        )));
    }
    if !allowed.contains_key(DOMAINS) {
        return Err(Error::msg(
            "the provisioning profile allows no associated domains, and so no links: turn them on for the app at \
             Apple, and make the profile anew",
        ));
    }
    let mut rights = Dictionary::new();
    rights.insert(APPLICATION.to_owned(), application.into());
    for name in TAKEN_OVER {
        if let Some(value) = allowed.get(name) {
            rights.insert(name.to_owned(), value.clone());
        }
    }
    let domains = vec![Value::from(format!("applinks:{}", app.host))];
    rights.insert(DOMAINS.to_owned(), domains.into());
    Ok(rights)
}

/// Makes of the app the one file that Apple's tools take.
fn pack(made: &Path, bundle: &Path) -> Result<PathBuf> {
    let payload = made.join("Payload");
    if payload.exists() {
        fs::remove_dir_all(&payload).context("cannot remove the last Payload")?;
    }
    fs::create_dir_all(&payload).context("cannot make Payload")?;
    let mut copy = Command::new("ditto");
    copy.arg(bundle).arg(payload.join("Standby.app"));
    run(copy)?;
    let package = made.join("Standby.ipa");
    let mut zip = Command::new("ditto");
    zip.args(["-c", "-k", "--keepParent"])
        .arg(&payload)
        .arg(&package);
    run(zip)?;
    Ok(package)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app() -> App {
        App {
            host: "clinic.example".to_owned(),
            identifier: "au.example.standby".to_owned(),
            version: "0.1.0",
            build: 1,
            ios_minimum: "15.0".to_owned(),
        }
    }

    /// As Apple makes them, with what matters here.
    fn profile(application: &str, domains: bool) -> Value {
        let domains = if domains {
            "<key>com.apple.developer.associated-domains</key><string>*</string>"
        } else {
            ""
        };
        let text = format!(
            "<plist version=\"1.0\"><dict><key>Name</key><string>Standby</string><key>Entitlements</key><dict>\
             <key>application-identifier</key><string>{application}</string>\
             <key>com.apple.developer.team-identifier</key><string>A1B2C3D4E5</string>\
             <key>aps-environment</key><string>development</string>\
             <key>get-task-allow</key><true/>\
             <key>keychain-access-groups</key><array><string>A1B2C3D4E5.*</string></array>\
             {domains}</dict></dict></plist>"
        );
        Value::from_reader_xml(text.as_bytes()).unwrap()
    }

    #[test]
    fn an_sdk_whose_apps_would_not_start_is_refused_and_no_other() {
        for fits in ["18.5", "26", "26.0", "26.4.1"] {
            has_no_need_of_scenes(fits).unwrap();
        }
        for (sdk, why) in [
            ("27.0", "does not start"),
            ("100.1", "does not start"),
            ("", "which version"),
            ("iPhoneOS26.0", "which version"),
        ] {
            let fault = has_no_need_of_scenes(sdk).unwrap_err().to_string();
            assert!(fault.contains(why), "{fault}");
        }
    }

    #[test]
    fn the_library_that_makes_the_window_is_the_one_that_knows_no_scenes() {
        let lock = include_str!("../../Cargo.lock");
        assert!(
            lock.contains("name = \"tao\"\nversion = \"0.34."),
            "does this tao live by scenes? Then no SDK need be refused"
        );
    }

    #[test]
    fn the_app_takes_the_links_of_its_server_and_nothing_that_it_does_not_need() {
        let profile = profile("A1B2C3D4E5.au.example.standby", true);
        let rights = rights(&profile, &app()).unwrap();
        let names: Vec<&str> = rights.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "application-identifier",
                "com.apple.developer.team-identifier",
                "get-task-allow",
                "com.apple.developer.associated-domains",
            ]
        );
        let domains = rights[DOMAINS].as_array().unwrap();
        assert_eq!(domains, &[Value::from("applinks:clinic.example")]);
        assert_eq!(
            rights[APPLICATION].as_string(),
            Some("A1B2C3D4E5.au.example.standby")
        );
    }

    #[test]
    fn a_profile_of_another_app_or_without_links_is_refused_in_words() {
        for (profile, why) in [
            (
                profile("A1B2C3D4E5.au.example.other", true),
                "au.example.other",
            ),
            (profile("A1B2C3D4E5.*", true), "A1B2C3D4E5.*"),
            (
                profile("A1B2C3D4E5.au.example.standby", false),
                "associated domains",
            ),
            (
                Value::Dictionary(Dictionary::new()),
                "no provisioning profile",
            ),
        ] {
            let fault = rights(&profile, &app()).unwrap_err().to_string();
            assert!(fault.contains(why), "{fault}");
        }
    }
}
