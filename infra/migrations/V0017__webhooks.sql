-- Webhooks: where a tenant wants to hear of its events, and what came of each delivery.
SET LOCAL lock_timeout = '2s';
SET LOCAL search_path = pg_catalog;

-- Two more services, as in V0001 and V0010: the API, and what delivers.
DO $$
DECLARE
  attempts_max constant int := 50;
  service record;
BEGIN
  FOR attempt IN 1..attempts_max LOOP
    BEGIN
      FOR service IN
        SELECT * FROM (VALUES ('svc_webhooks', '300ms'), ('svc_webhooks_dispatch', '1s')) AS wanted (role, lock)
      LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = service.role) THEN
          EXECUTE format(
            'CREATE ROLE %I LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB INHERIT', service.role);
        END IF;
        IF NOT EXISTS (
          SELECT FROM pg_roles
           WHERE rolname = service.role
             AND rolconfig @> ARRAY['search_path=webhooks, app', 'statement_timeout=5s', 'lock_timeout=' || service.lock,
                                    'idle_in_transaction_session_timeout=5s', 'enable_sort=off', 'jit=off'])
        THEN
          EXECUTE format('ALTER ROLE %I SET search_path = webhooks, app', service.role);
          EXECUTE format('ALTER ROLE %I SET statement_timeout = %L', service.role, '5s');
          EXECUTE format('ALTER ROLE %I SET lock_timeout = %L', service.role, service.lock);
          EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = %L', service.role, '5s');
          EXECUTE format('ALTER ROLE %I SET enable_sort = off', service.role);
          EXECUTE format('ALTER ROLE %I SET jit = off', service.role);
        END IF;
      END LOOP;
      EXIT;
    EXCEPTION
      WHEN duplicate_object OR unique_violation OR internal_error OR lock_not_available THEN
        IF attempt = attempts_max THEN RAISE; END IF;
        PERFORM pg_sleep(0.05);
    END;
  END LOOP;
END $$;

CREATE SCHEMA webhooks AUTHORIZATION app_owner;
SET LOCAL ROLE app_owner;
COMMENT ON SCHEMA webhooks IS 'roles: svc_webhooks, svc_webhooks_dispatch';
GRANT USAGE ON SCHEMA webhooks TO svc_webhooks, svc_webhooks_dispatch;
GRANT USAGE ON SCHEMA app TO svc_webhooks, svc_webhooks_dispatch;
GRANT EXECUTE ON FUNCTION
  app.check_role(), app.tenant_id(), app.admit(uuid), app.enter(uuid), app.write_lock(uuid)
TO svc_webhooks, svc_webhooks_dispatch;
GRANT EXECUTE ON FUNCTION app.check_place(), app.check_replica(pg_lsn, bigint) TO svc_webhooks;

-- `slot` is the limit of endpoints of a tenant. A deleted one has none, and goes with its deliveries
-- bit by bit.
CREATE TABLE webhooks.endpoints (
  tenant_id         uuid        NOT NULL DEFAULT app.tenant_id(),
  id                uuid        NOT NULL,
  slot              int         CONSTRAINT endpoints_limit CHECK (slot BETWEEN 1 AND 10),
  url               text        NOT NULL CHECK (char_length(url) BETWEEN 1 AND 2048),
  description       text        NOT NULL DEFAULT '' CHECK (char_length(description) <= 500),
  -- None stands for all.
  event_types       text[]      NOT NULL DEFAULT '{}' CHECK (cardinality(event_types) <= 50),
  rate_per_minute   int         NOT NULL CHECK (rate_per_minute BETWEEN 1 AND 6000),
  status            text        NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'paused', 'disabled', 'deleted')),
  disabled_reason   text        CHECK (disabled_reason IN ('gone', 'failing')),
  -- Since when no delivery has succeeded, if the last one failed.
  failing_since     timestamptz,
  -- The minute that deliveries are counted in, and how many it has had.
  window_started_at timestamptz,
  window_sent       int         NOT NULL DEFAULT 0,
  version           int         NOT NULL DEFAULT 1,
  created_at        timestamptz NOT NULL DEFAULT now(),
  updated_at        timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, slot),
  CHECK ((status = 'deleted') = (slot IS NULL)),
  CHECK ((status = 'disabled') = (disabled_reason IS NOT NULL))
);
COMMENT ON TABLE webhooks.endpoints IS 'cross-tenant: which tenants have something to send, and which endpoints are to be swept away';
CREATE INDEX endpoints_recent ON webhooks.endpoints (tenant_id, created_at DESC, id DESC);
CREATE INDEX endpoints_deleted ON webhooks.endpoints (updated_at) WHERE status = 'deleted';
COMMENT ON INDEX webhooks.endpoints_deleted IS 'cross-tenant: the sweep removes deleted endpoints of all tenants';
CALL app.protect('webhooks.endpoints', forced => false);
GRANT SELECT,
      INSERT (id, slot, url, description, event_types, rate_per_minute, status, created_at, updated_at),
      UPDATE (slot, url, description, event_types, rate_per_minute, status, disabled_reason, failing_since, version, updated_at)
   ON webhooks.endpoints TO svc_webhooks;
GRANT SELECT,
      UPDATE (status, disabled_reason, failing_since, window_started_at, window_sent, version, updated_at)
   ON webhooks.endpoints TO svc_webhooks_dispatch;

-- The API writes secrets and cannot read them.
CREATE TABLE webhooks.secrets (
  tenant_id   uuid        NOT NULL DEFAULT app.tenant_id(),
  endpoint_id uuid        NOT NULL,
  id          uuid        NOT NULL,
  secret      bytea       NOT NULL CHECK (octet_length(secret) BETWEEN 24 AND 64),
  created_at  timestamptz NOT NULL DEFAULT now(),
  -- Until when a secret that was replaced signs beside its successors.
  expires_at  timestamptz,
  PRIMARY KEY (tenant_id, endpoint_id, id),
  FOREIGN KEY (tenant_id, endpoint_id) REFERENCES webhooks.endpoints (tenant_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN webhooks.secrets.secret IS 'secret: whoever has it can sign as us';
COMMENT ON TABLE webhooks.secrets IS 'cross-tenant: the sweep removes secrets of all tenants that have expired';
CREATE INDEX secrets_expired ON webhooks.secrets (expires_at) WHERE expires_at IS NOT NULL;
COMMENT ON INDEX webhooks.secrets_expired IS 'cross-tenant: the sweep removes the oldest secrets first';
CALL app.protect('webhooks.secrets', forced => false);
GRANT SELECT (tenant_id, endpoint_id, id, created_at, expires_at), INSERT (endpoint_id, id, secret, created_at),
      UPDATE (expires_at), DELETE
   ON webhooks.secrets TO svc_webhooks;
GRANT SELECT ON webhooks.secrets TO svc_webhooks_dispatch;

-- What is said, byte for byte: each attempt at each endpoint sends the same body.
CREATE TABLE webhooks.messages (
  tenant_id  uuid        NOT NULL DEFAULT app.tenant_id(),
  id         uuid        NOT NULL,
  type       text        NOT NULL CHECK (char_length(type) BETWEEN 1 AND 100),
  body       text        NOT NULL CHECK (octet_length(body) BETWEEN 2 AND 262144),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id)
);
COMMENT ON TABLE webhooks.messages IS 'cross-tenant: the sweep removes old messages of all tenants';
CREATE INDEX messages_old ON webhooks.messages (created_at);
COMMENT ON INDEX webhooks.messages_old IS 'cross-tenant: the sweep removes the oldest messages first';
CREATE INDEX messages_recent ON webhooks.messages (tenant_id, created_at);
CALL app.protect('webhooks.messages', forced => false);
GRANT SELECT, INSERT ON webhooks.messages TO svc_webhooks, svc_webhooks_dispatch;

-- A message on its way to an endpoint. `claims` counts how often it was handed to the sender; what
-- comes back with an older number is no news. While it is handed out, `due_at` is when it counts as lost.
CREATE TABLE webhooks.deliveries (
  tenant_id   uuid        NOT NULL DEFAULT app.tenant_id(),
  id          uuid        NOT NULL,
  endpoint_id uuid        NOT NULL,
  message_id  uuid        NOT NULL,
  -- The message's, so that those of a type are found in the order of time.
  type        text        NOT NULL CHECK (char_length(type) BETWEEN 1 AND 100),
  status      text        NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'succeeded', 'failed')),
  claimed     boolean     NOT NULL DEFAULT false,
  claims      int         NOT NULL DEFAULT 0,
  -- Attempts that failed since it was last begun anew.
  tries       int         NOT NULL DEFAULT 0,
  due_at      timestamptz NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, endpoint_id, message_id),
  FOREIGN KEY (tenant_id, endpoint_id) REFERENCES webhooks.endpoints (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, message_id) REFERENCES webhooks.messages (tenant_id, id) ON DELETE CASCADE,
  CHECK ((status = 'pending') = (finished_at IS NULL)),
  CHECK (status = 'pending' OR NOT claimed)
);
COMMENT ON TABLE webhooks.deliveries IS 'cross-tenant: which tenants have something to send';
CREATE INDEX deliveries_recent ON webhooks.deliveries (tenant_id, created_at DESC, id DESC);
CREATE INDEX deliveries_of_endpoint ON webhooks.deliveries (tenant_id, endpoint_id, created_at DESC, id DESC);
CREATE INDEX deliveries_failed ON webhooks.deliveries (tenant_id, endpoint_id, created_at DESC, id DESC)
  WHERE status = 'failed';
CREATE INDEX deliveries_of_status ON webhooks.deliveries (tenant_id, status, created_at DESC, id DESC);
CREATE INDEX deliveries_of_type ON webhooks.deliveries (tenant_id, type, created_at DESC, id DESC);
CREATE INDEX deliveries_of_message ON webhooks.deliveries (tenant_id, message_id);
CREATE INDEX deliveries_due ON webhooks.deliveries (tenant_id, endpoint_id, due_at, id) WHERE status = 'pending';
CREATE INDEX deliveries_claimed ON webhooks.deliveries (tenant_id, endpoint_id, due_at) WHERE claimed;
CALL app.protect('webhooks.deliveries', forced => false);
GRANT SELECT, INSERT (id, endpoint_id, message_id, type, due_at, created_at),
      UPDATE (status, claimed, tries, due_at, finished_at)
   ON webhooks.deliveries TO svc_webhooks;
GRANT SELECT, INSERT (id, endpoint_id, message_id, type, due_at, created_at),
      UPDATE (status, claimed, claims, tries, due_at, finished_at)
   ON webhooks.deliveries TO svc_webhooks_dispatch;

-- What an endpoint said, or why it said nothing.
CREATE TABLE webhooks.attempts (
  tenant_id   uuid        NOT NULL DEFAULT app.tenant_id(),
  delivery_id uuid        NOT NULL,
  number      int         NOT NULL CHECK (number > 0),
  started_at  timestamptz NOT NULL,
  duration_ms int         NOT NULL CHECK (duration_ms >= 0),
  status_code int         CHECK (status_code BETWEEN 100 AND 999),
  error       text        CHECK (char_length(error) BETWEEN 1 AND 100),
  response    text        NOT NULL DEFAULT '' CHECK (octet_length(response) <= 1024),
  PRIMARY KEY (tenant_id, delivery_id, number),
  FOREIGN KEY (tenant_id, delivery_id) REFERENCES webhooks.deliveries (tenant_id, id) ON DELETE CASCADE,
  CHECK ((status_code IS NULL) <> (error IS NULL))
);
CALL app.protect('webhooks.attempts');
GRANT SELECT ON webhooks.attempts TO svc_webhooks;
GRANT SELECT, INSERT ON webhooks.attempts TO svc_webhooks_dispatch;

CALL app.add_idempotency('webhooks', 'svc_webhooks');
CALL app.add_outbox('webhooks', 'svc_webhooks', 'svc_webhooks_dispatch');

-- Tenants with something pending, from `after` on, and whether any of it is to be sent now. What it
-- says is read inside each tenant. Jumps from tenant to tenant along the index of what is pending.
CREATE FUNCTION webhooks.due_tenants(at timestamptz, after uuid, max_rows int) RETURNS TABLE (tenant uuid, is_due boolean)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  WITH RECURSIVE pending (tenant, place) AS (
    (SELECT d.tenant_id, 1 FROM webhooks.deliveries AS d
      WHERE d.status = 'pending' AND d.tenant_id > due_tenants.after
      ORDER BY d.tenant_id LIMIT 1)
    UNION ALL
    SELECT (SELECT d.tenant_id FROM webhooks.deliveries AS d
             WHERE d.status = 'pending' AND d.tenant_id > p.tenant
             ORDER BY d.tenant_id LIMIT 1), p.place + 1
      FROM pending AS p
     WHERE p.tenant IS NOT NULL AND p.place < least(greatest(due_tenants.max_rows, 1), 1000)
  )
  SELECT p.tenant,
         EXISTS (SELECT FROM app.tenants AS t WHERE t.id = p.tenant AND t.status = 'active')
         AND EXISTS (
           SELECT FROM webhooks.endpoints AS e
            WHERE e.tenant_id = p.tenant AND e.status = 'active'
              AND EXISTS (
                SELECT FROM webhooks.deliveries AS d
                 WHERE d.tenant_id = e.tenant_id AND d.endpoint_id = e.id
                   AND d.status = 'pending' AND d.due_at <= due_tenants.at))
    FROM pending AS p
   WHERE p.tenant IS NOT NULL
   ORDER BY p.place;
END;
COMMENT ON FUNCTION webhooks.due_tenants(timestamptz, uuid, int) IS
  'reviewed: identities of tenants with something pending and nothing else, at most 1000, for svc_webhooks_dispatch only';

-- The first and the last tenant with something pending, between which a run picks where it begins.
CREATE FUNCTION webhooks.pending_tenants(OUT first uuid, OUT last uuid)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT (SELECT d.tenant_id FROM webhooks.deliveries AS d WHERE d.status = 'pending' ORDER BY d.tenant_id LIMIT 1),
         (SELECT d.tenant_id FROM webhooks.deliveries AS d WHERE d.status = 'pending' ORDER BY d.tenant_id DESC LIMIT 1);
END;
COMMENT ON FUNCTION webhooks.pending_tenants() IS
  'reviewed: identities of two tenants with something pending and nothing else, for svc_webhooks_dispatch only';

-- Removes what has served its time: messages after 30 days with their deliveries and attempts, what is
-- left of deleted endpoints, and secrets that have expired. A caller whose clock is ahead removes nothing
-- before its time.
CREATE FUNCTION webhooks.sweep(at timestamptz, max_rows int) RETURNS int
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  kept constant interval := interval '30 days';
  present constant timestamptz := least(at, now());
  budget constant int := least(greatest(max_rows, 1), 1000);
  removed int := 0;
  step int;
BEGIN
  WITH old AS MATERIALIZED (
    SELECT m.tenant_id, m.id FROM webhooks.messages AS m
     WHERE m.created_at < present - kept
     ORDER BY m.created_at LIMIT budget FOR UPDATE SKIP LOCKED
  )
  DELETE FROM webhooks.messages AS m USING old WHERE m.tenant_id = old.tenant_id AND m.id = old.id;
  GET DIAGNOSTICS step = ROW_COUNT;
  removed := removed + step;
  WITH orphaned AS MATERIALIZED (
    SELECT d.tenant_id, d.id
      FROM webhooks.endpoints AS e
      JOIN webhooks.deliveries AS d ON d.tenant_id = e.tenant_id AND d.endpoint_id = e.id
     WHERE e.status = 'deleted'
     LIMIT budget
  )
  DELETE FROM webhooks.deliveries AS d USING orphaned AS o WHERE d.tenant_id = o.tenant_id AND d.id = o.id;
  GET DIAGNOSTICS step = ROW_COUNT;
  removed := removed + step;
  WITH empty AS MATERIALIZED (
    SELECT e.tenant_id, e.id FROM webhooks.endpoints AS e
     WHERE e.status = 'deleted'
       AND NOT EXISTS (SELECT FROM webhooks.deliveries AS d WHERE d.tenant_id = e.tenant_id AND d.endpoint_id = e.id)
     ORDER BY e.updated_at LIMIT budget FOR UPDATE SKIP LOCKED
  )
  DELETE FROM webhooks.endpoints AS e USING empty WHERE e.tenant_id = empty.tenant_id AND e.id = empty.id;
  GET DIAGNOSTICS step = ROW_COUNT;
  removed := removed + step;
  WITH expired AS MATERIALIZED (
    SELECT s.tenant_id, s.endpoint_id, s.id FROM webhooks.secrets AS s
     WHERE s.expires_at <= present
     ORDER BY s.expires_at LIMIT budget FOR UPDATE SKIP LOCKED
  )
  DELETE FROM webhooks.secrets AS s USING expired AS x
   WHERE s.tenant_id = x.tenant_id AND s.endpoint_id = x.endpoint_id AND s.id = x.id;
  GET DIAGNOSTICS step = ROW_COUNT;
  RETURN removed + step;
END $$;
COMMENT ON FUNCTION webhooks.sweep(timestamptz, int) IS
  'reviewed: removes messages older than 30 days, deleted endpoints and expired secrets, at most 1000 of each a call, for svc_webhooks_dispatch only';

GRANT EXECUTE ON FUNCTION webhooks.due_tenants(timestamptz, uuid, int), webhooks.pending_tenants(),
                          webhooks.sweep(timestamptz, int)
   TO svc_webhooks_dispatch;

RESET ROLE;
