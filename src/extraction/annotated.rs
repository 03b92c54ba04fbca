//! Declarations of Kotlin that the parser takes for expressions because annotations stand before them: `@A private fun f() {}` is read as
//! `private` and `f() {}` with the operator `fun` between. Without an annotation there is no such reading. Every byte keeps its offset.

use super::Skipped;
use super::parse::{Parsing, Source};
use std::borrow::Cow;
use std::ops::Range;
use tree_sitter::{Node, Tree};

/// Words that no expression can be named by.
const KEYWORDS: [&[u8]; 7] = [b"class", b"fun", b"interface", b"object", b"typealias", b"val", b"var"];

/// Reads a text, and again where declarations were lost: without the last annotation of each, and without any where that does not help.
pub(super) fn declarations<'t>(parsing: &mut Parsing<'_>, original: Cow<'t, [u8]>) -> Result<Source<'t>, Skipped> {
    let mut tree = parsing.tree(&original, None)?;
    let mut repaired: Option<Vec<u8>> = None;
    for all in [false, true] {
        let bytes = repaired.as_deref().unwrap_or(&original);
        let lost = annotations(&tree, bytes, all);
        if lost.is_empty() {
            break;
        }
        let mut bytes = bytes.to_vec();
        for range in lost {
            let blanked = bytes[range].iter_mut().filter(|byte| !matches!(byte, b'\r' | b'\n'));
            blanked.for_each(|byte| *byte = b' ');
        }
        let Ok(again) = parsing.tree(&bytes, None) else { break };
        (tree, repaired) = (again, Some(bytes));
    }
    Ok(Source::of(tree, original, repaired))
}

/// The annotations of all declarations that are read as expressions: the last one of each, or all.
fn annotations(tree: &Tree, bytes: &[u8], all: bool) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if !bytes.contains(&b'@') {
        return found;
    }
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        if node.kind() == "infix_expression" && is_declaration(node, bytes) {
            let before = annotations_before(node);
            let first = if all { 0 } else { before.len().saturating_sub(1) };
            found.extend_from_slice(&before[first..]);
        }
        if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return found;
            }
        }
    }
}

fn is_declaration(infix: Node<'_>, bytes: &[u8]) -> bool {
    let mut cursor = infix.walk();
    let is_keyword = |it: Node<'_>| {
        let text = bytes.get(it.byte_range()).unwrap_or_default();
        it.kind() == "identifier" && KEYWORDS.contains(&text)
    };
    infix.named_children(&mut cursor).any(is_keyword)
}

/// The annotations around an expression, in the order of the text.
fn annotations_before(infix: Node<'_>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut around = infix.parent();
    while let Some(node) = around.filter(|it| it.kind().ends_with("_expression")) {
        if node.kind() == "annotated_expression"
            && let Some(annotation) = node.child(0).filter(|it| it.kind() == "annotation")
        {
            found.push(annotation.byte_range());
        }
        around = node.parent();
    }
    found.reverse();
    found
}
