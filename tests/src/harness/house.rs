//! A house: the real binary on a database of its own, with Redis if wanted. When it is dropped, it has to stop in order
//! and its books have to agree.

use super::api::Api;
use super::books::{self, Event};
use super::gateway::Gateway;
use super::postgres::{Cluster, Database};
use super::redis::Redis;
use super::tenant::{Key, Tenant};
use super::upstream::Upstream;
use super::{SOON, wait_for, wait_until};
use postgres::Client;
use serde_json::json;
use std::process::Output;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use uuid::Uuid;

/// What a test wants beyond the usual.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Limits in a Redis of its own.
    pub redis: bool,
    /// A PostgreSQL of its own, which the test may stop.
    pub cluster: bool,
    /// More settings.
    pub env: Vec<(&'static str, String)>,
}

/// The parts are dropped in this order.
#[derive(Debug)]
pub struct House {
    /// The binary.
    pub gateway: Gateway,
    /// Its Redis.
    pub redis: Option<Redis>,
    /// Its database.
    pub database: Database,
    /// Dead letters that the test made on purpose: then the books must not agree.
    pub dead_letters_expected: std::sync::atomic::AtomicBool,
    env: Vec<(&'static str, String)>,
}

/// A tenant with money, an upstream, an account on it and a key: what most tests begin with.
#[derive(Debug)]
pub struct Scene {
    /// The tenant.
    pub tenant: Tenant,
    /// The upstream of its account.
    pub upstream: Upstream,
    /// The account's id.
    pub account: Uuid,
    /// A key without limits.
    pub key: Key,
}

impl House {
    /// The house that the tests of this process share, for those that do nothing to the server itself. It ends with the
    /// last test that holds it.
    pub fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<House>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(house) = shared.upgrade() {
            return house;
        }
        let house = Arc::new(Self::with(Wanted::default()));
        *shared = Arc::downgrade(&house);
        house
    }

    /// A house of one's own.
    pub fn own() -> Self {
        Self::with(Wanted::default())
    }

    /// A house of one's own, with more than the usual.
    pub fn with(wanted: Wanted) -> Self {
        let cluster = if wanted.cluster {
            Arc::new(Cluster::start())
        } else {
            Cluster::shared()
        };
        let database = cluster.database();
        let redis = wanted.redis.then(Redis::start);
        let mut env = wanted.env;
        if let Some(redis) = &redis {
            env.push(("TOLLGATE_REDIS_URL", redis.url()));
        }
        Self {
            gateway: Gateway::start(&database.url(), &env),
            redis,
            database,
            dead_letters_expected: false.into(),
            env,
        }
    }

    /// One more node on the same database, with a data folder of its own. It has to stop before the house does: whoever
    /// holds it drops it first.
    pub fn another(&self) -> Gateway {
        Gateway::start(&self.database.url(), &self.env)
    }

    /// A tenant with a hundred dollars.
    pub fn tenant(&self) -> Tenant {
        let tenant = self.poor_tenant();
        self.credit(&tenant, "100");
        tenant
    }

    /// A tenant with nothing.
    pub fn poor_tenant(&self) -> Tenant {
        Tenant::sign_up(Api::anonymous(self.gateway.address()))
    }

    /// An operator's credit, in dollars.
    pub fn credit(&self, tenant: &Tenant, dollars: &str) {
        let output = self.gateway.cli(&[
            "tenant",
            "credit",
            &tenant.slug,
            dollars,
            "--reason",
            "for a test",
        ]);
        assert!(output.status.success(), "tenant credit: {}", said(&output));
    }

    /// A tenant with all that a relayed request needs.
    pub fn scene(&self) -> Scene {
        let tenant = self.tenant();
        let upstream = Upstream::start();
        let account = tenant.account(&upstream.url());
        let key = tenant.key(json!({}));
        Scene {
            tenant,
            upstream,
            account,
            key,
        }
    }

    /// The database, as superuser.
    pub fn sql(&self) -> Client {
        self.database.connect()
    }

    /// All events of a tenant that are booked by now.
    pub fn events(&self, tenant: &Tenant) -> Vec<Event> {
        books::events(&mut self.sql(), tenant.id)
    }

    /// The only event of the client's request; waits until it is booked.
    pub fn event(&self, tenant: &Tenant, client_request_id: &str) -> Event {
        let mut sql = self.sql();
        let mut found = wait_for("the request is booked", SOON, || {
            let mut events = books::events(&mut sql, tenant.id);
            events.retain(|event| event.client_request_id == client_request_id);
            (!events.is_empty()).then_some(events)
        });
        assert_eq!(found.len(), 1, "booked once");
        found.remove(0)
    }

    /// Waits until nothing is under way and everything is booked.
    pub fn settle(&self) {
        wait_until("the journal is empty", Duration::from_mins(1), || {
            let health = self.gateway.send(&super::Request::get("/health")).json();
            health["stats"]["journal_depth"] == 0
        });
    }

    /// `tollgate ledger verify`.
    #[track_caller]
    pub fn verify(&self) {
        let output = self.gateway.cli(&["ledger", "verify"]);
        assert!(
            output.status.success(),
            "tollgate ledger verify: {}",
            said(&output)
        );
    }

    /// What every test ends with: everything booked, no slot held, an orderly stop, books that agree, and nothing in
    /// the log that should not be there. Dropping does the same; calling it shows the line of the test.
    #[track_caller]
    pub fn finish(&self) {
        self.settle();
        wait_until("all slots are given back", SOON, || {
            self.gateway.metric("tollgate_limits_slots") == 0.0
        });
        assert!(
            self.gateway.stop(),
            "the gateway ended badly:\n{}",
            tail(&self.gateway.log())
        );
        if !self
            .dead_letters_expected
            .load(std::sync::atomic::Ordering::Relaxed)
        {
            self.verify();
        }
        self.check_log();
    }

    /// No panic, and no secret.
    #[track_caller]
    pub fn check_log(&self) {
        let log = self.gateway.log();
        for wrong in [
            "panicked at",
            "RUST_BACKTRACE",
            super::gateway::PEPPER,
            super::tenant::UPSTREAM_KEY,
            super::api::PASSWORD,
        ] {
            let line = log.lines().find(|line| line.contains(wrong));
            assert!(line.is_none(), "the log has `{wrong}` in it: {line:?}");
        }
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let last = tail(&self.gateway.log());
            // Captured with the failing test's output.
            println!("--- the end of the gateway's log ---\n{last}");
            return;
        }
        if self.gateway.runs() {
            self.finish();
        }
    }
}

/// What a command said.
pub fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}
