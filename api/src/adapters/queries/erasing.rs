//! Erasing personal data, and handing out what is kept of one person.

/// Most stays erased in one transaction: whoever waits behind it waits for milliseconds.
pub(in crate::adapters) const ERASED_AT_ONCE: i64 = 100;

/// Most texts asked about in one query: far below what any database takes.
pub(in crate::adapters) const TEXTS_AT_ONCE: usize = 500;

macro_rules! erasing_queries {
    ($database:ident) => {
        mod erasing {
            use super::{audit, callers, changes, clinics};
            use crate::adapters::queries::erasing::{ERASED_AT_ONCE, TEXTS_AT_ONCE};
            use crate::adapters::queries::failed;
            use crate::adapters::queries::store::in_transaction;
            use crate::adapters::rows::caller::ErasedRow;
            use crate::adapters::rows::text::{KeptTextRow, WITHDRAWN};
            use crate::adapters::rows::words::Word;
            use crate::adapters::rows::{ScreenRow, caller_id, clinic_id, readable};
            use crate::adapters::tables::{
                audit_entry, caller, caller_token, clinic, event, idempotency_key, limit_use,
                screen, secure_code, text,
            };
            use crate::adapters::$database::{Connection, Database};
            use crate::domain::audit::Deed;
            use crate::domain::delivery::SmsState;
            use crate::domain::erasing::{
                Erasing, erase, erased_if_ended_by, waits_for_texts_since,
            };
            use crate::domain::id::{CallerId, ClinicId, TextId};
            use crate::domain::phone_number::PhoneNumber;
            use crate::domain::policy::Within;
            use crate::domain::time::{Span, Timestamp};
            use crate::ports::Fault;
            use crate::ports::store::Outcome;
            use crate::ports::store::erasing::{Counted, ErasingStore, Kept, KeptEvent};
            use async_trait::async_trait;
            use diesel::dsl::{exists, not};
            use diesel::prelude::{
                ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper,
            };
            use diesel_async::{RunQueryDsl, SimpleAsyncConnection};

            /// When, what, how far a text was, why it failed, whose doing.
            type KeptEventColumns = (i64, String, Option<String>, Option<String>, String);

            /// Each clinic with how long it keeps who somebody was; read by itself, so that a clinic
            /// that cannot be read is no reason to keep anybody.
            async fn clinics_to_look_at(
                connection: &mut Connection,
            ) -> Result<Vec<(String, i64)>, Fault> {
                clinic::table
                    .select((clinic::id, clinic::erase_after))
                    .load(connection)
                    .await
                    .map_err(failed("reading how long clinics keep callers"))
            }

            /// Stays of a clinic that are to be erased, those that ended first first; without so many
            /// of the first.
            async fn due(
                connection: &mut Connection,
                of: &str,
                erase_after: Span,
                now: Timestamp,
                past: i64,
            ) -> Result<Vec<String>, Fault> {
                let ended_by = erased_if_ended_by(erase_after, now).as_millis();
                let on_its_way = text::table
                    .filter(text::clinic_id.eq(caller::clinic_id))
                    .filter(text::caller_id.eq(caller::id))
                    .filter(text::state.eq_any(ON_ITS_WAY.map(Word::word)))
                    .filter(text::created_at.gt(waits_for_texts_since(now).as_millis()));
                caller::table
                    .filter(caller::clinic_id.eq(of))
                    .filter(caller::ended_at.le(ended_by))
                    .filter(caller::erased_at.is_null())
                    .filter(not(exists(on_its_way)))
                    .order((caller::ended_at, caller::id))
                    .limit(ERASED_AT_ONCE)
                    .offset(past)
                    .select(caller::id)
                    .load(connection)
                    .await
                    .map_err(failed("looking for who is to be erased"))
            }

            /// A text in these may still go out.
            const ON_ITS_WAY: [SmsState; 2] = [SmsState::Queued, SmsState::Sending];

            /// What became of those who were due.
            #[derive(Default)]
            struct Erased {
                stays: i64,
                failed: i64,
                first_fault: Option<Fault>,
            }

            /// Erases some, each by itself: one that cannot be erased is no reason to keep the others.
            async fn erase_some(
                connection: &mut Connection,
                of: &str,
                erase_after: Span,
                now: Timestamp,
                past: i64,
            ) -> Result<Erased, Fault> {
                let mut erased = Erased::default();
                for id in due(connection, of, erase_after, now, past).await? {
                    let by_itself = "erasing a stay by itself";
                    let savepoint = connection.batch_execute("SAVEPOINT stay").await;
                    savepoint.map_err(failed(by_itself))?;
                    match erase_stay(connection, of, &id, now).await {
                        Ok(()) => erased.stays += 1,
                        Err(fault) => {
                            let undone = connection.batch_execute("ROLLBACK TO stay").await;
                            undone.map_err(failed(by_itself))?;
                            erased.failed += 1;
                            let why = format!("{id}: {}", fault.chain());
                            let fault = Fault::new("erasing a stay", why);
                            erased.first_fault.get_or_insert(fault);
                        }
                    }
                    let over = connection.batch_execute("RELEASE stay").await;
                    over.map_err(failed(by_itself))?;
                }
                Ok(erased)
            }

            /// Erases all who are due at a clinic; true when there was anybody. The fault is the first
            /// of those who could not be erased, when all others are.
            async fn erase_due_of(
                database: &Database,
                of: &str,
                erase_after: Span,
                now: Timestamp,
            ) -> (bool, Result<(), Fault>) {
                let mut has_erased = false;
                let mut past = 0;
                let mut first_fault = None;
                loop {
                    // Most often there is nobody, and then nobody is kept from writing.
                    let due: Result<_, Fault> = async {
                        in_transaction!(database.reading(), connection => {
                            due(connection, of, erase_after, now, past)
                        })
                    }
                    .await;
                    let is_over = due.as_ref().map_or(true, Vec::is_empty);
                    if is_over {
                        return (has_erased, first_fault.map_or(due.map(|_| ()), Err));
                    }
                    let erased: Result<Erased, Fault> = async {
                        in_transaction!(database.writing(), connection => {
                            erase_some(connection, of, erase_after, now, past)
                        })
                    }
                    .await;
                    match erased {
                        Ok(erased) => {
                            has_erased |= erased.stays > 0;
                            past += erased.failed;
                            first_fault = first_fault.or(erased.first_fault);
                            if erased.stays + erased.failed < ERASED_AT_ONCE {
                                return (has_erased, first_fault.map_or(Ok(()), Err));
                            }
                        }
                        Err(fault) => return (has_erased, Err(first_fault.unwrap_or(fault))),
                    }
                }
            }

            /// Takes all that says who it was out of the rows of a stay.
            async fn erase_stay(
                connection: &mut Connection,
                of: &str,
                id: &str,
                now: Timestamp,
            ) -> Result<(), Fault> {
                diesel::update(caller::table.find((of, id)))
                    .set(ErasedRow::at(now))
                    .execute(connection)
                    .await
                    .map_err(failed("erasing a caller"))?;
                diesel::delete(secure_code::table.find((of, id)))
                    .execute(connection)
                    .await
                    .map_err(failed("erasing a code"))?;
                let to_caller = text::table
                    .filter(text::clinic_id.eq(of))
                    .filter(text::caller_id.eq(id));
                let on_its_way = text::state.eq_any(ON_ITS_WAY.map(Word::word));
                diesel::update(to_caller.filter(on_its_way))
                    .set((
                        text::state.eq(WITHDRAWN),
                        text::body.eq(None::<String>),
                        text::next_try_at.eq(None::<i64>),
                        text::claimed_until.eq(None::<i64>),
                        text::in_doubt_since.eq(None::<i64>),
                        text::updated_at.eq(now.as_millis()),
                    ))
                    .execute(connection)
                    .await
                    .map_err(failed("withdrawing the texts of whoever is erased"))?;
                diesel::update(to_caller)
                    .set((
                        text::phone.eq(None::<String>),
                        text::body.eq(None::<String>),
                        text::provider_id.eq(None::<String>),
                        text::ask_at.eq(None::<i64>),
                    ))
                    .execute(connection)
                    .await
                    .map_err(failed("erasing texts"))?;
                let of_caller = screen::table
                    .filter(screen::clinic_id.eq(of))
                    .filter(screen::caller_id.eq(id));
                diesel::delete(of_caller)
                    .execute(connection)
                    .await
                    .map(|_| ())
                    .map_err(failed("erasing screens"))
            }

            async fn erase_one(
                connection: &mut Connection,
                within: &Within,
                id: &CallerId,
                now: Timestamp,
            ) -> Result<Outcome, Fault> {
                let found = changes::to_change(connection, within.clinic(), id).await?;
                let Some((clinic, before)) = found else {
                    return Ok(Outcome::NotFound);
                };
                let version = clinic.version;
                match erase(&before, now) {
                    Erasing::Refused(refusal) => {
                        let placed = callers::placed(connection, clinic, before).await?;
                        Ok(Outcome::Refused(Box::new(placed), refusal))
                    }
                    Erasing::Unchanged => {
                        let placed = callers::placed(connection, clinic, before).await?;
                        Ok(Outcome::Unchanged(Box::new(placed)))
                    }
                    Erasing::Erased(erased) => {
                        erase_stay(connection, within.clinic().as_str(), id.as_str(), now).await?;
                        let (deed, subject) = (Deed::ErasedCaller, Some(id.as_str()));
                        audit::record(connection, within, deed, subject, now).await?;
                        let placed = callers::placed(connection, clinic, *erased).await?;
                        Ok(Outcome::Changed {
                            placed: Box::new(placed),
                            version,
                            refusal: None,
                        })
                    }
                }
            }

            async fn texts_with_a_number(
                connection: &mut Connection,
                among: &[TextId],
            ) -> Result<Vec<TextId>, Fault> {
                let mut with_a_number = Vec::new();
                for some in among.chunks(TEXTS_AT_ONCE) {
                    let ids: Vec<String> = text::table
                        .filter(text::id.eq_any(some.iter().map(TextId::as_str)))
                        .filter(text::phone.is_not_null())
                        .select(text::id)
                        .load(connection)
                        .await
                        .map_err(failed("reading which texts are erased"))?;
                    with_a_number.extend(ids.iter().filter_map(|id| TextId::parse(id)));
                }
                Ok(with_a_number)
            }

            async fn clinic_of(
                connection: &mut Connection,
                id: &CallerId,
            ) -> Result<Option<ClinicId>, Fault> {
                let of: Option<String> = caller::table
                    .filter(caller::id.eq(id.as_str()))
                    .select(caller::clinic_id)
                    .first(connection)
                    .await
                    .optional()
                    .map_err(failed("looking for the clinic of a caller"))?;
                of.as_deref().map(clinic_id).transpose()
            }

            /// Reads whole tables: somebody asks for one person's data now and then, and an index of
            /// all numbers would be one more place in which they stand.
            async fn stays_with_number(
                connection: &mut Connection,
                number: &PhoneNumber,
                of: Option<&ClinicId>,
            ) -> Result<Vec<(ClinicId, CallerId)>, Fault> {
                let number = number.reveal();
                let mut rows: Vec<(String, String)> = caller::table
                    .filter(caller::phone.eq(number))
                    .select((caller::clinic_id, caller::id))
                    .load(connection)
                    .await
                    .map_err(failed("looking for callers by their number"))?;
                let by_code: Vec<(String, String)> = secure_code::table
                    .filter(secure_code::phone.eq(number))
                    .select((secure_code::clinic_id, secure_code::caller_id))
                    .load(connection)
                    .await
                    .map_err(failed("looking for codes by their number"))?;
                let by_text: Vec<(String, String)> = text::table
                    .filter(text::phone.eq(number))
                    .select((text::clinic_id, text::caller_id))
                    .distinct()
                    .load(connection)
                    .await
                    .map_err(failed("looking for texts by their number"))?;
                rows.extend(by_code);
                rows.extend(by_text);
                rows.sort_unstable();
                rows.dedup();
                rows.retain(|(clinic, _)| of.is_none_or(|of| of.as_str() == clinic));
                let ids = rows
                    .into_iter()
                    .map(|(clinic, caller)| Ok((clinic_id(&clinic)?, caller_id(&caller)?)));
                ids.collect()
            }

            async fn export(
                connection: &mut Connection,
                within: &Within,
                id: &CallerId,
                now: Timestamp,
            ) -> Result<Option<Kept>, Fault> {
                let of = within.clinic();
                let Some(found) = callers::caller(connection, of, id).await? else {
                    return Ok(None);
                };
                let Some(clinic) = clinics::clinic(connection, of).await? else {
                    return Ok(None);
                };
                let (of, id) = (of.as_str(), id.as_str());
                let texts = text::table
                    .filter(text::clinic_id.eq(of))
                    .filter(text::caller_id.eq(id))
                    .order((text::created_at, text::id))
                    .select(KeptTextRow::as_select())
                    .load(connection)
                    .await
                    .map_err(failed("reading the texts of a caller"))?;
                let events: Vec<KeptEventColumns> = event::table
                    .filter(event::clinic_id.eq(of))
                    .filter(event::caller_id.eq(id))
                    .order(event::version)
                    .select((
                        event::at,
                        event::what,
                        event::sms_state,
                        event::sms_failure,
                        event::by_kind,
                    ))
                    .load(connection)
                    .await
                    .map_err(failed("reading what happened to a caller"))?;
                let screens = screen::table
                    .filter(screen::clinic_id.eq(of))
                    .filter(screen::caller_id.eq(id))
                    .order(screen::seen_at)
                    .select(ScreenRow::as_select())
                    .load(connection)
                    .await
                    .map_err(failed("reading the screens of a caller"))?;
                let links = caller_token::table
                    .filter(caller_token::clinic_id.eq(of))
                    .filter(caller_token::caller_id.eq(id))
                    .count()
                    .get_result(connection)
                    .await
                    .map_err(failed("counting the links of a caller"))?;
                let arrival: Option<i64> = idempotency_key::table
                    .filter(idempotency_key::clinic_id.eq(of))
                    .filter(idempotency_key::caller_id.eq(id))
                    .select(idempotency_key::used_at)
                    .first(connection)
                    .await
                    .optional()
                    .map_err(failed("reading when a caller's key was used"))?;
                let deeds: Vec<(i64, String)> = audit_entry::table
                    .filter(audit_entry::clinic_id.eq(of))
                    .filter(audit_entry::subject.eq(id))
                    .order(audit_entry::number)
                    .select((audit_entry::at, audit_entry::deed))
                    .load(connection)
                    .await
                    .map_err(failed("reading who looked at a caller"))?;
                let (deed, subject) = (Deed::ExportedCaller, Some(id));
                audit::record(connection, within, deed, subject, now).await?;
                let deeds = deeds.into_iter();
                let events = events.into_iter();
                Ok(Some(Kept {
                    caller: found,
                    clinic,
                    texts: texts.into_iter().map(KeptTextRow::kept).collect(),
                    events: events
                        .map(|(at, what, text_state, text_failure, by)| KeptEvent {
                            at: Timestamp::from_millis(at),
                            what,
                            text_state,
                            text_failure,
                            by,
                        })
                        .collect(),
                    screens: readable(screens.iter().map(ScreenRow::screen)),
                    links,
                    arrival_remembered_since: arrival.map(Timestamp::from_millis),
                    deeds: deeds
                        .map(|(at, deed)| (Timestamp::from_millis(at), deed))
                        .collect(),
                }))
            }

            async fn counted(
                connection: &mut Connection,
                subject: &str,
            ) -> Result<Vec<Counted>, Fault> {
                let rows: Vec<(String, i64, i64)> = limit_use::table
                    .filter(limit_use::subject.eq(subject))
                    .order((limit_use::kind, limit_use::at))
                    .select((limit_use::kind, limit_use::at, limit_use::times))
                    .load(connection)
                    .await
                    .map_err(failed("reading what limits counted"))?;
                let counted = rows.into_iter().map(|(kind, at, times)| Counted {
                    kind,
                    at: Timestamp::from_millis(at),
                    times,
                });
                Ok(counted.collect())
            }

            #[async_trait]
            impl ErasingStore for Database {
                async fn erase_due(&self, now: Timestamp) -> Result<bool, Fault> {
                    let clinics: Result<_, Fault> = in_transaction!(self.reading(), connection => {
                        clinics_to_look_at(connection)
                    });
                    let mut has_erased = false;
                    let mut first_fault = None;
                    // One clinic that fails keeps nobody of the others.
                    for (of, erase_after) in clinics? {
                        let erase_after = Span::millis(erase_after);
                        let (has, all) = erase_due_of(self, &of, erase_after, now).await;
                        has_erased |= has;
                        first_fault = first_fault.or(all.err());
                    }
                    first_fault.map_or(Ok(has_erased), Err)
                }

                async fn erase_caller(
                    &self,
                    within: &Within,
                    caller: &CallerId,
                    now: Timestamp,
                ) -> Result<Outcome, Fault> {
                    in_transaction!(self.writing(), connection => {
                        erase_one(connection, within, caller, now)
                    })
                }

                async fn erase_bytes(&self) -> Result<bool, Fault> {
                    self.erase_bytes().await
                }

                async fn texts_with_a_number(
                    &self,
                    among: &[TextId],
                ) -> Result<Vec<TextId>, Fault> {
                    in_transaction!(self.reading(), connection => {
                        texts_with_a_number(connection, among)
                    })
                }

                async fn clinic_of(&self, caller: &CallerId) -> Result<Option<ClinicId>, Fault> {
                    in_transaction!(self.reading(), connection => clinic_of(connection, caller))
                }

                async fn stays_with_number(
                    &self,
                    number: &PhoneNumber,
                    clinic: Option<&ClinicId>,
                ) -> Result<Vec<(ClinicId, CallerId)>, Fault> {
                    in_transaction!(self.reading(), connection => {
                        stays_with_number(connection, number, clinic)
                    })
                }

                async fn export(
                    &self,
                    within: &Within,
                    caller: &CallerId,
                    now: Timestamp,
                ) -> Result<Option<Kept>, Fault> {
                    in_transaction!(self.writing(), connection => {
                        export(connection, within, caller, now)
                    })
                }

                async fn counted(&self, subject: &str) -> Result<Vec<Counted>, Fault> {
                    in_transaction!(self.reading(), connection => counted(connection, subject))
                }
            }
        }
    };
}
pub(in crate::adapters) use erasing_queries;
