//! What answers a contract: a definition, what a reference leads to, or a member that a literal names.

use super::query::{Capture, Part};
use super::rails::Call;
use super::{Flags, Found, Reader, shape};
use crate::extraction::facts::{Handler, SymbolIdx, SymbolKind, digest};
use crate::extraction::grammar::Role;
use crate::extraction::tree::Node;

impl<'t> Reader<'_, 't> {
    /// What answers what a match tells of; for one of the routes that a name of things has, by its action.
    pub(super) fn handler(&self, found: &Found<'t, '_>, kind: SymbolKind, action: Option<&str>) -> Option<Handler> {
        if found.pattern.is_rails {
            let name = found.part(kind, Part::Name);
            let call = Call::of(self.parsed, name.or(found.part(kind, Part::Method))?)?;
            return call.handler(name, action);
        }
        let node = found.part(kind, Part::Handler)?;
        if found.pattern.is_in_place {
            return self.in_place(node);
        }
        let handler = self.leads_to(node)?;
        let stated = found.one(Capture::Part(kind, Part::Member));
        let member = match (action, stated) {
            (Some(action), _) => Some(action),
            (None, Some(stated)) => self.literal(stated).filter(|it| shape::is_name(it)),
            (None, None) => found.pattern.member.as_deref(),
        };
        Some(match (handler, member) {
            (Handler::Reference(of), Some(member)) => Handler::Member {
                of,
                name: digest(member),
            },
            (Handler::Symbol(class), Some(member)) => Handler::Symbol(self.member_of(class, member).unwrap_or(class)),
            _ => handler,
        })
    }

    /// The member of a class of the file by its name.
    fn member_of(&self, class: SymbolIdx, name: &str) -> Option<SymbolIdx> {
        let mut symbols = self.around.symbols.iter();
        let found = symbols.find(|it| it.container == Some(class) && self.parsed.text(it.name) == name);
        found.map(|it| it.index)
    }

    /// What a node that answers a contract leads to: a definition, or the last name of an expression.
    fn leads_to(&self, node: Node<'t>) -> Option<Handler> {
        if let Some(symbol) = self.around.symbols.iter().find(|it| it.node == node || it.name == node) {
            return Some(Handler::Symbol(symbol.index));
        }
        let mut leaf = node;
        while let Some(last) = (leaf.named_child_count() as u32).checked_sub(1) {
            let kind = self.parsed.grammar.nodes().kind(leaf.kind_id());
            if matches!(kind.role, Role::Closure(_)) {
                return self.in_place(leaf);
            }
            if kind.flags.has(Flags::BLOCK) {
                return None;
            }
            leaf = leaf.named_child(last)?;
        }
        self.around.reference(leaf.start_byte()).map(Handler::Reference)
    }

    /// What answers a contract where it stands, with all that it uses; nothing where that is nothing.
    fn in_place(&self, node: Node<'t>) -> Option<Handler> {
        let (first, end) = self.around.references_in(node.byte_range());
        let last_line = node.last_line();
        (first < end).then_some(Handler::Inline { first, end, last_line })
    }
}
