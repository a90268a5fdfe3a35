//! Every text of the wait screen, in every language: screens name what they say, and the words for it
//! are here and in `languages/`.
//!
//! A text without a rule of its own is a function that the build script writes from those files
//! ([`translations`]); what is decided by more than the language stands below. So a text that is missing
//! in a language, or lacks a form that the language needs, is an error of the compiler.
//!
//! The files are in the format of Project Fluent and are read by its own parser, but while the app is
//! built and not on the phone. Its runtime (fluent-bundle 0.16) would have been 46 kB more to download, a
//! sixth of the whole wait screen; it reads the files again at each start; a key that is wrong it finds
//! when the text is shown; and it counts by the crate `intl_pluralrules` 7.0.2, which from 103 on has
//! Arabic wrong.

#![allow(missing_docs, reason = "a text says itself what it says")]

mod pattern;
#[allow(clippy::match_same_arms, reason = "two languages may say the same")]
mod texts {
    use super::pattern::{Part, Value, filled};
    use crate::language::{Language, Plural};

    include!(concat!(env!("OUT_DIR"), "/texts.rs"));
}
#[cfg(test)]
mod translations;

use crate::language::{Direction, Language};
use crate::stay::{Delivery, DeliveryFailure, Moment, Place, Refusal, RefusalKind};
use crate::waiting::{Other, Problem, Screen, TOLD_BY_THE_MINUTE, Unwatched};

pub(crate) use texts::*;

/// The heading of a screen. The arrival screens are headed by the clinic's own name.
pub fn heading(language: Language, screen: Screen) -> &'static str {
    match screen {
        Screen::Opening => heading_opening(language),
        Screen::Start => heading_start(language),
        Screen::GettingLatest => heading_getting_latest(language),
        Screen::OtherLink => heading_other_link(language),
        Screen::Unreachable => heading_unreachable(language),
        Screen::ClinicUnknown => heading_clinic_unknown(language),
        Screen::ClinicClosed => heading_clinic_closed(language),
        Screen::AlreadyWaiting => heading_already_waiting(language),
        Screen::PlaceAtRisk => heading_place_at_risk(language),
        Screen::Arriving => heading_arriving(language),
        Screen::Waiting => heading_waiting(language),
        Screen::WelcomeBack => heading_welcome_back(language),
        Screen::ComingBack => heading_coming_back(language),
        Screen::ReadyToJoin => heading_ready_to_join(language),
        Screen::OnHold => heading_on_hold(language),
        Screen::Completed => heading_completed(language),
        Screen::Cancelled => heading_cancelled(language),
        Screen::Left => heading_left(language),
        Screen::TakingBack => heading_taking_back(language),
        Screen::LostContact => heading_lost_contact(language),
        Screen::LinkBroken => heading_link_broken(language),
    }
}

/// What the tab is called: the status first, for those who look at it among others.
pub fn title(language: Language, screen: Screen, clinic: Option<&str>) -> String {
    match clinic {
        Some(clinic) => format!("{} · {clinic}", heading(language, screen)),
        None => heading(language, screen).to_owned(),
    }
}

/// What the first caller would lose when another arrives from the same device.
pub fn place_at_risk(language: Language, first: &str, unwatched: Unwatched) -> String {
    match (unwatched, called(language, first)) {
        (Unwatched::Lost { may_verify: true }, Some(first)) => {
            place_at_risk_verify(language, first)
        }
        (Unwatched::Lost { may_verify: true }, None) => {
            place_at_risk_verify_unnamed(language).to_owned()
        }
        (Unwatched::Lost { may_verify: false }, Some(first)) => place_at_risk_keep(language, first),
        (Unwatched::Lost { may_verify: false }, None) => {
            place_at_risk_keep_unnamed(language).to_owned()
        }
        (Unwatched::Kept | Unwatched::Unknown, Some(first)) => {
            place_at_risk_unknown(language, first)
        }
        (Unwatched::Kept | Unwatched::Unknown, None) => {
            place_at_risk_unknown_unnamed(language).to_owned()
        }
    }
}

/// What a person is called in a sentence: in English by the first name. Elsewhere the first word of a
/// name may be the family's, or half of a name.
fn called(language: Language, name: &str) -> Option<&str> {
    let called = match language {
        Language::English => name.split_whitespace().next().unwrap_or_default(),
        _ => name.trim(),
    };
    (!called.is_empty()).then_some(called)
}

/// The number of the first caller, offered to the second.
pub fn same_number(language: Language, first: &str) -> String {
    match called(language, first) {
        Some(first) => same_number_named(language, first),
        None => same_number_unnamed(language).to_owned(),
    }
}

/// Where another link leads.
pub fn other_link_leads_to(language: Language, other: &Other) -> String {
    let Some(stay) = &other.stay else {
        return other_link_clinic(language, &other.clinic);
    };
    match called(language, stay.name.as_deref().unwrap_or_default()) {
        Some(first) => other_link_place_of(language, &other.clinic, first),
        None => other_link_place(language, &other.clinic),
    }
}

/// The number in the ring.
pub fn place_number(place: Place) -> String {
    place.number.to_string()
}

/// The place in words.
pub fn place(language: Language, place: Place) -> String {
    match place.number {
        0 | 1 => you_are_next(language).to_owned(),
        number => you_are_number(language, number),
    }
}

/// Who is ahead, and how many of them are away.
pub fn ahead(language: Language, place: Place) -> String {
    let ahead = place.number.saturating_sub(1);
    let away = place.ahead_away.min(ahead);
    match (ahead, away) {
        (0, _) => ahead_nobody(language).to_owned(),
        (_, 0) => ahead_none_away(language, ahead),
        _ if away == ahead => ahead_all_away(language, ahead),
        _ => ahead_some_away(language, ahead, away),
    }
}

/// What a verified caller may do. Of the number no more than its owner recognises it by.
pub fn free_to_go_reason(language: Language, number: &str) -> String {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    match digits.get(digits.len().saturating_sub(3)..) {
        Some(ending) if digits.len() >= 6 => {
            free_to_go_ending(language, &ending.iter().collect::<String>())
        }
        _ => free_to_go_why(language).to_owned(),
    }
}

/// Where the code is, as long as nothing has gone wrong with it.
pub fn code_on_its_way(language: Language, delivery: Delivery, number: &str) -> String {
    let number = as_written(number);
    match delivery {
        Delivery::Queued => code_queued(language, &number),
        Delivery::Delivered => code_delivered(language, &number),
        _ => code_sent(language, &number),
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

/// Until another code may be asked for.
pub fn another_code_in(language: Language, from: Moment, now: Moment) -> String {
    another_code_after(language, &duration(language, from.since(now)))
}

/// How often the code may still be tried, where it matters.
pub fn attempts(language: Language, left: u32) -> Option<String> {
    matches!(left, 1..=3).then(|| attempts_left(language, left))
}

/// What a code that will not arrive is headed by.
pub fn not_coming_title(language: Language, failure: DeliveryFailure) -> &'static str {
    match failure {
        DeliveryFailure::ProviderUnavailable => no_texts_now(language),
        _ => not_coming_heading(language),
    }
}

/// Why a code will not arrive, and what helps.
pub fn not_coming(
    language: Language,
    failure: DeliveryFailure,
    number: &str,
) -> (String, &'static str) {
    let number = as_written(number);
    match failure {
        DeliveryFailure::InvalidNumber => (
            not_coming_no_such_number(language, &number),
            not_coming_no_such_number_helps(language),
        ),
        DeliveryFailure::Landline => (
            not_coming_landline(language, &number),
            not_coming_landline_helps(language),
        ),
        DeliveryFailure::OptedOut => (
            not_coming_opted_out(language, &number),
            not_coming_opted_out_helps(language),
        ),
        DeliveryFailure::Blocked => (
            not_coming_blocked(language, &number),
            not_coming_blocked_helps(language),
        ),
        DeliveryFailure::ProviderUnavailable => (
            not_coming_no_texts(language).to_owned(),
            not_coming_no_texts_helps(language),
        ),
        DeliveryFailure::Unreachable => (
            not_coming_unreachable(language, &number),
            if_it_still_comes(language),
        ),
        DeliveryFailure::Other => (
            not_coming_other(language, &number),
            if_it_still_comes(language),
        ),
    }
}

/// What to do about a link that leads nowhere.
pub fn link_broken_steps(language: Language) -> [&'static str; 3] {
    [
        link_broken_newest_text(language),
        link_broken_clinic_link(language),
        link_broken_phone(language),
    ]
}

/// A sentence, with what an element that shows it must say of its language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// The sentence.
    pub words: String,
    /// For `lang`, where it is not the language of the page.
    pub lang: Option<&'static str>,
    /// For `dir`, likewise.
    pub dir: Option<&'static str>,
}

impl From<String> for Sentence {
    /// In the language of the page.
    fn from(words: String) -> Sentence {
        Sentence {
            words,
            lang: None,
            dir: None,
        }
    }
}

impl From<&str> for Sentence {
    fn from(words: &str) -> Sentence {
        words.to_owned().into()
    }
}

/// What is wrong, and what to do about it.
pub fn problem(language: Language, problem: &Problem, now: Moment) -> Sentence {
    match problem {
        Problem::NameMissing => name_missing(language).into(),
        Problem::NumberMissing => number_missing(language).into(),
        Problem::AnswerMissing => answer_missing(language).into(),
        Problem::ConsentMissing => consent_missing(language).into(),
        Problem::TooLong => too_long(language).into(),
        Problem::CodeIncomplete => code_incomplete(language).into(),
        Problem::CodeWrong { attempts_left: 0 } => code_spent(language).into(),
        Problem::CodeWrong { attempts_left } if *attempts_left <= 3 => {
            code_wrong(language, *attempts_left).into()
        }
        Problem::CodeWrong { .. } => code_wrong_look_again(language).into(),
        Problem::TooOften { until } => {
            too_often(language, &duration(language, until.since(now))).into()
        }
        Problem::Unreachable => server_unreachable(language).into(),
        Problem::Unavailable => unavailable(language).into(),
        Problem::Said(refusal) => of_server(language, refusal),
    }
}

/// A reason of the server. Its sentences are in English: in another language it is told by its kind, and
/// where that is not known, as it is.
fn of_server(language: Language, refusal: &Refusal) -> Sentence {
    if language == Language::English {
        return refusal.message.as_str().into();
    }
    let mut path = refusal.field.iter().map(String::as_str);
    let field = path.find(|step| *step != "input");
    let words = match (refusal.kind, field) {
        (RefusalKind::InvalidInput, Some("name")) => refused_name(language),
        (RefusalKind::InvalidInput, Some("phone")) => refused_number(language),
        (RefusalKind::InvalidInput, Some("answers")) => refused_answer(language),
        (RefusalKind::InvalidInput, Some("code")) => refused_code(language),
        (RefusalKind::Unavailable, Some("phone" | "code")) => refused_code_unavailable(language),
        (RefusalKind::Unavailable, None) => unavailable(language),
        (RefusalKind::NotOffered, _) => refused_not_offered(language),
        (RefusalKind::WrongStatus, _) => refused_wrong_status(language),
        _ => {
            return Sentence {
                words: refusal.message.clone(),
                lang: Some(Language::English.code()),
                dir: Some(Direction::LeftToRight.as_str()),
            };
        }
    };
    words.into()
}

/// Why no code was sent.
pub fn send_problem(language: Language, problem: &Problem, now: Moment) -> Sentence {
    match problem {
        Problem::TooOften { until } => {
            let wait = duration(language, until.since(now));
            no_code_can_be_sent_yet(language, &wait).into()
        }
        other => self::problem(language, other, now),
    }
}

/// Why a code was not taken.
pub fn code_problem(language: Language, problem: &Problem, now: Moment) -> Sentence {
    match problem {
        Problem::TooOften { until } => {
            let wait = duration(language, until.since(now));
            too_many_wrong_codes(language, &wait).into()
        }
        other => self::problem(language, other, now),
    }
}

/// What is wrong with leaving.
pub fn leave_problem(language: Language, problem: &Problem, now: Moment) -> Sentence {
    match problem {
        Problem::Unreachable => leave_unreachable(language).into(),
        other => self::problem(language, other, now),
    }
}

/// A wait: seconds under a minute, minutes and seconds under an hour, hours and minutes above. Never less
/// than it is.
fn duration(language: Language, milliseconds: i64) -> String {
    let count = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
    let seconds = milliseconds.saturating_add(999) / 1_000;
    if milliseconds > TOLD_BY_THE_MINUTE {
        let minutes = seconds.saturating_add(59) / 60;
        let hours = duration_hours(language, count(minutes / 60));
        return match count(minutes % 60) {
            0 => hours,
            minutes => {
                duration_hours_and_minutes(language, &hours, &duration_minutes(language, minutes))
            }
        };
    }
    match (count(seconds / 60), count(seconds % 60)) {
        (0, seconds) => duration_seconds(language, seconds.max(1)),
        (minutes, 0) => duration_minutes(language, minutes),
        (minutes, seconds) => {
            let minutes = duration_minutes(language, minutes);
            duration_minutes_and_seconds(language, &minutes, seconds)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: Language = Language::English;

    #[test]
    fn those_ahead_are_counted_in_words_that_fit_the_number() {
        let told = |number, ahead_away| ahead(ENGLISH, Place { number, ahead_away });
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
        assert!(free_to_go_reason(ENGLISH, "+61491570156").contains("ending in 156"));
        assert!(!free_to_go_reason(ENGLISH, "+61491570156").contains("4915"));
        assert!(!free_to_go_reason(ENGLISH, "12").contains("12"));
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
        assert!(
            place_at_risk(ENGLISH, " Sam Rivers ", lost)
                .starts_with("Sam has not verified a number")
        );
        assert!(
            place_at_risk(ENGLISH, "", lost).starts_with("The person who came in earlier has not")
        );
    }

    #[test]
    fn a_wait_is_told_in_minutes_and_seconds_that_never_fall_short() {
        let told = |milliseconds| duration(ENGLISH, milliseconds).replace('\u{a0}', " ");
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
            assert!(code_on_its_way(ENGLISH, delivery, number).contains("0491\u{a0}570\u{a0}156"));
        }
        let (landline, helps) = not_coming(ENGLISH, DeliveryFailure::Landline, "+61255501234");
        assert_eq!(
            landline.replace('\u{a0}', " "),
            "02 5550 1234 is a landline, which takes no texts."
        );
        assert_eq!(helps, "Use a mobile number.");
    }

    #[test]
    fn a_number_of_people_has_the_form_that_its_language_needs() {
        let told = |language, number, ahead_away| ahead(language, Place { number, ahead_away });
        assert_eq!(told(Language::Arabic, 1, 0), "لا أحد قبلك.");
        assert_eq!(told(Language::Arabic, 2, 0), "قبلك شخص واحد.");
        assert_eq!(told(Language::Arabic, 3, 0), "قبلك شخصان.");
        assert_eq!(told(Language::Arabic, 6, 0), "قبلك 5 أشخاص.");
        assert_eq!(told(Language::Arabic, 12, 0), "قبلك 11 شخصًا.");
        assert_eq!(told(Language::Arabic, 101, 0), "قبلك 100 شخص.");
        assert_eq!(
            told(Language::Arabic, 5, 2),
            "قبلك 4 أشخاص، اثنان منهم غائبان مؤقتًا."
        );
        assert_eq!(told(Language::Greek, 2, 0), "Πριν από εσάς είναι 1 άτομο.");
        assert_eq!(
            told(Language::Greek, 4, 1),
            "Πριν από εσάς είναι 3 άτομα· 1 από αυτά λείπει αυτή τη στιγμή."
        );
        assert_eq!(
            told(Language::Chinese, 4, 1),
            "您前面有 3 人，其中 1 人目前暂时离开了。"
        );
        assert_eq!(told(Language::Vietnamese, 2, 0), "Có 1 người trước quý vị.");
    }

    #[test]
    fn a_wait_is_told_in_every_language() {
        let told = |language, milliseconds| duration(language, milliseconds).replace('\u{a0}', " ");
        assert_eq!(told(Language::Arabic, 1_000), "ثانية واحدة");
        assert_eq!(told(Language::Arabic, 122_000), "دقيقتين وثانيتين");
        assert_eq!(told(Language::Arabic, 270_000), "4 دقائق و30 ثانية");
        assert_eq!(told(Language::Arabic, 3_660_001), "ساعة واحدة ودقيقتين");
        assert_eq!(told(Language::Greek, 61_000), "1 λεπτό και 1 δευτερόλεπτο");
        assert_eq!(told(Language::Chinese, 270_000), "4 分钟 30 秒");
        assert_eq!(told(Language::Vietnamese, 7_200_001), "2 giờ 1 phút");
    }

    #[test]
    fn a_number_runs_from_left_to_right_in_arabic() {
        let told = code_on_its_way(Language::Arabic, Delivery::Sent, "+61491570156");
        assert!(told.contains("\u{2066}0491\u{a0}570\u{a0}156\u{2069}"));
        assert!(
            free_to_go_reason(Language::Arabic, "+61491570156").contains("\u{2066}156\u{2069}")
        );
    }

    #[test]
    fn a_person_is_called_by_the_first_name_in_english_and_by_the_whole_name_elsewhere() {
        assert_eq!(called(ENGLISH, " Nguyễn Văn An "), Some("Nguyễn"));
        assert_eq!(
            called(Language::Vietnamese, " Nguyễn Văn An "),
            Some("Nguyễn Văn An")
        );
        for language in Language::ALL {
            assert_eq!(called(language, "  "), None);
        }
    }

    #[test]
    fn a_reason_of_the_server_is_told_in_the_readers_language_or_marked_as_english() {
        let now = Moment(0);
        let said = |language, kind, field: &[&str]| {
            let refusal = Refusal {
                kind,
                message: "No.".to_owned(),
                field: field.iter().map(|step| (*step).to_owned()).collect(),
            };
            problem(language, &Problem::Said(refusal), now)
        };
        for language in Language::ALL.into_iter().filter(|one| *one != ENGLISH) {
            let number = said(language, RefusalKind::InvalidInput, &["input", "phone"]);
            assert_eq!(number, refused_number(language).into());
            let unknown = said(language, RefusalKind::Other, &[]);
            assert_eq!(unknown.words, "No.");
            assert_eq!((unknown.lang, unknown.dir), (Some("en"), Some("ltr")));
        }
        assert_eq!(
            said(ENGLISH, RefusalKind::InvalidInput, &["phone"]),
            "No.".into()
        );
    }
}
