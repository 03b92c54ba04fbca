//! Turns each folder of `grammars/` into one entry of the table that `extraction::Grammar` is built from.

use serde::Deserialize;
use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The one key that has to become Rust; `extraction` reads the rest of a manifest when louver starts.
#[derive(Deserialize)]
struct Manifest {
    parser: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("grammars");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut folders = String::from("static FOLDERS: &[Folder] = &[\n");
    let mut parsers = BTreeSet::new();
    for folder in entries(&root)?.into_iter().filter(|path| path.is_dir()) {
        let name = file_name(&folder);
        let manifest = folder.join("grammar.toml");
        println!("cargo::rerun-if-changed={}", folder.display());
        println!("cargo::rerun-if-changed={}", manifest.display());
        let Manifest { parser } = toml::from_str(&fs::read_to_string(&manifest)?)
            .map_err(|error| format!("grammars/{name}/grammar.toml: {error}"))?;
        parsers.insert(parser);
        writeln!(folders, "    Folder {{ name: {name:?}, files: &[")?;
        for (file, path) in files(&folder)? {
            println!("cargo::rerun-if-changed={}", path.display());
            writeln!(folders, "        ({file:?}, include_str!({path:?})),")?;
        }
        folders.push_str("    ] },\n");
    }
    folders.push_str("];\n\nstatic PARSERS: &[(&str, ParserFn)] = &[\n");
    for parser in parsers {
        writeln!(folders, "    ({parser:?}, || ::{parser}.into()),")?;
    }
    folders.push_str("];\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("grammars.rs"), folders)?;
    Ok(())
}

/// The manifests and queries of a language, named relative to its folder.
fn files(folder: &Path) -> Result<Vec<(String, PathBuf)>, Box<dyn Error>> {
    let mut files = Vec::new();
    for path in entries(folder)? {
        if path.extension().is_some_and(|it| it == "toml") {
            files.push((file_name(&path), path));
        }
    }
    for path in entries(&folder.join("queries")).unwrap_or_default() {
        files.push((format!("queries/{}", file_name(&path)), path));
    }
    Ok(files)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut paths = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>, std::io::Error>>()?;
    paths.sort();
    Ok(paths)
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
