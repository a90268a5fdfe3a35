//! Reports and the audit log.

use cynic::{Id, InlineFragments, QueryFragment, QueryVariables};

use super::PageInfo;
use crate::audit_log::AuditLogEntry;
use crate::date::Date;
use crate::report::Report;
use crate::schema;

#[derive(QueryVariables)]
pub(crate) struct ReportVariables<'a> {
    pub id: &'a Id,
    pub from: Date,
    pub to: Date,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Query", variables = "ReportVariables")]
pub(crate) struct ReportOfClinic {
    #[arguments(id: $id)]
    pub node: Option<ReportNode>,
}

#[derive(InlineFragments)]
#[cynic(graphql_type = "Node", variables = "ReportVariables")]
pub(crate) enum ReportNode {
    Clinic(Box<ReportClinic>),
    #[cynic(fallback)]
    Other,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Clinic", variables = "ReportVariables")]
pub(crate) struct ReportClinic {
    #[arguments(from: $from, to: $to)]
    pub report: Option<Report>,
}

#[derive(QueryVariables)]
pub(crate) struct AuditLogVariables<'a> {
    pub id: &'a Id,
    pub first: i32,
    pub after: Option<&'a str>,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Query", variables = "AuditLogVariables")]
pub(crate) struct AuditLogOfClinic {
    #[arguments(id: $id)]
    pub node: Option<AuditLogNode>,
}

#[derive(InlineFragments)]
#[cynic(graphql_type = "Node", variables = "AuditLogVariables")]
pub(crate) enum AuditLogNode {
    Clinic(AuditLogClinic),
    #[cynic(fallback)]
    Other,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Clinic", variables = "AuditLogVariables")]
pub(crate) struct AuditLogClinic {
    #[arguments(first: $first, after: $after)]
    pub audit_log: Option<AuditLogConnection>,
}

#[derive(QueryFragment)]
pub(crate) struct AuditLogConnection {
    pub nodes: Vec<AuditLogEntry>,
    pub page_info: PageInfo,
}
