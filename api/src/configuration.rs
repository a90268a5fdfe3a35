//! What is set by the environment. Each variable is described in `.env.sample`, and nowhere else; a
//! test keeps the two equal.

use crate::adapters::data_directory;
use crate::adapters::openid::settings::OpenIdSettings;
use crate::adapters::randomness::SystemRandomness;
use crate::adapters::twilio::settings::TwilioSettings;
use crate::app::keys::Keys;
use crate::domain::text::PublicUrl;
use crate::domain::webhook::Reach;
use crate::failure::Failure;
use crate::http::app_links::{LinkedApps, NoApp};
use crate::http::connections::ConnectionLimits;
use crate::http::fair_use::RateLimits;
use crate::http::health::{MetricsFor, MetricsToken};
use crate::http::origin::Origin;
use crate::http::proxies::TrustedProxies;
use crate::ports::Fault;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Every variable that is read besides those of [Twilio](crate::adapters::twilio::settings::VARIABLES) and of
/// [OpenID Connect](crate::adapters::openid::settings::VARIABLES).
pub const VARIABLES: [&str; 19] = [
    "STANDBY_LISTEN",
    "STANDBY_DATA",
    "STANDBY_WEB",
    "STANDBY_LOG",
    "STANDBY_LOG_FORMAT",
    "STANDBY_SECRET_KEY",
    "STANDBY_ALLOWED_ORIGINS",
    "STANDBY_TRUSTED_PROXIES",
    "STANDBY_INTROSPECTION",
    "STANDBY_OPERATIONS",
    "STANDBY_RATE_LIMITS",
    "STANDBY_CONNECTIONS",
    "STANDBY_METRICS_TOKEN",
    "STANDBY_WEBHOOKS_TO_PRIVATE_ADDRESSES",
    "PUBLIC_URL",
    "STANDBY_ANDROID_APP",
    "STANDBY_IOS_APP",
    "VERIFY_WITH",
    "TEXT_REPLIES",
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
    /// The apps that may open links to this server.
    pub linked_apps: LinkedApps,
    /// Web pages of other origins that may use the API.
    pub allowed_origins: Vec<Origin>,
    /// Proxies whose word on where a request is from is taken.
    pub trusted_proxies: TrustedProxies,
    /// Whether the schema can be asked about itself.
    pub introspection: bool,
    /// The list of documents besides which only our own apps' execute; `None` where all do.
    pub operations: Option<PathBuf>,
    /// How often somebody may ask.
    pub rate_limits: RateLimits,
    /// How many live connections there may be.
    pub connections: ConnectionLimits,
    /// What whoever asks for the figures has to send.
    pub metrics_token: Option<MetricsToken>,
    /// Which addresses webhooks may lead to.
    pub webhook_reach: Reach,
    /// What sends texts.
    pub texts: Texts,
    /// By whom staff can sign in; `None` where only links are made.
    pub openid: Option<OpenIdSettings>,
    /// How the log on standard error is written.
    pub log_format: LogFormat,
    /// `None` when it is to be kept in the data directory: [`read_keys`].
    secret_key: Option<[u8; 32]>,
}

/// What sends texts.
pub enum Texts {
    /// Nothing leaves the machine: a page shows them.
    DevPhone,
    /// Real texts.
    Twilio(Box<ByTwilio>),
}

/// How Twilio is used.
#[derive(Clone)]
pub struct ByTwilio {
    /// What has to be known to ask it.
    pub settings: TwilioSettings,
    /// Whether its Verify makes the secure codes and checks them, instead of us.
    pub makes_codes: bool,
    /// Whether callers can answer a text: Twilio has been told to bring answers to this server.
    pub takes_replies: bool,
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
        let linked_apps = LinkedApps {
            android: read_app(&set, "STANDBY_ANDROID_APP")?,
            ios: read_app(&set, "STANDBY_IOS_APP")?,
        };
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
        let proxies = set("STANDBY_TRUSTED_PROXIES").unwrap_or_default();
        let trusted_proxies = TrustedProxies::parse(&proxies)
            .map_err(|error| Failure::Asked(format!("STANDBY_TRUSTED_PROXIES: {error}")))?;
        let introspection = match set("STANDBY_INTROSPECTION").as_deref() {
            Some("on") => true,
            Some("off") => false,
            None => !is_public(listen, &public_url),
            Some(_) => return Err(wrong("STANDBY_INTROSPECTION", "on or off")),
        };
        let rate_limits = set("STANDBY_RATE_LIMITS")
            .map_or(Ok(RateLimits::default()), |limits| limits.parse())
            .map_err(|error| Failure::Asked(format!("STANDBY_RATE_LIMITS {error}")))?;
        let connections = set("STANDBY_CONNECTIONS")
            .map_or(Ok(ConnectionLimits::default()), |limits| limits.parse())
            .map_err(|error| Failure::Asked(format!("STANDBY_CONNECTIONS {error}")))?;
        let metrics_token = match set("STANDBY_METRICS_TOKEN") {
            None => None,
            Some(given) => {
                let hint = "20 characters or more, such as `openssl rand -hex 32` prints";
                let token = MetricsToken::parse(&given);
                Some(token.ok_or_else(|| wrong("STANDBY_METRICS_TOKEN", hint))?)
            }
        };
        let webhook_reach = match set("STANDBY_WEBHOOKS_TO_PRIVATE_ADDRESSES").as_deref() {
            None | Some("off") => Reach::PublicOnly,
            Some("on") => Reach::PrivateToo,
            Some(_) => return Err(wrong("STANDBY_WEBHOOKS_TO_PRIVATE_ADDRESSES", "on or off")),
        };
        let texts = read_texts(&set, &public_url)?;
        let openid = OpenIdSettings::read(set)
            .map_err(|error| Failure::Asked(format!("{} {}", error.variable, error.is)))?;
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
            linked_apps,
            allowed_origins,
            trusted_proxies,
            introspection,
            operations: set("STANDBY_OPERATIONS").map(PathBuf::from),
            rate_limits,
            connections,
            metrics_token,
            webhook_reach,
            texts,
            openid,
            log_format,
            secret_key,
        })
    }

    /// What has to be right for the way texts and events are sent.
    ///
    /// # Errors
    /// Says what is wrong, for whoever set it.
    pub fn check_reach(&self) -> Result<(), Failure> {
        let asked = |words: &str| Err(Failure::Asked(words.to_owned()));
        if self.is_public() && self.webhook_reach == Reach::PrivateToo {
            return asked(
                "STANDBY_WEBHOOKS_TO_PRIVATE_ADDRESSES is for development, on this machine alone: a \
                 clinic's webhooks could look around in the network of a server that others reach",
            );
        }
        match (&self.texts, self.is_public()) {
            (Texts::DevPhone, true) => asked(
                "without TWILIO_ settings texts would go to the dev phone, a page of this machine, \
                 and nobody else would get them; so only an address of this machine can be served \
                 (STANDBY_LISTEN, PUBLIC_URL)",
            ),
            (Texts::Twilio(_), true) if !self.public_url.as_str().starts_with("https://") => asked(
                "PUBLIC_URL does not begin with https://: the links in texts open a patient's wait \
                 screen and must not go over an open line",
            ),
            _ => Ok(()),
        }
    }

    /// Whether there is a page on which to try the API out. It loads scripts of others, which is for this
    /// machine alone: on an address that others trust, they could do what its own pages do.
    #[must_use]
    pub fn has_graphiql(&self) -> bool {
        self.introspection && !self.is_public()
    }

    /// To whom the figures are shown.
    #[must_use]
    pub fn metrics_for(&self) -> MetricsFor {
        match &self.metrics_token {
            Some(token) => MetricsFor::Bearer(token.clone()),
            None if self.is_public() => MetricsFor::Nobody,
            None => MetricsFor::Everybody,
        }
    }

    /// Whether all of the world seems to have one address: this server does not speak TLS, so that before a
    /// public address that begins with https there is a proxy, and none is named.
    #[must_use]
    pub fn has_unnamed_proxy(&self) -> bool {
        let is_https = self.public_url.as_str().starts_with("https://");
        self.is_public() && is_https && self.trusted_proxies.is_empty()
    }

    /// Whether this server can be reached from other machines, by what it was told.
    #[must_use]
    pub fn is_public(&self) -> bool {
        is_public(self.listen, &self.public_url)
    }
}

fn is_public(listen: SocketAddr, public_url: &PublicUrl) -> bool {
    let host = public_url.host();
    let is_own = host == "localhost"
        || host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback());
    !listen.ip().is_loopback() || !is_own
}

fn read_app<A: FromStr<Err = NoApp>>(
    set: &impl Fn(&str) -> Option<String>,
    name: &str,
) -> Result<Option<A>, Failure> {
    let app = set(name).map(|given| given.parse()).transpose();
    app.map_err(|error| Failure::Asked(format!("{name} is not {error}")))
}

fn read_texts(
    set: &impl Fn(&str) -> Option<String>,
    public_url: &PublicUrl,
) -> Result<Texts, Failure> {
    let wrong = |name: &str, is: &str| Failure::Asked(format!("{name} {is}"));
    let settings =
        TwilioSettings::read(set, public_url).map_err(|error| wrong(error.variable, error.is))?;
    let makes_codes = match set("VERIFY_WITH").as_deref() {
        None | Some("standby") => false,
        Some("twilio-verify") => true,
        Some(_) => return Err(wrong("VERIFY_WITH", "is neither standby nor twilio-verify")),
    };
    let takes_replies = match set("TEXT_REPLIES").as_deref() {
        None | Some("off") => false,
        Some("on") => true,
        Some(_) => return Err(wrong("TEXT_REPLIES", "is neither on nor off")),
    };
    let Some(settings) = settings else {
        if makes_codes {
            return Err(wrong(
                "VERIFY_WITH",
                "is twilio-verify, but no TWILIO_ settings are set",
            ));
        }
        if takes_replies {
            return Err(wrong(
                "TEXT_REPLIES",
                "is on, but the dev phone cannot reply",
            ));
        }
        return Ok(Texts::DevPhone);
    };
    if makes_codes && settings.verify_service.is_none() {
        let is = "is not set, but VERIFY_WITH is twilio-verify";
        return Err(wrong("TWILIO_VERIFY_SERVICE_SID", is));
    }
    if takes_replies && !settings.sender.takes_replies() {
        return Err(wrong(
            "TEXT_REPLIES",
            "is on, but nobody can answer a sender that is a name",
        ));
    }
    Ok(Texts::Twilio(Box::new(ByTwilio {
        settings,
        makes_codes,
        takes_replies,
    })))
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

/// Two digits a byte, as [`parse_key`] reads them.
fn hexadecimal(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    digits
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

/// The secret key: from the environment, else from the data directory, where it is made with the database
/// and at no other time: under another key a database recognises nothing that it holds, and a link or an API
/// key that is made under one never works. Beside the database and not in it, so that a copy of one is of no
/// use without the other.
///
/// # Errors
/// When the file can neither be read nor made, or is not there although a database is.
pub fn read_keys(configuration: &Configuration) -> Result<Keys, Failure> {
    if let Some(key) = configuration.secret_key {
        return Ok(Keys::new(key));
    }
    let file = configuration.data.join(KEY_FILE);
    // In this order: whoever makes a database in this moment has made its key before.
    if data_directory::is_in_use(&configuration.data) && matches!(file.try_exists(), Ok(false)) {
        return Err(Failure::Asked(format!(
            "{} holds a database and no {KEY_FILE}. Set STANDBY_SECRET_KEY to the key that the server has, or \
             put the file back: with another key no link, session or API key of this database works.",
            configuration.data.display()
        )));
    }
    let key = key_kept_in(&configuration.data)
        .map_err(|error| Failure::Fault(Fault::new("keeping the secret key", error)))?;
    key.map(Keys::new).ok_or_else(|| {
        Failure::Asked(format!(
            "{} does not hold a key. Put the right one back: without it no token and no code can \
             be recognised.",
            file.display()
        ))
    })
}

const KEY_FILE: &str = "secret.key";

/// The key in the directory's file, which is made when there is none; `None` when the file holds
/// something else.
fn key_kept_in(directory: &Path) -> io::Result<Option<[u8; 32]>> {
    data_directory::make(directory)?;
    let path = directory.join(KEY_FILE);
    match fs::read_to_string(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            make_key(directory, &path)?;
            fs::read_to_string(&path).map(|text| parse_key(&text))
        }
        read => read.map(|text| parse_key(&text)),
    }
}

/// Makes the file, unless another process that starts in this moment has made it. It gets its name
/// when it is whole and on the disk: nobody ever reads half a key, whenever the power goes, and of
/// several that start at once all use the one that was named first.
fn make_key(directory: &Path, path: &Path) -> io::Result<()> {
    let (mut key, mut name) = ([0; 32], [0; 8]);
    SystemRandomness::fill(&mut key);
    SystemRandomness::fill(&mut name);
    let unnamed = directory.join(format!("{KEY_FILE}.{}", hexadecimal(&name)));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    data_directory::only_for_the_owner(&mut options);
    let made = options.open(&unnamed).and_then(|mut file| {
        file.write_all(hexadecimal(&key).as_bytes())?;
        file.sync_all()?;
        match fs::hard_link(&unnamed, path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            linked => linked,
        }
    });
    let removed = fs::remove_file(&unnamed);
    made?;
    removed?;
    data_directory::keep_names(directory)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::{openid, twilio};

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
        let read: Vec<&str> = VARIABLES
            .into_iter()
            .chain(twilio::settings::VARIABLES)
            .chain(openid::settings::VARIABLES)
            .collect();
        assert_eq!(described, read);
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
    fn figures_are_shown_to_nobody_on_a_public_server_until_there_is_a_token() {
        let public = ("PUBLIC_URL", "https://standby.example");
        let token = ("STANDBY_METRICS_TOKEN", "0123456789abcdef0123456789abcdef");
        let of = |variables: &[_]| read(variables).unwrap().metrics_for();
        assert!(matches!(of(&[]), MetricsFor::Everybody));
        assert!(matches!(of(&[public]), MetricsFor::Nobody));
        assert!(matches!(of(&[token]), MetricsFor::Bearer(_)));
        assert!(matches!(of(&[public, token]), MetricsFor::Bearer(_)));
    }

    #[test]
    fn a_public_server_whose_proxy_is_not_named_is_known_for_it() {
        let public = ("PUBLIC_URL", "https://standby.example");
        let proxies = ("STANDBY_TRUSTED_PROXIES", "127.0.0.1");
        let of = |variables: &[_]| read(variables).unwrap().has_unnamed_proxy();
        assert!(of(&[public]));
        assert!(!of(&[public, proxies]));
        assert!(!of(&[]));
        assert!(!of(&[("PUBLIC_URL", "https://localhost")]));
    }

    #[test]
    fn a_key_is_read_back_as_it_was_written() {
        let key = std::array::from_fn(|place| u8::try_from(place * 8).unwrap());
        let written = hexadecimal(&key);
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
            ("STANDBY_TRUSTED_PROXIES", "10.0.0.0/8, somewhere"),
            ("STANDBY_INTROSPECTION", "perhaps"),
            ("STANDBY_METRICS_TOKEN", "short"),
            ("STANDBY_RATE_LIMITS", "key=0"),
            ("STANDBY_CONNECTIONS", "callers=1"),
            ("STANDBY_WEBHOOKS_TO_PRIVATE_ADDRESSES", "yes"),
            ("STANDBY_ANDROID_APP", "au.example.standby"),
            ("STANDBY_IOS_APP", "au.example.standby"),
            ("VERIFY_WITH", "guessing"),
            ("VERIFY_WITH", "twilio-verify"),
            ("TEXT_REPLIES", "on"),
            ("TWILIO_ACCOUNT_SID", "AC1"),
            ("OPENID_ISSUER", "http://login.example"),
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

    /// What a server that sends real texts is told at least.
    const TWILIO: [(&str, &str); 4] = [
        ("TWILIO_ACCOUNT_SID", "AC0123456789abcdef0123456789abcdef"),
        ("TWILIO_AUTH_TOKEN", "0123456789abcdef0123456789abcdef"),
        ("TWILIO_FROM", "+15005550006"),
        ("PUBLIC_URL", "https://standby.example"),
    ];

    fn refusal(variables: &[(&str, &str)]) -> Option<String> {
        let reach = |configuration: Configuration| configuration.check_reach();
        let failure = read(variables).and_then(reach).err()?;
        Some(failure.to_string())
    }

    #[test]
    fn only_with_real_texts_can_a_public_address_be_served_and_only_over_https() {
        assert_eq!(refusal(&[]), None);
        assert_eq!(refusal(&TWILIO), None);
        assert!(
            refusal(&[TWILIO[3]])
                .unwrap()
                .starts_with("without TWILIO_ settings")
        );
        let open = [
            TWILIO[0],
            TWILIO[1],
            TWILIO[2],
            ("PUBLIC_URL", "http://standby.example"),
        ];
        assert!(
            refusal(&open)
                .unwrap()
                .starts_with("PUBLIC_URL does not begin with https://")
        );
    }

    #[test]
    fn a_public_server_sends_no_events_into_its_own_network() {
        let inside = ("STANDBY_WEBHOOKS_TO_PRIVATE_ADDRESSES", "on");
        assert_eq!(refusal(&[inside]), None);
        let refused = refusal(&[&TWILIO[..], &[inside]].concat()).unwrap();
        assert!(refused.starts_with(inside.0), "{refused}");
    }

    #[test]
    fn what_cannot_work_is_said_at_the_start() {
        let with = |name, value| refusal(&[&TWILIO[..], &[(name, value)]].concat());
        assert_eq!(with("TEXT_REPLIES", "on"), None);
        let without_service = with("VERIFY_WITH", "twilio-verify").unwrap();
        assert!(without_service.starts_with("TWILIO_VERIFY_SERVICE_SID is not set"));
        let named = [
            TWILIO[0],
            TWILIO[1],
            TWILIO[3],
            ("TWILIO_FROM", "Standby"),
            ("TEXT_REPLIES", "on"),
        ];
        assert!(
            refusal(&named)
                .unwrap()
                .starts_with("TEXT_REPLIES is on, but nobody can answer")
        );
    }

    #[test]
    fn several_that_start_for_the_first_time_at_once_use_one_key() {
        for _ in 0..20 {
            let directory = tempfile::tempdir().unwrap();
            let data = directory.path().join("data");
            let together = std::sync::Barrier::new(16);
            let keys: Vec<[u8; 32]> = std::thread::scope(|scope| {
                let start = || {
                    together.wait();
                    key_kept_in(&data).unwrap().expect("a whole key")
                };
                let starting: Vec<_> = (0..16).map(|_| scope.spawn(start)).collect();
                let started = starting.into_iter().map(|start| start.join().unwrap());
                started.collect()
            });
            let later = key_kept_in(&data).unwrap().unwrap();
            assert!(keys.iter().all(|key| *key == later));
            let files = fs::read_dir(&data).unwrap();
            let names: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
            assert_eq!(names, [KEY_FILE], "and leave nothing behind");
        }
    }

    #[test]
    fn a_file_without_a_key_is_left_as_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(KEY_FILE);
        for wrong in ["", "0123"] {
            fs::write(&path, wrong).unwrap();
            assert_eq!(key_kept_in(directory.path()).unwrap(), None);
            assert_eq!(fs::read_to_string(&path).unwrap(), wrong);
        }
    }

    /// What is set where only the data directory is.
    fn keeping_data_in(data: &Path) -> Configuration {
        let listen = SocketAddr::from(([127, 0, 0, 1], 8080));
        Configuration::read(listen, data.to_owned(), PathBuf::new(), |_| None).unwrap()
    }

    #[test]
    fn a_database_that_is_there_gets_no_other_key() {
        let directory = tempfile::tempdir().unwrap();
        let configuration = keeping_data_in(directory.path());
        read_keys(&configuration).unwrap();
        fs::write(directory.path().join("standby.sqlite"), "").unwrap();
        read_keys(&configuration).unwrap();
        let file = directory.path().join(KEY_FILE);
        fs::remove_file(&file).unwrap();
        let refused = read_keys(&configuration).err().unwrap().to_string();
        assert!(refused.contains("STANDBY_SECRET_KEY"), "{refused}");
        assert!(!file.exists());
    }

    #[cfg(unix)]
    #[test]
    fn the_data_directory_and_the_key_are_the_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let data = directory.path().join("data/inner");
        read_keys(&keeping_data_in(&data)).unwrap();
        let rights = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(rights(&data), 0o700);
        assert_eq!(rights(&data.join(KEY_FILE)), 0o600);
    }
}
