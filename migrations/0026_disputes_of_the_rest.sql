-- What was given back in part may be disputed again for the rest: only what is not decided yet stands in the way.
DROP INDEX billing_disputes_once;
CREATE UNIQUE INDEX billing_disputes_once
  ON billing_disputes (tenant_id, month, model, cost_centre, late, COALESCE(request_id, '00000000-0000-0000-0000-000000000000'))
  WHERE status = 'open';
