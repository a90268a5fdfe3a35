use std::collections::BTreeMap;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{CALLER, Socket};

/// Something that somebody who follows a waiting area was told.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// `WaitingAreaSnapshot`, `CallerArrived`, `CallerChanged` or `CallerEnded`.
    pub kind: String,
    /// The version of the waiting area.
    pub version: i64,
    /// The caller it is about; of a snapshot, all of them.
    pub callers: Vec<Value>,
    /// The message as it came over the wire.
    pub text: String,
}

/// Somebody who follows a waiting area: `waitingAreaChanged` on a socket of its own.
pub struct Follower {
    socket: Socket,
}

impl Follower {
    pub(crate) async fn new(mut socket: Socket, clinic: &str, after: Option<i64>) -> Self {
        let query = format!(
            "subscription ($clinic: ID!, $after: Int) {{ \
             waitingAreaChanged(clinicId: $clinic, afterVersion: $after) {{ __typename \
             ...on WaitingAreaSnapshot {{ version callers {{ {CALLER} }} }} \
             ...on CallerArrived {{ version caller {{ {CALLER} }} }} \
             ...on CallerChanged {{ version caller {{ {CALLER} }} }} \
             ...on CallerEnded {{ version caller {{ {CALLER} }} }} }} }}"
        );
        let variables = json!({ "clinic": clinic, "after": after });
        socket.subscribe("1", &query, variables).await;
        Self { socket }
    }

    /// The next thing it is told.
    pub async fn next(&mut self) -> Change {
        let (mut data, text) = self.socket.next_data_and_text().await;
        let event = &mut data["waitingAreaChanged"];
        let callers = match event["callers"].take() {
            Value::Array(callers) => callers,
            _ => vec![event["caller"].take()],
        };
        Change {
            kind: event["__typename"].as_str().expect("a kind").to_owned(),
            version: event["version"].as_i64().expect("a version"),
            callers,
            text,
        }
    }

    /// The next thing it is told, as it came over the wire, and when it came: for who measures, as
    /// reading it takes a while of its own.
    pub async fn next_unread(&mut self) -> (Instant, String) {
        self.socket.next_unread().await
    }

    /// All that it is told, up to this version.
    pub async fn until_version(&mut self, version: i64) -> Vec<Change> {
        let mut told = Vec::new();
        loop {
            let change = self.next().await;
            let is_last = change.version >= version;
            told.push(change);
            if is_last {
                return told;
            }
        }
    }
}

/// The waiting area as somebody has it who only follows: a list made of a snapshot and the changes
/// after it.
#[derive(Debug, Default)]
pub struct Replica {
    version: i64,
    callers: BTreeMap<(i64, String), Value>,
}

impl Replica {
    /// Takes something in that came; it must be what comes next.
    pub fn take(&mut self, change: &Change) {
        if change.kind == "WaitingAreaSnapshot" {
            self.callers.clear();
        } else {
            assert_eq!(
                change.version,
                self.version + 1,
                "once, in order, without a gap"
            );
        }
        self.version = change.version;
        for caller in &change.callers {
            let id = caller["id"].as_str().expect("an id").to_owned();
            let place = (caller["arrivalNumber"].as_i64().expect("a number"), id);
            let is_older = |known: &Value| known["version"].as_i64() > caller["version"].as_i64();
            assert!(
                !self.callers.get(&place).is_some_and(is_older),
                "an older caller after a newer one: {change:?}"
            );
            let status = caller["status"].as_str().expect("a status");
            if matches!(status, "COMPLETED" | "LEFT" | "CANCELLED") {
                self.callers.remove(&place);
            } else {
                self.callers.insert(place, caller.clone());
            }
        }
    }

    /// The version of the waiting area that it shows.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.version
    }

    /// Everyone in order of arrival, with the places that follow from the order: a change tells of
    /// one caller, and moves those behind.
    #[must_use]
    pub fn callers(&self) -> Vec<Value> {
        let (mut place, mut ahead_offline) = (0, 0);
        let placed = self.callers.values().map(|caller| {
            let mut caller = caller.clone();
            caller["position"] = Value::Null;
            if caller["status"] == "WAITING" || caller["status"] == "OFFLINE" {
                place += 1;
                caller["position"] = json!({ "place": place, "aheadOffline": ahead_offline });
            }
            ahead_offline += i32::from(caller["status"] == "OFFLINE");
            caller
        });
        placed.collect()
    }
}
