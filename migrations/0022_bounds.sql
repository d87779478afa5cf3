-- Bounds on what is sent and kept: whom a link was sent to, whose turn a delivery has, and letters that are forgotten.

-- SHA-256 of the address that a link was made for: when whoever reads there has left, it opens nothing any more. NULL for
-- a link that was sent to a webhook.
ALTER TABLE export_link_directory ADD COLUMN recipient_hash bytea CHECK (length(recipient_hash) = 32);

DROP FUNCTION resolve_export_link(bytea, timestamptz);
CREATE FUNCTION resolve_export_link(wanted bytea, at timestamptz)
  RETURNS TABLE (tenant_id uuid, export_id uuid, recipient_hash bytea)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$
    SELECT l.tenant_id, l.export_id, l.recipient_hash FROM export_link_directory l
    WHERE l.link_hash = wanted AND l.expires_at > at
  $$;
GRANT EXECUTE ON FUNCTION resolve_export_link(bytea, timestamptz) TO tollgate_resolver;

-- How many deliveries of an organisation wait, and which of them has its turn.
CREATE INDEX export_deliveries_waiting ON export_deliveries (tenant_id, next_attempt_at) WHERE state = 'pending';

-- How many letters an organisation wrote today, and which are old.
CREATE INDEX mail_outbox_written ON mail_outbox (tenant_id, created_at);
CREATE INDEX mail_outbox_by_age ON mail_outbox (created_at);
GRANT DELETE ON mail_outbox TO tollgate_jobs;
