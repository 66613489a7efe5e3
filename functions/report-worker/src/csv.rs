//! Reports as rows to work with: comma-separated values (RFC 4180) in UTF-8, without a byte order
//! mark.
//!
//! Rows go from the source to the output one at a time, so memory holds one, however many there are.

use std::borrow::Cow;
use std::io::{self, ErrorKind, Write};

use aws_lc_rs::digest::{Context, SHA256, SHA256_OUTPUT_LEN};
use csv::{Terminator, Writer, WriterBuilder};

use crate::pdf::{Limit, RenderError, Summary};
use crate::report::{Limits, Row, RowSource};

/// What a spreadsheet takes for the beginning of a formula
/// (<https://owasp.org/www-community/attacks/CSV_Injection>).
const FORMULA_STARTS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
/// What a spreadsheet of another country splits a line at, whatever quotes stand around a comma.
const SEPARATORS: [char; 4] = [';', '\t', '\r', '\n'];
/// What keeps it from doing so: it shows the text that follows.
const TEXT_MARK: char = '\'';
/// After so many rows the time is looked at.
const TIME_ROWS: u32 = 1_000;

/// A text that no spreadsheet takes for a formula. Numbers do not come this way: they stay numbers.
pub fn harmless(text: &str) -> Cow<'_, str> {
    if !text.contains(FORMULA_STARTS) {
        return Cow::Borrowed(text);
    }
    let mut marked = String::with_capacity(text.len() + TEXT_MARK.len_utf8());
    let mut begins = true;
    for character in text.chars() {
        if begins && FORMULA_STARTS.contains(&character) {
            marked.push(TEXT_MARK);
        }
        // A quote before a formula does not hide it.
        begins = SEPARATORS.contains(&character) || (begins && character == '"');
        marked.push(character);
    }
    Cow::Owned(marked)
}

/// Writes a head and all rows into `out`, within the rows, the bytes and the time of `limits`.
///
/// The same rows give the same bytes. What was written before an error is no document; the caller
/// throws it away. A file has no pages, so the summary says 0.
pub fn write(
    names: &[&str],
    rows: &mut dyn RowSource,
    limits: &Limits,
    out: &mut dyn Write,
) -> Result<Summary, RenderError> {
    let sink = Sink {
        out,
        hash: Context::new(&SHA256),
        bytes: 0,
        bytes_max: limits.bytes,
    };
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .from_writer(sink);
    record(&mut writer, names.iter().copied(), limits)?;
    rows.rewind().map_err(RenderError::Rows)?;
    let (mut row, mut count) = (Row::new(), 0);
    while rows.next_row(&mut row).map_err(RenderError::Rows)? {
        if count == limits.rows {
            return Err(RenderError::too_large(Limit::Rows, limits.rows));
        }
        count += 1;
        if row.len() != names.len() {
            return Err(RenderError::RowShape {
                row: count,
                found: row.len(),
                columns: names.len(),
            });
        }
        if count.is_multiple_of(TIME_ROWS) {
            limits.check_time(0)?;
        }
        record(&mut writer, row.cells(), limits)?;
    }
    let flushed = writer.flush();
    flushed.map_err(|error| output(error, limits))?;
    let sink = writer.get_ref();
    Ok(Summary {
        pages: 0,
        rows: count,
        bytes: sink.bytes,
        sha256: sink.digest(),
    })
}

fn record<'c>(
    writer: &mut Writer<Sink<'_>>,
    cells: impl Iterator<Item = &'c str>,
    limits: &Limits,
) -> Result<(), RenderError> {
    let written = writer.write_record(cells);
    written.map_err(|error| output(error.into(), limits))
}

fn output(error: io::Error, limits: &Limits) -> RenderError {
    match error.kind() {
        ErrorKind::FileTooLarge => RenderError::TooLarge {
            limit: Limit::Bytes,
            max: limits.bytes,
        },
        _ => RenderError::Output(error),
    }
}

/// The output, counted, limited and hashed.
struct Sink<'w> {
    out: &'w mut dyn Write,
    hash: Context,
    bytes: u64,
    bytes_max: u64,
}

impl Sink<'_> {
    fn digest(&self) -> [u8; SHA256_OUTPUT_LEN] {
        let hash = self.hash.clone().finish();
        hash.as_ref().try_into().unwrap_or([0; SHA256_OUTPUT_LEN])
    }
}

impl Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if self.bytes > self.bytes_max {
            return Err(ErrorKind::FileTooLarge.into());
        }
        self.hash.update(bytes);
        self.out.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
