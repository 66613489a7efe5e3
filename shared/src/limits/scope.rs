//! Whom a bucket belongs to.

use std::fmt;
use std::net::IpAddr;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::ids::TenantId;

/// Whoever shares one bucket, as the last part of the bucket's key.
///
/// Addresses and accounts are personal data, so only a digest of them is kept. It is a pseudonym,
/// not anonymity: whoever can list all candidates can find the one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Scope(String);

impl Scope {
    /// Everybody who acts for a tenant.
    pub fn tenant(id: TenantId) -> Self {
        Self(format!("tenant#{}", id.as_uuid()))
    }

    /// A network address: all of an IPv4 address, the first 64 bits of an IPv6 one, since a single
    /// host can use any address within those. Texts that are no address are scopes of their own.
    pub fn address(address: &str) -> Self {
        let network = match address
            .parse()
            .map(|address: IpAddr| address.to_canonical())
        {
            Ok(IpAddr::V6(address)) => address.octets().into_iter().take(8).collect(),
            Ok(IpAddr::V4(address)) => address.octets().to_vec(),
            Err(_) => address.as_bytes().to_vec(),
        };
        Self(format!("address#{}", short_digest(&network)))
    }

    /// An account that somebody names without having proved it is theirs, existing or not.
    ///
    /// Case and surrounding space do not count.
    pub fn account(name: &str) -> Self {
        let name = name.trim().to_lowercase();
        Self(format!("account#{}", short_digest(name.as_bytes())))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn short_digest(of: &[u8]) -> String {
    const SHORT_BYTES: usize = 16;
    let digest = digest(&SHA256, of);
    let short = digest.as_ref().get(..SHORT_BYTES).unwrap_or_default();
    URL_SAFE_NO_PAD.encode(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_host_is_one_scope() {
        let from = Scope::address;
        assert_eq!(from("2001:db8:1:2::1"), from("2001:db8:1:2:ffff::9"));
        assert_ne!(from("2001:db8:1:2::1"), from("2001:db8:1:3::1"));
        assert_eq!(from("192.0.2.7"), from("::ffff:192.0.2.7"));
        assert_ne!(from("192.0.2.7"), from("192.0.2.8"));
        assert_ne!(from("192.0.2.7"), from(""));
    }

    #[test]
    fn an_account_is_known_by_its_digest_only() {
        let scope = Scope::account(" Ada@Example.com");
        assert_eq!(scope, Scope::account("ada@example.com"));
        assert_ne!(scope, Scope::account("bob@example.com"));
        assert!(!scope.to_string().contains("ada"));
    }
}
