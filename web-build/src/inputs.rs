//! What went into an app, and whether it is still the same.
//!
//! After a build the compiler has written down every source file it read, of this app and of the
//! crates in this workspace that it uses. Those, the manifests above them, the app's static files
//! and this tool itself are remembered with a hash of their contents. Times are not looked at: a
//! fresh checkout or a restored cache has new times and old contents.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::{Context, Error, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Places, files_under, wasm::Compiled};

/// One app's last build.
#[derive(Serialize, Deserialize)]
struct Build {
    /// Hash of the contents by path from the root.
    inputs: BTreeMap<PathBuf, String>,
    /// Names of everything in the app's `web` folder: a new file there changes the build though
    /// nothing else did.
    statics: BTreeSet<PathBuf>,
    /// What came out, by path from the root.
    outputs: Vec<PathBuf>,
}

/// Whether the app was built from exactly what lies there now, and the result is still in place.
pub(crate) fn are_as_built(places: &Places, app: &str) -> bool {
    let Ok(memory) = fs::read(memory_of(places, app)) else {
        return false;
    };
    let Ok(build) = serde_json::from_slice::<Build>(&memory) else {
        return false;
    };
    build
        .outputs
        .iter()
        .all(|output| places.root.join(output).is_file())
        && statics(places, app).is_ok_and(|statics| statics == build.statics)
        && build.inputs.iter().all(|(path, hash)| {
            content_hash_of(&places.root.join(path)).is_ok_and(|now| now == *hash)
        })
}

/// When the build begins, by the clock that stamps the files.
pub(crate) fn note_the_begin(places: &Places) -> Result<SystemTime> {
    let mark = places.memory.join("begun");
    fs::create_dir_all(&places.memory)
        .and_then(|()| fs::write(&mark, ""))
        .and_then(|()| fs::metadata(&mark)?.modified())
        .with_context(|| format!("cannot write to {}", places.memory.display()))
}

/// Remembers what `compiled` was built from and what came out. A file that changed while the build
/// went on may be in the result or not: then nothing is remembered, and the next run builds again.
pub(crate) fn remember(
    places: &Places,
    compiled: &Compiled,
    outputs: &[PathBuf],
    begun: SystemTime,
) -> Result<()> {
    let statics = statics(places, compiled.app)?;
    let mut paths = statics.clone();
    for fixed in [
        "Cargo.toml",
        "Cargo.lock",
        "rust-toolchain.toml",
        "web-build/compress.mjs",
    ] {
        paths.insert(fixed.into());
    }
    paths.insert("web-build/package-lock.json".into());
    for file in files_under(&places.root.join("web-build/src"))? {
        paths.insert(from_root(places, &file));
    }
    for source in sources(places, compiled)? {
        // The manifest of the crate that the file belongs to: a feature changes the build without
        // changing a source.
        let manifest = source
            .ancestors()
            .map(|folder| folder.join("Cargo.toml"))
            .find(|manifest| places.root.join(manifest).is_file());
        paths.extend(manifest);
        paths.insert(source);
    }
    let mut inputs = BTreeMap::new();
    for path in paths {
        let file = places.root.join(&path);
        let hash = content_hash_of(&file)?;
        if fs::metadata(&file)
            .and_then(|file| file.modified())
            .is_ok_and(|time| time > begun)
        {
            let _ = fs::remove_file(memory_of(places, compiled.app));
            return Ok(());
        }
        inputs.insert(path, hash);
    }
    let outputs = outputs
        .iter()
        .map(|output| from_root(places, output))
        .collect();
    let words = serde_json::to_vec_pretty(&Build {
        inputs,
        statics,
        outputs,
    })
    .context("cannot write down the build")?;
    fs::write(memory_of(places, compiled.app), words).context("cannot remember the build")
}

/// Sixteen hexadecimal digits that change when the content does.
pub(crate) fn content_hash(content: &[u8]) -> String {
    let digest = Sha256::digest(content);
    let first = digest
        .iter()
        .take(8)
        .fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
    format!("{first:016x}")
}

fn content_hash_of(path: &Path) -> Result<String> {
    let content =
        fs::read(path).with_context(|| format!("cannot read the file {}", path.display()))?;
    Ok(content_hash(&content))
}

fn memory_of(places: &Places, app: &str) -> PathBuf {
    places.memory.join(format!("{app}.json"))
}

fn from_root(places: &Places, path: &Path) -> PathBuf {
    path.strip_prefix(&places.root).unwrap_or(path).to_owned()
}

fn statics(places: &Places, app: &str) -> Result<BTreeSet<PathBuf>> {
    let files = files_under(&places.root.join(app).join("web"))?;
    Ok(files.iter().map(|file| from_root(places, file)).collect())
}

/// The source files of this workspace that the compiler read, from the list it leaves beside its
/// result.
fn sources(places: &Places, compiled: &Compiled) -> Result<BTreeSet<PathBuf>> {
    let list = compiled.wasm.with_extension("d");
    let words = fs::read_to_string(&list)
        .with_context(|| format!("cannot read the compiler's list {}", list.display()))?;
    let mut found = BTreeSet::new();
    for path in paths_in_dependency_list(&words) {
        let path = if path.is_absolute() {
            path
        } else {
            places.root.join(path)
        };
        if path.is_dir() {
            found.extend(
                files_under(&path)?
                    .iter()
                    .map(|file| from_root(places, file)),
            );
        } else if path.starts_with(&places.root) {
            found.insert(from_root(places, &path));
        }
    }
    if found.is_empty() {
        return Err(Error::msg(format!(
            "the list {} names no source",
            list.display()
        )));
    }
    Ok(found)
}

/// The right side of `target: path path\ with\ spaces …`.
fn paths_in_dependency_list(list: &str) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for line in list.lines() {
        let Some((_, right)) = line.split_once(": ") else {
            continue;
        };
        let mut path = String::new();
        let mut letters = right.chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                '\\' if letters.peek() == Some(&' ') => {
                    letters.next();
                    path.push(' ');
                }
                ' ' => paths.push(std::mem::take(&mut path)),
                other => path.push(other),
            }
        }
        paths.push(path);
    }
    paths
        .into_iter()
        .filter(|path| !path.is_empty())
        .map(PathBuf::from)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_a_space_in_the_compilers_list_stays_one_path() {
        assert_eq!(
            paths_in_dependency_list("/t/app.wasm: /p/a.rs /p/with\\ space.rs\n\n"),
            [PathBuf::from("/p/a.rs"), PathBuf::from("/p/with space.rs")]
        );
    }

    #[test]
    fn a_changed_a_missing_and_a_new_file_each_ask_for_a_build() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_owned();
        let places = Places {
            dist: root.join("dist"),
            memory: root.join("dist/.build"),
            npm: root.join("web-build/node_modules"),
            root: root.clone(),
        };
        for (path, content) in [
            ("Cargo.toml", ""),
            ("Cargo.lock", ""),
            ("rust-toolchain.toml", ""),
            ("web-build/compress.mjs", ""),
            ("web-build/package-lock.json", ""),
            ("web-build/src/main.rs", ""),
            ("mobile/Cargo.toml", ""),
            ("mobile/src/main.rs", "fn main() {}"),
            ("mobile/web/index.html", "<!doctype html>"),
            ("dist/mobile/index.html", ""),
            ("dist/.build/x", ""),
            ("target/app.wasm", ""),
        ] {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        let source = root.join("mobile/src/main.rs");
        fs::write(
            root.join("target/app.d"),
            format!("app.wasm: {}\n", source.display()),
        )
        .unwrap();
        let compiled = Compiled {
            app: "mobile",
            wasm: root.join("target/app.wasm"),
        };
        let built = || {
            let begun = note_the_begin(&places)?;
            remember(
                &places,
                &compiled,
                &[root.join("dist/mobile/index.html")],
                begun,
            )
        };

        assert!(!are_as_built(&places, "mobile"), "never built");
        built().unwrap();
        assert!(are_as_built(&places, "mobile"), "just built");

        fs::write(&source, "fn main() { main() }").unwrap();
        assert!(!are_as_built(&places, "mobile"), "a source changed");
        fs::write(&source, "fn main() {}").unwrap();
        assert!(are_as_built(&places, "mobile"), "and changed back");

        fs::write(root.join("mobile/Cargo.toml"), "[features]").unwrap();
        assert!(!are_as_built(&places, "mobile"), "a manifest changed");
        built().unwrap();

        fs::write(root.join("mobile/web/style.css"), "").unwrap();
        assert!(!are_as_built(&places, "mobile"), "a static file is new");
        built().unwrap();

        let begun = note_the_begin(&places).unwrap();
        let later = begun + std::time::Duration::from_secs(1);
        fs::File::options()
            .append(true)
            .open(&source)
            .unwrap()
            .set_modified(later)
            .unwrap();
        let outputs = [root.join("dist/mobile/index.html")];
        remember(&places, &compiled, &outputs, begun).unwrap();
        assert!(
            !are_as_built(&places, "mobile"),
            "a source changed while it was being built"
        );
        fs::File::options()
            .append(true)
            .open(&source)
            .unwrap()
            .set_modified(begun)
            .unwrap();
        built().unwrap();
        assert!(are_as_built(&places, "mobile"), "built again");

        fs::remove_file(root.join("dist/mobile/index.html")).unwrap();
        assert!(!are_as_built(&places, "mobile"), "a result is gone");
    }
}
