//! Strings that name something of the repository by a dotted path (`"package.module.Class"`), as settings and patches of Python do.
//!
//! A literal is no fact. Digests of its parts are kept where it begins with a package that the file lies in or imports from, and linking finds what
//! the repository defines under that path.

use super::collect::Lowering;
use super::scopes::DottedDraft;
use super::walk::{Frame, Surveyor};
use super::{Expr, ExprId, Reference, ReferenceKind};
use crate::extraction::facts::digest;
use crate::extraction::parsed::line_of;
use crate::extraction::tree::Node;

/// How long such a path is at most, in bytes and in names.
const MAX_BYTES: usize = 160;
const MAX_NAMES: usize = 10;

impl<'t> Surveyor<'t, '_> {
    /// Notes a string that may be a path.
    pub(super) fn note_dotted(&mut self, node: Node<'t>, frame: &Frame<'t>) {
        // Literals are hidden from everything that makes names.
        let text = self.parsed.original.get(node.byte_range());
        if let Some(path) = text.and_then(|text| std::str::from_utf8(text).ok()).and_then(dotted) {
            let within = frame.symbol;
            self.survey.dotted.push(DottedDraft { node, path, within });
        }
    }
}

impl<'t> Lowering<'t, '_> {
    /// What strings name: a definition of a module, or a member of one.
    pub(super) fn dotted(&mut self) {
        let survey = self.survey;
        for draft in &survey.dotted {
            let Some((outer, last)) = draft.path.rsplit_once('.').filter(|_| self.begins_near(draft.path)) else {
                continue;
            };
            let module = self.keep(Expr::Dotted(digest(outer)));
            self.found_dotted(draft, module, last);
            if let Some((module, class)) = outer.rsplit_once('.') {
                let module = self.keep(Expr::Dotted(digest(module)));
                let class = self.keep(Expr::Keyed(module, digest(class)));
                self.found_dotted(draft, class, last);
            }
        }
    }

    fn found_dotted(&mut self, draft: &DottedDraft<'t>, of: ExprId, name: &str) {
        let reference = Reference {
            kind: ReferenceKind::Read,
            target: self.keep(Expr::Keyed(of, digest(name))),
            name: self.names.id("_"),
            line: line_of(draft.node),
            within: draft.within,
            arguments: None,
            given: None,
            values: Box::default(),
        };
        self.found.push((draft.node.start_byte() as u32, reference));
    }

    /// Whether a path begins with a package that the file lies in, or imports from.
    fn begins_near(&self, path: &str) -> bool {
        let first = path.split('.').next().unwrap_or_default();
        let imports = self.out.imports.iter().filter_map(|import| import.path.first());
        let mut imported = imports.map(|at| self.names.all()[at.0 as usize].expose());
        self.path.split('/').any(|folder| folder == first) || imported.any(|it| it.split('.').next() == Some(first))
    }
}

/// The path that a string is, if it is one and nothing else.
fn dotted(text: &str) -> Option<&str> {
    let quoted = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    let path = quoted('"').or_else(|| quoted('\''))?;
    let is_name = |name: &str| {
        let is_word = name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_');
        is_word && !name.is_empty() && !name.starts_with(|first: char| first.is_ascii_digit())
    };
    let count = path.bytes().filter(|it| *it == b'.').count() + 1;
    let is_path = path.len() <= MAX_BYTES && (2..=MAX_NAMES).contains(&count) && path.split('.').all(is_name);
    is_path.then_some(path)
}
