-- Fills a tenant with usage for measuring exports: psql -v tenant=UUID -v events=1000000 -f exports.sql
-- Events of the days before now, two hundred a batch, with the ledger's batches and transfers for them, so that exports
-- tie. Hash chains and rollups are not made: `tollgate ledger verify` has nothing to say here.
\set ON_ERROR_STOP on
BEGIN;
INSERT INTO tenants (tenant_id, slug, name, time_zone, created_at, updated_at)
VALUES (:'tenant', 'bench-' || left(:'tenant', 8), 'Bench', 'Asia/Kolkata', now() - interval '90 days', now());
INSERT INTO slug_directory VALUES ('bench-' || left(:'tenant', 8), :'tenant');
INSERT INTO ledger_accounts (tenant_id, code, updated_at)
SELECT :'tenant', code, now() FROM unnest(ARRAY['wallet', 'cash', 'revenue', 'promotion', 'tax', 'vouchers', 'rounding', 'adjustments']) AS code;
INSERT INTO api_keys (tenant_id, key_id, name, prefix, last_four, created_at, updated_at, cost_centre)
SELECT :'tenant', ('0190000' || lpad(to_hex(n), 1, '0') || '-0000-7000-8000-000000000000')::uuid,
       (ARRAY['Checkout', '=HYPERLINK("http://a","b")', 'Data, team', '数据'])[1 + n % 4], 'cr_', 'abcd', now(), now(),
       (ARRAY['', 'R&D', 'Sales, EMEA', '研发'])[1 + n % 4]
FROM generate_series(0, 7) AS n;
CREATE TEMP TABLE made AS
SELECT n, n / 200 + 1 AS batch_no, now() - interval '20 days' + (n * interval '19 days' / :events) AS at
FROM generate_series(0, :events - 1) AS n;
INSERT INTO usage_events (tenant_id, request_id, key_id, account_name, platform, provider, model, upstream_model, path,
  streamed, status, http_status, quality, input_tokens, output_tokens, cache_write_5m_tokens, cache_write_1h_tokens,
  cache_read_tokens, charge_nano, reserved_nano, price_version, price_lines, cost_centre, local_date, client, attempts,
  started_at, ttfb_ms, duration_ms, node_id, epoch, batch_no, booked_at)
SELECT :'tenant',
       (substr(hex, 1, 8) || '-' || substr(hex, 9, 4) || '-7' || lpad(to_hex(n % 4096), 3, '0') || '-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
       ('0190000' || to_hex(n % 8) || '-0000-7000-8000-000000000000')::uuid, 'Pool', 'claude_console', 'anthropic',
       (ARRAY['claude-sonnet-4-6', 'claude-opus-4-6', 'claude-haiku-4-5'])[1 + n % 3], '', '/api/v1/messages',
       n % 2 = 0, CASE WHEN n % 50 = 0 THEN 'client_error' ELSE 'ok' END, 200, 'exact', 100 + n % 900, 50 + n % 400, 0, 0,
       n % 1000, (100 + n % 900) * 3000 + (50 + n % 400) * 15000 + (n % 1000) * 300, 10000000,
       '01900000-0000-7000-8000-0000000000aa',
       jsonb_build_array(
         jsonb_build_object('meter', 'input', 'quantity', 100 + n % 900, 'price', '3', 'amount_nano', ((100 + n % 900) * 3000)::text),
         jsonb_build_object('meter', 'output', 'quantity', 50 + n % 400, 'price', '15', 'amount_nano', ((50 + n % 400) * 15000)::text),
         jsonb_build_object('meter', 'cache_read', 'quantity', n % 1000, 'price', '0.3', 'amount_nano', ((n % 1000) * 300)::text)),
       (ARRAY['', 'R&D', 'Sales, EMEA', '研发'])[1 + n % 4], (at AT TIME ZONE 'Asia/Kolkata')::date, 'claude_code', 1,
       at, 120, 900, '01900000-0000-7000-8000-0000000000bb', 1, batch_no, at + interval '1 second'
FROM (SELECT *, lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') AS hex FROM made) AS rows;
INSERT INTO ledger_batches (tenant_id, batch_no, encoding, events, charge_nano, node_id, epoch, prev_hash, hash, booked_at)
SELECT tenant_id, batch_no, 1, count(*), sum(charge_nano), '01900000-0000-7000-8000-0000000000bb', 1,
       decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'), max(booked_at)
FROM usage_events WHERE tenant_id = :'tenant' GROUP BY tenant_id, batch_no;
INSERT INTO ledger_transfers (tenant_id, transfer_id, kind, from_code, to_code, amount_nano, batch_no, reason, author,
  idempotency_key, booked_at)
SELECT tenant_id, uuid7_floor(booked_at + batch_no * interval '1 microsecond') , 'usage', 'wallet', 'revenue', charge_nano,
       batch_no, 'usage', 'settlement', 'batch ' || batch_no, booked_at
FROM (SELECT *, row_number() OVER (PARTITION BY uuid7_floor(booked_at + batch_no * interval '1 microsecond')) AS twin
      FROM ledger_batches WHERE tenant_id = :'tenant') AS batches WHERE twin = 1;
INSERT INTO ledger_heads (tenant_id, last_no) SELECT :'tenant', max(batch_no) FROM ledger_batches WHERE tenant_id = :'tenant';
COMMIT;
ANALYZE usage_events, ledger_batches, ledger_transfers, usage_corrections;
