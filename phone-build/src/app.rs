//! What the app is called, and whose it is.

use std::{env, fs};

use anyhow::{Context, Error, Result};
use serde::Deserialize;
use url::{Host, Url};

use crate::Places;

/// The name in `mobile/Dioxus.toml` that is an example and nobody's.
const EXAMPLE: &str = "au.example.standby";
/// Google Play takes no higher number of a build.
const HIGHEST_BUILD: u32 = 2_100_000_000;

/// An app that is to be built.
#[derive(Clone, Debug)]
pub(crate) struct App {
    /// The server's host, whose links are the app's: small letters, digits, dots and hyphens.
    pub(crate) host: String,
    /// What the app is called in the stores: parts of small letters and digits, with dots between.
    pub(crate) identifier: String,
    /// Which version this is, as patients see it.
    pub(crate) version: &'static str,
    /// The number of this build, which has to grow from one in a store to the next.
    pub(crate) build: u32,
    /// The oldest iOS that it runs on.
    pub(crate) ios_minimum: String,
}

/// What is read of `Dioxus.toml`.
#[derive(Deserialize)]
struct Settings {
    bundle: Bundle,
    ios: Ios,
}

#[derive(Deserialize)]
struct Bundle {
    identifier: String,
}

#[derive(Deserialize)]
struct Ios {
    deployment_target: String,
}

impl App {
    /// The app that the environment and `Dioxus.toml` describe.
    pub(crate) fn read(places: &Places) -> Result<Self> {
        let file = places.mobile.join("Dioxus.toml");
        let settings =
            fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let server = env::var("STANDBY_SERVER").ok();
        let build = env::var("STANDBY_APP_BUILD").ok();
        let app = Self::of(server.as_deref(), build.as_deref(), &settings)?;
        if app.identifier == EXAMPLE {
            eprintln!(
                "{EXAMPLE} is an example that no store takes: name your own in mobile/Dioxus.toml"
            );
        }
        Ok(app)
    }

    fn of(server: Option<&str>, build: Option<&str>, settings: &str) -> Result<Self> {
        let host = host_of(server.unwrap_or_default())?;
        let settings: Settings = toml::from_str(settings).context("mobile/Dioxus.toml")?;
        let identifier = settings.bundle.identifier;
        if !is_identifier(&identifier) {
            return Err(Error::msg(format!(
                "mobile/Dioxus.toml: the identifier {identifier:?} will not do for both Android and iOS: parts of \
                 small letters and digits, each beginning with a letter, and dots between"
            )));
        }
        let ios_minimum = settings.ios.deployment_target;
        let is_digit_or_dot = |letter: char| letter.is_ascii_digit() || letter == '.';
        if ios_minimum.is_empty() || !ios_minimum.chars().all(is_digit_or_dot) {
            return Err(Error::msg(
                "mobile/Dioxus.toml: deployment_target must be a version of iOS, as in \"15.0\"",
            ));
        }
        let build = match build.unwrap_or("1").parse() {
            Ok(build) if (1..=HIGHEST_BUILD).contains(&build) => build,
            _ => {
                return Err(Error::msg(format!(
                    "STANDBY_APP_BUILD must be a number from 1 to {HIGHEST_BUILD}"
                )));
            }
        };
        Ok(Self {
            host,
            identifier,
            version: env!("CARGO_PKG_VERSION"),
            build,
            ios_minimum,
        })
    }
}

/// The host of the server at this address. Phones check links with nothing but the host, by HTTPS.
fn host_of(server: &str) -> Result<String> {
    const EXAMPLE: &str = "for example STANDBY_SERVER=https://clinic.example";
    if server.is_empty() {
        return Err(Error::msg(format!(
            "STANDBY_SERVER is not set: an app is built for one server, {EXAMPLE}"
        )));
    }
    let fault = |what: &str| Error::msg(format!("STANDBY_SERVER {what}, {EXAMPLE}"));
    let url = Url::parse(server).map_err(|_| fault("must be an address"))?;
    if url.scheme() != "https" {
        return Err(fault(
            "must begin with https://: phones hand no other links to an app",
        ));
    }
    let has_more = !url.username().is_empty()
        || url.password().is_some()
        || url.port().is_some()
        || url.path() != "/"
        || url.query().is_some()
        || url.fragment().is_some();
    if has_more {
        return Err(fault("must be https:// and a host, and nothing else"));
    }
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '.' || letter == '-';
    match url.host() {
        Some(Host::Domain(host)) if host.contains('.') && host.chars().all(is_plain) => {
            Ok(host.to_owned())
        }
        _ => Err(fault("must name its host by a domain")),
    }
}

/// Whether this names an app on Android and on iOS: what either of them takes, the other may not.
fn is_identifier(identifier: &str) -> bool {
    let is_part = |part: &str| {
        part.starts_with(|letter: char| letter.is_ascii_lowercase())
            && part
                .chars()
                .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
    };
    identifier.len() <= 155 && identifier.contains('.') && identifier.split('.').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: &str =
        "[bundle]\nidentifier = \"au.example.standby\"\n[ios]\ndeployment_target = \"15.0\"";

    fn fault(server: Option<&str>, build: Option<&str>, settings: &str) -> String {
        App::of(server, build, settings).unwrap_err().to_string()
    }

    #[test]
    fn an_app_is_for_the_host_of_its_server() {
        for server in [
            "https://clinic.example",
            "https://clinic.example/",
            "https://CLINIC.example:443",
        ] {
            let app = App::of(Some(server), None, SETTINGS).unwrap();
            assert_eq!(app.host, "clinic.example");
            assert_eq!(app.build, 1);
        }
        let app = App::of(Some("https://klinikÄ.example"), Some("7"), SETTINGS).unwrap();
        assert_eq!(
            (app.host.as_str(), app.build),
            ("xn--klinik-gua.example", 7)
        );
    }

    #[test]
    fn without_a_server_there_is_no_app() {
        assert!(fault(None, None, SETTINGS).contains("STANDBY_SERVER is not set"));
        assert!(fault(Some(""), None, SETTINGS).contains("STANDBY_SERVER is not set"));
    }

    #[test]
    fn a_server_that_no_link_of_a_phone_can_lead_to_is_refused() {
        for (server, why) in [
            ("clinic.example", "must be an address"),
            ("http://clinic.example", "https://"),
            ("standby://clinic.example", "https://"),
            ("https://clinic.example:8443", "nothing else"),
            ("https://clinic.example/app", "nothing else"),
            ("https://clinic.example/?a=b", "nothing else"),
            ("https://clinic.example/#a", "nothing else"),
            ("https://me@clinic.example", "nothing else"),
            ("https://127.0.0.1", "by a domain"),
            ("https://[::1]", "by a domain"),
            ("https://localhost", "by a domain"),
            ("https://a&b.example", "by a domain"),
            ("https://a'b.example", "by a domain"),
        ] {
            let fault = fault(Some(server), None, SETTINGS);
            assert!(fault.contains(why), "{server}: {fault}");
        }
    }

    #[test]
    fn a_name_that_one_of_the_two_systems_would_not_take_is_refused() {
        for name in [
            "standby",
            "au..standby",
            "au.Example.app",
            "au.my-clinic.app",
            "au.1st.app",
            "au.a_b.c",
        ] {
            let settings = SETTINGS.replace(EXAMPLE, name);
            let fault = fault(Some("https://clinic.example"), None, &settings);
            assert!(fault.contains("identifier"), "{name}: {fault}");
        }
    }

    #[test]
    fn a_build_is_numbered_as_the_stores_count() {
        for build in ["", "0", "-1", "1.0", "2100000001", "a"] {
            let fault = fault(Some("https://clinic.example"), Some(build), SETTINGS);
            assert!(fault.contains("STANDBY_APP_BUILD"), "{build}: {fault}");
        }
    }
}
