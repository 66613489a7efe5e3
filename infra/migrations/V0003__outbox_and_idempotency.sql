-- Effects that happen once: the tables every domain gets in the same shape, and
-- the relay's functions over all of them.
SET LOCAL lock_timeout = '2s';
SET LOCAL search_path = pg_catalog;
SET LOCAL ROLE app_owner;

-- Events that commit with the change they tell of. Writers may add; only the
-- relay's functions claim, mark and purge.
CREATE PROCEDURE app.add_outbox(domain text, VARIADIC writers text[])
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  writer text;
BEGIN
  EXECUTE format($ddl$
    CREATE TABLE %1$I.outbox (
      tenant_id     uuid        NOT NULL DEFAULT app.tenant_id(),
      id            uuid        NOT NULL DEFAULT gen_random_uuid(),
      type          text        NOT NULL CHECK (char_length(type) BETWEEN 1 AND 100),
      data          jsonb       NOT NULL DEFAULT '{}',
      dedup         text        NOT NULL CHECK (char_length(dedup) BETWEEN 1 AND 255),
      occurred_at   timestamptz NOT NULL DEFAULT now(),
      claimed_until timestamptz,
      sent_at       timestamptz,
      attempts      int         NOT NULL DEFAULT 0,
      PRIMARY KEY (tenant_id, id),
      UNIQUE (tenant_id, type, dedup)
    );
    COMMENT ON TABLE %1$I.outbox IS 'cross-tenant: the relay sends the events of all tenants in one sweep';
    CREATE INDEX outbox_unsent ON %1$I.outbox (occurred_at) WHERE sent_at IS NULL;
    COMMENT ON INDEX %1$I.outbox_unsent IS 'cross-tenant: the relay takes the oldest unsent events first';
    CREATE INDEX outbox_sent ON %1$I.outbox (sent_at) WHERE sent_at IS NOT NULL;
    COMMENT ON INDEX %1$I.outbox_sent IS 'cross-tenant: the relay purges what was sent long ago';
  $ddl$, domain);
  CALL app.protect(format('%I.outbox', domain)::regclass, forced => false);
  FOREACH writer IN ARRAY writers LOOP
    EXECUTE format(
      'GRANT SELECT (tenant_id, id, type, dedup), INSERT (id, type, data, dedup, occurred_at) '
      'ON %I.outbox TO %I', domain, writer);
  END LOOP;
END $$;

-- Stored answers of creating requests, written with the effect they tell of. A
-- second request with the key waits on the first one's uncommitted row.
CREATE PROCEDURE app.add_idempotency(domain text, writer text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  EXECUTE format($ddl$
    CREATE TABLE %1$I.idempotency (
      tenant_id   uuid        NOT NULL DEFAULT app.tenant_id(),
      key         text        NOT NULL CHECK (char_length(key) BETWEEN 1 AND 255),
      fingerprint bytea       NOT NULL,
      status      int         CHECK (status BETWEEN 200 AND 499),
      headers     jsonb,
      body        bytea,
      created_at  timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (tenant_id, key)
    );
    COMMENT ON TABLE %1$I.idempotency IS 'cross-tenant: the relay expires the records of all tenants';
    CREATE INDEX idempotency_created ON %1$I.idempotency (created_at);
    COMMENT ON INDEX %1$I.idempotency_created IS 'cross-tenant: the relay expires the oldest records first';
    GRANT SELECT, INSERT ON %1$I.idempotency TO %2$I;
  $ddl$, domain, writer);
  CALL app.protect(format('%I.idempotency', domain)::regclass, forced => false);
END $$;

-- The owner's tables of one name in the domains' schemas. Callers of the
-- functions below name a domain; this makes sure that it can be nothing else.
CREATE FUNCTION app.tables_named(name text) RETURNS TABLE (domain text, target regclass)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT n.nspname::text, c.oid::regclass
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
   WHERE c.relname = tables_named.name
     AND c.relkind = 'r'
     AND pg_get_userbyid(c.relowner) = 'app_owner'
     AND NOT n.nspname ^@ 't_'
   ORDER BY 1;
END;

CREATE FUNCTION app.outbox_of(domain text) RETURNS regclass
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  outbox regclass;
BEGIN
  SELECT t.target INTO outbox FROM app.tables_named('outbox') AS t WHERE t.domain = outbox_of.domain;
  IF outbox IS NULL THEN
    RAISE EXCEPTION 'domain has no outbox' USING ERRCODE = '22023';
  END IF;
  RETURN outbox;
END $$;

CREATE FUNCTION app.outbox_domains() RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT t.domain FROM app.tables_named('outbox') AS t;
END;
COMMENT ON FUNCTION app.outbox_domains() IS
  'reviewed: names of schemas, no row of any tenant; lets the relay serve a new domain without a change';

-- Claims events for 30 s and hands them out, so that no transaction stays open
-- while they travel. Who dies with them loses the claim. Each further attempt
-- doubles the claim up to 32 min: events that never arrive must not block the rest.
CREATE FUNCTION app.outbox_take(domain text, older_than interval, max_rows int)
RETURNS TABLE (tenant_id uuid, id uuid, type text, data jsonb, dedup text, occurred_at timestamptz, attempts int)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN QUERY EXECUTE format($sql$
    WITH due AS MATERIALIZED (
      SELECT o.tenant_id, o.id
        FROM %1$s AS o
       WHERE o.sent_at IS NULL
         AND o.occurred_at <= now() - $1
         AND (o.claimed_until IS NULL OR o.claimed_until <= now())
       ORDER BY o.occurred_at
       LIMIT $2
         FOR UPDATE SKIP LOCKED
    ), taken AS (
      UPDATE %1$s AS o
         SET claimed_until = now() + interval '30 seconds' * power(2, least(o.attempts, 6)),
             attempts = o.attempts + 1
        FROM due
       WHERE o.tenant_id = due.tenant_id AND o.id = due.id
      RETURNING o.tenant_id, o.id, o.type, o.data, o.dedup, o.occurred_at, o.attempts
    )
    SELECT * FROM taken AS t ORDER BY t.occurred_at
  $sql$, app.outbox_of(outbox_take.domain))
  USING older_than, least(greatest(max_rows, 1), 1000);
END $$;
COMMENT ON FUNCTION app.outbox_take(text, interval, int) IS
  'reviewed: the relay sends for all tenants; outboxes only, at most 1000 rows, each handed to one taker';

CREATE FUNCTION app.outbox_sent(domain text, tenant_ids uuid[], ids uuid[]) RETURNS int
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  marked int;
BEGIN
  IF cardinality(tenant_ids) IS DISTINCT FROM cardinality(ids) THEN
    RAISE EXCEPTION 'tenant_ids and ids must pair up' USING ERRCODE = '22023';
  END IF;
  EXECUTE format($sql$
    UPDATE %s AS o
       SET sent_at = now(), claimed_until = NULL
      FROM unnest($1, $2) AS sent (tenant_id, id)
     WHERE o.tenant_id = sent.tenant_id AND o.id = sent.id AND o.sent_at IS NULL
  $sql$, app.outbox_of(outbox_sent.domain))
  USING tenant_ids, ids;
  GET DIAGNOSTICS marked = ROW_COUNT;
  RETURN marked;
END $$;
COMMENT ON FUNCTION app.outbox_sent(text, uuid[], uuid[]) IS
  'reviewed: marks events the caller names by tenant and id; returns how many were still unsent';

CREATE FUNCTION app.outbox_purge(domain text, max_rows int) RETURNS int
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
       WHERE o.sent_at < now() - interval '7 days'
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
  'reviewed: removes events sent more than 7 days ago, at most 1000 a call; an unsent event is never removed';

CREATE FUNCTION app.idempotency_expire(max_rows int) RETURNS int
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  budget int := least(greatest(max_rows, 1), 1000);
  expired int := 0;
  removed int;
  records regclass;
BEGIN
  FOR records IN SELECT t.target FROM app.tables_named('idempotency') AS t LOOP
    EXECUTE format($sql$
      WITH old AS MATERIALIZED (
        SELECT i.tenant_id, i.key
          FROM %1$s AS i
         WHERE i.created_at < now() - interval '24 hours'
         ORDER BY i.created_at
         LIMIT $1
           FOR UPDATE SKIP LOCKED
      )
      DELETE FROM %1$s AS i USING old WHERE i.tenant_id = old.tenant_id AND i.key = old.key
    $sql$, records)
    USING budget - expired;
    GET DIAGNOSTICS removed = ROW_COUNT;
    expired := expired + removed;
    EXIT WHEN expired >= budget;
  END LOOP;
  RETURN expired;
END $$;
COMMENT ON FUNCTION app.idempotency_expire(int) IS
  'reviewed: removes records older than 24 hours in all domains, at most 1000 a call';

GRANT EXECUTE ON FUNCTION
  app.outbox_domains(),
  app.outbox_take(text, interval, int),
  app.outbox_sent(text, uuid[], uuid[]),
  app.outbox_purge(text, int),
  app.idempotency_expire(int)
TO svc_relay;

RESET ROLE;
