//! The texts' words: a clinic's own are looked at before they are saved, shown as they would be sent, and
//! then sent so.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

mod support;

use serde_json::{Value as Json, json};
use standby::app::Texting;
use standby::domain::clinic::Clinic;
use standby::domain::policy::Role;
use support::{Stage, assert_refused};

struct Scene {
    stage: Stage,
    clinic: Clinic,
    admin: String,
}

impl Scene {
    async fn new(takes_replies: bool) -> Self {
        let stage = Stage::texting(Texting {
            takes_replies,
            code_checker: None,
        });
        let clinic = stage.clinic("north").await;
        let admin = stage.key(&clinic, Role::ClinicAdmin).await;
        Self {
            stage,
            clinic,
            admin,
        }
    }

    async fn change(&self, mut input: Json) -> Json {
        input["clinicId"] = json!(self.clinic.id.as_str());
        let by = Some(self.admin.as_str());
        self.stage.command(by, "updateClinicSettings", input).await
    }

    async fn settings(&self, selection: &str, variables: Json) -> Json {
        let declared = match variables {
            Json::Object(ref given) if given.is_empty() => "",
            _ => "query ($words: String, $replies: ReplyWordsInput) ",
        };
        let query =
            format!("{declared}{{ clinic(slug: \"north\") {{ settings {{ {selection} }} }} }}");
        let by = Some(self.admin.as_str());
        let mut answer = self.stage.ask(by, &query, variables).await;
        assert!(answer.get("errors").is_none(), "{answer}");
        answer["data"]["clinic"]["settings"].take()
    }

    async fn previews(&self, arguments: &str, variables: Json) -> Vec<Json> {
        let selection = format!(
            "textPreviews{arguments} {{ purpose body encoding characters room segments beyondGsm7 \
             problem {{ code message field }} }}"
        );
        let settings = self.settings(&selection, variables).await;
        settings["textPreviews"].as_array().unwrap().clone()
    }

    /// The text that a recalled caller gets.
    async fn recall(&self, number: &str) -> String {
        let caller = self.stage.enter("north", "Ana", Some(number)).await;
        self.stage.verify(&caller, number).await;
        self.stage.report(&caller, 1, "BACKGROUND").await;
        let by = Some(self.admin.as_str());
        let input = json!({ "callerId": caller.id });
        let recalled = self.stage.command(by, "recallCaller", input).await;
        assert_eq!(recalled["userErrors"], json!([]));
        self.stage.texts(number).await.pop().unwrap()
    }
}

fn recall_of(previews: &[Json]) -> &Json {
    let is_recall = |preview: &&Json| preview["purpose"] == "RECALL";
    previews.iter().find(is_recall).unwrap()
}

/// A text with its link's token hidden, as previews have it.
fn hidden(text: &str) -> String {
    let (before, rest) = text.split_once("/w#").unwrap();
    let after = rest
        .find(char::is_whitespace)
        .map_or("", |end| &rest[end..]);
    format!("{before}/w#{}{after}", "*".repeat(23))
}

#[tokio::test]
async fn a_recall_is_sent_as_its_preview_shows_it() {
    for takes_replies in [false, true] {
        let scene = Scene::new(takes_replies).await;
        let preview = recall_of(&scene.previews("", json!({})).await)["body"].clone();
        assert_eq!(hidden(&scene.recall("+61491570006").await), preview);

        let own = "Bitte zurück zur Wartezone:\n{link}";
        let replies = json!({ "coming": "JA", "later": "SPÄTER", "leaving": "NEIN" });
        let changed = scene
            .change(json!({ "recallWords": own, "replyWords": replies }))
            .await;
        assert_eq!(changed["userErrors"], json!([]));
        let kept = scene.settings("recallWords replyWords { coming later leaving }", json!({}));
        assert_eq!(
            kept.await,
            json!({ "recallWords": own, "replyWords": replies })
        );
        let preview = recall_of(&scene.previews("", json!({})).await).clone();
        let sent = scene.recall("+61491570156").await;
        assert_eq!(hidden(&sent), preview["body"]);
        assert!(sent.starts_with("Bitte zurück zur Wartezone:\nhttp://"));
        assert_eq!(sent.contains("JA coming"), takes_replies);
        assert_eq!(
            (
                &preview["encoding"],
                &preview["segments"],
                &preview["problem"]
            ),
            (&json!("GSM_7"), &json!(1), &json!(null))
        );
    }
}

#[tokio::test]
async fn words_that_are_only_typed_are_shown_and_not_saved() {
    let scene = Scene::new(true).await;
    let replies = json!({ "coming": "YES", "later": "SOON", "leaving": "NO" });
    let words = "It’s you: {link}";
    let typed = json!({ "words": words, "replies": replies });
    let previews = scene
        .previews("(recallWords: $words, replyWords: $replies)", typed)
        .await;
    let recall = recall_of(&previews);
    let body = recall["body"].as_str().unwrap();
    assert!(body.starts_with("It’s you: http://"));
    assert!(body.ends_with("Reply YES coming, SOON in 5 min, NO leave"));
    assert_eq!(
        (
            &recall["encoding"],
            &recall["beyondGsm7"],
            &recall["problem"]
        ),
        (&json!("UCS_2"), &json!(["’"]), &json!(null))
    );
    let length = body.encode_utf16().count();
    assert_eq!(recall["characters"], json!(length));
    assert_eq!(
        (&recall["segments"], &recall["room"]),
        (&json!(2), &json!(134))
    );

    let kept = scene
        .settings(
            "recallWords usualRecallWords takesReplies replyWords { coming }",
            json!({}),
        )
        .await;
    assert_eq!(kept["recallWords"], json!(null));
    assert_eq!(kept["replyWords"]["coming"], "1");
    assert_eq!(kept["takesReplies"], true);
    let usual = kept["usualRecallWords"].as_str().unwrap();
    let shown = recall_of(&scene.previews("", json!({})).await)["body"].clone();
    let before = usual.split("{link}").next().unwrap();
    assert!(shown.as_str().unwrap().starts_with(before));
}

#[tokio::test]
async fn a_preview_says_what_saving_would_say_at_the_same_field() {
    let scene = Scene::new(true).await;
    let replies = |later: &str| json!({ "coming": "1", "later": later, "leaving": "3" });
    for (words, later, field) in [
        ("Come back", "2", "recallWords"),
        ("Come back: {link}{link}", "2", "recallWords"),
        ("See evil.com {link}", "2", "recallWords"),
        (&format!("{} {{link}}", "a".repeat(300)), "2", "recallWords"),
        (&"a".repeat(20_000), "2", "recallWords"),
        ("a\u{202e}b {link}", "2", "recallWords"),
        ("Come back {link}", "1", "replyWords.later"),
        ("Come back {link}", "evil.com", "replyWords.later"),
    ] {
        let typed = json!({ "words": words, "replies": replies(later) });
        let previews = scene
            .previews("(recallWords: $words, replyWords: $replies)", typed)
            .await;
        let refused = scene
            .change(json!({ "recallWords": words, "replyWords": replies(later), "isOpen": false }))
            .await;
        assert_refused(&refused, "INVALID_INPUT", Some(field));
        let problem = &recall_of(&previews)["problem"];
        for part in ["code", "message", "field"] {
            assert_eq!(problem[part], refused["userErrors"][0][part], "{later}");
        }
        assert!(recall_of(&previews)["body"].as_str().unwrap().len() < 3_000);
    }
    let kept = scene.settings("isOpen recallWords", json!({})).await;
    assert_eq!(kept, json!({ "isOpen": true, "recallWords": null }));
}

#[tokio::test]
async fn own_words_are_kept_when_left_out_and_gone_when_null_or_empty() {
    let scene = Scene::new(false).await;
    let own = json!("Come back {link}");
    for gone in [json!(null), json!("")] {
        for (change, words) in [
            (json!({ "recallWords": own }), own.clone()),
            (json!({ "isOpen": true }), own.clone()),
            (json!({ "recallWords": gone }), json!(null)),
        ] {
            scene.change(change).await;
            let kept = scene.settings("recallWords", json!({})).await;
            assert_eq!(kept["recallWords"], words);
        }
    }
}
