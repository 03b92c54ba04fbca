//! What macros of a file implement: the traits that their definitions name between `impl` and `for`. And which stand around items.
//!
//! Who is made an implementor stands in the calls of the macro, which are not read. The relation is that of the macro itself.

use super::collect::Lowering;
use super::{Expr, ExprId, Reference, ReferenceKind};
use crate::extraction::facts::{SymbolIdx, SymbolKind};
use crate::extraction::parsed::{SymbolNode, line_of};
use crate::extraction::tree::Node;

/// Tokens of one definition that are read.
const MOST_TOKENS: usize = 20_000;
/// Traits of one macro.
const MOST_TRAITS: usize = 32;

/// A word or sign of a macro's definition.
struct Token<'t> {
    node: Node<'t>,
    text: &'t str,
}

impl<'t> Lowering<'t, '_> {
    /// Adds what the macros of the file implement to its references.
    pub(super) fn macro_implementations(&mut self) {
        let Some([implements, of]) = self.rules.words.implementing.as_slice().first_chunk::<2>() else {
            return;
        };
        let symbols = self.symbols;
        for symbol in symbols.iter().filter(|it| it.kind == SymbolKind::Macro) {
            let tokens = self.tokens(symbol.node);
            let places = (0..tokens.len()).filter(|&at| tokens[at].text == implements);
            let traits = places.filter_map(|at| path_before(&tokens[at + 1..], of));
            let traits: Vec<&[Token<'t>]> = traits.take(MOST_TRAITS).collect();
            let mut known: Vec<ExprId> = Vec::new();
            for path in traits {
                let Some((target, name)) = self.trait_path(path, symbol) else {
                    continue;
                };
                if known.contains(&target) {
                    continue;
                }
                known.push(target);
                let reference = Reference {
                    kind: ReferenceKind::Implements,
                    target,
                    name: self.names.id(name.text),
                    line: line_of(name.node),
                    within: Some(symbol.index),
                    arguments: None,
                    given: None,
                    values: Box::default(),
                };
                self.found.push((name.node.start_byte() as u32, reference));
            }
        }
    }

    /// Adds the calls of macros around items that are read as if they stood alone.
    pub(super) fn item_macros(&mut self) {
        let (original, starts) = (self.parsed.original, self.parsed.line_starts());
        for range in self.parsed.item_macros {
            let Some(text) = original.get(range.clone()).and_then(|it| std::str::from_utf8(it).ok()) else {
                continue;
            };
            let is_around = |it: &&SymbolNode<'t>| it.node.byte_range().contains(&range.start);
            let within = self.symbols.iter().rev().find(is_around).map(|it| it.index);
            let name = self.names.id(text);
            let reference = Reference {
                kind: ReferenceKind::Macro,
                target: self.keep(Expr::Name {
                    name,
                    module: None,
                    arity: 0,
                }),
                name,
                line: starts.partition_point(|start| *start <= range.start) as u32,
                within,
                arguments: None,
                given: None,
                values: Box::default(),
            };
            self.found.push((range.start as u32, reference));
        }
    }

    /// The tokens of a definition, without its comments and literals.
    fn tokens(&self, node: Node<'t>) -> Vec<Token<'t>> {
        let mut out = Vec::new();
        // A cursor does not leave the node it began at.
        let mut cursor = node.walk();
        while out.len() < MOST_TOKENS {
            let node = cursor.node();
            let kind = node.kind();
            let is_read = !(kind.ends_with("comment") || kind.ends_with("_literal"));
            if is_read && cursor.goto_first_child() {
                continue;
            }
            if is_read {
                let text = self.parsed.bytes.get(node.byte_range()).unwrap_or_default();
                let text = std::str::from_utf8(text).unwrap_or_default();
                out.push(Token { node, text });
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return out;
                }
            }
        }
        out
    }

    /// The expression of a path of names, and its last name; `None` if the caller of the macro names a part of it.
    fn trait_path<'p>(&mut self, path: &'p [Token<'t>], symbol: &SymbolNode<'t>) -> Option<(ExprId, &'p Token<'t>)> {
        let segments: Vec<&Token<'t>> = path.iter().filter(|it| it.text != "::").collect();
        let (first, rest) = segments.split_first()?;
        if segments
            .iter()
            .any(|it| it.text.starts_with('$') && it.text != "$crate")
        {
            return None;
        }
        let name = self.names.id(first.text);
        let module = self.module_around(symbol);
        let mut target = self.keep(Expr::Name { name, module, arity: 0 });
        for segment in rest {
            let name = self.names.id(segment.text);
            target = self.keep(Expr::Path(target, name));
        }
        Some((target, segments.last()?))
    }

    fn module_around(&self, symbol: &SymbolNode<'t>) -> Option<SymbolIdx> {
        let mut container = symbol.container;
        while let Some(at) = container {
            let around = &self.symbols[at.0 as usize];
            if around.kind == SymbolKind::Module {
                return Some(at);
            }
            container = around.container;
        }
        None
    }
}

/// The path that stands before the word `of`, type parameters and arguments left out.
fn path_before<'p, 't>(tokens: &'p [Token<'t>], of: &str) -> Option<&'p [Token<'t>]> {
    let tokens = behind_brackets(tokens)?;
    let is_name = |text: &str| text.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '$');
    let is_part = |it: &Token<'_>| it.text == "::" || it.text != of && is_name(it.text);
    let end = tokens.iter().position(|it| !is_part(it))?;
    let behind = behind_brackets(&tokens[end..])?;
    let is_path = tokens[..end]
        .windows(2)
        .all(|it| (it[0].text == "::") != (it[1].text == "::"));
    (behind.first()?.text == of && is_path).then_some(&tokens[..end])
}

/// What follows a pair of angle brackets, if there is one.
fn behind_brackets<'p, 't>(tokens: &'p [Token<'t>]) -> Option<&'p [Token<'t>]> {
    if tokens.first()?.text != "<" {
        return Some(tokens);
    }
    let mut depth = 0_i32;
    for (at, token) in tokens.iter().enumerate() {
        depth += match token.text {
            "<" => 1,
            ">" => -1,
            ">>" => -2,
            "{" | ";" => return None,
            _ => 0,
        };
        if depth <= 0 {
            return tokens.get(at + 1..);
        }
    }
    None
}
