//! Documentation comments: from comment syntax to prose.

mod prose;

pub(super) use prose::is_hidden;

use super::Fragment;
use super::parsed::Parsed;
use std::ops::Range;
use tree_sitter::Node;

/// How a comment documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CommentKind {
    /// One of several lines.
    Line,
    /// On its own.
    Block,
    /// What is around it, not what follows.
    Inner,
}

/// What documentation says.
#[derive(Default)]
pub(super) struct Documentation {
    pub(super) summary: Fragment,
    pub(super) rest: Fragment,
    pub(super) is_deprecated: bool,
}

/// Tags that make the first comment of a file speak of the file.
const FILE_TAGS: [&str; 5] = [
    "@file",
    "@fileoverview",
    "@overview",
    "@module",
    "@packageDocumentation",
];

/// How a comment documents, if it does.
pub(super) fn comment_kind(parsed: &Parsed<'_>, node: Node<'_>) -> Option<CommentKind> {
    kind_of(parsed, parsed.text(node))
}

/// Whether a documentation comment is a block.
pub(super) fn is_block(parsed: &Parsed<'_>, range: Range<usize>) -> bool {
    kind_of(parsed, parsed.slice(range)) == Some(CommentKind::Block)
}

fn kind_of(parsed: &Parsed<'_>, text: &str) -> Option<CommentKind> {
    let comments = &parsed.grammar.manifest().comments;
    let begins = |with: &[String]| with.iter().any(|it| text.starts_with(it.as_str()));
    if begins(&comments.not_doc) {
        None
    } else if begins(&comments.inner_doc) {
        Some(CommentKind::Inner)
    } else if begins(&comments.doc_lines) {
        Some(CommentKind::Line)
    } else if begins(&comments.doc_blocks) {
        Some(CommentKind::Block)
    } else {
        None
    }
}

/// Reads the documentation of a symbol.
pub(super) fn read(parsed: &Parsed<'_>, comments: &[Range<usize>]) -> Documentation {
    let tags = parsed.grammar.manifest().comments.block_tags;
    let lines = comments.iter().flat_map(|range| lines(parsed.slice(range.clone())));
    prose::read(lines, tags)
}

/// Reads what a file says about itself in the comments at its top.
pub(super) fn file(parsed: &Parsed<'_>) -> Documentation {
    let mut cursor = parsed.root.walk();
    let flags = |node: Node<'_>| parsed.grammar.nodes().kind(node.kind_id()).flags;
    let mut comments = Vec::new();
    for node in parsed.root.children(&mut cursor) {
        let comment = flags(node).has(super::grammar::Flags::COMMENT);
        match comment_kind(parsed, node).filter(|_| comment) {
            Some(CommentKind::Inner) => comments.push(node.byte_range()),
            Some(CommentKind::Block) if FILE_TAGS.iter().any(|tag| parsed.text(node).contains(tag)) => {
                comments.push(node.byte_range());
                break;
            }
            _ if comment || flags(node).has(super::grammar::Flags::ATTRIBUTE) => (),
            _ => break,
        }
    }
    read(parsed, &comments)
}

/// The lines of a comment without what marks them as comment.
fn lines(comment: &str) -> impl Iterator<Item = &str> {
    let comment = comment.trim_end();
    let is_block = comment.starts_with("/*");
    let inside = match comment.strip_prefix("/*") {
        Some(rest) => rest.strip_suffix("*/").unwrap_or(rest).trim_start_matches(['*', '!']),
        None => comment.trim_start_matches(['/', '!', '#']),
    };
    // Not `lines()`, which makes nothing of an empty comment; an empty line divides paragraphs.
    inside.split('\n').enumerate().map(move |(at, line)| {
        let line = line.trim_end();
        if !is_block || at == 0 {
            return line.strip_prefix(' ').unwrap_or(line);
        }
        match line.trim_start().strip_prefix('*') {
            Some(text) => text.strip_prefix(' ').unwrap_or(text),
            None => line.trim_start(),
        }
    })
}
