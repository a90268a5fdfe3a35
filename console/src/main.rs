//! The staff's web console: the live waiting area, its reports, its settings, and who has access to it.
//!
//! Each page has its state and what happens to it, pure: `waiting_area`, `reports`, `settings_form`, `team`, `keys`,
//! `webhooks`, `audit_log`, with `reading` and `work` for what they share. `effects` does what comes out of them;
//! `screens` draw; `words` say it. `desk` holds the states, beside the page. `/console/fixtures` shows every screen
//! without a server.

#![allow(
    unused_qualifications,
    reason = "what `rsx!` makes of an event handler is taken for one"
)]

mod address;
mod audit_log;
mod browser;
mod countries;
mod desk;
mod effects;
mod fixtures;
mod fold;
mod keys;
mod reading;
mod reports;
mod screens;
mod session;
mod settings_form;
mod team;
mod waiting_area;
mod webhooks;
mod words;
mod work;

use std::rc::Rc;

use dioxus::prelude::*;

use address::Page;
use browser::TimeZone;
use effects::administration::Desks;
use effects::{AreaDesk, FormDesk};
use screens::audit_log::AuditLogScreen;
use screens::configure::ConfigureScreen;
use screens::fixtures::FixturesPage;
use screens::frame::{Frame, Sound};
use screens::keys::KeysScreen;
use screens::reports::ReportsScreen;
use screens::sign_in::{AskingScreen, SignInPage, SignedOutScreen};
use screens::team::TeamScreen;
use screens::waiting_area::WaitingAreaScreen;
use screens::webhooks::WebhooksScreen;
use screens::{Clock, Pages, use_clock, use_desk};
use session::{Session, SignedIn, Why};
use settings_form::SettingsForm;
use standby_client::TeamMember;
use waiting_area::{Message, WaitingArea};

/// How long to wait before the server is asked again who is signed in. Milliseconds.
const ASK_AGAIN: u32 = 3_000;

fn main() {
    dioxus::launch(App);
}

#[component]
fn App() -> Element {
    let mut page = use_signal(|| Page::of(&browser::path()));
    use_context_provider(|| Pages(page));
    use_hook(|| {
        Rc::new(browser::on_window("popstate", move |_| {
            page.set(Page::of(&browser::path()));
        }))
    });
    rsx! {
        if page() == Page::Fixtures {
            FixturesPage {}
        } else {
            WithSession { page }
        }
    }
}

#[component]
fn WithSession(page: Signal<Page>) -> Element {
    let mut session = use_signal(|| Session::Asking);
    let ask = use_callback(move |()| {
        spawn(async move {
            loop {
                let answer = session::resume().await;
                // Signed in by a link in the meantime.
                if matches!(*session.peek(), Session::SignedIn(_)) {
                    return;
                }
                let is_unreachable = answer == Session::Unreachable;
                session.set(answer);
                if !is_unreachable {
                    return;
                }
                gloo_timers::future::TimeoutFuture::new(ASK_AGAIN).await;
            }
        });
    });
    use_hook(|| ask.call(()));
    use_hook(|| {
        Rc::new(browser::on_session_elsewhere(move |token| match token {
            Some(_) => {
                session.set(Session::Asking);
                ask.call(());
            }
            None => session.set(Session::SignedOut(Why::SignedOut)),
        }))
    });
    if page() == Page::SignIn {
        return rsx! { SignInPage { session } };
    }
    match session() {
        Session::Asking => rsx! { AskingScreen { is_unreachable: false, on_retry: ask } },
        Session::Unreachable => rsx! { AskingScreen { is_unreachable: true, on_retry: ask } },
        Session::SignedOut(why) => rsx! { SignedOutScreen { why } },
        Session::SignedIn(signed_in) => rsx! {
            // A key counts in a list only: another session, or another role, is another console.
            for signed_in in [signed_in] {
                Console { key: "{signed_in.key()}", signed_in, page, session }
            }
        },
    }
}

#[component]
fn Console(signed_in: SignedIn, page: Signal<Page>, session: Signal<Session>) -> Element {
    let mut session = session;
    let renewed = {
        let signed_in = signed_in.clone();
        move |member| session.set(Session::SignedIn(signed_in.renewed(member)))
    };
    let SignedIn { staff, member, .. } = signed_in;
    let Clock { mut zone, .. } = use_clock();
    let ended = move || {
        browser::forget_session();
        session.set(Session::SignedOut(Why::Ended));
    };
    let live = use_hook(|| Rc::new(effects::connect(&staff, &member, ended, renewed)));
    use_hook(|| {
        let handle = live.handle.clone();
        Rc::new(browser::on_return(move || handle.wake()))
    });
    let desk: AreaDesk = use_context_provider(|| live.desk.clone());
    let form_desk: FormDesk = use_context_provider(|| {
        let desk = desk.clone();
        effects::settings(&staff, &member, ended, move |settings| {
            // What is changed here shows at once.
            desk.send(Message::ClinicRead {
                is_open: settings.is_open,
                time_zone: settings.time_zone.clone(),
            });
        })
    });
    let desks = use_hook(|| effects::administration::desks(&staff, &member, ended));
    use_desks(&desks);
    let area = use_desk(&desk);
    let form = use_desk(&form_desk);
    let time_zone = use_memo(move || area.read().time_zone.clone());
    use_effect(move || {
        if let Some(name) = time_zone() {
            zone.set(TimeZone::of_clinic(&name));
        }
    });
    let (connection, sound) = {
        let area = area.read();
        (area.connection, Sound::of(&area))
    };
    let has_unsaved = form.read().is_changed();
    {
        let form_desk = form_desk.clone();
        use_hook(move || {
            Rc::new(browser::on_window("beforeunload", move |event| {
                // The browser asks whether to leave: what was typed would be gone.
                if form_desk.state().is_changed() {
                    event.prevent_default();
                }
            }))
        });
    }
    {
        let (desk, clinic) = (desk.clone(), member.clinic.name.clone());
        use_effect(move || {
            page();
            effects::show_title(&desk, &clinic);
        });
    }
    let sign_out = move |()| {
        let staff = staff.clone();
        session.set(Session::SignedOut(Why::SignedOut));
        browser::run(session::sign_out(staff));
    };
    rsx! {
        Frame {
            member: member.clone(),
            connection,
            sound,
            has_unsaved,
            on_sound: move |sound| desk.send(Message::SoundSwitched(sound)),
            on_sign_out: sign_out,
            PageOf { page: page(), area, form, member: member.clone() }
        }
    }
}

/// The page that is open.
#[component]
fn PageOf(
    page: Page,
    area: ReadSignal<WaitingArea>,
    form: ReadSignal<SettingsForm>,
    member: TeamMember,
) -> Element {
    match page {
        Page::Reports => rsx! { ReportsScreen {} },
        Page::Configure => rsx! { ConfigureScreen { form } },
        Page::Team => rsx! { TeamScreen { viewer: member } },
        Page::Keys => rsx! { KeysScreen {} },
        Page::Webhooks => rsx! { WebhooksScreen {} },
        Page::AuditLog => rsx! { AuditLogScreen {} },
        Page::WaitingArea | Page::SignIn | Page::Fixtures => rsx! {
            WaitingAreaScreen { area, member }
        },
    }
}

/// Puts the desks where the screens find them.
fn use_desks(desks: &Desks) {
    use_context_provider(|| desks.team.clone());
    use_context_provider(|| desks.keys.clone());
    use_context_provider(|| desks.webhooks.clone());
    use_context_provider(|| desks.audit_log.clone());
    use_context_provider(|| desks.reports.clone());
}
