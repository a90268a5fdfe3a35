//! A clinic, its settings and its staff.

use cynic::{Enum, Id, InputObject, QueryFragment};

use crate::access::Session;
use crate::client_error::{UserError, UserErrorFragment};
use crate::instant::Instant;
use crate::schema;
use crate::secret::SessionToken;

/// The public face of a clinic.
#[derive(QueryFragment, Debug, Clone, PartialEq, Eq)]
pub struct Clinic {
    /// Names this clinic in every command.
    pub id: Id,
    /// What follows `/c/` in the clinic link.
    pub slug: String,
    /// As patients know it.
    pub name: String,
    /// Whether callers may come in now.
    pub is_open: bool,
    /// Whether new arrivals may verify a number and step away.
    pub offline_queueing: bool,
    /// What is asked on arrival besides name and phone.
    pub entry_fields: Vec<EntryField>,
    /// What callers are asked to agree to before they come in, if anything.
    pub consent_text: Option<String>,
    /// ISO 3166-1 alpha-2; how a number without a country is read.
    pub default_country: String,
    /// Whether callers are told their place in the queue.
    pub show_queue_position: bool,
}

/// What no event tells of a clinic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClinicNow {
    /// Whether callers may come in.
    pub is_open: bool,
    /// The IANA name of the time zone in which the clinic counts its days.
    pub time_zone: String,
    /// Until when no codes are sent to its callers; none when they are, and unless the viewer may see
    /// its waiting area.
    pub codes_paused_until: Option<Instant>,
}

/// Something asked on arrival.
#[derive(QueryFragment, Debug, Clone, PartialEq, Eq)]
pub struct EntryField {
    /// Lower-case letters, digits and `_`.
    pub key: String,
    /// As the caller reads it.
    pub label: String,
    /// Whether it must be answered.
    pub is_required: bool,
}

/// What a clinic admin configures: Configure › Waiting Area.
#[derive(QueryFragment, Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a setting that is on or off"
)]
pub struct ClinicSettings {
    /// Patient Queueing Options › Offline Queueing.
    pub offline_queueing: bool,
    /// Whether callers are told their place in the queue.
    pub show_queue_position: bool,
    /// Whether callers may come in now.
    pub is_open: bool,
    /// ISO 3166-1 alpha-2; how a number without a country is read.
    pub default_country: String,
    /// ISO 3166-1 alpha-2 of the countries whose numbers are taken.
    pub allowed_countries: Vec<String>,
    /// The clinic's video service, with `{room}` and `{token}` where they go.
    pub room_url_template: String,
    /// Whether a key to sign `{token}` with is set. The key itself is never shown.
    pub has_room_token_key: bool,
    /// The issuer and audience of `{token}`; `None` for the clinic's slug.
    pub room_token_issuer: Option<String>,
    /// Whether a cancelled Offline caller gets an SMS.
    pub text_on_cancel: bool,
    /// The clinic's own words for a recall, with `{link}` in them; `None` for the usual ones.
    pub recall_words: Option<String>,
    /// The words for a recall where the clinic has none of its own, with `{link}` in them.
    pub usual_recall_words: String,
    /// What callers answer a recall's text with, where they can.
    pub reply_words: ReplyWords,
    /// Whether callers can answer texts.
    pub takes_replies: bool,
    /// What callers are asked to agree to before they come in, if anything.
    pub consent_text: Option<String>,
    /// What is asked on arrival besides name and phone.
    pub entry_fields: Vec<EntryField>,
    /// How long an unverified caller who stopped viewing keeps the place. Seconds.
    pub lost_contact_grace_seconds: i32,
    /// How long after the end of a stay name, number, answers and texts are erased. Seconds.
    pub erase_after_seconds: i32,
    /// The IANA name of the time zone in which the clinic counts its days.
    pub time_zone: String,
}

/// What callers answer a recall's text with.
#[derive(QueryFragment, Debug, Clone, PartialEq, Eq)]
pub struct ReplyWords {
    /// On the way to the wait screen.
    pub coming: String,
    /// Needs five more minutes.
    pub later: String,
    /// Will not come: the stay ends.
    pub leaving: String,
}

/// Why a text is sent.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextPurpose {
    /// Brings a secure code.
    Code,
    /// Asks an Offline caller to come back.
    Recall,
    /// Tells an Offline caller that staff cancelled.
    Cancelled,
    /// A purpose that is newer than this client.
    #[cynic(fallback)]
    Unrecognised,
}

/// In which alphabet a text goes to a phone.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextEncoding {
    /// 7 bits a character: 160 in one text.
    #[cynic(rename = "GSM_7")]
    Gsm7,
    /// 16 bits a character: 70 in one text.
    #[cynic(rename = "UCS_2")]
    Ucs2,
    /// An alphabet that is newer than this client.
    #[cynic(fallback)]
    Unrecognised,
}

/// A text as it would be sent, with `*` for every character of a code and of a link's token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextPreview {
    /// Why it would be sent.
    pub purpose: TextPurpose,
    /// Its words.
    pub body: String,
    /// In which alphabet it goes.
    pub encoding: TextEncoding,
    /// Characters as phone networks count them.
    pub characters: i32,
    /// How many characters there is room for in as many texts, or in as many as it may take.
    pub room: i32,
    /// How many texts it is sent as; each is charged.
    pub segments: i32,
    /// The characters because of which it is not in the 7-bit alphabet.
    pub beyond_gsm7: Vec<String>,
    /// Why it could not be saved so.
    pub problem: Option<UserError>,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "TextPreview")]
pub(crate) struct TextPreviewFragment {
    pub purpose: TextPurpose,
    pub body: String,
    pub encoding: TextEncoding,
    pub characters: i32,
    pub room: i32,
    pub segments: i32,
    pub beyond_gsm7: Vec<String>,
    pub problem: Option<UserErrorFragment>,
}

impl From<TextPreviewFragment> for TextPreview {
    fn from(fragment: TextPreviewFragment) -> Self {
        Self {
            purpose: fragment.purpose,
            body: fragment.body,
            encoding: fragment.encoding,
            characters: fragment.characters,
            room: fragment.room,
            segments: fragment.segments,
            beyond_gsm7: fragment.beyond_gsm7,
            problem: fragment.problem.map(Into::into),
        }
    }
}

/// A change of [`ClinicSettings`]: what is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(
    missing_docs,
    reason = "each field is described where the setting is, in ClinicSettings"
)]
pub struct ClinicSettingsChange {
    pub offline_queueing: Option<bool>,
    pub show_queue_position: Option<bool>,
    pub is_open: Option<bool>,
    pub default_country: Option<String>,
    pub allowed_countries: Option<Vec<String>>,
    pub room_url_template: Option<String>,
    /// The key shared with the video service; an empty one removes it.
    pub room_token_key: Option<String>,
    /// An empty one goes back to the clinic's slug.
    pub room_token_issuer: Option<String>,
    pub text_on_cancel: Option<bool>,
    /// Empty ones go back to the usual words.
    pub recall_words: Option<String>,
    pub reply_words: Option<ReplyWords>,
    /// An empty text removes it.
    pub consent_text: Option<String>,
    pub entry_fields: Option<Vec<EntryField>>,
    pub lost_contact_grace_seconds: Option<i32>,
    pub erase_after_seconds: Option<i32>,
    pub time_zone: Option<String>,
}

#[derive(InputObject)]
pub(crate) struct EntryFieldInput {
    pub key: String,
    pub label: String,
    pub is_required: bool,
}

impl From<EntryField> for EntryFieldInput {
    fn from(field: EntryField) -> Self {
        Self {
            key: field.key,
            label: field.label,
            is_required: field.is_required,
        }
    }
}

#[derive(InputObject)]
pub(crate) struct ReplyWordsInput {
    pub coming: String,
    pub later: String,
    pub leaving: String,
}

impl From<ReplyWords> for ReplyWordsInput {
    fn from(words: ReplyWords) -> Self {
        Self {
            coming: words.coming,
            later: words.later,
            leaving: words.leaving,
        }
    }
}

/// What a team member or an API key may do.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TeamRole {
    /// Reads only.
    Reporter,
    /// Acts on callers.
    TeamMember,
    /// Also configures.
    ClinicAdmin,
    /// A role that is newer than this client: offer nothing but reading.
    #[cynic(fallback)]
    Unrecognised,
}

impl TeamRole {
    /// Whether recall, cancel, join, hold and complete are allowed.
    #[must_use]
    pub fn may_act(self) -> bool {
        matches!(self, Self::TeamMember | Self::ClinicAdmin)
    }

    /// Whether settings may be read and changed.
    #[must_use]
    pub fn may_configure(self) -> bool {
        self == Self::ClinicAdmin
    }
}

/// Who acts: a team member of one clinic, or an API key of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamMember {
    /// Names this team member or key.
    pub id: Id,
    /// As the activity log shows it.
    pub name: String,
    /// What they may do.
    pub role: TeamRole,
    /// The one clinic that they belong to.
    pub clinic: Clinic,
    /// Whether this is an API key.
    pub is_api_client: bool,
    /// The session that asked. An API key has none, and [`Staff::sign_in`](crate::Staff::sign_in)
    /// does not tell it.
    pub session: Option<Session>,
}

/// What a one-time sign-in link gave.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Keep it until it expires; [`Staff::new`](crate::Staff::new) takes it.
    pub session: SessionToken,
    /// Until when the session lasts.
    pub expires_at: Option<Instant>,
    /// Who signed in.
    pub member: TeamMember,
}
