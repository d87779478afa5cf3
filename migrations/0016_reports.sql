-- Usage by everything that a report asks for: `usage_day` learns platform, client and status, and `usage_slices` has the
-- same for each quarter of an hour, so that a day, an hour or a week of any zone is a sum of whole slices.

-- Which program a client is, by its `user-agent`: `ClientFamily::of` in Rust says the same.
CREATE FUNCTION client_family(agent text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$
    SELECT CASE WHEN starts_with(agent, 'claude-cli/') THEN 'claude_code'
                WHEN starts_with(agent, 'codex_') THEN 'codex'
                WHEN starts_with(agent, 'GeminiCLI') THEN 'gemini_cli'
                WHEN starts_with(agent, 'node-fetch') OR strpos(lower(agent), 'sillytavern') > 0 THEN 'silly_tavern'
                ELSE 'other' END
  $$;

-- The id of a combination: the first half of a SHA-256, lengths before texts. `Dims::combo` in Rust says the same.
CREATE FUNCTION usage_combo(key_id uuid, user_id uuid, account_id uuid, platform text, model text, client text,
                            status text, cost_centre text) RETURNS uuid
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$
    SELECT left(encode(sha256(convert_to(concat(key_id, user_id, account_id,
        octet_length(platform), ':', platform, octet_length(model), ':', model, octet_length(client), ':', client,
        octet_length(status), ':', status, octet_length(cost_centre), ':', cost_centre), 'UTF8')), 'hex'), 32)::uuid
  $$;

-- Milliseconds since the epoch that a UUIDv7 carries.
CREATE FUNCTION uuid7_millis(id uuid) RETURNS bigint
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$ SELECT ('x' || replace(left(id::text, 13), '-', ''))::bit(48)::bigint $$;

GRANT EXECUTE ON FUNCTION client_family(text), usage_combo(uuid, uuid, uuid, text, text, text, text, text),
  uuid7_millis(uuid) TO tollgate_app, tollgate_settle, tollgate_jobs;

-- Every event counts one; a correction counts none and takes its event out of the estimated ones. A request is late that
-- was booked a day or more after it was made.
ALTER TABLE usage_day
  ADD COLUMN platform           text NOT NULL DEFAULT '',
  ADD COLUMN client             text NOT NULL DEFAULT 'other',
  ADD COLUMN status             text NOT NULL DEFAULT 'ok',
  ADD COLUMN duration_ms        bigint NOT NULL DEFAULT 0,
  -- Over those that had a first byte, and how many they were.
  ADD COLUMN ttfb_ms            bigint NOT NULL DEFAULT 0,
  ADD COLUMN ttfb_requests      bigint NOT NULL DEFAULT 0,
  ADD COLUMN estimated_requests bigint NOT NULL DEFAULT 0,
  ADD COLUMN late_requests      bigint NOT NULL DEFAULT 0,
  -- The id of all but the day: reports sum by it before they look at what it stands for.
  ADD COLUMN combo              uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
  DROP CONSTRAINT usage_day_pkey,
  ADD PRIMARY KEY (tenant_id, local_date, key_id, user_id, account_id, model, cost_centre, platform, client, status);

-- What a slice is of. The nil UUID stands for none.
CREATE TABLE usage_combos (
  tenant_id   uuid NOT NULL,
  combo       uuid NOT NULL,
  key_id      uuid NOT NULL,
  user_id     uuid NOT NULL,
  account_id  uuid NOT NULL,
  platform    text NOT NULL,
  model       text NOT NULL,
  client      text NOT NULL,
  status      text NOT NULL,
  cost_centre text NOT NULL,
  PRIMARY KEY (tenant_id, combo)
);

CREATE TABLE usage_slices (
  tenant_id             uuid NOT NULL,
  bucket                timestamptz NOT NULL,
  combo                 uuid NOT NULL,
  requests              bigint NOT NULL,
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
  last_request_id       uuid NOT NULL,
  PRIMARY KEY (tenant_id, bucket, combo)
);

SELECT protect_tenant_table('usage_combos', 'SELECT', 'SELECT, INSERT', 'SELECT');
SELECT protect_tenant_table('usage_slices', 'SELECT', 'SELECT, INSERT, UPDATE', 'SELECT');

-- The zone in which `usage_day` stands. It follows `time_zone` when all of a tenant's days have been made anew from the
-- slices, in one transaction that settlement waits for.
ALTER TABLE tenants ADD COLUMN rollup_zone text;
ALTER TABLE tenants NO FORCE ROW LEVEL SECURITY;
UPDATE tenants SET rollup_zone = time_zone;
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;
ALTER TABLE tenants ALTER COLUMN rollup_zone SET NOT NULL;
CREATE FUNCTION begin_rollup_zone() RETURNS trigger
  LANGUAGE plpgsql
  AS $$
BEGIN
  NEW.rollup_zone := NEW.time_zone;
  RETURN NEW;
END
$$;
CREATE TRIGGER tenants_begin_rollup_zone BEFORE INSERT ON tenants FOR EACH ROW EXECUTE FUNCTION begin_rollup_zone();
GRANT UPDATE (rollup_zone) ON tenants TO tollgate_settle;
GRANT DELETE ON usage_day TO tollgate_settle;

-- What is booked already. The owner of the tables may not be a superuser, so it is let through for the moment.
ALTER TABLE usage_events NO FORCE ROW LEVEL SECURITY;
ALTER TABLE usage_corrections NO FORCE ROW LEVEL SECURITY;
ALTER TABLE usage_day NO FORCE ROW LEVEL SECURITY;
ALTER TABLE usage_combos NO FORCE ROW LEVEL SECURITY;
ALTER TABLE usage_slices NO FORCE ROW LEVEL SECURITY;

CREATE TEMPORARY TABLE line ON COMMIT DROP AS
  SELECT e.tenant_id, e.request_id, e.local_date,
         to_timestamp(uuid7_millis(e.request_id) / 1000 / 900 * 900) AS bucket, e.key_id,
         COALESCE(e.user_id, '00000000-0000-0000-0000-000000000000') AS user_id,
         COALESCE(e.account_id, '00000000-0000-0000-0000-000000000000') AS account_id,
         e.platform, e.model, client_family(e.client) AS client, e.status, e.cost_centre,
         1 AS requests, e.input_tokens, e.output_tokens, e.cache_write_5m_tokens, e.cache_write_1h_tokens,
         e.cache_read_tokens, e.charge_nano, e.duration_ms, COALESCE(e.ttfb_ms, 0) AS ttfb_ms,
         (e.ttfb_ms IS NOT NULL)::integer AS ttfb_requests, (e.quality = 'estimated')::integer AS estimated_requests,
         (floor(extract(epoch FROM e.booked_at) * 1000) - uuid7_millis(e.request_id) >= 86400000)::integer
           AS late_requests
  FROM usage_events e;
INSERT INTO line
  SELECT l.tenant_id, l.request_id, l.local_date, l.bucket, l.key_id, l.user_id, l.account_id, l.platform, l.model,
         l.client, l.status, l.cost_centre, 0, c.input_tokens, c.output_tokens, c.cache_write_5m_tokens,
         c.cache_write_1h_tokens, c.cache_read_tokens, c.charge_nano, 0, 0, 0, -1, 0
  FROM usage_corrections c JOIN line l USING (tenant_id, request_id);

TRUNCATE usage_day;
INSERT INTO usage_day (tenant_id, local_date, key_id, user_id, account_id, model, cost_centre, platform, client, status,
                       requests, input_tokens, output_tokens, cache_write_5m_tokens, cache_write_1h_tokens,
                       cache_read_tokens, charge_nano, last_request_id, duration_ms, ttfb_ms, ttfb_requests,
                       estimated_requests, late_requests, combo)
  SELECT tenant_id, local_date, key_id, user_id, account_id, model, cost_centre, platform, client, status,
         sum(requests), sum(input_tokens), sum(output_tokens), sum(cache_write_5m_tokens), sum(cache_write_1h_tokens),
         sum(cache_read_tokens), sum(charge_nano), max(request_id::text)::uuid, sum(duration_ms), sum(ttfb_ms),
         sum(ttfb_requests), sum(estimated_requests), sum(late_requests),
         usage_combo(key_id, user_id, account_id, platform, model, client, status, cost_centre)
  FROM line GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10;
INSERT INTO usage_slices
  SELECT tenant_id, bucket, usage_combo(key_id, user_id, account_id, platform, model, client, status, cost_centre),
         sum(requests), sum(input_tokens), sum(output_tokens), sum(cache_write_5m_tokens), sum(cache_write_1h_tokens),
         sum(cache_read_tokens), sum(charge_nano), sum(duration_ms), sum(ttfb_ms), sum(ttfb_requests),
         sum(estimated_requests), sum(late_requests), max(request_id::text)::uuid
  FROM line GROUP BY 1, 2, 3;
INSERT INTO usage_combos
  SELECT DISTINCT tenant_id, usage_combo(key_id, user_id, account_id, platform, model, client, status, cost_centre),
         key_id, user_id, account_id, platform, model, client, status, cost_centre
  FROM line;

ALTER TABLE usage_events FORCE ROW LEVEL SECURITY;
ALTER TABLE usage_corrections FORCE ROW LEVEL SECURITY;
ALTER TABLE usage_day FORCE ROW LEVEL SECURITY;
ALTER TABLE usage_combos FORCE ROW LEVEL SECURITY;
ALTER TABLE usage_slices FORCE ROW LEVEL SECURITY;

-- The slices tell in which quarters of an hour a key, a person, a model… has requests, so the log needs no index for each;
-- this one goes, and with it what it cost settlement. A client's own id has one, which costs only those that send any.
DROP INDEX usage_events_by_key;
CREATE INDEX usage_events_by_client_request_id ON usage_events (tenant_id, client_request_id)
  WHERE client_request_id <> '';
