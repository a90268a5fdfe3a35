//! Who follows is told everything once and in order, whatever happens to the connection or the
//! server.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

use std::cell::Cell;

use futures_util::future::join_all;
use serde_json::{Value, json};
use standby_tests::{
    CALLER, Caller, Chance, Change, Follower, PATIENCE, Replica, Role, Server, ServerMessage,
    Socket, Staff,
};
use tokio::sync::watch;

/// Clients at a time, in the random runs.
const CLIENTS: u64 = 8;
/// Callers of each client, one after the other.
const CALLERS_OF_A_CLIENT: u64 = 4;

/// Many clients at once, each with callers of its own whom everything happens to. Counts what it
/// does, so that whoever watches can say how much it was.
async fn a_busy_day(server: &Server, staff: &Staff, chance: &Chance) -> usize {
    let commands = Cell::new(0);
    let clients = (0..CLIENTS).map(|client| {
        let (mut chance, commands) = (chance.part(client), &commands);
        async move {
            for number in 0..CALLERS_OF_A_CLIENT {
                let number = u32::try_from(client * CALLERS_OF_A_CLIENT + number).expect("few");
                let caller = Caller::arrive(server, number).await;
                // Codes are limited for an address: one caller of each client has one.
                if number.is_multiple_of(u32::try_from(CALLERS_OF_A_CLIENT).expect("few")) {
                    caller.verify(server).await;
                }
                for _ in 0..10 {
                    something_happens(staff, &caller, &mut chance).await;
                    commands.set(commands.get() + 1);
                }
            }
        }
    });
    join_all(clients).await;
    commands.get()
}

/// One command that may fit or not.
async fn something_happens(staff: &Staff, caller: &Caller, chance: &mut Chance) {
    match chance.below(24) {
        0..=5 => drop(caller.look_away().await),
        6..=10 => drop(caller.look().await),
        11..=13 => drop(staff.attend("recallCaller", &caller.id).await),
        14..=16 => drop(staff.attend("joinCaller", &caller.id).await),
        17..=19 => drop(staff.attend("holdCaller", &caller.id).await),
        20 => drop(staff.attend("completeCall", &caller.id).await),
        21 => drop(staff.attend("cancelCaller", &caller.id).await),
        22 => drop(caller.asker.mutate("leaveWaitingArea", json!({}), "").await),
        _ => drop(caller.report("laptop", caller.count(), "FOREGROUND").await),
    }
}

/// Reads on until it has the last version, which is only known later.
async fn all_told(follower: &mut Follower, mut last: watch::Receiver<Option<i64>>) -> Vec<Change> {
    let mut told: Vec<Change> = Vec::new();
    loop {
        let known = *last.borrow_and_update();
        if let (Some(last), Some(change)) = (known, told.last())
            && change.version >= last
        {
            return told;
        }
        tokio::select! {
            change = follower.next() => told.push(change),
            _ = last.changed(), if known.is_none() => {}
        }
    }
}

/// Waits until no text is on its way, after which nothing more happens at once; returns the version,
/// and the callers at that version.
async fn quiet(server: &Server, staff: &Staff) -> (i64, Vec<Value>) {
    server.until_texts_are_settled(PATIENCE).await;
    staff.waiting_area().await
}

#[tokio::test]
async fn every_change_is_told_once_and_in_order_to_everyone_while_many_clients_work() {
    let server = Server::start().await;
    let staff = server.admin().await;
    let chance = Chance::new();
    Caller::arrive(&server, 9000).await;
    let before = staff.version().await;

    let team = [
        server.add_key("demo", Role::TeamMember),
        server.add_key("demo", Role::TeamMember),
    ];
    let mut followers = Vec::new();
    for key in [&team[0], &team[1], &team[0], &team[1]] {
        let member = Staff::new(server.bearer(key)).await;
        followers.push(member.follow(None).await);
    }
    let (last, last_known) = watch::channel(None);
    let work = async {
        let commands = a_busy_day(&server, &staff, &chance).await;
        let (version, callers) = quiet(&server, &staff).await;
        last.send_replace(Some(version));
        (commands, version, callers)
    };
    let following = followers
        .iter_mut()
        .map(|follower| all_told(follower, last_known.clone()));
    let ((commands, version, callers), told) = tokio::join!(work, join_all(following));
    assert!(commands >= 300, "{commands} commands");

    let changed = usize::try_from(version - before).expect("it grows");
    assert!(changed > 100, "{changed} changes");
    for told in &told {
        assert_eq!(told[0].kind, "WaitingAreaSnapshot");
        assert_eq!(told[0].version, before);
        let versions: Vec<i64> = told[1..].iter().map(|change| change.version).collect();
        let all: Vec<i64> = (before + 1..=version).collect();
        assert_eq!(versions, all, "once, in order, no gap");
        let mut replica = Replica::default();
        for change in told {
            replica.take(change);
        }
        assert_eq!(replica.version(), version);
        assert_eq!(
            replica.callers(),
            callers,
            "the stream leads to what is asked for"
        );
    }
    // The same for all, byte for byte.
    let texts = |told: &[Change]| {
        told.iter()
            .map(|change| change.text.clone())
            .collect::<Vec<_>>()
    };
    let first = texts(&told[0]);
    for other in &told[1..] {
        assert_eq!(texts(other), first, "equal bytes to who asks the same");
    }

    // Whoever was away is told exactly what was missed.
    for after in [before, before + 1, before.midpoint(version), version - 1] {
        let mut follower = staff.follow(Some(after)).await;
        let missed = follower.until_version(version).await;
        let versions: Vec<i64> = missed.iter().map(|change| change.version).collect();
        assert_eq!(versions, (after + 1..=version).collect::<Vec<_>>());
        let kinds = missed.iter().map(|change| &change.kind);
        let live = told[0]
            .iter()
            .filter(|change| change.version > after)
            .map(|change| &change.kind);
        assert!(kinds.eq(live), "the same changes as those who were there");
        let who = missed.iter().map(|change| &change.callers[0]["id"]);
        let live = told[0].iter().filter(|change| change.version > after);
        assert!(who.eq(live.map(|change| &change.callers[0]["id"])));
    }
    // With nothing missed, what comes next comes first.
    let version = staff.version().await;
    let mut follower = staff.follow(Some(version)).await;
    Caller::arrive(&server, 9001).await;
    let next = follower.next().await;
    assert_eq!(
        (next.kind.as_str(), next.version),
        ("CallerArrived", version + 1)
    );
}

#[tokio::test]
async fn a_list_is_of_the_version_that_it_says_while_things_go_on() {
    let server = Server::start().await;
    let staff = server.admin().await;
    let callers = join_all((0..6).map(|number| Caller::arrive(&server, number))).await;
    let work = join_all(callers.iter().map(|caller| {
        let staff = &staff;
        async move {
            for _ in 0..8 {
                for field in ["joinCaller", "holdCaller"] {
                    staff.attended(field, &caller.id).await;
                }
            }
        }
    }));
    let mut work = std::pin::pin!(work);
    let mut looks = 0;
    let mut is_done = false;
    while !is_done {
        // Each version is one change of one caller, so together they have as many.
        let looking = async {
            let (version, callers) = staff.waiting_area().await;
            let of_caller = |caller: &Value| caller["version"].as_i64();
            assert_eq!(callers.iter().filter_map(of_caller).sum::<i64>(), version);
        };
        let mut looking = std::pin::pin!(looking);
        loop {
            tokio::select! {
                () = &mut looking => break,
                _ = &mut work, if !is_done => is_done = true,
            }
        }
        looks += 1;
    }
    assert!(looks > 3, "{looks} looks");
}

#[tokio::test]
async fn after_a_version_that_is_not_known_comes_a_snapshot() {
    let server = Server::start().await;
    let staff = server.admin().await;
    for number in 0..3 {
        Caller::arrive(&server, number).await;
    }
    let version = staff.version().await;
    for unknown in [
        version + 1,
        version + 1000,
        2_147_483_647,
        -1,
        -2_147_483_648,
    ] {
        let mut follower = staff.follow(Some(unknown)).await;
        let first = follower.next().await;
        assert_eq!(
            (first.kind.as_str(), first.version),
            ("WaitingAreaSnapshot", version),
            "{unknown}"
        );
        assert_eq!(first.callers.len(), 3);
        assert_eq!(first.callers, staff.waiting_area().await.1);
    }
    // Zero is before the first change: all are kept.
    let changes = staff.follow(Some(0)).await.until_version(version).await;
    assert!(changes.iter().all(|change| change.kind == "CallerArrived"));
    assert_eq!(changes.len(), 3);
}

#[tokio::test]
async fn what_was_missed_while_the_server_was_dead_is_told_after_its_restart() {
    let mut server = Server::start().await;
    let key = server.add_key("demo", Role::TeamMember);
    let staff = Staff::new(server.bearer(&key)).await;
    let mut follower = staff.follow(None).await;
    let mut replica = Replica::default();
    replica.take(&follower.next().await);
    let caller = Caller::arrive_verified(&server, 1).await;
    let seen = staff.version().await;
    for change in follower.until_version(seen).await {
        replica.take(&change);
    }

    // Cut off, while things go on until the server dies, and after that.
    drop(follower);
    caller.look_away().await;
    staff.attended("recallCaller", &caller.id).await;
    staff.until_recall_delivered(&caller.id).await;
    let other = Caller::arrive(&server, 2).await;
    server.kill();
    server.start_again().await;
    other.leave().await;
    Caller::arrive(&server, 3).await;
    let (version, callers) = quiet(&server, &staff).await;

    let mut follower = staff.follow(Some(seen)).await;
    let missed = follower.until_version(version).await;
    assert_eq!(missed[0].version, seen + 1, "changes, and no snapshot");
    for change in &missed {
        replica.take(change);
    }
    assert_eq!(replica.callers(), callers);
}

#[tokio::test]
async fn an_open_socket_ends_with_the_server_and_the_next_one_goes_on() {
    let mut server = Server::start().await;
    let key = server.add_key("demo", Role::TeamMember);
    let staff = Staff::new(server.bearer(&key)).await;
    let mut socket = staff.asker.socket().await;
    server.kill();
    let said = socket.next_said().await;
    assert!(
        matches!(said, ServerMessage::Closed { code: 1006, .. }),
        "{said:?}"
    );
    server.start_again().await;
    let mut follower = staff.follow(None).await;
    assert_eq!(follower.next().await.kind, "WaitingAreaSnapshot");
}

/// A caller's own subscription, as the wait screen has it.
struct OwnScreen(Socket);

impl OwnScreen {
    async fn open(caller: &Caller) -> Self {
        let mut socket = caller.socket().await;
        let query = format!("subscription {{ myCaller {{ {CALLER} }} }}");
        socket.subscribe("own", &query, json!({})).await;
        Self(socket)
    }

    async fn next(&mut self) -> Value {
        self.0.next_data().await["myCaller"].take()
    }

    /// The next that is shown, with the place and how many ahead are Offline.
    async fn next_place(&mut self) -> (String, i64, i64) {
        let shown = self.next().await;
        let number = |field: &str| shown["position"][field].as_i64().unwrap_or_default();
        let status = shown["status"].as_str().expect("a status").to_owned();
        (status, number("place"), number("aheadOffline"))
    }
}

fn shown(status: &str, place: i64, ahead_offline: i64) -> (String, i64, i64) {
    (status.to_owned(), place, ahead_offline)
}

#[tokio::test]
async fn a_wait_screen_is_told_of_every_change_of_its_caller_and_place_until_the_end() {
    let server = Server::start().await;
    let staff = server.admin().await;
    let ahead = Caller::arrive(&server, 1).await;
    let away = Caller::arrive_verified(&server, 2).await;
    let caller = Caller::arrive(&server, 3).await;
    let behind = Caller::arrive(&server, 4).await;

    let mut screen = OwnScreen::open(&caller).await;
    assert_eq!(
        screen.next_place().await,
        shown("WAITING", 3, 0),
        "as it is"
    );
    away.look_away().await;
    assert_eq!(screen.next_place().await, shown("WAITING", 3, 1));
    // Behind, and so no news here: what comes next is what follows.
    behind.leave().await;
    ahead.leave().await;
    assert_eq!(
        screen.next_place().await,
        shown("WAITING", 2, 1),
        "others leaving move it up"
    );
    away.look().await;
    assert_eq!(screen.next_place().await, shown("WAITING", 2, 0));
    staff.attended("joinCaller", &away.id).await;
    assert_eq!(screen.next_place().await, shown("WAITING", 1, 0));

    caller.look_away().await;
    assert_eq!(screen.next().await["presence"]["notResponding"], true);
    caller.look().await;
    assert_eq!(screen.next().await["presence"]["notResponding"], false);
    let joined = staff.attended("joinCaller", &caller.id).await;
    let being_seen = screen.next().await;
    assert_eq!(being_seen["status"], "BEING_SEEN");
    assert_eq!(being_seen["room"]["url"], joined["room"]["url"]);
    staff.attended("holdCaller", &caller.id).await;
    assert_eq!(screen.next().await["status"], "ON_HOLD");
    staff.attended("cancelCaller", &caller.id).await;
    let last = screen.next().await;
    assert_eq!(
        (&last["status"], &last["end"]["how"]),
        (&json!("CANCELLED"), &json!("CANCELLED_BY_STAFF"))
    );
    let said = screen.0.next_said().await;
    assert!(
        matches!(&said, ServerMessage::Complete { id } if id == "own"),
        "{said:?}"
    );

    // Of a stay that is over: how it ended, and the end.
    let mut screen = OwnScreen::open(&caller).await;
    assert_eq!(screen.next().await, last);
    let said = screen.0.next_said().await;
    assert!(
        matches!(&said, ServerMessage::Complete { id } if id == "own"),
        "{said:?}"
    );
}

#[tokio::test]
async fn whatever_happens_ahead_a_wait_screen_ends_up_with_the_place_that_staff_see() {
    let server = Server::start().await;
    let staff = server.admin().await;
    let chance = Chance::new();
    let ahead = join_all((0..8).map(|number| Caller::arrive(&server, number))).await;
    join_all(ahead[..4].iter().map(|caller| caller.verify(&server))).await;
    let caller = Caller::arrive(&server, 8).await;
    let mut screen = OwnScreen::open(&caller).await;
    let mut last = screen.next().await;
    assert_eq!(last["position"]["place"], 9);
    let work = async {
        let happening = ahead.iter().zip(0..).map(|(caller, number)| {
            let (staff, mut chance) = (&staff, chance.part(number));
            async move {
                for _ in 0..15 {
                    something_happens(staff, caller, &mut chance).await;
                }
            }
        });
        join_all(happening).await;
        // Whoever is still there leaves, so that there is something to see in any case.
        ahead[0]
            .asker
            .mutate("leaveWaitingArea", json!({}), "")
            .await;
        quiet(&server, &staff).await;
        staff.caller(&caller.id).await
    };
    let mut work = std::pin::pin!(work);
    let mut seen = None;
    let mut changes = 0;
    while seen
        .as_ref()
        .is_none_or(|seen: &Value| seen["position"] != last["position"])
    {
        tokio::select! {
            now = &mut work, if seen.is_none() => seen = Some(now),
            next = screen.next() => {
                assert!(next["version"].as_i64() >= last["version"].as_i64(), "never an older one");
                assert_ne!(next, last, "never the same again");
                last = next;
                changes += 1;
            }
        }
    }
    assert!(changes > 0, "there was something to see");
}
