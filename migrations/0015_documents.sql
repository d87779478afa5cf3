-- Months that are closed, what their statements say, the documents made of them, and letters that go out.

-- Booking times of a tenant only grow, under the lock of its chain's end, and none lies in a closed month.
ALTER TABLE ledger_heads
  ADD COLUMN last_booked_at timestamptz,
  -- The end of the last month that was closed.
  ADD COLUMN closed_until timestamptz;
GRANT UPDATE (last_booked_at, closed_until) ON ledger_heads TO tollgate_app;
CREATE INDEX ledger_transfers_by_time ON ledger_transfers (tenant_id, booked_at);
CREATE INDEX ledger_batches_by_time ON ledger_batches (tenant_id, booked_at);

-- Whoever books holds the end of the chain, so that a month can't close beneath them; the share lock is for code that
-- forgot to.
CREATE FUNCTION refuse_closed_period() RETURNS trigger
  LANGUAGE plpgsql SET search_path = public, pg_temp
  AS $$
DECLARE
  late record;
BEGIN
  FOR late IN
    SELECT h.closed_until, i.booked_at FROM ledger_heads h JOIN inserted i ON i.tenant_id = h.tenant_id FOR SHARE OF h
  LOOP
    IF late.booked_at < late.closed_until THEN
      RAISE EXCEPTION 'the period until % is closed; % lies in it', late.closed_until, late.booked_at
        USING ERRCODE = 'restrict_violation';
    END IF;
  END LOOP;
  RETURN NULL;
END
$$;
CREATE TRIGGER ledger_batches_after_close AFTER INSERT ON ledger_batches REFERENCING NEW TABLE AS inserted
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_period();
CREATE TRIGGER ledger_transfers_after_close AFTER INSERT ON ledger_transfers REFERENCING NEW TABLE AS inserted
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_period();

CREATE FUNCTION refuse_reopening() RETURNS trigger
  LANGUAGE plpgsql
  AS $$
BEGIN
  IF OLD.closed_until IS NOT NULL AND (NEW.closed_until IS NULL OR NEW.closed_until < OLD.closed_until) THEN
    RAISE EXCEPTION 'a closed period stays closed' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER ledger_heads_stay_closed BEFORE UPDATE OF closed_until ON ledger_heads
  FOR EACH ROW EXECUTE FUNCTION refuse_reopening();

-- Of documents that are reversed, paid or carry tax.
ALTER TABLE ledger_transfers DROP CONSTRAINT ledger_transfers_kind_check;
ALTER TABLE ledger_transfers ADD CONSTRAINT ledger_transfers_kind_check
  CHECK (kind IN ('top_up', 'promotion', 'usage', 'correction', 'refund', 'adjustment', 'upstream_cost', 'voucher',
                  'tax', 'rounding', 'payment', 'credit_note'))
  NOT VALID;

-- A month that is closed, and its statement. What is not here is open. The edges are instants, computed by the gateway.
CREATE TABLE billing_periods (
  tenant_id  uuid NOT NULL REFERENCES tenants,
  -- The first day of the month in the organisation's zone.
  month      date NOT NULL CHECK (extract(day FROM month) = 1),
  starts_at  timestamptz NOT NULL,
  ends_at    timestamptz NOT NULL,
  time_zone  text NOT NULL,
  closed_at  timestamptz NOT NULL,
  closed_by  text NOT NULL,
  -- The batches booked in it, for the lists behind its figures; NULL where there are none.
  first_batch bigint,
  last_batch  bigint,
  -- Figures for lists; all of them stand in the statement.
  opening_nano bigint NOT NULL,
  usage_nano   bigint NOT NULL,
  closing_nano bigint NOT NULL,
  -- The statement as JSON text, and its SHA-256.
  statement  text NOT NULL,
  hash       bytea NOT NULL CHECK (length(hash) = 32),
  PRIMARY KEY (tenant_id, month),
  CHECK (starts_at < ends_at AND closed_at >= ends_at)
);
CREATE TRIGGER billing_periods_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON billing_periods
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();

-- To whom and how an organisation is billed; the platform's own row is the issuer.
CREATE TABLE billing_profiles (
  tenant_id     uuid PRIMARY KEY REFERENCES tenants,
  legal_name    text NOT NULL DEFAULT '' CHECK (length(legal_name) <= 200),
  address       text NOT NULL DEFAULT '' CHECK (length(address) <= 1000),
  tax_id        text NOT NULL DEFAULT '' CHECK (length(tax_id) <= 50),
  contact_name  text NOT NULL DEFAULT '' CHECK (length(contact_name) <= 200),
  contact_email text NOT NULL DEFAULT '' CHECK (length(contact_email) <= 254),
  -- The second currency that documents show, ISO 4217; USD: none.
  currency      text NOT NULL DEFAULT 'USD' CHECK (currency ~ '^[A-Z]{3}$'),
  language      text NOT NULL DEFAULT 'en' CHECK (language IN ('en', 'zh-CN')),
  send_by_itself boolean NOT NULL DEFAULT false,
  -- The operator's to say: tax in millionths, who owes it, and whether usage is paid before or after.
  tax_ppm       integer NOT NULL DEFAULT 0 CHECK (tax_ppm BETWEEN 0 AND 1000000),
  reverse_charge boolean NOT NULL DEFAULT false,
  post_paid     boolean NOT NULL DEFAULT false,
  payment_days  integer NOT NULL DEFAULT 14 CHECK (payment_days BETWEEN 0 AND 180),
  -- Of the issuer alone.
  brand_name    text NOT NULL DEFAULT '' CHECK (length(brand_name) <= 100),
  brand_colour  text NOT NULL DEFAULT '#1f2937' CHECK (brand_colour ~ '^#[0-9a-f]{6}$'),
  bank_details  text NOT NULL DEFAULT '' CHECK (length(bank_details) <= 1000),
  logo_png      bytea CHECK (length(logo_png) <= 65536),
  version       bigint NOT NULL DEFAULT 1,
  updated_at    timestamptz NOT NULL,
  CHECK (NOT (reverse_charge AND tax_ppm > 0))
);

-- Invoices and credit notes, as they were issued.
CREATE TABLE billing_documents (
  tenant_id   uuid NOT NULL REFERENCES tenants,
  document_id uuid NOT NULL,
  kind        text NOT NULL CHECK (kind IN ('invoice', 'credit_note')),
  number      text NOT NULL CHECK (length(number) BETWEEN 1 AND 60),
  month       date NOT NULL,
  -- The invoice that a credit note is for.
  invoice_id  uuid,
  post_paid   boolean NOT NULL,
  net_cents   bigint NOT NULL CHECK (net_cents >= 0),
  tax_cents   bigint NOT NULL CHECK (tax_cents >= 0),
  total_cents bigint NOT NULL CHECK (total_cents >= 0),
  due_on      date,
  -- The document as JSON text, and its SHA-256.
  content     text NOT NULL,
  hash        bytea NOT NULL CHECK (length(hash) = 32),
  issued_at   timestamptz NOT NULL,
  issued_by   text NOT NULL,
  PRIMARY KEY (tenant_id, document_id),
  UNIQUE (tenant_id, number),
  FOREIGN KEY (tenant_id, month) REFERENCES billing_periods,
  FOREIGN KEY (tenant_id, invoice_id) REFERENCES billing_documents (tenant_id, document_id),
  CHECK ((kind = 'credit_note') = (invoice_id IS NOT NULL)),
  CHECK (total_cents = net_cents + tax_cents)
);
CREATE UNIQUE INDEX billing_documents_one_invoice ON billing_documents (tenant_id, month) WHERE kind = 'invoice';
CREATE INDEX billing_documents_of_invoice ON billing_documents (tenant_id, invoice_id) WHERE invoice_id IS NOT NULL;
CREATE TRIGGER billing_documents_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON billing_documents
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();

-- What was paid of invoices that are paid afterwards.
CREATE TABLE billing_payments (
  tenant_id    uuid NOT NULL,
  payment_id   uuid NOT NULL,
  document_id  uuid NOT NULL,
  amount_cents bigint NOT NULL CHECK (amount_cents > 0),
  reference    text NOT NULL CHECK (length(reference) BETWEEN 1 AND 200),
  transfer_id  uuid NOT NULL,
  recorded_by  text NOT NULL,
  recorded_at  timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, payment_id),
  UNIQUE (tenant_id, document_id, reference),
  FOREIGN KEY (tenant_id, document_id) REFERENCES billing_documents,
  FOREIGN KEY (tenant_id, transfer_id) REFERENCES ledger_transfers
);

-- What an organisation does not agree with: a line of a statement, or one request of it.
CREATE TABLE billing_disputes (
  tenant_id    uuid NOT NULL,
  dispute_id   uuid NOT NULL,
  month        date NOT NULL,
  model        text NOT NULL,
  cost_centre  text NOT NULL,
  late         boolean NOT NULL,
  request_id   uuid,
  amount_nano  bigint NOT NULL CHECK (amount_nano > 0),
  reason       text NOT NULL CHECK (length(reason) BETWEEN 1 AND 1000),
  status       text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'accepted', 'declined')),
  answer       text NOT NULL DEFAULT '' CHECK (length(answer) <= 1000),
  credit_note_id uuid,
  opened_by    text NOT NULL,
  opened_at    timestamptz NOT NULL,
  decided_by   text,
  decided_at   timestamptz,
  PRIMARY KEY (tenant_id, dispute_id),
  FOREIGN KEY (tenant_id, month) REFERENCES billing_periods,
  FOREIGN KEY (tenant_id, credit_note_id) REFERENCES billing_documents (tenant_id, document_id),
  CHECK ((status = 'accepted') = (credit_note_id IS NOT NULL)),
  CHECK ((status = 'open') = (decided_at IS NULL))
);
-- The same thing is disputed once at a time, and never again once it was accepted.
CREATE UNIQUE INDEX billing_disputes_once ON billing_disputes
  (tenant_id, month, model, cost_centre, late, (COALESCE(request_id, '00000000-0000-0000-0000-000000000000')))
  WHERE status <> 'declined';

-- Letters, written in the transaction of what they tell and sent by a job.
CREATE TABLE mail_outbox (
  tenant_id   uuid NOT NULL REFERENCES tenants,
  mail_id     uuid NOT NULL,
  -- What it is about, such as `invoice`, and its id.
  about       text NOT NULL CHECK (length(about) BETWEEN 1 AND 50),
  about_id    uuid,
  recipient   text NOT NULL CHECK (length(recipient) BETWEEN 3 AND 254),
  subject     text NOT NULL CHECK (length(subject) BETWEEN 1 AND 200),
  body        text NOT NULL CHECK (length(body) <= 20000),
  file_names  text[] NOT NULL DEFAULT '{}',
  file_types  text[] NOT NULL DEFAULT '{}',
  file_bytes  bytea[] NOT NULL DEFAULT '{}',
  status      text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'sent', 'failed')),
  attempts    integer NOT NULL DEFAULT 0,
  next_at     timestamptz NOT NULL,
  last_error  text NOT NULL DEFAULT '',
  created_at  timestamptz NOT NULL,
  sent_at     timestamptz,
  PRIMARY KEY (tenant_id, mail_id),
  CHECK (cardinality(file_names) = cardinality(file_types) AND cardinality(file_names) = cardinality(file_bytes)),
  CHECK ((status = 'sent') = (sent_at IS NOT NULL))
);
CREATE INDEX mail_outbox_due ON mail_outbox (next_at) WHERE status = 'queued';
CREATE INDEX mail_outbox_about ON mail_outbox (tenant_id, about_id) WHERE about_id IS NOT NULL;

SELECT protect_tenant_table('billing_periods', 'SELECT, INSERT', 'SELECT', 'SELECT');
SELECT protect_tenant_table('billing_profiles', 'SELECT, INSERT, UPDATE', '', 'SELECT');
SELECT protect_tenant_table('billing_documents', 'SELECT, INSERT', '', 'SELECT');
SELECT protect_tenant_table('billing_payments', 'SELECT, INSERT', '', '');
SELECT protect_tenant_table('billing_disputes', 'SELECT, INSERT, UPDATE', '', '');
SELECT protect_tenant_table('mail_outbox', 'SELECT, INSERT', '', 'SELECT, UPDATE');

CREATE OR REPLACE FUNCTION month_is_closed(tenant uuid, first_day date) RETURNS boolean
  LANGUAGE sql STABLE SET search_path = public, pg_temp
  AS $$ SELECT EXISTS (SELECT 1 FROM billing_periods p WHERE p.tenant_id = tenant AND p.month = first_day) $$;

-- The platform's own rows, for the function below: whoever owns the tables need not be a superuser.
CREATE POLICY by_owner ON billing_profiles FOR SELECT TO CURRENT_USER
  USING (tenant_id = '00000000-0000-7000-8000-000000000001');
CREATE POLICY by_owner ON tenants FOR SELECT TO CURRENT_USER
  USING (tenant_id = '00000000-0000-7000-8000-000000000001');

-- Who issues: told to every organisation on its documents, so no secret.
CREATE FUNCTION billing_issuer()
  RETURNS TABLE (legal_name text, address text, tax_id text, contact_email text, brand_name text, brand_colour text,
                 bank_details text, logo_png bytea, time_zone text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$
    SELECT p.legal_name, p.address, p.tax_id, p.contact_email, p.brand_name, p.brand_colour, p.bank_details, p.logo_png,
           t.time_zone
    FROM billing_profiles p JOIN tenants t ON t.tenant_id = p.tenant_id
    WHERE p.tenant_id = '00000000-0000-7000-8000-000000000001'
  $$;

-- The last number of each series and year. A number is taken in the transaction that issues its document, under the
-- row's lock: so there are no gaps, and none comes twice.
CREATE TABLE document_series (
  series  text NOT NULL CHECK (series IN ('invoice', 'credit_note')),
  year    integer NOT NULL CHECK (year BETWEEN 2000 AND 2200),
  last_no bigint NOT NULL CHECK (last_no > 0),
  PRIMARY KEY (series, year)
);
CREATE FUNCTION next_document_number(of_series text, in_year integer) RETURNS bigint
  LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$
    INSERT INTO document_series AS s (series, year, last_no) VALUES (of_series, in_year, 1)
    ON CONFLICT (series, year) DO UPDATE SET last_no = s.last_no + 1
    RETURNING last_no
  $$;

-- What a dollar costs on a day. Everybody may read it; the platform alone writes it, and never changes a rate.
CREATE TABLE exchange_rates (
  currency   text NOT NULL CHECK (currency ~ '^[A-Z]{3}$' AND currency <> 'USD'),
  on_day     date NOT NULL,
  -- Units of the currency for a dollar, in billionths.
  rate_nano  bigint NOT NULL CHECK (rate_nano > 0),
  source     text NOT NULL CHECK (length(source) BETWEEN 1 AND 200),
  entered_by text NOT NULL,
  entered_at timestamptz NOT NULL,
  PRIMARY KEY (currency, on_day)
);
GRANT SELECT ON exchange_rates TO tollgate_app;
CREATE FUNCTION enter_exchange_rate(of_currency text, for_day date, nano bigint, told_by text, author text, at timestamptz)
  RETURNS text
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$
BEGIN
  IF current_tenant() IS DISTINCT FROM '00000000-0000-7000-8000-000000000001' THEN
    RAISE EXCEPTION 'rates are the platform''s' USING ERRCODE = 'insufficient_privilege';
  END IF;
  INSERT INTO exchange_rates VALUES (of_currency, for_day, nano, told_by, author, at) ON CONFLICT DO NOTHING;
  IF FOUND THEN
    RETURN 'new';
  END IF;
  RETURN (SELECT CASE WHEN r.rate_nano = nano THEN 'same' ELSE 'other' END
          FROM exchange_rates r WHERE r.currency = of_currency AND r.on_day = for_day);
END
$$;
GRANT EXECUTE ON FUNCTION billing_issuer(), next_document_number(text, integer),
  enter_exchange_rate(text, date, bigint, text, text, timestamptz) TO tollgate_app;
