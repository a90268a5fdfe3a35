//! The app for Android.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Error, Result};

use crate::Places;
use crate::app::App;
use crate::files::{self, Device};
use crate::tools::{dioxus_build, dioxus_cli, dioxus_made, run, setting};

/// Every phone of the last years. `STANDBY_ANDROID_TARGETS` names others too, with spaces between.
const TARGETS: &str = "aarch64-linux-android";
/// Where somebody begins who has none of it.
const HOW: &str = "docs/mobile.md says how to install it";

/// Builds an app to try out and, where there is a key to sign it with, one for a store.
pub(crate) fn build() -> Result<()> {
    let places = Places::find()?;
    let app = App::read(&places)?;
    let sdk = sdk()?;
    ndk(&sdk)?;
    java()?;
    let key = Key::read()?;
    dioxus_cli(&places)?;

    files::fill(&places, &app, Device::Phone, &places.mobile)?;
    let project = dioxus_made(&places, "android").join("app");
    lay_in(&places, &project)?;
    let targets = setting("STANDBY_ANDROID_TARGETS").unwrap_or_else(|| TARGETS.to_owned());
    for target in targets.split_whitespace() {
        let mut dx = dioxus_build(&places, &app, "--android", target)?;
        dx.env("ANDROID_HOME", &sdk);
        run(dx)?;
    }
    let outputs = project.join("app/build/outputs");
    say_where("To try out", &outputs.join("apk/debug/app-debug.apk"));

    if let Some(key) = key {
        sign(&places, &app, &project, &sdk, &key)?;
        say_where("Signed", &outputs.join("apk/release/app-release.apk"));
        say_where(
            "For Google Play",
            &outputs.join("bundle/release/app-release.aab"),
        );
    } else {
        eprintln!("No app for a store: STANDBY_ANDROID_KEYSTORE is not set (docs/mobile.md)");
    }
    Ok(())
}

fn say_where(what: &str, file: &Path) {
    eprintln!("{what}: {}", file.display());
}

/// Puts our own icon, colours, texts and names where Gradle will find them. The CLI writes its files over
/// its own, and leaves what it does not know.
fn lay_in(places: &Places, project: &Path) -> Result<()> {
    let main = project.join("app/src/main");
    // What is there of an older version, or for phones that are not asked for now, would go into the app.
    for folder in ["res", "jniLibs"] {
        let folder = main.join(folder);
        if folder.exists() {
            fs::remove_dir_all(&folder)
                .with_context(|| format!("cannot remove {}", folder.display()))?;
        }
    }
    files::lay_over(&places.mobile.join("android/res"), &main.join("res"))?;
    let build_config = places.mobile.join("android/filled/BuildConfig.kt");
    let build_config = fs::read(&build_config).context("cannot read what was filled in")?;
    files::write(
        &main.join("kotlin/dev/dioxus/main/BuildConfig.kt"),
        build_config,
    )
}

/// Has Gradle build and sign the project that the CLI made.
fn sign(places: &Places, app: &App, project: &Path, sdk: &Path, key: &Key) -> Result<()> {
    let more = fs::read(places.mobile.join("android/release.gradle.kts"))
        .context("cannot read mobile/android/release.gradle.kts")?;
    let script = project.join("app/build.gradle.kts");
    // The CLI writes it anew each time.
    OpenOptions::new()
        .append(true)
        .open(&script)
        .and_then(|mut script| script.write_all(&more))
        .with_context(|| format!("cannot write {}", script.display()))?;
    let mut gradle = Command::new(project.join("gradlew"));
    gradle
        .args(["--quiet", "assembleRelease", "bundleRelease"])
        .current_dir(project)
        .env("ANDROID_HOME", sdk)
        .env("STANDBY_APP_BUILD", app.build.to_string())
        .env("STANDBY_ANDROID_KEYSTORE", &key.keystore)
        .env("STANDBY_ANDROID_KEYSTORE_PASSWORD", &key.keystore_password)
        .env("STANDBY_ANDROID_KEY", &key.name)
        .env("STANDBY_ANDROID_KEY_PASSWORD", &key.password);
    run(gradle)
}

/// What an app is signed with. Is never printed.
struct Key {
    keystore: PathBuf,
    keystore_password: String,
    name: String,
    password: String,
}

impl Key {
    /// The key that the environment names. `None` where it names none.
    fn read() -> Result<Option<Self>> {
        let Some(keystore) = setting("STANDBY_ANDROID_KEYSTORE") else {
            return Ok(None);
        };
        let needed = |name: &str| {
            setting(name).ok_or_else(|| {
                Error::msg(format!(
                    "{name} is not set, and STANDBY_ANDROID_KEYSTORE is"
                ))
            })
        };
        let keystore = fs::canonicalize(keystore)
            .context("cannot find the file that STANDBY_ANDROID_KEYSTORE names")?;
        let keystore_password = needed("STANDBY_ANDROID_KEYSTORE_PASSWORD")?;
        Ok(Some(Self {
            keystore,
            name: needed("STANDBY_ANDROID_KEY")?,
            password: setting("STANDBY_ANDROID_KEY_PASSWORD")
                .unwrap_or_else(|| keystore_password.clone()),
            keystore_password,
        }))
    }
}

/// Where the Android SDK is.
fn sdk() -> Result<PathBuf> {
    // In the order in which the Dioxus CLI looks.
    let told = ["ANDROID_SDK_ROOT", "ANDROID_SDK", "ANDROID_HOME"]
        .into_iter()
        .find_map(setting)
        .ok_or_else(|| {
            Error::msg(format!(
                "the Android SDK is missing: ANDROID_HOME is not set; {HOW}"
            ))
        })?;
    let sdk = PathBuf::from(told);
    if sdk.is_dir() {
        Ok(sdk)
    } else {
        Err(Error::msg(format!(
            "the Android SDK is missing: there is no folder {}; {HOW}",
            sdk.display()
        )))
    }
}

/// Finds out that there is an Android NDK, with which Rust is compiled.
fn ndk(sdk: &Path) -> Result<()> {
    let told = ["NDK_HOME", "ANDROID_NDK_HOME"]
        .into_iter()
        .find_map(setting);
    let is_there = match told {
        Some(ndk) => Path::new(&ndk).is_dir(),
        None => fs::read_dir(sdk.join("ndk")).is_ok_and(|mut versions| versions.next().is_some()),
    };
    if is_there {
        Ok(())
    } else {
        Err(Error::msg(format!("the Android NDK is missing; {HOW}")))
    }
}

/// Finds out that there is a Java, which Gradle runs on.
fn java() -> Result<()> {
    let java = match setting("JAVA_HOME") {
        Some(home) => Path::new(&home).join("bin/java"),
        None => PathBuf::from("java"),
    };
    let status = Command::new(java)
        .arg("-version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        _ => Err(Error::msg(format!(
            "Java is missing, version 17 or newer; {HOW}"
        ))),
    }
}
