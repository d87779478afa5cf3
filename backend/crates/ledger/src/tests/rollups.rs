//! Rollups by everything: what they say in SQL and in Rust is one, and days follow the tenant's zone.

use super::support::{House, folder, request};
use crate::rezone::rezone;
use std::time::Duration;
use tollgate_contract::reports::ClientFamily;

#[tokio::test(flavor = "multi_thread")]
async fn programs_are_the_same_in_sql_and_in_rust() {
    let house = House::new().await;
    for agent in [
        "claude-cli/2.1",
        "Claude-cli/2.1",
        "codex_exec/0.169.0",
        "codex",
        "GeminiCLI/1",
        "node-fetch/3",
        "a SillyTAVERN b",
        "curl/8.5",
        "",
    ] {
        let family = ClientFamily::of(agent).as_str();
        let same = format!("SELECT (client_family('{agent}') = '{family}')::int::bigint");
        assert_eq!(house.number(&same).await, 1, "{agent}");
    }
}

/// Days by what they hold.
const DAYS: &str = "SELECT count(DISTINCT local_date) FROM usage_day";

#[tokio::test(flavor = "multi_thread")]
async fn days_are_made_anew_in_another_zone_and_settlement_goes_on_in_it() {
    let (house, folder) = (House::new().await, folder());
    let tenant = house.tenant(10_000_000_000).await;
    let node = house.node(&folder).await;
    for tokens in 1..=20 {
        request(&node, &house.clock, tenant, tokens).await;
    }
    node.stop(Duration::from_secs(20)).await.expect("stopped");
    house.assert_books_agree().await;
    // A zone in which the day is surely another one than in Shanghai.
    let zone = if house
        .number("SELECT extract(hour FROM now() AT TIME ZONE 'UTC')::bigint")
        .await
        < 10
    {
        "Pacific/Pago_Pago"
    } else {
        "Pacific/Kiritimati"
    };
    let before = house
        .number("SELECT max(local_date - '2000-01-01'::date)::bigint FROM usage_day")
        .await;
    house
        .by_hand(&format!(
            "UPDATE tenants SET time_zone = '{zone}' WHERE tenant_id = '{tenant}'"
        ))
        .await;
    // Until the job has run, everything stays in the old zone, and agrees.
    let node = house.node(&folder).await;
    request(&node, &house.clock, tenant, 7).await;
    node.stop(Duration::from_secs(20)).await.expect("stopped");
    house.assert_books_agree().await;
    assert_eq!(house.number(DAYS).await, 1);
    assert_eq!(rezone(&house.db).await.expect("done"), 1);
    assert_eq!(rezone(&house.db).await.expect("nothing to do"), 0);
    house.assert_books_agree().await;
    let after = house
        .number("SELECT max(local_date - '2000-01-01'::date)::bigint FROM usage_day")
        .await;
    let now = format!("SELECT ((now() AT TIME ZONE '{zone}')::date - '2000-01-01'::date)::bigint");
    assert_eq!(after, house.number(&now).await);
    assert!(
        before != after || zone == "Pacific/Kiritimati",
        "{before} {after}"
    );
    // What is settled from now on goes into the new days, whatever zone its node knew.
    let node = house.node(&folder).await;
    request(&node, &house.clock, tenant, 9).await;
    node.stop(Duration::from_secs(20)).await.expect("stopped");
    house.assert_books_agree().await;
    assert_eq!(house.number(DAYS).await, 1);
    assert_eq!(
        house.number("SELECT sum(requests)::bigint FROM usage_day").await,
        22
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_in_the_wrong_zone_is_found() {
    let (house, folder) = (House::new().await, folder());
    let tenant = house.tenant(10_000_000_000).await;
    let node = house.node(&folder).await;
    request(&node, &house.clock, tenant, 5).await;
    node.stop(Duration::from_secs(20)).await.expect("stopped");
    house
        .by_hand("UPDATE usage_day SET local_date = local_date + 1")
        .await;
    let report = house.verify().await;
    assert_eq!(report.failures[0].check, "usage_day", "{:?}", report.failures);
}
