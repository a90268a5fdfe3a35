//! Who is looking, and what becomes of those who are not.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

use std::time::Duration;

use futures_util::future::{Either, join_all, select};
use serde_json::{Value, json};
use standby_tests::{
    Caller, Role, Server, ServerMessage, Staff, milliseconds, refusal, until_within, wall_clock,
};
use tokio::time::Instant;

/// The lease, the clinic's shortest grace, and as much again for a slow machine.
const LEASE_AND_GRACE: Duration = Duration::from_secs(100);

#[tokio::test]
async fn a_late_report_never_overrides_a_newer_one() {
    let server = Server::start().await;
    let staff = server.admin().await;
    let caller = Caller::arrive_verified(&server, 1).await;
    caller.report("phone", 10, "FOREGROUND").await;
    assert_eq!(
        caller.report("phone", 12, "BACKGROUND").await["status"],
        "OFFLINE"
    );
    let version = staff.version().await;
    for late in [11, 12, 10, 1, 0, -5] {
        let told = caller.report("phone", late, "FOREGROUND").await;
        assert_eq!(told["status"], "OFFLINE", "report {late}");
    }
    assert_eq!(
        staff.version().await,
        version,
        "a late report changes nothing"
    );
    assert_eq!(
        caller.report("phone", 13, "FOREGROUND").await["status"],
        "WAITING"
    );
    for late in [12, 13] {
        assert_eq!(
            caller.report("phone", late, "BACKGROUND").await["status"],
            "WAITING"
        );
    }
}

#[tokio::test]
async fn of_many_reports_at_once_the_one_with_the_highest_counter_holds() {
    let server = Server::start().await;
    let caller = Caller::arrive_verified(&server, 1).await;
    for round in 0..10 {
        let reports = (1..=8).map(|count| {
            let state = if count % 2 == 0 {
                "BACKGROUND"
            } else {
                "FOREGROUND"
            };
            caller.report("phone", round * 8 + count, state)
        });
        join_all(reports).await;
        assert_eq!(
            caller.now().await["status"],
            "OFFLINE",
            "the eighth says hidden"
        );
    }
}

#[tokio::test]
async fn with_several_screens_a_caller_is_offline_only_when_none_is_viewing() {
    let server = Server::start().await;
    let staff = server.admin().await;
    let caller = Caller::arrive_verified(&server, 1).await;
    caller.report("laptop", 1, "FOREGROUND").await;
    caller.report("phone", 1, "FOREGROUND").await;
    assert_eq!(
        caller.report("phone", 2, "BACKGROUND").await["status"],
        "WAITING"
    );
    assert_eq!(
        caller.report("laptop", 2, "BACKGROUND").await["status"],
        "OFFLINE"
    );
    assert_eq!(
        caller.report("phone", 3, "FOREGROUND").await["status"],
        "WAITING"
    );
    assert_eq!(
        caller.report("laptop", 3, "FOREGROUND").await["status"],
        "WAITING"
    );
    assert_eq!(
        caller.report("laptop", 4, "BACKGROUND").await["status"],
        "WAITING"
    );
    let story = staff.story(&caller.id).await;
    let expected = [
        "ARRIVED",
        "CODE_SENT",
        "PHONE_VERIFIED",
        "WENT_OFFLINE",
        "CAME_BACK",
    ];
    assert_eq!(story, expected);
}

#[tokio::test]
async fn an_unverified_caller_who_looks_away_is_not_responding_and_never_offline() {
    let server = Server::start().await;
    let staff = server.admin().await;
    let caller = Caller::arrive(&server, 1).await;
    let hidden = caller.look_away().await;
    assert_eq!(hidden["status"], "WAITING");
    assert_eq!(hidden["presence"]["notResponding"], true);
    assert_eq!(hidden["presence"]["isViewing"], false);
    assert_eq!(
        hidden["position"]["place"], 1,
        "the place is kept meanwhile"
    );
    let seen = caller.look().await;
    assert_eq!(seen["presence"]["notResponding"], false);
    let refused = staff.attend("recallCaller", &caller.id).await;
    assert_eq!(
        refusal(&refused),
        "WRONG_STATUS",
        "there is no verified number to text"
    );

    // To read the code, the page is left: entering it from there is enough to be Offline.
    let code = caller.have_code_sent(&server).await;
    caller.look_away().await;
    let verified = caller
        .asker
        .accepted("verifyPhone", json!({ "code": code }), "caller { status }")
        .await;
    assert_eq!(verified["caller"]["status"], "OFFLINE");
    let story = staff.story(&caller.id).await;
    let expected = [
        "ARRIVED",
        "NOT_RESPONDING",
        "RESPONDING_AGAIN",
        "CODE_SENT",
        "NOT_RESPONDING",
        "PHONE_VERIFIED",
    ];
    assert_eq!(story, expected);
}

#[tokio::test]
async fn who_stops_viewing_in_a_consultation_stays_in_it() {
    let server = Server::start().await;
    let staff = server.admin().await;
    let caller = Caller::arrive_verified(&server, 1).await;
    staff.attended("joinCaller", &caller.id).await;
    let away = caller.look_away().await;
    assert_eq!(away["status"], "BEING_SEEN");
    assert_eq!(away["presence"]["isViewing"], false);
    assert_eq!(caller.look().await["presence"]["isViewing"], true);
    let story = staff.story(&caller.id).await;
    assert_eq!(story[3..], ["JOINED", "STOPPED_VIEWING", "VIEWING_AGAIN"]);
}

/// Whom there is before the server is killed.
struct Scene {
    /// Viewing, by a report and a socket.
    returning: Caller,
    /// Viewing, by a socket alone: nothing was ever reported.
    returning_by_socket: Caller,
    /// Viewing, and never heard of again.
    gone: Caller,
    /// Unverified, viewing, and never heard of again.
    gone_unverified: Caller,
    offline: Caller,
    not_responding: Caller,
}

#[tokio::test]
async fn over_a_restart_nobody_moves_and_who_comes_back_in_time_was_never_offline() {
    let mut server = Server::start().await;
    let key = server.add_key("demo", Role::TeamMember);
    let staff = Staff::new(server.bearer(&key)).await;
    let scene = Scene {
        gone: Caller::arrive_verified(&server, 1).await,
        offline: Caller::arrive_offline(&server, 2).await,
        returning: Caller::arrive_verified(&server, 3).await,
        gone_unverified: Caller::arrive(&server, 4).await,
        not_responding: Caller::arrive(&server, 5).await,
        returning_by_socket: Caller::arrive_verified(&server, 6).await,
    };
    staff.attended("recallCaller", &scene.offline.id).await;
    staff.until_recall_delivered(&scene.offline.id).await;
    scene.not_responding.look_away().await;
    let viewing = [&scene.gone, &scene.returning, &scene.gone_unverified];
    join_all(viewing.map(Caller::look)).await;
    let mut before_kill = Vec::new();
    for caller in [&scene.returning, &scene.returning_by_socket, &scene.gone] {
        before_kill.push(caller.socket().await);
    }
    let before = staff.waiting_area().await;

    let killed_at = wall_clock();
    server.kill();
    for mut socket in before_kill {
        let said = socket.next_said().await;
        assert!(matches!(said, ServerMessage::Closed { .. }), "{said:?}");
    }
    server.start_again().await;
    assert_eq!(
        staff.waiting_area().await,
        before,
        "everything is as it was"
    );

    // Those who come back only open their sockets again.
    let mut sockets = [
        scene.returning.socket().await,
        scene.returning_by_socket.socket().await,
    ];
    let [one, other] = &mut sockets;
    let alive = std::pin::pin!(async { tokio::join!(one.keep_alive(), other.keep_alive()) });
    // The lease, the restart itself and a slow machine.
    let patience = Duration::from_secs(50);
    let gone = std::pin::pin!(until_within(
        patience,
        "who is gone is Offline",
        async || {
            let gone = staff.caller(&scene.gone.id).await;
            let silent = staff.caller(&scene.gone_unverified.id).await;
            let is_so = gone["status"] == "OFFLINE" && silent["presence"]["notResponding"] == true;
            is_so.then_some(())
        }
    ));
    match select(alive, gone).await {
        Either::Right(_) => {}
        Either::Left((closed, _)) => panic!("a live socket was closed: {closed:?}"),
    }

    let went_offline = staff
        .activity(&scene.gone.id)
        .await
        .pop()
        .expect("an activity");
    assert_eq!(went_offline["kind"], "WENT_OFFLINE");
    let after = milliseconds(&went_offline["at"]) - killed_at;
    assert!(
        after >= 30_000,
        "the whole lease to come back, not {after} ms"
    );
    let [returning, by_socket] = [&scene.returning, &scene.returning_by_socket];
    for caller in [returning, by_socket] {
        let story = staff.story(&caller.id).await;
        assert_eq!(
            story,
            ["ARRIVED", "CODE_SENT", "PHONE_VERIFIED"],
            "never OFFLINE"
        );
    }
    let offline = staff.story(&scene.offline.id).await;
    assert_eq!(
        offline.last().map(String::as_str),
        Some("RECALLED"),
        "still Offline, all along"
    );
    let story = staff.story(&scene.gone_unverified.id).await;
    assert_eq!(
        story,
        ["ARRIVED", "NOT_RESPONDING"],
        "an unverified caller is never Offline"
    );
    let (_, after) = staff.waiting_area().await;
    let places = |callers: &[Value]| {
        let place = |caller: &Value| (caller["id"].clone(), caller["position"]["place"].clone());
        callers.iter().map(place).collect::<Vec<_>>()
    };
    assert_eq!(places(&after), places(&before.1), "positions unchanged");
}

/// All that takes time, at the same time: each sentence is a function of its own below.
#[tokio::test]
async fn what_becomes_of_callers_who_fall_silent() {
    let server = Server::start().await;
    let staff = server.admin().await;
    let settings = staff.set(json!({ "lostContactGraceSeconds": 30 })).await;
    assert_eq!(settings["lostContactGraceSeconds"], 30);
    let (server, staff) = (&server, &staff);
    tokio::join!(
        a_socket_dropped_without_a_word_is_offline_after_thirty_seconds(server, staff, 1),
        who_never_opened_a_socket_is_offline_after_thirty_seconds(server, staff, 2),
        a_socket_that_answers_pings_keeps_the_caller_waiting(server, staff, 3),
        the_socket_of_a_hidden_screen_keeps_nobody_waiting(server, staff, 4),
        an_unverified_caller_who_falls_silent_is_not_responding_after_thirty_seconds(
            server, staff, 5
        ),
        a_lost_place_is_taken_back_in_the_original_order_by_the_same_token(server, staff, 6),
        while_a_code_is_outstanding_nobody_is_lost(server, staff, 8),
        a_socket_that_took_a_place_back_is_closed_and_the_next_follows_the_new_stay(
            server, staff, 10
        ),
    );
}

/// Waits until the caller is Offline, and returns how long after `from` it was, in milliseconds.
async fn offline_after(staff: &Staff, caller: &Caller, from: i64) -> i64 {
    until_within(LEASE_AND_GRACE, "the caller is Offline", async || {
        (staff.caller(&caller.id).await["status"] == "OFFLINE").then_some(())
    })
    .await;
    let last = staff.activity(&caller.id).await.pop().expect("an activity");
    assert_eq!(last["kind"], "WENT_OFFLINE");
    milliseconds(&last["at"]) - from
}

async fn a_socket_dropped_without_a_word_is_offline_after_thirty_seconds(
    server: &Server,
    staff: &Staff,
    number: u32,
) {
    let caller = Caller::arrive_verified(server, number).await;
    caller.look().await;
    let before = wall_clock();
    let socket = caller.socket().await;
    let opened = wall_clock();
    drop(socket);
    let after = offline_after(staff, &caller, before).await;
    let slack = opened - before;
    assert!(
        (30_000..40_000 + slack).contains(&after),
        "{after} ms after the last sign of life"
    );
    // The lease has passed: the place has not.
    assert_eq!(caller.look().await["status"], "WAITING");
}

async fn who_never_opened_a_socket_is_offline_after_thirty_seconds(
    server: &Server,
    staff: &Staff,
    number: u32,
) {
    let caller = Caller::arrive_verified(server, number).await;
    let before = wall_clock();
    caller.look().await;
    let slack = wall_clock() - before;
    let after = offline_after(staff, &caller, before).await;
    assert!(
        (30_000..40_000 + slack).contains(&after),
        "{after} ms after the last report"
    );
    // Position by arrival, as ever: recalled, the caller finds the same place.
    staff.attended("recallCaller", &caller.id).await;
}

async fn a_socket_that_answers_pings_keeps_the_caller_waiting(
    server: &Server,
    staff: &Staff,
    number: u32,
) {
    let caller = Caller::arrive_verified(server, number).await;
    caller.look().await;
    let mut socket = caller.socket().await;
    let since = wall_clock();
    let lease_is_over = until_within(LEASE_AND_GRACE, "the lease is over", async || {
        (wall_clock() - since > 35_000).then_some(())
    });
    tokio::select! {
        closed = socket.keep_alive() => panic!("the socket was closed: {closed:?}"),
        () = lease_is_over => {}
    }
    let story = staff.story(&caller.id).await;
    assert_eq!(
        story,
        ["ARRIVED", "CODE_SENT", "PHONE_VERIFIED"],
        "never OFFLINE"
    );
}

async fn the_socket_of_a_hidden_screen_keeps_nobody_waiting(
    server: &Server,
    staff: &Staff,
    number: u32,
) {
    let caller = Caller::arrive_verified(server, number).await;
    caller.report("laptop", 1, "FOREGROUND").await;
    let before = wall_clock();
    caller.report("phone", 1, "BACKGROUND").await;
    // The laptop is not heard of again; the phone, hidden, goes on answering pings.
    let mut socket = caller.socket().await;
    let slack = wall_clock() - before;
    let after = tokio::select! {
        closed = socket.keep_alive() => panic!("the socket was closed: {closed:?}"),
        after = offline_after(staff, &caller, before) => after,
    };
    assert!(after < 40_000 + slack, "{after} ms");
}

async fn an_unverified_caller_who_falls_silent_is_not_responding_after_thirty_seconds(
    server: &Server,
    staff: &Staff,
    number: u32,
) {
    let before = wall_clock();
    let caller = Caller::arrive(server, number).await;
    let slack = wall_clock() - before;
    until_within(
        LEASE_AND_GRACE,
        "the caller is not responding",
        async || {
            let now = staff.caller(&caller.id).await;
            assert_eq!(now["status"], "WAITING", "never Offline");
            (now["presence"]["notResponding"] == true).then_some(())
        },
    )
    .await;
    let last = staff.activity(&caller.id).await.pop().expect("an activity");
    assert_eq!(last["kind"], "NOT_RESPONDING");
    let after = milliseconds(&last["at"]) - before;
    assert!(
        (30_000..40_000 + slack).contains(&after),
        "{after} ms after the last sign of life"
    );
}

async fn until_lost(staff: &Staff, caller: &Caller) -> Value {
    let lost = until_within(LEASE_AND_GRACE, "contact is lost", async || {
        let now = staff.caller(&caller.id).await;
        (now["status"] == "LEFT").then_some(now)
    })
    .await;
    assert_eq!(lost["end"]["how"], "LOST_CONTACT");
    lost
}

async fn a_lost_place_is_taken_back_in_the_original_order_by_the_same_token(
    server: &Server,
    staff: &Staff,
    number: u32,
) {
    let caller = Caller::arrive(server, number).await;
    let behind = Caller::arrive(server, number + 1).await;
    let mut screen = behind.socket().await;
    let resuming = async {
        let arrived = caller.look_away().await;
        assert_eq!(arrived["presence"]["notResponding"], true);
        let lost = until_lost(staff, &caller).await;
        let story = staff.activity(&caller.id).await;
        let kinds: Vec<&Value> = story.iter().map(|activity| &activity["kind"]).collect();
        assert_eq!(kinds, ["ARRIVED", "NOT_RESPONDING", "LOST_CONTACT"]);
        let grace = milliseconds(&story[2]["at"]) - milliseconds(&story[1]["at"]);
        assert!(
            (30_000..45_000).contains(&grace),
            "after the grace time, not {grace} ms"
        );
        assert_eq!(caller.now().await["end"]["isResumable"], true);
        let selection = "caller { id status arrivalNumber arrivedAt name \
                         presence { isViewing } }";
        // Twice, as a phone on a bad network does.
        let resumed = caller
            .asker
            .accepted("resumeWaiting", json!({}), selection)
            .await;
        let again = caller
            .asker
            .accepted("resumeWaiting", json!({}), selection)
            .await;
        assert_eq!(resumed, again, "taken back once");
        let resumed = &resumed["caller"];
        assert_eq!(resumed["status"], "WAITING");
        assert_ne!(resumed["id"], lost["id"], "LEFT is final: it is a new stay");
        assert_eq!(resumed["name"], lost["name"]);
        assert_eq!(resumed["arrivalNumber"], lost["arrivalNumber"]);
        assert_eq!(resumed["arrivedAt"], lost["arrivedAt"]);
        assert_eq!(
            caller.now().await["id"],
            resumed["id"],
            "the same token opens the new stay"
        );
        assert_eq!(caller.look().await["status"], "WAITING");
        let old = staff.caller(&caller.id).await;
        assert_eq!(old["status"], "LEFT");
        assert_eq!(old["end"]["isResumable"], false, "once");
        let (_, waiting) = staff.waiting_area().await;
        let place = |id: &Value| waiting.iter().position(|caller| caller["id"] == *id);
        let own = place(&resumed["id"]).expect("in the waiting area");
        let other = place(&json!(behind.id)).expect("in the waiting area");
        assert!(own < other, "ahead of who arrived later");
        let story = staff.story(resumed["id"].as_str().expect("an id")).await;
        assert_eq!(story[0], "RESUMED");
    };
    tokio::select! {
        closed = screen.keep_alive() => panic!("the socket was closed: {closed:?}"),
        () = resuming => {}
    }
}

async fn a_socket_that_took_a_place_back_is_closed_and_the_next_follows_the_new_stay(
    server: &Server,
    staff: &Staff,
    number: u32,
) {
    let caller = Caller::arrive(server, number).await;
    caller.look_away().await;
    let lost = until_lost(staff, &caller).await;
    let mut socket = caller.socket().await;
    let resume = "mutation { resumeWaiting(input: {}) { caller { id } } }";
    socket.subscribe("resume", resume, json!({})).await;
    let mut resumed = socket.next_data().await;
    let since = Instant::now();
    let resumed = resumed["resumeWaiting"]["caller"]["id"].take();
    assert_ne!(resumed, lost["id"]);
    let closed = socket.keep_alive().await;
    assert!(
        matches!(closed, ServerMessage::Closed { code: 1012, .. }),
        "{closed:?}"
    );
    let took = since.elapsed();
    assert!(took < Duration::from_secs(5), "{took:?}");

    let mut again = caller.socket().await;
    let follow = "subscription { myCaller { id status } }";
    again.subscribe("own", follow, json!({})).await;
    let own = again.next_data().await;
    assert_eq!(own["myCaller"]["id"], resumed);
    assert_eq!(own["myCaller"]["status"], "WAITING");
}

async fn while_a_code_is_outstanding_nobody_is_lost(server: &Server, staff: &Staff, number: u32) {
    let caller = Caller::arrive(server, number).await;
    let code = caller.have_code_sent(server).await;
    caller.look_away().await;
    // Somebody who left the page after that is lost by now.
    let witness = Caller::arrive(server, number + 1).await;
    witness.look_away().await;
    until_lost(staff, &witness).await;
    let now = staff.caller(&caller.id).await;
    assert_eq!(
        now["status"], "WAITING",
        "the page was left to read the code"
    );
    assert_eq!(now["presence"]["notResponding"], true);
    let verified = caller
        .asker
        .accepted("verifyPhone", json!({ "code": code }), "caller { status }")
        .await;
    assert_eq!(verified["caller"]["status"], "OFFLINE");
}
