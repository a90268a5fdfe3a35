//! One life of the server, from its start to a sudden end.

use std::fs::{self, File, OpenOptions};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use reqwest::Client;
use tokio::time::{Instant, sleep, timeout};

use super::point::{Point, place};
use crate::server::FIGURES_KEPT_FOR;
use crate::until_within;

/// What of this process's environment the program gets: nothing that could configure it.
const ENVIRONMENT: [&str; 4] = ["PATH", "HOME", "TMPDIR", "LANG"];
/// How long a start may take.
const STARTS_WITHIN: Duration = Duration::from_secs(30);
/// How long strace may take to write down what it has seen.
const WRITTEN_WITHIN: Duration = Duration::from_secs(30);
/// Between two looks at whether it serves, or lives.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// How long it may take to say how many texts wait.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);
const SIGKILL: i32 = 9;

/// The program, and what it is given in each of its lives.
pub(super) struct Program {
    pub(super) path: PathBuf,
    pub(super) port: u16,
    /// For the data, the log and what strace writes.
    pub(super) folder: PathBuf,
    pub(super) settings: Vec<(String, String)>,
    http: Client,
}

impl Program {
    pub(super) fn new(
        path: &Path,
        port: u16,
        folder: &Path,
        settings: Vec<(String, String)>,
    ) -> Self {
        // A connection for each request: one that is kept would outlive the server.
        let http = Client::builder()
            .pool_max_idle_per_host(0)
            .timeout(ANSWERS_WITHIN);
        Self {
            path: path.to_owned(),
            port,
            folder: folder.to_owned(),
            settings,
            http: http.build().expect("a client"),
        }
    }

    pub(super) fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(super) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// All that it has logged.
    pub(super) fn logged(&self) -> String {
        fs::read_to_string(self.log()).unwrap_or_default()
    }

    /// The end of it, which may tell why something failed.
    fn logged_last(&self) -> String {
        let log = self.logged();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }

    /// How many texts are on their way; none when it does not say.
    pub(super) async fn texts_waiting(&self) -> Option<u64> {
        let figures = self.get("/metrics").await?.text().await.ok()?;
        let figure = figures
            .lines()
            .find_map(|line| line.strip_prefix("standby_texts_waiting "));
        figure?.parse().ok()
    }

    async fn get(&self, path: &str) -> Option<reqwest::Response> {
        let address = format!("{}{path}", self.origin());
        let answer = self.http.get(address).send().await.ok()?;
        answer.status().is_success().then_some(answer)
    }

    /// Starts it, to be killed at a point or to live.
    pub(super) fn begin(self: &Arc<Self>, point: Option<&Point>) -> Life {
        let trace = self.folder.join("trace");
        let mut command = match point {
            None => Command::new(&self.path),
            Some(Point { call, count }) => {
                // What strace wrote of the life before.
                let _ = fs::remove_file(&trace);
                let mut strace = Command::new("strace");
                // -D: strace stands aside, and the server is this process's own child. Not with
                // --seccomp-bpf, though it is faster: its stops let no signal through (strace 6.1).
                strace.args(["-D", "-f", "-qq", "-yy", "-s", "0", "-e"]);
                strace.arg(format!("trace={call}")).arg("-e");
                strace.arg(format!("inject={call}:signal=SIGKILL:when={count}"));
                strace.arg("-o").arg(&trace).arg(&self.path);
                strace
            }
        };
        let mut options = OpenOptions::new();
        let log = options.create(true).append(true).open(self.log());
        command
            .args([
                "serve",
                "--listen",
                &format!("127.0.0.1:{}", self.port),
                "--data",
            ])
            .arg(self.data())
            .env_clear()
            .env("STANDBY_LOG", "warn")
            // Every caller is looked at by one of staff in a moment, which nobody does who uses it.
            .env("STANDBY_RATE_LIMITS", "off")
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log.map_or_else(|_| Stdio::null(), <Stdio as From<File>>::from));
        for name in ENVIRONMENT {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        let process = command
            .spawn()
            .expect("the server and strace can be started; on Debian: apt-get install strace");
        Life {
            program: Arc::clone(self),
            process,
            trace,
            is_over: false,
        }
    }
}

/// A server that lives, or has been killed.
pub(super) struct Life {
    program: Arc<Program>,
    process: Child,
    trace: PathBuf,
    is_over: bool,
}

impl Life {
    /// Waits until it serves; false when it was killed before.
    pub(super) async fn is_ready(&mut self) -> bool {
        let deadline = Instant::now() + STARTS_WITHIN;
        loop {
            if self.is_over() {
                return false;
            }
            if self.program.get("/readyz").await.is_some() {
                return true;
            }
            assert!(
                Instant::now() < deadline,
                "the server does not start:\n{}",
                self.program.logged_last()
            );
            sleep(LOOK_EVERY).await;
        }
    }

    /// Whether it has been killed, at its point.
    pub(super) fn is_over(&mut self) -> bool {
        if self.is_over {
            return true;
        }
        let Some(status) = self.process.try_wait().expect("its status") else {
            return false;
        };
        assert_eq!(
            status.signal(),
            Some(SIGKILL),
            "the server ended by itself:\n{}",
            self.program.logged_last()
        );
        self.is_over = true;
        true
    }

    /// Waits until no text is on its way, it is over, or the time is.
    pub(super) async fn until_settled(&mut self, patience: Duration) {
        let settled = async {
            let asked = Instant::now();
            while !self.is_over()
                && (self.program.texts_waiting().await != Some(0)
                    || asked.elapsed() <= FIGURES_KEPT_FOR)
            {
                sleep(LOOK_EVERY * 4).await;
            }
        };
        let _ = timeout(patience, settled).await;
    }

    /// Which call it was killed at, by what strace wrote of it.
    pub(super) async fn killed_at(&self) -> &'static str {
        let line = until_within(WRITTEN_WITHIN, "strace says where it killed", async || {
            let written = fs::read_to_string(&self.trace).ok()?;
            let mut lines = written.lines().rev();
            let is_whole = lines
                .clone()
                .any(|line| line.contains("+++ killed by SIGKILL"));
            let line = lines.find(|line| line.contains('(') && !line.contains("+++"));
            is_whole.then(|| line.unwrap_or_default().to_owned())
        });
        place(&line.await, self.program.port)
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        if !self.is_over {
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
    }
}
