//! Requests that wait for money that others hold, on this node and on others.

use super::budgets::{granted, patient, two_nodes};
use super::support::{House, ask, folder, refused, reserve};
use crate::lease::Ask;
use std::time::Duration;
use tollgate_money::Nano;

const PATIENCE: Duration = Duration::from_secs(20);
const PLENTY: i64 = 1_000_000_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn who_lacks_waits_for_running_requests_in_order_and_then_is_refused() {
    let (house, folder) = (House::new().await, folder());
    let tenant = house.tenant(PLENTY).await;
    house.new_budget(tenant, 1_000, &[]).await;
    let node = house.node(&folder).await;
    let running = reserve(&node, &house.clock, tenant, 900).await.expect("reserved");
    let short = Ask {
        wait_max: Duration::from_millis(150),
        ..ask(&house.clock, tenant, 500)
    };
    let refusal = refused(node.budgets().reserve(&short).await);
    assert_eq!((refusal.left, refusal.running), (Nano(100), Nano(900)));
    let waiting = |nano: i64| {
        let (node, clock) = (node.clone(), house.clock.clone());
        let mut task = tokio::task::JoinSet::new();
        task.spawn(async move { node.budgets().reserve(&patient(ask(&clock, tenant, nano))).await });
        task
    };
    let mut first = waiting(1_000);
    while node.budgets().waiting(tenant) < 1 {
        tokio::task::yield_now().await;
    }
    let mut second = waiting(50);
    while node.budgets().waiting(tenant) < 2 {
        tokio::task::yield_now().await;
    }
    assert!(
        second.try_join_next().is_none(),
        "50 would fit, but the first one waits for them"
    );
    drop(running);
    let ended = first.join_next().await.expect("a task");
    let first = ended.expect("no panic").expect("all of it is free");
    drop(first);
    let ended = second.join_next().await.expect("a task");
    ended.expect("no panic").expect("after the first");
    node.stop(PATIENCE).await.expect("stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_gives_its_place_and_its_money_up() {
    let (house, folder) = (House::new().await, folder());
    let tenant = house.tenant(PLENTY).await;
    house.new_budget(tenant, 1_000, &[]).await;
    let node = house.node(&folder).await;
    let running = reserve(&node, &house.clock, tenant, 900).await.expect("reserved");
    for _ in 0..20 {
        let asked = patient(ask(&house.clock, tenant, 950));
        let left = tokio::time::timeout(Duration::from_millis(3), node.budgets().reserve(&asked)).await;
        assert!(left.is_err(), "it waits");
    }
    drop(running);
    let all = patient(ask(&house.clock, tenant, 1_000));
    node.budgets().reserve(&all).await.expect("nothing is lost");
    assert_eq!(node.budgets().waiting(tenant), 0);
    node.stop(PATIENCE).await.expect("stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recall_brings_idle_slices_of_other_nodes() {
    let house = House::new().await;
    let tenant = house.tenant(PLENTY).await;
    let budget = house.new_budget(tenant, 10_000_000, &[]).await;
    let (_folders, nodes) = two_nodes(&house).await;
    let mut feeds = Vec::new();
    for node in &nodes {
        feeds.push(house.listening(node).await);
    }
    let small = reserve(&nodes[0], &house.clock, tenant, 100)
        .await
        .expect("reserved");
    assert_eq!(
        granted(&house, budget).await,
        199_998,
        "2 % of what the claim left"
    );
    let nearly_all = patient(ask(&house.clock, tenant, 9_999_900));
    let held = nodes[1]
        .budgets()
        .reserve(&nearly_all)
        .await
        .expect("but for the 100");
    let refusal = refused(reserve(&nodes[1], &house.clock, tenant, 1).await);
    assert_eq!((refusal.left, refusal.running), (Nano(0), Nano(10_000_000)));
    drop((held, small));
    for node in &nodes {
        node.stop(PATIENCE).await.expect("stopped");
    }
    house.assert_books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_request_did_not_use_of_a_short_budget_goes_to_another_node_soon() {
    let house = House::new().await;
    let tenant = house.tenant(PLENTY).await;
    let budget = house.new_budget(tenant, 1_000, &[]).await;
    let (_folders, nodes) = two_nodes(&house).await;
    let held = reserve(&nodes[0], &house.clock, tenant, 800)
        .await
        .expect("reserved");
    assert_eq!(granted(&house, budget).await, 800, "exactly what is needed");
    drop(held);
    // No feed, hence no recall: it goes back by itself.
    let all = patient(ask(&house.clock, tenant, 1_000));
    nodes[1].budgets().reserve(&all).await.expect("it came back");
    for node in &nodes {
        node.stop(PATIENCE).await.expect("stopped");
    }
}
