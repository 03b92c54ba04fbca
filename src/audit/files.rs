//! Files that are there completely or not at all, readable by their owner only.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use super::AuditError;

/// Names the attempt that an I/O error belongs to.
pub(super) fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> AuditError {
    move |source| AuditError::File {
        action,
        path: path.to_owned(),
        source,
    }
}

/// Begins the options of a file that only its owner may read.
pub(super) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

/// Creates a directory and those above it that are missing, durably and for the owner only.
pub(super) fn ensure_dir(path: &Path) -> Result<(), AuditError> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = parent(path);
    ensure_dir(parent)?;
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => sync_dir(parent),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(failed("create the directory", path)(error)),
    }
}

/// Makes the names in a directory durable.
pub(super) fn sync_dir(path: &Path) -> Result<(), AuditError> {
    File::open(path)
        .and_then(|dir| dir.sync_all())
        .map_err(failed("sync the directory", path))
}

/// Gives the directory that a path is in.
pub(super) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Reads a file, or nothing when there is none.
pub(super) fn read_if_any(path: &Path) -> Result<Option<Vec<u8>>, AuditError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("read", path)(error)),
    }
}

/// Writes a file aside, syncs it and moves it into place. The caller syncs the directory, once for all that it moved there.
pub(super) fn replace(temporary: &Path, path: &Path, bytes: &[u8]) -> Result<(), AuditError> {
    write_synced(temporary, bytes)?;
    fs::rename(temporary, path).map_err(failed("move a new file to", path))
}

/// Creates a file with 32 random bytes unless it exists, and reads it.
pub(super) fn secret(path: &Path) -> Result<[u8; 32], AuditError> {
    if read_if_any(path)?.is_none() {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(AuditError::Random)?;
        let temporary = PathBuf::from(format!("{}.{}", path.display(), std::process::id()));
        write_synced(&temporary, &bytes)?;
        // A link does not replace: of two processes that begin at once, both read the key of the first.
        match fs::hard_link(&temporary, path) {
            Ok(()) => sync_dir(parent(path))?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed("create", path)(error)),
        }
        fs::remove_file(&temporary).map_err(failed("remove", &temporary))?;
    }
    let bytes = fs::read(path).map_err(failed("read", path))?;
    bytes.try_into().map_err(|_| AuditError::Key { path: path.to_owned() })
}

fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), AuditError> {
    let mut file = private()
        .write(true)
        .create(true)
        .truncate(true)
        .open(path)
        .map_err(failed("create", path))?;
    file.write_all(bytes).map_err(failed("write", path))?;
    file.sync_data().map_err(failed("sync", path))
}
