use reqwest::Client;
use serde::Deserialize;

use crate::until;

/// One message on the dev phone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct TextMessage {
    /// The number it went to, E.164.
    pub to: String,
    /// All of its text.
    pub body: String,
    /// When it was sent, RFC 3339.
    pub at: String,
}

impl TextMessage {
    /// The code that a browser would fill in: of the last line, `@host #123456`.
    pub fn code(&self) -> Option<&str> {
        let (host, code) = self.body.lines().next_back()?.split_once(" #")?;
        let is_code = code.len() == 6 && code.bytes().all(|digit| digit.is_ascii_digit());
        (host.starts_with('@') && is_code).then_some(code)
    }

    /// What follows `#` in the wait-screen link, if the message has one.
    pub fn caller_token(&self) -> Option<&str> {
        self.body
            .split_whitespace()
            .find_map(|word| Some(word.split_once("/w#")?.1))
    }
}

/// What the server would have sent to one number.
pub struct DevPhone {
    origin: String,
    number: String,
}

impl DevPhone {
    pub(crate) fn new(origin: String, number: String) -> Self {
        Self { origin, number }
    }

    /// Every message, oldest first.
    pub async fn messages(&self) -> Vec<TextMessage> {
        let messages = self.try_messages().await;
        messages.expect("the dev phone answers with messages")
    }

    /// The same of a server that may be killed meanwhile: none when no whole answer comes back.
    pub async fn try_messages(&self) -> Option<Vec<TextMessage>> {
        let answer = Client::new()
            .get(format!("{}/dev/phone/messages", self.origin))
            .query(&[("to", &self.number)])
            .send()
            .await
            .ok()?;
        let status = answer.status();
        assert!(status.is_success(), "the dev phone answers {status}");
        answer.json().await.ok()
    }

    /// The `count`-th message (1 is the oldest), once it is there.
    pub async fn message(&self, count: usize) -> TextMessage {
        let sentence = format!("message {count} arrives on the dev phone");
        until(&sentence, async || {
            self.messages().await.into_iter().nth(count - 1)
        })
        .await
    }
}
