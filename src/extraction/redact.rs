//! Credentials and personal data in what facts quote: replaced before anything is kept.

use super::Fragment;
use super::facts::FileFacts;
use crate::secrets::Scanner;
use std::borrow::Cow;

/// Replaces every finding in prose and signatures by the name of the rule that found it.
pub(super) fn redact(facts: &mut FileFacts) {
    let scanner = Scanner::builtin();
    clean(scanner, &mut facts.summary);
    clean(scanner, &mut facts.documentation);
    for symbol in &mut facts.symbols {
        clean(scanner, &mut symbol.summary);
        clean(scanner, &mut symbol.documentation);
        clean(scanner, &mut symbol.signature);
    }
}

fn clean(scanner: &Scanner, text: &mut Fragment) {
    if text.is_empty() {
        return;
    }
    if let Cow::Owned(redacted) = scanner.redact(text.expose()).text {
        *text = Fragment::new(redacted);
    }
}
