//! Documentation comments: from comment syntax to prose.

mod prose;

pub(super) use prose::is_hidden;

use super::Fragment;
use super::grammar::Flags;
use super::parsed::Parsed;
use super::tree::Node;
use std::ops::Range;

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

/// Whether the last of some comments ends on the line before a definition.
pub(super) fn reach(parsed: &Parsed<'_>, comments: &[Range<usize>], node: Node<'_>) -> bool {
    let Some(last) = comments.last() else { return true };
    let between = parsed.bytes.get(last.end..node.start_byte()).unwrap_or_default();
    between.iter().filter(|byte| **byte == b'\n').count() <= 1
}

/// Whether a comment is about what stands before it on its line.
pub(super) fn is_behind_code(parsed: &Parsed<'_>, node: Node<'_>) -> bool {
    let before = parsed.bytes.get(..node.start_byte()).unwrap_or_default();
    let mut line = before.rsplit(|byte| *byte == b'\n').next().unwrap_or_default().iter();
    line.any(|byte| !byte.is_ascii_whitespace())
}

/// The text of a string that is the first statement of a body, on its own and as it is written: neither returned, nor put together of
/// parts, nor bytes.
pub(super) fn doc_string(parsed: &Parsed<'_>, body: Node<'_>) -> Option<Range<usize>> {
    let is_string = |node: &Node<'_>| {
        let flags = parsed.grammar.nodes().kind(node.kind_id()).flags;
        flags.has(Flags::DOC_STRING)
    };
    let first = body.named_children().find(|child| !child.is_extra())?;
    let statement = Some(first).filter(|it| it.child_count() == 1 && !it.has_error());
    let string = statement?.child(0).filter(is_string)?;
    let text = string.named_child(1)?;
    let is_whole = string.named_child_count() == 3;
    let opening = parsed.bytes.get(string.start_byte()..text.start_byte())?;
    let is_plain = opening.iter().all(|byte| b"rRuU\"'".contains(byte));
    (is_whole && is_plain).then(|| text.byte_range())
}

/// The text of documentation. A string that documents is among the literals of the file, which nothing else may read.
fn prose_of<'t>(parsed: &Parsed<'t>, range: &Range<usize>) -> &'t str {
    let text = parsed.bytes.get(range.clone()).unwrap_or_default();
    std::str::from_utf8(text).unwrap_or_default()
}

/// The comments before an attribute that documents as well: it may open a block of code that what follows is in, as
/// `#[cfg_attr(feature = "string", doc = "```")]` does.
fn unbroken<'c>(parsed: &Parsed<'_>, comments: &'c [Range<usize>]) -> &'c [Range<usize>] {
    let documents = |bytes: &[u8]| bytes.windows(3).any(|word| word == b"doc");
    let between = |pair: &[Range<usize>]| {
        let bytes = parsed.bytes.get(pair[0].end..pair[1].start);
        bytes.is_some_and(documents)
    };
    let end = comments
        .windows(2)
        .position(between)
        .map_or(comments.len(), |at| at + 1);
    let before = comments.first().and_then(|first| parsed.bytes.get(..first.start));
    let line = before
        .unwrap_or_default()
        .trim_ascii_end()
        .rsplit(|byte| *byte == b'\n')
        .next();
    let line = line.unwrap_or_default().trim_ascii_start();
    if line.starts_with(b"#[") && documents(line) {
        return &[];
    }
    &comments[..end]
}

/// Reads the documentation of a symbol.
pub(super) fn read(parsed: &Parsed<'_>, comments: &[Range<usize>]) -> Documentation {
    let comments = unbroken(parsed, comments);
    let tags = parsed.grammar.manifest().comments.block_tags;
    let is_comment = |range: &Range<usize>| kind_of(parsed, prose_of(parsed, range)).is_some();
    if comments.iter().all(is_comment) {
        return prose::read(comments.iter().flat_map(|range| lines(prose_of(parsed, range))), tags);
    }
    let text = comments.iter().flat_map(|range| prose_of(parsed, range).split('\n'));
    let lines: Vec<&str> = text.map(str::trim_end).collect();
    // The text of a string is indented as the code around it is.
    let indent = |line: &&str| line.len() - line.trim_start().len();
    let common = lines
        .iter()
        .skip(1)
        .filter(|line| !line.trim().is_empty())
        .map(indent)
        .min();
    let cut = |line: &str| common.unwrap_or(0).min(line.len() - line.trim_start().len());
    prose::read(lines.iter().map(|line| &line[cut(line)..]), tags)
}

/// The first sentence of a line that is no comment.
pub(super) fn sentence(line: &str) -> Fragment {
    prose::read([line.trim()].into_iter(), false).summary
}

/// Reads what a file says about itself in the comments at its top.
pub(super) fn file(parsed: &Parsed<'_>) -> Documentation {
    let flags = |node: Node<'_>| parsed.grammar.nodes().kind(node.kind_id()).flags;
    let mut comments = Vec::new();
    for node in parsed.root.children() {
        let comment = flags(node).has(Flags::COMMENT);
        match comment_kind(parsed, node).filter(|_| comment) {
            Some(CommentKind::Inner) => comments.push(node.byte_range()),
            Some(CommentKind::Line) if parsed.grammar.manifest().comments.adjacent => {
                if !reach(parsed, &comments, node) {
                    comments.clear();
                }
                comments.push(node.byte_range());
            }
            Some(CommentKind::Block) if FILE_TAGS.iter().any(|tag| parsed.text(node).contains(tag)) => {
                comments.push(node.byte_range());
                break;
            }
            _ if comment || flags(node).has(Flags::ATTRIBUTE) => (),
            _ => {
                if parsed.grammar.manifest().comments.adjacent && !reach(parsed, &comments, node) {
                    comments.clear();
                }
                break;
            }
        }
    }
    if comments.is_empty() {
        comments.extend(doc_string(parsed, parsed.root));
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
