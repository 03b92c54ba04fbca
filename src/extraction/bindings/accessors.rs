//! What a definition says of itself by annotations or conventions and not by a type: fields that generated methods read and write, and members
//! that are named after their type.

use super::collect::Lowering;
use super::place::{Place, named_parts, place};
use super::{Declared, Expr, TypeExpr, TypeId};
use crate::extraction::facts::SymbolKind;
use crate::extraction::parsed::SymbolNode;
use crate::extraction::tree::Node;
use serde::Deserialize;

/// Annotations of a tool that makes methods of fields.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Accessors {
    /// The package that a file has to import something of.
    from: String,
    /// Where annotations stand in a definition, and their name in them.
    list: Place,
    name: Place,
    getters: Vec<String>,
    setters: Vec<String>,
}

impl<'t> Lowering<'t, '_> {
    /// Notes which methods are made of a field, or of all fields of a type.
    pub(super) fn note_accessors(&mut self, node: Node<'t>, declared: &mut Declared) {
        let rules = self.rules;
        let accessors = &rules.words.accessors;
        let Some(list) = place(node, &accessors.list).filter(|_| self.imports_from(&accessors.from)) else {
            return;
        };
        for annotation in named_parts(list, 32) {
            let Some(name) = place(annotation, &accessors.name) else {
                continue;
            };
            let text = self.parsed.text(name);
            let word = text.rsplit('.').next().unwrap_or_default();
            declared.is_read_by_methods |= accessors.getters.iter().any(|it| it == word);
            declared.is_written_by_methods |= accessors.setters.iter().any(|it| it == word);
        }
    }

    fn imports_from(&self, package: &str) -> bool {
        let mut heads = self.out.imports.iter().filter_map(|import| import.path.first());
        heads.any(|head| self.names.all()[head.0 as usize].expose() == package)
    }

    /// The type that a member is named after by convention, where nothing says that it is another.
    pub(super) fn named_after(&mut self, symbol: &SymbolNode<'t>, scope: u32) -> Option<TypeId> {
        let words = &self.rules.words;
        let method = symbol
            .node
            .child_by_field_name("method")
            .filter(|_| !words.named_after.is_empty())?;
        let is = |list: &[String], word: &str| list.iter().any(|it| it == word);
        if symbol.kind != SymbolKind::Field || !is(&words.named_after, self.parsed.text(method)) {
            return None;
        }
        let list = symbol.node.child_by_field_name("arguments")?;
        let says = |it: &Node<'t>| {
            let key = it
                .child_by_field_name("key")
                .map(|key| self.parsed.bytes.get(key.byte_range()));
            let key = key.flatten().and_then(|key| std::str::from_utf8(key).ok());
            key.is_some_and(|key| is(&words.named_otherwise, key.trim_start_matches(':')))
        };
        if named_parts(list, 32).iter().any(says) {
            return None;
        }
        let name = camel(self.parsed.name(symbol.name));
        let name = self.names.id_of(&name);
        let module = self.survey.scopes[scope as usize].module;
        let path = self.keep(Expr::Name { name, module, arity: 0 });
        let arguments = Vec::new();
        Some(self.keep_type(TypeExpr::Named {
            path,
            arguments: arguments.into(),
        }))
    }
}

/// `short_url` as `ShortUrl`.
fn camel(name: &str) -> String {
    let words = name.split('_').map(|word| {
        let mut chars = word.chars();
        let first = chars.next().map(|c| c.to_uppercase().to_string());
        first.unwrap_or_default() + chars.as_str()
    });
    words.collect()
}
