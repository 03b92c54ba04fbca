//! Components in files of their own: what their templates use, and what loads them later.

use super::collect::Lowering;
use super::scopes::{Entry, Space};
use super::{Expr, Import, ImportKind, Reference, ReferenceKind};
use crate::extraction::parsed::line_of;
use crate::extraction::template_uses::{Does, Use};
use crate::extraction::tree::Node;

/// What a module gives away by default.
const DEFAULT: &str = "default";

/// The scope of a file.
const TOP: u32 = 0;

impl<'t> Lowering<'t, '_> {
    /// Notes that `import('./Panel.vue')` uses the component that is the file.
    pub(super) fn component_loaded(&mut self, specifier: Node<'t>, text: &'t str) {
        let embedded = &self.parsed.grammar.manifest().embedded;
        let extension = text.rsplit_once('.').map_or("", |(_, extension)| extension);
        if !embedded.iter().any(|it| it.extensions.iter().any(|it| it == extension)) {
            return;
        }
        let (name, module) = (self.names.id(DEFAULT), self.names.id(text));
        let import = Expr::Import(self.out.imports.len() as u32);
        self.out.imports.push(Import {
            kind: ImportKind::Member(name),
            path: vec![module],
            local: None,
            module: None,
            is_scoped: true,
            is_reexport: false,
            line: line_of(specifier),
        });
        let target = self.keep(import);
        let reference = Reference {
            kind: ReferenceKind::Read,
            target,
            name,
            line: line_of(specifier),
            within: None,
            arguments: None,
            given: None,
            values: Box::default(),
        };
        self.found.push((specifier.start_byte() as u32, reference));
    }

    /// Refers to what the script defines or imports under the names that the template uses.
    pub(super) fn template_uses(&mut self, uses: &[Use]) {
        for found in uses {
            let entry = self
                .survey
                .find(self.symbols, &found.name, TOP, usize::MAX, Space::Value);
            let target = match entry {
                Ok(Entry::Symbol(symbol)) => Expr::Symbol(symbol),
                Ok(Entry::Import(import)) => Expr::Import(import),
                _ => continue,
            };
            let kind = match found.does {
                Does::Shows | Does::Calls => ReferenceKind::Call,
                Does::Reads => ReferenceKind::Read,
                Does::Writes => ReferenceKind::Write,
            };
            let reference = Reference {
                kind,
                target: self.keep(target),
                name: self.names.id_of(&found.name),
                line: found.line,
                within: None,
                arguments: None,
                given: None,
                values: Box::default(),
            };
            self.found.push((found.at, reference));
        }
    }
}
