//! Rules about the text of the source tree.

use crate::layering::{modules, rust_files, tokens};
use proc_macro2::TokenTree;

/// `Fragment::expose` is called in these modules and nowhere else.
const MAY_EXPOSE: &[&str] = &["extraction", "resolution", "index", "indexing", "disclosure"];

/// Prints the names of a folder that whoever runs it can read anyway; it answers no client.
const GRADER: &str = "cli/bench_calls.rs";

#[test]
fn fragments_are_exposed_only_where_listed() {
    for module in modules() {
        for file in rust_files(&module) {
            let exposes = tokens(&file).windows(2).any(|pair| {
                matches!(&pair[0], TokenTree::Punct(dot) if dot.as_char() == '.')
                    && matches!(&pair[1], TokenTree::Ident(name) if name == "expose")
            });
            assert!(
                !exposes || MAY_EXPOSE.contains(&module.as_str()) || file.ends_with(GRADER),
                "{} calls Fragment::expose; only {MAY_EXPOSE:?} may",
                file.display()
            );
        }
    }
}

#[test]
fn every_file_says_what_it_is() {
    for module in modules() {
        for file in rust_files(&module) {
            let text = std::fs::read_to_string(&file).expect("readable");
            assert!(text.starts_with("//! "), "{} does not begin with //!", file.display());
        }
    }
}

#[test]
fn nothing_is_left_open() {
    for module in modules() {
        for file in rust_files(&module) {
            for token in tokens(&file) {
                if let TokenTree::Ident(name) = token {
                    assert!(
                        !matches!(name.to_string().as_str(), "todo" | "unimplemented" | "dbg"),
                        "{} has {name}!",
                        file.display()
                    );
                }
            }
        }
    }
}

/// Long files are hard to find one's way in; a table of data may be longer.
#[test]
fn files_stay_short() {
    const MOST_LINES: usize = 700;
    for module in modules() {
        for file in rust_files(&module) {
            let lines = std::fs::read_to_string(&file).expect("readable").lines().count();
            assert!(lines <= MOST_LINES, "{} has {lines} lines", file.display());
        }
    }
}
