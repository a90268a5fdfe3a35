//! What has to be known to ask Twilio, and how it is written in the environment.

use crate::domain::id::TextId;
use crate::domain::secret::never_printed;
use crate::domain::text::PublicUrl;
use std::time::Duration;

/// Every variable that is read here.
pub const VARIABLES: [&str; 9] = [
    "TWILIO_ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN",
    "TWILIO_FROM",
    "TWILIO_MESSAGING_SERVICE_SID",
    "TWILIO_VERIFY_SERVICE_SID",
    "TWILIO_LOOKUP",
    "TWILIO_API_URL",
    "TWILIO_VERIFY_URL",
    "TWILIO_LOOKUPS_URL",
];

/// A variable that is missing or cannot be read, in words for whoever set it. What was set is not among
/// them: it may be a secret in the wrong place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable} {is}")]
pub struct WrongSetting {
    /// Its name.
    pub variable: &'static str,
    /// What is wrong with it.
    pub is: &'static str,
}

/// Defines a type of Twilio's identifiers: two letters that lead, and 32 hexadecimal digits.
macro_rules! sid {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// Reads one; `None` for anything else.
            #[must_use]
            pub fn parse(given: &str) -> Option<Self> {
                is_sid($kind, given).then(|| Self(given.to_owned()))
            }

            /// As Twilio writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}

sid!(
    /// An account: whose texts they are, and who pays.
    AccountSid,
    "AC"
);
sid!(
    /// A messaging service: a pool of senders.
    MessagingServiceSid,
    "MG"
);
sid!(
    /// A service of Verify.
    VerifyServiceSid,
    "VA"
);

fn is_sid(kind: &str, given: &str) -> bool {
    given.strip_prefix(kind).is_some_and(|digits| {
        digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// The account's password, which also signs what Twilio sends to this server.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthToken(String);
never_printed!(AuthToken, "AuthToken(…)");

impl AuthToken {
    /// Reads one: up to 128 visible ASCII characters. Twilio's have 32, but it nowhere promises so.
    #[must_use]
    pub fn parse(given: &str) -> Option<Self> {
        let is_token =
            (1..=128).contains(&given.len()) && given.bytes().all(|byte| byte.is_ascii_graphic());
        is_token.then(|| Self(given.to_owned()))
    }

    /// The token itself, to sign in with and to check signatures with.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Whom the texts come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sender {
    /// A number, a short code or a name.
    From(SenderName),
    /// Twilio chooses.
    MessagingService(MessagingServiceSid),
}

impl Sender {
    /// Whether those who get a text can answer it. Nobody can answer a name; of a messaging service it
    /// is taken for granted, as it is not known which senders it has.
    #[must_use]
    pub fn takes_replies(&self) -> bool {
        match self {
            Self::From(sender) => !sender.0.bytes().any(|byte| byte.is_ascii_alphabetic()),
            Self::MessagingService(_) => true,
        }
    }
}

/// A number in E.164, a short code, or an alphanumeric sender ID.
#[derive(Clone, PartialEq, Eq)]
pub struct SenderName(String);
never_printed!(SenderName, "SenderName(…)");

impl SenderName {
    /// Reads one: `+` and 8 to 15 digits; 3 to 8 digits; or up to 11 letters, digits, spaces and
    /// `+ - _ &`, at least one of them a letter (twilio.com/docs/glossary/what-alphanumeric-sender-id).
    #[must_use]
    pub fn parse(given: &str) -> Option<Self> {
        let is_short_code =
            (3..=8).contains(&given.len()) && given.bytes().all(|byte| byte.is_ascii_digit());
        let is_name = given.len() <= 11
            && given.bytes().any(|byte| byte.is_ascii_alphabetic())
            && given
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b" +-_&".contains(&byte));
        let is_sender = super::E164::parse(given).is_some() || is_short_code || is_name;
        is_sender.then(|| Self(given.to_owned()))
    }

    /// As it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where an API is asked: scheme, host and port. Not encrypted only on this machine, where nobody else
/// hears the credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    address: String,
    is_loopback: bool,
}

impl Address {
    /// Reads one; `None` when it is something else, or would be sent to in the open.
    #[must_use]
    pub fn parse(given: &str) -> Option<Self> {
        let url = reqwest::Url::parse(given).ok()?;
        let is_bare = url.username().is_empty()
            && url.password().is_none()
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none();
        let is_loopback = is_loopback(url.host_str()?);
        let is_private = match url.scheme() {
            "https" => true,
            "http" => is_loopback,
            _ => false,
        };
        (is_bare && is_private).then(|| Self {
            address: url.origin().ascii_serialization(),
            is_loopback,
        })
    }

    /// The address, without a slash at the end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.address
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// Where the APIs are asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// Messages.
    pub api: Address,
    /// Verify.
    pub verify: Address,
    /// Lookup.
    pub lookups: Address,
}

/// How connections are made and how long is waited for them. Anything but the default is for tests.
#[derive(Clone, Debug)]
pub struct Connecting {
    /// Until there is a connection.
    pub connected_within: Duration,
    /// Until a request is answered in full, the connecting included.
    pub answered_within: Duration,
    /// The same for a lookup, for which somebody with a phone in the hand waits.
    pub looked_up_within: Duration,
    /// Until a text in doubt has been looked for, on as many pages as it takes.
    pub looked_for_within: Duration,
    /// A proxy that everything goes through: a test's proof that nothing goes around it.
    pub by_way_of: Option<Address>,
}

impl Default for Connecting {
    /// 5 s and 15 s are the product's. A lookup and a text together take 19 s, which leaves a second of
    /// what a texter may take.
    fn default() -> Self {
        Self {
            connected_within: Duration::from_secs(5),
            answered_within: Duration::from_secs(15),
            looked_up_within: Duration::from_secs(4),
            looked_for_within: Duration::from_secs(15),
            by_way_of: None,
        }
    }
}

/// All that has to be known to ask Twilio.
#[derive(Clone, Debug)]
pub struct TwilioSettings {
    /// Whose texts they are.
    pub account: AccountSid,
    /// The account's password.
    pub auth_token: AuthToken,
    /// Whom the texts come from.
    pub sender: Sender,
    /// The service that makes codes, where Verify is used.
    pub verify_service: Option<VerifyServiceSid>,
    /// Whether the type of a number's line is looked up before a code is sent; each costs a fee.
    pub looks_up: bool,
    /// Where the APIs are asked.
    pub addresses: Addresses,
    /// Where Twilio reaches this server with its news.
    pub public_url: PublicUrl,
    /// How connections are made.
    pub connecting: Connecting,
}

impl TwilioSettings {
    /// Reads the variables; `None` when none of them is set.
    ///
    /// # Errors
    /// Names the first variable that is missing or cannot be read.
    pub fn read(
        variable: impl Fn(&str) -> Option<String>,
        public_url: &PublicUrl,
    ) -> Result<Option<Self>, WrongSetting> {
        let set = |name: &str| {
            let value = variable(name)?;
            Some(value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        if VARIABLES.iter().all(|name| set(name).is_none()) {
            return Ok(None);
        }
        let account = needed(set, "TWILIO_ACCOUNT_SID", AccountSid::parse, NO_ACCOUNT)?;
        let auth_token = needed(set, "TWILIO_AUTH_TOKEN", AuthToken::parse, NO_TOKEN)?;
        let from = optional(set, "TWILIO_FROM", SenderName::parse, NO_SENDER)?;
        let service = "TWILIO_MESSAGING_SERVICE_SID";
        let service = optional(
            set,
            service,
            MessagingServiceSid::parse,
            NO_MESSAGING_SERVICE,
        )?;
        let sender = match (from, service) {
            (Some(from), None) => Sender::From(from),
            (None, Some(service)) => Sender::MessagingService(service),
            (Some(_), Some(_)) => return Err(wrong("TWILIO_FROM", TWO_SENDERS)),
            (None, None) => return Err(wrong("TWILIO_FROM", WITHOUT_SENDER)),
        };
        let verify_service = "TWILIO_VERIFY_SERVICE_SID";
        let verify_service = optional(
            set,
            verify_service,
            VerifyServiceSid::parse,
            NO_VERIFY_SERVICE,
        )?;
        let looks_up = match set("TWILIO_LOOKUP").as_deref() {
            None | Some("on") => true,
            Some("off") => false,
            Some(_) => return Err(wrong("TWILIO_LOOKUP", "is neither on nor off")),
        };
        let address = |name, own: &str| match set(name) {
            None => Address::parse(own).ok_or(wrong(name, NO_ADDRESS)),
            Some(given) => Address::parse(&given).ok_or(wrong(name, NO_ADDRESS)),
        };
        let addresses = Addresses {
            api: address("TWILIO_API_URL", "https://api.twilio.com")?,
            verify: address("TWILIO_VERIFY_URL", "https://verify.twilio.com")?,
            lookups: address("TWILIO_LOOKUPS_URL", "https://lookups.twilio.com")?,
        };
        // Twilio would turn each text away for its StatusCallback: twilio.com/docs/api/errors/21609
        if is_loopback(public_url.host()) && !addresses.api.is_loopback {
            return Err(wrong("PUBLIC_URL", OUT_OF_REACH));
        }
        Ok(Some(Self {
            account,
            auth_token,
            sender,
            verify_service,
            looks_up,
            addresses,
            public_url: public_url.clone(),
            connecting: Connecting::default(),
        }))
    }

    /// Where Twilio reports what becomes of a text.
    #[must_use]
    pub fn status_callback(&self, text: &TextId) -> String {
        format!("{}/twilio/status/{text}", self.public_url.as_str())
    }
}

const NO_ACCOUNT: &str = "is not an account SID: AC and 32 hexadecimal digits";
const NO_TOKEN: &str = "is not an auth token, as the Twilio console shows it";
const NO_SENDER: &str = "is not a sender: a number such as +15005550006, a short code, or a name of up to 11 characters";
const NO_MESSAGING_SERVICE: &str = "is not a messaging service SID: MG and 32 hexadecimal digits";
const NO_VERIFY_SERVICE: &str = "is not a Verify service SID: VA and 32 hexadecimal digits";
const NO_ADDRESS: &str =
    "is not an address such as https://api.twilio.com (http only on this machine, no path)";
const NOT_SET: &str = "is not set, while other TWILIO_ settings are";
const TWO_SENDERS: &str = "and TWILIO_MESSAGING_SERVICE_SID are both set: set the one to send from";
const WITHOUT_SENDER: &str =
    "is not set, nor is TWILIO_MESSAGING_SERVICE_SID: set one to send from";
const OUT_OF_REACH: &str = "is not set, or is an address of this machine only: set it to where callers and Twilio reach this server";

const fn wrong(variable: &'static str, is: &'static str) -> WrongSetting {
    WrongSetting { variable, is }
}

fn optional<T>(
    set: impl Fn(&str) -> Option<String>,
    name: &'static str,
    parse: impl Fn(&str) -> Option<T>,
    is: &'static str,
) -> Result<Option<T>, WrongSetting> {
    let parsed = set(name).map(|given| parse(&given).ok_or(wrong(name, is)));
    parsed.transpose()
}

fn needed<T>(
    set: impl Fn(&str) -> Option<String>,
    name: &'static str,
    parse: impl Fn(&str) -> Option<T>,
    is: &'static str,
) -> Result<T, WrongSetting> {
    optional(set, name, parse, is)?.ok_or(wrong(name, NOT_SET))
}
