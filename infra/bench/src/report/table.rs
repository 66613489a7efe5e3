//! The findings as tables for a terminal.

use std::fmt::{self, Display, Write as _};

use super::Report;
use super::bars::{self, Bound};
use crate::contest::warm::Warm;
use crate::entrants::FLOOR;
use crate::stats::Spread;

/// The tables of a whole run.
pub fn of(report: &Report) -> Result<String, fmt::Error> {
    let mut out = String::new();
    heading(&mut out, report)?;
    warm(&mut out, report)?;
    cold(&mut out, report)?;
    throughput(&mut out, report)?;
    writeln!(out, "\nWhat it must show")?;
    for bar in bars::of(report) {
        let (word, bound) = match bar.bound {
            Bound::AtMost(bound) => ("at most", bound),
            Bound::AtLeast(bound) => ("at least", bound),
        };
        let verdict = if bar.holds() { "holds" } else { "MISSED" };
        let (what, seen) = (&bar.what, Cell(bar.seen));
        writeln!(out, "  {verdict:6} {what:66} {seen:>24}  ({word} {bound})")?;
    }
    for missing in &report.missing {
        writeln!(out, "  not measured: {missing}")?;
    }
    Ok(out)
}

fn heading(out: &mut String, report: &Report) -> fmt::Result {
    let (machine, extent) = (&report.machine, &report.extent);
    writeln!(
        out,
        "{} cores of {}, {}",
        machine.cores, machine.processor, report.at
    )?;
    writeln!(
        out,
        "{} tenants with {} projects each; {} rounds; median (lowest – highest) of the rounds",
        extent.tenants, extent.rows, extent.rounds
    )
}

fn warm(out: &mut String, report: &Report) -> fmt::Result {
    writeln!(out, "\nGET /v2/projects, 50 rows and their total, warm")?;
    let columns = [
        "p50 µs",
        "p50 x floor",
        "p99 µs",
        "CPU µs",
        "CPU x floor",
        "peak MiB",
    ];
    head(out, &columns)?;
    let floor = report.warm_of(FLOOR);
    for warm in &report.warm {
        let to_floor = |ours: &[f64], of: fn(&Warm) -> &[f64]| {
            Cell(floor.map_or(Spread::of(Vec::new()), |floor| {
                Spread::of_ratios(ours, of(floor))
            }))
        };
        let cells = [
            Cell(Spread::of(warm.p50_us.clone())),
            to_floor(&warm.p50_us, |warm| &warm.p50_us),
            Cell(Spread::of(warm.p99_us.clone())),
            Cell(Spread::of(warm.cpu_us.clone())),
            to_floor(&warm.cpu_us, |warm| &warm.cpu_us),
            Cell(Spread::of(vec![warm.peak_mib])),
        ];
        row(out, warm.name, &cells)?;
    }
    Ok(())
}

fn cold(out: &mut String, report: &Report) -> fmt::Result {
    writeln!(out, "\nCold starts")?;
    head(
        out,
        &[
            "to first event ms",
            "CPU ms",
            "to first answer ms",
            "CPU ms",
            "peak MiB",
        ],
    )?;
    for cold in &report.cold {
        let columns = [
            &cold.to_next_ms,
            &cold.to_next_cpu_ms,
            &cold.to_answer_ms,
            &cold.to_answer_cpu_ms,
            &cold.peak_mib,
        ];
        row(
            out,
            cold.name,
            &columns.map(|values| Cell(Spread::of(values.clone()))),
        )?;
    }
    Ok(())
}

fn throughput(out: &mut String, report: &Report) -> fmt::Result {
    writeln!(out, "\nCalls per second")?;
    head(out, &["instances", "calls/s"])?;
    for one in &report.throughput {
        let (name, instances) = (one.name, one.instances);
        writeln!(
            out,
            "  {name:24} {instances:>26} {:>26}",
            Cell(Spread::of(one.per_second.clone()))
        )?;
    }
    writeln!(out, "\nAnswers per second over HTTP")?;
    head(out, &["callers", "answers/s", "failed"])?;
    for one in &report.http {
        let (name, callers, failed) = (&one.name, one.callers, one.failed);
        let per_second = Cell(Spread::of(one.per_second.clone()));
        writeln!(
            out,
            "  {name:24} {callers:>26} {per_second:>26} {failed:>26}"
        )?;
    }
    Ok(())
}

fn head(out: &mut String, columns: &[&str]) -> fmt::Result {
    write!(out, "  {:24}", "")?;
    for column in columns {
        write!(out, " {column:>26}")?;
    }
    writeln!(out)
}

fn row(out: &mut String, name: &str, cells: &[Cell]) -> fmt::Result {
    write!(out, "  {name:24}")?;
    for cell in cells {
        write!(out, " {cell:>26}")?;
    }
    writeln!(out)
}

/// A figure with its spread, with as many digits as it deserves.
struct Cell(Spread);

impl Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Spread { median, min, max } = self.0;
        let digits = match median {
            ..10.0 => 2,
            10.0..100.0 => 1,
            _ => 0,
        };
        f.pad(&format!(
            "{median:.digits$} ({min:.digits$} – {max:.digits$})"
        ))
    }
}
