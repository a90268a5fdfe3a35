//! iOS.
//!
//! Some seconds after the app is sent away the system suspends it, and its connections end: a recall within
//! those seconds is shown as a notice, a later one comes by text message alone.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use block2::RcBlock;
use dispatch2::DispatchQueue;
use objc2::MainThreadMarker;
use objc2::rc::autoreleasepool;
use objc2::runtime::Bool;
use objc2_foundation::{NSArray, NSError, NSString, NSUserDefaults, ns_string};
use objc2_ui_kit::{UIApplication, UINotificationFeedbackGenerator, UINotificationFeedbackType};
use objc2_user_notifications::{
    UNAuthorizationOptions, UNMutableNotificationContent, UNNotificationRequest,
    UNNotificationSound, UNUserNotificationCenter,
};
use tokio::sync::oneshot;

use super::native;
pub(super) use super::phone::*;
use super::reports::Reports;
use crate::notice::Notice;

/// How long the system is asked to leave the app running once it is sent away. It gives some 30 s, and ends
/// an app that takes longer.
const OUTLIVES: Duration = Duration::from_secs(15);

/// Links come as events, the first one too.
pub(super) fn first_link() -> Option<String> {
    None
}

fn on_main_thread(task: impl FnOnce(MainThreadMarker) + Send + 'static) {
    DispatchQueue::main().exec_async(move || {
        if let Some(here) = MainThreadMarker::new() {
            task(here);
        }
    });
}

/// Asks the system to leave the app running until the server knows that it is seen no longer.
pub(super) fn outlive_suspension(reports: &Reports) {
    let Some(here) = MainThreadMarker::new() else {
        return;
    };
    let app = UIApplication::sharedApplication(here);
    let task = app.beginBackgroundTaskWithExpirationHandler(None);
    let reports = reports.clone();
    tokio::task::spawn_blocking(move || {
        reports.settle(OUTLIVES);
        on_main_thread(move |here| UIApplication::sharedApplication(here).endBackgroundTask(task));
    });
}

/// Keeps the screen on while the app is on it, or no longer.
pub(super) fn keep_awake(wanted: bool) {
    on_main_thread(move |here| UIApplication::sharedApplication(here).setIdleTimerDisabled(wanted));
}

/// Shakes the phone.
pub(super) fn signal() {
    on_main_thread(|here| {
        UINotificationFeedbackGenerator::new(here)
            .notificationOccurred(UINotificationFeedbackType::Success);
    });
}

// Notices. The system ties the shaking to the sound, and the phone's own settings say the rest.

/// There is one notice at a time.
fn notice_name() -> &'static NSString {
    ns_string!("recall")
}

/// That the system was asked once. It goes with the app, as the answer does; the Keychain would stay.
fn was_asked() -> &'static NSString {
    ns_string!("was-asked-to-notify")
}

/// The system asks the first time; from then on it says what was decided.
fn request(tell: impl Fn(bool) + Send + Sync + 'static) {
    autoreleasepool(|_| {
        let options = UNAuthorizationOptions::Alert | UNAuthorizationOptions::Sound;
        let decided = RcBlock::new(move |may: Bool, _: *mut NSError| tell(may.as_bool()));
        UNUserNotificationCenter::currentNotificationCenter()
            .requestAuthorizationWithOptions_completionHandler(options, &decided);
    });
}

/// Asks, where that is not decided yet.
pub(super) fn ask_to_notify() {
    NSUserDefaults::standardUserDefaults().setBool_forKey(true, was_asked());
    request(native::answered);
}

/// Tells whether notices are allowed.
pub(super) fn may_notify(tell: oneshot::Sender<bool>) {
    if !NSUserDefaults::standardUserDefaults().boolForKey(was_asked()) {
        // Dropped, which says that they are not.
        return;
    }
    let tell = Mutex::new(Some(tell));
    request(move |may| {
        let tell = tell.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(tell) = tell {
            // Refused only to one that no longer waits.
            let _ = tell.send(may);
        }
    });
}

/// Shows it. While the app is seen the system shows none.
#[expect(
    clippy::needless_pass_by_value,
    reason = "on other systems it goes on to another thread"
)]
pub(super) fn notify(notice: Notice) {
    autoreleasepool(|_| {
        let content = UNMutableNotificationContent::new();
        content.setTitle(&NSString::from_str(&notice.title));
        content.setBody(&NSString::from_str(&notice.text));
        let sound = notice.sound.then(UNNotificationSound::defaultSound);
        content.setSound(sound.as_deref());
        let request = UNNotificationRequest::requestWithIdentifier_content_trigger(
            notice_name(),
            &content,
            None,
        );
        UNUserNotificationCenter::currentNotificationCenter()
            .addNotificationRequest_withCompletionHandler(&request, None);
    });
}

/// Shows it no longer.
pub(super) fn withdraw_notice() {
    autoreleasepool(|_| {
        let names = NSArray::from_slice(&[notice_name()]);
        let center = UNUserNotificationCenter::currentNotificationCenter();
        center.removePendingNotificationRequestsWithIdentifiers(&names);
        center.removeDeliveredNotificationsWithIdentifiers(&names);
    });
}
