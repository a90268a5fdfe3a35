//! Erasing personal data, and handing out what is kept of one person.

use super::{Fault, Outcome};
use crate::domain::caller::Caller;
use crate::domain::clinic::Clinic;
use crate::domain::id::{CallerId, ClinicId, TextId};
use crate::domain::phone_number::PhoneNumber;
use crate::domain::policy::Within;
use crate::domain::presence::Screen;
use crate::domain::text::TextBody;
use crate::domain::time::Timestamp;
use async_trait::async_trait;

/// Erasing personal data, and handing out what is kept of one person.
#[async_trait]
pub trait ErasingStore: Send + Sync {
    /// Erases who was behind every stay that ended so long ago that its clinic keeps it no longer, a few
    /// in each transaction; also where a row cannot be read. True when anybody was erased: then the bytes
    /// are still to be erased.
    ///
    /// One that cannot be erased keeps nobody else: the fault is the first of those, when all others are.
    async fn erase_due(&self, now: Timestamp) -> Result<bool, Fault>;
    /// Erases who was behind one stay, before its time. `Changed` makes no version: nothing that anybody
    /// follows has changed.
    async fn erase_caller(
        &self,
        within: &Within,
        caller: &CallerId,
        now: Timestamp,
    ) -> Result<Outcome, Fault>;
    /// Erases what was erased in the rows from the bytes on the disk too, wherever the store has copies.
    /// False when somebody who reads or writes stands in the way: to be tried again in a moment.
    async fn erase_bytes(&self) -> Result<bool, Fault>;
    /// Which of these texts still have the number they went to.
    async fn texts_with_a_number(&self, among: &[TextId]) -> Result<Vec<TextId>, Fault>;

    /// The clinic of a stay, for whoever has the whole database before them.
    async fn clinic_of(&self, caller: &CallerId) -> Result<Option<ClinicId>, Fault>;
    /// Every stay, ended or not, of which this number is kept; those of one clinic only where one is
    /// given.
    async fn stays_with_number(
        &self,
        number: &PhoneNumber,
        clinic: Option<&ClinicId>,
    ) -> Result<Vec<(ClinicId, CallerId)>, Fault>;
    /// All that is kept of one stay. That it was handed out is recorded in the same transaction.
    async fn export(
        &self,
        within: &Within,
        caller: &CallerId,
        now: Timestamp,
    ) -> Result<Option<Kept>, Fault>;
    /// What limits have counted of a subject: in which kind, when, and how often in that millisecond.
    async fn counted(&self, subject: &str) -> Result<Vec<Counted>, Fault>;
}

/// All that is kept of one stay. What is said in words is said in those of the store.
#[derive(Clone, Debug)]
pub struct Kept {
    /// With the code and the latest recall.
    pub caller: Caller,
    /// Where it was.
    pub clinic: Clinic,
    /// Every text to this caller, oldest first.
    pub texts: Vec<KeptText>,
    /// What happened, oldest first.
    pub events: Vec<KeptEvent>,
    /// Each as it last reported.
    pub screens: Vec<Screen>,
    /// How many links open this stay; of each a hash is kept.
    pub links: i64,
    /// When the request that brought the caller in can no longer be told from a repeated one, a hash of
    /// it is forgotten; until then, when it came.
    pub arrival_remembered_since: Option<Timestamp>,
    /// What staff looked at or did, oldest first; who did is theirs.
    pub deeds: Vec<(Timestamp, String)>,
}

/// A text as it is kept.
#[derive(Clone, Debug)]
pub struct KeptText {
    /// Names it.
    pub id: String,
    /// Why it was sent.
    pub purpose: String,
    /// `None` once erased.
    pub to: Option<PhoneNumber>,
    /// `None` once nothing will send it any more.
    pub body: Option<TextBody>,
    /// How far it is.
    pub state: String,
    /// Why it failed.
    pub failure: Option<String>,
    /// The provider's name for it.
    pub provider_id: Option<String>,
    /// When it was decided to send it.
    pub created_at: Timestamp,
    /// When it got as far as it is.
    pub updated_at: Timestamp,
}

/// Something that happened, as it is kept.
#[derive(Clone, Debug)]
pub struct KeptEvent {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: String,
    /// With news of a text, how far it was.
    pub text_state: Option<String>,
    /// With a text that failed, why.
    pub text_failure: Option<String>,
    /// Whether the caller did it, the system, or staff; who of them is theirs.
    pub by: String,
}

/// What a limit has counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Which limit.
    pub kind: String,
    /// When.
    pub at: Timestamp,
    /// How often in this millisecond.
    pub times: i64,
}
