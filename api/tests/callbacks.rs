//! What Twilio tells of texts: only what it has signed is heard, and in whatever order it comes a
//! text ends as what became of it.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "what a test expects and does not find is its failure; a random test says its seed"
)]

#[path = "callbacks/mutations.rs"]
mod mutations;
#[path = "support/random.rs"]
mod random;
mod support;

use async_trait::async_trait;
use axum::Router;
use serde_json::{Value as Json, json};
use standby::adapters::twilio::answers::progress_of;
use standby::app::App;
use standby::app::outbox::Looked;
use standby::app::replies::Inbound;
use standby::domain::id::TextId;
use standby::domain::policy::Role;
use standby::http::twilio::signature::AuthToken;
use standby::http::twilio::{
    InboundText, NotHeard, ProviderNews, RefusedSignatures, TextNews, TwilioWebhooks, router,
    status_path,
};
use standby::ports::texter::{Found, HandedOver, OutgoingText, Taken, Texter};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use support::{Arrived, Stage};
use tokio::task::JoinHandle;

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const PUBLIC_URL: &str = "https://standby.example";
const MESSAGE: &str = "SM0123456789abcdef0123456789abcdef";

/// The application as Twilio tells it what happens.
#[derive(Clone)]
struct News(Arc<App>);

impl ProviderNews for News {
    async fn hear_of_text(&self, news: TextNews) -> Result<(), NotHeard> {
        let (Some(id), Some(progress)) = (
            TextId::parse(&news.text),
            progress_of(&news.status, news.error_code.map(i64::from)),
        ) else {
            return Ok(());
        };
        let provider_id = news.provider_id;
        let taken = Taken {
            provider_id,
            progress,
        };
        self.0.hear_of_text(&id, taken).await.map_err(|_| NotHeard)
    }

    async fn hear_inbound(&self, text: InboundText) -> Result<(), NotHeard> {
        let inbound = Inbound {
            provider_id: text.provider_id,
            from: text.from,
            body: text.body,
            opt_out: None,
        };
        self.0.hear_inbound(&inbound).await.map_err(|_| NotHeard)
    }
}

/// A server on a port of its own, stopped when dropped.
struct Server {
    address: SocketAddr,
    client: reqwest::Client,
    running: JoinHandle<()>,
}

impl Server {
    async fn start(router: Router) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let running = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            address,
            client: reqwest::Client::new(),
            running,
        }
    }

    async fn of(app: &Arc<App>) -> Self {
        let webhooks = TwilioWebhooks {
            auth_token: AuthToken::new(TOKEN).unwrap(),
            public_url: PUBLIC_URL.to_owned(),
            refused: RefusedSignatures::default(),
        };
        Self::start(router(News(Arc::clone(app)), webhooks)).await
    }

    async fn post(&self, path: &str, parameters: &[(String, String)], signature: &str) -> u16 {
        let asking = self.client.post(format!("http://{}{path}", self.address));
        let asking = asking
            .header("x-twilio-signature", signature)
            .form(parameters);
        asking.send().await.unwrap().status().as_u16()
    }

    /// Tells what Twilio tells, signed as Twilio signs.
    async fn tell(&self, path: &str, given: &[(&str, &str)]) -> u16 {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let parameters: Vec<_> = given.iter().map(owned).collect();
        let token = AuthToken::new(TOKEN).unwrap();
        let signature = token.sign(&format!("{PUBLIC_URL}{path}"), &parameters);
        self.post(path, &parameters, &signature).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.running.abort();
    }
}

/// Takes every text and remembers which.
#[derive(Default)]
struct Taking(Mutex<Vec<TextId>>);

fn taken() -> Taken {
    Taken {
        provider_id: MESSAGE.to_owned(),
        progress: progress_of("queued", None).unwrap(),
    }
}

#[async_trait]
impl Texter for Taking {
    async fn hand_over(&self, text: &OutgoingText) -> HandedOver {
        self.0.lock().unwrap().push(text.id.clone());
        HandedOver::Taken(taken())
    }

    async fn find(&self, _: &OutgoingText) -> Found {
        Found::NotTaken
    }
}

/// What is told of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Told {
    /// By a callback.
    Callback(&'static str, Option<&'static str>),
    /// By the answer to the request that handed it over.
    Answered,
}
use Told::{Answered, Callback};

const QUEUED: Told = Callback("queued", None);
const SENDING: Told = Callback("sending", None);
const SENT: Told = Callback("sent", None);
const DELIVERED: Told = Callback("delivered", None);
const UNDELIVERED: Told = Callback("undelivered", Some("30003"));
const FAILED: Told = Callback("failed", Some("30006"));

/// A recall whose text is being handed over, again and again.
struct Scene {
    stage: Stage,
    server: Server,
    staff: String,
    caller: Arrived,
    text: TextId,
}

impl Scene {
    async fn new() -> Self {
        let stage = Stage::new();
        let clinic = stage.clinic("north").await;
        let staff = stage.key(&clinic, Role::TeamMember).await;
        let caller = stage.enter("north", "Ana", Some("0491570006")).await;
        stage.verify(&caller, "+61491570006").await;
        stage.report(&caller, 1, "BACKGROUND").await;
        let input = json!({ "callerId": caller.id });
        let recalled = stage.command(Some(&staff), "recallCaller", input).await;
        assert_eq!(recalled["userErrors"], json!([]));
        let texter = Taking::default();
        let looked = stage.app.send_next_text(&texter).await.unwrap();
        assert_eq!(looked, Looked::AtOne);
        let text = texter.0.lock().unwrap().pop().unwrap();
        let server = Server::of(&stage.app).await;
        Self {
            stage,
            server,
            staff,
            caller,
            text,
        }
    }

    /// Puts the text back to where it is being handed over and nothing was heard of it.
    fn begin_again(&self) {
        self.stage.spoil(&format!(
            "UPDATE text SET state = 'SENDING', failure = NULL, body = 'words', provider_id = NULL, \
             claimed_until = 9000000000000 WHERE id = '{}'; \
             UPDATE recall SET delivery = 'QUEUED', delivery_failure = NULL",
            self.text
        ));
    }

    async fn tell(&self, told: Told) {
        match told {
            Answered => self
                .stage
                .app
                .hear_of_text(&self.text, taken())
                .await
                .unwrap(),
            Callback(status, code) => {
                let mut given = vec![("MessageSid", MESSAGE), ("MessageStatus", status)];
                given.extend(code.map(|code| ("ErrorCode", code)));
                let path = status_path(self.text.as_str());
                assert_eq!(self.server.tell(&path, &given).await, 204);
            }
        }
    }

    async fn shown(&self) -> (String, Option<String>) {
        let query = "query ($id: ID!) { node(id: $id) { ...on Caller { recall { sms { state \
                     failure } } } } }";
        let id = json!({ "id": self.caller.id });
        let mut answer = self.stage.ask(Some(&self.staff), query, id).await;
        let sms: Json = answer["data"]["node"]["recall"]["sms"].take();
        let text = |name: &str| sms[name].as_str().map(str::to_owned);
        (text("state").unwrap(), text("failure"))
    }
}

/// What all that was told amounts to: what the phone has nobody takes back, and what failed was not
/// only sent.
fn amounts_to(told: &[Told]) -> (String, Option<String>) {
    let shown = |state: &str, failure: Option<&str>| (state.to_owned(), failure.map(str::to_owned));
    if told.contains(&DELIVERED) {
        shown("DELIVERED", None)
    } else if told.contains(&UNDELIVERED) {
        shown("FAILED", Some("UNREACHABLE"))
    } else if told.contains(&FAILED) {
        shown("FAILED", Some("LANDLINE"))
    } else {
        shown("SENT", None)
    }
}

/// Every order of these, each once.
fn orders(of: &[Told]) -> Vec<Vec<Told>> {
    let mut sorted = of.to_vec();
    sorted.sort_unstable();
    let mut all = Vec::new();
    order_on(&mut Vec::new(), &sorted, &mut all);
    all
}

fn order_on(begun: &mut Vec<Told>, left: &[Told], all: &mut Vec<Vec<Told>>) {
    if left.is_empty() {
        all.push(begun.clone());
    }
    for (place, next) in left.iter().enumerate() {
        // Of two alike, which comes first is no other order.
        if place > 0 && left[place - 1] == *next {
            continue;
        }
        let mut rest = left.to_vec();
        rest.remove(place);
        begun.push(*next);
        order_on(begun, &rest, all);
        begun.pop();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_every_order_the_callbacks_of_a_text_end_at_what_became_of_it() {
    let scene = Scene::new().await;
    let mut told = vec![
        vec![Answered, QUEUED, SENDING, SENT, DELIVERED],
        vec![Answered, QUEUED, SENDING, SENT, UNDELIVERED],
        vec![Answered, QUEUED, FAILED],
        vec![Answered, SENT, UNDELIVERED, DELIVERED],
        vec![Answered, QUEUED, SENT],
    ];
    // Each of them told twice.
    for end in [DELIVERED, UNDELIVERED] {
        for doubled in [QUEUED, SENDING, SENT, end] {
            told.push(vec![QUEUED, SENDING, SENT, end, doubled]);
        }
    }
    told.push(vec![SENT, SENT, DELIVERED, DELIVERED]);
    told.push(vec![QUEUED, QUEUED, FAILED, FAILED]);
    let (mut tried, mut callbacks) = (0, 0);
    for told in told {
        for order in orders(&told) {
            scene.begin_again();
            for told in &order {
                scene.tell(*told).await;
            }
            assert_eq!(scene.shown().await, amounts_to(&order), "{order:?}");
            tried += 1;
            callbacks += order.len();
        }
    }
    println!("{tried} orders, {callbacks} pieces of news");
    assert_eq!(tried, 120 + 120 + 6 + 24 + 6 + 8 * 60 + 6 + 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_changes_nothing_it_does_not_name() {
    let scene = Scene::new().await;
    let before = scene.shown().await;
    let given = [("MessageSid", MESSAGE), ("MessageStatus", "delivered")];
    let nobodys = TextId::new([9; 16]);
    for text in [
        nobodys.as_str(),
        "text_1",
        "%ff",
        "%F0%9F%91%8D",
        "..%2F..",
        scene.caller.id.as_str(),
    ] {
        // There is nothing that would be known the next time.
        assert_eq!(
            scene.server.tell(&status_path(text), &given).await,
            204,
            "{text}"
        );
    }
    for status in ["received", "receiving", "partially_delivered", "a_new_word"] {
        scene.tell(Callback(status, None)).await;
    }
    assert_eq!(scene.shown().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_reaches_staff_through_the_door() {
    let scene = Scene::new().await;
    let given = [
        ("Body", "2"),
        ("From", "+61491570006"),
        ("MessageSid", MESSAGE),
    ];
    assert_eq!(scene.server.tell("/twilio/inbound", &given).await, 200);
    let query =
        "query ($id: ID!) { node(id: $id) { ...on Caller { recall { reply { answer } } } } }";
    let id = json!({ "id": scene.caller.id });
    let answer = scene.stage.ask(Some(&scene.staff), query, id).await;
    assert_eq!(answer["data"]["node"]["recall"]["reply"]["answer"], "LATER");
}
