//! Pages of somebody else, on every way in.

use reqwest::{Client, Method, StatusCode};
use serde_json::json;
use standby_tests::{Asker, Caller, Role, Server, Socket, connect};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Every origin that is not ours and not listed; `{port}` is the server's own. On this machine ours is it by
/// `http` and by `https`.
const FOREIGN: [&str; 31] = [
    "null",
    "NULL",
    "",
    "https://evil.example",
    "HTTPS://EVIL.EXAMPLE",
    "http://staff.example",
    "https://staff.example.evil.example",
    "https://evil-staff.example",
    "https://evilstaff.example",
    "https://sub.staff.example",
    "https://staff.example.",
    "https://staff.example:444",
    "https://staff.example:80",
    "https://staff.example/",
    "https://staff.example/x",
    "https://staff.example#",
    "https://staff.example?",
    "https://staff.example\\@evil.example",
    "https://staff.example@evil.example",
    "https://evil.example@staff.example",
    "https://staff.example, https://evil.example",
    "https://staff.example https://evil.example",
    "wss://staff.example",
    "https:staff.example",
    "//staff.example",
    "staff.example",
    "file://",
    "chrome-extension://abcdefgh",
    "http://127.0.0.1",
    "http://localhost:{port}",
    "http://127.0.0.1:{port}.evil.example",
];

const LISTED: &str = "https://staff.example";

async fn server() -> (Server, String) {
    let server = Server::start_with(&[("STANDBY_ALLOWED_ORIGINS", LISTED)]).await;
    let port = server
        .origin()
        .rsplit(':')
        .next()
        .expect("a port")
        .to_owned();
    (server, port)
}

/// What is said to a page of this origin: the status by POST, by GET, by a stream, of the question
/// beforehand, and of a socket. In none of them may anybody else read the answer.
async fn told(asker: &Asker, origin: &str) -> [u16; 5] {
    let client = Client::new();
    let url = format!("{}/graphql", asker.origin());
    let token = asker.token().expect("a token");
    let body = json!({ "query": "{ viewer { __typename } }" });
    let mut statuses = [0; 5];
    let requests = [
        client.post(&url).json(&body),
        client
            .get(&url)
            .query(&[("query", "{ viewer { __typename } }")]),
        client.post(format!("{url}/stream")).json(&body),
        client
            .request(Method::OPTIONS, &url)
            .header("access-control-request-method", "POST")
            .header(
                "access-control-request-headers",
                "authorization,content-type",
            ),
    ];
    for (status, request) in statuses.iter_mut().zip(requests) {
        let request = request.bearer_auth(token).header("origin", origin);
        let answer = request.send().await.expect("an answer");
        *status = answer.status().as_u16();
        let allowed = answer.headers().get("access-control-allow-origin");
        let allowed = allowed.map(|value| value.to_str().expect("text").to_owned());
        let expected = (origin.to_lowercase() == LISTED).then(|| origin.to_owned());
        assert_eq!(allowed, expected, "{origin}");
        assert!(
            !answer
                .headers()
                .contains_key("access-control-allow-credentials")
        );
        let varies = answer.headers().get_all("vary").iter();
        assert!(
            varies.into_iter().any(|name| name == "origin"),
            "{origin} may be kept for others"
        );
        if *status == 403 {
            let text = answer.text().await.expect("text");
            assert!(!text.contains("ApiClient"), "{origin}: {text}");
        }
    }
    statuses[4] = match Socket::try_open(asker.origin(), &[("Origin", origin)]).await {
        Ok(_) => 101,
        Err(error) => match *error {
            tokio_tungstenite::tungstenite::Error::Http(answer) => answer.status().as_u16(),
            other => panic!("{origin}: {other}"),
        },
    };
    statuses
}

#[tokio::test]
async fn a_page_of_somebody_else_gets_nothing_by_http_by_a_stream_or_by_a_socket() {
    let (server, port) = server().await;
    let staff = server.staff(Role::TeamMember).await;
    for origin in FOREIGN {
        let origin = origin.replace("{port}", &port);
        // The question beforehand is answered with nothing that allows.
        assert_eq!(
            told(&staff.asker, &origin).await,
            [403, 403, 403, 204, 403],
            "{origin}"
        );
    }
    for origin in [
        LISTED,
        "HTTPS://STAFF.EXAMPLE",
        &server.origin(),
        &server.origin().to_uppercase(),
    ] {
        assert_eq!(
            told(&staff.asker, origin).await,
            [200, 200, 200, 204, 101],
            "{origin}"
        );
    }
}

#[tokio::test]
async fn a_page_of_somebody_else_changes_nothing_even_if_it_has_a_token() {
    let (server, _) = server().await;
    let staff = server.staff(Role::TeamMember).await;
    let caller = Caller::arrive(&server, 1).await;
    let client = Client::new();
    let body = json!({ "query": "mutation { leaveWaitingArea(input: {}) { caller { id } } }" });
    for path in ["/graphql", "/graphql/stream"] {
        let request = client.post(format!("{}{path}", server.origin()));
        let request = request.bearer_auth(caller.asker.token().expect("a token"));
        let answer = request
            .header("origin", "https://evil.example")
            .json(&body)
            .send()
            .await;
        assert_eq!(answer.expect("an answer").status(), StatusCode::FORBIDDEN);
    }
    assert_eq!(staff.caller(&caller.id).await["status"], "WAITING");
}

/// A page whose name its owner has lead to this machine: origin and `Host` agree.
#[tokio::test]
async fn a_name_that_was_made_to_lead_here_is_nobody_of_ours() {
    let (server, port) = server().await;
    for name in ["evil.example", "192.168.1.5", "127.0.0.1.evil.example"] {
        for path in ["/graphql?query=%7B__typename%7D", "/graphql/ws"] {
            let mut line = connect(&server).await;
            let head = format!(
                "GET {path} HTTP/1.1\r\nhost: {name}:{port}\r\nconnection: upgrade\r\n\
                 upgrade: websocket\r\nsec-websocket-version: 13\r\n\
                 sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\
                 sec-websocket-protocol: graphql-transport-ws\r\n\
                 origin: http://{name}:{port}\r\n\r\n"
            );
            line.write_all(head.as_bytes()).await.expect("sent");
            let mut status = [0; 12];
            line.read_exact(&mut status).await.expect("an answer");
            assert_eq!(&status, b"HTTP/1.1 403", "{path}: {name}");
        }
    }
}

/// Two origins: which one the page had, nobody can say.
#[tokio::test]
async fn who_claims_two_origins_has_none_of_them() {
    let (server, port) = server().await;
    for path in ["/graphql?query=%7B__typename%7D", "/graphql/ws"] {
        for (first, second) in [
            (LISTED, "https://evil.example"),
            ("https://evil.example", LISTED),
            (LISTED, LISTED),
        ] {
            let mut line = connect(&server).await;
            let head = format!(
                "GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: upgrade\r\n\
                 upgrade: websocket\r\nsec-websocket-version: 13\r\n\
                 sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\
                 sec-websocket-protocol: graphql-transport-ws\r\n\
                 origin: {first}\r\norigin: {second}\r\n\r\n"
            );
            line.write_all(head.as_bytes()).await.expect("sent");
            let mut status = [0; 12];
            line.read_exact(&mut status).await.expect("an answer");
            assert_eq!(&status, b"HTTP/1.1 403", "{path}: {first}, {second}");
        }
    }
}
