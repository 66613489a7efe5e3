//! The file that carries queues and messages over a restart.
//!
//! Each line is the new state of one thing; the last line about it counts. Lines are written
//! before the request is answered and are not synced, so they survive the death of the process
//! at any moment, though not a power failure.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, BufRead as _, BufReader, BufWriter, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::message::Message;
use crate::aws::ServicesError;

/// Lines after which it is worth writing the file anew.
const LINES_MIN: usize = 10_000;
/// How many lines there may be for each thing that still exists.
const LINES_PER_THING_MAX: usize = 4;

/// One line.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Record {
    Queue {
        name: String,
        attributes: BTreeMap<String, String>,
        created_at: u64,
        modified_at: u64,
    },
    QueueDeleted {
        name: String,
    },
    QueuePurged {
        name: String,
    },
    Message {
        queue: String,
        message: Message,
    },
    MessageDeleted {
        queue: String,
        sequence: u64,
    },
}

/// An open journal.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    lines: usize,
    /// Length of the whole lines.
    bytes: u64,
    /// Whether a part of a further line may stand behind them.
    torn: bool,
}

impl Journal {
    /// Reads all lines of a file that may not exist yet.
    ///
    /// The last line may be torn by the end of a process and then does not count.
    pub(super) fn read(path: &Path) -> Result<Vec<Record>, ServicesError> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(ServicesError::file(path)(error)),
        };
        let mut records = Vec::new();
        let mut torn: Option<serde_json::Error> = None;
        for line in BufReader::new(file).lines() {
            let line = line.map_err(ServicesError::file(path))?;
            if let Some(error) = torn {
                return Err(ServicesError::Data {
                    service: "SQS",
                    path: path.to_path_buf(),
                    reason: error.to_string(),
                });
            }
            match serde_json::from_str(&line) {
                Ok(record) => records.push(record),
                Err(error) => torn = Some(error),
            }
        }
        Ok(records)
    }

    /// Writes a new file with `records` in the place of the old one.
    pub(super) fn create(path: &Path, records: impl Iterator<Item = Record>) -> io::Result<Self> {
        let unfinished = path.with_extension("unfinished");
        let mut writer = BufWriter::new(File::create(&unfinished)?);
        let mut lines = 0;
        for record in records {
            writer.write_all(&line_of(&record)?)?;
            lines += 1;
        }
        let mut file = writer
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        let bytes = file.stream_position()?;
        fs::rename(&unfinished, path)?;
        Ok(Self {
            path: path.to_path_buf(),
            file,
            lines,
            bytes,
            torn: false,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a line.
    ///
    /// A full disk may take a part of it. The next line takes that part's place; a process that
    /// ends before it leaves a torn last line, which does not count.
    pub(super) fn append(&mut self, record: &Record) -> io::Result<()> {
        let line = line_of(record)?;
        if self.torn {
            self.file.set_len(self.bytes)?;
            self.file.seek(SeekFrom::Start(self.bytes))?;
        }
        self.torn = true;
        self.file.write_all(&line)?;
        self.torn = false;
        self.lines += 1;
        self.bytes += u64::try_from(line.len()).unwrap_or_default();
        Ok(())
    }

    /// Whether most lines speak of what is no more, when `things` still are.
    pub(super) fn is_bloated(&self, things: usize) -> bool {
        self.lines > LINES_MIN && self.lines / LINES_PER_THING_MAX > things
    }
}

fn line_of(record: &Record) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(record)?;
    line.push(b'\n');
    Ok(line)
}
