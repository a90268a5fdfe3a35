//! How often one party may ask: requests are counted by whoever bears the credential, and by address
//! where there is none.
//!
//! Each party has a quota that fills up evenly: after a pause of a window (a minute) the whole of it is
//! there, and whoever has used it up gets a request every so often, not none for a minute. All that is
//! kept of a party is the moment at which its quota will be whole again; a party whose quota is whole
//! is not kept at all, and there are never more of them than [`MOST_PARTIES`].
//!
//! Answers say where a party stands in `RateLimit-Policy` and `RateLimit`
//! (draft-ietf-httpapi-ratelimit-headers-10), and `Retry-After` where it was too often.

use std::collections::HashMap;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::domain::limits::{
    Allowance, REQUESTS_AT_A_TIME, REQUESTS_FROM_ADDRESS, REQUESTS_OF_CALLER, REQUESTS_OF_KEY,
    REQUESTS_OF_SESSION, REQUESTS_WAITING,
};
use crate::domain::network::network;

/// How long a request waits for its turn before it is turned away: well within the patience of clients, and as
/// long as thousands of requests take.
const WAITS_FOR: Duration = Duration::from_secs(5);

/// Most parties that are remembered: some 10 MB. Above it the half that owes least is forgotten, so
/// that a flood of addresses does not make room for those that ask too often.
const MOST_PARTIES: usize = 50_000;

/// The quota of whoever asks (draft, 3.1).
pub const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// What is left of it (draft, 4.1).
pub const STANDING: HeaderName = HeaderName::from_static("ratelimit");

/// For whom requests and connections are counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Party {
    /// Whoever shows no good credential, by address; an IPv6 network counts as one, because a single
    /// line has 2^64 of its addresses. `None` where the address is not known.
    Address(Option<IpAddr>),
    /// A caller, by id.
    Caller(Box<str>),
    /// A team member, by id.
    Session(Box<str>),
    /// An API key, by id.
    Key(Box<str>),
}

impl Party {
    /// Whoever is behind an address.
    pub fn at(address: Option<IpAddr>) -> Self {
        Self::Address(address.map(network))
    }
}

/// How many requests each kind of party may make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimits {
    address: Allowance,
    caller: Allowance,
    session: Allowance,
    key: Allowance,
    are_on: bool,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self {
            address: REQUESTS_FROM_ADDRESS,
            caller: REQUESTS_OF_CALLER,
            session: REQUESTS_OF_SESSION,
            key: REQUESTS_OF_KEY,
            are_on: true,
        }
    }
}

impl RateLimits {
    /// No limits: nothing is counted.
    #[must_use]
    pub fn off() -> Self {
        Self {
            are_on: false,
            ..Self::default()
        }
    }

    fn of(&self, party: &Party) -> (&'static str, Allowance) {
        match party {
            Party::Address(_) => ("address", self.address),
            Party::Caller(_) => ("caller", self.caller),
            Party::Session(_) => ("session", self.session),
            Party::Key(_) => ("key", self.key),
        }
    }
}

/// Text that is no list of limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is neither off nor a list such as address=240,caller=120,session=600,key=600")]
pub struct NotRateLimits;

/// Reads `off`, or some of the four figures; the others stay as they are. Requests a minute.
impl FromStr for RateLimits {
    type Err = NotRateLimits;

    fn from_str(text: &str) -> Result<Self, NotRateLimits> {
        if text.trim() == "off" {
            return Ok(Self::off());
        }
        let mut limits = Self::default();
        for (name, figure) in figures(text).ok_or(NotRateLimits)? {
            let allowance = match name {
                "address" => &mut limits.address,
                "caller" => &mut limits.caller,
                "session" => &mut limits.session,
                "key" => &mut limits.key,
                _ => return Err(NotRateLimits),
            };
            allowance.count = figure;
        }
        Ok(limits)
    }
}

/// Reads `name=figure,…`; `None` when something else is there, or a figure is 0 or above a million.
pub(super) fn figures(text: &str) -> Option<Vec<(&str, usize)>> {
    text.split(',')
        .map(|entry| {
            let (name, figure) = entry.split_once('=')?;
            let figure = figure.trim().parse().ok()?;
            (1..=1_000_000)
                .contains(&figure)
                .then_some((name.trim(), figure))
        })
        .collect()
}

/// Counts requests. Cheap to clone.
#[derive(Clone)]
pub struct FairUse {
    limits: RateLimits,
    whole_at: Arc<Mutex<HashMap<Party, Instant>>>,
    under_way: UnderWay,
    waits_for: Duration,
}

impl Default for FairUse {
    fn default() -> Self {
        Self {
            limits: RateLimits::default(),
            whole_at: Arc::default(),
            under_way: Arc::default(),
            waits_for: WAITS_FOR,
        }
    }
}

/// The requests of each party that are being answered or wait for it.
type UnderWay = Arc<Mutex<HashMap<Party, Lane>>>;

/// Those of one party.
struct Lane {
    places: Arc<Semaphore>,
    /// How many have a place or wait for one.
    count: usize,
}

/// One request in that count, for as long as this lives.
struct Counted(UnderWay, Party);

impl Drop for Counted {
    fn drop(&mut self) {
        let mut under_way = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lane) = under_way.get_mut(&self.1) {
            lane.count -= 1;
            if lane.count == 0 {
                under_way.remove(&self.1);
            }
        }
    }
}

/// A request that is being answered, for as long as this or a clone of it lives. None where nothing is
/// counted.
#[derive(Clone)]
pub(super) struct Answering {
    _place: Option<Arc<(OwnedSemaphorePermit, Counted)>>,
}

/// Where a party stands after one more request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    policy: Option<(&'static str, Allowance)>,
    remaining: u64,
    whole_in: Duration,
    /// How long until another request is answered; `None` when this one is.
    pub too_often_for: Option<Duration>,
}

impl FairUse {
    /// Nobody has asked yet.
    #[must_use]
    pub fn new(limits: RateLimits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    /// Letting a request wait for its turn for as long as a test may last.
    #[cfg(test)]
    #[must_use]
    pub(super) fn patient(mut self) -> Self {
        self.waits_for = Duration::from_mins(10);
        self
    }

    /// Begins to answer a request of a party, when its turn has come; `None` where too many wait already, or
    /// this has waited too long.
    pub(super) async fn begin(&self, party: Party) -> Option<Answering> {
        if !self.limits.are_on {
            return Some(Answering { _place: None });
        }
        let (places, counted) = self.line_up(party)?;
        let place = tokio::time::timeout(self.waits_for, places.acquire_owned()).await;
        Some(Answering {
            _place: Some(Arc::new((place.ok()?.ok()?, counted))),
        })
    }

    fn line_up(&self, party: Party) -> Option<(Arc<Semaphore>, Counted)> {
        let mut under_way = self
            .under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let lane = under_way.entry(party.clone()).or_insert_with(|| Lane {
            places: Arc::new(Semaphore::new(REQUESTS_AT_A_TIME)),
            count: 0,
        });
        if lane.count >= REQUESTS_AT_A_TIME + REQUESTS_WAITING {
            return None;
        }
        lane.count += 1;
        Some((
            Arc::clone(&lane.places),
            Counted(Arc::clone(&self.under_way), party),
        ))
    }

    /// Counts one request of a party. One that is too often costs nothing more.
    #[must_use]
    pub fn take(&self, party: Party, now: Instant) -> Turn {
        if !self.limits.are_on {
            return Turn {
                policy: None,
                remaining: 0,
                whole_in: Duration::ZERO,
                too_often_for: None,
            };
        }
        let policy = self.limits.of(&party);
        let window = window(policy.1);
        let cost = window / u32::try_from(policy.1.count.max(1)).unwrap_or(u32::MAX);
        let mut parties = self.whole_at.lock().unwrap_or_else(PoisonError::into_inner);
        let whole_at = parties.get(&party).copied().unwrap_or(now).max(now);
        let owed = whole_at - now;
        let owed_then = owed + cost;
        if owed_then > window {
            return Turn {
                policy: Some(policy),
                remaining: 0,
                whole_in: owed,
                too_often_for: Some(owed_then.saturating_sub(window)),
            };
        }
        make_room(&mut parties, now);
        parties.insert(party, now + owed_then);
        let left = window.saturating_sub(owed_then).as_nanos() / cost.as_nanos().max(1);
        Turn {
            policy: Some(policy),
            remaining: u64::try_from(left).unwrap_or(u64::MAX),
            whole_in: owed_then,
            too_often_for: None,
        }
    }
}

fn window(allowance: Allowance) -> Duration {
    let milliseconds = u64::try_from(allowance.within.as_millis()).unwrap_or_default();
    Duration::from_millis(milliseconds.max(1))
}

fn make_room(parties: &mut HashMap<Party, Instant>, now: Instant) {
    if parties.len() < MOST_PARTIES {
        return;
    }
    parties.retain(|_, whole_at| *whole_at > now);
    if parties.len() < MOST_PARTIES / 2 {
        return;
    }
    let mut times: Vec<Instant> = parties.values().copied().collect();
    let middle = times.len() / 2;
    let (_, median, _) = times.select_nth_unstable(middle);
    let median = *median;
    let mut to_forget = middle;
    parties.retain(|_, whole_at| {
        let stays = *whole_at > median || to_forget == 0;
        to_forget -= usize::from(!stays);
        stays
    });
}

impl Turn {
    /// The same turn of a party that has to wait for answers to others of its requests first.
    pub(super) fn put_off(self, wait: Duration) -> Self {
        Self {
            too_often_for: Some(self.too_often_for.unwrap_or_default().max(wait)),
            ..self
        }
    }

    /// Says in an answer's headers where the party stands.
    pub fn mark(&self, headers: &mut HeaderMap) {
        let Some((name, allowance)) = self.policy else {
            return;
        };
        let policy = format!(
            "\"{name}\";q={};w={}",
            allowance.count,
            window(allowance).as_secs()
        );
        let standing = format!(
            "\"{name}\";r={};t={}",
            self.remaining,
            whole_seconds(self.whole_in)
        );
        for (header, value) in [(POLICY, policy), (STANDING, standing)] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(header, value);
            }
        }
        if let Some(wait) = self.too_often_for {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(whole_seconds(wait)));
        }
    }
}

/// Rounded up: whoever comes back then is not too early.
pub(super) fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;

    fn key() -> Party {
        Party::Key("a".into())
    }

    fn limits(text: &str) -> FairUse {
        FairUse::new(text.parse().expect("limits"))
    }

    fn headers(turn: Turn) -> [String; 3] {
        let mut headers = HeaderMap::new();
        turn.mark(&mut headers);
        [POLICY, STANDING, header::RETRY_AFTER].map(|name| {
            let value = headers.get(name).map(|value| value.to_str().expect("text"));
            value.unwrap_or_default().to_owned()
        })
    }

    #[test]
    fn whoever_has_used_the_quota_up_gets_a_request_whenever_one_has_come_back() {
        let (fair_use, start) = (limits("key=60"), Instant::now());
        for taken in 1..=60 {
            let turn = fair_use.take(key(), start);
            assert_eq!((turn.too_often_for, turn.remaining), (None, 60 - taken));
        }
        for _ in 0..3 {
            let turn = fair_use.take(key(), start + Duration::from_millis(400));
            assert_eq!(turn.too_often_for, Some(Duration::from_millis(600)));
        }
        assert_eq!(
            fair_use
                .take(key(), start + Duration::from_secs(1))
                .too_often_for,
            None
        );
        assert!(
            fair_use
                .take(key(), start + Duration::from_secs(1))
                .too_often_for
                .is_some()
        );
        // After a window it is as if nothing had been.
        assert_eq!(
            fair_use
                .take(key(), start + Duration::from_secs(61))
                .remaining,
            59
        );
    }

    #[test]
    fn parties_do_not_use_one_another_s_quota() {
        let (fair_use, now) = (limits("key=1,session=1,caller=1,address=1"), Instant::now());
        let address = |text: &str| Party::at(Some(text.parse().expect("an address")));
        for party in [
            key(),
            Party::Key("b".into()),
            Party::Session("a".into()),
            Party::Caller("a".into()),
            address("192.0.2.1"),
            address("192.0.2.2"),
            address("2001:db8:0:1::1"),
            address("2001:db8:0:2::1"),
            Party::at(None),
        ] {
            assert_eq!(
                fair_use.take(party.clone(), now).too_often_for,
                None,
                "{party:?}"
            );
            assert!(
                fair_use.take(party.clone(), now).too_often_for.is_some(),
                "{party:?}"
            );
        }
        // One line has all addresses of its network.
        assert!(
            fair_use
                .take(address("2001:db8:0:1:ffff::2"), now)
                .too_often_for
                .is_some()
        );
        assert!(
            fair_use
                .take(address("::ffff:192.0.2.1"), now)
                .too_often_for
                .is_some()
        );
    }

    #[tokio::test]
    async fn so_many_are_answered_at_a_time_and_the_others_of_that_party_wait() {
        let fair_use = FairUse {
            waits_for: Duration::from_millis(200),
            ..FairUse::default()
        };
        let mut answering = Vec::new();
        for _ in 0..REQUESTS_AT_A_TIME {
            answering.push(fair_use.begin(key()).await.expect("room"));
        }
        assert!(fair_use.begin(Party::Key("b".into())).await.is_some());
        let mut waiting: Vec<_> = (0..REQUESTS_WAITING)
            .map(|_| Box::pin(fair_use.begin(key())))
            .collect();
        for waits in &mut waiting {
            assert!(futures_util::poll!(waits).is_pending());
        }
        let one_more = fair_use.begin(key()).now_or_never();
        assert!(one_more.expect("at once").is_none(), "too many wait");

        answering.pop();
        answering.push(waiting.remove(0).await.expect("its turn"));
        for waits in waiting {
            assert!(waits.await.is_none(), "it has waited too long");
        }
        drop(answering);
        assert!(fair_use.under_way.lock().expect("unlocked").is_empty());

        let unlimited = FairUse::new(RateLimits::off());
        let all: Vec<_> = (0..100)
            .map(|_| unlimited.begin(key()).now_or_never().flatten())
            .collect();
        assert!(all.iter().all(Option::is_some));
    }

    #[test]
    fn the_headers_say_the_quota_what_is_left_and_when_to_come_back() {
        let (fair_use, now) = (limits("key=2"), Instant::now());
        let policy = "\"key\";q=2;w=60";
        assert_eq!(
            headers(fair_use.take(key(), now)),
            [policy, "\"key\";r=1;t=30", ""]
        );
        assert_eq!(
            headers(fair_use.take(key(), now)),
            [policy, "\"key\";r=0;t=60", ""]
        );
        let later = now + Duration::from_millis(100);
        assert_eq!(
            headers(fair_use.take(key(), later)),
            [policy, "\"key\";r=0;t=60", "30"]
        );
        let unlimited = FairUse::new(RateLimits::off());
        assert_eq!(headers(unlimited.take(key(), now)), ["", "", ""]);
    }

    #[test]
    fn a_flood_of_addresses_takes_no_more_memory_than_allowed_and_hides_nobody() {
        let (fair_use, now) = (limits("key=2,address=240"), Instant::now());
        for _ in 0..2 {
            assert_eq!(fair_use.take(key(), now).too_often_for, None);
        }
        for number in 0..u32::try_from(MOST_PARTIES * 3).expect("a small number") {
            let party = Party::Address(Some(IpAddr::V4(number.into())));
            let _ = fair_use.take(party, now);
            let kept = fair_use.whole_at.lock().expect("unlocked").len();
            assert!(kept <= MOST_PARTIES, "{kept}");
        }
        assert!(fair_use.take(key(), now).too_often_for.is_some());
        // Whose quota is whole again is not kept when room is needed.
        let later = now + Duration::from_secs(61);
        for number in 0..u32::try_from(MOST_PARTIES).expect("a small number") {
            let _ = fair_use.take(Party::Address(Some(IpAddr::V4(number.into()))), later);
        }
        assert!(
            !fair_use
                .whole_at
                .lock()
                .expect("unlocked")
                .contains_key(&key())
        );
    }

    #[test]
    fn limits_are_set_by_name_and_the_rest_stay() {
        let limits: RateLimits = " key = 7 , address=9".parse().expect("limits");
        assert_eq!((limits.key.count, limits.address.count), (7, 9));
        assert_eq!(limits.caller, RateLimits::default().caller);
        for wrong in [
            "",
            "on",
            "key",
            "key=0",
            "key=-1",
            "key=1000001",
            "keys=1",
            "key=1,",
        ] {
            assert_eq!(wrong.parse::<RateLimits>(), Err(NotRateLimits), "{wrong}");
        }
    }
}
