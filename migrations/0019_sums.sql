-- Sums by one thing at a time: of each hour and each day of a tenant, what each key, person, account, platform, model,
-- client, status and cost centre came to. Most reports ask for just that, and read some thousand rows instead of some
-- hundred thousand. They are made out of `usage_slices` and `usage_day` when an hour or a day is over, and made anew when
-- something is booked late; what they do not know yet is listed as stale, and read where they were made from.

CREATE TABLE usage_hour_sums (
  tenant_id             uuid NOT NULL,
  dim                   text NOT NULL CHECK (dim IN ('key', 'user', 'account', 'platform', 'model', 'client', 'status', 'cost_centre')),
  hour                  timestamptz NOT NULL,
  -- An id as text; the nil UUID stands for none.
  value                 text NOT NULL,
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
  PRIMARY KEY (tenant_id, dim, hour, value)
);
-- The same of days of the zone in which `usage_day` stands.
CREATE TABLE usage_day_sums (
  tenant_id             uuid NOT NULL,
  dim                   text NOT NULL CHECK (dim IN ('key', 'user', 'account', 'platform', 'model', 'client', 'status', 'cost_centre')),
  local_date            date NOT NULL,
  value                 text NOT NULL,
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
  PRIMARY KEY (tenant_id, dim, local_date, value)
);
-- Hours and days whose sums are not made, or older than what was booked. Settlement lists them with the chain held.
CREATE TABLE usage_stale_hours (
  tenant_id uuid NOT NULL,
  hour      timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, hour)
);
CREATE TABLE usage_stale_days (
  tenant_id  uuid NOT NULL,
  local_date date NOT NULL,
  PRIMARY KEY (tenant_id, local_date)
);
SELECT protect_tenant_table('usage_hour_sums', 'SELECT', 'SELECT, INSERT, DELETE', 'SELECT');
SELECT protect_tenant_table('usage_day_sums', 'SELECT', 'SELECT, INSERT, DELETE', 'SELECT');
SELECT protect_tenant_table('usage_stale_hours', 'SELECT', 'SELECT, INSERT, DELETE', 'SELECT');
SELECT protect_tenant_table('usage_stale_days', 'SELECT', 'SELECT, INSERT, DELETE', 'SELECT');

-- The combinations that fit, and what each is called in up to two dimensions: a text that is no dimension's name, such as
-- an empty one, calls all the same. NULL fits everything.
CREATE FUNCTION usage_wanted(first_dim text, second_dim text, of_key uuid, of_user uuid, of_own uuid, of_account uuid,
                             of_model text, of_platform text, of_client text, of_status text, of_cost_centre text,
                             of_tag text)
  RETURNS TABLE (combo uuid, status text, first text, second text)
  LANGUAGE sql STABLE PARALLEL SAFE
  AS $$
    SELECT c.combo, c.status, named.first, named.second
    FROM usage_combos c
    LEFT JOIN api_key_tags t ON 'tag' IN (first_dim, second_dim) AND t.tenant_id = c.tenant_id AND t.key_id = c.key_id
    CROSS JOIN LATERAL (SELECT
        CASE first_dim WHEN 'key' THEN c.key_id::text WHEN 'user' THEN c.user_id::text
                       WHEN 'account' THEN c.account_id::text WHEN 'model' THEN c.model WHEN 'platform' THEN c.platform
                       WHEN 'client' THEN c.client WHEN 'status' THEN c.status WHEN 'cost_centre' THEN c.cost_centre
                       WHEN 'tag' THEN COALESCE(t.tag, '') ELSE '' END AS first,
        CASE second_dim WHEN 'key' THEN c.key_id::text WHEN 'user' THEN c.user_id::text
                        WHEN 'account' THEN c.account_id::text WHEN 'model' THEN c.model WHEN 'platform' THEN c.platform
                        WHEN 'client' THEN c.client WHEN 'status' THEN c.status WHEN 'cost_centre' THEN c.cost_centre
                        WHEN 'tag' THEN COALESCE(t.tag, '') ELSE '' END AS second) AS named
    WHERE c.tenant_id = current_tenant()
      AND (of_key IS NULL OR c.key_id = of_key) AND (of_user IS NULL OR c.user_id = of_user)
      AND (of_own IS NULL OR c.user_id = of_own) AND (of_account IS NULL OR c.account_id = of_account)
      AND (of_model IS NULL OR c.model = of_model) AND (of_platform IS NULL OR c.platform = of_platform)
      AND (of_client IS NULL OR c.client = of_client) AND (of_status IS NULL OR c.status = of_status)
      AND (of_cost_centre IS NULL OR c.cost_centre = of_cost_centre)
      AND (of_tag IS NULL OR EXISTS (SELECT FROM api_key_tags x
           WHERE x.tenant_id = c.tenant_id AND x.key_id = c.key_id AND x.tag = of_tag))
  $$;
GRANT EXECUTE ON FUNCTION usage_wanted(text, text, uuid, uuid, uuid, uuid, text, text, text, text, text, text)
  TO tollgate_app;

-- A day's rows are told apart by the combination's id, which says all the rest in sixteen bytes; and found by it, where
-- only some combinations are wanted.
ALTER TABLE usage_day DROP CONSTRAINT usage_day_pkey, ADD PRIMARY KEY (tenant_id, local_date, combo);
CREATE INDEX usage_day_by_combo ON usage_day (tenant_id, combo, local_date);

-- What is booked already. The owner of the tables may not be a superuser, so it is let through for the moment.
ALTER TABLE usage_slices NO FORCE ROW LEVEL SECURITY;
ALTER TABLE usage_day NO FORCE ROW LEVEL SECURITY;
ALTER TABLE usage_stale_hours NO FORCE ROW LEVEL SECURITY;
ALTER TABLE usage_stale_days NO FORCE ROW LEVEL SECURITY;
INSERT INTO usage_stale_hours
  SELECT DISTINCT tenant_id, to_timestamp(floor(extract(epoch FROM bucket) / 3600) * 3600) FROM usage_slices;
INSERT INTO usage_stale_days SELECT DISTINCT tenant_id, local_date FROM usage_day;
ALTER TABLE usage_slices FORCE ROW LEVEL SECURITY;
ALTER TABLE usage_day FORCE ROW LEVEL SECURITY;
ALTER TABLE usage_stale_hours FORCE ROW LEVEL SECURITY;
ALTER TABLE usage_stale_days FORCE ROW LEVEL SECURITY;
