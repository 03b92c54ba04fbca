//! The shapes a string literal must have to become a fact. Whatever has no such shape stays in the file.

use crate::extraction::facts::SymbolKind;

/// Characters of a literal that becomes a fact: with its quotes fewer than forty, so that no answer quotes forty of a body. Only a path may be longer.
const MOST: usize = 37;
/// Characters of one part of it: between slashes, dots or colons.
const MOST_IN_PART: usize = MOST;
/// Characters of a path, which is made of parts that are as short as names. One longer than a name is made of plain words.
pub(super) const MOST_IN_PATH: usize = 160;
/// How many bytes a prefix has at most.
const MOST_IN_PREFIX: usize = 4 * MOST_IN_PATH;
/// How often letters and digits take turns in a plain word: `v1`, `oauth2`, `i18n`. In what is drawn at random they do so more often.
const MOST_TURNS: usize = 2;
/// Characters of a word in which they may do so however they like: `m3u8`.
const SHORT_WORD: usize = 4;
/// Digits in a row; longer ones are numbers of something, not names.
const MOST_DIGITS: usize = 4;
/// Parts of a route.
const MOST_PARTS: usize = 16;

/// The methods of HTTP, and the word for all of them.
const METHODS: [&str; 10] = [
    "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "ANY",
];

/// What stands between the quotes of a literal that holds nothing but text; `None` for what is computed, and for what is no literal.
pub(super) fn unquoted(text: &str) -> Option<&str> {
    if let Some(symbol) = text.strip_prefix(':') {
        return is_word(symbol, "_").then_some(symbol);
    }
    let text = text.strip_prefix(['r', 'R', 'u', 'U', '@']).unwrap_or(text);
    let hashes = text.len() - text.trim_start_matches('#').len();
    let text = &text[hashes..];
    let text = text.strip_suffix(&"#".repeat(hashes))?;
    ["\"\"\"", "'''", "\"", "'", "`"]
        .iter()
        .find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote))
}

/// The text of a fact, if a literal has the shape that its kind demands.
pub(super) fn of(kind: SymbolKind, literal: &str) -> Option<String> {
    let is_fine = match kind {
        SymbolKind::EnvironmentKey => is_word(literal, "_") && starts_like_a_name(literal),
        SymbolKind::ConfigurationKey => is_dotted(literal, &['.', ':']),
        SymbolKind::Command => literal.len() <= MOST && literal.split(':').all(|part| is_word(part, "_-")),
        _ => is_dotted(literal, &['.', ':', '/']),
    };
    is_fine.then(|| literal.to_owned())
}

/// The key in a placeholder, `key` of `${key:default}`.
pub(super) fn placeholder(text: &str) -> Option<&str> {
    let inner = text
        .strip_prefix('\\')
        .unwrap_or(text)
        .strip_prefix("${")?
        .strip_suffix('}')?;
    inner.split(':').next()
}

/// A method of HTTP by any of its spellings: `get`, `GET`, `GetMapping`, `MapGet`, `HttpGet`, `get_async`.
pub(super) fn method(text: &str) -> Option<&'static str> {
    let word = text.to_ascii_uppercase();
    let word = ["MAPPING", "EXCHANGE"]
        .iter()
        .find_map(|end| word.strip_suffix(end))
        .unwrap_or(&word);
    let word = word.strip_suffix("ASYNC").unwrap_or(word).trim_end_matches('_');
    let word = ["MAP", "HTTP", "METHOD"]
        .iter()
        .find_map(|prefix| word.strip_prefix(prefix))
        .filter(|rest| !rest.is_empty())
        .unwrap_or(word);
    let word = match word {
        "ALL" | "REQUEST" | "ROUTE" | "HANDLE" | "HANDLEFUNC" | "MATCH" => "ANY",
        "DEL" => "DELETE",
        "OPT" => "OPTIONS",
        word => word,
    };
    METHODS.into_iter().find(|method| *method == word)
}

/// The pattern of a route in one spelling, `/users/{id}`; `None` if it is no pattern. One that `is_relative` need not begin with a slash.
pub(super) fn route(literal: &str, is_relative: bool) -> Option<String> {
    // What rocket asks of the query is no part of the path.
    let literal = literal.split("?<").next().unwrap_or(literal);
    // In Go a path with this at its end has nothing below it.
    let literal = literal.strip_suffix("{$}").unwrap_or(literal);
    if literal.len() > MOST_IN_PATH || !(is_relative || literal.is_empty() || literal.starts_with(['/', '*'])) {
        return None;
    }
    route_of_parts(&parts(literal.trim_matches('/'))?)
}

/// Whether a path is as short as a name, or made of plain words.
fn is_plain(path: &str) -> bool {
    let mut words = path.split(|c: char| !c.is_ascii_alphanumeric());
    path.len() <= MOST_IN_PATH
        && (path.len() <= MOST || words.all(|word| word.len() <= SHORT_WORD || turns(word) <= MOST_TURNS))
}

/// How often letters and digits take turns in a word.
fn turns(word: &str) -> usize {
    let pairs = word.as_bytes().windows(2);
    pairs
        .filter(|two| two[0].is_ascii_digit() != two[1].is_ascii_digit())
        .count()
}

/// The pattern that the parts of a path make.
pub(super) fn route_of_parts(parts: &[&str]) -> Option<String> {
    let mut out = String::new();
    if parts.len() > MOST_PARTS {
        return None;
    }
    for part in parts {
        out.push('/');
        out.push_str(&route_part(part)?);
    }
    is_plain(&out).then_some(out)
}

/// The path that several literals make; `None` if it is longer than one of one literal.
pub(super) fn of_literals(paths: impl Iterator<Item = Option<String>>) -> Option<String> {
    let whole: String = paths.collect::<Option<Vec<String>>>()?.concat();
    (whole.matches('/').count() <= MOST_PARTS && is_plain(&whole)).then_some(whole)
}

/// A path with what stands before it; `None` if it has more parts than a route has.
pub(super) fn joined(before: &str, path: &str) -> Option<String> {
    let whole = format!("{before}{path}");
    let parts = whole.matches('/').count();
    (parts <= MOST_PARTS).then(|| if whole.is_empty() { "/".to_owned() } else { whole })
}

/// The parts of a prefix as one. What is longer than any path may be is as good as unknown, and a chain that is joined again and again
/// doubles its own each time.
pub(super) fn prefixed(parts: &[&str]) -> String {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    if length > MOST_IN_PREFIX {
        return super::routes::ANY_PATH.to_owned();
    }
    parts.concat()
}

/// The pattern of a route that is written as a regular expression of words and named groups, `^users/(?P<id>[0-9]+)/$`.
pub(super) fn route_of_regex(literal: &str) -> Option<String> {
    if literal.len() > MOST_IN_PATH {
        return None;
    }
    let mut rest = literal.strip_prefix('^').unwrap_or(literal);
    rest = rest.strip_suffix('$').unwrap_or(rest);
    let mut out = String::new();
    while let Some(at) = rest.find('(') {
        out.push_str(&rest[..at]);
        let end = at + closing(&rest[at..])?;
        let group = &rest[at + 1..end];
        match group.strip_prefix("?P<").or_else(|| group.strip_prefix("?<")) {
            Some(named) => out.push_str(&format!("{{{}}}", named.split_once('>')?.0)),
            None if group.starts_with('?') => return None,
            None => out.push_str("{}"),
        }
        rest = &rest[end + 1..];
    }
    out.push_str(rest.strip_suffix('?').unwrap_or(rest));
    let out = out.replace("\\.", ".").replace("\\-", "-");
    if out.contains(['\\', '[', ']', '+', '*', '?', '|', '^', '$', ')']) {
        return None;
    }
    route(&out, true)
}

/// Where the first bracket of a text is closed.
pub(super) fn closing(text: &str) -> Option<usize> {
    closed_by(text, '(', ')')
}

/// Where the bracket is closed that a text begins with.
fn closed_by(text: &str, open: char, close: char) -> Option<usize> {
    let mut depth = 0_i32;
    text.char_indices().find_map(|(at, c)| {
        depth += i32::from(c == open) - i32::from(c == close);
        (depth == 0).then_some(at)
    })
}

/// Whether a text can be the name of a definition.
pub(super) fn is_name(text: &str) -> bool {
    is_word(text, "_") && starts_like_a_name(text)
}

/// Whether a literal names a module, by dots or slashes.
pub(super) fn is_module(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= MOST
        && text
            .split(['.', '/'])
            .all(|part| part.is_empty() || is_word(part, "_-@"))
}

/// The path of the address that a client asks: without the host, and `{}` where something is put in. One that `is_relative` need not begin with a slash.
pub(super) fn address(literal: &str, is_relative: bool) -> Option<String> {
    let path = match literal.split_once("://") {
        Some((_, rest)) => &rest[rest.find('/')?..],
        None => literal,
    };
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let path = match path.strip_prefix("{}") {
        Some(rest) => rest,
        None => path,
    };
    let is_rooted = path.starts_with('/') && !path.starts_with("//");
    let begins = is_rooted || is_relative && path.starts_with(|c: char| c.is_ascii_alphanumeric());
    if !begins {
        return None;
    }
    route(path, is_relative).filter(|it| !it.is_empty())
}

/// A text with `{}` for every `$name` in it; nothing where a `$` begins something else.
pub(super) fn without_dollars(text: &str) -> Option<String> {
    let mut parts = text.split('$');
    let mut out = parts.next()?.to_owned();
    for part in parts {
        let name = part.len() - part.trim_start_matches(|c: char| is_letter(c, "_")).len();
        if name == 0 || part.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        out.push_str("{}");
        out.push_str(&part[name..]);
    }
    Some(out)
}

/// The parts between slashes that stand in no brackets.
fn parts(path: &str) -> Option<Vec<&str>> {
    let (mut out, mut from, mut depth) = (Vec::new(), 0, 0_i32);
    for (at, c) in path.char_indices() {
        match c {
            '(' | '{' | '<' | '[' => depth += 1,
            ')' | '}' | '>' | ']' => depth -= 1,
            '/' if depth == 0 => {
                out.push(&path[from..at]);
                from = at + 1;
            }
            _ => (),
        }
        if depth < 0 {
            return None;
        }
    }
    out.push(&path[from..]);
    (depth == 0).then(|| out.into_iter().filter(|part| !part.is_empty()).collect())
}

/// One part: a word, a parameter, or both behind each other.
fn route_part(part: &str) -> Option<String> {
    if let Some(rest) = part.strip_prefix('*') {
        // Scalatra parts what may be anything by points: `*...*`.
        let is_any = rest.bytes().all(|byte| matches!(byte, b'*' | b'.'));
        return (is_any || is_word(rest, "_")).then(|| "*".to_owned());
    }
    let mut out = String::new();
    let mut rest = part;
    while let Some(first) = rest.chars().next() {
        let end = match first {
            ':' => {
                let name = rest[1..]
                    .find(|c: char| !is_letter(c, "_"))
                    .map_or(rest.len(), |at| at + 1);
                out.push_str(&parameter(&rest[1..name])?);
                // What a parameter has to look like is no part of the pattern, nor that it can be left out.
                name + constraint(&rest[name..])?
            }
            '{' | '<' | '[' => {
                let close = match first {
                    '{' => '}',
                    '<' => '>',
                    _ => ']',
                };
                let end = closed_by(rest, first, close)? + 1;
                let inner = rest[1..end - 1].trim_matches(['{', '}', '[', ']']);
                out.push_str(&bracketed(first, inner)?);
                end
            }
            _ => {
                let end = rest.find([':', '{', '<', '[']).unwrap_or(rest.len());
                if !is_segment(&rest[..end]) {
                    return None;
                }
                out.push_str(&rest[..end]);
                end
            }
        };
        rest = &rest[end..];
    }
    (out.len() < 40).then_some(out)
}

/// How much of a text is the constraint of the parameter before it: `(\\d+)`, `?`.
fn constraint(text: &str) -> Option<usize> {
    let end = match text.starts_with('(') {
        true => text.rfind(')')? + 1,
        false => 0,
    };
    Some(end + text[end..].len() - text[end..].trim_start_matches(['?', '+', '*']).len())
}

/// A parameter in brackets: `{id}`, `{id:[0-9]+}`, `{*rest}`, `<int:id>`, `[id]`, `[...rest]`; nothing for one without a name.
fn bracketed(open: char, inner: &str) -> Option<String> {
    if inner.is_empty() {
        return Some("{}".to_owned());
    }
    if inner.starts_with('*') || inner.starts_with("...") || inner.ends_with("...") {
        return Some("*".to_owned());
    }
    let name = match open {
        // The type comes first.
        '<' => inner.rsplit(':').next().unwrap_or(inner),
        _ => inner.split([':', '=', '?']).next().unwrap_or(inner),
    };
    let name = name.strip_suffix("..").unwrap_or(name);
    if name.is_empty() {
        Some("{}".to_owned())
    } else {
        parameter(name)
    }
}

fn parameter(name: &str) -> Option<String> {
    (is_word(name, "_-") && starts_like_a_name(name)).then(|| format!("{{{name}}}"))
}

fn is_segment(text: &str) -> bool {
    let is_version = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && text.len() <= 5;
    let first = text.trim_start_matches(['.', '_', '-', '~', '@']);
    is_word(text, "_-.~@") && (is_version || first.is_empty() || first.starts_with(|c: char| c.is_ascii_alphanumeric()))
}

fn is_dotted(text: &str, between: &[char]) -> bool {
    text.len() <= MOST && starts_like_a_name(text) && text.split(between).all(|part| is_word(part, "_-"))
}

fn starts_like_a_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

/// Whether a text consists of letters, digits and some other characters, and is as short as a name is.
fn is_word(text: &str, others: &str) -> bool {
    let digits = text.split(|c: char| !c.is_ascii_digit()).map(str::len).max();
    let is_short = text.len() <= MOST_IN_PART && digits <= Some(MOST_DIGITS);
    is_short && !text.is_empty() && text.chars().all(|c| is_letter(c, others))
}

fn is_letter(c: char, others: &str) -> bool {
    c.is_ascii_alphanumeric() || others.contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_has_one_spelling() {
        for (written, told) in [
            ("/", Some("")),
            ("/users/:id", Some("/users/{id}")),
            ("/users/:id(\\d+)", Some("/users/{id}")),
            ("/users/:id?", Some("/users/{id}")),
            ("/users/<int:id>/", Some("/users/{id}")),
            ("/users/{id:[0-9]{4}}", Some("/users/{id}")),
            ("/users/{user_id}/posts", Some("/users/{user_id}/posts")),
            ("/blog/[slug]", Some("/blog/{slug}")),
            ("/docs/[[...slug]]", Some("/docs/*")),
            ("/files/*path", Some("/files/*")),
            ("/files/{*rest}", Some("/files/*")),
            ("/compare/*...*", Some("/compare/*")),
            ("/files/*.js", None),
            ("/v1/a.json", Some("/v1/a.json")),
            ("/@:name", Some("/@{name}")),
            ("/.well-known/jwks", Some("/.well-known/jwks")),
            ("users", None),
            ("/users and more", None),
            ("/users?x=1", None),
            ("/hook/20250101120000", None),
            ("/a/\"b\"", None),
            ("/${base}/x", None),
            ("/a{", None),
            ("/{id}.{format}", Some("/{id}.{format}")),
            ("/files/{path...}", Some("/files/*")),
            ("/{$}", Some("")),
            (
                "/Videos/{itemId}/{mediaSourceId}/Attachments/{index}/Stream.m3u8",
                Some("/Videos/{itemId}/{mediaSourceId}/Attachments/{index}/Stream.m3u8"),
            ),
            (
                "/feeds/{id}/mark-all-as-read/and-then-this-part-is-itself-too-long-for-a-name",
                None,
            ),
            ("/services/TA24BE7LD/BA24BE7LE/aB3dE6gH9kL2nP5rT8wZ1yXc", None),
        ] {
            assert_eq!(route(written, false).as_deref(), told, "{written}");
        }
        assert_eq!(route("users/:id", true).as_deref(), Some("/users/{id}"));
    }

    #[test]
    fn literals_make_no_longer_path_than_one() {
        let part = || Some("/a".to_owned());
        assert_eq!(of_literals([part(), part()].into_iter()).as_deref(), Some("/a/a"));
        assert_eq!(of_literals([part(), None].into_iter()), None);
        assert_eq!(of_literals(std::iter::repeat_with(part).take(MOST_PARTS + 1)), None);
    }

    #[test]
    fn an_address_loses_its_host() {
        assert_eq!(
            address("https://users.internal:8080/api/users?x=1", false).as_deref(),
            Some("/api/users")
        );
        assert_eq!(address("{}/users/{}", false).as_deref(), Some("/users/{}"));
        assert_eq!(address("users", false), None);
        assert_eq!(address("users/1", true).as_deref(), Some("/users/1"));
        assert_eq!(address("//users.internal/x", true), None);
        assert_eq!(address("https://users.internal", true), None);
    }

    #[test]
    fn names_behind_dollars_are_put_in() {
        assert_eq!(without_dollars("/users/$id/x").as_deref(), Some("/users/{}/x"));
        assert_eq!(without_dollars("$base/users").as_deref(), Some("{}/users"));
        assert_eq!(without_dollars("/price/$5"), None);
        assert_eq!(without_dollars("/users/${id}"), None);
    }

    #[test]
    fn a_literal_is_text_in_quotes_and_nothing_else() {
        for (written, inner) in [
            ("\"A\"", Some("A")),
            ("r#\"/a\"#", Some("/a")),
            ("'A'", Some("A")),
            ("`A`", Some("A")),
            (":name", Some("name")),
            ("f\"/a/{b}\"", None),
            ("$\"/a\"", None),
            ("A", None),
            ("\"A", None),
        ] {
            assert_eq!(unquoted(written), inner, "{written}");
        }
    }

    #[test]
    fn keys_and_names_are_identifiers() {
        let key = |text| of(SymbolKind::EnvironmentKey, text).is_some();
        assert!(key("DATABASE_URL") && key("_x9"));
        assert!(!key("DATABASE URL") && !key("9A") && !key("A-B") && !key("") && !key("TOKEN_918273645"));
        let setting = |text| of(SymbolKind::ConfigurationKey, text).is_some();
        assert!(setting("spring.datasource.url") && setting("Logging:Level") && !setting("a..b") && !setting("a b"));
        assert!(
            of(SymbolKind::Subscriber, "order.created").is_some() && of(SymbolKind::Subscriber, "an order").is_none()
        );
    }

    #[test]
    fn methods_have_many_spellings() {
        for (written, method_told) in [
            ("get", Some("GET")),
            ("PostMapping", Some("POST")),
            ("MapDelete", Some("DELETE")),
            ("HttpPatch", Some("PATCH")),
            ("RequestMapping", Some("ANY")),
            ("HandleFunc", Some("ANY")),
            ("use", None),
        ] {
            assert_eq!(method(written), method_told, "{written}");
        }
    }

    #[test]
    fn a_prefix_that_is_put_before_itself_again_and_again_stays_short() {
        assert_eq!(prefixed(&["/api", "", "/v1"]), "/api/v1");
        let doubled = (0..64).fold("/own".to_owned(), |own, _| prefixed(&[&own, &own]));
        assert!(doubled.len() <= MOST_IN_PREFIX, "{} bytes", doubled.len());
    }
}
