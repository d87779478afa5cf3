-- One row per relayed request, its two rollups, and what platform-owned accounts cost.
-- Partitioned by request id (a UUIDv7 carries its time), so that a replay can never book twice.

CREATE FUNCTION uuid7_floor(instant timestamptz) RETURNS uuid
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$
    SELECT (substr(hex, 1, 8) || '-' || substr(hex, 9, 4) || '-7000-8000-000000000000')::uuid
    FROM (SELECT lpad(to_hex((extract(epoch FROM instant) * 1000)::bigint), 12, '0') AS hex) AS floor
  $$;
COMMENT ON FUNCTION uuid7_floor IS 'The first UUIDv7 of a millisecond: the bound of a partition or of a time range.';
GRANT EXECUTE ON FUNCTION uuid7_floor(timestamptz) TO tollgate_app, tollgate_settle, tollgate_jobs;

CREATE TABLE usage_events (
  tenant_id             uuid NOT NULL,
  request_id            uuid NOT NULL,
  key_id                uuid NOT NULL,
  user_id               uuid,
  -- The account's id where it is the tenant's own; NULL where it is the platform's (see platform_costs) or none was reached.
  account_id            uuid,
  -- The name that the tenant may see: its own account's, or the pool's.
  account_name          text NOT NULL DEFAULT '',
  platform              text NOT NULL,
  provider              text NOT NULL,
  -- As the client asked for it; what was sent may differ by the account's mapping.
  model                 text NOT NULL,
  upstream_model        text NOT NULL DEFAULT '',
  path                  text NOT NULL,
  streamed              boolean NOT NULL,
  status                text NOT NULL CHECK (status IN ('ok', 'client_error', 'upstream_error', 'timeout', 'cut', 'unknown')),
  http_status           smallint NOT NULL,
  quality               text NOT NULL CHECK (quality IN ('exact', 'estimated')),
  input_tokens          bigint NOT NULL CHECK (input_tokens >= 0),
  output_tokens         bigint NOT NULL CHECK (output_tokens >= 0),
  cache_write_5m_tokens bigint NOT NULL CHECK (cache_write_5m_tokens >= 0),
  cache_write_1h_tokens bigint NOT NULL CHECK (cache_write_1h_tokens >= 0),
  cache_read_tokens     bigint NOT NULL CHECK (cache_read_tokens >= 0),
  charge_nano           bigint NOT NULL CHECK (charge_nano >= 0),
  -- The worst case that was reserved at admission.
  reserved_nano         bigint NOT NULL CHECK (reserved_nano >= 0),
  price_version         uuid NOT NULL,
  -- The arithmetic, one line per meter.
  price_lines           jsonb NOT NULL DEFAULT '[]',
  cost_centre           text NOT NULL DEFAULT '',
  -- The day in the tenant's zone, computed by the gateway.
  local_date            date NOT NULL,
  client_request_id     text NOT NULL DEFAULT '',
  client                text NOT NULL DEFAULT '',
  attempts              smallint NOT NULL DEFAULT 0,
  error_code            text NOT NULL DEFAULT '',
  -- Why this account; redacted before it is stored where the account is the platform's.
  explanation           jsonb NOT NULL DEFAULT '{}',
  started_at            timestamptz NOT NULL,
  ttfb_ms               integer,
  duration_ms           integer NOT NULL,
  node_id               uuid NOT NULL,
  epoch                 bigint NOT NULL,
  batch_no              bigint NOT NULL,
  booked_at             timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, request_id)
) PARTITION BY RANGE (request_id);
CREATE INDEX usage_events_by_key ON usage_events (tenant_id, key_id, request_id DESC);
CREATE INDEX usage_events_by_batch ON usage_events (tenant_id, batch_no);

-- An exact figure that came after its estimate was booked: the difference, in a later batch.
CREATE TABLE usage_corrections (
  tenant_id             uuid NOT NULL,
  request_id            uuid NOT NULL,
  batch_no              bigint NOT NULL,
  reason                text NOT NULL,
  input_tokens          bigint NOT NULL,
  output_tokens         bigint NOT NULL,
  cache_write_5m_tokens bigint NOT NULL,
  cache_write_1h_tokens bigint NOT NULL,
  cache_read_tokens     bigint NOT NULL,
  charge_nano           bigint NOT NULL,
  booked_at             timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, request_id, batch_no),
  FOREIGN KEY (tenant_id, request_id) REFERENCES usage_events
);

CREATE INDEX usage_corrections_by_batch ON usage_corrections (tenant_id, batch_no);

-- Trends in any zone: a quarter of an hour is the greatest common divisor of all zones' offsets.
CREATE TABLE usage_15m (
  tenant_id             uuid NOT NULL,
  bucket                timestamptz NOT NULL,
  platform              text NOT NULL,
  model                 text NOT NULL,
  status                text NOT NULL,
  requests              bigint NOT NULL,
  input_tokens          bigint NOT NULL,
  output_tokens         bigint NOT NULL,
  cache_write_5m_tokens bigint NOT NULL,
  cache_write_1h_tokens bigint NOT NULL,
  cache_read_tokens     bigint NOT NULL,
  charge_nano           bigint NOT NULL,
  duration_ms           bigint NOT NULL,
  PRIMARY KEY (tenant_id, bucket, platform, model, status)
);

-- By day in the tenant's zone. The nil UUID stands for "none" (a key without an owner, no account reached).
CREATE TABLE usage_day (
  tenant_id             uuid NOT NULL,
  local_date            date NOT NULL,
  key_id                uuid NOT NULL,
  user_id               uuid NOT NULL,
  account_id            uuid NOT NULL,
  model                 text NOT NULL,
  cost_centre           text NOT NULL,
  requests              bigint NOT NULL,
  input_tokens          bigint NOT NULL,
  output_tokens         bigint NOT NULL,
  cache_write_5m_tokens bigint NOT NULL,
  cache_write_1h_tokens bigint NOT NULL,
  cache_read_tokens     bigint NOT NULL,
  charge_nano           bigint NOT NULL,
  last_request_id       uuid NOT NULL,
  PRIMARY KEY (tenant_id, local_date, key_id, user_id, account_id, model, cost_centre)
);
CREATE INDEX usage_day_by_key ON usage_day (tenant_id, key_id, local_date);

-- What a request on a platform-owned account cost, in the platform's own tenant: no customer ever reads it.
CREATE TABLE platform_costs (
  tenant_id          uuid NOT NULL CHECK (tenant_id = '00000000-0000-7000-8000-000000000001'),
  request_id         uuid NOT NULL,
  customer_tenant_id uuid NOT NULL,
  account_id         uuid NOT NULL,
  platform           text NOT NULL,
  model              text NOT NULL,
  cost_nano          bigint NOT NULL,
  charge_nano        bigint NOT NULL,
  price_version      uuid NOT NULL,
  explanation        jsonb NOT NULL DEFAULT '{}',
  -- The difference to an estimate booked before; may be negative.
  correction         boolean NOT NULL DEFAULT false,
  batch_no           bigint NOT NULL,
  booked_at          timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, request_id, batch_no),
  CHECK (correction OR (cost_nano >= 0 AND charge_nano >= 0))
) PARTITION BY RANGE (request_id);
CREATE INDEX platform_costs_by_batch ON platform_costs (tenant_id, batch_no);

SELECT protect_tenant_table('usage_events', 'SELECT', 'SELECT, INSERT', 'SELECT');
SELECT protect_tenant_table('usage_corrections', 'SELECT', 'SELECT, INSERT', 'SELECT');
SELECT protect_tenant_table('usage_15m', 'SELECT', 'SELECT, INSERT, UPDATE', 'SELECT, INSERT, UPDATE, DELETE');
SELECT protect_tenant_table('usage_day', 'SELECT', 'SELECT, INSERT, UPDATE', 'SELECT, INSERT, UPDATE, DELETE');
SELECT protect_tenant_table('platform_costs', 'SELECT', 'SELECT, INSERT', 'SELECT');

-- Makes the partitions of the months from `first` on; what is there stays. Partitions inherit no row-level security, so
-- they get it, and no grants at all: they are reached through their parent only.
CREATE FUNCTION ensure_partitions(first timestamptz, months integer) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC'
  AS $$
DECLARE
  parent  text;
  month   timestamptz;
  child   text;
  created integer := 0;
BEGIN
  FOREACH parent IN ARRAY ARRAY['usage_events', 'platform_costs'] LOOP
    FOR n IN 0 .. months LOOP
      month := date_trunc('month', first) + make_interval(months => n);
      child := parent || '_' || to_char(month, 'YYYY_MM');
      CONTINUE WHEN to_regclass(child) IS NOT NULL;
      EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', child, parent,
                     uuid7_floor(month), uuid7_floor(month + interval '1 month'));
      EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', child);
      EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', child);
      EXECUTE format('REVOKE ALL ON %I FROM PUBLIC, tollgate_app, tollgate_settle, tollgate_jobs, tollgate_resolver', child);
      created := created + 1;
    END LOOP;
  END LOOP;
  RETURN created;
END
$$;
GRANT EXECUTE ON FUNCTION ensure_partitions(timestamptz, integer) TO tollgate_jobs;
SELECT ensure_partitions(now() - interval '1 month', 4);
