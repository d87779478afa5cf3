//! What an account has cost today, as it is settled, against its daily cap.

use super::house::House;
use super::support::{why_not, wish};
use crate::pick::NoAccount;
use crate::{Scheduler, Wish};
use std::time::Duration;
use tollgate_contract::ids::AccountId;
use tollgate_store::PLATFORM_TENANT;
use uuid::Uuid;

/// The refusal, once what is settled was looked at.
async fn refused(house: &House, node: &Scheduler) -> NoAccount {
    let wish = Wish {
        tenant: house.tenant,
        ..wish()
    };
    for _ in 0..500 {
        match node.pick(&*house.pool(node).await, &wish) {
            Ok(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            Err(refusal) => return refusal,
        }
    }
    panic!("the cap is not seen");
}

fn of_the_day(refusal: &NoAccount) {
    let NoAccount::AllUnavailable { retry_after, .. } = refusal else {
        panic!("{refusal:?}")
    };
    assert!(
        retry_after.is_some_and(|wait| wait <= Duration::from_hours(25)),
        "{retry_after:?}"
    );
    assert!(
        why_not(refusal)[0].starts_with("its daily cost is reached until "),
        "{refusal:?}"
    );
}

async fn used(house: &House, account: AccountId, day: &str, nano: i64) {
    house
        .owner(&format!(
            "INSERT INTO usage_day (tenant_id, local_date, key_id, user_id, account_id, model, cost_centre, requests,
                                    input_tokens, output_tokens, cache_write_5m_tokens, cache_write_1h_tokens,
                                    cache_read_tokens, charge_nano, last_request_id, combo)
             SELECT tenant_id, (now() AT TIME ZONE time_zone)::date + {day}, '{key}', '{nil}', '{account}', 'm', '', 1,
                    1, 1, 0, 0, 0, {nano}, '{key}', '{key}'
             FROM tenants WHERE tenant_id = '{tenant}'",
            key = house.db.clock().new_id(),
            nil = Uuid::nil(),
            tenant = house.tenant,
        ))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenants_account_rests_for_the_day_when_it_has_cost_enough() {
    let house = House::new().await;
    let account = house.account("capped", "sk-capped").await;
    house.change(account, "daily_cost_nano = 100").await;
    used(&house, account, "-1", 1_000).await;
    used(&house, account, "0", 70).await;
    let node = house.node();
    // One that is sure to come after a look.
    let until_looked = async {
        drop(house.pool(&node).await);
        tokio::time::sleep(Duration::from_secs(3)).await;
        node.pick(&*house.pool(&node).await, &wish()).expect("70 of 100")
    };
    let seat = until_looked.await;
    seat.meter().spent(29);
    drop(seat);
    let seat = node.pick(&*house.pool(&node).await, &wish()).expect("99 of 100");
    seat.meter().spent(1);
    drop(seat);
    of_the_day(
        &node
            .pick(&*house.pool(&node).await, &wish())
            .expect_err("100 of 100"),
    );
    // It is settled as well, and no more than once in the sum.
    used(&house, account, "0", 30).await;
    of_the_day(&refused(&house, &node).await);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_platforms_account_counts_what_it_cost_with_all_tenants() {
    let mut house = House::new().await;
    house.tenant = PLATFORM_TENANT;
    let account = house.account("capped", "sk-capped").await;
    house.change(account, "daily_cost_nano = 100").await;
    let node = house.node();
    drop(
        node.pick(&*house.pool(&node).await, &wish())
            .expect("nothing was spent"),
    );
    for (batch, cost) in [(1, 60), (2, 50), (3, -5)] {
        let (request, customer, is_correction) =
            (house.db.clock().new_id(), Uuid::from_u128(batch), cost < 0);
        house
            .owner(&format!(
                "INSERT INTO platform_costs (tenant_id, request_id, customer_tenant_id, account_id, platform, model,
                                             cost_nano, charge_nano, price_version, correction, batch_no, booked_at)
                 VALUES ('{PLATFORM_TENANT}', '{request}', '{customer}', '{account}', 'claude_console', 'm', {cost}, 0,
                         '{customer}', {is_correction}, {batch}, now())"
            ))
            .await;
        if batch == 1 {
            // Several looks count it once.
            tokio::time::sleep(Duration::from_millis(4_500)).await;
            drop(node.pick(&*house.pool(&node).await, &wish()).expect("60 of 100"));
        }
    }
    of_the_day(&refused(&house, &node).await);
    house.close().await;
}
