//! Tokens, good and bad.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::Value;
use shared::config;

pub(crate) struct Signer {
    pub(crate) kid: String,
    pub(crate) jwk: Value,
    key: EncodingKey,
}

impl Signer {
    /// Signs with the key that the run was given.
    pub(crate) fn given() -> Self {
        let path = config::required("TOKEN_SIGNING_KEY_FILE");
        let path = path.expect("run the tests through `make test`");
        Self::of(&std::fs::read_to_string(path).unwrap())
    }

    /// Signs with a key that nobody else has.
    pub(crate) fn new() -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        let text = STANDARD.encode(der.as_ref());
        let lines: Vec<_> = text
            .as_bytes()
            .chunks(64)
            .map(String::from_utf8_lossy)
            .collect();
        let body = lines.join("\n");
        Self::of(&format!(
            "-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"
        ))
    }

    fn of(pem: &str) -> Self {
        let key = EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
        let mut jwk = Jwk::from_encoding_key(&key, Algorithm::RS256).unwrap();
        let kid = jwk.thumbprint(ThumbprintHash::SHA256).unwrap();
        jwk.common.key_id = Some(kid.clone());
        let jwk = serde_json::to_value(jwk).unwrap();
        Self { kid, jwk, key }
    }

    /// The header of a good token.
    pub(crate) fn header(&self) -> Header {
        let mut header = Header::new(Algorithm::RS256);
        header.typ = Some("at+jwt".to_owned());
        header.kid = Some(self.kid.clone());
        header
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.sign_as(&self.header(), claims)
    }

    pub(crate) fn sign_as(&self, header: &Header, claims: &Value) -> String {
        encode(header, claims, &self.key).unwrap()
    }

    /// A token that the public key verifies, if it is taken for the secret of an HMAC.
    pub(crate) fn confuse(&self, secret: &[u8], claims: &Value) -> String {
        let mut header = self.header();
        header.alg = Algorithm::HS256;
        encode(&header, claims, &EncodingKey::from_secret(secret)).unwrap()
    }

    /// The modulus of the public key.
    pub(crate) fn modulus(&self) -> Vec<u8> {
        URL_SAFE_NO_PAD
            .decode(self.jwk["n"].as_str().unwrap())
            .unwrap()
    }
}

/// A token in parts, signed with whatever stands there.
pub(crate) fn assemble(header: &Value, claims: &Value, signature: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{signature}", part(header), part(claims))
}
