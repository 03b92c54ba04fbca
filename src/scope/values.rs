//! Single values of a scope file: tiers, limits, globs, references, credentials.

use super::error::Problem;
use super::fields::{Faults, Fields, Found};
use super::filter::PathFilterBuilder;
use super::tier::Tier;
use super::{Credential, Reference, Retention};
use std::ops::Range;

/// The deepest history: a year of a busy repository, and an index that still fits in memory.
const MOST_HISTORY: u32 = 10_000;

/// The account name that hosts accept beside a token.
const TOKEN_USER: &str = "oauth2";

pub(super) fn tier(table: &Fields<'_>, faults: &mut Faults) -> Option<Tier> {
    let Found { value, span } = table.text("tier", faults)?;
    value
        .parse()
        .map_err(|unknown| faults.add(&span, Problem::Tier(unknown)))
        .ok()
}

pub(super) fn max_file_bytes(table: &Fields<'_>, faults: &mut Faults) -> Option<u64> {
    let Found { value, span } = table.integer("max_file_bytes", faults)?;
    if (1..=64 << 20).contains(&value) {
        return u64::try_from(value).ok();
    }
    faults.add(&span, Problem::FileBytes(value));
    None
}

/// Reads how many commits are looked at, the approved one among them.
pub(super) fn history(table: &Fields<'_>, faults: &mut Faults) -> Option<u32> {
    let Found { value, span } = table.integer("history", faults)?;
    let depth = u32::try_from(value).ok();
    let depth = depth.filter(|depth| (1..=MOST_HISTORY).contains(depth));
    if depth.is_none() {
        faults.add(&span, Problem::History(value));
    }
    depth
}

pub(super) fn exclude(table: &Fields<'_>, origin: &str, filter: &mut PathFilterBuilder, faults: &mut Faults) {
    for Found { value, span } in table.texts("exclude", faults).unwrap_or_default() {
        if let Err(fault) = filter.exclude(origin, value) {
            let glob = value.escape_debug().to_string();
            faults.add(&span, Problem::Glob { glob, fault });
        }
    }
}

pub(super) fn retention(table: &Fields<'_>, usual: Retention, faults: &mut Faults) -> Retention {
    let discard = table.word("sources", &[("keep", false), ("discard", true)], faults);
    let days = table.integer("retention_days", faults).and_then(|found| {
        let days = u32::try_from(found.value).ok().filter(|days| (1..=3650).contains(days));
        if days.is_none() {
            faults.add(&found.span, Problem::Days(found.value));
        }
        days
    });
    Retention {
        discard_sources: discard.unwrap_or(usual.discard_sources),
        days: days.or(usual.days),
    }
}

pub(super) fn reference(entry: &Fields<'_>, faults: &mut Faults) -> Reference {
    if entry.has("branch") && entry.has("tag") {
        faults.add(&entry.span_of("tag"), Problem::BranchAndTag);
    }
    let branch = reference_name(entry, "branch", Problem::Branch, faults);
    let tag = reference_name(entry, "tag", Problem::Tag, faults);
    match (branch, tag) {
        (Some(branch), _) => Reference::Branch(branch),
        (None, Some(tag)) => Reference::Tag(tag),
        (None, None) => Reference::Head,
    }
}

fn reference_name(
    entry: &Fields<'_>,
    key: &'static str,
    problem: fn(String) -> Problem,
    faults: &mut Faults,
) -> Option<String> {
    let Found { value, span } = entry.text(key, faults)?;
    if is_branch_name(value) {
        return Some(value.to_owned());
    }
    faults.add(&span, problem(value.escape_debug().to_string()));
    None
}

/// Applies git's own rules for reference names; a full reference name is refused, so that a tag cannot pass for a branch.
fn is_branch_name(name: &str) -> bool {
    let parts_are_good = name
        .split('/')
        .all(|part| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock"));
    let forbidden = |c: char| c.is_control() || " ~^:?*[\\".contains(c);
    parts_are_good
        && !name.starts_with("refs/")
        && !name.starts_with('-')
        && !name.ends_with('.')
        && !name.contains("..")
        && !name.contains("@{")
        && name != "@"
        && !name.contains(forbidden)
}

/// Reads where the credential for the address under `address` is found.
pub(super) fn credential(entry: &Fields<'_>, address: &'static str, faults: &mut Faults) -> Credential {
    if !entry.has(address) {
        for key in ["credential_env", "credential_command", "credential_user"] {
            if entry.has(key) {
                faults.add(&entry.span_of(key), Problem::UselessCredential(key, address));
            }
        }
        return Credential::None;
    }
    let user = entry
        .text("credential_user", faults)
        .map_or(TOKEN_USER, |user| user.value)
        .to_owned();
    let variable = entry.text("credential_env", faults);
    let command = command(entry, faults);
    match (variable, command) {
        (Some(_), Some(command)) => {
            faults.add(&command.span, Problem::TwoCredentials);
            Credential::None
        }
        (Some(variable), None) => {
            if !is_variable_name(variable.value) {
                faults.add(&variable.span, Problem::NotAVariable);
            }
            Credential::Env {
                user,
                variable: variable.value.to_owned(),
            }
        }
        (None, Some(command)) => Credential::Command {
            user,
            command: command.value,
        },
        (None, None) => Credential::None,
    }
}

fn command(entry: &Fields<'_>, faults: &mut Faults) -> Option<Found<Vec<String>>> {
    const KEY: &str = "credential_command";
    let words = entry.texts(KEY, faults)?;
    let span: Range<usize> = entry.span_of(KEY);
    if words.first().is_none_or(|program| program.value.trim().is_empty()) {
        let wanted = "a program and its arguments, as in `credential_command = [\"pass\", \"git/token\"]`";
        faults.add(&span, Problem::Empty { key: KEY, wanted });
        return None;
    }
    let value = words.iter().map(|word| word.value.to_owned()).collect();
    Some(Found { value, span })
}

/// Variables of credentials are written in capitals everywhere, and hardly any token is: a token pasted here by mistake is noticed.
pub(super) fn is_variable_name(text: &str) -> bool {
    text.len() <= 64
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}
