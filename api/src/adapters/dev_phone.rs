//! The dev phone: the texter of the embedded default. Messages are kept in a file beside the
//! database and shown on `/dev/phone`; nothing leaves the machine.

use crate::adapters::data_directory;
use crate::domain::delivery::{Progress, SmsState};
use crate::domain::id::TextId;
use crate::domain::text::Words;
use crate::ports::Fault;
use crate::ports::clock::Clock;
use crate::ports::texter::{Found, HandedOver, OutgoingText, Taken, Texter};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// How many messages are kept in memory and shown; older ones stay in the file only.
const MESSAGES_SHOWN: usize = 10_000;

/// Takes every text and delivers it at once, to whatever number.
pub struct DevPhone {
    clock: Arc<dyn Clock>,
    kept: Mutex<Kept>,
}

struct Kept {
    file: File,
    messages: Vec<DevMessage>,
}

/// A message as it arrived.
#[derive(Clone, Serialize, Deserialize)]
pub struct DevMessage {
    /// The id of the text, by which one that is in doubt is found again.
    pub id: String,
    /// E.164.
    pub to: String,
    /// The words, with the code or the link in them.
    pub body: String,
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub at: i64,
}

impl DevPhone {
    /// Opens the phone whose messages are kept in `directory`.
    ///
    /// # Errors
    /// When the file cannot be opened or read.
    pub fn open(directory: &Path, clock: Arc<dyn Clock>) -> Result<Self, Fault> {
        let path = directory.join("dev-phone.jsonl");
        let mut options = OpenOptions::new();
        options.create(true).append(true).read(true);
        data_directory::only_for_the_owner(&mut options);
        let file = options
            .open(path)
            .map_err(|error| Fault::new("opening the dev phone", error))?;
        let mut messages = Vec::new();
        for line in BufReader::new(&file).lines() {
            let line = line.map_err(|error| Fault::new("reading the dev phone", error))?;
            // A line cut short by a crash was not taken: its sender finds nothing and sends it
            // again.
            messages.extend(serde_json::from_str::<DevMessage>(&line).ok());
        }
        let excess = messages.len().saturating_sub(MESSAGES_SHOWN);
        messages.drain(..excess);
        Ok(Self {
            clock,
            kept: Mutex::new(Kept { file, messages }),
        })
    }

    /// The messages to a number, or all, oldest first.
    #[must_use]
    pub fn messages(&self, to: Option<&str>) -> Vec<DevMessage> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let messages = kept.messages.iter();
        messages
            .filter(|message| to.is_none_or(|to| message.to == to))
            .cloned()
            .collect()
    }

    fn keep(&self, text: &OutgoingText) -> std::io::Result<()> {
        let Words::Ours(body) = &text.words else {
            return Err(std::io::Error::other("it makes no codes of its own"));
        };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        // Twice the same: from a worker that was held up while another looked and found nothing.
        if kept
            .messages
            .iter()
            .any(|message| message.id == text.id.as_str())
        {
            return Ok(());
        }
        let message = DevMessage {
            id: text.id.as_str().to_owned(),
            to: text.to.reveal().to_owned(),
            body: body.0.clone(),
            at: self.clock.now().as_millis(),
        };
        // The line break leads: after a line cut short by a crash, this one still stands by itself.
        let line = format!("\n{}", serde_json::to_string(&message)?);
        kept.file.write_all(line.as_bytes())?;
        kept.file.sync_data()?;
        if kept.messages.len() >= MESSAGES_SHOWN {
            kept.messages.remove(0);
        }
        kept.messages.push(message);
        Ok(())
    }
}

/// What is kept is delivered, under our own name for it.
fn on_the_phone(text: &TextId) -> Taken {
    Taken {
        provider_id: text.as_str().to_owned(),
        progress: Progress {
            state: SmsState::Delivered,
            failure: None,
        },
    }
}

#[async_trait]
impl Texter for DevPhone {
    async fn hand_over(&self, text: &OutgoingText) -> HandedOver {
        match self.keep(text) {
            Ok(()) => HandedOver::Taken(on_the_phone(&text.id)),
            Err(error) => {
                tracing::error!(%error, "the dev phone could not keep a message");
                HandedOver::InDoubt
            }
        }
    }

    async fn find(&self, text: &OutgoingText) -> Found {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept
            .messages
            .iter()
            .find(|message| message.id == text.id.as_str());
        match found {
            Some(_) => Found::Taken(on_the_phone(&text.id)),
            None => Found::NotTaken,
        }
    }
}
