//! Brings a database to the newest schema, and refuses one whose isolation has a hole.
//!
//! The SQL is in `infra/migrations`, embedded when this crate is built. [`apply()`] is all that
//! others need: it may be called by several at once and again at any time.

mod apply;
mod contract;
pub mod deployment;
mod embedded;
mod error;
mod invocation;
pub mod lint;
mod moving;
mod passwords;
mod register;
mod session;
mod silo;
mod silos;

pub use apply::{Applied, apply, apply_strict};
pub use contract::Running;
pub use error::MigrateError;
pub use invocation::{Answer, Command, Invocation, Task, handle, perform};
pub use moving::{Moved, Place};
pub use passwords::Passwords;
pub use silo::SiloState;
pub use silos::SilosLeft;
