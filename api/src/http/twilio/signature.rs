//! The signature by which Twilio's requests are told from anybody else's.
//!
//! `X-Twilio-Signature` is the base64 of HMAC-SHA1, under the account's auth token, over the
//! address that was requested followed by every form parameter, sorted by name, name and value
//! without anything between them (Twilio, Secure webhooks). With nothing between them, a parameter
//! cut elsewhere makes the same signature: so nothing that is read of a request may have another
//! meaning when it is cut. No status is the beginning of another, and whoever could cut must have
//! caught a real request.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Debug, Formatter};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use subtle::ConstantTimeEq as _;

/// The secret that an account shares with Twilio.
#[derive(Clone)]
pub struct AuthToken(Hmac<Sha1>);

/// A secret is never printed.
impl Debug for AuthToken {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str("AuthToken(…)")
    }
}

impl AuthToken {
    /// Takes the token; `None` for an empty one, under which everybody could sign.
    #[must_use]
    pub fn new(token: &str) -> Option<Self> {
        let token = token.trim();
        let is_secret = !token.is_empty();
        let keyed = || Hmac::new_from_slice(token.as_bytes()).ok().map(Self);
        is_secret.then(keyed).flatten()
    }

    /// The signature of a request to `address` with these parameters.
    #[must_use]
    pub fn sign(&self, address: &str, parameters: &[(String, String)]) -> String {
        // Of a name that comes more than once, each value counts once and in order: what Twilio's
        // own libraries do with it.
        let mut sorted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (name, value) in parameters {
            sorted.entry(name).or_default().insert(value);
        }
        let mut signing = self.0.clone();
        signing.update(address.as_bytes());
        for (name, values) in sorted {
            for value in values {
                signing.update(name.as_bytes());
                signing.update(value.as_bytes());
            }
        }
        STANDARD.encode(signing.finalize().into_bytes())
    }

    /// Whether `signature` is the one of a request to `public_url` followed by `path` (with its
    /// query) with these parameters. How long it takes says nothing of how much of it is right.
    #[must_use]
    pub fn has_signed(
        &self,
        public_url: &str,
        path: &str,
        parameters: &[(String, String)],
        signature: &[u8],
    ) -> bool {
        let mut is_right = subtle::Choice::from(0);
        for base in with_and_without_port(public_url) {
            let expected = self.sign(&format!("{base}{path}"), parameters);
            is_right |= expected.as_bytes().ct_eq(signature);
        }
        is_right.into()
    }
}

/// The same address with its port and without: Twilio signs now one, now the other, and its own
/// libraries try both.
fn with_and_without_port(public_url: &str) -> [String; 2] {
    let public_url = public_url.trim_end_matches('/');
    let port_at = public_url.rfind(':').filter(|&at| {
        let port = &public_url[at + 1..];
        !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
    });
    if let Some(at) = port_at {
        return [public_url.to_owned(), public_url[..at].to_owned()];
    }
    let port = if public_url.starts_with("https:") {
        443
    } else {
        80
    };
    [public_url.to_owned(), format!("{public_url}:{port}")]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(given: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        given.iter().map(owned).collect()
    }

    /// Twilio's published example.
    const EXAMPLE: [(&str, &str); 5] = [
        ("CallSid", "CA1234567890ABCDE"),
        ("Caller", "+14158675309"),
        ("Digits", "1234"),
        ("From", "+14158675309"),
        ("To", "+18005551212"),
    ];

    #[test]
    fn the_example_that_twilio_has_published_comes_out_as_published() {
        let token = AuthToken::new("12345").unwrap();
        let address = "https://mycompany.com/myapp.php?foo=1&bar=2";
        let signature = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
        assert_eq!(token.sign(address, &parameters(&EXAMPLE)), signature);
        let base = "https://mycompany.com";
        let path = "/myapp.php?foo=1&bar=2";
        let mut shuffled = parameters(&EXAMPLE);
        shuffled.reverse();
        assert!(token.has_signed(base, path, &shuffled, signature.as_bytes()));
    }

    #[test]
    fn a_signature_over_the_address_with_its_port_or_without_is_the_same_to_us() {
        let token = AuthToken::new("12345").unwrap();
        let sent = parameters(&EXAMPLE);
        for (public_url, signed) in [
            ("https://a.example", "https://a.example"),
            ("https://a.example", "https://a.example:443"),
            ("http://a.example", "http://a.example:80"),
            ("https://a.example:8443", "https://a.example:8443"),
            ("https://a.example:8443", "https://a.example"),
            ("http://[::1]", "http://[::1]:80"),
            ("http://[::1]:8080/", "http://[::1]:8080"),
        ] {
            let signature = token.sign(&format!("{signed}/x?y=1"), &sent);
            let has_signed = token.has_signed(public_url, "/x?y=1", &sent, signature.as_bytes());
            assert!(has_signed, "{public_url} signed as {signed}");
        }
        for (public_url, signed) in [
            ("https://a.example", "http://a.example"),
            ("https://a.example", "https://a.example:80"),
            ("https://a.example", "https://a.example:8443"),
            ("https://a.example:8443", "https://a.example:443"),
            ("https://a.example", "https://b.example"),
        ] {
            let signature = token.sign(&format!("{signed}/x?y=1"), &sent);
            let has_signed = token.has_signed(public_url, "/x?y=1", &sent, signature.as_bytes());
            assert!(!has_signed, "{public_url} signed as {signed}");
        }
    }

    #[test]
    fn a_name_that_comes_twice_counts_each_value_once_and_in_order() {
        let token = AuthToken::new("12345").unwrap();
        let sign = |given: &[(&str, &str)]| token.sign("https://a.example/", &parameters(given));
        let once = sign(&[("A", "1"), ("A", "2")]);
        assert_eq!(sign(&[("A", "2"), ("A", "1"), ("A", "2")]), once);
        assert_ne!(sign(&[("A", "1")]), once);
    }

    #[test]
    fn under_an_empty_token_nobody_signs() {
        assert!(AuthToken::new(" ").is_none());
        assert_eq!(
            format!("{:?}", AuthToken::new("12345")),
            "Some(AuthToken(…))"
        );
    }
}
