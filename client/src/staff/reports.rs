//! Reports, for all staff of a clinic, and its audit log, for its admins.

use cynic::{Id, QueryBuilder};

use super::Staff;
use crate::audit_log::AuditLogPage;
use crate::client_error::ClientError;
use crate::date::Date;
use crate::operations::reports as operations;
use crate::report::Report;

impl Staff {
    /// The figures of a clinic from one day to another, both included, at most 400 days, in the
    /// clinic's time zone; none unless the viewer is staff there.
    ///
    /// # Errors
    ///
    /// [`ClientError::Unauthorized`], [`ClientError::Fault`] (for too many days, too) and
    /// [`ClientError::Unreachable`].
    pub async fn report(
        &self,
        clinic_id: &Id,
        from: Date,
        to: Date,
    ) -> Result<Option<Report>, ClientError> {
        let question = operations::ReportOfClinic::build(operations::ReportVariables {
            id: clinic_id,
            from,
            to,
        });
        Ok(
            match self.endpoint.ask(&question, self.token()).await?.node {
                Some(operations::ReportNode::Clinic(clinic)) => clinic.report,
                _ => None,
            },
        )
    }

    /// The same report as a table in CSV, for a spreadsheet. `clinic_slug` is what follows `/c/` in
    /// the clinic link. None if there is no such clinic that the viewer may see.
    ///
    /// # Errors
    ///
    /// [`ClientError::Unauthorized`], [`ClientError::Fault`] (for too many days, too) and
    /// [`ClientError::Unreachable`].
    pub async fn report_csv(
        &self,
        clinic_slug: &str,
        from: Date,
        to: Date,
    ) -> Result<Option<String>, ClientError> {
        // Anything else in the path could lead to another address.
        let is_slug = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
        if clinic_slug.is_empty() || !clinic_slug.chars().all(is_slug) {
            return Ok(None);
        }
        let path = format!("/clinics/{clinic_slug}/report.csv?from={from}&to={to}");
        self.endpoint
            .fetch_text(&path, "text/csv", self.token())
            .await
    }

    /// A page of a clinic's audit log, newest first. `after` is the [`AuditLogPage::next`] of the
    /// page before. None unless the viewer is a clinic admin there.
    ///
    /// # Errors
    ///
    /// [`ClientError::Unauthorized`], [`ClientError::Fault`] and [`ClientError::Unreachable`].
    pub async fn audit_log(
        &self,
        clinic_id: &Id,
        first: i32,
        after: Option<&str>,
    ) -> Result<Option<AuditLogPage>, ClientError> {
        let question = operations::AuditLogOfClinic::build(operations::AuditLogVariables {
            id: clinic_id,
            first,
            after,
        });
        let Some(operations::AuditLogNode::Clinic(operations::AuditLogClinic {
            audit_log: Some(connection),
        })) = self.endpoint.ask(&question, self.token()).await?.node
        else {
            return Ok(None);
        };
        let page_info = connection.page_info;
        Ok(Some(AuditLogPage {
            entries: connection.nodes,
            next: page_info.end_cursor.filter(|_| page_info.has_next_page),
        }))
    }
}
