-- Tenants, people, sign-in sessions, and the directories by which they are found before the tenant is known.

CREATE TABLE tenants (
  tenant_id  uuid PRIMARY KEY,
  slug       text NOT NULL CHECK (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  kind       text NOT NULL DEFAULT 'customer' CHECK (kind IN ('customer', 'platform')),
  status     text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended', 'deleted')),
  -- IANA name; days, months and budget periods of the tenant begin in this zone.
  time_zone  text NOT NULL DEFAULT 'Asia/Shanghai',
  version    bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
COMMENT ON TABLE tenants IS 'An organisation. The platform''s own tenant (kind platform) holds costs and margin that no customer may see.';

-- The platform's own tenant has a fixed id, so that settlement knows it without a look-up.
INSERT INTO tenants (tenant_id, slug, name, kind, time_zone, created_at, updated_at)
VALUES ('00000000-0000-7000-8000-000000000001', 'platform', 'Platform', 'platform', 'UTC', now(), now());

CREATE TABLE slug_directory (
  slug      text PRIMARY KEY,
  tenant_id uuid NOT NULL
);
INSERT INTO slug_directory VALUES ('platform', '00000000-0000-7000-8000-000000000001');

-- A person: who signs in. Not tenant data; no role may list it, and only the resolver's function reads it.
CREATE TABLE users (
  user_id       uuid PRIMARY KEY,
  email         text NOT NULL CONSTRAINT users_email_key UNIQUE CHECK (email = lower(email) AND length(email) BETWEEN 3 AND 254),
  -- argon2id in PHC form; NULL where the person signs in elsewhere (LDAP, single sign-on).
  password_hash text,
  status        text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled')),
  created_at    timestamptz NOT NULL
);

CREATE TABLE memberships (
  tenant_id    uuid NOT NULL REFERENCES tenants,
  user_id      uuid NOT NULL REFERENCES users,
  -- Copies for the tenant's own lists: nobody reads users across tenants.
  email        text NOT NULL,
  display_name text NOT NULL CHECK (length(display_name) BETWEEN 1 AND 200),
  role         text NOT NULL CHECK (role IN ('owner', 'admin', 'finance', 'member')),
  status       text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled')),
  version      bigint NOT NULL DEFAULT 1,
  created_at   timestamptz NOT NULL,
  updated_at   timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, user_id),
  UNIQUE (tenant_id, email)
);

-- Which tenants a person may enter; oldest first is the default one.
CREATE TABLE membership_directory (
  user_id    uuid NOT NULL,
  tenant_id  uuid NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (user_id, tenant_id)
);

CREATE TABLE sign_in_sessions (
  tenant_id    uuid NOT NULL,
  session_id   uuid NOT NULL,
  user_id      uuid NOT NULL,
  -- SHA-256 of the one refresh token that is valid now; an older one of the same session is reuse and ends it.
  refresh_hash bytea NOT NULL CHECK (length(refresh_hash) = 32),
  user_agent   text NOT NULL DEFAULT '',
  address      text NOT NULL DEFAULT '',
  created_at   timestamptz NOT NULL,
  last_used_at timestamptz NOT NULL,
  expires_at   timestamptz NOT NULL,
  ended_at     timestamptz,
  end_reason   text CHECK (end_reason IN ('signed_out', 'revoked', 'refresh_reused', 'disabled')),
  PRIMARY KEY (tenant_id, session_id),
  FOREIGN KEY (tenant_id, user_id) REFERENCES memberships
);
CREATE INDEX sign_in_sessions_by_user ON sign_in_sessions (tenant_id, user_id, created_at DESC);
CREATE INDEX sign_in_sessions_by_expiry ON sign_in_sessions (expires_at);

CREATE TABLE refresh_directory (
  refresh_hash bytea PRIMARY KEY CHECK (length(refresh_hash) = 32),
  tenant_id    uuid NOT NULL,
  session_id   uuid NOT NULL,
  expires_at   timestamptz NOT NULL
);
CREATE INDEX refresh_directory_by_expiry ON refresh_directory (expires_at);

-- A data key per tenant, wrapped by a master key that stands outside the database.
CREATE TABLE data_keys (
  tenant_id     uuid NOT NULL REFERENCES tenants,
  data_key_id   uuid NOT NULL,
  master_key_id text NOT NULL,
  wrapped       bytea NOT NULL,
  created_at    timestamptz NOT NULL,
  retired_at    timestamptz,
  PRIMARY KEY (tenant_id, data_key_id)
);

SELECT protect_tenant_table('tenants', 'SELECT, INSERT, UPDATE', 'SELECT', 'SELECT, UPDATE');
SELECT protect_tenant_table('memberships', 'SELECT, INSERT, UPDATE', '', 'SELECT');
SELECT protect_tenant_table('sign_in_sessions', 'SELECT, INSERT, UPDATE', '', 'SELECT, DELETE');
SELECT protect_tenant_table('data_keys', 'SELECT, INSERT, UPDATE', '', 'SELECT, UPDATE');

-- Directories: written beside the tenant's own row, read only by exact match through the functions below.
GRANT INSERT ON slug_directory, users, membership_directory, refresh_directory TO tollgate_app;
GRANT SELECT (expires_at), DELETE ON refresh_directory TO tollgate_jobs;

CREATE FUNCTION resolve_slug(wanted text) RETURNS uuid
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$ SELECT tenant_id FROM slug_directory WHERE slug = wanted $$;

CREATE FUNCTION resolve_user(wanted text) RETURNS TABLE (user_id uuid, password_hash text, status text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$ SELECT u.user_id, u.password_hash, u.status FROM users u WHERE u.email = wanted $$;

CREATE FUNCTION resolve_memberships(wanted uuid) RETURNS SETOF uuid
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$ SELECT tenant_id FROM membership_directory WHERE user_id = wanted ORDER BY created_at, tenant_id $$;

CREATE FUNCTION resolve_refresh(wanted bytea) RETURNS TABLE (tenant_id uuid, session_id uuid)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$ SELECT r.tenant_id, r.session_id FROM refresh_directory r WHERE r.refresh_hash = wanted $$;

GRANT EXECUTE ON FUNCTION resolve_slug(text), resolve_user(text), resolve_memberships(uuid), resolve_refresh(bytea)
  TO tollgate_resolver;
