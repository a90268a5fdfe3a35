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
use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// How many messages are kept and shown.
const MESSAGES_SHOWN: usize = 10_000;

const FILE: &str = "dev-phone.jsonl";
/// What is written before it takes the place of [`FILE`].
const NEW_FILE: &str = "dev-phone.new.jsonl";

/// Takes every text and delivers it at once, to whatever number.
pub struct DevPhone {
    clock: Arc<dyn Clock>,
    kept: Mutex<Kept>,
}

struct Kept {
    directory: PathBuf,
    file: File,
    messages: Vec<DevMessage>,
    /// Whether there is more in the file than `messages`: older ones, or a line that was cut short.
    has_leftovers: bool,
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
        let file = open(&directory.join(FILE))
            .map_err(|error| Fault::new("opening the dev phone", error))?;
        // Of an earlier run that ended while it was forgetting.
        match fs::remove_file(directory.join(NEW_FILE)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Fault::new("clearing the dev phone up", error));
            }
            _ => {}
        }
        let mut messages = Vec::new();
        let mut has_leftovers = false;
        for line in BufReader::new(&file).lines() {
            let line = line.map_err(|error| Fault::new("reading the dev phone", error))?;
            // A line cut short by a crash was not taken: its sender finds nothing and sends it
            // again.
            let message = serde_json::from_str::<DevMessage>(&line).ok();
            has_leftovers |= message.is_none() && !line.is_empty();
            messages.extend(message);
        }
        let excess = messages.len().saturating_sub(MESSAGES_SHOWN);
        messages.drain(..excess);
        has_leftovers |= excess > 0;
        Ok(Self {
            clock,
            kept: Mutex::new(Kept {
                directory: directory.to_owned(),
                file,
                messages,
                has_leftovers,
            }),
        })
    }

    /// The phone whose messages are kept in `directory`; `None` where there never was one.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn of(directory: &Path, clock: Arc<dyn Clock>) -> Result<Option<Self>, Fault> {
        let is_there = directory.join(FILE).exists();
        is_there.then(|| Self::open(directory, clock)).transpose()
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
        let line = line(&message)?;
        kept.file.write_all(line.as_bytes())?;
        kept.file.sync_data()?;
        if kept.messages.len() >= MESSAGES_SHOWN {
            kept.messages.remove(0);
            kept.has_leftovers = true;
        }
        kept.messages.push(message);
        Ok(())
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true).read(true);
    data_directory::only_for_the_owner(&mut options);
    options.open(path)
}

fn line(message: &DevMessage) -> std::io::Result<String> {
    Ok(format!("\n{}", serde_json::to_string(message)?))
}

impl Kept {
    /// Keeps nothing but the messages that are wanted: in a file of their own that then takes the place
    /// of the one before, so that a crash leaves one or the other.
    fn keep_only(&mut self, is_wanted: impl Fn(&DevMessage) -> bool) -> std::io::Result<()> {
        let is_whole = self.messages.iter().all(&is_wanted);
        if is_whole && !self.has_leftovers {
            return Ok(());
        }
        let new = self.directory.join(NEW_FILE);
        let mut file = open(&new)?;
        file.set_len(0)?;
        let wanted = self.messages.iter().filter(|message| is_wanted(message));
        let lines: String = wanted.map(line).collect::<std::io::Result<_>>()?;
        file.write_all(lines.as_bytes())?;
        file.sync_data()?;
        fs::rename(&new, self.directory.join(FILE))?;
        data_directory::keep_names(&self.directory)?;
        self.file = file;
        self.messages.retain(is_wanted);
        self.has_leftovers = false;
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

    async fn kept_here(&self) -> Vec<TextId> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let messages = kept.messages.iter();
        messages
            .filter_map(|message| TextId::parse(&message.id))
            .collect()
    }

    async fn forget(&self, texts: &[TextId]) -> Result<(), Fault> {
        let gone: HashSet<&str> = texts.iter().map(TextId::as_str).collect();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.keep_only(|message| !gone.contains(message.id.as_str()))
            .map_err(|error| Fault::new("forgetting messages of the dev phone", error))
    }
}
