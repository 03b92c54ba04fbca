//! Macros of Rust, read as the calls or the items that stand in their brackets. Every byte keeps its offset.

mod patterns;
mod scan;

use super::Skipped;
use super::parse::{LineStarts, Parsing, Source, errors, mark_replaced};
use scan::macro_sites;
use std::borrow::Cow;
use std::ops::Range;
use tree_sitter::Tree;

/// How often a text is read again after taking back what did not help.
const ROUNDS: usize = 4;

/// Reads `name!(a, b)` as the call `name (a, b)`, where that makes sense of the arguments, and `name! { items }` as the items alone.
///
/// The change is made before the first parse, because nearly every macro takes expressions. Where an argument is none, it is blanked and the
/// rest is parsed again; where that does not help, the macro is restored.
pub(super) fn macro_arguments<'t>(parsing: &mut Parsing<'_>, original: Cow<'t, [u8]>) -> Result<Source<'t>, Skipped> {
    let mut sites = macro_sites(&original);
    if sites.is_empty() {
        let tree = parsing.tree(&original, None)?;
        return Ok(Source::of(tree, original, None));
    }
    let mut bytes = original.to_vec();
    for site in &sites {
        site.rewrite(&mut bytes);
    }
    let breaks = |text: &[u8]| text.iter().filter(|byte| **byte == b'\n').count();
    debug_assert_eq!(breaks(&bytes), breaks(&original), "every line stays where it is");
    let mut tree = parsing.tree(&bytes, None)?;
    let mut lines = None;
    for round in 0..=ROUNDS {
        let (bad, blanked) = misread(&tree, &mut sites, round == ROUNDS);
        if bad.is_empty() && blanked.is_empty() {
            break;
        }
        let lines = lines.get_or_insert_with(|| LineStarts::of(&original));
        for argument in blanked {
            blank(&mut bytes[argument.clone()]);
            mark_replaced(&mut tree, lines, argument.start, argument.end);
        }
        for site in bad {
            site.restore(&mut bytes, &original);
            // What is changed last comes first: edits at the end leave earlier positions as they are.
            for range in site.changed().into_iter().rev() {
                mark_replaced(&mut tree, lines, range.start, range.end);
            }
        }
        tree = parsing.tree(&bytes, Some(&tree))?;
    }
    let names = |site: &MacroSite| site.holds_items.then(|| name_at(&original, site.bang));
    let item_macros = sites.iter().filter_map(names).collect();
    Ok(Source {
        tree,
        original,
        repaired: Some(bytes),
        item_macros,
    })
}

/// The name that begins at a byte.
fn name_at(bytes: &[u8], start: usize) -> Range<usize> {
    let rest = bytes[start..].iter();
    let length = rest.take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_');
    start..start + length.count()
}

/// Puts blanks in place of a text. Line breaks stay.
fn clear(text: &mut [u8]) {
    let bytes = text.iter_mut().filter(|byte| !matches!(byte, b'\r' | b'\n'));
    bytes.for_each(|byte| *byte = b' ');
}

/// Puts a number in place of an argument.
fn blank(argument: &mut [u8]) {
    clear(argument);
    if let Some(first) = argument.iter_mut().find(|byte| **byte == b' ') {
        *first = b'0';
    }
}

/// One `name!(…)` that is read as a call, or one `name! { … }` whose items are read.
#[derive(Default)]
struct MacroSite {
    /// The `!`, or where the name begins before items.
    bang: usize,
    open: usize,
    close: usize,
    /// The `;` of `vec![value; count]`.
    semicolons: Vec<usize>,
    arguments: Vec<Argument>,
    /// What stands before a value and is no part of it (`field = %value`, `?value`).
    signs: Vec<Range<usize>>,
    /// The bytes that make an expression of a pattern.
    edits: Vec<(usize, u8)>,
    holds_items: bool,
    /// Its branches are the arms of `cfg_select!`, where `semicolons` are the commas behind expressions.
    selects: bool,
    /// It may be a value, and its braces make a block.
    keeps_braces: bool,
    /// How many bytes are under an error.
    broken: usize,
    /// Among items, lines that are words of the macro's own (`@section type`).
    own_words: Vec<Range<usize>>,
}

/// What stands between two commas of a macro.
struct Argument {
    range: Range<usize>,
    /// It has a syntax of its own (`key: value`, `pattern => value`), and is blanked.
    is_odd: bool,
}

impl MacroSite {
    /// Whether an error among many items is too small to give them all up.
    fn bears(&mut self, bytes: usize) -> bool {
        self.broken += bytes.max(1);
        self.holds_items && self.broken * 20 < self.close - self.open
    }

    /// Whether none of its arguments is an expression.
    fn is_odd(&self) -> bool {
        !self.holds_items && !self.arguments.is_empty() && self.arguments.iter().all(|it| it.is_odd)
    }

    /// Whether it stands in one of some ranges.
    fn is_in(&self, ranges: &[Range<usize>]) -> bool {
        let is_inside = |range: &Range<usize>| range.start <= self.bang && self.close < range.end;
        ranges.iter().any(is_inside)
    }

    /// Reads the second argument as a pattern, where a macro takes one.
    fn read_pattern(&mut self, bytes: &[u8]) {
        let [_, pattern, ..] = self.arguments.as_mut_slice() else {
            return;
        };
        if patterns::takes_pattern(bytes, self.bang) {
            self.edits = patterns::edits(bytes, pattern.range.clone());
            pattern.is_odd &= self.edits.is_empty();
        }
    }

    fn odd(&self) -> impl Iterator<Item = Range<usize>> {
        let odd = self.arguments.iter().filter(|it| it.is_odd);
        odd.map(|it| it.range.clone())
    }

    fn rewrite(&self, bytes: &mut [u8]) {
        if self.holds_items {
            clear(&mut bytes[self.bang..self.open]);
            if !self.keeps_braces {
                bytes[self.open] = b' ';
                bytes[self.close] = b' ';
            }
            self.semicolons.iter().for_each(|&at| bytes[at] = b';');
            for words in &self.own_words {
                clear(&mut bytes[words.clone()]);
            }
            return;
        }
        bytes[self.bang] = b' ';
        bytes[self.open] = b'(';
        bytes[self.close] = b')';
        self.semicolons.iter().for_each(|&at| bytes[at] = b',');
        self.signs.iter().for_each(|range| clear(&mut bytes[range.clone()]));
        self.edits.iter().for_each(|&(at, byte)| bytes[at] = byte);
        self.odd().for_each(|range| blank(&mut bytes[range]));
    }

    /// Ends an argument and begins the next.
    fn begin_argument(&mut self, end: usize, start: usize) {
        if let Some(last) = self.arguments.last_mut() {
            last.range.end = end;
        }
        self.arguments.push(Argument {
            range: start..start,
            is_odd: false,
        });
    }

    fn mark_odd(&mut self) {
        if let Some(last) = self.arguments.last_mut() {
            last.is_odd = true;
        }
    }

    /// Ends the last argument, which is none if nothing stands in it.
    fn end_arguments(&mut self, bytes: &[u8], end: usize) {
        if let Some(mut last) = self.arguments.pop() {
            last.range.end = end;
            if !bytes[last.range.clone()].trim_ascii().is_empty() {
                self.arguments.push(last);
            }
        }
    }

    /// What was changed, in order.
    fn changed(&self) -> Vec<Range<usize>> {
        if self.holds_items {
            let mut all: Vec<_> = std::iter::once(self.bang..self.open + 1).collect();
            all.extend(self.own_words.iter().cloned());
            all.extend(self.semicolons.iter().map(|&at| at..at + 1));
            all.push(self.close..self.close + 1);
            all.sort_by_key(|range| range.start);
            return all;
        }
        let single = [self.bang, self.open, self.close];
        let edited = self.edits.iter().map(|(at, _)| at);
        let single = single
            .iter()
            .chain(&self.semicolons)
            .chain(edited)
            .map(|&at| at..at + 1);
        let mut all: Vec<Range<usize>> = single.chain(self.signs.iter().cloned()).chain(self.odd()).collect();
        all.sort_by_key(|range| range.start);
        all
    }

    fn restore(&self, bytes: &mut [u8], original: &[u8]) {
        for range in self.changed() {
            bytes[range.clone()].copy_from_slice(&original[range]);
        }
    }

    /// Gives up the arguments that an error is in, if it is within the brackets, others are left, and these had their chance. Returns which.
    fn give_up(&mut self, error: &Range<usize>) -> Vec<Range<usize>> {
        if error.start <= self.open || error.end > self.close || self.holds_items {
            return Vec::new();
        }
        let is_hit = |it: &Argument| it.range.start <= error.end && error.start <= it.range.end;
        let left = self.arguments.iter().filter(|it| !it.is_odd && !is_hit(it)).count();
        if left == 0 {
            return Vec::new();
        }
        let hit = self.arguments.iter_mut().filter(|it| !it.is_odd && is_hit(it));
        hit.map(|it| {
            it.is_odd = true;
            it.range.clone()
        })
        .collect()
    }
}

/// Takes from `sites` those that hold or touch an error, or gives up the arguments it is in; in the last round, all of them are taken.
fn misread(tree: &Tree, sites: &mut Vec<MacroSite>, last: bool) -> (Vec<MacroSite>, Vec<Range<usize>>) {
    let mut bad = vec![false; sites.len()];
    let mut blanked = Vec::new();
    sites.iter_mut().for_each(|site| site.broken = 0);
    for error in errors(tree.root_node()) {
        let (start, end) = (error.start_byte(), error.end_byte());
        let touched: Vec<usize> = (0..sites.len())
            .take_while(|&at| sites[at].bang <= end)
            .filter(|&at| sites[at].close >= start)
            .collect();
        let mut any = false;
        let is_around = |at: &usize| sites[*at].bang < start && end <= sites[*at].close;
        let innermost = touched.iter().rev().copied().find(is_around);
        match innermost.filter(|_| !last) {
            // The innermost macro around the error; those around it get their turn if that does not help.
            Some(innermost) if sites[innermost].bears(end - start) => any = true,
            Some(innermost) => {
                let given_up = sites[innermost].give_up(&(start..end));
                bad[innermost] |= given_up.is_empty();
                blanked.extend(given_up);
                any = true;
            }
            None => {
                for at in touched {
                    any = true;
                    bad[at] |= !sites[at].bears(end - start);
                }
            }
        }
        // Without a macro at the error itself, the one just before it may have led the parser astray.
        if !any && error.is_missing() {
            let before = sites.partition_point(|site| site.close < start);
            if let Some(at) = before.checked_sub(1).filter(|&at| start - sites[at].close <= 2) {
                bad[at] = true;
            }
        }
    }
    let mut at = 0;
    let mut bad: Vec<MacroSite> = sites
        .extract_if(.., |_| {
            at += 1;
            bad[at - 1]
        })
        .collect();
    // What stands in an argument is blanked with it.
    sites.retain(|site| !site.is_in(&blanked));
    bad.retain(|site| !site.is_in(&blanked));
    (bad, blanked)
}
