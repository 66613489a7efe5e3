//! Each limit holds with a typed error, and not one step earlier.

use std::{
    env, io,
    process::Command,
    time::{Duration, Instant},
};

use report_worker::{
    pdf::{Limit, RenderError, render},
    report::{Limits, Row, RowSource, RowSpool},
};

use crate::fixture::{chart, report, rows, spool, theme, try_render};

fn limited(limits: &Limits, number: usize) -> Result<u32, RenderError> {
    let (summary, _) = try_render(&report(), &mut spool(&rows(number)), limits)?;
    Ok(summary.pages)
}

#[test]
fn rows_pages_and_bytes_end_at_their_limits() {
    let free = Limits::default();
    let pages = limited(&free, 100).unwrap();
    let (summary, _) = try_render(&report(), &mut spool(&rows(100)), &free).unwrap();

    let exact = Limits {
        rows: 100,
        pages,
        bytes: summary.bytes,
        deadline: Some(Instant::now() + Duration::from_hours(1)),
    };
    assert_eq!(limited(&exact, 100).unwrap(), pages);

    for (limits, what, most) in [
        (
            Limits {
                rows: 99,
                ..free.clone()
            },
            Limit::Rows,
            99,
        ),
        (
            Limits {
                pages: pages - 1,
                ..free.clone()
            },
            Limit::Pages,
            u64::from(pages - 1),
        ),
        (
            Limits {
                bytes: summary.bytes - 1,
                ..free.clone()
            },
            Limit::Bytes,
            summary.bytes - 1,
        ),
    ] {
        let error = limited(&limits, 100).unwrap_err();
        assert!(error.is_permanent(), "{error}");
        match error {
            RenderError::TooLarge { limit, max } => assert_eq!((limit, max), (what, most)),
            other => panic!("{what:?}: {other}"),
        }
    }
}

#[test]
fn nothing_is_written_when_there_are_too_many_rows() {
    let limits = Limits {
        rows: 10,
        ..Limits::default()
    };
    let mut out = Vec::new();
    let mut rows = spool(&rows(11));
    let error = render(&report(), &theme(), &mut rows, &limits, &mut out).unwrap_err();
    assert_eq!(error.to_string(), "the report has more than 10 rows");
    assert!(out.is_empty());
}

#[test]
fn rows_that_fit_no_column_are_refused() {
    for cells in [&["one"; 5][..], &["one"; 7], &[]] {
        let mut spool = RowSpool::new(2);
        spool.push(["a"; 6]).unwrap();
        spool.push(cells.iter().copied()).unwrap();
        let error = try_render(&report(), &mut spool.finish().unwrap(), &Limits::default());
        match error.unwrap_err() {
            RenderError::RowShape {
                row,
                found,
                columns,
            } => {
                assert_eq!((row, found, columns), (2, cells.len(), 6));
            }
            other => panic!("{other}"),
        }
    }
}

/// Gives other rows in the second pass than in the first.
struct Changing {
    passes: u32,
    given: u32,
    rows: fn(pass: u32) -> (u32, &'static str),
}

impl RowSource for Changing {
    fn rewind(&mut self) -> io::Result<()> {
        self.passes += 1;
        self.given = 0;
        Ok(())
    }

    fn next_row(&mut self, row: &mut Row) -> io::Result<bool> {
        let (number, text) = (self.rows)(self.passes);
        row.clear();
        for _ in 0..6 {
            row.push(text);
        }
        self.given += 1;
        Ok(self.given <= number)
    }
}

#[test]
fn rows_must_be_the_same_in_both_passes() {
    type Rows = fn(u32) -> (u32, &'static str);
    let same: Rows = |_| (5, "same");
    let fewer: Rows = |pass| (6 - pass, "same");
    let more: Rows = |pass| (5 + pass, "same");
    let higher: Rows = |pass| {
        (
            5,
            if pass == 1 {
                "low"
            } else {
                "as high as several lines are"
            },
        )
    };
    for (rows, fails) in [(same, false), (fewer, true), (more, true), (higher, true)] {
        let mut source = Changing {
            passes: 0,
            given: 0,
            rows,
        };
        let result = try_render(&report(), &mut source, &Limits::default());
        assert_eq!(
            matches!(result, Err(RenderError::RowsChanged)),
            fails,
            "{result:?}"
        );
        assert_eq!(result.is_ok(), !fails);
    }
}

#[test]
fn blocks_hold_what_a_page_can_show() {
    let mut figures = report();
    figures.figures = vec![figures.figures[0].clone(); 9];
    let mut bars = report();
    let mut wide = chart();
    wide.bars = vec![wide.bars[0].clone(); 32];
    bars.charts = vec![wide.into()];
    let mut columns = report();
    columns.table.columns = vec![columns.table.columns[0].clone(); 13];
    for (report, what) in [
        (figures, Limit::Figures),
        (bars, Limit::Bars),
        (columns, Limit::Columns),
    ] {
        match try_render(&report, &mut spool(&[]), &Limits::default()).unwrap_err() {
            RenderError::TooLarge { limit, .. } => assert_eq!(limit, what),
            other => panic!("{what:?}: {other}"),
        }
    }
    let mut totals = report();
    totals.table.totals.pop();
    let error = try_render(&totals, &mut spool(&[]), &Limits::default()).unwrap_err();
    assert!(
        matches!(
            error,
            RenderError::TableShape {
                columns: 6,
                totals: 5
            }
        ),
        "{error}"
    );
}

/// A disk that is full after so many bytes.
struct Full(usize);

impl io::Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self
            .0
            .checked_sub(bytes.len())
            .ok_or_else(|| io::Error::from(io::ErrorKind::StorageFull))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_output_that_fails_is_worth_another_try() {
    let mut rows = spool(&rows(2_000));
    let limits = Limits::default();
    let error = render(&report(), &theme(), &mut rows, &limits, &mut Full(100_000)).unwrap_err();
    assert!(matches!(error, RenderError::Output(_)), "{error}");
    assert!(!error.is_permanent());
}

#[test]
fn the_limit_of_rows_comes_from_the_environment() {
    const EXPECTED: &str = "EXPECTED_ROWS";
    if let Some(expected) = env::var_os(EXPECTED) {
        let rows =
            Limits::from_environment().map_or("invalid".to_owned(), |found| found.rows.to_string());
        assert_eq!(rows.as_str(), expected);
        return;
    }
    // This test again, in an environment of its own.
    for (set, expected) in [
        (None, "50000"),
        (Some("7"), "7"),
        (Some("many"), "invalid"),
        (Some("-1"), "invalid"),
    ] {
        let mut again = Command::new(env::current_exe().unwrap());
        again.args([
            "--exact",
            "limits::the_limit_of_rows_comes_from_the_environment",
        ]);
        again.env_remove("REPORT_ROWS_MAX").env(EXPECTED, expected);
        if let Some(set) = set {
            again.env("REPORT_ROWS_MAX", set);
        }
        let output = again.output().unwrap();
        let printed = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{set:?}: {printed}");
        assert!(printed.contains("1 passed"), "{printed}");
    }
}
