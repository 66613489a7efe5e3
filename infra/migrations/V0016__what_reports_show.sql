-- What reports are made of: a log of who did what, events that are kept for a while, and the views
-- through which each domain publishes its part to the report worker.
SET LOCAL lock_timeout = '2s';
SET LOCAL search_path = pg_catalog;
SET LOCAL ROLE app_owner;

-- Who did what to whom. Written in the transaction of the change; of those who log in only the report
-- worker may read it, within a tenant, and nobody may change it or take from it.
CREATE TABLE auth.audit_log (
  tenant_id   uuid        NOT NULL DEFAULT app.tenant_id(),
  id          uuid        NOT NULL,
  occurred_at timestamptz NOT NULL,
  action      text        NOT NULL CHECK (action ~ '^[a-z_]{1,40}\.[a-z_]{1,40}$'),
  -- Nobody where the product acted by itself.
  actor_id    uuid,
  subject_id  uuid        NOT NULL,
  details     jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(details) = 'object'),
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX audit_log_recent ON auth.audit_log (tenant_id, occurred_at DESC, id DESC);
CALL app.protect('auth.audit_log');
GRANT INSERT (id, occurred_at, action, actor_id, subject_id, details) ON auth.audit_log TO svc_auth;

CREATE VIEW auth.published_audit_log WITH (security_invoker = true) AS
  SELECT a.id, a.occurred_at, a.action, a.actor_id, a.subject_id, a.details
    FROM auth.audit_log AS a;
GRANT USAGE ON SCHEMA auth TO svc_report_worker;
GRANT SELECT ON auth.published_audit_log TO svc_report_worker;
GRANT SELECT (id, occurred_at, action, actor_id, subject_id, details) ON auth.audit_log TO svc_report_worker;
GRANT EXECUTE ON FUNCTION auth.find_user(uuid) TO svc_report_worker;

CREATE VIEW billing.published_plans WITH (security_invoker = true) AS
  SELECT p.id, p.name, p.price_cents, p.currency, p.requests_per_minute, p.requests_per_day, p.reports_per_month
    FROM billing.plans AS p;
CREATE VIEW billing.published_plan_meters WITH (security_invoker = true) AS
  SELECT m.plan_id, m.meter, m.included, m.unit_price_cents
    FROM billing.plan_meters AS m;
CREATE VIEW billing.published_usage_months WITH (security_invoker = true) AS
  SELECT m.month, m.meter, m.quantity
    FROM billing.usage_months AS m;
CREATE VIEW billing.published_usage_events WITH (security_invoker = true) AS
  SELECT e.event_id, e.meter, e.quantity, e.occurred_at
    FROM billing.usage_events AS e;
-- A statement asks for a month of all meters.
CREATE INDEX usage_events_by_time ON billing.usage_events (tenant_id, occurred_at);
GRANT USAGE ON SCHEMA billing TO svc_report_worker;
GRANT SELECT ON billing.published_plans, billing.published_plan_meters, billing.published_usage_months,
                billing.published_usage_events TO svc_report_worker;
GRANT SELECT (id, name, price_cents, currency, requests_per_minute, requests_per_day, reports_per_month)
   ON billing.plans TO svc_report_worker;
GRANT SELECT (plan_id, meter, included, unit_price_cents) ON billing.plan_meters TO svc_report_worker;
GRANT SELECT (month, meter, quantity) ON billing.usage_months TO svc_report_worker;
GRANT SELECT (event_id, meter, quantity, occurred_at) ON billing.usage_events TO svc_report_worker;
GRANT EXECUTE ON FUNCTION billing.entitlements() TO svc_report_worker;

-- Lets `readers` see what happened in a domain, from its outbox. Events of tenants with a silo are
-- there as well, so the view is the pool's alone.
CREATE PROCEDURE app.publish_events(domain text, VARIADIC readers text[])
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  reader text;
BEGIN
  EXECUTE format($ddl$
    CREATE INDEX outbox_recent ON %1$I.outbox (tenant_id, occurred_at DESC, id DESC);
    CREATE VIEW %1$I.published_events WITH (security_invoker = true) AS
      SELECT o.id, o.type, o.data, o.occurred_at FROM %1$I.outbox AS o;
  $ddl$, domain);
  FOREACH reader IN ARRAY readers LOOP
    EXECUTE format($ddl$
      GRANT USAGE ON SCHEMA %1$I TO %2$I;
      GRANT SELECT ON %1$I.published_events TO %2$I;
      GRANT SELECT (id, type, data, occurred_at) ON %1$I.outbox TO %2$I;
    $ddl$, domain, reader);
  END LOOP;
END $$;

CALL app.publish_events('auth', 'svc_report_worker');
CALL app.publish_events('billing', 'svc_report_worker');
CALL app.publish_events('projects', 'svc_report_worker');
CALL app.publish_events('reports', 'svc_report_worker');

-- As in V0003, but events stay for longer than the longest period of an activity report.
CREATE OR REPLACE FUNCTION app.outbox_purge(domain text, max_rows int) RETURNS int
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  purged int;
BEGIN
  EXECUTE format($sql$
    WITH old AS MATERIALIZED (
      SELECT o.tenant_id, o.id
        FROM %1$s AS o
       WHERE o.sent_at < now() - interval '100 days'
       ORDER BY o.sent_at
       LIMIT $1
         FOR UPDATE SKIP LOCKED
    )
    DELETE FROM %1$s AS o USING old WHERE o.tenant_id = old.tenant_id AND o.id = old.id
  $sql$, app.outbox_of(outbox_purge.domain))
  USING least(greatest(max_rows, 1), 1000);
  GET DIAGNOSTICS purged = ROW_COUNT;
  RETURN purged;
END $$;
COMMENT ON FUNCTION app.outbox_purge(text, int) IS
  'reviewed: removes events sent more than 100 days ago, at most 1000 a call; an unsent event is never removed';

-- The worker reads from a replica where there is one.
GRANT EXECUTE ON FUNCTION app.check_replica(pg_lsn, bigint), app.check_place() TO svc_report_worker;

RESET ROLE;
