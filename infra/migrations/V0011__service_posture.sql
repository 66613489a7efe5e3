-- Whom a service must not be: somebody whom row-level security does not hold.
SET LOCAL lock_timeout = '2s';
SET LOCAL search_path = pg_catalog;
SET LOCAL ROLE app_owner;

-- The first batch of every connection asks this ahead of its work, and fails with it. A role that may
-- become another by SET ROLE counts as that other one. An owner is held by a forced table's policy
-- and by nothing else: it can take the policy away.
CREATE FUNCTION app.check_role() RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  power text;
BEGIN
  SELECT concat_ws(', ', r.rolname, CASE WHEN r.rolsuper THEN 'a superuser' END,
                   CASE WHEN r.rolbypassrls THEN 'with BYPASSRLS' END,
                   CASE WHEN o.is_owner THEN 'an owner of the schemas' END)
    INTO power
    FROM pg_roles AS r,
         LATERAL (SELECT r.rolname = 'app_owner' OR EXISTS (
                    SELECT FROM pg_namespace AS n
                     WHERE n.nspowner = r.oid AND NOT n.nspname ^@ 'pg_'
                       AND n.nspname NOT IN ('information_schema', 'public')) AS is_owner) AS o
   WHERE (r.rolsuper OR r.rolbypassrls OR o.is_owner)
     AND (pg_has_role(session_user, r.oid, 'MEMBER') OR pg_has_role(current_user, r.oid, 'MEMBER'))
   ORDER BY r.rolname <> session_user, r.rolname
   LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'row-level security does not hold %: it is, or may become, %', session_user, power
      USING ERRCODE = 'TN010';
  END IF;
END $$;
COMMENT ON FUNCTION app.check_role() IS
  'raises TN010 for a superuser, BYPASSRLS, and owners of the schemas; the first statement of every service''s connection';

GRANT EXECUTE ON FUNCTION app.check_role() TO
  svc_auth, svc_authorizer, svc_billing, svc_projects, svc_relay, svc_report_worker, svc_reports;

RESET ROLE;
