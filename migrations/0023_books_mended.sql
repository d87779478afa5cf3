-- What a tenant must not see of the platform's accounts leaves its rows, and re-pricing knows the name that was priced.

-- The model's name by which list and plan were asked: as the client asked for it, without a provider before it. Empty: just
-- as asked for. NULL in rows of before it was kept.
ALTER TABLE usage_events ADD COLUMN priced_model text;

-- What was sent upstream is the platform's to know where the account is: then it stands here, and no longer on the event.
ALTER TABLE platform_costs ADD COLUMN upstream_model text NOT NULL DEFAULT '';

CREATE OR REPLACE VIEW account_days_due WITH (security_invoker = true) AS
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
    SELECT p.tenant_id, p.account_id, e.tenant_id, e.request_id, e.platform, e.model,
           CASE WHEN p.upstream_model = '' THEN e.upstream_model ELSE p.upstream_model END, 1,
           (e.quality = 'estimated')::integer, (e.status = 'unknown')::integer, e.input_tokens, e.output_tokens,
           e.cache_write_5m_tokens, e.cache_write_1h_tokens, e.cache_read_tokens, e.charge_nano, p.cost_nano
    FROM platform_costs p JOIN usage_events e ON e.tenant_id = p.customer_tenant_id AND e.request_id = p.request_id
    WHERE NOT p.correction
    UNION ALL
    SELECT p.tenant_id, p.account_id, e.tenant_id, e.request_id, e.platform, e.model,
           CASE WHEN p.upstream_model = '' THEN e.upstream_model ELSE p.upstream_model END, 0, 0, 0, 0, 0, 0,
           0, 0, 0, p.cost_nano
    FROM platform_costs p JOIN usage_events e ON e.tenant_id = p.customer_tenant_id AND e.request_id = p.request_id
    WHERE p.correction
    UNION ALL
    SELECT p.tenant_id, p.account_id, e.tenant_id, e.request_id, e.platform, e.model,
           CASE WHEN p.upstream_model = '' THEN e.upstream_model ELSE p.upstream_model END, 0, 0, 0,
           c.input_tokens, c.output_tokens, c.cache_write_5m_tokens, c.cache_write_1h_tokens, c.cache_read_tokens,
           c.charge_nano, 0
    FROM platform_costs p
    JOIN usage_events e ON e.tenant_id = p.customer_tenant_id AND e.request_id = p.request_id
    JOIN usage_corrections c ON c.tenant_id = e.tenant_id AND c.request_id = e.request_id
    WHERE NOT p.correction) AS line
  GROUP BY 1, 2, 3, 4, 5, 6;

-- What is charged for a request that was given back is not put right once more: re-pricing has to know.
CREATE POLICY by_settlement ON billing_disputes FOR SELECT TO tollgate_settle USING (true);
GRANT SELECT ON billing_disputes TO tollgate_settle;

-- Months that came to less than a cent have no invoice: what they left over stands in a later month's, once.
CREATE TABLE billing_carried (
  tenant_id   uuid NOT NULL,
  month       date NOT NULL,
  -- The invoice that took it in.
  document_id uuid NOT NULL,
  amount_nano bigint NOT NULL CHECK (amount_nano <> 0),
  PRIMARY KEY (tenant_id, month),
  FOREIGN KEY (tenant_id, month) REFERENCES billing_periods,
  FOREIGN KEY (tenant_id, document_id) REFERENCES billing_documents (tenant_id, document_id)
);
CREATE TRIGGER billing_carried_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON billing_carried
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();
SELECT protect_tenant_table('billing_carried', 'SELECT, INSERT', '', 'SELECT');

-- Whether the operator has said tax and terms: before that no invoice is issued. And since when invoices go out by
-- themselves: months that were closed before are the organisation's own to invoice.
ALTER TABLE billing_profiles
  ADD COLUMN terms_set  boolean NOT NULL DEFAULT false,
  ADD COLUMN send_since timestamptz;
-- The owner of the tables may not be a superuser, so it is let through for the moment.
ALTER TABLE billing_profiles NO FORCE ROW LEVEL SECURITY;
ALTER TABLE billing_documents NO FORCE ROW LEVEL SECURITY;
UPDATE billing_profiles p
SET terms_set = tax_ppm > 0 OR reverse_charge OR post_paid
                OR EXISTS (SELECT FROM billing_documents d WHERE d.tenant_id = p.tenant_id),
    send_since = CASE WHEN send_by_itself THEN updated_at END;
ALTER TABLE billing_profiles FORCE ROW LEVEL SECURITY;
ALTER TABLE billing_documents FORCE ROW LEVEL SECURITY;
ALTER TABLE billing_profiles ADD CHECK (send_by_itself = (send_since IS NOT NULL));

-- Months are closed in their order and without a gap. One before the first, where a zone's change put a request, has
-- nothing that could still be booked into it.
CREATE OR REPLACE FUNCTION month_is_closed(tenant uuid, first_day date) RETURNS boolean
  LANGUAGE sql STABLE SET search_path = public, pg_temp
  AS $$ SELECT EXISTS (SELECT 1 FROM billing_periods p WHERE p.tenant_id = tenant AND p.month >= first_day) $$;
