//! The dev phone: where texts arrive while no provider is configured.
//!
//! `/dev/phone` shows each number as a phone; `/dev/phone/messages` is the same as JSON. Texts
//! contain codes and links to wait screens, so this is for one machine: only requests that were
//! sent to it by one of its own names are answered.

use std::future::Future;

use axum::extract::{Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::origin::is_sent_to_loopback;

/// Where the page is served.
pub const PATH: &str = "/dev/phone";

/// One text as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DevMessage {
    /// The number it was sent to, E.164.
    pub to: String,
    /// What it says.
    pub body: String,
    /// When it arrived.
    pub at: Timestamp,
}

/// Where texts are kept.
pub trait DevPhoneMessages: Clone + Send + Sync + 'static {
    /// The texts to one number, or to all, oldest first.
    fn messages(&self, to: Option<&str>) -> impl Future<Output = Vec<DevMessage>> + Send;
}

/// Serves `/dev/phone` and what belongs to it.
pub fn router<M: DevPhoneMessages>(messages: M) -> Router {
    Router::new()
        .route(PATH, get(|| async { Html(include_str!("dev_phone.html")) }))
        .route(
            "/dev/phone/page.css",
            get(|| async { file("text/css", include_str!("dev_phone.css")) }),
        )
        .route(
            "/dev/phone/page.js",
            get(|| async { file("text/javascript", include_str!("dev_phone.js")) }),
        )
        .route("/dev/phone/messages", get(list::<M>))
        .layer(middleware::from_fn(only_this_machine))
        .with_state(messages)
}

fn file(media_type: &'static str, content: &'static str) -> Response {
    ([(header::CONTENT_TYPE, media_type)], content).into_response()
}

/// A page of the wider web whose name was made to resolve to this machine could read codes
/// otherwise.
async fn only_this_machine(request: Request, next: Next) -> Response {
    let mut response = if is_sent_to_loopback(request.headers()) {
        next.run(request).await
    } else {
        let message = "The dev phone is shown where it runs only: open it by 127.0.0.1\n";
        (StatusCode::MISDIRECTED_REQUEST, message).into_response()
    };
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[derive(Deserialize)]
struct Which {
    to: Option<String>,
}

#[derive(Serialize)]
struct Shown {
    to: String,
    body: String,
    at: String,
}

async fn list<M: DevPhoneMessages>(
    State(messages): State<M>,
    Query(Which { to }): Query<Which>,
) -> Json<Vec<Shown>> {
    // In a query string + means a blank. Nobody types %2B.
    let to = to.map(|to| match to.strip_prefix(' ') {
        Some(digits) => format!("+{digits}"),
        None => to,
    });
    let messages = messages.messages(to.as_deref()).await;
    let shown = messages
        .into_iter()
        .map(|DevMessage { to, body, at }| Shown {
            to,
            body,
            at: format!("{at:.3}"),
        });
    Json(shown.collect())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::http::test_door::Server;

    #[derive(Clone)]
    struct Two;

    impl DevPhoneMessages for Two {
        async fn messages(&self, to: Option<&str>) -> Vec<DevMessage> {
            let message = |number: &str, body: &str, second| DevMessage {
                to: number.into(),
                body: body.into(),
                at: Timestamp::new(second, 0).expect("a time"),
            };
            let all = [
                message("+61400000001", "one", 0),
                message("+61400000002", "two", 1),
            ];
            all.into_iter()
                .filter(|message| to.is_none_or(|to| to == message.to))
                .collect()
        }
    }

    #[tokio::test]
    async fn messages_are_given_for_one_number_or_all() {
        let server = Server::start(router(Two)).await;
        let one =
            json!([{ "to": "+61400000001", "body": "one", "at": "1970-01-01T00:00:00.000Z" }]);
        for path in [
            "/dev/phone/messages?to=%2B61400000001",
            "/dev/phone/messages?to=+61400000001",
        ] {
            let answer: Value = server.get(path).await.json().await.expect("JSON");
            assert_eq!(answer, one, "{path}");
        }
        let all: Value = server
            .get("/dev/phone/messages")
            .await
            .json()
            .await
            .expect("JSON");
        assert_eq!(all.as_array().map(Vec::len), Some(2));
    }

    #[tokio::test]
    async fn the_page_has_nothing_inline() {
        let server = Server::start(router(Two)).await;
        let page = server.get(PATH).await.text().await.expect("a page");
        assert!(!page.contains("<style") && !page.contains("style=") && !page.contains("onclick"));
        assert!(page.matches("<script").count() == page.matches("<script src=").count());
        for path in ["/dev/phone/page.css", "/dev/phone/page.js"] {
            assert!(page.contains(path) && server.get(path).await.status() == 200);
        }
    }

    #[tokio::test]
    async fn it_is_shown_to_this_machine_only() {
        let server = Server::start(router(Two)).await;
        let asking = server.client.get(server.url("/dev/phone/messages"));
        let answer = asking
            .header("host", "evil.example")
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), 421);
        assert!(!answer.text().await.expect("text").contains("+61"));
    }
}
