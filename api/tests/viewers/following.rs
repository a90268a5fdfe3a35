//! Those who follow the same share what is executed for them, and nothing else.

use crate::access::Viewer;
use crate::scene::Scene;
use crate::support::{Stage, next};
use reqwest::{Client, Response, header};
use serde_json::{Value as Json, json};
use standby::graphql::door::AppDoor;
use standby::http::fair_use::RateLimits;
use standby::http::graphql_http::{self, HttpLimits};
use standby::http::graphql_sse::{self, StreamLimits};
use standby::http::origin::OriginPolicy;
use standby::http::transport::Transport;
use std::sync::Arc;

/// Whoever follows, first the one who sees most.
const STAFF: [Viewer; 6] = [
    Viewer::Admin,
    Viewer::AdminsKey,
    Viewer::Member,
    Viewer::MembersKey,
    Viewer::Reporter,
    Viewer::ReportersKey,
];

/// All that a caller leads to, of everyone at once and of one: whose sessions costs too much of everyone.
const FOLLOWED: [&str; 2] = [
    "subscription { waitingAreaChanged(clinicId: \"$CLINIC\") { ...on WaitingAreaSnapshot { version \
     callers { id name room { url } verification { number } clinic { settings { roomUrlTemplate } \
     webhooks { url } team { name } apiClients { name } } } } } }",
    "subscription { waitingAreaChanged(clinicId: \"$CLINIC\", afterVersion: 0) { ...on CallerArrived { \
     version caller { id name activity(first: 1) { kind } clinic { settings { roomUrlTemplate } \
     webhooks { url } team { name sessions { id isCurrent } } apiClients { name } } } } } }",
];

async fn serve(stage: &Stage) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let door = AppDoor::new(Arc::clone(&stage.app));
    let transport = Transport::new(door, OriginPolicy::new(Vec::new())).rated(RateLimits::off());
    let limits = (HttpLimits::default(), StreamLimits::default());
    let router = graphql_http::router(transport, limits.0, limits.1);
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{at}{}", graphql_sse::PATH)
}

/// The first event of a stream, which stays open.
async fn first(stream: &mut Response) -> Json {
    let mut text = String::new();
    loop {
        let data = text.lines().find_map(|line| line.strip_prefix("data: "));
        if let Some(data) = data.filter(|_| text.ends_with("\n\n")) {
            return serde_json::from_str(data).unwrap();
        }
        let chunk = stream.chunk().await.unwrap().expect("an event");
        text.push_str(std::str::from_utf8(&chunk).unwrap());
    }
}

#[tokio::test]
async fn whoever_follows_beside_others_is_told_what_they_would_be_told_alone() {
    let scene = Scene::new().await;
    let stage = &scene.clinics.stage;
    let at = serve(stage).await;
    for query in FOLLOWED {
        let query = scene.real(query);
        let mut alone = Vec::new();
        for viewer in STAFF {
            let mut events = stage.follow(scene.by(viewer, ""), &query, json!({})).await;
            alone.push(next(&mut events).await.expect("an event"));
        }
        assert!(alone[0].to_string().contains("\"team\":["), "{}", alone[0]);
        assert!(
            alone[1].to_string().contains("\"team\":null"),
            "{}",
            alone[1]
        );
        // Whoever is first is executed for: everybody once before and once after all others.
        let mut order: Vec<usize> = (0..STAFF.len()).collect();
        for _ in 0..2 {
            let mut streams = Vec::new();
            for place in order.iter().copied() {
                let by = scene.by(STAFF[place], "").unwrap();
                let asked = Client::new()
                    .post(&at)
                    .bearer_auth(by)
                    .header(header::ACCEPT, "text/event-stream")
                    .header(header::CONTENT_TYPE, "application/json")
                    .body(json!({ "query": query }).to_string());
                let mut stream = asked.send().await.unwrap();
                assert_eq!(first(&mut stream).await, alone[place], "{:?}", STAFF[place]);
                streams.push(stream);
            }
            order.reverse();
        }
    }
}
