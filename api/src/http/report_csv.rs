//! A clinic's report as a file: `GET /clinics/{slug}/report.csv?from=2026-03-01&to=2026-03-31`, with
//! `Authorization: Bearer …`.
//!
//! One line a day, with the figures that `Clinic.report` has, under their names in the API; times are
//! seconds, and what is null there is empty here. As RFC 4180 has it: commas, CRLF, a header, and quotes
//! where they are needed. Whoever may not see the report gets what there is for a clinic that does not
//! exist.

use super::door::{AnonymousBecause, Credential, Door, Refused};
use super::fair_use::Turn;
use super::transport::Transport;
use crate::app::App;
use crate::app::credentials::Presented;
use crate::app::reports::{Report, read_day};
use crate::domain::policy::{Act, Viewer};
use crate::domain::report::{Figures, PURPOSES};
use crate::domain::text::TextPurpose;
use crate::domain::time::Span;
use crate::ports::Fault;
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

/// Where it is served.
pub const PATH: &str = "/clinics/{slug}/report.csv";

const CSV: HeaderValue = HeaderValue::from_static("text/csv; charset=utf-8; header=present");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

#[derive(Clone)]
struct Reports<D: Door> {
    app: Arc<App>,
    transport: Transport<D>,
}

/// Serves the reports of all clinics, to whoever comes in by the door of `transport` and as often as the
/// API is: what is counted there is counted here.
pub fn router<D>(app: Arc<App>, transport: Transport<D>) -> Router
where
    D: Door<Viewer = Presented>,
{
    let reports = Reports { app, transport };
    Router::new().route(PATH, get(serve::<D>).with_state(reports))
}

async fn serve<D>(
    State(reports): State<Reports<D>>,
    Path(slug): Path<String>,
    days: Result<Query<HashMap<String, String>>, QueryRejection>,
    parts: Parts,
) -> Response
where
    D: Door<Viewer = Presented>,
{
    let days = days.map(|Query(days)| days).unwrap_or_default();
    let mut response = match reports.viewer(&parts.headers).await {
        Err(Refused::Unavailable) => went_wrong(),
        Err(Refused::Credential) => nothing(),
        Ok(viewer) => {
            let asker = reports.transport.asker(&parts.headers, &parts.extensions);
            let turn = reports.transport.turn(&viewer, &asker);
            let (turn, _place) = reports.transport.begin(&viewer, &asker, turn).await;
            let viewer = &viewer.viewer;
            let mut response = reports.respond(viewer, turn, &slug, &days).await;
            turn.mark(response.headers_mut());
            response
        }
    };
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, NO_STORE);
    response
}

impl<D: Door<Viewer = Presented>> Reports<D> {
    /// Who asks; nobody in particular where the credential is none.
    async fn viewer(&self, headers: &HeaderMap) -> Result<Presented, Refused> {
        let door = &self.transport.door;
        match Credential::from_headers(headers) {
            Credential::Missing => Ok(door.anonymous(AnonymousBecause::NoCredential)),
            Credential::Malformed => Ok(door.anonymous(AnonymousBecause::MalformedCredential)),
            Credential::Bearer(token) => match door.viewer(&token).await {
                Err(Refused::Credential) => {
                    Ok(door.anonymous(AnonymousBecause::RejectedCredential))
                }
                found => found,
            },
        }
    }

    async fn respond(
        &self,
        viewer: &Viewer,
        turn: Turn,
        slug: &str,
        days: &HashMap<String, String>,
    ) -> Response {
        if turn.too_often_for.is_some() {
            let message = "Too many requests. Try again later.\n";
            return (StatusCode::TOO_MANY_REQUESTS, message).into_response();
        }
        match self.answer(viewer, slug, days).await {
            Ok(Some(response)) => response,
            Ok(None) => nothing(),
            Err(fault) => {
                tracing::error!(fault = fault.chain(), "a report could not be made");
                went_wrong()
            }
        }
    }

    /// `None` for whoever may not see it, whatever days were asked for.
    async fn answer(
        &self,
        viewer: &Viewer,
        slug: &str,
        days: &HashMap<String, String>,
    ) -> Result<Option<Response>, Fault> {
        // Strangers before anything is looked up: not even the time it takes tells whether there is one.
        if viewer.staff().is_none() {
            return Ok(None);
        }
        let Some(clinic) = self.app.clinic_by_slug(slug).await? else {
            return Ok(None);
        };
        let Some(within) = viewer.within(&clinic.id, Act::SeeWaitingArea) else {
            return Ok(None);
        };
        let day = |name| days.get(name).and_then(|given| read_day(given));
        let (Some(from), Some(to)) = (day("from"), day("to")) else {
            let message = "Say which days: ?from=2026-03-01&to=2026-03-31\n";
            return Ok(Some((StatusCode::BAD_REQUEST, message).into_response()));
        };
        let report = match self.app.report(&within, &clinic, from, to).await? {
            Ok(report) => report,
            Err(refusal) => {
                let message = format!("{}\n", refusal.message);
                return Ok(Some((StatusCode::BAD_REQUEST, message).into_response()));
            }
        };
        // Of slugs and days, which hold letters, digits and hyphens only.
        let name = format!(
            "attachment; filename=\"{}-{from}-{to}.csv\"",
            clinic.slug.as_str()
        );
        let name =
            HeaderValue::try_from(name).map_err(|error| Fault::new("naming a file", error))?;
        let headers = [
            (header::CONTENT_TYPE, CSV),
            (header::CONTENT_DISPOSITION, name),
        ];
        Ok(Some((headers, csv(&report)).into_response()))
    }
}

/// The same whether there is no such clinic or whoever asks may not see it.
fn nothing() -> Response {
    let message = "No such report: the clinic's link name or the credential is not right.\n";
    (StatusCode::NOT_FOUND, message).into_response()
}

fn went_wrong() -> Response {
    let message = "Something went wrong on our side and was logged. Please try again.\n";
    (StatusCode::INTERNAL_SERVER_ERROR, message).into_response()
}

/// The columns after `date` and `timeZone`, without those of texts, and what is in each.
type Column = (&'static str, fn(&Figures) -> Option<i64>);

const COLUMNS: [Column; 17] = [
    ("arrived", |figures| Some(count(figures.arrived))),
    ("completed", |figures| Some(count(figures.completed))),
    ("left", |figures| Some(count(figures.left))),
    ("lostContact", |figures| Some(count(figures.lost_contact))),
    ("cancelled", |figures| Some(count(figures.cancelled))),
    ("resumed", |figures| Some(count(figures.resumed))),
    ("medianWaitSeconds", |figures| seconds(figures.median_wait)),
    ("longestWaitSeconds", |figures| {
        seconds(figures.longest_wait)
    }),
    ("wentOffline", |figures| Some(count(figures.went_offline))),
    ("timesOffline", |figures| Some(count(figures.times_offline))),
    ("medianOfflineSeconds", |figures| {
        seconds(figures.median_offline)
    }),
    ("recalls", |figures| Some(count(figures.recalls))),
    ("recallsAnswered", |figures| {
        Some(count(figures.recalls_answered))
    }),
    ("medianRecallToReturnSeconds", |figures| {
        seconds(figures.median_recall_to_return)
    }),
    ("noShows", |figures| Some(count(figures.no_shows))),
    ("codesSent", |figures| Some(count(figures.codes_sent))),
    ("phonesVerified", |figures| {
        Some(count(figures.phones_verified))
    }),
];

fn count(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn seconds(span: Option<Span>) -> Option<i64> {
    span.map(Span::as_seconds_rounded)
}

/// A report as it is written in the file.
fn csv(report: &Report) -> String {
    let mut file = String::new();
    let texts = PURPOSES.map(|purpose| {
        let purpose = match purpose {
            TextPurpose::Code => "CODE",
            TextPurpose::Recall => "RECALL",
            TextPurpose::Cancelled => "CANCELLED",
        };
        ["sent", "delivered", "failed", "unknown"].map(|what| format!("texts.{purpose}.{what}"))
    });
    let names = ["date", "timeZone"]
        .into_iter()
        .chain(COLUMNS.iter().map(|(name, _)| *name))
        .chain(texts.iter().flatten().map(String::as_str));
    line(&mut file, names.map(str::to_owned));
    for (date, figures) in &report.days {
        let values = COLUMNS.iter().map(|(_, value)| value(figures));
        let texts = figures
            .texts
            .iter()
            .flat_map(|texts| [texts.sent, texts.delivered, texts.failed, texts.unknown]);
        let values = values
            .chain(texts.map(|texts| Some(count(texts))))
            .map(|value| value.map(|value| value.to_string()).unwrap_or_default());
        let day = [date.to_string(), report.time_zone.clone()];
        line(&mut file, day.into_iter().chain(values));
    }
    file
}

fn line(file: &mut String, values: impl Iterator<Item = String>) {
    for (place, value) in values.enumerate() {
        if place > 0 {
            file.push(',');
        }
        write_value(file, &value);
    }
    file.push_str("\r\n");
}

/// Writes a value so that it stays one, and so that no spreadsheet takes it for something to work out:
/// what begins like a formula is led by an apostrophe, which spreadsheets take for "this is text".
fn write_value(file: &mut String, value: &str) {
    let is_number = value.parse::<i64>().is_ok();
    let is_formula = value.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number;
    let lead = if is_formula { "'" } else { "" };
    if value.contains([',', '"', '\r', '\n']) {
        // Writing to a text cannot fail.
        let _ = write!(file, "\"{lead}{}\"", value.replace('"', "\"\""));
    } else {
        let _ = write!(file, "{lead}{value}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::Date;

    fn written(value: &str) -> String {
        let mut file = String::new();
        write_value(&mut file, value);
        file
    }

    #[test]
    fn whatever_stands_in_a_value_it_stays_one_value_and_is_never_worked_out() {
        for (value, expected) in [
            ("", ""),
            ("12", "12"),
            ("-12", "-12"),
            ("2026-03-02", "2026-03-02"),
            ("Australia/Sydney", "Australia/Sydney"),
            ("a,b", "\"a,b\""),
            ("a\"b", "\"a\"\"b\""),
            ("a\r\nb", "\"a\r\nb\""),
            ("=1+1", "'=1+1"),
            ("+61", "+61"),
            ("+61 491", "'+61 491"),
            ("-1+1", "'-1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\tx", "'\tx"),
            ("\rx", "\"'\rx\""),
            ("=\"a\",b", "\"'=\"\"a\"\",b\""),
        ] {
            assert_eq!(written(value), expected, "{value:?}");
        }
    }

    #[test]
    fn a_file_has_a_line_a_day_under_the_names_of_the_api() {
        let date: Date = "2026-03-02".parse().unwrap();
        let figures = Figures {
            arrived: 3,
            median_wait: Some(Span::millis(1500)),
            ..Figures::default()
        };
        let report = Report {
            from: date,
            to: date,
            time_zone: "Australia/Sydney".to_owned(),
            days: vec![(date, figures)],
            total: Figures::default(),
        };
        assert_eq!(
            csv(&report),
            "date,timeZone,arrived,completed,left,lostContact,cancelled,resumed,medianWaitSeconds,\
             longestWaitSeconds,wentOffline,timesOffline,medianOfflineSeconds,recalls,\
             recallsAnswered,medianRecallToReturnSeconds,noShows,codesSent,phonesVerified,\
             texts.CODE.sent,texts.CODE.delivered,texts.CODE.failed,texts.CODE.unknown,\
             texts.RECALL.sent,texts.RECALL.delivered,texts.RECALL.failed,texts.RECALL.unknown,\
             texts.CANCELLED.sent,texts.CANCELLED.delivered,texts.CANCELLED.failed,\
             texts.CANCELLED.unknown\r\n\
             2026-03-02,Australia/Sydney,3,0,0,0,0,0,2,,0,0,,0,0,,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0\r\n"
        );
    }
}
