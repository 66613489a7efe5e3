//! A lock on a folder, held for as long as one program uses what is inside.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::Path,
};

/// Holds a folder's lock file; the lock ends with this value or with the process.
#[derive(Debug)]
pub(crate) struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Takes the lock at `path`, or answers `None` when another process holds it.
    ///
    /// The lock belongs to the open file and not to the file's existence, so a process that was
    /// killed leaves nothing to clean up.
    ///
    /// # Errors
    ///
    /// The folder or the file cannot be created or locked.
    pub(crate) fn try_take(path: &Path) -> io::Result<Option<Self>> {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}
