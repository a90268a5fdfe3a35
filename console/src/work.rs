//! What is done on the pages of a list (the team, API keys, webhooks): one question at a time, one request at a time,
//! and a secret that is shown once. Pure.

use standby_client::{ClientError, Instant};

/// The work on a page. `D` is a question that can be open, `R` what is asked of the server.
#[derive(Clone, PartialEq)]
pub(crate) struct Work<D, R> {
    /// The question that is open.
    pub(crate) dialog: Option<D>,
    /// What is on its way to the server: until it is answered nothing else is sent, so that a double click sends once.
    pub(crate) sending: Option<R>,
    /// What was wrong with what was last sent.
    pub(crate) wrongs: Wrongs,
    /// What is said above the list.
    pub(crate) notice: Option<Notice>,
    /// What is shown once.
    pub(crate) once: Option<Once>,
    /// The id of what the question was opened with: there the keyboard goes when it is closed.
    opener: String,
}

impl<D, R> Default for Work<D, R> {
    fn default() -> Self {
        Self {
            dialog: None,
            sending: None,
            wrongs: Wrongs::default(),
            notice: None,
            once: None,
            opener: String::new(),
        }
    }
}

/// Something said above a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) text: String,
    pub(crate) is_wrong: bool,
}

/// What is wrong with what was asked, for the person who asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wrongs(Vec<(Vec<String>, String)>);

impl Wrongs {
    /// What is wrong with a field. The name is that of the input field.
    pub(crate) fn of(&self, field: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(path, _)| path.iter().any(|segment| segment == field))
            .map(|(_, message)| message.as_str())
    }

    /// What is wrong with none of these fields.
    pub(crate) fn of_no_field(&self, fields: &[&str]) -> Option<&str> {
        self.0
            .iter()
            .find(|(path, _)| {
                !path
                    .iter()
                    .any(|segment| fields.contains(&segment.as_str()))
            })
            .map(|(_, message)| message.as_str())
    }

    /// The first of these fields with which something is wrong.
    pub(crate) fn first_of<'a>(&self, fields: &[&'a str]) -> Option<&'a str> {
        fields
            .iter()
            .copied()
            .find(|field| self.of(field).is_some())
    }

    /// The field is being changed: what was wrong with it is no longer known to be.
    pub(crate) fn put_right(&mut self, field: &str) {
        self.0
            .retain(|(path, _)| !path.is_empty() && !path.iter().any(|segment| segment == field));
    }

    fn of_error(error: ClientError, unanswered: &str) -> Self {
        Self(match error {
            ClientError::Refused(refusal) => refusal
                .errors
                .into_iter()
                .map(|error| (error.field, error.message))
                .collect(),
            ClientError::Unreachable { .. } => vec![(Vec::new(), unanswered.to_owned())],
            _ => vec![(
                Vec::new(),
                "Something is wrong on the server. Try again later.".to_owned(),
            )],
        })
    }

    fn into_text(self) -> String {
        let messages: Vec<String> = self.0.into_iter().map(|(_, message)| message).collect();
        messages.join(" ")
    }
}

/// Something that is shown once: a key, a sign-in link, a webhook's secret. It is gone with the dialog.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Once {
    pub(crate) title: String,
    /// What it is good for, and what not to do with it.
    pub(crate) about: String,
    /// What the secret is called.
    pub(crate) label: &'static str,
    pub(crate) secret: String,
    /// It works once, until then. None for what works for longer.
    pub(crate) until: Option<Instant>,
    pub(crate) copying: Copying,
}

/// What became of copying something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Copying {
    #[default]
    NotCopied,
    Copied,
    /// The browser does not let us: it stands there to be selected.
    CopyItYourself,
}

/// What happens on every such page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Common {
    /// The open question is not to be answered.
    Dismissed,
    /// What is shown once was seen.
    OnceDone,
    CopyPressed,
    Copied(bool),
    NoticeDismissed,
    /// The page is left.
    Left,
}

/// What has to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect<R> {
    /// The list is read.
    Read,
    /// The list is read again after a while, if this is still the same visit.
    ReadLater {
        visit: u32,
    },
    Send(R),
    Copy(String),
    /// The keyboard goes to the element of this id.
    Focus(String),
    EndSession,
}

impl<D, R: Clone> Work<D, R> {
    /// Opens a question, unless something is on its way.
    pub(crate) fn open(&mut self, dialog: D, opener: impl Into<String>) {
        if self.sending.is_none() {
            self.dialog = Some(dialog);
            self.wrongs = Wrongs::default();
            self.notice = None;
            self.opener = opener.into();
        }
    }

    /// Sends a request, unless another is on its way.
    pub(crate) fn send(&mut self, request: R, effects: &mut Vec<Effect<R>>) {
        if self.sending.is_none() {
            self.sending = Some(request.clone());
            self.wrongs = Wrongs::default();
            self.notice = None;
            effects.push(Effect::Send(request));
        }
    }

    /// Sends a request that no question was asked for.
    pub(crate) fn send_from(
        &mut self,
        request: R,
        opener: impl Into<String>,
        effects: &mut Vec<Effect<R>>,
    ) {
        if self.sending.is_none() {
            self.opener = opener.into();
            self.send(request, effects);
        }
    }

    /// What was sent is done: the question is closed. `said` stands above the list, unless it is empty.
    pub(crate) fn is_done(&mut self, said: String, effects: &mut Vec<Effect<R>>) {
        self.sending = None;
        if self.dialog.take().is_some() {
            effects.push(Effect::Focus(self.opener.clone()));
        }
        self.notice = Some(said)
            .filter(|said| !said.is_empty())
            .map(|text| Notice {
                text,
                is_wrong: false,
            });
    }

    /// What was sent is done, and brought something that is shown once.
    pub(crate) fn is_done_with(&mut self, once: Once) {
        self.sending = None;
        self.dialog = None;
        self.once = Some(once);
    }

    /// What was sent is not done. `unanswered` is said where no answer came; `fields` are those of the open question,
    /// each with the id of its element.
    pub(crate) fn is_not_done(
        &mut self,
        error: ClientError,
        unanswered: &str,
        fields: &[(&str, &str)],
        effects: &mut Vec<Effect<R>>,
    ) {
        self.sending = None;
        match error {
            ClientError::Unauthorized => effects.push(Effect::EndSession),
            error => {
                if matches!(error, ClientError::Unreachable { .. }) {
                    // Perhaps it was done all the same.
                    effects.push(Effect::Read);
                }
                let wrongs = Wrongs::of_error(error, unanswered);
                if self.dialog.is_some() {
                    let names: Vec<&str> = fields.iter().map(|(field, _)| *field).collect();
                    let first = wrongs.first_of(&names);
                    if let Some((_, id)) = fields.iter().find(|(field, _)| Some(*field) == first) {
                        effects.push(Effect::Focus((*id).to_owned()));
                    }
                    self.wrongs = wrongs;
                } else {
                    self.notice = Some(Notice {
                        text: wrongs.into_text(),
                        is_wrong: true,
                    });
                }
            }
        }
    }

    /// Takes what happens on every such page.
    pub(crate) fn take(&mut self, common: Common, effects: &mut Vec<Effect<R>>) {
        match common {
            // While it is on its way the question stays: closed, it would seem not to be done.
            Common::Dismissed if self.sending.is_some() => {}
            Common::Dismissed => {
                if self.dialog.take().is_some() {
                    effects.push(Effect::Focus(self.opener.clone()));
                }
            }
            Common::OnceDone => {
                if self.once.take().is_some() {
                    effects.push(Effect::Focus(self.opener.clone()));
                }
            }
            Common::CopyPressed => {
                if let Some(once) = &self.once {
                    effects.push(Effect::Copy(once.secret.clone()));
                }
            }
            Common::Copied(is_copied) => {
                if let Some(once) = &mut self.once {
                    once.copying = if is_copied {
                        Copying::Copied
                    } else {
                        Copying::CopyItYourself
                    };
                }
            }
            Common::NoticeDismissed => self.notice = None,
            Common::Left => {
                self.dialog = None;
                self.once = None;
                self.notice = None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{refused, wrong_status};

    type Sums = Work<&'static str, u8>;

    fn once() -> Once {
        Once {
            title: String::new(),
            about: String::new(),
            label: "Key",
            secret: "s".to_owned(),
            until: None,
            copying: Copying::default(),
        }
    }

    #[test]
    fn the_second_half_of_a_double_click_sends_nothing() {
        let (mut work, mut effects) = (Sums::default(), Vec::new());
        work.send(1, &mut effects);
        work.send(1, &mut effects);
        assert_eq!(effects, [Effect::Send(1)]);
    }

    #[test]
    fn a_question_stays_while_its_answer_is_on_its_way() {
        let (mut work, mut effects) = (Sums::default(), Vec::new());
        work.open("sure?", "button");
        work.send(1, &mut effects);
        work.take(Common::Dismissed, &mut effects);
        assert_eq!(work.dialog, Some("sure?"));
        work.is_done("Done.".to_owned(), &mut effects);
        assert_eq!(
            (work.dialog, effects),
            (
                None,
                vec![Effect::Send(1), Effect::Focus("button".to_owned())]
            )
        );
    }

    #[test]
    fn a_refusal_is_said_at_its_field_which_gets_the_keyboard() {
        let (mut work, mut effects) = (Sums::default(), Vec::new());
        work.open("who?", "button");
        let mut error = wrong_status(standby_client::CallerStatus::Waiting);
        error.field = vec!["input".to_owned(), "name".to_owned()];
        error.message = "Too long.".to_owned();
        work.is_not_done(
            refused(error, None),
            "",
            &[("role", "r"), ("name", "n")],
            &mut effects,
        );
        assert_eq!(work.wrongs.of("name"), Some("Too long."));
        assert_eq!(work.wrongs.of_no_field(&["name"]), None);
        assert_eq!(effects, [Effect::Focus("n".to_owned())]);
        work.wrongs.put_right("name");
        assert_eq!(work.wrongs, Wrongs::default());
    }

    #[test]
    fn without_an_answer_the_list_is_read_again_because_it_may_have_been_done() {
        let (mut work, mut effects) = (Sums::default(), Vec::new());
        let unreachable = ClientError::Unreachable {
            reason: String::new(),
        };
        work.is_not_done(unreachable, "Look first.", &[], &mut effects);
        assert_eq!(effects, [Effect::Read]);
        assert!(work.notice.is_some_and(|notice| notice.is_wrong));
    }

    #[test]
    fn what_is_shown_once_is_gone_when_it_was_seen_or_the_page_is_left() {
        for end in [Common::OnceDone, Common::Left] {
            let (mut work, mut effects) = (Sums::default(), Vec::new());
            work.is_done_with(once());
            work.take(Common::CopyPressed, &mut effects);
            assert_eq!(effects, [Effect::Copy("s".to_owned())]);
            work.take(end, &mut effects);
            assert!(work.once.is_none());
        }
    }
}
