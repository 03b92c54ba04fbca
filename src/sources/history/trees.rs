//! Where the trees of two commits differ. Folders that are equal are not opened.

use super::super::snapshot::{MAX_DEPTH, MAX_PATH_BYTES, MAX_TREE_BYTES};
use super::Past;
use git2::{ObjectType, Oid};
use std::collections::BTreeMap;

/// A file on one side of a comparison.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Side {
    pub(super) mode: i32,
    pub(super) id: Oid,
}

/// Entries of the folders that two commits differ in: more is no commit that somebody wrote.
const MAX_ENTRIES: usize = 500_000;

type Differing = Vec<(Vec<u8>, Option<Side>, Option<Side>)>;

#[derive(Clone, Copy)]
struct Entry {
    side: Side,
    is_folder: bool,
}

/// The files that differ, in the order of paths within a folder; `None` if a tree cannot be read or is without bounds.
pub(super) fn differing(past: &Past<'_>, before: Option<Oid>, after: Oid) -> Option<Differing> {
    let mut out = Vec::new();
    let mut seen = 0;
    let mut stack = vec![(Vec::new(), before, Some(after), 0)];
    while let Some((path, before, after, depth)) = stack.pop() {
        let was = entries(past, before)?;
        let mut is = entries(past, after)?;
        seen += was.len() + is.len();
        if seen > MAX_ENTRIES || depth > MAX_DEPTH {
            return None;
        }
        let mut pairs: Vec<(Vec<u8>, Option<Entry>, Option<Entry>)> = was
            .into_iter()
            .map(|(name, entry)| {
                let after = is.remove(&name);
                (name, Some(entry), after)
            })
            .collect();
        pairs.extend(is.into_iter().map(|(name, entry)| (name, None, Some(entry))));
        for (name, was, is) in pairs {
            if was.map(|it| it.side) == is.map(|it| it.side) {
                continue;
            }
            let path = if path.is_empty() {
                name
            } else {
                [&path[..], &name].join(&b'/')
            };
            if path.len() > MAX_PATH_BYTES {
                return None;
            }
            let folder = |it: Option<Entry>| it.filter(|it| it.is_folder).map(|it| it.side.id);
            let file = |it: Option<Entry>| it.filter(|it| !it.is_folder).map(|it| it.side);
            if file(was).is_some() || file(is).is_some() {
                out.push((path.clone(), file(was), file(is)));
            }
            if folder(was).is_some() || folder(is).is_some() {
                stack.push((path, folder(was), folder(is), depth + 1));
            }
        }
    }
    Some(out)
}

fn entries(past: &Past<'_>, tree: Option<Oid>) -> Option<BTreeMap<Vec<u8>, Entry>> {
    let Some(id) = tree else {
        return Some(BTreeMap::new());
    };
    let is_bounded = matches!(past.odb.read_header(id), Ok((size, ObjectType::Tree)) if size <= MAX_TREE_BYTES);
    if !is_bounded || !past.loose.can_be_read(id) {
        return None;
    }
    let tree = past.git.find_tree(id).ok()?;
    let entry = |entry: git2::TreeEntry<'_>| {
        let side = Side {
            mode: entry.filemode(),
            id: entry.id(),
        };
        let is_folder = entry.kind() == Some(ObjectType::Tree);
        (entry.name_bytes().to_vec(), Entry { side, is_folder })
    };
    Some(tree.iter().map(entry).collect())
}
