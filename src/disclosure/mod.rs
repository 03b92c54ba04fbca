//! The only door out: abstraction by tier, redaction, the record, then the answer.
//!
//! A tool hands in what it found; a [`Disclosed`] answer comes out, or a refusal in fixed words. A [`Disclosed`] cannot be made elsewhere and
//! holds the receipt of its record, so an answer that was not recorded cannot be written down in Rust.

mod flow;
mod oracle;
mod own;
mod page;
mod policy;
pub mod pseudonym;
mod record;
mod refusal;
mod shape;
mod tokens;
mod veil;
mod view;

pub use own::{Own, OwnInForce};
pub use page::Budget;
pub use record::Call;
pub use refusal::{NotRecorded, Refusal};
pub use veil::Pseudonyms;

pub(crate) use page::{Item, Page, RepoHeader, age};
pub(crate) use policy::Policy;
pub use policy::tier_table;
pub use view::schemas;
pub(crate) use view::{
    ChangeFacts, ClassificationView, DependencyFacts, DependencyView, EdgeView, ExploreView, FileFacts, Head,
    HistoryView, HitView, ImpactFacts, ImpactView, KinView, LanguageView, LinkView, OutlineView, PastFacts,
    ReferenceView, RepoFacts, RepoView, Site, StatusView, StepView, SurfaceView, Surroundings, SymbolView,
    UnparsedView, group_sites,
};

use crate::audit::{self, Receipt};
use crate::extraction::Fragment;
use crate::scope::{ApprovedRepo, Reference};
use oracle::Oracle;
use page::Written;
use pseudonym::Lexicon;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use veil::Veil;

/// Something that may be sent, once it is recorded. Sealed: the answers of tools are the only one.
pub trait Outgoing: sealed::Sealed {}

#[allow(unnameable_types, reason = "a sealed trait is unnameable by design")]
mod sealed {
    pub trait Sealed {}
}

/// The text of an answer or of a refusal, abstracted and redacted.
#[derive(Debug)]
pub struct AnswerText {
    text: String,
    refusal: Option<Refusal>,
}

impl sealed::Sealed for AnswerText {}
impl Outgoing for AnswerText {}

/// An answer that has been abstracted and recorded: the only type clients are sent.
#[derive(Debug)]
pub struct Disclosed<T: Outgoing> {
    body: T,
    receipt: Receipt,
}

impl Disclosed<AnswerText> {
    /// What the client is sent.
    pub fn text(&self) -> &str {
        &self.body.text
    }

    /// Whether it says why there is no answer.
    pub fn is_refusal(&self) -> bool {
        self.body.refusal.is_some()
    }

    /// Whether the client asked for a tool that does not exist, which MCP reports as an error of the protocol.
    pub fn is_unknown_tool(&self) -> bool {
        matches!(self.body.refusal, Some(Refusal::UnknownTool { .. }))
    }

    /// Where the record is: the log's name, the record's number and its leaf hash.
    pub fn receipt(&self) -> serde_json::Value {
        serde_json::json!({
            "origin": self.receipt.origin(),
            "index": self.receipt.index(),
            "leaf": self.receipt.leaf().to_string(),
        })
    }

    /// The number of the record.
    pub fn record(&self) -> u64 {
        self.receipt.index()
    }
}

/// What a tool found, written for its reader and not yet recorded. Only this module makes one.
#[derive(Debug)]
pub struct Prepared {
    written: Written,
    /// Words of the scope file in the text: the security team wrote them to be read.
    approved_words: Vec<String>,
    repos: Vec<audit::Repo>,
    permission: Option<audit::Permission>,
    /// The exception the answer rests on, if it is to be watched closely.
    exception: Option<String>,
    oracle: Oracle,
    /// How many own words were replaced.
    pseudonyms: u32,
    /// How many own words were redacted in prose.
    own_words: u32,
}

impl Prepared {
    /// The handles of the symbols the answer tells.
    pub fn told(&self) -> &[String] {
        &self.written.told
    }
}

/// A repository that had a part in an answer.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    pub(crate) grant: &'a crate::access::Grant,
    pub(crate) commit: String,
    /// The words of a repository whose names are told by pseudonyms.
    pub(crate) lexicon: Option<Arc<Lexicon>>,
    /// What the organisation calls its own.
    pub(crate) own: Arc<Own>,
}

/// Writes a page within the caller's budget. `cursor_after` makes the cursor that follows the first `n` items of the page.
pub(crate) fn prepare<I: page::Item>(
    mut page: Page<I>,
    sources: &[Source<'_>],
    budget: Budget,
    cursor_after: impl Fn(u64) -> Option<String>,
) -> Prepared {
    let veil = Veil::of(sources);
    let mut clear = String::new();
    for item in &mut page.items {
        item.veil(&veil);
        if veil.is_drawn() && veil.was_in_clear() {
            item.told().iter().for_each(|handle| clear.push_str(handle));
            item.write(&mut clear);
        }
    }
    let (pseudonyms, own_words) = (veil.replaced(), veil.redacted());
    let mut oracle = Oracle {
        lexicons: sources.iter().filter_map(|it| it.lexicon.clone()).collect(),
        ..Oracle::default()
    };
    oracle.clear_words(&clear);
    oracle.passes = page
        .repos
        .iter()
        .flat_map(|it| [it.repo.clone(), it.commit.clone(), it.reference.clone()])
        .collect();
    let ids = page.items.iter().filter_map(page::Item::passes);
    oracle.passes.extend(ids.map(str::to_owned));
    let written = page.write(budget, cursor_after);
    oracle.passes.extend(written.cursor.clone());
    oracle.passes.extend(sources.iter().flat_map(|it| {
        let repo = it.grant.repo();
        [
            repo.name().to_string(),
            it.commit.clone(),
            it.commit.chars().take(10).collect(),
            repo.owner().to_owned(),
        ]
    }));
    Prepared {
        written,
        oracle,
        pseudonyms,
        own_words,
        approved_words: sources
            .iter()
            .map(|source| source.grant.repo().owner().to_owned())
            .collect(),
        repos: sources.iter().map(record::repo).collect(),
        permission: record::permission(sources),
        exception: record::exception(sources),
    }
}

/// Redacts, records and releases one answer or refusal. Nothing is released unless its record is durable.
pub fn disclose(
    log: &audit::Log,
    call: &Call<'_>,
    outcome: Result<Prepared, Refusal>,
) -> Result<Disclosed<AnswerText>, NotRecorded> {
    let (prepared, refusal) = match outcome {
        Ok(prepared) => (Some(prepared), None),
        Err(refusal) => (None, Some(refusal)),
    };
    let text = match (&prepared, &refusal) {
        (Some(prepared), _) => prepared.written.text.as_str(),
        (None, Some(refusal)) => &refusal.to_string(),
        (None, None) => "",
    };
    let approved_words = prepared.as_ref().map_or(&[][..], |prepared| &prepared.approved_words);
    let (text, mut redactions) = redact(&plain(text), approved_words, call.own);
    if let Some(found) = prepared.as_ref().map(|it| it.own_words).filter(|found| *found > 0) {
        *redactions.entry(own::RULE.to_owned()).or_default() += u64::from(found);
    }
    let (text, leaked) = match &prepared {
        Some(prepared) => prepared.oracle.guard(text),
        None => (text, 0),
    };
    if leaked > 0 {
        tracing::error!(
            tool = call.tool,
            leaked,
            "words of an organisation were blotted out of an answer"
        );
        redactions.insert(oracle::RULE.to_owned(), leaked);
    }
    let record = record::of(log, call, prepared.as_ref(), refusal.as_ref(), &text, redactions).map_err(not_recorded)?;
    let receipt = log.append(record).map_err(not_recorded)?;
    Ok(Disclosed {
        body: AnswerText { text, refusal },
        receipt,
    })
}

/// Tells the operator why; the client is told only that there is no record.
fn not_recorded(err: audit::AuditError) -> NotRecorded {
    let err: &dyn std::error::Error = &err;
    let cause = err.source().map(ToString::to_string).unwrap_or_default();
    tracing::error!(error = %err, cause, "a call was refused because its record could not be written");
    NotRecorded
}

/// Text as a person sees it: without characters that show nothing or change how others are shown, and without their escapes in JSON.
fn plain(text: &str) -> Cow<'_, str> {
    const ESCAPE: usize = "\\u001b".len();
    let is_escape = |at: usize| {
        let code = text
            .get(at + 2..at + ESCAPE)
            .and_then(|digits| u32::from_str_radix(digits, 16).ok());
        text[at..].starts_with("\\u") && code.and_then(char::from_u32).is_some_and(crate::extraction::is_hidden)
    };
    if !text.contains(crate::extraction::is_hidden) && !text.contains("\\u") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        if c == '\\' && is_escape(at) {
            chars.nth(ESCAPE - 2);
        } else if c == '\\' {
            out.push(c);
            out.extend(
                chars
                    .next()
                    .map(|(_, c)| c)
                    .filter(|c| !crate::extraction::is_hidden(*c)),
            );
        } else if !crate::extraction::is_hidden(c) {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// The last look at every outgoing byte: credentials and personal data are replaced by the name of the rule that found them.
fn redact(text: &str, approved_words: &[String], own: &Own) -> (String, BTreeMap<String, u64>) {
    if let Some((word, rest)) = approved_words.split_first().filter(|(word, _)| !word.is_empty()) {
        let mut counts = BTreeMap::new();
        let parts: Vec<String> = text
            .split(word.as_str())
            .map(|part| {
                let (part, found) = redact(part, rest, own);
                found
                    .into_iter()
                    .for_each(|(rule, n)| *counts.entry(rule).or_default() += n);
                part
            })
            .collect();
        return (parts.join(word), counts);
    }
    let redacted = own.redact(text);
    let counts = redacted
        .counts
        .into_iter()
        .map(|(rule, n)| (rule, u64::from(n)))
        .collect();
    (redacted.text.into_owned(), counts)
}

/// What every answer about `repo` begins with.
pub(crate) fn header(repo: &ApprovedRepo, facts: HeaderFacts<'_>) -> RepoHeader {
    RepoHeader {
        repo: repo.name().to_string(),
        commit: facts.commit.to_owned(),
        reference: match repo.reference() {
            Reference::Head => "HEAD".to_owned(),
            named => named.to_string(),
        },
        indexed: age(facts.indexed_seconds_ago),
        coverage: percent(facts.coverage),
        tier: repo.tier().to_string(),
    }
}

/// What the index says about the generation an answer rests on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeaderFacts<'a> {
    pub(crate) commit: &'a str,
    pub(crate) indexed_seconds_ago: u64,
    /// From 0 to 1.
    pub(crate) coverage: f64,
}

/// A share as percent; only a whole is called `100`.
pub(crate) fn percent(share: f64) -> String {
    if share >= 1.0 {
        "100".to_owned()
    } else {
        format!("{:.1}", (share * 1_000.0).floor() / 10.0)
    }
}

/// A dependency's name as written: at most two segments, the package before them when an import states it.
pub(crate) fn external_name(qualifier: Option<&Fragment>, name: &Fragment, package: Option<&Fragment>) -> String {
    let own = match qualifier {
        Some(qualifier) => format!("{}.{}", qualifier.expose(), name.expose()),
        None => name.expose().to_owned(),
    };
    match package {
        Some(package) => format!("{own} ({})", package.expose()),
        None => own,
    }
}

/// Owners as they are told: names of people and teams that the organisation wrote down for others to read.
pub(crate) fn owners(names: &[Fragment]) -> Vec<String> {
    names.iter().map(|name| name.expose().to_owned()).collect()
}
