//! Tokens, names, numbers and codes are where they belong, and nowhere else.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use standby_tests::{Caller, PATIENCE, Role, Server, Socket, Staff, until, until_within};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest as _};

use crate::wire::PROVIDER;

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

/// Asks on a socket whose address and cookies bear a token; returns the answer.
async fn ask_on_a_socket(server: &Server, name: &str, token: &str, query: &str) -> String {
    let origin = server.origin().replacen("http", "ws", 1);
    let request = format!("{origin}/graphql/ws?{name}={token}").into_client_request();
    let mut request = request.expect("a request");
    let cookie = format!("{name}={token}");
    for (name, value) in [
        ("sec-websocket-protocol", "graphql-transport-ws"),
        ("cookie", &cookie),
    ] {
        let value = value.parse().expect("a header's value");
        request.headers_mut().insert(name, value);
    }
    let (mut socket, _) = connect_async(request).await.expect("a socket");
    for message in [
        json!({ "type": "connection_init" }),
        json!({ "type": "subscribe", "id": "1", "payload": { "query": query } }),
    ] {
        let message = Message::text(message.to_string());
        socket.send(message).await.expect("it is taken");
    }
    loop {
        let message = timeout(PATIENCE, socket.next()).await.expect("in time");
        let message = message.expect("more").expect("a message").to_string();
        if message.contains("\"next\"") || message.contains("\"error\"") {
            return message;
        }
    }
}

#[tokio::test]
async fn a_token_opens_nothing_where_it_could_be_seen_or_sent_by_a_page() {
    let server = Server::start().await;
    let staff = server.staff(Role::ClinicAdmin).await;
    let caller = Caller::arrive(&server, 1).await;
    let client = Client::new();
    let who = "{ viewer { __typename } }";
    for token in [staff.asker.token(), caller.asker.token()] {
        let token = token.expect("a token");
        let url = format!("{}/graphql", server.origin());
        let body = json!({ "query": who });
        let in_address = |name: &str| {
            let request = client.get(&url).query(&[("query", who), (name, token)]);
            let report = format!("{}/clinics/demo/report.csv", server.origin());
            let days = [("from", "2026-03-01"), ("to", "2026-03-02")];
            (
                request,
                client.get(report).query(&days).query(&[(name, token)]),
            )
        };
        for name in [
            "token",
            "access_token",
            "key",
            "authorization",
            "api_key",
            "bearer",
        ] {
            let (query, report) = in_address(name);
            let answer: Value = query
                .send()
                .await
                .expect("an answer")
                .json()
                .await
                .expect("JSON");
            assert_eq!(
                answer["data"]["viewer"]["__typename"], "Anonymous",
                "?{name}="
            );
            assert_eq!(
                report.send().await.expect("an answer").status(),
                404,
                "?{name}="
            );
            for (header, value) in [
                ("cookie", format!("{name}={token}")),
                (name, token.to_owned()),
            ] {
                // Where it belongs, it opens: without `Bearer` it is still nobody's.
                let request = client.post(&url).header(header, value).json(&body);
                let answer: Value = request
                    .send()
                    .await
                    .expect("an answer")
                    .json()
                    .await
                    .expect("JSON");
                assert_eq!(
                    answer["data"]["viewer"]["__typename"], "Anonymous",
                    "{header}: {name}"
                );
            }
            let answer = ask_on_a_socket(&server, name, token, who).await;
            assert!(answer.contains("\"Anonymous\""), "?{name}=: {answer}");
        }
        let request = client.post(&url).basic_auth(token, Some(token)).json(&body);
        let answer: Value = request
            .send()
            .await
            .expect("an answer")
            .json()
            .await
            .expect("JSON");
        assert_eq!(answer["data"]["viewer"]["__typename"], "Anonymous", "Basic");
    }
}

/// Whether an address bears this token after `#`, which no request, no log and no `Referer` has.
fn assert_in_fragment(address: &str, token_begins: char) {
    let (before, token) = address
        .split_once('#')
        .unwrap_or_else(|| panic!("{address} has no fragment"));
    assert!(
        token.len() > 20 && token.starts_with(token_begins),
        "{address}"
    );
    assert!(
        !before.contains(token) && !before.contains('?'),
        "{address}"
    );
}

#[tokio::test]
async fn every_link_that_is_given_out_bears_its_token_in_the_fragment_alone() {
    let server = Server::start().await;
    let admin = server.admin().await;
    let said = server.said();
    let printed = said
        .split_whitespace()
        .find(|word| word.contains("/console/sign-in"));
    let own = printed.expect("a link is printed");
    let kind = own.split('#').nth(1).and_then(|token| token.chars().next());
    let kind = kind.expect("a token");
    assert_in_fragment(own, kind);
    let input = json!({ "clinicId": admin.clinic, "name": "Kim", "role": "REPORTER" });
    let added = admin
        .asker
        .accepted("addTeamMember", input, "signInLink teamMember { id }")
        .await;
    assert_in_fragment(&text(&added["signInLink"]), kind);
    let input = json!({ "teamMemberId": added["teamMember"]["id"] });
    let link = admin
        .asker
        .accepted("createSignInLink", input, "signInLink")
        .await;
    assert_in_fragment(&text(&link["signInLink"]), kind);
    let made = server.command(&[
        "team", "add", "--clinic", "demo", "--name", "Lee", "--role", "REPORTER",
    ]);
    let printed = made.split_whitespace().find(|word| word.contains("://"));
    assert_in_fragment(printed.expect("a link"), kind);
    let caller = Caller::arrive_offline(&server, 1).await;
    admin.attended("recallCaller", &caller.id).await;
    let recall = server.phone(&caller.number).message(2).await;
    let link = recall
        .body
        .split_whitespace()
        .find(|word| word.contains("://"));
    let link = link.expect("a link");
    let token = caller.asker.token().expect("a token");
    assert_in_fragment(link, token.chars().next().expect("a token"));
    // No page that such a link opens passes the address on, nor is one kept by what is in between.
    for path in ["/w", "/console/sign-in"] {
        let answer = Client::new()
            .get(format!("{}{path}", server.origin()))
            .send()
            .await;
        assert_eq!(
            answer.expect("an answer").headers()["referrer-policy"],
            "no-referrer"
        );
    }
}

/// A system that is told of events. It answers the first with a fault, so that something goes wrong too.
async fn receiver() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        let mut count = 0;
        while let Ok((mut line, _)) = listener.accept().await {
            let mut request = [0; 16 * 1024];
            let _ = line.read(&mut request).await;
            count += 1;
            let status = if count == 1 { "500 No" } else { "204 Yes" };
            let answer =
                format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            let _ = line.write_all(answer.as_bytes()).await;
        }
    });
    format!("http://127.0.0.1:{port}/canaryhook")
}

/// What may be nowhere, and all that was answered besides what was asked for.
#[derive(Default)]
struct Story {
    secrets: Vec<(&'static str, String)>,
    heads: Vec<String>,
}

impl Story {
    fn keep(&mut self, what: &'static str, secret: &str) {
        assert!(secret.len() >= 6, "{what} may be in a text by chance");
        self.secrets.push((what, secret.to_owned()));
    }

    /// Sends a request, and keeps the head of its answer.
    async fn send(&mut self, request: RequestBuilder) -> u16 {
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        self.heads.push(format!("{:?}", answer.headers()));
        status
    }

    fn assert_in_none(&self, place: &str, words: &str) {
        for line in words.lines() {
            for (what, secret) in &self.secrets {
                // Six digits are part of many an instant and of many an id.
                let holds = if *what == "a code" {
                    let is_apart = |next: Option<char>| {
                        !next.is_some_and(|next| next.is_alphanumeric() || next == '.')
                    };
                    line.match_indices(secret.as_str()).any(|(at, _)| {
                        is_apart(line[..at].chars().next_back())
                            && is_apart(line[at + secret.len()..].chars().next())
                    })
                } else {
                    line.contains(secret.as_str())
                };
                assert!(!holds, "{place} holds {what}: {line}");
            }
        }
    }
}

/// Everything that bears a name or opens something is made, used, used wrongly and taken away.
async fn play(server: &Server, story: &mut Story) {
    let client = Client::builder()
        .redirect(Policy::none())
        .build()
        .expect("a client");
    let graphql = format!("{}/graphql", server.origin());
    story.keep("a sign-in link", &server.sign_in_token().await);
    let admin = server.admin().await;
    story.keep("a session", admin.asker.token().expect("a session"));
    let settings = json!({
        "entryFields": [{ "key": "born", "label": "Born", "isRequired": true }],
        "roomUrlTemplate": "https://video.example/{room}?jwt={token}",
        "roomTokenKey": "canarykey".repeat(4),
    });
    story.keep("a room key", "canarykeycanarykey");
    admin.set(settings).await;

    // The team: a member, links, sessions, keys.
    let input = json!({ "clinicId": admin.clinic, "name": "Canarymember", "role": "TEAM_MEMBER" });
    story.keep("a member's name", "Canarymember");
    let added = admin
        .asker
        .accepted("addTeamMember", input, "signInLink teamMember { id }")
        .await;
    let link = text(&added["signInLink"]);
    let token = link.split_once('#').expect("a fragment").1;
    story.keep("a sign-in link", token);
    let signed_in = server
        .anonymous()
        .accepted("signIn", json!({ "token": token }), "token")
        .await;
    story.keep("a session", &text(&signed_in["token"]));
    let member = Staff::new(server.bearer(&text(&signed_in["token"]))).await;
    let used = server
        .anonymous()
        .refused("signIn", json!({ "token": token }))
        .await;
    assert_eq!(used, "NOT_FOUND token");
    let input = json!({ "clinicId": admin.clinic, "name": "Canarytool", "role": "REPORTER" });
    story.keep("a key's name", "Canarytool");
    let key = admin
        .asker
        .accepted("addApiClient", input, "token apiClient { id }")
        .await;
    story.keep("a key", &text(&key["token"]));
    let tool = server.bearer(&text(&key["token"]));

    // A webhook whose receiver fails at first.
    let input = json!({ "clinicId": admin.clinic, "url": receiver().await, "events": ["CALLER_ARRIVED", "CALLER_ENDED"] });
    let hook = admin
        .asker
        .accepted("addWebhook", input, "secret webhook { id }")
        .await;
    story.keep(
        "a webhook's secret",
        text(&hook["secret"]).trim_start_matches("whsec_"),
    );
    let input = json!({ "webhookId": hook["webhook"]["id"] });
    let other = admin
        .asker
        .accepted("rotateWebhookSecret", input, "secret")
        .await;
    story.keep(
        "a webhook's secret",
        text(&other["secret"]).trim_start_matches("whsec_"),
    );

    // A caller, followed over a socket and a stream, from the arrival to the erasing.
    let mut arrival = Caller::arrival("demo", 777);
    arrival["name"] = json!("Canarycaller");
    arrival["answers"] = json!([{ "key": "born", "value": "Canaryanswer" }]);
    arrival["idempotencyKey"] = json!("Canaryidempotency");
    for secret in [
        "Canarycaller",
        "Canaryanswer",
        "Canaryidempotency",
        "Canaryreason",
        "Canarywrong",
    ] {
        story.keep("what somebody wrote", secret);
    }
    let anonymous = server.anonymous();
    let entered = anonymous
        .accepted("enterWaitingArea", arrival, "token caller { id }")
        .await;
    let caller = Caller::entered(&anonymous, &entered, 777);
    story.keep("a caller's token", caller.asker.token().expect("a token"));
    story.keep("a number", &caller.number[3..]);
    let mut follower = member.follow(None).await;
    let mut own = caller.socket().await;
    own.subscribe(
        "1",
        "subscription { myCaller { name phone { number } } }",
        json!({}),
    )
    .await;
    assert_eq!(own.next_data().await["myCaller"]["name"], "Canarycaller");
    let stream = client
        .post(format!("{graphql}/stream"))
        .bearer_auth(caller.asker.token().expect("a token"));
    let stream = stream
        .json(&json!({ "query": "subscription { myCaller { name } }" }))
        .send()
        .await;
    let stream = stream.expect("a stream");
    let code = caller.have_code_sent(server).await;
    story.keep("a code", &code);
    let wrong = if code == "271828" { "271829" } else { "271828" };
    story.keep("a code", wrong);
    assert_eq!(
        caller
            .asker
            .refused("verifyPhone", json!({ "code": wrong }))
            .await,
        "CODE_REJECTED code"
    );
    caller
        .asker
        .accepted("verifyPhone", json!({ "code": code }), "")
        .await;
    caller.look_away().await;
    member.attended("recallCaller", &caller.id).await;
    member.until_recall_delivered(&caller.id).await;
    caller.look().await;
    let joined = member.attended("joinCaller", &caller.id).await;
    let room = text(&joined["room"]["url"]);
    story.keep(
        "a room's token",
        room.split_once("jwt=").expect("a token").1,
    );
    member.attended("holdCaller", &caller.id).await;
    let input = json!({ "callerId": caller.id, "reason": "Canaryreason" });
    admin.asker.accepted("cancelCaller", input, "").await;
    follower.until_version(member.version().await).await;
    drop(stream);

    // Wrong in every way.
    let secrets: Vec<String> = story
        .secrets
        .iter()
        .map(|(_, secret)| secret.clone())
        .collect();
    for secret in &secrets {
        for request in [
            client.get(format!("{}/{secret}", server.origin())),
            client.get(format!("{}/w?token={secret}", server.origin())),
            client.get(format!("{}//{secret}/", server.origin())),
            client.get(format!("{}/console/{secret}/", server.origin())),
            client.get(format!(
                "{}/sign-in/openid?clinic={secret}",
                server.origin()
            )),
            client.get(format!(
                "{}/sign-in/openid/callback?code={secret}&state={secret}",
                server.origin()
            )),
            client.get(format!(
                "{}/dev/phone/messages?to={secret}",
                server.origin()
            )),
            client
                .get(format!(
                    "{}/clinics/{secret}/report.csv?from={secret}",
                    server.origin()
                ))
                .bearer_auth(secret),
            client
                .get(&graphql)
                .query(&[("query", secret.as_str()), ("variables", secret)]),
            client.post(&graphql).body(secret.clone()),
            client
                .post(&graphql)
                .json(&json!({ "query": format!("{{ {secret} }}"), "operationName": secret })),
            client.post(&graphql).json(&json!({ "documentId": secret })),
            client
                .post(&graphql)
                .bearer_auth(format!("{secret}x"))
                .json(&json!({ "query": "{ viewer { __typename } }" })),
            client
                .get(format!("{}/", server.origin()))
                .header("referer", format!("{}/w?{secret}", server.origin()))
                .header("user-agent", secret)
                .header("cookie", secret),
        ] {
            story.send(request).await;
        }
        let mut socket = Socket::open(&server.origin()).await;
        socket
            .send(
                json!({ "type": "connection_init", "payload": { "token": format!("{secret}x") } }),
            )
            .await;
        socket.keep_alive().await;
        let mut socket = Socket::open(&server.origin()).await;
        socket.send_text(format!("{{\"type\": \"{secret}\"")).await;
        socket.keep_alive().await;
    }
    tool.ask(
        "{ clinic(slug: \"demo\") { report(from: \"Canarywrong\", to: \"x\") { timeZone } } }",
        json!({}),
    )
    .await;
    let input = json!({ "callerId": caller.id, "reason": "Canarywrong\u{202e}" });
    admin.asker.mutate("cancelCaller", input, "").await;
    for name in ["Canarywrong\u{0}", "Canarywrong".repeat(100).as_str()] {
        let mut arrival = Caller::arrival("demo", 778);
        arrival["name"] = json!(name);
        anonymous.mutate("enterWaitingArea", arrival, "").await;
    }
    let failed = server.try_command(&[
        "key",
        "add",
        "--clinic",
        "Canarywrong",
        "--role",
        "REPORTER",
        "--name",
        "x",
    ]);
    assert!(!failed.is_success());

    // And taken away: erased, revoked, removed, signed out.
    admin
        .asker
        .accepted("eraseCaller", json!({ "callerId": caller.id }), "")
        .await;
    let input = json!({ "apiClientId": key["apiClient"]["id"] });
    admin.asker.accepted("revokeApiClient", input, "").await;
    let input = json!({ "teamMemberId": added["teamMember"]["id"] });
    admin.asker.accepted("removeTeamMember", input, "").await;
    until("the member's session is closed", async || {
        let data = member
            .asker
            .data("{ viewer { __typename } }", json!({}))
            .await;
        (data["viewer"]["__typename"] == "Anonymous").then_some(())
    })
    .await;
    until_within(PATIENCE, "an event has failed and another has come", async || {
        let query = "query ($id: ID!) { node(id: $id) { ...on Webhook { deliveries(first: 20) { state attempts } } } }";
        let data = admin.asker.data(query, json!({ "id": hook["webhook"]["id"] })).await;
        let deliveries = data["node"]["deliveries"].as_array().cloned().unwrap_or_default();
        deliveries.iter().any(|delivery| delivery["attempts"].as_i64() > Some(0)).then_some(())
    })
    .await;
    server
        .until_texts_are_settled(Duration::from_secs(30))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_whole_story_no_token_name_number_code_or_text_is_in_a_log_a_header_or_a_metric() {
    for format in ["text", "json"] {
        let mut settings = vec![
            ("STANDBY_LOG", "trace"),
            ("STANDBY_LOG_FORMAT", format),
            ("STANDBY_WEBHOOKS_TO_PRIVATE_ADDRESSES", "on"),
        ];
        settings.extend(PROVIDER);
        let mut server = Server::start_with(&settings).await;
        let mut story = Story::default();
        Box::pin(play(&server, &mut story)).await;
        assert!(story.secrets.len() >= 20 && story.heads.len() >= 200);
        let heads = story.heads.join("\n");
        story.assert_in_none("a header", &heads);
        assert!(
            !heads.contains("\"location\""),
            "nothing of it leads anywhere: {heads}"
        );
        let metrics = reqwest::get(format!("{}/metrics", server.origin())).await;
        let metrics = metrics.expect("an answer").text().await.expect("metrics");
        story.assert_in_none("a metric", &metrics);
        assert!(server.stop().await, "it ends in order");
        let logged = server.logged();
        assert!(logged.contains("serving"), "something is logged");
        story.assert_in_none("the log", &logged);
        // The one place is standard output, for the person who has started the server.
        let link = &story.secrets[0].1;
        assert_eq!(server.said().matches(link.as_str()).count(), 1);
        story.secrets.remove(0);
        story.assert_in_none("standard output", &server.said());
    }
}
