-- The rollups of one tenant's events ($1), from the events themselves.
WITH slice AS (
  SELECT e.local_date, to_timestamp(uuid7_millis(e.request_id) / 1000 / 900 * 900) AS bucket, named.*,
         e.key_id, e.platform, e.model, e.status, e.cost_centre,
         count(*) AS requests, sum(e.input_tokens) AS input, sum(e.output_tokens) AS output,
         sum(e.cache_write_5m_tokens) AS write_5m, sum(e.cache_write_1h_tokens) AS write_1h,
         sum(e.cache_read_tokens) AS read, sum(e.charge_nano) AS charge, sum(e.duration_ms) AS duration_ms,
         COALESCE(sum(e.ttfb_ms), 0) AS ttfb_ms, count(e.ttfb_ms) AS ttfb_requests,
         count(*) FILTER (WHERE e.quality = 'estimated') AS estimated,
         count(*) FILTER (WHERE floor(extract(epoch FROM e.booked_at) * 1000) - uuid7_millis(e.request_id) >= 86400000)
           AS late, (array_agg(e.request_id ORDER BY e.request_id DESC))[1] AS last
  FROM usage_events e CROSS JOIN LATERAL (
    SELECT COALESCE(e.user_id, '00000000-0000-0000-0000-000000000000') AS user_id,
           COALESCE(e.account_id, '00000000-0000-0000-0000-000000000000') AS account_id,
           client_family(e.client) AS client) AS named
  WHERE e.tenant_id = $1
  GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
named_slice AS (
  SELECT usage_combo(key_id, user_id, account_id, platform, model, client, status, cost_centre) AS combo, slice.* FROM slice),
slices AS (
  INSERT INTO usage_slices
  SELECT $1, bucket, combo, requests, input, output, write_5m, write_1h, read, charge, duration_ms, ttfb_ms, ttfb_requests,
         estimated, late, last FROM named_slice),
quarters AS (
  INSERT INTO usage_15m
  SELECT $1, bucket, platform, model, status, sum(requests), sum(input), sum(output), sum(write_5m), sum(write_1h),
         sum(read), sum(charge), sum(duration_ms) FROM named_slice GROUP BY bucket, platform, model, status),
combos AS (
  INSERT INTO usage_combos
  SELECT DISTINCT $1::uuid, combo, key_id, user_id, account_id, platform, model, client, status, cost_centre FROM named_slice),
-- Every other hour is summed, and every other day of every other week, the rest is stale: reports have to put all of them
-- together.
named AS (
  SELECT date_trunc('hour', bucket, 'UTC') AS hour, dim, value, named_slice.*
  FROM named_slice CROSS JOIN LATERAL (VALUES ('key', key_id::text), ('user', user_id::text), ('account', account_id::text),
    ('platform', platform), ('model', model), ('client', client), ('status', status), ('cost_centre', cost_centre))
    AS by_one (dim, value)),
hour_sums AS (
  INSERT INTO usage_hour_sums
  SELECT $1, dim, hour, value, sum(requests), COALESCE(sum(requests) FILTER (WHERE status IN ('upstream_error', 'timeout', 'unknown')), 0),
         COALESCE(sum(requests) FILTER (WHERE status = 'client_error'), 0),
         COALESCE(sum(requests) FILTER (WHERE status = 'cut'), 0), sum(input), sum(output), sum(write_5m), sum(write_1h),
         sum(read), sum(charge), sum(duration_ms), sum(ttfb_ms), sum(ttfb_requests), sum(estimated), sum(late)
  FROM named WHERE extract(hour FROM hour)::int % 2 = 0 GROUP BY dim, hour, value),
quarter_sums AS (
  INSERT INTO usage_quarter_sums
  SELECT $1, bucket, sum(requests), COALESCE(sum(requests) FILTER (WHERE status IN ('upstream_error', 'timeout', 'unknown')), 0),
         COALESCE(sum(requests) FILTER (WHERE status = 'client_error'), 0),
         COALESCE(sum(requests) FILTER (WHERE status = 'cut'), 0), sum(input), sum(output), sum(write_5m), sum(write_1h),
         sum(read), sum(charge), sum(duration_ms), sum(ttfb_ms), sum(ttfb_requests), sum(estimated), sum(late)
  FROM named_slice WHERE extract(hour FROM bucket)::int % 2 = 0 GROUP BY bucket),
stale_hours AS (
  INSERT INTO usage_stale_hours SELECT DISTINCT $1::uuid, date_trunc('hour', bucket, 'UTC') FROM named_slice
  WHERE extract(hour FROM bucket)::int % 2 = 1 ON CONFLICT DO NOTHING),
stale_days AS (
  INSERT INTO usage_stale_days SELECT DISTINCT $1::uuid, local_date FROM named_slice
  WHERE extract(day FROM local_date)::int % 2 = 1 AND extract(week FROM local_date)::int % 2 = 1 ON CONFLICT DO NOTHING),
days AS (
  INSERT INTO usage_day (tenant_id, local_date, key_id, user_id, account_id, model, cost_centre, platform, client, status,
                         combo, requests, input_tokens, output_tokens, cache_write_5m_tokens, cache_write_1h_tokens,
                         cache_read_tokens, charge_nano, duration_ms, ttfb_ms, ttfb_requests, estimated_requests,
                         late_requests, last_request_id)
  SELECT $1, local_date, key_id, user_id, account_id, model, cost_centre, platform, client, status, combo, sum(requests),
         sum(input), sum(output), sum(write_5m), sum(write_1h), sum(read), sum(charge), sum(duration_ms), sum(ttfb_ms),
         sum(ttfb_requests), sum(estimated), sum(late), max(last::text)::uuid
  FROM named_slice GROUP BY local_date, key_id, user_id, account_id, model, cost_centre, platform, client, status, combo
  RETURNING *),
day_sums AS (
  INSERT INTO usage_day_sums
  SELECT $1, dim, local_date, value, sum(requests), COALESCE(sum(requests) FILTER (WHERE status IN ('upstream_error', 'timeout', 'unknown')), 0),
         COALESCE(sum(requests) FILTER (WHERE status = 'client_error'), 0),
         COALESCE(sum(requests) FILTER (WHERE status = 'cut'), 0), sum(input_tokens), sum(output_tokens),
         sum(cache_write_5m_tokens), sum(cache_write_1h_tokens), sum(cache_read_tokens), sum(charge_nano), sum(duration_ms),
         sum(ttfb_ms), sum(ttfb_requests), sum(estimated_requests), sum(late_requests), second_dim, second
  FROM days CROSS JOIN LATERAL usage_by_two(key_id, user_id, account_id, platform, model, client, status, cost_centre) AS each
  WHERE extract(day FROM local_date)::int % 2 = 0 OR extract(week FROM local_date)::int % 2 = 0
  GROUP BY dim, second_dim, local_date, value, second
  RETURNING *),
week_sums AS (
  INSERT INTO usage_week_sums
  SELECT $1, dim, date_trunc('week', local_date)::date, value, sum(requests), sum(errors), sum(client_errors), sum(cut),
         sum(input_tokens), sum(output_tokens), sum(cache_write_5m_tokens), sum(cache_write_1h_tokens),
         sum(cache_read_tokens), sum(charge_nano), sum(duration_ms), sum(ttfb_ms), sum(ttfb_requests),
         sum(estimated_requests), sum(late_requests), second_dim, second
  FROM day_sums WHERE extract(week FROM local_date)::int % 2 = 0
  GROUP BY dim, second_dim, date_trunc('week', local_date)::date, value, second)
SELECT 1
