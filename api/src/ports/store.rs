//! Where everything is kept. One transaction a command: the caller's row, the clinic's version, the
//! event and the texts to send are committed together or not at all.
//!
//! To add a query: a method here with what it answers, its body in `adapters/queries.rs`, a case in the
//! store's conformance tests. Absence is `Ok(None)`: only what cannot be is a [`Fault`]. Whatever
//! belongs to a clinic takes a [`Within`], which only a check of who asks can make. What is handed a
//! function says `for<'s>`: `async_trait` would take a bare `&` in it for the method's own.

use super::Fault;
use crate::domain::arrive::Resumed;
use crate::domain::caller::{Arrival, Caller, Status};
use crate::domain::clinic::{Clinic, Settings, Slug};
use crate::domain::decide::{Changed, Decision};
use crate::domain::event::Event;
use crate::domain::id::{ApiClientId, CallerId, ClinicId, DeviceId, RecallId, TeamMemberId, TextId};
use crate::domain::limits::{LimitKind, Use};
use crate::domain::order::QueuePosition;
use crate::domain::policy::{Role, Staff, StaffId, Within};
use crate::domain::presence::{Screen, ScreenState};
use crate::domain::recall::Progress;
use crate::domain::refusal::Refusal;
use crate::domain::secret::TokenHash;
use crate::domain::time::Timestamp;
use crate::ports::texter::OutgoingText;
use async_trait::async_trait;

#[async_trait]
pub trait Store: Send + Sync {
    /// Answers when the store can be reached and its schema is there.
    async fn ping(&self) -> Result<(), Fault>;

    // Clinics

    /// Adds a clinic; false when its slug is taken.
    async fn add_clinic(&self, clinic: &Clinic) -> Result<bool, Fault>;
    /// Every clinic, by slug.
    async fn clinics(&self) -> Result<Vec<Clinic>, Fault>;
    async fn clinic(&self, id: &ClinicId) -> Result<Option<Clinic>, Fault>;
    async fn clinic_by_slug(&self, slug: &Slug) -> Result<Option<Clinic>, Fault>;
    /// Changes the settings by `change`, in one transaction.
    async fn change_settings(
        &self,
        within: &Within,
        change: &(dyn for<'s> Fn(&'s Settings) -> Result<Settings, Refusal> + Send + Sync),
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
    async fn caller(&self, within: &Within, id: &CallerId) -> Result<Option<Placed>, Fault>;
    /// A page of a clinic's callers in order of arrival, ended ones among them.
    async fn callers(&self, within: &Within, page: &CallerPage) -> Result<CallerList, Fault>;
    /// Everyone who has not ended, in order of arrival, with the version they were read at.
    async fn waiting_area(&self, within: &Within) -> Result<WaitingArea, Fault>;
    /// The changes that made the versions after `version`, oldest first, at most `limit`. `None` when
    /// some of them are no longer kept, or `version` lies in the future. A change bears its caller as
    /// it now stands, which may be newer than the change.
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
    /// The version of every clinic: the sweep that makes up for lost hints.
    async fn versions(&self) -> Result<Vec<(ClinicId, i64)>, Fault>;

    // Presence

    /// The screens of everyone who has not ended, as they last reported.
    async fn screens(&self) -> Result<Vec<CallerScreens>, Fault>;
    /// Unverified callers who have not been viewing since `before` or earlier.
    async fn not_responding(
        &self,
        before: Timestamp,
    ) -> Result<Vec<(ClinicId, CallerId)>, Fault>;

    // Credentials. Each is looked up by its hash; unknown, expired and revoked are all `None`.

    async fn caller_by_token(&self, token: &TokenHash) -> Result<Option<CallerCredential>, Fault>;
    async fn staff_by_session(
        &self,
        token: &TokenHash,
        now: Timestamp,
    ) -> Result<Option<Staff>, Fault>;
    async fn staff_by_key(&self, token: &TokenHash) -> Result<Option<Staff>, Fault>;
    async fn add_team_member(&self, member: &NewTeamMember) -> Result<(), Fault>;
    /// The members of a clinic's team, by name.
    async fn team(&self, within: &Within) -> Result<Vec<Staff>, Fault>;
    async fn add_key(&self, key: &NewKey) -> Result<(), Fault>;
    /// A team member or key of this clinic, to show who did something.
    async fn staff(&self, within: &Within, who: &StaffId) -> Result<Option<Staff>, Fault>;
    async fn add_sign_in(
        &self,
        member: &TeamMemberId,
        token: &TokenHash,
        expires_at: Timestamp,
    ) -> Result<(), Fault>;
    /// Uses a sign-in link up and opens a session, in one transaction.
    async fn sign_in(
        &self,
        link: &TokenHash,
        session: &TokenHash,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Staff>, Fault>;
    /// Ends a session; ending one that is over is no fault.
    async fn sign_out(&self, session: &TokenHash) -> Result<(), Fault>;

    // Texts

    /// Claims texts that are due, oldest first. Until `until` no other worker gets them; those whose
    /// claim ran out without a settlement come back with `is_in_doubt` set.
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
    /// The number of texts not yet settled, for the metrics.
    async fn texts_waiting(&self) -> Result<i64, Fault>;

    // Housekeeping

    /// Forgets what is no longer needed: events beyond those kept, old idempotency keys, limits,
    /// sign-in links and sessions.
    async fn forget(&self, now: Timestamp) -> Result<(), Fault>;
}

/// Someone at the door.
pub struct Entering<'a> {
    pub clinic: &'a ClinicId,
    /// Hash of the idempotency key, and of all that was entered with it.
    pub key: &'a str,
    pub input: &'a str,
    /// Hash of the token this caller gets.
    pub token: &'a TokenHash,
    pub subjects: &'a [Subject],
    /// Recorded when the caller is new.
    pub now: Timestamp,
    pub arrive: &'a (dyn Fn(&Clinic, Arrival, &[Use]) -> Result<Changed, Refusal> + Send + Sync),
}

pub enum Entered {
    New { placed: Box<Placed>, version: i64 },
    /// The key has brought this caller in before; no change.
    Before(Box<Placed>),
    /// The key was used with other input.
    Conflict,
    Refused(Refusal),
    /// There is no such clinic.
    NotFound,
}

/// A lost stay to be taken up again.
pub struct Resuming<'a> {
    pub lost: &'a CallerId,
    pub now: Timestamp,
    pub resume: &'a (dyn Fn(&Clinic, &Caller) -> Result<Resumed, Refusal> + Send + Sync),
}

/// A command on one caller.
pub struct Changing<'a> {
    pub caller: &'a CallerId,
    pub now: Timestamp,
    /// A screen's report: kept when it is newer than what the screen said before; when it is late,
    /// nothing is decided and the outcome is `Unchanged`.
    pub report: Option<Report>,
    /// What is counted, known once the caller is loaded; handed to `decide` in the same order.
    pub subjects: &'a (dyn Fn(&Caller) -> Vec<Subject> + Send + Sync),
    pub decide: &'a (dyn Fn(Loaded<'_>) -> Decided + Send + Sync),
}

/// A screen's report as it came in.
#[derive(Clone, Debug)]
pub struct Report {
    pub device: DeviceId,
    pub counter: i64,
    pub state: ScreenState,
}

/// What a decision is made from.
pub struct Loaded<'a> {
    pub clinic: &'a Clinic,
    pub caller: &'a Caller,
    pub uses: Vec<Use>,
}

/// A decision and what is recorded with it. Tokens and uses are written only with a change.
pub struct Decided {
    pub decision: Decision,
    pub tokens: Vec<NewToken>,
    pub uses: Vec<Subject>,
}

impl From<Decision> for Decided {
    fn from(decision: Decision) -> Self {
        Self { decision, tokens: Vec::new(), uses: Vec::new() }
    }
}

/// A further token of a caller: the link in a recall's text.
pub struct NewToken {
    pub hash: TokenHash,
    pub recall: RecallId,
}

/// What a limit counts by: a number, an address, a clinic, as a keyed hash.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Subject {
    pub kind: LimitKind,
    pub key: String,
}

/// How a command on a caller ended.
pub enum Outcome {
    /// No such caller here.
    NotFound,
    /// Committed; the waiting area is now at `version`. A refusal may come with a change.
    Changed { placed: Box<Placed>, version: i64, refusal: Option<Refusal> },
    Unchanged(Box<Placed>),
    /// Refused; the caller as it stands.
    Refused(Box<Placed>, Refusal),
}

/// A caller with the place in the queue and the clinic, read together.
#[derive(Clone, Debug)]
pub struct Placed {
    pub caller: Caller,
    pub position: Option<QueuePosition>,
    pub clinic: Clinic,
}

/// Which callers, counted from where.
#[derive(Clone, Debug)]
pub struct CallerPage {
    /// Empty for all.
    pub statuses: Vec<Status>,
    /// Only those behind (`after`) or ahead of (`before`) these places. Two stays may share an
    /// arrival (a lost one and the one that took its place): the id orders them.
    pub after: Option<(Arrival, CallerId)>,
    pub before: Option<(Arrival, CallerId)>,
    pub limit: i64,
    /// Whether the limit is taken from the end of the order; the answer is in order all the same.
    pub is_from_end: bool,
}

#[derive(Clone, Debug)]
pub struct CallerList {
    pub callers: Vec<Placed>,
    /// Whether there are more beyond the limit, in the direction that was read.
    pub has_more: bool,
    /// All callers of these statuses, whatever the page.
    pub total: i64,
}

#[derive(Clone, Debug)]
pub struct WaitingArea {
    pub clinic: Clinic,
    /// Those who have not ended, in order of arrival.
    pub callers: Vec<Caller>,
}

/// One change of a waiting area.
#[derive(Clone, Debug)]
pub struct Change {
    pub version: i64,
    pub kind: ChangeKind,
    pub caller: Caller,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    Arrived,
    Changed,
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

#[derive(Clone, Debug)]
pub struct Activity {
    pub version: i64,
    pub at: Timestamp,
    pub event: Event,
    /// The name of the team member or key that did it.
    pub by_name: Option<String>,
}

#[derive(Clone, Debug)]
pub struct CallerScreens {
    pub clinic: ClinicId,
    pub caller: CallerId,
    pub screens: Vec<Screen>,
    /// Whether the caller was viewing, as far as staff were told.
    pub was_viewing: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerCredential {
    pub clinic: ClinicId,
    pub caller: CallerId,
    /// The recall whose text carried this token.
    pub recall: Option<RecallId>,
}

#[derive(Clone, Debug)]
pub struct NewTeamMember {
    pub id: TeamMemberId,
    pub clinic: ClinicId,
    pub name: String,
    pub role: Role,
    pub at: Timestamp,
}

#[derive(Clone, Debug)]
pub struct NewKey {
    pub id: ApiClientId,
    pub clinic: ClinicId,
    pub name: String,
    pub role: Role,
    pub token: TokenHash,
    pub at: Timestamp,
}

/// A text that is ours to send for now.
#[derive(Clone, Debug)]
pub struct ClaimedText {
    pub clinic: ClinicId,
    pub caller: CallerId,
    pub text: OutgoingText,
    /// How often handing it over was tried before.
    pub tries: i64,
    /// An earlier claim ran out: it may have been sent.
    pub is_in_doubt: bool,
}

/// What became of a text.
#[derive(Clone, Debug)]
pub struct Settlement {
    pub progress: Progress,
    pub provider_id: Option<String>,
}
