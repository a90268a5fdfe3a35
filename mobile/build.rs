//! Makes Rust of the texts in `languages/`, so that a text that is missing is an error of the
//! compiler and not a gap on somebody's screen.

#[allow(
    dead_code,
    unreachable_pub,
    reason = "it is the app's, so that both count by the same rules"
)]
#[path = "src/language.rs"]
mod language;
#[path = "src/words/translations.rs"]
mod translations;

use std::error::Error;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::{env, fs, io};

use language::Language;

fn main() -> ExitCode {
    match write_texts() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Where even this cannot be written, the exit code is all there is to say.
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

fn write_texts() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("languages");
    let mut files = Vec::new();
    let mut out = io::stdout();
    for source in ["build.rs", "src/language.rs", "src/words/translations.rs"] {
        writeln!(out, "cargo::rerun-if-changed={source}")?;
    }
    for language in Language::ALL {
        let path = folder.join(translations::file_name(language));
        writeln!(out, "cargo::rerun-if-changed={}", path.display())?;
        let file = fs::read_to_string(&path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        files.push((language, file));
    }
    let source = translations::rust_source(&files).map_err(|faults| faults.join("\n"))?;
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("texts.rs"), source)?;
    Ok(())
}
