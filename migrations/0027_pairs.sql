-- Sums of days by two things as well: what a key used of each model, a person with each key. Without them, whatever joins
-- two things reads every combination of every day.

-- Both empty where a sum is by one thing alone. A pair stands once, in the order of `usage_by_one`.
ALTER TABLE usage_day_sums
  ADD COLUMN second_dim text NOT NULL DEFAULT ''
    CHECK (second_dim IN ('', 'user', 'account', 'platform', 'model', 'client', 'status', 'cost_centre')),
  ADD COLUMN second     text NOT NULL DEFAULT '',
  DROP CONSTRAINT usage_day_sums_pkey,
  ADD PRIMARY KEY (tenant_id, dim, second_dim, local_date, value, second);
ALTER TABLE usage_day_sums ALTER COLUMN second_dim DROP DEFAULT, ALTER COLUMN second DROP DEFAULT;

-- The things by which usage is summed, with what each of them is here.
CREATE FUNCTION usage_by_one(of_key uuid, of_user uuid, of_account uuid, of_platform text, of_model text, of_client text,
                             of_status text, of_cost_centre text)
  RETURNS TABLE (place integer, dim text, value text)
  LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 8
  AS $$
    VALUES (1, 'key', of_key::text), (2, 'user', of_user::text), (3, 'account', of_account::text),
           (4, 'platform', of_platform), (5, 'model', of_model), (6, 'client', of_client), (7, 'status', of_status),
           (8, 'cost_centre', of_cost_centre)
  $$;
-- Each of them, then each pair.
CREATE FUNCTION usage_by_two(of_key uuid, of_user uuid, of_account uuid, of_platform text, of_model text, of_client text,
                             of_status text, of_cost_centre text)
  RETURNS TABLE (dim text, second_dim text, value text, second text)
  LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 36
  AS $$
    SELECT a.dim, b.dim, a.value, b.value
    FROM usage_by_one(of_key, of_user, of_account, of_platform, of_model, of_client, of_status, of_cost_centre) a
    JOIN (SELECT 99 AS place, '' AS dim, '' AS value UNION ALL
          SELECT * FROM usage_by_one(of_key, of_user, of_account, of_platform, of_model, of_client, of_status,
                                     of_cost_centre)) b
      ON b.place > a.place
  $$;
GRANT EXECUTE ON FUNCTION usage_by_one(uuid, uuid, uuid, text, text, text, text, text) TO tollgate_settle, tollgate_jobs;
GRANT EXECUTE ON FUNCTION usage_by_two(uuid, uuid, uuid, text, text, text, text, text) TO tollgate_settle, tollgate_jobs;

-- Of the days that are summed already the pairs are missing. The owner of the tables may not be a superuser, so it is let
-- through for the moment.
ALTER TABLE usage_day NO FORCE ROW LEVEL SECURITY;
ALTER TABLE usage_stale_days NO FORCE ROW LEVEL SECURITY;
INSERT INTO usage_stale_days SELECT DISTINCT tenant_id, local_date FROM usage_day ON CONFLICT DO NOTHING;
ALTER TABLE usage_day FORCE ROW LEVEL SECURITY;
ALTER TABLE usage_stale_days FORCE ROW LEVEL SECURITY;
