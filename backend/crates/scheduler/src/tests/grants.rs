//! Groups, grants and bindings against a real database: who sees what, and when.

use super::house::House;
use super::support::wish;
use crate::bindings::{Binding, BoundTo};
use crate::state::Observed;
use crate::{Pool, Scheduler, Wish};
use std::sync::Arc;
use tollgate_contract::accounts::AccountState;
use tollgate_contract::ids::{AccountId, TenantId};
use tollgate_contract::platform::Service;

fn in_flight(pool: &Pool, account: AccountId) -> u32 {
    pool.candidate(account)
        .expect("in the pool")
        .live
        .load
        .in_flight()
}

fn state(pool: &Pool, account: AccountId) -> AccountState {
    pool.candidate(account)
        .expect("in the pool")
        .live
        .condition()
        .state
}

async fn pool(node: &Scheduler, tenant: TenantId) -> Arc<Pool> {
    node.pool(tenant).await.expect("a pool")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn granted_accounts_are_the_owners_and_shared_by_all_that_use_them() {
    let house = House::new().await;
    let node = house.node();
    let (platform, second) = (
        house.other_tenant("platform").await,
        house.other_tenant("two").await,
    );
    let stranger = house.other_tenant("three").await;
    let theirs = house.account_of(platform, "theirs", "sk-theirs").await;
    let hidden = house.account_of(platform, "hidden", "sk-hidden").await;
    let group = house.group(platform, &[(theirs, 7)]).await;
    house.grant(platform, group, house.tenant, "fast").await;
    house.grant(platform, group, second, "shared").await;
    let mine = house.account("mine", "sk-mine").await;
    let first_pool = house.await_names(&node, house.tenant, &["mine", "fast"]).await;
    let second_pool = house.await_names(&node, second, &["shared"]).await;
    house.await_names(&node, stranger, &[]).await;
    assert!(first_pool.candidate(hidden).is_none());
    let granted = first_pool.candidate(theirs).expect("granted");
    assert_eq!(
        (granted.account.owner, granted.priority, granted.grant_weight),
        (platform, 7, 100)
    );
    // One load and one state for all.
    let tried = [mine];
    let wish = Wish {
        tenant: house.tenant,
        tried: &tried,
        ..wish()
    };
    let seat = node.pick(&first_pool, &wish).expect("a seat");
    assert_eq!((seat.account().id, in_flight(&second_pool, theirs)), (theirs, 1));
    seat.observe(Observed::Unauthorized);
    drop(seat);
    let owners = pool(&node, platform).await;
    assert_eq!(in_flight(&owners, theirs), 0);
    assert_eq!(state(&second_pool, theirs), AccountState::Unauthorized);
    house.await_row(theirs, "unauthorized", 2).await;
    // The write changed the owner's row and was announced to the owner; grantees' pools follow.
    let pools = (pool(&node, house.tenant).await, pool(&node, second).await);
    assert_eq!(state(&pools.0, theirs), AccountState::Unauthorized);
    assert_eq!(state(&pools.1, theirs), AccountState::Unauthorized);
    let again = pool(&node, house.tenant).await;
    assert!(Arc::ptr_eq(&again, &pool(&node, house.tenant).await), "made once");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_of_the_owner_and_of_the_grant_reach_the_grantee() {
    let house = House::new().await;
    let node = house.node();
    let platform = house.other_tenant("platform").await;
    let (one, two) = (
        house.account_of(platform, "one", "sk-1").await,
        house.account_of(platform, "two", "sk-2").await,
    );
    let group = house.group(platform, &[(one, 2), (two, 1)]).await;
    house.grant(platform, group, house.tenant, "pool").await;
    let pool = house.await_names(&node, house.tenant, &["pool", "pool"]).await;
    let order: Vec<AccountId> = pool.accounts().map(|account| account.id).collect();
    assert_eq!(order, [two, one], "by the priorities in the group");
    house
        .announced(
            platform,
            &format!("DELETE FROM account_group_members WHERE account_id = '{two}'"),
        )
        .await;
    house.await_names(&node, house.tenant, &["pool"]).await;
    house
        .grants(house.tenant, "UPDATE group_grants SET public_name = 'other'")
        .await;
    house.await_names(&node, house.tenant, &["other"]).await;
    house
        .announced(platform, "UPDATE account_groups SET deleted_at = now()")
        .await;
    house.await_names(&node, house.tenant, &[]).await;
    house
        .announced(platform, "UPDATE account_groups SET deleted_at = NULL")
        .await;
    house.await_names(&node, house.tenant, &["other"]).await;
    house.grants(house.tenant, "DELETE FROM group_grants").await;
    house.await_names(&node, house.tenant, &[]).await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_bound_to_a_group_stays_in_it() {
    let house = House::new().await;
    let node = house.node();
    let platform = house.other_tenant("platform").await;
    let (first, second) = (
        house.account("first", "sk-1").await,
        house.account("second", "sk-2").await,
    );
    let theirs = house.account_of(platform, "theirs", "sk-3").await;
    let own = house.group(house.tenant, &[(first, 9), (second, 3)]).await;
    let granted = house.group(platform, &[(theirs, 5)]).await;
    let foreign = house.group(platform, &[(theirs, 5)]).await;
    house.grant(platform, granted, house.tenant, "pool").await;
    let pool = house
        .await_names(&node, house.tenant, &["first", "second", "pool"])
        .await;
    let picked = |to, tried: &[AccountId]| {
        let bindings = [Binding {
            service: Service::Claude,
            to,
        }];
        let wish = Wish {
            bindings: &bindings,
            tried,
            ..wish()
        };
        node.pick(&pool, &wish).map(|seat| seat.account().id)
    };
    assert_eq!(picked(BoundTo::Group(own), &[]), Ok(second));
    assert_eq!(picked(BoundTo::Group(own), &[second]), Ok(first));
    assert!(picked(BoundTo::Group(own), &[first, second]).is_err());
    assert_eq!(picked(BoundTo::Group(granted), &[]), Ok(theirs));
    assert!(
        picked(BoundTo::Group(foreign), &[]).is_err(),
        "it was not granted"
    );
    assert_eq!(picked(BoundTo::Account(first), &[]), Ok(first));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plan_and_windows_are_read_with_the_account() {
    let house = House::new().await;
    let node = house.node();
    let account = house.account("first", "sk-1").await;
    let window = format!(
        "INSERT INTO account_windows (tenant_id, account_id, name, used_permille, resets_at, observed_at)
         VALUES ('{}', '{account}', '5h', 1000, now() + interval '1 hour', now())",
        house.tenant
    );
    house.announced(house.tenant, &window).await;
    house.change(account, "plan = 'pro', opus = false").await;
    for _ in 0..500 {
        let pool = house.pool(&node).await;
        let found = pool.candidate(account).expect("in the pool");
        if found.account.opus == Some(false) && node.pick(&pool, &wish()).is_err() {
            assert_eq!(found.account.plan.as_deref(), Some("pro"));
            let refusal = node.pick(&pool, &wish()).expect_err("used up");
            let explanation = refusal.explanation();
            assert_eq!(explanation["considered"][0]["code"], "window", "{explanation}");
            return house.close().await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("it was not read");
}
