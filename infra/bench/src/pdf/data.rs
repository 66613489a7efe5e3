//! Rows that look like a tenant's: names in many scripts, most of them in Latin letters.

use std::{
    fs::File,
    io::{self, BufWriter, Write as _},
    path::Path,
};

use crate::simulate::random::Random;

const SEED: u64 = 42;
const LATIN: [&str; 12] = [
    "Harbour Analytics",
    "Blue Finch Logistics",
    "Orchid Payroll",
    "Copper Ledger",
    "Atlas Telemetry",
    "Granite Dispatch",
    "Pelican Water",
    "Tern & Gull Imports",
    "Façade Ingénierie",
    "Müller Öl GmbH",
    "Zażółć Gęślą",
    "Ångström Labs",
];
/// The other scripts, and of a hundred rows how many each has, counted up.
const OTHERS: [(u64, [&str; 3]); 5] = [
    (6, ["Ηλιακά Πάρκα", "Δίκτυο Θεσσαλονίκης", "Ναυτιλία"]),
    (
        12,
        ["Северный порт", "Українські дороги", "Български софтуер"],
    ),
    (16, ["東京配送サービス", "上海智能物流", "서울 데이터 센터"]),
    (
        19,
        ["شركة النور للتقنية", "ميناء الإسكندرية 24/7", "خدمات الخليج"],
    ),
    (20, ["🚀 Launchpad", "Garden 🌱 Ops", "Café ☕ Chain"]),
];
const METRICS: [&str; 5] = [
    "API requests",
    "Stored GiB-hours",
    "Compute seconds",
    "Egress GiB",
    "Active seats",
];

/// Writes rows, one per line, with tabs between their cells; equal numbers give equal files.
pub(super) fn write(rows: u32, path: &Path) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    let mut random = Random::new(SEED);
    for row in 0..rows {
        let name = name(&mut random);
        let metric = pick(&METRICS, &mut random);
        let (quantity, price) = (random.between(1, 250_000), random.between(100, 900_000));
        let cents = quantity * price / 10_000;
        let (month, day) = (row * 12 / rows.max(1) + 1, row % 28 + 1);
        writeln!(
            out,
            "2025-{month:02}-{day:02}\t{name}\t{metric}\t{}\t{}.{:04}\t{}.{:02}",
            grouped(quantity),
            price / 1_000_000,
            price % 1_000_000 / 100,
            grouped(cents / 100),
            cents % 100
        )?;
    }
    out.flush()
}

fn name(random: &mut Random) -> String {
    let share = random.below(100);
    match OTHERS.iter().find(|(below, _)| share < *below) {
        Some((_, names)) => pick(names, random).to_owned(),
        None => format!("{} {}", pick(&LATIN, random), random.between(1, 40)),
    }
}

fn pick(from: &[&'static str], random: &mut Random) -> &'static str {
    let index = random.below(u64::try_from(from.len()).unwrap_or(0));
    let index = usize::try_from(index).unwrap_or(0);
    from.get(index).copied().unwrap_or_default()
}

/// A number with its thousands apart.
fn grouped(number: u64) -> String {
    match number {
        0..1_000 => number.to_string(),
        _ => format!("{},{:03}", grouped(number / 1_000), number % 1_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_are_the_same_each_time_and_in_every_script() {
        let path = std::env::temp_dir().join(format!("bench-rows-{}.tsv", std::process::id()));
        let read = || {
            write(2_000, &path).unwrap();
            std::fs::read_to_string(&path).unwrap()
        };
        let text = read();
        assert_eq!(text, read());
        std::fs::remove_file(&path).unwrap();
        assert_eq!(text.lines().count(), 2_000);
        assert!(text.lines().all(|line| line.split('\t').count() == 6));
        for (_, names) in OTHERS {
            assert!(names.iter().all(|name| text.contains(name)), "{names:?}");
        }
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}
