-- The twins of `projects.projects`, its view and its tally (V0006, V0008).
DO $$
BEGIN
  EXECUTE format('COMMENT ON SCHEMA %I IS %L', current_schema(), 'roles: svc_projects');
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO svc_projects, svc_report_worker', current_schema());
END $$;

CREATE TABLE projects (
  tenant_id   uuid        NOT NULL DEFAULT app.tenant_id(),
  id          uuid        NOT NULL,
  name        text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
  name_ci     text        NOT NULL GENERATED ALWAYS AS (lower(name)) STORED,
  description text        NOT NULL DEFAULT '' CHECK (char_length(description) <= 10000),
  status      text        NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'archived')),
  version     int         NOT NULL DEFAULT 1,
  created_at  timestamptz NOT NULL DEFAULT now(),
  updated_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX projects_recent ON projects (tenant_id, created_at DESC, id DESC);
CREATE INDEX projects_name ON projects (tenant_id, name_ci text_pattern_ops);
CALL app.protect('projects');
GRANT SELECT, INSERT, UPDATE (name, description, status, version, updated_at), DELETE ON projects TO svc_projects;
CALL app.add_tally('projects', 'svc_projects');

CREATE VIEW published_projects WITH (security_invoker = true) AS
  SELECT p.id, p.name, p.description, p.status, p.created_at, p.updated_at
    FROM projects AS p;
GRANT SELECT ON published_projects TO svc_report_worker;
GRANT SELECT (id, name, description, status, created_at, updated_at) ON projects TO svc_report_worker;
