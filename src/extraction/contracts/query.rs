//! `queries/contracts.scm`: the syntax of frameworks in which a literal names a route, a command, an event or a key.

use super::resources::Resources;
use crate::extraction::facts::SymbolKind;
use aho_corasick::AhoCorasick;
use regex::Regex;
use std::sync::LazyLock;
use tree_sitter::Query;

/// What a capture stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Capture {
    Part(SymbolKind, Part),
    /// The name of a variable that routes are added to.
    Receiver,
    /// What the routes of a receiver begin with.
    ReceiverPrefix,
    /// The receiver whose routes those of this one are among.
    ReceiverParent,
    /// A variable that a function gives back.
    Returned,
    /// The router that another is put below.
    MountOnto,
    /// The path it is put below.
    MountPath,
    /// What leads to the router that is put there.
    MountTarget,
    /// A literal that names the module of it.
    MountModule,
    /// A node that a predicate looks at.
    Anchor,
}

/// Which part of a contract a capture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Name,
    Method,
    Handler,
    /// What the routes inside the scope begin with.
    Prefix,
    Scope,
    /// A variable that must be a receiver.
    On,
    /// What has the name of the literal in place of its own.
    Of,
    /// A name that the file gives a value to, so that it comes from nowhere else.
    Assigned,
}

/// What `#set!` says of a pattern.
#[derive(Debug, Default)]
pub(super) struct Pattern {
    /// Words of which the text must hold one, by their place among all.
    gates: Vec<usize>,
    /// Modules of which the file must import one.
    pub(super) requires: Vec<String>,
    /// The method where none is captured, or the only one.
    pub(super) method: Option<String>,
    /// The name is an identifier that is told in small letters with `-` between its words.
    pub(super) is_kebab: bool,
    /// The name is the first word: `serve <port>`.
    pub(super) is_first: bool,
    /// What stands before a route need not be known as a receiver.
    pub(super) is_loose: bool,
    /// The name stands in a placeholder: `${name:default}`.
    pub(super) is_placeholder: bool,
    /// The path need not begin with a slash.
    pub(super) is_relative: bool,
    /// The path is a regular expression.
    pub(super) is_regex: bool,
    /// The receiver is given to the function around it, or the router that is mounted to the one that is named.
    pub(super) is_given: bool,
    /// What a mount says stands in place of what the router begins with.
    pub(super) is_replacing: bool,
    /// The route is added to what the variable around it is made, or the variable of this name.
    pub(super) root: Option<String>,
    /// The name is that of things with the routes that Rails gives them.
    pub(super) resources: Option<Resources>,
}

/// The query of a language, with what its captures and patterns are.
pub(in crate::extraction) struct ContractQuery {
    pub(super) query: Query,
    pub(super) captures: Vec<Capture>,
    pub(super) patterns: Vec<Pattern>,
    gates: AhoCorasick,
    #[cfg(test)]
    words: Vec<String>,
}

impl Capture {
    fn of(name: &str) -> Option<Self> {
        if name.starts_with('_') {
            return Some(Self::Anchor);
        }
        let part = |kind: &str, part: &str| {
            let kind = SymbolKind::from_word(kind).filter(|kind| kind.is_contract())?;
            let part = match part {
                "name" => Part::Name,
                "method" => Part::Method,
                "handler" => Part::Handler,
                "prefix" => Part::Prefix,
                "scope" => Part::Scope,
                "on" => Part::On,
                "of" => Part::Of,
                "assigned" => Part::Assigned,
                _ => return None,
            };
            Some(Self::Part(kind, part))
        };
        match name {
            "receiver" => Some(Self::Receiver),
            "receiver.prefix" => Some(Self::ReceiverPrefix),
            "receiver.parent" => Some(Self::ReceiverParent),
            "receiver.returned" => Some(Self::Returned),
            "mount.onto" => Some(Self::MountOnto),
            "mount.path" => Some(Self::MountPath),
            "mount.target" => Some(Self::MountTarget),
            "mount.module" => Some(Self::MountModule),
            name => name.split_once('.').and_then(|(kind, rest)| part(kind, rest)),
        }
    }
}

impl ContractQuery {
    /// Prepares a query; fails with the capture or pattern it cannot use.
    pub(in crate::extraction) fn new(query: Query) -> Result<Self, String> {
        let captures = query.capture_names().iter().map(|name| {
            Capture::of(name).ok_or_else(|| {
                format!(
                    "`@{name}` is no capture; use `@<kind>.<part>`, `@receiver`, `@receiver.<part>` or `@mount.<part>`"
                )
            })
        });
        let captures = captures.collect::<Result<Vec<_>, String>>()?;
        let mut words: Vec<String> = Vec::new();
        let mut patterns = Vec::new();
        for at in 0..query.pattern_count() {
            let mut pattern = Pattern::default();
            for property in query.property_settings(at) {
                let value = property.value.as_deref().unwrap_or_default();
                let list = || value.split_ascii_whitespace().map(str::to_owned);
                match &*property.key {
                    "gate" => list().for_each(|word| pattern.gates.push(place(&mut words, word))),
                    "requires" => pattern.requires.extend(list()),
                    "method" => pattern.method = Some(value.to_owned()),
                    "kebab" => pattern.is_kebab = true,
                    "first" => pattern.is_first = true,
                    "loose" => pattern.is_loose = true,
                    "placeholder" => pattern.is_placeholder = true,
                    "relative" => pattern.is_relative = true,
                    "regex" => pattern.is_regex = true,
                    "given" => pattern.is_given = true,
                    "replaces" => pattern.is_replacing = true,
                    "resources" => pattern.resources = Resources::from_word(value),
                    "root" => pattern.root = Some(value.to_owned()),
                    other => {
                        return Err(format!(
                            "`#set! {other}` says nothing; use gate, requires, method, kebab, first, placeholder, loose, relative, regex, given, replaces, resources or root"
                        ));
                    }
                }
            }
            if pattern.gates.is_empty() {
                if pattern.requires.is_empty() {
                    return Err(format!(
                        "pattern {at} has neither `#set! gate` nor `#set! requires`, so it would be tried in every file"
                    ));
                }
                for word in pattern.requires.clone() {
                    // A path of Rust or PHP is written with other separators.
                    pattern.gates.push(place(&mut words, last_part(&word).to_owned()));
                }
            }
            patterns.push(pattern);
        }
        let gates = AhoCorasick::new(&words).map_err(|error| error.to_string())?;
        Ok(Self {
            #[cfg(test)]
            words,
            query,
            captures,
            patterns,
            gates,
        })
    }

    /// Which patterns can match in a text, by the words it holds; `None` if none can.
    pub(super) fn open(&self, text: &[u8]) -> Option<Vec<bool>> {
        if self.patterns.is_empty() {
            return None;
        }
        let mut seen = vec![false; self.gates.patterns_len()];
        for found in self.gates.find_overlapping_iter(text) {
            seen[found.pattern().as_usize()] = true;
        }
        let open: Vec<bool> = self
            .patterns
            .iter()
            .map(|pattern| pattern.gates.iter().any(|&word| seen[word]))
            .collect();
        open.contains(&true).then_some(open)
    }
}

/// The words of which a file has to hold one before any pattern of a query can match in it, read without compiling the query; `None` if they are not
/// certain.
pub(in crate::extraction) fn words(query: &str) -> Option<AhoCorasick> {
    static SET: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"#set!\s+(gate|requires)\s+"([^"]*)""#).expect("a correct pattern"));
    let mut words = Vec::new();
    for [what, list] in SET.captures_iter(query).map(|found| found.extract().1) {
        let is_path = what == "requires";
        // Only a path has backslashes.
        if !is_path && list.contains('\\') {
            return None;
        }
        let list = list.split_ascii_whitespace();
        words.extend(list.map(|word| if is_path { last_part(word) } else { word }));
    }
    AhoCorasick::new(words).ok()
}

/// The last part of a path of Python, Rust or PHP, or a word as it is.
fn last_part(word: &str) -> &str {
    word.split(['.', '\\']).next_back().unwrap_or_default()
}

fn place(words: &mut Vec<String>, word: String) -> usize {
    words.iter().position(|known| *known == word).unwrap_or_else(|| {
        words.push(word);
        words.len() - 1
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extraction::Grammar;

    #[test]
    fn a_word_of_every_pattern_is_known_before_it_is_compiled() {
        for grammar in Grammar::all() {
            let query = grammar.contracts();
            let known = words(grammar.file("queries/contracts.scm").unwrap_or_default()).expect("words");
            for word in &query.words {
                assert!(known.is_match(word.as_bytes()), "{word} of {}", grammar.name());
            }
        }
    }
}
