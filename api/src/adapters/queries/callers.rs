//! What is asked about callers.

macro_rules! caller_queries {
    ($database:ident) => {
        mod callers {
            use super::clinics;
            use crate::adapters::queries::{failed, stays};
            use crate::adapters::rows::caller::{CallerRows, PresenceRow};
            use crate::adapters::rows::event::EventRow;
            use crate::adapters::rows::words::Word;
            use crate::adapters::rows::{ScreenRow, caller_id, clinic_id, readable};
            use crate::adapters::tables::{api_key, caller, event, screen, team_member};
            use crate::adapters::$database::Connection;
            use crate::domain::caller::Caller;
            use crate::domain::clinic::Clinic;
            use crate::domain::id::{CallerId, ClinicId};
            use crate::domain::order::{QueuePosition, positions};
            use crate::domain::status::Status;
            use crate::domain::time::Timestamp;
            use crate::ports::Fault;
            use crate::ports::store::{
                Activity, CallerList, CallerPage, CallerScreens, Change, Placed, WaitingArea,
            };
            use diesel::dsl::count_star;
            use diesel::prelude::{
                BoolExpressionMethods, ExpressionMethods, JoinOnDsl, NullableExpressionMethods,
                OptionalExtension, QueryDsl, SelectableHelper,
            };
            use diesel_async::RunQueryDsl;
            use std::collections::HashMap;

            pub(super) async fn caller(
                connection: &mut Connection,
                clinic: &ClinicId,
                id: &CallerId,
            ) -> Result<Option<Caller>, Fault> {
                let rows = stays()
                    .filter(caller::clinic_id.eq(clinic.as_str()))
                    .filter(caller::id.eq(id.as_str()))
                    .select(CallerRows::as_select())
                    .get_result(connection)
                    .await
                    .optional()
                    .map_err(failed("reading a caller"))?;
                rows.map(CallerRows::caller).transpose()
            }

            pub(super) async fn caller_in_place(
                connection: &mut Connection,
                clinic: &ClinicId,
                id: &CallerId,
            ) -> Result<Option<Placed>, Fault> {
                let Some(found) = caller(connection, clinic, id).await? else {
                    return Ok(None);
                };
                let Some(clinic) = clinics::clinic(connection, clinic).await? else {
                    return Ok(None);
                };
                Ok(Some(placed(connection, clinic, found).await?))
            }

            /// A caller with the place in the queue, as it stands in this transaction.
            pub(super) async fn placed(
                connection: &mut Connection,
                clinic: Clinic,
                caller: Caller,
            ) -> Result<Placed, Fault> {
                let position = position(connection, &caller).await?;
                Ok(Placed {
                    caller,
                    position,
                    clinic,
                })
            }

            async fn position(
                connection: &mut Connection,
                of: &Caller,
            ) -> Result<Option<QueuePosition>, Fault> {
                if !of.status().is_queued() {
                    return Ok(None);
                }
                let queued = Status::ALL.iter().filter(|status| status.is_queued());
                let ahead: Vec<(String, i64)> = caller::table
                    .filter(caller::clinic_id.eq(of.clinic.as_str()))
                    .filter(caller::ended_at.is_null())
                    .filter(caller::arrival.lt(of.arrival.0))
                    .filter(caller::status.eq_any(queued.map(|status| status.word())))
                    .group_by(caller::status)
                    .select((caller::status, count_star()))
                    .load(connection)
                    .await
                    .map_err(failed("counting those ahead of a caller"))?;
                let offline = Status::Offline.word();
                let are_offline = ahead.iter().filter(|(status, _)| status == offline);
                Ok(Some(QueuePosition {
                    place: 1 + ahead.iter().map(|(_, count)| count).sum::<i64>(),
                    ahead_offline: are_offline.map(|(_, count)| count).sum(),
                }))
            }

            /// Those who have not ended, in order of arrival.
            async fn live(
                connection: &mut Connection,
                clinic: &ClinicId,
            ) -> Result<Vec<Caller>, Fault> {
                let rows = stays()
                    .filter(caller::clinic_id.eq(clinic.as_str()))
                    .filter(caller::ended_at.is_null())
                    .order(caller::arrival)
                    .select(CallerRows::as_select())
                    .load(connection)
                    .await
                    .map_err(failed("reading a waiting area"))?;
                rows.into_iter().map(CallerRows::caller).collect()
            }

            pub(super) async fn waiting_area(
                connection: &mut Connection,
                clinic: &ClinicId,
            ) -> Result<Option<WaitingArea>, Fault> {
                let Some(clinic) = clinics::clinic(connection, clinic).await? else {
                    return Ok(None);
                };
                let callers = live(connection, &clinic.id).await?;
                Ok(Some(WaitingArea { clinic, callers }))
            }

            pub(super) async fn callers(
                connection: &mut Connection,
                clinic: &ClinicId,
                page: &CallerPage,
            ) -> Result<CallerList, Fault> {
                let nobody = CallerList {
                    callers: Vec::new(),
                    has_more: false,
                    total: 0,
                    version: 0,
                };
                let Some(clinic) = clinics::clinic(connection, clinic).await? else {
                    return Ok(nobody);
                };
                let mut wanted: Vec<Option<Status>> = Vec::new();
                for status in &page.statuses {
                    if !wanted.contains(&Some(*status)) {
                        wanted.push(Some(*status));
                    }
                }
                if wanted.is_empty() {
                    wanted.push(None);
                }
                let limit = page.limit.max(0);
                let mut found = Vec::new();
                let mut total = 0;
                // One status at a time: each is read off an index in order and stops at the limit. All
                // at once would sort everyone who has ever ended to show the first few.
                for status in wanted {
                    total += count(connection, &clinic.id, status).await?;
                    found.extend(some_callers(connection, &clinic.id, page, status, limit).await?);
                }
                found.sort_by(|one, other| (one.arrival, &one.id).cmp(&(other.arrival, &other.id)));
                if page.is_from_end {
                    found.reverse();
                }
                let limit = usize::try_from(limit).unwrap_or(usize::MAX);
                let has_more = found.len() > limit;
                found.truncate(limit);
                if page.is_from_end {
                    found.reverse();
                }
                let places = if found.iter().any(|caller| caller.status().is_queued()) {
                    positions(&live(connection, &clinic.id).await?)
                } else {
                    HashMap::new()
                };
                let callers = found
                    .into_iter()
                    .map(|caller| Placed {
                        position: places.get(&caller.id).copied(),
                        caller,
                        clinic: clinic.clone(),
                    })
                    .collect();
                Ok(CallerList {
                    callers,
                    has_more,
                    total,
                    version: clinic.version,
                })
            }

            /// Callers of one status (or of all) on a page, and one more when there is.
            async fn some_callers(
                connection: &mut Connection,
                clinic: &ClinicId,
                page: &CallerPage,
                status: Option<Status>,
                limit: i64,
            ) -> Result<Vec<Caller>, Fault> {
                let mut query = stays()
                    .filter(caller::clinic_id.eq(clinic.as_str()))
                    .select(CallerRows::as_select())
                    .limit(limit.saturating_add(1))
                    .into_boxed();
                if let Some(status) = status {
                    query = query.filter(caller::status.eq(status.word()));
                }
                if let Some((arrival, id)) = &page.after {
                    // The first condition is for the index, which cannot use an OR.
                    query = query
                        .filter(caller::arrival.ge(arrival.0))
                        .filter(caller::arrival.gt(arrival.0).or(caller::id.gt(id.as_str())));
                }
                if let Some((arrival, id)) = &page.before {
                    query = query
                        .filter(caller::arrival.le(arrival.0))
                        .filter(caller::arrival.lt(arrival.0).or(caller::id.lt(id.as_str())));
                }
                query = if page.is_from_end {
                    query.order((caller::arrival.desc(), caller::id.desc()))
                } else {
                    query.order((caller::arrival.asc(), caller::id.asc()))
                };
                let rows = query
                    .load(connection)
                    .await
                    .map_err(failed("reading callers"))?;
                rows.into_iter().map(CallerRows::caller).collect()
            }

            async fn count(
                connection: &mut Connection,
                clinic: &ClinicId,
                status: Option<Status>,
            ) -> Result<i64, Fault> {
                let everyone = caller::table.filter(caller::clinic_id.eq(clinic.as_str()));
                match status {
                    Some(status) => {
                        let some = everyone.filter(caller::status.eq(status.word()));
                        some.count().get_result(connection).await
                    }
                    None => everyone.count().get_result(connection).await,
                }
                .map_err(failed("counting callers"))
            }

            pub(super) async fn changes_after(
                connection: &mut Connection,
                clinic: &ClinicId,
                version: i64,
                limit: i64,
            ) -> Result<Option<Vec<Change>>, Fault> {
                let Some(latest) = clinics::version(connection, clinic).await? else {
                    return Ok(None);
                };
                if version > latest {
                    return Ok(None);
                }
                if version == latest || limit <= 0 {
                    return Ok(Some(Vec::new()));
                }
                let events = event::table
                    .filter(event::clinic_id.eq(clinic.as_str()))
                    .filter(event::version.gt(version))
                    .order(event::version)
                    .limit(limit)
                    .select(EventRow::as_select())
                    .load(connection)
                    .await
                    .map_err(failed("reading what changed"))?;
                let is_whole = !events.is_empty()
                    && events
                        .iter()
                        .zip(version.saturating_add(1)..)
                        .all(|(event, next)| event.version == next);
                if !is_whole {
                    return Ok(None);
                }
                let mut ids: Vec<&str> = events
                    .iter()
                    .map(|event| event.caller_id.as_str())
                    .collect();
                ids.sort_unstable();
                ids.dedup();
                let mut callers = HashMap::new();
                for ids in ids.chunks(CALLERS_AT_ONCE) {
                    let rows = stays()
                        .filter(caller::clinic_id.eq(clinic.as_str()))
                        .filter(caller::id.eq_any(ids))
                        .select(CallerRows::as_select())
                        .load(connection)
                        .await
                        .map_err(failed("reading those who changed"))?;
                    for rows in rows {
                        callers.insert(rows.stay.id.clone(), rows.caller()?);
                    }
                }
                let changes = events.iter().map(|event| {
                    let caller = callers.get(&event.caller_id).cloned().ok_or_else(|| {
                        Fault::new("reading those who changed", "an event of nobody")
                    })?;
                    Ok(Change {
                        version: event.version,
                        kind: event.kind()?,
                        caller,
                    })
                });
                changes.collect::<Result<_, Fault>>().map(Some)
            }

            /// How many callers are named in one query: far below what any database takes.
            const CALLERS_AT_ONCE: usize = 500;

            pub(super) async fn activity(
                connection: &mut Connection,
                clinic: &ClinicId,
                of: &CallerId,
                first: i64,
            ) -> Result<Vec<Activity>, Fault> {
                let by_member = team_member::clinic_id
                    .eq(event::clinic_id)
                    .and(team_member::id.nullable().eq(event::by_id));
                let by_key = api_key::clinic_id
                    .eq(event::clinic_id)
                    .and(api_key::id.nullable().eq(event::by_id));
                let rows: Vec<(EventRow, Option<String>, Option<String>)> = event::table
                    .left_join(team_member::table.on(by_member))
                    .left_join(api_key::table.on(by_key))
                    .filter(event::clinic_id.eq(clinic.as_str()))
                    .filter(event::caller_id.eq(of.as_str()))
                    .order(event::version.desc())
                    .limit(first.max(0))
                    .select((
                        EventRow::as_select(),
                        team_member::name.nullable(),
                        api_key::name.nullable(),
                    ))
                    .load(connection)
                    .await
                    .map_err(failed("reading what happened to a caller"))?;
                rows.into_iter()
                    .map(|(event, member, key)| event.activity(member.or(key)))
                    .collect()
            }

            pub(super) async fn screens(
                connection: &mut Connection,
            ) -> Result<Vec<CallerScreens>, Fault> {
                let of_caller = screen::clinic_id
                    .eq(caller::clinic_id)
                    .and(screen::caller_id.eq(caller::id));
                let rows: Vec<(PresenceRow, Option<ScreenRow>)> = caller::table
                    .left_join(screen::table.on(of_caller))
                    .filter(caller::ended_at.is_null())
                    .order((caller::clinic_id, caller::arrival))
                    .select((PresenceRow::as_select(), Option::<ScreenRow>::as_select()))
                    .load(connection)
                    .await
                    .map_err(failed("reading all screens"))?;
                let mut all = Vec::new();
                for together in rows.chunk_by(|(one, _), (next, _)| one == next) {
                    let screens = together.iter().filter_map(|(_, screen)| screen.as_ref());
                    let screens = readable(screens.map(ScreenRow::screen));
                    all.extend(together.first().map(|(caller, _)| caller.with(screens)));
                }
                Ok(readable(all))
            }

            pub(super) async fn not_responding(
                connection: &mut Connection,
                before: Timestamp,
            ) -> Result<Vec<(ClinicId, CallerId)>, Fault> {
                let rows: Vec<(String, String)> = caller::table
                    .filter(caller::not_responding_since.le(before.as_millis()))
                    .order(caller::not_responding_since)
                    .select((caller::clinic_id, caller::id))
                    .load(connection)
                    .await
                    .map_err(failed("reading who does not respond"))?;
                let ids = rows
                    .into_iter()
                    .map(|(clinic, caller)| Ok((clinic_id(&clinic)?, caller_id(&caller)?)));
                Ok(readable(ids))
            }
        }
    };
}
pub(in crate::adapters) use caller_queries;
