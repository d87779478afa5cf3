//! Two nodes on one database share the caps of accounts.

use super::house::House;
use super::support::{TENANT, wish};
use crate::desk::Patience;
use crate::{Pool, Scheduler, Seat, Wish};
use std::sync::Arc;
use std::time::Duration;
use tollgate_contract::ids::NodeId;
use uuid::Uuid;

const PATIENT: Patience = Patience {
    wait_max: Duration::from_secs(20),
    queue_max: 200,
};

async fn seat(node: &Scheduler, pool: &Pool) -> Seat {
    let wish = Wish {
        tenant: TENANT,
        ..wish()
    };
    node.seat(pool, &wish, PATIENT)
        .await
        .expect("a seat within seconds")
}

/// As many as there are, without waiting.
fn all(node: &Scheduler, pool: &Pool) -> Vec<Seat> {
    std::iter::from_fn(|| node.pick(pool, &wish()).ok()).collect()
}

async fn nodes(house: &House, cap: &str) -> [(Scheduler, Arc<Pool>); 2] {
    let account = house.account("shared", "sk-shared").await;
    house.change(account, cap).await;
    let mut nodes = Vec::new();
    for number in [1, 2] {
        let node = house.node();
        node.share_caps(NodeId(Uuid::from_u128(number)));
        let pool = house.pool(&node).await;
        nodes.push((node, pool));
    }
    nodes.try_into().expect("two")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_node_gives_up_the_other_takes_and_never_both() {
    let house = House::new().await;
    let [(one, pool), (other, same)] = nodes(&house, "concurrency_cap = 4").await;
    let mut here = vec![seat(&one, &pool).await];
    let mut there = vec![seat(&other, &same).await];
    for _ in 0..300 {
        here.extend(all(&one, &pool));
        there.extend(all(&other, &same));
        assert!(
            here.len() + there.len() <= 4,
            "{} and {}",
            here.len(),
            there.len()
        );
        if here.len() + there.len() == 4 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(here.len() + there.len(), 4, "all of it is used");
    here.clear();
    // One is kept for the node that lives, the rest goes to the one that wants it.
    while there.len() < 3 {
        there.push(seat(&other, &same).await);
        assert!(there.len() + all(&one, &pool).len() <= 4);
    }
    drop(there);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cap_of_one_serves_both_nodes_in_turn() {
    let house = House::new().await;
    let [(one, pool), (other, same)] = nodes(&house, "concurrency_cap = 1").await;
    for _ in 0..2 {
        let here = seat(&one, &pool).await;
        assert!(other.pick(&same, &wish()).is_err(), "the other one has it");
        drop(here);
        let there = seat(&other, &same).await;
        assert!(one.pick(&pool, &wish()).is_err(), "the other one has it");
        drop(there);
    }
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_a_minute_are_counted_over_both() {
    let house = House::new().await;
    let [(one, pool), (other, same)] = nodes(&house, "requests_per_minute = 6").await;
    let mut sent = 0;
    drop((seat(&one, &pool).await, seat(&other, &same).await));
    sent += 2;
    for _ in 0..150 {
        sent += all(&one, &pool).len() + all(&other, &same).len();
        assert!(sent <= 6, "{sent} within seconds");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(sent, 6, "and none is left unused");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_database_is_away_each_node_keeps_to_its_even_part() {
    let house = House::new().await;
    let [(one, pool), (other, same)] = nodes(&house, "concurrency_cap = 4").await;
    let (here, there) = (seat(&one, &pool).await, seat(&other, &same).await);
    drop(here);
    // By now they know of each other.
    let there = [there, seat(&other, &same).await];
    house.answer(false).await;
    let mut here = Vec::new();
    while here.len() < 2 {
        here.push(seat(&one, &pool).await);
    }
    assert!(one.pick(&pool, &wish()).is_err(), "two of four");
    assert!(other.pick(&same, &wish()).is_err());
    drop((here, there));
    house.answer(true).await;
    drop(seat(&one, &pool).await);
    house.close().await;
}
