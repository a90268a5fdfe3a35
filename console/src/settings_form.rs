//! Configure › Waiting Area: the form and what a message makes of it. Pure.

use standby_client::{ClientError, ClinicSettings, ClinicSettingsChange, EntryField, UserError};

/// The longest text taken from a field; the server has limits of its own, and says so beside the field.
const LONGEST_TEXT: usize = 4_000;
/// The most entry fields that can be added here.
pub(crate) const MOST_ENTRY_FIELDS: usize = 20;
/// Characters of an entry field's key, as the schema says.
const LONGEST_KEY: usize = 40;

/// The form as it is on screen.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct SettingsForm {
    pub(crate) source: Source,
    /// As the server has them.
    saved: Option<ClinicSettings>,
    /// As they stand in the form.
    pub(crate) draft: Option<Draft>,
    pub(crate) is_saving: bool,
    /// What the server did not take.
    refused: Vec<UserError>,
    pub(crate) outcome: Outcome,
}

/// Where the settings come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Source {
    #[default]
    Asked,
    Read,
    /// No answer, or a fault.
    NotRead,
    /// The viewer is no clinic admin.
    NotAllowed,
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

/// The settings as they stand in the form.
#[derive(Clone, PartialEq)]
pub(crate) struct Draft {
    pub(crate) settings: ClinicSettings,
    /// The grace time as typed: it may not be a number yet.
    pub(crate) grace: String,
    /// A new key to sign rooms' tokens with, as typed. The one that is set is never shown.
    pub(crate) room_token_key: String,
    /// For each entry field whether its key still follows its label: so until saved or typed by hand.
    follows: Vec<bool>,
}

impl Draft {
    fn of(settings: ClinicSettings) -> Self {
        Self {
            grace: settings.lost_contact_grace_seconds.to_string(),
            room_token_key: String::new(),
            follows: vec![false; settings.entry_fields.len()],
            settings,
        }
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
}

/// What has to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Read,
    Save(ClinicSettingsChange),
    EndSession,
}

impl SettingsForm {
    /// Whether the form has what the server has not.
    pub(crate) fn is_changed(&self) -> bool {
        match (&self.saved, &self.draft) {
            (Some(saved), Some(draft)) => {
                *saved != draft.settings
                    || !draft.room_token_key.is_empty()
                    || draft.grace_seconds() != Some(saved.lost_contact_grace_seconds)
            }
            _ => false,
        }
    }

    /// What is wrong with a setting, in the server's words. The name is that of the input field.
    pub(crate) fn wrong(&self, field: &str) -> Option<&str> {
        self.refused
            .iter()
            .find(|error| error.field.iter().any(|segment| segment == field))
            .map(|error| error.message.as_str())
    }

    /// What is wrong with one entry field.
    pub(crate) fn wrong_entry_field(&self, at: usize) -> Option<&str> {
        let at = at.to_string();
        self.refused
            .iter()
            .find(|error| {
                error
                    .field
                    .windows(2)
                    .any(|pair| pair[0] == "entryFields" && pair[1] == at)
            })
            .map(|error| error.message.as_str())
    }

    /// What is wrong with the entry fields as a whole.
    pub(crate) fn wrong_entry_fields(&self) -> Option<&str> {
        self.refused
            .iter()
            .find(|error| {
                error
                    .field
                    .last()
                    .is_some_and(|segment| segment == "entryFields")
            })
            .map(|error| error.message.as_str())
    }

    /// What was refused and belongs to no field on screen.
    pub(crate) fn wrong_elsewhere(&self) -> impl Iterator<Item = &str> {
        const ON_SCREEN: [&str; 8] = [
            "defaultCountry",
            "allowedCountries",
            "roomUrlTemplate",
            "roomTokenKey",
            "roomTokenIssuer",
            "consentText",
            "entryFields",
            "lostContactGraceSeconds",
        ];
        self.refused
            .iter()
            .filter(|error| {
                !error
                    .field
                    .iter()
                    .any(|part| ON_SCREEN.contains(&part.as_str()))
            })
            .map(|error| error.message.as_str())
    }

    /// Only what differs, so that two admins who change different things at once both keep their change.
    fn change(&self) -> Option<ClinicSettingsChange> {
        fn differs<T: Clone + PartialEq>(old: &T, new: &T) -> Option<T> {
            (old != new).then(|| new.clone())
        }
        let (saved, draft) = (self.saved.as_ref()?, self.draft.as_ref()?);
        let new = &draft.settings;
        let grace = draft.grace_seconds()?;
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
            consent_text: differs(&saved.consent_text, &new.consent_text)
                .map(Option::unwrap_or_default),
            entry_fields: differs(&saved.entry_fields, &new.entry_fields),
            lost_contact_grace_seconds: differs(&saved.lost_contact_grace_seconds, &grace),
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
                state.refused.clear();
                effects.push(Effect::Read);
            }
        }
        Message::Read(Ok(Some(settings))) => {
            if !state.is_changed() {
                state.draft = Some(Draft::of(settings.clone()));
            }
            state.saved = Some(settings);
            state.source = Source::Read;
        }
        Message::Read(Ok(None)) => state.source = Source::NotAllowed,
        Message::Read(Err(ClientError::Unauthorized))
        | Message::Saved(Err(ClientError::Unauthorized)) => {
            effects.push(Effect::EndSession);
        }
        Message::Read(Err(_)) => {
            if state.saved.is_none() {
                state.source = Source::NotRead;
            }
        }
        Message::Edited(edit) => {
            state.outcome = Outcome::None;
            if let Some(draft) = &mut state.draft {
                edited(draft, edit);
            }
        }
        Message::SavePressed => {
            if !state.is_saving
                && let Some(change) = state.change()
            {
                state.refused.clear();
                if change == ClinicSettingsChange::default() {
                    state.outcome = Outcome::Saved;
                } else {
                    state.is_saving = true;
                    state.outcome = Outcome::None;
                    effects.push(Effect::Save(change));
                }
            }
        }
        Message::Saved(Ok(settings)) => {
            state.is_saving = false;
            state.draft = Some(Draft::of(settings.clone()));
            state.saved = Some(settings);
            state.outcome = Outcome::Saved;
        }
        Message::Saved(Err(error)) => {
            state.is_saving = false;
            match error {
                ClientError::Refused(refusal) => {
                    state.refused = refusal.errors;
                    state.outcome = Outcome::Refused;
                }
                _ => state.outcome = Outcome::NotSaved,
            }
        }
        Message::Discarded => {
            state.refused.clear();
            state.outcome = Outcome::None;
            state.draft = state.saved.clone().map(Draft::of);
        }
    }
    (state, effects)
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
        assert_eq!(effects, [Effect::Save(change)]);
        let (_, effects) = reduce(state, Message::SavePressed);
        assert_eq!(effects, [], "the second half of a double click");
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
        assert_eq!(state.wrong_entry_field(0), None);
        assert!(state.wrong_entry_field(1).is_some());
        assert_eq!(state.wrong_elsewhere().count(), 0);
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
        let (_, effects) = reduce(state, Message::SavePressed);
        assert_eq!(effects, []);
    }

    #[test]
    fn discarding_brings_back_what_the_server_has() {
        let state = edit(read(), Edit::ConsentText(String::new()));
        assert!(state.is_changed());
        assert!(!after(state, Message::Discarded).is_changed());
    }
}
