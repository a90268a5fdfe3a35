//! The bodies of the store's queries, written once with the query builder.
//!
//! `queries!(sqlite)` compiles them for the connection of `adapters::sqlite`. Generic functions would
//! need bounds longer than their bodies; a macro needs none. A module that calls it offers what
//! databases really do differently:
//!
//! - `Connection`: the connection itself;
//! - `clinic_to_change`: reads a clinic so that nobody else changes it before this transaction ends;
//! - `due_texts`: reads texts to claim so that nobody else claims them;
//! - `Database`: the store, with `reading` and `writing`, each a transaction that takes back all it did
//!   unless it is committed.
//!
//! Every command locks its clinic first, so the commands of one clinic follow each other, its versions
//! have no gaps, and no two commands wait for each other.

mod access;
mod audit;
mod callers;
pub(super) mod changes;
mod clinics;
mod credentials;
pub(super) mod erasing;
mod openid;
mod replies;
mod reports;
pub(super) mod store;
pub(super) mod texts;
pub(super) mod upkeep;
pub(super) mod webhooks;

pub(super) use access::access_queries;
pub(super) use audit::audit_queries;
pub(super) use callers::caller_queries;
pub(super) use changes::change_queries;
pub(super) use clinics::clinic_queries;
pub(super) use credentials::credential_queries;
pub(super) use erasing::erasing_queries;
pub(super) use openid::openid_queries;
pub(super) use replies::reply_queries;
pub(super) use reports::reports_queries;
pub(super) use store::store_queries;
pub(super) use texts::text_queries;
pub(super) use upkeep::upkeep_queries;
pub(super) use webhooks::webhooks_queries;

use super::tables::{caller, recall, secure_code};
use crate::ports::Fault;
use diesel::prelude::{BoolExpressionMethods, ExpressionMethods, JoinOnDsl, QueryDsl};

/// Compiles every query for the connection of one module of `adapters`.
macro_rules! queries {
    ($database:ident) => {
        crate::adapters::queries::clinic_queries!($database);
        crate::adapters::queries::caller_queries!($database);
        crate::adapters::queries::change_queries!($database);
        crate::adapters::queries::credential_queries!($database);
        crate::adapters::queries::reply_queries!($database);
        crate::adapters::queries::text_queries!($database);
        crate::adapters::queries::upkeep_queries!($database);
        crate::adapters::queries::access_queries!($database);
        crate::adapters::queries::audit_queries!($database);
        crate::adapters::queries::erasing_queries!($database);
        crate::adapters::queries::openid_queries!($database);
        crate::adapters::queries::reports_queries!($database);
        crate::adapters::queries::webhooks_queries!($database);
        crate::adapters::queries::store_queries!($database);
    };
}
pub(super) use queries;

/// Makes a database's error a fault while `doing` something.
pub(super) fn failed(doing: &'static str) -> impl FnOnce(diesel::result::Error) -> Fault {
    move |error| Fault::new(doing, error)
}

/// Callers with all that is stored of them.
#[diesel::dsl::auto_type(no_type_alias)]
pub(super) fn stays() -> _ {
    let has_code = secure_code::clinic_id
        .eq(caller::clinic_id)
        .and(secure_code::caller_id.eq(caller::id));
    let has_recall = recall::clinic_id
        .eq(caller::clinic_id)
        .and(recall::caller_id.eq(caller::id));
    caller::table
        .left_join(secure_code::table.on(has_code))
        .left_join(recall::table.on(has_recall))
}
