//! Configure › Waiting Area.

use crate::app::time_zones;
use crate::domain::clinic::SettingsChange;
use crate::domain::entry::EntryField;
use crate::domain::policy::Act;
use crate::domain::refusal::Refusal;
use crate::graphql::asking::app;
use crate::graphql::clinic::{ClinicSettings, ReplyWordsInput, changed};
use crate::graphql::mutation::{Answer, answer, in_clinic};
use crate::graphql::user_error::{UserError, beyond_role};
use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};

/// What clinic admins do.
#[derive(Default)]
pub struct ConfigurationMutations;

#[Object]
impl ConfigurationMutations {
    /// Clinic admin: changes settings. What is left out stays as it is; of a change with something
    /// wrong in it, nothing is taken.
    async fn update_clinic_settings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdateClinicSettingsInput,
    ) -> Option<UpdateClinicSettingsPayload> {
        let (settings, user_errors) = answer(ctx, change_settings(ctx, input).await)?;
        Some(UpdateClinicSettingsPayload {
            settings,
            user_errors,
        })
    }
}

async fn change_settings(
    ctx: &Context<'_>,
    input: UpdateClinicSettingsInput,
) -> Answer<ClinicSettings> {
    let beyond = || beyond_role("Your role may not change settings.");
    let within = in_clinic(ctx, &input.clinic_id, Act::Configure, beyond);
    let asked = within.and_then(|within| Ok((within, SettingsChange::try_from(input)?)));
    let (within, change) = match asked {
        Ok(asked) => asked,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let changed = app(ctx).change_settings(&within, change).await?;
    let changed = changed.unwrap_or_else(|| Err(Refusal::not_found("clinicId")));
    Ok(changed.map(|clinic| (&clinic.settings).into()))
}

/// What to change. What is left out, or null unless its line says otherwise, stays as it is.
#[derive(InputObject)]
pub struct UpdateClinicSettingsInput {
    /// The clinic's id.
    pub clinic_id: ID,
    /// Whether new arrivals may verify a number and step away.
    pub offline_queueing: Option<bool>,
    /// Whether callers are told their place in the queue.
    pub show_queue_position: Option<bool>,
    /// Whether callers can arrive.
    pub is_open: Option<bool>,
    /// ISO 3166-1 alpha-2; how a number without a country is read. One of the allowed countries.
    pub default_country: Option<String>,
    /// ISO 3166-1 alpha-2: the countries whose numbers are taken.
    pub allowed_countries: Option<Vec<String>>,
    /// Where Join leads: `https://` and an address, or `/` and a page of this server, with `{room}`
    /// where the name of the room goes and,
    /// where the video service wants one, `{token}` where a signed token goes.
    pub room_url_template: Option<String>,
    /// The key that the video service shares with the clinic, to sign `{token}` with: 32 to 512
    /// characters. Never shown again. Null or empty removes it.
    pub room_token_key: MaybeUndefined<String>,
    /// The issuer and audience of `{token}`. Null or empty for the clinic's slug.
    pub room_token_issuer: MaybeUndefined<String>,
    /// Whether an Offline caller gets one text when staff cancel.
    pub text_on_cancel: Option<bool>,
    /// The clinic's own words for a recall: `{link}` once, with a space or a line break before and
    /// after it, and no other link. With the link, and with the line that says how to reply where
    /// callers can, it must fit one text of 160 characters; three texts where it has characters that
    /// the GSM 7-bit alphabet lacks. Null or empty for the usual words.
    pub recall_words: MaybeUndefined<String>,
    /// What callers answer a recall with; replaces all three.
    pub reply_words: Option<ReplyWordsInput>,
    /// What callers are asked to agree to before they come in. Null or empty removes it. At most 2000
    /// characters.
    pub consent_text: MaybeUndefined<String>,
    /// Asked on arrival besides name and phone, in this order; replaces all that were asked. At most
    /// 12.
    pub entry_fields: Option<Vec<EntryFieldInput>>,
    /// How long an unverified caller who stopped viewing keeps the place. Seconds, 30 to 3600.
    pub lost_contact_grace_seconds: Option<i64>,
    /// How long after the end of a stay it is kept who it was. Seconds, 0 to 86400. Holds for stays that
    /// have ended already, too; what is erased does not come back.
    pub erase_after_seconds: Option<i64>,
    /// Where the clinic is, by the IANA database, such as `Australia/Sydney`. Holds for days that are
    /// past, too.
    pub time_zone: Option<String>,
}

/// Something to ask on arrival besides name and phone.
#[derive(InputObject)]
pub struct EntryFieldInput {
    /// Lower-case letters, digits and `_`; at most 40 characters.
    pub key: String,
    /// What is asked. At most 120 characters.
    pub label: String,
    /// Whether a caller cannot come in without an answer.
    pub is_required: bool,
}

impl TryFrom<UpdateClinicSettingsInput> for SettingsChange {
    type Error = Refusal;

    fn try_from(input: UpdateClinicSettingsInput) -> Result<Self, Refusal> {
        let field = |field: EntryFieldInput| EntryField {
            key: field.key,
            label: field.label,
            is_required: field.is_required,
        };
        let time_zone = input.time_zone.as_deref();
        let time_zone = time_zone.map(|typed| time_zones::read(typed, "timeZone"));
        Ok(Self {
            offline_queueing: input.offline_queueing,
            show_queue_position: input.show_queue_position,
            is_open: input.is_open,
            default_country: input.default_country,
            allowed_countries: input.allowed_countries,
            room_url_template: input.room_url_template,
            room_token_key: changed(input.room_token_key),
            room_token_issuer: changed(input.room_token_issuer),
            text_on_cancel: input.text_on_cancel,
            recall_words: changed(input.recall_words),
            reply_words: input.reply_words.map(Into::into),
            consent_text: changed(input.consent_text),
            entry_fields: input
                .entry_fields
                .map(|all| all.into_iter().map(field).collect()),
            lost_contact_grace_seconds: input.lost_contact_grace_seconds,
            erase_after_seconds: input.erase_after_seconds,
            time_zone: time_zone.transpose()?,
        })
    }
}

/// The settings after the change.
#[derive(SimpleObject)]
pub struct UpdateClinicSettingsPayload {
    /// As they are now. Null when refused.
    pub settings: Option<ClinicSettings>,
    /// Why nothing changed. Empty when it did.
    pub user_errors: Vec<UserError>,
}
