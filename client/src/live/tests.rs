//! Live connections over real sockets, with a server that does what it is told.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

use super::*;
use crate::caller::CallerStatus;
use crate::patient::CallerSession;
use crate::sample::caller_json;
use crate::secret::{CallerToken, DeviceId, SessionToken};
use crate::staff::Staff;

use CallerStatus::{Completed, Offline, Waiting};

/// Longer than anything here takes, so that a test that would hang fails.
const PATIENCE: Duration = Duration::from_secs(20);

struct Server {
    listener: TcpListener,
    endpoint: Endpoint,
}

struct Peer(WebSocketStream<TcpStream>);

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let endpoint = Endpoint::new(&format!("http://{address}")).expect("an endpoint");
        Self { listener, endpoint }
    }

    fn staff(&self) -> LiveUpdates<WaitingAreaEvent> {
        Staff::new(self.endpoint.clone(), SessionToken::new("session")).live(&Id::new("clinic-1"))
    }

    fn caller(&self) -> LiveUpdates<Caller> {
        let (token, device) = (CallerToken::new("token"), DeviceId::new("device"));
        CallerSession::new(self.endpoint.clone(), token, device).live()
    }

    async fn accept(&self) -> Peer {
        #[expect(
            clippy::result_large_err,
            clippy::unnecessary_wraps,
            reason = "the crate's own signature"
        )]
        fn agree(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
            assert_eq!(request.uri().path(), "/graphql/ws");
            let protocol = HeaderValue::from_static(SUB_PROTOCOL);
            assert_eq!(
                request.headers().get("sec-websocket-protocol"),
                Some(&protocol)
            );
            response
                .headers_mut()
                .insert("sec-websocket-protocol", protocol);
            Ok(response)
        }

        let (stream, _) = self.listener.accept().await.expect("a connection");
        Peer(accept_hdr_async(stream, agree).await.expect("a handshake"))
    }

    /// Accepts, acknowledges, and gives the subscription's name and variables.
    async fn subscription(&self) -> (Peer, String, Value) {
        let mut peer = self.accept().await;
        assert_eq!(peer.hear().await["type"], "connection_init");
        peer.say(json!({ "type": "connection_ack" })).await;
        let (id, variables) = peer.subscription().await;
        (peer, id, variables)
    }
}

impl Peer {
    async fn hear(&mut self) -> Value {
        loop {
            match self.0.next().await.expect("a message").expect("a message") {
                Message::Text(text) => return serde_json::from_str(&text).expect("JSON"),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    async fn subscription(&mut self) -> (String, Value) {
        let message = self.hear().await;
        assert_eq!(message["type"], "subscribe");
        let id = message["id"].as_str().expect("a name").to_owned();
        (id, message["payload"]["variables"].clone())
    }

    async fn say(&mut self, message: Value) {
        self.0
            .send(Message::text(message.to_string()))
            .await
            .expect("sent");
    }

    async fn event(&mut self, id: &str, kind: &str, version: i32, rest: Value) {
        let mut event = json!({ "__typename": kind, "version": version });
        event
            .as_object_mut()
            .expect("an object")
            .extend(rest.as_object().cloned().expect("more"));
        let payload = json!({ "data": { "waitingAreaChanged": event } });
        self.say(json!({ "type": "next", "id": id, "payload": payload }))
            .await;
    }

    async fn snapshot(&mut self, id: &str, version: i32) {
        let callers = [caller_json("a", 1, Waiting, 1)];
        self.event(
            id,
            "WaitingAreaSnapshot",
            version,
            json!({ "callers": callers }),
        )
        .await;
    }

    async fn changed(&mut self, id: &str, version: i32) {
        let caller = caller_json("a", 1, Offline, version);
        self.event(id, "CallerChanged", version, json!({ "caller": caller }))
            .await;
    }

    async fn my_caller(&mut self, id: &str, status: CallerStatus) {
        let payload = json!({ "data": { "myCaller": caller_json("a", 1, status, 1) } });
        self.say(json!({ "type": "next", "id": id, "payload": payload }))
            .await;
    }

    async fn close(&mut self, code: u16) {
        let frame = CloseFrame {
            code: code.into(),
            reason: "because".into(),
        };
        self.0.close(Some(frame)).await.expect("closed");
    }
}

async fn next<T>(updates: &mut LiveUpdates<T>) -> Option<Live<T>> {
    timeout(PATIENCE, updates.next()).await.expect("an update")
}

/// The next item, over whatever reconnection it takes.
async fn item<T: fmt::Debug>(updates: &mut LiveUpdates<T>) -> T {
    loop {
        match next(updates).await.expect("not the end") {
            Live::Item(item) => return item,
            Live::Connecting | Live::Connected => {}
            Live::Disconnected { .. } => updates.handle().wake(),
            other => panic!("{other:?}"),
        }
    }
}

async fn connected<T: fmt::Debug + PartialEq>(updates: &mut LiveUpdates<T>) {
    assert_eq!(next(updates).await, Some(Live::Connecting));
    assert_eq!(next(updates).await, Some(Live::Connected));
}

/// The script of the server and that of the client, side by side.
async fn play<A, B>(server: impl Future<Output = A>, client: impl Future<Output = B>) -> B {
    let both = futures_util::future::join(server, client);
    timeout(2 * PATIENCE, both).await.expect("an end").1
}

#[tokio::test]
async fn the_first_message_bears_token_and_device_and_the_caller_follows() {
    let server = Server::start().await;
    let mut updates = server.caller();
    let script = async {
        let mut peer = server.accept().await;
        let hello = json!({ "token": "token", "deviceId": "device" });
        assert_eq!(
            peer.hear().await,
            json!({ "type": "connection_init", "payload": hello })
        );
        // A server may ping before it acknowledges.
        peer.say(json!({ "type": "ping" })).await;
        assert_eq!(peer.hear().await, json!({ "type": "pong" }));
        peer.say(json!({ "type": "connection_ack" })).await;
        let (id, _) = peer.subscription().await;
        peer.my_caller(&id, Waiting).await;
        peer.my_caller(&id, Offline).await;
        peer
    };
    play(script, async {
        connected(&mut updates).await;
        assert_eq!(item(&mut updates).await.status, Waiting);
        assert_eq!(item(&mut updates).await.status, Offline);
    })
    .await;
}

#[tokio::test]
async fn a_broken_connection_is_taken_up_where_it_was() {
    let server = Server::start().await;
    let mut updates = server.staff();
    let script = async {
        let (mut peer, id, variables) = server.subscription().await;
        assert_eq!(
            variables,
            json!({ "clinicId": "clinic-1", "afterVersion": null })
        );
        peer.snapshot(&id, 3).await;
        peer.changed(&id, 4).await;
        drop(peer);

        let (mut peer, id, variables) = server.subscription().await;
        assert_eq!(variables["afterVersion"], 4);
        peer.changed(&id, 4).await;
        peer.changed(&id, 5).await;
        peer
    };
    play(script, async {
        let mut versions = Vec::new();
        for _ in 0..3 {
            versions.push(item(&mut updates).await.version());
        }
        assert_eq!(versions, [3, 4, 5]);
    })
    .await;
}

#[tokio::test]
async fn a_gap_is_mended_by_a_snapshot_on_the_same_connection() {
    let server = Server::start().await;
    let mut updates = server.staff();
    let script = async {
        let (mut peer, first, _) = server.subscription().await;
        peer.snapshot(&first, 3).await;
        peer.changed(&first, 6).await;
        assert_eq!(
            peer.hear().await,
            json!({ "type": "complete", "id": first })
        );
        let (second, variables) = peer.subscription().await;
        assert_ne!(second, first);
        assert_eq!(variables["afterVersion"], Value::Null);
        // Still under way from the first subscription.
        peer.changed(&first, 7).await;
        peer.snapshot(&second, 7).await;
        // Had the frame of the first been taken, another subscription would come before this.
        assert_eq!(peer.hear().await, json!({ "type": "ping" }));
        peer.changed(&second, 8).await;
        peer
    };
    play(script, async {
        connected(&mut updates).await;
        for expected in [3, 7] {
            let WaitingAreaEvent::Snapshot { version, .. } = item(&mut updates).await else {
                panic!("no snapshot");
            };
            assert_eq!(version, expected);
        }
        updates.handle().wake();
        assert_eq!(item(&mut updates).await.version(), 8);
    })
    .await;
}

#[tokio::test]
async fn an_event_newer_than_this_client_is_seen_in_a_snapshot() {
    let server = Server::start().await;
    let mut updates = server.staff();
    let script = async {
        let (mut peer, id, _) = server.subscription().await;
        peer.snapshot(&id, 3).await;
        peer.event(&id, "CallerTeleported", 4, json!({})).await;
        assert_eq!(peer.hear().await["type"], "complete");
        let (id, _) = peer.subscription().await;
        peer.snapshot(&id, 4).await;
        peer
    };
    play(script, async {
        assert_eq!(item(&mut updates).await.version(), 3);
        assert_eq!(item(&mut updates).await.version(), 4);
    })
    .await;
}

#[tokio::test]
async fn a_refused_token_is_not_tried_again() {
    for code in [4401, 4403] {
        let server = Server::start().await;
        let mut updates = server.staff();
        let script = async {
            let mut peer = server.accept().await;
            peer.hear().await;
            peer.close(code).await;
            peer
        };
        play(script, async {
            assert_eq!(next(&mut updates).await, Some(Live::Connecting));
            let reason = "because".to_owned();
            assert_eq!(
                next(&mut updates).await,
                Some(Live::Refused { code, reason })
            );
            assert_eq!(next(&mut updates).await, None);
        })
        .await;
    }
}

#[tokio::test]
async fn a_token_revoked_later_is_not_tried_again() {
    let server = Server::start().await;
    let mut updates = server.staff();
    let script = async {
        let (mut peer, id, _) = server.subscription().await;
        peer.snapshot(&id, 3).await;
        peer.close(4401).await;
        peer
    };
    play(script, async {
        assert_eq!(item(&mut updates).await.version(), 3);
        assert!(matches!(
            next(&mut updates).await,
            Some(Live::Refused { code: 4401, .. })
        ));
        assert_eq!(next(&mut updates).await, None);
    })
    .await;
}

#[tokio::test]
async fn any_other_closure_is_told_and_tried_again() {
    let server = Server::start().await;
    let mut updates = server.staff();
    let script = async {
        let (mut peer, id, _) = server.subscription().await;
        peer.snapshot(&id, 3).await;
        peer.close(1012).await;
        let (mut peer, id, _) = server.subscription().await;
        peer.changed(&id, 4).await;
        peer
    };
    play(script, async {
        assert_eq!(item(&mut updates).await.version(), 3);
        let Some(Live::Disconnected { retry_in, cause }) = next(&mut updates).await else {
            panic!("not disconnected");
        };
        assert!(retry_in <= Duration::from_millis(500), "{retry_in:?}");
        assert_eq!(
            cause,
            Interruption::Closed {
                code: Some(1012),
                reason: "because".to_owned()
            }
        );
        connected(&mut updates).await;
        assert_eq!(item(&mut updates).await.version(), 4);
    })
    .await;
}

#[tokio::test]
async fn errors_come_before_data_in_updates_too() {
    let server = Server::start().await;
    let mut updates = server.caller();
    let script = async {
        let (mut peer, id, _) = server.subscription().await;
        let data = json!({ "myCaller": caller_json("a", 1, Waiting, 1) });
        let payload = json!({ "data": data, "errors": [{ "message": "Half done" }] });
        peer.say(json!({ "type": "next", "id": id, "payload": payload }))
            .await;

        let (mut peer, id, _) = server.subscription().await;
        let errors = json!([{ "message": "Not done" }]);
        peer.say(json!({ "type": "error", "id": id, "payload": errors }))
            .await;
        peer
    };
    play(script, async {
        for message in ["Half done", "Not done"] {
            connected(&mut updates).await;
            let Some(Live::Disconnected {
                cause: Interruption::Fault(faults),
                ..
            }) = next(&mut updates).await
            else {
                panic!("no fault");
            };
            assert_eq!(faults[0].message, message);
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_not_there_for_this_token_is_not_asked_for_again() {
    let server = Server::start().await;
    let mut updates = server.staff();
    let script = async {
        let (mut peer, id, _) = server.subscription().await;
        let error = json!({ "message": "No such clinic", "extensions": { "code": "NOT_FOUND" } });
        peer.say(json!({ "type": "error", "id": id, "payload": [error] }))
            .await;
        peer
    };
    play(script, async {
        connected(&mut updates).await;
        let reason = "No such clinic".to_owned();
        assert_eq!(
            next(&mut updates).await,
            Some(Live::Refused { code: 4403, reason })
        );
        assert_eq!(next(&mut updates).await, None);
    })
    .await;
}

#[tokio::test]
async fn updates_end_when_the_stay_has_ended_and_the_server_says_that_nothing_follows() {
    let server = Server::start().await;
    let mut updates = server.caller();
    let script = async {
        let (mut peer, id, _) = server.subscription().await;
        peer.my_caller(&id, Completed).await;
        peer.say(json!({ "type": "complete", "id": id })).await;
        peer
    };
    play(script, async {
        assert_eq!(item(&mut updates).await.status, Completed);
        assert_eq!(next(&mut updates).await, Some(Live::Ended));
        assert_eq!(next(&mut updates).await, None);
    })
    .await;
}

#[tokio::test]
async fn a_server_that_is_not_there_is_tried_at_once_when_woken() {
    // Held and never listened at: given back, the port might become somebody's.
    let nobody = TcpSocket::new_v4().expect("a socket");
    let any_port = "127.0.0.1:0".parse().expect("an address");
    nobody.bind(any_port).expect("a port");
    let address = nobody.local_addr().expect("an address");
    let endpoint = Endpoint::new(&format!("http://{address}")).expect("an endpoint");
    let token = CallerToken::new("token");
    let mut updates = CallerSession::new(endpoint, token, DeviceId::new("device")).live();
    // Were the pauses waited for, they would double up and take half a minute together.
    let started = std::time::Instant::now();
    for _ in 0..20 {
        assert_eq!(next(&mut updates).await, Some(Live::Connecting));
        let Some(Live::Disconnected { retry_in, cause }) = next(&mut updates).await else {
            panic!("not disconnected");
        };
        assert!(
            matches!(cause, Interruption::Unreachable { .. }),
            "{cause:?}"
        );
        assert!(retry_in <= Duration::from_millis(500), "{retry_in:?}");
        updates.handle().wake();
    }
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn a_door_that_stays_shut_is_told_with_its_status() {
    let server = Server::start().await;
    let mut updates = server.staff();
    let script = async {
        #[expect(clippy::result_large_err, reason = "the crate's own signature")]
        fn refuse(_: &Request, _: Response) -> Result<Response, ErrorResponse> {
            let mut response = ErrorResponse::new(None);
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            Err(response)
        }

        let (stream, _) = server.listener.accept().await.expect("a connection");
        accept_hdr_async(stream, refuse).await.err()
    };
    play(script, async {
        assert_eq!(next(&mut updates).await, Some(Live::Connecting));
        let Some(Live::Disconnected { cause, .. }) = next(&mut updates).await else {
            panic!("not disconnected");
        };
        assert_eq!(
            cause,
            Interruption::Unreachable {
                reason: "status 503".to_owned()
            }
        );
    })
    .await;
}

#[tokio::test]
async fn a_woken_connection_that_answers_lives_on() {
    let server = Server::start().await;
    let mut updates = server.staff();
    let handle = updates.handle();
    let script = async {
        let (mut peer, id, _) = server.subscription().await;
        peer.snapshot(&id, 3).await;
        assert_eq!(peer.hear().await, json!({ "type": "ping" }));
        peer.say(json!({ "type": "pong" })).await;
        peer.changed(&id, 4).await;
        peer
    };
    play(script, async {
        assert_eq!(item(&mut updates).await.version(), 3);
        handle.wake();
        assert!(
            matches!(next(&mut updates).await, Some(Live::Item(event)) if event.version() == 4)
        );
    })
    .await;
}

#[tokio::test]
async fn a_woken_connection_that_does_not_answer_is_given_up() {
    let server = Server::start().await;
    let mut updates = server.staff();
    let handle = updates.handle();
    let script = async {
        let (mut peer, id, _) = server.subscription().await;
        peer.snapshot(&id, 3).await;
        // Open, and dead: as after a change of networks.
        peer
    };
    play(script, async {
        assert_eq!(item(&mut updates).await.version(), 3);
        handle.wake();
        let Some(Live::Disconnected { cause, .. }) = next(&mut updates).await else {
            panic!("not disconnected");
        };
        assert_eq!(cause, Interruption::Silent);
    })
    .await;
}

#[tokio::test]
async fn dropping_the_updates_closes_the_connection() {
    let server = Server::start().await;
    let mut updates = server.staff();
    let script = async {
        let (mut peer, id, _) = server.subscription().await;
        peer.snapshot(&id, 3).await;
        assert!(!matches!(peer.0.next().await, Some(Ok(Message::Text(_)))));
    };
    play(script, async {
        item(&mut updates).await;
        drop(updates);
    })
    .await;
}
