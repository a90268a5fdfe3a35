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
use async_graphql::{SDLExportOptions, SchemaBuilder};
use mutation::Mutation;
use query::Query;
use std::sync::Arc;
use subscription::Subscription;

/// What executes requests.
pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

/// How deep fields may nest. The introspection query of common tools nests 15 deep, our own 8.
const DEPTH: usize = 16;

/// What one document may cost: a field is 1, a list of callers what each costs, times how many may
/// come. A full page of 500 callers with everything that is known of them comes to half of this.
const COMPLEXITY: usize = 60_000;

/// Directives on one field. Nobody needs more than `@skip` and `@include`.
const DIRECTIVES_OF_A_FIELD: usize = 4;

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
        .limit_depth(DEPTH)
        .limit_complexity(COMPLEXITY)
        .limit_directives(DIRECTIVES_OF_A_FIELD)
}
