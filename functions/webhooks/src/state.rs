//! What the handlers of this domain have at hand.

use axum::extract::FromRef;
use shared::egress::Targets;
use shared::state::App;

/// The shared state, and which addresses an endpoint may have.
#[derive(Clone)]
pub struct Webhooks {
    /// Clock, database and limits.
    pub app: App,
    /// What a URL is checked against when it is named; the sender checks again when it calls.
    pub targets: Targets,
}

impl FromRef<Webhooks> for App {
    fn from_ref(webhooks: &Webhooks) -> Self {
        webhooks.app.clone()
    }
}
