-- Budgets beside the wallet: whose spending, on which models, in which period; leases of each.

ALTER TABLE budgets DROP CONSTRAINT budgets_kind_check;
ALTER TABLE budgets
  ADD CONSTRAINT budgets_kind_check CHECK (kind IN ('wallet', 'budget')),
  ADD COLUMN name        text NOT NULL DEFAULT '' CHECK (length(name) <= 100),
  -- Whose spending. The wallet bounds the tenant's.
  ADD COLUMN scope       text NOT NULL DEFAULT 'tenant' CHECK (scope IN ('tenant', 'user', 'key', 'cost_centre')),
  ADD COLUMN user_id     uuid,
  -- No foreign key: a budget outlives a key that was purged, with what was spent of it.
  ADD COLUMN key_id      uuid,
  ADD COLUMN cost_centre text CHECK (length(cost_centre) BETWEEN 1 AND 100),
  -- A pattern of model names; '' is all.
  ADD COLUMN models      text NOT NULL DEFAULT '' CHECK (length(models) <= 200),
  ADD COLUMN period      text NOT NULL DEFAULT 'total' CHECK (period IN ('day', 'week', 'month', 'total')),
  ADD COLUMN week_start  smallint NOT NULL DEFAULT 1 CHECK (week_start BETWEEN 1 AND 7),
  ADD COLUMN start_hour  smallint NOT NULL DEFAULT 0 CHECK (start_hour BETWEEN 0 AND 23),
  ADD COLUMN time_zone   text NOT NULL DEFAULT 'UTC',
  -- Of one period; the wallet's is what was paid in, and stands in its one period.
  ADD COLUMN limit_nano  bigint NOT NULL DEFAULT 0 CHECK (limit_nano >= 0),
  ADD COLUMN hard        boolean NOT NULL DEFAULT true,
  ADD COLUMN thresholds  smallint[] NOT NULL DEFAULT '{}',
  ADD COLUMN active      boolean NOT NULL DEFAULT true,
  ADD COLUMN version     bigint NOT NULL DEFAULT 1,
  ADD COLUMN updated_at  timestamptz,
  ADD COLUMN deleted_at  timestamptz,
  ADD CONSTRAINT budgets_subject_check CHECK (
    (scope = 'user') = (user_id IS NOT NULL) AND (scope = 'key') = (key_id IS NOT NULL)
    AND (scope = 'cost_centre') = (cost_centre IS NOT NULL)),
  ADD CONSTRAINT budgets_user_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES memberships (tenant_id, user_id);
CREATE INDEX budgets_by_key ON budgets (tenant_id, key_id) WHERE key_id IS NOT NULL;
CREATE INDEX budgets_by_user ON budgets (tenant_id, user_id) WHERE user_id IS NOT NULL;

GRANT UPDATE ON budgets TO tollgate_app;

ALTER TABLE changes DROP CONSTRAINT changes_topic_check;
ALTER TABLE changes ADD CONSTRAINT changes_topic_check
  CHECK (topic IN ('key', 'account', 'tenant', 'prices', 'budget', 'recall'));
