//! Changes of a text that let its parser understand more of it. Every byte keeps its offset.

use super::grammar::Repair;
use super::parse::{ErrorCoverage, Parsing, Source};
use super::{Skipped, renames, templates};
use regex::bytes::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;
use tree_sitter::Tree;

/// Reads a file with errors again, with every change of its text that may help.
pub(super) fn broken_members<'t>(
    parsing: &mut Parsing<'_>,
    repairs: &[Repair],
    original: Cow<'t, [u8]>,
    tree: Option<Tree>,
    prepared: Option<Vec<u8>>,
) -> Result<Source<'t>, Skipped> {
    let bytes = repaired(repairs, prepared.as_deref().unwrap_or(&original));
    let tree = match tree {
        Some(tree) => tree,
        // Errors can cost more time than there is, so what may have none comes first.
        None if bytes != *original => {
            let tree = parsing.tree(&bytes, None)?;
            return Ok(Source::of(tree, original, Some(bytes)));
        }
        None => parsing.resume(&original)?,
    };
    if bytes != *original
        && let Ok(again) = parsing.tree(&bytes, None)
        && ErrorCoverage::of(again.root_node()).bytes < ErrorCoverage::of(tree.root_node()).bytes
    {
        return Ok(Source::of(again, original, Some(bytes)));
    }
    Ok(Source::of(tree, original, prepared))
}

/// A text with every change that may help.
fn repaired(repairs: &[Repair], original: &[u8]) -> Vec<u8> {
    static BRACKET_AFTER_NEWLINE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"[\w>\])}](?:[ \t]*\r?\n)+([ \t])(?:\s|//[^\n]*\n|/\*(?s:.*?)\*/)*[<(\[]")
            .expect("a correct pattern")
    });
    static EXPORT_TYPE_STAR: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"export\s+(type)\s+\*").expect("a correct pattern"));
    static VARIANCE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"[<,]\s*(in[ \t]+out|in|out)[ \t]+[A-Za-z_$]").expect("a correct pattern"));
    static NAMED_TYPE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"[=<,(|&?:]\s*(type)\s+extends\s").expect("a correct pattern"));
    static TYPEOF_UNDEFINED: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\(\s*(typeof)\s+undefined\b").expect("a correct pattern"));
    static CONTEXT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?m)^[ \t]*(context\(\s*\w+\s*:(?:[^()]|\([^()]*\))*\))").expect("a correct pattern")
    });
    static NULLABLE_REFERENCE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"[\w>](\?)::").expect("a correct pattern"));
    static BRACKET_ON_LINE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"[^\s{;,>]([ \t])\}").expect("a correct pattern"));
    let mut bytes = original.to_vec();
    if repairs.contains(&Repair::TemplateEscapes) {
        blank_escapes(&mut bytes);
    }
    if repairs.contains(&Repair::DollarLiterals) {
        blank_dollars(&mut bytes);
    }
    let mut replace = |pattern: &Regex, by: u8, length: usize| {
        for found in pattern.captures_iter(original) {
            let word = found.get(1).map_or(0..0, |word| word.range());
            let part = bytes[word].iter_mut().take(length);
            part.filter(|byte| !matches!(byte, b'\r' | b'\n'))
                .for_each(|byte| *byte = by);
        }
    };
    for repair in repairs {
        match repair {
            // The first blank of the new line becomes a `;`: a line break must stay one, or lines would be counted wrong.
            Repair::MembersEndAtNewlines => replace(&BRACKET_AFTER_NEWLINE, b';', 1),
            Repair::ExportTypeStar => replace(&EXPORT_TYPE_STAR, b' ', usize::MAX),
            Repair::VarianceAnnotations => replace(&VARIANCE, b' ', usize::MAX),
            Repair::ParameterNamedType => replace(&NAMED_TYPE, b'T', 1),
            Repair::MacroArguments | Repair::ClassHeads | Repair::Conditionals | Repair::TemplateEscapes => (),
            Repair::KeywordsAsNames | Repair::ReservedExports | Repair::SoftKeywords => (),
            Repair::AnnotatedDeclarations | Repair::DollarLiterals => (),
            Repair::ContextParameters => replace(&CONTEXT, b' ', usize::MAX),
            Repair::NullableReferences => replace(&NULLABLE_REFERENCE, b' ', 1),
            Repair::MembersEndAtBrackets => replace(&BRACKET_ON_LINE, b';', 1),
            Repair::TypeofUndefined => replace(&TYPEOF_UNDEFINED, b' ', usize::MAX),
            Repair::TypedTemplates => replace(&templates::TYPED, b' ', usize::MAX),
        }
    }
    for repair in repairs {
        renames::capitalize(*repair, original, &mut bytes);
    }
    bytes
}

/// Blanks what is escaped in literals between backticks, which the parser takes in expressions but not in types. Line breaks stay.
fn blank_escapes(bytes: &mut [u8]) {
    static LITERAL: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"`(?:[^`\\]|\\(?s-u:.))*`").expect("a correct pattern"));
    let found: Vec<_> = LITERAL.find_iter(bytes).map(|it| it.range()).collect();
    for literal in found {
        let mut at = literal.start;
        while at + 1 < literal.end {
            if bytes[at] != b'\\' {
                at += 1;
                continue;
            }
            bytes[at] = b'_';
            if bytes[at + 1].is_ascii_graphic() {
                bytes[at + 1] = b'_';
            }
            at += 2;
        }
    }
}

/// Blanks every `$` of a literal that begins with several and of these: what one of them begins there is text and no code.
fn blank_dollars(bytes: &mut [u8]) {
    static LITERAL: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"\$\$+(?:"""(?s-u:.*?)"""|"(?:[^"\\\n]|\\.)*")"#).expect("a correct pattern"));
    let found: Vec<_> = LITERAL.find_iter(bytes).map(|it| it.range()).collect();
    for literal in found {
        let dollars = bytes[literal].iter_mut().filter(|byte| **byte == b'$');
        dollars.for_each(|byte| *byte = b' ');
    }
}
