-- What a database promises to those who use it, and what it asks of them: one fact in each row.
-- A kept fact must not go, an asked one must not come, while the release before is running.
WITH place AS (
  SELECT oid, nspname FROM pg_namespace
   WHERE NOT nspname ^@ 'pg_' AND nspname NOT IN ('information_schema', 'public')
), relation AS (
  SELECT c.oid, c.relkind, c.relacl, c.relowner, c.relrowsecurity, format('%I.%I', p.nspname, c.relname) AS name
    FROM pg_class AS c JOIN place AS p ON p.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S')
), part AS (
  SELECT r.name AS relation, r.relkind, a.attacl, a.attnotnull, a.atthasdef, a.attidentity, a.attgenerated,
         format('%s.%I', r.name, a.attname) AS name, format_type(a.atttypid, a.atttypmod) AS type
    FROM pg_attribute AS a JOIN relation AS r ON r.oid = a.attrelid
   WHERE a.attnum > 0 AND NOT a.attisdropped
), routine AS (
  SELECT f.proacl, f.proowner, f.prokind, f.prorettype, pg_get_function_result(f.oid) AS result,
         format('%I.%I(%s)', p.nspname, f.proname, pg_get_function_identity_arguments(f.oid)) AS name
    FROM pg_proc AS f JOIN place AS p ON p.oid = f.pronamespace
   WHERE f.prorettype <> 'trigger'::regtype
), rule AS (
  SELECT r.name AS relation,
         format('%s has %I: %s', r.name, c.conname, replace(pg_get_constraintdef(c.oid), ' NOT VALID', '')) AS fact
    FROM pg_constraint AS c JOIN relation AS r ON r.oid = c.conrelid
   WHERE c.contype IN ('c', 'f', 'p', 'u', 'x')
   UNION ALL
  SELECT r.name, format('%s has %s', r.name, pg_get_indexdef(i.indexrelid))
    FROM pg_index AS i JOIN relation AS r ON r.oid = i.indrelid
   WHERE i.indisunique AND NOT EXISTS (SELECT FROM pg_constraint AS c WHERE c.conindid = i.indexrelid)
   UNION ALL
  SELECT r.name, format('%s lets through %s for %s to %s: %s, %s', r.name, p.polname, p.polcmd, p.polroles::regrole[],
                        pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
    FROM pg_policy AS p JOIN relation AS r ON r.oid = p.polrelid
   UNION ALL
  SELECT name, name || ' holds its rows' FROM relation WHERE relrowsecurity
), grants AS (
  SELECT name AS object, relacl AS acl FROM relation
   UNION ALL SELECT name, attacl FROM part
   UNION ALL SELECT name, coalesce(proacl, acldefault('f', proowner)) FROM routine
   UNION ALL SELECT quote_ident(n.nspname), n.nspacl FROM pg_namespace AS n JOIN place AS p ON p.oid = n.oid
)
SELECT 'kept' AS kind, relation AS about, format('%s is %s', name, type) AS fact FROM part
 UNION ALL
-- Who reads a column that is never NULL need not be ready for it.
SELECT 'kept', relation, name || ' is never NULL' FROM part WHERE attnotnull
 UNION ALL
SELECT 'kept', relation, name || ' can be written' FROM part WHERE relkind IN ('r', 'p') AND attgenerated = ''
 UNION ALL
SELECT 'asked', relation, name || ' has to be given' FROM part
 WHERE relkind IN ('r', 'p') AND attnotnull AND NOT atthasdef AND attidentity = ''
 UNION ALL
SELECT 'kept', name, format('%s is a %s and gives %s', name, prokind, result) FROM routine
 UNION ALL
SELECT 'kept', relation, fact FROM rule
 UNION ALL
SELECT 'asked', relation, fact FROM rule
 UNION ALL
SELECT 'kept', g.object,
       format('%s may %s %s', CASE a.grantee WHEN 0 THEN 'everybody' ELSE a.grantee::regrole::text END, a.privilege_type, g.object)
  FROM grants AS g, aclexplode(g.acl) AS a
 WHERE a.grantee = 0 OR a.grantee::regrole::text ^@ 'svc_'
