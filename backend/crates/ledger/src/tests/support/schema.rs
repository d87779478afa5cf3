//! Databases with the schema in place: made once a server and set of migrations, then copied.

use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tokio::sync::Mutex;
use tollgate_store::Clock;

/// The advisory lock under which the template is made: "schema" in ASCII.
const LOCK: i64 = 0x7363_6865_6d61;

/// The migrations as they stand in the repository, in order.
fn migrations() -> Vec<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../migrations");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("migrations")
        .map(|file| file.expect("a file").path())
        .filter(|file| file.extension().is_some_and(|extension| extension == "sql"))
        .collect();
    files.sort();
    let read = |file: &std::path::PathBuf| std::fs::read_to_string(file).expect("a migration");
    files.iter().map(read).collect()
}

/// Applies them all as whoever the URL names.
async fn migrate(url: &str) {
    let mut owner = PgConnection::connect(url).await.expect("the owner");
    for text in migrations() {
        sqlx::raw_sql(AssertSqlSafe(text))
            .execute(&mut owner)
            .await
            .expect("migrated");
    }
    owner.close().await.expect("closed");
}

/// A database of this name on a server.
pub(super) async fn copy(server_url: &str, name: &str) {
    // A database that is being copied takes no second copy at the same moment everywhere.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());
    let _guard = ONE_AT_A_TIME.lock().await;
    let mut server = PgConnection::connect(server_url)
        .await
        .expect("the test server answers");
    let template = template(&mut server, server_url).await;
    let copy = format!("CREATE DATABASE {name} TEMPLATE {template}");
    server.execute(AssertSqlSafe(copy)).await.expect("a database");
}

/// The role that [`make_as_plain_owner`] has the tables belong to.
const PLAIN_OWNER: &str = "ledger_test_owner";

/// The same, made by a role that may do no more than make roles and what it owns.
pub(super) async fn make_as_plain_owner(server_url: &str, name: &str) {
    let mut server = PgConnection::connect(server_url)
        .await
        .expect("the test server answers");
    for sql in [
        format!(
            "DO $$ BEGIN CREATE ROLE {PLAIN_OWNER} LOGIN NOSUPERUSER CREATEROLE; EXCEPTION
             WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        ),
        format!("CREATE DATABASE {name} OWNER {PLAIN_OWNER}"),
    ] {
        server.execute(AssertSqlSafe(sql)).await.expect("a database");
    }
    let (scheme, rest) = server_url.split_once("://").expect("a URL");
    let host = rest.split_once('@').map_or(rest, |(_, host)| host);
    let url = format!("{scheme}://{PLAIN_OWNER}@{host}");
    migrate(&super::with_database(&url, name)).await;
}

/// The template's name says what is in it: the migrations, and the months that they made partitions of.
async fn template(server: &mut PgConnection, server_url: &str) -> String {
    let mut digest = Sha256::new();
    for text in migrations() {
        digest.update(text);
    }
    digest.update(Clock::system().now().format("%Y-%m").to_string());
    let name = format!("ledger_template_{}", &hex::encode(digest.finalize())[..16]);
    let there = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)";
    let is_there = async |server: &mut PgConnection| -> bool {
        let found = sqlx::query_scalar(there).bind(&name).fetch_one(server).await;
        found.expect("an answer")
    };
    if is_there(server).await {
        return name;
    }
    let locked = format!("SELECT pg_advisory_lock({LOCK})");
    server.execute(AssertSqlSafe(locked)).await.expect("the lock");
    if !is_there(server).await {
        let half = format!("{name}_half");
        for sql in [
            format!("DROP DATABASE IF EXISTS {half} WITH (FORCE)"),
            format!("CREATE DATABASE {half}"),
        ] {
            server.execute(AssertSqlSafe(sql)).await.expect("a database");
        }
        migrate(&super::with_database(server_url, &half)).await;
        // Only a whole one has the name.
        let rename = format!("ALTER DATABASE {half} RENAME TO {name}");
        server.execute(AssertSqlSafe(rename)).await.expect("renamed");
    }
    let unlock = format!("SELECT pg_advisory_unlock({LOCK})");
    server.execute(AssertSqlSafe(unlock)).await.expect("unlocked");
    name
}
