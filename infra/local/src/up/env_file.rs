//! `.local/env`: what a shell needs to reach the parts, there while the stack is.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use super::tenants::Tokens;

const OWNER_ONLY_MODE: u32 = 0o600;

/// The file; it is removed when this value is dropped.
#[derive(Debug)]
pub(super) struct EnvFile {
    path: PathBuf,
}

impl EnvFile {
    pub(super) fn in_folder(dir: &Path) -> Self {
        Self {
            path: dir.join("env"),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the exports and the tokens; whoever reads meanwhile gets the old or the new file.
    pub(super) fn write(&self, exports: Vec<(String, String)>, tokens: &Tokens) -> io::Result<()> {
        let mut text = String::from("# Written by `make up` and removed when it stops.\n");
        let tokens = [
            ("TOKEN_A".to_owned(), tokens.a.clone()),
            ("TOKEN_B".to_owned(), tokens.b.clone()),
        ];
        for (name, value) in exports.into_iter().chain(tokens) {
            text.push_str("export ");
            text.push_str(&name);
            text.push('=');
            text.push_str(&quoted(&value));
            text.push('\n');
        }
        let unfinished = self.path.with_extension("unfinished");
        match fs::remove_file(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = File::options()
            .create_new(true)
            .write(true)
            .mode(OWNER_ONLY_MODE)
            .open(&unfinished)?;
        file.write_all(text.as_bytes())?;
        fs::rename(&unfinished, &self.path)
    }
}

impl Drop for EnvFile {
    fn drop(&mut self) {
        // One that was never written is not there to remove.
        drop(fs::remove_file(&self.path));
    }
}

/// A value as a POSIX shell reads it literally.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}
