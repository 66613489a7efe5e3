//! Where calls to addresses that tenants choose may go: no way in through a URL.
//!
//! A URL is checked twice: its form when a tenant names it ([`Targets::check`]), and each address that
//! it leads to when it is called ([`Targets::admits`]). Only the second is a guard, because a name may
//! lead somewhere else by then.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use url::{Host, Url};

/// The longest URL, in bytes.
pub const URL_BYTES_MAX: usize = 2_048;
/// The one port outside of a local stack.
const HTTPS_PORT: u16 = 443;

/// Which addresses may be called.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Targets {
    /// Public ones, by https on port 443.
    #[default]
    Public,
    /// Those, and the loopback of this machine by http or https on any port: for a local stack.
    Loopback,
}

/// A word that is no kind of targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be public or loopback")]
pub struct TargetsError;

impl FromStr for Targets {
    type Err = TargetsError;

    fn from_str(text: &str) -> Result<Self, TargetsError> {
        match text {
            "public" => Ok(Self::Public),
            "loopback" => Ok(Self::Loopback),
            _ => Err(TargetsError),
        }
    }
}

/// Why a URL is none that may be called. Each text is for the person who wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It is longer than [`URL_BYTES_MAX`], as it was written or as it is understood.
    #[error("must have at most {URL_BYTES_MAX} bytes")]
    TooLong,
    /// It is none (<https://url.spec.whatwg.org/>).
    #[error("must be an absolute URL")]
    Malformed,
    /// It is not encrypted.
    #[error("must begin with https://")]
    Scheme,
    /// It holds a name or a password.
    #[error("must not contain a user name or password")]
    Credentials,
    /// It has a fragment, which no request can carry.
    #[error("must not contain a fragment")]
    Fragment,
    /// It is for another port than 443.
    #[error("must not name a port other than 443")]
    Port,
    /// Its host is an address that is not public.
    #[error("must not lead to an address that is not public")]
    Address,
}

impl Targets {
    /// Reads a URL and checks its form. A host that is a name may still lead anywhere.
    pub fn check(self, text: &str) -> Result<Url, UrlError> {
        if text.len() > URL_BYTES_MAX {
            return Err(UrlError::TooLong);
        }
        let url = Url::parse(text).or(Err(UrlError::Malformed))?;
        // What is not ASCII is three times as long in it, or more.
        if url.as_str().len() > URL_BYTES_MAX {
            return Err(UrlError::TooLong);
        }
        let local = self == Self::Loopback;
        match url.scheme() {
            "https" => {}
            "http" if local => {}
            _ => return Err(UrlError::Scheme),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlError::Credentials);
        }
        if url.fragment().is_some() {
            return Err(UrlError::Fragment);
        }
        if !local && url.port_or_known_default() != Some(HTTPS_PORT) {
            return Err(UrlError::Port);
        }
        let address = match url.host() {
            None => return Err(UrlError::Malformed),
            // The parser has already made one of 0x7f.1, 2130706433 and their like.
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(Host::Domain(_)) => None,
        };
        match address {
            Some(address) if !self.admits(&url, address) => Err(UrlError::Address),
            _ => Ok(url),
        }
    }

    /// Whether `url` may be called at `address`, which is what its host has led to.
    pub fn admits(self, url: &Url, address: IpAddr) -> bool {
        let loopback = self == Self::Loopback && address.to_canonical().is_loopback();
        loopback || (url.scheme() == "https" && is_public(address))
    }
}

/// IPv4 networks that are not the public internet, or stand for another one: the registry of RFC 6890
/// (<https://www.iana.org/assignments/iana-ipv4-special-registry>), multicast and class E.
const PRIVATE_V4: &[([u8; 4], u32)] = &[
    ([0, 0, 0, 0], 8),       // this network
    ([10, 0, 0, 0], 8),      // private
    ([100, 64, 0, 0], 10),   // carrier-grade NAT
    ([127, 0, 0, 0], 8),     // loopback
    ([169, 254, 0, 0], 16),  // link-local, with the cloud's metadata
    ([172, 16, 0, 0], 12),   // private
    ([192, 0, 0, 0], 24),    // protocol assignments
    ([192, 0, 2, 0], 24),    // documentation
    ([192, 88, 99, 0], 24),  // 6to4 relays
    ([192, 168, 0, 0], 16),  // private
    ([198, 18, 0, 0], 15),   // benchmarking
    ([198, 51, 100, 0], 24), // documentation
    ([203, 0, 113, 0], 24),  // documentation
    ([224, 0, 0, 0], 4),     // multicast
    ([240, 0, 0, 0], 4),     // class E and broadcast
];

/// What is assigned to the public internet in IPv6 (RFC 4291, section 2.4): everything else, from
/// loopback and NAT64 to segment routing, multicast and what is not yet assigned, is not.
const GLOBAL_V6: (u128, u32) = (0x2000 << 112, 3);

/// Networks within [`GLOBAL_V6`] that are not the public internet, or stand for an IPv4 address
/// (<https://www.iana.org/assignments/iana-ipv6-special-registry>).
const PRIVATE_V6: &[(u128, u32)] = &[
    (0x2001 << 112, 23), // protocol assignments: Teredo, benchmarking, ORCHID
    ((0x2001 << 112) | (0xdb8 << 96), 32), // documentation
    (0x2002 << 112, 16), // 6to4
    (0x3fff << 112, 20), // documentation
];

/// Whether an address belongs to the public internet.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => !PRIVATE_V4
            .iter()
            .any(|(network, length)| in_v4(address, Ipv4Addr::from(*network), *length)),
        IpAddr::V6(address) => {
            in_v6(address, GLOBAL_V6) && !PRIVATE_V6.iter().any(|network| in_v6(address, *network))
        }
    }
}

fn in_v4(address: Ipv4Addr, network: Ipv4Addr, length: u32) -> bool {
    (address.to_bits() ^ network.to_bits()) >> (u32::BITS - length) == 0
}

fn in_v6(address: Ipv6Addr, (network, length): (u128, u32)) -> bool {
    (address.to_bits() ^ network) >> (u128::BITS - length) == 0
}

#[cfg(test)]
mod tests;
