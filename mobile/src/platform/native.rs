//! What the native shells have in common: a webview with the page in it, and around it a program that
//! goes on while the page is hidden.
//!
//! The app's components stand still while the page is hidden: their renders wait for a page that draws
//! nothing. So whatever must not wait happens here, on threads of their own: requests, live updates,
//! and above all the report that the app is seen no longer.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use dioxus::dioxus_core::VirtualDom;
use dioxus::prelude::Element;
use dioxus_desktop::Config;
use dioxus_desktop::tao::event::{Event, WindowEvent};
use dioxus_desktop::wry::http::{Request, Response};
use futures_channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use standby_client::{DeviceId, Endpoint};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use super::page::{self, PROTOCOL, Said};
use super::reports::Reports;
use super::{Keep, LaunchFailure, system};
use crate::link;
use crate::notice::Notice;
use crate::presence::Input;
use crate::stay::{Address, LinkToken, Moment};
use crate::viewing::{Sign, Signs, Viewing};

pub(crate) use std::marker::Send as MaybeSend;

/// How long a program that ends waits for the server to know that the app is seen no longer. On a good
/// network that takes a fraction of it; on none, the server finds out by itself.
const LAST_WORD: Duration = Duration::from_millis(1_500);

/// What a device keeps for the app, where only the app gets at it. What cannot be kept is not, and all
/// else works.
pub(super) trait Storage: Send + Sync {
    /// What is kept under this name.
    fn read(&self, name: &str) -> Option<String>;
    /// Keeps this under this name.
    fn write(&self, name: &str, text: &str);
    /// Keeps it no longer.
    fn remove(&self, name: &str);
}

/// Everything around the page. There is one in a program, as there is one page at a time.
struct Shell {
    runtime: Runtime,
    origin: String,
    device_id: DeviceId,
    reports: Reports,
    storage: Box<dyn Storage>,
    /// What is kept as long as the app runs.
    in_tab: Mutex<BTreeMap<String, String>>,
    /// Where the app is. `None` where it was opened by no link.
    address: Mutex<Option<Address>>,
    signs: Mutex<Signs>,
    /// Who is told: the app in the page.
    viewer: Mutex<Option<UnboundedSender<Viewing>>>,
    on_escape: Mutex<Option<Listener>>,
    on_address_changed: Mutex<Option<Listener>>,
    /// Who waits for the reader to allow notices, or not to.
    asking: Mutex<Option<oneshot::Sender<bool>>>,
}

type Listener = Box<dyn Fn() + Send>;

static SHELL: OnceLock<Shell> = OnceLock::new();

fn held<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts the app in a window of its own. Returns where it cannot be started, or need not be because it
/// runs already; else the program ends with the app.
pub(crate) fn launch(app: fn() -> Element) -> Result<(), LaunchFailure> {
    let shell = match SHELL.get() {
        // Android may make an activity anew while the program of the last one still says its last word.
        Some(shell) => shell,
        None => match begin()? {
            Some(shell) => shell,
            None => return Ok(()),
        },
    };
    let _entered = shell.runtime.enter();
    // Both before the first event: a link that starts the app comes among the first.
    let config = Config::new()
        .with_custom_index(page::index())
        .with_disable_context_menu(true)
        .with_custom_event_handler(move |event, _| shell.happened(event))
        .with_asynchronous_custom_protocol(PROTOCOL, move |_, request, responder| {
            shell.heard(&request);
            responder.respond(nothing_to_say());
        });
    dioxus_desktop::launch::launch_virtual_dom(VirtualDom::new(app), system::window(config))
}

/// Makes everything around the page. `None` where another start of the program runs, which has the link now.
fn begin() -> Result<Option<&'static Shell>, LaunchFailure> {
    let origin = system::server().ok_or(LaunchFailure::ServerUnknown)?;
    let origin = origin.trim_end_matches('/').to_owned();
    let endpoint = Endpoint::new(&origin).map_err(|_| LaunchFailure::ServerUnknown)?;
    let device_id = DeviceId::random().map_err(|_| LaunchFailure::NoRandomness)?;
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|_| LaunchFailure::NoThreads)?;
    let link = system::first_link();
    let Some(instance) = system::claim(&runtime, link.as_deref()) else {
        return Ok(None);
    };
    let reports = Reports::begin(runtime.handle(), endpoint, device_id.clone());
    let address = link.map(|link| link::read(&link, &origin));
    let shell = SHELL.get_or_init(|| Shell {
        runtime,
        origin,
        device_id,
        reports,
        storage: system::storage(),
        in_tab: Mutex::default(),
        address: Mutex::new(address),
        signs: Mutex::default(),
        viewer: Mutex::default(),
        on_escape: Mutex::default(),
        on_address_changed: Mutex::default(),
        asking: Mutex::default(),
    });
    system::attend(shell.runtime.handle(), instance);
    Ok(Some(shell))
}

fn nothing_to_say() -> Response<Vec<u8>> {
    let mut response = Response::new(Vec::new());
    let headers = response.headers_mut();
    // The page is another origin than the protocol.
    if let Ok(any) = "*".parse() {
        headers.insert("access-control-allow-origin", any);
    }
    response
}

/// What an event of the system says of whether the app is seen.
///
/// On iOS the first two mean that it is active or not. It is not in the app switcher, under a full-screen
/// call, the control centre or a question of the system's, nor once the phone is locked; both halves of a
/// split screen are. On Android they mean that it is resumed or paused. It is paused in the app switcher,
/// under a full-screen call, behind whatever else takes the screen, and when the phone is locked. Since
/// version 10 both halves of a split screen are resumed; before, the activity says that a paused half is
/// still seen (`MainActivity.kt`). On both, an app that the reader ends was paused first; one that the
/// system or a flat battery ends says nothing, and the server finds out by itself.
fn sign_of<T>(event: &Event<'_, T>) -> Option<Sign> {
    match event {
        Event::Resumed => Some(Sign::Shell(Viewing::Foreground)),
        Event::Suspended => Some(Sign::Paused),
        Event::LoopDestroyed
        | Event::WindowEvent {
            event: WindowEvent::CloseRequested | WindowEvent::Destroyed,
            ..
        } => Some(Sign::Shell(Viewing::Background)),
        _ => None,
    }
}

impl Shell {
    /// The system says something.
    fn happened<T>(&self, event: &Event<'_, T>) {
        if let Some(sign) = sign_of(event) {
            self.sign(sign);
        }
        match event {
            Event::Opened { urls } => urls.iter().for_each(|url| self.open(url.as_str())),
            Event::Suspended => system::outlive_suspension(&self.reports),
            Event::LoopDestroyed => self.reports.settle(LAST_WORD),
            _ => {}
        }
    }

    /// The page says something.
    fn heard(&self, request: &Request<Vec<u8>>) {
        match page::read(request.uri().path(), request.uri().query()) {
            Some(Said::Viewing { number, viewing }) => self.sign(Sign::Page { number, viewing }),
            Some(Said::Online) => {
                self.reports.take(Input::Online);
                // Whoever reconnects when the app is seen again need not wait now either.
                if held(&self.signs).viewing() == Some(Viewing::Foreground) {
                    self.show(Viewing::Foreground);
                }
            }
            Some(Said::Escape) => call(&self.on_escape),
            Some(Said::MayNotify(may)) => answered(Some(may)),
            Some(Said::Link(link)) => self.open(&link),
            None => {}
        }
    }

    fn sign(&self, sign: Sign) {
        // Held until everybody has it, so that nobody hears the news in another order.
        let mut signs = held(&self.signs);
        if let Some(viewing) = signs.take(sign) {
            self.reports.take(Input::Viewing(viewing));
            self.show(viewing);
        }
    }

    fn show(&self, viewing: Viewing) {
        if let Some(viewer) = &*held(&self.viewer) {
            // Refused only once the app is gone.
            let _ = viewer.unbounded_send(viewing);
        }
    }

    /// A link is opened: the first, or another while the app runs.
    fn open(&self, text: &str) {
        *held(&self.address) = Some(link::read(text, &self.origin));
        call(&self.on_address_changed);
    }
}

fn call(listener: &Mutex<Option<Listener>>) {
    if let Some(listener) = &*held(listener) {
        listener();
    }
}

/// A link was handed over by another start of the program. Nothing is one, too: then it is shown.
#[cfg(target_os = "linux")]
pub(super) fn open(link: &str) {
    if let Some(shell) = SHELL.get()
        && !link.is_empty()
    {
        shell.open(link);
    }
}

/// Now, by this device's clock.
pub(crate) fn now() -> Moment {
    Moment(standby_client::Instant::now().epoch_milliseconds())
}

/// Waits so many milliseconds.
pub(crate) fn sleep(milliseconds: i64) -> impl Future<Output = ()> + Send {
    let milliseconds = u64::try_from(milliseconds).unwrap_or(0);
    tokio::time::sleep(Duration::from_millis(milliseconds))
}

/// Does this beside everything else, whether the page is hidden or not.
pub(crate) fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    if let Some(shell) = SHELL.get() {
        shell.runtime.spawn(task);
    }
}

// The address

/// Where the server is.
pub(crate) fn origin() -> String {
    SHELL
        .get()
        .map(|shell| shell.origin.clone())
        .unwrap_or_default()
}

/// Where the app was opened. `None` where no link opened it.
pub(crate) fn address() -> Option<Address> {
    SHELL.get().and_then(|shell| held(&shell.address).clone())
}

/// What follows `?` in the address: a shell shows no fixtures.
pub(crate) fn query() -> String {
    String::new()
}

/// Whether the address has this path: a shell has none but those of links.
pub(crate) fn is_at(_: &str) -> bool {
    false
}

/// Where the app is from now on.
pub(crate) fn show_address(address: &Address) {
    if let Some(shell) = SHELL.get() {
        *held(&shell.address) = Some(address.clone());
    }
}

// The page. These are called by components, which have one.

fn evaluate(script: &str) {
    // Refused where the page is gone, and the app with it.
    let _ = dioxus_desktop::window().webview.evaluate_script(script);
}

/// A text as it stands in a script.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_else(|_| "\"\"".to_owned())
}

/// What the window is called, and the page in it for those who hear it.
pub(crate) fn show_title(title: &str) {
    dioxus_desktop::window().set_title(title);
    evaluate(&format!("document.title = {};", quoted(title)));
}

/// The languages of the reader, the best first, as the system has them.
pub(crate) fn languages() -> Vec<String> {
    system::languages()
}

/// Says which language the page is in, and which way that runs.
pub(crate) fn show_language(code: &str, direction: &str) {
    evaluate(&format!(
        "document.documentElement.lang = {}; document.documentElement.dir = {};",
        quoted(code),
        quoted(direction)
    ));
}

/// Removes the page's first paint.
pub(crate) fn remove_first_paint() {
    evaluate("document.getElementById('opening')?.remove();");
}

/// Moves the focus to the element with this id, and the element into sight.
pub(crate) fn focus(id: &str) {
    evaluate(&format!(
        "document.getElementById({})?.focus();",
        quoted(id)
    ));
}

/// Scrolls to the top of the page.
pub(crate) fn scroll_to_top() {
    evaluate("window.scrollTo(0, 0);");
}

/// Scrolls as little as brings the whole element with this id into sight.
pub(crate) fn bring_into_sight(id: &str) {
    evaluate(&format!(
        "document.getElementById({})?.scrollIntoView({{ block: 'nearest' }});",
        quoted(id)
    ));
}

// What is seen

/// Whether the app is seen.
pub(crate) fn is_visible() -> bool {
    let viewing = SHELL.get().and_then(|shell| held(&shell.signs).viewing());
    viewing.is_none_or(Viewing::is_foreground)
}

/// Whether the app is seen, each time that it changes. For the life of the app.
pub(crate) fn viewing() -> UnboundedReceiver<Viewing> {
    let (viewer, viewing) = unbounded();
    if let Some(shell) = SHELL.get() {
        *held(&shell.viewer) = Some(viewer);
    }
    viewing
}

/// Tells each time that a link is opened while the app runs.
pub(crate) fn on_address_changed(tell: impl Fn() + Send + 'static) {
    if let Some(shell) = SHELL.get() {
        *held(&shell.on_address_changed) = Some(Box::new(tell));
    }
}

/// Tells each time that Escape is pressed.
pub(crate) fn on_escape(tell: impl Fn() + Send + 'static) {
    if let Some(shell) = SHELL.get() {
        *held(&shell.on_escape) = Some(Box::new(tell));
    }
}

/// What this start of the app is called.
pub(crate) fn device_id() -> Option<String> {
    SHELL.get().map(|shell| shell.device_id.as_str().to_owned())
}

fn report(input: Input) {
    if let Some(shell) = SHELL.get() {
        shell.reports.take(input);
    }
}

/// Reports from now on whether this caller's screen is seen.
pub(crate) fn start_presence(link: &LinkToken) {
    report(Input::Start(link.clone()));
}

/// Reports the same by another link of the stay.
pub(crate) fn report_presence_by(link: &LinkToken) {
    report(Input::GoOn(link.clone()));
}

/// Says that the caller's screen is seen no longer, and nothing after that.
pub(crate) fn stop_presence() {
    report(Input::Stop);
}

/// Reports once more, also where nothing has changed.
pub(crate) fn report_presence_again() {
    report(Input::Again);
}

// What a device can do

/// The code from the text message: only browsers read it.
pub(crate) fn read_code() -> impl Future<Output = Option<String>> + Send {
    std::future::ready(None)
}

/// Reads no code any more.
pub(crate) fn stop_reading_code() {}

/// Whether the screen can be kept on.
pub(crate) fn can_keep_awake() -> bool {
    system::can_keep_awake()
}

/// Keeps the screen on, or no longer.
pub(crate) fn keep_awake(wanted: bool) {
    system::keep_awake(wanted);
}

/// Makes the phone say that something has happened.
pub(crate) fn signal() {
    system::signal();
}

// Notices. All of these may be called from any thread, and while the page is hidden.

/// Whether this device shows notices at all.
pub(crate) fn can_notify() -> bool {
    system::can_notify()
}

/// Asks to show notices, where that is not decided yet. Whether they are allowed; `None` where the question
/// could not be put, or has no answer.
pub(crate) async fn ask_to_notify() -> Option<bool> {
    let shell = SHELL.get()?;
    let (answer, answered) = oneshot::channel();
    held(&shell.signs).ask(true);
    // Whoever waited before is told that nothing came of it.
    *held(&shell.asking) = Some(answer);
    system::ask_to_notify();
    answered.await.ok()
}

/// The reader allows notices, or does not. `None` where there is no answer.
pub(super) fn answered(may: Option<bool>) {
    let Some(shell) = SHELL.get() else { return };
    held(&shell.signs).ask(false);
    let answer = held(&shell.asking).take();
    // Else dropped, which says that there is none.
    if let (Some(answer), Some(may)) = (answer, may) {
        // Refused only to one that no longer waits.
        let _ = answer.send(may);
    }
}

/// Whether notices are allowed, without asking the reader. `None` where the system does not say.
pub(crate) async fn may_notify() -> Option<bool> {
    let (tell, told) = oneshot::channel();
    system::may_notify(tell);
    told.await.ok()
}

/// Shows this notice, in place of any before.
pub(crate) fn notify(notice: Notice) {
    system::notify(notice);
}

/// Shows the notice no longer.
pub(crate) fn withdraw_notice() {
    system::withdraw_notice();
}

// Storage

/// What is kept under this name.
pub(crate) fn kept(keep: Keep, name: &str) -> Option<String> {
    let shell = SHELL.get()?;
    match keep {
        Keep::OnDevice => shell.storage.read(name),
        Keep::InTab => held(&shell.in_tab).get(name).cloned(),
    }
}

/// Keeps this under this name.
pub(crate) fn keep(keep: Keep, name: &str, text: &str) {
    let Some(shell) = SHELL.get() else { return };
    match keep {
        Keep::OnDevice => shell.storage.write(name, text),
        Keep::InTab => {
            held(&shell.in_tab).insert(name.to_owned(), text.to_owned());
        }
    }
}

/// Keeps it no longer.
pub(crate) fn remove(keep: Keep, name: &str) {
    let Some(shell) = SHELL.get() else { return };
    match keep {
        Keep::OnDevice => shell.storage.remove(name),
        Keep::InTab => {
            held(&shell.in_tab).remove(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_events_say_whether_the_app_is_seen() {
        let foreground = Sign::Shell(Viewing::Foreground);
        assert_eq!(sign_of(&Event::Resumed::<()>), Some(foreground));
        assert_eq!(sign_of(&Event::Suspended::<()>), Some(Sign::Paused));
        let background = Sign::Shell(Viewing::Background);
        assert_eq!(sign_of(&Event::LoopDestroyed::<()>), Some(background));
        assert_eq!(sign_of(&Event::MainEventsCleared::<()>), None);
    }
}
