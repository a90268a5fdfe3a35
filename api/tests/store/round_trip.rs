//! Whatever the rules can make of a caller is read back as it was written.

use crate::home::{Home, World, at, bits, number, public_url};
use proptest::prelude::{Just, Strategy, any, prop};
use proptest::test_runner::{Config, RngSeed, TestRunner};
use standby::domain::arrive::{Arriving, arrive};
use standby::domain::caller::{Arrival, Caller};
use standby::domain::clinic::Clinic;
use standby::domain::decide::{Command, Decision, NewCode, SendCode, decide};
use standby::domain::delivery::{Progress, SmsFailure, SmsState};
use standby::domain::entry::{Answer, Name, Reason};
use standby::domain::event::Actor;
use standby::domain::id::{ApiClientId, CallerId, RecallId, RoomId, TeamMemberId, TextId};
use standby::domain::phone_number::PhoneNumber;
use standby::domain::secret::{CodeHash, SecureCode, Token, TokenKind};
use standby::domain::status::Status;
use standby::domain::time::{Span, Timestamp};
use standby::ports::store::{Entered, Entering, Outcome};
use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Mutex;

/// One thing that may happen, without the ids, which are made when it does.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    See(bool, bool),
    LoseContact,
    SendCode {
        to_another: bool,
    },
    Verify {
        is_right: bool,
    },
    Recall(u8),
    Cancel(Option<String>),
    Join(u8),
    Hold,
    Complete,
    Leave(Option<String>),
    Hear {
        of_recall: bool,
        state: SmsState,
        failure: Option<SmsFailure>,
    },
    Resume,
}

/// Whatever may happen, with reasons of this form.
pub(crate) fn steps(reasons: &'static str) -> impl Strategy<Value = Vec<(Step, i64)>> {
    use SmsState::{Delivered, Failed, Queued, Sending, Sent, Unknown};
    let states = prop::sample::select(vec![Queued, Sending, Unknown, Sent, Failed, Delivered]);
    let failures = prop::sample::select(vec![SmsFailure::Landline, SmsFailure::Other]);
    // Verification and presence come often: they lead to where the rest happens.
    let step = proptest::prop_oneof![
        4 => (any::<bool>(), any::<bool>()).prop_map(|(seen, by)| Step::See(seen, by)),
        1 => Just(Step::LoseContact),
        3 => prop::bool::weighted(0.2).prop_map(|to_another| Step::SendCode { to_another }),
        3 => prop::bool::weighted(0.8).prop_map(|is_right| Step::Verify { is_right }),
        3 => any::<u8>().prop_map(Step::Recall),
        1 => prop::option::of(reasons).prop_map(Step::Cancel),
        1 => any::<u8>().prop_map(Step::Join),
        1 => Just(Step::Hold),
        1 => Just(Step::Complete),
        1 => prop::option::of(reasons).prop_map(Step::Leave),
        3 => (any::<bool>(), states, prop::option::of(failures))
            .prop_map(|(of_recall, state, failure)| Step::Hear { of_recall, state, failure }),
        1 => Just(Step::Resume),
    ];
    let seconds = proptest::prop_oneof![3 => 0..40_i64, 1 => 60..700_i64];
    prop::collection::vec((step, seconds), 1..40)
}

fn by(which: u8) -> Actor {
    match which % 3 {
        0 => Actor::System,
        1 => Actor::TeamMember(TeamMemberId::new([which; 16])),
        _ => Actor::ApiClient(ApiClientId::new([which; 16])),
    }
}

/// The command of a step, for a caller as it stands.
fn command(step: &Step, caller: &Caller) -> Command {
    let hash = |code: &str| CodeHash(code.to_owned());
    match step {
        Step::See(is_viewing, by_recall) => Command::SeeViewing {
            is_viewing: *is_viewing,
            by_recall: caller
                .recall
                .as_ref()
                .filter(|_| *by_recall)
                .map(|it| it.id.clone()),
        },
        Step::LoseContact | Step::Resume => Command::LoseContact,
        Step::SendCode { to_another } => Command::SendCode(SendCode {
            number: to_another.then(|| PhoneNumber::from_stored("+61491570156".to_owned())),
            code: NewCode::Ours {
                code: SecureCode::from_number(1),
                hash: hash("right"),
            },
            text: TextId::new(bits()),
            at: public_url(),
            uses: Vec::new(),
        }),
        Step::Verify { is_right } => Command::VerifyPhone {
            typed: Some(hash(if *is_right { "right" } else { "wrong" })),
            uses: Vec::new(),
        },
        Step::Recall(which) => Command::Recall {
            by: by(*which),
            id: RecallId::new(bits()),
            text: TextId::new(bits()),
            token: Token::new(TokenKind::Caller, bits()),
            at: public_url(),
            takes_replies: false,
        },
        Step::Cancel(reason) => Command::Cancel {
            by: Actor::System,
            reason: reason.clone().map(Reason),
            text: TextId::new(bits()),
        },
        Step::Join(which) => Command::Join {
            by: by(*which),
            room: RoomId::new(bits()),
        },
        Step::Hold => Command::Hold { by: Actor::System },
        Step::Complete => Command::Complete { by: Actor::System },
        Step::Leave(reason) => Command::Leave {
            reason: reason.clone().map(Reason),
        },
        Step::Hear {
            of_recall,
            state,
            failure,
        } => {
            let recall = caller.recall.as_ref().map(|recall| recall.text.clone());
            let code = caller.phone().outstanding().map(|code| code.text.clone());
            let text = if *of_recall { recall } else { code };
            Command::HearOfText {
                text: text.unwrap_or_else(|| TextId::new(bits())),
                progress: Progress {
                    state: *state,
                    failure: *failure,
                },
            }
        }
    }
}

pub(crate) async fn arriving(world: &World, name: &str, phone: bool, answers: &[String]) -> Caller {
    let id = CallerId::new(bits());
    let arrive = |clinic: &Clinic, arrival: Arrival, _: &[_]| {
        let answer = |value: &String| Answer {
            key: "key".to_owned(),
            label: value.clone(),
            value: value.clone(),
        };
        let arriving = Arriving {
            id: id.clone(),
            name: Name::from_stored(name.to_owned()),
            phone: phone.then(number),
            answers: answers.iter().map(answer).collect(),
        };
        arrive(clinic, arriving, arrival, at(0))
    };
    let entering = Entering {
        clinic: &world.clinic.id,
        key: id.as_str(),
        input: "",
        token: &crate::home::hash(),
        subjects: &[],
        now: at(0),
        arrive: &arrive,
    };
    match world.store.enter(entering).await.unwrap() {
        Entered::New { placed, .. } => placed.caller,
        _ => panic!("not taken in"),
    }
}

/// Lets one thing happen; what the store then reads must be what the rules have made.
async fn happen(world: &World, before: Caller, step: &Step, now: Timestamp) -> Caller {
    let made: Mutex<Option<Caller>> = Mutex::default();
    let outcome = if matches!(step, Step::Resume) {
        let id = CallerId::new(bits());
        world.resume(&before.id, id, now).await
    } else {
        let command = command(step, &before);
        world
            .change(&before.id, None, now, &|loaded| {
                assert_eq!(*loaded.caller, before);
                let decision = decide(&before, command.clone(), &loaded.clinic.settings, now);
                if let Decision::Changed(changed) = &decision {
                    *made.lock().unwrap() = Some(changed.caller.clone());
                }
                decision.into()
            })
            .await
    };
    let (Outcome::Changed { placed, .. }
    | Outcome::Unchanged(placed)
    | Outcome::Refused(placed, _)) = outcome
    else {
        panic!("not found")
    };
    if let Some(made) = made.lock().unwrap().take() {
        assert_eq!(placed.caller, made);
    }
    let read = world.caller(&placed.caller.id).await.caller;
    assert_eq!(read, placed.caller);
    let screens = world.store.screens().await.unwrap();
    let restored = screens.iter().find(|of| of.caller == read.id);
    let viewing = (!read.status().is_final()).then(|| read.is_viewing());
    assert_eq!(restored.map(|of| of.was_viewing), viewing);
    read
}

/// Lets all of it happen, and answers with every status the caller had on the way.
pub(crate) async fn live_through(
    world: &World,
    mut caller: Caller,
    steps: &[(Step, i64)],
) -> Vec<Status> {
    let mut now = at(0);
    let mut met = Vec::new();
    for (step, seconds) in steps {
        now = now + Span::seconds(*seconds);
        caller = happen(world, caller, step, now).await;
        met.push(caller.status());
    }
    met
}

/// Stays that together have every status, whatever chance adds to them.
fn known_stays() -> [Vec<(Step, i64)>; 4] {
    use Step::{Cancel, Complete, Hear, Hold, Join, Leave, LoseContact, Recall, Resume, See};
    let verify = || (Step::Verify { is_right: true }, 5);
    let code = || (Step::SendCode { to_another: false }, 1);
    let failure = Some(SmsFailure::Landline);
    let failed = Hear {
        of_recall: true,
        state: SmsState::Failed,
        failure,
    };
    let gone = || (See(false, false), 1);
    let reason = || Some("“a reason”".to_owned());
    [
        vec![
            code(),
            verify(),
            gone(),
            (Recall(1), 1),
            (failed, 1),
            (See(true, true), 1),
            (Join(1), 1),
            gone(),
            (Hold, 1),
            (Join(2), 1),
            (Complete, 1),
        ],
        vec![
            gone(),
            code(),
            (LoseContact, 2000),
            (Resume, 1),
            (Leave(reason()), 1),
        ],
        vec![code(), verify(), gone(), (Cancel(reason()), 1)],
        vec![
            gone(),
            (LoseContact, 2000),
            (Resume, 1),
            gone(),
            (LoseContact, 2000),
        ],
    ]
}

/// So many cases, drawn by `PROPTEST_RNG_SEED` or by another seed each time. It is printed.
pub(crate) fn drawing(cases: u32) -> Config {
    let mut config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(RandomState::new().hash_one("a seed"));
    }
    println!("PROPTEST_RNG_SEED={}", config.rng_seed);
    config
}

pub(crate) async fn every_caller_the_rules_can_make_is_read_as_it_was_written(home: impl Home) {
    let world = World::new(&home).await;
    let mut met = HashSet::new();
    for steps in known_stays() {
        let caller = arriving(&world, "Zoë", true, &["1 May".to_owned()]).await;
        met.extend(live_through(&world, caller, &steps).await);
    }
    assert_eq!(met.len(), Status::ALL.len(), "only {met:?}");

    let runtime = tokio::runtime::Handle::current();
    // The runner is not a future: it waits on a thread of its own.
    let prove = move || {
        let answers = prop::collection::vec(".{0,20}", 0..3);
        let cases = (".{1,40}", any::<bool>(), answers, steps(".{1,40}"));
        TestRunner::new(drawing(48))
            .run(&cases, |(name, phone, answers, steps)| {
                runtime.block_on(async {
                    let caller = arriving(&world, &name, phone, &answers).await;
                    live_through(&world, caller, &steps).await;
                });
                Ok(())
            })
            .unwrap();
    };
    tokio::task::spawn_blocking(prove).await.unwrap();
}
