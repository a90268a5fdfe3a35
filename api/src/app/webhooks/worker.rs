//! Takes events to webhooks: some webhooks at a time, one event of each.

use crate::app::App;
use crate::app::outbox::Looked;
use crate::domain::id::{ClinicId, WebhookDeliveryId, WebhookId};
use crate::domain::webhook::{Answer, Delivery, Jitter, Problem, Webhook, settle};
use crate::ports::Fault;
use crate::ports::change_feed::Hint;
use crate::ports::store::webhooks::{DueDelivery, NextDelivery};
use crate::ports::webhook_sender::{EventBodies, OutgoingEvent, WebhookSender};
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{broadcast, watch};
use tokio::task::JoinSet;

/// How many webhooks are called at once. One that hangs does so for 10 s every half hour: it would take
/// thousands of them to hold up another.
const AT_ONCE: usize = 64;
/// How many events a webhook is told in one go before another that waits gets its turn.
const DELIVERIES_IN_A_ROW: usize = 16;
/// How often it is looked for deliveries whose time has come, without having been rung.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The least time between two looks: a clinic's busiest second is looked at a few times, not a thousand.
const LOOK_PAUSE: Duration = Duration::from_millis(20);
/// How long a webhook is left alone after the store failed it.
const AFTER_FAULT: Duration = Duration::from_secs(1);

/// What it takes to deliver.
#[derive(Clone)]
pub struct Delivering {
    /// Takes events to receivers.
    pub sender: Arc<dyn WebhookSender>,
    /// Words them.
    pub bodies: Arc<dyn EventBodies>,
}

/// What is to be looked at.
#[derive(Default)]
struct ToLook {
    /// Set at the start, and when hints were missed.
    everywhere: bool,
    clinics: HashSet<ClinicId>,
}

impl ToLook {
    /// What a hint says; false when no more will come.
    fn hear(&mut self, hint: Result<Hint, broadcast::error::RecvError>) -> bool {
        match hint {
            Ok(hint) => {
                self.clinics.insert(hint.clinic);
            }
            Err(broadcast::error::RecvError::Lagged(_)) => self.everywhere = true,
            Err(broadcast::error::RecvError::Closed) => return false,
        }
        true
    }
}

/// How a turn of one webhook ended.
enum Turn {
    /// There was nothing more to do.
    Done,
    /// There may be more.
    More,
}

/// The webhooks that are being called.
#[derive(Default)]
struct Running {
    turns: JoinSet<(ClinicId, WebhookId, Turn)>,
    webhooks: HashSet<WebhookId>,
    /// Those that were rung for meanwhile.
    again: HashSet<WebhookId>,
    /// Those that wait for room, in the order in which they came.
    waiting: VecDeque<(ClinicId, WebhookId)>,
}

impl App {
    /// Delivers events as they happen until `stopping` turns true or nobody can turn it any more. Then
    /// no other event is begun; those on their way are settled first. What a crash, or the end of this
    /// task, leaves unsettled is delivered again.
    pub async fn deliver_webhooks(
        self: Arc<Self>,
        delivering: Delivering,
        mut stopping: watch::Receiver<bool>,
    ) {
        // Before the first look: what happens between the two is heard of.
        let mut hints = self.feed.listen();
        let mut to_look = ToLook {
            everywhere: true,
            ..ToLook::default()
        };
        let mut running = Running::default();
        while !*stopping.borrow() {
            if let Err(fault) = self
                .give_turns(&delivering, &mut to_look, &mut running, &stopping)
                .await
            {
                tracing::error!(fault = fault.chain(), "webhooks could not be looked at");
                to_look.everywhere = true;
                tokio::select! {
                    biased;
                    _ = stopping.wait_for(|is_stopping| *is_stopping) => break,
                    () = tokio::time::sleep(AFTER_FAULT) => {}
                }
            }
            let mut is_rung = false;
            tokio::select! {
                biased;
                // Also when nobody is left who could say so.
                _ = stopping.wait_for(|is_stopping| *is_stopping) => break,
                Some(ended) = running.turns.join_next() => running.end(ended, &mut to_look),
                hint = hints.recv() => {
                    if !to_look.hear(hint) {
                        break;
                    }
                    is_rung = true;
                }
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            if is_rung {
                tokio::time::sleep(LOOK_PAUSE).await;
            }
            while let Some(ended) = running.turns.try_join_next() {
                running.end(ended, &mut to_look);
            }
            loop {
                match hints.try_recv() {
                    Ok(hint) => to_look.hear(Ok(hint)),
                    Err(broadcast::error::TryRecvError::Lagged(missed)) => {
                        to_look.hear(Err(broadcast::error::RecvError::Lagged(missed)))
                    }
                    Err(_) => break,
                };
            }
        }
        while running.turns.join_next().await.is_some() {}
    }

    /// Begins a turn of every webhook that may have something to do, as far as there is room.
    async fn give_turns(
        self: &Arc<Self>,
        delivering: &Delivering,
        to_look: &mut ToLook,
        running: &mut Running,
        stopping: &watch::Receiver<bool>,
    ) -> Result<(), Fault> {
        if to_look.everywhere {
            let all = self.store.versions().await?;
            to_look
                .clinics
                .extend(all.into_iter().map(|(clinic, _)| clinic));
            to_look.everywhere = false;
        }
        if running.webhooks.len() < AT_ONCE {
            let clinics: Vec<ClinicId> = to_look.clinics.iter().cloned().collect();
            let found = self
                .store
                .webhooks_to_look_at(&clinics, self.clock.now())
                .await?;
            to_look.clinics.clear();
            for found in found {
                running.ask_for(found);
            }
        }
        while let Some((clinic, webhook)) = running.next() {
            let (app, delivering) = (Arc::clone(self), delivering.clone());
            let stopping = stopping.clone();
            running.turns.spawn(async move {
                let turn = app
                    .take_turn(&delivering, &clinic, &webhook, stopping)
                    .await;
                (clinic, webhook, turn)
            });
        }
        Ok(())
    }

    /// Tells a webhook what it has not been told, some events of it.
    async fn take_turn(
        &self,
        delivering: &Delivering,
        clinic: &ClinicId,
        webhook: &WebhookId,
        mut stopping: watch::Receiver<bool>,
    ) -> Turn {
        for _ in 0..DELIVERIES_IN_A_ROW {
            if *stopping.borrow() {
                return Turn::Done;
            }
            match self.deliver_next(delivering, clinic, webhook).await {
                Ok(Looked::AtOne) => {}
                Ok(Looked::AtNothing) => return Turn::Done,
                Err(fault) => {
                    let fault = fault.chain();
                    tracing::error!(fault, %webhook, "an event could not be delivered");
                    tokio::select! {
                        _ = stopping.wait_for(|is_stopping| *is_stopping) => {}
                        () = tokio::time::sleep(AFTER_FAULT) => {}
                    }
                    return Turn::More;
                }
            }
        }
        Turn::More
    }

    /// Tells one webhook the event whose turn it is.
    ///
    /// # Errors
    /// When the store fails. The event is delivered again.
    pub async fn deliver_next(
        &self,
        delivering: &Delivering,
        clinic: &ClinicId,
        webhook: &WebhookId,
    ) -> Result<Looked, Fault> {
        let new = WebhookDeliveryId::new(self.randomness.bits());
        let next = self
            .store
            .next_delivery(clinic, webhook, &new, self.clock.now())
            .await?;
        let due = match next {
            NextDelivery::Nothing => return Ok(Looked::AtNothing),
            NextDelivery::LookAgain => return Ok(Looked::AtOne),
            NextDelivery::Due(due) => due,
        };
        let answer = self.send_event(delivering, &due).await;
        let now = self.clock.now();
        let jitter = Jitter(self.randomness.below(u32::MAX));
        let settle =
            |webhook: &Webhook, delivery: &Delivery| settle(webhook, delivery, answer, now, jitter);
        let settled = self
            .store
            .settle_delivery(clinic, &due.delivery.id, &settle, now)
            .await?;
        if let Some(state) = settled {
            self.webhook_attempts.count(answer, state);
        }
        Ok(Looked::AtOne)
    }

    /// Tells all webhooks of a clinic everything that is due, one after the other.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn deliver_all_due(
        &self,
        delivering: &Delivering,
        clinic: &ClinicId,
    ) -> Result<(), Fault> {
        let clinics = std::slice::from_ref(clinic);
        let found = self
            .store
            .webhooks_to_look_at(clinics, self.clock.now())
            .await?;
        for (of, webhook) in found.iter().filter(|(of, _)| of == clinic) {
            while self.deliver_next(delivering, of, webhook).await? == Looked::AtOne {}
        }
        Ok(())
    }

    async fn send_event(&self, delivering: &Delivering, due: &DueDelivery) -> Answer {
        let DueDelivery { webhook, delivery } = due;
        let not_sent = |problem| Answer::NotTaken {
            status: None,
            problem,
        };
        let body = match delivering.bodies.body(&webhook.clinic, delivery).await {
            Ok(Some(body)) => body,
            Ok(None) => return not_sent(Problem::NothingToTell),
            Err(fault) => {
                let (fault, delivery) = (fault.chain(), &delivery.id);
                tracing::error!(fault, %delivery, "an event could not be worded");
                return not_sent(Problem::OurOwn);
            }
        };
        let now = self.clock.now();
        let timestamp = now.as_millis().div_euclid(1000);
        let signatures = webhook.secrets.signing(now).map(|seed| {
            let secret = self.keys.webhook_secret(&webhook.id, seed);
            secret.sign(&delivery.id, timestamp, &body)
        });
        let signature = signatures.collect::<Vec<_>>().join(" ");
        let event = OutgoingEvent {
            url: webhook.url.clone(),
            id: delivery.id.clone(),
            timestamp,
            signature,
            body,
        };
        delivering.sender.send(&event).await
    }
}

impl Running {
    /// Has a webhook get its turn once there is room, and another one if it has one now.
    fn ask_for(&mut self, found: (ClinicId, WebhookId)) {
        if self.webhooks.contains(&found.1) {
            self.again.insert(found.1);
        } else if !self.waiting.contains(&found) {
            self.waiting.push_back(found);
        }
    }

    /// The next to get a turn, as far as there is room.
    fn next(&mut self) -> Option<(ClinicId, WebhookId)> {
        if self.webhooks.len() >= AT_ONCE {
            return None;
        }
        let next = self.waiting.pop_front()?;
        self.webhooks.insert(next.1.clone());
        Some(next)
    }

    fn end(
        &mut self,
        ended: Result<(ClinicId, WebhookId, Turn), tokio::task::JoinError>,
        to_look: &mut ToLook,
    ) {
        match ended {
            Ok((clinic, webhook, turn)) => {
                self.webhooks.remove(&webhook);
                let is_rung = self.again.remove(&webhook);
                if is_rung || matches!(turn, Turn::More) {
                    to_look.clinics.insert(clinic);
                }
            }
            // A turn that panics does not say whose it was: whoever serves ends, as after any other
            // panic of the work besides requests.
            Err(error) => {
                if let Ok(panic) = error.try_into_panic() {
                    std::panic::resume_unwind(panic);
                }
            }
        }
    }
}
