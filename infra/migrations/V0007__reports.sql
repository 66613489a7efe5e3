-- Reports that were asked for, and how far the worker is with them.
SET LOCAL lock_timeout = '2s';
SET LOCAL search_path = pg_catalog;

CREATE SCHEMA reports AUTHORIZATION app_owner;
SET LOCAL ROLE app_owner;
COMMENT ON SCHEMA reports IS 'roles: svc_reports, svc_report_worker';
GRANT USAGE ON SCHEMA reports TO svc_reports, svc_report_worker;

-- `fence` counts the claims: who holds an older number may no longer finish.
CREATE TABLE reports.reports (
  tenant_id    uuid        NOT NULL DEFAULT app.tenant_id(),
  id           uuid        NOT NULL,
  type         text        NOT NULL CHECK (char_length(type) BETWEEN 1 AND 100),
  params       jsonb       NOT NULL DEFAULT '{}',
  status       text        NOT NULL DEFAULT 'queued'
                           CHECK (status IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
  fence        bigint      NOT NULL DEFAULT 0,
  attempts     int         NOT NULL DEFAULT 0,
  lease_until  timestamptz,
  object_key   text        CHECK (char_length(object_key) BETWEEN 1 AND 1024),
  sha256       bytea       CHECK (octet_length(sha256) = 32),
  size_bytes   bigint      CHECK (size_bytes >= 0),
  pages        int         CHECK (pages >= 0),
  rows         int         CHECK (rows >= 0),
  problem      jsonb,
  requested_by uuid,
  created_at   timestamptz NOT NULL DEFAULT now(),
  started_at   timestamptz,
  finished_at  timestamptz,
  version      int         NOT NULL DEFAULT 1,
  PRIMARY KEY (tenant_id, id),
  CHECK ((status IN ('succeeded', 'failed', 'cancelled')) = (finished_at IS NOT NULL)),
  CHECK (status <> 'succeeded' OR (object_key IS NOT NULL AND sha256 IS NOT NULL AND size_bytes IS NOT NULL)),
  CHECK (status <> 'running' OR lease_until IS NOT NULL)
);
CREATE INDEX reports_recent ON reports.reports (tenant_id, created_at DESC, id DESC);
CALL app.protect('reports.reports');
-- Whoever asks may also cancel; only the worker claims and finishes.
GRANT SELECT, INSERT, UPDATE (status, problem, lease_until, finished_at, version)
   ON reports.reports TO svc_reports;
GRANT SELECT, UPDATE (status, fence, attempts, lease_until, object_key, sha256, size_bytes, pages, rows,
                      problem, started_at, finished_at, version)
   ON reports.reports TO svc_report_worker;

CALL app.add_idempotency('reports', 'svc_reports');
CALL app.add_outbox('reports', 'svc_reports', 'svc_report_worker');
-- A claimed report's request has arrived: the worker says so, and the relay does not send it again.
GRANT SELECT (sent_at), UPDATE (sent_at) ON reports.outbox TO svc_report_worker;

RESET ROLE;
