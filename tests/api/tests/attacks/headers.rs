//! What is asked gets into no header of an answer, and into no link that is sent to somebody.

use reqwest::Client;
use serde_json::json;
use standby_tests::{Caller, Role, Server, connect};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::wire::{PROVIDER, exchange};

/// What an attacker would like to find among the headers.
const INJECTED: &str = "x-injected";

/// Line breaks in every way in which one of them was once let through somewhere.
const BREAKS: [&str; 8] = [
    "%0d%0a",
    "%0a",
    "%0d",
    "%00",
    "%250d%250a",
    "%e5%98%8d%e5%98%8a",
    "%c4%8d%c4%8a",
    "%e2%80%a8",
];

/// Every address with something of the asker's in it: `{}` is where it goes.
const PATHS: [&str; 24] = [
    "/{}",
    "//{}",
    "/c/{}",
    "/c/demo{}",
    "/c/demo/{}",
    "/w?{}",
    "/w/{}",
    "/console/{}",
    "/console/{}/",
    "/console/assets/{}",
    "/assets/{}",
    "/assets/{}/",
    "/dev/room/{}",
    "/dev/phone/messages?to={}",
    "/sign-in/openid?clinic={}",
    "/sign-in/openid/callback?state={}&code={}",
    "/sign-in/openid/callback?state=x&error={}&iss={}",
    "/graphql?query={}",
    "/graphql?query=%7B__typename%7D&operationName={}",
    "/graphql?documentId={}",
    "/graphql/stream?query=%7B__typename%7D&extensions={}",
    "/clinics/demo{}/report.csv?from=2026-03-01&to=2026-03-02",
    "/clinics/demo/report.csv?from=2026-03-01{}&to=2026-03-02",
    "/clinics/demo/report.csv?from=2026-03-01&to={}",
];

/// Headers of which something could come back.
const HEADERS: [&str; 20] = [
    "host",
    "origin",
    "referer",
    "accept",
    "accept-language",
    "accept-encoding",
    "user-agent",
    "cookie",
    "authorization",
    "range",
    "if-none-match",
    "if-modified-since",
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-request-id",
    "access-control-request-headers",
    "access-control-request-method",
    "sec-websocket-protocol",
];

/// Sends a request as it is, and looks through the head of what comes back; returns the status line.
async fn assert_nothing_is_injected(server: &Server, request: &str) -> String {
    let answer = exchange(server, request.as_bytes()).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    assert!(head.starts_with("HTTP/1.1 "), "{request:?}: {head}");
    assert!(
        !body.contains("HTTP/1.1 "),
        "{request:?} is answered twice: {body}"
    );
    let head = head.to_ascii_lowercase();
    assert!(!head.contains(INJECTED), "{request:?}: {head}");
    assert!(!head.contains("\nset-cookie:"), "{request:?}: {head}");
    assert!(!head.contains("\nlocation:"), "{request:?}: {head}");
    let is_plain = |byte: u8| (b' '..=b'~').contains(&byte) || byte == b'\r' || byte == b'\n';
    assert!(head.bytes().all(is_plain), "{request:?}: {head}");
    head.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_address_says_gets_into_no_header_and_leads_nowhere() {
    let server = Server::start_with(&PROVIDER).await;
    let key = server.add_key("demo", Role::Reporter);
    for path in PATHS {
        for line_break in BREAKS {
            let said = format!("{line_break}{INJECTED}:%201{line_break}set-cookie:a=b");
            let path = path.replace("{}", &said);
            let request = format!(
                "GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {key}\r\n\
                 accept: application/json, text/event-stream, */*\r\nconnection: close\r\n\r\n"
            );
            assert_nothing_is_injected(&server, &request).await;
        }
    }
    // As a browser would follow them, these lead to somebody else.
    for path in [
        "//x-injected.example",
        "//x-injected.example/%2e%2e",
        "/%2f%2fx-injected.example",
        "/\\x-injected.example",
        "/%5cx-injected.example/",
        "/console/..//x-injected.example",
        "/assets//x-injected.example/",
        "http://x-injected.example/",
    ] {
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n");
        assert_nothing_is_injected(&server, &request).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_header_says_gets_into_no_header() {
    let listed = ("STANDBY_ALLOWED_ORIGINS", "https://staff.example");
    let server = Server::start_with(&[listed]).await;
    for name in HEADERS {
        for value in [
            "x-injected",
            "https://staff.example\r\n x-injected: 1",
            "https://staff.example\r\n\tx-injected: 1",
            "https://staff.example\rx-injected: 1",
            "https://staff.example\nx-injected: 1",
            "https://staff.example\u{0}x-injected: 1",
            "https://staff.example\u{b}x-injected: 1",
            "https://staff.example\u{2028}x-injected: 1",
            "https://staff.example%0d%0ax-injected: 1",
            "https://staff.example;x-injected",
            "https://staff.example,x-injected",
            "graphql-transport-ws, x-injected",
            "127.0.0.1; script-src x-injected",
            "127.0.0.1/x-injected",
            "x-injected@127.0.0.1",
        ] {
            // A forged host alone is an address like any other: what must not be is more than an address.
            if name == "host" && value == "x-injected" {
                continue;
            }
            let host = if name == "host" {
                ""
            } else {
                "host: 127.0.0.1\r\n"
            };
            for (method, path) in [
                ("GET", "/"),
                ("GET", "/graphql?query=%7B__typename%7D"),
                ("OPTIONS", "/graphql"),
            ] {
                let request = format!(
                    "{method} {path} HTTP/1.1\r\n{host}connection: close\r\n{name}: {value}\r\n\r\n"
                );
                assert_nothing_is_injected(&server, &request).await;
            }
        }
    }
}

#[tokio::test]
async fn a_socket_names_the_one_protocol_and_nothing_that_was_asked_for() {
    let server = Server::start().await;
    let mut line = connect(&server).await;
    let request = "GET /graphql/ws HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: upgrade\r\n\
                   upgrade: websocket\r\nsec-websocket-version: 13\r\n\
                   sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\
                   sec-websocket-extensions: x-injected\r\n\
                   sec-websocket-protocol: x-injected, graphql-transport-ws, x-injected\r\n\r\n";
    line.write_all(request.as_bytes()).await.expect("sent");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(line.read_u8().await.expect("a head"));
    }
    let head = String::from_utf8(head).expect("text").to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 101 "), "{head}");
    assert!(
        head.contains("\nsec-websocket-protocol: graphql-transport-ws\r\n"),
        "{head}"
    );
    assert!(!head.contains(INJECTED), "{head}");
}

#[tokio::test]
async fn a_request_that_could_be_read_in_two_ways_is_not_read() {
    let server = Server::start().await;
    let body = "{\"query\":\"{__typename}\"}";
    let length = body.len();
    for framing in [
        format!("content-length: {length}\r\ncontent-length: 5\r\n"),
        format!("content-length: {length}, 5\r\n"),
        format!("content-length: +{length}\r\n"),
        format!("content-length: -{length}\r\n"),
        "content-length: 0x18\r\n".to_owned(),
        "transfer-encoding: identity, chunked, gzip\r\n".to_owned(),
        "transfer-encoding: xchunked\r\n".to_owned(),
        format!("content-length : {length}\r\n"),
    ] {
        let request = format!(
            "POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n\
             connection: close\r\n{framing}\r\n{body}"
        );
        let status = assert_nothing_is_injected(&server, &request).await;
        assert!(status.starts_with("http/1.1 400"), "{framing:?}: {status}");
    }
}

#[tokio::test]
async fn the_name_of_a_file_is_made_of_a_slug_and_days_and_nothing_else() {
    let server = Server::start().await;
    let key = server.add_key("demo", Role::Reporter);
    let days = "from=2026-03-01&to=2026-03-02";
    let get = async |address: String| {
        let request = Client::new().get(format!("{}{address}", server.origin()));
        request.bearer_auth(&key).send().await.expect("an answer")
    };
    let answer = get(format!("/clinics/demo/report.csv?{days}&name=x.exe")).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(
        answer.headers()["content-disposition"],
        "attachment; filename=\"demo-2026-03-01-2026-03-02.csv\""
    );
    for slug in [
        "demo\"",
        "demo%22;filename=x.exe",
        "DEMO",
        "..%2fdemo",
        "demo%00",
        "demo.",
    ] {
        let answer = get(format!("/clinics/{slug}/report.csv?{days}")).await;
        assert_eq!(answer.status(), 404, "{slug}");
        assert!(!answer.headers().contains_key("content-disposition"));
    }
    // Nor can there be a clinic by such a name.
    for slug in ["a\"b", "a\r\nb", "a/b", "a b", "a;b", "../a", "A", "é"] {
        let arguments = [
            "clinic",
            "add",
            "--slug",
            slug,
            "--name",
            "A",
            "--room-url-template",
            "https://video.example/{room}",
        ];
        assert!(!server.try_command(&arguments).is_success(), "{slug:?}");
    }
}

#[tokio::test]
async fn whatever_host_is_claimed_links_lead_to_where_the_server_is() {
    let server = Server::start().await;
    let admin = server.admin().await;
    let client = Client::new();
    let caller = Caller::arrive_offline(&server, 1).await;
    let ask = async |query: &str| {
        let request = client.post(format!("{}/graphql", server.origin()));
        let request = request
            .header("host", "evil.example")
            .header("x-forwarded-host", "evil.example")
            .header("x-forwarded-proto", "gopher")
            .header("x-forwarded-port", "666")
            .header("x-original-url", "https://evil.example/")
            .header("forwarded", "for=127.0.0.1;host=evil.example;proto=gopher")
            .bearer_auth(admin.asker.token().expect("a session"));
        let answer = request.json(&json!({ "query": query })).send().await;
        answer.expect("an answer").text().await.expect("text")
    };
    let recall = format!(
        "mutation {{ recallCaller(input: {{ callerId: \"{}\" }}) {{ recall {{ id }} userErrors {{ code }} }} }}",
        caller.id
    );
    let answer = ask(&recall).await;
    assert!(answer.contains("\"userErrors\":[]"), "{answer}");
    let text = server.phone(&caller.number).message(2).await;
    assert!(
        text.body.contains(&format!("{}/w#", server.origin())),
        "{}",
        text.body
    );
    let add = format!(
        "mutation {{ addTeamMember(input: {{ clinicId: \"{}\", name: \"Kim\", role: REPORTER }}) \
         {{ signInLink userErrors {{ code }} }} }}",
        admin.clinic
    );
    let answer = ask(&add).await;
    assert!(
        answer.contains(&format!("{}/console/sign-in#", server.origin())),
        "{answer}"
    );
    let join = format!(
        "mutation {{ joinCaller(input: {{ callerId: \"{}\" }}) {{ room {{ url }} userErrors {{ code }} }} }}",
        caller.id
    );
    caller.look().await;
    let joined = ask(&join).await;
    assert!(
        joined.contains(&format!("{}/dev/room/", server.origin())),
        "{joined}"
    );
    for told in [&text.body, &answer, &joined] {
        assert!(
            !told.contains("evil") && !told.contains("gopher") && !told.contains("666/"),
            "{told}"
        );
    }
}
