//! What Standby can do: one function for each command and each question.
//!
//! A command loads, decides and saves in one transaction (the store's), then tells the change feed.
//! What follows a commit outside of the store (sending texts, telling those who watch) reads what
//! was committed, so a crash between the two loses nothing.

pub mod access;
pub mod arrival;
pub mod attendance;
pub mod audit;
pub mod configuration;
pub mod credentials;
pub mod erasing;
pub mod housekeeping;
pub mod keys;
pub mod live;
pub mod openid;
pub mod outbox;
pub mod presence;
pub mod questions;
pub mod replies;
pub mod reports;
pub mod rooms;
pub mod setup;
pub mod time_zones;
pub mod verification;
pub mod webhooks;

use crate::domain::caller::Caller;
use crate::domain::decide::{Command, decide};
use crate::domain::id::CallerId;
use crate::domain::policy::Within;
use crate::domain::refusal::Refusal;
use crate::domain::text::PublicUrl;
use crate::domain::webhook::Reach;
use crate::ports::Fault;
use crate::ports::change_feed::{ChangeFeed, Hint};
use crate::ports::clock::Clock;
use crate::ports::code_checker::CodeChecker;
use crate::ports::identity_provider::IdentityProvider;
use crate::ports::randomness::Randomness;
use crate::ports::store::{Changing, Decided, Outcome, Placed, Store};
use keys::Keys;
use std::sync::{Arc, OnceLock};
use tokio::sync::{Notify, Semaphore};

/// The application. Cheap to share behind an [`Arc`].
pub struct App {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) randomness: Arc<dyn Randomness>,
    pub(crate) feed: Arc<dyn ChangeFeed>,
    pub(crate) keys: Keys,
    pub(crate) public_url: PublicUrl,
    pub(crate) texting: Texting,
    pub(crate) presence: presence::Presence,
    pub(crate) live: live::Live,
    pub(crate) pauses: verification::Pauses,
    pub(crate) looks: audit::Looks,
    /// Whose turn it is to read a report.
    pub(crate) reporting: Semaphore,
    pub(crate) uses: access::Uses,
    /// By whom staff can sign in besides by a link; set once, before anything is served.
    pub(crate) identity_provider: OnceLock<Arc<dyn IdentityProvider>>,
    /// Rung when a commit left a text to send.
    pub(crate) texts_to_send: Notify,
    pub(crate) bytes_to_erase: erasing::BytesToErase,
    /// Which addresses webhooks may lead to; said once, before anything is served.
    pub(crate) webhook_reach: OnceLock<Reach>,
    pub(crate) webhook_attempts: webhooks::Attempts,
}

/// What the way texts are sent can do besides sending.
#[derive(Clone, Default)]
pub struct Texting {
    /// Whether callers can answer a text.
    pub takes_replies: bool,
    /// Set where the provider makes the secure codes and checks them; else we do.
    pub code_checker: Option<Arc<dyn CodeChecker>>,
}

/// How a command ended: the caller as it now stands, also when refused.
#[derive(Debug)]
pub enum Done {
    /// There is no such caller for whoever asks.
    NotFound,
    /// It is so now; or it was so already.
    Done(Box<Placed>),
    /// Nothing was done, save that a wrong code cost an attempt.
    Refused(Box<Placed>, Refusal),
}

impl App {
    /// Puts the application together.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        randomness: Arc<dyn Randomness>,
        feed: Arc<dyn ChangeFeed>,
        keys: Keys,
        public_url: PublicUrl,
        texting: Texting,
    ) -> Arc<Self> {
        let live = live::Live::new(Arc::clone(&store), Arc::clone(&feed));
        Arc::new(Self {
            store,
            clock,
            randomness,
            feed,
            keys,
            public_url,
            texting,
            presence: presence::Presence::default(),
            live,
            pauses: verification::Pauses::default(),
            looks: audit::Looks::default(),
            reporting: Semaphore::new(1),
            uses: access::Uses::default(),
            identity_provider: OnceLock::new(),
            texts_to_send: Notify::new(),
            bytes_to_erase: erasing::BytesToErase::default(),
            webhook_reach: OnceLock::new(),
            webhook_attempts: webhooks::Attempts::default(),
        })
    }

    /// Whether the store answers.
    ///
    /// # Errors
    /// Why it does not.
    pub async fn ping(&self) -> Result<(), Fault> {
        self.store.ping().await
    }

    /// The address that every link handed out begins with.
    #[must_use]
    pub fn public_url(&self) -> &PublicUrl {
        &self.public_url
    }

    /// Decides a command that needs nothing but the caller.
    pub(crate) async fn command(
        &self,
        within: &Within,
        caller: &CallerId,
        command: Command,
    ) -> Result<Done, Fault> {
        let now = self.clock.now();
        let decide = |loaded: crate::ports::store::Loaded<'_>| -> Decided {
            decide(loaded.caller, command.clone(), &loaded.clinic.settings, now).into()
        };
        let changing = Changing {
            caller,
            now,
            report: None,
            subjects: &|_: &Caller| Vec::new(),
            decide: &decide,
        };
        let outcome = self.store.change_caller(within, changing).await?;
        self.look_of(within, &outcome).await?;
        Ok(self.follow_up(outcome))
    }

    /// What follows a commit: those who watch are told, texts are sent, presence forgets the ended.
    pub(crate) fn follow_up(&self, outcome: Outcome) -> Done {
        match outcome {
            Outcome::NotFound => Done::NotFound,
            Outcome::Unchanged(placed) => Done::Done(placed),
            Outcome::Refused(placed, refusal) => Done::Refused(placed, refusal),
            Outcome::Changed {
                placed,
                version,
                refusal,
            } => {
                self.tell(&placed, version);
                match refusal {
                    Some(refusal) => Done::Refused(placed, refusal),
                    None => Done::Done(placed),
                }
            }
        }
    }

    pub(crate) fn tell(&self, placed: &Placed, version: i64) {
        if placed.caller.status().is_final() {
            self.presence.forget(&placed.caller.id);
        }
        self.feed.tell(Hint {
            clinic: placed.caller.clinic.clone(),
            version,
        });
        // Cheaper to ring once too often than to carry along whether there is a text.
        self.texts_to_send.notify_one();
    }
}
