//! The room of the embedded default: where a clinic's own video service would open.

use axum::Router;
use axum::response::Html;
use axum::routing::get;

/// The demo clinic's room template: a page of this server, wherever it listens.
pub const TEMPLATE: &str = "/dev/room/{room}";

/// Serves every room, the same page for all.
pub fn router() -> Router {
    Router::new().route(
        "/dev/room/{room}",
        get(|| async { Html(include_str!("dev_room.html")) }),
    )
}
