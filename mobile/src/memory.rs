//! What the device keeps: details for the next arrival, the link of the stay, and, until it is
//! answered, the arrival that is being asked for.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::language::Language;
use crate::platform::{self, Keep};
use crate::stay::{Address, LinkToken, Slug};
use crate::waiting::{Details, Draft, Entry};

const DETAILS: &str = "standby.details";
const STAYS: &str = "standby.stays";
/// Nobody waits at more clinics at once; a stay that drops out is still opened by its own link.
const MOST_STAYS: usize = 20;
/// `web/opening.js` reads it, too.
const LANGUAGE: &str = "standby.language";
const LATEST_CLINIC: &str = "standby.latest-clinic";

fn draft_name(slug: &Slug) -> String {
    format!("standby.draft.{}", slug.as_str())
}

fn key_name(slug: &Slug) -> String {
    format!("standby.arrival.{}", slug.as_str())
}

/// What cannot be read any more (another version wrote it) counts as not there.
fn read<T: DeserializeOwned>(keep: Keep, name: &str) -> Option<T> {
    serde_json::from_str(&platform::kept(keep, name)?).ok()
}

fn write(keep: Keep, name: &str, value: &impl Serialize) {
    if let Ok(text) = serde_json::to_string(value) {
        platform::keep(keep, name, &text);
    }
}

/// The details of the latest arrival.
pub(crate) fn details() -> Details {
    read(Keep::OnDevice, DETAILS).unwrap_or_default()
}

/// Remembers details for the next arrival.
pub(crate) fn remember_details(details: &Details) {
    write(Keep::OnDevice, DETAILS, details);
}

/// Forgets them.
pub(crate) fn forget_details() {
    platform::remove(Keep::OnDevice, DETAILS);
}

/// The language that was chosen on this device.
pub(crate) fn language() -> Option<Language> {
    Language::with_code(&platform::kept(Keep::OnDevice, LANGUAGE)?)
}

/// Remembers it.
pub(crate) fn remember_language(language: Language) {
    platform::keep(Keep::OnDevice, LANGUAGE, language.code());
}

/// The stay that this device has at a clinic.
pub(crate) fn stay(slug: &Slug) -> Option<LinkToken> {
    LinkToken::read(stays().get(slug.as_str())?)
}

/// Links by clinic.
fn stays() -> BTreeMap<String, String> {
    read(Keep::OnDevice, STAYS).unwrap_or_default()
}

/// Where this device arrived last.
pub(crate) fn latest_clinic() -> Option<Slug> {
    Slug::read(&platform::kept(Keep::OnDevice, LATEST_CLINIC)?)
}

/// Where the app goes on when no link says: to the stay of the latest arrival, else to its clinic.
pub(crate) fn latest_address() -> Address {
    match latest_clinic() {
        Some(slug) => stay(&slug).map_or(Address::Clinic(slug), Address::Wait),
        None => Address::Unknown,
    }
}

/// Remembers a stay, so that the clinic's link leads on to it.
pub(crate) fn remember_stay(slug: &Slug, link: &LinkToken) {
    let mut stays = stays();
    while stays.len() >= MOST_STAYS && stays.pop_first().is_some() {}
    stays.insert(slug.as_str().to_owned(), link.reveal().to_owned());
    write(Keep::OnDevice, STAYS, &stays);
    platform::keep(Keep::OnDevice, LATEST_CLINIC, slug.as_str());
}

/// Forgets a stay that is over.
pub(crate) fn forget_stay(link: &LinkToken) {
    let mut stays = stays();
    stays.retain(|_, kept| kept != link.reveal());
    write(Keep::OnDevice, STAYS, &stays);
}

/// What was typed in this tab, and whether an arrival was asked for without an answer.
pub(crate) fn draft(slug: &Slug) -> Option<Draft> {
    let entry: Entry = read(Keep::InTab, &draft_name(slug))?;
    Some(Draft {
        entry,
        is_unanswered: arrival_key(slug).is_some(),
    })
}

/// Keeps what was typed.
pub(crate) fn keep_draft(slug: &Slug, entry: &Entry) {
    write(Keep::InTab, &draft_name(slug), entry);
}

/// It has done its work.
pub(crate) fn drop_draft(slug: &Slug) {
    platform::remove(Keep::InTab, &draft_name(slug));
}

/// The idempotency key of the arrival that has no answer yet.
pub(crate) fn arrival_key(slug: &Slug) -> Option<String> {
    platform::kept(Keep::InTab, &key_name(slug))
}

/// Keeps it until there is an answer: however often it is asked then, one caller arrives.
pub(crate) fn keep_arrival_key(slug: &Slug, key: &str) {
    platform::keep(Keep::InTab, &key_name(slug), key);
}

/// There is an answer.
pub(crate) fn drop_arrival_key(slug: &Slug) {
    platform::remove(Keep::InTab, &key_name(slug));
}
