-- Roles, the tenant of a transaction, and how a table is protected.
--
-- Roles belong to the whole cluster; several databases may be migrated at once, so a role that is there already is fine.
-- Each role has a pool of its own; nobody uses SET ROLE. Passwords are set by `tollgate migrate`, never here.
DO $$
DECLARE
  role_name text;
BEGIN
  FOREACH role_name IN ARRAY ARRAY['tollgate_app', 'tollgate_settle', 'tollgate_jobs', 'tollgate_resolver'] LOOP
    BEGIN
      EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS', role_name);
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL;
    END;
  END LOOP;
END
$$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO tollgate_app, tollgate_settle, tollgate_jobs, tollgate_resolver;
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- The tenant of this transaction; NULL where none is set. A pooled connection that has had one shows '' afterwards.
CREATE FUNCTION current_tenant() RETURNS uuid
  LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT NULLIF(current_setting('tollgate.tenant', true), '')::uuid $$;
GRANT EXECUTE ON FUNCTION current_tenant() TO tollgate_app, tollgate_settle, tollgate_jobs, tollgate_resolver;

-- Puts a tenant-owned table under forced row-level security, with one policy per role (an OR would lose the index) and
-- the named grants, e.g. protect_tenant_table('api_keys', 'SELECT, INSERT, UPDATE', '', 'SELECT').
-- The platform roles settle and jobs see all tenants and are kept in check by their few grants alone.
CREATE FUNCTION protect_tenant_table(relation regclass, app_grants text, settle_grants text, jobs_grants text) RETURNS void
  LANGUAGE plpgsql
  AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', relation);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', relation);
  EXECUTE format('REVOKE ALL ON %s FROM PUBLIC', relation);
  IF app_grants <> '' THEN
    EXECUTE format('CREATE POLICY by_tenant ON %s FOR ALL TO tollgate_app
      USING (tenant_id = NULLIF(current_setting(''tollgate.tenant'', true), '''')::uuid)
      WITH CHECK (tenant_id = NULLIF(current_setting(''tollgate.tenant'', true), '''')::uuid)', relation);
    EXECUTE format('GRANT %s ON %s TO tollgate_app', app_grants, relation);
  END IF;
  IF settle_grants <> '' THEN
    EXECUTE format('CREATE POLICY by_settlement ON %s FOR ALL TO tollgate_settle USING (true) WITH CHECK (true)', relation);
    EXECUTE format('GRANT %s ON %s TO tollgate_settle', settle_grants, relation);
  END IF;
  IF jobs_grants <> '' THEN
    EXECUTE format('CREATE POLICY by_jobs ON %s FOR ALL TO tollgate_jobs USING (true) WITH CHECK (true)', relation);
    EXECUTE format('GRANT %s ON %s TO tollgate_jobs', jobs_grants, relation);
  END IF;
END
$$;

-- What has been written stays: for ledgers and the audit log, on top of missing grants.
CREATE FUNCTION refuse_rewrite() RETURNS trigger
  LANGUAGE plpgsql
  AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
