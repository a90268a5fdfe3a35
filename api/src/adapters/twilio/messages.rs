//! Twilio's Messages: our words, sent as they stand. What is asked and answered is described in
//! `twilio_api_v2010.json` of <https://github.com/twilio/twilio-oai>, under `Messages.json`.

use super::E164;
use super::answers::progress_of;
use super::settings::{Sender, TwilioSettings};
use super::transport::{Form, Problem, Transport};
use crate::domain::delivery::{Progress, SmsState};
use crate::domain::limits::CODE_VALIDITY;
use crate::domain::text::{TextBody, TextPurpose};
use crate::domain::time::{Span, Timestamp};
use crate::ports::texter::{OutgoingText, Taken};
use serde::Deserialize;
use twilio::model::ApiV2010AccountMessage;

/// How long a recall may wait in Twilio's queue. Our own: five minutes on, the provider who recalled has
/// gone on to somebody else, and a late text calls the patient back for nothing.
const RECALL_VALIDITY: Span = Span::minutes(5);
/// How much older than the text's row Twilio may say a message is. Our own: two clocks that nobody
/// compares. Words that are looked for are one text's only, so that it matches no other.
const CLOCKS_DIFFER: Span = Span::seconds(60);
/// How many messages to the number are looked at for one of ours, in pages: many times what a number gets
/// within the minute that a text is in doubt.
const PAGE: i64 = 100;
const PAGES: usize = 3;

/// Sends a text.
pub(super) async fn create(
    transport: &Transport,
    settings: &TwilioSettings,
    text: &OutgoingText,
    number: &E164,
    body: &TextBody,
) -> Result<Taken, Problem> {
    let mut form: Form = vec![
        ("To", number.as_str().to_owned()),
        match &settings.sender {
            Sender::From(sender) => ("From", sender.as_str().to_owned()),
            Sender::MessagingService(service) => {
                ("MessagingServiceSid", service.as_str().to_owned())
            }
        },
        ("Body", body.0.clone()),
        ("StatusCallback", settings.status_callback(&text.id)),
    ];
    let validity = match text.purpose {
        TextPurpose::Recall => Some(RECALL_VALIDITY),
        TextPurpose::Code => Some(CODE_VALIDITY),
        // True whenever it comes: as long as Twilio keeps a text by itself.
        TextPurpose::Cancelled => None,
    };
    if let Some(validity) = validity {
        form.push(("ValidityPeriod", validity.as_seconds_up().to_string()));
    }
    let client = transport.sending(&settings.addresses.api, form);
    let answer = client
        .create_message(settings.account.as_str())
        .send()
        .await;
    let message = answer.map_err(|error| Problem::of(&error))?;
    // It has been taken, whatever it says next.
    taken(&message).ok_or(Problem::Unreadable)
}

/// Looks for a text among those that Twilio has to this number. `None` proves nothing: the list lags.
pub(super) async fn find(
    transport: &Transport,
    settings: &TwilioSettings,
    text: &OutgoingText,
    number: &E164,
    body: &TextBody,
) -> Result<Option<Taken>, Problem> {
    let earliest = text.committed_at - CLOCKS_DIFFER;
    let mut newest: Option<(Timestamp, Taken)> = None;
    let mut next = None;
    for _ in 0..PAGES {
        let page = list(transport, settings, number, next).await?;
        let mut is_all_older = true;
        for message in &page.messages {
            let Ok(message) = ApiV2010AccountMessage::deserialize(message) else {
                continue;
            };
            let Some(created) = message.date_created.as_deref().and_then(read_time) else {
                continue;
            };
            if created < earliest {
                continue;
            }
            is_all_older = false;
            let is_ours = message.body.as_deref() == Some(body.0.as_str())
                && message.to.as_deref() == Some(number.as_str())
                && newest.as_ref().is_none_or(|(newest, _)| *newest < created);
            if is_ours && let Some(taken) = taken(&message) {
                newest = Some((created, taken));
            }
        }
        next = page.next_page_uri.as_deref().and_then(NextPage::read);
        // Newest first: on the pages that follow, all are older still.
        if is_all_older || next.is_none() || newest.is_some() {
            break;
        }
    }
    Ok(newest.map(|(_, taken)| taken))
}

/// How far a message is, by its name; `None` when its status says nothing about a text of ours.
pub(super) async fn fetch(
    transport: &Transport,
    settings: &TwilioSettings,
    name: &str,
) -> Result<Option<Progress>, Problem> {
    let client = transport.reading(&settings.addresses.api);
    let answer = client
        .fetch_message(settings.account.as_str(), name)
        .send()
        .await;
    let message = answer.map_err(|error| Problem::of(&error))?;
    let status = message.status.as_deref().unwrap_or_default();
    Ok(progress_of(status, message.error_code))
}

/// Whether a name is that of a message; Verify's, of which nothing more becomes known, begin otherwise.
pub(super) fn is_message(name: &str) -> bool {
    is_name(name) && (name.starts_with("SM") || name.starts_with("MM"))
}

/// A page of the list; its messages are read one by one, as one that cannot be read hides no other.
#[derive(Deserialize)]
struct Page {
    messages: Vec<serde_json::Value>,
    next_page_uri: Option<String>,
}

/// Where the next page is.
struct NextPage {
    page: i64,
    token: String,
}

impl NextPage {
    fn read(address: &str) -> Option<Self> {
        let anywhere = reqwest::Url::parse("https://localhost").ok()?;
        let address = anywhere.join(address).ok()?;
        let value = |name| {
            let found = address.query_pairs().find(|(known, _)| known == name);
            found.map(|(_, value)| value.into_owned())
        };
        Some(Self {
            page: value("Page")?.parse().ok()?,
            token: value("PageToken")?,
        })
    }
}

/// Not narrowed down by `DateSent`: one that waits to be sent has none, and twilio-rs gives the filters
/// names (`DateSent_gt`) and dates that Twilio does not know.
async fn list(
    transport: &Transport,
    settings: &TwilioSettings,
    number: &E164,
    next: Option<NextPage>,
) -> Result<Page, Problem> {
    let client = transport.reading(&settings.addresses.api);
    let mut request = client
        .list_message(settings.account.as_str())
        .to(number.as_str())
        .page_size(PAGE);
    if let Some(next) = next {
        request = request.page(next.page).page_token(&next.token);
    }
    let answer = request.send().await.map_err(|error| Problem::of(&error))?;
    serde_json::from_value(answer).map_err(|_| Problem::Unreadable)
}

/// What Twilio says of a message that it has; `None` when it gives it no name.
fn taken(message: &ApiV2010AccountMessage) -> Option<Taken> {
    let provider_id = message.sid.clone().filter(|sid| is_name(sid))?;
    let status = message.status.as_deref().unwrap_or_default();
    let progress = progress_of(status, message.error_code).unwrap_or(Progress {
        state: SmsState::Sent,
        failure: None,
    });
    Some(Taken {
        provider_id,
        progress,
    })
}

/// Something that is kept as Twilio's name for a text.
pub(super) fn is_name(sid: &str) -> bool {
    (1..=64).contains(&sid.len()) && sid.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// A time as Twilio writes one: RFC 2822 in Messages, ISO 8601 in Verify.
pub(super) fn read_time(written: &str) -> Option<Timestamp> {
    let parser = jiff::fmt::rfc2822::DateTimeParser::new();
    let time = parser
        .parse_timestamp(written)
        .or_else(|_| written.parse::<jiff::Timestamp>())
        .ok()?;
    Some(Timestamp::from_millis(time.as_millisecond()))
}
