//! Whether a document that is known beforehand can be executed at all: found out before anybody asks for it.

use super::{Schema, builder};
use crate::http::operation::{read_and_measure, unquoted};
use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute};
use async_graphql::parser::types::ExecutableDocument;
use async_graphql::{Request, Response, ServerError};
use async_trait::async_trait;
use futures_util::FutureExt as _;
use std::sync::Arc;

/// Compares documents with the schema. Executes nothing of them.
pub struct KnownDocuments(Schema);

impl Default for KnownDocuments {
    fn default() -> Self {
        Self(builder().extension(ExecutesNothing).finish())
    }
}

impl KnownDocuments {
    /// Looks at every operation of a document.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn check(&self, document: &str) -> Result<(), String> {
        let parsed = read_and_measure(document).map_err(|answer| worded(&answer.errors))?;
        for (name, _) in parsed.operations.iter() {
            let mut request = Request::new(document);
            request.operation_name = name.map(ToString::to_string);
            request.set_parsed_query(parsed.clone());
            // Nothing is waited for where nothing is executed.
            let errors = self
                .0
                .execute(request)
                .now_or_never()
                .map_or(Vec::new(), |answer| answer.errors);
            let errors: Vec<ServerError> = errors
                .into_iter()
                .filter(|error| !is_for_want_of_a_value(&parsed, error))
                .collect();
            if !errors.is_empty() {
                return Err(worded(&errors));
            }
        }
        Ok(())
    }
}

/// What a page costs depends on a variable that will have its value when the document is asked for.
fn is_for_want_of_a_value(document: &ExecutableDocument, error: &ServerError) -> bool {
    let mut variables = document
        .operations
        .iter()
        .flat_map(|(_, operation)| &operation.node.variable_definitions);
    variables.any(|variable| {
        error.message == format!("Variable {} is not defined.", variable.node.name.node)
    })
}

fn worded(errors: &[ServerError]) -> String {
    let worded = unquoted(errors).into_iter().map(|error| {
        let place = error.locations.first();
        let place = place.map(|at| format!(" (line {}, column {})", at.line, at.column));
        error.message + &place.unwrap_or_default()
    });
    worded.collect::<Vec<_>>().join("; ")
}

struct ExecutesNothing;

impl ExtensionFactory for ExecutesNothing {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait]
impl Extension for ExecutesNothing {
    async fn execute(
        &self,
        _: &ExtensionContext<'_>,
        _: Option<&str>,
        _: NextExecute<'_>,
    ) -> Response {
        Response::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn what_our_own_apps_and_the_guide_send_is_good() {
        let known = KnownDocuments::default();
        let own = include_str!("../../../client/operations.json");
        let guide = include_str!("../../../docs/examples/operations.json");
        for list in [own, guide] {
            let list: HashMap<String, String> = serde_json::from_str(list).expect("a list");
            for document in list.values() {
                assert_eq!(known.check(document), Ok(()), "{document}");
            }
        }
        // However the page is chosen.
        for variable in ["$n: Int", "$n: Int!", "$n: Int = 3"] {
            let document = format!(
                "query A({variable}) {{ clinic(slug: \"a\") {{ waitingArea {{ \
                 callers(first: $n) {{ totalCount }} }} }} }} query B {{ viewer {{ __typename }} }}"
            );
            assert_eq!(known.check(&document), Ok(()), "{document}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_document_is_said_with_its_place() {
        let known = KnownDocuments::default();
        let deep = format!("{}a{}", "{a".repeat(17), "}".repeat(17));
        for (document, wrong) in [
            ("{ viewer { __typename } ", "cannot be read"),
            ("query { viewr { __typename } }", "\"viewr\""),
            ("query { viewr { __typename } }", "(line 1, column 9)"),
            ("query A { viewer { __typename } } query B { no }", "\"no\""),
            ("query ($a: No) { viewer { __typename } }", "\"No\""),
            ("{ clinic(slug: $a) { name } }", "$a"),
            ("{ clinic { name } }", "slug"),
            ("subscription { a b }", "exactly one field"),
            (&deep, "at most 16 deep"),
        ] {
            let said = known.check(document).expect_err(document);
            assert!(said.contains(wrong), "{document}: {said}");
        }
    }
}
