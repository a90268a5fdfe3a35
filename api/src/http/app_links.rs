//! Which apps on a phone may open our links: what Android and iOS ask a server before they hand one to an app
//! instead of the browser. A phone without the app opens the same link in its browser.
//!
//! - Android App Links: `/.well-known/assetlinks.json`
//!   (<https://developers.google.com/digital-asset-links/v1/getting-started>)
//! - iOS Universal Links: `/.well-known/apple-app-site-association`
//!   (<https://developer.apple.com/documentation/xcode/supporting-associated-domains>)
//!
//! Both must be JSON, without a redirect, at the very host of the links.

use std::str::FromStr;

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use serde_json::{Value as Json, json};

/// The paths whose links an app opens: a wait screen's, whose token is in the fragment, and clinics'.
const PATHS: [&str; 2] = ["/w", "/c/*"];

/// The apps that may open our links. Each may be none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkedApps {
    /// On Android.
    pub android: Option<AndroidApp>,
    /// On iOS.
    pub ios: Option<IosApp>,
}

/// An app on Android: its package, and who may have signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AndroidApp {
    package: String,
    fingerprints: Vec<String>,
}

/// An app on iOS: the team that makes it, and its bundle, as in `A1B2C3D4E5.au.example.standby`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IosApp(String);

/// What an app's name should have been cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoApp {
    /// Of an Android app.
    #[error(
        "PACKAGE=FINGERPRINT[,FINGERPRINT…], each fingerprint the SHA-256 of a signing certificate as \
         32 pairs of hexadecimal digits with colons between"
    )]
    Android,
    /// Of an iOS app.
    #[error("TEAM.BUNDLE: the ten letters and digits of the team, a dot, and the bundle's name")]
    Ios,
}

/// Whether this is a name of parts with dots between, as packages and bundles have.
fn is_name(name: &str) -> bool {
    let is_part = |part: &str| {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        !part.is_empty() && part.bytes().all(is_letter)
    };
    name.len() <= 255 && name.contains('.') && name.split('.').all(is_part)
}

impl FromStr for AndroidApp {
    type Err = NoApp;

    fn from_str(text: &str) -> Result<Self, NoApp> {
        let (package, fingerprints) = text.split_once('=').ok_or(NoApp::Android)?;
        let is_pair =
            |pair: &str| pair.len() == 2 && pair.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_fingerprint =
            |text: &&str| text.split(':').count() == 32 && text.split(':').all(is_pair);
        let fingerprints: Vec<&str> = fingerprints.split(',').map(str::trim).collect();
        if !is_name(package) || !fingerprints.iter().all(is_fingerprint) {
            return Err(NoApp::Android);
        }
        Ok(Self {
            package: package.to_owned(),
            fingerprints: fingerprints
                .into_iter()
                .map(str::to_ascii_uppercase)
                .collect(),
        })
    }
}

impl FromStr for IosApp {
    type Err = NoApp;

    fn from_str(text: &str) -> Result<Self, NoApp> {
        let (team, bundle) = text.split_once('.').ok_or(NoApp::Ios)?;
        let is_team = team.len() == 10 && team.bytes().all(|byte| byte.is_ascii_alphanumeric());
        (is_team && is_name(bundle))
            .then(|| Self(text.to_owned()))
            .ok_or(NoApp::Ios)
    }
}

impl AndroidApp {
    fn told(&self) -> Json {
        json!([{
            "relation": ["delegate_permission/common.handle_all_urls"],
            "target": {
                "namespace": "android_app",
                "package_name": self.package,
                "sha256_cert_fingerprints": self.fingerprints,
            },
        }])
    }
}

impl IosApp {
    fn told(&self) -> Json {
        let components: Vec<Json> = PATHS.iter().map(|path| json!({ "/": path })).collect();
        json!({ "applinks": { "details": [{ "appIDs": [self.0], "components": components }] } })
    }
}

/// Serves what phones ask. Where there is no app there is no page.
pub fn router(apps: &LinkedApps) -> Router {
    let android = apps.android.as_ref().map(AndroidApp::told);
    let ios = apps.ios.as_ref().map(IosApp::told);
    let mut router = Router::new();
    for (path, told) in [
        ("/.well-known/assetlinks.json", android),
        ("/.well-known/apple-app-site-association", ios),
    ] {
        let Some(told) = told.map(|told| told.to_string()) else {
            continue;
        };
        let answer = move || {
            let headers = [
                (header::CONTENT_TYPE, "application/json"),
                // Phones and their makers' servers ask again after about a day.
                (header::CACHE_CONTROL, "public, max-age=3600"),
            ];
            std::future::ready((headers, told.clone()).into_response())
        };
        router = router.route(path, get(answer));
    }
    router
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::test_door::Server;

    fn fingerprint() -> String {
        ["a1"; 32].join(":")
    }

    #[test]
    fn an_app_is_read_as_its_maker_names_it() {
        let android: AndroidApp = format!("au.example.standby={0}, {0}", fingerprint())
            .parse()
            .expect("an app");
        assert_eq!(android.package, "au.example.standby");
        assert_eq!(
            android.fingerprints,
            [["A1"; 32].join(":"), ["A1"; 32].join(":")]
        );
        assert!("A1B2C3D4E5.au.example.standby".parse::<IosApp>().is_ok());
    }

    #[test]
    fn what_names_no_app_is_refused() {
        for wrong in [
            "",
            "au.example.standby",
            "au.example.standby=",
            "standby=A1:B2",
            &format!("standby={}", fingerprint()),
            &format!("au..standby={}", fingerprint()),
            &format!("au.example.standby={}:a1", fingerprint()),
            &format!("au.example.standby={},", fingerprint()),
            &format!("au.example.\"={}", fingerprint()),
        ] {
            assert_eq!(wrong.parse::<AndroidApp>(), Err(NoApp::Android), "{wrong}");
        }
        for wrong in [
            "",
            "au.example.standby",
            "A1B2C3D4E5",
            "A1B2C3D4E5.standby",
            "A1B2C3D4E5.a.\"",
        ] {
            assert_eq!(wrong.parse::<IosApp>(), Err(NoApp::Ios), "{wrong}");
        }
    }

    #[tokio::test]
    async fn phones_are_told_which_app_opens_which_links() {
        let apps = LinkedApps {
            android: format!("au.example.standby={}", fingerprint()).parse().ok(),
            ios: "A1B2C3D4E5.au.example.standby".parse().ok(),
        };
        let server = Server::start(router(&apps)).await;
        let android = server.get("/.well-known/assetlinks.json").await;
        assert_eq!(android.headers()["content-type"], "application/json");
        let android: Json = android.json().await.expect("JSON");
        assert_eq!(
            android[0]["relation"][0],
            "delegate_permission/common.handle_all_urls"
        );
        assert_eq!(android[0]["target"]["package_name"], "au.example.standby");
        let ios = server.get("/.well-known/apple-app-site-association").await;
        assert_eq!(ios.headers()["content-type"], "application/json");
        let ios: Json = ios.json().await.expect("JSON");
        let details = &ios["applinks"]["details"][0];
        assert_eq!(details["appIDs"][0], "A1B2C3D4E5.au.example.standby");
        assert_eq!(
            details["components"],
            json!([{ "/": "/w" }, { "/": "/c/*" }])
        );
    }

    #[tokio::test]
    async fn where_there_is_no_app_there_is_no_page() {
        let server = Server::start(router(&LinkedApps::default())).await;
        for path in [
            "/.well-known/assetlinks.json",
            "/.well-known/apple-app-site-association",
        ] {
            assert_eq!(server.get(path).await.status(), 404);
        }
    }
}
