//! What the handlers of this domain have at hand.

use axum::extract::FromRef;
use shared::config::{self, ConfigError};
use shared::state::App;
use shared::storage::Storage;

/// The shared state and the bucket of finished documents.
#[derive(Clone)]
pub struct Reports {
    /// Clock, database and limits.
    pub app: App,
    /// Where finished documents are.
    pub storage: Storage,
}

impl Reports {
    /// Reads `REPORTS_BUCKET` and what [`App`] needs.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            app: App::from_env()?,
            storage: Storage::new(config::required("REPORTS_BUCKET")?),
        })
    }
}

impl FromRef<Reports> for App {
    fn from_ref(reports: &Reports) -> Self {
        reports.app.clone()
    }
}
