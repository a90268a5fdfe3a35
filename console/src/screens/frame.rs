//! What is around every page of a signed-in member: where one is, who one is, whether one is connected.

use dioxus::prelude::*;
use standby_client::TeamMember;

use crate::address::Page;
use crate::browser::{self, TimeZone};
use crate::effects::HEADING;
use crate::screens::icon::{Icon, draw, mark};
use crate::screens::{Clock, Pages};
use crate::waiting_area::{Connection, WaitingArea};
use crate::words;

#[component]
pub(crate) fn Frame(
    member: TeamMember,
    connection: Connection,
    sound: Sound,
    /// Whether there are settings that were changed and not saved.
    has_unsaved: bool,
    on_sound: Callback<bool>,
    on_sign_out: Callback<()>,
    children: Element,
) -> Element {
    let (state, said) = match connection {
        Connection::Connecting => ("connecting", "Connecting…"),
        Connection::Live => ("live", "Live"),
        Connection::Lost => ("lost", "Connection lost"),
    };
    rsx! {
        a {
            class: "skip-link",
            href: "#{HEADING}",
            onclick: move |event: MouseEvent| {
                // The fragment is not for places in the page: fixtures are named there.
                event.prevent_default();
                browser::focus(HEADING);
            },
            "Skip to content"
        }
        header { class: "bar",
            div { class: "clinic",
                {mark()}
                span { "{member.clinic.name}" }
            }
            nav { "aria-label": "Console",
                PageLink { page: Page::WaitingArea, "Waiting area" }
                PageLink { page: Page::Reports, "Reports" }
                if member.role.may_configure() {
                    PageLink { page: Page::Configure, is_whole: true,
                        "Configure"
                        if has_unsaved {
                            span { class: "unsaved", title: "There are changes to save",
                                span { class: "visually-hidden", " (changes to save)" }
                            }
                        }
                    }
                }
            }
            ClinicTime {}
            div { class: "end",
                span { class: "connection", "data-state": state, role: "status", "{said}" }
                button {
                    class: "button plain",
                    r#type: "button",
                    "aria-label": "Sound",
                    "aria-pressed": if sound == Sound::Off { "false" } else { "true" },
                    title: match sound {
                        Sound::Off => "Arrivals are not heard",
                        Sound::Heard => "Arrivals are heard",
                        Sound::NotYetHeard => "Press anywhere to let arrivals be heard",
                    },
                    onclick: move |_| on_sound.call(sound.pressed()),
                    {draw(if sound == Sound::Heard { Icon::Bell } else { Icon::BellOff })}
                    span { class: "label", "Sound" }
                }
                div { class: "viewer small",
                    strong { "{member.name}" }
                    span { class: "quiet", {words::role(member.role)} }
                }
                button {
                    class: "button plain",
                    r#type: "button",
                    onclick: move |_| on_sign_out.call(()),
                    "Sign out"
                }
            }
        }
        main { {children} }
    }
}

/// Whether arrivals are heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sound {
    Off,
    /// They are to be, and the browser lets no page sound before it was pressed.
    NotYetHeard,
    Heard,
}

impl Sound {
    pub(crate) fn of(area: &WaitingArea) -> Self {
        match (area.sound, area.is_heard) {
            (false, _) => Self::Off,
            (true, false) => Self::NotYetHeard,
            (true, true) => Self::Heard,
        }
    }

    /// What a press on the bell asks for. One that is not heard yet is to be heard, not silenced.
    pub(crate) fn pressed(self) -> bool {
        self != Self::Heard
    }
}

/// What time it is at the clinic, if it is another than here.
#[component]
fn ClinicTime() -> Element {
    let clock = use_context::<Clock>();
    let own = use_hook(TimeZone::own);
    let now = (clock.about_now)();
    let time = clock.time_of_day(now);
    rsx! {
        if time != own.time_of_day(now) {
            span { class: "clinic-time small quiet figures", title: "All times are those of the clinic", "Clinic time {time}" }
        }
    }
}

/// The way to a page. `is_whole`: it stands for all of Configure.
#[component]
pub(crate) fn PageLink(page: Page, is_whole: Option<bool>, children: Element) -> Element {
    let pages = use_context::<Pages>();
    let here = (pages.0)();
    let is_of_whole = is_whole == Some(true) && page.is_of_configure() && here.is_of_configure();
    let is_here = here == page || is_of_whole;
    rsx! {
        a {
            href: page.path(),
            "aria-current": if is_here { "page" } else { "false" },
            onclick: move |event: MouseEvent| {
                let modifiers = event.modifiers();
                // In a new tab or window, if that is what was asked for.
                if !(modifiers.ctrl() || modifiers.meta() || modifiers.shift()) {
                    event.prevent_default();
                    pages.open(page);
                }
            },
            {children}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Sound;

    #[test]
    fn a_press_on_a_bell_that_is_not_heard_yet_does_not_silence_it() {
        for (sound, asked) in [
            (Sound::Off, true),
            (Sound::NotYetHeard, true),
            (Sound::Heard, false),
        ] {
            assert_eq!(sound.pressed(), asked, "{sound:?}");
        }
    }
}
