//! Who is calling: an access token in, the tenant's context out.
//!
//! | file | what it is |
//! |---|---|
//! | `event` | what the gateway asks and what it is told |
//! | `bearer` | the token in the header |
//! | `verifier` | signature, names and times: whether the token is ours and still valid |
//! | `verified` | the tokens that were verified before |
//! | `keys` | the issuer's public keys, asked for as rarely as possible |
//! | `authorize` | the present state of session and tenant |
//!
//! **Invariant:** nothing of a token is used before its signature was verified, except the name of
//! the key to verify it with.

pub mod authorize;
pub mod bearer;
pub mod event;
pub mod keys;
mod record;
pub mod store;
mod verified;
pub mod verifier;

pub use authorize::Authorizer;
