//! What the provider publishes, over hours: what it answers otherwise is tested with a real one, in
//! `tests/api/tests/openid.rs`.

use super::settings::OpenIdSettings;
use super::*;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::sync::atomic::AtomicUsize;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const MOMENT: Span = Span::millis(1);

/// What a provider publishes, which can be down.
struct Published {
    issuer: String,
    is_down: AtomicBool,
    asked: AtomicUsize,
    keys_asked: AtomicUsize,
}

async fn keys(State(published): State<Arc<Published>>) -> Response {
    published.keys_asked.fetch_add(1, Ordering::SeqCst);
    if published.is_down.load(Ordering::SeqCst) {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    axum::Json(serde_json::json!({ "keys": [] })).into_response()
}

async fn metadata(State(published): State<Arc<Published>>) -> Response {
    published.asked.fetch_add(1, Ordering::SeqCst);
    if published.is_down.load(Ordering::SeqCst) {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let issuer = &published.issuer;
    axum::Json(serde_json::json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/auth"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }))
    .into_response()
}

async fn provider() -> (OpenIdProvider, Arc<Published>) {
    provider_called("").await
}

/// One whose name for itself ends in this.
async fn provider_called(end: &str) -> (OpenIdProvider, Arc<Published>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    let published = Arc::new(Published {
        issuer: format!("{issuer}{end}"),
        is_down: AtomicBool::new(false),
        asked: AtomicUsize::new(0),
        keys_asked: AtomicUsize::new(0),
    });
    let routes = Router::new()
        .route("/.well-known/openid-configuration", get(metadata))
        .route("/jwks", get(keys))
        .with_state(Arc::clone(&published));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (provider_at(&issuer), published)
}

fn provider_at(issuer: &str) -> OpenIdProvider {
    let settings = OpenIdSettings::read(|name| match name {
        "OPENID_ISSUER" => Some(issuer.to_owned()),
        "OPENID_CLIENT_ID" | "OPENID_CLIENT_SECRET" => Some("standby".to_owned()),
        _ => None,
    });
    OpenIdProvider::new(settings.unwrap().unwrap()).unwrap()
}

#[tokio::test]
async fn a_provider_of_another_name_is_refused_with_both_names() {
    let (provider, published) = provider_called("/").await;
    let why = provider.look_up(NOW).await.unwrap_err();
    let set = provider.settings.issuer.url().as_str();
    for words in [
        format!("itself {},", published.issuer),
        format!("OPENID_ISSUER, {set}"),
    ] {
        assert!(why.contains(&words), "{why}");
    }
    let endless = format!("/{}", "a".repeat(10_000));
    let (provider, _) = provider_called(&endless).await;
    assert!(provider.look_up(NOW).await.unwrap_err().len() < 400);
}

#[tokio::test]
async fn a_provider_that_cannot_be_reached_is_named_by_host_and_port() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let provider = provider_at(&format!("{host}/realms/a"));
    let why = provider.look_up(NOW).await.unwrap_err();
    assert_eq!(why, format!("it cannot be reached at {host}"));
}

#[tokio::test]
async fn what_was_published_is_used_for_a_day_while_the_provider_cannot_be_asked_again() {
    let (provider, published) = provider().await;
    provider.look_up(NOW).await.unwrap();
    published.is_down.store(true, Ordering::SeqCst);
    let asked = || published.asked.load(Ordering::SeqCst);
    for (at, asked_by_then) in [
        (NOW + KEPT - MOMENT, 1),
        (NOW + KEPT, 2),
        (NOW + KEPT + ASKED_AGAIN_AFTER - MOMENT, 2),
        (NOW + KEPT + ASKED_AGAIN_AFTER, 3),
        (NOW + KEPT_AT_MOST - MOMENT, 4),
    ] {
        assert_eq!(provider.look_up(at).await, Ok(()));
        assert_eq!(asked(), asked_by_then);
    }
    let late = NOW + KEPT_AT_MOST + LEFT_ALONE;
    assert!(provider.look_up(late).await.is_err());
    published.is_down.store(false, Ordering::SeqCst);
    assert_eq!(provider.look_up(late + LEFT_ALONE).await, Ok(()));
}

#[tokio::test]
async fn a_provider_that_answers_again_is_asked_every_hour_again() {
    let (provider, published) = provider().await;
    provider.look_up(NOW).await.unwrap();
    published.is_down.store(true, Ordering::SeqCst);
    provider.look_up(NOW + KEPT).await.unwrap();
    published.is_down.store(false, Ordering::SeqCst);
    let renewed = NOW + KEPT + ASKED_AGAIN_AFTER;
    provider.look_up(renewed).await.unwrap();
    let asked = published.asked.load(Ordering::SeqCst);
    provider.look_up(renewed + KEPT - MOMENT).await.unwrap();
    assert_eq!(published.asked.load(Ordering::SeqCst), asked);
}

#[tokio::test]
async fn keys_that_could_not_be_fetched_are_fetched_seconds_later_and_others_after_a_minute() {
    let (provider, published) = provider().await;
    provider.look_up(NOW).await.unwrap();
    published.is_down.store(true, Ordering::SeqCst);
    for (at, asked_by_then) in [
        (NOW, 2),
        (NOW + LEFT_ALONE - MOMENT, 2),
        (NOW + LEFT_ALONE, 3),
    ] {
        assert!(provider.with_keys_of_now(at).await.is_err());
        assert_eq!(published.keys_asked.load(Ordering::SeqCst), asked_by_then);
    }
    published.is_down.store(false, Ordering::SeqCst);
    let again = NOW + LEFT_ALONE + LEFT_ALONE;
    for (at, asked_by_then) in [
        (again, 4),
        (again + KEYS_EVERY - MOMENT, 4),
        (again + KEYS_EVERY, 5),
    ] {
        assert!(provider.with_keys_of_now(at).await.unwrap().is_some());
        assert_eq!(published.keys_asked.load(Ordering::SeqCst), asked_by_then);
    }
}
