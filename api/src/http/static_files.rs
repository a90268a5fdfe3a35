//! The two apps as they were built into `dist`: `make web` puts them there.
//!
//! | path | file |
//! | --- | --- |
//! | `/c/{slug}`, `/w`, `/fixtures` | `mobile/index.html` |
//! | `/assets/*` | `mobile/assets/*`, else `console/assets/*` |
//! | `/console`, `/console/*` | `console/index.html` |
//! | `/console/assets/*` | `console/assets/*` |
//!
//! Files in `assets` are named for their content, so browsers keep them for ever; the pages that
//! name them are asked for each time. Each file may lie there compressed as well, as `.br` and
//! `.gz`.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use tower_http::services::{ServeDir, ServeFile};

const FOR_EVER: &str = "public, max-age=31536000, immutable";
const ASK_EACH_TIME: &str = "no-cache";
const NEVER: &str = "no-store";

#[derive(Clone)]
struct Dist(Arc<PathBuf>);

/// The pages of the apps that are not in the folder `dist`.
pub fn not_built_in(dist: &Path) -> Vec<&'static str> {
    let pages = ["mobile/index.html", "console/index.html"];
    pages
        .into_iter()
        .filter(|page| !dist.join(page).is_file())
        .collect()
}

/// Serves the apps from the folder `dist`, which need not be there yet.
pub fn router(dist: impl Into<PathBuf>) -> Router {
    let mobile = get(|dist, request| page(dist, "mobile", request));
    let console = get(|dist, request| page(dist, "console", request));
    let assets = get(|dist, request| asset(dist, "/assets", &["mobile", "console"], request));
    let console_assets = get(|dist, request| asset(dist, "/console/assets", &["console"], request));
    Router::new()
        .route("/c/{slug}", mobile.clone())
        .route("/w", mobile.clone())
        .route("/fixtures", mobile)
        .route("/console", console.clone())
        .route("/console/", console.clone())
        .route("/console/{*path}", console)
        .route("/assets/{*path}", assets)
        .route("/console/assets/{*path}", console_assets)
        .with_state(Dist(Arc::new(dist.into())))
}

async fn page(State(Dist(dist)): State<Dist>, app: &'static str, request: Request) -> Response {
    let file = dist.join(app).join("index.html");
    let mut service = ServeFile::new(&file)
        .precompressed_br()
        .precompressed_gzip();
    let response = served(service.try_call(request).await);
    if response.status() == StatusCode::NOT_FOUND {
        return not_built();
    }
    kept(response, ASK_EACH_TIME)
}

async fn asset(
    State(Dist(dist)): State<Dist>,
    prefix: &'static str,
    apps: &'static [&'static str],
    request: Request,
) -> Response {
    let (mut parts, _) = request.into_parts();
    let name = parts
        .uri
        .path()
        .strip_prefix(prefix)
        .and_then(|name| name.parse::<Uri>().ok());
    parts.uri = name.unwrap_or_default();
    for app in apps {
        let mut service = ServeDir::new(dist.join(app).join("assets"))
            .append_index_html_on_directories(false)
            .precompressed_br()
            .precompressed_gzip();
        let request = Request::from_parts(parts.clone(), Body::empty());
        let response = served(service.try_call(request).await);
        let status = response.status();
        if status.is_success() || status == StatusCode::NOT_MODIFIED {
            return kept(response, FOR_EVER);
        }
        if status != StatusCode::NOT_FOUND {
            return kept(response, NEVER);
        }
    }
    // Not kept: during an update an old page may ask for what comes a moment later.
    kept(StatusCode::NOT_FOUND.into_response(), NEVER)
}

fn served<B>(result: io::Result<Response<B>>) -> Response
where
    B: HttpBody<Data = axum::body::Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    match result {
        Ok(response) => response.map(Body::new),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            StatusCode::NOT_FOUND.into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a file of the apps could not be read");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn kept(mut response: Response, how: &'static str) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(how));
    headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
    response
}

fn not_built() -> Response {
    let page = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
        <meta name=\"viewport\" content=\"width=device-width\"><title>Not built yet</title>\
        <h1>This page is not built yet</h1>\
        <p>Run <code>make web</code> in the project's folder, then reload. \
        The server need not be started again.</p></html>";
    kept(
        (StatusCode::SERVICE_UNAVAILABLE, Html(page)).into_response(),
        NEVER,
    )
}

#[cfg(test)]
mod tests {
    use std::fs;

    use reqwest::Response as Answer;
    use tempfile::TempDir;

    use super::*;
    use crate::http::test_door::Server;

    fn built() -> TempDir {
        let dist = tempfile::tempdir().expect("a folder");
        for (name, content) in [
            ("mobile/index.html", "wait screen"),
            ("mobile/index.html.br", "wait screen, brotli"),
            ("mobile/assets/mobile-1.js", "mobile script"),
            ("mobile/assets/mobile-1.js.gz", "mobile script, gzip"),
            ("mobile/assets/mobile-1.wasm", "wasm"),
            ("console/index.html", "console"),
            ("console/assets/console-1.js", "console script"),
            ("secret.txt", "secret"),
        ] {
            let file = dist.path().join(name);
            fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
            fs::write(file, content).expect("a file");
        }
        dist
    }

    fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
        answer
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    #[tokio::test]
    async fn every_address_of_an_app_opens_its_page() {
        let dist = built();
        let server = Server::start(router(dist.path())).await;
        for (path, expected) in [
            ("/c/demo", "wait screen"),
            ("/w", "wait screen"),
            ("/fixtures", "wait screen"),
            ("/console", "console"),
            ("/console/", "console"),
            ("/console/configure/waiting-area", "console"),
        ] {
            let answer = server.get(path).await;
            assert_eq!(header(&answer, "cache-control"), ASK_EACH_TIME, "{path}");
            assert_eq!(header(&answer, "content-type"), "text/html", "{path}");
            assert_eq!(answer.text().await.expect("text"), expected, "{path}");
        }
    }

    #[test]
    fn what_is_missing_of_the_apps_is_known_by_name() {
        let dist = built();
        assert!(not_built_in(dist.path()).is_empty());
        fs::remove_file(dist.path().join("console/index.html")).expect("it was there");
        assert_eq!(not_built_in(dist.path()), ["console/index.html"]);
        let nowhere = dist.path().join("nowhere");
        let both = ["mobile/index.html", "console/index.html"];
        assert_eq!(not_built_in(&nowhere), both);
    }

    #[tokio::test]
    async fn files_named_for_their_content_are_kept_for_ever() {
        let dist = built();
        let server = Server::start(router(dist.path())).await;
        for (path, media_type) in [
            ("/assets/mobile-1.js", "text/javascript"),
            ("/assets/mobile-1.wasm", "application/wasm"),
            ("/assets/console-1.js", "text/javascript"),
            ("/console/assets/console-1.js", "text/javascript"),
        ] {
            let answer = server.get(path).await;
            assert_eq!(answer.status(), 200, "{path}");
            assert_eq!(header(&answer, "cache-control"), FOR_EVER, "{path}");
            assert_eq!(header(&answer, "content-type"), media_type, "{path}");
        }
    }

    #[tokio::test]
    async fn what_lies_there_compressed_is_sent_so() {
        let dist = built();
        let server = Server::start(router(dist.path())).await;
        for (path, encoding, expected) in [
            ("/w", "br", "wait screen, brotli"),
            ("/w", "gzip", "wait screen"),
            ("/assets/mobile-1.js", "gzip, br", "mobile script, gzip"),
        ] {
            let asking = server
                .client
                .get(server.url(path))
                .header("accept-encoding", encoding);
            let answer = asking.send().await.expect("an answer");
            assert_eq!(header(&answer, "vary"), "accept-encoding");
            assert_eq!(answer.text().await.expect("text"), expected);
        }
    }

    #[tokio::test]
    async fn what_is_not_there_is_not_kept_and_nothing_else_is_reached() {
        let dist = built();
        let server = Server::start(router(dist.path())).await;
        for path in [
            "/assets/none.js",
            "/assets/",
            "/console/assets/mobile-1.js",
            "/assets/..%2f..%2fsecret.txt",
            "/assets/%2e%2e/%2e%2e/secret.txt",
            "/assets//secret.txt",
        ] {
            let answer = server.get(path).await;
            assert_eq!(answer.status(), 404, "{path}");
            assert_ne!(header(&answer, "cache-control"), FOR_EVER, "{path}");
            assert!(!answer.text().await.expect("text").contains("secret"));
        }
    }

    #[tokio::test]
    async fn before_the_first_build_the_page_says_how_to_build() {
        let dist = tempfile::tempdir().expect("a folder");
        let server = Server::start(router(dist.path())).await;
        let answer = server.get("/w").await;
        assert_eq!(answer.status(), 503);
        assert!(answer.text().await.expect("text").contains("make web"));
    }
}
