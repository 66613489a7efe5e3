//! The issuer's key: what signs access tokens and whatever else the issuer answers for.
//!
//! RS256 (RFC 7518, section 3.3), because a gateway's own verifier takes nothing but RSA, and because
//! it is the cheapest to verify. What a signature is for stands in its `typ`, so that one kind of
//! document never passes for another (RFC 8725, section 3.11).

use jsonwebtoken::errors::Error;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde::Serialize;
use serde_json::Value;

/// A key that cannot be read, or that did not sign.
#[derive(Debug, thiserror::Error)]
#[error("signing key: {0}")]
pub struct SigningError(String);

impl From<Error> for SigningError {
    fn from(error: Error) -> Self {
        Self(error.to_string())
    }
}

impl From<serde_json::Error> for SigningError {
    fn from(error: serde_json::Error) -> Self {
        Self(error.to_string())
    }
}

/// A private key, and the public half by which others know it.
pub struct SigningKey {
    kid: String,
    private: EncodingKey,
    public: Value,
}

impl SigningKey {
    /// Reads `pem`, an RSA private key of at least 2048 bits in PKCS#8.
    pub fn from_pem(pem: &str) -> Result<Self, SigningError> {
        let private = EncodingKey::from_rsa_pem(pem.trim().as_bytes())?;
        let mut jwk = Jwk::from_encoding_key(&private, Algorithm::RS256)?;
        let kid = jwk.thumbprint(ThumbprintHash::SHA256)?;
        jwk.common.key_id = Some(kid.clone());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(Self {
            kid,
            private,
            public: serde_json::to_value(jwk)?,
        })
    }

    /// Its name: the thumbprint (RFC 7638) of its public half, so that the same key has the same name
    /// wherever it is used.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public half as a JWK (RFC 7517).
    pub fn public(&self) -> &Value {
        &self.public
    }

    /// Signs `claims` as a document of the media type `typ` (RFC 7515, section 4.1.9).
    pub fn sign(&self, typ: &str, claims: &impl Serialize) -> Result<String, SigningError> {
        let mut header = Header::new(Algorithm::RS256);
        header.typ = Some(typ.to_owned());
        header.kid = Some(self.kid.clone());
        Ok(encode(&header, claims, &self.private)?)
    }
}
