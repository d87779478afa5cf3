//! Credits and the wallet's figures.

use super::support::{House, top_up};
use crate::transfers::{CreditError, credit, wallet};
use tollgate_money::Nano;

#[tokio::test(flavor = "multi_thread")]
async fn a_credit_is_booked_once_and_can_be_spent() {
    let house = House::new().await;
    let tenant = house.tenant(0).await;
    for replayed in [false, true] {
        let mut tx = house.db.tenant(tenant).await.expect("a transaction");
        let booked = credit(&mut tx, &house.clock, &top_up(500, "one"))
            .await
            .expect("booked");
        assert_eq!(booked.replayed, replayed);
        tx.commit().await.expect("committed");
    }
    let mut tx = house.db.tenant(tenant).await.expect("a transaction");
    let other = credit(&mut tx, &house.clock, &top_up(501, "one")).await;
    assert!(matches!(other, Err(CreditError::KeyReused)));
    let view = wallet(&mut tx).await.expect("read").expect("a wallet");
    assert_eq!(
        (view.balance, view.held, view.undrawn),
        (Nano(500), Nano(0), Nano(500))
    );
    drop(tx);
    house.assert_books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_t_be_credited_is_told_by_its_reason() {
    let house = House::new().await;
    let tenant = house.tenant(10).await;
    let try_credit = async |nano, key: &str| {
        let mut tx = house.db.tenant(tenant).await.expect("a transaction");
        credit(&mut tx, &house.clock, &top_up(nano, key)).await
    };
    assert!(matches!(try_credit(0, "a").await, Err(CreditError::Amount)));
    assert!(matches!(try_credit(-5, "b").await, Err(CreditError::Amount)));
    assert!(matches!(
        try_credit(i64::MAX, "c").await,
        Err(CreditError::TooMuch)
    ));
    assert!(matches!(
        try_credit(1, "").await,
        Err(CreditError::Text("idempotency_key", _))
    ));
    house.assert_books_agree().await;
}
