//! What has to be known to ask an identity provider, and how it is written in the environment.

use crate::adapters::twilio::settings::WrongSetting;
use openidconnect::core::CoreAuthPrompt;
use openidconnect::{Audience, ClientId, ClientSecret, IssuerUrl, Scope};

/// Every variable that is read here.
pub const VARIABLES: [&str; 7] = [
    "OPENID_ISSUER",
    "OPENID_CLIENT_ID",
    "OPENID_CLIENT_SECRET",
    "OPENID_ROLES_CLAIM",
    "OPENID_SCOPES",
    "OPENID_AUDIENCE",
    "OPENID_PROMPT",
];

/// The longest value that is taken, in bytes. Our own: client IDs and secrets of common providers stay below 200.
const MOST_BYTES: usize = 1024;

/// All that has to be known to ask the provider.
#[derive(Clone, Debug)]
pub struct OpenIdSettings {
    /// The provider: its discovery document lies under this address.
    pub issuer: Issuer,
    /// What the provider calls this server.
    pub client: ClientId,
    /// What this server proves that with. Never printed.
    pub secret: ClientSecret,
    /// Where a person's roles are.
    pub roles_claim: RolesClaim,
    /// What is asked for besides `openid`.
    pub scopes: Vec<Scope>,
    /// Whom an ID token may be for besides this server.
    pub audiences: Vec<Audience>,
    /// What the provider is to ask a person whom it knows already. Without it, whoever sits down at a shared
    /// computer is signed in as the one before.
    pub prompt: Option<CoreAuthPrompt>,
}

/// An issuer's address: https, or http of this machine, where nobody else listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    url: IssuerUrl,
    is_loopback: bool,
}

impl Issuer {
    /// Reads one; `None` when it is something else, or would be asked in the open.
    #[must_use]
    pub fn parse(given: &str) -> Option<Self> {
        let url = reqwest::Url::parse(given).ok()?;
        let is_bare = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        let is_loopback = is_plain_on_this_machine(&url);
        let is_private = url.scheme() == "https" || is_loopback;
        let url = IssuerUrl::new(given.to_owned()).ok()?;
        (is_bare && is_private).then_some(Self { url, is_loopback })
    }

    /// As it was written: it has to be equal to what the provider calls itself, to the letter.
    #[must_use]
    pub fn url(&self) -> &IssuerUrl {
        &self.url
    }

    /// Whether an address that the provider names may be used: by https, or like the provider itself without it
    /// on this machine.
    #[must_use]
    pub fn may_lead_to(&self, address: &reqwest::Url) -> bool {
        address.scheme() == "https" || (self.is_loopback && is_plain_on_this_machine(address))
    }
}

fn is_plain_on_this_machine(url: &reqwest::Url) -> bool {
    let is_own = url.host_str().is_some_and(|host| {
        host == "localhost"
            || host
                .trim_matches(['[', ']'])
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    });
    url.scheme() == "http" && is_own
}

/// Where among a person's claims the roles are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RolesClaim {
    /// A claim by its name, whatever is in it: names may be whole addresses.
    Named(String),
    /// A path into claims that hold others: a JSON Pointer (RFC 6901), which begins with `/`.
    At(String),
}

impl RolesClaim {
    /// Reads one: up to 256 visible characters.
    #[must_use]
    pub fn parse(given: &str) -> Option<Self> {
        let is_claim = (1..=256).contains(&given.len())
            && given
                .chars()
                .all(|character| !character.is_control() && !character.is_whitespace())
            // A path through a claim without a name: slashes that were left over.
            && !(given.starts_with('/') && given[1..].split('/').any(str::is_empty));
        is_claim.then(|| {
            if given.starts_with('/') {
                Self::At(given.to_owned())
            } else {
                Self::Named(given.to_owned())
            }
        })
    }

    /// The values in these claims: of a list its texts, or one text alone, as providers write a list of one.
    /// `None` when there is no such claim, or it is of another type: a wrong setting, or a mapping that was
    /// changed at the provider, says nothing of anybody's roles.
    pub(super) fn values(
        &self,
        claims: &serde_json::Map<String, serde_json::Value>,
    ) -> Option<Vec<String>> {
        use serde_json::Value;
        let found = match self {
            Self::Named(name) => claims.get(name)?,
            Self::At(path) => {
                let (first, rest) = match path[1..].split_once('/') {
                    Some((first, rest)) => (first, format!("/{rest}")),
                    None => (&path[1..], String::new()),
                };
                let first = first.replace("~1", "/").replace("~0", "~");
                claims.get(&first)?.pointer(&rest)?
            }
        };
        match found {
            Value::String(one) => Some(vec![one.clone()]),
            Value::Array(several) => {
                let texts = several.iter().filter_map(Value::as_str);
                let texts: Vec<String> = texts.map(str::to_owned).collect();
                (!texts.is_empty() || several.is_empty()).then_some(texts)
            }
            _ => None,
        }
    }
}

impl OpenIdSettings {
    /// Reads the variables; `None` when none of them is set.
    ///
    /// # Errors
    /// Names the first variable that is missing or cannot be read.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, WrongSetting> {
        let set = |name: &str| {
            let value = variable(name)?;
            Some(value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        if VARIABLES.iter().all(|name| set(name).is_none()) {
            return Ok(None);
        }
        let needed = |name| set(name).ok_or(wrong(name, NOT_SET));
        let issuer = needed("OPENID_ISSUER")?;
        let issuer = Issuer::parse(&issuer).ok_or(wrong("OPENID_ISSUER", NO_ISSUER))?;
        let client = needed("OPENID_CLIENT_ID")?;
        if !is_credential(&client) {
            return Err(wrong("OPENID_CLIENT_ID", NO_CREDENTIAL));
        }
        let secret = needed("OPENID_CLIENT_SECRET")?;
        if !is_credential(&secret) {
            return Err(wrong("OPENID_CLIENT_SECRET", NO_CREDENTIAL));
        }
        let claim = set("OPENID_ROLES_CLAIM").unwrap_or_else(|| "standby".to_owned());
        let roles_claim = RolesClaim::parse(&claim).ok_or(wrong("OPENID_ROLES_CLAIM", NO_CLAIM))?;
        let scopes = set("OPENID_SCOPES").unwrap_or_else(|| "openid profile".to_owned());
        if !scopes.bytes().all(|byte| byte == b' ' || is_scope(byte)) {
            return Err(wrong("OPENID_SCOPES", NO_SCOPES));
        }
        // `openid` is asked for in any case.
        let scopes = scopes
            .split_ascii_whitespace()
            .filter(|scope| *scope != "openid")
            .map(|scope| Scope::new(scope.to_owned()))
            .collect();
        let audiences = set("OPENID_AUDIENCE").unwrap_or_default();
        let audiences = audiences
            .split(',')
            .map(str::trim)
            .filter(|audience| !audience.is_empty())
            .map(|audience| Audience::new(audience.to_owned()))
            .collect();
        let prompt = match set("OPENID_PROMPT").as_deref() {
            None | Some("select_account") => Some(CoreAuthPrompt::SelectAccount),
            Some("login") => Some(CoreAuthPrompt::Login),
            Some("off") => None,
            Some(_) => return Err(wrong("OPENID_PROMPT", NO_PROMPT)),
        };
        Ok(Some(Self {
            issuer,
            client: ClientId::new(client),
            secret: ClientSecret::new(secret),
            roles_claim,
            scopes,
            audiences,
            prompt,
        }))
    }
}

/// VSCHAR of RFC 6749, appendix A.1 and A.2.
fn is_credential(given: &str) -> bool {
    given.len() <= MOST_BYTES && given.bytes().all(|byte| (0x20..=0x7e).contains(&byte))
}

/// NQCHAR of RFC 6749, appendix A.4.
fn is_scope(byte: u8) -> bool {
    byte == 0x21 || (0x23..=0x5b).contains(&byte) || (0x5d..=0x7e).contains(&byte)
}

const NOT_SET: &str = "is not set, while other OPENID_ settings are";
const NO_ISSUER: &str = "is not an address such as https://login.example (http only on this machine, nothing after ? or #)";
const NO_CREDENTIAL: &str =
    "is not what a provider gives out: visible ASCII characters, at most 1024";
const NO_CLAIM: &str =
    "is not the name of a claim such as standby, nor a JSON Pointer such as /realm_access/roles";
const NO_PROMPT: &str = "is none of select_account, login and off";
const NO_SCOPES: &str = "is not a list of scopes such as `openid profile`";

const fn wrong(variable: &'static str, is: &'static str) -> WrongSetting {
    WrongSetting { variable, is }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ALL: [(&str, &str); 3] = [
        ("OPENID_ISSUER", "https://login.example/realms/a"),
        ("OPENID_CLIENT_ID", "standby"),
        ("OPENID_CLIENT_SECRET", "not so secret"),
    ];

    fn read(variables: &[(&str, &str)]) -> Result<Option<OpenIdSettings>, WrongSetting> {
        OpenIdSettings::read(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn nothing_set_is_no_provider_and_half_of_it_is_refused_by_name() {
        assert!(read(&[]).unwrap().is_none());
        assert!(read(&ALL).unwrap().is_some());
        for left_out in 0..ALL.len() {
            let mut half = ALL.to_vec();
            let (name, _) = half.remove(left_out);
            assert_eq!(read(&half).unwrap_err(), wrong(name, NOT_SET));
        }
        assert_eq!(
            read(&[("OPENID_SCOPES", "openid")]).unwrap_err(),
            wrong("OPENID_ISSUER", NOT_SET)
        );
    }

    #[test]
    fn people_choose_an_account_unless_it_is_set_otherwise() {
        let prompt = |value| {
            let mut all = ALL.to_vec();
            all.push(("OPENID_PROMPT", value));
            read(&all).map(|settings| settings.unwrap().prompt)
        };
        for default in ["", " ", "select_account"] {
            assert_eq!(prompt(default), Ok(Some(CoreAuthPrompt::SelectAccount)));
        }
        assert_eq!(prompt("login"), Ok(Some(CoreAuthPrompt::Login)));
        assert_eq!(prompt("off"), Ok(None));
        // With which nobody who has to type a password could sign in.
        assert_eq!(prompt("none"), Err(wrong("OPENID_PROMPT", NO_PROMPT)));
    }

    #[test]
    fn an_issuer_is_asked_by_https_or_on_this_machine() {
        for good in [
            "https://login.example",
            "https://login.example/realms/a/",
            "http://127.0.0.1:4000",
            "http://localhost:1",
            "http://[::1]:8080/a",
        ] {
            assert!(Issuer::parse(good).is_some(), "{good}");
        }
        for bad in [
            "http://login.example",
            "ftp://login.example",
            "login.example",
            "https://a:b@login.example",
            "https://login.example/?a",
            "https://login.example/#a",
            "http://127.0.0.1.example",
            "",
        ] {
            assert!(Issuer::parse(bad).is_none(), "{bad}");
            let set = [("OPENID_ISSUER", bad), ALL[1], ALL[2]];
            assert_eq!(read(&set).unwrap_err().variable, "OPENID_ISSUER");
        }
    }

    #[test]
    fn a_provider_by_https_leads_nowhere_without_it() {
        let url = |address: &str| reqwest::Url::parse(address).unwrap();
        let far = Issuer::parse("https://login.example").unwrap();
        assert!(far.may_lead_to(&url("https://other.example/token")));
        for address in [
            "http://login.example/token",
            "http://127.0.0.1/token",
            "file:///etc/passwd",
        ] {
            assert!(!far.may_lead_to(&url(address)), "{address}");
        }
        let near = Issuer::parse("http://127.0.0.1:4000").unwrap();
        assert!(near.may_lead_to(&url("http://127.0.0.1:4000/token")));
        assert!(!near.may_lead_to(&url("http://login.example/token")));
    }

    #[test]
    fn roles_are_found_by_a_name_or_a_path() {
        let claims = json!({
            "standby": ["north:REPORTER", 3, null],
            "one": "north:REPORTER",
            "https://standby.example/roles": ["a:REPORTER"],
            "realm_access": { "roles": ["b:REPORTER"], "a/b": ["c:REPORTER"] },
            "nobody": [],
            "number": 3,
            "numbers": [3, null],
        });
        let claims = claims.as_object().unwrap();
        for (claim, found) in [
            ("standby", Some(vec!["north:REPORTER"])),
            ("one", Some(vec!["north:REPORTER"])),
            ("https://standby.example/roles", Some(vec!["a:REPORTER"])),
            ("/realm_access/roles", Some(vec!["b:REPORTER"])),
            ("/realm_access/a~1b", Some(vec!["c:REPORTER"])),
            ("/standby", Some(vec!["north:REPORTER"])),
            ("nobody", Some(vec![])),
            ("number", None),
            ("numbers", None),
            ("realm_access", None),
            ("realm_access.roles", None),
            ("/realm_access/none", None),
            ("none", None),
        ] {
            let values = RolesClaim::parse(claim).unwrap().values(claims);
            let found = found.map(|found| found.into_iter().map(str::to_owned).collect());
            assert_eq!(values, found, "{claim}");
        }
    }

    #[test]
    fn a_path_to_nowhere_is_refused() {
        for path in ["/", "//", "/realm_access/", "//roles"] {
            let mut all = ALL.to_vec();
            all.push(("OPENID_ROLES_CLAIM", path));
            assert_eq!(
                read(&all).unwrap_err(),
                wrong("OPENID_ROLES_CLAIM", NO_CLAIM)
            );
        }
    }

    #[test]
    fn no_secret_is_printed() {
        let shown = format!("{:?}", read(&ALL).unwrap());
        assert!(!shown.contains("not so secret"), "{shown}");
    }
}
