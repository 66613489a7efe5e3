//! The tables that a silo and the pool both have, from the catalogue.

use tokio_postgres::Client;

use super::Place;
use crate::MigrateError;

/// How deep foreign keys are followed from table to table: no chain is longer, and a circle ends.
const DEPTH_MAX: i32 = 32;

/// The silo's tables, those that others point at first. Tallies are kept by triggers, and never
/// copied.
const TABLES: &str = "
WITH RECURSIVE own AS (
  SELECT c.oid, c.relname FROM pg_class AS c
   WHERE c.relnamespace = to_regnamespace($1) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
     AND c.relname <> 'tallies'
), level (oid, depth) AS (
  SELECT o.oid, 0 FROM own AS o
   UNION
  SELECT k.conrelid, l.depth + 1 FROM level AS l
    JOIN pg_constraint AS k ON k.contype = 'f' AND k.confrelid = l.oid AND k.conrelid <> k.confrelid
   WHERE l.depth < $2
)
SELECT o.relname::text AS name, quote_ident(o.relname) AS quoted,
       (SELECT max(l.depth) FROM level AS l WHERE l.oid = o.oid) AS depth,
       ARRAY(SELECT format('%I', n.nspname) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
              WHERE c.relname = o.relname AND c.relkind IN ('r', 'p')
                AND n.nspname IN (SELECT app.silo_domains())) AS domains,
       (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute AS a
         WHERE a.attrelid = o.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS columns,
       EXISTS (SELECT FROM pg_trigger AS t JOIN pg_proc AS p ON p.oid = t.tgfoid
                WHERE t.tgrelid = o.oid AND p.proname = 'tally') AS tallied,
       (SELECT min(t.tgname)::text FROM pg_trigger AS t JOIN pg_proc AS p ON p.oid = t.tgfoid
         WHERE t.tgrelid = o.oid AND NOT t.tgisinternal AND p.proname <> 'tally') AS other_trigger,
       NOT EXISTS (SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
                    WHERE c.relname = o.relname AND c.relkind IN ('r', 'p') AND NOT c.relforcerowsecurity
                      AND (c.oid = o.oid OR n.nspname IN (SELECT app.silo_domains()))) AS forced
  FROM own AS o
 ORDER BY depth, name";

/// A table that is in both places.
#[derive(Debug)]
pub(super) struct SiloTable {
    /// Its name.
    pub(super) name: String,
    /// Its columns that can be written, quoted.
    pub(super) columns: String,
    /// Whether a tally of its rows is kept.
    pub(super) tallied: bool,
    /// Its name in the pool and in the silo, in full and quoted, and the schemas of their tallies.
    pool: (String, String),
    silo: (String, String),
}

impl SiloTable {
    /// Its name in full.
    pub(super) fn at(&self, place: Place) -> &str {
        match place {
            Place::Pool => &self.pool.0,
            Place::Silo => &self.silo.0,
        }
    }

    /// The tallies that count it.
    pub(super) fn tallies_at(&self, place: Place) -> &str {
        match place {
            Place::Pool => &self.pool.1,
            Place::Silo => &self.silo.1,
        }
    }
}

/// Reads the tables of a silo, in the order in which rows can be added.
///
/// Refuses what a copy would not carry over, or too much of: a table without a twin in the pool, one
/// with a trigger of its own, which would take a row that is moved for a new one, and one whose
/// policy does not hold its owner.
pub(super) async fn read(client: &Client, schema: &str) -> Result<Vec<SiloTable>, MigrateError> {
    let rows = client.query(TABLES, &[&schema, &DEPTH_MAX]).await?;
    let mut tables = Vec::with_capacity(rows.len());
    for row in rows {
        let (name, quoted): (String, String) = (row.try_get("name")?, row.try_get("quoted")?);
        let domains: Vec<String> = row.try_get("domains")?;
        let depth: i32 = row.try_get("depth")?;
        let trigger: Option<String> = row.try_get("other_trigger")?;
        let [domain] = domains.as_slice() else {
            return Err(MigrateError::Unmovable(
                name,
                "has no twin in the pool".to_owned(),
            ));
        };
        // The mover is the owner. Where its policy does not hold the owner too, "all rows" are everybody's.
        if !row.try_get::<_, bool>("forced")? {
            return Err(MigrateError::Unmovable(
                name,
                "does not hold its owner to the policy".to_owned(),
            ));
        }
        if let Some(trigger) = trigger {
            return Err(MigrateError::Unmovable(
                name,
                format!("has the trigger {trigger}"),
            ));
        }
        if depth >= DEPTH_MAX {
            return Err(MigrateError::Unmovable(
                name,
                "points at itself in a circle".to_owned(),
            ));
        }
        let of = |schema: &str| (format!("{schema}.{quoted}"), format!("{schema}.tallies"));
        tables.push(SiloTable {
            name,
            columns: row.try_get("columns")?,
            tallied: row.try_get("tallied")?,
            pool: of(domain),
            silo: of(schema),
        });
    }
    match tables.is_empty() {
        true => Err(MigrateError::Unmovable(
            schema.to_owned(),
            "has no table".to_owned(),
        )),
        false => Ok(tables),
    }
}
