//! The tables in `docs/scale.md`: between two comments, exactly as the program prints them.

use std::fs;
use std::io;
use std::path::PathBuf;

use super::Part;

/// Why the page could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// It cannot be read or written.
    #[error("docs/scale.md: {0}")]
    Io(#[from] io::Error),
    /// It has no place for a part's tables.
    #[error("docs/scale.md has no comments that enclose the tables of `{0}`")]
    NoPlace(&'static str),
    /// It shows other tables.
    #[error("docs/scale.md is out of date: bench simulate {0} --write")]
    Stale(&'static str),
}

/// Puts a part's tables into the page.
pub fn write(part: Part, tables: &str) -> Result<(), PageError> {
    let page = fs::read_to_string(path())?;
    let page = with(&page, part, tables).ok_or(PageError::NoPlace(part.name()))?;
    Ok(fs::write(path(), page)?)
}

/// An error when the page shows other tables of a part.
pub fn check(part: Part, tables: &str) -> Result<(), PageError> {
    let page = fs::read_to_string(path())?;
    match shown(&page, part).ok_or(PageError::NoPlace(part.name()))? {
        same if same == tables => Ok(()),
        _ => Err(PageError::Stale(part.name())),
    }
}

fn path() -> PathBuf {
    local::project::root().join("docs/scale.md")
}

/// What the page shows of a part; `None` when it has no place for it.
fn shown(page: &str, part: Part) -> Option<&str> {
    let (from, to) = place(page, part)?;
    page.get(from..to)
}

/// The page with `tables` as what it shows of a part; `None` when it has no place for it.
fn with(page: &str, part: Part, tables: &str) -> Option<String> {
    let (from, to) = place(page, part)?;
    let (before, after) = (page.get(..from)?, page.get(to..)?);
    Some([before, tables, after].concat())
}

fn place(page: &str, part: Part) -> Option<(usize, usize)> {
    let opening = format!("<!-- bench simulate {} -->\n", part.name());
    let from = page.find(&opening)? + opening.len();
    let length = page.get(from..)?.find("<!-- end -->")?;
    Some((from, from + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_replaced_in_its_place() {
        let page = "# A\n<!-- bench simulate cost -->\nold\n<!-- end -->\nafter\n";
        assert_eq!(shown(page, Part::Cost), Some("old\n"));
        let page = with(page, Part::Cost, "new\n").unwrap();
        assert_eq!(shown(&page, Part::Cost), Some("new\n"));
        assert!(page.starts_with("# A\n") && page.ends_with("after\n"));
        assert_eq!(shown(&page, Part::Queue), None);
    }
}
