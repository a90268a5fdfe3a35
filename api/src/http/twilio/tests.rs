use std::collections::VecDeque;
use std::sync::atomic::AtomicUsize;

use tokio::sync::{Notify, watch};

use super::*;
use crate::http::test_door::Server;

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const PUBLIC_URL: &str = "https://standby.example";
const MESSAGE: &str = "SM0123456789abcdef0123456789abcdef";

/// Keeps what it is told, and answers as it is told to.
#[derive(Clone, Default)]
struct Heard(Arc<Kept>);

#[derive(Default)]
struct Kept {
    texts: Mutex<Vec<TextNews>>,
    inbound: Mutex<Vec<InboundText>>,
    answers: Mutex<VecDeque<Result<(), NotHeard>>>,
    /// Where set, each is heard only once it is let.
    lets: Option<Notify>,
    begun: watch::Sender<usize>,
    ended: AtomicUsize,
}

impl Heard {
    fn slowly() -> Self {
        Self(Arc::new(Kept {
            lets: Some(Notify::new()),
            ..Kept::default()
        }))
    }

    async fn answer(&self) -> Result<(), NotHeard> {
        self.0.begun.send_modify(|begun| *begun += 1);
        if let Some(lets) = &self.0.lets {
            lets.notified().await;
        }
        self.0.ended.fetch_add(1, Ordering::SeqCst);
        let answer = self.0.answers.lock().unwrap().pop_front();
        answer.unwrap_or(Ok(()))
    }

    fn texts(&self) -> Vec<TextNews> {
        self.0.texts.lock().unwrap().clone()
    }

    fn inbound(&self) -> Vec<InboundText> {
        self.0.inbound.lock().unwrap().clone()
    }

    fn is_untouched(&self) -> bool {
        self.texts().is_empty() && self.inbound().is_empty()
    }
}

impl ProviderNews for Heard {
    async fn hear_of_text(&self, news: TextNews) -> Result<(), NotHeard> {
        self.0.texts.lock().unwrap().push(news);
        self.answer().await
    }

    async fn hear_inbound(&self, text: InboundText) -> Result<(), NotHeard> {
        self.0.inbound.lock().unwrap().push(text);
        self.answer().await
    }
}

fn token() -> AuthToken {
    AuthToken::new(TOKEN).unwrap()
}

async fn serving(heard: &Heard) -> (Server, RefusedSignatures) {
    let refused = RefusedSignatures::default();
    let webhooks = TwilioWebhooks {
        auth_token: token(),
        public_url: PUBLIC_URL.to_owned(),
        refused: refused.clone(),
    };
    (
        Server::start(router(heard.clone(), webhooks)).await,
        refused,
    )
}

fn pairs(given: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    given.iter().map(owned).collect()
}

/// A request that Twilio has signed; what it says can be changed after that.
struct Told {
    path: String,
    parameters: Vec<(String, String)>,
    signature: String,
}

fn told(path: &str, given: &[(&str, &str)]) -> Told {
    let parameters = pairs(given);
    Told {
        path: path.to_owned(),
        signature: token().sign(&format!("{PUBLIC_URL}{path}"), &parameters),
        parameters,
    }
}

fn delivered() -> Told {
    told(
        "/twilio/status/text_1",
        &[("MessageSid", MESSAGE), ("MessageStatus", "delivered")],
    )
}

fn coming() -> Told {
    told(
        INBOUND_PATH,
        &[
            ("MessageSid", MESSAGE),
            ("From", "+61491570006"),
            ("Body", "1"),
        ],
    )
}

impl Told {
    fn request(&self, server: &Server) -> reqwest::RequestBuilder {
        let asking = server.client.post(server.url(&self.path));
        asking
            .header("x-twilio-signature", &self.signature)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(encoded(&self.parameters))
    }

    async fn status(&self, server: &Server) -> u16 {
        answer(self.request(server)).await
    }
}

async fn answer(request: reqwest::RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

fn encoded(parameters: &[(String, String)]) -> String {
    let one = |text: &String| {
        let byte = |byte: u8| format!("%{byte:02X}");
        text.bytes().map(byte).collect::<String>()
    };
    let pairs = parameters
        .iter()
        .map(|(name, value)| format!("{}={}", one(name), one(value)));
    pairs.collect::<Vec<_>>().join("&")
}

#[tokio::test]
async fn news_of_a_text_is_told_in_twilios_words_with_our_name_for_the_text() {
    let heard = Heard::default();
    let (server, refused) = serving(&heard).await;
    let failed = told(
        &status_path("text_1"),
        &[
            ("ErrorCode", "30003"),
            ("MessageSid", MESSAGE),
            ("MessageStatus", "undelivered"),
            ("To", "+61491570006"),
        ],
    );
    let response = failed.request(&server).send().await.unwrap();
    assert_eq!(
        (
            response.status().as_u16(),
            response.text().await.unwrap().len()
        ),
        (204, 0)
    );
    let old_names = [("SmsSid", MESSAGE), ("SmsStatus", "sent")];
    assert_eq!(
        told("/twilio/status/text_2", &old_names)
            .status(&server)
            .await,
        204
    );
    let news = |text: &str, status: &str, error_code| TextNews {
        text: text.to_owned(),
        provider_id: MESSAGE.to_owned(),
        status: status.to_owned(),
        error_code,
    };
    let expected = [
        news("text_1", "undelivered", Some(30003)),
        news("text_2", "sent", None),
    ];
    assert_eq!(heard.texts(), expected);
    assert_eq!(refused.count(), 0);
}

#[tokio::test]
async fn a_text_to_our_sender_is_told_and_answered_with_nothing() {
    let heard = Heard::default();
    let (server, _) = serving(&heard).await;
    let response = coming().request(&server).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/xml");
    let text = response.text().await.unwrap();
    assert!(text.ends_with("<Response/>"), "{text}");
    for (word, opt_out) in [
        ("STOP", Some(OptOut::Stop)),
        ("START", Some(OptOut::Start)),
        ("HELP", Some(OptOut::Help)),
        ("stop", None),
    ] {
        let given = [
            ("MessageSid", MESSAGE),
            ("From", "+61"),
            ("OptOutType", word),
        ];
        assert_eq!(told(INBOUND_PATH, &given).status(&server).await, 200);
        assert_eq!(heard.inbound().last().unwrap().opt_out, opt_out);
    }
    assert_eq!(heard.inbound()[0].body, "1");
    assert_eq!(format!("{:?}", heard.inbound()[0]), "InboundText(…)");
}

#[tokio::test]
async fn blanks_and_letters_of_every_script_are_signed_as_they_were_meant() {
    let heard = Heard::default();
    let (server, _) = serving(&heard).await;
    let body = "größer & 早く = + % \u{1f44d}";
    let given = [
        ("Body", body),
        ("Empty", ""),
        ("From", "+61 4"),
        ("MessageSid", MESSAGE),
    ];
    let told = told(INBOUND_PATH, &given);
    assert_eq!(told.status(&server).await, 200);
    let plus = encoded(&told.parameters).replace("%20", "+");
    assert_eq!(answer(told.request(&server).body(plus)).await, 200);
    assert!(
        heard
            .inbound()
            .iter()
            .all(|text| text.body == body && text.from == "+61 4")
    );
}

#[tokio::test]
async fn without_a_right_signature_nothing_is_told_and_nothing_is_said() {
    let heard = Heard::default();
    let (server, refused) = serving(&heard).await;
    for told in [delivered(), coming()] {
        let bare = server
            .client
            .post(server.url(&told.path))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(encoded(&told.parameters));
        let twice = told
            .request(&server)
            .header("x-twilio-signature", &told.signature);
        let other = told.request(&server).header("x-twilio-signature", "AAAA");
        let mut longer = told.parameters.clone();
        longer.push(("ErrorCode".to_owned(), "30003".to_owned()));
        let longer = told.request(&server).body(encoded(&longer));
        let with_query = server.url(&format!("{}?a=1", told.path));
        let with_query = server
            .client
            .post(with_query)
            .header("x-twilio-signature", &told.signature)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(encoded(&told.parameters));
        let no_form = told.request(&server).body("A=%ff");
        for (what, request) in [
            ("no signature", bare),
            ("the signature twice", twice),
            ("another one besides", other),
            ("one parameter more", longer),
            ("another address", with_query),
            ("a body that is no form", no_form),
        ] {
            let response = request.send().await.unwrap();
            let (status, said) = (response.status(), response.text().await.unwrap());
            assert_eq!((status.as_u16(), said.as_str()), (403, ""), "{what}");
        }
    }
    assert!(heard.is_untouched());
    assert_eq!(refused.count(), 12);
}

#[tokio::test]
async fn what_anybody_says_of_the_host_changes_nothing() {
    let heard = Heard::default();
    let (server, _) = serving(&heard).await;
    let elsewhere = |request: reqwest::RequestBuilder| {
        request
            .header("host", "evil.example")
            .header("x-forwarded-host", "evil.example")
            .header("x-forwarded-proto", "http")
            .header("x-forwarded-port", "8080")
            .header("x-original-url", "/evil")
            .header("forwarded", "host=evil.example;proto=http")
    };
    // What is right stays right, and what is signed for the pretended host stays wrong.
    assert_eq!(answer(elsewhere(delivered().request(&server))).await, 204);
    let mut forged = delivered();
    for base in [
        "http://evil.example",
        "https://evil.example",
        "http://evil.example:8080",
    ] {
        forged.signature = token().sign(&format!("{base}{}", forged.path), &forged.parameters);
        assert_eq!(
            answer(elsewhere(forged.request(&server))).await,
            403,
            "{base}"
        );
    }
    assert_eq!(heard.texts().len(), 1);
}

#[tokio::test]
async fn the_query_is_part_of_what_is_signed() {
    let heard = Heard::default();
    let (server, _) = serving(&heard).await;
    let given = [("MessageSid", MESSAGE), ("MessageStatus", "sent")];
    let mut told = told("/twilio/status/text_1?a=1&b=%20", &given);
    assert_eq!(told.status(&server).await, 204);
    told.path = "/twilio/status/text_1?a=1&b=+".to_owned();
    assert_eq!(told.status(&server).await, 403);
}

#[tokio::test]
async fn only_forms_of_a_few_kilobytes_are_read() {
    let heard = Heard::default();
    let (server, _) = serving(&heard).await;
    let json = delivered()
        .request(&server)
        .header("content-type", "application/json");
    assert_eq!(answer(json).await, 415);
    let url = server.url(&delivered().path);
    let json = server
        .client
        .post(&url)
        .header("content-type", "application/json");
    assert_eq!(answer(json.body("{}")).await, 415);
    assert_eq!(server.get(&delivered().path).await.status(), 405);
    let hash = "?bodySHA256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let hashed = told(
        &format!("{INBOUND_PATH}{hash}"),
        &[("MessageSid", MESSAGE), ("From", "+61")],
    );
    assert_eq!(hashed.status(&server).await, 403);
    let given = |body: &str| {
        [
            ("Body", body.to_owned()),
            ("MessageSid", MESSAGE.to_owned()),
        ]
    };
    // Percent signs make three bytes of each.
    for (letters, expected) in [(5_000, 400), (6_000, 413), (200_000, 413)] {
        let given = given(&"a".repeat(letters));
        let given = given
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        assert_eq!(
            told(INBOUND_PATH, &given).status(&server).await,
            expected,
            "{letters}"
        );
    }
    let charset = "application/x-www-form-urlencoded; charset=UTF-8";
    let told = coming();
    let with_charset = server
        .client
        .post(server.url(&told.path))
        .header("x-twilio-signature", &told.signature)
        .header("content-type", charset)
        .body(encoded(&told.parameters));
    assert_eq!(answer(with_charset).await, 200);
}

#[tokio::test]
async fn what_is_signed_and_cannot_be_understood_is_not_told() {
    let heard = Heard::default();
    let (server, _) = serving(&heard).await;
    let status = "/twilio/status/text_1";
    for (path, given) in [
        (status, &[("MessageSid", MESSAGE)][..]),
        (status, &[("MessageStatus", "sent")]),
        (
            status,
            &[("MessageSid", MESSAGE), ("MessageStatus", "SENT")],
        ),
        (status, &[("MessageSid", MESSAGE), ("MessageStatus", "")]),
        (status, &[("MessageSid", "SM1"), ("MessageStatus", "sent")]),
        (
            status,
            &[
                ("MessageSid", MESSAGE),
                ("MessageStatus", "sent"),
                ("MessageStatus", "failed"),
            ],
        ),
        (INBOUND_PATH, &[("MessageSid", MESSAGE), ("Body", "1")]),
        (INBOUND_PATH, &[("From", "+61491570006"), ("Body", "1")]),
    ] {
        assert_eq!(told(path, given).status(&server).await, 400, "{given:?}");
    }
    assert!(heard.is_untouched());
    let given = [
        ("ErrorCode", "none"),
        ("MessageSid", MESSAGE),
        ("MessageStatus", "failed"),
    ];
    assert_eq!(told(status, &given).status(&server).await, 204);
    assert_eq!(heard.texts()[0].error_code, None);
}

/// With nothing between parameters, one that is cut shorter, with the rest as the beginning of the
/// next one's name, has the same signature.
#[tokio::test]
async fn a_parameter_that_was_cut_elsewhere_says_nothing_else() {
    // `MessageStatus` of Twilio's API description.
    let statuses = [
        "queued",
        "sending",
        "sent",
        "failed",
        "delivered",
        "undelivered",
        "receiving",
        "received",
        "accepted",
        "scheduled",
        "read",
        "partially_delivered",
        "canceled",
    ];
    for status in statuses {
        let mut others = statuses.iter().filter(|other| **other != status);
        assert!(!others.any(|other| other.starts_with(status)), "{status}");
    }
    let heard = Heard::default();
    let (server, _) = serving(&heard).await;
    let sent = told(
        "/twilio/status/text_1",
        &[
            ("ErrorCode", "30003"),
            ("MessageSid", MESSAGE),
            ("MessageStatus", "sent"),
        ],
    );
    for cut in [
        [
            ("ErrorCode", "30003"),
            ("MessageSid", &MESSAGE[..33]),
            ("fMessageStatus", "sent"),
        ],
        [
            ("ErrorCode", "30003"),
            ("MessageSid", MESSAGE),
            ("MessageStatussent", ""),
        ],
        [
            ("ErrorCode", "30003MessageSid"),
            ("SM", &MESSAGE[2..]),
            ("MessageStatus", "sent"),
        ],
    ] {
        let cut = Told {
            parameters: pairs(&cut),
            path: sent.path.clone(),
            signature: sent.signature.clone(),
        };
        let status = cut.status(&server).await;
        assert!(status == 400 || status == 403, "{status}");
    }
    assert!(heard.is_untouched());
}

#[tokio::test]
async fn it_is_answered_in_under_a_second_however_slow_the_store_is_and_brought_to_its_end() {
    let heard = Heard::slowly();
    let (server, _) = serving(&heard).await;
    let mut begun = heard.0.begun.subscribe();
    let asked = Instant::now();
    assert_eq!(delivered().status(&server).await, 503);
    let took = asked.elapsed();
    // As long as the store is held, only its time brings the answer: what comes on top is the machine's.
    const { assert!(ANSWERED_WITHIN.as_millis() < 1000) };
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert!(took >= ANSWERED_WITHIN, "{took:?}");
    begun.wait_for(|begun| *begun == 1).await.unwrap();
    assert_eq!(heard.0.ended.load(Ordering::SeqCst), 0);
    heard.0.lets.as_ref().unwrap().notify_one();
    let ended = async {
        while heard.0.ended.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), ended)
        .await
        .expect("it ends by itself");
}

/// Webhooks of which each request is heard as the test says, without the way there.
fn webhooks() -> Webhooks<Heard> {
    Webhooks {
        news: Heard::default(),
        believed: TwilioWebhooks {
            auth_token: token(),
            public_url: PUBLIC_URL.to_owned(),
            refused: RefusedSignatures::default(),
        },
        at_once: Arc::new(Semaphore::new(AT_ONCE)),
        taken_on: Arc::new(Semaphore::new(AT_ONCE + WAITING)),
    }
}

#[tokio::test]
async fn news_that_comes_while_the_store_is_busy_waits_and_is_heard() {
    let webhooks = webhooks();
    let (begun, _) = watch::channel(0);
    let store = Arc::new(Semaphore::new(0));
    let hear = || {
        let (begun, store) = (begun.clone(), Arc::clone(&store));
        webhooks.in_time(async move {
            begun.send_modify(|begun| *begun += 1);
            store.acquire().await.unwrap().forget();
            Ok(())
        })
    };
    let all = AT_ONCE + WAITING;
    let answers = futures_util::future::join_all((0..all).map(|_| hear())).await;
    assert_eq!(answers, vec![Err(NotHeard); all], "in time for Twilio");
    assert_eq!(*begun.borrow(), AT_ONCE, "no more than the store can be at");
    let asked = Instant::now();
    assert_eq!(hear().await, Err(NotHeard));
    assert!(asked.elapsed() < ANSWERED_WITHIN / 2, "one too many");
    store.add_permits(all);
    let ended = webhooks.taken_on.acquire_many(u32::try_from(all).unwrap());
    let ended = tokio::time::timeout(Duration::from_secs(10), ended).await;
    drop(ended.expect("all the others are heard").unwrap());
    assert_eq!(*begun.borrow(), all);
}

#[tokio::test]
async fn what_could_not_be_taken_in_is_to_be_told_again() {
    let heard = Heard::default();
    heard
        .0
        .answers
        .lock()
        .unwrap()
        .extend([Err(NotHeard), Err(NotHeard)]);
    let (server, _) = serving(&heard).await;
    assert_eq!(delivered().status(&server).await, 503);
    assert_eq!(coming().status(&server).await, 503);
    assert_eq!(delivered().status(&server).await, 204);
}

#[test]
fn refused_requests_are_counted_and_logged_once_a_minute() {
    let refused = RefusedSignatures::default();
    let start = Instant::now();
    let after = |seconds| refused.count_one(start + Duration::from_secs(seconds));
    assert_eq!(after(0), Some(1));
    assert_eq!((after(1), after(30), after(59)), (None, None, None));
    assert_eq!(after(60), Some(4));
    assert_eq!(after(119), None);
    assert_eq!((after(500), refused.count()), (Some(2), 7));
}
