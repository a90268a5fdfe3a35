//! Who sends slowly and who reads nothing: hundreds of them, and what others notice.

use std::time::{Duration, Instant};

use serde_json::json;
use standby_tests::{Asker, Caller, PATIENCE, Role, Server, Staff, connect, memory, until_within};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::wire::{MEGABYTE, assert_unaffected, connect_narrowly, usual_time};

/// A head has 20 s, a body 10 s, `connection_init` 3 s; and some more on a machine that is busy.
const CUT_WITHIN: Duration = Duration::from_secs(35);

/// Of a line on which nothing could be sent for so long, the server takes no more: there is nothing else to be
/// seen of it.
const TAKES_NO_MORE_AFTER: Duration = Duration::from_secs(2);

const UPGRADE: &str = "GET /graphql/ws HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: upgrade\r\n\
                       upgrade: websocket\r\nsec-websocket-version: 13\r\n\
                       sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\
                       sec-websocket-protocol: graphql-transport-ws\r\n\r\n";

/// Somebody else, who is answered over a connection of their own all the while.
fn somebody(asker: &Asker) -> Asker {
    asker.keeping_a_connection_from([127, 0, 0, 7].into())
}

/// What a slow one has sent when it begins to be slow.
const BEGINNINGS: [&str; 6] = [
    "",
    "POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\nx-slow: ",
    "POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n\
     content-length: 60000\r\n\r\n{",
    "POST /graphql/stream HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n\
     transfer-encoding: chunked\r\n\r\nffff\r\n",
    "POST /clinics/demo/report.csv HTTP/1.1\r\nhost: 127.0.0.1\r\nx-slow: ",
    UPGRADE,
];

/// Sends a letter now and then until the server has had enough; returns how long that was.
async fn send_slowly(mut line: TcpStream) -> Duration {
    let began = Instant::now();
    let mut pace = interval(Duration::from_millis(500));
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut said = [0; 1024];
    loop {
        tokio::select! {
            _ = pace.tick() => {
                if line.write_all(b"x").await.is_err() {
                    return began.elapsed();
                }
            }
            read = line.read(&mut said) => {
                if !matches!(read, Ok(count) if count > 0) {
                    return began.elapsed();
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hundreds_who_send_letter_by_letter_are_cut_cost_nothing_and_keep_nobody_waiting() {
    let server = Server::start().await;
    let other = somebody(&server.anonymous());
    usual_time(&other).await;
    let before = usual_time(&other).await;
    let memory_before = memory(&server);
    let mut slow = JoinSet::new();
    for number in 0..420 {
        let mut line = connect(&server).await;
        let beginning = BEGINNINGS[number % BEGINNINGS.len()];
        line.write_all(beginning.as_bytes()).await.expect("sent");
        slow.spawn(send_slowly(line));
    }
    assert_unaffected(before, usual_time(&other).await);
    let grown = memory(&server).saturating_sub(memory_before);
    assert!(grown < 30 * MEGABYTE, "{grown} bytes more");
    Caller::arrive(&server, 1).await;
    while let Some(cut) = timeout(CUT_WITHIN, slow.join_next())
        .await
        .expect("all are cut")
    {
        let after = cut.expect("no panic");
        assert!(after < CUT_WITHIN, "one was cut only after {after:?}");
    }
    assert_unaffected(before, usual_time(&other).await);
}

/// How many connections and files the server has open.
fn open_files(server: &Server) -> usize {
    let id = server.process_id().expect("it runs");
    let files = std::fs::read_dir(format!("/proc/{id}/fd"));
    files.expect("its files").count()
}

/// A message as a client's frame; masked with zeros, which is a mask like any other.
fn frame(text: &str) -> Vec<u8> {
    let length = text.len();
    let mut frame = vec![0x81];
    if let Ok(short) = u8::try_from(length)
        && short < 126
    {
        frame.push(0x80 | short);
    } else {
        let length = u16::try_from(length).expect("below 64 kB");
        frame.push(0x80 | 0x7e);
        frame.extend_from_slice(&length.to_be_bytes());
    }
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(text.as_bytes());
    frame
}

/// Dear to answer, short to ask.
const EVERYTHING: &str = "{ __schema { types { name description fields { name description args { \
                          name description } } } } }";

/// What those who read nothing send, again and again.
struct Demand {
    first: Vec<u8>,
    again: Vec<u8>,
}

/// Who asks for everything on one connection, request after request.
fn by_requests() -> Demand {
    let body = json!({ "query": EVERYTHING }).to_string();
    let request = format!(
        "POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    Demand {
        first: request.clone().into_bytes(),
        again: request.into_bytes(),
    }
}

/// Who has long pings sent back over a socket, after a few operations with long answers.
fn by_pings(token: &str) -> Demand {
    let mut first = UPGRADE.as_bytes().to_vec();
    first.extend(frame(
        &json!({ "type": "connection_init", "payload": { "token": token } }).to_string(),
    ));
    for id in 0..10 {
        let payload = json!({ "query": EVERYTHING });
        first.extend(frame(
            &json!({ "type": "subscribe", "id": id.to_string(), "payload": payload }).to_string(),
        ));
    }
    let padding = "x".repeat(60_000);
    Demand {
        first,
        again: frame(&json!({ "type": "ping", "payload": { "padding": padding } }).to_string()),
    }
}

/// Who asks at length for operations that are none.
fn by_wrong_operations(token: &str) -> Demand {
    let mut first = UPGRADE.as_bytes().to_vec();
    first.extend(frame(
        &json!({ "type": "connection_init", "payload": { "token": token } }).to_string(),
    ));
    let payload = json!({ "query": "{ no such field }" });
    Demand {
        first,
        again: frame(
            &json!({ "type": "subscribe", "id": "1".repeat(128), "payload": payload }).to_string(),
        ),
    }
}

/// Sends until the server takes no more, and reads nothing; returns the line.
async fn demand(server: &Server, demand: &Demand) -> TcpStream {
    let mut line = connect_narrowly(server).await;
    let mut sent = 0;
    let mut next = &demand.first;
    while let Ok(Ok(())) = timeout(TAKES_NO_MORE_AFTER, line.write_all(next)).await {
        sent += next.len();
        assert!(sent < 30 * MEGABYTE, "all that was asked for is taken in");
        next = &demand.again;
    }
    line
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_much_and_reads_nothing_is_cut_and_costs_nothing() {
    let server = Server::start().await;
    let staff = server.staff(Role::TeamMember).await;
    let token = staff.asker.token().expect("a key");
    let other = somebody(&server.anonymous());
    let one = other.data(EVERYTHING, json!({})).await.to_string().len();
    assert!(
        one > 50_000,
        "{one} bytes are an answer to fill a line with"
    );
    usual_time(&other).await;
    let before = usual_time(&other).await;
    let (memory_before, files_before) = (memory(&server), open_files(&server));
    // All at once.
    let demands: Vec<Demand> = (0..12)
        .map(|_| by_requests())
        .chain((0..9).map(|_| by_pings(token)))
        .chain((0..9).map(|_| by_wrong_operations(token)))
        .collect();
    let sending = demands.iter().map(|one| demand(&server, one));
    let lines = futures_util::future::join_all(sending).await;
    let grown = memory(&server).saturating_sub(memory_before);
    assert!(
        grown < 80 * MEGABYTE,
        "{grown} bytes more for {} lines",
        lines.len()
    );
    assert_unaffected(before, usual_time(&other).await);
    let caller = Caller::arrive(&server, 1).await;
    staff.attended("joinCaller", &caller.id).await;
    // Nothing of them is left, though none has gone away.
    until_within(CUT_WITHIN, "all of them are cut", async || {
        (open_files(&server) <= files_before).then_some(())
    })
    .await;
    assert_eq!(lines.len(), 30);
    assert!(!server.logged().contains("panicked"));
}

/// How long a command usually takes, of twenty.
async fn usual_command(staff: &Staff, caller: &Caller) -> Duration {
    let mut took = Vec::new();
    for _ in 0..10 {
        for command in ["holdCaller", "joinCaller"] {
            let begin = Instant::now();
            staff.attended(command, &caller.id).await;
            took.push(begin.elapsed());
        }
    }
    took.sort();
    took[took.len() / 2]
}

#[tokio::test(flavor = "multi_thread")]
async fn followers_who_read_nothing_hold_up_neither_commands_nor_those_who_read() {
    let server = Server::start().await;
    let staff = server.staff(Role::TeamMember).await;
    for number in 1..30 {
        Caller::arrive(&server, number).await;
    }
    let caller = Caller::arrive(&server, 30).await;
    staff.attended("joinCaller", &caller.id).await;
    let mut follower = staff.follow(None).await;
    usual_command(&staff, &caller).await;
    let before = usual_command(&staff, &caller).await;
    let memory_before = memory(&server);

    let query = "subscription ($clinic: ID!) { waitingAreaChanged(clinicId: $clinic) { __typename \
                 ...on WaitingAreaSnapshot { callers { id name status activity(first: 50) { description } } } \
                 ...on CallerChanged { caller { id name status activity(first: 50) { description } } } } }";
    let payload = json!({ "query": query, "variables": { "clinic": staff.clinic } });
    let body = payload.to_string();
    let mut still = Vec::new();
    for number in 0..16 {
        let key = server.add_key("demo", Role::TeamMember);
        let mut line = connect_narrowly(&server).await;
        let begin = if number % 2 == 0 {
            format!(
                "POST /graphql/stream HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n\
                 authorization: Bearer {key}\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            )
            .into_bytes()
        } else {
            let mut begin = UPGRADE.as_bytes().to_vec();
            for message in [
                json!({ "type": "connection_init", "payload": { "token": key } }),
                json!({ "type": "subscribe", "id": "1", "payload": payload }),
            ] {
                begin.extend(frame(&message.to_string()));
            }
            begin
        };
        line.write_all(&begin).await.expect("sent");
        let mut first = [0; 12];
        line.read_exact(&mut first).await.expect("an answer");
        assert!(first.starts_with(b"HTTP/1.1 "));
        still.push(line);
    }
    let during = usual_command(&staff, &caller).await;
    assert_unaffected(before, during);
    for _ in 0..5 {
        usual_command(&staff, &caller).await;
    }
    let grown = memory(&server).saturating_sub(memory_before);
    assert!(grown < 40 * MEGABYTE, "{grown} bytes more");
    let version = staff.version().await;
    let told = timeout(PATIENCE, follower.until_version(version)).await;
    assert!(
        told.expect("in time").len() >= 160,
        "who reads is told of every change"
    );
    assert_eq!(still.len(), 16, "and none of the others has gone away");
}
