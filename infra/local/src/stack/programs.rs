//! Whether the functions have been built.

use std::path::Path;

use super::StackError;
use crate::template::Template;

/// Looks for the program of each function of `template` in `folder`.
pub(super) fn check(template: &Template, folder: &Path) -> Result<(), StackError> {
    let binaries = template.functions.iter().map(|function| &function.binary);
    let missing: Vec<String> = binaries
        .filter(|binary| !folder.join(binary).is_file())
        .cloned()
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(StackError::NotBuilt { missing })
    }
}
