-- The price book with every kind of price, plans that say what a tenant pays, and what of a request is counted beside the
-- five token figures.

-- A version's prices are in one currency; what a unit of it is in US dollars is part of the version.
ALTER TABLE price_versions
  ADD COLUMN currency  text NOT NULL DEFAULT 'USD' CHECK (currency ~ '^[A-Z]{3}$'),
  ADD COLUMN usd_rate  numeric NOT NULL DEFAULT 1 CHECK (usd_rate > 0),
  ADD COLUMN rate_date date,
  ADD COLUMN author    text NOT NULL DEFAULT '',
  ADD COLUMN note      text NOT NULL DEFAULT '',
  ADD CONSTRAINT price_versions_rate CHECK (currency = 'USD' AND usd_rate = 1 OR currency <> 'USD' AND rate_date IS NOT NULL);

-- Versions follow each other: what holds at an instant never changes by a version that is written later.
CREATE FUNCTION price_versions_go_on() RETURNS trigger
  LANGUAGE plpgsql SET search_path = public, pg_temp
  AS $$
BEGIN
  IF EXISTS (SELECT FROM price_versions v WHERE v.effective_from >= NEW.effective_from) THEN
    RAISE EXCEPTION 'a price version begins at or after %', NEW.effective_from USING ERRCODE = 'exclusion_violation';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER price_versions_in_order BEFORE INSERT ON price_versions
  FOR EACH ROW EXECUTE FUNCTION price_versions_go_on();

-- Where a row holds on one platform alone, its name; a model's other names; prices beside those that have columns, by
-- name, as decimal text: {"batch_input": "1.5", "web_search": "0.01"}.
ALTER TABLE prices
  ADD COLUMN platform text NOT NULL DEFAULT '',
  ADD COLUMN aliases  text[] NOT NULL DEFAULT '{}',
  ADD COLUMN other    jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(other) = 'object');
ALTER TABLE prices DROP CONSTRAINT prices_pkey;
ALTER TABLE prices ADD PRIMARY KEY (price_version, provider, platform, model, mode);

-- Plans are the platform's own affair: tenants read what they pay, never the plan. No tenant's data; jobs alone.
CREATE TABLE plans (
  plan_id     uuid PRIMARY KEY,
  name        text NOT NULL,
  -- In lower case as Unicode has it, by the gateway.
  folded_name text NOT NULL UNIQUE,
  description text NOT NULL DEFAULT '',
  created_by  text NOT NULL,
  created_at  timestamptz NOT NULL
);

CREATE TABLE plan_versions (
  plan_version   uuid PRIMARY KEY,
  plan_id        uuid NOT NULL REFERENCES plans,
  effective_from timestamptz NOT NULL,
  -- What list prices are multiplied by where no rule fits.
  factor         numeric NOT NULL CHECK (factor >= 0),
  -- The smallest charge of a request.
  minimum_nano   bigint NOT NULL CHECK (minimum_nano >= 0),
  -- What list prices are multiplied by on a tenant's own accounts.
  own_factor     numeric NOT NULL CHECK (own_factor >= 0),
  -- In order; the first that fits holds.
  rules          jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(rules) = 'array'),
  author         text NOT NULL,
  created_at     timestamptz NOT NULL,
  UNIQUE (plan_id, effective_from)
);

CREATE TABLE tenant_plans (
  tenant_id      uuid NOT NULL REFERENCES tenants,
  effective_from timestamptz NOT NULL,
  -- NULL: list prices from then on.
  plan_id        uuid REFERENCES plans,
  author         text NOT NULL,
  created_at     timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, effective_from)
);

CREATE TRIGGER plan_versions_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON plan_versions
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();
CREATE TRIGGER tenant_plans_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON tenant_plans
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();

GRANT SELECT, INSERT, UPDATE ON plans TO tollgate_jobs;
GRANT SELECT, INSERT ON plan_versions TO tollgate_jobs;
SELECT protect_tenant_table('tenant_plans', '', '', 'SELECT, INSERT');

-- What is counted beside the five figures ("of which" tokens and calls, by name), the tier that answered, whether the
-- model had no price, and the plan's version.
ALTER TABLE usage_events
  ADD COLUMN other_meters jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(other_meters) = 'object'),
  ADD COLUMN service_tier text NOT NULL DEFAULT 'standard' CHECK (service_tier IN ('standard', 'batch', 'flex', 'priority')),
  ADD COLUMN unpriced     boolean NOT NULL DEFAULT false,
  ADD COLUMN plan_version uuid;
-- Differences, as the five figures are; the tier is the exact figures'.
ALTER TABLE usage_corrections
  ADD COLUMN other_meters jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(other_meters) = 'object'),
  ADD COLUMN service_tier text NOT NULL DEFAULT 'standard' CHECK (service_tier IN ('standard', 'batch', 'flex', 'priority'));
-- The arithmetic of the cost, for the operator alone.
ALTER TABLE platform_costs ADD COLUMN cost_lines jsonb NOT NULL DEFAULT '[]';
