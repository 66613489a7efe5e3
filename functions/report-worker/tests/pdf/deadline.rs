//! Time runs out on any page, of either pass.

use std::{
    io, thread,
    time::{Duration, Instant},
};

use report_worker::{
    pdf::RenderError,
    report::{Limits, Row, RowSource, SpooledRows},
};

use crate::fixture::{report, rows, spool, try_render};

/// Rows without end, and a clock that has run out when so many were read.
struct Endless {
    read: u32,
}

impl RowSource for Endless {
    fn rewind(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn next_row(&mut self, row: &mut Row) -> io::Result<bool> {
        self.read += 1;
        row.clear();
        for cell in ["2025-01-01", "Endless", "API requests", "1", "2", "3"] {
            row.push(cell);
        }
        Ok(true)
    }
}

#[test]
fn the_deadline_ends_both_passes() {
    let past = Limits {
        deadline: Some(Instant::now()),
        ..Limits::default()
    };
    let error = try_render(&report(), &mut spool(&rows(3)), &past).unwrap_err();
    assert!(
        matches!(error, RenderError::OutOfTime { pages: 0 }),
        "{error}"
    );

    let soon = Limits {
        deadline: Some(Instant::now() + Duration::from_millis(30)),
        rows: u32::MAX,
        pages: u32::MAX,
        ..Limits::default()
    };
    let mut endless = Endless { read: 0 };
    let error = try_render(&report(), &mut endless, &soon).unwrap_err();
    assert!(matches!(error, RenderError::OutOfTime { .. }), "{error}");
    assert!(endless.read > 0);
}

/// Rows that can be read once in time; when they are read again, it is over.
struct Slow {
    rows: SpooledRows,
    deadline: Instant,
    passes: u32,
}

impl RowSource for Slow {
    fn rewind(&mut self) -> io::Result<()> {
        self.passes += 1;
        if self.passes == 2 {
            thread::sleep(self.deadline.saturating_duration_since(Instant::now()));
        }
        self.rows.rewind()
    }

    fn next_row(&mut self, row: &mut Row) -> io::Result<bool> {
        self.rows.next_row(row)
    }
}

#[test]
fn the_deadline_ends_a_document_between_its_pages() {
    let deadline = Instant::now() + Duration::from_secs(4);
    let limits = Limits {
        deadline: Some(deadline),
        ..Limits::default()
    };
    let mut slow = Slow {
        rows: spool(&rows(100)),
        deadline,
        passes: 0,
    };
    let error = try_render(&report(), &mut slow, &limits).unwrap_err();
    assert!(
        matches!(error, RenderError::OutOfTime { pages: 1 }),
        "{error}"
    );
    assert_eq!(slow.passes, 2);
}
