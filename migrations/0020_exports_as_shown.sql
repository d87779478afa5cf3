-- An export can hold what a page shows: the filters of the request log and of the usage page that exports lacked. The nil
-- UUID stands for none, as it does there.
CREATE OR REPLACE FUNCTION exported_events(from_id uuid, to_id uuid, through bigint, wanted jsonb) RETURNS SETOF usage_events
  LANGUAGE sql STABLE PARALLEL SAFE
  AS $$
    SELECT e.* FROM usage_events e
    WHERE e.tenant_id = current_tenant() AND e.request_id >= from_id AND e.request_id < to_id AND e.batch_no <= through
      AND (wanted->>'only_user' IS NULL OR e.user_id = (wanted->>'only_user')::uuid)
      AND (wanted->>'key_id' IS NULL OR e.key_id = (wanted->>'key_id')::uuid)
      AND (wanted->>'user_id' IS NULL
           OR e.user_id IS NOT DISTINCT FROM NULLIF((wanted->>'user_id')::uuid, '00000000-0000-0000-0000-000000000000'))
      AND (wanted->>'account_id' IS NULL
           OR e.account_id IS NOT DISTINCT FROM NULLIF((wanted->>'account_id')::uuid, '00000000-0000-0000-0000-000000000000'))
      AND (wanted->>'platform' IS NULL OR e.platform = wanted->>'platform')
      AND (wanted->>'model' IS NULL OR e.model = wanted->>'model')
      AND (wanted->>'status' IS NULL OR e.status = wanted->>'status')
      AND (wanted->>'quality' IS NULL OR e.quality = wanted->>'quality')
      AND (wanted->>'unpriced' IS NULL OR e.unpriced = (wanted->>'unpriced')::boolean)
      AND (wanted->>'client' IS NULL OR e.client = wanted->>'client')
      AND (wanted->>'client_family' IS NULL OR client_family(e.client) = wanted->>'client_family')
      AND (wanted->>'cost_centre' IS NULL OR e.cost_centre = wanted->>'cost_centre')
      AND (wanted->>'http_status' IS NULL OR e.http_status = (wanted->>'http_status')::smallint)
      AND (wanted->>'min_charge_nano' IS NULL OR e.charge_nano >= (wanted->>'min_charge_nano')::bigint)
      AND (wanted->>'min_duration_ms' IS NULL OR e.duration_ms >= (wanted->>'min_duration_ms')::integer)
      AND (wanted->>'tag' IS NULL OR EXISTS (SELECT 1 FROM api_key_tags t
             WHERE t.tenant_id = e.tenant_id AND t.key_id = e.key_id AND t.tag = wanted->>'tag'))
  $$;
