//! Android.
//!
//! Everything that the app asks of the system goes through its activity (`android/MainActivity.kt`), on the
//! activity's own thread, which goes on while the page is hidden. Once the app has been away for a while
//! the system may freeze it, and ends its connections: then it shows no notice either, and the recall
//! comes by text message alone.

use std::sync::mpsc::sync_channel;
use std::time::Duration;

use dioxus_desktop::wry::prelude::jni::errors::Result;
use dioxus_desktop::wry::prelude::jni::objects::{JObject, JString, JValue};
use dioxus_desktop::wry::prelude::{JNIEnv, dispatch};
use tokio::sync::oneshot;

use super::native;
pub(super) use super::phone::*;
use super::reports::Reports;
use crate::notice::Notice;

/// How long the start waits for what the activity is asked. It has nothing else to do.
const PATIENCE: Duration = Duration::from_secs(2);
/// More objects of Java's than any of the calls here makes.
const OBJECTS: i32 = 16;

/// Does this on the activity's thread, after what was asked of it before. What fails there is not done.
fn on_activity(ask: impl FnOnce(&mut JNIEnv<'_>, &JObject<'_>) -> Result<()> + Send + 'static) {
    dispatch(move |env, activity, _| {
        let done = env.with_local_frame(OBJECTS, |env| ask(env, activity));
        // An exception that stays would end the program at the next call.
        if done.is_err() {
            let _ = env.exception_clear();
        }
    });
}

/// The link that the activity was opened by: the windowing library drops the intents that bring one. A later
/// one comes by the page (`shell/shell.js`).
pub(super) fn first_link() -> Option<String> {
    let (tell, told) = sync_channel(1);
    on_activity(move |env, activity| {
        let link = env.call_method(activity, "takeLink", "()Ljava/lang/String;", &[])?;
        let link = JString::from(link.l()?);
        if !link.is_null() {
            let link = String::from(env.get_string(&link)?);
            // Refused only to one that came too late.
            let _ = tell.try_send(link);
        }
        Ok(())
    });
    told.recv_timeout(PATIENCE).ok()
}

/// The languages of the reader, the best first: the one that the phone's settings say for this app, too.
pub(super) fn languages() -> Vec<String> {
    let (tell, told) = sync_channel(1);
    on_activity(move |env, activity| {
        let signature = "()Landroid/content/res/Resources;";
        let resources = env.call_method(activity, "getResources", signature, &[])?;
        let signature = "()Landroid/content/res/Configuration;";
        let settings = env.call_method(resources.l()?, "getConfiguration", signature, &[])?;
        let signature = "()Landroid/os/LocaleList;";
        let locales = env.call_method(settings.l()?, "getLocales", signature, &[])?;
        let signature = "()Ljava/lang/String;";
        let codes = env.call_method(locales.l()?, "toLanguageTags", signature, &[])?;
        let codes = JString::from(codes.l()?);
        let codes = String::from(env.get_string(&codes)?);
        // Refused only to one that came too late.
        let _ = tell.try_send(codes);
        Ok(())
    });
    let codes = told.recv_timeout(PATIENCE).unwrap_or_default();
    codes.split(',').map(str::to_owned).collect()
}

/// Nothing to ask for: the system leaves an app some time before it freezes it.
pub(super) fn outlive_suspension(_: &Reports) {}

/// Keeps the screen on while the app is on it, or no longer.
pub(super) fn keep_awake(wanted: bool) {
    on_activity(move |env, activity| {
        env.call_method(activity, "keepAwake", "(Z)V", &[wanted.into()])?;
        Ok(())
    });
}

/// Shakes the phone.
pub(super) fn signal() {
    on_activity(|env, activity| {
        env.call_method(activity, "buzz", "()V", &[])?;
        Ok(())
    });
}

/// Asks, where that is not decided yet. The answer comes by the page, as the activity gets it.
pub(super) fn ask_to_notify() {
    on_activity(|env, activity| {
        let asked = env.call_method(activity, "askToNotify", "()V", &[]);
        if asked.is_err() {
            native::answered(None);
        }
        asked.map(drop)
    });
}

/// Tells whether notices are allowed.
pub(super) fn may_notify(tell: oneshot::Sender<bool>) {
    on_activity(move |env, activity| {
        let may = env.call_method(activity, "mayNotify", "()Z", &[])?.z()?;
        // Refused only to one that no longer waits.
        let _ = tell.send(may);
        Ok(())
    });
}

/// Shows it.
pub(super) fn notify(notice: Notice) {
    on_activity(move |env, activity| {
        let title = env.new_string(&notice.title)?;
        let text = env.new_string(&notice.text)?;
        let values = [
            JValue::from(&title),
            JValue::from(&text),
            JValue::from(notice.sound),
            JValue::from(notice.vibration),
        ];
        let signature = "(Ljava/lang/String;Ljava/lang/String;ZZ)V";
        env.call_method(activity, "showNotice", signature, &values)?;
        Ok(())
    });
}

/// Shows it no longer.
pub(super) fn withdraw_notice() {
    on_activity(|env, activity| {
        env.call_method(activity, "withdrawNotice", "()V", &[])?;
        Ok(())
    });
}
