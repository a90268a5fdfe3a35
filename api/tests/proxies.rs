//! Whose address the application counts by.

#![allow(
    clippy::unwrap_used,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

mod support;

use axum::http::{HeaderMap, HeaderValue};
use standby::graphql::door::AppDoor;
use standby::http::door::Door as _;
use standby::http::proxies::TrustedProxies;
use std::sync::Arc;
use support::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn the_door_believes_the_proxies_it_was_told_of_and_nobody_else() {
    let stage = Stage::new();
    let mut headers = HeaderMap::new();
    let list = HeaderValue::from_static("198.51.100.1, 203.0.113.9");
    headers.insert("x-forwarded-for", list);
    let proxies = TrustedProxies::parse("127.0.0.1").unwrap();
    let bare = AppDoor::new(Arc::clone(&stage.app));
    let behind = bare.clone().behind(proxies);
    let (proxy, other) = ("127.0.0.1:1", "192.0.2.7:1");
    for (door, peer, expected) in [
        (&bare, proxy, "127.0.0.1"),
        (&bare, other, "192.0.2.7"),
        (&behind, proxy, "203.0.113.9"),
        (&behind, other, "192.0.2.7"),
    ] {
        let address = door.address(Some(peer.parse().unwrap()), &headers);
        assert_eq!(address, Some(expected.parse().unwrap()), "{peer}");
    }
}
