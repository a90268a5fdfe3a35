//! The schema, as operations are drawn from it.

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{BaseType, Type, TypeKind, TypeSystemDefinition};
use std::collections::BTreeMap;

pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) kind: Type,
    pub(crate) arguments: Vec<Argument>,
}

pub(crate) struct Argument {
    pub(crate) name: String,
    pub(crate) kind: Type,
}

pub(crate) enum Kind {
    /// With fields: an object, or an interface with what it can be.
    Fields(Vec<Field>, Vec<String>),
    Union(Vec<String>),
    Enum(Vec<String>),
    Input(Vec<Argument>),
    Scalar,
}

pub(crate) struct Schema(BTreeMap<String, Kind>);

impl Schema {
    pub(crate) fn exported() -> Self {
        let document = parse_schema(standby::graphql::sdl()).unwrap();
        let definitions = document.definitions.iter().filter_map(|definition| {
            if let TypeSystemDefinition::Type(definition) = definition {
                return Some(&definition.node);
            }
            None
        });
        let mut kinds = BTreeMap::new();
        let mut possible: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for definition in definitions {
            let name = definition.name.node.to_string();
            let kind = match &definition.kind {
                TypeKind::Scalar => Kind::Scalar,
                TypeKind::Object(object) => {
                    for interface in &object.implements {
                        let of = possible.entry(interface.node.to_string()).or_default();
                        of.push(name.clone());
                    }
                    Kind::Fields(fields(&object.fields), Vec::new())
                }
                TypeKind::Interface(interface) => {
                    Kind::Fields(fields(&interface.fields), Vec::new())
                }
                TypeKind::Union(union) => {
                    let members = union.members.iter().map(|one| one.node.to_string());
                    Kind::Union(members.collect())
                }
                TypeKind::Enum(words) => {
                    let words = words.values.iter().map(|one| one.node.value.to_string());
                    Kind::Enum(words.collect())
                }
                TypeKind::InputObject(input) => Kind::Input(arguments(&input.fields)),
            };
            kinds.insert(name, kind);
        }
        for (interface, names) in possible {
            if let Some(Kind::Fields(_, possible)) = kinds.get_mut(&interface) {
                *possible = names;
            }
        }
        Self(kinds)
    }

    pub(crate) fn kind(&self, name: &str) -> &Kind {
        self.0.get(name).unwrap_or(&Kind::Scalar)
    }

    pub(crate) fn fields(&self, name: &str) -> &[Field] {
        match self.kind(name) {
            Kind::Fields(fields, _) => fields,
            _ => &[],
        }
    }

    pub(crate) fn is_leaf(&self, kind: &Type) -> bool {
        matches!(self.kind(name_of(kind)), Kind::Scalar | Kind::Enum(_))
    }
}

/// The name without what says that it is a list, or never null.
pub(crate) fn name_of(kind: &Type) -> &str {
    match &kind.base {
        BaseType::Named(name) => name.as_str(),
        BaseType::List(of) => name_of(of),
    }
}

fn fields(
    all: &[async_graphql::Positioned<async_graphql::parser::types::FieldDefinition>],
) -> Vec<Field> {
    let field = |field: &async_graphql::parser::types::FieldDefinition| Field {
        name: field.name.node.to_string(),
        kind: field.ty.node.clone(),
        arguments: arguments(&field.arguments),
    };
    all.iter().map(|one| field(&one.node)).collect()
}

fn arguments(
    all: &[async_graphql::Positioned<async_graphql::parser::types::InputValueDefinition>],
) -> Vec<Argument> {
    let argument = |argument: &async_graphql::parser::types::InputValueDefinition| Argument {
        name: argument.name.node.to_string(),
        kind: argument.ty.node.clone(),
    };
    all.iter().map(|one| argument(&one.node)).collect()
}
