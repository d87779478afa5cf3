-- What keys may do and how much of it: rules of a key, of policies, of users and of the organisation; several secrets of
-- one key (rotation), lives that begin with the first use, the recycle bin.

ALTER TABLE api_keys
  ADD COLUMN icon         text NOT NULL DEFAULT '' CHECK (length(icon) <= 16),
  -- `KeyRules` of the management API: what is absent is inherited.
  ADD COLUMN rules        jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(rules) = 'object'),
  ADD COLUMN policy_id    uuid,
  -- Seconds from the first use on. expires_at is NULL until then, and is set with activated_at.
  ADD COLUMN lifetime_s   bigint CHECK (lifetime_s BETWEEN 60 AND 315360000),
  ADD COLUMN activated_at timestamptz,
  ADD COLUMN deleted_by   uuid,
  -- expires_at to sort and filter by: COALESCE in a query would lose the index behind a policy.
  ADD COLUMN ends_at      timestamptz NOT NULL GENERATED ALWAYS AS (COALESCE(expires_at, 'infinity')) STORED,
  -- What a search looks into, in lower case and compared byte by byte.
  ADD COLUMN haystack     text COLLATE "C" NOT NULL
    GENERATED ALWAYS AS (lower(name || E'\n' || description || E'\n' || prefix || E'\n' || last_four)) STORED;

-- Policies.
CREATE TABLE policies (
  tenant_id   uuid NOT NULL REFERENCES tenants,
  policy_id   uuid NOT NULL,
  name        text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  description text NOT NULL DEFAULT '' CHECK (length(description) <= 1000),
  -- Holds for every key of the tenant, below what the key and its own policy say.
  is_default  boolean NOT NULL DEFAULT false,
  rules       jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(rules) = 'object'),
  version     bigint NOT NULL DEFAULT 1,
  created_at  timestamptz NOT NULL,
  updated_at  timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, policy_id)
);
CREATE UNIQUE INDEX policies_by_name ON policies (tenant_id, name);
CREATE UNIQUE INDEX policies_one_default ON policies (tenant_id) WHERE is_default;
ALTER TABLE api_keys ADD CONSTRAINT api_keys_policy_fkey FOREIGN KEY (tenant_id, policy_id) REFERENCES policies;
CREATE INDEX api_keys_by_policy ON api_keys (tenant_id, policy_id) WHERE policy_id IS NOT NULL;

-- What members may do by themselves: `SelfService` of the management API. No row: its defaults.
CREATE TABLE self_service (
  tenant_id  uuid PRIMARY KEY REFERENCES tenants,
  settings   jsonb NOT NULL CHECK (jsonb_typeof(settings) = 'object'),
  version    bigint NOT NULL DEFAULT 1,
  updated_at timestamptz NOT NULL
);

-- Limits of a user over all of their keys, or of the tenant (user_id is the nil UUID) over all of its keys:
-- `SubjectLimits` of the management API.
CREATE TABLE subject_limits (
  tenant_id  uuid NOT NULL REFERENCES tenants,
  user_id    uuid NOT NULL,
  limits     jsonb NOT NULL CHECK (jsonb_typeof(limits) = 'object'),
  version    bigint NOT NULL DEFAULT 1,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, user_id)
);

-- The secrets of a key. The newest works as long as the key does, an older one until valid_until.
CREATE TABLE api_key_secrets (
  tenant_id   uuid NOT NULL,
  key_id      uuid NOT NULL,
  secret_hash bytea NOT NULL CHECK (length(secret_hash) = 32),
  prefix      text NOT NULL,
  last_four   text NOT NULL,
  created_at  timestamptz NOT NULL,
  valid_until timestamptz,
  PRIMARY KEY (tenant_id, key_id, secret_hash),
  FOREIGN KEY (tenant_id, key_id) REFERENCES api_keys ON DELETE CASCADE
);
CREATE UNIQUE INDEX api_key_secrets_one_newest ON api_key_secrets (tenant_id, key_id) WHERE valid_until IS NULL;
CREATE INDEX api_key_secrets_by_end ON api_key_secrets (valid_until) WHERE valid_until IS NOT NULL;

-- What is there already moves over. The owner of the tables may not be a superuser, so it is let through for the moment.
ALTER TABLE api_keys NO FORCE ROW LEVEL SECURITY;
INSERT INTO api_key_secrets (tenant_id, key_id, secret_hash, prefix, last_four, created_at)
SELECT k.tenant_id, k.key_id, d.secret_hash, k.prefix, k.last_four, k.created_at
FROM api_keys k JOIN key_directory d ON d.tenant_id = k.tenant_id AND d.key_id = k.key_id;
UPDATE api_keys SET rules = jsonb_strip_nulls(jsonb_build_object(
  'windows', CASE WHEN requests_per_minute IS NOT NULL
                  THEN jsonb_build_array(jsonb_build_object('span', 'minute', 'requests', requests_per_minute)) END,
  'concurrency', CASE WHEN concurrency_limit IS NOT NULL
                      THEN jsonb_build_object('limit', concurrency_limit, 'queue', 0, 'wait_s', 0) END));
ALTER TABLE api_keys FORCE ROW LEVEL SECURITY;
ALTER TABLE api_keys DROP COLUMN requests_per_minute, DROP COLUMN concurrency_limit;

SELECT protect_tenant_table('policies', 'SELECT, INSERT, UPDATE, DELETE', '', 'SELECT');
SELECT protect_tenant_table('self_service', 'SELECT, INSERT, UPDATE', '', 'SELECT');
SELECT protect_tenant_table('subject_limits', 'SELECT, INSERT, UPDATE', '', 'SELECT');
SELECT protect_tenant_table('api_key_secrets', 'SELECT, INSERT, UPDATE, DELETE', '', 'SELECT, DELETE');

-- What is in the bin may be deleted for good, and nothing else.
GRANT DELETE ON api_keys TO tollgate_app;
CREATE POLICY from_the_bin ON api_keys AS RESTRICTIVE FOR DELETE TO tollgate_app USING (deleted_at IS NOT NULL);

-- Secrets that lead nowhere any more leave the directory, of which tollgate_app may read nothing.
CREATE FUNCTION forget_secrets(hashes bytea[]) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
  AS $$ DELETE FROM key_directory WHERE tenant_id = current_tenant() AND secret_hash = ANY (hashes) $$;
CREATE FUNCTION forget_keys(keys uuid[]) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
  AS $$ DELETE FROM key_directory WHERE tenant_id = current_tenant() AND key_id = ANY (keys) $$;
GRANT EXECUTE ON FUNCTION forget_secrets(bytea[]), forget_keys(uuid[]) TO tollgate_app;

-- The jobs: secrets that have ended, keys whose days in the bin are over, with their budgets.
GRANT SELECT, DELETE ON key_directory TO tollgate_jobs;
GRANT UPDATE ON budgets TO tollgate_jobs;

-- Orders and filters of the list of keys.
CREATE INDEX api_keys_by_expiry ON api_keys (tenant_id, ends_at, key_id) WHERE deleted_at IS NULL;
CREATE INDEX api_keys_by_cost_centre ON api_keys (tenant_id, cost_centre, key_id) WHERE deleted_at IS NULL;
CREATE INDEX api_keys_disabled ON api_keys (tenant_id, key_id) WHERE deleted_at IS NULL AND status = 'disabled';
CREATE INDEX api_keys_in_the_bin ON api_keys (tenant_id, key_id) WHERE deleted_at IS NOT NULL;
-- What the jobs look for.
CREATE INDEX api_keys_by_deletion ON api_keys (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX api_keys_by_end ON api_keys (expires_at) WHERE deleted_at IS NULL AND expires_at IS NOT NULL;
-- What was changed of a thing since somebody read it.
CREATE INDEX audit_log_by_target ON audit_log (tenant_id, target_id, audit_id);

-- The search. LIKE is not leakproof, so that behind a policy it never uses an index: a function under a role of its own
-- does, which sees what a search needs and nothing else, and gives ids alone. Texts of one or two letters have no
-- trigram, and are looked for in all of the tenant's keys.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gin;
-- A short pending list: each search reads all of it.
CREATE INDEX api_keys_by_text ON api_keys USING gin (tenant_id, haystack gin_trgm_ops) WITH (gin_pending_list_limit = 256);
DO $$
BEGIN
  CREATE ROLE tollgate_lists NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  NULL;
END
$$;
GRANT USAGE ON SCHEMA public TO tollgate_lists;
GRANT EXECUTE ON FUNCTION current_tenant() TO tollgate_lists;
GRANT SELECT (tenant_id, key_id, haystack, deleted_at) ON api_keys TO tollgate_lists;
CREATE POLICY by_lists ON api_keys FOR SELECT TO tollgate_lists USING (true);

-- At most `most` keys of the tenant that fit a pattern of LIKE, whatever the case, in no order; of the bin, or those in use.
CREATE FUNCTION keys_with_text(pattern text, bin boolean, most integer) RETURNS SETOF uuid
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off
  AS $$
DECLARE
  met uuid[];
BEGIN
  -- What most keys hold is met soon; gathering all that hold it from the index would take longer.
  EXECUTE 'SELECT array_agg(key_id) FROM (
             SELECT key_id FROM (SELECT key_id, haystack FROM api_keys
                                 WHERE tenant_id = $1 AND (deleted_at IS NOT NULL) = $2 LIMIT 8 * $4) AS first_met
             WHERE haystack LIKE lower($3) LIMIT $4) AS fitting'
    INTO met USING current_tenant(), bin, pattern, most;
  IF cardinality(met) = most THEN
    RETURN QUERY SELECT unnest(met);
    RETURN;
  END IF;
  -- Planned for the pattern: how many keys it fits decides how they are found.
  RETURN QUERY EXECUTE 'SELECT key_id FROM api_keys WHERE tenant_id = $1 AND (deleted_at IS NOT NULL) = $2 AND haystack LIKE lower($3) LIMIT $4'
    USING current_tenant(), bin, pattern, most;
END
$$;
DO $$
BEGIN
  -- A superuser gives anything away; others must belong to whom they give it, and that role be allowed to have it.
  IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    ALTER FUNCTION keys_with_text(text, boolean, integer) OWNER TO tollgate_lists;
  ELSE
    GRANT tollgate_lists TO CURRENT_USER;
    GRANT CREATE ON SCHEMA public TO tollgate_lists;
    ALTER FUNCTION keys_with_text(text, boolean, integer) OWNER TO tollgate_lists;
    REVOKE CREATE ON SCHEMA public FROM tollgate_lists;
  END IF;
END
$$;
GRANT EXECUTE ON FUNCTION keys_with_text(text, boolean, integer) TO tollgate_app;
