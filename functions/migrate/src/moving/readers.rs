//! Waiting for transactions that may have entered a tenant before it was moved.
//!
//! They have the old place on their `search_path` until they end. They hold no lock that tells
//! them apart, so all transactions of all services are waited for that were under way: each holds
//! a lock on its own virtual transaction identifier, from BEGIN to its end.

use std::time::{Duration, Instant};

use shared::deadline::Deadline;
use tokio_postgres::Client;

use crate::MigrateError;

/// How long they are waited for, in seconds: longer than any statement of a service may take or
/// any transaction of one may lie idle.
const WAIT_SECS_MAX: u64 = 65;
/// How often they are looked for, in milliseconds.
const POLL_MS: u64 = 20;

/// The services' transactions of this database; of those in `$1`, if it is not null.
const UNDER_WAY: &str = r"
SELECT coalesce(array_agg(l.virtualtransaction), '{}') AS ids
  FROM pg_locks AS l
  JOIN pg_stat_activity AS a ON a.pid = l.pid
  JOIN pg_database AS d ON d.oid = a.datid
  JOIN pg_roles AS r ON r.oid = a.usesysid
 WHERE l.locktype = 'virtualxid' AND l.granted AND l.virtualxid = l.virtualtransaction
   AND d.datname = current_database() AND r.rolname LIKE 'svc\_%'
   AND ($1::text[] IS NULL OR l.virtualtransaction = ANY ($1))";

/// Waits until every service's transaction that is under way now has ended.
pub(super) async fn wait(client: &Client, deadline: &Deadline) -> Result<(), MigrateError> {
    let begun = Instant::now();
    let mut left: Vec<String> = under_way(client, None).await?;
    while !left.is_empty() {
        if deadline.near() || begun.elapsed() > Duration::from_secs(WAIT_SECS_MAX) {
            return Err(MigrateError::ReadersLeft(left.len()));
        }
        tokio::time::sleep(Duration::from_millis(POLL_MS)).await;
        left = under_way(client, Some(&left)).await?;
    }
    Ok(())
}

async fn under_way(client: &Client, among: Option<&[String]>) -> Result<Vec<String>, MigrateError> {
    let row = client.query_one(UNDER_WAY, &[&among]).await?;
    Ok(row.try_get("ids")?)
}
