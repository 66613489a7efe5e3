//! Progress lines for the person at the terminal.

use std::{fmt::Display, io::Write as _};

/// Writes one progress line to standard error.
///
/// A closed terminal is no reason to stop, so a failed write is ignored.
pub fn say(line: impl Display) {
    drop(writeln!(std::io::stderr().lock(), "{line}"));
}
