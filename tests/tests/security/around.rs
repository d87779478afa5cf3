//! Names roles with more power than they need, and functions that would lead around the policies.

use tollgate_tests::harness::postgres::Database;

/// Roles and functions that would get around all of it.
pub fn ways_around(database: &Database, definer_allowed: &[&str]) -> Vec<String> {
    let mut sql = database.connect();
    let mut faults = Vec::new();
    let roles = sql
        .query(
            "SELECT rolname::text FROM pg_roles r WHERE rolname LIKE 'tollgate\\_%' AND (rolsuper OR rolbypassrls OR rolcreaterole
               OR rolcreatedb OR EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid)
               OR EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid))",
            &[],
        )
        .expect("pg_roles");
    faults.extend(roles.iter().map(|row| {
        format!(
            "{}: has more power than a role of the gateway may",
            row.get::<_, String>(0)
        )
    }));
    let functions = sql
        .query(
            "SELECT p.proname::text, COALESCE(array_to_string(p.proconfig, ','), '') FROM pg_proc p
             WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef
               AND (has_function_privilege('tollgate_app', p.oid, 'EXECUTE') OR NOT COALESCE(array_to_string(p.proconfig, ','), '') LIKE '%search_path%')",
            &[],
        )
        .expect("pg_proc");
    for row in functions {
        let (name, config): (String, String) = (row.get(0), row.get(1));
        if !config.contains("search_path") {
            faults.push(format!("{name}: runs as its owner without a pinned search_path"));
        } else if !definer_allowed.contains(&name.as_str()) {
            faults.push(format!("{name}: runs as its owner, and tollgate_app may call it"));
        }
    }
    faults
}
