//! Where the server is.

use std::fmt;

use crate::platform::Http;

/// The longest base address taken: far above any real one.
const LONGEST_BASE: usize = 2000;

/// Why an address cannot be the base of a server's addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a server's address starts with http:// or https://, and has no query and no fragment")]
pub struct InvalidEndpoint;

/// A server's addresses. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Endpoint {
    base: String,
    pub(crate) graphql: String,
    pub(crate) socket: String,
    pub(crate) http: Http,
}

impl Endpoint {
    /// The server at `base_url`, as in `https://clinic.example` (in a browser: the page's own
    /// origin). Requests go to `<base_url>/graphql`, live updates come from
    /// `<base_url>/graphql/ws`.
    ///
    /// # Errors
    ///
    /// When the address is not an http or https address, or has a query or a fragment.
    pub fn new(base_url: &str) -> Result<Self, InvalidEndpoint> {
        let base = base_url.trim_end_matches('/');
        let (socket_scheme, rest) = if let Some(rest) = base.strip_prefix("https://") {
            ("wss", rest)
        } else if let Some(rest) = base.strip_prefix("http://") {
            ("ws", rest)
        } else {
            return Err(InvalidEndpoint);
        };
        let is_plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#' | b'@');
        let host_is_missing = rest.is_empty() || rest.starts_with('/');
        if host_is_missing || base.len() > LONGEST_BASE || !rest.bytes().all(is_plain) {
            return Err(InvalidEndpoint);
        }
        Ok(Self {
            base: base.to_owned(),
            graphql: format!("{base}/graphql"),
            socket: format!("{socket_scheme}://{rest}/graphql/ws"),
            http: Http::new(),
        })
    }

    /// The address given, without a slash at its end.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Endpoint").field(&self.base).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_addresses_follow_from_the_base() {
        for (base, graphql, socket) in [
            (
                "http://127.0.0.1:4000",
                "http://127.0.0.1:4000/graphql",
                "ws://127.0.0.1:4000/graphql/ws",
            ),
            (
                "https://clinic.example/",
                "https://clinic.example/graphql",
                "wss://clinic.example/graphql/ws",
            ),
            (
                "https://x.example/standby",
                "https://x.example/standby/graphql",
                "wss://x.example/standby/graphql/ws",
            ),
            (
                "http://[::1]:4000",
                "http://[::1]:4000/graphql",
                "ws://[::1]:4000/graphql/ws",
            ),
        ] {
            let endpoint = Endpoint::new(base).expect(base);
            assert_eq!(
                (endpoint.graphql.as_str(), endpoint.socket.as_str()),
                (graphql, socket)
            );
        }
    }

    #[test]
    fn what_is_no_servers_address_is_refused() {
        for base in [
            "",
            "clinic.example",
            "ftp://clinic.example",
            "https://",
            "https:///x",
            "https://x.example?a=b",
            "https://x.example/#a",
            "https://user:word@x.example",
            "https://x example",
        ] {
            assert!(Endpoint::new(base).is_err(), "{base}");
        }
    }
}
