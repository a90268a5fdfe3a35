//! Codes as the application sends and looks at them: by the limits that are kept in the store, whoever
//! asks and however many at once; and where the provider makes and checks them.

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
use standby::app::{Done, Texting};
use standby::domain::clinic::Clinic;
use standby::domain::delivery::{Progress, SmsFailure, SmsState};
use standby::domain::id::CallerId;
use standby::domain::phone_number::PhoneNumber;
use standby::domain::policy::{Role, Viewer};
use standby::domain::refusal::Why;
use standby::domain::secret::SecureCode;
use standby::domain::text::{TextPurpose, Words};
use standby::domain::time::Span;
use standby::ports::code_checker::{Checked, CodeChecker};
use standby::ports::texter::{Found, HandedOver, OutgoingText, Taken, Texter};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use support::{Arrived, Stage, another_code, assert_refused, error};
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;

const NUMBER: &str = "+61491570006";
/// How many guess at once.
const GUESSES: u32 = 10_000;

/// A provider that makes the codes, sends them and alone knows them, as Twilio Verify does: a right one
/// is good once.
#[derive(Default)]
struct Provider {
    codes: Mutex<HashMap<String, String>>,
    made: AtomicU32,
    /// How often it was asked about a code.
    asked: AtomicU32,
    /// Says at each question that one has come in.
    is_asked: Notify,
    /// While set, questions are heard and their answers lost.
    is_down: AtomicBool,
    /// While set, questions do not even reach it.
    is_out_of_reach: AtomicBool,
    /// While there is one, each question waits for a permit.
    gate: Mutex<Option<Arc<Semaphore>>>,
}

impl Provider {
    fn code(&self, number: &str) -> String {
        self.codes.lock().unwrap()[number].clone()
    }

    fn forget(&self, number: &str) {
        self.codes.lock().unwrap().remove(number);
    }

    fn was_asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }

    /// From now on questions wait until a permit is added.
    fn hold(&self) -> Arc<Semaphore> {
        let gate = Arc::new(Semaphore::new(0));
        *self.gate.lock().unwrap() = Some(Arc::clone(&gate));
        gate
    }
}

#[async_trait]
impl Texter for Provider {
    async fn hand_over(&self, text: &OutgoingText) -> HandedOver {
        if text.purpose == TextPurpose::Code {
            assert_eq!(text.words, Words::Providers, "it makes its codes itself");
            let made = self.made.fetch_add(1, Ordering::SeqCst);
            let code = format!("{:06}", 271_828 + made);
            let to = text.to.reveal().to_owned();
            self.codes.lock().unwrap().insert(to, code);
        }
        HandedOver::Taken(Taken {
            provider_id: text.id.to_string(),
            progress: Progress {
                state: SmsState::Sent,
                failure: None,
            },
        })
    }

    async fn find(&self, _: &OutgoingText) -> Found {
        Found::NotSeen
    }
}

#[async_trait]
impl CodeChecker for Provider {
    async fn check(&self, number: &PhoneNumber, code: &SecureCode) -> Checked {
        if self.is_out_of_reach.load(Ordering::SeqCst) {
            return Checked::NotAsked;
        }
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.is_asked.notify_one();
        let gate = self.gate.lock().unwrap().clone();
        match gate {
            Some(gate) => gate.acquire().await.unwrap().forget(),
            // Whoever asks over a network lets others go first.
            None => tokio::task::yield_now().await,
        }
        if self.is_down.load(Ordering::SeqCst) {
            return Checked::NotNow;
        }
        let mut codes = self.codes.lock().unwrap();
        match codes.get(number.reveal()) {
            None => Checked::Gone,
            Some(right) if right == code.reveal() => {
                codes.remove(number.reveal());
                Checked::Right
            }
            Some(_) => Checked::Wrong,
        }
    }
}

/// A clinic, who works there, and who sends its texts.
struct Scene {
    stage: Stage,
    clinic: Clinic,
    staff: String,
    provider: Arc<Provider>,
}

impl Scene {
    /// With codes of our own.
    async fn new() -> Self {
        Self::on(Stage::new(), Arc::default()).await
    }

    /// With the provider's codes.
    async fn with_the_providers_codes() -> Self {
        let provider = Arc::new(Provider::default());
        let texting = Texting {
            takes_replies: false,
            code_checker: Some(Arc::<Provider>::clone(&provider)),
        };
        Self::on(Stage::texting(texting), provider).await
    }

    async fn on(stage: Stage, provider: Arc<Provider>) -> Self {
        let clinic = stage.clinic("demo").await;
        let staff = stage.key(&clinic, Role::TeamMember).await;
        Self {
            stage,
            clinic,
            staff,
            provider,
        }
    }

    async fn enter(&self) -> Arrived {
        self.stage.enter("demo", "Ada", Some(NUMBER)).await
    }

    async fn enter_with(&self, number: &str) -> Arrived {
        self.stage.enter("demo", "Ada", Some(number)).await
    }

    async fn send(&self, caller: &Arrived) -> Json {
        let by = Some(caller.token.as_str());
        self.stage
            .command(by, "sendVerificationCode", json!({}))
            .await
    }

    /// Has a code of our own sent, and reads it.
    async fn code(&self, caller: &Arrived) -> String {
        let sent = self.send(caller).await;
        assert_eq!(sent["userErrors"], json!([]), "{sent}");
        self.stage.codes(NUMBER).await.pop().unwrap()
    }

    /// Has the provider send a code, and reads it.
    async fn providers_code(&self, caller: &Arrived) -> String {
        let sent = self.send(caller).await;
        assert_eq!(sent["userErrors"], json!([]), "{sent}");
        let app = &self.stage.app;
        while app.send_next_text(&*self.provider).await.unwrap() == Looked::AtOne {}
        self.provider.code(NUMBER)
    }

    async fn guess(&self, caller: &Arrived, code: &str) -> Json {
        let by = Some(caller.token.as_str());
        let code = json!({ "code": code });
        self.stage.command(by, "verifyPhone", code).await
    }

    async fn vouch(&self, by: &str, caller: &Arrived) -> Json {
        self.vouch_for(by, caller, NUMBER).await
    }

    /// Vouches for a caller at this number.
    async fn vouch_for(&self, by: &str, caller: &Arrived, phone: &str) -> Json {
        let input = json!({ "callerId": caller.id, "phone": phone });
        self.stage
            .command(Some(by), "verifyCallerPhone", input)
            .await
    }

    /// What is in a caller's activity log, newest first.
    async fn story(&self, caller: &Arrived) -> Vec<String> {
        let query = "query ($id: ID!) { node(id: $id) { ...on Caller { \
                     activity(first: 200) { kind } } } }";
        let variables = json!({ "id": caller.id });
        let by = Some(self.staff.as_str());
        let answer = self.stage.ask(by, query, variables).await;
        let lines = answer["data"]["node"]["activity"].as_array().unwrap();
        let kinds = lines.iter().map(|line| line["kind"].as_str().unwrap());
        kinds.map(str::to_owned).collect()
    }

    async fn is_verified(&self, caller: &Arrived) -> bool {
        let query = "query ($id: ID!) { node(id: $id) { ...on Caller { phone { isVerified } } } }";
        let variables = json!({ "id": caller.id });
        let by = Some(self.staff.as_str());
        let answer = self.stage.ask(by, query, variables).await;
        answer["data"]["node"]["phone"]["isVerified"] == true
    }

    /// Until when staff are told that codes are paused.
    async fn paused_until(&self, by: &str) -> Json {
        let query = "{ clinic(slug: \"demo\") { waitingArea { codesPausedUntil } } }";
        let mut answer = self.stage.ask(Some(by), query, json!({})).await;
        assert!(answer.get("errors").is_none(), "{answer}");
        answer["data"]["clinic"]["waitingArea"]["codesPausedUntil"].take()
    }

    /// Enters five wrong codes, and lets the hour pass that they count for.
    async fn guesses_for_an_hour(&self, caller: &Arrived) {
        let code = self.code(caller).await;
        for _ in 0..5 {
            let wrong = self.guess(caller, &another_code(&code)).await;
            assert_refused(&wrong, "CODE_REJECTED", Some("code"));
        }
        self.stage.clock.advance(Span::hours(1));
    }
}

fn mobile(number: u32) -> String {
    format!("+6149157{number:04}")
}

fn count(story: &[String], kind: &str) -> usize {
    story.iter().filter(|what| *what == kind).count()
}

/// Has the application look at a code: why it was refused, and whether the number is verified then. Who
/// is turned away because so many are waiting for the store tries again, as a guesser would.
async fn looked_at(scene: &Scene, caller: &Arrived, code: &str) -> (Option<Why>, bool) {
    let own = Viewer::Caller {
        clinic: scene.clinic.id.clone(),
        caller: CallerId::parse(&caller.id).unwrap(),
        by_recall: None,
    };
    let (within, id) = own.own().unwrap();
    loop {
        let app = &scene.stage.app;
        let (placed, why) = match app.verify_phone(&within, &id, code, None).await {
            Ok(Done::Done(placed)) => (placed, None),
            Ok(Done::Refused(placed, refusal)) => (placed, Some(refusal.why)),
            Ok(Done::NotFound) => panic!("the caller is gone"),
            Err(_) => continue,
        };
        return (why, placed.caller.phone().verified().is_some());
    }
}

/// Guesses at once, one of which is right: it is entered as soon as five were looked at, while thousands
/// of others are still under way. Answers with what became of the right one, and how many attempts each
/// of the others was told are left after it was looked at.
async fn guess_at_once(
    scene: &Arc<Scene>,
    caller: &Arc<Arrived>,
    right: &str,
) -> (Option<Why>, Vec<u8>) {
    let first: u32 = right.parse().unwrap();
    let (none_left, over) = (Arc::new(Notify::new()), Arc::new(AtomicU32::new(0)));
    let mut wrong = JoinSet::new();
    for guess in 1..GUESSES {
        let (scene, caller) = (Arc::clone(scene), Arc::clone(caller));
        let (none_left, over) = (Arc::clone(&none_left), Arc::clone(&over));
        wrong.spawn(async move {
            let code = format!("{:06}", (first + guess) % 1_000_000);
            let (why, is_verified) = looked_at(&scene, &caller, &code).await;
            let Some(Why::CodeRejected { attempts_left }) = why else {
                panic!("{why:?}")
            };
            assert!(!is_verified);
            if attempts_left == 0 {
                none_left.notify_one();
            }
            over.fetch_add(1, Ordering::SeqCst);
            attempts_left
        });
    }
    let used_up = tokio::time::timeout(Duration::from_mins(1), none_left.notified());
    used_up.await.expect("no attempt is left within 60 s");
    let are_over = over.load(Ordering::SeqCst);
    assert!(are_over < GUESSES / 2, "{are_over} others were over before");
    let (entered, _) = looked_at(scene, caller, right).await;
    (entered, wrong.join_all().await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_ten_thousand_guesses_at_once_five_are_looked_at() {
    let scene = Arc::new(Scene::new().await);
    let caller = Arc::new(scene.enter().await);
    let right = scene.code(&caller).await;
    let begun = Instant::now();
    let (entered, told) = guess_at_once(&scene, &caller, &right).await;
    let took = begun.elapsed();
    assert_eq!(entered, Some(Why::CodeRejected { attempts_left: 0 }));
    let mut left: Vec<u8> = told.into_iter().filter(|left| *left > 0).collect();
    left.sort_unstable();
    assert_eq!(left, [1, 2, 3, 4], "each look leaves one less");
    assert_eq!(count(&scene.story(&caller).await, "CODE_REJECTED"), 5);
    assert!(!scene.is_verified(&caller).await);
    println!("{GUESSES} guesses took {took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_ten_thousand_guesses_at_once_the_provider_is_asked_about_five() {
    let scene = Arc::new(Scene::with_the_providers_codes().await);
    let caller = Arc::new(scene.enter().await);
    let right = scene.providers_code(&caller).await;
    let (entered, _) = guess_at_once(&scene, &caller, &right).await;
    assert_eq!(entered, Some(Why::CodeRejected { attempts_left: 0 }));
    assert_eq!(scene.provider.was_asked(), 5);
    let story = scene.story(&caller).await;
    assert_eq!(count(&story, "CODE_ENTERED"), 5);
    assert_eq!(count(&story, "CODE_REJECTED"), 5);
    assert!(!scene.is_verified(&caller).await);
}

#[tokio::test]
async fn a_code_is_waited_for_whichever_caller_had_the_one_before_also_after_a_restart() {
    let mut scene = Scene::new().await;
    let (parent, child) = (scene.enter().await, scene.enter().await);
    let sent = scene.send(&parent).await;
    scene.stage.clock.advance(Span::millis(59_999));
    let too_soon = scene.send(&child).await;
    assert_refused(&too_soon, "RATE_LIMITED", None);
    assert_eq!(too_soon["userErrors"][0]["retryAt"], sent["resendAt"]);
    scene.stage.restart();
    let too_soon = scene.send(&child).await;
    assert_refused(&too_soon, "RATE_LIMITED", None);
    assert_eq!(too_soon["userErrors"][0]["retryAt"], sent["resendAt"]);

    scene.stage.clock.advance(Span::millis(1));
    let second = scene.send(&child).await;
    assert_eq!(second["userErrors"], json!([]));
    scene.stage.restart();
    scene.stage.clock.advance(Span::millis(119_999));
    let too_soon = scene.send(&parent).await;
    assert_refused(&too_soon, "RATE_LIMITED", None);
    assert_eq!(too_soon["userErrors"][0]["retryAt"], second["resendAt"]);
    scene.stage.clock.advance(Span::millis(1));
    assert_eq!(scene.send(&parent).await["userErrors"], json!([]));
    // Another number has its own count.
    let other = scene.enter_with("+61491570156").await;
    assert_eq!(scene.send(&other).await["userErrors"], json!([]));
}

#[tokio::test]
async fn wrong_codes_for_a_number_count_whichever_caller_enters_them_also_after_a_restart() {
    let mut scene = Scene::new().await;
    let (one, other) = (scene.enter().await, scene.enter().await);
    let code = scene.code(&one).await;
    for _ in 0..3 {
        let wrong = scene.guess(&one, &another_code(&code)).await;
        assert_refused(&wrong, "CODE_REJECTED", Some("code"));
    }
    scene.stage.clock.advance(Span::minutes(1));
    scene.stage.restart();
    let code = scene.code(&other).await;
    for _ in 0..2 {
        let wrong = scene.guess(&other, &another_code(&code)).await;
        assert_refused(&wrong, "CODE_REJECTED", Some("code"));
    }
    let right = scene.guess(&other, &code).await;
    assert_refused(&right, "RATE_LIMITED", Some("code"));
}

#[tokio::test]
async fn after_a_hundred_wrong_codes_in_a_row_only_staff_can_verify_the_number() {
    let mut scene = Scene::new().await;
    let caller = scene.enter().await;
    for expected in ["RATE_LIMITED"; 4].into_iter().chain(["UNAVAILABLE"]) {
        for _ in 0..4 {
            scene.guesses_for_an_hour(&caller).await;
        }
        // Twenty a day, until it is a hundred.
        let refused = scene.send(&caller).await;
        assert_eq!(error(&refused).1, expected, "{refused}");
        scene.stage.clock.advance(Span::hours(24));
    }
    scene.stage.restart();
    let sent = scene.send(&caller).await;
    assert_refused(&sent, "UNAVAILABLE", None);
    let other = scene.enter().await;
    assert_refused(&scene.send(&other).await, "UNAVAILABLE", None);
    assert_eq!(count(&scene.story(&caller).await, "CODE_REJECTED"), 100);

    let vouched = scene.vouch(&scene.staff, &caller).await;
    assert_eq!(vouched["userErrors"], json!([]));
    assert_eq!(vouched["caller"]["phone"]["isVerified"], true);
    // And the number is as good as any other again.
    let code = scene.code(&other).await;
    let verified = scene.guess(&other, &code).await;
    assert_eq!(verified["caller"]["phone"]["isVerified"], true);
}

#[tokio::test]
async fn a_right_code_ends_the_row_of_wrong_ones() {
    let scene = Scene::new().await;
    let caller = scene.enter().await;
    let guesses = async |times: u32| {
        for time in 1..=times {
            scene.guesses_for_an_hour(&caller).await;
            if time % 4 == 0 {
                scene.stage.clock.advance(Span::hours(24));
            }
        }
    };
    // 95, then a right one, then 95 more.
    guesses(19).await;
    scene.stage.clock.advance(Span::hours(24));
    let code = scene.code(&caller).await;
    let verified = scene.guess(&caller, &code).await;
    assert_eq!(verified["caller"]["phone"]["isVerified"], true);
    scene.stage.clock.advance(Span::hours(24));
    guesses(19).await;
    scene.stage.clock.advance(Span::hours(24));
    let code = scene.code(&caller).await;
    assert_eq!(scene.guess(&caller, &code).await["userErrors"], json!([]));
}

#[tokio::test]
async fn when_almost_no_code_is_ever_entered_a_clinics_codes_are_paused_and_staff_see_until_when() {
    let mut scene = Scene::new().await;
    for number in 0..20 {
        let caller = scene.enter_with(&mobile(1000 + number)).await;
        assert_eq!(scene.send(&caller).await["userErrors"], json!([]));
    }
    let caller = scene.enter().await;
    scene.stage.clock.advance(Span::millis(10 * 60 * 1000 - 1));
    assert_eq!(scene.paused_until(&scene.staff).await, Json::Null);
    scene.stage.clock.advance(Span::millis(1));
    let until = scene.paused_until(&scene.staff).await;
    assert!(until.is_string(), "{until}");
    scene.stage.restart();
    let sent = scene.send(&caller).await;
    assert_refused(&sent, "RATE_LIMITED", None);
    assert_eq!(sent["userErrors"][0]["retryAt"], until);
    let message = sent["userErrors"][0]["message"].as_str().unwrap();
    assert!(message.contains("keep the page open"), "{message}");
    // Neither clinic nor caller is stopped in anything else.
    assert_eq!(
        scene.vouch(&scene.staff, &caller).await["userErrors"],
        json!([])
    );
    let elsewhere = scene.stage.clinic("elsewhere").await;
    let other = scene.stage.enter("elsewhere", "Eve", Some(NUMBER)).await;
    assert_eq!(scene.send(&other).await["userErrors"], json!([]));
    let reporter = scene.stage.key(&elsewhere, Role::ClinicAdmin).await;
    let query = "{ clinic(slug: \"demo\") { waitingArea { codesPausedUntil } } }";
    let answer = scene.stage.ask(Some(&reporter), query, json!({})).await;
    assert_eq!(answer["data"]["clinic"]["waitingArea"], Json::Null);

    scene.stage.clock.advance(Span::minutes(50));
    assert_eq!(scene.paused_until(&scene.staff).await, Json::Null);
    let late = scene.enter_with(&mobile(2000)).await;
    assert_eq!(scene.send(&late).await["userErrors"], json!([]));
}

/// A provider that turns every text down, for this reason.
struct Refusing(SmsFailure);

#[async_trait]
impl Texter for Refusing {
    async fn hand_over(&self, _: &OutgoingText) -> HandedOver {
        HandedOver::Refused(self.0)
    }

    async fn find(&self, _: &OutgoingText) -> Found {
        Found::NotSeen
    }
}

/// Whether a clinic's codes are paused after so many came to nothing for this reason.
async fn are_codes_paused_by(failure: SmsFailure) -> bool {
    let scene = Scene::new().await;
    let texter = Refusing(failure);
    for number in 0..30 {
        let caller = scene.enter_with(&mobile(1000 + number)).await;
        assert_eq!(scene.send(&caller).await["userErrors"], json!([]));
        while scene.stage.app.send_next_text(&texter).await.unwrap() == Looked::AtOne {}
    }
    scene.stage.clock.advance(Span::minutes(10));
    scene.paused_until(&scene.staff).await != Json::Null
}

#[tokio::test]
async fn a_provider_that_cannot_be_used_pauses_no_clinics_codes() {
    assert!(!are_codes_paused_by(SmsFailure::ProviderUnavailable).await);
}

#[tokio::test]
async fn codes_that_fail_for_their_numbers_were_sent_and_not_entered() {
    assert!(are_codes_paused_by(SmsFailure::InvalidNumber).await);
    assert!(are_codes_paused_by(SmsFailure::Landline).await);
}

#[tokio::test]
async fn whoever_proves_a_number_that_takes_no_texts_is_told_at_once() {
    let scene = Scene::new().await;
    let key = Keys::new([7; 32]).subject(NUMBER);
    let stop = format!("INSERT INTO stopped_number VALUES ('{key}', 0)");
    scene.stage.spoil(&stop);
    let caller = scene.enter().await;
    scene.vouch(&scene.staff, &caller).await;
    let query = "query ($id: ID!) { node(id: $id) { ...on Caller { textsStopped } } }";
    let of_caller = json!({ "id": caller.id });
    let seen = scene.stage.ask(Some(&scene.staff), query, of_caller).await;
    assert_eq!(seen["data"]["node"]["textsStopped"], true);
}

#[tokio::test]
async fn codes_that_are_entered_keep_the_breaker_closed() {
    let scene = Scene::new().await;
    for number in 0..20 {
        let number = mobile(1000 + number);
        let caller = scene.enter_with(&number).await;
        if number.ends_with('0') || number.ends_with('5') {
            scene.stage.verify(&caller, &number).await;
        } else {
            assert_eq!(scene.send(&caller).await["userErrors"], json!([]));
        }
    }
    scene.stage.clock.advance(Span::minutes(10));
    assert_eq!(scene.paused_until(&scene.staff).await, Json::Null);
    let caller = scene.enter().await;
    assert_eq!(scene.send(&caller).await["userErrors"], json!([]));
}

#[tokio::test]
async fn a_hundred_codes_an_hour_may_be_left_unanswered_and_each_that_is_entered_makes_room() {
    let scene = Scene::new().await;
    let last = scene.enter_with(&mobile(99)).await;
    for number in 0..99 {
        let caller = scene.enter_with(&mobile(100 + number)).await;
        assert_eq!(scene.send(&caller).await["userErrors"], json!([]));
    }
    assert_eq!(scene.send(&last).await["userErrors"], json!([]));
    let caller = scene.enter().await;
    let sent = scene.send(&caller).await;
    assert_refused(&sent, "RATE_LIMITED", None);
    let until = scene.paused_until(&scene.staff).await;
    assert_eq!(sent["userErrors"][0]["retryAt"], until);

    let code = scene.stage.codes(&mobile(99)).await.pop().unwrap();
    let verified = scene.guess(&last, &code).await;
    assert_eq!(verified["caller"]["phone"]["isVerified"], true);
    assert_eq!(scene.paused_until(&scene.staff).await, Json::Null);
    assert_eq!(scene.send(&caller).await["userErrors"], json!([]));
    let one_more = scene.enter_with(&mobile(999)).await;
    assert_refused(&scene.send(&one_more).await, "RATE_LIMITED", None);
}

#[tokio::test]
async fn the_providers_code_verifies_and_entered_again_nobody_is_asked() {
    let scene = Scene::with_the_providers_codes().await;
    let caller = scene.enter().await;
    let code = scene.providers_code(&caller).await;
    let wrong = scene.guess(&caller, &another_code(&code)).await;
    assert_refused(&wrong, "CODE_REJECTED", Some("code"));
    assert_eq!(wrong["userErrors"][0]["attemptsLeft"], 4);
    assert_eq!(wrong["caller"]["verification"]["attemptsLeft"], 4);
    let slip = scene.guess(&caller, "12345").await;
    assert_refused(&slip, "CODE_REJECTED", Some("code"));
    assert_eq!(
        scene.provider.was_asked(),
        1,
        "a slip is nothing to ask about"
    );

    let right = scene.guess(&caller, &code).await;
    assert_eq!(right["userErrors"], json!([]));
    assert_eq!(right["caller"]["phone"]["isVerified"], true);
    assert_eq!(scene.provider.was_asked(), 2);
    let again = scene.guess(&caller, &code).await;
    assert_eq!(again, right);
    assert_eq!(scene.provider.was_asked(), 2);
    let story = scene.story(&caller).await;
    let told = [
        "PHONE_VERIFIED",
        "CODE_ENTERED",
        "CODE_REJECTED",
        "CODE_ENTERED",
    ];
    assert_eq!(story[..4], told);
}

#[tokio::test]
async fn a_right_code_of_the_provider_does_not_count_as_a_wrong_one() {
    let scene = Scene::with_the_providers_codes().await;
    let caller = scene.enter().await;
    let code = scene.providers_code(&caller).await;
    assert_eq!(scene.guess(&caller, &code).await["userErrors"], json!([]));
    // Whoever shares the number still has all five of the hour.
    scene.stage.clock.advance(Span::minutes(1));
    let other = scene.enter().await;
    let code = scene.providers_code(&other).await;
    for left in (1..5).rev() {
        let wrong = scene.guess(&other, &another_code(&code)).await;
        assert_eq!(wrong["userErrors"][0]["attemptsLeft"], left);
    }
    let right = scene.guess(&other, &code).await;
    assert_eq!(right["userErrors"], json!([]));
    let unanswered = "SELECT subject AS value FROM limit_use WHERE kind IN \
                      ('UNANSWERED_CODE_FOR_CLINIC', 'WRONG_CODE_IN_A_ROW')";
    assert_eq!(scene.stage.read(unanswered), Vec::<String>::new());
}

#[tokio::test]
async fn when_the_provider_cannot_be_asked_the_attempt_stays_taken_and_may_be_made_again() {
    let scene = Scene::with_the_providers_codes().await;
    let caller = scene.enter().await;
    let code = scene.providers_code(&caller).await;
    scene.provider.is_down.store(true, Ordering::SeqCst);
    let not_now = scene.guess(&caller, &code).await;
    assert_refused(&not_now, "UNAVAILABLE", Some("code"));
    assert_eq!(not_now["caller"]["verification"]["attemptsLeft"], 4);
    scene.provider.is_down.store(false, Ordering::SeqCst);
    assert_eq!(scene.guess(&caller, &code).await["userErrors"], json!([]));
}

#[tokio::test]
async fn codes_that_do_not_reach_the_provider_cost_no_attempt_and_count_for_nothing() {
    let scene = Scene::with_the_providers_codes().await;
    let caller = scene.enter().await;
    let code = scene.providers_code(&caller).await;
    let wrong = scene.guess(&caller, &another_code(&code)).await;
    assert_eq!(wrong["userErrors"][0]["attemptsLeft"], 4);
    let counted = "SELECT kind || times AS value FROM limit_use WHERE kind LIKE 'WRONG_%' \
                   ORDER BY 1";
    let before = scene.stage.read(counted);
    assert!(!before.is_empty());
    scene.provider.is_out_of_reach.store(true, Ordering::SeqCst);
    for _ in 0..6 {
        // Also at the moment of what counts.
        let not_now = scene.guess(&caller, &code).await;
        assert_refused(&not_now, "UNAVAILABLE", Some("code"));
        assert_eq!(not_now["caller"]["verification"]["attemptsLeft"], 4);
        scene.stage.clock.advance(Span::seconds(1));
        let not_now = scene.guess(&caller, &another_code(&code)).await;
        assert_eq!(not_now["caller"]["verification"]["attemptsLeft"], 4);
    }
    assert_eq!(scene.stage.read(counted), before);
    assert_eq!(scene.provider.was_asked(), 1);
    let told = ["CODE_NOT_CHECKED", "CODE_ENTERED"];
    assert_eq!(scene.story(&caller).await[..2], told);
    let provider = &scene.provider;
    provider.is_out_of_reach.store(false, Ordering::SeqCst);
    assert_eq!(scene.guess(&caller, &code).await["userErrors"], json!([]));
    assert!(scene.is_verified(&caller).await);
}

#[tokio::test]
async fn a_caller_whose_codes_do_not_reach_the_provider_keeps_all_five_attempts() {
    let scene = Scene::with_the_providers_codes().await;
    let caller = scene.enter().await;
    let code = scene.providers_code(&caller).await;
    scene.provider.is_out_of_reach.store(true, Ordering::SeqCst);
    for _ in 0..5 {
        let not_now = scene.guess(&caller, &code).await;
        assert_refused(&not_now, "UNAVAILABLE", Some("code"));
        assert_eq!(not_now["caller"]["verification"]["attemptsLeft"], 5);
    }
    let wrong = "SELECT kind AS value FROM limit_use WHERE kind LIKE 'WRONG_%'";
    assert_eq!(scene.stage.read(wrong), Vec::<String>::new());
    let provider = &scene.provider;
    provider.is_out_of_reach.store(false, Ordering::SeqCst);
    let verified = scene.guess(&caller, &code).await;
    assert_eq!(verified["userErrors"], json!([]));
    assert_eq!(verified["caller"]["phone"]["isVerified"], true);
}

#[tokio::test]
async fn a_code_the_provider_no_longer_knows_is_refused_as_expired() {
    let scene = Scene::with_the_providers_codes().await;
    let caller = scene.enter().await;
    let code = scene.providers_code(&caller).await;
    scene.provider.forget(NUMBER);
    let gone = scene.guess(&caller, &code).await;
    assert_refused(&gone, "CODE_REJECTED", Some("code"));
    assert_eq!(gone["userErrors"][0]["attemptsLeft"], 0);
    let message = gone["userErrors"][0]["message"].as_str().unwrap();
    assert!(message.contains("expired"), "{message}");
    assert!(!scene.is_verified(&caller).await);
}

#[tokio::test]
async fn a_verdict_that_comes_after_another_code_was_sent_changes_nothing() {
    let scene = Arc::new(Scene::with_the_providers_codes().await);
    let caller = Arc::new(scene.enter().await);
    let first = scene.providers_code(&caller).await;
    let gate = scene.provider.hold();
    let entered = {
        let (scene, caller) = (Arc::clone(&scene), Arc::clone(&caller));
        tokio::spawn(async move { scene.guess(&caller, &first).await })
    };
    scene.provider.is_asked.notified().await;
    scene.stage.clock.advance(Span::minutes(1));
    assert_eq!(scene.send(&caller).await["userErrors"], json!([]));
    gate.add_permits(1);
    let late = entered.await.unwrap();
    assert_refused(&late, "CODE_REJECTED", Some("code"));
    assert_eq!(late["userErrors"][0]["attemptsLeft"], 5);
    assert!(!scene.is_verified(&caller).await);
}

#[tokio::test]
async fn a_verdict_is_not_lost_with_the_connection_of_whoever_entered_the_code() {
    let scene = Arc::new(Scene::with_the_providers_codes().await);
    let caller = Arc::new(scene.enter().await);
    let code = scene.providers_code(&caller).await;
    let gate = scene.provider.hold();
    let entered = {
        let (scene, caller, code) = (Arc::clone(&scene), Arc::clone(&caller), code.clone());
        tokio::spawn(async move { scene.guess(&caller, &code).await })
    };
    scene.provider.is_asked.notified().await;
    entered.abort();
    assert!(entered.await.unwrap_err().is_cancelled());
    gate.add_permits(1);
    let heard = async {
        while !scene.is_verified(&caller).await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), heard)
        .await
        .expect("the number is verified within 10 s");
    // The phone tries once more when it is back.
    let again = scene.guess(&caller, &code).await;
    assert_eq!(again["userErrors"], json!([]));
    assert_eq!(scene.provider.was_asked(), 1);
}

#[tokio::test]
async fn staff_who_have_phoned_a_caller_verify_the_number() {
    let scene = Scene::new().await;
    let caller = scene.enter().await;
    let reporter = scene.stage.key(&scene.clinic, Role::Reporter).await;
    let refused = scene.vouch(&reporter, &caller).await;
    assert_refused(&refused, "UNAVAILABLE", None);
    let refused = scene.vouch(&caller.token, &caller).await;
    assert_refused(&refused, "NOT_FOUND", Some("callerId"));
    assert!(!scene.is_verified(&caller).await);

    scene.stage.report(&caller, 1, "BACKGROUND").await;
    let vouched = scene.vouch(&scene.staff, &caller).await;
    assert_eq!(vouched["userErrors"], json!([]));
    assert_eq!(vouched["caller"]["status"], "OFFLINE");
    assert_eq!(vouched["caller"]["phone"]["isVerified"], true);
    let again = scene.vouch(&scene.staff, &caller).await;
    assert_eq!(again, vouched, "changes nothing");
    assert_eq!(scene.story(&caller).await[0], "PHONE_VOUCHED_FOR");

    let without = scene.stage.enter("demo", "Noor", None).await;
    let refused = scene.vouch(&scene.staff, &without).await;
    assert_refused(&refused, "INVALID_INPUT", Some("callerId"));
    let by = Some(without.token.as_str());
    scene.stage.command(by, "leaveWaitingArea", json!({})).await;
    let refused = scene.vouch(&scene.staff, &without).await;
    assert_refused(&refused, "WRONG_STATUS", None);
}

#[tokio::test]
async fn a_number_given_while_staff_phone_the_one_before_is_not_verified() {
    const GIVEN_MEANWHILE: &str = "+61491570156";
    let scene = Scene::new().await;
    let caller = scene.enter().await;
    let row = "SELECT CAST(sum(times) AS TEXT) AS value FROM limit_use \
               WHERE kind = 'WRONG_CODE_IN_A_ROW'";
    let code = scene.code(&caller).await;
    let wrong = scene.guess(&caller, &another_code(&code)).await;
    assert_refused(&wrong, "CODE_REJECTED", Some("code"));
    scene.stage.clock.advance(Span::minutes(1));
    let by = Some(caller.token.as_str());
    let another = json!({ "phone": GIVEN_MEANWHILE });
    let sent = scene
        .stage
        .command(by, "sendVerificationCode", another)
        .await;
    assert_eq!(sent["userErrors"], json!([]));
    let code = scene.stage.codes(GIVEN_MEANWHILE).await.pop().unwrap();
    let wrong = scene.guess(&caller, &another_code(&code)).await;
    assert_refused(&wrong, "CODE_REJECTED", Some("code"));
    assert_eq!(scene.stage.read(row), ["2"], "one for each number");

    let refused = scene.vouch(&scene.staff, &caller).await;
    assert_refused(&refused, "INVALID_INPUT", Some("phone"));
    assert_eq!(refused["caller"]["phone"]["number"], GIVEN_MEANWHILE);
    assert!(!scene.is_verified(&caller).await);
    assert_eq!(scene.stage.read(row), ["2"], "nothing is forgiven");
    assert_ne!(scene.story(&caller).await[0], "PHONE_VOUCHED_FOR");

    let vouched = scene
        .vouch_for(&scene.staff, &caller, GIVEN_MEANWHILE)
        .await;
    assert_eq!(vouched["userErrors"], json!([]));
    assert_eq!(vouched["caller"]["phone"]["number"], GIVEN_MEANWHILE);
    assert_eq!(vouched["caller"]["phone"]["isVerified"], true);
    assert_eq!(scene.stage.read(row), ["1"], "that of the number before");
}
