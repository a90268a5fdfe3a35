//! The files of an app as they are served: named for their content, calling each other by those
//! names, compressed.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Error, Result};

use crate::{
    Places, files_under,
    inputs::content_hash,
    replace_folder,
    wasm::{self, Shrunk, WASM_NAME},
};

/// Where the names of static files begin.
const PREFIX: &str = "/assets/";

/// Lays an app out in `dist` and returns what lies there now.
pub(crate) fn lay_out(places: &Places, app: &Shrunk) -> Result<Vec<PathBuf>> {
    let new = places.memory.join(format!("{}.new", app.app));
    let _ = fs::remove_dir_all(&new);
    let mut names = BTreeMap::new();

    // One name for both, of both their contents: the page that names one can name the other.
    let both = [app.wasm.as_slice(), app.script.as_bytes()].concat();
    let stem = format!("{}-{}", app.app, content_hash(&both));
    let wasm_name = format!("{stem}.wasm");
    write(&new.join("assets").join(&wasm_name), &app.wasm)?;
    write(
        &new.join("assets").join(format!("{stem}.js")),
        app.script.replace(WASM_NAME, &wasm_name).as_bytes(),
    )?;
    names.insert("{{app}}.js".into(), format!("{stem}.js"));
    names.insert("{{app}}.wasm".into(), wasm_name);

    let web = places.root.join(app.app).join("web");
    let mut statics = files_under(&web)?;
    // What is called by others comes first: its name must be known before theirs can be.
    statics.sort_by_key(|file| (Kind::of(file), file.clone()));
    let mut page = None;
    for file in statics {
        let name = file
            .strip_prefix(&web)
            .unwrap_or(&file)
            .to_string_lossy()
            .replace('\\', "/");
        if name == "index.html" {
            page = Some(file);
            continue;
        }
        let content = match Kind::of(&file) {
            Kind::Leaf => {
                fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?
            }
            Kind::Style | Kind::Script => {
                with_final_names(&wasm::minify(places, &file)?, &names, &name)?.into_bytes()
            }
            Kind::Description | Kind::Page => {
                with_final_names(&text(&file)?, &names, &name)?.into_bytes()
            }
        };
        let final_name = fingerprinted(&name, &content);
        write(&new.join("assets").join(&final_name), &content)?;
        names.insert(name, final_name);
    }

    let page = page.ok_or_else(|| Error::msg(format!("{}/web/index.html is missing", app.app)))?;
    let words = with_final_names(&text(&page)?, &names, "index.html")?;
    write(
        &new.join("index.html"),
        words.replace("{{app}}", &stem).as_bytes(),
    )?;

    wasm::run(
        Command::new("node")
            .arg(places.root.join("web-build/compress.mjs"))
            .arg(&new),
        "compress.mjs",
    )?;
    let old = places.dist.join(app.app);
    replace_folder(&new, &old)?;
    files_under(&old)
}

/// What a file may call others by, in the order in which they are given their names.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// Calls nobody: pictures, fonts.
    Leaf,
    Style,
    Script,
    /// Says which icons an app has.
    Description,
    Page,
}

impl Kind {
    fn of(file: &Path) -> Self {
        match file.extension().and_then(|end| end.to_str()) {
            Some("css") => Self::Style,
            Some("js" | "mjs") => Self::Script,
            Some("webmanifest" | "json") => Self::Description,
            Some("html") => Self::Page,
            _ => Self::Leaf,
        }
    }
}

/// `style.css` → `style-0123456789abcdef.css`.
fn fingerprinted(name: &str, content: &[u8]) -> String {
    let hash = content_hash(content);
    match name.rsplit_once('.') {
        Some((stem, end)) => format!("{stem}-{hash}.{end}"),
        None => format!("{name}-{hash}"),
    }
}

/// Puts the final name wherever `text` calls a static file by `/assets/NAME`.
fn with_final_names(text: &str, names: &BTreeMap<String, String>, of: &str) -> Result<String> {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(PREFIX) {
        let (before, after) = rest.split_at(start + PREFIX.len());
        result.push_str(before);
        let end = after
            .find(|letter: char| !is_of_a_name(letter))
            .unwrap_or(after.len());
        let (name, after) = after.split_at(end);
        // A dangling name would be a page without its style, seen only by whoever opens it.
        let final_name = names.get(name).ok_or_else(|| {
            Error::msg(format!(
                "{of} names {PREFIX}{name}, which is not there, or calls {of} itself"
            ))
        })?;
        result.push_str(final_name);
        rest = after;
    }
    result.push_str(rest);
    Ok(result)
}

fn is_of_a_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-' | '/' | '{' | '}')
}

fn text(file: &Path) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("cannot read {} as text", file.display()))
}

fn write(file: &Path, content: &[u8]) -> Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    fs::write(file, content).with_context(|| format!("cannot write {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> BTreeMap<String, String> {
        BTreeMap::from([
            ("style.css".into(), "style-1.css".into()),
            ("icon.svg".into(), "icon-2.svg".into()),
            ("{{app}}.js".into(), "mobile-3.js".into()),
        ])
    }

    #[test]
    fn a_page_names_its_files_by_their_content() {
        let page = r#"<link href="/assets/style.css"><script src='/assets/{{app}}.js'></script>"#;
        assert_eq!(
            with_final_names(page, &names(), "index.html").unwrap(),
            r#"<link href="/assets/style-1.css"><script src='/assets/mobile-3.js'></script>"#
        );
    }

    #[test]
    fn a_style_sheet_names_its_pictures_by_their_content() {
        let style = "a{background:url(/assets/icon.svg)}";
        assert_eq!(
            with_final_names(style, &names(), "style.css").unwrap(),
            "a{background:url(/assets/icon-2.svg)}"
        );
    }

    #[test]
    fn a_name_that_leads_nowhere_stops_the_build() {
        let failure = with_final_names("/assets/stile.css", &names(), "index.html").unwrap_err();
        assert!(failure.to_string().contains("/assets/stile.css"));
    }

    #[test]
    fn another_content_is_another_name() {
        assert_ne!(fingerprinted("a.css", b"1"), fingerprinted("a.css", b"2"));
        assert!(fingerprinted("icons/a.svg", b"1").starts_with("icons/a-"));
    }
}
