//! What tools share about the past: two commits of a question, what lies between them, and what of it may be named.

use super::args;
use super::{Ask, Opened};
use crate::disclosure::Refusal;
use crate::index::{Diff, History, NoDiff, PastSymbol, hex};
use std::collections::BTreeMap;

/// Fewer digits of a commit's id are no name for it.
const LEAST_DIGITS: usize = 4;
/// Digits of a commit's id in an answer.
const TOLD_DIGITS: usize = 12;
/// Owners named in a note.
const MOST_OWNERS: usize = 10;

/// The repository and the commits of `repo@from..to`; the indexed commit is the second where none is written.
pub(super) fn commits_of(target: &str) -> Option<(&str, &str, Option<&str>)> {
    let (place, to) = target.rsplit_once("..")?;
    let (repo, from) = place.rsplit_once('@')?;
    (!repo.is_empty() && is_id(from) && (to.is_empty() || is_id(to))).then_some((
        repo,
        from,
        Some(to).filter(|to| !to.is_empty()),
    ))
}

fn is_id(text: &str) -> bool {
    (LEAST_DIGITS..=40).contains(&text.len()) && text.bytes().all(|digit| digit.is_ascii_hexdigit())
}

/// The kept past of a repository.
pub(super) fn of(opened: Opened<'_>) -> Result<History, Refusal> {
    opened.view.history().map_err(|err| opened.unavailable(&err))
}

/// What two commits of a repository differ in. A commit that is not kept reads the same whether or not it is somewhere.
pub(super) fn between(opened: Opened<'_>, from: &str, to: Option<&str>) -> Result<(History, Diff), Refusal> {
    let history = of(opened)?;
    if history.depth <= 1 {
        return Err(args::bad(format!(
            "no history is indexed of `{0}`; set `history = 200` for `{0}` in the scope file and index it again",
            opened.name()
        )));
    }
    let to = to.unwrap_or(&opened.view.generation().info.commit);
    for id in [from, to] {
        if !is_id(id) || history.commit(id).is_none() {
            return Err(args::bad(format!(
                "`{id}` is none of the {} commits that are indexed of `{}`, or several begin so; write more digits, or a later commit, or \
                 raise `history` in the scope file and index again",
                history.commits.len(),
                opened.name()
            )));
        }
    }
    let diff = history.diff(from, to).map_err(|why| match why {
        NoDiff::Unknown => args::bad("write both commits by the digits of their ids"),
        NoDiff::Apart => args::bad(format!(
            "the commits `{from}` and `{to}` part before the indexed history of `{}` begins; raise `history` in the scope file and index again",
            opened.name()
        )),
    })?;
    Ok((history, diff))
}

/// The digits by which answers name a commit.
pub(super) fn told_id(id: &[u8; 20]) -> String {
    let mut id = hex(id);
    id.truncate(TOLD_DIGITS);
    id
}

/// Whether what is no longer in the index may be named. Nothing is known of words that pseudonyms would have to stand for, nor whether it lives
/// on in code that the scope excludes.
pub(super) fn tells_former(opened: Opened<'_>, history: &History) -> bool {
    !history.is_guarded && opened.policy.names.is_shown() && opened.policy.paths.is_shown()
}

/// Whether a symbol that another of the same file is in changed only because that one did.
pub(super) fn is_around(outer: &PastSymbol, all: &[PastSymbol]) -> bool {
    all.iter().any(|inner| inner.is_in(outer))
}

/// Who owns files, the owner of most first: `owners: @acme/pay 3 files, …`.
pub(super) fn owners<'p>(
    opened: Opened<'_>,
    history: &History,
    paths: impl Iterator<Item = &'p str>,
) -> Option<String> {
    if !opened.policy.owners.is_shown() || history.owners.is_empty() {
        return None;
    }
    let (mut counts, mut without) = (BTreeMap::<String, u64>::new(), 0_u64);
    for path in paths {
        let owners = crate::disclosure::owners(history.owners_of(path));
        without += u64::from(owners.is_empty());
        owners
            .into_iter()
            .for_each(|owner| *counts.entry(owner).or_default() += 1);
    }
    let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let files = |n: u64| {
        if n == 1 {
            "1 file".to_owned()
        } else {
            format!("{n} files")
        }
    };
    let mut words: Vec<String> = counts
        .iter()
        .take(MOST_OWNERS)
        .map(|(owner, n)| format!("{owner} {}", files(*n)))
        .collect();
    if counts.len() > words.len() {
        words.push(format!("+{} more", counts.len() - words.len()));
    }
    if without > 0 {
        words.push(format!("nobody {}", files(without)));
    }
    (!words.is_empty()).then(|| format!("owners by CODEOWNERS: {}", words.join(", ")))
}

/// What an answer about two commits says of them.
pub(super) fn diff_note(opened: Opened<'_>, diff: &Diff) -> Vec<String> {
    let mut notes = vec![format!(
        "{}: {}..{}, {} commits, {} files",
        opened.name(),
        told_id(&diff.from),
        told_id(&diff.to),
        diff.commits,
        diff.files.len()
    )];
    if diff.is_cut {
        notes.push("a commit between them changed more files than are compared: this is not all".to_owned());
    }
    if told_id(&diff.to)
        != opened
            .view
            .generation()
            .info
            .commit
            .chars()
            .take(TOLD_DIGITS)
            .collect::<String>()
    {
        notes.push("relations are those of the indexed commit".to_owned());
    }
    notes
}

/// The repository that a question about two commits names.
pub(super) fn repo<'o>(ask: &'o Ask<'_>, name: &str) -> Result<Opened<'o>, Refusal> {
    ask.repo(name)?.by_name()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_commits_are_told_from_paths_and_names() {
        let expected = [
            (
                "acme/web@1a2b3c4..5d6e7f8",
                Some(("acme/web", "1a2b3c4", Some("5d6e7f8"))),
            ),
            ("web@1a2b..", Some(("web", "1a2b", None))),
            ("acme/web:src/a.ts", None),
            ("acme/web@..1a2b3c4", None),
            ("acme/web@main..HEAD", None),
            ("acme/web:src/../a@1", None),
            ("@1a2b3c4..5d6e7f8", None),
        ];
        for (text, found) in expected {
            assert_eq!(commits_of(text), found, "{text}");
        }
    }
}
