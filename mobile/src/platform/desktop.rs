//! What a Linux desktop does for the app, asked over D-Bus: it shows notices and leaves the screen on. By
//! the interfaces of freedesktop.org; where a desktop has none of them, it does nothing.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread;

use gio::glib::{self, Variant, VariantTy, prelude::ToVariant};
use gio::{BusType, Cancellable, DBusCallFlags, DBusConnection, DBusSignalFlags};

use crate::notice::Notice;

/// How long the desktop may take to answer. Milliseconds.
const PATIENCE: i32 = 2_000;

/// A service and its one object. Each of these calls its interface like itself.
struct Service {
    name: &'static str,
    object: &'static str,
}

const BUS: Service = Service {
    name: "org.freedesktop.DBus",
    object: "/org/freedesktop/DBus",
};
/// The Desktop Notifications Specification, 1.2.
const NOTICES: Service = Service {
    name: "org.freedesktop.Notifications",
    object: "/org/freedesktop/Notifications",
};
/// The Idle Inhibition Service.
const SCREEN: Service = Service {
    name: "org.freedesktop.ScreenSaver",
    object: "/org/freedesktop/ScreenSaver",
};

/// What the app is called to the desktop.
const APP: &str = "Standby";

/// Something to be done, after all that was asked before.
enum Order {
    Show(Notice),
    Withdraw,
    KeepAwake(bool),
}

/// The desktop that the app runs on.
pub(super) struct Desktop {
    bus: DBusConnection,
    orders: Sender<Order>,
    /// Whether it shows notices.
    pub(super) shows_notices: bool,
    /// Whether it leaves the screen on.
    pub(super) keeps_awake: bool,
    /// The desktop's number of the notice that is shown. 0 where there is none.
    shown: Arc<AtomicU32>,
}

/// The desktop. `None` where there is none to speak to.
pub(super) fn desktop() -> Option<&'static Desktop> {
    static DESKTOP: OnceLock<Option<Desktop>> = OnceLock::new();
    DESKTOP.get_or_init(Desktop::find).as_ref()
}

impl Desktop {
    fn find() -> Option<Desktop> {
        let bus = gio::bus_get_sync(BusType::Session, Cancellable::NONE).ok()?;
        // A desktop that ends is no reason to end the app.
        bus.set_exit_on_close(false);
        let mut services = names(&bus, "ListNames");
        // Those that the bus would start for whoever asks.
        services.extend(names(&bus, "ListActivatableNames"));
        let has = |service: &Service| services.iter().any(|name| name == service.name);
        let (shows_notices, keeps_awake) = (has(&NOTICES), has(&SCREEN));
        let shown = Arc::new(AtomicU32::new(0));
        let (orders, inbox) = channel();
        let worker = Worker {
            bus: bus.clone(),
            shown: shown.clone(),
            keeps_awake: None,
        };
        // A thread of its own: an answer may take its time, and orders keep their order.
        let thread = thread::Builder::new().name("desktop".to_owned());
        thread.spawn(move || worker.attend(&inbox)).ok()?;
        Some(Desktop {
            bus,
            orders,
            shows_notices,
            keeps_awake,
            shown,
        })
    }

    /// Does this each time that the notice is pressed, on the thread that has the window. Called there.
    pub(super) fn on_press(&self, raise: fn()) {
        let shown = self.shown.clone();
        self.bus.signal_subscribe(
            Some(NOTICES.name),
            Some(NOTICES.name),
            Some("ActionInvoked"),
            Some(NOTICES.object),
            None,
            DBusSignalFlags::NONE,
            move |_, _, _, _, _, said| {
                // Everybody's notices are told to everybody.
                let pressed = said.get::<(u32, String)>().map(|(number, _)| number);
                if pressed
                    .is_some_and(|number| number != 0 && number == shown.load(Ordering::Relaxed))
                {
                    raise();
                }
            },
        );
    }

    fn order(&self, order: Order) {
        // Refused only while the program ends.
        let _ = self.orders.send(order);
    }

    /// Shows this notice, in place of any before.
    pub(super) fn show(&self, notice: Notice) {
        self.order(Order::Show(notice));
    }

    /// Shows it no longer.
    pub(super) fn withdraw(&self) {
        self.order(Order::Withdraw);
    }

    /// Leaves the screen on, or no longer.
    pub(super) fn keep_awake(&self, wanted: bool) {
        self.order(Order::KeepAwake(wanted));
    }
}

/// Speaks to the desktop, one order after the other.
struct Worker {
    bus: DBusConnection,
    shown: Arc<AtomicU32>,
    /// What the desktop calls our wish for light.
    keeps_awake: Option<u32>,
}

impl Worker {
    fn attend(mut self, inbox: &Receiver<Order>) {
        for order in inbox {
            match order {
                Order::Show(notice) => self.show(&notice),
                Order::Withdraw => self.withdraw(),
                Order::KeepAwake(wanted) => self.keep_awake(wanted),
            }
        }
    }

    fn show(&self, notice: &Notice) {
        let replaced = self.shown.load(Ordering::Relaxed);
        let values = notify_values(notice, replaced);
        // Not shown: the text message comes all the same.
        if let Some((number,)) = call(&self.bus, &NOTICES, "Notify", &values, "(u)") {
            self.shown.store(number, Ordering::Relaxed);
        }
    }

    fn withdraw(&self) {
        let number = self.shown.swap(0, Ordering::Relaxed);
        if number != 0 {
            // An error where the reader has closed it.
            let _: Option<()> = call(
                &self.bus,
                &NOTICES,
                "CloseNotification",
                &(number,).to_variant(),
                "()",
            );
        }
    }

    fn keep_awake(&mut self, wanted: bool) {
        match (wanted, self.keeps_awake.take()) {
            (true, None) => {
                let values = (APP, APP).to_variant();
                let kept: Option<(u32,)> = call(&self.bus, &SCREEN, "Inhibit", &values, "(u)");
                self.keeps_awake = kept.map(|(cookie,)| cookie);
            }
            (false, Some(cookie)) => {
                let _: Option<()> = call(
                    &self.bus,
                    &SCREEN,
                    "UnInhibit",
                    &(cookie,).to_variant(),
                    "()",
                );
            }
            (_, kept) => self.keeps_awake = kept,
        }
    }
}

/// What `Notify` takes: a notice in place of the one with this number, until it is pressed or withdrawn.
fn notify_values(notice: &Notice, replaced: u32) -> Variant {
    let sound = if notice.sound {
        ("sound-name", "message-new-instant".to_variant())
    } else {
        ("suppress-sound", true.to_variant())
    };
    let hints = HashMap::from([sound]);
    let icon = "";
    // Many a desktop reads the text as markup.
    let text = glib::markup_escape_text(&notice.text);
    let pressed = vec!["default", APP];
    let stays = 0_i32;
    let title = notice.title.as_str();
    (
        APP,
        replaced,
        icon,
        title,
        text.as_str(),
        pressed,
        hints,
        stays,
    )
        .to_variant()
}

fn names(bus: &DBusConnection, which: &str) -> Vec<String> {
    let names: Option<(Vec<String>,)> = call(bus, &BUS, which, &().to_variant(), "(as)");
    names.map(|(names,)| names).unwrap_or_default()
}

/// What the service answers. `None` where it does not, or otherwise than it should.
fn call<T: glib::FromVariant>(
    bus: &DBusConnection,
    service: &Service,
    what: &str,
    values: &Variant,
    answer: &str,
) -> Option<T> {
    let answer = VariantTy::new(answer).ok()?;
    let answered = bus.call_sync(
        Some(service.name),
        service.object,
        service.name,
        what,
        Some(values),
        Some(answer),
        DBusCallFlags::NONE,
        PATIENCE,
        Cancellable::NONE,
    );
    answered.ok()?.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(sound: bool) -> Notice {
        Notice {
            title: "Demo & Sons".to_owned(),
            text: "Come back <now>".to_owned(),
            sound,
            vibration: true,
        }
    }

    #[test]
    fn a_notice_is_what_the_specification_takes() {
        let values = notify_values(&notice(true), 7);
        assert_eq!(values.type_().as_str(), "(susssasa{sv}i)");
        assert_eq!(values.child_value(1).get(), Some(7_u32));
        assert_eq!(values.child_value(3).str(), Some("Demo & Sons"));
        assert_eq!(values.child_value(4).str(), Some("Come back &lt;now&gt;"));
    }

    #[test]
    fn a_notice_sounds_only_where_that_was_chosen() {
        let hints = |sound| {
            let hints = notify_values(&notice(sound), 0).child_value(6);
            hints.get::<HashMap<String, Variant>>().expect("hints")
        };
        assert!(hints(true).contains_key("sound-name"));
        assert!(!hints(true).contains_key("suppress-sound"));
        let silent = hints(false);
        assert_eq!(silent["suppress-sound"].get(), Some(true));
        assert!(!silent.contains_key("sound-name"));
    }
}
