//! Facts about a text whose lines stand for those of a file.

use super::{FileFacts, Lines};

/// Turns the lines of facts into those of the file, of which `lines` has one for each line of the text.
pub(super) fn restore(facts: &mut FileFacts, lines: &[u32], bytes: usize) {
    let of = |line: u32| {
        let at = (line as usize).saturating_sub(1).min(lines.len().saturating_sub(1));
        lines.get(at).copied().unwrap_or(line)
    };
    let span = |span: Lines| {
        let start = of(span.start);
        let end = of(span.end).max(start);
        Lines { start, end }
    };
    facts.lines = of(facts.lines);
    facts.bytes = bytes as u32;
    facts.unparsed_bytes = facts.unparsed_bytes.min(facts.bytes);
    facts.unparsed.iter_mut().for_each(|it| *it = span(*it));
    for symbol in &mut facts.symbols {
        symbol.lines = span(symbol.lines);
        symbol.outline.iter_mut().for_each(|step| step.line = of(step.line));
    }
    for contract in &mut facts.contracts {
        contract.lines = span(contract.lines);
    }
    let bindings = &mut facts.bindings;
    bindings.references.iter_mut().for_each(|it| it.line = of(it.line));
    bindings.imports.iter_mut().for_each(|it| it.line = of(it.line));
    bindings.mounts.iter_mut().for_each(|it| it.line = of(it.line));
    // Bytes are those of the text.
    bindings.locals.iter_mut().for_each(|it| it.function = None);
}
