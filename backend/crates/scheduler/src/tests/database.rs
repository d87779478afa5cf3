//! Against a real database: what is read, what is written back, and what two nodes make of it.

use super::support::wish;
use crate::state::Observed;
use crate::{Pool, Scheduler, Wish};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::sync::Arc;
use std::time::Duration;
use tollgate_contract::accounts::AccountState;
use tollgate_contract::ids::{AccountId, TenantId};
use tollgate_store::{
    ChangeFeed, Clock, CoreRuntime, Db, DbSettings, MasterKey, SecretPlace, Secrets, Topic, announce, migrate,
};

/// A superuser's URL of the server on which tests make their databases.
const SERVER_VARIABLE: &str = "TOLLGATE_TEST_DATABASE_URL";

struct House {
    db: Db,
    clock: Clock,
    secrets: Secrets,
    tenant: TenantId,
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
    async fn new() -> Self {
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
        run(
            &owner_url,
            &format!(
                "INSERT INTO tenants (tenant_id, slug, name, created_at, updated_at)
                 VALUES ('{tenant}', 'one', 'One', now(), now())"
            ),
        )
        .await;
        Self {
            db,
            clock,
            secrets,
            tenant,
            owner_url,
            database,
        }
    }

    /// A node of its own: what one knows the other has to be told.
    fn node(&self) -> Scheduler {
        let feed = ChangeFeed::new(&self.db);
        let node = Scheduler::new(&self.db, self.secrets.clone(), &feed);
        feed.start();
        node
    }

    async fn account(&self, name: &str, credential: &str) -> AccountId {
        let id = AccountId(self.clock.new_id());
        let mut tx = self.db.tenant(self.tenant).await.expect("a transaction");
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
        .bind(self.tenant.0)
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
    async fn change(&self, account: AccountId, set: &str) {
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

    async fn row(&self, account: AccountId) -> (String, i64) {
        let mut owner = PgConnection::connect(&self.owner_url).await.expect("the owner");
        sqlx::query_as("SELECT state, version FROM accounts WHERE account_id = $1")
            .bind(account.0)
            .fetch_one(&mut owner)
            .await
            .expect("the row")
    }

    async fn await_row(&self, account: AccountId, state: &str, version: i64) {
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

    async fn await_state(&self, node: &Scheduler, account: AccountId, wanted: AccountState) {
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

    async fn pool(&self, node: &Scheduler) -> Arc<Pool> {
        node.pool(self.tenant).await.expect("a pool")
    }

    /// A request to an account, of which this comes.
    async fn request(&self, node: &Scheduler, account: AccountId, seen: Observed) {
        let pool = self.pool(node).await;
        let seat = node
            .pick(
                &pool,
                &Wish {
                    sticky: Some(account),
                    ..wish()
                },
            )
            .expect("a seat");
        assert_eq!(seat.account().id, account);
        seat.observe(seen);
    }

    /// Cuts all connections and takes no new ones, or takes them again.
    async fn answer(&self, answers: bool) {
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
    async fn close(self) {
        assert!(
            self.db.core().stop(Duration::from_secs(10)).await,
            "all tasks end"
        );
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

fn place(account: AccountId) -> SecretPlace {
    SecretPlace {
        table: "accounts",
        row: account.0,
        column: "credential",
    }
}

fn state(pool: &Pool, account: AccountId) -> AccountState {
    let found = pool.candidates.iter().find(|one| one.account.id == account);
    found.expect("in the pool").live.condition().state
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_node_sees_the_table_and_the_other_node_learn() {
    let house = House::new().await;
    let (one, other) = (house.node(), house.node());
    let (first, second) = (
        house.account("first", "sk-1").await,
        house.account("second", "sk-2").await,
    );
    house.pool(&other).await;
    house
        .request(&one, first, Observed::RateLimited { until: None })
        .await;
    // At once on this node, without the database.
    let pool = house.pool(&one).await;
    let seat = one.pick(&pool, &wish()).expect("the other account");
    assert_eq!(seat.account().id, second);
    house.await_row(first, "rate_limited", 2).await;
    house.await_state(&other, first, AccountState::RateLimited).await;
    // Not each success is written.
    for _ in 0..10 {
        house.request(&one, second, Observed::Answered).await;
    }
    // A person's reset holds on both.
    house
        .change(first, "state = 'active', state_until = NULL, state_since = now()")
        .await;
    house.await_state(&one, first, AccountState::Active).await;
    house.await_state(&other, first, AccountState::Active).await;
    house.request(&other, first, Observed::Unauthorized).await;
    house.await_row(first, "unauthorized", 4).await;
    house.await_state(&one, first, AccountState::Unauthorized).await;
    assert_eq!(house.row(second).await, ("active".to_owned(), 1));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_database_is_away_accounts_go_on_and_the_latest_state_is_written_after() {
    let house = House::new().await;
    let node = house.node();
    let (first, second) = (
        house.account("first", "sk-1").await,
        house.account("second", "sk-2").await,
    );
    house.pool(&node).await;
    house.answer(false).await;
    house
        .request(&node, first, Observed::RateLimited { until: None })
        .await;
    house.request(&node, second, Observed::Answered).await;
    let pool = house.pool(&node).await;
    let seat = node.pick(&pool, &wish()).expect("one is left");
    assert_eq!(seat.account().id, second);
    seat.observe(Observed::Overloaded { until: None });
    seat.observe(Observed::QuotaExhausted { until: None });
    tokio::time::sleep(Duration::from_millis(1500)).await;
    house.answer(true).await;
    house.await_row(first, "rate_limited", 2).await;
    house.await_row(second, "quota_exhausted", 2).await;
    house
        .await_state(&node, second, AccountState::QuotaExhausted)
        .await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_credential_makes_a_refused_account_active_again() {
    let house = House::new().await;
    let node = house.node();
    let account = house.account("first", "sk-1").await;
    house.request(&node, account, Observed::Unauthorized).await;
    house.await_row(account, "unauthorized", 2).await;
    let mut tx = house.db.tenant(house.tenant).await.expect("a transaction");
    let sealed = house
        .secrets
        .seal(&mut tx, place(account), b"sk-new")
        .await
        .expect("sealed");
    drop(tx);
    house
        .change(
            account,
            &format!("credential = '\\x{}'", hex::encode(sealed.to_bytes())),
        )
        .await;
    house.await_state(&node, account, AccountState::Active).await;
    house.await_row(account, "active", 4).await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_can_not_be_read_does_not_take_the_others_with_it() {
    let house = House::new().await;
    let node = house.node();
    let (good, bad) = (
        house.account("good", "sk-good").await,
        house.account("bad", "sk-bad").await,
    );
    house
        .change(
            bad,
            "credential = (SELECT credential FROM accounts WHERE name = 'good')",
        )
        .await;
    // On a thread with a runtime of its own, as a worker's is.
    let (here, tenant) = (node.clone(), house.tenant);
    let pool = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(here.pool(tenant)).expect("a pool")
    });
    let pool = pool.join().expect("no panic");
    assert_eq!((pool.len(), node.accounts_known()), (2, 2));
    let seat = node.pick(&pool, &wish()).expect("the good one");
    let account = seat.account();
    assert_eq!(
        (account.id, &*account.public_name, account.owner),
        (good, "good", house.tenant)
    );
    assert_eq!(
        secrecy::ExposeSecret::expose_secret(&account.credential),
        "sk-good"
    );
    assert_eq!(
        (account.sent_model("asked"), account.sent_model("other")),
        ("sent", "other")
    );
    let explanation = seat.explanation();
    assert_eq!(
        explanation["considered"][0]["out"], "its credential can't be decrypted",
        "{explanation}"
    );
    drop(seat);
    // A deleted account is gone.
    house.change(good, "deleted_at = now(), credential = ''").await;
    for _ in 0..500 {
        if house.pool(&node).await.len() == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(
        node.pick(&*house.pool(&node).await, &wish())
            .expect_err("none")
            .code(),
        "none_offers_model"
    );
    house.close().await;
}
