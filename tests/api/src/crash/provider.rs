//! Where texts go to, with the faults that are drawn for it, and what it has got.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::TextsGoTo;
use crate::{Chance, FakeTwilio, TwilioCallback, TwilioRequest, until_within, wall_clock};

/// The longest that the list of messages lags behind. Milliseconds.
pub(super) const LONGEST_LAG: u64 = 3000;
/// The longest that news of a message are held back, and tried again. Milliseconds.
const NEWS_WITHIN: u64 = 1500;
const NEWS_AGAIN_FOR: u64 = 2000;
/// What a number is refused with: not a mobile number.
const NOT_A_MOBILE: u32 = 21614;
/// What may befall a message, some more often than others. Those that hang cost a life of the server's
/// and are rare; those that are late or slow make it likely that the server dies meanwhile.
const FAULTS: [&str; 16] = [
    "late",
    "late",
    "late",
    "slow",
    "slow",
    "slow",
    "accept-then-reset",
    "accept-then-reset",
    "reset",
    "429",
    "500",
    "accept-then-500",
    "accept-then-503",
    "accept-then-garbage",
    "accept-then-half",
    "accept-then-hang",
];

/// Where texts go to.
pub(super) enum Provider {
    Twilio(Box<FakeTwilio>),
    DevPhone { messages: PathBuf },
}

/// What a text is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Code,
    Recall,
    Cancellation,
}

impl Purpose {
    /// By its words: a recall has a link, a code stands in the last line.
    pub(super) fn of(body: &str) -> Self {
        if token_in(body).is_some() {
            Self::Recall
        } else if code_in(body).is_some() {
            Self::Code
        } else {
            Self::Cancellation
        }
    }
}

/// What the server can know of a text once its request has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// That it was taken.
    Taken,
    /// That it was not, and never will be.
    Refused,
    /// That it was not (429), and may be tried again.
    TurnedAway,
    /// Nothing.
    InDoubt,
}

impl End {
    pub(super) fn of(request: &TwilioRequest) -> Self {
        let Some(answered) = &request.answered else {
            return Self::InDoubt;
        };
        match (answered.how.as_str(), answered.status) {
            ("answered", Some(200..=299)) => Self::Taken,
            ("answered", Some(429)) => Self::TurnedAway,
            // The status is enough, also where the rest of the answer is cut off.
            ("answered" | "half", Some(400..=499)) => Self::Refused,
            _ => Self::InDoubt,
        }
    }
}

/// A message that a phone got.
pub(super) struct Got {
    pub(super) body: String,
    /// When it was taken, milliseconds since 1970; 0 where nobody says.
    pub(super) at: i64,
    /// As Twilio names it.
    pub(super) status: String,
    /// What news of it the server has taken in.
    pub(super) told: BTreeSet<String>,
}

impl Got {
    pub(super) fn is(&self, purpose: Purpose) -> bool {
        Purpose::of(&self.body) == purpose
    }
}

/// All that is known of one number.
#[derive(Default)]
pub(super) struct Line {
    pub(super) got: Vec<Got>,
    /// What the server asked about it.
    pub(super) requests: Vec<TwilioRequest>,
}

impl Line {
    /// How often a phone got a text of this purpose.
    pub(super) fn taken(&self, purpose: Purpose) -> usize {
        self.got.iter().filter(|got| got.is(purpose)).count()
    }

    /// The requests to send a text of this purpose.
    pub(super) fn asked(&self, purpose: Purpose) -> impl Iterator<Item = &TwilioRequest> {
        self.requests.iter().filter(move |request| {
            let body = request.params.get("Body").map(String::as_str);
            request.api == "messages" && Purpose::of(body.unwrap_or_default()) == purpose
        })
    }

    /// How many of them ended so.
    pub(super) fn ended(&self, purpose: Purpose, end: End) -> usize {
        let ended = self.asked(purpose).map(End::of);
        ended.filter(|how| *how == end).count()
    }

    /// Requests to send a text again, though it was not certain that it had not been taken: one may end in
    /// anything but a 429, and no other may follow it.
    pub(super) fn asked_again_blindly(&self, purpose: Purpose) -> usize {
        let ends: Vec<End> = self.asked(purpose).map(End::of).collect();
        let first = ends.iter().position(|end| *end != End::TurnedAway);
        first.map_or(0, |first| ends.len() - first - 1)
    }

    /// Of each text whose handing over was cut off by the server's end, whether it was taken.
    pub(super) fn cut_off(&self, purpose: Purpose) -> impl Iterator<Item = bool> {
        let cut_off = self.asked(purpose).filter(|request| {
            let answered = request.answered.as_ref();
            answered.is_none_or(|end| end.how == "gone")
        });
        cut_off.map(|request| request.sid.is_some())
    }

    /// The codes in its texts.
    pub(super) fn codes(&self) -> impl Iterator<Item = &str> {
        self.got.iter().filter_map(|got| code_in(&got.body))
    }

    /// The tokens of the links in its texts.
    pub(super) fn tokens(&self) -> impl Iterator<Item = &str> {
        self.got.iter().filter_map(|got| token_in(&got.body))
    }
}

#[derive(Deserialize)]
struct Kept {
    to: String,
    body: String,
}

impl Provider {
    pub(super) async fn begin(texts: TextsGoTo, data: &Path) -> Self {
        match texts {
            TextsGoTo::FakeTwilio => Self::Twilio(Box::new(FakeTwilio::start().await)),
            TextsGoTo::UncheckedFakeTwilio => Self::Twilio(Box::new(FakeTwilio::unchecked().await)),
            TextsGoTo::DevPhone => Self::DevPhone {
                messages: data.join("dev-phone.jsonl"),
            },
        }
    }

    /// The environment of a server that sends texts there.
    pub(super) fn settings(&self) -> Vec<(String, String)> {
        let Self::Twilio(fake) = self else {
            return Vec::new();
        };
        let settings = fake.settings().into_iter();
        settings
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    /// Whether it can fail, and lets the server wait for its news.
    pub(super) fn is_far(&self) -> bool {
        matches!(self, Self::Twilio(_))
    }

    /// Draws what goes wrong during the next life.
    pub(super) async fn disturb(&self, chance: &mut Chance) {
        let Self::Twilio(fake) = self else { return };
        fake.end_faults().await;
        let lag = [0, 0, 300, 1500, LONGEST_LAG][pick(chance, 5)];
        let again = [0, NEWS_AGAIN_FOR][pick(chance, 2)];
        fake.set(json!({ "listLagMs": lag, "callbackRetryForMs": again }))
            .await;
        let seed = |chance: &mut Chance| chance.below(1 << 32);
        let mut last = json!({ "status": "delivered", "afterMs": 40 });
        if chance.below(8) == 0 {
            last = json!({ "status": "undelivered", "errorCode": 30003, "afterMs": 40 });
        }
        let mut plan = json!({ "steps": [{ "status": "sent", "afterMs": 20 }, last] });
        if chance.below(3) > 0 {
            let within = 20 + chance.below(NEWS_WITHIN - 20);
            plan["chance"] =
                json!({ "seed": seed(chance), "withinMs": within, "doubled": 0.3, "lost": 0.2 });
            plan["oneByOne"] = json!(chance.below(2) == 0);
        }
        fake.plan(plan).await;
        let mut rules = Vec::new();
        if chance.below(4) > 0 {
            let faults: Vec<&str> = (0..4).map(|_| FAULTS[pick(chance, FAULTS.len())]).collect();
            #[allow(clippy::cast_precision_loss, reason = "below a hundred")]
            let probability = (15 + chance.below(60)) as f64 / 100.0;
            rules.push(json!({
                "api": "messages", "faults": faults, "probability": probability,
                "seed": seed(chance), "milliseconds": 50 + chance.below(900),
            }));
        }
        if chance.below(3) == 0 {
            rules.push(json!({
                "api": "list", "faults": ["reset", "500", "429", "slow"], "probability": 0.3,
                "seed": seed(chance), "milliseconds": 300,
            }));
        }
        if !rules.is_empty() {
            fake.fault(json!(rules)).await;
        }
    }

    /// From now on nothing goes wrong.
    pub(super) async fn calm(&self) {
        let Self::Twilio(fake) = self else { return };
        fake.end_faults().await;
        fake.set(json!({ "listLagMs": 0, "callbackRetryForMs": 0 }))
            .await;
        let steps =
            json!([{ "status": "sent", "afterMs": 20 }, { "status": "delivered", "afterMs": 40 }]);
        fake.plan(json!({ "steps": steps })).await;
    }

    /// From now on this number takes no texts.
    pub(super) async fn refuse(&self, number: &str) {
        if let Self::Twilio(fake) = self {
            fake.refuse("messages", number, NOT_A_MOBILE).await;
        }
    }

    /// Waits until no news are on their way, of messages that were all taken before.
    pub(super) async fn until_told(&self) {
        let Self::Twilio(fake) = self else { return };
        let longest = i64::try_from(NEWS_WITHIN + NEWS_AGAIN_FOR).expect("some seconds");
        until_within(
            Duration::from_mins(1),
            "all news have been told",
            async || {
                let latest = fake.messages().await.iter().map(|message| message.at).max();
                let is_waiting =
                    |told: &TwilioCallback| told.answered.is_none() && told.error.is_none();
                let is_quiet = !fake.callbacks().await.iter().any(is_waiting);
                (is_quiet && latest.unwrap_or(0) + longest < wall_clock()).then_some(())
            },
        )
        .await;
    }

    /// The codes that it has got, by number.
    pub(super) async fn codes(&self) -> BTreeMap<String, String> {
        let messages: Vec<(String, String)> = match self {
            Self::DevPhone { messages } => kept_in(messages)
                .into_iter()
                .map(|kept| (kept.to, kept.body))
                .collect(),
            Self::Twilio(fake) => {
                let messages = fake.messages().await.into_iter();
                messages.map(|message| (message.to, message.body)).collect()
            }
        };
        let messages = messages.into_iter();
        messages
            .filter_map(|(to, body)| Some((to, code_in(&body)?.to_owned())))
            .collect()
    }

    /// All that it has got and was asked, by number.
    pub(super) async fn lines(&self) -> BTreeMap<String, Line> {
        let mut lines: BTreeMap<String, Line> = BTreeMap::new();
        match self {
            Self::DevPhone { messages } => {
                for Kept { to, body } in kept_in(messages) {
                    lines.entry(to).or_default().got.push(Got {
                        body,
                        at: 0,
                        status: "delivered".to_owned(),
                        told: BTreeSet::from(["delivered".to_owned()]),
                    });
                }
            }
            Self::Twilio(fake) => {
                let mut told: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
                for news in fake.callbacks().await {
                    if news
                        .answered
                        .is_some_and(|status| (200..300).contains(&status))
                    {
                        told.entry(news.sid).or_default().insert(news.status);
                    }
                }
                for message in fake.messages().await {
                    lines.entry(message.to).or_default().got.push(Got {
                        body: message.body,
                        at: message.at,
                        status: message.status,
                        told: told.remove(&message.sid).unwrap_or_default(),
                    });
                }
                for request in fake.requests().await {
                    if let Some(to) = request.to.clone() {
                        lines.entry(to).or_default().requests.push(request);
                    }
                }
            }
        }
        lines
    }

    /// What Twilio's description has against all that has passed; none where nobody has looked.
    pub(super) async fn violations(&self) -> Vec<String> {
        let Self::Twilio(fake) = self else {
            return Vec::new();
        };
        let violations = fake.violations().await.into_iter();
        violations
            .map(|violation| format!("not as Twilio has it: {violation:?}"))
            .collect()
    }
}

/// The messages in the dev phone's file. A line that a crash cut short is nobody's message.
fn kept_in(messages: &Path) -> Vec<Kept> {
    let kept = std::fs::read_to_string(messages).unwrap_or_default();
    kept.lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

/// The secure code that a browser would fill in: of the last line, `@host #123456`.
fn code_in(body: &str) -> Option<&str> {
    let (host, code) = body.lines().next_back()?.split_once(" #")?;
    let is_code = code.len() == 6 && code.bytes().all(|digit| digit.is_ascii_digit());
    (host.starts_with('@') && is_code).then_some(code)
}

/// The token of the link that a recall holds.
fn token_in(body: &str) -> Option<&str> {
    let (_, after) = body.split_once("/w#")?;
    after.split_whitespace().next()
}

/// A place in a list of so many.
fn pick(chance: &mut Chance, count: usize) -> usize {
    let drawn = chance.below(u64::try_from(count).expect("a short list"));
    usize::try_from(drawn).expect("below the count")
}
