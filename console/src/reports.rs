//! Reports: a clinic's figures by day. Pure: what day it is comes with a message.

use standby_client::{ClientError, Date, Report, ReportFigures};

use crate::reading::Reading;

/// The most days of one report, as the schema says.
const MOST_DAYS: i64 = 400;

/// The reports page.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Reports {
    /// The time zone of the clinic's days.
    pub(crate) time_zone: Reading<String>,
    /// In that time zone.
    today: Option<Date>,
    /// As typed: it may not be a day yet.
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) report: Reading<Report>,
    /// Whether what is shown is of what is typed.
    pub(crate) is_asking: bool,
    /// Grows with every question: an answer to an earlier one is of other days.
    asked: u32,
    pub(crate) download: Download,
}

/// Days that are chosen by one press; each ends today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Preset {
    Today,
    Week,
    Month,
}

impl Preset {
    /// In the order in which they stand.
    pub(crate) const ALL: [Self; 3] = [Self::Today, Self::Week, Self::Month];

    fn days(self) -> i64 {
        match self {
            Self::Today => 1,
            Self::Week => 7,
            Self::Month => 30,
        }
    }
}

/// Why the days typed are none of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WrongDays {
    NotADay,
    Reversed,
    TooMany,
}

/// What became of the table as a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Download {
    #[default]
    NotAsked,
    Asked,
    Saved,
    NotSaved,
}

/// What happened.
#[derive(Clone, PartialEq)]
pub(crate) enum Message {
    /// The page was opened, or is to be read once more.
    Opened,
    /// The clinic's time zone, and what day it is there.
    TimeZoneRead {
        answer: Result<Option<String>, ClientError>,
        today: Date,
    },
    PresetChosen(Preset),
    FromTyped(String),
    ToTyped(String),
    Read {
        question: u32,
        answer: Result<Option<Report>, ClientError>,
    },
    DownloadPressed,
    /// The table as CSV.
    Downloaded {
        answer: Result<Option<String>, ClientError>,
        /// The slug of the clinic.
        clinic: String,
        from: Date,
        to: Date,
    },
    /// Whether the browser kept the file.
    FileKept(bool),
}

/// What has to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    ReadTimeZone,
    Read {
        question: u32,
        from: Date,
        to: Date,
    },
    Download {
        from: Date,
        to: Date,
    },
    /// The browser keeps a file of this name.
    Save {
        name: String,
        text: String,
    },
    EndSession,
}

impl Reports {
    /// The first and the last day, if what is typed are days of a report.
    pub(crate) fn days(&self) -> Result<(Date, Date), WrongDays> {
        let (Some(from), Some(to)) = (Date::parse(&self.from), Date::parse(&self.to)) else {
            return Err(WrongDays::NotADay);
        };
        match to.days_since(from) {
            span if span < 0 => Err(WrongDays::Reversed),
            span if span >= MOST_DAYS => Err(WrongDays::TooMany),
            _ => Ok((from, to)),
        }
    }

    /// Which of the presets the days are.
    pub(crate) fn preset(&self) -> Option<Preset> {
        let (from, to) = self.days().ok()?;
        let today = self.today?;
        Preset::ALL
            .into_iter()
            .find(|preset| to == today && to.days_since(from) + 1 == preset.days())
    }

    fn choose(&mut self, preset: Preset) {
        if let Some(today) = self.today {
            self.from = today.plus_days(1 - preset.days()).to_string();
            self.to = today.to_string();
        }
    }

    fn ask(&mut self, effects: &mut Vec<Effect>) {
        self.download = Download::NotAsked;
        // What is on its way is of other days.
        self.asked = self.asked.wrapping_add(1);
        self.is_asking = false;
        if let Ok((from, to)) = self.days() {
            self.report.ask_again();
            self.is_asking = true;
            effects.push(Effect::Read {
                question: self.asked,
                from,
                to,
            });
        }
    }
}

/// What a message makes of the page, and what has to be done about it.
pub(crate) fn reduce(mut state: Reports, message: Message) -> (Reports, Vec<Effect>) {
    let mut effects = Vec::new();
    match message {
        Message::Opened => {
            state.time_zone.ask_again();
            effects.push(Effect::ReadTimeZone);
        }
        Message::TimeZoneRead { answer, today } => {
            if state.time_zone.take(answer).is_err() {
                effects.push(Effect::EndSession);
            } else if state.time_zone.is_read() {
                // What was chosen by a press moves on with the day.
                let chosen = state.preset();
                state.today = Some(today);
                match chosen {
                    Some(preset) => state.choose(preset),
                    None if state.from.is_empty() && state.to.is_empty() => {
                        state.choose(Preset::Week);
                    }
                    None => {}
                }
                state.ask(&mut effects);
            }
        }
        Message::PresetChosen(preset) => {
            state.choose(preset);
            state.ask(&mut effects);
        }
        Message::FromTyped(text) => {
            state.from = text.chars().take(10).collect();
            state.ask(&mut effects);
        }
        Message::ToTyped(text) => {
            state.to = text.chars().take(10).collect();
            state.ask(&mut effects);
        }
        Message::Read { question, answer } => {
            if question == state.asked {
                state.is_asking = false;
                let is_fault = answer.is_err();
                if is_fault {
                    // The figures of other days would be taken for those of these.
                    state.report = Reading::Asked;
                }
                if state.report.take(answer).is_err() {
                    effects.push(Effect::EndSession);
                }
            }
        }
        Message::DownloadPressed => {
            if let (Ok((from, to)), true) = (state.days(), state.download != Download::Asked) {
                state.download = Download::Asked;
                effects.push(Effect::Download { from, to });
            }
        }
        Message::Downloaded {
            answer,
            clinic,
            from,
            to,
        } => match answer {
            Ok(Some(text)) => effects.push(Effect::Save {
                // As the server calls it.
                name: format!("{clinic}-{from}-{to}.csv"),
                text,
            }),
            Err(ClientError::Unauthorized) => effects.push(Effect::EndSession),
            Ok(None) | Err(_) => state.download = Download::NotSaved,
        },
        Message::FileKept(is_kept) => {
            state.download = if is_kept {
                Download::Saved
            } else {
                Download::NotSaved
            };
        }
    }
    (state, effects)
}

/// A bar of a chart, in a square of [`CHART_WIDTH`] by [`CHART_HEIGHT`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bar {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

pub(crate) const CHART_WIDTH: f64 = 720.0;
pub(crate) const CHART_HEIGHT: f64 = 96.0;

/// A bar for each day, as high as its figure among all; none where a day has no figure.
pub(crate) fn bars(figures: &[Option<i32>]) -> Vec<Option<Bar>> {
    let most = figures.iter().flatten().copied().max().unwrap_or_default();
    let count = u16::try_from(figures.len().max(1)).unwrap_or(u16::MAX);
    let room = CHART_WIDTH / f64::from(count);
    // The gap is a fifth of the room, and no more than what still looks like one row.
    let gap = (room / 5.0).min(6.0);
    let width = (room - gap).min(44.0);
    figures
        .iter()
        .zip(0_u16..)
        .map(|(figure, at)| {
            let figure = figure.filter(|figure| *figure > 0)?;
            let height = f64::from(figure) / f64::from(most.max(1)) * CHART_HEIGHT;
            Some(Bar {
                x: room * f64::from(at) + (room - width) / 2.0,
                y: CHART_HEIGHT - height,
                width,
                height,
            })
        })
        .collect()
}

/// Whether nobody arrived at all.
pub(crate) fn is_empty(figures: &ReportFigures) -> bool {
    figures.arrived == 0 && figures.recalls == 0 && figures.codes_sent == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::administration::report;

    fn after(state: Reports, message: Message) -> Reports {
        reduce(state, message).0
    }

    fn date(text: &str) -> Date {
        Date::parse(text).expect("a day")
    }

    fn opened() -> (Reports, Vec<Effect>) {
        reduce(
            Reports::default(),
            Message::TimeZoneRead {
                answer: Ok(Some("Australia/Melbourne".to_owned())),
                today: date("2026-07-14"),
            },
        )
    }

    #[test]
    fn the_last_seven_days_are_shown_first() {
        let (state, effects) = opened();
        assert_eq!(
            effects,
            [Effect::Read {
                question: 1,
                from: date("2026-07-08"),
                to: date("2026-07-14"),
            }]
        );
        assert_eq!(state.preset(), Some(Preset::Week));
    }

    #[test]
    fn a_preset_moves_on_with_the_day_and_days_that_were_typed_stay() {
        let (state, _) = opened();
        let next = |state: Reports| {
            after(
                state,
                Message::TimeZoneRead {
                    answer: Ok(Some("Australia/Melbourne".to_owned())),
                    today: date("2026-07-15"),
                },
            )
        };
        assert_eq!(next(state.clone()).to, "2026-07-15");
        let typed = after(state, Message::FromTyped("2026-06-01".to_owned()));
        assert_eq!(typed.preset(), None);
        assert_eq!(next(typed).to, "2026-07-14");
    }

    #[test]
    fn days_that_are_none_of_a_report_are_not_asked_for() {
        let (state, _) = opened();
        for (from, wrong) in [
            ("", WrongDays::NotADay),
            ("2026-07-15", WrongDays::Reversed),
            ("2025-06-09", WrongDays::TooMany),
        ] {
            let (state, effects) = reduce(state.clone(), Message::FromTyped(from.to_owned()));
            assert_eq!(effects, []);
            assert_eq!(state.days(), Err(wrong), "{from}");
        }
        let (_, effects) = reduce(state, Message::FromTyped("2025-06-10".to_owned()));
        assert_eq!(effects.len(), 1, "400 days");
    }

    #[test]
    fn an_answer_about_other_days_is_not_shown() {
        let (state, _) = opened();
        let state = after(state, Message::PresetChosen(Preset::Month));
        let late = Message::Read {
            question: 1,
            answer: Ok(Some(report())),
        };
        assert_eq!(after(state, late).report, Reading::Asked);
    }

    #[test]
    fn figures_of_other_days_are_not_left_standing_when_an_answer_does_not_come() {
        let (state, _) = opened();
        let read = |question, answer| Message::Read { question, answer };
        let state = after(state, read(1, Ok(Some(report()))));
        let state = after(state, Message::PresetChosen(Preset::Today));
        let state = after(
            state,
            read(
                2,
                Err(ClientError::Unreachable {
                    reason: String::new(),
                }),
            ),
        );
        assert_eq!(state.report, Reading::NotRead);
    }

    #[test]
    fn the_table_is_fetched_once_and_called_kept_only_once_the_browser_kept_it() {
        let (state, _) = opened();
        let (state, effects) = reduce(state, Message::DownloadPressed);
        let (from, to) = (date("2026-07-08"), date("2026-07-14"));
        assert_eq!(effects, [Effect::Download { from, to }]);
        assert_eq!(reduce(state.clone(), Message::DownloadPressed).1, []);
        let answer = Ok(Some("day\n".to_owned()));
        let clinic = "harbour".to_owned();
        let downloaded = Message::Downloaded {
            answer,
            clinic,
            from,
            to,
        };
        let (state, effects) = reduce(state, downloaded);
        assert_eq!(state.download, Download::Asked);
        assert_eq!(
            effects,
            [Effect::Save {
                name: "harbour-2026-07-08-2026-07-14.csv".to_owned(),
                text: "day\n".to_owned(),
            }]
        );
        for (is_kept, told) in [(true, Download::Saved), (false, Download::NotSaved)] {
            let state = after(state.clone(), Message::FileKept(is_kept));
            assert_eq!(state.download, told);
        }
    }

    #[test]
    fn bars_stand_in_their_order_within_the_chart() {
        let bars = bars(&[Some(4), None, Some(2), Some(0)]);
        let [Some(first), None, Some(third), None] = bars.as_slice() else {
            panic!("{bars:?}")
        };
        assert!((first.height - CHART_HEIGHT).abs() < 1e-9);
        assert!((third.height - CHART_HEIGHT / 2.0).abs() < 1e-9);
        assert!(first.x + first.width < third.x);
        assert!(third.x + third.width < CHART_WIDTH);
    }
}
