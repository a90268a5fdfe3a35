//! Every text as it would be sent, for those who word it.

use super::recall_words::most_segments;
use super::{RecallWords, Sender, TextBody, TextPurpose};
use crate::domain::clinic::{Settings, SettingsChange};
use crate::domain::refusal::Refusal;
use crate::domain::reply::ReplyWords;
use crate::domain::segments::{Length, beyond_gsm7, length};

/// A text as it would be sent, with `*` for every character of its code or of its link's token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextPreview {
    /// Why it would be sent.
    pub purpose: TextPurpose,
    /// Its words.
    pub body: TextBody,
    /// How a phone network counts it.
    pub length: Length,
    /// How many characters there is room for in as many segments, or in as many as it may take.
    pub room: usize,
    /// Because of which characters it is not in the GSM 7-bit alphabet.
    pub beyond_gsm7: Vec<char>,
    /// Why it could not be saved so.
    pub problem: Option<Refusal>,
}

/// Longest reply word shown in a preview, in characters: of one that is refused anyway.
const TYPED_REPLY_CHARACTERS: usize = 40;

impl TextPreview {
    fn new(purpose: TextPurpose, body: TextBody, problem: Option<Refusal>) -> Self {
        let length = length(&body.0);
        let segments = length.segments.clamp(1, most_segments(length.encoding));
        Self {
            purpose,
            length,
            room: length.encoding.room(segments),
            beyond_gsm7: beyond_gsm7(&body.0),
            body,
            problem,
        }
    }

    /// All texts as they would be after `typed`, of which the words for a recall and its replies are
    /// looked at and nothing is saved. What is wrong is said by the recall, shown as it was typed.
    /// Without the code where the provider words it (`codes_are_ours` is false).
    #[must_use]
    pub fn all(
        settings: &Settings,
        typed: SettingsChange,
        sender: &Sender<'_>,
        codes_are_ours: bool,
    ) -> Vec<Self> {
        let (recall, problem) = match settings.changed(typed.clone(), sender) {
            Ok(next) => (
                TextBody::recall_by(&sender.hidden_link(), &next, sender),
                None,
            ),
            Err(refusal) => (as_typed(settings, typed, sender), Some(refusal)),
        };
        let code = codes_are_ours.then(|| {
            let body = TextBody::code_of(HIDDEN_CODE, sender.at);
            Self::new(TextPurpose::Code, body, None)
        });
        code.into_iter()
            .chain([
                Self::new(TextPurpose::Recall, recall, problem),
                Self::new(TextPurpose::Cancelled, TextBody::cancelled(), None),
            ])
            .collect()
    }
}

/// As long as a secure code.
const HIDDEN_CODE: &str = "******";

/// A recall with what is being typed, right or wrong.
fn as_typed(settings: &Settings, typed: SettingsChange, sender: &Sender<'_>) -> TextBody {
    let cut = |word: &str| word.trim().chars().take(TYPED_REPLY_CHARACTERS).collect();
    let mut shown = settings.clone();
    if let Some(words) = typed.reply_words {
        shown.reply_words = ReplyWords {
            coming: cut(&words.coming),
            later: cut(&words.later),
            leaving: cut(&words.leaving),
        };
    }
    if let Some(words) = typed.recall_words {
        let words = words.filter(|words| !words.trim().is_empty());
        shown.recall_words = words.as_deref().map(RecallWords::as_typed);
    }
    TextBody::recall_by(&sender.hidden_link(), &shown, sender)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{long_url, settings};
    use super::*;
    use crate::domain::clinic::ReplyWordsChange;
    use crate::domain::secret::{SecureCode, Token, TokenKind};
    use crate::domain::segments::Encoding;

    fn of(previews: &[TextPreview], purpose: TextPurpose) -> &TextPreview {
        previews.iter().find(|one| one.purpose == purpose).unwrap()
    }

    fn typed(words: &str) -> SettingsChange {
        SettingsChange {
            recall_words: Some(Some(words.to_owned())),
            ..SettingsChange::default()
        }
    }

    #[test]
    fn a_preview_is_as_long_as_the_text_and_opens_nothing() {
        let at = long_url();
        for takes_replies in [false, true] {
            let sender = Sender {
                at: &at,
                takes_replies,
            };
            let previews = TextPreview::all(&settings(), SettingsChange::default(), &sender, true);
            let code = TextBody::code(&SecureCode::from_number(7), &at);
            let token = Token::new(TokenKind::Caller, [9; 16]);
            let recall = TextBody::recall(&token, &at, &settings(), takes_replies);
            for (purpose, body) in [(TextPurpose::Code, code), (TextPurpose::Recall, recall)] {
                let preview = of(&previews, purpose);
                assert_eq!(preview.length, length(&body.0));
                assert_eq!(preview.problem, None);
                assert!(preview.body.0.contains("**"));
            }
            let body = &of(&previews, TextPurpose::Recall).body.0;
            let shown = body.split('#').nth(1).unwrap();
            assert!(Token::parse(shown.split_whitespace().next().unwrap()).is_none());
            let body = &of(&previews, TextPurpose::Code).body.0;
            assert!(SecureCode::parse(&body[..6]).is_none());
        }
    }

    #[test]
    fn what_is_wrong_is_shown_as_typed_with_what_saving_would_say() {
        let at = long_url();
        let sender = Sender {
            at: &at,
            takes_replies: true,
        };
        let words = "Come to evil.example {link}";
        let previews = TextPreview::all(&settings(), typed(words), &sender, false);
        assert_eq!(previews.len(), 2, "the provider words its code itself");
        let recall = of(&previews, TextPurpose::Recall);
        assert!(recall.body.0.starts_with("Come to evil.example https://"));
        let refusal = settings().changed(typed(words), &sender).unwrap_err();
        assert_eq!(recall.problem, Some(refusal));

        let words = format!("It’s {} {{link}}", "a".repeat(10_000));
        let previews = TextPreview::all(&settings(), typed(&words), &sender, true);
        let recall = of(&previews, TextPurpose::Recall);
        assert_eq!(recall.room, 201, "three segments are the most");
        assert!(recall.body.0.len() < 2_000, "what is sent back has a limit");
        assert_eq!(recall.length.encoding, Encoding::Ucs2);
        assert_eq!(recall.beyond_gsm7, ['’']);
    }

    #[test]
    fn reply_words_being_typed_are_in_the_preview() {
        let at = long_url();
        let sender = Sender {
            at: &at,
            takes_replies: true,
        };
        let replies = |coming: &str| SettingsChange {
            reply_words: Some(ReplyWordsChange {
                coming: coming.to_owned(),
                later: "NO".to_owned(),
                leaving: "BYE".to_owned(),
            }),
            ..SettingsChange::default()
        };
        let previews = TextPreview::all(&settings(), replies("OK"), &sender, true);
        let recall = of(&previews, TextPurpose::Recall);
        assert!(
            recall
                .body
                .0
                .ends_with("Reply OK coming, NO in 5 min, BYE leave")
        );
        assert_eq!(recall.problem, None);
        let previews = TextPreview::all(&settings(), replies("no"), &sender, true);
        let problem = of(&previews, TextPurpose::Recall).problem.clone().unwrap();
        assert_eq!(problem.field.unwrap()[0], "replyWords");
    }
}
