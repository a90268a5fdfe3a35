//! Configure › Webhooks, and what became of each delivery. Pure.

use standby_client::{
    ClientError, Id, Webhook, WebhookChange, WebhookDelivery, WebhookEventType, WebhookWithSecret,
};

use crate::reading::Reading;
use crate::words::administration as words;
use crate::work::{Common, Effect, Work};

/// The longest address that can be typed; the server has a limit of its own, and says so.
const LONGEST_ADDRESS: usize = 2_000;

/// The id of the button that adds a webhook.
pub(crate) const ADD_BUTTON: &str = "add-webhook";
/// The ids of what is typed and chosen.
pub(crate) const ADDRESS: &str = "webhook-url";
pub(crate) const EVENTS: &str = "webhook-events";
const FIELDS: [(&str, &str); 2] = [("url", ADDRESS), ("events", EVENTS)];

/// The webhooks as an admin has them on screen.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Webhooks {
    pub(crate) all: Reading<Vec<Webhook>>,
    pub(crate) work: Work<Question, Request>,
    /// Grows with every visit to the page: what was to be read again on an earlier one is not.
    visit: u32,
    is_open: bool,
}

/// What is asked before something is done.
#[derive(Clone, PartialEq)]
pub(crate) enum Question {
    Add(Draft),
    Change { webhook: Webhook, draft: Draft },
    Rotate(Webhook),
    Remove(Webhook),
}

impl Question {
    /// What is typed and chosen, where something is.
    pub(crate) fn draft(&self) -> Option<&Draft> {
        match self {
            Self::Add(draft) | Self::Change { draft, .. } => Some(draft),
            Self::Rotate(_) | Self::Remove(_) => None,
        }
    }

    fn draft_mut(&mut self) -> Option<&mut Draft> {
        match self {
            Self::Add(draft) | Self::Change { draft, .. } => Some(draft),
            Self::Rotate(_) | Self::Remove(_) => None,
        }
    }
}

/// A webhook as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Draft {
    pub(crate) url: String,
    pub(crate) events: Vec<WebhookEventType>,
}

/// What is asked of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    Add(Draft),
    Change { webhook: Id, change: WebhookChange },
    Remove(Id),
    Rotate(Id),
    Redeliver(Id),
}

/// What the server did.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Done {
    Added(WebhookWithSecret),
    Changed(Webhook),
    Removed,
    Rotated(WebhookWithSecret),
    Redelivered(WebhookDelivery),
}

/// What happened.
#[derive(Clone, PartialEq)]
pub(crate) enum Message {
    /// The page was opened, or is to be read once more.
    Opened,
    /// It is time to read it again.
    Due {
        visit: u32,
    },
    Read(Result<Option<Vec<Webhook>>, ClientError>),
    AddPressed,
    ChangePressed(Webhook),
    RotatePressed(Webhook),
    RemovePressed(Webhook),
    Switched {
        webhook: Webhook,
        on: bool,
    },
    RedeliverPressed(Id),
    AddressTyped(String),
    EventChosen {
        event: WebhookEventType,
        on: bool,
    },
    /// The open question is answered.
    Confirmed,
    Answered(Result<Done, ClientError>),
    Common(Common),
}

/// The id of a button of a webhook.
pub(crate) fn button_id(word: &str, webhook: &Webhook) -> String {
    format!("{word}-{}", webhook.id.inner())
}

/// What a message makes of the webhooks, and what has to be done about it.
#[allow(clippy::too_many_lines, reason = "one arm for each message")]
pub(crate) fn reduce(mut state: Webhooks, message: Message) -> (Webhooks, Vec<Effect<Request>>) {
    let mut effects = Vec::new();
    let work = &mut state.work;
    match message {
        Message::Opened => {
            state.all.ask_again();
            state.visit = state.visit.wrapping_add(1);
            state.is_open = true;
            effects.push(Effect::Read);
            effects.push(Effect::ReadLater { visit: state.visit });
        }
        Message::Due { visit } => {
            if state.is_open && visit == state.visit {
                effects.push(Effect::Read);
                effects.push(Effect::ReadLater { visit });
            }
        }
        Message::Read(answer) => {
            if state.all.take(answer).is_err() {
                effects.push(Effect::EndSession);
            }
        }
        Message::AddPressed => work.open(
            Question::Add(Draft {
                url: String::new(),
                events: WebhookEventType::ALL.to_vec(),
            }),
            ADD_BUTTON,
        ),
        Message::ChangePressed(webhook) => {
            let opener = button_id("change", &webhook);
            let draft = Draft {
                url: webhook.url.clone(),
                events: webhook.events.clone(),
            };
            work.open(Question::Change { webhook, draft }, opener);
        }
        Message::RotatePressed(webhook) => {
            let opener = button_id("rotate", &webhook);
            work.open(Question::Rotate(webhook), opener);
        }
        Message::RemovePressed(webhook) => {
            let opener = button_id("remove", &webhook);
            work.open(Question::Remove(webhook), opener);
        }
        Message::Switched { webhook, on } => {
            let change = WebhookChange {
                is_enabled: Some(on),
                ..WebhookChange::default()
            };
            let request = Request::Change {
                webhook: webhook.id,
                change,
            };
            work.send(request, &mut effects);
        }
        Message::RedeliverPressed(delivery) => {
            work.send(Request::Redeliver(delivery), &mut effects);
        }
        Message::AddressTyped(url) => {
            if let Some(draft) = work.dialog.as_mut().and_then(Question::draft_mut) {
                draft.url = url.chars().take(LONGEST_ADDRESS).collect();
                work.wrongs.put_right("url");
            }
        }
        Message::EventChosen { event, on } => {
            if let Some(draft) = work.dialog.as_mut().and_then(Question::draft_mut) {
                draft.events.retain(|chosen| *chosen != event);
                if on {
                    draft.events.push(event);
                }
                // As they stand on screen, so that the same choice is the same change.
                draft
                    .events
                    .sort_by_key(|chosen| WebhookEventType::ALL.iter().position(|at| at == chosen));
                work.wrongs.put_right("events");
            }
        }
        Message::Confirmed => confirmed(&mut state, &mut effects),
        Message::Answered(Ok(done)) => is_done(&mut state, done, &mut effects),
        Message::Answered(Err(error)) => {
            let unanswered = words::unanswered(matches!(
                work.sending,
                Some(Request::Add(_) | Request::Rotate(_))
            ));
            work.is_not_done(error, unanswered, &FIELDS, &mut effects);
        }
        Message::Common(common) => {
            if common == Common::Left {
                state.is_open = false;
            }
            work.take(common, &mut effects);
        }
    }
    (state, effects)
}

fn confirmed(state: &mut Webhooks, effects: &mut Vec<Effect<Request>>) {
    let request = match &state.work.dialog {
        Some(Question::Add(draft)) => Request::Add(draft.clone()),
        Some(Question::Change { webhook, draft }) => {
            let change = WebhookChange {
                url: (draft.url != webhook.url).then(|| draft.url.clone()),
                events: (draft.events != webhook.events).then(|| draft.events.clone()),
                is_enabled: None,
            };
            if change == WebhookChange::default() {
                state.work.take(Common::Dismissed, effects);
                return;
            }
            Request::Change {
                webhook: webhook.id.clone(),
                change,
            }
        }
        Some(Question::Rotate(webhook)) => Request::Rotate(webhook.id.clone()),
        Some(Question::Remove(webhook)) => Request::Remove(webhook.id.clone()),
        None => return,
    };
    state.work.send(request, effects);
}

fn is_done(state: &mut Webhooks, done: Done, effects: &mut Vec<Effect<Request>>) {
    let sent = state.work.sending.take();
    match done {
        Done::Added(WebhookWithSecret { webhook, secret }) => {
            if let Some(webhooks) = state.all.read_mut() {
                webhooks.retain(|other| other.id != webhook.id);
                webhooks.push(webhook);
            }
            state.work.is_done_with(words::first_secret(&secret));
        }
        Done::Rotated(WebhookWithSecret { webhook, secret }) => {
            replace(state, webhook);
            state.work.is_done_with(words::next_secret(&secret));
        }
        Done::Changed(webhook) => {
            replace(state, webhook);
            state.work.is_done(String::new(), effects);
        }
        Done::Removed => {
            if let (Some(webhooks), Some(Request::Remove(removed))) = (state.all.read_mut(), sent) {
                webhooks.retain(|webhook| webhook.id != removed);
            }
            state
                .work
                .is_done(words::WEBHOOK_REMOVED.to_owned(), effects);
            // The button that asked is gone with it.
            effects.push(Effect::Focus(ADD_BUTTON.to_owned()));
        }
        Done::Redelivered(delivery) => {
            let known = state
                .all
                .read_mut()
                .into_iter()
                .flatten()
                .flat_map(|webhook| webhook.deliveries.iter_mut())
                .find(|known| known.id == delivery.id);
            if let Some(known) = known {
                *known = delivery;
            }
            state.work.is_done(words::REDELIVERED.to_owned(), effects);
        }
    }
}

fn replace(state: &mut Webhooks, webhook: Webhook) {
    let known = state
        .all
        .read_mut()
        .into_iter()
        .flatten()
        .find(|known| known.id == webhook.id);
    if let Some(known) = known {
        *known = webhook;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::administration::{secret, webhooks};

    fn after(state: Webhooks, message: Message) -> Webhooks {
        reduce(state, message).0
    }

    fn read() -> Webhooks {
        after(Webhooks::default(), Message::Read(Ok(Some(webhooks()))))
    }

    #[test]
    fn the_page_is_read_again_while_it_is_open_and_not_once_it_is_left() {
        let (state, effects) = reduce(read(), Message::Opened);
        let visit = match effects.as_slice() {
            [Effect::Read, Effect::ReadLater { visit }] => *visit,
            other => panic!("{other:?}"),
        };
        let (state, effects) = reduce(state, Message::Due { visit });
        assert_eq!(effects, [Effect::Read, Effect::ReadLater { visit }]);
        let left = after(state.clone(), Message::Common(Common::Left));
        assert_eq!(reduce(left.clone(), Message::Due { visit }).1, []);
        let again = after(left, Message::Opened);
        assert_eq!(
            reduce(again, Message::Due { visit }).1,
            [],
            "of the visit before"
        );
    }

    #[test]
    fn the_same_events_chosen_in_another_order_are_no_change() {
        let webhook = webhooks().remove(0);
        let state = after(read(), Message::ChangePressed(webhook.clone()));
        let event = webhook.events[0];
        let state = after(state, Message::EventChosen { event, on: false });
        let (_, effects) = reduce(state.clone(), Message::Confirmed);
        assert!(matches!(
            effects.as_slice(),
            [Effect::Send(Request::Change { .. })]
        ));
        let state = after(state, Message::EventChosen { event, on: true });
        let (_, effects) = reduce(state, Message::Confirmed);
        assert_eq!(effects, [Effect::Focus(button_id("change", &webhook))]);
    }

    #[test]
    fn a_new_secret_is_shown_once() {
        let webhook = webhooks().remove(0);
        let state = after(read(), Message::RotatePressed(webhook.clone()));
        let state = after(state, Message::Confirmed);
        let rotated = WebhookWithSecret {
            webhook,
            secret: secret(),
        };
        let state = after(state, Message::Answered(Ok(Done::Rotated(rotated))));
        assert!(state.work.once.is_some());
        assert!(
            after(state, Message::Common(Common::Left))
                .work
                .once
                .is_none()
        );
    }

    #[test]
    fn a_delivery_that_is_sent_again_says_so() {
        let mut delivery = webhooks()[0].deliveries[1].clone();
        delivery.state = standby_client::WebhookDeliveryState::Pending;
        let state = after(read(), Message::RedeliverPressed(delivery.id.clone()));
        let state = after(
            state,
            Message::Answered(Ok(Done::Redelivered(delivery.clone()))),
        );
        assert_eq!(
            state.all.read().unwrap()[0].deliveries[1].state,
            delivery.state
        );
    }
}
