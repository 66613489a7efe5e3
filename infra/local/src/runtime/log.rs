//! Where instances' output goes.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader};

/// A function's log is put aside at this size; one older log is kept beside it.
const LOG_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// A longer line is cut into pieces of this length.
const LINE_BYTES_MAX: u64 = 256 * 1024;

/// What to do with what functions write to their standard output and error.
#[derive(Debug, Clone)]
pub enum Log {
    /// Append it to `<function>.log` in this folder.
    Folder(PathBuf),
    /// Forget it.
    Nowhere,
}

impl Log {
    /// The log of one function.
    pub(super) fn open(&self, function: &str) -> io::Result<FunctionLog> {
        let file = match self {
            Self::Nowhere => None,
            Self::Folder(folder) => {
                fs::create_dir_all(folder)?;
                Some(LogFile::open(folder.join(format!("{function}.log")))?)
            }
        };
        Ok(FunctionLog {
            file: Arc::new(Mutex::new(file)),
        })
    }
}

/// The log that all instances of a function share.
#[derive(Debug, Clone)]
pub(super) struct FunctionLog {
    file: Arc<Mutex<Option<LogFile>>>,
}

impl FunctionLog {
    /// Appends a line. A log that cannot be written must not stop the function, so errors pass.
    pub(super) fn line(&self, line: &[u8]) {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = file.as_mut() {
            drop(file.append(line));
        }
    }

    /// Appends all lines of `output` until it ends.
    pub(super) async fn follow(self, output: impl AsyncRead + Unpin) {
        let mut output = BufReader::new(output);
        let mut line = Vec::new();
        loop {
            line.clear();
            let mut limited = (&mut output).take(LINE_BYTES_MAX);
            match limited.read_until(b'\n', &mut line).await {
                Ok(0) | Err(_) => return,
                Ok(_) => self.line(line.strip_suffix(b"\n").unwrap_or(&line)),
            }
        }
    }
}

#[derive(Debug)]
struct LogFile {
    path: PathBuf,
    file: File,
    bytes: u64,
}

impl LogFile {
    fn open(path: PathBuf) -> io::Result<Self> {
        let file = File::options().create(true).append(true).open(&path)?;
        let bytes = file.metadata()?.len();
        Ok(Self { path, file, bytes })
    }

    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        if self.bytes > LOG_BYTES_MAX {
            fs::rename(&self.path, older(&self.path))?;
            *self = Self::open(self.path.clone())?;
        }
        let mut whole = Vec::with_capacity(line.len() + 1);
        whole.extend_from_slice(line);
        whole.push(b'\n');
        self.bytes += u64::try_from(whole.len()).unwrap_or(u64::MAX);
        self.file.write_all(&whole)
    }
}

fn older(path: &Path) -> PathBuf {
    path.with_extension("log.1")
}
