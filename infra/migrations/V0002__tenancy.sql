-- The tenants, and the one door into a tenant's rows.
SET LOCAL lock_timeout = '2s';
SET LOCAL search_path = pg_catalog;

CREATE SCHEMA app AUTHORIZATION app_owner;
SET LOCAL ROLE app_owner;
COMMENT ON SCHEMA app IS 'roles: none';

-- A function is for whom it is granted to, never for everybody.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

CREATE TABLE app.tenants (
  id          uuid        PRIMARY KEY,
  name        text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
  status      text        NOT NULL DEFAULT 'active'
                          CHECK (status IN ('active', 'suspended', 'offboarding', 'purging', 'purged')),
  tier        text        NOT NULL DEFAULT 'pool' CHECK (tier IN ('pool', 'silo')),
  silo_schema text        UNIQUE CHECK (silo_schema ~ '^t_[a-z0-9_]{1,60}$'),
  created_at  timestamptz NOT NULL DEFAULT now(),
  updated_at  timestamptz NOT NULL DEFAULT now(),
  CHECK ((tier = 'silo') = (silo_schema IS NOT NULL))
);
COMMENT ON TABLE app.tenants IS 'global: the register of tenants; read through app.admit only';

-- The tenant of this transaction. It raises instead of answering NULL, so that a
-- statement outside its tenant is an error and not an empty list. After a
-- transaction the setting is '' rather than unset: both mean "no tenant".
CREATE FUNCTION app.tenant_id() RETURNS uuid
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  entered text := current_setting('app.current_tenant', true);
BEGIN
  IF entered IS NULL OR entered = '' THEN
    RAISE EXCEPTION 'tenant context is not set' USING ERRCODE = '42501';
  END IF;
  RETURN entered::uuid;
END $$;
COMMENT ON FUNCTION app.tenant_id() IS 'the tenant of this transaction; raises 42501 when none was entered';

CREATE FUNCTION app.admit(tenant uuid, OUT tier text, OUT silo_schema text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  found_status text;
BEGIN
  SELECT t.status, t.tier, t.silo_schema
    INTO found_status, admit.tier, admit.silo_schema
    FROM app.tenants AS t
   WHERE t.id = admit.tenant;
  CASE
    WHEN found_status IS NULL THEN
      RAISE EXCEPTION 'unknown tenant' USING ERRCODE = 'TN001';
    WHEN found_status = 'active' THEN
      RETURN;
    WHEN found_status = 'suspended' THEN
      RAISE EXCEPTION 'tenant is suspended' USING ERRCODE = 'TN002';
    ELSE
      RAISE EXCEPTION 'tenant is leaving' USING ERRCODE = 'TN003';
  END CASE;
END $$;
COMMENT ON FUNCTION app.admit(uuid) IS
  'reviewed: answers tier and silo schema of one named, active tenant and nothing else of the register';

-- The door. SECURITY INVOKER and without a SET clause on purpose: settings made
-- here must outlive the call, and must be the caller's. Callers write no SET and
-- no set_config themselves, because RDS Proxy pins a connection that does.
CREATE FUNCTION app.enter(tenant uuid) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
  entered text := pg_catalog.current_setting('app.current_tenant', true);
  silo text;
BEGIN
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
  'makes the transaction a tenant''s; raises TN001 unknown, TN002 suspended, TN003 leaving, 55000 already another''s';

CREATE FUNCTION app.create_tenant(id uuid, name text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  INSERT INTO app.tenants (id, name) VALUES (create_tenant.id, create_tenant.name);
END;
COMMENT ON FUNCTION app.create_tenant(uuid, text) IS
  'reviewed: sign-up is the one moment without a tenant; adds a row, reads none';

CREATE FUNCTION app.tenant_name() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT t.name FROM app.tenants AS t WHERE t.id = (SELECT app.tenant_id());
END;
COMMENT ON FUNCTION app.tenant_name() IS
  'reviewed: the name of the entered tenant and of no other; raises 42501 without one';

-- What makes a table a tenant's. `forced` is false only for tables that the
-- owner's own functions read across tenants; their comment says why.
CREATE PROCEDURE app.protect(target regclass, forced boolean DEFAULT true)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
  IF forced THEN
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
  END IF;
  -- No TO clause: policies for single roles are the shape of four past CVEs
  -- (a plan cached for one role was used for another). The sub-select makes the
  -- tenant a plan-time unknown that is read once per statement.
  EXECUTE format(
    'CREATE POLICY tenant_isolation ON %s '
    'USING (tenant_id = (SELECT app.tenant_id())) '
    'WITH CHECK (tenant_id = (SELECT app.tenant_id()))', target);
END $$;

GRANT USAGE ON SCHEMA app TO
  svc_auth, svc_authorizer, svc_billing, svc_projects, svc_relay, svc_report_worker, svc_reports;
GRANT EXECUTE ON FUNCTION app.tenant_id(), app.admit(uuid), app.enter(uuid) TO
  svc_auth, svc_authorizer, svc_billing, svc_projects, svc_report_worker, svc_reports;
GRANT EXECUTE ON FUNCTION app.create_tenant(uuid, text) TO svc_auth;
GRANT EXECUTE ON FUNCTION app.tenant_name() TO svc_auth, svc_report_worker;

RESET ROLE;
