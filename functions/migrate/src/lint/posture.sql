-- Every row is a hole in the isolation of tenants or services: rule, object, and whether it is
-- refused everywhere (a rule about the host's server is refused only where that is insisted on).
-- Runs with search_path = pg_catalog, so that every other name is printed in full.
WITH domain AS (
  -- Every schema but the system's and `public`. Its comment names the roles it belongs to.
  SELECT n.oid, n.nspname AS name, n.nspowner AS owner, n.nspacl AS acl,
         string_to_array(NULLIF(substring(obj_description(n.oid, 'pg_namespace') FROM '^roles: (.+)$'), 'none'), ', ') AS roles,
         coalesce(obj_description(n.oid, 'pg_namespace'), '') ^@ 'roles: ' AS says_roles
    FROM pg_namespace AS n
   WHERE n.nspname NOT IN ('information_schema', 'public') AND NOT n.nspname ^@ 'pg_'
     AND NOT EXISTS (SELECT FROM pg_depend AS d
                      WHERE d.classid = 'pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e')
), relation AS (
  SELECT c.*, c.oid::regclass::text AS shown, d.roles,
         coalesce(obj_description(c.oid, 'pg_class'), '') AS comment
    FROM pg_class AS c JOIN domain AS d ON d.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
), owned_table AS (
  -- A comment exempts a table, and has to say why: `global: …` has no tenant, and no grants either;
  -- `cross-tenant: …` is a tenant's table whose owner may read across.
  SELECT r.*, CASE WHEN r.comment ~ '^global: \S' THEN 'global'
                   WHEN r.comment ~ '^cross-tenant: \S' THEN 'cross-tenant' ELSE 'tenant' END AS kind
    FROM relation AS r WHERE r.relkind IN ('r', 'p')
), tenant_table AS (
  SELECT * FROM owned_table WHERE kind <> 'global'
), grant_on AS (
  SELECT r.oid, NULL::int2 AS attnum, x.grantee, x.privilege_type, x.is_grantable, r.shown
    FROM relation AS r, aclexplode(r.relacl) AS x WHERE x.grantee <> r.relowner
  UNION ALL
  SELECT r.oid, a.attnum, x.grantee, x.privilege_type, x.is_grantable, r.shown || '.' || a.attname
    FROM relation AS r JOIN pg_attribute AS a ON a.attrelid = r.oid, aclexplode(a.attacl) AS x
   WHERE x.grantee <> r.relowner
), routine AS (
  SELECT p.*, p.oid::regprocedure::text AS shown
    FROM pg_proc AS p JOIN domain AS d ON d.oid = p.pronamespace
), tally_trigger AS (
  SELECT t.tgrelid, t.tgtype, t.tgenabled, r.relname, r.relnamespace
    FROM pg_trigger AS t JOIN relation AS r ON r.oid = t.tgrelid
    JOIN pg_proc AS p ON p.oid = t.tgfoid AND p.proname = 'tally' AND p.pronamespace = r.relnamespace
), siloed AS (
  -- What a silo has to have the same as the pool, but for the schema's name: each part as a text.
  SELECT d.name AS schema, d.name ^@ 't_' AS silo, quote_ident(d.name) || '.' AS prefix, d.oid
    FROM domain AS d WHERE d.name ^@ 't_' OR d.name IN (SELECT app.silo_domains())
), siloed_relation AS (
  -- Events, what is published of them, and idempotency keys stay in the pool: they are swept for all
  -- tenants at once.
  SELECT s.schema, s.silo, s.prefix, r.* FROM siloed AS s JOIN relation AS r ON r.relnamespace = s.oid
   WHERE s.silo OR r.relname NOT IN ('outbox', 'published_events', 'idempotency')
), part (schema, silo, name, property) AS (
  SELECT schema, silo, relname, concat_ws(' ', 'relation', relkind, relrowsecurity, relforcerowsecurity, reloptions)
    FROM siloed_relation
  UNION ALL
  SELECT r.schema, r.silo, r.relname, concat_ws(' ', 'column', a.attname, format_type(a.atttypid, a.atttypmod),
           CASE WHEN a.attnotnull THEN 'NOT NULL' END, pg_get_expr(d.adbin, d.adrelid), NULLIF(a.attgenerated::text, ''), NULLIF(a.attidentity::text, ''),
           a.attoptions)
    FROM siloed_relation AS r JOIN pg_attribute AS a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef AS d ON d.adrelid = r.oid AND d.adnum = a.attnum
  UNION ALL
  SELECT r.schema, r.silo, r.relname, concat_ws(' ', 'constraint', k.conname, replace(pg_get_constraintdef(k.oid), r.prefix, ''),
           CASE WHEN NOT k.convalidated THEN 'not validated' END)
    FROM siloed_relation AS r JOIN pg_constraint AS k ON k.conrelid = r.oid
  UNION ALL
  SELECT r.schema, r.silo, r.relname, 'index ' || replace(pg_get_indexdef(i.indexrelid), r.prefix, '')
    FROM siloed_relation AS r JOIN pg_index AS i ON i.indrelid = r.oid
  UNION ALL
  SELECT r.schema, r.silo, r.relname, concat_ws(' ', 'trigger', replace(pg_get_triggerdef(t.oid), r.prefix, ''), t.tgenabled)
    FROM siloed_relation AS r JOIN pg_trigger AS t ON t.tgrelid = r.oid AND NOT t.tgisinternal
  UNION ALL
  SELECT r.schema, r.silo, r.relname, concat_ws(' ', 'policy', p.polname, p.polcmd, pg_get_expr(p.polqual, p.polrelid))
    FROM siloed_relation AS r JOIN pg_policy AS p ON p.polrelid = r.oid
  UNION ALL
  SELECT r.schema, r.silo, r.relname, 'view ' || replace(pg_get_viewdef(r.oid), r.prefix, '')
    FROM siloed_relation AS r WHERE r.relkind = 'v'
  UNION ALL
  SELECT r.schema, r.silo, r.relname, concat_ws(' ', 'grant', g.privilege_type, a.attname, g.grantee::regrole)
    FROM siloed_relation AS r JOIN grant_on AS g ON g.oid = r.oid AND g.grantee <> 0
    LEFT JOIN pg_attribute AS a ON a.attrelid = g.oid AND a.attnum = g.attnum
  UNION ALL
  SELECT s.schema, s.silo, p.proname, 'function ' || md5(replace(pg_get_functiondef(p.oid), s.prefix, ''))
    FROM siloed AS s JOIN pg_proc AS p ON p.pronamespace = s.oid AND p.prokind IN ('f', 'p')
), service AS (
  SELECT r.* FROM pg_roles AS r
   WHERE r.rolname LIKE 'svc\_%' AND has_schema_privilege(r.oid, to_regnamespace('app'), 'USAGE')
), finding (rule, object) AS (
-- Row-level security
SELECT 'no_rls', shown FROM tenant_table WHERE NOT relrowsecurity
UNION ALL
SELECT 'rls_not_forced', shown FROM tenant_table WHERE kind = 'tenant' AND NOT relforcerowsecurity
UNION ALL
SELECT 'policy_missing', shown FROM tenant_table AS t WHERE NOT EXISTS (SELECT FROM pg_policy AS p WHERE p.polrelid = t.oid)
UNION ALL
SELECT 'policy_not_template', p.polname || ' on ' || t.shown
  FROM pg_policy AS p JOIN owned_table AS t ON t.oid = p.polrelid
 WHERE p.polname <> 'tenant_isolation' OR NOT p.polpermissive OR p.polcmd <> '*'
    OR coalesce(pg_get_expr(p.polqual, p.polrelid), '')
       !~ '^\(tenant_id = \( SELECT app\.tenant_id\(\) AS tenant_id\)\)$'
    OR pg_get_expr(p.polwithcheck, p.polrelid) IS DISTINCT FROM pg_get_expr(p.polqual, p.polrelid)
UNION ALL
SELECT 'policy_role_specific', p.polname || ' on ' || t.shown
  FROM pg_policy AS p JOIN owned_table AS t ON t.oid = p.polrelid WHERE p.polroles <> '{0}'
-- Columns, keys, indexes
UNION ALL
SELECT 'no_tenant_id', t.shown FROM tenant_table AS t
 WHERE NOT EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = t.oid AND a.attname = 'tenant_id'
                      AND a.attnotnull AND a.atttypid = 'uuid'::regtype)
UNION ALL
SELECT 'tenant_id_default', t.shown FROM tenant_table AS t
  JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attname = 'tenant_id'
  LEFT JOIN pg_attrdef AS d ON d.adrelid = t.oid AND d.adnum = a.attnum
 WHERE pg_get_expr(d.adbin, d.adrelid) IS DISTINCT FROM 'app.tenant_id()'
UNION ALL
SELECT 'planned_for_the_average', t.shown FROM tenant_table AS t
  JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attname = 'tenant_id'
 WHERE NOT 'n_distinct=-0.01' = ANY (coalesce(a.attoptions, '{}'))
UNION ALL
SELECT 'index_not_led_by_tenant', i.indexrelid::regclass::text
  FROM pg_index AS i JOIN tenant_table AS t ON t.oid = i.indrelid
  LEFT JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = i.indkey[0]
 WHERE a.attname IS DISTINCT FROM 'tenant_id'
   AND NOT (t.kind = 'cross-tenant' AND NOT i.indisunique
            AND coalesce(obj_description(i.indexrelid, 'pg_class'), '') ~ '^cross-tenant: \S')
UNION ALL
SELECT 'unique_without_tenant', i.indexrelid::regclass::text
  FROM pg_index AS i JOIN tenant_table AS t ON t.oid = i.indrelid
 WHERE i.indisunique AND NOT EXISTS (
   SELECT FROM pg_attribute AS a WHERE a.attrelid = t.oid AND a.attname = 'tenant_id'
      AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1]))
UNION ALL
-- Unless to a global table, and then without an action that would reach into tenants' rows.
SELECT 'fk_without_tenant', k.conname || ' on ' || t.shown
  FROM pg_constraint AS k JOIN tenant_table AS t ON t.oid = k.conrelid
 WHERE k.contype = 'f'
   AND NOT EXISTS (
     SELECT FROM unnest(k.conkey, k.confkey) AS pair (here, there)
       JOIN pg_attribute AS h ON h.attrelid = k.conrelid AND h.attnum = pair.here AND h.attname = 'tenant_id'
       JOIN pg_attribute AS o ON o.attrelid = k.confrelid AND o.attnum = pair.there AND o.attname = 'tenant_id')
   AND NOT EXISTS (
     SELECT FROM owned_table AS g WHERE g.oid = k.confrelid AND g.kind = 'global'
        AND k.confdeltype IN ('a', 'r') AND k.confupdtype IN ('a', 'r'))
UNION ALL
SELECT 'enum_or_domain_column', t.shown || '.' || a.attname
  FROM owned_table AS t JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_type AS y ON y.oid = a.atttypid WHERE y.typtype IN ('e', 'd', 'c')
-- Other relations
UNION ALL
SELECT 'view_not_invoker', shown FROM relation
 WHERE relkind = 'v' AND NOT coalesce(reloptions && ARRAY['security_invoker=true', 'security_invoker=on'], false)
UNION ALL
SELECT 'rls_impossible', shown FROM relation WHERE relkind IN ('m', 'f')
UNION ALL
SELECT 'table_in_public', c.oid::regclass::text FROM pg_class AS c
 WHERE c.relnamespace = to_regnamespace('public') AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relname <> 'schema_history'
   AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
-- Sums
UNION ALL
-- A tally is right while its table has all four triggers of `app.add_tally`: after INSERT, DELETE,
-- an UPDATE of a row's tenant, and TRUNCATE. Without one of its own a silo would show the pool's.
SELECT 'tally_not_kept', t.shown FROM owned_table AS t
 WHERE EXISTS (SELECT FROM tally_trigger AS k WHERE k.relname = t.relname
                  AND (k.tgrelid = t.oid OR t.relnamespace::regnamespace::text ^@ 't_'))
   AND (SELECT array_agg(k.tgtype ORDER BY k.tgtype) FROM tally_trigger AS k
         WHERE k.tgrelid = t.oid AND k.tgenabled IN ('O', 'A')) IS DISTINCT FROM '{4,8,17,32}'
    OR t.relname = 'tallies' AND NOT EXISTS (SELECT FROM tally_trigger AS k WHERE k.relnamespace = t.relnamespace)
UNION ALL
SELECT 'sum_writable', g.shown || ' ' || g.privilege_type FROM grant_on AS g JOIN relation AS r ON r.oid = g.oid
 WHERE r.relname IN ('tallies', 'usage_months') AND g.privilege_type <> 'SELECT'
UNION ALL
-- Whoever may execute one may put it on a table of their own, and write what it writes.
SELECT 'trigger_function_granted', r.shown || ' ' || x.grantee::regrole FROM routine AS r, aclexplode(r.proacl) AS x
 WHERE r.prosecdef AND r.prorettype = 'trigger'::regtype AND x.grantee NOT IN (0, r.proowner)
-- Silos
UNION ALL
-- A migration of the pool without its twin in `infra/migrations/silo`, or a silo changed by hand.
SELECT 'silo_differs', lacks.schema || '.' || lacks.name || ' lacks ' || lacks.property
  FROM (SELECT s.schema, p.name, p.property FROM siloed AS s, part AS p WHERE s.silo AND NOT p.silo
        EXCEPT SELECT p.schema, p.name, p.property FROM part AS p WHERE p.silo) AS lacks
UNION ALL
SELECT 'silo_differs', p.schema || '.' || p.name || ' alone has ' || p.property
  FROM part AS p WHERE p.silo AND NOT EXISTS (SELECT FROM part AS o WHERE NOT o.silo AND o.name = p.name AND o.property = p.property)
UNION ALL
-- A schema that is not there is passed over on a search_path: the tenant would be in the pool.
SELECT 'silo_missing', t.silo_schema FROM app.tenants AS t
 WHERE t.silo_schema IS NOT NULL AND to_regnamespace(t.silo_schema) IS NULL
-- Privileges
UNION ALL
SELECT 'partition_granted', g.shown FROM grant_on AS g JOIN relation AS r ON r.oid = g.oid WHERE r.relispartition
UNION ALL
SELECT 'forbidden_privilege', shown || ' ' || privilege_type FROM grant_on
 WHERE privilege_type IN ('TRUNCATE', 'REFERENCES', 'TRIGGER', 'MAINTAIN') OR is_grantable
UNION ALL
SELECT 'public_privilege', shown || ' ' || privilege_type FROM grant_on WHERE grantee = 0
UNION ALL
SELECT 'public_privilege', r.shown FROM routine AS r, aclexplode(coalesce(r.proacl, acldefault('f', r.proowner))) AS x
 WHERE x.grantee = 0
UNION ALL
SELECT 'public_privilege', d.name || ' ' || x.privilege_type FROM domain AS d, aclexplode(d.acl) AS x WHERE x.grantee = 0
UNION ALL
SELECT 'public_privilege', n.nspname || ' CREATE' FROM pg_namespace AS n, aclexplode(n.nspacl) AS x
 WHERE n.nspname = 'public' AND x.grantee = 0 AND x.privilege_type = 'CREATE'
UNION ALL
SELECT 'global_granted', g.shown || ' ' || g.privilege_type FROM grant_on AS g JOIN owned_table AS t ON t.oid = g.oid
 WHERE t.kind = 'global' AND NOT (t.comment ^@ 'global: catalogue ' AND g.privilege_type = 'SELECT')
UNION ALL
SELECT 'global_has_tenant_id', t.shown FROM owned_table AS t JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attname = 'tenant_id'
 WHERE t.kind = 'global'
UNION ALL
-- Others than the schema's own roles may read published views, and the columns those are made of.
SELECT 'foreign_privilege', g.shown || ' ' || g.privilege_type || ' ' || g.grantee::regrole
  FROM grant_on AS g JOIN relation AS r ON r.oid = g.oid
 WHERE g.grantee <> 0 AND NOT g.grantee::regrole::text = ANY (coalesce(r.roles, '{}'))
   AND NOT (g.privilege_type = 'SELECT' AND r.relkind = 'v' AND r.relname ^@ 'published_')
   AND NOT (g.privilege_type = 'SELECT' AND g.attnum IS NOT NULL AND EXISTS (
     SELECT FROM pg_depend AS d JOIN pg_rewrite AS w ON w.oid = d.objid
       JOIN relation AS v ON v.oid = w.ev_class AND v.relnamespace = r.relnamespace
      WHERE d.classid = 'pg_rewrite'::regclass AND d.refobjid = g.oid AND d.refobjsubid = g.attnum
        AND v.relkind = 'v' AND v.relname ^@ 'published_' AND has_table_privilege(g.grantee, v.oid, 'SELECT')))
UNION ALL
SELECT 'schema_without_roles', name FROM domain WHERE NOT says_roles
UNION ALL
SELECT 'schema_create_granted', d.name || ' ' || x.grantee::regrole FROM domain AS d, aclexplode(d.acl) AS x
 WHERE x.grantee NOT IN (0, d.owner) AND x.privilege_type = 'CREATE'
-- Functions and owners
UNION ALL
SELECT 'security_definer_unreviewed', shown FROM routine
 WHERE prosecdef AND coalesce(obj_description(oid, 'pg_proc'), '') !~ '^reviewed: \S'
UNION ALL
SELECT 'security_definer_search_path', shown FROM routine
 WHERE prosecdef AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (proconfig), false)
UNION ALL
SELECT 'door_altered', door.name
  -- Who writes has to hold the tenant's lock before the register is read, or a move would lose the write.
  FROM (VALUES ('app.tenant_id()', false, 's', ARRAY['search_path=pg_catalog, pg_temp'], ''),
               ('app.admit(uuid)', true, 's', ARRAY['search_path=pg_catalog, pg_temp'], ''),
               ('app.enter(uuid)', false, 'v', NULL,
                'IF NOT pg_catalog.pg_try_advisory_xact_lock_shared\(app.write_lock\(enter.tenant\)\) THEN'
                '.*TN004.* FROM app\.admit\(enter\.tenant\)'),
               ('app.attend(uuid)', true, 's', ARRAY['search_path=pg_catalog, pg_temp'], ''),
               ('app.enter_leaving(uuid)', false, 'v', NULL, ''))
    AS door (name, definer, volatility, settings, says)
  LEFT JOIN pg_proc AS p ON p.oid = to_regprocedure(door.name)
 WHERE p.oid IS NULL OR p.prosecdef <> door.definer OR p.provolatile <> door.volatility
    OR p.proconfig IS DISTINCT FROM door.settings OR p.prosrc !~ door.says
UNION ALL
SELECT 'wrong_owner', owned.shown
  FROM (SELECT shown, relowner AS owner FROM relation UNION ALL SELECT shown, proowner FROM routine
        UNION ALL SELECT name, owner FROM domain) AS owned
 WHERE pg_get_userbyid(owned.owner) <> 'app_owner'
-- Roles
UNION ALL
SELECT 'role_bypasses', rolname FROM (SELECT * FROM service UNION ALL SELECT * FROM pg_roles WHERE rolname = 'app_owner') AS r
 WHERE rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication OR (rolname = 'app_owner' AND rolcanlogin)
UNION ALL
SELECT 'role_inherits', s.rolname || ' from ' || m.roleid::regrole
  FROM pg_auth_members AS m JOIN service AS s ON s.oid = m.member WHERE m.roleid::regrole::text <> 'rds_iam'
UNION ALL
SELECT 'role_without_limits', s.rolname || ' ' || setting.name
  FROM service AS s, unnest(ARRAY['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'search_path'])
    AS setting (name)
 WHERE NOT EXISTS (SELECT FROM unnest(s.rolconfig) AS c WHERE c ^@ (setting.name || '=') AND c <> setting.name || '=0')
UNION ALL
SELECT 'role_may_sort', s.rolname || ' ' || setting.needed
  FROM service AS s, unnest(ARRAY['enable_sort=off', 'jit=off']) AS setting (needed)
 WHERE NOT setting.needed = ANY (coalesce(s.rolconfig, '{}'))
)
SELECT rule, object, true AS refused FROM finding
UNION ALL
-- CVE-2026-14666: a plan cached under one role's row security was used for another. The releases
-- from the first number of a line up to the second are affected.
SELECT 'server_too_old', current_setting('server_version'), false
  FROM (VALUES (0, 150019), (160000, 160015), (170000, 170011), (180000, 180006)) AS affected (since, patched)
 WHERE current_setting('server_version_num')::int >= since AND current_setting('server_version_num')::int < patched
ORDER BY rule, object;
