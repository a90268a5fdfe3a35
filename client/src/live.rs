//! Live updates: one subscription on one socket, kept up by itself.
//!
//! The graphql-transport-ws protocol is spoken here and not by `graphql-ws-client`, because that
//! crate keeps to itself what this one decides by: when the server was last heard (its own pings
//! included), and the code with which it closed. One subscription a socket needs no multiplexing,
//! which is most of what that crate is.

mod back_off;
mod protocol;
mod watchdog;

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use cynic::{Id, SubscriptionBuilder};
use futures_util::future::{Either, select};
use futures_util::task::AtomicWaker;
use futures_util::{FutureExt, Stream, pin_mut, select_biased, stream};
use serde::de::DeserializeOwned;

use crate::caller::Caller;
use crate::client_error::{ClientError, Fault};
use crate::endpoint::Endpoint;
use crate::instant::Instant;
use crate::operations::{
    MyCaller, WaitingAreaChanged, WaitingAreaChangedVariables, WaitingAreaEventFragment,
};
use crate::platform::{self, Frame, Socket};
use crate::waiting_area_replica::{Continuity, WaitingAreaEvent, continuity};

use back_off::BackOff;
pub(crate) use protocol::SUB_PROTOCOL;
use protocol::ServerMessage;
use watchdog::{Verdict, Watchdog};

/// A connection must be made, and acknowledged, within this time.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// A message must be taken by the socket within this time: one is small, so only a dead connection
/// takes longer.
const SEND_WITHIN: Duration = Duration::from_secs(5);
/// The server will not have this token, now or later.
const UNAUTHORIZED: u16 = 4401;
/// The server will not have this from this token, now or later.
const FORBIDDEN: u16 = 4403;
/// `extensions.code` of the same answer to a single subscription: what is asked for is not there,
/// or not for the holder of this token.
const NOT_FOUND: &str = "NOT_FOUND";

/// What there is to say about a live connection.
#[derive(Debug, Clone, PartialEq)]
pub enum Live<T> {
    /// A connection is being made.
    Connecting,
    /// The server took the token. What is known may be old until the first [`Live::Item`].
    Connected,
    /// Something new.
    Item(T),
    /// The connection broke; another will be made by itself, at once on [`LiveHandle::wake`].
    Disconnected {
        /// After this time.
        retry_in: Duration,
        /// Why.
        cause: Interruption,
    },
    /// The server refuses this token (4401) or what it asks (4403). The last that comes: asking
    /// again is no use.
    Refused {
        /// 4401 or 4403.
        code: u16,
        /// As the server put it; for a log.
        reason: String,
    },
    /// Nothing more will happen: the stay is over, and the last item said how. The last that comes.
    Ended,
}

/// Why a live connection broke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Interruption {
    /// No connection could be made in time.
    Unreachable {
        /// For a log.
        reason: String,
    },
    /// Nothing was heard for so long that the connection must be dead, even if nobody closed it.
    Silent,
    /// The connection was closed.
    Closed {
        /// As the server gave it; none if the connection just broke.
        code: Option<u16>,
        /// For a log.
        reason: String,
    },
    /// The server answered with GraphQL errors, or with what cannot be understood.
    Fault(Vec<Fault>),
}

/// A stream of [`Live`] that connects when it is first polled and stays connected until it is
/// dropped.
pub struct LiveUpdates<T> {
    updates: platform::BoxStream<Live<T>>,
    handle: LiveHandle,
}

impl<T> LiveUpdates<T> {
    /// Tells the connection about the world around it, from anywhere.
    #[must_use]
    pub fn handle(&self) -> LiveHandle {
        self.handle.clone()
    }
}

impl<T> LiveUpdates<T> {
    pub(crate) fn new<F>(endpoint: Endpoint, token: &str, device_id: Option<&str>, feed: F) -> Self
    where
        T: platform::MaybeSend + 'static,
        F: Feed<Item = T> + platform::MaybeSend + 'static,
    {
        let handle = LiveHandle::default();
        let connection = Connection {
            endpoint,
            hello: protocol::connection_init(token, device_id),
            feed,
            back_off: BackOff::default(),
            handle: handle.clone(),
            subscriptions: 0,
            phase: Phase::Start,
        };
        let updates = stream::unfold(connection, |mut connection| async {
            connection.next().await.map(|update| (update, connection))
        });
        Self {
            updates: Box::pin(updates),
            handle,
        }
    }
}

impl<T> Stream for LiveUpdates<T> {
    type Item = Live<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Live<T>>> {
        self.updates.as_mut().poll_next(context)
    }
}

impl<T> fmt::Debug for LiveUpdates<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("LiveUpdates")
    }
}

/// Tells a live connection about the world around it.
#[derive(Clone, Default)]
pub struct LiveHandle {
    wake: Arc<Wake>,
}

#[derive(Default)]
struct Wake {
    is_due: AtomicBool,
    waker: AtomicWaker,
}

impl LiveHandle {
    /// The page is visible again, or the device online: connect at once if disconnected; if
    /// connected, see quickly whether the connection is still alive.
    pub fn wake(&self) {
        self.wake.is_due.store(true, Ordering::Release);
        self.wake.waker.wake();
    }

    /// Ready once there was a [`wake`](Self::wake) since the last time this was ready.
    async fn woken(&self) {
        poll_fn(|context| {
            self.wake.waker.register(context.waker());
            if self.wake.is_due.swap(false, Ordering::AcqRel) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    /// Forgets a wake that what comes next makes needless.
    fn settle(&self) {
        self.wake.is_due.store(false, Ordering::Release);
    }
}

impl fmt::Debug for LiveHandle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("LiveHandle")
    }
}

/// What is subscribed to, and how what comes is taken.
pub(crate) trait Feed {
    type Data: DeserializeOwned;
    type Item;

    /// The payload of `subscribe`: another one after each reconnection, where what was seen
    /// matters.
    fn question(&self) -> Result<String, serde_json::Error>;

    fn take(&mut self, data: Self::Data) -> Taken<Self::Item>;

    /// Whether nothing can follow what came last, so that a subscription that the server completes
    /// is over.
    fn is_over(&self) -> bool;
}

/// How something that came is taken.
#[derive(Debug, PartialEq)]
pub(crate) enum Taken<T> {
    /// It is new.
    Item(T),
    /// It is known.
    Nothing,
    /// Something is missing: ask anew.
    AskAnew,
}

/// `myCaller`.
#[derive(Default)]
pub(crate) struct CallerFeed {
    is_over: bool,
}

impl Feed for CallerFeed {
    type Data = MyCaller;
    type Item = Caller;

    fn question(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(&MyCaller::build(()))
    }

    fn take(&mut self, data: MyCaller) -> Taken<Caller> {
        self.is_over = data.my_caller.status.is_final();
        Taken::Item(data.my_caller)
    }

    fn is_over(&self) -> bool {
        self.is_over
    }
}

/// `waitingAreaChanged`: everything once and in order, over as many connections as it takes.
pub(crate) struct WaitingAreaFeed {
    clinic_id: Id,
    seen: Option<i32>,
}

impl WaitingAreaFeed {
    pub(crate) fn new(clinic_id: Id) -> Self {
        Self {
            clinic_id,
            seen: None,
        }
    }
}

impl Feed for WaitingAreaFeed {
    type Data = WaitingAreaChanged;
    type Item = WaitingAreaEvent;

    fn question(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(&WaitingAreaChanged::build(WaitingAreaChangedVariables {
            clinic_id: self.clinic_id.clone(),
            after_version: self.seen(),
        }))
    }

    fn take(&mut self, data: WaitingAreaChanged) -> Taken<WaitingAreaEvent> {
        let event = match data.waiting_area_changed {
            WaitingAreaEventFragment::Snapshot(event) => WaitingAreaEvent::Snapshot {
                version: event.version,
                callers: event.callers,
            },
            WaitingAreaEventFragment::Arrived(event) => WaitingAreaEvent::Arrived {
                version: event.version,
                caller: event.caller,
            },
            WaitingAreaEventFragment::Changed(event) => WaitingAreaEvent::Changed {
                version: event.version,
                caller: event.caller,
            },
            WaitingAreaEventFragment::Ended(event) => WaitingAreaEvent::Ended {
                version: event.version,
                caller: event.caller,
            },
            // Newer than this client: what it did is seen in a snapshot.
            WaitingAreaEventFragment::Unrecognised => return self.ask_for_a_snapshot(),
        };
        self.take_event(event)
    }

    fn is_over(&self) -> bool {
        false
    }
}

impl WaitingAreaFeed {
    /// The version after which to go on; none to start with a snapshot.
    pub(crate) fn seen(&self) -> Option<i32> {
        self.seen
    }

    pub(crate) fn take_event(&mut self, event: WaitingAreaEvent) -> Taken<WaitingAreaEvent> {
        match continuity(self.seen, &event) {
            Continuity::Next => {
                self.seen = Some(event.version());
                Taken::Item(event)
            }
            Continuity::Known => Taken::Nothing,
            Continuity::Gap => self.ask_for_a_snapshot(),
        }
    }

    fn ask_for_a_snapshot<T>(&mut self) -> Taken<T> {
        self.seen = None;
        Taken::AskAnew
    }
}

struct Connection<F> {
    endpoint: Endpoint,
    hello: String,
    feed: F,
    back_off: BackOff,
    handle: LiveHandle,
    /// Counts the subscriptions of all connections, so that each has its own name.
    subscriptions: u64,
    phase: Phase,
}

enum Phase {
    Start,
    Dial,
    Open(Box<Open>),
    Wait(Duration),
    Over,
}

/// A connection that the server has acknowledged.
struct Open {
    socket: Socket,
    watchdog: Watchdog,
    since: Instant,
    subscription: String,
}

/// Why a connection is no more.
enum Stop {
    Interrupted(Interruption),
    Refused { code: u16, reason: String },
    Ended,
}

impl Stop {
    fn fault(message: &str) -> Self {
        Self::Interrupted(Interruption::Fault(vec![Fault {
            message: message.to_owned(),
            code: None,
            path: Vec::new(),
        }]))
    }

    fn closed(code: Option<u16>, reason: String) -> Self {
        match code {
            Some(code @ (UNAUTHORIZED | FORBIDDEN)) => Self::Refused { code, reason },
            code => Self::Interrupted(Interruption::Closed { code, reason }),
        }
    }
}

impl From<ClientError> for Stop {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Unauthorized => Self::Refused {
                code: UNAUTHORIZED,
                reason: "unauthorized".to_owned(),
            },
            ClientError::Fault(faults) => {
                match faults
                    .iter()
                    .find(|fault| fault.code.as_deref() == Some(NOT_FOUND))
                {
                    Some(fault) => Self::Refused {
                        code: FORBIDDEN,
                        reason: fault.message.clone(),
                    },
                    None => Self::Interrupted(Interruption::Fault(faults)),
                }
            }
            other => Self::fault(&other.to_string()),
        }
    }
}

impl<F: Feed> Connection<F> {
    async fn next(&mut self) -> Option<Live<F::Item>> {
        loop {
            match std::mem::replace(&mut self.phase, Phase::Over) {
                Phase::Start => {
                    self.phase = Phase::Dial;
                    return Some(Live::Connecting);
                }
                Phase::Dial => {
                    self.handle.settle();
                    return Some(match self.dial().await {
                        Ok(open) => {
                            self.phase = Phase::Open(Box::new(open));
                            Live::Connected
                        }
                        Err(stop) => self.stopped(stop),
                    });
                }
                Phase::Open(mut open) => {
                    return Some(match self.follow(&mut open).await {
                        Ok(item) => {
                            self.phase = Phase::Open(open);
                            Live::Item(item)
                        }
                        Err(stop) => {
                            self.back_off
                                .connection_lasted(Instant::now().since(open.since));
                            self.stopped(stop)
                        }
                    });
                }
                Phase::Wait(pause) => {
                    let (woken, passed) = (self.handle.woken(), platform::sleep(pause));
                    pin_mut!(woken, passed);
                    if let Either::Left(_) = select(woken, passed).await {
                        self.back_off.start_over();
                    }
                    self.phase = Phase::Start;
                }
                Phase::Over => return None,
            }
        }
    }

    fn stopped(&mut self, stop: Stop) -> Live<F::Item> {
        match stop {
            Stop::Interrupted(cause) => {
                let retry_in = self.back_off.next(platform::random_fraction());
                self.phase = Phase::Wait(retry_in);
                Live::Disconnected { retry_in, cause }
            }
            Stop::Refused { code, reason } => Live::Refused { code, reason },
            Stop::Ended => Live::Ended,
        }
    }

    /// Connects, says hello, waits for the acknowledgement and subscribes.
    async fn dial(&mut self) -> Result<Open, Stop> {
        let (dialled, too_late) = (self.shake_hands(), platform::sleep(CONNECT_WITHIN));
        pin_mut!(dialled, too_late);
        match select(dialled, too_late).await {
            Either::Left((result, _)) => result,
            Either::Right(_) => Err(Stop::Interrupted(Interruption::Unreachable {
                reason: "no acknowledgement in time".to_owned(),
            })),
        }
    }

    async fn shake_hands(&mut self) -> Result<Open, Stop> {
        let mut socket = Socket::connect(&self.endpoint.socket)
            .await
            .map_err(|reason| Stop::Interrupted(Interruption::Unreachable { reason }))?;
        send(&mut socket, self.hello.clone()).await;
        loop {
            match socket.next().await {
                Frame::Text(text) => match protocol::read(&text) {
                    Some(ServerMessage::ConnectionAck) => break,
                    Some(ServerMessage::Ping) => send(&mut socket, protocol::pong()).await,
                    _ => {}
                },
                Frame::Other => {}
                // Before the acknowledgement a closure without a code of its own is a connection
                // that was never made.
                Frame::Closed {
                    code: None | Some(1006),
                    reason,
                } => {
                    return Err(Stop::Interrupted(Interruption::Unreachable { reason }));
                }
                Frame::Closed { code, reason } => return Err(Stop::closed(code, reason)),
            }
        }
        let now = Instant::now();
        let mut open = Open {
            socket,
            watchdog: Watchdog::new(now),
            since: now,
            subscription: String::new(),
        };
        self.subscribe(&mut open).await?;
        Ok(open)
    }

    async fn subscribe(&mut self, open: &mut Open) -> Result<(), Stop> {
        self.subscriptions += 1;
        open.subscription = self.subscriptions.to_string();
        let message = self
            .feed
            .question()
            .and_then(|question| protocol::subscribe(&open.subscription, question))
            .map_err(|_| Stop::fault("the question cannot be written"))?;
        send(&mut open.socket, message).await;
        Ok(())
    }

    /// The next thing that is new.
    async fn follow(&mut self, open: &mut Open) -> Result<F::Item, Stop> {
        loop {
            let Some(text) = self.hear(open).await? else {
                continue;
            };
            match protocol::read(&text) {
                Some(ServerMessage::Next { id, payload }) if id == open.subscription => {
                    let data = crate::answer::read_answer(payload).map_err(ClientError::from)?;
                    match self.feed.take(data) {
                        Taken::Item(item) => return Ok(item),
                        Taken::Nothing => {}
                        Taken::AskAnew => {
                            send(&mut open.socket, protocol::complete(&open.subscription)).await;
                            self.subscribe(open).await?;
                        }
                    }
                }
                Some(ServerMessage::Error { id, errors }) if id == open.subscription => {
                    return Err(crate::answer::error_of(errors).into());
                }
                Some(ServerMessage::Complete { id }) if id == open.subscription => {
                    return Err(if self.feed.is_over() {
                        Stop::Ended
                    } else {
                        Stop::fault("the server completed a subscription that has no end")
                    });
                }
                Some(ServerMessage::Ping) => send(&mut open.socket, protocol::pong()).await,
                // Of a subscription that was given up, or a pong: that it was heard is all that it
                // is good for.
                Some(_) => {}
                None => return Err(Stop::fault("a message that cannot be understood")),
            }
        }
    }

    /// The next text from the server, unless the connection turns out to be dead first.
    async fn hear(&mut self, open: &mut Open) -> Result<Option<String>, Stop> {
        let look_again_in = match open.watchdog.verdict(Instant::now()) {
            Verdict::Alive { look_again_in } => look_again_in,
            // Frames may be waiting to be read, on a device that has just woken up.
            Verdict::Silent => Duration::ZERO,
        };
        let frame = {
            let (frame, woken) = (open.socket.next().fuse(), self.handle.woken().fuse());
            let look_again = platform::sleep(look_again_in).fuse();
            pin_mut!(frame, woken, look_again);
            select_biased! {
                frame = frame => Some(frame),
                () = woken => None,
                () = look_again => match open.watchdog.verdict(Instant::now()) {
                    Verdict::Silent => return Err(Stop::Interrupted(Interruption::Silent)),
                    Verdict::Alive { .. } => return Ok(None),
                },
            }
        };
        match frame {
            Some(Frame::Text(text)) => {
                open.watchdog.heard(Instant::now());
                Ok(Some(text))
            }
            Some(Frame::Other) => {
                open.watchdog.heard(Instant::now());
                Ok(None)
            }
            Some(Frame::Closed { code, reason }) => Err(Stop::closed(code, reason)),
            None => {
                open.watchdog.asked(Instant::now());
                send(&mut open.socket, protocol::ping()).await;
                Ok(None)
            }
        }
    }
}

/// A message that cannot be sent needs no handling of its own: the socket then closes, or falls
/// silent.
async fn send(socket: &mut Socket, text: String) {
    let (sent, too_late) = (socket.send(text), platform::sleep(SEND_WITHIN));
    pin_mut!(sent, too_late);
    select(sent, too_late).await;
}

#[cfg(test)]
mod tests;
