//! What the wait screen knows of a clinic and of a caller's stay: plain values, read from the
//! server's answers by [`crate::effects`] and shown by [`crate::screens`].
//!
//! They are the app's own and not the client's, so that a state owns exactly the data that exists in
//! it (only a place in the queue where there is a queue, only a room where one is joined) and so that
//! the reducer and the screens compile and are tested without a network.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An instant: milliseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub i64);

impl Moment {
    /// Milliseconds from `earlier` to this; 0 where `earlier` is later.
    pub fn since(self, earlier: Moment) -> i64 {
        self.0.saturating_sub(earlier.0).max(0)
    }

    /// This instant and so many milliseconds.
    #[must_use]
    pub fn plus(self, milliseconds: i64) -> Moment {
        Moment(self.0.saturating_add(milliseconds))
    }
}

/// What follows `#` in the wait screen's address: the caller's key. Never printed.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct LinkToken(String);

impl LinkToken {
    /// The longest that is looked at; anything longer is no link of ours.
    const LONGEST: usize = 256;

    /// Reads a token as it stands in an address. `None` where it cannot be one: the server is not asked.
    pub fn read(text: &str) -> Option<LinkToken> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
        (!text.is_empty() && text.len() <= Self::LONGEST && text.bytes().all(fits))
            .then(|| LinkToken(text.to_owned()))
    }

    /// For the request and the address, and for nothing else.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for LinkToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("LinkToken(…)")
    }
}

/// The clinic's part of a clinic link.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Slug(String);

impl Slug {
    /// The longest that is looked at.
    const LONGEST: usize = 100;

    /// Reads a slug as it stands in an address.
    pub fn read(text: &str) -> Option<Slug> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        (!text.is_empty() && text.len() <= Self::LONGEST && text.bytes().all(fits))
            .then(|| Slug(text.to_owned()))
    }

    /// As it stands in an address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where the app was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A clinic link, `/c/<slug>`.
    Clinic(Slug),
    /// A wait screen's link, `/w#<token>`.
    Wait(LinkToken),
    /// None: the app was started by itself, without a link.
    Start,
    /// An address that is neither, or a link cut short.
    Unknown,
}

impl Address {
    /// Reads the path and the fragment (without `#`) of an address.
    pub fn read(path: &str, fragment: &str) -> Address {
        if path == "/w" || path == "/w/" {
            return LinkToken::read(fragment).map_or(Address::Unknown, Address::Wait);
        }
        path.strip_prefix("/c/")
            .map(|rest| rest.strip_suffix('/').unwrap_or(rest))
            .and_then(Slug::read)
            .map_or(Address::Unknown, Address::Clinic)
    }

    /// As it stands after the host; empty where it leads to nobody in particular.
    pub fn path(&self) -> String {
        match self {
            Address::Clinic(slug) => format!("/c/{}", slug.as_str()),
            Address::Wait(link) => format!("/w#{}", link.reveal()),
            Address::Start | Address::Unknown => String::new(),
        }
    }
}

/// The public face of a clinic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clinic {
    /// Its name as patients know it.
    pub name: String,
    /// Whether it takes callers now.
    pub is_open: bool,
    /// Whether new arrivals may verify a number and step away.
    pub offline_queueing: bool,
    /// Asked besides name and number.
    pub entry_fields: Vec<EntryField>,
    /// What callers agree to before they come in.
    pub consent_text: Option<String>,
}

/// A question the clinic asks on arrival.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryField {
    /// Names the answer.
    pub key: String,
    /// Shown above the field.
    pub label: String,
    /// Whether an answer is needed to come in.
    pub is_required: bool,
}

/// A caller's stay as the server last told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Which stay: another after a lost place was taken back.
    pub id: String,
    /// Counts this stay's changes.
    pub version: i64,
    /// Where the caller stands.
    pub standing: Standing,
    /// The number, if one was given.
    pub phone: Option<Phone>,
    /// Whether the caller may step away once the number is verified.
    pub may_step_away: bool,
    /// The code that is outstanding.
    pub verification: Option<Verification>,
    /// Whether the holder of the number has asked for no texts: a recall cannot reach this caller.
    pub texts_stopped: bool,
    /// Which recall asks this caller to come back, until the return.
    pub recall: Option<String>,
}

/// The clinic of a stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MyClinic {
    /// Its name.
    pub name: String,
    /// Where to arrive again.
    pub slug: Slug,
}

impl Caller {
    /// Whether the number that recalls are sent to is verified.
    pub fn is_verified(&self) -> bool {
        self.phone.as_ref().is_some_and(|phone| phone.is_verified)
    }

    /// Whether a text would bring this caller back: only then may the page be left.
    pub fn is_recallable(&self) -> bool {
        self.is_verified() && !self.texts_stopped
    }

    /// Whether this caller must stay on the page: nobody can call them back, or somebody just has.
    pub fn must_stay(&self) -> bool {
        !self.is_recallable() || matches!(self.standing, Standing::Waiting { is_back: true, .. })
    }

    /// Whether this stay is over and no place can be taken back.
    pub fn is_over(&self) -> bool {
        matches!(&self.standing, Standing::Ended(end) if !end.is_resumable())
    }

    /// What becomes of this caller while none of their screens is seen.
    pub fn unseen(&self) -> Unseen {
        match self.standing {
            Standing::BeingSeen { .. } | Standing::OnHold { .. } => Unseen::WithProvider,
            Standing::Ended(_) => Unseen::Over,
            Standing::Waiting { .. } | Standing::Offline { .. } => {
                if self.is_recallable() {
                    Unseen::Texted
                } else if self.is_verified() {
                    Unseen::Untexted
                } else {
                    Unseen::AtRisk
                }
            }
        }
    }
}

/// What becomes of a caller while none of their screens is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unseen {
    /// The place is kept, and a text calls them back.
    Texted,
    /// The place is kept, and no text can call them back.
    Untexted,
    /// The place may be lost: no number is verified.
    AtRisk,
    /// A provider expects them.
    WithProvider,
    /// Nothing any more.
    Over,
}

/// The stays that a device keeps until they end, the latest last.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stays(Vec<KeptStay>);

/// A stay has more links than the one that is kept, and may end under another: the caller tells.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct KeptStay {
    clinic: String,
    link: String,
    caller: String,
}

impl Stays {
    /// Nobody waits more often at once; a stay that drops out is still opened by its own link.
    const MOST: usize = 20;

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The latest.
    pub fn latest(&self) -> Option<LinkToken> {
        LinkToken::read(&self.0.last()?.link)
    }

    /// The latest at this clinic.
    pub fn latest_at(&self, clinic: &Slug) -> Option<LinkToken> {
        let mut latest_first = self.0.iter().rev();
        LinkToken::read(
            &latest_first
                .find(|kept| kept.clinic == clinic.as_str())?
                .link,
        )
    }

    /// Keeps the stay of this caller, as the latest, by this link and by no other.
    pub fn keep(&mut self, clinic: &Slug, link: &LinkToken, caller: &str) {
        self.forget(link, Some(caller));
        self.0.push(KeptStay {
            clinic: clinic.as_str().to_owned(),
            link: link.reveal().to_owned(),
            caller: caller.to_owned(),
        });
        self.0.drain(..self.0.len().saturating_sub(Self::MOST));
    }

    /// Forgets the stay of this link, and of this caller where that is known.
    pub fn forget(&mut self, link: &LinkToken, caller: Option<&str>) {
        self.0
            .retain(|kept| kept.link != link.reveal() && Some(kept.caller.as_str()) != caller);
    }
}

/// A caller's status with what exists in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Joinable now.
    Waiting {
        /// `None` where the clinic does not tell.
        place: Option<Place>,
        /// Whether a recall was answered: it is nearly their turn.
        is_back: bool,
    },
    /// Away: the place is kept.
    Offline {
        /// `None` where the clinic does not tell.
        place: Option<Place>,
    },
    /// A provider has joined.
    BeingSeen {
        /// `None` until there is a room.
        room: Option<RoomLink>,
    },
    /// With a provider who will be back.
    OnHold {
        /// The room, where it is still open.
        room: Option<RoomLink>,
    },
    /// The stay is over.
    Ended(End),
}

impl Standing {
    /// Whether this is a place in the queue.
    pub fn is_in_queue(&self) -> bool {
        matches!(self, Standing::Waiting { .. } | Standing::Offline { .. })
    }
}

/// The place in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// 1 is next.
    pub number: u32,
    /// How many of those ahead are away.
    pub ahead_away: u32,
}

/// How a stay ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The consultation took place.
    Completed,
    /// The caller left.
    LeftByCaller {
        /// Whether by a reply to a text.
        by_text: bool,
    },
    /// The wait screen was out of reach for too long.
    LostContact {
        /// Whether the place can still be taken back.
        is_resumable: bool,
    },
    /// Staff ended it.
    Cancelled {
        /// As staff put it.
        reason: Option<String>,
    },
}

impl End {
    /// Whether the place can still be taken back.
    pub fn is_resumable(&self) -> bool {
        matches!(self, End::LostContact { is_resumable: true })
    }
}

/// The address of a room that a browser may be sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomLink(String);

impl RoomLink {
    /// Takes web addresses only: a link is pressed by someone who trusts this page, so
    /// `javascript:` and its like must never become one.
    pub fn read(url: &str) -> Option<RoomLink> {
        let lower = url.get(..8).unwrap_or(url).to_ascii_lowercase();
        ((lower.starts_with("https://") || lower.starts_with("http://"))
            && !url.contains(|character: char| character.is_control() || character.is_whitespace()))
        .then(|| RoomLink(url.to_owned()))
    }

    /// As it goes into a link.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The caller's number.
#[derive(Clone, PartialEq, Eq)]
pub struct Phone {
    /// E.164.
    pub number: String,
    /// Whether a code sent to it came back, or staff have phoned it.
    pub is_verified: bool,
}

impl fmt::Debug for Phone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Phone {{ is_verified: {} }}", self.is_verified)
    }
}

/// A code that is outstanding.
#[derive(Clone, PartialEq, Eq)]
pub struct Verification {
    /// The number the code went to.
    pub number: String,
    /// When it was sent, by the server's clock.
    pub sent_at: Moment,
    /// From when another may be asked for, by the server's clock.
    pub resend_at: Moment,
    /// How often it may still be tried.
    pub attempts_left: u32,
    /// How far the text message has come.
    pub delivery: Delivery,
}

impl fmt::Debug for Verification {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Verification")
            .field("sent_at", &self.sent_at)
            .field("attempts_left", &self.attempts_left)
            .field("delivery", &self.delivery)
            .finish_non_exhaustive()
    }
}

/// How far a text message has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Not with those yet who deliver it.
    Queued,
    /// With those who deliver it.
    Sent,
    /// On the phone.
    Delivered,
    /// It will not arrive.
    Failed(DeliveryFailure),
    /// Nobody can tell whether it went out.
    Unknown,
}

/// Why a text message will not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryFailure {
    /// No such number.
    InvalidNumber,
    /// A number that takes no text messages.
    Landline,
    /// Switched off or out of reach.
    Unreachable,
    /// The owner has stopped messages from this sender.
    OptedOut,
    /// The network refuses it.
    Blocked,
    /// No texts can be sent to anybody just now.
    ProviderUnavailable,
    /// Another reason.
    Other,
}

impl DeliveryFailure {
    /// Whether nothing can come of this code any more. Networks give up on phones that are off, and some
    /// of these texts still come hours later or in part: there the code may yet be entered.
    pub fn is_final(self) -> bool {
        !matches!(self, DeliveryFailure::Unreachable | DeliveryFailure::Other)
    }

    /// Whether another code to the same number may arrive. To the other numbers it would go the same way.
    pub fn is_worth_another_try(self) -> bool {
        matches!(
            self,
            DeliveryFailure::OptedOut
                | DeliveryFailure::ProviderUnavailable
                | DeliveryFailure::Unreachable
                | DeliveryFailure::Other
        )
    }
}

/// Why a request had no effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The server said no, with its reasons, and how the stay now stands where it is about one.
    Refused(Vec<Refusal>, Option<Box<Caller>>),
    /// No answer: the request may or may not have arrived.
    Unreachable,
    /// Something is broken, here or there.
    Broken,
    /// The link opens nothing (any more).
    LinkUnknown,
}

/// One reason for a no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What kind of reason.
    pub kind: RefusalKind,
    /// The server's words.
    pub message: String,
    /// The path of the offending input field; empty where there is none.
    pub field: Vec<String>,
}

/// Kinds of refusal that the wait screen tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// Something typed is not right.
    InvalidInput,
    /// The code is wrong; so many tries are left.
    CodeRejected {
        /// How often it may still be tried.
        attempts_left: u32,
    },
    /// Too often; by the server's clock not before this instant.
    RateLimited {
        /// Not before this instant.
        retry_at: Moment,
    },
    /// Not in this status.
    WrongStatus,
    /// This clinic does not offer it.
    NotOffered,
    /// Cannot be done at the moment.
    Unavailable,
    /// Anything else.
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slug(text: &str) -> Slug {
        Slug::read(text).unwrap_or_else(|| Slug(String::new()))
    }

    fn link(text: &str) -> LinkToken {
        LinkToken::read(text).unwrap_or_else(|| LinkToken(String::new()))
    }

    #[test]
    fn one_who_arrives_beside_another_takes_nothing_from_them_on_the_device() {
        let mut stays = Stays::default();
        stays.keep(&slug("north"), &link("first"), "anna");
        stays.keep(&slug("north"), &link("second"), "ben");
        assert_eq!(stays.latest_at(&slug("north")), Some(link("second")));
        // A recall is answered by a link of its own, and the stay is kept once.
        stays.keep(&slug("north"), &link("recall"), "anna");
        assert_eq!(stays.latest(), Some(link("recall")));
        // By whichever link a stay ends, the other one stays.
        stays.forget(&link("first"), Some("anna"));
        assert_eq!(stays.latest_at(&slug("north")), Some(link("second")));
        assert!(!stays.is_empty());
        stays.forget(&link("second"), None);
        assert!(stays.is_empty());
    }

    #[test]
    fn with_the_latest_stay_ended_the_one_before_it_leads_on() {
        let mut stays = Stays::default();
        stays.keep(&slug("north"), &link("first"), "anna");
        stays.keep(&slug("south"), &link("second"), "anna-too");
        assert_eq!(stays.latest(), Some(link("second")));
        assert_eq!(stays.latest_at(&slug("north")), Some(link("first")));
        stays.forget(&link("second"), Some("anna-too"));
        assert_eq!(stays.latest(), Some(link("first")));
        assert_eq!(stays.latest_at(&slug("south")), None);
    }

    #[test]
    fn of_too_many_stays_the_oldest_is_forgotten_and_keeping_one_again_costs_no_other() {
        let mut stays = Stays::default();
        let one = |number: usize| link(&format!("link-{number}"));
        for number in 0..=Stays::MOST {
            stays.keep(&slug("north"), &one(number), &number.to_string());
        }
        assert_eq!(stays.0.len(), Stays::MOST);
        assert!(stays.0.iter().all(|kept| kept.caller != "0"));
        stays.keep(&slug("north"), &one(5), "5");
        assert_eq!(stays.0.len(), Stays::MOST);
        assert_eq!(stays.latest(), Some(one(5)));
    }
}
