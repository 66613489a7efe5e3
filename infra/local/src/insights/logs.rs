//! The lines in the functions' logs.

use std::{
    fs::{self, File},
    io::{self, BufRead as _, BufReader},
    path::Path,
};

use serde_json::Value;

use super::InsightsError;

/// Hands each line of the logs in `folder` that is a JSON document to `see`, file by file; answers how
/// many there were. What is no document, such as a panic's text, is passed over.
///
/// # Errors
///
/// [`InsightsError::File`], for the folder too.
pub fn each_line(folder: &Path, mut see: impl FnMut(&Value)) -> Result<u64, InsightsError> {
    let mut lines = 0;
    let place = |path: &Path| {
        let path = path.to_path_buf();
        move |source: io::Error| InsightsError::File { path, source }
    };
    for entry in fs::read_dir(folder).map_err(place(folder))? {
        let path = entry.map_err(place(folder))?.path();
        if !path.is_file() {
            continue;
        }
        let file = File::open(&path).map_err(place(&path))?;
        for line in BufReader::new(file).split(b'\n') {
            let line = line.map_err(place(&path))?;
            if let Ok(document) = serde_json::from_slice::<Value>(&line) {
                lines += 1;
                see(&document);
            }
        }
    }
    Ok(lines)
}
