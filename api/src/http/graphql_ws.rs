//! GraphQL over WebSocket, at `/graphql/ws`: the protocol graphql-transport-ws to the letter.
//!
//! | close code | when |
//! | --- | --- |
//! | 1001 | the server shuts down; nothing came from the client for too long |
//! | 1012 | the token was handed on to another stay since: whoever connects again speaks for that one |
//! | 1013 | the credential could not be looked up just now; its bearer has too many sockets; an address guesses too often |
//! | 4400 | a message that the protocol does not know, is binary or too large |
//! | 4401 | `subscribe` before `connection_ack`; a credential that is not good |
//! | 4403 | the credential was revoked or has expired since |
//! | 4408 | no `connection_init` in time |
//! | 4409 | a second operation with the id of one that still runs |
//! | 4429 | a second `connection_init` |
//!
//! One task a socket. While there is no room in the short queue to the client, each operation comes at
//! most to its next outcome, so a slow reader slows its own subscriptions and nothing piles up; a reader
//! that is stuck is dropped after [`SocketLimits::send_within`].

pub mod message;

use std::borrow::Cow;
use std::pin::pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::http::{Extensions, HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use futures_util::future::{BoxFuture, Either, FutureExt};
use futures_util::stream::{BoxStream, SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt, future};
use tokio::sync::mpsc;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, sleep_until, timeout};

use self::message::{FromClient, Id, Init, ToClient};
use super::connections::{Full, Place};
use super::door::{AnonymousBecause, Asker, Credential, Door, Refused};
use super::fair_use::Party;
use super::operation::{Asked, refusal};
use super::origin::Standing;
use super::outcome::Outcome;
use super::transport::Transport;
use crate::app::credentials::Holds;

/// Where it is served.
pub const PATH: &str = "/graphql/ws";

/// The WebSocket sub-protocol, and the only one.
pub const PROTOCOL: &str = "graphql-transport-ws";

/// What a close frame can carry besides its code, in bytes (RFC 6455, 5.5).
const LONGEST_REASON: usize = 123;

/// What each socket reads at once, in bytes. The buffer is allocated with the socket: 10,000
/// waiting callers at the library's default of 128 kB would take 1.3 GB.
const READ_BUFFER_BYTES: usize = 4 * 1024;

/// What is gathered before it is written, in bytes. Whatever waits together is flushed together.
const WRITE_BUFFER_BYTES: usize = 4 * 1024;

/// How many messages of the largest size a client may have under way when its socket is closed. Our
/// own figure: one per operation, and more than any network holds.
const UNDER_WAY: usize = 16;

/// In how many steps the silence of a client is counted. While this process stands still (stopped,
/// or its machine moved) nobody can be heard, and however long that takes, it counts as one step:
/// measured by the clock alone, it would close every socket before reading what waits there.
const SILENCE_STEPS: u32 = 4;

/// Limits of one socket. How many there may be is for [`connections`](super::connections) to say.
#[derive(Clone, Copy, Debug)]
pub struct SocketLimits {
    /// From the upgrade to `connection_init`.
    pub init_within: Duration,
    /// Between the pings we send.
    pub ping_every: Duration,
    /// Without anything from the client for so long, the socket is taken for dead, at most a quarter
    /// of it later. Two pings and a slow network.
    pub silence: Duration,
    /// For handing one batch of messages to the network. A reader that takes so long is stuck.
    pub send_within: Duration,
    /// Between checks that the credential is still good: once revoked, the socket is closed within
    /// 5 s.
    pub check_every: Duration,
    /// For saying goodbye.
    pub close_within: Duration,
    /// The largest message of a client, in bytes.
    pub message_bytes: usize,
    /// Operations at a time. The console has 2.
    pub operations: usize,
    /// Messages that wait for a slow reader before its operations wait too.
    pub queue: usize,
}

impl Default for SocketLimits {
    fn default() -> Self {
        Self {
            init_within: Duration::from_secs(3),
            ping_every: Duration::from_secs(10),
            silence: Duration::from_secs(25),
            send_within: Duration::from_secs(10),
            check_every: Duration::from_secs(3),
            close_within: Duration::from_secs(2),
            message_bytes: 64 * 1024,
            operations: 16,
            queue: 16,
        }
    }
}

/// All sockets of a server. Cheap to clone.
#[derive(Clone)]
pub struct Sockets<D: Door> {
    transport: Transport<D>,
    limits: SocketLimits,
}

impl<D: Door> Sockets<D> {
    /// None yet.
    pub fn new(transport: Transport<D>, limits: SocketLimits) -> Self {
        Self { transport, limits }
    }

    /// Serves `/graphql/ws`.
    pub fn router(&self) -> Router {
        // `any`: a WebSocket may be opened by GET or, over HTTP/2, by CONNECT.
        Router::new()
            .route(PATH, any(upgrade::<D>))
            .with_state(self.clone())
    }
}

async fn upgrade<D: Door>(
    State(sockets): State<Sockets<D>>,
    headers: HeaderMap,
    extensions: Extensions,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    if sockets.transport.origins.standing(&headers) == Standing::Foreign {
        return (
            StatusCode::FORBIDDEN,
            "Pages of this origin may not use the API\n",
        )
            .into_response();
    }
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade.protocols([PROTOCOL]),
        Err(rejection) => return rejection.into_response(),
    };
    if upgrade.selected_protocol().is_none() {
        return (
            StatusCode::BAD_REQUEST,
            "The sub-protocol is graphql-transport-ws\n",
        )
            .into_response();
    }
    let limits = sockets.limits;
    let asker = sockets.transport.asker(&headers, &extensions);
    let from = Party::at(asker.address);
    let place = match sockets.transport.connections.take_in(from) {
        Ok(place) => place,
        Err(full) => {
            let (status, why) = match full {
                Full::Everywhere => (StatusCode::SERVICE_UNAVAILABLE, "Try again in a moment\n"),
                Full::ForParty => (StatusCode::TOO_MANY_REQUESTS, "Too many sockets are open\n"),
            };
            let retry_after = [(header::RETRY_AFTER, super::IN_A_WHILE)];
            return (status, retry_after, why).into_response();
        }
    };
    upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        // What is a little too large is read, so that the socket can be closed properly.
        .max_message_size(limits.message_bytes.saturating_mul(2))
        .max_frame_size(limits.message_bytes.saturating_mul(2))
        .on_upgrade(move |socket| async move { serve(&sockets, socket, asker, place).await })
}

/// Why a socket is closed by us.
#[derive(Debug)]
struct Close {
    code: u16,
    reason: Cow<'static, str>,
}

impl Close {
    fn new(code: u16, reason: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            reason: reason.into(),
        }
    }

    fn into_frame(self) -> CloseFrame {
        CloseFrame {
            code: self.code,
            reason: cut(&self.reason).into(),
        }
    }
}

/// The reason of a close after which the same token is worth connecting by again.
const ANOTHER_STAY: &str = "The token opens another stay now: connect again";

/// The reason of a close after which nothing more can be read.
const UNREADABLE: &str = "Unreadable message";

/// As much of a reason as a close frame can carry: a longer one would be no frame at all.
fn cut(reason: &str) -> &str {
    &reason[..reason.floor_char_boundary(LONGEST_REASON)]
}

enum Outgoing {
    Message(ToClient),
    Close(Close),
}

async fn serve<D: Door>(sockets: &Sockets<D>, socket: WebSocket, asker: Asker, mut place: Place) {
    let limits = sockets.limits;
    let (sink, mut incoming) = socket.split();
    let (outbox, queue) = mpsc::channel(limits.queue.max(2));
    let writing = pin!(write(sink, queue, limits.send_within));
    let close = {
        let conversation = Conversation {
            sockets,
            outbox: &outbox,
            reply: None,
            operations: Operations::default(),
            viewer: None,
            asker,
            place: &mut place,
        };
        let talking = pin!(conversation.run(&mut incoming));
        match future::select(talking, writing).await {
            Either::Left((close, writing)) => Some((close, writing)),
            // Broken or stuck: there is nobody to say goodbye to.
            Either::Right(_) => None,
        }
    };
    let Some((close, writing)) = close else {
        return;
    };
    let is_unreadable = close
        .as_ref()
        .is_some_and(|close| close.reason == UNREADABLE);
    let goodbye = async {
        if let Some(close) = close {
            let _ = outbox.send(Outgoing::Close(close)).await;
        }
        drop(outbox);
        // Read to the end: closing with bytes unread resets the connection, and the client might
        // never see why. What cannot be read is left time to hear of it. Not without end: a client
        // that goes on sending regardless would have megabytes taken in for nothing.
        let mut left = limits.message_bytes.saturating_mul(UNDER_WAY);
        while let Some(Ok(message)) = incoming.next().await {
            let Some(less) = left.checked_sub(message.into_data().len()) else {
                break;
            };
            left = less;
        }
        if is_unreadable {
            future::pending::<()>().await;
        }
    };
    let _ = timeout(limits.close_within, future::join(goodbye, writing)).await;
}

/// Hands messages to the network until the queue is closed, or fails.
async fn write(
    mut sink: SplitSink<WebSocket, Message>,
    mut queue: mpsc::Receiver<Outgoing>,
    send_within: Duration,
) {
    while let Some(first) = queue.recv().await {
        let sending = async {
            let mut next = Some(first);
            // All that waits goes out at once.
            while let Some(outgoing) = next {
                let message = match outgoing {
                    Outgoing::Message(message) => Message::Text(message.into_text().into()),
                    Outgoing::Close(close) => Message::Close(Some(close.into_frame())),
                };
                sink.feed(message).await?;
                next = queue.try_recv().ok();
            }
            sink.flush().await
        };
        if !matches!(timeout(send_within, sending).await, Ok(Ok(()))) {
            return;
        }
    }
}

/// A tick every so often. One that comes late puts off the next: they never come in a burst.
pub(super) fn every(period: Duration, from: Instant) -> Interval {
    let mut ticks = interval_at(from + period, period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

struct Conversation<'a, D: Door> {
    sockets: &'a Sockets<D>,
    outbox: &'a mpsc::Sender<Outgoing>,
    /// What is to be said before anything more is heard.
    reply: Option<ToClient>,
    operations: Operations,
    /// Who it is, once acknowledged.
    viewer: Option<D::Viewer>,
    asker: Asker,
    place: &'a mut Place,
}

/// The door's answer to a credential, with the device it was sent from.
type Admission<V> = (Result<V, Refused>, Option<String>);

impl<D: Door> Conversation<'_, D> {
    /// Talks until one side has had enough. `None` when it was the client.
    async fn run(mut self, incoming: &mut SplitStream<WebSocket>) -> Option<Close> {
        let limits = self.sockets.limits;
        let started = Instant::now();
        let mut silent_steps = 0;
        let mut admission: Option<BoxFuture<'static, Admission<D::Viewer>>> = None;
        let mut check: Option<BoxFuture<'static, Holds>> = None;
        let mut pings = every(limits.ping_every, started);
        let mut checks = every(limits.check_every, started);
        let mut silence = every(limits.silence / SILENCE_STEPS, started);
        let mut shutting_down = self.sockets.transport.connections.shutting_down();
        loop {
            let has_not_begun = self.viewer.is_none() && admission.is_none();
            let may_speak = self.reply.is_none();
            tokio::select! {
                // In this order: an end is never kept waiting by traffic.
                biased;
                _ = shutting_down.wait_for(|is_so| *is_so) => {
                    return Some(Close::new(1001, "Going away"));
                }
                holds = pending_or(&mut check) => {
                    check = None;
                    match holds {
                        Holds::Same => {}
                        // A code on which clients connect again: 4403 would end them for good.
                        Holds::AnotherStay => return Some(Close::new(1012, ANOTHER_STAY)),
                        Holds::No => return Some(Close::new(4403, "Forbidden")),
                    }
                }
                _ = checks.tick(), if check.is_none() => {
                    check = self.viewer.clone().map(|viewer| {
                        let door = self.sockets.transport.door.clone();
                        async move { door.still_holds(&viewer).await }.boxed()
                    });
                }
                () = sleep_until(started + limits.init_within), if has_not_begun => {
                    return Some(Close::new(4408, "Connection initialisation timeout"));
                }
                _ = silence.tick() => {
                    silent_steps += 1;
                    // The first of them was under way when the client was last heard.
                    if silent_steps > SILENCE_STEPS {
                        return Some(Close::new(1001, "Nothing heard"));
                    }
                }
                admitted = pending_or(&mut admission) => {
                    admission = None;
                    if let Err(close) = self.admit(admitted) {
                        return Some(close);
                    }
                }
                _ = pings.tick(), if self.viewer.is_some() => {
                    // With a full queue there is traffic enough.
                    let _ = self.outbox.try_send(Outgoing::Message(ToClient::Ping));
                }
                permit = self.outbox.reserve(), if self.reply.is_some() => {
                    let Ok(permit) = permit else { return None };
                    if let Some(reply) = self.reply.take() {
                        permit.send(Outgoing::Message(reply));
                    }
                }
                // Heard only when what was heard before is answered: a client that asks and never
                // reads is not listened to for ever.
                received = incoming.next(), if self.reply.is_none() => {
                    silent_steps = 0;
                    let text = match received {
                        Some(Ok(Message::Text(text))) => text,
                        Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                        Some(Ok(Message::Binary(_))) => {
                            return Some(Close::new(4400, "Binary messages are not understood"));
                        }
                        // Too large by far, or no WebSocket frame; or the connection is gone, and
                        // nobody will hear this.
                        Some(Err(_)) => return Some(Close::new(4400, UNREADABLE)),
                        Some(Ok(Message::Close(_))) | None => return None,
                    };
                    match self.hear(&text, admission.is_some()) {
                        Ok(None) => {}
                        Ok(Some(admitting)) => admission = Some(admitting),
                        Err(close) => return Some(close),
                    }
                }
                (permit, id, outcome) = self.operations.next(self.outbox, may_speak) => {
                    let Ok(permit) = permit else { return None };
                    permit.send(Outgoing::Message(match outcome {
                        Some(outcome) => ToClient::Outcome(id, outcome),
                        None => ToClient::Complete(id),
                    }));
                }
            }
        }
    }

    /// Takes one message of the client. Returns the admission it asks for, if any.
    fn hear(
        &mut self,
        text: &Utf8Bytes,
        is_admitting: bool,
    ) -> Result<Option<BoxFuture<'static, Admission<D::Viewer>>>, Close> {
        let limits = self.sockets.limits;
        if text.len() > limits.message_bytes {
            let reason = format!("A message has at most {} bytes", limits.message_bytes);
            return Err(Close::new(4400, reason));
        }
        let message = message::read(text).map_err(|malformed| Close::new(4400, malformed.0))?;
        // Text comes from the page itself. Control frames do not count: browsers answer those while
        // the page is frozen.
        if let Some(viewer) = &self.viewer {
            self.sockets
                .transport
                .door
                .sign_of_life(viewer, &self.asker);
        }
        match message {
            FromClient::ConnectionInit(_) if self.viewer.is_some() || is_admitting => {
                return Err(Close::new(4429, "Too many initialisation requests"));
            }
            FromClient::ConnectionInit(init) => return Ok(Some(self.admission(init))),
            FromClient::Ping(payload) => self.reply = Some(ToClient::Pong(payload)),
            FromClient::Pong => {}
            FromClient::Subscribe { id, asked } => self.start(id, asked)?,
            FromClient::Complete { id } => self.operations.stop(&id),
        }
        Ok(None)
    }

    fn admission(&self, init: Init) -> BoxFuture<'static, Admission<D::Viewer>> {
        let door = self.sockets.transport.door.clone();
        async move {
            let admitted = match init.credential {
                Credential::Missing => Ok(door.anonymous(AnonymousBecause::NoCredential)),
                Credential::Malformed => Err(Refused::Credential),
                Credential::Bearer(token) => door.viewer(&token).await,
            };
            (admitted, init.device_id)
        }
        .boxed()
    }

    fn admit(&mut self, (admitted, device_id): Admission<D::Viewer>) -> Result<(), Close> {
        let viewer = admitted.map_err(|refused| match refused {
            Refused::Credential => self.turn_away(),
            Refused::Unavailable => Close::new(1013, "Try again in a moment"),
        })?;
        let party = self.sockets.transport.door.party(&viewer, &self.asker);
        if self.place.is_of(party).is_err() {
            return Err(Close::new(1013, "Too many sockets are open"));
        }
        self.asker.device_id = device_id;
        self.sockets
            .transport
            .door
            .sign_of_life(&viewer, &self.asker);
        self.viewer = Some(viewer);
        self.reply = Some(ToClient::ConnectionAck);
        Ok(())
    }

    /// Counts a guess at a credential by its address, as one over HTTP is counted.
    fn turn_away(&self) -> Close {
        let transport = &self.sockets.transport;
        let nobody = transport
            .door
            .anonymous(AnonymousBecause::RejectedCredential);
        match transport.turn(&nobody, &self.asker).too_often_for {
            None => Close::new(4401, "Unauthorized"),
            Some(_) => Close::new(1013, "Too many requests"),
        }
    }

    fn start(&mut self, id: String, asked: Asked) -> Result<(), Close> {
        let Some(viewer) = &self.viewer else {
            return Err(Close::new(4401, "Unauthorized"));
        };
        if self.operations.are_running(&id) {
            return Err(Close::new(
                4409,
                format!("Subscriber for {id} already exists"),
            ));
        }
        let limits = self.sockets.limits;
        let answers = if self.operations.count() >= limits.operations {
            let message = format!("A socket has at most {} operations", limits.operations);
            Err(refusal("TOO_MANY_OPERATIONS", message))
        } else {
            let transport = &self.sockets.transport;
            let turn = transport.turn(viewer, &self.asker);
            transport.operation(asked).map(|operation| {
                let asking = transport.asking(operation, viewer.clone(), self.asker.clone());
                transport.answers(asking, turn)
            })
        };
        match answers {
            Ok(answers) => self.operations.start(id, answers),
            Err(answer) => {
                let refused = Outcome::of_errors(&answer);
                self.reply = Some(ToClient::Outcome(json_text(&id), refused));
            }
        }
        Ok(())
    }
}

fn json_text(id: &str) -> Id {
    serde_json::Value::from(id).to_string().into()
}

/// The result of a future, if there is one to wait for.
pub(super) async fn pending_or<T>(waiting: &mut Option<BoxFuture<'static, T>>) -> T {
    match waiting {
        Some(waiting) => waiting.await,
        None => future::pending().await,
    }
}

/// The operations that run on one socket.
#[derive(Default)]
struct Operations {
    running: Vec<Running>,
    /// Who is asked first next time, so that a busy one does not silence the others.
    turn: usize,
}

struct Running {
    id: String,
    outcomes: BoxStream<'static, Outcome>,
    /// What comes next, once that is known and until there is room to send it.
    made: Option<Made>,
}

enum Made {
    Outcome(Outcome),
    End,
}

impl Operations {
    fn count(&self) -> usize {
        self.running.len()
    }

    fn are_running(&self, id: &str) -> bool {
        self.running.iter().any(|running| running.id == id)
    }

    fn start(&mut self, id: String, outcomes: BoxStream<'static, Outcome>) {
        self.running.push(Running {
            id,
            outcomes,
            made: None,
        });
    }

    fn stop(&mut self, id: &str) {
        self.running.retain(|running| running.id != id);
    }

    /// The next outcome of any of them, once there is room to send it and they `may_speak`; `None` when an
    /// operation is complete. May be dropped at any time: an outcome is taken only when it is returned.
    async fn next<'o>(
        &mut self,
        outbox: &'o mpsc::Sender<Outgoing>,
        may_speak: bool,
    ) -> (
        Result<mpsc::Permit<'o, Outgoing>, mpsc::error::SendError<()>>,
        Id,
        Option<Outcome>,
    ) {
        let mut room = pin!(outbox.reserve());
        future::poll_fn(|context| {
            // Also without room: what has begun may hold a connection to the store for which all others wait.
            let Some(place) = self.poll_made(context) else {
                return Poll::Pending;
            };
            if !may_speak {
                return Poll::Pending;
            }
            let permit = ready!(room.as_mut().poll(context));
            let (id, outcome) = self.take(place);
            Poll::Ready((permit, id, outcome))
        })
        .await
    }

    /// Goes on with all of them, each until one outcome is made; the place of the first, from whose turn it is
    /// on, that has one.
    fn poll_made(&mut self, context: &mut Context<'_>) -> Option<usize> {
        for running in &mut self.running {
            if running.made.is_none()
                && let Poll::Ready(outcome) = running.outcomes.poll_next_unpin(context)
            {
                running.made = Some(outcome.map_or(Made::End, Made::Outcome));
            }
        }
        let count = self.running.len();
        (0..count)
            .map(|step| (self.turn + step) % count)
            .find(|place| self.running[*place].made.is_some())
    }

    fn take(&mut self, place: usize) -> (Id, Option<Outcome>) {
        let running = &mut self.running[place];
        let id = json_text(&running.id);
        let outcome = match running.made.take() {
            Some(Made::Outcome(outcome)) => Some(outcome),
            Some(Made::End) | None => None,
        };
        // After an error the protocol expects nothing more.
        if matches!(outcome, None | Some(Outcome::Error(_))) {
            drop(self.running.remove(place));
        }
        self.turn = place + 1;
        (id, outcome)
    }
}

#[cfg(test)]
mod tests;
