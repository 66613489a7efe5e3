-- What the functions of the last release ask of the database. Written by `make released`.
-- Tests hold the newest schema to it.
-- schema: 18

-- role: auth
-- takes: uuid, text
-- gives: create_tenant void
-- auth::store::CREATE_TENANT

SELECT app.create_tenant($1, $2);

-- role: auth
-- takes: uuid, text, text, text
-- gives: create_user void
-- auth::store::CREATE_USER

SELECT auth.create_user($1, $2, $3, $4);

-- role: auth
-- takes: uuid, text, timestamptz
-- gives:
-- auth::store::INSERT_MEMBERSHIP

INSERT INTO memberships (user_id, role, created_at)
VALUES ($1, $2, $3);

-- role: auth
-- takes: uuid, uuid, text, timestamptz, timestamptz
-- gives:
-- auth::store::INSERT_SESSION

INSERT INTO sessions (id, user_id, user_agent, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5);

-- role: auth
-- takes: uuid, timestamptz
-- gives:
-- auth::store::EXTEND_SESSION

UPDATE sessions
SET expires_at = $2
WHERE id = $1;

-- role: auth
-- takes: bytea, uuid, bytea, timestamptz, timestamptz
-- gives:
-- auth::store::INSERT_REFRESH_TOKEN

INSERT INTO refresh_tokens (hash, session_id, salt, issued_at, expires_at)
VALUES ($1, $2, $3, $4, $5);

-- role: auth
-- takes: bytea
-- gives: session_id uuid, salt bytea, expires_at timestamptz, used_at timestamptz, user_id uuid, session_created_at timestamptz, revoked_at timestamptz, role text
-- auth::store::FIND_REFRESH_TOKEN

SELECT t.session_id, t.salt, t.expires_at, t.used_at,
       s.user_id, s.created_at AS session_created_at, s.revoked_at, m.role
FROM refresh_tokens AS t
JOIN sessions AS s ON s.id = t.session_id
JOIN memberships AS m ON m.user_id = s.user_id
WHERE t.hash = $1
FOR NO KEY UPDATE OF t, s;

-- role: auth
-- takes: bytea
-- gives: is_used bool
-- auth::store::IS_REFRESH_TOKEN_USED

SELECT used_at IS NOT NULL AS is_used
FROM refresh_tokens
WHERE hash = $1;

-- role: auth
-- takes: bytea, timestamptz
-- gives:
-- auth::store::USE_REFRESH_TOKEN

UPDATE refresh_tokens
SET used_at = $2
WHERE hash = $1;

-- role: auth
-- takes: text
-- gives: user_id uuid, password_hash text, tenant_id uuid, tenant_status text, role text
-- auth::store::FIND_LOGIN

SELECT user_id, password_hash, tenant_id, tenant_status, role
FROM auth.find_login($1);

-- role: auth
-- takes: uuid, text
-- gives: rehash_password void
-- auth::store::REHASH_PASSWORD

SELECT auth.rehash_password($1, $2);

-- role: auth
-- takes: uuid
-- gives: email text, name text
-- auth::store::FIND_USER

SELECT email, name
FROM auth.find_user($1);

-- role: auth
-- takes: text, jsonb
-- gives: publish_key void
-- auth::store::PUBLISH_KEY

SELECT auth.publish_key($1, $2);

-- role: auth
-- takes:
-- gives: jwk jsonb
-- auth::store::PUBLIC_KEYS

SELECT jwk
FROM auth.public_keys();

-- role: auth
-- takes: uuid, timestamptz, text, uuid, uuid, jsonb
-- gives:
-- auth::audit::RECORD

INSERT INTO audit_log (id, occurred_at, action, actor_id, subject_id, details)
VALUES ($1, $2, $3, $4, $5, $6);

-- role: auth
-- takes: uuid, timestamptz, text, uuid, uuid
-- gives:
-- auth::audit::END_SESSION

WITH ended AS (
    UPDATE sessions
    SET revoked_at = $2, revoked_reason = $3
    WHERE id = $1 AND revoked_at IS NULL
    RETURNING id
)
INSERT INTO audit_log (id, occurred_at, action, actor_id, subject_id, details)
SELECT $4, $2, 'session.ended', $5, ended.id, jsonb_build_object('reason', $3::text)
FROM ended;

-- role: auth
-- takes: uuid, text, jsonb, text, timestamptz
-- gives:
-- shared::outbox::EMIT

INSERT INTO outbox (id, type, data, dedup, occurred_at)
VALUES ($1, $2, $3, $4, $5);

-- role: auth
-- takes:
-- gives: check_role void
-- shared::db::CHECK_ROLE
SELECT app.check_role();

-- role: auth
-- takes:
-- gives: pg_current_wal_insert_lsn pg_lsn
-- shared::db::POSITION
SELECT pg_current_wal_insert_lsn();

-- role: auth
-- takes: uuid
-- gives: enter void
-- shared::db::ENTER
SELECT app.enter($1);

-- role: auth
-- takes: uuid
-- gives: enter_leaving void
-- shared::db::ENTER_LEAVING
SELECT app.enter_leaving($1);

-- role: auth
-- takes: pg_lsn, int8
-- gives: check_replica int8
-- shared::db::CHECK_REPLICA
SELECT app.check_replica($1, $2);

-- role: auth
-- takes:
-- gives: check_place void
-- shared::db::CHECK_PLACE
SELECT app.check_place();

-- role: authorizer
-- takes:
-- gives: kid text, jwk jsonb
-- authorizer::store::PUBLIC_KEYS

SELECT kid, jwk
FROM auth.public_keys();

-- role: authorizer
-- takes: uuid
-- gives: user_id uuid, role text, revoked bool, expires_at timestamptz
-- authorizer::store::SESSION_STATE

SELECT user_id, role, revoked, expires_at
FROM auth.session_state($1);

-- role: authorizer
-- takes:
-- gives: plan text, tier text, requests_per_minute int4, requests_per_day int4
-- authorizer::store::ENTITLEMENTS

SELECT plan, tier, requests_per_minute, requests_per_day
FROM billing.entitlements();

-- role: authorizer
-- takes:
-- gives: check_role void
-- shared::db::CHECK_ROLE
SELECT app.check_role();

-- role: authorizer
-- takes:
-- gives: pg_current_wal_insert_lsn pg_lsn
-- shared::db::POSITION
SELECT pg_current_wal_insert_lsn();

-- role: authorizer
-- takes: uuid
-- gives: enter void
-- shared::db::ENTER
SELECT app.enter($1);

-- role: authorizer
-- takes: uuid
-- gives: enter_leaving void
-- shared::db::ENTER_LEAVING
SELECT app.enter_leaving($1);

-- role: authorizer
-- takes: pg_lsn, int8
-- gives: check_replica int8
-- shared::db::CHECK_REPLICA
SELECT app.check_replica($1, $2);

-- role: authorizer
-- takes:
-- gives: check_place void
-- shared::db::CHECK_PLACE
SELECT app.check_place();

-- role: billing
-- takes: int8
-- gives: id text, name text, price_cents int8, currency text, requests_per_minute int4, requests_per_day int4, reports_per_month int4, reports_at_once int4, meters _text, included _int8, unit_prices _int8
-- billing::store::PLANS

SELECT p.id, p.name, p.price_cents, p.currency,
       p.requests_per_minute, p.requests_per_day, p.reports_per_month, p.reports_at_once,
       ARRAY(SELECT m.meter FROM plan_meters AS m
              WHERE m.plan_id = p.id ORDER BY m.meter) AS meters,
       ARRAY(SELECT m.included FROM plan_meters AS m
              WHERE m.plan_id = p.id ORDER BY m.meter) AS included,
       ARRAY(SELECT m.unit_price_cents FROM plan_meters AS m
              WHERE m.plan_id = p.id ORDER BY m.meter) AS unit_prices
FROM plans AS p
ORDER BY p.price_cents, p.id
LIMIT $1;

-- role: billing
-- takes:
-- gives: id text, name text, price_cents int8, currency text, requests_per_minute int4, requests_per_day int4, reports_per_month int4, reports_at_once int4, meters _text, included _int8, unit_prices _int8
-- billing::store::PLAN_IN_FORCE

SELECT p.id, p.name, p.price_cents, p.currency,
       p.requests_per_minute, p.requests_per_day, p.reports_per_month, p.reports_at_once,
       ARRAY(SELECT m.meter FROM plan_meters AS m
              WHERE m.plan_id = p.id ORDER BY m.meter) AS meters,
       ARRAY(SELECT m.included FROM plan_meters AS m
              WHERE m.plan_id = p.id ORDER BY m.meter) AS included,
       ARRAY(SELECT m.unit_price_cents FROM plan_meters AS m
              WHERE m.plan_id = p.id ORDER BY m.meter) AS unit_prices
FROM plans AS p
WHERE p.id = (SELECT e.plan FROM entitlements() AS e);

-- role: billing
-- takes:
-- gives: plan_id text, status text, started_at timestamptz, updated_at timestamptz, version int4
-- billing::store::FIND

SELECT plan_id, status, started_at, updated_at, version
FROM subscriptions;

-- role: billing
-- takes: text, text, timestamptz, timestamptz, int4
-- gives:
-- billing::store::FOUND

INSERT INTO subscriptions (plan_id, status, started_at, updated_at, version)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING;

-- role: billing
-- takes:
-- gives: plan_id text, status text, started_at timestamptz, updated_at timestamptz, version int4
-- billing::store::LOCK

SELECT plan_id, status, started_at, updated_at, version
FROM subscriptions
FOR UPDATE;

-- role: billing
-- takes: text, text, timestamptz, timestamptz, int4
-- gives:
-- billing::store::UPDATE

UPDATE subscriptions
SET plan_id = $1, status = $2, started_at = $3, updated_at = $4, version = $5;

-- role: billing
-- takes: timestamptz
-- gives: meter text, quantity int8
-- billing::store::COUNTED

SELECT meter, quantity
FROM usage_months
WHERE month = $1;

-- role: billing
-- takes: uuid, text, int8, timestamptz
-- gives:
-- billing::store::RECORD

INSERT INTO usage_events (event_id, meter, quantity, occurred_at)
VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING;

-- role: billing
-- takes: uuid, text, jsonb, text, timestamptz
-- gives:
-- shared::outbox::EMIT

INSERT INTO outbox (id, type, data, dedup, occurred_at)
VALUES ($1, $2, $3, $4, $5);

-- role: billing
-- takes:
-- gives: check_role void
-- shared::db::CHECK_ROLE
SELECT app.check_role();

-- role: billing
-- takes:
-- gives: pg_current_wal_insert_lsn pg_lsn
-- shared::db::POSITION
SELECT pg_current_wal_insert_lsn();

-- role: billing
-- takes: uuid
-- gives: enter void
-- shared::db::ENTER
SELECT app.enter($1);

-- role: billing
-- takes: uuid
-- gives: enter_leaving void
-- shared::db::ENTER_LEAVING
SELECT app.enter_leaving($1);

-- role: billing
-- takes: pg_lsn, int8
-- gives: check_replica int8
-- shared::db::CHECK_REPLICA
SELECT app.check_replica($1, $2);

-- role: billing
-- takes:
-- gives: check_place void
-- shared::db::CHECK_PLACE
SELECT app.check_place();

-- role: projects
-- takes: uuid
-- gives: id uuid, name text, description text, status text, version int4, created_at timestamptz, updated_at timestamptz
-- projects::store::FIND

SELECT id, name, description, status, version, created_at, updated_at
FROM projects
WHERE id = $1;

-- role: projects
-- takes: timestamptz, uuid, int8, int8
-- gives: id uuid, name text, description text, status text, version int4, created_at timestamptz, updated_at timestamptz
-- projects::store::LIST

SELECT p.id, p.name, p.description, p.status, p.version, p.created_at, p.updated_at
FROM projects AS p
WHERE (p.created_at, p.id) < ($1, $2)
ORDER BY p.created_at DESC, p.id DESC
LIMIT $3 OFFSET $4;

-- role: projects
-- takes:
-- gives: total int8
-- projects::store::COUNT

SELECT coalesce(sum(t.rows), 0)::bigint AS total
FROM tallies AS t
WHERE t.table_name = 'projects';

-- role: projects
-- takes: uuid, text, text, text, int4, timestamptz, timestamptz
-- gives:
-- projects::store::INSERT

INSERT INTO projects (id, name, description, status, version, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- role: projects
-- takes: uuid, text, text, text, timestamptz, int4
-- gives: id uuid, name text, description text, status text, version int4, created_at timestamptz, updated_at timestamptz
-- projects::store::UPDATE

UPDATE projects
SET name = coalesce($2, name),
    description = coalesce($3, description),
    status = coalesce($4, status),
    version = version + 1,
    updated_at = $5
WHERE id = $1 AND ($6::int IS NULL OR version = $6)
RETURNING id, name, description, status, version, created_at, updated_at;

-- role: projects
-- takes: uuid, int4
-- gives:
-- projects::store::DELETE

DELETE FROM projects
WHERE id = $1 AND ($2::int IS NULL OR version = $2);

-- role: projects
-- takes: text, bytea, int4, jsonb, bytea
-- gives:
-- shared::idempotency::RECORD

INSERT INTO idempotency (key, fingerprint, status, headers, body)
VALUES ($1, $2, $3, $4, $5);

-- role: projects
-- takes: text
-- gives: fingerprint bytea, status int4, headers jsonb, body bytea
-- shared::idempotency::FIND

SELECT fingerprint, status, headers, body
FROM idempotency
WHERE key = $1;

-- role: projects
-- takes: uuid, text, jsonb, text, timestamptz
-- gives:
-- shared::outbox::EMIT

INSERT INTO outbox (id, type, data, dedup, occurred_at)
VALUES ($1, $2, $3, $4, $5);

-- role: projects
-- takes:
-- gives: check_role void
-- shared::db::CHECK_ROLE
SELECT app.check_role();

-- role: projects
-- takes:
-- gives: pg_current_wal_insert_lsn pg_lsn
-- shared::db::POSITION
SELECT pg_current_wal_insert_lsn();

-- role: projects
-- takes: uuid
-- gives: enter void
-- shared::db::ENTER
SELECT app.enter($1);

-- role: projects
-- takes: uuid
-- gives: enter_leaving void
-- shared::db::ENTER_LEAVING
SELECT app.enter_leaving($1);

-- role: projects
-- takes: pg_lsn, int8
-- gives: check_replica int8
-- shared::db::CHECK_REPLICA
SELECT app.check_replica($1, $2);

-- role: projects
-- takes:
-- gives: check_place void
-- shared::db::CHECK_PLACE
SELECT app.check_place();

-- role: relay
-- takes:
-- gives: domain text
-- relay::store::DOMAINS

SELECT domain
FROM app.outbox_domains() AS domain;

-- role: relay
-- takes: text, int4
-- gives: tenant_id uuid, id uuid, type text, data jsonb, occurred_at timestamptz
-- relay::store::TAKE

SELECT tenant_id, id, type, data, occurred_at
FROM app.outbox_take($1, interval '0', $2);

-- role: relay
-- takes: text, _uuid, _uuid
-- gives: rows int4
-- relay::store::SENT

SELECT app.outbox_sent($1, $2, $3) AS rows;

-- role: relay
-- takes: text, int4
-- gives: rows int4
-- relay::store::PURGE

SELECT app.outbox_purge($1, $2) AS rows;

-- role: relay
-- takes: int4
-- gives: rows int4
-- relay::store::EXPIRE

SELECT app.idempotency_expire($1) AS rows;

-- role: relay
-- takes: int4
-- gives: rows int4
-- relay::store::FIRE

SELECT reports.fire_schedules($1) AS rows;

-- role: relay
-- takes: uuid, float8
-- gives: tenant uuid, woken int4
-- relay::store::WAKE

SELECT w.tenant, w.woken
FROM reports.wake_forgotten($1, $2 * interval '1 second') AS w;

-- role: relay
-- takes: float8, int4
-- gives: rows int4
-- relay::store::RETIRE

SELECT reports.expire($1 * interval '1 day', $2) AS rows;

-- role: relay
-- takes: int4
-- gives: tenant_id uuid, id uuid, object_key text
-- relay::store::REMOVABLE

SELECT tenant_id, id, object_key
FROM reports.removable($1);

-- role: relay
-- takes: _uuid, _uuid
-- gives: rows int4
-- relay::store::REMOVED

SELECT reports.removed($1, $2) AS rows;

-- role: relay
-- takes:
-- gives: check_role void
-- shared::db::CHECK_ROLE
SELECT app.check_role();

-- role: relay
-- takes:
-- gives: pg_current_wal_insert_lsn pg_lsn
-- shared::db::POSITION
SELECT pg_current_wal_insert_lsn();

-- role: relay
-- takes: uuid
-- gives: enter void
-- shared::db::ENTER
SELECT app.enter($1);

-- role: relay
-- takes: uuid
-- gives: enter_leaving void
-- shared::db::ENTER_LEAVING
SELECT app.enter_leaving($1);

-- role: relay
-- takes: pg_lsn, int8
-- gives: check_replica int8
-- shared::db::CHECK_REPLICA
SELECT app.check_replica($1, $2);

-- role: relay
-- takes:
-- gives: check_place void
-- shared::db::CHECK_PLACE
SELECT app.check_place();

-- role: report-worker
-- takes:
-- gives: lane void
-- report_worker::store::LANE

SELECT reports.lane();

-- role: report-worker
-- takes: uuid, int4
-- gives: open bool, fence int8, attempts int4, type text, params jsonb, format text, asked_at pg_lsn, asked_on timestamptz, tenant_name text
-- report_worker::store::CLAIM

WITH lane AS MATERIALIZED (
    SELECT count(*) < billing.reports_at_once() AS open
    FROM reports
    WHERE status = 'running' AND lease_until > now()
)
UPDATE reports AS r
SET status = CASE WHEN lane.open THEN 'running' ELSE 'queued' END,
    fence = r.fence + lane.open::int,
    attempts = r.attempts + lane.open::int,
    started_at = CASE WHEN lane.open THEN now() ELSE r.started_at END,
    lease_until = CASE WHEN lane.open THEN now() + make_interval(secs => $2::int) END,
    parked_at = CASE WHEN NOT lane.open THEN coalesce(r.parked_at, now()) END,
    rows_done = NULL,
    rows_total = NULL,
    version = r.version + lane.open::int
FROM lane
WHERE r.id = $1 AND (r.status = 'queued' OR (r.status = 'running' AND r.lease_until <= now()))
RETURNING lane.open, r.fence, r.attempts, r.type, r.params, r.format, r.asked_at, r.asked_on,
    app.tenant_name() AS tenant_name;

-- role: report-worker
-- takes: uuid
-- gives: secs int4
-- report_worker::store::LEASE

SELECT ceil(extract(epoch FROM r.lease_until - now()))::int AS secs
FROM reports AS r
WHERE r.id = $1 AND r.status = 'running';

-- role: report-worker
-- takes: text, uuid
-- gives:
-- report_worker::store::ARRIVED

UPDATE outbox
SET sent_at = now()
WHERE type = $1
  AND dedup = (SELECT reports.dedup(r.id, r.retries) FROM reports AS r WHERE r.id = $2)
  AND sent_at IS NULL;

-- role: report-worker
-- takes: uuid, int8, int4, int4, int4
-- gives:
-- report_worker::store::BEAT

UPDATE reports
SET lease_until = now() + make_interval(secs => $3::int), rows_done = $4, rows_total = $5
WHERE id = $1 AND status = 'running' AND fence = $2;

-- role: report-worker
-- takes: uuid, int8
-- gives:
-- report_worker::store::RELEASE

UPDATE reports
SET status = 'queued', lease_until = NULL, version = version + 1
WHERE id = $1 AND status = 'running' AND fence = $2;

-- role: report-worker
-- takes: uuid, int8, text, bytea, int8, int4, int4, uuid, text, jsonb, timestamptz
-- gives:
-- report_worker::store::SUCCEED

WITH finished AS (
    UPDATE reports
    SET status = 'succeeded', finished_at = now(), lease_until = NULL, version = version + 1,
        object_key = $3, sha256 = $4, size_bytes = $5, pages = NULLIF($6, 0), rows = $7
    WHERE id = $1 AND status = 'running' AND fence = $2
    RETURNING id, retries
)
INSERT INTO outbox (id, type, data, dedup, occurred_at)
SELECT $8, $9, $10, reports.dedup(finished.id, finished.retries), $11
FROM finished;

-- role: report-worker
-- takes: uuid, int8, jsonb, uuid, text, jsonb, timestamptz
-- gives:
-- report_worker::store::FAIL

WITH finished AS (
    UPDATE reports
    SET status = 'failed', finished_at = now(), lease_until = NULL, version = version + 1,
        problem = $3
    WHERE id = $1 AND status = 'running' AND fence = $2
    RETURNING id, retries
)
INSERT INTO outbox (id, type, data, dedup, occurred_at)
SELECT $4, $5, $6, reports.dedup(finished.id, finished.retries), $7
FROM finished;

-- role: report-worker
-- takes: uuid, text, jsonb, uuid, uuid, text, jsonb, timestamptz
-- gives:
-- report_worker::store::EXHAUST

WITH finished AS (
    UPDATE reports AS r
    SET status = 'failed', finished_at = now(), lease_until = NULL, version = r.version + 1,
        problem = $3
    WHERE r.id = $1 AND r.parked_at IS NULL
      AND (r.status = 'queued' OR (r.status = 'running' AND r.lease_until <= now()))
      AND NOT EXISTS (
          SELECT FROM outbox AS o
          WHERE o.type = $2 AND o.dedup = reports.dedup(r.id, r.retries) AND o.id <> $4)
    RETURNING r.id, r.retries
)
INSERT INTO outbox (id, type, data, dedup, occurred_at)
SELECT $5, $6, $7, reports.dedup(finished.id, finished.retries), $8
FROM finished;

-- role: report-worker
-- takes:
-- gives: report_id uuid, event_id uuid, occurred_at timestamptz
-- report_worker::store::WAKE

SELECT w.report_id, w.event_id, w.occurred_at
FROM reports.wake(1, interval '10 seconds') AS w;

-- role: report-worker
-- takes: uuid, int4
-- gives: queued int4
-- report_worker::store::REDRIVE

SELECT reports.redrive($1, $2) AS queued;

-- role: report-worker
-- takes: timestamptz, timestamptz, uuid, int8
-- gives: id uuid, occurred_at timestamptz, type text, data jsonb
-- report_worker::kinds::activity::EVENTS

SELECT d.id, d.occurred_at, d.type, d.data
FROM (
       (SELECT a.id, a.occurred_at, a.type, a.data FROM auth.published_events AS a
        WHERE a.occurred_at >= $1 AND (a.occurred_at, a.id) < ($2, $3)
        ORDER BY a.occurred_at DESC, a.id DESC LIMIT $4)
       UNION ALL
       (SELECT b.id, b.occurred_at, b.type, b.data FROM billing.published_events AS b
        WHERE b.occurred_at >= $1 AND (b.occurred_at, b.id) < ($2, $3)
        ORDER BY b.occurred_at DESC, b.id DESC LIMIT $4)
       UNION ALL
       (SELECT j.id, j.occurred_at, j.type, j.data FROM projects.published_events AS j
        WHERE j.occurred_at >= $1 AND (j.occurred_at, j.id) < ($2, $3)
        ORDER BY j.occurred_at DESC, j.id DESC LIMIT $4)
       UNION ALL
       (SELECT o.id, o.occurred_at, o.type, o.data FROM reports.published_events AS o
        WHERE o.occurred_at >= $1 AND (o.occurred_at, o.id) < ($2, $3)
        ORDER BY o.occurred_at DESC, o.id DESC LIMIT $4)
      ) AS d
ORDER BY d.occurred_at DESC, d.id DESC
LIMIT $4;

-- role: report-worker
-- takes: _uuid
-- gives: id uuid, name text
-- report_worker::kinds::activity::PROJECTS

SELECT p.id, p.name
FROM published_projects AS p
WHERE p.id = ANY($1);

-- role: report-worker
-- takes: _uuid
-- gives: id uuid, name text
-- report_worker::kinds::activity::REPORTS

SELECT r.id, r.type AS name
FROM reports.reports AS r
WHERE r.id = ANY($1);

-- role: report-worker
-- takes: timestamptz, timestamptz, int4
-- gives: type text, bar int4, events int8
-- report_worker::kinds::activity::COUNTS

SELECT e.type, floor(extract(epoch FROM e.occurred_at - $1) / $3::int)::int AS bar, count(*) AS events
FROM (SELECT a.occurred_at, a.type FROM auth.published_events AS a
      UNION ALL
      SELECT b.occurred_at, b.type FROM billing.published_events AS b
      UNION ALL
      SELECT j.occurred_at, j.type FROM projects.published_events AS j
      UNION ALL
      SELECT o.occurred_at, o.type FROM reports.published_events AS o) AS e
WHERE e.occurred_at >= $1 AND e.occurred_at < $2
GROUP BY 1, 2;

-- role: report-worker
-- takes: timestamptz, timestamptz
-- gives: entries int8, actors int8
-- report_worker::kinds::audit_extract::COUNTS

SELECT count(*) AS entries, count(DISTINCT a.actor_id) AS actors
FROM auth.published_audit_log AS a
WHERE a.occurred_at >= $1 AND a.occurred_at < $2;

-- role: report-worker
-- takes: timestamptz, timestamptz, uuid, int8
-- gives: id uuid, occurred_at timestamptz, action text, actor_id uuid, subject_id uuid, details jsonb, actor text
-- report_worker::kinds::audit_extract::ENTRIES

SELECT a.id, a.occurred_at, a.action, a.actor_id, a.subject_id, a.details, u.email AS actor
FROM auth.published_audit_log AS a
LEFT JOIN LATERAL auth.find_user(a.actor_id) AS u ON true
WHERE a.occurred_at >= $1 AND (a.occurred_at, a.id) < ($2, $3)
ORDER BY a.occurred_at DESC, a.id DESC
LIMIT $4;

-- role: report-worker
-- takes: text, timestamptz
-- gives: total int8, active int8, archived int8, fresh int8
-- report_worker::kinds::project_summary::FIGURES

SELECT count(*) AS total,
       count(*) FILTER (WHERE p.status = 'active') AS active,
       count(*) FILTER (WHERE p.status = 'archived') AS archived,
       count(*) FILTER (WHERE p.created_at >= $2) AS fresh
FROM published_projects AS p
WHERE $1::text IS NULL OR p.status = $1;

-- role: report-worker
-- takes: text, timestamptz
-- gives: month text, made int8
-- report_worker::kinds::project_summary::MONTHS

SELECT to_char(p.created_at AT TIME ZONE 'UTC', 'YYYY-MM') AS month, count(*) AS made
FROM published_projects AS p
WHERE p.created_at >= $2 AND ($1::text IS NULL OR p.status = $1)
GROUP BY 1;

-- role: report-worker
-- takes: text, timestamptz, uuid, int8
-- gives: id uuid, name text, status text, created_at timestamptz, updated_at timestamptz
-- report_worker::kinds::project_summary::ROWS

SELECT p.id, p.name, p.status, p.created_at, p.updated_at
FROM published_projects AS p
WHERE (p.created_at, p.id) < ($2, $3) AND ($1::text IS NULL OR p.status = $1)
ORDER BY p.created_at DESC, p.id DESC
LIMIT $4;

-- role: report-worker
-- takes: bool
-- gives: brand_color text, brand_line text, locale text, logo bytea
-- report_worker::kinds::settings::FIND

SELECT s.brand_color, s.brand_line, s.locale, CASE WHEN $1 THEN s.logo END AS logo
FROM settings AS s;

-- role: report-worker
-- takes:
-- gives: name text, price_cents int8, currency text, requests_per_minute int4, requests_per_day int4, reports_per_month int4
-- report_worker::kinds::terms::PLAN

SELECT p.name, p.price_cents, p.currency, p.requests_per_minute, p.requests_per_day,
       p.reports_per_month
FROM billing.entitlements() AS e
JOIN billing.published_plans AS p ON p.id = e.plan;

-- role: report-worker
-- takes: timestamptz
-- gives: meter text, included int8, unit_price_cents int8, used int8
-- report_worker::kinds::terms::METERS

SELECT m.meter, m.included, m.unit_price_cents, coalesce(u.quantity, 0) AS used
FROM billing.entitlements() AS e
JOIN billing.published_plan_meters AS m ON m.plan_id = e.plan
LEFT JOIN billing.published_usage_months AS u ON u.month = $1 AND u.meter = m.meter
ORDER BY m.meter;

-- role: report-worker
-- takes: timestamptz, timestamptz
-- gives: day int4, units int8
-- report_worker::kinds::usage_statement::DAYS

SELECT extract(day FROM e.occurred_at AT TIME ZONE 'UTC')::int AS day, sum(e.quantity)::bigint AS units
FROM billing.published_usage_events AS e
WHERE e.occurred_at >= $1 AND e.occurred_at < $2
GROUP BY 1;

-- role: report-worker
-- takes:
-- gives: check_role void
-- shared::db::CHECK_ROLE
SELECT app.check_role();

-- role: report-worker
-- takes:
-- gives: pg_current_wal_insert_lsn pg_lsn
-- shared::db::POSITION
SELECT pg_current_wal_insert_lsn();

-- role: report-worker
-- takes: uuid
-- gives: enter void
-- shared::db::ENTER
SELECT app.enter($1);

-- role: report-worker
-- takes: uuid
-- gives: enter_leaving void
-- shared::db::ENTER_LEAVING
SELECT app.enter_leaving($1);

-- role: report-worker
-- takes: pg_lsn, int8
-- gives: check_replica int8
-- shared::db::CHECK_REPLICA
SELECT app.check_replica($1, $2);

-- role: report-worker
-- takes:
-- gives: check_place void
-- shared::db::CHECK_PLACE
SELECT app.check_place();

-- role: reports
-- takes: uuid
-- gives: id uuid, type text, params jsonb, format text, status text, fence int8, rows_done int4, rows_total int4, pages int4, size_bytes int8, problem jsonb, requested_by uuid, schedule_id uuid, created_at timestamptz, started_at timestamptz, finished_at timestamptz
-- reports::store::FIND

SELECT id, type, params, format, status, fence, rows_done, rows_total, pages, size_bytes, problem,
       requested_by, schedule_id, created_at, started_at, finished_at
FROM reports
WHERE id = $1;

-- role: reports
-- takes: timestamptz, uuid, int8, int8, text, text, timestamptz, timestamptz
-- gives: id uuid, type text, params jsonb, format text, status text, fence int8, rows_done int4, rows_total int4, pages int4, size_bytes int8, problem jsonb, requested_by uuid, schedule_id uuid, created_at timestamptz, started_at timestamptz, finished_at timestamptz
-- reports::store::LIST

SELECT r.id, r.type, r.params, r.format, r.status, r.fence, r.rows_done, r.rows_total, r.pages,
       r.size_bytes, r.problem, r.requested_by, r.schedule_id, r.created_at, r.started_at, r.finished_at
FROM reports AS r
WHERE (r.created_at, r.id) < ($1, $2)
  AND ($5::text IS NULL OR r.status = $5)
  AND ($6::text IS NULL OR r.type = $6)
  AND ($7::timestamptz IS NULL OR r.created_at > $7)
  AND ($8::timestamptz IS NULL OR r.created_at < $8)
ORDER BY r.created_at DESC, r.id DESC
LIMIT $3 OFFSET $4;

-- role: reports
-- takes:
-- gives: total int8
-- reports::store::COUNT

SELECT coalesce(sum(t.rows), 0)::bigint AS total
FROM tallies AS t
WHERE t.table_name = 'reports';

-- role: reports
-- takes: text, text, timestamptz, timestamptz, int8
-- gives: total int8
-- reports::store::COUNT_SOME

SELECT count(*) AS total
FROM (SELECT
      FROM reports AS r
      WHERE ($1::text IS NULL OR r.status = $1)
        AND ($2::text IS NULL OR r.type = $2)
        AND ($3::timestamptz IS NULL OR r.created_at > $3)
        AND ($4::timestamptz IS NULL OR r.created_at < $4)
      LIMIT $5) AS passing;

-- role: reports
-- takes: uuid, text, jsonb, text, uuid, timestamptz
-- gives:
-- reports::store::INSERT

INSERT INTO reports (id, type, params, format, requested_by, created_at)
VALUES ($1, $2, $3, $4, $5, $6);

-- role: reports
-- takes:
-- gives: lane void
-- reports::store::LANE

SELECT reports.lane();

-- role: reports
-- takes: uuid, timestamptz, uuid, text, jsonb
-- gives:
-- reports::store::CANCEL

WITH cancelled AS (
    UPDATE reports
    SET status = 'cancelled', finished_at = $2, lease_until = NULL, parked_at = NULL,
        version = version + 1
    WHERE id = $1 AND status IN ('queued', 'running')
    RETURNING id, retries
)
INSERT INTO outbox (id, type, data, dedup, occurred_at)
SELECT $3, $4, $5, reports.dedup(cancelled.id, cancelled.retries), $2
FROM cancelled;

-- role: reports
-- takes:
-- gives:
-- reports::store::WAKE

SELECT FROM reports.wake(1, interval '0');

-- role: reports
-- takes: uuid, uuid, text, jsonb, timestamptz, text
-- gives: id uuid, type text, params jsonb, format text, status text, fence int8, rows_done int4, rows_total int4, pages int4, size_bytes int8, problem jsonb, requested_by uuid, schedule_id uuid, created_at timestamptz, started_at timestamptz, finished_at timestamptz, retries int4
-- reports::store::RETRY

WITH again AS (
    UPDATE reports
    SET status = 'queued', finished_at = NULL, started_at = NULL, problem = NULL, attempts = 0,
        retries = retries + 1, asked_at = DEFAULT, asked_on = DEFAULT, rows_done = NULL,
        rows_total = NULL, object_key = NULL, sha256 = NULL, size_bytes = NULL, pages = NULL,
        rows = NULL, version = version + 1
    WHERE id = $1 AND status IN ('failed', 'cancelled', 'expired')
      AND (object_key IS NULL OR object_key = $6)
    RETURNING id, type, params, format, status, fence, rows_done, rows_total, pages, size_bytes,
              problem, requested_by, schedule_id, created_at, started_at, finished_at, retries
), asked AS (
    INSERT INTO outbox (id, type, data, dedup, occurred_at)
    SELECT $2, $3, $4, reports.dedup(again.id, again.retries), $5
    FROM again
)
SELECT * FROM again;

-- role: reports
-- takes: uuid, timestamptz, uuid, text, jsonb
-- gives:
-- reports::store::RETIRE

WITH retired AS (
    UPDATE reports
    SET status = 'expired', version = version + 1
    WHERE id = $1 AND status = 'succeeded'
    RETURNING id, retries
)
INSERT INTO outbox (id, type, data, dedup, occurred_at)
SELECT $3, $4, $5, reports.dedup(retired.id, retired.retries), $2
FROM retired;

-- role: reports
-- takes: uuid
-- gives: status text, object_key text
-- reports::store::DOCUMENT

SELECT status, object_key
FROM reports
WHERE id = $1;

-- role: reports
-- takes: uuid
-- gives:
-- reports::store::DELETE

DELETE FROM reports
WHERE id = $1 AND status IN ('failed', 'cancelled', 'expired');

-- role: reports
-- takes: uuid
-- gives: id uuid, type text, params jsonb, format text, cadence text, weekday int4, day_of_month int4, time_of_day text, time_zone text, paused bool, next_run_at timestamptz, last_run_at timestamptz, requested_by uuid, created_at timestamptz, updated_at timestamptz, version int4
-- reports::store::schedules::FIND

SELECT id, type, params, format, cadence, weekday, day_of_month, time_of_day, time_zone, paused,
       next_run_at, last_run_at, requested_by, created_at, updated_at, version
FROM schedules
WHERE id = $1;

-- role: reports
-- takes: timestamptz, uuid, int8, int8
-- gives: id uuid, type text, params jsonb, format text, cadence text, weekday int4, day_of_month int4, time_of_day text, time_zone text, paused bool, next_run_at timestamptz, last_run_at timestamptz, requested_by uuid, created_at timestamptz, updated_at timestamptz, version int4
-- reports::store::schedules::LIST

SELECT s.id, s.type, s.params, s.format, s.cadence, s.weekday, s.day_of_month, s.time_of_day, s.time_zone,
       s.paused, s.next_run_at, s.last_run_at, s.requested_by, s.created_at, s.updated_at, s.version
FROM schedules AS s
WHERE (s.created_at, s.id) < ($1, $2)
ORDER BY s.created_at DESC, s.id DESC
LIMIT $3 OFFSET $4;

-- role: reports
-- takes:
-- gives: total int8
-- reports::store::schedules::COUNT

SELECT count(*) AS total
FROM schedules;

-- role: reports
-- takes: text
-- gives: known bool
-- reports::store::schedules::IS_ZONE

SELECT reports.is_time_zone($1) AS known;

-- role: reports
-- takes: uuid, text, jsonb, text, text, int4, int4, text, text, uuid, timestamptz, int8
-- gives: id uuid, type text, params jsonb, format text, cadence text, weekday int4, day_of_month int4, time_of_day text, time_zone text, paused bool, next_run_at timestamptz, last_run_at timestamptz, requested_by uuid, created_at timestamptz, updated_at timestamptz, version int4
-- reports::store::schedules::INSERT

INSERT INTO schedules (id, type, params, format, cadence, weekday, day_of_month, time_of_day, time_zone,
                       next_run_at, requested_by, created_at, updated_at)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, reports.next_run($5, $6, $7, $8, $9, now()), $10, $11, $11
WHERE reports.is_time_zone($9) AND (SELECT count(*) FROM schedules) < $12
RETURNING id, type, params, format, cadence, weekday, day_of_month, time_of_day, time_zone, paused,
          next_run_at, last_run_at, requested_by, created_at, updated_at, version;

-- role: reports
-- takes: uuid, text, jsonb, text, int4, int4, text, text, bool, timestamptz, int4, text
-- gives: id uuid, type text, params jsonb, format text, cadence text, weekday int4, day_of_month int4, time_of_day text, time_zone text, paused bool, next_run_at timestamptz, last_run_at timestamptz, requested_by uuid, created_at timestamptz, updated_at timestamptz, version int4
-- reports::store::schedules::UPDATE

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
          s.paused, s.next_run_at, s.last_run_at, s.requested_by, s.created_at, s.updated_at, s.version;

-- role: reports
-- takes: uuid, int4
-- gives:
-- reports::store::schedules::DELETE

DELETE FROM schedules
WHERE id = $1 AND ($2::int IS NULL OR version = $2);

-- role: reports
-- takes:
-- gives: brand_color text, brand_line text, locale text, logo_type text, logo_bytes int4, logo_sha256 text, updated_at timestamptz, version int4
-- reports::store::settings::FIND

SELECT s.brand_color, s.brand_line, s.locale, s.logo_type, octet_length(s.logo) AS logo_bytes,
       encode(sha256(s.logo), 'hex') AS logo_sha256, s.updated_at, s.version
FROM settings AS s;

-- role: reports
-- takes: bool, text, bool, text, bool, bytea, text, bool, text, timestamptz, int4, int4
-- gives: brand_color text, brand_line text, locale text, logo_type text, logo_bytes int4, logo_sha256 text, updated_at timestamptz, version int4
-- reports::store::settings::CHANGE

INSERT INTO settings AS s (brand_color, brand_line, logo, logo_type, locale, updated_at)
SELECT $2, $4, $6, $7, $9, $10
WHERE $11::int IS NULL OR $11 = $12 OR EXISTS (SELECT FROM settings)
ON CONFLICT ON CONSTRAINT settings_pkey DO UPDATE
SET brand_color = CASE WHEN $1 THEN excluded.brand_color ELSE s.brand_color END,
    brand_line = CASE WHEN $3 THEN excluded.brand_line ELSE s.brand_line END,
    logo = CASE WHEN $5 THEN excluded.logo ELSE s.logo END,
    logo_type = CASE WHEN $5 THEN excluded.logo_type ELSE s.logo_type END,
    locale = CASE WHEN $8 THEN excluded.locale ELSE s.locale END,
    updated_at = excluded.updated_at,
    version = s.version + 1
WHERE $11::int IS NULL OR s.version = $11
RETURNING s.brand_color, s.brand_line, s.locale, s.logo_type, octet_length(s.logo) AS logo_bytes,
          encode(sha256(s.logo), 'hex') AS logo_sha256, s.updated_at, s.version;

-- role: reports
-- takes: text, bytea, int4, jsonb, bytea
-- gives:
-- shared::idempotency::RECORD

INSERT INTO idempotency (key, fingerprint, status, headers, body)
VALUES ($1, $2, $3, $4, $5);

-- role: reports
-- takes: text
-- gives: fingerprint bytea, status int4, headers jsonb, body bytea
-- shared::idempotency::FIND

SELECT fingerprint, status, headers, body
FROM idempotency
WHERE key = $1;

-- role: reports
-- takes: uuid, text, jsonb, text, timestamptz
-- gives:
-- shared::outbox::EMIT

INSERT INTO outbox (id, type, data, dedup, occurred_at)
VALUES ($1, $2, $3, $4, $5);

-- role: reports
-- takes:
-- gives: check_role void
-- shared::db::CHECK_ROLE
SELECT app.check_role();

-- role: reports
-- takes:
-- gives: pg_current_wal_insert_lsn pg_lsn
-- shared::db::POSITION
SELECT pg_current_wal_insert_lsn();

-- role: reports
-- takes: uuid
-- gives: enter void
-- shared::db::ENTER
SELECT app.enter($1);

-- role: reports
-- takes: uuid
-- gives: enter_leaving void
-- shared::db::ENTER_LEAVING
SELECT app.enter_leaving($1);

-- role: reports
-- takes: pg_lsn, int8
-- gives: check_replica int8
-- shared::db::CHECK_REPLICA
SELECT app.check_replica($1, $2);

-- role: reports
-- takes:
-- gives: check_place void
-- shared::db::CHECK_PLACE
SELECT app.check_place();

-- role: tenants
-- takes: uuid, text
-- gives: status text, leaves_at timestamptz
-- tenants::store::CHANGE_STATUS

SELECT status, leaves_at
FROM app.change_status($1, $2);

-- role: tenants
-- takes:
-- gives: name text
-- tenants::store::EXPORT_TABLES

SELECT name
FROM app.export_tables() AS name;

-- role: tenants
-- takes: text, jsonb, int4
-- gives: line text, key jsonb
-- tenants::store::EXPORT_ROWS

SELECT line, key
FROM app.export_rows($1, $2, $3);

-- role: tenants
-- takes: uuid, int4
-- gives: line text, id uuid
-- tenants::store::EXPORT_ACCOUNTS

SELECT line, id
FROM auth.export_accounts($1, $2);

-- role: tenants
-- takes: int4
-- gives: id uuid
-- tenants::store::DUE

SELECT id
FROM app.due_purges($1) AS id;

-- role: tenants
-- takes:
-- gives: begun_at timestamptz, counted jsonb
-- tenants::store::BEGIN_PURGE

SELECT begun_at, counted
FROM app.begin_purge();

-- role: tenants
-- takes: int4
-- gives: name text, removed int8
-- tenants::store::PURGE_ROWS

SELECT name, removed
FROM app.purge_rows($1);

-- role: tenants
-- takes:
-- gives: kid text
-- tenants::store::PUBLIC_KEYS

SELECT kid
FROM auth.public_keys();

-- role: tenants
-- takes: text
-- gives: finish_purge void
-- tenants::store::FINISH_PURGE

SELECT app.finish_purge($1);

-- role: tenants
-- takes: uuid
-- gives: certificate text
-- tenants::store::CERTIFICATE

SELECT app.purge_certificate($1) AS certificate;

-- role: tenants
-- takes:
-- gives: check_role void
-- shared::db::CHECK_ROLE
SELECT app.check_role();

-- role: tenants
-- takes:
-- gives: pg_current_wal_insert_lsn pg_lsn
-- shared::db::POSITION
SELECT pg_current_wal_insert_lsn();

-- role: tenants
-- takes: uuid
-- gives: enter void
-- shared::db::ENTER
SELECT app.enter($1);

-- role: tenants
-- takes: uuid
-- gives: enter_leaving void
-- shared::db::ENTER_LEAVING
SELECT app.enter_leaving($1);

-- role: tenants
-- takes: pg_lsn, int8
-- gives: check_replica int8
-- shared::db::CHECK_REPLICA
SELECT app.check_replica($1, $2);

-- role: tenants
-- takes:
-- gives: check_place void
-- shared::db::CHECK_PLACE
SELECT app.check_place();

-- role: webhooks
-- takes: uuid, timestamptz
-- gives: id uuid, url text, description text, event_types _text, rate_per_minute int4, status text, disabled_reason text, failing_since timestamptz, version int4, created_at timestamptz, updated_at timestamptz, previous_secret_expires_at timestamptz, secrets int8
-- webhooks::store::FIND

SELECT e.id, e.url, e.description, e.event_types, e.rate_per_minute, e.status, e.disabled_reason,
       e.failing_since, e.version, e.created_at, e.updated_at,
       (SELECT max(s.expires_at) FROM secrets AS s
         WHERE s.endpoint_id = e.id AND s.expires_at > $2) AS previous_secret_expires_at,
       (SELECT count(*) FROM secrets AS s
         WHERE s.endpoint_id = e.id AND (s.expires_at IS NULL OR s.expires_at > $2)) AS secrets
FROM endpoints AS e
WHERE e.id = $1 AND e.status <> 'deleted';

-- role: webhooks
-- takes: timestamptz, uuid, int8, int8, timestamptz
-- gives: id uuid, url text, description text, event_types _text, rate_per_minute int4, status text, disabled_reason text, failing_since timestamptz, version int4, created_at timestamptz, updated_at timestamptz, previous_secret_expires_at timestamptz, secrets int8
-- webhooks::store::LIST

SELECT e.id, e.url, e.description, e.event_types, e.rate_per_minute, e.status, e.disabled_reason,
       e.failing_since, e.version, e.created_at, e.updated_at,
       (SELECT max(s.expires_at) FROM secrets AS s
         WHERE s.endpoint_id = e.id AND s.expires_at > $5) AS previous_secret_expires_at,
       (SELECT count(*) FROM secrets AS s
         WHERE s.endpoint_id = e.id AND (s.expires_at IS NULL OR s.expires_at > $5)) AS secrets
FROM endpoints AS e
WHERE (e.created_at, e.id) < ($1, $2) AND e.status <> 'deleted'
ORDER BY e.created_at DESC, e.id DESC
LIMIT $3 OFFSET $4;

-- role: webhooks
-- takes:
-- gives: total int8
-- webhooks::store::COUNT

SELECT count(*) AS total
FROM endpoints
WHERE status <> 'deleted';

-- role: webhooks
-- takes:
-- gives: pg_advisory_xact_lock void
-- webhooks::store::LOCK

SELECT pg_advisory_xact_lock(uuid_hash_extended(app.tenant_id(), 4017));

-- role: webhooks
-- takes: uuid, int4, text, text, _text, int4, timestamptz
-- gives:
-- webhooks::store::INSERT

INSERT INTO endpoints (id, slot, url, description, event_types, rate_per_minute, status, created_at, updated_at)
SELECT $1,
       coalesce((SELECT min(n.slot) FROM generate_series(1, $2) AS n (slot)
                  WHERE NOT EXISTS (SELECT FROM endpoints AS e WHERE e.slot = n.slot)), $2 + 1),
       $3, $4, $5, $6, 'active', $7, $7;

-- role: webhooks
-- takes: uuid, text, text, _text, int4, text, timestamptz, int4
-- gives: id uuid, url text, description text, event_types _text, rate_per_minute int4, status text, disabled_reason text, failing_since timestamptz, version int4, created_at timestamptz, updated_at timestamptz, previous_secret_expires_at timestamptz, secrets int8
-- webhooks::store::UPDATE

UPDATE endpoints AS e
SET url = coalesce($2, url),
    description = coalesce($3, description),
    event_types = coalesce($4, event_types),
    rate_per_minute = coalesce($5, rate_per_minute),
    status = coalesce($6, status),
    disabled_reason = CASE WHEN $6 IS NULL THEN disabled_reason END,
    failing_since = CASE WHEN $6 IS NULL THEN failing_since END,
    version = version + 1,
    updated_at = $7
WHERE id = $1 AND status <> 'deleted' AND ($8::int IS NULL OR version = $8)
RETURNING id, url, description, event_types, rate_per_minute, status, disabled_reason,
          failing_since, version, created_at, updated_at,
          (SELECT max(s.expires_at) FROM secrets AS s
            WHERE s.endpoint_id = e.id AND s.expires_at > $7) AS previous_secret_expires_at,
          (SELECT count(*) FROM secrets AS s
            WHERE s.endpoint_id = e.id AND (s.expires_at IS NULL OR s.expires_at > $7)) AS secrets;

-- role: webhooks
-- takes: uuid, timestamptz, int4
-- gives:
-- webhooks::store::DELETE

UPDATE endpoints
SET status = 'deleted', slot = NULL, disabled_reason = NULL, version = version + 1, updated_at = $2
WHERE id = $1 AND status <> 'deleted' AND ($3::int IS NULL OR version = $3);

-- role: webhooks
-- takes: uuid
-- gives:
-- webhooks::store::FORGET_SECRETS

DELETE FROM secrets
WHERE endpoint_id = $1;

-- role: webhooks
-- takes: uuid, uuid, bytea, timestamptz
-- gives:
-- webhooks::store::ADD_SECRET

INSERT INTO secrets (endpoint_id, id, secret, created_at)
SELECT $1::uuid, $2, $3, $4
WHERE EXISTS (SELECT FROM endpoints AS e WHERE e.id = $1 AND e.status <> 'deleted');

-- role: webhooks
-- takes: uuid
-- gives: id uuid
-- webhooks::store::LOCK_ENDPOINT

SELECT id
FROM endpoints
WHERE id = $1
FOR NO KEY UPDATE;

-- role: webhooks
-- takes: uuid, timestamptz
-- gives:
-- webhooks::store::FORGET_EXPIRED

DELETE FROM secrets
WHERE endpoint_id = $1 AND expires_at <= $2;

-- role: webhooks
-- takes: uuid, timestamptz
-- gives:
-- webhooks::store::EXPIRE_SECRETS

UPDATE secrets
SET expires_at = $2
WHERE endpoint_id = $1 AND expires_at IS NULL;

-- role: webhooks
-- takes: uuid
-- gives: id uuid, endpoint_id uuid, message_id uuid, type text, status text, created_at timestamptz, finished_at timestamptz, attempts int8, next_attempt_at timestamptz
-- webhooks::store::deliveries::FIND

SELECT d.id, d.endpoint_id, d.message_id, d.type, d.status, d.created_at, d.finished_at,
       (SELECT count(*) FROM attempts AS a WHERE a.delivery_id = d.id) AS attempts,
       CASE WHEN d.status = 'pending' AND NOT d.claimed THEN d.due_at END AS next_attempt_at
FROM deliveries AS d
JOIN endpoints AS e ON e.id = d.endpoint_id
WHERE d.id = $1 AND e.status <> 'deleted';

-- role: webhooks
-- takes: timestamptz, uuid, int8, uuid, text, text
-- gives: id uuid, endpoint_id uuid, message_id uuid, type text, status text, created_at timestamptz, finished_at timestamptz, attempts int8, next_attempt_at timestamptz
-- webhooks::store::deliveries::LIST

SELECT d.id, d.endpoint_id, d.message_id, d.type, d.status, d.created_at, d.finished_at,
       (SELECT count(*) FROM attempts AS a WHERE a.delivery_id = d.id) AS attempts,
       CASE WHEN d.status = 'pending' AND NOT d.claimed THEN d.due_at END AS next_attempt_at
FROM deliveries AS d
JOIN endpoints AS e ON e.id = d.endpoint_id
WHERE (d.created_at, d.id) < ($1, $2) AND e.status <> 'deleted'
  AND ($4::uuid IS NULL OR d.endpoint_id = $4)
  AND ($5::text IS NULL OR d.status = $5)
  AND ($6::text IS NULL OR d.type = $6)
ORDER BY d.created_at DESC, d.id DESC
LIMIT $3;

-- role: webhooks
-- takes: uuid, int8
-- gives: number int4, started_at timestamptz, duration_ms int4, status_code int4, error text, response text
-- webhooks::store::deliveries::ATTEMPTS

SELECT number, started_at, duration_ms, status_code, error, response
FROM attempts
WHERE delivery_id = $1
ORDER BY number DESC
LIMIT $2;

-- role: webhooks
-- takes: uuid
-- gives: id uuid, status text
-- webhooks::store::deliveries::ENDPOINT_OF

SELECT e.id, e.status
FROM deliveries AS d
JOIN endpoints AS e ON e.id = d.endpoint_id
WHERE d.id = $1 AND e.status <> 'deleted'
FOR NO KEY UPDATE OF d;

-- role: webhooks
-- takes: uuid, timestamptz
-- gives:
-- webhooks::store::deliveries::REDELIVER

UPDATE deliveries
SET status = 'pending', claimed = false, tries = 0, due_at = $2, finished_at = NULL
WHERE id = $1 AND NOT (claimed AND due_at > $2);

-- role: webhooks
-- takes: uuid, text, text, timestamptz
-- gives:
-- webhooks::store::deliveries::ADD_MESSAGE

INSERT INTO messages (id, type, body, created_at)
VALUES ($1, $2, $3, $4);

-- role: webhooks
-- takes: uuid, uuid, uuid, text, timestamptz
-- gives:
-- webhooks::store::deliveries::ADD

INSERT INTO deliveries (id, endpoint_id, message_id, type, due_at, created_at)
SELECT $1, $2::uuid, $3, $4, $5, $5
WHERE EXISTS (SELECT FROM endpoints AS e WHERE e.id = $2 AND e.status <> 'deleted');

-- role: webhooks
-- takes: uuid, timestamptz, timestamptz, int8, text
-- gives: rows int8
-- webhooks::store::deliveries::RECOVER

WITH lost AS MATERIALIZED (
  SELECT d.id
  FROM deliveries AS d
  JOIN messages AS m ON m.id = d.message_id
  WHERE d.endpoint_id = $1 AND d.status = 'failed' AND m.created_at >= $2
  ORDER BY d.created_at DESC, d.id DESC
  LIMIT $4
), again AS (
  UPDATE deliveries AS d
  SET status = 'pending', tries = 0, due_at = $3, finished_at = NULL
  FROM lost
  WHERE d.id = lost.id AND d.status = 'failed'
  RETURNING d.id
), missed AS (
  INSERT INTO deliveries (id, endpoint_id, message_id, type, due_at, created_at)
  SELECT gen_random_uuid(), e.id, m.id, m.type, $3, $3
  FROM endpoints AS e
  JOIN messages AS m ON m.created_at >= greatest($2, e.created_at) AND m.type <> $5
                    AND (e.event_types = '{}' OR m.type = ANY (e.event_types))
  WHERE e.id = $1
    AND NOT EXISTS (SELECT FROM deliveries AS d WHERE d.endpoint_id = e.id AND d.message_id = m.id)
  LIMIT $4
  ON CONFLICT (tenant_id, endpoint_id, message_id) DO NOTHING
  RETURNING id
)
SELECT (SELECT count(*) FROM again) + (SELECT count(*) FROM missed) AS rows;

-- role: webhooks
-- takes: text, bytea, int4, jsonb, bytea
-- gives:
-- shared::idempotency::RECORD

INSERT INTO idempotency (key, fingerprint, status, headers, body)
VALUES ($1, $2, $3, $4, $5);

-- role: webhooks
-- takes: text
-- gives: fingerprint bytea, status int4, headers jsonb, body bytea
-- shared::idempotency::FIND

SELECT fingerprint, status, headers, body
FROM idempotency
WHERE key = $1;

-- role: webhooks
-- takes: uuid, text, jsonb, text, timestamptz
-- gives:
-- shared::outbox::EMIT

INSERT INTO outbox (id, type, data, dedup, occurred_at)
VALUES ($1, $2, $3, $4, $5);

-- role: webhooks
-- takes:
-- gives: check_role void
-- shared::db::CHECK_ROLE
SELECT app.check_role();

-- role: webhooks
-- takes:
-- gives: pg_current_wal_insert_lsn pg_lsn
-- shared::db::POSITION
SELECT pg_current_wal_insert_lsn();

-- role: webhooks
-- takes: uuid
-- gives: enter void
-- shared::db::ENTER
SELECT app.enter($1);

-- role: webhooks
-- takes: uuid
-- gives: enter_leaving void
-- shared::db::ENTER_LEAVING
SELECT app.enter_leaving($1);

-- role: webhooks
-- takes: pg_lsn, int8
-- gives: check_replica int8
-- shared::db::CHECK_REPLICA
SELECT app.check_replica($1, $2);

-- role: webhooks
-- takes:
-- gives: check_place void
-- shared::db::CHECK_PLACE
SELECT app.check_place();

-- role: webhooks-dispatch
-- takes: uuid, text, text, timestamptz
-- gives:
-- webhooks::store::claims::INGEST

WITH message AS (
  INSERT INTO messages (id, type, body, created_at)
  SELECT $1, $2, $3, $4
  WHERE EXISTS (SELECT FROM endpoints AS e WHERE e.status <> 'deleted')
  ON CONFLICT (tenant_id, id) DO NOTHING
  RETURNING id
)
INSERT INTO deliveries (id, endpoint_id, message_id, type, due_at, created_at)
SELECT gen_random_uuid(), e.id, message.id, $2, $4, $4
FROM message
CROSS JOIN endpoints AS e
WHERE e.status = 'active' AND (e.event_types = '{}' OR $2 = ANY (e.event_types))
ORDER BY e.id
ON CONFLICT (tenant_id, endpoint_id, message_id) DO NOTHING;

-- role: webhooks-dispatch
-- takes:
-- gives: id uuid
-- webhooks::store::claims::LOCK_ENDPOINTS

SELECT id
FROM endpoints
WHERE status = 'active'
ORDER BY id
FOR NO KEY UPDATE;

-- role: webhooks-dispatch
-- takes: timestamptz, timestamptz, int8, int8
-- gives: id uuid, claims int4, message_id uuid, url text, body text, secrets _bytea
-- webhooks::store::claims::CLAIM

WITH open AS MATERIALIZED (
  SELECT e.id, e.url,
         least($3 - (SELECT count(*) FROM deliveries AS f
                      WHERE f.endpoint_id = e.id AND f.claimed AND f.due_at > $1),
               e.rate_per_minute - CASE WHEN e.window_started_at > $1 - interval '1 minute'
                                        THEN e.window_sent ELSE 0 END) AS room
  FROM endpoints AS e
  WHERE e.status = 'active'
), due AS MATERIALIZED (
  SELECT d.id
  FROM open AS o
  CROSS JOIN LATERAL (
    SELECT c.id, c.due_at
    FROM deliveries AS c
    WHERE c.endpoint_id = o.id AND c.status = 'pending' AND c.due_at <= $1
    ORDER BY c.due_at, c.id
    LIMIT greatest(o.room, 0)) AS d
  ORDER BY d.due_at, d.id
  LIMIT $4
), claimed AS (
  UPDATE deliveries AS d
  SET claimed = true, claims = d.claims + 1, due_at = $2
  FROM due
  WHERE d.id = due.id
  RETURNING d.id, d.endpoint_id, d.message_id, d.claims
), counted AS (
  UPDATE endpoints AS e
  SET window_started_at = CASE WHEN e.window_started_at > $1 - interval '1 minute'
                               THEN e.window_started_at ELSE $1 END,
      window_sent = n.sent + CASE WHEN e.window_started_at > $1 - interval '1 minute'
                                  THEN e.window_sent ELSE 0 END
  FROM (SELECT c.endpoint_id, count(*)::int AS sent FROM claimed AS c GROUP BY c.endpoint_id) AS n
  WHERE e.id = n.endpoint_id
)
SELECT c.id, c.claims, c.message_id, o.url, m.body,
       ARRAY(SELECT s.secret FROM secrets AS s
              WHERE s.endpoint_id = c.endpoint_id AND (s.expires_at IS NULL OR s.expires_at > $1)
              ORDER BY s.created_at DESC, s.id DESC) AS secrets
FROM claimed AS c
JOIN open AS o ON o.id = c.endpoint_id
JOIN messages AS m ON m.id = c.message_id;

-- role: webhooks-dispatch
-- takes: _uuid, timestamptz, timestamptz
-- gives:
-- webhooks::store::claims::RELEASE

WITH released AS (
  UPDATE deliveries
  SET claimed = false, due_at = $2
  WHERE id = ANY ($1) AND status = 'pending' AND claimed
  RETURNING endpoint_id
)
UPDATE endpoints AS e
SET window_sent = greatest(e.window_sent - n.sent, 0)
FROM (SELECT r.endpoint_id, count(*)::int AS sent FROM released AS r GROUP BY r.endpoint_id) AS n
WHERE e.id = n.endpoint_id AND e.status = 'active' AND e.window_started_at > $3::timestamptz - interval '1 minute';

-- role: webhooks-dispatch
-- takes: timestamptz, uuid, int4
-- gives: tenant uuid, is_due bool
-- webhooks::store::claims::DUE_TENANTS

SELECT tenant, is_due
FROM due_tenants($1, $2, $3);

-- role: webhooks-dispatch
-- takes:
-- gives: first uuid, last uuid
-- webhooks::store::claims::PENDING_TENANTS

SELECT first, last
FROM pending_tenants();

-- role: webhooks-dispatch
-- takes: timestamptz, int4
-- gives: rows int4
-- webhooks::store::claims::SWEEP

SELECT sweep($1, $2) AS rows;

-- role: webhooks-dispatch
-- takes: uuid
-- gives: id uuid
-- webhooks::store::results::LOCK_ENDPOINT

SELECT e.id
FROM endpoints AS e
WHERE e.id = (SELECT d.endpoint_id FROM deliveries AS d WHERE d.id = $1)
FOR NO KEY UPDATE;

-- role: webhooks-dispatch
-- takes: uuid
-- gives: id uuid, endpoint_id uuid, status text, claimed bool, claims int4, tries int4, failing_since timestamptz, version int4, endpoint_status text
-- webhooks::store::results::FIND

SELECT d.id, d.endpoint_id, d.status, d.claimed, d.claims, d.tries,
       e.failing_since, e.version, e.status AS endpoint_status
FROM deliveries AS d
JOIN endpoints AS e ON e.id = d.endpoint_id
WHERE d.id = $1
FOR NO KEY UPDATE OF d;

-- role: webhooks-dispatch
-- takes: uuid, int4, timestamptz, int4, int4, text, text
-- gives:
-- webhooks::store::results::ADD_ATTEMPT

INSERT INTO attempts (delivery_id, number, started_at, duration_ms, status_code, error, response)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (tenant_id, delivery_id, number) DO NOTHING;

-- role: webhooks-dispatch
-- takes: uuid, text, int4, timestamptz, timestamptz
-- gives:
-- webhooks::store::results::SETTLE

UPDATE deliveries
SET status = $2, claimed = false, tries = $3, due_at = coalesce($4, due_at), finished_at = $5
WHERE id = $1;

-- role: webhooks-dispatch
-- takes: uuid, timestamptz, text, timestamptz
-- gives:
-- webhooks::store::results::MARK_ENDPOINT

UPDATE endpoints
SET failing_since = $2,
    status = CASE WHEN $3::text IS NULL THEN status ELSE 'disabled' END,
    disabled_reason = coalesce($3, disabled_reason),
    version = version + CASE WHEN $3::text IS NULL THEN 0 ELSE 1 END,
    updated_at = CASE WHEN $3::text IS NULL THEN updated_at ELSE $4 END
WHERE id = $1;

-- role: webhooks-dispatch
-- takes: uuid, text, jsonb, text, timestamptz
-- gives:
-- shared::outbox::EMIT

INSERT INTO outbox (id, type, data, dedup, occurred_at)
VALUES ($1, $2, $3, $4, $5);

-- role: webhooks-dispatch
-- takes:
-- gives: check_role void
-- shared::db::CHECK_ROLE
SELECT app.check_role();

-- role: webhooks-dispatch
-- takes:
-- gives: pg_current_wal_insert_lsn pg_lsn
-- shared::db::POSITION
SELECT pg_current_wal_insert_lsn();

-- role: webhooks-dispatch
-- takes: uuid
-- gives: enter void
-- shared::db::ENTER
SELECT app.enter($1);

-- role: webhooks-dispatch
-- takes: uuid
-- gives: enter_leaving void
-- shared::db::ENTER_LEAVING
SELECT app.enter_leaving($1);

-- role: webhooks-dispatch
-- takes: pg_lsn, int8
-- gives: check_replica int8
-- shared::db::CHECK_REPLICA
SELECT app.check_replica($1, $2);

-- role: webhooks-dispatch
-- takes:
-- gives: check_place void
-- shared::db::CHECK_PLACE
SELECT app.check_place();
