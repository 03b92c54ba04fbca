//! What a host lists to a person: one question for a hundred repositories. It saves the question to the interface about each; git is asked
//! about each all the same.

use std::collections::HashMap;
use std::time::SystemTime;

/// The most pages that are read of one listing. What is on none of them is asked about by itself.
pub(super) const MOST_PAGES: usize = 50;

/// Repositories by the id their host knows them by, each with the path git knows it by.
pub type Listed = HashMap<String, String>;

/// A listing of one call, as old as its first question.
#[derive(Debug)]
pub(super) struct Listing {
    pub(super) paths: Listed,
    pub(super) checked_at: SystemTime,
    /// What had changed when it was asked for.
    pub(super) generation: u64,
}

/// Reads pages until one is not full, all that is wanted was found, or there are too many. `read` puts the entries of a page into the listing
/// and returns how many there were.
pub(super) fn pages<E>(
    full: usize,
    wanted: &[&str],
    mut read: impl FnMut(usize, &mut Listed) -> Result<usize, E>,
) -> Result<Listed, E> {
    let mut listed = Listed::new();
    for page in 1..=MOST_PAGES {
        let entries = read(page, &mut listed)?;
        if entries < full || wanted.iter().all(|id| listed.contains_key(*id)) {
            break;
        }
    }
    Ok(listed)
}
