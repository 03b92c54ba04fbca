//! How well a repository is indexed.

use crate::disclosure::page::{Item, RepoHeader};
use crate::disclosure::veil::Veil;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What is indexed of a repository, and what is not.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct StatusView {
    #[serde(flatten)]
    pub(crate) header: RepoHeader,
    /// How often the index was brought up to date.
    pub(crate) generation: u64,
    /// When the commit was made, in seconds since 1970.
    pub(crate) commit_time: i64,
    /// The version of extraction and resolution.
    pub(crate) extractor: String,
    pub(crate) languages: Vec<LanguageView>,
    /// Files left out, by reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) skipped: BTreeMap<String, u64>,
    /// The files with the most bytes under syntax errors: absence there proves nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) unparsed: Vec<UnparsedView>,
}

/// The files of one language.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct LanguageView {
    /// `text` for files that no grammar reads.
    pub(crate) language: String,
    pub(crate) files: u64,
    pub(crate) lines: u64,
    pub(crate) bytes: u64,
    /// Share of bytes under no syntax error, in percent.
    pub(crate) coverage: String,
}

/// A file of which something could not be parsed.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct UnparsedView {
    /// `repo:path`.
    pub(crate) handle: String,
    /// Bytes under syntax errors.
    pub(crate) bytes: u32,
}

impl Item for StatusView {
    fn heading(&self) -> Option<String> {
        None
    }

    fn write(&self, out: &mut String) {
        let Self {
            header,
            generation,
            commit_time: _,
            extractor,
            languages,
            skipped,
            unparsed,
        } = self;
        let _ = writeln!(out, "{}", header.line());
        let _ = writeln!(out, " generation={generation} extractor={extractor}");
        for LanguageView {
            language,
            files,
            lines,
            bytes,
            coverage,
        } in languages
        {
            let _ = writeln!(
                out,
                " {language} files={files} lines={lines} bytes={bytes} coverage={coverage}%"
            );
        }
        if !skipped.is_empty() {
            let words: Vec<String> = skipped.iter().map(|(what, n)| format!("{what}:{n}")).collect();
            let _ = writeln!(out, " skipped {}", words.join(","));
        }
        for UnparsedView { handle, bytes } in unparsed {
            let path = handle.split_once(':').map_or("", |(_, path)| path);
            let _ = writeln!(out, " unparsed {path} bytes={bytes}");
        }
    }

    fn shrink(&mut self) -> bool {
        self.unparsed.pop().is_some() || self.skipped.pop_last().is_some() || self.languages.pop().is_some()
    }

    fn told(&self) -> Vec<String> {
        self.unparsed.iter().map(|it| it.handle.clone()).collect()
    }

    fn veil(&mut self, veil: &Veil<'_>) {
        // Exhaustive on purpose: a field that quotes the repository is a question asked here.
        let Self {
            header: _,
            generation: _,
            commit_time: _,
            extractor: _,
            languages: _,
            skipped: _,
            unparsed,
        } = self;
        unparsed.iter_mut().for_each(|it| veil.item(&mut it.handle, []));
    }

    fn withheld(&self) -> u32 {
        0
    }
}
