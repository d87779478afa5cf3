-- Events of a tenant over a range of time, as if relayed: $1 tenant, $2 how many, $3 from, $4 to, $5 keys, $6 the key's
-- people, $7 accounts, $8 the tenant's zone. Each key has some models, one program and one cost centre; the first ones are
-- used most.
INSERT INTO usage_events (tenant_id, request_id, key_id, user_id, account_id, account_name, platform, provider, model, path,
    streamed, status, http_status, quality, input_tokens, output_tokens, cache_write_5m_tokens, cache_write_1h_tokens,
    cache_read_tokens, charge_nano, reserved_nano, price_version, cost_centre, local_date, client_request_id, client,
    attempts, error_code, started_at, ttfb_ms, duration_ms, node_id, epoch, batch_no, booked_at)
SELECT $1::uuid,
       (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(n % 4096), 3, '0') || '8'
        || substr(md5(n::text || $1::text), 1, 15))::uuid,
       ($5::uuid[])[k], ($6::uuid[])[k], CASE WHEN roll % 10 > 0 THEN ($7::uuid[])[1 + (k + roll % 2) % cardinality($7::uuid[])] END,
       CASE WHEN roll % 10 > 0 THEN 'account' ELSE 'Shared pool' END,
       CASE WHEN model % 4 = 3 THEN 'openai' ELSE 'claude_console' END,
       CASE WHEN model % 4 = 3 THEN 'openai' ELSE 'anthropic' END,
       'model-' || model, '/api/v1/messages', roll % 2 = 0, status,
       CASE status WHEN 'ok' THEN 200 WHEN 'client_error' THEN 400 WHEN 'upstream_error' THEN 529 WHEN 'timeout' THEN 504
                   ELSE 200 END,
       CASE WHEN status = 'cut' THEN 'estimated' ELSE 'exact' END,
       100 + roll % 5000, 10 + roll % 700, roll % 50, roll % 7, roll % 20000, 1000 + (roll::bigint * 7919) % 40000000,
       50000000, '00000000-0000-7000-8000-0000000000aa',
       (ARRAY['', 'R&D', 'ops', 'sales'])[1 + k % 4], (at AT TIME ZONE $8)::date,
       CASE WHEN n % 1000 = 0 THEN 'client-' || n ELSE '' END,
       (ARRAY['claude-cli/2.1 (external, cli)', 'codex_exec/0.169', 'GeminiCLI/0.61', 'anthropic-sdk/1'])[1 + k % 4],
       1, '', at, CASE WHEN status = 'ok' THEN 200 + roll % 900 END, 400 + roll % 60000,
       '00000000-0000-7000-8000-0000000000bb', 1, 1, at + CASE WHEN roll % 5000 = 0 THEN interval '30 hours'
                                                             ELSE interval '1 second' END
FROM (SELECT n, date_trunc('milliseconds', $3::timestamptz + ($4::timestamptz - $3::timestamptz) * (n::float8 / $2)) AS at,
             1 + (power((hashint8(n::bigint * 31) & 2147483647) % 100000 / 100000.0, 2) * cardinality($5::uuid[]))::integer
                 % cardinality($5::uuid[]) AS k,
             hashint8(n::bigint * 17 + 5) & 2147483647 AS roll
      FROM generate_series(0, $2::integer - 1) n) AS made
CROSS JOIN LATERAL (SELECT (k * 7 + roll % 3) % 24 AS model,
    CASE WHEN roll % 1000 < 960 THEN 'ok' WHEN roll % 1000 < 985 THEN 'client_error'
         WHEN roll % 1000 < 993 THEN 'upstream_error' WHEN roll % 1000 < 996 THEN 'timeout' ELSE 'cut' END AS status) AS more
