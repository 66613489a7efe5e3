//! The linter: silent on what the migrations make, and loud on every fault it is shown.

use std::collections::BTreeSet;

use migrate::lint::{self, Finding, Severity, Strictness};
use tokio_postgres::Transaction;

use crate::database::Database;
use crate::faults::faults;

const POSTURE: &str = include_str!("../../src/lint/posture.sql");
/// The one rule that no statement can break: it is about the server's own version.
const SERVER_RULE: &str = "server_too_old";

async fn errors(transaction: &Transaction<'_>) -> Vec<Finding> {
    let mut findings = lint::findings(transaction).await.unwrap();
    findings.retain(|finding| finding.severity == Severity::Error);
    findings
}

#[tokio::test]
async fn a_migrated_database_has_no_findings() {
    Database::with_migrated(async |database| {
        let mut owner = database.owner().await;
        let transaction = owner.transaction().await.unwrap();
        assert_eq!(errors(&transaction).await, []);
    })
    .await;
}

#[tokio::test]
async fn every_seeded_fault_is_named() {
    Database::with_migrated(async |database| {
        let mut owner = database.owner().await;
        for fault in faults() {
            let transaction = owner.transaction().await.unwrap();
            transaction
                .batch_execute("SET LOCAL ROLE app_owner")
                .await
                .unwrap();
            transaction
                .batch_execute(fault.sql)
                .await
                .unwrap_or_else(|error| panic!("{error:?}: {}", fault.sql));
            let findings = errors(&transaction).await;
            let found: BTreeSet<&str> = findings
                .iter()
                .map(|finding| finding.rule.as_str())
                .collect();
            let expected: BTreeSet<&str> = fault.rules.iter().copied().collect();
            assert_eq!(found, expected, "{}\n{findings:?}", fault.sql);
            assert!(
                findings
                    .iter()
                    .any(|finding| finding.object.contains(fault.object)),
                "{}\n{findings:?}",
                fault.sql
            );
            transaction.rollback().await.unwrap();
        }
    })
    .await;
}

#[test]
fn no_rule_is_without_its_fault() {
    let rules: BTreeSet<&str> = POSTURE
        .lines()
        .filter_map(|line| line.strip_prefix("SELECT '")?.split_once('\''))
        .map(|(rule, _)| rule)
        .collect();
    let mut shown: BTreeSet<&str> = faults().flat_map(|fault| fault.rules).copied().collect();
    shown.insert(SERVER_RULE);
    assert_eq!(rules, shown);
    for rule in rules.iter().filter(|&&rule| rule != SERVER_RULE) {
        let alone = faults().any(|fault| fault.rules.first() == Some(rule));
        assert!(alone, "no fault is about {rule}");
    }
}

/// Each line's last release with CVE-2026-14666, and its first without.
const RELEASES: [(u32, u32); 4] = [
    (150_018, 150_019),
    (160_014, 160_015),
    (170_010, 170_011),
    (180_005, 180_006),
];

/// What the linter's own text says of a server that calls itself `version`.
async fn server_findings(transaction: &Transaction<'_>, version: u32) -> Vec<Finding> {
    let asked = "current_setting('server_version_num')";
    assert!(POSTURE.contains(asked), "the rule asks another way");
    let posture = POSTURE.replace(asked, &format!("'{version}'"));
    let rows = transaction.query(&posture, &[]).await.unwrap();
    let findings = rows.iter().map(|row| Finding {
        rule: row.get("rule"),
        object: row.get("object"),
        severity: match row.get("refused") {
            true => Severity::Error,
            false => Severity::Warning,
        },
    });
    findings
        .filter(|finding| finding.rule == SERVER_RULE)
        .collect()
}

/// A deployment insists, a developer's machine is advised.
#[tokio::test]
async fn a_server_with_known_holes_is_refused_where_that_is_insisted_on() {
    Database::with_migrated(async |database| {
        let mut owner = database.owner().await;
        let transaction = owner.transaction().await.unwrap();
        transaction
            .batch_execute("SET LOCAL search_path = pg_catalog")
            .await
            .unwrap();
        for (last_affected, first_patched) in RELEASES {
            let findings = server_findings(&transaction, last_affected).await;
            let [finding] = findings.as_slice() else {
                panic!("{last_affected}: {findings:?}");
            };
            assert!(finding.is_refused(Strictness::Insisting));
            assert!(!finding.is_refused(Strictness::Advising));
            assert_eq!(server_findings(&transaction, first_patched).await, []);
        }
        // Older lines get no patches any more, and a later one has it from its beginning.
        assert_eq!(server_findings(&transaction, 140_024).await.len(), 1);
        assert_eq!(server_findings(&transaction, 190_000).await, []);
    })
    .await;
}
