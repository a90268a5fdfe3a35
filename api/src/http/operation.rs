//! One GraphQL request as it was asked, whatever it came by: read, measured, and its operation
//! found, before anything executes.

use std::collections::{BTreeSet, HashMap};
use std::convert::Infallible;

use async_graphql::parser::types::{
    Directive, DocumentOperations, ExecutableDocument, OperationDefinition, OperationType,
    Selection, SelectionSet,
};
use async_graphql::parser::{Error as NotADocument, parse_query};
use async_graphql::{
    ErrorExtensionValues, Name, Positioned, Request, Response, ServerError, Value, Variables,
};
use serde_json::{Map, Value as Json, json};

/// The longest name of a document that is looked at, in bytes.
const LONGEST_NAME: usize = 256;

/// Aliases in one document. Enough to compare a few things side by side; an attack needs thousands.
pub const MOST_ALIASES: usize = 15;

/// Directives in one document.
pub const MOST_DIRECTIVES: usize = 50;

/// Directives on one field. Nobody needs more than `@skip` and `@include`.
pub const MOST_DIRECTIVES_OF_A_FIELD: usize = 4;

/// How deep fields may nest, fragments written out. The introspection query of common tools nests 15 deep,
/// our own 8.
pub const DEEPEST_FIELD: usize = 16;

/// How deep fields and the fragments around them may nest.
pub const DEEPEST_SELECTION: usize = 32;

/// What one document may cost: a field is 1, a list of callers what each costs, times how many may
/// come. A full page of 500 callers with everything that is known of them comes to half of this.
pub const MOST_COST: usize = 60_000;

/// What the parser says, below the line it drew, of brackets that nest deeper than it reads.
const PARSERS_TOO_DEEP: &str = "= stack limit reached";

/// Errors in one answer. A person reads the first few; a document of 64 kB can be wrong in ten thousand
/// places, and its answer would be fifteen times as long as what was asked.
pub const MOST_ERRORS: usize = 20;

/// Selections of one document once every fragment is written out where it is spread. The largest
/// introspection query in use has some 400. Without this limit a document of 1 kB, whose fragments
/// spread one another ten times each, keeps the executor's own checks busy for years.
pub const MOST_SELECTIONS: usize = 2_000;

/// How deep a document is walked at all: what that may take of the stack. The parser goes as far.
const DEEPEST_WALK: usize = 64;

/// The parameters of one request, of the right types.
#[derive(Debug, Default)]
pub struct Asked {
    /// The document. Empty where only its name was sent, until [`Documents`](super::persisted::Documents)
    /// has found it.
    pub query: String,
    /// The document's name, where one was sent.
    pub document: Option<DocumentName>,
    /// Which of its operations.
    pub operation_name: Option<String>,
    /// The variables.
    pub variables: Variables,
    /// Whatever else clients send along, by name.
    pub extensions: Map<String, Json>,
}

/// By what a document is named instead of being sent, or as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocumentName {
    /// `documentId`: the document is not sent.
    Id(String),
    /// `extensions.persistedQuery.sha256Hash`: it may be sent too.
    Hash(String),
}

/// Why something is no GraphQL request. Said to the client as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

impl Asked {
    /// Reads the JSON object of an HTTP body or of a `subscribe` message.
    ///
    /// # Errors
    ///
    /// When it is a list (a batch) or a parameter is of the wrong type.
    pub fn from_json(parameters: Json) -> Result<Self, Malformed> {
        let mut parameters = match parameters {
            Json::Object(parameters) => parameters,
            Json::Array(_) => return Err(Malformed("Batches are not supported")),
            _ => return Err(Malformed("The request must be a JSON object")),
        };
        let query = match parameters.remove("query") {
            Some(Json::String(query)) if !query.trim().is_empty() => Some(query),
            Some(Json::String(_) | Json::Null) | None => None,
            Some(_) => return Err(Malformed("Parameter query must be a string")),
        };
        let id = match parameters.remove("documentId") {
            Some(Json::String(id)) if (1..=LONGEST_NAME).contains(&id.len()) => Some(id),
            Some(Json::Null) | None => None,
            Some(_) => {
                let message = "Parameter documentId must be a string of 1 to 256 bytes";
                return Err(Malformed(message));
            }
        };
        let operation_name = match parameters.remove("operationName") {
            Some(Json::String(name)) => Some(name).filter(|name| !name.is_empty()),
            Some(Json::Null) | None => None,
            Some(_) => return Err(Malformed("Parameter operationName must be a string")),
        };
        let variables = match parameters.remove("variables") {
            Some(variables @ Json::Object(_)) => Variables::from_json(variables),
            Some(Json::Null) | None => Variables::default(),
            Some(_) => return Err(Malformed("Parameter variables must be an object")),
        };
        let extensions = match parameters.remove("extensions") {
            Some(Json::Object(extensions)) => extensions,
            Some(Json::Null) | None => Map::new(),
            Some(_) => return Err(Malformed("Parameter extensions must be an object")),
        };
        let hash = extensions
            .get("persistedQuery")
            .and_then(|persisted| persisted.get("sha256Hash"))
            .filter(|hash| !hash.is_null());
        let named = hash
            .and_then(Json::as_str)
            .filter(|hash| hash.len() == 64 && hash.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .map(|hash| DocumentName::Hash(hash.to_owned()));
        let (query, document) = match (query, id) {
            (Some(_), Some(_)) => {
                return Err(Malformed("Send either query or documentId, not both"));
            }
            (Some(query), None) => (query, named),
            (None, Some(id)) => (String::new(), Some(DocumentName::Id(id))),
            (None, None) if named.is_some() => (String::new(), named),
            (None, None) if hash.is_some() => {
                return Err(Malformed("sha256Hash must be 64 hexadecimal digits"));
            }
            (None, None) => return Err(Malformed("Parameter query is missing")),
        };
        Ok(Self {
            query,
            document,
            operation_name,
            variables,
            extensions,
        })
    }

    /// Parses the document, finds the operation and measures both.
    ///
    /// # Errors
    ///
    /// The answer to give instead of executing.
    pub fn into_operation(self) -> Result<Operation, Box<Response>> {
        let document = parse(&self.query)?;
        let definition = chosen(&document, self.operation_name.as_deref())
            .map_err(|message| refusal("BAD_REQUEST", message))?;
        let kind = definition.ty;
        keep_to_limits(&document, definition)?;
        if let Some(name) = missing_variable(definition, &self.variables) {
            let message = format!("Variable \"${name}\" is required and has no value");
            return Err(refusal("BAD_REQUEST", message));
        }
        let introspects = every_selection_set(&document).any(introspects);
        let shaping_variables = shaping_variables(&document, definition);
        Ok(Operation {
            asked: self,
            document,
            kind,
            introspects,
            shaping_variables,
        })
    }
}

/// Reads a document and measures each of its operations, whatever their variables will be.
///
/// # Errors
///
/// The answer that would be given instead of executing.
pub fn read_and_measure(document: &str) -> Result<ExecutableDocument, Box<Response>> {
    let document = parse(document)?;
    for (_, definition) in document.operations.iter() {
        keep_to_limits(&document, &definition.node)?;
    }
    Ok(document)
}

fn parse(document: &str) -> Result<ExecutableDocument, Box<Response>> {
    parse_query(document).map_err(|error| {
        let is_too_deep = match &error {
            NotADocument::RecursionLimitExceeded => true,
            NotADocument::Syntax { message, .. } => {
                message.lines().any(|line| line.trim() == PARSERS_TOO_DEEP)
            }
            _ => false,
        };
        if is_too_deep {
            let (code, message) = too_deep();
            return refusal(code, message);
        }
        Box::new(Response::from_errors(vec![error.into()]))
    })
}

fn keep_to_limits(
    document: &ExecutableDocument,
    definition: &OperationDefinition,
) -> Result<(), Box<Response>> {
    let measured =
        measure(document, definition).map_err(|(code, message)| refusal(code, message))?;
    // A mutation's fields would each be a command of its own: limits that count requests would
    // not see them.
    let what = match definition.ty {
        OperationType::Query => return Ok(()),
        OperationType::Mutation => "mutation",
        OperationType::Subscription => "subscription",
    };
    if measured.root_fields == 1 {
        return Ok(());
    }
    let message = format!("A {what} selects exactly one field");
    Err(refusal("TOO_MANY_ROOT_FIELDS", message))
}

/// A request whose document is parsed and whose operation is known.
#[derive(Debug)]
pub struct Operation {
    asked: Asked,
    document: ExecutableDocument,
    kind: OperationType,
    introspects: bool,
    shaping_variables: BTreeSet<Name>,
}

impl Operation {
    /// Whether the schema is asked about itself. `__typename` is no such question.
    pub fn introspects(&self) -> bool {
        self.introspects
    }

    /// Query, mutation or subscription.
    pub fn kind(&self) -> OperationType {
        self.kind
    }

    /// The document's text.
    pub fn query(&self) -> &str {
        &self.asked.query
    }

    /// The operation's name, when the client chose one.
    pub fn operation_name(&self) -> Option<&str> {
        self.asked.operation_name.as_deref()
    }

    /// A request to execute it, as often as needed: the document is not parsed again.
    pub fn request(&self) -> Request {
        let mut request =
            Request::new(self.asked.query.clone()).variables(self.asked.variables.clone());
        request
            .operation_name
            .clone_from(&self.asked.operation_name);
        for (name, value) in &self.asked.extensions {
            if let Ok(value) = Value::from_json(value.clone()) {
                request.extensions.insert(name.clone(), value);
            }
        }
        request.set_parsed_query(self.document.clone());
        request
    }

    /// The variables by which the answer's shape or content can differ, in a canonical form: all
    /// but those that are only arguments of the root field itself.
    ///
    /// Two subscribers of one waiting area who resume after different versions differ in nothing
    /// else, and get the same bytes for the same change.
    pub fn canonical_variables(&self) -> String {
        let mut text = String::new();
        for name in &self.shaping_variables {
            // A variable that is missing (its default counts) is not one that is null.
            if let Some(value) = self.asked.variables.get(name) {
                text.push_str(name);
                text.push('=');
                write_canonically(value, &mut text);
                text.push(';');
            }
        }
        text
    }
}

/// `extensions.code` of a fault on our side, whoever finds it.
pub const INTERNAL_SERVER_ERROR: &str = "INTERNAL_SERVER_ERROR";

/// Answers that something of ours broke, which was logged.
pub(super) fn went_wrong() -> Box<Response> {
    refusal(INTERNAL_SERVER_ERROR, "Internal server error".to_owned())
}

/// Answers with one error that has a code.
pub fn refusal(code: &'static str, message: String) -> Box<Response> {
    Box::new(Response::from_errors(vec![error(code, message)]))
}

fn error(code: &'static str, message: String) -> ServerError {
    let mut error = ServerError::new(message, None);
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", code);
    error.extensions = Some(extensions);
    error
}

/// Whether nothing was executed: the document, its operation or its variables are at fault.
///
/// The executor says so only indirectly: whatever goes wrong while executing has a path.
pub fn is_request_error(response: &Response) -> bool {
    response.data == Value::Null
        && !response.errors.is_empty()
        && response.errors.iter().all(|error| error.path.is_empty())
}

/// What the executor says of a document that costs too much: it gives no code, and no figure.
const EXECUTORS_TOO_COSTLY: &str = "Query is too complex.";

/// The errors as they are answered: without what was asked. The executor quotes it, and whoever asks
/// may well keep errors where names, numbers and tokens must not be kept.
pub fn unquoted(errors: &[ServerError]) -> Vec<ServerError> {
    let unquoted = |given: &ServerError| {
        if given.message == EXECUTORS_TOO_COSTLY {
            let message = format!(
                "The document costs more than {MOST_COST}: ask for smaller pages (`first`), or for less of each"
            );
            return error("TOO_COSTLY", message);
        }
        ServerError {
            message: without_what_was_asked(&given.message),
            ..given.clone()
        }
    };
    errors.iter().take(MOST_ERRORS).map(unquoted).collect()
}

fn without_what_was_asked(message: &str) -> String {
    // The parser draws the line it stumbled over, and says below it what it expected.
    let expected = |line: &str| line.trim_start().strip_prefix("= ").map(str::to_owned);
    if message.trim_start().starts_with("--> ") {
        let expected = message.lines().find_map(expected);
        let expected = expected.unwrap_or_else(|| "it is no GraphQL".to_owned());
        return format!("The document cannot be read: {expected}");
    }
    match message.split_once(", found ") {
        Some((expected, _)) => format!("{expected}."),
        None => message.to_owned(),
    }
}

/// The answer as JSON text. `data` is left out, not null, when nothing was executed.
pub fn to_json(response: &Response) -> String {
    let errors = unquoted(&response.errors);
    let text = if is_request_error(response) {
        serde_json::to_string(&json!({ "errors": errors }))
    } else if errors.is_empty() {
        serde_json::to_string(response)
    } else {
        let mut answer = json!({ "data": response.data, "errors": errors });
        if !response.extensions.is_empty() {
            answer["extensions"] = json!(response.extensions);
        }
        serde_json::to_string(&answer)
    };
    text.unwrap_or_else(|error| {
        tracing::error!(%error, "an answer could not be written as JSON");
        r#"{"errors":[{"message":"Internal server error"}]}"#.to_owned()
    })
}

fn chosen<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Result<&'a OperationDefinition, String> {
    match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => Ok(&operation.node),
        (DocumentOperations::Multiple(operations), Some(name)) => operations
            .get(name)
            .map(|operation| &operation.node)
            .ok_or_else(|| format!("Unknown operation named \"{name}\"")),
        (DocumentOperations::Multiple(operations), None) if operations.len() == 1 => operations
            .values()
            .next()
            .map(|operation| &operation.node)
            .ok_or_else(|| "The document has no operation".to_owned()),
        (DocumentOperations::Multiple(_), None) => {
            Err("Parameter operationName is needed: the document has several operations".into())
        }
        (DocumentOperations::Single(_), Some(name)) => {
            Err(format!("Unknown operation named \"{name}\""))
        }
    }
}

/// A variable that must have a value and has none. The executor looks only when it uses it.
fn missing_variable<'a>(
    operation: &'a OperationDefinition,
    variables: &Variables,
) -> Option<&'a Name> {
    operation
        .variable_definitions
        .iter()
        .map(|definition| &definition.node)
        .find_map(|definition| {
            let is_required =
                !definition.var_type.node.nullable && definition.default_value.is_none();
            let has_value = variables
                .get(&definition.name.node)
                .is_some_and(|value| *value != Value::Null);
            (is_required && !has_value).then_some(&definition.name.node)
        })
}

struct Measured {
    /// Fields directly under the operation, fragments opened. Skipped ones count too: whether a
    /// field is there must not depend on a variable.
    root_fields: usize,
}

fn measure(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
) -> Result<Measured, (&'static str, String)> {
    let mut fragments = Fragments {
        document,
        sizes: HashMap::new(),
        depth: 0,
    };
    let mut selections = 0_usize;
    let mut aliases = 0_usize;
    let mut directives = 0_usize;
    let mut directives_of_a_field = 0_usize;
    for (_, operation) in document.operations.iter() {
        let size = fragments.size_of(&operation.node.selection_set.node)?;
        if size.fields_deep > DEEPEST_FIELD || size.deep > DEEPEST_SELECTION {
            return Err(too_deep());
        }
        selections = selections.saturating_add(size.all);
        directives += operation.node.directives.len();
        for variable in &operation.node.variable_definitions {
            directives += variable.node.directives.len();
        }
    }
    for fragment in document.fragments.values() {
        directives += fragment.node.directives.len();
    }
    for selections in every_selection_set(document) {
        let written = count_written(selections);
        aliases += written.aliases;
        directives += written.directives;
        directives_of_a_field = directives_of_a_field.max(written.directives_of_a_field);
    }
    for (count, most, code, what) in [
        (
            selections,
            MOST_SELECTIONS,
            "TOO_MANY_SELECTIONS",
            "selections, fragments opened",
        ),
        (aliases, MOST_ALIASES, "TOO_MANY_ALIASES", "aliases"),
        (
            directives,
            MOST_DIRECTIVES,
            "TOO_MANY_DIRECTIVES",
            "directives",
        ),
        (
            directives_of_a_field,
            MOST_DIRECTIVES_OF_A_FIELD,
            "TOO_MANY_DIRECTIVES",
            "directives on one field",
        ),
    ] {
        if count > most {
            return Err((code, format!("A document has at most {most} {what}")));
        }
    }
    Ok(Measured {
        root_fields: fragments.size_of(&operation.selection_set.node)?.at_the_top,
    })
}

fn too_deep() -> (&'static str, String) {
    let message = format!(
        "Fields nest at most {DEEPEST_FIELD} deep, and at most {DEEPEST_SELECTION} with the fragments around them"
    );
    ("TOO_DEEP", message)
}

/// What a selection set comes to, fragments opened.
#[derive(Clone, Copy, Default)]
struct Size {
    all: usize,
    at_the_top: usize,
    /// Fields that nest in one another, at most.
    fields_deep: usize,
    /// Fields and fragments that nest in one another, at most.
    deep: usize,
}

/// Sizes of the fragments met so far, so that each is walked once.
struct Fragments<'a> {
    document: &'a ExecutableDocument,
    /// None while it is being walked.
    sizes: HashMap<&'a Name, Option<Size>>,
    depth: usize,
}

impl<'a> Fragments<'a> {
    fn size_of(&mut self, selections: &'a SelectionSet) -> Result<Size, (&'static str, String)> {
        if self.depth > DEEPEST_WALK {
            return Err(too_deep());
        }
        self.depth += 1;
        let mut size = Size::default();
        for selection in &selections.items {
            let within = match &selection.node {
                Selection::Field(field) => {
                    let within = self.size_of(&field.node.selection_set.node)?;
                    Size {
                        at_the_top: 1,
                        fields_deep: within.fields_deep + 1,
                        ..within
                    }
                }
                Selection::InlineFragment(fragment) => {
                    self.size_of(&fragment.node.selection_set.node)?
                }
                Selection::FragmentSpread(spread) => {
                    self.size_of_fragment(&spread.node.fragment_name.node)?
                }
            };
            size.all = size.all.saturating_add(within.all).saturating_add(1);
            size.at_the_top = size.at_the_top.saturating_add(within.at_the_top);
            size.fields_deep = size.fields_deep.max(within.fields_deep);
            size.deep = size.deep.max(within.deep + 1);
        }
        self.depth -= 1;
        Ok(size)
    }

    fn size_of_fragment(&mut self, name: &'a Name) -> Result<Size, (&'static str, String)> {
        // One that is not there is for validation to say.
        let Some(fragment) = self.document.fragments.get(name) else {
            return Ok(Size::default());
        };
        match self.sizes.get(name) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => {
                return Err((
                    "FRAGMENT_CYCLE",
                    format!("Fragment \"{name}\" spreads itself, directly or by others"),
                ));
            }
            None => {}
        }
        self.sizes.insert(name, None);
        let size = self.size_of(&fragment.node.selection_set.node)?;
        self.sizes.insert(name, Some(size));
        Ok(size)
    }
}

fn every_selection_set(document: &ExecutableDocument) -> impl Iterator<Item = &SelectionSet> {
    let operations = document
        .operations
        .iter()
        .map(|(_, operation)| &operation.node.selection_set);
    let fragments = document
        .fragments
        .values()
        .map(|fragment| &fragment.node.selection_set);
    operations
        .chain(fragments)
        .map(|selections| &selections.node)
}

/// Whether a field that tells of the schema is written anywhere, fragments not opened.
fn introspects(selections: &SelectionSet) -> bool {
    selections
        .items
        .iter()
        .any(|selection| match &selection.node {
            Selection::Field(field) => {
                matches!(field.node.name.node.as_str(), "__schema" | "__type")
                    || introspects(&field.node.selection_set.node)
            }
            Selection::InlineFragment(fragment) => introspects(&fragment.node.selection_set.node),
            Selection::FragmentSpread(_) => false,
        })
}

/// Aliases and directives as written, fragments not opened.
#[derive(Default)]
struct Written {
    aliases: usize,
    directives: usize,
    directives_of_a_field: usize,
}

fn count_written(selections: &SelectionSet) -> Written {
    let mut written = Written::default();
    for selection in &selections.items {
        let directives = selection.node.directives().len();
        let within = match &selection.node {
            Selection::Field(field) => {
                written.aliases += usize::from(field.node.alias.is_some());
                written.directives_of_a_field = written.directives_of_a_field.max(directives);
                count_written(&field.node.selection_set.node)
            }
            Selection::InlineFragment(fragment) => count_written(&fragment.node.selection_set.node),
            Selection::FragmentSpread(_) => Written::default(),
        };
        written.aliases += within.aliases;
        written.directives += directives + within.directives;
        written.directives_of_a_field = written
            .directives_of_a_field
            .max(within.directives_of_a_field);
    }
    written
}

/// Variables used anywhere but as an argument of a field directly under the operation.
fn shaping_variables(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
) -> BTreeSet<Name> {
    let mut names = BTreeSet::new();
    note_directives(&operation.directives, &mut names);
    for selection in &operation.selection_set.node.items {
        match &selection.node {
            Selection::Field(field) => {
                note_directives(&field.node.directives, &mut names);
                note_selections(&field.node.selection_set.node, &mut names);
            }
            other => note_selection(other, &mut names),
        }
    }
    // A fragment is noted as a whole, wherever it is spread: at worst two who could share do not.
    for fragment in document.fragments.values() {
        note_directives(&fragment.node.directives, &mut names);
        note_selections(&fragment.node.selection_set.node, &mut names);
    }
    names
}

fn note_selections(selections: &SelectionSet, names: &mut BTreeSet<Name>) {
    for selection in &selections.items {
        note_selection(&selection.node, names);
    }
}

fn note_selection(selection: &Selection, names: &mut BTreeSet<Name>) {
    note_directives(selection.directives(), names);
    match selection {
        Selection::Field(field) => {
            for (_, argument) in &field.node.arguments {
                let Ok(_) = argument
                    .node
                    .clone()
                    .into_const_with(|name| note(name, names));
            }
            note_selections(&field.node.selection_set.node, names);
        }
        Selection::InlineFragment(fragment) => {
            note_selections(&fragment.node.selection_set.node, names);
        }
        Selection::FragmentSpread(_) => {}
    }
}

fn note_directives(directives: &[Positioned<Directive>], names: &mut BTreeSet<Name>) {
    for directive in directives {
        for (_, argument) in &directive.node.arguments {
            let Ok(_) = argument
                .node
                .clone()
                .into_const_with(|name| note(name, names));
        }
    }
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "it stands in for the look-up of a variable"
)]
fn note(name: Name, names: &mut BTreeSet<Name>) -> Result<Value, Infallible> {
    names.insert(name);
    Ok(Value::Null)
}

/// Equal values give equal text, whatever the order in which a client wrote an object's fields.
fn write_canonically(value: &Value, text: &mut String) {
    match value {
        Value::List(items) => {
            text.push('[');
            for item in items {
                write_canonically(item, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| *name);
            text.push('{');
            for (name, value) in fields {
                text.push_str(&Json::from(name.as_str()).to_string());
                text.push(':');
                write_canonically(value, text);
                text.push(',');
            }
            text.push('}');
        }
        other => text.push_str(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &str, variables: Json) -> Asked {
        Asked {
            query: query.to_owned(),
            variables: Variables::from_json(variables),
            ..Asked::default()
        }
    }

    fn operation(query: &str, variables: Json) -> Operation {
        asked(query, variables)
            .into_operation()
            .expect("a good operation")
    }

    fn refused(query: &str) -> String {
        let response = asked(query, json!({}))
            .into_operation()
            .expect_err("a refusal");
        assert!(is_request_error(&response));
        to_json(&response)
    }

    #[test]
    fn a_parameter_of_the_wrong_type_is_malformed() {
        for parameters in [
            json!([{ "query": "{a}" }]),
            json!("{a}"),
            json!({}),
            json!({ "query": null }),
            json!({ "query": "  " }),
            json!({ "query": 1 }),
            json!({ "query": "{a}", "variables": [] }),
            json!({ "query": "{a}", "variables": "{}" }),
            json!({ "query": "{a}", "operationName": 1 }),
            json!({ "query": "{a}", "extensions": [] }),
        ] {
            assert!(
                Asked::from_json(parameters.clone()).is_err(),
                "{parameters}"
            );
        }
    }

    #[test]
    fn a_hash_that_is_none_is_said_to_be_none() {
        let asked = |hash: Json| {
            let extensions = json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } });
            Asked::from_json(json!({ "extensions": extensions })).map(|asked| asked.document)
        };
        for hash in [json!("abc"), json!("g".repeat(64)), json!(""), json!(1)] {
            let refused = asked(hash.clone()).expect_err("a refusal");
            assert!(refused.0.contains("64 hexadecimal digits"), "{hash}");
        }
        let missing = asked(Json::Null).expect_err("a refusal");
        assert!(missing.0.contains("query is missing"));
        let hash = "A0".repeat(32);
        assert_eq!(asked(json!(hash)), Ok(Some(DocumentName::Hash(hash))));
    }

    #[test]
    fn a_parameter_that_is_null_is_as_if_absent() {
        let asked = Asked::from_json(json!({
            "query": "{a}", "variables": null, "operationName": null, "extensions": null
        }));
        assert!(asked.is_ok());
    }

    #[test]
    fn a_subscription_and_a_mutation_select_exactly_one_field() {
        for query in [
            "subscription { a b }",
            "subscription { a: x b: x }",
            "subscription { ...F } fragment F on S { a b }",
            "subscription { a ... on S { b } }",
            "subscription ($on: Boolean!) { a b @include(if: $on) }",
            "mutation { a: verify(code: 1) b: verify(code: 2) }",
        ] {
            assert!(refused(query).contains("TOO_MANY_ROOT_FIELDS"), "{query}");
        }
        assert_eq!(
            operation("subscription { a { b c } }", json!({})).kind(),
            OperationType::Subscription
        );
        assert_eq!(operation("{ a b }", json!({})).kind(), OperationType::Query);
    }

    #[test]
    fn more_aliases_than_allowed_are_refused() {
        let fields = |count: usize| {
            let fields: String = (0..count)
                .map(|number| format!("f{number}: a "))
                .collect::<Vec<_>>()
                .concat();
            format!("{{ {fields} }}")
        };
        assert!(
            asked(&fields(MOST_ALIASES), json!({}))
                .into_operation()
                .is_ok()
        );
        assert!(refused(&fields(MOST_ALIASES + 1)).contains("TOO_MANY_ALIASES"));
    }

    #[test]
    fn fragments_that_spread_one_another_are_measured_as_if_written_out() {
        let mut query = "{ ...F0 }".to_owned();
        for level in 0..20 {
            let spreads = format!("...F{} ", level + 1).repeat(10);
            query.extend([format!(" fragment F{level} on Q {{ {spreads} }}")]);
        }
        // The last is not there: even then nothing is walked twice.
        assert!(refused(&query).contains("TOO_MANY_SELECTIONS"));
        let cycle = "{ ...F } fragment F on Q { a { ...G } } fragment G on Q { ...F }";
        assert!(refused(cycle).contains("FRAGMENT_CYCLE"));
        let chain: String = (0..1_000)
            .map(|link| format!("fragment F{link} on Q {{ ...F{} }} ", link + 1))
            .collect::<Vec<_>>()
            .concat();
        assert!(refused(&format!("{{ ...F0 }} {chain}")).contains("TOO_DEEP"));
    }

    /// Fields within one another, this many.
    fn nested(fields: usize) -> String {
        format!("{}a{}", "a{".repeat(fields - 1), "}".repeat(fields - 1))
    }

    #[test]
    fn fields_nest_sixteen_deep_and_no_deeper_however_they_are_written() {
        let plain = |fields| format!("{{ {} }}", nested(fields));
        // The fragment is met at the top first, where it is not too deep.
        let by_fragments = |fields: usize| {
            let above = "a{".repeat(fields - 5);
            let below = "}".repeat(fields - 5);
            format!(
                "{{ ...F {above} ...F {below} }} fragment F on Q {{ a {{ ...G }} }} \
                 fragment G on Q {{ {} }}",
                nested(4)
            )
        };
        let in_another_operation = |fields| format!("query A {{ a }} query B {}", plain(fields));
        for fields in [1, 5, 15, DEEPEST_FIELD] {
            assert!(read_and_measure(&plain(fields)).is_ok(), "{fields}");
        }
        assert!(read_and_measure(&by_fragments(DEEPEST_FIELD)).is_ok());
        assert!(read_and_measure(&in_another_operation(DEEPEST_FIELD)).is_ok());
        for fields in [17, 33, 34, 64, 65, 66, 100, 1_000] {
            let refused = refused(&plain(fields));
            assert!(refused.contains("TOO_DEEP"), "{fields}: {refused}");
            assert!(refused.contains("at most 16"), "{refused}");
        }
        for fields in [17, 33, 60] {
            assert!(refused(&by_fragments(fields)).contains("TOO_DEEP"));
            let mut asked = asked(&in_another_operation(fields), json!({}));
            asked.operation_name = Some("A".to_owned());
            let refused = asked.into_operation().expect_err("a refusal");
            assert!(to_json(&refused).contains("TOO_DEEP"));
        }
    }

    #[test]
    fn fragments_nest_thirty_two_deep_and_no_deeper() {
        let inline = |deep: usize| {
            let (open, close) = ("...{".repeat(deep - 1), "}".repeat(deep - 1));
            format!("{{ {open} a {close} }}")
        };
        let spread = |deep: usize| {
            let links =
                (1..deep - 1).map(|link| format!("fragment F{link} on Q {{ ...F{} }} ", link + 1));
            let links: String = links.collect();
            format!("{{ ...F1 }} {links} fragment F{} on Q {{ a }}", deep - 1)
        };
        let both: [&dyn Fn(usize) -> String; 2] = [&inline, &spread];
        for written in both {
            assert!(read_and_measure(&written(DEEPEST_SELECTION)).is_ok());
            for deep in [33, 34, 60] {
                assert!(refused(&written(deep)).contains("TOO_DEEP"), "{deep}");
            }
        }
    }

    #[test]
    fn a_field_has_four_directives_and_no_more_wherever_it_is_written() {
        for place in [
            "{ a @ }",
            "{ a { b @ } }",
            "{ ... { a @ } }",
            "{ ...F } fragment F on Q { a @ }",
            "query A { b } query B { a @ }",
        ] {
            let document = |count| place.replace('@', &"@include(if: true) ".repeat(count));
            assert!(read_and_measure(&document(4)).is_ok(), "{place}");
            let five = read_and_measure(&document(5)).expect_err("a refusal");
            let five = to_json(&five);
            assert!(five.contains("TOO_MANY_DIRECTIVES"), "{place}");
            assert!(five.contains("at most 4"), "{five}");
        }
    }

    #[test]
    fn more_directives_than_allowed_are_refused_wherever_they_are_written() {
        let document = |place: &str, count: usize| {
            let directives = "@skip(if: false) ".repeat(count);
            asked(&place.replace('@', &directives), json!({ "v": 1 }))
        };
        for place in [
            "query @ { a }",
            "query ($v: Int @) { a(v: $v) }",
            "{ ... @ { a } }",
            "{ ...F @ } fragment F on Q { a }",
            "{ ...F } fragment F on Q @ { a }",
            "{ a } fragment Unused on Q @ { a }",
            "{ ...F } fragment F on Q { ... @ { a } }",
        ] {
            let fine = document(place, MOST_DIRECTIVES).into_operation();
            assert!(fine.is_ok(), "{place}");
            let flood = document(place, MOST_DIRECTIVES + 1).into_operation();
            let flood = to_json(&flood.expect_err("a refusal"));
            assert!(flood.contains("TOO_MANY_DIRECTIVES"), "{place}");
        }
    }

    #[test]
    fn brackets_that_nest_too_deep_are_refused_and_do_no_harm() {
        for (open, close) in [
            ("{a", "}"),
            ("{a(b:[", "])}"),
            ("{a(b:{c:", "})}"),
            ("{...{", "}}"),
        ] {
            let times = 60_000 / (open.len() + close.len());
            refused(&open.repeat(times));
            refused(&format!("{}a{}", open.repeat(times), close.repeat(times)));
        }
    }

    #[test]
    fn a_question_about_the_schema_is_recognised_wherever_it_is_written() {
        for (query, is_one) in [
            ("{ __schema { description } }", true),
            ("{ renamed: __type(name: \"A\") { name } }", true),
            ("{ ... on Q { ... { __schema { description } } } }", true),
            (
                "{ ...F } fragment F on Q { __type(name: \"A\") { name } }",
                true,
            ),
            ("{ a { __typename } }", false),
            ("{ __schema: a type(name: \"__schema\") { name } }", false),
        ] {
            assert_eq!(operation(query, json!({})).introspects(), is_one, "{query}");
        }
    }

    #[test]
    fn a_required_variable_needs_a_value() {
        let query = "query ($n: Int!, $m: Int! = 1, $o: Int) { a(n: $n, m: $m, o: $o) }";
        assert!(asked(query, json!({ "n": 0 })).into_operation().is_ok());
        for variables in [json!({}), json!({ "n": null })] {
            assert!(asked(query, variables).into_operation().is_err());
        }
    }

    #[test]
    fn a_document_with_several_operations_needs_to_be_told_which() {
        assert!(refused("query A { a } query B { b }").contains("operationName"));
        let mut asked = asked("query A { a } mutation B { b }", json!({}));
        asked.operation_name = Some("B".into());
        let kind = asked.into_operation().map(|operation| operation.kind());
        assert!(matches!(kind, Ok(OperationType::Mutation)));
    }

    #[test]
    fn an_error_does_not_quote_what_was_asked() {
        let syntax = refused("{ node(id: \"canary\") { id } } }");
        assert!(syntax.contains("cannot be read: expected"), "{syntax}");
        let error = |message: &str| vec![ServerError::new(message, None)];
        let typed =
            error("Failed to parse \"Int\": Expected input type \"Int\", found \"canary\".");
        let typed = to_json(&Response::from_errors(typed));
        assert!(
            typed.contains("Expected input type \\\"Int\\\"."),
            "{typed}"
        );
        for answer in [syntax, typed] {
            assert!(!answer.contains("canary"), "{answer}");
        }
    }

    #[test]
    fn what_was_not_executed_has_no_data() {
        let answer: Json = serde_json::from_str(&refused("{")).expect("JSON");
        assert_eq!(
            answer["errors"][0]["locations"],
            json!([{ "line": 1, "column": 2 }])
        );
        assert!(answer.get("data").is_none());
    }

    const QUERY: &str = "subscription ($id: ID!, $after: Int, $n: Int) {
        changes(id: $id, after: $after) { list(first: $n) } }";

    #[test]
    fn arguments_of_the_root_field_alone_do_not_shape_the_answer() {
        let of = |variables| operation(QUERY, variables).canonical_variables();
        let one = of(json!({ "id": "1", "after": 3, "n": 5 }));
        assert_eq!(one, of(json!({ "n": 5, "id": "2", "unknown": true })));
        assert_ne!(one, of(json!({ "id": "1", "after": 3, "n": 6 })));
        assert_ne!(
            of(json!({ "id": "1", "n": null })),
            of(json!({ "id": "1" }))
        );
    }

    #[test]
    fn the_order_of_an_objects_fields_does_not_matter() {
        let of = |fields: &str| {
            let variables =
                serde_json::from_str(&format!("{{\"f\": {{{fields}}}}}")).expect("JSON");
            operation("query ($f: F) { a { b(f: $f) } }", variables).canonical_variables()
        };
        assert_eq!(
            of(r#""x": [1, "2"], "y": {}"#),
            of(r#""y": {}, "x": [1, "2"]"#)
        );
        assert_ne!(of(r#""x": "1""#), of(r#""x": 1"#));
    }
}
