//! Webhooks: where a clinic has events sent, which events, and what is done about a delivery that did
//! not succeed.

use super::id::{CallerId, ClinicId, WebhookDeliveryId, WebhookId};
use super::limits::{
    WEBHOOK_ADDRESS_BYTES, WEBHOOK_DISABLED_AFTER, WEBHOOK_FIRST_WAIT, WEBHOOK_LONGEST_WAIT,
    WEBHOOK_OUR_OWN_TRIES, WEBHOOK_SECRET_OVERLAP, WEBHOOK_TRIED_FOR, WEBHOOKS_PER_CLINIC,
};
use super::public_address::is_public;
use super::refusal::{Refusal, Why};
use super::time::{Span, Timestamp};
use core::net::IpAddr;
use url::{Host, Url};

/// What a webhook can be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventType {
    /// A caller came in, or took a place back.
    CallerArrived,
    /// A caller changed.
    CallerChanged,
    /// A stay ended.
    CallerEnded,
    /// The text of a recall was delivered.
    RecallDelivered,
}

impl EventType {
    /// All there are.
    pub const ALL: [Self; 4] = [
        Self::CallerArrived,
        Self::CallerChanged,
        Self::CallerEnded,
        Self::RecallDelivered,
    ];

    /// Its name in a body's `type`: words with dots between, as Standard Webhooks has them.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CallerArrived => "caller.arrived",
            Self::CallerChanged => "caller.changed",
            Self::CallerEnded => "caller.ended",
            Self::RecallDelivered => "recall.delivered",
        }
    }
}

/// Which events a webhook is told of: at least one, each once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Events(Vec<EventType>);

impl Events {
    /// The events in their own order, whichever they are given in.
    ///
    /// # Errors
    /// When there is none.
    pub fn new(mut events: Vec<EventType>) -> Result<Self, Refusal> {
        events.sort_unstable();
        events.dedup();
        if events.is_empty() {
            let message = "Say at least one event: a webhook without any would never be called.";
            return Err(Refusal::invalid("events", message));
        }
        Ok(Self(events))
    }

    /// In their own order.
    #[must_use]
    pub fn as_slice(&self) -> &[EventType] {
        &self.0
    }

    /// As what a change of the waiting area is told to whoever wants these; `None` when it is not.
    ///
    /// A change has one version and is told once: a recall's delivery as what it is where that is
    /// wanted, and else as the change of the caller that it is too.
    #[must_use]
    pub fn told_as(&self, change: EventType, is_recall_delivered: bool) -> Option<EventType> {
        let recall = (is_recall_delivered && change == EventType::CallerChanged)
            .then_some(EventType::RecallDelivered);
        recall
            .into_iter()
            .chain([change])
            .find(|event| self.0.contains(event))
    }
}

/// Which addresses webhooks may lead to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// Those of the public internet, over https.
    #[default]
    PublicOnly,
    /// Any, over http too: for development, where the receiver runs on the same machine.
    PrivateToo,
}

/// Where a webhook leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookUrl(String);

/// Names that no machine of the internet has: those of the machine itself (RFC 6761), of the local network
/// (RFC 6762, RFC 8375, ICANN's reservation of `internal`), and of what is not reached by DNS (RFC 7686).
const LOCAL_NAMES: [&str; 5] = ["localhost", "local", "internal", "home.arpa", "onion"];

impl WebhookUrl {
    /// Reads an address. It is read as whatever connects reads it: `127.1`, `0x7f000001` and `2130706433`
    /// are the address 127.0.0.1 here too. Where a name leads is not known before it is resolved.
    ///
    /// # Errors
    /// What is wrong with it, for a person.
    pub fn parse(given: &str, reach: Reach) -> Result<Self, Refusal> {
        Self::read(given, reach).map_err(|message| Refusal::invalid("url", message))
    }

    /// As it was stored: it was read once, but perhaps with another reach.
    #[must_use]
    pub fn from_stored(stored: String) -> Self {
        Self(stored)
    }

    fn read(given: &str, reach: Reach) -> Result<Self, &'static str> {
        const NO_ADDRESS: &str =
            "This is no address. It looks like https://tools.example/standby-events.";
        let given = given.trim();
        if given.len() > WEBHOOK_ADDRESS_BYTES {
            return Err("An address has at most 2,000 characters.");
        }
        // A parser of addresses drops some of these without a word.
        let is_strange = |c: char| c.is_control() || c.is_whitespace() || c == '\\';
        if given.contains(is_strange) {
            return Err(NO_ADDRESS);
        }
        let url = Url::parse(given).map_err(|_| NO_ADDRESS)?;
        match (url.scheme(), reach) {
            ("https", _) | ("http", Reach::PrivateToo) => {}
            _ => return Err("Events are sent over https only: begin the address with https://."),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(
                "An address with a user name or a password in it would show them to all who see \
                 it. The signature proves who sends.",
            );
        }
        if url.fragment().is_some() {
            return Err("What follows # is never sent: leave it out.");
        }
        if url.port() == Some(0) {
            return Err("There is no port 0.");
        }
        let host = url.host().ok_or(NO_ADDRESS)?;
        if reach == Reach::PublicOnly && !may_be_public(&host) {
            return Err(
                "This address is not one of the public internet, and events are sent nowhere else.",
            );
        }
        let address = String::from(url);
        if address.len() > WEBHOOK_ADDRESS_BYTES {
            return Err("An address has at most 2,000 characters.");
        }
        Ok(Self(address))
    }

    /// The whole address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a host is public, or a name that may turn out to be.
fn may_be_public(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => is_public(IpAddr::V4(*address)),
        Host::Ipv6(address) => is_public(IpAddr::V6(*address)),
        Host::Domain(name) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            // One word alone is looked for in the own network.
            let is_local = LOCAL_NAMES.iter().any(|local| {
                name.strip_suffix(local)
                    .is_some_and(|before| before.is_empty() || before.ends_with('.'))
            });
            name.contains('.') && !is_local
        }
    }
}

/// Makes one secret of a webhook, together with the server's key and the webhook's id: chance, of no use
/// to anybody without that key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretSeed(pub String);

/// What a webhook's secrets are made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretSeeds {
    /// Of the secret that signs.
    pub current: SecretSeed,
    /// Of the one before it, and until when that signs beside it.
    pub old: Option<(SecretSeed, Timestamp)>,
}

impl SecretSeeds {
    /// Those that sign at this moment, the current one first.
    pub fn signing(&self, now: Timestamp) -> impl Iterator<Item = &SecretSeed> {
        let old = self.old.as_ref().filter(|(_, until)| now < *until);
        std::iter::once(&self.current).chain(old.map(|(seed, _)| seed))
    }
}

/// Whether events are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// They are.
    Enabled {
        /// Since when there was nothing but failures.
        failing_since: Option<Timestamp>,
    },
    /// They are not.
    Disabled(DisabledBecause),
}

/// Why events are not sent to a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisabledBecause {
    /// Staff wanted it so.
    ByStaff,
    /// There was nothing but failures for days.
    Failing,
    /// The receiver said that it is gone for good (HTTP 410).
    Gone,
}

impl DisabledBecause {
    /// For a person; `None` where a person did it.
    #[must_use]
    pub fn words(self) -> Option<&'static str> {
        match self {
            Self::ByStaff => None,
            Self::Failing => Some(
                "Disabled because nothing could be delivered for 5 days. Enable it again once the \
                 receiver works; what happened meanwhile is not sent.",
            ),
            Self::Gone => Some(
                "Disabled because the receiver answered 410 Gone: it does not want events any more.",
            ),
        }
    }
}

/// Where a clinic has events sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Names it.
    pub id: WebhookId,
    /// Whose events.
    pub clinic: ClinicId,
    /// Where to.
    pub url: WebhookUrl,
    /// Which.
    pub events: Events,
    /// Whether they are sent.
    pub standing: Standing,
    /// What they are signed by.
    pub secrets: SecretSeeds,
    /// The version of the waiting area up to which every event was delivered, given up or not wanted.
    pub delivered_version: i64,
    /// When it was added.
    pub added_at: Timestamp,
}

/// What staff change of a webhook; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct WebhookChange {
    /// Where to.
    pub url: Option<String>,
    /// Which events.
    pub events: Option<Vec<EventType>>,
    /// Whether they are sent.
    pub is_enabled: Option<bool>,
}

impl Webhook {
    /// Whether events are sent.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        matches!(self.standing, Standing::Enabled { .. })
    }

    /// Since when there was nothing but failures; `None` while it is disabled.
    #[must_use]
    pub fn failing_since(&self) -> Option<Timestamp> {
        match self.standing {
            Standing::Enabled { failing_since } => failing_since,
            Standing::Disabled(_) => None,
        }
    }

    /// Whether this one may be added to those that a clinic has.
    ///
    /// # Errors
    /// Why not.
    pub fn may_join(&self, others: &[Self]) -> Result<(), Refusal> {
        if others.len() >= WEBHOOKS_PER_CLINIC {
            let message = format!(
                "The clinic has {WEBHOOKS_PER_CLINIC} webhooks, which is the most it may have. Remove one \
                 that is no longer needed, and try again."
            );
            return Err(Refusal::new(Why::Unavailable, message));
        }
        self.only_to_this_address(others)
    }

    /// The webhook after a change by staff, with the clinic's version as it then is.
    ///
    /// # Errors
    /// Why nothing of it is taken.
    pub fn changed(
        &self,
        change: &WebhookChange,
        all: &[Self],
        version: i64,
        reach: Reach,
    ) -> Result<Self, Refusal> {
        let mut next = self.clone();
        if let Some(url) = &change.url {
            next.url = WebhookUrl::parse(url, reach)?;
            next.only_to_this_address(all)?;
        }
        if let Some(events) = &change.events {
            next.events = Events::new(events.clone())?;
        }
        match change.is_enabled {
            Some(true) if !self.is_enabled() => {
                next.standing = Standing::Enabled {
                    failing_since: None,
                };
                // With what happened meanwhile, hours or weeks of it, the receiver could do nothing.
                next.delivered_version = version;
            }
            Some(false) if self.is_enabled() => {
                next.standing = Standing::Disabled(DisabledBecause::ByStaff);
            }
            _ => {}
        }
        Ok(next)
    }

    /// The webhook with a new secret; the one it had signs beside it for a while.
    #[must_use]
    pub fn with_new_secret(&self, seed: SecretSeed, now: Timestamp) -> Self {
        let mut next = self.clone();
        let before = std::mem::replace(&mut next.secrets.current, seed);
        next.secrets.old = Some((before, now + WEBHOOK_SECRET_OVERLAP));
        next
    }

    /// A second webhook to the same address would tell everything twice; a request to add it that was
    /// sent again, because its answer was lost, would make one.
    fn only_to_this_address(&self, others: &[Self]) -> Result<(), Refusal> {
        let is_there = |other: &&Self| other.id != self.id && other.url == self.url;
        match others.iter().find(is_there) {
            None => Ok(()),
            Some(_) => Err(Refusal::invalid(
                "url",
                "There is a webhook to this address already. If its secret was lost, make it a new \
                 one.",
            )),
        }
    }
}

/// One event for one webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The receiver's `webhook-id`: the same at each attempt.
    pub id: WebhookDeliveryId,
    /// The version of the waiting area that the event made.
    pub version: i64,
    /// As what it is told.
    pub event: EventType,
    /// Whom it is about.
    pub caller: CallerId,
    /// When it happened.
    pub happened_at: Timestamp,
    /// How far it is.
    pub state: DeliveryState,
    /// How often it was tried, since staff last asked for it if they did.
    pub attempts: i64,
    /// When it was tried last.
    pub last_attempt_at: Option<Timestamp>,
    /// After when no other attempt is made.
    pub give_up_at: Timestamp,
    /// HTTP's status of the last answer, if there was one.
    pub response_status: Option<u16>,
    /// Why the last attempt did not deliver it.
    pub problem: Option<Problem>,
}

/// How far a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// To be tried.
    Pending {
        /// When.
        next_attempt_at: Timestamp,
    },
    /// Taken by the receiver.
    Delivered,
    /// Given up.
    Failed,
}

impl Delivery {
    /// A new delivery of an event.
    #[must_use]
    pub fn new(
        id: WebhookDeliveryId,
        version: i64,
        event: EventType,
        caller: CallerId,
        happened_at: Timestamp,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            version,
            event,
            caller,
            happened_at,
            state: DeliveryState::Pending {
                next_attempt_at: now,
            },
            attempts: 0,
            last_attempt_at: None,
            give_up_at: happened_at + WEBHOOK_TRIED_FOR,
            response_status: None,
            problem: None,
        }
    }

    /// The delivery once more, after staff asked for it; as it is while it is still being tried.
    #[must_use]
    pub fn again(&self, now: Timestamp) -> Self {
        let mut next = self.clone();
        if !matches!(self.state, DeliveryState::Pending { .. }) {
            next.give_up_at = now + WEBHOOK_TRIED_FOR;
            // The waits between attempts begin anew too.
            next.attempts = 0;
        }
        next.state = DeliveryState::Pending {
            next_attempt_at: now,
        };
        next
    }

    /// The delivery of a webhook that is disabled.
    #[must_use]
    pub fn disabled(&self) -> Self {
        Self {
            state: DeliveryState::Failed,
            problem: Some(Problem::Disabled),
            ..self.clone()
        }
    }
}

/// Why an attempt did not deliver an event. Plain facts, none of what the receiver said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Problem {
    /// The host's name leads nowhere.
    NoSuchHost,
    /// It leads into a network that is not public.
    PrivateAddress,
    /// No connection was made.
    CannotBeReached,
    /// The connection broke before an answer.
    Broken,
    /// No answer in time.
    TimedOut,
    /// An answer that sends elsewhere: never followed.
    Redirected,
    /// An answer that is neither success nor a redirect.
    NotTaken,
    /// The receiver is gone for good (HTTP 410).
    Gone,
    /// What is told could not be put together here.
    OurOwn,
    /// There is nothing to tell any more.
    NothingToTell,
    /// The webhook was disabled before its turn came.
    Disabled,
}

impl Problem {
    /// For a person.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::NoSuchHost => "The host's name leads nowhere.",
            Self::PrivateAddress => {
                "The host's name leads to an address that is not one of the public internet."
            }
            Self::CannotBeReached => {
                "No connection could be made, or its certificate is not trusted."
            }
            Self::Broken => "The connection broke before an answer.",
            Self::TimedOut => "There was no answer within 10 seconds.",
            Self::Redirected => "The receiver answered with a redirect, which is not followed.",
            Self::NotTaken => "The receiver answered with an error.",
            Self::Gone => "The receiver answered that it is gone.",
            Self::OurOwn => "Something went wrong on our side and was logged.",
            Self::NothingToTell => "There is nothing to tell of this caller any more.",
            Self::Disabled => "The webhook was disabled before it could be delivered.",
        }
    }
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The receiver has it.
    Taken {
        /// HTTP's: 200 to 299.
        status: u16,
    },
    /// It does not, or nobody knows.
    NotTaken {
        /// HTTP's, where there was an answer.
        status: Option<u16>,
        /// What went wrong.
        problem: Problem,
    },
}

/// A delivery and its webhook's standing after an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The delivery.
    pub delivery: Delivery,
    /// The webhook's standing; other deliveries that wait are given up with one that gets disabled.
    pub standing: Standing,
}

/// Where, of the time a wait may differ by, chance has put it: 0 is the shortest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jitter(pub u32);

/// How long after so many attempts the next is made: twice as long after each, up to the longest; and of
/// that at least half, so that many that failed together do not come back together.
#[must_use]
pub fn wait_after(attempts: i64, jitter: Jitter) -> Span {
    let doublings = u32::try_from(attempts.saturating_sub(1).clamp(0, 30)).unwrap_or(30);
    let whole = WEBHOOK_FIRST_WAIT
        .as_millis()
        .saturating_mul(1_i64 << doublings)
        .min(WEBHOOK_LONGEST_WAIT.as_millis());
    let half = whole / 2;
    let more = i128::from(whole - half) * i128::from(jitter.0) / i128::from(u32::MAX);
    Span::millis(half + i64::try_from(more).unwrap_or(0))
}

/// What follows from an attempt. The webhook and the delivery are as they are once it has ended, which
/// may be other than when it began.
#[must_use]
pub fn settle(
    webhook: &Webhook,
    delivery: &Delivery,
    answer: Answer,
    now: Timestamp,
    jitter: Jitter,
) -> Settled {
    let mut next = delivery.clone();
    next.attempts = delivery.attempts.saturating_add(1);
    next.last_attempt_at = Some(now);
    let (status, problem) = match answer {
        Answer::Taken { status } => {
            next.response_status = Some(status);
            next.problem = None;
            next.state = DeliveryState::Delivered;
            let standing = match webhook.standing {
                Standing::Enabled { .. } => Standing::Enabled {
                    failing_since: None,
                },
                disabled @ Standing::Disabled(_) => disabled,
            };
            return Settled {
                delivery: next,
                standing,
            };
        }
        Answer::NotTaken { status, problem } => (status, problem),
    };
    next.response_status = status;
    next.problem = Some(problem);
    let Standing::Enabled { failing_since } = webhook.standing else {
        next.state = DeliveryState::Failed;
        return Settled {
            delivery: next,
            standing: webhook.standing,
        };
    };
    let failing_since = failing_since.unwrap_or(now);
    // What cannot be read today cannot be read tomorrow either, and holds up all that follow.
    let stays_our_own = next.attempts >= WEBHOOK_OUR_OWN_TRIES
        && (delivery.problem, problem) == (Some(Problem::OurOwn), Problem::OurOwn);
    let is_given_up = now >= delivery.give_up_at
        || stays_our_own
        || matches!(problem, Problem::Gone | Problem::NothingToTell);
    let standing = match problem {
        Problem::Gone => Standing::Disabled(DisabledBecause::Gone),
        // Nothing that the receiver could do anything about.
        Problem::NothingToTell | Problem::OurOwn => webhook.standing,
        // Only with an event that was tried for its whole time: after a quiet week, one failure proves
        // nothing.
        _ if is_given_up && now.since(failing_since) >= WEBHOOK_DISABLED_AFTER => {
            Standing::Disabled(DisabledBecause::Failing)
        }
        _ => Standing::Enabled {
            failing_since: Some(failing_since),
        },
    };
    next.state = if is_given_up {
        DeliveryState::Failed
    } else {
        // The last attempt is made when the time is over, not somewhat before.
        let at = (now + wait_after(next.attempts, jitter)).min(delivery.give_up_at);
        DeliveryState::Pending {
            next_attempt_at: at,
        }
    };
    Settled {
        delivery: next,
        standing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    fn webhook() -> Webhook {
        Webhook {
            id: WebhookId::new([1; 16]),
            clinic: ClinicId::new([1; 16]),
            url: WebhookUrl::from_stored("https://tools.example/".to_owned()),
            events: Events::new(EventType::ALL.to_vec()).unwrap(),
            standing: Standing::Enabled {
                failing_since: None,
            },
            secrets: SecretSeeds {
                current: SecretSeed("a".to_owned()),
                old: None,
            },
            delivered_version: 0,
            added_at: at(0),
        }
    }

    fn delivery(happened_at: Timestamp) -> Delivery {
        Delivery::new(
            WebhookDeliveryId::new([1; 16]),
            1,
            EventType::CallerArrived,
            CallerId::new([1; 16]),
            happened_at,
            happened_at,
        )
    }

    const FAILED: Answer = Answer::NotTaken {
        status: Some(500),
        problem: Problem::NotTaken,
    };

    /// Fails until the delivery is given up; when each attempt was made.
    fn fail(webhook: &mut Webhook, delivery: &mut Delivery, jitter: Jitter) -> Vec<Timestamp> {
        let mut attempts = Vec::new();
        while let DeliveryState::Pending { next_attempt_at } = delivery.state {
            attempts.push(next_attempt_at);
            let settled = settle(webhook, delivery, FAILED, next_attempt_at, jitter);
            *delivery = settled.delivery;
            webhook.standing = settled.standing;
        }
        attempts
    }

    #[test]
    fn an_event_is_tried_at_growing_times_and_a_last_time_after_a_day() {
        for jitter in [Jitter(0), Jitter(u32::MAX / 2), Jitter(u32::MAX)] {
            let (mut webhook, mut delivery) = (webhook(), delivery(at(0)));
            let attempts = fail(&mut webhook, &mut delivery, jitter);
            assert_eq!(delivery.state, DeliveryState::Failed);
            assert_eq!(attempts.last(), Some(&at(24 * 3600)));
            assert!((30..200).contains(&attempts.len()), "{}", attempts.len());
            assert!(webhook.is_enabled(), "one day is not five");
        }
    }

    #[test]
    fn five_days_of_nothing_but_failures_disable_a_webhook() {
        let mut webhook = webhook();
        let day = 24 * 3600;
        for number in 0..5 {
            let mut delivery = delivery(at(number * day));
            fail(&mut webhook, &mut delivery, Jitter(7));
            let is_last = number == 4;
            assert_eq!(webhook.is_enabled(), !is_last, "after day {number}");
        }
        assert_eq!(
            webhook.standing,
            Standing::Disabled(DisabledBecause::Failing)
        );
    }

    #[test]
    fn one_success_begins_the_five_days_anew() {
        let mut webhook = webhook();
        let day = 24 * 3600;
        for number in 0..20 {
            let mut delivery = delivery(at(number * day));
            if number % 4 == 3 {
                let taken = Answer::Taken { status: 204 };
                let now = at(number * day);
                let settled = settle(&webhook, &delivery, taken, now, Jitter(0));
                assert_eq!(settled.delivery.state, DeliveryState::Delivered);
                webhook.standing = settled.standing;
            } else {
                fail(&mut webhook, &mut delivery, Jitter(0));
            }
        }
        assert!(webhook.is_enabled());
    }

    #[test]
    fn after_a_quiet_week_one_failure_does_not_disable() {
        let mut webhook = webhook();
        fail(&mut webhook, &mut delivery(at(0)), Jitter(0));
        let week = 7 * 24 * 3600;
        let settled = settle(&webhook, &delivery(at(week)), FAILED, at(week), Jitter(0));
        assert!(matches!(settled.standing, Standing::Enabled { .. }));
        assert!(matches!(
            settled.delivery.state,
            DeliveryState::Pending { .. }
        ));
    }

    #[test]
    fn a_receiver_that_is_gone_is_left_alone_at_once() {
        let gone = Answer::NotTaken {
            status: Some(410),
            problem: Problem::Gone,
        };
        let settled = settle(&webhook(), &delivery(at(0)), gone, at(1), Jitter(0));
        assert_eq!(settled.standing, Standing::Disabled(DisabledBecause::Gone));
        assert_eq!(settled.delivery.state, DeliveryState::Failed);
    }

    #[test]
    fn an_event_that_cannot_be_read_here_gives_way_to_those_that_follow() {
        let our_own = Answer::NotTaken {
            status: None,
            problem: Problem::OurOwn,
        };
        let webhook = webhook();
        // One that failed there all day, and here for the first time, is tried again.
        let mut tried = delivery(at(0));
        tried.attempts = 40;
        tried.problem = Some(Problem::TimedOut);
        let settled = settle(&webhook, &tried, our_own, at(0), Jitter(0));
        assert!(matches!(
            settled.delivery.state,
            DeliveryState::Pending { .. }
        ));

        let mut delivery = delivery(at(0));
        for _ in 1..WEBHOOK_OUR_OWN_TRIES {
            let settled = settle(&webhook, &delivery, our_own, at(0), Jitter(0));
            delivery = settled.delivery;
            assert!(matches!(delivery.state, DeliveryState::Pending { .. }));
        }
        let settled = settle(&webhook, &delivery, our_own, at(0), Jitter(0));
        assert_eq!(settled.delivery.state, DeliveryState::Failed);
        assert_eq!(
            settled.standing, webhook.standing,
            "nothing is said of the receiver"
        );
    }

    #[test]
    fn an_event_whose_time_was_over_before_its_turn_is_tried_once() {
        let late = settle(
            &webhook(),
            &delivery(at(0)),
            FAILED,
            at(25 * 3600),
            Jitter(0),
        );
        assert_eq!(late.delivery.state, DeliveryState::Failed);
        assert_eq!(late.delivery.attempts, 1);
    }

    #[test]
    fn a_change_is_told_once_as_the_most_particular_that_is_wanted() {
        use EventType::{CallerArrived, CallerChanged, CallerEnded, RecallDelivered};
        let events = |all: &[EventType]| Events::new(all.to_vec()).unwrap();
        let all = events(&EventType::ALL);
        assert_eq!(all.told_as(CallerChanged, true), Some(RecallDelivered));
        assert_eq!(all.told_as(CallerChanged, false), Some(CallerChanged));
        assert_eq!(all.told_as(CallerEnded, true), Some(CallerEnded));
        let changes = events(&[CallerChanged]);
        assert_eq!(changes.told_as(CallerChanged, true), Some(CallerChanged));
        assert_eq!(changes.told_as(CallerArrived, false), None);
        let recalls = events(&[RecallDelivered]);
        assert_eq!(recalls.told_as(CallerChanged, false), None);
        assert_eq!(recalls.told_as(CallerChanged, true), Some(RecallDelivered));
    }

    #[test]
    fn a_secret_that_was_replaced_signs_for_a_day_more() {
        let webhook = webhook().with_new_secret(SecretSeed("b".to_owned()), at(0));
        let signing = |now| -> Vec<_> { webhook.secrets.signing(now).cloned().collect() };
        let seed = |name: &str| SecretSeed(name.to_owned());
        assert_eq!(signing(at(24 * 3600 - 1)), [seed("b"), seed("a")]);
        assert_eq!(signing(at(24 * 3600)), [seed("b")]);
    }

    #[test]
    fn an_address_within_is_no_webhook_however_it_is_written() {
        for address in [
            "http://tools.example/",
            "ftp://tools.example/",
            "file:///etc/passwd",
            "tools.example",
            "//tools.example",
            "https://",
            "https://user@tools.example/",
            "https://user:word@tools.example/",
            "https://@127.0.0.1/",
            "https://tools.example/#there",
            "https://tools.example:0/",
            "https://tools.example:99999/",
            "https://tools\u{9}.example/",
            "https://tools.example/a b",
            "https://tools.example\\@127.0.0.1/",
            "https://localhost/",
            "https://LOCALHOST./",
            "https://a.localhost/",
            "https://printer.local/",
            "https://metadata.google.internal/",
            "https://router.home.arpa/",
            "https://intranet/",
            "https://127.0.0.1/",
            "https://127.0.0.1./",
            "https://127.1/",
            "https://0177.0.0.1/",
            "https://0x7f.0.0.1/",
            "https://0x7f000001/",
            "https://2130706433/",
            "https://017700000001/",
            "https://1.2.3.4.5/",
            "https://①②⑦.0.0.1/",
            "https://127。0。0。1/",
            "https://%31%32%37.0.0.1/",
            "https://169.254.169.254/latest/meta-data/",
            "https://192.168.1.1/",
            "https://0/",
            "https://[::1]/",
            "https://[::]/",
            "https://[0:0:0:0:0:0:0:1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:7f00:1]/",
            "https://[64:ff9b::7f00:1]/",
            "https://[2002:7f00:1::]/",
            "https://[fe80::1%25eth0]/",
            "https://[fe80::1%eth0]/",
            "https://[fe80::1]/",
            "https://[fd00:ec2::254]/",
            "https://[v1.a]/",
        ] {
            assert!(
                WebhookUrl::parse(address, Reach::PublicOnly).is_err(),
                "{address}"
            );
        }
    }

    #[test]
    fn an_address_of_the_internet_is_taken_as_it_will_be_used() {
        for (address, used) in [
            ("https://tools.example", "https://tools.example/"),
            (
                " https://Tools.Example:8443/a?b=c ",
                "https://tools.example:8443/a?b=c",
            ),
            ("https://tools.example./", "https://tools.example./"),
            ("https://8.8.8.8/", "https://8.8.8.8/"),
            ("https://134744072/", "https://8.8.8.8/"),
            ("https://localhost.example/", "https://localhost.example/"),
            ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ] {
            let url = WebhookUrl::parse(address, Reach::PublicOnly).expect(address);
            assert_eq!(url.as_str(), used);
        }
        let long = format!("https://tools.example/{}", "a".repeat(2000));
        assert!(WebhookUrl::parse(&long, Reach::PublicOnly).is_err());
    }

    #[test]
    fn in_development_the_own_machine_is_reached_too() {
        for address in [
            "http://127.0.0.1:9000/",
            "http://localhost/",
            "https://[::1]/",
        ] {
            assert!(
                WebhookUrl::parse(address, Reach::PrivateToo).is_ok(),
                "{address}"
            );
        }
        assert!(WebhookUrl::parse("ftp://127.0.0.1/", Reach::PrivateToo).is_err());
    }
}
