//! Handles: how agents name repositories, paths and symbols.
//!
//! `repo`, `repo:path`, `repo:path#Type.method`, `repo#Type.method`, or a bare `Type.method`. What tools print, tools accept.

/// A handle taken apart. Nothing is promised about what it names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Handle {
    pub(crate) repo: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) symbol: Option<String>,
}

impl Handle {
    /// Reads a handle; `is_repo` tells a bare repository name from a bare symbol.
    pub(crate) fn parse(text: &str, is_repo: impl Fn(&str) -> bool) -> Self {
        let text = text.trim();
        if let Some((place, symbol)) = text.split_once('#') {
            let (repo, path) = place_of(place);
            return Self {
                repo,
                path,
                symbol: filled(symbol),
            };
        }
        if is_repo(text) {
            return Self {
                repo: filled(text),
                ..Self::default()
            };
        }
        match text.split_once(':') {
            Some((repo, path)) if !path.starts_with(':') && !repo.is_empty() => Self {
                repo: filled(repo),
                path: filled(path.trim_start_matches("./")),
                symbol: None,
            },
            _ => Self {
                symbol: filled(text),
                ..Self::default()
            },
        }
    }

    /// Reads a handle that names a repository or a path in one, never a bare symbol.
    pub(crate) fn parse_place(text: &str) -> Self {
        let text = text.trim();
        let (place, symbol) = text
            .split_once('#')
            .map_or((text, ""), |(place, symbol)| (place, symbol));
        let (repo, path) = place_of(place);
        Self {
            repo,
            path,
            symbol: filled(symbol),
        }
    }
}

fn place_of(place: &str) -> (Option<String>, Option<String>) {
    match place.split_once(':') {
        Some((repo, path)) => (filled(repo), filled(path.trim_start_matches("./"))),
        None => (filled(place), None),
    }
}

fn filled(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (String, String, String) {
        let Handle { repo, path, symbol } = Handle::parse(text, |name| name == "acme/web");
        (
            repo.unwrap_or_default(),
            path.unwrap_or_default(),
            symbol.unwrap_or_default(),
        )
    }

    #[test]
    fn every_form_is_taken_apart() {
        let expected = [
            ("acme/web", ("acme/web", "", "")),
            ("acme/web:src/a.ts", ("acme/web", "src/a.ts", "")),
            ("acme/web:./src/", ("acme/web", "src/", "")),
            ("acme/web:src/a.ts#A.run~2", ("acme/web", "src/a.ts", "A.run~2")),
            ("acme/web#A.run", ("acme/web", "", "A.run")),
            ("A.run", ("", "", "A.run")),
            ("Type::method", ("", "", "Type::method")),
            ("a::b::c", ("", "", "a::b::c")),
        ];
        for (text, (repo, path, symbol)) in expected {
            assert_eq!(parts(text), (repo.into(), path.into(), symbol.into()), "{text}");
        }
    }
}
