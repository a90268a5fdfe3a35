//! What phones are told of the app: the manifest and the Info.plist as they are built into it, and all that
//! they name. The Dioxus CLI takes both files as they are; what Gradle and Xcode then make of them, and add
//! for their own libraries, needs their SDKs and is not tested here.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what a test expects and does not find is the test's failure"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use plist::{Dictionary, Value};
use roxmltree::{Document, Node};
use tempfile::TempDir;

const ANDROID: &str = "http://schemas.android.com/apk/res/android";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn of_the_app(path: &str) -> String {
    let path = root().join("mobile").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files as they are filled in for the server `https://clinic.example`.
struct Filled(TempDir);

impl Filled {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_phone-build"))
            .arg("files")
            .arg(folder.path())
            .current_dir(root())
            .env("STANDBY_SERVER", "https://clinic.example")
            .env("STANDBY_APP_BUILD", "7")
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        Self(folder)
    }

    fn text(&self, path: &str) -> String {
        fs::read_to_string(self.0.path().join(path)).unwrap()
    }

    fn manifest(&self) -> String {
        self.text("android/filled/AndroidManifest.xml")
    }

    fn info(&self) -> Dictionary {
        Value::from_file(self.0.path().join("ios/filled/Info.plist"))
            .unwrap()
            .into_dictionary()
            .unwrap()
    }
}

/// Everything that `Dioxus.toml` says.
fn settings() -> toml::Table {
    of_the_app("Dioxus.toml").parse().unwrap()
}

fn elements<'a>(document: &'a Document<'_>, name: &str) -> Vec<Node<'a, 'a>> {
    let is_it = |node: &Node<'a, 'a>| node.has_tag_name(name);
    document.descendants().filter(is_it).collect()
}

fn said<'a>(node: &Node<'a, 'a>, name: &str) -> &'a str {
    node.attribute((ANDROID, name)).unwrap_or_default()
}

/// The attributes that are Android's.
fn attributes(node: &Node<'_, '_>) -> BTreeMap<String, String> {
    node.attributes()
        .map(|attribute| (attribute.name().to_owned(), attribute.value().to_owned()))
        .collect()
}

fn strings(value: &Value) -> Vec<&str> {
    let array = value.as_array().unwrap();
    array.iter().map(|one| one.as_string().unwrap()).collect()
}

/// The codes of the languages that the app speaks.
fn languages() -> BTreeSet<String> {
    fs::read_dir(root().join("mobile/languages"))
        .unwrap()
        .filter_map(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            name.strip_suffix(".ftl").map(str::to_owned)
        })
        .collect()
}

// Android

#[test]
fn on_android_the_app_asks_for_the_network_and_to_notify_and_to_vibrate_and_nothing_else() {
    let filled = Filled::new();
    let manifest = filled.manifest();
    let manifest = Document::parse(&manifest).unwrap();
    let asked: Vec<&str> = elements(&manifest, "uses-permission")
        .iter()
        .map(|permission| said(permission, "name"))
        .collect();
    assert_eq!(
        asked,
        [
            "android.permission.INTERNET",
            "android.permission.POST_NOTIFICATIONS",
            "android.permission.VIBRATE",
        ]
    );
    // No other way to ask, and no other part that somebody else could call.
    let kinds: BTreeSet<&str> = manifest
        .descendants()
        .filter(Node::is_element)
        .map(|node| node.tag_name().name())
        .collect();
    assert_eq!(
        kinds,
        BTreeSet::from([
            "action",
            "activity",
            "application",
            "category",
            "data",
            "intent-filter",
            "manifest",
            "meta-data",
            "uses-permission",
        ])
    );
}

#[test]
fn on_android_a_link_comes_to_the_one_activity_that_runs() {
    let filled = Filled::new();
    let manifest = filled.manifest();
    let manifest = Document::parse(&manifest).unwrap();
    let activities = elements(&manifest, "activity");
    let [activity] = activities.as_slice() else {
        panic!("{} activities", activities.len())
    };
    assert_eq!(said(activity, "name"), "dev.dioxus.main.MainActivity");
    assert_eq!(said(activity, "launchMode"), "singleTask");
    assert_eq!(said(activity, "exported"), "true");
    assert_eq!(said(activity, "windowSoftInputMode"), "adjustResize");
    let followed: BTreeSet<&str> = said(activity, "configChanges").split('|').collect();
    for change in [
        "orientation",
        "screenSize",
        "smallestScreenSize",
        "uiMode",
        "fontScale",
        "fontWeightAdjustment",
        "grammaticalGender",
        "locale",
    ] {
        assert!(
            followed.contains(change),
            "{change} makes the activity anew"
        );
    }
    let kotlin = of_the_app("android/MainActivity.kt");
    assert!(kotlin.contains("package dev.dioxus.main\n"));
    assert!(kotlin.contains("class MainActivity : WryActivity()"));
}

#[test]
fn on_android_links_to_the_server_and_by_the_scheme_open_the_app_and_no_others() {
    let filled = Filled::new();
    let manifest = filled.manifest();
    let manifest = Document::parse(&manifest).unwrap();
    let data = |filter: &Node<'_, '_>| -> Vec<BTreeMap<String, String>> {
        let parts = filter.children().filter(|node| node.has_tag_name("data"));
        parts.map(|part| attributes(&part)).collect()
    };
    let one = |name: &str, value: &str| BTreeMap::from([(name.to_owned(), value.to_owned())]);
    let mut links = Vec::new();
    let mut starts = 0;
    for filter in elements(&manifest, "intent-filter") {
        let names = |kind: &str| -> BTreeSet<&str> {
            let parts = filter.children().filter(|node| node.has_tag_name(kind));
            parts
                .map(|part| part.attribute((ANDROID, "name")).unwrap())
                .collect()
        };
        if names("action") == BTreeSet::from(["android.intent.action.MAIN"]) {
            assert_eq!(
                names("category"),
                BTreeSet::from(["android.intent.category.LAUNCHER"])
            );
            starts += 1;
            continue;
        }
        assert_eq!(
            names("action"),
            BTreeSet::from(["android.intent.action.VIEW"])
        );
        assert_eq!(
            names("category"),
            BTreeSet::from([
                "android.intent.category.BROWSABLE",
                "android.intent.category.DEFAULT",
            ])
        );
        links.push((said(&filter, "autoVerify") == "true", data(&filter)));
    }
    assert_eq!(starts, 1);
    let of_the_server = vec![
        one("scheme", "https"),
        one("host", "clinic.example"),
        one("path", "/w"),
        one("pathPrefix", "/c/"),
    ];
    let by_the_scheme = vec![one("scheme", "standby")];
    assert_eq!(links, [(true, of_the_server), (false, by_the_scheme)]);
}

#[test]
fn on_android_nothing_of_a_stay_leaves_the_phone_but_to_the_server_and_encrypted() {
    let filled = Filled::new();
    let manifest = filled.manifest();
    let manifest = Document::parse(&manifest).unwrap();
    let [application] = elements(&manifest, "application")[..] else {
        panic!("one application")
    };
    for (name, value) in [
        ("allowBackup", "false"),
        ("fullBackupContent", "false"),
        ("dataExtractionRules", "@xml/standby_data_extraction"),
        ("usesCleartextTraffic", "false"),
        ("networkSecurityConfig", "@xml/standby_network"),
    ] {
        assert_eq!(said(&application, name), value, "{name}");
    }
    assert!(!manifest.input_text().contains("debuggable"));

    let rules = of_the_app("android/res/xml/standby_data_extraction.xml");
    let rules = Document::parse(&rules).unwrap();
    for way in ["cloud-backup", "device-transfer"] {
        let [way] = elements(&rules, way)[..] else {
            panic!("{way} is missing")
        };
        let parts = way.children().filter(Node::is_element);
        let left_out: BTreeSet<&str> = parts
            .map(|part| {
                assert!(part.has_tag_name("exclude"));
                assert_eq!(part.attribute("path"), Some("."));
                part.attribute("domain").unwrap()
            })
            .collect();
        let all = ["root", "file", "database", "sharedpref"];
        let protected = all.map(|domain| format!("device_{domain}"));
        let everything = all.into_iter().chain(protected.iter().map(String::as_str));
        assert_eq!(left_out, everything.chain(["external"]).collect());
    }

    let network = of_the_app("android/res/xml/standby_network.xml");
    let network = Document::parse(&network).unwrap();
    let [base] = elements(&network, "base-config")[..] else {
        panic!("one rule for all")
    };
    assert_eq!(base.attribute("cleartextTrafficPermitted"), Some("false"));
    let hosts: Vec<_> = elements(&network, "domain")
        .iter()
        .map(Node::text)
        .collect();
    assert_eq!(hosts, [Some("127.0.0.1")]);
}

/// What is defined in the resources, as in `drawable/standby_mark`.
fn defined(folder: &Path, into: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let kind = path.file_name().unwrap().to_str().unwrap();
        let kind = kind.split('-').next().unwrap();
        for file in fs::read_dir(&path).unwrap() {
            let file = file.unwrap().path();
            if kind == "values" {
                let text = fs::read_to_string(&file).unwrap();
                let document = Document::parse(&text).unwrap();
                for value in document.root_element().children().filter(Node::is_element) {
                    let kind = value.tag_name().name();
                    into.insert(format!("{kind}/{}", value.attribute("name").unwrap()));
                }
            } else {
                into.insert(format!(
                    "{kind}/{}",
                    file.file_stem().unwrap().to_str().unwrap()
                ));
            }
        }
    }
}

/// What a file of Android's names, as in `@drawable/standby_mark`.
fn named(text: &str) -> BTreeSet<String> {
    let document = Document::parse(text).unwrap();
    let mut named = BTreeSet::new();
    for node in document.descendants() {
        let said = node.attributes().map(|attribute| attribute.value());
        for value in said.chain(node.text()) {
            named.extend(value.trim().strip_prefix('@').map(str::to_owned));
        }
    }
    named
}

#[test]
fn whatever_is_named_on_android_is_there() {
    let resources = root().join("mobile/android/res");
    let mut there = BTreeSet::new();
    defined(&resources, &mut there);
    let mut named_by_all = named(&Filled::new().manifest());
    for folder in fs::read_dir(&resources).unwrap() {
        for file in fs::read_dir(folder.unwrap().path()).unwrap() {
            named_by_all.extend(named(&fs::read_to_string(file.unwrap().path()).unwrap()));
        }
    }
    // Of the library that the Dioxus CLI brings with it.
    assert!(named_by_all.remove("style/Theme.AppCompat.DayNight.NoActionBar"));
    assert!(named_by_all.contains("mipmap/standby"));
    assert_eq!(
        named_by_all.difference(&there).collect::<Vec<_>>(),
        Vec::<&String>::new()
    );
    // The CLI writes files of its own into the same folders.
    for name in &there {
        let own = ["/standby_", "/Standby", "mipmap/standby"];
        assert!(
            own.iter().any(|own| name.contains(own)),
            "{name} may be overwritten"
        );
    }
}

#[test]
fn in_dark_mode_the_page_on_android_is_told_so() {
    let theme = of_the_app("android/res/values/standby.xml");
    assert!(theme.contains("parent=\"@style/Theme.AppCompat.DayNight.NoActionBar\""));
    let manifest = Filled::new().manifest();
    assert!(manifest.contains("android:theme=\"@style/StandbyTheme\""));
}

#[test]
fn the_libraries_find_on_android_what_they_ask_for_by_name() {
    let filled = Filled::new();
    let build_config = filled.text("android/filled/BuildConfig.kt");
    let identifier = settings()["bundle"]["identifier"]
        .as_str()
        .unwrap()
        .to_owned();
    let in_kotlin = format!("`{}`", identifier.replace('.', "`.`"));
    assert!(build_config.starts_with("package dev.dioxus.main\n"));
    assert!(build_config.contains(&format!(
        "typealias BuildConfig = {in_kotlin}.BuildConfig\n"
    )));
    // The other file must not say it again.
    assert!(!of_the_app("android/MainActivity.kt").contains("typealias BuildConfig"));
    let kept = of_the_app("android/rules.pro");
    assert!(kept.contains("-keep class dev.dioxus.main.** { *; }"));
}

// iOS

#[test]
fn on_ios_the_app_says_this_and_nothing_else() {
    let info = Filled::new().info();
    let said: BTreeSet<&str> = info.keys().map(String::as_str).collect();
    assert_eq!(
        said,
        BTreeSet::from([
            "CFBundleDevelopmentRegion",
            "CFBundleDisplayName",
            "CFBundleExecutable",
            "CFBundleIdentifier",
            "CFBundleInfoDictionaryVersion",
            "CFBundleLocalizations",
            "CFBundleName",
            "CFBundlePackageType",
            "CFBundleShortVersionString",
            "CFBundleSupportedPlatforms",
            "CFBundleURLTypes",
            "CFBundleVersion",
            "ITSAppUsesNonExemptEncryption",
            "LSRequiresIPhoneOS",
            "MinimumOSVersion",
            "UIDeviceFamily",
            "UILaunchScreen",
            "UIRequiredDeviceCapabilities",
            "UISupportedInterfaceOrientations",
            "UISupportedInterfaceOrientations~ipad",
        ]),
        "nothing is used that needs a reason, nothing goes on in the background, no traffic is let through"
    );
    let settings = settings();
    for (name, value) in [
        (
            "CFBundleIdentifier",
            settings["bundle"]["identifier"].as_str().unwrap(),
        ),
        ("CFBundleDisplayName", "Standby"),
        // As the Dioxus CLI calls the program.
        ("CFBundleExecutable", "standby-mobile"),
        ("CFBundlePackageType", "APPL"),
        ("CFBundleVersion", "7"),
        ("CFBundleShortVersionString", env!("CARGO_PKG_VERSION")),
        (
            "MinimumOSVersion",
            settings["ios"]["deployment_target"].as_str().unwrap(),
        ),
    ] {
        assert_eq!(info[name].as_string(), Some(value), "{name}");
    }
    assert_eq!(
        info["ITSAppUsesNonExemptEncryption"].as_boolean(),
        Some(false)
    );
    assert_eq!(strings(&info["CFBundleSupportedPlatforms"]), ["iPhoneOS"]);
}

#[test]
fn on_ios_links_by_the_scheme_open_the_app() {
    let info = Filled::new().info();
    let types = info["CFBundleURLTypes"].as_array().unwrap();
    let [one] = types.as_slice() else {
        panic!("{} kinds of links", types.len())
    };
    let one = one.as_dictionary().unwrap();
    assert_eq!(strings(&one["CFBundleURLSchemes"]), ["standby"]);
}

#[test]
fn on_ios_the_app_can_be_turned_any_way_that_a_hand_holds_it() {
    let info = Filled::new().info();
    let all = [
        "Portrait",
        "PortraitUpsideDown",
        "LandscapeLeft",
        "LandscapeRight",
    ]
    .map(|way| format!("UIInterfaceOrientation{way}"));
    assert_eq!(strings(&info["UISupportedInterfaceOrientations~ipad"]), all);
    let on_a_phone = strings(&info["UISupportedInterfaceOrientations"]);
    assert_eq!(on_a_phone, [&all[0], &all[2], &all[3]]);
}

#[test]
fn on_ios_what_is_shown_while_the_app_starts_is_there_for_light_and_dark() {
    let info = Filled::new().info();
    let launch = info["UILaunchScreen"].as_dictionary().unwrap();
    let assets = root().join("mobile/ios/Assets.xcassets");
    let picture = launch["UIImageName"].as_string().unwrap();
    let colour = launch["UIColorName"].as_string().unwrap();
    let contents = |folder: String| -> serde_json::Value {
        let text = fs::read_to_string(assets.join(folder).join("Contents.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    assert_eq!(
        contents(format!("{colour}.colorset"))["colors"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    for folder in [
        format!("{picture}.imageset"),
        "AppIcon.appiconset".to_owned(),
    ] {
        for image in contents(folder.clone())["images"].as_array().unwrap() {
            let file = assets
                .join(&folder)
                .join(image["filename"].as_str().unwrap());
            assert!(file.is_file(), "{} is missing", file.display());
        }
    }
}

#[test]
fn the_icon_is_a_picture_that_apple_takes() {
    let icon = root().join("mobile/ios/Assets.xcassets/AppIcon.appiconset/icon.png");
    let icon = fs::read(icon).unwrap();
    // A PNG's head: its size, 8 bits, colours without transparency.
    assert_eq!(&icon[..8], b"\x89PNG\r\n\x1a\n");
    assert_eq!(&icon[12..16], b"IHDR");
    assert_eq!(icon[16..20], 1024_u32.to_be_bytes());
    assert_eq!(icon[20..24], 1024_u32.to_be_bytes());
    assert_eq!(icon[24..26], [8, 2]);
}

// Both

#[test]
fn both_are_told_the_languages_that_the_app_speaks() {
    let languages = languages();
    assert_eq!(languages.len(), 5);
    let info = Filled::new().info();
    let on_ios = strings(&info["CFBundleLocalizations"]);
    assert_eq!(
        on_ios
            .iter()
            .map(ToString::to_string)
            .collect::<BTreeSet<_>>(),
        languages
    );
    let list = of_the_app("android/res/xml/standby_languages.xml");
    let list = Document::parse(&list).unwrap();
    let on_android = elements(&list, "locale");
    assert_eq!(
        on_android
            .iter()
            .map(|one| said(one, "name").to_owned())
            .collect::<BTreeSet<_>>(),
        languages
    );
    assert!(
        Filled::new()
            .manifest()
            .contains("android:localeConfig=\"@xml/standby_languages\"")
    );
}

#[test]
fn the_mark_is_the_one_of_the_web_app() {
    let icon = of_the_app("web/icon.svg");
    let icon = Document::parse(&icon).unwrap();
    let lines: Vec<&str> = elements(&icon, "path")
        .iter()
        .map(|path| path.attribute("d").unwrap())
        .collect();
    assert_eq!(lines.len(), 2);
    for mark in ["standby_mark", "standby_mark_plain", "standby_notice"] {
        let mark = of_the_app(&format!("android/res/drawable/{mark}.xml"));
        for line in &lines {
            assert!(mark.contains(line), "{line}");
        }
    }
    let colours = |name: &str| -> Vec<String> {
        let found = elements(&icon, "rect");
        found
            .iter()
            .map(|rect| rect.attribute(name).unwrap().to_uppercase())
            .collect()
    };
    let [tile, phone] = &colours("fill")[..] else {
        panic!("a tile and a phone on it")
    };
    assert!(of_the_app("android/res/drawable/standby_mark.xml").contains(phone.as_str()));
    assert!(of_the_app("android/res/values/standby.xml").contains(tile.as_str()));
}

#[test]
fn nothing_flashes_between_the_start_and_the_page() {
    let page = of_the_app("web/index.html");
    let colours: Vec<String> = page
        .lines()
        .filter(|line| line.contains("name=\"theme-color\""))
        .map(|line| {
            let (_, colour) = line.split_once("content=\"#").unwrap();
            colour[..6].to_uppercase()
        })
        .collect();
    let [light, dark] = colours.as_slice() else {
        panic!("a colour for light and one for dark")
    };
    let on_android = |file: &str, colour: &str| {
        let line = format!("<color name=\"standby_ground\">#{colour}</color>");
        assert!(of_the_app(file).contains(&line), "{file}");
    };
    on_android("android/res/values/standby.xml", light);
    on_android("android/res/values-night/standby.xml", dark);
    let on_ios = of_the_app("ios/Assets.xcassets/LaunchGround.colorset/Contents.json");
    let on_ios: serde_json::Value = serde_json::from_str(&on_ios).unwrap();
    for (at, colour) in [(0, light), (1, dark)] {
        let parts = &on_ios["colors"][at]["color"]["components"];
        let written =
            ["red", "green", "blue"].map(|part| parts[part].as_str().unwrap()[2..].to_owned());
        assert_eq!(&written.concat(), colour);
    }
}

#[test]
fn the_dioxus_command_line_finds_what_it_is_told_to_take() {
    let settings = settings();
    let filled = Filled::new();
    for name in ["android_manifest", "ios_info_plist"] {
        let file = settings["application"][name].as_str().unwrap();
        assert!(filled.0.path().join(file).is_file(), "{file}");
    }
    let activity = settings["application"]["android_main_activity"]
        .as_str()
        .unwrap();
    assert!(of_the_app(activity).contains("MainActivity"));
    for rules in settings["android"]["proguard_rules"].as_array().unwrap() {
        of_the_app(rules.as_str().unwrap());
    }
    // It reads the one for the linker and the other for Gradle.
    let oldest = &settings["android"]["min_sdk"];
    assert_eq!(oldest, &settings["application"]["android_min_sdk_version"]);
}

/// Without a feature of this name the command line turns on the library's, and its tools for development
/// with it.
#[test]
fn the_dioxus_command_line_finds_the_feature_that_it_looks_for() {
    let package: toml::Table = of_the_app("Cargo.toml").parse().unwrap();
    let feature = package["features"]
        .get("mobile")
        .expect("mobile/Cargo.toml: mobile = [\"shell\"]");
    assert_eq!(feature.as_array().unwrap(), &[toml::Value::from("shell")]);
}
