//! Which event goes to which queue.

use shared::jobs::{
    Event, ProjectCreated, ProjectDeleted, ReportCancelled, ReportExpired, ReportFailed,
    ReportRequested, ReportSucceeded, SubscriptionChanged, TenantCreated,
};

/// A queue that events go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// The report worker's.
    Reports,
    /// Billing's.
    Usage,
}

/// Every event there is, and who is to hear of it.
pub const TABLE: &[(&str, Destination)] = &[
    (ProjectCreated::TYPE, Destination::Usage),
    (ProjectDeleted::TYPE, Destination::Usage),
    (ReportCancelled::TYPE, Destination::Usage),
    (ReportExpired::TYPE, Destination::Usage),
    (ReportFailed::TYPE, Destination::Usage),
    (ReportRequested::TYPE, Destination::Reports),
    (ReportSucceeded::TYPE, Destination::Usage),
    (SubscriptionChanged::TYPE, Destination::Usage),
    (TenantCreated::TYPE, Destination::Usage),
];

/// Where events of this type go; `None` for one that this code does not know yet.
pub fn destination(kind: &str) -> Option<Destination> {
    let found = TABLE.iter().find(|(known, _)| *known == kind);
    found.map(|(_, destination)| *destination)
}
