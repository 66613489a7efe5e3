//! One hole after the other, and what the linter has to call it.

mod silos;

use std::iter::chain;

/// A hole, made by `app_owner` unless the statement resets the role.
pub(crate) struct Fault {
    /// The rule it is about, then those that cannot help finding something as well.
    pub(crate) rules: &'static [&'static str],
    /// Part of the name of what is reported.
    pub(crate) object: &'static str,
    pub(crate) sql: &'static str,
}

/// All of them.
pub(crate) fn faults() -> impl Iterator<Item = &'static Fault> {
    chain(FAULTS, silos::FAULTS)
}

const fn fault(rules: &'static [&'static str], object: &'static str, sql: &'static str) -> Fault {
    Fault { rules, object, sql }
}

const FAULTS: &[Fault] = &[
    fault(&["no_rls"], "projects.projects", "ALTER TABLE projects.projects DISABLE ROW LEVEL SECURITY"),
    fault(
        &["rls_not_forced"],
        "projects.projects",
        "ALTER TABLE projects.projects NO FORCE ROW LEVEL SECURITY",
    ),
    fault(
        &["rls_not_forced"],
        "auth.memberships",
        "COMMENT ON TABLE auth.memberships IS 'cross-tenant: '; DROP INDEX auth.memberships_user",
    ),
    fault(&["policy_missing"], "reports.reports", "DROP POLICY tenant_isolation ON reports.reports"),
    fault(
        &["policy_not_template"],
        "extra on projects.projects",
        "CREATE POLICY extra ON projects.projects USING (true)",
    ),
    fault(
        &["policy_not_template"],
        "tenant_isolation on projects.projects",
        "ALTER POLICY tenant_isolation ON projects.projects
           USING (tenant_id = app.tenant_id()) WITH CHECK (tenant_id = app.tenant_id())",
    ),
    fault(
        &["policy_not_template"],
        "tenant_isolation on projects.projects",
        "ALTER POLICY tenant_isolation ON projects.projects
           USING (tenant_id = (SELECT app.tenant_id()) OR current_setting('app.current_tenant', true) IS NULL)",
    ),
    fault(
        &["policy_not_template"],
        "tenant_isolation on projects.projects",
        "ALTER POLICY tenant_isolation ON projects.projects WITH CHECK (true)",
    ),
    fault(
        &["policy_not_template"],
        "tenant_isolation on projects.projects",
        "DROP POLICY tenant_isolation ON projects.projects;
         CREATE POLICY tenant_isolation ON projects.projects USING (tenant_id = (SELECT app.tenant_id()))",
    ),
    fault(
        &["policy_role_specific"],
        "projects.projects",
        "ALTER POLICY tenant_isolation ON projects.projects TO svc_projects",
    ),
    fault(
        &["no_tenant_id"],
        "projects.bad",
        "CREATE TABLE projects.bad (tenant_id uuid DEFAULT app.tenant_id()); CALL app.protect('projects.bad')",
    ),
    fault(
        &["no_tenant_id", "no_rls", "rls_not_forced", "policy_missing"],
        "projects.bad",
        "CREATE TABLE projects.bad (id uuid)",
    ),
    fault(
        &["tenant_id_default"],
        "projects.projects",
        "ALTER TABLE projects.projects ALTER COLUMN tenant_id DROP DEFAULT",
    ),
    fault(
        &["index_not_led_by_tenant"],
        "projects.by_name",
        "CREATE INDEX by_name ON projects.projects (name_ci, tenant_id)",
    ),
    fault(
        &["index_not_led_by_tenant"],
        "projects.by_name",
        "CREATE INDEX by_name ON projects.projects (name_ci);
         COMMENT ON INDEX projects.by_name IS 'cross-tenant: the table is not'",
    ),
    fault(
        &["index_not_led_by_tenant"],
        "projects.outbox_unsent",
        "COMMENT ON INDEX projects.outbox_unsent IS NULL",
    ),
    fault(
        &["unique_without_tenant", "index_not_led_by_tenant"],
        "projects.by_name",
        "CREATE UNIQUE INDEX by_name ON projects.projects (name_ci) INCLUDE (tenant_id)",
    ),
    fault(
        &["fk_without_tenant"],
        "auth.memberships",
        "ALTER TABLE auth.memberships ADD FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE",
    ),
    fault(
        &["fk_without_tenant", "unique_without_tenant", "index_not_led_by_tenant"],
        "auth.refresh_tokens",
        "ALTER TABLE auth.sessions ADD UNIQUE (id);
         ALTER TABLE auth.refresh_tokens ADD FOREIGN KEY (session_id) REFERENCES auth.sessions (id) NOT VALID",
    ),
    fault(
        &["enum_or_domain_column"],
        "projects.projects.mood",
        "CREATE TYPE projects.mood AS ENUM ('good'); ALTER TABLE projects.projects ADD COLUMN mood projects.mood",
    ),
    fault(
        &["view_not_invoker"],
        "projects.published_projects",
        "ALTER VIEW projects.published_projects RESET (security_invoker)",
    ),
    fault(&["rls_impossible"], "projects.bad", "CREATE MATERIALIZED VIEW projects.bad AS SELECT 1 AS one"),
    fault(&["table_in_public"], "public.bad", "RESET ROLE; CREATE TABLE public.bad (id int)"),
    fault(
        &["partition_granted"],
        "projects.parted_0",
        "CREATE TABLE projects.parted (tenant_id uuid DEFAULT app.tenant_id(), PRIMARY KEY (tenant_id))
           PARTITION BY HASH (tenant_id);
         CREATE TABLE projects.parted_0 PARTITION OF projects.parted FOR VALUES WITH (MODULUS 1, REMAINDER 0);
         CALL app.protect('projects.parted');
         CALL app.protect('projects.parted_0');
         GRANT SELECT ON projects.parted_0 TO svc_projects",
    ),
    fault(
        &["forbidden_privilege"],
        "projects.projects TRUNCATE",
        "GRANT TRUNCATE ON projects.projects TO svc_projects",
    ),
    fault(
        &["forbidden_privilege"],
        "projects.projects SELECT",
        "GRANT SELECT ON projects.projects TO svc_projects WITH GRANT OPTION",
    ),
    fault(
        &["public_privilege"],
        "projects.projects SELECT",
        "GRANT SELECT ON projects.projects TO PUBLIC",
    ),
    fault(
        &["public_privilege"],
        "projects.projects.name SELECT",
        "GRANT SELECT (name) ON projects.projects TO PUBLIC",
    ),
    fault(
        &["public_privilege"],
        "auth.find_login(text)",
        "GRANT EXECUTE ON FUNCTION auth.find_login(text) TO PUBLIC",
    ),
    fault(&["public_privilege"], "app USAGE", "GRANT USAGE ON SCHEMA app TO PUBLIC"),
    fault(
        &["public_privilege"],
        "public CREATE",
        "RESET ROLE; GRANT CREATE ON SCHEMA public TO PUBLIC",
    ),
    fault(&["global_granted"], "auth.users SELECT", "GRANT SELECT ON auth.users TO svc_auth"),
    fault(&["global_granted"], "billing.plans UPDATE", "GRANT UPDATE ON billing.plans TO svc_billing"),
    fault(
        &["global_has_tenant_id", "global_granted"],
        "projects.projects",
        "COMMENT ON TABLE projects.projects IS 'global: it is not'",
    ),
    fault(
        &["foreign_privilege"],
        "projects.projects SELECT svc_reports",
        "GRANT SELECT ON projects.projects TO svc_reports",
    ),
    fault(
        &["foreign_privilege"],
        "projects.projects.name UPDATE svc_report_worker",
        "GRANT UPDATE (name) ON projects.projects TO svc_report_worker",
    ),
    fault(
        &["foreign_privilege"],
        "projects.projects.version SELECT svc_report_worker",
        "GRANT SELECT (version) ON projects.projects TO svc_report_worker",
    ),
    fault(
        &["foreign_privilege"],
        "projects.projects.name SELECT svc_billing",
        "GRANT SELECT (name) ON projects.projects TO svc_billing",
    ),
    fault(
        &["schema_without_roles"],
        "extra",
        "RESET ROLE; CREATE SCHEMA extra AUTHORIZATION app_owner",
    ),
    fault(
        &["schema_create_granted"],
        "projects svc_projects",
        "GRANT CREATE ON SCHEMA projects TO svc_projects",
    ),
    fault(
        &["security_definer_unreviewed"],
        "auth.find_login(text)",
        "COMMENT ON FUNCTION auth.find_login(text) IS 'reviewed: '",
    ),
    fault(
        &["security_definer_search_path"],
        "auth.find_login(text)",
        "ALTER FUNCTION auth.find_login(text) RESET search_path",
    ),
    fault(
        &["security_definer_search_path"],
        "auth.find_login(text)",
        "ALTER FUNCTION auth.find_login(text) SET search_path = pg_catalog",
    ),
    fault(&["door_altered"], "app.enter(uuid)", "ALTER FUNCTION app.enter(uuid) SET search_path = app"),
    fault(&["door_altered"], "app.tenant_id()", "ALTER FUNCTION app.tenant_id() IMMUTABLE"),
    fault(&["door_altered"], "app.enter(uuid)", "ALTER FUNCTION app.enter(uuid) RENAME TO enter_once"),
    fault(
        &["wrong_owner"],
        "projects.published_projects",
        "RESET ROLE; ALTER VIEW projects.published_projects OWNER TO CURRENT_USER",
    ),
    fault(&["role_bypasses"], "svc_projects", "RESET ROLE; ALTER ROLE svc_projects CREATEDB"),
    fault(&["role_bypasses"], "app_owner", "RESET ROLE; ALTER ROLE app_owner LOGIN"),
    fault(
        &["role_inherits"],
        "svc_projects from app_owner",
        "RESET ROLE; GRANT app_owner TO svc_projects",
    ),
    fault(
        &["role_inherits"],
        "svc_projects from svc_reports",
        "RESET ROLE; GRANT svc_reports TO svc_projects",
    ),
    fault(
        &["role_without_limits"],
        "svc_projects lock_timeout",
        "RESET ROLE; ALTER ROLE svc_projects RESET lock_timeout",
    ),
    fault(
        &["role_without_limits"],
        "svc_projects statement_timeout",
        "RESET ROLE; ALTER ROLE svc_projects SET statement_timeout = 0",
    ),
    fault(
        &["planned_for_the_average"],
        "auth.sessions",
        "ALTER TABLE auth.sessions ALTER COLUMN tenant_id RESET (n_distinct)",
    ),
    fault(
        &["role_may_sort"],
        "svc_projects enable_sort=off",
        "RESET ROLE; ALTER ROLE svc_projects RESET enable_sort",
    ),
    fault(
        &["role_may_sort"],
        "svc_relay jit=off",
        "RESET ROLE; ALTER ROLE svc_relay SET jit = on",
    ),
    fault(
        &["tally_not_kept"],
        "projects.projects",
        "ALTER TABLE projects.projects DISABLE TRIGGER tally_delete",
    ),
    fault(
        &["tally_not_kept"],
        "reports.tallies",
        "DROP TRIGGER tally_insert ON reports.reports;
         DROP TRIGGER tally_delete ON reports.reports;
         DROP TRIGGER tally_update ON reports.reports;
         DROP TRIGGER tally_truncate ON reports.reports",
    ),
    fault(
        &["sum_writable"],
        "projects.tallies UPDATE",
        "GRANT UPDATE ON projects.tallies TO svc_projects",
    ),
    fault(
        &["sum_writable"],
        "billing.usage_months.quantity UPDATE",
        "GRANT UPDATE (quantity) ON billing.usage_months TO svc_billing",
    ),
    fault(
        &["trigger_function_granted"],
        "projects.tally() svc_projects",
        "GRANT EXECUTE ON FUNCTION projects.tally() TO svc_projects",
    ),
];
