//! What the pages of Configure and the reports are made of.

use dioxus::prelude::*;
use standby_client::Instant;

use crate::address::Page;
use crate::effects::HEADING;
use crate::reading::Reading;
use crate::screens::frame::PageLink;
use crate::screens::icon::{Icon, draw};
use crate::screens::{Clock, open_dialog};
use crate::words::{self, administration};
use crate::work::{Common, Copying, Notice, Once};

/// A page of Configure, with the way to the others.
#[component]
pub(crate) fn ConfigurePage(page: Page, about: Option<&'static str>, children: Element) -> Element {
    let name = match page {
        Page::Configure => "Waiting Area",
        other => words::page(other),
    };
    rsx! {
        div { class: "page configure",
            nav { class: "sections", "aria-label": "Configure",
                for page in Page::CONFIGURE {
                    PageLink { key: "{page.path()}", page,
                        match page {
                            Page::Configure => "Waiting Area",
                            other => words::page(other),
                        }
                    }
                }
            }
            div { class: "section",
                ol { class: "trail", "aria-label": "Where you are",
                    li { "Configure" }
                    li { "{name}" }
                }
                h1 { id: HEADING, tabindex: "-1", "{name}" }
                if let Some(about) = about {
                    p { class: "about quiet", "{about}" }
                }
                {children}
            }
        }
    }
}

/// What stands in the place of what is not read, or may not be.
#[component]
pub(crate) fn NotThere(
    state: NotThereState,
    /// What is not there, as in `The team`.
    what: &'static str,
    /// Why it may not be seen.
    refusal: &'static str,
    on_retry: Callback<()>,
) -> Element {
    rsx! {
        div { class: "panel",
            match state {
                NotThereState::Asked => rsx! { p { class: "quiet", role: "status", "Reading…" } },
                NotThereState::NotAllowed => rsx! { p { "{refusal}" } },
                NotThereState::NotRead => rsx! {
                    p { role: "alert", "{what} could not be read. Check the connection." }
                    p { class: "retry",
                        button {
                            class: "button",
                            r#type: "button",
                            onclick: move |_| on_retry.call(()),
                            "Try again"
                        }
                    }
                },
            }
        }
    }
}

/// Why there is nothing to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotThereState {
    Asked,
    NotRead,
    NotAllowed,
}

impl NotThereState {
    pub(crate) fn of<T>(reading: &Reading<T>) -> Self {
        match reading {
            Reading::NotRead => Self::NotRead,
            Reading::NotAllowed => Self::NotAllowed,
            Reading::Asked | Reading::Read(_) => Self::Asked,
        }
    }
}

/// What is said above a list. The place is always there, so that what comes into it is read out.
#[component]
pub(crate) fn NoticeStrip(notice: Option<Notice>, on_common: Callback<Common>) -> Element {
    rsx! {
        div { role: "status", "aria-live": "polite",
            if let Some(notice) = notice {
                div { class: if notice.is_wrong { "strip" } else { "strip calm" },
                    {draw(if notice.is_wrong { Icon::Warning } else { Icon::Tick })}
                    p { class: "grow", "{notice.text}" }
                    button {
                        class: "button plain",
                        r#type: "button",
                        "aria-label": "Dismiss",
                        onclick: move |_| on_common.call(Common::NoticeDismissed),
                        {draw(Icon::Cross)}
                    }
                }
            }
        }
    }
}

/// A question over the page, with what is typed and chosen for it. What it is about has the id `question-about`.
#[component]
pub(crate) fn QuestionDialog(
    title: String,
    /// What the button says that does it.
    confirm: &'static str,
    /// What the button says that does not; without it `Cancel`.
    way_out: Option<&'static str>,
    is_danger: bool,
    /// Whether nothing has to be typed: then the keyboard begins at the way out, and only the button confirms.
    is_plain: bool,
    is_busy: bool,
    /// Whether it cannot be confirmed as it stands.
    is_off: Option<bool>,
    /// What is wrong and belongs to no field.
    wrong: Option<String>,
    on_confirm: Callback<()>,
    on_dismiss: Callback<()>,
    children: Element,
) -> Element {
    rsx! {
        dialog {
            class: "question",
            "aria-labelledby": "question-title",
            "aria-describedby": "question-about",
            onmounted: move |event| open_dialog(&event),
            oncancel: move |event: Event<CancelData>| {
                // The dialog goes when the state says so, not by itself.
                event.prevent_default();
                on_dismiss.call(());
            },
            form {
                novalidate: true,
                onsubmit: move |event: FormEvent| {
                    event.prevent_default();
                    if !is_plain {
                        on_confirm.call(());
                    }
                },
                h2 { id: "question-title", "{title}" }
                {children}
                if let Some(wrong) = wrong {
                    p { class: "wrong", role: "alert", {draw(Icon::Warning)} "{wrong}" }
                }
                div { class: "answers",
                    button {
                        class: "button",
                        r#type: "button",
                        autofocus: is_plain,
                        onclick: move |_| on_dismiss.call(()),
                        {way_out.unwrap_or("Cancel")}
                    }
                    button {
                        class: if is_danger { "button danger" } else { "button primary" },
                        r#type: if is_plain { "button" } else { "submit" },
                        "aria-busy": if is_busy { "true" } else { "false" },
                        // Not taken away: the keyboard may be on it.
                        "aria-disabled": if is_off == Some(true) { "true" } else { "false" },
                        onclick: move |_| {
                            if is_plain {
                                on_confirm.call(());
                            }
                        },
                        if is_busy {
                            {draw(Icon::Turn)}
                        }
                        "{confirm}"
                    }
                }
            }
        }
    }
}

/// Shows a secret this once.
#[component]
pub(crate) fn OnceDialog(once: Once, on_common: Callback<Common>) -> Element {
    let clock = use_context::<Clock>();
    let is_copied = once.copying == Copying::Copied;
    rsx! {
        dialog {
            class: "question once",
            "aria-labelledby": "once-title",
            "aria-describedby": "once-about",
            onmounted: move |event| open_dialog(&event),
            oncancel: move |event: Event<CancelData>| {
                event.prevent_default();
                // A slip of the finger would lose what cannot be shown again.
                if is_copied {
                    on_common.call(Common::OnceDone);
                }
            },
            h2 { id: "once-title", "{once.title}" }
            p { id: "once-about",
                "{once.about}"
                if let Some(until) = once.until {
                    " It works once, until {moment(until, clock)}."
                }
            }
            p { class: "label", id: "once-label", "{once.label}" }
            p {
                code { class: "secret", role: "group", "aria-labelledby": "once-label", tabindex: "0", "{once.secret}" }
            }
            div { role: "status",
                match once.copying {
                    Copying::NotCopied => rsx! {},
                    Copying::Copied => rsx! {
                        p { class: "below good", {draw(Icon::Tick)} "Copied" }
                    },
                    Copying::CopyItYourself => rsx! {
                        p { class: "below warning", {draw(Icon::Warning)} "This browser does not let the page copy. Select it and copy it yourself." }
                    },
                }
            }
            div { class: "answers",
                button {
                    class: "button",
                    r#type: "button",
                    onclick: move |_| on_common.call(Common::OnceDone),
                    "Done"
                }
                button {
                    class: "button primary",
                    r#type: "button",
                    autofocus: true,
                    onclick: move |_| on_common.call(Common::CopyPressed),
                    {draw(Icon::Copy)}
                    "Copy"
                }
            }
        }
    }
}

/// A moment as staff read it today, where the clinic is.
pub(crate) fn moment(at: Instant, clock: Clock) -> String {
    let at = at.epoch_milliseconds();
    let today = clock.day((clock.about_now)());
    administration::moment(clock.day(at), &clock.time_of_day(at), today)
}

/// The day of a moment as staff read it today, where the clinic is.
pub(crate) fn day(at: Instant, clock: Clock) -> String {
    let today = clock.day((clock.about_now)());
    administration::near_day(clock.day(at.epoch_milliseconds()), today)
}

/// When something was last used, which is known to about a minute: `3 min ago`, `12 July`.
pub(crate) fn used(at: Instant, clock: Clock) -> String {
    const DAY: i64 = 86_400_000;
    let now = (clock.about_now)();
    if now - at.epoch_milliseconds() < DAY {
        words::ago(at.epoch_milliseconds(), now)
    } else {
        day(at, clock)
    }
}
