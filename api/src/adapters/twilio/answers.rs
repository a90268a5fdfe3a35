//! What Twilio's codes and words mean in ours. Used for what it answers at once and for what it reports
//! later.

use crate::domain::delivery::{Progress, SmsFailure, SmsState};

/// Why a text failed, by one of Twilio's codes. Each is explained at
/// `https://www.twilio.com/docs/api/errors/<code>`.
#[must_use]
pub fn failure_of(code: i64) -> SmsFailure {
    known_failure_of(code).unwrap_or(SmsFailure::Other)
}

/// The same, `None` for a code that is not in the table.
pub(super) fn known_failure_of(code: i64) -> Option<SmsFailure> {
    Some(match code {
        // Invalid 'To' number; cannot be reached; does not appear to be valid; unknown destination
        // handset; Verify: invalid parameter, of which the number is the only one that varies.
        21211 | 21214 | 21217 | 30005 | 60200 => SmsFailure::InvalidNumber,
        // Not a mobile number ("likely a landline"); cannot be a landline; landline or unreachable
        // carrier; Verify: SMS is not supported by a landline.
        21614 | 21635 | 30006 | 60205 => SmsFailure::Landline,
        // Unreachable destination handset: off, or without service.
        30003 => SmsFailure::Unreachable,
        // Attempt to send to a recipient who has unsubscribed.
        21610 => SmsFailure::OptedOut,
        // Region not permitted; 'To' and 'From' cannot be connected; a trial account and an unverified
        // number; message blocked; filtered; validity period expired in the queue; Verify: too many
        // tries, too many sends, Fraud Guard, region blocked. The Verify limits come as 429 but last for
        // minutes, longer than a text is tried.
        21408 | 21608 | 21612 | 30004 | 30007 | 30036 | 60202 | 60203 | 60410 | 60605 => {
            SmsFailure::Blocked
        }
        // What is wrong is this server's set-up or account: authentication; account not active; a
        // StatusCallback that is no address; a 'From' that cannot send, is not a sender or is another
        // account's; a messaging service without senders; account suspended.
        20003 | 20005 | 21606 | 21609 | 21659 | 21660 | 21703 | 30002 => {
            SmsFailure::ProviderUnavailable
        }
        _ => return None,
    })
}

/// How far a message is, by Twilio's word for it and its code; `None` for a word that says nothing about
/// a text of ours. The words are those of `message_enum_status` in Twilio's description of its API.
#[must_use]
pub fn progress_of(status: &str, code: Option<i64>) -> Option<Progress> {
    let state = match status {
        // Taken by Twilio, whether or not a carrier has it yet.
        "accepted" | "scheduled" | "queued" | "sending" | "sent" => SmsState::Sent,
        "delivered" | "read" => SmsState::Delivered,
        "undelivered" | "failed" | "canceled" => SmsState::Failed,
        // "receiving" and "received" are of texts to us; "partially_delivered" is of none of ours.
        _ => return None,
    };
    let failure = (state == SmsState::Failed).then(|| code.map_or(SmsFailure::Other, failure_of));
    Some(Progress { state, failure })
}
