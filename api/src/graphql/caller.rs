//! A caller, to those who may see one.

use super::activity::Activity;
use super::asking::{app, viewer};
use super::clinic::Clinic;
use super::date_time::DateTime;
use super::fault::{Failure, or_null};
use super::recall::{Recall, SmsDelivery};
use crate::app::live::Board;
use crate::app::rooms::{Guest, room_address};
use crate::domain;
use crate::domain::caller::End;
use crate::domain::limits::ENTRY_FIELDS;
use crate::domain::order;
use crate::domain::policy::{Act, Viewer};
use crate::domain::text::PublicUrl;
use crate::domain::verification::Phone;
use crate::ports::store::Placed;
use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use std::sync::Arc;

/// Activities answered when nobody says how many.
const ACTIVITIES: i32 = 50;
/// Most activities answered at once.
const MOST_ACTIVITIES: i32 = 200;
/// What reading the activity of one caller costs, beside its fields: a query to the store.
const COST_OF_ACTIVITY: usize = 20;

/// A caller that its viewer may see. There is no other way to one than the functions below, each of
/// which wants to know who looks, so no resolver can hand out a caller by mistake.
#[derive(Clone)]
pub struct Caller {
    stay: Arc<domain::caller::Caller>,
    position: Option<order::QueuePosition>,
    clinic: Clinic,
    seen: Seen,
}

/// As whom the viewer sees the caller.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    /// By the caller's own session.
    Own,
    /// By staff of the clinic, who may also enter the room or only read.
    ByStaff { may_attend: bool },
}

impl Caller {
    /// The caller of the session that asks, or the one that it has just brought in or resumed: its
    /// token comes along in the same answer, or opens the new stay from now on.
    pub(super) fn own(placed: Placed) -> Self {
        Self::new(placed, Seen::Own)
    }

    /// A caller as this viewer sees it; `None` for one who may not.
    pub(super) fn seen_by(viewer: &Viewer, placed: Placed) -> Option<Self> {
        let seen = seen_by(viewer, &placed.caller)?;
        Some(Self::new(placed, seen))
    }

    /// A caller of a watched waiting area, as this viewer sees it.
    pub(super) fn on_board(
        viewer: &Viewer,
        board: &Board,
        caller: Arc<domain::caller::Caller>,
    ) -> Option<Self> {
        let seen = seen_by(viewer, &caller)?;
        let position = board.position(&caller.id);
        let clinic = Clinic::at(Arc::clone(&board.clinic), board.version);
        Some(Self {
            stay: caller,
            position,
            clinic,
            seen,
        })
    }

    fn new(
        Placed {
            caller,
            position,
            clinic,
        }: Placed,
        seen: Seen,
    ) -> Self {
        Self {
            stay: Arc::new(caller),
            position,
            clinic: Clinic::new(clinic),
            seen,
        }
    }

    pub(super) fn domain(&self) -> &domain::caller::Caller {
        &self.stay
    }

    fn settings(&self) -> &domain::clinic::Settings {
        &self.clinic.domain().settings
    }

    /// The room, to those who may enter it.
    pub(super) fn room_to_enter(&self, at: &PublicUrl) -> Option<Room> {
        if self.seen == (Seen::ByStaff { may_attend: false }) {
            return None;
        }
        let guest = match self.seen {
            Seen::ByStaff { .. } => Guest::Provider,
            Seen::Own => Guest::Caller,
        };
        let url = room_address(at, self.clinic.domain(), &self.stay, guest)?;
        Some(Room { url })
    }

    pub(super) fn latest_recall(&self) -> Option<Recall> {
        self.stay.recall.clone().map(Recall)
    }
}

fn seen_by(viewer: &Viewer, caller: &domain::caller::Caller) -> Option<Seen> {
    if !viewer.may_see(&caller.clinic, &caller.id) {
        return None;
    }
    let may_attend = viewer.within(&caller.clinic, Act::AttendCallers).is_some();
    Some(if viewer.staff().is_some() {
        Seen::ByStaff { may_attend }
    } else {
        Seen::Own
    })
}

/// One person's stay in a waiting area, from arrival to an end. Not an account: who comes again is
/// another caller. Only the caller's own session and the clinic's staff get to one.
#[Object]
impl Caller {
    /// Names this caller.
    pub async fn id(&self) -> ID {
        self.stay.id.as_str().into()
    }

    /// Where the caller stands. What staff act on.
    async fn status(&self) -> CallerStatus {
        self.stay.status().into()
    }

    /// As entered on arrival. The caller's own session and the clinic's staff see it; nobody else. Null
    /// once erased.
    async fn name(&self) -> Option<&str> {
        self.stay.details().map(|details| details.name.reveal())
    }

    /// The number, if one was entered. The caller's own session and the clinic's staff see it; nobody
    /// else. Null once erased.
    async fn phone(&self) -> Option<CallerPhone> {
        let phone = self.stay.phone();
        Some(CallerPhone {
            number: phone.number()?.reveal().to_owned(),
            is_verified: phone.verified().is_some(),
            verified_at: phone.verified().map(|phone| phone.verified_at.into()),
        })
    }

    /// When the caller came in. A place taken back keeps the original time.
    async fn arrived_at(&self) -> DateTime {
        self.stay.arrived_at.into()
    }

    /// Orders the callers of one waiting area strictly by arrival; a place taken back keeps its
    /// number.
    async fn arrival_number(&self) -> i64 {
        self.stay.arrival.0
    }

    /// The place in the queue. Null unless `WAITING` or `OFFLINE`; null to the caller's own session
    /// where the clinic does not tell callers their place.
    async fn position(&self) -> Option<QueuePosition> {
        if self.seen == Seen::Own && !self.settings().show_queue_position {
            return None;
        }
        let position = self.position?;
        Some(QueuePosition {
            place: position.place,
            ahead_offline: position.ahead_offline,
        })
    }

    /// Whether the caller is looking.
    async fn presence(&self) -> Presence {
        Presence {
            is_viewing: self.stay.is_viewing(),
            last_seen_at: self.stay.last_seen_at.into(),
            not_responding: self.stay.not_responding_since().is_some(),
        }
    }

    /// The latest recall, if any.
    async fn recall(&self) -> Option<Recall> {
        self.latest_recall()
    }

    /// Whether the holder of the number has asked for no texts. They cannot be recalled: phone them.
    async fn texts_stopped(&self) -> bool {
        self.stay.texts_stopped_at.is_some()
    }

    /// Where both sides meet. Null unless `BEING_SEEN` or `ON_HOLD`, and to a `REPORTER`, who reads
    /// only.
    async fn room(&self, ctx: &Context<'_>) -> Option<Room> {
        self.room_to_enter(app(ctx).public_url())
    }

    /// When the stay ended. Null while it goes on.
    async fn ended_at(&self) -> Option<DateTime> {
        self.stay.ended().map(|ended| ended.at.into())
    }

    /// How the stay ended. Null while it goes on.
    async fn end(&self) -> Option<CallerEnd> {
        let (how, reason) = match &self.stay.ended()?.how {
            End::Completed { .. } => (CallerEndKind::Completed, None),
            End::Left { reason } => (CallerEndKind::LeftByCaller, reason.as_ref()),
            End::LostContact { .. } => (CallerEndKind::LostContact, None),
            End::Cancelled { reason } => (CallerEndKind::CancelledByStaff, reason.as_ref()),
        };
        Some(CallerEnd {
            how,
            reason: reason.map(|reason| reason.0.clone()),
            is_resumable: self.stay.is_resumable(self.settings()),
        })
    }

    /// When it was erased who this caller was: the name, the number, the answers and the reason of the
    /// end. Null while that is kept: as long as the stay goes on, and after it for the time that the
    /// clinic has set.
    async fn erased_at(&self) -> Option<DateTime> {
        self.stay.erased_at().map(DateTime::from)
    }

    /// When the status last changed: for an Offline caller, since when they have been away.
    async fn status_since(&self) -> DateTime {
        self.stay.status_since.into()
    }

    /// Whether this caller may step away once a number is verified: Offline Queueing is on, was on
    /// when the caller arrived, or the number is verified already.
    async fn may_set_phone_aside(&self) -> bool {
        self.stay.may_step_away(self.settings())
    }

    /// The code that is outstanding, if any. Null to everyone but the caller's own session.
    async fn verification(&self) -> Option<Verification> {
        if self.seen != Seen::Own || self.stay.status().is_final() {
            return None;
        }
        Verification::of(&self.stay.phone())
    }

    /// What the caller answered to the clinic's entry fields. The caller's own session and the
    /// clinic's staff see it; nobody else. Empty once erased.
    #[graphql(complexity = "ENTRY_FIELDS * child_complexity")]
    async fn answers(&self) -> Vec<EntryAnswer> {
        let answer = |answer: &domain::entry::Answer| EntryAnswer {
            key: answer.key.clone(),
            label: answer.label.clone(),
            value: answer.value.clone(),
        };
        let details = self.stay.details();
        let answers = details.map_or([].as_slice(), |details| &details.answers);
        answers.iter().map(answer).collect()
    }

    /// The clinic whose waiting area this is.
    async fn clinic(&self) -> &Clinic {
        &self.clinic
    }

    /// What happened to this caller, newest first. Null unless the viewer is staff of this clinic.
    #[graphql(complexity = "cost_of_activity(first, child_complexity)")]
    async fn activity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many; 50 unless given, at most 200.")] first: Option<i32>,
    ) -> Option<Vec<Activity>> {
        let within = viewer(ctx).within(&self.stay.clinic, Act::SeeWaitingArea)?;
        let first = first.unwrap_or(ACTIVITIES);
        if !(0..=MOST_ACTIVITIES).contains(&first) {
            let message = format!("`first` is between 0 and {MOST_ACTIVITIES}.");
            return or_null(ctx, Err(Failure::BadInput(message)));
        }
        let activity = app(ctx)
            .activity(&within, &self.stay.id, i64::from(first))
            .await;
        let activity = activity.map(|all| all.into_iter().map(Activity::from).collect());
        or_null(ctx, activity)
    }

    /// Counts this caller's changes, from 1.
    async fn version(&self) -> i64 {
        self.stay.version
    }
}

fn cost_of_activity(first: Option<i32>, child: usize) -> usize {
    let first = first.unwrap_or(ACTIVITIES).clamp(0, MOST_ACTIVITIES);
    let first = usize::try_from(first).unwrap_or_default();
    first.saturating_mul(child).saturating_add(COST_OF_ACTIVITY)
}

/// Where a caller stands. `COMPLETED`, `LEFT` and `CANCELLED` are final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::status::Status")]
pub enum CallerStatus {
    /// In the queue, and joinable now.
    Waiting,
    /// In the queue in the same place, with a verified number, and not looking. Recall brings them
    /// back.
    Offline,
    /// In the consultation.
    BeingSeen,
    /// In the consultation, put on hold by the provider.
    OnHold,
    /// Final: the consultation was completed.
    Completed,
    /// Final: the caller left, or contact was lost.
    Left,
    /// Final: staff cancelled.
    Cancelled,
}

/// A caller's number.
#[derive(Clone, SimpleObject)]
pub struct CallerPhone {
    /// E.164, such as `+61491570006`. The verified one; until there is one, the one entered.
    pub number: String,
    /// Whether its holder entered the code that was sent to it, or staff who phoned it vouch for it.
    /// Recall uses verified numbers only.
    pub is_verified: bool,
    /// When that was. Null unless verified.
    pub verified_at: Option<DateTime>,
}

/// A place in the queue: the order of arrival of everyone who is Waiting or Offline.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct QueuePosition {
    /// 1 is next.
    pub place: i64,
    /// Of those ahead, how many are Offline.
    pub ahead_offline: i64,
}

/// Whether a caller is looking.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct Presence {
    /// Whether at least one of the caller's screens is visible and in touch with the server.
    pub is_viewing: bool,
    /// When the caller was last seen; while viewing, since when.
    pub last_seen_at: DateTime,
    /// An unverified caller who stopped viewing. The place is lost after the clinic's grace time.
    pub not_responding: bool,
}

/// Where both sides of a consultation meet. One room a stay.
#[derive(Clone, SimpleObject)]
pub struct Room {
    /// The address to open. Whoever has it can enter: treat it like a token.
    pub url: String,
}

/// How a stay ended.
#[derive(Clone, SimpleObject)]
pub struct CallerEnd {
    /// How it ended.
    pub how: CallerEndKind,
    /// Why, as staff or the caller put it, if they did. Null once erased.
    pub reason: Option<String>,
    /// Whether this caller may still take the place back (`resumeWaiting`): contact was lost, nobody
    /// has taken it back yet, the clinic is open, and the caller is not erased.
    pub is_resumable: bool,
}

/// How a stay ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum CallerEndKind {
    /// The consultation was completed.
    Completed,
    /// The caller left.
    LeftByCaller,
    /// The caller was unverified and not seen for the clinic's grace time.
    LostContact,
    /// Staff cancelled.
    CancelledByStaff,
}

/// A secure code that was sent and not yet entered.
#[derive(Clone, SimpleObject)]
pub struct Verification {
    /// The number the code went to, E.164.
    pub number: String,
    /// When it was sent.
    pub sent_at: DateTime,
    /// Until when it is valid.
    pub expires_at: DateTime,
    /// From when another code may be asked for.
    pub resend_at: DateTime,
    /// How many more wrong codes are looked at. At 0 a new code is needed.
    pub attempts_left: i32,
    /// The text with the code.
    pub sms: SmsDelivery,
}

impl Verification {
    /// The code that is outstanding for this number, or for another that is to replace it.
    pub(super) fn of(phone: &Phone) -> Option<Self> {
        let outstanding = phone.outstanding()?;
        Some(Self {
            number: outstanding.number.reveal().to_owned(),
            sent_at: outstanding.sent_at.into(),
            expires_at: outstanding.expires_at().into(),
            resend_at: outstanding.resend_at.into(),
            attempts_left: i32::from(outstanding.attempts_left),
            sms: outstanding.delivery.into(),
        })
    }
}

/// What a caller answered to one of the clinic's entry fields.
#[derive(Clone, SimpleObject)]
pub struct EntryAnswer {
    /// The entry field's key.
    pub key: String,
    /// What was asked, as it was when the caller arrived.
    pub label: String,
    /// The answer.
    pub value: String,
}
