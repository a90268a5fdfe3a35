//! The connections that stay open for live updates, sockets and streams alike: how many there are, of
//! whom, and how they end with the server.

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::fair_use::{Party, figures};
use crate::domain::limits::{
    CONNECTIONS, CONNECTIONS_FROM_ADDRESS, CONNECTIONS_OF_CALLER, CONNECTIONS_OF_STAFF,
};

/// How many may be open at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// Of everyone together.
    pub all: usize,
    /// From one address, whoever is behind it.
    pub address: usize,
    /// Of one team member or one API key.
    pub staff: usize,
    /// Of one caller.
    pub caller: usize,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            all: CONNECTIONS,
            address: CONNECTIONS_FROM_ADDRESS,
            staff: CONNECTIONS_OF_STAFF,
            caller: CONNECTIONS_OF_CALLER,
        }
    }
}

/// Text that is no list of limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a list such as all=20000,address=200,staff=20,caller=10")]
pub struct NotConnectionLimits;

/// Reads some of the four figures; the others stay as they are.
impl FromStr for ConnectionLimits {
    type Err = NotConnectionLimits;

    fn from_str(text: &str) -> Result<Self, NotConnectionLimits> {
        let mut limits = Self::default();
        for (name, figure) in figures(text).ok_or(NotConnectionLimits)? {
            match name {
                "all" => limits.all = figure,
                "address" => limits.address = figure,
                "staff" => limits.staff = figure,
                "caller" => limits.caller = figure,
                _ => return Err(NotConnectionLimits),
            }
        }
        Ok(limits)
    }
}

impl ConnectionLimits {
    fn of(&self, party: &Party) -> usize {
        match party {
            Party::Address(_) => self.address,
            Party::Caller(_) => self.caller,
            Party::Session(_) | Party::Key(_) => self.staff,
        }
    }
}

/// Why there is no room for one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// The server has as many as it takes, or is shutting down.
    Everywhere,
    /// The party has as many as it may have.
    ForParty,
}

/// All open connections of a server. Cheap to clone.
#[derive(Clone)]
pub struct Connections {
    shared: Arc<Shared>,
}

struct Shared {
    limits: ConnectionLimits,
    open: watch::Sender<usize>,
    shutting_down: watch::Sender<bool>,
    of: Mutex<HashMap<Party, usize>>,
}

impl Default for Connections {
    fn default() -> Self {
        Self::new(ConnectionLimits::default())
    }
}

impl Connections {
    /// None yet.
    #[must_use]
    pub fn new(limits: ConnectionLimits) -> Self {
        Self {
            shared: Arc::new(Shared {
                limits,
                open: watch::Sender::new(0),
                shutting_down: watch::Sender::new(false),
                of: Mutex::default(),
            }),
        }
    }

    /// How many are open, and how that changes.
    pub fn open(&self) -> watch::Receiver<usize> {
        self.shared.open.subscribe()
    }

    /// Takes one more in, from an address, for as long as what is returned lives.
    ///
    /// # Errors
    /// When there is no room.
    pub fn take_in(&self, from: Party) -> Result<Place, Full> {
        let mut of = self.shared.of();
        if *of.get(&from).unwrap_or(&0) >= self.shared.limits.of(&from) {
            return Err(Full::ForParty);
        }
        let is_taken = self.shared.open.send_if_modified(|open| {
            // Looked at while the count is locked: whoever shuts down either sees this connection, or
            // it sees the shutting down.
            let fits = *open < self.shared.limits.all && !*self.shared.shutting_down.borrow();
            *open += usize::from(fits);
            fits
        });
        if !is_taken {
            return Err(Full::Everywhere);
        }
        *of.entry(from.clone()).or_default() += 1;
        drop(of);
        Ok(Place {
            shared: Arc::clone(&self.shared),
            parties: vec![from],
        })
    }

    /// Whether the server is shutting down, and when it begins to.
    pub fn shutting_down(&self) -> watch::Receiver<bool> {
        self.shared.shutting_down.subscribe()
    }

    /// Resolves once [`Connections::shut_down`] was called.
    pub async fn told_to_shut_down(&self) {
        // The sender is ours, so this cannot fail.
        let _ = self.shutting_down().wait_for(|is_so| *is_so).await;
    }

    /// Ends all, takes no more in, and returns when the last is closed.
    pub async fn shut_down(&self) {
        self.shared.shutting_down.send_replace(true);
        let mut open = self.open();
        // The sender is ours, so this cannot fail.
        let _ = open.wait_for(|open| *open == 0).await;
    }
}

impl Shared {
    /// A panic elsewhere while the lock was held leaves a map that is whole: go on.
    fn of(&self) -> MutexGuard<'_, HashMap<Party, usize>> {
        self.of.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One open connection in the count.
pub struct Place {
    shared: Arc<Shared>,
    parties: Vec<Party>,
}

impl Place {
    /// Counts the connection for its bearer too, once that is known. Without a good credential the
    /// address is all there is to count by.
    ///
    /// # Errors
    /// When the bearer has as many as it may have.
    pub fn is_of(&mut self, bearer: Party) -> Result<(), Full> {
        if matches!(bearer, Party::Address(_)) {
            return Ok(());
        }
        let mut of = self.shared.of();
        let count = of.entry(bearer.clone()).or_default();
        if *count >= self.shared.limits.of(&bearer) {
            return Err(Full::ForParty);
        }
        *count += 1;
        drop(of);
        self.parties.push(bearer);
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut of = self.shared.of();
        for party in &self.parties {
            if let Some(count) = of.get_mut(party) {
                *count -= 1;
                if *count == 0 {
                    of.remove(party);
                }
            }
        }
        drop(of);
        self.shared.open.send_modify(|open| *open -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(text: &str) -> Connections {
        Connections::new(text.parse().expect("limits"))
    }

    fn caller() -> Party {
        Party::Caller("a".into())
    }

    #[test]
    fn neither_an_address_nor_a_bearer_nor_all_together_have_more_than_allowed() {
        let connections = connections("all=3,address=2,caller=1");
        let here = || Party::at("192.0.2.1".parse().ok());
        let there = || Party::at("192.0.2.2".parse().ok());
        let mut first = connections.take_in(here()).expect("room");
        let mut second = connections.take_in(here()).expect("room");
        assert_eq!(connections.take_in(here()).err(), Some(Full::ForParty));
        assert_eq!(first.is_of(caller()), Ok(()));
        assert_eq!(second.is_of(caller()), Err(Full::ForParty));
        assert_eq!(
            second.is_of(here()),
            Ok(()),
            "the address is counted already"
        );
        let third = connections.take_in(there()).expect("room");
        assert_eq!(connections.take_in(there()).err(), Some(Full::Everywhere));
        assert_eq!(*connections.open().borrow(), 3);
        drop((first, third));
        assert_eq!(second.is_of(caller()), Ok(()));
        drop(second);
        assert_eq!(*connections.open().borrow(), 0);
        assert!(
            connections.shared.of().is_empty(),
            "nobody is remembered who has none"
        );
    }

    #[tokio::test]
    async fn nobody_is_taken_in_once_it_shuts_down() {
        let connections = Connections::default();
        connections.shut_down().await;
        connections.told_to_shut_down().await;
        let full = connections.take_in(Party::at(None)).err();
        assert_eq!(full, Some(Full::Everywhere));
    }
}
