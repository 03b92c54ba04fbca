//! Which file that is gone a new one was.

use super::{FileChange, Past};
use crate::sources::snapshot::Entry;
use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};

/// Beyond this many new or lost files only equal contents are paired.
const MOST_COMPARED: usize = 60;
/// The share of lines that two files must have in common.
const ALIKE: f64 = 0.6;
/// Files with fewer lines are alike by chance.
const LEAST_LINES: usize = 5;

/// Makes one change of two where a file was renamed.
pub(super) fn pair(past: &Past<'_>, files: &mut Vec<FileChange>) {
    let lost: Vec<usize> = (0..files.len()).filter(|&at| is_lost(&files[at])).collect();
    let new: Vec<usize> = (0..files.len()).filter(|&at| is_new(&files[at])).collect();
    let mut pairs = equal(files, &lost, &new);
    if lost.len() <= MOST_COMPARED && new.len() <= MOST_COMPARED {
        let left = |all: &[usize], taken: &dyn Fn(usize) -> bool| -> Vec<usize> {
            all.iter().copied().filter(|&at| !taken(at)).collect()
        };
        let lost = left(&lost, &|at| pairs.iter().any(|(lost, _)| *lost == at));
        let new = left(&new, &|at| pairs.iter().any(|(_, new)| *new == at));
        pairs.extend(alike(past, files, &lost, &new));
    }
    for &(lost, new) in &pairs {
        files[new].before = files[lost].before.take();
    }
    files.retain(|file| file.before.is_some() || file.after.is_some());
}

fn is_lost(file: &FileChange) -> bool {
    file.is_read && file.after.is_none()
}

fn is_new(file: &FileChange) -> bool {
    file.is_read && file.before.is_none()
}

/// Pairs files of the same content.
fn equal(files: &[FileChange], lost: &[usize], new: &[usize]) -> Vec<(usize, usize)> {
    let mut by_blob = HashMap::new();
    for &at in lost {
        if let Some(entry) = files[at].before.as_ref().filter(|entry| entry.size() > 0) {
            by_blob.insert(entry.blob(), at);
        }
    }
    let pair = |&at: &usize| {
        let blob = files[at].after.as_ref()?.blob();
        by_blob.remove(&blob).map(|lost| (lost, at))
    };
    new.iter().filter_map(pair).collect()
}

/// Pairs files of one language that have most lines in common, the most alike first.
fn alike(past: &Past<'_>, files: &[FileChange], lost: &[usize], new: &[usize]) -> Vec<(usize, usize)> {
    let lines = |entry: Option<&Entry>| Some((ending(entry?), lines_of(&past.bytes(entry?)?)));
    let read = |all: &[usize], side: &dyn Fn(usize) -> Option<(String, HashMap<u64, u32>)>| -> Vec<_> {
        all.iter().filter_map(|&at| Some((at, side(at)?))).collect::<Vec<_>>()
    };
    let lost = read(lost, &|at| lines(files[at].before.as_ref()));
    let new = read(new, &|at| lines(files[at].after.as_ref()));
    let mut scored = Vec::new();
    for (was, (was_ending, was_lines)) in &lost {
        for (is, (is_ending, is_lines)) in &new {
            let likeness = likeness(was_lines, is_lines);
            if was_ending == is_ending && likeness >= ALIKE {
                scored.push((likeness, *was, *is));
            }
        }
    }
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut out: Vec<(usize, usize)> = Vec::new();
    for (_, was, is) in scored {
        if out.iter().all(|(lost, new)| *lost != was && *new != is) {
            out.push((was, is));
        }
    }
    out
}

fn ending(entry: &Entry) -> String {
    let path = entry.path().as_str();
    path.rsplit_once('.').map_or("", |(_, ending)| ending).to_owned()
}

/// Hashes of the lines that say something, with how often they occur.
fn lines_of(bytes: &[u8]) -> HashMap<u64, u32> {
    let mut out = HashMap::new();
    for line in bytes
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .filter(|line| line.len() > 1)
    {
        let mut hasher = DefaultHasher::new();
        line.hash(&mut hasher);
        *out.entry(hasher.finish()).or_default() += 1;
    }
    out
}

fn likeness(a: &HashMap<u64, u32>, b: &HashMap<u64, u32>) -> f64 {
    let count = |lines: &HashMap<u64, u32>| lines.values().sum::<u32>();
    let (all, least) = (count(a) + count(b), count(a).min(count(b)));
    if (least as usize) < LEAST_LINES {
        return 0.0;
    }
    let common: u32 = a.iter().map(|(line, n)| n.min(b.get(line).unwrap_or(&0))).sum();
    2.0 * f64::from(common) / f64::from(all)
}
