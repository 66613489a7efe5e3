//! Every statement about schedules. When one is due, the database reckons: it knows the time zones.

use shared::db::Statement;
use shared::ids::{ScheduleId, UserId};
use shared::page::PageRequest;
use shared::storage::Format;
use time::OffsetDateTime;
use tokio_postgres::Row;

use crate::schedule::{Cadence, Change, NewSchedule, SCHEDULES_MAX, Schedule, When};

shared::statements! {
    FIND = "
SELECT id, type, params, format, cadence, weekday, day_of_month, time_of_day, time_zone, paused,
       next_run_at, last_run_at, requested_by, created_at, updated_at, version
FROM schedules
WHERE id = $1";

    LIST = "
SELECT s.id, s.type, s.params, s.format, s.cadence, s.weekday, s.day_of_month, s.time_of_day, s.time_zone,
       s.paused, s.next_run_at, s.last_run_at, s.requested_by, s.created_at, s.updated_at, s.version
FROM schedules AS s
WHERE (s.created_at, s.id) < ($1, $2)
ORDER BY s.created_at DESC, s.id DESC
LIMIT $3 OFFSET $4";

    /// There are few.
    COUNT = "
SELECT count(*) AS total
FROM schedules";

    IS_ZONE = "
SELECT reports.is_time_zone($1) AS known";

    INSERT = "
INSERT INTO schedules (id, type, params, format, cadence, weekday, day_of_month, time_of_day, time_zone,
                       next_run_at, requested_by, created_at, updated_at)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, reports.next_run($5, $6, $7, $8, $9, now()), $10, $11, $11
WHERE reports.is_time_zone($9) AND (SELECT count(*) FROM schedules) < $12
RETURNING id, type, params, format, cadence, weekday, day_of_month, time_of_day, time_zone, paused,
          next_run_at, last_run_at, requested_by, created_at, updated_at, version";

    UPDATE = "
UPDATE schedules AS s
SET type = coalesce($2, s.type),
    params = coalesce($3, s.params),
    format = coalesce($12, s.format),
    cadence = wanted.cadence,
    weekday = wanted.weekday,
    day_of_month = wanted.day_of_month,
    time_of_day = wanted.time_of_day,
    time_zone = wanted.time_zone,
    paused = coalesce($9, s.paused),
    next_run_at = CASE
        WHEN $4::text IS NULL AND NOT (s.paused AND NOT coalesce($9, s.paused)) THEN s.next_run_at
        ELSE reports.next_run(wanted.cadence, wanted.weekday, wanted.day_of_month,
                              wanted.time_of_day, wanted.time_zone, now())
    END,
    updated_at = $10,
    version = s.version + 1
FROM schedules AS o,
     LATERAL (SELECT coalesce($4, o.cadence) AS cadence,
                     CASE WHEN $4::text IS NULL THEN o.weekday ELSE $5 END AS weekday,
                     CASE WHEN $4::text IS NULL THEN o.day_of_month ELSE $6 END AS day_of_month,
                     coalesce($7, o.time_of_day) AS time_of_day,
                     coalesce($8, o.time_zone) AS time_zone) AS wanted
WHERE s.id = $1 AND o.id = s.id AND ($11::int IS NULL OR s.version = $11)
  AND reports.is_time_zone(wanted.time_zone)
RETURNING s.id, s.type, s.params, s.format, s.cadence, s.weekday, s.day_of_month, s.time_of_day, s.time_zone,
          s.paused, s.next_run_at, s.last_run_at, s.requested_by, s.created_at, s.updated_at, s.version";

    DELETE = "
DELETE FROM schedules
WHERE id = $1 AND ($2::int IS NULL OR version = $2)";
}

/// Looks one up.
pub fn find(id: ScheduleId) -> Statement<Option<Schedule>> {
    Statement::new(FIND).bind(id).optional(schedule)
}

/// The rows of a page and one more, which tells whether there is another page.
pub fn list(page: PageRequest) -> Statement<Vec<Schedule>> {
    Statement::new(LIST)
        .bind(page.after.created_at)
        .bind(page.after.id)
        .bind(i64::from(page.rows) + 1)
        .bind(i64::from(page.offset))
        .many(schedule)
}

/// How many there are.
pub fn count() -> Statement<i64> {
    Statement::new(COUNT).one(|row| row.try_get("total"))
}

/// Whether there is a time zone of this name.
pub fn is_zone(name: &str) -> Statement<bool> {
    Statement::new(IS_ZONE)
        .bind(name.to_owned())
        .one(|row| row.try_get("known"))
}

/// Adds one, unless the tenant has as many as it may or there is no such time zone. It goes behind
/// [`super::lane`], or two could be counted as one.
pub fn insert(
    id: ScheduleId,
    new: &NewSchedule,
    user: UserId,
    now: OffsetDateTime,
) -> Statement<Option<Schedule>> {
    let When {
        cadence,
        time,
        zone,
    } = &new.when;
    Statement::new(INSERT)
        .bind(id)
        .bind(new.report.kind.name)
        .bind(new.report.params.clone())
        .bind(new.report.format.as_str())
        .bind(cadence.as_str())
        .bind(cadence.weekday())
        .bind(cadence.day_of_month())
        .bind(time.clone())
        .bind(zone.clone())
        .bind(user)
        .bind(now)
        .bind(i64::from(SCHEDULES_MAX))
        .optional(schedule)
}

/// Changes one, if it still has the version `seen`; `None` stands for any.
pub fn update(
    id: ScheduleId,
    change: &Change,
    seen: Option<i32>,
    now: OffsetDateTime,
) -> Statement<Option<Schedule>> {
    let (report, when) = (change.report.as_ref(), change.when.as_ref());
    let cadence = when.map(|when| when.cadence);
    Statement::new(UPDATE)
        .bind(id)
        .bind(report.map(|report| report.kind.name))
        .bind(report.map(|report| report.params.clone()))
        .bind(cadence.map(Cadence::as_str))
        .bind(cadence.and_then(Cadence::weekday))
        .bind(cadence.and_then(Cadence::day_of_month))
        .bind(when.map(|when| when.time.clone()))
        .bind(when.map(|when| when.zone.clone()))
        .bind(change.paused)
        .bind(now)
        .bind(seen)
        .bind(report.map(|report| report.format.as_str()))
        .optional(schedule)
}

/// Removes one, if it still has the version `seen`; answers how many rows went.
pub fn delete(id: ScheduleId, seen: Option<i32>) -> Statement<u64> {
    Statement::new(DELETE).bind(id).bind(seen)
}

fn schedule(row: &Row) -> Result<Schedule, tokio_postgres::Error> {
    Ok(Schedule {
        id: row.try_get("id")?,
        kind: row.try_get("type")?,
        params: row.try_get("params")?,
        // The table's CHECK admits nothing else.
        format: Format::parse(row.try_get("format")?).unwrap_or_default(),
        when: When {
            cadence: Cadence::read(
                row.try_get("cadence")?,
                row.try_get("weekday")?,
                row.try_get("day_of_month")?,
            ),
            time: row.try_get("time_of_day")?,
            zone: row.try_get("time_zone")?,
        },
        paused: row.try_get("paused")?,
        next_run_at: row.try_get("next_run_at")?,
        last_run_at: row.try_get("last_run_at")?,
        requested_by: row.try_get("requested_by")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
        version: row.try_get("version")?,
    })
}
