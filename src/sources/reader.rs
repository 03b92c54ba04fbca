//! Reads the contents of listed files.

use super::content;
use super::loose::LooseObjects;
use super::skip::SkipReason;
use super::snapshot::Entry;
use crate::extraction::SourceText;
use git2::{ObjectType, Repository};
use std::fmt;

/// Reads files of one repository. Each reading thread has its own.
pub struct Reader {
    git: Repository,
}

/// A file that is worth parsing.
#[derive(Debug)]
pub struct Content {
    text: SourceText,
    lines: usize,
}

impl Reader {
    pub(super) fn new(git: Repository) -> Self {
        Self { git }
    }

    /// Reads a listed file, or says why it is passed over.
    pub fn read(&self, entry: &Entry) -> Result<Content, SkipReason> {
        let bytes = self.bytes(entry).map_err(|_| SkipReason::Unreadable)?;
        match content::objection(&bytes) {
            // What a program wrote for others to include says what they run, as a table of commands does.
            Some(SkipReason::Generated) if is_table(entry.path().as_str()) => Ok(Content::new(bytes)),
            Some(reason) => Err(reason),
            None => Ok(Content::new(bytes)),
        }
    }

    /// Reads a manifest or lock file, which counts even where a program wrote it, in however long lines.
    pub fn read_written(&self, entry: &Entry) -> Result<Content, SkipReason> {
        let bytes = self.bytes(entry).map_err(|_| SkipReason::Unreadable)?;
        match content::objection(&bytes) {
            None | Some(SkipReason::Generated | SkipReason::Minified) => Ok(Content::new(bytes)),
            Some(reason) => Err(reason),
        }
    }

    fn bytes(&self, entry: &Entry) -> Result<Vec<u8>, git2::Error> {
        let odb = self.git.odb()?;
        // It was whole when it was listed, and somebody may have changed it since.
        if !LooseObjects::of(self.git.commondir()).can_be_read(entry.blob().oid()?) {
            return Err(git2::Error::from_str("cut off"));
        }
        let object = odb.read(entry.blob().oid()?)?;
        if object.kind() != ObjectType::Blob {
            return Err(git2::Error::from_str("not a blob"));
        }
        Ok(object.data().to_vec())
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reader")
    }
}

impl Content {
    fn new(bytes: Vec<u8>) -> Self {
        Self {
            lines: content::lines(&bytes),
            text: SourceText::new(bytes),
        }
    }

    /// Returns how many lines the file has.
    pub fn lines(&self) -> usize {
        self.lines
    }

    /// Returns how many bytes the file has.
    pub fn bytes(&self) -> usize {
        self.text.len()
    }

    /// Hands over the text.
    pub fn into_text(self) -> SourceText {
        self.text
    }
}

/// Whether a file is one that files of C include in the middle.
fn is_table(path: &str) -> bool {
    [".def", ".inc"].iter().any(|end| path.ends_with(end))
}
