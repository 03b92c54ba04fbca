//! Names of things in a repository: blobs, commits and paths.

use std::fmt;
use std::sync::Arc;

/// The name of a file's content: equal contents have equal names, in every repository.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId([u8; 20]);

/// The name of a commit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommitId([u8; 20]);

/// A path from the root of a repository: text with `/` between its parts, none of them empty, `.` or `..`, and nothing in it that a terminal
/// or a reader would not show.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepoPath(Arc<str>);

/// A path that cannot be shown and sent back safely.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a path has non-empty parts other than `.` and `..`, and no control characters")]
pub struct InvalidPath;

macro_rules! object_id {
    ($id:ident) => {
        impl $id {
            /// Takes the bytes of the object's SHA-1.
            pub fn from_bytes(bytes: [u8; 20]) -> Self {
                Self(bytes)
            }

            /// Returns the bytes of the object's SHA-1.
            pub fn as_bytes(&self) -> &[u8; 20] {
                &self.0
            }

            /// Reads forty hexadecimal digits.
            pub fn from_hex(text: &str) -> Option<Self> {
                bytes_of(text).map(Self)
            }

            /// Takes over an id of a repository whose objects are named by SHA-1.
            pub(super) fn of(oid: git2::Oid) -> Self {
                let mut bytes = [0; 20];
                bytes.copy_from_slice(&oid.as_bytes()[..20]);
                Self(bytes)
            }

            pub(super) fn oid(self) -> Result<git2::Oid, git2::Error> {
                git2::Oid::from_bytes(&self.0)
            }
        }

        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($id), "({})"), self)
            }
        }
    };
}

object_id!(BlobId);
object_id!(CommitId);

fn bytes_of(hex: &str) -> Option<[u8; 20]> {
    let mut bytes = [0; 20];
    if hex.len() != 40 || !hex.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, digits) in bytes.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(bytes)
}

impl RepoPath {
    /// Checks the form of a path.
    pub fn new(path: &str) -> Result<Self, InvalidPath> {
        let parts_are_good = path.split('/').all(|part| !matches!(part, "" | "." | ".."));
        let well_formed = parts_are_good && !path.contains(is_invisible);
        well_formed.then(|| Self(path.into())).ok_or(InvalidPath)
    }

    /// Returns the path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Control characters, and the Unicode marks that hide or reorder what stands around them.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{BlobId, RepoPath};

    #[test]
    fn ids_survive_their_hexadecimal_form() {
        let text = "00ff1234567890abcdefABCDEF00000000000001";
        let id = BlobId::from_hex(text).expect("forty digits");
        assert_eq!(id.to_string(), text.to_lowercase());
        for bad in ["", "00", "+0ff1234567890abcdefabcdef00000000000001", "zz"] {
            assert_eq!(BlobId::from_hex(bad), None);
        }
    }

    #[test]
    fn paths_that_deceive_are_refused() {
        for good in [
            "a",
            "src/lib.rs",
            ".github/x.ts",
            "a/...",
            "ünïcode/日本.rs",
            "with space.rs",
        ] {
            assert!(RepoPath::new(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "/a",
            "a//b",
            "a/",
            "../a",
            "a/./b",
            "a\nb",
            "a\u{1b}[2Jb",
            "a\u{202e}b",
            "a\u{200b}b",
        ] {
            assert!(RepoPath::new(bad).is_err(), "{bad:?}");
        }
    }
}
