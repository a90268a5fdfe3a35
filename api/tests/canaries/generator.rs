//! Operations drawn from the schema: any fields, arguments, fragments, aliases and variables, with ids of both
//! clinics, ids that were never given out, and garbage.

use crate::random::Random;
use crate::schema::{Argument, Field, Kind, Schema, name_of};
use crate::two_clinics::{Place, TwoClinics};
use async_graphql::parser::types::{BaseType, Type};
use serde_json::{Map, Value as Json, json};
use standby::domain::id::{
    ApiClientId, CallerId, ClinicId, SessionId, TeamMemberId, WebhookDeliveryId, WebhookId,
};
use std::fmt::Write as _;

/// How deep selections nest, of the 16 levels that are allowed.
const DEPTH: usize = 9;
/// Fields of one selection.
const FIELDS: usize = 4;
/// Fields of one operation.
const FIELDS_IN_ALL: usize = 40;
/// Aliases of one operation, as many as a transport takes.
const ALIASES: usize = 15;

const NUMBERS: [i64; 12] = [0, 1, 2, 3, 5, 50, 200, 500, 1000, -1, i64::MAX, i64::MIN];

/// Nothing of anybody's.
const GARBAGE: [&str; 12] = [
    "",
    " ",
    "x",
    "null",
    "caller_",
    "clinic_' or 1=1 --",
    "../../etc/passwd",
    "%",
    "\u{202e}drawkcab",
    "\u{0}\u{200b}",
    "🦜🦜🦜",
    "k0000000000000000000000",
];

const WORDS: [&str; 12] = [
    "Nobody",
    "a b c",
    "0412 345 678",
    "0491574118",
    "000000",
    "123456",
    "https://hook.example/x",
    "http://127.0.0.1/",
    "Europe/Berlin",
    "AU",
    "{link} come back, {link}",
    "https://rooms.example/{room}",
];

pub(crate) struct Operation {
    pub(crate) query: String,
    pub(crate) variables: Json,
    pub(crate) is_subscription: bool,
}

/// What arguments are drawn from.
pub(crate) struct Pool {
    ids_of_north: Vec<String>,
    /// Of south and of none.
    other_ids: Vec<String>,
    /// Places in lists of both clinics.
    cursors: Vec<String>,
}

impl Pool {
    pub(crate) async fn new(clinics: &TwoClinics) -> Self {
        let mut other_ids = vec![
            ClinicId::new([9; 16]).to_string(),
            CallerId::new([9; 16]).to_string(),
            TeamMemberId::new([9; 16]).to_string(),
            ApiClientId::new([9; 16]).to_string(),
            SessionId::new([9; 16]).to_string(),
            WebhookId::new([9; 16]).to_string(),
            WebhookDeliveryId::new([9; 16]).to_string(),
            clinics.empty.id.to_string(),
        ];
        let mut cursors = vec!["MQ".to_owned()];
        for place in [&clinics.north, &clinics.south] {
            cursors.extend(cursors_of(clinics, place).await);
        }
        other_ids.extend(ids_of(&clinics.south));
        Self {
            ids_of_north: ids_of(&clinics.north),
            other_ids,
            cursors,
        }
    }
}

fn ids_of(place: &Place) -> Vec<String> {
    let is_id = |text: &&String| text.contains('_');
    place.names.values().filter(is_id).cloned().collect()
}

/// The cursors of a clinic's lists, as its admin sees them.
async fn cursors_of(clinics: &TwoClinics, place: &Place) -> Vec<String> {
    let query = "query ($id: ID!) { node(id: $id) { ...on Clinic { \
                 waitingArea { callers { edges { cursor } } } \
                 auditLog(first: 5) { edges { cursor } } } } }";
    let id = json!({ "id": place.clinic.id.as_str() });
    let by = Some(place.token("admin"));
    let answer = clinics.stage.ask(by, query, id).await;
    let clinic = &answer["data"]["node"];
    let lists = [&clinic["waitingArea"]["callers"], &clinic["auditLog"]];
    let edges = lists
        .into_iter()
        .filter_map(|list| list["edges"].as_array());
    let cursors = edges.flatten().map(|edge| edge["cursor"].as_str().unwrap());
    let cursors: Vec<String> = cursors.map(str::to_owned).collect();
    assert!(cursors.len() > 5, "{answer}");
    cursors
}

pub(crate) struct Generator<'a> {
    schema: &'a Schema,
    pool: &'a Pool,
    random: &'a mut Random,
    fields_left: usize,
    aliases_left: usize,
    declared: Vec<String>,
    variables: Map<String, Json>,
    fragments: Vec<String>,
    names: usize,
}

/// A value, to be written into the document or sent beside it.
enum Value {
    Plain(Json),
    Word(String),
    List(Vec<Value>),
    Object(Vec<(String, Value)>),
}

impl Value {
    fn json(&self) -> Json {
        match self {
            Self::Plain(value) => value.clone(),
            Self::Word(word) => json!(word),
            Self::List(all) => all.iter().map(Self::json).collect(),
            Self::Object(fields) => fields
                .iter()
                .map(|(name, value)| (name.clone(), value.json()))
                .collect(),
        }
    }

    fn literal(&self) -> String {
        match self {
            Self::Plain(Json::String(text)) => quoted(text),
            Self::Plain(value) => value.to_string(),
            Self::Word(word) => word.clone(),
            Self::List(all) => {
                let all: Vec<_> = all.iter().map(Self::literal).collect();
                format!("[{}]", all.join(", "))
            }
            Self::Object(fields) => {
                let fields = fields.iter();
                let fields = fields.map(|(name, value)| format!("{name}: {}", value.literal()));
                format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// As a GraphQL document writes it: `\u` and four digits for what may not stand there.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(character);
            }
            control if control < ' ' => write!(quoted, "\\u{:04x}", u32::from(control)).unwrap(),
            other => quoted.push(other),
        }
    }
    quoted + "\""
}

impl<'a> Generator<'a> {
    pub(crate) fn new(schema: &'a Schema, pool: &'a Pool, random: &'a mut Random) -> Self {
        Self {
            schema,
            pool,
            random,
            fields_left: FIELDS_IN_ALL,
            aliases_left: ALIASES,
            declared: Vec::new(),
            variables: Map::new(),
            fragments: Vec::new(),
            names: 0,
        }
    }

    pub(crate) fn operation(mut self, may_command: bool) -> Operation {
        let (keyword, root) = match self.random.below(100) {
            0..=9 => ("subscription", "Subscription"),
            10..=29 if may_command => ("mutation", "Mutation"),
            _ => ("query", "Query"),
        };
        let schema = self.schema;
        let fields = schema.fields(root);
        let most = if keyword == "query" { 3 } else { 1 };
        // Most of what there is to see is behind these two.
        let by_name = |name: &str| fields.iter().find(|field| field.name == name);
        let selection = if keyword == "query" && self.random.in_a_hundred(70) {
            let name = if self.random.in_a_hundred(70) {
                "node"
            } else {
                "clinic"
            };
            by_name(name)
                .map(|field| self.field(field, 1))
                .unwrap_or_default()
        } else {
            let chosen = self.random.some_of(fields, most);
            let chosen = chosen.into_iter().map(|field| self.field(field, 1));
            chosen.collect::<Vec<_>>().join(" ")
        };
        let declared = if self.declared.is_empty() {
            String::new()
        } else {
            format!("({})", self.declared.join(", "))
        };
        let mut query = format!("{keyword} Drawn{declared} {{ {selection} }}");
        for fragment in &self.fragments {
            query.push(' ');
            query.push_str(fragment);
        }
        Operation {
            query,
            variables: Json::Object(self.variables),
            is_subscription: keyword == "subscription",
        }
    }

    fn name(&mut self, letter: char) -> String {
        self.names += 1;
        format!("{letter}{}", self.names)
    }

    fn field(&mut self, field: &Field, depth: usize) -> String {
        self.fields_left = self.fields_left.saturating_sub(1);
        let mut text = String::new();
        if self.aliases_left > 0 && self.random.in_a_hundred(6) {
            self.aliases_left -= 1;
            let alias = self.name('a');
            write!(text, "{alias}: ").unwrap();
        }
        text.push_str(&field.name);
        let arguments: Vec<_> = field
            .arguments
            .iter()
            .filter_map(|argument| self.argument(argument))
            .collect();
        if !arguments.is_empty() {
            write!(text, "({})", arguments.join(", ")).unwrap();
        }
        match self.random.below(100) {
            0 => text.push_str(" @include(if: true)"),
            1 => text.push_str(" @skip(if: false)"),
            _ => {}
        }
        if !self.schema.is_leaf(&field.kind) {
            let selection = self.selection(name_of(&field.kind), depth + 1);
            write!(text, " {{ {selection} }}").unwrap();
        }
        text
    }

    fn selection(&mut self, of: &str, depth: usize) -> String {
        let schema = self.schema;
        match schema.kind(of) {
            Kind::Union(possible) => {
                let on = self.on_some_of(possible, depth);
                format!("__typename {on}")
            }
            Kind::Fields(fields, possible) if !possible.is_empty() => {
                let own = self.some_fields(fields, of, depth);
                let on = self.on_some_of(possible, depth);
                format!("{own} {on}")
            }
            Kind::Fields(fields, _) => self.some_fields(fields, of, depth),
            _ => "__typename".to_owned(),
        }
    }

    fn on_some_of(&mut self, possible: &[String], depth: usize) -> String {
        let some = self.random.some_of(possible, 3);
        let on = some.into_iter().map(|kind| {
            let selection = self.selection(kind, depth);
            format!("...on {kind} {{ {selection} }}")
        });
        on.collect::<Vec<_>>().join(" ")
    }

    fn some_fields(&mut self, fields: &[Field], of: &str, depth: usize) -> String {
        let schema = self.schema;
        let is_end = depth >= DEPTH || self.fields_left == 0;
        let possible: Vec<&Field> = fields
            .iter()
            .filter(|field| !is_end || schema.is_leaf(&field.kind))
            .collect();
        let most = 1 + self.random.below(FIELDS);
        let mut some = self.random.some_of(&possible, most);
        // What leads on, so that not every operation ends where it begins.
        let leads_on = |field: &&&&Field| !schema.is_leaf(&field.kind);
        if !some.iter().any(|field| leads_on(&field)) {
            let leading: Vec<_> = possible.iter().filter(|field| leads_on(&field)).collect();
            if !leading.is_empty() && self.random.in_a_hundred(60) {
                some.push(*self.random.one_of(&leading));
            }
        }
        let chosen: Vec<String> = some
            .into_iter()
            .map(|field| self.field(field, depth))
            .collect();
        if chosen.is_empty() {
            return "__typename".to_owned();
        }
        let chosen = chosen.join(" ");
        if self.random.in_a_hundred(8) {
            let name = self.name('F');
            self.fragments
                .push(format!("fragment {name} on {of} {{ {chosen} }}"));
            return format!("...{name}");
        }
        chosen
    }

    fn argument(&mut self, argument: &Argument) -> Option<String> {
        if argument.kind.nullable && !self.random.in_a_hundred(35) {
            return None;
        }
        let value = self.value(&argument.name, &argument.kind);
        if self.random.in_a_hundred(35) {
            let variable = self.name('v');
            self.declared
                .push(format!("${variable}: {}", argument.kind));
            self.variables.insert(variable.clone(), value.json());
            return Some(format!("{}: ${variable}", argument.name));
        }
        Some(format!("{}: {}", argument.name, value.literal()))
    }

    fn value(&mut self, name: &str, kind: &Type) -> Value {
        if kind.nullable && self.random.in_a_hundred(5) {
            return Value::Plain(Json::Null);
        }
        let of = match &kind.base {
            BaseType::List(of) => {
                let length = self.random.below(3);
                return Value::List((0..length).map(|_| self.value(name, of)).collect());
            }
            BaseType::Named(of) => of.as_str(),
        };
        let schema = self.schema;
        match schema.kind(of) {
            Kind::Enum(words) => Value::Word(self.random.one_of(words).clone()),
            Kind::Input(fields) => {
                let mut given = Vec::new();
                for field in fields {
                    if !field.kind.nullable || self.random.in_a_hundred(30) {
                        let value = self.value(&field.name, &field.kind);
                        given.push((field.name.clone(), value));
                    }
                }
                Value::Object(given)
            }
            _ => Value::Plain(self.scalar(name, of)),
        }
    }

    fn scalar(&mut self, name: &str, of: &str) -> Json {
        match of {
            "Boolean" => json!(self.random.in_a_hundred(50)),
            "Int" => json!(self.random.one_of(&NUMBERS)),
            "Date" => json!(
                self.random
                    .one_of(&["2026-03-01", "2026-03-02", "2026-03-03", "x"])
            ),
            "DateTime" => {
                json!(
                    self.random
                        .one_of(&["2026-03-04T00:00:00Z", "2027-01-01T00:00:00Z", "x"])
                )
            }
            "ID" => json!(self.id(name)),
            _ => json!(self.text(name)),
        }
    }

    fn id(&mut self, name: &str) -> String {
        // A screen's own word, which is kept.
        if name == "deviceId" || self.random.in_a_hundred(6) {
            return (*self.random.one_of(&GARBAGE)).to_owned();
        }
        let kind = match name {
            "clinicId" => "clinic_",
            "callerId" => "caller_",
            "teamMemberId" => "member_",
            "apiClientId" => "key_",
            "sessionId" => "session_",
            "webhookId" => "webhook_",
            "deliveryId" => "delivery_",
            // What a clinic is asked is what there is most of.
            _ if self.random.in_a_hundred(40) => "clinic_",
            _ => "",
        };
        // Mostly of north, because that is what must not be seen.
        let ids = if self.random.in_a_hundred(60) {
            &self.pool.ids_of_north
        } else {
            &self.pool.other_ids
        };
        let of_kind: Vec<_> = ids.iter().filter(|id| id.starts_with(kind)).collect();
        (*self.random.one_of(&of_kind)).clone()
    }

    fn text(&mut self, name: &str) -> String {
        let text = match name {
            "slug" => *self
                .random
                .one_of(&["north", "south", "north", "south", "empty", "x"]),
            // Anybody may arrive at north, and that would change it.
            "clinicSlug" => *self.random.one_of(&["south", "south", "empty", "x", ""]),
            "after" | "before" if self.random.in_a_hundred(90) => {
                return self.random.one_of(&self.pool.cursors).clone();
            }
            "key" => "medicare",
            _ if self.random.in_a_hundred(50) => *self.random.one_of(&WORDS),
            _ => *self.random.one_of(&GARBAGE),
        };
        text.to_owned()
    }
}
