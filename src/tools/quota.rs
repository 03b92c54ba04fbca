//! How many different symbols a person may be told of in an hour, where the scope bounds it.
//!
//! Every process counts for itself. One that starts reads the last hour back from the records of all, so a restart forgives nothing.

use crate::audit::{Archive, Log};
use crate::disclosure::Refusal;
use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What the bound is for.
const WINDOW: Duration = Duration::from_secs(3_600);

/// When each person was last told of which symbol.
#[derive(Debug, Default)]
pub(super) struct Quota {
    people: Mutex<HashMap<String, HashMap<u64, SystemTime>>>,
    recalled: OnceLock<()>,
}

impl Quota {
    /// Refuses who was told of as many symbols as `most`. An answer that goes over the bound is still given; the next is not.
    pub(super) fn check(&self, log: &Log, account: &str, most: u64) -> Result<(), Refusal> {
        self.recalled.get_or_init(|| self.recall(log));
        let now = SystemTime::now();
        let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(told) = people.get_mut(account) else {
            return Ok(());
        };
        let age = |at: &SystemTime| now.duration_since(*at).unwrap_or_default();
        told.retain(|_, at| age(at) < WINDOW);
        let excess = (told.len() as u64).checked_sub(most);
        let Some(excess) = excess else { return Ok(()) };
        let mut times: Vec<SystemTime> = told.values().copied().collect();
        times.sort_unstable();
        // When this one is an hour ago, there is room again.
        let last = usize::try_from(excess).ok().and_then(|at| times.get(at));
        let wait = last.map_or(WINDOW, |at| WINDOW.saturating_sub(age(at)));
        Err(Refusal::OverBudget {
            symbols: most,
            minutes: wait.as_secs().div_ceil(60).max(1),
        })
    }

    /// Counts what an answer tells.
    pub(super) fn charge(&self, account: &str, symbols: &[String]) {
        self.note(account, symbols.iter().map(String::as_str), SystemTime::now());
    }

    fn note<'a>(&self, account: &str, symbols: impl Iterator<Item = &'a str>, at: SystemTime) {
        let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        let told = people.entry(account.to_owned()).or_default();
        for symbol in symbols {
            let mut hasher = DefaultHasher::new();
            symbol.hash(&mut hasher);
            let last = told.entry(hasher.finish()).or_insert(at);
            *last = at.max(*last);
        }
    }

    fn recall(&self, log: &Log) {
        let dir = log.dir().parent().unwrap_or(log.dir());
        let since = (SystemTime::now() - WINDOW)
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let since = u64::try_from(since.as_micros()).unwrap_or(u64::MAX);
        let read = Archive::open(dir).and_then(|archive| {
            archive.recent(since, &mut |record| {
                if let (Some(account), "retrieval") = (record.account(), record.class()) {
                    let at = UNIX_EPOCH + Duration::from_micros(record.time());
                    self.note(&account, record.symbols(), at);
                }
                Ok(())
            })
        });
        if let Err(error) = read {
            tracing::error!(%error, "the records of the last hour cannot be read, so budgets begin anew");
        }
    }
}
