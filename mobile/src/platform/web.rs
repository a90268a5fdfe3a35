//! The browser.

use std::future::Future;
use std::time::Duration;

use dioxus::prelude::Element;
use futures_channel::mpsc::{UnboundedReceiver, unbounded};
use js_sys::{Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    CustomEvent, HtmlElement, ScrollIntoViewOptions, ScrollLogicalPosition, Storage,
    VisibilityState, Window,
};

use super::{Keep, LaunchFailure};
use crate::notice::Notice;
use crate::stay::{Address, LinkToken, Moment};
use crate::viewing::Viewing;

// The page's own scripts, `web/presence.js` and `web/device.js`: they run before the app and without it.
#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = standbyPresence, js_name = start)]
    fn presence_start(caller: &JsValue);
    #[wasm_bindgen(js_namespace = standbyPresence, js_name = goOn)]
    fn presence_go_on(caller: &JsValue);
    #[wasm_bindgen(js_namespace = standbyPresence, js_name = stop)]
    fn presence_stop();
    #[wasm_bindgen(js_namespace = standbyPresence, js_name = reportAgain)]
    fn presence_report_again();
    #[wasm_bindgen(js_namespace = standbyDevice, js_name = readCode)]
    fn device_read_code() -> Promise;
    #[wasm_bindgen(js_namespace = standbyDevice, js_name = stopReadingCode)]
    fn device_stop_reading_code();
    #[wasm_bindgen(js_namespace = standbyDevice, js_name = keepAwake)]
    fn device_keep_awake(wanted: bool) -> Promise;
    #[wasm_bindgen(js_namespace = standbyDevice, js_name = buzz)]
    fn device_buzz();
    #[wasm_bindgen(js_namespace = standbyDevice, js_name = askToNotify)]
    fn device_ask_to_notify() -> Promise;
    #[wasm_bindgen(js_namespace = standbyDevice, js_name = mayNotify)]
    fn device_may_notify() -> bool;
    #[wasm_bindgen(js_namespace = standbyDevice, js_name = notify)]
    fn device_notify(title: &str, text: &str, sound: bool);
    #[wasm_bindgen(js_namespace = standbyDevice, js_name = withdrawNotice)]
    fn device_withdraw_notice();
}

/// What may be handed to another thread, where there are any: here everything may.
pub(crate) trait MaybeSend {}
impl<T> MaybeSend for T {}

/// Starts the app in the page's element `main`.
#[allow(
    clippy::unnecessary_wraps,
    reason = "a shell cannot be started everywhere"
)]
pub(crate) fn launch(app: fn() -> Element) -> Result<(), LaunchFailure> {
    dioxus::web::launch::launch_cfg(app, dioxus::web::Config::new());
    Ok(())
}

fn window() -> Option<Window> {
    web_sys::window()
}

fn property(of: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(of, &JsValue::from_str(name))
        .ok()
        .filter(|value| !value.is_undefined())
}

/// Now, by this device's clock.
pub(crate) fn now() -> Moment {
    Moment(standby_client::Instant::now().epoch_milliseconds())
}

/// Waits so many milliseconds.
pub(crate) fn sleep(milliseconds: i64) -> impl Future<Output = ()> {
    let milliseconds = u64::try_from(milliseconds).unwrap_or(0);
    gloo_timers::future::sleep(Duration::from_millis(milliseconds))
}

/// Does this beside everything else.
pub(crate) fn spawn(task: impl Future<Output = ()> + 'static) {
    wasm_bindgen_futures::spawn_local(task);
}

// The address

/// Where the server is: here.
pub(crate) fn origin() -> String {
    window()
        .and_then(|window| window.location().origin().ok())
        .unwrap_or_default()
}

/// Where the app was opened: a page is always somewhere.
pub(crate) fn address() -> Option<Address> {
    let location = window()?.location();
    let path = location.pathname().unwrap_or_default();
    let fragment = location.hash().unwrap_or_default();
    Some(Address::read(&path, fragment.trim_start_matches('#')))
}

/// What follows `?` in the address.
pub(crate) fn query() -> String {
    let search = window()
        .and_then(|window| window.location().search().ok())
        .unwrap_or_default();
    search.trim_start_matches('?').to_owned()
}

/// Whether the address has this path.
pub(crate) fn is_at(path: &str) -> bool {
    window()
        .and_then(|window| window.location().pathname().ok())
        .is_some_and(|here| here == path)
}

/// Puts the address into the address bar, in place of what is there.
pub(crate) fn show_address(address: &Address) {
    if let Some(history) = window().and_then(|window| window.history().ok()) {
        // Refused only to pages without an origin, where a reload would lose the place anyway.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&address.path()));
    }
}

/// What the tab is called.
pub(crate) fn show_title(title: &str) {
    if let Some(document) = window().and_then(|window| window.document()) {
        document.set_title(title);
    }
}

/// The languages of the reader, the best first, as the browser has them.
pub(crate) fn languages() -> Vec<String> {
    let languages = window().map(|window| window.navigator().languages());
    let languages = languages.iter().flat_map(js_sys::Array::iter);
    languages.filter_map(|code| code.as_string()).collect()
}

/// Says which language the page is in, and which way that runs.
pub(crate) fn show_language(code: &str, direction: &str) {
    let root = window()
        .and_then(|window| window.document())
        .and_then(|document| document.document_element());
    if let Some(root) = root {
        // Fails for no name of an attribute, and these are some.
        let _ = root.set_attribute("lang", code);
        let _ = root.set_attribute("dir", direction);
    }
}

/// Removes the page's first paint.
pub(crate) fn remove_first_paint() {
    let opening = window()
        .and_then(|window| window.document())
        .and_then(|document| document.get_element_by_id("opening"));
    if let Some(opening) = opening {
        opening.remove();
    }
}

/// Moves the focus to the element with this id, and the element into sight.
pub(crate) fn focus(id: &str) {
    let element = window()
        .and_then(|window| window.document())
        .and_then(|document| document.get_element_by_id(id))
        .and_then(|element| element.dyn_into::<HtmlElement>().ok());
    if let Some(element) = element {
        // Gone by now: then there is nothing to focus.
        let _ = element.focus();
    }
}

/// Scrolls to the top of the page.
pub(crate) fn scroll_to_top() {
    if let Some(window) = window() {
        window.scroll_to_with_x_and_y(0.0, 0.0);
    }
}

/// Scrolls as little as brings the whole element with this id into sight.
pub(crate) fn bring_into_sight(id: &str) {
    let element = window()
        .and_then(|window| window.document())
        .and_then(|document| document.get_element_by_id(id));
    if let Some(element) = element {
        let how = ScrollIntoViewOptions::new();
        how.set_block(ScrollLogicalPosition::Nearest);
        element.scroll_into_view_with_scroll_into_view_options(&how);
    }
}

// What is seen

/// Whether the page is seen.
pub(crate) fn is_visible() -> bool {
    window()
        .and_then(|window| window.document())
        .is_none_or(|document| document.visibility_state() == VisibilityState::Visible)
}

/// Whether the page is seen, each time that it says so. For the life of the page.
pub(crate) fn viewing() -> UnboundedReceiver<Viewing> {
    let (signs, viewing) = unbounded();
    listen("standby:viewing", move |event| {
        let detail = event.dyn_ref::<CustomEvent>().map(CustomEvent::detail);
        let is_visible = detail
            .and_then(|detail| property(&detail, "viewing"))
            .and_then(|viewing| viewing.as_bool())
            .unwrap_or(true);
        // Refused only once the app is gone.
        let _ = signs.unbounded_send(Viewing::of(is_visible));
    });
    viewing
}

/// Tells each time that the address was changed in place: a link to another stay, opened in this tab.
pub(crate) fn on_address_changed(tell: impl Fn() + 'static) {
    listen("hashchange", move |_| tell());
}

/// Tells each time that Escape is pressed. For the life of the page.
pub(crate) fn on_escape(tell: impl Fn() + 'static) {
    listen("keydown", move |event| {
        if property(&event, "key").is_some_and(|key| key == "Escape") {
            tell();
        }
    });
}

fn listen(event: &str, listener: impl Fn(JsValue) + 'static) {
    let listener = Closure::<dyn Fn(JsValue)>::new(listener);
    if let Some(window) = window() {
        // Fails for no event and no function, and this has both.
        let _ = window.add_event_listener_with_callback(event, listener.as_ref().unchecked_ref());
    }
    listener.forget();
}

/// What this load of the page is called.
pub(crate) fn device_id() -> Option<String> {
    property(&js_sys::global(), "standbyPresence")
        .and_then(|presence| property(&presence, "deviceId"))
        .and_then(|id| id.as_string())
}

/// Reports from now on whether this caller's screen is seen.
pub(crate) fn start_presence(link: &LinkToken) {
    presence_start(&caller(link));
}

/// Reports the same by another link of the stay.
pub(crate) fn report_presence_by(link: &LinkToken) {
    presence_go_on(&caller(link));
}

fn caller(link: &LinkToken) -> Object {
    let caller = Object::new();
    let token = JsValue::from_str(link.reveal());
    // Setting a property of an object just made cannot fail.
    let _ = Reflect::set(&caller, &JsValue::from_str("token"), &token);
    caller
}

/// Says that the caller's screen is seen no longer, and nothing after that.
pub(crate) fn stop_presence() {
    presence_stop();
}

/// Reports once more, also where nothing has changed.
pub(crate) fn report_presence_again() {
    presence_report_again();
}

// What a device can do

/// The code from the text message, where the browser can read it and the reader agrees.
pub(crate) async fn read_code() -> Option<String> {
    JsFuture::from(device_read_code()).await.ok()?.as_string()
}

/// Reads no code any more.
pub(crate) fn stop_reading_code() {
    device_stop_reading_code();
}

/// Whether the device can do what this property of the page's script says.
fn can(what: &str) -> bool {
    property(&js_sys::global(), "standbyDevice")
        .and_then(|device| property(&device, what))
        .and_then(|can| can.as_bool())
        .unwrap_or(false)
}

/// Whether the screen can be kept on.
pub(crate) fn can_keep_awake() -> bool {
    can("canKeepAwake")
}

/// Keeps the screen on, or no longer.
pub(crate) fn keep_awake(wanted: bool) {
    // Settles by itself; whether it could be had makes no difference to what is shown.
    let _ = device_keep_awake(wanted);
}

/// Makes the phone say that something has happened.
pub(crate) fn signal() {
    device_buzz();
}

// Notices

/// Whether this device shows notices at all.
pub(crate) fn can_notify() -> bool {
    can("canNotify")
}

/// Asks to show notices, where that is not decided yet: while the reader presses a button, or the browser
/// refuses. Whether they are allowed; `None` where the question was closed without an answer.
pub(crate) fn ask_to_notify() -> impl Future<Output = Option<bool>> {
    // At once and not when polled: the browser must still know of the press.
    let asked = JsFuture::from(device_ask_to_notify());
    async move { asked.await.ok()?.as_bool() }
}

/// Whether notices are allowed, without asking.
pub(crate) fn may_notify() -> impl Future<Output = Option<bool>> {
    std::future::ready(Some(device_may_notify()))
}

/// Shows this notice, in place of any before.
#[expect(
    clippy::needless_pass_by_value,
    reason = "in a shell it goes on to another thread"
)]
pub(crate) fn notify(notice: Notice) {
    // Where a browser shakes a phone, it does so with its own sound.
    device_notify(&notice.title, &notice.text, notice.sound);
}

/// Shows the notice no longer.
pub(crate) fn withdraw_notice() {
    device_withdraw_notice();
}

// Storage

fn storage(keep: Keep) -> Option<Storage> {
    // A browser may forbid storage: then nothing is remembered, and all else works.
    let window = window()?;
    match keep {
        Keep::OnDevice => window.local_storage().ok()?,
        Keep::InTab => window.session_storage().ok()?,
    }
}

/// What is kept under this name.
pub(crate) fn kept(keep: Keep, name: &str) -> Option<String> {
    storage(keep)?.get_item(name).ok()?
}

/// Keeps this under this name.
pub(crate) fn keep(keep: Keep, name: &str, text: &str) {
    if let Some(storage) = storage(keep) {
        // Full or forbidden.
        let _ = storage.set_item(name, text);
    }
}

/// Keeps it no longer.
pub(crate) fn remove(keep: Keep, name: &str) {
    if let Some(storage) = storage(keep) {
        // Forbidden; then nothing was kept.
        let _ = storage.remove_item(name);
    }
}
