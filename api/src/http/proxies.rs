//! Whom a request is from, behind proxies.
//!
//! `X-Forwarded-For` is a list to which each proxy adds, at its end, the address it was asked from.
//! What the one asking wrote is at its beginning and proves nothing. So the list is read from its
//! end, for as long as those who added to it are proxies of ours: the first that is not one of them
//! is who asks.

use std::fmt::{self, Display, Formatter};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::HeaderMap;
use ipnet::IpNet;

use crate::domain::public_address::is_public;

/// The header that the list is in.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Whether a proxy that is not named has been told of: once for the life of the process.
static HAS_TOLD: AtomicBool = AtomicBool::new(false);

/// Most addresses looked at: nobody stands behind more proxies, and a longer list is somebody's
/// try.
const HOPS: usize = 32;

/// The proxies whose word on an address is taken. None unless configured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

/// An entry of the list that is no address and no range of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAProxy(String);

impl Display for NotAProxy {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Self(entry) = self;
        write!(
            formatter,
            "{entry:?} is no address and no range of addresses such as 10.0.0.0/8"
        )
    }
}

impl std::error::Error for NotAProxy {}

impl TrustedProxies {
    /// Reads a list of addresses and ranges with commas between them, such as `10.0.0.0/8, ::1`.
    /// Blank is none.
    ///
    /// # Errors
    /// Names the first entry that is neither, or that is everybody: then everybody could say to be
    /// anybody.
    pub fn parse(list: &str) -> Result<Self, NotAProxy> {
        let entries = list.split(',').map(str::trim);
        entries
            .filter(|entry| !entry.is_empty())
            .map(|entry| range(entry).ok_or_else(|| NotAProxy(entry.to_owned())))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The address a request is from: of the connection, unless that is a proxy's.
    #[must_use]
    pub fn address(&self, peer: Option<SocketAddr>, headers: &HeaderMap) -> Option<IpAddr> {
        let peer = peer?.ip().to_canonical();
        if self.seems_unnamed(peer, headers) && !HAS_TOLD.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                %peer,
                "requests come through a proxy that STANDBY_TRUSTED_PROXIES does not name: everybody who comes \
                 through it has its address, and shares all limits by address with all others"
            );
        }
        let mut nearest = peer;
        // Several such headers are one list (RFC 9110, 5.3).
        let lists = headers.get_all(FORWARDED_FOR).iter().rev();
        let entries = lists.flat_map(|list| list.as_bytes().rsplit(|&byte| byte == b','));
        for entry in entries.take(HOPS) {
            if !self.is_one(nearest) {
                break;
            }
            // What a proxy of ours could not name is at least not nearer than that proxy.
            let Some(further) = address(entry) else { break };
            nearest = further;
        }
        Some(nearest)
    }

    /// Whether none is named.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a request seems to have come through a proxy that should have been named: one of the network
    /// that this machine is in says for whom it asks. From elsewhere anybody may say so.
    fn seems_unnamed(&self, peer: IpAddr, headers: &HeaderMap) -> bool {
        headers.contains_key(FORWARDED_FOR) && !self.is_one(peer) && !is_public(peer)
    }

    /// Whether an address is that of a proxy whose word is taken.
    pub(super) fn is_one(&self, address: IpAddr) -> bool {
        self.0.iter().any(|range| range.contains(&address))
    }
}

fn range(entry: &str) -> Option<IpNet> {
    let range = match entry.parse::<IpAddr>() {
        Ok(address) => IpNet::from(address.to_canonical()),
        Err(_) => entry.parse().ok()?,
    };
    (range.prefix_len() > 0).then_some(range)
}

/// Reads an address as proxies write it: bare, in brackets, with a port.
fn address(entry: &[u8]) -> Option<IpAddr> {
    // The longest: an IPv6 address written out, brackets, a port.
    const LONGEST: usize = 53;
    let entry = entry.trim_ascii();
    if entry.len() > LONGEST {
        return None;
    }
    let entry = std::str::from_utf8(entry).ok()?;
    let bare = || entry.parse::<IpAddr>().ok();
    let with_port = || entry.parse().ok().map(|address: SocketAddr| address.ip());
    let in_brackets = || {
        let inner = entry.strip_prefix('[')?.strip_suffix(']')?;
        inner.parse::<std::net::Ipv6Addr>().ok().map(IpAddr::V6)
    };
    let address = bare().or_else(with_port).or_else(in_brackets)?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn ours() -> TrustedProxies {
        TrustedProxies::parse("127.0.0.1, 10.0.0.0/8,2001:db8:aaaa::/48").unwrap()
    }

    fn seen(proxies: &TrustedProxies, peer: &str, lists: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for list in lists {
            let list = HeaderValue::from_bytes(list.as_bytes()).unwrap();
            headers.append("x-forwarded-for", list);
        }
        let peer = SocketAddr::new(peer.parse().unwrap(), 50_000);
        proxies.address(Some(peer), &headers).unwrap().to_string()
    }

    #[test]
    fn the_nearest_address_that_is_no_proxy_of_ours_is_who_asks() {
        for (peer, lists, expected) in [
            ("127.0.0.1", &["203.0.113.9"][..], "203.0.113.9"),
            ("127.0.0.1", &["203.0.113.9, 10.1.2.3"], "203.0.113.9"),
            ("10.9.9.9", &["198.51.100.1, 203.0.113.9"], "203.0.113.9"),
            (
                "10.9.9.9",
                &["198.51.100.1", "203.0.113.9, 10.0.0.1"],
                "203.0.113.9",
            ),
            ("10.9.9.9", &["203.0.113.9", "10.0.0.1"], "203.0.113.9"),
            ("127.0.0.1", &["203.0.113.9:4711"], "203.0.113.9"),
            ("127.0.0.1", &["[2001:db8::9]:4711"], "2001:db8::9"),
            ("127.0.0.1", &["[2001:db8::9]"], "2001:db8::9"),
            ("2001:db8:aaaa::1", &["2001:db8::9"], "2001:db8::9"),
            (
                "::ffff:10.0.0.1",
                &["::ffff:203.0.113.9, ::ffff:10.0.0.2"],
                "203.0.113.9",
            ),
            // All of them ours: the furthest.
            ("127.0.0.1", &["10.0.0.1, 10.0.0.2"], "10.0.0.1"),
            ("127.0.0.1", &[], "127.0.0.1"),
        ] {
            assert_eq!(seen(&ours(), peer, lists), expected, "{peer} {lists:?}");
        }
    }

    #[test]
    fn what_anybody_else_says_of_the_address_is_not_believed() {
        let list = &["10.0.0.1, 192.0.2.1"][..];
        for peer in ["203.0.113.9", "11.0.0.1", "2001:db8:bbbb::1"] {
            assert_eq!(seen(&ours(), peer, list), peer);
            assert_eq!(seen(&TrustedProxies::default(), peer, list), peer);
        }
        assert_eq!(
            seen(&TrustedProxies::default(), "127.0.0.1", list),
            "127.0.0.1"
        );
    }

    #[test]
    fn a_hostile_list_hides_nobody() {
        let proxies = ours();
        let many = "10.0.0.1,".repeat(5_000) + "203.0.113.9";
        assert_eq!(seen(&proxies, "127.0.0.1", &[&many]), "203.0.113.9");
        let pretended = "203.0.113.9, ".to_owned() + &"10.0.0.1, ".repeat(5_000) + "10.0.0.7";
        assert_eq!(seen(&proxies, "127.0.0.1", &[&pretended]), "10.0.0.1");
        let long = "9".repeat(60_000);
        for garbage in [
            "",
            ",",
            ",,,,",
            "unknown",
            "_hidden",
            "203.0.113.9.1",
            "203.0.113.9:99999",
            "0x7f.1",
            "[::1",
            "fe80::1%eth0",
            "\u{ff}\u{fe}",
            "203.0.113.9;10.0.0.1",
            &long,
        ] {
            // The proxy that is nearest to what cannot be read.
            assert_eq!(
                seen(&proxies, "127.0.0.1", &[garbage]),
                "127.0.0.1",
                "{garbage}"
            );
            let behind = format!("{garbage}, 10.0.0.1");
            assert_eq!(seen(&proxies, "127.0.0.1", &[&behind]), "10.0.0.1");
            let before = format!("{garbage}, 203.0.113.9");
            assert_eq!(seen(&proxies, "127.0.0.1", &[&before]), "203.0.113.9");
        }
    }

    #[test]
    fn a_list_that_cannot_be_read_names_its_first_wrong_entry() {
        for wrong in [
            "proxy.example",
            "10.0.0.0/33",
            "10.0.0",
            "0.0.0.0/0",
            "::/0",
            "10.0.0.1:80",
        ] {
            let refused = TrustedProxies::parse(&format!("127.0.0.1,{wrong}")).unwrap_err();
            assert!(refused.to_string().contains(wrong), "{refused}");
        }
        assert_eq!(TrustedProxies::parse(" , "), Ok(TrustedProxies::default()));
    }

    #[test]
    fn a_proxy_nearby_that_is_not_named_is_recognised() {
        let mut forwarded = HeaderMap::new();
        forwarded.append(FORWARDED_FOR, HeaderValue::from_static("8.8.8.8"));
        let none = TrustedProxies::default();
        for (proxies, peer, is_unnamed) in [
            (&none, "127.0.0.1", true),
            (&none, "10.9.9.9", true),
            (&none, "fd00::1", true),
            (&ours(), "127.0.0.1", false),
            (&ours(), "192.168.1.1", true),
            // Anybody can say that.
            (&none, "9.9.9.9", false),
        ] {
            let peer: IpAddr = peer.parse().unwrap();
            assert_eq!(
                proxies.seems_unnamed(peer, &forwarded),
                is_unnamed,
                "{peer}"
            );
            assert!(!proxies.seems_unnamed(peer, &HeaderMap::new()), "{peer}");
        }
    }

    #[test]
    fn a_connection_without_an_address_has_none() {
        assert_eq!(ours().address(None, &HeaderMap::new()), None);
    }
}
