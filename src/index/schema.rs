//! The tantivy schema. `index-schema/fields.toml` tells the same to an auditor, and a test holds the two equal.

use super::coded::{CODED, CodedTokenizer};
use tantivy::schema::{Field, IndexRecordOption, NumericOptions, STORED, Schema, TextFieldIndexing, TextOptions};

/// Changes with the schema or with what a field holds. An index of another version is rebuilt, never migrated.
pub const SCHEMA_VERSION: u32 = 9;

/// The fields of the schema.
///
/// Four kinds of documents share it. A file and its symbols form a block, the file first, so that a symbol's file is the last before it;
/// relations and facts of the file are documents of their own, because they change when the file does not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields {
    /// Path of a file, on its file document and every symbol of it.
    pub(super) path: Field,
    /// Path of the file whose relations the document holds.
    pub(super) edges_path: Field,
    /// Path of the file whose facts the document holds.
    pub(super) facts_path: Field,
    /// Half of a symbol id that names the file.
    pub(super) file_id: Field,
    pub(super) grammar: Field,
    /// A symbol's name, letters and digits only, in lower case.
    pub(super) name: Field,
    /// The words of a symbol's name, and their stems.
    pub(super) parts: Field,
    /// Keyed hashes of the words by which a symbol is found, weighed.
    pub(super) words: Field,
    /// Keyed hashes of the words by which a file is found, weighed.
    pub(super) file_words: Field,
    /// Ids of symbols that relations point to, each with kind and method.
    pub(super) targets: Field,
    /// The bytes the index gives back: rows of a file, its relations, or its facts.
    pub(super) pack: Field,
    /// The number in its file, from 1, of the symbol around a symbol; 0 if there is none.
    pub(super) container: Field,
    /// Kind, visibility, flags and the size of the name: see `traits`.
    pub(super) traits: Field,
    pub(super) lines: Field,
    pub(super) bytes: Field,
    pub(super) unparsed_bytes: Field,
    /// Relations that start in a file, on the document that holds them.
    pub(super) sites: Field,
    /// How many files refer to a file, in steps, on the document that holds its relations.
    pub(super) referrers: Field,
}

/// Builds the schema.
pub(super) fn build() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let raw = || text("raw", IndexRecordOption::Basic);
    let fast = || NumericOptions::default().set_fast();
    let fields = Fields {
        path: schema.add_text_field("path", raw()),
        edges_path: schema.add_text_field("edges_path", raw()),
        facts_path: schema.add_text_field("facts_path", raw()),
        file_id: schema.add_u64_field("file_id", number()),
        grammar: schema.add_text_field("grammar", raw()),
        name: schema.add_text_field("name", raw()),
        parts: schema.add_text_field("parts", text(CODED, IndexRecordOption::Basic)),
        words: schema.add_text_field("words", text(CODED, IndexRecordOption::WithFreqs)),
        file_words: schema.add_text_field("file_words", text(CODED, IndexRecordOption::WithFreqs)),
        targets: schema.add_text_field("targets", text(CODED, IndexRecordOption::WithFreqs)),
        pack: schema.add_bytes_field("pack", STORED),
        container: schema.add_u64_field("container", fast()),
        traits: schema.add_u64_field("traits", fast()),
        lines: schema.add_u64_field("lines", fast()),
        bytes: schema.add_u64_field("bytes", fast()),
        unparsed_bytes: schema.add_u64_field("unparsed_bytes", fast()),
        sites: schema.add_u64_field("sites", fast()),
        referrers: schema.add_u64_field("referrers", fast()),
    };
    (schema.build(), fields)
}

/// Makes the tokenizer known that the coded fields are read with.
pub(super) fn register(index: &tantivy::Index) {
    index.tokenizers().register(CODED, CodedTokenizer::default());
}

/// Numbers that are looked up; how long a value is counts for nothing.
fn number() -> NumericOptions {
    NumericOptions::default().set_indexed()
}

fn text(tokenizer: &str, option: IndexRecordOption) -> TextOptions {
    let indexing = TextFieldIndexing::default()
        .set_tokenizer(tokenizer)
        .set_index_option(option)
        .set_fieldnorms(false);
    TextOptions::default().set_indexing_options(indexing)
}
