//! How often something may be tried, by one address and by all together.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const WINDOW: Duration = Duration::from_secs(60);
/// More addresses than these at once are an attack, and share one count.
const MOST_ADDRESSES: usize = 20_000;

/// So many are recorded in a minute, that an attack does not fill the log.
const MOST_TOLD: usize = 60;

/// What is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::server) enum Attempt {
    /// A token that is not good.
    BadToken,
    /// A client that registers itself.
    Register,
    /// A step of a login.
    Login,
    /// A webhook that is not signed right.
    BadWebhook,
}

impl Attempt {
    /// What records call it.
    pub(in crate::server) const fn word(self) -> &'static str {
        match self {
            Self::BadToken => "bad-token",
            Self::Register => "register",
            Self::Login => "login",
            Self::BadWebhook => "bad-webhook",
        }
    }

    /// How often in a minute: by one address, by all.
    const fn most(self) -> (u32, u32) {
        match self {
            Self::BadToken | Self::BadWebhook => (20, 600),
            Self::Register => (20, 200),
            Self::Login => (60, 1200),
        }
    }
}

/// Counts attempts in windows of a minute.
#[derive(Debug, Default)]
pub(in crate::server) struct Limits(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    began: Option<Instant>,
    by_address: HashMap<(Attempt, IpAddr), u32>,
    by_all: HashMap<Attempt, u32>,
    told: HashSet<(Attempt, IpAddr)>,
}

impl Limits {
    /// Counts an attempt.
    pub(in crate::server) fn count(&self, attempt: Attempt, address: IpAddr) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.turn();
        *counts.by_all.entry(attempt).or_default() += 1;
        if counts.by_address.len() < MOST_ADDRESSES {
            *counts.by_address.entry((attempt, address)).or_default() += 1;
        }
    }

    /// How many seconds to wait before the next attempt, if there were too many.
    pub(in crate::server) fn wait(&self, attempt: Attempt, address: IpAddr) -> Option<u64> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = counts.turn();
        let (own, all) = attempt.most();
        let tried = |most: u32, count: Option<&u32>| count.is_some_and(|count| *count >= most);
        let too_many =
            tried(own, counts.by_address.get(&(attempt, address))) || tried(all, counts.by_all.get(&attempt));
        too_many.then(|| left.as_secs().max(1))
    }
}

impl Limits {
    /// Whether it is news in this minute that somebody has to wait.
    pub(in crate::server) fn is_news(&self, attempt: Attempt, address: IpAddr) -> bool {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.told.len() < MOST_TOLD && counts.told.insert((attempt, address))
    }
}

impl Counts {
    /// Begins a new window if this one is over; returns what is left of it.
    fn turn(&mut self) -> Duration {
        let now = Instant::now();
        let began = *self.began.get_or_insert(now);
        let spent = now.duration_since(began);
        if spent < WINDOW {
            return WINDOW - spent;
        }
        *self = Self {
            began: Some(now),
            ..Self::default()
        };
        WINDOW
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn one_address_is_stopped_before_all_are() {
        let limits = Limits::default();
        let address = |last| IpAddr::V4(Ipv4Addr::new(192, 0, 2, last));
        for _ in 0..20 {
            assert_eq!(limits.wait(Attempt::BadToken, address(1)), None);
            limits.count(Attempt::BadToken, address(1));
        }
        assert!(limits.wait(Attempt::BadToken, address(1)).is_some());
        assert_eq!(limits.wait(Attempt::BadToken, address(2)), None);
        for last in 2..31 {
            (0..20).for_each(|_| limits.count(Attempt::BadToken, address(last)));
        }
        assert!(limits.wait(Attempt::BadToken, address(200)).is_some());
    }
}
