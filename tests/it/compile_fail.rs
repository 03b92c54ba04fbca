//! What must not compile: each file of `tests/compile_fail/` against the library, with the error its first line names.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn forbidden_code_is_refused_for_the_reason_it_names() {
    let mut files: Vec<PathBuf> = fs::read_dir(folder())
        .expect("tests/compile_fail")
        .map(|entry| entry.expect("readable").path())
        .collect();
    files.sort();
    assert!(files.len() >= 8, "cases are missing: {files:?}");
    for file in files {
        let text = fs::read_to_string(&file).expect("readable");
        let expected = text
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("//~ "))
            .unwrap_or_else(|| panic!("{} does not begin with `//~ error`", file.display()));
        let (compiled, stderr) = compile(&file);
        assert!(!compiled, "{} compiles, and must not", file.display());
        assert!(
            stderr.contains(expected),
            "{}: expected `{expected}`, got\n{stderr}",
            file.display()
        );
    }
}

/// Without this, a broken harness would pass for a refusal.
#[test]
fn allowed_code_compiles() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("allowed.rs");
    fs::write(
        &file,
        "fn main() { let text = louver::extraction::SourceText::new(Vec::new()); assert!(text.is_empty()); }",
    )
    .expect("written");
    let (compiled, stderr) = compile(&file);
    assert!(compiled, "{stderr}");
}

fn compile(file: &Path) -> (bool, String) {
    let deps = std::env::current_exe()
        .expect("a path")
        .parent()
        .expect("a folder")
        .to_owned();
    let out = tempfile::tempdir().expect("a folder");
    let result = Command::new(std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned()))
        .args([
            "--edition",
            "2024",
            "--crate-type",
            "bin",
            "--emit",
            "metadata",
            "--out-dir",
        ])
        .arg(out.path())
        .arg("-L")
        .arg(format!("dependency={}", deps.display()))
        .arg("--extern")
        .arg(format!("louver={}", newest_library(&deps).display()))
        .arg(file)
        .output()
        .expect("rustc runs");
    (
        result.status.success(),
        String::from_utf8_lossy(&result.stderr).into_owned(),
    )
}

/// The library these tests were linked with: the last one that was built.
fn newest_library(deps: &Path) -> PathBuf {
    fs::read_dir(deps)
        .expect("readable")
        .filter_map(|entry| entry.ok().map(|it| it.path()))
        .filter(|path| {
            let name = path
                .file_name()
                .map(|it| it.to_string_lossy().into_owned())
                .unwrap_or_default();
            name.starts_with("liblouver-") && name.ends_with(".rlib")
        })
        .max_by_key(|path| fs::metadata(path).and_then(|it| it.modified()).ok())
        .expect("the library is built")
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compile_fail")
}
