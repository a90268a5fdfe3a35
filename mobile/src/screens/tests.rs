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
