-- The life of a report: how many of a tenant's run at once, what happens by the clock, and schedules.
SET LOCAL lock_timeout = '2s';
SET LOCAL search_path = pg_catalog;
SET LOCAL ROLE app_owner;

ALTER TABLE billing.plans ADD COLUMN reports_at_once int NOT NULL DEFAULT 2 CHECK (reports_at_once > 0);
UPDATE billing.plans SET reports_at_once = 4 WHERE id = 'pro';
UPDATE billing.plans SET reports_at_once = 8 WHERE id = 'enterprise';

CREATE FUNCTION billing.reports_at_once() RETURNS int
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT p.reports_at_once
    FROM app.tenants AS t
    LEFT JOIN billing.subscriptions AS s ON s.tenant_id = t.id AND s.status <> 'cancelled'
    JOIN billing.plans AS p ON p.id = coalesce(s.plan_id, 'free')
   WHERE t.id = (SELECT app.tenant_id());
END;
COMMENT ON FUNCTION billing.reports_at_once() IS
  'reviewed: how many reports of the entered tenant may run at the same time; raises 42501 without one';
GRANT USAGE ON SCHEMA billing TO svc_report_worker;
GRANT EXECUTE ON FUNCTION billing.reports_at_once() TO svc_report_worker;

-- What is due by the clock is found for all tenants in one sweep.
ALTER TABLE reports.reports NO FORCE ROW LEVEL SECURITY;
COMMENT ON TABLE reports.reports IS
  'cross-tenant: the relay wakes, expires and orders by schedule for all tenants; an operator redrives';
ALTER TABLE reports.reports
  ADD COLUMN format        text NOT NULL DEFAULT 'pdf' CHECK (format IN ('pdf', 'csv')),
  ADD COLUMN rows_done     int CHECK (rows_done >= 0),
  ADD COLUMN rows_total    int CHECK (rows_total >= 0),
  -- Set while a queued report has no message: as many of its tenant's ran as may. Who ends one wakes
  -- the oldest.
  ADD COLUMN parked_at     timestamptz,
  -- How often it was asked for again. Events of each time are events of their own.
  ADD COLUMN retries       int NOT NULL DEFAULT 0 CHECK (retries >= 0),
  ADD COLUMN schedule_id   uuid,
  ADD COLUMN scheduled_for timestamptz,
  DROP CONSTRAINT reports_status_check,
  DROP CONSTRAINT reports_check,
  ADD CONSTRAINT reports_status_check
    CHECK (status IN ('queued', 'running', 'succeeded', 'failed', 'cancelled', 'expired')),
  ADD CONSTRAINT reports_finished_check
    CHECK ((status IN ('succeeded', 'failed', 'cancelled', 'expired')) = (finished_at IS NOT NULL)),
  ADD CONSTRAINT reports_scheduled_check CHECK ((schedule_id IS NULL) = (scheduled_for IS NULL));
-- Whatever was committed before the report was asked for lies before this position of the write-ahead
-- log: a replica that has come so far misses nothing that the caller knew of.
ALTER TABLE reports.reports ADD COLUMN asked_at pg_lsn;
ALTER TABLE reports.reports ALTER COLUMN asked_at SET DEFAULT pg_current_wal_insert_lsn();
-- When that was: asked for again, it is as of then.
ALTER TABLE reports.reports ADD COLUMN asked_on timestamptz NOT NULL DEFAULT now();
UPDATE reports.reports SET asked_on = created_at;
CREATE INDEX reports_running ON reports.reports (tenant_id) WHERE status = 'running';
CREATE INDEX reports_parked ON reports.reports (tenant_id, created_at, id)
  WHERE status = 'queued' AND parked_at IS NOT NULL;
CREATE INDEX reports_sent ON reports.reports (tenant_id, id)
  WHERE status IN ('queued', 'running') AND parked_at IS NULL;
CREATE INDEX reports_removable ON reports.reports (tenant_id, id)
  WHERE status = 'expired' AND object_key IS NOT NULL;
CREATE INDEX reports_exhausted ON reports.reports (tenant_id, id)
  WHERE status = 'failed' AND problem ->> 'code' = 'delivery_exhausted';
CREATE INDEX reports_by_status ON reports.reports (tenant_id, status, created_at DESC, id DESC);
CREATE INDEX reports_by_type ON reports.reports (tenant_id, type, created_at DESC, id DESC);
CREATE INDEX reports_expiring ON reports.reports (finished_at) WHERE status = 'succeeded';
COMMENT ON INDEX reports.reports_expiring IS 'cross-tenant: the relay expires the oldest documents first';
-- No occurrence of a schedule is ordered twice.
CREATE UNIQUE INDEX reports_occurrence ON reports.reports (tenant_id, schedule_id, scheduled_for)
  WHERE schedule_id IS NOT NULL;

GRANT UPDATE (attempts, asked_at, asked_on, object_key, sha256, size_bytes, pages, rows, rows_done, rows_total, parked_at, retries,
              started_at), DELETE
   ON reports.reports TO svc_reports;
GRANT UPDATE (rows_done, rows_total, parked_at) ON reports.reports TO svc_report_worker;

-- What the outbox knows an event of a report by: each time it was asked for has its own.
CREATE FUNCTION reports.dedup(id uuid, retries int) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN CASE retries WHEN 0 THEN id::text ELSE id::text || ':' || retries::text END;

-- Whoever begins or ends a report holds its tenant's lane until the transaction ends, so that reports
-- are counted and woken by one at a time. It is had before anything is read or changed.
CREATE FUNCTION reports.lane_of(tenant uuid) RETURNS bigint
LANGUAGE sql IMMUTABLE
RETURN pg_catalog.uuid_hash_extended(tenant, 5005);

CREATE FUNCTION reports.lane() RETURNS void
LANGUAGE sql VOLATILE
BEGIN ATOMIC
  SELECT pg_catalog.pg_advisory_xact_lock(reports.lane_of(app.tenant_id()));
END;

-- Lets the oldest parked reports of the entered tenant be sent again, as far as there is room for them.
-- The caller holds the lane, and may send what it is given before `held_for` has passed; then the relay does.
CREATE FUNCTION reports.wake(max_rows int, held_for interval)
RETURNS TABLE (report_id uuid, event_id uuid, occurred_at timestamptz)
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  WITH next AS MATERIALIZED (
    SELECT r.tenant_id, r.id
      FROM reports.reports AS r
     WHERE r.tenant_id = (SELECT app.tenant_id()) AND r.status = 'queued' AND r.parked_at IS NOT NULL
     ORDER BY r.created_at, r.id
     LIMIT greatest(0, least(wake.max_rows, 100, billing.reports_at_once() - (
             SELECT count(*)::int FROM reports.reports AS o
              WHERE o.tenant_id = (SELECT app.tenant_id()) AND o.status = 'running' AND o.lease_until > now())))
       FOR UPDATE
  ), woken AS (
    UPDATE reports.reports AS r
       SET parked_at = NULL
      FROM next
     WHERE r.tenant_id = next.tenant_id AND r.id = next.id
    RETURNING r.tenant_id, r.id, r.retries
  ), due AS (
    INSERT INTO reports.outbox AS o (tenant_id, type, data, dedup, claimed_until)
    SELECT w.tenant_id, 'report.requested', jsonb_build_object('report_id', w.id),
           reports.dedup(w.id, w.retries), now() + wake.held_for
      FROM woken AS w
    ON CONFLICT (tenant_id, type, dedup)
    DO UPDATE SET sent_at = NULL, claimed_until = excluded.claimed_until, attempts = 0
    RETURNING o.id, o.occurred_at, (o.data ->> 'report_id')::uuid AS report_id, o.dedup
  )
  SELECT w.id, d.id, d.occurred_at
    FROM due AS d JOIN woken AS w ON d.dedup = reports.dedup(w.id, w.retries);
END;
COMMENT ON FUNCTION reports.wake(int, interval) IS
  'reviewed: parked reports of the entered tenant and of no other, as many as may run, at most 100; raises 42501 without one';

-- A tenant's reports that nobody looks after: parked ones, because who should have woken them has
-- died, and ones whose message is gone, such as those of a tenant that was suspended for longer than a
-- queue keeps it. These are parked first, so that no more messages are sent than reports may run. One
-- tenant a call, the first after `after`; no tenant, no more to do.
CREATE FUNCTION reports.wake_forgotten(after uuid, parked_for interval, OUT tenant uuid, OUT woken int)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  -- Far longer than the deliveries of a request take, with all the pauses between them.
  lost_after constant interval := interval '1 hour';
  rows_max constant int := 100;
BEGIN
  woken := 0;
  SELECT forgotten.tenant_id INTO tenant
    FROM (
      (SELECT r.tenant_id
         FROM reports.reports AS r JOIN app.tenants AS t ON t.id = r.tenant_id AND t.status = 'active'
        WHERE r.status = 'queued' AND r.parked_at <= now() - wake_forgotten.parked_for
          AND (wake_forgotten.after IS NULL OR r.tenant_id > wake_forgotten.after)
        ORDER BY r.tenant_id
        LIMIT 1)
      UNION ALL
      (SELECT r.tenant_id
         FROM reports.reports AS r JOIN app.tenants AS t ON t.id = r.tenant_id AND t.status = 'active'
        WHERE r.status IN ('queued', 'running') AND r.parked_at IS NULL AND r.asked_on <= now() - lost_after
          AND (r.status = 'queued' OR r.lease_until <= now() - lost_after)
          AND NOT EXISTS (SELECT FROM reports.outbox AS e
                           WHERE e.tenant_id = r.tenant_id AND e.type = 'report.requested'
                             AND e.dedup = reports.dedup(r.id, r.retries)
                             AND (e.sent_at IS NULL OR e.sent_at > now() - lost_after))
          AND (wake_forgotten.after IS NULL OR r.tenant_id > wake_forgotten.after)
        ORDER BY r.tenant_id
        LIMIT 1)
    ) AS forgotten
   ORDER BY forgotten.tenant_id
   LIMIT 1;
  -- A lane that is busy is being looked after.
  IF tenant IS NULL OR NOT pg_try_advisory_xact_lock(reports.lane_of(tenant)) THEN
    RETURN;
  END IF;
  PERFORM set_config('app.current_tenant', tenant::text, true);
  UPDATE reports.reports AS r
     SET status = 'queued', parked_at = now(), lease_until = NULL, version = r.version + 1
   WHERE r.tenant_id = wake_forgotten.tenant
     AND r.id IN (SELECT o.id FROM reports.reports AS o
                   WHERE o.tenant_id = wake_forgotten.tenant AND o.status IN ('queued', 'running')
                     AND o.parked_at IS NULL AND o.asked_on <= now() - lost_after
                     AND (o.status = 'queued' OR o.lease_until <= now() - lost_after)
                     AND NOT EXISTS (SELECT FROM reports.outbox AS e
                                      WHERE e.tenant_id = o.tenant_id AND e.type = 'report.requested'
                                        AND e.dedup = reports.dedup(o.id, o.retries)
                                        AND (e.sent_at IS NULL OR e.sent_at > now() - lost_after))
                   LIMIT rows_max);
  SELECT count(*) INTO woken FROM reports.wake(rows_max, interval '0');
  PERFORM set_config('app.current_tenant', '', true);
END $$;
COMMENT ON FUNCTION reports.wake_forgotten(uuid, interval) IS
  'reviewed: names one active tenant that has forgotten reports and lets as many of them be sent as may run; shows no row';

CREATE FUNCTION reports.expire(keep interval, max_rows int) RETURNS int
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  expired int;
BEGIN
  WITH old AS MATERIALIZED (
    SELECT r.tenant_id, r.id
      FROM reports.reports AS r
     WHERE r.status = 'succeeded' AND r.finished_at <= now() - expire.keep
     ORDER BY r.finished_at
     LIMIT least(greatest(expire.max_rows, 1), 1000)
       FOR UPDATE SKIP LOCKED
  ), gone AS (
    UPDATE reports.reports AS r
       SET status = 'expired', version = r.version + 1
      FROM old
     WHERE r.tenant_id = old.tenant_id AND r.id = old.id
    RETURNING r.tenant_id, r.id, r.retries
  )
  INSERT INTO reports.outbox (tenant_id, type, data, dedup)
  SELECT g.tenant_id, 'report.expired', jsonb_build_object('report_id', g.id), reports.dedup(g.id, g.retries)
    FROM gone AS g;
  GET DIAGNOSTICS expired = ROW_COUNT;
  RETURN expired;
END $$;
COMMENT ON FUNCTION reports.expire(interval, int) IS
  'reviewed: ends the time of documents that are older than the caller says, at most 1000, and says so in the outbox';

-- The documents of expired reports, which stay named until they are gone.
CREATE FUNCTION reports.removable(max_rows int) RETURNS TABLE (tenant_id uuid, id uuid, object_key text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT r.tenant_id, r.id, r.object_key
    FROM reports.reports AS r
   WHERE r.status = 'expired' AND r.object_key IS NOT NULL
   LIMIT least(greatest(removable.max_rows, 1), 1000);
END;
COMMENT ON FUNCTION reports.removable(int) IS
  'reviewed: where documents of expired reports are, at most 1000; nothing of what they hold';

CREATE FUNCTION reports.removed(tenant_ids uuid[], ids uuid[]) RETURNS int
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  marked int;
BEGIN
  IF cardinality(tenant_ids) IS DISTINCT FROM cardinality(ids) THEN
    RAISE EXCEPTION 'tenant_ids and ids must pair up' USING ERRCODE = '22023';
  END IF;
  UPDATE reports.reports AS r
     SET object_key = NULL
    FROM unnest(removed.tenant_ids, removed.ids) AS gone (tenant_id, id)
   WHERE r.tenant_id = gone.tenant_id AND r.id = gone.id AND r.status = 'expired';
  GET DIAGNOSTICS marked = ROW_COUNT;
  RETURN marked;
END $$;
COMMENT ON FUNCTION reports.removed(uuid[], uuid[]) IS
  'reviewed: marks documents of expired reports that the caller names by tenant and id as gone';

-- An operator's: reports that failed because their message was delivered too often are queued again,
-- of one tenant or of all.
CREATE FUNCTION reports.redrive(tenant uuid, max_rows int) RETURNS int
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  queued int;
BEGIN
  WITH dead AS MATERIALIZED (
    SELECT r.tenant_id, r.id
      FROM reports.reports AS r
     WHERE r.status = 'failed' AND r.problem ->> 'code' = 'delivery_exhausted'
       AND (redrive.tenant IS NULL OR r.tenant_id = redrive.tenant)
     LIMIT least(greatest(redrive.max_rows, 1), 1000)
       FOR UPDATE SKIP LOCKED
  ), again AS (
    UPDATE reports.reports AS r
       SET status = 'queued', finished_at = NULL, problem = NULL, attempts = 0, retries = r.retries + 1, asked_at = DEFAULT,
           asked_on = DEFAULT, rows_done = NULL, rows_total = NULL, version = r.version + 1
      FROM dead
     WHERE r.tenant_id = dead.tenant_id AND r.id = dead.id
    RETURNING r.tenant_id, r.id, r.retries
  )
  INSERT INTO reports.outbox (tenant_id, type, data, dedup)
  SELECT a.tenant_id, 'report.requested', jsonb_build_object('report_id', a.id), reports.dedup(a.id, a.retries)
    FROM again AS a;
  GET DIAGNOSTICS queued = ROW_COUNT;
  RETURN queued;
END $$;
COMMENT ON FUNCTION reports.redrive(uuid, int) IS
  'reviewed: queues reports again that failed for want of delivery, at most 1000; answers how many';

-- Reports that a tenant wants again and again, by its own clock.
CREATE TABLE reports.schedules (
  tenant_id    uuid        NOT NULL DEFAULT app.tenant_id(),
  id           uuid        NOT NULL,
  type         text        NOT NULL CHECK (char_length(type) BETWEEN 1 AND 100),
  params       jsonb       NOT NULL DEFAULT '{}',
  format       text        NOT NULL DEFAULT 'pdf' CHECK (format IN ('pdf', 'csv')),
  cadence      text        NOT NULL CHECK (cadence IN ('daily', 'weekly', 'monthly')),
  -- 1 is Monday (ISO 8601).
  weekday      int         CHECK (weekday BETWEEN 1 AND 7),
  -- In a month that is shorter, its last day.
  day_of_month int         CHECK (day_of_month BETWEEN 1 AND 31),
  time_of_day  text        NOT NULL CHECK (time_of_day ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
  time_zone    text        NOT NULL CHECK (char_length(time_zone) BETWEEN 1 AND 100),
  paused       boolean     NOT NULL DEFAULT false,
  next_run_at  timestamptz NOT NULL,
  last_run_at  timestamptz,
  requested_by uuid,
  created_at   timestamptz NOT NULL DEFAULT now(),
  updated_at   timestamptz NOT NULL DEFAULT now(),
  version      int         NOT NULL DEFAULT 1,
  PRIMARY KEY (tenant_id, id),
  CONSTRAINT schedules_weekday_fits CHECK ((cadence = 'weekly') = (weekday IS NOT NULL)),
  CONSTRAINT schedules_day_fits CHECK ((cadence = 'monthly') = (day_of_month IS NOT NULL))
);
COMMENT ON TABLE reports.schedules IS 'cross-tenant: the relay orders the reports that are due in one sweep';
CREATE INDEX schedules_recent ON reports.schedules (tenant_id, created_at DESC, id DESC);
CREATE INDEX schedules_due ON reports.schedules (next_run_at) WHERE NOT paused;
COMMENT ON INDEX reports.schedules_due IS 'cross-tenant: the relay takes the schedule first that is due the longest';
CALL app.protect('reports.schedules', forced => false);
GRANT SELECT, INSERT, DELETE,
      UPDATE (type, params, format, cadence, weekday, day_of_month, time_of_day, time_zone, paused, next_run_at, updated_at, version)
   ON reports.schedules TO svc_reports;

-- Names of the IANA database only: PostgreSQL takes POSIX rules as well, and any word with a number
-- for one.
CREATE FUNCTION reports.is_time_zone(name text) RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF is_time_zone.name !~ '^(UTC|Etc/GMT([+]([0-9]|1[0-2])|-([0-9]|1[0-4]))?|[A-Z][A-Za-z_]+(/[A-Z][A-Za-z_-]*){1,2})$' THEN
    RETURN false;
  END IF;
  PERFORM now() AT TIME ZONE is_time_zone.name;
  RETURN true;
EXCEPTION
  WHEN invalid_parameter_value THEN RETURN false;
END $$;

-- The first occurrence after an instant. A local time that a change of the clocks skips is as much
-- later as they are put forward; one that comes twice counts once.
CREATE FUNCTION reports.next_run(cadence text, weekday int, day_of_month int, time_of_day text, time_zone text,
                                 after timestamptz) RETURNS timestamptz
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  -- The present day, week or month may be over, and a zone may skip a day.
  steps_max constant int := 3;
  here constant date := (next_run.after AT TIME ZONE next_run.time_zone)::date;
  month date;
  day date;
  found_at timestamptz;
BEGIN
  FOR step IN 0..steps_max LOOP
    CASE next_run.cadence
      WHEN 'daily' THEN
        day := here + step;
      WHEN 'weekly' THEN
        day := date_trunc('week', here::timestamp)::date + 7 * step + next_run.weekday - 1;
      ELSE
        month := (date_trunc('month', here::timestamp) + make_interval(months => step))::date;
        day := least(month + next_run.day_of_month - 1, (month + interval '1 month')::date - 1);
    END CASE;
    found_at := (day + next_run.time_of_day::time) AT TIME ZONE next_run.time_zone;
    IF found_at > next_run.after THEN
      RETURN found_at;
    END IF;
  END LOOP;
  RAISE EXCEPTION 'no next occurrence' USING ERRCODE = '22008';
END $$;

-- Orders what is due, each occurrence once: the schedule moves on in the transaction that adds the
-- report and its event. What was missed meanwhile is one report. A schedule whose time zone the server
-- has lost is paused, and one that cannot be ordered for any other reason of its own is tried again
-- later, as are those of tenants that may not come in: none stands in front of the others.
CREATE FUNCTION reports.fire_schedules(max_rows int) RETURNS int
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  again_after constant interval := interval '5 minutes';
  inactive_after constant interval := interval '1 hour';
  due reports.schedules;
  report uuid;
  fired int := 0;
BEGIN
  UPDATE reports.schedules AS s
     SET next_run_at = now() + inactive_after
    FROM (SELECT w.tenant_id, w.id
            FROM reports.schedules AS w JOIN app.tenants AS t ON t.id = w.tenant_id AND t.status <> 'active'
           WHERE NOT w.paused AND w.next_run_at <= now()
           ORDER BY w.next_run_at
           LIMIT least(greatest(max_rows, 1), 1000)
             FOR UPDATE OF w SKIP LOCKED) AS waiting
   WHERE s.tenant_id = waiting.tenant_id AND s.id = waiting.id;
  FOR due IN
    SELECT s.*
      FROM reports.schedules AS s JOIN app.tenants AS t ON t.id = s.tenant_id AND t.status = 'active'
     WHERE NOT s.paused AND s.next_run_at <= now()
     ORDER BY s.next_run_at
     LIMIT least(greatest(max_rows, 1), 1000)
       FOR UPDATE OF s SKIP LOCKED
  LOOP
    BEGIN
      UPDATE reports.schedules AS s
         SET last_run_at = due.next_run_at,
             next_run_at = reports.next_run(due.cadence, due.weekday, due.day_of_month, due.time_of_day,
                                            due.time_zone, now())
       WHERE s.tenant_id = due.tenant_id AND s.id = due.id;
      report := gen_random_uuid();
      INSERT INTO reports.reports (tenant_id, id, type, params, format, requested_by, schedule_id, scheduled_for)
      VALUES (due.tenant_id, report, due.type, due.params, due.format, due.requested_by, due.id, due.next_run_at)
      ON CONFLICT (tenant_id, schedule_id, scheduled_for) WHERE schedule_id IS NOT NULL DO NOTHING;
      CONTINUE WHEN NOT FOUND;
      INSERT INTO reports.outbox (tenant_id, type, data, dedup, occurred_at)
      VALUES (due.tenant_id, 'report.requested', jsonb_build_object('report_id', report),
              reports.dedup(report, 0), due.next_run_at);
      fired := fired + 1;
    EXCEPTION
      WHEN invalid_parameter_value THEN
        RAISE WARNING 'schedule % is paused: %', due.id, SQLERRM;
        UPDATE reports.schedules AS s SET paused = true WHERE s.tenant_id = due.tenant_id AND s.id = due.id;
      WHEN OTHERS THEN
        -- What is wrong with a statement (class 42) is wrong for all of them, and must show.
        IF SQLSTATE LIKE '42%' THEN
          RAISE;
        END IF;
        RAISE WARNING 'schedule % is put off: % (%)', due.id, SQLERRM, SQLSTATE;
        UPDATE reports.schedules AS s SET next_run_at = now() + again_after
         WHERE s.tenant_id = due.tenant_id AND s.id = due.id;
    END;
  END LOOP;
  RETURN fired;
END $$;
COMMENT ON FUNCTION reports.fire_schedules(int) IS
  'reviewed: orders reports that active tenants have scheduled, for the tenant of each schedule, at most 1000 a call';

GRANT USAGE ON SCHEMA reports TO svc_relay;
GRANT EXECUTE ON FUNCTION reports.dedup(uuid, int), reports.lane_of(uuid), reports.lane(), reports.wake(int, interval)
   TO svc_reports, svc_report_worker;
GRANT EXECUTE ON FUNCTION reports.is_time_zone(text), reports.next_run(text, int, int, text, text, timestamptz)
   TO svc_reports;
GRANT EXECUTE ON FUNCTION reports.redrive(uuid, int) TO svc_report_worker;
GRANT EXECUTE ON FUNCTION
  reports.wake_forgotten(uuid, interval), reports.expire(interval, int), reports.removable(int),
  reports.removed(uuid[], uuid[]), reports.fire_schedules(int)
TO svc_relay;

RESET ROLE;
