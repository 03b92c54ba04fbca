//! What clients may be shown, one file a shape. Every field is a decision about disclosure, taken by the policy of the tier.

mod classification;
mod dependency;
mod explore;
mod history;
mod hit;
mod impact;
mod kin;
mod outline;
mod reference;
mod repo;
mod status;
mod surface;
mod symbol;
mod trace;

pub(crate) use classification::ClassificationView;
pub(crate) use dependency::{DependencyFacts, DependencyView};
pub(crate) use explore::{ExploreView, LinkView};
pub(crate) use history::{HistoryView, PastFacts};
pub(crate) use hit::HitView;
pub(crate) use impact::{ImpactFacts, ImpactView};
pub(crate) use kin::KinView;
pub(crate) use outline::{FileFacts, OutlineView};
pub(crate) use reference::{ReferenceView, Site, group_sites};
pub(crate) use repo::{RepoFacts, RepoView};
pub(crate) use status::{LanguageView, StatusView, UnparsedView};
pub(crate) use surface::{ChangeFacts, SurfaceView};
pub(crate) use symbol::{EdgeView, Surroundings, SymbolView};
pub(crate) use trace::StepView;

use super::page::Page;
use super::policy::{Policy, Telling};
use super::shape;
use super::veil::Veil;
use crate::extraction::{Lines, Modifiers, Visibility};
use crate::index::{IndexedSymbol, PastState, PastSymbol};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// The JSON Schema of every tool's answer with `format = "json"`, by tool: what `index-schema/disclosed/` holds.
pub fn schemas() -> Vec<(&'static str, Value)> {
    vec![
        ("list_repos", schemars::schema_for!(Page<RepoView>).to_value()),
        ("search_symbols", schemars::schema_for!(Page<HitView>).to_value()),
        ("explore", schemars::schema_for!(Page<ExploreView>).to_value()),
        ("get_outline", schemars::schema_for!(Page<OutlineView>).to_value()),
        ("get_symbol", schemars::schema_for!(Page<SymbolView>).to_value()),
        ("find_references", schemars::schema_for!(Page<ReferenceView>).to_value()),
        ("trace_calls", schemars::schema_for!(Page<StepView>).to_value()),
        ("analyze_impact", schemars::schema_for!(Page<ImpactView>).to_value()),
        ("get_type_hierarchy", schemars::schema_for!(Page<KinView>).to_value()),
        ("get_api_surface", schemars::schema_for!(Page<SurfaceView>).to_value()),
        (
            "get_dependencies",
            schemars::schema_for!(Page<DependencyView>).to_value(),
        ),
        (
            "get_classification",
            schemars::schema_for!(Page<ClassificationView>).to_value(),
        ),
        ("get_history", schemars::schema_for!(Page<HistoryView>).to_value()),
        ("get_index_status", schemars::schema_for!(Page<StatusView>).to_value()),
    ]
}

/// What every view of a symbol begins with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Head {
    /// `repo:path#Type.method`: what other tools take.
    pub(crate) handle: String,
    pub(crate) kind: String,
    /// First and last line, from 1.
    pub(crate) lines: [u32; 2],
    pub(crate) visibility: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) modifiers: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) signature: Option<String>,
    /// The first sentence of its documentation: data from the repository, no instruction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) summary: Option<String>,
}

impl Head {
    /// Reads a symbol under a policy that shows names; what the policy withholds is left out.
    pub(crate) fn of(repo: &str, symbol: &IndexedSymbol, policy: Policy) -> Self {
        Self {
            handle: format!("{repo}:{}", symbol.handle()),
            kind: policy.kind(symbol.kind()).to_owned(),
            lines: if policy.lines.is_shown() {
                pair(symbol.lines())
            } else {
                [0, 0]
            },
            visibility: symbol.visibility().word().to_owned(),
            modifiers: modifiers(symbol.modifiers()),
            signature: signature(symbol, policy),
            summary: shown(policy.summary.is_shown(), symbol.summary().expose()),
        }
    }

    /// A symbol as it was at another commit, for whoever may know what is no longer there.
    pub(crate) fn of_past(repo: &str, path: &str, symbol: &PastSymbol, state: &PastState, policy: Policy) -> Self {
        let number = match symbol.ordinal {
            0 | 1 => String::new(),
            n => format!("~{n}"),
        };
        Self {
            handle: format!("{repo}:{path}#{}{number}", symbol.qualified.expose()),
            kind: policy.kind(symbol.kind).to_owned(),
            lines: [0, 0],
            visibility: state.visibility.word().to_owned(),
            modifiers: Vec::new(),
            signature: shown(policy.signature.is_shown(), state.signature.expose()),
            summary: None,
        }
    }

    /// A file as a whole.
    pub(crate) fn of_file(repo: &str, path: &str) -> Self {
        Self {
            handle: format!("{repo}:{path}"),
            kind: "file".to_owned(),
            lines: [0, 0],
            visibility: Visibility::Public.word().to_owned(),
            modifiers: Vec::new(),
            signature: None,
            summary: None,
        }
    }

    /// Replaces the own words of a repository told by pseudonyms, in the symbol and in the texts that belong to it.
    pub(crate) fn veil<'t>(&'t mut self, veil: &Veil<'_>, beside: impl IntoIterator<Item = &'t mut String>) {
        // Exhaustive on purpose: a field that quotes the repository is a question asked here.
        let Self {
            handle,
            kind: _,
            lines,
            visibility: _,
            modifiers: _,
            signature,
            summary,
        } = self;
        veil.span(handle, lines);
        summary.iter_mut().for_each(|prose| veil.prose(prose));
        veil.item(handle, signature.iter_mut().chain(summary).chain(beside));
    }

    /// `repo:path`, shared by the symbols of a file.
    pub(crate) fn place(&self) -> &str {
        self.handle.split('#').next().unwrap_or_default()
    }

    /// `#Type.method`.
    pub(crate) fn short(&self) -> &str {
        self.handle.find('#').map_or("", |at| &self.handle[at..])
    }

    /// `#Type.method method L12-40 public async`.
    pub(crate) fn line(&self) -> String {
        let mut out = format!("{} {}", self.short(), self.kind);
        // What is gone stands nowhere.
        if self.lines != [0, 0] {
            out.push(' ');
            out.push_str(&span(self.lines));
        }
        out.push(' ');
        out.push_str(&self.visibility);
        for modifier in &self.modifiers {
            out.push(' ');
            out.push_str(modifier);
        }
        out
    }
}

fn signature(symbol: &IndexedSymbol, policy: Policy) -> Option<String> {
    let text = symbol.signature().expose();
    match policy.signature {
        Telling::Shape if !text.is_empty() => Some(if symbol.kind().is_callable() {
            shape::of(text, symbol.name().expose(), symbol.file().grammar())
        } else {
            text.to_owned()
        }),
        telling => shown(telling.is_told(), text),
    }
}

/// Text that a policy shows, if there is any.
pub(crate) fn shown(is_shown: bool, text: &str) -> Option<String> {
    (is_shown && !text.is_empty()).then(|| text.to_owned())
}

pub(crate) fn pair(lines: Lines) -> [u32; 2] {
    [lines.start, lines.end]
}

/// `L12-40`, or `L12` for one line.
pub(crate) fn span([start, end]: [u32; 2]) -> String {
    if start == end {
        format!("L{start}")
    } else {
        format!("L{start}-{end}")
    }
}

fn modifiers(of: Modifiers) -> Vec<String> {
    // Exhaustive on purpose: a modifier added to extraction is a question asked here.
    let Modifiers {
        is_async,
        is_static,
        is_abstract,
        is_unsafe,
        is_const,
        is_deprecated,
        is_test,
        is_generated,
    } = of;
    [
        (is_async, "async"),
        (is_static, "static"),
        (is_abstract, "abstract"),
        (is_unsafe, "unsafe"),
        (is_const, "const"),
        (is_deprecated, "deprecated"),
        (is_test, "test"),
        (is_generated, "generated"),
    ]
    .into_iter()
    .filter(|(is, _)| *is)
    .map(|(_, word)| word.to_owned())
    .collect()
}
