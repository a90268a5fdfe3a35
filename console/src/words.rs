//! What the console says, in the product's words. Pure: a time is an argument, and so is a caller.
//!
//! Times are milliseconds since the Unix epoch, spans are milliseconds.

pub(crate) mod administration;

use standby_client::{
    ActivityKind, Caller, CallerEndKind, CallerStatus, ClientError, Recall, RecallAnswer,
    RecallReply, SmsFailure, SmsState, TeamRole, TextEncoding, TextPreview, TextPurpose, UserError,
    UserErrorCode,
};

use crate::address::Page;
use crate::waiting_area::{Command, RECALL_PAUSE};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;

/// From here on a Waiting caller has waited long, and the orange is darker. Product figure: 30 min.
pub(crate) const LONG_WAIT: i64 = 30 * MINUTE;

/// How a thing said is to be coloured. Never the only bearer of the meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// A fact among others.
    Quiet,
    /// As hoped.
    Good,
    /// Worth a look.
    Warning,
    /// Staff should act.
    Danger,
}

impl Tone {
    /// The class that the style sheet knows.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Quiet => "below",
            Self::Good => "below good",
            Self::Warning => "below warning",
            Self::Danger => "below danger",
        }
    }
}

/// A short sentence with its tone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    /// The sentence.
    pub(crate) text: String,
    /// How it is meant.
    pub(crate) tone: Tone,
}

impl Said {
    fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            tone,
        }
    }
}

/// A status as staff read it.
pub(crate) fn status(status: CallerStatus) -> &'static str {
    match status {
        CallerStatus::Waiting => "Waiting",
        CallerStatus::Offline => "Offline",
        CallerStatus::BeingSeen => "Being Seen",
        CallerStatus::OnHold => "On Hold",
        CallerStatus::Completed => "Completed",
        CallerStatus::Left => "Left",
        CallerStatus::Cancelled => "Cancelled",
        // A server newer than this page: a reload brings the page up to it.
        CallerStatus::Unrecognised => "Reload this page",
    }
}

/// The style sheet's name for a status. A Waiting caller who has waited long has a name of its own.
pub(crate) fn status_style(status: CallerStatus, waited: i64) -> &'static str {
    match status {
        CallerStatus::Waiting if waited >= LONG_WAIT => "waiting-long",
        CallerStatus::Waiting => "waiting",
        CallerStatus::Offline => "offline",
        CallerStatus::BeingSeen => "being-seen",
        CallerStatus::OnHold => "on-hold",
        CallerStatus::Completed
        | CallerStatus::Left
        | CallerStatus::Cancelled
        | CallerStatus::Unrecognised => "ended",
    }
}

/// A running span: `4:05`, `1:04:05`. A span below zero (clocks differ) reads as zero.
pub(crate) fn clock(span: i64) -> String {
    let seconds = span.max(0) / SECOND;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// A span in words: `less than a minute`, `12 min`, `1 h 5 min`.
pub(crate) fn span(span: i64) -> String {
    let span = span.max(0);
    let (hours, minutes) = (span / HOUR, span % HOUR / MINUTE);
    match (hours, minutes) {
        (0, 0) => "less than a minute".to_owned(),
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// How long ago: `just now`, `3 min ago`.
pub(crate) fn ago(at: i64, now: i64) -> String {
    if now - at < MINUTE {
        "just now".to_owned()
    } else {
        format!("{} ago", span(now - at))
    }
}

/// When a caller was recalled: `Recalled 3 min ago`.
pub(crate) fn recalled(recall: &Recall, now: i64) -> String {
    format!(
        "Recalled {}",
        ago(recall.requested_at.epoch_milliseconds(), now)
    )
}

/// How long a text that was sent may take to be delivered before that is worth a word.
const SLOW_TEXT: i64 = 2 * MINUTE;

/// What became of the recall's text, and what to do where it cannot bring the caller back.
pub(crate) fn delivery(recall: &Recall, now: i64) -> Said {
    let sms = &recall.sms;
    let is_slow = now - sms.updated_at.epoch_milliseconds() >= SLOW_TEXT;
    match sms.state {
        SmsState::Queued if is_slow => Said::new(Tone::Warning, "Text still not sent: phone them"),
        SmsState::Queued => Said::new(Tone::Quiet, "Text queued"),
        SmsState::Sending => Said::new(Tone::Quiet, "Text sending"),
        // Not every network confirms: no reason to worry, and none to rely on it.
        SmsState::Sent if is_slow => Said::new(Tone::Quiet, "Text sent, arrival not confirmed"),
        SmsState::Sent | SmsState::Unrecognised => Said::new(Tone::Quiet, "Text sent"),
        SmsState::Delivered => Said::new(Tone::Good, "Text delivered"),
        SmsState::Failed => Said::new(Tone::Danger, failure(sms.failure)),
        SmsState::Unknown => {
            let when = recall_in(recall, now);
            Said::new(
                Tone::Warning,
                format!("Nobody can tell whether it went out. Phone them, or recall again{when}."),
            )
        }
    }
}

/// When there may be another recall: ` in 42 s`. Nothing once there may.
fn recall_in(recall: &Recall, now: i64) -> String {
    let again = recall.requested_at.epoch_milliseconds() + RECALL_PAUSE;
    if again > now {
        format!(" in {} s", (again - now + SECOND - 1) / SECOND)
    } else {
        String::new()
    }
}

fn failure(failure: Option<SmsFailure>) -> &'static str {
    match failure {
        Some(SmsFailure::Landline) => "Landline: phone them",
        Some(SmsFailure::InvalidNumber) => "No such number: they can only come back by themselves",
        Some(SmsFailure::Unreachable) => {
            "Phone off or out of reach: phone them, or recall again later"
        }
        Some(SmsFailure::OptedOut) => "They asked for no texts: phone them",
        Some(SmsFailure::Blocked) => "Their network blocked the text: phone them",
        Some(SmsFailure::ProviderUnavailable) => {
            "No texts go out just now: phone them, or recall again later"
        }
        Some(SmsFailure::Other | SmsFailure::Unrecognised) | None => "The text failed: phone them",
    }
}

/// What to do about a recall whose text did not get through, or of which nobody can tell whether it did. None for any
/// other.
pub(crate) fn not_through(recall: &Recall) -> Option<&'static str> {
    match recall.sms.state {
        SmsState::Failed => Some(failure(recall.sms.failure)),
        SmsState::Unknown => Some("Nobody can tell whether it went out: phone them"),
        _ => None,
    }
}

/// What is said above those whom a recall has not reached. None where there is nobody.
pub(crate) fn unreached(callers: &[&Caller]) -> Option<String> {
    let what = did_not_get_through(callers);
    match callers.len() {
        0 => None,
        1 => Some(format!("A recall {what}")),
        several => Some(format!("{several} recalls {what}")),
    }
}

/// That recalls have not reached these callers, as it is read out: `The recall of Ana did not get through. Landline:
/// phone them.`
pub(crate) fn unreached_now(callers: &[&Caller]) -> Option<String> {
    match callers {
        [] => None,
        [caller] => {
            let what = caller.recall.as_ref().and_then(not_through);
            Some(format!(
                "The recall of {} {}. {}.",
                name(caller),
                did_not_get_through(callers),
                what.unwrap_or("Phone them"),
            ))
        }
        several => Some(format!(
            "{} recalls {}.",
            several.len(),
            did_not_get_through(callers)
        )),
    }
}

/// No more than is known of all of them.
fn did_not_get_through(callers: &[&Caller]) -> &'static str {
    let has_failed = |caller: &&Caller| {
        caller
            .recall
            .as_ref()
            .is_some_and(|recall| recall.sms.state == SmsState::Failed)
    };
    if callers.iter().all(has_failed) {
        "did not get through"
    } else {
        "may not have got through"
    }
}

/// How many more there are than those who are named: `and 3 others who are Offline`. The list may hide them.
pub(crate) fn others(number: usize) -> String {
    match number {
        1 => "and 1 other who is Offline".to_owned(),
        several => format!("and {several} others who are Offline"),
    }
}

/// What there is to say of a caller's recall. One of an earlier absence is told in one line.
pub(crate) fn recall(caller: &Caller, now: i64) -> Vec<Said> {
    let Some(recall) = &caller.recall else {
        return Vec::new();
    };
    let recalled = recalled(recall, now);
    match caller.status {
        CallerStatus::Offline if recall.returned_at.is_some() => {
            vec![Said::new(
                Tone::Quiet,
                format!("{recalled}, came back then"),
            )]
        }
        CallerStatus::Offline => {
            let mut said = vec![Said::new(Tone::Quiet, recalled)];
            if is_delivery_news(caller, recall) {
                said.push(delivery(recall, now));
            }
            said.extend(recall_progress(recall, now));
            said
        }
        CallerStatus::Waiting => {
            let mut said = vec![Said::new(Tone::Quiet, recalled)];
            said.extend(recall_progress(recall, now));
            said
        }
        _ => Vec::new(),
    }
}

/// Whether what became of the text is not told by something else: an answer to it, or that texts are stopped.
fn is_delivery_news(caller: &Caller, recall: &Recall) -> bool {
    let has_failed = recall.sms.state == SmsState::Failed;
    let is_stopped = recall.sms.failure == Some(SmsFailure::OptedOut) && caller.texts_stopped;
    if has_failed {
        !is_stopped
    } else {
        reply_shown(caller).is_none()
    }
}

/// What the caller texted back, until they are back themselves.
pub(crate) fn reply_shown(caller: &Caller) -> Option<RecallReply> {
    let recall = caller.recall.as_ref()?;
    let is_awaited = caller.status == CallerStatus::Offline && recall.returned_at.is_none();
    recall
        .reply
        .filter(|answer| is_awaited && reply(answer).is_some())
}

/// What a caller texted back: `Replied: coming`. None for an answer that is newer than this console.
pub(crate) fn reply(reply: &RecallReply) -> Option<&'static str> {
    match reply.answer {
        RecallAnswer::Coming => Some("Replied: coming"),
        RecallAnswer::Later => Some("Replied: 5 more minutes"),
        RecallAnswer::Leaving => Some("Replied: leaving"),
        RecallAnswer::Unrecognised => None,
    }
}

/// The style sheet's name for what a caller texted back.
pub(crate) fn reply_style(answer: RecallAnswer) -> &'static str {
    match answer {
        RecallAnswer::Coming => "coming",
        RecallAnswer::Later => "later",
        RecallAnswer::Leaving | RecallAnswer::Unrecognised => "leaving",
    }
}

/// A reply as it is read out: `Ana replied: coming.`
pub(crate) fn replied(name: &str, answer: RecallAnswer) -> String {
    match answer {
        RecallAnswer::Coming => format!("{name} replied: coming."),
        RecallAnswer::Later => format!("{name} replied: 5 more minutes."),
        RecallAnswer::Leaving => format!("{name} replied that they leave, and is no longer here."),
        RecallAnswer::Unrecognised => format!("{name} replied by text."),
    }
}

/// Whether a stay ended by a reply to a recall's text.
pub(crate) fn is_left_by_text(caller: &Caller) -> bool {
    let reply = caller.recall.as_ref().and_then(|recall| recall.reply);
    caller.status == CallerStatus::Left
        && reply.is_some_and(|reply| reply.answer == RecallAnswer::Leaving)
}

/// That a clinic was opened or closed, as it is read out.
pub(crate) fn opened_or_closed(is_open: bool) -> &'static str {
    if is_open {
        "The clinic is now open."
    } else {
        "The clinic is now closed."
    }
}

/// Why another recall should wait, and until when. Of a text that failed or is lost sight of, nobody knows that it went out.
pub(crate) fn recall_paused(recall: &Recall, now: i64) -> String {
    let why = match recall.sms.state {
        SmsState::Failed | SmsState::Unknown => "One recall a minute.",
        _ => "One text a minute: one just went out.",
    };
    format!("{why} Again{}.", recall_in(recall, now))
}

/// How far the recall came after its text: link opened, back on the wait screen.
pub(crate) fn recall_progress(recall: &Recall, now: i64) -> Option<Said> {
    if let Some(at) = recall.returned_at {
        return Some(Said::new(
            Tone::Good,
            format!("Came back {}", ago(at.epoch_milliseconds(), now)),
        ));
    }
    let at = recall.opened_at?;
    Some(Said::new(
        Tone::Quiet,
        format!("Link opened {}", ago(at.epoch_milliseconds(), now)),
    ))
}

/// How many there are of each status: `4 waiting, 3 offline, 1 being seen, 1 on hold`.
pub(crate) fn summary(waiting: usize, offline: usize, being_seen: usize, on_hold: usize) -> String {
    if waiting + offline + being_seen + on_hold == 0 {
        return "Nobody is here".to_owned();
    }
    let mut parts = vec![format!("{waiting} waiting"), format!("{offline} offline")];
    parts.push(format!("{being_seen} being seen"));
    if on_hold > 0 {
        parts.push(format!("{on_hold} on hold"));
    }
    parts.join(", ")
}

/// What the browser shows on the tab, also while staff look at another: `(3) Waiting area · Harbour Street Clinic`.
pub(crate) fn title(page: Page, waiting: usize, clinic: &str) -> String {
    let page = self::page(page);
    if waiting == 0 {
        format!("{page} · {clinic}")
    } else {
        format!("({waiting}) {page} · {clinic}")
    }
}

/// What a page is called.
pub(crate) fn page(page: Page) -> &'static str {
    match page {
        Page::Reports => "Reports",
        Page::Configure => "Configure",
        Page::Team => "Team",
        Page::Keys => "API keys",
        Page::Webhooks => "Webhooks",
        Page::AuditLog => "Audit log",
        Page::WaitingArea | Page::SignIn | Page::Fixtures => "Waiting area",
    }
}

/// What a caller answered, each short enough for a row. In full it stands in the activity.
pub(crate) fn answers(caller: &Caller) -> Vec<String> {
    const LONGEST: usize = 60;
    caller
        .answers
        .iter()
        .map(|answer| match answer.value.char_indices().nth(LONGEST) {
            Some((end, _)) => format!("{}…", answer.value[..end].trim_end()),
            None => answer.value.clone(),
        })
        .collect()
}

/// A number for reading: `+61 412 345 678`. What is no E.164 number is given back as it is.
pub(crate) fn phone(number: &str) -> String {
    let Some(digits) = number.strip_prefix('+') else {
        return number.to_owned();
    };
    if digits.len() < 5 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return number.to_owned();
    }
    let (code, mut rest) = digits.split_at(country_code_length(digits));
    let mut words = vec![format!("+{code}")];
    while rest.len() > 4 {
        let (group, tail) = rest.split_at(3);
        words.push(group.to_owned());
        rest = tail;
    }
    words.push(rest.to_owned());
    words.join(" ")
}

/// How many digits the country calling code has. Source: ITU-T E.164 (assigned country codes): zones
/// 1 and 7 have one digit, those listed here two, all others three.
fn country_code_length(digits: &str) -> usize {
    const TWO_DIGITS: [&str; 44] = [
        "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46",
        "47", "48", "49", "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63",
        "64", "65", "66", "81", "82", "84", "86", "90", "91", "92", "93", "94", "95", "98",
    ];
    match digits.get(..1) {
        Some("1" | "7") => 1,
        _ if digits
            .get(..2)
            .is_some_and(|start| TWO_DIGITS.contains(&start)) =>
        {
            2
        }
        _ => 3,
    }
}

/// A role as staff read it.
pub(crate) fn role(role: TeamRole) -> &'static str {
    match role {
        TeamRole::Reporter => "Reporter",
        TeamRole::TeamMember => "Team member",
        TeamRole::ClinicAdmin => "Clinic admin",
        TeamRole::Unrecognised => "Reads only",
    }
}

/// How a stay ended: `Left`, `Cancelled by staff`.
pub(crate) fn end(caller: &Caller) -> &'static str {
    match caller.end.as_ref().map(|end| end.how) {
        Some(CallerEndKind::Completed) => "Completed",
        Some(CallerEndKind::LeftByCaller) if is_left_by_text(caller) => "Left by text reply",
        Some(CallerEndKind::LeftByCaller) => "Left",
        Some(CallerEndKind::LostContact) => "Left: contact was lost",
        Some(CallerEndKind::CancelledByStaff) => "Cancelled by staff",
        Some(CallerEndKind::Unrecognised) | None => status(caller.status),
    }
}

/// Who is meant: the name, or what stands for it when the viewer may not see it.
pub(crate) fn name(caller: &Caller) -> &str {
    match &caller.name {
        Some(name) => name,
        None if caller.erased_at.is_some() => ERASED,
        None => "Caller",
    }
}

/// What stands for a caller whose details were erased.
pub(crate) const ERASED: &str = "Details erased";

/// The button's word for a command.
pub(crate) fn command(command: Command) -> &'static str {
    match command {
        Command::Join => "Join",
        Command::Recall => "Recall",
        Command::Cancel => "Cancel",
        Command::Hold => "Hold",
        Command::Complete => "Complete",
        Command::VerifyByPhone => "Verify by phone",
    }
}

/// Why a command changed nothing, and what may be done now.
pub(crate) fn refusal(command: Command, error: &UserError, name: &str) -> String {
    match (error.code, error.status) {
        (UserErrorCode::WrongStatus, Some(now)) => no_longer_fits(command, now, name),
        _ => format!("{}: {}", without_effect(command), error.message),
    }
}

/// Why a command does not fit a caller of this status.
pub(crate) fn no_longer_fits(command: Command, now: CallerStatus, name: &str) -> String {
    let not_done = without_effect(command);
    match (command, now) {
        (Command::Recall, CallerStatus::Waiting) => {
            format!("{name} came back and is Waiting. No text was sent.")
        }
        (Command::Join, CallerStatus::Offline) => {
            format!("{not_done}: {name} is now Offline. Recall them first.")
        }
        (_, CallerStatus::Left) => format!("{not_done}: {name} has left."),
        (_, CallerStatus::Completed) => format!("{not_done}: the call is already completed."),
        (_, CallerStatus::Cancelled) => format!("{not_done}: {name} was cancelled."),
        (_, now) => format!("{not_done}: {name} is now {}.", status(now)),
    }
}

fn without_effect(command: Command) -> &'static str {
    match command {
        Command::Join => "Not joined",
        Command::Recall => "Not recalled",
        Command::Cancel => "Not cancelled",
        Command::Hold => "Not put on hold",
        Command::Complete => "Not completed",
        Command::VerifyByPhone => "Not verified",
    }
}

/// Where a search finds nobody who is here: how many it finds of those whose stay has ended.
pub(crate) fn found_ended(number: usize) -> String {
    match number {
        1 => "The search finds 1 caller whose stay has ended: see below.".to_owned(),
        several => {
            format!("The search finds {several} callers whose stay has ended: see below.")
        }
    }
}

/// Said where nobody refused and yet nothing is known to be done. Every command may be repeated safely.
pub(crate) fn not_done(command: Command, error: &ClientError) -> String {
    let command = self::command(command);
    if error.may_pass() {
        format!("{command} did not reach the server. Check the connection and try again.")
    } else {
        format!("{command} failed: something is wrong on the server. Try again.")
    }
}

/// Why somebody's details were not erased.
pub(crate) fn not_erased(error: &ClientError) -> String {
    match error.user_error() {
        Some(error) => format!("Not erased: {}", error.message),
        None if error.may_pass() => {
            "No answer came from the server. Check the connection and try again.".to_owned()
        }
        None => "Not erased: something is wrong on the server. Try again.".to_owned(),
    }
}

/// What a text is sent for.
pub(crate) fn text_purpose(purpose: TextPurpose) -> &'static str {
    match purpose {
        TextPurpose::Code => "Secure code",
        TextPurpose::Recall => "Recall",
        TextPurpose::Cancelled => "Cancelled",
        TextPurpose::Unrecognised => "Text",
    }
}

/// How long a text is, with hyphens at which no line ends: `142 of 160 characters · 1 text · GSM-7`.
pub(crate) fn text_length(text: &TextPreview) -> String {
    let texts = match text.segments {
        1 => "1 text".to_owned(),
        several => format!("{several} texts"),
    };
    let encoding = match text.encoding {
        TextEncoding::Gsm7 => " · GSM\u{2011}7",
        TextEncoding::Ucs2 => " · UCS\u{2011}2",
        TextEncoding::Unrecognised => "",
    };
    format!(
        "{} of {} characters · {texts}{encoding}",
        text.characters, text.room
    )
}

/// What a text costs more than it need, and because of what.
pub(crate) fn text_cost(text: &TextPreview) -> Option<String> {
    let named = match text.beyond_gsm7.as_slice() {
        [] => None,
        [one] => Some(format!("“{one}” is")),
        [one, other] => Some(format!("“{one}” and “{other}” are")),
        [first, second, ..] => Some(format!("“{first}”, “{second}” and others are")),
    };
    let because = named.map(|named| {
        format!(
            "{named} not in the short alphabet (GSM-7), so a text holds 70 characters, not 160."
        )
    });
    // One that cannot be saved costs nothing.
    let charged = (text.segments > 1 && text.problem.is_none())
        .then(|| format!("Goes as {} texts, and each is charged.", text.segments));
    match (because, charged) {
        (None, None) => None,
        (because, charged) => {
            let said: Vec<String> = because.into_iter().chain(charged).collect();
            Some(said.join(" "))
        }
    }
}

/// The colour of an entry of the activity log.
pub(crate) fn activity_tone(kind: ActivityKind) -> &'static str {
    match kind {
        ActivityKind::Arrived | ActivityKind::CameBack | ActivityKind::Resumed => "waiting",
        ActivityKind::WentOffline => "offline",
        ActivityKind::Joined => "being-seen",
        ActivityKind::Held | ActivityKind::Cancelled => "on-hold",
        ActivityKind::Recalled
        | ActivityKind::RecallLinkOpened
        | ActivityKind::RepliedComing
        | ActivityKind::RepliedLater
        | ActivityKind::SmsProgress => "recall",
        _ => "plain",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::wrong_status;

    #[test]
    fn a_running_span_shows_hours_only_when_there_are_any() {
        assert_eq!(clock(0), "0:00");
        assert_eq!(clock(65 * SECOND), "1:05");
        assert_eq!(clock(HOUR + 4 * MINUTE + 5 * SECOND), "1:04:05");
    }

    #[test]
    fn a_clock_that_runs_behind_the_servers_shows_zero_and_not_a_negative_wait() {
        assert_eq!(clock(-5 * SECOND), "0:00");
        assert_eq!(span(-5 * SECOND), "less than a minute");
        assert_eq!(ago(10 * SECOND, 0), "just now");
    }

    #[test]
    fn a_wait_darkens_at_thirty_minutes_and_only_while_waiting() {
        assert_eq!(
            status_style(CallerStatus::Waiting, LONG_WAIT - 1),
            "waiting"
        );
        assert_eq!(
            status_style(CallerStatus::Waiting, LONG_WAIT),
            "waiting-long"
        );
        assert_eq!(
            status_style(CallerStatus::Offline, 2 * LONG_WAIT),
            "offline"
        );
    }

    #[test]
    fn a_number_is_grouped_after_its_country_code() {
        assert_eq!(phone("+61412345678"), "+61 412 345 678");
        assert_eq!(phone("+12025550143"), "+1 202 555 0143");
        assert_eq!(phone("+35312345678"), "+353 123 456 78");
        assert_eq!(phone("not a number"), "not a number");
        assert_eq!(phone("+"), "+");
    }

    #[test]
    fn an_empty_waiting_area_is_said_to_be_empty() {
        assert_eq!(summary(0, 0, 0, 0), "Nobody is here");
        assert_eq!(summary(4, 3, 1, 0), "4 waiting, 3 offline, 1 being seen");
        assert_eq!(
            summary(1, 0, 0, 2),
            "1 waiting, 0 offline, 0 being seen, 2 on hold"
        );
    }

    #[test]
    fn those_who_are_not_named_are_said_to_be_offline_and_not_in_a_list_that_may_hide_them() {
        assert_eq!(others(1), "and 1 other who is Offline");
        assert_eq!(others(3), "and 3 others who are Offline");
    }

    #[test]
    fn the_tab_tells_how_many_are_waiting() {
        assert_eq!(
            title(Page::WaitingArea, 3, "Harbour"),
            "(3) Waiting area · Harbour"
        );
        assert_eq!(title(Page::Configure, 0, "Harbour"), "Configure · Harbour");
    }

    #[test]
    fn a_row_has_room_for_short_answers_only() {
        let mut caller = crate::fixtures::caller("1", "Ana", standby_client::CallerStatus::Waiting);
        for value in ["é".repeat(61), "No".to_owned()] {
            caller.answers.push(standby_client::EntryAnswer {
                key: "reason".to_owned(),
                label: "Reason".to_owned(),
                value,
            });
        }
        assert_eq!(
            answers(&caller),
            [format!("{}…", "é".repeat(60)), "No".to_owned()]
        );
    }

    fn recall(ago: i64, state: SmsState, failure: Option<SmsFailure>) -> Recall {
        let ana = crate::fixtures::caller("1", "Ana", CallerStatus::Offline);
        let recalled = crate::fixtures::recalled(ana, ago, state, failure);
        recalled.recall.unwrap()
    }

    #[test]
    fn a_text_that_failed_says_what_it_was_and_what_to_do() {
        use crate::fixtures::NOW;

        for failure in [
            SmsFailure::Landline,
            SmsFailure::Unreachable,
            SmsFailure::OptedOut,
            SmsFailure::Blocked,
            SmsFailure::ProviderUnavailable,
            SmsFailure::Other,
            SmsFailure::Unrecognised,
        ] {
            let said = delivery(&recall(MINUTE, SmsState::Failed, Some(failure)), NOW);
            assert!(said.text.contains("phone them"), "{failure:?}");
            assert_eq!(said.tone, Tone::Danger);
        }
        let no_such = Some(SmsFailure::InvalidNumber);
        let said = delivery(&recall(MINUTE, SmsState::Failed, no_such), NOW);
        assert!(!said.text.contains("phone them"), "nobody can");
    }

    #[test]
    fn a_text_that_is_lost_sight_of_says_when_another_may_go_out() {
        use crate::fixtures::NOW;

        let said = |ago| delivery(&recall(ago, SmsState::Unknown, None), NOW).text;
        assert_eq!(
            said(18 * SECOND),
            "Nobody can tell whether it went out. Phone them, or recall again in 42 s."
        );
        assert!(said(MINUTE).ends_with("Phone them, or recall again."));
    }

    #[test]
    fn why_another_recall_waits_is_told_with_when_it_may_be() {
        use crate::fixtures::NOW;

        let said = |state| recall_paused(&recall(18 * SECOND, state, None), NOW);
        assert_eq!(
            said(SmsState::Sent),
            "One text a minute: one just went out. Again in 42 s."
        );
        assert_eq!(
            said(SmsState::Failed),
            "One recall a minute. Again in 42 s."
        );
    }

    #[test]
    fn a_text_that_takes_long_is_not_told_like_one_just_sent() {
        use crate::fixtures::NOW;

        let said = |ago, state| delivery(&recall(ago, state, None), NOW);
        assert_eq!(said(SECOND, SmsState::Sent).text, "Text sent");
        let unconfirmed = said(3 * MINUTE, SmsState::Sent);
        assert_eq!(unconfirmed.text, "Text sent, arrival not confirmed");
        assert_eq!(said(SECOND, SmsState::Queued).tone, Tone::Quiet);
        assert_eq!(said(3 * MINUTE, SmsState::Queued).tone, Tone::Warning);
    }

    fn said(caller: &Caller) -> Vec<String> {
        let said = super::recall(caller, crate::fixtures::NOW);
        said.into_iter().map(|said| said.text).collect()
    }

    fn away(state: SmsState, failure: Option<SmsFailure>) -> Caller {
        let ana = crate::fixtures::caller("1", "Ana", CallerStatus::Offline);
        crate::fixtures::recalled(ana, 3 * MINUTE, state, failure)
    }

    #[test]
    fn a_reply_says_that_the_text_arrived_and_one_that_failed_is_still_told() {
        let coming = Some(RecallAnswer::Coming);
        let delivered = away(SmsState::Delivered, None);
        assert_eq!(said(&delivered), ["Recalled 3 min ago", "Text delivered"]);
        let replied = crate::fixtures::replied(delivered, MINUTE, coming);
        assert_eq!(said(&replied), ["Recalled 3 min ago"]);
        assert!(reply_shown(&replied).is_some());
        let failed = away(SmsState::Failed, Some(SmsFailure::Landline));
        let failed = crate::fixtures::replied(failed, MINUTE, coming);
        assert_eq!(
            said(&failed),
            ["Recalled 3 min ago", "Landline: phone them"]
        );
    }

    #[test]
    fn a_reply_that_cannot_be_shown_hides_nothing() {
        let newer = Some(RecallAnswer::Unrecognised);
        let replied = crate::fixtures::replied(away(SmsState::Delivered, None), MINUTE, newer);
        assert_eq!(reply_shown(&replied), None);
        assert_eq!(said(&replied), ["Recalled 3 min ago", "Text delivered"]);
    }

    #[test]
    fn that_texts_are_stopped_is_not_told_twice() {
        let mut stopped = away(SmsState::Failed, Some(SmsFailure::OptedOut));
        assert_eq!(said(&stopped).len(), 2);
        stopped.texts_stopped = true;
        assert_eq!(said(&stopped), ["Recalled 3 min ago"]);
    }

    #[test]
    fn a_recall_of_an_earlier_absence_is_told_in_one_line_and_without_its_reply() {
        let mut back = away(SmsState::Delivered, None);
        back = crate::fixtures::replied(back, MINUTE, Some(RecallAnswer::Coming));
        if let Some(recall) = &mut back.recall {
            recall.returned_at = Some(recall.requested_at);
        }
        assert_eq!(said(&back), ["Recalled 3 min ago, came back then"]);
        assert_eq!(reply_shown(&back), None);
        back.status = CallerStatus::Waiting;
        assert_eq!(said(&back), ["Recalled 3 min ago", "Came back 3 min ago"]);
        back.status = CallerStatus::BeingSeen;
        assert!(said(&back).is_empty());
    }

    #[test]
    fn no_more_is_said_of_recalls_that_did_not_get_through_than_is_known() {
        let failed = away(SmsState::Failed, Some(SmsFailure::Landline));
        let unknown = away(SmsState::Unknown, None);
        assert_eq!(unreached(&[]), None);
        assert_eq!(
            unreached(&[&failed]).as_deref(),
            Some("A recall did not get through")
        );
        assert_eq!(
            unreached(&[&failed, &unknown]).as_deref(),
            Some("2 recalls may not have got through")
        );
        assert_eq!(
            unreached_now(&[&failed]).as_deref(),
            Some("The recall of Ana did not get through. Landline: phone them.")
        );
        assert_eq!(
            unreached_now(&[&unknown]).as_deref(),
            Some(
                "The recall of Ana may not have got through. \
                 Nobody can tell whether it went out: phone them."
            )
        );
        assert_eq!(
            unreached_now(&[&failed, &failed]).as_deref(),
            Some("2 recalls did not get through.")
        );
    }

    #[test]
    fn a_stay_that_a_reply_ended_says_so() {
        let left = |answer| {
            let ana = crate::fixtures::caller("1", "Ana", CallerStatus::Left);
            let recalled = crate::fixtures::recalled(ana, MINUTE, SmsState::Delivered, None);
            let mut caller = crate::fixtures::replied(recalled, SECOND, Some(answer));
            caller.end = Some(standby_client::CallerEnd {
                how: CallerEndKind::LeftByCaller,
                reason: None,
                is_resumable: false,
            });
            end(&caller)
        };
        assert_eq!(left(RecallAnswer::Leaving), "Left by text reply");
        assert_eq!(left(RecallAnswer::Coming), "Left");
    }

    #[test]
    fn a_recall_that_came_too_late_says_that_no_text_was_sent() {
        let said = refusal(Command::Recall, &wrong_status(CallerStatus::Waiting), "Ana");
        assert_eq!(said, "Ana came back and is Waiting. No text was sent.");
    }

    #[test]
    fn a_text_tells_its_length_and_what_makes_it_cost_more() {
        let mut text = crate::fixtures::previews().remove(0);
        assert_eq!(
            (text.characters, text_length(&text).as_str()),
            (155, "155 of 160 characters · 1 text · GSM\u{2011}7")
        );
        assert_eq!(text_cost(&text), None);
        text.encoding = TextEncoding::Ucs2;
        (text.characters, text.room, text.segments) = (130, 134, 2);
        text.beyond_gsm7 = vec!["’".to_owned()];
        assert_eq!(
            text_length(&text),
            "130 of 134 characters · 2 texts · UCS\u{2011}2"
        );
        assert_eq!(
            text_cost(&text).as_deref(),
            Some(
                "“’” is not in the short alphabet (GSM-7), so a text holds 70 characters, not 160. \
                 Goes as 2 texts, and each is charged."
            )
        );
    }
}
