-- What is sold, what each tenant bought, and what it used.
SET LOCAL lock_timeout = '2s';
SET LOCAL search_path = pg_catalog;

CREATE SCHEMA billing AUTHORIZATION app_owner;
SET LOCAL ROLE app_owner;
COMMENT ON SCHEMA billing IS 'roles: svc_billing';
GRANT USAGE ON SCHEMA billing TO svc_billing, svc_authorizer, svc_reports;

-- Money is in minor units of the currency.
CREATE TABLE billing.plans (
  id                  text   PRIMARY KEY CHECK (id ~ '^[a-z][a-z0-9_]{0,31}$'),
  name                text   NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
  price_cents         bigint NOT NULL CHECK (price_cents >= 0),
  currency            text   NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  requests_per_minute int    NOT NULL CHECK (requests_per_minute > 0),
  requests_per_day    int    NOT NULL CHECK (requests_per_day > 0),
  reports_per_month   int    NOT NULL CHECK (reports_per_month > 0)
);
COMMENT ON TABLE billing.plans IS 'global: catalogue of what is sold, the same for all tenants';
GRANT SELECT ON billing.plans TO svc_billing;

CREATE TABLE billing.plan_meters (
  plan_id          text   NOT NULL REFERENCES billing.plans (id),
  meter            text   NOT NULL CHECK (meter ~ '^[a-z][a-z_]{0,62}$'),
  included         bigint NOT NULL CHECK (included >= 0),
  unit_price_cents bigint NOT NULL CHECK (unit_price_cents >= 0),
  PRIMARY KEY (plan_id, meter)
);
COMMENT ON TABLE billing.plan_meters IS 'global: catalogue of included units per month and of the price beyond them';
GRANT SELECT ON billing.plan_meters TO svc_billing;

INSERT INTO billing.plans VALUES
  ('free',       'Free',            0, 'USD',   100,   10000,    50),
  ('pro',        'Pro',          4900, 'USD',  1000,  100000,  1000),
  ('enterprise', 'Enterprise',  49900, 'USD', 10000, 1000000, 10000);
INSERT INTO billing.plan_meters VALUES
  ('free',       'projects',    10,  0),
  ('free',       'reports',     10,  0),
  ('pro',        'projects',   500, 10),
  ('pro',        'reports',    200, 50),
  ('enterprise', 'projects', 10000,  5),
  ('enterprise', 'reports',   5000, 20);

-- A tenant without a row has the plan `free`.
CREATE TABLE billing.subscriptions (
  tenant_id  uuid        NOT NULL DEFAULT app.tenant_id(),
  plan_id    text        NOT NULL REFERENCES billing.plans (id),
  status     text        NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'past_due', 'cancelled')),
  started_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  version    int         NOT NULL DEFAULT 1,
  PRIMARY KEY (tenant_id)
);
CALL app.protect('billing.subscriptions');
GRANT SELECT, INSERT, UPDATE (plan_id, status, started_at, updated_at, version)
   ON billing.subscriptions TO svc_billing;

-- The event's own id is the key: a message delivered twice is counted once.
CREATE TABLE billing.usage_events (
  tenant_id   uuid        NOT NULL DEFAULT app.tenant_id(),
  event_id    uuid        NOT NULL,
  meter       text        NOT NULL CHECK (meter ~ '^[a-z][a-z_]{0,62}$'),
  quantity    bigint      NOT NULL CHECK (quantity > 0),
  occurred_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, event_id)
);
CREATE INDEX usage_events_meter ON billing.usage_events (tenant_id, meter, occurred_at);
CALL app.protect('billing.usage_events');
GRANT SELECT, INSERT ON billing.usage_events TO svc_billing;

CALL app.add_outbox('billing', 'svc_billing');

CREATE FUNCTION billing.entitlements()
RETURNS TABLE (plan text, tier text, requests_per_minute int, requests_per_day int, reports_per_month int)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT p.id, t.tier, p.requests_per_minute, p.requests_per_day, p.reports_per_month
    FROM app.tenants AS t
    LEFT JOIN billing.subscriptions AS s ON s.tenant_id = t.id AND s.status <> 'cancelled'
    JOIN billing.plans AS p ON p.id = coalesce(s.plan_id, 'free')
   WHERE t.id = (SELECT app.tenant_id());
END;
COMMENT ON FUNCTION billing.entitlements() IS
  'reviewed: what the entered tenant may use, exactly one row; the plan is free without a running subscription';

GRANT EXECUTE ON FUNCTION billing.entitlements() TO svc_authorizer, svc_billing, svc_reports;

RESET ROLE;
