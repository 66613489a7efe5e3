//! Random secrets and the files, readable by their owner alone, that keep them.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use aws_lc_rs::{hmac, rand};
use shared::hex;

const RANDOM_BYTES: usize = 32;
const PASSWORD_CHARS: usize = 32;
const OWNER_ONLY_MODE: u32 = 0o600;

/// 256 random bits as 64 hexadecimal digits.
///
/// # Errors
///
/// The system's random source failed.
pub fn random() -> io::Result<String> {
    let mut bytes = [0_u8; RANDOM_BYTES];
    rand::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(hex::digits(&bytes))
}

/// The password of `name` under `secret`: 32 hexadecimal digits, the same in every run.
///
/// Deriving the passwords leaves one secret to keep instead of one for each role.
pub fn password(secret: &str, name: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let mut text = hex::digits(hmac::sign(&key, name.as_bytes()).as_ref());
    text.truncate(PASSWORD_CHARS);
    text
}

/// Reads the secret in `path`, or has `create` make it and keeps it there with mode 0600.
///
/// The file appears complete or not at all, whenever the program dies.
///
/// # Errors
///
/// The file cannot be read or written, or `create` failed.
pub fn load_or_create(
    path: &Path,
    create: impl FnOnce() -> io::Result<String>,
) -> io::Result<String> {
    match fs::read_to_string(path) {
        Ok(text) => return Ok(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let text = create()?;
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let unfinished = path.with_extension("unfinished");
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
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    Ok(text)
}
