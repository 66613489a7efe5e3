//! Figures beside their budgets, as a table with a verdict on each.

use std::fmt;

use super::{Budgets, Figures, Toolchain};

/// What a figure is to its budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Within,
    /// More than the budget and its tolerance.
    Exceeded,
    /// Less than the budget by more than the tolerance.
    Fallen,
    /// Nobody has set a budget.
    NoBudget,
    /// Nothing of this name was measured.
    NoFigure,
}

impl Verdict {
    fn of(budget: Option<(u64, u64)>, figure: Option<u64>) -> Self {
        let (Some((amount, tolerance_percent)), Some(figure)) = (budget, figure) else {
            return match figure {
                Some(_) => Self::NoBudget,
                None => Self::NoFigure,
            };
        };
        let [figure, amount] = [figure, amount].map(u128::from);
        let tolerance = u128::from(tolerance_percent);
        if figure * 100 > amount * (100 + tolerance) {
            Self::Exceeded
        } else if figure * 100 < amount * 100_u128.saturating_sub(tolerance) {
            Self::Fallen
        } else {
            Self::Within
        }
    }

    fn advice(self) -> &'static str {
        match self {
            Self::Within => "",
            Self::Exceeded => "over budget",
            Self::Fallen => "lower the budget",
            Self::NoBudget => "has no budget",
            Self::NoFigure => "was not measured",
        }
    }

    fn passes(self) -> bool {
        matches!(self, Self::Within | Self::Fallen)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    name: String,
    budget: Option<u64>,
    figure: Option<u64>,
    verdict: Verdict,
}

/// Figures beside their budgets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    unit: String,
    made_with: Toolchain,
    here: Toolchain,
    lines: Vec<Line>,
}

impl Budgets {
    /// Puts figures that were measured `here` beside the budgets.
    pub(super) fn compare(&self, figures: &Figures, here: &Toolchain) -> Comparison {
        let unmeasured = self
            .entries
            .keys()
            .filter(|name| !figures.contains_key(*name));
        let names = figures.keys().chain(unmeasured);
        let line = |name: &String| {
            let budget = self.entries.get(name);
            let bound = budget.map(|budget| (budget.amount, self.tolerance_percent(budget)));
            let figure = figures.get(name).copied();
            Line {
                name: name.clone(),
                budget: bound.map(|(amount, _)| amount),
                figure,
                verdict: Verdict::of(bound, figure),
            }
        };
        Comparison {
            unit: self.unit.clone(),
            made_with: self.made_with.clone(),
            here: here.clone(),
            lines: names.map(line).collect(),
        }
    }
}

impl Comparison {
    /// Whether nothing is over its budget.
    ///
    /// Of another architecture's budgets nothing can be said, so they forbid nothing.
    pub fn passed(&self) -> bool {
        !self.comparable() || self.lines.iter().all(|line| line.verdict.passes())
    }

    fn comparable(&self) -> bool {
        self.made_with.arch == self.here.arch
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |line: &Line| line.name.chars().count();
        let wide = self.lines.iter().map(name).chain([self.unit.len()]).max();
        let wide = wide.unwrap_or_default();
        writeln!(
            f,
            "{:wide$}  {:>13} {:>13} {:>9}",
            self.unit, "budget", "now", "change"
        )?;
        for line in &self.lines {
            let [budget, figure] = [line.budget, line.figure].map(grouped);
            let row = format!(
                "{:wide$}  {budget:>13} {figure:>13} {:>9}  {}",
                line.name,
                change(line),
                line.verdict.advice()
            );
            writeln!(f, "{}", row.trim_end())?;
        }
        let Toolchain { rustc, arch } = &self.made_with;
        if !self.comparable() {
            writeln!(f, "not compared: the budgets are for {arch}")
        } else if self.made_with == self.here {
            Ok(())
        } else {
            let now = &self.here.rustc;
            writeln!(
                f,
                "the budgets were made with rustc {rustc}, and this is {now}"
            )
        }
    }
}

/// How far a figure is from its budget, in percent with one decimal.
fn change(line: &Line) -> String {
    let (Some(budget @ 1..), Some(figure)) = (line.budget, line.figure) else {
        return String::new();
    };
    let [figure, budget] = [figure, budget].map(i128::from);
    let tenths = (figure - budget) * 1_000 / budget;
    let sign = if tenths < 0 { '-' } else { '+' };
    let tenths = tenths.abs();
    format!("{sign}{}.{} %", tenths / 10, tenths % 10)
}

/// A number with its thousands apart; empty for none.
fn grouped(number: Option<u64>) -> String {
    let digits = number.map(|number| number.to_string()).unwrap_or_default();
    let length = digits.len();
    let mut text = String::with_capacity(length + length / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (length - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::{Kind, Toolchain};
    use super::*;

    fn toolchain(rustc: &str, arch: &str) -> Toolchain {
        Toolchain {
            rustc: rustc.to_owned(),
            arch: arch.to_owned(),
        }
    }

    fn figures(named: &[(&str, u64)]) -> Figures {
        let owned = named
            .iter()
            .map(|(name, amount)| ((*name).to_owned(), *amount));
        owned.collect()
    }

    /// Budgets with a tolerance of 3 percent.
    fn budgets(named: &[(&str, u64)]) -> Budgets {
        let kind = Kind {
            file: "none.json",
            unit: "instructions",
            tolerance_percent: 3,
        };
        let here = toolchain("1.95.0", "x86_64");
        Budgets::none(&kind, here.clone()).replaced(&figures(named), here)
    }

    fn compare(budget: &[(&str, u64)], now: &[(&str, u64)]) -> Comparison {
        budgets(budget).compare(&figures(now), &toolchain("1.95.0", "x86_64"))
    }

    #[test]
    fn a_figure_is_within_exceeded_or_fallen() {
        for (figure, verdict, passed) in [
            (1_000, Verdict::Within, true),
            (1_030, Verdict::Within, true),
            (1_031, Verdict::Exceeded, false),
            (970, Verdict::Within, true),
            (969, Verdict::Fallen, true),
            (0, Verdict::Fallen, true),
        ] {
            let comparison = compare(&[("list", 1_000)], &[("list", figure)]);
            let [line] = comparison.lines.as_slice() else {
                panic!("{comparison}");
            };
            assert_eq!(line.verdict, verdict, "for {figure}");
            assert_eq!(comparison.passed(), passed, "for {figure}");
        }
    }

    #[test]
    fn a_budget_and_its_figure_need_each_other() {
        let renamed = compare(&[("list", 1_000)], &[("lists", 1_000)]);
        let verdicts: Vec<_> = renamed.lines.iter().map(|line| line.verdict).collect();
        assert_eq!(verdicts, [Verdict::NoBudget, Verdict::NoFigure]);
        assert!(!renamed.passed());
        assert!(!compare(&[], &[("list", 1)]).passed());
        assert!(!compare(&[("list", 1)], &[]).passed());
        assert!(compare(&[("list", 1)], &[("list", 1)]).passed());
    }

    #[test]
    fn a_figure_that_varies_has_a_tolerance_of_its_own() {
        let mut budgets = budgets(&[("list", 1_000), ("get", 1_000)]);
        budgets.entries.get_mut("list").unwrap().tolerance_percent = Some(10);
        let here = toolchain("1.95.0", "x86_64");
        let passes = |list, get| {
            let now = figures(&[("list", list), ("get", get)]);
            budgets.compare(&now, &here).passed()
        };
        assert!(passes(1_100, 1_000));
        assert!(!passes(1_101, 1_000));
        assert!(!passes(1_000, 1_100));
    }

    #[test]
    fn another_architecture_is_not_compared_and_another_compiler_is() {
        let (budgets, now) = (budgets(&[("list", 1_000)]), figures(&[("list", 2_000)]));
        let elsewhere = budgets.compare(&now, &toolchain("1.95.0", "aarch64"));
        assert!(elsewhere.passed());
        assert!(elsewhere.to_string().contains("not compared"));
        let later = budgets.compare(&now, &toolchain("1.96.0", "x86_64"));
        assert!(!later.passed());
        assert!(
            later
                .to_string()
                .contains("made with rustc 1.95.0, and this is 1.96.0")
        );
    }

    #[test]
    fn the_table_says_what_to_do() {
        let table = compare(
            &[("a", 1_000), ("b", 2_000_000), ("c", 400), ("d", 7)],
            &[("a", 1_010), ("b", 2_100_500), ("c", 300), ("e", 8)],
        );
        let expected = "\
instructions         budget           now    change
a                     1,000         1,010    +1.0 %
b                 2,000,000     2,100,500    +5.0 %  over budget
c                       400           300   -25.0 %  lower the budget
e                                       8            has no budget
d                         7                          was not measured
";
        assert_eq!(table.to_string(), expected);
    }
}
