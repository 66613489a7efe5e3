//! What row-level security costs a statement, beside the same statement that names its tenant on a
//! table without a policy.

use shared::db::Statement;
use uuid::Uuid;

use super::ScaleError;
use super::calls::{Doors, PAGE};
use super::place::Drawn;

/// A statement in both forms, with the same columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    /// Its name, for people.
    pub(super) name: &'static str,
    of_reports: bool,
    /// A page of rows, or one row.
    page: bool,
    protected: &'static str,
    plain: &'static str,
}

/// One of the forms of a statement: its text, and whether it names the tenant.
pub(super) type Form = (&'static str, bool);

impl Reading {
    pub(super) fn protected(self) -> Form {
        (self.protected, false)
    }

    pub(super) fn plain(self) -> Form {
        (self.plain, true)
    }

    /// Reads once, inside the tenant in either form.
    pub(super) async fn make(
        self,
        (text, says_tenant): Form,
        doors: &Doors,
        drawn: Drawn,
    ) -> Result<(), ScaleError> {
        let statement = match self.page {
            true => Statement::new(text)
                .bind(PAGE.after.created_at)
                .bind(PAGE.after.id)
                .bind(i64::from(PAGE.rows) + 1),
            false => Statement::new(text).bind(drawn.row),
        };
        let statement = match says_tenant {
            true => statement.bind(drawn.tenant.id()),
            false => statement,
        };
        let db = match self.of_reports {
            true => &doors.reports,
            false => &doors.projects,
        };
        let ids = statement.many(|row| row.try_get::<_, Uuid>("id"));
        match db.read(drawn.tenant, ids).await?.is_empty() {
            true => Err(shared::db::DbError::NoRow.into()),
            false => Ok(()),
        }
    }
}

pub(super) const READINGS: [Reading; 4] = [
    Reading {
        name: "list projects",
        of_reports: false,
        page: true,
        protected: "
SELECT p.id, p.name, p.description, p.status, p.version, p.created_at, p.updated_at
FROM projects AS p
WHERE (p.created_at, p.id) < ($1, $2)
ORDER BY p.created_at DESC, p.id DESC
LIMIT $3",
        plain: "
SELECT p.id, p.name, p.description, p.status, p.version, p.created_at, p.updated_at
FROM plain.projects AS p
WHERE p.tenant_id = $4 AND (p.created_at, p.id) < ($1, $2)
ORDER BY p.created_at DESC, p.id DESC
LIMIT $3",
    },
    Reading {
        name: "get a project",
        of_reports: false,
        page: false,
        protected: "
SELECT id, name, description, status, version, created_at, updated_at
FROM projects
WHERE id = $1",
        plain: "
SELECT id, name, description, status, version, created_at, updated_at
FROM plain.projects
WHERE tenant_id = $2 AND id = $1",
    },
    Reading {
        name: "list reports",
        of_reports: true,
        page: true,
        protected: "
SELECT r.id, r.type, r.status, r.created_at, r.started_at, r.finished_at
FROM reports AS r
WHERE (r.created_at, r.id) < ($1, $2)
ORDER BY r.created_at DESC, r.id DESC
LIMIT $3",
        plain: "
SELECT r.id, r.type, r.status, r.created_at, r.started_at, r.finished_at
FROM plain.reports AS r
WHERE r.tenant_id = $4 AND (r.created_at, r.id) < ($1, $2)
ORDER BY r.created_at DESC, r.id DESC
LIMIT $3",
    },
    Reading {
        name: "get a report",
        of_reports: true,
        page: false,
        protected: "
SELECT id, type, status, created_at, started_at, finished_at
FROM reports
WHERE id = $1",
        plain: "
SELECT id, type, status, created_at, started_at, finished_at
FROM plain.reports
WHERE tenant_id = $2 AND id = $1",
    },
];
