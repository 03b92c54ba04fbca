//! Reads the fields of TOML tables and collects everything that is wrong with them.

use super::error::{Problem, ScopeError};
use super::moment::Moment;
use super::suggest;
use std::ops::Range;
use std::path::PathBuf;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value and where it stands.
pub(super) struct Found<T> {
    pub(super) value: T,
    pub(super) span: Range<usize>,
}

/// Everything found wrong so far, in which file and where.
#[derive(Default)]
pub(super) struct Faults {
    file: usize,
    found: Vec<(usize, usize, Problem)>,
}

/// One kind of table: what it is called in messages, and the keys it may have.
pub(super) struct Shape {
    pub(super) table: &'static str,
    pub(super) keys: &'static [Key],
}

/// A key, and a sentence that says what to write.
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) wanted: &'static str,
}

/// A table that is read under a [`Shape`].
pub(super) struct Fields<'a> {
    table: &'a DeTable<'a>,
    span: Range<usize>,
    shape: &'static Shape,
}

impl Faults {
    /// Says which file the following spans are of, counted from 0.
    pub(super) fn enter(&mut self, file: usize) {
        self.file = file;
    }

    pub(super) fn add(&mut self, span: &Range<usize>, problem: Problem) {
        self.found.push((self.file, span.start, problem));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Turns byte offsets into lines and columns, in the order of the files.
    pub(super) fn located(mut self, files: &[(PathBuf, &str)]) -> Vec<ScopeError> {
        self.found.sort_by_key(|(file, offset, _)| (*file, *offset));
        let located = self.found.into_iter().filter_map(|(file, offset, problem)| {
            let (path, text) = files.get(file)?;
            let (line, column) = position(text, offset);
            Some(ScopeError {
                path: path.clone(),
                line,
                column,
                problem,
            })
        });
        located.collect()
    }
}

/// Returns line and column of a byte offset, both counted from 1.
pub(super) fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = &text.as_bytes()[..offset.min(text.len())];
    let line_start = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |newline| newline + 1);
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let column = String::from_utf8_lossy(&before[line_start..]).chars().count() + 1;
    (line, column)
}

impl<'a> Fields<'a> {
    /// Takes up a table and reports the keys it should not have.
    pub(super) fn of(table: &'a DeTable<'a>, span: Range<usize>, shape: &'static Shape, faults: &mut Faults) -> Self {
        for (key, _) in table.iter().filter(|(key, _)| !shape.knows(key.get_ref())) {
            let problem = Problem::UnknownKey {
                key: key.get_ref().escape_debug().to_string(),
                table: shape.table,
                advice: shape.advice(key.get_ref()),
            };
            faults.add(&key.span(), problem);
        }
        Self { table, span, shape }
    }

    pub(super) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Reports a key that must be there and is not.
    pub(super) fn missing(&self, key: &'static str, faults: &mut Faults) {
        let (table, wanted) = (self.shape.table, self.shape.wanted(key));
        faults.add(&self.span, Problem::Missing { key, table, wanted });
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Returns where the value of a key stands, or the table when it is absent.
    pub(super) fn span_of(&self, key: &str) -> Range<usize> {
        self.table.get(key).map_or_else(|| self.span(), Spanned::span)
    }

    /// Reads a text that is not blank.
    pub(super) fn text(&self, key: &'static str, faults: &mut Faults) -> Option<Found<&'a str>> {
        let value = self.table.get(key)?;
        match value.get_ref().as_str() {
            None => self.wrong_type(key, value, faults),
            Some(text) if text.trim().is_empty() => {
                let wanted = self.shape.wanted(key);
                faults.add(&value.span(), Problem::Empty { key, wanted });
                None
            }
            Some(text) => Some(Found {
                value: text,
                span: value.span(),
            }),
        }
    }

    /// Reads a list of texts; what is not a text is reported and left out.
    pub(super) fn texts(&self, key: &'static str, faults: &mut Faults) -> Option<Vec<Found<&'a str>>> {
        let value = self.table.get(key)?;
        let Some(items) = value.get_ref().as_array() else {
            return self.wrong_type(key, value, faults);
        };
        let mut texts = Vec::new();
        for item in items.iter() {
            match item.get_ref().as_str() {
                Some(text) => texts.push(Found {
                    value: text,
                    span: item.span(),
                }),
                None => self.wrong_item(key, item, faults),
            }
        }
        Some(texts)
    }

    /// Reads a whole number.
    pub(super) fn integer(&self, key: &'static str, faults: &mut Faults) -> Option<Found<i64>> {
        let value = self.table.get(key)?;
        let number = value.get_ref().as_integer();
        match number.and_then(|number| i64::from_str_radix(number.as_str(), number.radix()).ok()) {
            Some(number) => Some(Found {
                value: number,
                span: value.span(),
            }),
            None => self.wrong_type(key, value, faults),
        }
    }

    /// Reads `true` or `false`.
    pub(super) fn boolean(&self, key: &'static str, faults: &mut Faults) -> Option<Found<bool>> {
        let value = self.table.get(key)?;
        match value.get_ref().as_bool() {
            Some(flag) => Some(Found {
                value: flag,
                span: value.span(),
            }),
            None => self.wrong_type(key, value, faults),
        }
    }

    /// Reads a day, or a moment.
    pub(super) fn moment(&self, key: &'static str, faults: &mut Faults) -> Option<Found<Moment>> {
        let value = self.table.get(key)?;
        let Some(written) = value.get_ref().as_datetime() else {
            return self.wrong_type(key, value, faults);
        };
        match Moment::of(written) {
            Some(moment) => Some(Found {
                value: moment,
                span: value.span(),
            }),
            None => {
                faults.add(&value.span(), Problem::Moment(key));
                None
            }
        }
    }

    /// Reads one of a few words.
    pub(super) fn word<T: Copy>(
        &self,
        key: &'static str,
        words: &[(&'static str, T)],
        faults: &mut Faults,
    ) -> Option<T> {
        let Found { value, span } = self.text(key, faults)?;
        let known = words.iter().find(|(word, _)| *word == value);
        if known.is_none() {
            let wanted = self.shape.wanted(key);
            let value = value.escape_debug().to_string();
            faults.add(&span, Problem::UnknownWord { key, value, wanted });
        }
        known.map(|(_, meaning)| *meaning)
    }

    /// Reads a table of its own shape.
    pub(super) fn table(&self, key: &'static str, shape: &'static Shape, faults: &mut Faults) -> Option<Self> {
        let value = self.table.get(key)?;
        match value.get_ref().as_table() {
            Some(table) => Some(Fields::of(table, value.span(), shape, faults)),
            None => self.wrong_type(key, value, faults),
        }
    }

    /// Reads an array of tables.
    pub(super) fn tables(&self, key: &'static str, shape: &'static Shape, faults: &mut Faults) -> Vec<Self> {
        let Some(value) = self.table.get(key) else {
            return Vec::new();
        };
        let Some(items) = value.get_ref().as_array() else {
            _ = self.wrong_type::<()>(key, value, faults);
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in items.iter() {
            match item.get_ref().as_table() {
                Some(table) => tables.push(Fields::of(table, item.span(), shape, faults)),
                None => self.wrong_item(key, item, faults),
            }
        }
        tables
    }

    fn wrong_type<T>(&self, key: &'static str, value: &Spanned<DeValue<'_>>, faults: &mut Faults) -> Option<T> {
        let (found, wanted) = (described(value.get_ref()), self.shape.wanted(key));
        faults.add(&value.span(), Problem::WrongType { key, found, wanted });
        None
    }

    fn wrong_item(&self, key: &'static str, item: &Spanned<DeValue<'_>>, faults: &mut Faults) {
        let (found, wanted) = (described(item.get_ref()), self.shape.wanted(key));
        faults.add(&item.span(), Problem::WrongItem { key, found, wanted });
    }
}

impl Shape {
    fn knows(&self, key: &str) -> bool {
        self.keys.iter().any(|known| known.name == key)
    }

    fn wanted(&self, key: &str) -> &'static str {
        self.keys
            .iter()
            .find(|known| known.name == key)
            .map_or("another value", |known| known.wanted)
    }

    fn advice(&self, key: &str) -> String {
        let names = || self.keys.iter().map(|known| known.name);
        match suggest::nearest(key, names()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("remove it, or use one of {}", names().collect::<Vec<_>>().join(", ")),
        }
    }
}

fn described(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
