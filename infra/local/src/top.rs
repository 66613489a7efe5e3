//! `local top`: which tenants use a stack most, by the rules that rank them in a deployment.

use std::{fmt, path::Path};

use crate::insights::{self, InsightsError, Rule, Tally};

/// The rules, in the checkout.
pub const RULES: &str = "infra/monitoring/tenants.yaml";
/// So many tenants are shown for each rule.
const SHOWN_MAX: usize = 10;

/// The tenants of a stack, ranked.
#[derive(Debug)]
pub struct Top {
    lines: u64,
    tallies: Vec<Tally>,
}

impl Top {
    /// Ranks the tenants in the logs of the stack in `folder` by the rules of the checkout at `root`.
    ///
    /// # Errors
    ///
    /// See [`InsightsError`].
    pub fn of(folder: &Path, root: &Path) -> Result<Self, InsightsError> {
        let path = root.join(RULES);
        let text = std::fs::read_to_string(&path);
        let text = text.map_err(|source| InsightsError::File { path, source })?;
        let mut tallies: Vec<Tally> = Rule::all(&text)?.into_iter().map(Tally::new).collect();
        let lines = insights::each_line(&folder.join("logs"), |line| {
            for tally in &mut tallies {
                tally.see(line);
            }
        })?;
        Ok(Self { lines, tallies })
    }
}

impl fmt::Display for Top {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "From {} lines of the functions' logs", self.lines)?;
        for tally in &self.tallies {
            let unit = match tally.rule().value_of() {
                Some(field) if field.ends_with("_ms") => ", in ms",
                _ => "",
            };
            write!(f, "\n\n{}{unit}", words(&tally.rule().id))?;
            let (ranked, sum) = (tally.ranked(), tally.sum());
            if ranked.is_empty() {
                write!(f, "\n  nobody")?;
            }
            for one in ranked.iter().take(SHOWN_MAX) {
                let part = if sum > 0.0 {
                    100.0 * one.value / sum
                } else {
                    0.0
                };
                let keys = one.keys.join(" ");
                write!(f, "\n  {:>12.0} {part:>4.0} %  {keys}", one.value)?;
            }
            if ranked.len() > SHOWN_MAX {
                write!(f, "\n  and {} more", ranked.len() - SHOWN_MAX)?;
            }
        }
        Ok(())
    }
}

/// `TenantsByCalls` as `Tenants by calls`.
fn words(id: &str) -> String {
    let mut words = String::new();
    for letter in id.chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push(' ');
            words.extend(letter.to_lowercase());
        } else {
            words.push(letter);
        }
    }
    words
}
