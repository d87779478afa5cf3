-- API keys and upstream accounts.

CREATE TABLE api_keys (
  tenant_id           uuid NOT NULL REFERENCES tenants,
  key_id              uuid NOT NULL,
  name                text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  description         text NOT NULL DEFAULT '' CHECK (length(description) <= 1000),
  -- What may be shown of the secret.
  prefix              text NOT NULL,
  last_four           text NOT NULL,
  owner_user_id       uuid,
  status              text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled')),
  expires_at          timestamptz,
  -- NULL: no limit.
  requests_per_minute integer CHECK (requests_per_minute > 0),
  concurrency_limit   integer CHECK (concurrency_limit > 0),
  cost_centre         text NOT NULL DEFAULT '' CHECK (length(cost_centre) <= 100),
  created_by          uuid,
  version             bigint NOT NULL DEFAULT 1,
  created_at          timestamptz NOT NULL,
  updated_at          timestamptz NOT NULL,
  deleted_at          timestamptz,
  PRIMARY KEY (tenant_id, key_id),
  FOREIGN KEY (tenant_id, owner_user_id) REFERENCES memberships (tenant_id, user_id)
);
CREATE INDEX api_keys_by_owner ON api_keys (tenant_id, owner_user_id) WHERE deleted_at IS NULL;
CREATE INDEX api_keys_by_name ON api_keys (tenant_id, name, key_id) WHERE deleted_at IS NULL;

CREATE TABLE api_key_tags (
  tenant_id uuid NOT NULL,
  tag       text NOT NULL CHECK (length(tag) BETWEEN 1 AND 50),
  key_id    uuid NOT NULL,
  PRIMARY KEY (tenant_id, key_id, tag),
  FOREIGN KEY (tenant_id, key_id) REFERENCES api_keys ON DELETE CASCADE
);
CREATE INDEX api_key_tags_by_tag ON api_key_tags (tenant_id, tag, key_id);

-- HMAC-SHA-256 of a secret → whose key it is. Several secrets may name one key (rotation).
CREATE TABLE key_directory (
  secret_hash bytea PRIMARY KEY CHECK (length(secret_hash) = 32),
  tenant_id   uuid NOT NULL,
  key_id      uuid NOT NULL
);
CREATE INDEX key_directory_by_key ON key_directory (tenant_id, key_id);

CREATE TABLE accounts (
  tenant_id       uuid NOT NULL REFERENCES tenants,
  account_id      uuid NOT NULL,
  platform        text NOT NULL CHECK (platform IN ('claude_official', 'claude_console', 'ccr', 'gemini', 'openai',
                                                    'openai_responses', 'azure_openai', 'bedrock')),
  name            text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  description     text NOT NULL DEFAULT '' CHECK (length(description) <= 1000),
  base_url        text NOT NULL,
  -- AES-256-GCM under the tenant's data key; see the store crate's secrets.rs for the layout.
  credential      bytea NOT NULL,
  credential_hint text NOT NULL DEFAULT '',
  -- Lower goes first, as in v1 (1–100).
  priority        integer NOT NULL DEFAULT 50 CHECK (priority BETWEEN 1 AND 100),
  weight          integer NOT NULL DEFAULT 100 CHECK (weight BETWEEN 1 AND 1000),
  schedulable     boolean NOT NULL DEFAULT true,
  concurrency_cap integer CHECK (concurrency_cap > 0),
  -- Models the account offers; empty: all of its platform's.
  models          text[] NOT NULL DEFAULT '{}',
  -- {"asked": "sent"}.
  model_mapping   jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(model_mapping) = 'object'),
  state           text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'rate_limited', 'overloaded', 'unauthorized',
                                                                  'quota_exhausted', 'faulty', 'disabled')),
  state_until     timestamptz,
  state_reason    text NOT NULL DEFAULT '',
  state_since     timestamptz NOT NULL,
  failures        integer NOT NULL DEFAULT 0,
  version         bigint NOT NULL DEFAULT 1,
  created_at      timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL,
  deleted_at      timestamptz,
  PRIMARY KEY (tenant_id, account_id)
);
CREATE UNIQUE INDEX accounts_by_name ON accounts (tenant_id, platform, name) WHERE deleted_at IS NULL;

SELECT protect_tenant_table('api_keys', 'SELECT, INSERT, UPDATE', '', 'SELECT, UPDATE, DELETE');
SELECT protect_tenant_table('api_key_tags', 'SELECT, INSERT, DELETE', '', 'SELECT, DELETE');
SELECT protect_tenant_table('accounts', 'SELECT, INSERT, UPDATE', '', 'SELECT, UPDATE');

GRANT INSERT ON key_directory TO tollgate_app;

CREATE FUNCTION resolve_key(wanted bytea) RETURNS TABLE (tenant_id uuid, key_id uuid)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$ SELECT k.tenant_id, k.key_id FROM key_directory k WHERE k.secret_hash = wanted $$;
GRANT EXECUTE ON FUNCTION resolve_key(bytea) TO tollgate_resolver;
