//! Something that is there, also where nothing of it was selected.

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{ContextSelectionSet, OutputType, Positioned, ServerResult, Value};
use std::borrow::Cow;

/// An interface or a union that is answered as an object in any case.
///
/// async-graphql 7.2.1 answers with null where no field is left: where all that was asked for stands in
/// `... on` another type (`do_resolve_container`; not so in the candidates of 8). Where null cannot stand,
/// a typed client fails at it; where it can, it says that there is nothing.
pub struct There<T>(pub T);

impl<T: OutputType> OutputType for There<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn introspection_type_name(&self) -> Cow<'static, str> {
        self.0.introspection_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        Ok(match self.0.resolve(ctx, field).await? {
            Value::Null => Value::Object(IndexMap::new()),
            value => value,
        })
    }
}
