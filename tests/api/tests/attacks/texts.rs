//! Characters that hide, turn round or break off what people read, in every text that there is.

use serde_json::{Value, json};
use standby_tests::{Caller, Role, Server, refusal};

/// One of each kind. What Persian, Hindi or a family of emoji need is not among them: joiners.
const UNSEEN: [(&str, char); 22] = [
    ("right-to-left override", '\u{202e}'),
    ("left-to-right override", '\u{202d}'),
    ("right-to-left embedding", '\u{202b}'),
    ("end of an embedding", '\u{202c}'),
    ("right-to-left isolate", '\u{2067}'),
    ("first strong isolate", '\u{2068}'),
    ("end of an isolate", '\u{2069}'),
    ("right-to-left mark", '\u{200f}'),
    ("left-to-right mark", '\u{200e}'),
    ("Arabic letter mark", '\u{61c}'),
    ("zero-width space", '\u{200b}'),
    ("word joiner", '\u{2060}'),
    ("byte order mark", '\u{feff}'),
    ("soft hyphen", '\u{ad}'),
    ("Mongolian vowel separator", '\u{180e}'),
    ("invisible times", '\u{2062}'),
    ("interlinear annotation", '\u{fff9}'),
    ("a tag", '\u{e0041}'),
    ("line separator", '\u{2028}'),
    ("escape", '\u{1b}'),
    ("nothing", '\u{0}'),
    ("backspace", '\u{8}'),
];

#[tokio::test]
async fn what_hides_or_turns_text_round_is_taken_in_no_text_that_anybody_reads() {
    let server = Server::start().await;
    let anonymous = server.anonymous();
    let admin = server.admin().await;
    let fields = json!([{ "key": "why", "label": "Why", "isRequired": true }]);
    admin.set(json!({ "entryFields": fields })).await;
    let arrival = |number: u32| {
        let mut arrival = Caller::arrival("demo", number);
        arrival["answers"] = json!([{ "key": "why", "value": "cough" }]);
        arrival
    };
    let entered = anonymous
        .accepted("enterWaitingArea", arrival(1), "token caller { id }")
        .await;
    let caller = Caller::entered(&anonymous, &entered, 1);
    let before = admin.caller(&caller.id).await;
    let settings = |change: Value| {
        let mut input = change;
        input["clinicId"] = json!(admin.clinic);
        input
    };
    for (what, character) in UNSEEN {
        let text = format!("Am{character}ara");
        let mut with_name = arrival(2);
        with_name["name"] = json!(text);
        let mut with_answer = arrival(2);
        with_answer["answers"][0]["value"] = json!(text);
        let reply = |field: &str| {
            let mut words = json!({ "coming": "1", "later": "2", "leaving": "3" });
            words[field] = json!(text);
            settings(json!({ "replyWords": words }))
        };
        let template = format!("https://video.example/{character}x/{{room}}");
        let label = json!([{ "key": "why", "label": text, "isRequired": true }]);
        let member = json!({ "clinicId": admin.clinic, "name": text, "role": "REPORTER" });
        for (field, input, expected) in [
            ("enterWaitingArea", with_name, "name"),
            ("enterWaitingArea", with_answer, "answers.0.value"),
            (
                "cancelCaller",
                json!({ "callerId": caller.id, "reason": text }),
                "reason",
            ),
            (
                "updateClinicSettings",
                settings(json!({ "consentText": text })),
                "consentText",
            ),
            (
                "updateClinicSettings",
                settings(json!({ "entryFields": label })),
                "entryFields.0.label",
            ),
            (
                "updateClinicSettings",
                settings(json!({ "recallWords": format!("{text} {{link}}") })),
                "recallWords",
            ),
            ("updateClinicSettings", reply("coming"), "replyWords.coming"),
            ("updateClinicSettings", reply("later"), "replyWords.later"),
            (
                "updateClinicSettings",
                reply("leaving"),
                "replyWords.leaving",
            ),
            (
                "updateClinicSettings",
                settings(json!({ "roomUrlTemplate": template })),
                "roomUrlTemplate",
            ),
            (
                "updateClinicSettings",
                settings(json!({ "timeZone": format!("Europe/{character}Berlin") })),
                "timeZone",
            ),
            ("addTeamMember", member.clone(), "name"),
            ("addApiClient", member, "name"),
        ] {
            // Of several lines, a recall keeps each: this one only breaks them.
            if what == "line separator" && expected == "recallWords" {
                continue;
            }
            let refused = admin.asker.refused(field, input).await;
            assert_eq!(
                refused,
                format!("INVALID_INPUT {expected}"),
                "{what} in {field}"
            );
        }
        let input = json!({ "reason": text });
        let refused = caller.asker.refused("leaveWaitingArea", input).await;
        assert_eq!(refused, "INVALID_INPUT reason", "{what}");
        // An address is kept, and shown, as it goes over the wire: in letters that hide nothing.
        for url in [
            format!("https://hook.example/{text}"),
            format!("https://{text}.example/"),
        ] {
            let input = json!({ "clinicId": admin.clinic, "url": url, "events": ["CALLER_ENDED"] });
            let added = admin
                .asker
                .mutate("addWebhook", input, "webhook { id url }")
                .await;
            if let Some(kept) = added["webhook"]["url"].as_str() {
                let is_plain = kept.bytes().all(|byte| byte.is_ascii_graphic());
                assert!(is_plain, "{what}: {kept:?}");
                let input = json!({ "webhookId": added["webhook"]["id"] });
                admin.asker.accepted("removeWebhook", input, "").await;
            } else {
                assert_eq!(refusal(&added), "INVALID_INPUT url", "{what}");
            }
        }
        // No argument of a program holds it.
        if character != '\u{0}' {
            let template = "https://video.example/{room}";
            let arguments = [
                "--slug",
                "other",
                "--name",
                &text,
                "--room-url-template",
                template,
            ];
            let arguments = [["clinic", "add"].as_slice(), &arguments].concat();
            assert!(!server.try_command(&arguments).is_success(), "{what}");
            for area in [["team", "add"], ["key", "add"]] {
                let arguments = ["--clinic", "demo", "--role", "REPORTER", "--name", &text];
                let arguments = [area.as_slice(), &arguments].concat();
                assert!(
                    !server.try_command(&arguments).is_success(),
                    "{what} {area:?}"
                );
            }
        }
    }
    let now = admin.caller(&caller.id).await;
    for what in ["name", "answers", "status", "end"] {
        assert_eq!(now[what], before[what], "nothing of it was done");
    }
    assert_eq!(admin.waiting_area().await.1.len(), 1);
}

#[tokio::test]
async fn marks_that_come_along_when_text_is_copied_are_left_out() {
    let server = Server::start().await;
    let staff = server.staff(Role::ClinicAdmin).await;
    let anonymous = server.anonymous();
    for (number, (typed, kept)) in (1..).zip([
        ("\u{feff}Amara\u{200b} ", "Amara"),
        (
            "\u{200f}\u{646}\u{648}\u{631}\u{200f}",
            "\u{646}\u{648}\u{631}",
        ),
        ("\u{645}\u{200c}\u{646}", "\u{645}\u{200c}\u{646}"),
        (" Zo\u{eb} \t van \u{a0} der Berg", "Zo\u{eb} van der Berg"),
    ]) {
        let mut arrival = Caller::arrival("demo", number);
        arrival["name"] = json!(typed);
        let entered = anonymous
            .accepted("enterWaitingArea", arrival, "token caller { id }")
            .await;
        let caller = Caller::entered(&anonymous, &entered, number);
        assert_eq!(staff.caller(&caller.id).await["name"], kept, "{typed:?}");
    }
}
