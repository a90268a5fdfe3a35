//! The few pictures: drawn in lines of the text's own colour, and never the only bearer of a meaning.

use dioxus::prelude::*;

fn icon(paths: &[&str]) -> Element {
    rsx! {
        svg {
            class: "icon",
            view_box: "0 0 24 24",
            fill: "none",
            stroke: "currentColor",
            stroke_width: "2",
            stroke_linecap: "round",
            stroke_linejoin: "round",
            "aria-hidden": "true",
            for shape in paths {
                path { d: "{shape}" }
            }
        }
    }
}

/// A phone with its screen on.
pub(super) fn phone() -> Element {
    icon(&[
        "M7 3h10a1 1 0 0 1 1 1v16a1 1 0 0 1-1 1H7a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1z",
        "M11 18h2",
    ])
}

/// Done.
pub(super) fn tick() -> Element {
    icon(&[
        "M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0z",
        "M8 12.5l2.8 2.8L16 9.5",
    ])
}

/// The languages of the world.
pub(super) fn globe() -> Element {
    icon(&[
        "M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0z",
        "M3 12h18",
        "M12 3c5 5 5 13 0 18c-5-5-5-13 0-18z",
    ])
}

/// No connection.
pub(super) fn no_connection() -> Element {
    icon(&[
        "M4 9.5a12 12 0 0 1 3-2",
        "M11 6.1A12 12 0 0 1 20 9.5",
        "M7.5 13.2a7 7 0 0 1 2.5-1.6",
        "M14.5 12.2a7 7 0 0 1 2 1",
        "M12 18h.01",
        "M4 4l16 16",
    ])
}
