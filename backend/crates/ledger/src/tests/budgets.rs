//! Budgets on real nodes: never beyond a limit, all or none, in the right period, and no refusal of what fits.

use super::support::{House, ask, folder, refused, reserve, spend};
use crate::lease::{Ask, ReserveError};
use crate::ledger::Ledger;
use crate::samples::NANO_PER_TOKEN;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use tollgate_contract::budgets::{BUDGETS_PER_REQUEST_MAX, BudgetScope};
use tollgate_contract::ids::{BudgetId, RequestId, TenantId, UserId};
use tollgate_money::Nano;
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_secs(20);
const PLENTY: i64 = 1_000_000_000_000;

pub(super) async fn two_nodes(house: &House) -> (Vec<TempDir>, Vec<Ledger>) {
    let folders = vec![folder(), folder()];
    let mut nodes = Vec::new();
    for folder in &folders {
        nodes.push(house.node(folder).await);
    }
    (folders, nodes)
}

pub(super) async fn granted(house: &House, budget: BudgetId) -> i64 {
    house
        .number(&format!(
            "SELECT COALESCE(sum(granted_nano), 0)::bigint FROM budget_periods WHERE budget_id = '{budget}'"
        ))
        .await
}

async fn settled(house: &House, budget: BudgetId) -> i64 {
    house
        .number(&format!(
            "SELECT COALESCE(sum(settled_nano), 0)::bigint FROM budget_leases WHERE budget_id = '{budget}'"
        ))
        .await
}

pub(super) fn patient(ask: Ask<'_>) -> Ask<'_> {
    Ask {
        wait_max: PATIENCE,
        ..ask
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_budget_is_spent_to_its_end_and_never_beyond_and_nobody_is_refused_who_fits() {
    let house = House::new().await;
    let limit = 300_000_000;
    let tenant = house.tenant(PLENTY).await;
    let budget = house.new_budget(tenant, limit, &[]).await;
    let (_folders, nodes) = two_nodes(&house).await;
    let mut feeds = Vec::new();
    for node in &nodes {
        feeds.push(house.listening(node).await);
    }
    let spent = Arc::new(AtomicI64::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for (task, node) in (0..64_u64).zip(nodes.iter().cycle()) {
        let (node, spent, clock) = (node.clone(), Arc::clone(&spent), house.clock.clone());
        tasks.spawn(async move {
            let worst = 1_500_000 + 30_000 * i64::try_from(task).expect("small");
            for round in 0_u64.. {
                let asked = node.budgets().reserve(&patient(ask(&clock, tenant, worst))).await;
                let reservation = match asked {
                    Ok(reservation) => reservation,
                    Err(ReserveError::Refused(refusal)) => {
                        // Nothing waits as long as its patience here: so it could not fit whatever had ended.
                        let left = limit - spent.load(Ordering::SeqCst);
                        assert!(worst > left, "{refusal}, though {left} is left");
                        break;
                    }
                    Err(error) => panic!("{error}"),
                };
                if round % 5 == 4 {
                    continue;
                }
                let tokens = 500 + (task * 31 + round * 17) % 900;
                tokio::time::sleep(Duration::from_millis((task + round) % 7)).await;
                spent.fetch_add(
                    i64::try_from(tokens).expect("small") * NANO_PER_TOKEN,
                    Ordering::SeqCst,
                );
                spend(&node, &clock, tenant, reservation, tokens).await;
            }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.expect("no task failed");
    }
    for node in &nodes {
        node.stop(PATIENCE).await.expect("stopped");
    }
    let spent = spent.load(Ordering::SeqCst);
    assert!(spent <= limit, "{spent} of {limit}");
    assert!(
        limit - spent < 1_500_000,
        "not even the smallest would fit: {spent} of {limit}"
    );
    assert_eq!(
        (granted(&house, budget).await, settled(&house, budget).await),
        (spent, spent)
    );
    house.assert_books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_takes_from_all_eight_or_from_none() {
    let (house, folder) = (House::new().await, folder());
    let tenant = house.tenant(PLENTY).await;
    let mut budgets = Vec::new();
    for place in 1..BUDGETS_PER_REQUEST_MAX {
        let nano = if place == 5 { 1_000 } else { 1_000_000 };
        budgets.push(house.new_budget(tenant, nano, &[]).await);
    }
    let node = house.node(&folder).await;
    let refusal = refused(reserve(&node, &house.clock, tenant, 1_001).await);
    assert_eq!((refusal.budget_id, refusal.left), (budgets[4], Nano(1_000)));
    assert_eq!(refusal.scope, BudgetScope::Tenant);
    let held = reserve(&node, &house.clock, tenant, 600)
        .await
        .expect("all eight have it");
    assert_eq!(held.budgets().len(), 7);
    let refusal = refused(reserve(&node, &house.clock, tenant, 600).await);
    assert_eq!((refusal.left, refusal.running), (Nano(400), Nano(600)));
    reserve(&node, &house.clock, tenant, 400)
        .await
        .expect("what fits");
    spend(&node, &house.clock, tenant, held, 0).await;
    node.stop(PATIENCE).await.expect("stopped");
    for budget in budgets {
        assert_eq!(granted(&house, budget).await, 0, "all of it came back");
    }
    house.assert_books_agree().await;
}

/// A request id of this moment.
fn id_at(at: &str) -> RequestId {
    let at: chrono::DateTime<chrono::Utc> = at.parse().expect("a time");
    let millis = u64::try_from(at.timestamp_millis()).expect("after 1970");
    RequestId(uuid::Builder::from_unix_timestamp_millis(millis, &[7; 10]).into_uuid())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_counts_in_the_period_of_its_id_s_time() {
    let (house, folder) = (House::new().await, folder());
    let tenant = house.tenant(PLENTY).await;
    let month = [("period", "'month'"), ("time_zone", "'Asia/Shanghai'")];
    let budget = house.new_budget(tenant, 1_000, &month).await;
    let node = house.node(&folder).await;
    let at = |time: &str| Ask {
        request_id: id_at(time),
        ..ask(&house.clock, tenant, 1_000)
    };
    let (last, first) = ("2026-11-30T15:59:59.999Z", "2026-11-30T16:00:00Z");
    let november = node.budgets().reserve(&at(last)).await.expect("in November");
    let refusal = refused(node.budgets().reserve(&at(last)).await);
    assert_eq!(refusal.resets_at, Some(first.parse().expect("a time")));
    let december = node
        .budgets()
        .reserve(&at(first))
        .await
        .expect("December begins anew");
    spend(&node, &house.clock, tenant, november, 1).await;
    drop(december);
    node.stop(PATIENCE).await.expect("stopped");
    let of_november = format!(
        "SELECT settled_nano FROM budget_leases WHERE budget_id = '{budget}' AND period_start = '2026-10-31T16:00:00Z'"
    );
    assert_eq!(house.number(&of_november).await, NANO_PER_TOKEN);
    house.assert_books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_soft_budget_is_counted_and_refuses_nobody_and_holds_once_it_is_hard() {
    let (house, folder) = (House::new().await, folder());
    let tenant = house.tenant(PLENTY).await;
    let budget = house.new_budget(tenant, 5_000, &[("hard", "false")]).await;
    let node = house.node(&folder).await;
    let _feed = house.listening(&node).await;
    for _ in 0..3 {
        let reservation = reserve(&node, &house.clock, tenant, 4_000).await.expect("soft");
        spend(&node, &house.clock, tenant, reservation, 4).await;
    }
    assert!(node.settle_all(PATIENCE).await);
    assert_eq!(
        (granted(&house, budget).await, settled(&house, budget).await),
        (0, 12_000)
    );
    house.assert_books_agree().await;
    house
        .by_hand(&format!(
            "UPDATE budgets SET hard = true, limit_nano = 13000 WHERE budget_id = '{budget}'"
        ))
        .await;
    announce(&house, tenant, budget).await;
    let refused = async {
        loop {
            if let Err(ReserveError::Refused(refusal)) = reserve(&node, &house.clock, tenant, 1_001).await {
                return refusal;
            }
        }
    };
    let refusal = tokio::time::timeout(PATIENCE, refused)
        .await
        .expect("it holds now");
    assert_eq!(refusal.budget_id, budget);
    reserve(&node, &house.clock, tenant, 1_000)
        .await
        .expect("what is left");
    node.stop(PATIENCE).await.expect("stopped");
    house.assert_books_agree().await;
}

async fn announce(house: &House, tenant: TenantId, budget: BudgetId) {
    let mut tx = house.db.tenant(tenant).await.expect("a transaction");
    tollgate_store::announce(&mut tx, tollgate_store::Topic::Budget, budget.0, 2)
        .await
        .expect("announced");
    tx.commit().await.expect("committed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_bounds_only_its_own_scope_and_models() {
    let (house, folder) = (House::new().await, folder());
    let tenant = house.tenant(PLENTY).await;
    let of_key = format!("'{}'", Uuid::from_u128(8));
    house
        .new_budget(tenant, 10, &[("scope", "'key'"), ("key_id", &of_key)])
        .await;
    house.new_budget(tenant, 10, &[("models", "'*opus*'")]).await;
    house.new_budget(tenant, 10, &[("active", "false")]).await;
    let centre = house
        .new_budget(
            tenant,
            100,
            &[("scope", "'cost_centre'"), ("cost_centre", "'research'")],
        )
        .await;
    let node = house.node(&folder).await;
    assert_eq!(
        refused(reserve(&node, &house.clock, tenant, 101).await).budget_id,
        centre
    );
    reserve(&node, &house.clock, tenant, 100)
        .await
        .expect("within the cost centre's");
    let asked = ask(&house.clock, tenant, 101);
    let mut elsewhere = asked;
    (elsewhere.spender.cost_centre, elsewhere.spender.user_id) = ("", Some(UserId(Uuid::from_u128(9))));
    node.budgets().reserve(&elsewhere).await.expect("outside of all");
    elsewhere.spender.model = "claude-opus-4";
    refused(node.budgets().reserve(&elsewhere).await);
    node.stop(PATIENCE).await.expect("stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_within_slices_make_no_round_trip() {
    let (house, folder) = (House::new().await, folder());
    let tenant = house.tenant(PLENTY).await;
    for _ in 1..BUDGETS_PER_REQUEST_MAX {
        house.new_budget(tenant, PLENTY, &[]).await;
    }
    let node = house.node(&folder).await;
    drop(
        reserve(&node, &house.clock, tenant, 1_000_000)
            .await
            .expect("draws slices"),
    );
    let before = node.budgets().round_trips();
    let statements = "SELECT (xact_commit + xact_rollback)::bigint FROM pg_stat_database WHERE datname = current_database()";
    let commits = house.number(statements).await;
    for _ in 0..5_000 {
        let reservation = reserve(&node, &house.clock, tenant, 1_000_000)
            .await
            .expect("in hand");
        reservation.consume(Nano(10));
    }
    assert_eq!(
        node.budgets().round_trips(),
        before,
        "5,000 requests, no exchange"
    );
    let commits = house.number(statements).await - commits;
    assert!(
        commits < 50,
        "the server saw {commits} transactions meanwhile: heartbeats, and this test's own"
    );
    node.stop(PATIENCE).await.expect("stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_whose_answer_was_lost_loses_no_money() {
    let (house, folder) = (House::new().await, folder());
    let tenant = house.tenant(PLENTY).await;
    let budget = house.new_budget(tenant, 1_000, &[]).await;
    let node = house.node(&folder).await;
    for round in 0..6 {
        house.answer(round % 2 == 1).await;
        for _ in 0..40 {
            match node
                .budgets()
                .reserve(&patient(ask(&house.clock, tenant, 600)))
                .await
            {
                Ok(held) => drop(held),
                Err(ReserveError::Unavailable) => tokio::time::sleep(Duration::from_millis(5)).await,
                Err(ReserveError::Refused(refusal)) => panic!("{refusal}"),
            }
        }
    }
    let all = async {
        while node
            .budgets()
            .reserve(&patient(ask(&house.clock, tenant, 1_000)))
            .await
            .is_err()
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, all)
        .await
        .expect("all of it is there again");
    assert!(node.settle_all(PATIENCE).await);
    let stopped = async {
        while node.stop(PATIENCE).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, stopped).await.expect("stopped");
    assert_eq!(granted(&house, budget).await, 0);
    house.assert_books_agree().await;
}
