//! Calls tenants' servers, at addresses that the tenants have chosen.
//!
//! It has no database, no secret and no place in the private network: whoever makes it call something
//! it should not, gains nothing by it. It takes a message that is signed already, calls, and says what
//! came of it.
//!
//! **Invariant:** every connection goes to an address that [`shared::egress::Targets::admits`] at the
//! moment it is made, because the address that is checked is the one that is connected to, and no name
//! is looked up in between. Nothing here follows a redirect, and nothing knows a proxy.

pub mod call;
pub mod resolve;
pub mod sender;
pub mod settings;
pub mod tls;

pub use sender::Sender;
