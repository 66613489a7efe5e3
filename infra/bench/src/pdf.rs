//! Reports of fifty to a million rows, beside what users would make them with otherwise.
//!
//! Every program is a process of its own that reads the same rows from a file and writes a PDF; what it
//! used is what the kernel charged to it, start and imports included.

mod data;
mod engines;
mod render;
mod table;

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Instant,
};

use local::{project, say::say};
use serde::Deserialize;

use crate::peers::PeersError;

pub use engines::Engine;
pub use render::render;
pub use table::of as table;

use engines::Programs;

/// Why reports could not be measured; each text is one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PdfError {
    /// A program could not be had, or failed.
    #[error(transparent)]
    Program(#[from] PeersError),
    /// A file cannot be used.
    #[error("{}: {source}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A program did not say what it used.
    #[error("{program} said {said:?}")]
    Answer {
        /// Which one.
        program: &'static str,
        /// Instead of what was expected.
        said: String,
    },
    /// The report could not be made.
    #[error("the report failed: {}", shared::error::causes(.0))]
    Report(#[from] report_worker::pdf::RenderError),
}

/// The numbers of rows.
const ROWS: [u32; 5] = [50, 1_000, 10_000, 100_000, 1_000_000];

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// The most rows that a peer is given that is slow with them.
    pub slow_rows_max: u32,
}

impl Size {
    /// Some minutes.
    pub const BRIEF: Self = Self {
        slow_rows_max: 10_000,
    };
    /// Half an hour.
    pub const FULL: Self = Self {
        slow_rows_max: 100_000,
    };
}

/// What one program used for a report of so many rows.
#[derive(Debug, Clone, Copy)]
pub struct Measured {
    /// The program.
    pub engine: Engine,
    /// Rows of the table.
    pub rows: u32,
    /// CPU time in milliseconds, of the run that took least.
    pub cpu_ms: f64,
    /// From start to end in milliseconds, of the same run.
    pub wall_ms: f64,
    /// The most memory of any run, in MiB.
    pub peak_mib: f64,
    /// Bytes of the file.
    pub bytes: u64,
}

/// What a program says at its end.
#[derive(Debug, Deserialize)]
struct Used {
    cpu_us: f64,
    peak_kib: f64,
}

/// Measures every program that there is with every number of rows that it can take.
///
/// # Errors
///
/// See [`PdfError`].
pub async fn run(size: Size) -> Result<Vec<Measured>, PdfError> {
    let place = project::root().join("target/bench/pdf");
    fs::create_dir_all(&place).map_err(file(&place))?;
    let programs = Programs::provide(&place).await?;
    let mut found = Vec::new();
    for rows in ROWS {
        let source = place.join(format!("rows-{rows}.tsv"));
        data::write(rows, &source).map_err(file(&source))?;
        for engine in Engine::ALL {
            if rows > engine.rows_max(size.slow_rows_max) || !programs.have(engine) {
                continue;
            }
            say(format_args!("measuring {rows} rows: {}", engine.name()));
            found.push(measure(&programs, engine, rows, &source, &place).await?);
        }
    }
    Ok(found)
}

async fn measure(
    programs: &Programs,
    engine: Engine,
    rows: u32,
    source: &Path,
    place: &Path,
) -> Result<Measured, PdfError> {
    let target = place.join(format!("{}-{rows}.pdf", engine.word()));
    let mut best: Option<Measured> = None;
    for _ in 0..engine.repeats(rows) {
        let start = Instant::now();
        let said = programs.run(engine, source, &target).await?;
        let wall_ms = start.elapsed().as_secs_f64() * 1e3;
        let used: Used = serde_json::from_str(said.trim()).map_err(|_error| PdfError::Answer {
            program: engine.name(),
            said: said.trim().to_owned(),
        })?;
        let bytes = fs::metadata(&target).map_err(file(&target))?.len();
        let peak_mib = used.peak_kib / 1024.0;
        let one = Measured {
            engine,
            rows,
            cpu_ms: used.cpu_us / 1e3,
            wall_ms,
            peak_mib: best.map_or(peak_mib, |best| best.peak_mib.max(peak_mib)),
            bytes,
        };
        best = match best {
            Some(best) if best.cpu_ms <= one.cpu_ms => Some(Measured {
                peak_mib: one.peak_mib,
                ..best
            }),
            _ => Some(one),
        };
    }
    fs::remove_file(&target).map_err(file(&target))?;
    best.ok_or_else(|| PdfError::Answer {
        program: engine.name(),
        said: String::new(),
    })
}

/// An error with the file's name.
fn file(path: &Path) -> impl FnOnce(io::Error) -> PdfError {
    let path = path.to_owned();
    move |source| PdfError::File { path, source }
}
