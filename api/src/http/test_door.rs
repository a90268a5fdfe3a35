//! A small application behind the door and a real server before it, for the transports' tests.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_graphql::{
    Context, Error, Object, Request, Schema, ServerError, SimpleObject, Subscription,
};
use axum::Router;
use futures_util::stream::{self, Stream, StreamExt};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::door::{AnonymousBecause, Asker, Door, Refused};
use super::fair_use::Party;
use super::listening::{ListenLimits, serve};
use super::shared_subscriptions::{ItemKey, LiveFeed, live};
use crate::app::credentials::Holds;

/// A server on a port of its own, stopped when dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) client: reqwest::Client,
    running: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(router: Router) -> Self {
        Self::listening(router, ListenLimits::default()).await
    }

    pub(crate) async fn listening(router: Router, limits: ListenLimits) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let address = listener.local_addr().expect("an address");
        let running = tokio::spawn(serve(listener, router, limits, pending()));
        Self {
            address,
            client: reqwest::Client::new(),
            running,
        }
    }

    pub(crate) fn host(&self) -> String {
        self.address.to_string()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) async fn get(&self, path: &str) -> reqwest::Response {
        self.client
            .get(self.url(path))
            .send()
            .await
            .expect("an answer")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.running.abort();
    }
}

/// Who asks: what the viewer may see, and why nobody when it is nobody.
#[derive(Clone, Debug)]
pub(crate) struct Viewer {
    pub(crate) scope: &'static str,
    pub(crate) because: Option<AnonymousBecause>,
}

/// Put into a mutation that is too often.
struct TooOften(Duration);

/// What the tests look at and turn.
pub(crate) struct World {
    /// The latest version of the waiting area.
    pub(crate) version: watch::Sender<i64>,
    /// How often a change was executed.
    pub(crate) executions: AtomicUsize,
    /// Items taken from live feeds.
    pub(crate) taken: AtomicUsize,
    /// Running subscriptions of `endless`.
    pub(crate) endless: watch::Sender<usize>,
    /// The length of a change's text.
    pub(crate) text_bytes: AtomicUsize,
    /// What every credential opens from now on.
    pub(crate) holds: watch::Sender<Holds>,
    pub(crate) signs: watch::Sender<usize>,
    /// Whose sign of life came last.
    pub(crate) alive: watch::Sender<Option<Asker>>,
    pub(crate) sum: watch::Sender<i32>,
    pub(crate) adding: watch::Sender<bool>,
    /// How many `gated` have begun.
    pub(crate) begun: watch::Sender<usize>,
    /// How many `gated` have ended.
    pub(crate) ended: watch::Sender<usize>,
    /// Whether `gated` may end.
    pub(crate) gate: watch::Sender<bool>,
}

type TestSchema = Schema<Query, Mutation, Live>;

#[derive(Clone)]
pub(crate) struct TestDoor {
    schema: TestSchema,
    pub(crate) world: Arc<World>,
}

impl TestDoor {
    pub(crate) fn new() -> Self {
        let world = Arc::new(World {
            version: watch::Sender::new(1),
            executions: AtomicUsize::new(0),
            taken: AtomicUsize::new(0),
            endless: watch::Sender::new(0),
            text_bytes: AtomicUsize::new(4),
            holds: watch::Sender::new(Holds::Same),
            signs: watch::Sender::new(0),
            alive: watch::Sender::new(None),
            sum: watch::Sender::new(0),
            adding: watch::Sender::new(false),
            begun: watch::Sender::new(0),
            ended: watch::Sender::new(0),
            gate: watch::Sender::new(false),
        });
        let schema = Schema::build(Query, Mutation, Live)
            .data(Arc::clone(&world))
            .finish();
        Self { schema, world }
    }
}

impl Door for TestDoor {
    type Viewer = Viewer;
    type Schema = TestSchema;

    fn schema(&self) -> &TestSchema {
        &self.schema
    }

    async fn viewer(&self, credential: &str) -> Result<Viewer, Refused> {
        let scope = match credential {
            "staff" | "other-staff" => "staff",
            "admin" => "admin",
            "unavailable" => return Err(Refused::Unavailable),
            "slow" => return pending().await,
            _ => return Err(Refused::Credential),
        };
        Ok(Viewer {
            scope,
            because: None,
        })
    }

    fn anonymous(&self, because: AnonymousBecause) -> Viewer {
        Viewer {
            scope: "nobody",
            because: Some(because),
        }
    }

    fn prepare(&self, request: Request, viewer: &Viewer, asker: &Asker) -> Request {
        request.data(viewer.clone()).data(asker.clone())
    }

    async fn still_holds(&self, _: &Viewer) -> Holds {
        // As one that has to ask a store: the answer is not there at once.
        tokio::task::yield_now().await;
        *self.world.holds.borrow()
    }

    fn party(&self, viewer: &Viewer, asker: &Asker) -> Party {
        match viewer.because {
            None => Party::Key(viewer.scope.into()),
            Some(_) => Party::at(asker.address),
        }
    }

    fn turn_away(&self, request: Request, wait: Duration) -> Request {
        request.data(TooOften(wait))
    }

    fn sign_of_life(&self, _: &Viewer, asker: &Asker) {
        self.world.alive.send_replace(Some(asker.clone()));
        self.world.signs.send_modify(|signs| *signs += 1);
    }
}

fn world<'a>(ctx: &Context<'a>) -> &'a Arc<World> {
    ctx.data_unchecked::<Arc<World>>()
}

pub(crate) struct Query;

#[Object]
impl Query {
    async fn hello(&self, #[graphql(default_with = "\"you\".to_owned()")] name: String) -> String {
        format!("hello {name}")
    }

    async fn who(&self, ctx: &Context<'_>) -> String {
        let viewer = ctx.data_unchecked::<Viewer>();
        format!("{} {:?}", viewer.scope, viewer.because)
    }

    async fn from(&self, ctx: &Context<'_>) -> String {
        format!("{:?}", ctx.data_unchecked::<Asker>().address)
    }

    /// Begins, and waits until `World::gate` lets it end.
    async fn gated(&self, ctx: &Context<'_>) -> bool {
        let mut gate = world(ctx).gate.subscribe();
        world(ctx).begun.send_modify(|begun| *begun += 1);
        let is_open = gate.wait_for(|is_open| *is_open).await.is_ok();
        world(ctx).ended.send_modify(|ended| *ended += 1);
        is_open
    }

    /// Fails, as faults do: noted, and null.
    async fn faulty(&self, ctx: &Context<'_>) -> Option<i32> {
        ctx.add_error(ServerError::new("out of order", None));
        None
    }

    /// Fails where null is not allowed.
    #[expect(clippy::unused_async, reason = "a resolver")]
    async fn broken(&self) -> Result<i32, Error> {
        Err("broken".into())
    }

    async fn pick(&self, color: Vec<i32>) -> usize {
        color.len()
    }
}

pub(crate) struct Mutation;

#[Object]
impl Mutation {
    /// Waits until `World::adding` says so, then adds.
    async fn add(&self, ctx: &Context<'_>, by: i32) -> i32 {
        if let Some(TooOften(wait)) = ctx.data_opt::<TooOften>() {
            return -i32::try_from(wait.as_secs()).expect("seconds");
        }
        let mut adding = world(ctx).adding.subscribe();
        world(ctx).signs.send_modify(|signs| *signs += 100);
        let _ = adding.wait_for(|may| *may).await;
        world(ctx).sum.send_modify(|sum| *sum += by);
        *world(ctx).sum.borrow()
    }
}

#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct Change {
    version: i64,
}

#[async_graphql::ComplexObject]
impl Change {
    async fn text(&self, ctx: &Context<'_>, #[graphql(default = 1)] times: usize) -> String {
        world(ctx).executions.fetch_add(1, Ordering::SeqCst);
        "x".repeat(times * world(ctx).text_bytes.load(Ordering::SeqCst))
    }

    async fn scope(&self, ctx: &Context<'_>) -> &'static str {
        ctx.data_unchecked::<Viewer>().scope
    }
}

/// Counts a running subscription for as long as it lives.
struct Running(Arc<World>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.endless.send_modify(|running| *running -= 1);
    }
}

pub(crate) struct Live;

#[Subscription]
impl Live {
    async fn count(&self, up_to: i32) -> impl Stream<Item = i32> {
        stream::iter(1..=up_to)
    }

    /// Says nothing, and never ends.
    async fn endless(&self, ctx: &Context<'_>) -> impl Stream<Item = i32> {
        world(ctx).endless.send_modify(|running| *running += 1);
        let running = Running(Arc::clone(world(ctx)));
        stream::pending().map(move |item| {
            let _ = &running;
            item
        })
    }

    #[expect(clippy::unused_async, reason = "a resolver")]
    async fn refused(&self) -> Result<stream::Empty<i32>, Error> {
        Err("not yours".into())
    }

    async fn breaking(&self) -> impl Stream<Item = Result<i32, Error>> {
        stream::iter([Ok(1), Err("broken".into()), Ok(3)])
    }

    /// The latest version whenever it has grown, never one twice.
    async fn changes(
        &self,
        ctx: &Context<'_>,
        after: Option<i64>,
    ) -> Result<impl Stream<Item = Result<Change, Error>>, Error> {
        live(ctx, || async {
            let viewer = ctx.data_unchecked::<Viewer>();
            if viewer.because.is_some() {
                return Err("sign in first".into());
            }
            let world = Arc::clone(world(ctx));
            let versions = world.version.subscribe();
            let items = stream::unfold((versions, after.unwrap_or(0)), move |state| {
                let world = Arc::clone(&world);
                async move {
                    let (mut versions, before) = state;
                    let version = *versions.wait_for(|version| *version > before).await.ok()?;
                    world.taken.fetch_add(1, Ordering::SeqCst);
                    let key = ItemKey {
                        version,
                        kind: "change",
                    };
                    Some((Ok((key, Change { version })), (versions, version)))
                }
            });
            Ok(LiveFeed {
                scope: viewer.scope.to_owned(),
                items: items.boxed(),
            })
        })
        .await
    }
}
