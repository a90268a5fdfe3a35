//! Builds the wait screen and the staff console for the browser.
//!
//! ```text
//! web-build [APP]...        APP: mobile, console; both when none is named
//! ```
//!
//! For each app: the crate `standby-APP` is compiled to WebAssembly in the profile `web`, gets its
//! JavaScript from wasm-bindgen, is shrunk by wasm-opt, and goes to `dist/APP/assets/` with the
//! app's static files, each named for its content and so good to be kept by browsers for ever;
//! `dist/APP/index.html` names them and is never kept. Beside every file that gets smaller by it
//! lie a `.br` and a `.gz`.
//!
//! What an app gives: `APP/web/index.html`, and beside it whatever else the page needs
//! (`style.css`, `icon.svg`, …). In its HTML, CSS and JavaScript a static file is called
//! `/assets/NAME`, where `NAME` is its path in `APP/web/`; the build puts the name with the hash
//! there, and stops where there is no such file. `/assets/{{app}}.js` and `/assets/{{app}}.wasm`
//! stand for the app itself:
//!
//! ```html
//! <link rel="preload" href="/assets/{{app}}.wasm" as="fetch" type="application/wasm" crossorigin>
//! <link rel="stylesheet" href="/assets/style.css">
//! <script type="module" src="/assets/{{app}}.js"></script>
//! ```
//!
//! The script starts the app by itself: the page needs no inline script, and so can forbid them
//! all. Its default export is a function whose promise is kept once the app runs and broken where
//! it cannot, for a page that wants to say so.
//!
//! When nothing that went into an app has changed since it was built, this does nothing, in a few
//! milliseconds.

#![allow(clippy::print_stderr, reason = "a command answers on its terminal")]

mod assets;
mod inputs;
mod wasm;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Error, Result};

/// What can be built, in the order in which it is reported.
const APPS: [&str; 2] = ["mobile", "console"];

/// Where everything lies.
struct Places {
    /// The root of the workspace.
    root: PathBuf,
    /// What a server serves: `dist`.
    dist: PathBuf,
    /// What this tool remembers between two runs: inside `dist`, so that removing that starts
    /// afresh.
    memory: PathBuf,
    /// The npm packages of this tool.
    npm: PathBuf,
}

impl Places {
    fn find() -> Result<Self> {
        let here = env::current_dir().context("cannot tell the current folder")?;
        let root = here
            .ancestors()
            .find(|folder| folder.join("web-build/package.json").is_file())
            .ok_or_else(|| Error::msg("run this inside the project"))?
            .to_owned();
        let dist = root.join("dist");
        Ok(Self {
            memory: dist.join(".build"),
            npm: root.join("web-build/node_modules"),
            dist,
            root,
        })
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if arguments
        .iter()
        .any(|argument| argument == "-h" || argument == "--help")
    {
        eprintln!(
            "Builds the wait screen (mobile) and the staff console (console) for the browser.\n\n\
             usage: web-build [APP]...\n\n\
             APP is mobile or console; both when none is named. The result lies in dist/APP and is\n\
             served by `standby serve --web dist`. Does nothing when nothing has changed."
        );
        return ExitCode::SUCCESS;
    }
    match build(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("web-build: {failure:#}");
            ExitCode::FAILURE
        }
    }
}

/// Builds those of the apps asked for that have changed.
fn build(arguments: &[String]) -> Result<()> {
    let apps = apps_named(arguments)?;
    let places = Places::find()?;
    let changed: Vec<&str> = apps
        .into_iter()
        .filter(|app| !inputs::are_as_built(&places, app))
        .collect();
    if changed.is_empty() {
        return Ok(());
    }
    for tool in ["binaryen", "esbuild"] {
        if !places.npm.join(tool).is_dir() {
            return Err(Error::msg(format!(
                "the npm package {tool} is missing; make web installs it"
            )));
        }
    }
    eprintln!("Building for the browser: {}", changed.join(", "));
    let begun = inputs::note_the_begin(&places)?;
    for compiled in wasm::compile(&places, &changed)? {
        let app = wasm::shrink(&places, &compiled)?;
        let files = assets::lay_out(&places, &app)?;
        inputs::remember(&places, &compiled, &files, begun)?;
        report(&places, compiled.app)?;
    }
    Ok(())
}

/// Which apps the command line names: by folder or by package, all when none is named.
fn apps_named(arguments: &[String]) -> Result<Vec<&'static str>> {
    if arguments.is_empty() {
        return Ok(APPS.to_vec());
    }
    let mut named = Vec::new();
    for argument in arguments {
        let name = argument.strip_prefix("standby-").unwrap_or(argument);
        let app = APPS.into_iter().find(|app| *app == name).ok_or_else(|| {
            Error::msg(format!(
                "there is no app {argument}; there are: {}",
                APPS.join(", ")
            ))
        })?;
        if !named.contains(&app) {
            named.push(app);
        }
    }
    Ok(named)
}

/// Says what a browser will download.
fn report(places: &Places, app: &str) -> Result<()> {
    let mut bytes = 0;
    for file in files_under(&places.dist.join(app))? {
        let is_compressed = file.extension().is_some_and(|end| end == "br");
        let has_compressed = Path::new(&format!("{}.br", file.display())).is_file();
        let is_gzip = file.extension().is_some_and(|end| end == "gz");
        if is_compressed || (!has_compressed && !is_gzip) {
            bytes += fs::metadata(&file).context("cannot measure a file")?.len();
        }
    }
    eprintln!("  dist/{app}: {} kB to download", bytes.div_ceil(1000));
    Ok(())
}

/// Every file in a folder and the folders in it, sorted by path.
fn files_under(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder)
            .with_context(|| format!("cannot list the folder {}", folder.display()))?;
        for entry in entries {
            let path = entry.context("cannot list a folder")?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Puts a finished folder where the old one is. A server reading at that moment finds the old files
/// or the new ones; a page loaded a moment ago may still ask for the old ones, and gets a clean
/// "not found", which makes it reload.
fn replace_folder(new: &Path, old: &Path) -> Result<()> {
    let aside = new.with_extension("old");
    let _ = fs::remove_dir_all(&aside);
    if old.exists() {
        fs::rename(old, &aside).with_context(|| format!("cannot move {} aside", old.display()))?;
    }
    fs::rename(new, old).with_context(|| format!("cannot put {} in place", old.display()))?;
    let _ = fs::remove_dir_all(&aside);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(arguments: &[&str]) -> Result<Vec<&'static str>> {
        apps_named(
            &arguments
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn without_a_name_every_app_is_built() {
        assert_eq!(named(&[]).unwrap(), APPS);
    }

    #[test]
    fn an_app_is_named_by_its_folder_or_by_its_package() {
        assert_eq!(named(&["standby-console", "console"]).unwrap(), ["console"]);
    }

    #[test]
    fn an_unknown_app_is_refused_by_name() {
        assert!(
            named(&["konsole"])
                .unwrap_err()
                .to_string()
                .contains("konsole")
        );
    }
}
