//! Loose objects are tried before the git library reads them.
//!
//! The library never returns from a loose object whose compressed data ends early, and anybody who can write to a local repository can make
//! one. Mirrors hold packs alone, which it reads safely.

use flate2::{Decompress, FlushDecompress, Status};
use git2::Oid;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// The folders loose objects of a repository can lie in: its own, and those it borrows from.
#[derive(Clone, Debug, Default)]
pub(super) struct LooseObjects {
    folders: Vec<PathBuf>,
}

/// How deep `alternates` may lead to others, as git has it.
const MAX_DEPTH: usize = 5;

/// What of an object is tried at most; larger ones are passed over by size, which the header says within the first bytes.
const MAX_BYTES: u64 = 96 << 20;

impl LooseObjects {
    /// Those of the repository whose common folder is `common`.
    pub(super) fn of(common: &Path) -> Self {
        let mut folders = Vec::new();
        collect(&common.join("objects"), 0, &mut folders);
        Self { folders }
    }

    /// Whether the library can be asked for an object: it is not loose, or its data ends where it says.
    pub(super) fn can_be_read(&self, id: Oid) -> bool {
        let name = id.to_string();
        let (start, rest) = name.split_at(2);
        let paths = self.folders.iter().map(|folder| folder.join(start).join(rest));
        // Every copy must be whole: which of them the library takes is its own affair.
        paths
            .filter_map(|path| match File::open(path) {
                Ok(file) => Some(is_whole(file).unwrap_or(false)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                Err(_) => Some(false),
            })
            .all(|whole| whole)
    }
}

fn collect(folder: &Path, depth: usize, folders: &mut Vec<PathBuf>) {
    if depth > MAX_DEPTH || folders.iter().any(|known| known == folder) {
        return;
    }
    folders.push(folder.to_owned());
    let alternates = std::fs::read_to_string(folder.join("info").join("alternates")).unwrap_or_default();
    for line in alternates
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        collect(&folder.join(line), depth + 1, folders);
    }
}

/// Inflates a file into nowhere, in bounded memory and as far as the bound.
fn is_whole(mut file: File) -> io::Result<bool> {
    let mut inflate = Decompress::new(true);
    let (mut input, mut output) = ([0; 16 << 10], [0; 64 << 10]);
    loop {
        let count = file.read(&mut input)?;
        let mut rest = &input[..count];
        loop {
            let (read, written) = (inflate.total_in(), inflate.total_out());
            let Ok(status) = inflate.decompress(rest, &mut output, FlushDecompress::None) else {
                return Ok(false);
            };
            if status == Status::StreamEnd || inflate.total_out() > MAX_BYTES {
                return Ok(true);
            }
            let taken = usize::try_from(inflate.total_in() - read).unwrap_or(rest.len());
            rest = &rest[taken.min(rest.len())..];
            let stuck = taken == 0 && inflate.total_out() == written;
            if stuck && count == 0 {
                return Ok(false);
            }
            if stuck || rest.is_empty() && inflate.total_out() - written < output.len() as u64 {
                break;
            }
        }
        if count == 0 {
            return Ok(false);
        }
    }
}
