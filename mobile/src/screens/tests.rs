#![allow(
    clippy::unwrap_used,
    reason = "a test that finds something else must fail"
)]

use dioxus::prelude::*;

use super::*;
use crate::fixtures;

#[component]
fn Shown(state: State) -> Element {
    let tell = use_callback(|_: Message| {});
    page(&state, tell)
}

fn html(state: State) -> String {
    let mut dom = VirtualDom::new_with_props(Shown, ShownProps { state });
    dom.rebuild_in_place();
    dioxus_ssr::render(&dom)
}

/// Every opening tag of this name with its attributes.
fn tags(html: &str, name: &str) -> Vec<String> {
    html.split(&format!("<{name} "))
        .skip(1)
        .filter_map(|rest| rest.split_once('>').map(|(tag, _)| tag.to_owned()))
        .collect()
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let rest = tag.split_once(&format!("{name}=\""))?.1;
    rest.split_once('"').map(|(value, _)| value.to_owned())
}

#[test]
fn every_screen_has_one_heading_and_no_style_of_its_own() {
    for fixture in fixtures::all() {
        let html = html(fixture.state);
        assert_eq!(html.matches("<h1").count(), 1, "{}", fixture.name);
        // The server's content security policy would drop it.
        assert!(!html.contains("style="), "{}", fixture.name);
    }
}

#[test]
fn every_field_has_a_label_and_ids_are_unique() {
    for fixture in fixtures::all() {
        let html = html(fixture.state);
        for input in tags(&html, "input") {
            let id = attribute(&input, "id").unwrap();
            assert!(
                html.contains(&format!("for=\"{id}\"")),
                "{}: {id}",
                fixture.name
            );
        }
        let mut ids: Vec<&str> = html
            .split(" id=\"")
            .skip(1)
            .filter_map(|rest| rest.split_once('"').map(|(id, _)| id))
            .collect();
        ids.sort_unstable();
        let all = ids.len();
        ids.dedup();
        assert_eq!(all, ids.len(), "{}", fixture.name);
    }
}

#[test]
fn what_a_field_refers_to_is_there() {
    for fixture in fixtures::all() {
        let html = html(fixture.state);
        for tag in tags(&html, "input")
            .into_iter()
            .chain(tags(&html, "section"))
        {
            for name in ["aria-describedby", "aria-labelledby"] {
                for id in attribute(&tag, name).unwrap_or_default().split(' ') {
                    let is_there = id.is_empty() || html.contains(&format!("id=\"{id}\""));
                    assert!(is_there, "{}: {id}", fixture.name);
                }
            }
        }
    }
}

#[test]
fn no_screen_is_a_dead_end() {
    let waits_for_itself = [
        "opening",
        "coming-back",
        "taking-back",
        "ready-to-join-without-room",
    ];
    let tells_what_to_do = ["clinic-unknown", "link-broken"];
    for fixture in fixtures::all() {
        let html = html(fixture.state);
        let leads_on = html.contains("<button") || html.contains("<a ");
        let name = fixture.name;
        assert!(
            leads_on || waits_for_itself.contains(&name) || tells_what_to_do.contains(&name),
            "{name}"
        );
    }
}

#[test]
fn every_screen_has_a_fixture_and_fixtures_have_names_of_their_own() {
    let mut screens: Vec<Screen> = fixtures::all()
        .iter()
        .map(|fixture| fixture.state.screen())
        .collect();
    screens.sort();
    screens.dedup();
    assert_eq!(screens.len(), 18);
    let mut names: Vec<_> = fixtures::all().iter().map(|fixture| fixture.name).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
    assert!(fixtures::named_in("x=1&fixture=arriving").is_some());
    assert!(fixtures::named_in("fixture=nothing").is_none());
}

#[test]
fn a_verified_number_is_not_shown_whole() {
    for name in [
        "waiting-verified",
        "welcome-back",
        "ready-to-join",
        "completed",
    ] {
        let html = html(fixtures::named_in(&format!("fixture={name}")).unwrap());
        assert!(!html.contains("491570156"), "{name}");
    }
}

#[test]
fn what_is_announced_can_be_read_on_the_screen() {
    for fixture in fixtures::all() {
        let said = announcement(&fixture.state);
        let html = html(fixture.state);
        let (shown, _) = html.split_once("role=\"status\"").unwrap();
        for sentence in said.split_inclusive(['.', '…']).map(str::trim) {
            // A heading has no full stop: what is said runs on into the next sentence.
            let is_shown = |part: &str| shown.contains(part.trim().trim_end_matches('.'));
            let words: Vec<&str> = sentence.split(' ').collect();
            let in_two = (0..=words.len()).any(|at| {
                let (heading, rest) = words.split_at(at);
                is_shown(&heading.join(" ")) && is_shown(&rest.join(" "))
            });
            assert!(in_two, "{}: {sentence}", fixture.name);
        }
    }
}

#[test]
fn a_code_that_takes_no_more_tries_offers_a_new_one_and_nothing_to_verify() {
    let html = html(fixtures::named_in("fixture=code-spent").unwrap());
    assert!(html.contains(words::NEW_CODE_HEADING));
    assert!(html.contains(words::CODE_SPENT));
    assert!(html.contains(words::SEND_ANOTHER));
    assert!(!html.contains(&format!(">{}<", words::VERIFY)));
    assert!(!html.contains("<input class=\"input input-code\""));
}

/// The words of the buttons and links.
fn ways(html: &str) -> Vec<&str> {
    let buttons = html.split("<button ").skip(1);
    buttons
        .filter_map(|rest| rest.split_once('>')?.1.split_once("</button>"))
        .map(|(words, _)| words.split(['<', '>']).next_back().unwrap_or(words))
        .collect()
}

#[test]
fn whatever_became_of_the_code_one_may_wait_on_the_page_or_keep_the_old_number() {
    let is_of_a_code = |name: &str| {
        name.starts_with("code") && name != "code-set-aside" || name == "new-number-landline"
    };
    let fixtures = fixtures::all().into_iter();
    let mut looked_at = 0;
    for fixture in fixtures.filter(|fixture| is_of_a_code(fixture.name)) {
        let is_verified = fixture.name == "new-number-landline";
        let html = html(fixture.state);
        let ways = ways(&html);
        let is_offered = if is_verified {
            ways.contains(&words::KEEP_OLD_NUMBER)
        } else {
            ways.contains(&words::WAIT_HERE) || ways.contains(&words::WAIT_HERE_INSTEAD)
        };
        assert!(is_offered, "{}: {ways:?}", fixture.name);
        let says_so = [
            words::CODE_WAITING,
            words::OR_WAIT_HERE,
            words::OR_KEEP_OLD_NUMBER,
        ];
        let says_so = says_so.iter().any(|words| html.contains(words));
        assert!(says_so, "{}", fixture.name);
        looked_at += 1;
    }
    assert!(looked_at >= 20, "{looked_at}");
}

#[test]
fn a_number_that_no_code_can_reach_asks_for_no_code_and_leads_to_another_number() {
    for name in ["landline", "no-such-number", "blocked", "opted-out"] {
        let html = html(fixtures::named_in(&format!("fixture=code-{name}")).unwrap());
        assert!(!html.contains("input-code"), "{name}");
        assert_eq!(ways(&html)[0], words::USE_ANOTHER_NUMBER, "{name}");
        assert!(html.contains(words::NOT_COMING), "{name}");
        assert!(!html.contains(words::SEND_ANOTHER), "{name}");
    }
    let again = html(fixtures::named_in("fixture=code-opted-out-again").unwrap());
    assert!(again.contains(words::SEND_ANOTHER));
}

#[test]
fn a_code_that_is_being_checked_cannot_be_handed_in_twice() {
    let html = html(fixtures::named_in("fixture=code-checking").unwrap());
    let verify = tags(&html, "button")
        .into_iter()
        .find(|tag| tag.contains("submit"))
        .unwrap();
    assert!(verify.contains("aria-disabled=\"true\""), "{verify}");
    assert!(html.contains(words::VERIFYING) && html.contains("value=\"123456\""));
    // The try is taken, and the caller is not told that it failed before that is known.
    assert!(!html.contains(words::CODE_SPENT));
}

#[test]
fn who_takes_no_texts_is_never_told_that_the_phone_may_be_put_away() {
    for name in ["texts-stopped", "texts-stopped-reconnecting"] {
        let html = html(fixtures::named_in(&format!("fixture={name}")).unwrap());
        assert!(html.contains(words::KEEP_OPEN) && html.contains(words::TEXTS_STOPPED_WHY));
        for promise in ["We text you", "we text you", words::FREE_TO_GO] {
            assert!(!html.contains(promise), "{name}: {promise}");
        }
        assert!(html.contains(words::KEEP_AWAKE), "{name}");
    }
}

#[test]
fn a_change_is_announced_in_the_one_live_region() {
    let state = fixtures::named_in("fixture=reconnecting").unwrap();
    assert!(announcement(&state).contains(words::OUT_OF_TOUCH_VERIFIED));
    let state = fixtures::named_in("fixture=welcome-back").unwrap();
    assert!(announcement(&state).contains(words::KEEP_OPEN));
    assert!(!announcement(&state).contains(words::FREE_TO_GO));
    let state = fixtures::named_in("fixture=waiting-verified").unwrap();
    assert!(announcement(&state).starts_with("You are waiting You are number 3."));
    assert_eq!(html(state).matches("aria-live").count(), 1);
}
