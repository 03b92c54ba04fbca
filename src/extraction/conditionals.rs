//! Lines of a preprocessor that choose between texts, where the parser cannot make sense of them: inside an argument, a list or an expression. They are
//! blanked, so that all branches are read one after the other. Every byte keeps its offset.

use super::parse::{ErrorCoverage, Parsing, Source};
use regex::bytes::Regex;
use std::sync::LazyLock;

/// A line that opens, divides or ends what depends on a condition, with the lines it goes on in.
static LINE: LazyLock<Regex> = LazyLock::new(|| {
    let words = "if|ifdef|ifndef|elif|elifdef|elifndef|else|endif";
    Regex::new(&format!(r"(?m)^[ \t]*#[ \t]*(?:{words})\b(?:[^\\\n]|\\\r?\n|\\.)*"))
        .expect("the pattern is well formed")
});

/// The same file read without such lines, if less of it is under errors then.
pub(super) fn blanked<'t>(parsing: &mut Parsing<'_>, source: Source<'t>) -> Source<'t> {
    if !source.tree.root_node().has_error() {
        return source;
    }
    let mut bytes = source.bytes().to_vec();
    let lines: Vec<_> = LINE.find_iter(source.bytes()).map(|it| it.range()).collect();
    if lines.is_empty() {
        return source;
    }
    for byte in lines.iter().cloned().flatten() {
        if !matches!(bytes[byte], b'\n' | b'\r') {
            bytes[byte] = b' ';
        }
    }
    let errors = |tree: &tree_sitter::Tree| ErrorCoverage::of(tree.root_node()).bytes;
    match parsing.tree(&bytes, None) {
        Ok(tree) if errors(&tree) < errors(&source.tree) => Source::of(tree, source.original, Some(bytes)),
        _ => source,
    }
}
