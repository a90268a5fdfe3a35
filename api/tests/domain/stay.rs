//! One caller's stay, told step by step: who does what, when, and what comes of it.

use standby::domain::arrive::{Arriving, Resumed, arrive, resume};
use standby::domain::caller::{Arrival, Caller};
use standby::domain::clinic::{Clinic, RoomUrlTemplate, Settings, Slug};
use standby::domain::decide::{Command, Decision, NewCode, SendCode, decide};
use standby::domain::delivery::{Progress, SmsFailure, SmsState};
use standby::domain::entry::Name;
use standby::domain::event::{Actor, What};
use standby::domain::id::{CallerId, ClinicId, RecallId, RoomId, TeamMemberId, TextId};
use standby::domain::limits::Use;
use standby::domain::phone_number::{Country, PhoneNumber};
use standby::domain::refusal::{Refusal, Why};
use standby::domain::reply::Answer;
use standby::domain::secret::{CodeHash, SecureCode, Token, TokenKind};
use standby::domain::status::Status;
use standby::domain::text::{PublicUrl, Text, TextPurpose};
use standby::domain::time::{Span, Timestamp};

/// When every story begins.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);
/// A mobile number, another one, and a landline. All three are set aside for use in fiction.
pub(crate) const MOBILE: &str = "+61491570006";
pub(crate) const OTHER_MOBILE: &str = "+61491570156";
pub(crate) const LANDLINE: &str = "+61255500000";

/// What came of something that was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Changed(What),
    Unchanged,
    Refused(Why),
    /// Refused, and the refusal itself changed something.
    Counted(What, Why),
}

/// A stay as it goes on.
#[derive(Clone, Debug)]
pub(crate) struct Stay {
    pub(crate) clinic: Clinic,
    pub(crate) caller: Caller,
    pub(crate) now: Timestamp,
    /// All that was sent, oldest first.
    pub(crate) texts: Vec<Text>,
    /// What was asked last.
    pub(crate) asked: Option<Command>,
    made: u8,
}

pub(crate) fn clinic() -> Clinic {
    let template =
        RoomUrlTemplate::parse("https://video.example/{room}", "roomUrlTemplate").unwrap();
    Clinic {
        id: ClinicId::new([1; 16]),
        slug: Slug::parse("demo").unwrap(),
        name: "Demo".to_owned(),
        version: 0,
        settings: Settings::new(Country::parse("AU").unwrap(), template),
    }
}

pub(crate) fn number(e164: &str) -> PhoneNumber {
    PhoneNumber::from_stored(e164.to_owned())
}

pub(crate) fn hash(code: &str) -> CodeHash {
    CodeHash(format!("the keyed hash of {code}"))
}

pub(crate) fn staff() -> Actor {
    Actor::TeamMember(TeamMemberId::new([3; 16]))
}

pub(crate) fn public_url() -> PublicUrl {
    PublicUrl::parse("https://standby.example").unwrap()
}

pub(crate) fn someone(id: u8, phone: Option<&str>) -> Arriving {
    Arriving {
        id: CallerId::new([id; 16]),
        name: Name::parse("Ada", "name").unwrap(),
        phone: phone.map(number),
        answers: Vec::new(),
    }
}

/// How a stay comes to stand somewhere.
impl Stay {
    /// Arrived with a mobile number that is not verified yet, and looking.
    pub(crate) fn unverified() -> Self {
        Self::arriving_at(clinic(), Some(MOBILE))
    }

    pub(crate) fn arriving_at(clinic: Clinic, phone: Option<&str>) -> Self {
        let arrived = arrive(&clinic, someone(9, phone), Arrival(1), START).unwrap();
        Self {
            clinic,
            caller: arrived.caller,
            now: START,
            texts: Vec::new(),
            asked: None,
            made: 10,
        }
    }

    /// Verified, and looking.
    pub(crate) fn verified() -> Self {
        let mut stay = Self::unverified();
        stay.verifies();
        stay
    }

    /// Verified, and away.
    pub(crate) fn offline() -> Self {
        let mut stay = Self::verified();
        stay.looks_away();
        assert_eq!(stay.status(), Status::Offline);
        stay
    }

    pub(crate) fn being_seen() -> Self {
        let mut stay = Self::verified();
        stay.is_joined();
        stay
    }

    /// Unverified, and not seen for so long that contact is lost.
    pub(crate) fn lost() -> Self {
        let mut stay = Self::unverified();
        stay.looks_away();
        stay.waits(Span::hours(1));
        stay.may_be_lost();
        assert_eq!(stay.status(), Status::Left);
        stay
    }

    pub(crate) fn with_settings(mut self, edit: impl FnOnce(&mut Settings)) -> Self {
        edit(&mut self.clinic.settings);
        self
    }
}

/// What is asked.
impl Stay {
    /// Asks, and holds what is true of whatever is asked: a change counts, and nothing else does.
    pub(crate) fn asks(&mut self, command: Command) -> Outcome {
        self.asked = Some(command.clone());
        match decide(&self.caller, command, &self.clinic.settings, self.now) {
            Decision::Unchanged => Outcome::Unchanged,
            Decision::Refused(refusal) => Outcome::Refused(refusal.why),
            Decision::Changed(changed) => {
                let next = changed.caller;
                assert_eq!(
                    next.version,
                    self.caller.version + 1,
                    "a change counts once"
                );
                assert_eq!(next.id, self.caller.id);
                assert_eq!(
                    next.arrival, self.caller.arrival,
                    "nothing changes the place"
                );
                assert_eq!(next.arrived_at, self.caller.arrived_at);
                if next.status() == self.caller.status() {
                    assert_eq!(next.status_since, self.caller.status_since);
                } else {
                    assert_eq!(next.status_since, self.now);
                }
                self.caller = next;
                self.texts.extend(changed.texts);
                match changed.refusal {
                    None => Outcome::Changed(changed.event.what),
                    Some(refusal) => Outcome::Counted(changed.event.what, refusal.why),
                }
            }
        }
    }

    pub(crate) fn waits(&mut self, span: Span) {
        self.now = self.now + span;
    }

    pub(crate) fn looks(&mut self) -> Outcome {
        self.asks(Command::SeeViewing {
            is_viewing: true,
            by_recall: None,
        })
    }

    pub(crate) fn looks_by_the_link_of_the_recall(&mut self) -> Outcome {
        let by_recall = self.caller.recall.as_ref().map(|recall| recall.id.clone());
        self.asks(Command::SeeViewing {
            is_viewing: true,
            by_recall,
        })
    }

    pub(crate) fn looks_away(&mut self) -> Outcome {
        self.asks(Command::SeeViewing {
            is_viewing: false,
            by_recall: None,
        })
    }

    /// The clock comes round to see whether contact is lost.
    pub(crate) fn may_be_lost(&mut self) -> Outcome {
        self.asks(Command::LoseContact)
    }

    pub(crate) fn asks_for_a_code(&mut self) -> Outcome {
        self.asks_for_a_code_to(None, Vec::new())
    }

    pub(crate) fn asks_for_a_code_to(&mut self, e164: Option<&str>, uses: Vec<Use>) -> Outcome {
        let bits = self.fresh();
        let code = SecureCode::from_number(u32::from(bits[0]) * 1111);
        let hash = hash(code.reveal());
        let (number, text) = (e164.map(number), TextId::new(bits));
        self.asks(Command::SendCode(SendCode {
            number,
            code: NewCode::Ours { code, hash },
            text,
            at: public_url(),
            uses,
        }))
    }

    pub(crate) fn enters(&mut self, code: &str) -> Outcome {
        let typed = SecureCode::parse(code).map(|code| hash(code.reveal()));
        self.asks(Command::VerifyPhone {
            typed,
            uses: Vec::new(),
        })
    }

    /// Asks for a code that the provider makes.
    pub(crate) fn asks_the_provider_for_a_code(&mut self) -> Outcome {
        let text = TextId::new(self.fresh());
        self.asks(Command::SendCode(SendCode {
            number: None,
            code: NewCode::Providers,
            text,
            at: public_url(),
            uses: Vec::new(),
        }))
    }

    /// Enters something that the provider has to look at.
    pub(crate) fn has_an_attempt_taken(&mut self) -> Outcome {
        self.asks(Command::TakeAttempt { uses: Vec::new() })
    }

    /// The provider has looked at what was entered for the latest code.
    pub(crate) fn hears_of_the_code(&mut self, typed: &str, is_right: bool) -> Outcome {
        let text = self.texts.last().unwrap().id.clone();
        self.asks(Command::HearOfCode {
            text,
            typed: hash(typed),
            is_right,
        })
    }

    /// Nobody has looked at what was entered for the latest code.
    pub(crate) fn is_given_the_attempt_back(&mut self) -> Outcome {
        let text = self.texts.last().unwrap().id.clone();
        self.asks(Command::GiveAttemptBack { text })
    }

    /// Staff have phoned the number that is shown; one that nobody has where none is.
    pub(crate) fn is_vouched_for(&mut self) -> Outcome {
        let phone = self.caller.phone();
        let shown = phone.number().map(|shown| shown.reveal().to_owned());
        self.is_vouched_for_at(shown.as_deref().unwrap_or(MOBILE))
    }

    /// Staff have phoned this number.
    pub(crate) fn is_vouched_for_at(&mut self, e164: &str) -> Outcome {
        self.asks(Command::VouchForPhone {
            by: staff(),
            number: number(e164),
        })
    }

    /// Asks for a code and enters it.
    pub(crate) fn verifies(&mut self) {
        assert_eq!(self.asks_for_a_code(), Outcome::Changed(What::CodeSent));
        let code = self.code_in_the_latest_text();
        assert_eq!(self.enters(&code), Outcome::Changed(What::PhoneVerified));
    }

    pub(crate) fn leaves(&mut self) -> Outcome {
        self.asks(Command::Leave { reason: None })
    }

    pub(crate) fn is_recalled(&mut self) -> Outcome {
        let bits = self.fresh();
        self.asks(Command::Recall {
            by: staff(),
            id: RecallId::new(bits),
            text: TextId::new(bits),
            token: Token::new(TokenKind::Caller, bits),
            at: public_url(),
            takes_replies: false,
        })
    }

    /// Answers the recall's text.
    pub(crate) fn replies(&mut self, answer: Answer) -> Outcome {
        self.asks(Command::HearReply { answer })
    }

    pub(crate) fn is_cancelled(&mut self) -> Outcome {
        let text = TextId::new(self.fresh());
        self.asks(Command::Cancel {
            by: staff(),
            reason: None,
            text,
        })
    }

    pub(crate) fn is_joined(&mut self) -> Outcome {
        let room = RoomId::new(self.fresh());
        self.asks(Command::Join { by: staff(), room })
    }

    pub(crate) fn is_put_on_hold(&mut self) -> Outcome {
        self.asks(Command::Hold { by: staff() })
    }

    pub(crate) fn is_completed(&mut self) -> Outcome {
        self.asks(Command::Complete { by: staff() })
    }

    /// News comes in of the text sent last.
    pub(crate) fn news_of_the_latest_text(
        &mut self,
        state: SmsState,
        failure: Option<SmsFailure>,
    ) -> Outcome {
        let text = self.texts.last().unwrap().id.clone();
        self.asks(Command::HearOfText {
            text,
            progress: Progress { state, failure },
        })
    }

    /// Takes the place back: this stay as it is then, and the new one in its place.
    pub(crate) fn resumes(&self) -> Result<(Self, Self), Refusal> {
        let id = CallerId::new([self.made; 16]);
        let Resumed { lost, resumed } = resume(&self.clinic, &self.caller, id, self.now)?;
        let lost = Self {
            caller: lost,
            made: self.made + 1,
            ..self.clone()
        };
        let resumed = Self {
            caller: resumed.caller,
            ..lost.clone()
        };
        Ok((lost, resumed))
    }
}

/// How it stands.
impl Stay {
    pub(crate) fn status(&self) -> Status {
        self.caller.status()
    }

    /// The number that is verified.
    pub(crate) fn proven(&self) -> Option<PhoneNumber> {
        self.caller
            .phone()
            .verified()
            .map(|phone| phone.number.clone())
    }

    pub(crate) fn attempts_left(&self) -> Option<u8> {
        self.caller
            .phone()
            .outstanding()
            .map(|code| code.attempts_left)
    }

    /// The six digits a text begins with, as the one who holds the phone reads them.
    pub(crate) fn code_in_the_latest_text(&self) -> String {
        let text = self.texts.last().unwrap();
        assert_eq!(text.purpose, TextPurpose::Code);
        text.words.ours().unwrap().0[..6].to_owned()
    }

    pub(crate) fn texts_for(&self, purpose: TextPurpose) -> usize {
        self.texts
            .iter()
            .filter(|text| text.purpose == purpose)
            .count()
    }

    /// Whether a text should still go out.
    pub(crate) fn still_wants(&self, text: &Text) -> bool {
        self.caller.still_wants(&text.id, text.purpose, self.now)
    }

    pub(crate) fn still_wants_the_latest_text(&self) -> bool {
        self.still_wants(self.texts.last().unwrap())
    }

    fn fresh(&mut self) -> [u8; 16] {
        self.made += 1;
        [self.made; 16]
    }
}
