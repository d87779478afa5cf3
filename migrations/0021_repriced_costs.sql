-- What a re-pricing changed of what the upstream costs, in the platform's own books; and verifications of the books as they
-- were run.

-- NULL: the request's own cost, or what its exact figures came to beside an estimate.
ALTER TABLE platform_costs ADD COLUMN repricing_id uuid;

-- Where only costs changed, nothing is booked in the customer's chain.
ALTER TABLE ledger_repricings ALTER COLUMN batch_no DROP NOT NULL;
CREATE INDEX ledger_repricings_by_time ON ledger_repricings (booked_at, repricing_id);

-- The platform's side of a re-pricing. It stands apart from ledger_repricings, which are the customer's rows: no customer
-- reads costs.
CREATE TABLE platform_repricings (
  tenant_id          uuid NOT NULL CHECK (tenant_id = '00000000-0000-7000-8000-000000000001') REFERENCES tenants,
  repricing_id       uuid NOT NULL,
  customer_tenant_id uuid NOT NULL,
  -- Requests whose cost it changed, what was booked of them before, and after.
  events             bigint NOT NULL CHECK (events > 0),
  old_nano           bigint NOT NULL,
  new_nano           bigint NOT NULL,
  -- Of the platform's chain.
  batch_no           bigint NOT NULL,
  booked_at          timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, repricing_id)
);
CREATE TRIGGER platform_repricings_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON platform_repricings
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();
SELECT protect_tenant_table('platform_repricings', 'SELECT', 'SELECT, INSERT', 'SELECT');

-- What each node's journal holds, as of its last heartbeat.
ALTER TABLE node_epochs
  ADD COLUMN journal_requests   bigint CHECK (journal_requests >= 0),
  ADD COLUMN journal_oldest_at  timestamptz,
  ADD COLUMN journal_free_bytes bigint CHECK (journal_free_bytes >= 0);

-- Verifications of all books: asked for by an operator or by the day's turn, run by a node, and what they found. Platform-wide,
-- as seals are.
CREATE TABLE ledger_verifications (
  verification_id uuid PRIMARY KEY,
  scope           text NOT NULL CHECK (scope IN ('whole', 'since_seal', 'quick')),
  -- Whose wish it is; '' is the day's own turn.
  author          text NOT NULL CHECK (length(author) <= 200),
  asked_at        timestamptz NOT NULL,
  -- Since when a node runs it.
  started_at      timestamptz,
  finished_at     timestamptz,
  tenants         bigint CHECK (tenants >= 0),
  -- Rows looked at, per check.
  checks          jsonb NOT NULL DEFAULT '{}',
  -- The first row of each check and tenant that does not fit.
  failures        jsonb NOT NULL DEFAULT '[]',
  -- Why it could not be run to its end.
  error           text,
  CHECK (finished_at IS NULL OR started_at IS NOT NULL)
);
CREATE INDEX ledger_verifications_by_time ON ledger_verifications (asked_at, verification_id);
-- One at a time: they read everything.
CREATE UNIQUE INDEX ledger_verifications_waiting ON ledger_verifications ((true)) WHERE finished_at IS NULL;
GRANT SELECT, INSERT, UPDATE ON ledger_verifications TO tollgate_jobs;
