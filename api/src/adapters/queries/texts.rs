//! The outbox.

/// A text while it is claimed. Of one that was settled meanwhile something is known: it is not to be sent
/// again, nor looked for, nor withdrawn.
macro_rules! while_claimed {
    ($id:ident) => {
        text::table
            .find($id.as_str())
            .filter(text::state.eq(SmsState::Sending.word()))
    };
}
pub(in crate::adapters) use while_claimed;

macro_rules! text_queries {
    ($database:ident) => {
        mod texts {
            use super::{callers, changes, webhooks};
            use crate::adapters::queries::failed;
            use crate::adapters::queries::texts::while_claimed;
            use crate::adapters::rows::text::{TextRow, WITHDRAWN};
            use crate::adapters::rows::words::Word;
            use crate::adapters::rows::{caller_id, clinic_id};
            use crate::adapters::tables::text;
            use crate::adapters::$database::{Connection, due_texts};
            use crate::domain::caller::Caller;
            use crate::domain::clinic::Settings;
            use crate::domain::decide::Decision;
            use crate::domain::id::TextId;
            use crate::domain::delivery::SmsState;
            use crate::domain::time::Timestamp;
            use crate::ports::Fault;
            use crate::ports::store::{ClaimedText, Outcome, Settlement, TakenText};
            use diesel::prelude::{
                ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper,
            };
            use diesel_async::RunQueryDsl;

            pub(super) async fn claim_texts(
                connection: &mut Connection,
                now: Timestamp,
                until: Timestamp,
                limit: i64,
            ) -> Result<Vec<ClaimedText>, Fault> {
                let limit = limit.clamp(0, TEXTS_AT_ONCE);
                let mut unreadable: Vec<String> = Vec::new();
                let mut claimed = Vec::new();
                // Again while there is nothing but what cannot be read.
                while claimed.is_empty() && unreadable.len() < UNREADABLE_AT_ONCE {
                    let known = i64::try_from(unreadable.len()).unwrap_or(i64::MAX);
                    let mut due = due_texts(connection, now, limit.saturating_add(known)).await?;
                    due.retain(|row| !unreadable.contains(&row.id));
                    if due.is_empty() {
                        break;
                    }
                    for row in due {
                        let (id, place) = (row.id.clone(), (row.next_try_at, row.claimed_until));
                        match with_caller(connection, row, now).await {
                            Ok(text) => claimed.push(text),
                            Err(fault) => {
                                let fault = fault.chain();
                                tracing::error!(fault, text = id, "a text was left for later");
                                put_off(connection, &id, place, until).await;
                                unreadable.push(id);
                            }
                        }
                    }
                }
                let ids: Vec<&str> = claimed.iter().map(|claimed| claimed.text.id.as_str()).collect();
                // Whose claim ran out is in doubt from now on, unless it was before.
                let doubtful = text::table
                    .filter(text::id.eq_any(&ids))
                    .filter(text::state.eq(SmsState::Sending.word()))
                    .filter(text::in_doubt_since.is_null());
                diesel::update(doubtful)
                    .set(text::in_doubt_since.eq(Some(now.as_millis())))
                    .execute(connection)
                    .await
                    .map_err(failed("doubting texts"))?;
                diesel::update(text::table.filter(text::id.eq_any(&ids)))
                    .set((
                        text::state.eq(SmsState::Sending.word()),
                        text::tries.eq(text::tries + 1),
                        text::next_try_at.eq(None::<i64>),
                        text::claimed_until.eq(Some(until.as_millis())),
                        text::updated_at.eq(now.as_millis()),
                    ))
                    .execute(connection)
                    .await
                    .map_err(failed("claiming texts"))?;
                Ok(claimed)
            }

            async fn with_caller(
                connection: &mut Connection,
                row: TextRow,
                now: Timestamp,
            ) -> Result<ClaimedText, Fault> {
                let clinic = clinic_id(&row.clinic_id)?;
                let caller = caller_id(&row.caller_id)?;
                match callers::caller(connection, &clinic, &caller).await? {
                    Some(caller) => row.claimed(caller, now),
                    None => Err(Fault::new("reading whom a text is for", "nobody is there")),
                }
            }

            /// Moves a text that cannot be read out of the way of the others, until `until` and as
            /// it is: once it can be read, it is sent or looked for as it would have been.
            async fn put_off(
                connection: &mut Connection,
                id: &str,
                (next_try_at, claimed_until): (Option<i64>, Option<i64>),
                until: Timestamp,
            ) {
                let until = |_| until.as_millis();
                let put_off = diesel::update(text::table.find(id))
                    .set((
                        text::next_try_at.eq(next_try_at.map(until)),
                        text::claimed_until.eq(claimed_until.map(until)),
                    ))
                    .execute(connection)
                    .await;
                // The table may refuse even that of a row that cannot be: then it stays where it
                // is, and every claim passes it over.
                if let Err(error) = put_off {
                    tracing::error!(%error, text = id, "a text could not be put off");
                }
            }

            /// Most texts of one claim: more could not be handed over before the claim runs out.
            const TEXTS_AT_ONCE: i64 = 100;
            /// Most texts that one claim passes over because they cannot be read. The next claim goes
            /// on behind them: whoever waits for this transaction waits no longer than for this many.
            const UNREADABLE_AT_ONCE: usize = 100;

            pub(super) async fn settle_text(
                connection: &mut Connection,
                id: &TextId,
                settlement: Settlement,
                decide: &(dyn Fn(&Caller, &Settings) -> Decision + Send + Sync),
                now: Timestamp,
            ) -> Result<Option<Outcome>, Fault> {
                let whose = text::table
                    .find(id.as_str())
                    .select((text::clinic_id, text::caller_id))
                    .get_result::<(String, String)>(connection)
                    .await
                    .optional()
                    .map_err(failed("looking a text up"))?;
                let Some((clinic, caller)) = whose else {
                    return Ok(None);
                };
                let (clinic, caller) = (clinic_id(&clinic)?, caller_id(&caller)?);
                let Some((clinic, caller)) =
                    changes::to_change(connection, &clinic, &caller).await?
                else {
                    return Ok(None);
                };
                // Read again: before the clinic was locked, other news may have come.
                let row = text::table
                    .find(id.as_str())
                    .select(TextRow::as_select())
                    .get_result(connection)
                    .await
                    .map_err(failed("reading a text"))?;
                let name = settlement.provider_id.clone();
                let Some(after) = row.after(settlement, now)? else {
                    // Old news, though it may bring the provider's name for the text.
                    if let Some(name) = name {
                        let unnamed = text::table
                            .find(id.as_str())
                            .filter(text::provider_id.is_null())
                            .filter(text::phone.is_not_null());
                        diesel::update(unnamed)
                            .set(text::provider_id.eq(name))
                            .execute(connection)
                            .await
                            .map_err(failed("naming a text"))?;
                    }
                    let decision = Decision::Unchanged;
                    let outcome = changes::conclude(connection, clinic, caller, decision, now);
                    return outcome.await.map(Some);
                };
                diesel::update(text::table.find(id.as_str()))
                    .set(after)
                    .execute(connection)
                    .await
                    .map_err(failed("settling a text"))?;
                let decision = decide(&caller, &clinic.settings);
                let whose = clinic.id.clone();
                let outcome =
                    changes::conclude(connection, clinic, caller, decision, now).await?;
                if let Outcome::Changed { version, .. } = &outcome {
                    webhooks::note_purpose(connection, &whose, *version, id).await?;
                }
                Ok(Some(outcome))
            }

            pub(super) async fn try_text_again(
                connection: &mut Connection,
                id: &TextId,
                at: Timestamp,
            ) -> Result<(), Fault> {
                diesel::update(while_claimed!(id))
                    .set((
                        text::state.eq(SmsState::Queued.word()),
                        text::next_try_at.eq(Some(at.as_millis())),
                        text::claimed_until.eq(None::<i64>),
                        text::in_doubt_since.eq(None::<i64>),
                    ))
                    .execute(connection)
                    .await
                    .map(|_| ())
                    .map_err(failed("putting a text back"))
            }

            pub(super) async fn look_for_text_again(
                connection: &mut Connection,
                id: &TextId,
                now: Timestamp,
                at: Timestamp,
            ) -> Result<(), Fault> {
                diesel::update(while_claimed!(id).filter(text::in_doubt_since.is_null()))
                    .set(text::in_doubt_since.eq(Some(now.as_millis())))
                    .execute(connection)
                    .await
                    .map_err(failed("doubting a text"))?;
                diesel::update(while_claimed!(id))
                    .set(text::claimed_until.eq(Some(at.as_millis())))
                    .execute(connection)
                    .await
                    .map(|_| ())
                    .map_err(failed("putting a text in doubt back"))
            }

            pub(super) async fn give_claims_up(
                connection: &mut Connection,
                now: Timestamp,
            ) -> Result<(), Fault> {
                // The time to find out counts from here: while nobody ran, nobody could look.
                let claimed = text::table.filter(text::claimed_until.is_not_null());
                diesel::update(claimed)
                    .set((
                        text::claimed_until.eq(Some(now.as_millis())),
                        text::in_doubt_since.eq(None::<i64>),
                    ))
                    .execute(connection)
                    .await
                    .map_err(failed("giving claims up"))?;
                // The clock may have been set back meanwhile.
                let later = text::table.filter(text::next_try_at.gt(now.as_millis()));
                diesel::update(later)
                    .set(text::next_try_at.eq(Some(now.as_millis())))
                    .execute(connection)
                    .await
                    .map_err(failed("bringing texts forward"))?;
                // What was told meanwhile, nobody has heard.
                diesel::update(text::table.filter(text::ask_at.is_not_null()))
                    .set(text::ask_at.eq(Some(now.as_millis())))
                    .execute(connection)
                    .await
                    .map(|_| ())
                    .map_err(failed("bringing questions forward"))
            }

            pub(super) async fn texts_to_ask_about(
                connection: &mut Connection,
                now: Timestamp,
                limit: i64,
            ) -> Result<Vec<TakenText>, Fault> {
                let due: Vec<TextRow> = text::table
                    .filter(text::ask_at.le(now.as_millis()))
                    .order(text::ask_at)
                    .limit(limit.clamp(0, TEXTS_AT_ONCE))
                    .select(TextRow::as_select())
                    .load(connection)
                    .await
                    .map_err(failed("reading texts to ask about"))?;
                let mut taken = Vec::new();
                for row in due {
                    let again = match row.asked_about(now) {
                        Ok((text, again)) => {
                            taken.push(text);
                            again
                        }
                        Err(fault) => {
                            let fault = fault.chain();
                            tracing::error!(fault, text = row.id, "a text is not asked about");
                            None
                        }
                    };
                    diesel::update(text::table.find(row.id))
                        .set(text::ask_at.eq(again))
                        .execute(connection)
                        .await
                        .map_err(failed("noting that a text is asked about"))?;
                }
                Ok(taken)
            }

            pub(super) async fn withdraw_text(
                connection: &mut Connection,
                id: &TextId,
                now: Timestamp,
            ) -> Result<(), Fault> {
                diesel::update(while_claimed!(id))
                    .set((
                        text::state.eq(WITHDRAWN),
                        text::body.eq(None::<String>),
                        text::claimed_until.eq(None::<i64>),
                        text::in_doubt_since.eq(None::<i64>),
                        text::updated_at.eq(now.as_millis()),
                    ))
                    .execute(connection)
                    .await
                    .map(|_| ())
                    .map_err(failed("withdrawing a text"))
            }

            pub(super) async fn texts_waiting(connection: &mut Connection) -> Result<i64, Fault> {
                // Each off the index that holds only those: with OR, every text ever sent is read.
                let queued: i64 = text::table
                    .filter(text::next_try_at.is_not_null())
                    .count()
                    .get_result(connection)
                    .await
                    .map_err(failed("counting texts to send"))?;
                let claimed: i64 = text::table
                    .filter(text::claimed_until.is_not_null())
                    .count()
                    .get_result(connection)
                    .await
                    .map_err(failed("counting claimed texts"))?;
                Ok(queued + claimed)
            }
        }
    };
}
pub(in crate::adapters) use text_queries;
