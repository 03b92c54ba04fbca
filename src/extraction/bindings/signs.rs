//! What in written types is no name: pointers, brackets, the words of the language. Two functions whose signs differ are of different types.

use super::binders::{names_in, parameters};
use super::rules::Rules;
use crate::extraction::parsed::Parsed;
use crate::extraction::tree::Node;

/// How many tokens of one type are looked at.
const MOST_TOKENS: usize = 256;

/// One number for the signs in the types of parameters and results; names, separators and brackets around a list are not in it.
pub(super) fn of(parsed: &Parsed<'_>, rules: &Rules, lists: [Option<Node<'_>>; 2]) -> u16 {
    let mut hash = Fnv(0x811c_9dc5);
    for list in lists.into_iter().flatten() {
        hash.add("|");
        let is_list = rules.walk(list.kind_id()).is_some_and(|rule| rule.parameters);
        let types = if is_list { parameters(list, rules) } else { vec![list] };
        for node in types {
            let of = node.child_by_field_name("type").unwrap_or(node);
            for _ in 0..names_in(node, rules) {
                hash.add(",");
                add_tokens(parsed, of, &mut hash);
            }
        }
    }
    (hash.0 >> 16) as u16 ^ hash.0 as u16
}

fn add_tokens(parsed: &Parsed<'_>, node: Node<'_>, hash: &mut Fnv) {
    let mut open = vec![node];
    let mut left = MOST_TOKENS;
    while let Some(node) = open.pop() {
        if left == 0 {
            return;
        }
        left -= 1;
        let before = open.len();
        open.extend(node.children());
        open[before..].reverse();
        if open.len() > before {
            continue;
        }
        match parsed.text(node) {
            // The word for the empty interface.
            "any" => ["interface", "{", "}"].into_iter().for_each(|sign| hash.add(sign)),
            "." => {}
            sign if !node.is_named() => hash.add(sign),
            _ => {}
        }
    }
}

/// FNV-1a, which is the same everywhere and always.
struct Fnv(u32);

impl Fnv {
    fn add(&mut self, text: &str) {
        for byte in text.bytes().chain([0]) {
            self.0 = (self.0 ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
    }
}
