//! What must not grow unnoticed: figures of a build, and the budgets for them that the repository
//! keeps in `infra/bench/budgets`.
//!
//! A figure beyond its budget's tolerance fails, and so do one without a budget and a budget
//! without a figure: a guard must not fall asleep because something was renamed. A figure that has
//! fallen as far is told of, so that the budget follows it down.

mod table;
mod toolchain;

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::{fs, str};

use local::project;
use serde::{Deserialize, Serialize};

pub use table::Comparison;
pub use toolchain::Toolchain;

/// Why figures and budgets could not be compared; each text is one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BudgetError {
    /// The file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file holds no budgets.
    #[error("{}: {source}", path.display())]
    Content {
        /// Which one.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The comparison could not be shown.
    #[error("standard output: {0}")]
    Show(io::Error),
}

/// A file of budgets and what its figures are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// The file's name in `infra/bench/budgets`.
    pub file: &'static str,
    /// What is counted.
    pub unit: &'static str,
    /// How much more than its budget a figure may be, when the file is made.
    pub tolerance_percent: u64,
}

/// The content of a file of budgets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budgets {
    unit: String,
    made_with: Toolchain,
    tolerance_percent: u64,
    #[serde(rename = "budgets")]
    entries: BTreeMap<String, Budget>,
}

/// What one figure may be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Budget {
    amount: u64,
    /// Instead of the file's tolerance, where a figure varies by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tolerance_percent: Option<u64>,
    /// Why it varies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Figures by their names.
pub type Figures = BTreeMap<String, u64>;

/// Compares figures with their budgets and shows the table, or makes them the budgets.
///
/// Answers whether they are within their budgets.
///
/// # Errors
///
/// See [`BudgetError`].
pub fn settle(kind: &Kind, figures: &Figures, write: bool) -> Result<bool, BudgetError> {
    let path = project::root().join("infra/bench/budgets").join(kind.file);
    let here = Toolchain::here();
    let budgets = match Budgets::read(&path) {
        Err(BudgetError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            Budgets::none(kind, here.clone())
        }
        read => read?,
    };
    let comparison = budgets.compare(figures, &here);
    show(&comparison)?;
    if write {
        budgets.replaced(figures, here).write(&path)?;
    }
    Ok(write || comparison.passed())
}

fn show(comparison: &Comparison) -> Result<(), BudgetError> {
    let mut out = io::stdout().lock();
    write!(out, "{comparison}").map_err(BudgetError::Show)
}

impl Budgets {
    fn none(kind: &Kind, made_with: Toolchain) -> Self {
        Self {
            unit: kind.unit.to_owned(),
            made_with,
            tolerance_percent: kind.tolerance_percent,
            entries: BTreeMap::new(),
        }
    }

    fn read(path: &Path) -> Result<Self, BudgetError> {
        let text = fs::read(path).map_err(|source| BudgetError::File {
            path: path.to_owned(),
            source,
        })?;
        serde_json::from_slice(&text).map_err(|source| BudgetError::Content {
            path: path.to_owned(),
            source,
        })
    }

    fn write(&self, path: &Path) -> Result<(), BudgetError> {
        let text = serde_json::to_string_pretty(self).map_err(|source| BudgetError::Content {
            path: path.to_owned(),
            source,
        })?;
        fs::write(path, text + "\n").map_err(|source| BudgetError::File {
            path: path.to_owned(),
            source,
        })
    }

    /// The same with these figures as budgets; what was said of a figure's tolerance stays.
    fn replaced(mut self, figures: &Figures, made_with: Toolchain) -> Self {
        let budget = |(name, amount): (&String, &u64)| {
            let mut budget = self.entries.remove(name).unwrap_or_default();
            budget.amount = *amount;
            (name.clone(), budget)
        };
        self.entries = figures.iter().map(budget).collect();
        Self { made_with, ..self }
    }

    fn tolerance_percent(&self, budget: &Budget) -> u64 {
        budget.tolerance_percent.unwrap_or(self.tolerance_percent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: Kind = Kind {
        file: "none.json",
        unit: "bytes",
        tolerance_percent: 5,
    };

    fn toolchain(rustc: &str) -> Toolchain {
        Toolchain {
            rustc: rustc.to_owned(),
            arch: "x86_64".to_owned(),
        }
    }

    fn figures(named: &[(&str, u64)]) -> Figures {
        let owned = named
            .iter()
            .map(|(name, amount)| ((*name).to_owned(), *amount));
        owned.collect()
    }

    #[test]
    fn written_budgets_are_the_figures_and_keep_their_tolerances() {
        let mut budgets = Budgets::none(&KIND, toolchain("1.95.0"));
        budgets = budgets.replaced(&figures(&[("a", 1), ("b", 2)]), toolchain("1.95.0"));
        let noisy = budgets.entries.get_mut("b").unwrap();
        (noisy.tolerance_percent, noisy.reason) = (Some(9), Some("of the wind".to_owned()));

        let budgets = budgets.replaced(&figures(&[("b", 20), ("c", 30)]), toolchain("1.96.0"));
        let names: Vec<_> = budgets.entries.keys().collect();
        assert_eq!(names, ["b", "c"]);
        assert_eq!(budgets.made_with, toolchain("1.96.0"));
        let noisy = &budgets.entries["b"];
        assert_eq!((noisy.amount, noisy.tolerance_percent), (20, Some(9)));
        assert_eq!(budgets.tolerance_percent(noisy), 9);
        assert_eq!(budgets.tolerance_percent(&budgets.entries["c"]), 5);
    }

    #[test]
    fn a_file_is_read_as_it_was_written() {
        let budgets = Budgets::none(&KIND, toolchain("1.95.0"));
        let budgets = budgets.replaced(&figures(&[("a", 1)]), toolchain("1.95.0"));
        let text = serde_json::to_string(&budgets).unwrap();
        assert_eq!(serde_json::from_str::<Budgets>(&text).unwrap(), budgets);
        let unknown = text.replace("\"unit\"", "\"units\"");
        assert!(serde_json::from_str::<Budgets>(&unknown).is_err());
    }

    #[test]
    fn the_repository_has_budgets_for_both_kinds() {
        for kind in [crate::counts::INSTRUCTIONS, crate::sizes::SIZES] {
            let path = project::root().join("infra/bench/budgets").join(kind.file);
            let budgets = Budgets::read(&path).unwrap();
            assert_eq!(budgets.unit, kind.unit);
            assert_eq!(budgets.tolerance_percent, kind.tolerance_percent);
            assert!(!budgets.entries.is_empty());
        }
    }
}
