use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, TryRecvError, channel},
    },
    thread,
    time::Duration,
};

use reqwest::{Client, Method};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{until, until_within};

/// Three processes read Twilio's description first, on a machine that may be busy.
const READY_WITHIN: Duration = Duration::from_mins(2);

/// How long it may take to end by itself.
const ENDS_WITHIN: Duration = Duration::from_secs(5);

/// How long an answer of its control port may take: an inbound message waits for the server's own.
const ANSWERS_WITHIN: Duration = Duration::from_secs(30);

/// What it says of itself once it is ready.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ready {
    api_url: String,
    verify_url: String,
    lookups_url: String,
    control_url: String,
    account_sid: String,
    auth_token: String,
    from: String,
    messaging_service_sid: String,
    verify_service_sid: String,
    checked_by_description: bool,
}

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct TwilioAnswered {
    /// `answered`, `garbage`, `half`, `hang`, `reset`; `gone` when who asked left before.
    pub how: String,
    /// The HTTP status; none where there was no answer.
    pub status: Option<u16>,
    /// From the request to its end.
    pub milliseconds: u64,
}

/// A message that was taken: one that a real phone would have got.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TwilioMessage {
    /// Counted from 1, in the order of taking.
    pub number: u64,
    /// Twilio's identifier: `SM` and 32 hexadecimal digits.
    pub sid: String,
    /// The number it goes to, E.164.
    pub to: String,
    /// All of its text.
    pub body: String,
    /// `GSM-7` or `UCS-2`.
    pub encoding: String,
    /// How many it is billed as.
    pub segments: u32,
    /// Where its news go.
    pub status_callback: Option<String>,
    /// Seconds after which it is not delivered any more.
    pub validity_period: Option<u32>,
    /// When it was taken, milliseconds since 1970.
    pub at: i64,
    /// As Twilio names it: `queued`, `sent`, `delivered` …
    pub status: String,
    /// Why it was not delivered.
    pub error_code: Option<u32>,
    /// The fault that befell its request.
    pub fault: Option<String>,
    /// How its request ended; none while it has not.
    pub answered: Option<TwilioAnswered>,
}

/// A request as it came.
#[derive(Debug, Clone, Deserialize)]
pub struct TwilioRequest {
    /// Counted from 1.
    pub number: u64,
    /// When it came, milliseconds since 1970.
    pub at: i64,
    /// `messages`, `list`, `message`, `verify`, `verification`, `update`, `check`, `lookup`; else
    /// `other`.
    pub api: String,
    /// The HTTP method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query's parameters.
    pub query: BTreeMap<String, String>,
    /// The form's parameters.
    pub params: BTreeMap<String, String>,
    /// The number that it concerns.
    pub to: Option<String>,
    /// The message or verification that it made.
    pub sid: Option<String>,
    /// The fault that befell it.
    pub fault: Option<String>,
    /// How it ended; none while it has not.
    pub answered: Option<TwilioAnswered>,
}

/// Something that was not as Twilio's description, or Twilio, has it.
#[derive(Debug, Clone, Deserialize)]
pub struct TwilioViolation {
    /// The request's number.
    pub request: Option<u64>,
    /// `request`: who asks is wrong; `response` or `fake`: the fake is.
    pub of: String,
    /// Where in it.
    pub location: String,
    /// What is wrong.
    pub words: String,
}

/// Something that was sent to the server.
#[derive(Debug, Clone, Deserialize)]
pub struct TwilioCallback {
    /// Counted from 1.
    pub number: u64,
    /// When it was due, milliseconds since 1970.
    pub at: i64,
    /// `status`, or `inbound` for a message that came in.
    pub kind: String,
    /// The message's identifier.
    pub sid: String,
    /// What it told of the message.
    pub status: String,
    /// The URL that was signed.
    pub url: String,
    /// How often it was tried.
    pub tries: u32,
    /// The HTTP status of the answer; none while there is none.
    pub answered: Option<u16>,
    /// The body of the answer.
    pub body: Option<String>,
    /// Why there was no answer, as in `ECONNREFUSED`.
    pub error: Option<String>,
    /// What the last try took.
    pub milliseconds: Option<f64>,
}

/// A stateful fake of Twilio in a process of its own, ended when this is dropped. What it can do is
/// in `tests/twilio/README.md`.
pub struct FakeTwilio {
    ready: Ready,
    control: Client,
    /// Held for its end only.
    _process: Process,
}

impl FakeTwilio {
    /// Starts one that Twilio's own description checks, where that is there; returns it once it is
    /// ready, after some seconds.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts one that nothing checks: at once, and faster. For what needs thousands of requests,
    /// where other tests have the check.
    pub async fn unchecked() -> Self {
        Self::start_with(&["--unchecked"]).await
    }

    async fn start_with(arguments: &[&str]) -> Self {
        let (process, line) = Process::start(arguments).await;
        let control = Client::builder().timeout(ANSWERS_WITHIN).build();
        Self {
            ready: serde_json::from_str(&line).expect("the fake Twilio says what it is"),
            control: control.expect("a client"),
            _process: process,
        }
    }

    /// The environment of a server that takes this for Twilio, for `Server::start_with`.
    pub fn settings(&self) -> Vec<(&str, &str)> {
        let ready = &self.ready;
        vec![
            ("TWILIO_ACCOUNT_SID", &ready.account_sid),
            ("TWILIO_AUTH_TOKEN", &ready.auth_token),
            ("TWILIO_FROM", &ready.from),
            ("TWILIO_API_URL", &ready.api_url),
            ("TWILIO_VERIFY_URL", &ready.verify_url),
            ("TWILIO_LOOKUPS_URL", &ready.lookups_url),
        ]
    }

    /// Whether Twilio's description checks what passes.
    pub fn is_checked(&self) -> bool {
        self.ready.checked_by_description
    }

    /// The account: `AC` and 32 hexadecimal digits.
    pub fn account_sid(&self) -> &str {
        &self.ready.account_sid
    }

    /// The account's token, with which everything is signed.
    pub fn auth_token(&self) -> &str {
        &self.ready.auth_token
    }

    /// The account's own number, E.164.
    pub fn from(&self) -> &str {
        &self.ready.from
    }

    /// The account's messaging service, to be used in place of the number.
    pub fn messaging_service_sid(&self) -> &str {
        &self.ready.messaging_service_sid
    }

    /// The account's Verify service.
    pub fn verify_service_sid(&self) -> &str {
        &self.ready.verify_service_sid
    }

    /// The address in place of `https://api.twilio.com`.
    pub fn api_url(&self) -> &str {
        &self.ready.api_url
    }

    /// Adds a fault, or a list of them, as in
    /// `{"api": "messages", "fault": "accept-then-hang", "count": 2}`.
    pub async fn fault(&self, rules: Value) {
        self.order("/faults", rules).await;
    }

    /// Forgets all faults, and lets go of the connections that hang.
    pub async fn end_faults(&self) {
        let _: Value = self.ask(Method::DELETE, "/faults", None).await;
    }

    /// Refuses what `api` is asked for a number, with this error code of Twilio's.
    pub async fn refuse(&self, api: &str, to: &str, code: u32) {
        let refusal = json!({ "api": api, "to": to, "code": code });
        self.order("/refusals", refusal).await;
    }

    /// Refuses nothing any more that was set to be.
    pub async fn end_refusals(&self) {
        let _: Value = self.ask(Method::DELETE, "/refusals", None).await;
    }

    /// Says how messages go on, as in `{"to": "+61…", "steps": [{"status": "undelivered",
    /// "errorCode": 30003, "afterMs": 50}]}`; without `to`, all that have no plan of their own.
    pub async fn plan(&self, plan: Value) {
        self.order("/plan", plan).await;
    }

    /// Changes settings, as in `{"listLagMs": 2000}`.
    pub async fn set(&self, change: Value) {
        self.order("/settings", change).await;
    }

    /// Has everything that is sent connect here, whatever host it is signed for, with these headers
    /// more: as a proxy that stands at the public address.
    pub async fn connect_to(&self, origin: &str, headers: &[(&str, &str)]) {
        let headers: BTreeMap<_, _> = headers.iter().copied().collect();
        self.set(json!({ "connectTo": { "origin": origin, "headers": headers } }))
            .await;
    }

    /// Says what kind of line a number is, as in `landline`.
    pub async fn line(&self, to: &str, kind: &str) {
        self.order("/lines", json!({ "to": to, "type": kind }))
            .await;
    }

    /// Forgets everything but the account: as if it had just been started.
    pub async fn reset(&self) {
        self.order("/reset", json!({})).await;
    }

    /// Every message that was taken, oldest first.
    pub async fn messages(&self) -> Vec<TwilioMessage> {
        self.get("/messages").await
    }

    /// Every message to a number, oldest first.
    pub async fn messages_to(&self, number: &str) -> Vec<TwilioMessage> {
        let mut messages = self.messages().await;
        messages.retain(|message| message.to == number);
        messages
    }

    /// The `count`-th message to a number (1 is the oldest), once it is there.
    pub async fn message_to(&self, number: &str, count: usize) -> TwilioMessage {
        until(&format!("Twilio takes message {count}"), async || {
            self.messages_to(number).await.into_iter().nth(count - 1)
        })
        .await
    }

    /// Every request as it came, oldest first.
    pub async fn requests(&self) -> Vec<TwilioRequest> {
        self.get("/requests").await
    }

    /// Everything that was sent to the server, oldest first.
    pub async fn callbacks(&self) -> Vec<TwilioCallback> {
        self.get("/callbacks").await
    }

    /// Waits until every callback that was planned has been answered, or given up.
    pub async fn until_callbacks_are_answered(&self) {
        until("no callback is on its way", async || {
            let due: Value = self.get("/due").await;
            (due["callbacks"] == 0).then_some(())
        })
        .await;
    }

    /// The code of the latest verification of a number; none when there is none.
    pub async fn verification_code(&self, number: &str) -> Option<String> {
        let verifications: Vec<Value> = self.get("/verifications").await;
        let latest = verifications
            .into_iter()
            .rfind(|verification| verification["to"] == number);
        Some(latest?["code"].as_str()?.to_owned())
    }

    /// Everything that was not as Twilio's description, or Twilio, has it.
    pub async fn violations(&self) -> Vec<TwilioViolation> {
        self.get("/violations").await
    }

    /// Everything so far was as Twilio's description, and Twilio, has it.
    pub async fn assert_no_violations(&self) {
        let violations = self.violations().await;
        assert!(
            violations.is_empty(),
            "not as Twilio has it: {violations:#?}"
        );
    }

    /// Sends news of a message to a URL, for which they are signed, whatever was sent before;
    /// returns what they were answered.
    pub async fn tell(&self, url: &str, sid: &str, status: &str) -> TwilioCallback {
        let news = json!({ "sid": sid, "status": status, "url": url });
        self.post("/callback", news).await
    }

    /// Has a message that was sent not arrive, for this reason, and tells where its news go.
    pub async fn fail(&self, sid: &str, code: u32) -> TwilioCallback {
        let news = json!({ "sid": sid, "status": "undelivered", "errorCode": code });
        self.post("/callback", news).await
    }

    /// Sends a message that came in to a webhook, and returns what it was answered. With an
    /// `opt_out` of `STOP`, the account sends nothing more to that number until `START`.
    pub async fn inbound(
        &self,
        url: &str,
        from: &str,
        body: &str,
        opt_out: Option<&str>,
    ) -> TwilioCallback {
        let mut message = json!({ "url": url, "from": from, "body": body });
        if let Some(opt_out) = opt_out {
            message["optOutType"] = json!(opt_out);
        }
        self.post("/inbound", message).await
    }

    /// The signature of a form posted to a URL, by Twilio's own library.
    pub async fn sign(&self, url: &str, params: &BTreeMap<String, String>) -> String {
        let signed: Value = self
            .post("/sign", json!({ "url": url, "params": params }))
            .await;
        let signature = signed["signature"].as_str();
        signature.expect("a signature").to_owned()
    }

    /// An order of which nothing is to be known but that it is done.
    async fn order(&self, path: &str, order: Value) {
        let _: Value = self.post(path, order).await;
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> T {
        self.ask(Method::GET, path, None).await
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, order: Value) -> T {
        self.ask(Method::POST, path, Some(order)).await
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        order: Option<Value>,
    ) -> T {
        let address = format!("{}{path}", self.ready.control_url);
        let mut request = self.control.request(method, address);
        if let Some(order) = order {
            request = request.json(&order);
        }
        let answer = request.send().await.expect("the fake Twilio answers");
        let status = answer.status();
        let text = answer.text().await.expect("a whole answer");
        assert!(status.is_success(), "{path} is refused: {text}");
        serde_json::from_str(&text).expect("an answer of its kind")
    }
}

/// The process, and what it says: a line when it is ready, and an end when it has ended.
struct Process {
    child: Child,
    said: Mutex<Receiver<String>>,
}

impl Process {
    /// Starts it, and returns it with its first line.
    async fn start(arguments: &[&str]) -> (Self, String) {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../twilio/fake-twilio.mjs");
        let mut child = Command::new("node")
            .arg(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // What it complains of belongs to the log of the tests.
            .stderr(Stdio::inherit())
            .spawn()
            .expect("node is installed, version 20 or newer");
        let (say, said) = channel();
        if let Some(stdout) = child.stdout.take() {
            thread::spawn(move || {
                for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                    let _ = say.send(line);
                }
            });
        }
        // Held already, so that it does not outlive a test that gives up waiting.
        let process = Self {
            child,
            said: Mutex::new(said),
        };
        let line = until_within(
            READY_WITHIN,
            "the fake Twilio is ready",
            async || match process.said().try_recv() {
                Ok(line) => Some(Some(line)),
                Err(TryRecvError::Empty) => None,
                Err(TryRecvError::Disconnected) => Some(None),
            },
        );
        let line = line
            .await
            .expect("the fake Twilio ended at once; are its packages there? npm ci --prefix tests");
        (process, line)
    }

    fn said(&self) -> std::sync::MutexGuard<'_, Receiver<String>> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It ends when its standard input closes, and with it those that it has started.
        drop(self.child.stdin.take());
        let ended = self.said().recv_timeout(ENDS_WITHIN);
        if ended != Err(RecvTimeoutError::Disconnected) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBER: &str = "+61491570006";

    async fn send(fake: &FakeTwilio, form: &[(&str, &str)]) -> Option<u16> {
        let address = format!(
            "{}/2010-04-01/Accounts/{}/Messages.json",
            fake.api_url(),
            fake.account_sid()
        );
        let request = Client::new()
            .post(address)
            .basic_auth(fake.account_sid(), Some(fake.auth_token()))
            .form(form);
        Some(request.send().await.ok()?.status().as_u16())
    }

    #[tokio::test]
    async fn a_message_is_taken_and_what_is_wrong_is_found() {
        let fake = FakeTwilio::start().await;
        let form = [("To", NUMBER), ("From", fake.from()), ("Body", "Come back")];
        assert_eq!(send(&fake, &form).await, Some(201));
        let message = fake.message_to(NUMBER, 1).await;
        assert_eq!((message.body.as_str(), message.segments), ("Come back", 1));
        let ended = until("its request ends", async || {
            fake.requests().await.pop()?.answered
        });
        assert_eq!(ended.await.status, Some(201));
        fake.assert_no_violations().await;

        let wrong = [("To", NUMBER), ("ValidityPeriod", "soon")];
        assert_ne!(send(&fake, &wrong).await, Some(201));
        assert_eq!(fake.violations().await.is_empty(), !fake.is_checked());
    }

    #[tokio::test]
    async fn a_message_can_be_taken_without_an_answer() {
        let fake = FakeTwilio::unchecked().await;
        fake.fault(json!({ "api": "messages", "fault": "accept-then-reset" }))
            .await;
        let form = [("To", NUMBER), ("From", fake.from()), ("Body", "Come back")];
        assert_eq!(send(&fake, &form).await, None);
        let message = fake.message_to(NUMBER, 1).await;
        assert_eq!(message.fault.as_deref(), Some("accept-then-reset"));
        fake.reset().await;
        fake.refuse("messages", NUMBER, 21614).await;
        assert_eq!(send(&fake, &form).await, Some(400));
        assert!(fake.messages().await.is_empty());
        fake.end_refusals().await;
        fake.end_faults().await;
        fake.line(NUMBER, "landline").await;
        fake.set(json!({ "listLagMs": 10 })).await;
        let signature = fake.sign("https://clinic.example/", &BTreeMap::new()).await;
        assert_eq!(signature.len(), 28, "base64 of 20 bytes");
    }
}
