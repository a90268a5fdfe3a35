#![allow(
    clippy::unwrap_used,
    reason = "a test that finds something else must fail"
)]

use dioxus::prelude::*;

use super::*;
use crate::fixtures::{self, Fixture};
use crate::language::Direction;
use crate::stay::{LinkToken, Refusal, RefusalKind, Trouble};
use crate::waiting::reduce;

const ENGLISH: Language = Language::English;

/// Every fixture in every language.
fn in_every_language() -> impl Iterator<Item = (Language, Fixture)> {
    Language::ALL.into_iter().flat_map(|language| {
        fixtures::all().into_iter().map(move |fixture| {
            let state = fixture.state.in_language(language);
            (language, Fixture { state, ..fixture })
        })
    })
}

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
    for (_, fixture) in in_every_language() {
        let html = html(fixture.state);
        assert_eq!(html.matches("<h1").count(), 1, "{}", fixture.name);
        // The server's content security policy would drop it.
        assert!(!html.contains("style="), "{}", fixture.name);
    }
}

#[test]
fn every_field_has_a_label_and_ids_are_unique() {
    for (_, fixture) in in_every_language() {
        let html = html(fixture.state);
        for input in tags(&html, "input")
            .into_iter()
            .chain(tags(&html, "select"))
        {
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
    for (_, fixture) in in_every_language() {
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
        "getting-latest",
        "coming-back",
        "taking-back",
        "ready-to-join-without-room",
    ];
    let tells_what_to_do = ["clinic-unknown", "link-broken"];
    for (_, fixture) in in_every_language() {
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
fn wherever_a_link_has_led_there_is_a_way_back_to_the_place_that_is_kept() {
    let mut looked_at = 0;
    for (language, fixture) in in_every_language() {
        let screen = fixture.state.screen();
        let has_a_stay = matches!(fixture.state.scene, Scene::Staying(_) | Scene::Opening);
        // The one goes on by itself, the others lead to the stay of that clinic.
        let leads_on = matches!(
            screen,
            Screen::Opening | Screen::AlreadyWaiting | Screen::PlaceAtRisk
        );
        if has_a_stay || leads_on {
            continue;
        }
        let link = LinkToken::read("kept-kept-kept");
        let (state, _) = reduce(
            fixture.state.clone(),
            Message::Kept(link),
            fixture.state.now,
        );
        let html = html(state);
        let back = [
            words::back_to_my_place(language),
            words::back_to_their_page(language),
        ];
        assert!(
            ways(&html).iter().any(|way| back.contains(way)),
            "{} in {language:?}",
            fixture.name
        );
        looked_at += 1;
    }
    assert!(looked_at >= 10 * Language::ALL.len(), "{looked_at}");
}

#[test]
fn an_end_by_an_old_link_says_that_there_may_be_a_place_and_leads_there_first() {
    let over = html(fixtures::named_in("fixture=completed-another-place").unwrap());
    assert!(over.contains(words::other_place(ENGLISH)));
    let expected = [
        words::back_to_my_place(ENGLISH),
        words::arrive_again(ENGLISH),
    ];
    assert_eq!(ways(&over), expected);
    let only = html(fixtures::named_in("fixture=completed").unwrap());
    assert!(!only.contains(words::other_place(ENGLISH)));
    // A lost place that may be taken back is no other place.
    let lost = fixtures::named_in("fixture=taking-back").unwrap();
    let Scene::Staying(staying) = &lost.scene else {
        unreachable!("a lost place is a stay");
    };
    let own = Message::Kept(Some(staying.link.clone()));
    let refused = Err(Trouble::Refused(Vec::new(), None));
    let (lost, _) = reduce(lost.clone(), own, lost.now);
    let (lost, _) = reduce(lost.clone(), Message::Resumed(1, refused), lost.now);
    assert_eq!(lost.screen(), Screen::LostContact);
    assert!(!html(lost).contains(words::other_place(ENGLISH)));
}

#[test]
fn every_screen_has_a_fixture_and_fixtures_have_names_of_their_own() {
    let mut screens: Vec<Screen> = fixtures::all()
        .iter()
        .map(|fixture| fixture.state.screen())
        .collect();
    screens.sort();
    screens.dedup();
    assert_eq!(screens.len(), 21);
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
    for (_, fixture) in in_every_language() {
        let said = announcement(&fixture.state);
        let html = html(fixture.state);
        let (shown, _) = html.split_once("role=\"status\"").unwrap();
        for sentence in said.split_inclusive(['.', '…', '。']).map(str::trim) {
            // A heading has no full stop: what is said runs on into the next sentence.
            let is_shown = |part: &str| shown.contains(part.trim().trim_end_matches(['.', '。']));
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
    assert!(html.contains(words::new_code_heading(ENGLISH)));
    assert!(html.contains(words::code_spent(ENGLISH)));
    assert!(html.contains(words::send_another(ENGLISH)));
    assert!(!html.contains(&format!(">{}<", words::verify(ENGLISH))));
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
            ways.contains(&words::keep_old_number(ENGLISH))
        } else {
            ways.contains(&words::wait_here(ENGLISH))
                || ways.contains(&words::wait_here_instead(ENGLISH))
        };
        assert!(is_offered, "{}: {ways:?}", fixture.name);
        let says_so = [
            words::code_waiting(ENGLISH),
            words::or_wait_here(ENGLISH),
            words::or_keep_old_number(ENGLISH),
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
        assert_eq!(ways(&html)[0], words::use_another_number(ENGLISH), "{name}");
        assert!(html.contains(words::not_coming_heading(ENGLISH)), "{name}");
        assert!(!html.contains(words::send_another(ENGLISH)), "{name}");
    }
    let again = html(fixtures::named_in("fixture=code-opted-out-again").unwrap());
    assert!(again.contains(words::send_another(ENGLISH)));
}

#[test]
fn a_code_that_is_being_checked_cannot_be_handed_in_twice() {
    let html = html(fixtures::named_in("fixture=code-checking").unwrap());
    let verify = tags(&html, "button")
        .into_iter()
        .find(|tag| tag.contains("submit"))
        .unwrap();
    assert!(verify.contains("aria-disabled=\"true\""), "{verify}");
    assert!(html.contains(words::verifying(ENGLISH)) && html.contains("value=\"123456\""));
    // The try is taken, and the caller is not told that it failed before that is known.
    assert!(!html.contains(words::code_spent(ENGLISH)));
}

#[test]
fn who_takes_no_texts_is_never_told_that_the_phone_may_be_put_away() {
    for name in ["texts-stopped", "texts-stopped-reconnecting"] {
        let html = html(fixtures::named_in(&format!("fixture={name}")).unwrap());
        assert!(
            html.contains(words::keep_open(ENGLISH))
                && html.contains(words::texts_stopped_why(ENGLISH))
        );
        for promise in ["We text you", "we text you", words::free_to_go(ENGLISH)] {
            assert!(!html.contains(promise), "{name}: {promise}");
        }
        assert!(html.contains(words::keep_awake(ENGLISH)), "{name}");
    }
}

#[test]
fn who_comes_back_is_shown_nothing_of_before() {
    let known = fixtures::named_in("fixture=waiting-verified").unwrap();
    let away = reduce(known.clone(), Message::Viewing(false), known.now).0;
    let back = fixtures::named_in("fixture=getting-latest").unwrap();
    for state in [away.clone(), back.clone()] {
        let html = html(state.clone());
        assert!(html.contains("aria-busy=\"true\""));
        assert!(
            html.contains("Northside Virtual Clinic"),
            "the page stays the clinic's"
        );
        for old in [
            words::heading_waiting(ENGLISH),
            words::free_to_go(ENGLISH),
            "You are number",
        ] {
            assert!(!html.contains(old), "{old}");
        }
        assert_eq!(announcement(&state), "");
    }
    // A tab that is not seen tells by its title what is known; one that is seen again does not.
    assert_eq!(title(&away), title(&known));
    assert_ne!(title(&back), title(&known));
    assert!(!html(known).contains("aria-busy"));
}

#[test]
fn the_question_about_another_link_says_where_it_leads_and_what_becomes_of_the_place() {
    let of = |name: &str| html(fixtures::named_in(&format!("fixture={name}")).unwrap());
    let kept = of("other-link");
    assert!(kept.contains("You are already waiting at Northside Virtual Clinic."));
    assert!(kept.contains(words::other_link_kept(ENGLISH)));
    let untexted = of("other-link-untexted");
    assert!(untexted.contains(words::other_link_kept_untexted(ENGLISH)));
    assert!(!untexted.contains("we still text you"));
    let lost = of("other-link-unverified");
    assert!(lost.contains(words::other_link_lost(ENGLISH)));
    let with_provider = of("other-link-with-provider");
    assert!(with_provider.contains(words::other_link_with_provider(ENGLISH)));
    assert!(!with_provider.contains("You are already waiting"));
    assert!(kept.contains("The other link is for Sam, at Northside Virtual Clinic."));
    assert!(untexted.contains("for another place in the queue, at Northside Virtual Clinic."));
    assert!(lost.contains("The other link leads to Southside Virtual Clinic."));
    for html in [kept, untexted, lost, with_provider] {
        // To stay comes first.
        let expected = [words::stay_here(ENGLISH), words::open_other_link(ENGLISH)];
        assert_eq!(ways(&html), expected);
    }
}

#[test]
fn notices_are_offered_to_those_only_who_can_be_recalled_on_a_device_that_shows_them() {
    let offered = words::notices_heading(ENGLISH);
    assert!(html(fixtures::named_in("fixture=notices-offered").unwrap()).contains(offered));
    for fixture in fixtures::all() {
        if !fixture.name.starts_with("notices") {
            assert!(!html(fixture.state).contains(offered), "{}", fixture.name);
        }
    }
    let on = html(fixtures::named_in("fixture=notices-on").unwrap());
    let switches = tags(&on, "input");
    assert_eq!(switches.len(), 2);
    assert!(switches.iter().all(|tag| tag.contains("role=\"switch\"")));
    let refused = html(fixtures::named_in("fixture=notices-refused").unwrap());
    assert!(refused.contains(words::notices_refused(ENGLISH)) && !refused.contains(offered));
    assert!(ways(&refused).contains(&words::try_again(ENGLISH)));
}

#[test]
fn a_change_is_announced_in_the_one_live_region() {
    let state = fixtures::named_in("fixture=reconnecting").unwrap();
    assert!(announcement(&state).contains(words::out_of_touch_verified(ENGLISH)));
    let state = fixtures::named_in("fixture=welcome-back").unwrap();
    assert!(announcement(&state).contains(words::keep_open(ENGLISH)));
    assert!(!announcement(&state).contains(words::free_to_go(ENGLISH)));
    let state = fixtures::named_in("fixture=waiting-verified").unwrap();
    assert!(announcement(&state).starts_with("You are waiting You are number 3."));
    assert_eq!(html(state).matches("aria-live").count(), 1);
}

/// The words of a page: what is between its tags, without the choice of languages.
fn words_shown(html: &str) -> String {
    let (before, after) = html.split_once("<footer").unwrap();
    let (_, after) = after.split_once("</footer>").unwrap();
    let mut words = String::new();
    for piece in [before, after]
        .iter()
        .flat_map(|part| part.split('<').skip(1))
    {
        let (_, text) = piece.split_once('>').unwrap();
        words.push_str(text);
        words.push(' ');
    }
    words
}

#[test]
fn every_screen_is_headed_in_its_language() {
    for (language, fixture) in in_every_language() {
        let screen = fixture.state.screen();
        let html = html(fixture.state);
        let (_, heading) = html.split_once("<h1").unwrap();
        let (heading, _) = heading.split_once("</h1>").unwrap();
        let is_right = match screen {
            Screen::Arriving => heading.contains("Northside Virtual Clinic"),
            _ => heading.ends_with(&format!(">{}", words::heading(language, screen))),
        };
        assert!(is_right, "{} in {language:?}: {heading}", fixture.name);
    }
}

/// What is not ours to translate: a clinic's own texts, what was typed, what is sent as it is.
const AS_IT_IS: [&str; 9] = [
    "Northside Virtual Clinic",
    "Southside Virtual Clinic",
    "What is it about?",
    "Interpreter, and for which language",
    "The clinic uses your details for this visit only.\nYour visit may be with a nurse first.",
    "The doctor has been called away. We will phone you to find another time.",
    "Sam Rivers",
    "START",
    "SMS",
];

#[test]
fn nothing_of_a_screen_is_left_in_english() {
    let of_another_script = |language| !matches!(language, ENGLISH | Language::Vietnamese);
    for (language, fixture) in in_every_language().filter(|(one, _)| of_another_script(*one)) {
        let mut shown = words_shown(&html(fixture.state.clone()));
        shown.push_str(&title(&fixture.state));
        for known in AS_IT_IS {
            shown = shown.replace(known, "");
        }
        let left = shown.chars().find(char::is_ascii_alphabetic);
        assert_eq!(left, None, "{} in {language:?}: {shown}", fixture.name);
    }
}

#[test]
fn what_the_clinic_or_the_reader_wrote_has_its_own_direction() {
    let arabic =
        |name: &str| html(fixtures::named_in(&format!("fixture={name}&language=ar")).unwrap());
    let questions = arabic("arriving-questions");
    assert!(questions.contains("<bdi>Northside Virtual Clinic</bdi>"));
    assert!(questions.contains("<bdi>What is it about?</bdi>"));
    let consent = tags(&questions, "p")
        .into_iter()
        .find(|tag| tag.contains("consent-text"));
    assert_eq!(attribute(&consent.unwrap(), "dir").as_deref(), Some("auto"));
    assert!(arabic("cancelled-with-reason").contains("<p dir=\"auto\">The doctor"));
    for input in tags(&arabic("arriving-again"), "input") {
        let direction = match attribute(&input, "id").as_deref() {
            Some("phone") => "ltr",
            _ => "auto",
        };
        assert_eq!(
            attribute(&input, "dir").as_deref(),
            Some(direction),
            "{input}"
        );
    }
    assert!(arabic("code").contains("\u{2066}0491\u{a0}570\u{a0}156\u{2069}"));
}

#[test]
fn what_the_server_says_in_english_is_marked_as_english_elsewhere() {
    let refusal = Refusal {
        kind: RefusalKind::Other,
        message: "There is no such thing.".to_owned(),
        field: Vec::new(),
    };
    for language in Language::ALL {
        let state = fixtures::named_in("fixture=arriving-under-way").unwrap();
        let (now, visit) = (state.now, state.visit);
        let refused = Err(Trouble::Refused(vec![refusal.clone()], None));
        let state = state.in_language(language);
        let (state, _) = reduce(state, Message::Entered(visit, refused), now);
        let html = html(state);
        let is_marked = html.contains("<p lang=\"en\" dir=\"ltr\">There is no such thing.</p>");
        let is_plain = html.contains("<p>There is no such thing.</p>");
        let is_english = language == ENGLISH;
        assert_eq!((is_marked, is_plain), (!is_english, is_english), "{html}");
    }
}

#[test]
fn every_screen_offers_every_language_by_its_own_name() {
    for (language, fixture) in in_every_language() {
        let html = html(fixture.state);
        assert!(html.contains(words::language(language)), "{}", fixture.name);
        for one in Language::ALL {
            assert!(html.contains(one.own_name()), "{}", fixture.name);
        }
        let chosen: Vec<String> = tags(&html, "option")
            .into_iter()
            .filter(|tag| tag.contains("selected"))
            .filter_map(|tag| attribute(&tag, "value"))
            .collect();
        assert_eq!(chosen, [language.code()], "{}", fixture.name);
    }
}

#[test]
fn a_fixture_is_in_the_language_that_its_address_names() {
    let in_greek = fixtures::named_in("fixture=waiting-verified&language=el").unwrap();
    assert_eq!(in_greek.language, Language::Greek);
    assert_eq!(in_greek.language.direction(), Direction::LeftToRight);
    for query in ["fixture=opening", "language=xx&fixture=opening"] {
        assert_eq!(fixtures::named_in(query).unwrap().language, ENGLISH);
    }
}

#[test]
fn the_first_paint_says_the_same_as_the_app_in_every_language() {
    let script = include_str!("../../web/opening.js");
    let page = include_str!("../../web/index.html");
    for language in Language::ALL {
        assert!(
            script.contains(&format!("{}: {{", quoted(language.code()))),
            "{language:?}"
        );
        for words in [
            words::heading_opening(language),
            words::opening(language),
            words::try_again(language),
        ] {
            let place = if language == ENGLISH { page } else { script };
            assert!(place.contains(words), "{words}");
        }
        // Without a script, everybody is told in every language that it takes one.
        let code = language.code();
        let without_script = format!("<p class=\"notice notice-warning\" lang=\"{code}\"");
        assert!(page.contains(&without_script), "{language:?}");
    }
    assert!(script.contains("\"standby.language\""));
}

/// As a key in JavaScript is written.
fn quoted(code: &str) -> String {
    if code.contains('-') {
        format!("\"{code}\"")
    } else {
        code.to_owned()
    }
}
