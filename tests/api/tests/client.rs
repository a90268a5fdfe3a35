//! The typed client, native, against a real server: what programs of others build on.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

use futures_util::StreamExt;
use standby_client::{
    Caller, CallerEndKind, CallerSession, CallerStatus, CallerToken, ClientError,
    ClinicSettingsChange, DeviceId, Endpoint, EnterWaitingArea, Id, IdempotencyKey, Live,
    LiveUpdates, Patient, PresenceState, SessionToken, SignInMethod, SignInToken, SignedIn, Staff,
    TeamRole, UserErrorCode, WaitingAreaEvent, WaitingAreaReplica,
};
use standby_tests::{PATIENCE, Role, Server, mobile_number, until};

/// A patient at the demo clinic's link.
async fn enter(endpoint: &Endpoint, number: u32) -> CallerSession {
    let arrival = EnterWaitingArea {
        clinic_slug: "demo".to_owned(),
        name: format!("Caller {number}"),
        phone: Some(mobile_number(number)),
        answers: Vec::new(),
        idempotency_key: IdempotencyKey::random().expect("randomness"),
    };
    let patient = Patient::new(endpoint.clone());
    let entered = patient.enter(arrival.clone()).await.expect("comes in");
    let again = patient.enter(arrival).await.expect("comes in");
    assert_eq!(
        again.caller.id, entered.caller.id,
        "a retry is the same caller"
    );
    assert_eq!(again.token, entered.token);
    CallerSession::new(
        endpoint.clone(),
        entered.token,
        DeviceId::random().expect("randomness"),
    )
}

/// What comes next of this kind, past everything else.
async fn next<T, F>(
    updates: &mut LiveUpdates<T>,
    sentence: &str,
    take: impl Fn(Live<T>) -> Option<F>,
) -> F {
    let looking = async {
        loop {
            let update = updates
                .next()
                .await
                .expect("live updates have no end of their own");
            if let Some(found) = take(update) {
                return found;
            }
        }
    };
    tokio::time::timeout(PATIENCE, looking)
        .await
        .expect(sentence)
}

async fn next_item<T>(updates: &mut LiveUpdates<T>) -> T {
    next(updates, "an item comes", |update| match update {
        Live::Item(item) => Some(item),
        _ => None,
    })
    .await
}

/// The caller's screen once it shows this status.
async fn until_shown(screen: &mut LiveUpdates<Caller>, status: CallerStatus) -> Caller {
    next(
        screen,
        "the screen shows the status",
        |update| match update {
            Live::Item(caller) if caller.status == status => Some(caller),
            _ => None,
        },
    )
    .await
}

/// Takes in all that comes, up to the version that the server has now.
async fn catch_up(
    staff: &Staff,
    updates: &mut LiveUpdates<WaitingAreaEvent>,
    replica: &mut WaitingAreaReplica,
) {
    let viewer = staff.viewer().await.expect("staff");
    let on = [
        CallerStatus::Waiting,
        CallerStatus::Offline,
        CallerStatus::BeingSeen,
        CallerStatus::OnHold,
    ];
    let page = staff.callers(&viewer.clinic.id, &on, 100, None).await;
    let page = page.expect("an answer").expect("a waiting area");
    while replica
        .version()
        .is_none_or(|version| version < page.version)
    {
        replica.apply(next_item(updates).await);
    }
    if replica.version() == Some(page.version) {
        assert_eq!(replica.callers(), page.callers);
    }
}

/// An admin, signed in by a link.
async fn sign_in(server: &Server, endpoint: &Endpoint) -> (Staff, SignedIn) {
    let link = SignInToken::new(server.sign_in_token().await);
    let signed_in = Staff::sign_in(endpoint, &link).await.expect("signs in");
    let staff = Staff::new(endpoint.clone(), signed_in.session.clone());
    (staff, signed_in)
}

/// Comes in, and leaves again.
async fn come_and_go(endpoint: &Endpoint, number: u32) -> Id {
    let arrival = EnterWaitingArea {
        clinic_slug: "demo".to_owned(),
        name: format!("Caller {number}"),
        phone: None,
        answers: Vec::new(),
        idempotency_key: IdempotencyKey::random().expect("randomness"),
    };
    let patient = Patient::new(endpoint.clone());
    let entered = patient.enter(arrival).await.expect("comes in");
    let device = DeviceId::random().expect("randomness");
    let session = CallerSession::new(endpoint.clone(), entered.token, device);
    session.leave(None).await.expect("leaves").id
}

#[tokio::test]
async fn whose_stay_ended_last_is_read_with_what_was_erased_however_many_were_there_before() {
    const BEFORE: u32 = 1_000;
    const LATEST: i32 = 200;
    let server = Server::start().await;
    let endpoint = Endpoint::new(&server.origin()).expect("an address");
    futures_util::stream::iter(1..=BEFORE)
        .for_each_concurrent(8, async |number| {
            come_and_go(&endpoint, number).await;
        })
        .await;
    let last = come_and_go(&endpoint, BEFORE + 1).await;

    let (staff, signed_in) = sign_in(&server, &endpoint).await;
    let clinic = signed_in.member.clinic.id;
    staff.erase(&last).await.expect("erased");
    let latest = async |count| {
        let ended = [CallerStatus::Left, CallerStatus::Completed];
        let callers = staff.latest_callers(&clinic, &ended, count).await;
        callers.expect("an answer").expect("a waiting area")
    };
    let callers = latest(LATEST).await;
    assert_eq!(i32::try_from(callers.len()), Ok(LATEST));
    assert!(callers.is_sorted_by_key(|caller| caller.arrival_number));
    let newest = callers.last().expect("callers");
    assert_eq!(newest.id, last);
    assert!(newest.erased_at.is_some() && newest.name.is_none());
    let before = &callers[callers.len() - 2];
    assert!(before.erased_at.is_none() && before.name.is_some());
    // As many as one answer may hold.
    assert_eq!(latest(500).await.len(), 500);
}

#[tokio::test]
async fn what_no_event_tells_of_a_clinic_is_read_as_it_now_is() {
    let server = Server::start().await;
    let endpoint = Endpoint::new(&server.origin()).expect("an address");
    let (staff, signed_in) = sign_in(&server, &endpoint).await;
    let clinic = signed_in.member.clinic.id;
    let reporter = SessionToken::new(server.add_key("demo", Role::Reporter));
    let reporter = Staff::new(endpoint, reporter);
    let now = reporter.clinic_now(&clinic).await.expect("an answer");
    assert!(now.is_some_and(|now| now.is_open && now.codes_paused_until.is_none()));
    let change = ClinicSettingsChange {
        is_open: Some(false),
        time_zone: Some("Australia/Perth".to_owned()),
        ..ClinicSettingsChange::default()
    };
    let changed = staff.update_settings(&clinic, change).await;
    changed.expect("another admin closes it");
    let now = reporter.clinic_now(&clinic).await.expect("an answer");
    let now = now.expect("the clinic");
    assert!(!now.is_open);
    assert_eq!(now.time_zone, "Australia/Perth");
}

#[tokio::test]
async fn staff_are_told_when_their_own_session_ends_and_a_key_has_none() {
    let server = Server::start().await;
    let endpoint = Endpoint::new(&server.origin()).expect("an address");
    let (staff, signed_in) = sign_in(&server, &endpoint).await;
    let session = staff.viewer().await.expect("staff").session;
    let session = session.expect("a session");
    assert_eq!(Some(session.expires_at), signed_in.expires_at);
    assert_eq!(session.opened_by, SignInMethod::Link);
    let key = SessionToken::new(server.add_key("demo", Role::ClinicAdmin));
    let tool = Staff::new(endpoint, key).viewer().await.expect("staff");
    assert_eq!(tool.session, None);
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
async fn the_whole_story_by_the_typed_client() {
    let server = Server::start().await;
    let endpoint = Endpoint::new(&server.origin()).expect("an address");
    let link = SignInToken::new(server.sign_in_token().await);
    let signed_in = Staff::sign_in(&endpoint, &link).await.expect("signs in");
    assert_eq!(signed_in.member.role, TeamRole::ClinicAdmin);
    let staff = Staff::new(endpoint.clone(), signed_in.session);
    let viewer = staff.viewer().await.expect("staff");
    let used = Staff::sign_in(&endpoint, &link)
        .await
        .expect_err("a link is good once");
    assert_eq!(
        used.user_error().map(|error| error.code),
        Some(UserErrorCode::NotFound)
    );
    let mut updates = staff.live(&viewer.clinic.id);
    let mut replica = WaitingAreaReplica::new();
    replica.apply(next_item(&mut updates).await);

    let clinic = Patient::new(endpoint.clone()).clinic("demo").await;
    let clinic = clinic.expect("an answer").expect("a clinic");
    assert!(clinic.is_open && clinic.offline_queueing);
    let caller = enter(&endpoint, 1).await;
    let id = caller.me().await.expect("the caller").caller.id;
    let mut screen = caller.live();
    assert_eq!(next_item(&mut screen).await.status, CallerStatus::Waiting);

    let sent = caller.send_code(None).await.expect("a code is sent");
    let soon = caller.send_code(None).await.expect_err("too soon");
    assert_eq!(
        soon.user_error().and_then(|error| error.retry_at),
        Some(sent.resend_at)
    );
    let message = server.phone(&mobile_number(1)).message(1).await;
    let code = message.code().expect("a code");
    let wrong = if code == "111111" { "111112" } else { "111111" };
    let rejected = caller.verify(wrong).await.expect_err("a wrong code");
    assert_eq!(
        rejected.user_error().and_then(|error| error.attempts_left),
        Some(4)
    );
    let verified = caller.verify(code).await.expect("verified");
    assert!(verified.phone.is_some_and(|phone| phone.is_verified));

    let away = caller
        .report_presence(1, PresenceState::Background)
        .await
        .expect("told");
    assert_eq!(away.status, CallerStatus::Offline);
    let refused = staff.join(&id).await.expect_err("away");
    assert_eq!(
        refused.user_error().and_then(|error| error.status),
        Some(CallerStatus::Offline)
    );
    let ClientError::Refused(refusal) = refused else {
        panic!("a refusal is data")
    };
    assert_eq!(
        refusal.caller.map(|caller| caller.status),
        Some(CallerStatus::Offline)
    );
    until_shown(&mut screen, CallerStatus::Offline).await;
    staff.recall(&id).await.expect("recalled");
    let message = server.phone(&mobile_number(1)).message(2).await;
    let token = CallerToken::new(message.caller_token().expect("a link"));
    let elsewhere = CallerSession::new(endpoint.clone(), token, DeviceId::new("elsewhere"));
    let back = elsewhere
        .report_presence(1, PresenceState::Foreground)
        .await
        .expect("told");
    assert_eq!(back.status, CallerStatus::Waiting);
    assert!(back.recall.is_some_and(|recall| recall.opened_at.is_some()));
    until_shown(&mut screen, CallerStatus::Waiting).await;

    let joined = staff.join(&id).await.expect("joined");
    let shown = until_shown(&mut screen, CallerStatus::BeingSeen).await;
    assert_eq!(shown.room, Some(joined.room), "both sides have one room");
    staff.hold(&id).await.expect("held");
    staff.join(&id).await.expect("joined");
    catch_up(&staff, &mut updates, &mut replica).await;
    assert_eq!(
        replica.caller(&id).map(|caller| caller.status),
        Some(CallerStatus::BeingSeen)
    );
    staff.complete(&id).await.expect("completed");
    let last = until_shown(&mut screen, CallerStatus::Completed).await;
    assert_eq!(last.end.map(|end| end.how), Some(CallerEndKind::Completed));
    next(&mut screen, "the stay is over", |update| {
        matches!(update, Live::Ended).then_some(())
    })
    .await;
    assert!(screen.next().await.is_none(), "nothing after the end");
    catch_up(&staff, &mut updates, &mut replica).await;
    assert_eq!(replica.callers(), []);
    let activity = staff
        .activity(&id)
        .await
        .expect("an answer")
        .expect("activity");
    assert!(activity.len() >= 10);

    let change = ClinicSettingsChange {
        is_open: Some(false),
        ..ClinicSettingsChange::default()
    };
    let settings = staff
        .update_settings(&viewer.clinic.id, change)
        .await
        .expect("changed");
    assert!(!settings.is_open);
    staff.sign_out().await.expect("signed out");
    assert_eq!(
        staff.viewer().await.expect_err("signed out"),
        ClientError::Unauthorized
    );
    let refused = next(
        &mut updates,
        "live updates end too",
        |update| match update {
            Live::Refused { code, .. } => Some(code),
            _ => None,
        },
    )
    .await;
    assert!(matches!(refused, 4401 | 4403), "{refused}");
}

#[tokio::test]
async fn live_updates_go_on_by_themselves_after_the_server_was_killed_and_started_again() {
    let mut server = Server::start().await;
    let endpoint = Endpoint::new(&server.origin()).expect("an address");
    let key = SessionToken::new(server.add_key("demo", Role::TeamMember));
    let staff = Staff::new(endpoint.clone(), key);
    let viewer = staff.viewer().await.expect("staff");
    assert!(viewer.is_api_client);
    let mut updates = staff.live(&viewer.clinic.id);
    let mut replica = WaitingAreaReplica::new();
    let caller = enter(&endpoint, 1).await;
    let other = enter(&endpoint, 2).await;
    let mut screen = caller.live();
    next_item(&mut screen).await;
    catch_up(&staff, &mut updates, &mut replica).await;
    assert_eq!(replica.callers().len(), 2);

    server.kill();
    let disconnected = |update: Live<_>| matches!(update, Live::Disconnected { .. }).then_some(());
    next(&mut updates, "the cut is noticed", disconnected).await;
    let cut = other.leave(None).await.expect_err("there is no server");
    assert!(cut.may_pass(), "{cut:?}");
    server.start_again().await;
    // Before the connections are back: what happens meanwhile is not missed.
    other.leave(None).await.expect("the same again");
    let third = enter(&endpoint, 3).await;
    updates.handle().wake();
    let missed = next_item(&mut updates).await;
    assert!(
        !matches!(missed, WaitingAreaEvent::Snapshot { .. }),
        "it goes on where it was"
    );
    replica.apply(missed);
    catch_up(&staff, &mut updates, &mut replica).await;
    assert_eq!(replica.callers().len(), 2);
    let third = third.me().await.expect("the caller").caller;
    assert!(replica.caller(&third.id).is_some());

    let id = caller.me().await.expect("the caller").caller.id;
    staff.join(&id).await.expect("joined");
    let shown = until_shown(&mut screen, CallerStatus::BeingSeen).await;
    assert!(shown.room.is_some());
    until("nobody is told that the caller was Offline", async || {
        let activity = staff
            .activity(&id)
            .await
            .expect("an answer")
            .expect("activity");
        activity
            .iter()
            .all(|activity| activity.kind != standby_client::ActivityKind::WentOffline)
            .then_some(())
    })
    .await;
}
