//! Rows kept for the second pass: in memory while they are few, in an unnamed file when they are not.
//!
//! A typical report of 50,000 rows takes about 4 MiB, so most never touch the disk; a larger one
//! costs the render no more memory than that. The file has no name from the moment it is open:
//! nothing is left behind, not even by a process that is killed.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufReader, BufWriter, Cursor, ErrorKind, Read, Seek, Write},
    os::unix::fs::OpenOptionsExt,
    process,
    sync::atomic::{AtomicU64, Ordering},
};

use crate::pdf::{Limit, RenderError};

use super::{
    Row, RowSource,
    rows::{CELL_BYTES_MAX, cut},
};

/// Bytes of rows held in memory before they move to a file.
pub const SPOOL_MEMORY_BYTES: usize = 4 << 20;
/// The most bytes of rows in a file: half of the 512 MiB that a function's `/tmp` has by default.
pub const SPOOL_BYTES_MAX: u64 = 256 << 20;
const FILE_BUFFER_BYTES: usize = 64 << 10;
const FILE_NAME_TRIES_MAX: u32 = 16;

/// Takes rows in as they arrive, to be read twice later.
#[derive(Debug)]
pub struct RowSpool {
    store: Store,
    rows: u32,
    rows_max: u32,
    bytes: u64,
}

#[derive(Debug)]
enum Store {
    Memory(Vec<u8>),
    File(BufWriter<File>),
}

impl RowSpool {
    /// An empty spool for at most `rows_max` rows.
    pub fn new(rows_max: u32) -> Self {
        Self {
            store: Store::Memory(Vec::new()),
            rows: 0,
            rows_max,
            bytes: 0,
        }
    }

    /// Adds a row; fails with [`RenderError::TooLarge`] beyond the spool's limits, so that a
    /// query's result need not be read to its end to be refused.
    pub fn push<'c>(
        &mut self,
        cells: impl IntoIterator<Item = &'c str>,
    ) -> Result<(), RenderError> {
        if self.rows >= self.rows_max {
            return Err(RenderError::too_large(Limit::Rows, self.rows_max));
        }
        self.rows += 1;
        for cell in cells {
            let (kept, ellipsis) = cut(cell);
            let length = u16::try_from(kept.len() + ellipsis.len()).unwrap_or(u16::MAX);
            self.write(&length.to_le_bytes())?;
            self.write(kept.as_bytes())?;
            self.write(ellipsis.as_bytes())?;
        }
        self.write(&ROW_END.to_le_bytes())?;
        self.spill()
    }

    /// Ends writing; the rows can be read from now on.
    pub fn finish(self) -> Result<SpooledRows, RenderError> {
        let reader = match self.store {
            Store::Memory(bytes) => Reader::Memory(Cursor::new(bytes)),
            Store::File(writer) => {
                let file = writer
                    .into_inner()
                    .map_err(|error| RenderError::Rows(error.into_error()))?;
                Reader::File(BufReader::with_capacity(FILE_BUFFER_BYTES, file))
            }
        };
        Ok(SpooledRows {
            reader,
            rows: self.rows,
            left: 0,
            cell: Vec::new(),
        })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), RenderError> {
        self.bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if self.bytes > SPOOL_BYTES_MAX {
            return Err(RenderError::TooLarge {
                limit: Limit::RowBytes,
                max: SPOOL_BYTES_MAX,
            });
        }
        match &mut self.store {
            Store::Memory(memory) => {
                memory.extend_from_slice(bytes);
                Ok(())
            }
            Store::File(file) => file.write_all(bytes).map_err(RenderError::Rows),
        }
    }

    /// Moves the rows to a file once they are too many for memory.
    fn spill(&mut self) -> Result<(), RenderError> {
        let Store::Memory(memory) = &self.store else {
            return Ok(());
        };
        if memory.len() <= SPOOL_MEMORY_BYTES {
            return Ok(());
        }
        let file = unnamed_file().map_err(RenderError::Rows)?;
        let mut writer = BufWriter::with_capacity(FILE_BUFFER_BYTES, file);
        writer.write_all(memory).map_err(RenderError::Rows)?;
        self.store = Store::File(writer);
        Ok(())
    }
}

/// Stands where the length of a further cell could; longer than any cell.
const ROW_END: u16 = u16::MAX;
const _: () = assert!(CELL_BYTES_MAX < 0xFFFF);

/// Rows that were taken in by a [`RowSpool`].
#[derive(Debug)]
pub struct SpooledRows {
    reader: Reader,
    rows: u32,
    left: u32,
    cell: Vec<u8>,
}

#[derive(Debug)]
enum Reader {
    Memory(Cursor<Vec<u8>>),
    File(BufReader<File>),
}

impl SpooledRows {
    /// The number of rows.
    pub fn len(&self) -> u32 {
        self.rows
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }
}

impl RowSource for SpooledRows {
    fn rewind(&mut self) -> io::Result<()> {
        self.left = self.rows;
        match &mut self.reader {
            Reader::Memory(memory) => memory.rewind(),
            Reader::File(file) => file.rewind(),
        }
    }

    fn next_row(&mut self, row: &mut Row) -> io::Result<bool> {
        row.clear();
        if self.left == 0 {
            return Ok(false);
        }
        self.left -= 1;
        match &mut self.reader {
            Reader::Memory(memory) => read_row(memory, &mut self.cell, row)?,
            Reader::File(file) => read_row(file, &mut self.cell, row)?,
        }
        Ok(true)
    }
}

fn read_row(reader: &mut impl Read, cell: &mut Vec<u8>, row: &mut Row) -> io::Result<()> {
    loop {
        let mut length = [0; 2];
        reader.read_exact(&mut length)?;
        let length = u16::from_le_bytes(length);
        if length == ROW_END {
            return Ok(());
        }
        cell.resize(usize::from(length), 0);
        reader.read_exact(cell)?;
        row.push(
            str::from_utf8(cell).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?,
        );
    }
}

/// A file that only this process can reach and that ends with it.
fn unnamed_file() -> io::Result<File> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mut tries = 0;
    loop {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("report-rows-{}-{number}", process::id()));
        let opened = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path);
        tries += 1;
        match opened {
            Ok(file) => {
                fs::remove_file(&path)?;
                return Ok(file);
            }
            Err(error)
                if error.kind() == ErrorKind::AlreadyExists && tries < FILE_NAME_TRIES_MAX => {}
            Err(error) => return Err(error),
        }
    }
}
