//! Webhooks, and what is delivered to them.

/// How many events are read at once in search of one that a webhook wants.
pub(in crate::adapters) const EVENTS_AT_ONCE: i64 = 500;

macro_rules! webhooks_queries {
    ($database:ident) => {
        pub(in crate::adapters) mod webhooks {
            use super::{audit, clinics};
            use crate::adapters::$database::{Connection, Database, clinic_to_change};
            use crate::adapters::queries::failed;
            use crate::adapters::queries::store::in_transaction;
            use crate::adapters::queries::upkeep::{FORGOTTEN_AT_ONCE, forget_oldest};
            use crate::adapters::queries::webhooks::EVENTS_AT_ONCE;
            use crate::adapters::rows::webhook::{DeliveryRow, WebhookRow};
            use crate::adapters::rows::words::Word;
            use crate::adapters::rows::{caller_id, clinic_id, readable, webhook_id};
            use crate::adapters::tables::{clinic, event, webhook, webhook_delivery};
            use crate::domain::audit::Deed;
            use crate::domain::delivery::SmsState;
            use crate::domain::id::{ClinicId, TextId, WebhookDeliveryId, WebhookId};
            use crate::domain::limits::{
                WEBHOOK_DELIVERIES_KEPT, WEBHOOK_DELIVERIES_KEPT_FOR, WEBHOOK_EVENTS_COUNTED,
            };
            use crate::domain::policy::Within;
            use crate::domain::refusal::Refusal;
            use crate::domain::text::TextPurpose;
            use crate::domain::time::Timestamp;
            use crate::domain::webhook::{
                Delivery, DeliveryState, EventType, Settled, Webhook,
            };
            use crate::ports::Fault;
            use crate::ports::store::ChangeKind;
            use crate::ports::store::Store as _;
            use crate::ports::store::webhooks::{
                DecideWebhook, DueDelivery, NextDelivery, WebhookStore,
            };
            use async_trait::async_trait;
            use diesel::dsl::{count_star, min};
            use diesel::prelude::{
                ExpressionMethods, JoinOnDsl, NullableExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper,
            };
            use diesel_async::RunQueryDsl;

            async fn webhooks(
                connection: &mut Connection,
                of: &ClinicId,
            ) -> Result<Vec<Webhook>, Fault> {
                let rows = webhook::table
                    .filter(webhook::clinic_id.eq(of.as_str()))
                    .select(WebhookRow::as_select())
                    .load(connection)
                    .await
                    .map_err(failed("reading webhooks"))?;
                let mut webhooks = rows
                    .into_iter()
                    .map(WebhookRow::webhook)
                    .collect::<Result<Vec<_>, _>>()?;
                webhooks.sort_by(|one, other| (one.added_at, &one.id).cmp(&(other.added_at, &other.id)));
                Ok(webhooks)
            }

            async fn webhook_by_id(
                connection: &mut Connection,
                of: &ClinicId,
                id: &WebhookId,
            ) -> Result<Option<Webhook>, Fault> {
                webhook::table
                    .find((of.as_str(), id.as_str()))
                    .select(WebhookRow::as_select())
                    .get_result(connection)
                    .await
                    .optional()
                    .map_err(failed("reading a webhook"))?
                    .map(WebhookRow::webhook)
                    .transpose()
            }

            async fn add_webhook(
                connection: &mut Connection,
                within: &Within,
                decide: &DecideWebhook<'_>,
                now: Timestamp,
            ) -> Result<Result<Webhook, Refusal>, Fault> {
                let version = version(connection, within).await?;
                let others = webhooks(connection, within.clinic()).await?;
                let added = match decide(&others, version) {
                    Ok(added) => added,
                    Err(refusal) => return Ok(Err(refusal)),
                };
                if added.clinic != *within.clinic() {
                    return Err(Fault::new("adding a webhook", "it is of another clinic"));
                }
                diesel::insert_into(webhook::table)
                    .values(WebhookRow::of(&added)?)
                    .execute(connection)
                    .await
                    .map_err(failed("adding a webhook"))?;
                let id = Some(added.id.as_str());
                audit::record(connection, within, Deed::AddedWebhook, id, now).await?;
                Ok(Ok(added))
            }

            async fn version(connection: &mut Connection, within: &Within) -> Result<i64, Fault> {
                let row = clinic_to_change(connection, within.clinic()).await?;
                let row =
                    row.ok_or_else(|| Fault::new("reading a clinic", "no such clinic"))?;
                Ok(row.clinic()?.version)
            }

            async fn change_webhook(
                connection: &mut Connection,
                within: &Within,
                id: &WebhookId,
                decide: &DecideWebhook<'_>,
                deed: Deed,
                now: Timestamp,
            ) -> Result<Option<Result<Webhook, Refusal>>, Fault> {
                let version = version(connection, within).await?;
                let all = webhooks(connection, within.clinic()).await?;
                let Some(before) = all.iter().find(|webhook| webhook.id == *id) else {
                    return Ok(None);
                };
                let after = match decide(&all, version) {
                    Ok(after) => after,
                    Err(refusal) => return Ok(Some(Err(refusal))),
                };
                if after.id != before.id || after.clinic != before.clinic {
                    return Err(Fault::new("changing a webhook", "it is about another one"));
                }
                if after != *before {
                    save(connection, before, &after, now).await?;
                    let id = Some(after.id.as_str());
                    audit::record(connection, within, deed, id, now).await?;
                }
                Ok(Some(Ok(after)))
            }

            /// Writes a webhook; what waits for one that is disabled by it is given up.
            async fn save(
                connection: &mut Connection,
                before: &Webhook,
                after: &Webhook,
                now: Timestamp,
            ) -> Result<(), Fault> {
                let (of, id) = (after.clinic.as_str(), after.id.as_str());
                diesel::update(webhook::table.find((of, id)))
                    .set(WebhookRow::of(after)?)
                    .execute(connection)
                    .await
                    .map_err(failed("changing a webhook"))?;
                if before.is_enabled() && !after.is_enabled() {
                    let waiting = webhook_delivery::table
                        .filter(webhook_delivery::clinic_id.eq(of))
                        .filter(webhook_delivery::webhook_id.eq(id))
                        .filter(webhook_delivery::next_attempt_at.is_not_null())
                        .select(DeliveryRow::as_select())
                        .load::<DeliveryRow>(connection)
                        .await
                        .map_err(failed("reading what waits for a webhook"))?;
                    for delivery in readable(waiting.into_iter().map(DeliveryRow::delivery)) {
                        save_delivery(connection, after, &delivery.disabled(), now).await?;
                    }
                }
                Ok(())
            }

            async fn remove_webhook(
                connection: &mut Connection,
                within: &Within,
                id: &WebhookId,
                now: Timestamp,
            ) -> Result<bool, Fault> {
                let of = within.clinic().as_str();
                let deliveries = webhook_delivery::table
                    .filter(webhook_delivery::clinic_id.eq(of))
                    .filter(webhook_delivery::webhook_id.eq(id.as_str()));
                diesel::delete(deliveries)
                    .execute(connection)
                    .await
                    .map_err(failed("removing the deliveries of a webhook"))?;
                let removed = diesel::delete(webhook::table.find((of, id.as_str())))
                    .execute(connection)
                    .await
                    .map_err(failed("removing a webhook"))?;
                if removed == 0 {
                    return Ok(false);
                }
                let id = Some(id.as_str());
                audit::record(connection, within, Deed::RemovedWebhook, id, now).await?;
                Ok(true)
            }

            async fn deliveries(
                connection: &mut Connection,
                of: &ClinicId,
                id: &WebhookId,
                first: i64,
            ) -> Result<Vec<Delivery>, Fault> {
                let rows = webhook_delivery::table
                    .filter(webhook_delivery::clinic_id.eq(of.as_str()))
                    .filter(webhook_delivery::webhook_id.eq(id.as_str()))
                    .order(webhook_delivery::version.desc())
                    .limit(first.max(0))
                    .select(DeliveryRow::as_select())
                    .load(connection)
                    .await
                    .map_err(failed("reading the deliveries of a webhook"))?;
                rows.into_iter().map(DeliveryRow::delivery).collect()
            }

            /// What is to be sent once more, and what happened since that is wanted.
            async fn events_waiting(
                connection: &mut Connection,
                of: &ClinicId,
                to: &Webhook,
            ) -> Result<i64, Fault> {
                let again: i64 = webhook_delivery::table
                    .filter(webhook_delivery::clinic_id.eq(of.as_str()))
                    .filter(webhook_delivery::webhook_id.eq(to.id.as_str()))
                    .filter(webhook_delivery::next_attempt_at.is_not_null())
                    .filter(webhook_delivery::version.le(to.delivered_version))
                    .count()
                    .get_result(connection)
                    .await
                    .map_err(failed("counting what is sent once more"))?;
                // A webhook's clinic is there as long as the webhook.
                let latest = clinics::version(connection, of).await?.unwrap_or_default();
                let after = to.delivered_version.max(latest - WEBHOOK_EVENTS_COUNTED);
                let happened: Vec<(String, Option<String>, Option<String>, i64)> = event::table
                    .filter(event::clinic_id.eq(of.as_str()))
                    .filter(event::version.gt(after))
                    .group_by((event::kind, event::sms_state, event::sms_purpose))
                    .select((event::kind, event::sms_state, event::sms_purpose, count_star()))
                    .load(connection)
                    .await
                    .map_err(failed("counting events for a webhook"))?;
                let mut waiting = again;
                for (kind, state, purpose, count) in happened {
                    if told_as(to, &kind, state.as_deref(), purpose.as_deref())?.is_some() {
                        waiting += count;
                    }
                }
                Ok(waiting)
            }

            /// A delivery of this clinic and its webhook.
            async fn delivery_with_webhook(
                connection: &mut Connection,
                of: &ClinicId,
                id: &WebhookDeliveryId,
            ) -> Result<Option<(Webhook, Delivery)>, Fault> {
                let row = webhook_delivery::table
                    .find(id.as_str())
                    .filter(webhook_delivery::clinic_id.eq(of.as_str()))
                    .select(DeliveryRow::as_select())
                    .get_result(connection)
                    .await
                    .optional()
                    .map_err(failed("reading a delivery"))?;
                let Some(row) = row else { return Ok(None) };
                let whose = webhook_id(&row.webhook_id)?;
                let found = webhook_by_id(connection, of, &whose).await?;
                Ok(Some((
                    found.ok_or_else(|| Fault::new("reading a delivery", "its webhook is gone"))?,
                    row.delivery()?,
                )))
            }

            async fn save_delivery(
                connection: &mut Connection,
                of: &Webhook,
                delivery: &Delivery,
                now: Timestamp,
            ) -> Result<(), Fault> {
                diesel::update(webhook_delivery::table.find(delivery.id.as_str()))
                    .set(DeliveryRow::of(&of.clinic, &of.id, delivery, now))
                    .execute(connection)
                    .await
                    .map(|_| ())
                    .map_err(failed("recording a delivery"))
            }

            async fn redeliver(
                connection: &mut Connection,
                within: &Within,
                id: &WebhookDeliveryId,
                decide: &(dyn Fn(&Webhook, &Delivery) -> Result<Delivery, Refusal> + Send + Sync),
                now: Timestamp,
            ) -> Result<Option<Result<Delivery, Refusal>>, Fault> {
                let found = delivery_with_webhook(connection, within.clinic(), id).await?;
                let Some((of, before)) = found else {
                    return Ok(None);
                };
                let after = match decide(&of, &before) {
                    Ok(after) => after,
                    Err(refusal) => return Ok(Some(Err(refusal))),
                };
                if after != before {
                    save_delivery(connection, &of, &after, now).await?;
                    let id = Some(id.as_str());
                    audit::record(connection, within, Deed::RedeliveredWebhook, id, now).await?;
                }
                Ok(Some(Ok(after)))
            }

            async fn to_look_at(
                connection: &mut Connection,
                clinics: &[ClinicId],
                now: Timestamp,
            ) -> Result<Vec<(ClinicId, WebhookId)>, Fault> {
                // All, however many one webhook has waiting: with a limit it would hide another's.
                let mut found: Vec<(String, String)> = webhook_delivery::table
                    .filter(webhook_delivery::next_attempt_at.le(now.as_millis()))
                    .select((webhook_delivery::clinic_id, webhook_delivery::webhook_id))
                    .load(connection)
                    .await
                    .map_err(failed("reading which deliveries are due"))?;
                for of in clinics {
                    let behind: Vec<(String, String)> = webhook::table
                        .inner_join(clinic::table.on(clinic::id.eq(webhook::clinic_id)))
                        .filter(webhook::clinic_id.eq(of.as_str()))
                        .filter(webhook::is_enabled.eq(true))
                        .filter(webhook::delivered_version.lt(clinic::version))
                        .select((webhook::clinic_id, webhook::id))
                        .load(connection)
                        .await
                        .map_err(failed("reading which webhooks are behind"))?;
                    found.extend(behind);
                }
                found.sort_unstable();
                found.dedup();
                let found = found
                    .into_iter()
                    .map(|(of, id)| Ok((clinic_id(&of)?, webhook_id(&id)?)));
                Ok(readable(found))
            }

            /// What a look at a webhook shows, before anything is written.
            enum Peeked {
                Nothing,
                Due(Box<DueDelivery>),
                /// No delivery is begun, and there are events it may want.
                Behind(Box<Webhook>),
            }

            async fn peek(
                connection: &mut Connection,
                of: &ClinicId,
                id: &WebhookId,
                now: Timestamp,
            ) -> Result<Peeked, Fault> {
                let found = webhook_by_id(connection, of, id).await?;
                let Some(found) = found.filter(Webhook::is_enabled) else {
                    return Ok(Peeked::Nothing);
                };
                let of_webhook = webhook_delivery::table
                    .filter(webhook_delivery::clinic_id.eq(of.as_str()))
                    .filter(webhook_delivery::webhook_id.eq(id.as_str()));
                // In order of version: what is delivered once more goes before what is new.
                let due = of_webhook
                    .filter(webhook_delivery::next_attempt_at.le(now.as_millis()))
                    .order(webhook_delivery::version)
                    .limit(1)
                    .select(DeliveryRow::as_select())
                    .get_result(connection)
                    .await
                    .optional()
                    .map_err(failed("reading which delivery is due"))?;
                if let Some(due) = due {
                    return Ok(Peeked::Due(Box::new(DueDelivery {
                        webhook: found,
                        delivery: due.delivery()?,
                    })));
                }
                let begun: Option<String> = of_webhook
                    .filter(webhook_delivery::next_attempt_at.is_not_null())
                    .filter(webhook_delivery::version.gt(found.delivered_version))
                    .limit(1)
                    .select(webhook_delivery::id)
                    .get_result(connection)
                    .await
                    .optional()
                    .map_err(failed("reading which delivery waits"))?;
                if begun.is_some() {
                    return Ok(Peeked::Nothing);
                }
                // A webhook's clinic is there as long as the webhook.
                let latest = clinics::version(connection, of).await?.unwrap_or_default();
                Ok(if latest > found.delivered_version {
                    Peeked::Behind(Box::new(found))
                } else {
                    Peeked::Nothing
                })
            }

            /// Version, caller, kind, how far which text is, and when.
            type Happened = (i64, String, String, Option<String>, Option<String>, i64);

            /// Begins the delivery of the next event that the webhook wants, and passes over those it
            /// does not want.
            async fn begin(
                connection: &mut Connection,
                of: &ClinicId,
                id: &WebhookId,
                new: &WebhookDeliveryId,
                now: Timestamp,
            ) -> Result<NextDelivery, Fault> {
                // Again: something may have happened since the look.
                let mut found = match peek(connection, of, id, now).await? {
                    Peeked::Nothing => return Ok(NextDelivery::Nothing),
                    Peeked::Due(due) => return Ok(NextDelivery::Due(due)),
                    Peeked::Behind(found) => *found,
                };
                let before = found.clone();
                let events: Vec<Happened> = event::table
                    .filter(event::clinic_id.eq(of.as_str()))
                    .filter(event::version.gt(found.delivered_version))
                    .order(event::version)
                    .limit(EVENTS_AT_ONCE)
                    .select((
                        event::version,
                        event::caller_id,
                        event::kind,
                        event::sms_state,
                        event::sms_purpose,
                        event::at,
                    ))
                    .load(connection)
                    .await
                    .map_err(failed("reading events for a webhook"))?;
                let is_whole = i64::try_from(events.len()).unwrap_or(i64::MAX) < EVENTS_AT_ONCE;
                let mut begun = None;
                for happened in events {
                    let at_version = happened.0;
                    // One that cannot be read must not stand in the way of all that follow.
                    if let Some((Some(told_as), caller, at)) = readable([read(&found, happened)]).pop() {
                        let delivery =
                            Delivery::new(new.clone(), at_version, told_as, caller, at, now);
                        diesel::insert_into(webhook_delivery::table)
                            .values(DeliveryRow::of(of, id, &delivery, now))
                            .execute(connection)
                            .await
                            .map_err(failed("beginning a delivery"))?;
                        begun = Some(delivery);
                        break;
                    }
                    found.delivered_version = at_version;
                }
                if found != before {
                    save(connection, &before, &found, now).await?;
                }
                Ok(match begun {
                    Some(delivery) => NextDelivery::Due(Box::new(DueDelivery {
                        webhook: found,
                        delivery,
                    })),
                    None if is_whole => NextDelivery::Nothing,
                    None => NextDelivery::LookAgain,
                })
            }

            /// As what the webhook is told an event, whom it is about, and when it happened.
            fn read(
                of: &Webhook,
                (_, caller, kind, state, purpose, at): Happened,
            ) -> Result<(Option<EventType>, crate::domain::id::CallerId, Timestamp), Fault> {
                Ok((
                    told_as(of, &kind, state.as_deref(), purpose.as_deref())?,
                    caller_id(&caller)?,
                    Timestamp::from_millis(at),
                ))
            }

            fn told_as(
                of: &Webhook,
                kind: &str,
                state: Option<&str>,
                purpose: Option<&str>,
            ) -> Result<Option<EventType>, Fault> {
                let kind = ChangeKind::from_word(kind)
                    .ok_or_else(|| Fault::new("reading an event", "no such kind of event"))?;
                let kind = match kind {
                    ChangeKind::Arrived => EventType::CallerArrived,
                    ChangeKind::Changed => EventType::CallerChanged,
                    ChangeKind::Ended => EventType::CallerEnded,
                };
                let is_recall_delivered = state == Some(SmsState::Delivered.word())
                    && purpose == Some(TextPurpose::Recall.word());
                Ok(of.events.told_as(kind, is_recall_delivered))
            }

            async fn settle(
                connection: &mut Connection,
                of: &ClinicId,
                id: &WebhookDeliveryId,
                settle: &(dyn Fn(&Webhook, &Delivery) -> Settled + Send + Sync),
                now: Timestamp,
            ) -> Result<Option<DeliveryState>, Fault> {
                let Some((before, delivery)) = delivery_with_webhook(connection, of, id).await?
                else {
                    return Ok(None);
                };
                let settled = settle(&before, &delivery);
                save_delivery(connection, &before, &settled.delivery, now).await?;
                let mut after = before.clone();
                after.standing = settled.standing;
                if !matches!(settled.delivery.state, DeliveryState::Pending { .. }) {
                    after.delivered_version = before.delivered_version.max(delivery.version);
                }
                if after != before {
                    save(connection, &before, &after, now).await?;
                }
                Ok(Some(settled.delivery.state))
            }

            async fn deliveries_waiting(connection: &mut Connection) -> Result<i64, Fault> {
                webhook_delivery::table
                    .filter(webhook_delivery::next_attempt_at.is_not_null())
                    .count()
                    .get_result(connection)
                    .await
                    .map_err(failed("counting deliveries to try"))
            }

            /// Says of which text the news was that made a version: recorded with it.
            pub(super) async fn note_purpose(
                connection: &mut Connection,
                of: &ClinicId,
                version: i64,
                text: &TextId,
            ) -> Result<(), Fault> {
                use crate::adapters::tables::text as texts;
                let purpose: String = texts::table
                    .find(text.as_str())
                    .select(texts::purpose)
                    .get_result(connection)
                    .await
                    .map_err(failed("reading the purpose of a text"))?;
                // Only news has a state.
                let news = event::table
                    .find((of.as_str(), version))
                    .filter(event::sms_state.is_not_null());
                diesel::update(news)
                    .set(event::sms_purpose.eq(Some(purpose)))
                    .execute(connection)
                    .await
                    .map(|_| ())
                    .map_err(failed("recording of which text news is"))
            }

            /// The version from which on some enabled webhook of a clinic has not been told everything;
            /// `None` where there is no such webhook.
            pub(super) async fn told_to_all(
                connection: &mut Connection,
                of: &ClinicId,
            ) -> Result<Option<i64>, Fault> {
                webhook::table
                    .filter(webhook::clinic_id.eq(of.as_str()))
                    .filter(webhook::is_enabled.eq(true))
                    .select(min(webhook::delivered_version))
                    .get_result(connection)
                    .await
                    .map_err(failed("reading how far webhooks are"))
            }

            async fn forget_old(
                connection: &mut Connection,
                now: Timestamp,
            ) -> Result<bool, Fault> {
                forget_oldest!(
                    connection,
                    webhook_delivery::table,
                    webhook_delivery::over_at.assume_not_null(),
                    (now - WEBHOOK_DELIVERIES_KEPT_FOR).as_millis()
                )
            }

            /// Forgets some of a webhook's deliveries beyond those kept. True when there are more.
            async fn forget_too_many(
                connection: &mut Connection,
                of: &ClinicId,
                id: &WebhookId,
            ) -> Result<bool, Fault> {
                let of_webhook = webhook_delivery::table
                    .filter(webhook_delivery::clinic_id.eq(of.as_str()))
                    .filter(webhook_delivery::webhook_id.eq(id.as_str()));
                let too_many: Vec<String> = of_webhook
                    .order(webhook_delivery::version.desc())
                    .offset(WEBHOOK_DELIVERIES_KEPT)
                    .limit(FORGOTTEN_AT_ONCE)
                    .select(webhook_delivery::id)
                    .load(connection)
                    .await
                    .map_err(failed("looking for deliveries beyond those kept"))?;
                let over = webhook_delivery::table
                    .filter(webhook_delivery::id.eq_any(&too_many))
                    .filter(webhook_delivery::over_at.is_not_null());
                let forgotten = diesel::delete(over)
                    .execute(connection)
                    .await
                    .map_err(failed("forgetting deliveries"))?;
                Ok(i64::try_from(forgotten).unwrap_or(i64::MAX) >= FORGOTTEN_AT_ONCE)
            }

            #[async_trait]
            impl WebhookStore for Database {
                async fn webhooks(&self, within: &Within) -> Result<Vec<Webhook>, Fault> {
                    in_transaction!(self.reading(), connection => {
                        webhooks(connection, within.clinic())
                    })
                }

                async fn webhook(
                    &self,
                    within: &Within,
                    id: &WebhookId,
                ) -> Result<Option<Webhook>, Fault> {
                    in_transaction!(self.reading(), connection => {
                        webhook_by_id(connection, within.clinic(), id)
                    })
                }

                async fn add_webhook(
                    &self,
                    within: &Within,
                    decide: &DecideWebhook<'_>,
                    now: Timestamp,
                ) -> Result<Result<Webhook, Refusal>, Fault> {
                    in_transaction!(self.writing(), connection => {
                        add_webhook(connection, within, decide, now)
                    })
                }

                async fn change_webhook(
                    &self,
                    within: &Within,
                    id: &WebhookId,
                    decide: &DecideWebhook<'_>,
                    deed: Deed,
                    now: Timestamp,
                ) -> Result<Option<Result<Webhook, Refusal>>, Fault> {
                    in_transaction!(self.writing(), connection => {
                        change_webhook(connection, within, id, decide, deed, now)
                    })
                }

                async fn remove_webhook(
                    &self,
                    within: &Within,
                    id: &WebhookId,
                    now: Timestamp,
                ) -> Result<bool, Fault> {
                    in_transaction!(self.writing(), connection => {
                        remove_webhook(connection, within, id, now)
                    })
                }

                async fn webhook_deliveries(
                    &self,
                    within: &Within,
                    of: &WebhookId,
                    first: i64,
                ) -> Result<Vec<Delivery>, Fault> {
                    in_transaction!(self.reading(), connection => {
                        deliveries(connection, within.clinic(), of, first)
                    })
                }

                async fn events_waiting(
                    &self,
                    within: &Within,
                    of: &Webhook,
                ) -> Result<i64, Fault> {
                    in_transaction!(self.reading(), connection => {
                        events_waiting(connection, within.clinic(), of)
                    })
                }

                async fn redeliver(
                    &self,
                    within: &Within,
                    id: &WebhookDeliveryId,
                    decide: &(dyn for<'w, 'd> Fn(&'w Webhook, &'d Delivery) -> Result<Delivery, Refusal>
                          + Send
                          + Sync),
                    now: Timestamp,
                ) -> Result<Option<Result<Delivery, Refusal>>, Fault> {
                    in_transaction!(self.writing(), connection => {
                        redeliver(connection, within, id, decide, now)
                    })
                }

                async fn webhooks_to_look_at(
                    &self,
                    clinics: &[ClinicId],
                    now: Timestamp,
                ) -> Result<Vec<(ClinicId, WebhookId)>, Fault> {
                    in_transaction!(self.reading(), connection => {
                        to_look_at(connection, clinics, now)
                    })
                }

                async fn next_delivery(
                    &self,
                    of: &ClinicId,
                    id: &WebhookId,
                    new: &WebhookDeliveryId,
                    now: Timestamp,
                ) -> Result<NextDelivery, Fault> {
                    // Most looks find nothing to write, and whoever writes is in nobody's way then.
                    let peeked: Result<_, Fault> =
                        in_transaction!(self.reading(), connection => peek(connection, of, id, now));
                    match peeked? {
                        Peeked::Nothing => Ok(NextDelivery::Nothing),
                        Peeked::Due(due) => Ok(NextDelivery::Due(due)),
                        Peeked::Behind(_) => in_transaction!(self.writing(), connection => {
                            begin(connection, of, id, new, now)
                        }),
                    }
                }

                async fn settle_delivery(
                    &self,
                    of: &ClinicId,
                    id: &WebhookDeliveryId,
                    decide: &(dyn for<'w, 'd> Fn(&'w Webhook, &'d Delivery) -> Settled + Send + Sync),
                    now: Timestamp,
                ) -> Result<Option<DeliveryState>, Fault> {
                    in_transaction!(self.writing(), connection => {
                        settle(connection, of, id, decide, now)
                    })
                }

                async fn deliveries_waiting(&self) -> Result<i64, Fault> {
                    in_transaction!(self.reading(), connection => deliveries_waiting(connection))
                }

                async fn forget_deliveries(&self, now: Timestamp) -> Result<(), Fault> {
                    while self.forget_old_deliveries(now).await? {}
                    for (of, _) in self.versions().await? {
                        for webhook in self.webhooks(&Within::system(of.clone())).await? {
                            while self.forget_too_many_deliveries(&of, &webhook.id).await? {}
                        }
                    }
                    Ok(())
                }
            }

            /// One batch, in a transaction of its own, so that callers are not kept waiting.
            impl Database {
                async fn forget_old_deliveries(&self, now: Timestamp) -> Result<bool, Fault> {
                    in_transaction!(self.writing(), connection => forget_old(connection, now))
                }

                async fn forget_too_many_deliveries(
                    &self,
                    of: &ClinicId,
                    id: &WebhookId,
                ) -> Result<bool, Fault> {
                    in_transaction!(self.writing(), connection => {
                        forget_too_many(connection, of, id)
                    })
                }
            }
        }
    };
}
pub(in crate::adapters) use webhooks_queries;
