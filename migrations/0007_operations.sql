-- What keeps the house running: the change feed, the outbox, the audit log.

-- Announced with NOTIFY and polled each second below the oldest running transaction, so that nothing is missed.
CREATE TABLE changes (
  change_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  xid        xid8 NOT NULL DEFAULT pg_current_xact_id(),
  topic      text NOT NULL CHECK (topic IN ('key', 'account', 'tenant', 'prices')),
  -- The nil UUID for what is no tenant's (prices).
  tenant_id  uuid NOT NULL,
  object_id  uuid NOT NULL,
  version    bigint NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX changes_by_xid ON changes (xid);
CREATE INDEX changes_by_age ON changes (created_at);
GRANT INSERT ON changes TO tollgate_app, tollgate_jobs;
GRANT SELECT, DELETE ON changes TO tollgate_jobs;

CREATE TABLE outbox (
  tenant_id       uuid NOT NULL REFERENCES tenants,
  outbox_id       uuid NOT NULL,
  kind            text NOT NULL CHECK (kind IN ('system_error', 'account_state', 'rate_limit_warning', 'cost_warning', 'mail', 'test')),
  -- The same cause within a minute is one message.
  dedupe_key      text NOT NULL,
  payload         jsonb NOT NULL,
  attempts        integer NOT NULL DEFAULT 0,
  last_error      text NOT NULL DEFAULT '',
  next_attempt_at timestamptz NOT NULL,
  delivered_at    timestamptz,
  created_at      timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, outbox_id),
  UNIQUE (tenant_id, dedupe_key)
);
CREATE INDEX outbox_due ON outbox (next_attempt_at) WHERE delivered_at IS NULL;
SELECT protect_tenant_table('outbox', 'SELECT, INSERT', 'INSERT', 'SELECT, INSERT, UPDATE, DELETE');

CREATE TABLE audit_log (
  tenant_id   uuid NOT NULL REFERENCES tenants,
  audit_id    uuid NOT NULL,
  actor_kind  text NOT NULL CHECK (actor_kind IN ('user', 'operator', 'system')),
  actor_id    uuid,
  actor_name  text NOT NULL,
  -- noun.verb, e.g. key.created.
  action      text NOT NULL CHECK (action ~ '^[a-z_]+\.[a-z_]+$'),
  target_id   uuid,
  target_name text NOT NULL DEFAULT '',
  -- What changed: {"field": {"from": …, "to": …}}; never secrets.
  changes     jsonb NOT NULL DEFAULT '{}',
  request_id  uuid,
  address     text NOT NULL DEFAULT '',
  created_at  timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, audit_id)
);
CREATE TRIGGER audit_log_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();
SELECT protect_tenant_table('audit_log', 'SELECT, INSERT', '', 'SELECT, INSERT');
