-- Sums of weeks, so that a report over months need not add up each of its days; and of quarters of an hour by nothing, for
-- the zones whose midnights lie between two hours.

-- As `usage_day_sums`; a week begins on a Monday. There is one where the whole week is over, and none of its days was stale
-- when it was made: which days are stale now tells which weeks still hold.
CREATE TABLE usage_week_sums (LIKE usage_day_sums INCLUDING CONSTRAINTS);
ALTER TABLE usage_week_sums RENAME COLUMN local_date TO week;
ALTER TABLE usage_week_sums
  ADD CHECK (extract(isodow FROM week) = 1),
  ADD PRIMARY KEY (tenant_id, dim, second_dim, week, value, second);

-- All usage of a quarter of an hour. Made with the sums of its hour, and stale with them.
CREATE TABLE usage_quarter_sums (
  tenant_id             uuid NOT NULL,
  bucket                timestamptz NOT NULL,
  requests              bigint NOT NULL,
  errors                bigint NOT NULL,
  client_errors         bigint NOT NULL,
  cut                   bigint NOT NULL,
  input_tokens          bigint NOT NULL,
  output_tokens         bigint NOT NULL,
  cache_write_5m_tokens bigint NOT NULL,
  cache_write_1h_tokens bigint NOT NULL,
  cache_read_tokens     bigint NOT NULL,
  charge_nano           bigint NOT NULL,
  duration_ms           bigint NOT NULL,
  ttfb_ms               bigint NOT NULL,
  ttfb_requests         bigint NOT NULL,
  estimated_requests    bigint NOT NULL,
  late_requests         bigint NOT NULL,
  PRIMARY KEY (tenant_id, bucket)
);
SELECT protect_tenant_table('usage_week_sums', 'SELECT', 'SELECT, INSERT, DELETE', 'SELECT');
SELECT protect_tenant_table('usage_quarter_sums', 'SELECT', 'SELECT, INSERT, DELETE', 'SELECT');

-- Of what is summed already these are missing, so all of it is summed once more. The owner of the tables may not be a
-- superuser, so it is let through for the moment.
ALTER TABLE usage_slices NO FORCE ROW LEVEL SECURITY;
ALTER TABLE usage_day NO FORCE ROW LEVEL SECURITY;
ALTER TABLE usage_stale_hours NO FORCE ROW LEVEL SECURITY;
ALTER TABLE usage_stale_days NO FORCE ROW LEVEL SECURITY;
INSERT INTO usage_stale_hours
  SELECT DISTINCT tenant_id, date_trunc('hour', bucket, 'UTC') FROM usage_slices ON CONFLICT DO NOTHING;
INSERT INTO usage_stale_days SELECT DISTINCT tenant_id, local_date FROM usage_day ON CONFLICT DO NOTHING;
ALTER TABLE usage_slices FORCE ROW LEVEL SECURITY;
ALTER TABLE usage_day FORCE ROW LEVEL SECURITY;
ALTER TABLE usage_stale_hours FORCE ROW LEVEL SECURITY;
ALTER TABLE usage_stale_days FORCE ROW LEVEL SECURITY;
