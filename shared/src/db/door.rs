//! Which function of the database lets a unit of work into a tenant.

/// Enters a tenant that is active.
pub(super) const ENTER: &str = "-- shared::db::ENTER\nSELECT app.enter($1)";
/// Enters a tenant that is suspended, leaving or being purged as well.
pub(super) const ENTER_LEAVING: &str = "-- shared::db::ENTER_LEAVING\nSELECT app.enter_leaving($1)";

/// A door into a tenant's rows. PostgreSQL grants each to the roles that may use it, so choosing the
/// wrong one is an error and never a leak.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Door {
    /// `app.enter`: for tenants that are active.
    #[default]
    Active,
    /// `app.enter_leaving`: for those that are suspended, leaving or being purged as well.
    Leaving,
}

impl Door {
    /// The statement that enters. A function's call, because SET and `set_config` in a statement's
    /// text would pin a connection of RDS Proxy to its client.
    pub(super) fn enter(self) -> &'static str {
        match self {
            Self::Active => ENTER,
            Self::Leaving => ENTER_LEAVING,
        }
    }
}
