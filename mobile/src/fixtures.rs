//! Every screen with fixed data and no server: to look at, and to be looked at by tests.
//!
//! Each fixture is what the reducer makes of a short story, so that a fixture is a state that can be
//! reached.

use std::collections::BTreeMap;

use crate::language::Language;
use crate::stay::{
    Address, Caller, Clinic, Delivery, DeliveryFailure, End, EntryField, LinkToken, Moment,
    MyClinic, Phone, Place, Refusal, RefusalKind, RoomLink, Slug, Standing, Trouble, Verification,
};
use crate::waiting::{
    CONNECTION_PATIENCE, Details, Draft, Entry, FIRST_PATIENCE, Message, NoticeChoice, Opened,
    Other, OtherStay, RETURN_PATIENCE, State, Unwatched, reduce,
};

/// A screen with fixed data.
pub struct Fixture {
    /// Its name in an address.
    pub name: &'static str,
    /// What it shows.
    pub what: &'static str,
    /// What is so.
    pub state: State,
}

/// When fixtures take place.
const NOON: Moment = Moment(1_790_000_000_000);
/// A number set aside for fiction.
const NUMBER: &str = "+61491570156";
/// What the server says of a number for which far too many wrong codes were entered.
const ONLY_STAFF: &str = "Too many wrong codes were entered for this number. Only the clinic's staff can verify it now. Please keep the page open: you keep your place.";

/// The fixture that a query (`fixture=NAME`, with `&language=CODE` for another than English) names.
pub fn named_in(query: &str) -> Option<State> {
    let value = |key: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(name, _)| *name == key).map(|(_, value)| value)
    };
    let name = value("fixture")?;
    let language = value("language").and_then(Language::with_code);
    all()
        .into_iter()
        .find(|fixture| fixture.name == name)
        .map(|fixture| fixture.state.in_language(language.unwrap_or_default()))
}

/// A story: messages, each so many milliseconds after the one before.
fn story(messages: impl IntoIterator<Item = (i64, Message)>) -> State {
    let mut now = NOON;
    let mut state = State::new(now);
    for (after, message) in messages {
        now = now.plus(after);
        state = reduce(state, message, now).0;
    }
    state
}

fn slug() -> Option<Slug> {
    Slug::read("northside")
}

fn link() -> Option<LinkToken> {
    LinkToken::read("f1x7ur3-f1x7ur3-f1x7ur3")
}

fn opened(address: Address) -> Opened {
    Opened {
        can_keep_awake: true,
        origin: "https://clinic.example".to_owned(),
        ..Opened::at(address)
    }
}

fn open(address: Option<Address>) -> (i64, Message) {
    (
        0,
        Message::Opened(Box::new(opened(address.unwrap_or(Address::Unknown)))),
    )
}

fn at_clinic() -> (i64, Message) {
    open(slug().map(Address::Clinic))
}

fn at_wait_screen() -> (i64, Message) {
    open(link().map(Address::Wait))
}

fn clinic() -> Clinic {
    Clinic {
        name: "Northside Virtual Clinic".to_owned(),
        is_open: true,
        offline_queueing: true,
        entry_fields: Vec::new(),
        consent_text: None,
    }
}

fn clinic_that_asks() -> Clinic {
    let field = |key: &str, label: &str, is_required| EntryField {
        key: key.to_owned(),
        label: label.to_owned(),
        is_required,
    };
    Clinic {
        entry_fields: vec![
            field("reason", "What is it about?", true),
            field("language", "Interpreter, and for which language", false),
        ],
        consent_text: Some(
            "The clinic uses your details for this visit only.\nYour visit may be with a nurse first.".to_owned(),
        ),
        ..clinic()
    }
}

fn read(clinic: Clinic) -> (i64, Message) {
    (0, Message::ClinicRead(1, Ok(Some(clinic))))
}

fn caller(standing: Standing) -> Caller {
    Caller {
        id: "caller".to_owned(),
        version: 1,
        standing,
        phone: Some(Phone {
            number: NUMBER.to_owned(),
            is_verified: false,
        }),
        may_step_away: true,
        texts_stopped: false,
        recall: None,
        verification: None,
    }
}

fn verified(standing: Standing) -> Caller {
    Caller {
        phone: Some(Phone {
            number: NUMBER.to_owned(),
            is_verified: true,
        }),
        ..caller(standing)
    }
}

fn waiting(number: u32, ahead_away: u32) -> Standing {
    Standing::Waiting {
        place: Some(Place { number, ahead_away }),
        is_back: false,
    }
}

fn with_code(attempts_left: u32, delivery: Delivery) -> Caller {
    Caller {
        verification: Some(Verification {
            number: NUMBER.to_owned(),
            sent_at: NOON,
            resend_at: NOON.plus(60_000),
            attempts_left,
            delivery,
        }),
        ..caller(waiting(4, 1))
    }
}

fn my_clinic() -> Option<MyClinic> {
    let slug = slug()?;
    Some(MyClinic {
        name: clinic().name,
        slug,
    })
}

/// At the wait screen, the stay as told, and then what else happens.
fn stay(told: Caller, then: impl IntoIterator<Item = (i64, Message)>) -> State {
    stay_by(at_wait_screen(), told, then)
}

/// The same on a device that shows notices, wanted or not.
fn stay_with_notices(
    is_wanted: Option<bool>,
    then: impl IntoIterator<Item = (i64, Message)>,
) -> State {
    let opened = Opened {
        notices: Some(NoticeChoice {
            is_wanted,
            ..NoticeChoice::default()
        }),
        ..opened(link().map_or(Address::Unknown, Address::Wait))
    };
    let opened = (0, Message::Opened(Box::new(opened)));
    stay_by(opened, verified(waiting(3, 1)), then)
}

fn stay_by(
    opened: (i64, Message),
    told: Caller,
    then: impl IntoIterator<Item = (i64, Message)>,
) -> State {
    let here = my_clinic().map(|clinic| (0, Message::MyClinicRead(1, Ok(clinic))));
    story(
        [opened, (0, Message::CallerSeen(1, told))]
            .into_iter()
            .chain(here)
            .chain(then),
    )
}

/// Away, and seen again.
fn away_and_back() -> [(i64, Message); 2] {
    [
        (0, Message::Viewing(false)),
        (60_000, Message::Viewing(true)),
    ]
}

/// A link for another is opened, and where it leads is found out.
fn by_other_link(address: Option<Address>, other: Other) -> Vec<(i64, Message)> {
    let read = address
        .clone()
        .map(|address| (0, Message::OtherRead(1, address, Ok(Some(other)))));
    [open(address)].into_iter().chain(read).collect()
}

fn room() -> Option<RoomLink> {
    RoomLink::read("https://video.example/room/northside")
}

fn refused(kind: RefusalKind, message: &str, field: &[&str]) -> Trouble {
    let field = field.iter().map(|step| (*step).to_owned()).collect();
    Trouble::Refused(
        vec![Refusal {
            kind,
            message: message.to_owned(),
            field,
        }],
        None,
    )
}

/// All fixtures, in the order of the story.
#[allow(clippy::too_many_lines, reason = "a list, one entry a screen")]
pub fn all() -> Vec<Fixture> {
    let mut all = Vec::new();
    let mut add = |name, what, state| all.push(Fixture { name, what, state });
    add("opening", "Nothing is known yet.", story([at_clinic()]));
    add(
        "start",
        "The app was started without a link.",
        story([open(Some(Address::Start))]),
    );
    let start_again = |then: Vec<(i64, Message)>| {
        let opened = Opened {
            latest: my_clinic(),
            ..opened(Address::Start)
        };
        story(
            [(0, Message::Opened(Box::new(opened)))]
                .into_iter()
                .chain(then),
        )
    };
    add(
        "start-known-clinic",
        "Started without a link, on a device that arrived before.",
        start_again(Vec::new()),
    );
    add(
        "start-wrong-link",
        "Something was pasted that is no link.",
        start_again(vec![
            (
                0,
                Message::LinkTyped("https://elsewhere.example/c/x".to_owned()),
            ),
            (0, Message::OpenLinkPressed),
        ]),
    );
    add(
        "unreachable",
        "The clinic cannot be reached.",
        story([
            at_clinic(),
            (0, Message::ClinicRead(1, Err(Trouble::Unreachable))),
        ]),
    );
    add(
        "unreachable-place",
        "A wait screen without a first word of the server.",
        story([at_wait_screen(), (FIRST_PATIENCE, Message::Woke)]),
    );
    add(
        "clinic-unknown",
        "There is no such clinic.",
        story([at_clinic(), (0, Message::ClinicRead(1, Ok(None)))]),
    );
    add(
        "clinic-closed",
        "The clinic takes nobody now.",
        story([
            at_clinic(),
            read(Clinic {
                is_open: false,
                ..clinic()
            }),
        ]),
    );
    add(
        "arriving",
        "The arrival form.",
        story([at_clinic(), read(clinic())]),
    );
    add(
        "arriving-without-offline-queueing",
        "The arrival form where callers must keep the page open.",
        story([
            at_clinic(),
            read(Clinic {
                offline_queueing: false,
                ..clinic()
            }),
        ]),
    );
    add(
        "arriving-questions",
        "The arrival form with questions and consent.",
        story([at_clinic(), read(clinic_that_asks())]),
    );
    let remembered = Details {
        name: "Sam Rivers".to_owned(),
        phone: "0491 570 156".to_owned(),
    };
    add(
        "arriving-again",
        "The arrival form with remembered details.",
        story([
            (
                0,
                Message::Opened(Box::new(Opened {
                    remembered: remembered.clone(),
                    ..opened(slug().map_or(Address::Unknown, Address::Clinic))
                })),
            ),
            read(clinic()),
        ]),
    );
    add(
        "arriving-problems",
        "The arrival form with something missing.",
        story([
            at_clinic(),
            read(clinic_that_asks()),
            (0, Message::JoinPressed),
        ]),
    );
    let typed = Draft {
        entry: Entry {
            name: remembered.name.clone(),
            phone: "12".to_owned(),
            answers: BTreeMap::new(),
            has_consented: false,
        },
        is_unanswered: true,
    };
    let with_draft = || {
        (
            0,
            Message::Opened(Box::new(Opened {
                draft: Some(typed.clone()),
                ..opened(slug().map_or(Address::Unknown, Address::Clinic))
            })),
        )
    };
    add(
        "arriving-under-way",
        "Asking to be let in.",
        story([with_draft(), read(clinic())]),
    );
    add(
        "arriving-refused",
        "The server refuses the number.",
        story([
            with_draft(),
            read(clinic()),
            (
                0,
                Message::Entered(
                    1,
                    Err(refused(
                        RefusalKind::InvalidInput,
                        "This is not a phone number we can use. Check it, or start with + and the country.",
                        &["phone"],
                    )),
                ),
            ),
        ]),
    );
    add(
        "arriving-unreachable",
        "No answer to the arrival.",
        story([
            with_draft(),
            read(clinic()),
            (0, Message::Entered(1, Err(Trouble::Unreachable))),
        ]),
    );
    add(
        "already-waiting",
        "This device has a stay at this clinic.",
        story([
            (
                0,
                Message::Opened(Box::new(Opened {
                    stored: link(),
                    ..opened(slug().map_or(Address::Unknown, Address::Clinic))
                })),
            ),
            read(clinic()),
            (0, Message::StoredRead(1, Ok(Some(Unwatched::Kept)))),
        ]),
    );
    let someone_else = |unwatched| {
        [
            (
                0,
                Message::Opened(Box::new(Opened {
                    stored: link(),
                    remembered: remembered.clone(),
                    ..opened(slug().map_or(Address::Unknown, Address::Clinic))
                })),
            ),
            read(clinic()),
            (0, Message::StoredRead(1, Ok(Some(unwatched)))),
            (0, Message::SomeoneElsePressed),
        ]
    };
    add(
        "place-at-risk",
        "Somebody else arrives; the first has not verified a number.",
        story(someone_else(Unwatched::Lost { may_verify: true })),
    );
    add(
        "arriving-someone-else",
        "The arrival form for somebody else.",
        story(someone_else(Unwatched::Kept)),
    );

    add(
        "waiting-unverified",
        "Waiting, not verified.",
        stay(caller(waiting(4, 1)), []),
    );
    add(
        "waiting-without-offline-queueing",
        "Waiting where the page must be kept open.",
        stay(
            Caller {
                may_step_away: false,
                ..caller(waiting(2, 0))
            },
            [],
        ),
    );
    add(
        "waiting-without-place",
        "Waiting where the clinic does not tell the place.",
        stay(
            caller(Standing::Waiting {
                place: None,
                is_back: false,
            }),
            [],
        ),
    );
    add(
        "number-problem",
        "A number that cannot be verified.",
        stay(
            caller(waiting(4, 1)),
            [
                (0, Message::NumberTyped("0491".to_owned())),
                (0, Message::SendCodePressed),
                (
                    0,
                    Message::CodeSent(
                        1,
                        Err(refused(
                            RefusalKind::InvalidInput,
                            "This is not a phone number we can use. Check it, or start with + and the country.",
                            &["phone"],
                        )),
                    ),
                ),
            ],
        ),
    );
    for (name, what, delivery) in [
        (
            "code-queued",
            "A code is about to be sent.",
            Delivery::Queued,
        ),
        ("code", "A code was sent.", Delivery::Sent),
        (
            "code-delivered",
            "A code is on the phone.",
            Delivery::Delivered,
        ),
        (
            "code-unknown",
            "Nobody can tell whether the code went out.",
            Delivery::Unknown,
        ),
    ] {
        add(
            name,
            what,
            stay(with_code(5, delivery), [(5_000, Message::Woke)]),
        );
    }
    for (name, what, failure) in [
        (
            "code-landline",
            "A landline takes no texts.",
            DeliveryFailure::Landline,
        ),
        (
            "code-no-such-number",
            "There is no such number.",
            DeliveryFailure::InvalidNumber,
        ),
        (
            "code-opted-out",
            "The number has asked for no texts.",
            DeliveryFailure::OptedOut,
        ),
        (
            "code-blocked",
            "The network lets no text through.",
            DeliveryFailure::Blocked,
        ),
        (
            "code-unreachable",
            "The phone is off; the code may still come.",
            DeliveryFailure::Unreachable,
        ),
        (
            "code-no-texts",
            "No texts can be sent to anybody.",
            DeliveryFailure::ProviderUnavailable,
        ),
        (
            "code-failed",
            "The code has not arrived, for another reason.",
            DeliveryFailure::Other,
        ),
    ] {
        let told = with_code(5, Delivery::Failed(failure));
        add(name, what, stay(told, [(20_000, Message::Woke)]));
    }
    add(
        "code-opted-out-again",
        "The number has asked for no texts; another code may be asked for.",
        stay(
            with_code(5, Delivery::Failed(DeliveryFailure::OptedOut)),
            [(60_000, Message::Woke)],
        ),
    );
    add(
        "code-set-aside",
        "Waiting on the page without the code.",
        stay(
            with_code(5, Delivery::Failed(DeliveryFailure::Landline)),
            [(0, Message::SetAsidePressed)],
        ),
    );
    add(
        "code-again",
        "Another code may be asked for.",
        stay(with_code(5, Delivery::Sent), [(60_000, Message::Woke)]),
    );
    let again = |trouble| {
        [
            (60_000, Message::SendCodePressed),
            (0, Message::CodeSent(1, Err(trouble))),
        ]
    };
    let too_often = |wait: i64| RefusalKind::RateLimited {
        retry_at: NOON.plus(60_000 + wait),
    };
    add(
        "code-too-often",
        "Another code was refused for now.",
        stay(
            with_code(5, Delivery::Delivered),
            again(refused(too_often(272_000), "", &["phone"])),
        ),
    );
    add(
        "code-not-sent",
        "No answer to asking for another code.",
        stay(with_code(5, Delivery::Sent), again(Trouble::Unreachable)),
    );
    let entered = || {
        [
            (0, Message::CodeTyped("123456".to_owned())),
            (0, Message::VerifyPressed),
        ]
    };
    let answered = |kind, words| {
        let trouble = refused(kind, words, &["code"]);
        entered()
            .into_iter()
            .chain([(0, Message::Verified(1, Err(trouble)))])
    };
    add(
        "code-checking",
        "A code is being checked.",
        stay(
            with_code(1, Delivery::Delivered),
            // The server takes the try before it is known whether it is the right one.
            entered()
                .into_iter()
                .chain([(0, Message::CallerSeen(1, with_code(0, Delivery::Delivered)))]),
        ),
    );
    add(
        "code-not-checked",
        "A code could not be checked just now.",
        stay(
            with_code(4, Delivery::Delivered),
            answered(
                RefusalKind::Unavailable,
                "The code could not be checked just now. Please try it again.",
            ),
        ),
    );
    add(
        "code-wrong",
        "A wrong code.",
        stay(
            with_code(2, Delivery::Delivered),
            answered(RefusalKind::CodeRejected { attempts_left: 2 }, ""),
        ),
    );
    add(
        "code-wrong-too-often",
        "Too many wrong codes for this number.",
        stay(
            with_code(4, Delivery::Delivered),
            answered(too_often(2_475_000), ""),
        ),
    );
    add(
        "code-only-staff",
        "Only staff can verify this number now.",
        stay(
            with_code(4, Delivery::Delivered),
            answered(RefusalKind::Unavailable, ONLY_STAFF),
        ),
    );
    add(
        "code-spent",
        "A code that takes no more tries.",
        stay(with_code(0, Delivery::Sent), [(60_000, Message::Woke)]),
    );
    let no_code = |kind, words| {
        let trouble = refused(kind, words, &["phone"]);
        [
            (0, Message::SendCodePressed),
            (0, Message::CodeSent(1, Err(trouble))),
        ]
    };
    add(
        "number-too-often",
        "No code can be sent to this number yet.",
        stay(caller(waiting(4, 1)), no_code(too_often(272_000), "")),
    );
    add(
        "number-only-staff",
        "No code is sent to this number any more.",
        stay(
            caller(waiting(4, 1)),
            no_code(RefusalKind::Unavailable, ONLY_STAFF),
        ),
    );
    add(
        "new-number-landline",
        "Verified; the code for the new number cannot arrive.",
        stay(
            Caller {
                phone: verified(waiting(4, 1)).phone,
                ..with_code(5, Delivery::Failed(DeliveryFailure::Landline))
            },
            [(20_000, Message::Woke)],
        ),
    );
    add(
        "texts-stopped",
        "Verified, and the number has asked for no texts.",
        stay(
            Caller {
                texts_stopped: true,
                ..verified(waiting(3, 1))
            },
            [],
        ),
    );
    add(
        "texts-stopped-unverified",
        "Not verified, and the number has asked for no texts.",
        stay(
            Caller {
                texts_stopped: true,
                ..caller(waiting(3, 1))
            },
            [],
        ),
    );
    add(
        "texts-stopped-reconnecting",
        "No texts, and the connection is lost.",
        stay(
            Caller {
                texts_stopped: true,
                ..verified(waiting(3, 1))
            },
            [
                (0, Message::LiveLost(1)),
                (CONNECTION_PATIENCE, Message::Woke),
            ],
        ),
    );
    add(
        "waiting-verified",
        "Waiting, verified.",
        stay(verified(waiting(3, 1)), []),
    );
    add(
        "waiting-next",
        "Waiting, next.",
        stay(verified(waiting(1, 0)), []),
    );
    add(
        "notices-offered",
        "Verified, on a device that shows notices.",
        stay_with_notices(None, []),
    );
    add(
        "notices-asking",
        "The system asks whether notices may be shown.",
        stay_with_notices(None, [(0, Message::NoticesWanted)]),
    );
    add(
        "notices-on",
        "Notices are shown.",
        stay_with_notices(Some(true), [(0, Message::MayNotify(Some(true)))]),
    );
    add(
        "notices-declined",
        "Notices are not wanted.",
        stay_with_notices(Some(false), []),
    );
    add(
        "notices-refused",
        "The system shows no notices.",
        stay_with_notices(
            None,
            [
                (0, Message::NoticesWanted),
                (0, Message::MayNotify(Some(false))),
            ],
        ),
    );
    add(
        "getting-latest",
        "Seen again; what is so is being asked.",
        stay(verified(waiting(3, 1)), away_and_back()),
    );
    add(
        "getting-latest-unreachable",
        "Seen again, and the server gives no answer.",
        stay(
            verified(waiting(3, 1)),
            away_and_back()
                .into_iter()
                .chain([(RETURN_PATIENCE, Message::Woke)]),
        ),
    );
    let other = LinkToken::read("0ther-0ther-0ther").map(Address::Wait);
    let of = |name: Option<&str>| Other {
        clinic: clinic().name,
        stay: Some(OtherStay {
            id: "other".to_owned(),
            name: name.map(str::to_owned),
            is_over: false,
        }),
    };
    add(
        "other-link",
        "Another caller's link is opened while a verified caller waits.",
        stay(
            verified(waiting(3, 1)),
            by_other_link(other.clone(), of(Some("Sam Rivers"))),
        ),
    );
    add(
        "other-link-untexted",
        "The same; the number has asked for no texts, and the other has no name any more.",
        stay(
            Caller {
                texts_stopped: true,
                ..verified(waiting(3, 1))
            },
            by_other_link(other.clone(), of(None)),
        ),
    );
    add(
        "other-link-unverified",
        "Another clinic's link is opened while an unverified caller waits.",
        stay(
            caller(waiting(3, 1)),
            by_other_link(
                Slug::read("southside").map(Address::Clinic),
                Other {
                    clinic: "Southside Virtual Clinic".to_owned(),
                    stay: None,
                },
            ),
        ),
    );
    add(
        "other-link-with-provider",
        "Another caller's link is opened while a provider is there.",
        stay(
            verified(Standing::OnHold { room: None }),
            by_other_link(other, of(Some("Sam Rivers"))),
        ),
    );
    add(
        "other-link-same-clinic",
        "The clinic's link is opened while a caller waits there.",
        stay(caller(waiting(3, 1)), [at_clinic()]),
    );
    add(
        "other-link-broken",
        "A link that leads nowhere is opened while a caller waits.",
        stay(verified(waiting(3, 1)), [open(None)]),
    );
    add(
        "change-number",
        "Changing a verified number.",
        stay(verified(waiting(3, 1)), [(0, Message::ChangeNumberPressed)]),
    );
    add(
        "reconnecting",
        "Verified; the connection is lost.",
        stay(
            verified(waiting(3, 1)),
            [
                (0, Message::LiveLost(1)),
                (CONNECTION_PATIENCE, Message::Woke),
            ],
        ),
    );
    add(
        "reconnecting-unverified",
        "Not verified; the connection is lost.",
        stay(
            caller(waiting(3, 1)),
            [
                (0, Message::LiveLost(1)),
                (CONNECTION_PATIENCE, Message::Woke),
            ],
        ),
    );
    add(
        "leaving",
        "Asked whether to leave.",
        stay(verified(waiting(3, 1)), [(0, Message::LeavePressed)]),
    );
    add(
        "coming-back",
        "Offline by the latest word, though the page is seen.",
        stay(
            verified(Standing::Offline {
                place: Some(Place {
                    number: 1,
                    ahead_away: 0,
                }),
            }),
            [],
        ),
    );
    add(
        "welcome-back",
        "Back after a recall.",
        stay(
            verified(Standing::Waiting {
                place: Some(Place {
                    number: 1,
                    ahead_away: 0,
                }),
                is_back: true,
            }),
            [],
        ),
    );
    add(
        "ready-to-join",
        "A provider has joined.",
        stay(verified(Standing::BeingSeen { room: room() }), []),
    );
    add(
        "ready-to-join-without-room",
        "A provider has joined; the room is on its way.",
        stay(verified(Standing::BeingSeen { room: None }), []),
    );
    add(
        "on-hold",
        "On hold.",
        stay(verified(Standing::OnHold { room: room() }), []),
    );

    let ended = |end| stay(verified(Standing::Ended(end)), []);
    add("completed", "Over: seen.", ended(End::Completed));
    add(
        "completed-another-place",
        "Over by an old link, on a device that keeps another stay.",
        stay(
            verified(Standing::Ended(End::Completed)),
            [(0, Message::Kept(LinkToken::read("an0ther-f1x7ur3-an0ther")))],
        ),
    );
    add(
        "cancelled",
        "Over: ended by staff.",
        ended(End::Cancelled { reason: None }),
    );
    add(
        "cancelled-with-reason",
        "Over: ended by staff, with a reason.",
        ended(End::Cancelled {
            reason: Some(
                "The doctor has been called away. We will phone you to find another time."
                    .to_owned(),
            ),
        }),
    );
    let left = |by_text| ended(End::LeftByCaller { by_text });
    add("left", "Over: left.", left(false));
    add(
        "left-by-text",
        "Over: left by a reply to a text.",
        left(true),
    );
    add(
        "taking-back",
        "A lost place is being taken back.",
        stay(
            caller(Standing::Ended(End::LostContact { is_resumable: true })),
            [],
        ),
    );
    add(
        "place-back",
        "A lost place was taken back.",
        stay(
            caller(Standing::Ended(End::LostContact { is_resumable: true })),
            [(
                0,
                Message::Resumed(
                    1,
                    Ok(Caller {
                        id: "caller again".to_owned(),
                        ..caller(waiting(2, 0))
                    }),
                ),
            )],
        ),
    );
    add(
        "lost-contact",
        "Over: lost.",
        ended(End::LostContact {
            is_resumable: false,
        }),
    );
    add(
        "link-broken",
        "The link leads nowhere.",
        story([open(None)]),
    );
    add(
        "link-broken-known-clinic",
        "The link leads nowhere, from a device that arrived before.",
        story([(
            0,
            Message::Opened(Box::new(Opened {
                latest: my_clinic(),
                ..opened(Address::Unknown)
            })),
        )]),
    );
    add(
        "link-broken-with-a-place",
        "The link leads nowhere, on a device whose reader waits.",
        story([(
            0,
            Message::Opened(Box::new(Opened {
                latest: my_clinic(),
                kept: link(),
                ..opened(Address::Unknown)
            })),
        )]),
    );
    all
}
