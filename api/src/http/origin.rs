//! Which web pages may use the API.
//!
//! A browser says in `Origin` from which page a request or a socket comes. Our own pages may
//! always: those at the public address and, on this machine, at its own names. Those of others only when
//! an administrator lists them. `Host` alone makes nobody our own: a page of the wider web can have its name
//! lead here, and its `Host` bears that name. Requests without the header come
//! from no page: they bear a credential of their own or see what is public.

use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// How long a browser may remember that a page of another origin is allowed, in seconds. Short,
/// because an origin that is taken off the list is to be out soon.
const PREFLIGHT_REMEMBERED_SECONDS: &str = "600";

/// An origin as browsers write it: scheme, host, and the port where it is not the scheme's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    scheme: String,
    /// Host and port, lower case.
    authority: String,
}

/// Text that is no origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an origin is a scheme, a host and perhaps a port, such as https://staff.example:8443")]
pub struct NotAnOrigin;

impl FromStr for Origin {
    type Err = NotAnOrigin;

    fn from_str(text: &str) -> Result<Self, NotAnOrigin> {
        let (scheme, authority) = text.split_once("://").ok_or(NotAnOrigin)?;
        let scheme_fits = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
        if !scheme_fits || !is_authority(authority) {
            return Err(NotAnOrigin);
        }
        let scheme = scheme.to_ascii_lowercase();
        let authority = authority.to_ascii_lowercase();
        let own_port = match scheme.as_str() {
            "http" => ":80",
            "https" => ":443",
            _ => "",
        };
        let authority = match authority.strip_suffix(own_port) {
            Some(host) if !own_port.is_empty() => host.to_owned(),
            _ => authority,
        };
        Ok(Self { scheme, authority })
    }
}

/// A host and perhaps a port, of the characters that are safe in a header and in a policy.
pub(crate) fn is_authority(text: &str) -> bool {
    (1..=255).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte))
        && host_of(text).is_some()
}

/// The host of `host`, `host:port` or `[address]:port`.
fn host_of(authority: &str) -> Option<&str> {
    let (host, port) = if let Some(rest) = authority.strip_prefix('[') {
        let (host, after) = rest.split_once(']')?;
        host.parse::<std::net::Ipv6Addr>().ok()?;
        (
            host,
            if after.is_empty() {
                None
            } else {
                Some(after.strip_prefix(':')?)
            },
        )
    } else {
        match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        }
    };
    let port_fits = port.is_none_or(|port| port.parse::<u16>().is_ok());
    (port_fits && !host.is_empty()).then_some(host)
}

/// Whether the request was sent to this machine by one of its own names.
///
/// A page of the wider web can have its name resolve to 127.0.0.1 and so reach what listens here
/// only, as "its own" origin; the `Host` header still bears the page's name.
pub fn is_sent_to_loopback(headers: &HeaderMap) -> bool {
    let Some(host) = host(headers).and_then(host_of) else {
        return false;
    };
    host.eq_ignore_ascii_case("localhost")
        || host.to_ascii_lowercase().ends_with(".localhost")
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::HOST)?.to_str().ok()
}

/// What an `Origin` header comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// No page: a program, or a browser's plain navigation.
    NoPage,
    /// One of our own pages.
    Own,
    /// A page of another origin that is on the list.
    Listed,
    /// Any other page.
    Foreign,
}

/// The pages that may use the API. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct OriginPolicy {
    own: Option<Origin>,
    listed: Arc<[Origin]>,
}

impl OriginPolicy {
    /// Lists origins whose pages may use the API.
    pub fn new(listed: impl IntoIterator<Item = Origin>) -> Self {
        Self {
            own: None,
            listed: listed.into_iter().collect(),
        }
    }

    /// Takes pages of this origin, where the server is public, for our own.
    #[must_use]
    pub fn of_pages_at(self, own: Option<Origin>) -> Self {
        Self { own, ..self }
    }

    /// Judges a request by its headers.
    pub fn standing(&self, headers: &HeaderMap) -> Standing {
        let mut origins = headers.get_all(header::ORIGIN).iter();
        let origin = match (origins.next(), origins.next()) {
            (None, _) => return Standing::NoPage,
            (Some(origin), None) => origin,
            (Some(_), Some(_)) => return Standing::Foreign,
        };
        // `null` (a sandboxed frame, a file) is no origin, and so foreign.
        let Some(origin) = origin
            .to_str()
            .ok()
            .and_then(|text| Origin::from_str(text).ok())
        else {
            return Standing::Foreign;
        };
        if self.own.as_ref() == Some(&origin) || is_of_this_machine(&origin, headers) {
            Standing::Own
        } else if self.listed.contains(&origin) {
            Standing::Listed
        } else {
            Standing::Foreign
        }
    }

    /// Answers a preflight request: the question of a browser whether a page may.
    pub fn answer_preflight(&self, headers: &HeaderMap, methods: &'static str) -> Response {
        let mut response = StatusCode::NO_CONTENT.into_response();
        response
            .headers_mut()
            .insert(header::ALLOW, HeaderValue::from_static(methods));
        if self.standing(headers) == Standing::Listed {
            for (name, value) in [
                (header::ACCESS_CONTROL_ALLOW_METHODS, methods),
                (
                    header::ACCESS_CONTROL_ALLOW_HEADERS,
                    "authorization, content-type",
                ),
                (header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_REMEMBERED_SECONDS),
            ] {
                response
                    .headers_mut()
                    .insert(name, HeaderValue::from_static(value));
            }
        }
        self.mark(headers, response.headers_mut());
        response
    }

    /// Lets a listed page read the answer. Never with cookies: `Allow-Credentials` is left out.
    pub fn mark(&self, request: &HeaderMap, response: &mut HeaderMap) {
        response.append(
            header::VARY,
            HeaderValue::from_name(HeaderName::from_static("origin")),
        );
        if self.standing(request) == Standing::Listed
            && let Some(origin) = request.get(header::ORIGIN)
        {
            response.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            response.insert(
                header::ACCESS_CONTROL_EXPOSE_HEADERS,
                HeaderValue::from_static("ratelimit, ratelimit-policy, retry-after"),
            );
        }
    }
}

/// Whether a page came from the name of this machine that the request is sent to.
fn is_of_this_machine(origin: &Origin, headers: &HeaderMap) -> bool {
    let is_web = matches!(origin.scheme.as_str(), "http" | "https");
    let sent_to =
        host(headers).and_then(|host| format!("{}://{host}", origin.scheme).parse::<Origin>().ok());
    is_web && is_sent_to_loopback(headers) && sent_to.as_ref() == Some(origin)
}

/// Whether a request asks for permission only.
pub fn is_preflight(method: &Method) -> bool {
    method == Method::OPTIONS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(host: &'static str, origins: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static(host));
        for origin in origins {
            headers.append(header::ORIGIN, HeaderValue::from_static(origin));
        }
        headers
    }

    fn standing(host: &'static str, origins: &[&'static str]) -> Standing {
        let listed = ["https://staff.example", "http://localhost:3000"];
        OriginPolicy::new(listed.map(|origin| origin.parse().expect("an origin")))
            .of_pages_at("https://wait.example".parse().ok())
            .standing(&headers(host, origins))
    }

    #[test]
    fn our_own_pages_may_always() {
        assert_eq!(
            standing("127.0.0.1:8080", &["http://127.0.0.1:8080"]),
            Standing::Own
        );
        assert_eq!(
            standing("wait.example", &["https://wait.example"]),
            Standing::Own
        );
        assert_eq!(
            standing("Wait.Example:443", &["https://wait.example"]),
            Standing::Own
        );
        assert_eq!(
            standing("[::1]:8080", &["http://[::1]:8080"]),
            Standing::Own
        );
    }

    /// Whoever has a name of the wider web lead to this server has pages under that name.
    #[test]
    fn the_host_a_request_names_makes_no_page_our_own() {
        for host in ["evil.example", "192.168.1.5:8080", "127.0.0.1.evil.example"] {
            let origin: &'static str = format!("http://{host}").leak();
            assert_eq!(standing(host, &[origin]), Standing::Foreign, "{host}");
        }
        // What a proxy makes of the host does not matter.
        let (inside, own) = ("10.0.0.7:8080", "https://wait.example");
        assert_eq!(standing(inside, &[own]), Standing::Own);
        assert_eq!(
            standing(inside, &["http://wait.example"]),
            Standing::Foreign
        );
    }

    #[test]
    fn pages_of_others_only_when_listed() {
        assert_eq!(
            standing("wait.example", &["https://staff.example"]),
            Standing::Listed
        );
        assert_eq!(
            standing("wait.example", &["HTTPS://Staff.Example:443"]),
            Standing::Listed
        );
        for origin in [
            "null",
            "",
            "http://staff.example",
            "https://staff.example.evil.example",
            "https://wait.example.evil.example",
            "https://wait.example:8443",
            "http://localhost:3001",
            "ftp://wait.example",
            "https://wait.example/",
            "https://user@wait.example",
        ] {
            assert_eq!(
                standing("wait.example", &[origin]),
                Standing::Foreign,
                "{origin}"
            );
        }
        let two = ["https://wait.example", "https://evil.example"];
        assert_eq!(standing("wait.example", &two), Standing::Foreign);
    }

    #[test]
    fn a_program_has_no_origin() {
        assert_eq!(standing("wait.example", &[]), Standing::NoPage);
    }

    #[test]
    fn a_listed_page_may_read_answers_and_no_other_may() {
        let policy = OriginPolicy::new(["https://staff.example".parse().expect("an origin")]);
        let allowed = |origin| {
            let response =
                policy.answer_preflight(&headers("wait.example", &[origin]), "GET, POST");
            response
                .headers()
                .contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN)
        };
        assert!(allowed("https://staff.example"));
        assert!(!allowed("https://evil.example"));
    }

    #[test]
    fn a_name_of_the_wider_web_is_not_this_machine() {
        for host in [
            "localhost",
            "localhost:8080",
            "127.0.0.1:8080",
            "[::1]:80",
            "app.localhost",
        ] {
            assert!(is_sent_to_loopback(&headers(host, &[])), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "10.0.0.1",
            "127.0.0.1.evil.example",
        ] {
            assert!(!is_sent_to_loopback(&headers(host, &[])), "{host}");
        }
        assert!(!is_sent_to_loopback(&HeaderMap::new()));
    }
}
