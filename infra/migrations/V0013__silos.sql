-- Silos: tenants whose rows are in a schema of their own, and the way there and back.
SET LOCAL lock_timeout = '2s';
SET LOCAL search_path = pg_catalog;
SET LOCAL ROLE app_owner;

-- The domains whose tables a silo has its own of. `infra/migrations/silo` makes them.
CREATE OR REPLACE FUNCTION app.silo_domains() RETURNS SETOF text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  VALUES ('projects');
END;

CREATE TABLE app.silo_migrations (
  silo_schema text        NOT NULL CHECK (silo_schema ~ '^t_[a-z0-9_]{1,60}$'),
  version     int         NOT NULL CHECK (version > 0),
  name        text        NOT NULL,
  checksum    bytea       NOT NULL CHECK (octet_length(checksum) = 32),
  applied_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (silo_schema, version)
);
COMMENT ON TABLE app.silo_migrations IS
  'global: the files of infra/migrations/silo that a silo has had, written in the transaction that applied them';

-- A tenant that was moved leaves its rows behind for readers who came before. `place` is the
-- silo's schema, or `pool`.
CREATE TABLE app.vacated (
  tenant uuid        PRIMARY KEY REFERENCES app.tenants (id),
  place  text        NOT NULL CHECK (place = 'pool' OR place ~ '^t_[a-z0-9_]{1,60}$'),
  since  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE app.vacated IS 'global: where rows of a moved tenant are still to be removed';

-- Whoever writes in a tenant holds this advisory lock, shared, until the transaction ends. Whoever
-- moves the tenant holds it alone.
CREATE OR REPLACE FUNCTION app.write_lock(tenant uuid) RETURNS bigint
LANGUAGE sql IMMUTABLE
RETURN pg_catalog.uuid_hash_extended(tenant, 4004);

-- Writers are let in only while nobody moves the tenant, and they say so *before* the register is
-- read: each statement of a VOLATILE function has a snapshot of its own, so what is read after the
-- lock was had is what the last move left. The lock is tried and not waited for. It is not had
-- either while a mover waits for earlier writers, so that these are the last.
--
-- Readers take no lock. They find the place that the register named when they entered, and its
-- rows stay there until they are gone.
CREATE OR REPLACE FUNCTION app.enter(tenant uuid) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
  entered text := pg_catalog.current_setting('app.current_tenant', true);
  silo text;
BEGIN
  IF pg_catalog.current_setting('transaction_read_only') OPERATOR(pg_catalog.=) 'off' THEN
    IF NOT pg_catalog.pg_try_advisory_xact_lock_shared(app.write_lock(enter.tenant)) THEN
      RAISE EXCEPTION 'tenant is being moved' USING ERRCODE = 'TN004';
    ELSIF pg_catalog.current_setting('transaction_isolation') OPERATOR(pg_catalog.<>) 'read committed' THEN
      -- Its one snapshot may be from before a move that the lock has just waited out.
      RAISE EXCEPTION 'a tenant is written to in READ COMMITTED only' USING ERRCODE = '0A000';
    END IF;
  END IF;
  SELECT a.silo_schema INTO silo FROM app.admit(enter.tenant) AS a;
  IF entered OPERATOR(pg_catalog.=) enter.tenant::text THEN
    RETURN;
  ELSIF entered OPERATOR(pg_catalog.<>) '' THEN
    -- A second tenant would find the first one's silo on its search_path.
    RAISE EXCEPTION 'transaction belongs to another tenant' USING ERRCODE = '55000';
  END IF;
  PERFORM pg_catalog.set_config('app.current_tenant', enter.tenant::text, true);
  IF silo IS NOT NULL THEN
    PERFORM pg_catalog.set_config(
      'search_path',
      pg_catalog.concat_ws(', ', pg_catalog.quote_ident(silo),
                           NULLIF(pg_catalog.current_setting('search_path'), '')),
      true);
  END IF;
END $$;
COMMENT ON FUNCTION app.enter(uuid) IS
  'makes the transaction a tenant''s; raises TN001 unknown, TN002 suspended, TN003 leaving, TN004 being moved '
  '(writers only), 55000 already another''s';

-- Asked at the end of a read on a replica, where no mover waits for readers: a silo that went between
-- `app.enter` and the statements was passed over, and the pool read in its place.
CREATE FUNCTION app.check_place() RETURNS void
LANGUAGE plpgsql STABLE
AS $$
BEGIN
  IF EXISTS (
    SELECT FROM pg_catalog.unnest(pg_catalog.string_to_array(pg_catalog.current_setting('search_path'), ', ')) AS s (name)
     WHERE s.name OPERATOR(pg_catalog.^@) 't_' AND pg_catalog.to_regnamespace(s.name) IS NULL)
  THEN
    RAISE EXCEPTION 'the silo has gone meanwhile' USING ERRCODE = 'TN023';
  END IF;
END $$;
COMMENT ON FUNCTION app.check_place() IS
  'raises TN023 where a schema of the transaction''s search_path is not there any more';

GRANT EXECUTE ON FUNCTION app.check_place() TO svc_auth, svc_billing, svc_projects, svc_reports;
GRANT EXECUTE ON FUNCTION app.write_lock(uuid) TO
  svc_auth, svc_authorizer, svc_billing, svc_projects, svc_report_worker, svc_reports;

RESET ROLE;
