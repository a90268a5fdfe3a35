//! `/`: the ways in. And where there is no way.

use axum::Router;
use axum::http::StatusCode;
use axum::response::Html;
use axum::routing::get;

const CONSOLE: &str = r#"<li><a href="/console"><strong>Staff console</strong><span>Sign in with the link that you were given, or that the server printed when it started.</span></a></li>"#;
const DEMO: &str = r#"<li><a href="/c/{demo}"><strong>Arrive as a caller</strong><span>The clinic link, in a second window or on a narrow one. Join, and ask for a code.</span></a></li>"#;
const DEV_PHONE: &str = r#"<li><a href="/dev/phone"><strong>Dev phone</strong><span>Every text arrives here: the code, and later the link that brings you back.</span></a></li>"#;
const API: &str = r#"<li><a href="/graphiql"><strong>API</strong><span>GraphQL, to try out. This page needs the internet.</span></a></li>"#;

/// The ways in that not every server has.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ways<'a> {
    /// The slug of the demo clinic.
    pub demo: Option<&'a str>,
    /// Whether texts are shown on the dev phone.
    pub has_dev_phone: bool,
    /// Whether the API can be tried out on a page.
    pub has_graphiql: bool,
}

impl Ways<'_> {
    fn page(self) -> String {
        let demo = self.demo.map(|slug| DEMO.replace("{demo}", slug));
        let dev_phone = self.has_dev_phone.then(|| DEV_PHONE.to_owned());
        let ways = [
            Some(CONSOLE.to_owned()),
            demo,
            dev_phone,
            self.has_graphiql.then(|| API.to_owned()),
        ];
        let ways: Vec<String> = ways.into_iter().flatten().collect();
        include_str!("landing.html").replace("{ways}", &ways.join("\n"))
    }
}

/// Serves `/`.
pub fn router(ways: Ways<'_>) -> Router {
    let page = ways.page();
    let css = || async { ([("content-type", "text/css")], include_str!("landing.css")) };
    Router::new()
        .route("/", get(move || std::future::ready(Html(page.clone()))))
        .route("/landing.css", get(css))
        .fallback(|| async { (StatusCode::NOT_FOUND, Html(include_str!("not_found.html"))) })
}

#[cfg(test)]
mod tests {
    use super::Ways;

    #[test]
    fn a_public_server_shows_no_way_that_it_does_not_have() {
        let public = Ways::default().page();
        assert!(public.contains("/console"));
        assert!(!public.contains("/dev/phone") && !public.contains("/c/"));
        assert!(!public.contains("/graphiql"));
        let own = Ways {
            demo: Some("demo"),
            has_dev_phone: true,
            has_graphiql: true,
        }
        .page();
        assert!(own.contains("/c/demo") && own.contains("/dev/phone"));
        assert!(own.contains("/graphiql"));
    }
}
