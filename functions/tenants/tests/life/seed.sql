-- A row in every table of tenants, for the tenant {tenant} whose owner is {user}. Everything that can
-- be recognised says {word}.
SELECT app.create_tenant('{tenant}', 'Tenant {word}');
SELECT app.enter('{tenant}');
SELECT auth.create_user('{user}', 'owner@{word}.example', 'phc', 'Owner of {word}');
INSERT INTO auth.memberships (user_id, role) VALUES ('{user}', 'owner');
INSERT INTO auth.sessions (id, user_id, expires_at, user_agent)
  SELECT ('{user8}' || lpad(to_hex(n), 12, '0'))::uuid, '{user}', now() + interval '1 day', 'agent {word}' FROM generate_series(1, 3) AS n;
INSERT INTO auth.refresh_tokens (hash, session_id, salt, expires_at)
  SELECT sha256(uuid_send(s.id)), s.id, sha256('{word}'), now() + interval '1 day' FROM auth.sessions AS s;
INSERT INTO auth.outbox (type, dedup, data) VALUES ('tenant.created', '{word}', '{"word": "{word}"}');
INSERT INTO auth.audit_log (id, occurred_at, action, actor_id, subject_id, details)
  VALUES (gen_random_uuid(), now(), 'member.added', '{user}', '{user}', '{"word": "{word}"}');
INSERT INTO projects.projects (id, name, description, created_at)
  SELECT gen_random_uuid(), '{word} ' || n, 'About "{word}", line' || chr(10) || n, now() - n * interval '1 minute'
    FROM generate_series(1, {projects}) AS n;
INSERT INTO projects.outbox (type, dedup) VALUES ('project.created', '{word}');
INSERT INTO projects.idempotency (key, fingerprint, body) VALUES ('{word}', '\x01', convert_to('{word}', 'UTF8'));
INSERT INTO reports.reports (id, type, params) VALUES (gen_random_uuid(), 'project_summary', '{"title": "{word}"}');
INSERT INTO reports.schedules (id, type, params, cadence, time_of_day, time_zone, next_run_at)
VALUES (gen_random_uuid(), 'project_summary', '{"title": "{word}"}', 'daily', '06:30', 'UTC', now() + interval '1 day');
INSERT INTO reports.settings (brand_line, logo, logo_type) VALUES ('{word}', convert_to('{word}', 'UTF8'), 'image/png');
INSERT INTO reports.outbox (type, dedup) VALUES ('report.requested', '{word}');
INSERT INTO reports.idempotency (key, fingerprint) VALUES ('{word}', '\x01');
INSERT INTO billing.subscriptions (plan_id) VALUES ('pro');
INSERT INTO billing.usage_events (event_id, meter, quantity, occurred_at) VALUES (gen_random_uuid(), 'projects', 1, now());
INSERT INTO webhooks.endpoints (id, slot, url, description, rate_per_minute) VALUES ('{user}', 1, 'https://{word}.example/', '{word}', 1);
INSERT INTO webhooks.secrets (endpoint_id, id, secret) VALUES ('{user}', '{user}', sha256('{word}'));
INSERT INTO webhooks.messages (id, type, body) VALUES ('{user}', 'webhook.test', '{"word":"{word}"}');
INSERT INTO webhooks.deliveries (id, endpoint_id, message_id, type, due_at) VALUES ('{user}', '{user}', '{user}', 'webhook.test', now());
INSERT INTO webhooks.attempts (delivery_id, number, started_at, duration_ms, status_code, response) VALUES ('{user}', 1, now(), 1, 500, '{word}');
INSERT INTO webhooks.outbox (type, dedup) VALUES ('webhook.due', '{word}');
INSERT INTO webhooks.idempotency (key, fingerprint) VALUES ('{word}', '\x01');
INSERT INTO billing.outbox (type, dedup) VALUES ('subscription.changed', '{word}');
