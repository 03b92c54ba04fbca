//! What the references of small repositories are found to mean, language by language.
//!
//! A case of `grammars/*/resolution/*.txt` is a title between two lines of `=`, files (`//- path`), a line `---`, and one line per relation.
//! `UPDATE_EXPECT=1` rewrites the relations.

use crate::corpus::{Case, read_cases, write_cases};
use crate::resolution::Fixture;
use louver::extraction::Grammar;
use louver::resolution::RelationKind;
use std::env;
use std::fmt::Write as _;

/// What a case lists, imports left out: they show in what the names lead to.
const LISTED: &[RelationKind] = &[
    RelationKind::Calls,
    RelationKind::Constructs,
    RelationKind::Extends,
    RelationKind::Implements,
    RelationKind::Overrides,
    RelationKind::Tests,
];

#[test]
fn references_lead_where_they_should() {
    let mut failures = String::new();
    for grammar in Grammar::all() {
        for (file, cases) in read_cases(grammar, "resolution") {
            let mut actual: Vec<(Case, String)> = Vec::new();
            for case in cases {
                let relations = Fixture::parse(&case.source).relations(LISTED).trim_end().to_owned();
                if relations != case.expected {
                    let _ = writeln!(
                        failures,
                        "{}: {}\n--- expected\n{}\n--- actual\n{relations}\n",
                        grammar.name(),
                        case.title,
                        case.expected
                    );
                }
                actual.push((case, relations));
            }
            if env::var_os("UPDATE_EXPECT").is_some() {
                write_cases(&file, &actual);
                failures.clear();
            }
        }
    }
    assert!(failures.is_empty(), "{failures}");
}
