//! Every statement of the relay. Its role may call these functions and read no table.

use serde_json::Value;
use shared::db::Statement;
use shared::jobs::Envelope;
use tokio_postgres::Row;
use uuid::Uuid;

shared::statements! {
    DOMAINS = "
SELECT domain
FROM app.outbox_domains() AS domain";

    TAKE = "
SELECT tenant_id, id, type, data, occurred_at
FROM app.outbox_take($1, interval '0', $2)";

    SENT = "
SELECT app.outbox_sent($1, $2, $3) AS rows";

    PURGE = "
SELECT app.outbox_purge($1, $2) AS rows";

    EXPIRE = "
SELECT app.idempotency_expire($1) AS rows";

    FIRE = "
SELECT reports.fire_schedules($1) AS rows";

    WAKE = "
SELECT w.tenant, w.woken
FROM reports.wake_forgotten($1, $2 * interval '1 second') AS w";

    RETIRE = "
SELECT reports.expire($1 * interval '1 day', $2) AS rows";

    REMOVABLE = "
SELECT tenant_id, id, object_key
FROM reports.removable($1)";

    REMOVED = "
SELECT reports.removed($1, $2) AS rows";
}

/// The document of a report whose time is over.
#[derive(Debug, Clone)]
pub struct Document {
    /// Whose.
    pub tenant: Uuid,
    /// The report.
    pub report: Uuid,
    /// Where it is.
    pub key: String,
}

/// The domains that have an outbox.
pub fn domains() -> Statement<Vec<String>> {
    Statement::new(DOMAINS).many(|row| row.try_get("domain"))
}

/// Claims unsent events for a while, oldest first: nobody else gets them meanwhile.
pub fn take(domain: &str, rows_max: i32) -> Statement<Vec<Envelope<Value>>> {
    Statement::new(TAKE)
        .bind(domain.to_owned())
        .bind(rows_max)
        .many(envelope)
}

/// Marks events as sent; answers how many of them were not yet.
pub fn sent(domain: &str, tenants: Vec<Uuid>, events: Vec<Uuid>) -> Statement<i32> {
    Statement::new(SENT)
        .bind(domain.to_owned())
        .bind(tenants)
        .bind(events)
        .one(rows)
}

/// Removes events that were sent long ago; answers how many went.
pub fn purge(domain: &str, rows_max: i32) -> Statement<i32> {
    Statement::new(PURGE)
        .bind(domain.to_owned())
        .bind(rows_max)
        .one(rows)
}

/// Removes stored answers that nobody may ask for any more; answers how many went.
pub fn expire(rows_max: i32) -> Statement<i32> {
    Statement::new(EXPIRE).bind(rows_max).one(rows)
}

/// Orders the reports that are due by their schedules; answers how many.
pub fn fire(rows_max: i32) -> Statement<i32> {
    Statement::new(FIRE).bind(rows_max).one(rows)
}

/// Lets reports be sent that have been parked for so long although there is room, or whose message is
/// gone: of the first tenant after `after` that has such, whom it names with how many they were.
pub fn wake(after: Option<Uuid>, parked_secs: i32) -> Statement<Option<(Uuid, i32)>> {
    let wake = Statement::new(WAKE).bind(after).bind(parked_secs);
    wake.one(|row| {
        let tenant: Option<Uuid> = row.try_get("tenant")?;
        let woken = row.try_get("woken")?;
        Ok(tenant.map(|tenant| (tenant, woken)))
    })
}

/// Ends the time of documents that are so old; answers how many.
pub fn retire(keep_days: i32, rows_max: i32) -> Statement<i32> {
    Statement::new(RETIRE)
        .bind(keep_days)
        .bind(rows_max)
        .one(rows)
}

/// Documents that are to go.
pub fn removable(rows_max: i32) -> Statement<Vec<Document>> {
    Statement::new(REMOVABLE).bind(rows_max).many(|row| {
        Ok(Document {
            tenant: row.try_get("tenant_id")?,
            report: row.try_get("id")?,
            key: row.try_get("object_key")?,
        })
    })
}

/// Marks documents as gone; answers how many of them were not yet.
pub fn removed(tenants: Vec<Uuid>, reports: Vec<Uuid>) -> Statement<i32> {
    Statement::new(REMOVED)
        .bind(tenants)
        .bind(reports)
        .one(rows)
}

fn rows(row: &Row) -> Result<i32, tokio_postgres::Error> {
    row.try_get("rows")
}

fn envelope(row: &Row) -> Result<Envelope<Value>, tokio_postgres::Error> {
    Ok(Envelope::wrap(
        row.try_get("id")?,
        row.try_get("tenant_id")?,
        row.try_get("type")?,
        row.try_get("occurred_at")?,
        row.try_get("data")?,
    ))
}
