//! Source text to facts: symbols, behaviour outlines, references. Pure: no file, no network, no clock.
//!
//! [`extract()`] reads one file and never fails: broken code gives fewer symbols. What a language is like stands in a folder of
//! `grammars/`, which a [`Grammar`] is made of.

mod annotated;
mod annotations;
pub mod bindings;
mod chain;
mod class_heads;
pub mod commits;
mod components;
mod conditionals;
mod confine;
mod contracts;
mod docs;
mod embedded;
mod expansion;
mod extract;
mod facts;
mod fragment;
mod grammar;
mod kept;
mod lines;
mod macro_sites;
mod outline;
pub mod owners;
pub mod packages;
mod parse;
mod parsed;
mod passages;
mod pattern;
mod pool;
mod redact;
mod renames;
mod repair;
mod signature;
mod source_text;
mod symbols;
mod template_uses;
mod templates;
mod tree;
mod vocabulary;
mod walk;
mod withhold;
pub mod words;
pub mod worker;

pub use annotations::may_be_called_for;
pub use bindings::manifest;
pub use extract::{Extraction, Limits, Options, Skipped, extract};
pub use facts::{
    Below, Chain, Contract, FileFacts, Handler, Lines, Modifiers, Mount, NameId, Passage, Router, RouterKind, Step,
    StepKind, Symbol, SymbolIdx, SymbolKind, Visibility, class_digest, digest, digest_on,
};
pub use fragment::Fragment;
pub use grammar::{Grammar, GrammarError};
pub use kept::Kept;
pub(crate) use parse::parse_alone;
pub use pool::{ContentHash, Pool, WorkerSkip};
pub use source_text::SourceText;
pub use withhold::{EXCLUDED, Leading, Withheld};

/// Whether a character shows nothing, or changes how others are shown: no text that leaves has one.
pub(crate) fn is_hidden(c: char) -> bool {
    docs::is_hidden(c)
}

/// Whether a file is searched by its words alone, though it may use what others define: a template, or what no grammar reads.
pub fn uses_are_unread(path: &str, has_grammar: bool) -> bool {
    match passages::style(path) {
        Some(passages::Style::Template) => true,
        Some(passages::Style::Code) => !has_grammar,
        Some(passages::Style::Prose) | None => false,
    }
}

/// Whether a file is read, by a grammar or in passages, as far as its path tells.
pub fn reads(path: &str) -> bool {
    Grammar::for_path(path, None).is_some() || passages::style(path).is_some()
}
