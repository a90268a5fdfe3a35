//! 100,000 operations that nobody thought of, against two clinics: nothing of the one is ever in an answer to
//! the other, to nobody, or to who was of it once.
//!
//! The operations are drawn from the schema ([`generator`]). Whatever must not be seen is a canary: names,
//! numbers in several writings, answers, reasons, ids, rooms, tokens, secrets. Every few hundred operations
//! begin anew on a copy of the same two clinics, so that commands of strangers may do to their own clinic
//! whatever they like; north's rows must be the same after it.
//!
//! `CANARY_OPERATIONS=…` draws more or fewer; `CANARY_SEED=…` the same again (but for ids and tokens, which are
//! the server's own).

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

mod support;

#[path = "support/everything.rs"]
mod everything;
#[path = "canaries/generator.rs"]
mod generator;
#[path = "support/random.rs"]
mod random;
#[path = "canaries/schema.rs"]
mod schema;
#[path = "support/two_clinics.rs"]
mod two_clinics;

use everything::{Everything, difference};
use futures_util::FutureExt as _;
use generator::{Generator, Operation, Pool};
use random::Random;
use schema::Schema;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use support::Stage;
use tokio::time::timeout;
use two_clinics::{Canary, Place, TwoClinics};

/// Operations on one copy of the clinics: few enough that strangers do not end each other's keys for most
/// of them, and enough that copying costs little.
const ON_ONE_COPY: usize = 250;
/// Copies at a time. Operations wait for files more than they compute.
const AT_ONCE: usize = 4;
/// How long the first event of a subscription may take to come, where there is one.
const FIRST_EVENT: Duration = Duration::from_millis(100);

/// Somebody who asks.
struct Stranger {
    who: &'static str,
    token: Option<String>,
    /// What must not be in an answer.
    canaries: Arc<Vec<Canary>>,
    /// Whether commands may be given: not by somebody of north, where they would change something.
    commands: bool,
}

/// What came of many operations.
#[derive(Default)]
struct Outcome {
    operations: usize,
    /// Those that were executed, and not refused as a whole.
    executed: usize,
    /// Those whose answer shows something of whom the viewer may see.
    showing: usize,
    /// The kinds of canaries that were found.
    found: BTreeSet<&'static str>,
    /// What is wrong, the first of each copy.
    wrong: Vec<String>,
}

impl Outcome {
    fn add(&mut self, other: Self) {
        self.operations += other.operations;
        self.executed += other.executed;
        self.showing += other.showing;
        self.found.extend(other.found);
        self.wrong.extend(other.wrong);
    }
}

/// What is run.
struct Run {
    clinics: TwoClinics,
    schema: Schema,
    pool: Pool,
    strangers: Vec<Stranger>,
    seed: u64,
    operations: usize,
    /// Go on whatever is found, and say of what kind it was.
    only_collect: bool,
    /// One in so many operations is executed as north's admin: a leak, to show that it is found.
    plant_every: Option<usize>,
    next: AtomicUsize,
    done: AtomicUsize,
    stop: AtomicBool,
}

impl Run {
    async fn new(seed: u64, operations: usize) -> Self {
        let clinics = TwoClinics::new().await;
        let pool = Pool::new(&clinics).await;
        let strangers = strangers(&clinics);
        Self {
            clinics,
            schema: Schema::exported(),
            pool,
            strangers,
            seed,
            operations,
            only_collect: false,
            plant_every: None,
            next: AtomicUsize::new(0),
            done: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
        }
    }

    async fn run(self) -> Outcome {
        let run = Arc::new(self);
        let tasks: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                let run = Arc::clone(&run);
                tokio::spawn(async move { run.some_of_it().await })
            })
            .collect();
        let mut outcome = Outcome::default();
        for task in tasks {
            outcome.add(task.await.unwrap());
        }
        outcome
    }

    async fn some_of_it(&self) -> Outcome {
        let mut outcome = Outcome::default();
        loop {
            let copy = self.next.fetch_add(1, Ordering::SeqCst);
            let begun = copy * ON_ONE_COPY;
            if begun >= self.operations || self.stop.load(Ordering::SeqCst) {
                return outcome;
            }
            let operations = ON_ONE_COPY.min(self.operations - begun);
            let on_copy = self.on_a_copy(copy, operations).await;
            if !on_copy.wrong.is_empty() {
                self.stop.store(true, Ordering::SeqCst);
            }
            outcome.add(on_copy);
        }
    }

    async fn on_a_copy(&self, copy: usize, operations: usize) -> Outcome {
        let stage = self.clinics.stage.copied();
        let mut everything = Everything::of(&stage);
        let before = self.of_north(everything.rows());
        let mut random = Random::new(self.seed, copy);
        let mut outcome = Outcome::default();
        for number in 0..operations {
            let stranger = random.one_of(&self.strangers);
            let operation =
                Generator::new(&self.schema, &self.pool, &mut random).operation(stranger.commands);
            let is_planted = self
                .plant_every
                .is_some_and(|every| random.below(every) == 0);
            let token = if is_planted {
                Some(self.clinics.north.token("admin"))
            } else {
                stranger.token.as_deref()
            };
            self.done.fetch_add(1, Ordering::SeqCst);
            let seen = self.execute(&stage, token, &operation, stranger, &mut outcome);
            if let Err(problem) = seen.await {
                outcome.wrong.push(format!(
                    "seed {}, copy {copy}, operation {number} ({} in all), {}: {problem}\n{}\n{}",
                    self.seed,
                    self.done.load(Ordering::SeqCst),
                    stranger.who,
                    operation.query,
                    operation.variables,
                ));
                return outcome;
            }
        }
        let after = self.of_north(everything.rows());
        if before != after && !self.only_collect {
            let changed = difference(&before, &after);
            let seed = self.seed;
            outcome.wrong.push(format!(
                "seed {seed}, copy {copy}: north was changed:\n{changed}"
            ));
        }
        outcome
    }

    fn of_north(&self, rows: BTreeSet<String>) -> BTreeSet<String> {
        let north = self.clinics.north.clinic.id.as_str();
        rows.into_iter().filter(|row| row.contains(north)).collect()
    }

    /// Executes an operation as somebody, and looks at the answer.
    async fn execute(
        &self,
        stage: &Stage,
        token: Option<&str>,
        operation: &Operation,
        stranger: &Stranger,
        outcome: &mut Outcome,
    ) -> Result<(), String> {
        outcome.operations += 1;
        let executed = AssertUnwindSafe(first_answer(stage, token, operation)).catch_unwind();
        let answer = executed.await.map_err(|_| "it panicked".to_owned())?;
        let Some(answer) = answer else {
            return Ok(());
        };
        outcome.executed += usize::from(!answer["data"].is_null());
        let text = answer.to_string();
        if text.contains("\"INTERNAL_SERVER_ERROR\"") {
            return Err(format!("a fault: {text}"));
        }
        let text = text.to_lowercase();
        let is_in = |canary: &&Canary| text.contains(&canary.text);
        let is_of_south = || self.clinics.south.canaries.iter().any(|it| is_in(&it));
        outcome.showing += usize::from(stranger.token.is_some() && is_of_south());
        for canary in stranger.canaries.iter().filter(is_in) {
            // What somebody knows already and says, an error may say back.
            let asked = format!("{} {}", operation.query, operation.variables).to_lowercase();
            if asked.contains(&canary.text) {
                continue;
            }
            if !self.only_collect {
                return Err(format!(
                    "is shown a {}: {}\n{text}",
                    canary.kind, canary.text
                ));
            }
            outcome.found.insert(canary.kind);
        }
        Ok(())
    }
}

async fn first_answer(stage: &Stage, token: Option<&str>, operation: &Operation) -> Option<Json> {
    let variables = operation.variables.clone();
    if !operation.is_subscription {
        return Some(stage.ask(token, &operation.query, variables).await);
    }
    let mut events = stage.follow(token, &operation.query, variables).await;
    let first = futures_util::StreamExt::next(&mut events);
    timeout(FIRST_EVENT, first).await.ok().flatten()
}

/// Everybody who must see nothing of north; and three of north who must not see everything.
fn strangers(clinics: &TwoClinics) -> Vec<Stranger> {
    let (north, south) = (&clinics.north, &clinics.south);
    let all = Arc::new(north.canaries.clone());
    let of = |place: &Place, who: &'static str| Stranger {
        who,
        token: Some(place.token(who).to_owned()),
        canaries: Arc::clone(&all),
        commands: true,
    };
    let mut strangers = vec![Stranger {
        who: "nobody",
        token: None,
        canaries: Arc::clone(&all),
        commands: true,
    }];
    let of_south = [
        "WAITING",
        "AWAY",
        "SEEN",
        "reporter",
        "reporter's key",
        "member",
        "member's key",
        "admin",
        "admin's key",
    ];
    strangers.extend(of_south.map(|who| of(south, who)));
    let formerly_of_north = [
        "expired session",
        "expired key",
        "revoked key",
        "ended session",
        "former",
        "token cut short",
    ];
    strangers.extend(formerly_of_north.map(|who| of(north, who)));
    strangers.push(Stranger {
        commands: false,
        ..of(north, "OTHER")
    });
    strangers.push(Stranger {
        canaries: Arc::new(north.not_for_readers.clone()),
        ..of(north, "reporter's key")
    });
    // What is shown once, or to the caller alone, nobody else sees, whatever the role.
    let shown_to_admins = [
        "address of a service",
        "recall's words",
        "room",
        // In the audit log.
        "session's id",
        "webhook's id",
    ];
    let not_for_keys = north.not_for_readers.iter();
    let not_for_keys = not_for_keys.filter(|canary| !shown_to_admins.contains(&canary.kind));
    strangers.push(Stranger {
        commands: false,
        canaries: Arc::new(not_for_keys.cloned().collect()),
        ..of(north, "admin's key")
    });
    strangers
}

fn number_from(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

fn seed() -> u64 {
    number_from("CANARY_SEED").unwrap_or_else(Random::any_seed)
}

/// Says it also where the test passes, of which the test runner otherwise keeps what is printed to itself.
fn tell(told: &str) {
    io::stderr()
        .write_all(format!("{told}\n").as_bytes())
        .unwrap();
}

fn told(outcome: &Outcome, seed: u64, begun: Instant) -> String {
    let mut told = String::new();
    let seconds = begun.elapsed().as_secs();
    let Outcome {
        operations,
        executed,
        showing,
        ..
    } = outcome;
    write!(
        told,
        "{operations} operations in {seconds} s, seed {seed}: {executed} executed, {showing} showed \
         something of the viewer's own clinic, {} leaks",
        outcome.wrong.len()
    )
    .unwrap();
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_operation_shows_anything_of_another_clinic_or_changes_anything_there() {
    let (seed, begun) = (seed(), Instant::now());
    let operations = number_from("CANARY_OPERATIONS").unwrap_or(100_000);
    let operations = usize::try_from(operations).unwrap();
    let outcome = Run::new(seed, operations).await.run().await;
    tell(&told(&outcome, seed, begun));
    assert!(outcome.wrong.is_empty(), "{}", outcome.wrong.join("\n\n"));
    assert_eq!(outcome.operations, operations);
    // Or there was nothing to be found.
    assert!(
        outcome.executed * 10 > operations * 6,
        "{}",
        outcome.executed
    );
    assert!(outcome.showing * 50 > operations, "{}", outcome.showing);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leak_in_one_of_a_thousand_operations_is_found() {
    let (seed, begun) = (seed(), Instant::now());
    let mut run = Run::new(seed, 100_000).await;
    run.plant_every = Some(1000);
    let outcome = run.run().await;
    tell(&format!("planted: {}", told(&outcome, seed, begun)));
    assert!(!outcome.wrong.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operations_come_to_everything_that_somebody_of_the_clinic_may_see() {
    const TO_BE_SEEN: [&str; 15] = [
        "address of a service",
        "answer",
        "caller's id",
        "caller's name",
        "key's id",
        "key's name",
        "member's id",
        "member's name",
        "number",
        "reason",
        "recall's words",
        "room",
        "session's id",
        "somebody's name",
        "webhook's id",
    ];
    let seed = seed();
    let mut run = Run::new(seed, 8000).await;
    run.only_collect = true;
    let canaries = Arc::new(run.clinics.north.canaries.clone());
    let insider = |who: &'static str| Stranger {
        who,
        token: Some(run.clinics.north.token(who).to_owned()),
        canaries: Arc::clone(&canaries),
        commands: false,
    };
    run.strangers = vec![insider("admin"), insider("WAITING"), insider("ENDED")];
    let outcome = run.run().await;
    assert!(outcome.wrong.is_empty(), "{}", outcome.wrong.join("\n\n"));
    let found: Vec<_> = outcome.found.iter().copied().collect();
    // And nothing that is shown once, or never, is among it.
    assert_eq!(found, TO_BE_SEEN, "seed {seed}");
    assert_eq!(json!(outcome.operations), json!(8000));
}
