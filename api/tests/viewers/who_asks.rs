//! Whom each kind of viewer is taken for, and that no two of them are taken for one.

use crate::access::{VIEWERS, Viewer};
use crate::scene::Scene;
use crate::two_clinics::NORTH;
use serde_json::{Value as Json, json};

#[tokio::test]
async fn whoever_asks_is_told_who_they_are_and_what_opens_nothing_says_the_same_of_all() {
    let scene = Scene::new().await;
    let query = "{ viewer { __typename ...on Anonymous { reason } ...on TeamMember { name role } \
                 ...on ApiClient { name role } ...on CallerSession { caller { name } } } }";
    for viewer in VIEWERS {
        let by = scene.by(viewer, "");
        let answer = scene.ask(&scene.clinics.stage, by, query).await;
        let seen = &answer["data"]["viewer"];
        let north = |given: &str| format!("{given} {}", NORTH.family);
        let staff = |kind: &str, name: &str, role: &str| json!({ "__typename": kind, "name": north(name), "role": role });
        let caller =
            |name: String| json!({ "__typename": "CallerSession", "caller": { "name": name } });
        let expected = match viewer {
            Viewer::TheCaller => caller(north("Walter")),
            Viewer::OtherCaller => caller("Olga Other".to_owned()),
            Viewer::Reporter => staff("TeamMember", "Rita", "REPORTER"),
            Viewer::ReportersKey => staff("ApiClient", "reporter's key", "REPORTER"),
            Viewer::Member => staff("TeamMember", "Tom", "TEAM_MEMBER"),
            Viewer::MembersKey => staff("ApiClient", "member's key", "TEAM_MEMBER"),
            Viewer::Admin => staff("TeamMember", "Nadia", "CLINIC_ADMIN"),
            Viewer::AdminsKey => staff("ApiClient", "admin's key", "CLINIC_ADMIN"),
            Viewer::CallerElsewhere | Viewer::AdminElsewhere | Viewer::AdminsKeyElsewhere => {
                assert!(scene.secrets_in(&answer, "").is_empty(), "{answer}");
                continue;
            }
            Viewer::Anonymous => anonymous("No token was sent."),
            Viewer::ExpiredSession
            | Viewer::ExpiredKey
            | Viewer::RevokedKey
            | Viewer::EndedSession
            | Viewer::RemovedMember
            | Viewer::TokenCutShort => anonymous(
                "The token that was sent is not recognised: it may have expired, been revoked, or \
                 been cut short.",
            ),
        };
        assert_eq!(*seen, expected, "{viewer:?}");
    }
}

fn anonymous(reason: &str) -> Json {
    json!({ "__typename": "Anonymous", "reason": reason })
}
