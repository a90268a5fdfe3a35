//! What is done, by whom.

use crate::access::{Access, Gets, Viewer};
use crate::everything::{Everything, difference};
use crate::scene::{Scene, about, bytes};
use crate::schema::Schema;
use Access::{
    AdministersIt, Attends, CallersCommand, ConfiguresIt, ConfiguresUnseen, EndsSessionOfTheMember,
    Everyone, NoOne, SignsOut,
};
use serde_json::Value as Json;
use std::collections::BTreeSet;

pub(crate) struct Command {
    pub(crate) name: &'static str,
    access: Access,
    /// With `$NAMES` of what is there; behind ` # ` the caller whom it is about, where it names none.
    input: &'static str,
    /// The fields of the payload: whoever does it is shown all of them, and nobody else.
    pub(crate) payload: &'static str,
}

const fn command(
    name: &'static str,
    access: Access,
    input: &'static str,
    payload: &'static str,
) -> Command {
    Command {
        name,
        access,
        input,
        payload,
    }
}

#[rustfmt::skip]
pub(crate) const COMMANDS: &[Command] = &[
    command("enterWaitingArea", Everyone, r#"clinicSlug: "north", name: "Nia New", idempotencyKey: "new""#, "caller token userErrors"),
    command("sendVerificationCode", CallersCommand, "# LATER", "expiresAt resendAt userErrors"),
    command("verifyPhone", CallersCommand, r#"code: "$CODE""#, "caller userErrors"),
    command("reportPresence", CallersCommand, r#"deviceId: "phone", counter: 9, state: BACKGROUND"#, "caller userErrors"),
    command("leaveWaitingArea", CallersCommand, "", "caller userErrors"),
    command("resumeWaiting", CallersCommand, "# LOST", "caller userErrors"),

    command("recallCaller", Attends, r#"callerId: "$QUIET""#, "caller recall userErrors"),
    command("cancelCaller", Attends, r#"callerId: "$AWAY""#, "caller userErrors"),
    command("joinCaller", Attends, r#"callerId: "$WAITING""#, "caller room userErrors"),
    command("holdCaller", Attends, r#"callerId: "$SEEN""#, "caller userErrors"),
    command("completeCall", Attends, r#"callerId: "$SEEN""#, "caller userErrors"),
    command("verifyCallerPhone", Attends, r#"callerId: "$LATER", phone: "0491570110""#, "caller userErrors"),

    command("updateClinicSettings", ConfiguresIt, r#"clinicId: "$CLINIC", isOpen: false"#, "settings userErrors"),
    command("eraseCaller", ConfiguresIt, r#"callerId: "$ENDED""#, "caller userErrors"),
    command("addWebhook", ConfiguresIt, r#"clinicId: "$CLINIC", url: "https://new.example/", events: [CALLER_ENDED]"#, "webhook secret userErrors"),
    command("updateWebhook", ConfiguresUnseen, r#"webhookId: "$WEBHOOK", isEnabled: false"#, "webhook userErrors"),
    command("removeWebhook", ConfiguresUnseen, r#"webhookId: "$WEBHOOK""#, "removedWebhookId userErrors"),
    command("redeliverWebhookEvent", ConfiguresUnseen, r#"deliveryId: "$DELIVERY""#, "delivery userErrors"),
    command("rotateWebhookSecret", ConfiguresUnseen, r#"webhookId: "$WEBHOOK""#, "webhook secret userErrors"),

    command("addTeamMember", AdministersIt, r#"clinicId: "$CLINIC", name: "New", role: REPORTER"#, "teamMember signInLink signInLinkExpiresAt userErrors"),
    command("updateTeamMember", AdministersIt, r#"teamMemberId: "$MEMBER", name: "New""#, "teamMember userErrors"),
    command("removeTeamMember", AdministersIt, r#"teamMemberId: "$MEMBER""#, "removedTeamMemberId userErrors"),
    command("createSignInLink", AdministersIt, r#"teamMemberId: "$MEMBER""#, "signInLink expiresAt userErrors"),
    command("addApiClient", AdministersIt, r#"clinicId: "$CLINIC", name: "New", role: REPORTER"#, "apiClient token userErrors"),
    command("revokeApiClient", AdministersIt, r#"apiClientId: "$KEY""#, "apiClient userErrors"),
    command("endSession", EndsSessionOfTheMember, r#"sessionId: "$SESSION""#, "endedSessionId userErrors"),

    // A link is whoever's who has it, once.
    command("signIn", Everyone, r#"token: "$LINK""#, "token expiresAt viewer userErrors"),
    command("signIn", NoOne, r#"token: "$USED_LINK""#, "token expiresAt viewer userErrors"),
    command("signOut", SignsOut, "", "signedOut userErrors"),
];

impl Command {
    /// Whether it is the same command with something else.
    pub(crate) fn is_again(&self) -> bool {
        self.access == NoOne
    }

    pub(crate) fn payload_type(&self) -> String {
        let (first, rest) = self.name.split_at(1);
        format!("{}{rest}Payload", first.to_uppercase())
    }

    fn asked(&self, schema: &Schema) -> String {
        let fields = self.payload.split_whitespace().map(|field| match field {
            "userErrors" => "userErrors { __typename code message field }".to_owned(),
            _ => schema.selected(&self.payload_type(), field),
        });
        let fields: Vec<_> = fields.collect();
        let input = self.input.split('#').next().unwrap();
        let (name, fields) = (self.name, fields.join(" "));
        format!("mutation {{ {name}(input: {{ {input} }}) {{ {fields} }} }}")
    }
}

#[tokio::test]
async fn who_may_do_something_does_it_and_who_may_not_changes_nothing() {
    let (scene, schema) = (Scene::new().await, Schema::exported());
    let mut everything = Everything::of(&scene.clinics.stage);
    let before = everything.rows();
    let mut wrong = Vec::new();
    for command in COMMANDS {
        for (viewer, gets) in command.access.row() {
            let asked = command.asked(&schema);
            let problems = match gets {
                Gets::It | Gets::TheirOwn => {
                    does(&scene, command, &asked, viewer, gets, &before).await
                }
                _ => {
                    let problems = refused(&scene, command, &asked, viewer, gets).await;
                    let changed = difference(&before, &everything.rows());
                    if !changed.is_empty() {
                        // Whatever is asked after this is asked of another scene.
                        let (name, wrong) = (command.name, wrong.join("\n"));
                        let problems = problems.join("\n");
                        panic!(
                            "{wrong}\n{name}, {viewer:?} has changed something:\n{changed}{problems}"
                        );
                    }
                    problems
                }
            };
            wrong.extend(
                problems
                    .into_iter()
                    .map(|problem| format!("{}, {viewer:?}: {problem}", command.name)),
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Gives a command that is the viewer's to give, on a copy of the store.
async fn does(
    scene: &Scene,
    command: &Command,
    asked: &str,
    viewer: Viewer,
    gets: Gets,
    before: &BTreeSet<String>,
) -> Vec<String> {
    let mut problems = Vec::new();
    let copy = scene.clinics.stage.copied();
    let real = scene.real(asked);
    let answer = scene
        .ask(&copy, scene.by(viewer, command.input), &real)
        .await;
    let payload = &answer["data"][command.name];
    let after = Everything::of(&copy).rows();
    if answer.get("errors").is_some() || !payload.is_object() {
        problems.push(format!("gets {answer}"));
    }
    if gets == Gets::TheirOwn {
        problems.extend(scene.secrets_in(&answer, &real));
        let whom = scene.clinics.north.name(about(command.input));
        problems.extend(changed_of(whom, before, &after));
        return problems;
    }
    for field in command.payload.split_whitespace() {
        let value = &payload[field];
        let is_fine = match field {
            "userErrors" => value.as_array().is_some_and(Vec::is_empty),
            _ => !value.is_null(),
        };
        if !is_fine {
            problems.push(format!("is not shown {field}: {answer}"));
        }
    }
    if *before == after {
        problems.push(format!("has done nothing: {answer}"));
    }
    if !matches!(viewer, Viewer::AdminElsewhere) {
        let elsewhere = scene.clinics.south.clinic.id.as_str();
        problems.extend(changed_of(elsewhere, before, &after));
    }
    problems
}

/// The rows that name this and are other ones than before.
fn changed_of(id: &str, before: &BTreeSet<String>, after: &BTreeSet<String>) -> Option<String> {
    let of = |rows: &BTreeSet<String>| -> BTreeSet<String> {
        let naming = rows.iter().filter(|row| row.contains(id));
        naming.cloned().collect()
    };
    let changed = difference(&of(before), &of(after));
    (!changed.is_empty()).then(|| format!("has changed {id}:\n{changed}"))
}

/// Gives a command that is refused, or has nothing to do.
async fn refused(
    scene: &Scene,
    command: &Command,
    asked: &str,
    viewer: Viewer,
    gets: Gets,
) -> Vec<String> {
    let mut problems = Vec::new();
    let (stage, by) = (&scene.clinics.stage, scene.by(viewer, command.input));
    let (real, unreal) = (scene.real(asked), scene.unreal(asked));
    let answer = scene.ask(stage, by, &real).await;
    let of_nothing = scene.ask(stage, by, &unreal).await;
    let code = |answer: &Json| {
        let errors = &answer["data"][command.name]["userErrors"];
        errors[0]["code"].as_str().unwrap_or_default().to_owned()
    };
    let (expected, of_nothing_expected) = match gets {
        Gets::Nothing => ("NOT_FOUND", "NOT_FOUND"),
        Gets::BeyondRole => ("UNAVAILABLE", "NOT_FOUND"),
        Gets::BeyondRoleUnseen => ("UNAVAILABLE", "UNAVAILABLE"),
        _ => ("", ""),
    };
    if code(&answer) != expected || code(&of_nothing) != of_nothing_expected {
        problems.push(format!(
            "gets {answer}, of what does not exist {of_nothing}; not {expected} and \
             {of_nothing_expected}"
        ));
    }
    let may_see_it = gets == Gets::BeyondRole;
    if !may_see_it && bytes(&answer) != bytes(&of_nothing) {
        problems.push(format!(
            "gets {answer}, of what does not exist {of_nothing}"
        ));
    }
    if !may_see_it {
        problems.extend(scene.secrets_in(&answer, &real));
    }
    for field in command.payload.split_whitespace() {
        let value = &answer["data"][command.name][field];
        let is_fine = match field {
            "userErrors" => true,
            "signedOut" => *value == (gets == Gets::AlreadySo),
            // As it stands, to those who may see it.
            "caller" => value.is_null() || may_see_it,
            _ => value.is_null(),
        };
        if !is_fine {
            problems.push(format!("is shown {field}: {answer}"));
        }
    }
    problems
}
