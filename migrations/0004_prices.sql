-- The price book: list prices in USD per million tokens, versioned by the instant from which they hold.
-- Platform-wide and no tenant's data, so every role may read it; only operators' commands (jobs) write it.

CREATE TABLE price_versions (
  price_version  uuid PRIMARY KEY,
  effective_from timestamptz NOT NULL UNIQUE,
  source         text NOT NULL,
  created_at     timestamptz NOT NULL
);

CREATE TABLE prices (
  price_version       uuid NOT NULL REFERENCES price_versions,
  provider            text NOT NULL,
  model               text NOT NULL,
  mode                text NOT NULL,
  -- NULL: the provider names no such price; a request that would need it is refused, never priced at 0.
  input               numeric,
  output              numeric,
  cache_write_5m      numeric,
  cache_write_1h      numeric,
  cache_read          numeric,
  long_context_above  bigint,
  long_input          numeric,
  long_output         numeric,
  long_cache_write_5m numeric,
  long_cache_read     numeric,
  max_input           bigint,
  max_output          bigint,
  deprecation_date    date,
  PRIMARY KEY (price_version, provider, model, mode),
  CHECK (COALESCE(input, 0) >= 0 AND COALESCE(output, 0) >= 0 AND COALESCE(cache_write_5m, 0) >= 0
         AND COALESCE(cache_write_1h, 0) >= 0 AND COALESCE(cache_read, 0) >= 0)
);

CREATE TRIGGER price_versions_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON price_versions
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();
CREATE TRIGGER prices_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON prices
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();

GRANT SELECT ON price_versions, prices TO tollgate_app, tollgate_settle, tollgate_jobs;
GRANT INSERT ON price_versions, prices TO tollgate_jobs;
