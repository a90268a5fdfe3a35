//! The schema itself: what it promises, that it is described, and what it refuses to execute.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

mod support;

use async_graphql::Positioned;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    FieldDefinition, InputValueDefinition, TypeDefinition, TypeKind, TypeSystemDefinition,
};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use support::Stage;

const COMMITTED: &str = include_str!("../../schema.graphql");
/// Names that third parties and tools use already. Nothing here may go or change; see its first lines.
const SETTLED: &str = include_str!("fixtures/settled.graphql");

#[test]
fn schema_graphql_is_what_the_code_exports() {
    let exported = standby::graphql::sdl();
    let differs = COMMITTED
        .lines()
        .zip(exported.lines())
        .position(|(one, other)| one != other);
    assert!(
        COMMITTED == exported,
        "schema.graphql differs from what the code exports, first in line {}. Run: make schema",
        differs.map_or(
            COMMITTED.lines().count().min(exported.lines().count()),
            |line| line
        ) + 1
    );
}

#[test]
fn everything_that_is_settled_is_there_with_its_type() {
    let (settled, exported) = (members(SETTLED), members(&standby::graphql::sdl()));
    let missing: Vec<_> = settled
        .iter()
        .filter(|(name, kind)| exported.get(*name) != Some(kind))
        .map(|(name, kind)| format!("{name}: {kind} (is {:?})", exported.get(name)))
        .collect();
    assert!(settled.len() > 150, "the settled names were not read");
    assert!(
        missing.is_empty(),
        "settled, and not so any more:\n{}",
        missing.join("\n")
    );
}

/// Every name of a schema with what it is: `Caller.status` is `CallerStatus!`.
fn members(sdl: &str) -> BTreeMap<String, String> {
    let mut members = BTreeMap::new();
    let mut put = |name: String, kind: String| members.insert(name, kind);
    for definition in &parse_schema(sdl).expect("a schema").definitions {
        let TypeSystemDefinition::Type(definition) = definition else {
            continue;
        };
        let TypeDefinition { name, kind, .. } = &definition.node;
        let name = name.node.as_str();
        let mut put_fields = |fields: &[Positioned<FieldDefinition>]| {
            for field in fields {
                let path = format!("{name}.{}", field.node.name.node);
                for argument in &field.node.arguments {
                    let (argument, kind) = input(argument);
                    put(format!("{path}({argument}:)"), kind);
                }
                put(path, field.node.ty.node.to_string());
            }
        };
        let kind = match kind {
            TypeKind::Scalar => "scalar".to_owned(),
            TypeKind::Object(object) => {
                put_fields(&object.fields);
                for interface in &object.implements {
                    put(
                        format!("{name} implements {}", interface.node),
                        String::new(),
                    );
                }
                "type".to_owned()
            }
            TypeKind::Interface(interface) => {
                put_fields(&interface.fields);
                "interface".to_owned()
            }
            TypeKind::Union(union) => {
                for member in &union.members {
                    put(format!("{name} | {}", member.node), String::new());
                }
                "union".to_owned()
            }
            TypeKind::Enum(values) => {
                for value in &values.values {
                    put(format!("{name}.{}", value.node.value.node), String::new());
                }
                "enum".to_owned()
            }
            TypeKind::InputObject(object) => {
                for field in &object.fields {
                    let (field, kind) = input(field);
                    put(format!("{name}.{field}"), kind);
                }
                "input".to_owned()
            }
        };
        put(name.to_owned(), kind);
    }
    members
}

fn input(value: &Positioned<InputValueDefinition>) -> (String, String) {
    (
        value.node.name.node.to_string(),
        value.node.ty.node.to_string(),
    )
}

/// What common tools ask: the introspection query of graphql-js, with nine levels of `ofType`.
fn introspection() -> String {
    let mut of_type = "kind name".to_owned();
    for _ in 0..9 {
        of_type = format!("kind name ofType {{ {of_type} }}");
    }
    format!(
        "query IntrospectionQuery {{ __schema {{ description queryType {{ name kind }} \
         mutationType {{ name kind }} subscriptionType {{ name kind }} types {{ ...FullType }} \
         directives {{ name description isRepeatable locations args {{ ...InputValue }} }} }} }} \
         fragment FullType on __Type {{ kind name description specifiedByURL \
         fields(includeDeprecated: true) {{ name description args(includeDeprecated: true) \
         {{ ...InputValue }} type {{ ...TypeRef }} isDeprecated deprecationReason }} \
         inputFields(includeDeprecated: true) {{ ...InputValue }} interfaces {{ ...TypeRef }} \
         enumValues(includeDeprecated: true) {{ name description isDeprecated deprecationReason }} \
         possibleTypes {{ ...TypeRef }} }} \
         fragment InputValue on __InputValue {{ name description type {{ ...TypeRef }} defaultValue \
         isDeprecated deprecationReason }} \
         fragment TypeRef on __Type {{ {of_type} }}"
    )
}

#[tokio::test]
async fn everything_in_the_schema_is_described() {
    let answer = Stage::new().ask(None, &introspection(), json!({})).await;
    assert!(answer.get("errors").is_none(), "{}", answer["errors"]);
    let mut without = Vec::new();
    for kind in list(&answer["data"]["__schema"]["types"]) {
        let name = text(&kind["name"]);
        let is_built_in = ["Int", "Float", "String", "Boolean", "ID"].contains(&name);
        if is_built_in || name.starts_with("__") {
            continue;
        }
        let mut look = |what: String, thing: &Json| {
            let description = thing["description"].as_str().unwrap_or_default();
            if description.trim().is_empty() || description.contains("See the type.") {
                without.push(what);
            }
        };
        look(name.to_owned(), kind);
        for members in ["fields", "inputFields", "enumValues"] {
            for member in list(&kind[members]) {
                let path = format!("{name}.{}", text(&member["name"]));
                look(path.clone(), member);
                for argument in list(&member["args"]) {
                    look(format!("{path}({}:)", text(&argument["name"])), argument);
                }
            }
        }
    }
    assert!(
        without.is_empty(),
        "without a description:\n{}",
        without.join("\n")
    );
}

fn list(value: &Json) -> &[Json] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Json) -> &str {
    value.as_str().unwrap_or_default()
}

/// The selection of everything that is known of a caller, one level into each object.
fn everything_of_a_caller() -> String {
    let members = members(&standby::graphql::sdl());
    let fields_of = |name: &str| -> Vec<(String, String)> {
        let prefix = format!("{name}.");
        let own = members.iter().filter(|(path, _)| path.starts_with(&prefix));
        own.filter(|(path, _)| !path.contains('('))
            .map(|(path, kind)| (path[prefix.len()..].to_owned(), kind.clone()))
            .collect()
    };
    let is_object = |kind: &str| members.get(kind).is_some_and(|kind| kind == "type");
    let bare = |kind: &str| kind.replace(['[', ']', '!'], "");
    let mut selection = String::new();
    for (field, kind) in fields_of("Caller") {
        let kind = bare(&kind);
        // Each activity is a query of its own: not for a whole page.
        if field == "activity" {
            continue;
        }
        selection.push_str(&field);
        if is_object(&kind) {
            let scalars: Vec<_> = fields_of(&kind)
                .into_iter()
                .filter(|(_, kind)| !is_object(&bare(kind)))
                .map(|(field, _)| field)
                .collect();
            let scalars = scalars.join(" ");
            selection.extend([" { ", &scalars, " }"]);
        }
        selection.push(' ');
    }
    selection
}

#[tokio::test]
async fn a_full_page_with_everything_is_not_too_much() {
    let stage = Stage::new();
    stage.clinic("north").await;
    let everything = everything_of_a_caller();
    let query = format!(
        "{{ clinic(slug: \"north\") {{ waitingArea {{ version callers(first: 500) {{ totalCount \
         pageInfo {{ endCursor hasNextPage }} nodes {{ {everything} }} }} }} }} }}"
    );
    let answer = stage.ask(None, &query, json!({})).await;
    assert!(answer.get("errors").is_none(), "{}", answer["errors"]);
}

#[tokio::test]
async fn what_would_cost_too_much_is_not_executed() {
    let stage = Stage::new();
    stage.clinic("north").await;
    let nested = |inner: &str| {
        format!(
            "{{ clinic(slug: \"north\") {{ waitingArea {{ callers(first: 500) {{ nodes {{ clinic \
             {{ waitingArea {{ callers(first: 500) {{ nodes {{ {inner} }} }} }} }} }} }} }} }} }}"
        )
    };
    let deep = format!(
        "{{ clinic(slug: \"north\") {{ {} id {} }} }}",
        "waitingArea { callers(first: 0) { nodes { clinic { ".repeat(5),
        "} } } }".repeat(5)
    );
    let activity = "{ clinic(slug: \"north\") { waitingArea { callers(first: 500) { nodes { \
                    activity(first: 200) { description } } } } } }";
    let flood = format!(
        "{{ clinic(slug: \"north\") {{ id {} }} }}",
        "@skip(if: false) ".repeat(5)
    );
    for query in [nested("id"), deep, activity.to_owned(), flood] {
        let answer = stage.ask(None, &query, json!({})).await;
        assert!(
            answer["data"].is_null() && !list(&answer["errors"]).is_empty(),
            "{query}: {answer}"
        );
    }
}

#[tokio::test]
async fn what_is_of_another_type_than_was_asked_for_is_an_empty_object_and_not_null() {
    let stage = Stage::new();
    let clinic = stage.clinic("north").await;
    let refused = "mutation { recallCaller(input: { callerId: \"x\" }) { userErrors { ...on \
        InvalidInputError { code } } } }";
    let viewer = "{ viewer { ...on TeamMember { id } } }";
    let node = format!(
        "{{ clinic: node(id: \"{}\") {{ ...on Caller {{ id }} }} nothing: node(id: \"x\") {{ ...on \
         Caller {{ id }} }} }}",
        clinic.id
    );
    for (document, expected) in [
        (refused, json!({ "recallCaller": { "userErrors": [{}] } })),
        (viewer, json!({ "viewer": {} })),
        (&node, json!({ "clinic": {}, "nothing": null })),
    ] {
        let answer = stage.ask(None, document, json!({})).await;
        assert_eq!(answer, json!({ "data": expected }), "{document}");
    }
}
