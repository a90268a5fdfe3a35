//! What the device keeps, and how long.
//!
//! - Until the stay ends: its link, and the name and number that were given for it. A second person may
//!   arrive from the same device meanwhile, with the same number. With the last stay of the device the
//!   details are erased: a phone is lent, lost and sold, and nothing on it should tell who waited.
//!   The screen that tells the end offers to arrive again with them all the same, because the app that
//!   runs still knows them; closed or loaded again, it does not.
//! - As long as the tab or the app runs: an arrival that is being typed or has no answer.
//! - For the next stay, and about nobody: the language, how notices are wanted, and the clinic of the latest
//!   arrival, to which the app leads back.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::language::Language;
use crate::platform::{self, Keep};
use crate::stay::{Address, LinkToken, MyClinic, Slug, Stays};
use crate::waiting::{Details, Draft, Entry, NoticeChoice};

const DETAILS: &str = "standby.details";
const STAYS: &str = "standby.stays";
/// `web/opening.js` reads it, too.
const LANGUAGE: &str = "standby.language";
const LATEST_CLINIC: &str = "standby.latest-clinic";
const LATEST_CLINIC_NAME: &str = "standby.latest-clinic-name";
const NOTICES: &str = "standby.notices";

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

/// How notices are wanted on this device.
pub(crate) fn notices() -> NoticeChoice {
    read(Keep::OnDevice, NOTICES).unwrap_or_default()
}

/// Remembers it.
pub(crate) fn remember_notices(choice: NoticeChoice) {
    write(Keep::OnDevice, NOTICES, &choice);
}

fn stays() -> Stays {
    read(Keep::OnDevice, STAYS).unwrap_or_default()
}

/// The latest stay that this device has at a clinic.
pub(crate) fn stay(slug: &Slug) -> Option<LinkToken> {
    stays().latest_at(slug)
}

/// Where this device arrived last.
pub(crate) fn latest_clinic() -> Option<MyClinic> {
    let slug = Slug::read(&platform::kept(Keep::OnDevice, LATEST_CLINIC)?)?;
    let name = platform::kept(Keep::OnDevice, LATEST_CLINIC_NAME);
    Some(MyClinic {
        name: name.unwrap_or_else(|| slug.as_str().to_owned()),
        slug,
    })
}

/// Where the app goes on when no link says: at the latest stay that is kept.
pub(crate) fn latest_address() -> Address {
    latest_stay().map_or(Address::Start, Address::Wait)
}

/// The latest stay that is kept.
pub(crate) fn latest_stay() -> Option<LinkToken> {
    stays().latest()
}

/// Remembers a stay, so that the clinic's link leads on to it, and so does the app itself.
pub(crate) fn remember_stay(clinic: &MyClinic, link: &LinkToken, id: &str) {
    let mut stays = stays();
    stays.keep(&clinic.slug, link, id);
    write(Keep::OnDevice, STAYS, &stays);
    platform::keep(Keep::OnDevice, LATEST_CLINIC, clinic.slug.as_str());
    platform::keep(Keep::OnDevice, LATEST_CLINIC_NAME, &clinic.name);
}

/// Erases a stay that is over, and with the last one what was given for it.
pub(crate) fn forget_stay(link: &LinkToken, id: Option<&str>) {
    let mut stays = stays();
    stays.forget(link, id);
    if stays.is_empty() {
        platform::remove(Keep::OnDevice, STAYS);
        forget_details();
    } else {
        write(Keep::OnDevice, STAYS, &stays);
    }
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
