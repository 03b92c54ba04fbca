//! Whether what stands before a definition may make something outside of the repository call it: an annotation, decorator or attribute that is not
//! one of those by which a language itself says more of a definition.

use super::Fragment;

/// What the languages and their standard libraries say of definitions by annotations, in lower case. None of them makes anybody call one.
const SAYS_MORE: [&str; 41] = [
    "abstractmethod",
    "available",
    "beta",
    "cache",
    "cached_property",
    "classmethod",
    "contextmanager",
    "contract",
    "default",
    "deprecated",
    "discardableresult",
    "escaping",
    "final",
    "functionalinterface",
    "inlinable",
    "inline",
    "internal",
    "jvmfield",
    "jvmoverloads",
    "jvmstatic",
    "lru_cache",
    "mainactor",
    "memoize",
    "must_use",
    "nodiscard",
    "nonnull",
    "notnull",
    "nullable",
    "objc",
    "obsolete",
    "optin",
    "overload",
    "override",
    "property",
    "safevarargs",
    "staticmethod",
    "tailrec",
    "throws",
    "unused",
    "usablefrominline",
    "visiblefortesting",
];

/// Whether a signature begins with an annotation by which others may find the definition and call it.
pub fn may_be_called_for(signature: &Fragment) -> bool {
    let text = signature.expose();
    let mut rest = text.trim_start();
    while let Some(after) = ["@", "#[", "["].iter().find_map(|mark| rest.strip_prefix(mark)) {
        let is_of_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '\\' | ':');
        let end = after.find(|c| !is_of_name(c)).unwrap_or(after.len());
        let (name, behind) = after.split_at(end);
        // What is written on a property (`@name.setter`) is no name of its own either.
        let last = name.rsplit(['.', '\\', ':']).next().unwrap_or_default().to_lowercase();
        let is_known = matches!(last.as_str(), "" | "setter" | "getter" | "deleter");
        if !is_known && SAYS_MORE.binary_search(&last.as_str()).is_err() {
            return true;
        }
        rest = skip_group(behind.trim_start(), '(', ')');
        rest = rest.trim_start().trim_start_matches([']', ',']).trim_start();
    }
    false
}

/// What stands behind the group that a text begins with.
fn skip_group(text: &str, open: char, close: char) -> &str {
    if !text.starts_with(open) {
        return text;
    }
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        depth += i32::from(c == open) - i32::from(c == close);
        if depth == 0 {
            return &text[at + c.len_utf8()..];
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annotations_by_which_others_may_call_are_told_from_those_of_the_language() {
        assert!(SAYS_MORE.is_sorted());
        let calls = |text: &str| may_be_called_for(&Fragment::new(text));
        for text in [
            "@app.task(1) def f()",
            "@Scheduled(1) void run()",
            "@Override @EventListener void on(Event e)",
            "#[AsMessageHandler(1)] function __invoke()",
            "[HubMethodName(1)] public void Send()",
        ] {
            assert!(calls(text), "{text}");
        }
        for text in [
            "def f()",
            "@property def name()",
            "@name.setter def name(value)",
            "@functools.lru_cache(1) def f()",
            "@Deprecated(2) public void old()",
            "[Obsolete(1)] void Old()",
        ] {
            assert!(!calls(text), "{text}");
        }
    }
}
