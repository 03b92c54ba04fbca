//! Names that lead into excluded files, taken out of the facts of the files that mention them.

use super::Fragment;
use super::bindings::{Declared, Exported, Expr, ExprId, Import, ImportKind};
use super::facts::{FileFacts, Modifiers, NameId, StepKind, Symbol, SymbolKind, Visibility};
use super::words::{self, WordKey};
use rustc_hash::FxHashSet;

/// What stands for a name of an excluded file.
pub const EXCLUDED: &str = "‹excluded›";

/// Words that prose has in capitals inside and that are no names of code.
const PROPER: &[&str] = &[
    "APIs",
    "CoffeeScript",
    "DevOps",
    "DynamoDB",
    "ElasticSearch",
    "FreeBSD",
    "GitHub",
    "GitLab",
    "GraphQL",
    "IDs",
    "IPv4",
    "IPv6",
    "JavaScript",
    "LaTeX",
    "LinkedIn",
    "LibreOffice",
    "MariaDB",
    "MongoDB",
    "MySQL",
    "NetBSD",
    "OAuth",
    "OAuth2",
    "OpenAPI",
    "OpenBSD",
    "OpenID",
    "OpenSSL",
    "OpenTelemetry",
    "PostScript",
    "PostgreSQL",
    "PowerShell",
    "RabbitMQ",
    "SQLite",
    "TypeScript",
    "URLs",
    "UUIDs",
    "VSCode",
    "WebAssembly",
    "WebSocket",
    "WebSockets",
    "YouTube",
    "gRPC",
    "iOS",
    "macOS",
    "regex",
];

/// Words in the type of code that are the language's, not somebody's.
const LANGUAGE: &[&str] = &[
    "Err",
    "Error",
    "Exception",
    "False",
    "None",
    "Null",
    "Ok",
    "Option",
    "Result",
    "Self",
    "Some",
    "String",
    "True",
    "Vec",
    "any",
    "array",
    "async",
    "await",
    "bool",
    "boolean",
    "break",
    "byte",
    "bytes",
    "char",
    "class",
    "const",
    "continue",
    "def",
    "dict",
    "enum",
    "error",
    "false",
    "final",
    "float",
    "fn",
    "for",
    "func",
    "function",
    "if",
    "import",
    "int",
    "interface",
    "let",
    "list",
    "match",
    "mut",
    "nil",
    "none",
    "null",
    "number",
    "object",
    "private",
    "public",
    "return",
    "self",
    "static",
    "str",
    "string",
    "struct",
    "super",
    "this",
    "trait",
    "true",
    "tuple",
    "type",
    "undefined",
    "unknown",
    "use",
    "var",
    "void",
    "while",
];

/// What in one file leads into excluded ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Leading {
    /// Names that stand for nothing else in the file.
    pub names: Vec<NameId>,
    /// Expressions whose own name leads there, though the file may give it to something of its own as well.
    pub places: Vec<ExprId>,
}

impl Leading {
    /// Whether nothing leads there.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.places.is_empty()
    }
}

/// What all files of a repository withhold, and what they may say.
#[derive(Debug, Default)]
pub struct Withheld {
    /// Names that any file withholds.
    names: FxHashSet<Fragment>,
    /// Names that some file mentions and does not withhold.
    known: FxHashSet<Fragment>,
    known_words: FxHashSet<u32>,
    /// Words of withheld names that no known name has.
    gone: FxHashSet<u32>,
}

impl Withheld {
    /// Takes every file with what leads out of it, and the paths that may be known.
    pub fn new<'f>(
        files: impl Iterator<Item = (&'f FileFacts, &'f Leading)> + Clone,
        paths: impl Iterator<Item = &'f str>,
        key: &WordKey,
    ) -> Self {
        let mut out = Self::default();
        for (facts, leading) in files {
            let withheld: FxHashSet<NameId> = leading.names.iter().copied().collect();
            for (at, name) in facts.names.iter().enumerate() {
                let is_withheld = withheld.contains(&NameId(at as u32));
                let all = if is_withheld { &mut out.names } else { &mut out.known };
                if !all.contains(name) {
                    all.insert(name.clone());
                }
            }
        }
        let parts = paths.flat_map(|path| path.split(['/', '.']));
        out.known.extend(parts.map(Fragment::new));
        // A name of a remaining file may be one of an excluded file elsewhere; it is known, and withheld where it leads there.
        let known: FxHashSet<&Fragment> = out.known.difference(&out.names).collect();
        out.known_words = hashes(known.into_iter(), key);
        out.gone = hashes(out.names.iter(), key)
            .difference(&out.known_words)
            .copied()
            .collect();
        out
    }

    /// The names in a fixed order, for whoever has to notice that they changed.
    pub fn names(&self) -> impl Iterator<Item = &Fragment> {
        let mut names: Vec<&Fragment> = self.names.iter().collect();
        names.sort_unstable();
        names.into_iter()
    }

    /// Whether prose may say a word: not where it looks like a name that no remaining file has.
    fn may_say(&self, word: &str, is_code: bool) -> bool {
        let name = Fragment::new(word);
        let looks_like_name = is_code || is_compound(word);
        if !looks_like_name {
            return true;
        }
        let is_language = is_code && LANGUAGE.contains(&word) || PROPER.contains(&word);
        is_language || self.known.contains(&name) && !self.names.contains(&name)
    }
}

/// Whether a word is put together as names are: with an underscore inside, or a capital behind a small letter.
fn is_compound(word: &str) -> bool {
    let inner = word.trim_matches('_');
    let mut pairs = inner.chars().zip(inner.chars().skip(1));
    inner.contains('_') || pairs.any(|(a, b)| a.is_lowercase() && b.is_uppercase())
}

fn hashes<'n>(names: impl Iterator<Item = &'n Fragment>, key: &WordKey) -> FxHashSet<u32> {
    let mut seen: FxHashSet<String> = FxHashSet::default();
    for name in names {
        words::split(name.expose(), |word| {
            if !seen.contains(word) {
                seen.insert(word.to_owned());
            }
        });
    }
    seen.iter().map(|word| key.hash(&words::stem(word))).collect()
}

impl FileFacts {
    /// Stands for a file of which nothing is read. `package` is the name that the files beside it state for their package.
    pub fn stand_in(grammar: &str, package: Option<&[Fragment]>) -> Self {
        let mut facts = Self {
            grammar: grammar.to_owned(),
            names: vec![Fragment::new(EXCLUDED)],
            ..Self::default()
        };
        facts.symbols.push(Symbol {
            name: NameId(0),
            kind: SymbolKind::Class,
            container: None,
            visibility: Visibility::Public,
            modifiers: Modifiers::default(),
            lines: super::Lines::default(),
            signature: Fragment::default(),
            summary: Fragment::default(),
            documentation: Fragment::default(),
            outline: Vec::new(),
            vocabulary: Vec::new(),
        });
        facts.bindings.types.push(Declared {
            exported: Exported::Default,
            ..Declared::default()
        });
        if let Some(package) = package {
            facts.names.extend(package.iter().cloned());
            facts.bindings.imports.push(Import {
                kind: ImportKind::Clause,
                path: (1..facts.names.len() as u32).map(NameId).collect(),
                local: None,
                module: None,
                is_scoped: false,
                is_reexport: false,
                line: 0,
            });
        }
        facts
    }

    /// The name a file states for its package, if it does.
    pub fn package(&self) -> Option<Vec<Fragment>> {
        let mut imports = self.bindings.imports.iter();
        let clause = imports.find(|import| import.kind == ImportKind::Clause)?;
        Some(clause.path.iter().map(|id| self.name(*id).clone()).collect())
    }

    /// Whether a name of the file was replaced, so that what is kept of it says less than the file.
    pub fn is_withheld(&self) -> bool {
        self.names.iter().any(|name| name.expose() == EXCLUDED)
    }

    /// Puts a mark in the place of every name that leads into excluded files, and takes their words out of what the file is found by.
    pub fn withhold(&mut self, leading: &Leading, all: &Withheld, key: &WordKey) {
        let own: FxHashSet<Fragment> = leading.names.iter().map(|id| self.name(*id).clone()).collect();
        self.withhold_words(&own, all, key);
        let prose = |text: &mut Fragment| {
            mask(text, |word, is_code| {
                own.contains(&Fragment::new(word)) || !all.may_say(word, is_code)
            })
        };
        prose(&mut self.summary);
        prose(&mut self.documentation);
        for symbol in &mut self.symbols {
            mask(&mut symbol.signature, |word, _| own.contains(&Fragment::new(word)));
            prose(&mut symbol.summary);
            prose(&mut symbol.documentation);
        }
        for id in &leading.names {
            self.names[id.0 as usize] = Fragment::new(EXCLUDED);
        }
        if !leading.places.is_empty() {
            self.withhold_places(leading);
        }
    }

    fn withhold_words(&mut self, own: &FxHashSet<Fragment>, all: &Withheld, key: &WordKey) {
        let mut gone = all.gone.clone();
        let mut only: Option<&FxHashSet<u32>> = None;
        if !own.is_empty() {
            let kept = self.names.iter().filter(|name| !own.contains(*name));
            gone.extend(hashes(own.iter(), key).difference(&hashes(kept, key)));
            // What else such a file says in bodies may be names that nothing leads to: fields of patterns, arguments by name.
            only = Some(&all.known_words);
        }
        let keep = |hash: &u32| !gone.contains(hash) && only.is_none_or(|only| only.contains(hash));
        self.vocabulary.retain(keep);
        self.symbols
            .iter_mut()
            .for_each(|symbol| symbol.vocabulary.retain(keep));
        self.passages
            .iter_mut()
            .for_each(|passage| passage.vocabulary.retain(keep));
    }

    /// Replaces names where the file has something of its own of the same name.
    fn withhold_places(&mut self, leading: &Leading) {
        let places: FxHashSet<ExprId> = leading.places.iter().copied().collect();
        let placeholder = leading.names.first().copied().unwrap_or_else(|| {
            self.names.push(Fragment::new(EXCLUDED));
            NameId(self.names.len() as u32 - 1)
        });
        for place in &places {
            if let Expr::Name { name, .. } | Expr::Module(name) | Expr::Member(_, name) | Expr::Path(_, name) =
                &mut self.bindings.expressions[place.0 as usize]
            {
                *name = placeholder;
            }
        }
        let mut references = FxHashSet::default();
        for (at, reference) in self.bindings.references.iter_mut().enumerate() {
            if places.contains(&reference.target) {
                reference.name = placeholder;
                references.insert(at as u32);
            }
        }
        for step in self.symbols.iter_mut().flat_map(|symbol| &mut symbol.outline) {
            let (StepKind::Call { reference, .. }
            | StepKind::New { reference, .. }
            | StepKind::Macro { reference, .. }) = step.kind
            else {
                continue;
            };
            if reference.is_some_and(|at| references.contains(&at)) {
                step.names.iter_mut().for_each(|chain| chain.name = Some(placeholder));
            }
        }
    }
}

/// Replaces the words of a text that may not be said. `hides` is told each word, and whether it stands in the type of code.
fn mask(text: &mut Fragment, hides: impl Fn(&str, bool) -> bool) {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let mut out = String::with_capacity(text.len());
    let mut rest = text.expose();
    let (mut is_code, mut found) = (false, false);
    while let Some(first) = rest.chars().next() {
        let end = if is_part(first) {
            rest.find(|c| !is_part(c)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (piece, behind) = rest.split_at(end);
        is_code ^= first == '`';
        let is_hidden = is_part(first) && !first.is_numeric() && hides(piece, is_code);
        found |= is_hidden;
        out.push_str(if is_hidden { EXCLUDED } else { piece });
        rest = behind;
    }
    if found {
        *text = Fragment::new(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_names_only_what_remains() {
        let key = WordKey::new([1; 32]);
        let facts = FileFacts {
            names: ["ledger_entry", "vault", "open"].map(Fragment::new).to_vec(),
            ..FileFacts::default()
        };
        let leading = Leading {
            names: vec![NameId(1)],
            places: Vec::new(),
        };
        let all = Withheld::new([(&facts, &leading)].into_iter(), ["src/main.rs"].into_iter(), &key);
        let say = |text: &str| {
            let mut text = Fragment::new(text);
            mask(&mut text, |word, is_code| !all.may_say(word, is_code));
            text.expose().to_owned()
        };
        assert_eq!(
            say("Opens a ledger_entry of GitHub, `None` or `open()`."),
            "Opens a ledger_entry of GitHub, `None` or `open()`."
        );
        assert_eq!(
            say("Asks `vault` and `vault::key`."),
            "Asks `‹excluded›` and `‹excluded›::‹excluded›`."
        );
        assert_eq!(
            say("Like SecretVault or secret_vault 2_000."),
            "Like ‹excluded› or ‹excluded› 2_000."
        );
    }
}
