//! Figures and tables as text, in Markdown.

use std::iter;

/// A table whose first column is aligned left and the others right.
#[derive(Debug, Clone)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with this head and no rows.
    pub fn new<const COLUMNS: usize>(head: [&str; COLUMNS]) -> Self {
        Self {
            rows: vec![head.map(str::to_owned).to_vec()],
        }
    }

    /// Appends a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The table in Markdown, with its columns aligned for reading as plain text too.
    pub fn markdown(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns).map(|column| self.width(column)).collect();
        let mut lines = self.rows.iter().map(|row| line(row, &widths));
        let head = lines.next().unwrap_or_default();
        let lines = iter::once(head).chain([rule(&widths)]).chain(lines);
        lines.collect()
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        let longest = cells.map(|cell| cell.chars().count()).max();
        longest.unwrap_or(0).max(3)
    }
}

fn line(row: &[String], widths: &[usize]) -> String {
    let cells = row.iter().zip(widths).enumerate();
    let cells = cells.map(|(column, (cell, width))| match column {
        0 => format!("| {cell:<width$} "),
        _ => format!("| {cell:>width$} "),
    });
    cells.chain(["|\n".to_owned()]).collect()
}

fn rule(widths: &[usize]) -> String {
    let rules = widths.iter().enumerate().map(|(column, width)| {
        let dashes = "-".repeat(width + 1);
        match column {
            0 => format!("|{dashes}-"),
            _ => format!("|{dashes}:"),
        }
    });
    rules.chain(["|\n".to_owned()]).collect()
}

/// A whole number as a real one.
#[expect(
    clippy::cast_precision_loss,
    reason = "exact up to 2^53, and nothing here is counted that far"
)]
pub fn real(number: u64) -> f64 {
    number as f64
}

/// A number with commas between its thousands, as `1,234` or `1,234.5`.
pub fn grouped(number: f64, decimals: usize) -> String {
    let text = format!("{number:.decimals$}");
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (position, digit) in whole.chars().enumerate() {
        if position > 0 && (whole.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + rest
}

/// A whole number with commas between its thousands.
pub fn count(number: u64) -> String {
    grouped(real(number), 0)
}

/// A part of a whole in percent; `-` when there is no whole.
pub fn percent(part: u64, whole: u64) -> String {
    match whole {
        0 => "-".to_owned(),
        _ => format!("{:.1} %", 100.0 * real(part) / real(whole)),
    }
}

/// A ratio; `-` when the second number is 0.
pub fn ratio(number: u64, to: u64, decimals: usize) -> String {
    match to {
        0 => "-".to_owned(),
        _ => grouped(real(number) / real(to), decimals),
    }
}

/// An amount of dollars: with cents below a hundred.
pub fn dollars(amount: f64) -> String {
    let decimals = if amount < 100.0 { 2 } else { 0 };
    format!("${}", grouped(amount, decimals))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_easily() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(grouped(12_345.678, 1), "12,345.7");
        assert_eq!(dollars(0.625), "$0.62");
        assert_eq!(dollars(1_200.4), "$1,200");
        assert_eq!(percent(1, 8), "12.5 %");
        assert_eq!(ratio(3, 0, 2), "-");
        assert_eq!(ratio(2, 3, 3), "0.667");
    }

    #[test]
    fn a_table_is_markdown() {
        let mut table = Table::new(["part", "cost"]);
        table.row(["logs".to_owned(), "$0.57".to_owned()]);
        let lines = ["| part |  cost |", "|------|------:|", "| logs | $0.57 |\n"];
        assert_eq!(table.markdown(), lines.join("\n"));
    }
}
