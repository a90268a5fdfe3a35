//! Documents that are small to write and endless to answer.

use std::time::{Duration, Instant};

use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use standby_tests::{Caller, Role, Server, ServerMessage, Socket, memory};

use crate::wire::MEGABYTE;

/// An answer to any of them takes a few milliseconds. On a machine that builds something meanwhile it is
/// still far from what each would take if it were executed.
const REFUSED_WITHIN: Duration = Duration::from_secs(5);

/// One error says what is wrong. A list of thousands would make the server the louder half of the attack.
const LARGEST_REFUSAL: usize = 64 * 1024;

struct Flood {
    name: &'static str,
    document: String,
    variables: Value,
    /// The code of the refusal; none where it is the executor's own words.
    code: Option<&'static str>,
}

fn flood(name: &'static str, code: impl Into<Option<&'static str>>, document: String) -> Flood {
    Flood {
        name,
        document,
        variables: json!({}),
        code: code.into(),
    }
}

fn repeated(count: usize, one: impl Fn(usize) -> String) -> String {
    (0..count).map(one).collect::<Vec<_>>().join(" ")
}

/// Waiting area in clinic in caller in waiting area, and so on.
fn nested(levels: usize) -> String {
    let open = "callers { nodes { clinic { waitingArea { ".repeat(levels);
    let close = "} } } } ".repeat(levels);
    format!("{{ clinic(slug: \"demo\") {{ waitingArea {{ version {open} version {close} }} }} }}")
}

/// Fields within one another, this many: a waiting area's clinic, and so on.
fn within_one_another(fields: usize) -> String {
    let names = ["waitingArea", "callers", "nodes", "clinic"];
    (0..fields - 1)
        .rev()
        .fold("__typename".to_owned(), |inner, field| {
            format!("{} {{ {inner} }}", names[field % names.len()])
        })
}

#[rustfmt::skip]
fn floods() -> Vec<Flood> {
    vec![
        flood("one alias more than is allowed", "TOO_MANY_ALIASES",
            format!("{{ {} }}", repeated(16, |n| format!("a{n}: __typename")))),
        flood("a thousand aliases", "TOO_MANY_ALIASES",
            format!("{{ {} }}", repeated(1000, |n| format!("a{n}: __typename")))),
        flood("aliases of what is dear", "TOO_MANY_ALIASES",
            format!("{{ {} }}", repeated(100, |n| format!("a{n}: clinic(slug: \"demo\") {{ name }}")))),
        flood("aliases in a fragment", "TOO_MANY_ALIASES",
            format!("{{ ...F }} fragment F on Query {{ {} }}", repeated(16, |n| format!("a{n}: __typename")))),
        flood("aliases in fragments without a name", "TOO_MANY_ALIASES",
            format!("{{ {} }}", repeated(16, |n| format!("... {{ a{n}: __typename }}")))),
        flood("a mutation under many names", "TOO_MANY_ROOT_FIELDS",
            format!("mutation {{ {} }}", repeated(15, |n| format!("a{n}: signOut(input: {{}}) {{ signedOut }}")))),
        flood("many mutations by a fragment", "TOO_MANY_ROOT_FIELDS",
            format!("mutation {{ ...F }} fragment F on Mutation {{ {} }}",
                repeated(15, |n| format!("a{n}: signOut(input: {{}}) {{ signedOut }}")))),
        flood("more fields than anybody reads", "TOO_MANY_SELECTIONS",
            format!("{{ {} }}", "__typename ".repeat(3000))),
        flood("more operations than anybody names", "BAD_REQUEST",
            repeated(2100, |n| format!("query a{n} {{ __typename }}"))),
        flood("a depth of forty", "TOO_DEEP", nested(10)),
        flood("one field deeper than is allowed", "TOO_DEEP",
            format!("{{ clinic(slug: \"demo\") {{ {} }} }}", within_one_another(16))),
        flood("a depth of thirty-three", "TOO_DEEP", format!("{{ {} }}", within_one_another(33))),
        flood("one field deeper by fragments", "TOO_DEEP",
            format!("{{ clinic(slug: \"demo\") {{ ...F }} }} fragment F on Clinic {{ {} }}", within_one_another(16))),
        flood("a depth of eighty by fragments", "TOO_DEEP",
            format!("{{ ...F0 }} {} fragment F80 on Query {{ __typename }}",
                repeated(80, |n| format!("fragment F{n} on Query {{ ...F{} }}", n + 1)))),
        flood("a depth of a thousand", "TOO_DEEP", nested(250)),
        flood("thirty thousand brackets", "TOO_DEEP",
            format!("{}{}", "{a".repeat(15_000), "}".repeat(15_000))),
        flood("thirty thousand brackets that are left open", None, "{a".repeat(15_000)),
        flood("a list in a list, and so on", None,
            format!("{{ clinic(slug: {}{}) {{ name }} }}", "[".repeat(15_000), "]".repeat(15_000))),
        flood("an object in an object, and so on", None,
            format!("{{ clinic(slug: {}1{}) {{ name }} }}", "{a:".repeat(10_000), "}".repeat(10_000))),
        flood("a type of lists of lists", None,
            format!("query ($a: {}Int{}) {{ __typename }}", "[".repeat(15_000), "]".repeat(15_000))),
        flood("a fragment that spreads itself", "FRAGMENT_CYCLE",
            "{ ...A } fragment A on Query { ...A }".to_owned()),
        flood("fragments that spread each other", "FRAGMENT_CYCLE",
            "{ ...A } fragment A on Query { ...B } fragment B on Query { ...C } fragment C on Query { ...A }".to_owned()),
        flood("a long way round to oneself", "FRAGMENT_CYCLE",
            format!("{{ ...F0 }} {}", repeated(40, |n| format!("fragment F{n} on Query {{ ...F{} }}", (n + 1) % 40)))),
        flood("fragments that grow tenfold twelve times", "TOO_MANY_SELECTIONS",
            format!("{{ ...F0 }} {} fragment F12 on Query {{ __typename }}",
                repeated(12, |n| format!("fragment F{n} on Query {{ {} }}", format!("...F{} ", n + 1).repeat(10))))),
        flood("one directive more than is allowed", "TOO_MANY_DIRECTIVES",
            format!("{{ {} }}", "__typename @include(if: true) ".repeat(51))),
        flood("five directives on one field", "TOO_MANY_DIRECTIVES",
            format!("{{ viewer {} {{ __typename }} }}", "@include(if: true) ".repeat(5))),
        flood("a thousand directives on one field", "TOO_MANY_DIRECTIVES",
            format!("{{ __typename {} }}", "@include(if: true) ".repeat(1000))),
        flood("ten thousand directives that are none", "TOO_MANY_DIRECTIVES",
            format!("{{ __typename {} }}", "@a ".repeat(10_000))),
        flood("a thousand directives on an operation", "TOO_MANY_DIRECTIVES",
            format!("query {} {{ __typename }}", "@a ".repeat(1000))),
        flood("ten thousand directives on a variable", None,
            format!("query ($a: Int {}) {{ __typename }}", "@a ".repeat(10_000))),
        flood("ten thousand directives on a fragment", None,
            format!("{{ ...F }} fragment F on Query {} {{ __typename }}", "@a ".repeat(10_000))),
        flood("thousands of variables of no type", None,
            format!("query ({}) {{ __typename }}", repeated(4000, |n| format!("$a{n}: No")))),
        flood("thousands of fields that there are not", None,
            format!("{{ {} }}", repeated(1900, |n| format!("x{n}")))),
        flood("thousands of arguments that there are not", None,
            format!("{{ clinic(slug: \"demo\", {}) {{ name }} }}", repeated(4000, |n| format!("a{n}: 1")))),
        flood("pages of pages", "TOO_COSTLY",
            "{ clinic(slug: \"demo\") { waitingArea { callers(first: 200) { nodes { id name \
             clinic { waitingArea { callers(first: 200) { nodes { id name \
             clinic { waitingArea { callers(first: 200) { nodes { id } } } } } } } } } } } } }".to_owned()),
        flood("answers of five hundred callers under many names", "TOO_COSTLY",
            format!("{{ clinic(slug: \"demo\") {{ waitingArea {{ callers(first: 500) {{ nodes {{ {} }} }} }} }} }}",
                repeated(15, |n| format!("a{n}: answers {{ key label value }}")))),
        flood("more characters than a body may have", "PAYLOAD_TOO_LARGE",
            format!("{{ __typename }} # {}", "x".repeat(64 * 1024))),
    ]
}

/// What is wrong with an answer that is to refuse: to bear errors, and nothing that was executed.
fn wrong(flood: &Flood, way: &str, answer: &Value, began: Instant) -> Option<String> {
    let took = began.elapsed();
    let bytes = answer.to_string().len();
    let code = &answer["errors"][0]["extensions"]["code"];
    let wrong = if answer["errors"][0]["message"].as_str().is_none() || !answer["data"].is_null() {
        format!("is executed: {answer}")
    } else if flood.code.is_some_and(|expected| code != expected) {
        format!("is refused for something else: {}", answer["errors"][0])
    } else if bytes > LARGEST_REFUSAL {
        format!("is answered with {bytes} bytes")
    } else if took > REFUSED_WITHIN {
        format!("took {took:?}")
    } else {
        return None;
    };
    let wrong = wrong.chars().take(500).collect::<String>();
    Some(format!("{} {way} {wrong}", flood.name))
}

async fn by_post(client: &Client, url: &str, flood: &Flood) -> Value {
    let body = json!({ "query": flood.document, "variables": flood.variables });
    let request = client.post(url).json(&body);
    let answer = request.header("accept", "application/json").send().await;
    let answer = answer
        .expect("an answer")
        .bytes()
        .await
        .expect("a whole answer");
    serde_json::from_slice(&answer).expect("JSON")
}

async fn by_get(client: &Client, url: &str, flood: &Flood) -> Option<Value> {
    let request = client.get(url).query(&[("query", &flood.document)]);
    let answer = request.send().await.expect("an answer");
    // Longer than a head may be: the connection itself refuses.
    if answer.status() == StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE {
        return None;
    }
    let answer = answer.bytes().await.expect("a whole answer");
    Some(serde_json::from_slice(&answer).expect("JSON"))
}

async fn by_stream(client: &Client, url: &str, flood: &Flood) -> Value {
    let body = json!({ "query": flood.document, "variables": flood.variables });
    let request = client.post(format!("{url}/stream")).json(&body);
    let answer = request.header("accept", "text/event-stream").send().await;
    let answer = answer.expect("an answer");
    let status = answer.status();
    let text = answer.text().await.expect("it ends");
    if status != StatusCode::OK {
        return serde_json::from_str(&text).expect("JSON");
    }
    // Comments tell that the line is alive.
    let text = text.trim_start_matches(":\n\n");
    let data = text.strip_prefix("event: next\ndata: ");
    let (data, rest) = data
        .and_then(|text| text.split_once("\n\n"))
        .unwrap_or_else(|| panic!("{} by a stream: {text}", flood.name));
    assert!(rest.starts_with("event: complete"), "{rest}");
    serde_json::from_str(data).expect("JSON")
}

async fn by_socket(socket: &mut Socket, flood: &Flood) -> Value {
    socket
        .subscribe("flood", &flood.document, flood.variables.clone())
        .await;
    match socket.next_said().await {
        ServerMessage::Error { id, errors } => {
            assert_eq!(id, "flood");
            json!({ "errors": errors })
        }
        other => json!({ "data": format!("{other:?}") }),
    }
}

#[tokio::test]
async fn a_document_that_floods_is_refused_whichever_way_it_comes_and_nobody_notices() {
    let server = Server::start().await;
    let client = Client::new();
    let url = format!("{}/graphql", server.origin());
    let staff = server.staff(Role::ClinicAdmin).await;
    for number in 0..5 {
        Caller::arrive(&server, number).await;
    }
    let mut socket = staff.asker.socket().await;
    // What is written is allocated once, the first time.
    by_post(&client, &url, &floods()[0]).await;
    let before = memory(&server);
    let mut wrongs = Vec::new();
    for flood in floods() {
        let began = Instant::now();
        let answer = by_post(&client, &url, &flood).await;
        wrongs.extend(wrong(&flood, "by POST", &answer, began));
        let began = Instant::now();
        let answer = by_stream(&client, &url, &flood).await;
        wrongs.extend(wrong(&flood, "by a stream", &answer, began));
        if flood.document.len() < 6 * 1024 && !flood.document.starts_with("mutation") {
            let began = Instant::now();
            if let Some(answer) = by_get(&client, &url, &flood).await {
                wrongs.extend(wrong(&flood, "by GET", &answer, began));
            }
        }
        // A message that is too large closes its socket: the conformance tests show that.
        if flood.code != Some("PAYLOAD_TOO_LARGE") {
            let began = Instant::now();
            let answer = by_socket(&mut socket, &flood).await;
            wrongs.extend(wrong(&flood, "by a socket", &answer, began));
        }
    }
    assert!(wrongs.is_empty(), "{}", wrongs.join("\n"));
    let grown = memory(&server).saturating_sub(before);
    assert!(grown < 60 * MEGABYTE, "{grown} bytes more");
    socket.subscribe("1", "{ __typename }", json!({})).await;
    assert_eq!(
        socket.next_data().await["__typename"],
        "Query",
        "the socket lives"
    );
    assert_eq!(staff.waiting_area().await.1.len(), 5);
    assert!(!server.logged().contains("panicked"));
}

#[tokio::test]
async fn a_batch_is_refused_whichever_way_it_comes_and_none_of_it_is_done() {
    let server = Server::start().await;
    let client = Client::new();
    let staff = server.staff(Role::TeamMember).await;
    let mutation = "mutation ($input: EnterWaitingAreaInput!) { \
                    enterWaitingArea(input: $input) { token } }";
    let one = json!({ "query": mutation, "variables": { "input": Caller::arrival("demo", 1) } });
    for batch in [
        json!([]),
        json!([one]),
        json!([one, one]),
        json!(vec![&one; 150]),
    ] {
        for path in ["/graphql", "/graphql/stream"] {
            let request = client
                .post(format!("{}{path}", server.origin()))
                .json(&batch);
            let answer = request.send().await.expect("an answer");
            assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{path}");
            let answer: Value = answer.json().await.expect("JSON");
            assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_REQUEST");
            assert!(answer.get("data").is_none(), "{answer}");
        }
        let mut socket = staff.asker.socket().await;
        socket
            .send(json!({ "type": "subscribe", "id": "1", "payload": batch }))
            .await;
        let closed = socket.next_said().await;
        assert!(
            matches!(closed, ServerMessage::Closed { code: 4400, .. }),
            "{closed:?}"
        );
        let mut socket = staff.asker.socket().await;
        let message = json!({ "type": "subscribe", "id": "1", "payload": one });
        socket.send(json!([message])).await;
        let closed = socket.next_said().await;
        assert!(
            matches!(closed, ServerMessage::Closed { code: 4400, .. }),
            "{closed:?}"
        );
    }
    assert_eq!(staff.waiting_area().await.1.len(), 0, "nobody came in");
}

#[tokio::test]
async fn variables_that_nest_without_end_are_no_json_and_do_no_harm() {
    let server = Server::start().await;
    let client = Client::new();
    let url = format!("{}/graphql", server.origin());
    let deep = |open: &str, close: &str| {
        let nested = format!("{}1{}", open.repeat(9_000), close.repeat(9_000));
        format!("{{\"query\":\"{{ __typename }}\",\"variables\":{{\"a\":{nested}}}}}")
    };
    let mut socket = server.anonymous().socket().await;
    for body in [deep("[", "]"), deep("{\"a\":", "}"), "[".repeat(60_000)] {
        let request = client.post(&url).header("content-type", "application/json");
        let answer = request.body(body.clone()).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
        let message = format!("{{\"type\":\"subscribe\",\"id\":\"1\",\"payload\":{body}}}");
        socket.send_text(message).await;
        let closed = socket.next_said().await;
        assert!(
            matches!(closed, ServerMessage::Closed { code: 4400, .. }),
            "{closed:?}"
        );
        socket = server.anonymous().socket().await;
    }
    server.anonymous().data("{ __typename }", json!({})).await;
}
