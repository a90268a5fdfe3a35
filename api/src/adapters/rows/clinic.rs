//! A clinic and its settings.

use super::Named;
use crate::adapters::tables;
use crate::domain::clinic::{
    Clinic, RoomKey, RoomSigning, RoomUrlTemplate, Settings, Slug, TimeZone,
};
use crate::domain::entry::EntryField;
use crate::domain::id::ClinicId;
use crate::domain::phone_number::Country;
use crate::domain::reply::ReplyWords;
use crate::domain::text::RecallWords;
use crate::domain::time::Span;
use crate::ports::Fault;
use diesel::prelude::{AsChangeset, Insertable, Queryable, Selectable};
use serde::{Deserialize, Serialize};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = tables::clinic, treat_none_as_default_value = false)]
pub(in crate::adapters) struct ClinicRow {
    id: String,
    slug: String,
    name: String,
    version: i64,
    /// The place the next caller gets.
    pub(in crate::adapters) next_arrival: i64,
    #[diesel(embed)]
    settings: SettingsRow,
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(
    table_name = tables::clinic,
    treat_none_as_null = true,
    treat_none_as_default_value = false
)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a clinic has so many switches"
)]
pub(in crate::adapters) struct SettingsRow {
    offline_queueing: bool,
    show_queue_position: bool,
    is_open: bool,
    default_country: String,
    allowed_countries: String,
    room_url_template: String,
    room_token_key: Option<String>,
    room_token_issuer: Option<String>,
    text_on_cancel: bool,
    consent_text: Option<String>,
    entry_fields: String,
    lost_contact_grace: i64,
    recall_words: Option<String>,
    reply_coming: String,
    reply_later: String,
    reply_leaving: String,
    erase_after: i64,
    time_zone: String,
}

#[derive(Serialize, Deserialize)]
struct StoredField {
    key: String,
    label: String,
    is_required: bool,
}

impl ClinicRow {
    /// The row of a clinic nobody has arrived at yet.
    pub(in crate::adapters) fn new(clinic: &Clinic) -> Result<Self, Fault> {
        Ok(Self {
            id: clinic.id.to_string(),
            slug: clinic.slug.as_str().to_owned(),
            name: clinic.name.clone(),
            version: clinic.version,
            next_arrival: 1,
            settings: SettingsRow::of(&clinic.settings)?,
        })
    }

    pub(in crate::adapters) fn clinic(self) -> Result<Clinic, Fault> {
        let named = Named {
            table: "clinic",
            id: &self.id,
        };
        Ok(Clinic {
            id: named.need(ClinicId::parse(&self.id), "this is no id")?,
            slug: named.need(Slug::parse(&self.slug), "no clinic has this slug")?,
            name: self.name,
            version: self.version,
            settings: self.settings.settings(named)?,
        })
    }
}

impl SettingsRow {
    pub(in crate::adapters) fn of(settings: &Settings) -> Result<Self, Fault> {
        let fault = |error| Fault::new("writing settings as JSON", error);
        let countries: Vec<String> = settings
            .allowed_countries
            .iter()
            .map(|country| country.code())
            .collect();
        let fields: Vec<StoredField> = settings
            .entry_fields
            .iter()
            .map(
                |EntryField {
                     key,
                     label,
                     is_required,
                 }| StoredField {
                    key: key.clone(),
                    label: label.clone(),
                    is_required: *is_required,
                },
            )
            .collect();
        Ok(Self {
            offline_queueing: settings.offline_queueing,
            show_queue_position: settings.show_queue_position,
            is_open: settings.is_open,
            default_country: settings.default_country.code(),
            allowed_countries: serde_json::to_string(&countries).map_err(fault)?,
            room_url_template: settings.room_url_template.as_str().to_owned(),
            room_token_key: settings
                .room_signing
                .as_ref()
                .map(|signing| signing.key.reveal().to_owned()),
            room_token_issuer: settings
                .room_signing
                .as_ref()
                .and_then(|signing| signing.issuer.clone()),
            text_on_cancel: settings.text_on_cancel,
            consent_text: settings.consent_text.clone(),
            entry_fields: serde_json::to_string(&fields).map_err(fault)?,
            lost_contact_grace: settings.lost_contact_grace.as_millis(),
            recall_words: settings
                .recall_words
                .as_ref()
                .map(|words| words.as_str().to_owned()),
            reply_coming: settings.reply_words.coming.clone(),
            reply_later: settings.reply_words.later.clone(),
            reply_leaving: settings.reply_words.leaving.clone(),
            erase_after: settings.erase_after.as_millis(),
            time_zone: settings.time_zone.as_str().to_owned(),
        })
    }

    fn settings(self, named: Named<'_>) -> Result<Settings, Fault> {
        let country = |code: &str| named.need(Country::parse(code), "no such country");
        let countries: Vec<String> = serde_json::from_str(&self.allowed_countries)
            .map_err(|_| named.fault("its countries are not a list of countries"))?;
        let fields: Vec<StoredField> = serde_json::from_str(&self.entry_fields)
            .map_err(|_| named.fault("its entry fields are not a list of fields"))?;
        let signing = match self.room_token_key {
            None => None,
            Some(key) => Some(RoomSigning {
                key: named.need(RoomKey::parse(&key).ok(), "its room key is no key")?,
                issuer: self.room_token_issuer,
            }),
        };
        let template = RoomUrlTemplate::parse(&self.room_url_template, "roomUrlTemplate").ok();
        Ok(Settings {
            offline_queueing: self.offline_queueing,
            show_queue_position: self.show_queue_position,
            is_open: self.is_open,
            default_country: country(&self.default_country)?,
            allowed_countries: countries
                .iter()
                .map(|code| country(code))
                .collect::<Result<_, _>>()?,
            room_url_template: named.need(template, "its rooms are nowhere")?,
            room_signing: signing,
            text_on_cancel: self.text_on_cancel,
            consent_text: self.consent_text,
            entry_fields: fields
                .into_iter()
                .map(
                    |StoredField {
                         key,
                         label,
                         is_required,
                     }| EntryField {
                        key,
                        label,
                        is_required,
                    },
                )
                .collect(),
            lost_contact_grace: Span::millis(self.lost_contact_grace),
            recall_words: self.recall_words.map(RecallWords::from_stored),
            reply_words: ReplyWords {
                coming: self.reply_coming,
                later: self.reply_later,
                leaving: self.reply_leaving,
            },
            erase_after: Span::millis(self.erase_after),
            time_zone: TimeZone::from_known(self.time_zone),
        })
    }
}
