-- What the events speak of: one tenant with its owner logged in, and one of each thing that a path or a
-- message names. For the superuser of a stack on one machine; nothing else ever runs it.
--
-- The owner's password is `correct horse battery`. The refresh token is no secret either: it is the one
-- that local::events puts in the place of `rt_example`.
INSERT INTO app.tenants (id, name, created_at, updated_at) VALUES
  ('01980a00-0000-7000-8000-00000000000a', 'Acme', '2026-11-20T20:00:00Z', '2026-11-20T20:00:00Z');

INSERT INTO auth.users (id, email, password_hash, name, created_at) VALUES
  ('01980a00-0000-7000-8000-0000000000aa', 'ada@acme.example',
   '$argon2id$v=19$m=19456,t=2,p=1$d29ybGRvZmV2ZW50c2FiYw$ZU8pJbJfLy4k478lOfr+LMnWwWW0dHzb9PNE4efyqTY',
   'Ada Lovelace', '2026-11-20T20:00:00Z');
INSERT INTO auth.memberships (tenant_id, user_id, role, created_at) VALUES
  ('01980a00-0000-7000-8000-00000000000a', '01980a00-0000-7000-8000-0000000000aa', 'owner', '2026-11-20T20:00:00Z');
INSERT INTO auth.sessions (tenant_id, id, user_id, created_at, expires_at) VALUES
  ('01980a00-0000-7000-8000-00000000000a', '01980a00-0000-7000-8000-0000000000ab',
   '01980a00-0000-7000-8000-0000000000aa', now() - interval '1 hour', now() + interval '1 day');
INSERT INTO auth.refresh_tokens (tenant_id, hash, session_id, salt, issued_at, expires_at) VALUES
  ('01980a00-0000-7000-8000-00000000000a',
   sha256('rt_AZgKAAAAcACAAAAAAAAACm9mIHRoZSBldmVudHMsIGFuZCBubyBzZWNyZXQgMzIu'),
   '01980a00-0000-7000-8000-0000000000ab', sha256('salt'), now() - interval '1 hour', now() + interval '1 day');

INSERT INTO billing.subscriptions (tenant_id, plan_id, started_at, updated_at) VALUES
  ('01980a00-0000-7000-8000-00000000000a', 'free', '2026-11-20T20:00:00Z', '2026-11-20T20:00:00Z');

INSERT INTO projects.projects (tenant_id, id, name, description, created_at, updated_at) VALUES
  ('01980a00-0000-7000-8000-00000000000a', '01980a00-0000-7000-8000-000000000001', 'Apollo', 'To the moon',
   '2026-11-20T20:00:00Z', '2026-11-20T20:00:00Z');

INSERT INTO reports.reports (tenant_id, id, type, status, fence, attempts, object_key, sha256, size_bytes,
                             pages, rows, requested_by, created_at, asked_on, started_at, finished_at) VALUES
  ('01980a00-0000-7000-8000-00000000000a', '01980a00-0000-7000-8000-000000000002', 'project_summary', 'succeeded', 1, 1,
   'tenants/01980a00-0000-7000-8000-00000000000a/reports/01980a00-0000-7000-8000-000000000002/1.pdf',
   sha256('a document'), 10, 1, 1, '01980a00-0000-7000-8000-0000000000aa', '2026-11-20T20:00:00Z',
   '2026-11-20T20:00:00Z', '2026-11-20T20:00:01Z', '2026-11-20T20:00:02Z');
INSERT INTO reports.reports (tenant_id, id, type, requested_by, created_at, asked_on) VALUES
  ('01980a00-0000-7000-8000-00000000000a', '01980a00-0000-7000-8000-000000000003', 'project_summary',
   '01980a00-0000-7000-8000-0000000000aa', '2026-11-20T21:00:00Z', '2026-11-20T21:00:00Z');
INSERT INTO reports.schedules (tenant_id, id, type, cadence, weekday, time_of_day, time_zone, next_run_at,
                               requested_by, created_at, updated_at) VALUES
  ('01980a00-0000-7000-8000-00000000000a', '01980a00-0000-7000-8000-000000000005', 'project_summary', 'weekly', 1,
   '06:30', 'Europe/Berlin', now() + interval '1 day', '01980a00-0000-7000-8000-0000000000aa',
   '2026-11-20T20:00:00Z', '2026-11-20T20:00:00Z');

INSERT INTO webhooks.endpoints (tenant_id, id, slot, url, event_types, rate_per_minute, created_at, updated_at) VALUES
  ('01980a00-0000-7000-8000-00000000000a', '01980a00-0000-7000-8000-0000000000e1', 1,
   'https://hooks.example.com/tenantry', '{project.created}', 60, '2026-11-20T20:00:00Z', '2026-11-20T20:00:00Z');
INSERT INTO webhooks.secrets (tenant_id, endpoint_id, id, secret, created_at) VALUES
  ('01980a00-0000-7000-8000-00000000000a', '01980a00-0000-7000-8000-0000000000e1',
   '01980a00-0000-7000-8000-0000000000e9', sha256('of the events'), '2026-11-20T20:00:00Z');
INSERT INTO webhooks.messages (tenant_id, id, type, body, created_at) VALUES
  ('01980a00-0000-7000-8000-00000000000a', '01980a00-0000-7000-8000-0000000000d9', 'project.created',
   '{"type":"project.created","timestamp":"2026-11-20T20:00:00Z","data":{"project_id":"01980a00-0000-7000-8000-000000000001"}}',
   '2026-11-20T20:00:00Z');
INSERT INTO webhooks.deliveries (tenant_id, id, endpoint_id, message_id, type, status, claims, tries, due_at,
                                 created_at, finished_at) VALUES
  ('01980a00-0000-7000-8000-00000000000a', '01980a00-0000-7000-8000-0000000000d1',
   '01980a00-0000-7000-8000-0000000000e1', '01980a00-0000-7000-8000-0000000000d9', 'project.created', 'failed', 1, 1,
   '2026-11-20T20:00:00Z', '2026-11-20T20:00:00Z', '2026-11-20T20:01:00Z');
INSERT INTO webhooks.attempts (tenant_id, delivery_id, number, started_at, duration_ms, status_code) VALUES
  ('01980a00-0000-7000-8000-00000000000a', '01980a00-0000-7000-8000-0000000000d1', 1, '2026-11-20T20:00:30Z', 42, 500);
