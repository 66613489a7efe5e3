-- What was there before V0008 began to count. A transaction of its own: the triggers are in force
-- for everybody by now, so nothing has to be locked, and the product goes on.
SET LOCAL lock_timeout = '2s';
SET LOCAL search_path = pg_catalog;
SET LOCAL ROLE app_owner;

CALL app.recount('projects.projects');
CALL app.recount('reports.reports');

DO $$
DECLARE
  tenant uuid;
BEGIN
  FOR tenant IN SELECT t.id FROM app.tenants AS t ORDER BY t.id LOOP
    PERFORM set_config('app.current_tenant', tenant::text, true);
    INSERT INTO billing.usage_months AS m (tenant_id, month, meter, quantity)
    SELECT tenant, found.month, found.meter, found.quantity - coalesce(kept.quantity, 0)
      FROM (SELECT date_trunc('month', e.occurred_at, 'UTC') AS month, e.meter, sum(e.quantity)::bigint AS quantity
              FROM billing.usage_events AS e
             WHERE e.tenant_id = tenant
             GROUP BY 1, 2) AS found
      LEFT JOIN billing.usage_months AS kept
        ON kept.tenant_id = tenant AND kept.month = found.month AND kept.meter = found.meter
     WHERE found.quantity <> coalesce(kept.quantity, 0)
     ORDER BY found.month, found.meter
    ON CONFLICT (tenant_id, month, meter) DO UPDATE SET quantity = m.quantity + excluded.quantity;
  END LOOP;
  PERFORM set_config('app.current_tenant', '', true);
END $$;

RESET ROLE;
