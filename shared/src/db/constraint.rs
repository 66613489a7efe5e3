//! From a constraint's name to the domain's own error.

use super::error::DbError;

/// Turns the violation of one constraint into a domain's error.
pub trait OnConstraint<T> {
    /// `mapped()` when `constraint` is what failed, the database's error otherwise.
    fn on_constraint<E: From<DbError>>(
        self,
        constraint: &str,
        mapped: impl FnOnce() -> E,
    ) -> Result<T, E>;
}

impl<T> OnConstraint<T> for Result<T, DbError> {
    fn on_constraint<E: From<DbError>>(
        self,
        constraint: &str,
        mapped: impl FnOnce() -> E,
    ) -> Result<T, E> {
        self.map_err(|error| match error.violates(constraint) {
            true => mapped(),
            false => error.into(),
        })
    }
}
