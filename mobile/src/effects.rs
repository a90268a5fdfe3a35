//! Does what the reducer asks for: requests and live updates through the client, the rest through
//! the platform and the memory. What comes of it goes back as a message.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::StreamExt;
use futures_util::future::{AbortHandle, abortable};
use standby_client::{
    CallerEndKind, CallerSession, CallerStatus, CallerToken, ClientError, DeviceId, Endpoint,
    EnterWaitingArea, EntryAnswerGiven, IdempotencyKey, Live, LiveHandle, Patient, RecallAnswer,
    SmsFailure, SmsState, UserErrorCode,
};

use crate::language::{self, Language};
use crate::platform::MaybeSend;
use crate::reducer::Tell;
use crate::stay::{
    Address, Caller, Clinic, Delivery, DeliveryFailure, End, EntryField, LinkToken, Moment,
    MyClinic, Phone, Place, Refusal, RefusalKind, RoomLink, Slug, Standing, Trouble, Verification,
};
use crate::waiting::{Effect, Entered, Entry, Message, Opened, Other, OtherStay, Unwatched};
use crate::{memory, platform};

/// Does effects.
#[derive(Clone)]
pub(crate) struct Effects {
    parts: Arc<Parts>,
}

struct Parts {
    endpoint: Endpoint,
    device_id: DeviceId,
    tell: Tell,
    watch: Mutex<Option<Watch>>,
    /// The keys of arrivals without an answer, for where the device keeps nothing.
    arrival_keys: Mutex<BTreeMap<String, String>>,
    /// Which wake-up counts: the latest asked for.
    wake: AtomicU32,
}

fn held<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A stay that is told live.
struct Watch {
    handle: LiveHandle,
    abort: AbortHandle,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.abort.abort();
    }
}

/// What is so now, for the start and for a changed address.
pub(crate) fn opened() -> Opened {
    match platform::address() {
        Some(address) => opened_at(address, false),
        None => opened_at(memory::latest_address(), true),
    }
}

fn opened_at(address: Address, is_resumed: bool) -> Opened {
    let (stored, draft) = match &address {
        Address::Clinic(slug) => (memory::stay(slug), memory::draft(slug)),
        _ => (None, None),
    };
    Opened {
        address,
        is_visible: platform::is_visible(),
        can_keep_awake: platform::can_keep_awake(),
        remembered: memory::details(),
        stored,
        latest: memory::latest_clinic(),
        draft,
        is_resumed,
        kept: memory::latest_stay(),
        origin: platform::origin(),
        notices: platform::can_notify().then(memory::notices),
    }
}

/// The language that the reader chose on this device, or else the best of the phone's own.
pub(crate) fn language() -> Language {
    memory::language().unwrap_or_else(|| language::choose(&platform::languages()))
}

impl Effects {
    /// For the app's server. `None` where it is not known, or where there is no randomness.
    pub(crate) fn new(tell: Tell) -> Option<Effects> {
        let endpoint = Endpoint::new(&platform::origin()).ok()?;
        let device_id = match platform::device_id() {
            Some(id) => DeviceId::new(id),
            None => DeviceId::random().ok()?,
        };
        Some(Effects {
            parts: Arc::new(Parts {
                endpoint,
                device_id,
                tell,
                watch: Mutex::new(None),
                arrival_keys: Mutex::new(BTreeMap::new()),
                wake: AtomicU32::new(0),
            }),
        })
    }

    fn session(&self, link: &LinkToken) -> CallerSession {
        CallerSession::new(
            self.parts.endpoint.clone(),
            CallerToken::new(link.reveal()),
            self.parts.device_id.clone(),
        )
    }

    fn tell(&self, message: Message) {
        self.parts.tell.tell(message);
    }

    /// Does one effect. What takes time goes on beside.
    pub(crate) fn run(&self, effect: Effect) {
        match effect {
            Effect::ReadClinic(visit, slug) => self.read_clinic(visit, slug),
            Effect::ReadStored(visit, link) => self.read_stored(visit, &link),
            Effect::Enter(visit, slug, entry, answers) => self.enter(visit, slug, &entry, answers),
            Effect::KeepDraft(slug, entry) => memory::keep_draft(&slug, &entry),
            Effect::DropDraft(slug) => memory::drop_draft(&slug),
            Effect::RememberDetails(details) => memory::remember_details(&details),
            Effect::ForgetDetails => memory::forget_details(),
            Effect::RememberStay(clinic, link, id) => memory::remember_stay(&clinic, &link, &id),
            Effect::ForgetStay(link, id) => {
                memory::forget_stay(&link, id.as_deref());
                self.tell(Message::Kept(memory::latest_stay()));
            }
            Effect::RememberLanguage(language) => memory::remember_language(language),
            Effect::ShowAddress(address) => platform::show_address(&address),
            Effect::Open(address, remembered) => {
                platform::show_address(&address);
                self.tell(Message::Opened(Box::new(Opened {
                    remembered,
                    ..opened()
                })));
            }
            Effect::OpenKept(kept) => {
                let address = kept.map_or_else(memory::latest_address, Address::Wait);
                platform::show_address(&address);
                self.tell(Message::Opened(Box::new(opened_at(address, true))));
            }
            Effect::ReadOther(visit, address) => self.read_other(visit, address),
            Effect::ReadStay(visit, asked_on, link) => {
                self.ask(&link, move |session| async move {
                    let answer = session.me().await.map_err(trouble);
                    Message::StayRead(visit, asked_on, answer.map(|me| caller(me.caller)))
                });
            }
            Effect::ReadMyClinic(visit, link) => self.read_my_clinic(visit, &link),
            Effect::Watch(visit, link) => self.watch(visit, &link),
            Effect::StopWatching => drop(held(&self.parts.watch).take()),
            Effect::Reconnect => {
                if let Some(watch) = &*held(&self.parts.watch) {
                    watch.handle.wake();
                }
            }
            Effect::StartPresence(link) => platform::start_presence(&link),
            Effect::ReportPresenceBy(link) => platform::report_presence_by(&link),
            Effect::StopPresence => platform::stop_presence(),
            Effect::ReportPresenceAgain => platform::report_presence_again(),
            Effect::SendCode(visit, link, number) => {
                self.ask(&link, move |session| async move {
                    let answer = session.send_code(Some(number.reveal().to_owned())).await;
                    let resend_at = answer.map(|sent| Some(moment(sent.resend_at)));
                    Message::CodeSent(visit, resend_at.map_err(trouble))
                });
            }
            Effect::CheckCode(visit, link, code) => self.ask(&link, move |session| async move {
                Message::Verified(
                    visit,
                    session
                        .verify(code.reveal())
                        .await
                        .map(caller)
                        .map_err(trouble),
                )
            }),
            Effect::ListenForCode => {
                let effects = self.clone();
                platform::spawn(async move {
                    if let Some(code) = platform::read_code().await {
                        effects.tell(Message::CodeRead(code));
                    }
                });
            }
            Effect::StopListeningForCode => platform::stop_reading_code(),
            Effect::Leave(visit, link) => self.ask(&link, move |session| async move {
                Message::Left(
                    visit,
                    session.leave(None).await.map(caller).map_err(trouble),
                )
            }),
            Effect::Resume(visit, link) => self.ask(&link, move |session| async move {
                Message::Resumed(visit, session.resume().await.map(caller).map_err(trouble))
            }),
            Effect::KeepAwake(wanted) => platform::keep_awake(wanted),
            Effect::Signal => platform::signal(),
            Effect::AskToNotify => {
                // Now: a browser asks only while it still knows of the press.
                self.tell_whether_may_notify(platform::ask_to_notify());
            }
            Effect::ReadMayNotify => self.tell_whether_may_notify(platform::may_notify()),
            Effect::RememberNotices(choice) => memory::remember_notices(choice),
            Effect::Notify(notice) => platform::notify(notice),
            Effect::WithdrawNotice => platform::withdraw_notice(),
            Effect::WakeIn(milliseconds) => self.wake_in(milliseconds),
            // The app's: it must wait until what is to be focused is there.
            Effect::Focus(_) => {}
        }
    }

    /// Asks in the name of a caller and tells what comes of it.
    fn ask<F>(
        &self,
        link: &LinkToken,
        question: impl FnOnce(CallerSession) -> F + MaybeSend + 'static,
    ) where
        F: Future<Output = Message> + MaybeSend + 'static,
    {
        let (effects, session) = (self.clone(), self.session(link));
        platform::spawn(async move { effects.tell(question(session).await) });
    }

    fn tell_whether_may_notify(
        &self,
        answer: impl Future<Output = Option<bool>> + MaybeSend + 'static,
    ) {
        let effects = self.clone();
        platform::spawn(async move { effects.tell(Message::MayNotify(answer.await)) });
    }

    fn wake_in(&self, milliseconds: i64) {
        let before = self.parts.wake.fetch_add(1, Ordering::AcqRel);
        let mine = before.wrapping_add(1);
        let effects = self.clone();
        platform::spawn(async move {
            platform::sleep(milliseconds).await;
            // A later request was for an earlier time: that one wakes for both.
            if effects.parts.wake.load(Ordering::Acquire) == mine {
                effects.tell(Message::Woke);
            }
        });
    }

    fn read_clinic(&self, visit: u32, slug: Slug) {
        let effects = self.clone();
        platform::spawn(async move {
            let patient = Patient::new(effects.parts.endpoint.clone());
            let answer = patient.clinic(slug.as_str()).await;
            let answer = answer.map(|found| found.map(clinic)).map_err(trouble);
            effects.tell(Message::ClinicRead(visit, answer));
        });
    }

    fn read_other(&self, visit: u32, address: Address) {
        match address.clone() {
            Address::Wait(link) => self.ask(&link, move |session| async move {
                let answer = session.me().await.map_err(trouble);
                let other = answer.map(|me| {
                    let name = me.caller.name.clone();
                    let told = caller(me.caller);
                    Some(Other {
                        clinic: me.clinic.name,
                        stay: Some(OtherStay {
                            name,
                            is_over: told.is_over(),
                            id: told.id,
                        }),
                    })
                });
                Message::OtherRead(visit, address, other)
            }),
            Address::Clinic(slug) => {
                let effects = self.clone();
                platform::spawn(async move {
                    let patient = Patient::new(effects.parts.endpoint.clone());
                    let answer = patient.clinic(slug.as_str()).await.map_err(trouble);
                    let other = answer.map(|found| {
                        found.map(|clinic| Other {
                            clinic: clinic.name,
                            stay: None,
                        })
                    });
                    effects.tell(Message::OtherRead(visit, address, other));
                });
            }
            // Neither leads anywhere.
            Address::Start | Address::Unknown => {
                self.tell(Message::OtherRead(visit, address, Ok(None)));
            }
        }
    }

    fn read_stored(&self, visit: u32, link: &LinkToken) {
        self.ask(link, move |session| async move {
            let answer = session.me().await.map_err(trouble);
            Message::StoredRead(
                visit,
                answer.map(|me| {
                    let caller = caller(me.caller);
                    (!caller.is_over()).then(|| Unwatched::of(&caller))
                }),
            )
        });
    }

    fn read_my_clinic(&self, visit: u32, link: &LinkToken) {
        self.ask(link, move |session| async move {
            let answer = session.me().await.map_err(trouble).and_then(|me| {
                let slug = Slug::read(&me.clinic.slug).ok_or(Trouble::Broken)?;
                Ok(MyClinic {
                    name: me.clinic.name,
                    slug,
                })
            });
            Message::MyClinicRead(visit, answer)
        });
    }

    fn enter(&self, visit: u32, slug: Slug, entry: &Entry, answers: Vec<(String, String)>) {
        let Some(key) = self.arrival_key(&slug) else {
            self.tell(Message::Entered(visit, Err(Trouble::Broken)));
            return;
        };
        let phone = entry.phone.trim().to_owned();
        let arrival = EnterWaitingArea {
            clinic_slug: slug.as_str().to_owned(),
            name: entry.name.trim().to_owned(),
            phone: (!phone.is_empty()).then_some(phone),
            answers: answers
                .into_iter()
                .map(|(key, value)| EntryAnswerGiven { key, value })
                .collect(),
            idempotency_key: key,
        };
        let effects = self.clone();
        platform::spawn(async move {
            let answer = Patient::new(effects.parts.endpoint.clone())
                .enter(arrival)
                .await;
            if matches!(answer, Ok(_) | Err(ClientError::Refused(_))) {
                held(&effects.parts.arrival_keys).remove(slug.as_str());
                memory::drop_arrival_key(&slug);
            }
            let answer = answer.map_err(trouble).and_then(|entered| {
                let link = LinkToken::read(entered.token.expose()).ok_or(Trouble::Broken)?;
                Ok(Entered {
                    link,
                    caller: caller(entered.caller),
                })
            });
            effects.tell(Message::Entered(visit, answer));
        });
    }

    /// The key of this arrival: the one of an earlier try that got no answer, else a new one.
    fn arrival_key(&self, slug: &Slug) -> Option<IdempotencyKey> {
        let kept = held(&self.parts.arrival_keys).get(slug.as_str()).cloned();
        if let Some(key) = kept.or_else(|| memory::arrival_key(slug)) {
            return Some(IdempotencyKey::new(key));
        }
        let key = IdempotencyKey::random().ok()?;
        memory::keep_arrival_key(slug, key.expose());
        held(&self.parts.arrival_keys).insert(slug.as_str().to_owned(), key.expose().to_owned());
        Some(key)
    }

    fn watch(&self, visit: u32, link: &LinkToken) {
        let mut updates = self.session(link).live();
        let handle = updates.handle();
        // Nothing else of this: the watch is a part of it, and would keep it for ever.
        let tell = self.parts.tell.clone();
        let (task, abort) = abortable(async move {
            while let Some(update) = updates.next().await {
                match update {
                    Live::Connected => tell.tell(Message::LiveUp(visit)),
                    Live::Item(told) => tell.tell(Message::CallerSeen(visit, caller(told))),
                    Live::Disconnected { .. } => tell.tell(Message::LiveLost(visit)),
                    Live::Refused { .. } => tell.tell(Message::LinkRefused(visit)),
                    // The last item said how it ended.
                    Live::Connecting | Live::Ended => {}
                }
            }
        });
        // The one before ends as this takes its place.
        *held(&self.parts.watch) = Some(Watch { handle, abort });
        platform::spawn(async move {
            // Ended or aborted: either way there is nothing left to do.
            let _ = task.await;
        });
    }
}

// From the client's values to the app's own.

fn moment(instant: standby_client::Instant) -> Moment {
    Moment(instant.epoch_milliseconds())
}

fn count(number: i32) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

fn clinic(told: standby_client::Clinic) -> Clinic {
    Clinic {
        name: told.name,
        is_open: told.is_open,
        offline_queueing: told.offline_queueing,
        entry_fields: told
            .entry_fields
            .into_iter()
            .map(|field| EntryField {
                key: field.key,
                label: field.label,
                is_required: field.is_required,
            })
            .collect(),
        consent_text: told.consent_text.filter(|text| !text.trim().is_empty()),
    }
}

fn caller(told: standby_client::Caller) -> Caller {
    Caller {
        standing: standing(&told),
        id: told.id.into_inner(),
        version: i64::from(told.version),
        phone: told.phone.map(|phone| Phone {
            number: phone.number,
            is_verified: phone.is_verified,
        }),
        may_step_away: told.may_set_phone_aside,
        texts_stopped: told.texts_stopped,
        recall: told
            .recall
            .filter(|recall| recall.returned_at.is_none())
            .map(|recall| recall.id.into_inner()),
        verification: told.verification.map(|outstanding| Verification {
            number: outstanding.number,
            sent_at: moment(outstanding.sent_at),
            resend_at: moment(outstanding.resend_at),
            attempts_left: count(outstanding.attempts_left),
            delivery: delivery(outstanding.sms),
        }),
    }
}

fn standing(told: &standby_client::Caller) -> Standing {
    let place = told.position.map(|position| Place {
        number: count(position.place),
        ahead_away: count(position.ahead_offline),
    });
    let room = told
        .room
        .as_ref()
        .and_then(|room| RoomLink::read(&room.url));
    let recall = told.recall.as_ref();
    // However often somebody looks elsewhere until a provider joins.
    let is_back = recall.is_some_and(|recall| recall.returned_at.is_some());
    match told.status {
        CallerStatus::Offline => Standing::Offline { place },
        CallerStatus::BeingSeen => Standing::BeingSeen { room },
        CallerStatus::OnHold => Standing::OnHold { room },
        CallerStatus::Completed => Standing::Ended(End::Completed),
        CallerStatus::Cancelled => {
            let reason = told.end.as_ref().and_then(|end| end.reason.clone());
            Standing::Ended(End::Cancelled { reason })
        }
        CallerStatus::Left => Standing::Ended(match &told.end {
            Some(end) if end.how == CallerEndKind::LostContact => End::LostContact {
                is_resumable: end.is_resumable,
            },
            _ => End::LeftByCaller {
                by_text: has_replied_to_leave(told),
            },
        }),
        // A status that is newer than this app is neither joined nor over as far as it can tell.
        CallerStatus::Waiting | CallerStatus::Unrecognised => Standing::Waiting { place, is_back },
    }
}

fn has_replied_to_leave(told: &standby_client::Caller) -> bool {
    let reply = told.recall.as_ref().and_then(|recall| recall.reply);
    reply.is_some_and(|reply| reply.answer == RecallAnswer::Leaving)
}

fn delivery(sms: standby_client::SmsDelivery) -> Delivery {
    match sms.state {
        SmsState::Queued | SmsState::Sending => return Delivery::Queued,
        // A state that is newer than this app is told as the one that promises least.
        SmsState::Sent | SmsState::Unrecognised => return Delivery::Sent,
        SmsState::Delivered => return Delivery::Delivered,
        SmsState::Unknown => return Delivery::Unknown,
        SmsState::Failed => {}
    }
    Delivery::Failed(match sms.failure {
        Some(SmsFailure::InvalidNumber) => DeliveryFailure::InvalidNumber,
        Some(SmsFailure::Landline) => DeliveryFailure::Landline,
        Some(SmsFailure::Unreachable) => DeliveryFailure::Unreachable,
        Some(SmsFailure::OptedOut) => DeliveryFailure::OptedOut,
        Some(SmsFailure::Blocked) => DeliveryFailure::Blocked,
        Some(SmsFailure::ProviderUnavailable) => DeliveryFailure::ProviderUnavailable,
        _ => DeliveryFailure::Other,
    })
}

fn trouble(error: ClientError) -> Trouble {
    match error {
        ClientError::Unauthorized => Trouble::LinkUnknown,
        ClientError::Unreachable { .. } => Trouble::Unreachable,
        ClientError::Fault(_) => Trouble::Broken,
        ClientError::Refused(refusal) => Trouble::Refused(
            refusal.errors.into_iter().map(reason).collect(),
            refusal.caller.map(|told| Box::new(caller(*told))),
        ),
    }
}

fn reason(error: standby_client::UserError) -> Refusal {
    let kind = match error.code {
        UserErrorCode::InvalidInput => RefusalKind::InvalidInput,
        UserErrorCode::CodeRejected => RefusalKind::CodeRejected {
            attempts_left: count(error.attempts_left.unwrap_or(0)),
        },
        UserErrorCode::RateLimited => match error.retry_at {
            Some(retry_at) => RefusalKind::RateLimited {
                retry_at: moment(retry_at),
            },
            None => RefusalKind::Unavailable,
        },
        UserErrorCode::WrongStatus => RefusalKind::WrongStatus,
        UserErrorCode::NotOffered => RefusalKind::NotOffered,
        UserErrorCode::Unavailable => RefusalKind::Unavailable,
        _ => RefusalKind::Other,
    };
    Refusal {
        kind,
        message: error.message,
        field: error.field,
    }
}
