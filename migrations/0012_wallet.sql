-- Money from outside and what is told of it: the wallet's credit limit, vouchers, payments by providers, notices; and what
-- the management of budgets asks of the database.

-- What an organisation may owe. The wallet's period holds it in its limit beside what was paid in; it is no money, so
-- no transfer tells of it.
ALTER TABLE tenants ADD COLUMN credit_limit_nano bigint NOT NULL DEFAULT 0 CHECK (credit_limit_nano >= 0);

-- NOT VALID: every row passed the narrower rule when it was written.
ALTER TABLE ledger_transfers DROP CONSTRAINT ledger_transfers_kind_check;
ALTER TABLE ledger_transfers ADD CONSTRAINT ledger_transfers_kind_check
  CHECK (kind IN ('top_up', 'promotion', 'usage', 'correction', 'refund', 'adjustment', 'upstream_cost', 'voucher'))
  NOT VALID;

-- Budgets. Their names in lower case as Unicode has it, by the gateway: the database's collation may know ASCII alone.
ALTER TABLE budgets ADD COLUMN folded_name text;
CREATE UNIQUE INDEX budgets_by_name ON budgets (tenant_id, folded_name) WHERE kind = 'budget' AND deleted_at IS NULL;
CREATE INDEX budgets_by_change ON budgets (updated_at) WHERE kind = 'budget';

-- The most budgets that one request of the current tenant can fall under, the wallet included: over all keys that there
-- are, and over users and cost centres that have no key yet. Waits for others that ask in their transactions, so that
-- two changes at once cannot each overlook the other.
CREATE FUNCTION budget_paths() RETURNS integer
  LANGUAGE plpgsql VOLATILE SET search_path = public, pg_temp
  AS $$
DECLARE
  most integer;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('tollgate budgets of ' || current_tenant()::text, 0));
  -- Few budgets can't be too many for any key: then a hundred thousand keys need not be looked at.
  SELECT 1 + count(*)::integer INTO most FROM budgets b
  WHERE b.tenant_id = current_tenant() AND b.kind = 'budget' AND b.active AND b.deleted_at IS NULL;
  IF most <= 8 THEN
    RETURN most;
  END IF;
  WITH counted AS (
    SELECT b.scope, b.user_id, b.key_id, b.cost_centre, count(*)::integer AS budgets
    FROM budgets b
    WHERE b.tenant_id = current_tenant() AND b.kind = 'budget' AND b.active AND b.deleted_at IS NULL
    GROUP BY b.scope, b.user_id, b.key_id, b.cost_centre),
  by_key AS (
    SELECT COALESCE(u.budgets, 0) + COALESCE(k.budgets, 0) + COALESCE(c.budgets, 0) AS budgets
    FROM api_keys a
    LEFT JOIN counted u ON u.scope = 'user' AND u.user_id = a.owner_user_id
    LEFT JOIN counted k ON k.scope = 'key' AND k.key_id = a.key_id
    LEFT JOIN counted c ON c.scope = 'cost_centre' AND c.cost_centre = a.cost_centre
    WHERE a.tenant_id = current_tenant() AND a.deleted_at IS NULL)
  SELECT 1 + COALESCE((SELECT budgets FROM counted WHERE scope = 'tenant'), 0)
           + GREATEST(COALESCE((SELECT max(budgets) FROM by_key), 0),
                      COALESCE((SELECT max(budgets) FROM counted WHERE scope <> 'tenant'), 0))
    INTO most;
  RETURN most;
END
$$;

-- Epochs of nodes that were not heard of since then and were not closed either: what they drew stays held. Nodes are
-- nobody's secret; the table itself stays settlement's own.
CREATE FUNCTION lost_nodes(heard_before timestamptz) RETURNS TABLE (node_id uuid, epoch bigint, heard_at timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$
    SELECT n.node_id, n.epoch, n.heartbeat_at FROM node_epochs n
    WHERE n.closed_at IS NULL AND (n.heartbeat_at < heard_before OR n.fenced_at IS NOT NULL)
  $$;
GRANT EXECUTE ON FUNCTION budget_paths(), lost_nodes(timestamptz) TO tollgate_app;

-- Vouchers. Those that bring credit are the platform's own until somebody redeems them.
CREATE TABLE vouchers (
  tenant_id   uuid NOT NULL REFERENCES tenants,
  voucher_id  uuid NOT NULL,
  last_four   text NOT NULL,
  kind        text NOT NULL CHECK (kind IN ('credit', 'key')),
  amount_nano bigint NOT NULL CHECK (amount_nano >= 0),
  days        integer NOT NULL DEFAULT 0 CHECK (days >= 0),
  note        text NOT NULL DEFAULT '' CHECK (length(note) <= 1000),
  expires_at  timestamptz,
  revoked_at  timestamptz,
  -- Who made it, as they were called then.
  created_by  text NOT NULL,
  created_at  timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, voucher_id),
  CHECK (amount_nano > 0 OR days > 0),
  CHECK (kind = 'key' OR days = 0)
);

-- In the books of whoever redeemed it, whoever made it: the answer to the same call again.
CREATE TABLE voucher_redemptions (
  tenant_id     uuid NOT NULL REFERENCES tenants,
  voucher_id    uuid NOT NULL,
  user_id       uuid NOT NULL,
  redeemed_by   text NOT NULL,
  key_id        uuid,
  transfer_id   uuid,
  -- The key's expiry thereafter, where days were added.
  key_expires_at timestamptz,
  redeemed_at   timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, voucher_id)
);

SELECT protect_tenant_table('vouchers', 'SELECT, INSERT, UPDATE', '', 'SELECT');
SELECT protect_tenant_table('voucher_redemptions', 'SELECT, INSERT', '', 'SELECT');

-- A code's HMAC-SHA-256 → what it is worth and whether it is still good. Who wins is decided here, by the row's lock.
CREATE TABLE voucher_directory (
  code_hash   bytea PRIMARY KEY CHECK (length(code_hash) = 32),
  tenant_id   uuid NOT NULL,
  voucher_id  uuid NOT NULL UNIQUE,
  kind        text NOT NULL,
  amount_nano bigint NOT NULL,
  days        integer NOT NULL,
  expires_at  timestamptz,
  revoked_at  timestamptz,
  -- The tenant that redeemed it.
  redeemed_by uuid
);
GRANT INSERT ON voucher_directory TO tollgate_app;

CREATE FUNCTION resolve_voucher(wanted bytea)
  RETURNS TABLE (tenant_id uuid, voucher_id uuid, kind text, amount_nano bigint, days integer, redeemed_by uuid)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$
    SELECT v.tenant_id, v.voucher_id, v.kind, v.amount_nano, v.days, v.redeemed_by
    FROM voucher_directory v WHERE v.code_hash = wanted
  $$;
GRANT EXECUTE ON FUNCTION resolve_voucher(bytea) TO tollgate_resolver;

-- Takes a voucher for the current tenant, in the transaction that gives what it brings. Tells no more than whether.
CREATE FUNCTION claim_voucher(wanted bytea, at timestamptz) RETURNS boolean
  LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$
    WITH claimed AS (
      UPDATE voucher_directory SET redeemed_by = current_tenant()
      WHERE code_hash = wanted AND redeemed_by IS NULL AND revoked_at IS NULL
        AND (expires_at IS NULL OR expires_at > at)
        AND (kind = 'credit' OR tenant_id = current_tenant()) AND current_tenant() IS NOT NULL
      RETURNING 1)
    SELECT count(*) = 1 FROM claimed
  $$;

-- Takes back one of the current tenant's own that nobody redeemed.
CREATE FUNCTION revoke_voucher(wanted uuid, at timestamptz) RETURNS boolean
  LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$
    WITH revoked AS (
      UPDATE voucher_directory SET revoked_at = at
      WHERE voucher_id = wanted AND tenant_id = current_tenant() AND redeemed_by IS NULL AND revoked_at IS NULL
      RETURNING 1)
    SELECT count(*) = 1 FROM revoked
  $$;
GRANT EXECUTE ON FUNCTION claim_voucher(bytea, timestamptz), revoke_voucher(uuid, timestamptz) TO tollgate_app;

-- Payments: what an organisation wants to pay, before it pays.
CREATE TABLE payment_intents (
  tenant_id   uuid NOT NULL REFERENCES tenants,
  payment_id  uuid NOT NULL,
  provider    text NOT NULL CHECK (length(provider) BETWEEN 1 AND 32),
  amount_nano bigint NOT NULL CHECK (amount_nano > 0),
  status      text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'paid', 'failed')),
  -- What the provider calls the payment that decided it.
  provider_id text NOT NULL DEFAULT '',
  transfer_id uuid,
  -- When a call in test mode said that it was paid; no money came by it.
  tested_at   timestamptz,
  decided_at  timestamptz,
  created_by  text NOT NULL,
  created_at  timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, payment_id),
  CHECK ((status = 'paid') = (transfer_id IS NOT NULL))
);
SELECT protect_tenant_table('payment_intents', 'SELECT, INSERT, UPDATE', '', '');

CREATE TABLE payment_directory (
  payment_id uuid PRIMARY KEY,
  tenant_id  uuid NOT NULL
);
GRANT INSERT ON payment_directory TO tollgate_app;

CREATE FUNCTION resolve_payment(wanted uuid) RETURNS uuid
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$ SELECT p.tenant_id FROM payment_directory p WHERE p.payment_id = wanted $$;
GRANT EXECUTE ON FUNCTION resolve_payment(uuid) TO tollgate_resolver;

-- Every call that was taken, over all tenants: a provider's id means one thing, once.
CREATE TABLE payment_calls (
  provider    text NOT NULL,
  call_id     text NOT NULL,
  -- SHA-256 of what it said.
  fingerprint bytea NOT NULL CHECK (length(fingerprint) = 32),
  tenant_id   uuid NOT NULL,
  payment_id  uuid NOT NULL,
  received_at timestamptz NOT NULL,
  PRIMARY KEY (provider, call_id)
);

-- Notes a call for the current tenant: 'new', 'same' as one before, or 'other' than what was said under this id.
CREATE FUNCTION enter_payment_call(by text, called text, said bytea, payment uuid, at timestamptz) RETURNS text
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$
BEGIN
  INSERT INTO payment_calls (provider, call_id, fingerprint, tenant_id, payment_id, received_at)
  VALUES (by, called, said, current_tenant(), payment, at) ON CONFLICT DO NOTHING;
  IF FOUND THEN
    RETURN 'new';
  END IF;
  RETURN (SELECT CASE WHEN c.fingerprint = said AND c.tenant_id = current_tenant() THEN 'same' ELSE 'other' END
          FROM payment_calls c WHERE c.provider = by AND c.call_id = called);
END
$$;
GRANT EXECUTE ON FUNCTION enter_payment_call(text, text, bytea, uuid, timestamptz) TO tollgate_app;

-- Of what an organisation wants to be told.
CREATE TABLE notice_settings (
  tenant_id        uuid PRIMARY KEY REFERENCES tenants,
  -- Told when the wallet's balance falls below it; NULL: not at all.
  low_balance_nano bigint CHECK (low_balance_nano > 0),
  -- Since when it is below, as told; NULL: it is not.
  low_since        timestamptz,
  updated_at       timestamptz NOT NULL
);
SELECT protect_tenant_table('notice_settings', 'SELECT, INSERT, UPDATE', '', 'SELECT, UPDATE');

-- Up to when a job has looked, so that whoever runs it next goes on from there.
CREATE TABLE job_marks (
  job       text PRIMARY KEY,
  looked_at timestamptz NOT NULL
);
GRANT SELECT, INSERT, UPDATE ON job_marks TO tollgate_jobs;
