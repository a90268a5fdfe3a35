//! What is read and followed, by whom.

use crate::access::{Access, Gets, Viewer};
use crate::commands::COMMANDS;
use crate::everything::{Everything, difference};
use crate::scene::{Scene, bytes};
use crate::schema::Schema;
use Access::{
    AboutCaller, Administers, AnyCaller, Attends, Caller, CallerAlone, CallersCommand, Configures,
    Everyone, Nobody, Room, SessionsOfTheReporter, Staff,
};
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// Fields of one type that the same viewers see.
pub(crate) struct Case {
    pub(crate) of: &'static str,
    /// By name; with a `?` where there is nothing to see of it in the scene, so null is as good.
    pub(crate) fields: &'static str,
    access: Access,
    /// How to ask, with `FIELDS` for all of them, and `$NAMES` of what is there. Behind ` # ` the caller whom
    /// it is about, where it names none.
    pub(crate) ask: &'static str,
}

const fn case(of: &'static str, fields: &'static str, access: Access, ask: &'static str) -> Case {
    Case {
        of,
        fields,
        access,
        ask,
    }
}

#[rustfmt::skip]
pub(crate) const CASES: &[Case] = &[
    case("Query", "node", Caller, r#"{ node(id: "$AWAY") { id } }"#),
    case("Query", "viewer", Everyone, "{ viewer { __typename } }"),
    case("Query", "clinic", Everyone, r#"{ clinic(slug: "north") { id } }"#),
    case("Query", "signInMethods", Everyone, "{ signInMethods }"),
    case("Node", "id", Caller, r#"{ node(id: "$AWAY") { FIELDS } }"#),

    case("Clinic", "id slug name isOpen offlineQueueing entryFields consentText defaultCountry showQueuePosition timeZone", Everyone, r#"{ clinic(slug: "north") { FIELDS } }"#),
    case("EntryField", "key label isRequired", Everyone, r#"{ clinic(slug: "north") { entryFields { FIELDS } } }"#),
    case("Clinic", "waitingArea", Staff, r#"{ node(id: "$CLINIC") { ...on Clinic { FIELDS } } }"#),
    case("Clinic", "report", Staff, r#"{ node(id: "$CLINIC") { ...on Clinic { report(from: "2026-03-01", to: "2026-03-02") { __typename } } } }"#),
    case("Clinic", "settings webhooks auditLog", Configures, r#"{ node(id: "$CLINIC") { ...on Clinic { FIELDS } } }"#),
    case("Clinic", "team apiClients", Administers, r#"{ node(id: "$CLINIC") { ...on Clinic { FIELDS } } }"#),

    case("WaitingArea", "version callers codesPausedUntil?", Staff, r#"{ node(id: "$CLINIC") { ...on Clinic { waitingArea { FIELDS } } } }"#),
    case("CallerConnection", "edges nodes pageInfo totalCount", Staff, r#"{ node(id: "$CLINIC") { ...on Clinic { waitingArea { callers { FIELDS } } } } }"#),
    case("CallerEdge", "cursor node", Staff, r#"{ of: node(id: "$CLINIC") { ...on Clinic { waitingArea { callers { edges { FIELDS } } } } } }"#),
    case("PageInfo", "hasNextPage hasPreviousPage startCursor endCursor", Staff, r#"{ node(id: "$CLINIC") { ...on Clinic { waitingArea { callers { pageInfo { FIELDS } } } } } }"#),

    case("Caller", "id status name phone arrivedAt arrivalNumber position presence recall statusSince maySetPhoneAside textsStopped clinic version", Caller, r#"{ node(id: "$AWAY") { ...on Caller { FIELDS } } }"#),
    case("Caller", "answers", Caller, r#"{ node(id: "$WAITING") { ...on Caller { FIELDS } } }"#),
    case("Caller", "endedAt end", Caller, r#"{ node(id: "$ENDED") { ...on Caller { FIELDS } } }"#),
    case("Caller", "erasedAt", Caller, r#"{ node(id: "$ERASED") { ...on Caller { FIELDS } } }"#),
    case("Caller", "verification", CallerAlone, r#"{ node(id: "$WAITING") { ...on Caller { FIELDS } } }"#),
    case("Caller", "activity", AboutCaller, r#"{ node(id: "$AWAY") { ...on Caller { FIELDS } } }"#),
    case("Caller", "room", Room, r#"{ node(id: "$SEEN") { ...on Caller { FIELDS } } }"#),
    case("CallerPhone", "number isVerified verifiedAt", Caller, r#"{ node(id: "$AWAY") { ...on Caller { phone { FIELDS } } } }"#),
    case("QueuePosition", "place aheadOffline", Caller, r#"{ node(id: "$AWAY") { ...on Caller { position { FIELDS } } } }"#),
    case("Presence", "isViewing lastSeenAt notResponding", Caller, r#"{ node(id: "$AWAY") { ...on Caller { presence { FIELDS } } } }"#),
    case("Recall", "id requestedAt sms reply", Caller, r#"{ node(id: "$AWAY") { ...on Caller { recall { FIELDS } } } }"#),
    case("Recall", "openedAt returnedAt", Caller, r#"{ node(id: "$WAITING") { ...on Caller { recall { FIELDS } } } }"#),
    case("RecallReply", "answer at", Caller, r#"{ node(id: "$AWAY") { ...on Caller { recall { reply { FIELDS } } } } }"#),
    case("SmsDelivery", "state updatedAt failure", Caller, r#"{ node(id: "$FAILED") { ...on Caller { recall { sms { FIELDS } } } } }"#),
    case("CallerEnd", "how reason isResumable", Caller, r#"{ node(id: "$ENDED") { ...on Caller { end { FIELDS } } } }"#),
    case("EntryAnswer", "key label value", Caller, r#"{ node(id: "$WAITING") { ...on Caller { answers { FIELDS } } } }"#),
    case("Verification", "number sentAt expiresAt resendAt attemptsLeft sms", CallerAlone, r#"{ node(id: "$WAITING") { ...on Caller { verification { FIELDS } } } }"#),
    case("Activity", "at kind description by version", AboutCaller, r#"{ node(id: "$AWAY") { ...on Caller { activity { FIELDS } } } }"#),
    case("Room", "url", Room, r#"{ node(id: "$SEEN") { ...on Caller { room { FIELDS } } } }"#),

    case("Report", "from to timeZone days total", Staff, r#"{ node(id: "$CLINIC") { ...on Clinic { report(from: "2026-03-01", to: "2026-03-02") { FIELDS } } } }"#),
    case("ReportDay", "date figures", Staff, r#"{ node(id: "$CLINIC") { ...on Clinic { report(from: "2026-03-01", to: "2026-03-02") { days { FIELDS } } } } }"#),
    case("ReportFigures", "arrived completed left lostContact cancelled resumed medianWaitSeconds longestWaitSeconds wentOffline timesOffline medianOfflineSeconds recalls recallsAnswered medianRecallToReturnSeconds noShows codesSent phonesVerified texts", Staff, r#"{ node(id: "$CLINIC") { ...on Clinic { report(from: "2026-03-01", to: "2026-03-02") { total { FIELDS } } } } }"#),
    case("TextFigures", "purpose sent delivered failed unknown", Staff, r#"{ node(id: "$CLINIC") { ...on Clinic { report(from: "2026-03-01", to: "2026-03-02") { total { texts { FIELDS } } } } } }"#),

    case("ClinicSettings", "offlineQueueing showQueuePosition isOpen defaultCountry allowedCountries roomUrlTemplate hasRoomTokenKey roomTokenIssuer textOnCancel recallWords replyWords consentText entryFields lostContactGraceSeconds eraseAfterSeconds timeZone takesReplies usualRecallWords textPreviews", Configures, r#"{ node(id: "$CLINIC") { ...on Clinic { settings { FIELDS } } } }"#),
    case("ReplyWords", "coming later leaving", Configures, r#"{ node(id: "$CLINIC") { ...on Clinic { settings { replyWords { FIELDS } } } } }"#),
    case("TextPreview", "purpose body encoding characters room segments beyondGsm7 problem", Configures, r#"{ node(id: "$CLINIC") { ...on Clinic { settings { textPreviews(recallWords: "’ {link}, {link}") { FIELDS } } } } }"#),
    case("AuditLogConnection", "edges nodes pageInfo", Configures, r#"{ node(id: "$CLINIC") { ...on Clinic { auditLog { FIELDS } } } }"#),
    case("AuditLogEdge", "cursor node", Configures, r#"{ of: node(id: "$CLINIC") { ...on Clinic { auditLog { edges { FIELDS } } } } }"#),
    case("AuditLogEntry", "id at by byId kind description subjectId subjectName", Configures, r#"{ node(id: "$CLINIC") { ...on Clinic { auditLog(first: 200) { nodes { FIELDS } } } } }"#),
    case("Webhook", "id url events isEnabled addedAt deliveries failingSince waitingEvents", Configures, r#"{ node(id: "$WEBHOOK") { ...on Webhook { FIELDS } } }"#),
    case("Webhook", "disabledBecause", Configures, r#"{ node(id: "$GONE") { ...on Webhook { FIELDS } } }"#),
    case("WebhookDelivery", "id version event state attempts lastAttemptAt nextAttemptAt responseStatus problem", Configures, r#"{ node(id: "$WEBHOOK") { ...on Webhook { deliveries { FIELDS } } } }"#),

    // Who is or was of a clinic stands in its logs, so all of its staff may know who that is.
    case("TeamMember", "id name role clinic addedAt", Staff, r#"{ node(id: "$MEMBER") { ...on TeamMember { FIELDS } } }"#),
    case("TeamMember", "removedAt", Staff, r#"{ node(id: "$FORMER") { ...on TeamMember { FIELDS } } }"#),
    case("TeamMember", "sessions", SessionsOfTheReporter, r#"{ node(id: "$MEMBER") { ...on TeamMember { FIELDS } } }"#),
    case("Session", "id openedAt openedBy lastUsedAt expiresAt isCurrent", SessionsOfTheReporter, r#"{ node(id: "$MEMBER") { ...on TeamMember { sessions { FIELDS } } } }"#),
    case("ApiClient", "id name role clinic addedAt addedBy lastUsedAt expiresAt", Staff, r#"{ node(id: "$KEY") { ...on ApiClient { FIELDS } } }"#),
    case("ApiClient", "revokedAt", Staff, r#"{ node(id: "$REVOKED") { ...on ApiClient { FIELDS } } }"#),
    case("Anonymous", "reason", Nobody, "{ viewer { ...on Anonymous { FIELDS } } }"),
    case("CallerSession", "caller", AnyCaller, "{ viewer { ...on CallerSession { FIELDS } } }"),

    // Why nothing was done, said to whoever asked.
    case("UserError", "code message field", Everyone, r#"mutation { enterWaitingArea(input: { clinicSlug: "north", name: "", idempotencyKey: "k" }) { userErrors { FIELDS } } }"#),
    case("InvalidInputError", "code message field", Everyone, r#"mutation { enterWaitingArea(input: { clinicSlug: "north", name: "", idempotencyKey: "k" }) { userErrors { ...on InvalidInputError { FIELDS } } } }"#),
    case("ConflictError", "code message field", Everyone, r#"mutation { enterWaitingArea(input: { clinicSlug: "north", name: "Nia", idempotencyKey: "north" }) { userErrors { ...on ConflictError { FIELDS } } } }"#),
    case("UnavailableError", "code message field?", Everyone, r#"mutation { enterWaitingArea(input: { clinicSlug: "empty", name: "Nia", idempotencyKey: "k" }) { userErrors { ...on UnavailableError { FIELDS } } } }"#),
    case("NotFoundError", "code message field", Everyone, r#"mutation { joinCaller(input: { callerId: "$NOBODY" }) { userErrors { ...on NotFoundError { FIELDS } } } }"#),
    case("WrongStatusError", "code message field? status", Attends, r#"mutation { joinCaller(input: { callerId: "$AWAY" }) { userErrors { ...on WrongStatusError { FIELDS } } } }"#),
    case("RateLimitedError", "code message field? retryAt", CallersCommand, "mutation { sendVerificationCode(input: {}) { userErrors { ...on RateLimitedError { FIELDS } } } }"),
    case("CodeRejectedError", "code message field? attemptsLeft", CallersCommand, r#"mutation { verifyPhone(input: { code: "123456" }) { userErrors { ...on CodeRejectedError { FIELDS } } } }"#),
    case("NotOfferedError", "code message field?", CallersCommand, "mutation { sendVerificationCode(input: {}) { userErrors { ...on NotOfferedError { FIELDS } } } } # BARRED"),

    case("Subscription", "myCaller", AnyCaller, "subscription { myCaller { id } }"),
    case("Subscription", "waitingAreaChanged", Staff, r#"subscription { waitingAreaChanged(clinicId: "$CLINIC") { __typename } }"#),
    case("WaitingAreaSnapshot", "version callers", Staff, r#"subscription { waitingAreaChanged(clinicId: "$CLINIC") { ...on WaitingAreaSnapshot { FIELDS } } }"#),
    case("CallerArrived", "version caller", Staff, r#"subscription { waitingAreaChanged(clinicId: "$CLINIC", afterVersion: 0) { ...on CallerArrived { FIELDS } } }"#),
    case("CallerChanged", "version caller", Staff, r#"subscription { waitingAreaChanged(clinicId: "$CLINIC", afterVersion: 0) { ...on CallerChanged { FIELDS } } }"#),
    case("CallerEnded", "version caller", Staff, r#"subscription { waitingAreaChanged(clinicId: "$CLINIC", afterVersion: 0) { ...on CallerEnded { FIELDS } } }"#),
];

impl Case {
    fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        let fields = self.fields.split_whitespace();
        fields.map(|field| field.trim_end_matches('?'))
    }

    /// Those of which there is something to see.
    fn to_see(&self) -> impl Iterator<Item = &'static str> + use<> {
        let fields = self.fields.split_whitespace();
        fields.filter(|field| !field.ends_with('?'))
    }

    fn asked(&self, schema: &Schema) -> String {
        let fields: Vec<_> = self
            .names()
            .map(|field| schema.selected(self.of, field))
            .collect();
        self.ask.replace("FIELDS", &fields.join(" "))
    }

    fn is_command(&self) -> bool {
        self.ask.starts_with("mutation")
    }
}

/// What is missing among the cases, or too much.
fn problems_of_the_list(schema: &Schema) -> Vec<String> {
    let mut problems = Vec::new();
    let mut listed = BTreeSet::new();
    let mut list = |of: &str, field: &str| {
        let is_there = schema
            .fields
            .get(of)
            .is_some_and(|fields| fields.contains_key(field));
        if !is_there {
            problems.push(format!("{of}.{field} has a case and is not in the schema"));
        }
        let name = format!("{of}.{field}");
        if !listed.insert(name) {
            problems.push(format!("{of}.{field} has two cases"));
        }
    };
    for case in CASES {
        for field in case.names() {
            list(case.of, field);
        }
    }
    for command in COMMANDS.iter().filter(|command| !command.is_again()) {
        list("Mutation", command.name);
        for field in command.payload.split_whitespace() {
            list(&command.payload_type(), field);
        }
    }
    for (of, fields) in &schema.fields {
        for field in fields.keys() {
            if !listed.contains(&format!("{of}.{field}")) {
                problems.push(format!("{of}.{field} has no case: say who may see it"));
            }
        }
    }
    for (of, possible) in &schema.possible {
        for kind in possible {
            let on = format!("...on {kind} {{");
            let by_node = |case: &&Case| of != "Node" || case.ask.contains("{ node(id:");
            // A viewer of staff is asked for as a node, and who asks in `who_asks`.
            if !CASES
                .iter()
                .filter(by_node)
                .any(|case| case.ask.contains(&on))
            {
                problems.push(format!("{kind} as {of} has no case: say who may see it"));
            }
        }
    }
    problems
}

/// Whether a field of this name is somewhere in an answer and is not null.
fn shows(answer: &Json, field: &str) -> bool {
    match answer {
        Json::Object(fields) => fields
            .iter()
            .any(|(name, value)| (name == field && !value.is_null()) || shows(value, field)),
        Json::Array(all) => all.iter().any(|one| shows(one, field)),
        _ => false,
    }
}

fn has_errors(answer: &Json) -> bool {
    match answer {
        Json::Array(all) => all.iter().any(has_errors),
        answer => answer.get("errors").is_some(),
    }
}

#[test]
fn everything_in_the_schema_has_a_case() {
    let problems = problems_of_the_list(&Schema::exported());
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn what_has_no_case_is_named() {
    let sdl = standby::graphql::sdl()
        .replacen("type Presence {", "type Presence { planted: Int", 1)
        .replacen("type Mutation {", "type Mutation { plant: Planted", 1)
        .replacen(
            "type Subscription {",
            "type Subscription { planting: Int",
            1,
        )
        + "type Planted implements Node { id: ID! }";
    let problems = problems_of_the_list(&Schema::parse(&sdl));
    let named = |name: &str| problems.iter().any(|problem| problem.starts_with(name));
    for name in [
        "Presence.planted ",
        "Mutation.plant ",
        "Subscription.planting ",
        "Planted.id ",
        "Planted as Node ",
    ] {
        assert!(named(name), "{name} in {problems:?}");
    }
    assert_eq!(problems.len(), 5, "{problems:?}");
}

#[tokio::test]
async fn every_viewer_sees_what_the_table_says_and_the_rest_is_as_if_it_did_not_exist() {
    let (scene, schema) = (Scene::new().await, Schema::exported());
    let mut everything = Everything::of(&scene.clinics.stage);
    let before = everything.rows();
    let mut wrong = Vec::new();
    for case in CASES {
        let mut first = None;
        for (viewer, gets) in case.access.row() {
            let problems = look(&scene, &schema, case, viewer, gets, &mut first).await;
            wrong.extend(
                problems
                    .into_iter()
                    .map(|problem| format!("{} {}, {viewer:?}: {problem}", case.of, case.fields)),
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let changed = difference(&before, &everything.rows());
    assert!(
        changed.is_empty(),
        "somebody has changed something:\n{changed}"
    );
}

/// What is wrong with what this viewer gets. `first` is what the first viewer got of what all get.
async fn look(
    scene: &Scene,
    schema: &Schema,
    case: &Case,
    viewer: Viewer,
    gets: Gets,
    first: &mut Option<Json>,
) -> Vec<String> {
    let mut problems = Vec::new();
    let (by, asked) = (scene.by(viewer, case.ask), case.asked(schema));
    let real = scene.real(&asked);
    // A command that is no stranger's may change something, and is given elsewhere.
    let is_own = matches!(gets, Gets::It | Gets::TheirOwn) && case.access == CallersCommand;
    let copy = (case.is_command() && is_own).then(|| scene.clinics.stage.copied());
    let stage = copy.as_ref().unwrap_or(&scene.clinics.stage);
    let answer = scene.ask(stage, by, &real).await;
    if gets != Gets::It {
        problems.extend(scene.secrets_in(&answer, &real));
    }
    let shown = |problems: &mut Vec<String>| {
        for field in case.names().filter(|field| shows(&answer, field)) {
            problems.push(format!("is shown {field}: {answer}"));
        }
    };
    match gets {
        Gets::It => {
            for field in case.to_see().filter(|field| !shows(&answer, field)) {
                problems.push(format!("is not shown {field}: {answer}"));
            }
            if has_errors(&answer) {
                problems.push(format!("gets errors: {answer}"));
            }
            if case.access == Everyone && !case.ask.contains("viewer") {
                let first = first.get_or_insert_with(|| answer.clone());
                if *first != answer {
                    problems.push(format!("gets {answer}, others {first}"));
                }
            }
        }
        Gets::Nothing | Gets::BeyondRole | Gets::BeyondRoleUnseen => {
            let unreal = scene.ask(stage, by, &scene.unreal(&asked)).await;
            if bytes(&answer) != bytes(&unreal) {
                problems.push(format!("gets {answer}, of what does not exist {unreal}"));
            }
            shown(&mut problems);
        }
        Gets::Null => {
            let unreal = scene.ask(stage, by, &scene.unreal(&asked)).await;
            if answer == unreal || has_errors(&answer) {
                problems.push(format!("does not see what it is of: {answer}"));
            }
            shown(&mut problems);
        }
        Gets::TheirOwn => {}
        Gets::AlreadySo => problems.push("has nothing to look at".to_owned()),
    }
    problems
}
