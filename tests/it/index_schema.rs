//! `index-schema/` tells an auditor what the index holds; these tests hold it to the code.

use louver::extraction::words::WordKey;
use louver::extraction::{SymbolKind, Visibility};
use louver::index::{FileRow, GenerationInfo, Index, SCHEMA_VERSION, Why};
use louver::resolution::{Method, RelationKind};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

fn schema_file(name: &str) -> toml::Table {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("index-schema").join(name);
    fs::read_to_string(path).expect("is readable").parse().expect("is TOML")
}

#[test]
fn the_vocabulary_is_that_of_the_code() {
    let file = schema_file("vocabulary.toml");
    let listed = |key: &str| -> Vec<String> {
        let list = file[key].as_array().expect("is a list");
        list.iter()
            .map(|word| word.as_str().expect("is a word").to_owned())
            .collect()
    };
    assert_eq!(listed("kinds"), SymbolKind::ALL.map(SymbolKind::word));
    assert_eq!(listed("visibilities"), Visibility::ALL.map(Visibility::word));
    assert_eq!(listed("relations"), RelationKind::ALL.map(RelationKind::word));
    assert_eq!(listed("methods"), Method::ALL.map(Method::word));
    assert_eq!(listed("reasons"), Why::ALL.map(Why::word));
    assert_eq!(file.len(), 5, "a list that no code knows");
}

/// The schema as tantivy wrote it next to a real index.
fn schema_on_disk() -> Vec<Value> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let index = Index::open(folder.path(), WordKey::new([1; 32])).expect("opens");
    let mut update = index.begin("repo").expect("begins");
    update
        .put_file(&FileRow {
            path: "a".into(),
            ..FileRow::default()
        })
        .expect("takes a file");
    update.publish(GenerationInfo::default()).expect("publishes");
    let meta = folder
        .path()
        .join("repo")
        .join(format!("v{SCHEMA_VERSION}"))
        .join("meta.json");
    let meta: Value = serde_json::from_slice(&fs::read(meta).expect("is readable")).expect("is JSON");
    assert_eq!(
        meta["index_settings"]["docstore_compression"], "none",
        "auditors search the stored bytes"
    );
    meta["schema"].as_array().expect("is a list").clone()
}

#[test]
fn every_field_is_declared_as_it_is() {
    let file = schema_file("fields.toml");
    assert_eq!(file["version"].as_integer(), Some(i64::from(SCHEMA_VERSION)));
    let text = |field: &toml::Value, key: &str| field[key].as_str().expect("is text").to_owned();
    let declared: Vec<_> = file["field"].as_array().expect("is a list").iter().collect();
    let declared = declared.iter().map(|field| {
        assert!(!text(field, "holds").is_empty());
        (
            text(field, "name"),
            text(field, "type"),
            text(field, "indexed"),
            field["stored"].as_bool().expect("is yes or no"),
        )
    });
    let actual = schema_on_disk();
    let actual = actual.iter().map(|field| {
        let options = &field["options"];
        let indexed = match (&options["indexing"]["record"], &options["indexed"]) {
            (Value::String(record), _) if record == "freq" => "frequency",
            (Value::String(record), _) => {
                assert_eq!(record, "basic", "positions would let text be put together");
                "document"
            }
            (_, Value::Bool(true)) => "document",
            _ => "no",
        };
        let word = |key: &str| field[key].as_str().expect("is text").to_owned();
        (
            word("name"),
            word("type"),
            indexed.to_owned(),
            options["stored"].as_bool().expect("is yes or no"),
        )
    });
    assert_eq!(actual.collect::<Vec<_>>(), declared.collect::<Vec<_>>());
}

#[test]
fn every_stored_value_is_declared() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/index/pack.rs");
    let source = fs::read_to_string(source).expect("is readable");
    let mut actual = BTreeMap::<String, BTreeSet<String>>::new();
    let mut inside: Option<String> = None;
    for line in source.lines() {
        let words: Vec<&str> = line
            .trim()
            .trim_start_matches("pub(super) ")
            .split([' ', ':'])
            .collect();
        match (&inside, words.as_slice()) {
            (None, ["struct", name, ..]) if name.ends_with("Pack") => inside = Some((*name).to_owned()),
            (Some(_), ["}", ..]) => inside = None,
            (Some(name), [field, ..]) if line.starts_with("    ") && !line.trim().starts_with("//") => {
                actual.entry(name.clone()).or_default().insert((*field).to_owned());
            }
            _ => {}
        }
    }
    let file = schema_file("fields.toml");
    let declared = file["stored"]
        .as_table()
        .expect("is a table")
        .iter()
        .map(|(name, fields)| {
            let fields = fields
                .as_table()
                .expect("is a table")
                .keys()
                .cloned()
                .collect::<BTreeSet<_>>();
            (name.clone(), fields)
        });
    assert_eq!(actual, declared.collect::<BTreeMap<_, _>>());
}
