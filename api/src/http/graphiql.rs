//! GraphiQL, at `/graphiql`: the page on which to try the API, where the schema may be asked about itself.
//!
//! The page is async-graphql's. It loads GraphiQL and React from unpkg.com, so it needs a browser
//! with access to the internet; everything else of Standby works without. Its policy lets it do
//! that and nothing more; still, it is served only where nobody but this machine is. The pages of callers and
//! staff have another.

use async_graphql::http::GraphiQLSource;
use axum::Router;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::{graphql_http, graphql_ws};

/// Where it is served.
pub const PATH: &str = "/graphiql";

/// The last GraphiQL that comes as one file for a page without a build.
const VERSION: &str = "4.1.2";

/// Serves `/graphiql`.
pub fn router() -> Router {
    let page = GraphiQLSource::build()
        .endpoint(graphql_http::PATH)
        .subscription_endpoint(graphql_ws::PATH)
        .version(VERSION)
        .title("GraphiQL · Standby")
        .finish()
        .replace(
            "Loading...",
            "Loading GraphiQL from unpkg.com. Without access to the internet, point any other \
             GraphQL tool at /graphql.",
        )
        // No icon from the wider web.
        .replace("https://graphql.org/favicon.ico", "data:,");
    let policy = policy(&page);
    Router::new().route(
        PATH,
        get(move || std::future::ready(answer(&page, &policy))),
    )
}

fn answer(page: &str, policy: &str) -> Response {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, Html(page.to_owned())).into_response()
}

/// Scripts from unpkg.com and the page's own, known by its hash. Styles are written by the editor
/// as it goes, so they may be inline.
fn policy(page: &str) -> String {
    let script = page
        .rsplit_once("<script>")
        .and_then(|(_, rest)| rest.split_once("</script>"))
        .map(|(script, _)| script)
        .unwrap_or_default();
    let hash = STANDARD.encode(Sha256::digest(script));
    format!(
        "default-src 'none'; script-src https://unpkg.com 'sha256-{hash}'; \
         style-src https://unpkg.com 'unsafe-inline'; font-src https://unpkg.com data:; \
         img-src 'self' data:; connect-src 'self'; worker-src blob:; \
         frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::test_door::Server;

    #[tokio::test]
    async fn the_page_asks_this_server() {
        let server = Server::start(router()).await;
        let answer = server.get(PATH).await;
        assert!(
            answer.headers()["content-security-policy"]
                .to_str()
                .is_ok_and(|policy| {
                    policy.contains("'sha256-") && !policy.contains("script-src 'unsafe-inline'")
                })
        );
        let page = answer.text().await.expect("a page");
        assert!(page.contains("createUrl('/graphql')"));
        assert!(page.contains("createUrl('/graphql/ws', true)"));
        assert!(page.contains("graphiql@4.1.2/graphiql.min.js"));
        assert!(!page.contains("graphql.org/favicon"));
    }
}
