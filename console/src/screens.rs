//! What staff see. Screens draw a state and send messages; they decide nothing.

pub(crate) mod activity;
pub(crate) mod audit_log;
pub(crate) mod caller_row;
pub(crate) mod cancel;
pub(crate) mod configure;
pub(crate) mod fields;
pub(crate) mod fixtures;
pub(crate) mod frame;
pub(crate) mod icon;
pub(crate) mod keys;
pub(crate) mod page_parts;
pub(crate) mod reports;
pub(crate) mod sign_in;
pub(crate) mod team;
pub(crate) mod vouch;
pub(crate) mod waiting_area;
pub(crate) mod webhooks;

use dioxus::prelude::*;
use dioxus::web::WebEventExt;
use standby_client::Date;

use crate::address::Page;
use crate::browser::{self, TimeZone};
use crate::desk::Desk;

/// The time, as screens see it. In a fixture it stands still.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Clock {
    /// Moves every second: for what ticks.
    pub(crate) now: Signal<i64>,
    /// Moves every five seconds: for what only has to be about right, such as a colour.
    pub(crate) about_now: Memo<i64>,
    /// How the clinic tells the time. Until that is known, as this browser does.
    pub(crate) zone: Signal<TimeZone>,
}

impl Clock {
    /// The day of a moment, where the clinic is.
    pub(crate) fn day(&self, at: i64) -> Date {
        self.zone.read().day(at)
    }

    /// The time of day at a moment, where the clinic is: `10:32`.
    pub(crate) fn time_of_day(&self, at: i64) -> String {
        self.zone.read().time_of_day(at)
    }

    /// The same with seconds, for a log.
    pub(crate) fn exact_time_of_day(&self, at: i64) -> String {
        self.zone.read().exact_time_of_day(at)
    }
}

/// A clock that ticks.
pub(crate) fn use_clock() -> Clock {
    let mut now = use_signal(browser::now);
    use_future(move || async move {
        loop {
            gloo_timers::future::TimeoutFuture::new(1_000).await;
            now.set(browser::now());
        }
    });
    use_clock_of(now, TimeZone::own)
}

/// A clock that stands still.
pub(crate) fn use_stopped_clock(at: i64, zone: &str) -> Clock {
    let now = use_signal(|| at);
    use_clock_of(now, || TimeZone::of_clinic(zone))
}

fn use_clock_of(now: Signal<i64>, zone: impl FnOnce() -> TimeZone) -> Clock {
    let zone = use_signal(zone);
    let about_now = use_memo(move || now() / 5_000 * 5_000);
    use_context_provider(|| Clock {
        now,
        about_now,
        zone,
    })
}

/// What lies on a desk, drawn again whenever it changes.
pub(crate) fn use_desk<S: Clone + 'static, M: 'static, E: 'static>(
    desk: &Desk<S, M, E>,
) -> Signal<S> {
    let mut shown = use_signal(|| desk.state());
    let desk = desk.clone();
    use_future(move || {
        let desk = desk.clone();
        async move {
            loop {
                desk.changed().await;
                shown.set(desk.state());
            }
        }
    });
    shown
}

/// What puts a message on a desk.
pub(crate) fn use_send<T: 'static, S: Clone + 'static, M: 'static, E: 'static>(
    desk: &Desk<S, M, E>,
    message: fn(T) -> M,
) -> Callback<T> {
    let desk = desk.clone();
    use_callback(move |told| desk.send(message(told)))
}

/// Which page is open, and the way to another.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Pages(pub(crate) Signal<Page>);

impl Pages {
    /// Opens a page.
    pub(crate) fn open(mut self, page: Page) {
        browser::go_to(page.path());
        self.0.set(page);
    }
}

/// Opens a dialog as soon as it is on the page.
pub(crate) fn open_dialog(event: &Event<MountedData>) {
    if let Some(element) = event.data().try_as_web_event() {
        browser::show_modal(&element);
    }
}
