-- What upstream accounts served by day, providers' own reports of it, and bodies that a tenant has captured.

-- By the provider's day (UTC, by the request's own time) and by the model that was sent: what margin and reconciliation
-- are read from. tenant_id is whose account it is: the platform's rows carry cost and charge of all customers and are
-- seen by the platform alone; a tenant's own accounts cost the platform nothing. Kept in the settlement itself.
CREATE TABLE account_days (
  tenant_id             uuid NOT NULL,
  day                   date NOT NULL,
  account_id            uuid NOT NULL,
  customer_tenant_id    uuid NOT NULL,
  platform              text NOT NULL,
  model                 text NOT NULL,
  requests              bigint NOT NULL,
  -- Of these: booked as estimated, and such whose end nobody knows.
  estimated             bigint NOT NULL,
  unknown               bigint NOT NULL,
  input_tokens          bigint NOT NULL,
  output_tokens         bigint NOT NULL,
  cache_write_5m_tokens bigint NOT NULL,
  cache_write_1h_tokens bigint NOT NULL,
  cache_read_tokens     bigint NOT NULL,
  charge_nano           bigint NOT NULL,
  cost_nano             bigint NOT NULL,
  PRIMARY KEY (tenant_id, day, account_id, customer_tenant_id, platform, model)
);
SELECT protect_tenant_table('account_days', 'SELECT', 'SELECT, INSERT, UPDATE', 'SELECT');

-- A UUIDv7's day in UTC: its first 48 bits are milliseconds.
CREATE FUNCTION uuid7_day(id uuid) RETURNS date
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$ SELECT (to_timestamp(('x' || replace(left(id::text, 13), '-', ''))::bit(48)::bigint / 1000) AT TIME ZONE 'UTC')::date $$;
GRANT EXECUTE ON FUNCTION uuid7_day(uuid) TO tollgate_app, tollgate_settle, tollgate_jobs;

-- What account_days must say, from the rows beneath it; verify compares, and this migration begins with it. Branches, so
-- that one tenant's rows are found by index. An event names its account where that is the tenant's own.
CREATE VIEW account_days_due WITH (security_invoker = true) AS
  SELECT tenant_id, uuid7_day(request_id) AS day, account_id, customer_tenant_id, platform,
         CASE WHEN sent_model = '' THEN model ELSE sent_model END AS model,
         sum(requests)::bigint AS requests, sum(estimated)::bigint AS estimated, sum(unknown)::bigint AS unknown,
         sum(input_tokens)::bigint AS input_tokens, sum(output_tokens)::bigint AS output_tokens,
         sum(cache_write_5m_tokens)::bigint AS cache_write_5m_tokens,
         sum(cache_write_1h_tokens)::bigint AS cache_write_1h_tokens,
         sum(cache_read_tokens)::bigint AS cache_read_tokens, sum(charge_nano)::bigint AS charge_nano,
         sum(cost_nano)::bigint AS cost_nano
  FROM (
    SELECT e.tenant_id, e.account_id, e.tenant_id AS customer_tenant_id, e.request_id, e.platform, e.model,
           e.upstream_model AS sent_model, 1 AS requests, (e.quality = 'estimated')::integer AS estimated,
           (e.status = 'unknown')::integer AS unknown, e.input_tokens, e.output_tokens, e.cache_write_5m_tokens,
           e.cache_write_1h_tokens, e.cache_read_tokens, e.charge_nano, 0::bigint AS cost_nano
    FROM usage_events e WHERE e.account_id IS NOT NULL
    UNION ALL
    SELECT e.tenant_id, e.account_id, e.tenant_id, e.request_id, e.platform, e.model, e.upstream_model, 0, 0, 0,
           c.input_tokens, c.output_tokens, c.cache_write_5m_tokens, c.cache_write_1h_tokens, c.cache_read_tokens,
           c.charge_nano, 0
    FROM usage_corrections c JOIN usage_events e ON e.tenant_id = c.tenant_id AND e.request_id = c.request_id
    WHERE e.account_id IS NOT NULL
    UNION ALL
    SELECT p.tenant_id, p.account_id, e.tenant_id, e.request_id, e.platform, e.model, e.upstream_model, 1,
           (e.quality = 'estimated')::integer, (e.status = 'unknown')::integer, e.input_tokens, e.output_tokens,
           e.cache_write_5m_tokens, e.cache_write_1h_tokens, e.cache_read_tokens, e.charge_nano, p.cost_nano
    FROM platform_costs p JOIN usage_events e ON e.tenant_id = p.customer_tenant_id AND e.request_id = p.request_id
    WHERE NOT p.correction
    UNION ALL
    SELECT p.tenant_id, p.account_id, e.tenant_id, e.request_id, e.platform, e.model, e.upstream_model, 0, 0, 0, 0, 0, 0,
           0, 0, 0, p.cost_nano
    FROM platform_costs p JOIN usage_events e ON e.tenant_id = p.customer_tenant_id AND e.request_id = p.request_id
    WHERE p.correction
    UNION ALL
    SELECT p.tenant_id, p.account_id, e.tenant_id, e.request_id, e.platform, e.model, e.upstream_model, 0, 0, 0,
           c.input_tokens, c.output_tokens, c.cache_write_5m_tokens, c.cache_write_1h_tokens, c.cache_read_tokens,
           c.charge_nano, 0
    FROM platform_costs p
    JOIN usage_events e ON e.tenant_id = p.customer_tenant_id AND e.request_id = p.request_id
    JOIN usage_corrections c ON c.tenant_id = e.tenant_id AND c.request_id = e.request_id
    WHERE NOT p.correction) AS line
  GROUP BY 1, 2, 3, 4, 5, 6;
GRANT SELECT ON account_days_due TO tollgate_jobs;

-- The owner of the tables may not be a superuser, so it is let through for the moment.
ALTER TABLE usage_events NO FORCE ROW LEVEL SECURITY;
ALTER TABLE usage_corrections NO FORCE ROW LEVEL SECURITY;
ALTER TABLE platform_costs NO FORCE ROW LEVEL SECURITY;
ALTER TABLE account_days NO FORCE ROW LEVEL SECURITY;
INSERT INTO account_days SELECT * FROM account_days_due;
ALTER TABLE usage_events FORCE ROW LEVEL SECURITY;
ALTER TABLE usage_corrections FORCE ROW LEVEL SECURITY;
ALTER TABLE platform_costs FORCE ROW LEVEL SECURITY;
ALTER TABLE account_days FORCE ROW LEVEL SECURITY;

-- A provider's cost or usage report as it was uploaded. The same content for the same account is the same report.
CREATE TABLE provider_reports (
  tenant_id    uuid NOT NULL REFERENCES tenants,
  report_id    uuid NOT NULL,
  account_id   uuid NOT NULL,
  provider     text NOT NULL CHECK (provider IN ('openai', 'anthropic')),
  kind         text NOT NULL CHECK (kind IN ('cost', 'usage')),
  format       text NOT NULL CHECK (format IN ('json', 'csv')),
  -- The project, workspace or key whose lines were taken; empty: all of the file's.
  scope        text NOT NULL DEFAULT '' CHECK (length(scope) <= 200),
  file_name    text NOT NULL DEFAULT '' CHECK (length(file_name) <= 200),
  content_hash bytea NOT NULL CHECK (length(content_hash) = 32),
  first_day    date NOT NULL,
  last_day     date NOT NULL,
  lines        integer NOT NULL CHECK (lines > 0),
  author       text NOT NULL CHECK (length(author) BETWEEN 1 AND 320),
  created_at   timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, report_id),
  UNIQUE (tenant_id, account_id, scope, content_hash),
  FOREIGN KEY (tenant_id, account_id) REFERENCES accounts (tenant_id, account_id),
  CHECK (first_day <= last_day)
);

-- A report's lines by day and model. Figures that the report does not tell are NULL.
CREATE TABLE provider_report_lines (
  tenant_id             uuid NOT NULL,
  report_id             uuid NOT NULL,
  day                   date NOT NULL,
  -- As the provider calls it; empty where the report does not say.
  model                 text NOT NULL,
  -- What was billed: a token type, a line item.
  item                  text NOT NULL,
  requests              bigint CHECK (requests >= 0),
  input_tokens          bigint CHECK (input_tokens >= 0),
  output_tokens         bigint CHECK (output_tokens >= 0),
  cache_write_5m_tokens bigint CHECK (cache_write_5m_tokens >= 0),
  cache_write_1h_tokens bigint CHECK (cache_write_1h_tokens >= 0),
  cache_read_tokens     bigint CHECK (cache_read_tokens >= 0),
  amount_nano           bigint,
  PRIMARY KEY (tenant_id, report_id, day, model, item),
  FOREIGN KEY (tenant_id, report_id) REFERENCES provider_reports ON DELETE CASCADE
);
SELECT protect_tenant_table('provider_reports', 'SELECT, INSERT, DELETE', '', '');
SELECT protect_tenant_table('provider_report_lines', 'SELECT, INSERT, DELETE', '', '');

-- Whether bodies are kept, and how: nothing is unless an owner has said so.
CREATE TABLE capture_settings (
  tenant_id        uuid PRIMARY KEY REFERENCES tenants,
  active           boolean NOT NULL,
  sample_per_mille integer NOT NULL CHECK (sample_per_mille BETWEEN 1 AND 1000),
  -- Empty: all keys'.
  key_ids          uuid[] NOT NULL DEFAULT '{}' CHECK (cardinality(key_ids) <= 1000),
  redact_secrets   boolean NOT NULL,
  redact_emails    boolean NOT NULL,
  redact_cards     boolean NOT NULL,
  patterns         text[] NOT NULL DEFAULT '{}' CHECK (cardinality(patterns) <= 20),
  body_bytes_max   integer NOT NULL CHECK (body_bytes_max BETWEEN 1024 AND 1048576),
  keep_days        integer NOT NULL CHECK (keep_days BETWEEN 1 AND 30),
  updated_at       timestamptz NOT NULL,
  version          bigint NOT NULL DEFAULT 1
);
SELECT protect_tenant_table('capture_settings', 'SELECT, INSERT, UPDATE', '', '');

-- Bodies, redacted before they came here and sealed under the tenant's data key.
CREATE TABLE captures (
  tenant_id      uuid NOT NULL REFERENCES tenants,
  request_id     uuid NOT NULL,
  request_body   bytea NOT NULL,
  answer_body    bytea NOT NULL,
  -- As they were, before they were cut to the bound.
  request_bytes  bigint NOT NULL,
  answer_bytes   bigint NOT NULL,
  request_cut    boolean NOT NULL,
  answer_cut     boolean NOT NULL,
  -- How many places were blacked out in both.
  redacted       integer NOT NULL,
  captured_at    timestamptz NOT NULL,
  expires_at     timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, request_id)
);
CREATE INDEX captures_by_expiry ON captures (expires_at);
SELECT protect_tenant_table('captures', 'SELECT, INSERT, DELETE', '', 'SELECT, DELETE');
