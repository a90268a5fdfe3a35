//! Proving a number: a code is sent, and entered.

use super::{App, Done};
use crate::domain::caller::Caller;
use crate::domain::decide::{Command, Decision, NewCode, SendCode, decide};
use crate::domain::id::{CallerId, TextId};
use crate::domain::limits::LimitKind;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::policy::Within;
use crate::domain::refusal::{Refusal, Why};
use crate::domain::secret::SecureCode;
use crate::domain::time::Timestamp;
use crate::ports::Fault;
use crate::ports::store::{Changing, Decided, Loaded, Subject};
use std::net::IpAddr;

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
        let code = SecureCode::from_number(self.randomness.below(1_000_000));
        let send = SendCode {
            number,
            code: NewCode::Ours {
                hash: self.keys.code(caller, &code),
                code,
            },
            text: TextId::new(self.randomness.bits()),
            at: self.public_url.clone(),
            uses: Vec::new(),
        };
        let subjects = |caller: &Caller| {
            let phone = caller.phone();
            let number = send.number.as_ref().or(phone.number());
            let kinds = [
                LimitKind::CodeToNumber,
                LimitKind::CodeFromAddress,
                LimitKind::CodeForClinic,
            ];
            self.subjects(caller, number, from, kinds)
        };
        let decide = |loaded: Loaded<'_>| {
            let send = SendCode {
                uses: loaded.uses,
                ..send.clone()
            };
            let settings = &loaded.clinic.settings;
            let decision = decide(loaded.caller, Command::SendCode(send), settings, now);
            Decided {
                decision,
                tokens: Vec::new(),
                uses: subjects(loaded.caller),
                forgiven: Vec::new(),
            }
        };
        self.decide_within_limits(within, caller, now, &subjects, &decide)
            .await
    }

    /// Looks at a code that was entered.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn verify_phone(
        &self,
        within: &Within,
        caller: &CallerId,
        typed: &str,
        from: Option<IpAddr>,
    ) -> Result<Done, Fault> {
        let now = self.clock.now();
        let typed = SecureCode::parse(typed).map(|code| self.keys.code(caller, &code));
        let subjects = |caller: &Caller| {
            let phone = caller.phone();
            let number = phone.outstanding().map(|outstanding| &outstanding.number);
            let kinds = [
                LimitKind::WrongCodeForNumber,
                LimitKind::WrongCodeFromAddress,
                LimitKind::WrongCodeForClinic,
            ];
            self.subjects(caller, number, from, kinds)
        };
        let decide = |loaded: Loaded<'_>| {
            let command = Command::VerifyPhone {
                typed: typed.clone(),
                uses: loaded.uses,
            };
            let decision = decide(loaded.caller, command, &loaded.clinic.settings, now);
            let is_wrong = matches!(&decision, Decision::Changed(changed)
                if matches!(changed.refusal, Some(Refusal { why: Why::CodeRejected { .. }, .. })));
            let uses = if is_wrong {
                subjects(loaded.caller)
            } else {
                Vec::new()
            };
            Decided {
                decision,
                tokens: Vec::new(),
                uses,
                forgiven: Vec::new(),
            }
        };
        self.decide_within_limits(within, caller, now, &subjects, &decide)
            .await
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
        Ok(self.follow_up(outcome))
    }

    /// What limits count by: the number, the address, the clinic, of whichever are known.
    fn subjects(
        &self,
        caller: &Caller,
        number: Option<&PhoneNumber>,
        from: Option<IpAddr>,
        [of_number, of_address, of_clinic]: [LimitKind; 3],
    ) -> Vec<Subject> {
        let subject = |kind, of: &str| Subject {
            kind,
            key: self.keys.subject(of),
        };
        let number = number.map(|number| subject(of_number, number.reveal()));
        let address = from.map(|address| subject(of_address, &network(address)));
        let clinic = subject(of_clinic, caller.clinic.as_str());
        number.into_iter().chain(address).chain([clinic]).collect()
    }
}

/// What one subscriber of a network provider is given: an IPv4 address, or a /64 of IPv6 (RFC
/// 6177), within which anyone can take as many addresses as there are.
pub(super) fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::network;

    #[test]
    fn all_addresses_of_one_subscriber_count_as_one() {
        let one = network("2001:db8:1:2::1".parse().unwrap());
        assert_eq!(one, network("2001:db8:1:2:ffff::9".parse().unwrap()));
        assert_ne!(one, network("2001:db8:1:3::1".parse().unwrap()));
        assert_eq!(network("::ffff:192.0.2.1".parse().unwrap()), "192.0.2.1");
    }
}
