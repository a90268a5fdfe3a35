//! What a phone keeps for the app. On Android encrypted by a key that never leaves the Keystore, in a file
//! that only the app may read; on iOS in the Keychain. Neither goes into a backup, or to another phone; and
//! what is removed is removed before the call returns. The file goes with the app. The Keychain does not:
//! an app that is installed again forgets what the one before it has left there.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

#[cfg(target_os = "android")]
use android_native_keyring_store::Store;
#[cfg(target_os = "ios")]
use apple_native_keyring_store::protected::Store;
use keyring_core::{CredentialStore, Entry};

use super::native::Storage;
#[cfg(target_os = "ios")]
use super::system;

/// What everything of the app is filed under.
const APP: &str = "standby";
/// How it is kept. A stay may end while the phone is locked: then, too, it must be forgotten.
#[cfg(target_os = "ios")]
const MANNER: &[(&str, &str)] = &[("access-policy", "after-first-unlock-this-device-only")];
/// How it is kept: Android has one way.
#[cfg(target_os = "android")]
const MANNER: &[(&str, &str)] = &[];

/// The phone's own. None where the system gives none: then nothing is remembered, and all else works.
pub(super) struct Keyring(LazyLock<Option<Arc<CredentialStore>>>);

impl Keyring {
    /// On iOS it is opened once something is asked of it: the system may start an app in advance, even before
    /// the phone is first unlocked, and shows it neither the Keychain nor whether it is new.
    pub(super) fn open() -> Keyring {
        let store: LazyLock<Option<Arc<CredentialStore>>> = LazyLock::new(opened);
        // While its activity is there: the store is opened by that.
        #[cfg(target_os = "android")]
        let _ = LazyLock::force(&store);
        Keyring(store)
    }

    fn entry(&self, name: &str) -> Option<Entry> {
        let manner: HashMap<&str, &str> = MANNER.iter().copied().collect();
        let store = self.0.as_ref()?;
        store.build(APP, name, Some(&manner)).ok()
    }
}

fn opened() -> Option<Arc<CredentialStore>> {
    let store = Store::new().ok();
    let store = store.map(|store| -> Arc<CredentialStore> { store })?;
    #[cfg(target_os = "ios")]
    begin_anew(&store)?;
    Some(store)
}

/// Forgets, where the app is new, what an earlier one has left. `None` where that cannot be forgotten: it may
/// be somebody else's, so the app does without until its next start.
#[cfg(target_os = "ios")]
fn begin_anew(store: &Arc<CredentialStore>) -> Option<()> {
    if system::is_new() {
        let all = HashMap::from([("service", APP)]);
        for entry in store.search(&all).ok()? {
            entry.delete_credential().ok()?;
        }
        system::has_begun_anew();
    }
    Some(())
}

impl Storage for Keyring {
    fn read(&self, name: &str) -> Option<String> {
        self.entry(name)?.get_password().ok()
    }

    fn write(&self, name: &str, text: &str) {
        if let Some(entry) = self.entry(name) {
            // Refused, as by a phone that is locked.
            let _ = entry.set_password(text);
        }
    }

    fn remove(&self, name: &str) {
        if let Some(entry) = self.entry(name) {
            // There was nothing to remove.
            let _ = entry.delete_credential();
        }
    }
}
