//! Configure › Waiting Area.

use dioxus::prelude::*;
use standby_client::TextPurpose;

use crate::address::Page;
use crate::browser::{self, TimeZone as Zone};
use crate::countries::{self, COUNTRIES};
use crate::effects::FormDesk;
use crate::screens::Clock;
use crate::screens::fields::{Switch, Wrong, invalid};
use crate::screens::icon::{Icon, draw};
use crate::screens::page_parts::{ConfigurePage, NotThere, NotThereState};
use crate::settings_form::{
    Edit, EntryFieldPart, EraseAfter, MOST_ENTRY_FIELDS, Message, Outcome, SettingsForm, Unit,
};
use crate::words::{self, administration};

#[component]
pub(crate) fn ConfigureScreen(form: ReadSignal<SettingsForm>) -> Element {
    let desk = use_context::<FormDesk>();
    {
        let desk = desk.clone();
        use_hook(move || desk.send(Message::Opened));
    }
    let state = form.read();
    rsx! {
        ConfigurePage { page: Page::Configure,
            if state.draft.is_some() {
                Form { form }
            } else {
                NotThere {
                    state: NotThereState::of(&state.saved),
                    what: "The settings",
                    refusal: "Only clinic admins configure the waiting area. Ask one of yours.",
                    on_retry: move |()| desk.send(Message::Opened),
                }
            }
        }
    }
}

#[component]
fn Form(form: ReadSignal<SettingsForm>) -> Element {
    let desk = use_context::<FormDesk>();
    let state = form.read();
    let Some(draft) = &state.draft else {
        return rsx! {};
    };
    let settings = &draft.settings;
    let edit = {
        let desk = desk.clone();
        use_callback(move |edit: Edit| desk.send(Message::Edited(edit)))
    };
    let is_changed = state.is_changed();
    rsx! {
        form {
            novalidate: true,
            onsubmit: {
                let desk = desk.clone();
                move |event: FormEvent| {
                    event.prevent_default();
                    desk.send(Message::SavePressed);
                }
            },
            section { class: "panel", "aria-labelledby": "options",
                h2 { id: "options", "Patient Queueing Options" }
                Switch {
                    id: "offline-queueing",
                    label: "Offline Queueing",
                    hint: "New arrivals may verify a mobile number and step away. They keep their place, and Recall brings them back by text. Whoever is verified already keeps it to the end of the stay.",
                    checked: settings.offline_queueing,
                    on_change: move |on| edit.call(Edit::OfflineQueueing(on)),
                }
                Switch {
                    id: "show-queue-position",
                    label: "Show queue position",
                    hint: "Callers are told their place in the queue.",
                    checked: settings.show_queue_position,
                    on_change: move |on| edit.call(Edit::ShowQueuePosition(on)),
                }
                div { class: "field",
                    label { r#for: "grace", "Keep the place of callers who are not responding" }
                    div { class: "beside",
                        input {
                            id: "grace",
                            class: "short",
                            r#type: "text",
                            inputmode: "numeric",
                            value: "{draft.grace}",
                            "aria-describedby": "grace-hint grace-wrong",
                            "aria-invalid": invalid(draft.grace_seconds().is_none() || state.wrong("lostContactGraceSeconds").is_some()),
                            oninput: move |event: FormEvent| edit.call(Edit::Grace(event.value())),
                        }
                        span { "seconds" }
                    }
                    p { class: "hint", id: "grace-hint",
                        "For those without a verified number who stopped looking. Usually 120 seconds."
                    }
                    Wrong {
                        id: "grace-wrong",
                        text: if draft.grace_seconds().is_none() {
                            Some("A number of seconds, in digits.".to_owned())
                        } else {
                            state.wrong("lostContactGraceSeconds").map(str::to_owned)
                        },
                    }
                }
            }

            section { class: "panel", "aria-labelledby": "arrival",
                h2 { id: "arrival", "Arrival" }
                Switch {
                    id: "is-open",
                    label: "Open",
                    hint: "Callers can come in by the clinic link. When closed, those who wait already are still seen.",
                    checked: settings.is_open,
                    on_change: move |on| edit.call(Edit::IsOpen(on)),
                }
                div { class: "field",
                    label { r#for: "consent-text", "Consent text" }
                    textarea {
                        id: "consent-text",
                        rows: "3",
                        value: settings.consent_text.clone().unwrap_or_default(),
                        "aria-describedby": "consent-hint consent-wrong",
                        "aria-invalid": invalid(state.wrong("consentText").is_some()),
                        oninput: move |event: FormEvent| edit.call(Edit::ConsentText(event.value())),
                    }
                    p { class: "hint", id: "consent-hint",
                        "What callers agree to before they come in. Empty: nothing is asked."
                    }
                    Wrong { id: "consent-wrong", text: state.wrong("consentText").map(str::to_owned) }
                }
                EntryFields { form }
            }

            section { class: "panel", "aria-labelledby": "phones",
                h2 { id: "phones", "Phone numbers" }
                div { class: "field",
                    label { r#for: "default-country", "Default country" }
                    select {
                        id: "default-country",
                        class: "medium",
                        value: "{settings.default_country}",
                        "aria-describedby": "default-country-hint default-country-wrong",
                        "aria-invalid": invalid(state.wrong("defaultCountry").is_some()),
                        onchange: move |event: FormEvent| edit.call(Edit::DefaultCountry(event.value())),
                        Countries { chosen: settings.default_country.clone(), without: Vec::new() }
                    }
                    p { class: "hint", id: "default-country-hint",
                        "How a number without a country is read."
                    }
                    Wrong { id: "default-country-wrong", text: state.wrong("defaultCountry").map(str::to_owned) }
                }
                div { class: "field", role: "group", "aria-labelledby": "allowed-label",
                    span { class: "label", id: "allowed-label", "Allowed countries" }
                    ul { class: "chips",
                        for code in settings.allowed_countries.iter().cloned() {
                            li { class: "chip", key: "{code}",
                                {countries::name(&code).to_owned()}
                                if code == settings.default_country {
                                    span { class: "small quiet", "(default) " }
                                } else {
                                    button {
                                        r#type: "button",
                                        "aria-label": "Remove {countries::name(&code)}",
                                        onclick: move |_| edit.call(Edit::DisallowCountry(code.clone())),
                                        {draw(Icon::Cross)}
                                    }
                                }
                            }
                        }
                    }
                    select {
                        id: "allow-country",
                        class: "medium",
                        "aria-label": "Allow another country",
                        value: "",
                        onchange: move |event: FormEvent| edit.call(Edit::AllowCountry(event.value())),
                        option { value: "", selected: true, "Allow another country…" }
                        Countries { chosen: String::new(), without: settings.allowed_countries.clone() }
                    }
                    p { class: "hint", "Numbers of other countries are refused." }
                    Wrong { id: "allowed-wrong", text: state.wrong("allowedCountries").map(str::to_owned) }
                }
            }

            section { class: "panel", "aria-labelledby": "consultation",
                h2 { id: "consultation", "Consultation" }
                div { class: "field",
                    label { r#for: "room-link", "Room link" }
                    input {
                        id: "room-link",
                        r#type: "text",
                        inputmode: "url",
                        spellcheck: "false",
                        autocomplete: "off",
                        value: "{settings.room_url_template}",
                        "aria-describedby": "room-hint room-wrong",
                        "aria-invalid": invalid(state.wrong("roomUrlTemplate").is_some()),
                        oninput: move |event: FormEvent| edit.call(Edit::RoomUrlTemplate(event.value())),
                    }
                    p { class: "hint", id: "room-hint",
                        "Where Join leads, in your video service. "
                        code { "{{room}}" }
                        " becomes the room, one for each stay; "
                        code { "{{token}}" }
                        " what lets a person in, where your service wants that."
                    }
                    Wrong { id: "room-wrong", text: state.wrong("roomUrlTemplate").map(str::to_owned) }
                }
                if settings.room_url_template.contains("{token}") {
                    div { class: "field",
                        label { r#for: "room-key", "Room key" }
                        input {
                            id: "room-key",
                            r#type: "password",
                            autocomplete: "off",
                            placeholder: if settings.has_room_token_key { "Set; type to replace it" },
                            value: "{draft.room_token_key}",
                            "aria-describedby": "room-key-hint room-key-wrong",
                            "aria-invalid": invalid(state.wrong("roomTokenKey").is_some()),
                            oninput: move |event: FormEvent| edit.call(Edit::RoomTokenKey(event.value())),
                        }
                        p { class: "hint", id: "room-key-hint",
                            "The secret your video service shares with you, at least 32 characters. It signs "
                            code { "{{token}}" }
                            " (a JSON Web Token, HS256) and is never shown again."
                        }
                        Wrong { id: "room-key-wrong", text: state.wrong("roomTokenKey").map(str::to_owned) }
                    }
                    div { class: "field",
                        label { r#for: "room-issuer", "Room token issuer" }
                        input {
                            id: "room-issuer",
                            r#type: "text",
                            spellcheck: "false",
                            autocomplete: "off",
                            value: settings.room_token_issuer.clone().unwrap_or_default(),
                            "aria-describedby": "room-issuer-hint room-issuer-wrong",
                            "aria-invalid": invalid(state.wrong("roomTokenIssuer").is_some()),
                            oninput: move |event: FormEvent| edit.call(Edit::RoomTokenIssuer(event.value())),
                        }
                        p { class: "hint", id: "room-issuer-hint",
                            "The name by which your video service knows you; left empty, the clinic's own in its link."
                        }
                        Wrong { id: "room-issuer-wrong", text: state.wrong("roomTokenIssuer").map(str::to_owned) }
                    }
                }
            }

            Texts { form }
            Privacy { form }
            TimeZone { form }

            div { class: "save",
                div { class: "grow", role: "status", "aria-live": "polite",
                    match state.outcome {
                        Outcome::Saved if !is_changed => rsx! {
                            p { class: "below good", {draw(Icon::Tick)} "Saved" }
                        },
                        Outcome::Refused => rsx! {
                            p { class: "below danger", {draw(Icon::Warning)} {state.why_not_saved()} }
                        },
                        Outcome::NotSaved => rsx! {
                            p { class: "below danger", {draw(Icon::Warning)}
                                "Not saved: the server could not be reached. Nothing typed is lost: try again."
                            }
                        },
                        _ if is_changed => rsx! { p { class: "below", "There are changes to save." } },
                        _ => rsx! {},
                    }
                }
                if is_changed {
                    button {
                        class: "button",
                        r#type: "button",
                        onclick: {
                            let desk = desk.clone();
                            move |_| desk.send(Message::Discarded)
                        },
                        "Discard changes"
                    }
                }
                button {
                    // Still to be pressed: it says then that all is saved.
                    class: if is_changed || state.is_saving { "button primary" } else { "button idle" },
                    r#type: "submit",
                    "aria-busy": if state.is_saving { "true" } else { "false" },
                    if state.is_saving {
                        {draw(Icon::Turn)}
                    }
                    "Save"
                }
            }
        }
    }
}

/// What callers are sent, and its words.
#[component]
fn Texts(form: ReadSignal<SettingsForm>) -> Element {
    let desk = use_context::<FormDesk>();
    let state = form.read();
    let Some(draft) = &state.draft else {
        return rsx! {};
    };
    let settings = &draft.settings;
    let replies = &settings.reply_words;
    let edit = use_callback(move |edit: Edit| desk.send(Message::Edited(edit)));
    // What is wrong with all three together is said below them.
    let wrong_replies = state.wrong_words("replyWords").filter(|_| {
        ["coming", "later", "leaving"]
            .iter()
            .all(|word| state.wrong_words(word).is_none())
    });
    rsx! {
        section { class: "panel texts", "aria-labelledby": "texts",
            h2 { id: "texts", "Texts" }
            div { class: "wording",
                div { class: "field",
                    label { r#for: "recall-words", "Recall" }
                    textarea {
                        id: "recall-words",
                        rows: "4",
                        value: "{draft.recall_words}",
                        placeholder: "{settings.usual_recall_words}",
                        "aria-describedby": "recall-words-hint recall-words-wrong",
                        "aria-invalid": invalid(state.wrong_words("recallWords").is_some()),
                        oninput: move |event: FormEvent| edit.call(Edit::RecallWords(event.value())),
                    }
                    p { class: "hint", id: "recall-words-hint",
                        code { "{{link}}" }
                        " becomes the link to the wait screen. Leave out names, also the clinic's, and what it treats: texts are read on locked screens by whoever is near."
                    }
                    Wrong { id: "recall-words-wrong", text: state.wrong_words("recallWords").map(str::to_owned) }
                    if draft.own_recall_words().is_some() {
                        button {
                            class: "button",
                            r#type: "button",
                            onclick: move |_| edit.call(Edit::UsualRecallWords),
                            "Use the usual words"
                        }
                    }
                }
                if settings.takes_replies {
                    fieldset { class: "field",
                        legend { class: "label", "Replies to a recall" }
                        div { class: "replies",
                            ReplyWord {
                                id: "reply-coming",
                                label: "Coming",
                                word: replies.coming.clone(),
                                wrong: state.wrong_words("coming").map(str::to_owned),
                                on_input: move |word| edit.call(Edit::ReplyComing(word)),
                            }
                            ReplyWord {
                                id: "reply-later",
                                label: "In 5 min",
                                word: replies.later.clone(),
                                wrong: state.wrong_words("later").map(str::to_owned),
                                on_input: move |word| edit.call(Edit::ReplyLater(word)),
                            }
                            ReplyWord {
                                id: "reply-leaving",
                                label: "Leave",
                                word: replies.leaving.clone(),
                                wrong: state.wrong_words("leaving").map(str::to_owned),
                                on_input: move |word| edit.call(Edit::ReplyLeaving(word)),
                            }
                        }
                        p { class: "hint",
                            "What callers answer with. You see the answer at once; with the last one they leave the waiting area."
                        }
                        Wrong { id: "replies-wrong", text: wrong_replies.map(str::to_owned) }
                    }
                } else {
                    p { class: "hint field", "Texts go out from a sender that takes no answers, so none are asked for." }
                }
                Switch {
                    id: "text-on-cancel",
                    label: "Text on cancel",
                    hint: "A caller who is cancelled while Offline gets one text about it.",
                    checked: settings.text_on_cancel,
                    on_change: move |on| edit.call(Edit::TextOnCancel(on)),
                }
            }
            TextPreviews { form }
        }
    }
}

/// How long callers' details are kept.
#[component]
fn Privacy(form: ReadSignal<SettingsForm>) -> Element {
    let desk = use_context::<FormDesk>();
    let edit = use_callback(move |edit: Edit| desk.send(Message::Edited(edit)));
    let state = form.read();
    let Some(draft) = &state.draft else {
        return rsx! {};
    };
    let chosen = match &draft.erase_after {
        EraseAfter::Preset(seconds) => Some(*seconds),
        EraseAfter::Own { .. } => None,
    };
    let wrong = state.wrong("eraseAfterSeconds").map(str::to_owned);
    let is_wrong = wrong.is_some();
    rsx! {
        section { class: "panel", "aria-labelledby": "privacy",
            h2 { id: "privacy", "Privacy" }
            div { class: "field",
                label { r#for: if chosen.is_some() { "erase-after" } else { "erase-preset" }, "Erase callers’ details" }
                div { class: "beside",
                    select {
                        id: if chosen.is_some() { "erase-after" } else { "erase-preset" },
                        class: "medium",
                        "aria-describedby": "erase-hint erase-wrong",
                        "aria-invalid": invalid(is_wrong && chosen.is_some()),
                        onchange: move |event: FormEvent| edit.call(Edit::ErasePreset(event.value().parse().ok())),
                        for seconds in EraseAfter::PRESETS {
                            option { key: "{seconds}", value: "{seconds}", selected: chosen == Some(seconds),
                                {administration::erase_after(seconds)}
                            }
                        }
                        option { value: "own", selected: chosen.is_none(), "After a time of your own…" }
                    }
                }
                if let EraseAfter::Own { number, unit } = &draft.erase_after {
                    div { class: "beside own-span",
                        input {
                            id: "erase-after",
                            class: "short",
                            r#type: "text",
                            inputmode: "numeric",
                            autocomplete: "off",
                            "aria-label": "How many",
                            value: "{number}",
                            "aria-describedby": "erase-hint erase-wrong",
                            "aria-invalid": invalid(is_wrong || draft.erase_after.seconds().is_none()),
                            oninput: move |event: FormEvent| edit.call(Edit::EraseNumber(event.value())),
                        }
                        select {
                            class: "short",
                            "aria-label": "Minutes or hours",
                            onchange: move |event: FormEvent| {
                                edit.call(Edit::EraseUnit(match event.value().as_str() {
                                    "hours" => Unit::Hours,
                                    "seconds" => Unit::Seconds,
                                    _ => Unit::Minutes,
                                }));
                            },
                            if *unit == Unit::Seconds {
                                option { value: "seconds", selected: true, "seconds" }
                            }
                            option { value: "minutes", selected: *unit == Unit::Minutes, "minutes" }
                            option { value: "hours", selected: *unit == Unit::Hours, "hours" }
                        }
                        span { "after the end" }
                    }
                }
                p { class: "hint", id: "erase-hint",
                    "Name, number, answers and texts are then gone for good, for everybody and from the server’s files. What happened stays in the activity and the reports, without them. Until then a caller whose contact was lost can take the place back; afterwards they arrive anew."
                }
                Wrong { id: "erase-wrong", text: wrong }
            }
        }
    }
}

/// In which time zone the clinic counts its days.
#[component]
fn TimeZone(form: ReadSignal<SettingsForm>) -> Element {
    let desk = use_context::<FormDesk>();
    let edit = use_callback(move |edit: Edit| desk.send(Message::Edited(edit)));
    let zones = use_hook(browser::time_zones);
    let own = use_hook(browser::own_time_zone);
    let now = (use_context::<Clock>().about_now)();
    let state = form.read();
    let Some(draft) = &state.draft else {
        return rsx! {};
    };
    let chosen = draft.settings.time_zone.clone();
    let time = Zone::of(&chosen).map(|zone| zone.time_of_day(now));
    let wrong = state.wrong("timeZone").map(str::to_owned);
    let is_wrong = wrong.is_some();
    rsx! {
        section { class: "panel", "aria-labelledby": "time",
            h2 { id: "time", "Time" }
            div { class: "field",
                label { r#for: "time-zone", "Time zone" }
                div { class: "beside wraps",
                    // Searched by typing any part of a name; the browser knows them all.
                    input {
                        id: "time-zone",
                        class: "medium",
                        r#type: "text",
                        list: "time-zones",
                        spellcheck: "false",
                        autocomplete: "off",
                        autocapitalize: "off",
                        value: "{chosen}",
                        "aria-describedby": "time-zone-hint time-zone-now time-zone-wrong",
                        "aria-invalid": invalid(is_wrong),
                        oninput: move |event: FormEvent| edit.call(Edit::TimeZone(event.value())),
                    }
                    if let Some(own) = own.clone().filter(|own| *own != chosen) {
                        button {
                            class: "button",
                            r#type: "button",
                            onclick: {
                                let own = own.clone();
                                move |_| edit.call(Edit::TimeZone(own.clone()))
                            },
                            "Use this browser’s: {own}"
                        }
                    }
                }
                datalist { id: "time-zones",
                    if let Some(own) = own.clone() {
                        option { value: "{own}" }
                    }
                    for zone in zones.iter().filter(|zone| own.as_ref() != Some(zone)) {
                        option { key: "{zone}", value: "{zone}" }
                    }
                }
                p { class: "below", id: "time-zone-now",
                    if let Some(time) = time {
                        "It is {time} there now."
                    } else {
                        "Type a city, and choose from the list."
                    }
                }
                p { class: "hint", id: "time-zone-hint",
                    "When a day of the reports begins and ends, and how the console tells the time. With UTC each browser tells its own."
                }
                Wrong { id: "time-zone-wrong", text: wrong }
            }
        }
    }
}

/// A word to reply with.
#[component]
fn ReplyWord(
    id: &'static str,
    label: &'static str,
    word: String,
    wrong: Option<String>,
    on_input: Callback<String>,
) -> Element {
    let is_wrong = wrong.is_some();
    rsx! {
        div {
            label { r#for: id, class: "small", "{label}" }
            input {
                id,
                r#type: "text",
                spellcheck: "false",
                autocomplete: "off",
                autocapitalize: "off",
                value: "{word}",
                "aria-describedby": "{id}-wrong",
                "aria-invalid": invalid(is_wrong),
                oninput: move |event: FormEvent| on_input.call(event.value()),
            }
            Wrong { id: "{id}-wrong", text: wrong }
        }
    }
}

/// The texts as they would reach a phone.
#[component]
fn TextPreviews(form: ReadSignal<SettingsForm>) -> Element {
    let state = form.read();
    let Some(draft) = &state.draft else {
        return rsx! {};
    };
    let previews = &state.previews;
    // The one whose words are being typed stands beside them.
    let mut texts: Vec<_> = previews.texts.iter().collect();
    texts.sort_by_key(|text| text.purpose != TextPurpose::Recall);
    rsx! {
        div {
            class: "phone-preview",
            role: "group",
            "aria-label": "As they reach a phone",
            "aria-busy": if previews.are_of_now || previews.are_missing { "false" } else { "true" },
            if previews.are_missing {
                p { class: "below warning", {draw(Icon::Warning)} "The texts could not be shown: the server could not be reached." }
            }
            for text in texts {
                div { class: "text-preview", key: "{words::text_purpose(text.purpose)}",
                    h3 {
                        {words::text_purpose(text.purpose)}
                        if text.purpose == TextPurpose::Cancelled && !draft.settings.text_on_cancel {
                            span { class: "quiet", " (off)" }
                        }
                    }
                    p { class: "bubble", dir: "auto", "{text.body}" }
                    p { class: if text.problem.is_some() { "below danger figures" } else { "below figures" },
                        {words::text_length(text)}
                    }
                    if let Some(cost) = words::text_cost(text) {
                        p { class: "below warning", {draw(Icon::Warning)} span { "{cost}" } }
                    }
                }
            }
        }
    }
}

#[component]
fn EntryFields(form: ReadSignal<SettingsForm>) -> Element {
    let desk = use_context::<FormDesk>();
    let state = form.read();
    let Some(draft) = &state.draft else {
        return rsx! {};
    };
    let edit = use_callback(move |edit: Edit| desk.send(Message::Edited(edit)));
    let fields = &draft.settings.entry_fields;
    rsx! {
        div { class: "field", role: "group", "aria-labelledby": "entry-label",
            span { class: "label", id: "entry-label", "Entry fields" }
            p { class: "hint", "Asked on arrival besides name and phone." }
            for (at, field) in fields.iter().enumerate() {
                div { class: "entry-field", key: "{at}",
                    div {
                        label { class: "label", r#for: "entry-label-{at}", "Question" }
                        input {
                            id: "entry-label-{at}",
                            r#type: "text",
                            value: "{field.label}",
                            "aria-describedby": "entry-label-wrong-{at}",
                            "aria-invalid": invalid(state.wrong_entry_field(at, EntryFieldPart::Question).is_some()),
                            oninput: move |event: FormEvent| edit.call(Edit::EntryFieldLabel(at, event.value())),
                        }
                        Wrong {
                            id: "entry-label-wrong-{at}",
                            text: state.wrong_entry_field(at, EntryFieldPart::Question).map(str::to_owned),
                        }
                    }
                    div {
                        label { class: "label", r#for: "entry-key-{at}", "Key for staff tools" }
                        input {
                            id: "entry-key-{at}",
                            r#type: "text",
                            spellcheck: "false",
                            autocomplete: "off",
                            value: "{field.key}",
                            "aria-describedby": "entry-key-wrong-{at}",
                            "aria-invalid": invalid(state.wrong_entry_field(at, EntryFieldPart::Key).is_some()),
                            oninput: move |event: FormEvent| edit.call(Edit::EntryFieldKey(at, event.value())),
                        }
                        Wrong {
                            id: "entry-key-wrong-{at}",
                            text: state.wrong_entry_field(at, EntryFieldPart::Key).map(str::to_owned),
                        }
                    }
                    label { class: "tick",
                        input {
                            r#type: "checkbox",
                            checked: field.is_required,
                            onchange: move |event: FormEvent| edit.call(Edit::EntryFieldIsRequired(at, event.checked())),
                        }
                        "Required"
                    }
                    div { class: "order",
                        button {
                            class: "button plain",
                            r#type: "button",
                            disabled: at == 0,
                            "aria-label": "Move up: {field.label}",
                            onclick: move |_| edit.call(Edit::RaiseEntryField(at)),
                            {draw(Icon::Up)}
                        }
                        button {
                            class: "button plain",
                            r#type: "button",
                            "aria-label": "Remove: {field.label}",
                            onclick: move |_| edit.call(Edit::RemoveEntryField(at)),
                            {draw(Icon::Bin)}
                        }
                    }
                }
            }
            if fields.len() < MOST_ENTRY_FIELDS {
                button {
                    class: "button",
                    r#type: "button",
                    id: "add-entry-field",
                    onclick: move |_| edit.call(Edit::AddEntryField),
                    {draw(Icon::Plus)}
                    "Add an entry field"
                }
            }
            Wrong { id: "entry-wrong", text: state.wrong_entry_fields().map(str::to_owned) }
        }
    }
}

#[component]
fn Countries(chosen: String, without: Vec<String>) -> Element {
    rsx! {
        for country in COUNTRIES.iter().filter(|country| !without.iter().any(|code| code == country.code)) {
            option { key: "{country.code}", value: country.code, selected: country.code == chosen, "{country.name}" }
        }
    }
}
