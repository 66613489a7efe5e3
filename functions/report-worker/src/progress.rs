//! How far a rendering is, and the way to stop it: shared between its thread and the one that watches.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::report::{Row, RowSource};

/// Rows drawn, and rows in all; neither is known while the page breaks are looked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rows {
    /// Drawn so far.
    pub done: Option<i32>,
    /// In all.
    pub total: Option<i32>,
}

/// What the two sides know of each other.
#[derive(Debug, Default)]
pub struct Progress {
    read: AtomicU32,
    total: AtomicU32,
    stopped: AtomicBool,
}

impl Progress {
    /// How far it is.
    pub fn rows(&self) -> Rows {
        let whole = |number: &AtomicU32| i32::try_from(number.load(Ordering::Relaxed)).ok();
        match whole(&self.total) {
            Some(0) | None => Rows::default(),
            total => Rows {
                done: whole(&self.read),
                total,
            },
        }
    }

    /// Makes the next row the rendering's last.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Whether it was stopped.
    pub fn stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    fn begin_pass(&self) {
        let read = self.read.swap(0, Ordering::Relaxed);
        self.total.fetch_max(read, Ordering::Relaxed);
    }
}

/// Rows that are counted as they are read, and that end in an error once they are stopped.
#[derive(Debug)]
pub struct Watched<R> {
    rows: R,
    progress: Arc<Progress>,
}

impl<R> Watched<R> {
    /// Watches `rows`.
    pub fn new(rows: R, progress: Arc<Progress>) -> Self {
        Self { rows, progress }
    }
}

impl<R: RowSource> RowSource for Watched<R> {
    fn rewind(&mut self) -> io::Result<()> {
        self.progress.begin_pass();
        self.rows.rewind()
    }

    fn next_row(&mut self, row: &mut Row) -> io::Result<bool> {
        if self.progress.stopped() {
            return Err(io::Error::other("nobody wants it any more"));
        }
        let found = self.rows.next_row(row)?;
        if found {
            self.progress.read.fetch_add(1, Ordering::Relaxed);
        }
        Ok(found)
    }
}
