-- The product's core domain, and the shortest example of one.
SET LOCAL lock_timeout = '2s';
SET LOCAL search_path = pg_catalog;

CREATE SCHEMA projects AUTHORIZATION app_owner;
SET LOCAL ROLE app_owner;
COMMENT ON SCHEMA projects IS 'roles: svc_projects';
GRANT USAGE ON SCHEMA projects TO svc_projects, svc_report_worker;

CREATE TABLE projects.projects (
  tenant_id   uuid        NOT NULL DEFAULT app.tenant_id(),
  id          uuid        NOT NULL,
  name        text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
  -- lower() is not leakproof, so under a policy no index would serve it: search this column.
  name_ci     text        NOT NULL GENERATED ALWAYS AS (lower(name)) STORED,
  description text        NOT NULL DEFAULT '' CHECK (char_length(description) <= 10000),
  status      text        NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'archived')),
  version     int         NOT NULL DEFAULT 1,
  created_at  timestamptz NOT NULL DEFAULT now(),
  updated_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX projects_recent ON projects.projects (tenant_id, created_at DESC, id DESC);
CREATE INDEX projects_name ON projects.projects (tenant_id, name_ci text_pattern_ops);
CALL app.protect('projects.projects');
GRANT SELECT, INSERT, UPDATE (name, description, status, version, updated_at), DELETE
   ON projects.projects TO svc_projects;

CALL app.add_idempotency('projects', 'svc_projects');
CALL app.add_outbox('projects', 'svc_projects');

-- What other domains may read of a project. An invoker's view needs the columns
-- granted as well; the tenant's policy holds for the reader all the same.
CREATE VIEW projects.published_projects WITH (security_invoker = true) AS
  SELECT p.id, p.name, p.description, p.status, p.created_at, p.updated_at
    FROM projects.projects AS p;
GRANT SELECT ON projects.published_projects TO svc_report_worker;
GRANT SELECT (id, name, description, status, created_at, updated_at)
   ON projects.projects TO svc_report_worker;

RESET ROLE;
