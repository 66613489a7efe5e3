//! Which event goes to which queues.

use shared::jobs::{
    Event, ProjectCreated, ProjectDeleted, ReportCancelled, ReportExpired, ReportFailed,
    ReportRequested, ReportSucceeded, SubscriptionChanged, TenantCreated, WebhookDue,
    WebhookEndpointDisabled,
};

/// A queue that events go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// The report worker's.
    Reports,
    /// Billing's.
    Usage,
    /// The webhooks' dispatcher's.
    Webhooks,
}

use Destination::{Reports, Usage, Webhooks};

/// Every event there is, and who is to hear of it.
pub const TABLE: &[(&str, &[Destination])] = &[
    (ProjectCreated::TYPE, &[Usage, Webhooks]),
    (ProjectDeleted::TYPE, &[Usage, Webhooks]),
    (ReportCancelled::TYPE, &[Webhooks]),
    (ReportExpired::TYPE, &[Webhooks]),
    (ReportFailed::TYPE, &[Usage, Webhooks]),
    (ReportRequested::TYPE, &[Reports]),
    (ReportSucceeded::TYPE, &[Usage, Webhooks]),
    (SubscriptionChanged::TYPE, &[Usage, Webhooks]),
    (TenantCreated::TYPE, &[Usage]),
    (WebhookDue::TYPE, &[Webhooks]),
    (WebhookEndpointDisabled::TYPE, &[Webhooks]),
];

/// Where events of this type go; nowhere for one that this code does not know yet.
pub fn destinations(kind: &str) -> &'static [Destination] {
    let found = TABLE.iter().find(|(known, _)| *known == kind);
    found.map_or(&[], |(_, destinations)| destinations)
}

#[cfg(test)]
mod tests {
    use shared::jobs::PUBLISHED;

    use super::*;

    #[test]
    fn every_published_event_goes_to_the_webhooks() {
        for (kind, _) in PUBLISHED {
            assert!(destinations(kind).contains(&Webhooks), "{kind}");
        }
        let heard = TABLE.iter().filter(|(_, to)| to.contains(&Webhooks));
        // The one that is for the dispatcher alone.
        assert_eq!(heard.count(), PUBLISHED.len() + 1);
    }
}
