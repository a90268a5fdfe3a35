//! Commands on callers: one transaction each, all of it or nothing.

use crate::home::{
    Home, World, at, bits, changed, hash, join, named, nothing, recall, report, right_code, see,
    send_code, wrong_code,
};
use standby::domain::decide::{Changed, Command, Decision, decide};
use standby::domain::event::{Actor, Event, What};
use standby::domain::id::{CallerId, RecallId};
use standby::domain::limits::{LimitKind, SCREENS_PER_CALLER};
use standby::domain::presence::ScreenState::{Background, Foreground};
use standby::domain::refusal::{Refusal, Why};
use standby::domain::time::Timestamp;
use standby::ports::store::{
    ChangeKind, Changing, Decided, Forgiven, Loaded, NewToken, Outcome, Subject,
};
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll};

pub(crate) async fn a_change_is_one_version_one_event_and_its_texts(home: impl Home) {
    let world = World::new(&home).await;
    let caller = world.arrive(at(0)).await;
    let outcome = world.command(&caller.id, send_code(), at(1)).await;
    let Outcome::Changed {
        placed,
        version,
        refusal,
    } = outcome
    else {
        panic!()
    };
    assert_eq!((version, placed.clinic.version, refusal), (2, 2, None));
    assert_eq!(world.version().await, 2);
    assert_eq!(world.store.texts_waiting().await.unwrap(), 1);
    let changes = world
        .store
        .changes_after(&world.within, 0, 10)
        .await
        .unwrap()
        .unwrap();
    let told: Vec<_> = changes
        .iter()
        .map(|change| (change.version, change.kind))
        .collect();
    assert_eq!(told, [(1, ChangeKind::Arrived), (2, ChangeKind::Changed)]);
    assert_eq!(world.caller(&caller.id).await.caller, placed.caller);
}

pub(crate) async fn what_changes_nothing_writes_nothing(home: impl Home) {
    let world = World::new(&home).await;
    let caller = world.arrive(at(0)).await;
    let before = world.all().await;
    let unchanged = world.command(&caller.id, see(true), at(1)).await;
    assert_eq!(named(&unchanged), "unchanged");
    let refused = world.command(&caller.id, recall(), at(1)).await;
    assert_eq!(named(&refused), "refused");
    assert_eq!(world.all().await, before);
}

pub(crate) async fn a_refusal_that_changes_something_is_both(home: impl Home) {
    let world = World::new(&home).await;
    let caller = world.arrive(at(0)).await;
    changed(world.command(&caller.id, send_code(), at(1)).await);
    let outcome = world.command(&caller.id, wrong_code(), at(2)).await;
    let Outcome::Changed {
        version,
        refusal: Some(refusal),
        ..
    } = outcome
    else {
        panic!()
    };
    assert_eq!(version, 3);
    assert_eq!(refusal.why, Why::CodeRejected { attempts_left: 4 });
    let left = world
        .caller(&caller.id)
        .await
        .caller
        .phone()
        .outstanding()
        .unwrap()
        .attempts_left;
    assert_eq!(left, 4);
}

pub(crate) async fn tokens_and_uses_are_written_only_with_a_change(home: impl Home) {
    let world = World::new(&home).await;
    let caller = world.arrive_and_step_away(at(0)).await;
    let number = Subject {
        kind: LimitKind::WrongCodeForNumber,
        key: "number".to_owned(),
    };
    let clinic = Subject {
        kind: LimitKind::WrongCodeForClinic,
        key: "clinic".to_owned(),
    };
    let token = hash();
    let recall_id = RecallId::new(bits());
    let seen: Mutex<Vec<Vec<usize>>> = Mutex::new(Vec::new());
    let attempt = |command: Command| {
        let (world, caller, seen) = (&world, &caller, &seen);
        let (number, clinic, token, recall) = (&number, &clinic, &token, &recall_id);
        async move {
            let changing = Changing {
                caller: &caller.id,
                now: at(100),
                report: None,
                subjects: &|_| vec![number.clone(), clinic.clone()],
                decide: &|loaded: Loaded<'_>| {
                    let counts = loaded.uses.iter().map(|used| used.times.len()).collect();
                    seen.lock().unwrap().push(counts);
                    let settings = &loaded.clinic.settings;
                    Decided {
                        decision: decide(loaded.caller, command.clone(), settings, at(100)),
                        tokens: vec![NewToken {
                            hash: token.clone(),
                            recall: recall.clone(),
                        }],
                        uses: vec![clinic.clone()],
                        forgiven: Vec::new(),
                    }
                },
            };
            world
                .store
                .change_caller(&world.within, changing)
                .await
                .unwrap()
        }
    };
    assert_eq!(named(&attempt(join()).await), "refused");
    assert_eq!(named(&attempt(see(false)).await), "unchanged");
    assert_eq!(world.store.caller_by_token(&token).await.unwrap(), None);
    assert_eq!(named(&attempt(recall()).await), "changed");
    let credential = world.store.caller_by_token(&token).await.unwrap().unwrap();
    assert_eq!(
        (credential.caller, credential.recall),
        (caller.id.clone(), Some(recall_id.clone()))
    );
    assert_eq!(named(&attempt(see(false)).await), "unchanged");
    let seen = seen.lock().unwrap().clone();
    assert_eq!(seen, [vec![0, 0], vec![0, 0], vec![0, 0], vec![0, 1]]);
}

pub(crate) async fn uses_are_told_outside_of_a_command_and_forgiven_ones_no_longer(
    home: impl Home,
) {
    let world = World::new(&home).await;
    let caller = world.arrive(at(0)).await;
    let subject = |kind, key: &str| Subject {
        kind,
        key: key.to_owned(),
    };
    let number = subject(LimitKind::WrongCodeInARow, "number");
    let clinic = subject(LimitKind::UnansweredCodeForClinic, "clinic");
    let other = subject(LimitKind::UnansweredCodeForClinic, "other");
    let all = [number.clone(), clinic.clone(), other.clone()];
    let change = |now: i64, uses: Vec<Subject>, forgiven: Vec<Forgiven>| {
        let (world, caller) = (&world, &caller);
        async move {
            let decide = |loaded: Loaded<'_>| Decided {
                uses: uses.clone(),
                forgiven: forgiven.clone(),
                ..decide(
                    loaded.caller,
                    see(now % 2 == 0),
                    &loaded.clinic.settings,
                    at(now),
                )
                .into()
            };
            named(&world.change(&caller.id, None, at(now), &decide).await)
        }
    };
    let told = async |now| {
        let uses = world.store.uses(&all, at(now)).await.unwrap();
        let kinds = uses.iter().map(|used| used.kind);
        assert!(
            kinds.eq(all.iter().map(|subject| subject.kind)),
            "in their order"
        );
        uses.into_iter().map(|used| used.times).collect::<Vec<_>>()
    };
    let nothing = || Vec::<Timestamp>::new();
    assert_eq!(told(1).await, [nothing(), nothing(), nothing()]);
    let twice = vec![number.clone(), clinic.clone(), clinic.clone()];
    assert_eq!(change(1, twice, Vec::new()).await, "changed");
    assert_eq!(
        change(2, vec![number.clone(), other.clone()], Vec::new()).await,
        "changed"
    );
    let [one, two] = [at(1), at(2)];
    assert_eq!(told(3).await, [vec![two, one], vec![one, one], vec![two]]);

    // Of one moment one, and not those of others.
    let given_back = || vec![Forgiven::One(clinic.clone(), one)];
    assert_eq!(change(3, Vec::new(), given_back()).await, "changed");
    assert_eq!(told(4).await, [vec![two, one], vec![one], vec![two]]);
    // Nothing comes back with what changes nothing.
    assert_eq!(change(3, Vec::new(), given_back()).await, "unchanged");
    assert_eq!(told(4).await, [vec![two, one], vec![one], vec![two]]);
    let mut forgiven = given_back();
    forgiven.push(Forgiven::All(number.clone()));
    // Again, though there is none of that moment any more.
    forgiven.extend(given_back());
    assert_eq!(change(4, Vec::new(), forgiven).await, "changed");
    assert_eq!(told(5).await, [nothing(), nothing(), vec![two]]);
    // What is too old to matter is not told.
    assert_eq!(told(2 + 3600).await, [nothing(), nothing(), nothing()]);
}

pub(crate) async fn a_late_report_never_overrides_a_newer_one(home: impl Home) {
    let world = World::new(&home).await;
    let caller = world.arrive(at(0)).await;
    let undecided = |_: Loaded<'_>| -> Decided { panic!("nothing is decided on a late report") };
    let newer = Some(report("phone", 5, Background));
    assert_eq!(
        named(&world.change(&caller.id, newer, at(1), &nothing).await),
        "unchanged"
    );
    for counter in [5, 4, -1] {
        let late = Some(report("phone", counter, Foreground));
        assert_eq!(
            named(&world.change(&caller.id, late, at(2), &undecided).await),
            "unchanged"
        );
    }
    let other_screen = Some(report("laptop", 1, Foreground));
    world
        .change(&caller.id, other_screen, at(3), &nothing)
        .await;
    let newest = Some(report("phone", 6, Foreground));
    // Kept also when what it leads to is refused.
    let refuse = |_: Loaded<'_>| Decision::from(Refusal::new(Why::Unavailable, "no")).into();
    assert_eq!(
        named(&world.change(&caller.id, newest, at(4), &refuse).await),
        "refused"
    );
    let screens = world.store.screens().await.unwrap();
    let kept: Vec<_> = screens[0]
        .screens
        .iter()
        .map(|screen| {
            (
                screen.device.as_str(),
                screen.counter,
                screen.state,
                screen.seen_at,
            )
        })
        .collect();
    assert_eq!(kept.len(), 2);
    assert!(kept.contains(&("phone", 6, Foreground, at(4))));
    assert!(kept.contains(&("laptop", 1, Foreground, at(3))));
    assert_eq!(world.version().await, 1);
}

pub(crate) async fn of_very_many_screens_the_least_recently_heard_is_forgotten(home: impl Home) {
    let world = World::new(&home).await;
    let caller = world.arrive(at(0)).await;
    let many = i64::try_from(SCREENS_PER_CALLER).unwrap() + 3;
    for screen in 0..many {
        let reported = Some(report(&format!("screen-{screen}"), 1, Background));
        world
            .change(&caller.id, reported, at(screen), &nothing)
            .await;
    }
    let screens = world.store.screens().await.unwrap();
    let kept = &screens[0].screens;
    assert_eq!(kept.len(), SCREENS_PER_CALLER);
    assert!(kept.iter().all(|screen| screen.seen_at >= at(3)));
}

pub(crate) async fn a_decision_about_another_caller_is_a_fault_and_writes_nothing(home: impl Home) {
    let world = World::new(&home).await;
    let caller = world.arrive(at(0)).await;
    let other = world.arrive(at(0)).await;
    let before = world.all().await;
    let decide = |_: Loaded<'_>| {
        let event = Event {
            what: What::Left,
            by: Actor::Caller,
        };
        Decision::from(Changed::only(other.clone(), event)).into()
    };
    let changing = Changing {
        caller: &caller.id,
        now: at(1),
        report: Some(report("phone", 1, Background)),
        subjects: &|_| Vec::new(),
        decide: &decide,
    };
    assert!(
        world
            .store
            .change_caller(&world.within, changing)
            .await
            .is_err()
    );
    assert_eq!(world.all().await, before);
}

pub(crate) async fn a_decision_that_panics_leaves_nothing_half_written(home: impl Home) {
    let world = World::new(&home).await;
    let caller = world.arrive(at(0)).await;
    let before = world.all().await;
    for _ in 0..3 {
        let (world, id) = (world.clone(), caller.id.clone());
        let task = tokio::spawn(async move {
            let reported = Some(report("phone", 1, Background));
            let decide = |_: Loaded<'_>| -> Decided { panic!("as this test wants it") };
            world.change(&id, reported, at(1), &decide).await;
        });
        assert!(task.await.unwrap_err().is_panic());
    }
    assert_eq!(world.all().await, before);
    // And no lock is left behind.
    changed(world.command(&caller.id, see(false), at(2)).await);
}

/// A future that is dropped after it was asked `left` times.
struct GivenUp<F> {
    asked: F,
    left: usize,
}

impl<F: Future + Unpin> Future for GivenUp<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.left -= 1;
        Pin::new(&mut self.asked).poll(context).map(Some)
    }
}

pub(crate) async fn a_command_given_up_at_any_moment_is_done_or_not_done(home: impl Home) {
    let world = World::new(&home).await;
    let mut given_up = 0;
    // More often than a command waits, whatever the threads make of it.
    for left in 0..60 {
        let caller = world.arrive(at(0)).await;
        let version = world.version().await;
        let asked = Box::pin(world.command(&caller.id, send_code(), at(1)));
        let outcome = GivenUp { asked, left }.await;
        given_up += usize::from(outcome.is_none());
        let now = world.caller(&caller.id).await;
        let is_done = now.caller.version == 2;
        assert!(is_done || outcome.is_none());
        assert_eq!(now.caller.phone().outstanding().is_some(), is_done);
        assert_eq!(world.version().await, version + i64::from(is_done));
        let changes = world
            .store
            .changes_after(&world.within, version, 9)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(changes.len(), usize::from(is_done));
        let text = world.store.claim_texts(at(2), at(1000), 10).await.unwrap();
        assert_eq!(text.len(), usize::from(is_done));
        // The next command has its turn at once.
        changed(world.command(&caller.id, see(false), at(3)).await);
    }
    assert!(
        (1..60).contains(&given_up),
        "{given_up} of 60 were given up"
    );
}

pub(crate) async fn a_command_on_nobody_is_not_found(home: impl Home) {
    let world = World::new(&home).await;
    world.arrive(at(0)).await;
    let nobody = CallerId::new(bits());
    let outcome = world.command(&nobody, right_code(), at(1)).await;
    assert_eq!(named(&outcome), "not found");
    assert!(
        world
            .store
            .caller(&world.within, &nobody)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        world
            .store
            .activity(&world.within, &nobody, 10)
            .await
            .unwrap()
            .is_empty()
    );
}
