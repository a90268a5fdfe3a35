//! Every screen with fixed data and no server: what a screen shows can be looked at, and shown in tests.
//!
//! Everybody here is made up. The numbers are from the ranges that their countries keep for drama (ACMA,
//! Ofcom) and examples, so nobody owns them.

pub(crate) mod administration;

use standby_client::{
    Activity, ActivityKind, Caller, CallerEnd, CallerEndKind, CallerPhone, CallerStatus, Clinic,
    ClinicSettings, EntryAnswer, EntryField, Instant, Presence, Recall, RecallAnswer, RecallReply,
    ReplyWords, Room, Session, SignInMethod, SmsDelivery, SmsFailure, SmsState, TeamMember,
    TeamRole, TextEncoding, TextPreview, TextPurpose, WaitingAreaEvent,
};

use crate::address::Page;
use crate::settings_form::SettingsForm;
use crate::waiting_area::{Connection, Message, WaitingArea, reduce};

/// The moment at which all fixtures are seen: 2026-07-14 00:30 UTC.
pub(crate) const NOW: i64 = 1_783_989_000_000;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;

/// A screen that can be looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fixture {
    /// What follows `#` in its address.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) about: &'static str,
}

const fn fixture(name: &'static str, title: &'static str, about: &'static str) -> Fixture {
    Fixture { name, title, about }
}

/// All screens.
pub(crate) const ALL: &[Fixture] = &[
    fixture(
        "morning",
        "A busy morning",
        "Every status, every state of a recall, long and short waits.",
    ),
    fixture(
        "empty",
        "Nobody is here",
        "The clinic is open and nobody has arrived.",
    ),
    fixture(
        "closed",
        "The clinic is closed",
        "Nobody new comes in; those who wait are still seen.",
    ),
    fixture("connecting", "Connecting", "Before the first snapshot."),
    fixture(
        "lost",
        "Connection lost",
        "What is shown may be old, and says so.",
    ),
    fixture(
        "refused",
        "Refusals",
        "Commands that no longer fit, said beside the row and above the list.",
    ),
    fixture(
        "cancel",
        "Cancel caller",
        "The question before a cancellation.",
    ),
    fixture(
        "texts",
        "Texts",
        "What became of each recall's text, and what callers replied.",
    ),
    fixture(
        "unreached",
        "Recalls that did not get through",
        "Said above the list, also where the filter does not show their rows.",
    ),
    fixture(
        "left-by-text",
        "Left by text",
        "A caller who replied that they leave.",
    ),
    fixture(
        "erased",
        "Details erased",
        "Callers whose stay has ended, and the activity of one whose details were erased.",
    ),
    fixture(
        "erase",
        "Erase details now",
        "The question before an admin erases somebody's details, after an attempt without an answer.",
    ),
    fixture(
        "verify-by-phone",
        "Verify by phone",
        "The question before staff vouch for a number.",
    ),
    fixture(
        "verify-by-phone-away",
        "Verify by phone, not looking",
        "The same for a caller who is not looking, after an attempt that did not reach the server.",
    ),
    fixture(
        "verify-by-phone-another",
        "Verify by phone, another number",
        "The same for a caller who has given another number since the question was opened.",
    ),
    fixture(
        "codes-paused",
        "Codes paused",
        "Too many codes were not entered, so none go out for a while.",
    ),
    fixture(
        "signed-out-soon",
        "Signed out soon",
        "The session ends in half an hour.",
    ),
    fixture("activity", "Activity", "What happened to a caller."),
    fixture(
        "reporter",
        "A reporter",
        "Reads everything, changes nothing.",
    ),
    fixture(
        "nothing-found",
        "Nothing found",
        "A search that finds nobody.",
    ),
    fixture(
        "search-ended",
        "Found among those who ended",
        "A search for somebody whose stay has ended.",
    ),
    fixture("crowd", "A crowd", "Two hundred callers."),
    fixture(
        "configure",
        "Configure",
        "The settings of the waiting area.",
    ),
    fixture(
        "configure-wrong",
        "Configure, refused",
        "Settings that the server did not take.",
    ),
    fixture(
        "configure-texts",
        "Configure, own words",
        "A recall in the clinic's words, that goes as two texts.",
    ),
    fixture(
        "configure-texts-wrong",
        "Configure, words that cannot be",
        "What is wrong with a text while it is typed.",
    ),
    fixture(
        "configure-no-replies",
        "Configure, no replies",
        "Texts are sent from a name or number that takes no answers.",
    ),
    fixture(
        "configure-privacy",
        "Configure, privacy",
        "A time of the clinic's own that is no number, and a time zone that is being typed.",
    ),
    fixture(
        "configure-not-allowed",
        "Configure, not allowed",
        "For those who are no clinic admins.",
    ),
    fixture(
        "team",
        "Team",
        "Who is on it, and where they are signed in.",
    ),
    fixture(
        "team-add",
        "Team, add",
        "A name that the server did not take.",
    ),
    fixture(
        "team-link",
        "Team, sign-in link",
        "Shown once, after a team member was added.",
    ),
    fixture("team-change", "Team, change", "Another name or role."),
    fixture(
        "team-remove",
        "Team, remove",
        "The question before somebody is removed.",
    ),
    fixture(
        "team-refused",
        "Team, no answer",
        "A link that was asked for, and no answer came.",
    ),
    fixture(
        "team-not-read",
        "Team, not read",
        "The server cannot be reached.",
    ),
    fixture(
        "team-not-allowed",
        "Team, not allowed",
        "For those who are no clinic admins.",
    ),
    fixture(
        "keys",
        "API keys",
        "In use, about to expire, revoked and expired.",
    ),
    fixture("keys-none", "API keys, none", "Before the first is made."),
    fixture("keys-add", "API keys, make", "Name, role and for how long."),
    fixture(
        "keys-made",
        "API keys, made",
        "The key, shown once and copied.",
    ),
    fixture(
        "keys-revoke",
        "API keys, revoke",
        "The question before a key is revoked.",
    ),
    fixture(
        "webhooks",
        "Webhooks",
        "One that fails, one that was switched off, one that works.",
    ),
    fixture(
        "webhooks-none",
        "Webhooks, none",
        "Before the first is added.",
    ),
    fixture(
        "webhooks-add",
        "Webhooks, add",
        "An address that the server did not take.",
    ),
    fixture(
        "webhooks-secret",
        "Webhooks, secret",
        "A new secret, shown once.",
    ),
    fixture(
        "webhooks-remove",
        "Webhooks, remove",
        "The question before a webhook is removed.",
    ),
    fixture(
        "audit-log",
        "Audit log",
        "Who looked at what, and who changed what.",
    ),
    fixture(
        "audit-log-person",
        "Audit log, one person",
        "Only what one of them did.",
    ),
    fixture(
        "audit-log-none",
        "Audit log, empty",
        "Before anything was looked at.",
    ),
    fixture("reports", "Reports", "Seven days."),
    fixture("reports-month", "Reports, a month", "Thirty days."),
    fixture("reports-today", "Reports, one day", "Only today."),
    fixture(
        "reports-none",
        "Reports, nobody",
        "Days on which nobody arrived.",
    ),
    fixture(
        "reports-wrong",
        "Reports, wrong days",
        "The first day is after the last.",
    ),
    fixture(
        "reports-not-read",
        "Reports, not read",
        "The server cannot be reached.",
    ),
    fixture(
        "reports-reporter",
        "Reports, a reporter",
        "As somebody sees them who configures nothing.",
    ),
    fixture("sign-in", "Sign in", "Without a sign-in link."),
    fixture(
        "sign-in-organisation",
        "Sign in, with your organisation",
        "Where staff sign in at an identity provider.",
    ),
    fixture(
        "sign-in-refused",
        "Sign-in link refused",
        "Used, or too old.",
    ),
    fixture(
        "sign-in-unreachable",
        "Sign in, no server",
        "The link is still good.",
    ),
    fixture(
        "sign-in-instead",
        "Sign-in link, signed in already",
        "The question before somebody else is signed in.",
    ),
];

/// The page that a fixture is of.
pub(crate) fn page(name: &str) -> Page {
    let starts = [
        ("configure", Page::Configure),
        ("team", Page::Team),
        ("keys", Page::Keys),
        ("webhooks", Page::Webhooks),
        ("audit-log", Page::AuditLog),
        ("reports", Page::Reports),
    ];
    starts
        .into_iter()
        .find(|(start, _)| name.starts_with(start))
        .map_or(Page::WaitingArea, |(_, page)| page)
}

fn before(span: i64) -> Instant {
    Instant::from_epoch_milliseconds(NOW - span)
}

/// A caller of whom little is said.
pub(crate) fn caller(id: &str, name: &str, status: CallerStatus) -> Caller {
    Caller {
        id: id.into(),
        status,
        name: Some(name.to_owned()),
        phone: Some(CallerPhone {
            number: "+61491570156".to_owned(),
            is_verified: true,
            verified_at: Some(before(4 * MINUTE)),
        }),
        arrived_at: before(5 * MINUTE),
        arrival_number: id
            .bytes()
            .fold(0, |number, byte| number * 10 + i32::from(byte % 48)),
        position: None,
        presence: Presence {
            is_viewing: status != CallerStatus::Offline,
            last_seen_at: before(5 * SECOND),
            not_responding: false,
        },
        recall: None,
        texts_stopped: false,
        room: None,
        ended_at: None,
        end: None,
        status_since: before(2 * MINUTE),
        may_set_phone_aside: true,
        verification: None,
        answers: Vec::new(),
        erased_at: None,
        version: 1,
    }
}

fn arrived(mut caller: Caller, waited: i64) -> Caller {
    caller.arrived_at = before(waited);
    caller.status_since = caller.status_since.max(caller.arrived_at);
    caller
}

fn since(mut caller: Caller, span: i64) -> Caller {
    caller.status_since = before(span);
    caller
}

fn number(mut caller: Caller, number: &str, is_verified: bool) -> Caller {
    let verified_at = is_verified.then_some(caller.arrived_at);
    caller.phone = Some(CallerPhone {
        number: number.to_owned(),
        is_verified,
        verified_at,
    });
    caller
}

fn answered(mut caller: Caller, label: &str, value: &str) -> Caller {
    caller.answers.push(EntryAnswer {
        key: label.to_lowercase().replace(' ', "_"),
        label: label.to_owned(),
        value: value.to_owned(),
    });
    caller
}

pub(crate) fn recalled(
    mut caller: Caller,
    ago: i64,
    state: SmsState,
    failure: Option<SmsFailure>,
) -> Caller {
    caller.recall = Some(Recall {
        id: format!("recall-{}", caller.id.inner()).into(),
        requested_at: before(ago),
        sms: SmsDelivery {
            state,
            failure,
            updated_at: before(ago - 2 * SECOND),
        },
        opened_at: None,
        returned_at: None,
        reply: None,
    });
    caller
}

pub(crate) fn replied(mut caller: Caller, ago: i64, answer: Option<RecallAnswer>) -> Caller {
    if let Some(recall) = &mut caller.recall {
        recall.reply = answer.map(|answer| RecallReply {
            answer,
            at: before(ago),
        });
    }
    caller
}

fn without_texts(mut caller: Caller) -> Caller {
    caller.texts_stopped = true;
    caller
}

/// A name, how long ago the recall was, what became of its text, and the answer to it.
type Recalled = (
    &'static str,
    i64,
    SmsState,
    Option<SmsFailure>,
    Option<RecallAnswer>,
);

/// One caller for each thing that can become of a recall's text.
#[allow(clippy::too_many_lines, reason = "a list of people")]
fn texts() -> Vec<Caller> {
    use {SmsFailure as Failure, SmsState as State};

    let people: [Recalled; 15] = [
        ("Queued Quinn", 3 * SECOND, State::Queued, None, None),
        ("Held-up Hana", 4 * MINUTE, State::Queued, None, None),
        ("Sent Sofia", 9 * SECOND, State::Sent, None, None),
        ("Unconfirmed Uma", 6 * MINUTE, State::Sent, None, None),
        (
            "Coming Carlos",
            2 * MINUTE,
            State::Delivered,
            None,
            Some(RecallAnswer::Coming),
        ),
        (
            "Later Lucia",
            90 * SECOND,
            State::Delivered,
            None,
            Some(RecallAnswer::Later),
        ),
        ("Unknown Umar", 18 * SECOND, State::Unknown, None, None),
        ("Unknown Ursula", 3 * MINUTE, State::Unknown, None, None),
        (
            "Landline Lars",
            MINUTE,
            State::Failed,
            Some(Failure::Landline),
            None,
        ),
        (
            "Invalid Ines",
            MINUTE,
            State::Failed,
            Some(Failure::InvalidNumber),
            None,
        ),
        (
            "Off Olga",
            2 * MINUTE,
            State::Failed,
            Some(Failure::Unreachable),
            None,
        ),
        (
            "Blocked Bruno",
            2 * MINUTE,
            State::Failed,
            Some(Failure::Blocked),
            None,
        ),
        (
            "Down Dina",
            2 * MINUTE,
            State::Failed,
            Some(Failure::ProviderUnavailable),
            None,
        ),
        (
            "Other Otto",
            2 * MINUTE,
            State::Failed,
            Some(Failure::Other),
            None,
        ),
        (
            "Stopped Stella",
            2 * MINUTE,
            State::Failed,
            Some(Failure::OptedOut),
            None,
        ),
    ];
    let recalled = (1_i64..).zip(people);
    let mut callers: Vec<Caller> = recalled
        .map(|(at, (name, ago, state, failure, answer))| {
            let away = caller(&at.to_string(), name, CallerStatus::Offline);
            let away = arrived(away, (40 - at) * MINUTE);
            let away = recalled_and_replied(away, ago, (state, failure), answer);
            if failure == Some(Failure::OptedOut) {
                without_texts(away)
            } else {
                away
            }
        })
        .collect();
    let here = caller("16", "Waiting Wanda", CallerStatus::Waiting);
    callers.push(without_texts(here));
    callers
}

fn recalled_and_replied(
    caller: Caller,
    ago: i64,
    (state, failure): (SmsState, Option<SmsFailure>),
    answer: Option<RecallAnswer>,
) -> Caller {
    replied(recalled(caller, ago, state, failure), ago / 2, answer)
}

fn link_opened(mut caller: Caller, ago: i64, returned: Option<i64>) -> Caller {
    if let Some(recall) = &mut caller.recall {
        recall.opened_at = Some(before(ago));
        recall.returned_at = returned.map(before);
    }
    caller
}

fn with_room(mut caller: Caller) -> Caller {
    caller.room = Some(Room {
        url: "https://video.example/room/4821".to_owned(),
    });
    caller
}

#[allow(clippy::too_many_lines, reason = "a list of people")]
fn morning() -> Vec<Caller> {
    let mut nadia = caller("4", "Nadia Haddad", CallerStatus::Waiting);
    nadia.presence.not_responding = true;
    nadia.presence.is_viewing = false;
    nadia.presence.last_seen_at = before(70 * SECOND);
    vec![
        answered(
            with_room(number(
                since(
                    arrived(
                        caller("1", "Margaret Thornbury", CallerStatus::BeingSeen),
                        41 * MINUTE,
                    ),
                    6 * MINUTE + 10 * SECOND,
                ),
                "+61491570156",
                true,
            )),
            "Reason for the visit",
            "Blood pressure follow-up",
        ),
        number(
            arrived(
                caller("2", "Joseph Okonkwo", CallerStatus::Waiting),
                36 * MINUTE + 12 * SECOND,
            ),
            "+61491570157",
            true,
        ),
        answered(
            recalled(
                number(
                    since(
                        arrived(caller("3", "Ana Lima", CallerStatus::Offline), 27 * MINUTE),
                        14 * MINUTE + 8 * SECOND,
                    ),
                    "+61491570158",
                    true,
                ),
                3 * MINUTE + 9 * SECOND,
                SmsState::Delivered,
                None,
            ),
            "Reason for the visit",
            "Repeat prescription, and the result of last week's blood test",
        ),
        answered(
            answered(
                number(arrived(nadia, 24 * MINUTE), "+61491570159", false),
                "Reason for the visit",
                "صداع منذ أسبوع",
            ),
            "Language of an interpreter",
            "العربية",
        ),
        with_room(number(
            since(
                arrived(
                    caller("5", "Tomás Fernández", CallerStatus::OnHold),
                    22 * MINUTE,
                ),
                MINUTE + 40 * SECOND,
            ),
            "+61491570110",
            true,
        )),
        recalled(
            number(
                since(
                    arrived(
                        caller("6", "Grace Williams", CallerStatus::Offline),
                        19 * MINUTE,
                    ),
                    11 * MINUTE,
                ),
                "+61255501234",
                true,
            ),
            2 * MINUTE,
            SmsState::Failed,
            Some(SmsFailure::Landline),
        ),
        link_opened(
            recalled(
                number(
                    since(
                        arrived(caller("7", "Wei Zhang", CallerStatus::Waiting), 16 * MINUTE),
                        20 * SECOND,
                    ),
                    "+61491570111",
                    true,
                ),
                2 * MINUTE + 30 * SECOND,
                SmsState::Delivered,
                None,
            ),
            50 * SECOND,
            Some(20 * SECOND),
        ),
        recalled(
            number(
                since(
                    arrived(
                        caller("8", "Priya Raman", CallerStatus::Offline),
                        12 * MINUTE,
                    ),
                    8 * MINUTE,
                ),
                "+447700900123",
                true,
            ),
            14 * SECOND,
            SmsState::Sending,
            None,
        ),
        number(
            since(
                arrived(
                    caller(
                        "9",
                        "Siobhán O'Rourke-Castellanos de la Vega",
                        CallerStatus::Offline,
                    ),
                    7 * MINUTE,
                ),
                3 * MINUTE + 31 * SECOND,
            ),
            "+353850000001",
            true,
        ),
        number(
            arrived(
                caller("10", "Liam Baker", CallerStatus::Waiting),
                48 * SECOND,
            ),
            "+61491570112",
            false,
        ),
    ]
}

/// Names from the left and from the right, and a text of which nobody can tell.
fn unreached() -> Vec<Caller> {
    let mut callers = morning();
    let people = [
        ("12", "نورا حدّاد", SmsState::Failed, SmsFailure::Unreachable),
        (
            "13",
            "Maximiliane von und zu Hohenstein-Bartholomäus",
            SmsState::Unknown,
            SmsFailure::Other,
        ),
    ];
    callers.extend(people.map(|(id, name, state, failure)| {
        let failure = Some(failure).filter(|_| state == SmsState::Failed);
        let away = since(
            arrived(caller(id, name, CallerStatus::Offline), 6 * MINUTE),
            4 * MINUTE,
        );
        recalled(away, 90 * SECOND, state, failure)
    }));
    callers
}

fn crowd() -> Vec<Caller> {
    const NAMES: [&str; 8] = [
        "Ana Lima",
        "Ben Okoro",
        "Chloe Martin",
        "Dev Patel",
        "Elif Kaya",
        "Finn Olsen",
        "Gita Rao",
        "Hugo Silva",
    ];
    (1_i32..=200)
        .map(|at| {
            let status = match at % 7 {
                0 => CallerStatus::BeingSeen,
                1 | 4 => CallerStatus::Offline,
                5 if at % 3 == 0 => CallerStatus::OnHold,
                _ => CallerStatus::Waiting,
            };
            let name = NAMES
                .iter()
                .cycle()
                .nth(usize::try_from(at).unwrap_or_default());
            let name = format!("{} {at}", name.unwrap_or(&"Ana Lima"));
            let mut caller = arrived(
                caller(&at.to_string(), &name, status),
                i64::from(201 - at) * 17 * SECOND,
            );
            caller.arrival_number = at;
            caller
        })
        .collect()
}

fn left() -> Caller {
    let mut caller = arrived(
        caller("0", "Harriet Vance", CallerStatus::Left),
        33 * MINUTE,
    );
    caller.ended_at = Some(before(2 * MINUTE));
    caller.end = Some(CallerEnd {
        how: CallerEndKind::LeftByCaller,
        reason: None,
        is_resumable: false,
    });
    caller.version = 9;
    caller
}

pub(crate) fn activity() -> Vec<Activity> {
    let entry = |ago, kind, description: &str, by: Option<&str>| Activity {
        at: before(ago),
        kind,
        description: description.to_owned(),
        by: by.map(str::to_owned),
        version: 1,
    };
    vec![
        entry(
            MINUTE,
            ActivityKind::RepliedLater,
            "Replied by text: five more minutes",
            None,
        ),
        entry(
            3 * MINUTE,
            ActivityKind::SmsProgress,
            "The recall's text was delivered.",
            None,
        ),
        entry(
            3 * MINUTE + 5 * SECOND,
            ActivityKind::SmsProgress,
            "The recall's text was sent.",
            None,
        ),
        entry(
            3 * MINUTE + 9 * SECOND,
            ActivityKind::Recalled,
            "Recalled.",
            Some("Dr Sam Ellery"),
        ),
        entry(
            14 * MINUTE + 8 * SECOND,
            ActivityKind::WentOffline,
            "Went Offline.",
            None,
        ),
        entry(
            15 * MINUTE,
            ActivityKind::CameBack,
            "Came back and is Waiting.",
            None,
        ),
        entry(
            21 * MINUTE,
            ActivityKind::WentOffline,
            "Went Offline.",
            None,
        ),
        entry(
            25 * MINUTE,
            ActivityKind::PhoneVerified,
            "Verified the phone number.",
            None,
        ),
        entry(
            26 * MINUTE,
            ActivityKind::CodeRejected,
            "Entered a wrong code.",
            None,
        ),
        entry(
            26 * MINUTE + 20 * SECOND,
            ActivityKind::CodeSent,
            "A secure code was sent.",
            None,
        ),
        entry(
            27 * MINUTE,
            ActivityKind::Arrived,
            "Arrived by the clinic link.",
            None,
        ),
    ]
}

/// The settings of the made-up clinic.
pub(crate) fn settings() -> ClinicSettings {
    let field = |key: &str, label: &str, is_required| EntryField {
        key: key.to_owned(),
        label: label.to_owned(),
        is_required,
    };
    ClinicSettings {
        offline_queueing: true,
        show_queue_position: true,
        is_open: true,
        default_country: "AU".to_owned(),
        allowed_countries: vec!["AU".to_owned(), "NZ".to_owned(), "GB".to_owned()],
        room_url_template: "https://video.example/room/{room}?token={token}".to_owned(),
        has_room_token_key: true,
        room_token_issuer: None,
        text_on_cancel: true,
        recall_words: None,
        usual_recall_words:
            "It is nearly your turn. Please come back to the waiting area now: {link}".to_owned(),
        reply_words: ReplyWords {
            coming: "1".to_owned(),
            later: "2".to_owned(),
            leaving: "3".to_owned(),
        },
        takes_replies: true,
        consent_text: Some("I agree that the clinic may see me by video.".to_owned()),
        entry_fields: vec![
            field("reason", "Reason for the visit", true),
            field(
                "interpreter",
                "Language of an interpreter, if you need one",
                false,
            ),
        ],
        lost_contact_grace_seconds: 120,
        erase_after_seconds: 900,
        time_zone: "Australia/Melbourne".to_owned(),
    }
}

/// As long as the link in a text, and as hidden as in a preview.
const LINK: &str = "https://standby.example.org/w#***********************";

/// The made-up clinic's texts.
pub(crate) fn previews() -> Vec<TextPreview> {
    let text = |purpose, body: &str| TextPreview {
        purpose,
        body: body.to_owned(),
        encoding: TextEncoding::Gsm7,
        characters: i32::try_from(body.chars().count()).unwrap_or_default(),
        room: 160,
        segments: 1,
        beyond_gsm7: Vec::new(),
        problem: None,
    };
    let recall = format!(
        "It is nearly your turn. Please come back to the waiting area now: {LINK}\n\
         Reply 1 coming, 2 in 5 min, 3 leave"
    );
    vec![
        text(TextPurpose::Recall, &recall),
        text(
            TextPurpose::Code,
            "****** is your code for the waiting area. Tell it to nobody.\n\n\
             @standby.example.org #******",
        ),
        text(
            TextPurpose::Cancelled,
            "Your place in the waiting area was cancelled by the clinic. Please contact the clinic \
             if you still need help.",
        ),
    ]
}

/// The recall of [`previews`] as it would be with other words.
fn recall_preview(body: String, room: i32, segments: i32) -> TextPreview {
    let [mut recall, ..] = <[TextPreview; 3]>::try_from(previews()).unwrap_or_else(|_| {
        unreachable!("three texts are made above");
    });
    recall.characters = i32::try_from(body.chars().count()).unwrap_or_default();
    recall.body = body;
    (recall.room, recall.segments) = (room, segments);
    recall
}

/// What the server says to the last question for previews.
fn previewed(question: u32, recall: TextPreview) -> crate::settings_form::Message {
    let mut texts = previews();
    if let Some(first) = texts.first_mut() {
        *first = recall;
    }
    crate::settings_form::Message::Previewed {
        question,
        answer: Ok(Some(texts)),
    }
}

/// A member of the made-up clinic's team.
pub(crate) fn member(role: TeamRole) -> TeamMember {
    TeamMember {
        id: "member-1".into(),
        name: "Dr Sam Ellery".to_owned(),
        role,
        clinic: Clinic {
            id: "clinic-1".into(),
            slug: "harbour".to_owned(),
            name: "Harbour Street Clinic".to_owned(),
            is_open: true,
            offline_queueing: true,
            entry_fields: Vec::new(),
            consent_text: None,
            default_country: "AU".to_owned(),
            show_queue_position: true,
        },
        is_api_client: false,
        session: None,
    }
}

/// The member's session, which ends in half an hour.
pub(crate) fn session_ending() -> Session {
    Session {
        id: "session-1".into(),
        opened_at: before(11 * 60 * MINUTE + 30 * MINUTE),
        opened_by: SignInMethod::Link,
        last_used_at: before(0),
        expires_at: before(-30 * MINUTE),
        is_current: true,
    }
}

/// The waiting area as a fixture shows it.
pub(crate) fn waiting_area(name: &str) -> WaitingArea {
    let start = WaitingArea::new(name != "closed", false);
    if name == "connecting" {
        return start;
    }
    let callers = match name {
        "empty" => Vec::new(),
        "crowd" => crowd(),
        "texts" => texts(),
        "unreached" => unreached(),
        _ => {
            let mut callers = morning();
            callers.push(arrived(
                caller("11", "Harriet Vance", CallerStatus::Waiting),
                33 * SECOND,
            ));
            callers
        }
    };
    let mut messages = vec![
        Message::ConnectionChanged {
            connection: Connection::Live,
            at: NOW,
        },
        Message::Happened {
            event: WaitingAreaEvent::Snapshot {
                version: 1,
                callers,
            },
            at: NOW,
        },
    ];
    if !matches!(name, "empty" | "crowd" | "texts" | "unreached") {
        let mut harriet = left();
        harriet.id = "11".into();
        if name == "left-by-text" {
            harriet = recalled(harriet, 3 * MINUTE, SmsState::Delivered, None);
            harriet = replied(harriet, 2 * MINUTE, Some(RecallAnswer::Leaving));
        }
        messages.push(Message::Happened {
            event: WaitingAreaEvent::Ended {
                version: 2,
                caller: harriet,
            },
            at: NOW,
        });
    }
    messages.push(still());
    messages.extend(match name {
        "lost" => vec![Message::ConnectionChanged {
            connection: Connection::Lost,
            at: NOW,
        }],
        "refused" => refusals(),
        "cancel" => vec![Message::Pressed {
            command: crate::waiting_area::Command::Cancel,
            caller: "3".to_owned(),
            at: NOW,
        }],
        "verify-by-phone" => vec![vouched_for("10")],
        "verify-by-phone-away" => vec![
            vouched_for("4"),
            Message::VouchConfirmed,
            Message::Answered {
                command: crate::waiting_area::Command::VerifyByPhone,
                caller: "4".to_owned(),
                answer: Err(standby_client::ClientError::Unreachable {
                    reason: String::new(),
                }),
                at: NOW,
            },
        ],
        "verify-by-phone-another" => vec![vouched_for("10"), another_number("10")],
        "codes-paused" => vec![Message::PauseRead {
            until: Some(NOW + 38 * MINUTE),
            at: NOW,
        }],
        "signed-out-soon" => vec![Message::SessionEnding {
            session: session_ending(),
            at: NOW,
        }],
        "activity" => vec![
            Message::ActivityOpened("3".to_owned()),
            Message::ActivityRead {
                caller: "3".to_owned(),
                answer: Ok(Some(activity())),
            },
        ],
        "nothing-found" => vec![Message::SearchTyped("zephyr".to_owned())],
        "search-ended" => vec![Message::SearchTyped("vance".to_owned())],
        "unreached" => vec![Message::StatusChosen(Some(CallerStatus::Waiting))],
        "erased" => erased(),
        "erase" => not_erased("11"),
        _ => Vec::new(),
    });
    messages.push(still());
    messages
        .into_iter()
        .fold(start, |state, message| reduce(state, message).0)
}

/// An admin wants somebody's details erased, and no answer came.
fn not_erased(caller: &str) -> Vec<Message> {
    vec![
        Message::ActivityOpened(caller.to_owned()),
        Message::ActivityRead {
            caller: caller.to_owned(),
            answer: Ok(Some(activity())),
        },
        Message::ErasePressed,
        Message::EraseConfirmed,
        Message::Erased {
            caller: caller.to_owned(),
            answer: Err(standby_client::ClientError::Unreachable {
                reason: String::new(),
            }),
        },
    ]
}

/// Somebody's details were erased, and their activity is looked at.
fn erased() -> Vec<Message> {
    let mut erased = left();
    erased.name = None;
    erased.phone = None;
    erased.ended_at = Some(before(40 * MINUTE));
    erased.erased_at = Some(before(25 * MINUTE));
    erased.id = "12".into();
    vec![
        Message::EndedRead {
            callers: vec![erased],
            today: NOW - 24 * 60 * MINUTE,
        },
        Message::ActivityOpened("12".to_owned()),
        Message::ActivityRead {
            caller: "12".to_owned(),
            answer: Ok(Some(activity())),
        },
    ]
}

fn vouched_for(caller: &str) -> Message {
    Message::Pressed {
        command: crate::waiting_area::Command::VerifyByPhone,
        caller: caller.to_owned(),
        at: NOW,
    }
}

/// The caller of the morning has given another number.
fn another_number(id: &str) -> Message {
    let mut callers = morning();
    for caller in callers.iter_mut().filter(|caller| caller.id.inner() == id) {
        caller.version += 1;
        if let Some(phone) = &mut caller.phone {
            "+61491570110".clone_into(&mut phone.number);
        }
    }
    Message::Happened {
        event: WaitingAreaEvent::Snapshot {
            version: 3,
            callers,
        },
        at: NOW,
    }
}

/// Every row stands still: long after whatever moved it.
fn still() -> Message {
    Message::Settled { until: i64::MAX }
}

/// The settings as a fixture shows them.
#[allow(clippy::too_many_lines, reason = "one arm for each fixture")]
pub(crate) fn settings_form(name: &str) -> SettingsForm {
    use crate::settings_form::{Edit, Message, reduce};

    let usual = || previews().remove(0);
    let mut messages = vec![Message::Read(Ok(Some(settings()))), previewed(1, usual())];
    match name {
        "configure-texts" => {
            let words = "You’re next. Come back to us now, please:\n{link}";
            let mut recall = recall_preview(
                format!(
                    "{}\nReply YES coming, WAIT in 5 min, NO leave",
                    words.replace("{link}", LINK)
                ),
                201,
                3,
            );
            recall.encoding = TextEncoding::Ucs2;
            recall.beyond_gsm7 = vec!["’".to_owned()];
            let mut settings = settings();
            settings.recall_words = Some(words.to_owned());
            settings.reply_words = ReplyWords {
                coming: "YES".to_owned(),
                later: "WAIT".to_owned(),
                leaving: "NO".to_owned(),
            };
            messages = vec![Message::Read(Ok(Some(settings))), previewed(1, recall)];
        }
        "configure-texts-wrong" => {
            let words = "It is your turn soon. Please come back to the waiting area, or see \
                         video.example/help if something does not work: {link}";
            let mut recall = recall_preview(
                format!(
                    "{}\nReply 1 coming, 2 in 5 min, 3 leave",
                    words.replace("{link}", LINK)
                ),
                160,
                2,
            );
            recall.problem = Some(standby_client::UserError {
                code: standby_client::UserErrorCode::InvalidInput,
                message:
                    "Phones may take “video.example/help” for a link, and the only link may be \
                          {link}. After a full stop goes a space."
                        .to_owned(),
                field: vec!["recallWords".to_owned()],
                status: None,
                attempts_left: None,
                retry_at: None,
            });
            messages.extend([
                Message::Edited(Edit::RecallWords(words.to_owned())),
                previewed(2, recall),
            ]);
        }
        "configure-no-replies" => {
            let mut settings = settings();
            settings.takes_replies = false;
            settings.text_on_cancel = false;
            let body = settings.usual_recall_words.replace("{link}", LINK);
            messages = vec![
                Message::Read(Ok(Some(settings))),
                previewed(1, recall_preview(body, 160, 1)),
            ];
        }
        "configure-privacy" => messages.extend([
            Message::Edited(Edit::ErasePreset(None)),
            Message::Edited(Edit::EraseNumber("a while".to_owned())),
            Message::Edited(Edit::TimeZone("Melb".to_owned())),
            Message::SavePressed,
        ]),
        "configure-not-allowed" => messages = vec![Message::Read(Ok(None))],
        "configure-wrong" => {
            let error = |field: &[&str], message: &str| standby_client::UserError {
                code: standby_client::UserErrorCode::InvalidInput,
                message: message.to_owned(),
                field: field.iter().map(|&segment| segment.to_owned()).collect(),
                status: None,
                attempts_left: None,
                retry_at: None,
            };
            messages.extend([
                Message::Edited(Edit::RoomUrlTemplate("video.example/{room}".to_owned())),
                Message::Edited(Edit::AddEntryField),
                Message::Edited(Edit::EntryFieldLabel(2, "Medicare number".to_owned())),
                Message::Edited(Edit::EntryFieldKey(2, "Medicare!".to_owned())),
                Message::Edited(Edit::Grace("two minutes".to_owned())),
                Message::Saved(Err(standby_client::ClientError::Refused(
                    standby_client::Refusal {
                        errors: vec![
                            error(
                                &["input", "roomUrlTemplate"],
                                "A room link starts with https://.",
                            ),
                            error(
                                &["input", "entryFields", "2", "key"],
                                "A key has lower-case letters, digits and _ only.",
                            ),
                        ],
                        caller: None,
                    },
                ))),
            ]);
        }
        _ => {}
    }
    messages
        .into_iter()
        .fold(SettingsForm::default(), |state, message| {
            reduce(state, message).0
        })
}

fn refusals() -> Vec<Message> {
    use crate::waiting_area::Command;
    use standby_client::ClientError;

    let answer = |command, id: &str, error| Message::Answered {
        command,
        caller: id.to_owned(),
        answer: Err(error),
        at: NOW,
    };
    vec![
        answer(
            Command::Join,
            "3",
            refused(wrong_status(CallerStatus::Offline), None),
        ),
        answer(
            Command::Recall,
            "7",
            refused(wrong_status(CallerStatus::Waiting), None),
        ),
        answer(
            Command::Join,
            "11",
            refused(wrong_status(CallerStatus::Left), None),
        ),
        answer(
            Command::Recall,
            "6",
            ClientError::Unreachable {
                reason: String::new(),
            },
        ),
        Message::RoomBlocked {
            caller: "1".to_owned(),
            at: NOW,
        },
    ]
}

/// A refusal because of the status as it now is.
pub(crate) fn wrong_status(status: CallerStatus) -> standby_client::UserError {
    standby_client::UserError {
        code: standby_client::UserErrorCode::WrongStatus,
        message: "This no longer fits.".to_owned(),
        field: Vec::new(),
        status: Some(status),
        attempts_left: None,
        retry_at: None,
    }
}

/// A refused command.
pub(crate) fn refused(
    error: standby_client::UserError,
    caller: Option<Caller>,
) -> standby_client::ClientError {
    standby_client::ClientError::Refused(standby_client::Refusal {
        errors: vec![error],
        caller: caller.map(Box::new),
    })
}
