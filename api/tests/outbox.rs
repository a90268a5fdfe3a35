//! Texts on their way out, as the application sends them.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

mod support;

use async_trait::async_trait;
use serde_json::{Value as Json, json};
use standby::app::keys::Keys;
use standby::app::outbox::Looked;
use standby::domain::delivery::{Progress, SmsFailure, SmsState};
use standby::domain::id::TextId;
use standby::domain::policy::Role;
use standby::domain::time::Span;
use standby::ports::texter::{Found, HandedOver, OutgoingText, Taken, Texter};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::{Arrived, Stage};
use tokio::sync::{Semaphore, mpsc, watch};

/// What a provider says of a text it has.
fn taken(state: SmsState) -> Taken {
    Taken {
        provider_id: "SM1".to_owned(),
        progress: Progress {
            state,
            failure: None,
        },
    }
}

/// What a texter was asked, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    HandOver,
    Find,
    News,
}

/// Answers at once what it is told to answer.
struct Plain {
    asked: Mutex<Vec<Asked>>,
    answers: HandedOver,
    finds: Found,
    news: Option<Progress>,
}

impl Plain {
    fn new() -> Self {
        Self::finding(Found::NotTaken)
    }

    fn finding(finds: Found) -> Self {
        Self::answering(HandedOver::Taken(taken(SmsState::Sent)), finds)
    }

    fn answering(answers: HandedOver, finds: Found) -> Self {
        let asked = Mutex::default();
        Self {
            asked,
            answers,
            finds,
            news: None,
        }
    }

    /// Takes texts, and says this of them when it is asked.
    fn saying(news: Option<Progress>) -> Self {
        Self {
            news,
            ..Self::new()
        }
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

#[async_trait]
impl Texter for Plain {
    async fn hand_over(&self, _: &OutgoingText) -> HandedOver {
        self.asked.lock().unwrap().push(Asked::HandOver);
        self.answers.clone()
    }

    async fn find(&self, _: &OutgoingText) -> Found {
        self.asked.lock().unwrap().push(Asked::Find);
        self.finds.clone()
    }

    async fn news_of(&self, provider_id: &str) -> Option<Progress> {
        assert_eq!(provider_id, "SM1");
        self.asked.lock().unwrap().push(Asked::News);
        self.news
    }
}

/// Says when it was handed a text, and takes it when it is let.
struct Slow {
    handed: mpsc::UnboundedSender<String>,
    lets: Semaphore,
}

impl Slow {
    fn new() -> (Arc<Self>, mpsc::UnboundedReceiver<String>) {
        let (handed, texts) = mpsc::unbounded_channel();
        let lets = Semaphore::new(0);
        (Arc::new(Self { handed, lets }), texts)
    }
}

#[async_trait]
impl Texter for Slow {
    async fn hand_over(&self, text: &OutgoingText) -> HandedOver {
        self.handed.send(text.to.reveal().to_owned()).unwrap();
        self.lets.acquire().await.unwrap().forget();
        HandedOver::Taken(taken(SmsState::Delivered))
    }

    async fn find(&self, _: &OutgoingText) -> Found {
        Found::NotTaken
    }
}

/// As many texts as are handed over at once.
const AT_ONCE: usize = 8;

/// As long as the claim of a text holds.
const CLAIM: Span = Span::seconds(45);

/// Within 10 s, or the test fails.
async fn soon<T>(what: impl Future<Output = T>) -> T {
    let waiting = tokio::time::timeout(Duration::from_secs(10), what);
    waiting.await.expect("it comes within 10 s")
}

/// A clinic with a caller who is Offline and has just been recalled; nothing else is to be sent.
async fn recalled(stage: &Stage) -> (Arrived, String) {
    let clinic = stage.clinic("north").await;
    let staff = stage.key(&clinic, Role::TeamMember).await;
    let caller = stage.enter("north", "Ana", Some("0491570006")).await;
    stage.verify(&caller, "+61491570006").await;
    stage.report(&caller, 1, "BACKGROUND").await;
    let recalled = stage
        .command(
            Some(&staff),
            "recallCaller",
            json!({ "callerId": caller.id }),
        )
        .await;
    assert_eq!(recalled["userErrors"], json!([]));
    (caller, staff)
}

async fn ask_for_a_code(stage: &Stage, caller: &Arrived) {
    let by = Some(caller.token.as_str());
    let sent = stage.command(by, "sendVerificationCode", json!({})).await;
    assert_eq!(sent["userErrors"], json!([]));
}

/// What staff see of the caller.
async fn seen(stage: &Stage, staff: &str, caller: &Arrived) -> Json {
    let query = "query ($id: ID!) { node(id: $id) { ...on Caller { status version recall { sms { state } } } } }";
    let mut answer = stage
        .ask(Some(staff), query, json!({ "id": caller.id }))
        .await;
    answer["data"]["node"].take()
}

/// The id of the latest recall's text.
fn text_of_recall(stage: &Stage) -> TextId {
    let rows = stage.read("SELECT text_id AS value FROM recall");
    TextId::parse(&rows[0]).unwrap()
}

/// Looks into the outbox every second for so long, and answers how often each was asked.
async fn looks_for(stage: &Stage, texter: &Plain, seconds: i64) -> (usize, usize) {
    for _ in 0..seconds {
        while look(stage, texter).await == Looked::AtOne {}
        stage.clock.advance(Span::seconds(1));
    }
    let asked = texter.asked();
    let times = |what| asked.iter().filter(|asked| **asked == what).count();
    (times(Asked::HandOver), times(Asked::Find))
}

/// How far staff see the recall's text.
async fn sms(stage: &Stage, staff: &str, caller: &Arrived) -> Json {
    seen(stage, staff, caller).await["recall"]["sms"]["state"].take()
}

async fn look(stage: &Stage, texter: &dyn Texter) -> Looked {
    stage.app.send_next_text(texter).await.unwrap()
}

/// Begins to hand a text over and never comes to an end, as when the power goes.
async fn crash_while_handing_over(stage: &Stage) {
    let (texter, mut handed) = Slow::new();
    tokio::select! {
        _ = stage.app.send_next_text(&*texter) => panic!("it came to an end"),
        _ = handed.recv() => {}
    }
    stage.clock.advance(CLAIM);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_recall_is_sent_to_a_caller_who_is_back() {
    let stage = Stage::new();
    let (caller, staff) = recalled(&stage).await;
    stage.report(&caller, 2, "FOREGROUND").await;
    let before = seen(&stage, &staff, &caller).await;
    assert_eq!(before["status"], "WAITING");
    let texter = Plain::new();
    assert_eq!(look(&stage, &texter).await, Looked::AtOne);
    assert_eq!(look(&stage, &texter).await, Looked::AtNothing);
    assert_eq!(texter.asked(), []);
    assert_eq!(seen(&stage, &staff, &caller).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_recall_is_sent_to_a_caller_who_was_cancelled() {
    let stage = Stage::new();
    let (caller, staff) = recalled(&stage).await;
    let input = json!({ "callerId": caller.id });
    stage.command(Some(&staff), "cancelCaller", input).await;
    let texter = Plain::new();
    while look(&stage, &texter).await == Looked::AtOne {}
    assert_eq!(texter.asked(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recall_is_sent_however_late_to_a_caller_who_is_still_away() {
    let stage = Stage::new();
    let (caller, staff) = recalled(&stage).await;
    stage.clock.advance(Span::hours(3));
    let texter = Plain::new();
    look(&stage, &texter).await;
    assert_eq!(texter.asked(), [Asked::HandOver]);
    assert_eq!(
        seen(&stage, &staff, &caller).await["recall"]["sms"]["state"],
        "SENT"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_over_is_not_sent() {
    let stage = Stage::new();
    stage.clinic("north").await;
    let caller = stage.enter("north", "Ana", Some("0491570006")).await;
    ask_for_a_code(&stage, &caller).await;
    stage.clock.advance(Span::minutes(10));
    ask_for_a_code(&stage, &caller).await;
    let texter = Plain::new();
    while look(&stage, &texter).await == Looked::AtOne {}
    // The second one only.
    assert_eq!(texter.asked(), [Asked::HandOver]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_in_doubt_is_settled_as_what_it_is_found_to_be_also_when_nobody_wants_it_any_more() {
    let stage = Stage::new();
    let (caller, staff) = recalled(&stage).await;
    crash_while_handing_over(&stage).await;
    stage.report(&caller, 2, "FOREGROUND").await;
    let texter = Plain::finding(Found::Taken(taken(SmsState::Sent)));
    assert_eq!(look(&stage, &texter).await, Looked::AtOne);
    assert_eq!(texter.asked(), [Asked::Find]);
    assert_eq!(
        seen(&stage, &staff, &caller).await["recall"]["sms"]["state"],
        "SENT"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_in_doubt_that_certainly_did_not_go_out_is_sent_only_when_it_is_still_wanted() {
    for (is_back, expected) in [
        (false, &[Asked::Find, Asked::HandOver][..]),
        (true, &[Asked::Find]),
    ] {
        let stage = Stage::new();
        let (caller, _) = recalled(&stage).await;
        crash_while_handing_over(&stage).await;
        if is_back {
            stage.report(&caller, 2, "FOREGROUND").await;
        }
        let texter = Plain::new();
        while look(&stage, &texter).await == Looked::AtOne {}
        assert_eq!(texter.asked(), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_with_one_text_holds_no_other_up() {
    let stage = Stage::new();
    for (slug, phone) in [("north", "0491570006"), ("south", "0491570156")] {
        stage.clinic(slug).await;
        let caller = stage.enter(slug, "Ana", Some(phone)).await;
        ask_for_a_code(&stage, &caller).await;
        stage.clock.advance(Span::millis(1));
    }
    // What becomes of its texts cannot be saved.
    stage.spoil("UPDATE clinic SET default_country = 'nowhere' WHERE slug = 'north'");
    let (texter, mut handed) = Slow::new();
    texter.lets.add_permits(2);
    let (stop, stopping) = watch::channel(false);
    let sending = tokio::spawn({
        let (app, texter) = (Arc::clone(&stage.app), Arc::clone(&texter));
        async move { app.send_texts(&*texter, stopping).await }
    });
    assert_eq!(soon(handed.recv()).await.unwrap(), "+61491570006");
    assert_eq!(soon(handed.recv()).await.unwrap(), "+61491570156");
    stop.send(true).unwrap();
    soon(sending).await.unwrap();
    // The faulty one is looked for when its claim is over, and not sent a second time.
    stage.clock.advance(CLAIM);
    let texter = Plain::finding(Found::Taken(taken(SmsState::Sent)));
    while look(&stage, &texter).await == Looked::AtOne {}
    assert_eq!(texter.asked(), [Asked::Find]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_stopped_ends_the_hand_overs_begun_and_begins_no_other() {
    let stage = Stage::new();
    stage.clinic("north").await;
    // One more than are handed over at once.
    for number in 0..=AT_ONCE {
        let phone = format!("04915700{number:02}");
        let caller = stage.enter("north", "Ana", Some(&phone)).await;
        ask_for_a_code(&stage, &caller).await;
        stage.clock.advance(Span::millis(1));
    }
    let (texter, mut handed) = Slow::new();
    let (stop, stopping) = watch::channel(false);
    let sending = tokio::spawn({
        let (app, texter) = (Arc::clone(&stage.app), Arc::clone(&texter));
        async move { app.send_texts(&*texter, stopping).await }
    });
    for _ in 0..AT_ONCE {
        soon(handed.recv()).await.unwrap();
    }
    stop.send(true).unwrap();
    assert!(!sending.is_finished());
    texter.lets.add_permits(AT_ONCE);
    soon(sending).await.unwrap();

    // Those are settled. The last was never touched: it is nobody's, and in no doubt.
    let next = Plain::new();
    while look(&stage, &next).await == Looked::AtOne {}
    assert_eq!(next.asked(), [Asked::HandOver]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_is_never_found_is_unknown_after_a_minute_and_was_handed_over_once() {
    let stage = Stage::new();
    let (caller, staff) = recalled(&stage).await;
    let texter = Plain::answering(HandedOver::InDoubt, Found::NotSeen);
    let (handed_over, looked) = looks_for(&stage, &texter, 59).await;
    assert_eq!(handed_over, 1);
    assert_eq!(
        sms(&stage, &staff, &caller).await,
        "QUEUED",
        "still looked for"
    );
    let (handed_over, looked_at_the_end) = looks_for(&stage, &texter, 600).await;
    assert_eq!(handed_over, 1);
    assert_eq!(
        (looked, looked_at_the_end),
        (7, 8),
        "a last look, then no more"
    );
    assert_eq!(sms(&stage, &staff, &caller).await, "UNKNOWN");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_shows_late_in_the_providers_list_is_sent_and_not_sent_again() {
    let stage = Stage::new();
    let (caller, staff) = recalled(&stage).await;
    let lags = Plain::answering(HandedOver::InDoubt, Found::NotSeen);
    assert_eq!(looks_for(&stage, &lags, 20).await.0, 1);
    let shows = Plain::finding(Found::Taken(taken(SmsState::Delivered)));
    assert_eq!(looks_for(&stage, &shows, 60).await, (0, 1));
    assert_eq!(sms(&stage, &staff, &caller).await, "DELIVERED");
}

#[tokio::test(flavor = "multi_thread")]
async fn news_settles_a_text_in_doubt_and_ends_the_looking() {
    let stage = Stage::new();
    let (caller, staff) = recalled(&stage).await;
    let texter = Plain::answering(HandedOver::InDoubt, Found::NotSeen);
    looks_for(&stage, &texter, 3).await;
    let looked = texter.asked().len();
    let text = text_of_recall(&stage);
    stage
        .app
        .hear_of_text(&text, taken(SmsState::Sent))
        .await
        .unwrap();
    assert_eq!(sms(&stage, &staff, &caller).await, "SENT");
    looks_for(&stage, &texter, 120).await;
    assert_eq!(texter.asked().len(), looked);
    assert_eq!(sms(&stage, &staff, &caller).await, "SENT");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_that_nobody_heard_of_is_shown_once_the_provider_is_asked() {
    let stage = Stage::new();
    let (caller, staff) = recalled(&stage).await;
    let texter = Plain::saying(Some(Progress {
        state: SmsState::Failed,
        failure: Some(SmsFailure::Landline),
    }));
    assert_eq!(look(&stage, &texter).await, Looked::AtOne);
    for _ in 0..60 {
        stage.app.ask_about_texts(&texter).await.unwrap();
        stage.clock.advance(Span::seconds(1));
    }
    assert_eq!(texter.asked(), [Asked::HandOver, Asked::News], "and once");
    assert_eq!(sms(&stage, &staff, &caller).await, "FAILED");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_moves_no_text_back_and_none_leaves_it_as_it_is() {
    for answer in [None, Some(taken(SmsState::Sent).progress)] {
        let stage = Stage::new();
        let (caller, staff) = recalled(&stage).await;
        let texter = Plain::saying(answer);
        look(&stage, &texter).await;
        let before = seen(&stage, &staff, &caller).await;
        assert_eq!(before["recall"]["sms"]["state"], "SENT");
        for _ in 0..60 {
            stage.clock.advance(Span::seconds(1));
            stage.app.ask_about_texts(&texter).await.unwrap();
        }
        let asked = [Asked::HandOver, Asked::News, Asked::News];
        assert_eq!(texter.asked(), asked, "twice in the first minute");
        assert_eq!(seen(&stage, &staff, &caller).await, before);
        // News that comes by itself ends the asking.
        let text = text_of_recall(&stage);
        let news = taken(SmsState::Delivered);
        stage.app.hear_of_text(&text, news).await.unwrap();
        stage.clock.advance(Span::hours(48));
        stage.app.ask_about_texts(&texter).await.unwrap();
        assert_eq!(texter.asked(), asked);
        assert_eq!(sms(&stage, &staff, &caller).await, "DELIVERED");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_a_text_that_was_taken_is_asked_about_at_once() {
    let stage = Stage::new();
    let (caller, staff) = recalled(&stage).await;
    let texter = Plain::saying(Some(taken(SmsState::Delivered).progress));
    look(&stage, &texter).await;
    stage.app.ask_about_texts(&texter).await.unwrap();
    assert_eq!(sms(&stage, &staff, &caller).await, "SENT");
    stage.app.take_texts_up_again().await.unwrap();
    stage.app.ask_about_texts(&texter).await.unwrap();
    assert_eq!(texter.asked(), [Asked::HandOver, Asked::News]);
    assert_eq!(sms(&stage, &staff, &caller).await, "DELIVERED");
}

#[tokio::test(flavor = "multi_thread")]
async fn news_of_a_text_given_up_as_unknown_still_counts() {
    let stage = Stage::new();
    let (caller, staff) = recalled(&stage).await;
    let texter = Plain::answering(HandedOver::InDoubt, Found::NotSeen);
    looks_for(&stage, &texter, 70).await;
    assert_eq!(sms(&stage, &staff, &caller).await, "UNKNOWN");
    let text = text_of_recall(&stage);
    stage
        .app
        .hear_of_text(&text, taken(SmsState::Delivered))
        .await
        .unwrap();
    assert_eq!(sms(&stage, &staff, &caller).await, "DELIVERED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_turned_away_is_tried_again_at_growing_times_and_fails_in_the_end() {
    let stage = Stage::new();
    let (caller, staff) = recalled(&stage).await;
    let texter = Plain::answering(HandedOver::NotNow, Found::NotSeen);
    assert_eq!(
        looks_for(&stage, &texter, 5).await.1,
        0,
        "it is in no doubt"
    );
    let early = texter.asked().len();
    assert!((2..=4).contains(&early), "{early} tries in 5 s");
    assert_eq!(looks_for(&stage, &texter, 120).await, (6, 0));
    assert_eq!(sms(&stage, &staff, &caller).await, "FAILED");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_texts_turned_away_together_do_not_come_back_together() {
    let stage = Stage::new();
    for number in 0..20 {
        let slug = format!("clinic-{number}");
        stage.clinic(&slug).await;
        let phone = format!("04915700{number:02}");
        let caller = stage.enter(&slug, "Ana", Some(&phone)).await;
        ask_for_a_code(&stage, &caller).await;
    }
    let texter = Plain::answering(HandedOver::NotNow, Found::NotSeen);
    while look(&stage, &texter).await == Looked::AtOne {}
    let moments = stage.read("SELECT DISTINCT CAST(next_try_at AS TEXT) AS value FROM text");
    assert!(moments.len() > 10, "{} moments", moments.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_handed_over_to_a_number_that_asks_for_no_texts() {
    let stage = Stage::new();
    let (caller, staff) = recalled(&stage).await;
    let number = Keys::new([7; 32]).subject("+61491570006");
    stage.spoil(&format!(
        "INSERT INTO stopped_number VALUES ('{number}', 0)"
    ));
    let texter = Plain::new();
    look(&stage, &texter).await;
    assert_eq!(texter.asked(), []);
    assert_eq!(sms(&stage, &staff, &caller).await, "FAILED");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_what_was_claimed_is_looked_for_at_once() {
    let stage = Stage::new();
    let (caller, staff) = recalled(&stage).await;
    let (texter, mut handed) = Slow::new();
    tokio::select! {
        _ = stage.app.send_next_text(&*texter) => panic!("it came to an end"),
        _ = handed.recv() => {}
    }
    let texter = Plain::finding(Found::Taken(taken(SmsState::Sent)));
    assert_eq!(look(&stage, &texter).await, Looked::AtNothing);
    stage.app.take_texts_up_again().await.unwrap();
    assert_eq!(look(&stage, &texter).await, Looked::AtOne);
    assert_eq!(texter.asked(), [Asked::Find]);
    assert_eq!(sms(&stage, &staff, &caller).await, "SENT");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_hangs_holds_up_no_other_also_none_that_is_committed_later() {
    let stage = Stage::new();
    // Nobody is let: each hangs.
    let (texter, mut handed) = Slow::new();
    let (_stop, stopping) = watch::channel(false);
    let sending = tokio::spawn({
        let (app, texter) = (Arc::clone(&stage.app), Arc::clone(&texter));
        async move { app.send_texts(&*texter, stopping).await }
    });
    for number in 0..AT_ONCE {
        let slug = format!("clinic-{number}");
        stage.clinic(&slug).await;
        let phone = format!("04915700{number:02}");
        let caller = stage.enter(&slug, "Ana", Some(&phone)).await;
        ask_for_a_code(&stage, &caller).await;
        soon(handed.recv()).await.unwrap();
    }
    sending.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_whose_number_cannot_be_looked_up_is_in_no_doubt() {
    let stage = Stage::new();
    let (caller, staff) = recalled(&stage).await;
    stage.spoil("ALTER TABLE stopped_number RENAME TO away");
    let texter = Plain::new();
    look(&stage, &texter).await;
    assert_eq!(texter.asked(), []);
    stage.spoil("ALTER TABLE away RENAME TO stopped_number");
    stage.clock.advance(Span::seconds(2));
    look(&stage, &texter).await;
    assert_eq!(texter.asked(), [Asked::HandOver], "and not looked for");
    assert_eq!(sms(&stage, &staff, &caller).await, "SENT");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_long_time_without_a_server_a_text_in_doubt_is_still_looked_for() {
    let stage = Stage::new();
    let (caller, staff) = recalled(&stage).await;
    let lost = Plain::answering(HandedOver::InDoubt, Found::NotSeen);
    looks_for(&stage, &lost, 3).await;
    stage.clock.advance(Span::minutes(5));
    stage.app.take_texts_up_again().await.unwrap();
    // The first look fails: perhaps the network is not up yet.
    assert_eq!(looks_for(&stage, &lost, 3).await.0, 1);
    let shows = Plain::finding(Found::Taken(taken(SmsState::Delivered)));
    looks_for(&stage, &shows, 30).await;
    assert_eq!(shows.asked(), [Asked::Find]);
    assert_eq!(sms(&stage, &staff, &caller).await, "DELIVERED");
}
