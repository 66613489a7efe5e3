-- One owner nobody logs in as, and one login role per service.
--
-- Roles belong to the cluster, not to the database: several databases of one
-- cluster may be migrated at the same time, so everything here may already be
-- there, or appear between the look and the act. Passwords are set by whoever
-- deploys; none is written here.
SET LOCAL lock_timeout = '2s';
SET LOCAL search_path = pg_catalog;

DO $$
DECLARE
  attempts_max constant int := 50;
  service record;
BEGIN
  FOR attempt IN 1..attempts_max LOOP
    BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'app_owner') THEN
        CREATE ROLE app_owner NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB;
      END IF;
      -- The migrating principal need not be a superuser (on RDS it is not).
      GRANT app_owner TO CURRENT_USER;

      FOR service IN
        SELECT * FROM (VALUES
          -- role                search_path                statement  lock     idle in transaction
          ('svc_auth',          'auth, app',               '5s',      '300ms', '5s'),
          ('svc_authorizer',    'app',                     '5s',      '300ms', '5s'),
          ('svc_billing',       'billing, app',            '5s',      '300ms', '5s'),
          ('svc_projects',      'projects, app',           '5s',      '300ms', '5s'),
          ('svc_relay',         'app',                     '5s',      '1s',    '5s'),
          ('svc_report_worker', 'reports, projects, app',  '30s',     '1s',    '30s'),
          ('svc_reports',       'reports, app',            '5s',      '300ms', '5s')
        ) AS wanted (role, path, statement, lock, idle)
      LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = service.role) THEN
          EXECUTE format(
            'CREATE ROLE %I LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB INHERIT', service.role);
        END IF;
        -- As role defaults, because RDS Proxy refuses them as connection options.
        -- Left alone when already right: two databases must not fight over one catalogue row.
        IF NOT EXISTS (
          SELECT FROM pg_roles
           WHERE rolname = service.role
             AND rolconfig @> ARRAY[
                   'search_path=' || service.path,
                   'statement_timeout=' || service.statement,
                   'lock_timeout=' || service.lock,
                   'idle_in_transaction_session_timeout=' || service.idle])
        THEN
          EXECUTE format('ALTER ROLE %I SET search_path = %s', service.role, service.path);
          EXECUTE format('ALTER ROLE %I SET statement_timeout = %L', service.role, service.statement);
          EXECUTE format('ALTER ROLE %I SET lock_timeout = %L', service.role, service.lock);
          EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = %L', service.role, service.idle);
        END IF;
      END LOOP;
      RETURN;
    EXCEPTION
      -- "tuple concurrently updated" has no SQLSTATE of its own and comes as internal_error.
      WHEN duplicate_object OR unique_violation OR internal_error OR lock_not_available THEN
        IF attempt = attempts_max THEN RAISE; END IF;
        PERFORM pg_sleep(0.05);
    END;
  END LOOP;
END $$;

-- Databases that were born before PostgreSQL 15 still let everybody create here.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
