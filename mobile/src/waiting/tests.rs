#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that finds something else must fail"
)]

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::step::{digits_of, field_of};
use super::*;
use crate::stay::{End, Phone, Place, Verification};
use crate::words;

const START: Moment = Moment(1_000_000_000_000);

/// A wait screen under test: its state, the time, and everything it has asked for.
struct Screening {
    state: State,
    now: Moment,
    effects: Vec<Effect>,
}

impl Screening {
    fn new() -> Self {
        Self {
            state: State::new(START),
            now: START,
            effects: Vec::new(),
        }
    }

    /// Takes a message and gives what is to be done about it.
    fn take(&mut self, message: Message) -> Vec<Effect> {
        let (state, effects) = reduce(self.state.clone(), message, self.now);
        self.state = state;
        self.effects.extend(effects.iter().cloned());
        effects
    }

    fn after(&mut self, milliseconds: i64) -> Vec<Effect> {
        self.now = self.now.plus(milliseconds);
        self.take(Message::Woke)
    }

    fn visit(&self) -> u32 {
        self.state.visit
    }

    fn staying(&self) -> &Staying {
        match &self.state.scene {
            Scene::Staying(staying) => staying,
            other => panic!("not staying: {other:?}"),
        }
    }

    fn arriving(&self) -> &Arriving {
        match &self.state.scene {
            Scene::Arriving(arriving) => arriving,
            other => panic!("not arriving: {other:?}"),
        }
    }

    fn at_clinic() -> Self {
        let mut screening = Self::new();
        screening.take(opened(Address::Clinic(slug())));
        let visit = screening.visit();
        screening.take(Message::ClinicRead(visit, Ok(Some(clinic()))));
        screening
    }

    fn waiting(caller: Caller) -> Self {
        let mut screening = Self::new();
        screening.take(opened(Address::Wait(link("one"))));
        let visit = screening.visit();
        screening.take(Message::CallerSeen(visit, caller));
        screening
    }

    /// Another caller's link is opened, and that is what the reader wants.
    fn open_other(&mut self, token: &str) -> Vec<Effect> {
        self.ask_about(token, "another");
        self.take(Message::OpenOtherPressed)
    }

    /// A link is opened, and is this caller's.
    fn ask_about(&mut self, token: &str, id: &str) -> Vec<Effect> {
        let address = Address::Wait(link(token));
        let mut effects = self.take(opened(address.clone()));
        let read = Ok(Some(another(id)));
        effects.extend(self.take(Message::OtherRead(self.visit(), address, read)));
        effects
    }

    /// The link of another clinic is opened.
    fn ask_about_clinic(&mut self) -> Vec<Effect> {
        let mut effects = self.take(opened(Address::Clinic(other_slug())));
        let read = Message::OtherRead(
            self.visit(),
            Address::Clinic(other_slug()),
            Ok(Some(elsewhere())),
        );
        effects.extend(self.take(read));
        effects
    }

    fn see(&mut self, caller: Caller) -> Vec<Effect> {
        let visit = self.visit();
        self.take(Message::CallerSeen(visit, caller))
    }
}

fn slug() -> Slug {
    Slug::read("demo").unwrap()
}

fn other_slug() -> Slug {
    Slug::read("other").unwrap()
}

fn elsewhere() -> Other {
    Other {
        clinic: "Other".into(),
        stay: None,
    }
}

/// Where the link of this caller leads.
fn another(id: &str) -> Other {
    Other {
        stay: Some(OtherStay {
            id: id.into(),
            name: Some("Kim Brook".into()),
            is_over: false,
        }),
        ..elsewhere()
    }
}

fn link(text: &str) -> LinkToken {
    LinkToken::read(text).unwrap()
}

fn opening(address: Address) -> Opened {
    Opened::at(address)
}

fn opened(address: Address) -> Message {
    Message::Opened(Box::new(opening(address)))
}

fn clinic() -> Clinic {
    Clinic {
        name: "Demo".into(),
        is_open: true,
        offline_queueing: true,
        entry_fields: Vec::new(),
        consent_text: None,
    }
}

fn my_clinic() -> MyClinic {
    MyClinic {
        name: "Demo".into(),
        slug: slug(),
    }
}

fn waiting_at(number: u32) -> Standing {
    Standing::Waiting {
        place: Some(Place {
            number,
            ahead_away: 0,
        }),
        is_back: false,
    }
}

fn caller(version: i64, standing: Standing) -> Caller {
    Caller {
        id: "first".into(),
        version,
        standing,
        phone: Some(Phone {
            number: "+61491570156".into(),
            is_verified: false,
        }),
        may_step_away: true,
        texts_stopped: false,
        recall: None,
        verification: None,
    }
}

fn verified(version: i64, standing: Standing) -> Caller {
    let phone = Some(Phone {
        number: "+61491570156".into(),
        is_verified: true,
    });
    Caller {
        phone,
        ..caller(version, standing)
    }
}

fn with_code(version: i64, sent_at: Moment, attempts_left: u32) -> Caller {
    Caller {
        verification: Some(Verification {
            number: "+61491570156".into(),
            sent_at,
            resend_at: sent_at.plus(60_000),
            attempts_left,
            delivery: Delivery::Sent,
        }),
        ..caller(version, waiting_at(2))
    }
}

fn lost() -> Standing {
    Standing::Ended(End::LostContact { is_resumable: true })
}

fn refused(kind: RefusalKind, field: &[&str]) -> Trouble {
    let field = field.iter().map(ToString::to_string).collect();
    Trouble::Refused(
        vec![Refusal {
            kind,
            message: "No.".into(),
            field,
        }],
        None,
    )
}

// Arriving

#[test]
fn arriving_leads_to_the_wait_screen_and_the_link_is_kept() {
    let mut screening = Screening::at_clinic();
    screening.take(Message::NameTyped(" Sam ".into()));
    let asked = screening.take(Message::JoinPressed);
    assert!(
        asked
            .iter()
            .any(|effect| matches!(effect, Effect::Enter(..)))
    );
    let visit = screening.visit();
    let entered = Entered {
        link: link("one"),
        caller: caller(1, waiting_at(1)),
    };
    let effects = screening.take(Message::Entered(visit, Ok(entered)));
    for expected in [
        Effect::RememberStay(my_clinic(), link("one"), "first".into()),
        Effect::DropDraft(slug()),
        Effect::ShowAddress(Address::Wait(link("one"))),
        Effect::StartPresence(link("one")),
        Effect::Watch(screening.visit(), link("one")),
        Effect::Focus(Focus::Heading),
    ] {
        assert!(effects.contains(&expected), "{expected:?} is missing");
    }
    assert_eq!(screening.state.screen(), Screen::Waiting);
}

#[test]
fn what_is_missing_is_said_at_its_field_before_anything_is_asked() {
    let mut screening = Screening::new();
    screening.take(opened(Address::Clinic(slug())));
    let asks = Clinic {
        entry_fields: vec![crate::stay::EntryField {
            key: "reason".into(),
            label: "Why?".into(),
            is_required: true,
        }],
        consent_text: Some("Agree?".into()),
        ..clinic()
    };
    screening.take(Message::ClinicRead(1, Ok(Some(asks))));
    let effects = screening.take(Message::JoinPressed);
    let wrong: Vec<_> = screening.arriving().problems.keys().cloned().collect();
    assert_eq!(
        wrong,
        [Field::Name, Field::Answer("reason".into()), Field::Consent]
    );
    assert!(effects.contains(&Effect::Focus(Focus::Entry(Field::Name))));
    assert!(
        !effects
            .iter()
            .any(|effect| matches!(effect, Effect::Enter(..)))
    );
}

#[test]
fn a_refusal_goes_to_its_field_and_nothing_typed_is_lost() {
    let mut screening = Screening::at_clinic();
    screening.take(Message::NameTyped("Sam".into()));
    screening.take(Message::PhoneTyped("12".into()));
    screening.take(Message::JoinPressed);
    let trouble = refused(RefusalKind::InvalidInput, &["input", "phone"]);
    screening.take(Message::Entered(1, Err(trouble)));
    assert_eq!(screening.arriving().problems.len(), 1);
    assert!(screening.arriving().problems.contains_key(&Field::Phone));
    assert_eq!(screening.arriving().entry.name, "Sam");
    assert_eq!(screening.arriving().entry.phone, "12");
    screening.take(Message::PhoneTyped("123".into()));
    assert!(screening.arriving().problems.is_empty());
}

#[test]
fn an_answer_is_named_by_its_position_among_those_sent_or_by_its_key() {
    let field = |key: &str| crate::stay::EntryField {
        key: key.into(),
        label: key.into(),
        is_required: false,
    };
    let asks = Clinic {
        entry_fields: vec![field("a"), field("b")],
        ..clinic()
    };
    let sent = vec![("b".to_owned(), "x".to_owned())];
    let at = |path: &[&str]| {
        let field = path.iter().map(ToString::to_string).collect();
        let refusal = Refusal {
            kind: RefusalKind::InvalidInput,
            message: "No.".into(),
            field,
        };
        field_of(&refusal, &sent, &asks)
    };
    assert_eq!(at(&["answers", "0", "value"]), Field::Answer("b".into()));
    assert_eq!(at(&["answers", "a"]), Field::Answer("a".into()));
    assert_eq!(at(&["answers", "7"]), Field::Whole);
    assert_eq!(at(&["answers", "unknown"]), Field::Whole);
    assert_eq!(at(&[]), Field::Whole);
}

#[test]
fn an_arrival_without_an_answer_is_asked_for_again_after_a_reload() {
    let mut screening = Screening::new();
    let entry = Entry {
        name: "Sam".into(),
        ..Entry::default()
    };
    screening.take(Message::Opened(Box::new(Opened {
        draft: Some(Draft {
            entry: entry.clone(),
            is_unanswered: true,
        }),
        ..opening(Address::Clinic(slug()))
    })));
    let effects = screening.take(Message::ClinicRead(1, Ok(Some(clinic()))));
    assert!(effects.contains(&Effect::Enter(1, slug(), entry, Vec::new())));
}

#[test]
fn pressing_twice_asks_once() {
    let mut screening = Screening::at_clinic();
    screening.take(Message::NameTyped("Sam".into()));
    screening.take(Message::JoinPressed);
    screening.take(Message::JoinPressed);
    let asked = screening
        .effects
        .iter()
        .filter(|effect| matches!(effect, Effect::Enter(..)));
    assert_eq!(asked.count(), 1);
}

#[test]
fn a_device_that_waits_here_is_led_on_and_does_not_arrive_twice() {
    let mut screening = Screening::new();
    screening.take(Message::Opened(Box::new(Opened {
        stored: Some(link("one")),
        ..opening(Address::Clinic(slug()))
    })));
    screening.take(Message::ClinicRead(1, Ok(Some(clinic()))));
    assert_eq!(screening.state.screen(), Screen::Opening);
    screening.take(Message::StoredRead(1, Ok(Some(Unwatched::Kept))));
    assert_eq!(screening.state.screen(), Screen::AlreadyWaiting);
    screening.take(Message::JoinPressed);
    assert!(
        !screening
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Enter(..)))
    );
    let effects = screening.take(Message::ContinuePressed);
    assert!(effects.contains(&Effect::ShowAddress(Address::Wait(link("one")))));
    assert_eq!(screening.staying().link, link("one"));
}

/// At the clinic link of a device that waits there, with details remembered, once somebody else arrives.
fn someone_else(unwatched: Result<Option<Unwatched>, Trouble>) -> Screening {
    let mut screening = Screening::new();
    screening.take(Message::Opened(Box::new(Opened {
        stored: Some(link("one")),
        remembered: Details {
            name: "Sam Rivers".into(),
            phone: "0491 570 156".into(),
        },
        ..opening(Address::Clinic(slug()))
    })));
    screening.take(Message::ClinicRead(1, Ok(Some(clinic()))));
    screening.take(Message::StoredRead(1, unwatched));
    screening.take(Message::SomeoneElsePressed);
    screening
}

#[test]
fn a_second_person_never_costs_the_first_a_place_unasked() {
    let lost = Unwatched::Lost { may_verify: true };
    for unwatched in [Ok(Some(lost)), Err(Trouble::Unreachable)] {
        let mut screening = someone_else(unwatched);
        assert_eq!(screening.state.screen(), Screen::PlaceAtRisk);
        screening.take(Message::JoinPressed);
        assert!(!screening.arriving().is_entering);
        let mut first = someone_else(Ok(Some(lost)));
        first.take(Message::ContinuePressed);
        assert_eq!(first.staying().link, link("one"));
        screening.take(Message::ArriveAnywayPressed);
        assert_eq!(screening.state.screen(), Screen::Arriving);
    }
    assert_eq!(
        someone_else(Ok(Some(Unwatched::Kept))).state.screen(),
        Screen::Arriving
    );
}

#[test]
fn a_second_person_gets_an_empty_name_and_the_number_of_the_first() {
    let mut screening = someone_else(Ok(Some(Unwatched::Kept)));
    assert_eq!(screening.arriving().entry.name, "");
    assert_eq!(screening.arriving().entry.phone, "0491 570 156");
    screening.take(Message::NameTyped("Kim".into()));
    screening.take(Message::ClearDetailsPressed);
    assert_eq!(screening.arriving().entry.name, "Kim");
    assert_eq!(screening.arriving().entry.phone, "");
}

#[test]
fn a_number_verified_on_another_screen_lets_the_second_person_on() {
    let mut screening = someone_else(Ok(Some(Unwatched::Lost { may_verify: true })));
    let effects = screening.take(Message::Viewing(true));
    assert!(effects.contains(&Effect::ReadStored(1, link("one"))));
    screening.take(Message::StoredRead(1, Ok(Some(Unwatched::Kept))));
    assert_eq!(screening.state.screen(), Screen::Arriving);
}

#[test]
fn only_an_unverified_place_in_the_queue_is_lost_unwatched() {
    let lost = Unwatched::Lost { may_verify: true };
    assert_eq!(Unwatched::of(&caller(1, waiting_at(1))), lost);
    assert_eq!(Unwatched::of(&verified(1, waiting_at(1))), Unwatched::Kept);
    let on_hold = caller(1, Standing::OnHold { room: None });
    assert_eq!(Unwatched::of(&on_hold), Unwatched::Kept);
}

#[test]
fn a_stay_that_is_over_gives_way_to_the_form() {
    let mut screening = Screening::new();
    screening.take(Message::Opened(Box::new(Opened {
        stored: Some(link("one")),
        remembered: Details {
            name: "Sam".into(),
            phone: "1".into(),
        },
        ..opening(Address::Clinic(slug()))
    })));
    screening.take(Message::ClinicRead(1, Ok(Some(clinic()))));
    let effects = screening.take(Message::StoredRead(1, Ok(None)));
    assert!(effects.contains(&Effect::ForgetStay(link("one"), None)));
    assert_eq!(screening.state.screen(), Screen::Arriving);
    assert_eq!(screening.arriving().entry.name, "Sam");
}

#[test]
fn a_clinic_out_of_reach_is_read_again_by_itself() {
    let mut screening = Screening::new();
    screening.take(opened(Address::Clinic(slug())));
    let effects = screening.take(Message::ClinicRead(1, Err(Trouble::Unreachable)));
    assert_eq!(screening.state.screen(), Screen::Unreachable);
    assert!(effects.contains(&Effect::WakeIn(READ_AGAIN)));
    assert!(
        screening
            .after(READ_AGAIN)
            .contains(&Effect::ReadClinic(1, slug()))
    );
}

// Updates

#[test]
fn a_late_update_never_overrides_a_newer_one() {
    let mut screening = Screening::waiting(caller(5, Standing::BeingSeen { room: None }));
    screening.see(caller(4, waiting_at(1)));
    assert_eq!(screening.state.screen(), Screen::ReadyToJoin);
}

#[test]
fn a_place_changes_live_without_the_stay_changing_and_an_answer_does_not_undo_that() {
    let mut screening = Screening::waiting(caller(3, waiting_at(4)));
    screening.see(caller(3, waiting_at(2)));
    let visit = screening.visit();
    screening.take(Message::LeavePressed);
    screening.take(Message::LeaveConfirmed);
    screening.take(Message::Left(visit, Ok(caller(3, waiting_at(4)))));
    assert_eq!(
        screening.staying().caller.as_ref().unwrap().standing,
        waiting_at(2)
    );
}

#[test]
fn an_answer_to_an_earlier_visit_changes_nothing() {
    let mut screening = Screening::waiting(caller(1, waiting_at(1)));
    let before = screening.visit();
    screening.open_other("two");
    screening.take(Message::CallerSeen(before, caller(9, waiting_at(1))));
    screening.take(Message::LinkRefused(before));
    assert_eq!(screening.staying().caller, None);
    assert_eq!(screening.staying().link, link("two"));
}

#[test]
fn a_refusal_teaches_how_the_stay_now_stands() {
    let mut screening = Screening::waiting(caller(1, waiting_at(1)));
    screening.take(Message::LeavePressed);
    screening.take(Message::LeaveConfirmed);
    let now = Box::new(caller(2, Standing::BeingSeen { room: None }));
    let visit = screening.visit();
    screening.take(Message::Left(
        visit,
        Err(Trouble::Refused(Vec::new(), Some(now))),
    ));
    assert_eq!(screening.state.screen(), Screen::ReadyToJoin);
    assert_eq!(screening.staying().leaving, Leaving::No);
}

#[test]
fn a_short_break_of_the_connection_is_not_worth_a_word() {
    let mut screening = Screening::waiting(caller(1, waiting_at(1)));
    let effects = screening.take(Message::LiveLost(1));
    assert!(effects.contains(&Effect::WakeIn(CONNECTION_PATIENCE)));
    assert!(!screening.staying().is_out_of_touch(screening.state.now));
    screening.after(CONNECTION_PATIENCE);
    assert!(screening.staying().is_out_of_touch(screening.state.now));
    screening.take(Message::LiveUp(1));
    assert!(!screening.staying().is_out_of_touch(screening.state.now));
}

#[test]
fn being_seen_again_restores_the_connection_at_once() {
    let mut screening = Screening::waiting(caller(1, waiting_at(1)));
    screening.take(Message::Viewing(false));
    assert!(
        screening
            .take(Message::Viewing(true))
            .contains(&Effect::Reconnect)
    );
}

#[test]
fn a_provider_who_joins_is_signalled_and_focused_once() {
    let mut screening = Screening::waiting(verified(1, waiting_at(1)));
    let effects = screening.see(verified(2, Standing::BeingSeen { room: None }));
    assert!(effects.contains(&Effect::Signal));
    assert!(effects.contains(&Effect::Focus(Focus::Heading)));
    let effects = screening.see(verified(3, Standing::BeingSeen { room: None }));
    assert!(!effects.contains(&Effect::Signal));
}

// Verifying

#[test]
fn a_number_is_verified_by_the_code_that_was_sent_to_it() {
    let mut screening = Screening::waiting(caller(1, waiting_at(2)));
    assert_eq!(screening.staying().number_shown(), "+61491570156");
    let effects = screening.take(Message::SendCodePressed);
    assert!(effects.contains(&Effect::SendCode(1, link("one"), "+61491570156".into())));
    let effects = screening.take(Message::CodeSent(1, Ok(Some(START.plus(30_000)))));
    assert_eq!(screening.staying().verify_step(), VerifyStep::Code);
    assert!(effects.contains(&Effect::ListenForCode));
    screening.see(with_code(2, START, 5));
    let effects = screening.take(Message::CodeTyped("123 456".into()));
    assert!(effects.contains(&Effect::CheckCode(1, link("one"), "123456".into())));
    let effects = screening.take(Message::Verified(1, Ok(verified(3, waiting_at(2)))));
    assert_eq!(screening.staying().verify_step(), VerifyStep::Done);
    assert!(effects.contains(&Effect::StopListeningForCode));
    assert!(effects.contains(&Effect::Focus(Focus::Now)));
}

#[test]
fn an_outstanding_code_survives_leaving_the_page() {
    let screening = Screening::waiting(with_code(2, START, 5));
    assert_eq!(screening.staying().verify_step(), VerifyStep::Code);
}

#[test]
fn a_wrong_code_stays_in_its_field_and_says_how_often_it_may_be_tried() {
    let mut screening = Screening::waiting(with_code(2, START, 5));
    screening.take(Message::CodeTyped("000000".into()));
    screening.take(Message::VerifyPressed);
    let trouble = refused(RefusalKind::CodeRejected { attempts_left: 4 }, &["code"]);
    let effects = screening.take(Message::Verified(1, Err(trouble)));
    let verify = &screening.staying().verify;
    assert_eq!(verify.code, "000000");
    assert_eq!(
        verify.code_problem,
        Some(Problem::CodeWrong { attempts_left: 4 })
    );
    assert!(effects.contains(&Effect::Focus(Focus::Code)));
}

#[test]
fn half_a_code_is_not_sent() {
    let mut screening = Screening::waiting(with_code(2, START, 5));
    for typed in ["", "12345", "1234567", "abcdef"] {
        screening.take(Message::CodeTyped(typed.into()));
        screening.take(Message::VerifyPressed);
        let problem = &screening.staying().verify.code_problem;
        assert_eq!(problem, &Some(Problem::CodeIncomplete), "{typed}");
    }
    assert!(
        !screening
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::CheckCode(..)))
    );
}

#[test]
fn a_code_in_digits_of_another_script_is_the_same_code() {
    assert_eq!(digits_of("١٢٣٤٥٦"), "123456");
    assert_eq!(digits_of("１２３ ４５６"), "123456");
}

#[test]
fn another_code_may_be_asked_for_when_its_time_has_come_by_any_clock() {
    for clock_apart in [-3_600_000, 0, 50_000, 3_600_000] {
        let mut screening = Screening::waiting(with_code(2, START.plus(clock_apart), 5));
        let from = screening.staying().verify.resend_from.unwrap();
        assert!(from.since(START) <= 60_000, "{clock_apart}");
        let before = screening.effects.len();
        screening.take(Message::SendCodePressed);
        let may_now = from <= START;
        let is_sent = screening.effects[before..]
            .iter()
            .any(|effect| matches!(effect, Effect::SendCode(..)));
        assert_eq!(is_sent, may_now, "{clock_apart}");
    }
}

#[test]
fn the_countdown_moves_by_the_second_and_then_rests() {
    let mut screening = Screening::waiting(with_code(2, START, 5));
    let mut wakes = 0;
    while let Some(Effect::WakeIn(after)) = screening
        .effects
        .iter()
        .rev()
        .find(|effect| matches!(effect, Effect::WakeIn(_)))
        .cloned()
    {
        screening.effects.clear();
        assert!(after <= 1_000);
        screening.after(after);
        wakes += 1;
        assert!(wakes < 70, "it never rests");
    }
    assert_eq!(wakes, 60);
}

fn codes_in(effects: &[Effect]) -> Vec<&str> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::CheckCode(_, _, code) => Some(code.reveal()),
            _ => None,
        })
        .collect()
}

#[test]
fn a_whole_code_is_handed_in_by_itself_and_each_only_once() {
    let mut screening = Screening::waiting(with_code(2, START, 5));
    screening.take(Message::CodeTyped("76512".into()));
    screening.take(Message::CodeTyped("765 126".into()));
    screening.take(Message::CodeRead("765126".into()));
    screening.take(Message::VerifyPressed);
    assert_eq!(codes_in(&screening.effects), ["765126"]);
    let wrong = || refused(RefusalKind::CodeRejected { attempts_left: 4 }, &["code"]);
    // Another one is typed while the first is on its way.
    screening.take(Message::CodeTyped("765127".into()));
    screening.take(Message::Verified(1, Err(wrong())));
    assert_eq!(codes_in(&screening.effects), ["765126", "765127"]);
    screening.take(Message::Verified(1, Err(wrong())));
    screening.take(Message::CodeTyped("76512".into()));
    screening.take(Message::CodeTyped("765126".into()));
    assert_eq!(codes_in(&screening.effects).len(), 2);
    // The button does it all the same.
    screening.take(Message::VerifyPressed);
    assert_eq!(codes_in(&screening.effects).len(), 3);
}

#[test]
fn a_code_without_an_answer_is_not_handed_in_again_by_itself() {
    let mut screening = Screening::waiting(with_code(2, START, 5));
    screening.take(Message::CodeTyped("765126".into()));
    screening.take(Message::Verified(1, Err(Trouble::Unreachable)));
    assert_eq!(codes_in(&screening.effects).len(), 1);
    screening.take(Message::VerifyPressed);
    assert_eq!(codes_in(&screening.effects).len(), 2);
}

#[test]
fn a_spent_code_is_not_handed_in_and_another_one_starts_afresh() {
    let mut screening = Screening::waiting(with_code(2, START, 1));
    screening.take(Message::CodeTyped("000000".into()));
    let spent = refused(RefusalKind::CodeRejected { attempts_left: 0 }, &["code"]);
    screening.take(Message::Verified(1, Err(spent)));
    assert!(screening.staying().is_code_spent());
    screening.take(Message::CodeTyped("111111".into()));
    screening.take(Message::VerifyPressed);
    assert_eq!(codes_in(&screening.effects).len(), 1);
    screening.after(60_000);
    screening.take(Message::SendCodePressed);
    screening.take(Message::CodeSent(1, Ok(Some(START.plus(180_000)))));
    assert!(!screening.staying().is_code_spent());
    screening.see(with_code(3, START.plus(60_000), 5));
    screening.take(Message::CodeTyped("000000".into()));
    assert_eq!(codes_in(&screening.effects).len(), 2);
}

#[test]
fn a_wait_for_another_try_counts_down_at_the_number_and_then_is_gone() {
    let mut screening = Screening::waiting(caller(1, waiting_at(2)));
    screening.take(Message::SendCodePressed);
    let retry_at = START.plus(3_000);
    let trouble = refused(RefusalKind::RateLimited { retry_at }, &["phone"]);
    let mut effects = screening.take(Message::CodeSent(1, Err(trouble)));
    for left in [3_000, 2_000, 1_000] {
        let until = screening.staying().verify.number_problem.clone();
        assert_eq!(until, Some(Problem::TooOften { until: retry_at }));
        assert_eq!(retry_at.since(screening.state.now), left);
        assert!(effects.contains(&Effect::WakeIn(1_000)));
        effects = screening.after(1_000);
    }
    assert_eq!(screening.staying().verify.number_problem, None);
}

#[test]
fn what_could_not_be_reached_is_forgotten_once_it_can() {
    let mut screening = Screening::waiting(with_code(2, START, 5));
    screening.take(Message::CodeTyped("765126".into()));
    screening.take(Message::LeavePressed);
    screening.take(Message::LeaveConfirmed);
    screening.take(Message::LiveLost(1));
    screening.take(Message::Verified(1, Err(Trouble::Unreachable)));
    screening.take(Message::Left(1, Err(Trouble::Unreachable)));
    let unreachable = Some(Problem::Unreachable);
    assert_eq!(screening.staying().verify.code_problem, unreachable);
    assert_eq!(
        screening.staying().leaving,
        Leaving::Confirming(unreachable)
    );
    screening.take(Message::LiveUp(1));
    assert_eq!(screening.staying().verify.code_problem, None);
    assert_eq!(screening.staying().leaving, Leaving::Confirming(None));

    let mut arriving = Screening::at_clinic();
    arriving.take(Message::NameTyped("Sam".into()));
    arriving.take(Message::JoinPressed);
    arriving.take(Message::Entered(1, Err(Trouble::Unreachable)));
    assert!(arriving.arriving().problems.contains_key(&Field::Whole));
    let effects = arriving.after(READ_AGAIN);
    assert!(effects.contains(&Effect::ReadClinic(1, slug())));
    arriving.take(Message::ClinicRead(1, Ok(Some(clinic()))));
    assert!(arriving.arriving().problems.is_empty());
}

/// The code's text as it was told last.
fn told(delivery: Delivery) -> Caller {
    let mut caller = with_code(2, START, 5);
    caller.verification = caller
        .verification
        .map(|sent| Verification { delivery, ..sent });
    caller
}

#[test]
fn what_became_of_the_code_s_text_is_told_as_soon_as_it_is_known() {
    let mut screening = Screening::waiting(told(Delivery::Queued));
    assert_eq!(screening.staying().code_step(), CodeStep::Enter);
    for delivery in [Delivery::Sent, Delivery::Delivered, Delivery::Unknown] {
        screening.see(told(delivery));
        assert_eq!(screening.staying().code_delivery(), delivery);
        assert_eq!(screening.staying().code_step(), CodeStep::Enter);
    }
    screening.see(told(Delivery::Failed(DeliveryFailure::Landline)));
    let not_coming = CodeStep::NotComing(DeliveryFailure::Landline);
    assert_eq!(screening.staying().code_step(), not_coming);
    // A confirmation overtakes every failure.
    screening.see(told(Delivery::Delivered));
    assert_eq!(screening.staying().code_step(), CodeStep::Enter);
}

#[test]
fn a_code_that_may_come_after_all_can_be_entered() {
    for failure in [DeliveryFailure::Unreachable, DeliveryFailure::Other] {
        let mut screening = Screening::waiting(told(Delivery::Failed(failure)));
        screening.take(Message::CodeTyped("123456".into()));
        assert_eq!(codes_in(&screening.effects), ["123456"], "{failure:?}");
    }
}

#[test]
fn another_code_asked_for_here_is_not_taken_for_the_one_that_failed() {
    let mut screening = Screening::waiting(told(Delivery::Failed(DeliveryFailure::OptedOut)));
    screening.after(60_000);
    screening.take(Message::SendCodePressed);
    screening.take(Message::CodeSent(1, Ok(Some(START.plus(180_000)))));
    assert_eq!(screening.staying().code_delivery(), Delivery::Queued);
    assert_eq!(screening.staying().code_step(), CodeStep::Enter);
}

#[test]
fn no_other_code_is_asked_for_where_it_would_go_the_same_way() {
    for (failure, is_asked) in [
        (DeliveryFailure::InvalidNumber, false),
        (DeliveryFailure::Landline, false),
        (DeliveryFailure::Blocked, false),
        (DeliveryFailure::OptedOut, true),
        (DeliveryFailure::ProviderUnavailable, true),
        (DeliveryFailure::Unreachable, true),
        (DeliveryFailure::Other, true),
    ] {
        let mut screening = Screening::waiting(told(Delivery::Failed(failure)));
        screening.after(60_000);
        let effects = screening.take(Message::SendCodePressed);
        let asks = |effect: &Effect| matches!(effect, Effect::SendCode(..));
        assert_eq!(effects.iter().any(asks), is_asked, "{failure:?}");
    }
}

#[test]
fn who_waits_on_the_page_without_the_code_is_asked_for_none_and_may_still_verify() {
    let mut screening = Screening::waiting(told(Delivery::Failed(DeliveryFailure::Landline)));
    let effects = screening.take(Message::SetAsidePressed);
    assert_eq!(screening.staying().verify_step(), VerifyStep::SetAside);
    assert!(effects.contains(&Effect::Focus(Focus::Now)));
    assert!(effects.contains(&Effect::StopListeningForCode));
    // More news of that text changes nothing in it.
    screening.see(told(Delivery::Failed(DeliveryFailure::Landline)));
    assert_eq!(screening.staying().verify_step(), VerifyStep::SetAside);
    let effects = screening.take(Message::VerifyAfterAllPressed);
    assert_eq!(screening.staying().verify_step(), VerifyStep::Code);
    assert!(effects.contains(&Effect::Focus(Focus::Code)));
}

#[test]
fn a_verified_caller_without_a_code_for_the_new_number_keeps_the_old_one() {
    let with_old = |delivery| Caller {
        phone: verified(2, waiting_at(2)).phone,
        ..told(delivery)
    };
    let failed = Delivery::Failed(DeliveryFailure::InvalidNumber);
    let mut screening = Screening::waiting(with_old(failed));
    assert_eq!(screening.staying().verify_step(), VerifyStep::Code);
    screening.take(Message::SetAsidePressed);
    assert_eq!(screening.staying().verify_step(), VerifyStep::Done);
    screening.take(Message::ChangeNumberPressed);
    assert_eq!(screening.staying().verify_step(), VerifyStep::Number);
    screening.take(Message::SendCodePressed);
    screening.take(Message::CodeSent(1, Ok(Some(START.plus(120_000)))));
    assert_eq!(screening.staying().verify_step(), VerifyStep::Code);
}

#[test]
fn the_last_try_is_not_spent_while_it_is_being_checked() {
    let mut screening = Screening::waiting(with_code(2, START, 1));
    screening.take(Message::CodeTyped("123456".into()));
    // The server takes the try before the provider has looked at the code.
    screening.see(with_code(3, START, 0));
    assert!(!screening.staying().is_code_spent());
    assert_eq!(screening.staying().code_step(), CodeStep::Enter);
    screening.take(Message::VerifyPressed);
    assert_eq!(codes_in(&screening.effects), ["123456"], "handed in twice");
    screening.take(Message::Verified(1, Ok(verified(4, waiting_at(2)))));
    assert_eq!(screening.staying().verify_step(), VerifyStep::Done);
}

#[test]
fn a_code_that_could_not_be_checked_stays_in_its_field_and_goes_again_by_the_button_only() {
    let mut screening = Screening::waiting(with_code(2, START, 5));
    screening.take(Message::CodeTyped("123456".into()));
    let not_now = refused(RefusalKind::Unavailable, &["code"]);
    screening.take(Message::Verified(1, Err(not_now)));
    let verify = &screening.staying().verify;
    assert_eq!(verify.code, "123456");
    assert!(!verify.is_checking);
    assert!(matches!(
        &verify.code_problem,
        Some(Problem::Said(refusal)) if refusal.message == "No."
    ));
    screening.take(Message::CodeRead("123456".into()));
    assert_eq!(codes_in(&screening.effects).len(), 1);
    screening.take(Message::VerifyPressed);
    assert_eq!(codes_in(&screening.effects).len(), 2);
}

#[test]
fn another_code_refused_for_now_is_counted_down_to_and_the_code_is_not_called_wrong() {
    let mut screening = Screening::waiting(with_code(2, START, 5));
    screening.after(60_000);
    screening.take(Message::SendCodePressed);
    let retry_at = START.plus(360_000);
    let trouble = refused(RefusalKind::RateLimited { retry_at }, &["phone"]);
    let effects = screening.take(Message::CodeSent(1, Err(trouble)));
    let verify = &screening.staying().verify;
    assert_eq!(verify.resend_from, Some(retry_at));
    assert_eq!((&verify.code_problem, &verify.send_problem), (&None, &None));
    assert!(effects.contains(&Effect::Focus(Focus::Code)));
    screening.take(Message::SendCodePressed);
    let asked = |effect: &&Effect| matches!(effect, Effect::SendCode(..));
    assert_eq!(screening.effects.iter().filter(asked).count(), 1);
}

#[test]
fn why_no_other_code_was_sent_is_said_by_what_asks_for_it() {
    let mut screening = Screening::waiting(with_code(2, START, 5));
    screening.after(60_000);
    screening.take(Message::SendCodePressed);
    screening.take(Message::CodeSent(1, Err(Trouble::Unreachable)));
    let verify = &screening.staying().verify;
    assert_eq!(verify.send_problem, Some(Problem::Unreachable));
    assert_eq!(verify.code_problem, None);
    screening.take(Message::LiveLost(1));
    screening.take(Message::LiveUp(1));
    assert_eq!(screening.staying().verify.send_problem, None);
}

#[test]
fn a_wait_of_hours_is_counted_down_by_the_minute() {
    let mut screening = Screening::waiting(with_code(2, START, 5));
    screening.after(60_000);
    screening.take(Message::SendCodePressed);
    let retry_at = screening.now.plus(7_200_000);
    let trouble = refused(RefusalKind::RateLimited { retry_at }, &[]);
    let effects = screening.take(Message::CodeSent(1, Err(trouble)));
    assert!(effects.contains(&Effect::WakeIn(60_000)));
}

#[test]
fn a_number_verified_by_staff_is_told_like_one_verified_by_its_code() {
    let mut screening = Screening::waiting(told(Delivery::Failed(DeliveryFailure::Landline)));
    screening.take(Message::SetAsidePressed);
    let effects = screening.see(verified(3, waiting_at(2)));
    assert_eq!(screening.staying().verify_step(), VerifyStep::Done);
    assert_eq!(
        screening.staying().verify,
        Verify {
            resend_of: screening.staying().verify.resend_of,
            ..Verify::default()
        }
    );
    assert!(effects.contains(&Effect::Focus(Focus::Now)));
}

#[test]
fn who_takes_no_texts_may_keep_the_screen_on_though_the_number_is_verified() {
    let stopped = |version| Caller {
        texts_stopped: true,
        ..verified(version, waiting_at(1))
    };
    let mut screening = Screening::waiting(stopped(1));
    screening.take(Message::KeepAwakeChosen(true));
    assert!(
        !screening
            .see(stopped(2))
            .contains(&Effect::KeepAwake(false))
    );
    let effects = screening.see(verified(3, waiting_at(1)));
    assert!(effects.contains(&Effect::KeepAwake(false)));
}

#[test]
fn a_code_read_from_the_message_is_handed_in_by_itself() {
    let mut screening = Screening::waiting(with_code(2, START, 5));
    let effects = screening.take(Message::CodeRead("123456".into()));
    assert!(effects.contains(&Effect::CheckCode(1, link("one"), "123456".into())));
}

#[test]
fn a_number_that_is_changed_can_be_kept_after_all() {
    let mut screening = Screening::waiting(verified(2, waiting_at(2)));
    let effects = screening.take(Message::ChangeNumberPressed);
    assert!(effects.contains(&Effect::Focus(Focus::Number)));
    screening.take(Message::NumberTyped("0".into()));
    screening.take(Message::KeepNumberPressed);
    assert_eq!(screening.staying().verify_step(), VerifyStep::Done);
    assert_eq!(screening.staying().number_shown(), "+61491570156");
}

#[test]
fn verifying_is_not_offered_where_the_page_must_be_kept_open() {
    let fixed = Caller {
        may_step_away: false,
        ..caller(1, waiting_at(1))
    };
    let mut screening = Screening::waiting(fixed);
    assert_eq!(screening.staying().verify_step(), VerifyStep::NotOffered);
    screening.take(Message::SendCodePressed);
    assert!(
        !screening
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::SendCode(..)))
    );
}

// The connection

#[test]
fn presence_is_reported_again_when_the_live_connection_is_back_and_not_when_it_is_first_there() {
    for is_visible in [true, false] {
        let mut screening = Screening::new();
        screening.take(opened(Address::Wait(link("one"))));
        let again = Effect::ReportPresenceAgain;
        assert!(!screening.take(Message::LiveUp(1)).contains(&again));
        screening.see(caller(1, waiting_at(1)));
        screening.take(Message::Viewing(is_visible));
        screening.take(Message::LiveLost(1));
        assert!(screening.take(Message::LiveUp(1)).contains(&again));
        // Once: nothing was lost in between.
        assert!(!screening.take(Message::LiveUp(1)).contains(&again));
        assert!(!screening.see(caller(2, waiting_at(1))).contains(&again));
    }
}

// Ends

#[test]
fn a_lost_place_is_taken_back_as_soon_as_the_page_is_seen() {
    let mut screening = Screening::waiting(caller(1, waiting_at(1)));
    screening.take(Message::Viewing(false));
    let effects = screening.see(caller(2, lost()));
    assert!(
        !effects
            .iter()
            .any(|effect| matches!(effect, Effect::Resume(..)))
    );
    let effects = screening.take(Message::Viewing(true));
    assert!(effects.contains(&Effect::Resume(1, link("one"))));
    let again = Caller {
        id: "second".into(),
        ..caller(1, waiting_at(1))
    };
    let effects = screening.take(Message::Resumed(1, Ok(again)));
    assert!(effects.contains(&Effect::ReportPresenceAgain));
    assert!(effects.contains(&Effect::Watch(1, link("one"))));
    assert!(screening.staying().has_place_back);
    assert_eq!(screening.state.screen(), Screen::Waiting);
    // The stay that was lost is told once more, too late.
    screening.see(caller(9, lost()));
    assert_eq!(screening.state.screen(), Screen::Waiting);
}

#[test]
fn taking_a_place_back_is_tried_again_without_an_answer_and_given_up_when_refused() {
    let mut screening = Screening::waiting(caller(2, lost()));
    screening.take(Message::Resumed(1, Err(Trouble::Unreachable)));
    let effects = screening.after(RESUME_AGAIN);
    assert!(effects.contains(&Effect::Resume(1, link("one"))));
    screening.take(Message::Resumed(
        1,
        Err(refused(RefusalKind::WrongStatus, &[])),
    ));
    assert_eq!(screening.state.screen(), Screen::LostContact);
    let before = screening.effects.len();
    screening.take(Message::Viewing(true));
    let after = &screening.effects[before..];
    assert!(
        !after
            .iter()
            .any(|effect| matches!(effect, Effect::Resume(..)))
    );
}

#[test]
fn an_end_is_told_and_leads_to_another_arrival() {
    let mut screening = Screening::waiting(caller(1, waiting_at(1)));
    screening.take(Message::MyClinicRead(1, Ok(my_clinic())));
    let effects = screening.see(caller(2, Standing::Ended(End::Cancelled { reason: None })));
    for expected in [
        Effect::StopPresence,
        Effect::StopWatching,
        Effect::ForgetStay(link("one"), Some("first".into())),
    ] {
        assert!(effects.contains(&expected), "{expected:?} is missing");
    }
    assert_eq!(screening.state.screen(), Screen::Cancelled);
    let effects = screening.take(Message::ArriveAgainPressed);
    let by_link = Effect::Open(Address::Clinic(slug()), Details::default());
    assert_eq!(effects, [by_link]);
    screening.take(opened(Address::Clinic(slug())));
    assert_eq!(screening.arriving().slug, slug());
}

/// An end that is the first word of a link, on a device that keeps another stay.
fn an_end_by_an_old_link() -> Screening {
    let mut screening = Screening::new();
    screening.take(Message::Opened(Box::new(Opened {
        kept: Some(link("today")),
        remembered: Details {
            name: "Sam Rivers".into(),
            phone: "0491 570 156".into(),
        },
        ..opening(Address::Wait(link("old")))
    })));
    screening.take(Message::MyClinicRead(1, Ok(my_clinic())));
    let effects = screening.see(caller(2, Standing::Ended(End::Completed)));
    assert!(effects.contains(&Effect::ForgetStay(link("old"), Some("first".into()))));
    screening
}

#[test]
fn an_end_that_an_old_link_tells_leads_back_to_the_place_that_goes_on() {
    let mut screening = an_end_by_an_old_link();
    // Which stay that is, the device says: a recall's link is another one of the stay that is over.
    assert_eq!(screening.state.kept, None);
    screening.take(Message::Kept(Some(link("today"))));
    assert_eq!(
        screening.take(Message::BackPressed),
        [Effect::OpenKept(Some(link("today")))]
    );
}

#[test]
fn who_goes_back_from_a_place_that_was_lost_comes_to_the_one_that_goes_on() {
    let mut screening = Screening::waiting(caller(2, lost()));
    screening.take(Message::Kept(Some(link("today"))));
    screening.take(Message::Resumed(
        1,
        Err(refused(RefusalKind::Unavailable, &[])),
    ));
    assert_eq!(
        screening.take(Message::BackPressed),
        [Effect::OpenKept(Some(link("today")))]
    );
    screening.take(opened(Address::Wait(link("today"))));
    assert_eq!(screening.staying().link, link("today"));
}

#[test]
fn who_arrives_again_from_an_end_is_led_to_the_place_the_device_has_there() {
    let mut screening = an_end_by_an_old_link();
    let effects = screening.take(Message::ArriveAgainPressed);
    // The device has forgotten the details with its last stay; the app that runs still has them.
    let details = screening.state.remembered.clone();
    assert_eq!(details.name, "Sam Rivers");
    let by_link = Effect::Open(Address::Clinic(slug()), details);
    assert_eq!(effects, [by_link]);
}

#[test]
fn who_arrives_again_with_a_lost_place_is_not_led_back_to_it() {
    let mut screening = Screening::waiting(caller(2, lost()));
    screening.take(Message::MyClinicRead(1, Ok(my_clinic())));
    let refused = refused(RefusalKind::Unavailable, &[]);
    screening.take(Message::Resumed(1, Err(refused)));
    let effects = screening.take(Message::ArriveAgainPressed);
    assert!(effects.contains(&Effect::ShowAddress(Address::Clinic(slug()))));
    assert_eq!(screening.arriving().stored, Stored::None);
}

#[test]
fn leaving_is_confirmed_first() {
    let mut screening = Screening::waiting(caller(1, waiting_at(1)));
    screening.take(Message::LeaveConfirmed);
    assert!(
        !screening
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Leave(..)))
    );
    screening.take(Message::LeavePressed);
    screening.take(Message::StayPressed);
    assert_eq!(screening.staying().leaving, Leaving::No);
    screening.take(Message::LeavePressed);
    let effects = screening.take(Message::LeaveConfirmed);
    assert!(effects.contains(&Effect::Leave(1, link("one"))));
    screening.take(Message::Left(
        1,
        Ok(caller(
            2,
            Standing::Ended(End::LeftByCaller { by_text: false }),
        )),
    ));
    assert_eq!(screening.state.screen(), Screen::Left);
}

#[test]
fn a_link_that_opens_nothing_says_so_and_is_forgotten() {
    let mut screening = Screening::new();
    screening.take(opened(Address::Wait(link("one"))));
    let effects = screening.take(Message::LinkRefused(1));
    assert!(effects.contains(&Effect::ForgetStay(link("one"), None)));
    assert!(effects.contains(&Effect::StopPresence));
    assert_eq!(screening.state.screen(), Screen::LinkBroken);
}

#[test]
fn presence_goes_over_to_the_stay_that_is_opened_in_place_of_another() {
    let mut screening = Screening::waiting(with_code(1, START, 5));
    let effects = screening.open_other("two");
    // A presence that stops says nothing; one that goes over says that nobody looks at the first.
    assert!(!effects.contains(&Effect::StopPresence));
    assert!(effects.contains(&Effect::StartPresence(link("two"))));
    screening.see(caller(1, waiting_at(1)));
    screening.ask_about_clinic();
    let effects = screening.take(Message::OpenOtherPressed);
    assert!(effects.contains(&Effect::StopPresence));
}

// A link for another while a stay goes on

fn stays(effects: &[Effect]) -> bool {
    !effects.iter().any(|effect| {
        matches!(
            effect,
            Effect::StartPresence(_)
                | Effect::StopPresence
                | Effect::Watch(..)
                | Effect::StopWatching
                | Effect::ReadClinic(..)
        )
    })
}

#[test]
fn a_link_for_another_caller_asks_first_and_the_stay_goes_on_meanwhile() {
    let mut screening = Screening::waiting(verified(1, waiting_at(2)));
    let effects = screening.take(opened(Address::Wait(link("two"))));
    assert!(effects.contains(&Effect::ReadOther(1, Address::Wait(link("two")))));
    // What is loaded again is the stay.
    assert!(effects.contains(&Effect::ShowAddress(Address::Wait(link("one")))));
    assert!(stays(&effects));
    assert_eq!(screening.state.screen(), Screen::Waiting);
    let read = Ok(Some(another("second")));
    let effects = screening.take(Message::OtherRead(1, Address::Wait(link("two")), read));
    assert!(stays(&effects));
    assert_eq!(screening.state.screen(), Screen::OtherLink);
    // The place is told as it changes, and is there when the reader stays.
    screening.see(verified(2, waiting_at(1)));
    assert_eq!(screening.state.screen(), Screen::OtherLink);
    let effects = screening.take(Message::StayPressed);
    assert!(stays(&effects));
    assert_eq!(screening.state.screen(), Screen::Waiting);
    assert_eq!(screening.staying().link, link("one"));
    assert_eq!(
        screening.staying().caller.as_ref().unwrap().standing,
        waiting_at(1)
    );
}

#[test]
fn the_other_link_is_opened_once_the_reader_says_so() {
    let mut screening = Screening::waiting(verified(1, waiting_at(2)));
    screening.ask_about("two", "second");
    let effects = screening.take(Message::OpenOtherPressed);
    assert!(effects.contains(&Effect::ShowAddress(Address::Wait(link("two")))));
    assert!(effects.contains(&Effect::StartPresence(link("two"))));
    assert_eq!(screening.staying().link, link("two"));
}

#[test]
fn the_link_of_a_recall_is_another_one_of_the_same_stay_and_asks_nothing() {
    let mut screening = Screening::waiting(verified(1, Standing::Offline { place: None }));
    screening.take(Message::MyClinicRead(1, Ok(my_clinic())));
    let effects = screening.ask_about("recall", "first");
    // By that link the return is told.
    for expected in [
        Effect::ReportPresenceBy(link("recall")),
        Effect::Watch(1, link("recall")),
        Effect::RememberStay(my_clinic(), link("recall"), "first".into()),
        Effect::ShowAddress(Address::Wait(link("recall"))),
    ] {
        assert!(effects.contains(&expected), "{expected:?} is missing");
    }
    assert_eq!(screening.state.screen(), Screen::ComingBack);
    assert_eq!(screening.staying().link, link("recall"));
    assert_eq!(screening.staying().other_link, None);
}

#[test]
fn whose_link_it_is_is_asked_of_the_reader_where_the_server_cannot_be_asked() {
    for trouble in [Trouble::Unreachable, Trouble::Broken] {
        for address in [Address::Wait(link("two")), Address::Clinic(other_slug())] {
            let mut screening = Screening::waiting(verified(1, waiting_at(2)));
            screening.take(opened(address.clone()));
            screening.take(Message::OtherRead(1, address, Err(trouble.clone())));
            assert_eq!(screening.state.screen(), Screen::OtherLink);
        }
    }
}

#[test]
fn only_the_latest_of_two_other_links_is_asked_about() {
    let mut screening = Screening::waiting(verified(1, waiting_at(2)));
    screening.take(opened(Address::Wait(link("two"))));
    screening.take(opened(Address::Wait(link("three"))));
    let read = |id: &str| Ok(Some(another(id)));
    let of = |token: &str| Address::Wait(link(token));
    screening.take(Message::OtherRead(1, of("two"), read("second")));
    assert_eq!(screening.state.screen(), Screen::Waiting);
    screening.take(Message::OtherRead(1, of("three"), read("third")));
    screening.take(Message::OpenOtherPressed);
    assert_eq!(screening.staying().link, link("three"));
}

#[test]
fn the_same_link_again_asks_nothing() {
    let mut screening = Screening::waiting(verified(1, waiting_at(2)));
    assert!(
        screening
            .take(opened(Address::Wait(link("one"))))
            .is_empty()
    );
    // It is also an answer to the question that is open.
    screening.take(opened(Address::Unknown));
    screening.take(opened(Address::Wait(link("one"))));
    assert_eq!(screening.state.screen(), Screen::Waiting);
}

#[test]
fn a_stay_that_is_over_gives_way_to_another_link_unasked() {
    let mut over = Screening::waiting(verified(1, Standing::Ended(End::Completed)));
    over.take(opened(Address::Wait(link("two"))));
    assert_eq!(over.staying().link, link("two"));
    let mut over = Screening::waiting(verified(1, Standing::Ended(End::Completed)));
    over.take(opened(Address::Clinic(slug())));
    assert_eq!(over.arriving().slug, slug());
}

#[test]
fn a_broken_link_says_so_and_costs_no_place() {
    let mut screening = Screening::waiting(caller(1, waiting_at(2)));
    assert!(stays(&screening.take(opened(Address::Unknown))));
    assert_eq!(screening.state.screen(), Screen::LinkBroken);
    screening.take(Message::StayPressed);
    assert_eq!(screening.state.screen(), Screen::Waiting);
    // One that looks like a link and opens nothing is broken, too, and so is that of no clinic.
    for (address, answer) in [
        (Address::Wait(link("gone")), Err(Trouble::LinkUnknown)),
        (Address::Clinic(other_slug()), Ok(None)),
    ] {
        screening.take(opened(address.clone()));
        assert!(stays(
            &screening.take(Message::OtherRead(1, address, answer))
        ));
        assert_eq!(screening.state.screen(), Screen::LinkBroken);
        assert_eq!(screening.staying().link, link("one"));
        screening.take(Message::StayPressed);
    }
}

#[test]
fn the_link_of_a_stay_that_is_over_costs_no_place_and_asks_nothing() {
    let mut screening = Screening::waiting(caller(1, waiting_at(2)));
    let address = Address::Wait(link("last-week"));
    screening.take(opened(address.clone()));
    let mut over = another("second");
    over.stay = over.stay.map(|stay| OtherStay {
        is_over: true,
        ..stay
    });
    let effects = screening.take(Message::OtherRead(1, address, Ok(Some(over))));
    assert!(stays(&effects));
    assert_eq!(screening.state.screen(), Screen::LinkBroken);
    screening.take(Message::OpenOtherPressed);
    screening.take(Message::StayPressed);
    assert_eq!(screening.state.screen(), Screen::Waiting);
    assert_eq!(screening.staying().link, link("one"));
}

#[test]
fn the_link_of_another_clinic_asks_and_that_of_the_same_leads_on_or_lets_somebody_else_arrive() {
    let mut screening = Screening::waiting(caller(1, waiting_at(2)));
    screening.take(Message::MyClinicRead(1, Ok(my_clinic())));
    assert!(stays(&screening.ask_about_clinic()));
    assert_eq!(screening.state.screen(), Screen::OtherLink);
    screening.take(opened(Address::Clinic(slug())));
    assert_eq!(screening.state.screen(), Screen::AlreadyWaiting);
    assert!(stays(&screening.take(Message::ContinuePressed)));
    assert_eq!(screening.state.screen(), Screen::Waiting);

    screening.take(opened(Address::Clinic(slug())));
    screening.take(Message::SomeoneElsePressed);
    // The first is not verified: nobody costs them the place unasked.
    assert_eq!(screening.state.screen(), Screen::PlaceAtRisk);
    screening.take(Message::ContinuePressed);
    assert_eq!(screening.staying().link, link("one"));

    screening.see(caller(1, waiting_at(2)));
    screening.ask_about_clinic();
    screening.take(Message::OpenOtherPressed);
    assert_eq!(screening.arriving().slug, other_slug());
}

#[test]
fn a_clinic_link_from_before_it_was_known_where_one_waits_is_known_for_that_clinics() {
    let mut screening = Screening::waiting(caller(1, waiting_at(2)));
    screening.take(opened(Address::Clinic(slug())));
    screening.take(Message::MyClinicRead(1, Ok(my_clinic())));
    let read = Ok(Some(elsewhere()));
    screening.take(Message::OtherRead(1, Address::Clinic(slug()), read));
    assert_eq!(screening.state.screen(), Screen::AlreadyWaiting);
}

#[test]
fn a_provider_who_joins_waits_for_no_answer_about_a_link() {
    for before in [waiting_at(1), Standing::OnHold { room: None }] {
        let mut screening = Screening::waiting(verified(1, before));
        screening.take(opened(Address::Unknown));
        let effects = screening.see(verified(2, Standing::BeingSeen { room: None }));
        assert_eq!(screening.state.screen(), Screen::ReadyToJoin);
        assert!(effects.contains(&Effect::Signal));
    }
}

// Without a link

#[test]
fn an_app_without_a_link_and_without_a_stay_says_what_it_is_and_takes_a_link() {
    let mut screening = Screening::new();
    screening.take(Message::Opened(Box::new(Opened {
        origin: "https://clinic.example".into(),
        latest: Some(my_clinic()),
        is_resumed: true,
        ..opening(Address::Start)
    })));
    assert_eq!(screening.state.screen(), Screen::Start);
    for typed in ["", "hello", "https://elsewhere.example/c/demo"] {
        screening.take(Message::LinkTyped(typed.into()));
        let effects = screening.take(Message::OpenLinkPressed);
        assert_eq!(effects, [Effect::Focus(Focus::Link)], "{typed}");
        let is_wrong = matches!(&screening.state.scene, Scene::Start(start) if start.is_wrong);
        assert!(is_wrong, "{typed}");
    }
    screening.take(Message::LinkTyped("clinic.example/c/demo".into()));
    let effects = screening.take(Message::OpenLinkPressed);
    let by_link = [Effect::Open(Address::Clinic(slug()), Details::default())];
    assert_eq!(effects, by_link);
    // Where this device arrived last takes no typing.
    assert_eq!(screening.take(Message::ArriveAgainPressed), by_link);
}

#[test]
fn wherever_a_link_has_led_there_is_a_way_back_and_nobody_takes_a_second_place_unasked() {
    let mut screening = Screening::new();
    screening.take(Message::Opened(Box::new(Opened {
        latest: Some(my_clinic()),
        kept: Some(link("one")),
        ..opening(Address::Unknown)
    })));
    assert_eq!(screening.state.screen(), Screen::LinkBroken);
    assert_eq!(
        screening.take(Message::BackPressed),
        [Effect::OpenKept(Some(link("one")))]
    );
    // As by the clinic's own link, which leads on to a place that goes on.
    assert_eq!(
        screening.take(Message::ArriveAgainPressed),
        [Effect::Open(Address::Clinic(slug()), Details::default())]
    );
}

#[test]
fn a_link_that_comes_before_the_first_word_of_a_stay_asks_first_unless_that_is_over() {
    let other = || opened(Address::Clinic(other_slug()));
    let mut screening = Screening::new();
    screening.take(opened(Address::Wait(link("one"))));
    assert!(stays(&screening.ask_about_clinic()));
    screening.see(caller(1, waiting_at(1)));
    assert_eq!(screening.state.screen(), Screen::OtherLink);

    for ends in [
        Message::LinkRefused(1),
        Message::CallerSeen(1, caller(1, Standing::Ended(End::Completed))),
    ] {
        let mut screening = Screening::new();
        screening.take(opened(Address::Wait(link("one"))));
        screening.take(other());
        screening.take(ends);
        assert_eq!(screening.state.screen(), Screen::Opening);
        assert!(matches!(screening.state.scene, Scene::Arriving(_)));
    }
}

#[test]
fn a_remembered_stay_that_opens_nothing_any_more_is_not_called_a_broken_link() {
    let mut screening = Screening::new();
    screening.take(Message::Opened(Box::new(Opened {
        is_resumed: true,
        ..opening(Address::Wait(link("one")))
    })));
    let effects = screening.take(Message::LinkRefused(1));
    assert!(effects.contains(&Effect::ForgetStay(link("one"), None)));
    assert_eq!(screening.state.screen(), Screen::Start);
}

#[test]
fn an_app_that_is_started_once_more_goes_on_with_what_it_is_at() {
    let mut screening = Screening::waiting(verified(1, waiting_at(1)));
    assert!(screening.take(opened(Address::Start)).is_empty());
    assert_eq!(screening.state.screen(), Screen::Waiting);
}

// Coming back

#[test]
fn coming_back_shows_nothing_before_the_stay_was_read_anew() {
    let mut screening = Screening::waiting(verified(1, waiting_at(4)));
    screening.take(Message::Viewing(false));
    assert_eq!(screening.state.screen(), Screen::GettingLatest);
    let effects = screening.take(Message::Viewing(true));
    assert!(effects.contains(&Effect::ReadStay(1, 1, link("one"))));
    // What waited in a connection that was frozen is no news.
    screening.see(verified(2, waiting_at(3)));
    assert_eq!(screening.state.screen(), Screen::GettingLatest);
    screening.take(Message::StayRead(1, 1, Ok(verified(5, waiting_at(1)))));
    assert_eq!(screening.state.screen(), Screen::Waiting);
    assert_eq!(
        screening.staying().caller.as_ref().unwrap().standing,
        waiting_at(1)
    );
}

#[test]
fn an_answer_from_before_the_latest_return_is_an_old_picture() {
    let mut screening = Screening::waiting(verified(1, waiting_at(4)));
    for _ in 0..2 {
        screening.take(Message::Viewing(false));
        screening.take(Message::Viewing(true));
    }
    screening.take(Message::StayRead(1, 1, Ok(verified(1, waiting_at(4)))));
    assert_eq!(screening.state.screen(), Screen::GettingLatest);
    screening.take(Message::StayRead(1, 2, Ok(verified(1, waiting_at(3)))));
    assert_eq!(screening.state.screen(), Screen::Waiting);
    // The place changed without the stay changing.
    assert_eq!(
        screening.staying().caller.as_ref().unwrap().standing,
        waiting_at(3)
    );
}

#[test]
fn a_live_change_since_the_return_is_not_undone_by_the_answer() {
    let mut screening = Screening::waiting(verified(1, waiting_at(4)));
    screening.take(Message::Viewing(false));
    screening.take(Message::Viewing(true));
    screening.see(verified(1, waiting_at(2)));
    screening.take(Message::StayRead(1, 1, Ok(verified(1, waiting_at(3)))));
    assert_eq!(
        screening.staying().caller.as_ref().unwrap().standing,
        waiting_at(2)
    );
}

#[test]
fn the_stay_is_asked_for_again_until_there_is_an_answer_and_the_wait_for_it_is_told() {
    let mut screening = Screening::waiting(verified(1, waiting_at(4)));
    screening.take(Message::Viewing(false));
    screening.take(Message::Viewing(true));
    screening.take(Message::StayRead(1, 1, Err(Trouble::Unreachable)));
    assert_eq!(screening.state.screen(), Screen::GettingLatest);
    let read = Effect::ReadStay(1, 1, link("one"));
    assert!(screening.after(RETURN_AGAIN).contains(&read));
    screening.after(RETURN_PATIENCE - RETURN_AGAIN);
    assert_eq!(screening.state.screen(), Screen::Unreachable);
    // The waits grow: after an outage many ask.
    assert!(
        screening
            .after(3 * RETURN_AGAIN - RETURN_PATIENCE)
            .contains(&read)
    );
    assert!(screening.take(Message::TryAgainPressed).contains(&read));
    // The connection is back: so is the answer, in a moment.
    screening.take(Message::LiveLost(1));
    assert!(screening.take(Message::LiveUp(1)).contains(&read));
    screening.take(Message::StayRead(1, 1, Ok(verified(1, waiting_at(4)))));
    assert_eq!(screening.state.screen(), Screen::Waiting);
}

#[test]
fn who_comes_back_from_reading_the_code_is_in_its_field_with_what_was_typed() {
    let mut screening = Screening::waiting(with_code(2, START, 5));
    screening.take(Message::CodeTyped("12".into()));
    screening.take(Message::Viewing(false));
    screening.take(Message::Viewing(true));
    let effects = screening.take(Message::StayRead(1, 1, Ok(with_code(2, START, 5))));
    assert!(effects.contains(&Effect::Focus(Focus::Code)));
    assert_eq!(screening.staying().verify.code, "12");
}

#[test]
fn an_end_that_was_told_stays_told() {
    let mut screening = Screening::waiting(verified(1, waiting_at(1)));
    screening.take(Message::Viewing(false));
    screening.see(verified(2, Standing::Ended(End::Completed)));
    assert_eq!(screening.state.screen(), Screen::Completed);
    let effects = screening.take(Message::Viewing(true));
    assert_eq!(screening.state.screen(), Screen::Completed);
    assert!(
        !effects
            .iter()
            .any(|effect| matches!(effect, Effect::ReadStay(..)))
    );
}

#[test]
fn being_told_once_more_that_the_page_is_seen_hides_nothing() {
    let mut screening = Screening::waiting(verified(1, waiting_at(1)));
    screening.take(Message::Viewing(true));
    assert_eq!(screening.state.screen(), Screen::Waiting);
}

// Notices

/// A verified caller on a device that shows notices, of which nothing is decided.
fn with_notices_offered() -> Screening {
    let mut screening = Screening::new();
    screening.take(Message::Opened(Box::new(Opened {
        notices: Some(NoticeChoice::default()),
        ..opening(Address::Wait(link("one")))
    })));
    screening.see(verified(1, waiting_at(2)));
    screening
}

/// The same, where they are wanted and allowed.
fn with_notices() -> Screening {
    let mut screening = with_notices_offered();
    screening.take(Message::NoticesWanted);
    screening.take(Message::MayNotify(Some(true)));
    screening
}

fn recalled(version: i64, recall: Option<&str>) -> Caller {
    Caller {
        recall: recall.map(str::to_owned),
        ..verified(version, Standing::Offline { place: None })
    }
}

fn notices_in(effects: &[Effect]) -> Vec<&Notice> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Notify(notice) => Some(notice),
            _ => None,
        })
        .collect()
}

#[test]
fn a_recall_is_noticed_once_while_the_app_is_away_and_withdrawn_when_it_is_seen() {
    let mut screening = with_notices();
    screening.take(Message::MyClinicRead(1, Ok(my_clinic())));
    screening.take(Message::Viewing(false));
    screening.see(recalled(2, None));
    let effects = screening.see(recalled(3, Some("a")));
    let notices = notices_in(&effects);
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[0].title, "Demo");
    assert!(notices[0].sound && notices[0].vibration);
    // News of its text is no other recall; another recall is.
    assert!(notices_in(&screening.see(recalled(4, Some("a")))).is_empty());
    assert_eq!(notices_in(&screening.see(recalled(5, Some("b")))).len(), 1);
    assert!(
        screening
            .take(Message::Viewing(true))
            .contains(&Effect::WithdrawNotice)
    );
    screening.take(Message::Viewing(false));
    assert!(
        !screening
            .take(Message::Viewing(true))
            .contains(&Effect::WithdrawNotice)
    );
}

#[test]
fn a_recall_that_was_seen_or_there_from_the_first_is_not_noticed() {
    let mut seen = with_notices();
    seen.see(recalled(2, Some("a")));
    seen.take(Message::Viewing(false));
    seen.see(recalled(3, Some("a")));
    assert!(notices_in(&seen.effects).is_empty());

    let mut first = with_notices();
    first.see(verified(2, Standing::Ended(End::Completed)));
    first.take(opened(Address::Wait(link("two"))));
    first.take(Message::Viewing(false));
    first.see(recalled(1, Some("old")));
    assert!(notices_in(&first.effects).is_empty());
}

#[test]
fn a_wait_that_the_clinic_ends_is_noticed_while_the_app_is_away() {
    let mut screening = with_notices();
    screening.take(Message::Viewing(false));
    screening.see(recalled(2, Some("a")));
    let effects = screening.see(verified(
        3,
        Standing::Ended(End::Cancelled { reason: None }),
    ));
    let withdrawn = effects
        .iter()
        .position(|effect| *effect == Effect::WithdrawNotice);
    let shown = effects
        .iter()
        .position(|effect| matches!(effect, Effect::Notify(_)));
    assert!(withdrawn.unwrap() < shown.unwrap());
}

#[test]
fn a_stay_that_ends_takes_its_notice_with_it() {
    let mut screening = with_notices();
    screening.take(Message::Viewing(false));
    screening.see(recalled(2, Some("a")));
    let effects = screening.see(verified(
        3,
        Standing::Ended(End::LeftByCaller { by_text: true }),
    ));
    assert!(effects.contains(&Effect::WithdrawNotice));
}

#[test]
fn nobody_is_asked_about_notices_before_a_number_is_verified() {
    let mut screening = Screening::new();
    screening.take(Message::Opened(Box::new(Opened {
        notices: Some(NoticeChoice::default()),
        ..opening(Address::Wait(link("one")))
    })));
    screening.see(caller(1, waiting_at(2)));
    assert!(screening.take(Message::NoticesWanted).is_empty());
    screening.see(verified(2, waiting_at(2)));
    let effects = screening.take(Message::NoticesWanted);
    assert!(effects.contains(&Effect::AskToNotify));
    assert!(
        !screening
            .take(Message::NoticesWanted)
            .contains(&Effect::AskToNotify)
    );
}

#[test]
fn a_recall_that_is_answered_elsewhere_takes_its_notice_with_it() {
    for told in [
        verified(3, waiting_at(1)),
        verified(3, Standing::BeingSeen { room: None }),
    ] {
        let mut screening = with_notices();
        screening.take(Message::Viewing(false));
        screening.see(recalled(2, Some("a")));
        assert!(screening.see(told).contains(&Effect::WithdrawNotice));
    }
}

#[test]
fn a_question_about_notices_that_was_closed_without_an_answer_may_be_put_again() {
    let mut screening = with_notices_offered();
    screening.take(Message::NoticesWanted);
    let effects = screening.take(Message::MayNotify(None));
    assert!(effects.is_empty());
    let offered = NoticesStep::Offered { is_asking: false };
    assert_eq!(screening.state.notices_step(), offered);
    let effects = screening.take(Message::NoticesWanted);
    assert!(effects.contains(&Effect::AskToNotify));
    screening.take(Message::MayNotify(Some(true)));
    assert!(screening.state.notices.are_on());
}

#[test]
fn who_was_refused_notices_may_ask_again_and_gets_them_once_they_are_allowed() {
    let mut screening = with_notices_offered();
    screening.take(Message::NoticesWanted);
    screening.take(Message::MayNotify(Some(false)));
    assert_eq!(screening.state.notices_step(), NoticesStep::Refused);
    let effects = screening.take(Message::NoticesWanted);
    assert!(effects.contains(&Effect::AskToNotify));
    screening.take(Message::MayNotify(Some(true)));
    assert!(screening.state.notices.are_on());
}

#[test]
fn who_changes_their_mind_while_the_system_asks_is_not_left_without_notices() {
    let mut screening = with_notices_offered();
    screening.take(Message::NoticesWanted);
    screening.take(Message::NoticesDeclined);
    assert_eq!(screening.state.notices_step(), NoticesStep::Declined);
    let effects = screening.take(Message::NoticesWanted);
    let is_asked_twice = effects.contains(&Effect::AskToNotify);
    assert!(!is_asked_twice, "the question is still open");
    let asking = NoticesStep::Offered { is_asking: true };
    assert_eq!(screening.state.notices_step(), asking);
    screening.take(Message::MayNotify(Some(true)));
    assert!(screening.state.notices.are_on());
}

#[test]
fn the_focus_stays_with_notices_when_what_was_pressed_is_gone_and_else_where_it_is() {
    let mut screening = with_notices_offered();
    let to_notices = Effect::Focus(Focus::Notices);
    for (message, is_gone) in [
        // The button that was pressed waits for the answer.
        (Message::NoticesWanted, false),
        (Message::MayNotify(Some(true)), true),
        (Message::SoundChosen(false), false),
        (Message::NoticesDeclined, true),
        (Message::NoticesWanted, true),
        (Message::MayNotify(Some(false)), true),
        // Nobody was asked: it was allowed elsewhere.
        (Message::MayNotify(Some(true)), false),
    ] {
        let effects = screening.take(message.clone());
        assert_eq!(effects.contains(&to_notices), is_gone, "{message:?}");
    }
}

#[test]
fn one_on_hold_who_looks_elsewhere_is_told_that_the_provider_is_back() {
    let mut screening = with_notices();
    screening.take(Message::Viewing(false));
    // Into the room a caller is brought who looks, here or on another screen.
    let seen = verified(2, Standing::BeingSeen { room: None });
    assert!(notices_in(&screening.see(seen)).is_empty());
    screening.see(verified(3, Standing::OnHold { room: None }));
    let effects = screening.see(verified(4, Standing::BeingSeen { room: None }));
    let [notice] = notices_in(&effects)[..] else {
        panic!("no notice, or more than one: {effects:?}");
    };
    assert_eq!(notice.text, words::provider_ready(Language::English));
    let effects = screening.see(verified(5, Standing::OnHold { room: None }));
    assert!(effects.contains(&Effect::WithdrawNotice));
}

#[test]
fn leave_that_was_refused_is_looked_for_again_when_the_app_is_seen() {
    let mut screening = with_notices_offered();
    screening.take(Message::NoticesWanted);
    screening.take(Message::MayNotify(Some(false)));
    screening.take(Message::Viewing(false));
    let effects = screening.take(Message::Viewing(true));
    assert!(effects.contains(&Effect::ReadMayNotify));
    screening.take(Message::MayNotify(Some(false)));
    assert_eq!(screening.state.notices.permission, Permission::Refused);
    screening.take(Message::MayNotify(Some(true)));
    assert_eq!(screening.state.notices.permission, Permission::Given);
}

#[test]
fn a_refusal_is_remembered_and_nothing_is_noticed() {
    let mut screening = with_notices();
    let effects = screening.take(Message::MayNotify(Some(false)));
    let remembered = NoticeChoice {
        is_wanted: Some(false),
        ..NoticeChoice::default()
    };
    assert!(effects.contains(&Effect::RememberNotices(remembered)));
    screening.take(Message::Viewing(false));
    screening.see(recalled(2, Some("a")));
    assert!(notices_in(&screening.effects).is_empty());
}

#[test]
fn sound_and_vibration_are_as_the_reader_chose() {
    let mut screening = with_notices();
    let effects = screening.take(Message::SoundChosen(false));
    assert!(matches!(effects[..], [Effect::RememberNotices(choice)] if !choice.sound));
    screening.take(Message::VibrationChosen(false));
    screening.take(Message::Viewing(false));
    let effects = screening.see(recalled(2, Some("a")));
    let notices = notices_in(&effects);
    assert!(!notices[0].sound && !notices[0].vibration);
    // Nor does a provider who joins shake the phone.
    screening.take(Message::Viewing(true));
    let effects = screening.see(verified(3, Standing::BeingSeen { room: None }));
    assert!(!effects.contains(&Effect::Signal));
}

#[test]
fn what_was_chosen_on_an_earlier_day_holds_while_the_system_allows_it() {
    for may in [true, false] {
        let mut screening = Screening::new();
        let effects = screening.take(Message::Opened(Box::new(Opened {
            notices: Some(NoticeChoice {
                is_wanted: Some(true),
                ..NoticeChoice::default()
            }),
            ..opening(Address::Wait(link("one")))
        })));
        assert!(effects.contains(&Effect::ReadMayNotify));
        screening.take(Message::MayNotify(Some(may)));
        assert_eq!(screening.state.notices.are_on(), may);
        let permission = screening.state.notices.permission;
        assert_ne!(permission, Permission::Refused, "nobody was asked");
    }
}

#[test]
fn who_takes_no_texts_may_not_step_away_and_is_offered_no_notices() {
    let mut screening = with_notices();
    assert_eq!(screening.state.what_now(), Some(Now::FreeToGo));
    screening.see(Caller {
        texts_stopped: true,
        ..verified(2, waiting_at(2))
    });
    assert_eq!(screening.state.what_now(), Some(Now::TextsStopped));
    assert_eq!(screening.state.notices_step(), NoticesStep::NotOffered);
}

#[test]
fn the_screen_is_kept_on_only_while_the_page_must_stay_open() {
    let mut screening = Screening::waiting(with_code(1, START, 5));
    assert!(
        screening
            .take(Message::KeepAwakeChosen(true))
            .contains(&Effect::KeepAwake(true))
    );
    screening.take(Message::Viewing(false));
    assert!(
        screening
            .take(Message::Viewing(true))
            .contains(&Effect::KeepAwake(true))
    );
    let effects = screening.see(verified(2, waiting_at(1)));
    assert!(effects.contains(&Effect::KeepAwake(false)));
}

#[test]
fn who_answered_a_recall_and_looks_elsewhere_for_a_moment_keeps_the_screen_on() {
    let back = || Standing::Waiting {
        place: None,
        is_back: true,
    };
    let mut screening = Screening::waiting(verified(1, back()));
    screening.take(Message::KeepAwakeChosen(true));
    screening.take(Message::Viewing(false));
    screening.see(verified(2, Standing::Offline { place: None }));
    screening.take(Message::Viewing(true));
    screening.take(Message::StayRead(1, 1, Ok(verified(3, back()))));
    assert_eq!(screening.state.screen(), Screen::WelcomeBack);
    assert!(screening.staying().keeps_awake);
    let effects = screening.see(verified(4, Standing::BeingSeen { room: None }));
    assert!(effects.contains(&Effect::KeepAwake(false)));
}

#[test]
fn addresses_are_read_and_anything_else_is_unknown() {
    assert_eq!(Address::read("/c/demo", ""), Address::Clinic(slug()));
    assert_eq!(Address::read("/c/demo/", "x"), Address::Clinic(slug()));
    assert_eq!(Address::read("/w", "one"), Address::Wait(link("one")));
    for (path, fragment) in [
        ("/w", ""),
        ("/w", "a b"),
        ("/w", "<script>"),
        ("/c/", ""),
        ("/c/a/b", ""),
        ("/c/%2e%2e", ""),
        ("/", ""),
        ("", "one"),
    ] {
        assert_eq!(
            Address::read(path, fragment),
            Address::Unknown,
            "{path} {fragment}"
        );
    }
    assert_eq!(Address::read("/w", &"a".repeat(300)), Address::Unknown);
}

#[test]
fn only_a_web_address_becomes_a_link_to_a_room() {
    use crate::stay::RoomLink;
    assert!(RoomLink::read("https://video.example/r?x=1").is_some());
    assert!(RoomLink::read("HTTP://127.0.0.1/r").is_some());
    for url in [
        "javascript:alert(1)",
        " https://x",
        "https://x\n",
        "data:text/html,x",
        "",
        "httpß://",
    ] {
        assert!(RoomLink::read(url).is_none(), "{url}");
    }
}

#[test]
fn nothing_private_is_printed() {
    let mut screening = Screening::at_clinic();
    screening.take(Message::NameTyped("Hildegard".into()));
    screening.take(Message::PhoneTyped("0491570156".into()));
    screening.take(Message::JoinPressed);
    let entered = Entered {
        link: link("s3cr3t-token"),
        caller: with_code(1, START, 5),
    };
    screening.take(Message::Entered(1, Ok(entered)));
    screening.take(Message::CodeTyped("918273".into()));
    screening.ask_about("an0ther-token", "second");
    let printed = format!("{:?} {:?}", screening.state, screening.effects);
    for private in [
        "Hildegard",
        "Kim Brook",
        "an0ther-token",
        "0491570156",
        "+61491570156",
        "s3cr3t-token",
        "918273",
    ] {
        assert!(!printed.contains(private), "{private}");
    }
}

// Any order

fn any_place() -> impl Strategy<Value = Option<Place>> {
    prop_oneof![
        Just(None),
        (0_u32..4, 0_u32..4).prop_map(|(number, ahead_away)| Some(Place { number, ahead_away })),
    ]
}

fn any_standing() -> impl Strategy<Value = Standing> {
    prop_oneof![
        4 => (any_place(), any::<bool>())
            .prop_map(|(place, is_back)| Standing::Waiting { place, is_back }),
        2 => any_place().prop_map(|place| Standing::Offline { place }),
        1 => Just(Standing::BeingSeen { room: None }),
        1 => Just(Standing::OnHold { room: None }),
        1 => Just(Standing::Ended(End::Completed)),
        1 => Just(Standing::Ended(End::Cancelled { reason: None })),
        1 => any::<bool>()
            .prop_map(|is_resumable| Standing::Ended(End::LostContact { is_resumable })),
    ]
}

fn any_delivery() -> impl Strategy<Value = Delivery> {
    prop::sample::select(vec![
        Delivery::Queued,
        Delivery::Sent,
        Delivery::Delivered,
        Delivery::Failed(DeliveryFailure::Landline),
        Delivery::Failed(DeliveryFailure::Unreachable),
        Delivery::Unknown,
    ])
}

fn any_caller() -> impl Strategy<Value = Caller> {
    (
        prop_oneof![3 => Just("first"), 1 => Just("second")],
        0_i64..6,
        any_standing(),
        any::<bool>(),
        any::<bool>(),
        prop_oneof![
            Just(None),
            (0_i64..60_000, any_delivery(), 0_u32..6).prop_map(Some)
        ],
        prop::sample::select(vec![None, None, Some("a"), Some("b")]),
    )
        .prop_map(
            |(id, version, standing, is_verified, may_step_away, sent, recall)| {
                let mut caller = caller(version, standing);
                caller.recall = recall.map(str::to_owned);
                caller.id = id.to_owned();
                caller.may_step_away = may_step_away;
                caller.phone = Some(Phone {
                    number: "+61491570156".into(),
                    is_verified,
                });
                caller.texts_stopped = !may_step_away && is_verified;
                caller.verification = sent.and_then(|(sent, delivery, attempts_left)| {
                    let told = with_code(0, START.plus(sent), attempts_left).verification?;
                    Some(Verification { delivery, ..told })
                });
                caller
            },
        )
}

fn any_unwatched() -> impl Strategy<Value = Unwatched> {
    prop_oneof![
        Just(Unwatched::Kept),
        any::<bool>().prop_map(|may_verify| Unwatched::Lost { may_verify }),
        Just(Unwatched::Unknown),
    ]
}

fn any_trouble() -> impl Strategy<Value = Trouble> {
    prop_oneof![
        Just(Trouble::Unreachable),
        Just(Trouble::Broken),
        Just(Trouble::LinkUnknown),
        Just(refused(RefusalKind::InvalidInput, &["phone"])),
        Just(refused(
            RefusalKind::RateLimited {
                retry_at: START.plus(90_000)
            },
            &[]
        )),
        Just(refused(
            RefusalKind::CodeRejected { attempts_left: 1 },
            &["code"]
        )),
        any_caller().prop_map(|caller| Trouble::Refused(Vec::new(), Some(Box::new(caller)))),
    ]
}

fn any_link() -> impl Strategy<Value = LinkToken> {
    prop_oneof![Just(link("one")), Just(link("two"))]
}

#[test]
fn another_language_is_remembered_and_changes_nothing_else() {
    let mut screening = Screening::waiting(caller(1, waiting_at(2)));
    screening.take(Message::NumberTyped("0491".into()));
    let before = screening.state.clone();
    let effects = screening.take(Message::LanguageChosen(Language::Arabic));
    assert_eq!(effects, [Effect::RememberLanguage(Language::Arabic)]);
    assert_eq!(screening.state, before.in_language(Language::Arabic));
    // A link that is opened in the same tab is opened for the same reader.
    screening.take(opened(Address::Clinic(slug())));
    assert_eq!(screening.state.language, Language::Arabic);
}

fn any_other() -> impl Strategy<Value = Option<Other>> {
    let stay = |id: &str| another(id).stay;
    let stays = prop::sample::select(vec![None, stay("first"), stay("other")]);
    let other = (stays, any::<bool>()).prop_map(|(stay, is_over)| Other {
        stay: stay.map(|stay| OtherStay { is_over, ..stay }),
        ..elsewhere()
    });
    prop::option::of(other)
}

fn any_opening() -> impl Strategy<Value = Message> {
    let address = prop_oneof![
        3 => Just(Address::Clinic(slug())),
        3 => any_link().prop_map(Address::Wait),
        1 => Just(Address::Start),
        1 => Just(Address::Unknown),
    ];
    (
        address,
        any::<bool>(),
        prop::option::of(any_link()),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        prop::option::of(any::<bool>()),
    )
        .prop_map(
            |(address, is_visible, stored, knows_clinic, is_unanswered, can_notify, is_wanted)| {
                let entry = Entry {
                    name: "kept".into(),
                    ..Entry::default()
                };
                Message::Opened(Box::new(Opened {
                    is_visible,
                    stored,
                    latest: knows_clinic.then(my_clinic),
                    is_resumed: can_notify,
                    notices: can_notify.then_some(NoticeChoice {
                        is_wanted,
                        ..NoticeChoice::default()
                    }),
                    draft: is_unanswered.then_some(Draft {
                        entry,
                        is_unanswered,
                    }),
                    ..opening(address)
                }))
            },
        )
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("123456".to_owned()),
        "[a-z0-9 ]{0,8}"
    ]
}

fn any_answer<T: std::fmt::Debug + 'static>(
    good: impl Strategy<Value = T> + 'static,
) -> BoxedStrategy<Result<T, Trouble>> {
    prop_oneof![2 => good.prop_map(Ok), 1 => any_trouble().prop_map(Err)].boxed()
}

/// Messages of any kind, for a visit that is mostly the present one.
fn any_message() -> impl Strategy<Value = Message> {
    let visit = || 1_u32..5;
    let clinics = (any::<bool>(), any::<bool>()).prop_map(|(exists, is_open)| {
        exists.then(|| Clinic {
            is_open,
            ..clinic()
        })
    });
    let entered = (any_link(), any_caller()).prop_map(|(link, caller)| Entered { link, caller });
    let my_clinic = Just(my_clinic());
    let by_reader = prop_oneof![
        any_text().prop_map(Message::NameTyped),
        any_text().prop_map(Message::PhoneTyped),
        any_text().prop_map(Message::NumberTyped),
        any_text().prop_map(Message::CodeTyped),
        any_text().prop_map(Message::CodeRead),
        any_text().prop_map(|text| Message::AnswerTyped("reason".into(), text)),
        any::<bool>().prop_map(Message::ConsentGiven),
        any::<bool>().prop_map(Message::KeepAwakeChosen),
        prop::sample::select(vec![
            Message::TryAgainPressed,
            Message::ContinuePressed,
            Message::SomeoneElsePressed,
            Message::ArriveAnywayPressed,
            Message::ClearDetailsPressed,
            Message::JoinPressed,
            Message::SendCodePressed,
            Message::VerifyPressed,
            Message::ChangeNumberPressed,
            Message::KeepNumberPressed,
            Message::SetAsidePressed,
            Message::VerifyAfterAllPressed,
            Message::LeavePressed,
            Message::StayPressed,
            Message::LeaveConfirmed,
            Message::ArriveAgainPressed,
            Message::BackPressed,
            Message::OpenLinkPressed,
            Message::OpenOtherPressed,
            Message::NoticesWanted,
            Message::NoticesDeclined,
            Message::VibrationChosen(false),
        ]),
        any_text().prop_map(Message::LinkTyped),
        any::<Option<bool>>().prop_map(Message::MayNotify),
    ];
    let by_server = prop_oneof![
        (visit(), any_answer(clinics)).prop_map(|(at, answer)| Message::ClinicRead(at, answer)),
        (visit(), any_answer(prop::option::of(any_unwatched())))
            .prop_map(|(at, answer)| Message::StoredRead(at, answer)),
        (visit(), any_answer(entered)).prop_map(|(at, answer)| Message::Entered(at, answer)),
        (visit(), any_answer(my_clinic)).prop_map(|(at, answer)| Message::MyClinicRead(at, answer)),
        (visit(), any_caller()).prop_map(|(at, caller)| Message::CallerSeen(at, caller)),
        visit().prop_map(Message::LiveUp),
        visit().prop_map(Message::LiveLost),
        visit().prop_map(Message::LinkRefused),
        (visit(), any_answer(Just(Some(START.plus(30_000)))))
            .prop_map(|(at, answer)| Message::CodeSent(at, answer)),
        (visit(), any_answer(any_caller())).prop_map(|(at, answer)| Message::Verified(at, answer)),
        (visit(), any_answer(any_caller())).prop_map(|(at, answer)| Message::Left(at, answer)),
        (visit(), any_answer(any_caller())).prop_map(|(at, answer)| Message::Resumed(at, answer)),
        (visit(), 0_u32..3, any_answer(any_caller()))
            .prop_map(|(at, on, answer)| Message::StayRead(at, on, answer)),
        (visit(), any_link(), any_answer(any_other()))
            .prop_map(|(at, link, answer)| { Message::OtherRead(at, Address::Wait(link), answer) }),
        (visit(), any_answer(any_other())).prop_map(|(at, answer)| Message::OtherRead(
            at,
            Address::Clinic(slug()),
            answer
        )),
        prop::option::of(any_link()).prop_map(Message::Kept),
    ];
    prop_oneof![
        6 => by_reader,
        10 => by_server,
        1 => any_opening(),
        2 => any::<bool>().prop_map(Message::Viewing),
        1 => Just(Message::Woke),
    ]
}

/// What the effects so far have made of the world.
#[derive(Default)]
struct World {
    present: Option<LinkToken>,
    watched: Option<LinkToken>,
}

impl World {
    fn take(&mut self, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::StartPresence(link) | Effect::ReportPresenceBy(link) => {
                    self.present = Some(link.clone());
                }
                Effect::StopPresence => self.present = None,
                Effect::Watch(_, link) => self.watched = Some(link.clone()),
                Effect::StopWatching => self.watched = None,
                _ => {}
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_messages_breaks_what_must_hold(
        first in any_opening(),
        messages in prop::collection::vec((0_i64..40_000, any_message()), 1..80),
    ) {
        let mut now = START;
        let mut world = World::default();
        let mut state = State::new(now);
        let mut replaced: BTreeSet<String> = BTreeSet::new();
        let mut has_notice = false;
        for (after, message) in std::iter::once((0, first)).chain(messages) {
            now = now.plus(after);
            let before = state.clone();
            let (next, effects) = reduce(state, message.clone(), now);
            state = next;
            world.take(&effects);

            // Presence and the live connection go with a stay that is not over, and with no other.
            let (staying_with, is_over) = match &state.scene {
                Scene::Staying(staying) => (
                    Some(staying.link.clone()),
                    staying.caller.as_ref().is_some_and(Caller::is_over),
                ),
                _ => (None, true),
            };
            let expected = staying_with.filter(|_| !is_over);
            prop_assert_eq!(&world.present, &expected);
            prop_assert_eq!(&world.watched, &expected);

            if before.visit != state.visit {
                replaced.clear();
            }
            // No link takes the place of a stay that goes on before the reader has said so.
            if let (Scene::Staying(was), Message::Opened(_)) = (&before.scene, &message)
                && !was.has_ended()
            {
                prop_assert_eq!(before.visit, state.visit, "a link cost the stay");
            }
            // What is known from before the app was away is not shown as if it were so.
            if let Scene::Staying(staying) = &state.scene
                && staying.caller.as_ref().is_some_and(|caller| !caller.is_over())
                && staying.latest != Latest::Known
            {
                let screen = state.screen();
                prop_assert!(matches!(screen, Screen::GettingLatest | Screen::Unreachable));
            }
            for effect in &effects {
                match effect {
                    Effect::Notify(_) => {
                        prop_assert!(!state.is_visible && state.notices.are_on());
                        has_notice = true;
                    }
                    Effect::WithdrawNotice => has_notice = false,
                    Effect::AskToNotify => {
                        let is_verified = matches!(
                            &state.scene,
                            Scene::Staying(staying) if staying.has_verified_number()
                        );
                        prop_assert!(is_verified, "asked before a number was verified");
                    }
                    _ => {}
                }
            }
            if matches!(message, Message::Viewing(true)) {
                prop_assert!(!has_notice, "a notice was left on the phone");
            }
            match (&before.scene, &state.scene) {
                (Scene::Staying(was), Scene::Staying(is)) if before.visit == state.visit => {
                    if let (Some(was), Some(is)) = (&was.caller, &is.caller) {
                        if was.id == is.id {
                            prop_assert!(is.version >= was.version, "a version went back");
                        } else {
                            replaced.insert(was.id.clone());
                            prop_assert!(!replaced.contains(&is.id), "a replaced stay returned");
                        }
                    }
                    prop_assert!(was.caller.is_none() || is.caller.is_some(), "a stay was lost");
                    // What was typed stays, except where it has done its work.
                    let is_error = matches!(
                        &message,
                        Message::CodeSent(_, Err(Trouble::Unreachable | Trouble::Broken))
                            | Message::Verified(_, Err(Trouble::Unreachable | Trouble::Broken))
                            | Message::LiveLost(_)
                            | Message::Viewing(_)
                            | Message::Woke
                    );
                    if is_error {
                        prop_assert_eq!(&was.verify.code, &is.verify.code);
                        prop_assert_eq!(&was.verify.number, &is.verify.number);
                    }
                }
                (Scene::Arriving(was), Scene::Arriving(is)) if before.visit == state.visit => {
                    let is_readers = matches!(
                        message,
                        Message::NameTyped(_)
                            | Message::PhoneTyped(_)
                            | Message::AnswerTyped(..)
                            | Message::ConsentGiven(_)
                            | Message::ClearDetailsPressed
                            | Message::SomeoneElsePressed
                    );
                    prop_assert!(is_readers || was.entry == is.entry, "what was typed was lost");
                    let asks = effects.iter().any(|effect| matches!(effect, Effect::Enter(..)));
                    prop_assert!(!(asks && was.is_entering), "asked twice at once");
                }
                _ => {}
            }
            // A wake-up lies ahead, or the state would never move on by itself.
            for effect in &effects {
                if let Effect::WakeIn(after) = effect {
                    prop_assert!(*after > 0);
                }
            }
        }
    }

    #[test]
    fn the_newest_update_wins_in_whatever_order_updates_come(
        updates in Just((1_i64..12).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let mut screening = Screening::new();
        screening.take(opened(Address::Wait(link("one"))));
        for version in updates {
            let number = u32::try_from(version).unwrap();
            screening.see(caller(version, waiting_at(number)));
        }
        let told = screening.staying().caller.clone().unwrap();
        prop_assert_eq!(told.version, 11);
        prop_assert_eq!(told.standing, waiting_at(11));
    }
}
