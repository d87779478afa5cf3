//! The wallet's leases: never more than the limit, whoever asks, and everything back at the end.

use super::support::{House, folder, refused, request, reserve, spend, top_up};
use crate::lease::ReserveError;
use crate::samples::NANO_PER_TOKEN;
use crate::transfers::{credit, wallet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tollgate_money::Nano;
use tollgate_store::{Topic, announce};

const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_tasks_on_three_nodes_never_spend_more_than_the_limit() {
    let house = House::new().await;
    let limit = 1_000_000_000;
    let tenant = house.tenant(limit).await;
    let folders = [folder(), folder(), folder()];
    let mut nodes = Vec::new();
    for folder in &folders {
        nodes.push(house.node(folder).await);
    }
    let spent = Arc::new(AtomicI64::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for (task, node) in (0..48_u64).zip(nodes.iter().cycle()) {
        let (node, spent, clock) = (node.clone(), Arc::clone(&spent), house.clock.clone());
        tasks.spawn(async move {
            let worst = 1_500_000 + 10_000 * i64::try_from(task).expect("small");
            for round in 0..40_u64 {
                let reservation = match reserve(&node, &clock, tenant, worst).await {
                    Ok(reservation) => reservation,
                    Err(ReserveError::Refused(refusal)) => {
                        assert!(refusal.left < refusal.needed, "{refusal}");
                        break;
                    }
                    Err(error) => panic!("{error}"),
                };
                if round % 5 == 4 {
                    continue;
                }
                let tokens = 700 + (task * 31 + round * 17) % 800;
                spend(&node, &clock, tenant, reservation, tokens).await;
                let charge = i64::try_from(tokens).expect("small") * NANO_PER_TOKEN;
                spent.fetch_add(charge, Ordering::Relaxed);
            }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.expect("no task failed");
    }
    for node in &nodes {
        node.stop(PATIENCE).await.expect("stopped");
    }
    let spent = spent.load(Ordering::Relaxed);
    assert!(spent <= limit, "{spent} of {limit}");
    assert!(
        spent > limit * 8 / 10,
        "most of it could be spent: {spent} of {limit}"
    );
    assert_eq!(
        house
            .number("SELECT granted_nano FROM budget_periods WHERE limit_nano > 0")
            .await,
        spent
    );
    house.assert_books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_tells_what_is_left_held_and_needed() {
    let (house, folder) = (House::new().await, folder());
    let tenant = house.tenant(1000).await;
    let node = house.node(&folder).await;
    let held = reserve(&node, &house.clock, tenant, 700).await.expect("enough");
    let refusal = refused(reserve(&node, &house.clock, tenant, 400).await);
    assert!(refusal.is_wallet && refusal.resets_at.is_none());
    assert_eq!(
        (refusal.left, refusal.running, refusal.lost, refusal.needed),
        (Nano(300), Nano(700), Nano(0), Nano(400))
    );
    reserve(&node, &house.clock, tenant, 300)
        .await
        .expect("what is left fits, though a larger one was just refused");
    drop(held);
    let again = reserve(&node, &house.clock, tenant, 1000)
        .await
        .expect("dropping gives back");
    drop(again);
    let refusal = refused(reserve(&node, &house.clock, tenant, 1001).await);
    assert_eq!((refusal.left, refusal.running), (Nano(1000), Nano(0)));
    let _feed = house.listening(&node).await;
    let mut tx = house.db.tenant(tenant).await.expect("a transaction");
    credit(&mut tx, &house.clock, &top_up(1, "more"))
        .await
        .expect("a credit");
    announce(&mut tx, Topic::Tenant, tenant.0, 0)
        .await
        .expect("announced");
    tx.commit().await.expect("committed");
    let reserved = async {
        while reserve(&node, &house.clock, tenant, 1001).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, reserved)
        .await
        .expect("after a top-up");
    node.stop(PATIENCE).await.expect("stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hot_key_draws_seldom_and_a_stop_returns_what_is_left() {
    let (house, folder) = (House::new().await, folder());
    let tenant = house.tenant(100_000_000_000).await;
    let node = house.node(&folder).await;
    for _ in 0..500 {
        request(&node, &house.clock, tenant, 10).await;
    }
    assert!(node.settle_all(PATIENCE).await);
    let mut tx = house.db.tenant(tenant).await.expect("a transaction");
    let view = wallet(&mut tx).await.expect("read").expect("a wallet");
    drop(tx);
    assert_eq!(view.balance.0, 100_000_000_000 - 500 * 10 * NANO_PER_TOKEN);
    assert_eq!(view.held.0 + view.undrawn.0, view.balance.0);
    assert!(
        view.held.0 <= 100_000_000_000 / 50,
        "one slice was enough: {}",
        view.held
    );
    node.stop(PATIENCE).await.expect("stopped");
    let mut tx = house.db.tenant(tenant).await.expect("a transaction");
    let view = wallet(&mut tx).await.expect("read").expect("a wallet");
    assert_eq!((view.held, view.undrawn), (Nano(0), view.balance));
    drop(tx);
    house.assert_books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charge_beyond_the_reservation_is_booked_and_counted_as_overrun() {
    let (house, folder) = (House::new().await, folder());
    let tenant = house.tenant(10_000_000).await;
    let node = house.node(&folder).await;
    request(&node, &house.clock, tenant, 12_000).await;
    assert_eq!(
        refused(reserve(&node, &house.clock, tenant, 1).await).left,
        Nano(0)
    );
    node.stop(PATIENCE).await.expect("stopped");
    assert_eq!(
        house.number("SELECT overrun_nano FROM budget_leases").await,
        2_000_000
    );
    assert_eq!(
        house
            .number("SELECT balance_nano FROM ledger_accounts WHERE code = 'wallet'")
            .await,
        -2_000_000
    );
    house.assert_books_agree().await;
    let again = house.node(&folder).await;
    assert!(matches!(
        reserve(&again, &house.clock, tenant, 1).await,
        Err(ReserveError::Refused(_))
    ));
    again.stop(PATIENCE).await.expect("stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_database_only_what_is_held_is_admitted() {
    let (house, folder) = (House::new().await, folder());
    let tenant = house.tenant(1_000_000).await;
    let node = house.node(&folder).await;
    drop(
        reserve(&node, &house.clock, tenant, 5_000)
            .await
            .expect("a slice of 2 %"),
    );
    house.db.close().await;
    let held = reserve(&node, &house.clock, tenant, 15_000)
        .await
        .expect("from the slice");
    assert!(matches!(
        reserve(&node, &house.clock, tenant, 15_000).await,
        Err(ReserveError::Unavailable)
    ));
    drop(held);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_without_books_has_nothing() {
    let (house, folder) = (House::new().await, folder());
    let node = house.node(&folder).await;
    let stranger = tollgate_contract::ids::TenantId(house.clock.new_id());
    assert_eq!(
        refused(reserve(&node, &house.clock, stranger, 1).await).left,
        Nano(0)
    );
    node.stop(PATIENCE).await.expect("stopped");
}
