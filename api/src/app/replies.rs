//! What is texted to our sender: replies to recalls, and the words that stop texts.

use super::App;
use crate::domain::caller::Caller;
use crate::domain::decide::{Command, Decision, decide};
use crate::domain::id::{CallerId, ClinicId};
use crate::domain::limits::LimitKind;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::policy::Within;
use crate::domain::reply::{Keyword, who_replies};
use crate::domain::secret::never_printed;
use crate::ports::Fault;
use crate::ports::store::{Changing, Decided, Loaded, Placed, Subject};

/// A text to our sender.
#[derive(Clone)]
pub struct Inbound {
    /// The provider's name for it: the same when it is told of again.
    pub provider_id: String,
    /// Whom it is from, as the provider says: mostly a number in E.164.
    pub from: String,
    /// What it says.
    pub body: String,
    /// What the provider itself took it for, where it says so.
    pub opt_out: Option<OptOut>,
}
never_printed!(Inbound, "Inbound(…)");

/// What the provider took a text for. It holds for the provider whatever we make of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptOut {
    /// No more texts.
    Stop,
    /// Texts again.
    Start,
    /// Asks what this is; the provider answers.
    Help,
}

impl App {
    /// Hears a text to our sender, however often it is told of. What nobody understands changes
    /// nothing.
    ///
    /// Stopping goes before everything, and a clinic's own word before one that merely starts texts
    /// again: a clinic may ask for YES.
    ///
    /// # Errors
    /// When the store fails: it is to be told of again.
    pub async fn hear_inbound(&self, inbound: &Inbound) -> Result<(), Fault> {
        let Some(number) = read_number(&inbound.from) else {
            return Ok(());
        };
        let (keyword, opt_out) = (Keyword::of(&inbound.body), inbound.opt_out);
        let is_stop = opt_out == Some(OptOut::Stop)
            || (keyword == Some(Keyword::Stop) && opt_out != Some(OptOut::Start));
        if is_stop {
            return self.stop_texts(&number).await;
        }
        if opt_out == Some(OptOut::Start) {
            self.allow_texts(&number).await?;
        }
        let is_reply = self.hear_reply(&number, inbound).await?;
        if !is_reply && opt_out.is_none() && keyword == Some(Keyword::Start) {
            self.allow_texts(&number).await?;
        }
        Ok(())
    }

    /// Makes a caller's row say what is so of the caller's number: its holder may have stopped
    /// texts, or allowed them again, before this caller came or proved it.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn learn_whether_texts_are_stopped(
        &self,
        within: &Within,
        caller: &CallerId,
    ) -> Result<(), Fault> {
        match self.store.caller(within, caller).await? {
            Some(placed) => self.match_texts_to_number(&placed.caller).await,
            None => Ok(()),
        }
    }

    /// The same for a caller who has just been read.
    pub(crate) async fn match_texts_to_number(&self, caller: &Caller) -> Result<(), Fault> {
        let Some(number) = proven(caller) else {
            return Ok(());
        };
        let key = self.keys.subject(number.reveal());
        let is_stopped = self.store.has_stopped_texts(&key).await?;
        if is_stopped == caller.texts_stopped_at.is_some() {
            return Ok(());
        }
        let command = if is_stopped {
            Command::StopTexts
        } else {
            Command::AllowTexts
        };
        let (clinic, id) = (&caller.clinic, &caller.id);
        self.change_holder(clinic, id, &number, &[], &|_| Some(command.clone()))
            .await
    }

    /// The number first: from then on the outbox sends it nothing, also when the rest fails.
    async fn stop_texts(&self, number: &PhoneNumber) -> Result<(), Fault> {
        let key = self.keys.subject(number.reveal());
        self.store.stop_texts(&key, self.clock.now()).await?;
        self.tell_holders(number, &Command::StopTexts).await
    }

    async fn allow_texts(&self, number: &PhoneNumber) -> Result<(), Fault> {
        let key = self.keys.subject(number.reveal());
        self.store.allow_texts(&key).await?;
        self.tell_holders(number, &Command::AllowTexts).await
    }

    /// A command to everyone with this number, in all clinics. A fault with one keeps it from no
    /// other.
    async fn tell_holders(&self, number: &PhoneNumber, command: &Command) -> Result<(), Fault> {
        let mut outcome = Ok(());
        for (clinic, caller) in self.store.callers_with_number(number).await? {
            let told = self
                .change_holder(&clinic, &caller, number, &[], &|_| Some(command.clone()))
                .await;
            outcome = outcome.and(told);
        }
        outcome
    }

    /// Gives a reply to the caller it is from; false when it is nobody's.
    async fn hear_reply(&self, number: &PhoneNumber, inbound: &Inbound) -> Result<bool, Fault> {
        let mut callers: Vec<Placed> = Vec::new();
        for (clinic, caller) in self.store.callers_with_number(number).await? {
            let within = Within::system(clinic);
            let placed = self.store.caller(&within, &caller).await?;
            callers.extend(placed.filter(|placed| {
                let proven = proven(&placed.caller);
                proven.as_ref() == Some(number)
            }));
        }
        let callers = callers
            .iter()
            .map(|placed| (&placed.caller, &placed.clinic.settings.reply_words));
        let Some(caller) = who_replies(callers, &inbound.body) else {
            return Ok(false);
        };
        // Told of again, it must not be taken for the next child's.
        let heard = Subject {
            kind: LimitKind::ReplyHeard,
            key: self.keys.subject(&inbound.provider_id),
        };
        let command = |loaded: &Loaded<'_>| {
            let is_heard = loaded.uses.iter().any(|used| !used.times.is_empty());
            let answer = loaded.clinic.settings.reply_words.answer(&inbound.body);
            let answer = answer.filter(|_| !is_heard)?;
            Some(Command::HearReply { answer })
        };
        self.change_holder(&caller.clinic, &caller.id, number, &[heard], &command)
            .await?;
        Ok(true)
    }

    /// Decides a command for a caller, if the number is still the one that this caller has proven.
    async fn change_holder(
        &self,
        clinic: &ClinicId,
        caller: &CallerId,
        number: &PhoneNumber,
        subjects: &[Subject],
        command: &(dyn Fn(&Loaded<'_>) -> Option<Command> + Send + Sync),
    ) -> Result<(), Fault> {
        let now = self.clock.now();
        let decide = |loaded: Loaded<'_>| {
            let is_theirs = proven(loaded.caller).as_ref() == Some(number);
            let decision = match command(&loaded).filter(|_| is_theirs) {
                Some(command) => decide(loaded.caller, command, &loaded.clinic.settings, now),
                None => Decision::Unchanged,
            };
            Decided {
                uses: subjects.to_vec(),
                ..Decided::from(decision)
            }
        };
        let changing = Changing {
            caller,
            now,
            report: None,
            subjects: &|_| subjects.to_vec(),
            decide: &decide,
        };
        let within = Within::system(clinic.clone());
        let outcome = self.store.change_caller(&within, changing).await?;
        // Whoever texted is told nothing: a refusal is no fault, and staff see how things stand.
        self.follow_up(outcome);
        Ok(())
    }
}

/// The number this caller has proven: whoever only typed one may have typed somebody else's.
fn proven(caller: &Caller) -> Option<PhoneNumber> {
    caller
        .phone()
        .verified()
        .map(|verified| verified.number.clone())
}

/// A number in E.164 (at most 15 digits: ITU-T E.164, 6); `None` for a short code, a name or an
/// address of another kind.
fn read_number(from: &str) -> Option<PhoneNumber> {
    let digits = from.strip_prefix('+')?;
    let is_number = (7..=15).contains(&digits.len())
        && !digits.starts_with('0')
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| PhoneNumber::from_stored(from.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::read_number;

    #[test]
    fn only_a_number_is_anybodys() {
        assert!(read_number("+61491570006").is_some());
        for other in [
            "",
            "+",
            "61491570006",
            "whatsapp:+61491570006",
            "12345",
            "CLINIC",
            "+0491570006",
            "+6149157000x",
            "+1234567890123456",
        ] {
            assert!(read_number(other).is_none(), "{other}");
        }
    }
}
