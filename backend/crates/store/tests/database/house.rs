//! A migrated database of a test's own, dropped with it.

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tokio::runtime::Handle;
use tollgate_contract::ids::TenantId;
use tollgate_store::{Clock, CoreRuntime, Db, DbSettings, migrate};

/// A superuser's URL of the server on which tests make their databases.
const SERVER_VARIABLE: &str = "TOLLGATE_TEST_DATABASE_URL";

pub struct House {
    pub db: Db,
    pub database: Database,
}

pub struct Database {
    name: String,
    server_url: String,
    /// Its owner's URL.
    pub url: String,
}

impl Drop for Database {
    fn drop(&mut self) {
        let (name, url) = (self.name.clone(), self.server_url.clone());
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async {
                let mut server = PgConnection::connect(&url).await.expect("the server");
                let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                server.execute(AssertSqlSafe(drop)).await.expect("dropped");
            });
        });
        let _ = dropping.join();
    }
}

impl Database {
    /// An empty one.
    pub async fn new() -> Self {
        let server_url = std::env::var(SERVER_VARIABLE).unwrap_or_else(|_| {
            panic!("{SERVER_VARIABLE} must name a PostgreSQL server as superuser; scripts/test sets it")
        });
        let name = format!("store_test_{}", Clock::system().new_id().simple());
        let (base, query) = server_url.split_once('?').unwrap_or((&server_url, ""));
        let (server, _) = base.rsplit_once('/').expect("a URL with a database");
        let url = format!("{server}/{name}?{query}");
        let database = Self {
            name,
            server_url,
            url,
        };
        database
            .of_server(&format!("CREATE DATABASE {}", database.name))
            .await;
        database
    }

    /// A statement on the server, outside this database.
    pub async fn of_server(&self, sql: &str) {
        let mut server = PgConnection::connect(&self.server_url).await.expect("the server");
        server.execute(AssertSqlSafe(sql.to_owned())).await.expect("done");
    }

    /// As the owner, in this database.
    pub async fn owner(&self) -> PgConnection {
        PgConnection::connect(&self.url).await.expect("the owner")
    }

    /// Cuts all connections and takes no new ones.
    pub async fn close(&self) {
        let name = &self.name;
        self.of_server(&format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false"))
            .await;
        self.of_server(&format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        ))
        .await;
    }

    /// Takes connections again.
    pub async fn reopen(&self) {
        self.of_server(&format!(
            "ALTER DATABASE {} WITH ALLOW_CONNECTIONS true",
            self.name
        ))
        .await;
    }
}

impl House {
    pub async fn new() -> Self {
        let database = Database::new().await;
        migrate(&database.url.clone().into(), None)
            .await
            .expect("migrated");
        let settings = DbSettings {
            url: database.url.clone().into(),
            role_passwords: None,
            max_connections: 4,
        };
        let core = CoreRuntime::new(Handle::current());
        let db = Db::connect(&settings, core, Clock::system())
            .await
            .expect("the pools open");
        Self { db, database }
    }

    pub async fn tenant(&self) -> TenantId {
        let tenant = TenantId(self.db.clock().new_id());
        let mut tx = self.db.tenant(tenant).await.expect("a transaction");
        let insert = format!(
            "INSERT INTO tenants (tenant_id, slug, name, created_at, updated_at)
             VALUES ('{tenant}', 't{}', 'Tenant', now(), now())",
            tenant.0.simple()
        );
        tx.conn().execute(AssertSqlSafe(insert)).await.expect("a tenant");
        tx.commit().await.expect("committed");
        tenant
    }
}
