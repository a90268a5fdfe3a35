//! Real texts, through Twilio: its Messages for our words, its Verify for codes that it makes itself, its
//! Lookup for numbers that take no texts.
//!
//! What is asked is built with twilio-rs and travels over a transport of ours: [`transport`] says why.

pub mod answers;
mod lines;
mod messages;
pub mod settings;
mod transport;
mod verify;

use crate::domain::delivery::{Progress, SmsFailure};
use crate::domain::id::TextId;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::secret::{SecureCode, never_printed};
use crate::domain::text::{TextPurpose, Words};
use crate::ports::code_checker::{Checked, CodeChecker};
use crate::ports::texter::{Found, HandedOver, OutgoingText, Texter};
use async_trait::async_trait;
use lines::{Line, RememberedLines};
use settings::TwilioSettings;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use transport::{Problem, Transport};

pub use transport::NotReady;

/// Twilio, asked with one account's credentials.
pub struct Twilio {
    settings: TwilioSettings,
    transport: Transport,
    lines: Mutex<RememberedLines>,
    /// Whether the operator has been told that Twilio turns this server itself away.
    is_turned_away: AtomicBool,
}
never_printed!(Twilio, "Twilio(…)");

/// A number as Twilio's addresses and forms may hold it: `+` and 8 to 15 digits (ITU-T E.164, with the
/// shortest numbers in use). Nothing else gets into a request.
#[derive(Clone, PartialEq, Eq, Hash)]
struct E164(String);
never_printed!(E164, "E164(…)");

impl E164 {
    fn of(number: &PhoneNumber) -> Option<Self> {
        Self::parse(number.reveal())
    }

    fn parse(given: &str) -> Option<Self> {
        let digits = given.strip_prefix('+')?;
        let is_number =
            (8..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| Self(given.to_owned()))
    }

    /// For a form or a query, where it is encoded.
    fn as_str(&self) -> &str {
        &self.0
    }

    /// For a path.
    fn in_path(&self) -> String {
        self.0.replace('+', "%2B")
    }
}

impl Twilio {
    /// Makes everything ready; asks Twilio nothing.
    ///
    /// # Errors
    /// When this machine cannot make the connections that will be needed.
    pub fn new(settings: TwilioSettings) -> Result<Self, NotReady> {
        Ok(Self {
            transport: Transport::new(&settings)?,
            settings,
            lines: Mutex::default(),
            is_turned_away: AtomicBool::new(false),
        })
    }

    /// Logs what came of a request that was not answered as it should be. Neither what was sent nor what
    /// was answered is in it: numbers, codes and links are in both.
    fn note(&self, asked: &'static str, problem: Problem, text: Option<&TextId>) {
        let (status, code) = problem.answer();
        let text = text.map(tracing::field::display);
        let turns_us_away = problem.failure() == Some(SmsFailure::ProviderUnavailable);
        if turns_us_away && !self.is_turned_away.swap(true, Ordering::Relaxed) {
            tracing::error!(
                asked,
                status,
                code,
                text,
                "Twilio turns this server away, and no text can be sent: look at the TWILIO_ settings \
                 and at the account"
            );
        } else {
            tracing::warn!(asked, status, code, text, "Twilio: {problem}");
        }
    }

    /// What Lookup says about a number that a code is to go to. Whatever goes wrong with asking, the code
    /// is sent: somebody who is waiting must not wait for this.
    async fn line_of(&self, number: &E164, text: &OutgoingText) -> Line {
        if text.purpose != TextPurpose::Code || !self.settings.looks_up {
            return Line::MayTakeTexts;
        }
        let lines = || {
            self.lines
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
        };
        if let Some(line) = lines().recall(number, text.committed_at) {
            return line;
        }
        match lines::look_up(&self.transport, &self.settings, number).await {
            Ok(line) => {
                lines().remember(number, line, text.committed_at);
                line
            }
            Err(problem) => {
                self.note("the type of a line", problem, Some(&text.id));
                Line::MayTakeTexts
            }
        }
    }
}

#[async_trait]
impl Texter for Twilio {
    async fn hand_over(&self, text: &OutgoingText) -> HandedOver {
        let Some(number) = E164::of(&text.to) else {
            return HandedOver::Refused(SmsFailure::InvalidNumber);
        };
        match self.line_of(&number, text).await {
            Line::Landline => return HandedOver::Refused(SmsFailure::Landline),
            Line::NoSuchNumber => return HandedOver::Refused(SmsFailure::InvalidNumber),
            Line::MayTakeTexts => {}
        }
        let (asked, taken) = match &text.words {
            Words::Ours(body) => (
                "to send a message",
                messages::create(&self.transport, &self.settings, text, &number, body).await,
            ),
            Words::Providers => (
                "to send a code of its own",
                verify::create(&self.transport, &self.settings, &number).await,
            ),
        };
        match taken {
            Ok(taken) => {
                // Told again, should it turn us away again.
                self.is_turned_away.store(false, Ordering::Relaxed);
                HandedOver::Taken(taken)
            }
            Err(problem) => {
                self.note(asked, problem, Some(&text.id));
                problem.handed_over()
            }
        }
    }

    async fn find(&self, text: &OutgoingText) -> Found {
        let Some(number) = E164::of(&text.to) else {
            return Found::NotSeen;
        };
        let looking = async {
            match (&text.words, text.purpose) {
                (Words::Ours(body), TextPurpose::Code | TextPurpose::Recall) => {
                    messages::find(&self.transport, &self.settings, text, &number, body).await
                }
                // The same words for everybody: one that is found may be another's.
                (Words::Ours(_), TextPurpose::Cancelled) => Ok(None),
                (Words::Providers, _) => {
                    verify::find(&self.transport, &self.settings, text, &number).await
                }
            }
        };
        let within = self.settings.connecting.looked_for_within;
        let found = tokio::time::timeout(within, looking)
            .await
            .unwrap_or(Err(Problem::TimedOut));
        match found {
            Ok(Some(taken)) => Found::Taken(taken),
            // Never that it was not taken: what Twilio lists lags behind what it has taken.
            Ok(None) => Found::NotSeen,
            Err(problem) => {
                self.note("for a text in doubt", problem, Some(&text.id));
                Found::NotSeen
            }
        }
    }

    async fn news_of(&self, provider_id: &str) -> Option<Progress> {
        if !messages::is_message(provider_id) {
            return None;
        }
        messages::fetch(&self.transport, &self.settings, provider_id)
            .await
            .unwrap_or_else(|problem| {
                // What is wrong with one message, one that Twilio has no more, says nothing of the account.
                let (status, code) = problem.answer();
                tracing::warn!(
                    status,
                    code,
                    "Twilio does not say how far a message is: {problem}"
                );
                None
            })
    }
}

#[async_trait]
impl CodeChecker for Twilio {
    async fn check(&self, number: &PhoneNumber, code: &SecureCode) -> Checked {
        let Some(number) = E164::of(number) else {
            return Checked::Wrong;
        };
        match verify::check(&self.transport, &self.settings, &number, code).await {
            Ok(checked) => checked,
            Err(problem) => {
                let checked = problem.checked();
                if matches!(checked, Checked::NotNow | Checked::NotAsked) {
                    self.note("to check a code", problem, None);
                }
                checked
            }
        }
    }
}
