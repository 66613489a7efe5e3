//! The tour's folder: taken only when nobody else has anything in it, and given back empty.

use std::{fs, io, path::Path};

use super::DemoError;
use crate::stack::Stack;

/// Says that a tour made the folder. It is written before anything else and removed after it, so
/// that a tour which was killed leaves a folder that the next one may use.
const MARK: &str = "made-by-demo";
/// What a folder has in which `local up` has been, and whose data must stay.
const MARK_OF_UP: &str = "demo-password";

/// Takes the folder, which is made when it is not there.
pub(super) fn take(dir: &Path) -> Result<(), DemoError> {
    let is_empty = match fs::read_dir(dir) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => true,
        Err(error) => return Err(DemoError::file(dir)(error)),
    };
    let is_own = dir.join(MARK).exists() && !dir.join(MARK_OF_UP).exists();
    if !is_empty && !is_own {
        return Err(DemoError::Foreign(dir.to_path_buf()));
    }
    fs::create_dir_all(dir).map_err(DemoError::file(dir))?;
    let mark = dir.join(MARK);
    fs::write(&mark, "").map_err(DemoError::file(mark))
}

/// Removes what a stack wrote, and the folder itself unless somebody put something into it since.
///
/// PostgreSQL's folder is elsewhere when its user may not enter the stack's.
pub(super) fn give_back(dir: &Path, postgres: &Path) -> Result<(), DemoError> {
    let folders = Stack::FOLDERS.map(|name| dir.join(name));
    for folder in folders.iter().map(AsRef::as_ref).chain([postgres]) {
        gone(fs::remove_dir_all(folder)).map_err(DemoError::file(folder))?;
    }
    for file in Stack::FILES.into_iter().chain([MARK]) {
        let file = dir.join(file);
        gone(fs::remove_file(&file)).map_err(DemoError::file(file))?;
    }
    match fs::remove_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(()),
        outcome => gone(outcome).map_err(DemoError::file(dir)),
    }
}

/// What is not there needs no removing.
fn gone(outcome: io::Result<()>) -> io::Result<()> {
    match outcome {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
