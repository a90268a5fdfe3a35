//! Reports: a clinic's figures by day.

use dioxus::prelude::*;
use standby_client::{Date, Report, ReportFigures};

use crate::effects::HEADING;
use crate::effects::administration::ReportsDesk;
use crate::reading::Reading;
use crate::reports::{self, Bar, CHART_HEIGHT, CHART_WIDTH, Download, Message, Preset};
use crate::screens::fields::invalid;
use crate::screens::icon::{Icon, draw};
use crate::screens::page_parts::{NotThere, NotThereState};
use crate::screens::{use_desk, use_send};
use crate::words::administration;

#[component]
pub(crate) fn ReportsScreen() -> Element {
    let desk = use_context::<ReportsDesk>();
    let page = use_desk(&desk);
    let refresh = use_send(&desk, |()| Message::Opened);
    use_hook(|| refresh.call(()));
    let state = page.read();
    let days = state.days();
    let preset = state.preset();
    // What is not there is that of the time zone, where even that is not known.
    let missing = if state.time_zone.is_read() {
        NotThereState::of(&state.report)
    } else {
        NotThereState::of(&state.time_zone)
    };
    rsx! {
        div { class: "page reports",
            h1 { id: HEADING, tabindex: "-1", "Reports" }
            p { class: "about quiet",
                "By the day on which callers arrived, of stays that have ended. No names, no numbers."
                if let Some(zone) = state.time_zone.read() {
                    " Days are those of {zone}."
                }
            }
            div { class: "range",
                div { class: "filters", role: "group", "aria-label": "Days",
                    for choice in Preset::ALL {
                        button {
                            key: "{administration::preset(choice)}",
                            class: "filter",
                            r#type: "button",
                            "aria-pressed": if preset == Some(choice) { "true" } else { "false" },
                            onclick: {
                                let desk = desk.clone();
                                move |_| desk.send(Message::PresetChosen(choice))
                            },
                            {administration::preset(choice)}
                        }
                    }
                }
                div { class: "days",
                    label { r#for: "from", "From" }
                    input {
                        id: "from",
                        r#type: "date",
                        value: "{state.from}",
                        "aria-invalid": invalid(days.is_err() && state.time_zone.is_read()),
                        "aria-describedby": "days-wrong",
                        onchange: {
                            let desk = desk.clone();
                            move |event: FormEvent| desk.send(Message::FromTyped(event.value()))
                        },
                    }
                    label { r#for: "to", "to" }
                    input {
                        id: "to",
                        r#type: "date",
                        value: "{state.to}",
                        "aria-invalid": invalid(days.is_err() && state.time_zone.is_read()),
                        "aria-describedby": "days-wrong",
                        onchange: {
                            let desk = desk.clone();
                            move |event: FormEvent| desk.send(Message::ToTyped(event.value()))
                        },
                    }
                }
                button {
                    class: "button",
                    r#type: "button",
                    disabled: days.is_err(),
                    "aria-busy": if state.download == Download::Asked { "true" } else { "false" },
                    onclick: {
                        let desk = desk.clone();
                        move |_| desk.send(Message::DownloadPressed)
                    },
                    {draw(if state.download == Download::Asked { Icon::Turn } else { Icon::Down })}
                    "Download CSV"
                }
            }
            div { role: "status",
                match state.download {
                    Download::Saved => rsx! {
                        p { class: "below good", {draw(Icon::Tick)} "The file is among your downloads." }
                    },
                    Download::NotSaved => rsx! {
                        p { class: "below danger", {draw(Icon::Warning)} "The file could not be saved. Try again." }
                    },
                    Download::NotAsked | Download::Asked => rsx! {},
                }
                if let (Err(wrong), true) = (days, state.time_zone.is_read()) {
                    p { class: "wrong", id: "days-wrong", {draw(Icon::Warning)} {administration::wrong_days(wrong)} }
                }
            }
            match &state.report {
                Reading::Read(report) => rsx! {
                    div { class: "report", "aria-busy": if state.is_asking || days.is_err() { "true" } else { "false" },
                        ReportView { report: report.clone() }
                    }
                },
                _ if days.is_err() && state.time_zone.is_read() => rsx! {},
                _ => rsx! {
                    NotThere {
                        state: missing,
                        what: "The report",
                        refusal: "Reports are for this clinic’s staff.",
                        on_retry: refresh,
                    }
                },
            }
        }
    }
}

#[component]
fn ReportView(report: Report) -> Element {
    let total = &report.total;
    if reports::is_empty(total) {
        return rsx! {
            div { class: "panel empty",
                h2 { "Nobody arrived" }
                p { class: "quiet", "There is nothing to report of these days. Who is still here is not counted yet." }
            }
        };
    }
    let arrived: Vec<_> = report
        .days
        .iter()
        .map(|day| (day.date, Some(day.figures.arrived)))
        .collect();
    let waits: Vec<_> = report
        .days
        .iter()
        .map(|day| (day.date, day.figures.median_wait_seconds))
        .collect();
    rsx! {
        dl { class: "totals",
            Total { name: "Arrived", figure: total.arrived.to_string() }
            Total { name: "Completed", figure: total.completed.to_string() }
            Total { name: "Median wait", figure: administration::minutes_in_words(total.median_wait_seconds) }
            Total { name: "Stepped away", figure: total.went_offline.to_string() }
            Total { name: "Recalls answered", figure: format!("{} of {}", total.recalls_answered, total.recalls) }
            Total { name: "No-shows", figure: total.no_shows.to_string() }
        }
        if report.days.len() > 1 {
            div { class: "charts",
                Chart { title: "Callers a day", figures: arrived, is_minutes: false }
                Chart { title: "Median wait a day, minutes", figures: waits, is_minutes: true }
            }
        }
        section { class: "panel", "aria-labelledby": "by-day",
            h2 { id: "by-day", "By day" }
            p { class: "hint", "Waits are from arrival to the first join, times in minutes. A no-show was recalled and did not come back." }
            ByDay { report: report.clone() }
        }
        section { class: "panel", "aria-labelledby": "texts-of-report",
            h2 { id: "texts-of-report", "Texts" }
            p { class: "hint", {administration::codes_and_numbers(total.codes_sent, total.phones_verified)} }
            div { class: "wide", role: "group", "aria-label": "Texts", tabindex: "0",
                table { class: "figures-table",
                    thead {
                        tr {
                            th { scope: "col", "For" }
                            th { scope: "col", "Sent" }
                            th { scope: "col", "Delivered" }
                            th { scope: "col", "Failed" }
                            th { scope: "col", "Not known" }
                        }
                    }
                    tbody {
                        for texts in total.texts.iter() {
                            tr { key: "{administration::texts_of(texts.purpose)}",
                                th { scope: "row", {administration::texts_of(texts.purpose)} }
                                td { "{texts.sent}" }
                                td { "{texts.delivered}" }
                                td { "{texts.failed}" }
                                td { "{texts.unknown}" }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[component]
fn Total(name: &'static str, figure: String) -> Element {
    rsx! {
        div {
            dt { "{name}" }
            dd { class: "figures", "{figure}" }
        }
    }
}

/// A bar for each day. What it shows stands in the table too.
#[component]
fn Chart(title: &'static str, figures: Vec<(Date, Option<i32>)>, is_minutes: bool) -> Element {
    let said = |figure: i32| {
        if is_minutes {
            administration::minutes_in_words(Some(figure))
        } else {
            figure.to_string()
        }
    };
    let values: Vec<_> = figures.iter().map(|(_, figure)| *figure).collect();
    let bars = reports::bars(&values);
    let most = figures
        .iter()
        .filter_map(|(date, figure)| Some((*date, (*figure)?)))
        .filter(|(_, figure)| *figure > 0)
        .max_by_key(|(_, figure)| *figure)
        .map(|(date, figure)| (date, said(figure)));
    let (first, last) = (figures.first(), figures.last());
    rsx! {
        figure { class: "panel chart",
            figcaption {
                strong { "{title}" }
                if let Some((_, most)) = &most {
                    span { class: "quiet figures", "most {most}" }
                }
            }
            svg {
                role: "img",
                "aria-label": administration::chart(title, most.clone()),
                view_box: "0 0 {CHART_WIDTH} {CHART_HEIGHT + 2.0}",
                preserve_aspect_ratio: "none",
                for ((date, figure), bar) in figures.iter().zip(bars) {
                    if let (Some(figure), Some(Bar { x, y, width, height })) = (figure, bar) {
                        rect { key: "{date}", class: "bar-of-chart", x: "{x:.1}", y: "{y:.1}", width: "{width:.1}", height: "{height:.1}",
                            title { "{administration::short_date(*date)}: {said(*figure)}" }
                        }
                    }
                }
                rect { class: "ground", x: "0", y: "{CHART_HEIGHT}", width: "{CHART_WIDTH}", height: "1" }
            }
            div { class: "ends small quiet", "aria-hidden": "true",
                if let Some((date, _)) = first {
                    span { {administration::short_date(*date)} }
                }
                if let Some((date, _)) = last {
                    span { {administration::short_date(*date)} }
                }
            }
        }
    }
}

#[component]
fn ByDay(report: Report) -> Element {
    rsx! {
        div { class: "wide", role: "group", "aria-label": "By day", tabindex: "0",
            table { class: "figures-table by-day",
                thead {
                    tr {
                        th { scope: "col", "Day" }
                        th { scope: "col", "Arrived" }
                        th { scope: "col", "Completed" }
                        th { scope: "col", "Left" }
                        th { scope: "col", "Lost contact" }
                        th { scope: "col", "Cancelled" }
                        th { scope: "col", "Median wait" }
                        th { scope: "col", "Longest wait" }
                        th { scope: "col", "Stepped away" }
                        th { scope: "col", "Median away" }
                        th { scope: "col", "Recalls" }
                        th { scope: "col", "Answered" }
                        th { scope: "col", "Median return" }
                        th { scope: "col", "No-shows" }
                    }
                }
                tbody {
                    for day in report.days.iter().rev() {
                        tr { key: "{day.date}", class: if day.figures.arrived == 0 { "quiet" },
                            th { scope: "row", class: "nowrap", {administration::short_date(day.date)} }
                            Figures { figures: day.figures.clone() }
                        }
                    }
                }
                if report.days.len() > 1 {
                    tfoot {
                        tr {
                            th { scope: "row", "All days" }
                            Figures { figures: report.total.clone() }
                        }
                    }
                }
            }
        }
    }
}

#[component]
fn Figures(figures: ReportFigures) -> Element {
    let cells = [
        figures.arrived.to_string(),
        figures.completed.to_string(),
        figures.left.to_string(),
        figures.lost_contact.to_string(),
        figures.cancelled.to_string(),
        administration::minutes(figures.median_wait_seconds),
        administration::minutes(figures.longest_wait_seconds),
        figures.went_offline.to_string(),
        administration::minutes(figures.median_offline_seconds),
        figures.recalls.to_string(),
        figures.recalls_answered.to_string(),
        administration::minutes(figures.median_recall_to_return_seconds),
        figures.no_shows.to_string(),
    ];
    rsx! {
        for (at, cell) in cells.into_iter().enumerate() {
            td { key: "{at}", "{cell}" }
        }
    }
}
