//! Commands on callers: load, decide, save.

/// Makes all rows of one table that belong to a caller another caller's, within the clinic.
macro_rules! hand_rows_on {
    ($connection:ident, $clinic:ident, $from:ident, $to:ident, $table:ident, $doing:literal) => {
        diesel::update($table::table)
            .filter($table::clinic_id.eq($clinic))
            .filter($table::caller_id.eq($from))
            .set($table::caller_id.eq($to))
            .execute($connection)
            .await
            .map_err(failed($doing))?
    };
}
pub(in crate::adapters) use hand_rows_on;

macro_rules! change_queries {
    ($database:ident) => {
        mod changes {
            use super::{audit, callers};
            use crate::adapters::queries::changes::hand_rows_on;
            use crate::adapters::queries::failed;
            use crate::adapters::rows::caller::CallerRows;
            use crate::adapters::rows::event::EventRow;
            use crate::adapters::rows::text::TextRow;
            use crate::adapters::rows::words::Word;
            use crate::adapters::rows::{
                CallerTokenRow, IdempotencyKeyRow, LimitUseRow, ScreenRow, caller_id,
            };
            use crate::adapters::tables::{
                caller, caller_token, clinic, event, idempotency_key, limit_use, recall, screen,
                secure_code, text,
            };
            use crate::adapters::$database::{Connection, clinic_to_change};
            use crate::domain::arrive::Resumed;
            use crate::domain::audit::Deed;
            use crate::domain::caller::{Arrival, Caller};
            use crate::domain::clinic::Clinic;
            use crate::domain::decide::{Changed, Decision};
            use crate::domain::event::Actor;
            use crate::domain::id::{CallerId, ClinicId, RecallId};
            use crate::domain::limits::{IDEMPOTENCY_KEPT, SCREENS_PER_CALLER, Use};
            use crate::domain::secret::TokenHash;
            use crate::domain::time::Timestamp;
            use crate::ports::Fault;
            use crate::ports::store::{
                Changing, Entered, Entering, Forgiven, Loaded, Outcome, Report, Resuming, Subject,
            };
            use diesel::prelude::{
                ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper,
            };
            use diesel_async::RunQueryDsl;

            pub(super) async fn enter(
                connection: &mut Connection,
                entering: Entering<'_>,
            ) -> Result<Entered, Fault> {
                let Some(row) = clinic_to_change(connection, entering.clinic).await? else {
                    return Ok(Entered::NotFound);
                };
                let arrival = Arrival(row.next_arrival);
                let mut clinic = row.clinic()?;
                if let Some(key) = key_in_use(connection, &entering).await? {
                    if key.input_hash != entering.input {
                        return Ok(Entered::Conflict);
                    }
                    let id = caller_id(&key.caller_id)?;
                    let before = callers::caller(connection, &clinic.id, &id).await?;
                    let before = before.ok_or_else(|| {
                        Fault::new("reading whom a key brought in", "the caller is gone")
                    })?;
                    let placed = callers::placed(connection, clinic, before).await?;
                    return Ok(Entered::Before {
                        placed: Box::new(placed),
                        at: Timestamp::from_millis(key.used_at),
                    });
                }
                let uses = uses(connection, entering.subjects, entering.now).await?;
                let changed = match (entering.arrive)(&clinic, arrival, &uses) {
                    Ok(changed) => changed,
                    Err(refusal) => return Ok(Entered::Refused(refusal)),
                };
                if changed.caller.clinic != clinic.id || changed.caller.arrival != arrival {
                    return Err(beside_the_point());
                }
                add_caller(connection, &changed.caller).await?;
                diesel::update(clinic::table.find(clinic.id.as_str()))
                    .set(clinic::next_arrival.eq(clinic::next_arrival + 1))
                    .execute(connection)
                    .await
                    .map_err(failed("counting an arrival"))?;
                record(connection, &mut clinic, &changed, entering.now).await?;
                add_token(connection, &changed.caller, entering.token, None).await?;
                keep_key(connection, &entering, &changed.caller).await?;
                count_uses(connection, entering.subjects, entering.now).await?;
                let version = clinic.version;
                let placed = callers::placed(connection, clinic, changed.caller).await?;
                Ok(Entered::New {
                    placed: Box::new(placed),
                    version,
                })
            }

            pub(super) async fn resume(
                connection: &mut Connection,
                clinic: &ClinicId,
                resuming: Resuming<'_>,
            ) -> Result<Outcome, Fault> {
                let Some((mut clinic, before)) =
                    to_change(connection, clinic, resuming.lost).await?
                else {
                    return Ok(Outcome::NotFound);
                };
                let Resumed {
                    lost,
                    resumed: changed,
                } = match (resuming.resume)(&clinic, &before) {
                    Ok(resumed) => resumed,
                    Err(refusal) => {
                        let placed = callers::placed(connection, clinic, before).await?;
                        return Ok(Outcome::Refused(Box::new(placed), refusal));
                    }
                };
                if !is_same_stay(&before, &lost)
                    || changed.caller.clinic != clinic.id
                    || changed.caller.arrival != before.arrival
                {
                    return Err(beside_the_point());
                }
                change_rows(connection, &before, &lost).await?;
                add_caller(connection, &changed.caller).await?;
                hand_on(connection, &lost, &changed.caller).await?;
                record(connection, &mut clinic, &changed, resuming.now).await?;
                let version = clinic.version;
                let refusal = changed.refusal;
                let placed = callers::placed(connection, clinic, changed.caller).await?;
                Ok(Outcome::Changed {
                    placed: Box::new(placed),
                    version,
                    refusal,
                })
            }

            pub(super) async fn change_caller(
                connection: &mut Connection,
                clinic: &ClinicId,
                changing: Changing<'_>,
            ) -> Result<Outcome, Fault> {
                let Some((clinic, before)) = to_change(connection, clinic, changing.caller).await?
                else {
                    return Ok(Outcome::NotFound);
                };
                // Of whoever is erased nothing comes back, not even by a screen that is late.
                if let Some(report) = changing
                    .report
                    .as_ref()
                    .filter(|_| before.erased_at().is_none())
                    && !keep_report(connection, &before, report, changing.now).await?
                {
                    let placed = callers::placed(connection, clinic, before).await?;
                    return Ok(Outcome::Unchanged(Box::new(placed)));
                }
                let subjects = (changing.subjects)(&before);
                let uses = uses(connection, &subjects, changing.now).await?;
                let loaded = Loaded {
                    clinic: &clinic,
                    caller: &before,
                    uses,
                };
                let decided = (changing.decide)(loaded);
                if let Decision::Changed(changed) = &decided.decision {
                    // The texts' tokens first, so that no text is ever sent whose link opens nothing.
                    for token in &decided.tokens {
                        let recall = Some(&token.recall);
                        add_token(connection, &changed.caller, &token.hash, recall).await?;
                    }
                    count_uses(connection, &decided.uses, changing.now).await?;
                    forgive(connection, &decided.forgiven).await?;
                }
                conclude(connection, clinic, before, decided.decision, changing.now).await
            }

            /// A clinic and one of its callers, which nobody else changes until this is over.
            pub(super) async fn to_change(
                connection: &mut Connection,
                clinic: &ClinicId,
                id: &CallerId,
            ) -> Result<Option<(Clinic, Caller)>, Fault> {
                let Some(row) = clinic_to_change(connection, clinic).await? else {
                    return Ok(None);
                };
                let caller = callers::caller(connection, clinic, id).await?;
                let Some(caller) = caller else {
                    return Ok(None);
                };
                Ok(Some((row.clinic()?, caller)))
            }

            /// Saves what was decided about a caller.
            pub(super) async fn conclude(
                connection: &mut Connection,
                mut clinic: Clinic,
                before: Caller,
                decision: Decision,
                now: Timestamp,
            ) -> Result<Outcome, Fault> {
                let changed = match decision {
                    Decision::Changed(changed) => *changed,
                    Decision::Unchanged => {
                        let placed = callers::placed(connection, clinic, before).await?;
                        return Ok(Outcome::Unchanged(Box::new(placed)));
                    }
                    Decision::Refused(refusal) => {
                        let placed = callers::placed(connection, clinic, before).await?;
                        return Ok(Outcome::Refused(Box::new(placed), refusal));
                    }
                };
                if !is_same_stay(&before, &changed.caller) {
                    return Err(beside_the_point());
                }
                change_rows(connection, &before, &changed.caller).await?;
                record(connection, &mut clinic, &changed, now).await?;
                let version = clinic.version;
                let refusal = changed.refusal;
                let placed = callers::placed(connection, clinic, changed.caller).await?;
                Ok(Outcome::Changed {
                    placed: Box::new(placed),
                    version,
                    refusal,
                })
            }

            fn is_same_stay(before: &Caller, after: &Caller) -> bool {
                before.clinic == after.clinic
                    && before.id == after.id
                    && before.arrival == after.arrival
            }

            fn beside_the_point() -> Fault {
                Fault::new(
                    "saving a decision",
                    "it is about another caller or another place",
                )
            }

            async fn add_caller(connection: &mut Connection, added: &Caller) -> Result<(), Fault> {
                let rows = CallerRows::of(added)?;
                diesel::insert_into(caller::table)
                    .values(rows.stay)
                    .execute(connection)
                    .await
                    .map_err(failed("adding a caller"))?;
                if let Some(code) = rows.code {
                    diesel::insert_into(secure_code::table)
                        .values(code)
                        .execute(connection)
                        .await
                        .map_err(failed("adding a code"))?;
                }
                if let Some(latest) = rows.recall {
                    diesel::insert_into(recall::table)
                        .values(latest)
                        .execute(connection)
                        .await
                        .map_err(failed("adding a recall"))?;
                }
                Ok(())
            }

            /// Saves a caller whose rows are there; those that stay as they are are left alone.
            async fn change_rows(
                connection: &mut Connection,
                before: &Caller,
                after: &Caller,
            ) -> Result<(), Fault> {
                let (was, is) = (CallerRows::of(before)?, CallerRows::of(after)?);
                let (clinic, id) = (after.clinic.as_str(), after.id.as_str());
                if was.stay != is.stay {
                    diesel::update(caller::table.find((clinic, id)))
                        .set(is.stay)
                        .execute(connection)
                        .await
                        .map_err(failed("changing a caller"))?;
                }
                if was.code != is.code {
                    let of_caller = secure_code::table.find((clinic, id));
                    match (was.code, is.code) {
                        (_, None) => diesel::delete(of_caller).execute(connection).await,
                        (Some(_), Some(code)) => {
                            diesel::update(of_caller)
                                .set(code)
                                .execute(connection)
                                .await
                        }
                        (None, Some(code)) => {
                            let added = diesel::insert_into(secure_code::table).values(code);
                            added.execute(connection).await
                        }
                    }
                    .map_err(failed("changing a code"))?;
                }
                if was.recall != is.recall {
                    let of_caller = recall::table.find((clinic, id));
                    match (was.recall, is.recall) {
                        (_, None) => diesel::delete(of_caller).execute(connection).await,
                        (Some(_), Some(latest)) => {
                            diesel::update(of_caller)
                                .set(latest)
                                .execute(connection)
                                .await
                        }
                        (None, Some(latest)) => {
                            let added = diesel::insert_into(recall::table).values(latest);
                            added.execute(connection).await
                        }
                    }
                    .map_err(failed("changing a recall"))?;
                }
                Ok(())
            }

            /// What every change does: a version, its event, the texts to send.
            async fn record(
                connection: &mut Connection,
                clinic: &mut Clinic,
                changed: &Changed,
                now: Timestamp,
            ) -> Result<(), Fault> {
                clinic.version += 1;
                diesel::update(clinic::table.find(clinic.id.as_str()))
                    .set(clinic::version.eq(clinic.version))
                    .execute(connection)
                    .await
                    .map_err(failed("counting a change"))?;
                diesel::insert_into(event::table)
                    .values(EventRow::of(changed, clinic.version, now))
                    .execute(connection)
                    .await
                    .map_err(failed("recording what happened"))?;
                record_deed(connection, changed, now).await?;
                for to_send in &changed.texts {
                    diesel::insert_into(text::table)
                        .values(TextRow::queued(to_send, now))
                        .execute(connection)
                        .await
                        .map_err(failed("putting a text into the outbox"))?;
                }
                Ok(())
            }

            /// What staff did stands in the audit log, also when the events are long forgotten.
            async fn record_deed(
                connection: &mut Connection,
                changed: &Changed,
                now: Timestamp,
            ) -> Result<(), Fault> {
                let by = &changed.event.by;
                let is_staff = matches!(by, Actor::TeamMember(_) | Actor::ApiClient(_));
                let Some(deed) = Deed::of(changed.event.what).filter(|_| is_staff) else {
                    return Ok(());
                };
                let (clinic, subject) = (&changed.caller.clinic, changed.caller.id.as_str());
                audit::record_by(connection, clinic, by, deed, Some(subject), now).await
            }

            async fn add_token(
                connection: &mut Connection,
                of: &Caller,
                hash: &TokenHash,
                recall: Option<&RecallId>,
            ) -> Result<(), Fault> {
                let row = CallerTokenRow {
                    token_hash: hash.0.clone(),
                    clinic_id: of.clinic.to_string(),
                    caller_id: of.id.to_string(),
                    recall_id: recall.map(ToString::to_string),
                };
                diesel::insert_into(caller_token::table)
                    .values(row)
                    .execute(connection)
                    .await
                    .map(|_| ())
                    .map_err(failed("adding a caller's token"))
            }

            /// Gives a lost stay's belongings to the one that takes its place: what opened the lost stay
            /// opens the new one, its screens are the new one's, a repeated arrival finds the new one,
            /// and news of a text still on its way finds it too.
            async fn hand_on(
                connection: &mut Connection,
                lost: &Caller,
                to: &Caller,
            ) -> Result<(), Fault> {
                let (clinic, from, to) = (lost.clinic.as_str(), lost.id.as_str(), to.id.as_str());
                hand_rows_on!(
                    connection,
                    clinic,
                    from,
                    to,
                    caller_token,
                    "handing tokens on"
                );
                hand_rows_on!(connection, clinic, from, to, screen, "handing screens on");
                hand_rows_on!(
                    connection,
                    clinic,
                    from,
                    to,
                    idempotency_key,
                    "handing keys on"
                );
                hand_rows_on!(connection, clinic, from, to, text, "handing texts on");
                Ok(())
            }

            /// Keeps a screen's report. False when it is late: this screen has said something newer.
            async fn keep_report(
                connection: &mut Connection,
                of: &Caller,
                report: &Report,
                now: Timestamp,
            ) -> Result<bool, Fault> {
                let (clinic, id) = (of.clinic.as_str(), of.id.as_str());
                let of_caller = screen::table
                    .filter(screen::clinic_id.eq(clinic))
                    .filter(screen::caller_id.eq(id));
                let known: Vec<(String, i64)> = of_caller
                    .order(screen::seen_at)
                    .select((screen::device_id, screen::counter))
                    .load(connection)
                    .await
                    .map_err(failed("reading the screens of a caller"))?;
                let device = report.device.as_str();
                if let Some((_, counter)) = known.iter().find(|(known, _)| known == device) {
                    if report.counter <= *counter {
                        return Ok(false);
                    }
                    diesel::update(screen::table.find((clinic, id, device)))
                        .set((
                            screen::counter.eq(report.counter),
                            screen::state.eq(report.state.word()),
                            screen::seen_at.eq(now.as_millis()),
                        ))
                        .execute(connection)
                        .await
                        .map_err(failed("keeping a screen's report"))?;
                    return Ok(true);
                }
                // Those heard the longest ago make room, as in `domain::presence`.
                let room = SCREENS_PER_CALLER - 1;
                let too_many = known.len().saturating_sub(room);
                for (oldest, _) in known.iter().take(too_many) {
                    diesel::delete(screen::table.find((clinic, id, oldest.as_str())))
                        .execute(connection)
                        .await
                        .map_err(failed("forgetting a screen"))?;
                }
                let row = ScreenRow {
                    clinic_id: clinic.to_owned(),
                    caller_id: id.to_owned(),
                    device_id: device.to_owned(),
                    counter: report.counter,
                    state: report.state.word().to_owned(),
                    seen_at: now.as_millis(),
                };
                diesel::insert_into(screen::table)
                    .values(row)
                    .execute(connection)
                    .await
                    .map_err(failed("keeping a new screen's report"))?;
                Ok(true)
            }

            /// The key this caller comes with, when it has brought somebody in already.
            async fn key_in_use(
                connection: &mut Connection,
                entering: &Entering<'_>,
            ) -> Result<Option<IdempotencyKeyRow>, Fault> {
                let row = idempotency_key::table
                    .find((entering.clinic.as_str(), entering.key))
                    .select(IdempotencyKeyRow::as_select())
                    .get_result(connection)
                    .await
                    .optional()
                    .map_err(failed("looking an idempotency key up"))?;
                let forgotten_at = (entering.now - IDEMPOTENCY_KEPT).as_millis();
                Ok(row.filter(|key| key.used_at > forgotten_at))
            }

            async fn keep_key(
                connection: &mut Connection,
                entering: &Entering<'_>,
                brought: &Caller,
            ) -> Result<(), Fault> {
                let row = IdempotencyKeyRow {
                    clinic_id: entering.clinic.to_string(),
                    key_hash: entering.key.to_owned(),
                    input_hash: entering.input.to_owned(),
                    caller_id: brought.id.to_string(),
                    used_at: entering.now.as_millis(),
                };
                // One whose time is over may still lie there.
                let over = idempotency_key::table.find((entering.clinic.as_str(), entering.key));
                diesel::delete(over)
                    .execute(connection)
                    .await
                    .map_err(failed("forgetting an idempotency key"))?;
                diesel::insert_into(idempotency_key::table)
                    .values(row)
                    .execute(connection)
                    .await
                    .map(|_| ())
                    .map_err(failed("keeping an idempotency key"))
            }

            /// What was used of each subject's allowance, in the same order.
            pub(super) async fn uses(
                connection: &mut Connection,
                subjects: &[Subject],
                now: Timestamp,
            ) -> Result<Vec<Use>, Fault> {
                let mut uses = Vec::with_capacity(subjects.len());
                for Subject { kind, key } in subjects {
                    // As many as can matter: of `count` allowed, the `count` latest decide.
                    let most = kind
                        .allowances()
                        .iter()
                        .map(|allowance| allowance.count)
                        .max();
                    let most = i64::try_from(most.unwrap_or(0)).unwrap_or(i64::MAX);
                    let rows: Vec<(i64, i64)> = limit_use::table
                        .filter(limit_use::kind.eq(kind.word()))
                        .filter(limit_use::subject.eq(key))
                        .filter(limit_use::at.gt((now - kind.longest()).as_millis()))
                        .order(limit_use::at.desc())
                        .limit(most)
                        .select((limit_use::at, limit_use::times))
                        .load(connection)
                        .await
                        .map_err(failed("counting uses"))?;
                    let times = rows.into_iter().flat_map(|(at, times)| {
                        let times = usize::try_from(times).unwrap_or(0);
                        std::iter::repeat_n(Timestamp::from_millis(at), times)
                    });
                    uses.push(Use {
                        kind: *kind,
                        times: times.collect(),
                    });
                }
                Ok(uses)
            }

            /// Takes uses back.
            pub(super) async fn forgive(
                connection: &mut Connection,
                forgiven: &[Forgiven],
            ) -> Result<(), Fault> {
                for forgiven in forgiven {
                    match forgiven {
                        Forgiven::All(Subject { kind, key }) => {
                            let all = limit_use::table
                                .filter(limit_use::kind.eq(kind.word()))
                                .filter(limit_use::subject.eq(key));
                            diesel::delete(all).execute(connection).await
                        }
                        Forgiven::One(Subject { kind, key }, at) => {
                            let one = (kind.word(), key, at.as_millis());
                            let several = limit_use::table.find(one).filter(limit_use::times.gt(1));
                            let counted = diesel::update(several)
                                .set(limit_use::times.eq(limit_use::times - 1))
                                .execute(connection)
                                .await
                                .map_err(failed("forgiving one of several uses"))?;
                            if counted > 0 {
                                continue;
                            }
                            diesel::delete(limit_use::table.find(one))
                                .execute(connection)
                                .await
                        }
                    }
                    .map_err(failed("forgiving a use"))?;
                }
                Ok(())
            }

            async fn count_uses(
                connection: &mut Connection,
                subjects: &[Subject],
                now: Timestamp,
            ) -> Result<(), Fault> {
                for Subject { kind, key } in subjects {
                    let same = limit_use::table.find((kind.word(), key, now.as_millis()));
                    let counted = diesel::update(same)
                        .set(limit_use::times.eq(limit_use::times + 1))
                        .execute(connection)
                        .await
                        .map_err(failed("counting a use once more"))?;
                    if counted > 0 {
                        continue;
                    }
                    let row = LimitUseRow {
                        kind: kind.word(),
                        subject: key.clone(),
                        at: now.as_millis(),
                        times: 1,
                    };
                    diesel::insert_into(limit_use::table)
                        .values(row)
                        .execute(connection)
                        .await
                        .map_err(failed("counting a use"))?;
                }
                Ok(())
            }
        }
    };
}
pub(in crate::adapters) use change_queries;
