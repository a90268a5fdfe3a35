//! Where a server is killed.

use std::collections::BTreeMap;

use crate::Chance;

/// The system calls that a server is killed at, how often each is drawn, and how far one life gets with it
/// at first sight: the `n` of the n-th such call of a thread. Measured with `strace -f`.
const CALLS: [Call; 6] = [
    Call::new("fsync", 4, 14),
    Call::new("pwrite64", 4, 90),
    Call::new("write", 4, 160),
    Call::new("writev", 3, 8),
    Call::new("recvfrom", 4, 24),
    Call::new("read", 2, 30),
];
/// The reach shrinks to this part when a life has not got there, and grows by its inverse when it has:
/// so about two of three lives get there, early or late.
const SHRINKS_TO: f64 = 0.85;
const GROWS_TO: f64 = 1.07;
const SHORTEST_REACH: f64 = 2.0;
const LONGEST_REACH: f64 = 600.0;

struct Call {
    name: &'static str,
    weight: u64,
    reach: u32,
}

impl Call {
    const fn new(name: &'static str, weight: u64, reach: u32) -> Self {
        Self {
            name,
            weight,
            reach,
        }
    }
}

/// A point in a server's life: as one of its threads enters its `count`-th call of this name.
#[derive(Debug, Clone)]
pub(super) struct Point {
    pub(super) call: &'static str,
    pub(super) count: u64,
}

/// How far lives get, by call.
pub(super) struct Reaches(BTreeMap<&'static str, f64>);

impl Reaches {
    pub(super) fn new() -> Self {
        Self(
            CALLS
                .iter()
                .map(|call| (call.name, call.reach.into()))
                .collect(),
        )
    }

    /// Any call, any count within its reach.
    pub(super) fn draw(&self, chance: &mut Chance) -> Point {
        let all = CALLS.iter().map(|call| call.weight).sum();
        let mut drawn = chance.below(all);
        let call = CALLS.iter().find(|call| {
            let is_it = drawn < call.weight;
            drawn = drawn.saturating_sub(call.weight);
            is_it
        });
        let call = call.expect("below the sum of the weights").name;
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "within the bounds above"
        )]
        let reach = self.0[call] as u64;
        Point {
            call,
            count: 1 + chance.below(reach),
        }
    }

    /// Learns whether a life has got to a point.
    pub(super) fn learn(&mut self, point: &Point, is_hit: bool) {
        if let Some(reach) = self.0.get_mut(point.call) {
            *reach *= if is_hit { GROWS_TO } else { SHRINKS_TO };
            *reach = reach.clamp(SHORTEST_REACH, LONGEST_REACH);
        }
    }
}

/// What the call was at that a server was killed at, by the line that strace wrote of it; `port` is the
/// server's own.
pub(super) fn place(line: &str, port: u16) -> &'static str {
    let own = format!("TCP:[127.0.0.1:{port}->");
    let descriptor = line.split_once('<').map_or("", |(_, after)| after);
    let descriptor = descriptor.split_once(">,").map_or(descriptor, |(it, _)| it);
    let places = [
        ("-wal", "the database's log"),
        ("-shm", "the database's log"),
        (".sqlite", "the database"),
        ("dev-phone", "the dev phone"),
        ("eventfd", "a wake-up"),
        ("UNIX", "a wake-up"),
        (own.as_str(), "who asks"),
        ("/log", "the log"),
        ("TCP:[127.0.0.1:", "Twilio"),
        ("TCP", "a connection that has ended"),
        ("socket:[", "a connection that has ended"),
        ("/", "another file"),
    ];
    let known = places.iter().find(|(sign, _)| descriptor.contains(sign));
    known.map_or("something else", |(_, place)| place)
}
