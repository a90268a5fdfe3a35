use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use crate::until_within;

/// What of this process's environment the program gets: nothing that could configure it.
const ENVIRONMENT: [&str; 5] = ["PATH", "HOME", "TMPDIR", "LANG", "RUST_BACKTRACE"];

/// How long a command may take that is to end by itself.
const ENDS_WITHIN: Duration = Duration::from_secs(20);

/// How a command ended, and what it said.
#[derive(Debug, Clone)]
pub struct Ended {
    /// The exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to standard output.
    pub said: String,
    /// What it wrote to standard error.
    pub complained: String,
}

impl Ended {
    /// Whether it did what it was told.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.code == Some(0)
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            said: String::from_utf8(output.stdout).expect("the program speaks UTF-8"),
            complained: String::from_utf8(output.stderr).expect("the program speaks UTF-8"),
        }
    }
}

/// Runs `standby` with these arguments and settings, in an environment without any others, until
/// it ends. One that has not ended in time is killed, and the test fails.
pub async fn run_to_the_end(arguments: &[&str], settings: &[(&str, &str)]) -> Ended {
    let mut command = program(arguments.iter().map(OsStr::new));
    command.envs(settings.iter().copied());
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut process = Killed(Some(command.spawn().expect("the program can be started")));
    let sentence = format!("standby {arguments:?} ends");
    until_within(ENDS_WITHIN, &sentence, async || {
        let running = process.0.as_mut()?;
        running.try_wait().expect("its status")
    })
    .await;
    let ended = process.0.take().expect("it was started");
    ended.wait_with_output().expect("what it said").into()
}

/// Runs `standby` with these arguments where nobody reads what it answers, and returns how it ended.
pub fn run_unread(arguments: &[&str]) -> Ended {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = program(arguments.iter().map(OsStr::new));
    let output = command.stdin(Stdio::null()).stdout(writer).output();
    output.expect("the program runs").into()
}

/// A process that does not outlive the test.
struct Killed(Option<std::process::Child>);

impl Drop for Killed {
    fn drop(&mut self) {
        if let Some(mut process) = self.0.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// `standby` with these arguments, in an environment that configures nothing.
pub(crate) fn program<'a>(arguments: impl IntoIterator<Item = &'a OsStr>) -> Command {
    configured_by_nothing(Command::new(program_path()), arguments)
}

/// The same, where the system lets it have no more files and connections open than these.
pub(crate) fn program_with_open_files<'a>(
    arguments: impl IntoIterator<Item = &'a OsStr>,
    most: u32,
) -> Command {
    let mut shell = Command::new("sh");
    shell
        .arg("-c")
        .arg(format!("ulimit -n {most} && exec \"$0\" \"$@\""))
        .arg(program_path());
    configured_by_nothing(shell, arguments)
}

fn configured_by_nothing<'a>(
    mut command: Command,
    arguments: impl IntoIterator<Item = &'a OsStr>,
) -> Command {
    command.args(arguments).env_clear();
    for name in ENVIRONMENT {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}

/// The program that `STANDBY_PROGRAM` names, else the one beside the tests: `target/debug/standby`
/// for `target/debug/deps/some_test-…`.
#[must_use]
pub fn program_path() -> PathBuf {
    if let Some(named) = std::env::var_os("STANDBY_PROGRAM") {
        return named.into();
    }
    let test = std::env::current_exe().expect("the test's own path");
    let program = test
        .ancestors()
        .skip(1)
        .map(|folder| {
            folder
                .join("standby")
                .with_extension(std::env::consts::EXE_EXTENSION)
        })
        .find(|program| program.is_file());
    program.expect("the server is not built; first: cargo build --workspace --all-targets")
}
