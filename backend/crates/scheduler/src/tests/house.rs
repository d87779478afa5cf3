//! A house with a real database: accounts as the management API writes them, and nodes that read them.

use super::support::wish;
use crate::state::Observed;
use crate::{Pool, Scheduler, Wish};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::sync::Arc;
use std::time::Duration;
use tollgate_contract::accounts::AccountState;
use tollgate_contract::ids::{AccountId, GroupId, TenantId};
use tollgate_contract::platform::Platform;
use tollgate_store::{
    ChangeFeed, Clock, CoreRuntime, Db, DbSettings, MasterKey, SecretPlace, Secrets, Topic, announce,
    announce_platform, migrate,
};

/// A superuser's URL of the server on which tests make their databases.
const SERVER_VARIABLE: &str = "TOLLGATE_TEST_DATABASE_URL";

pub(super) struct House {
    pub(super) db: Db,
    clock: Clock,
    pub(super) secrets: Secrets,
    pub(super) tenant: TenantId,
    owner_url: String,
    database: Database,
}

/// Dropped with the test.
struct Database {
    name: String,
    server_url: String,
}

impl Drop for Database {
    fn drop(&mut self) {
        let (url, sql) = (
            self.server_url.clone(),
            format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name),
        );
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(run(&url, &sql));
        });
        let _ = dropping.join();
    }
}

impl House {
    pub(super) async fn new() -> Self {
        let clock = Clock::system();
        let server_url = std::env::var(SERVER_VARIABLE)
            .unwrap_or_else(|_| panic!("{SERVER_VARIABLE} must name a PostgreSQL server as superuser"));
        let name = format!("scheduler_test_{}", clock.new_id().simple());
        run(&server_url, &format!("CREATE DATABASE {name}")).await;
        let (base, query) = server_url.split_once('?').unwrap_or((&server_url, ""));
        let (base, _) = base.rsplit_once('/').expect("a URL with a database");
        let owner_url = format!("{base}/{name}?{query}");
        let database = Database { name, server_url };
        migrate(&owner_url.clone().into(), None)
            .await
            .expect("the schema");
        let settings = DbSettings {
            url: owner_url.clone().into(),
            role_passwords: None,
            max_connections: 4,
        };
        let core = CoreRuntime::new(tokio::runtime::Handle::current());
        let db = Db::connect(&settings, core, clock.clone())
            .await
            .expect("the pools open");
        let secrets = Secrets::new(MasterKey::new(&"a master key".into()), clock.clone());
        let tenant = TenantId(clock.new_id());
        let house = Self {
            db,
            clock,
            secrets,
            tenant,
            owner_url,
            database,
        };
        house.add_tenant(tenant, "one").await;
        house
    }

    async fn add_tenant(&self, tenant: TenantId, slug: &str) {
        let sql = format!(
            "INSERT INTO tenants (tenant_id, slug, name, created_at, updated_at)
             VALUES ('{tenant}', '{slug}', '{slug}', now(), now())"
        );
        run(&self.owner_url, &sql).await;
    }

    /// Another tenant.
    pub(super) async fn other_tenant(&self, slug: &str) -> TenantId {
        let tenant = TenantId(self.clock.new_id());
        self.add_tenant(tenant, slug).await;
        tenant
    }

    /// A change within a tenant, announced as the management API does.
    pub(super) async fn announced(&self, tenant: TenantId, sql: &str) {
        let mut tx = self.db.tenant(tenant).await.expect("a transaction");
        let statement = AssertSqlSafe(sql.to_owned());
        tx.conn().execute(statement).await.expect("the statement");
        announce(&mut tx, Topic::Account, self.clock.new_id(), 1)
            .await
            .expect("announced");
        tx.commit().await.expect("committed");
    }

    /// A group of a tenant's accounts, with their priorities in it.
    pub(super) async fn group(&self, tenant: TenantId, members: &[(AccountId, i32)]) -> GroupId {
        let group = GroupId(self.clock.new_id());
        let mut sql = format!(
            "INSERT INTO account_groups (tenant_id, group_id, service, name, created_at, updated_at)
             VALUES ('{tenant}', '{group}', 'claude', '{group}', now(), now())"
        );
        for (account, priority) in members {
            let member = format!(
                "; INSERT INTO account_group_members VALUES ('{tenant}', '{group}', '{account}', {priority})"
            );
            sql.push_str(&member);
        }
        self.announced(tenant, &sql).await;
        group
    }

    /// Lets a tenant use another's group.
    pub(super) async fn grant(&self, owner: TenantId, group: GroupId, to: TenantId, name: &str) {
        let sql = format!(
            "INSERT INTO group_grants (tenant_id, group_id, owner_id, public_name, created_at)
             VALUES ('{to}', '{group}', '{owner}', '{name}', now())"
        );
        self.grants(to, &sql).await;
    }

    /// Changes a tenant's grants, as an operator does, and announces it.
    pub(super) async fn grants(&self, of: TenantId, sql: &str) {
        let mut tx = self.db.jobs().await.expect("a transaction");
        let statement = AssertSqlSafe(sql.to_owned());
        tx.conn().execute(statement).await.expect("the statement");
        announce_platform(&mut tx, Topic::Account, of, self.clock.new_id(), 1)
            .await
            .expect("announced");
        tx.commit().await.expect("committed");
    }

    /// A tenant's pool, once its accounts are these by their public names.
    pub(super) async fn await_names(&self, node: &Scheduler, tenant: TenantId, names: &[&str]) -> Arc<Pool> {
        for _ in 0..500 {
            let pool = node.pool(tenant).await.expect("a pool");
            if pool
                .accounts()
                .map(|one| &*one.public_name)
                .eq(names.iter().copied())
            {
                return pool;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the accounts are not {names:?}");
    }

    /// A node of its own: what one knows the other has to be told.
    pub(super) fn node(&self) -> Scheduler {
        let feed = ChangeFeed::new(&self.db);
        let node = Scheduler::new(&self.db, self.secrets.clone(), &feed);
        feed.start();
        node
    }

    pub(super) async fn account(&self, name: &str, credential: &str) -> AccountId {
        self.account_of(self.tenant, name, credential).await
    }

    pub(super) async fn account_of(&self, tenant: TenantId, name: &str, credential: &str) -> AccountId {
        let id = AccountId(self.clock.new_id());
        let mut tx = self.db.tenant(tenant).await.expect("a transaction");
        let sealed = self
            .secrets
            .seal(&mut tx, place(id), credential.as_bytes())
            .await
            .expect("sealed");
        sqlx::query(
            "INSERT INTO accounts (tenant_id, account_id, platform, name, base_url, credential, model_mapping, state_since,
                                   created_at, updated_at)
             VALUES ($1, $2, 'claude_console', $3, 'https://upstream.example', $4, '{\"asked\": \"sent\"}', $5, $5, $5)",
        )
        .bind(tenant.0)
        .bind(id.0)
        .bind(name)
        .bind(sealed.to_bytes())
        .bind(self.clock.now())
        .execute(tx.conn())
        .await
        .expect("an account");
        announce(&mut tx, Topic::Account, id.0, 1)
            .await
            .expect("announced");
        tx.commit().await.expect("committed");
        id
    }

    /// Changes an account as the management API does.
    pub(super) async fn change(&self, account: AccountId, set: &str) {
        let mut tx = self.db.tenant(self.tenant).await.expect("a transaction");
        let sql = format!(
            "UPDATE accounts SET {set}, version = version + 1 WHERE account_id = $1 RETURNING version"
        );
        let version: i64 = sqlx::query_scalar(AssertSqlSafe(sql))
            .bind(account.0)
            .fetch_one(tx.conn())
            .await
            .expect("changed");
        announce(&mut tx, Topic::Account, account.0, version)
            .await
            .expect("announced");
        tx.commit().await.expect("committed");
    }

    pub(super) async fn row(&self, account: AccountId) -> (String, i64) {
        let mut owner = PgConnection::connect(&self.owner_url).await.expect("the owner");
        sqlx::query_as("SELECT state, version FROM accounts WHERE account_id = $1")
            .bind(account.0)
            .fetch_one(&mut owner)
            .await
            .expect("the row")
    }

    /// What a query of the owner's gives.
    pub(super) async fn rows<T>(&self, query: &'static str) -> Vec<T>
    where
        T: Send + Unpin + for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>,
    {
        let mut owner = PgConnection::connect(&self.owner_url).await.expect("the owner");
        sqlx::query_as(query)
            .fetch_all(&mut owner)
            .await
            .expect("the rows")
    }

    /// The nodes go down.
    pub(super) async fn stop(&self) {
        assert!(
            self.db.core().stop(Duration::from_secs(10)).await,
            "all tasks end"
        );
    }

    pub(super) async fn await_row(&self, account: AccountId, state: &str, version: i64) {
        let mut found = self.row(account).await;
        for _ in 0..500 {
            if found == (state.to_owned(), version) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
            found = self.row(account).await;
        }
        panic!("the row became {found:?} and not {state} at version {version}");
    }

    pub(super) async fn await_state(&self, node: &Scheduler, account: AccountId, wanted: AccountState) {
        for _ in 0..500 {
            if state(&*self.pool(node).await, account) == wanted {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!(
            "it is {:?} and not {wanted:?}",
            state(&*self.pool(node).await, account)
        );
    }

    pub(super) async fn pool(&self, node: &Scheduler) -> Arc<Pool> {
        node.pool(self.tenant).await.expect("a pool")
    }

    /// The pool, once the account is on a platform.
    pub(super) async fn pool_with(
        &self,
        node: &Scheduler,
        account: AccountId,
        platform: Platform,
    ) -> Arc<Pool> {
        for _ in 0..500 {
            let pool = self.pool(node).await;
            if pool
                .accounts()
                .any(|one| one.id == account && one.platform == platform)
            {
                return pool;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the account is on another platform");
    }

    pub(super) async fn await_other_mark(&self, node: &Scheduler, account: AccountId, before: u64) {
        for _ in 0..500 {
            let pool = self.pool(node).await;
            if pool.accounts().any(|one| one.id == account && one.mark != before) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the mark stays");
    }

    /// A request to an account, of which this comes.
    pub(super) async fn request(&self, node: &Scheduler, account: AccountId, seen: Observed) {
        let pool = self.pool(node).await;
        let seat = node
            .pick(
                &pool,
                &Wish {
                    tenant: self.tenant,
                    sticky: Some(account),
                    ..wish()
                },
            )
            .expect("a seat");
        assert_eq!(seat.account().id, account);
        seat.observe(seen);
    }

    /// What only the database's owner may do.
    pub(super) async fn owner(&self, sql: &str) {
        run(&self.owner_url, sql).await;
    }

    /// Cuts all connections and takes no new ones, or takes them again.
    pub(super) async fn answer(&self, answers: bool) {
        let name = &self.database.name;
        run(
            &self.database.server_url,
            &format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS {answers}"),
        )
        .await;
        if !answers {
            let cut =
                format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
            run(&self.database.server_url, &cut).await;
        }
    }

    /// The end of each test.
    pub(super) async fn close(self) {
        self.stop().await;
        self.db.close().await;
    }
}

async fn run(url: &str, sql: &str) {
    let mut server = PgConnection::connect(url).await.expect("the server");
    server
        .execute(AssertSqlSafe(sql.to_owned()))
        .await
        .expect("the statement");
}

pub(super) fn place(account: AccountId) -> SecretPlace {
    SecretPlace {
        table: "accounts",
        row: account.0,
        column: "credential",
    }
}

pub(super) fn state(pool: &Pool, account: AccountId) -> AccountState {
    let found = pool.candidate(account);
    found.expect("in the pool").live.condition().state
}
