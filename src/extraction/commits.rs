//! What is kept of a commit beside what it changed: the first line of its message as prose, and who wrote it as a number.

use super::words::WordKey;
use super::{Fragment, SourceText, docs, redact};

/// The first line of a message under the rules for documentation: no code but single names, no markup, credentials and addresses replaced.
pub fn subject(line: &SourceText) -> Fragment {
    let text = String::from_utf8_lossy(line.as_bytes());
    let mut subject = docs::sentence(&text);
    redact::clean(&mut subject);
    subject
}

/// A number that tells authors apart and cannot be turned back into one without the key of the data directory.
pub fn author(address: &SourceText, key: &WordKey) -> u32 {
    key.hash(&String::from_utf8_lossy(address.as_bytes()).trim().to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> String {
        subject(&SourceText::new(line.as_bytes().to_vec())).expose().to_owned()
    }

    #[test]
    fn a_subject_is_prose() {
        assert_eq!(
            read("index: what changed is told apart"),
            "index: what changed is told apart"
        );
        assert_eq!(read("use `retry` for `a.b(c, 1)`"), "use `retry` for …");
        assert!(!read("mail jane.doe@example.com").contains("jane.doe"));
        assert!(!read("rotate ghp_0123456789abcdefghijABCDEFGHIJ012345").contains("0123456789abcdefghij"));
        assert_eq!(read(""), "");
        assert!(read(&"long ".repeat(200)).len() <= 203);
    }

    #[test]
    fn authors_are_told_apart_by_a_key() {
        let (a, b) = (WordKey::new([1; 32]), WordKey::new([2; 32]));
        let of = |text: &str, key| author(&SourceText::new(text.as_bytes().to_vec()), key);
        assert_eq!(of("Jane@example.com ", &a), of("jane@example.com", &a));
        assert_ne!(of("jane@example.com", &a), of("jane@example.com", &b));
        assert_ne!(of("jane@example.com", &a), of("john@example.com", &a));
    }
}
