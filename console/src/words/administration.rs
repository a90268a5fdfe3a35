//! What the pages of Configure and the reports say. Pure.

use standby_client::{
    AddedApiClient, Date, NewSignInLink, SignInMethod, TeamRole, TextPurpose, WebhookDelivery,
    WebhookDeliveryState, WebhookEventType, WebhookSecret,
};

use super::Tone;
use crate::keys::{Expiry, Standing};
use crate::reports::{Preset, WrongDays};
use crate::work::{Copying, Once};

/// Said where no answer came. What is new may be there twice if it is simply sent again.
pub(crate) fn unanswered(makes_something: bool) -> &'static str {
    if makes_something {
        "No answer came from the server, so it may have been done. Look at the list before you try again."
    } else {
        "The server could not be reached. Check the connection and try again."
    }
}

/// What a role may do, in one line.
pub(crate) fn role_about(role: TeamRole) -> &'static str {
    match role {
        TeamRole::Reporter => "Reads the waiting area and the reports; changes nothing.",
        TeamRole::TeamMember => "Recalls, joins and cancels callers.",
        TeamRole::ClinicAdmin => "Also configures the clinic, its team and its keys.",
        TeamRole::Unrecognised => "",
    }
}

/// What a role lets a key do, in one line.
pub(crate) fn key_role_about(role: TeamRole) -> &'static str {
    match role {
        TeamRole::ClinicAdmin => {
            "Also changes settings and webhooks and reads the audit log; never the team or keys."
        }
        other => role_about(other),
    }
}

/// The roles that can be given, the one that may least first.
pub(crate) const ROLES: [TeamRole; 3] = [
    TeamRole::Reporter,
    TeamRole::TeamMember,
    TeamRole::ClinicAdmin,
];

/// The value of a role in a list to choose from.
pub(crate) fn role_value(role: TeamRole) -> &'static str {
    match role {
        TeamRole::Reporter => "reporter",
        TeamRole::TeamMember => "team-member",
        TeamRole::ClinicAdmin => "clinic-admin",
        TeamRole::Unrecognised => "",
    }
}

/// How somebody signed in.
pub(crate) fn opened_by(method: SignInMethod) -> &'static str {
    match method {
        SignInMethod::Link => "by a sign-in link",
        SignInMethod::OpenidConnect => "with your organisation",
        SignInMethod::Unrecognised => "",
    }
}

/// In how many places somebody is signed in.
pub(crate) fn sessions(count: usize) -> String {
    match count {
        0 => "Not signed in anywhere".to_owned(),
        1 => "Signed in at 1 place".to_owned(),
        count => format!("Signed in at {count} places"),
    }
}

pub(crate) const SESSION_ENDED: &str = "Signed out there.";
pub(crate) const WEBHOOK_REMOVED: &str = "The webhook was removed. Nothing more is sent to it.";
pub(crate) const REDELIVERED: &str = "The event is sent again.";

pub(crate) fn changed(name: &str) -> String {
    format!("{name} was changed.")
}

pub(crate) fn removed(name: &str) -> String {
    format!("{name} is no longer on the team, and signed out everywhere.")
}

pub(crate) fn revoked(name: &str) -> String {
    format!("The key “{name}” was revoked. It no longer works.")
}

fn once(title: String, about: String, label: &'static str, secret: &str) -> Once {
    Once {
        title,
        about,
        label,
        secret: secret.to_owned(),
        until: None,
        copying: Copying::default(),
    }
}

/// The link of a team member who was just added.
pub(crate) fn first_link(name: &str, link: &NewSignInLink) -> Once {
    let once = once(
        format!("{name} is on the team"),
        format!(
            "Give this sign-in link to {name} and to nobody else: whoever opens it is signed in as {name}. It is not \
             shown again."
        ),
        "Sign-in link",
        link.link.expose(),
    );
    Once {
        until: link.expires_at,
        ..once
    }
}

/// Another link for a team member.
pub(crate) fn new_link(name: &str, link: &NewSignInLink) -> Once {
    Once {
        title: format!("A sign-in link for {name}"),
        ..first_link(name, link)
    }
}

/// A key that was just made.
pub(crate) fn key(added: &AddedApiClient) -> Once {
    once(
        format!("The key “{}”", added.client.name),
        "Copy it now: it is not shown again. Whoever holds it may do what its role may, so keep it as you keep a \
         password: not in an e-mail, not in a web page, not in source code."
            .to_owned(),
        "API key",
        added.token.expose(),
    )
}

/// The secret of a webhook that was just added.
pub(crate) fn first_secret(secret: &WebhookSecret) -> Once {
    once(
        "The webhook was added".to_owned(),
        "Its deliveries are signed with this secret. Give it to the receiver, which tells by it that they come from \
         here. It is not shown again."
            .to_owned(),
        "Signing secret",
        secret.expose(),
    )
}

/// Another secret of a webhook.
pub(crate) fn next_secret(secret: &WebhookSecret) -> Once {
    once(
        "The new secret".to_owned(),
        "Deliveries are signed with this secret from now on, and for 24 hours with the old one beside it. Give it to \
         the receiver in that time. It is not shown again."
            .to_owned(),
        "Signing secret",
        secret.expose(),
    )
}

/// When callers' details are erased, as it is chosen. Seconds after the end of the stay.
pub(crate) fn erase_after(seconds: i32) -> String {
    match seconds {
        0 => "At once, within seconds of the end".to_owned(),
        3_600 => "1 hour after the end".to_owned(),
        seconds if seconds % 3_600 == 0 => format!("{} hours after the end", seconds / 3_600),
        900 => "15 minutes after the end (usual)".to_owned(),
        seconds => format!("{} minutes after the end", seconds / 60),
    }
}

/// For how long a key works, as it is chosen.
pub(crate) fn expiry(expiry: Expiry) -> String {
    match expiry {
        Expiry::Days(365) => "365 days (a year)".to_owned(),
        Expiry::Days(days) => format!("{days} days"),
        Expiry::Never => "Never expires".to_owned(),
    }
}

/// Whether a key works.
pub(crate) fn standing(standing: Standing) -> (&'static str, Tone) {
    match standing {
        Standing::Works => ("Works", Tone::Good),
        Standing::ExpiresSoon => ("Expires soon", Tone::Warning),
        Standing::Expired => ("Expired", Tone::Quiet),
        Standing::Revoked => ("Revoked", Tone::Quiet),
    }
}

/// An event that is sent to a webhook.
pub(crate) fn event(event: WebhookEventType) -> &'static str {
    match event {
        WebhookEventType::CallerArrived => "Caller arrived",
        WebhookEventType::CallerChanged => "Caller changed",
        WebhookEventType::CallerEnded => "Caller ended",
        WebhookEventType::RecallDelivered => "Recall delivered",
        WebhookEventType::Unrecognised => "Another event",
    }
}

/// When an event is sent.
pub(crate) fn event_about(event: WebhookEventType) -> &'static str {
    match event {
        WebhookEventType::CallerArrived => "somebody came in, or took their place back",
        WebhookEventType::CallerChanged => "a status, a place or a phone’s state is another now",
        WebhookEventType::CallerEnded => "completed, left, cancelled or lost",
        WebhookEventType::RecallDelivered => "a recall’s text reached the phone",
        WebhookEventType::Unrecognised => "",
    }
}

/// How far a delivery is.
pub(crate) fn delivery(delivery: &WebhookDelivery) -> (&'static str, Tone) {
    match delivery.state {
        WebhookDeliveryState::Pending if delivery.attempts > 0 => ("Trying again", Tone::Warning),
        WebhookDeliveryState::Pending => ("To be sent", Tone::Quiet),
        WebhookDeliveryState::Delivered => ("Delivered", Tone::Good),
        WebhookDeliveryState::Failed => ("Given up", Tone::Danger),
        WebhookDeliveryState::Unrecognised => ("Reload this page", Tone::Quiet),
    }
}

/// How often a delivery was tried, and what was answered: `2 attempts · answered 503`.
pub(crate) fn attempts(delivery: &WebhookDelivery) -> String {
    let attempts = match delivery.attempts {
        0 => return "Not tried yet".to_owned(),
        1 => "1 attempt".to_owned(),
        several => format!("{several} attempts"),
    };
    match delivery.response_status {
        Some(status) => format!("{attempts} · answered {status}"),
        None => attempts,
    }
}

/// That nothing gets through to a webhook, since when, and how many events it has still to be told of:
/// `Not getting through since today, 10:32, trying again · 14 events wait`.
pub(crate) fn not_getting_through(since: &str, waiting: i32) -> String {
    /// More are not counted, as the schema says.
    const COUNTED: i32 = 10_000;
    let waiting = match waiting {
        ..=0 => String::new(),
        1 => ", trying again · 1 event waits".to_owned(),
        COUNTED.. => ", trying again · 10,000 events or more wait".to_owned(),
        several => format!(", trying again · {several} events wait"),
    };
    format!("Not getting through since {since}{waiting}")
}

/// Whoever did what has no name: the operator on the server, or the server by itself.
pub(crate) const NOBODY_OF_STAFF: &str = "Operator or server";

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn month(month: i64) -> &'static str {
    usize::try_from(month - 1)
        .ok()
        .and_then(|at| MONTHS.get(at))
        .copied()
        .unwrap_or_default()
}

/// A day: `14 July 2026`.
pub(crate) fn date(date: Date) -> String {
    let (year, number, day) = date.year_month_day();
    format!("{day} {} {year}", month(number))
}

/// Which day it was, seen from today.
enum Near {
    Today,
    Yesterday,
    /// In words that are the same wherever they stand.
    Other(String),
}

fn near(date: Date, today: Date) -> Near {
    match today.days_since(date) {
        0 => Near::Today,
        1 => Near::Yesterday,
        _ => {
            let (year, number, day) = date.year_month_day();
            Near::Other(if today.year_month_day().0 == year {
                format!("{day} {}", month(number))
            } else {
                self::date(date)
            })
        }
    }
}

/// A day as a heading: `Today`, `Yesterday`, `12 July`, `3 March 2025`.
pub(crate) fn near_date(date: Date, today: Date) -> String {
    match near(date, today) {
        Near::Today => "Today".to_owned(),
        Near::Yesterday => "Yesterday".to_owned(),
        Near::Other(day) => day,
    }
}

/// A day within a sentence: `today`, `yesterday`, `12 July`, `3 March 2025`.
pub(crate) fn near_day(date: Date, today: Date) -> String {
    match near(date, today) {
        Near::Today => "today".to_owned(),
        Near::Yesterday => "yesterday".to_owned(),
        Near::Other(day) => day,
    }
}

/// A day for a table's row: `Tue 14 Jul`.
pub(crate) fn short_date(date: Date) -> String {
    const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let (_, number, day) = date.year_month_day();
    let weekday = Date::parse("1970-01-05")
        .map(|monday| date.days_since(monday).rem_euclid(7))
        .and_then(|at| usize::try_from(at).ok())
        .and_then(|at| WEEKDAYS.get(at))
        .copied()
        .unwrap_or_default();
    let month = month(number);
    format!("{weekday} {day} {}", month.get(..3).unwrap_or(month))
}

/// A moment: `today, 10:32`, `12 July, 09:10`.
pub(crate) fn moment(date: Date, time: &str, today: Date) -> String {
    format!("{}, {time}", near_day(date, today))
}

/// Seconds in whole minutes, for a table: `12`, `<1`, `–` where there is no figure.
pub(crate) fn minutes(seconds: Option<i32>) -> String {
    match seconds {
        None => "–".to_owned(),
        Some(seconds) if seconds < 30 => "<1".to_owned(),
        Some(seconds) => ((seconds + 30) / 60).to_string(),
    }
}

/// Seconds in whole minutes, with the unit.
pub(crate) fn minutes_in_words(seconds: Option<i32>) -> String {
    match seconds {
        None => "–".to_owned(),
        some => format!("{} min", minutes(some)),
    }
}

pub(crate) fn preset(preset: Preset) -> &'static str {
    match preset {
        Preset::Today => "Today",
        Preset::Week => "7 days",
        Preset::Month => "30 days",
    }
}

pub(crate) fn wrong_days(wrong: WrongDays) -> &'static str {
    match wrong {
        WrongDays::NotADay => "Choose the first and the last day.",
        WrongDays::Reversed => "The first day is after the last.",
        WrongDays::TooMany => "At most 400 days at a time.",
    }
}

/// What a text of a report is for.
pub(crate) fn texts_of(purpose: TextPurpose) -> &'static str {
    match purpose {
        TextPurpose::Code => "Secure codes",
        TextPurpose::Recall => "Recalls",
        TextPurpose::Cancelled => "Cancellations",
        TextPurpose::Unrecognised => "Others",
    }
}

/// What became of secure codes: `2 secure codes were sent, and 1 number verified.`
pub(crate) fn codes_and_numbers(codes: i32, numbers: i32) -> String {
    let codes = match codes {
        1 => "1 secure code was".to_owned(),
        codes => format!("{codes} secure codes were"),
    };
    let numbers = match numbers {
        1 => "1 number".to_owned(),
        numbers => format!("{numbers} numbers"),
    };
    format!("{codes} sent, and {numbers} verified.")
}

/// What a chart shows, for those who do not see it: `Callers a day: 12 at most, on Tue 14 Jul.`
pub(crate) fn chart(title: &str, most: Option<(Date, String)>) -> String {
    match most {
        Some((date, most)) => format!(
            "{title}: {most} at most, on {}. The table below has every day.",
            short_date(date)
        ),
        None => format!("{title}: nothing on these days."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        Date::parse(text).expect("a day")
    }

    #[test]
    fn a_day_is_called_by_what_it_is_to_those_who_read_it_today() {
        let today = day("2026-07-14");
        for (date, words) in [
            ("2026-07-14", "Today"),
            ("2026-07-13", "Yesterday"),
            ("2026-01-02", "2 January"),
            ("2025-12-31", "31 December 2025"),
        ] {
            assert_eq!(near_date(day(date), today), words);
            let within = words.replace("Today", "today").replace("Yes", "yes");
            assert_eq!(near_day(day(date), today), within);
        }
        assert_eq!(moment(today, "10:32", today), "today, 10:32");
    }

    #[test]
    fn a_row_of_a_table_tells_the_day_of_the_week() {
        assert_eq!(short_date(day("2026-07-14")), "Tue 14 Jul");
        assert_eq!(short_date(day("1969-12-28")), "Sun 28 Dec");
    }

    #[test]
    fn a_wait_in_minutes_is_rounded_and_never_said_to_be_none_when_there_was_one() {
        for (seconds, words) in [
            (None, "–"),
            (Some(0), "<1"),
            (Some(29), "<1"),
            (Some(30), "1"),
            (Some(89), "1"),
            (Some(90), "2"),
            (Some(3_600), "60"),
        ] {
            assert_eq!(minutes(seconds), words);
        }
    }

    #[test]
    fn one_of_a_thing_is_told_as_one() {
        for (codes, numbers, words) in [
            (0, 0, "0 secure codes were sent, and 0 numbers verified."),
            (1, 1, "1 secure code was sent, and 1 number verified."),
            (2, 1, "2 secure codes were sent, and 1 number verified."),
        ] {
            assert_eq!(codes_and_numbers(codes, numbers), words);
        }
    }

    #[test]
    fn a_webhook_to_which_nothing_gets_through_says_so_and_how_much_waits() {
        for (waiting, words) in [
            (0, ""),
            (1, ", trying again · 1 event waits"),
            (14, ", trying again · 14 events wait"),
            (10_000, ", trying again · 10,000 events or more wait"),
        ] {
            let said = not_getting_through("today, 10:32", waiting);
            assert_eq!(
                said,
                format!("Not getting through since today, 10:32{words}")
            );
        }
    }

    #[test]
    fn a_sign_in_link_tells_until_when_it_works_and_a_key_does_not() {
        let link = crate::fixtures::administration::new_link();
        assert!(link.expires_at.is_some());
        assert_eq!(first_link("Bo", &link).until, link.expires_at);
        assert_eq!(new_link("Bo", &link).until, link.expires_at);
        assert_eq!(
            key(&crate::fixtures::administration::added_key()).until,
            None
        );
    }

    #[test]
    fn a_delivery_says_what_the_receiver_answered() {
        let mut delivery = crate::fixtures::administration::webhooks()[0].deliveries[0].clone();
        delivery.attempts = 2;
        delivery.response_status = Some(503);
        assert_eq!(attempts(&delivery), "2 attempts · answered 503");
        delivery.attempts = 0;
        assert_eq!(attempts(&delivery), "Not tried yet");
    }
}
