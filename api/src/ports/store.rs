//! Where everything is kept. One transaction a command: the caller's row, the clinic's version, the
//! event and the texts to send are committed together or not at all.
//!
//! To add a query: a method here with what it answers, its body in `adapters/queries.rs`, a case in
//! the store's conformance tests. Absence is `Ok(None)`: only what cannot be is a [`Fault`].
//! Whatever belongs to a clinic takes a [`Within`], which only a check of who asks can make. What
//! is handed a function says `for<'s>`: `async_trait` would take a bare `&` in it for the method's
//! own.

pub mod access;
pub mod audit;
pub mod erasing;
pub mod openid;
pub mod reports;
pub mod webhooks;

use super::Fault;
use crate::domain::arrive::Resumed;
use crate::domain::caller::{Arrival, Caller};
use crate::domain::clinic::{Clinic, Settings, Slug};
use crate::domain::decide::{Changed, Decision};
use crate::domain::delivery::Progress;
use crate::domain::event::Event;
use crate::domain::id::{CallerId, ClinicId, DeviceId, RecallId, TextId};
use crate::domain::limits::{LimitKind, Use};
use crate::domain::order::QueuePosition;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::policy::{Staff, StaffId, Within};
use crate::domain::presence::{Screen, ScreenState};
use crate::domain::refusal::Refusal;
use crate::domain::secret::TokenHash;
use crate::domain::status::Status;
use crate::domain::time::Timestamp;
use crate::ports::texter::OutgoingText;
use access::StaffCredential;
use async_trait::async_trait;

/// All that is kept, as the application asks for it and changes it. Two commands on one clinic at
/// the same moment behave as if one came after the other.
#[async_trait]
pub trait Store:
    access::AccessStore
    + audit::AuditStore
    + erasing::ErasingStore
    + openid::OpenIdStore
    + reports::ReportStore
    + webhooks::WebhookStore
    + Send
    + Sync
{
    /// Answers when the store can be reached and its schema is there.
    async fn ping(&self) -> Result<(), Fault>;

    // Clinics

    /// Adds a clinic; false when its slug is taken.
    async fn add_clinic(&self, clinic: &Clinic) -> Result<bool, Fault>;
    /// Every clinic that can be read, by slug; one that cannot is logged and left out.
    async fn clinics(&self) -> Result<Vec<Clinic>, Fault>;
    /// A clinic by its id, for what belongs to it; no [`Within`], as its settings are open to
    /// callers.
    async fn clinic(&self, id: &ClinicId) -> Result<Option<Clinic>, Fault>;
    /// The clinic whose clinic link ends in `slug`.
    async fn clinic_by_slug(&self, slug: &Slug) -> Result<Option<Clinic>, Fault>;
    /// Changes the settings by `change`, in one transaction.
    async fn change_settings(
        &self,
        within: &Within,
        change: &(dyn for<'s> Fn(&'s Settings) -> Result<Settings, Refusal> + Send + Sync),
        now: Timestamp,
    ) -> Result<Option<Result<Clinic, Refusal>>, Fault>;

    // Callers

    /// Takes a caller in, or finds the one an idempotency key has brought in already.
    async fn enter(&self, entering: Entering<'_>) -> Result<Entered, Fault>;
    /// Takes the place of a lost stay back; its tokens open the new stay from then on.
    async fn resume(&self, within: &Within, resuming: Resuming<'_>) -> Result<Outcome, Fault>;
    /// Loads a caller, decides, saves: one transaction.
    async fn change_caller(
        &self,
        within: &Within,
        changing: Changing<'_>,
    ) -> Result<Outcome, Fault>;
    /// A caller of this clinic, ended or not.
    async fn caller(&self, within: &Within, id: &CallerId) -> Result<Option<Placed>, Fault>;
    /// A page of a clinic's callers in order of arrival, ended ones among them.
    async fn callers(&self, within: &Within, page: &CallerPage) -> Result<CallerList, Fault>;
    /// Everyone who has not ended, in order of arrival, with the version they were read at.
    async fn waiting_area(&self, within: &Within) -> Result<WaitingArea, Fault>;
    /// The changes that made the versions after `version`, oldest first, at most `limit`. `None`
    /// when some of them are no longer kept, or `version` lies in the future. A change bears its
    /// caller as it now stands, which may be newer than the change.
    async fn changes_after(
        &self,
        within: &Within,
        version: i64,
        limit: i64,
    ) -> Result<Option<Vec<Change>>, Fault>;
    /// What happened to a caller, newest first.
    async fn activity(
        &self,
        within: &Within,
        caller: &CallerId,
        first: i64,
    ) -> Result<Vec<Activity>, Fault>;
    /// The version of every clinic: the sweep that makes up for lost hints. A clinic without a
    /// readable id is logged and left out.
    async fn versions(&self) -> Result<Vec<(ClinicId, i64)>, Fault>;

    // Limits

    /// What was used of each subject's allowances, in the same order, outside of a command.
    async fn uses(&self, subjects: &[Subject], now: Timestamp) -> Result<Vec<Use>, Fault>;

    // Presence

    /// The screens of everyone who has not ended, as they last reported. A caller or a screen that
    /// cannot be read is logged and left out: a restart takes all the others up.
    async fn screens(&self) -> Result<Vec<CallerScreens>, Fault>;
    /// Unverified callers who have not been viewing since `before` or earlier. One without a
    /// readable id is logged and left out.
    async fn not_responding(&self, before: Timestamp) -> Result<Vec<(ClinicId, CallerId)>, Fault>;

    // Credentials. Each is looked up by its hash; unknown, expired and revoked are all `None`.

    /// The caller a link opens: for a lost stay whose place was taken back, the new one. Such
    /// tokens do not expire.
    async fn caller_by_token(&self, token: &TokenHash) -> Result<Option<CallerCredential>, Fault>;
    /// The team member whose session this is, unless it is over at `now` or its member was removed.
    async fn staff_by_session(
        &self,
        token: &TokenHash,
        now: Timestamp,
    ) -> Result<Option<StaffCredential>, Fault>;
    /// The API key this is, as staff, unless it is revoked or has expired at `now`.
    async fn staff_by_key(
        &self,
        token: &TokenHash,
        now: Timestamp,
    ) -> Result<Option<StaffCredential>, Fault>;
    /// A team member or key of this clinic, to show who did something: also one that was removed, revoked
    /// or has expired.
    async fn staff(&self, within: &Within, who: &StaffId) -> Result<Option<Staff>, Fault>;

    // Texts

    /// Claims texts that are due: those that were never handed over before those in doubt, each oldest
    /// first. Until `until` no other worker gets them; those
    /// whose claim ran out without a settlement come back in doubt. One that cannot
    /// be read, or whose caller cannot, is logged and left for later: it holds no other up.
    async fn claim_texts(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: i64,
    ) -> Result<Vec<ClaimedText>, Fault>;
    /// Records what became of a claimed text; its body is erased once nothing will send it again.
    /// Answers with how the caller's change ended; `None` when nobody waits for this text.
    async fn settle_text(
        &self,
        text: &TextId,
        settlement: Settlement,
        decide: &(dyn for<'c, 's> Fn(&'c Caller, &'s Settings) -> Decision + Send + Sync),
        now: Timestamp,
    ) -> Result<Option<Outcome>, Fault>;
    /// Puts a claimed text back, to be tried again at `at`.
    async fn try_text_again(&self, text: &TextId, at: Timestamp) -> Result<(), Fault>;
    /// Keeps a claimed text in doubt (from `now` on, unless it was before), to be looked for at `at`.
    async fn look_for_text_again(
        &self,
        text: &TextId,
        now: Timestamp,
        at: Timestamp,
    ) -> Result<(), Fault>;
    /// Ends every claim: for a server that has just started and is the only one. What was claimed
    /// comes back at once, in doubt from then on; what was to be tried, or asked about, later is due.
    async fn give_claims_up(&self, now: Timestamp) -> Result<(), Fault>;
    /// Texts that the provider has taken and is to be asked about by now, at most `limit` of them. When it
    /// is asked the next time is written before they are handed out, so that a crash has nothing asked in
    /// vain. One that cannot be read is logged and asked about no more.
    async fn texts_to_ask_about(&self, now: Timestamp, limit: i64)
    -> Result<Vec<TakenText>, Fault>;
    /// Takes a claimed text that certainly was not handed over out of the outbox: its body is
    /// erased, nobody sends it any more, and the caller stays as it is.
    async fn withdraw_text(&self, text: &TextId, now: Timestamp) -> Result<(), Fault>;
    /// The number of texts not yet settled, for the metrics.
    async fn texts_waiting(&self) -> Result<i64, Fault>;

    /// Takes uses back that turn out not to count, outside of a command.
    async fn forgive(&self, forgiven: &[Forgiven]) -> Result<(), Fault>;

    // Replies. A number is found by itself where callers are meant, and by its keyed hash else.

    /// Callers of any clinic who have not ended and have proven this number, the latest recalled first;
    /// the domain decides what a reply is to each. One that cannot be read is logged and left out.
    async fn callers_with_number(
        &self,
        number: &PhoneNumber,
    ) -> Result<Vec<(ClinicId, CallerId)>, Fault>;
    /// Remembers that the holder of a number asks for no texts; again is no fault.
    async fn stop_texts(&self, number: &str, now: Timestamp) -> Result<(), Fault>;
    /// Forgets that again.
    async fn allow_texts(&self, number: &str) -> Result<(), Fault>;
    /// Whether the holder of a number asks for no texts.
    async fn has_stopped_texts(&self, number: &str) -> Result<bool, Fault>;

    // Housekeeping

    /// Forgets what is no longer needed: events beyond those kept, old idempotency keys, limits,
    /// sign-in links and sessions.
    async fn forget(&self, now: Timestamp) -> Result<(), Fault>;
}

/// Someone at the door.
pub struct Entering<'a> {
    /// Where they come in.
    pub clinic: &'a ClinicId,
    /// Hash of the idempotency key.
    pub key: &'a str,
    /// Hash of all that was entered with it: another one under the same key is a conflict.
    pub input: &'a str,
    /// Hash of the token this caller gets.
    pub token: &'a TokenHash,
    /// What the arrival counts towards, when the caller is new.
    pub subjects: &'a [Subject],
    /// Recorded when the caller is new.
    pub now: Timestamp,
    /// Called inside of the transaction, and not at all for a key that was used.
    pub arrive: &'a Arrive<'a>,
}

/// Decides whether somebody comes in: by the clinic as it is, the next place in its order of
/// arrival, and the uses so far of the [subjects](Entering::subjects), in their order.
pub type Arrive<'a> =
    dyn Fn(&Clinic, Arrival, &[Use]) -> Result<Changed, Refusal> + Send + Sync + 'a;

/// How coming in ended.
pub enum Entered {
    /// Committed.
    New {
        /// The caller who came in.
        placed: Box<Placed>,
        /// The version of the waiting area this arrival made.
        version: i64,
    },
    /// The key has brought this caller in before; no change.
    Before {
        /// The caller as it now stands: the stay that took its place, where it was resumed.
        placed: Box<Placed>,
        /// When the key was first used.
        at: Timestamp,
    },
    /// The key was used with other input.
    Conflict,
    /// Nothing was written: the key can be used again.
    Refused(Refusal),
    /// There is no such clinic.
    NotFound,
}

/// A lost stay to be taken up again.
pub struct Resuming<'a> {
    /// The stay that lost contact.
    pub lost: &'a CallerId,
    /// Recorded with the new stay's arrival.
    pub now: Timestamp,
    /// Called inside of the transaction with that stay as it is.
    pub resume: &'a (dyn Fn(&Clinic, &Caller) -> Result<Resumed, Refusal> + Send + Sync),
}

/// A command on one caller.
pub struct Changing<'a> {
    /// Which caller; who is loaded only if they are of the clinic that is acted in.
    pub caller: &'a CallerId,
    /// Recorded with the change, the report and the uses.
    pub now: Timestamp,
    /// A screen's report: kept when it is newer than what the screen said before; when it is late,
    /// nothing is decided and the outcome is `Unchanged`.
    pub report: Option<Report>,
    /// What is counted, known once the caller is loaded; handed to `decide` in the same order.
    pub subjects: &'a (dyn Fn(&Caller) -> Vec<Subject> + Send + Sync),
    /// Called inside of the transaction, at most once.
    pub decide: &'a (dyn Fn(Loaded<'_>) -> Decided + Send + Sync),
}

/// A screen's report as it came in.
#[derive(Clone, Debug)]
pub struct Report {
    /// Which of the caller's screens reports.
    pub device: DeviceId,
    /// The screen's own count of its reports: higher is newer.
    pub counter: i64,
    /// Whether it can be seen.
    pub state: ScreenState,
}

/// What a decision is made from.
pub struct Loaded<'a> {
    /// With the settings that hold now.
    pub clinic: &'a Clinic,
    /// As it is, and stays until the decision is saved.
    pub caller: &'a Caller,
    /// Of [`Changing::subjects`], in their order; without the decision's own.
    pub uses: Vec<Use>,
}

/// A decision and what is recorded with it. Tokens and uses are written only with a change.
pub struct Decided {
    /// What becomes of the caller.
    pub decision: Decision,
    /// Of the links in the decision's texts.
    pub tokens: Vec<NewToken>,
    /// What the change counts towards: not always all that was looked at.
    pub uses: Vec<Subject>,
    /// Uses that no longer count: a right code ends the wrong ones in a row.
    pub forgiven: Vec<Forgiven>,
}

/// Uses that no longer count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Forgiven {
    /// All of a subject.
    All(Subject),
    /// One of a subject, of this moment.
    One(Subject, Timestamp),
}

impl From<Decision> for Decided {
    fn from(decision: Decision) -> Self {
        Self {
            decision,
            tokens: Vec::new(),
            uses: Vec::new(),
            forgiven: Vec::new(),
        }
    }
}

/// A further token of a caller: the link in a recall's text.
pub struct NewToken {
    /// What the token is found by.
    pub hash: TokenHash,
    /// Whose text carries it, so that opening it counts for that recall.
    pub recall: RecallId,
}

/// What a limit counts by: a number, an address, a clinic, as a keyed hash.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Subject {
    /// Which limits; one number has different ones for codes sent and for wrong codes.
    pub kind: LimitKind,
    /// The keyed hash, so that nobody can be read out of the limits.
    pub key: String,
}

/// How a command on a caller ended.
pub enum Outcome {
    /// No such caller here.
    NotFound,
    /// Committed.
    Changed {
        /// The caller after the change.
        placed: Box<Placed>,
        /// The version of the waiting area this change made.
        version: i64,
        /// Set when the change is the price of a refusal: a wrong code leaves one attempt less.
        refusal: Option<Refusal>,
    },
    /// It was so already, or the report was late.
    Unchanged(Box<Placed>),
    /// Refused; the caller as it stands.
    Refused(Box<Placed>, Refusal),
}

/// A caller with the place in the queue and the clinic, read together.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The caller, in whatever state.
    pub caller: Caller,
    /// `None` for one who is not in the queue.
    pub position: Option<QueuePosition>,
    /// The caller's clinic, whose settings decide what the caller may do.
    pub clinic: Clinic,
}

/// Which callers, counted from where.
#[derive(Clone, Debug)]
pub struct CallerPage {
    /// Empty for all.
    pub statuses: Vec<Status>,
    /// Only those behind this place. Two stays may share an arrival (a lost one and the one that
    /// took its place): the id orders them.
    pub after: Option<(Arrival, CallerId)>,
    /// Only those ahead of this place.
    pub before: Option<(Arrival, CallerId)>,
    /// The most that is answered; below 0 is the same as 0.
    pub limit: i64,
    /// Whether the limit is taken from the end of the order; the answer is in order all the same.
    pub is_from_end: bool,
}

/// A page of a clinic's callers.
#[derive(Clone, Debug)]
pub struct CallerList {
    /// In order of arrival, whichever end the page was taken from.
    pub callers: Vec<Placed>,
    /// Whether there are more beyond the limit, in the direction that was read.
    pub has_more: bool,
    /// All callers of these statuses, whatever the page.
    pub total: i64,
    /// The version of the waiting area that this was read at.
    pub version: i64,
}

/// A waiting area, read as a whole.
#[derive(Clone, Debug)]
pub struct WaitingArea {
    /// Its version is the one the callers were read at.
    pub clinic: Clinic,
    /// Those who have not ended, in order of arrival.
    pub callers: Vec<Caller>,
}

/// One change of a waiting area.
#[derive(Clone, Debug)]
pub struct Change {
    /// The version of the waiting area it made.
    pub version: i64,
    /// What it was when it was made, whatever the caller has become since.
    pub kind: ChangeKind,
    /// As it now stands: perhaps newer than the change, never older.
    pub caller: Caller,
}

/// What a change does to a list of who has not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// One more: a new stay, or a new one in the place of a lost one.
    Arrived,
    /// Another state of one who is there.
    Changed,
    /// One less.
    Ended,
}

impl ChangeKind {
    /// What a change is to those who follow the waiting area.
    #[must_use]
    pub fn of(changed: &Changed) -> Self {
        if changed.caller.status().is_final() {
            Self::Ended
        } else if changed.caller.version == 1 {
            Self::Arrived
        } else {
            Self::Changed
        }
    }
}

/// A line of a caller's activity log.
#[derive(Clone, Debug)]
pub struct Activity {
    /// The version of the waiting area this made: unique within the clinic.
    pub version: i64,
    /// When it was decided.
    pub at: Timestamp,
    /// What happened, and by whose doing.
    pub event: Event,
    /// The name of the team member or key that did it.
    pub by_name: Option<String>,
}

/// What a restart takes up of one caller's presence.
#[derive(Clone, Debug)]
pub struct CallerScreens {
    /// The caller's clinic.
    pub clinic: ClinicId,
    /// One who has not ended.
    pub caller: CallerId,
    /// Each with its latest report; empty for one whose screens never reported.
    pub screens: Vec<Screen>,
    /// Whether the caller was viewing, as far as staff were told.
    pub was_viewing: bool,
}

/// What a caller's token opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerCredential {
    /// The caller's clinic.
    pub clinic: ClinicId,
    /// The one stay it opens.
    pub caller: CallerId,
    /// The recall whose text carried this token; `None` for the token of the arrival.
    pub recall: Option<RecallId>,
}

/// A text that is ours to send for now.
#[derive(Clone, Debug)]
pub struct ClaimedText {
    /// Whom it is for, as of the claim: it may be long since it was committed.
    pub caller: Caller,
    /// What is handed over, with its words still there.
    pub text: OutgoingText,
    /// How often handing it over was tried before.
    pub tries: i64,
    /// Since when it may have been sent and nobody knows: an earlier claim ran out, or the provider
    /// gave no clear answer.
    pub in_doubt_since: Option<Timestamp>,
}

/// A text that the provider has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenText {
    /// Our name for it.
    pub id: TextId,
    /// The provider's.
    pub provider_id: String,
}

/// What became of a text.
#[derive(Clone, Debug)]
pub struct Settlement {
    /// How far it got; news that comes later still counts.
    pub progress: Progress,
    /// The provider's own name for it, by which that news finds it; `None` when none was given,
    /// which leaves an earlier one in place.
    pub provider_id: Option<String>,
}
