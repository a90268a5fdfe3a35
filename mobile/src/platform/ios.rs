//! iOS.
//!
//! Some seconds after the app is sent away the system suspends it, and its connections end: a recall within
//! those seconds is shown as a notice, a later one comes by text message alone.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use block2::RcBlock;
use dispatch2::DispatchQueue;
use objc2::MainThreadMarker;
use objc2::rc::autoreleasepool;
use objc2::runtime::Bool;
use objc2_foundation::{NSArray, NSError, NSLocale, NSString, NSUserDefaults, ns_string};
use objc2_ui_kit::{
    UIApplication, UIBackgroundTaskIdentifier, UINotificationFeedbackGenerator,
    UINotificationFeedbackType,
};
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

/// The languages of the reader, the best first: the one that the phone's settings say for this app, too.
pub(super) fn languages() -> Vec<String> {
    autoreleasepool(|_| {
        let languages = NSLocale::preferredLanguages().to_vec();
        languages.iter().map(ToString::to_string).collect()
    })
}

/// That the app has started. It goes with the app; what is in the Keychain stays.
fn has_started() -> &'static NSString {
    ns_string!("has-started")
}

/// Whether this is the first start since the app was installed, or those before could not begin anew.
pub(super) fn is_new() -> bool {
    !NSUserDefaults::standardUserDefaults().boolForKey(has_started())
}

/// From now on it is new no longer.
pub(super) fn has_begun_anew() {
    NSUserDefaults::standardUserDefaults().setBool_forKey(true, has_started());
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
    let grace = Arc::new(Grace::default());
    let expiring = Arc::clone(&grace);
    // Where the system wants its time back sooner, it ends an app that does not give it.
    let expired = RcBlock::new(move || expiring.give_back());
    let app = UIApplication::sharedApplication(here);
    let task = app.beginBackgroundTaskWithExpirationHandler(Some(&expired));
    grace.begin(task);
    let reports = reports.clone();
    tokio::task::spawn_blocking(move || {
        reports.settle(OUTLIVES);
        on_main_thread(move |_| grace.give_back());
    });
}

/// The time that the system gives to an app that was sent away. It is given back once.
#[derive(Default)]
struct Grace(Mutex<Option<UIBackgroundTaskIdentifier>>);

impl Grace {
    fn begin(&self, task: UIBackgroundTaskIdentifier) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
    }

    /// On the main thread, as the system calls, too.
    fn give_back(&self) {
        let Some(here) = MainThreadMarker::new() else {
            return;
        };
        let task = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            UIApplication::sharedApplication(here).endBackgroundTask(task);
        }
    }
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

/// That the reader has answered once. It goes with the app, as the answer does; the Keychain would stay.
fn has_answered() -> &'static NSString {
    ns_string!("has-answered-whether-to-notify")
}

/// The system asks until it has an answer; from then on it says what was decided. `None` where it could not.
fn request(tell: impl Fn(Option<bool>) + Send + Sync + 'static) {
    autoreleasepool(|_| {
        let options = UNAuthorizationOptions::Alert | UNAuthorizationOptions::Sound;
        let decided = RcBlock::new(move |may: Bool, error: *mut NSError| {
            tell(error.is_null().then(|| may.as_bool()));
        });
        UNUserNotificationCenter::currentNotificationCenter()
            .requestAuthorizationWithOptions_completionHandler(options, &decided);
    });
}

/// Asks, where that is not decided yet.
pub(super) fn ask_to_notify() {
    request(|may| {
        // Not before: an app that was ended under the question would ask it again, unbidden, at its next start.
        if may.is_some() {
            NSUserDefaults::standardUserDefaults().setBool_forKey(true, has_answered());
        }
        native::answered(may);
    });
}

/// Tells whether notices are allowed. Until the reader has answered they are not, and the system would ask.
pub(super) fn may_notify(tell: oneshot::Sender<bool>) {
    if !NSUserDefaults::standardUserDefaults().boolForKey(has_answered()) {
        // Refused only to one that no longer waits.
        let _ = tell.send(false);
        return;
    }
    let tell = Mutex::new(Some(tell));
    request(move |may| {
        let tell = tell.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let (Some(tell), Some(may)) = (tell, may) {
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
