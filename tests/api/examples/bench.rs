//! Measures a server on this machine and says the figures; ends by itself. `make bench` builds a
//! release build of the server and runs this against it.
//!
//! Each measurement has a server of its own with fresh data, so that none is slowed down by what an
//! earlier one left behind: callers whose screens fall silent are changed 30 s after they arrive.
//! All is over before that. Server and clients share the cores, which is why each rate says how
//! much of them the server had.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "says what it measures, and ends where there is nothing to be measured"
)]

use std::{
    fmt,
    future::Future,
    net::{Ipv4Addr, TcpListener},
    num::NonZero,
    process::Command,
    time::Duration,
};

use serde_json::{Value, json};
use standby_tests::{Asker, Caller, PATIENCE, Role, Server, Staff, program_path};
use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    task::JoinSet,
    time::{Instant, timeout},
};

/// Who ask at the same time, where a rate is measured.
const CLIENTS: u8 = 16;
/// How long a rate is measured.
const FOR: Duration = Duration::from_secs(5);
/// Fewer arrivals than the server takes from one address in an hour (2,000).
const ARRIVALS_FROM_AN_ADDRESS: u32 = 1_900;
/// Callers in the list that is followed; each is joined once.
const LISTED: u32 = 200;
/// Sockets that follow the list.
const SOCKETS: usize = 50;
/// In how many parts a second `/proc` counts processor time: the same on every Linux.
const TICKS_A_SECOND: f64 = 100.0;

#[tokio::main]
async fn main() {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    println!("Server: {}", build());
    println!("Machine: {cores} cores, which the clients of this measurement use as well");
    println!("Data: in {}", std::env::temp_dir().display());

    let (arrivals, memory_of_many) = arrivals().await;
    println!("Arrivals: {arrivals}");
    let commands = commands().await;
    println!("Commands: {commands}");
    let (delivery, memory_of_listed) = delivery().await;
    println!("Delivery: {delivery}");
    println!(
        "Memory: {memory_of_listed} with {LISTED} callers and {SOCKETS} sockets, \
         {memory_of_many} with {} callers",
        arrivals.done
    );
}

/// Which server is measured: its version, how it was built, and where it is.
fn build() -> String {
    let program = program_path();
    let answer = Command::new(&program).arg("--version").output();
    let answer = answer.expect("the server is built").stdout;
    let version = String::from_utf8_lossy(&answer);
    // cargo names the folder for how it builds.
    let built = program.parent().and_then(|folder| folder.file_name());
    let built = built.map_or_else(Default::default, |folder| folder.to_string_lossy());
    format!("{}, {built} build ({})", version.trim(), program.display())
}

/// How much was done in a while.
struct Rate {
    done: u32,
    took: Duration,
    /// What of the processor the server had meanwhile; none where the system does not say.
    processor_time: Option<Duration>,
}

impl fmt::Display for Rate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let took = self.took.as_secs_f64();
        let a_second = f64::from(self.done) / took;
        write!(
            formatter,
            "{a_second:.0} a second ({} by {CLIENTS} clients in {took:.1} s",
            self.done
        )?;
        if let Some(processor_time) = self.processor_time {
            let cores = processor_time.as_secs_f64() / took;
            write!(formatter, "; the server had {cores:.1} cores")?;
        }
        formatter.write_str(")")
    }
}

/// Has each client do one thing after the other for [`FOR`], and at most so many.
async fn rate<Act, Doing>(server: &Server, clients: Vec<Act>, at_most: u32) -> Rate
where
    Act: Fn(u32) -> Doing + Send + 'static,
    Doing: Future<Output = ()> + Send,
{
    let processor_time_before = processor_time(server);
    let begin = Instant::now();
    let mut working = JoinSet::new();
    for act in clients {
        working.spawn(async move {
            let mut done = 0;
            while done < at_most && begin.elapsed() < FOR {
                act(done).await;
                done += 1;
            }
            done
        });
    }
    let done = working.join_all().await.into_iter().sum();
    let took = begin.elapsed();
    let processor_time = processor_time(server)
        .zip(processor_time_before)
        .map(|(after, before)| after.saturating_sub(before));
    Rate {
        done,
        took,
        processor_time,
    }
}

/// Arrivals, and the memory of the server with all who have arrived.
async fn arrivals() -> (Rate, Memory) {
    let server = Server::start().await;
    let at_most = if has_addresses() {
        ARRIVALS_FROM_AN_ADDRESS
    } else {
        ARRIVALS_FROM_AN_ADDRESS / u32::from(CLIENTS)
    };
    let clients = (0..CLIENTS).map(|client| {
        let asker = server
            .anonymous()
            .keeping_a_connection_from(address(client));
        let first = u32::from(client) * at_most;
        move |count| {
            let asker = asker.clone();
            async move { drop(arrive(&asker, first + count).await) }
        }
    });
    let rate = rate(&server, clients.collect(), at_most).await;
    let memory = Memory::of(&server);
    (rate, memory)
}

/// Commands of staff, each client with a caller of its own.
async fn commands() -> Rate {
    let server = Server::start().await;
    let staff = server.staff(Role::TeamMember).await;
    let mut clients = Vec::new();
    for client in 0..CLIENTS {
        let caller = arrive(&server.anonymous(), client.into()).await;
        staff.attended("joinCaller", &caller).await;
        let staff = Staff {
            asker: staff.asker.keeping_a_connection_from(address(client)),
            clinic: staff.clinic.clone(),
        };
        clients.push(move |count: u32| {
            let (staff, caller) = (staff.clone(), caller.clone());
            let command = if count.is_multiple_of(2) {
                "holdCaller"
            } else {
                "joinCaller"
            };
            async move { drop(staff.attended(command, &caller).await) }
        });
    }
    rate(&server, clients, u32::MAX).await
}

/// How long it takes from sending a command until the last of all sockets has what it changed; and
/// the memory of the server with all of them.
async fn delivery() -> (Delays, Memory) {
    let server = Server::start_with(&[("STANDBY_CONNECTIONS", "staff=50")]).await;
    let mut staff = server.staff(Role::TeamMember).await;
    staff.asker = staff.asker.keeping_a_connection_from(Ipv4Addr::LOCALHOST);
    let mut callers = Vec::new();
    for number in 0..LISTED {
        callers.push(arrive(&staff.asker, number).await);
    }

    let (told, mut telling) = unbounded_channel();
    // Dropped at the end, and with it those who read.
    let mut reading = JoinSet::new();
    for _ in 0..SOCKETS {
        let mut follower = staff.follow(None).await;
        let snapshot = follower.next().await;
        assert_eq!(snapshot.callers.len(), callers.len(), "everyone is listed");
        let told = told.clone();
        reading.spawn(async move { while told.send(follower.next_unread().await).is_ok() {} });
    }

    let mut delays = Vec::new();
    for caller in &callers {
        let sent = Instant::now();
        let payload = staff.attended("joinCaller", caller).await;
        let last = timeout(PATIENCE, last_told(&mut telling, &payload["caller"])).await;
        let last = last.expect("every socket is told in time");
        delays.push(last.duration_since(sent));
    }
    delays.sort_unstable();
    (Delays(delays), Memory::of(&server))
}

/// When the last socket was told that this caller is as it now is.
///
/// Nothing is read before all of them may have been told: they share the cores with those who read.
async fn last_told(telling: &mut UnboundedReceiver<(Instant, String)>, now: &Value) -> Instant {
    let mut times = Vec::new();
    while times.len() < SOCKETS {
        let mut told = Vec::new();
        while told.len() < SOCKETS - times.len() {
            told.push(telling.recv().await.expect("somebody follows"));
        }
        for (time, text) in told {
            let message: Value = serde_json::from_str(&text).expect("the server speaks JSON");
            let caller = &message["payload"]["data"]["waitingAreaChanged"]["caller"];
            if caller["id"] == now["id"] && caller["version"] == now["version"] {
                times.push(time);
            }
        }
    }
    times.into_iter().max().expect("there are sockets")
}

/// Delays, in ascending order.
struct Delays(Vec<Duration>);

impl Delays {
    /// The delay that so many of a hundred do not exceed.
    fn percentile(&self, percent: usize) -> Duration {
        let rank = (self.0.len() * percent).div_ceil(100);
        self.0[rank.saturating_sub(1)]
    }
}

impl fmt::Display for Delays {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = |percent| self.percentile(percent).as_secs_f64() * 1000.0;
        write!(
            formatter,
            "{:.1} ms median, {:.1} ms 99th percentile, from sending a command until all {SOCKETS} \
             sockets have its change ({} commands, {LISTED} callers listed)",
            milliseconds(50),
            milliseconds(99),
            self.0.len()
        )
    }
}

/// Has somebody arrive at the demo clinic, and returns the caller's id. Different numbers are
/// different callers; some share a phone number.
async fn arrive(asker: &Asker, number: u32) -> String {
    let mut input = Caller::arrival("demo", number % 10_000);
    input["idempotencyKey"] = json!(format!("arrival {number}"));
    let selection = "token caller { id status position { place } }";
    let entered = asker.accepted("enterWaitingArea", input, selection).await;
    entered["caller"]["id"].as_str().expect("an id").to_owned()
}

/// Where a client asks from: one of its own where there is more than one address.
fn address(client: u8) -> Ipv4Addr {
    if has_addresses() {
        Ipv4Addr::new(127, 0, 0, client + 2)
    } else {
        Ipv4Addr::LOCALHOST
    }
}

/// Whether all of `127.0.0.0/8` is this machine, as on Linux.
fn has_addresses() -> bool {
    TcpListener::bind((Ipv4Addr::new(127, 0, 0, CLIENTS + 1), 0)).is_ok()
}

/// Resident memory in kB; none where the system does not say.
struct Memory(Option<u32>);

impl Memory {
    fn of(server: &Server) -> Self {
        let figure = of_process(server, "status").and_then(|status| {
            let line = status
                .lines()
                .find_map(|line| line.strip_prefix("VmRSS:"))?;
            line.split_whitespace().next()?.parse().ok()
        });
        Self(figure)
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(kilobytes) => write!(formatter, "{:.0} MiB", f64::from(kilobytes) / 1024.0),
            None => formatter.write_str("unknown on this system"),
        }
    }
}

/// The processor time that the server has had; none where the system does not say.
fn processor_time(server: &Server) -> Option<Duration> {
    let figures = of_process(server, "stat")?;
    // The name before it, in brackets, may have spaces; `utime` and `stime` are fields 14 and 15.
    let (_, after_name) = figures.rsplit_once(')')?;
    let mut ticks = after_name.split_whitespace().skip(11);
    let ticks: u32 = ticks.next()?.parse::<u32>().ok()? + ticks.next()?.parse::<u32>().ok()?;
    Some(Duration::from_secs_f64(f64::from(ticks) / TICKS_A_SECOND))
}

/// What Linux says about the server's process.
fn of_process(server: &Server, file: &str) -> Option<String> {
    std::fs::read_to_string(format!("/proc/{}/{file}", server.process_id()?)).ok()
}
