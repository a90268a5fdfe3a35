//! An entry of the audit log.

use super::Named;
use crate::adapters::tables;
use crate::domain::time::Timestamp;
use crate::ports::Fault;
use crate::ports::store::audit::AuditEntry;
use diesel::prelude::{Insertable, Queryable, Selectable};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = tables::audit_entry, treat_none_as_default_value = false)]
pub(in crate::adapters) struct AuditEntryRow {
    pub(in crate::adapters) clinic_id: String,
    pub(in crate::adapters) number: i64,
    pub(in crate::adapters) at: i64,
    pub(in crate::adapters) by_kind: String,
    pub(in crate::adapters) by_id: Option<String>,
    pub(in crate::adapters) deed: String,
    pub(in crate::adapters) subject: Option<String>,
}

impl AuditEntryRow {
    /// The entry, with the names of the staff it is of and about.
    pub(in crate::adapters) fn entry(
        self,
        by_name: Option<String>,
        subject_name: Option<String>,
    ) -> Result<AuditEntry, Fault> {
        let named = Named {
            table: "audit entry of",
            id: &self.clinic_id,
        };
        Ok(AuditEntry {
            number: self.number,
            at: Timestamp::from_millis(self.at),
            by: named.actor(&self.by_kind, self.by_id.as_deref())?,
            by_name,
            deed: named.word(&self.deed, "no such deed")?,
            subject: self.subject,
            subject_name,
        })
    }
}
