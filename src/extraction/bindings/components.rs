//! Components in files of their own: what loads them later.

use super::collect::Lowering;
use super::place::first_child;
use super::scopes::ReferenceDraft;
use super::{Expr, Reference, ReferenceKind};
use crate::extraction::parsed::line_of;

/// What a module gives away by default.
const DEFAULT: &str = "default";

impl<'t> Lowering<'t, '_> {
    /// Notes that `import('./Panel.vue')` uses the component that is the file. Whether it does.
    pub(super) fn component_loaded(&mut self, draft: &ReferenceDraft<'t>) -> bool {
        let is_load = draft.kind == ReferenceKind::Call
            && self
                .rules
                .words
                .module_calls
                .iter()
                .any(|it| it == self.parsed.text(draft.target));
        let call = draft.target.parent().filter(|_| is_load);
        let Some(specifier) = call.and_then(|call| first_child(call.child_by_field_name("arguments")?)) else {
            return false;
        };
        let text = self.parsed.text(specifier).trim_matches(['"', '\'', '`']);
        let embedded = &self.parsed.grammar.manifest().embedded;
        let extension = text.rsplit_once('.').map_or("", |(_, extension)| extension);
        if !embedded.iter().any(|it| it.extensions.iter().any(|it| it == extension)) {
            return false;
        }
        let module = Expr::Module(self.names.id(text));
        let module = self.keep(module);
        let name = self.names.id(DEFAULT);
        let target = self.keep(Expr::Member(module, name));
        let reference = Reference {
            kind: ReferenceKind::Read,
            target,
            name,
            line: line_of(specifier),
            within: draft.within,
            arguments: None,
            given: None,
            values: Vec::new(),
        };
        self.found.push((specifier.start_byte() as u32, reference));
        true
    }
}
