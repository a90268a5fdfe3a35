//! `standby erase` and `standby export`: what is kept of one person.

use super::{Data, complain, find, open, say};
use crate::adapters::clock::WallClock;
use crate::adapters::dev_phone::DevPhone;
use crate::adapters::one_server::OneServer;
use crate::app::erasing::KeptOfNumber;
use crate::app::{App, Done};
use crate::domain::caller::{Caller, End};
use crate::domain::delivery::Delivery;
use crate::domain::id::{CallerId, ClinicId};
use crate::domain::phone_number::PhoneNumber;
use crate::domain::policy::Within;
use crate::domain::time::Timestamp;
use crate::failure::Failure;
use crate::ports::store::erasing::Kept;
use clap::Args;
use serde_json::{Value as Json, json};
use std::fmt::Display;
use std::io::{BufRead as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// What `standby erase` can be told.
#[derive(Args)]
pub(super) struct Erase {
    #[command(flatten)]
    whose: Whose,
    /// Erase without asking first.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    data: Data,
}

/// What `standby export` can be told.
#[derive(Args)]
pub(super) struct Export {
    #[command(flatten)]
    whose: Whose,
    #[command(flatten)]
    data: Data,
}

#[derive(Args)]
struct Whose {
    #[command(flatten)]
    person: Person,
    /// The slug of a clinic: only what it keeps, and a number without a country is of its country.
    #[arg(long, conflicts_with = "caller")]
    clinic: Option<String>,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct Person {
    /// The id of one stay: in the console at the end of the caller's Activity, in the API `Caller.id`.
    #[arg(long)]
    caller: Option<String>,
    /// A phone number, with + and the country: every stay of which it is kept. Several people may have
    /// given the same one, such as a parent and two children.
    #[arg(long)]
    phone: Option<String>,
}

/// The stays that are meant.
struct Meant {
    /// Where they were asked for by number.
    number: Option<PhoneNumber>,
    stays: Vec<(ClinicId, CallerId)>,
}

async fn meant(app: &App, whose: &Whose) -> Result<Meant, Failure> {
    if let Some(id) = &whose.person.caller {
        let nobody = || Failure::Asked("There is no caller by this id.".to_owned());
        let id = CallerId::parse(id.trim()).ok_or_else(nobody)?;
        let clinic = app.clinic_of(&id).await?.ok_or_else(nobody)?;
        return Ok(Meant {
            number: None,
            stays: vec![(clinic, id)],
        });
    }
    let clinic = match &whose.clinic {
        Some(slug) => Some(find(app, slug).await?),
        None => None,
    };
    let typed = whose.person.phone.as_deref().unwrap_or_default();
    let country = clinic
        .as_ref()
        .map(|clinic| clinic.settings.default_country);
    let number = PhoneNumber::parse_of_any_country(typed, country, "phone")?;
    let clinic = clinic.map(|clinic| clinic.id);
    let stays = app.stays_with_number(&number, clinic.as_ref()).await?;
    Ok(Meant {
        number: Some(number),
        stays,
    })
}

/// Erases who was behind ended stays; those that go on are refused.
pub(super) async fn erase(told: Erase) -> Result<(), Failure> {
    let directory = told.data.directory.clone();
    let app = open(told.data).await?;
    let Meant { stays, .. } = meant(&app, &told.whose).await?;
    let mut to_erase = Vec::new();
    let mut goes_on = 0;
    for (clinic, id) in stays {
        let within = Within::system(clinic);
        let Some(placed) = app.caller(&within, &id).await? else {
            continue;
        };
        let caller = &placed.caller;
        let (slug, arrived_at) = (placed.clinic.slug.as_str(), time(caller.arrived_at));
        match (caller.ended(), caller.erased_at()) {
            (None, _) => {
                goes_on += 1;
                complain(format_args!(
                    "{id}  {slug}  arrived {arrived_at}: the stay has not ended, so it is not erased. \
                     Cancel or complete it first."
                ));
            }
            (Some(_), Some(at)) => {
                list(format_args!("{id}  {slug}: erased already, {}", time(at)));
            }
            (Some(ended), None) => {
                let ended_at = time(ended.at);
                list(format_args!(
                    "{id}  {slug}  arrived {arrived_at}, ended {ended_at}"
                ));
                to_erase.push((within, id));
            }
        }
    }
    if to_erase.is_empty() {
        say("There is nothing to erase.")?;
    } else if told.yes || is_confirmed(to_erase.len()) {
        let mut erased = 0;
        for (within, id) in &to_erase {
            match app.erase_caller(within, id).await? {
                Done::Done(_) => erased += 1,
                Done::NotFound => {}
                Done::Refused(_, refusal) => {
                    goes_on += 1;
                    complain(format_args!("{id}: {}", refusal.message));
                }
            }
        }
        forget_texts(&app, &directory).await?;
        list(format_args!("Erased {}.", counted(erased)));
        if !app.erase_bytes().await? {
            say("The server is at work: it takes the rest out of the file within a minute.")?;
        }
    } else {
        return Err(Failure::Asked("nothing was erased".to_owned()));
    }
    if goes_on > 0 {
        let message = format!("{} not erased, as the stay has not ended", counted(goes_on));
        return Err(Failure::Asked(message));
    }
    Ok(())
}

/// What the dev phone keeps of those who are erased goes too. While a server runs that is the server's to
/// do, which does it within a minute.
async fn forget_texts(app: &Arc<App>, directory: &Path) -> Result<(), Failure> {
    let Some(_no_server_runs) = OneServer::of(directory, Duration::ZERO).await? else {
        return Ok(());
    };
    if let Some(phone) = DevPhone::of(directory, Arc::new(WallClock::default()))? {
        app.forget_texts(&phone).await?;
    }
    Ok(())
}

fn counted(stays: usize) -> String {
    match stays {
        1 => "1 stay".to_owned(),
        stays => format!("{stays} stays"),
    }
}

/// Prints a line if there is anybody to read it: what is erased does not depend on that.
fn list(line: impl Display) {
    let _ = say(line);
}

/// Asks whoever sits there; nobody there is a no.
fn is_confirmed(stays: usize) -> bool {
    let mut out = std::io::stdout();
    let mut answer = String::new();
    let question = format!("Erase {} for good? Type yes: ", counted(stays));
    let is_asked = out.write_all(question.as_bytes()).is_ok() && out.flush().is_ok();
    let is_read = std::io::stdin().lock().read_line(&mut answer).is_ok();
    list("");
    is_asked && is_read && answer.trim().eq_ignore_ascii_case("yes")
}

/// Prints all that is kept, as JSON.
pub(super) async fn export(told: Export) -> Result<(), Failure> {
    let app = open(told.data).await?;
    let Meant { number, stays } = meant(&app, &told.whose).await?;
    let mut exported = Vec::new();
    for (clinic, id) in stays {
        if let Some(kept) = app.export(&Within::system(clinic), &id).await? {
            exported.push(stay(&kept));
        }
    }
    let mut all = json!({ "stays": exported });
    if let Some(number) = number {
        all["number"] = of_number(&number, &app.kept_of_number(&number).await?);
    }
    say(format_args!("{all:#}"))
}

fn of_number(number: &PhoneNumber, kept: &KeptOfNumber) -> Json {
    let counted = kept.counted.iter().map(
        |counted| json!({ "limit": counted.kind, "at": time(counted.at), "times": counted.times }),
    );
    json!({
        "number": number.reveal(),
        "hasStoppedTexts": kept.has_stopped_texts,
        "counted": counted.collect::<Vec<_>>(),
    })
}

fn stay(kept: &Kept) -> Json {
    let caller = &kept.caller;
    let details = caller.details();
    let answers = details.map_or([].as_slice(), |details| &details.answers);
    let answers = answers.iter().map(
        |answer| json!({ "key": answer.key, "question": answer.label, "answer": answer.value }),
    );
    let phone = caller.phone();
    let texts = kept.texts.iter().map(|text| {
        json!({
            "id": text.id,
            "purpose": text.purpose,
            "to": text.to.as_ref().map(PhoneNumber::reveal),
            "body": text.body.as_ref().map(|body| &body.0),
            "state": text.state,
            "failure": text.failure,
            "providerId": text.provider_id,
            "createdAt": time(text.created_at),
            "updatedAt": time(text.updated_at),
        })
    });
    let events = kept.events.iter().map(|event| {
        json!({
            "at": time(event.at),
            "what": event.what,
            "textState": event.text_state,
            "textFailure": event.text_failure,
            "by": event.by,
        })
    });
    let screens = kept.screens.iter().map(|screen| {
        json!({
            "deviceId": screen.device.as_str(),
            "state": word(&screen.state),
            "reportedAt": time(screen.seen_at),
        })
    });
    let deeds = kept.deeds.iter();
    let deeds = deeds.map(|(at, deed)| json!({ "at": time(*at), "what": deed }));
    json!({
        "id": caller.id.as_str(),
        "clinic": { "slug": kept.clinic.slug.as_str(), "name": kept.clinic.name },
        "status": word(&caller.status()),
        "arrivedAt": time(caller.arrived_at),
        "arrivalNumber": caller.arrival.0,
        "statusSince": time(caller.status_since),
        "lastSeenAt": time(caller.last_seen_at),
        "name": details.map(|details| details.name.reveal()),
        "answers": answers.collect::<Vec<_>>(),
        "phone": phone.number().map(|number| json!({
            "number": number.reveal(),
            "verifiedAt": phone.verified().map(|phone| time(phone.verified_at)),
        })),
        "textsStoppedAt": caller.texts_stopped_at.map(time),
        // Without the code: of that only a hash is kept.
        "code": phone.outstanding().map(|code| json!({
            "number": code.number.reveal(),
            "sentAt": time(code.sent_at),
            "expiresAt": time(code.expires_at()),
            "attemptsLeft": code.attempts_left,
            "text": delivery(&code.delivery),
        })),
        "recalls": caller.recalls,
        "recall": caller.recall.as_ref().map(|recall| json!({
            "requestedAt": time(recall.requested_at),
            "text": delivery(&recall.delivery),
            "openedAt": recall.opened_at.map(time),
            "returnedAt": recall.returned_at.map(time),
            "reply": recall.reply.map(|reply| json!({
                "answer": word(&reply.answer),
                "at": time(reply.at),
            })),
        })),
        "end": end(caller),
        "erasedAt": caller.erased_at().map(time),
        "texts": texts.collect::<Vec<_>>(),
        "events": events.collect::<Vec<_>>(),
        "screens": screens.collect::<Vec<_>>(),
        "links": kept.links,
        "arrivalRememberedSince": kept.arrival_remembered_since.map(time),
        "staffDeeds": deeds.collect::<Vec<_>>(),
    })
}

fn end(caller: &Caller) -> Option<Json> {
    let ended = caller.ended()?;
    let (how, reason) = match &ended.how {
        End::Completed { .. } => ("COMPLETED", None),
        End::Left { reason } => ("LEFT_BY_CALLER", reason.as_ref()),
        End::LostContact { .. } => ("LOST_CONTACT", None),
        End::Cancelled { reason } => ("CANCELLED_BY_STAFF", reason.as_ref()),
    };
    let reason = reason.map(|reason| &reason.0);
    Some(json!({ "at": time(ended.at), "how": how, "reason": reason }))
}

fn delivery(delivery: &Delivery) -> Json {
    json!({
        "state": word(&delivery.state),
        "failure": delivery.failure.map(|failure| word(&failure)),
        "updatedAt": time(delivery.updated_at),
    })
}

/// The word for a value without data, as the API writes it: `BEING_SEEN`.
fn word(value: &impl std::fmt::Debug) -> String {
    let mut word = String::new();
    for character in format!("{value:?}").chars() {
        if character.is_ascii_uppercase() && !word.is_empty() {
            word.push('_');
        }
        word.push(character.to_ascii_uppercase());
    }
    word
}

/// RFC 3339, in UTC.
fn time(at: Timestamp) -> String {
    let time = jiff::Timestamp::from_millisecond(at.as_millis());
    time.map_or_else(|_| String::new(), |time| format!("{time:.3}"))
}

#[cfg(test)]
mod tests {
    use super::{time, word};
    use crate::domain::status::Status;
    use crate::domain::time::Timestamp;

    #[test]
    fn values_and_times_are_written_as_the_api_writes_them() {
        assert_eq!(word(&Status::BeingSeen), "BEING_SEEN");
        assert_eq!(word(&Status::Left), "LEFT");
        let at = Timestamp::from_millis(1_772_439_330_250);
        assert_eq!(time(at), "2026-03-02T08:15:30.250Z");
    }
}
