//! As many connections as there can be of files: each takes one, and so does the database, and whoever
//! runs out of them can serve nobody.

use crate::http::connections::ConnectionLimits;
use crate::http::listening::ListenLimits;

/// Kept for what is no connection that somebody makes to us: the database's files, 64 webhooks and 8 texts
/// on their way, the identity provider, and some to spare.
const KEPT: usize = 128;
/// Fewer connections than these are of no use.
const LEAST: usize = 16;

/// Makes the limits fit into what the system lets this process have open, after having it raised as far as
/// it goes. Says what to set where that is less than wanted, which is a warning where others are served.
pub(super) fn fit(
    listen: ListenLimits,
    live: ConnectionLimits,
    is_public: bool,
) -> (ListenLimits, ConnectionLimits) {
    let wanted = room_for(listen, &live);
    let Some(allowed) = raised() else {
        return (wanted, live);
    };
    let most = wanted.all;
    let (fitting, live) = within(allowed, wanted, live);
    if fitting.all < most {
        let words = format!(
            "at most {} connections, not {most}: for those allow {} open files (ulimit -Hn, LimitNOFILE=)",
            fitting.all,
            KEPT + most.saturating_mul(5) / 4,
        );
        if is_public {
            tracing::warn!("{words}");
        } else {
            tracing::info!("{words}");
        }
    }
    (fitting, live)
}

/// Somewhat more connections than there may be for live updates: who holds those keeps nobody out.
fn room_for(listen: ListenLimits, live: &ConnectionLimits) -> ListenLimits {
    let somewhat_more = |count: usize| count.saturating_mul(6) / 5;
    ListenLimits {
        all: listen.all.max(somewhat_more(live.all)),
        of_address: listen.of_address.max(somewhat_more(live.address)),
        ..listen
    }
}

/// A fifth of the files is for those that connections read, which is over in a moment unless who asked is
/// slow. One address has a quarter of the connections: with a file each, still only half of everything.
fn within(
    allowed: usize,
    listen: ListenLimits,
    live: ConnectionLimits,
) -> (ListenLimits, ConnectionLimits) {
    let fit = (allowed.saturating_sub(KEPT) / 5 * 4).max(LEAST);
    let all = listen.all.min(fit);
    let of_address = listen.of_address.min(all / 4);
    let somewhat_less = |count: usize| count / 6 * 5 + count % 6;
    let live = ConnectionLimits {
        all: live.all.min(somewhat_less(all)),
        address: live.address.min(somewhat_less(of_address)),
        ..live
    };
    let listen = ListenLimits {
        of_address,
        all,
        ..listen
    };
    (listen, live)
}

/// How many files this process may have open once it has asked for all that it may ask for; `None` where
/// there is no limit.
#[cfg(unix)]
fn raised() -> Option<usize> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let most = Rlimit {
        current: limit.maximum,
        ..limit
    };
    let is_raised = setrlimit(Resource::Nofile, most).is_ok();
    let allowed = if is_raised {
        limit.maximum
    } else {
        limit.current
    };
    allowed.map(|count| usize::try_from(count).unwrap_or(usize::MAX))
}

#[cfg(not(unix))]
fn raised() -> Option<usize> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(allowed: usize) -> [usize; 4] {
        let (listen, live) = within(
            allowed,
            ListenLimits::default(),
            ConnectionLimits::default(),
        );
        [listen.all, listen.of_address, live.all, live.address]
    }

    #[test]
    fn connections_leave_files_for_everything_else_and_one_address_leaves_most_to_others() {
        assert_eq!(figures(1_048_576), [24_000, 1_000, 20_000, 200]);
        for allowed in [256, 1_024, 4_096, 20_000] {
            let [all, of_address, live, live_of_address] = figures(allowed);
            assert!(
                all + KEPT < allowed && all > allowed / 4,
                "{allowed}: {all}"
            );
            assert!(of_address * 4 <= all && of_address > 0, "{allowed}");
            assert!(
                of_address * 2 + KEPT < allowed,
                "each with a file: {allowed}"
            );
            assert!(live < all && live_of_address < of_address, "{allowed}");
        }
        assert_eq!(figures(0)[0], LEAST);
        assert!(figures(0).iter().all(|figure| *figure > 0));
    }

    #[test]
    fn more_live_updates_than_usual_get_the_connections_that_they_need() {
        let live: ConnectionLimits = "all=50000,address=5000".parse().unwrap();
        let listen = room_for(ListenLimits::default(), &live);
        assert_eq!((listen.all, listen.of_address), (60_000, 6_000));
        let (_, kept) = within(usize::MAX, listen, live);
        assert_eq!(kept, live);
    }
}
