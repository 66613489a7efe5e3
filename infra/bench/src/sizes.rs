//! How large the functions are: a zip that grows is a cold start that grows.
//!
//! A function's zip holds its program under the name `bootstrap`, deflated, as SAM packs it for
//! `provided.al2023`. The sizes depend on compiler and target, see [`crate::budgets`]; on AWS's
//! arm64 programs are a little smaller than on `x86_64`.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::{env, fs};

use flate2::Compression;
use flate2::write::DeflateEncoder;
use local::project;
use local::say::say;
use local::template::{Site, Template, TemplateError};

use crate::budgets::{self, BudgetError, Figures, Kind};

/// The budgets of the functions' sizes.
pub const SIZES: Kind = Kind {
    file: "sizes.json",
    unit: "bytes",
    tolerance_percent: 5,
};

/// The largest zip of a function, in bytes.
const ZIP_BYTES_MAX: u64 = 6 << 20;
/// The largest zip of the report worker, in bytes, its fonts left out.
const REPORT_WORKER_ZIP_BYTES_MAX: u64 = 12 << 20;
/// The program that carries fonts.
const REPORT_WORKER: &str = "report-worker";
/// What a zip with one entry named `bootstrap` has around the deflated bytes: the entry's header
/// (30), the directory's entry (46) and end (22), and the name twice (APPNOTE 6.3.10, section 4.3).
const ZIP_FRAME_BYTES: u64 = 30 + 46 + 22 + 2 * 9;

/// Why the sizes could not be taken; each text is one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SizeError {
    /// The template cannot be read.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// A program or font cannot be read.
    #[error("{}: {source}; build first", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The place of this program is not known.
    #[error("where is this program: {0}")]
    Programs(io::Error),
    /// The budgets are not at hand.
    #[error(transparent)]
    Budget(#[from] BudgetError),
}

/// Measures the programs beside this one and compares them with their budgets, or makes their
/// sizes the budgets. Answers whether all are small enough.
///
/// # Errors
///
/// See [`SizeError`].
pub fn run(write: bool) -> Result<bool, SizeError> {
    let own = env::current_exe().map_err(SizeError::Programs)?;
    let folder = own.parent().unwrap_or(&own);
    let mut figures = Figures::new();
    let mut small = true;
    for program in programs()? {
        let bytes = read(&folder.join(&program))?;
        let (raw, zipped) = (bytes.len() as u64, zipped_bytes(&bytes));
        let bound = bound_of(&program)?;
        if zipped > bound {
            let over = format_args!("{program}.zip has {zipped} bytes and may have {bound}");
            say(over);
            small = false;
        }
        figures.insert(format!("{program}.zip"), zipped);
        figures.insert(program, raw);
    }
    Ok(budgets::settle(&SIZES, &figures, write)? && small)
}

/// The programs of the template's functions.
fn programs() -> Result<Vec<String>, TemplateError> {
    let site = Site {
        stack: "tenantry".to_owned(),
        sqs_url: "http://127.0.0.1".to_owned(),
    };
    let path = project::root().join("template.yaml");
    let template = Template::read(&path, &site, &BTreeMap::new())?;
    let functions = template.functions.into_iter();
    Ok(functions.map(|function| function.binary).collect())
}

/// How large a program's zip may be at most, whatever its budget says.
fn bound_of(program: &str) -> Result<u64, SizeError> {
    if program != REPORT_WORKER {
        return Ok(ZIP_BYTES_MAX);
    }
    let fonts = project::root().join("functions/report-worker/fonts");
    let unreadable = |source| SizeError::File {
        path: fonts.clone(),
        source,
    };
    let mut bytes = REPORT_WORKER_ZIP_BYTES_MAX;
    for entry in fs::read_dir(&fonts).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "ttf") {
            bytes += zipped_bytes(&read(&path)?);
        }
    }
    Ok(bytes)
}

fn read(path: &Path) -> Result<Vec<u8>, SizeError> {
    fs::read(path).map_err(|source| SizeError::File {
        path: path.to_owned(),
        source,
    })
}

/// The size of a zip with these bytes as its only file.
fn zipped_bytes(bytes: &[u8]) -> u64 {
    let mut deflated = DeflateEncoder::new(io::sink(), Compression::default());
    // A sink takes everything.
    let _ = deflated.write_all(bytes);
    let _ = deflated.try_finish();
    ZIP_FRAME_BYTES + deflated.total_out()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_of_the_template_is_measured() {
        let programs = programs().unwrap();
        for program in ["authorizer", "projects", "billing-meter", REPORT_WORKER] {
            assert!(programs.iter().any(|name| name == program), "{programs:?}");
        }
    }

    #[test]
    fn a_zip_is_as_large_as_what_is_in_it() {
        assert!(zipped_bytes(&vec![0; 1 << 20]) < 4_096);
        let noise: Vec<u8> = (0..1_u32 << 14)
            .flat_map(|number| number.wrapping_mul(2_654_435_761).to_be_bytes())
            .collect();
        assert!(zipped_bytes(&noise) > 32_768);
    }

    #[test]
    fn only_the_report_worker_may_carry_fonts() {
        assert_eq!(bound_of("projects").unwrap(), ZIP_BYTES_MAX);
        let with_fonts = bound_of(REPORT_WORKER).unwrap();
        assert!(with_fonts > REPORT_WORKER_ZIP_BYTES_MAX + (100 << 10));
    }
}
