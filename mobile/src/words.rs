//! Every text of the wait screen, in one place: screens name what they say, and the words for it are
//! here. Plain words, short sentences, what may be done first.

#![allow(missing_docs, reason = "a text says itself what it says")]

use crate::stay::{Delivery, DeliveryFailure, Moment, Place};
use crate::waiting::{Problem, Screen, TOLD_BY_THE_MINUTE, Unwatched};

/// The heading of a screen. The arrival screens are headed by the clinic's own name.
pub fn heading(screen: Screen) -> &'static str {
    match screen {
        Screen::Opening => "One moment",
        Screen::Unreachable => "We cannot reach the waiting area",
        Screen::ClinicUnknown => "We cannot find this clinic",
        Screen::ClinicClosed => "The waiting area is closed",
        Screen::AlreadyWaiting => "You are already waiting here",
        Screen::PlaceAtRisk => "Before someone else arrives",
        Screen::Arriving => "Join the waiting area",
        Screen::Waiting => "You are waiting",
        Screen::WelcomeBack => "Welcome back",
        Screen::ComingBack => "Bringing you back",
        Screen::ReadyToJoin => "Ready to join",
        Screen::OnHold => "You are on hold",
        Screen::Completed => "Your consultation has ended",
        Screen::Cancelled => "The clinic has ended your wait",
        Screen::Left => "You have left the waiting area",
        Screen::TakingBack => "Taking your place back",
        Screen::LostContact => "We lost contact with you",
        Screen::LinkBroken => "This link does not work",
    }
}

/// What the tab is called: the status first, for those who look at it among others.
pub fn title(screen: Screen, clinic: Option<&str>) -> String {
    match clinic {
        Some(clinic) => format!("{} · {clinic}", heading(screen)),
        None => heading(screen).to_owned(),
    }
}

pub const OPENING: &str = "Opening the waiting area.";
pub const UNREACHABLE: &str = "This phone may be offline, or the network slow. We keep trying.";
pub const UNREACHABLE_PLACE: &str = "If you already have a place in the queue, it is kept.";
pub const TRY_AGAIN: &str = "Try again";
pub const CLINIC_UNKNOWN: &str = "The link may be old or cut short. Open it again from the clinic’s message or website, or phone the clinic.";
pub const CLINIC_CLOSED: &str =
    "Nobody can come in right now. This page opens by itself when the clinic does.";
pub const CLINIC_CLOSED_URGENT: &str =
    "If you need care now, phone the clinic. In an emergency, phone the emergency number.";
pub const CHECK_AGAIN: &str = "Check again";

pub const ALREADY_WAITING: &str =
    "You came in earlier from this device, and your place is kept. You need not arrive again.";
pub const CONTINUE: &str = "Continue";
pub const SOMEONE_ELSE: &str = "Someone else is arriving";
/// What the first caller would lose when another arrives from the same device.
pub fn place_at_risk(first: &str, unwatched: Unwatched) -> String {
    let first = first_name(first).unwrap_or("The person who came in earlier");
    match unwatched {
        Unwatched::Lost { may_verify: true } => format!(
            "{first} has not verified a number and would lose the place. Verify first, or keep their page in view on another device."
        ),
        Unwatched::Lost { may_verify: false } => format!(
            "{first} must keep their page in view and would lose the place. Let someone else arrive from another device."
        ),
        Unwatched::Kept | Unwatched::Unknown => format!(
            "We cannot tell right now whether {first} has verified a number. Without one, the place would be lost. Go back to their page first, or keep it in view on another device."
        ),
    }
}
/// What a person is called in a sentence.
fn first_name(name: &str) -> Option<&str> {
    name.split_whitespace().next()
}
pub const VERIFY_FIRST: &str = "Verify first";
pub const BACK_TO_THEIR_PAGE: &str = "Back to their page";
pub const ARRIVE_ANYWAY: &str = "Arrive anyway";

pub const ARRIVING: &str = "Tell the clinic that you are here. It takes a minute.";
pub const ARRIVING_OFFLINE_QUEUEING: &str = "Tell the clinic that you are here. You can then put your phone away: we text you when it is your turn.";
pub const YOUR_NAME: &str = "Your name";
pub const MOBILE_NUMBER: &str = "Mobile number";
pub const MOBILE_HINT: &str = "So that the clinic can reach you.";
pub const MOBILE_HINT_OFFLINE_QUEUEING: &str = "So that we can text you when it is your turn.";
/// The number of the first caller, offered to the second.
pub fn same_number(first: &str) -> String {
    match first_name(first) {
        Some(first) => format!("The same number as for {first}. Change it if it is not yours."),
        None => "The same number as before. Change it if it is not yours.".to_owned(),
    }
}
pub const OPTIONAL: &str = "optional";
pub const CLEAR_DETAILS: &str = "Not you? Clear these details";
pub const I_AGREE: &str = "I agree";
pub const BEFORE_YOU_JOIN: &str = "Before you join";
pub const JOIN_WAITING_AREA: &str = "Join the waiting area";
pub const JOINING: &str = "Joining…";

/// The number in the ring.
pub fn place_number(place: Place) -> String {
    place.number.to_string()
}

/// The place in words.
pub fn place(place: Place) -> String {
    match place.number {
        0 | 1 => "You are next".to_owned(),
        number => format!("You are number {number}"),
    }
}

/// Who is ahead, and how many of them are away.
pub fn ahead(place: Place) -> String {
    let ahead = place.number.saturating_sub(1);
    let away = place.ahead_away.min(ahead);
    let people = match ahead {
        0 => return "Nobody is ahead of you.".to_owned(),
        1 => "1 person is ahead of you".to_owned(),
        _ => format!("{ahead} people are ahead of you"),
    };
    match away {
        0 => format!("{people}."),
        1 if ahead == 1 => format!("{people}, and is away right now."),
        _ if away == ahead => format!("{people}, and all of them are away right now."),
        1 => format!("{people}; 1 of them is away right now."),
        _ => format!("{people}; {away} of them are away right now."),
    }
}

pub const KEEP_OPEN: &str = "Keep this page open";
pub const KEEP_OPEN_OR_VERIFY: &str = "Keep this page open, or verify your number to step away.";
pub const KEEP_OPEN_WHY: &str = "A provider can join you while you see this page. Away from it for long, you may lose your place.";
pub const KEEP_AWAKE: &str = "Keep my screen on while I wait";
pub const FREE_TO_GO: &str = "You can put your phone away";
/// What a verified caller may do.
pub fn free_to_go(number: &str) -> String {
    format!(
        "We text you{} when it is your turn. Your place is kept.",
        number_ending(number)
    )
}
/// Which number, told so that only its owner recognises it.
fn number_ending(number: &str) -> String {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    match digits.get(digits.len().saturating_sub(3)..) {
        Some(ending) if digits.len() >= 6 => {
            format!(
                " on the number ending in {}",
                ending.iter().collect::<String>()
            )
        }
        _ => String::new(),
    }
}
pub const TEXTS_STOPPED_WHY: &str = "This number has asked for no texts, so we cannot text you when it is your turn. To allow texts again, send START to the number they come from.";
pub const CHANGE_NUMBER: &str = "Change number";
pub const KEEP_NUMBER: &str = "Keep the number";
pub const USE_ANOTHER_NUMBER: &str = "Use another number";
pub const WAIT_HERE: &str = "Wait on this page";
pub const WAIT_HERE_INSTEAD: &str = "Wait here instead";
pub const KEEP_OLD_NUMBER: &str = "Keep the old number";
pub const VERIFY_AFTER_ALL: &str = "Verify your number to step away";
pub const CODE_WAITING: &str = "You can leave this page to read the message: your place is kept.";

pub const WELCOME_BACK: &str = "You are waiting; a provider can join you now.";
pub const WELCOME_BACK_WHY: &str = "Please stay on this page: it is nearly your turn.";
pub const COMING_BACK: &str = "We are telling the clinic that you are back. Your place is kept.";
pub const PLACE_BACK: &str = "You have your place back";
pub const PLACE_BACK_WHY: &str =
    "We lost contact with this page for a while. You are waiting again, in the same place.";

pub const VERIFY_HEADING: &str = "Step away while you wait";
pub const VERIFY_WHY: &str =
    "Verify your number, then put your phone away: we text you when it is your turn.";
pub const VERIFY_WHY_TEXTS_STOPPED: &str = "Verify another number, or this one once it takes texts again. Then put your phone away: we text you when it is your turn.";
pub const CHANGE_WHY: &str = "We text a code to the new number.";
pub const OLD_NUMBER_STAYS: &str = "Until you enter it, the old number stays in use.";
pub const SEND_CODE: &str = "Send code";
pub const SENDING_CODE: &str = "Sending…";
pub const CODE_HEADING: &str = "Enter the code";
/// Where the code is, as long as nothing has gone wrong with it.
pub fn code_on_its_way(delivery: Delivery, number: &str) -> String {
    let number = as_written(number);
    match delivery {
        Delivery::Queued => {
            format!("We are texting a 6-digit code to {number}. It can take a moment.")
        }
        Delivery::Delivered => {
            format!("Your 6-digit code has arrived on {number}. It works for 10 minutes.")
        }
        _ => format!("We texted a 6-digit code to {number}. It can take a moment."),
    }
}
/// A number as people write it. What is not E.164 stays as it was typed.
pub fn as_written(number: &str) -> String {
    let Some(digits) = number.strip_prefix('+') else {
        return number.to_owned();
    };
    if !digits.is_ascii() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return number.to_owned();
    }
    if let Some(national) = digits.strip_prefix("61").filter(|rest| rest.len() == 9) {
        // A mobile is written in one way, every other Australian number in another.
        let national = format!("0{national}");
        let ends = if national.starts_with("04") {
            [4, 7]
        } else {
            [2, 6]
        };
        return grouped(&national, &ends);
    }
    // No country has a code of two digits in these ranges but these: the rest have one or three.
    let of_country = match digits.get(..2) {
        Some(start) if start.starts_with(['1', '7']) => 1,
        Some(
            "20" | "27" | "30" | "31" | "32" | "33" | "34" | "36" | "39" | "40" | "41" | "43"
            | "44" | "45" | "46" | "47" | "48" | "49" | "51" | "52" | "53" | "54" | "55" | "56"
            | "57" | "58" | "60" | "61" | "62" | "63" | "64" | "65" | "66" | "81" | "82" | "84"
            | "86" | "90" | "91" | "92" | "93" | "94" | "95" | "98",
        ) => 2,
        _ => 3,
    };
    let mut ends = Vec::new();
    let mut end = of_country;
    // Threes; a digit by itself joins those before it.
    while digits.len() > end && (end == of_country || digits.len() - end > 1) {
        ends.push(end);
        end += 3;
    }
    format!("+{}", grouped(digits, &ends))
}
/// The digits with a space at each of these positions.
fn grouped(digits: &str, ends: &[usize]) -> String {
    let mut text = String::with_capacity(digits.len() + ends.len());
    for (position, digit) in digits.chars().enumerate() {
        if ends.contains(&position) {
            text.push('\u{a0}');
        }
        text.push(digit);
    }
    text
}
pub const CODE: &str = "Code";
pub const VERIFY: &str = "Verify";
pub const VERIFYING: &str = "Checking…";
pub const SEND_ANOTHER: &str = "Send another code";
pub const CHECKING_TAKES: &str = "This can take a few seconds.";
pub const NEW_CODE_HEADING: &str = "Ask for a new code";
pub const CODE_SPENT: &str = "This code does not work any more.";
pub const CODE_SPENT_HELPS: &str = "Ask for another.";
/// Until another code may be asked for.
pub fn another_code_in(from: Moment, now: Moment) -> String {
    format!(
        "You can ask for another code in {}.",
        duration(from.since(now))
    )
}
pub const NO_CODE_YET: &str = "No code yet?";
/// How often the code may still be tried, where it matters.
pub fn attempts(left: u32) -> Option<String> {
    match left {
        1 => Some("You can try once more.".to_owned()),
        2 | 3 => Some(format!("You can try {left} more times.")),
        _ => None,
    }
}
pub const NOT_COMING: &str = "No code can reach this number";
pub const NO_TEXTS_NOW: &str = "No texts go out right now";
/// What a code that will not arrive is headed by.
pub fn not_coming_heading(failure: DeliveryFailure) -> &'static str {
    match failure {
        DeliveryFailure::ProviderUnavailable => NO_TEXTS_NOW,
        _ => NOT_COMING,
    }
}
/// Why a code will not arrive, and what helps.
pub fn not_coming(failure: DeliveryFailure, number: &str) -> (String, &'static str) {
    let number = as_written(number);
    match failure {
        DeliveryFailure::InvalidNumber => (
            format!("There is no number {number}."),
            "Check it, and use the right one.",
        ),
        DeliveryFailure::Landline => (
            format!("{number} is a landline, which takes no texts."),
            "Use a mobile number.",
        ),
        DeliveryFailure::OptedOut => (
            format!("{number} has asked for no texts."),
            "Use another number. Or send START from it to the number our texts come from, and ask for another code.",
        ),
        DeliveryFailure::Blocked => (
            format!("The phone network lets no text of ours through to {number}."),
            "Use another number.",
        ),
        DeliveryFailure::ProviderUnavailable => (
            "The code could not be sent. That has nothing to do with your number.".to_owned(),
            "Ask for another code later.",
        ),
        DeliveryFailure::Unreachable => (
            format!("{number} is switched off or out of reach, so the code has not arrived."),
            "If it still comes, enter it here.",
        ),
        DeliveryFailure::Other => (
            format!("The code has not arrived on {number}."),
            "If it still comes, enter it here.",
        ),
    }
}
/// Where nobody can tell whether the code went out, and what helps.
pub const CODE_UNKNOWN: (&str, &str) = (
    "We cannot tell whether the text went out.",
    "If the code comes, enter it here.",
);
pub const OR_WAIT_HERE: &str = "Or keep this page open: you keep your place.";
pub const OR_KEEP_OLD_NUMBER: &str = "Or keep the old number, which stays in use.";

pub const PROVIDER_READY: &str = "Your provider is ready for you.";
pub const JOIN_CONSULTATION: &str = "Join your consultation";
pub const JOIN_OPENS: &str =
    "It opens in a new tab. Your browser may ask to use the camera and the microphone.";
pub const ROOM_COMING: &str =
    "Your provider is preparing the room. The button appears here in a moment.";
pub const ON_HOLD: &str =
    "Your provider will be back with you soon. Stay near: this page tells you when to go on.";
pub const ON_HOLD_WITH_ROOM: &str = "Your provider will be back with you soon. Wait in the consultation or on this page, which tells you when to go on.";
pub const BACK_TO_ROOM: &str = "Back to your consultation";

pub const COMPLETED: &str = "Thank you for waiting. You can close this page.";
pub const CANCELLED: &str = "You are no longer in the queue.";
pub const CANCELLED_REASON: &str = "The clinic says";
pub const CANCELLED_NEXT: &str =
    "If you think this is a mistake, phone the clinic or arrive again.";
pub const LEFT: &str =
    "You are no longer in the queue. If you still need care, you can arrive again.";
pub const LEFT_BY_TEXT: &str = "You replied to our text that you leave, so you are no longer in the queue. If you still need care, you can arrive again.";
pub const TAKING_BACK: &str =
    "We lost contact with this page for a while. We are taking your place in the queue back.";
pub const TAKING_BACK_AGAIN: &str = "The clinic cannot be reached at the moment. We keep trying.";
pub const LOST_CONTACT: &str = "This page was out of reach for too long, and your place could not be kept. We are sorry. You can arrive again with the same details.";
pub const ARRIVE_AGAIN: &str = "Arrive again";
pub const NEED_CLINIC_LINK: &str = "To arrive again, open the clinic’s link.";
pub const LINK_BROKEN: &str = "It may have been cut short, or the stay it belongs to is long over.";
pub const LINK_BROKEN_STEPS: [&str; 3] = [
    "Open the link in the newest text message from the clinic.",
    "Or open the clinic’s own link and arrive again.",
    "If neither works, phone the clinic.",
];

pub const OUT_OF_TOUCH: &str = "Reconnecting…";
pub const OUT_OF_TOUCH_VERIFIED: &str = "This page has no connection at the moment. Your place is kept, and if it stays like this we text you when it is your turn.";
pub const OUT_OF_TOUCH_UNTEXTED: &str = "This page has no connection at the moment. Your place is kept. Please keep the page open: we cannot text you.";
pub const OUT_OF_TOUCH_UNVERIFIED: &str =
    "This page has no connection at the moment. Your place is kept; please keep the page open.";
pub const OUT_OF_TOUCH_ELSE: &str =
    "This page has no connection at the moment. What you see may have changed.";

pub const LEAVE: &str = "Leave the waiting area";
pub const LEAVE_QUESTION: &str = "Leave the waiting area?";
pub const LEAVE_WHY: &str = "You give up your place in the queue.";
pub const LEAVE_YES: &str = "Leave now";
pub const LEAVING: &str = "Leaving…";
pub const LEAVE_NO: &str = "Keep my place";

/// What is wrong, and what to do about it.
pub fn problem(problem: &Problem, now: Moment) -> String {
    match problem {
        Problem::NameMissing => "Enter your name.".to_owned(),
        Problem::NumberMissing => "Enter your mobile number.".to_owned(),
        Problem::AnswerMissing => "This needs an answer.".to_owned(),
        Problem::ConsentMissing => "Please agree to go on.".to_owned(),
        Problem::TooLong => "This is too long. Make it shorter.".to_owned(),
        Problem::CodeIncomplete => "Enter the 6 digits of the code.".to_owned(),
        Problem::CodeWrong { attempts_left: 0 } => CODE_SPENT.to_owned(),
        Problem::CodeWrong { attempts_left } => {
            let left = attempts(*attempts_left).unwrap_or_else(|| "Look again and retype it.".to_owned());
            format!("That is not the code. {left}")
        }
        Problem::TooOften { until } => {
            format!("That was asked for too often. Try again in {}.", duration(until.since(now)))
        }
        Problem::Unreachable => {
            "The clinic could not be reached. Check your connection and try again: nothing you typed is lost.".to_owned()
        }
        Problem::Unavailable => "That cannot be done right now. Try again in a moment.".to_owned(),
        Problem::Said(words) => words.clone(),
    }
}

/// Why no code was sent.
pub fn send_problem(problem: &Problem, now: Moment) -> String {
    match problem {
        Problem::TooOften { until } => format!(
            "No code can be sent yet. You can ask again in {}. You keep your place.",
            duration(until.since(now))
        ),
        other => self::problem(other, now),
    }
}

/// Why a code was not taken.
pub fn code_problem(problem: &Problem, now: Moment) -> String {
    match problem {
        Problem::TooOften { until } => format!(
            "Too many wrong codes were entered. You can try again in {}. You keep your place while this page is open.",
            duration(until.since(now))
        ),
        other => self::problem(other, now),
    }
}

/// What is wrong with leaving.
pub fn leave_problem(problem: &Problem, now: Moment) -> String {
    match problem {
        Problem::Unreachable => {
            "The clinic could not be reached, so you may still be in the queue. Try again in a moment.".to_owned()
        }
        other => self::problem(other, now),
    }
}

/// A wait: seconds under a minute, minutes and seconds under an hour, hours and minutes above. Never less
/// than it is.
fn duration(milliseconds: i64) -> String {
    let seconds = milliseconds.saturating_add(999) / 1_000;
    let parts = if milliseconds > TOLD_BY_THE_MINUTE {
        let minutes = seconds.saturating_add(59) / 60;
        [(minutes / 60, "h"), (minutes % 60, "min")]
    } else {
        match seconds {
            ..=1 => return "1 second".to_owned(),
            2..=59 => return format!("{seconds} seconds"),
            _ => [(seconds / 60, "min"), (seconds % 60, "s")],
        }
    };
    let told = parts.into_iter().filter(|(count, _)| *count > 0);
    // The unit stays with its number when the line breaks.
    let told = told.map(|(count, unit)| format!("{count}\u{a0}{unit}"));
    told.collect::<Vec<_>>().join("\u{a0}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_ahead_are_counted_in_words_that_fit_the_number() {
        let told = |number, ahead_away| ahead(Place { number, ahead_away });
        assert_eq!(told(1, 0), "Nobody is ahead of you.");
        assert_eq!(told(2, 0), "1 person is ahead of you.");
        assert_eq!(
            told(2, 1),
            "1 person is ahead of you, and is away right now."
        );
        assert_eq!(
            told(4, 1),
            "3 people are ahead of you; 1 of them is away right now."
        );
        assert_eq!(
            told(4, 3),
            "3 people are ahead of you, and all of them are away right now."
        );
        assert_eq!(told(0, 9), "Nobody is ahead of you.");
    }

    #[test]
    fn a_verified_number_is_told_by_its_ending_only() {
        assert!(free_to_go("+61491570156").contains("ending in 156"));
        assert!(!free_to_go("+61491570156").contains("4915"));
        assert!(!free_to_go("12").contains("12"));
    }

    #[test]
    fn a_number_is_shown_as_people_write_it() {
        let shown = |number| as_written(number).replace('\u{a0}', " ");
        assert_eq!(shown("+61491570158"), "0491 570 158");
        assert_eq!(shown("+61255501234"), "02 5550 1234");
        assert_eq!(shown("+447700900123"), "+44 770 090 0123");
        assert_eq!(shown("+12025550123"), "+1 202 555 0123");
        assert_eq!(shown("+6421123456"), "+64 211 234 56");
        assert_eq!(shown("+35312345678"), "+353 123 456 78");
        assert_eq!(shown("+"), "+");
        assert_eq!(shown("+6"), "+6");
        assert_eq!(shown("0491 57x"), "0491 57x");
        assert_eq!(shown("+٦١٤"), "+٦١٤");
    }

    #[test]
    fn whose_place_is_at_risk_is_told_by_first_name() {
        let lost = Unwatched::Lost { may_verify: true };
        assert!(place_at_risk(" Sam Rivers ", lost).starts_with("Sam has not verified a number"));
        assert!(place_at_risk("", lost).starts_with("The person who came in earlier has not"));
    }

    #[test]
    fn a_wait_is_told_in_minutes_and_seconds_that_never_fall_short() {
        let told = |milliseconds| duration(milliseconds).replace('\u{a0}', " ");
        assert_eq!(told(0), "1 second");
        assert_eq!(told(24_001), "25 seconds");
        assert_eq!(told(60_000), "1 min");
        assert_eq!(told(269_001), "4 min 30 s");
        assert_eq!(told(3_600_000), "60 min");
        assert_eq!(told(3_600_001), "1 h 1 min");
        assert_eq!(told(7_200_000), "2 h");
        assert!(told(i64::MAX).ends_with(" min"));
    }

    #[test]
    fn whatever_became_of_a_code_its_number_is_told_as_people_write_it() {
        let number = "+61491570156";
        for delivery in [Delivery::Queued, Delivery::Sent, Delivery::Delivered] {
            assert!(code_on_its_way(delivery, number).contains("0491\u{a0}570\u{a0}156"));
        }
        let (landline, helps) = not_coming(DeliveryFailure::Landline, "+61255501234");
        assert_eq!(
            landline.replace('\u{a0}', " "),
            "02 5550 1234 is a landline, which takes no texts."
        );
        assert_eq!(helps, "Use a mobile number.");
    }
}
