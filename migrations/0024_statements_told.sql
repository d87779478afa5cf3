-- Files and schedules of a closed month: exactly what its statement holds, whenever the requests were made.

-- As before, and of a statement alone: `first_batch` in `wanted` leaves out what was booked before it. A correction counts
-- where it was booked, whenever its request was.
CREATE OR REPLACE FUNCTION exported_lines(from_id uuid, to_id uuid, through bigint, wanted jsonb)
  RETURNS TABLE (request_id uuid, batch_no bigint, requests integer, local_date date, key_id uuid, user_id uuid,
                 account_name text, platform text, model text, client text, status text, cost_centre text,
                 input bigint, output bigint, cache_write_5m bigint, cache_write_1h bigint, cache_read bigint, charge bigint)
  LANGUAGE sql STABLE PARALLEL SAFE
  AS $$
    SELECT e.request_id, e.batch_no, 1, e.local_date, e.key_id, e.user_id, e.account_name, e.platform, e.model, e.client,
           e.status, e.cost_centre, e.input_tokens, e.output_tokens, e.cache_write_5m_tokens, e.cache_write_1h_tokens,
           e.cache_read_tokens, e.charge_nano
    FROM exported_events(from_id, to_id, through, wanted) e
    WHERE wanted->>'first_batch' IS NULL OR e.batch_no >= (wanted->>'first_batch')::bigint
    UNION ALL
    SELECT c.request_id, c.batch_no, 0, e.local_date, e.key_id, e.user_id, e.account_name, e.platform, e.model, e.client,
           e.status, e.cost_centre, c.input_tokens, c.output_tokens, c.cache_write_5m_tokens, c.cache_write_1h_tokens,
           c.cache_read_tokens, c.charge_nano
    FROM usage_corrections c
    JOIN exported_events(from_id, to_id, through, wanted) e ON e.tenant_id = c.tenant_id AND e.request_id = c.request_id
    WHERE c.tenant_id = current_tenant() AND c.request_id >= from_id AND c.request_id < to_id AND c.batch_no <= through
      AND (wanted->>'first_batch' IS NULL OR c.batch_no >= (wanted->>'first_batch')::bigint)
  $$;

-- What a schedule's month is: requests by their own time, or what the statement of the month holds.
ALTER TABLE export_schedules
  ADD COLUMN basis text NOT NULL DEFAULT 'request_time' CHECK (basis IN ('request_time', 'statement')),
  ADD CONSTRAINT export_schedules_statements_are_monthly CHECK (basis = 'request_time' OR period = 'monthly');

-- Verification and seals read what is made of the books as well.
CREATE POLICY by_jobs ON billing_payments FOR ALL TO tollgate_jobs USING (true) WITH CHECK (true);
GRANT SELECT ON billing_payments TO tollgate_jobs;
GRANT SELECT ON document_series, exchange_rates TO tollgate_jobs;
-- Whether statements, documents, payments or, for the platform, exchange rates were made of a tenant's books in a time.
CREATE FUNCTION made_since(tenant uuid, since timestamptz, before timestamptz) RETURNS boolean
  LANGUAGE sql STABLE SET search_path = public, pg_temp
  AS $$
    SELECT EXISTS (SELECT FROM billing_periods p WHERE p.tenant_id = tenant AND p.closed_at < before
                     AND p.closed_at >= COALESCE(since, '-infinity'))
        OR EXISTS (SELECT FROM billing_documents d WHERE d.tenant_id = tenant AND d.issued_at < before
                     AND d.issued_at >= COALESCE(since, '-infinity'))
        OR EXISTS (SELECT FROM billing_payments p WHERE p.tenant_id = tenant AND p.recorded_at < before
                     AND p.recorded_at >= COALESCE(since, '-infinity'))
        OR (tenant = '00000000-0000-7000-8000-000000000001'
            AND EXISTS (SELECT FROM exchange_rates r WHERE r.entered_at < before
                          AND r.entered_at >= COALESCE(since, '-infinity')))
  $$;
GRANT EXECUTE ON FUNCTION made_since(uuid, timestamptz, timestamptz) TO tollgate_jobs;

-- The customer's own order, which invoices name.
ALTER TABLE billing_profiles
  ADD COLUMN purchase_order text NOT NULL DEFAULT '' CHECK (length(purchase_order) <= 100);
