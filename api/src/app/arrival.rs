//! Coming in, coming back to a lost place, and going.

use super::{App, Done};
use crate::domain::arrive::{Arriving, arrive, resume};
use crate::domain::caller::Arrival;
use crate::domain::clinic::Clinic;
use crate::domain::decide::Command;
use crate::domain::entry::{Name, Reason, parse_answers};
use crate::domain::id::CallerId;
use crate::domain::limits::{IDEMPOTENCY_KEY_CHARACTERS, LimitKind, Use, allowed_again_at};
use crate::domain::network::network;
use crate::domain::policy::Within;
use crate::domain::refusal::{Refusal, Why};
use crate::domain::secret::Token;
use crate::ports::Fault;
use crate::ports::store::{Entered, Entering, Outcome, Placed, Resuming, Subject};
use std::net::IpAddr;

/// What a person entered at the clinic link, as it came.
pub struct AtTheDoor {
    /// From the clinic link, `/c/<slug>`.
    pub clinic_slug: String,
    /// Not yet cleaned or measured, like all that follows.
    pub name: String,
    /// Blank is the same as `None`: no number.
    pub phone: Option<String>,
    /// Key and value of each answer; keys nobody asked for and keys given twice are refused.
    pub answers: Vec<(String, String)>,
    /// Made up by the asker, once for each arrival: the same key with the same input is a retry.
    pub idempotency_key: String,
}

impl App {
    /// Takes a caller in; the token opens this caller and nothing else.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn enter(
        &self,
        entering: &AtTheDoor,
        from: Option<IpAddr>,
    ) -> Result<Result<(Placed, Token), Refusal>, Fault> {
        let Some(clinic) = self.clinic_by_slug(&entering.clinic_slug).await? else {
            let message = "There is no clinic at this link. Check the link you were given.";
            return Ok(Err(Refusal::new(Why::NotFound, message).at("clinicSlug")));
        };
        if let Err(refusal) = read_key(&entering.idempotency_key) {
            return Ok(Err(refusal));
        }
        // Refused below, once it is known that this is no retry: the first try may have come in
        // under other settings, and whoever is in must get the token.
        let arriving = self.read(&clinic, entering);
        let key = self
            .keys
            .idempotency(&clinic.id, &[&entering.idempotency_key]);
        let input = input(&clinic, entering);
        let input: Vec<&str> = input.iter().map(String::as_str).collect();
        let now = self.clock.now();
        let token = self.keys.arrival_token(&clinic.id, &input, now);
        let subjects: Vec<Subject> = from
            .map(|address| Subject {
                kind: LimitKind::ArrivalFromAddress,
                key: self.keys.subject(&network(address).to_string()),
            })
            .into_iter()
            .collect();
        let arrive = |clinic: &Clinic, arrival: Arrival, uses: &[Use]| {
            let arriving = arriving.clone()?;
            if let Some(retry_at) = allowed_again_at(uses, now) {
                let message = "Too many people arrived from your network. Please try again later.";
                return Err(Refusal::new(Why::RateLimited { retry_at }, message));
            }
            arrive(clinic, arriving, arrival, now)
        };
        let attempt = Entering {
            clinic: &clinic.id,
            key: &key,
            input: &self.keys.idempotency(&clinic.id, &input),
            token: &self.keys.token(&token),
            subjects: &subjects,
            now,
            arrive: &arrive,
        };
        Ok(match self.store.enter(attempt).await? {
            Entered::New { placed, version } => {
                self.presence.arrived(&placed.caller, now);
                self.tell(&placed, version);
                Ok((*placed, token))
            }
            Entered::Before { placed, at } => {
                let token = self.keys.arrival_token(&clinic.id, &input, at);
                Ok((*placed, token))
            }
            Entered::Conflict => {
                let message = "This idempotency key was used with other details. Use a new one.";
                Err(Refusal::new(Why::Conflict, message).at("idempotencyKey"))
            }
            Entered::Refused(refusal) => Err(refusal),
            Entered::NotFound => Err(Refusal::not_found("clinicSlug")),
        })
    }

    /// Reads what was entered, by the clinic's own rules.
    fn read(&self, clinic: &Clinic, entering: &AtTheDoor) -> Result<Arriving, Refusal> {
        let settings = &clinic.settings;
        let name = Name::parse(&entering.name, "name")?;
        let phone = settings.read_phone(entering.phone.as_deref())?;
        let answers = parse_answers(&settings.entry_fields, &entering.answers)?;
        Ok(Arriving {
            id: CallerId::new(self.randomness.bits()),
            name,
            phone,
            answers,
        })
    }

    /// Takes the place of a stay that lost contact back, by the same link.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn resume(&self, within: &Within, caller: &CallerId) -> Result<Done, Fault> {
        let now = self.clock.now();
        let id = CallerId::new(self.randomness.bits());
        let resume = |clinic: &Clinic, lost: &crate::domain::caller::Caller| {
            resume(clinic, lost, id.clone(), now)
        };
        let resuming = Resuming {
            lost: caller,
            now,
            resume: &resume,
        };
        let outcome = self.store.resume(within, resuming).await?;
        if let Outcome::Changed { placed, .. } = &outcome {
            self.presence.arrived(&placed.caller, now);
        }
        // Still there: whoever asks to come back is back already.
        if let Outcome::Refused(placed, _) = &outcome
            && !placed.caller.status().is_final()
        {
            return Ok(Done::Done(placed.clone()));
        }
        Ok(self.follow_up(outcome))
    }

    /// The caller leaves.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn leave(
        &self,
        within: &Within,
        caller: &CallerId,
        reason: Option<Reason>,
    ) -> Result<Done, Fault> {
        self.command(within, caller, Command::Leave { reason })
            .await
    }
}

/// Looks at the length of an idempotency key: whatever it says, it only has to be the same again.
fn read_key(key: &str) -> Result<(), Refusal> {
    let is_bounded = key.len() <= IDEMPOTENCY_KEY_CHARACTERS * 4
        && key.chars().count() <= IDEMPOTENCY_KEY_CHARACTERS;
    if is_bounded && !key.is_empty() {
        return Ok(());
    }
    let message = format!("An idempotency key has 1 to {IDEMPOTENCY_KEY_CHARACTERS} characters.");
    Err(Refusal::invalid("idempotencyKey", message))
}

/// All that was entered, with the key first: what a retry must repeat to be one.
fn input(clinic: &Clinic, entering: &AtTheDoor) -> Vec<String> {
    let mut input = vec![
        entering.idempotency_key.clone(),
        clinic.slug.as_str().to_owned(),
        entering.name.clone(),
        entering.phone.clone().unwrap_or_default(),
    ];
    for (key, value) in &entering.answers {
        input.push(key.clone());
        input.push(value.clone());
    }
    input
}
