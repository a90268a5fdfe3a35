//! The way to an app, where what it needs is missing and where it is there. The tools themselves are not:
//! in their place stand scripts that write down how they were called. So this says that each is asked for
//! what it should be, and nothing of what it makes of it.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what a test expects and does not find is the test's failure"
)]
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A machine on which the given tools are installed.
struct Machine(TempDir);

impl Machine {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn install(&self, path: &str, script: &str) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("#!/bin/sh\nset -eu\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn command(&self, system: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_phone-build"));
        command
            .arg(system)
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("CARGO_TARGET_DIR", self.at("target"))
            .env("STANDBY_SERVER", "https://Clinic.example:443/");
        command
    }

    /// With all that an app for Android needs.
    fn with_android(&self) -> Command {
        fs::create_dir_all(self.at("sdk/ndk/28.0.0")).unwrap();
        self.install("java/bin/java", "");
        // The project, as the CLI makes it; it knows nothing of what else lies there.
        self.install(
            "target/dioxus-cli-0.7.10/bin/dx",
            "echo \"$PWD\" >>\"$NOTES\"; echo \"dx $*\" >>\"$NOTES\"\n\
             echo \"$NO_DOWNLOADS $DX_TELEMETRY_ENABLED $STANDBY_SERVER\" >>\"$NOTES\"\n\
             project=$CARGO_TARGET_DIR/dx/standby-mobile/release/android/app\n\
             mkdir -p $project/app/src/main/res/values\n\
             echo theirs >$project/app/src/main/res/values/strings.xml\n\
             echo 'android { }' >$project/app/build.gradle.kts\n\
             cp \"$GRADLE\" $project/gradlew",
        );
        self.install(
            "gradle",
            "echo \"gradle $*\" >>\"$NOTES\"\n\
             echo \"$STANDBY_APP_BUILD $STANDBY_ANDROID_KEY $STANDBY_ANDROID_KEY_PASSWORD\" >>\"$NOTES\"",
        );
        let mut command = self.command("android");
        command
            .env("ANDROID_HOME", self.at("sdk"))
            .env("JAVA_HOME", self.at("java"))
            .env("GRADLE", self.at("gradle"))
            .env("NOTES", self.at("notes"));
        command
    }

    /// With an Xcode whose SDKs for iOS have this version, and a cargo that installs nothing.
    fn with_xcode(&self, sdk: &str) -> Command {
        self.install(
            "bin/xcrun",
            &format!("echo \"xcrun $*\" >>\"$NOTES\"; echo {sdk}"),
        );
        self.install("bin/cargo", "echo \"cargo $*\" >>\"$NOTES\"; exit 1");
        let mut command = self.command("ios");
        command
            .env(
                "PATH",
                format!("{}:/usr/bin:/bin", self.at("bin").display()),
            )
            .env("NOTES", self.at("notes"));
        command
    }

    fn notes(&self) -> Vec<String> {
        let notes = fs::read_to_string(self.at("notes")).unwrap();
        notes.lines().map(str::to_owned).collect()
    }
}

/// What was said, in one sentence, of a build that could not be.
fn fault(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    let said: Vec<&str> = said
        .lines()
        .filter(|line| !line.contains("is an example"))
        .collect();
    let [fault] = said.as_slice() else {
        panic!("{said:?}")
    };
    (*fault).to_owned()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn without_a_server_one_sentence_says_so() {
    for system in ["android", "ios", "files"] {
        let mut command = Machine::new().command(system);
        command.env_remove("STANDBY_SERVER");
        assert_eq!(
            fault(command),
            "phone-build: STANDBY_SERVER is not set: an app is built for one server, for example \
             STANDBY_SERVER=https://clinic.example"
        );
    }
}

#[test]
fn without_an_sdk_one_sentence_says_what_is_missing() {
    let machine = Machine::new();
    assert!(fault(machine.command("android")).contains("the Android SDK is missing: ANDROID_HOME"));

    let mut command = machine.command("android");
    command.env("ANDROID_HOME", machine.at("nowhere"));
    assert!(fault(command).contains("the Android SDK is missing: there is no folder"));

    fs::create_dir_all(machine.at("sdk/ndk")).unwrap();
    let mut command = machine.command("android");
    command.env("ANDROID_HOME", machine.at("sdk"));
    assert!(fault(command).contains("the Android NDK is missing"));

    fs::create_dir_all(machine.at("sdk/ndk/28.0.0")).unwrap();
    let mut command = machine.command("android");
    command
        .env("ANDROID_HOME", machine.at("sdk"))
        .env("JAVA_HOME", machine.at("nowhere"));
    assert!(fault(command).contains("Java is missing"));

    if !cfg!(target_os = "macos") {
        assert!(fault(machine.command("ios")).contains("on a Mac with Xcode"));
    }
}

#[test]
fn an_sdk_whose_apps_would_not_start_is_refused_in_one_sentence_before_anything_is_built() {
    let machine = Machine::new();
    assert_eq!(
        fault(machine.with_xcode("27.0")),
        "phone-build: the iOS SDK is 27.0, and an app that is built with one newer than 26 does not start: \
         name an Xcode 26 by DEVELOPER_DIR (docs/mobile.md)"
    );
    let notes = machine.notes();
    assert!(
        notes.len() == 1 && notes[0].ends_with(" --show-sdk-version"),
        "{notes:?}"
    );

    // The newest that will do: what comes next is the Dioxus CLI.
    let machine = Machine::new();
    let output = machine.with_xcode("26.4").output().unwrap();
    assert!(!said(&output).contains("does not start"));
    let notes = machine.notes();
    assert!(
        notes.len() == 2 && notes[1].starts_with("cargo install "),
        "{notes:?}"
    );
}

#[test]
fn a_key_that_is_only_half_named_stops_the_build_at_once() {
    let machine = Machine::new();
    let mut command = machine.with_android();
    command.env("STANDBY_ANDROID_KEYSTORE", machine.at("nowhere.jks"));
    assert!(fault(command).contains("STANDBY_ANDROID_KEYSTORE names"));

    fs::write(machine.at("keys.jks"), "").unwrap();
    let mut command = machine.with_android();
    command.env("STANDBY_ANDROID_KEYSTORE", machine.at("keys.jks"));
    assert!(fault(command).contains("STANDBY_ANDROID_KEYSTORE_PASSWORD is not set"));
    assert!(!machine.at("notes").exists());
}

// One test for both, because both fill in the same files.
#[test]
fn an_app_has_our_icon_and_a_signed_one_its_own_number() {
    let machine = Machine::new();
    let output = machine.with_android().output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("No app for a store"));
    let mobile = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../mobile")
        .canonicalize()
        .unwrap();
    assert_eq!(
        machine.notes(),
        [
            mobile.to_str().unwrap(),
            "dx build --android --release --package standby-mobile --features shell --target \
             aarch64-linux-android --cargo-args=--locked",
            "1 false https://clinic.example",
        ]
    );
    let main = machine.at("target/dx/standby-mobile/release/android/app/app/src/main");
    for file in [
        "res/mipmap-anydpi-v26/standby.xml",
        "res/values-night/standby.xml",
        "res/values/standby.xml",
        "res/values/strings.xml",
        "kotlin/dev/dioxus/main/BuildConfig.kt",
    ] {
        assert!(main.join(file).is_file(), "{file}");
    }

    fs::write(machine.at("keys.jks"), "").unwrap();
    fs::write(main.join("res/values/old.xml"), "").unwrap();
    fs::create_dir(main.join("jniLibs")).unwrap();
    fs::remove_file(machine.at("notes")).unwrap();
    let output = machine
        .with_android()
        .env("STANDBY_APP_BUILD", "7")
        .env(
            "STANDBY_ANDROID_TARGETS",
            "aarch64-linux-android armv7-linux-androideabi",
        )
        .env("STANDBY_ANDROID_KEYSTORE", machine.at("keys.jks"))
        .env("STANDBY_ANDROID_KEYSTORE_PASSWORD", "not to be seen")
        .env("STANDBY_ANDROID_KEY", "upload")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert!(!said(&output).contains("not to be seen"));
    assert!(!main.join("res/values/old.xml").exists());
    assert!(!main.join("jniLibs").exists());
    let notes = machine.notes();
    assert!(
        notes[1].contains("aarch64-linux-android") && notes[4].contains("armv7-linux-androideabi")
    );
    assert_eq!(
        notes[6..],
        [
            "gradle --quiet assembleRelease bundleRelease",
            "7 upload not to be seen"
        ]
    );
    let script = main.join("../../build.gradle.kts");
    let script = fs::read_to_string(script).unwrap();
    assert!(script.starts_with("android { }\n"));
    assert_eq!(script.matches("versionCode = ").count(), 1);
}
