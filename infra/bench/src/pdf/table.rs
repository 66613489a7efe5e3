//! What was measured as a table, and what it must show.

use std::fmt::{self, Write as _};

use super::{Engine, Measured};

/// What must be seen.
struct Bar {
    what: &'static str,
    seen: Option<f64>,
    bound: Bound,
}

enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

/// The table of a run.
///
/// # Errors
///
/// Writing into a string does not fail.
pub fn of(found: &[Measured]) -> Result<String, fmt::Error> {
    let mut out = String::new();
    writeln!(
        out,
        "{:>9}  {:18} {:>11} {:>11} {:>10} {:>12} {:>8} {:>8}",
        "rows", "", "CPU ms", "wall ms", "peak MiB", "bytes", "CPU x", "wall x"
    )?;
    for one in found {
        let own = of_engine(found, Engine::Tenantry, one.rows);
        let ratio = |value: fn(&Measured) -> f64| own.map_or(0.0, |own| value(one) / value(own));
        writeln!(
            out,
            "{:>9}  {:18} {:>11.1} {:>11.1} {:>10.1} {:>12} {:>8.1} {:>8.1}",
            one.rows,
            one.engine.name(),
            one.cpu_ms,
            one.wall_ms,
            one.peak_mib,
            one.bytes,
            ratio(|measured| measured.cpu_ms),
            ratio(|measured| measured.wall_ms),
        )?;
    }
    writeln!(out, "\nWhat it must show")?;
    for bar in bars(found) {
        let (word, bound, holds) = match bar.bound {
            Bound::AtMost(bound) => ("at most", bound, bar.seen.map(|seen| seen <= bound)),
            Bound::AtLeast(bound) => ("at least", bound, bar.seen.map(|seen| seen >= bound)),
        };
        let verdict = match holds {
            Some(true) => "holds",
            Some(false) => "MISSED",
            None => "absent",
        };
        let seen = bar.seen.map_or("-".to_owned(), |seen| format!("{seen:.2}"));
        writeln!(
            out,
            "  {verdict:6} {:62} {seen:>10}  ({word} {bound})",
            bar.what
        )?;
    }
    Ok(out)
}

fn of_engine(found: &[Measured], engine: Engine, rows: u32) -> Option<&Measured> {
    let mut all = found.iter();
    all.find(|one| one.engine == engine && one.rows == rows)
}

fn bars(found: &[Measured]) -> Vec<Bar> {
    let own = |rows| of_engine(found, Engine::Tenantry, rows);
    let against = |engine, rows| {
        let peer = of_engine(found, engine, rows)?;
        Some(peer.cpu_ms / own(rows)?.cpu_ms)
    };
    let peak = |rows| own(rows).map(|one| one.peak_mib);
    let per_row = |rows: u32| own(rows).map(|one| one.cpu_ms / f64::from(rows));
    let growth = per_row(100_000)
        .zip(per_row(10_000))
        .map(|(large, small)| large / small);
    let bar = |what, seen, bound| Bar { what, seen, bound };
    vec![
        bar(
            "CPU of ReportLab's canvas at 10,000 rows, x ours",
            against(Engine::Canvas, 10_000),
            Bound::AtLeast(10.0),
        ),
        bar(
            "CPU of ReportLab's tables at 10,000 rows, x ours",
            against(Engine::Tables, 10_000),
            Bound::AtLeast(20.0),
        ),
        bar(
            "CPU of Chromium at 10,000 rows, x ours",
            against(Engine::Chromium, 10_000),
            Bound::AtLeast(100.0),
        ),
        bar("MiB at 100,000 rows", peak(100_000), Bound::AtMost(64.0)),
        bar(
            "MiB at 1,000,000 rows",
            peak(1_000_000),
            Bound::AtMost(160.0),
        ),
        bar(
            "CPU per row at 100,000 rows, x that at 10,000",
            growth,
            Bound::AtMost(1.2),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(engine: Engine, rows: u32, cpu_ms: f64, peak_mib: f64) -> Measured {
        Measured {
            engine,
            rows,
            cpu_ms,
            wall_ms: cpu_ms,
            peak_mib,
            bytes: 1,
        }
    }

    #[test]
    fn a_bar_holds_is_missed_or_has_nothing_to_show() {
        let found = [
            measured(Engine::Tenantry, 10_000, 100.0, 15.0),
            measured(Engine::Canvas, 10_000, 1_000.0, 40.0),
            measured(Engine::Tables, 10_000, 1_999.0, 90.0),
            measured(Engine::Tenantry, 100_000, 1_201.0, 64.0),
        ];
        let table = of(&found).unwrap();
        let verdict = |what: &str| {
            let line = table.lines().rfind(|line| line.contains(what)).unwrap();
            line.split_whitespace().next().unwrap().to_owned()
        };
        assert_eq!(verdict("canvas at 10,000"), "holds");
        assert_eq!(verdict("tables at 10,000"), "MISSED");
        assert_eq!(verdict("Chromium at 10,000"), "absent");
        assert_eq!(verdict("MiB at 100,000"), "holds");
        assert_eq!(verdict("MiB at 1,000,000"), "absent");
        assert_eq!(verdict("x that at 10,000"), "MISSED");
    }
}
