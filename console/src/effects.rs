//! Does what the reducers ask for: talks to the server, opens rooms, moves the keyboard.

pub(crate) mod administration;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use futures_util::StreamExt;
use futures_util::future::AbortHandle;
use standby_client::{
    Caller, CallerStatus, ClientError, Id, Live, LiveHandle, LiveUpdates, Staff, TeamMember,
    WaitingAreaEvent,
};
use web_sys::Window;

use crate::address::Page;
use crate::browser::{self, Bell, Listener};
use crate::desk::Desk;
use crate::settings_form::{self, SettingsForm};
use crate::waiting_area::{
    self, CallerId, Command, Connection, Copied, Done, Effect, Message, Place, Request, WaitingArea,
};
use crate::{fixtures, session, words};

/// The waiting area's desk.
pub(crate) type AreaDesk = Desk<WaitingArea, Message, Effect>;
/// The settings' desk.
pub(crate) type FormDesk = Desk<SettingsForm, settings_form::Message, settings_form::Effect>;

/// A signed-in member's live waiting area. Dropped, it disconnects.
pub(crate) struct LiveArea {
    pub(crate) desk: AreaDesk,
    /// Told when the page is seen again.
    pub(crate) handle: LiveHandle,
    /// What goes on beside the page until this is dropped.
    running: Vec<AbortHandle>,
    /// The first press lets arrivals be heard.
    _presses: [Listener; 2],
}

impl Drop for LiveArea {
    fn drop(&mut self) {
        for task in &self.running {
            task.abort();
        }
    }
}

/// Connects to the waiting area of a member's clinic. `ended` is called when the session turns out to be over,
/// `renewed` with the member as they now are when an admin has given them another role.
pub(crate) fn connect(
    staff: &Staff,
    member: &TeamMember,
    ended: impl FnMut() + Clone + 'static,
    renewed: impl FnMut(TeamMember) + 'static,
) -> LiveArea {
    let tabs: RefCell<HashMap<CallerId, Window>> = RefCell::default();
    let bell = Rc::new(Bell::default());
    let state = WaitingArea::new(member.clinic.is_open, browser::sound());
    let desk = {
        let bell = Rc::clone(&bell);
        let (staff, ended) = (staff.clone(), RefCell::new(ended.clone()));
        let clinic_id = member.clinic.id.clone();
        Desk::new(
            state,
            waiting_area::reduce,
            move |desk: &AreaDesk, effect| match effect {
                Effect::Send { request, caller } => {
                    let command = request.command();
                    if command == Command::Join
                        && let Some(tab) = browser::open_tab()
                    {
                        tabs.borrow_mut().insert(caller.clone(), tab);
                    }
                    let (desk, staff) = (desk.clone(), staff.clone());
                    browser::run(async move {
                        let answer = ask(&staff, request, &caller).await;
                        desk.send(Message::Answered {
                            command,
                            caller,
                            answer,
                            at: browser::now(),
                        });
                    });
                }
                Effect::ReadActivity(caller) => {
                    let (desk, staff) = (desk.clone(), staff.clone());
                    browser::run(async move {
                        let answer = staff.activity(&Id::from(caller.as_str())).await;
                        desk.send(Message::ActivityRead { caller, answer });
                    });
                }
                Effect::Erase(caller) => {
                    let (desk, staff) = (desk.clone(), staff.clone());
                    browser::run(async move {
                        let answer = staff.erase(&Id::from(caller.as_str())).await;
                        desk.send(Message::Erased { caller, answer });
                    });
                }
                Effect::ReadEnded => read_ended(desk, &staff, &clinic_id),
                Effect::Settle { until } => settle(desk, until),
                Effect::ShowRoom { caller, room } => {
                    let tab = tabs.borrow_mut().remove(&caller);
                    if !tab.is_some_and(|tab| browser::lead(&tab, &room.url)) {
                        let at = browser::now();
                        desk.send(Message::RoomBlocked { caller, at });
                    }
                }
                Effect::CloseRoom(caller) => {
                    if let Some(tab) = tabs.borrow_mut().remove(&caller) {
                        browser::close_tab(&tab);
                    }
                }
                Effect::Focus(place) => focus(place),
                Effect::Chime => try_sound(desk, bell.chime()),
                Effect::RememberSound(sound) => browser::keep_sound(sound),
                Effect::Copy { what, text } => copy(desk, what, text),
                Effect::EndSession => (ended.borrow_mut())(),
            },
        )
    };

    let updates = staff.live(&member.clinic.id);
    let handle = updates.handle();
    let running = vec![
        follow(updates, &desk, staff, member, ended, renewed),
        watch_clinic(&desk, staff, &member.clinic.id),
        watch_erasing(&desk, staff, &member.clinic.id),
        watch_session(&desk, staff, member.session.clone()),
    ];
    let presses = {
        let desk = desk.clone();
        browser::on_press(move || {
            let state = desk.state();
            if state.sound && !(state.is_heard && bell.is_awake()) {
                try_sound(&desk, bell.wake());
            }
        })
    };
    LiveArea {
        desk,
        handle,
        running,
        _presses: presses,
    }
}

/// Tells the desk whether the browser lets arrivals be heard.
fn try_sound(desk: &AreaDesk, tried: impl Future<Output = bool> + 'static) {
    let desk = desk.clone();
    browser::run(async move {
        let is_heard = tried.await;
        desk.send(Message::SoundTried { is_heard });
    });
}

/// Tells the desk what comes over the live connection.
fn follow(
    mut updates: LiveUpdates<WaitingAreaEvent>,
    desk: &AreaDesk,
    staff: &Staff,
    member: &TeamMember,
    mut ended: impl FnMut() + 'static,
    mut renewed: impl FnMut(TeamMember) + 'static,
) -> AbortHandle {
    let (desk, staff) = (desk.clone(), staff.clone());
    let (role, clinic) = (member.role, member.clinic.name.clone());
    browser::run(async move {
        let connection_is = |connection| {
            let at = browser::now();
            desk.send(Message::ConnectionChanged { connection, at });
        };
        while let Some(update) = updates.next().await {
            match update {
                Live::Connected => connection_is(Connection::Live),
                Live::Item(event) => {
                    let at = browser::now();
                    desk.send(Message::Happened { event, at });
                    show_title(&desk, &clinic);
                }
                Live::Disconnected { .. } => connection_is(Connection::Lost),
                Live::Refused { .. } => {
                    connection_is(Connection::Lost);
                    match still_signed_in(&staff).await {
                        Some(member) => {
                            if member.role == role {
                                // Changed, and changed back; or for a reason that is not known, and may last.
                                gloo_timers::future::TimeoutFuture::new(ASKED_AGAIN_AFTER).await;
                            }
                            renewed(member);
                        }
                        None => ended(),
                    }
                }
                Live::Connecting | Live::Ended => {}
            }
        }
    })
}

/// Whose session this is, also after its connection was closed: a role that was changed closes it, and the session
/// goes on. None when it is over.
async fn still_signed_in(staff: &Staff) -> Option<TeamMember> {
    loop {
        match staff.viewer().await {
            Ok(member) => return Some(member),
            Err(ClientError::Unauthorized) => return None,
            Err(_) => gloo_timers::future::TimeoutFuture::new(ASKED_AGAIN_AFTER).await,
        }
    }
}

/// How long after no answer came it is asked again. Milliseconds.
const ASKED_AGAIN_AFTER: u32 = 3_000;

/// How often it is asked what no event tells of the clinic. Milliseconds.
const CLINIC_ASKED_EVERY: u32 = 30_000;

/// Tells what no event tells of the clinic, again and again: whether it is open, its time zone, whether codes are
/// paused.
fn watch_clinic(desk: &AreaDesk, staff: &Staff, clinic: &Id) -> AbortHandle {
    let (desk, staff, clinic) = (desk.clone(), staff.clone(), clinic.clone());
    browser::run(async move {
        loop {
            let answer = staff.clinic_now(&clinic).await;
            // Without an answer, what was known holds until it is over.
            let known = desk.state().codes_paused_until;
            let mut again = CLINIC_ASKED_EVERY;
            let until = if let Ok(now) = answer {
                now.and_then(|now| {
                    desk.send(Message::ClinicRead {
                        is_open: now.is_open,
                        time_zone: now.time_zone,
                    });
                    let until = now.codes_paused_until;
                    until.map(standby_client::Instant::epoch_milliseconds)
                })
            } else {
                // Until its time zone is known, times are told as this browser has them.
                if desk.state().time_zone.is_none() {
                    again = ASKED_AGAIN_AFTER;
                }
                known
            };
            let at = browser::now();
            if until.is_some() || known.is_some() {
                desk.send(Message::PauseRead { until, at });
            }
            let left = until.map_or(i64::MAX, |until| (until - at).max(1_000));
            let left = u32::try_from(left).unwrap_or(u32::MAX);
            gloo_timers::future::TimeoutFuture::new(left.min(again)).await;
        }
    })
}

/// The longest that is waited at a time: a device that sleeps does not count it. Milliseconds.
const SESSION_LOOKED_AT_EVERY: i64 = 30_000;

/// Tells once that the session ends, when it ends soon. Asks first when that is, where it is not known yet.
fn watch_session(
    desk: &AreaDesk,
    staff: &Staff,
    known: Option<standby_client::Session>,
) -> AbortHandle {
    let (desk, staff) = (desk.clone(), staff.clone());
    browser::run(async move {
        let own = match known {
            Some(own) => Some(own),
            None => still_signed_in(&staff)
                .await
                .and_then(|member| member.session),
        };
        // Over by now: whatever is asked next tells so.
        let Some(own) = own else {
            return;
        };
        loop {
            let at = browser::now();
            let left = session::told_in(&own, at);
            if left <= 0 {
                desk.send(Message::SessionEnding { session: own, at });
                return;
            }
            let left = u32::try_from(left.min(SESSION_LOOKED_AT_EVERY)).unwrap_or_default();
            gloo_timers::future::TimeoutFuture::new(left).await;
        }
    })
}

/// How often it is asked whose details were erased: no event tells of it. Milliseconds.
const ERASING_ASKED_EVERY: u32 = 120_000;

/// Reads whose stay ended again and again, for as long as there are details of theirs on this screen.
fn watch_erasing(desk: &AreaDesk, staff: &Staff, clinic: &Id) -> AbortHandle {
    let (desk, staff, clinic) = (desk.clone(), staff.clone(), clinic.clone());
    browser::run(async move {
        loop {
            gloo_timers::future::TimeoutFuture::new(ERASING_ASKED_EVERY).await;
            if desk.state().has_details_of_ended() {
                read_ended(&desk, &staff, &clinic);
            }
        }
    })
}

/// Says on the page's tab where one is and how many are Waiting.
pub(crate) fn show_title(desk: &AreaDesk, clinic: &str) {
    let page = Page::of(&browser::path());
    let waiting = desk.state().counts().waiting;
    browser::set_title(&words::title(page, waiting, clinic));
}

/// Sends word once rows that moved stand still.
fn settle(desk: &AreaDesk, until: i64) {
    let desk = desk.clone();
    browser::run(async move {
        // Should the device's clock be set meanwhile, it still is over soon.
        let span = u32::try_from((until - browser::now()).clamp(0, 1_000)).unwrap_or_default();
        gloo_timers::future::TimeoutFuture::new(span).await;
        desk.send(Message::Settled { until });
    });
}

/// Reads whose stay ended today.
fn read_ended(desk: &AreaDesk, staff: &Staff, clinic: &Id) {
    let (desk, staff, clinic) = (desk.clone(), staff.clone(), clinic.clone());
    browser::run(async move {
        let today = browser::start_of_today();
        // What ends from here on is heard of anyway: this is worth no second attempt.
        if let Ok(callers) = ended_callers(&staff, &clinic).await {
            desk.send(Message::EndedRead { callers, today });
        }
    });
}

/// The latest arrivals whose stay has ended, in arrival order.
async fn ended_callers(staff: &Staff, clinic: &Id) -> Result<Vec<Caller>, ClientError> {
    const ENDED: [CallerStatus; 3] = [
        CallerStatus::Completed,
        CallerStatus::Left,
        CallerStatus::Cancelled,
    ];
    /// Several times as many as are kept on screen: who stayed long and ended lately arrived before many who have
    /// ended.
    const LATEST: i32 = 200;
    let callers = staff.latest_callers(clinic, &ENDED, LATEST).await?;
    Ok(callers.unwrap_or_default())
}

async fn ask(staff: &Staff, request: Request, caller: &str) -> Result<Done, ClientError> {
    let id = Id::from(caller);
    let caller = match request {
        Request::Join => {
            let joined = staff.join(&id).await?;
            return Ok(Done {
                caller: Some(joined.caller),
                room: Some(joined.room),
            });
        }
        Request::Recall => staff.recall(&id).await?,
        Request::Cancel { reason } => staff.cancel(&id, reason).await?,
        Request::Hold => staff.hold(&id).await?,
        Request::Complete => staff.complete(&id).await?,
        Request::VerifyByPhone { number } => staff.verify_phone(&id, number).await?,
    };
    Ok(Done {
        caller: Some(caller),
        room: None,
    })
}

/// The settings of a member's clinic. `saved` is told the settings whenever they are known anew.
pub(crate) fn settings(
    staff: &Staff,
    member: &TeamMember,
    ended: impl FnMut() + 'static,
    saved: impl FnMut(&standby_client::ClinicSettings) + 'static,
) -> FormDesk {
    use settings_form::{Effect, Message};

    let (staff, clinic) = (staff.clone(), member.clinic.id.clone());
    let (ended, saved) = (RefCell::new(ended), Rc::new(RefCell::new(saved)));
    Desk::new(
        SettingsForm::default(),
        settings_form::reduce,
        move |desk: &FormDesk, effect| {
            let (desk, staff, clinic, saved) = (
                desk.clone(),
                staff.clone(),
                clinic.clone(),
                Rc::clone(&saved),
            );
            match effect {
                Effect::Read => {
                    browser::run(async move {
                        let read = staff.settings(&clinic).await;
                        desk.send(Message::Read(read));
                    });
                }
                Effect::Save(change) => {
                    browser::run(async move {
                        let answer = staff.update_settings(&clinic, *change).await;
                        if let Ok(settings) = &answer {
                            (saved.borrow_mut())(settings);
                        }
                        desk.send(Message::Saved(answer));
                    });
                }
                Effect::Preview {
                    question,
                    is_typing,
                    recall_words,
                    reply_words,
                } => {
                    browser::run(async move {
                        if is_typing {
                            gloo_timers::future::TimeoutFuture::new(TYPING).await;
                        }
                        // Meanwhile more may have been typed: then that is asked instead.
                        if !desk.state().previews.is_last(question) {
                            return;
                        }
                        let answer = staff
                            .preview_texts(&clinic, &recall_words, reply_words)
                            .await;
                        desk.send(Message::Previewed { question, answer });
                    });
                }
                Effect::Focus(field) => focus_field(field),
                Effect::EndSession => (ended.borrow_mut())(),
            }
        },
    )
}

/// How long nothing must be typed until it is asked what the texts would be. Milliseconds.
const TYPING: u32 = 300;

/// Moves the keyboard to a field of a form, and the field into sight.
fn focus_field(id: String) {
    browser::run(async move {
        // Until the page is drawn as it is to be.
        gloo_timers::future::TimeoutFuture::new(40).await;
        browser::focus(&id);
    });
}

/// A waiting area that looks as a fixture says and asks no server. Dialogs open and close as they do in earnest.
pub(crate) fn waiting_area_of_fixture(name: &str) -> AreaDesk {
    let state = fixtures::waiting_area(name);
    Desk::new(
        state,
        waiting_area::reduce,
        |desk: &AreaDesk, effect| match effect {
            Effect::Focus(place) => focus(place),
            Effect::Copy { what, text } => copy(desk, what, text),
            Effect::ReadActivity(caller) => desk.send(Message::ActivityRead {
                caller,
                answer: Ok(Some(fixtures::activity())),
            }),
            Effect::Send { request, caller } => desk.send(Message::Answered {
                command: request.command(),
                caller,
                answer: Err(ClientError::Unreachable {
                    reason: "a fixture".to_owned(),
                }),
                at: fixtures::NOW,
            }),
            Effect::Erase(caller) => desk.send(Message::Erased {
                caller,
                answer: Err(ClientError::Unreachable {
                    reason: "a fixture".to_owned(),
                }),
            }),
            Effect::Chime => try_sound(desk, Bell::default().chime()),
            Effect::Settle { until } => settle(desk, until),
            Effect::ReadEnded
            | Effect::ShowRoom { .. }
            | Effect::CloseRoom(_)
            | Effect::RememberSound(_)
            | Effect::EndSession => {}
        },
    )
}

/// A form that looks as a fixture says and asks no server.
pub(crate) fn settings_of_fixture(name: &str) -> FormDesk {
    let state = fixtures::settings_form(name);
    Desk::new(
        state,
        settings_form::reduce,
        |desk: &FormDesk, effect| match effect {
            settings_form::Effect::Save(_) => desk.send(settings_form::Message::Saved(Err(
                ClientError::Unreachable {
                    reason: "a fixture".to_owned(),
                },
            ))),
            settings_form::Effect::Focus(field) => focus_field(field),
            settings_form::Effect::Read
            | settings_form::Effect::Preview { .. }
            | settings_form::Effect::EndSession => {}
        },
    )
}

fn copy(desk: &AreaDesk, what: Copied, text: String) {
    let desk = desk.clone();
    browser::run(async move {
        let is_copied = browser::copy(&text).await;
        desk.send(Message::Copied { what, is_copied });
    });
}

/// Moves the keyboard once the page is drawn as it is to be: until then the element may not be there.
fn focus(place: Place) {
    browser::run(async move {
        gloo_timers::future::TimeoutFuture::new(40).await;
        let (id, only_if_lost) = match place {
            Place::Heading => (HEADING.to_owned(), false),
            Place::CancelButton(caller) => (button_id(Command::Cancel, &caller), false),
            Place::VerifyButton(caller) => (button_id(Command::VerifyByPhone, &caller), false),
            Place::ActivityButton(caller) => (activity_button_id(&caller), false),
            Place::ActivityClose => (ACTIVITY_CLOSE.to_owned(), false),
            Place::EraseButton => (ERASE_BUTTON.to_owned(), false),
            Place::KeepButton => (KEEP_BUTTON.to_owned(), false),
            Place::MainButton(caller) => (main_button_id(&caller), true),
        };
        if only_if_lost && !browser::is_focus_lost() {
            return;
        }
        if !browser::focus(&id) {
            browser::focus(HEADING);
        }
    });
}

/// The id of the heading that takes the keyboard when what had it is gone.
pub(crate) const HEADING: &str = "waiting-area";

/// The ids of buttons in the open activity of a caller.
pub(crate) const ACTIVITY_CLOSE: &str = "activity-close";
pub(crate) const ERASE_BUTTON: &str = "erase-details";
pub(crate) const KEEP_BUTTON: &str = "keep-details";

/// The id of what stands in the first place of a caller's buttons.
pub(crate) fn main_button_id(caller: &str) -> String {
    format!("main-{caller}")
}

/// The id of another of a caller's buttons.
pub(crate) fn button_id(command: Command, caller: &str) -> String {
    let word = words::command(command).to_lowercase().replace(' ', "-");
    format!("{word}-{caller}")
}

/// The id of the button that opens a caller's activity.
pub(crate) fn activity_button_id(caller: &str) -> String {
    format!("activity-{caller}")
}
