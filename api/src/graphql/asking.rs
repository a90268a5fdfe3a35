//! What resolvers find in a request's data: who asks, from where, and the application.

use crate::app::App;
use crate::app::credentials::Presented;
use crate::domain::policy::{AnonymousReason, Viewer};
use async_graphql::Context;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

/// Who asks, and from where. Put into the data of every request.
#[derive(Clone, Debug)]
pub struct Asking {
    /// The viewer, with the credential it came by.
    pub presented: Presented,
    /// The network address, where it is known.
    pub address: Option<IpAddr>,
}

impl Asking {
    /// Someone without a credential, from nowhere.
    #[must_use]
    pub fn anonymous() -> Self {
        Self {
            presented: Presented::anonymous(AnonymousReason::NoCredential),
            address: None,
        }
    }
}

/// Who asks. Without any in the data it is nobody in particular, which opens nothing.
pub(super) fn asking<'a>(ctx: &Context<'a>) -> &'a Asking {
    static NOBODY: OnceLock<Asking> = OnceLock::new();
    ctx.data_opt::<Asking>()
        .unwrap_or_else(|| NOBODY.get_or_init(Asking::anonymous))
}

pub(super) fn viewer<'a>(ctx: &Context<'a>) -> &'a Viewer {
    &asking(ctx).presented.viewer
}

pub(super) fn app<'a>(ctx: &Context<'a>) -> &'a Arc<App> {
    // `graphql::schema` always puts it there; the schema without it is only printed.
    ctx.data_unchecked::<Arc<App>>()
}
