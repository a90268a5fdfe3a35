//! The tools that are run.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Error, Result};

use crate::Places;
use crate::app::App;

/// The version of the Dioxus CLI. What is in `mobile/android` and `mobile/ios` was written for what this
/// one makes, and it has to be the version of Dioxus itself.
const DIOXUS_CLI: &str = "0.7.10";

/// The Dioxus CLI. Installs it inside the target folder, where it is in nobody's way, unless it is there.
pub(crate) fn dioxus_cli(places: &Places) -> Result<PathBuf> {
    let root = places.target.join(format!("dioxus-cli-{DIOXUS_CLI}"));
    let program = root.join("bin/dx");
    if !program.is_file() {
        eprintln!("Installing the Dioxus CLI {DIOXUS_CLI}, which takes some minutes");
        let mut cargo = Command::new("cargo");
        cargo
            .args(["install", "--locked", "--quiet", "--features", "disable-telemetry"])
            .arg(format!("dioxus-cli@{DIOXUS_CLI}"))
            .arg("--root")
            .arg(&root)
            // A folder of its own that goes away afterwards.
            .env_remove("CARGO_TARGET_DIR");
        run(cargo)?;
    }
    Ok(program)
}

/// `dx build` for this target, in the app's folder: the CLI reads some of the paths in `Dioxus.toml` from
/// where it runs.
pub(crate) fn dioxus_build(
    places: &Places,
    app: &App,
    system: &str,
    target: &str,
) -> Result<Command> {
    let mut dx = Command::new(dioxus_cli(places)?);
    dx.current_dir(&places.mobile)
        .args(["build", system, "--release"])
        .args(["--package", "standby-mobile", "--features", "shell"])
        .args(["--target", target, "--cargo-args=--locked"])
        .env("CARGO_TARGET_DIR", &places.target)
        // Compiled into the app: the very server whose links it takes.
        .env("STANDBY_SERVER", format!("https://{}", app.host))
        // It fetches no tools by itself, and tells nobody that it runs.
        .env("NO_DOWNLOADS", "1")
        .env("DX_TELEMETRY_ENABLED", "false");
    Ok(dx)
}

/// What the Dioxus CLI has made for this system.
pub(crate) fn dioxus_made(places: &Places, system: &str) -> PathBuf {
    places.target.join("dx/standby-mobile/release").join(system)
}

/// Runs a command; what it says is seen. Fails when it fails.
pub(crate) fn run(mut command: Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command
        .status()
        .with_context(|| format!("cannot run {name}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(Error::msg(format!("{name} failed")))
    }
}

/// What a command says.
pub(crate) fn output(mut command: Command) -> Result<Vec<u8>> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot run {name}"))?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(Error::msg(format!("{name} failed")))
    }
}

/// A setting that is there and not empty.
pub(crate) fn setting(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_of_the_version_of_dioxus_itself() {
        let lock = include_str!("../../Cargo.lock");
        for package in ["dioxus", "dioxus-desktop"] {
            let line = format!("name = \"{package}\"\nversion = \"{DIOXUS_CLI}\"");
            assert!(lock.contains(&line), "{package} is not {DIOXUS_CLI}");
        }
    }
}
