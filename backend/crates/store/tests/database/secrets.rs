//! Data keys in their table: made once, kept apart by tenant, not believed before they are committed.

use crate::house::House;
use secrecy::ExposeSecret;
use tollgate_store::{Clock, MasterKey, SecretError, SecretPlace, Secrets};
use uuid::Uuid;

const PLACE: SecretPlace = SecretPlace {
    table: "accounts",
    row: Uuid::from_u128(7),
    column: "credential",
};

fn secrets(master: &str) -> Secrets {
    Secrets::new(MasterKey::new(&master.into()), Clock::system())
}

#[tokio::test]
async fn a_secret_is_opened_by_another_node_and_by_no_other_tenant() {
    let house = House::new().await;
    let (tenant, other) = (house.tenant().await, house.tenant().await);
    let here = secrets("the master key");
    let mut tx = house.db.tenant(tenant).await.expect("a transaction");
    let sealed = here.seal(&mut tx, PLACE, b"sk-one").await.expect("sealed");
    tx.commit().await.expect("committed");

    let there = secrets("the master key");
    let mut tx = house.db.tenant(tenant).await.expect("a transaction");
    let opened = there.open(&mut tx, PLACE, &sealed).await.expect("opened");
    assert_eq!(opened.expose_secret(), "sk-one");
    let again = there.seal(&mut tx, PLACE, b"sk-two").await.expect("sealed");
    assert_eq!(
        again.to_bytes()[..17],
        sealed.to_bytes()[..17],
        "one data key for all of a tenant's secrets"
    );
    let refused = secrets("another master key").open(&mut tx, PLACE, &sealed).await;
    assert!(
        matches!(refused, Err(SecretError::OtherMasterKey { .. })),
        "{refused:?}"
    );
    drop(tx);

    // `there` remembers the key by now; the other tenant must not profit from that.
    let mut tx = house.db.tenant(other).await.expect("a transaction");
    for node in [&here, &there] {
        let refused = node.open(&mut tx, PLACE, &sealed).await;
        assert!(matches!(refused, Err(SecretError::NoDataKey(_))), "{refused:?}");
    }
}

#[tokio::test]
async fn a_data_key_that_was_rolled_back_is_not_used() {
    let house = House::new().await;
    let (tenant, secrets) = (house.tenant().await, secrets("the master key"));
    let mut tx = house.db.tenant(tenant).await.expect("a transaction");
    secrets.seal(&mut tx, PLACE, b"first").await.expect("sealed");
    secrets.seal(&mut tx, PLACE, b"second").await.expect("sealed");
    drop(tx);
    let mut tx = house.db.tenant(tenant).await.expect("a transaction");
    let sealed = secrets.seal(&mut tx, PLACE, b"third").await.expect("sealed");
    tx.commit().await.expect("committed");
    let mut tx = house.db.tenant(tenant).await.expect("a transaction");
    let opened = secrets.open(&mut tx, PLACE, &sealed).await.expect("opened");
    assert_eq!(opened.expose_secret(), "third");
}
