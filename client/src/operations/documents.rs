//! `operations.json`: every document that the apps of this repository send, by the SHA-256 of its text.
//!
//! The server knows them by it, also where it executes nothing else. The file is made and kept current
//! by the tests below: `WRITE_OPERATIONS=1 cargo test -p standby-client operations` writes it anew.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what a test expects and does not find is the test's failure"
)]

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use cynic::queries::{OperationType, build_executable_document};
use cynic::schema::{MutationRoot, QueryRoot, SubscriptionRoot};
use cynic::{QueryFragment, QueryVariables};
use sha2::{Digest as _, Sha256};

#[allow(clippy::wildcard_imports, reason = "every operation there is")]
use super::{access::*, reports::*, webhooks::*, *};

fn query<Fragment, Variables>() -> String
where
    Fragment: QueryFragment<VariablesFields = Variables::Fields>,
    Fragment::SchemaType: QueryRoot,
    Variables: QueryVariables,
{
    document::<Fragment, Variables>(OperationType::Query)
}

fn mutation<Fragment, Variables>() -> String
where
    Fragment: QueryFragment<VariablesFields = Variables::Fields>,
    Fragment::SchemaType: MutationRoot,
    Variables: QueryVariables,
{
    document::<Fragment, Variables>(OperationType::Mutation)
}

fn subscription<Fragment, Variables>() -> String
where
    Fragment: QueryFragment<VariablesFields = Variables::Fields>,
    Fragment::SchemaType: SubscriptionRoot,
    Variables: QueryVariables,
{
    document::<Fragment, Variables>(OperationType::Subscription)
}

fn document<Fragment, Variables>(kind: OperationType) -> String
where
    Fragment: QueryFragment,
    Variables: QueryVariables,
{
    let name = Fragment::name();
    build_executable_document::<Fragment, Variables>(kind, name.as_deref(), HashSet::new(), None)
}

/// The name of each operation, with its document.
macro_rules! documents {
    ($($kind:ident { $($name:ident($variables:ty),)* })*) => {
        [$($((stringify!($name), $kind::<$name, $variables>()),)*)*]
    };
}

fn documents() -> BTreeMap<&'static str, String> {
    BTreeMap::from(documents! {
        query {
            ActivityOfCaller(ActivityVariables<'static>),
            ApiClientsOfClinic(NodeVariables<'static>),
            AuditLogOfClinic(AuditLogVariables<'static>),
            CallersOfClinic(CallersVariables<'static>),
            ClinicBySlug(ClinicVariables<'static>),
            ClinicNow(NodeVariables<'static>),
            ReportOfClinic(ReportVariables<'static>),
            SettingsOfClinic(NodeVariables<'static>),
            SignInMethods(()),
            TeamOfClinic(NodeVariables<'static>),
            TextPreviewsOfClinic(TextPreviewsVariables<'static>),
            WebhooksOfClinic(NodeVariables<'static>),
            WhoIsCaller(()),
            WhoIsStaff(()),
        }
        mutation {
            AddApiClient(AddApiClientVariables),
            AddTeamMember(AddTeamMemberVariables),
            AddWebhook(AddWebhookVariables),
            CancelCaller(CancelCallerVariables),
            CompleteCall(CompleteCallVariables),
            CreateSignInLink(CreateSignInLinkVariables),
            EndSession(EndSessionVariables),
            EnterWaitingArea(EnterWaitingAreaVariables),
            EraseCaller(EraseCallerVariables),
            HoldCaller(HoldCallerVariables),
            JoinCaller(JoinCallerVariables),
            LeaveWaitingArea(LeaveWaitingAreaVariables),
            RecallCaller(RecallCallerVariables),
            RedeliverWebhookEvent(RedeliverWebhookEventVariables),
            RemoveTeamMember(RemoveTeamMemberVariables),
            RemoveWebhook(RemoveWebhookVariables),
            ReportPresence(ReportPresenceVariables),
            ResumeWaiting(ResumeWaitingVariables),
            RevokeApiClient(RevokeApiClientVariables),
            RotateWebhookSecret(RotateWebhookSecretVariables),
            SendVerificationCode(SendVerificationCodeVariables),
            SignIn(SignInVariables),
            SignOut(SignOutVariables),
            UpdateClinicSettings(UpdateClinicSettingsVariables),
            UpdateTeamMember(UpdateTeamMemberVariables),
            UpdateWebhook(UpdateWebhookVariables),
            VerifyCallerPhone(VerifyCallerPhoneVariables),
            VerifyPhone(VerifyPhoneVariables),
        }
        subscription {
            MyCaller(()),
            WaitingAreaChanged(WaitingAreaChangedVariables),
        }
    })
}

/// What a page sends by a plain script of its own: see there why.
fn report_of_the_page() -> String {
    let script = read("../mobile/web/presence.js");
    let (_, after) = script.split_once("const REPORT =").expect("the document");
    let (document, _) = after.split_once(';').expect("its end");
    // The texts between quotation marks, one after the other.
    document.split('"').skip(1).step_by(2).collect()
}

fn by_id() -> BTreeMap<String, String> {
    let mut all: Vec<String> = documents().into_values().collect();
    all.push(report_of_the_page());
    all.into_iter()
        .map(|document| (id(&document), document))
        .collect()
}

fn id(document: &str) -> String {
    let digest = Sha256::digest(document);
    let digits: Vec<String> = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{}", digits.concat())
}

fn path(from_here: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(from_here)
}

fn read(from_here: &str) -> String {
    fs::read_to_string(path(from_here)).expect("a file of the repository")
}

/// The operations that the sources build, by the name before `::build(`.
fn built_in(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder of the sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            built_in(&path, names);
        } else {
            let source = fs::read_to_string(&path).expect("a source");
            for (end, _) in source.match_indices("::build(") {
                let is_name = |character: char| character.is_alphanumeric() || character == '_';
                let name = source[..end].rsplit(|character| !is_name(character)).next();
                names.extend(name.filter(|name| !name.is_empty()).map(str::to_owned));
            }
        }
    }
}

#[test]
fn every_operation_that_is_sent_is_among_the_documents() {
    let mut built = BTreeSet::new();
    built_in(&path("src"), &mut built);
    let listed: BTreeSet<String> = documents().into_keys().map(str::to_owned).collect();
    assert_eq!(
        built, listed,
        "left: sent; right: listed in operations/documents.rs"
    );
}

#[test]
fn the_documents_are_what_is_sent() {
    use cynic::{MutationBuilder as _, QueryBuilder as _, SubscriptionBuilder as _};

    let documents = documents();
    let variables = ClinicVariables { slug: "demo" };
    assert_eq!(
        ClinicBySlug::build(variables).query,
        documents["ClinicBySlug"]
    );
    let input = VerifyPhoneInput { code: "1".into() };
    let sent = VerifyPhone::build(VerifyPhoneVariables { input });
    assert_eq!(sent.query, documents["VerifyPhone"]);
    assert_eq!(MyCaller::build(()).query(), documents["MyCaller"]);
    assert!(report_of_the_page().starts_with("mutation ReportPresence("));
}

#[test]
fn operations_json_is_current() {
    let mut current = serde_json::to_string_pretty(&by_id()).expect("JSON");
    current.push('\n');
    if std::env::var_os("WRITE_OPERATIONS").is_some() {
        fs::write(path("operations.json"), &current).expect("the file is written");
    }
    assert!(
        read("operations.json") == current,
        "client/operations.json is not what the apps send. Run: \
         WRITE_OPERATIONS=1 cargo test -p standby-client operations"
    );
}
