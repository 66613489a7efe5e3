//! What the handlers of this domain have at hand.

use axum::extract::FromRef;
use shared::config::{self, ConfigError};
use shared::queue::Queue;
use shared::state::App;
use shared::storage::Storage;

/// The shared state, the workers' queue and the bucket of finished documents.
#[derive(Clone)]
pub struct Reports {
    /// Clock, database and limits.
    pub app: App,
    /// Where requested reports go.
    pub queue: Queue,
    /// Where finished documents are.
    pub storage: Storage,
}

impl Reports {
    /// Reads `REPORT_QUEUE_URL`, `REPORTS_BUCKET` and what [`App`] needs.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            app: App::from_env()?,
            queue: Queue::new(config::required("REPORT_QUEUE_URL")?),
            storage: Storage::new(config::required("REPORTS_BUCKET")?),
        })
    }
}

impl FromRef<Reports> for App {
    fn from_ref(reports: &Reports) -> Self {
        reports.app.clone()
    }
}
