//! One execution for all who ask the same question about the same change.
//!
//! Staff of a clinic watch one waiting area, mostly with the same console, so mostly with the same
//! document. Executing it for each of them costs some 40 µs a change and a subscriber; sending
//! bytes that are there already costs under one.
//!
//! A subscription resolver takes part by calling [`live`]. What happens then:
//!
//! 1. The transport executes the subscription as usual, with a [`FeedSlot`] in the request's data.
//!    The resolver checks its arguments and the viewer, opens the feed, and [`live`] puts it in the
//!    slot instead of returning it. Whatever is wrong is answered as ever.
//! 2. The transport follows the feed. For each item it looks in the [`Group`] of those who asked
//!    the same. If nobody was first, it executes the subscription for [`OneItem`] only and leaves
//!    the answer there for the others.
//!
//! Two are in one group when their document, operation name, variables (but for those that only
//! steer the feed, see [`Operation::canonical_variables`]) and [`LiveFeed::scope`] are equal. The
//! scope is the resolver's promise about what the viewer may see: **everything by which an answer
//! may differ between two viewers must be in it**, at least the clinic and the role.

use std::any::Any;
use std::collections::{HashMap, VecDeque};
use std::convert::identity;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use async_graphql::{Context, Error, Executor as _, Pos, Response};
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tokio::sync::OnceCell;
use tokio::task::JoinSet;

use super::door::Door;
use super::execution::Asking;
use super::operation::{Operation, went_wrong};
use super::outcome::Outcome;

/// Answers a group keeps, for followers that are a little behind. Who is further behind has the
/// item executed anew.
const KEPT_ANSWERS: usize = 32;

/// Bytes of answers a group keeps, whatever their number: a full waiting area's snapshot is large.
const KEPT_BYTES: usize = 4 * 1024 * 1024;

/// How long an answer is kept. All who follow ask for it within moments. Erasing who somebody was makes no
/// version, and may be done by a command beside the server, so nothing could say which answers still hold
/// a name: none is kept for long.
const KEPT_FOR: Duration = Duration::from_secs(3);

/// Names an item among all of one scope: the same key, the same content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ItemKey {
    /// The version of the waiting area that the item leads to.
    pub version: i64,
    /// What kind of item it is: there is a snapshot at a version and a change that led to it.
    pub kind: &'static str,
}

/// What a live resolver hands to [`live`].
pub struct LiveFeed<T> {
    /// What the viewer may see, as text: equal text, equal answers.
    pub scope: String,
    /// The items, in order. Polled for at most one while the socket has no room, so whatever comes
    /// meanwhile must not pile up behind it: keep the latest version, not a queue. An error ends the
    /// subscription with an `error` message, after which clients ask again.
    pub items: BoxStream<'static, Result<(ItemKey, T), Error>>,
}

/// Serves a subscription field from a feed, shared where the transport can share.
///
/// `open` is to check the arguments and the viewer. It is not called when the transport executes a
/// single item of a feed that was opened before.
///
/// # Errors
///
/// What `open` returns.
pub async fn live<T, Opening>(
    ctx: &Context<'_>,
    open: impl FnOnce() -> Opening,
) -> Result<BoxStream<'static, Result<T, Error>>, Error>
where
    T: Clone + Send + Sync + 'static,
    Opening: Future<Output = Result<LiveFeed<T>, Error>>,
{
    if let Some(OneItem(item)) = ctx.data_opt::<OneItem>() {
        let item = item.downcast_ref::<T>().cloned();
        let item = item.ok_or_else(|| Error::new("The item is of another feed"))?;
        return Ok(stream::iter([Ok(item)]).boxed());
    }
    let feed = open().await?;
    if let Some(slot) = ctx.data_opt::<FeedSlot>() {
        slot.put(ErasedFeed {
            scope: feed.scope,
            items: feed
                .items
                .map(|item| {
                    item.map(|(key, item)| {
                        let item: AnyItem = Arc::new(item);
                        (key, item)
                    })
                })
                .boxed(),
        });
        return Ok(stream::empty().boxed());
    }
    Ok(feed.items.map(|item| item.map(|(_, item)| item)).boxed())
}

type AnyItem = Arc<dyn Any + Send + Sync>;

/// The one item for which a subscription is executed.
struct OneItem(AnyItem);

struct ErasedFeed {
    scope: String,
    items: BoxStream<'static, Result<(ItemKey, AnyItem), Error>>,
}

/// Where a live resolver leaves its feed for the transport.
#[derive(Clone, Default)]
struct FeedSlot(Arc<Mutex<Option<ErasedFeed>>>);

impl FeedSlot {
    fn put(&self, feed: ErasedFeed) {
        *lock(&self.0) = Some(feed);
    }

    fn take(&self) -> Option<ErasedFeed> {
        lock(&self.0).take()
    }
}

/// Everything that is shared among the sockets and streams of a server. Cheap to clone.
#[derive(Clone, Default)]
pub struct Sharing {
    groups: Arc<Mutex<HashMap<Question, Weak<Group>>>>,
}

/// What the members of a group have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Question {
    document: String,
    operation_name: Option<String>,
    variables: String,
    scope: String,
}

impl Sharing {
    /// How many different questions are being followed.
    pub fn groups(&self) -> usize {
        lock(&self.groups).len()
    }

    fn join(&self, operation: &Operation, scope: String) -> Arc<Group> {
        let question = Question {
            document: operation.query().to_owned(),
            operation_name: operation.operation_name().map(str::to_owned),
            variables: operation.canonical_variables(),
            scope,
        };
        let mut groups = lock(&self.groups);
        if let Some(group) = groups.get(&question).and_then(Weak::upgrade) {
            return group;
        }
        let group = Arc::new(Group {
            sharing: self.clone(),
            question: question.clone(),
            answers: Mutex::default(),
        });
        groups.insert(question, Arc::downgrade(&group));
        group
    }
}

/// The payload for one item, or the place where it will be.
type Answer = Arc<OnceCell<Arc<str>>>;

/// Those who asked the same question. Gone with the last of them.
struct Group {
    sharing: Sharing,
    question: Question,
    answers: Mutex<VecDeque<(ItemKey, Answer)>>,
}

impl Group {
    /// The answer for an item. Executes for whoever is first; who comes meanwhile waits for it. An
    /// answer with errors is not kept: the next who asks may have better luck.
    async fn answer<Executing>(
        self: &Arc<Self>,
        key: ItemKey,
        execute: impl FnOnce() -> Executing + Send + 'static,
    ) -> Outcome
    where
        Executing: Future<Output = Response> + Send,
    {
        let cell = self.cell(key);
        if let Some(answer) = cell.get() {
            return Outcome::Next(Arc::clone(answer));
        }
        // In a task of its own: whoever is first may be somebody who reads slowly and is not asked for more
        // until there is room again, and all others would wait with them. Should the first go away while
        // executing, the task goes too, and the next in line executes instead.
        let mut task = JoinSet::new();
        task.spawn(async move {
            let answer = cell.get_or_try_init(|| async {
                let response = execute().await;
                let is_whole = response.errors.is_empty();
                match Outcome::of_event(&response) {
                    Outcome::Next(answer) if is_whole => Ok(answer),
                    other => Err(other),
                }
            });
            answer.await.cloned().map_or_else(identity, Outcome::Next)
        });
        match task.join_next().await {
            Some(Ok(outcome)) => outcome,
            broken => {
                tracing::error!(?broken, "an answer for those who follow was cut off");
                Outcome::of_errors(&went_wrong())
            }
        }
    }

    fn cell(self: &Arc<Self>, key: ItemKey) -> Answer {
        let mut answers = lock(&self.answers);
        if let Some((_, cell)) = answers.iter().rev().find(|(kept, _)| *kept == key) {
            return Arc::clone(cell);
        }
        let mut bytes: usize = answers
            .iter()
            .filter_map(|(_, cell)| cell.get())
            .map(|answer| answer.len())
            .sum();
        while answers.len() >= KEPT_ANSWERS || bytes > KEPT_BYTES {
            let Some((_, oldest)) = answers.pop_front() else {
                break;
            };
            bytes -= oldest.get().map_or(0, |answer| answer.len());
        }
        let cell = Answer::default();
        answers.push_back((key, Arc::clone(&cell)));
        drop(answers);
        tokio::spawn(Self::forget(Arc::downgrade(self), Arc::downgrade(&cell)));
        cell
    }

    async fn forget(group: Weak<Self>, cell: Weak<OnceCell<Arc<str>>>) {
        tokio::time::sleep(KEPT_FOR).await;
        if let Some(group) = group.upgrade() {
            lock(&group.answers).retain(|(_, kept)| Arc::as_ptr(kept) != cell.as_ptr());
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let mut groups = lock(&self.sharing.groups);
        // Someone may have founded a new group for this question since the last of ours left.
        if groups
            .get(&self.question)
            .is_some_and(|group| group.strong_count() == 0)
        {
            groups.remove(&self.question);
        }
    }
}

/// Executes a subscription: shared where its resolver offers that, else for this viewer alone.
pub(super) fn subscribe<D: Door>(
    asking: Asking<D>,
    sharing: Sharing,
) -> BoxStream<'static, Outcome> {
    let asking = Arc::new(asking);
    let slot = FeedSlot::default();
    let request = asking.request().data(slot.clone());
    let alone = asking
        .door
        .schema()
        .execute_stream(request, None)
        .map(|answer| Outcome::of_event(&answer));
    // Looked into only when the executor is done: by then a live resolver has left its feed.
    let shared = stream::once(std::future::ready(())).flat_map(move |()| match slot.take() {
        Some(feed) => {
            let group = sharing.join(&asking.operation, feed.scope);
            follow(Arc::clone(&asking), group, feed.items)
        }
        None => stream::empty().boxed(),
    });
    alone.chain(shared).boxed()
}

fn follow<D: Door>(
    asking: Arc<Asking<D>>,
    group: Arc<Group>,
    items: BoxStream<'static, Result<(ItemKey, AnyItem), Error>>,
) -> BoxStream<'static, Outcome> {
    let answers = items.then(move |item| {
        let (asking, group) = (Arc::clone(&asking), Arc::clone(&group));
        async move {
            match item {
                Ok((key, item)) => {
                    let execute = async move || execute_for(&asking, item).await;
                    group.answer(key, execute).await
                }
                Err(error) => {
                    let error = error.into_server_error(Pos::default());
                    Outcome::of_event(&Response::from_errors(vec![error]))
                }
            }
        }
    });
    answers.boxed()
}

async fn execute_for<D: Door>(asking: &Asking<D>, item: AnyItem) -> Response {
    let request = asking.request().data(OneItem(item));
    let answer = asking
        .door
        .schema()
        .execute_stream(request, None)
        .next()
        .await;
    answer.unwrap_or_else(|| {
        tracing::error!("a subscription had no answer for an item of its own feed");
        *went_wrong()
    })
}

/// A panic elsewhere while the lock was held leaves a map or a list that is whole: go on.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
