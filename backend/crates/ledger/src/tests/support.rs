//! A house for tests: its own database, tenants, nodes, and a hand that changes rows behind the ledger's back.

mod money;
pub(super) mod schema;

pub(crate) use money::{ask, refused, spend};

use crate::entry::{DoneEntry, Entry, LeaseRef, OpenEntry};
use crate::journal::{Journal, JournalSettings};
use crate::lease::{Reservation, ReserveError};
use crate::ledger::Ledger;
use crate::node::{NodeEpoch, NodeName};
use crate::samples::{done_of, entry_of, open_entry};
use crate::settle::{EventRow, SettleSettings, Settled};
use crate::transfers::{Credit, CreditKind, credit, open_books};
use crate::verify::{VerifyReport, verify};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tollgate_contract::ids::{BudgetId, TenantId};
use tollgate_money::Nano;
use tollgate_store::{ChangeFeed, Clock, CoreRuntime, Db, DbSettings, FeedState};
use uuid::Uuid;

/// A superuser's URL of the server on which tests make their databases.
const SERVER_VARIABLE: &str = "TOLLGATE_TEST_DATABASE_URL";

pub(crate) struct House {
    pub db: Db,
    pub clock: Clock,
    owner_url: String,
    database: Database,
}

/// Dropped with the test.
struct Database {
    name: String,
    server_url: String,
}

impl Database {
    fn named(clock: &Clock) -> Self {
        Self {
            name: format!("ledger_test_{}", clock.new_id().simple()),
            server_url: server_url(),
        }
    }
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

fn server_url() -> String {
    std::env::var(SERVER_VARIABLE).unwrap_or_else(|_| {
        panic!("{SERVER_VARIABLE} must name a PostgreSQL server as superuser; scripts/test sets it")
    })
}

/// The same server, another database.
fn with_database(url: &str, name: &str) -> String {
    let (base, query) = url
        .split_once('?')
        .map_or((url, String::new()), |(base, query)| (base, format!("?{query}")));
    let (server, _) = base.rsplit_once('/').expect("a URL with a database");
    format!("{server}/{name}{query}")
}

impl House {
    pub async fn new() -> Self {
        Self::by(Clock::system()).await
    }

    /// A house by another clock.
    pub async fn by(clock: Clock) -> Self {
        let database = Database::named(&clock);
        schema::copy(&database.server_url, &database.name).await;
        Self::open(database, clock).await
    }

    /// A house whose tables belong to a role that is no superuser.
    pub async fn of_a_plain_owner() -> Self {
        let clock = Clock::system();
        let database = Database::named(&clock);
        schema::make_as_plain_owner(&database.server_url, &database.name).await;
        Self::open(database, clock).await
    }

    async fn open(database: Database, clock: Clock) -> Self {
        let owner_url = with_database(&database.server_url, &database.name);
        let settings = DbSettings {
            url: owner_url.clone().into(),
            role_passwords: None,
            max_connections: 4,
        };
        let core = CoreRuntime::new(tokio::runtime::Handle::current());
        let db = Db::connect(&settings, core, clock.clone())
            .await
            .expect("the pools open");
        Self {
            db,
            clock,
            owner_url,
            database,
        }
    }

    /// A tenant with open books and this much in its wallet.
    pub async fn tenant(&self, nano: i64) -> TenantId {
        let tenant = TenantId(self.clock.new_id());
        self.by_hand(&format!(
            "INSERT INTO tenants (tenant_id, slug, name, time_zone, rollup_zone, created_at, updated_at)
             VALUES ('{tenant}', 't{}', 'Tenant', 'Asia/Shanghai', 'Asia/Shanghai', now(), now())",
            tenant.0.simple()
        ))
        .await;
        let mut tx = self.db.tenant(tenant).await.expect("a transaction");
        open_books(&mut tx, &self.clock).await.expect("books");
        if nano > 0 {
            credit(&mut tx, &self.clock, &top_up(nano, "first"))
                .await
                .expect("a credit");
        }
        tx.commit().await.expect("committed");
        tenant
    }

    /// A budget of the tenant; `more` are further columns with their values.
    pub async fn new_budget(&self, tenant: TenantId, nano: i64, more: &[(&str, &str)]) -> BudgetId {
        let id = BudgetId(self.clock.new_id());
        let (names, values): (Vec<_>, Vec<_>) = more.iter().copied().unzip();
        let list = |items: Vec<&str>| [vec![""], items].concat().join(", ");
        self.by_hand(&format!(
            "INSERT INTO budgets (tenant_id, budget_id, kind, name, limit_nano, created_at{})
             VALUES ('{tenant}', '{id}', 'budget', 'Team', {nano}, now(){})",
            list(names),
            list(values)
        ))
        .await;
        id
    }

    /// Changes rows as nobody may; there must be some.
    pub async fn by_hand(&self, sql: &str) {
        let changed = self.by_hand_if_any(sql).await;
        assert!(changed > 0, "the hand touched nothing: {sql}");
    }

    /// Changes rows as nobody may; tells how many.
    pub async fn by_hand_if_any(&self, sql: &str) -> u64 {
        let mut owner = PgConnection::connect(&self.owner_url).await.expect("the owner");
        owner
            .execute("SET session_replication_role = replica")
            .await
            .expect("no triggers");
        let changed = owner.execute(AssertSqlSafe(sql.to_owned())).await;
        changed
            .unwrap_or_else(|error| panic!("{sql}: {error}"))
            .rows_affected()
    }

    /// The database, as its owner.
    pub fn owner_url(&self) -> &str {
        &self.owner_url
    }

    /// One number.
    pub async fn number(&self, sql: &str) -> i64 {
        self.try_number(sql).await.expect("a number")
    }

    /// One number, or why there is none.
    pub async fn try_number(&self, sql: &str) -> Result<i64, sqlx::Error> {
        let mut owner = PgConnection::connect(&self.owner_url).await.expect("the owner");
        sqlx::query_scalar(AssertSqlSafe(sql.to_owned()))
            .fetch_one(&mut owner)
            .await
    }

    /// Texts, a row each.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        let mut owner = PgConnection::connect(&self.owner_url).await.expect("the owner");
        let rows = sqlx::query_scalar(AssertSqlSafe(sql.to_owned()))
            .fetch_all(&mut owner)
            .await;
        rows.unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    pub async fn budget(&self, tenant: TenantId) -> BudgetId {
        let mut owner = PgConnection::connect(&self.owner_url).await.expect("the owner");
        let id: Uuid =
            sqlx::query_scalar("SELECT budget_id FROM budgets WHERE tenant_id = $1 AND kind = 'wallet'")
                .bind(tenant.0)
                .fetch_one(&mut owner)
                .await
                .expect("a wallet");
        BudgetId(id)
    }

    /// A node that serves from a folder.
    pub async fn node(&self, folder: &TempDir) -> Ledger {
        let (journal, _) =
            Journal::open_folder(folder.path(), small(), self.clock.clone()).expect("the folder");
        let settings = SettleSettings {
            gather: Duration::from_millis(20),
            batch_max: 500,
        };
        Ledger::start(&self.db, journal, &NodeName::default(), settings)
            .await
            .expect("the node starts")
    }

    /// Has a node hear of changes from now on.
    pub async fn listening(&self, node: &Ledger) -> ChangeFeed {
        let feed = ChangeFeed::new(&self.db);
        node.budgets().listen(&feed);
        feed.start();
        while feed.state() != FeedState::Normal {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        feed
    }

    /// An epoch without a settler, for settling by hand.
    pub async fn epoch(&self, folder: &TempDir) -> NodeEpoch {
        let (journal, _) =
            Journal::open_folder(folder.path(), small(), self.clock.clone()).expect("the folder");
        NodeEpoch::begin(&self.db, &journal, &NodeName::default())
            .await
            .expect("an epoch")
    }

    /// Finished requests of a tenant on a node.
    pub async fn entries(&self, node: &NodeEpoch, tenant: TenantId, tokens: &[u64]) -> Vec<Arc<Entry>> {
        self.entries_of(node, tenant, self.budget(tenant).await, tokens)
    }

    pub fn entries_of(
        &self,
        node: &NodeEpoch,
        tenant: TenantId,
        budget_id: BudgetId,
        tokens: &[u64],
    ) -> Vec<Arc<Entry>> {
        let lease = LeaseRef {
            budget_id,
            node_id: node.node_id(),
            epoch: node.epoch(),
        };
        let entry = |tokens: &u64| {
            let open = OpenEntry {
                lease,
                ..open_entry(&self.clock, tenant)
            };
            let done = done_of(open.request_id, *tokens);
            entry_of(open, done)
        };
        tokens.iter().map(entry).collect()
    }

    /// Cuts all connections and takes no new ones, or takes them again.
    pub async fn answer(&self, answers: bool) {
        let mut server = PgConnection::connect(&self.database.server_url)
            .await
            .expect("the server");
        let name = &self.database.name;
        let allow = format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS {answers}");
        server.execute(AssertSqlSafe(allow)).await.expect("altered");
        if !answers {
            let cut =
                format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
            server.execute(AssertSqlSafe(cut)).await.expect("cut");
        }
    }

    pub async fn verify(&self) -> VerifyReport {
        // Connections that were cut while they lay in the pool show it at their next use.
        for _ in 0..8 {
            if let Ok(report) = verify(&self.db).await {
                return report;
            }
        }
        verify(&self.db).await.expect("the database can be read")
    }

    pub async fn assert_books_agree(&self) {
        let report = self.verify().await;
        let failures: Vec<_> = report.failures.iter().map(ToString::to_string).collect();
        assert!(report.passed(), "{failures:#?}");
    }
}

pub(crate) fn small() -> JournalSettings {
    JournalSettings {
        reserve_bytes: 1 << 16,
        ..JournalSettings::default()
    }
}

pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

pub(crate) fn top_up(nano: i64, key: &str) -> Credit {
    Credit {
        kind: CreditKind::TopUp,
        amount: Nano(nano),
        reason: "test".to_owned(),
        author: "test".to_owned(),
        idempotency_key: key.to_owned(),
    }
}

/// Settles entries by hand, all in one transaction.
pub(crate) async fn settle(house: &House, node: &NodeEpoch, entries: &[Arc<Entry>]) -> Settled {
    let rows: Vec<_> = entries
        .iter()
        .map(|entry| EventRow::new(entry).expect("a row"))
        .collect();
    crate::settle::settle(&house.db, node, &rows)
        .await
        .expect("settled")
}

/// The same request with another end.
pub(crate) fn with_done(entry: &Entry, done: DoneEntry) -> Arc<Entry> {
    Arc::new(Entry {
        done,
        ..entry.clone()
    })
}

/// One request through a node: reserved, opened, done, consumed.
pub(crate) async fn request(node: &Ledger, clock: &Clock, tenant: TenantId, tokens: u64) {
    let reservation = reserve(node, clock, tenant, 10_000_000).await.expect("reserved");
    spend(node, clock, tenant, reservation, tokens).await;
}

/// A reservation that does not wait for running requests.
pub(crate) async fn reserve(
    node: &Ledger,
    clock: &Clock,
    tenant: TenantId,
    nano: i64,
) -> Result<Reservation, ReserveError> {
    node.budgets().reserve(&ask(clock, tenant, nano)).await
}
