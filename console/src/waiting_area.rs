//! The live waiting area: what is shown, and what a message makes of it.
//!
//! [`reduce`] is the only way for the state to change. It does nothing itself: what has to be done comes out as
//! [`Effect`]s. It reads no clock: a message that depends on the time bears it (milliseconds since the Unix epoch).

use std::collections::{BTreeMap, BTreeSet};

use standby_client::{
    Activity, Applied, Caller, CallerStatus, ClientError, Id, RecallAnswer, RecallReply, Room,
    Session, SmsState, TeamRole, UserErrorCode, WaitingAreaEvent, WaitingAreaReplica,
};

use crate::fold::fold;
use crate::reading::Reading;
use crate::words;
use crate::work::Copying;

/// The id of a caller, as the server gives it.
pub(crate) type CallerId = String;

/// For how long after a recall the server sends no second text. Product figure: one a minute.
pub(crate) const RECALL_PAUSE: i64 = 60_000;

/// A second press so soon after the answer to the first is the second half of a double click: slower than that of any
/// system's double click (500 ms at most by default), faster than anyone reads the answer.
const DOUBLE_CLICK: i64 = 600;

/// For how long after a row moved on screen a press on it does nothing: it was aimed at the row that stood there before.
/// People react to what they see in a quarter of a second, and have moved the pointer by then or not.
const MOVED: i64 = 600;
/// For how long after a caller's buttons changed a press on them does nothing: it was aimed at the button that stood
/// there before. Longer than a slow double click.
const CHANGED: i64 = 700;

/// How many callers that ended are kept at hand, so that a slip can be looked up.
const ENDED_KEPT: usize = 50;

/// What staff type is cut here; the server has limits of its own.
const LONGEST_SEARCH: usize = 100;
/// Characters of a reason for a cancellation: as many as the server takes.
pub(crate) const LONGEST_REASON: usize = 300;

/// The waiting area as one team member has it on screen.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct WaitingArea {
    replica: WaitingAreaReplica,
    /// Newest first.
    pub(crate) ended: Vec<Caller>,
    pub(crate) connection: Connection,
    /// Whether the clinic lets callers in.
    pub(crate) is_open: bool,
    /// The IANA name of the clinic's time zone, once it is known.
    pub(crate) time_zone: Option<String>,
    pub(crate) search: String,
    /// Only callers of this status are shown.
    pub(crate) chosen: Option<CallerStatus>,
    /// Commands on their way to the server.
    pub(crate) sending: BTreeMap<CallerId, Command>,
    /// What there is to say beside a caller's row.
    pub(crate) notices: BTreeMap<CallerId, Notice>,
    /// When this console's own recall of a caller was answered.
    recalled_here: BTreeMap<CallerId, i64>,
    /// Until when the buttons of a row are not what was aimed at: it moved, or they changed.
    settling: BTreeMap<CallerId, i64>,
    /// The question whether to cancel, while it is open.
    pub(crate) cancelling: Option<Cancelling>,
    /// The question whether a number may count as verified, while it is open.
    pub(crate) vouching: Option<Vouching>,
    /// Until when no codes are sent to this clinic's callers.
    pub(crate) codes_paused_until: Option<i64>,
    /// This session, once it ends soon.
    pub(crate) session_ending: Option<Session>,
    /// The activity of a caller, while it is open.
    pub(crate) activity: Option<ActivityLog>,
    pub(crate) announcement: Announcement,
    /// Whether arrivals are to be heard.
    pub(crate) sound: bool,
    /// Whether the browser lets them be heard, as far as was tried: it lets no page sound before a press.
    pub(crate) is_heard: bool,
    pub(crate) clinic_link: Copying,
}

/// Whether what is shown is what is so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Connection {
    /// Never been live yet.
    #[default]
    Connecting,
    Live,
    /// What is shown may be old; the client tries again by itself.
    Lost,
}

/// What staff do to a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Join,
    Recall,
    Cancel,
    Hold,
    Complete,
    /// Staff vouch for the number: they have phoned it.
    VerifyByPhone,
}

/// What is said beside a caller's row.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    /// The name, for when the row is gone.
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) is_refusal: bool,
    /// The server was not reached: no longer worth saying once it is.
    is_unreached: bool,
    /// Said of a stay that is over: it is true from then on.
    is_farewell: bool,
    /// The status when it was said: once that changes, it is no longer true.
    status: CallerStatus,
}

/// The open question whether to cancel a caller.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Cancelling {
    pub(crate) caller: CallerId,
    pub(crate) reason: String,
    /// Why the last attempt did not cancel.
    pub(crate) wrong: Option<Notice>,
}

/// The open question whether a caller's number may count as verified.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Vouching {
    pub(crate) caller: CallerId,
    /// The number that was on screen when the question was opened: the one that staff phone. It stays,
    /// whatever number the caller gives meanwhile.
    pub(crate) number: String,
    /// Why the last attempt did not verify.
    pub(crate) wrong: Option<Notice>,
}

/// The open activity log of a caller.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ActivityLog {
    /// As last known: kept, because the caller may end while the log is open.
    pub(crate) caller: Caller,
    /// Newest first.
    pub(crate) entries: Reading<Vec<Activity>>,
    pub(crate) erasing: Erasing,
    /// What became of copying the caller's id.
    pub(crate) copying: Copying,
}

/// How far an admin is with erasing the caller's details before their time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Erasing {
    #[default]
    NotAsked,
    /// The question whether is open.
    Question,
    Sending,
    /// It was not done, and why; the question is open again.
    NotDone(String),
}

/// What a screen reader says next. The number makes two equal sentences two.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Announcement {
    pub(crate) number: u32,
    pub(crate) text: String,
}

/// What staff copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Copied {
    ClinicLink,
    /// Of the caller whose activity is open.
    CallerId,
}

/// What a command that the server did brought back.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Done {
    /// The caller as it now stands.
    pub(crate) caller: Option<Caller>,
    /// After Join.
    pub(crate) room: Option<Room>,
}

/// What happened.
#[derive(Clone, PartialEq)]
pub(crate) enum Message {
    ConnectionChanged {
        connection: Connection,
        at: i64,
    },
    /// The live list moved on.
    Happened {
        event: WaitingAreaEvent,
        at: i64,
    },
    /// Callers whose stay ended, as the server remembers them; and when today began.
    EndedRead {
        callers: Vec<Caller>,
        today: i64,
    },
    /// The rows that moved up to then stand still.
    Settled {
        until: i64,
    },
    SearchTyped(String),
    /// Again for the same status: all are shown.
    StatusChosen(Option<CallerStatus>),
    Pressed {
        command: Command,
        caller: CallerId,
        at: i64,
    },
    ReasonTyped(String),
    CancelConfirmed,
    CancelDismissed,
    VouchConfirmed,
    VouchDismissed,
    /// Whether codes are paused was read.
    PauseRead {
        until: Option<i64>,
        at: i64,
    },
    /// What else no event tells of the clinic was read.
    ClinicRead {
        is_open: bool,
        time_zone: String,
    },
    /// The time has come to tell that this session ends.
    SessionEnding {
        session: Session,
        at: i64,
    },
    Answered {
        command: Command,
        caller: CallerId,
        answer: Result<Done, ClientError>,
        at: i64,
    },
    /// The browser did not let the room open in a new tab.
    RoomBlocked {
        caller: CallerId,
        at: i64,
    },
    NoticeDismissed {
        caller: CallerId,
        at: i64,
    },
    ActivityOpened(CallerId),
    ActivityRead {
        caller: CallerId,
        answer: Result<Option<Vec<Activity>>, ClientError>,
    },
    ActivityClosed,
    /// The details of the caller whose activity is open are to be erased; first it is asked whether.
    ErasePressed,
    EraseConfirmed,
    EraseDismissed,
    Erased {
        caller: CallerId,
        answer: Result<Caller, ClientError>,
    },
    SoundSwitched(bool),
    /// Whether the browser lets arrivals be heard was tried.
    SoundTried {
        is_heard: bool,
    },
    CopyPressed {
        what: Copied,
        text: String,
    },
    Copied {
        what: Copied,
        is_copied: bool,
    },
}

/// A command, with what goes to the server along with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    Join,
    Recall,
    Cancel { reason: Option<String> },
    Hold,
    Complete,
    VerifyByPhone { number: String },
}

impl Request {
    pub(crate) fn command(&self) -> Command {
        match self {
            Self::Join => Command::Join,
            Self::Recall => Command::Recall,
            Self::Cancel { .. } => Command::Cancel,
            Self::Hold => Command::Hold,
            Self::Complete => Command::Complete,
            Self::VerifyByPhone { .. } => Command::VerifyByPhone,
        }
    }
}

/// What has to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Send {
        request: Request,
        caller: CallerId,
    },
    ReadActivity(CallerId),
    Erase(CallerId),
    /// Those whose stay ended today are read.
    ReadEnded,
    /// At that time [`Message::Settled`] is sent.
    Settle {
        until: i64,
    },
    /// The room's tab was opened empty by the press itself, else the browser would block it; this fills it.
    ShowRoom {
        caller: CallerId,
        room: Room,
    },
    /// There will be no room: its empty tab is closed.
    CloseRoom(CallerId),
    Focus(Place),
    /// An arrival is heard.
    Chime,
    RememberSound(bool),
    Copy {
        what: Copied,
        text: String,
    },
    /// The session is over: whatever was on screen is no longer for these eyes.
    EndSession,
}

/// Where the keyboard goes when what had the focus is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Heading,
    CancelButton(CallerId),
    VerifyButton(CallerId),
    ActivityButton(CallerId),
    /// In the open activity: what closes it, what asks whether to erase, and the way out of that question.
    ActivityClose,
    EraseButton,
    KeepButton,
    /// Only if the focus got lost.
    MainButton(CallerId),
}

/// Where a row is on screen, as far as that can be told without looking: what is above it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Spot {
    /// Messages above the list.
    strips: usize,
    rows: usize,
    /// Lines by which rows above are taller than the others.
    lines: usize,
}

/// Where a row is, and what decides its buttons.
type Stands = BTreeMap<CallerId, (Spot, CallerStatus)>;

/// How many callers are in each status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) waiting: usize,
    pub(crate) offline: usize,
    pub(crate) being_seen: usize,
    pub(crate) on_hold: usize,
}

impl Counts {
    pub(crate) fn all(self) -> usize {
        self.waiting + self.offline + self.being_seen + self.on_hold
    }

    pub(crate) fn of(self, status: Option<CallerStatus>) -> usize {
        match status {
            None => self.all(),
            Some(CallerStatus::Waiting) => self.waiting,
            Some(CallerStatus::Offline) => self.offline,
            Some(CallerStatus::BeingSeen) => self.being_seen,
            Some(CallerStatus::OnHold) => self.on_hold,
            Some(_) => 0,
        }
    }
}

/// What may be done to a caller, in the places where the buttons stand. Join and Recall share the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Buttons {
    /// None for a caller being seen: there the way to the room stands, so that the second half of a double click on
    /// Join does not complete the call.
    pub(crate) first: Option<Command>,
    pub(crate) others: &'static [Command],
}

/// The buttons of a caller for a viewer. A reporter reads only.
pub(crate) fn buttons(status: CallerStatus, role: TeamRole) -> Buttons {
    if !role.may_act() {
        return Buttons::default();
    }
    match status {
        CallerStatus::Waiting | CallerStatus::OnHold => Buttons {
            first: Some(Command::Join),
            others: &[Command::Cancel],
        },
        CallerStatus::Offline => Buttons {
            first: Some(Command::Recall),
            others: &[Command::Cancel],
        },
        CallerStatus::BeingSeen => Buttons {
            first: None,
            others: &[Command::Hold, Command::Complete],
        },
        CallerStatus::Completed
        | CallerStatus::Left
        | CallerStatus::Cancelled
        | CallerStatus::Unrecognised => Buttons::default(),
    }
}

/// Whether a text went out so lately that the server will hardly send another. The server decides; this only warns.
pub(crate) fn is_recall_paused(caller: &Caller, now: i64) -> bool {
    caller
        .recall
        .as_ref()
        .is_some_and(|recall| now - recall.requested_at.epoch_milliseconds() < RECALL_PAUSE)
}

/// Whether staff may vouch for the number of this caller: there is one that nobody has verified, and the
/// caller may step away with it.
pub(crate) fn may_vouch(caller: &Caller, role: TeamRole) -> bool {
    let is_unverified = caller
        .phone
        .as_ref()
        .is_some_and(|phone| !phone.is_verified);
    role.may_act()
        && is_unverified
        && caller.may_set_phone_aside
        && caller.status == CallerStatus::Waiting
}

/// The id of a caller as a text of its own.
pub(crate) fn id_of(caller: &Caller) -> CallerId {
    caller.id.inner().to_owned()
}

/// Whether an address may be opened as a room. Anything but the web is refused: the link template is typed by people,
/// and a `javascript:` address would run as this console.
pub(crate) fn is_web_address(address: &str) -> bool {
    let start = address.get(..8).unwrap_or(address).to_ascii_lowercase();
    start.starts_with("https://") || start.starts_with("http://")
}

impl WaitingArea {
    /// The waiting area of a clinic, of whose callers nothing is known yet.
    pub(crate) fn new(is_open: bool, sound: bool) -> Self {
        Self {
            is_open,
            sound,
            ..Self::default()
        }
    }

    /// Whether there is a caller whose stay has ended and whose details were not yet erased, as far as is known here.
    pub(crate) fn has_details_of_ended(&self) -> bool {
        self.ended.iter().any(|caller| caller.erased_at.is_none())
    }

    /// Whether the callers are known.
    pub(crate) fn is_known(&self) -> bool {
        self.replica.version().is_some()
    }

    /// Everyone who is here, in arrival order.
    pub(crate) fn callers(&self) -> &[Caller] {
        self.replica.callers()
    }

    /// A caller who is here.
    pub(crate) fn caller(&self, id: &str) -> Option<&Caller> {
        self.replica.caller(&Id::from(id))
    }

    /// Those to show: of the chosen status, and found by the search.
    pub(crate) fn shown(&self) -> impl Iterator<Item = &Caller> {
        self.callers()
            .iter()
            .filter(|caller| self.chosen.is_none_or(|status| caller.status == status))
            .filter(|caller| is_found(caller, &self.search))
    }

    /// How many are here.
    pub(crate) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for caller in self.callers() {
            match caller.status {
                CallerStatus::Waiting => counts.waiting += 1,
                CallerStatus::Offline => counts.offline += 1,
                CallerStatus::BeingSeen => counts.being_seen += 1,
                CallerStatus::OnHold => counts.on_hold += 1,
                _ => {}
            }
        }
        counts
    }

    /// What is to be said of callers whose row is not on screen.
    pub(crate) fn notices_without_a_row(&self) -> Vec<(&CallerId, &Notice)> {
        let shown: BTreeSet<&str> = self.shown().map(|caller| caller.id.inner()).collect();
        self.notices
            .iter()
            .filter(|(id, _)| !shown.contains(id.as_str()))
            .collect()
    }

    /// Whether the buttons of a caller's row are not yet to be pressed: the row moved just now, or they changed.
    pub(crate) fn is_settling(&self, id: &str) -> bool {
        self.settling.contains_key(id)
    }

    /// Whose latest recall did not get through, or nobody can tell, and who has given no sign since. In arrival order.
    pub(crate) fn unreached(&self) -> impl Iterator<Item = &Caller> {
        self.callers().iter().filter(|caller| is_unreached(caller))
    }

    /// What became of the recalls that did not get through.
    fn failures(&self) -> BTreeMap<CallerId, (String, SmsState)> {
        self.unreached()
            .filter_map(|caller| {
                let recall = caller.recall.as_ref()?;
                Some((
                    id_of(caller),
                    (recall.id.inner().to_owned(), recall.sms.state),
                ))
            })
            .collect()
    }

    /// Which recalls did not get through since, as it is read out.
    fn failures_since(&self, before: &BTreeMap<CallerId, (String, SmsState)>) -> Option<String> {
        let now = self.failures();
        let news: Vec<&Caller> = self
            .unreached()
            .filter(|caller| before.get(caller.id.inner()) != now.get(caller.id.inner()))
            .collect();
        words::unreached_now(&news)
    }

    /// Whose stay has ended, as the search finds them; the filter is of those who are here.
    pub(crate) fn ended_shown(&self) -> impl Iterator<Item = &Caller> {
        self.ended
            .iter()
            .filter(|caller| is_found(caller, &self.search))
    }

    /// How many of those whose stay has ended a search finds. None while nothing is searched for.
    pub(crate) fn ended_found(&self) -> usize {
        if self.search.trim().is_empty() {
            0
        } else {
            self.ended_shown().count()
        }
    }

    /// Where the rows are, at that time.
    fn stands(&self, at: i64) -> Stands {
        let lost = usize::from(self.connection == Connection::Lost);
        let paused = usize::from(self.codes_paused_until.is_some());
        let ending = usize::from(self.session_ending.is_some());
        let mut spot = Spot {
            strips: lost
                + ending
                + paused
                + self.unreached().count()
                + self.notices_without_a_row().len(),
            rows: 0,
            lines: 0,
        };
        self.shown()
            .map(|caller| {
                let here = spot;
                spot.rows += 1;
                spot.lines += lines(caller, self.notices.get(caller.id.inner()), at);
                (id_of(caller), (here, caller.status))
            })
            .collect()
    }

    /// Holds the buttons of every row that moved, or whose buttons changed. Gives back until when, if there is any.
    fn settle(&mut self, before: &Stands, at: i64) -> Option<i64> {
        let stands = self.stands(at);
        self.settling.retain(|id, _| stands.contains_key(id));
        let mut latest = None;
        for (id, (spot, status)) in stands {
            let until = match before.get(&id) {
                Some((_, before)) if *before != status => at + CHANGED,
                Some((before, _)) if *before == spot => continue,
                _ => at + MOVED,
            };
            latest = latest.max(Some(until));
            let held = self.settling.entry(id).or_insert(until);
            *held = until.max(*held);
        }
        latest
    }

    fn announce(&mut self, text: String) {
        self.announcement.number = self.announcement.number.wrapping_add(1);
        self.announcement.text = text;
    }

    fn notice(&self, id: &str, text: String, is_refusal: bool) -> Option<Notice> {
        self.known(id).map(|caller| Notice {
            name: words::name(caller).to_owned(),
            text,
            is_refusal,
            is_unreached: false,
            is_farewell: false,
            status: caller.status,
        })
    }

    fn say(&mut self, id: &str, text: String, is_refusal: bool) {
        if let Some(notice) = self.notice(id, text, is_refusal) {
            self.notices.insert(id.to_owned(), notice);
        }
    }

    /// Whether the question whether to cancel this caller is open.
    fn is_cancelling(&self, id: &str) -> bool {
        self.cancelling
            .as_ref()
            .is_some_and(|cancelling| cancelling.caller == id)
    }

    /// Whether a caller may be cancelled, as far as is known here.
    fn may_cancel(&self, id: &str) -> bool {
        self.caller(id).is_some_and(|caller| {
            buttons(caller.status, TeamRole::TeamMember)
                .others
                .contains(&Command::Cancel)
        })
    }

    /// Whether a caller's number may be vouched for, as far as is known here.
    fn may_vouch_now(&self, id: &str) -> bool {
        self.caller(id)
            .is_some_and(|caller| may_vouch(caller, TeamRole::TeamMember))
    }

    /// The number that the caller has given since staff were asked whether they phoned the one before.
    pub(crate) fn number_given_meanwhile(&self) -> Option<&str> {
        let vouching = self.vouching.as_ref()?;
        let phone = self.caller(&vouching.caller)?.phone.as_ref()?;
        (phone.number != vouching.number).then_some(phone.number.as_str())
    }

    /// What those who are here texted back, and when.
    fn replies(&self) -> BTreeMap<CallerId, RecallReply> {
        let replies = self.callers().iter().filter_map(|caller| {
            let reply = caller.recall.as_ref()?.reply?;
            Some((id_of(caller), reply))
        });
        replies.collect()
    }

    /// What was texted back since, as it is read out.
    fn replies_since(&self, before: &BTreeMap<CallerId, RecallReply>) -> Vec<String> {
        let news = self.callers().iter().filter_map(|caller| {
            let reply = caller.recall.as_ref()?.reply?;
            let is_new = before.get(caller.id.inner()) != Some(&reply);
            is_new.then(|| words::replied(words::name(caller), reply.answer))
        });
        news.collect()
    }

    /// A caller, also one that ended.
    fn known(&self, id: &str) -> Option<&Caller> {
        self.caller(id)
            .or_else(|| self.ended.iter().find(|caller| caller.id.inner() == id))
    }

    fn statuses(&self) -> BTreeMap<CallerId, CallerStatus> {
        self.callers()
            .iter()
            .map(|caller| (id_of(caller), caller.status))
            .collect()
    }

    fn remember_ended(&mut self, caller: Caller) {
        self.ended.retain(|known| known.id != caller.id);
        self.ended.insert(0, caller);
        self.ended.truncate(ENDED_KEPT);
    }

    /// Takes over a caller that came with an answer, unless the live list has a newer one.
    fn take_over(&mut self, caller: Caller) {
        if self.replica.take_newer(&caller) && caller.status.is_final() {
            self.remember_ended(caller);
        }
    }
}

/// About by how many lines a row is taller than one of which there is little to say.
fn lines(caller: &Caller, notice: Option<&Notice>, now: i64) -> usize {
    /// Letters in a line of the column in which a recall is told.
    const LINE: usize = 24;
    // A notice takes about three.
    let notice = if notice.is_some() { 3 } else { 0 };
    let recall: usize = words::recall(caller, now)
        .iter()
        .map(|said| said.text.chars().count().div_ceil(LINE))
        .sum();
    // The answer, and when it came.
    let reply = if words::reply_shown(caller).is_some() {
        2
    } else {
        0
    };
    // Said below the status, and beside it below the buttons.
    let not_responding = usize::from(caller.presence.not_responding);
    let stopped = if caller.texts_stopped { 2 } else { 0 };
    notice + recall + reply + not_responding + stopped
}

/// Whether a caller does not know of being recalled, as far as anybody can tell.
fn is_unreached(caller: &Caller) -> bool {
    caller.status == CallerStatus::Offline
        && caller.recall.as_ref().is_some_and(|recall| {
            words::not_through(recall).is_some()
                && recall.returned_at.is_none()
                && recall.reply.is_none()
        })
}

/// Whether a search finds a caller: every word in the name, with or without its accents, or the digits in the number.
fn is_found(caller: &Caller, search: &str) -> bool {
    let search = fold(search.trim());
    if search.is_empty() {
        return true;
    }
    // What stands for a name that is not there is no name.
    let name = caller.name.as_deref().map(fold);
    if name.is_some_and(|name| search.split_whitespace().all(|word| name.contains(word))) {
        return true;
    }
    // A number as people write it: spaces, brackets, and the 0 that the country code replaces.
    let looks_like_a_number = search
        .chars()
        .all(|letter| letter.is_ascii_digit() || " +-()./".contains(letter));
    let digits: String = search.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0');
    looks_like_a_number
        && !digits.is_empty()
        && caller
            .phone
            .as_ref()
            .is_some_and(|phone| phone.number.contains(digits))
}

/// What a message makes of the waiting area, and what has to be done about it.
///
/// Whatever moves rows or changes their buttons holds these for a moment: else a press that was aimed at one caller
/// would strike the next, or the second half of a double click on Join would put the caller on hold.
pub(crate) fn reduce(state: WaitingArea, message: Message) -> (WaitingArea, Vec<Effect>) {
    // Nobody aims at rows before there are any.
    let before = moment(&message)
        .filter(|_| state.is_known())
        .map(|at| (at, state.stands(at)));
    let (mut state, mut effects) = step(state, message);
    if let Some((at, before)) = before
        && let Some(until) = state.settle(&before, at)
    {
        effects.push(Effect::Settle { until });
    }
    (state, effects)
}

/// When a message came that may move rows by itself. What staff search and filter for is meant to move them.
fn moment(message: &Message) -> Option<i64> {
    match message {
        Message::ConnectionChanged { at, .. }
        | Message::Happened { at, .. }
        | Message::Pressed { at, .. }
        | Message::PauseRead { at, .. }
        | Message::SessionEnding { at, .. }
        | Message::Answered { at, .. }
        | Message::RoomBlocked { at, .. }
        | Message::NoticeDismissed { at, .. } => Some(*at),
        _ => None,
    }
}

#[allow(
    clippy::too_many_lines,
    reason = "one arm for each message, read from top to bottom"
)]
fn step(mut state: WaitingArea, message: Message) -> (WaitingArea, Vec<Effect>) {
    let mut effects = Vec::new();
    match message {
        Message::ConnectionChanged { connection, .. } => {
            if connection == Connection::Live && state.connection != connection {
                state.notices.retain(|_, notice| !notice.is_unreached);
                if let Some(cancelling) = &mut state.cancelling {
                    cancelling.wrong = cancelling.wrong.take().filter(|wrong| !wrong.is_unreached);
                }
                if let Some(vouching) = &mut state.vouching {
                    vouching.wrong = vouching.wrong.take().filter(|wrong| !wrong.is_unreached);
                }
                effects.push(Effect::ReadEnded);
            }
            state.connection = connection;
        }
        Message::Happened { event, .. } => happened(&mut state, &mut effects, event),
        Message::EndedRead { callers, today } => ended_read(&mut state, callers, today),
        Message::Settled { until } => state.settling.retain(|_, held| *held > until),
        Message::SearchTyped(search) => {
            state.search = search.chars().take(LONGEST_SEARCH).collect();
        }
        Message::StatusChosen(status) => {
            state.chosen = if state.chosen == status { None } else { status };
        }
        Message::Pressed {
            command,
            caller,
            at,
        } => {
            pressed(&mut state, &mut effects, command, caller, at);
        }
        Message::ReasonTyped(reason) => {
            if let Some(cancelling) = &mut state.cancelling {
                cancelling.reason = reason.chars().take(LONGEST_REASON).collect();
            }
        }
        Message::CancelConfirmed => {
            // The question stays until it is answered: what was typed is not to be typed again.
            if let Some(cancelling) = &mut state.cancelling
                && !state.sending.contains_key(&cancelling.caller)
            {
                cancelling.wrong = None;
                let caller = cancelling.caller.clone();
                let reason = Some(cancelling.reason.trim().to_owned());
                let reason = reason.filter(|reason| !reason.is_empty());
                state.notices.remove(&caller);
                state.sending.insert(caller.clone(), Command::Cancel);
                let request = Request::Cancel { reason };
                effects.push(Effect::Send { request, caller });
            }
        }
        Message::CancelDismissed => {
            if let Some(cancelling) = state.cancelling.take() {
                effects.push(Effect::Focus(Place::CancelButton(cancelling.caller)));
            }
        }
        Message::VouchConfirmed => {
            let is_another = state.number_given_meanwhile().is_some();
            if let Some(vouching) = &mut state.vouching
                && !state.sending.contains_key(&vouching.caller)
                && !is_another
            {
                vouching.wrong = None;
                let (caller, number) = (vouching.caller.clone(), vouching.number.clone());
                state.notices.remove(&caller);
                state.sending.insert(caller.clone(), Command::VerifyByPhone);
                let request = Request::VerifyByPhone { number };
                effects.push(Effect::Send { request, caller });
            }
        }
        Message::VouchDismissed => {
            if let Some(vouching) = state.vouching.take() {
                effects.push(Effect::Focus(Place::VerifyButton(vouching.caller)));
            }
        }
        Message::PauseRead { until, at } => {
            let until = until.filter(|until| *until > at);
            if state.codes_paused_until.is_none() && until.is_some() {
                state.announce("Codes are paused. Callers can wait on screen.".to_owned());
            }
            state.codes_paused_until = until;
        }
        Message::ClinicRead { is_open, time_zone } => {
            if state.is_open != is_open {
                state.announce(words::opened_or_closed(is_open).to_owned());
            }
            state.is_open = is_open;
            state.time_zone = Some(time_zone);
        }
        Message::SessionEnding { session, .. } => {
            state.announce("You are signed out soon.".to_owned());
            state.session_ending = Some(session);
        }
        Message::Answered {
            command,
            caller,
            answer,
            at,
        } => {
            answered(&mut state, &mut effects, command, &caller, answer, at);
        }
        Message::RoomBlocked { caller, .. } => state.say(
            &caller,
            "Your browser blocked the new tab. Open the room here with Open room.".to_owned(),
            false,
        ),
        Message::NoticeDismissed { caller, .. } => {
            state.notices.remove(&caller);
            effects.push(Effect::Focus(Place::MainButton(caller)));
        }
        Message::ActivityOpened(id) => {
            if let Some(caller) = state.known(&id).cloned() {
                state.activity = Some(ActivityLog {
                    caller,
                    entries: Reading::default(),
                    erasing: Erasing::default(),
                    copying: Copying::default(),
                });
                effects.push(Effect::ReadActivity(id));
            }
        }
        Message::ActivityRead { caller, answer } => {
            if let Some(log) = state
                .activity
                .as_mut()
                .filter(|log| log.caller.id.inner() == caller)
                && log.entries.take(answer).is_err()
            {
                effects.push(Effect::EndSession);
            }
        }
        Message::ActivityClosed => {
            if let Some(log) = state.activity.take() {
                effects.push(Effect::Focus(Place::ActivityButton(id_of(&log.caller))));
            }
        }
        Message::ErasePressed => {
            if let Some(log) = state.activity.as_mut().filter(|log| may_erase(&log.caller)) {
                log.erasing = Erasing::Question;
                effects.push(Effect::Focus(Place::KeepButton));
            }
        }
        Message::EraseDismissed => {
            if let Some(log) = &mut state.activity
                && log.erasing != Erasing::Sending
            {
                log.erasing = Erasing::NotAsked;
                effects.push(Effect::Focus(Place::EraseButton));
            }
        }
        Message::EraseConfirmed => {
            if let Some(log) = &mut state.activity
                && matches!(log.erasing, Erasing::Question | Erasing::NotDone(_))
            {
                log.erasing = Erasing::Sending;
                effects.push(Effect::Erase(id_of(&log.caller)));
            }
        }
        Message::Erased { caller, answer } => erased(&mut state, &mut effects, &caller, answer),
        Message::SoundSwitched(sound) => {
            state.sound = sound;
            effects.push(Effect::RememberSound(sound));
            if sound {
                effects.push(Effect::Chime);
            }
        }
        Message::SoundTried { is_heard } => state.is_heard = is_heard,
        Message::CopyPressed { what, text } => {
            // What became of the last copy would be taken for what becomes of this one.
            match (what, &mut state.activity) {
                (Copied::ClinicLink, _) => state.clinic_link = Copying::NotCopied,
                (Copied::CallerId, Some(log)) => log.copying = Copying::NotCopied,
                (Copied::CallerId, None) => {}
            }
            effects.push(Effect::Copy { what, text });
        }
        Message::Copied { what, is_copied } => {
            let copying = if is_copied {
                Copying::Copied
            } else {
                Copying::CopyItYourself
            };
            match (what, &mut state.activity) {
                (Copied::ClinicLink, _) => {
                    state.clinic_link = copying;
                    if is_copied {
                        state.announce("Clinic link copied.".to_owned());
                    }
                }
                // Said in the open activity itself.
                (Copied::CallerId, Some(log)) => log.copying = copying,
                (Copied::CallerId, None) => {}
            }
        }
    }
    (state, effects)
}

fn happened(state: &mut WaitingArea, effects: &mut Vec<Effect>, event: WaitingAreaEvent) {
    let before = state.statuses();
    let is_first = !state.is_known();
    let replied_before = state.replies();
    let failed_before = state.failures();
    let mut has_left = None;
    if let Applied::Ended(caller) = state.replica.apply(event) {
        if words::is_left_by_text(&caller) && before.contains_key(caller.id.inner()) {
            has_left = Some(id_of(&caller));
        }
        state.remember_ended(*caller);
    }

    let mut arrived = Vec::new();
    let mut back = Vec::new();
    for caller in state.callers() {
        match before.get(caller.id.inner()) {
            None => arrived.push(words::name(caller).to_owned()),
            Some(CallerStatus::Offline) if caller.status == CallerStatus::Waiting => {
                back.push(words::name(caller).to_owned());
            }
            Some(_) => {}
        }
    }
    let is_heard = !(arrived.is_empty() && back.is_empty());
    let mut sentences = state.replies_since(&replied_before);
    sentences.extend(state.failures_since(&failed_before));
    if let Some(id) = has_left {
        // The row is gone: without a word nobody would know why.
        let name = state.known(&id).map_or("The caller", words::name);
        let text = words::replied(name, RecallAnswer::Leaving);
        sentences.push(text.clone());
        if let Some(mut notice) = state.notice(&id, text, false) {
            notice.is_farewell = true;
            state.notices.insert(id, notice);
        }
    }
    if (is_heard || !sentences.is_empty()) && !is_first {
        match arrived.as_slice() {
            [] => {}
            [name] => sentences.push(format!("{name} arrived.")),
            names => sentences.push(format!("{} callers arrived.", names.len())),
        }
        match back.as_slice() {
            [] => {}
            [name] => sentences.push(format!("{name} is back and Waiting.")),
            names => sentences.push(format!("{} callers are back and Waiting.", names.len())),
        }
        state.announce(sentences.join(" "));
        if is_heard && state.sound {
            effects.push(Effect::Chime);
        }
    }

    let now = state.statuses();
    state.notices.retain(|id, notice| match now.get(id) {
        Some(status) => *status == notice.status,
        None => notice.is_refusal || notice.is_farewell,
    });
    state.recalled_here.retain(|id, _| now.contains_key(id));
    // Whoever took the place back is here again.
    state
        .ended
        .retain(|caller| !now.contains_key(caller.id.inner()));

    if let Some(id) = state.vouching.as_ref().map(|open| open.caller.clone())
        && !state.may_vouch_now(&id)
        && state.sending.get(&id) != Some(&Command::VerifyByPhone)
    {
        // Verified by a code, or gone, or with a provider: there is nothing left to ask.
        state.vouching = None;
        effects.push(Effect::Focus(Place::MainButton(id)));
    }
    let is_ours = state
        .cancelling
        .as_ref()
        .is_some_and(|open| state.sending.get(&open.caller) == Some(&Command::Cancel));
    if let Some(id) = state.cancelling.as_ref().map(|open| open.caller.clone())
        && !state.may_cancel(&id)
        // Of who is still here, the answer tells. With who is gone, nothing of the question is left to hold the
        // keyboard.
        && !(is_ours && now.contains_key(&id))
    {
        state.cancelling = None;
        let name = state.known(&id).map_or("The caller", words::name);
        let (text, place) = if let Some(status) = now.get(&id) {
            (
                words::no_longer_fits(Command::Cancel, *status, name),
                Place::MainButton(id.clone()),
            )
        } else {
            let how = state.known(&id).map_or("ended", words::end).to_lowercase();
            (format!("{name} is no longer here: {how}."), Place::Heading)
        };
        effects.push(Effect::Focus(place));
        // What was asked for here came true before the answer: there is nothing to tell.
        if !is_ours {
            state.say(&id, text, true);
        }
    }
    if let Some(shown) = state.activity.as_ref().map(|log| log.caller.clone())
        && let Some(known) = state.known(shown.id.inner()).cloned()
        && known.version > shown.version
        && let Some(log) = &mut state.activity
    {
        log.caller = known;
        effects.push(Effect::ReadActivity(id_of(&shown)));
    }
}

/// Takes over whose stay ended today, newest first. Who is known here already is known better, unless their details
/// were erased since: no event tells of that, and what is erased is not to stay on a screen.
fn ended_read(state: &mut WaitingArea, callers: Vec<Caller>, today: i64) {
    let ended_at = |caller: &Caller| {
        caller
            .ended_at
            .map_or(i64::MAX, standby_client::Instant::epoch_milliseconds)
    };
    for caller in callers {
        if !caller.status.is_final() {
            continue;
        }
        if caller.erased_at.is_some() {
            if let Some(log) = &mut state.activity
                && log.caller.id == caller.id
            {
                log.caller = caller.clone();
            }
            state.notices.remove(caller.id.inner());
            if let Some(known) = state.ended.iter_mut().find(|known| known.id == caller.id) {
                *known = caller;
                continue;
            }
        }
        if state.known(caller.id.inner()).is_none() {
            state.ended.push(caller);
        }
    }
    state.ended.retain(|caller| ended_at(caller) >= today);
    state
        .ended
        .sort_by_key(|caller| std::cmp::Reverse(ended_at(caller)));
    state.ended.truncate(ENDED_KEPT);
}

/// Whether there is something to erase of a caller: the stay has ended, and the details are still there.
pub(crate) fn may_erase(caller: &Caller) -> bool {
    caller.status.is_final() && caller.erased_at.is_none()
}

fn erased(
    state: &mut WaitingArea,
    effects: &mut Vec<Effect>,
    id: &str,
    answer: Result<Caller, ClientError>,
) {
    let mut log = state
        .activity
        .as_mut()
        .filter(|log| log.caller.id.inner() == id);
    match answer {
        Ok(caller) => {
            if let Some(log) = log {
                log.erasing = Erasing::NotAsked;
                log.caller = caller.clone();
                effects.push(Effect::Focus(Place::ActivityClose));
            }
            for known in state.ended.iter_mut().filter(|known| known.id == caller.id) {
                known.clone_from(&caller);
            }
            state.notices.remove(id);
            state.announce("Their details were erased.".to_owned());
        }
        Err(ClientError::Unauthorized) => effects.push(Effect::EndSession),
        Err(error) => {
            if let Some(log) = &mut log {
                log.erasing = Erasing::NotDone(words::not_erased(&error));
            }
        }
    }
}

fn pressed(
    state: &mut WaitingArea,
    effects: &mut Vec<Effect>,
    command: Command,
    caller: CallerId,
    at: i64,
) {
    if state.sending.contains_key(&caller) {
        return;
    }
    if state.settling.get(&caller).is_some_and(|until| at < *until) {
        return;
    }
    let is_second_half = command == Command::Recall
        && state
            .recalled_here
            .get(&caller)
            .is_some_and(|before| at - before < DOUBLE_CLICK);
    if is_second_half {
        return;
    }
    // No text goes to a number that has asked for none: the row says so beside the button.
    let takes_no_texts = state
        .caller(&caller)
        .is_some_and(|caller| caller.texts_stopped);
    if command == Command::Recall && takes_no_texts {
        return;
    }
    let request = match command {
        Command::Join => Request::Join,
        Command::Recall => Request::Recall,
        Command::Hold => Request::Hold,
        Command::Complete => Request::Complete,
        Command::Cancel => {
            state.cancelling = Some(Cancelling {
                caller,
                reason: String::new(),
                wrong: None,
            });
            return;
        }
        Command::VerifyByPhone => {
            let known = state.caller(&caller);
            let phone = known.and_then(|caller| caller.phone.as_ref());
            let number = phone.map(|phone| phone.number.clone());
            state.vouching = number.map(|number| Vouching {
                caller,
                number,
                wrong: None,
            });
            return;
        }
    };
    state.notices.remove(&caller);
    state.sending.insert(caller.clone(), command);
    effects.push(Effect::Send { request, caller });
}

fn answered(
    state: &mut WaitingArea,
    effects: &mut Vec<Effect>,
    command: Command,
    id: &CallerId,
    answer: Result<Done, ClientError>,
    at: i64,
) {
    state.sending.remove(id);
    match answer {
        Ok(Done { caller, room }) => {
            if let Some(caller) = caller {
                state.take_over(caller);
            }
            if command == Command::Cancel && state.is_cancelling(id) {
                state.cancelling = None;
                effects.push(Effect::Focus(Place::Heading));
            }
            if command == Command::VerifyByPhone {
                let is_open = state
                    .vouching
                    .as_ref()
                    .is_some_and(|open| open.caller == *id);
                if is_open {
                    state.vouching = None;
                }
                let name = state.known(id).map_or("The caller", words::name);
                let text = format!("The number of {name} is verified.");
                state.announce(text);
            }
            if command == Command::Recall {
                state.recalled_here.insert(id.clone(), at);
            }
            match room {
                Some(room) if command == Command::Join && is_web_address(&room.url) => {
                    effects.push(Effect::ShowRoom {
                        caller: id.clone(),
                        room,
                    });
                }
                _ if command == Command::Join => {
                    effects.push(Effect::CloseRoom(id.clone()));
                    let text = "Joined, but the room has no address that can be opened. \
                                Check the room link in Configure.";
                    state.say(id, text.to_owned(), true);
                }
                _ => {}
            }
        }
        Err(error) => {
            if command == Command::Join {
                effects.push(Effect::CloseRoom(id.clone()));
            }
            if let ClientError::Refused(refusal) = &error
                && let Some(caller) = refusal.caller.as_deref()
            {
                state.take_over(caller.clone());
            }
            if error == ClientError::Unauthorized {
                effects.push(Effect::EndSession);
            } else {
                not_done(state, effects, command, id, &error);
            }
        }
    }
    if command != Command::Cancel {
        effects.push(Effect::Focus(Place::MainButton(id.clone())));
    }
}

/// Says why a command changed nothing: in the question whether to cancel while it can still be asked, else by the row.
fn not_done(
    state: &mut WaitingArea,
    effects: &mut Vec<Effect>,
    command: Command,
    id: &CallerId,
    error: &ClientError,
) {
    let name = state.known(id).map_or("The caller", words::name).to_owned();
    let text = match error.user_error() {
        Some(reason) => words::refusal(command, reason, &name),
        None => words::not_done(command, error),
    };
    let Some(mut notice) = state.notice(id, text, true) else {
        return;
    };
    notice.is_unreached = error.may_pass();
    if command == Command::VerifyByPhone {
        let may_ask_again = state.may_vouch_now(id);
        if let Some(open) = state.vouching.as_mut().filter(|open| open.caller == *id) {
            if may_ask_again {
                open.wrong = Some(notice);
                return;
            }
            state.vouching = None;
        }
    }
    let is_asked = command == Command::Cancel && state.is_cancelling(id);
    let is_too_late = !state.may_cancel(id)
        || error
            .user_error()
            .is_some_and(|reason| reason.code == UserErrorCode::WrongStatus);
    if is_asked && !is_too_late {
        if let Some(cancelling) = &mut state.cancelling {
            cancelling.wrong = Some(notice);
        }
        return;
    }
    if is_asked {
        state.cancelling = None;
        effects.push(Effect::Focus(Place::Heading));
    }
    state.notices.insert(id.clone(), notice);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{caller, refused, wrong_status};

    fn area(callers: Vec<Caller>) -> WaitingArea {
        after(WaitingArea::new(true, false), snapshot(callers))
    }

    fn after(state: WaitingArea, message: Message) -> WaitingArea {
        reduce(state, message).0
    }

    fn press(command: Command, id: &str, at: i64) -> Message {
        Message::Pressed {
            command,
            caller: id.to_owned(),
            at,
        }
    }

    fn answer(command: Command, id: &str, answer: Result<Done, ClientError>) -> Message {
        Message::Answered {
            command,
            caller: id.to_owned(),
            answer,
            at: 1_000,
        }
    }

    /// Everyone who is here, as after a gap in the connection.
    fn snapshot(callers: Vec<Caller>) -> Message {
        snapshot_at(callers, 0)
    }

    fn snapshot_at(callers: Vec<Caller>, at: i64) -> Message {
        Message::Happened {
            event: WaitingAreaEvent::Snapshot {
                version: 1,
                callers,
            },
            at,
        }
    }

    fn at_version(mut caller: Caller, version: i32) -> Caller {
        caller.version = version;
        caller
    }

    fn connection(connection: Connection) -> Message {
        Message::ConnectionChanged { connection, at: 0 }
    }

    /// What has to be done besides waiting for rows to stand still.
    fn done(effects: Vec<Effect>) -> Vec<Effect> {
        effects
            .into_iter()
            .filter(|effect| !matches!(effect, Effect::Settle { .. }))
            .collect()
    }

    fn names(state: &WaitingArea) -> Vec<&str> {
        state.shown().map(words::name).collect()
    }

    #[test]
    fn recall_stands_where_join_stood() {
        let of = |status| buttons(status, TeamRole::TeamMember).first;
        assert_eq!(of(CallerStatus::Waiting), Some(Command::Join));
        assert_eq!(of(CallerStatus::Offline), Some(Command::Recall));
        assert_eq!(of(CallerStatus::OnHold), Some(Command::Join));
        assert_eq!(of(CallerStatus::BeingSeen), None);
    }

    #[test]
    fn a_reporter_has_no_buttons() {
        for status in [
            CallerStatus::Waiting,
            CallerStatus::Offline,
            CallerStatus::BeingSeen,
            CallerStatus::OnHold,
        ] {
            assert_eq!(buttons(status, TeamRole::Reporter), Buttons::default());
        }
    }

    #[test]
    fn a_second_press_before_the_answer_sends_nothing() {
        let state = area(vec![caller("1", "Ana", CallerStatus::Waiting)]);
        let (state, effects) = reduce(state, press(Command::Join, "1", 0));
        assert_eq!(effects.len(), 1);
        let (_, effects) = reduce(state, press(Command::Join, "1", 5));
        assert_eq!(effects, []);
    }

    #[test]
    fn the_second_half_of_a_double_click_on_recall_sends_nothing_even_after_the_answer() {
        let ana = caller("1", "Ana", CallerStatus::Offline);
        let state = after(area(vec![ana.clone()]), press(Command::Recall, "1", 900));
        let done = Ok(Done {
            caller: Some(ana),
            room: None,
        });
        let state = after(state, answer(Command::Recall, "1", done));
        let (state, effects) = reduce(state, press(Command::Recall, "1", 1_100));
        assert_eq!(effects, []);
        let (_, effects) = reduce(state, press(Command::Recall, "1", 1_000 + DOUBLE_CLICK));
        assert!(matches!(
            effects.as_slice(),
            [Effect::Send {
                request: Request::Recall,
                ..
            }]
        ));
    }

    #[test]
    fn a_refused_join_says_the_status_as_it_now_is_and_closes_the_empty_tab() {
        let state = area(vec![at_version(
            caller("1", "Ana", CallerStatus::Waiting),
            1,
        )]);
        let state = after(state, press(Command::Join, "1", 0));
        let now = at_version(caller("1", "Ana", CallerStatus::Offline), 2);
        let refused = Err(refused(wrong_status(CallerStatus::Offline), Some(now)));
        let (state, effects) = reduce(state, answer(Command::Join, "1", refused));
        assert!(effects.contains(&Effect::CloseRoom("1".to_owned())));
        assert_eq!(
            state.notices["1"].text,
            "Not joined: Ana is now Offline. Recall them first."
        );
        assert_eq!(state.caller("1").unwrap().status, CallerStatus::Offline);
        assert!(state.sending.is_empty());
    }

    #[test]
    fn a_refusal_goes_away_once_the_status_it_named_is_over() {
        let state = area(vec![at_version(
            caller("1", "Ana", CallerStatus::Offline),
            2,
        )]);
        let refused = Err(refused(wrong_status(CallerStatus::Offline), None));
        let state = after(state, answer(Command::Recall, "1", refused));
        assert_eq!(state.notices.len(), 1);
        let same = at_version(caller("1", "Ana", CallerStatus::Offline), 3);
        let state = after(state, snapshot(vec![same]));
        assert_eq!(state.notices.len(), 1);
        let back = at_version(caller("1", "Ana", CallerStatus::Waiting), 4);
        let state = after(state, snapshot(vec![back]));
        assert!(state.notices.is_empty());
    }

    #[test]
    fn a_refusal_outlives_the_row_of_a_caller_who_left() {
        let state = area(vec![at_version(
            caller("1", "Ana", CallerStatus::Waiting),
            1,
        )]);
        let now = at_version(caller("1", "Ana", CallerStatus::Left), 2);
        let refused = Err(refused(wrong_status(CallerStatus::Left), Some(now)));
        let state = after(state, answer(Command::Join, "1", refused));
        let state = after(state, snapshot(vec![]));
        let left = state.notices_without_a_row();
        assert_eq!(left.len(), 1);
        assert_eq!(left[0].1.text, "Not joined: Ana has left.");
        let state = after(
            state,
            Message::NoticeDismissed {
                caller: "1".to_owned(),
                at: 0,
            },
        );
        assert!(state.notices.is_empty());
    }

    #[test]
    fn an_answer_shows_at_once_without_waiting_for_the_live_list() {
        let state = area(vec![at_version(
            caller("1", "Ana", CallerStatus::Waiting),
            1,
        )]);
        let joined = at_version(caller("1", "Ana", CallerStatus::BeingSeen), 3);
        let room = Some(Room {
            url: "https://v.test/1".to_owned(),
        });
        let done = Ok(Done {
            caller: Some(joined),
            room,
        });
        let state = after(state, answer(Command::Join, "1", done));
        assert_eq!(state.caller("1").unwrap().status, CallerStatus::BeingSeen);
    }

    #[test]
    fn an_answer_older_than_the_live_list_changes_nothing() {
        let state = area(vec![at_version(
            caller("1", "Ana", CallerStatus::Offline),
            5,
        )]);
        let late = at_version(caller("1", "Ana", CallerStatus::Waiting), 4);
        let done = Ok(Done {
            caller: Some(late),
            room: None,
        });
        let state = after(state, answer(Command::Hold, "1", done));
        assert_eq!(state.caller("1").unwrap().status, CallerStatus::Offline);
    }

    #[test]
    fn a_session_that_is_over_ends_on_screen_and_an_unreachable_server_is_said_by_the_row() {
        let state = area(vec![caller("1", "Ana", CallerStatus::Offline)]);
        let over = Err(ClientError::Unauthorized);
        let (_, effects) = reduce(state.clone(), answer(Command::Recall, "1", over));
        assert!(effects.contains(&Effect::EndSession));
        let away = Err(ClientError::Unreachable {
            reason: String::new(),
        });
        let state = after(state, answer(Command::Recall, "1", away));
        assert!(
            state.notices["1"]
                .text
                .starts_with("Recall did not reach the server.")
        );
    }

    #[test]
    fn only_a_web_address_is_opened_as_a_room() {
        let state = area(vec![at_version(
            caller("1", "Ana", CallerStatus::Waiting),
            1,
        )]);
        let done = |url: &str| {
            Ok(Done {
                caller: None,
                room: Some(Room {
                    url: url.to_owned(),
                }),
            })
        };
        let (_, effects) = reduce(
            state.clone(),
            answer(Command::Join, "1", done("https://v.test/1")),
        );
        assert!(effects.contains(&Effect::ShowRoom {
            caller: "1".to_owned(),
            room: Room {
                url: "https://v.test/1".to_owned()
            }
        }));
        let (state, effects) = reduce(
            state,
            answer(Command::Join, "1", done("javascript:alert(1)")),
        );
        assert!(effects.contains(&Effect::CloseRoom("1".to_owned())));
        assert!(state.notices["1"].is_refusal);
    }

    #[test]
    fn cancel_asks_first_and_sends_the_reason_only_when_there_is_one() {
        let state = area(vec![caller("1", "Ana", CallerStatus::Waiting)]);
        let (state, effects) = reduce(state, press(Command::Cancel, "1", 0));
        assert_eq!(effects, []);
        let state = after(state, Message::ReasonTyped("   ".to_owned()));
        let (state, effects) = reduce(state, Message::CancelConfirmed);
        assert!(effects.contains(&Effect::Send {
            request: Request::Cancel { reason: None },
            caller: "1".to_owned(),
        }));
        assert_eq!(state.sending["1"], Command::Cancel);
        let (_, effects) = reduce(state.clone(), Message::CancelConfirmed);
        assert_eq!(effects, [], "the second half of a double click");
        let state = after(state, answer(Command::Cancel, "1", Ok(Done::default())));
        assert!(state.cancelling.is_none());
    }

    #[test]
    fn a_cancellation_that_was_not_taken_keeps_the_question_open_with_what_was_typed() {
        let state = area(vec![caller("1", "Ana", CallerStatus::Waiting)]);
        let state = after(state, press(Command::Cancel, "1", 0));
        let state = after(state, Message::ReasonTyped("See your doctor".to_owned()));
        let state = after(state, Message::CancelConfirmed);
        let away = Err(ClientError::Unreachable {
            reason: String::new(),
        });
        let state = after(state, answer(Command::Cancel, "1", away));
        let open = state.cancelling.clone().unwrap();
        assert_eq!(open.reason, "See your doctor");
        assert!(open.wrong.unwrap().text.starts_with("Cancel did not reach"));
        assert!(state.notices.is_empty() && state.sending.is_empty());
        // Once it cannot be asked any more, it goes and the row says why.
        let state = after(state, Message::CancelConfirmed);
        let refused = Err(refused(wrong_status(CallerStatus::BeingSeen), None));
        let state = after(state, answer(Command::Cancel, "1", refused));
        assert!(state.cancelling.is_none());
        assert_eq!(
            state.notices["1"].text,
            "Not cancelled: Ana is now Being Seen."
        );
    }

    #[test]
    fn a_cancellation_seen_in_the_list_before_its_answer_is_no_surprise() {
        let state = area(vec![caller("1", "Ana", CallerStatus::Waiting)]);
        let state = after(state, press(Command::Cancel, "1", 0));
        let state = after(state, Message::CancelConfirmed);
        let (state, effects) = reduce(state, snapshot(vec![]));
        assert!(state.cancelling.is_none() && state.notices.is_empty());
        assert_eq!(done(effects), [Effect::Focus(Place::Heading)]);
        let answer = answer(Command::Cancel, "1", Ok(Done::default()));
        let (state, effects) = reduce(state, answer);
        assert!(state.notices.is_empty());
        assert_eq!(effects, [], "the keyboard may be elsewhere by now");
    }

    #[test]
    fn a_press_on_a_row_that_just_moved_does_nothing_because_it_was_aimed_at_another() {
        let ana = caller("1", "Ana", CallerStatus::Waiting);
        let ben = caller("2", "Ben", CallerStatus::Waiting);
        let cem = caller("3", "Cem", CallerStatus::Waiting);
        let state = area(vec![ana.clone(), ben, cem.clone()]);
        // Ben is gone, and Cem stands where Ben stood.
        let (state, effects) = reduce(state, snapshot_at(vec![ana, cem], 5_000));
        assert_eq!(
            effects,
            [Effect::Settle {
                until: 5_000 + MOVED
            }]
        );
        assert!(state.is_settling("3"));
        let early = press(Command::Join, "3", 5_000 + MOVED - 1);
        assert_eq!(reduce(state.clone(), early).1, []);
        let (_, effects) = reduce(state.clone(), press(Command::Join, "3", 5_000 + MOVED));
        assert_eq!(effects.len(), 1);
        // Ana did not move.
        assert!(!state.is_settling("1"));
        let (_, effects) = reduce(state.clone(), press(Command::Join, "1", 5_001));
        assert_eq!(effects.len(), 1);
        let until = 5_000 + MOVED;
        assert!(!after(state, Message::Settled { until }).is_settling("3"));
    }

    #[test]
    fn a_message_that_appears_above_a_row_moves_it_too() {
        let state = area(vec![
            caller("1", "Ana", CallerStatus::Offline),
            caller("2", "Ben", CallerStatus::Waiting),
        ]);
        let refused = Err(refused(wrong_status(CallerStatus::Offline), None));
        let state = after(state, answer(Command::Recall, "1", refused));
        assert!(state.is_settling("2") && !state.is_settling("1"));
        let lost = Message::ConnectionChanged {
            connection: Connection::Lost,
            at: 9_000,
        };
        let state = after(state, lost);
        assert_eq!(reduce(state, press(Command::Join, "2", 9_001)).1, []);
    }

    #[test]
    fn the_second_half_of_a_slow_double_click_on_join_neither_holds_nor_completes() {
        let ana = at_version(caller("1", "Ana", CallerStatus::Waiting), 1);
        let state = after(area(vec![ana]), press(Command::Join, "1", 800));
        let joined = at_version(caller("1", "Ana", CallerStatus::BeingSeen), 2);
        let answered = Ok(Done {
            caller: Some(joined),
            room: None,
        });
        // At 1,000.
        let state = after(state, answer(Command::Join, "1", answered));
        for command in [Command::Hold, Command::Complete] {
            let (_, effects) = reduce(state.clone(), press(command, "1", 1_000 + CHANGED - 1));
            assert_eq!(effects, []);
            let (_, effects) = reduce(state.clone(), press(command, "1", 1_000 + CHANGED));
            assert!(matches!(effects.as_slice(), [Effect::Send { .. }]));
        }
    }

    #[test]
    fn what_did_not_reach_the_server_is_no_longer_said_once_it_is_reached() {
        let state = area(vec![caller("1", "Ana", CallerStatus::Offline)]);
        let away = Err(ClientError::Unreachable {
            reason: String::new(),
        });
        let state = after(state, connection(Connection::Lost));
        let state = after(state, answer(Command::Recall, "1", away));
        assert_eq!(state.notices.len(), 1);
        let state = after(state, connection(Connection::Live));
        assert!(state.notices.is_empty());
    }

    #[test]
    fn those_whose_stay_ended_today_are_read_when_connected_and_shown_newest_first() {
        let ended = |id: &str, at: i64| {
            let mut caller = caller(id, id, CallerStatus::Completed);
            caller.ended_at = Some(standby_client::Instant::from_epoch_milliseconds(at));
            caller
        };
        let here = caller("4", "Ana", CallerStatus::Waiting);
        let (state, effects) = reduce(area(vec![here]), connection(Connection::Live));
        assert_eq!(effects, [Effect::ReadEnded]);
        let read = Message::EndedRead {
            // The last has taken the place back since.
            callers: vec![
                ended("1", 50),
                ended("2", 300),
                ended("3", 200),
                ended("4", 250),
            ],
            today: 100,
        };
        let state = after(after(state, read.clone()), read);
        let ids: Vec<_> = state.ended.iter().map(id_of).collect();
        assert_eq!(ids, ["2", "3"]);
    }

    #[test]
    fn what_was_erased_is_no_longer_on_screen() {
        let ended = |erased: bool| {
            let mut caller = caller("1", "Ana", CallerStatus::Left);
            caller.ended_at = Some(standby_client::Instant::from_epoch_milliseconds(200));
            if erased {
                caller.name = None;
                caller.phone = None;
                caller.erased_at = caller.ended_at;
            }
            Message::EndedRead {
                callers: vec![caller],
                today: 100,
            }
        };
        let state = after(area(Vec::new()), ended(false));
        let state = after(state, Message::ActivityOpened("1".to_owned()));
        let state = after(state, ended(true));
        assert_eq!(state.ended.len(), 1);
        assert_eq!(words::name(&state.ended[0]), words::ERASED);
        assert_eq!(state.activity.as_ref().unwrap().caller.name, None);
        let state = after(state, ended(false));
        assert_eq!(state.ended[0].name, None, "an answer that was on its way");
    }

    #[test]
    fn details_are_erased_once_it_was_confirmed_and_only_of_a_stay_that_has_ended() {
        let mut ana = caller("1", "Ana", CallerStatus::Left);
        ana.ended_at = Some(standby_client::Instant::from_epoch_milliseconds(200));
        let bo = caller("2", "Bo", CallerStatus::Waiting);
        let read = Message::EndedRead {
            callers: vec![ana.clone()],
            today: 100,
        };
        let state = after(area(vec![bo]), read);
        let here = after(state.clone(), Message::ActivityOpened("2".to_owned()));
        let here = after(here, Message::ErasePressed);
        assert_eq!(reduce(here, Message::EraseConfirmed).1, []);

        let state = after(state, Message::ActivityOpened("1".to_owned()));
        assert_eq!(reduce(state.clone(), Message::EraseConfirmed).1, []);
        let state = after(state, Message::ErasePressed);
        let (state, effects) = reduce(state, Message::EraseConfirmed);
        assert_eq!(effects, [Effect::Erase("1".to_owned())]);
        let (state, effects) = reduce(state, Message::EraseConfirmed);
        assert_eq!(effects, [], "the second half of a double click");
        let answered = |answer| Message::Erased {
            caller: "1".to_owned(),
            answer,
        };
        let unreachable = ClientError::Unreachable {
            reason: String::new(),
        };
        let failed = after(state.clone(), answered(Err(unreachable)));
        assert!(matches!(
            failed.activity.as_ref().unwrap().erasing,
            Erasing::NotDone(_)
        ));
        (ana.name, ana.phone, ana.erased_at) = (None, None, ana.ended_at);
        let state = after(failed, answered(Ok(ana)));
        assert_eq!(state.ended[0].name, None);
        assert_eq!(state.activity.unwrap().caller.name, None);
    }

    #[test]
    fn a_search_finds_a_name_without_its_accents() {
        let state = area(vec![
            caller("1", "Zoë Ångström", CallerStatus::Waiting),
            caller("2", "Björn Łukasz", CallerStatus::Waiting),
        ]);
        for (search, found) in [
            ("zoe ang", "Zoë Ångström"),
            ("ZOË", "Zoë Ångström"),
            ("bjorn luk", "Björn Łukasz"),
        ] {
            let state = after(state.clone(), Message::SearchTyped(search.to_owned()));
            assert_eq!(names(&state), [found], "{search}");
        }
    }

    #[test]
    fn the_question_whether_to_cancel_goes_away_with_the_caller() {
        let state = area(vec![caller("1", "Ana", CallerStatus::Waiting)]);
        let state = after(state, press(Command::Cancel, "1", 0));
        let left = at_version(caller("1", "Ana", CallerStatus::Left), 9);
        let message = Message::Happened {
            event: WaitingAreaEvent::Ended {
                version: 2,
                caller: left,
            },
            at: 0,
        };
        let (state, effects) = reduce(state, message);
        assert!(state.cancelling.is_none());
        assert_eq!(state.notices["1"].text, "Ana is no longer here: left.");
        assert!(effects.contains(&Effect::Focus(Place::Heading)));
    }

    #[test]
    fn the_question_whether_to_cancel_goes_away_once_a_colleague_has_joined_the_caller() {
        let ana = caller("1", "Ana", CallerStatus::Waiting);
        let asked = after(area(vec![ana]), press(Command::Cancel, "1", 0));
        let joined = || {
            let ana = caller("1", "Ana", CallerStatus::BeingSeen);
            snapshot(vec![at_version(ana, 2)])
        };
        let (state, effects) = reduce(asked.clone(), joined());
        assert!(state.cancelling.is_none());
        let text = "Not cancelled: Ana is now Being Seen.";
        assert_eq!(state.notices["1"].text, text);
        let place = Place::MainButton("1".to_owned());
        assert!(effects.contains(&Effect::Focus(place)));
        // Once it was sent, the answer tells.
        let sent = after(asked, Message::CancelConfirmed);
        let state = after(sent, joined());
        assert!(state.cancelling.is_some() && state.notices.is_empty());
        let refused = Err(refused(wrong_status(CallerStatus::BeingSeen), None));
        let state = after(state, answer(Command::Cancel, "1", refused));
        assert!(state.cancelling.is_none());
        assert_eq!(state.notices["1"].text, text);
    }

    #[test]
    fn an_arrival_and_a_return_are_announced_but_not_those_who_were_there_at_first() {
        let ana = caller("1", "Ana", CallerStatus::Offline);
        let state = area(vec![ana.clone()]);
        assert_eq!(state.announcement.text, "");
        let state = after(
            state,
            snapshot(vec![ana, caller("2", "Ben", CallerStatus::Waiting)]),
        );
        assert_eq!(state.announcement.text, "Ben arrived.");
        let back = at_version(caller("1", "Ana", CallerStatus::Waiting), 7);
        let state = after(
            state,
            snapshot(vec![back, caller("2", "Ben", CallerStatus::Waiting)]),
        );
        assert_eq!(state.announcement.text, "Ana is back and Waiting.");
        assert_eq!(state.announcement.number, 2);
    }

    #[test]
    fn an_arrival_is_heard_only_when_the_sound_is_on() {
        let message = snapshot(vec![caller("1", "Ana", CallerStatus::Waiting)]);
        let (_, effects) = reduce(area(vec![]), message.clone());
        assert_eq!(done(effects), []);
        let (state, _) = reduce(area(vec![]), Message::SoundSwitched(true));
        let (_, effects) = reduce(state, message);
        assert_eq!(done(effects), [Effect::Chime]);
    }

    #[test]
    fn a_search_finds_names_by_word_and_numbers_however_they_are_written() {
        let mut ana = caller("1", "Ana Lima", CallerStatus::Waiting);
        ana.phone.as_mut().unwrap().number = "+61412345678".to_owned();
        let mut ben = caller("2", "Ben Okoro", CallerStatus::Waiting);
        ben.phone = None;
        let state = area(vec![ana, ben]);
        for (search, found) in [
            ("", vec!["Ana Lima", "Ben Okoro"]),
            ("lima an", vec!["Ana Lima"]),
            ("0412 345", vec!["Ana Lima"]),
            ("+61 412", vec!["Ana Lima"]),
            ("OKO", vec!["Ben Okoro"]),
            ("0", vec![]),
            ("zzz", vec![]),
        ] {
            let state = after(state.clone(), Message::SearchTyped(search.to_owned()));
            assert_eq!(names(&state), found, "{search}");
        }
    }

    #[test]
    fn a_search_finds_those_whose_stay_has_ended_too() {
        let mut state = area(vec![caller("1", "Ana Lima", CallerStatus::Waiting)]);
        let mut erased = caller("3", "Erasmo", CallerStatus::Left);
        (erased.name, erased.phone) = (None, None);
        erased.erased_at = Some(erased.arrived_at);
        state.ended = vec![caller("2", "Ngozi Okafor", CallerStatus::Left), erased];
        assert_eq!((state.ended_shown().count(), state.ended_found()), (2, 0));
        for (search, found) in [("okafor", 1), ("0491 570 156", 1), ("erased", 0)] {
            let state = after(state.clone(), Message::SearchTyped(search.to_owned()));
            assert_eq!(state.ended_found(), found, "{search}");
        }
        // The filter is of those who are here.
        let state = after(state, Message::StatusChosen(Some(CallerStatus::Offline)));
        assert_eq!(state.ended_shown().count(), 2);
    }

    #[test]
    fn a_status_filter_is_taken_back_by_choosing_it_again() {
        let state = area(vec![
            caller("1", "Ana", CallerStatus::Waiting),
            caller("2", "Ben", CallerStatus::Offline),
        ]);
        let choose = || Message::StatusChosen(Some(CallerStatus::Offline));
        let state = after(state, choose());
        assert_eq!(names(&state), ["Ben"]);
        assert_eq!(state.counts().all(), 2, "the counts are of everyone");
        let state = after(state, choose());
        assert_eq!(names(&state), ["Ana", "Ben"]);
    }

    #[test]
    fn an_open_activity_log_is_read_again_when_its_caller_changes() {
        let ana = at_version(caller("1", "Ana", CallerStatus::Waiting), 1);
        let (state, effects) = reduce(area(vec![ana]), Message::ActivityOpened("1".to_owned()));
        assert_eq!(effects, [Effect::ReadActivity("1".to_owned())]);
        let away = at_version(caller("1", "Ana", CallerStatus::Offline), 2);
        let (state, effects) = reduce(state, snapshot(vec![away]));
        assert_eq!(done(effects), [Effect::ReadActivity("1".to_owned())]);
        let read = |answer| Message::ActivityRead {
            caller: "1".to_owned(),
            answer,
        };
        let failed = read(Err(ClientError::Unreachable {
            reason: String::new(),
        }));
        let state = after(state, failed);
        assert_eq!(state.activity.as_ref().unwrap().entries, Reading::NotRead);
        let (_, effects) = reduce(state, read(Err(ClientError::Unauthorized)));
        assert_eq!(effects, [Effect::EndSession], "the session is over");
    }

    #[test]
    fn copying_a_callers_id_is_told_in_the_activity_and_is_not_copying_the_clinic_link() {
        let copied = |is_copied| Message::Copied {
            what: Copied::CallerId,
            is_copied,
        };
        let ana = caller("1", "Ana", CallerStatus::Waiting);
        let state = after(area(vec![ana]), Message::ActivityOpened("1".to_owned()));
        let copying = |state: &WaitingArea| state.activity.as_ref().map(|log| log.copying);
        let state = after(state, copied(false));
        assert_eq!(copying(&state), Some(Copying::CopyItYourself));
        let state = after(state, copied(true));
        assert_eq!(copying(&state), Some(Copying::Copied));
        assert_eq!(state.clinic_link, Copying::NotCopied);
        let state = after(state, Message::ActivityOpened("1".to_owned()));
        assert_eq!(copying(&state), Some(Copying::NotCopied));
    }

    fn unverified(id: &str, name: &str) -> Caller {
        let mut caller = caller(id, name, CallerStatus::Waiting);
        if let Some(phone) = &mut caller.phone {
            (phone.is_verified, phone.verified_at) = (false, None);
        }
        caller
    }

    fn recalled(answer: Option<RecallAnswer>, version: i32) -> Caller {
        let ana = caller("1", "Ana", CallerStatus::Offline);
        let sent = crate::fixtures::recalled(ana, 60_000, SmsState::Delivered, None);
        at_version(crate::fixtures::replied(sent, 5_000, answer), version)
    }

    #[test]
    fn verify_by_phone_asks_first_what_was_done_and_then_sends_once() {
        let state = area(vec![unverified("1", "Ana")]);
        let (state, effects) = reduce(state, press(Command::VerifyByPhone, "1", 0));
        assert_eq!(effects, []);
        let (state, effects) = reduce(state, Message::VouchConfirmed);
        assert!(effects.contains(&vouched(&unverified("1", "Ana"))));
        assert_eq!(reduce(state.clone(), Message::VouchConfirmed).1, []);
        let verified = at_version(caller("1", "Ana", CallerStatus::Waiting), 2);
        let done = Ok(Done {
            caller: Some(verified),
            room: None,
        });
        let state = after(state, answer(Command::VerifyByPhone, "1", done));
        assert!(state.vouching.is_none() && state.sending.is_empty());
        assert!(
            state
                .caller("1")
                .unwrap()
                .phone
                .as_ref()
                .unwrap()
                .is_verified
        );
    }

    fn number_of(caller: &Caller) -> String {
        caller.phone.as_ref().unwrap().number.clone()
    }

    fn vouched(caller: &Caller) -> Effect {
        let number = number_of(caller);
        Effect::Send {
            request: Request::VerifyByPhone { number },
            caller: id_of(caller),
        }
    }

    /// The same caller, who has given another number.
    fn with_another_number(mut caller: Caller) -> Caller {
        caller.phone.as_mut().unwrap().number = "+61491570157".to_owned();
        at_version(caller, 2)
    }

    #[test]
    fn a_number_given_while_staff_phone_the_one_before_is_not_vouched_for() {
        let ana = unverified("1", "Ana");
        let phoned = number_of(&ana);
        let state = after(
            area(vec![ana.clone()]),
            press(Command::VerifyByPhone, "1", 0),
        );
        assert_eq!(state.number_given_meanwhile(), None);
        let changed = with_another_number(ana);
        let state = after(state, snapshot(vec![changed.clone()]));
        assert_eq!(state.vouching.as_ref().unwrap().number, phoned);
        let now = state.number_given_meanwhile();
        assert_eq!(now, Some(number_of(&changed).as_str()));
        let (state, effects) = reduce(state, Message::VouchConfirmed);
        assert_eq!(effects, []);
        // Asked again, it is about the new one.
        let state = after(state, Message::VouchDismissed);
        let state = after(state, press(Command::VerifyByPhone, "1", 0));
        assert_eq!(state.number_given_meanwhile(), None);
        let (_, effects) = reduce(state, Message::VouchConfirmed);
        assert!(effects.contains(&vouched(&changed)));
    }

    #[test]
    fn a_number_that_the_server_knows_to_be_another_by_now_is_said_in_the_question() {
        let ana = unverified("1", "Ana");
        let state = after(
            area(vec![ana.clone()]),
            press(Command::VerifyByPhone, "1", 0),
        );
        let state = after(state, Message::VouchConfirmed);
        let mut refusal = wrong_status(CallerStatus::Waiting);
        (refusal.code, refusal.status) = (UserErrorCode::InvalidInput, None);
        let changed = with_another_number(ana);
        let refused = Err(refused(refusal, Some(changed.clone())));
        let state = after(state, answer(Command::VerifyByPhone, "1", refused));
        assert!(state.vouching.as_ref().unwrap().wrong.is_some());
        let now = state.number_given_meanwhile();
        assert_eq!(now, Some(number_of(&changed).as_str()));
        assert_eq!(reduce(state, Message::VouchConfirmed).1, []);
    }

    #[test]
    fn verify_by_phone_dismissed_sends_nothing_and_gives_the_keyboard_back() {
        let state = area(vec![unverified("1", "Ana")]);
        let state = after(state, press(Command::VerifyByPhone, "1", 0));
        let (state, effects) = reduce(state, Message::VouchDismissed);
        assert!(state.vouching.is_none());
        let button = Place::VerifyButton("1".to_owned());
        assert_eq!(effects, [Effect::Focus(button)]);
    }

    #[test]
    fn a_question_about_a_number_goes_away_once_its_holder_has_entered_the_code() {
        let state = area(vec![unverified("1", "Ana")]);
        let state = after(state, press(Command::VerifyByPhone, "1", 0));
        let verified = at_version(caller("1", "Ana", CallerStatus::Waiting), 2);
        let state = after(state, snapshot(vec![verified]));
        assert!(state.vouching.is_none());
        assert_eq!(reduce(state, Message::VouchConfirmed).1, []);
    }

    #[test]
    fn a_verification_that_did_not_reach_the_server_keeps_the_question_open_and_says_so() {
        let state = area(vec![unverified("1", "Ana")]);
        let state = after(state, press(Command::VerifyByPhone, "1", 0));
        let state = after(state, Message::VouchConfirmed);
        let away = Err(ClientError::Unreachable {
            reason: String::new(),
        });
        let state = after(state, answer(Command::VerifyByPhone, "1", away));
        let wrong = state.vouching.clone().unwrap().wrong.unwrap();
        assert!(wrong.text.starts_with("Verify by phone did not reach"));
        let state = after(state, connection(Connection::Live));
        assert!(state.vouching.unwrap().wrong.is_none());
    }

    #[test]
    fn only_an_unverified_number_of_a_waiting_caller_who_may_step_away_is_vouched_for() {
        let ana = unverified("1", "Ana");
        assert!(may_vouch(&ana, TeamRole::TeamMember));
        assert!(!may_vouch(&ana, TeamRole::Reporter));
        let verified = caller("1", "Ana", CallerStatus::Waiting);
        assert!(!may_vouch(&verified, TeamRole::TeamMember));
        for change in [
            |caller: &mut Caller| caller.phone = None,
            |caller: &mut Caller| caller.may_set_phone_aside = false,
            |caller: &mut Caller| caller.status = CallerStatus::BeingSeen,
        ] {
            let mut other = ana.clone();
            change(&mut other);
            assert!(!may_vouch(&other, TeamRole::ClinicAdmin));
        }
    }

    #[test]
    fn a_caller_who_asked_for_no_texts_is_not_recalled() {
        let mut ana = caller("1", "Ana", CallerStatus::Offline);
        ana.texts_stopped = true;
        let (state, effects) = reduce(area(vec![ana]), press(Command::Recall, "1", 0));
        assert_eq!(effects, []);
        assert!(state.sending.is_empty());
    }

    #[test]
    fn a_reply_is_announced_as_soon_as_it_is_there_and_once() {
        let state = area(vec![recalled(None, 1)]);
        let coming = || snapshot(vec![recalled(Some(RecallAnswer::Coming), 2)]);
        let state = after(state, coming());
        assert_eq!(state.announcement.text, "Ana replied: coming.");
        let state = after(state, coming());
        assert_eq!(state.announcement.number, 1);
        let later = snapshot(vec![recalled(Some(RecallAnswer::Later), 3)]);
        let state = after(state, later);
        assert_eq!(state.announcement.text, "Ana replied: 5 more minutes.");
        // What was there when the console was opened is no news.
        let opened = area(vec![recalled(Some(RecallAnswer::Coming), 2)]);
        assert_eq!(opened.announcement.text, "");
    }

    fn texted(state: SmsState, version: i32) -> Caller {
        let ana = caller("1", "Ana", CallerStatus::Offline);
        at_version(crate::fixtures::recalled(ana, 60_000, state, None), version)
    }

    #[test]
    fn a_recall_that_does_not_get_through_is_announced_once_as_soon_as_that_is_known() {
        let state = area(vec![texted(SmsState::Sent, 1)]);
        let failed = || snapshot(vec![texted(SmsState::Failed, 2)]);
        let state = after(state, failed());
        let text = "The recall of Ana did not get through. The text failed: phone them.";
        assert_eq!(state.announcement.text, text);
        let state = after(state, failed());
        assert_eq!(state.announcement.number, 1);
        // Another recall is told for itself.
        let mut again = texted(SmsState::Unknown, 3);
        if let Some(recall) = &mut again.recall {
            recall.id = "another".into();
        }
        let state = after(state, snapshot(vec![again]));
        assert_eq!(state.announcement.number, 2);
        // What was there when the console was opened is no news.
        let opened = area(vec![texted(SmsState::Failed, 2)]);
        assert_eq!(opened.announcement.text, "");
    }

    #[test]
    fn whom_a_recall_has_not_reached_is_told_whatever_is_searched_for_until_they_give_a_sign() {
        let unreached = |state: &WaitingArea| state.unreached().count();
        let ben = caller("2", "Ben", CallerStatus::Waiting);
        let state = area(vec![texted(SmsState::Sent, 1), ben.clone()]);
        let chosen = after(state, Message::StatusChosen(Some(CallerStatus::Waiting)));
        assert_eq!(unreached(&chosen), 0);
        let failed = vec![texted(SmsState::Failed, 2), ben.clone()];
        let state = after(chosen, snapshot(failed));
        assert_eq!((names(&state), unreached(&state)), (vec!["Ben"], 1));
        assert!(state.is_settling("2"), "what appears above moves the row");
        let mut replied = texted(SmsState::Failed, 3);
        replied = crate::fixtures::replied(replied, 0, Some(RecallAnswer::Coming));
        let mut back = texted(SmsState::Failed, 3);
        back.status = CallerStatus::Waiting;
        for ana in [replied, back, texted(SmsState::Queued, 3)] {
            let state = after(state.clone(), snapshot(vec![ana, ben.clone()]));
            assert_eq!(unreached(&state), 0);
        }
    }

    #[test]
    fn a_row_of_which_more_is_said_moves_those_below_it() {
        let ben = caller("2", "Ben", CallerStatus::Waiting);
        let waiting = caller("1", "Ana", CallerStatus::Waiting);
        let mut silent = at_version(waiting.clone(), 2);
        silent.presence.not_responding = true;
        let replied = recalled(Some(RecallAnswer::Coming), 2);
        for (before, now) in [(waiting, silent), (recalled(None, 1), replied)] {
            let state = area(vec![before, ben.clone()]);
            let state = after(state, snapshot(vec![now, ben.clone()]));
            assert!(state.is_settling("2"));
        }
    }

    #[test]
    fn a_caller_who_leaves_by_a_reply_goes_with_a_word_that_stays_until_it_is_dismissed() {
        let state = area(vec![recalled(None, 1)]);
        let mut gone = recalled(Some(RecallAnswer::Leaving), 2);
        gone.status = CallerStatus::Left;
        let ended = Message::Happened {
            event: WaitingAreaEvent::Ended {
                version: 2,
                caller: gone,
            },
            at: 0,
        };
        let state = after(state, ended);
        let text = "Ana replied that they leave, and is no longer here.";
        assert_eq!(state.announcement.text, text);
        let state = after(state, snapshot(vec![]));
        assert_eq!(state.notices["1"].text, text);
        let dismissed = Message::NoticeDismissed {
            caller: "1".to_owned(),
            at: 0,
        };
        assert!(after(state, dismissed).notices.is_empty());
    }

    #[test]
    fn a_pause_of_codes_is_shown_until_it_is_over_and_moves_the_rows() {
        let state = area(vec![caller("1", "Ana", CallerStatus::Waiting)]);
        let read = |until, at| Message::PauseRead { until, at };
        let state = after(state, read(Some(60_000), 1_000));
        assert_eq!(state.codes_paused_until, Some(60_000));
        assert!(state.is_settling("1"));
        assert!(state.announcement.text.starts_with("Codes are paused."));
        let state = after(state, read(Some(60_000), 60_000));
        assert_eq!(state.codes_paused_until, None);
    }

    #[test]
    fn a_lost_connection_keeps_what_was_known_on_screen() {
        let state = area(vec![caller("1", "Ana", CallerStatus::Waiting)]);
        let state = after(state, connection(Connection::Live));
        let state = after(state, connection(Connection::Lost));
        assert_eq!(names(&state), ["Ana"]);
        assert_eq!(state.connection, Connection::Lost);
        // The bar above every page tells it to screen readers: told here too, they would hear it twice.
        assert_eq!(state.announcement.text, "");
    }

    #[test]
    fn a_clinic_that_is_closed_from_elsewhere_is_shown_closed_and_announced_once() {
        let state = area(vec![]);
        let read = |is_open| Message::ClinicRead {
            is_open,
            time_zone: "Australia/Perth".to_owned(),
        };
        let state = after(state, read(true));
        assert_eq!(state.announcement.text, "");
        assert_eq!(state.time_zone.as_deref(), Some("Australia/Perth"));
        let state = after(after(state, read(false)), read(false));
        assert!(!state.is_open);
        assert_eq!(state.announcement.text, "The clinic is now closed.");
        assert_eq!(state.announcement.number, 1);
    }

    #[test]
    fn the_end_of_the_session_is_told_above_the_rows_which_are_held_meanwhile() {
        let state = area(vec![caller("1", "Ana", CallerStatus::Waiting)]);
        let session = crate::fixtures::session_ending();
        let ending = Message::SessionEnding { session, at: 1_000 };
        let state = after(state, ending);
        assert!(state.session_ending.is_some());
        assert!(state.is_settling("1"));
        assert_eq!(state.announcement.text, "You are signed out soon.");
    }

    #[test]
    fn a_second_copy_does_not_look_done_before_it_is() {
        let copy = |what| Message::CopyPressed {
            what,
            text: String::new(),
        };
        let copied = |what| Message::Copied {
            what,
            is_copied: true,
        };
        let ana = caller("1", "Ana", CallerStatus::Waiting);
        let state = after(area(vec![ana]), Message::ActivityOpened("1".to_owned()));
        let state = after(state, copied(Copied::ClinicLink));
        let state = after(state, copied(Copied::CallerId));
        let state = after(state, copy(Copied::ClinicLink));
        assert_eq!(state.clinic_link, Copying::NotCopied);
        let copying = |state: &WaitingArea| state.activity.as_ref().map(|log| log.copying);
        assert_eq!(copying(&state), Some(Copying::Copied));
        let state = after(state, copy(Copied::CallerId));
        assert_eq!(copying(&state), Some(Copying::NotCopied));
    }
}
