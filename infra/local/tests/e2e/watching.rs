//! One truth about what is watched: what `infra/monitoring` speaks of, the functions say.

mod alarms;
mod costs;
mod documents;
mod emitted;
mod known;
mod mentioned;
mod query;

use std::collections::BTreeSet;

use local::insights::Rule;

use self::{documents::Documents, emitted::Emitted, known::Known, mentioned::Metric};
use crate::{routes::template, world::run};

/// What documents mention and nobody emits, or has for a value, each as one text.
fn strangers(documents: &Documents, emitted: &Emitted) -> Vec<String> {
    let known = Known::here();
    let mut strangers = Vec::new();
    for metric in mentioned::metrics(documents) {
        let is_emitted = emitted.metrics.iter().any(|one| metric.matches(one));
        if !is_emitted {
            strangers.push(format!("the metric {metric}"));
        }
        let values = metric.dimensions.iter();
        for (name, value) in values.filter_map(|(name, value)| Some((name, value.as_ref()?))) {
            if !known.has(name, value) {
                strangers.push(format!("{name}={value}"));
            }
        }
    }
    let rules = Rule::all(documents.text("tenants.yaml")).unwrap();
    let of_rules = rules.iter().flat_map(Rule::fields).map(str::to_owned);
    let queries = mentioned::queries(documents);
    let of_queries = queries.iter().flat_map(|query| query::fields(query));
    for field in of_rules.chain(of_queries) {
        if !emitted.fields.contains(&field) {
            strangers.push(format!("the field {field}"));
        }
    }
    strangers
}

#[test]
fn every_metric_and_field_that_is_watched_is_emitted_and_every_metric_is_watched() {
    run(async {
        let emitted = Emitted::collect().await;
        let documents = Documents::read();
        assert_eq!(strangers(&documents, emitted), [""; 0]);
        let mentioned = mentioned::metrics(&documents);
        let unwatched = emitted.metrics.iter();
        let unwatched: BTreeSet<String> = unwatched
            .filter(|one| !mentioned.iter().any(|metric| metric.matches(one)))
            .map(Metric::to_string)
            .collect();
        assert_eq!(unwatched, BTreeSet::new());
    });
}

/// A file, what is right in it, what is wrong in its place, and how the fault is named.
const MISSPELT: [(&str, &str, &str, &str); 13] = [
    (
        "service.yaml",
        "MetricName: outbox_age_ms",
        "MetricName: outbox_age",
        "the metric outbox_age{",
    ),
    (
        "service.yaml",
        "Unit: Milliseconds",
        "Unit: Seconds",
        "the metric outbox_age_ms{",
    ),
    (
        "service.yaml",
        "Value: webhook.signed",
        "Value: webhook.sent",
        "job=webhook.sent",
    ),
    (
        "service.yaml",
        "Value: billing}",
        "Value: bills}",
        "service=bills",
    ),
    (
        "dashboard.yaml",
        "{Tenantry,service,job,outcome}",
        "{Tenantry,service,job}",
        "the metric duration_ms{",
    ),
    (
        "dashboard.yaml",
        r#"tier=\"silo\""#,
        r#"tier=\"villa\""#,
        "tier=villa",
    ),
    (
        "dashboard.yaml",
        r#""limiter_degraded", "service""#,
        r#""limiter_degraded", "tenant""#,
        "the metric limiter_degraded{",
    ),
    (
        "dashboard.yaml",
        "sum(db.duration_ms)",
        "sum(db.millis)",
        "the field db.millis",
    ),
    (
        "tenants.yaml",
        "$.tenant.id",
        "$.tenant",
        "the field tenant",
    ),
    (
        "tenants.yaml",
        "\"Match\": \"$.outcome\"",
        "\"Match\": \"$.result\"",
        "the field result",
    ),
    (
        "tenants.yaml",
        "$.db.duration_ms",
        "$.db.duration",
        "the field db.duration",
    ),
    (
        "queries.yaml",
        "pct(duration_ms, 99)",
        "pct(latency, 99)",
        "the field latency",
    ),
    (
        "queries.yaml",
        "by tenant.id",
        "by tenant.name",
        "the field tenant.name",
    ),
];

/// The control: what is misspelt anywhere is named.
#[test]
fn a_misspelt_metric_dimension_unit_or_field_is_named() {
    run(async {
        let emitted = Emitted::collect().await;
        for (file, right, wrong, named) in MISSPELT {
            let documents = Documents::with(file, right, wrong);
            let strangers = strangers(&documents, emitted);
            let is_named = strangers.iter().any(|one| one.starts_with(named));
            assert!(is_named, "{named} is not among {strangers:?}");
        }
    });
}

/// A dimension costs a metric for each of its values, and there are many tenants.
#[test]
fn no_dimension_is_a_tenant() {
    run(async {
        let emitted = Emitted::collect().await;
        let mentioned = mentioned::metrics(&Documents::read());
        let emitted_names = emitted.metrics.iter().flat_map(|one| one.dimensions.keys());
        let mentioned_names = mentioned.iter().flat_map(|one| one.dimensions.keys());
        for name in emitted_names.chain(mentioned_names) {
            assert!(!name.contains("tenant"), "{name}");
        }
        let values = emitted
            .metrics
            .iter()
            .flat_map(|one| one.dimensions.values());
        let tenant = emitted.tenant.as_str();
        assert!(values.flatten().all(|value| !value.contains(tenant)));
        // The control: the lines are that tenant's, and have it beside their dimensions.
        assert!(
            emitted
                .lines
                .iter()
                .any(|line| line["tenant"]["id"] == tenant)
        );
    });
}

/// What the limiter's alarm sums up are the functions that have a limiter.
#[test]
fn the_limiters_alarm_looks_at_every_function_that_counts() {
    let with_limiter: BTreeSet<String> = template()
        .functions
        .into_iter()
        .filter(|function| function.environment.contains_key("LIMITER_TIMEOUT_MS"))
        .map(|function| function.binary)
        .collect();
    let alarms = Documents::read();
    let counted = mentioned::of_alarms(&alarms).into_iter();
    let counted: BTreeSet<String> = counted
        .filter(|metric| metric.name == "limiter_degraded")
        .filter_map(|mut metric| metric.dimensions.remove("service")?)
        .collect();
    assert_eq!(counted, with_limiter);
}
