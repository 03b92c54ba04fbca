//! Routes that comments state above methods and classes: `@Route("/x", methods={"GET"})` of Symfony.
//!
//! The path and the methods are all that is read of a comment, where the annotation begins a line of it and is written as these are.

use super::routes::ANY_PATH;
use super::shape;

const ANNOTATION: &str = "@Route(";

/// The paths of the routes that a comment states, and their methods, which have to be the same for all; nothing where one is written otherwise.
pub(super) fn routes(comment: &str) -> Option<(Vec<String>, Vec<&'static str>)> {
    let stated: Option<Vec<_>> = annotations(comment).map(|inner| stated(inner?)).collect();
    let stated = stated?;
    let methods = stated.first()?.1.clone();
    let is_same = stated.iter().all(|it| it.1 == methods);
    is_same.then(|| (stated.into_iter().map(|it| it.0).collect(), methods))
}

/// What routes begin with by the comment of their class; any path where it is written otherwise, and nothing where it states none.
pub(super) fn prefix(comment: &str) -> Option<String> {
    let mut stated = annotations(comment);
    let inner = match (stated.next()?, stated.next()) {
        (Some(inner), None) => inner,
        _ => return Some(ANY_PATH.to_owned()),
    };
    let has_path = path(inner).is_some() || inner.contains("path") || inner.starts_with('{');
    has_path.then(|| path(inner).map_or_else(|| ANY_PATH.to_owned(), |(path, _)| path))
}

/// What stands in the brackets of the annotations that begin lines of a comment; nothing for one that is left open.
fn annotations(comment: &str) -> impl Iterator<Item = Option<&str>> {
    let begins_line = |at: &usize| {
        let line = comment[..*at].rsplit('\n').next().unwrap_or_default();
        line.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'*' | b'/'))
    };
    let found = comment.match_indices(ANNOTATION).map(|(at, _)| at);
    let found = found.filter(|_| comment.starts_with("/**")).filter(begins_line);
    found.map(|at| {
        let rest = &comment[at + ANNOTATION.len() - 1..];
        shape::closing(rest).map(|end| rest[1..end].trim_matches(is_blank))
    })
}

fn is_blank(c: char) -> bool {
    c.is_ascii_whitespace() || c == '*'
}

/// The path that an annotation states first, and what stands behind it.
fn path(inner: &str) -> Option<(String, &str)> {
    let stated = inner.strip_prefix("path").map_or(Some(inner), |rest| {
        let rest = rest.trim_start_matches(is_blank).strip_prefix('=')?;
        Some(rest.trim_start_matches(is_blank))
    });
    let (path, rest) = stated?.strip_prefix('"')?.split_once('"')?;
    Some((shape::route(path, false)?, rest))
}

fn stated(inner: &str) -> Option<(String, Vec<&'static str>)> {
    let (path, rest) = path(inner)?;
    let Some((_, methods)) = rest.split_once("methods") else {
        return Some((path, vec!["ANY"]));
    };
    let methods = methods.trim_start_matches(is_blank).strip_prefix('=')?;
    let methods = methods.trim_start_matches(is_blank);
    let list = match methods.strip_prefix('{') {
        Some(list) => list.split_once('}')?.0,
        None => &methods[..=1 + methods.strip_prefix('"')?.find('"')?],
    };
    let method = |word: &str| {
        let word = word.trim_matches(is_blank).strip_prefix('"')?.strip_suffix('"')?;
        shape::method(word)
    };
    let methods: Option<Vec<_>> = list.split(',').map(method).collect();
    Some((path, methods?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annotations_are_read_where_they_begin_a_line() {
        for (comment, told) in [
            ("/** @Route(\"/a\") */", Some(("/a", "ANY"))),
            (
                "/**\n * Text.\n * @Route(\"/a/{id}\", name=\"x\", requirements={\"id\"=\"(a|b)\"}, methods={\"GET\", \"PUT\"})\n */",
                Some(("/a/{id}", "GET PUT")),
            ),
            (
                "/** @Route(\n *   path=\"/a\",\n *   methods=\"POST\"\n * ) */",
                Some(("/a", "POST")),
            ),
            ("/** See @Route(\"/a\") */", None),
            ("/* @Route(\"/a\") */", None),
            ("/** @Route(\"/a\", methods=ALL) */", None),
            ("/** @Route(\"/a and more\") */", None),
            ("/** @Route(self::PATH) */", None),
            ("/** @Route(\"/a\" */", None),
            ("/** @OA\\Get(\"/a\") */", None),
        ] {
            let read = routes(comment);
            let read = read.map(|(paths, methods)| (paths.join(" "), methods.join(" ")));
            let read = read.as_ref().map(|(path, methods)| (path.as_str(), methods.as_str()));
            assert_eq!(read, told, "{comment}");
        }
    }

    #[test]
    fn a_class_that_states_no_path_has_none() {
        assert_eq!(prefix("/** @Route(\"/a\", name=\"x\") */").as_deref(), Some("/a"));
        assert_eq!(prefix("/** @Route(name=\"x\") */"), None);
        assert_eq!(prefix("/** @Route(path=self::A) */").as_deref(), Some(ANY_PATH));
        assert_eq!(
            prefix("/** @Route(\"/a\")\n * @Route(\"/b\") */").as_deref(),
            Some(ANY_PATH)
        );
        assert_eq!(prefix("/** Text. */"), None);
    }
}
