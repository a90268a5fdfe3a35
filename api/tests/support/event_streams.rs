//! Subscriptions as event streams of a server: by HTTP, where those who follow the same share what is executed.

use crate::support::Stage;
use reqwest::Response;
use serde_json::Value as Json;
use standby::graphql::door::AppDoor;
use standby::http::fair_use::RateLimits;
use standby::http::graphql_http::{self, HttpLimits};
use standby::http::graphql_sse::{self, StreamLimits};
use standby::http::origin::OriginPolicy;
use standby::http::transport::Transport;
use std::sync::Arc;

/// Serves the stage; answers where its event streams are.
pub(crate) async fn serve(stage: &Stage) -> String {
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
pub(crate) async fn first(stream: &mut Response) -> Json {
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
