//! The schema as a list of what needs a case.

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{TypeKind, TypeSystemDefinition};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) struct Schema {
    /// Every type with fields: each field with its type's name.
    pub(crate) fields: BTreeMap<String, BTreeMap<String, String>>,
    /// Every interface and union with the types it can be.
    pub(crate) possible: BTreeMap<String, BTreeSet<String>>,
}

impl Schema {
    pub(crate) fn exported() -> Self {
        Self::parse(&standby::graphql::sdl())
    }

    pub(crate) fn parse(sdl: &str) -> Self {
        let document = parse_schema(sdl).unwrap();
        let mut schema = Self {
            fields: BTreeMap::new(),
            possible: BTreeMap::new(),
        };
        for definition in &document.definitions {
            let TypeSystemDefinition::Type(definition) = definition else {
                continue;
            };
            let definition = &definition.node;
            let name = definition.name.node.to_string();
            let fields = match &definition.kind {
                TypeKind::Object(object) => {
                    for interface in &object.implements {
                        let possible = schema.possible.entry(interface.node.to_string());
                        possible.or_default().insert(name.clone());
                    }
                    &object.fields
                }
                TypeKind::Interface(interface) => &interface.fields,
                TypeKind::Union(union) => {
                    let members = union.members.iter().map(|one| one.node.to_string());
                    schema.possible.entry(name).or_default().extend(members);
                    continue;
                }
                _ => continue,
            };
            let fields = fields.iter().map(|field| {
                let kind = field.node.ty.node.to_string();
                let kind = kind.replace(['[', ']', '!'], "");
                (field.node.name.node.to_string(), kind)
            });
            schema.fields.insert(name, fields.collect());
        }
        schema
    }

    /// The field as it is selected, with a selection of its own where it needs one.
    pub(crate) fn selected(&self, of: &str, field: &str) -> String {
        let kind = self.fields.get(of).and_then(|fields| fields.get(field));
        let is_composite = kind
            .is_some_and(|kind| self.fields.contains_key(kind) || self.possible.contains_key(kind));
        if is_composite {
            format!("{field} {{ __typename }}")
        } else {
            field.to_owned()
        }
    }
}
