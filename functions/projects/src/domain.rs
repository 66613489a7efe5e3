//! What a project is.

use shared::db::DbError;
use shared::error::{ApiError, FieldError};
use shared::http::IfMatch;
use shared::ids::ProjectId;
use shared::page::Keyset;
use shared::text;
use time::OffsetDateTime;

/// The longest name, in characters.
pub const NAME_CHARS_MAX: usize = 200;
/// The longest description, in characters.
pub const DESCRIPTION_CHARS_MAX: usize = 10_000;

/// Whether a project is being worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It is.
    Active,
    /// It is kept for reading.
    Archived,
}

impl Status {
    /// The word used in tables and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Archived => "archived",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Result<Self, FieldError> {
        match word {
            "active" => Ok(Self::Active),
            "archived" => Ok(Self::Archived),
            _ => Err(FieldError::new(
                "status",
                "unknown_value",
                "must be active or archived",
            )),
        }
    }
}

/// A project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Identity.
    pub id: ProjectId,
    /// What people call it, 1 to [`NAME_CHARS_MAX`] characters on one line.
    pub name: String,
    /// What it is about, up to [`DESCRIPTION_CHARS_MAX`] characters.
    pub description: String,
    /// Whether it is being worked on.
    pub status: Status,
    /// Counts the changes, from 1.
    pub version: i32,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it was last changed.
    pub updated_at: OffsetDateTime,
}

/// A project to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProject {
    name: String,
    description: String,
}

impl NewProject {
    /// Checks the values.
    pub fn new(name: &str, description: &str) -> Result<Self, FieldError> {
        Ok(Self {
            name: text::line("name", name, NAME_CHARS_MAX)?,
            description: text::block("description", description, DESCRIPTION_CHARS_MAX)?,
        })
    }
}

impl Project {
    /// A new project, made at `now`.
    pub fn create(new: NewProject, now: OffsetDateTime) -> Self {
        Self {
            id: ProjectId::new(),
            name: new.name,
            description: new.description,
            status: Status::Active,
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }

    /// Its place in the list of all projects, newest first.
    pub fn key(&self) -> Keyset {
        Keyset {
            created_at: self.created_at,
            id: *self.id.as_uuid(),
        }
    }
}

/// What is to change in a project; `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    name: Option<String>,
    description: Option<String>,
    status: Option<Status>,
}

impl Change {
    /// Checks the new values.
    pub fn new(
        name: Option<&str>,
        description: Option<&str>,
        status: Option<&str>,
    ) -> Result<Self, FieldError> {
        Ok(Self {
            name: name
                .map(|name| text::line("name", name, NAME_CHARS_MAX))
                .transpose()?,
            description: description
                .map(|text| text::block("description", text, DESCRIPTION_CHARS_MAX))
                .transpose()?,
            status: status.map(Status::parse).transpose()?,
        })
    }

    /// The new name.
    pub fn name(&self) -> Option<String> {
        self.name.clone()
    }

    /// The new description.
    pub fn description(&self) -> Option<String> {
        self.description.clone()
    }

    /// The new status.
    pub fn status(&self) -> Option<Status> {
        self.status
    }
}

/// Why something cannot be done with a project.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// It does not exist, or never did in this tenant.
    #[error("project not found")]
    NotFound,
    /// Somebody changed it since the caller looked.
    #[error("the project has changed since")]
    Stale,
    /// Not about projects.
    #[error(transparent)]
    Database(#[from] DbError),
}

impl From<ProjectError> for ApiError {
    fn from(error: ProjectError) -> Self {
        match error {
            ProjectError::NotFound => Self::not_found("project"),
            ProjectError::Stale => IfMatch::failed(),
            ProjectError::Database(error) => error.into(),
        }
    }
}
