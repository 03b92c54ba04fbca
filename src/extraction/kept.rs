//! What is kept of a file for the next indexing: what linking works on, in two parts.
//!
//! The interface is all that linking another file can come to see: definitions, imports, and the types and expressions they lead to. It holds no
//! line and nothing of a body that no definition leads to, so it is the same bytes as long as it means the same. The rest is for linking the file
//! itself. Words, prose, signatures and outlines are in the index already, and are read again from the file if its row has to be written anew.

use super::Fragment;
use super::bindings::Bindings;
use super::bindings::order::arrange;
use super::facts::{
    Contract, FileFacts, Lines, Modifiers, NameId, Step, StepKind, Symbol, SymbolIdx, SymbolKind, Visibility,
};
use bitcode::{Decode, Encode};

/// Kept facts, packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What other files can come to see.
    pub interface: Vec<u8>,
    /// What only linking the file itself takes.
    pub rest: Vec<u8>,
}

#[derive(Encode, Decode)]
struct Interface {
    grammar: String,
    names: Vec<Fragment>,
    symbols: Vec<Outside>,
    bindings: Bindings,
}

/// A symbol as other files see it.
#[derive(Encode, Decode)]
struct Outside {
    name: NameId,
    kind: SymbolKind,
    container: Option<SymbolIdx>,
    visibility: Visibility,
    modifiers: Modifiers,
    does_something: bool,
    /// It stands below the container it is a member of.
    is_apart: bool,
}

#[derive(Encode, Decode)]
struct Rest {
    lines: u32,
    bytes: u32,
    unparsed_bytes: u32,
    unparsed: Vec<Lines>,
    /// Of every symbol: the step from the first line of the one before, and lines after the first.
    symbol_lines: Vec<(u32, u32)>,
    /// Of every import.
    import_lines: Vec<u32>,
    names: Vec<Fragment>,
    bindings: Bindings,
    contracts: Vec<Contract>,
}

/// What stands for an outline: that there is one is all that linking asks.
const SOME_STEP: Step = Step {
    depth: 0,
    kind: StepKind::Return,
    names: Vec::new(),
    line: 0,
};

impl FileFacts {
    /// Packs what the next indexing needs.
    pub fn to_kept(&self) -> Kept {
        let mut names = self.names.clone();
        let mut bindings = self.bindings.clone();
        let mut symbols: Vec<Symbol> = self.symbols.iter().map(head).collect();
        let seen = arrange(&mut names, &mut symbols, &mut bindings);
        bindings.delta_encode(&symbols);
        let rest = bindings.split_off(seen);
        let import_lines = bindings.imports.iter_mut();
        let import_lines = import_lines.map(|import| std::mem::take(&mut import.line)).collect();
        let mut before = 0;
        let symbol_lines = symbols.iter().map(|symbol| {
            let Lines { start, end } = symbol.lines;
            let step = start.wrapping_sub(std::mem::replace(&mut before, start));
            (step, end.wrapping_sub(start))
        });
        let rest = Rest {
            lines: self.lines,
            bytes: self.bytes,
            unparsed_bytes: self.unparsed_bytes,
            unparsed: self.unparsed.clone(),
            symbol_lines: symbol_lines.collect(),
            import_lines,
            names: names.split_off(seen.names),
            bindings: rest,
            contracts: self.contracts.clone(),
        };
        let interface = Interface {
            grammar: self.grammar.clone(),
            names,
            symbols: symbols.iter().map(|symbol| outside(symbol, &symbols)).collect(),
            bindings,
        };
        Kept {
            interface: bitcode::encode(&interface),
            rest: bitcode::encode(&rest),
        }
    }

    /// Numbers names and expressions as they are in kept facts, so that what is known of those holds for these.
    pub fn arrange(&mut self) {
        arrange(&mut self.names, &mut self.symbols, &mut self.bindings);
    }

    /// Reads an interface; `None` for anything else. Lines only say which symbols stand below the containers they are members of.
    pub fn from_interface(bytes: &[u8]) -> Option<Self> {
        let mut facts = Self::packed(bytes)?;
        facts.bindings.delta_decode(&facts.symbols);
        Some(facts)
    }

    fn packed(interface: &[u8]) -> Option<Self> {
        let interface: Interface = bitcode::decode(interface).ok()?;
        Some(Self {
            grammar: interface.grammar,
            names: interface.names,
            symbols: interface.symbols.into_iter().map(Outside::symbol).collect(),
            bindings: interface.bindings,
            ..Self::default()
        })
    }

    /// Reads what [`FileFacts::to_kept`] packed; `None` for anything else.
    pub fn from_kept(interface: &[u8], rest: &[u8]) -> Option<Self> {
        let mut facts = Self::packed(interface)?;
        let rest: Rest = bitcode::decode(rest).ok()?;
        if rest.symbol_lines.len() != facts.symbols.len() || rest.import_lines.len() != facts.bindings.imports.len() {
            return None;
        }
        let mut before = 0_u32;
        for (symbol, (step, more)) in facts.symbols.iter_mut().zip(rest.symbol_lines) {
            before = before.wrapping_add(step);
            symbol.lines = Lines {
                start: before,
                end: before.wrapping_add(more),
            };
        }
        for (import, line) in facts.bindings.imports.iter_mut().zip(rest.import_lines) {
            import.line = line;
        }
        facts.bindings.append(rest.bindings);
        facts.bindings.delta_decode(&facts.symbols);
        facts.names.extend(rest.names);
        facts.lines = rest.lines;
        facts.bytes = rest.bytes;
        facts.unparsed_bytes = rest.unparsed_bytes;
        facts.unparsed = rest.unparsed;
        facts.contracts = rest.contracts;
        Some(facts)
    }
}

/// A symbol without what linking does not ask for.
fn head(symbol: &Symbol) -> Symbol {
    Symbol {
        signature: Fragment::default(),
        summary: Fragment::default(),
        documentation: Fragment::default(),
        outline: symbol.outline.first().map(|_| SOME_STEP).into_iter().collect(),
        vocabulary: Vec::new(),
        ..*symbol
    }
}

fn outside(symbol: &Symbol, all: &[Symbol]) -> Outside {
    let container = symbol.container.and_then(|at| all.get(at.0 as usize));
    Outside {
        name: symbol.name,
        kind: symbol.kind,
        container: symbol.container,
        visibility: symbol.visibility,
        modifiers: symbol.modifiers,
        does_something: !symbol.outline.is_empty(),
        is_apart: container.is_some_and(|container| symbol.lines.start > container.lines.end),
    }
}

impl Outside {
    fn symbol(self) -> Symbol {
        Symbol {
            name: self.name,
            kind: self.kind,
            container: self.container,
            visibility: self.visibility,
            modifiers: self.modifiers,
            lines: Lines {
                start: u32::from(self.is_apart),
                end: 0,
            },
            signature: Fragment::default(),
            summary: Fragment::default(),
            documentation: Fragment::default(),
            outline: self.does_something.then_some(SOME_STEP).into_iter().collect(),
            vocabulary: Vec::new(),
        }
    }
}
