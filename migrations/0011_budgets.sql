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

-- The engine's side. A period's limit is copied from its budget whenever somebody draws (the wallet's own is the only one).
ALTER TABLE budget_periods
  -- The highest limit that ever held in this period: granted_nano may stand above today's where that was lowered.
  ADD COLUMN limit_high_nano bigint NOT NULL DEFAULT 0,
  -- By how much granted_nano grew beside the grant path: charges beyond what was reserved, and all of a soft budget's.
  ADD COLUMN beyond_nano     bigint NOT NULL DEFAULT 0 CHECK (beyond_nano >= 0);
ALTER TABLE budget_leases
  -- Number of the node's last exchange that wrote this lease: an older one that comes late is refused.
  ADD COLUMN exchange_no     bigint NOT NULL DEFAULT 0,
  ADD COLUMN written_off_at  timestamptz,
  -- Of overrun_nano, what was settled after the lease had been written off.
  ADD COLUMN late_nano       bigint NOT NULL DEFAULT 0 CHECK (late_nano >= 0);

-- The budgets beside the wallet that an event was settled against: [{"id": …, "start": …}].
ALTER TABLE usage_events ADD COLUMN budgets jsonb NOT NULL DEFAULT '[]';

-- A write-off and its line in the audit log are one transaction, of an operator's command.
GRANT UPDATE (granted_nano) ON budget_periods TO tollgate_jobs;
GRANT UPDATE (granted_nano, closed_at, written_off_at, updated_at) ON budget_leases TO tollgate_jobs;

-- One exchange between a node and the budgets of one tenant, in one statement: money goes back, then the claims of waiting
-- requests are granted in their order, each from all of its budgets or from none, then slices are added where there is
-- plenty. The purses stand in order of (budget, period), which is the order of locking:
--   backs     what the node gives back, which its memory no longer counts;
--   frees     what it has free beside that; below zero where requests cost more than was reserved for them;
--   runnings  what its running requests hold;
--   typicals  what a request takes at the most; 0: not known;
--   wishes    whether a slice is wanted beside what the claims take;
--   fences    whether the outcome of an earlier exchange is not known: that one can't happen any more after this one.
-- A claim is an amount of each purse in purses[ends[i-1]+1 .. ends[i]] (numbered from 1). A claim that has to wait for
-- running requests keeps its purses from the claims after it; one that can never be met does not.
CREATE FUNCTION exchange_budgets(
  the_tenant uuid, the_node uuid, the_epoch bigint, the_no bigint, the_time timestamptz, heard_since timestamptz,
  budgets uuid[], starts timestamptz[], backs bigint[], frees bigint[], runnings bigint[], typicals bigint[],
  wishes boolean[], fences boolean[], amounts bigint[], ends integer[], purses integer[])
RETURNS TABLE (number integer, granted bigint, taken bigint, high bigint, remains bigint, running bigint, lost bigint,
               is_direct boolean, met boolean[])
  LANGUAGE plpgsql VOLATILE SET search_path = public, pg_temp
  AS $$
#variable_conflict use_column
DECLARE
  known     boolean[];
  limits    bigint[];
  lefts     bigint[];
  owns      bigint[];
  others    bigint[];
  losts     bigint[];
  numbers   bigint[];
  takes     bigint[] := array_fill(0::bigint, ARRAY[cardinality(budgets)]);
  barred    boolean[] := array_fill(false, ARRAY[cardinality(budgets)]);
  directs   boolean[] := array_fill(true, ARRAY[cardinality(budgets)]);
  outcomes  boolean[] := '{}';
  nodes     bigint;
  written   bigint;
  wanted    bigint;
  lack      bigint;
  slice     bigint;
  first     integer := 1;
  fits      boolean;
  hopeless  boolean;
  i         integer;
BEGIN
  PERFORM 1 FROM node_epochs e
  WHERE e.node_id = the_node AND e.epoch = the_epoch AND e.fenced_at IS NULL AND e.closed_at IS NULL FOR SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the epoch is fenced' USING ERRCODE = 'TG001';
  END IF;
  INSERT INTO budget_periods (tenant_id, budget_id, period_start, limit_nano, limit_high_nano)
  SELECT b.tenant_id, b.budget_id, k.start, b.limit_nano, b.limit_nano
  FROM unnest(budgets, starts) AS k (budget, start)
  JOIN budgets b ON b.tenant_id = the_tenant AND b.budget_id = k.budget AND b.kind = 'budget'
  WHERE NOT EXISTS (SELECT 1 FROM budget_periods p WHERE p.tenant_id = the_tenant AND p.budget_id = k.budget
                      AND p.period_start = k.start)
  ORDER BY b.budget_id, k.start
  ON CONFLICT DO NOTHING;
  PERFORM 1 FROM budget_periods p
  JOIN unnest(budgets, starts) AS k (budget, start) ON p.budget_id = k.budget AND p.period_start = k.start
  WHERE p.tenant_id = the_tenant ORDER BY p.budget_id, p.period_start FOR NO KEY UPDATE OF p;

  -- Read after the locks are held: nobody grants, gives back or closes now.
  SELECT count(*) INTO nodes FROM node_epochs e
  WHERE e.closed_at IS NULL AND e.fenced_at IS NULL AND e.heartbeat_at >= heard_since;
  SELECT array_agg(f.known ORDER BY f.n), array_agg(f.high ORDER BY f.n), array_agg(f.remains ORDER BY f.n),
         array_agg(f.own ORDER BY f.n), array_agg(f.exchange_no ORDER BY f.n), array_agg(f.running ORDER BY f.n),
         array_agg(f.lost ORDER BY f.n)
  INTO known, limits, lefts, owns, numbers, others, losts
  FROM (
    SELECT k.n, p.budget_id IS NOT NULL AS known, l.high,
           (l.high - COALESCE(p.granted_nano, 0) - COALESCE(o.uncovered, 0))::bigint AS remains,
           own.granted_nano AS own, COALESCE(own.exchange_no, 0) AS exchange_no,
           COALESCE(o.running, 0)::bigint AS running, COALESCE(o.lost, 0)::bigint AS lost
    FROM unnest(budgets, starts) WITH ORDINALITY AS k (budget, start, n)
    LEFT JOIN budget_periods p ON p.tenant_id = the_tenant AND p.budget_id = k.budget AND p.period_start = k.start
    LEFT JOIN budgets b ON b.tenant_id = the_tenant AND b.budget_id = k.budget
    CROSS JOIN LATERAL (
      SELECT COALESCE(CASE b.kind WHEN 'wallet' THEN p.limit_nano ELSE b.limit_nano END, 0) AS high) AS l
    LEFT JOIN budget_leases own ON own.tenant_id = the_tenant AND own.budget_id = k.budget AND own.period_start = k.start
      AND own.node_id = the_node AND own.epoch = the_epoch
    -- What other leases settled beyond their grants is gone as well, until they are closed.
    LEFT JOIN LATERAL (
      SELECT sum(GREATEST(x.settled_nano - x.granted_nano, 0)) AS uncovered,
             sum(GREATEST(x.granted_nano - x.settled_nano, 0)) FILTER (WHERE e.heartbeat_at >= heard_since) AS running,
             sum(GREATEST(x.granted_nano - x.settled_nano, 0)) FILTER (WHERE e.heartbeat_at IS NULL
                                                                         OR e.heartbeat_at < heard_since) AS lost
      FROM budget_leases x LEFT JOIN node_epochs e ON e.node_id = x.node_id AND e.epoch = x.epoch
      WHERE x.tenant_id = the_tenant AND x.budget_id = k.budget AND x.period_start = k.start AND x.closed_at IS NULL
        AND (x.node_id, x.epoch) <> (the_node, the_epoch)) AS o ON true) AS f;

  FOR n IN 1 .. cardinality(budgets) LOOP
    IF numbers[n] >= the_no THEN
      RAISE EXCEPTION 'exchange % comes after %', the_no, numbers[n] USING ERRCODE = 'TG002';
    END IF;
    IF backs[n] < 0 OR backs[n] > COALESCE(owns[n], 0) THEN
      RAISE EXCEPTION 'more is given back than was granted' USING ERRCODE = 'TG003';
    END IF;
    takes[n] := -backs[n];
    lefts[n] := lefts[n] + backs[n];
  END LOOP;

  FOR claim IN 1 .. cardinality(ends) LOOP
    fits := true;
    hopeless := false;
    FOR j IN first .. ends[claim] LOOP
      i := purses[j];
      lack := amounts[claim] - frees[i];
      IF barred[i] OR (lack > 0 AND lack > lefts[i]) THEN
        fits := false;
      END IF;
      hopeless := hopeless OR lack > lefts[i] + others[i] + runnings[i];
    END LOOP;
    FOR j IN first .. ends[claim] LOOP
      i := purses[j];
      lack := GREATEST(amounts[claim] - frees[i], 0);
      IF fits THEN
        takes[i] := takes[i] + lack;
        lefts[i] := lefts[i] - lack;
        frees[i] := frees[i] + lack - amounts[claim];
        runnings[i] := runnings[i] + amounts[claim];
      ELSIF NOT hopeless AND lack > lefts[i] THEN
        barred[i] := true;
      END IF;
    END LOOP;
    first := ends[claim] + 1;
    outcomes := outcomes || fits;
  END LOOP;

  FOR n IN 1 .. cardinality(budgets) LOOP
    CONTINUE WHEN typicals[n] <= 0;
    directs[n] := lefts[n]::numeric < 64::numeric * typicals[n] * GREATEST(nodes, 1);
    slice := lefts[n] / 50;
    IF wishes[n] AND NOT directs[n] AND takes[n] >= 0 AND takes[n] < slice THEN
      lefts[n] := lefts[n] - (slice - takes[n]);
      takes[n] := slice;
    END IF;
  END LOOP;

  -- The grant path's own check: never beyond the limit.
  UPDATE budget_periods p
  SET granted_nano = p.granted_nano + t.take, limit_nano = t.high, limit_high_nano = GREATEST(p.limit_high_nano, t.high)
  FROM unnest(budgets, starts, takes, limits) AS t (budget, start, take, high)
  WHERE p.tenant_id = the_tenant AND p.budget_id = t.budget AND p.period_start = t.start AND t.take <> 0
    AND (t.take < 0 OR p.granted_nano + t.take <= t.high);
  GET DIAGNOSTICS written = ROW_COUNT;
  SELECT count(*) INTO wanted FROM unnest(takes) AS t (take) WHERE t.take <> 0;
  IF written <> wanted THEN
    RAISE EXCEPTION 'a grant would pass a limit' USING ERRCODE = 'TG003';
  END IF;
  -- In order, as settlement locks them.
  PERFORM 1 FROM budget_leases l
  JOIN unnest(budgets, starts, takes, fences) AS t (budget, start, take, fence)
    ON l.budget_id = t.budget AND l.period_start = t.start AND (t.take <> 0 OR t.fence)
  WHERE l.tenant_id = the_tenant AND l.node_id = the_node AND l.epoch = the_epoch
  ORDER BY l.budget_id, l.period_start FOR NO KEY UPDATE OF l;
  UPDATE budget_leases l
  SET granted_nano = l.granted_nano + t.take, exchange_no = the_no, updated_at = the_time
  FROM unnest(budgets, starts, takes, fences) AS t (budget, start, take, fence)
  WHERE l.tenant_id = the_tenant AND l.budget_id = t.budget AND l.period_start = t.start AND l.node_id = the_node
    AND l.epoch = the_epoch AND (t.take < 0 OR (t.take = 0 AND t.fence));
  INSERT INTO budget_leases AS l (tenant_id, budget_id, period_start, node_id, epoch, granted_nano, exchange_no, updated_at)
  SELECT the_tenant, t.budget, t.start, the_node, the_epoch, t.take, the_no, the_time
  FROM unnest(budgets, starts, takes, fences, known) AS t (budget, start, take, fence, known)
  WHERE t.known AND (t.take > 0 OR (t.take = 0 AND t.fence)) ORDER BY t.budget, t.start
  ON CONFLICT (tenant_id, budget_id, period_start, node_id, epoch) DO UPDATE
  SET granted_nano = l.granted_nano + excluded.granted_nano, exchange_no = excluded.exchange_no,
      updated_at = excluded.updated_at;
  RETURN QUERY
  SELECT k.n::integer, (COALESCE(owns[k.n], 0) + takes[k.n])::bigint, takes[k.n], limits[k.n], lefts[k.n], others[k.n],
         losts[k.n], directs[k.n], outcomes
  FROM generate_subscripts(budgets, 1) AS k (n) ORDER BY k.n;
END
$$;
GRANT EXECUTE ON FUNCTION exchange_budgets(
  uuid, uuid, bigint, bigint, timestamptz, timestamptz, uuid[], timestamptz[], bigint[], bigint[], bigint[], bigint[],
  boolean[], boolean[], bigint[], integer[], integer[]) TO tollgate_settle;
