//! Code inside of a file that is written in something else: the rest is blanked for the parser, so that every byte keeps its offset.

use super::Grammar;
use super::grammar::{Embedded, Template};
use memchr::memmem;
use std::ops::Range;

/// The two halves of a file, each as long as the file.
pub(super) struct Halves {
    pub(super) code: Vec<u8>,
    /// What is around the code.
    pub(super) around: Vec<u8>,
    pub(super) template: Template,
}

/// The halves of a file that holds code of a grammar in elements; `None` for one that is code as a whole.
pub(super) fn halves(grammar: &Grammar, path: &str, bytes: &[u8]) -> Option<Halves> {
    let (_, extension) = path.rsplit_once('.')?;
    let embedded = &grammar.manifest().embedded;
    let rule = embedded
        .iter()
        .find(|rule| rule.extensions.iter().any(|it| it == extension))?;
    let (mut code, mut around) = (blank(bytes), bytes.to_vec());
    for part in inside(bytes, rule) {
        code[part.clone()].copy_from_slice(&bytes[part.clone()]);
        around[part.clone()].copy_from_slice(&blank(&bytes[part]));
    }
    Some(Halves {
        code,
        around,
        template: rule.template,
    })
}

fn blank(bytes: &[u8]) -> Vec<u8> {
    let is_end = |byte: u8| matches!(byte, b'\n' | b'\r');
    bytes
        .iter()
        .map(|&byte| if is_end(byte) { byte } else { b' ' })
        .collect()
}

/// What stands in elements of the name, from one tag to the other.
fn inside(bytes: &[u8], rule: &Embedded) -> Vec<Range<usize>> {
    let (opens, closes) = (format!("<{}", rule.element), format!("</{}", rule.element));
    let (opens, closes) = (memmem::Finder::new(&opens), memmem::Finder::new(&closes));
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(tag) = opens.find(&bytes[at..]) {
        at += tag + opens.needle().len();
        if !bytes
            .get(at)
            .is_some_and(|next| next.is_ascii_whitespace() || *next == b'>')
        {
            continue;
        }
        let Some(length) = tag_length(&bytes[at..]) else { break };
        let start = at + length;
        at = closes.find(&bytes[start..]).map_or(bytes.len(), |end| start + end);
        found.push(start..at);
    }
    found
}

/// How far it is to the end of a tag, whose attributes may hold `>` in quotes.
fn tag_length(bytes: &[u8]) -> Option<usize> {
    let mut quote = None;
    let end = bytes.iter().position(|&byte| match quote {
        Some(open) => {
            quote = Some(open).filter(|_| byte != open);
            false
        }
        None => {
            quote = Some(byte).filter(|_| matches!(byte, b'"' | b'\''));
            byte == b'>'
        }
    });
    end.map(|end| end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<&str> {
        let rule = Embedded {
            extensions: Vec::new(),
            element: "script".to_owned(),
            template: Template::Vue,
        };
        inside(text.as_bytes(), &rule)
            .into_iter()
            .map(|part| &text[part])
            .collect()
    }

    #[test]
    fn code_is_what_stands_between_tags() {
        assert_eq!(
            parts("<p>a</p><script>b</script><scripts>c</scripts><script lang='ts'>d</script>"),
            ["b", "d"]
        );
        assert_eq!(
            parts("<script generic=\"T extends Set<'a'>\" setup>\nb\n</script>"),
            ["\nb\n"]
        );
        assert_eq!(parts("<script>never closed"), ["never closed"]);
        assert!(parts("<script").is_empty() && parts("a < script").is_empty());
    }

    #[test]
    fn halves_keep_every_offset_and_line() {
        let grammar = Grammar::named("javascript").expect("the grammar");
        let text = "<p>é</p>\r\n<script>let a</script>\n";
        let halves = halves(grammar, "a/B.vue", text.as_bytes()).expect("halves");
        assert_eq!(halves.code, b"         \r\n        let a         \n");
        assert_eq!(String::from_utf8_lossy(&halves.around), text.replace("let a", "     "));
        assert!(super::halves(grammar, "a/b.js", text.as_bytes()).is_none());
    }
}
