-- The double-entry ledger, the wallet's budget and its leases, and the nodes that settle.
-- All amounts are nano-USD.

-- Every tenant has its full set; a platform total is a sum over tenants, never a stored balance.
CREATE TABLE ledger_accounts (
  tenant_id    uuid NOT NULL REFERENCES tenants,
  code         text NOT NULL CHECK (code IN ('wallet', 'cash', 'revenue', 'promotion', 'tax', 'vouchers', 'rounding',
                                             'adjustments', 'upstream_cost', 'upstream_payable')),
  -- Credits minus debits; over all of a tenant's ledger accounts the sum is zero.
  balance_nano bigint NOT NULL DEFAULT 0,
  updated_at   timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, code)
);

-- One chain of batches per tenant; the head row is the lock that orders them.
CREATE TABLE ledger_heads (
  tenant_id uuid PRIMARY KEY REFERENCES tenants,
  last_no   bigint NOT NULL DEFAULT 0,
  last_hash bytea NOT NULL DEFAULT '\x0000000000000000000000000000000000000000000000000000000000000000'
            CHECK (length(last_hash) = 32)
);

CREATE TABLE ledger_batches (
  tenant_id   uuid NOT NULL REFERENCES tenants,
  batch_no    bigint NOT NULL CHECK (batch_no > 0),
  -- Version of the canonical encoding under the hash.
  encoding    smallint NOT NULL,
  events      integer NOT NULL,
  charge_nano bigint NOT NULL,
  node_id     uuid NOT NULL,
  epoch       bigint NOT NULL,
  prev_hash   bytea NOT NULL CHECK (length(prev_hash) = 32),
  hash        bytea NOT NULL CHECK (length(hash) = 32),
  booked_at   timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, batch_no)
);

CREATE TABLE ledger_transfers (
  tenant_id       uuid NOT NULL,
  transfer_id     uuid NOT NULL,
  kind            text NOT NULL CHECK (kind IN ('top_up', 'promotion', 'usage', 'correction', 'refund', 'adjustment', 'upstream_cost')),
  -- The amount leaves from_code (debit) and reaches to_code (credit).
  from_code       text NOT NULL,
  to_code         text NOT NULL,
  amount_nano     bigint NOT NULL CHECK (amount_nano > 0),
  batch_no        bigint,
  reason          text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
  author          text NOT NULL CHECK (length(author) BETWEEN 1 AND 200),
  -- The same key again is the same transfer, not another one.
  idempotency_key text NOT NULL CHECK (length(idempotency_key) BETWEEN 1 AND 200),
  booked_at       timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, transfer_id),
  UNIQUE (tenant_id, idempotency_key),
  CHECK (from_code <> to_code),
  FOREIGN KEY (tenant_id, from_code) REFERENCES ledger_accounts (tenant_id, code),
  FOREIGN KEY (tenant_id, to_code) REFERENCES ledger_accounts (tenant_id, code),
  FOREIGN KEY (tenant_id, batch_no) REFERENCES ledger_batches
);
CREATE INDEX ledger_transfers_by_batch ON ledger_transfers (tenant_id, batch_no) WHERE batch_no IS NOT NULL;

CREATE TRIGGER ledger_batches_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_batches
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();
CREATE TRIGGER ledger_transfers_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_transfers
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();

CREATE TABLE budgets (
  tenant_id  uuid NOT NULL REFERENCES tenants,
  budget_id  uuid NOT NULL,
  kind       text NOT NULL CHECK (kind IN ('wallet')),
  created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, budget_id)
);
CREATE UNIQUE INDEX budgets_one_wallet ON budgets (tenant_id) WHERE kind = 'wallet';

-- The wallet has one endless period (period_start is the epoch); its limit is what was ever paid in, less refunds.
-- limit − granted is what nodes may still draw; granted ≤ limit is checked where granted grows.
CREATE TABLE budget_periods (
  tenant_id    uuid NOT NULL,
  budget_id    uuid NOT NULL,
  period_start timestamptz NOT NULL,
  limit_nano   bigint NOT NULL DEFAULT 0,
  granted_nano bigint NOT NULL DEFAULT 0 CHECK (granted_nano >= 0),
  PRIMARY KEY (tenant_id, budget_id, period_start),
  FOREIGN KEY (tenant_id, budget_id) REFERENCES budgets
);

-- What a node of one epoch drew. settled is written in settlement by its own node alone; of it, what single requests
-- cost beyond their reservation is counted in overrun as well. A lease never comes back by time: only from its own node
-- or a replayed journal; closing it sets granted to settled and moves the difference back to the period.
CREATE TABLE budget_leases (
  tenant_id    uuid NOT NULL,
  budget_id    uuid NOT NULL,
  period_start timestamptz NOT NULL,
  node_id      uuid NOT NULL,
  epoch        bigint NOT NULL,
  granted_nano bigint NOT NULL DEFAULT 0 CHECK (granted_nano >= 0),
  settled_nano bigint NOT NULL DEFAULT 0,
  overrun_nano bigint NOT NULL DEFAULT 0 CHECK (overrun_nano >= 0),
  updated_at   timestamptz NOT NULL,
  closed_at    timestamptz,
  PRIMARY KEY (tenant_id, budget_id, period_start, node_id, epoch),
  FOREIGN KEY (tenant_id, budget_id, period_start) REFERENCES budget_periods
);
CREATE INDEX budget_leases_by_node ON budget_leases (node_id, epoch) WHERE closed_at IS NULL;

-- A node is a journal folder; each start is a new epoch. Fenced: nothing of that epoch may be settled by itself any more.
CREATE TABLE node_epochs (
  node_id      uuid NOT NULL,
  epoch        bigint NOT NULL,
  host         text NOT NULL DEFAULT '',
  version      text NOT NULL DEFAULT '',
  started_at   timestamptz NOT NULL,
  heartbeat_at timestamptz NOT NULL,
  fenced_at    timestamptz,
  closed_at    timestamptz,
  -- How many requests its journal ever opened; known once it is closed. Each has an event or a dead letter.
  requests     bigint CHECK (requests >= 0),
  PRIMARY KEY (node_id, epoch)
);
CREATE INDEX node_epochs_open ON node_epochs (heartbeat_at) WHERE closed_at IS NULL;

-- An entry that could not be booked ('poison') or that differs from what is booked under its id ('conflict').
-- No foreign keys: whatever is wrong with it, it must find room here.
CREATE TABLE settle_dead_letters (
  tenant_id   uuid NOT NULL,
  request_id  uuid NOT NULL,
  kind        text NOT NULL CHECK (kind IN ('poison', 'conflict')),
  entry       jsonb NOT NULL,
  error       text NOT NULL,
  node_id     uuid NOT NULL,
  epoch       bigint NOT NULL,
  created_at  timestamptz NOT NULL,
  resolved_at timestamptz,
  resolved_by text,
  PRIMARY KEY (tenant_id, request_id, kind)
);

SELECT protect_tenant_table('ledger_accounts', 'SELECT, INSERT, UPDATE', 'SELECT, INSERT, UPDATE', 'SELECT');
SELECT protect_tenant_table('ledger_heads', 'SELECT, INSERT', 'SELECT, INSERT, UPDATE', 'SELECT');
SELECT protect_tenant_table('ledger_batches', 'SELECT', 'SELECT, INSERT', 'SELECT');
SELECT protect_tenant_table('ledger_transfers', 'SELECT, INSERT', 'SELECT, INSERT', 'SELECT');
SELECT protect_tenant_table('budgets', 'SELECT, INSERT', 'SELECT, INSERT', 'SELECT');
SELECT protect_tenant_table('budget_periods', 'SELECT, INSERT, UPDATE', 'SELECT, INSERT, UPDATE', 'SELECT');
SELECT protect_tenant_table('budget_leases', 'SELECT', 'SELECT, INSERT, UPDATE', 'SELECT');
SELECT protect_tenant_table('settle_dead_letters', '', 'SELECT, INSERT', 'SELECT, UPDATE');
GRANT SELECT, INSERT, UPDATE ON node_epochs TO tollgate_settle;
GRANT SELECT ON node_epochs TO tollgate_jobs;
