//! Version 2 on the wire: everything about a project, and lists with what belongs to their pages.

use serde::{Deserialize, Deserializer, Serialize};
use shared::clock::rfc3339;
use shared::error::FieldError;
use shared::ids::ProjectId;
use time::OffsetDateTime;

use crate::domain;

/// A project.
#[derive(Debug, Serialize)]
pub struct Project {
    id: ProjectId,
    name: String,
    description: String,
    status: &'static str,
    #[serde(serialize_with = "rfc3339")]
    created_at: OffsetDateTime,
    #[serde(serialize_with = "rfc3339")]
    updated_at: OffsetDateTime,
}

impl From<domain::Project> for Project {
    fn from(project: domain::Project) -> Self {
        Self {
            id: project.id,
            name: project.name,
            description: project.description,
            status: project.status.as_str(),
            created_at: project.created_at,
            updated_at: project.updated_at,
        }
    }
}

/// A project to be.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateProject {
    name: String,
    #[serde(default)]
    description: String,
}

impl TryFrom<CreateProject> for domain::NewProject {
    type Error = FieldError;

    fn try_from(body: CreateProject) -> Result<Self, FieldError> {
        Self::new(&body.name, &body.description)
    }
}

/// What is to change: a merge patch (RFC 7396) in which nothing can be removed, so that `null` is
/// refused. What is not there stays.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateProject {
    #[serde(default, deserialize_with = "given")]
    name: Option<String>,
    #[serde(default, deserialize_with = "given")]
    description: Option<String>,
    #[serde(default, deserialize_with = "given")]
    status: Option<String>,
}

/// A member that is there must be a text.
fn given<'de, D: Deserializer<'de>>(member: D) -> Result<Option<String>, D::Error> {
    String::deserialize(member).map(Some)
}

impl TryFrom<UpdateProject> for domain::Change {
    type Error = FieldError;

    fn try_from(body: UpdateProject) -> Result<Self, FieldError> {
        Self::new(
            body.name.as_deref(),
            body.description.as_deref(),
            body.status.as_deref(),
        )
    }
}
