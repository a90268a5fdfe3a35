//! The server dies in the midst of everything, again and again, and nobody and nothing is lost.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

use std::cell::Cell;
use std::time::Duration;

use futures_util::future::{Either, join_all, select};
use serde_json::{Value, json};
use standby_tests::{
    Caller, Chance, Role, Server, ServerMessage, Staff, refusal, until, until_within,
};

/// Callers at a time, each on a way of its own.
const TRAVELLERS: u32 = 10;
/// How often the server is killed meanwhile.
const KILLS: usize = 4;

/// The way of one caller through everything, one command after the other. A command whose answer did
/// not come is sent again: every command may be.
struct Traveller {
    number: u32,
    /// Once in.
    caller: Option<Caller>,
    /// How many commands were answered.
    done: usize,
    /// The counter of the caller's one screen.
    reports: i64,
    /// What the caller must be at least, by the last answer: version and arrival number.
    answered: Option<(i64, i64)>,
}

/// A text whose handing over was cut off is taken up again when its claim has run out, after 30 s.
const CLAIM_AND_MORE: Duration = Duration::from_mins(1);

const WAY: [&str; 9] = [
    "enterWaitingArea",
    "sendVerificationCode",
    "verifyPhone",
    "BACKGROUND",
    "recallCaller",
    "FOREGROUND",
    "joinCaller",
    "holdCaller",
    "joinCaller",
];

const ANSWER: &str = "caller { id version arrivalNumber status }";

fn report(counter: i64, state: &str) -> Value {
    json!({ "deviceId": "phone", "counter": counter, "state": state })
}

impl Traveller {
    fn new(number: u32) -> Self {
        Self {
            number,
            caller: None,
            done: 0,
            reports: 0,
            answered: None,
        }
    }

    fn has_arrived(&self) -> bool {
        self.done == WAY.len()
    }

    /// One step on. None when no answer came.
    async fn step(&mut self, server: &Server, staff: &Staff) -> Option<()> {
        let field = WAY[self.done];
        let payload = match (&self.caller, field) {
            (None, _) => {
                let anonymous = server.anonymous();
                let arrival = Caller::arrival("demo", self.number);
                let selection = format!("token {ANSWER}");
                let entered = anonymous.try_mutate(field, arrival, &selection).await?;
                assert_eq!(entered["userErrors"], json!([]));
                self.caller = Some(Caller::entered(&anonymous, &entered, self.number));
                entered
            }
            (Some(caller), "sendVerificationCode") => {
                let sent = caller
                    .asker
                    .try_mutate(field, json!({}), "expiresAt")
                    .await?;
                // Sent before already, where only the answer was lost.
                if sent["userErrors"] != json!([]) {
                    assert_eq!(refusal(&sent), "RATE_LIMITED");
                    assert_ne!(sent["expiresAt"], Value::Null);
                }
                self.done += 1;
                return Some(());
            }
            (Some(caller), "verifyPhone") => {
                let phone = server.phone(&caller.number);
                // Where handing the text over was cut off, it comes when that claim has run out.
                // Meanwhile the caller is looking.
                let code = until_within(CLAIM_AND_MORE, "the code arrives", async || {
                    let Some(messages) = phone.try_messages().await else {
                        return Some(None);
                    };
                    if let Some(message) = messages.first() {
                        return Some(message.code().map(str::to_owned));
                    }
                    self.reports += 1;
                    let looking = report(self.reports, "FOREGROUND");
                    let told = caller.asker.try_mutate("reportPresence", looking, "").await;
                    told.is_none().then_some(None)
                });
                let code = json!({ "code": code.await? });
                caller.asker.try_mutate(field, code, ANSWER).await?
            }
            (Some(caller), "BACKGROUND" | "FOREGROUND") => {
                self.reports += 1;
                let report = report(self.reports, field);
                caller
                    .asker
                    .try_mutate("reportPresence", report, ANSWER)
                    .await?
            }
            (Some(caller), _) => {
                let input = json!({ "callerId": caller.id });
                staff.asker.try_mutate(field, input, ANSWER).await?
            }
        };
        assert_eq!(
            payload["userErrors"],
            json!([]),
            "{field} of traveller {}",
            self.number
        );
        let number = |name: &str| payload["caller"][name].as_i64().expect("a number");
        let answered = (number("version"), number("arrivalNumber"));
        if let Some((version, place)) = self.answered {
            assert!(answered.0 >= version, "what was answered was lost");
            assert_eq!(answered.1, place, "a place was lost");
        }
        self.answered = Some(answered);
        self.done += 1;
        Some(())
    }

    /// On and on, until it is there or the server is not.
    async fn travel(&mut self, server: &Server, staff: &Staff, answers: &Cell<u64>) {
        while !self.has_arrived() && self.step(server, staff).await.is_some() {
            answers.set(answers.get() + 1);
        }
    }
}

#[tokio::test]
async fn killed_in_the_midst_of_commands_the_server_has_all_that_it_answered_and_nothing_half_done()
{
    let mut server = Server::start().await;
    let key = server.add_key("demo", Role::TeamMember);
    let staff = Staff::new(server.bearer(&key)).await;
    let mut chance = Chance::new();
    let mut travellers: Vec<Traveller> = (0..TRAVELLERS).map(Traveller::new).collect();

    for kill in 1..=KILLS {
        // After some more answers; all at once the others are under way.
        let answers = Cell::new(0);
        let enough = 8 + chance.below(8);
        {
            let travel = travellers
                .iter_mut()
                .map(|traveller| traveller.travel(&server, &staff, &answers));
            let travelling = std::pin::pin!(join_all(travel));
            let killing = std::pin::pin!(until_within(
                CLAIM_AND_MORE,
                "there were some answers",
                async || { (answers.get() >= enough).then_some(()) }
            ));
            if let Either::Left(_) = select(travelling, killing).await {
                panic!("all have arrived before kill {kill} of {KILLS}");
            }
            // Their requests are cut off with them: of each, either all was done or nothing.
        }
        server.kill();
        server.start_again().await;
        is_whole(&staff, &travellers).await;
    }
    let answers = Cell::new(0);
    let travel = travellers
        .iter_mut()
        .map(|traveller| traveller.travel(&server, &staff, &answers));
    join_all(travel).await;
    assert!(travellers.iter().all(Traveller::has_arrived));
    is_whole(&staff, &travellers).await;

    server.until_texts_are_settled(CLAIM_AND_MORE).await;
    for traveller in &travellers {
        let caller = traveller.caller.as_ref().expect("in");
        let now = staff.caller(&caller.id).await;
        assert_eq!(now["status"], "BEING_SEEN");
        // Each of them once: nothing was done twice, and nobody was made Offline by a restart.
        let mut story = staff.story(&caller.id).await;
        // Who has arrived is not heard of any more while others may still be waiting for a code.
        story.retain(|kind| kind != "STOPPED_VIEWING");
        let whole = [
            "ARRIVED",
            "CODE_SENT",
            "PHONE_VERIFIED",
            "WENT_OFFLINE",
            "RECALLED",
            "CAME_BACK",
            "JOINED",
            "HELD",
            "JOINED",
        ];
        assert_eq!(story, whole, "traveller {}", traveller.number);
        // One text with the code and one with the link, neither lost nor doubled; no link where it
        // had not gone out by the time the caller was back.
        let messages = server.phone(&caller.number).messages().await;
        let texts = 1 + usize::from(is_sent(&now));
        assert_eq!(messages.len(), texts, "traveller {}", traveller.number);
        assert!(messages[0].code().is_some());
        if let Some(message) = messages.get(1) {
            let by_link = server.bearer(message.caller_token().expect("a token"));
            let query = "{ viewer { ...on CallerSession { caller { id } } } }";
            let own = by_link.data(query, json!({})).await;
            assert_eq!(own["viewer"]["caller"]["id"], caller.id.as_str());
        }
    }
}

/// Whether the recall's text was taken by the phone. Of one that was found there after a crash, no
/// more is known.
fn is_sent(caller: &Value) -> bool {
    let state = &caller["recall"]["sms"]["state"];
    state == "SENT" || state == "DELIVERED"
}

/// What was answered is there, and there is nothing that only half happened.
async fn is_whole(staff: &Staff, travellers: &[Traveller]) {
    let (version, callers) = staff.waiting_area().await;
    for traveller in travellers {
        let Some((version, place)) = traveller.answered else {
            continue;
        };
        let caller = traveller.caller.as_ref().expect("in");
        let now = callers.iter().find(|now| now["id"] == caller.id.as_str());
        let now = now.expect("nobody is lost");
        assert!(
            now["version"].as_i64() >= Some(version),
            "what was answered is there"
        );
        assert_eq!(now["arrivalNumber"], place);
        assert_eq!(
            caller.now().await["id"],
            caller.id.as_str(),
            "the token still opens it"
        );
    }
    // Every version has its change, and every caller as many as its own version says.
    let mut follower = staff.follow(Some(0)).await;
    let changes = follower.until_version(version).await;
    let versions: Vec<i64> = changes.iter().map(|change| change.version).collect();
    let last = changes.last().map_or(0, |change| change.version);
    assert_eq!(versions, (1..=last).collect::<Vec<_>>());
    for caller in &callers {
        let activity = staff.activity(caller["id"].as_str().expect("an id")).await;
        let versions = activity.iter().map(|activity| &activity["version"]);
        let of_stream = changes
            .iter()
            .filter(|change| change.callers[0]["id"] == caller["id"]);
        let of_stream: Vec<i64> = of_stream.map(|change| change.version).collect();
        let versions: Vec<i64> = versions.filter_map(Value::as_i64).collect();
        // Texts go on arriving meanwhile: what is told later may have more.
        assert!(
            versions.starts_with(&of_stream),
            "{versions:?} of {of_stream:?}"
        );
        assert!(
            i64::try_from(of_stream.len()).ok() >= caller["version"].as_i64(),
            "every change of a caller is a change of the waiting area"
        );
    }
}

#[tokio::test]
async fn what_was_reported_before_a_restart_is_not_undone_by_a_late_report_after_it() {
    let mut server = Server::start().await;
    let caller = Caller::arrive_verified(&server, 1).await;
    assert_eq!(
        caller.report("phone", 5, "BACKGROUND").await["status"],
        "OFFLINE"
    );
    server.kill();
    server.start_again().await;
    for late in [1, 4, 5] {
        assert_eq!(
            caller.report("phone", late, "FOREGROUND").await["status"],
            "OFFLINE"
        );
    }
    assert_eq!(
        caller.report("phone", 6, "FOREGROUND").await["status"],
        "WAITING"
    );
}

#[tokio::test]
async fn a_text_that_was_committed_is_sent_once_however_often_the_server_dies() {
    let mut server = Server::start().await;
    let key = server.add_key("demo", Role::TeamMember);
    let staff = Staff::new(server.bearer(&key)).await;
    let callers = join_all((0..6).map(|number| Caller::arrive_offline(&server, number))).await;
    for caller in &callers {
        // Right after the answer: the text is being handed over, or is not yet.
        staff.attended("recallCaller", &caller.id).await;
        server.kill();
        server.start_again().await;
    }
    server.until_texts_are_settled(CLAIM_AND_MORE).await;
    assert!(staff.waiting_area().await.1.iter().all(is_sent));
    for caller in &callers {
        let messages = server.phone(&caller.number).messages().await;
        assert_eq!(messages.len(), 2, "the code and one recall");
        assert!(messages[1].caller_token().is_some());
    }
}

#[tokio::test]
async fn a_server_that_is_asked_to_stop_and_started_again_turns_nobody_offline() {
    let mut server = Server::start().await;
    let key = server.add_key("demo", Role::TeamMember);
    let staff = Staff::new(server.bearer(&key)).await;
    let caller = Caller::arrive_verified(&server, 1).await;
    let mut socket = caller.socket().await;
    let (said, in_order) = tokio::join!(socket.next_said(), server.stop());
    assert!(
        matches!(said, ServerMessage::Closed { code: 1001, .. }),
        "{said:?}"
    );
    assert!(in_order);
    server.start_again().await;
    let mut socket = caller.socket().await;
    caller.look().await;
    assert_eq!(staff.caller(&caller.id).await["status"], "WAITING");
    let story = staff.story(&caller.id).await;
    assert_eq!(story, ["ARRIVED", "CODE_SENT", "PHONE_VERIFIED"]);
    socket.send(json!({ "type": "ping" })).await;
    until("the socket answers", async || {
        matches!(socket.next().await, ServerMessage::Pong).then_some(())
    })
    .await;
}
