-- What makes the books provable outside the database, and what happens to them with age: the installation's signing keys,
-- daily seals, re-pricings, months that were dropped, tenants' own retention, and dead letters that are worked off.

-- Ed25519 keys of the installation. The seed is sealed under the platform tenant's data key; public keys stay for ever.
CREATE TABLE signing_keys (
  tenant_id   uuid NOT NULL REFERENCES tenants CHECK (tenant_id = '00000000-0000-7000-8000-000000000001'),
  key_id      uuid NOT NULL,
  public_key  bytea NOT NULL CHECK (length(public_key) = 32),
  sealed_seed bytea NOT NULL,
  created_at  timestamptz NOT NULL,
  retired_at  timestamptz,
  PRIMARY KEY (tenant_id, key_id)
);
CREATE UNIQUE INDEX signing_keys_one_current ON signing_keys (tenant_id) WHERE retired_at IS NULL;
SELECT protect_tenant_table('signing_keys', 'SELECT, INSERT, UPDATE', '', '');

-- The month of UTC in which a UUIDv7 was minted: that of its partition.
CREATE FUNCTION uuid7_month(id uuid) RETURNS date
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$
    SELECT date_trunc('month', to_timestamp(('x' || replace(left(id::text, 13), '-', ''))::bit(48)::bigint / 1000)
                               AT TIME ZONE 'UTC')::date
  $$;
GRANT EXECUTE ON FUNCTION uuid7_month(uuid) TO tollgate_app, tollgate_settle, tollgate_jobs;

-- Seals. A seal is a document: a head, a line for each chain that moved since the seal before, and a signed end. It is
-- written to files and sent away; what stands here is the same text, so that it can be compared with what was sent.
-- Platform-wide: nobody but the jobs reads it, and a tenant's own lines stand in ledger_seal_chains.
CREATE TABLE ledger_seals (
  seal_no   bigint PRIMARY KEY CHECK (seal_no > 0),
  sealed_at timestamptz NOT NULL,
  chains    integer NOT NULL CHECK (chains >= 0),
  -- The first line.
  head      text NOT NULL,
  -- SHA-256 of the seal before (32 zero bytes: there is none), and of this one's head and chains.
  prev_hash bytea NOT NULL CHECK (length(prev_hash) = 32),
  hash      bytea NOT NULL CHECK (length(hash) = 32),
  key_id    uuid NOT NULL,
  signature bytea NOT NULL CHECK (length(signature) = 64)
);
CREATE TRIGGER ledger_seals_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_seals
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();
GRANT SELECT, INSERT ON ledger_seals TO tollgate_jobs;

CREATE TABLE ledger_seal_chains (
  tenant_id uuid NOT NULL REFERENCES tenants,
  seal_no   bigint NOT NULL REFERENCES ledger_seals,
  last_no   bigint NOT NULL CHECK (last_no >= 0),
  last_hash bytea NOT NULL CHECK (length(last_hash) = 32),
  -- Transfers outside batches that were booked before this are in the line.
  transfers_before timestamptz NOT NULL,
  -- The line as it stands in the document.
  line      text NOT NULL,
  PRIMARY KEY (tenant_id, seal_no)
);
CREATE TRIGGER ledger_seal_chains_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_seal_chains
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();

-- What a tenant's rows of one month (of UTC, by the request's own time, as the partitions are) come to, from the chain's
-- beginning up to the seal; a month stands here again whenever it has changed. Corrections count for the month of their
-- request, costs are the platform's own.
CREATE TABLE ledger_seal_months (
  tenant_id             uuid NOT NULL,
  seal_no               bigint NOT NULL,
  month                 date NOT NULL CHECK (extract(day FROM month) = 1),
  events                bigint NOT NULL,
  corrections           bigint NOT NULL,
  input_tokens          bigint NOT NULL,
  output_tokens         bigint NOT NULL,
  cache_write_5m_tokens bigint NOT NULL,
  cache_write_1h_tokens bigint NOT NULL,
  cache_read_tokens     bigint NOT NULL,
  -- Events and corrections together, as are the tokens.
  charge_nano           bigint NOT NULL,
  -- Of corrections, those above zero.
  corrected_up_nano     bigint NOT NULL,
  duration_ms           bigint NOT NULL,
  costs                 bigint NOT NULL,
  cost_nano             bigint NOT NULL,
  PRIMARY KEY (tenant_id, month, seal_no),
  FOREIGN KEY (tenant_id, seal_no) REFERENCES ledger_seal_chains
);
CREATE TRIGGER ledger_seal_months_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_seal_months
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();
SELECT protect_tenant_table('ledger_seal_chains', 'SELECT', '', 'SELECT, INSERT');
SELECT protect_tenant_table('ledger_seal_months', 'SELECT', '', 'SELECT, INSERT');

-- Where each seal has to go, and whether it has arrived.
CREATE TABLE ledger_seal_deliveries (
  seal_no         bigint NOT NULL REFERENCES ledger_seals,
  place           text NOT NULL CHECK (place IN ('folder', 'webhook')),
  attempts        integer NOT NULL DEFAULT 0,
  last_error      text NOT NULL DEFAULT '',
  next_attempt_at timestamptz NOT NULL,
  delivered_at    timestamptz,
  PRIMARY KEY (seal_no, place)
);
CREATE INDEX ledger_seal_deliveries_due ON ledger_seal_deliveries (next_attempt_at) WHERE delivered_at IS NULL;
GRANT SELECT, INSERT, UPDATE ON ledger_seal_deliveries TO tollgate_jobs;

-- Corrections point at what they correct.
ALTER TABLE ledger_transfers
  ADD COLUMN corrects_transfer_id uuid,
  ADD CONSTRAINT ledger_transfers_corrects FOREIGN KEY (tenant_id, corrects_transfer_id)
    REFERENCES ledger_transfers (tenant_id, transfer_id);
CREATE INDEX ledger_transfers_by_corrected ON ledger_transfers (tenant_id, corrects_transfer_id)
  WHERE corrects_transfer_id IS NOT NULL;

-- A past period priced anew: one batch of corrections, once.
CREATE TABLE ledger_repricings (
  tenant_id    uuid NOT NULL REFERENCES tenants,
  repricing_id uuid NOT NULL,
  -- Requests of this time were looked at; of this model alone, or of all where it is ''.
  from_time    timestamptz NOT NULL,
  to_time      timestamptz NOT NULL CHECK (to_time > from_time),
  model        text NOT NULL DEFAULT '',
  reason       text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
  author       text NOT NULL CHECK (length(author) BETWEEN 1 AND 200),
  -- SHA-256 of what the preview showed: what is applied is what was looked at.
  fingerprint  bytea NOT NULL CHECK (length(fingerprint) = 32),
  events       bigint NOT NULL,
  old_nano     bigint NOT NULL,
  new_nano     bigint NOT NULL,
  -- Of the events, those of months that were closed.
  late_events  bigint NOT NULL,
  batch_no     bigint NOT NULL,
  booked_at    timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, repricing_id)
);
CREATE TRIGGER ledger_repricings_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_repricings
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();
SELECT protect_tenant_table('ledger_repricings', 'SELECT', 'SELECT, INSERT', 'SELECT');

ALTER TABLE usage_corrections
  -- The re-pricing that made it; NULL: an exact figure after its estimate.
  ADD COLUMN repricing_id  uuid,
  -- The arithmetic of the new charge and the version of the price book that it came from.
  ADD COLUMN price_version uuid,
  ADD COLUMN price_lines   jsonb NOT NULL DEFAULT '[]',
  -- Booked when the month of its request was closed: it counts in the month in which it was booked.
  ADD COLUMN late          boolean NOT NULL DEFAULT false;
CREATE TRIGGER usage_corrections_stay BEFORE UPDATE OR TRUNCATE ON usage_corrections
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();

-- Whether a tenant's accounting month (of its own zone) is closed: nothing is booked into it any more.
-- What closes a month comes with the next migration; until then, its end in every zone and a week.
CREATE FUNCTION month_is_closed(tenant uuid, first_day date) RETURNS boolean
  LANGUAGE sql STABLE SET search_path = public, pg_temp
  AS $$ SELECT (first_day + interval '1 month 7 days') AT TIME ZONE 'UTC' < now() $$;
GRANT EXECUTE ON FUNCTION month_is_closed(uuid, date) TO tollgate_app, tollgate_settle, tollgate_jobs;

-- Months whose events were dropped, and what must be known of them so that everything above still adds up.
CREATE TABLE dropped_months (
  tenant_id         uuid NOT NULL REFERENCES tenants,
  month             date NOT NULL,
  seal_no           bigint NOT NULL REFERENCES ledger_seals,
  events            bigint NOT NULL,
  corrections       bigint NOT NULL,
  input_tokens          bigint NOT NULL,
  output_tokens         bigint NOT NULL,
  cache_write_5m_tokens bigint NOT NULL,
  cache_write_1h_tokens bigint NOT NULL,
  cache_read_tokens     bigint NOT NULL,
  charge_nano       bigint NOT NULL,
  corrected_up_nano bigint NOT NULL,
  duration_ms       bigint NOT NULL,
  costs             bigint NOT NULL,
  cost_nano         bigint NOT NULL,
  -- The last day, in the tenant's zone, that any of its events counted for.
  last_date         date,
  dropped_at        timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, month)
);
-- What was dropped of a batch: its events (for the platform: costs) and the sum of what it had of them and of corrections.
CREATE TABLE dropped_batches (
  tenant_id   uuid NOT NULL,
  month       date NOT NULL,
  batch_no    bigint NOT NULL,
  events      bigint NOT NULL,
  charge_nano bigint NOT NULL,
  PRIMARY KEY (tenant_id, batch_no, month),
  FOREIGN KEY (tenant_id, month) REFERENCES dropped_months
);
CREATE TABLE dropped_leases (
  tenant_id    uuid NOT NULL,
  month        date NOT NULL,
  budget_id    uuid NOT NULL,
  period_start timestamptz NOT NULL,
  node_id      uuid NOT NULL,
  epoch        bigint NOT NULL,
  settled_nano bigint NOT NULL,
  overrun_nano bigint NOT NULL,
  PRIMARY KEY (tenant_id, month, budget_id, period_start, node_id, epoch),
  FOREIGN KEY (tenant_id, month) REFERENCES dropped_months
);
CREATE TABLE dropped_epochs (
  tenant_id uuid NOT NULL,
  month     date NOT NULL,
  node_id   uuid NOT NULL,
  epoch     bigint NOT NULL,
  requests  bigint NOT NULL,
  PRIMARY KEY (tenant_id, month, node_id, epoch),
  FOREIGN KEY (tenant_id, month) REFERENCES dropped_months
);
SELECT protect_tenant_table('dropped_months', 'SELECT', 'SELECT', 'SELECT, INSERT');
SELECT protect_tenant_table('dropped_batches', '', '', 'SELECT, INSERT');
SELECT protect_tenant_table('dropped_leases', '', '', 'SELECT, INSERT');
SELECT protect_tenant_table('dropped_epochs', '', '', 'SELECT, INSERT');

-- Drops the events, corrections and costs of a month of UTC. What they come to must have been noted in dropped_months in
-- this very transaction, for every tenant that has any, to the row: else nothing is dropped.
CREATE FUNCTION drop_usage_month(first_day date) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC'
  AS $$
DECLARE
  lower_id uuid := uuid7_floor(first_day::timestamptz);
  upper_id uuid := uuid7_floor((first_day + interval '1 month')::timestamptz);
  child    text;
  parent   text;
BEGIN
  IF first_day <> date_trunc('month', first_day)::date OR first_day + interval '2 months' > now() THEN
    RAISE EXCEPTION '% is not the first day of a month that ended a month ago', first_day;
  END IF;
  -- Nothing may be booked into it between the count and the drop.
  LOCK TABLE usage_events, usage_corrections, platform_costs IN ACCESS EXCLUSIVE MODE;
  -- Whoever owns the tables need not be a superuser: let through for as long as nobody else is.
  ALTER TABLE usage_events NO FORCE ROW LEVEL SECURITY;
  ALTER TABLE usage_corrections NO FORCE ROW LEVEL SECURITY;
  ALTER TABLE platform_costs NO FORCE ROW LEVEL SECURITY;
  ALTER TABLE dropped_months NO FORCE ROW LEVEL SECURITY;
  IF EXISTS (
    SELECT 1 FROM (
      SELECT tenant_id, sum(events)::bigint AS events, sum(corrections)::bigint AS corrections, sum(costs)::bigint AS costs
      FROM (
        SELECT tenant_id, count(*) AS events, 0 AS corrections, 0 AS costs FROM usage_events
        WHERE request_id >= lower_id AND request_id < upper_id GROUP BY tenant_id
        UNION ALL
        SELECT tenant_id, 0, count(*), 0 FROM usage_corrections
        WHERE request_id >= lower_id AND request_id < upper_id GROUP BY tenant_id
        UNION ALL
        SELECT tenant_id, 0, 0, count(*) FROM platform_costs
        WHERE request_id >= lower_id AND request_id < upper_id GROUP BY tenant_id) AS line
      GROUP BY tenant_id) AS there
    FULL JOIN (SELECT tenant_id, events, corrections, costs FROM dropped_months WHERE month = first_day) AS noted
      USING (tenant_id)
    WHERE (there.events, there.corrections, there.costs) IS DISTINCT FROM (noted.events, noted.corrections, noted.costs))
  THEN
    RAISE EXCEPTION 'what is there of % is not what was noted of it', first_day;
  END IF;
  DELETE FROM usage_corrections WHERE request_id >= lower_id AND request_id < upper_id;
  FOREACH parent IN ARRAY ARRAY['usage_events', 'platform_costs'] LOOP
    child := parent || '_' || to_char(first_day, 'YYYY_MM');
    IF to_regclass(child) IS NOT NULL THEN
      EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', parent, child);
      EXECUTE format('DROP TABLE %I', child);
    END IF;
  END LOOP;
  ALTER TABLE usage_events FORCE ROW LEVEL SECURITY;
  ALTER TABLE usage_corrections FORCE ROW LEVEL SECURITY;
  ALTER TABLE platform_costs FORCE ROW LEVEL SECURITY;
  ALTER TABLE dropped_months FORCE ROW LEVEL SECURITY;
END
$$;
GRANT EXECUTE ON FUNCTION drop_usage_month(date) TO tollgate_jobs;

-- A tenant's own, shorter retention of what is personal in its events; NULL: as long as the platform keeps them.
ALTER TABLE tenants ADD COLUMN personal_days integer CHECK (personal_days BETWEEN 1 AND 3650);
-- Up to which request a tenant's personal columns are blank.
CREATE TABLE redaction_marks (
  tenant_id uuid PRIMARY KEY REFERENCES tenants,
  up_to     uuid NOT NULL
);
SELECT protect_tenant_table('redaction_marks', 'SELECT', '', 'SELECT, INSERT, UPDATE');
-- Only what no hash covers: the client's own id and program, and why this account answered. The user stays, as an id
-- without a name: rollups are kept by it.
GRANT UPDATE (client, client_request_id, explanation) ON usage_events TO tollgate_jobs;

-- A plan's rules may go by a key's tags.
CREATE POLICY by_settlement ON api_key_tags FOR SELECT TO tollgate_settle USING (true);
GRANT SELECT ON api_key_tags TO tollgate_settle;

-- Dead letters are worked off: tried again through settlement, or given up with a reason.
ALTER TABLE settle_dead_letters
  ADD COLUMN resolution text CHECK (resolution IN ('booked', 'given_up')),
  ADD COLUMN reason     text CHECK (length(reason) BETWEEN 1 AND 500),
  ADD CONSTRAINT settle_dead_letters_resolved CHECK ((resolved_at IS NULL) = (resolved_by IS NULL));
CREATE INDEX settle_dead_letters_open ON settle_dead_letters (created_at) WHERE resolved_at IS NULL;
GRANT UPDATE (resolved_at, resolved_by, resolution, reason) ON settle_dead_letters TO tollgate_settle;

-- Whoever has settlement book something by hand leaves a line in the audit log in the same transaction.
CREATE POLICY by_settlement ON audit_log FOR INSERT TO tollgate_settle WITH CHECK (true);
GRANT INSERT ON audit_log TO tollgate_settle;
