//! What may be asked. Nothing here changes anything.

use super::App;
use crate::domain::audit::Deed;
use crate::domain::clinic::{Clinic, Slug};
use crate::domain::id::{CallerId, ClinicId};
use crate::domain::policy::{Staff, StaffId, Within};
use crate::ports::Fault;
use crate::ports::store::{Activity, CallerList, CallerPage, Placed};

impl App {
    /// The public face of a clinic.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn clinic_by_slug(&self, slug: &str) -> Result<Option<Clinic>, Fault> {
        match Slug::parse(slug) {
            Some(slug) => self.store.clinic_by_slug(&slug).await,
            None => Ok(None),
        }
    }

    /// # Errors
    /// When the store fails.
    pub async fn clinic(&self, id: &ClinicId) -> Result<Option<Clinic>, Fault> {
        self.store.clinic(id).await
    }

    /// A caller; that staff look at one is recorded first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn caller(&self, within: &Within, id: &CallerId) -> Result<Option<Placed>, Fault> {
        let placed = self.store.caller(within, id).await?;
        if placed.is_some() {
            self.look(within, Deed::SawCaller, Some(id.as_str()))
                .await?;
        }
        Ok(placed)
    }

    /// A page of a waiting area; that staff look at it is recorded first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn callers(&self, within: &Within, page: &CallerPage) -> Result<CallerList, Fault> {
        self.look(within, Deed::SawWaitingArea, None).await?;
        self.store.callers(within, page).await
    }

    /// What happened to a caller, newest first; that staff look at it is recorded first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn activity(
        &self,
        within: &Within,
        caller: &CallerId,
        first: i64,
    ) -> Result<Vec<Activity>, Fault> {
        let subject = Some(caller.as_str());
        self.look(within, Deed::SawActivity, subject).await?;
        self.store.activity(within, caller, first).await
    }

    /// # Errors
    /// When the store fails.
    pub async fn staff(&self, within: &Within, who: &StaffId) -> Result<Option<Staff>, Fault> {
        self.store.staff(within, who).await
    }
}

impl App {
    /// How many callers have not ended.
    #[must_use]
    pub fn callers_tracked(&self) -> usize {
        self.presence.count()
    }

    /// How many texts are committed and not yet settled.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn texts_waiting(&self) -> Result<i64, Fault> {
        self.store.texts_waiting().await
    }
}
