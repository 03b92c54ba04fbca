//! From bytes to a syntax tree, within bounds.

use super::expansion::Expanded;
use super::grammar::Repair;
use super::{
    Grammar, Limits, Lines, Skipped, annotated, class_heads, conditionals, expansion, macro_sites, repair, templates,
};
use std::borrow::Cow;
use std::cell::RefCell;
use std::ops::{ControlFlow, Range};
use std::time::{Duration, Instant};
use tree_sitter::{InputEdit, Node, ParseOptions, Parser, Point, Tree};

/// A tree with the bytes it came from.
pub(super) struct Source<'t> {
    pub(super) tree: Tree,
    /// The file as UTF-8.
    pub(super) original: Cow<'t, [u8]>,
    /// What was parsed, where a repair changed it.
    pub(super) repaired: Option<Vec<u8>>,
    /// The names of macros that a repair took away from around their items, in order.
    pub(super) item_macros: Vec<Range<usize>>,
}

impl<'t> Source<'t> {
    pub(super) fn of(tree: Tree, original: Cow<'t, [u8]>, repaired: Option<Vec<u8>>) -> Self {
        Self {
            tree,
            original,
            repaired,
            item_macros: Vec::new(),
        }
    }

    /// The bytes the tree describes.
    pub(super) fn bytes(&self) -> &[u8] {
        self.repaired.as_deref().unwrap_or(&self.original)
    }
}

/// A file in which the calls of its own macros are replaced by the items they become.
pub(super) fn expanded(grammar: &Grammar, bytes: &[u8]) -> Option<Expanded> {
    if !grammar.manifest().repairs.contains(&Repair::MacroArguments) {
        return None;
    }
    let bytes = decode(bytes).ok()?;
    expansion::expanded(std::str::from_utf8(&bytes).ok()?)
}

/// Parses one file, unless it breaks a limit.
pub(super) fn parse<'t>(grammar: &Grammar, bytes: &'t [u8], limits: &Limits) -> Result<Source<'t>, Skipped> {
    let original = decode(bytes)?;
    check(&original, limits)?;
    with_parser(|parser| {
        parser
            .set_language(grammar.language())
            .map_err(|_| Skipped::ParserMismatch)?;
        let mut parsing = Parsing {
            parser,
            until: Deadline::after(limits.parse_time),
        };
        let source = parsing.run(grammar, original);
        if source.is_err() {
            // A parser that was interrupted would go on with the old text.
            parsing.parser.reset();
        }
        source
    })
}

/// Parses a text without limits or repairs and forgets the tree: what any reader of its language pays at least. Whether it parsed without an error.
pub(crate) fn parse_alone(grammar: &Grammar, text: &[u8]) -> bool {
    with_parser(|parser| {
        parser.reset();
        let tree = parser
            .set_language(grammar.language())
            .ok()
            .and_then(|()| parser.parse(text, None));
        tree.is_some_and(|tree| !tree.root_node().has_error())
    })
}

fn with_parser<T>(run: impl FnOnce(&mut Parser) -> T) -> T {
    thread_local! {
        static PARSER: RefCell<Parser> = RefCell::new(Parser::new());
    }
    PARSER.with_borrow_mut(run)
}

/// A parser at work on one file.
pub(super) struct Parsing<'p> {
    parser: &'p mut Parser,
    until: Deadline,
}

/// When to give up. The time that others had on a busy machine does not count: which files are read must not depend on it.
#[derive(Clone, Copy)]
struct Deadline {
    wall: Instant,
    processor: Duration,
}

impl Deadline {
    fn after(time: Duration) -> Self {
        Self {
            wall: Instant::now() + time,
            processor: processor_time() + time,
        }
    }

    /// What is left of the time, by half.
    fn halved(self) -> Self {
        Self::after(self.processor.saturating_sub(processor_time()) / 2)
    }

    /// The clock on the wall is cheap to read; the other is asked once that one is over.
    fn is_over(self) -> bool {
        Instant::now() > self.wall && processor_time() > self.processor
    }
}

/// What this thread has had of a processor.
fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.try_into().unwrap_or_default())
}

impl Parsing<'_> {
    fn run<'t>(&mut self, grammar: &Grammar, original: Cow<'t, [u8]>) -> Result<Source<'t>, Skipped> {
        let repairs = &grammar.manifest().repairs;
        if repairs.contains(&Repair::MacroArguments) {
            return macro_sites::macro_arguments(self, original);
        }
        if repairs.contains(&Repair::ClassHeads) {
            let repaired = class_heads::blanked(&original);
            let tree = self.tree(repaired.as_deref().unwrap_or(&original), None)?;
            let source = Source::of(tree, original, repaired);
            return Ok(match repairs.contains(&Repair::Conditionals) {
                true => conditionals::blanked(self, source),
                false => source,
            });
        }
        if repairs.contains(&Repair::AnnotatedDeclarations) {
            let source = annotated::declarations(self, original)?;
            return match source.tree.root_node().has_error() {
                true => repair::broken_members(self, repairs, source.original, Some(source.tree), source.repaired),
                false => Ok(source),
            };
        }
        if repairs.is_empty() {
            let tree = self.tree(&original, None)?;
            return Ok(Source::of(tree, original, None));
        }
        let until = self.until;
        self.until = until.halved();
        let repaired = templates::prepared(repairs, &original);
        let tree = self.tree(repaired.as_deref().unwrap_or(&original), None).ok();
        self.until = until;
        match tree {
            Some(tree) if !tree.root_node().has_error() => Ok(Source::of(tree, original, repaired)),
            tree => repair::broken_members(self, repairs, original, tree, repaired),
        }
    }

    /// Goes on with a parse of `bytes` that was interrupted.
    pub(super) fn resume(&mut self, bytes: &[u8]) -> Result<Tree, Skipped> {
        self.attempt(bytes, None)
    }

    /// Parses `bytes`, reusing what an edited older tree has in common with them.
    pub(super) fn tree(&mut self, bytes: &[u8], old: Option<&Tree>) -> Result<Tree, Skipped> {
        self.parser.reset();
        self.attempt(bytes, old)
    }

    fn attempt(&mut self, bytes: &[u8], old: Option<&Tree>) -> Result<Tree, Skipped> {
        let until = self.until;
        let mut late = |_: &_| {
            if until.is_over() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let options = ParseOptions::new().progress_callback(&mut late);
        let mut read = |at: usize, _| bytes.get(at..).unwrap_or_default();
        self.parser
            .parse_with_options(&mut read, old, Some(options))
            .ok_or(Skipped::ParserTimeout)
    }
}

/// Tells a tree that bytes were replaced by as many others.
pub(super) fn mark_replaced(tree: &mut Tree, lines: &LineStarts, start: usize, end: usize) {
    let (from, to) = (lines.point(start), lines.point(end));
    tree.edit(&InputEdit {
        start_byte: start,
        old_end_byte: end,
        new_end_byte: end,
        start_position: from,
        old_end_position: to,
        new_end_position: to,
    });
}

/// Where the lines of a text begin.
pub(super) struct LineStarts(Vec<usize>);

impl LineStarts {
    pub(super) fn of(bytes: &[u8]) -> Self {
        let after = bytes
            .iter()
            .enumerate()
            .filter(|(_, byte)| **byte == b'\n')
            .map(|(at, _)| at + 1);
        Self(std::iter::once(0).chain(after).collect())
    }

    fn point(&self, at: usize) -> Point {
        let row = self.0.partition_point(|&start| start <= at) - 1;
        Point {
            row,
            column: at - self.0[row],
        }
    }
}

/// The file as UTF-8 without a byte order mark; what is not UTF-8 becomes `?`, byte for byte.
fn decode(bytes: &[u8]) -> Result<Cow<'_, [u8]>, Skipped> {
    let sixteen = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        char::decode_utf16(units)
            .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect::<String>()
            .into_bytes()
    };
    let bytes = match bytes {
        [0xff, 0xfe, rest @ ..] => return Ok(sixteen(rest, u16::from_le_bytes).into()),
        [0xfe, 0xff, rest @ ..] => return Ok(sixteen(rest, u16::from_be_bytes).into()),
        [0xef, 0xbb, 0xbf, rest @ ..] => rest,
        _ => bytes,
    };
    if bytes.iter().take(8192).any(|byte| *byte == 0) {
        return Err(Skipped::Binary);
    }
    if std::str::from_utf8(bytes).is_ok() {
        return Ok(bytes.into());
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut invalid = 0;
    for chunk in bytes.utf8_chunks() {
        out.extend_from_slice(chunk.valid().as_bytes());
        out.resize(out.len() + chunk.invalid().len(), b'?');
        invalid += chunk.invalid().len();
    }
    if invalid * 20 > bytes.len() {
        Err(Skipped::Binary)
    } else {
        Ok(out.into())
    }
}

/// The checks that cost no parsing.
fn check(bytes: &[u8], limits: &Limits) -> Result<(), Skipped> {
    if bytes.len() > limits.bytes {
        return Err(Skipped::TooLarge);
    }
    let (mut depth, mut line) = (0_usize, 0_usize);
    for byte in bytes {
        line += 1;
        match byte {
            b'\n' => line = 0,
            b'(' | b'[' | b'{' => {
                depth += 1;
                if depth > limits.depth {
                    return Err(Skipped::TooDeep);
                }
            }
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => (),
        }
        if line > limits.line_bytes {
            return Err(Skipped::LongLine);
        }
    }
    Ok(())
}

/// What a syntax error covers: how many bytes, and which lines.
#[derive(Default)]
pub(super) struct ErrorCoverage {
    pub(super) bytes: u32,
    pub(super) lines: Vec<Lines>,
}

impl ErrorCoverage {
    /// Counts the outermost errors below `root`.
    pub(super) fn of(root: Node<'_>) -> Self {
        let mut coverage = Self::default();
        for node in errors(root) {
            coverage.bytes += (node.end_byte() - node.start_byte()) as u32;
            let (start, mut end) = (node.start_position(), node.end_position());
            if end.column == 0 && end.row > start.row {
                end.row -= 1;
            }
            let (start, end) = (start.row as u32 + 1, end.row as u32 + 1);
            match coverage.lines.last_mut() {
                Some(last) if last.end + 1 >= start => last.end = last.end.max(end),
                _ => coverage.lines.push(Lines { start, end }),
            }
        }
        coverage
    }
}

/// The outermost nodes the parser put errors in or made up, in order.
pub(super) fn errors(root: Node<'_>) -> Vec<Node<'_>> {
    let mut found = Vec::new();
    if !root.has_error() {
        return found;
    }
    let mut cursor = root.walk();
    loop {
        let node = cursor.node();
        let is_error = node.is_error() || node.is_missing();
        if is_error {
            found.push(node);
        }
        if !is_error && node.has_error() && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return found;
            }
        }
    }
}

/// How long one parse may take.
pub(super) const PARSE_TIME: Duration = Duration::from_secs(2);
