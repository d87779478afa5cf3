-- Exports: what a file shall hold, links to files, and schedules that send them. Files themselves are never stored: rows
-- are read anew at each download up to the batch with which the export ends, so that they are the same each time.

CREATE TABLE exports (
  tenant_id    uuid NOT NULL REFERENCES tenants,
  export_id    uuid NOT NULL,
  source       text NOT NULL CHECK (source IN ('usage', 'summary', 'transfers', 'charge_back')),
  format       text NOT NULL CHECK (format IN ('csv', 'xlsx', 'jsonl', 'focus')),
  -- `ExportQuery` of the management API, with both ends of its range and the last batch.
  query        jsonb NOT NULL CHECK (jsonb_typeof(query) = 'object'),
  -- Whose requests alone are in it: a member's own. NULL: everyone's.
  only_user_id uuid,
  row_count    bigint NOT NULL CHECK (row_count >= 0),
  total_nano   bigint NOT NULL,
  schedule_id  uuid,
  -- Who made it, as they were called then.
  owner_id     uuid,
  created_by   text NOT NULL,
  created_at   timestamptz NOT NULL,
  expires_at   timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, export_id)
);
CREATE INDEX exports_by_expiry ON exports (expires_at);

-- SHA-256 of a link's token → the export. Whoever has the link has the file, until it expires.
CREATE TABLE export_link_directory (
  link_hash  bytea PRIMARY KEY CHECK (length(link_hash) = 32),
  tenant_id  uuid NOT NULL,
  export_id  uuid NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX export_link_directory_by_expiry ON export_link_directory (expires_at);
GRANT INSERT ON export_link_directory TO tollgate_app;
GRANT SELECT (expires_at), DELETE ON export_link_directory TO tollgate_jobs;

CREATE FUNCTION resolve_export_link(wanted bytea, at timestamptz) RETURNS TABLE (tenant_id uuid, export_id uuid)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$ SELECT l.tenant_id, l.export_id FROM export_link_directory l WHERE l.link_hash = wanted AND l.expires_at > at $$;
GRANT EXECUTE ON FUNCTION resolve_export_link(bytea, timestamptz) TO tollgate_resolver;

-- An export that is deleted takes its links along; tollgate_app may read none of them.
CREATE FUNCTION forget_export_links(wanted uuid) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
  AS $$ DELETE FROM export_link_directory WHERE tenant_id = current_tenant() AND export_id = wanted $$;
GRANT EXECUTE ON FUNCTION forget_export_links(uuid) TO tollgate_app;

CREATE TABLE export_schedules (
  tenant_id      uuid NOT NULL REFERENCES tenants,
  schedule_id    uuid NOT NULL,
  name           text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  source         text NOT NULL CHECK (source IN ('usage', 'summary', 'transfers', 'charge_back')),
  format         text NOT NULL CHECK (format IN ('csv', 'xlsx', 'jsonl', 'focus')),
  query          jsonb NOT NULL CHECK (jsonb_typeof(query) = 'object'),
  period         text NOT NULL CHECK (period IN ('daily', 'weekly', 'monthly')),
  hour           smallint NOT NULL CHECK (hour BETWEEN 0 AND 23),
  -- `Delivery` of the management API.
  delivery       jsonb NOT NULL CHECK (jsonb_typeof(delivery) = 'object'),
  -- AES-256-GCM under the tenant's data key; NULL for mails.
  signing_secret bytea,
  active         boolean NOT NULL,
  -- The instant at which the next run is due: the hour of its day in the tenant's zone.
  next_at        timestamptz NOT NULL,
  -- The day of that run; the range ends with the day before.
  next_day       date NOT NULL,
  created_by     text NOT NULL,
  version        bigint NOT NULL DEFAULT 1,
  created_at     timestamptz NOT NULL,
  updated_at     timestamptz NOT NULL,
  deleted_at     timestamptz,
  PRIMARY KEY (tenant_id, schedule_id)
);
CREATE UNIQUE INDEX export_schedules_by_name ON export_schedules (tenant_id, name) WHERE deleted_at IS NULL;
CREATE INDEX export_schedules_due ON export_schedules (next_at) WHERE active AND deleted_at IS NULL;

CREATE TABLE export_deliveries (
  tenant_id       uuid NOT NULL,
  delivery_id     uuid NOT NULL,
  schedule_id     uuid NOT NULL,
  -- Days of the tenant's zone, both included.
  first_day       date NOT NULL,
  last_day        date NOT NULL,
  -- Asked for by hand; NULL for the schedule's own run, of which there is one for each range.
  by_hand         uuid,
  export_id       uuid,
  state           text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'failed')),
  attempts        integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  last_error      text NOT NULL DEFAULT '',
  -- While somebody tries it, this lies ahead by as long as a try may take.
  next_attempt_at timestamptz NOT NULL,
  delivered_at    timestamptz,
  created_at      timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, delivery_id),
  FOREIGN KEY (tenant_id, schedule_id) REFERENCES export_schedules,
  CHECK (first_day <= last_day)
);
CREATE UNIQUE INDEX export_deliveries_once ON export_deliveries (tenant_id, schedule_id, first_day) WHERE by_hand IS NULL;
CREATE INDEX export_deliveries_by_schedule ON export_deliveries (tenant_id, schedule_id, delivery_id DESC);
CREATE INDEX export_deliveries_due ON export_deliveries (next_attempt_at) WHERE state = 'pending';

SELECT protect_tenant_table('exports', 'SELECT, INSERT, DELETE', '', 'SELECT, DELETE');
SELECT protect_tenant_table('export_schedules', 'SELECT, INSERT, UPDATE', '', 'SELECT');
SELECT protect_tenant_table('export_deliveries', 'SELECT, INSERT, UPDATE', '', 'SELECT');

-- The rows of an export. Plain SQL functions, so that the planner sees through them and row-level security holds.
-- Events of the current tenant in a range of ids, booked up to a batch: batches of a tenant follow one another under a
-- lock, so that whatever has a number up to the last one is there for good. `wanted` holds the filters that are set.
CREATE FUNCTION exported_events(from_id uuid, to_id uuid, through bigint, wanted jsonb) RETURNS SETOF usage_events
  LANGUAGE sql STABLE PARALLEL SAFE
  AS $$
    SELECT e.* FROM usage_events e
    WHERE e.tenant_id = current_tenant() AND e.request_id >= from_id AND e.request_id < to_id AND e.batch_no <= through
      AND (wanted->>'only_user' IS NULL OR e.user_id = (wanted->>'only_user')::uuid)
      AND (wanted->>'key_id' IS NULL OR e.key_id = (wanted->>'key_id')::uuid)
      AND (wanted->>'user_id' IS NULL OR e.user_id = (wanted->>'user_id')::uuid)
      AND (wanted->>'account_id' IS NULL OR e.account_id = (wanted->>'account_id')::uuid)
      AND (wanted->>'platform' IS NULL OR e.platform = wanted->>'platform')
      AND (wanted->>'model' IS NULL OR e.model = wanted->>'model')
      AND (wanted->>'status' IS NULL OR e.status = wanted->>'status')
      AND (wanted->>'quality' IS NULL OR e.quality = wanted->>'quality')
      AND (wanted->>'client' IS NULL OR e.client = wanted->>'client')
      AND (wanted->>'cost_centre' IS NULL OR e.cost_centre = wanted->>'cost_centre')
      AND (wanted->>'tag' IS NULL OR EXISTS (SELECT 1 FROM api_key_tags t
             WHERE t.tenant_id = e.tenant_id AND t.key_id = e.key_id AND t.tag = wanted->>'tag'))
  $$;

-- Their figures, and those of their corrections, each by what it is summed by.
CREATE FUNCTION exported_lines(from_id uuid, to_id uuid, through bigint, wanted jsonb)
  RETURNS TABLE (request_id uuid, batch_no bigint, requests integer, local_date date, key_id uuid, user_id uuid,
                 account_name text, platform text, model text, client text, status text, cost_centre text,
                 input bigint, output bigint, cache_write_5m bigint, cache_write_1h bigint, cache_read bigint, charge bigint)
  LANGUAGE sql STABLE PARALLEL SAFE
  AS $$
    SELECT e.request_id, e.batch_no, 1, e.local_date, e.key_id, e.user_id, e.account_name, e.platform, e.model, e.client,
           e.status, e.cost_centre, e.input_tokens, e.output_tokens, e.cache_write_5m_tokens, e.cache_write_1h_tokens,
           e.cache_read_tokens, e.charge_nano
    FROM exported_events(from_id, to_id, through, wanted) e
    UNION ALL
    SELECT c.request_id, c.batch_no, 0, e.local_date, e.key_id, e.user_id, e.account_name, e.platform, e.model, e.client,
           e.status, e.cost_centre, c.input_tokens, c.output_tokens, c.cache_write_5m_tokens, c.cache_write_1h_tokens,
           c.cache_read_tokens, c.charge_nano
    FROM usage_corrections c
    JOIN exported_events(from_id, to_id, through, wanted) e ON e.tenant_id = c.tenant_id AND e.request_id = c.request_id
    WHERE c.tenant_id = current_tenant() AND c.request_id >= from_id AND c.request_id < to_id AND c.batch_no <= through
  $$;
GRANT EXECUTE ON FUNCTION exported_events(uuid, uuid, bigint, jsonb), exported_lines(uuid, uuid, bigint, jsonb)
  TO tollgate_app;
