//! The texts that are sent, for those who word them.

use super::user_error::UserError;
use crate::domain::segments::Encoding;
use crate::domain::text;
use async_graphql::{Enum, SimpleObject};

/// Why a text is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "text::TextPurpose")]
pub enum TextPurpose {
    /// Brings a secure code.
    Code,
    /// Asks an Offline caller to come back.
    Recall,
    /// Tells an Offline caller that staff cancelled, where the settings say so (`textOnCancel`).
    Cancelled,
}

/// In which alphabet a text goes to a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Encoding")]
pub enum TextEncoding {
    /// The GSM 7-bit alphabet: 160 characters in one text, 153 in each of several.
    #[graphql(name = "GSM_7")]
    Gsm7,
    /// 16 bits a character: 70 in one text, 67 in each of several. One character that the GSM 7-bit
    /// alphabet lacks is enough for it.
    #[graphql(name = "UCS_2")]
    Ucs2,
}

/// A text as it would be sent.
#[derive(SimpleObject)]
pub struct TextPreview {
    /// Why it would be sent.
    pub purpose: TextPurpose,
    /// Its words, with `*` for every character of a secure code and of a link's token.
    pub body: String,
    /// In which alphabet it goes.
    pub encoding: TextEncoding,
    /// How many characters it has as phone networks count them: some, such as `€` in `GSM_7` and an
    /// emoji in `UCS_2`, count two.
    pub characters: i32,
    /// How many characters there is room for: in one text in `GSM_7`, which a recall may not exceed; in
    /// `UCS_2` in as many texts as it goes as, up to the three that it may.
    pub room: i32,
    /// How many texts it is sent as. Each is charged.
    pub segments: i32,
    /// The characters because of which it goes in `UCS_2`, each once. Empty in `GSM_7`.
    pub beyond_gsm7: Vec<String>,
    /// Why it could not be saved so; the field is that of `UpdateClinicSettingsInput`. Null when it
    /// could.
    pub problem: Option<UserError>,
}

impl From<text::TextPreview> for TextPreview {
    fn from(preview: text::TextPreview) -> Self {
        let length = preview.length;
        let number = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
        Self {
            purpose: preview.purpose.into(),
            body: preview.body.0,
            encoding: length.encoding.into(),
            characters: number(length.characters),
            room: number(preview.room),
            segments: number(length.segments),
            beyond_gsm7: preview.beyond_gsm7.iter().map(char::to_string).collect(),
            problem: preview.problem.map(Into::into),
        }
    }
}
