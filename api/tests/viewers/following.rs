//! Those who follow the same share what is executed for them, and nothing else.

use crate::access::Viewer;
use crate::event_streams;
use crate::scene::Scene;
use crate::support::next;
use reqwest::{Client, header};
use serde_json::json;

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

#[tokio::test]
async fn whoever_follows_beside_others_is_told_what_they_would_be_told_alone() {
    let scene = Scene::new().await;
    let stage = &scene.clinics.stage;
    let at = event_streams::serve(stage).await;
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
                let event = event_streams::first(&mut stream).await;
                assert_eq!(event, alone[place], "{:?}", STAFF[place]);
                streams.push(stream);
            }
            order.reverse();
        }
    }
}
