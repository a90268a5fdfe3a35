//! A clinic: its public face, and what its staff see of it.

use super::access::{api_clients, team};
use super::asking::{app, viewer};
use super::audit::{self, AuditLogConnection};
use super::date::Date;
use super::fault::or_null;
use super::report::{self, Report};
use super::team::{ApiClient, TeamMember};
use super::text::TextPreview;
use super::waiting_area::WaitingArea;
use super::webhook::{self, Webhook};
use crate::domain;
use crate::domain::clinic::{ReplyWordsChange, SettingsChange};
use crate::domain::limits::ENTRY_FIELDS;
use crate::domain::policy::Act;
use async_graphql::{
    ComplexObject, Context, ID, InputObject, MaybeUndefined, Object, SimpleObject,
};
use std::sync::Arc;

/// A clinic as it was read. Cheap to clone.
#[derive(Clone)]
pub struct Clinic {
    clinic: Arc<domain::clinic::Clinic>,
    version: i64,
}

impl Clinic {
    /// Wraps a clinic.
    pub(super) fn new(clinic: domain::clinic::Clinic) -> Self {
        let version = clinic.version;
        Self::at(Arc::new(clinic), version)
    }

    /// Wraps a clinic whose waiting area is known to be at `version`.
    pub(super) fn at(clinic: Arc<domain::clinic::Clinic>, version: i64) -> Self {
        Self { clinic, version }
    }

    pub(super) fn domain(&self) -> &domain::clinic::Clinic {
        &self.clinic
    }
}

/// A clinic: one waiting area, its settings and its staff. What it has of a public face can be seen by
/// whoever has its clinic link; nothing else of it is visible to another clinic.
#[Object]
impl Clinic {
    /// Names this clinic.
    pub async fn id(&self) -> ID {
        self.clinic.id.as_str().into()
    }

    /// What names it in its clinic link, `/c/<slug>`.
    async fn slug(&self) -> &str {
        self.clinic.slug.as_str()
    }

    /// The clinic's name.
    async fn name(&self) -> &str {
        &self.clinic.name
    }

    /// Whether callers can arrive now. Those who are there already stay.
    async fn is_open(&self) -> bool {
        self.clinic.settings.is_open
    }

    /// Whether new arrivals may verify a number and step away.
    async fn offline_queueing(&self) -> bool {
        self.clinic.settings.offline_queueing
    }

    /// What is asked on arrival besides name and phone, in this order.
    #[graphql(complexity = "ENTRY_FIELDS * child_complexity")]
    async fn entry_fields(&self) -> Vec<EntryField> {
        entry_fields(&self.clinic.settings)
    }

    /// What callers are asked to agree to before they come in, if anything.
    async fn consent_text(&self) -> Option<&str> {
        self.clinic.settings.consent_text.as_deref()
    }

    /// ISO 3166-1 alpha-2; how a number without a country is read.
    async fn default_country(&self) -> String {
        self.clinic.settings.default_country.code()
    }

    /// Whether callers are told their place in the queue.
    async fn show_queue_position(&self) -> bool {
        self.clinic.settings.show_queue_position
    }

    /// Where the clinic is, by the IANA database, such as `Australia/Sydney`: what a day is in its
    /// reports. `UTC` unless set.
    async fn time_zone(&self) -> &str {
        self.clinic.settings.time_zone.as_str()
    }

    /// Null unless the viewer is staff of this clinic.
    async fn waiting_area(&self, ctx: &Context<'_>) -> Option<WaitingArea> {
        let within = viewer(ctx).within(&self.clinic.id, Act::SeeWaitingArea)?;
        or_null(ctx, WaitingArea::read(ctx, &within, self.version).await)
    }

    /// Null unless the viewer is a clinic admin here.
    async fn settings(&self, ctx: &Context<'_>) -> Option<ClinicSettings> {
        viewer(ctx).within(&self.clinic.id, Act::Configure)?;
        Some(ClinicSettings::from(&self.clinic.settings))
    }

    /// What staff looked at and did, the latest first. Kept for 400 days. Null unless the viewer is a
    /// clinic admin here.
    #[graphql(complexity = "audit::cost_of_page(first, child_complexity)")]
    async fn audit_log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many; 50 unless given, at most 200.")] first: Option<i64>,
        #[graphql(desc = "Only those behind the entry with this cursor, which are older.")]
        after: Option<String>,
    ) -> Option<AuditLogConnection> {
        let within = viewer(ctx).within(&self.clinic.id, Act::Configure)?;
        let page = AuditLogConnection::read(ctx, &within, first, after.as_deref());
        or_null(ctx, page.await)
    }

    /// What happened from one day to another, in figures without personal data. Null unless the viewer is
    /// staff of this clinic. Also served as a file: `GET /clinics/<slug>/report.csv?from=…&to=…`, with
    /// the same bearer token.
    #[graphql(complexity = "report::cost_of_report(from, to, child_complexity)")]
    async fn report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first day, in the clinic's time zone.")] from: Date,
        #[graphql(desc = "The last day, itself included. At most 400 days in all.")] to: Date,
    ) -> Option<Report> {
        let within = viewer(ctx).within(&self.clinic.id, Act::SeeWaitingArea)?;
        or_null(
            ctx,
            Report::read(ctx, &within, &self.clinic, from, to).await,
        )
    }

    /// The members of the team, by name; at most 1000. Null unless the viewer is a signed-in clinic admin
    /// here.
    #[graphql(complexity = "100 * child_complexity")]
    async fn team(&self, ctx: &Context<'_>) -> Option<Vec<TeamMember>> {
        let within = viewer(ctx).within(&self.clinic.id, Act::Administer)?;
        or_null(ctx, team(ctx, &within, self).await)
    }

    /// Where events are sent, the oldest first. Null unless the viewer is a clinic admin here.
    #[graphql(complexity = "10 * child_complexity")]
    async fn webhooks(&self, ctx: &Context<'_>) -> Option<Vec<Webhook>> {
        webhook::webhooks(ctx, &self.clinic.id).await
    }

    /// The API keys, revoked and expired ones too, the latest first; at most 500. Null unless the viewer is
    /// a signed-in clinic admin here.
    #[graphql(complexity = "100 * child_complexity")]
    async fn api_clients(&self, ctx: &Context<'_>) -> Option<Vec<ApiClient>> {
        let within = viewer(ctx).within(&self.clinic.id, Act::Administer)?;
        or_null(ctx, api_clients(ctx, &within, self).await)
    }
}

/// Something a clinic asks on arrival besides name and phone.
#[derive(Clone, Debug, SimpleObject)]
pub struct EntryField {
    /// What names it: lower-case letters, digits and `_`.
    pub key: String,
    /// What is asked, in the clinic's words.
    pub label: String,
    /// Whether a caller cannot come in without an answer.
    pub is_required: bool,
}

fn entry_fields(settings: &domain::clinic::Settings) -> Vec<EntryField> {
    let field = |field: &domain::entry::EntryField| EntryField {
        key: field.key.clone(),
        label: field.label.clone(),
        is_required: field.is_required,
    };
    settings.entry_fields.iter().map(field).collect()
}

/// What callers answer a recall's text with, in upper or lower case.
#[derive(Clone, Debug, SimpleObject)]
pub struct ReplyWords {
    /// On the way to the wait screen.
    pub coming: String,
    /// Needs five more minutes.
    pub later: String,
    /// Will not come: the stay ends.
    pub leaving: String,
}

/// What callers are to answer a recall's text with.
#[derive(InputObject)]
pub struct ReplyWordsInput {
    /// On the way to the wait screen.
    pub coming: String,
    /// Needs five more minutes.
    pub later: String,
    /// Will not come: the stay ends.
    pub leaving: String,
}

impl From<ReplyWordsInput> for ReplyWordsChange {
    fn from(input: ReplyWordsInput) -> Self {
        Self {
            coming: input.coming,
            later: input.later,
            leaving: input.leaving,
        }
    }
}

/// What is left out stays, what is null goes.
#[expect(
    clippy::option_option,
    reason = "as SettingsChange has it: left out, removed, or set"
)]
pub(super) fn changed(given: MaybeUndefined<String>) -> Option<Option<String>> {
    match given {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(None),
        MaybeUndefined::Value(text) => Some(Some(text)),
    }
}

/// Configure › Waiting Area.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a setting that is on or off"
)]
pub struct ClinicSettings {
    /// Patient Queueing Options › Offline Queueing: whether new arrivals may verify a number and step
    /// away. Turning it off leaves it to those who have arrived already.
    pub offline_queueing: bool,
    /// Whether callers are told their place in the queue. Staff always see it.
    pub show_queue_position: bool,
    /// Whether callers can arrive.
    pub is_open: bool,
    /// ISO 3166-1 alpha-2; how a number without a country is read. One of the allowed countries.
    pub default_country: String,
    /// ISO 3166-1 alpha-2, in alphabetical order: the countries whose numbers are taken.
    pub allowed_countries: Vec<String>,
    /// Where Join leads: the address of the clinic's video service, with `{room}` where the name of
    /// the room goes and, where the service wants one, `{token}` where a signed token goes: a JSON Web
    /// Token (HS256) with the claims `iss`, `aud`, `sub`, `room`, `iat`, `nbf`, `exp` and `moderator`.
    pub room_url_template: String,
    /// Whether a key to sign `{token}` with is set. The key itself is never shown.
    pub has_room_token_key: bool,
    /// The issuer and audience of `{token}`. Null for the clinic's slug.
    pub room_token_issuer: Option<String>,
    /// Whether an Offline caller gets one text when staff cancel.
    pub text_on_cancel: bool,
    /// The clinic's own words for a recall, with `{link}` where the link to the wait screen goes. Null
    /// for the usual words.
    pub recall_words: Option<String>,
    /// What callers answer a recall with, where they can: see `takesReplies`.
    pub reply_words: ReplyWords,
    /// What callers are asked to agree to before they come in, if anything.
    pub consent_text: Option<String>,
    /// Asked on arrival besides name and phone, in this order.
    #[graphql(complexity = "ENTRY_FIELDS * child_complexity")]
    pub entry_fields: Vec<EntryField>,
    /// How long an unverified caller who stopped viewing keeps the place. Seconds; 120 unless set.
    /// While a code is outstanding it is 10 minutes, or this where it is longer.
    pub lost_contact_grace_seconds: i64,
    /// How long after the end of a stay it is kept who it was. Seconds; 900 unless set. When it is over,
    /// the caller's name, number, answers, the reason of the end and the texts are gone, and a lost place
    /// can no longer be taken back. At 0 they go within seconds.
    pub erase_after_seconds: i64,
    /// Where the clinic is, by the IANA database: what a day is in its reports. `UTC` unless set.
    pub time_zone: String,
    #[graphql(skip)]
    settings: Arc<domain::clinic::Settings>,
}

#[ComplexObject]
impl ClinicSettings {
    /// Whether callers can answer texts: then a recall says how, in one more line.
    async fn takes_replies(&self, ctx: &Context<'_>) -> bool {
        app(ctx).takes_replies()
    }

    /// The words for a recall where the clinic has none of its own: as many as fit one text beside the
    /// link and the line about replies.
    async fn usual_recall_words(&self, ctx: &Context<'_>) -> String {
        let words = app(ctx).usual_recall_words(&self.settings);
        words.as_str().to_owned()
    }

    /// Every text as it would be sent, to be looked at while its words are typed: nothing is saved. In
    /// place of a secure code and of a link's token there are as many `*`. The text that brings a code
    /// is left out where the SMS provider words it.
    #[graphql(complexity = "3 * child_complexity")]
    async fn text_previews(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "As in `UpdateClinicSettingsInput`: null or empty for the usual words, left out \
                    for those that are saved."
        )]
        recall_words: MaybeUndefined<String>,
        #[graphql(desc = "As in `UpdateClinicSettingsInput`: left out for those that are saved.")]
        reply_words: Option<ReplyWordsInput>,
    ) -> Vec<TextPreview> {
        let typed = SettingsChange {
            recall_words: changed(recall_words),
            reply_words: reply_words.map(Into::into),
            ..SettingsChange::default()
        };
        let previews = app(ctx).preview_texts(&self.settings, typed);
        previews.into_iter().map(Into::into).collect()
    }
}

impl From<&domain::clinic::Settings> for ClinicSettings {
    fn from(settings: &domain::clinic::Settings) -> Self {
        Self {
            offline_queueing: settings.offline_queueing,
            show_queue_position: settings.show_queue_position,
            is_open: settings.is_open,
            default_country: settings.default_country.code(),
            allowed_countries: settings
                .allowed_countries
                .iter()
                .map(|country| country.code())
                .collect(),
            room_url_template: settings.room_url_template.as_str().to_owned(),
            has_room_token_key: settings.room_signing.is_some(),
            room_token_issuer: settings
                .room_signing
                .as_ref()
                .and_then(|signing| signing.issuer.clone()),
            text_on_cancel: settings.text_on_cancel,
            recall_words: settings
                .recall_words
                .as_ref()
                .map(|words| words.as_str().to_owned()),
            reply_words: ReplyWords {
                coming: settings.reply_words.coming.clone(),
                later: settings.reply_words.later.clone(),
                leaving: settings.reply_words.leaving.clone(),
            },
            consent_text: settings.consent_text.clone(),
            entry_fields: entry_fields(settings),
            lost_contact_grace_seconds: settings.lost_contact_grace.as_seconds_up(),
            erase_after_seconds: settings.erase_after.as_seconds_up(),
            time_zone: settings.time_zone.as_str().to_owned(),
            settings: Arc::new(settings.clone()),
        }
    }
}
