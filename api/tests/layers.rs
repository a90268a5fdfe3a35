//! One direction inside: `http` and `graphql` know `app`, `app` knows `domain` and `ports`, and the
//! `adapters` are known to nobody but `main` and `serve`, which put everything together.
//!
//! A file that names what its layer must not know fails here, with its line. What is read are the
//! paths a file names (`tokio::spawn`, `crate::adapters`), also those within `use a::{b, c};`;
//! comments and texts may say what they like.

#![allow(
    clippy::unwrap_used,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

use std::path::{Path, PathBuf};

/// A layer and what its files must not name. One word is a crate, module or type wherever it stands;
/// what begins with `crate::` is a part of this crate.
struct Layer {
    name: &'static str,
    must_not_name: &'static [&'static str],
}

const LAYERS: [Layer; 5] = [
    // Pure: no input or output, no clock, no chance.
    Layer {
        name: "domain",
        must_not_name: &[
            "async_graphql",
            "async_trait",
            "axum",
            "diesel",
            "diesel_async",
            "futures_util",
            "getrandom",
            "jiff",
            "rand",
            "reqwest",
            "tokio",
            "tracing",
            "twilio",
            "std::env",
            "std::fs",
            "std::io",
            "std::net",
            "std::process",
            "std::thread",
            "Instant",
            "SystemTime",
            "crate::adapters",
            "crate::app",
            "crate::graphql",
            "crate::http",
            "crate::ports",
        ],
    },
    Layer {
        name: "ports",
        must_not_name: &[
            "async_graphql",
            "axum",
            "diesel",
            "diesel_async",
            "crate::adapters",
            "crate::app",
            "crate::graphql",
            "crate::http",
        ],
    },
    Layer {
        name: "app",
        must_not_name: &[
            "async_graphql",
            "axum",
            "diesel",
            "diesel_async",
            "crate::adapters",
            "crate::graphql",
            "crate::http",
        ],
    },
    Layer {
        name: "graphql",
        must_not_name: &["diesel", "diesel_async", "crate::adapters"],
    },
    Layer {
        name: "http",
        must_not_name: &["diesel", "diesel_async", "crate::adapters"],
    },
];

#[test]
fn no_file_names_what_its_layer_must_not_know() {
    let mut found = Vec::new();
    for layer in &LAYERS {
        for file in files_of(layer.name) {
            let source = std::fs::read_to_string(&file).unwrap();
            for named in what_it_must_not_name(&source, layer) {
                found.push(format!("{} names {named}", file.display()));
            }
        }
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn every_layer_has_files_to_look_at() {
    for layer in &LAYERS {
        assert!(!files_of(layer.name).is_empty(), "{}", layer.name);
    }
}

/// `src/<layer>.rs` and all under `src/<layer>/`.
fn files_of(layer: &str) -> Vec<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    let mut folders = vec![source.join(layer)];
    let file = source.join(layer).with_extension("rs");
    files.extend(file.is_file().then_some(file));
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files
}

/// Each thing a source names against its layer's rule, with its line.
fn what_it_must_not_name(source: &str, layer: &Layer) -> Vec<String> {
    let mut found = Vec::new();
    for (line, path) in paths(&words(source)) {
        // From within a layer, `super` may lead as far as the crate itself.
        let leaves = path
            .iter()
            .take_while(|part| ["crate", "super", "self"].contains(&part.as_str()));
        let within_crate = leaves.count();
        for rule in layer.must_not_name {
            let parts: Vec<&str> = rule.split("::").collect();
            let is_named = match parts.as_slice() {
                ["crate", part] => {
                    within_crate > 0 && path.get(within_crate).is_some_and(|p| p == part)
                }
                parts => path.windows(parts.len()).any(|window| window == parts),
            };
            if is_named {
                found.push(format!("{rule} in line {line}"));
            }
        }
    }
    found
}

/// A word of Rust, as far as paths need it, and its line.
#[derive(Debug, PartialEq, Eq)]
struct Word {
    line: usize,
    is: Is,
}

#[derive(Debug, PartialEq, Eq)]
enum Is {
    Name(String),
    /// `::`
    Into,
    Open,
    Close,
    Comma,
    Other,
}

/// The words of a source, without comments, texts, characters and lifetimes.
fn words(source: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let (mut rest, mut line) = (source, 1);
    while let Some(first) = rest.chars().next() {
        let length = skipped(rest);
        if length > 0 {
            line += rest[..length].matches('\n').count();
            rest = &rest[length..];
            continue;
        }
        let name = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        let (is, length) = match first {
            _ if name > 0 => (Is::Name(rest[..name].to_owned()), name),
            ':' if rest.starts_with("::") => (Is::Into, 2),
            '{' => (Is::Open, 1),
            '}' => (Is::Close, 1),
            ',' => (Is::Comma, 1),
            _ => (Is::Other, first.len_utf8()),
        };
        if !first.is_whitespace() {
            words.push(Word { line, is });
        }
        line += usize::from(first == '\n');
        rest = &rest[length..];
    }
    words
}

/// How many bytes of a comment, a text, a character or a lifetime `rest` begins with.
fn skipped(rest: &str) -> usize {
    let through = |from: usize, end: &str| {
        rest[from..]
            .find(end)
            .map_or(rest.len(), |place| from + place + end.len())
    };
    if rest.starts_with("//") {
        return through(2, "\n");
    }
    if rest.starts_with("/*") {
        return through(2, "*/");
    }
    let raw = rest.strip_prefix('b').unwrap_or(rest);
    let hashes = raw
        .strip_prefix('r')
        .map(|raw| raw.len() - raw.trim_start_matches('#').len());
    if let Some(hashes) = hashes
        && raw[1 + hashes..].starts_with('"')
    {
        let begin = rest.len() - raw.len() + hashes + 2;
        return through(begin, &format!("\"{}", "#".repeat(hashes)));
    }
    if let Some(text) = rest.strip_prefix('"') {
        let mut is_escaped = false;
        let end = text.find(|character| {
            let is_end = character == '"' && !is_escaped;
            is_escaped = character == '\\' && !is_escaped;
            is_end
        });
        return end.map_or(rest.len(), |end| end + 2);
    }
    let Some(character) = rest.strip_prefix('\'') else {
        return 0;
    };
    let name = character
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(character.len());
    if character.starts_with('\\') {
        return through(3, "'");
    }
    if name > 0 && !character[name..].starts_with('\'') {
        // A lifetime.
        return 1 + name;
    }
    through(1 + character.chars().next().map_or(0, char::len_utf8), "'")
}

/// The paths among the words: `a::b` and, of `a::{b, c::d}`, `a::b` and `a::c::d`.
fn paths(words: &[Word]) -> Vec<(usize, Vec<String>)> {
    let mut paths = Vec::new();
    // What the groups that are open have before them; a block has nothing.
    let mut before: Vec<Vec<String>> = vec![Vec::new()];
    let mut path: Option<Vec<String>> = None;
    for (place, word) in words.iter().enumerate() {
        let goes_on = place > 0 && words[place - 1].is == Is::Into;
        match &word.is {
            Is::Name(name) => {
                let outer = || before.last().cloned().unwrap_or_default();
                let mut longer = if goes_on {
                    path.take().unwrap_or_default()
                } else {
                    outer()
                };
                longer.push(name.clone());
                let next = words.get(place + 1..place + 3);
                let leads_on = next.is_some_and(|next| {
                    next[0].is == Is::Into && matches!(next[1].is, Is::Name(_) | Is::Open)
                });
                if !leads_on {
                    paths.push((word.line, longer.clone()));
                }
                path = Some(longer);
            }
            Is::Open => before.push(if goes_on {
                path.take().unwrap_or_default()
            } else {
                Vec::new()
            }),
            Is::Close => {
                before.pop();
                path = None;
            }
            Is::Into => {}
            Is::Comma | Is::Other => path = None,
        }
    }
    paths
}

#[cfg(test)]
mod checker {
    use super::{LAYERS, what_it_must_not_name};

    fn found_in(layer: &str, source: &str) -> Vec<String> {
        let layer = LAYERS.iter().find(|known| known.name == layer).unwrap();
        what_it_must_not_name(source, layer)
    }

    #[test]
    fn it_finds_each_way_to_name_what_must_not_be_named() {
        for (layer, source, rule) in [
            ("domain", "use tokio::sync::Notify;", "tokio"),
            ("domain", "async fn f() { ::tokio::select! {} }", "tokio"),
            (
                "domain",
                "#[derive(async_graphql::Enum)] enum A {}",
                "async_graphql",
            ),
            (
                "domain",
                "fn f() { let _ = std::fs::read(\"a\"); }",
                "std::fs",
            ),
            (
                "domain",
                "use std::{collections::HashMap, net::{IpAddr, Ipv4Addr}};",
                "std::net",
            ),
            ("domain", "use std::{\n    fmt,\n    fs,\n};", "std::fs"),
            (
                "domain",
                "use std::time::{Duration, SystemTime};",
                "SystemTime",
            ),
            ("domain", "fn f(at: Instant) {}", "Instant"),
            ("domain", "use tokio::*;", "tokio"),
            ("domain", "let n = rand::random::<u8>();", "rand"),
            (
                "domain",
                "fn f<'a>(a: &'a str) -> axum::Json<&'a str> {}",
                "axum",
            ),
            (
                "ports",
                "use crate::{adapters::sqlite, domain};",
                "crate::adapters",
            ),
            ("ports", "use super::super::app::App;", "crate::app"),
            ("ports", "fn f() -> crate :: http :: Door {}", "crate::http"),
            ("app", "use diesel::prelude::*;", "diesel"),
            ("app", "use crate::{ports, adapters};", "crate::adapters"),
            (
                "graphql",
                "type Store = crate::adapters::Sqlite;",
                "crate::adapters",
            ),
            (
                "http",
                "let quote = '\"'; diesel::insert_into(table);",
                "diesel",
            ),
            (
                "http",
                "/* a */ r#\"text\"#; use crate::adapters;",
                "crate::adapters",
            ),
        ] {
            let found = found_in(layer, source);
            let is_found = found
                .iter()
                .any(|named| named.starts_with(&format!("{rule} in line")));
            assert!(is_found, "{layer}: {source}: {found:?}");
        }
    }

    #[test]
    fn it_says_the_line() {
        assert_eq!(
            found_in("app", "// one\n\nuse axum::Json;\n"),
            ["axum in line 3"]
        );
    }

    #[test]
    fn it_lets_pass_what_only_looks_alike() {
        for (layer, source) in [
            (
                "domain",
                "// tokio, axum and std::fs\n/* diesel */ //! twilio",
            ),
            (
                "domain",
                r##"let text = "use tokio; \" std::fs"; let raw = r#"diesel " axum"#;"##,
            ),
            (
                "domain",
                "use std::collections::HashMap; fn randomness(instant: Timestamp) {}",
            ),
            (
                "domain",
                "fn f<'tokio>(a: &'tokio str, b: char) { if b == '\\'' || b == 'a' {} }",
            ),
            (
                "domain",
                "use super::time::{Span, Timestamp}; struct App { app: u8, http: u8 }",
            ),
            (
                "ports",
                "use crate::domain::{time, text}; use tokio::sync::broadcast;",
            ),
            (
                "app",
                "use crate::ports::store::Store; let http = 1; axumlike();",
            ),
            (
                "http",
                "use axum::http::HeaderMap; use crate::app::App; use axum::{http, routing};",
            ),
            ("graphql", "use crate::domain; use async_graphql::Object;"),
        ] {
            assert_eq!(
                found_in(layer, source),
                Vec::<String>::new(),
                "{layer}: {source}"
            );
        }
    }
}
