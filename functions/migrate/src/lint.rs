//! The posture linter: rules over the catalogue that say where isolation has a hole.
//!
//! `lint/posture.sql` holds the rules. They look at every schema but the system's own and
//! `public`, so that a new domain, or a silo, is held to them without being listed anywhere.

use std::fmt;

use serde::Serialize;
use tokio_postgres::{Error, Transaction};

const POSTURE: &str = include_str!("lint/posture.sql");

/// One hole: the rule that found it and the object that has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// The rule's name, as in `lint/posture.sql`.
    pub rule: String,
    /// The table, index, policy, function or role concerned.
    pub object: String,
    /// Whether it is refused everywhere or only where production's measure applies.
    pub severity: Severity,
}

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A hole in this schema: refused everywhere.
    Error,
    /// The host's fault, not the schema's: refused when insisting.
    Warning,
}

/// What to do about warnings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// Warnings are reported: for a machine whose server is what its distribution ships.
    Advising,
    /// Warnings are refused as errors are: for deployments.
    Insisting,
}

impl Finding {
    /// Whether a database with this finding must not be used.
    pub fn is_refused(&self, strictness: Strictness) -> bool {
        self.severity == Severity::Error || strictness == Strictness::Insisting
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", self.rule, self.object)
    }
}

/// Everything the rules find, in the order of their names; empty is good.
///
/// Sees the transaction's own uncommitted changes, and narrows its `search_path`: the catalogue
/// prints a name in full only where the path does not lead to it.
pub async fn findings(transaction: &Transaction<'_>) -> Result<Vec<Finding>, Error> {
    transaction
        .batch_execute("SET LOCAL search_path = pg_catalog")
        .await?;
    let rows = transaction.query(POSTURE, &[]).await?;
    rows.iter()
        .map(|row| {
            Ok(Finding {
                rule: row.try_get("rule")?,
                object: row.try_get("object")?,
                severity: if row.try_get("refused")? {
                    Severity::Error
                } else {
                    Severity::Warning
                },
            })
        })
        .collect()
}
