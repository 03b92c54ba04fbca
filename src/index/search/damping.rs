//! Code that is seldom what a question is about: tests, examples, generated and legacy files.

use super::ranking::Damping;
use crate::index::traits::Traits;

/// What about a file or symbol makes it seldom the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Role {
    pub(super) is_test: bool,
    pub(super) is_example: bool,
    pub(super) is_generated: bool,
    pub(super) is_legacy: bool,
    pub(super) is_declaration: bool,
    pub(super) is_marker: bool,
    pub(super) is_prose: bool,
    pub(super) is_history: bool,
}

impl Role {
    /// The role of a file, by its path and by what extraction found.
    pub(super) fn of_file(path: &str, traits: Traits) -> Self {
        let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
        let any = |names: &[&str]| {
            folders
                .split('/')
                .any(|folder| names.iter().any(|name| folder.eq_ignore_ascii_case(name)))
        };
        Self {
            is_test: traits.is_test() || any(&TEST_FOLDERS) || is_test_name(name),
            is_example: any(&EXAMPLE_FOLDERS),
            is_generated: traits.is_generated() || any(&GENERATED_FOLDERS),
            is_legacy: any(&LEGACY_FOLDERS),
            is_declaration: [".d.ts", ".d.mts", ".d.cts"].iter().any(|end| name.ends_with(end)),
            is_marker: ["__init__.py", "package-info.java"].contains(&name),
            is_prose: is_prose(name),
            is_history: is_history(name),
        }
    }

    /// What scores are multiplied with. A name that was asked for is damped less than what merely mentions words.
    pub(super) fn factor(self, damping: &Damping, asked: Asked, by_name: bool) -> f32 {
        let factor = |applies: bool, (words, name): (f32, f32)| match (applies, by_name) {
            (false, _) => 1.0,
            (true, false) => words,
            (true, true) => name,
        };
        factor(self.is_test && !asked.tests, damping.test)
            * factor(self.is_example && !asked.examples, damping.example)
            * factor(self.is_generated, damping.generated)
            * factor(self.is_legacy, damping.legacy)
            * factor(self.is_declaration, damping.declaration)
            * factor(self.is_prose && !asked.prose, damping.prose)
            * factor(self.is_history && !asked.prose, damping.history)
            * factor(self.is_marker, damping.marker)
    }
}

/// Which of these a query asks for by itself.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Asked {
    pub(super) tests: bool,
    pub(super) examples: bool,
    pub(super) prose: bool,
}

impl Asked {
    pub(super) fn by(words: &[(String, f32)]) -> Self {
        let any = |list: &[&str]| words.iter().any(|(word, _)| list.contains(&word.as_str()));
        Self {
            tests: any(&["test", "tests", "testing", "spec", "bench", "benchmark"]),
            examples: any(&["example", "examples", "demo", "docs"]),
            prose: any(&["readme", "docs", "documentation", "guide", "changelog", "tutorial"]),
        }
    }
}

const TEST_FOLDERS: [&str; 13] = [
    "test",
    "tests",
    "__tests__",
    "spec",
    "specs",
    "testing",
    "test-d",
    "fixtures",
    "__mocks__",
    "benches",
    "benchmarks",
    "benchmark",
    "bench",
];
const EXAMPLE_FOLDERS: [&str; 10] = [
    "example",
    "examples",
    "_example",
    "_examples",
    "docs_src",
    "doc",
    "docs",
    "samples",
    "playground",
    "demo",
];
const GENERATED_FOLDERS: [&str; 6] = [
    "vendor",
    "vendored",
    "third_party",
    "node_modules",
    "generated",
    "__generated__",
];
const LEGACY_FOLDERS: [&str; 5] = ["compat", "_compat", "legacy", "deprecated", "v3"];

/// Text for people about the code.
fn is_prose(name: &str) -> bool {
    const ENDS: [&str; 8] = ["md", "mdx", "markdown", "rst", "adoc", "asciidoc", "org", "txt"];
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    extension.is_some_and(|it| ENDS.iter().any(|end| it.eq_ignore_ascii_case(end))) && name != "CMakeLists.txt"
}

/// A list of what was changed, which mentions everything.
fn is_history(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).to_ascii_lowercase();
    [
        "changelog",
        "changes",
        "history",
        "news",
        "releases",
        "release_notes",
        "release-notes",
    ]
    .contains(&stem.as_str())
}

fn is_test_name(name: &str) -> bool {
    let lower = name.to_lowercase();
    let Some((stem, extension)) = name.rsplit_once('.') else {
        return false;
    };
    let marked = [".test.", ".spec.", ".test-d.", "_test.", "_tests.", "_spec."]
        .iter()
        .any(|mark| lower.contains(mark));
    let camel = ["Test", "Tests", "Spec", "Suite"].iter().any(|end| stem.ends_with(end))
        && ["java", "kt", "cs", "swift", "scala", "php"].contains(&extension);
    marked || camel || lower.starts_with("test_") || stem == "tests" || stem == "test"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_follow_paths() {
        let role = |path| Role::of_file(path, Traits(0));
        assert!(role("src/router.test.ts").is_test);
        assert!(role("tests/it/main.rs").is_test);
        assert!(role("a/FooTest.java").is_test);
        assert!(!role("src/latest.rs").is_test);
        assert!(!role("src/contest/mod.rs").is_test);
        assert!(role("types/index.d.ts").is_declaration);
        assert_eq!(role("src/app.rs"), Role::default());
    }
}
