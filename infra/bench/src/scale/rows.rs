//! The rows that months of work would have left, as lines that `COPY … FROM STDIN` takes.
//!
//! Rows of different tenants lie side by side, as they do where all work at the same time; the extra
//! tenants' are spread over the whole of it.

use std::fmt::Write as _;

use billing::period::Period;
use shared::clock::Clock;
use shared::hex;
use time::Date;

use super::place::{Extra, LARGE, SMALL, identity};

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// Every so many rows there is one of those that are removed after a while, or only added to.
const SELDOM: u64 = 5;

/// A row of each table, with the same identity in all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Made {
    /// Its number.
    number: u64,
    /// Its tenant's number.
    tenant: u64,
    /// When, in milliseconds since the month began.
    place: u64,
    /// Whether it is in the tables that have fewer rows.
    seldom: bool,
}

/// All rows of `tenants` tenants with `rows` each and of the two beyond them, in the order of time.
pub(super) fn made(tenants: u64, rows: u64) -> impl Iterator<Item = Made> {
    let all = tenants * rows;
    (0..=all).flat_map(move |place| {
        let usual = place.checked_sub(1).map(|before| Made {
            number: place,
            tenant: 1 + before % tenants,
            place,
            seldom: (before / tenants).is_multiple_of(SELDOM),
        });
        let extra = [SMALL, LARGE]
            .into_iter()
            .flat_map(move |extra| made_at(extra, tenants, all, place));
        usual.into_iter().chain(extra)
    })
}

/// Those of an extra tenant's rows that lie at `place`.
fn made_at(extra: Extra, tenants: u64, all: u64, place: u64) -> impl Iterator<Item = Made> {
    let first_from = |place: u64| (place * extra.rows).div_ceil(all).min(extra.rows);
    (first_from(place)..first_from(place + 1)).map(move |k| Made {
        number: extra.first + k,
        tenant: tenants + extra.after,
        place,
        seldom: k.is_multiple_of(SELDOM),
    })
}

/// A table that is filled.
#[derive(Debug, Clone, Copy)]
pub(super) enum Table {
    Projects,
    ProjectEvents,
    Answers,
    Reports,
    Usage,
}

impl Table {
    /// The statement that takes its lines.
    pub(super) fn copy(self) -> &'static str {
        match self {
            Self::Projects => {
                "COPY projects.projects (tenant_id, id, name, description, created_at, updated_at) FROM STDIN"
            }
            Self::ProjectEvents => {
                "COPY projects.outbox (tenant_id, id, type, data, dedup, occurred_at, sent_at, attempts) FROM STDIN"
            }
            Self::Answers => {
                "COPY projects.idempotency (tenant_id, key, fingerprint, status, headers, body, created_at) FROM STDIN"
            }
            Self::Reports => "COPY reports.reports (tenant_id, id, type, created_at) FROM STDIN",
            Self::Usage => {
                "COPY billing.usage_events (tenant_id, event_id, meter, quantity, occurred_at) FROM STDIN"
            }
        }
    }

    /// Whether it has this row.
    pub(super) fn has(self, made: &Made) -> bool {
        made.seldom || matches!(self, Self::Projects | Self::Reports)
    }
}

/// Writes lines, at times that are all of this month.
pub(super) struct Lines {
    first_day: Date,
}

impl Lines {
    pub(super) fn of_this_month() -> Self {
        let month = Period::month_of(Clock::System.now());
        Self {
            first_day: month.start.date(),
        }
    }

    /// Adds the line of a row to `out`.
    pub(super) fn write(&self, table: Table, made: &Made, out: &mut String) {
        let tenant = identity(0, made.tenant);
        let id = identity(made.number, made.tenant);
        let (at, number) = (self.at(made.place), made.number);
        // Writing to a String cannot fail.
        let _infallible = match table {
            Table::Projects => writeln!(
                out,
                "{tenant}\t{id}\tProject number {number}\tWhat the team of project {number} wants \
                 to have done by the end of the quarter.\t{at}\t{at}"
            ),
            Table::ProjectEvents => writeln!(
                out,
                "{tenant}\t{id}\tproject.created\t{{\"project_id\": \"{id}\"}}\t{id}\t{at}\t{at}\t1"
            ),
            Table::Answers => {
                let digest = hex::sha256(id.as_bytes());
                writeln!(
                    out,
                    "{tenant}\t{id}\t\\\\x{digest}\t201\t{{\"etag\": \"1\"}}\t{{\"id\":\"{id}\"}}\t{at}"
                )
            }
            Table::Reports => writeln!(out, "{tenant}\t{id}\tproject_summary\t{at}"),
            Table::Usage => {
                let meter = match made.place % 3 {
                    2 => "reports",
                    _ => "projects",
                };
                writeln!(out, "{tenant}\t{id}\t{meter}\t1\t{at}")
            }
        };
    }

    fn at(&self, place: u64) -> String {
        let days = i64::try_from(place / DAY_MS).unwrap_or(i64::MAX);
        let day = self.first_day.saturating_add(time::Duration::days(days));
        let ms = place % DAY_MS;
        let (hours, minutes, seconds) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
        format!(
            "{day} {hours:02}:{minutes:02}:{seconds:02}.{:03}+00",
            ms % 1_000
        )
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn everybody_has_the_rows_that_were_promised() {
        for (tenants, rows) in [(10, 3), (1_000, 150)] {
            let all: Vec<_> = made(tenants, rows).collect();
            let mut of = BTreeMap::new();
            for made in &all {
                *of.entry(made.tenant).or_insert(0) += 1;
            }
            assert_eq!(of.remove(&(tenants + SMALL.after)), Some(SMALL.rows));
            assert_eq!(of.remove(&(tenants + LARGE.after)), Some(LARGE.rows));
            assert_eq!(of.len() as u64, tenants);
            assert!(of.values().all(|found| *found == rows));
            assert!(all.is_sorted_by_key(|made| made.place));
            let mut numbers: Vec<_> = all.iter().map(|made| made.number).collect();
            numbers.sort_unstable();
            numbers.dedup();
            assert_eq!(numbers.len(), all.len(), "no number is another's");
        }
    }

    #[test]
    fn a_time_is_in_the_month_and_as_late_as_its_place() {
        let lines = Lines {
            first_day: Date::from_ordinal_date(2026, 32).unwrap(),
        };
        assert_eq!(lines.at(1), "2026-02-01 00:00:00.001+00");
        assert_eq!(lines.at(DAY_MS + 3_723_004), "2026-02-02 01:02:03.004+00");
    }
}
