//! Which module may use which, and which external crate lives where.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::fs;
use std::path::{Path, PathBuf};

/// What each module may use. A module missing here may use nothing.
const MAY_USE: &[(&str, &[&str])] = &[
    ("access", &["scope"]),
    ("store", &["scope", "access"]),
    ("extraction", &["secrets"]),
    ("resolution", &["extraction"]),
    ("sources", &["scope", "extraction"]),
    ("index", &["scope", "access", "extraction", "resolution"]),
    (
        "indexing",
        &["scope", "sources", "extraction", "resolution", "index", "audit"],
    ),
    (
        "disclosure",
        &[
            "scope",
            "access",
            "audit",
            "secrets",
            "extraction",
            "resolution",
            "index",
        ],
    ),
    (
        "tools",
        &[
            "scope",
            "access",
            "audit",
            "extraction",
            "resolution",
            "index",
            "disclosure",
        ],
    ),
    ("monitor", &["scope", "access", "audit", "sources"]),
    ("server", &["scope", "access", "audit", "store", "disclosure", "tools"]),
    (
        "cli",
        &[
            "scope",
            "access",
            "audit",
            "secrets",
            "store",
            "extraction",
            "resolution",
            "sources",
            "index",
            "indexing",
            "disclosure",
            "tools",
            "monitor",
            "server",
        ],
    ),
];

/// An external crate and its homes: no other module may name it.
const HOMES: &[(&str, &[&str])] = &[
    ("anyhow", &["cli"]),
    ("axum", &["server"]),
    ("chacha20poly1305", &["store"]),
    ("clap", &["cli"]),
    ("ed25519_dalek", &["audit"]),
    ("git2", &["sources"]),
    ("indicatif", &["cli"]),
    ("maud", &["server"]),
    ("native_tls", &["monitor"]),
    ("rmcp", &["server"]),
    ("rusqlite", &["store"]),
    ("seccompiler", &["extraction"]),
    ("tantivy", &["index"]),
    ("tree_sitter", &["extraction"]),
];

#[test]
fn modules_use_only_what_the_table_allows() {
    for module in modules() {
        let allowed = MAY_USE
            .iter()
            .find(|(name, _)| *name == module)
            .map_or(&[][..], |(_, allowed)| allowed);
        for file in rust_files(&module) {
            for used in crate_paths(&tokens(&file)) {
                assert!(
                    used == module || allowed.contains(&used.as_str()),
                    "{} uses crate::{used}; {module} may use {allowed:?}",
                    file.display()
                );
            }
        }
    }
}

#[test]
fn lib_rs_declares_modules_in_dependency_order() {
    let modules = modules();
    let rank = |name: &str| modules.iter().position(|it| it == name);
    for (module, allowed) in MAY_USE {
        for used in *allowed {
            assert!(
                rank(used) < rank(module),
                "src/lib.rs declares {module} above {used}, which it uses"
            );
        }
    }
}

#[test]
fn external_crates_have_one_home() {
    for module in modules() {
        for file in rust_files(&module) {
            let tokens = tokens(&file);
            for (krate, homes) in HOMES {
                let named = tokens
                    .windows(2)
                    .any(|pair| matches!(pair, [TokenTree::Ident(name), TokenTree::Punct(colon)] if name == krate && colon.as_char() == ':'));
                assert!(
                    !named || homes.contains(&module.as_str()),
                    "{} names {krate}, which belongs to {homes:?}",
                    file.display()
                );
            }
        }
    }
}

#[test]
fn a_use_in_a_group_or_a_macro_is_found() {
    let stream: TokenStream = "use crate::{scope::Tier, audit}; m!(crate::index::x);"
        .parse()
        .expect("tokens");
    assert_eq!(crate_paths(&flatten(stream)), ["scope", "audit", "index"]);
}

pub(crate) fn modules() -> Vec<String> {
    fs::read_to_string(src().join("lib.rs"))
        .expect("src/lib.rs")
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';').map(str::to_owned))
        .collect()
}

pub(crate) fn rust_files(module: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    go(&src().join(module), &mut files);
    return files;

    fn go(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                go(&path, files);
            } else if path.extension().is_some_and(|it| it == "rs") {
                files.push(path);
            }
        }
    }
}

pub(crate) fn tokens(file: &Path) -> Vec<TokenTree> {
    flatten(
        fs::read_to_string(file)
            .expect("readable")
            .parse()
            .expect("Rust tokens"),
    )
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every token, with groups opened in place and their braces kept as marks.
fn flatten(stream: TokenStream) -> Vec<TokenTree> {
    let mut out = Vec::new();
    for token in stream {
        match token {
            TokenTree::Group(group) => {
                let inner = group.stream();
                out.push(TokenTree::Group(group));
                out.extend(flatten(inner));
            }
            token => out.push(token),
        }
    }
    out
}

/// The first segment of each path that begins with `crate::`.
fn crate_paths(tokens: &[TokenTree]) -> Vec<String> {
    let mut found = Vec::new();
    for window in tokens.windows(4) {
        let [TokenTree::Ident(head), TokenTree::Punct(a), TokenTree::Punct(b), next] = window else {
            continue;
        };
        if head != "crate" || a.as_char() != ':' || b.as_char() != ':' {
            continue;
        }
        match next {
            TokenTree::Ident(name) => found.push(name.to_string()),
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                let mut at_start = true;
                for token in group.stream() {
                    match token {
                        TokenTree::Ident(name) if at_start => {
                            found.push(name.to_string());
                            at_start = false;
                        }
                        TokenTree::Punct(comma) if comma.as_char() == ',' => at_start = true,
                        _ => (),
                    }
                }
            }
            _ => (),
        }
    }
    found
}
