//! What a phone keeps for the app. On Android encrypted by a key that never leaves the Keystore, in a file
//! that only the app may read; on iOS in the Keychain. Neither goes into a backup, or to another phone; and
//! what is removed is removed before the call returns.

use std::collections::HashMap;
use std::sync::Arc;

#[cfg(target_os = "android")]
use android_native_keyring_store::Store;
#[cfg(target_os = "ios")]
use apple_native_keyring_store::protected::Store;
use keyring_core::{CredentialStore, Entry};

use super::native::Storage;

/// What everything of the app is filed under.
const APP: &str = "standby";
/// How it is kept. A stay may end while the phone is locked: then, too, it must be forgotten.
#[cfg(target_os = "ios")]
const MANNER: &[(&str, &str)] = &[("access-policy", "after-first-unlock-this-device-only")];
/// How it is kept: Android has one way.
#[cfg(target_os = "android")]
const MANNER: &[(&str, &str)] = &[];

/// The phone's own. None where the system gives none: then nothing is remembered, and all else works.
pub(super) struct Keyring(Option<Arc<CredentialStore>>);

impl Keyring {
    pub(super) fn open() -> Keyring {
        let store = Store::new().ok();
        Keyring(store.map(|store| -> Arc<CredentialStore> { store }))
    }

    fn entry(&self, name: &str) -> Option<Entry> {
        let manner: HashMap<&str, &str> = MANNER.iter().copied().collect();
        self.0.as_ref()?.build(APP, name, Some(&manner)).ok()
    }
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
