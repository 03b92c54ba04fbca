//! Changes of a scope file's text that keep every other byte: comments, order and layout are the team's.

use super::error::ScopeErrors;
use super::exception::{Exception, Monitoring};
use super::text::ScopeText;
use std::ops::Range;
use toml::de::DeTable;

/// A file of the scope, and the text it is to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The included file's name; `None` for the scope file itself.
    pub file: Option<String>,
    /// The whole new text.
    pub text: String,
}

/// Why a file cannot be changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The scope has no such exception.
    #[error("there is no exception `{0}`; `louver exception list` names them")]
    NoSuchException(String),
    /// The scope has one already.
    #[error("there is an exception `{0}` already; choose another id")]
    Taken(String),
    /// The file cannot be read as TOML.
    #[error(transparent)]
    Scope(#[from] ScopeErrors),
}

/// Writes an exception at the end of the scope file.
pub fn add_exception(source: &ScopeText, exception: &Exception) -> Result<Edit, EditError> {
    if find(source, &exception.id).is_some() {
        return Err(EditError::Taken(exception.id.clone()));
    }
    let mut text = String::from_utf8_lossy(source.main()).into_owned();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(&table(exception));
    Ok(Edit { file: None, text })
}

/// Sets keys of the exception `id`; a value is TOML already.
pub fn set_in_exception(source: &ScopeText, id: &str, values: &[(&str, String)]) -> Result<Edit, EditError> {
    let Some((file, mut text)) = find(source, id) else {
        return Err(EditError::NoSuchException(id.to_owned()));
    };
    for (key, value) in values {
        let place = place_of(&text, id, key);
        match place {
            Some(Place::Value(span)) => text.replace_range(span, value),
            Some(Place::After(offset)) => text.insert_str(offset, &format!("\n{key} = {value}")),
            None => return Err(EditError::NoSuchException(id.to_owned())),
        }
    }
    Ok(Edit { file, text })
}

/// Writes a text as TOML does.
pub fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn table(exception: &Exception) -> String {
    let Exception {
        id,
        repo,
        who,
        from,
        until,
        justification,
        approved_by,
        monitoring,
        place: _,
    } = exception;
    let who: Vec<String> = who.iter().map(|who| quoted(&who.to_string())).collect();
    let mut out = format!(
        "\n[[exception]]\nid = {}\nrepo = {}\nwho = [{}]\nfrom = {from}\nuntil = {until}\njustification = {}\n",
        quoted(id),
        quoted(repo.as_str()),
        who.join(", "),
        quoted(justification)
    );
    if *monitoring != Monitoring::Enhanced {
        out.push_str(&format!("monitoring = {}\n", quoted(monitoring.as_str())));
    }
    if let Some(approver) = approved_by {
        out.push_str(&format!("approved_by = {}\n", quoted(approver)));
    }
    out
}

/// The file that holds an exception, with its text.
fn find(source: &ScopeText, id: &str) -> Option<(Option<String>, String)> {
    let main = [(None, source.main())].into_iter();
    let all = main.chain(source.included().map(|(name, bytes)| (Some(name.to_owned()), bytes)));
    all.filter_map(|(name, bytes)| Some((name, str::from_utf8(bytes).ok()?.to_owned())))
        .find(|(_, text)| place_of(text, id, "id").is_some())
}

enum Place {
    /// Where the value of the key stands.
    Value(Range<usize>),
    /// The end of the line of the `id`, after which the key can stand.
    After(usize),
}

fn place_of(text: &str, id: &str, key: &str) -> Option<Place> {
    let (table, _) = DeTable::parse_recoverable(text);
    let list = table.get_ref().get("exception")?.get_ref().as_array()?;
    let entries = list.iter().filter_map(|entry| entry.get_ref().as_table());
    let entry = entries
        .into_iter()
        .find(|entry| entry.get("id").and_then(|it| it.get_ref().as_str()) == Some(id))?;
    if let Some(value) = entry.get(key) {
        return Some(Place::Value(value.span()));
    }
    let after = entry.get("id")?.span().end;
    let line = text[after..].find('\n').map_or(text.len(), |end| after + end);
    Some(Place::After(line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    const FILE: &str = "version = 1 # kept\n\n[[exception]]\n  id = \"a\"   # why\n  until = 2026-12-01 # then\n\n[[exception]]\nid = \"b\"\nuntil = 2026-12-02";

    #[test]
    fn only_the_value_changes() {
        let source = ScopeText::of(Path::new("louver.toml"), FILE);
        let edit = set_in_exception(&source, "a", &[("until", "2026-11-30".to_owned())]).expect("changed");
        assert_eq!(edit.text, FILE.replace("2026-12-01", "2026-11-30"));
    }

    #[test]
    fn a_new_key_stands_after_the_id() {
        let source = ScopeText::of(Path::new("louver.toml"), FILE);
        let edit = set_in_exception(&source, "a", &[("approved_by", quoted("c\"iso"))]).expect("changed");
        assert_eq!(edit.text, FILE.replace("# why\n", "# why\napproved_by = 'c\"iso'\n"));
        let last = set_in_exception(&source, "b", &[("approved_by", quoted("c"))]).expect("changed");
        assert_eq!(
            last.text,
            FILE.replace("id = \"b\"\n", "id = \"b\"\napproved_by = \"c\"\n")
        );
    }

    #[test]
    fn an_exception_of_an_included_file_is_changed_there() {
        let source = ScopeText::of(Path::new("louver.toml"), "version = 1\n").with("more.toml", FILE);
        let edit = set_in_exception(&source, "b", &[("until", "2026-11-30".to_owned())]).expect("changed");
        assert_eq!(edit.file.as_deref(), Some("more.toml"));
        assert!(matches!(
            set_in_exception(&source, "c", &[]),
            Err(EditError::NoSuchException(_))
        ));
    }
}
