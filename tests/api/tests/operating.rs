//! docs/operating.md is true: its settings, its commands, its copies and its unit, as far as they can be run
//! without being root.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]
#![cfg(unix)]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::json;
use standby_tests::{Role, Server, program_path};
use tempfile::TempDir;

const PAGE: &str = include_str!("../../../docs/operating.md");

/// The blocks of a page in this language.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let begin = format!("```{language}\n");
    let blocks = page.split(&begin).skip(1);
    blocks
        .map(|block| block.split("```").next().unwrap_or_default())
        .collect()
}

/// The only block in this language with these words.
fn block<'a>(language: &str, words: &str) -> &'a str {
    let mut found = blocks(PAGE, language);
    found.retain(|block| block.contains(words));
    assert_eq!(found.len(), 1, "blocks with {words}");
    found[0]
}

/// The settings of the page, by name.
fn settings() -> Vec<(&'static str, &'static str)> {
    let lines = block("ini", "PUBLIC_URL=").lines();
    lines
        .map(|line| line.split_once('=').expect("a setting"))
        .collect()
}

/// The machine that the page is about, where a test may write.
struct Machine {
    server: Server,
    place: TempDir,
}

impl Machine {
    /// With a server by the settings of the page, and what the page calls `standby`.
    async fn new() -> Self {
        let server = Server::start_with(&settings()).await;
        let place = tempfile::tempdir().expect("a folder");
        let machine = Self { server, place };
        fs::create_dir(machine.copies()).expect("a folder for copies");
        fs::write(
            machine.settings_file(),
            machine.here(block("ini", "PUBLIC_URL=")),
        )
        .expect("the settings");
        let script = machine.place.path().join("standby");
        fs::write(&script, machine.here(block("sh", "#!/bin/sh"))).expect("the script");
        fs::set_permissions(script, Permissions::from_mode(0o755)).expect("its mode");
        machine
    }

    fn copies(&self) -> PathBuf {
        self.place.path().join("copies")
    }

    fn settings_file(&self) -> PathBuf {
        self.place.path().join("settings")
    }

    /// What the page says, with the places of this machine, as the user that the test is.
    fn here(&self, words: &str) -> String {
        let path = |path: &Path| path.to_str().expect("a path in UTF-8").to_owned();
        [
            ("/opt/standby/standby", path(&program_path())),
            ("/etc/standby.env", path(&self.settings_file())),
            ("/var/lib/standby", path(self.server.data())),
            ("/var/backups/standby", path(&self.copies())),
            ("runuser -u standby -- ", String::new()),
            ("-o standby -g standby ", String::new()),
            ("sudo ", String::new()),
        ]
        .iter()
        .fold(words.to_owned(), |words, (there, here)| {
            words.replace(there, here)
        })
    }

    /// Types a line of the page, and returns what it prints.
    fn types(&self, line: &str) -> String {
        let place = self.place.path().to_str().expect("a path in UTF-8");
        let shell = Command::new("sh")
            .args(["-c", &self.here(line)])
            .env_clear()
            .env("PATH", format!("{place}:/usr/sbin:/usr/bin:/sbin:/bin"))
            .output()
            .expect("a shell");
        let complained = String::from_utf8_lossy(&shell.stderr);
        assert!(shell.status.success(), "{line}: {complained}");
        String::from_utf8(shell.stdout).expect("UTF-8")
    }
}

/// Every `standby` command of the page, in its blocks and between backticks, in order.
fn commands() -> Vec<&'static str> {
    let starts = PAGE.match_indices("sudo standby ").map(|(at, _)| at);
    starts
        .filter_map(|at| PAGE[at..].split(['\n', '`']).next())
        .collect()
}

#[tokio::test]
async fn every_command_of_the_page_works_with_the_settings_of_the_page() {
    let machine = Machine::new().await;
    let commands = commands();
    assert!(commands.len() >= 7, "{commands:?}");
    for command in commands {
        // What is removed or revoked on the page has to be there, and not as the last admin.
        if command.contains("team remove") {
            machine.types("standby team add --clinic north --name 'Lee' --role CLINIC_ADMIN");
        }
        if command.contains("key revoke") {
            machine
                .types("standby key add --clinic north --role TEAM_MEMBER --name 'Our dashboard'");
        }
        let said = machine.types(command);
        for (begin, link) in [
            ("sudo standby clinic add", "https://standby.example/c/north"),
            ("sudo standby team add", "https://standby.example/console/"),
            ("sudo standby team link", "https://standby.example/console/"),
        ] {
            if command.starts_with(begin) {
                assert!(said.contains(link), "{command}: {said}");
            }
        }
    }
}

#[tokio::test]
async fn a_copy_that_was_made_while_the_server_ran_is_what_it_goes_back_to() {
    let mut machine = Machine::new().await;
    let copy = block("sh", ".backup");
    let restore = block("sh", "-wal");
    machine.server.add_clinic("north");
    let key = machine.server.add_key("north", Role::Reporter);
    machine.types(copy);
    machine.server.add_clinic("south");
    // What is written last stands in the second file.
    machine.server.kill();
    for line in restore.lines().filter(|line| !line.contains("systemctl")) {
        machine.types(line);
    }
    machine.server.start_again().await;
    let listed = machine.server.command(&["clinic", "list"]);
    assert!(
        listed.contains("north") && !listed.contains("south"),
        "{listed}"
    );
    let viewer = "{ viewer { ...on ApiClient { clinic { slug } } } }";
    let data = machine.server.bearer(&key).data(viewer, json!({})).await;
    assert_eq!(
        data["viewer"]["clinic"]["slug"], "north",
        "the key of the server goes with it"
    );
}

#[tokio::test]
async fn what_the_page_says_to_look_at_is_there() {
    let server = Server::start_with(&settings()).await;
    let (_, token) = settings()
        .into_iter()
        .find(|(name, _)| *name == "STANDBY_METRICS_TOKEN")
        .expect("the token of the figures");
    let http = reqwest::Client::new();
    let mut answers = Vec::new();
    for (address, token) in [("/healthz", ""), ("/readyz", ""), ("/metrics", token)] {
        assert!(PAGE.contains(&format!("\n| `{address}` |")), "{address}");
        let asked = http.get(format!("{}{address}", server.origin()));
        let asked = asked.bearer_auth(token).send().await;
        let answer = asked.expect("an answer");
        assert!(answer.status().is_success(), "{address}");
        answers.push(answer.text().await.expect("text"));
    }
    let figures = PAGE.split('`').filter(|word| word.starts_with("standby_"));
    for figure in figures {
        let is_there = answers[2].lines().any(|line| line.starts_with(figure));
        assert!(is_there, "{figure}");
    }
}

#[test]
fn every_setting_of_the_page_is_one_that_the_server_reads() {
    let sample = include_str!("../../../.env.sample");
    for (name, _) in settings() {
        let line = format!("\n# {name}=");
        assert!(sample.contains(&line), "{name}");
    }
}

#[test]
fn systemd_takes_the_unit_of_the_page() {
    let program = program_path();
    let program = program.to_str().expect("a path in UTF-8");
    let unit = block("ini", "[Service]").replace("/opt/standby/standby", program);
    assert!(unit.contains(&format!("ExecStart={program} serve\n")));
    let place = tempfile::tempdir().expect("a folder");
    let file = place.path().join("standby.service");
    fs::write(&file, unit).expect("the unit");
    let verified = Command::new("systemd-analyze")
        .arg("verify")
        .arg(file)
        .output();
    // Not every machine has systemd.
    let Ok(Output { stderr, .. }) = verified else {
        return;
    };
    // It looks at the units beside it as well; what it does not know in one it only passes over.
    let said = String::from_utf8_lossy(&stderr);
    let of_the_unit: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("standby.service"))
        .collect();
    assert!(of_the_unit.is_empty(), "{of_the_unit:#?}");
}

#[test]
fn every_standby_command_of_the_other_pages_is_one_that_standby_knows() {
    let mut typed = 0;
    for page in [
        include_str!("../../../README.md"),
        include_str!("../../../docs/api.md"),
        include_str!("../../../docs/privacy.md"),
    ] {
        let lines = blocks(page, "sh").into_iter().flat_map(str::lines);
        for line in lines {
            let line = line.trim_start_matches("target/debug/");
            let line = line.split("  #").next().unwrap_or_default();
            let Some(arguments) = line.strip_prefix("standby ") else {
                continue;
            };
            // Arguments before `--help` are read; that some are missing is not complained of.
            let ended = Command::new("sh")
                .args(["-c", &format!("exec \"$0\" {arguments} --help")])
                .arg(program_path())
                .output()
                .expect("a shell");
            let complained = String::from_utf8_lossy(&ended.stderr);
            assert!(ended.status.success(), "{line}: {complained}");
            typed += 1;
        }
    }
    assert!(typed >= 7, "{typed}");
}
