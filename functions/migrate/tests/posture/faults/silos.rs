//! Silos that are not what the pool is, and a door that does not lead there rightly.

use super::{Fault, fault};

/// A silo made by its own files, and then changed by `$sql`.
macro_rules! silo {
    ($sql:literal) => {
        concat!(
            "RESET ROLE; CREATE SCHEMA t_acme AUTHORIZATION app_owner;
             SET LOCAL ROLE app_owner; SET LOCAL search_path = t_acme;",
            include_str!("../../../../../infra/migrations/silo/S0001__projects.sql"),
            $sql
        )
    };
}

pub(super) const FAULTS: &[Fault] = &[
    fault(
        &["silo_differs"],
        "t_acme.projects lacks column note text",
        silo!("ALTER TABLE projects.projects ADD COLUMN note text"),
    ),
    fault(
        &["silo_differs"],
        "t_acme.projects lacks constraint short CHECK",
        silo!("ALTER TABLE projects.projects ADD CONSTRAINT short CHECK (char_length(name) < 100)"),
    ),
    fault(&["silo_differs"], "t_acme.projects lacks index", silo!("DROP INDEX t_acme.projects_recent")),
    fault(
        &["silo_differs", "tally_not_kept"],
        "t_acme.projects lacks trigger",
        silo!(
            "CREATE TRIGGER again AFTER DELETE ON projects.projects
               FOR EACH STATEMENT EXECUTE FUNCTION projects.tally()"
        ),
    ),
    fault(
        &["silo_differs"],
        "t_acme.projects lacks grant UPDATE status svc_projects",
        silo!("REVOKE UPDATE (status) ON t_acme.projects FROM svc_projects"),
    ),
    fault(
        &["silo_differs", "policy_missing"],
        "t_acme.projects lacks policy",
        silo!("DROP POLICY tenant_isolation ON t_acme.projects"),
    ),
    fault(
        &["silo_differs"],
        "t_acme.published_projects lacks view",
        silo!(
            "CREATE OR REPLACE VIEW t_acme.published_projects WITH (security_invoker = true) AS
               SELECT p.id, p.name, p.description, p.status, p.created_at, p.updated_at FROM t_acme.projects AS p
                WHERE p.status = 'active'"
        ),
    ),
    fault(
        &["silo_differs"],
        "t_acme.tasks lacks relation",
        silo!(
            "CREATE TABLE projects.tasks (tenant_id uuid NOT NULL DEFAULT app.tenant_id(), PRIMARY KEY (tenant_id));
             CALL app.protect('projects.tasks')"
        ),
    ),
    fault(
        &["silo_differs"],
        "t_acme.projects alone has column note text",
        silo!("ALTER TABLE t_acme.projects ADD COLUMN note text"),
    ),
    fault(
        &["silo_differs"],
        "t_acme.tally lacks function",
        silo!("ALTER FUNCTION t_acme.tally() COST 7"),
    ),
    fault(
        &["silo_missing"],
        "t_gone",
        "INSERT INTO app.tenants (id, name, tier, silo_schema) VALUES (gen_random_uuid(), 'x', 'silo', 't_gone')",
    ),
    fault(
        &["tally_not_kept", "silo_differs"],
        "t_acme.projects",
        "RESET ROLE; CREATE SCHEMA t_acme AUTHORIZATION app_owner; SET LOCAL ROLE app_owner;
         COMMENT ON SCHEMA t_acme IS 'roles: svc_projects';
         CREATE TABLE t_acme.projects (LIKE projects.projects INCLUDING ALL);
         CALL app.protect('t_acme.projects')",
    ),
    fault(
        &["door_altered"],
        "app.enter(uuid)",
        "CREATE OR REPLACE FUNCTION app.enter(tenant uuid) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
         BEGIN
           PERFORM app.admit(tenant);
           PERFORM set_config('app.current_tenant', tenant::text, true);
         END $$",
    ),
];
