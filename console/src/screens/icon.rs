//! Small pictures. Each stands beside a word, so none is read out.

use dioxus::prelude::*;

/// A picture.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Icon {
    Clock,
    Moon,
    Camera,
    Pause,
    Tick,
    Cross,
    Warning,
    Bell,
    BellOff,
    Copy,
    Search,
    List,
    Shield,
    Question,
    Text,
    NoText,
    Up,
    Down,
    Bin,
    Plus,
    Turn,
    Away,
    Link,
}

impl Icon {
    /// Lines in a square of 16 by 16.
    fn lines(self) -> &'static str {
        match self {
            Self::Clock => {
                "M8 1.75a6.25 6.25 0 1 1 0 12.5a6.25 6.25 0 0 1 0-12.5M8 4.5V8l2.25 1.75"
            }
            Self::Moon => "M13.5 9.6A6 6 0 0 1 6.4 2.5a6 6 0 1 0 7.1 7.1Z",
            Self::Camera => {
                "M2.5 4h6.5a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1H2.5a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1ZM10 7.2l4.5-2.4v6.4L10 8.8"
            }
            Self::Pause => "M5.25 3v10M10.75 3v10",
            Self::Tick => "M2.75 8.5l3.5 3.5l7-8",
            Self::Cross => "M3.75 3.75l8.5 8.5M12.25 3.75l-8.5 8.5",
            Self::Warning => "M8 2L14.75 13.75H1.25ZM8 6.5v3.25M8 11.6v.4",
            Self::Bell => {
                "M3.5 11.5h9l-1.1-1.8V7a3.4 3.4 0 0 0-6.8 0v2.7ZM6.75 13.75h2.5M8 2.2v1.4"
            }
            Self::BellOff => {
                "M5 5.6A3.4 3.4 0 0 1 11.4 7v2.2M4.6 8v1.7l-1.1 1.8h8M6.75 13.75h2.5M2.25 2.25l11.5 11.5"
            }
            Self::Copy => "M5.5 5.5h8v8h-8ZM10.5 5.5v-3h-8v8h3",
            Self::Search => "M7 2.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 0 1 0-9M10.4 10.4l3.35 3.35",
            Self::List => "M5.5 4h8M5.5 8h8M5.5 12h8M2.4 4h.2M2.4 8h.2M2.4 12h.2",
            Self::Shield => {
                "M8 1.75l5 1.8v4.1c0 3-2 5.3-5 6.6c-3-1.3-5-3.6-5-6.6V3.55ZM5.6 7.9l1.8 1.8l3.1-3.4"
            }
            Self::Question => {
                "M8 1.75a6.25 6.25 0 1 1 0 12.5a6.25 6.25 0 0 1 0-12.5M6.2 6.2a1.8 1.8 0 1 1 2.6 1.7c-.6.3-.8.6-.8 1.2M8 11.2v.3"
            }
            Self::Text => "M2 3h12v8H7.5l-3 2.75V11H2ZM5 6h6M5 8.25h4",
            Self::NoText => "M2 3h12v8H7.5l-3 2.75V11H2ZM2.25 1.25l11.5 12.5",
            Self::Up => "M8 13V3.5M3.75 7.5L8 3.25l4.25 4.25",
            Self::Down => "M8 2v8.5M4 7l4 3.75L12 7M2.5 13.75h11",
            Self::Bin => "M2.75 4h10.5M6 4V2.5h4V4M4 4l.75 9.5h6.5L12 4M6.75 6.75v4M9.25 6.75v4",
            Self::Plus => "M8 2.75v10.5M2.75 8h10.5",
            Self::Turn => "M13.5 8A5.5 5.5 0 1 1 8 2.5",
            Self::Away => {
                "M1.75 1.75l12.5 12.5M6.5 3.6A7.4 7.4 0 0 1 14.5 8a9 9 0 0 1-1.9 2.4M4 5A9.4 9.4 0 0 0 1.5 8C2.6 10.6 5.1 12.4 8 12.4c.9 0 1.8-.2 2.6-.5"
            }
            Self::Link => "M9 2.5h4.5V7M13.25 2.75L7 9M11.5 9v4.5h-9v-9H7",
        }
    }
}

/// Draws a picture in the colour of the text.
pub(crate) fn draw(icon: Icon) -> Element {
    rsx! {
        svg {
            width: "16",
            height: "16",
            view_box: "0 0 16 16",
            fill: "none",
            stroke: "currentColor",
            stroke_width: "1.75",
            stroke_linecap: "round",
            stroke_linejoin: "round",
            "aria-hidden": "true",
            "focusable": "false",
            path { d: icon.lines() }
        }
    }
}

/// The product's mark.
pub(crate) fn mark() -> Element {
    rsx! {
        svg {
            width: "28",
            height: "28",
            view_box: "0 0 32 32",
            fill: "none",
            stroke: "#ffffff",
            stroke_width: "3",
            stroke_linecap: "round",
            stroke_linejoin: "round",
            "aria-hidden": "true",
            "focusable": "false",
            rect { width: "32", height: "32", rx: "8", fill: "#0f5e63", stroke: "none" }
            path { d: "M16 6a10 10 0 1 0 10 10M16 10.5V16l3.6 3" }
            circle { cx: "23.5", cy: "8.5", r: "3", fill: "#ffb454", stroke: "none" }
        }
    }
}
