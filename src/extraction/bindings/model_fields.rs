//! Fields whose value says what an instance holds under their name: `owner = ForeignKey(User)` of Django is a `User` there.
//!
//! What the field is of can stand in quotes: the class itself (`"self"`), a class of the file, or one of an application (`"auth.User"`), which is that of
//! `auth.models`. Of such a text digests are kept, as of all dotted paths in strings.

use super::collect::Lowering;
use super::place::place;
use super::rules::ExprRule;
use super::scopes::{Entry, Space};
use super::{Expr, ExprId, Reference, ReferenceKind};
use crate::extraction::facts::{SymbolIdx, SymbolKind, digest};
use crate::extraction::parsed::line_of;
use crate::extraction::tree::Node;

/// Where the classes of an application are.
const MODELS: &str = ".models";

impl<'t> Lowering<'t, '_> {
    /// What an instance holds by the value that its class gives to a variable; `None` where that is the value itself.
    pub(super) fn held(&mut self, at: SymbolIdx, value: Node<'t>, scope: u32) -> Option<ExprId> {
        let class = self.symbols[at.0 as usize].container?;
        let calls = &self.rules.words.held_calls;
        if calls.is_empty() || self.symbols[class.0 as usize].kind != SymbolKind::Class {
            return None;
        }
        let Some(ExprRule::Call { function }) = self.rules.expression(value.kind_id()) else {
            return None;
        };
        let word = self.parsed.text(place(value, function)?).rsplit('.').next();
        if !calls.iter().any(|it| Some(it.as_str()) == word) {
            return None;
        }
        let list = value.child_by_field_name("arguments")?;
        let first = list.named_children().find(|it| !it.is_extra())?;
        let of = match first.child_by_field_name("value") {
            Some(of) if self.parsed.text(first.child_by_field_name("name")?) == "to" => of,
            Some(_) => return None,
            None => first,
        };
        let of = match self.in_quotes(of) {
            Some(text) => self.model_named(text, of, (at, class), scope)?,
            None if matches!(self.rules.expression(of.kind_id()), Some(ExprRule::Literal { .. })) => return None,
            None => self.expression(of, scope, 0),
        };
        Some(self.keep(Expr::Call(of, None)))
    }

    /// The text of a literal, which is hidden from everything that makes names.
    fn in_quotes(&self, node: Node<'t>) -> Option<&'t str> {
        let original: &'t [u8] = self.parsed.original;
        let text = std::str::from_utf8(original.get(node.byte_range())?).ok()?;
        text.strip_prefix(['"', '\''])?.strip_suffix(['"', '\''])
    }

    fn model_named(&mut self, text: &'t str, node: Node<'t>, at: (SymbolIdx, SymbolIdx), scope: u32) -> Option<ExprId> {
        if text == "self" {
            return Some(self.keep(Expr::Symbol(at.1)));
        }
        let target = match text.split_once('.') {
            Some((app, name)) if is_name(app) && is_name(name) => {
                let module = self.keep(Expr::Dotted(digest(&format!("{app}{MODELS}"))));
                Expr::Keyed(module, digest(name))
            }
            Some(_) => return None,
            None => match self.survey.find(self.symbols, text, scope, usize::MAX, Space::Type) {
                Ok(Entry::Symbol(symbol)) => Expr::Symbol(symbol),
                Ok(Entry::Import(import)) => Expr::Import(import),
                _ => return None,
            },
        };
        let target = self.keep(target);
        let reference = Reference {
            kind: ReferenceKind::Read,
            target,
            name: self.names.id("_"),
            line: line_of(node),
            within: Some(at.0),
            arguments: None,
            given: None,
            values: Box::default(),
        };
        self.found.push((node.start_byte() as u32, reference));
        Some(target)
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_')
}
