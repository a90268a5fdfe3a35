//! Every state and every command: a table in which no pair can be missing. A new command does not
//! compile without its row, a new state not without its column.

use crate::stay::{Outcome, Stay};
use Asked::{
    AllowTexts, Cancel, Complete, EnterAWrongCode, EnterTheCode, GiveAnAttemptBack, HearAReply,
    HearOfAnotherText, HearOfTheCodeText, HearThatTheCodeIsRight, Hold, Join, Leave, Look,
    LookAway, LoseContact, Recall, SendACode, StopTexts, TakeAnAttempt, VouchForTheNumber,
};
use Expected::{Counted, No, Noted, Same, To};
use Standing::{
    BeingSeen, BeingSeenAway, Cancelled, Completed, Left, LostContact, NotResponding, Offline,
    OnHold, OnHoldAway, Unverified, Verified,
};
use standby::domain::caller::{Caller, End, State, Waiting};
use standby::domain::decide::Command;
use standby::domain::delivery::{Progress, SmsState};
use standby::domain::id::TextId;
use standby::domain::refusal::Why;
use standby::domain::reply::Answer;
use standby::domain::time::Span;

/// Where a caller may stand: the states, told apart as far as a command is answered differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Waiting and looking, the number not verified.
    Unverified,
    /// The same, and not looking.
    NotResponding,
    /// Waiting, verified.
    Verified,
    Offline,
    BeingSeen,
    BeingSeenAway,
    OnHold,
    OnHoldAway,
    Completed,
    Cancelled,
    Left,
    LostContact,
}

impl Standing {
    /// In the order of the columns below.
    const ALL: [Self; 12] = [
        Unverified,
        NotResponding,
        Verified,
        Offline,
        BeingSeen,
        BeingSeenAway,
        OnHold,
        OnHoldAway,
        Completed,
        Cancelled,
        Left,
        LostContact,
    ];

    fn of(caller: &Caller) -> Self {
        match &caller.state {
            State::Waiting(Waiting::Unverified {
                not_responding_since: None,
                ..
            }) => Unverified,
            State::Waiting(Waiting::Unverified {
                not_responding_since: Some(_),
                ..
            }) => NotResponding,
            State::Waiting(Waiting::Verified(_)) => Verified,
            State::Offline(_) => Offline,
            State::BeingSeen(consultation) if consultation.is_viewing => BeingSeen,
            State::BeingSeen(_) => BeingSeenAway,
            State::OnHold(consultation) if consultation.is_viewing => OnHold,
            State::OnHold(_) => OnHoldAway,
            State::Ended(ended) => match ended.how {
                End::Completed { .. } => Completed,
                End::Cancelled { .. } => Cancelled,
                End::Left { .. } => Left,
                End::LostContact { .. } => LostContact,
            },
        }
    }

    /// A stay that stands here, with a code outstanding that was sent a minute ago.
    fn stay(self) -> Stay {
        let mut stay = match self {
            Unverified | NotResponding | LostContact => Stay::unverified(),
            Verified | Offline | BeingSeen | BeingSeenAway | OnHold | OnHoldAway | Completed
            | Cancelled | Left => Stay::verified(),
        };
        stay.asks_for_a_code();
        stay.waits(Span::minutes(1));
        match self {
            Unverified | Verified => {}
            NotResponding | Offline => {
                stay.looks_away();
            }
            BeingSeen => {
                stay.is_joined();
            }
            BeingSeenAway => {
                stay.is_joined();
                stay.looks_away();
            }
            OnHold => {
                stay.is_joined();
                stay.is_put_on_hold();
            }
            OnHoldAway => {
                stay.is_joined();
                stay.is_put_on_hold();
                stay.looks_away();
            }
            Completed => {
                stay.is_joined();
                stay.is_completed();
            }
            Cancelled => {
                stay.is_cancelled();
            }
            Left => {
                stay.leaves();
            }
            LostContact => {
                stay.looks_away();
                stay.waits(Span::hours(1));
                stay.may_be_lost();
            }
        }
        assert_eq!(Self::of(&stay.caller), self);
        stay
    }
}

/// What may be asked: the commands, told apart as far as they are answered differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Look,
    LookAway,
    /// An hour later: whatever grace there was is over.
    LoseContact,
    SendACode,
    EnterTheCode,
    EnterAWrongCode,
    Recall,
    Cancel,
    Join,
    Hold,
    Complete,
    Leave,
    HearOfTheCodeText,
    HearOfAnotherText,
    HearThatTheCodeIsRight,
    TakeAnAttempt,
    /// With every attempt left.
    GiveAnAttemptBack,
    VouchForTheNumber,
    /// Without a recall that could be answered.
    HearAReply,
    StopTexts,
    AllowTexts,
}

impl Asked {
    const ALL: [Self; 21] = [
        Look,
        LookAway,
        LoseContact,
        SendACode,
        EnterTheCode,
        EnterAWrongCode,
        Recall,
        Cancel,
        Join,
        Hold,
        Complete,
        Leave,
        HearOfTheCodeText,
        HearOfAnotherText,
        HearThatTheCodeIsRight,
        TakeAnAttempt,
        GiveAnAttemptBack,
        VouchForTheNumber,
        HearAReply,
        StopTexts,
        AllowTexts,
    ];

    fn of(stay: &mut Stay, asked: Self) -> Outcome {
        let outcome = match asked {
            Look => stay.looks(),
            LookAway => stay.looks_away(),
            LoseContact => {
                stay.waits(Span::hours(1));
                stay.may_be_lost()
            }
            SendACode => stay.asks_for_a_code(),
            EnterTheCode => {
                let code = stay.code_in_the_latest_text();
                stay.enters(&code)
            }
            EnterAWrongCode => stay.enters("999999"),
            Recall => stay.is_recalled(),
            Cancel => stay.is_cancelled(),
            Join => stay.is_joined(),
            Hold => stay.is_put_on_hold(),
            Complete => stay.is_completed(),
            Leave => stay.leaves(),
            HearOfTheCodeText => stay.news_of_the_latest_text(SmsState::Sent, None),
            HearOfAnotherText => {
                let progress = Progress {
                    state: SmsState::Sent,
                    failure: None,
                };
                stay.asks(Command::HearOfText {
                    text: TextId::new([0; 16]),
                    progress,
                })
            }
            HearThatTheCodeIsRight => {
                let code = stay.code_in_the_latest_text();
                stay.hears_of_the_code(&code, true)
            }
            TakeAnAttempt => stay.asks(Command::TakeAttempt { uses: Vec::new() }),
            GiveAnAttemptBack => stay.is_given_the_attempt_back(),
            VouchForTheNumber => stay.is_vouched_for(),
            HearAReply => stay.replies(Answer::Leaving),
            StopTexts => stay.asks(Command::StopTexts),
            AllowTexts => stay.asks(Command::AllowTexts),
        };
        assert!(rows(stay.asked.as_ref().unwrap()).contains(&asked));
        outcome
    }
}

/// The rows of each command of the domain: one that is new does not compile until it has its own.
const fn rows(command: &Command) -> &'static [Asked] {
    match command {
        Command::SeeViewing { .. } => &[Look, LookAway],
        Command::LoseContact => &[LoseContact],
        Command::SendCode(_) => &[SendACode],
        Command::VerifyPhone { .. } => &[EnterTheCode, EnterAWrongCode],
        Command::HearOfCode { .. } => &[HearThatTheCodeIsRight],
        Command::VouchForPhone { .. } => &[VouchForTheNumber],
        Command::TakeAttempt { .. } => &[TakeAnAttempt],
        Command::GiveAttemptBack { .. } => &[GiveAnAttemptBack],
        Command::HearReply { .. } => &[HearAReply],
        Command::StopTexts => &[StopTexts],
        Command::AllowTexts => &[AllowTexts],
        Command::Recall { .. } => &[Recall],
        Command::Cancel { .. } => &[Cancel],
        Command::Join { .. } => &[Join],
        Command::Hold { .. } => &[Hold],
        Command::Complete { .. } => &[Complete],
        Command::Leave { .. } => &[Leave],
        Command::HearOfText { .. } => &[HearOfTheCodeText, HearOfAnotherText],
    }
}

/// What a pair comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    /// A change, after which the caller stands there.
    To(Standing),
    /// A change that leaves the caller standing where they stood.
    Noted,
    /// So already: succeeds and changes nothing.
    Same,
    /// Refused, with the status as it is.
    No,
    /// Refused, and counted.
    Counted,
}

/// The product, pair by pair.
#[rustfmt::skip]
fn expected(asked: Asked) -> [Expected; Standing::ALL.len()] {
    match asked {
        // Waiting: Unverified, NotResponding, Verified; Offline
        // in the consultation: BeingSeen, BeingSeenAway, OnHold, OnHoldAway
        // final: Completed, Cancelled, Left, LostContact
        Look => [
            Same, To(Unverified), Same, To(Verified),
            Same, To(BeingSeen), Same, To(OnHold),
            Same, Same, Same, Same,
        ],
        LookAway => [
            To(NotResponding), Same, To(Offline), Same,
            To(BeingSeenAway), Same, To(OnHoldAway), Same,
            Same, Same, Same, Same,
        ],
        LoseContact => [
            Same, To(LostContact), Same, Same,
            Same, Same, Same, Same,
            Same, Same, Same, Same,
        ],
        SendACode => [
            Noted, Noted, Noted, Noted,
            No, No, No, No,
            No, No, No, No,
        ],
        EnterTheCode | HearThatTheCodeIsRight => [
            To(Verified), To(Offline), Noted, Noted,
            Noted, Noted, Noted, Noted,
            No, No, No, No,
        ],
        EnterAWrongCode => [
            Counted, Counted, Counted, Counted,
            Counted, Counted, Counted, Counted,
            No, No, No, No,
        ],
        Recall => [
            No, No, No, Noted,
            No, No, No, No,
            No, No, No, No,
        ],
        Cancel => [
            To(Cancelled), To(Cancelled), To(Cancelled), To(Cancelled),
            No, No, To(Cancelled), To(Cancelled),
            No, Same, No, No,
        ],
        Join => [
            To(BeingSeen), To(BeingSeenAway), To(BeingSeen), No,
            Same, Same, To(BeingSeen), To(BeingSeenAway),
            No, No, No, No,
        ],
        Hold => [
            No, No, No, No,
            To(OnHold), To(OnHoldAway), Same, Same,
            No, No, No, No,
        ],
        Complete => [
            No, No, No, No,
            To(Completed), To(Completed), No, No,
            Same, No, No, No,
        ],
        Leave => [
            To(Left), To(Left), To(Left), To(Left),
            To(Left), To(Left), To(Left), To(Left),
            No, No, Same, Same,
        ],
        HearOfTheCodeText | StopTexts => [
            Noted, Noted, Noted, Noted,
            Noted, Noted, Noted, Noted,
            Same, Same, Same, Same,
        ],
        TakeAnAttempt => [
            Noted, Noted, Noted, Noted,
            Noted, Noted, Noted, Noted,
            No, No, No, No,
        ],
        GiveAnAttemptBack | HearOfAnotherText | HearAReply | AllowTexts => [
            Same, Same, Same, Same,
            Same, Same, Same, Same,
            Same, Same, Same, Same,
        ],
        VouchForTheNumber => [
            To(Verified), To(Offline), Same, Same,
            Same, Same, Same, Same,
            No, No, No, No,
        ],
    }
}

#[test]
fn every_command_does_in_every_state_what_the_table_says() {
    for asked in Asked::ALL {
        for (standing, expected) in Standing::ALL.into_iter().zip(expected(asked)) {
            let pair = format!("{asked:?} while {standing:?}");
            let mut stay = standing.stay();
            let before = stay.caller.clone();
            let came_of_it = match Asked::of(&mut stay, asked) {
                Outcome::Changed(_) => match Standing::of(&stay.caller) {
                    after if after == standing => Noted,
                    after => To(after),
                },
                Outcome::Counted(_, Why::CodeRejected { attempts_left: 4 }) => Counted,
                Outcome::Unchanged => Same,
                Outcome::Refused(Why::WrongStatus { status }) => {
                    assert_eq!(status, before.status(), "{pair}: the status as it now is");
                    No
                }
                other => panic!("{pair}: {other:?}"),
            };
            assert_eq!(came_of_it, expected, "{pair}");
            if matches!(expected, Same | No) {
                assert_eq!(stay.caller, before, "{pair}: changes nothing");
            } else {
                assert_ne!(
                    Caller {
                        version: before.version,
                        ..stay.caller
                    },
                    before,
                    "{pair}"
                );
            }
        }
    }
}

#[test]
fn a_command_that_repeats_what_is_already_so_succeeds_and_changes_nothing() {
    for asked in Asked::ALL {
        for standing in Standing::ALL {
            let mut stay = standing.stay();
            let first = Asked::of(&mut stay, asked);
            // Each attempt is one of its own: what was entered is not even known yet.
            if !matches!(first, Outcome::Changed(_)) || asked == TakeAnAttempt {
                continue;
            }
            let (after_first, texts) = (stay.caller.clone(), stay.texts.len());
            let second = Asked::of(&mut stay, asked);
            let pair = format!("{asked:?} twice while {standing:?}");
            match asked {
                // A second code would be a second text: the person is told from when.
                SendACode => assert!(
                    matches!(second, Outcome::Refused(Why::RateLimited { .. })),
                    "{pair}: {second:?}"
                ),
                _ => assert_eq!(second, Outcome::Unchanged, "{pair}"),
            }
            assert_eq!(
                (&stay.caller, stay.texts.len()),
                (&after_first, texts),
                "{pair}"
            );
        }
    }
}

#[test]
fn final_is_final() {
    for standing in [Completed, Cancelled, Left, LostContact] {
        for asked in Asked::ALL {
            let mut stay = standing.stay();
            let (before, texts) = (stay.caller.clone(), stay.texts.len());
            Asked::of(&mut stay, asked);
            assert_eq!(
                (&stay.caller, stay.texts.len()),
                (&before, texts),
                "{asked:?} {standing:?}"
            );
        }
    }
}
