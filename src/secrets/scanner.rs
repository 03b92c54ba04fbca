//! The scanner: one pass for keywords and runs, then the rules that may apply.

use std::ops::Range;
use std::sync::{Arc, LazyLock};
use std::{fmt, iter};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::pattern::Pattern;
use super::rule_file::Gate;
use super::rules::{Category, MAX_VALUE, Matcher, Rule, RuleInfo, Rules};
use super::shapes::Shapes;
use super::{base64_runs, opaque, values};

/// Bytes before a keyword within which a built-in match begins.
const LEAD: usize = 160;

/// Below this length, a generic value behind mere space is taken for the next word.
const SHORT: usize = 24;

/// One detection: which rule, and where. The value stays in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding<'s> {
    pub rule: &'s str,
    pub category: Category,
    /// Byte offsets of the secret in the text.
    pub start: usize,
    pub end: usize,
    /// Line and column of the start, from 1; the column counts characters.
    pub line: usize,
    pub column: usize,
}

/// Finds secrets with a fixed set of rules. Immutable, and shared freely between threads.
pub struct Scanner {
    rules: Vec<Arc<Rule>>,
    keywords: AhoCorasick,
    /// For each keyword, the rules that have it.
    owners: Vec<Vec<usize>>,
    /// Rules without keywords.
    ungated: Vec<usize>,
}

impl Scanner {
    /// Returns the scanner of the built-in rules, made on first use.
    pub fn builtin() -> &'static Self {
        static BUILTIN: LazyLock<Scanner> = LazyLock::new(|| Scanner::with([]));
        &BUILTIN
    }

    /// Makes a scanner of the built-in rules and `added` ones.
    pub fn with(added: impl IntoIterator<Item = Rules>) -> Self {
        static BUILTIN: LazyLock<Rules> = LazyLock::new(Rules::builtin);
        Self::of([BUILTIN.clone()].into_iter().chain(added))
    }

    /// Makes a scanner of the given rules alone.
    pub fn of(sets: impl IntoIterator<Item = Rules>) -> Self {
        let rules: Vec<Arc<Rule>> = sets.into_iter().flat_map(Rules::into_rules).collect();
        let mut words: Vec<&str> = rules
            .iter()
            .flat_map(|rule| rule.keywords.iter().map(String::as_str))
            .collect();
        words.sort_unstable();
        words.dedup();
        let mut owners = vec![Vec::new(); words.len()];
        let mut ungated = Vec::new();
        for (index, rule) in rules.iter().enumerate() {
            if rule.keywords.is_empty() {
                ungated.push(index);
            }
            for keyword in &rule.keywords {
                if let Ok(at) = words.binary_search(&keyword.as_str()) {
                    owners[at].push(index);
                }
            }
        }
        let keywords = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::DFA))
            .build(&words)
            .expect("an automaton of a few thousand short words is below every limit");
        Self {
            rules,
            keywords,
            owners,
            ungated,
        }
    }

    /// Lists the rules, in order.
    pub fn rules(&self) -> impl Iterator<Item = RuleInfo<'_>> {
        self.rules.iter().map(|rule| rule.info())
    }

    /// Finds the secrets in `text`, in order and without overlaps.
    pub fn scan(&self, text: &[u8]) -> Vec<Finding<'_>> {
        self.scan_file(None, text, &|_| false)
    }

    /// Finds the secrets in `text`. Values that `is_known_identifier` recognises, such as names of the symbol table, are no generic secrets.
    pub fn scan_with(&self, text: &[u8], is_known_identifier: &dyn Fn(&str) -> bool) -> Vec<Finding<'_>> {
        self.scan_file(None, text, is_known_identifier)
    }

    /// Finds the secrets in the text of a file; `path` decides about rules and allowlists of an added file that name paths.
    pub fn scan_file(
        &self,
        path: Option<&str>,
        text: &[u8],
        is_known_identifier: &dyn Fn(&str) -> bool,
    ) -> Vec<Finding<'_>> {
        let shapes = Shapes::of(text);
        let scan = Scan {
            scanner: self,
            text,
            path,
            is_known_identifier,
        };
        let mut spans = scan.spans(&shapes);
        for run in &shapes.tokens {
            spans.extend(scan.in_base64(run));
        }
        self.findings(text, merge(&self.rules, spans))
    }

    fn findings(&self, text: &[u8], spans: Vec<Span>) -> Vec<Finding<'_>> {
        let (mut line, mut line_start, mut counted) = (1, 0, 0);
        let locate = |Span { rule, range }: Span| {
            for (at, _) in text[counted..range.start]
                .iter()
                .enumerate()
                .filter(|(_, b)| **b == b'\n')
            {
                line += 1;
                line_start = counted + at + 1;
            }
            counted = range.start;
            // Continuation bytes of UTF-8 begin no character.
            let column = 1 + text[line_start..range.start]
                .iter()
                .filter(|b| **b & 0xC0 != 0x80)
                .count();
            let RuleInfo {
                id,
                description: _,
                category,
            } = self.rules[rule].info();
            Finding {
                rule: id,
                category,
                start: range.start,
                end: range.end,
                line,
                column,
            }
        };
        spans.into_iter().map(locate).collect()
    }
}

impl fmt::Debug for Scanner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scanner({} rules)", self.rules.len())
    }
}

struct Span {
    rule: usize,
    range: Range<usize>,
}

/// One scan of one text.
struct Scan<'t> {
    scanner: &'t Scanner,
    text: &'t [u8],
    path: Option<&'t str>,
    is_known_identifier: &'t dyn Fn(&str) -> bool,
}

impl Scan<'_> {
    fn spans(&self, shapes: &Shapes) -> Vec<Span> {
        let mut spans = Vec::new();
        // Where rules with a regex over their surroundings look: by rule, in order.
        let mut windows: Vec<(usize, Range<usize>)> = Vec::new();
        for hit in self.scanner.keywords.find_overlapping_iter(self.text) {
            for &index in &self.scanner.owners[hit.pattern().as_usize()] {
                let rule = &self.scanner.rules[index];
                let names = !matches!(rule.matcher, Matcher::Pattern(_));
                if names && rule.category == Category::Generic && !self.ends_name(&hit.range()) {
                    continue;
                }
                match &rule.matcher {
                    Matcher::Pattern(_) => windows.push((index, self.window(rule, hit.range()))),
                    Matcher::Assigned(pattern) => spans.extend(self.assigned(index, pattern, hit.end())),
                    Matcher::Near(pattern) => self.near(index, pattern, hit.end(), &mut spans),
                    Matcher::Word => spans.extend(self.word(index, hit.range())),
                }
            }
        }
        for &index in &self.scanner.ungated {
            let rule = &self.scanner.rules[index];
            let runs = match rule.gate {
                None => iter::once(0..self.text.len()).collect(),
                Some(Gate::Token) => shapes.tokens.clone(),
                Some(Gate::Number) => shapes.numbers.clone(),
            };
            windows.extend(runs.into_iter().map(|run| (index, self.window(rule, run))));
        }
        windows.sort_by_key(|(index, _)| *index);
        for (index, window) in joined(windows) {
            if let Matcher::Pattern(pattern) = &self.scanner.rules[index].matcher {
                self.pattern(index, pattern, window, &mut spans);
            }
        }
        spans
    }

    fn window(&self, rule: &Rule, hit: Range<usize>) -> Range<usize> {
        match rule.reach {
            None => 0..self.text.len(),
            Some(reach) => hit.start.saturating_sub(LEAD)..(hit.end + reach).min(self.text.len()),
        }
    }

    fn pattern(&self, index: usize, pattern: &Pattern, window: Range<usize>, spans: &mut Vec<Span>) {
        let regex = pattern.regex();
        let text = &self.text[..window.end];
        let mut from = window.start;
        while let Some(matched) = regex.find_at(text, from) {
            // What ends where the window was cut may go on behind it.
            if matched.end() == text.len() && text.len() < self.text.len() && window.len() < MAX_VALUE * 64 {
                let wider = matched.start()..(text.len() + window.len() * 4).min(self.text.len());
                return self.pattern(index, pattern, wider, spans);
            }
            let secret = if regex.captures_len() > 1 {
                self.secret(index, pattern, text, matched.start())
            } else {
                matched.range()
            };
            let gated = self.scanner.rules[index].gate == Some(Gate::Token);
            let accepted = self
                .accept(index, secret, matched.range())
                .filter(|range| !(gated && self.is_digest(range)));
            from = accepted
                .as_ref()
                .map_or(matched.end(), |range| range.end.max(matched.end()))
                .max(matched.start() + 1);
            spans.extend(accepted.map(|range| Span { rule: index, range }));
            if from > text.len() {
                return;
            }
        }
    }

    /// The group that is the secret: the rule's, or the first that took part, as in gitleaks.
    fn secret(&self, index: usize, pattern: &Pattern, text: &[u8], start: usize) -> Range<usize> {
        let Some(groups) = pattern.regex().captures_at(text, start) else {
            return start..start;
        };
        let wanted = match self.scanner.rules[index].group {
            0 => groups.iter().skip(1).flatten().find(|group| !group.is_empty()),
            group => groups.get(group),
        };
        wanted
            .or_else(|| groups.get(0))
            .map_or(start..start, |group| group.range())
    }

    fn assigned(&self, index: usize, pattern: &Pattern, name_end: usize) -> Option<Span> {
        let generic = self.scanner.rules[index].category == Category::Generic;
        if generic && !values::is_assignment(self.text, name_end) {
            return None;
        }
        let range = values::find_value(self.text, name_end, |start, operator| {
            let cut = (start + MAX_VALUE).min(self.text.len());
            let matched = pattern.regex().find(&self.text[start..cut])?;
            let range = start..start + matched.end();
            if range.end == cut && cut < self.text.len() {
                return None;
            }
            // Behind mere space, as in `--token value`, only a long value is more than the next word.
            if generic && !operator && range.len() < SHORT {
                return None;
            }
            self.accept(index, range.clone(), range)
                .filter(|range| !self.is_digest(range))
        })?;
        Some(Span { rule: index, range })
    }

    fn near(&self, index: usize, pattern: &Pattern, name_end: usize, spans: &mut Vec<Span>) {
        let reach = self.scanner.rules[index].reach.unwrap_or(MAX_VALUE);
        let cut = (name_end + reach + MAX_VALUE).min(self.text.len());
        let mut from = name_end;
        while let Some(groups) = pattern.regex().captures_at(&self.text[..cut], from) {
            let Some(value) = groups.get(1).filter(|value| value.start() <= name_end + reach) else {
                return;
            };
            from = value.end().max(from + 1);
            if let Some(range) = self
                .accept(index, value.range(), value.range())
                .filter(|range| !self.is_digest(range))
            {
                return spans.push(Span { rule: index, range });
            }
        }
    }

    /// Whether a generic keyword is a word: `tokenizer` and `passage` say nothing of secrets, `tokens` does.
    fn ends_name(&self, keyword: &Range<usize>) -> bool {
        let plural = self
            .text
            .get(keyword.end)
            .is_some_and(|b| b.eq_ignore_ascii_case(&b's'));
        plural || ends_word(self.text, keyword)
    }

    /// Whether a value is a digest, which lock files are full of, or a commit id, as in `vendor/action@…` and `vendor/repository/blob/…`.
    fn is_digest(&self, range: &Range<usize>) -> bool {
        const NAMES: [&[u8]; 8] = [
            b"md5",
            b"sha1",
            b"sha256",
            b"sha384",
            b"sha512",
            b"checksum",
            b"integrity",
            b"digest",
        ];
        let value = &self.text[range.clone()];
        let before = self.text[range.start.saturating_sub(24)..range.start].to_ascii_lowercase();
        let joint = before
            .iter()
            .rev()
            .take_while(|b| matches!(b, b'=' | b':' | b'-' | b'"' | b'\'' | b' '))
            .count();
        if joint > 0 && NAMES.iter().any(|name| before[..before.len() - joint].ends_with(name)) {
            return true;
        }
        let commit = value.len() == 40 && value.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        commit && matches!(self.text[..range.start].last(), Some(b'/' | b'@' | b'#'))
    }

    fn word(&self, index: usize, hit: Range<usize>) -> Option<Span> {
        is_whole_word(self.text, &hit).then_some(Span {
            rule: index,
            range: hit,
        })
    }

    /// Applies everything but the regex.
    fn accept(&self, index: usize, secret: Range<usize>, matched: Range<usize>) -> Option<Range<usize>> {
        let rule = &self.scanner.rules[index];
        let value = &self.text[secret.clone()];
        if value.is_empty() || (rule.entropy > 0.0 && opaque::entropy(value) <= rule.entropy) {
            return None;
        }
        if rule.refuses_placeholders && opaque::is_placeholder(value) {
            return None;
        }
        // A known format around a made-up value is worth a finding; a mere name is not.
        if rule.category == Category::Generic && opaque::is_sequence(value) {
            return None;
        }
        if let Some(path) = &rule.path
            && self.path.is_some_and(|name| !path.regex().is_match(name.as_bytes()))
        {
            return None;
        }
        if rule.category == Category::Generic
            && std::str::from_utf8(value).is_ok_and(|value| (self.is_known_identifier)(value))
        {
            return None;
        }
        let allowed = |secret: &[u8]| {
            rule.allowlists
                .iter()
                .any(|list| list.allows(secret, &self.text[matched.clone()], self.line(&matched), self.path))
        };
        if !rule.allowlists.is_empty() && allowed(value) {
            return None;
        }
        match rule.check {
            None => Some(secret),
            Some(check) => check.accept(self.text, secret),
        }
    }

    fn line(&self, matched: &Range<usize>) -> &[u8] {
        let start = self.text[..matched.start]
            .iter()
            .rposition(|b| *b == b'\n')
            .map_or(0, |at| at + 1);
        let end = self.text[matched.end..]
            .iter()
            .position(|b| *b == b'\n')
            .map_or(self.text.len(), |at| matched.end + at);
        &self.text[start..end]
    }

    /// Scans the text that `run` encodes; a finding in it covers the run.
    fn in_base64(&self, run: &Range<usize>) -> Option<Span> {
        let decoded = base64_runs::readable(self.text, run)?;
        let inner = Scan {
            text: &decoded,
            ..*self
        };
        let found = inner
            .spans(&Shapes::of(&decoded))
            .into_iter()
            .find(|span| self.scanner.rules[span.rule].category != Category::Personal)?;
        let padding = self.text[run.end..].iter().take(2).take_while(|b| **b == b'=').count();
        Some(Span {
            rule: found.rule,
            range: run.start..run.end + padding,
        })
    }
}

/// Joins the windows of one rule that overlap.
fn joined(windows: Vec<(usize, Range<usize>)>) -> Vec<(usize, Range<usize>)> {
    let mut all: Vec<(usize, Range<usize>)> = Vec::with_capacity(windows.len());
    for (rule, window) in windows {
        match all.last_mut() {
            Some((of, last)) if *of == rule && window.start <= last.end => last.end = last.end.max(window.end),
            _ => all.push((rule, window)),
        }
    }
    all
}

/// Joins overlapping spans; the joined one is named after its most specific, then longest part.
fn merge(rules: &[Arc<Rule>], mut spans: Vec<Span>) -> Vec<Span> {
    let rank = |span: &Span| (rules[span.rule].category, span.range.len(), usize::MAX - span.rule);
    spans.sort_by_key(|span| (span.range.start, span.range.end));
    let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
    let mut best = (Category::Personal, 0, 0);
    for span in spans {
        let Some(last) = merged.last_mut().filter(|last| span.range.start < last.range.end) else {
            best = rank(&span);
            merged.push(span);
            continue;
        };
        last.range.end = last.range.end.max(span.range.end);
        if rank(&span) > best {
            best = rank(&span);
            last.rule = span.rule;
        }
    }
    merged
}

/// Whether `hit` is a word of its own, or one of the words of an identifier.
fn is_whole_word(text: &[u8], hit: &Range<usize>) -> bool {
    let begins = match (text[..hit.start].last(), text.get(hit.start)) {
        (Some(&before), Some(&first)) if is_letter(before) && is_letter(first) => {
            before.is_ascii_lowercase() && first.is_ascii_uppercase()
        }
        _ => true,
    };
    begins && ends_word(text, hit)
}

/// Whether a word ends where `hit` does.
fn ends_word(text: &[u8], hit: &Range<usize>) -> bool {
    match (text[hit.clone()].last(), text.get(hit.end)) {
        (Some(&last), Some(&after)) if is_letter(last) && is_letter(after) => {
            // `AcmeClient`, and `ACMEClient`, whose next word is told by its second letter.
            let next_is_word = after.is_ascii_uppercase() && text.get(hit.end + 1).is_some_and(u8::is_ascii_lowercase);
            (last.is_ascii_lowercase() && after.is_ascii_uppercase()) || next_is_word
        }
        _ => true,
    }
}

/// Bytes of other scripts count as letters: they continue a word.
fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || !byte.is_ascii()
}
