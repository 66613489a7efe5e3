//! Which of a tenant's reports a list is about.

use time::OffsetDateTime;

use crate::domain::Status;

/// The reports that pass all that is given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// How far they are.
    pub status: Option<Status>,
    /// What they are about.
    pub kind: Option<String>,
    /// Asked for after this.
    pub created_after: Option<OffsetDateTime>,
    /// Asked for before this.
    pub created_before: Option<OffsetDateTime>,
}

impl Filter {
    /// Whether every report passes.
    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }

    /// The list's name in its cursors: the same rows in the same order, and no others.
    pub fn list_name(&self, list: &str) -> String {
        if self.is_open() {
            return list.to_owned();
        }
        let seconds = |at: Option<OffsetDateTime>| {
            at.map_or_else(String::new, |at| at.unix_timestamp_nanos().to_string())
        };
        format!(
            "{list}?{}&{}&{}&{}",
            self.status.map_or("", Status::as_str),
            self.kind.as_deref().unwrap_or_default(),
            seconds(self.created_after),
            seconds(self.created_before)
        )
    }
}
