-- The same plan for the largest tenant as for the others. The planner goes by the average: it knows
-- the condition on the tenant, and not whose rows it will find. Where most have a row or two, one
-- index is as good as another to it, and it looks a row up by reading all that its tenant has;
-- where most have less than a page, it reads all of them and sorts, to show the first fifty.
SET LOCAL lock_timeout = '2s';
SET LOCAL search_path = pg_catalog;

-- Lists come out of an index in their order. What has none to come from is sorted all the same: a
-- few plans, a few memberships. Up to PostgreSQL 17 that makes a plan look dear enough to be
-- compiled, which short statements never gain by.
DO $$
DECLARE
  attempts_max constant int := 50;
  service record;
BEGIN
  FOR attempt IN 1..attempts_max LOOP
    BEGIN
      FOR service IN
        SELECT r.rolname AS role
          FROM pg_roles AS r
         WHERE r.rolname IN ('svc_auth', 'svc_authorizer', 'svc_billing', 'svc_projects', 'svc_relay',
                             'svc_report_worker', 'svc_reports')
           -- Left alone when already right, as in V0001: roles belong to the whole cluster.
           AND NOT coalesce(r.rolconfig, '{}') @> ARRAY['enable_sort=off', 'jit=off']
      LOOP
        EXECUTE format('ALTER ROLE %I SET enable_sort = off', service.role);
        EXECUTE format('ALTER ROLE %I SET jit = off', service.role);
      END LOOP;
      EXIT;
    EXCEPTION
      WHEN internal_error OR lock_not_available THEN
        IF attempt = attempts_max THEN RAISE; END IF;
        PERFORM pg_sleep(0.05);
    END;
  END LOOP;
END $$;

SET LOCAL ROLE app_owner;

CREATE OR REPLACE PROCEDURE app.protect(target regclass, forced boolean DEFAULT true)
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
  -- A hundredth as many tenants as rows: whatever the statistics find, the planner
  -- takes a tenant to have a hundred, and narrows them down by every column it can.
  EXECUTE format('ALTER TABLE %s ALTER COLUMN tenant_id SET (n_distinct = -0.01)', target);
END $$;

DO $$
DECLARE
  target regclass;
BEGIN
  FOR target IN
    SELECT p.polrelid FROM pg_policy AS p
     WHERE p.polname = 'tenant_isolation'
     ORDER BY p.polrelid::regclass::text
  LOOP
    EXECUTE format('ALTER TABLE %s ALTER COLUMN tenant_id SET (n_distinct = -0.01)', target);
    -- Which is when it takes effect.
    EXECUTE format('ANALYZE %s', target);
  END LOOP;
END $$;

RESET ROLE;
