//! How long a statement of a tenant's transaction may take.

use crate::house::House;
use sqlx::Executor as _;
use tollgate_store::StoreError;

#[tokio::test]
async fn a_statement_ends_in_its_time_and_what_has_to_be_whole_has_more() {
    let house = House::new().await;
    let tenant = house.tenant().await;
    let mut tx = house.db.tenant(tenant).await.expect("a transaction");
    let limit: String = sqlx::query_scalar("SHOW statement_timeout")
        .fetch_one(tx.conn())
        .await
        .expect("told");
    assert_eq!(limit, "1min");
    tx.conn()
        .execute("SET LOCAL statement_timeout = '10ms'")
        .await
        .expect("set");
    let ended = tx.conn().execute("SELECT pg_sleep(60)").await;
    let ended = StoreError::from(ended.expect_err("it took too long"));
    assert!(matches!(ended, StoreError::TooLong(_)), "{ended:?}");
    drop(tx);
    let mut tx = house.db.tenant(tenant).await.expect("a transaction");
    tx.unhurried().await.expect("more time");
    let limit: String = sqlx::query_scalar("SHOW statement_timeout")
        .fetch_one(tx.conn())
        .await
        .expect("told");
    assert_eq!(limit, "10min");
}

#[tokio::test]
async fn statements_of_tenants_and_jobs_are_planned_for_their_values() {
    let house = House::new().await;
    let tenant = house.tenant().await;
    let shown = "SHOW plan_cache_mode";
    let mut tx = house.db.tenant(tenant).await.expect("a transaction");
    let of_tenant: String = sqlx::query_scalar(shown)
        .fetch_one(tx.conn())
        .await
        .expect("told");
    let mut tx = house.db.jobs().await.expect("a transaction");
    let of_jobs: String = sqlx::query_scalar(shown)
        .fetch_one(tx.conn())
        .await
        .expect("told");
    assert_eq!([of_tenant, of_jobs], ["force_custom_plan"; 2]);
}
