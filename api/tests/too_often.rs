//! A mutation that is too often is answered in its own payload, whichever it is.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

mod support;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{BaseType, Type, TypeKind, TypeSystemDefinition};
use async_graphql::{Request, Variables};
use serde_json::{Map, Value as Json, json};
use standby::graphql::door::AppDoor;
use standby::http::door::{AnonymousBecause, Asker, Door as _};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use support::Stage;

/// The types of the schema by name.
struct Types(HashMap<String, TypeKind>);

impl Types {
    fn of_the_schema() -> Self {
        let document = parse_schema(standby::graphql::sdl()).expect("a schema");
        let types = document.definitions.into_iter().filter_map(|definition| {
            let TypeSystemDefinition::Type(definition) = definition else {
                return None;
            };
            Some((definition.node.name.node.to_string(), definition.node.kind))
        });
        Self(types.collect())
    }

    /// Any value of a type, as small as can be.
    fn any(&self, of: &Type) -> Json {
        if of.nullable {
            return Json::Null;
        }
        let name = match &of.base {
            BaseType::List(_) => return json!([]),
            BaseType::Named(name) => name.as_str(),
        };
        match (name, self.0.get(name)) {
            ("Int", _) => json!(1),
            ("Float", _) => json!(1.5),
            ("Boolean", _) => json!(true),
            ("DateTime", _) => json!("2030-01-01T00:00:00Z"),
            ("Date", _) => json!("2030-01-01"),
            (_, Some(TypeKind::Enum(values))) => json!(values.values[0].node.value.node.as_str()),
            (_, Some(TypeKind::InputObject(object))) => {
                let fields = object.fields.iter().map(|field| &field.node);
                let fields = fields.filter(|field| !field.ty.node.nullable);
                let fields =
                    fields.map(|field| (field.name.node.to_string(), self.any(&field.ty.node)));
                Json::Object(fields.collect::<Map<_, _>>())
            }
            _ => json!("x"),
        }
    }

    /// Whether something of a type must be selected from.
    fn is_leaf(&self, of: &Type) -> bool {
        let mut base = &of.base;
        loop {
            match base {
                BaseType::List(inner) => base = &inner.base,
                BaseType::Named(name) => {
                    let kind = self.0.get(name.as_str());
                    return matches!(kind, None | Some(TypeKind::Scalar | TypeKind::Enum(_)));
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mutation_says_so_in_its_payload_and_does_nothing() {
    let stage = Stage::new();
    let door = AppDoor::new(Arc::clone(&stage.app));
    let types = Types::of_the_schema();
    let Some(TypeKind::Object(mutation)) = types.0.get("Mutation") else {
        panic!("no mutations");
    };
    assert!(mutation.fields.len() > 10);
    for command in &mutation.fields {
        let name = command.node.name.node.as_str();
        let payload_type = command.node.ty.node.to_string();
        let input = &command.node.arguments[0].node.ty.node;
        let Some(TypeKind::Object(payload)) = types.0.get(&payload_type) else {
            panic!("{name} answers with no payload");
        };
        let others: Vec<_> = payload
            .fields
            .iter()
            .map(|field| &field.node)
            .filter(|field| field.name.node != "userErrors")
            .collect();
        assert_eq!(
            others.len() + 1,
            payload.fields.len(),
            "{name} has no userErrors"
        );
        let selections: Vec<String> = others
            .iter()
            .map(|field| {
                let has_a_no = field.ty.node.nullable || field.ty.node.to_string() == "Boolean!";
                assert!(has_a_no, "{payload_type}.{}", field.name.node);
                let field_name = &field.name.node;
                if types.is_leaf(&field.ty.node) {
                    field_name.to_string()
                } else {
                    format!("{field_name} {{ __typename }}")
                }
            })
            .collect();
        let query = format!(
            "mutation ($input: {input}) {{ {name}(input: $input) {{ __typename {} userErrors {{ code }} \
             ...F }} }} fragment F on {payload_type} {{ userErrors {{ __typename ...on UserError {{ message \
             field }} ...on RateLimitedError {{ retryAt }} }} }}",
            selections.join(" ")
        );
        let variables = Variables::from_json(json!({ "input": types.any(input) }));
        let request = Request::new(query).variables(variables);
        let viewer = door.anonymous(AnonymousBecause::NoCredential);
        let request = door.prepare(request, &viewer, &Asker::default());
        let request = door.turn_away(request, Duration::from_millis(2_500));
        let answer = door.schema().execute(request).await;
        assert!(answer.errors.is_empty(), "{name}: {:?}", answer.errors);
        let answer = answer.data.into_json().unwrap();
        let payload = &answer[name];
        assert_eq!(payload["__typename"], payload_type);
        for field in others {
            let no = if field.ty.node.nullable {
                Json::Null
            } else {
                json!(false)
            };
            assert_eq!(payload[field.name.node.as_str()], no, "{name}");
        }
        let expected = json!([{
            "code": "RATE_LIMITED",
            "__typename": "RateLimitedError",
            "message": "Too many requests. Try again in a moment.",
            "field": null,
            "retryAt": "2026-03-02T08:15:32.750Z",
        }]);
        assert_eq!(payload["userErrors"], expected, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_introspection_the_schema_is_not_told() {
    let stage = Stage::new();
    let door = AppDoor::new(Arc::clone(&stage.app)).without_introspection();
    for query in [
        "{ __schema { types { name } } }",
        "{ __type(name: \"Query\") { name } }",
        "{ viewr { __typename } }",
    ] {
        let answer = door.schema().execute(query).await;
        let told = serde_json::to_string(&answer).unwrap();
        assert!(
            !told.contains("viewer") && !told.contains("Clinic"),
            "{told}"
        );
    }
}
