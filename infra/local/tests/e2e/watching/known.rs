//! The values that dimensions may have.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use shared::{
    jobs::{Event as _, PUBLISHED, ReportRequested, WebhookSigned},
    telemetry::{JobOutcome, RequestOutcome},
};

use crate::routes::template;

/// Values by the names of dimensions.
#[derive(Debug)]
pub(super) struct Known(BTreeMap<&'static str, BTreeSet<String>>);

impl Known {
    /// What the template and the code have.
    pub(super) fn here() -> Self {
        let template = template();
        let services = template.functions.into_iter().map(|one| one.binary);
        let versions = template.api.stages.into_iter().map(|stage| stage.name);
        let jobs = PUBLISHED.iter().map(|(kind, _)| (*kind).to_owned());
        let own = [ReportRequested::TYPE, WebhookSigned::TYPE].map(str::to_owned);
        let of_jobs = [
            JobOutcome::Done,
            JobOutcome::Skipped,
            JobOutcome::Retried,
            JobOutcome::Failed,
        ];
        let of_requests = [
            RequestOutcome::Ok,
            RequestOutcome::Rejected,
            RequestOutcome::Throttled,
            RequestOutcome::Failed,
        ];
        let outcomes = of_jobs.iter().map(written);
        let outcomes = outcomes.chain(of_requests.iter().map(written));
        Self(BTreeMap::from([
            ("service", services.collect()),
            ("version", versions.chain(["none".to_owned()]).collect()),
            ("job", jobs.chain(own).collect()),
            ("outcome", outcomes.collect()),
            ("tier", ["pool", "silo", "none"].map(str::to_owned).into()),
        ]))
    }

    pub(super) fn has(&self, name: &str, value: &str) -> bool {
        self.0
            .get(name)
            .is_some_and(|values| values.contains(value))
    }
}

/// An outcome as lines have it.
fn written(outcome: &impl Serialize) -> String {
    let value = serde_json::to_value(outcome).unwrap();
    value.as_str().unwrap().to_owned()
}
