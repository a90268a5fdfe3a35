//! `/` of the embedded default: the ways in. And where there is no way.

use axum::Router;
use axum::http::StatusCode;
use axum::response::Html;
use axum::routing::get;

/// Serves `/`, with the clinic link of `demo`.
pub fn router(demo: &str) -> Router {
    let page = include_str!("landing.html").replace("{demo}", demo);
    let css = || async { ([("content-type", "text/css")], include_str!("landing.css")) };
    Router::new()
        .route("/", get(move || std::future::ready(Html(page.clone()))))
        .route("/landing.css", get(css))
        .fallback(|| async { (StatusCode::NOT_FOUND, Html(include_str!("not_found.html"))) })
}
