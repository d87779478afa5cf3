//! Refunds and credit limits: the wallet by an operator's hand, beside nodes that draw from it.

use super::support::{House, folder, request, top_up};
use crate::transfers::{Credit, CreditError, CreditKind, Credited, credit, wallet};
use crate::wallet::{Refund, WalletError, refund, set_credit_limit};
use std::time::Duration;
use tollgate_contract::ids::TenantId;
use tollgate_money::Nano;

fn back(nano: i64, key: &str) -> Refund {
    Refund {
        amount: Nano(nano),
        reason: "asked for".to_owned(),
        author: "test".to_owned(),
        idempotency_key: key.to_owned(),
        of: None,
    }
}

async fn pay_back(house: &House, tenant: TenantId, nano: i64, key: &str) -> Result<Credited, WalletError> {
    let mut tx = house.db.tenant(tenant).await.expect("a transaction");
    let booked = refund(&mut tx, &house.clock, &back(nano, key)).await?;
    tx.commit().await.expect("committed");
    Ok(booked)
}

async fn allow(house: &House, tenant: TenantId, nano: i64) -> Result<Nano, WalletError> {
    let mut tx = house.db.tenant(tenant).await.expect("a transaction");
    let before = set_credit_limit(&mut tx, &house.clock, Nano(nano)).await?;
    tx.commit().await.expect("committed");
    Ok(before)
}

/// Balance and what may be drawn.
async fn figures(house: &House, tenant: TenantId) -> (i64, i64) {
    let mut tx = house.db.tenant(tenant).await.expect("a transaction");
    let view = wallet(&mut tx).await.expect("read").expect("a wallet");
    (view.balance.0, view.undrawn.0)
}

/// As if a node had drawn this much.
async fn drawn(house: &House, tenant: TenantId, nano: i64) {
    let budget = house.budget(tenant).await;
    house
        .by_hand(&format!(
            "INSERT INTO budget_leases (tenant_id, budget_id, period_start, node_id, epoch, granted_nano, updated_at)
             VALUES ('{tenant}', '{budget}', 'epoch', gen_random_uuid(), 1, {nano}, now())"
        ))
        .await;
    house
        .by_hand(&format!(
            "UPDATE budget_periods SET granted_nano = granted_nano + {nano} WHERE tenant_id = '{tenant}'"
        ))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn money_is_paid_back_once_and_never_what_a_node_holds() {
    let house = House::new().await;
    let tenant = house.tenant(1_000).await;
    for replayed in [false, true] {
        let booked = pay_back(&house, tenant, 300, "one").await.expect("paid back");
        assert_eq!(booked.replayed, replayed);
    }
    assert_eq!(figures(&house, tenant).await, (700, 700));
    drawn(&house, tenant, 600).await;
    let refused = pay_back(&house, tenant, 101, "two").await;
    assert!(
        matches!(
            refused,
            Err(WalletError::Drawn {
                undrawn: Nano(100),
                held: Nano(600)
            })
        ),
        "{refused:?}"
    );
    assert_eq!(figures(&house, tenant).await, (700, 100), "nothing half-done");
    pay_back(&house, tenant, 100, "two").await.expect("what is there");
    assert_eq!(figures(&house, tenant).await, (600, 0));
    for (nano, key) in [(0, "zero"), (-5, "less")] {
        let refused = pay_back(&house, tenant, nano, key).await;
        assert!(matches!(refused, Err(WalletError::Credit(CreditError::Amount))));
    }
    house.assert_books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credit_limit_can_be_spent_but_neither_paid_out_nor_taken_away_under_a_request() {
    let house = House::new().await;
    let tenant = house.tenant(100).await;
    assert_eq!(allow(&house, tenant, 1_000).await.expect("allowed"), Nano(0));
    assert_eq!(figures(&house, tenant).await, (100, 1_100), "the balance stays");
    let refused = pay_back(&house, tenant, 101, "credit").await;
    assert!(matches!(
        refused,
        Err(WalletError::Drawn {
            undrawn: Nano(100),
            ..
        })
    ));
    drawn(&house, tenant, 700).await;
    let refused = pay_back(&house, tenant, 1, "credit").await;
    assert!(matches!(
        refused,
        Err(WalletError::Drawn { undrawn: Nano(0), .. })
    ));
    let refused = allow(&house, tenant, 599).await;
    assert!(
        matches!(refused, Err(WalletError::CreditUsed { least: Nano(600) })),
        "{refused:?}"
    );
    assert_eq!(allow(&house, tenant, 600).await.expect("lowered"), Nano(1_000));
    assert_eq!(figures(&house, tenant).await, (100, 0));
    assert!(matches!(
        allow(&house, tenant, -1).await,
        Err(WalletError::Negative)
    ));
    house.assert_books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_spent_on_credit_is_booked_below_zero_and_the_books_agree() {
    let (house, folder) = (House::new().await, folder());
    let tenant = house.tenant(0).await;
    allow(&house, tenant, 10_000_000_000).await.expect("allowed");
    let node = house.node(&folder).await;
    request(&node, &house.clock, tenant, 700).await;
    node.stop(Duration::from_secs(20)).await.expect("stopped");
    let (balance, undrawn) = figures(&house, tenant).await;
    assert!(balance < 0, "{balance}");
    assert_eq!(undrawn, 10_000_000_000 + balance);
    house.assert_books_agree().await;
    house
        .by_hand(&format!(
            "UPDATE tenants SET credit_limit_nano = credit_limit_nano + 1 WHERE tenant_id = '{tenant}'"
        ))
        .await;
    let failures = house.verify().await.failures;
    assert_eq!(
        failures[0].check, "wallet",
        "a limit that no period knows is found"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voucher_s_credit_comes_from_the_ledger_account_of_vouchers() {
    let house = House::new().await;
    let tenant = house.tenant(0).await;
    let mut tx = house.db.tenant(tenant).await.expect("a transaction");
    let booking = Credit {
        kind: CreditKind::Voucher,
        amount: Nano(25),
        reason: "voucher".to_owned(),
        author: "test".to_owned(),
        idempotency_key: "voucher:1".to_owned(),
    };
    credit(&mut tx, &house.clock, &booking).await.expect("booked");
    tx.commit().await.expect("committed");
    let owed = house
        .number("SELECT balance_nano FROM ledger_accounts WHERE code = 'vouchers'")
        .await;
    assert_eq!(owed, -25);
    house.assert_books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_paid_back_by_a_transfer_that_points_at_it_and_never_beyond_it() {
    let house = House::new().await;
    let (tenant, other) = (house.tenant(0).await, house.tenant(0).await);
    let pay = async |tenant, nano, key: &str| {
        let mut tx = house.db.tenant(tenant).await.expect("a transaction");
        let paid = credit(&mut tx, &house.clock, &top_up(nano, key))
            .await
            .expect("paid");
        tx.commit().await.expect("committed");
        paid.transfer_id
    };
    let (paid, theirs) = (pay(tenant, 100, "one").await, pay(other, 100, "one").await);
    pay(tenant, 100, "two").await;
    let pay_back = async |nano, key: &str, of| {
        let mut tx = house.db.tenant(tenant).await.expect("a transaction");
        let refunded = refund(
            &mut tx,
            &house.clock,
            &Refund {
                of,
                ..back(nano, key)
            },
        )
        .await;
        if refunded.is_ok() {
            tx.commit().await.expect("committed");
        }
        refunded
    };
    pay_back(60, "first", Some(paid)).await.expect("paid back");
    let beyond = pay_back(41, "second", Some(paid)).await;
    assert!(
        matches!(beyond, Err(WalletError::MoreThanPaid { left: Nano(40) })),
        "{beyond:?}"
    );
    let foreign = pay_back(1, "third", Some(theirs)).await;
    assert!(matches!(foreign, Err(WalletError::NoPayment(_))), "{foreign:?}");
    pay_back(40, "fourth", Some(paid)).await.expect("paid back");
    pay_back(100, "fifth", None).await.expect("of the balance");
    house.assert_books_agree().await;
}
