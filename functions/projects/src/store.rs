//! Every statement of this domain, next to the row it yields.

use shared::db::Statement;
use shared::ids::ProjectId;
use shared::page::PageRequest;
use time::OffsetDateTime;
use tokio_postgres::Row;

use crate::domain::{Change, Project, Status};

shared::statements! {
    FIND = "
SELECT id, name, description, status, version, created_at, updated_at
FROM projects
WHERE id = $1";

    LIST = "
SELECT p.id, p.name, p.description, p.status, p.version, p.created_at, p.updated_at
FROM projects AS p
WHERE (p.created_at, p.id) < ($1, $2)
ORDER BY p.created_at DESC, p.id DESC
LIMIT $3 OFFSET $4";

    /// Kept by the table's triggers: to count the rows would cost the more, the more there are.
    COUNT = "
SELECT coalesce(sum(t.rows), 0)::bigint AS total
FROM tallies AS t
WHERE t.table_name = 'projects'";

    INSERT = "
INSERT INTO projects (id, name, description, status, version, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)";

    UPDATE = "
UPDATE projects
SET name = coalesce($2, name),
    description = coalesce($3, description),
    status = coalesce($4, status),
    version = version + 1,
    updated_at = $5
WHERE id = $1 AND ($6::int IS NULL OR version = $6)
RETURNING id, name, description, status, version, created_at, updated_at";

    DELETE = "
DELETE FROM projects
WHERE id = $1 AND ($2::int IS NULL OR version = $2)";
}

/// Looks one up.
pub fn find(id: ProjectId) -> Statement<Option<Project>> {
    Statement::new(FIND).bind(id).optional(project)
}

/// The rows of a page and one more, which tells whether there is another page.
pub fn list(page: PageRequest) -> Statement<Vec<Project>> {
    Statement::new(LIST)
        .bind(page.after.created_at)
        .bind(page.after.id)
        .bind(i64::from(page.rows) + 1)
        .bind(i64::from(page.offset))
        .many(project)
}

/// How many there are.
pub fn count() -> Statement<i64> {
    Statement::new(COUNT).one(|row| row.try_get("total"))
}

/// Adds one.
pub fn insert(project: &Project) -> Statement<u64> {
    Statement::new(INSERT)
        .bind(project.id)
        .bind(project.name.clone())
        .bind(project.description.clone())
        .bind(project.status.as_str())
        .bind(project.version)
        .bind(project.created_at)
        .bind(project.updated_at)
}

/// Changes one, if it still has the version `seen`; `None` stands for any.
pub fn update(
    id: ProjectId,
    change: &Change,
    seen: Option<i32>,
    now: OffsetDateTime,
) -> Statement<Option<Project>> {
    Statement::new(UPDATE)
        .bind(id)
        .bind(change.name())
        .bind(change.description())
        .bind(change.status().map(Status::as_str))
        .bind(now)
        .bind(seen)
        .optional(project)
}

/// Removes one, if it still has the version `seen`; answers how many rows went.
pub fn delete(id: ProjectId, seen: Option<i32>) -> Statement<u64> {
    Statement::new(DELETE).bind(id).bind(seen)
}

fn project(row: &Row) -> Result<Project, tokio_postgres::Error> {
    let status: &str = row.try_get("status")?;
    Ok(Project {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        description: row.try_get("description")?,
        // The table's CHECK admits nothing else.
        status: Status::parse(status).unwrap_or(Status::Active),
        version: row.try_get("version")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}
