//! What every answer bears, so that a browser does with it only what is meant.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use super::origin::is_authority;

/// For what is no page. Nothing in it is ever run or framed, whatever a browser takes it for.
const NO_PAGE_POLICY: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'";

/// Headers that are the same for all answers. `no-referrer`: a clinic link names a clinic, and the
/// room that Join leads to need not know it.
const FIXED: [(HeaderName, &str); 7] = [
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("x-permitted-cross-domain-policies"),
        "none",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
    ),
];

/// A year, as browsers' preload lists want it. Sub-domains are their owner's business.
const HTTPS_ONLY: &str = "max-age=31536000";

/// What differs between installations.
#[derive(Clone, Copy, Debug, Default)]
pub struct SecurityHeaders {
    /// The public address begins with `https:`. Then browsers are told never to ask by `http:`.
    pub is_https: bool,
}

/// Adds the headers to an answer. A `content-security-policy` that is there already stays: the page
/// that needs another one says so itself.
///
/// ```ignore
/// router.layer(axum::middleware::from_fn_with_state(Arc::new(settings), add))
/// ```
pub async fn add(
    State(settings): State<Arc<SecurityHeaders>>,
    request: Request,
    next: Next,
) -> Response {
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .filter(|host| is_authority(host))
        .map(str::to_owned);
    let mut response = next.run(request).await;
    let is_not_modified = response.status() == StatusCode::NOT_MODIFIED;
    let headers = response.headers_mut();
    for (name, value) in FIXED {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    if settings.is_https {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static(HTTPS_ONLY),
        );
    }
    // What a 304 bears replaces what the browser kept with the page (RFC 9111, 3.2), and it has no
    // content type to tell a page by: a policy guessed here would blank the page at the next visit.
    if !is_not_modified && !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        let policy = if is_page(headers) {
            HeaderValue::from_str(&page_policy(host.as_deref()))
                .unwrap_or(HeaderValue::from_static(NO_PAGE_POLICY))
        } else {
            HeaderValue::from_static(NO_PAGE_POLICY)
        };
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn is_page(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|media_type| media_type.as_bytes().starts_with(b"text/html"))
}

/// The policy of our pages: everything from here, nothing inline, WebAssembly.
///
/// Safari before 15.4 does not take a WebSocket to the own host for `'self'`, so it is named.
pub fn page_policy(host: Option<&str>) -> String {
    let sockets = host
        .map(|host| format!(" ws://{host} wss://{host}"))
        .unwrap_or_default();
    format!(
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; connect-src 'self'{sockets}; object-src 'none'; \
         frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    )
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::response::Html;
    use axum::routing::get;

    use super::*;
    use crate::http::test_door::Server;

    async fn server(is_https: bool) -> Server {
        let router = Router::new()
            .route("/page", get(|| async { Html("<p>") }))
            .route(
                "/own",
                get(|| async { ([("content-security-policy", "x")], Html("<p>")) }),
            )
            .route("/kept", get(|| async { StatusCode::NOT_MODIFIED }))
            .route("/text", get(|| async { "text" }));
        let settings = Arc::new(SecurityHeaders { is_https });
        Server::start(router.layer(axum::middleware::from_fn_with_state(settings, add))).await
    }

    #[tokio::test]
    async fn a_page_the_browser_kept_keeps_its_policy() {
        let server = server(false).await;
        let answer = server.get("/kept").await;
        assert!(!answer.headers().contains_key("content-security-policy"));
    }

    #[tokio::test]
    async fn a_page_runs_nothing_but_what_comes_from_here() {
        let server = server(false).await;
        let answer = server.get("/page").await;
        let policy = answer.headers()["content-security-policy"]
            .to_str()
            .expect("text")
            .to_owned();
        assert!(policy.contains("script-src 'self' 'wasm-unsafe-eval';"));
        assert!(policy.contains("frame-ancestors 'none'"));
        assert!(policy.contains(&format!(
            "connect-src 'self' ws://{0} wss://{0};",
            server.host()
        )));
        assert!(!policy.contains("unsafe-inline"));
        assert_eq!(answer.headers()["referrer-policy"], "no-referrer");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        assert!(!answer.headers().contains_key("strict-transport-security"));
    }

    #[tokio::test]
    async fn what_is_no_page_may_do_nothing() {
        let answer = server(false).await.get("/text").await;
        assert_eq!(answer.headers()["content-security-policy"], NO_PAGE_POLICY);
    }

    #[tokio::test]
    async fn a_page_may_bring_a_policy_of_its_own() {
        let answer = server(false).await.get("/own").await;
        assert_eq!(answer.headers()["content-security-policy"], "x");
    }

    #[tokio::test]
    async fn behind_https_browsers_are_told_to_stay_there() {
        let answer = server(true).await.get("/page").await;
        assert_eq!(answer.headers()["strict-transport-security"], HTTPS_ONLY);
    }
}
