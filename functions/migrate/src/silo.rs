//! One silo: a tenant's own schema, brought up to date one file at a time.

use serde::Serialize;
use shared::ids::TenantId;
use tokio_postgres::{Client, Row};

use crate::MigrateError;
use crate::session::patiently;

/// One file of `infra/migrations/silo`.
pub(crate) struct SiloFile {
    version: i32,
    name: &'static str,
    sql: &'static str,
}

/// All of them, in order.
const FILES: &[SiloFile] = include!(concat!(env!("OUT_DIR"), "/silo_files.rs"));

/// What the schemas that belong to silos lack, and where one had another file than ours.
const STATES: &str = "
WITH file AS (
  SELECT f.version, sha256(convert_to(f.sql, 'UTF8')) AS checksum
    FROM unnest($1::int[], $2::text[]) AS f (version, sql)
), silo AS (
  SELECT n.nspname::text AS name FROM pg_namespace AS n
   WHERE n.nspname ~ '^t_[a-z0-9_]{1,60}$' AND pg_get_userbyid(n.nspowner) = 'app_owner'
   UNION
  SELECT $3::text WHERE $3 IS NOT NULL
)
SELECT s.name,
       ARRAY(SELECT f.version FROM file AS f
              WHERE NOT EXISTS (SELECT FROM app.silo_migrations AS m
                                 WHERE m.silo_schema = s.name AND m.version = f.version)
              ORDER BY f.version) AS missing,
       (SELECT min(m.version) FROM app.silo_migrations AS m LEFT JOIN file AS f ON f.version = m.version
         WHERE m.silo_schema = s.name AND f.checksum IS DISTINCT FROM m.checksum) AS changed
  FROM silo AS s
 WHERE $3 IS NULL OR s.name = $3
 ORDER BY s.name";

/// How long a silo's file waits for a lock, in seconds.
const LOCK_WAIT_SECS: u32 = 2;
/// How long a transaction whose runner fell silent is kept open, in seconds.
const SILENCE_SECS: u32 = 30;

/// A silo and the files that it has not had yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SiloState {
    /// The schema.
    pub schema: String,
    /// The versions it lacks, in order.
    pub missing: Vec<i32>,
    /// A version that it had from a file which is not the one of that number here.
    #[serde(skip)]
    pub(crate) changed: Option<i32>,
}

impl SiloState {
    fn read(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            schema: row.try_get("name")?,
            missing: row.try_get("missing")?,
            changed: row.try_get("changed")?,
        })
    }

    /// Refuses a silo that was made by other files than these.
    fn checked(&self) -> Result<(), MigrateError> {
        match self.changed {
            None => Ok(()),
            Some(version) => Err(MigrateError::SiloFileChanged {
                schema: self.schema.clone(),
                version,
            }),
        }
    }
}

/// The schema of a tenant's silo: made of its identity and of nothing that anybody typed.
pub(crate) fn schema_of(tenant: TenantId) -> String {
    format!("t_{}", tenant.as_uuid().simple())
}

/// The state of every silo, or of the one that is named, which need not be there yet.
pub(crate) async fn states(
    client: &Client,
    only: Option<&str>,
) -> Result<Vec<SiloState>, MigrateError> {
    let versions: Vec<i32> = FILES.iter().map(|file| file.version).collect();
    let texts: Vec<&str> = FILES.iter().map(|file| file.sql).collect();
    let rows = client.query(STATES, &[&versions, &texts, &only]).await?;
    let states: Result<Vec<_>, _> = rows.iter().map(SiloState::read).collect();
    Ok(states?)
}

/// Makes one silo if it is not there, and applies what it lacks; answers the versions applied.
pub(crate) async fn provide(client: &mut Client, schema: &str) -> Result<Vec<i32>, MigrateError> {
    let mut applied = Vec::new();
    for silo in states(client, Some(schema)).await? {
        bring(client, &silo).await?;
        applied.extend(silo.missing);
    }
    Ok(applied)
}

/// Applies what a silo lacks, each file in a transaction of its own.
pub(crate) async fn bring(client: &mut Client, silo: &SiloState) -> Result<(), MigrateError> {
    silo.checked()?;
    for file in FILES {
        if silo.missing.contains(&file.version) {
            patiently(&silo.schema, async || {
                apply(client, &silo.schema, file).await
            })
            .await?;
        }
    }
    Ok(())
}

/// Applies one file, unless another runner has done it meanwhile. The schema comes with the first
/// of them, so there is none without tables.
async fn apply(client: &mut Client, schema: &str, file: &SiloFile) -> Result<(), MigrateError> {
    let transaction = client.transaction().await?;
    transaction
        .batch_execute(&format!(
            "SET LOCAL lock_timeout = '{LOCK_WAIT_SECS}s';
             SET LOCAL idle_in_transaction_session_timeout = '{SILENCE_SECS}s';
             SET LOCAL search_path = pg_catalog"
        ))
        .await?;
    // Another runner's uncommitted line is waited for: whoever comes second finds it.
    let register = "INSERT INTO app.silo_migrations (silo_schema, version, name, checksum)
                    VALUES ($1, $2, $3, sha256(convert_to($4, 'UTF8'))) ON CONFLICT DO NOTHING";
    let (name, sql) = (file.name, file.sql);
    let registered = transaction
        .execute(register, &[&schema, &file.version, &name, &sql])
        .await?;
    if registered > 0 {
        // The register admits only names that need no quotes. Only the first file makes the schema:
        // one that has gone meanwhile, with its tenant, must not come back.
        let create = match FILES.first().map(|first| first.version) == Some(file.version) {
            true => format!("CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION app_owner;"),
            false => format!("SELECT '{schema}'::regnamespace;"),
        };
        transaction
            .batch_execute(&format!(
                "{create}
                 SET LOCAL ROLE app_owner;
                 SET LOCAL search_path = {schema}"
            ))
            .await?;
        transaction.batch_execute(sql).await?;
    }
    transaction.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests;
