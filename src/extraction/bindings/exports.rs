//! What a file gives away as a value: `export default value`, `exports.name = value`, `module.exports = value`.

use super::Exported;
use super::rules::ExprRule;
use super::scopes::ValueExport;
use super::walk::Surveyor;
use crate::extraction::parsed::line_of;
use crate::extraction::tree::Node;

impl<'t> Surveyor<'t, '_> {
    /// Whether an export statement only names things.
    pub(super) fn names_only(&self, node: Node<'t>) -> bool {
        let export = self.rules.words.export == node.kind();
        !export || (node.child_by_field_name("declaration").is_none() && node.child_by_field_name("value").is_none())
    }

    pub(super) fn export_of(&self, node: Node<'t>) -> Exported {
        if self.rules.words.export != node.kind() {
            return Exported::No;
        }
        let is_default = node.children().any(|child| child.kind() == "default");
        if is_default { Exported::Default } else { Exported::Named }
    }

    /// `export default value`, unless the value has a name, which imports are about, or is a definition.
    pub(super) fn read_default_export(&mut self, node: Node<'t>, scope: u32) {
        let value = node.child_by_field_name("value");
        let is_symbol = self.survey.symbol_of.contains_key(&node.id());
        let is_name = |it: &Node<'t>| matches!(self.rules.expression(it.kind_id()), Some(ExprRule::Name));
        if let Some(value) = value.filter(|value| !is_symbol && !is_name(value)) {
            self.give_away("default", value, scope, line_of(node));
        }
    }

    /// `exports.name = value` and `module.exports = value`.
    pub(super) fn read_exports_assignment(&mut self, node: Node<'t>, target: Node<'t>, scope: u32) {
        let exports = &self.rules.words.exports;
        if exports.is_empty() {
            return;
        }
        let text = self.parsed.text(target);
        let name = match text.rsplit_once('.') {
            _ if exports.iter().any(|it| it == text) => "export=",
            Some((object, name)) if exports.iter().any(|it| it == object) => name,
            _ => return,
        };
        if let Some(value) = node.child_by_field_name("right") {
            self.give_away(name, value, scope, line_of(node));
        }
    }

    fn give_away(&mut self, name: &'t str, value: Node<'t>, scope: u32, line: u32) {
        let name = self.names.id(name);
        self.survey.exports.push(ValueExport {
            name,
            value,
            scope,
            line,
        });
    }
}
