//! The key pair that signs access tokens on this machine.

use std::{io, path::Path};

use aws_lc_rs::{
    encoding::PublicKeyX509Der,
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
    signature::KeyPair as _,
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

/// The public half of [`signing_key`]'s text, for verifiers that are given a key.
///
/// The text form is that of [RFC 7468, section 13](https://www.rfc-editor.org/rfc/rfc7468#section-13).
///
/// # Errors
///
/// The text is no such key.
pub fn public_key(signing_key: &str) -> io::Result<String> {
    let lines = signing_key.lines().filter(|line| !line.starts_with('-'));
    let text: String = lines.map(str::trim).collect();
    let der = STANDARD.decode(text).map_err(io::Error::other)?;
    let pair = KeyPair::from_pkcs8(&der).map_err(io::Error::other)?;
    let der: PublicKeyX509Der<'_> = pair.public_key().as_der().map_err(io::Error::other)?;
    Ok(pem("PUBLIC KEY", der.as_ref()))
}

fn generate() -> io::Result<String> {
    let pair = KeyPair::generate(KeySize::Rsa2048).map_err(io::Error::other)?;
    let der: Pkcs8V1Der<'_> = pair.as_der().map_err(io::Error::other)?;
    Ok(pem("PRIVATE KEY", der.as_ref()))
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    for (place, letter) in text.chars().enumerate() {
        if place > 0 && place % PEM_LINE_CHARS == 0 {
            pem.push('\n');
        }
        pem.push(letter);
    }
    pem + &format!("\n-----END {label}-----\n")
}
