//! What a mutation answers to whoever sends too many: the payload of that mutation, with one
//! `RateLimitedError` in its `userErrors` and nothing done.
//!
//! The transports count, and put [`TooOften`] into the request. The root looks for it once, for every
//! command there is and will be: no resolver has to know.

use super::Commands;
use crate::domain::refusal::{Refusal, Why};
use crate::domain::time::Timestamp;
use crate::graphql::user_error::UserError;
use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::resolver_utils::{ContainerType, resolve_container};
use async_graphql::{
    Context, ContextSelectionSet, ObjectType, OutputType, Positioned, ServerResult, Value,
};
use std::borrow::Cow;

/// In the data of a request that is too often.
#[derive(Clone, Copy, Debug)]
pub struct TooOften {
    /// From when it can be sent again.
    pub retry_at: Timestamp,
}

/// The commands, unless they come too often.
#[derive(Default)]
pub struct Mutation(Commands);

impl ContainerType for Mutation {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        let Some(too_often) = ctx.data_opt::<TooOften>() else {
            return self.0.resolve_field(ctx).await;
        };
        let payload = Refused {
            payload: payload_of(ctx),
            too_often: *too_often,
        };
        let selections = ctx.with_selection_set(&ctx.item.node.selection_set);
        resolve_container(&selections, &payload).await.map(Some)
    }
}

impl OutputType for Mutation {
    fn type_name() -> Cow<'static, str> {
        <Commands as OutputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <Commands as OutputType>::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        _: &Positioned<Field>,
    ) -> ServerResult<Value> {
        resolve_container(ctx, self).await
    }
}

impl ObjectType for Mutation {}

/// The name of the type that the command under way answers with.
fn payload_of(ctx: &Context<'_>) -> String {
    let types = &ctx.schema_env.registry.types;
    let command = types
        .get(Mutation::type_name().as_ref())
        .and_then(|mutation| mutation.field_by_name(&ctx.item.node.name.node));
    command.map_or_else(String::new, |command| {
        command.ty.trim_end_matches('!').to_owned()
    })
}

/// Any command's payload when nothing was done: `userErrors`; and for the rest null, or false where it
/// must say whether something was done. A test has this of every payload.
struct Refused {
    payload: String,
    too_often: TooOften,
}

impl ContainerType for Refused {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        if ctx.item.node.name.node != "userErrors" {
            let types = &ctx.schema_env.registry.types;
            let says_whether = types
                .get(&self.payload)
                .and_then(|payload| payload.field_by_name(&ctx.item.node.name.node))
                .is_some_and(|field| field.ty == "Boolean!");
            return Ok(Some(if says_whether {
                Value::Boolean(false)
            } else {
                Value::Null
            }));
        }
        let why = Why::RateLimited {
            retry_at: self.too_often.retry_at,
        };
        let refusal = Refusal::new(why, "Too many requests. Try again in a moment.");
        let errors = vec![UserError::from(refusal)];
        let selections = ctx.with_selection_set(&ctx.item.node.selection_set);
        errors.resolve(&selections, ctx.item).await.map(Some)
    }
}

impl OutputType for Refused {
    /// Never in the schema: each time it stands for another type.
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed("Refused")
    }

    fn introspection_type_name(&self) -> Cow<'static, str> {
        Cow::Owned(self.payload.clone())
    }

    fn create_type_info(_: &mut Registry) -> String {
        Self::qualified_type_name()
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        _: &Positioned<Field>,
    ) -> ServerResult<Value> {
        resolve_container(ctx, self).await
    }
}
