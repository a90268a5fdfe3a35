//! The files that are templates.

use std::fs;
use std::path::Path;

use anyhow::{Context, Error, Result};

use crate::Places;
use crate::app::App;

/// Each template in `mobile`, and where it goes.
const TEMPLATES: [(&str, &str); 3] = [
    (
        "android/AndroidManifest.xml",
        "android/filled/AndroidManifest.xml",
    ),
    ("android/BuildConfig.kt", "android/filled/BuildConfig.kt"),
    ("ios/Info.plist", "ios/filled/Info.plist"),
];

/// What an app for iOS is to run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Device {
    /// A phone or a tablet.
    Phone,
    /// The one on a Mac's screen.
    Simulator,
}

impl Device {
    /// As an Info.plist calls it.
    fn platform(self) -> &'static str {
        match self {
            Device::Phone => "iPhoneOS",
            Device::Simulator => "iPhoneSimulator",
        }
    }
}

/// Fills in every template, into this folder.
pub(crate) fn fill(places: &Places, app: &App, device: Device, folder: &Path) -> Result<()> {
    for (template, filled) in TEMPLATES {
        let text = fs::read_to_string(places.mobile.join(template))
            .with_context(|| format!("cannot read mobile/{template}"))?;
        let text = filled_in(&text, app, device).with_context(|| format!("mobile/{template}"))?;
        write(&folder.join(filled), text)?;
    }
    Ok(())
}

/// Writes a file, and makes its folder.
pub(crate) fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    let parent = path.parent().unwrap_or(path);
    fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
    fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))
}

/// Copies a folder with all that is in it over another.
pub(crate) fn lay_over(from: &Path, onto: &Path) -> Result<()> {
    let entries = fs::read_dir(from).with_context(|| format!("cannot list {}", from.display()))?;
    for entry in entries {
        let path = entry.context("cannot list a folder")?.path();
        let Some(name) = path.file_name() else {
            continue;
        };
        if path.is_dir() {
            lay_over(&path, &onto.join(name))?;
        } else {
            let content =
                fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            write(&onto.join(name), content)?;
        }
    }
    Ok(())
}

/// The text with each `{{name}}` replaced. What is put there needs no escaping in XML or Kotlin: [`App`] has
/// letters, digits, dots and hyphens only.
fn filled_in(template: &str, app: &App, device: Device) -> Result<String> {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after
            .split_once("}}")
            .ok_or_else(|| Error::msg("a {{ is not closed"))?;
        filled.push_str(before);
        match name {
            "host" => filled.push_str(&app.host),
            "identifier" => filled.push_str(&app.identifier),
            // In quotes, because a part may be a word of Kotlin's, as in `in.example.app`.
            "identifier_in_kotlin" => {
                let parts: Vec<String> = app
                    .identifier
                    .split('.')
                    .map(|part| format!("`{part}`"))
                    .collect();
                filled.push_str(&parts.join("."));
            }
            "version" => filled.push_str(app.version),
            "build" => filled.push_str(&app.build.to_string()),
            "ios_minimum" => filled.push_str(&app.ios_minimum),
            "ios_platform" => filled.push_str(device.platform()),
            _ => return Err(Error::msg(format!("nothing is called {{{{{name}}}}}"))),
        }
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app() -> App {
        App {
            host: "clinic.example".to_owned(),
            identifier: "in.example.app".to_owned(),
            version: "1.2.3",
            build: 7,
            ios_minimum: "15.0".to_owned(),
        }
    }

    #[test]
    fn everything_in_double_braces_is_filled_in() {
        let template = "{{host}} {{identifier}} {{identifier_in_kotlin}} {{version}}/{{build}} {{ios_minimum}} {{ios_platform}}{";
        assert_eq!(
            filled_in(template, &app(), Device::Phone).unwrap(),
            "clinic.example in.example.app `in`.`example`.`app` 1.2.3/7 15.0 iPhoneOS{"
        );
        assert_eq!(
            filled_in("{{ios_platform}}", &app(), Device::Simulator).unwrap(),
            "iPhoneSimulator"
        );
    }

    #[test]
    fn a_name_that_is_nothing_stops_the_build() {
        for template in ["{{hots}}", "{{host", "{{ host }}"] {
            assert!(filled_in(template, &app(), Device::Phone).is_err());
        }
    }
}
