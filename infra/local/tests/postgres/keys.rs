//! The signing key's file.

use std::{fs, os::unix::fs::PermissionsExt as _};

use aws_lc_rs::rsa::KeyPair;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use local::keys;

use super::empty;

#[test]
fn a_key_is_made_once_and_kept_private() {
    let path = empty("keys").join("signing-key.pem");
    let first = keys::signing_key(&path).unwrap();
    assert_eq!(keys::signing_key(&path).unwrap(), first);
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    fs::remove_file(&path).unwrap();
    assert_ne!(keys::signing_key(&path).unwrap(), first);

    let base64: String = first
        .lines()
        .filter(|line| !line.starts_with('-'))
        .collect();
    assert!(first.lines().all(|line| line.len() <= 64));
    let der = STANDARD.decode(base64).unwrap();
    let pair = KeyPair::from_pkcs8(&der).unwrap();
    assert_eq!(pair.public_modulus_len(), 256);
}
