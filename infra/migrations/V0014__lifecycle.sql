-- The end of a tenant: suspended, leaving, its rows handed out, then gone.
SET LOCAL lock_timeout = '2s';
SET LOCAL search_path = pg_catalog;

-- One more service, as in V0001 and V0010.
DO $$
DECLARE
  attempts_max constant int := 50;
  wanted constant text[] := ARRAY['search_path=app', 'statement_timeout=30s', 'lock_timeout=1s',
                                  'idle_in_transaction_session_timeout=60s', 'enable_sort=off', 'jit=off'];
BEGIN
  FOR attempt IN 1..attempts_max LOOP
    BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'svc_tenants') THEN
        CREATE ROLE svc_tenants LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB INHERIT;
      END IF;
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'svc_tenants' AND rolconfig @> wanted) THEN
        ALTER ROLE svc_tenants SET search_path = app;
        ALTER ROLE svc_tenants SET statement_timeout = '30s';
        ALTER ROLE svc_tenants SET lock_timeout = '1s';
        ALTER ROLE svc_tenants SET idle_in_transaction_session_timeout = '60s';
        ALTER ROLE svc_tenants SET enable_sort = off;
        ALTER ROLE svc_tenants SET jit = off;
      END IF;
      EXIT;
    EXCEPTION
      WHEN duplicate_object OR unique_violation OR internal_error OR lock_not_available THEN
        IF attempt = attempts_max THEN RAISE; END IF;
        PERFORM pg_sleep(0.05);
    END;
  END LOOP;
END $$;

SET LOCAL ROLE app_owner;

ALTER TABLE app.tenants
  -- When the rows of a tenant that is leaving may be purged.
  ADD COLUMN leaves_at timestamptz,
  -- What a tenant that is leaving becomes again if it stays.
  ADD COLUMN stays_as  text CHECK (stays_as IN ('active', 'suspended')),
  ADD CHECK (stays_as IS NULL OR status = 'offboarding');
CREATE INDEX tenants_leaving ON app.tenants (leaves_at) WHERE status IN ('offboarding', 'purging');

CREATE TABLE app.purges (
  tenant      uuid        PRIMARY KEY REFERENCES app.tenants (id),
  begun_at    timestamptz NOT NULL DEFAULT now(),
  -- Rows by table when it began.
  counted     jsonb       NOT NULL,
  finished_at timestamptz,
  certificate text        CHECK (char_length(certificate) BETWEEN 1 AND 100000),
  CHECK ((finished_at IS NULL) = (certificate IS NULL))
);
COMMENT ON TABLE app.purges IS 'global: what is left of tenants that are gone: how much there was, and the proof that it went';

COMMENT ON COLUMN auth.refresh_tokens.hash IS 'secret: a credential, though a hashed one';
COMMENT ON COLUMN auth.refresh_tokens.salt IS 'secret: with a token, its successor follows from it';

-- Every table that has rows of the entered tenant, those first that nothing refers to. A tally goes
-- last: it changes with the rows that it counts. Of silos, the tenant's own, under the name `silo`.
CREATE FUNCTION app.tenant_tables() RETURNS TABLE (name text, target regclass)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  WITH RECURSIVE held AS (
    SELECT c.oid, c.relname = 'tallies' AS sums,
           format('%I.%I', CASE WHEN n.nspname ^@ 't_' THEN 'silo' ELSE n.nspname END, c.relname) AS name
      FROM pg_class AS c
      JOIN pg_namespace AS n ON n.oid = c.relnamespace
      JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
     WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
       AND pg_get_userbyid(c.relowner) = 'app_owner'
       AND (NOT n.nspname ^@ 't_'
            OR n.nspname = (SELECT t.silo_schema FROM app.tenants AS t WHERE t.id = (SELECT app.tenant_id())))
  ), above (oid, steps) AS (
    SELECT h.oid, 0 FROM held AS h
    UNION
    SELECT k.confrelid, a.steps + 1
      FROM above AS a
      JOIN pg_constraint AS k ON k.conrelid = a.oid AND k.contype = 'f' AND k.confrelid <> k.conrelid
      JOIN held AS h ON h.oid = k.confrelid
     WHERE a.steps < 100
  )
  SELECT h.name, h.oid::regclass
    FROM held AS h JOIN above AS a ON a.oid = h.oid
   GROUP BY h.oid, h.name, h.sums
   ORDER BY h.sums, max(a.steps), h.name;
END;

CREATE FUNCTION app.attend(tenant uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT t.status FROM app.tenants AS t WHERE t.id = attend.tenant;
END;
COMMENT ON FUNCTION app.attend(uuid) IS
  'reviewed: the status of one named tenant, for svc_tenants only';

-- The other door: for the one service that works for tenants who may no longer come in themselves.
CREATE FUNCTION app.enter_leaving(tenant uuid) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
  entered text := pg_catalog.current_setting('app.current_tenant', true);
  status text := app.attend(enter_leaving.tenant);
BEGIN
  IF status IS NULL THEN
    RAISE EXCEPTION 'unknown tenant' USING ERRCODE = 'TN001';
  ELSIF status OPERATOR(pg_catalog.=) 'purged' THEN
    RAISE EXCEPTION 'tenant is gone' USING ERRCODE = 'TN003';
  ELSIF entered OPERATOR(pg_catalog.=) enter_leaving.tenant::text THEN
    RETURN;
  ELSIF entered OPERATOR(pg_catalog.<>) '' THEN
    RAISE EXCEPTION 'transaction belongs to another tenant' USING ERRCODE = '55000';
  END IF;
  PERFORM pg_catalog.set_config('app.current_tenant', enter_leaving.tenant::text, true);
END $$;
COMMENT ON FUNCTION app.enter_leaving(uuid) IS
  'makes the transaction a tenant''s who may be suspended or leaving; raises TN001 unknown, TN003 gone, 55000 already another''s';

-- One step in a tenant's life. The same step twice changes nothing; one that is not there is TN005.
CREATE FUNCTION app.change_status(tenant uuid, step text, OUT status text, OUT leaves_at timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  days_to_stay constant interval := interval '30 days';
  held app.tenants;
BEGIN
  SELECT * INTO held FROM app.tenants AS t WHERE t.id = change_status.tenant FOR UPDATE;
  IF held.id IS NULL THEN
    RAISE EXCEPTION 'unknown tenant' USING ERRCODE = 'TN001';
  END IF;
  CASE
    WHEN step = 'suspend' AND held.status = 'active' THEN
      held.status := 'suspended';
    WHEN step = 'resume' AND held.status = 'suspended' THEN
      held.status := 'active';
    WHEN step = 'offboard' AND held.status IN ('active', 'suspended') THEN
      held.stays_as := held.status;
      held.status := 'offboarding';
      held.leaves_at := now() + days_to_stay;
    WHEN step = 'cancel_offboarding' AND held.status = 'offboarding' THEN
      held.status := coalesce(held.stays_as, 'active');
      held.stays_as := NULL;
      held.leaves_at := NULL;
    WHEN (step, held.status) IN (('suspend', 'suspended'), ('resume', 'active'), ('offboard', 'offboarding'),
                                 ('cancel_offboarding', 'active'), ('cancel_offboarding', 'suspended')) THEN
      NULL;
    ELSE
      RAISE EXCEPTION 'a tenant that is % cannot %', held.status, replace(step, '_', ' ') USING ERRCODE = 'TN005';
  END CASE;
  UPDATE app.tenants AS t
     SET status = held.status, stays_as = held.stays_as, leaves_at = held.leaves_at, updated_at = now()
   WHERE t.id = held.id AND t.status <> held.status;
  change_status.status := held.status;
  change_status.leaves_at := held.leaves_at;
END $$;
COMMENT ON FUNCTION app.change_status(uuid, text) IS
  'reviewed: suspends, resumes, offboards or keeps one named tenant, for svc_tenants only; never begins a purge';

-- Rows of one table of the entered tenant, as they stand and in the order of the primary key, without
-- what is marked as secret. `after` is the key of the last row that was handed out.
CREATE FUNCTION app.export_rows(table_name text, after jsonb, max_rows int)
RETURNS TABLE (line text, key jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  source regclass;
  secrets text[];
  columns text;
  keys text;
  start text := '';
BEGIN
  SELECT t.target INTO source FROM app.tenant_tables() AS t WHERE t.name = export_rows.table_name;
  IF source IS NULL THEN
    RAISE EXCEPTION 'no table of tenants has this name' USING ERRCODE = '22023';
  END IF;
  SELECT coalesce(array_agg(a.attname::text), '{}') INTO secrets
    FROM pg_attribute AS a
   WHERE a.attrelid = source AND col_description(source, a.attnum) ^@ 'secret: ';
  SELECT string_agg(format('t.%I', a.attname), ', ' ORDER BY k.place),
         string_agg(format('%L, t.%I', a.attname, a.attname), ', ' ORDER BY k.place),
         format('AND (%s) > (%s)',
                string_agg(format('t.%I', a.attname), ', ' ORDER BY k.place),
                string_agg(format('%L::%s', export_rows.after ->> a.attname::text, format_type(a.atttypid, a.atttypmod)),
                           ', ' ORDER BY k.place))
    INTO columns, keys, start
    FROM pg_index AS i
    CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
    JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
   WHERE i.indrelid = source AND i.indisprimary;
  RETURN QUERY EXECUTE format(
    'SELECT (to_jsonb(t) - $1)::text, jsonb_build_object(%s) FROM %s AS t '
    'WHERE t.tenant_id = (SELECT app.tenant_id()) %s ORDER BY %s LIMIT $2',
    keys, source, CASE WHEN export_rows.after IS NULL THEN '' ELSE start END, columns)
  USING secrets, least(greatest(max_rows, 1), 1000);
END $$;
COMMENT ON FUNCTION app.export_rows(text, jsonb, int) IS
  'reviewed: rows of the entered tenant and of no other, at most 1000, for svc_tenants only; raises 42501 without one';

CREATE FUNCTION app.export_tables() RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT t.name
    FROM app.tenant_tables() AS t
   -- A tenant with a silo may have rows left in the pool from before it moved, which are no longer true.
   WHERE NOT EXISTS (
     SELECT FROM pg_class AS own
       JOIN pg_class AS pooled ON pooled.oid = t.target AND pooled.relname = own.relname
      WHERE pooled.relnamespace::regnamespace::text IN (SELECT app.silo_domains())
        AND own.relnamespace::regnamespace::text =
            (SELECT s.silo_schema FROM app.tenants AS s WHERE s.id = (SELECT app.tenant_id())))
   ORDER BY t.name;
END;
COMMENT ON FUNCTION app.export_tables() IS 'reviewed: names of tables, and no row of any';

CREATE FUNCTION auth.export_accounts(after uuid, max_rows int) RETURNS TABLE (line text, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT jsonb_build_object('id', u.id, 'email', u.email, 'name', u.name, 'created_at', u.created_at)::text, u.id
    FROM auth.memberships AS m JOIN auth.users AS u ON u.id = m.user_id
   WHERE m.tenant_id = (SELECT app.tenant_id())
     AND (export_accounts.after IS NULL OR m.user_id > export_accounts.after)
   ORDER BY m.user_id
   LIMIT least(greatest(max_rows, 1), 1000);
END;
COMMENT ON FUNCTION auth.export_accounts(uuid, int) IS
  'reviewed: the accounts that belong to the entered tenant, without their passwords; raises 42501 without one';

-- How many rows the entered tenant has, by table.
CREATE FUNCTION app.count_rows() RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  counts jsonb := '{}';
  rows bigint;
  held record;
BEGIN
  FOR held IN SELECT t.name, t.target FROM app.tenant_tables() AS t LOOP
    EXECUTE format('SELECT count(*) FROM %s AS t WHERE t.tenant_id = (SELECT app.tenant_id())', held.target) INTO rows;
    counts := counts || jsonb_build_object(held.name, rows);
  END LOOP;
  RETURN counts;
END $$;
COMMENT ON FUNCTION app.count_rows() IS
  'reviewed: numbers of rows of the entered tenant, for svc_tenants only; raises 42501 without one';

-- The tenants whose rows are to go now, those whose purge was begun among them.
CREATE FUNCTION app.due_purges(max_rows int) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT t.id FROM app.tenants AS t
   WHERE t.status IN ('offboarding', 'purging') AND t.leaves_at <= now()
   ORDER BY t.leaves_at, t.id
   LIMIT least(greatest(max_rows, 1), 1000);
END;
COMMENT ON FUNCTION app.due_purges(int) IS
  'reviewed: identities of tenants whose time to stay is over, at most 1000, for svc_tenants only';

-- Begins the purge of the entered tenant, or finds it begun. From here there is no way back.
CREATE FUNCTION app.begin_purge(OUT begun_at timestamptz, OUT counted jsonb)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  held app.tenants;
BEGIN
  SELECT * INTO held FROM app.tenants AS t WHERE t.id = app.tenant_id() FOR UPDATE;
  IF held.status = 'offboarding' AND held.leaves_at <= now() THEN
    UPDATE app.tenants AS t SET status = 'purging', stays_as = NULL, updated_at = now() WHERE t.id = held.id;
    INSERT INTO app.purges (tenant, counted) VALUES (held.id, app.count_rows());
  ELSIF held.status <> 'purging' THEN
    RAISE EXCEPTION 'a tenant that is % is not to be purged', held.status USING ERRCODE = 'TN005';
  END IF;
  SELECT p.begun_at, p.counted INTO begin_purge.begun_at, begin_purge.counted FROM app.purges AS p WHERE p.tenant = held.id;
END $$;
COMMENT ON FUNCTION app.begin_purge() IS
  'reviewed: only for an entered tenant whose 30 days are over; counts its rows first; raises 42501 without one';

-- Removes rows of the entered tenant from the first table that has any, in the order of its key.
-- No row: there is nothing left.
CREATE FUNCTION app.purge_rows(max_rows int) RETURNS TABLE (name text, removed bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  held record;
  keys text;
BEGIN
  PERFORM FROM app.tenants AS t WHERE t.id = app.tenant_id() AND t.status = 'purging' FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the tenant is not being purged' USING ERRCODE = 'TN005';
  END IF;
  FOR held IN SELECT t.name, t.target FROM app.tenant_tables() AS t LOOP
    SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY k.place) INTO keys
      FROM pg_index AS i
      CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
      JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
     WHERE i.indrelid = held.target AND i.indisprimary;
    EXECUTE format(
      'DELETE FROM %1$s AS t WHERE t.tenant_id = (SELECT app.tenant_id()) AND (%2$s) IN '
      '(SELECT %2$s FROM %1$s WHERE tenant_id = (SELECT app.tenant_id()) ORDER BY %2$s LIMIT $1)',
      held.target, keys)
    USING least(greatest(max_rows, 1), 1000);
    GET DIAGNOSTICS removed = ROW_COUNT;
    IF removed > 0 THEN
      name := held.name;
      RETURN NEXT;
      RETURN;
    END IF;
  END LOOP;
END $$;
COMMENT ON FUNCTION app.purge_rows(int) IS
  'reviewed: only of an entered tenant whose purge was begun, at most 1000 rows a call; raises 42501 without one';

-- Ends the purge of the entered tenant, once nothing is left. What stays of it is its identity.
CREATE FUNCTION app.finish_purge(certificate text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  held app.tenants;
  silo text;
  left_over jsonb := app.count_rows();
BEGIN
  SELECT * INTO held FROM app.tenants AS t WHERE t.id = app.tenant_id() FOR UPDATE;
  IF held.status <> 'purging' THEN
    RAISE EXCEPTION 'a tenant that is % is not being purged', held.status USING ERRCODE = 'TN005';
  END IF;
  IF EXISTS (SELECT FROM jsonb_each(left_over) AS l WHERE l.value <> '0') THEN
    RAISE EXCEPTION 'there are rows left: %', left_over USING ERRCODE = 'TN005';
  END IF;
  -- The silo, one that a move to the pool has left behind, and one that was made and never moved into.
  FOR silo IN
    SELECT held.silo_schema WHERE held.silo_schema IS NOT NULL
    UNION SELECT v.place FROM app.vacated AS v WHERE v.tenant = held.id AND v.place <> 'pool'
    UNION SELECT 't_' || replace(held.id::text, '-', '')
  LOOP
    EXECUTE format('DROP SCHEMA IF EXISTS %I CASCADE', silo);
    DELETE FROM app.silo_migrations AS m WHERE m.silo_schema = silo;
  END LOOP;
  DELETE FROM app.vacated AS v WHERE v.tenant = held.id;
  UPDATE app.purges AS p
     SET finished_at = now(), certificate = finish_purge.certificate
   WHERE p.tenant = held.id;
  UPDATE app.tenants AS t
     SET status = 'purged', name = '(purged)', tier = 'pool', silo_schema = NULL, updated_at = now()
   WHERE t.id = held.id;
END $$;
COMMENT ON FUNCTION app.finish_purge(text) IS
  'reviewed: refuses while a row of the entered tenant is left; drops its silo; raises 42501 without one';

CREATE FUNCTION app.purge_certificate(tenant uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT p.certificate FROM app.purges AS p WHERE p.tenant = purge_certificate.tenant;
END;
COMMENT ON FUNCTION app.purge_certificate(uuid) IS
  'reviewed: the proof of one named tenant''s end, which holds no data of the tenant; for svc_tenants only';

-- An account goes with the last tenant that it belonged to, when that tenant is purged.
CREATE FUNCTION auth.forget_accounts() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  DELETE FROM auth.users AS u
   USING gone AS g, app.tenants AS t
   WHERE u.id = g.user_id AND t.id = g.tenant_id AND t.status = 'purging'
     AND NOT EXISTS (SELECT FROM auth.memberships AS m WHERE m.user_id = u.id);
  RETURN NULL;
END $$;
COMMENT ON FUNCTION auth.forget_accounts() IS
  'reviewed: a trigger, granted to nobody; removes accounts that belong to no tenant any more because theirs was purged';
CREATE TRIGGER memberships_gone AFTER DELETE ON auth.memberships REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION auth.forget_accounts();

GRANT USAGE ON SCHEMA app, auth TO svc_tenants;
GRANT EXECUTE ON FUNCTION
  app.check_role(), app.tenant_id(), app.attend(uuid), app.enter_leaving(uuid), app.change_status(uuid, text),
  app.export_tables(), app.export_rows(text, jsonb, int), auth.export_accounts(uuid, int),
  app.count_rows(), app.due_purges(int), app.begin_purge(), app.purge_rows(int), app.finish_purge(text),
  app.purge_certificate(uuid), auth.public_keys()
TO svc_tenants;

RESET ROLE;
