//! What a browser is told to do with each page, and who is told what the API can do.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

use reqwest::{Client, Response, redirect::Policy};
use serde_json::{Value, json};
use standby_tests::{Caller, FakeTwilio, Server, until};

async fn get(server: &Server, path: &str) -> Response {
    let client = Client::builder().redirect(Policy::none()).build();
    let url = format!("{}{path}", server.origin());
    let request = client.expect("a client").get(url);
    request.send().await.expect("an answer")
}

fn header(answer: &Response, name: &str) -> String {
    let value = answer.headers().get(name);
    value
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned()
}

#[tokio::test]
async fn every_answer_says_what_a_browser_may_do_with_it() {
    let server = Server::start().await;
    for path in [
        "/",
        "/landing.css",
        "/c/demo",
        "/c/nowhere",
        "/w",
        "/console",
        "/console/sign-in",
        "/fixtures",
        "/assets/none.js",
        "/dev/phone",
        "/dev/phone/messages?to=%2B61491570001",
        "/dev/room/1",
        "/sign-in/openid",
        "/graphiql",
        "/graphql",
        "/graphql/stream",
        "/graphql/ws",
        "/.well-known/assetlinks.json",
        "/.well-known/apple-app-site-association",
        "/healthz",
        "/readyz",
        "/metrics",
        "/clinics/demo/report.csv",
        "/nowhere",
        "/%0d%0aset-cookie:a=b",
    ] {
        let answer = get(&server, path).await;
        let policy = header(&answer, "content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'") || policy.starts_with("default-src 'self'"),
            "{path}: {policy}"
        );
        assert!(
            policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert!(policy.contains("base-uri 'none'"), "{path}: {policy}");
        assert!(!policy.contains("'unsafe-eval'"), "{path}: {policy}");
        let scripts = policy.split(';').find(|part| part.contains("script-src"));
        assert!(
            !scripts.unwrap_or_default().contains("unsafe-inline"),
            "{path}: {policy}"
        );
        // Only the page for trying the API out styles itself.
        assert_eq!(
            policy.contains("unsafe-inline"),
            path == "/graphiql",
            "{path}: {policy}"
        );
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(header(&answer, name), value, "{path} {name}");
        }
        assert!(
            header(&answer, "permissions-policy").contains("camera=()"),
            "{path}"
        );
        assert_eq!(header(&answer, "set-cookie"), "", "{path}");
        assert_eq!(header(&answer, "access-control-allow-origin"), "", "{path}");
    }
}

#[tokio::test]
async fn a_host_that_is_no_name_gets_into_no_header() {
    let server = Server::start().await;
    for host in ["x; script-src *", "x 'unsafe-inline'", "x,y", "x\"y"] {
        let url = format!("{}/", server.origin());
        let request = Client::new().get(url).header("host", host);
        let answer = request.send().await.expect("an answer");
        let policy = header(&answer, "content-security-policy");
        assert!(
            !policy.contains("script-src *") && !policy.contains("unsafe-inline"),
            "{policy}"
        );
        assert!(!policy.contains(host), "{policy}");
    }
}

#[tokio::test]
async fn figures_of_a_public_server_are_for_whoever_has_the_token() {
    const TOKEN: &str = "0123456789abcdef0123456789abcdef";
    let twilio = FakeTwilio::unchecked().await;
    let mut settings = twilio.settings();
    settings.push(("PUBLIC_URL", "https://standby.example"));
    let closed = Server::start_with(&settings).await;
    let (metrics, nowhere) = (
        get(&closed, "/metrics").await,
        get(&closed, "/nowhere").await,
    );
    assert_eq!(metrics.status(), 404);
    let pages = (metrics.text().await, nowhere.text().await);
    assert_eq!(pages.0.expect("a page"), pages.1.expect("a page"));
    settings.push(("STANDBY_METRICS_TOKEN", TOKEN));
    let server = Server::start_with(&settings).await;
    for path in ["/healthz", "/readyz"] {
        assert_eq!(get(&closed, path).await.status(), 200);
        assert_eq!(get(&server, path).await.status(), 200);
    }
    let refused = get(&server, "/metrics").await;
    assert_eq!(refused.status(), 401);
    assert_eq!(header(&refused, "www-authenticate"), "Bearer");
    let http = Client::new();
    for (token, status) in [(TOKEN, 200), (&TOKEN[1..], 401), ("", 401)] {
        let asked = http.get(format!("{}/metrics", server.origin()));
        let answer = asked.bearer_auth(token).send().await.expect("an answer");
        assert_eq!(answer.status(), status, "{token}");
        let words = answer.text().await.expect("text");
        assert_eq!(words.contains("standby_callers 0"), status == 200);
    }
    assert!(!server.logged().contains(TOKEN));
}

#[tokio::test]
async fn a_public_server_whose_proxy_is_not_named_says_so_at_its_start() {
    let twilio = FakeTwilio::unchecked().await;
    let mut settings = twilio.settings();
    settings.push(("PUBLIC_URL", "https://standby.example"));
    let logged = at_its_start(&settings).await;
    assert!(logged.contains("STANDBY_TRUSTED_PROXIES"), "{logged}");
    settings.push(("STANDBY_TRUSTED_PROXIES", "127.0.0.1"));
    let logged = at_its_start(&settings).await;
    assert!(!logged.contains("STANDBY_TRUSTED_PROXIES"), "{logged}");
}

/// What a server has logged by the time that it serves.
async fn at_its_start(settings: &[(&str, &str)]) -> String {
    let server = Server::start_with(settings).await;
    until("the server says that it serves", async || {
        let logged = server.logged();
        logged.contains("serving").then_some(logged)
    })
    .await
}

const SCHEMA: &str = "{ __schema { queryType { name } types { name } } }";

#[tokio::test]
async fn on_this_machine_the_schema_can_be_asked_about_itself() {
    let server = Server::start().await;
    let answer = server.anonymous().ask(SCHEMA, json!({})).await;
    assert_eq!(answer.data["__schema"]["queryType"]["name"], "Query");
    assert_eq!(get(&server, "/graphiql").await.status(), 200);
    assert!(server.said().contains("/graphiql"));
}

#[tokio::test]
async fn a_public_server_has_no_page_that_loads_scripts_of_others() {
    let twilio = FakeTwilio::start().await;
    let mut settings = twilio.settings();
    settings.push(("PUBLIC_URL", "https://standby.example"));
    settings.push(("STANDBY_INTROSPECTION", "on"));
    let server = Server::start_with(&settings).await;
    let answer = server.anonymous().ask(SCHEMA, json!({})).await;
    assert_eq!(answer.data["__schema"]["queryType"]["name"], "Query");
    let (graphiql, nowhere) = (
        get(&server, "/graphiql").await,
        get(&server, "/nowhere").await,
    );
    assert_eq!(graphiql.status(), 404);
    assert_eq!(
        header(&graphiql, "content-security-policy"),
        header(&nowhere, "content-security-policy")
    );
    let pages = (graphiql.text().await, nowhere.text().await);
    assert_eq!(pages.0.expect("a page"), pages.1.expect("a page"));
    let landing = get(&server, "/").await.text().await.expect("a page");
    assert!(!landing.contains("/graphiql") && !server.said().contains("/graphiql"));
}

#[tokio::test]
async fn with_introspection_off_nothing_tells_what_can_be_asked() {
    let server = Server::start_with(&[("STANDBY_INTROSPECTION", "off")]).await;
    let anonymous = server.anonymous();
    for query in [
        SCHEMA,
        "{ __type(name: \"Query\") { name fields { name } } }",
        "query { ...F } fragment F on Query { __schema { types { name } } }",
    ] {
        let answer = anonymous.ask(query, json!({})).await;
        let told = format!("{}{:?}", answer.data, answer.errors);
        assert!(
            !told.contains("WaitingArea") && !told.contains("\"Query\""),
            "{told}"
        );
        assert_eq!(
            answer.errors[0]["extensions"]["code"], "INTROSPECTION_OFF",
            "{told}"
        );
    }
    for query in [
        "{ viewr { __typename } }",
        "{ clinic(slg: \"demo\") { id } }",
        "mutation { enterWaitingAera(input: {}) { caller { id } } }",
    ] {
        let answer = anonymous.ask(query, json!({})).await;
        let told = format!("{:?}", answer.errors);
        assert!(!told.to_lowercase().contains("did you mean"), "{told}");
        for name in ["viewer", "enterWaitingArea\"", "enterWaitingArea`"] {
            assert!(!told.contains(name), "{told}");
        }
    }
    assert_eq!(get(&server, "/graphiql").await.status(), 404);
    let landing = get(&server, "/").await.text().await.expect("a page");
    assert!(!landing.contains("/graphiql") && !server.said().contains("/graphiql"));
    // What a name of a type is for stays: our own apps ask it.
    let data = anonymous.data("{ viewer { __typename } }", json!({})).await;
    assert_eq!(data["viewer"]["__typename"], "Anonymous");
    Caller::arrive(&server, 1).await;
}

#[tokio::test]
async fn a_page_of_another_origin_can_change_nothing() {
    let server = Server::start().await;
    let client = Client::new();
    let mutation = json!({ "query": "mutation ($input: EnterWaitingAreaInput!) { \
        enterWaitingArea(input: $input) { token } }",
        "variables": { "input": Caller::arrival("demo", 1) } });
    for path in ["/graphql", "/graphql/stream"] {
        let url = format!("{}{path}", server.origin());
        // Without a preflight a page may send these, and the server does not take them.
        for media_type in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
        ] {
            let request = client.post(&url).header("content-type", media_type);
            let answer = request
                .body(mutation.to_string())
                .send()
                .await
                .expect("an answer");
            assert_eq!(answer.status(), 415, "{path} {media_type}");
        }
        let get = client.get(&url).query(&[
            ("query", mutation["query"].as_str().expect("text")),
            ("variables", &mutation["variables"].to_string()),
        ]);
        assert_eq!(get.send().await.expect("an answer").status(), 405, "{path}");
        for origin in ["https://evil.example", "null", "http://127.0.0.1"] {
            let request = client.post(&url).header("origin", origin).json(&mutation);
            assert_eq!(
                request.send().await.expect("an answer").status(),
                403,
                "{path} {origin}"
            );
            let preflight = client.request(reqwest::Method::OPTIONS, &url);
            let preflight = preflight
                .header("origin", origin)
                .send()
                .await
                .expect("an answer");
            assert_eq!(header(&preflight, "access-control-allow-origin"), "");
        }
    }
    let area: Value = server.admin().await.waiting_area().await.1.into();
    assert_eq!(area, json!([]), "nobody came in");
}

#[tokio::test]
async fn a_phone_is_told_which_app_opens_the_links_and_is_led_nowhere_else() {
    let fingerprint = ["14"; 32].join(":");
    let android = format!("au.example.standby={fingerprint}");
    let settings = [
        ("STANDBY_ANDROID_APP", android.as_str()),
        ("STANDBY_IOS_APP", "A1B2C3D4E5.au.example.standby"),
    ];
    let server = Server::start_with(&settings).await;
    for (path, app) in [
        ("/.well-known/assetlinks.json", "au.example.standby"),
        (
            "/.well-known/apple-app-site-association",
            "A1B2C3D4E5.au.example.standby",
        ),
    ] {
        let answer = get(&server, path).await;
        // Neither system follows a redirect.
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(header(&answer, "content-type"), "application/json");
        let told: Value = answer.json().await.expect("JSON");
        assert!(told.to_string().contains(app), "{told}");
    }
    let without = Server::start().await;
    assert_eq!(
        get(&without, "/.well-known/assetlinks.json").await.status(),
        404,
        "where there is no app"
    );
}
