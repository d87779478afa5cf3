-- Searches for one or two letters among a tenant's keys: they have no trigram, and reading all keys of a large tenant
-- takes too long. Every letter of a key's text, and every two letters that stand side by side, in an index of their own.

CREATE FUNCTION short_pieces(haystack text) RETURNS text[]
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = public, pg_temp
  AS $$
    SELECT array_agg(piece)
    FROM (SELECT sign FROM unnest(string_to_array(haystack, NULL)) AS signs (sign)
          UNION
          SELECT sign || lead(sign) OVER (ORDER BY place)
          FROM unnest(string_to_array(haystack, NULL)) WITH ORDINALITY AS signs (sign, place)) AS pieces (piece)
    WHERE piece IS NOT NULL
  $$;
GRANT EXECUTE ON FUNCTION short_pieces(text) TO tollgate_app, tollgate_jobs, tollgate_lists;
CREATE INDEX api_keys_by_short_text ON api_keys USING gin (tenant_id, short_pieces(haystack))
  WITH (gin_pending_list_limit = 256);

-- At most `most` keys of the tenant whose text holds `wanted` (whatever the case), in no order; of the bin, or those in
-- use. In place of the one that took a pattern: whether a text is short says by which index it is found.
DROP FUNCTION keys_with_text(text, boolean, integer);
CREATE FUNCTION keys_with_text(wanted text, bin boolean, most integer) RETURNS SETOF uuid
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off
  SET enable_bitmapscan = off
  AS $$
DECLARE
  met uuid[];
  lowered text := lower(wanted);
  pattern text := '%' || regexp_replace(lowered, '([\\%_])', '\\\1', 'g') || '%';
  is_short boolean := length(lowered) < 3;
BEGIN
  -- What most keys hold is met soon; gathering all that hold it from an index would take longer.
  EXECUTE 'SELECT array_agg(key_id) FROM (
             SELECT key_id FROM (SELECT key_id, haystack FROM api_keys
                                 WHERE tenant_id = $1 AND (deleted_at IS NOT NULL) = $2 LIMIT 8 * $4) AS first_met
             WHERE haystack LIKE $3 LIMIT $4) AS fitting'
    INTO met USING current_tenant(), bin, pattern, most;
  IF cardinality(met) = most THEN
    RETURN QUERY SELECT unnest(met);
    RETURN;
  END IF;
  PERFORM set_config('enable_bitmapscan', 'on', true);
  -- Planned for the text: how many keys hold it decides how they are found.
  RETURN QUERY EXECUTE 'SELECT key_id FROM api_keys WHERE tenant_id = $1 AND (deleted_at IS NOT NULL) = $2 AND '
    || CASE WHEN is_short THEN 'short_pieces(haystack) @> ARRAY[$3]' ELSE 'haystack LIKE $3' END || ' LIMIT $4'
    USING current_tenant(), bin, CASE WHEN is_short THEN lowered ELSE pattern END, most;
END
$$;
DO $$
BEGIN
  IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    ALTER FUNCTION keys_with_text(text, boolean, integer) OWNER TO tollgate_lists;
  ELSE
    GRANT CREATE ON SCHEMA public TO tollgate_lists;
    ALTER FUNCTION keys_with_text(text, boolean, integer) OWNER TO tollgate_lists;
    REVOKE CREATE ON SCHEMA public FROM tollgate_lists;
  END IF;
END
$$;
GRANT EXECUTE ON FUNCTION keys_with_text(text, boolean, integer) TO tollgate_app;
