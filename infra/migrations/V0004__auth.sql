-- Who may come in: users (one account for all tenants), memberships, sessions,
-- refresh tokens, and the public halves of the signing keys.
SET LOCAL lock_timeout = '2s';
SET LOCAL search_path = pg_catalog;

CREATE SCHEMA auth AUTHORIZATION app_owner;
SET LOCAL ROLE app_owner;
COMMENT ON SCHEMA auth IS 'roles: svc_auth';
GRANT USAGE ON SCHEMA auth TO svc_auth, svc_authorizer;

CREATE TABLE auth.users (
  id            uuid        PRIMARY KEY,
  email         text        NOT NULL CHECK (char_length(email) BETWEEN 3 AND 254),
  email_ci      text        NOT NULL GENERATED ALWAYS AS (lower(email)) STORED,
  password_hash text        NOT NULL CHECK (char_length(password_hash) BETWEEN 1 AND 512),
  name          text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
  created_at    timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT users_email_ci_key UNIQUE (email_ci)
);
COMMENT ON TABLE auth.users IS 'global: a person may belong to several tenants; reached through functions only';

CREATE TABLE auth.memberships (
  tenant_id  uuid        NOT NULL DEFAULT app.tenant_id(),
  user_id    uuid        NOT NULL REFERENCES auth.users (id),
  role       text        NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, user_id)
);
COMMENT ON TABLE auth.memberships IS 'cross-tenant: a login knows the e-mail address before it knows the tenant';
CREATE INDEX memberships_user ON auth.memberships (user_id, created_at);
COMMENT ON INDEX auth.memberships_user IS 'cross-tenant: all memberships of the one who logs in';
CALL app.protect('auth.memberships', forced => false);
GRANT SELECT, INSERT ON auth.memberships TO svc_auth;

CREATE TABLE auth.sessions (
  tenant_id      uuid        NOT NULL DEFAULT app.tenant_id(),
  id             uuid        NOT NULL,
  user_id        uuid        NOT NULL,
  user_agent     text        CHECK (char_length(user_agent) <= 512),
  created_at     timestamptz NOT NULL DEFAULT now(),
  expires_at     timestamptz NOT NULL,
  revoked_at     timestamptz,
  revoked_reason text        CHECK (char_length(revoked_reason) BETWEEN 1 AND 100),
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, user_id) REFERENCES auth.memberships (tenant_id, user_id) ON DELETE CASCADE,
  CHECK ((revoked_at IS NULL) = (revoked_reason IS NULL))
);
CREATE INDEX sessions_user ON auth.sessions (tenant_id, user_id);
CALL app.protect('auth.sessions');
GRANT SELECT, INSERT, UPDATE (expires_at, revoked_at, revoked_reason) ON auth.sessions TO svc_auth;

-- `salt` is what the successor is derived from together with the token itself,
-- so that a retry within the grace period can be given the same successor
-- although only hashes are stored.
CREATE TABLE auth.refresh_tokens (
  tenant_id  uuid        NOT NULL DEFAULT app.tenant_id(),
  hash       bytea       NOT NULL CHECK (octet_length(hash) = 32),
  session_id uuid        NOT NULL,
  salt       bytea       NOT NULL CHECK (octet_length(salt) = 32),
  issued_at  timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  used_at    timestamptz,
  PRIMARY KEY (tenant_id, hash),
  FOREIGN KEY (tenant_id, session_id) REFERENCES auth.sessions (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX refresh_tokens_session ON auth.refresh_tokens (tenant_id, session_id);
CALL app.protect('auth.refresh_tokens');
GRANT SELECT, INSERT, UPDATE (used_at) ON auth.refresh_tokens TO svc_auth;

CREATE TABLE auth.signing_keys (
  kid        text        PRIMARY KEY CHECK (char_length(kid) BETWEEN 1 AND 100),
  jwk        jsonb       NOT NULL CHECK (jsonb_typeof(jwk) = 'object'),
  created_at timestamptz NOT NULL DEFAULT now(),
  retired_at timestamptz,
  CHECK (jwk ->> 'kid' = kid),
  -- The private members of RFC 7518 section 6: they have no business here.
  CHECK (NOT jsonb_exists_any(jwk, ARRAY['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']))
);
COMMENT ON TABLE auth.signing_keys IS 'global: the issuer''s public keys; reached through functions only';

CALL app.add_outbox('auth', 'svc_auth');

CREATE FUNCTION auth.create_user(user_id uuid, email text, password_hash text, name text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  INSERT INTO auth.users (id, email, password_hash, name)
  VALUES (create_user.user_id, create_user.email, create_user.password_hash, create_user.name);
END;
COMMENT ON FUNCTION auth.create_user(uuid, text, text, text) IS
  'reviewed: adds one account, reads none; a taken address raises users_email_ci_key';

CREATE FUNCTION auth.find_login(email text)
RETURNS TABLE (user_id uuid, password_hash text, tenant_id uuid, tenant_status text, role text, name text, tenant_name text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT u.id, u.password_hash, m.tenant_id, t.status, m.role, u.name, t.name
    FROM auth.users AS u
    JOIN auth.memberships AS m ON m.user_id = u.id
    JOIN app.tenants AS t ON t.id = m.tenant_id
   WHERE u.email_ci = lower(find_login.email)
   ORDER BY m.created_at, m.tenant_id
   LIMIT 100;
END;
COMMENT ON FUNCTION auth.find_login(text) IS
  'reviewed: crosses tenants for one exact e-mail address, at most 100 memberships, for svc_auth only';

CREATE FUNCTION auth.rehash_password(user_id uuid, password_hash text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  UPDATE auth.users AS u SET password_hash = rehash_password.password_hash WHERE u.id = rehash_password.user_id;
END;
COMMENT ON FUNCTION auth.rehash_password(uuid, text) IS
  'reviewed: stores a stronger hash of the password that was just verified, for svc_auth only';

CREATE FUNCTION auth.find_user(user_id uuid) RETURNS TABLE (email text, name text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT u.email, u.name
    FROM auth.users AS u
   WHERE u.id = find_user.user_id
     -- The owner is not held by the policy of memberships: say the tenant.
     AND EXISTS (SELECT FROM auth.memberships AS m
                  WHERE m.tenant_id = (SELECT app.tenant_id()) AND m.user_id = u.id);
END;
COMMENT ON FUNCTION auth.find_user(uuid) IS
  'reviewed: an account is shown only to a tenant it belongs to; raises 42501 without a tenant';

CREATE FUNCTION auth.session_state(session_id uuid)
RETURNS TABLE (user_id uuid, role text, revoked boolean, expires_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT s.user_id, m.role, s.revoked_at IS NOT NULL, s.expires_at
    FROM auth.sessions AS s
    JOIN auth.memberships AS m ON m.tenant_id = s.tenant_id AND m.user_id = s.user_id
   WHERE s.tenant_id = (SELECT app.tenant_id()) AND s.id = session_state.session_id;
END;
COMMENT ON FUNCTION auth.session_state(uuid) IS
  'reviewed: one session of the entered tenant; no row when it has none such';

CREATE FUNCTION auth.publish_key(kid text, jwk jsonb) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  INSERT INTO auth.signing_keys AS k (kid, jwk) VALUES (publish_key.kid, publish_key.jwk)
  ON CONFLICT (kid) DO UPDATE SET retired_at = NULL WHERE k.retired_at IS NOT NULL;
END;
COMMENT ON FUNCTION auth.publish_key(text, jsonb) IS
  'reviewed: adds a public key or ends its retirement, never replaces one; private members are refused by a check';

CREATE FUNCTION auth.public_keys() RETURNS TABLE (kid text, jwk jsonb)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT k.kid, k.jwk
    FROM auth.signing_keys AS k
   WHERE k.retired_at IS NULL OR k.retired_at > now()
   ORDER BY k.created_at DESC
   LIMIT 100;
END;
COMMENT ON FUNCTION auth.public_keys() IS
  'reviewed: public keys that still verify, newest first; nothing in them belongs to a tenant';

GRANT EXECUTE ON FUNCTION
  auth.create_user(uuid, text, text, text), auth.find_login(text), auth.rehash_password(uuid, text),
  auth.find_user(uuid), auth.publish_key(text, jsonb), auth.public_keys()
TO svc_auth;
GRANT EXECUTE ON FUNCTION auth.session_state(uuid), auth.public_keys() TO svc_authorizer;

RESET ROLE;
