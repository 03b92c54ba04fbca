//! The component that a file is whose code stands in elements (`Panel.vue`): a symbol by the name of the file, and what the file gives away by default.

use super::Fragment;
use super::bindings::{Bindings, Declared, Exported, ExprId, ImportKind};
use super::facts::{Contract, Lines, Modifiers, Symbol, SymbolIdx, SymbolKind, Visibility};
use super::parsed::Names;

/// How the symbol of a default export without a name is called.
const NAMELESS: &str = "default";

/// What a component is made of.
pub(super) struct Component<'c, 't> {
    pub(super) path: &'c str,
    pub(super) lines: u32,
    pub(super) modifiers: Modifiers,
    pub(super) names: &'c mut Names<'t>,
    pub(super) symbols: &'c mut Vec<Symbol>,
    pub(super) bindings: &'c mut Bindings,
    pub(super) contracts: &'c mut [Contract],
}

impl Component<'_, '_> {
    /// Makes the symbol, or finds the one that is given away; what stands at the top of the file belongs to it.
    pub(super) fn define(mut self) {
        let default = self.names.known(NAMELESS);
        let mut given = self.bindings.imports.iter();
        let given = given.find(|it| it.is_reexport && it.local.is_some() && it.local == default);
        let at = match given.map(|it| &it.kind) {
            Some(ImportKind::Value(value)) => self.made(Some(*value)),
            // What has a name is told by that.
            Some(_) => None,
            None => self.given_away().or_else(|| self.made(None)),
        };
        let Some(at) = at else { return };
        let references = self.bindings.references.iter_mut();
        references.for_each(|it| it.within = it.within.or(Some(at)));
        let contracts = self.contracts.iter_mut();
        contracts.for_each(|it| it.within = it.within.or(Some(at)));
    }

    /// The symbol that the file gives away by default. One without a name of its own gets that of the file.
    fn given_away(&mut self) -> Option<SymbolIdx> {
        let all = self.bindings.types.iter();
        let at = all
            .zip(self.symbols.iter())
            .position(|(it, symbol)| it.exported == Exported::Default && symbol.container.is_none())?;
        let whole = self.whole();
        let symbol = &mut self.symbols[at];
        if self.names.known(NAMELESS) == Some(symbol.name) {
            symbol.name = self.names.id_of(&name_of(self.path));
            symbol.lines = whole;
            self.bindings.types[at].exported = Exported::File;
        }
        Some(SymbolIdx(at as u32))
    }

    /// A symbol for a file that gives away nothing with a name.
    fn made(&mut self, value: Option<ExprId>) -> Option<SymbolIdx> {
        if self.bindings.types.len() != self.symbols.len() {
            return None;
        }
        let name = name_of(self.path);
        let signature = Fragment::new(format!("component {name}"));
        self.symbols.push(Symbol {
            name: self.names.id_of(&name),
            kind: SymbolKind::Constant,
            container: None,
            visibility: Visibility::Public,
            modifiers: self.modifiers,
            lines: self.whole(),
            signature,
            summary: Fragment::default(),
            documentation: Fragment::default(),
            outline: Vec::new(),
            vocabulary: Vec::new(),
        });
        // The members of what is given away are not it.
        let members = self.bindings.types.iter_mut();
        let members = members.filter(|it| it.exported == Exported::Default);
        members.for_each(|it| it.exported = Exported::No);
        self.bindings.types.push(Declared {
            value,
            exported: Exported::File,
            ..Declared::default()
        });
        Some(SymbolIdx(self.symbols.len() as u32 - 1))
    }

    fn whole(&self) -> Lines {
        Lines {
            start: 1,
            end: self.lines.max(1),
        }
    }
}

/// The name of a file without its extension. What separates names in those of symbols is no part of it.
fn name_of(path: &str) -> String {
    let file = path.rsplit_once('/').map_or(path, |(_, file)| file);
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let is_apart = |c: char| matches!(c, '.' | '#' | '~' | ':') || c.is_whitespace() || c.is_control();
    stem.replace(is_apart, "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_have_the_name_of_their_file() {
        assert_eq!(name_of("src/ui/Btn.vue"), "Btn");
        assert_eq!(name_of("my-list.svelte"), "my-list");
        assert_eq!(name_of("routes/[id]/+page.svelte"), "+page");
        assert_eq!(name_of("a/Btn.stories b.svelte"), "Btn_stories_b");
    }
}
