//! Recall, sentence by sentence.

use crate::stay::{MOBILE, Outcome, Stay, number, staff};
use standby::domain::delivery::{Delivery, Progress, SmsFailure, SmsState};
use standby::domain::event::What;
use standby::domain::refusal::Why;
use standby::domain::status::Status;
use standby::domain::text::TextPurpose;
use standby::domain::time::{Span, Timestamp};

fn wrong(status: Status) -> Outcome {
    Outcome::Refused(Why::WrongStatus { status })
}

#[test]
fn only_an_offline_caller_is_recalled() {
    assert_eq!(
        Stay::offline().is_recalled(),
        Outcome::Changed(What::Recalled)
    );
    for (mut stay, status) in [
        (Stay::unverified(), Status::Waiting),
        (Stay::verified(), Status::Waiting),
        (Stay::being_seen(), Status::BeingSeen),
        (Stay::lost(), Status::Left),
    ] {
        assert_eq!(stay.is_recalled(), wrong(status));
        assert_eq!(stay.texts_for(TextPurpose::Recall), 0);
    }
}

#[test]
fn a_recall_records_who_and_when_and_sends_one_text_with_the_link_to_the_verified_number() {
    let mut stay = Stay::offline();
    stay.waits(Span::minutes(3));
    stay.is_recalled();
    let recall = stay.caller.recall.clone().unwrap();
    assert_eq!((recall.by, recall.requested_at), (staff(), stay.now));
    assert_eq!(recall.delivery.state, SmsState::Queued);
    let text = stay.texts.last().unwrap();
    assert_eq!(
        (text.purpose, &text.to),
        (TextPurpose::Recall, &number(MOBILE))
    );
    assert_eq!(text.id, recall.text);
    assert!(
        text.words
            .ours()
            .unwrap()
            .0
            .contains("https://standby.example/w#")
    );
}

#[test]
fn the_status_stays_offline_until_the_caller_is_viewing_again() {
    let mut stay = Stay::offline();
    stay.is_recalled();
    stay.news_of_the_latest_text(SmsState::Delivered, None);
    assert_eq!(stay.status(), Status::Offline);
    stay.waits(Span::minutes(1));
    assert_eq!(stay.looks(), Outcome::Changed(What::CameBack));
    assert_eq!(stay.status(), Status::Waiting);
    let recall = stay.caller.recall.unwrap();
    assert_eq!(
        (recall.returned_at, recall.opened_at),
        (Some(stay.now), None)
    );
}

#[test]
fn staff_see_that_the_link_was_opened() {
    let mut stay = Stay::offline();
    stay.is_recalled();
    stay.waits(Span::seconds(20));
    assert_eq!(
        stay.looks_by_the_link_of_the_recall(),
        Outcome::Changed(What::CameBack)
    );
    assert_eq!(
        stay.caller.recall.clone().unwrap().opened_at,
        Some(stay.now)
    );
    assert_eq!(stay.looks_by_the_link_of_the_recall(), Outcome::Unchanged);
}

#[test]
fn the_link_opened_after_coming_back_another_way_is_noted_too() {
    let mut stay = Stay::offline();
    stay.is_recalled();
    stay.looks();
    assert_eq!(
        stay.looks_by_the_link_of_the_recall(),
        Outcome::Changed(What::RecallLinkOpened)
    );
    assert_eq!(stay.status(), Status::Waiting);
}

#[test]
fn the_link_of_an_earlier_recall_brings_back_without_claiming_the_latest_was_opened() {
    let mut stay = Stay::offline();
    stay.is_recalled();
    let earlier = stay.caller.recall.clone();
    stay.waits(Span::minutes(1));
    stay.is_recalled();
    let latest = std::mem::replace(&mut stay.caller.recall, earlier);
    let by_recall = stay.caller.recall.as_ref().map(|recall| recall.id.clone());
    stay.caller.recall = latest;
    let looks = standby::domain::decide::Command::SeeViewing {
        is_viewing: true,
        by_recall,
    };
    assert_eq!(stay.asks(looks), Outcome::Changed(What::CameBack));
    assert_eq!(stay.caller.recall.unwrap().opened_at, None);
}

#[test]
fn a_double_click_or_two_staff_at_once_send_one_text() {
    let mut stay = Stay::offline();
    stay.is_recalled();
    let first = stay.caller.clone();
    assert_eq!(stay.is_recalled(), Outcome::Unchanged);
    stay.waits(Span::millis(9_999));
    assert_eq!(stay.is_recalled(), Outcome::Unchanged);
    assert_eq!(stay.texts_for(TextPurpose::Recall), 1);
    assert_eq!(stay.caller, first);
}

#[test]
fn at_most_one_text_goes_out_a_minute() {
    let mut stay = Stay::offline();
    stay.is_recalled();
    let retry_at = stay.now + Span::minutes(1);
    for wait in [Span::seconds(10), Span::millis(49_999)] {
        stay.waits(wait);
        assert_eq!(
            stay.is_recalled(),
            Outcome::Refused(Why::RateLimited { retry_at })
        );
    }
    stay.waits(Span::millis(1));
    assert_eq!(stay.is_recalled(), Outcome::Changed(What::Recalled));
    assert_eq!(stay.texts_for(TextPurpose::Recall), 2);
}

#[test]
fn coming_back_and_going_again_does_not_open_the_minute() {
    let mut stay = Stay::offline();
    stay.is_recalled();
    let retry_at = stay.now + Span::minutes(1);
    stay.looks();
    stay.looks_away();
    assert_eq!(
        stay.is_recalled(),
        Outcome::Refused(Why::RateLimited { retry_at })
    );
}

#[test]
fn a_stay_has_at_most_five_recall_texts() {
    let mut stay = Stay::offline();
    for _ in 0..5 {
        assert_eq!(stay.is_recalled(), Outcome::Changed(What::Recalled));
        stay.looks();
        stay.looks_away();
        stay.waits(Span::minutes(1));
    }
    stay.waits(Span::hours(5));
    assert_eq!(stay.is_recalled(), Outcome::Refused(Why::Unavailable));
    assert_eq!(stay.texts_for(TextPurpose::Recall), 5);
}

#[test]
fn a_caller_who_came_back_is_told_to_staff_as_such_and_no_text_goes_out() {
    let mut stay = Stay::offline();
    stay.looks();
    assert_eq!(stay.is_recalled(), wrong(Status::Waiting));
    assert_eq!(stay.texts_for(TextPurpose::Recall), 0);
}

#[test]
fn a_caller_who_does_not_return_keeps_the_place() {
    let mut stay = Stay::offline();
    stay.is_recalled();
    stay.waits(Span::hours(24));
    assert_eq!(stay.may_be_lost(), Outcome::Unchanged);
    assert_eq!(stay.status(), Status::Offline);
}

#[test]
fn a_failed_text_is_shown_with_its_reason_and_nothing_is_sent_again() {
    let mut stay = Stay::offline();
    stay.is_recalled();
    let (state, failure) = (SmsState::Failed, Some(SmsFailure::Landline));
    let failed = stay.news_of_the_latest_text(state, failure);
    assert_eq!(
        failed,
        Outcome::Changed(What::SmsProgress { state, failure })
    );
    assert_eq!(
        stay.caller.recall.clone().unwrap().delivery.failure,
        failure
    );
    assert_eq!(stay.status(), Status::Offline);
    assert_eq!(stay.texts_for(TextPurpose::Recall), 1);
}

#[test]
fn news_of_an_earlier_recall_says_nothing_of_the_latest() {
    let mut stay = Stay::offline();
    stay.is_recalled();
    let earlier = stay.texts.clone();
    stay.waits(Span::minutes(1));
    stay.is_recalled();
    let latest = std::mem::replace(&mut stay.texts, earlier);
    assert_eq!(
        stay.news_of_the_latest_text(SmsState::Delivered, None),
        Outcome::Unchanged
    );
    stay.texts = latest;
    assert_eq!(stay.caller.recall.unwrap().delivery.state, SmsState::Queued);
}

#[test]
fn a_delivery_only_moves_forward() {
    use SmsState::{Delivered, Failed, Queued, Sending, Sent, Unknown};
    let forward = [Queued, Sending, Unknown, Sent, Failed, Delivered];
    let (now, later) = (Timestamp::from_millis(0), Timestamp::from_millis(1));
    for (place, state) in forward.into_iter().enumerate() {
        let delivery = Delivery {
            state,
            failure: None,
            updated_at: now,
        };
        for (news_place, news) in forward.into_iter().enumerate() {
            let advanced = delivery.advance(
                Progress {
                    state: news,
                    failure: None,
                },
                later,
            );
            let expected = (news_place > place).then_some(Delivery {
                state: news,
                failure: None,
                updated_at: later,
            });
            assert_eq!(advanced, expected, "{news:?} after {state:?}");
        }
    }
}

#[test]
fn only_a_failed_text_has_a_failure() {
    let now = Timestamp::from_millis(0);
    let news = Progress {
        state: SmsState::Sent,
        failure: Some(SmsFailure::Other),
    };
    assert_eq!(
        Delivery::queued(now).advance(news, now).unwrap().failure,
        None
    );
}

#[test]
fn a_recall_is_wanted_only_while_the_caller_is_away_and_has_not_come_back_since() {
    let mut stay = Stay::offline();
    stay.is_recalled();
    assert!(stay.still_wants_the_latest_text());
    stay.waits(Span::hours(3));
    assert!(stay.still_wants_the_latest_text());

    let mut cancelled = stay.clone();
    cancelled.is_cancelled();
    assert!(!cancelled.still_wants_the_latest_text());
    let mut recalled_again = stay.clone();
    let first = stay.texts.last().unwrap().clone();
    recalled_again.is_recalled();
    assert!(recalled_again.still_wants_the_latest_text());
    assert!(!recalled_again.still_wants(&first));

    stay.looks();
    assert!(!stay.still_wants_the_latest_text());
    stay.looks_away();
    assert_eq!(stay.status(), Status::Offline);
    assert!(!stay.still_wants_the_latest_text());
}
