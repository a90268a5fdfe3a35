//! What is set by the environment. Each variable is described in `.env.sample`, and nowhere else; a
//! test keeps the two equal.

use crate::adapters::randomness::SystemRandomness;
use crate::app::keys::Keys;
use crate::command_line::Failure;
use crate::domain::text::PublicUrl;
use crate::http::origin::Origin;
use crate::ports::Fault;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Every variable that is read.
pub const VARIABLES: [&str; 8] = [
    "STANDBY_LISTEN",
    "STANDBY_DATA",
    "STANDBY_WEB",
    "STANDBY_LOG",
    "STANDBY_LOG_FORMAT",
    "STANDBY_SECRET_KEY",
    "STANDBY_ALLOWED_ORIGINS",
    "PUBLIC_URL",
];

/// All that is set from outside, read and checked once at the start.
pub struct Configuration {
    /// Where connections are taken.
    pub listen: SocketAddr,
    /// Where the database, the dev phone's messages and the secret key are kept.
    pub data: PathBuf,
    /// Where the web apps were built to.
    pub web: PathBuf,
    /// Where callers reach this server, which a proxy may make another address than `listen`.
    pub public_url: PublicUrl,
    /// Web pages of other origins that may use the API.
    pub allowed_origins: Vec<Origin>,
    /// How the log on standard error is written.
    pub log_format: LogFormat,
    /// `None` when it is to be kept in the data directory: [`read_keys`].
    secret_key: Option<[u8; 32]>,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For a person at a terminal.
    Text,
    /// One object a line, for whatever collects logs.
    Json,
}

impl Configuration {
    /// Reads the environment.
    ///
    /// # Errors
    /// Names the first variable that cannot be read, and says what it should look like.
    pub fn from_environment(
        listen: SocketAddr,
        data: PathBuf,
        web: PathBuf,
    ) -> Result<Self, Failure> {
        Self::read(listen, data, web, |name| std::env::var(name).ok())
    }

    fn read(
        listen: SocketAddr,
        data: PathBuf,
        web: PathBuf,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Failure> {
        let wrong = |name: &str, hint: &str| Failure::Asked(format!("{name} is not {hint}"));
        let set = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let public_url = match set("PUBLIC_URL") {
            None => PublicUrl::parse(&format!("http://{listen}")),
            Some(given) => PublicUrl::parse(&given),
        }
        .ok_or_else(|| wrong("PUBLIC_URL", "an address such as https://standby.example"))?;
        let allowed_origins = set("STANDBY_ALLOWED_ORIGINS")
            .unwrap_or_default()
            .split(',')
            .map(str::trim)
            .filter(|origin| !origin.is_empty())
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map_err(|_| {
                let hint = "a list such as https://tools.example,https://other.example:8443";
                wrong("STANDBY_ALLOWED_ORIGINS", hint)
            })?;
        let log_format = match set("STANDBY_LOG_FORMAT").as_deref() {
            None | Some("text") => LogFormat::Text,
            Some("json") => LogFormat::Json,
            Some(_) => return Err(wrong("STANDBY_LOG_FORMAT", "text or json")),
        };
        let secret_key = match set("STANDBY_SECRET_KEY") {
            None => None,
            Some(given) => {
                let hint = "64 hexadecimal digits, such as `openssl rand -hex 32` prints";
                Some(parse_key(&given).ok_or_else(|| wrong("STANDBY_SECRET_KEY", hint))?)
            }
        };
        Ok(Self {
            listen,
            data,
            web,
            public_url,
            allowed_origins,
            log_format,
            secret_key,
        })
    }

    /// Whether this server can be reached from other machines, by what it was told.
    #[must_use]
    pub fn is_public(&self) -> bool {
        let host = self.public_url.host();
        let is_own = host == "localhost"
            || host
                .trim_matches(['[', ']'])
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback());
        !self.listen.ip().is_loopback() || !is_own
    }
}

fn parse_key(given: &str) -> Option<[u8; 32]> {
    let given = given.trim();
    if given.len() != 64 || !given.is_ascii() {
        return None;
    }
    let mut key = [0; 32];
    for (place, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&given[place * 2..place * 2 + 2], 16).ok()?;
    }
    Some(key)
}

/// The 64 hexadecimal digits that [`parse_key`] reads.
fn format_key(key: &[u8; 32]) -> String {
    let digits = key.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    digits
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

/// The secret key: from the environment, else from the data directory, where it is made at the
/// first start. Beside the database and not in it, so that a copy of one is of no use without the
/// other.
///
/// # Errors
/// When the file can neither be read nor made.
pub fn read_keys(configuration: &Configuration) -> Result<Keys, Failure> {
    if let Some(key) = configuration.secret_key {
        return Ok(Keys::new(key));
    }
    let path = configuration.data.join("secret.key");
    let fault = |error| Failure::Fault(Fault::new("keeping the secret key", error));
    std::fs::create_dir_all(&configuration.data).map_err(fault)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(&path) {
        Ok(mut file) => {
            let mut key = [0; 32];
            SystemRandomness::fill(&mut key);
            file.write_all(format_key(&key).as_bytes())
                .and_then(|()| file.sync_all())
                .map_err(fault)?;
            Ok(Keys::new(key))
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let text = std::fs::read_to_string(&path).map_err(fault)?;
            parse_key(&text).map(Keys::new).ok_or_else(|| {
                Failure::Asked(format!(
                    "{} does not hold a key. Put the right one back: without it no token and no \
                     code can be recognised.",
                    path.display()
                ))
            })
        }
        Err(error) => Err(fault(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Configuration, Failure> {
        let listen = SocketAddr::from(([127, 0, 0, 1], 8080));
        Configuration::read(listen, PathBuf::new(), PathBuf::new(), |name| {
            variables
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn every_variable_is_described_in_the_sample() {
        let sample = include_str!("../../.env.sample");
        let described: Vec<&str> = sample
            .lines()
            .filter_map(|line| line.trim_start_matches("# ").split_once('='))
            .map(|(name, _)| name.trim())
            .filter(|name| {
                name.bytes()
                    .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
            })
            .collect();
        assert_eq!(described, VARIABLES);
    }

    #[test]
    fn with_no_settings_at_all_only_this_machine_is_served() {
        let configuration = read(&[]).unwrap();
        assert_eq!(configuration.public_url.as_str(), "http://127.0.0.1:8080");
        assert!(!configuration.is_public());
        assert!(
            read(&[("PUBLIC_URL", "https://standby.example")])
                .unwrap()
                .is_public()
        );
    }

    #[test]
    fn a_key_is_read_back_as_it_was_written() {
        let key = std::array::from_fn(|place| u8::try_from(place * 8).unwrap());
        let written = format_key(&key);
        assert!(written.starts_with("00081018"), "{written}");
        assert_eq!(parse_key(&written), Some(key));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for (name, value) in [
            ("PUBLIC_URL", "standby.example"),
            ("STANDBY_ALLOWED_ORIGINS", "https://a.example, b"),
            ("STANDBY_LOG_FORMAT", "xml"),
            ("STANDBY_SECRET_KEY", "abc"),
        ] {
            let failure = read(&[(name, value)])
                .err()
                .map(|failure| failure.to_string());
            assert!(
                failure.is_some_and(|words| words.starts_with(name)),
                "{name}"
            );
        }
    }
}
