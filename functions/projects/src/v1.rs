//! Version 1 on the wire: `{"id", "name"}`, and lists as bare arrays. Frozen.

use serde::{Deserialize, Serialize};
use shared::error::FieldError;
use shared::ids::ProjectId;
use shared::page::Page;

use crate::domain;

/// A project.
#[derive(Debug, Serialize)]
pub struct Project {
    id: ProjectId,
    name: String,
}

impl From<domain::Project> for Project {
    fn from(project: domain::Project) -> Self {
        Self {
            id: project.id,
            name: project.name,
        }
    }
}

/// A project to be, or the new name of one. Members it does not know are passed over.
#[derive(Debug, Deserialize)]
pub struct ProjectBody {
    name: String,
}

impl TryFrom<ProjectBody> for domain::NewProject {
    type Error = FieldError;

    fn try_from(body: ProjectBody) -> Result<Self, FieldError> {
        Self::new(&body.name, "")
    }
}

impl TryFrom<ProjectBody> for domain::Change {
    type Error = FieldError;

    fn try_from(body: ProjectBody) -> Result<Self, FieldError> {
        Self::new(Some(&body.name), None, None)
    }
}

/// A list: the rows and nothing around them.
pub fn list(page: Page<domain::Project>) -> Vec<Project> {
    page.rows.into_iter().map(Project::from).collect()
}
