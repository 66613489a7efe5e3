//! The key pair that signs access tokens on this machine.

use std::{io, path::Path};

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::secret;

const PEM_LINE_CHARS: usize = 64;

/// The RSA-2048 private key in `path` as PKCS#8 PEM, made on the first call and kept with mode 0600.
///
/// The text form is that of [RFC 7468, section 10](https://www.rfc-editor.org/rfc/rfc7468#section-10).
///
/// # Errors
///
/// The file cannot be read or written, or no key could be generated.
pub fn signing_key(path: &Path) -> io::Result<String> {
    secret::load_or_create(path, generate)
}

fn generate() -> io::Result<String> {
    let pair = KeyPair::generate(KeySize::Rsa2048).map_err(io::Error::other)?;
    let der: Pkcs8V1Der<'_> = pair.as_der().map_err(io::Error::other)?;
    let text = STANDARD.encode(der.as_ref());
    let mut pem = String::from("-----BEGIN PRIVATE KEY-----\n");
    for (place, letter) in text.chars().enumerate() {
        if place > 0 && place % PEM_LINE_CHARS == 0 {
            pem.push('\n');
        }
        pem.push(letter);
    }
    pem.push_str("\n-----END PRIVATE KEY-----\n");
    Ok(pem)
}
