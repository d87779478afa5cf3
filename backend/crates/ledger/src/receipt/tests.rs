//! Receipts of a real ledger: what holds, and each way in which one may not.

use super::{Checked, PURPOSE, ReceiptError, ReceiptFault, check, make, statement_bytes};
use crate::entry::{DoneEntry, Quality};
use crate::samples::done_of;
use crate::tests::support::{House, folder, settle, with_done};
use chrono::DateTime;
use tollgate_contract::ids::{RequestId, TenantId};
use tollgate_contract::money::NanoUsd;
use tollgate_contract::receipts::{
    RECEIPT_ALGORITHM, RECEIPT_FORMAT, Receipt, ReceiptSignature, ReceiptStatement,
};
use tollgate_store::{MasterKey, Secrets, Signer};
use uuid::Uuid;

const CREDIT: i64 = 10_000_000_000;

/// Changes a receipt.
type Change = fn(&mut Receipt);

/// Each way in which one may not hold, and what it is called.
const CHANGES: [(&str, Change); 17] = [
    ("figures", |r| r.statement.tokens.output += 1),
    ("figures", |r| r.statement.model = "claude-haiku-4-5".to_owned()),
    ("figures", |r| r.statement.charge_nano = NanoUsd(39_999)),
    ("figures", |r| {
        r.statement.tenant_id = TenantId(Uuid::from_u128(3));
    }),
    ("figures", |r| r.statement.price_version.0 = Uuid::from_u128(10)),
    ("correction", |r| r.statement.corrections[0].tokens.output -= 1),
    ("proof", |r| {
        let own = hex::encode(super::facts::event_digest(&r.statement));
        r.statement.batch.digests.retain(|digest| *digest == own);
    }),
    ("proof", |r| {
        drop(r.statement.batch.digests.drain(..1).collect::<Vec<_>>());
    }),
    ("proof", |r| r.statement.batch.events = 2),
    ("proof", |r| {
        r.statement.batch.booked_at += chrono::TimeDelta::microseconds(1);
    }),
    ("proof", |r| r.statement.batch.hash = "00".repeat(32)),
    ("line", |r| r.statement.lines[0].amount_nano = NanoUsd(1)),
    ("sum", |r| r.statement.lines.clear()),
    ("amount", |r| r.statement.corrections.clear()),
    ("signature", |r| {
        r.statement.corrections[0].reason = "another".to_owned();
    }),
    ("signature", |r| r.signature.value.replace_range(..2, "zz")),
    ("unknown", |r| r.format = "tollgate-receipt-9".to_owned()),
];

async fn statement(house: &House, tenant: TenantId, request: RequestId) -> ReceiptStatement {
    let mut tx = house.db.tenant(tenant).await.expect("a transaction");
    let issued = DateTime::from_timestamp(1_800_000_000, 0).expect("a time");
    let made = make(&mut tx, request, issued, true).await.expect("made");
    made.expect("there is such a request")
}

fn signer(house: &House, master: &str) -> Signer {
    let secrets = Secrets::new(MasterKey::new(&master.repeat(8).into()), house.clock.clone());
    Signer::new(house.db.clone(), secrets)
}

async fn signed(house: &House, statement: ReceiptStatement) -> (Receipt, [u8; 32]) {
    let signer = signer(house, "test");
    let made = signer
        .sign(PURPOSE, &statement_bytes(&statement))
        .await
        .expect("signed");
    let keys = signer.public_keys().await.expect("keys");
    let key = keys
        .iter()
        .find(|key| key.key_id == made.key_id)
        .expect("published");
    let receipt = Receipt {
        format: RECEIPT_FORMAT.to_owned(),
        statement,
        signature: ReceiptSignature {
            algorithm: RECEIPT_ALGORITHM.to_owned(),
            key_id: made.key_id,
            public_key: hex::encode(key.bytes),
            value: hex::encode(made.bytes),
        },
    };
    (receipt, key.bytes)
}

/// Three requests in a batch, the second an estimate that was put right in a later one.
async fn corrected(house: &House) -> (TenantId, Vec<RequestId>) {
    let folder = folder();
    let node = house.epoch(&folder).await;
    let tenant = house.tenant(CREDIT).await;
    let entries = house.entries(&node, tenant, &[10, 50, 30]).await;
    let ids: Vec<RequestId> = entries.iter().map(|entry| entry.open.request_id).collect();
    let estimate = DoneEntry {
        quality: Quality::Estimated,
        ..done_of(ids[1], 40)
    };
    let first = [
        entries[0].clone(),
        with_done(&entries[1], estimate),
        entries[2].clone(),
    ];
    assert_eq!(settle(house, &node, &first).await.booked, 3);
    assert_eq!(settle(house, &node, &entries[1..2]).await.corrected, 1);
    (tenant, ids)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_holds_and_every_change_is_named() {
    let house = House::new().await;
    let (tenant, ids) = corrected(&house).await;
    let (good, key) = signed(&house, statement(&house, tenant, ids[1]).await).await;
    let text = serde_json::to_string_pretty(&good).expect("JSON");
    let read: Receipt = serde_json::from_str(&text).expect("read");
    assert_eq!(
        check(&read, Some(&key)),
        Ok(Checked {
            key_id: good.signature.key_id,
            public_key: hex::encode(key),
            key_trusted: true,
            proved: true,
        })
    );
    assert!(!check(&read, None).expect("it holds").key_trusted);
    assert_eq!(good.statement.charge_nano, NanoUsd(40_000));
    assert_eq!(good.statement.amount_nano, NanoUsd(50_000));
    assert_eq!(
        good.statement.batch.digests.len(),
        4,
        "three requests and a transfer"
    );
    for (at, (expected, change)) in CHANGES.into_iter().enumerate() {
        let mut bad = good.clone();
        change(&mut bad);
        // Taking the first of the digests may take the request's own.
        let fault = check(&bad, Some(&key)).expect_err(&format!("change {at}"));
        let named = match fault {
            ReceiptFault::Figures { .. } => "figures",
            ReceiptFault::Correction { .. } => "correction",
            ReceiptFault::Proof { .. } => "proof",
            ReceiptFault::Line { .. } => "line",
            ReceiptFault::Sum { .. } => "sum",
            ReceiptFault::Amount { .. } => "amount",
            ReceiptFault::Signature => "signature",
            ReceiptFault::OtherKey { .. } => "key",
            ReceiptFault::Unknown { .. } => "unknown",
        };
        assert!(
            named == expected || (at == 7 && named == "figures"),
            "change {at}: {fault}"
        );
    }
    house.assert_books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_sees_their_own_requests_alone_is_not_told_what_the_batch_comes_to() {
    let house = House::new().await;
    let (tenant, ids) = corrected(&house).await;
    let mut tx = house.db.tenant(tenant).await.expect("a transaction");
    let issued = DateTime::from_timestamp(1_800_000_000, 0).expect("a time");
    let own = make(&mut tx, ids[1], issued, false)
        .await
        .expect("made")
        .expect("there");
    drop(tx);
    for batch in [&own.batch, &own.corrections[0].batch] {
        assert_eq!(
            (batch.withheld, batch.events, batch.charge_nano),
            (true, 0, NanoUsd(0))
        );
        assert!(batch.digests.is_empty());
    }
    assert_eq!(own.amount_nano, NanoUsd(50_000));
    let (receipt, key) = signed(&house, own).await;
    let checked = check(&receipt, Some(&key)).expect("the signature stands for it");
    assert!(!checked.proved);
    // Whoever leaves out the proof of a receipt that has one is found out.
    let (mut whole, key) = signed(&house, statement(&house, tenant, ids[1]).await).await;
    whole.statement.batch.withheld = true;
    assert_eq!(check(&whole, Some(&key)), Err(ReceiptFault::Signature));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_of_a_batch_in_an_earlier_encoding_holds() {
    let house = House::new().await;
    let (tenant, ids) = corrected(&house).await;
    let mut old = statement(&house, tenant, ids[0]).await;
    old.batch.encoding = 1;
    old.batch.digests = vec![hex::encode(super::facts::event_digest(&old))];
    let hash = super::facts::batch_hash(&old, &old.batch).expect("a hash");
    old.batch.hash = hex::encode(hash);
    let (receipt, key) = signed(&house, old.clone()).await;
    assert!(check(&receipt, Some(&key)).is_ok());
    old.batch.encoding = 3;
    let (receipt, key) = signed(&house, old).await;
    let fault = check(&receipt, Some(&key));
    assert!(
        matches!(fault, Err(ReceiptFault::Unknown { what: "encoding", .. })),
        "{fault:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platforms_lines_of_before_name_one_price_and_hold() {
    let house = House::new().await;
    let (tenant, ids) = corrected(&house).await;
    let lines =
        r#"[{"meter": "output", "quantity": 10, "price": "0.8", "factor": "1.25", "amount_nano": "10000"}]"#;
    let set = format!("price_lines = '{lines}' WHERE request_id = '{}'", ids[0]);
    house
        .by_hand(&format!("UPDATE usage_events SET account_id = NULL, {set}"))
        .await;
    let platforms = statement(&house, tenant, ids[0]).await;
    let line = &platforms.lines[0];
    assert_eq!(
        (line.price.as_str(), line.more.len()),
        ("1", 0),
        "neither list price nor factor"
    );
    let (receipt, key) = signed(&house, platforms).await;
    assert!(check(&receipt, Some(&key)).is_ok());
    let own = Uuid::from_u128(5);
    house
        .by_hand(&format!("UPDATE usage_events SET account_id = '{own}', {set}"))
        .await;
    let own = statement(&house, tenant, ids[0]).await;
    assert_eq!(
        own.lines[0].price, "0.8",
        "of the tenant's own account both may be told"
    );
    let (mut receipt, key) = signed(&house, own).await;
    assert!(check(&receipt, Some(&key)).is_ok());
    receipt.statement.lines[0]
        .more
        .insert("factor".to_owned(), "1.2".into());
    let fault = check(&receipt, Some(&key));
    assert!(matches!(fault, Err(ReceiptFault::Line { .. })), "{fault:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forger_with_a_key_of_their_own_is_found_by_the_published_one() {
    let (house, elsewhere) = (House::new().await, House::new().await);
    let (tenant, ids) = corrected(&house).await;
    let stated = statement(&house, tenant, ids[0]).await;
    let (_, published) = signed(&house, stated.clone()).await;
    let (forged, theirs) = signed(&elsewhere, stated).await;
    assert!(check(&forged, None).is_ok(), "it agrees with itself");
    assert_eq!(
        check(&forged, Some(&published)),
        Err(ReceiptFault::OtherKey {
            expected: hex::encode(published),
            found: hex::encode(theirs),
        })
    );
    let mut claimed = forged;
    claimed.signature.public_key = hex::encode(published);
    assert_eq!(check(&claimed, Some(&published)), Err(ReceiptFault::Signature));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_stated_that_the_books_do_not_prove() {
    let house = House::new().await;
    let (tenant, ids) = corrected(&house).await;
    let other = house.tenant(CREDIT).await;
    let mut tx = house.db.tenant(other).await.expect("a transaction");
    let now = house.clock.now();
    assert!(
        make(&mut tx, ids[0], now, true).await.expect("read").is_none(),
        "another's"
    );
    drop(tx);
    house
        .by_hand(&format!(
            "UPDATE usage_events SET output_tokens = output_tokens + 1 WHERE request_id = '{}'",
            ids[2]
        ))
        .await;
    let mut tx = house.db.tenant(tenant).await.expect("a transaction");
    assert!(matches!(
        make(&mut tx, ids[0], now, true).await,
        Err(ReceiptError::Differs(1))
    ));
    drop(tx);
    house
        .by_hand(&format!(
            "DELETE FROM usage_events WHERE request_id = '{}'",
            ids[2]
        ))
        .await;
    let mut tx = house.db.tenant(tenant).await.expect("a transaction");
    assert!(matches!(
        make(&mut tx, ids[0], now, true).await,
        Err(ReceiptError::Gone(1))
    ));
}

#[test]
fn signed_bytes_are_the_same_whatever_the_order_of_fields() {
    let mut text = String::new();
    let value = serde_json::json!({"b": [1, {"z": "é\"", "a": null}], "a": "1"});
    super::write(&value, &mut text);
    assert_eq!(text, r#"{"a":"1","b":[1,{"a":null,"z":"é\""}]}"#);
}
