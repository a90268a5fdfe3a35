//! What callers text back, sentence by sentence.

use crate::stay::{Outcome, Stay};
use standby::domain::caller::Caller;
use standby::domain::decide::Command;
use standby::domain::event::What;
use standby::domain::id::CallerId;
use standby::domain::refusal::Why;
use standby::domain::reply::{Answer, ReplyWords, who_replies};
use standby::domain::status::Status;
use standby::domain::text::TextPurpose;
use standby::domain::time::{Span, Timestamp};

fn answered(stay: &Stay) -> Option<(Answer, Timestamp)> {
    let reply = stay.caller.recall.as_ref()?.reply?;
    Some((reply.answer, reply.at))
}

fn recalled() -> Stay {
    let mut stay = Stay::offline();
    stay.is_recalled();
    stay.waits(Span::seconds(30));
    stay
}

#[test]
fn a_reply_is_kept_with_the_recall_and_the_caller_stays_where_they_are() {
    for (answer, what) in [
        (Answer::Coming, What::RepliedComing),
        (Answer::Later, What::RepliedLater),
    ] {
        let mut stay = recalled();
        assert_eq!(stay.replies(answer), Outcome::Changed(what));
        assert_eq!(answered(&stay), Some((answer, stay.now)));
        assert_eq!(stay.status(), Status::Offline);
        assert!(stay.still_wants_the_latest_text());
    }
}

#[test]
fn the_same_reply_again_changes_nothing_and_another_one_takes_its_place() {
    let mut stay = recalled();
    stay.replies(Answer::Later);
    let first = answered(&stay);
    stay.waits(Span::minutes(1));
    assert_eq!(stay.replies(Answer::Later), Outcome::Unchanged);
    assert_eq!(answered(&stay), first);
    assert_eq!(
        stay.replies(Answer::Coming),
        Outcome::Changed(What::RepliedComing)
    );
    assert_eq!(answered(&stay), Some((Answer::Coming, stay.now)));
}

#[test]
fn a_new_recall_has_no_reply_yet() {
    let mut stay = recalled();
    stay.replies(Answer::Later);
    stay.waits(Span::minutes(5));
    stay.is_recalled();
    assert_eq!(answered(&stay), None);
}

#[test]
fn whoever_replies_that_they_leave_has_left() {
    let mut stay = recalled();
    assert_eq!(stay.replies(Answer::Leaving), Outcome::Changed(What::Left));
    assert_eq!(stay.status(), Status::Left);
    assert_eq!(answered(&stay), Some((Answer::Leaving, stay.now)));
    assert!(!stay.still_wants_the_latest_text());
    assert_eq!(stay.replies(Answer::Leaving), Outcome::Unchanged);
    assert_eq!(stay.replies(Answer::Coming), Outcome::Unchanged);
}

#[test]
fn a_late_reply_throws_nobody_out_who_is_looking_again() {
    let mut stay = recalled();
    stay.looks();
    let before = stay.caller.clone();
    assert_eq!(stay.replies(Answer::Leaving), Outcome::Unchanged);
    assert_eq!(stay.caller, before);
}

#[test]
fn nobody_leaves_a_consultation_by_a_text() {
    let mut stay = recalled();
    stay.looks();
    stay.is_joined();
    for status in [Status::BeingSeen, Status::OnHold] {
        let before = stay.caller.clone();
        assert_eq!(
            stay.replies(Answer::Leaving),
            Outcome::Refused(Why::WrongStatus { status })
        );
        assert_eq!(stay.replies(Answer::Later), Outcome::Unchanged);
        assert_eq!(stay.caller, before);
        stay.is_put_on_hold();
    }
}

#[test]
fn whoever_was_not_recalled_replies_to_nothing() {
    for mut stay in [Stay::offline(), Stay::verified(), Stay::unverified()] {
        for answer in [Answer::Coming, Answer::Later, Answer::Leaving] {
            assert_eq!(stay.replies(answer), Outcome::Unchanged);
        }
    }
}

#[test]
fn whoever_asks_for_no_texts_is_not_recalled_until_texts_are_welcome_again() {
    let mut stay = Stay::offline();
    assert_eq!(
        stay.asks(Command::StopTexts),
        Outcome::Changed(What::TextsStopped)
    );
    assert_eq!(stay.asks(Command::StopTexts), Outcome::Unchanged);
    assert_eq!(stay.is_recalled(), Outcome::Refused(Why::Unavailable));
    assert_eq!(stay.texts_for(TextPurpose::Recall), 0);
    assert_eq!(stay.status(), Status::Offline, "the place is kept");
    assert_eq!(
        stay.asks(Command::AllowTexts),
        Outcome::Changed(What::TextsAllowed)
    );
    assert_eq!(stay.asks(Command::AllowTexts), Outcome::Unchanged);
    assert_eq!(stay.is_recalled(), Outcome::Changed(What::Recalled));
    // The second of two staff at once is told the same as the first, also if STOP came in between.
    stay.asks(Command::StopTexts);
    assert_eq!(stay.is_recalled(), Outcome::Unchanged);
}

/// Who of these replies.
fn who<'c>(stays: [&'c Stay; 3], words: &'c ReplyWords, body: &str) -> Option<&'c CallerId> {
    let callers = stays.map(|stay| (&stay.caller, words));
    who_replies(callers, body).map(|caller: &Caller| &caller.id)
}

#[test]
fn of_several_with_one_number_the_one_recalled_last_who_is_not_back_replies() {
    let words = ReplyWords::default();
    let child = |id: u8, recalled_after: Option<i64>| {
        let mut stay = Stay::offline();
        stay.caller.id = CallerId::new([id; 16]);
        if let Some(seconds) = recalled_after {
            stay.waits(Span::seconds(seconds));
            stay.is_recalled();
        }
        stay
    };
    let (first, mut second, third) = (child(1, Some(0)), child(2, Some(60)), child(3, None));
    assert_eq!(
        who([&first, &second, &third], &words, "1"),
        Some(&second.caller.id)
    );
    assert_eq!(
        who([&third, &second, &first], &words, "1"),
        Some(&second.caller.id)
    );
    assert_eq!(who([&first, &second, &third], &words, "hello"), None);
    assert_eq!(
        who([&third, &third, &third], &words, "1"),
        None,
        "nobody was recalled"
    );
    second.looks();
    assert_eq!(
        who([&first, &second, &third], &words, "1"),
        Some(&first.caller.id)
    );
    let mut back = first.clone();
    back.looks();
    assert_eq!(
        who([&back, &second, &third], &words, "1"),
        Some(&second.caller.id)
    );
    second.leaves();
    assert_eq!(
        who([&back, &second, &third], &words, "1"),
        Some(&back.caller.id)
    );
    let others = ReplyWords::parse("a", "b", "c", "f").unwrap();
    let callers = [(&first.caller, &others), (&back.caller, &words)];
    assert_eq!(
        who_replies(callers, "1").map(|caller| &caller.id),
        Some(&back.caller.id),
        "whose clinic understands it"
    );
}
