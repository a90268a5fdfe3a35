//! Configure › Waiting Area: the form and what a message makes of it. Pure.

use standby_client::{
    ClientError, ClinicSettings, ClinicSettingsChange, EntryField, ReplyWords, TextPreview,
    UserError,
};

use crate::reading::Reading;

/// The longest text taken from a field; the server has limits of its own, and says so beside the field.
const LONGEST_TEXT: usize = 4_000;
/// The most entry fields of a clinic, as the schema says.
pub(crate) const MOST_ENTRY_FIELDS: usize = 12;
/// Characters of an entry field's key, as the schema says.
const LONGEST_KEY: usize = 40;
/// The longest reply word that can be typed: longer than the server takes, which says so.
const LONGEST_REPLY: usize = 30;

/// The form as it is on screen.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct SettingsForm {
    /// As the server has them. Not allowed: the viewer is no clinic admin.
    pub(crate) saved: Reading<ClinicSettings>,
    /// As they stand in the form.
    pub(crate) draft: Option<Draft>,
    pub(crate) is_saving: bool,
    /// As they stood when they were last sent: what is typed after that is not yet saved.
    sent: Option<Draft>,
    /// What is wrong, as found here or by the server.
    faults: Vec<Fault>,
    pub(crate) outcome: Outcome,
    pub(crate) previews: Previews,
}

/// The texts as they would be sent with the words in the form.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Previews {
    /// As the server last said.
    pub(crate) texts: Vec<TextPreview>,
    /// Whether they are of the words that stand in the form now.
    pub(crate) are_of_now: bool,
    /// Whether the server could not be asked.
    pub(crate) are_missing: bool,
    /// Grows with every question: an answer to an earlier one is about words that are there no more.
    asked: u32,
}

impl Previews {
    /// Whether this is the last question.
    pub(crate) fn is_last(&self, question: u32) -> bool {
        self.asked == question
    }

    fn problem(&self) -> Option<&UserError> {
        self.texts.iter().find_map(|text| text.problem.as_ref())
    }
}

/// What the last press on Save came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Outcome {
    #[default]
    None,
    Saved,
    Refused,
    /// No answer, or a fault: whether it was saved is not known.
    NotSaved,
}

/// What is wrong with a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fault {
    /// The path of the input field.
    field: Vec<String>,
    message: String,
}

impl Fault {
    fn of(error: UserError) -> Self {
        Self {
            field: error.field,
            message: error.message,
        }
    }

    fn new(field: &[&str], message: &str) -> Self {
        Self {
            field: field.iter().map(|&segment| segment.to_owned()).collect(),
            message: message.to_owned(),
        }
    }

    fn is_of(&self, field: &str) -> bool {
        self.field.iter().any(|segment| segment == field)
    }

    /// Which entry field, and which part of it, if it is of one.
    fn entry_field(&self) -> Option<(usize, EntryFieldPart)> {
        let at = self
            .field
            .iter()
            .position(|segment| segment == "entryFields")?;
        let place = self.field.get(at + 1)?.parse().ok()?;
        let part = match self.field.get(at + 2).map(String::as_str) {
            Some("key") => EntryFieldPart::Key,
            _ => EntryFieldPart::Question,
        };
        Some((place, part))
    }

    /// Where it stands on screen, from the top; the id of what is to be put right; what that is called.
    fn place(&self) -> Option<(usize, String, &'static str)> {
        if let Some((at, part)) = self.entry_field() {
            let id = match part {
                EntryFieldPart::Question => format!("entry-label-{at}"),
                EntryFieldPart::Key => format!("entry-key-{at}"),
            };
            return Some((2 + at, id, "Entry fields"));
        }
        // There may be as many entry fields as there may be, and a few more.
        let after = 3 + MOST_ENTRY_FIELDS;
        let (place, id, name) = match () {
            () if self.is_of("lostContactGraceSeconds") => (0, "grace", "Keep the place"),
            () if self.is_of("consentText") => (1, "consent-text", "Consent text"),
            () if self.is_of("entryFields") => (after, "add-entry-field", "Entry fields"),
            () if self.is_of("defaultCountry") => (after + 1, "default-country", "Default country"),
            () if self.is_of("allowedCountries") => {
                (after + 2, "allow-country", "Allowed countries")
            }
            () if self.is_of("roomUrlTemplate") => (after + 3, "room-link", "Room link"),
            () if self.is_of("roomTokenKey") => (after + 4, "room-key", "Room key"),
            () if self.is_of("roomTokenIssuer") => (after + 5, "room-issuer", "Room token issuer"),
            () if self.is_of("recallWords") => (after + 6, "recall-words", "Recall"),
            () if self.is_of("later") => (after + 8, "reply-later", "Replies"),
            () if self.is_of("leaving") => (after + 9, "reply-leaving", "Replies"),
            () if self.is_of("replyWords") => (after + 7, "reply-coming", "Replies"),
            () if self.is_of("eraseAfterSeconds") => (after + 10, "erase-after", "Privacy"),
            () if self.is_of("timeZone") => (after + 11, "time-zone", "Time zone"),
            () => return None,
        };
        Some((place, id.to_owned(), name))
    }
}

/// A part of an entry field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EntryFieldPart {
    Question,
    Key,
}

/// The settings as they stand in the form.
#[derive(Clone, PartialEq)]
pub(crate) struct Draft {
    pub(crate) settings: ClinicSettings,
    /// The grace time as typed: it may not be a number yet.
    pub(crate) grace: String,
    /// A new key to sign rooms' tokens with, as typed. The one that is set is never shown.
    pub(crate) room_token_key: String,
    /// How long details are kept after the end of a stay, as chosen or typed.
    pub(crate) erase_after: EraseAfter,
    /// The words for a recall as typed: the usual ones where the clinic has none of its own.
    pub(crate) recall_words: String,
    /// For each entry field whether its key still follows its label: so until saved or typed by hand.
    follows: Vec<bool>,
}

impl Draft {
    fn of(settings: ClinicSettings) -> Self {
        Self {
            grace: settings.lost_contact_grace_seconds.to_string(),
            room_token_key: String::new(),
            erase_after: EraseAfter::of(settings.erase_after_seconds),
            recall_words: settings
                .recall_words
                .clone()
                .unwrap_or_else(|| settings.usual_recall_words.clone()),
            follows: vec![false; settings.entry_fields.len()],
            settings,
        }
    }

    /// The clinic's own words for a recall; `None` for the usual ones.
    pub(crate) fn own_recall_words(&self) -> Option<&str> {
        let words = self.recall_words.trim();
        let are_usual = words.is_empty() || words == self.settings.usual_recall_words.trim();
        (!are_usual).then_some(words)
    }

    /// Seconds; `None` when what was typed is no number.
    pub(crate) fn grace_seconds(&self) -> Option<i32> {
        self.grace
            .trim()
            .parse()
            .ok()
            .filter(|seconds| *seconds >= 0)
    }
}

/// How long details are kept after the end of a stay, as it stands in the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EraseAfter {
    /// One of [`EraseAfter::PRESETS`]. Seconds.
    Preset(i32),
    /// Typed: it may not be a number yet.
    Own { number: String, unit: Unit },
}

/// What a span is typed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Seconds,
    Minutes,
    Hours,
}

impl Unit {
    fn seconds(self) -> i32 {
        match self {
            Self::Seconds => 1,
            Self::Minutes => 60,
            Self::Hours => 3_600,
        }
    }
}

impl EraseAfter {
    /// What can be chosen without typing. Seconds.
    pub(crate) const PRESETS: [i32; 6] = [0, 300, 900, 3_600, 14_400, 86_400];

    fn of(seconds: i32) -> Self {
        if Self::PRESETS.contains(&seconds) {
            Self::Preset(seconds)
        } else {
            Self::own(seconds)
        }
    }

    /// The same span to be typed over, in the largest unit in which it is whole.
    fn own(seconds: i32) -> Self {
        let unit = [Unit::Hours, Unit::Minutes]
            .into_iter()
            .find(|unit| seconds != 0 && seconds % unit.seconds() == 0)
            .unwrap_or(if seconds == 0 {
                Unit::Minutes
            } else {
                Unit::Seconds
            });
        Self::Own {
            number: (seconds / unit.seconds()).to_string(),
            unit,
        }
    }

    /// Seconds; `None` when what was typed is no number.
    pub(crate) fn seconds(&self) -> Option<i32> {
        match self {
            Self::Preset(seconds) => Some(*seconds),
            Self::Own { number, unit } => number
                .trim()
                .parse::<i32>()
                .ok()
                .filter(|number| *number >= 0)?
                .checked_mul(unit.seconds()),
        }
    }
}

/// What staff change in the form.
#[derive(Clone, PartialEq)]
pub(crate) enum Edit {
    OfflineQueueing(bool),
    ShowQueuePosition(bool),
    IsOpen(bool),
    TextOnCancel(bool),
    DefaultCountry(String),
    AllowCountry(String),
    DisallowCountry(String),
    RoomUrlTemplate(String),
    RoomTokenKey(String),
    RoomTokenIssuer(String),
    ConsentText(String),
    Grace(String),
    AddEntryField,
    RemoveEntryField(usize),
    /// One place up.
    RaiseEntryField(usize),
    EntryFieldLabel(usize, String),
    EntryFieldKey(usize, String),
    EntryFieldIsRequired(usize, bool),
    RecallWords(String),
    UsualRecallWords,
    ReplyComing(String),
    ReplyLater(String),
    ReplyLeaving(String),
    /// One of the presets, in seconds; none: a span of the clinic's own.
    ErasePreset(Option<i32>),
    EraseNumber(String),
    EraseUnit(Unit),
    TimeZone(String),
}

impl Edit {
    /// Whether it changes what a text says.
    fn is_of_texts(&self) -> bool {
        matches!(
            self,
            Self::RecallWords(_)
                | Self::UsualRecallWords
                | Self::ReplyComing(_)
                | Self::ReplyLater(_)
                | Self::ReplyLeaving(_)
        )
    }
}

/// What happened.
#[derive(Clone, PartialEq)]
pub(crate) enum Message {
    /// The page was opened.
    Opened,
    /// `None`: the viewer may not see them.
    Read(Result<Option<ClinicSettings>, ClientError>),
    Edited(Edit),
    SavePressed,
    Saved(Result<ClinicSettings, ClientError>),
    Discarded,
    /// The answer to a question for previews; `None`: the viewer may not see them.
    Previewed {
        question: u32,
        answer: Result<Option<Vec<TextPreview>>, ClientError>,
    },
}

/// What has to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Read,
    Save(Box<ClinicSettingsChange>),
    /// The texts with these words are to be shown; empty recall words are the usual ones.
    Preview {
        question: u32,
        /// Somebody is typing: not to be asked for each letter.
        is_typing: bool,
        recall_words: String,
        reply_words: ReplyWords,
    },
    /// The keyboard goes to the element of this id, and that comes into sight.
    Focus(String),
    EndSession,
}

impl SettingsForm {
    /// Whether the form has what the server has not.
    pub(crate) fn is_changed(&self) -> bool {
        match (self.saved.read(), &self.draft) {
            (Some(saved), Some(draft)) => {
                *saved != draft.settings
                    || saved.recall_words.as_deref() != draft.own_recall_words()
                    || !draft.room_token_key.is_empty()
                    || draft.grace_seconds() != Some(saved.lost_contact_grace_seconds)
                    || draft.erase_after.seconds() != Some(saved.erase_after_seconds)
            }
            _ => false,
        }
    }

    /// What is wrong with a setting. The name is that of the input field.
    pub(crate) fn wrong(&self, field: &str) -> Option<&str> {
        self.faults
            .iter()
            .find(|fault| fault.is_of(field))
            .map(|fault| fault.message.as_str())
    }

    /// What is wrong with words for texts: as the server said when they were saved, else as it says while
    /// they are typed.
    pub(crate) fn wrong_words(&self, field: &str) -> Option<&str> {
        self.wrong(field).or_else(|| {
            let problem = self.previews.problem()?;
            let is_of = problem.field.iter().any(|segment| segment == field);
            is_of.then_some(problem.message.as_str())
        })
    }

    /// Asks for the texts with the words that stand in the form.
    fn ask_previews(&mut self, is_typing: bool, effects: &mut Vec<Effect>) {
        let Some(draft) = &self.draft else { return };
        self.previews.asked = self.previews.asked.wrapping_add(1);
        self.previews.are_of_now = false;
        effects.push(Effect::Preview {
            question: self.previews.asked,
            is_typing,
            recall_words: draft.own_recall_words().unwrap_or_default().to_owned(),
            reply_words: draft.settings.reply_words.clone(),
        });
    }

    /// What is wrong with a part of one entry field.
    pub(crate) fn wrong_entry_field(&self, at: usize, part: EntryFieldPart) -> Option<&str> {
        self.faults
            .iter()
            .find(|fault| fault.entry_field() == Some((at, part)))
            .map(|fault| fault.message.as_str())
    }

    /// What is wrong with the entry fields as a whole.
    pub(crate) fn wrong_entry_fields(&self) -> Option<&str> {
        self.faults
            .iter()
            .find(|fault| fault.is_of("entryFields") && fault.entry_field().is_none())
            .map(|fault| fault.message.as_str())
    }

    /// Why nothing was saved: the topmost of what is wrong, and how much more there is.
    pub(crate) fn why_not_saved(&self) -> String {
        let Some(fault) = self.topmost() else {
            return "Not saved.".to_owned();
        };
        let name = fault
            .place()
            .map_or(String::new(), |(_, _, name)| format!("{name}: "));
        let more = match self.faults.len() - 1 {
            0 => String::new(),
            more => format!(" And {more} more."),
        };
        format!("Not saved: {name}{}{more}", fault.message)
    }

    fn topmost(&self) -> Option<&Fault> {
        self.faults
            .iter()
            .min_by_key(|fault| fault.place().map_or(usize::MAX, |(place, _, _)| place))
    }

    /// Takes note of what is wrong, and leads to the first of it.
    fn refuse(&mut self, faults: Vec<Fault>, effects: &mut Vec<Effect>) {
        self.faults = faults;
        self.outcome = Outcome::Refused;
        if let Some((_, id, _)) = self.topmost().and_then(Fault::place) {
            effects.push(Effect::Focus(id));
        }
    }

    /// Only what differs, so that two admins who change different things at once both keep their change.
    fn change(&self) -> Option<ClinicSettingsChange> {
        fn differs<T: Clone + PartialEq>(old: &T, new: &T) -> Option<T> {
            (old != new).then(|| new.clone())
        }
        let (saved, draft) = (self.saved.read()?, self.draft.as_ref()?);
        let new = &draft.settings;
        let grace = draft.grace_seconds()?;
        let erase_after = draft.erase_after.seconds()?;
        Some(ClinicSettingsChange {
            offline_queueing: differs(&saved.offline_queueing, &new.offline_queueing),
            show_queue_position: differs(&saved.show_queue_position, &new.show_queue_position),
            is_open: differs(&saved.is_open, &new.is_open),
            default_country: differs(&saved.default_country, &new.default_country),
            allowed_countries: differs(&saved.allowed_countries, &new.allowed_countries),
            room_url_template: differs(&saved.room_url_template, &new.room_url_template),
            room_token_key: Some(draft.room_token_key.clone()).filter(|key| !key.is_empty()),
            room_token_issuer: differs(&saved.room_token_issuer, &new.room_token_issuer)
                .map(Option::unwrap_or_default),
            text_on_cancel: differs(&saved.text_on_cancel, &new.text_on_cancel),
            recall_words: differs(
                &saved.recall_words,
                &draft.own_recall_words().map(str::to_owned),
            )
            .map(Option::unwrap_or_default),
            reply_words: differs(&saved.reply_words, &new.reply_words),
            consent_text: differs(&saved.consent_text, &new.consent_text)
                .map(Option::unwrap_or_default),
            entry_fields: differs(&saved.entry_fields, &new.entry_fields),
            lost_contact_grace_seconds: differs(&saved.lost_contact_grace_seconds, &grace),
            erase_after_seconds: differs(&saved.erase_after_seconds, &erase_after),
            time_zone: differs(&saved.time_zone, &new.time_zone),
        })
    }
}

/// What a message makes of the form, and what has to be done about it.
pub(crate) fn reduce(mut state: SettingsForm, message: Message) -> (SettingsForm, Vec<Effect>) {
    let mut effects = Vec::new();
    match message {
        Message::Opened => {
            // What was typed and not saved is still there when one comes back to the page.
            if !state.is_changed() {
                state.outcome = Outcome::None;
                state.faults.clear();
                state.saved.ask_again();
                effects.push(Effect::Read);
            }
        }
        Message::Read(answer) => {
            let is_known_anew = answer.is_ok();
            let is_changed = state.is_changed();
            if state.saved.take(answer).is_err() {
                effects.push(Effect::EndSession);
            } else if is_known_anew {
                // What was typed is kept, except where it may no longer be seen.
                if !is_changed || !state.saved.is_read() {
                    state.draft = state.saved.read().cloned().map(Draft::of);
                }
                state.ask_previews(false, &mut effects);
            }
        }
        Message::Saved(Err(ClientError::Unauthorized))
        | Message::Previewed {
            answer: Err(ClientError::Unauthorized),
            ..
        } => {
            effects.push(Effect::EndSession);
        }
        Message::Edited(edit) => {
            state.outcome = Outcome::None;
            state.faults.retain(|fault| !is_put_right(fault, &edit));
            let is_of_texts = edit.is_of_texts();
            if let Some(draft) = &mut state.draft {
                edited(draft, edit);
            }
            if is_of_texts {
                state.ask_previews(true, &mut effects);
            }
        }
        Message::SavePressed => {
            if let Some(draft) = state.draft.as_ref().filter(|_| !state.is_saving) {
                let faults = faults(draft);
                if !state.is_changed() {
                    state.outcome = Outcome::Saved;
                } else if !faults.is_empty() {
                    state.refuse(faults, &mut effects);
                } else if let Some(change) = state.change() {
                    state.faults.clear();
                    state.is_saving = true;
                    state.outcome = Outcome::None;
                    state.sent.clone_from(&state.draft);
                    effects.push(Effect::Save(Box::new(change)));
                }
            }
        }
        Message::Saved(Ok(settings)) => {
            state.is_saving = false;
            // What was typed since is kept, and is still to be saved.
            let is_untouched = state
                .sent
                .take()
                .is_none_or(|sent| Some(sent) == state.draft);
            if is_untouched {
                state.draft = Some(Draft::of(settings.clone()));
            }
            state.saved = Reading::Read(settings);
            state.outcome = Outcome::Saved;
            state.ask_previews(false, &mut effects);
        }
        Message::Saved(Err(error)) => {
            state.is_saving = false;
            state.sent = None;
            match error {
                ClientError::Refused(refusal) => {
                    let faults = refusal.errors.into_iter().map(Fault::of).collect();
                    state.refuse(faults, &mut effects);
                }
                _ => state.outcome = Outcome::NotSaved,
            }
        }
        Message::Discarded => {
            state.faults.clear();
            state.outcome = Outcome::None;
            state.draft = state.saved.read().cloned().map(Draft::of);
            state.ask_previews(false, &mut effects);
        }
        Message::Previewed { question, answer } => {
            if state.previews.is_last(question) {
                state.previews.are_missing = answer.is_err();
                if let Ok(texts) = answer {
                    state.previews.texts = texts.unwrap_or_default();
                    state.previews.are_of_now = true;
                }
            }
        }
    }
    (state, effects)
}

/// What can be told to be wrong without the server.
fn faults(draft: &Draft) -> Vec<Fault> {
    let mut faults = Vec::new();
    if draft.grace_seconds().is_none() {
        faults.push(Fault::new(
            &["lostContactGraceSeconds"],
            "Write a number of seconds, in digits.",
        ));
    }
    for (at, field) in draft.settings.entry_fields.iter().enumerate() {
        let at = at.to_string();
        if field.label.trim().is_empty() {
            faults.push(Fault::new(
                &["entryFields", &at, "label"],
                "Write the question.",
            ));
        } else if field.key.is_empty() {
            faults.push(Fault::new(&["entryFields", &at, "key"], "Write the key."));
        }
    }
    if draft.erase_after.seconds().is_none() {
        faults.push(Fault::new(
            &["eraseAfterSeconds"],
            "Write a whole number, in digits.",
        ));
    }
    faults
}

/// Whether what was wrong is being changed: then it is no longer known to be wrong.
fn is_put_right(fault: &Fault, edit: &Edit) -> bool {
    match edit {
        Edit::Grace(_) => fault.is_of("lostContactGraceSeconds"),
        Edit::ErasePreset(_) | Edit::EraseNumber(_) | Edit::EraseUnit(_) => {
            fault.is_of("eraseAfterSeconds")
        }
        Edit::TimeZone(_) => fault.is_of("timeZone"),
        Edit::ConsentText(_) => fault.is_of("consentText"),
        // One text bears them all, so either may make room for the other.
        edit if edit.is_of_texts() => fault.is_of("recallWords") || fault.is_of("replyWords"),
        Edit::RoomUrlTemplate(_) => fault.is_of("roomUrlTemplate"),
        Edit::RoomTokenKey(_) => fault.is_of("roomTokenKey"),
        Edit::RoomTokenIssuer(_) => fault.is_of("roomTokenIssuer"),
        Edit::DefaultCountry(_) => fault.is_of("defaultCountry") || fault.is_of("allowedCountries"),
        Edit::AllowCountry(_) | Edit::DisallowCountry(_) => fault.is_of("allowedCountries"),
        // The key may follow the question.
        Edit::EntryFieldLabel(at, _) => fault.entry_field().is_some_and(|(of, _)| of == *at),
        Edit::EntryFieldKey(at, _) => fault.entry_field() == Some((*at, EntryFieldPart::Key)),
        // The places that faults name are no longer those of the fields.
        Edit::RemoveEntryField(_) | Edit::RaiseEntryField(_) => fault.is_of("entryFields"),
        _ => false,
    }
}

fn edited(draft: &mut Draft, edit: Edit) {
    let settings = &mut draft.settings;
    match edit {
        Edit::OfflineQueueing(on) => settings.offline_queueing = on,
        Edit::ShowQueuePosition(on) => settings.show_queue_position = on,
        Edit::IsOpen(on) => settings.is_open = on,
        Edit::TextOnCancel(on) => settings.text_on_cancel = on,
        Edit::DefaultCountry(code) => {
            allow(settings, &code);
            settings.default_country = code;
        }
        Edit::AllowCountry(code) => allow(settings, &code),
        Edit::DisallowCountry(code) => {
            // A number without a country is read as the default's: it has to be among the allowed.
            if code != settings.default_country {
                settings
                    .allowed_countries
                    .retain(|allowed| *allowed != code);
            }
        }
        Edit::RoomUrlTemplate(text) => settings.room_url_template = cut(&text),
        Edit::RoomTokenKey(text) => draft.room_token_key = cut(&text),
        Edit::RoomTokenIssuer(text) => {
            settings.room_token_issuer = Some(cut(&text)).filter(|text| !text.is_empty());
        }
        Edit::ConsentText(text) => {
            settings.consent_text = Some(cut(&text)).filter(|text| !text.is_empty());
        }
        Edit::Grace(text) => draft.grace = text.chars().take(8).collect(),
        Edit::RecallWords(text) => draft.recall_words = cut(&text),
        Edit::UsualRecallWords => draft.recall_words.clone_from(&settings.usual_recall_words),
        Edit::ReplyComing(word) => settings.reply_words.coming = reply(&word),
        Edit::ReplyLater(word) => settings.reply_words.later = reply(&word),
        Edit::ReplyLeaving(word) => settings.reply_words.leaving = reply(&word),
        Edit::ErasePreset(Some(seconds)) => draft.erase_after = EraseAfter::Preset(seconds),
        Edit::ErasePreset(None) => {
            let seconds = draft.erase_after.seconds();
            draft.erase_after = EraseAfter::own(seconds.unwrap_or(settings.erase_after_seconds));
        }
        Edit::EraseNumber(text) => {
            if let EraseAfter::Own { number, .. } = &mut draft.erase_after {
                *number = text.chars().take(8).collect();
            }
        }
        Edit::EraseUnit(chosen) => {
            if let EraseAfter::Own { unit, .. } = &mut draft.erase_after {
                *unit = chosen;
            }
        }
        Edit::TimeZone(zone) => settings.time_zone = cut(zone.trim()),
        Edit::AddEntryField => {
            if settings.entry_fields.len() < MOST_ENTRY_FIELDS {
                settings.entry_fields.push(EntryField {
                    key: String::new(),
                    label: String::new(),
                    is_required: false,
                });
                draft.follows.push(true);
            }
        }
        Edit::RemoveEntryField(at) => {
            if at < settings.entry_fields.len() && at < draft.follows.len() {
                settings.entry_fields.remove(at);
                draft.follows.remove(at);
            }
        }
        Edit::RaiseEntryField(at) => {
            if at > 0 && at < settings.entry_fields.len() && at < draft.follows.len() {
                settings.entry_fields.swap(at - 1, at);
                draft.follows.swap(at - 1, at);
            }
        }
        Edit::EntryFieldLabel(at, label) => {
            let follows = draft.follows.get(at).copied().unwrap_or(false);
            let taken: Vec<String> = settings
                .entry_fields
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != at)
                .map(|(_, field)| field.key.clone())
                .collect();
            if let Some(field) = settings.entry_fields.get_mut(at) {
                field.label = cut(&label);
                if follows {
                    field.key = key_of(&label, &taken);
                }
            }
        }
        Edit::EntryFieldKey(at, key) => {
            if let Some(field) = settings.entry_fields.get_mut(at) {
                field.key = key.chars().take(LONGEST_KEY).collect();
            }
            if let Some(follows) = draft.follows.get_mut(at) {
                *follows = false;
            }
        }
        Edit::EntryFieldIsRequired(at, is_required) => {
            if let Some(field) = settings.entry_fields.get_mut(at) {
                field.is_required = is_required;
            }
        }
    }
}

fn allow(settings: &mut ClinicSettings, code: &str) {
    let is_known = settings
        .allowed_countries
        .iter()
        .any(|allowed| allowed == code);
    if !is_known && !code.is_empty() {
        settings.allowed_countries.push(code.to_owned());
    }
}

fn reply(word: &str) -> String {
    word.chars().take(LONGEST_REPLY).collect()
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST_TEXT).collect()
}

/// A key made from a label: `Reason for the visit` → `reason_for_the_visit`, with a number if it is taken.
fn key_of(label: &str, taken: &[String]) -> String {
    let mut key = String::new();
    for letter in label.chars().flat_map(char::to_lowercase) {
        if key.len() >= LONGEST_KEY - 3 {
            break;
        }
        if letter.is_ascii_lowercase() || letter.is_ascii_digit() {
            key.push(letter);
        } else if !key.is_empty() && !key.ends_with('_') {
            key.push('_');
        }
    }
    let key = key.trim_end_matches('_');
    let key = if key.is_empty() { "field" } else { key };
    let mut candidate = key.to_owned();
    let mut number = 2;
    while taken.contains(&candidate) {
        candidate = format!("{key}_{number}");
        number += 1;
    }
    candidate
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{refused, settings, wrong_status};

    fn read() -> SettingsForm {
        after(SettingsForm::default(), Message::Read(Ok(Some(settings()))))
    }

    fn after(state: SettingsForm, message: Message) -> SettingsForm {
        reduce(state, message).0
    }

    fn edit(state: SettingsForm, edit: Edit) -> SettingsForm {
        after(state, Message::Edited(edit))
    }

    fn fields(state: &SettingsForm) -> &[EntryField] {
        &state.draft.as_ref().unwrap().settings.entry_fields
    }

    #[test]
    fn only_what_was_changed_is_sent() {
        let state = edit(read(), Edit::OfflineQueueing(false));
        assert!(state.is_changed());
        let (state, effects) = reduce(state, Message::SavePressed);
        let change = ClinicSettingsChange {
            offline_queueing: Some(false),
            ..ClinicSettingsChange::default()
        };
        assert_eq!(effects, [Effect::Save(Box::new(change))]);
        let (_, effects) = reduce(state, Message::SavePressed);
        assert_eq!(effects, [], "the second half of a double click");
    }

    #[test]
    fn settings_that_were_not_read_are_read_again_and_those_not_allowed_any_more_are_not_shown() {
        let unreachable = || ClientError::Unreachable {
            reason: String::new(),
        };
        let state = after(SettingsForm::default(), Message::Read(Err(unreachable())));
        assert_eq!(state.saved, Reading::NotRead);
        let (state, effects) = reduce(state, Message::Opened);
        assert_eq!(
            (&state.saved, effects),
            (&Reading::Asked, vec![Effect::Read])
        );
        let state = edit(read(), Edit::OfflineQueueing(false));
        let state = after(state, Message::Read(Err(unreachable())));
        assert!(state.is_changed(), "what was read and typed is still there");
        let (state, effects) = reduce(state, Message::Read(Ok(None)));
        assert_eq!(state.saved, Reading::NotAllowed);
        assert!(state.draft.is_none() && effects.is_empty());
    }

    #[test]
    fn what_was_saved_is_what_the_server_says_it_is() {
        let mut now = settings();
        now.offline_queueing = false;
        let state = edit(read(), Edit::OfflineQueueing(false));
        let state = after(state, Message::Saved(Ok(now)));
        assert!(!state.is_changed());
        assert_eq!(state.outcome, Outcome::Saved);
    }

    #[test]
    fn what_was_typed_outlives_a_refusal_and_a_visit_to_another_page() {
        let state = edit(read(), Edit::RoomUrlTemplate("nonsense".to_owned()));
        let mut error = wrong_status(standby_client::CallerStatus::Waiting);
        error.field = vec!["input".to_owned(), "roomUrlTemplate".to_owned()];
        error.message = "Must start with https://".to_owned();
        let state = after(state, Message::Saved(Err(refused(error, None))));
        assert_eq!(
            state.wrong("roomUrlTemplate"),
            Some("Must start with https://")
        );
        assert_eq!(state.wrong("consentText"), None);
        let (state, effects) = reduce(state, Message::Opened);
        assert_eq!(effects, []);
        assert_eq!(state.draft.unwrap().settings.room_url_template, "nonsense");
    }

    #[test]
    fn an_error_of_one_entry_field_is_said_beside_that_one() {
        let mut error = wrong_status(standby_client::CallerStatus::Waiting);
        error.field = ["input", "entryFields", "1", "key"]
            .map(str::to_owned)
            .to_vec();
        let state = after(read(), Message::Saved(Err(refused(error, None))));
        assert_eq!(state.wrong_entry_field(0, EntryFieldPart::Key), None);
        assert!(state.wrong_entry_field(1, EntryFieldPart::Key).is_some());
        assert_eq!(state.wrong_entry_field(1, EntryFieldPart::Question), None);
    }

    #[test]
    fn the_key_of_a_new_entry_field_follows_its_label_until_typed_by_hand() {
        let state = edit(read(), Edit::AddEntryField);
        let state = edit(state, Edit::EntryFieldLabel(2, "Date of birth?".to_owned()));
        assert_eq!(fields(&state)[2].key, "date_of_birth");
        let state = edit(state, Edit::EntryFieldLabel(2, "Reason".to_owned()));
        assert_eq!(
            fields(&state)[2].key,
            "reason_2",
            "another field has that key"
        );
        let state = edit(state, Edit::EntryFieldKey(2, "born".to_owned()));
        let state = edit(state, Edit::EntryFieldLabel(2, "Birthday".to_owned()));
        assert_eq!(fields(&state)[2].key, "born");
        let state = edit(
            state,
            Edit::EntryFieldLabel(0, "Why are you here?".to_owned()),
        );
        assert_eq!(
            fields(&state)[0].key,
            "reason",
            "a saved field keeps its key"
        );
    }

    #[test]
    fn as_many_entry_fields_can_be_added_as_the_schema_says() {
        let schema: Vec<&str> = include_str!("../../schema.graphql")
            .split_whitespace()
            .collect();
        let said = format!(r#"At most {MOST_ENTRY_FIELDS}. """ entryFields: [EntryFieldInput!]"#);
        assert!(schema.join(" ").contains(&said));
        let state =
            (0..=MOST_ENTRY_FIELDS).fold(read(), |state, _| edit(state, Edit::AddEntryField));
        assert_eq!(fields(&state).len(), MOST_ENTRY_FIELDS);
    }

    #[test]
    fn the_default_country_is_always_allowed() {
        let state = edit(read(), Edit::DisallowCountry("AU".to_owned()));
        assert!(!state.is_changed());
        let state = edit(state, Edit::DefaultCountry("FR".to_owned()));
        assert!(
            state
                .draft
                .unwrap()
                .settings
                .allowed_countries
                .contains(&"FR".to_owned())
        );
    }

    #[test]
    fn a_grace_time_that_is_no_number_is_not_sent() {
        let state = edit(read(), Edit::Grace("two".to_owned()));
        assert!(state.is_changed());
        let (state, effects) = reduce(state, Message::SavePressed);
        assert_eq!(effects, [Effect::Focus("grace".to_owned())]);
        assert_eq!(
            state.why_not_saved(),
            "Not saved: Keep the place: Write a number of seconds, in digits."
        );
        let state = edit(state, Edit::Grace("90".to_owned()));
        assert_eq!(state.outcome, Outcome::None);
        assert_eq!(state.wrong("lostContactGraceSeconds"), None);
    }

    #[test]
    fn the_time_until_details_are_erased_is_chosen_or_typed() {
        let change = |state: SettingsForm| match reduce(state, Message::SavePressed).1.as_slice() {
            [Effect::Save(change)] => change.erase_after_seconds,
            other => panic!("{other:?}"),
        };
        let state = edit(read(), Edit::ErasePreset(Some(3_600)));
        assert_eq!(change(state), Some(3_600));
        let state = edit(read(), Edit::ErasePreset(None));
        let own = |number: &str, unit| EraseAfter::Own {
            number: number.to_owned(),
            unit,
        };
        assert_eq!(
            state.draft.as_ref().unwrap().erase_after,
            own("15", Unit::Minutes)
        );
        assert!(!state.is_changed(), "the same span said otherwise");
        let state = edit(state, Edit::EraseNumber("2".to_owned()));
        let state = edit(state, Edit::EraseUnit(Unit::Hours));
        assert_eq!(change(state.clone()), Some(7_200));
        let state = edit(state, Edit::EraseNumber("soon".to_owned()));
        let (state, effects) = reduce(state, Message::SavePressed);
        assert_eq!(effects, [Effect::Focus("erase-after".to_owned())]);
        assert!(state.wrong("eraseAfterSeconds").is_some());
    }

    #[test]
    fn a_span_that_was_set_otherwise_is_shown_in_its_largest_whole_unit() {
        for (seconds, number, unit) in [
            (7_200, "2", Unit::Hours),
            (5_400, "90", Unit::Minutes),
            (90, "90", Unit::Seconds),
        ] {
            let own = EraseAfter::Own {
                number: number.to_owned(),
                unit,
            };
            assert_eq!(EraseAfter::of(seconds), own);
            assert_eq!(own.seconds(), Some(seconds));
        }
        assert_eq!(EraseAfter::of(0), EraseAfter::Preset(0));
    }

    #[test]
    fn every_entry_field_without_a_question_says_so_and_the_first_gets_the_keyboard() {
        let state = edit(edit(read(), Edit::AddEntryField), Edit::AddEntryField);
        let (state, effects) = reduce(state, Message::SavePressed);
        assert_eq!(effects, [Effect::Focus("entry-label-2".to_owned())]);
        for at in [2, 3] {
            assert_eq!(
                state.wrong_entry_field(at, EntryFieldPart::Question),
                Some("Write the question.")
            );
        }
        let state = edit(state, Edit::EntryFieldLabel(2, "Reason".to_owned()));
        assert_eq!(state.wrong_entry_field(2, EntryFieldPart::Question), None);
        assert!(
            state
                .wrong_entry_field(3, EntryFieldPart::Question)
                .is_some()
        );
    }

    #[test]
    fn what_the_server_refuses_is_said_and_the_topmost_of_it_gets_the_keyboard() {
        let error = |field: &str, message: &str| {
            let mut error = wrong_status(standby_client::CallerStatus::Waiting);
            error.field = vec![field.to_owned()];
            error.message = message.to_owned();
            error
        };
        let refusal = standby_client::Refusal {
            errors: vec![
                error("roomUrlTemplate", "It has no {room}."),
                error("consentText", "Too long."),
            ],
            caller: None,
        };
        let refused = Message::Saved(Err(ClientError::Refused(refusal)));
        let (state, effects) = reduce(read(), refused);
        assert_eq!(effects, [Effect::Focus("consent-text".to_owned())]);
        assert_eq!(
            state.why_not_saved(),
            "Not saved: Consent text: Too long. And 1 more."
        );
    }

    #[test]
    fn what_is_typed_while_saving_is_kept_and_still_to_be_saved() {
        let state = edit(read(), Edit::OfflineQueueing(false));
        let state = after(state, Message::SavePressed);
        let state = edit(state, Edit::ConsentText("New".to_owned()));
        let mut now = settings();
        now.offline_queueing = false;
        let state = after(state, Message::Saved(Ok(now)));
        assert!(state.is_changed());
        let (_, effects) = reduce(state, Message::SavePressed);
        let change = ClinicSettingsChange {
            consent_text: Some("New".to_owned()),
            ..ClinicSettingsChange::default()
        };
        assert_eq!(effects, [Effect::Save(Box::new(change))]);
    }

    fn asked(effects: &[Effect]) -> (u32, &str) {
        match effects {
            [
                Effect::Preview {
                    question,
                    recall_words,
                    ..
                },
            ] => (*question, recall_words),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn words_for_a_recall_begin_with_the_usual_ones_which_are_saved_as_none() {
        let usual = settings().usual_recall_words;
        let state = read();
        assert_eq!(state.draft.as_ref().unwrap().recall_words, usual);
        let state = edit(state, Edit::RecallWords("Come back {link} ".to_owned()));
        assert!(state.is_changed());
        let (saving, effects) = reduce(state.clone(), Message::SavePressed);
        let change = |words: &str| ClinicSettingsChange {
            recall_words: Some(words.to_owned()),
            ..ClinicSettingsChange::default()
        };
        assert_eq!(
            effects,
            [Effect::Save(Box::new(change("Come back {link}")))]
        );
        assert!(!edit(state, Edit::UsualRecallWords).is_changed());

        let mut now = settings();
        now.recall_words = Some("Come back {link}".to_owned());
        let state = after(saving, Message::Saved(Ok(now)));
        assert!(!state.is_changed());
        for away in [Edit::UsualRecallWords, Edit::RecallWords(" ".to_owned())] {
            let (_, effects) = reduce(edit(state.clone(), away), Message::SavePressed);
            assert_eq!(effects, [Effect::Save(Box::new(change("")))]);
        }
    }

    #[test]
    fn a_preview_of_words_that_are_there_no_more_is_not_shown() {
        let (state, effects) = reduce(read(), Message::Edited(Edit::RecallWords("a".to_owned())));
        let first = asked(&effects).0;
        let (state, effects) = reduce(state, Message::Edited(Edit::RecallWords("ab".to_owned())));
        let (second, words) = asked(&effects);
        assert_eq!(words, "ab");
        let shown = |question, body: &str| {
            let mut texts = crate::fixtures::previews();
            texts[0].body = body.to_owned();
            Message::Previewed {
                question,
                answer: Ok(Some(texts)),
            }
        };
        let state = after(state, shown(second, "second"));
        let state = after(state, shown(first, "first"));
        assert_eq!(state.previews.texts[0].body, "second");
        assert!(state.previews.are_of_now);
    }

    #[test]
    fn what_is_wrong_with_words_is_said_at_their_field_while_they_are_typed() {
        let mut problem = wrong_status(standby_client::CallerStatus::Waiting);
        problem.field = vec!["replyWords".to_owned(), "later".to_owned()];
        problem.message = "Use another word.".to_owned();
        let mut texts = crate::fixtures::previews();
        texts[0].problem = Some(problem);
        let (state, effects) = reduce(read(), Message::Edited(Edit::ReplyLater("1".to_owned())));
        let previewed = Message::Previewed {
            question: asked(&effects).0,
            answer: Ok(Some(texts)),
        };
        let state = after(state, previewed);
        assert_eq!(state.wrong_words("later"), Some("Use another word."));
        assert_eq!(state.wrong_words("recallWords"), None);
    }

    #[test]
    fn a_refused_reply_word_gets_the_keyboard() {
        let mut error = wrong_status(standby_client::CallerStatus::Waiting);
        error.field = ["input", "replyWords", "leaving"]
            .map(str::to_owned)
            .to_vec();
        let (state, effects) = reduce(read(), Message::Saved(Err(refused(error, None))));
        assert_eq!(effects, [Effect::Focus("reply-leaving".to_owned())]);
        assert!(state.wrong_words("leaving").is_some());
        let state = edit(state, Edit::ReplyLeaving("NO".to_owned()));
        assert_eq!(state.wrong_words("leaving"), None);
    }

    #[test]
    fn discarding_brings_back_what_the_server_has() {
        let state = edit(read(), Edit::ConsentText(String::new()));
        assert!(state.is_changed());
        assert!(!after(state, Message::Discarded).is_changed());
    }
}
