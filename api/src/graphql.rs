//! The GraphQL API: what third parties, the console and the wait screen speak.
//!
//! Types here wrap domain types and never derive on them, so that a name in the contract changes only
//! when somebody changes it here. A resolver holds no rule: it asks the viewer for the right
//! ([`Viewer::within`](crate::domain::policy::Viewer::within) and its like), calls one function of
//! the application and wraps what comes back. Refusals are data ([`user_error`]); faults are logged
//! once and told without detail ([`fault`]). Doc comments are the descriptions in `schema.graphql`.
//!
//! To add a field: the resolver with its description, its line in `tests/viewers/`, then
//! `make schema`.

pub mod access;
pub mod activity;
pub mod asking;
pub mod audit;
pub mod caller;
pub mod clinic;
pub mod date;
pub mod date_time;
pub mod door;
pub mod fault;
pub mod known_documents;
pub mod mutation;
pub mod query;
pub mod recall;
pub mod report;
pub mod subscription;
pub mod team;
pub mod text;
pub mod there;
pub mod user_error;
pub mod waiting_area;
pub mod webhook;

use crate::app::App;
use crate::http::operation::{
    DEEPEST_FIELD, DEEPEST_SELECTION, MOST_COST, MOST_DIRECTIVES_OF_A_FIELD,
};
use async_graphql::{SDLExportOptions, SchemaBuilder};
use mutation::Mutation;
use query::Query;
use std::sync::Arc;
use subscription::Subscription;

/// What executes requests.
pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

/// The schema over an application.
#[must_use]
pub fn schema(app: Arc<App>) -> Schema {
    builder().data(app).finish()
}

/// The same, for a server that does not tell what it can be asked: no introspection, and no error that
/// suggests the name of something else.
#[must_use]
pub fn schema_without_introspection(app: Arc<App>) -> Schema {
    builder()
        .disable_introspection()
        .disable_suggestions()
        .data(app)
        .finish()
}

/// The schema in the schema definition language, as it is committed in `schema.graphql`.
#[must_use]
pub fn sdl() -> String {
    let options = SDLExportOptions::new()
        .include_specified_by()
        .prefer_single_line_descriptions()
        .use_space_ident();
    builder().finish().sdl_with_options(options)
}

fn builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    Schema::build(Query, Mutation::default(), Subscription)
        .limit_complexity(MOST_COST)
        // A second net: whatever comes by a transport was measured before.
        .limit_depth(DEEPEST_FIELD)
        .limit_recursive_depth(DEEPEST_SELECTION)
        .limit_directives(MOST_DIRECTIVES_OF_A_FIELD)
}
