//! What staff do with a caller: recall, cancel, join, hold, complete.

use super::{App, Done};
use crate::domain::decide::{Command, Decision, decide};
use crate::domain::entry::Reason;
use crate::domain::id::{CallerId, RecallId, RoomId, TextId};
use crate::domain::policy::Within;
use crate::domain::secret::{Token, TokenKind};
use crate::ports::Fault;
use crate::ports::store::{Changing, Decided, Loaded, NewToken};

impl App {
    /// Asks an Offline caller to come back: one text, by a link of its own.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn recall(&self, within: &Within, caller: &CallerId) -> Result<Done, Fault> {
        self.learn_whether_texts_are_stopped(within, caller).await?;
        let now = self.clock.now();
        let id = RecallId::new(self.randomness.bits());
        let text = TextId::new(self.randomness.bits());
        let token = Token::new(TokenKind::Caller, self.randomness.bits());
        let hash = self.keys.token(&token);
        let decide = |loaded: Loaded<'_>| {
            let command = Command::Recall {
                by: within.actor().clone(),
                id: id.clone(),
                text: text.clone(),
                token: token.clone(),
                at: self.public_url.clone(),
                takes_replies: self.texting.takes_replies,
            };
            let decision = decide(loaded.caller, command, &loaded.clinic.settings, now);
            let tokens = match &decision {
                Decision::Changed(_) => vec![NewToken {
                    hash: hash.clone(),
                    recall: id.clone(),
                }],
                _ => Vec::new(),
            };
            Decided {
                decision,
                tokens,
                uses: Vec::new(),
                forgiven: Vec::new(),
            }
        };
        let changing = Changing {
            caller,
            now,
            report: None,
            subjects: &|_| Vec::new(),
            decide: &decide,
        };
        let outcome = self.store.change_caller(within, changing).await?;
        self.look_of(within, &outcome).await?;
        Ok(self.follow_up(outcome))
    }

    /// Takes a caller out of the waiting area.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn cancel(
        &self,
        within: &Within,
        caller: &CallerId,
        reason: Option<Reason>,
    ) -> Result<Done, Fault> {
        let text = TextId::new(self.randomness.bits());
        let by = within.actor().clone();
        self.command(within, caller, Command::Cancel { by, reason, text })
            .await
    }

    /// Starts the consultation, or goes on with one that is on hold.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn join(&self, within: &Within, caller: &CallerId) -> Result<Done, Fault> {
        let room = RoomId::new(self.randomness.bits());
        let by = within.actor().clone();
        self.command(within, caller, Command::Join { by, room })
            .await
    }

    /// Puts a consultation on hold.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn hold(&self, within: &Within, caller: &CallerId) -> Result<Done, Fault> {
        let by = within.actor().clone();
        self.command(within, caller, Command::Hold { by }).await
    }

    /// Completes a consultation.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn complete(&self, within: &Within, caller: &CallerId) -> Result<Done, Fault> {
        let by = within.actor().clone();
        self.command(within, caller, Command::Complete { by }).await
    }
}
