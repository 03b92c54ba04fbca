//! `CODEOWNERS`: who answers for which files, as GitHub, GitLab, Gitea and Bitbucket read it.
//!
//! Of the file nothing is kept but the owners of files that are indexed: its patterns name folders that the scope may exclude.

use super::{Fragment, SourceText};
use globset::{Glob, GlobBuilder, GlobMatcher};

/// Where hosts look for it; the first that is there counts.
pub const PLACES: [&str; 4] = [
    ".github/CODEOWNERS",
    ".gitlab/CODEOWNERS",
    "CODEOWNERS",
    "docs/CODEOWNERS",
];

/// Lines beyond this are not read.
const MOST_RULES: usize = 5_000;
/// The longest name of a person or team.
const LONGEST: usize = 100;
/// Stands for an owner who is named by an e-mail address.
const ADDRESS: &str = "‹e-mail address›";

/// The rules of a file, in their order.
#[derive(Debug, Default)]
pub struct Owners {
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    globs: Vec<GlobMatcher>,
    owners: Vec<Fragment>,
}

impl Owners {
    /// Reads the text of a file. What cannot be understood is passed over.
    pub fn read(text: &SourceText) -> Self {
        let text = String::from_utf8_lossy(text.as_bytes());
        let mut rules = Vec::new();
        let mut usual = Vec::new();
        for line in text.lines().map(str::trim).take(MOST_RULES) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if line.starts_with(['[', '^']) {
                // A section of GitLab may name owners for the patterns in it that have none.
                if let Some((_, words)) = line.rsplit_once(']') {
                    usual = owners(words);
                }
                continue;
            }
            let (pattern, rest) = split(line);
            if pattern.is_empty() {
                continue;
            }
            let found = owners(rest.split(" #").next().unwrap_or_default());
            let owners = if found.is_empty() { usual.clone() } else { found };
            rules.push(Rule {
                globs: globs(&pattern),
                owners,
            });
        }
        Self { rules }
    }

    /// Who owns a file: the last rule that matches says so, and may say nobody.
    pub fn of(&self, path: &str) -> &[Fragment] {
        let last = self
            .rules
            .iter()
            .rev()
            .find(|rule| rule.globs.iter().any(|glob| glob.is_match(path)));
        last.map_or(&[], |rule| &rule.owners)
    }

    /// Whether nobody owns anything.
    pub fn is_empty(&self) -> bool {
        self.rules.iter().all(|rule| rule.owners.is_empty())
    }
}

/// The pattern of a line, in which `\ ` is a space, and the rest.
fn split(line: &str) -> (String, &str) {
    let mut pattern = String::new();
    let mut chars = line.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => pattern.extend(chars.next().map(|(_, c)| c)),
            c if c.is_whitespace() => return (pattern, &line[at..]),
            c => pattern.push(c),
        }
    }
    (pattern, "")
}

fn owners(words: &str) -> Vec<Fragment> {
    let is_name = |name: &str| {
        !name.is_empty() && name.len() <= LONGEST && name.chars().all(|c| c.is_alphanumeric() || "-_./@".contains(c))
    };
    let owner = |word: &str| match word.strip_prefix('@') {
        Some(name) => is_name(name).then(|| Fragment::new(word)),
        None => word.contains('@').then(|| Fragment::new(ADDRESS)),
    };
    let mut out: Vec<Fragment> = words.split_whitespace().filter_map(owner).collect();
    out.dedup();
    out
}

/// A pattern is that of `.gitignore`: with a `/` before its end it starts at the root, and a folder stands for what is in it.
fn globs(pattern: &str) -> Vec<GlobMatcher> {
    let body = pattern.trim_end_matches('/');
    let anchored = body.trim_start_matches('/');
    let base = if body.contains('/') {
        anchored.to_owned()
    } else {
        format!("**/{anchored}")
    };
    let mut all = Vec::new();
    if !pattern.ends_with('/') {
        all.push(base.clone());
    }
    // `docs/*` is the files right in a folder, and nothing below them.
    if !base.ends_with("/*") || !body.contains('/') {
        all.push(format!("{base}/**"));
    }
    all.iter()
        .filter_map(|glob| build(glob))
        .map(|glob| glob.compile_matcher())
        .collect()
}

fn build(glob: &str) -> Option<Glob> {
    GlobBuilder::new(glob)
        .literal_separator(true)
        .backslash_escape(true)
        .build()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, path: &str) -> String {
        let owners = Owners::read(&SourceText::new(text.as_bytes().to_vec()));
        let words: Vec<String> = owners.of(path).iter().map(|it| it.expose().to_owned()).collect();
        words.join(" ")
    }

    #[test]
    fn the_last_rule_that_matches_counts() {
        let text = "# all\n*  @acme/all\n*.rs @acme/rust @jane # why\n/docs/* a@example.com\nsrc/net/ @acme/net\nsrc/net/open\n";
        for (path, expected) in [
            ("README.md", "@acme/all"),
            ("a/b.rs", "@acme/rust @jane"),
            ("docs/a.md", "‹e-mail address›"),
            ("docs/deep/a.md", "@acme/all"),
            ("src/net/a.rs", "@acme/net"),
            ("src/net/deep/a.rs", "@acme/net"),
            ("other/src/net/a.md", "@acme/all"),
            ("src/net/open/a.rs", ""),
        ] {
            assert_eq!(of(text, path), expected, "{path}");
        }
    }

    #[test]
    fn sections_and_odd_lines_are_understood() {
        let text = "[Backend][2] @acme/backend\napi/\n^[Docs]\nmy\\ file.md @jane\n[broken @x\n\\\n";
        assert_eq!(of(text, "api/a.rs"), "@acme/backend");
        assert_eq!(of(text, "my file.md"), "@jane");
        assert_eq!(of(text, "b.rs"), "");
        assert!(Owners::read(&SourceText::new(b"*\n".to_vec())).is_empty());
    }
}
