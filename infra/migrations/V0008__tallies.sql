-- How much there is, without counting it: a list's total and a month's usage cost the same for a
-- tenant with a hundred thousand rows as for one with ten.
--
-- Triggers keep the sums in the transaction that changes the rows. Whoever sees the rows sees the
-- sum, a rollback takes back both, and it does not matter which deployment's code wrote the rows.
SET LOCAL lock_timeout = '2s';
SET LOCAL search_path = pg_catalog;
SET LOCAL ROLE app_owner;

-- Has a table's rows counted, by tenant, in `tallies` of its schema, which `readers` may read and
-- nobody may write: the trigger's function runs as the owner, for the tenants of the rows that it
-- is given. For rows from before there is `app.recount`.
--
-- A tenant's tally is the sum of its slots, so that those who write at the same time need not wait
-- for each other. One of them at a time has slot 0, which is therefore the only one for most
-- tenants; who comes meanwhile adds to that of its backend. It would wait there for another backend
-- of the same number, and for no longer than a COMMIT: a tally is the last thing that a change of
-- ours may wait for, so no two can wait for each other.
CREATE PROCEDURE app.add_tally(target regclass, VARIADIC readers text[])
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  domain text;
  reader text;
BEGIN
  SELECT n.nspname INTO domain
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
   WHERE c.oid = target;
  IF to_regclass(format('%I.tallies', domain)) IS NULL THEN
    EXECUTE format($ddl$
      CREATE TABLE %1$I.tallies (
        tenant_id  uuid   NOT NULL DEFAULT app.tenant_id(),
        table_name text   NOT NULL,
        slot       int    NOT NULL CHECK (slot BETWEEN 0 AND 33),
        -- Below zero in a slot whose writers deleted what others had added.
        rows       bigint NOT NULL,
        PRIMARY KEY (tenant_id, table_name, slot)
      )
      -- Room for the next versions beside the present one: no index has to follow.
      WITH (fillfactor = 50);
      COMMENT ON TABLE %1$I.tallies IS 'cross-tenant: one statement of the owner may change the rows of many tenants';

      CREATE FUNCTION %1$I.tally() RETURNS trigger
      LANGUAGE plpgsql VOLATILE SECURITY DEFINER
      SET search_path = pg_catalog, pg_temp
      AS $body$
      DECLARE
        backend_slots constant int := 32;
      BEGIN
        IF TG_OP = 'UPDATE' THEN
          RAISE EXCEPTION 'a row stays with its tenant' USING ERRCODE = '42501';
        ELSIF TG_OP = 'TRUNCATE' THEN
          DELETE FROM %1$I.tallies AS t WHERE t.table_name = TG_TABLE_NAME;
        ELSE
          INSERT INTO %1$I.tallies AS t (tenant_id, table_name, slot, rows)
          SELECT c.tenant_id, TG_TABLE_NAME,
                 -- For the entered tenant only: a statement over all of them would take too many locks.
                 CASE WHEN c.tenant_id::text = current_setting('app.current_tenant', true)
                       AND pg_try_advisory_xact_lock(TG_RELID::int, hashtext(c.tenant_id::text)) THEN 0
                      ELSE 1 + pg_backend_pid() %% backend_slots END,
                 CASE TG_OP WHEN 'INSERT' THEN count(*) ELSE -count(*) END
            FROM changed AS c
           GROUP BY c.tenant_id
           ORDER BY c.tenant_id
          ON CONFLICT (tenant_id, table_name, slot) DO UPDATE SET rows = t.rows + excluded.rows;
        END IF;
        RETURN NULL;
      END $body$;
      COMMENT ON FUNCTION %1$I.tally() IS
        'reviewed: a trigger, granted to nobody; counts the rows it is given for the tenants they belong to';
    $ddl$, domain);
    CALL app.protect(format('%I.tallies', domain)::regclass, forced => false);
  END IF;
  EXECUTE format($ddl$
    CREATE TRIGGER tally_insert AFTER INSERT ON %1$s REFERENCING NEW TABLE AS changed
      FOR EACH STATEMENT EXECUTE FUNCTION %2$I.tally();
    CREATE TRIGGER tally_delete AFTER DELETE ON %1$s REFERENCING OLD TABLE AS changed
      FOR EACH STATEMENT EXECUTE FUNCTION %2$I.tally();
    CREATE TRIGGER tally_truncate AFTER TRUNCATE ON %1$s
      FOR EACH STATEMENT EXECUTE FUNCTION %2$I.tally();
    CREATE TRIGGER tally_update AFTER UPDATE OF tenant_id ON %1$s
      FOR EACH ROW WHEN (old.tenant_id IS DISTINCT FROM new.tenant_id) EXECUTE FUNCTION %2$I.tally();
  $ddl$, target, domain);
  FOREACH reader IN ARRAY readers LOOP
    EXECUTE format('GRANT SELECT ON %I.tallies TO %I', domain, reader);
  END LOOP;
END $$;

-- Puts a table's tallies right while the product runs: after `app.add_tally` for the rows that
-- were there, or after rows came past the triggers, as in a restore. What a tally lacks is the
-- same before and after any change that the triggers see, so nobody has to be kept out; it is
-- read by one statement, and added in a slot that nobody else uses. Run it once at a time.
CREATE PROCEDURE app.recount(target regclass)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  domain text;
  named text;
  tenant uuid;
BEGIN
  SELECT n.nspname, c.relname INTO domain, named
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
   WHERE c.oid = target;
  FOR tenant IN SELECT t.id FROM app.tenants AS t ORDER BY t.id LOOP
    -- Not app.enter: tenants that may not come in have rows as well.
    PERFORM set_config('app.current_tenant', tenant::text, true);
    EXECUTE format($sql$
      INSERT INTO %1$I.tallies AS t (tenant_id, table_name, slot, rows)
      SELECT $1, $2, 33, found.rows - kept.rows
        FROM (SELECT count(*) AS rows FROM %2$s AS c WHERE c.tenant_id = $1) AS found,
             (SELECT coalesce(sum(k.rows), 0)::bigint AS rows FROM %1$I.tallies AS k
               WHERE k.tenant_id = $1 AND k.table_name = $2) AS kept
       WHERE found.rows <> kept.rows
      ON CONFLICT (tenant_id, table_name, slot) DO UPDATE SET rows = t.rows + excluded.rows
    $sql$, domain, target) USING tenant, named;
  END LOOP;
  PERFORM set_config('app.current_tenant', '', true);
END $$;

CALL app.add_tally('projects.projects', 'svc_projects');
CALL app.add_tally('reports.reports', 'svc_reports');

-- The usage of a calendar month in UTC. Events are added and never changed; an old one may go, and
-- its month stays. The meter adds one event in a transaction that is sent as a whole, so a tenant's
-- writers wait for each other's COMMIT at most, and several rows are taken in the order of the key.
CREATE TABLE billing.usage_months (
  tenant_id uuid        NOT NULL DEFAULT app.tenant_id(),
  month     timestamptz NOT NULL CHECK (month = date_trunc('month', month, 'UTC')),
  meter     text        NOT NULL,
  quantity  bigint      NOT NULL CHECK (quantity > 0),
  PRIMARY KEY (tenant_id, month, meter)
) WITH (fillfactor = 50);
COMMENT ON TABLE billing.usage_months IS 'cross-tenant: one statement of the owner may add the events of many tenants';
CALL app.protect('billing.usage_months', forced => false);
GRANT SELECT ON billing.usage_months TO svc_billing;

CREATE FUNCTION billing.add_up_usage() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  INSERT INTO billing.usage_months AS m (tenant_id, month, meter, quantity)
  SELECT a.tenant_id, date_trunc('month', a.occurred_at, 'UTC') AS month, a.meter, sum(a.quantity)
    FROM added AS a
   GROUP BY 1, 2, 3
   ORDER BY 1, 2, 3
  ON CONFLICT (tenant_id, month, meter) DO UPDATE SET quantity = m.quantity + excluded.quantity;
  RETURN NULL;
END $$;
COMMENT ON FUNCTION billing.add_up_usage() IS
  'reviewed: a trigger, granted to nobody; adds up the events it is given for the tenants they belong to';
CREATE TRIGGER usage_insert AFTER INSERT ON billing.usage_events REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION billing.add_up_usage();

RESET ROLE;
