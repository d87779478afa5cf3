//! Tables that belong to a role which is no superuser: forced row-level security holds for it as well, so whatever works on
//! all tenants' rows in its name has to say how.

use super::ages::{book, drop_closed, months_ago, partitions, signer};
use super::support::{House, folder};
use crate::retention::Fate;
use crate::seal::seal;
use crate::verify::{VerifyScope, verify_within};

/// Whether a table's rows are kept from its owner, too.
async fn forced(house: &House, table: &str) -> bool {
    let sql =
        format!("SELECT count(*) FROM pg_class WHERE oid = '{table}'::regclass AND relforcerowsecurity");
    house.number(&sql).await == 1
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_who_is_no_superuser_drops_months_and_the_books_still_agree() {
    let (house, folder) = (House::of_a_plain_owner().await, folder());
    let supers = "SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
                  WHERE c.relname = 'usage_events' AND r.rolsuper";
    assert_eq!(house.number(supers).await, 0, "the test is of a plain owner");
    partitions(&house, 6).await;
    let tenant = house.tenant(1_000_000_000).await;
    let node = house.epoch(&folder).await;
    for months in [5, 4, 0] {
        book(&house, &node, tenant, months_ago(&house, months), &[1, 2, 3]).await;
    }
    seal(&house.db, &signer(&house)).await.expect("sealed");
    let fates = drop_closed(&house, 3).await;
    let dropped = |fate: &Fate| matches!(fate, Fate::Dropped(3));
    assert_eq!(
        fates.iter().filter(|(_, fate)| dropped(fate)).count(),
        2,
        "{fates:?}"
    );
    assert_eq!(house.number("SELECT count(*) FROM usage_events").await, 3);
    for table in [
        "usage_events",
        "usage_corrections",
        "platform_costs",
        "dropped_months",
    ] {
        assert!(forced(&house, table).await, "{table}");
    }
    for scope in [VerifyScope::Whole, VerifyScope::SinceSeal, VerifyScope::Quick] {
        let report = verify_within(&house.db, scope).await.expect("read");
        assert!(report.passed(), "{scope:?}: {:?}", report.failures);
    }
    // The function itself sees every tenant's rows, whoever owns it: what nobody noted is not dropped.
    book(&house, &node, tenant, months_ago(&house, 2), &[4]).await;
    let unnoted =
        "SELECT count(*) FROM drop_usage_month((date_trunc('month', now()) - interval '2 months')::date)";
    house
        .try_number(unnoted)
        .await
        .expect_err("nothing was noted of it");
    assert_eq!(house.number("SELECT count(*) FROM usage_events").await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_issuer_and_numbers_of_documents_are_there_for_everybody() {
    let house = House::of_a_plain_owner().await;
    let tenant = house.tenant(0).await;
    house
        .by_hand(
            "INSERT INTO billing_profiles (tenant_id, legal_name, updated_at)
             SELECT tenant_id, 'of ' || slug, now() FROM tenants",
        )
        .await;
    let mut tx = house.db.tenant(tenant).await.expect("a transaction");
    let issuer: Vec<(String, String)> = sqlx::query_as("SELECT legal_name, time_zone FROM billing_issuer()")
        .fetch_all(tx.conn())
        .await
        .expect("read");
    assert_eq!(
        issuer,
        [("of platform".to_owned(), "UTC".to_owned())],
        "and nobody else's"
    );
    for due in [1_i64, 2] {
        let number: i64 = sqlx::query_scalar("SELECT next_document_number('invoice', 2026)")
            .fetch_one(tx.conn())
            .await
            .expect("a number");
        assert_eq!(number, due);
    }
}
