//! Pages: the shape every answer has. A header, items under a budget, counts, notes.

use super::tokens::estimate_tokens;
use super::veil::Veil;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The largest budget a caller may ask for, in tokens: what Claude Code still shows whole.
const MOST_TOKENS: u32 = 16_000;
/// The budget of a caller who asks for none.
const USUAL_TOKENS: u32 = 4_000;
/// The smallest budget in which an answer makes sense.
const LEAST_TOKENS: u32 = 200;

/// How an answer is written, and how long it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    json: bool,
    max_tokens: u32,
}

impl Budget {
    /// How many names fit a note that may take a third of the answer, at most `most`.
    pub(crate) fn names(self, most: usize) -> usize {
        (self.max_tokens as usize / 50).min(most)
    }

    /// How many handles fit a note that may take a quarter of the answer, at most `most`.
    pub(crate) fn handles(self, most: usize) -> usize {
        (self.max_tokens as usize / 200).min(most)
    }

    /// Checks what a caller asked for; the error says what is allowed.
    pub fn new(json: bool, max_tokens: Option<u32>) -> Result<Self, String> {
        let max_tokens = max_tokens.unwrap_or(USUAL_TOKENS);
        if (LEAST_TOKENS..=MOST_TOKENS).contains(&max_tokens) {
            Ok(Self { json, max_tokens })
        } else {
            Err(format!(
                "`max_tokens` is {max_tokens}; it goes from {LEAST_TOKENS} to {MOST_TOKENS}"
            ))
        }
    }
}

/// One entry of an answer.
pub(crate) trait Item: Serialize {
    /// A line printed once above neighbours that share it, usually their path.
    fn heading(&self) -> Option<String>;

    /// Writes the entry as lines, each ended.
    fn write(&self, out: &mut String);

    /// Drops what matters least; `false` when nothing can be dropped.
    fn shrink(&mut self) -> bool;

    /// The handles of the symbols the entry tells, for the record.
    fn told(&self) -> Vec<String>;

    /// Replaces the own words of a repository whose names are told by pseudonyms: every field that quotes one is a question asked here.
    fn veil(&mut self, veil: &Veil<'_>);

    /// How many names the tier kept back in this entry.
    fn withheld(&self) -> u32;

    /// A word of the entry that is nobody's own: the id of a commit.
    fn passes(&self) -> Option<&str> {
        None
    }
}

/// Which commit of which repository an answer speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct RepoHeader {
    pub(crate) repo: String,
    pub(crate) commit: String,
    #[serde(rename = "ref")]
    pub(crate) reference: String,
    /// Age of the index, as `3m`.
    pub(crate) indexed: String,
    /// Share of bytes under no syntax error, in percent.
    pub(crate) coverage: String,
    pub(crate) tier: String,
}

/// An answer before it is written down.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Page<I> {
    pub(crate) repos: Vec<RepoHeader>,
    /// How many entries this page and those before it show.
    pub(crate) shown: u64,
    pub(crate) total: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cursor: Option<String>,
    pub(crate) items: Vec<I>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) counts: BTreeMap<String, u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) notes: Vec<String>,
}

/// A page written down, with what its record must say.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) text: String,
    pub(crate) items: u64,
    pub(crate) told: Vec<String>,
    pub(crate) withheld: u32,
    /// The cursor in the text.
    pub(crate) cursor: Option<String>,
}

impl<I: Item> Page<I> {
    /// Writes the page within `max_tokens`. `cursor_after` makes the cursor that follows the first `n` items.
    pub(crate) fn write(mut self, budget: Budget, cursor_after: impl Fn(u64) -> Option<String>) -> Written {
        let Budget { json, max_tokens } = budget;
        self.fit(json, max_tokens, &cursor_after);
        let mut text = self.render(json);
        while estimate_tokens(&text) > max_tokens
            && (self.drop_last(&cursor_after) || json && self.notes.pop().is_some())
        {
            text = self.render(json);
        }
        if !json {
            cut_at_line(&mut text, max_tokens);
        }
        Written {
            text,
            items: self.items.len() as u64,
            told: self.items.iter().flat_map(Item::told).collect(),
            withheld: self.items.iter().map(Item::withheld).sum(),
            cursor: self.cursor,
        }
    }

    /// Keeps as many items as the budget holds; a lone item that is too long loses its least telling parts.
    fn fit(&mut self, json: bool, budget: u32, cursor_after: &impl Fn(u64) -> Option<String>) {
        let mut used = self.frame(json);
        let mut kept = 0;
        for item in &mut self.items {
            let mut size = size_of(item, json);
            while kept == 0 && used + size > budget && item.shrink() {
                size = size_of(item, json);
            }
            if kept > 0 && used + size > budget {
                break;
            }
            used += size;
            kept += 1;
        }
        if kept < self.items.len() {
            self.keep(kept, cursor_after);
        }
    }

    fn drop_last(&mut self, cursor_after: &impl Fn(u64) -> Option<String>) -> bool {
        match self.items.len() {
            0 => false,
            1 if self.items[0].shrink() => true,
            n => {
                self.keep(n - 1, cursor_after);
                true
            }
        }
    }

    fn keep(&mut self, n: usize, cursor_after: &impl Fn(u64) -> Option<String>) {
        self.shown -= (self.items.len() - n) as u64;
        self.items.truncate(n);
        self.cursor = cursor_after(n as u64);
    }

    /// What the page costs without its items, a cursor counted in.
    fn frame(&self, json: bool) -> u32 {
        const CURSOR: u32 = 30;
        let bare = Self {
            repos: self.repos.clone(),
            shown: self.shown,
            total: self.total,
            cursor: self.cursor.clone(),
            items: Vec::new(),
            counts: self.counts.clone(),
            notes: self.notes.clone(),
        };
        estimate_tokens(&bare.render(json)) + CURSOR
    }

    fn render(&self, json: bool) -> String {
        if json {
            serde_json::to_string(self).expect("a page has string keys and finite numbers")
        } else {
            self.text()
        }
    }

    fn text(&self) -> String {
        let mut out = String::new();
        let _ = match self.repos.as_slice() {
            [] => Ok(()),
            [only] => write!(out, "{} ", only.line()),
            many => write!(out, "repos={} ", many.len()),
        };
        let _ = write!(out, "shown={}/{}", self.shown, self.total);
        if let Some(cursor) = &self.cursor {
            let _ = write!(out, " cursor={cursor}");
        }
        out.push('\n');
        if self.repos.len() > 1 {
            for repo in &self.repos {
                let _ = writeln!(out, "{}", repo.line());
            }
        }
        let mut above = None;
        for item in &self.items {
            let heading = item.heading();
            if let (true, Some(heading)) = (heading != above, &heading) {
                let _ = writeln!(out, "{heading}");
            }
            above = heading;
            item.write(&mut out);
        }
        if !self.counts.is_empty() {
            let counts: Vec<String> = self.counts.iter().map(|(what, n)| format!("{what}={n}")).collect();
            let _ = writeln!(out, "counts {}", counts.join(" "));
        }
        for note in &self.notes {
            let _ = writeln!(out, "note {note}");
        }
        out
    }
}

impl RepoHeader {
    pub(crate) fn line(&self) -> String {
        let Self {
            repo,
            commit,
            reference,
            indexed,
            coverage,
            tier,
        } = self;
        let short = commit.get(..10).unwrap_or(commit);
        let reference = match reference.as_str() {
            "HEAD" => String::new(),
            other => format!(" ref={other}"),
        };
        format!("{repo}@{short}{reference} indexed={indexed} coverage={coverage}% tier={tier}")
    }
}

fn size_of<I: Item>(item: &I, json: bool) -> u32 {
    if json {
        return serde_json::to_string(item).map_or(0, |text| estimate_tokens(&text) + 1);
    }
    let mut out = item.heading().map_or_else(String::new, |heading| heading + "\n");
    item.write(&mut out);
    estimate_tokens(&out)
}

/// Drops lines from the end until the text fits.
fn cut_at_line(text: &mut String, max_tokens: u32) {
    const MARK: &str = "… cut to max_tokens\n";
    if estimate_tokens(text) <= max_tokens {
        return;
    }
    let most = max_tokens.saturating_sub(estimate_tokens(MARK));
    while estimate_tokens(text) > most {
        let at = text.trim_end().rfind('\n').map_or(0, |line| line + 1);
        text.truncate(at);
    }
    text.push_str(MARK);
}

/// A duration as one number and unit: `40s`, `3m`, `5h`, `12d`.
pub(crate) fn age(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..86_400 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}
