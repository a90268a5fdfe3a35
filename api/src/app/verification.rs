//! Proving a number: a code is sent, and entered; or staff vouch for it.

use super::{App, Done};
use crate::domain::audit::Deed;
use crate::domain::breaker::{PAUSED_BY, codes_paused_until};
use crate::domain::caller::Caller;
use crate::domain::clinic::Settings;
use crate::domain::decide::{Command, Decision, NewCode, SendCode, decide};
use crate::domain::id::{CallerId, ClinicId, TextId};
use crate::domain::limits::{CountsBy, LimitKind, Use};
use crate::domain::network::network;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::policy::Within;
use crate::domain::refusal::{Refusal, Why};
use crate::domain::secret::{CodeHash, SecureCode};
use crate::domain::time::Timestamp;
use crate::domain::verification::{CodeProof, OutstandingCode};
use crate::ports::Fault;
use crate::ports::code_checker::{Checked, CodeChecker};
use crate::ports::store::{Changing, Decided, Forgiven, Loaded, Subject};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// What a code that is sent counts towards.
const COUNTED_WHEN_SENT: [LimitKind; 4] = [
    LimitKind::CodeToNumber,
    LimitKind::CodeFromAddress,
    LimitKind::CodeForClinic,
    LimitKind::UnansweredCodeForClinic,
];
/// What else keeps a code from being sent: one that nobody may enter.
const ALSO_LOOKED_AT: [LimitKind; 2] = [LimitKind::WrongCodeForNumber, LimitKind::WrongCodeInARow];
/// What a wrong code counts towards.
const COUNTED_WHEN_WRONG: [LimitKind; 4] = [
    LimitKind::WrongCodeForNumber,
    LimitKind::WrongCodeInARow,
    LimitKind::WrongCodeFromAddress,
    LimitKind::WrongCodeForClinic,
];

/// Whom uses are counted by, as far as it is known.
#[derive(Clone, Copy)]
struct By<'a> {
    number: Option<&'a PhoneNumber>,
    address: Option<IpAddr>,
    clinic: &'a ClinicId,
}

impl<'a> By<'a> {
    /// By the clinic alone.
    fn clinic(clinic: &'a ClinicId) -> Self {
        Self {
            number: None,
            address: None,
            clinic,
        }
    }
}

/// A code on its way to the provider, which has to say whether it is right.
struct Entered {
    within: Within,
    caller: CallerId,
    code: SecureCode,
    hash: CodeHash,
    from: Option<IpAddr>,
    /// When the attempt was taken.
    at: Timestamp,
    /// The code it is to be compared with.
    sent: Sent,
}

/// What is known of a code that the provider made.
#[derive(Clone)]
struct Sent {
    to: PhoneNumber,
    text: TextId,
}

impl App {
    /// Sends a secure code to the number given, or to the one given on arrival.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn send_code(
        &self,
        within: &Within,
        caller: &CallerId,
        typed: Option<&str>,
        from: Option<IpAddr>,
    ) -> Result<Done, Fault> {
        let Some(placed) = self.store.caller(within, caller).await? else {
            return Ok(Done::NotFound);
        };
        let number = match placed.clinic.settings.read_phone(typed) {
            Ok(number) => number,
            Err(refusal) => return Ok(Done::Refused(Box::new(placed), refusal)),
        };
        let now = self.clock.now();
        let code = if self.texting.code_checker.is_some() {
            NewCode::Providers
        } else {
            let code = SecureCode::from_number(self.randomness.below(1_000_000));
            NewCode::Ours {
                hash: self.keys.code(caller, &code),
                code,
            }
        };
        let send = SendCode {
            number,
            code,
            text: TextId::new(self.randomness.bits()),
            at: self.public_url.clone(),
            uses: Vec::new(),
        };
        let subjects = |caller: &Caller, kinds: &[LimitKind]| {
            let phone = caller.phone();
            let by = By {
                number: send.number.as_ref().or(phone.number()),
                address: from,
                clinic: &caller.clinic,
            };
            self.subjects(by, kinds)
        };
        let paused_until = OnceLock::new();
        let decide = |loaded: Loaded<'_>| {
            if let Some(until) = codes_paused_until(&loaded.uses, now) {
                let _ = paused_until.set(until);
            }
            let send = SendCode {
                uses: loaded.uses,
                ..send.clone()
            };
            let settings = &loaded.clinic.settings;
            let decision = decide(loaded.caller, Command::SendCode(send), settings, now);
            Decided {
                decision,
                tokens: Vec::new(),
                uses: subjects(loaded.caller, &COUNTED_WHEN_SENT),
                forgiven: Vec::new(),
            }
        };
        let looked_at = [&COUNTED_WHEN_SENT[..], &ALSO_LOOKED_AT].concat();
        let looked_at = |caller: &Caller| subjects(caller, &looked_at);
        let done = self
            .decide_within_limits(within, caller, now, &looked_at, &decide)
            .await?;
        if let Some(until) = paused_until.get() {
            self.pauses.notice(within.clinic(), *until, now);
        }
        Ok(done)
    }

    /// Until when no codes go out for a clinic, whoever asks; `None` when they do.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn codes_paused_until(&self, within: &Within) -> Result<Option<Timestamp>, Fault> {
        let now = self.clock.now();
        let by = By::clinic(within.clinic());
        let uses = self.store.uses(&self.subjects(by, &PAUSED_BY), now).await?;
        let until = codes_paused_until(&uses, now);
        if let Some(until) = until {
            self.pauses.notice(within.clinic(), until, now);
        }
        Ok(until)
    }

    /// Looks at a code that was entered, or has the provider look at it, if it is theirs.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn verify_phone(
        self: &Arc<Self>,
        within: &Within,
        caller: &CallerId,
        typed: &str,
        from: Option<IpAddr>,
    ) -> Result<Done, Fault> {
        let now = self.clock.now();
        let code = SecureCode::parse(typed);
        let hash = code.as_ref().map(|code| self.keys.code(caller, code));
        let checker = self.texting.code_checker.as_ref();
        let wrong = |caller: &Caller| self.wrong_code(caller, from);
        let try_it = |caller: &Caller, settings: &Settings, uses: Vec<Use>| {
            let sent = hash.as_ref().and(checker).and(sent(caller));
            let command = match sent {
                Some(_) => Command::TakeAttempt { uses },
                None => Command::VerifyPhone {
                    typed: hash.clone(),
                    uses,
                },
            };
            (decide(caller, command, settings, now), sent)
        };
        // What is not looked at needs no turn to write: ten thousand guesses at once keep nobody else
        // waiting for theirs.
        let Some(placed) = self.store.caller(within, caller).await? else {
            return Ok(Done::NotFound);
        };
        match try_it(&placed.caller, &placed.clinic.settings, Vec::new()).0 {
            Decision::Unchanged => return Ok(Done::Done(Box::new(placed))),
            Decision::Refused(refusal) => return Ok(Done::Refused(Box::new(placed), refusal)),
            Decision::Changed(_) => {}
        }
        let taken = OnceLock::new();
        let decide = |loaded: Loaded<'_>| {
            let settings = &loaded.clinic.settings;
            let (decision, sent) = try_it(loaded.caller, settings, loaded.uses);
            let mut decided = Decided::from(decision);
            let Decision::Changed(changed) = &decided.decision else {
                return decided;
            };
            if let Some(sent) = sent {
                // Counted before anybody has looked at it, like the attempt itself.
                decided.uses = wrong(loaded.caller);
                let _ = taken.set(sent);
            } else if changed.refusal.is_some() {
                decided.uses = wrong(loaded.caller);
            } else {
                decided.forgiven = self.forgiven_when_right(loaded.caller);
            }
            decided
        };
        let done = self
            .decide_within_limits(within, caller, now, &wrong, &decide)
            .await?;
        let (Some(sent), Some(code), Some(hash), Some(checker)) =
            (taken.into_inner(), code, hash.clone(), checker)
        else {
            return self.proven(done).await;
        };
        let entered = Entered {
            within: within.clone(),
            caller: caller.clone(),
            code,
            hash,
            from,
            at: now,
            sent,
        };
        // A task of its own: a right code is good once, so the verdict on it must not be lost with a
        // connection that breaks off meanwhile. The retry finds the number verified.
        let (app, checker) = (Arc::clone(self), Arc::clone(checker));
        let asked = tokio::spawn(async move { app.have_checked(&*checker, entered, done).await });
        asked
            .await
            .map_err(|error| Fault::new("having a code checked", error))?
    }

    /// Asks the provider about a code for which the attempt is taken; `done` is how that ended.
    async fn have_checked(
        &self,
        checker: &dyn CodeChecker,
        entered: Entered,
        done: Done,
    ) -> Result<Done, Fault> {
        match checker.check(&entered.sent.to, &entered.code).await {
            Checked::Right => self.hear_of_code(&entered, true).await,
            Checked::Wrong => self.hear_of_code(&entered, false).await,
            Checked::Gone => {
                // Perhaps because the same code was entered a moment ago: then it has been heard of.
                let command = Command::VerifyPhone {
                    typed: Some(entered.hash),
                    uses: Vec::new(),
                };
                self.command(&entered.within, &entered.caller, command)
                    .await
            }
            // The attempt stays taken: the provider may have looked at the code and only its answer
            // was lost. Given back, it would let whoever can disturb the answers guess without end.
            Checked::NotNow => Ok(not_checked(done)),
            Checked::NotAsked => self.give_attempt_back(&entered).await.map(not_checked),
        }
    }

    /// Nobody was asked: neither the attempt nor what was counted with it stays taken, or a provider
    /// that is out of reach would use up a caller's five, and the number's of the hour.
    async fn give_attempt_back(&self, entered: &Entered) -> Result<Done, Fault> {
        let now = self.clock.now();
        let (within, caller) = (&entered.within, &entered.caller);
        let by = By {
            number: Some(&entered.sent.to),
            address: entered.from,
            clinic: within.clinic(),
        };
        let counted = self.subjects(by, &COUNTED_WHEN_WRONG).into_iter();
        let counted = counted.map(|subject| Forgiven::One(subject, entered.at));
        let forgiven: Vec<Forgiven> = counted.collect();
        let is_forgiven = AtomicBool::new(false);
        let decide = |loaded: Loaded<'_>| {
            let command = Command::GiveAttemptBack {
                text: entered.sent.text.clone(),
            };
            let decision = decide(loaded.caller, command, &loaded.clinic.settings, now);
            let is_changed = matches!(decision, Decision::Changed(_));
            is_forgiven.store(is_changed, Ordering::Relaxed);
            Decided {
                forgiven: forgiven.clone(),
                ..decision.into()
            }
        };
        let nothing = |_: &Caller| Vec::new();
        let done = self
            .decide_within_limits(within, caller, now, &nothing, &decide)
            .await?;
        if !is_forgiven.into_inner() {
            // There is no such code to give an attempt at any more; what was counted is still too much.
            self.store.forgive(&forgiven).await?;
        }
        Ok(done)
    }

    async fn hear_of_code(&self, entered: &Entered, is_right: bool) -> Result<Done, Fault> {
        let now = self.clock.now();
        let decide = |loaded: Loaded<'_>| {
            let command = Command::HearOfCode {
                text: entered.sent.text.clone(),
                typed: entered.hash.clone(),
                is_right,
            };
            let decision = decide(loaded.caller, command, &loaded.clinic.settings, now);
            let mut decided = Decided::from(decision);
            if let Decision::Changed(changed) = &decided.decision
                && changed.refusal.is_none()
            {
                // It was counted as a wrong one when the attempt was taken.
                let counted = self.wrong_code(loaded.caller, entered.from);
                let counted = counted.into_iter();
                decided.forgiven = self.forgiven_when_right(loaded.caller);
                let given_back = counted.map(|subject| Forgiven::One(subject, entered.at));
                decided.forgiven.extend(given_back);
            }
            decided
        };
        let nothing = |_: &Caller| Vec::new();
        let (within, caller) = (&entered.within, &entered.caller);
        let done = self
            .decide_within_limits(within, caller, now, &nothing, &decide)
            .await?;
        self.proven(done).await
    }

    /// A number that is proven may be one whose holder has asked for no texts: staff, and the caller,
    /// should not learn that from a recall that is not sent.
    async fn proven(&self, done: Done) -> Result<Done, Fault> {
        if let Done::Done(placed) = &done {
            self.match_texts_to_number(&placed.caller).await?;
        }
        Ok(done)
    }

    /// Staff vouch for the number of a caller: they have phoned it. `typed` is which one, as it was shown
    /// to them or as people write it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn vouch_for_phone(
        &self,
        within: &Within,
        caller: &CallerId,
        typed: &str,
    ) -> Result<Done, Fault> {
        let Some(placed) = self.store.caller(within, caller).await? else {
            return Ok(Done::NotFound);
        };
        let shown = placed.caller.phone().number().cloned();
        let number = match shown.filter(|number| number.reveal() == typed.trim()) {
            // Taken as it stands, also when it is of a country that the clinic no longer takes: the rules
            // say what becomes of it, and verified already it stays so.
            Some(number) => Ok(number),
            None => read_phoned(&placed.clinic.settings, typed),
        };
        let number = match number {
            Ok(number) => number,
            Err(refusal) => {
                self.look(within, Deed::SawCaller, Some(caller.as_str()))
                    .await?;
                return Ok(Done::Refused(Box::new(placed), refusal));
            }
        };
        let now = self.clock.now();
        let decide = |loaded: Loaded<'_>| {
            let command = Command::VouchForPhone {
                by: within.actor().clone(),
                number: number.clone(),
            };
            let decision = decide(loaded.caller, command, &loaded.clinic.settings, now);
            Decided {
                forgiven: self.row_ended(loaded.caller, Some(&number)),
                ..decision.into()
            }
        };
        let nothing = |_: &Caller| Vec::new();
        let done = self
            .decide_within_limits(within, caller, now, &nothing, &decide)
            .await?;
        self.proven(done).await
    }

    /// A code that reached nobody is not one that nobody entered: a provider that fails must not pause a
    /// clinic's codes.
    pub(super) async fn forgive_unsent_code(
        &self,
        clinic: &ClinicId,
        sent_at: Timestamp,
    ) -> Result<(), Fault> {
        let by = By::clinic(clinic);
        let counted = [LimitKind::CodeForClinic, LimitKind::UnansweredCodeForClinic];
        let forgiven = self
            .subjects(by, &counted)
            .into_iter()
            .map(|subject| Forgiven::One(subject, sent_at));
        self.store.forgive(&forgiven.collect::<Vec<_>>()).await
    }

    /// Decides by what was used so far of each of the `subjects`' allowances.
    async fn decide_within_limits(
        &self,
        within: &Within,
        caller: &CallerId,
        now: Timestamp,
        subjects: &(dyn Fn(&Caller) -> Vec<Subject> + Send + Sync),
        decide: &(dyn Fn(Loaded<'_>) -> Decided + Send + Sync),
    ) -> Result<Done, Fault> {
        let changing = Changing {
            caller,
            now,
            report: None,
            subjects,
            decide,
        };
        let outcome = self.store.change_caller(within, changing).await?;
        self.look_of(within, &outcome).await?;
        Ok(self.follow_up(outcome))
    }

    /// What a wrong code for the outstanding one counts towards.
    fn wrong_code(&self, caller: &Caller, from: Option<IpAddr>) -> Vec<Subject> {
        let phone = caller.phone();
        let by = By {
            number: phone.outstanding().map(|outstanding| &outstanding.number),
            address: from,
            clinic: &caller.clinic,
        };
        self.subjects(by, &COUNTED_WHEN_WRONG)
    }

    /// What no longer counts once the outstanding code was entered.
    fn forgiven_when_right(&self, caller: &Caller) -> Vec<Forgiven> {
        let phone = caller.phone();
        let Some(outstanding) = phone.outstanding() else {
            return Vec::new();
        };
        let by = By::clinic(&caller.clinic);
        let answered = self.subjects(by, &[LimitKind::UnansweredCodeForClinic]);
        let answered = answered.into_iter();
        let answered = answered.map(|subject| Forgiven::One(subject, outstanding.sent_at));
        let mut forgiven = self.row_ended(caller, Some(&outstanding.number));
        forgiven.extend(answered);
        forgiven
    }

    /// The wrong codes in a row for a number, which no longer count once it is verified.
    fn row_ended(&self, caller: &Caller, number: Option<&PhoneNumber>) -> Vec<Forgiven> {
        let by = By {
            number,
            ..By::clinic(&caller.clinic)
        };
        let row = self.subjects(by, &[LimitKind::WrongCodeInARow]);
        row.into_iter().map(Forgiven::All).collect()
    }

    /// What limits of these kinds count by; without those whose subject is not known.
    fn subjects(&self, by: By<'_>, kinds: &[LimitKind]) -> Vec<Subject> {
        let subject = |kind: &LimitKind| {
            let of = match kind.counts_by() {
                CountsBy::Number => by.number?.reveal().to_owned(),
                CountsBy::Address => network(by.address?).to_string(),
                CountsBy::Clinic => by.clinic.as_str().to_owned(),
                // Texts that come in are no part of proving a number.
                CountsBy::Text => return None,
            };
            let key = self.keys.subject(&of);
            Some(Subject { kind: *kind, key })
        };
        kinds.iter().filter_map(subject).collect()
    }
}

/// The refusal of a code that nobody has found right or wrong.
fn not_checked(done: Done) -> Done {
    let message = "The code could not be checked just now. Please try it again.";
    let refusal = Refusal::new(Why::Unavailable, message).at("code");
    match done {
        Done::Done(placed) | Done::Refused(placed, _) => Done::Refused(placed, refusal),
        Done::NotFound => Done::NotFound,
    }
}

/// The number that staff say they have phoned.
fn read_phoned(settings: &Settings, typed: &str) -> Result<PhoneNumber, Refusal> {
    let number = settings.read_phone(Some(typed))?;
    let message = "Say which number was phoned: the one that is shown for the caller.";
    number.ok_or_else(|| Refusal::invalid("phone", message))
}

/// The outstanding code, if the provider made it.
fn sent(caller: &Caller) -> Option<Sent> {
    let phone = caller.phone();
    let is_theirs = |code: &&OutstandingCode| code.proof == CodeProof::Providers;
    phone.outstanding().filter(is_theirs).map(|code| Sent {
        to: code.number.clone(),
        text: code.text.clone(),
    })
}

/// The clinics whose codes are known to be paused, each with until when: a pause is logged once, not
/// with everyone who meets it. A server that was started again says it once more.
#[derive(Default)]
pub(crate) struct Pauses(Mutex<HashMap<ClinicId, Timestamp>>);

impl Pauses {
    fn notice(&self, clinic: &ClinicId, until: Timestamp, now: Timestamp) {
        if self.is_new(clinic, until, now) {
            tracing::warn!(
                clinic = clinic.as_str(),
                minutes = until.since(now).as_seconds_up() / 60,
                "no codes go out for this clinic: too many were sent, or too few of them entered"
            );
        }
    }

    fn is_new(&self, clinic: &ClinicId, until: Timestamp, now: Timestamp) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, until| *until > now);
        known.insert(clinic.clone(), until).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::Pauses;
    use crate::domain::id::ClinicId;
    use crate::domain::time::Timestamp;

    #[test]
    fn a_pause_is_told_once_until_it_is_over() {
        let at = Timestamp::from_millis;
        let (one, other) = (ClinicId::new([1; 16]), ClinicId::new([2; 16]));
        let pauses = Pauses::default();
        assert!(pauses.is_new(&one, at(100), at(0)));
        assert!(!pauses.is_new(&one, at(150), at(50)), "it goes on longer");
        assert!(!pauses.is_new(&one, at(150), at(149)));
        assert!(pauses.is_new(&other, at(150), at(149)));
        assert!(pauses.is_new(&one, at(300), at(150)), "another one");
    }
}
