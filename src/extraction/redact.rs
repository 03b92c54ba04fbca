//! Credentials and personal data in what facts quote: replaced before anything is kept.

use super::Fragment;
use super::facts::FileFacts;
use crate::secrets::Scanner;
use std::borrow::Cow;

/// Replaces every finding in prose and signatures by the name of the rule that found it.
pub(super) fn redact(facts: &mut FileFacts) {
    clean(&mut facts.summary);
    clean(&mut facts.documentation);
    for symbol in &mut facts.symbols {
        clean(&mut symbol.summary);
        clean(&mut symbol.documentation);
        clean(&mut symbol.signature);
    }
}

/// Replaces every finding in one text.
pub(super) fn clean(text: &mut Fragment) {
    if text.is_empty() {
        return;
    }
    let scanner = Scanner::builtin();
    if let Cow::Owned(redacted) = scanner.redact(text.expose()).text {
        *text = Fragment::new(redacted);
    }
}
