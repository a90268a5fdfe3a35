//! The browser: its clock, address, storage, focus, tabs, sound. The only file that reads a clock.
//!
//! Whatever the browser does not allow (storage in a private window, the clipboard without TLS, a blocked tab) is an
//! ordinary answer here, never a panic.

use std::cell::RefCell;
use std::slice::SliceIndex;

use futures_util::future::{AbortHandle, Abortable, select};
use js_sys::futures::{JsFuture, spawn_local};
use js_sys::{Array, Function, Object, Reflect};
use standby_client::Date;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{
    AudioContext, AudioContextState, Blob, BlobPropertyBag, HtmlDialogElement, HtmlElement,
    OscillatorType, Storage, Url, Window,
};

/// Where the session's token is kept. Only this origin's scripts can read it.
const SESSION: &str = "standby.console.session";
const SOUND: &str = "standby.console.sound";

/// Milliseconds since the Unix epoch, by this device's clock.
pub(crate) fn now() -> i64 {
    standby_client::Instant::now().epoch_milliseconds()
}

fn window() -> Option<Window> {
    web_sys::window()
}

/// When today began, where this browser is. Milliseconds since the Unix epoch.
pub(crate) fn start_of_today() -> i64 {
    let date = date(now());
    date.set_hours(0);
    date.set_minutes(0);
    date.set_seconds(0);
    date.set_milliseconds(0);
    // A whole number below 2^53.
    #[allow(clippy::cast_possible_truncation, reason = "see above")]
    let start = date.get_time() as i64;
    start
}

fn date(at: i64) -> js_sys::Date {
    // Exact up to 2^53 ms, which is far beyond any year that a Date knows.
    #[allow(clippy::cast_precision_loss, reason = "see above")]
    js_sys::Date::new(&JsValue::from_f64(at as f64))
}

/// What stands for a day that cannot be told: the first of the Unix epoch.
fn first_day() -> Date {
    Date::parse("1970-01-01").unwrap_or_else(|| unreachable!("it is a day"))
}

// Time zones. By name and with every failure caught: a browser throws for a zone that it does not know.

/// The IANA names of the time zones that this browser knows, as it sorts them.
pub(crate) fn time_zones() -> Vec<String> {
    let values = intl("supportedValuesOf")
        .and_then(|of| of.dyn_into::<Function>().ok())
        .and_then(|of| of.call1(&JsValue::UNDEFINED, &"timeZone".into()).ok());
    let names = values.map(|values| Array::from(&values));
    let mut zones: Vec<String> = names
        .into_iter()
        .flat_map(|names| {
            names
                .iter()
                .filter_map(|name| name.as_string())
                .collect::<Vec<_>>()
        })
        .collect();
    if !zones.is_empty() && !zones.iter().any(|zone| zone == "UTC") {
        zones.push("UTC".to_owned());
    }
    zones
}

/// The IANA name of the time zone of this browser.
pub(crate) fn own_time_zone() -> Option<String> {
    let formatter = formatter(None)?;
    let options: Function = Reflect::get(&formatter, &"resolvedOptions".into())
        .ok()?
        .dyn_into()
        .ok()?;
    let options = options.call0(&formatter).ok()?;
    Reflect::get(&options, &"timeZone".into()).ok()?.as_string()
}

/// How a time zone tells the time.
#[derive(Clone, PartialEq)]
pub(crate) struct TimeZone {
    formatter: JsValue,
}

impl TimeZone {
    /// That of this browser.
    pub(crate) fn own() -> Self {
        let formatter = formatter(None).unwrap_or_default();
        Self { formatter }
    }

    /// One by its IANA name. None for one that this browser does not know.
    pub(crate) fn of(name: &str) -> Option<Self> {
        formatter(Some(name)).map(|formatter| Self { formatter })
    }

    /// That of a clinic. One that did not say where it is has UTC: then that of this browser, which is likely there.
    pub(crate) fn of_clinic(name: &str) -> Self {
        Some(name)
            .filter(|name| *name != "UTC")
            .and_then(Self::of)
            .unwrap_or_else(Self::own)
    }

    /// The day of a moment.
    pub(crate) fn day(&self, at: i64) -> Date {
        self.told(at, ..10)
            .and_then(|day| Date::parse(&day))
            .unwrap_or_else(first_day)
    }

    /// The time of day at a moment: `10:32`.
    pub(crate) fn time_of_day(&self, at: i64) -> String {
        self.told(at, 11..16).unwrap_or_default()
    }

    /// The same with seconds, for a log.
    pub(crate) fn exact_time_of_day(&self, at: i64) -> String {
        self.told(at, 11..).unwrap_or_default()
    }

    /// A part of a moment as Swedish writes it, which is as ISO 8601 does: `2026-07-14 10:32:05`.
    fn told(&self, at: i64, part: impl SliceIndex<str, Output = str>) -> Option<String> {
        let format: Function = Reflect::get(&self.formatter, &"format".into())
            .ok()?
            .dyn_into()
            .ok()?;
        let told = format.call1(&self.formatter, &date(at)).ok()?.as_string()?;
        told.get(part).map(str::to_owned)
    }
}

fn intl(name: &str) -> Option<JsValue> {
    let intl = Reflect::get(&js_sys::global(), &"Intl".into()).ok()?;
    Reflect::get(&intl, &name.into()).ok()
}

fn formatter(zone: Option<&str>) -> Option<JsValue> {
    const PARTS: [(&str, &str); 7] = [
        ("year", "numeric"),
        ("month", "2-digit"),
        ("day", "2-digit"),
        ("hour", "2-digit"),
        ("minute", "2-digit"),
        ("second", "2-digit"),
        ("hourCycle", "h23"),
    ];
    let constructor: Function = intl("DateTimeFormat")?.dyn_into().ok()?;
    let options = Object::new();
    for (name, value) in PARTS.into_iter().chain(zone.map(|zone| ("timeZone", zone))) {
        Reflect::set(&options, &name.into(), &value.into()).ok()?;
    }
    let arguments = Array::of2(&"sv-SE".into(), &options);
    Reflect::construct(&constructor, &arguments).ok()
}

// The address

/// The path of the page.
pub(crate) fn path() -> String {
    window()
        .and_then(|window| window.location().pathname().ok())
        .unwrap_or_default()
}

/// What follows `#` in the address.
pub(crate) fn fragment() -> String {
    let hash = window()
        .and_then(|window| window.location().hash().ok())
        .unwrap_or_default();
    hash.strip_prefix('#').unwrap_or(&hash).to_owned()
}

/// The address of the server that the page came from.
pub(crate) fn origin() -> String {
    window()
        .and_then(|window| window.location().origin().ok())
        .unwrap_or_default()
}

/// Goes to a page of the console without loading anything.
pub(crate) fn go_to(path: &str) {
    if let Some(history) = window().and_then(|window| window.history().ok()) {
        let _ = history.push_state_with_url(&JsValue::NULL, "", Some(path));
    }
}

/// Puts another address in the place of this one: no way back leads to it.
pub(crate) fn replace_address(path: &str) {
    if let Some(history) = window().and_then(|window| window.history().ok()) {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(path));
    }
}

/// Says what the browser shows on the page's tab.
pub(crate) fn set_title(title: &str) {
    if let Some(document) = window().and_then(|window| window.document()) {
        document.set_title(title);
    }
}

// Events of the page as a whole

/// Listens for as long as it is kept.
pub(crate) struct Listener {
    event: &'static str,
    then: Closure<dyn FnMut(web_sys::Event)>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(window) = window() {
            let then = self.then.as_ref().unchecked_ref();
            let _ = window.remove_event_listener_with_callback(self.event, then);
        }
    }
}

/// Calls `then` whenever the window is told of `event`.
pub(crate) fn on_window(
    event: &'static str,
    then: impl FnMut(web_sys::Event) + 'static,
) -> Listener {
    let then = Closure::<dyn FnMut(web_sys::Event)>::new(then);
    if let Some(window) = window() {
        let _ = window.add_event_listener_with_callback(event, then.as_ref().unchecked_ref());
    }
    Listener { event, then }
}

/// Calls `then` whenever the page comes into sight or the device gets its network back.
pub(crate) fn on_return(then: impl Fn() + Clone + 'static) -> [Listener; 2] {
    let seen = then.clone();
    // `visibilitychange` bubbles from the document to the window.
    [
        on_window("visibilitychange", move |_| seen()),
        on_window("online", move |_| then()),
    ]
}

/// Calls `then` with the session's token whenever another tab signs in or out.
pub(crate) fn on_session_elsewhere(mut then: impl FnMut(Option<String>) + 'static) -> Listener {
    on_window("storage", move |event| {
        if let Ok(event) = event.dyn_into::<web_sys::StorageEvent>() {
            // No key: all of the storage was cleared.
            if event.key().is_none_or(|key| key == SESSION) {
                then(event.new_value());
            }
        }
    })
}

/// Whether nobody sees the page just now.
pub(crate) fn is_hidden() -> bool {
    window()
        .and_then(|window| window.document())
        .is_some_and(|document| document.hidden())
}

/// Calls `then` whenever the page was pressed, by whatever counts for a browser as one's will.
pub(crate) fn on_press(then: impl Fn() + Clone + 'static) -> [Listener; 2] {
    let typed = then.clone();
    // Of a finger, only what ends the press counts.
    [
        on_window("pointerup", move |_| then()),
        on_window("keydown", move |_| typed()),
    ]
}

/// Runs `work` beside the page until the handle is told to stop it. Unlike the page's own tasks it goes on while the
/// page is hidden: an arrival is heard from another tab.
pub(crate) fn run(work: impl Future<Output = ()> + 'static) -> AbortHandle {
    let (handle, registration) = AbortHandle::new_pair();
    spawn_local(async move {
        let _ = Abortable::new(work, registration).await;
    });
    handle
}

// Storage

fn storage() -> Option<Storage> {
    window().and_then(|window| window.local_storage().ok().flatten())
}

/// The session's token, if this browser has one.
pub(crate) fn session() -> Option<String> {
    storage()?
        .get_item(SESSION)
        .ok()
        .flatten()
        .filter(|token| !token.is_empty())
}

/// Keeps the session's token. False when the browser keeps nothing: then the session lasts as long as the page.
pub(crate) fn keep_session(token: &str) -> bool {
    storage().is_some_and(|storage| storage.set_item(SESSION, token).is_ok())
}

/// Forgets the session's token.
pub(crate) fn forget_session() {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(SESSION);
    }
}

/// Whether arrivals are to be heard.
pub(crate) fn sound() -> bool {
    storage()
        .and_then(|storage| storage.get_item(SOUND).ok().flatten())
        .is_some()
}

/// Remembers whether arrivals are to be heard.
pub(crate) fn keep_sound(sound: bool) {
    if let Some(storage) = storage() {
        let _ = if sound {
            storage.set_item(SOUND, "on")
        } else {
            storage.remove_item(SOUND)
        };
    }
}

// Focus and dialogs

fn element(id: &str) -> Option<HtmlElement> {
    window()?.document()?.get_element_by_id(id)?.dyn_into().ok()
}

/// Gives the keyboard to an element. False when it is not there.
pub(crate) fn focus(id: &str) -> bool {
    element(id).is_some_and(|element| element.focus().is_ok())
}

/// Whether nothing has the keyboard: what had it is gone.
pub(crate) fn is_focus_lost() -> bool {
    let Some(document) = window().and_then(|window| window.document()) else {
        return false;
    };
    document
        .active_element()
        .is_none_or(|element| element.tag_name() == "BODY")
}

/// Opens a dialog over the page: the keyboard stays in it until it is gone.
pub(crate) fn show_modal(element: &web_sys::Element) {
    if let Some(dialog) = element.dyn_ref::<HtmlDialogElement>()
        && !dialog.open()
    {
        let _ = dialog.show_modal();
    }
}

/// Whether an event struck a dialog and nothing inside it: what is around a dialog counts as the dialog.
pub(crate) fn is_beside_dialog(event: &web_sys::Event) -> bool {
    event
        .target()
        .is_some_and(|target| target.has_type::<HtmlDialogElement>())
}

// Tabs

/// Opens an empty tab. Only a press may: call it while handling one. `None` when the browser blocks it.
pub(crate) fn open_tab() -> Option<Window> {
    let tab = window()?
        .open_with_url_and_target("", "_blank")
        .ok()
        .flatten()?;
    // Else the room's page could steer this one.
    let _ = tab.set_opener(&JsValue::NULL);
    if let Some(body) = tab.document().and_then(|document| document.body()) {
        body.set_text_content(Some("Opening the room…"));
    }
    Some(tab)
}

/// Leads a tab to an address.
pub(crate) fn lead(tab: &Window, address: &str) -> bool {
    tab.location().replace(address).is_ok()
}

/// Closes a tab that this page opened.
pub(crate) fn close_tab(tab: &Window) {
    let _ = tab.close();
}

// Clipboard and sound

/// Copies a text. False when the browser does not let us.
pub(crate) async fn copy(text: &str) -> bool {
    // By name, because web-sys has the clipboard only as unstable.
    let written = window().and_then(|window| {
        let navigator = Reflect::get(&window, &"navigator".into()).ok()?;
        let clipboard = Reflect::get(&navigator, &"clipboard".into()).ok()?;
        let write = Reflect::get(&clipboard, &"writeText".into()).ok()?;
        let write: Function = write.dyn_into().ok()?;
        write
            .call1(&clipboard, &text.into())
            .ok()?
            .dyn_into::<js_sys::Promise>()
            .ok()
    });
    match written {
        Some(promise) => JsFuture::from(promise).await.is_ok(),
        None => false,
    }
}

/// Has the browser keep a text as a file. False when it does not let us.
pub(crate) fn save_file(name: &str, media_type: &str, text: &str) -> bool {
    try_save_file(name, media_type, text).is_some()
}

fn try_save_file(name: &str, media_type: &str, text: &str) -> Option<()> {
    let properties = BlobPropertyBag::new();
    properties.set_type(media_type);
    let parts = Array::of1(&text.into());
    let blob = Blob::new_with_str_sequence_and_options(&parts, &properties).ok()?;
    let address = Url::create_object_url_with_blob(&blob).ok()?;
    let document = window()?.document()?;
    let link: HtmlElement = document.create_element("a").ok()?.dyn_into().ok()?;
    link.set_attribute("href", &address).ok()?;
    link.set_attribute("download", name).ok()?;
    link.click();
    // Kept until the browser has surely read it.
    run(async move {
        gloo_timers::future::TimeoutFuture::new(60_000).await;
        let _ = Url::revoke_object_url(&address);
    });
    Some(())
}

/// What arrivals are heard by. A browser lets no page sound before it was pressed.
#[derive(Default)]
pub(crate) struct Bell(RefCell<Option<AudioContext>>);

/// How long the browser may take to let the page sound. Milliseconds.
const WOKEN_WITHIN: u32 = 1_000;

impl Bell {
    /// Whether it would be heard.
    pub(crate) fn is_awake(&self) -> bool {
        self.0.borrow().as_ref().is_some_and(is_running)
    }

    /// Asks the browser at once to let it be heard, which counts while a press is handled; says in a moment whether
    /// it does.
    pub(crate) fn wake(&self) -> impl Future<Output = bool> + 'static {
        let woken = self.woken();
        async move { woken.await.is_some() }
    }

    /// Two soft notes. False when the browser does not let them be heard: then none are kept for later either, else
    /// all arrivals until then would be heard at once.
    pub(crate) fn chime(&self) -> impl Future<Output = bool> + 'static {
        let woken = self.woken();
        async move {
            let Some(context) = woken.await else {
                return false;
            };
            let _ = note(&context, 659.3, 0.0);
            let _ = note(&context, 880.0, 0.16);
            true
        }
    }

    fn woken(&self) -> impl Future<Output = Option<AudioContext>> + 'static {
        if self.0.borrow().is_none() {
            self.0.replace(AudioContext::new().ok());
        }
        let context = self.0.borrow().clone();
        let resumed = context.as_ref().and_then(|context| context.resume().ok());
        async move {
            let context = context?;
            if !is_running(&context) {
                // What is not let sound is not answered either, until somebody presses.
                let soon = gloo_timers::future::TimeoutFuture::new(WOKEN_WITHIN);
                select(JsFuture::from(resumed?), soon).await;
            }
            is_running(&context).then_some(context)
        }
    }
}

fn is_running(context: &AudioContext) -> bool {
    context.state() == AudioContextState::Running
}

/// A note of a pitch in hertz, after so many seconds.
fn note(context: &AudioContext, pitch: f32, after: f64) -> Result<(), JsValue> {
    let start = context.current_time() + after;
    let tone = context.create_oscillator()?;
    tone.set_type(OscillatorType::Sine);
    tone.frequency().set_value(pitch);
    let loudness = context.create_gain()?;
    loudness.gain().set_value_at_time(0.0001, start)?;
    loudness
        .gain()
        .exponential_ramp_to_value_at_time(0.12, start + 0.03)?;
    loudness
        .gain()
        .exponential_ramp_to_value_at_time(0.0001, start + 0.5)?;
    tone.connect_with_audio_node(&loudness)?;
    loudness.connect_with_audio_node(&context.destination())?;
    tone.start_with_when(start)?;
    tone.stop_with_when(start + 0.55)
}
