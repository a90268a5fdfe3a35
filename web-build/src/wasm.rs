//! From a crate to one small script and one small WebAssembly module.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Error, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::{Places, inputs::content_hash};

/// What rustc's WebAssembly target emits since 1.87, and every browser of the last years runs.
/// Named one by one: wasm-opt would otherwise refuse the module, and with all features on it writes
/// what Chromium rejects.
const WASM_FEATURES: [&str; 7] = [
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// An app as the compiler left it.
pub(crate) struct Compiled {
    pub(crate) app: &'static str,
    /// The module; the list of the sources it was made from lies beside it with the ending `d`.
    pub(crate) wasm: PathBuf,
}

/// An app as a browser runs it.
pub(crate) struct Shrunk {
    pub(crate) app: &'static str,
    /// The module.
    pub(crate) wasm: Vec<u8>,
    /// The script that starts it: it asks for the module named [`WASM_NAME`] beside itself.
    pub(crate) script: String,
}

/// How the script calls its module until both have got their names.
pub(crate) const WASM_NAME: &str = "app-module-without-a-name-yet.wasm";

/// Compiles all the apps in one go: they share nearly all of what they are made of.
pub(crate) fn compile(places: &Places, apps: &[&'static str]) -> Result<Vec<Compiled>> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(&places.root)
        .args([
            "build",
            "--profile",
            "web",
            "--target",
            "wasm32-unknown-unknown",
        ])
        .args(["--bins", "--message-format", "json-render-diagnostics"])
        .stderr(Stdio::inherit());
    // The places of panics are in the module. They need not tell on whose machine it was built, and
    // without that the same sources give the same bytes everywhere.
    if let Some(home) = cargo_home() {
        let flag = format!("--remap-path-prefix={}=cargo", home.display());
        cargo.arg("--config").arg(format!(
            "target.wasm32-unknown-unknown.rustflags=[{}]",
            serde_json::Value::from(flag)
        ));
    }
    for app in apps {
        cargo.args(["--package", &format!("standby-{app}")]);
    }
    let output = cargo.output().context("cannot run cargo")?;
    if !output.status.success() {
        return Err(Error::msg(
            "the apps do not compile for the browser; see above",
        ));
    }
    let modules = modules_in_messages(&output.stdout);
    apps.iter()
        .map(|app| {
            let wasm = modules
                .iter()
                .find(|(package, _)| package.contains(&format!("standby-{app}")))
                .map(|(_, wasm)| wasm.clone())
                .ok_or_else(|| Error::msg(format!("the crate standby-{app} has no program")))?;
            Ok(Compiled { app, wasm })
        })
        .collect()
}

/// Where cargo keeps the sources of other people's crates.
fn cargo_home() -> Option<PathBuf> {
    let named = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    named.or_else(|| Some(std::env::home_dir()?.join(".cargo")))
}

/// Package and module of each program that cargo says it built.
fn modules_in_messages(messages: &[u8]) -> Vec<(String, PathBuf)> {
    messages
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<serde_json::Value>(line).ok())
        .filter(|message| message["reason"] == "compiler-artifact")
        .filter_map(|message| {
            let is_program = message["target"]["kind"]
                .as_array()?
                .iter()
                .any(|kind| kind == "bin");
            let package = message["package_id"].as_str()?.to_owned();
            let wasm = message["filenames"]
                .as_array()?
                .iter()
                .filter_map(serde_json::Value::as_str)
                .map(PathBuf::from)
                .find(|file| file.extension() == Some(OsStr::new("wasm")))?;
            is_program.then_some((package, wasm))
        })
        .collect()
}

/// Gives the app its script and shrinks both. The slow part of a build, so its result is kept until
/// the module changes: a new style sheet costs no new module.
pub(crate) fn shrink(places: &Places, compiled: &Compiled) -> Result<Shrunk> {
    let app = compiled.app;
    let module = fs::read(&compiled.wasm)
        .with_context(|| format!("cannot read the module {}", compiled.wasm.display()))?;
    let kept = places.memory.join(app);
    let work = kept.join(content_hash(&module));
    let script = work.join("finished.js");
    let wasm = work.join("finished.wasm");
    if !script.is_file() || !wasm.is_file() {
        // Only the newest is kept: each is several megabytes.
        let _ = fs::remove_dir_all(&kept);
        fs::create_dir_all(&work)
            .with_context(|| format!("cannot make the folder {}", work.display()))?;
        bind(compiled, &work)?;
        run(
            Command::new("node")
                .arg(places.npm.join("binaryen/bin/wasm-opt"))
                .arg("-Oz")
                .args(WASM_FEATURES)
                .arg(work.join("app_bg.wasm"))
                .arg("-o")
                .arg(&wasm),
            "wasm-opt",
        )?;
        let entry = work.join("entry.js");
        let words = format!(
            "import init from './app.js';\n\
             const started = init({{ module_or_path: new URL('{WASM_NAME}', import.meta.url) }});\n\
             export default () => started;\n"
        );
        fs::write(&entry, words).context("cannot write the script that starts the app")?;
        // Under another name first, so that a build cut short here is not taken for a finished one.
        let bundled = work.join("bundled.js");
        bundle(places, &entry, &bundled)?;
        fs::rename(&bundled, &script).context("cannot keep the script")?;
    }
    Ok(Shrunk {
        app,
        wasm: fs::read(&wasm).context("cannot read the finished module")?,
        script: fs::read_to_string(&script).context("cannot read the finished script")?,
    })
}

/// wasm-bindgen: the module that JavaScript can start, `app_bg.wasm`, and the JavaScript that does,
/// `app.js`.
fn bind(compiled: &Compiled, folder: &Path) -> Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(&compiled.wasm)
        .out_name("app")
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .omit_default_module_path(true)
        .web(true)
        .and_then(|bindgen| bindgen.generate(folder))
        .with_context(|| format!("wasm-bindgen cannot work on {}", compiled.app))
}

/// One script out of the many small ones that the crates bring along: one request instead of ten.
fn bundle(places: &Places, entry: &Path, out: &Path) -> Result<()> {
    run(
        esbuild(places)
            .arg(entry)
            .args([
                "--bundle",
                "--format=esm",
                "--target=es2022",
                "--legal-comments=none",
            ])
            .arg(format!("--outfile={}", out.display())),
        "esbuild",
    )
}

/// Makes a style sheet or a script smaller without changing what it does.
pub(crate) fn minify(places: &Places, file: &Path) -> Result<String> {
    let output = esbuild(places)
        .arg(file)
        .args(["--target=es2022", "--legal-comments=none"])
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run esbuild")?;
    if !output.status.success() {
        return Err(Error::msg(format!(
            "esbuild cannot read {}; see above",
            file.display()
        )));
    }
    String::from_utf8(output.stdout).context("esbuild wrote what is no text")
}

fn esbuild(places: &Places) -> Command {
    let mut command = Command::new(places.npm.join("esbuild/bin/esbuild"));
    command.args(["--minify", "--log-level=warning"]);
    command
}

/// Runs a program to its end and fails when it does.
pub(crate) fn run(command: &mut Command, name: &str) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot run {name}; is Node installed?"))?;
    if status.success() {
        Ok(())
    } else {
        Err(Error::msg(format!("{name} failed; see above")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_cargos_messages_only_programs_for_the_browser_count() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","package_id":"path+file:///p/client#standby-client@0.1.0","target":{"kind":["lib"]},"filenames":["/t/libstandby_client.rlib"]}"#,
            "\n",
            r#"{"reason":"compiler-artifact","package_id":"path+file:///p/mobile#standby-mobile@0.1.0","target":{"kind":["bin"]},"filenames":["/t/mobile.js","/t/mobile.wasm"]}"#,
            "\nnot a message\n",
            r#"{"reason":"build-finished","success":true}"#,
        );
        let modules = modules_in_messages(messages.as_bytes());
        assert_eq!(modules.len(), 1);
        assert!(modules[0].0.contains("standby-mobile"));
        assert_eq!(modules[0].1, PathBuf::from("/t/mobile.wasm"));
    }
}
