//! The tags of a documentation comment that state types.

use crate::extraction::grammar::{Documented, TagWord};

/// How many tags of one comment are read.
const MAX_TAGS: usize = 128;

/// One tag.
#[derive(Clone, Copy, Debug)]
pub(in crate::extraction::bindings) struct Tag<'t> {
    pub(super) means: TagWord,
    /// What stands in braces behind it.
    pub(super) of: Option<&'t str>,
    /// What follows, up to the next tag.
    pub(super) rest: &'t str,
}

/// The tags of a comment, in their order.
pub(super) fn read<'t>(comment: &'t str, table: &Documented) -> Vec<Tag<'t>> {
    let inside = comment.strip_prefix("/**").and_then(|it| it.strip_suffix("*/"));
    let inside = inside.unwrap_or_default();
    let starts: Vec<usize> = starts(inside).take(MAX_TAGS).collect();
    let ends = starts.iter().skip(1).copied().chain([inside.len()]);
    let bodies = starts
        .iter()
        .zip(ends)
        .filter_map(|(start, end)| inside.get(start + 1..end));
    let tag = |body: &'t str| {
        let word = body.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        let means = *table.tags.get(word)?;
        let behind = skip(&body[word.len()..]);
        let braces = behind.strip_prefix('{').and_then(|it| Some((it, closing(it)?)));
        Some(match braces {
            Some((inside, end)) => Tag {
                means,
                of: Some(&inside[..end]),
                rest: skip(&inside[end + 1..]),
            },
            None => Tag {
                means,
                of: None,
                rest: behind,
            },
        })
    };
    bodies.filter_map(tag).collect()
}

/// Where a line begins with `@`.
fn starts(inside: &str) -> impl Iterator<Item = usize> {
    let mut at = 0;
    inside.split_inclusive('\n').filter_map(move |line| {
        let begin = at;
        at += line.len();
        let text = line.trim_start_matches([' ', '\t', '*']);
        text.starts_with('@').then_some(begin + line.len() - text.len())
    })
}

/// The text without blanks at its start, and without what begins the lines of a comment.
pub(super) fn skip(text: &str) -> &str {
    let mut rest = text.trim_start();
    while rest.len() < text.len() && text[..text.len() - rest.len()].contains('\n') && rest.starts_with('*') {
        let next = rest[1..].trim_start();
        // A second `*` on a line is a word of its own.
        if !rest[1..rest.len() - next.len()].contains('\n') {
            return next;
        }
        rest = next;
    }
    rest
}

/// Where the brace is that closes the one before the text.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut quote) = (0_usize, None);
    for (at, c) in text.char_indices() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            ('\n', Some(_)) => quote = None,
            (_, Some(_)) => {}
            ('"' | '\'' | '`', None) => quote = Some(c),
            ('{', None) => depth += 1,
            ('}', None) => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return Some(at),
            },
            _ => {}
        }
    }
    None
}

/// Whether a character can be part of a name.
pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// The name a text begins with, in segments: `name`, `name.member`, `[name=default]`.
pub(super) fn name(text: &str) -> Vec<&str> {
    let text = text.strip_prefix('[').map_or(text, str::trim_start);
    let end = text.find(|c| !is_word(c) && c != '.').unwrap_or(text.len());
    let has_elements = text[end..].starts_with("[]");
    if has_elements {
        return Vec::new();
    }
    text[..end].split('.').filter(|it| !it.is_empty()).collect()
}

/// The names a text lists, with commas between: `T, U`.
pub(super) fn names(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = text;
    loop {
        let inside = rest.strip_prefix('[').map_or(rest, str::trim_start);
        let end = inside.find(|c| !is_word(c)).unwrap_or(inside.len());
        if end == 0 {
            return out;
        }
        out.push(&inside[..end]);
        let behind = if inside.len() < rest.len() {
            inside.split_once(']').map_or("", |(_, behind)| behind)
        } else {
            &inside[end..]
        };
        match behind.trim_start().strip_prefix(',') {
            Some(next) => rest = next.trim_start(),
            None => return out,
        }
    }
}
