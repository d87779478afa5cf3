//! Walks every relation of a database and names each that lets a tenant see or change what is another's.

mod global;

use global::GLOBAL;
use postgres::types::Type;
use postgres::{Client, Transaction};
use std::sync::atomic::{AtomicU16, Ordering};
use tollgate_tests::harness::postgres::Database;
use uuid::Uuid;

/// Whose rows are in every table.
pub const VICTIM: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_00aa);
/// Who looks.
pub const OTHER: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_00bb);

const VERBS: [&str; 4] = ["SELECT", "INSERT", "UPDATE", "DELETE"];

/// One relation.
#[derive(Debug)]
struct Relation {
    name: String,
    kind: String,
    partition: bool,
    protected: bool,
    invoker: bool,
    columns: Vec<(String, Type)>,
}

impl Relation {
    fn has_tenant(&self) -> bool {
        self.columns.iter().any(|(name, _)| name == "tenant_id")
    }

    /// The name as SQL.
    fn quoted(&self) -> String {
        format!("\"{}\"", self.name)
    }
}

/// Puts a row of the victim and one of the other tenant into every table that has a tenant. Checks, foreign keys and
/// triggers are put aside first: what is tested is who sees a row, not whether it makes sense.
pub fn fill(database: &Database) {
    let mut sql = database.connect();
    let constraints = sql
        .query(
            "SELECT conrelid::regclass::text, conname FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
             WHERE contype IN ('c', 'f') AND conparentid = 0 AND NOT t.relispartition
               AND t.relnamespace = 'public'::regnamespace ORDER BY contype DESC",
            &[],
        )
        .expect("the constraints");
    for row in constraints {
        let (table, name): (String, String) = (row.get(0), row.get(1));
        sql.batch_execute(&format!(
            "ALTER TABLE {table} DROP CONSTRAINT IF EXISTS \"{name}\" CASCADE"
        ))
        .expect("dropped in this copy");
    }
    sql.batch_execute("SET session_replication_role = replica")
        .expect("superuser");
    for relation in relations(&mut sql) {
        if relation.partition || !["r", "p"].contains(&relation.kind.as_str()) {
            continue;
        }
        let tenants: &[Uuid] = if relation.has_tenant() {
            &[VICTIM, OTHER]
        } else {
            &[VICTIM]
        };
        for tenant in tenants {
            let statement = insert(&relation, *tenant);
            sql.execute(&statement, &[])
                .unwrap_or_else(|error| panic!("{statement}: {error:?}"));
        }
    }
}

/// An INSERT of some row of this tenant.
fn insert(relation: &Relation, tenant: Uuid) -> String {
    // Above the numbers of the migrations, which have rows of their own.
    static NUMBERS: AtomicU16 = AtomicU16::new(1000);
    let values: Vec<String> = relation
        .columns
        .iter()
        .map(|(name, kind)| match (name.as_str(), kind) {
            ("tenant_id", _) => format!("'{tenant}'"),
            // The partition of this month.
            ("request_id", _) => "uuid7_floor(now())".to_owned(),
            (_, &Type::UUID) => format!("'{}'", Uuid::new_v4()),
            (_, &Type::BOOL) => "false".to_owned(),
            (_, &Type::TIMESTAMPTZ | &Type::DATE) => "now()".to_owned(),
            (_, &Type::BYTEA) => format!("'\\x{}'", Uuid::new_v4().simple()),
            (
                _,
                &Type::JSONB
                | &Type::JSON
                | &Type::TEXT_ARRAY
                | &Type::INT2_ARRAY
                | &Type::UUID_ARRAY
                | &Type::BYTEA_ARRAY,
            ) => "'{}'".to_owned(),
            (_, &Type::TEXT | &Type::VARCHAR) => format!("'{}'", Uuid::new_v4().simple()),
            (_, kind) if kind.name() == "xid8" => "'1'".to_owned(),
            // A number that no other row has.
            _ => NUMBERS.fetch_add(1, Ordering::Relaxed).to_string(),
        })
        .collect();
    let names: Vec<String> = relation
        .columns
        .iter()
        .map(|(name, _)| format!("\"{name}\""))
        .collect();
    format!(
        "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({})",
        relation.quoted(),
        names.join(", "),
        values.join(", ")
    )
}

/// Every table, partition, view, materialised view and foreign table outside the system's own schemas.
fn relations(sql: &mut Client) -> Vec<Relation> {
    let rows = sql
        .query(
            "SELECT c.oid, c.relname::text, c.relkind::text, c.relispartition,
                    c.relrowsecurity AND c.relforcerowsecurity,
                    COALESCE(c.reloptions @> ARRAY['security_invoker=true'] OR c.reloptions @> ARRAY['security_invoker=on'], false)
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
             ORDER BY c.relname",
            &[],
        )
        .expect("pg_class");
    let mut found = Vec::new();
    for row in rows {
        let oid: u32 = row.get(0);
        let columns = sql
            .query(
                "SELECT attname::text, atttypid FROM pg_attribute WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped
                   AND attgenerated = '' ORDER BY attnum",
                &[&oid],
            )
            .expect("pg_attribute");
        let columns = columns.iter().map(|column| {
            let name: String = column.get(0);
            let kind: u32 = column.get(1);
            (
                name,
                Type::from_oid(kind).unwrap_or_else(|| {
                    Type::new("xid8".into(), kind, postgres::types::Kind::Simple, String::new())
                }),
            )
        });
        found.push(Relation {
            name: row.get(1),
            kind: row.get(2),
            partition: row.get(3),
            protected: row.get(4),
            invoker: row.get(5),
            columns: columns.collect(),
        });
    }
    found
}

/// What is wrong, one line each.
pub fn faults(database: &Database) -> Vec<String> {
    let mut sql = database.connect();
    let relations = relations(&mut sql);
    let mut faults = Vec::new();
    for relation in &relations {
        match GLOBAL.iter().find(|(name, ..)| *name == relation.name) {
            Some((_, allowed, _)) => faults.extend(exactly(&mut sql, relation, allowed)),
            None => faults.extend(shape(&mut sql, relation)),
        }
    }
    let before = snapshot(&mut sql, &relations);
    let mut app = database.connect_as("tollgate_app");
    for setting in [Some(OTHER.to_string()), Some(String::new()), None] {
        for relation in relations.iter().filter(|relation| relation.has_tenant()) {
            if !GLOBAL.iter().any(|(name, ..)| *name == relation.name) {
                faults.extend(tries(&mut app, relation, setting.as_deref()));
            }
        }
    }
    for (relation, (was, is)) in relations
        .iter()
        .zip(before.iter().zip(snapshot(&mut sql, &relations)))
    {
        if *was != is {
            faults.push(format!("{}: rows of the victim were changed", relation.name));
        }
    }
    faults
}

/// A global relation grants tollgate_app what the list says, no more.
fn exactly(sql: &mut Client, relation: &Relation, allowed: &str) -> Vec<String> {
    let granted = granted(sql, "tollgate_app", relation);
    let granted = granted.join(", ");
    if granted == allowed {
        return Vec::new();
    }
    vec![format!(
        "{}: tollgate_app may `{granted}`, the list of global tables says `{allowed}`",
        relation.name
    )]
}

fn granted(sql: &mut Client, role: &str, relation: &Relation) -> Vec<&'static str> {
    let table = "has_table_privilege($1, $2::text::regclass, $3)";
    let column = "has_any_column_privilege($1, $2::text::regclass, $3)";
    let mut found = Vec::new();
    for verb in VERBS {
        // Rows are deleted whole.
        let also = if verb == "DELETE" { "false" } else { column };
        let query = format!("SELECT {table} OR {also}");
        let row = sql.query_one(&query, &[&role, &relation.quoted(), &verb]);
        if row.expect("privileges").get(0) {
            found.push(verb);
        }
    }
    found
}

/// How a relation that belongs to tenants has to be made.
fn shape(sql: &mut Client, relation: &Relation) -> Vec<String> {
    let name = &relation.name;
    let granted = granted(sql, "tollgate_app", relation);
    let mut faults = Vec::new();
    match relation.kind.as_str() {
        "r" | "p" => {
            if !relation.has_tenant() {
                faults.push(format!(
                    "{name}: has no tenant_id and is not in the list of global tables"
                ));
            } else if relation.columns[0].0 != "tenant_id" {
                faults.push(format!("{name}: tenant_id is not its first column"));
            }
            if !relation.protected {
                faults.push(format!("{name}: row-level security is not forced"));
            }
            if relation.partition && !granted.is_empty() {
                faults.push(format!(
                    "{name}: a partition inherits no policy, and tollgate_app may {granted:?}"
                ));
            }
        }
        "v" if !relation.invoker && !granted.is_empty() => {
            faults.push(format!(
                "{name}: a view that is not security_invoker shows everybody's rows"
            ));
        }
        "m" | "f" if !granted.is_empty() => {
            faults.push(format!(
                "{name}: knows no row-level security, and tollgate_app may {granted:?}"
            ));
        }
        _ => (),
    }
    faults
}

/// What a stranger can do with the victim's rows.
fn tries(app: &mut Client, relation: &Relation, setting: Option<&str>) -> Vec<String> {
    let (name, quoted) = (&relation.name, relation.quoted());
    let who = setting.map_or("nobody".to_owned(), |tenant| format!("tenant `{tenant}`"));
    let mut faults = Vec::new();
    let mut fault = |what: String| faults.push(format!("{name}: as {who}, {what}"));
    let mut tx = app.transaction().expect("a transaction");
    if let Some(tenant) = setting {
        tx.execute("SELECT set_config('tollgate.tenant', $1, true)", &[&tenant])
            .expect("a setting");
    }
    // Without a WHERE the index on tenant_id can't hide what a policy lets through.
    if let Some(seen) = count(
        &mut tx,
        &format!("SELECT count(*) FROM {quoted} WHERE tenant_id = '{VICTIM}'"),
    ) && seen > 0
    {
        fault(format!("SELECT sees {seen} rows of another tenant"));
    }
    let all = count(&mut tx, &format!("SELECT count(*) FROM {quoted}"));
    let own = i64::from(setting == Some(OTHER.to_string().as_str()));
    if let Some(all) = all
        && all != own
    {
        fault(format!("SELECT sees {all} rows, {own} of them its own"));
    }
    for statement in [
        format!("UPDATE {quoted} SET tenant_id = tenant_id WHERE tenant_id = '{VICTIM}'"),
        format!("UPDATE {quoted} SET tenant_id = tenant_id"),
        format!("DELETE FROM {quoted} WHERE tenant_id = '{VICTIM}'"),
        format!("DELETE FROM {quoted}"),
    ] {
        let limit = if statement.contains("WHERE") {
            0
        } else {
            own.unsigned_abs()
        };
        if let Some(rows) = changed(&mut tx, &statement)
            && rows > limit
        {
            fault(format!("`{statement}` changes {rows} rows"));
        }
    }
    if changed(&mut tx, &insert(relation, VICTIM)).is_some() {
        fault("INSERT writes a row of another tenant".to_owned());
    }
    drop(tx);
    faults
}

/// The count, or nothing if it is refused.
fn count(tx: &mut Transaction<'_>, query: &str) -> Option<i64> {
    let mut point = tx.transaction().expect("a savepoint");
    point.query_one(query, &[]).ok().map(|row| row.get(0))
}

/// How many rows a statement changes, or nothing if it is refused. It is undone.
fn changed(tx: &mut Transaction<'_>, statement: &str) -> Option<u64> {
    let mut point = tx.transaction().expect("a savepoint");
    point.execute(statement, &[]).ok()
}

/// The victim's rows of each relation, as a digest.
fn snapshot(sql: &mut Client, relations: &[Relation]) -> Vec<Option<String>> {
    let mut digests = Vec::new();
    for relation in relations {
        if !relation.has_tenant() {
            digests.push(None);
            continue;
        }
        let query = format!(
            "SELECT md5(COALESCE(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {} t WHERE tenant_id = '{VICTIM}'",
            relation.quoted()
        );
        digests.push(Some(sql.query_one(&query, &[]).expect("superuser").get(0)));
    }
    digests
}

/// What tollgate_resolver may touch directly: nothing.
pub fn resolver_reads(database: &Database) -> Vec<String> {
    let mut sql = database.connect();
    let relations = relations(&mut sql);
    let mut read = Vec::new();
    for relation in relations {
        if !granted(&mut sql, "tollgate_resolver", &relation).is_empty() {
            read.push(relation.name);
        }
    }
    read
}
