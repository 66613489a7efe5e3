//! What the contributors of one rule come to.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Rule;

/// More contributors than this are not kept apart.
const CONTRIBUTORS_MAX: usize = 100_000;

/// A contributor and what it comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Contributor {
    /// The values of the rule's keys.
    pub keys: Vec<String>,
    /// The number of its lines, or the sum of a field of theirs.
    pub value: f64,
}

/// A rule and what it has seen so far.
#[derive(Debug, Clone)]
pub struct Tally {
    rule: Rule,
    values: BTreeMap<Vec<String>, f64>,
}

impl Tally {
    /// A tally that has seen nothing.
    pub fn new(rule: Rule) -> Self {
        Self {
            rule,
            values: BTreeMap::new(),
        }
    }

    /// The rule.
    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// Takes a line into account. Once 100,000 contributors are known, further ones are passed over.
    pub fn see(&mut self, line: &Value) {
        let Some((keys, value)) = self.rule.contribution(line) else {
            return;
        };
        let is_full = self.values.len() >= CONTRIBUTORS_MAX;
        if !is_full || self.values.contains_key(&keys) {
            *self.values.entry(keys).or_default() += value;
        }
    }

    /// What all contributors come to together.
    pub fn sum(&self) -> f64 {
        self.values.values().sum()
    }

    /// The contributors, the largest first.
    pub fn ranked(&self) -> Vec<Contributor> {
        let mut ranked: Vec<_> = self
            .values
            .iter()
            .map(|(keys, value)| Contributor {
                keys: keys.clone(),
                value: *value,
            })
            .collect();
        ranked.sort_by(|one, other| other.value.total_cmp(&one.value));
        ranked
    }
}
