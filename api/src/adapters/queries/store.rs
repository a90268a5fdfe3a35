//! The store: each method one transaction around its query.

/// Runs a query in a transaction. It is committed when the query answers; a fault, a panic or a caller
/// that goes away leaves nothing of it.
macro_rules! in_transaction {
    ($transaction:expr, $connection:ident => $query:expr) => {{
        let mut transaction = $transaction.await?;
        let $connection = &mut *transaction;
        let answer = $query.await?;
        transaction.commit().await?;
        Ok(answer)
    }};
}
pub(in crate::adapters) use in_transaction;

macro_rules! store_queries {
    ($database:ident) => {
        mod store {
            use super::upkeep::Dated;
            use super::{callers, changes, clinics, credentials, replies, texts, upkeep};
            use crate::adapters::$database::Database;
            use crate::adapters::queries::store::in_transaction;
            use crate::domain::caller::Caller;
            use crate::domain::clinic::{Clinic, Settings, Slug};
            use crate::domain::decide::Decision;
            use crate::domain::id::{CallerId, ClinicId, TextId};
            use crate::domain::limits::Use;
            use crate::domain::phone_number::PhoneNumber;
            use crate::domain::policy::{Staff, StaffId, Within};
            use crate::domain::refusal::Refusal;
            use crate::domain::secret::TokenHash;
            use crate::domain::time::Timestamp;
            use crate::ports::Fault;
            use crate::ports::store::access::StaffCredential;
            use crate::ports::store::{
                Activity, CallerCredential, CallerList, CallerPage, CallerScreens, Change,
                Changing, ClaimedText, Entered, Entering, Forgiven, Outcome, Placed, TakenText,
                Resuming, Settlement, Store, Subject, WaitingArea,
            };
            use crate::ports::store::webhooks::WebhookStore as _;
            use async_trait::async_trait;

            #[async_trait]
            impl Store for Database {
                async fn ping(&self) -> Result<(), Fault> {
                    in_transaction!(self.reading(), connection => clinics::ping(connection))
                }

                async fn add_clinic(&self, clinic: &Clinic) -> Result<bool, Fault> {
                    in_transaction!(self.writing(), connection => {
                        clinics::add_clinic(connection, clinic)
                    })
                }

                async fn clinics(&self) -> Result<Vec<Clinic>, Fault> {
                    in_transaction!(self.reading(), connection => clinics::clinics(connection))
                }

                async fn clinic(&self, id: &ClinicId) -> Result<Option<Clinic>, Fault> {
                    in_transaction!(self.reading(), connection => clinics::clinic(connection, id))
                }

                async fn clinic_by_slug(&self, slug: &Slug) -> Result<Option<Clinic>, Fault> {
                    in_transaction!(self.reading(), connection => {
                        clinics::clinic_by_slug(connection, slug)
                    })
                }

                async fn change_settings(
                    &self,
                    within: &Within,
                    change: &(dyn for<'s> Fn(&'s Settings) -> Result<Settings, Refusal> + Send + Sync),
                    now: Timestamp,
                ) -> Result<Option<Result<Clinic, Refusal>>, Fault> {
                    in_transaction!(self.writing(), connection => {
                        clinics::change_settings(connection, within, change, now)
                    })
                }

                async fn enter(&self, entering: Entering<'_>) -> Result<Entered, Fault> {
                    in_transaction!(self.writing(), connection => {
                        changes::enter(connection, entering)
                    })
                }

                async fn resume(
                    &self,
                    within: &Within,
                    resuming: Resuming<'_>,
                ) -> Result<Outcome, Fault> {
                    in_transaction!(self.writing(), connection => {
                        changes::resume(connection, within.clinic(), resuming)
                    })
                }

                async fn change_caller(
                    &self,
                    within: &Within,
                    changing: Changing<'_>,
                ) -> Result<Outcome, Fault> {
                    in_transaction!(self.writing(), connection => {
                        changes::change_caller(connection, within.clinic(), changing)
                    })
                }

                async fn caller(
                    &self,
                    within: &Within,
                    id: &CallerId,
                ) -> Result<Option<Placed>, Fault> {
                    in_transaction!(self.reading(), connection => {
                        callers::caller_in_place(connection, within.clinic(), id)
                    })
                }

                async fn callers(
                    &self,
                    within: &Within,
                    page: &CallerPage,
                ) -> Result<CallerList, Fault> {
                    in_transaction!(self.reading(), connection => {
                        callers::callers(connection, within.clinic(), page)
                    })
                }

                async fn waiting_area(&self, within: &Within) -> Result<WaitingArea, Fault> {
                    let area: Result<_, Fault> =
                        in_transaction!(self.reading(), connection => {
                            callers::waiting_area(connection, within.clinic())
                        });
                    // A right within a clinic is only given where there is one.
                    area?.ok_or_else(|| Fault::new("reading a waiting area", "no such clinic"))
                }

                async fn changes_after(
                    &self,
                    within: &Within,
                    version: i64,
                    limit: i64,
                ) -> Result<Option<Vec<Change>>, Fault> {
                    in_transaction!(self.reading(), connection => {
                        callers::changes_after(connection, within.clinic(), version, limit)
                    })
                }

                async fn activity(
                    &self,
                    within: &Within,
                    caller: &CallerId,
                    first: i64,
                ) -> Result<Vec<Activity>, Fault> {
                    in_transaction!(self.reading(), connection => {
                        callers::activity(connection, within.clinic(), caller, first)
                    })
                }

                async fn versions(&self) -> Result<Vec<(ClinicId, i64)>, Fault> {
                    in_transaction!(self.reading(), connection => clinics::versions(connection))
                }

                async fn uses(
                    &self,
                    subjects: &[Subject],
                    now: Timestamp,
                ) -> Result<Vec<Use>, Fault> {
                    in_transaction!(self.reading(), connection => {
                        changes::uses(connection, subjects, now)
                    })
                }

                async fn screens(&self) -> Result<Vec<CallerScreens>, Fault> {
                    in_transaction!(self.reading(), connection => callers::screens(connection))
                }

                async fn not_responding(
                    &self,
                    before: Timestamp,
                ) -> Result<Vec<(ClinicId, CallerId)>, Fault> {
                    in_transaction!(self.reading(), connection => {
                        callers::not_responding(connection, before)
                    })
                }

                async fn caller_by_token(
                    &self,
                    token: &TokenHash,
                ) -> Result<Option<CallerCredential>, Fault> {
                    in_transaction!(self.reading(), connection => {
                        credentials::caller_by_token(connection, token)
                    })
                }

                async fn staff_by_session(
                    &self,
                    token: &TokenHash,
                    now: Timestamp,
                ) -> Result<Option<StaffCredential>, Fault> {
                    in_transaction!(self.reading(), connection => {
                        credentials::staff_by_session(connection, token, now)
                    })
                }

                async fn staff_by_key(
                    &self,
                    token: &TokenHash,
                    now: Timestamp,
                ) -> Result<Option<StaffCredential>, Fault> {
                    in_transaction!(self.reading(), connection => {
                        credentials::staff_by_key(connection, token, now)
                    })
                }

                async fn staff(
                    &self,
                    within: &Within,
                    who: &StaffId,
                ) -> Result<Option<Staff>, Fault> {
                    in_transaction!(self.reading(), connection => {
                        credentials::staff(connection, within.clinic(), who)
                    })
                }

                async fn claim_texts(
                    &self,
                    now: Timestamp,
                    until: Timestamp,
                    limit: i64,
                ) -> Result<Vec<ClaimedText>, Fault> {
                    in_transaction!(self.writing(), connection => {
                        texts::claim_texts(connection, now, until, limit)
                    })
                }

                async fn settle_text(
                    &self,
                    text: &TextId,
                    settlement: Settlement,
                    decide: &(dyn for<'c, 's> Fn(&'c Caller, &'s Settings) -> Decision + Send + Sync),
                    now: Timestamp,
                ) -> Result<Option<Outcome>, Fault> {
                    in_transaction!(self.writing(), connection => {
                        texts::settle_text(connection, text, settlement, decide, now)
                    })
                }

                async fn try_text_again(&self, text: &TextId, at: Timestamp) -> Result<(), Fault> {
                    in_transaction!(self.writing(), connection => {
                        texts::try_text_again(connection, text, at)
                    })
                }

                async fn look_for_text_again(
                    &self,
                    text: &TextId,
                    now: Timestamp,
                    at: Timestamp,
                ) -> Result<(), Fault> {
                    in_transaction!(self.writing(), connection => {
                        texts::look_for_text_again(connection, text, now, at)
                    })
                }

                async fn give_claims_up(&self, now: Timestamp) -> Result<(), Fault> {
                    in_transaction!(self.writing(), connection => {
                        texts::give_claims_up(connection, now)
                    })
                }

                async fn texts_to_ask_about(
                    &self,
                    now: Timestamp,
                    limit: i64,
                ) -> Result<Vec<TakenText>, Fault> {
                    in_transaction!(self.writing(), connection => {
                        texts::texts_to_ask_about(connection, now, limit)
                    })
                }

                async fn forgive(&self, forgiven: &[Forgiven]) -> Result<(), Fault> {
                    in_transaction!(self.writing(), connection => {
                        changes::forgive(connection, forgiven)
                    })
                }

                async fn callers_with_number(
                    &self,
                    number: &PhoneNumber,
                ) -> Result<Vec<(ClinicId, CallerId)>, Fault> {
                    in_transaction!(self.reading(), connection => {
                        replies::callers_with_number(connection, number)
                    })
                }

                async fn stop_texts(&self, number: &str, now: Timestamp) -> Result<(), Fault> {
                    in_transaction!(self.writing(), connection => {
                        replies::stop_texts(connection, number, now)
                    })
                }

                async fn allow_texts(&self, number: &str) -> Result<(), Fault> {
                    in_transaction!(self.writing(), connection => {
                        replies::allow_texts(connection, number)
                    })
                }

                async fn has_stopped_texts(&self, number: &str) -> Result<bool, Fault> {
                    in_transaction!(self.reading(), connection => {
                        replies::has_stopped_texts(connection, number)
                    })
                }

                async fn withdraw_text(&self, text: &TextId, now: Timestamp) -> Result<(), Fault> {
                    in_transaction!(self.writing(), connection => {
                        texts::withdraw_text(connection, text, now)
                    })
                }

                async fn texts_waiting(&self) -> Result<i64, Fault> {
                    in_transaction!(self.reading(), connection => texts::texts_waiting(connection))
                }

                async fn forget(&self, now: Timestamp) -> Result<(), Fault> {
                    for (clinic, version) in self.versions().await? {
                        while self.forget_events(&clinic, version).await? {}
                    }
                    for what in Dated::all() {
                        while self.forget_dated(what, now).await? {}
                    }
                    self.forget_deliveries(now).await?;
                    self.erase_what_was_forgotten().await.map(|_| ())
                }
            }

            /// One batch, in a transaction of its own, so that callers are not kept waiting.
            impl Database {
                async fn forget_events(
                    &self,
                    clinic: &ClinicId,
                    version: i64,
                ) -> Result<bool, Fault> {
                    in_transaction!(self.writing(), connection => {
                        upkeep::forget_events(connection, clinic, version)
                    })
                }

                async fn forget_dated(&self, what: Dated, now: Timestamp) -> Result<bool, Fault> {
                    in_transaction!(self.writing(), connection => {
                        upkeep::forget_dated(connection, what, now)
                    })
                }
            }
        }
    };
}
pub(in crate::adapters) use store_queries;
