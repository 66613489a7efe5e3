//! PostgreSQL, one tenant at a time.
//!
//! **Invariant:** nothing here runs SQL that is not a [`Statement`] of a `store.rs`, and no
//! tenant's table answers outside a transaction that `app.enter` opened for that tenant.
//!
//! A [`Work`] is one statement or several that do not depend on each other. [`Database::read`] and
//! [`Database::write`] send BEGIN, `app.enter`, the work and COMMIT in one batch and wait once.
//! [`Database::transaction`] is for statements that depend on each other: one trip for each.
//!
//! [`Database::snapshot`] is the same for reads that have to see one instant.
//!
//! Where a replica is configured, [`Consistency`] decides which of the two servers a read is for.

mod batch;
mod connect;
mod consistency;
mod constraint;
mod database;
mod door;
mod error;
mod meter;
mod replica;
mod slot;
mod statement;
mod transaction;

pub use batch::Access;
pub use connect::{DatabaseConfig, open};
pub use consistency::{Consistency, ConsistencyToken, LAG_MS_UNKNOWN, Moment, ReadFrom};
pub use constraint::OnConstraint;
pub use database::Database;
pub use door::Door;
pub use error::{DbError, Refusal};
pub use meter::Trips;
pub use replica::ReplicaConfig;
pub use statement::{Bind, RowReader, Statement, Work};
pub use transaction::Transaction;

/// What sessions send beside the functions' own statements, for the tests that prepare them all.
pub const SESSION_STATEMENTS: &[&str] = &[
    batch::CHECK_ROLE,
    batch::POSITION,
    door::ENTER,
    door::ENTER_LEAVING,
    replica::CHECK_REPLICA,
    replica::CHECK_PLACE,
];

/// Declares a domain's statements.
///
/// Each is labelled with the path of its constant, which is what `pg_stat_activity` then shows,
/// and each joins `STATEMENTS`, which a test prepares against a migrated database.
#[macro_export]
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:literal;)+) => {
        $(
            $(#[$doc])*
            const $name: &str = concat!("-- ", module_path!(), "::", stringify!($name), "\n", $sql);
        )+

        /// Every statement of this module, for the test that prepares them all.
        pub const STATEMENTS: &[&str] = &[$($name),+];
    };
}
