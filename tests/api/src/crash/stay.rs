//! One caller's stay, with all that was asked for and answered.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{Asker, Staff};

/// Where a stay stands as far as its caller and staff were told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Asked to come in, and not heard whether it was so.
    AtTheDoor,
    /// In, with a number that is not verified.
    Unverified,
    /// The same, and has asked for a code.
    AwaitsCode,
    /// Offline, and never recalled.
    Away,
    /// Was recalled, or whatever else can be done once.
    Done,
}

/// Once in.
#[derive(Clone)]
pub(super) struct In {
    pub(super) id: String,
    pub(super) arrival_number: i64,
    pub(super) token: String,
}

/// One caller's stay. Every number is one caller's alone.
pub(super) struct Stay {
    pub(super) number: String,
    pub(super) standing: Standing,
    pub(super) caller: Option<In>,
    /// The recalls that were answered with success.
    pub(super) recalls: BTreeSet<String>,
    facts: BTreeSet<Fact>,
    counter: i64,
}

/// Something that is known of a stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fact {
    /// The number was verified, by an answer.
    Verified,
    /// The caller may have looked since.
    Looked,
    RecallAsked,
    CancelAsked,
    CodeAsked,
    /// A code was asked for, and the answer was that it comes.
    CodePromised,
    /// The number takes no texts.
    NumberRefused,
}

/// What is done to a server that is about to die.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    /// Somebody comes in.
    Arrive,
    /// A caller asks for a code.
    AskForCode,
    /// Staff recall, with so many clicks at once.
    Recall(u8),
    /// Staff recall while the caller comes back.
    RecallAndReturn,
    /// Staff recall, and then cancel.
    RecallAndCancel,
}

/// What came of a deed.
#[derive(Default)]
pub(super) struct Done {
    pub(super) caller: Option<In>,
    pub(super) recalls: BTreeSet<String>,
    pub(super) is_code_promised: bool,
}

impl Stay {
    pub(super) fn new(number: String) -> Self {
        Self {
            number,
            standing: Standing::AtTheDoor,
            caller: None,
            recalls: BTreeSet::new(),
            facts: BTreeSet::new(),
            counter: 0,
        }
    }

    pub(super) fn id(&self) -> Option<&str> {
        self.caller.as_ref().map(|caller| caller.id.as_str())
    }

    pub(super) fn is(&self, fact: Fact) -> bool {
        self.facts.contains(&fact)
    }

    pub(super) fn note(&mut self, fact: Fact) {
        self.facts.insert(fact);
    }

    /// The counter of the next report of the caller's one screen.
    pub(super) fn count(&mut self) -> i64 {
        self.counter += 1;
        self.counter
    }

    /// Notes that a deed is about to be done: from here on it may have been.
    pub(super) fn begin(&mut self, deed: Deed) {
        match deed {
            Deed::Arrive => {}
            Deed::AskForCode => {
                self.note(Fact::CodeAsked);
                self.standing = Standing::AwaitsCode;
            }
            Deed::Recall(_) | Deed::RecallAndReturn | Deed::RecallAndCancel => {
                self.note(Fact::RecallAsked);
                match deed {
                    Deed::RecallAndReturn => self.note(Fact::Looked),
                    Deed::RecallAndCancel => self.note(Fact::CancelAsked),
                    _ => {}
                }
                self.standing = Standing::Done;
            }
        }
    }

    /// Notes what came of it.
    pub(super) fn end(&mut self, done: Done) {
        self.recalls.extend(done.recalls);
        if done.is_code_promised {
            self.note(Fact::CodePromised);
        }
        if let Some(caller) = done.caller {
            self.caller = Some(caller);
            self.standing = Standing::Unverified;
        }
    }
}

/// The name of the caller with this number, which stands nowhere else.
pub(super) fn name_of(number: &str) -> String {
    format!("Caller {}", number.trim_start_matches('+'))
}

/// Comes in; the same again is the same caller.
pub(super) async fn arrive(anonymous: &Asker, number: &str) -> Option<In> {
    let input = json!({
        "clinicSlug": "demo",
        "name": name_of(number),
        "phone": number,
        "idempotencyKey": number,
    });
    let selection = "token caller { id arrivalNumber }";
    let entered = anonymous
        .try_mutate("enterWaitingArea", input, selection)
        .await?;
    assert_eq!(entered["userErrors"], json!([]), "nobody may be kept out");
    Some(In {
        id: entered["caller"]["id"].as_str()?.to_owned(),
        arrival_number: entered["caller"]["arrivalNumber"].as_i64()?,
        token: entered["token"].as_str()?.to_owned(),
    })
}

/// Reports what the caller's one screen shows; whether an answer came.
pub(super) async fn report(caller: &Asker, counter: i64, state: &str) -> bool {
    let input = json!({ "deviceId": "phone", "counter": counter, "state": state });
    let reported = caller.try_mutate("reportPresence", input, "").await;
    reported.is_some()
}

/// Does a deed to a server that may die meanwhile. `counter` is for a report, if it comes to one.
pub(super) async fn act(
    staff: &Staff,
    anonymous: &Asker,
    deed: Deed,
    (number, caller): (&str, Option<&In>),
    counter: i64,
) -> Done {
    let Some(caller) = caller else {
        return Done {
            caller: arrive(anonymous, number).await,
            ..Done::default()
        };
    };
    let own = anonymous.with_token(&caller.token);
    let clicks = match deed {
        Deed::Arrive => return Done::default(),
        Deed::AskForCode => {
            let payload = own.try_mutate("sendVerificationCode", json!({}), "").await;
            return Done {
                is_code_promised: is_accepted(payload.as_ref()),
                ..Done::default()
            };
        }
        Deed::Recall(clicks) => clicks,
        Deed::RecallAndReturn | Deed::RecallAndCancel => 1,
    };
    let recalls = futures_util::future::join_all((0..clicks).map(|_| recall(staff, &caller.id)));
    let recalls = match deed {
        Deed::RecallAndReturn => {
            let back = report(&own, counter, "FOREGROUND");
            futures_util::future::join(recalls, back).await.0
        }
        _ => recalls.await,
    };
    if deed == Deed::RecallAndCancel {
        let input = json!({ "callerId": caller.id });
        let _ = staff.asker.try_mutate("cancelCaller", input, "").await;
    }
    Done {
        recalls: recalls.into_iter().flatten().collect(),
        ..Done::default()
    }
}

/// Whether a mutation was answered, and refused nothing.
pub(super) fn is_accepted(payload: Option<&Value>) -> bool {
    payload.is_some_and(|payload| payload["userErrors"] == json!([]))
}

/// Asks for a recall; its id when it was answered with success.
async fn recall(staff: &Staff, caller: &str) -> Option<String> {
    let input = json!({ "callerId": caller });
    let payload = staff
        .asker
        .try_mutate("recallCaller", input, "recall { id }")
        .await?;
    match &payload["recall"]["id"] {
        Value::String(id) => Some(id.clone()),
        _ => None,
    }
}
