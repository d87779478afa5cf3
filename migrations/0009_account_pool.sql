-- The pool of upstream accounts: proxies, credentials that are issued and renewed, what subscriptions allow, groups and
-- who may use them, what happened to an account, and the vendors' objects that requests made. Columns and tables are added
-- alone: nodes of before go on beside new ones. `accounts` has some dozens of rows a tenant: its checks are read at once.

CREATE TABLE proxies (
  tenant_id       uuid NOT NULL REFERENCES tenants,
  proxy_id        uuid NOT NULL,
  name            text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  -- socks5: names are resolved here; socks5h, http and https: by the proxy.
  scheme          text NOT NULL CHECK (scheme IN ('http', 'https', 'socks5', 'socks5h')),
  host            text NOT NULL CHECK (length(host) BETWEEN 1 AND 253),
  port            integer NOT NULL CHECK (port BETWEEN 1 AND 65535),
  username        text NOT NULL DEFAULT '' CHECK (length(username) <= 255),
  -- Sealed like an account's credential; NULL: none.
  password        bytea,
  -- What the last test said; NULL: none was made since its last change.
  tested_at       timestamptz,
  test_code       text NOT NULL DEFAULT '',
  test_message    text NOT NULL DEFAULT '',
  test_latency_ms integer,
  version         bigint NOT NULL DEFAULT 1,
  created_at      timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL,
  deleted_at      timestamptz,
  PRIMARY KEY (tenant_id, proxy_id)
);
CREATE UNIQUE INDEX proxies_by_name ON proxies (tenant_id, name) WHERE deleted_at IS NULL;

ALTER TABLE accounts DROP CONSTRAINT accounts_credential_kind_check;
ALTER TABLE accounts
  -- oauth: JSON of what a person granted, with the refresh token; entra_app: JSON of client credentials; aws_role: JSON of
  -- the role and the keys that may assume it. What is issued from them lies in `token`.
  ADD CONSTRAINT accounts_credential_kind_check
      CHECK (credential_kind IN ('api_key', 'bearer_token', 'aws_keys', 'oauth', 'entra_app', 'aws_role')),
  ADD COLUMN proxy_id            uuid,
  ADD CONSTRAINT accounts_proxy_fkey FOREIGN KEY (tenant_id, proxy_id) REFERENCES proxies,
  -- Grows with what a person changes, and with nothing else: `version` also grows with states and tokens.
  ADD COLUMN settings_version    bigint NOT NULL DEFAULT 1,
  -- The short-lived token issued from the credential, sealed JSON; NULL: none yet, or the kind needs none.
  ADD COLUMN token               bytea,
  ADD COLUMN token_expires_at    timestamptz,
  -- Grows with each token that is stored: who renews compares it, and stores only over the one it renewed.
  ADD COLUMN token_version       bigint NOT NULL DEFAULT 0,
  ADD COLUMN token_issued_at     timestamptz,
  -- Whether it can be renewed without a person. Claude's set-up tokens can't.
  ADD COLUMN renewable           boolean NOT NULL DEFAULT true,
  -- The one node that renews at the moment, until when at the latest.
  ADD COLUMN refreshing_until    timestamptz,
  ADD COLUMN refreshing_node     uuid,
  -- Failed renewals in a row, why the last one failed, and when the next may be tried.
  ADD COLUMN refresh_failures    integer NOT NULL DEFAULT 0,
  ADD COLUMN refresh_error       text NOT NULL DEFAULT '' CHECK (length(refresh_error) <= 500),
  ADD COLUMN refresh_after       timestamptz,
  -- What the vendor tells of the subscription: free, pro, max …; NULL: not known.
  ADD COLUMN plan                text CHECK (length(plan) BETWEEN 1 AND 50),
  -- Whether it may use Opus models: by its profile, and by what was refused. NULL: not known.
  ADD COLUMN opus                boolean,
  ADD COLUMN identity            text NOT NULL DEFAULT '' CHECK (length(identity) <= 254),
  ADD COLUMN profile_at          timestamptz,
  -- Caps over all nodes; NULL: none. The day is the tenant's.
  ADD COLUMN requests_per_minute integer CHECK (requests_per_minute > 0),
  ADD COLUMN tokens_per_minute   bigint CHECK (tokens_per_minute > 0),
  ADD COLUMN daily_cost_nano     bigint CHECK (daily_cost_nano > 0),
  -- Seconds between tests that are made without being asked for; NULL: none.
  ADD COLUMN self_test_every_s   integer CHECK (self_test_every_s BETWEEN 60 AND 604800),
  ADD COLUMN tested_at           timestamptz,
  ADD COLUMN test_code           text NOT NULL DEFAULT '',
  ADD COLUMN test_message        text NOT NULL DEFAULT '';
CREATE INDEX accounts_by_proxy ON accounts (tenant_id, proxy_id) WHERE proxy_id IS NOT NULL;
CREATE INDEX accounts_by_token_expiry ON accounts (token_expires_at)
  WHERE credential_kind IN ('oauth', 'entra_app', 'aws_role') AND deleted_at IS NULL;

CREATE TABLE account_tags (
  tenant_id  uuid NOT NULL,
  tag        text NOT NULL CHECK (length(tag) BETWEEN 1 AND 50),
  account_id uuid NOT NULL,
  PRIMARY KEY (tenant_id, account_id, tag),
  FOREIGN KEY (tenant_id, account_id) REFERENCES accounts ON DELETE CASCADE
);
CREATE INDEX account_tags_by_tag ON account_tags (tenant_id, tag, account_id);

-- A subscription's windows (5 hours, a week …) as the vendor tells them. Written often, so kept out of `accounts`.
CREATE TABLE account_windows (
  tenant_id     uuid NOT NULL,
  account_id    uuid NOT NULL,
  name          text NOT NULL CHECK (length(name) BETWEEN 1 AND 50),
  -- Thousandths of what may be used; may exceed 1000 where the vendor lets it.
  used_permille integer NOT NULL CHECK (used_permille >= 0),
  status        text NOT NULL DEFAULT '' CHECK (length(status) <= 50),
  resets_at     timestamptz,
  observed_at   timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, account_id, name),
  FOREIGN KEY (tenant_id, account_id) REFERENCES accounts ON DELETE CASCADE
);

-- What happened to an account: its states, renewals, tests and resets; the page's timeline.
CREATE TABLE account_events (
  tenant_id  uuid NOT NULL,
  account_id uuid NOT NULL,
  event_id   uuid NOT NULL,
  at         timestamptz NOT NULL,
  kind       text NOT NULL CHECK (kind IN ('state', 'refresh', 'test', 'reset', 'connected')),
  -- The state it entered, where it did.
  state      text NOT NULL DEFAULT '',
  until      timestamptz,
  -- A test or a renewal that failed. Of kind `state`, the state itself says so.
  failed     boolean NOT NULL DEFAULT false,
  text       text NOT NULL CHECK (length(text) <= 500),
  PRIMARY KEY (tenant_id, account_id, event_id),
  FOREIGN KEY (tenant_id, account_id) REFERENCES accounts ON DELETE CASCADE
);
CREATE INDEX account_events_by_time ON account_events (at);

-- What each node has in flight on an account, and the share of its caps that it holds. Lost in a crash of the database,
-- and made anew within a second: it is of the moment alone.
CREATE UNLOGGED TABLE account_loads (
  tenant_id    uuid NOT NULL,
  account_id   uuid NOT NULL,
  node_id      uuid NOT NULL,
  in_flight    integer NOT NULL,
  waiting      integer NOT NULL,
  -- Of the concurrency cap; 0 where there is none.
  seats        integer NOT NULL,
  -- What was used in the minute before.
  requests_1m    bigint NOT NULL,
  tokens_1m      bigint NOT NULL,
  -- Of the caps of requests and tokens a minute; 0 where there is none.
  requests_share bigint NOT NULL DEFAULT 0,
  tokens_share   bigint NOT NULL DEFAULT 0,
  -- In which order the node said so: a row that comes late must not replace a newer one.
  seq            bigint NOT NULL DEFAULT 0,
  at             timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, account_id, node_id)
);

-- Accounts that are used together. A service is the family of platforms whose clients and models they serve.
CREATE TABLE account_groups (
  tenant_id   uuid NOT NULL REFERENCES tenants,
  group_id    uuid NOT NULL,
  service     text NOT NULL CHECK (service IN ('claude', 'gemini', 'openai')),
  name        text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  description text NOT NULL DEFAULT '' CHECK (length(description) <= 1000),
  version     bigint NOT NULL DEFAULT 1,
  created_at  timestamptz NOT NULL,
  updated_at  timestamptz NOT NULL,
  deleted_at  timestamptz,
  PRIMARY KEY (tenant_id, group_id)
);
CREATE UNIQUE INDEX account_groups_by_name ON account_groups (tenant_id, service, name) WHERE deleted_at IS NULL;

CREATE TABLE account_group_members (
  tenant_id  uuid NOT NULL,
  group_id   uuid NOT NULL,
  account_id uuid NOT NULL,
  -- In place of the account's own priority within the group; NULL: its own.
  priority   integer CHECK (priority BETWEEN 1 AND 100),
  PRIMARY KEY (tenant_id, group_id, account_id),
  FOREIGN KEY (tenant_id, group_id) REFERENCES account_groups ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, account_id) REFERENCES accounts ON DELETE CASCADE
);
CREATE INDEX account_group_members_by_account ON account_group_members (tenant_id, account_id);

-- A group of the platform's that a tenant may use: the tenant's row. What the tenant sees of it is the public name.
CREATE TABLE group_grants (
  tenant_id   uuid NOT NULL REFERENCES tenants,
  group_id    uuid NOT NULL,
  owner_id    uuid NOT NULL,
  public_name text NOT NULL CHECK (length(public_name) BETWEEN 1 AND 100),
  -- Its share of a full account among the tenants that want it.
  weight      integer NOT NULL DEFAULT 100 CHECK (weight BETWEEN 1 AND 1000),
  created_at  timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, group_id),
  FOREIGN KEY (owner_id, group_id) REFERENCES account_groups ON DELETE CASCADE
);
CREATE INDEX group_grants_by_group ON group_grants (owner_id, group_id);

-- The one account, or group, that a key may use of a service.
CREATE TABLE api_key_bindings (
  tenant_id  uuid NOT NULL,
  key_id     uuid NOT NULL,
  service    text NOT NULL CHECK (service IN ('claude', 'gemini', 'openai')),
  account_id uuid,
  group_id   uuid,
  CHECK (num_nonnulls(account_id, group_id) = 1),
  PRIMARY KEY (tenant_id, key_id, service),
  FOREIGN KEY (tenant_id, key_id) REFERENCES api_keys ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, account_id) REFERENCES accounts
);
-- The group is the tenant's own, or one of the platform's that it was granted: so no key of a table stands behind it.
CREATE INDEX api_key_bindings_by_account ON api_key_bindings (tenant_id, account_id) WHERE account_id IS NOT NULL;
CREATE INDEX api_key_bindings_by_group ON api_key_bindings (tenant_id, group_id) WHERE group_id IS NOT NULL;

-- A way to a vendor's consent that was begun and waits for its code: of one sign-in session, used once, for some minutes.
CREATE TABLE oauth_flows (
  tenant_id  uuid NOT NULL,
  flow_id    uuid NOT NULL,
  session_id uuid NOT NULL,
  user_id    uuid NOT NULL,
  platform   text NOT NULL,
  way        text NOT NULL CHECK (way IN ('claude', 'claude_setup_token', 'google', 'openai')),
  -- SHA-256 of the state that comes back with the code.
  state_hash bytea NOT NULL CHECK (length(state_hash) = 32),
  -- PKCE's verifier, sealed.
  verifier   bytea NOT NULL,
  proxy_id   uuid,
  -- The account that is connected anew; NULL: a new one.
  account_id uuid,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at    timestamptz,
  PRIMARY KEY (tenant_id, flow_id),
  FOREIGN KEY (tenant_id, session_id) REFERENCES sign_in_sessions ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, proxy_id) REFERENCES proxies,
  FOREIGN KEY (tenant_id, account_id) REFERENCES accounts
);
CREATE INDEX oauth_flows_by_expiry ON oauth_flows (expires_at);

-- What requests made at a vendor's (stored responses, conversations, files): it can be named again only by its tenant and
-- user, and only on the account that holds it.
CREATE TABLE provider_objects (
  tenant_id   uuid NOT NULL REFERENCES tenants,
  -- The vendor's id, e.g. resp_…
  object_id   text NOT NULL CHECK (length(object_id) BETWEEN 1 AND 300),
  kind        text NOT NULL CHECK (kind IN ('response', 'conversation', 'file', 'cache', 'prompt')),
  account_id  uuid NOT NULL,
  -- The key's owner; NULL: the key has none, and then the key itself is the user.
  user_id     uuid,
  key_id      uuid NOT NULL,
  created_at  timestamptz NOT NULL,
  expires_at  timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, object_id),
  FOREIGN KEY (tenant_id, account_id) REFERENCES accounts ON DELETE CASCADE
);
CREATE INDEX provider_objects_by_expiry ON provider_objects (expires_at);

SELECT protect_tenant_table('proxies', 'SELECT, INSERT, UPDATE', '', 'SELECT, UPDATE');
SELECT protect_tenant_table('account_tags', 'SELECT, INSERT, DELETE', '', 'SELECT, DELETE');
SELECT protect_tenant_table('account_windows', 'SELECT, INSERT, UPDATE, DELETE', '', 'SELECT, DELETE');
SELECT protect_tenant_table('account_events', 'SELECT, INSERT', '', 'SELECT, INSERT, DELETE');
SELECT protect_tenant_table('account_loads', 'SELECT', '', 'SELECT, INSERT, UPDATE, DELETE');
SELECT protect_tenant_table('account_groups', 'SELECT, INSERT, UPDATE', '', 'SELECT');
SELECT protect_tenant_table('account_group_members', 'SELECT, INSERT, UPDATE, DELETE', '', 'SELECT');
-- No tenant gives itself a group: grants are written by the platform's operators, as the jobs' role.
SELECT protect_tenant_table('group_grants', 'SELECT', '', 'SELECT, INSERT, UPDATE, DELETE');
SELECT protect_tenant_table('api_key_bindings', 'SELECT, INSERT, UPDATE, DELETE', '', 'SELECT');
SELECT protect_tenant_table('oauth_flows', 'SELECT, INSERT, UPDATE', '', 'SELECT, DELETE');
SELECT protect_tenant_table('provider_objects', 'SELECT, INSERT, UPDATE', '', 'SELECT, DELETE');
