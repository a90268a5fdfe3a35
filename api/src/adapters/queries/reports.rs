//! Figures without personal data.

macro_rules! reports_queries {
    ($database:ident) => {
        mod reports {
            use crate::adapters::queries::failed;
            use crate::adapters::queries::store::in_transaction;
            use crate::adapters::rows::event::EventRow;
            use crate::adapters::rows::readable;
            use crate::adapters::rows::report::{EndedStayRow, StayFiguresRow};
            use crate::adapters::rows::text::WITHDRAWN;
            use crate::adapters::rows::words::Word;
            use crate::adapters::tables::{caller, event, stay_figures, text};
            use crate::adapters::$database::{Connection, Database};
            use crate::domain::delivery::SmsState;
            use crate::domain::event::What;
            use crate::domain::id::ClinicId;
            use crate::domain::policy::Within;
            use crate::domain::report::{Days, of_stay};
            use crate::domain::text::TextPurpose;
            use crate::domain::time::Timestamp;
            use crate::ports::Fault;
            use crate::ports::store::reports::ReportStore;
            use async_trait::async_trait;
            use diesel::prelude::{
                BoolExpressionMethods, ExpressionMethods, JoinOnDsl, QueryDsl, SelectableHelper,
            };
            use diesel_async::RunQueryDsl;

            async fn take_figures(
                connection: &mut Connection,
                limit: i64,
                now: Timestamp,
            ) -> Result<usize, Fault> {
                let ended: Vec<EndedStayRow> = caller::table
                    .filter(caller::ended_at.is_not_null())
                    .filter(caller::figures_taken_at.is_null())
                    .order(caller::ended_at)
                    .limit(limit.max(0))
                    .select(EndedStayRow::as_select())
                    .load(connection)
                    .await
                    .map_err(failed("looking for stays without figures"))?;
                for stay in &ended {
                    let events = events_of(connection, stay).await?;
                    if let Err(fault) = keep_figures(connection, stay, events).await {
                        // It counts nowhere, and holds up no other.
                        tracing::error!(fault = fault.chain(), "a stay is left out of reports");
                    }
                    diesel::update(caller::table.find((&stay.clinic_id, &stay.id)))
                        .set(caller::figures_taken_at.eq(now.as_millis()))
                        .execute(connection)
                        .await
                        .map_err(failed("marking a stay whose figures are taken"))?;
                }
                Ok(ended.len())
            }

            async fn events_of(
                connection: &mut Connection,
                stay: &EndedStayRow,
            ) -> Result<Vec<EventRow>, Fault> {
                event::table
                    .filter(event::clinic_id.eq(&stay.clinic_id))
                    .filter(event::caller_id.eq(&stay.id))
                    .order(event::version)
                    .select(EventRow::as_select())
                    .load(connection)
                    .await
                    .map_err(failed("reading what happened in a stay"))
            }

            async fn keep_figures(
                connection: &mut Connection,
                stay: &EndedStayRow,
                events: Vec<EventRow>,
            ) -> Result<(), Fault> {
                let (clinic, id) = stay.ids()?;
                let happened = |row: EventRow| {
                    let activity = row.activity(None)?;
                    Ok((activity.at, activity.event.what))
                };
                let events = events.into_iter().map(happened);
                let events = events.collect::<Result<Vec<(Timestamp, What)>, Fault>>()?;
                let arrived_at = Timestamp::from_millis(stay.arrived_at);
                let Some(figures) = of_stay(arrived_at, &events) else {
                    // Its events were forgotten in part before its figures could be taken.
                    return Ok(());
                };
                diesel::insert_into(stay_figures::table)
                    .values(StayFiguresRow::of(&clinic, &id, &figures)?)
                    .execute(connection)
                    .await
                    .map(|_| ())
                    .map_err(failed("keeping the figures of a stay"))
            }

            /// A day at a time, so that no more is in memory than a day has.
            async fn add_figures(
                connection: &mut Connection,
                clinic: &ClinicId,
                mut days: Days,
            ) -> Result<Days, Fault> {
                let spans: Vec<_> = days.spans().collect();
                for (from, until) in spans {
                    let of_day = stay_figures::table
                        .filter(stay_figures::clinic_id.eq(clinic.as_str()))
                        .filter(stay_figures::arrived_at.ge(from.as_millis()))
                        .filter(stay_figures::arrived_at.lt(until.as_millis()));
                    let stays: Vec<StayFiguresRow> = of_day
                        .select(StayFiguresRow::as_select())
                        .load(connection)
                        .await
                        .map_err(failed("reading the figures of a day"))?;
                    if stays.is_empty() {
                        continue;
                    }
                    for stay in readable(stays.iter().map(StayFiguresRow::stay)) {
                        days.add(&stay);
                    }
                    let for_stay = text::clinic_id
                        .eq(stay_figures::clinic_id)
                        .and(text::caller_id.eq(stay_figures::caller_id));
                    let texts: Vec<(i64, String, String)> = of_day
                        .inner_join(text::table.on(for_stay))
                        .filter(text::state.ne(WITHDRAWN))
                        .select((stay_figures::arrived_at, text::purpose, text::state))
                        .load(connection)
                        .await
                        .map_err(failed("reading what became of a day's texts"))?;
                    for (arrived_at, purpose, state) in texts {
                        let words = (TextPurpose::from_word(&purpose), SmsState::from_word(&state));
                        if let (Some(purpose), Some(state)) = words {
                            days.add_text(Timestamp::from_millis(arrived_at), purpose, state);
                        }
                    }
                }
                Ok(days)
            }

            #[async_trait]
            impl ReportStore for Database {
                async fn take_figures(&self, limit: i64, now: Timestamp) -> Result<usize, Fault> {
                    in_transaction!(self.writing(), connection => {
                        take_figures(connection, limit, now)
                    })
                }

                async fn add_figures(&self, within: &Within, days: Days) -> Result<Days, Fault> {
                    in_transaction!(self.reading(), connection => {
                        add_figures(connection, within.clinic(), days)
                    })
                }
            }
        }
    };
}
pub(in crate::adapters) use reports_queries;
