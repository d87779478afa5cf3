//! Random histories: whatever happens in whatever order, the sum of lines is that of rollups, ledger and leases, and verify
//! passes in all of its scopes.

use super::ages::{
    all_of, assert_sums_agree, book, entry_at, estimate_of, months_ago, partitions, prices, reprice, signer,
};
use super::support::{House, folder, settle, top_up};
use crate::entry::Entry;
use crate::reprice::RepricingError;
use crate::retention::{drop_months, redact};
use crate::seal::seal;
use crate::transfers::credit;
use crate::verify::{VerifyScope, verify_within};
use crate::wallet::{Refund, WalletError, refund};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::sync::Arc;
use tollgate_contract::ids::TenantId;
use tollgate_money::Nano;

/// How many histories; `TOLLGATE_HISTORIES` says otherwise.
const CASES: u32 = 4;

/// How many months ago the oldest partition is.
const OLDEST: &str = "SELECT COALESCE(max(extract(year FROM age(date_trunc('month', now()), month)) * 12
                                    + extract(month FROM age(date_trunc('month', now()), month))), 99)::bigint
                             FROM (SELECT to_date(replace(relname, 'usage_events_', ''), 'YYYY_MM') AS month
                                   FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid
                                   WHERE inhparent = 'usage_events'::regclass) AS there
                             WHERE month <= now()";

#[derive(Clone, Debug)]
enum Step {
    /// Requests of so many months ago.
    Book(usize, u32, Vec<u64>),
    /// An estimate, whose exact figure comes later.
    Estimate(usize, u32, u64),
    /// The exact figures of all estimates.
    Exact,
    Pay(usize, i64),
    PayBack(usize, i64),
    /// So many micro-dollars a thousand tokens.
    Reprice(usize, u64),
    Seal,
    Drop(u32),
    Redact,
}

fn step() -> impl Strategy<Value = Step> {
    let tenant = 0..2_usize;
    let months = prop_oneof![Just(0_u32), Just(1), Just(3), Just(4)];
    prop_oneof![
        4 => (tenant.clone(), months.clone(), prop::collection::vec(0..500_u64, 1..5))
            .prop_map(|(tenant, months, tokens)| Step::Book(tenant, months, tokens)),
        2 => (tenant.clone(), months, 1..500_u64)
            .prop_map(|(tenant, months, tokens)| Step::Estimate(tenant, months, tokens)),
        1 => Just(Step::Exact),
        1 => (tenant.clone(), 1..1_000_000_i64).prop_map(|(tenant, nano)| Step::Pay(tenant, nano)),
        1 => (tenant.clone(), 1..1_000_000_i64).prop_map(|(tenant, nano)| Step::PayBack(tenant, nano)),
        2 => (tenant, 0..5_u64).prop_map(|(tenant, price)| Step::Reprice(tenant, price)),
        2 => Just(Step::Seal),
        1 => (1..4_u32).prop_map(Step::Drop),
        1 => Just(Step::Redact),
    ]
}

struct Story {
    house: House,
    tenants: Vec<TenantId>,
    node: crate::node::NodeEpoch,
    late: Vec<(chrono::DateTime<chrono::Utc>, Arc<Entry>)>,
    /// The oldest month whose partition is there for sure.
    kept: u32,
}

impl Story {
    async fn take(&mut self, step: &Step) {
        let house = &self.house;
        match step {
            Step::Book(tenant, months, tokens) if *months <= self.kept => {
                book(
                    house,
                    &self.node,
                    self.tenants[*tenant],
                    months_ago(house, *months),
                    tokens,
                )
                .await;
            }
            Step::Estimate(tenant, months, tokens) if *months <= self.kept => {
                let at = months_ago(house, *months);
                let exact = entry_at(house, &self.node, self.tenants[*tenant], at, *tokens, true).await;
                settle(house, &self.node, &[estimate_of(&exact, tokens / 2)]).await;
                self.late.push((at, exact));
            }
            // Months that were dropped take nothing more.
            Step::Book(..) | Step::Estimate(..) => {}
            Step::Exact => {
                let horizon = months_ago(house, self.kept);
                for (at, exact) in self.late.drain(..) {
                    if at >= horizon {
                        settle(house, &self.node, &[exact]).await;
                    }
                }
            }
            Step::Pay(tenant, nano) => self.pay(*tenant, *nano).await,
            Step::PayBack(tenant, nano) => self.pay_back(*tenant, *nano).await,
            Step::Reprice(tenant, price) => {
                let order = all_of(house, self.tenants[*tenant]);
                match reprice(house, &order, &prices(u128::from(*price) + 100, *price)).await {
                    Ok(_) | Err(RepricingError::Nothing) => {}
                    Err(error) => panic!("{error}"),
                }
            }
            Step::Seal => {
                seal(&house.db, &signer(house)).await.expect("sealed");
            }
            Step::Drop(keep) => {
                drop_months(&house.db, *keep).await.expect("dropped or kept");
                self.kept = u32::try_from(house.number(OLDEST).await).expect("months");
            }
            Step::Redact => {
                redact(&house.db).await.expect("blanked");
            }
        }
    }

    async fn pay(&self, tenant: usize, nano: i64) {
        let house = &self.house;
        let mut tx = house
            .db
            .tenant(self.tenants[tenant])
            .await
            .expect("a transaction");
        let key = house.clock.new_id().to_string();
        credit(&mut tx, &house.clock, &top_up(nano, &key))
            .await
            .expect("paid");
        tx.commit().await.expect("committed");
    }

    async fn pay_back(&self, tenant: usize, nano: i64) {
        let house = &self.house;
        let mut tx = house
            .db
            .tenant(self.tenants[tenant])
            .await
            .expect("a transaction");
        let back = Refund {
            amount: Nano(nano),
            reason: "test".to_owned(),
            author: "test".to_owned(),
            idempotency_key: house.clock.new_id().to_string(),
            of: None,
        };
        match refund(&mut tx, &house.clock, &back).await {
            Ok(_) => tx.commit().await.expect("committed"),
            Err(WalletError::Drawn { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }

    async fn check(&self) {
        for tenant in &self.tenants {
            assert_sums_agree(&self.house, *tenant).await;
        }
        for scope in [VerifyScope::Whole, VerifyScope::SinceSeal, VerifyScope::Quick] {
            let report = verify_within(&self.house.db, scope).await.expect("read");
            assert!(report.passed(), "{scope:?}: {:?}", report.failures);
        }
    }
}

async fn tell(steps: &[Step]) {
    let (house, folder) = (House::new().await, folder());
    partitions(&house, 6).await;
    let tenants = vec![house.tenant(10_000_000).await, house.tenant(10_000_000).await];
    house
        .by_hand(&format!(
            "UPDATE tenants SET time_zone = 'Asia/Kathmandu', personal_days = 50 WHERE tenant_id = '{}'",
            tenants[1]
        ))
        .await;
    let node = house.epoch(&folder).await;
    let mut story = Story {
        house,
        tenants,
        node,
        late: Vec::new(),
        kept: 6,
    };
    for step in steps {
        story.take(step).await;
        story.check().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_history_adds_up_at_every_step() {
    let cases = std::env::var("TOLLGATE_HISTORIES").ok();
    let cases = cases.and_then(|cases| cases.parse().ok()).unwrap_or(CASES);
    let mut runner = TestRunner::new(Config {
        cases,
        max_shrink_iters: 20,
        ..Config::default()
    });
    let handle = tokio::runtime::Handle::current();
    let told = tokio::task::block_in_place(|| {
        runner.run(&prop::collection::vec(step(), 6..14), |steps| {
            handle.block_on(tell(&steps));
            Ok(())
        })
    });
    if let Err(error) = told {
        panic!("{error}");
    }
}
