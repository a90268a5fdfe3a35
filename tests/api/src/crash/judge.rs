//! Whether a stay is as it must be, by what the phone got and what staff see.

use serde_json::Value;

use super::figures::{Figure, Findings};
use super::provider::{End, Got, LONGEST_LAG, Line, Purpose};
use super::stay::{Fact, Stay};

/// What staff see of a caller, as far as it is judged.
pub(super) const SEEN: &str = "id status arrivalNumber version phone { isVerified } end { how } \
    recall { id returnedAt sms { state failure } }";
/// How often a text that is turned away is tried, until it has failed: `TEXT_TRIES` of the server's limits.
const TRIES: usize = 6;

/// All that is known of one stay.
struct Case<'w> {
    stay: &'w Stay,
    caller: &'w Value,
    line: &'w Line,
    findings: &'w mut Findings,
}

/// Judges one stay; `is_far` says whether the provider may be of no help in finding a text.
pub(super) fn judge(
    stay: &Stay,
    caller: &Value,
    line: &Line,
    is_far: bool,
    findings: &mut Findings,
) {
    findings.count(Figure::Callers, 1);
    let mut case = Case {
        stay,
        caller,
        line,
        findings,
    };
    if caller.is_null() {
        return case.lost("a caller");
    }
    case.judge_stay();
    case.judge_resent();
    case.judge_code(is_far);
    case.judge_cancellation(is_far);
    case.judge_recall(is_far);
    case.count_cut_off();
}

impl Case<'_> {
    fn judge_stay(&mut self) {
        let (stay, caller) = (self.stay, self.caller);
        let is_right = match status(caller) {
            "OFFLINE" => true,
            // No crash makes anybody Waiting who is not looking.
            "WAITING" => stay.is(Fact::Looked) || !stay.is(Fact::Verified),
            "CANCELLED" => stay.is(Fact::CancelAsked),
            "LEFT" => !stay.is(Fact::Verified) && caller["end"]["how"] == "LOST_CONTACT",
            _ => false,
        };
        if !is_right {
            self.lost("a caller's place");
        }
        let arrival = stay.caller.as_ref().map(|caller| caller.arrival_number);
        if caller["arrivalNumber"].as_i64() != arrival {
            self.lost("a caller's order");
        }
        if stay.is(Fact::Verified) && caller["phone"]["isVerified"] != true {
            self.lost("a verified number");
        }
    }

    /// Sending again after a doubt is wrong whatever the phone got: that it got one text was luck.
    fn judge_resent(&mut self) {
        for purpose in [Purpose::Code, Purpose::Recall, Purpose::Cancellation] {
            if self.line.asked_again_blindly(purpose) > 0 {
                let sentence = self.sentence(&format!("{purpose:?}, asked for again blindly"));
                self.findings.resent.push(sentence);
            }
        }
    }

    fn judge_code(&mut self, is_far: bool) {
        let taken = self.line.taken(Purpose::Code);
        self.findings.count(Figure::CodesTaken, taken);
        if taken > 1 {
            self.twice("a code");
        }
        if taken > usize::from(self.stay.is(Fact::CodeAsked)) {
            self.wrong("a code that nobody asked for");
        }
        if !self.stay.is(Fact::CodePromised) {
            return;
        }
        self.findings.count(Figure::CodesPromised, 1);
        if taken > 0 || self.is_explained(Purpose::Code) {
            return;
        }
        // Withdrawn when its turn came too late: the number was verified otherwise, or the stay was over.
        let is_wanted = status(self.caller) != "LEFT" && !self.stay.is(Fact::Verified);
        let is_asked = self.line.asked(Purpose::Code).count() > 0;
        let last = self.line.asked(Purpose::Code).map(End::of).last();
        if is_wanted && is_far && last == Some(End::TurnedAway) {
            // The server died before it heard that, and is in doubt; the caller is shown so. Whoever runs this
            // sees to it that these are few.
            self.findings.count(Figure::CodesTurnedAwayUnheard, 1);
        } else if is_wanted && (is_asked || !is_far) {
            self.lost("a code that was promised");
        }
        if is_wanted && !is_asked {
            self.findings.count(Figure::CodesWithoutARequest, 1);
        } else if !is_wanted {
            self.findings.count(Figure::CodesPerhapsWithdrawn, 1);
        }
    }

    fn judge_cancellation(&mut self, is_far: bool) {
        let taken = self.line.taken(Purpose::Cancellation);
        self.findings
            .count(Figure::TextsOfCancellationsTaken, taken);
        if taken > 1 {
            self.twice("the text of a cancellation");
        }
        let is_cancelled = status(self.caller) == "CANCELLED";
        if taken > 0 && !is_cancelled {
            self.wrong("the text of a cancellation that is none");
        }
        // Cancelled while Offline: `textOnCancel` is on.
        if !is_cancelled || !self.stay.is(Fact::Verified) || self.stay.is(Fact::Looked) {
            return;
        }
        self.findings.count(Figure::CancellationsToBeToldOf, 1);
        if taken > 0 {
            return;
        }
        self.findings.count(Figure::CancellationsWithoutAText, 1);
        if !is_far {
            self.lost("the text of a cancellation");
        } else if !self.is_explained(Purpose::Cancellation) {
            self.findings
                .count(Figure::CancellationsWithoutARequestInDoubt, 1);
        }
    }

    /// Whether what Twilio was asked and answered is why a phone did not get a text of this purpose: it was
    /// refused, turned away until it failed, or is in doubt.
    fn is_explained(&self, purpose: Purpose) -> bool {
        self.has_failed(purpose) || self.line.ended(purpose, End::InDoubt) > 0
    }

    fn has_failed(&self, purpose: Purpose) -> bool {
        let is_refused =
            self.stay.is(Fact::NumberRefused) && self.line.ended(purpose, End::Refused) > 0;
        is_refused || self.line.ended(purpose, End::TurnedAway) >= TRIES
    }

    fn judge_recall(&mut self, is_far: bool) {
        let got = self.line.got.iter();
        let taken: Vec<&Got> = got.filter(|got| got.is(Purpose::Recall)).collect();
        if taken.len() > 1 {
            self.twice("a recall");
            let died = usize::from(self.line.cut_off(Purpose::Recall).any(|is_taken| is_taken));
            self.findings
                .count(Figure::RecallsSentTwiceWhereTheServerDiedOrLeft, died);
        }
        if self.stay.is(Fact::RecallAsked) {
            self.findings.count(Figure::RecallsAskedFor, 1);
        }
        self.findings
            .count(Figure::TextsOfRecallsTaken, taken.len());
        let recall = &self.caller["recall"];
        if recall.is_null() {
            if !self.stay.recalls.is_empty() {
                self.lost("a recall that was answered with success");
            }
            if !taken.is_empty() {
                self.wrong("a text of a recall that was never committed");
            }
            let not_committed = usize::from(self.stay.is(Fact::RecallAsked));
            return self
                .findings
                .count(Figure::RecallsNotCommitted, not_committed);
        }
        self.findings.count(Figure::RecallsCommitted, 1);
        let id = recall["id"].as_str().unwrap_or_default();
        if self.stay.recalls.iter().any(|answered| answered != id) {
            self.wrong("more than one recall of clicks at the same time");
        }
        let state = recall["sms"]["state"].as_str().unwrap_or_default();
        match taken.first() {
            None => self.judge_not_taken(state, is_far),
            Some(got) => self.judge_taken(got, state),
        }
    }

    /// A recall that no phone got: staff have to see that, unless it was not wanted any more.
    fn judge_not_taken(&mut self, state: &str, is_far: bool) {
        let has_returned = !self.caller["recall"]["returnedAt"].is_null();
        let is_wanted = status(self.caller) == "OFFLINE" && !has_returned;
        match state {
            "FAILED" if self.has_failed(Purpose::Recall) => {
                self.findings.count(Figure::ShownAsFailed, 1);
            }
            "FAILED" => self.lost("a recall that failed for no reason"),
            "UNKNOWN" if is_far => {
                self.findings.count(Figure::ShownAsUnknownAndNotTaken, 1);
                if self.line.ended(Purpose::Recall, End::InDoubt) == 0 {
                    self.findings
                        .count(Figure::RecallsWithoutARequestInDoubt, 1);
                }
            }
            "QUEUED" | "SENDING" if !is_wanted => self.findings.count(Figure::Withdrawn, 1),
            "QUEUED" | "SENDING" => self.lost("a recall that waits for ever"),
            "SENT" | "DELIVERED" => self.lost("a recall that staff think was sent"),
            _ => self.wrong("a recall that should have been sent"),
        }
    }

    /// A recall that a phone got: staff must not see anything else, once the server could know.
    fn judge_taken(&mut self, got: &Got, state: &str) {
        // What is heard of texts changes nothing of a stay that is over.
        if !matches!(status(self.caller), "WAITING" | "OFFLINE") {
            return self.findings.count(Figure::StaysEndedMeanwhile, 1);
        }
        let is_over = matches!(got.status.as_str(), "delivered" | "undelivered");
        let is_right = match state {
            "DELIVERED" => got.status == "delivered",
            // Also where all news of it was lost: the last server has asked how far it is.
            "SENT" => !is_over,
            "FAILED" => got.status == "undelivered",
            "UNKNOWN" => got.told.is_empty() && !self.was_found(got),
            _ => false,
        };
        if !is_right {
            return self.wrong("a text of a recall whose state is not what happened to it");
        }
        let shown = match state {
            "DELIVERED" | "SENT" => Figure::ShownAsSentOrDelivered,
            "FAILED" => Figure::ShownAsFailed,
            _ => Figure::ShownAsUnknownAndTaken,
        };
        self.findings.count(shown, 1);
    }

    /// Whether the last look into the list of messages has found it.
    fn was_found(&self, got: &Got) -> bool {
        let requests = &self.line.requests;
        let look = requests.iter().rfind(|request| request.api == "list");
        let lag = i64::try_from(LONGEST_LAG).expect("some seconds");
        look.is_some_and(|look| {
            let answered = look.answered.as_ref();
            let is_whole = answered
                .is_some_and(|answered| answered.how == "answered" && answered.status == Some(200));
            is_whole && look.at >= got.at + lag
        })
    }

    fn count_cut_off(&mut self) {
        let cut_off: Vec<bool> = self.line.cut_off(Purpose::Recall).collect();
        let taken = cut_off.iter().filter(|is_taken| **is_taken).count();
        self.findings
            .count(Figure::HandedOverWhenTheServerDiedOrLeft, cut_off.len());
        self.findings
            .count(Figure::TakenWhenTheServerDiedOrLeft, taken);
    }

    fn lost(&mut self, what: &str) {
        let sentence = self.sentence(what);
        self.findings.lost.push(sentence);
    }

    fn twice(&mut self, what: &str) {
        let sentence = self.sentence(what);
        self.findings.twice.push(sentence);
    }

    fn wrong(&mut self, what: &str) {
        let sentence = self.sentence(what);
        self.findings.wrong.push(sentence);
    }

    /// What is the matter, and all that is known of it.
    fn sentence(&self, what: &str) -> String {
        let stay = self.stay;
        let got: Vec<String> = self
            .line
            .got
            .iter()
            .map(|got| format!("{} at {} told {:?}", got.status, got.at, got.told))
            .collect();
        let requests: Vec<String> = self
            .line
            .requests
            .iter()
            .map(|request| {
                let fault = request.fault.as_deref().unwrap_or("no fault");
                let end = request.answered.as_ref();
                let end = end.map_or("not answered".to_owned(), |end| {
                    format!("{} {:?} after {} ms", end.how, end.status, end.milliseconds)
                });
                let what = request.params.get("Body").map(|body| Purpose::of(body));
                format!("{} {what:?} at {}: {fault}, {end}", request.api, request.at)
            })
            .collect();
        format!(
            "{what}: {}; recalls answered {:?}, cancel asked {}, number refused {}; staff see {}; \
             the phone got {got:?}; asked of Twilio {requests:?}",
            stay.number,
            stay.recalls,
            stay.is(Fact::CancelAsked),
            stay.is(Fact::NumberRefused),
            self.caller
        )
    }
}

pub(super) fn status(caller: &Value) -> &str {
    caller["status"].as_str().unwrap_or_default()
}
