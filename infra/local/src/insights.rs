//! Contributor Insights on this machine: the rules that rank tenants in a deployment rank them here.
//!
//! The rules are those of `infra/monitoring/tenants.yaml`, and what they read are the lines that the
//! functions write. How a rule works is
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/ContributorInsights-RuleSyntax.html>.

mod logs;
mod rule;
mod tally;

use std::{io, path::PathBuf};

pub use logs::each_line;
pub use rule::Rule;
pub use tally::{Contributor, Tally};

/// Why nobody can be ranked; each text is one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InsightsError {
    /// A file cannot be read.
    #[error("{}: {source}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The rules' template is none.
    #[error(transparent)]
    Template(#[from] crate::template::TemplateError),
    /// A rule is none, or says more than is understood here.
    #[error("{rule}: {reason}")]
    Rule {
        /// Its logical id.
        rule: String,
        /// What is wrong.
        reason: String,
    },
}
