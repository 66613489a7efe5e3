//! From a host's name to addresses.

use std::io;
use std::net::IpAddr;

use futures_util::future::BoxFuture;
use tokio::net::lookup_host;

/// Addresses of one name that are looked at: a name with more has these.
pub const ADDRESSES_MAX: usize = 8;

/// Whoever knows the addresses of names.
pub trait Resolve: Send + Sync {
    /// The addresses of a host, in the order in which they are to be tried.
    fn resolve<'a>(&'a self, host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>>;
}

/// The machine's own resolver.
#[derive(Debug, Clone, Copy)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            let found = lookup_host((host, 0)).await?;
            Ok(found.map(|found| found.ip()).take(ADDRESSES_MAX).collect())
        })
    }
}
