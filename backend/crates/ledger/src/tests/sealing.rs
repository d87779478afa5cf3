//! Seals: what they say, who can check it, and what they find.

use super::ages::{book, months_ago, partitions, signer};
use super::support::{House, folder};
use crate::seal::{PURPOSE, document_of, seal, seal_daily};
use crate::verify::{VerifyScope, verify_within};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tollgate_store::{is_signature, public_keys};

#[tokio::test(flavor = "multi_thread")]
async fn anybody_can_check_a_seal_with_the_published_key_alone() {
    let (house, folder) = (House::new().await, folder());
    let tenant = house.tenant(1_000_000_000).await;
    let node = house.epoch(&folder).await;
    book(&house, &node, tenant, house.clock.now(), &[1, 2, 3]).await;
    let signer = signer(&house);
    let first = seal(&house.db, &signer).await.expect("sealed");
    assert_eq!(
        (first.seal_no, first.chains),
        (1, 2),
        "the tenant's and the platform's"
    );
    let second = seal(&house.db, &signer).await.expect("sealed");
    assert_eq!((second.seal_no, second.chains), (2, 0), "nothing moved");
    signer.rotate().await.expect("another key");
    book(&house, &node, tenant, house.clock.now(), &[4]).await;
    seal(&house.db, &signer).await.expect("sealed by the next key");

    let keys = public_keys(&house.db).await.expect("keys");
    assert_eq!(keys.len(), 2);
    assert!(keys[0].retired_at.is_none() && keys[1].retired_at.is_some());
    let mut tx = house.db.jobs().await.expect("a transaction");
    let mut previous = "0".repeat(64);
    for seal_no in 1..=3 {
        let text = document_of(&mut tx, seal_no)
            .await
            .expect("read")
            .expect("a seal");
        let lines: Vec<&str> = text.lines().collect();
        let (end, rest) = lines.split_last().expect("lines");
        let end: Value = serde_json::from_str(end).expect("JSON");
        let head: Value = serde_json::from_str(rest[0]).expect("JSON");
        assert_eq!(head["seal"], seal_no);
        assert_eq!(head["previous"], previous.as_str());
        let hash = Sha256::digest(&text.as_bytes()[..=text.trim_end().rfind('\n').expect("lines")]);
        assert_eq!(end["hash"], hex::encode(hash));
        previous = hex::encode(hash);
        let key = keys
            .iter()
            .find(|key| end["key_id"] == key.key_id.to_string())
            .expect("a published key");
        let signature = hex::decode(end["signature"].as_str().expect("text")).expect("hex");
        assert!(is_signature(&key.bytes, PURPOSE, &hash, &signature));
        assert!(!is_signature(&key.bytes, "receipts", &hash, &signature));
    }
    house.assert_books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_has_one_seal_and_a_line_tells_months_as_a_whole() {
    let (house, folder) = (House::new().await, folder());
    partitions(&house, 3).await;
    let tenant = house.tenant(1_000_000_000).await;
    let node = house.epoch(&folder).await;
    let old = months_ago(&house, 3);
    book(&house, &node, tenant, old, &[10, 20]).await;
    let signer = signer(&house);
    assert!(seal_daily(&house.db, &signer).await.expect("sealed").is_some());
    assert!(seal_daily(&house.db, &signer).await.expect("looked").is_none());
    book(&house, &node, tenant, old, &[30]).await;
    seal(&house.db, &signer).await.expect("sealed");
    let line = format!("SELECT line FROM ledger_seal_chains WHERE tenant_id = '{tenant}' AND seal_no = 2");
    let months = house
        .number(&format!(
            "SELECT jsonb_array_length(line::jsonb -> 'months')::bigint FROM ({line}) AS l"
        ))
        .await;
    assert_eq!(months, 1);
    let charge = format!("SELECT (line::jsonb #>> '{{months,0,charge_nano}}')::bigint FROM ({line}) AS l");
    assert_eq!(
        house.number(&charge).await,
        60_000,
        "all of the month, not what was added"
    );
    house.assert_books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn since_the_seal_only_what_came_after_is_read() {
    let (house, folder) = (House::new().await, folder());
    let tenant = house.tenant(1_000_000_000).await;
    let node = house.epoch(&folder).await;
    let now = house.clock.now();
    book(&house, &node, tenant, now, &[1, 2]).await;
    book(&house, &node, tenant, now, &[3]).await;
    seal(&house.db, &signer(&house)).await.expect("sealed");
    book(&house, &node, tenant, now, &[4, 5]).await;
    let checked = async |scope| {
        let report = verify_within(&house.db, scope).await.expect("read");
        (report.passed(), report.checks["ledger_batches"])
    };
    // One batch of two events of the tenant, one of one cost of the platform.
    assert_eq!(checked(VerifyScope::SinceSeal).await, (true, 5));
    assert!(checked(VerifyScope::Quick).await.0);
    // A hash of before the seal is not computed again; a sum is looked at all the same.
    house
        .by_hand("UPDATE usage_events SET provider = 'another' WHERE output_tokens = 1")
        .await;
    assert!(checked(VerifyScope::SinceSeal).await.0);
    assert!(checked(VerifyScope::Quick).await.0);
    assert!(!checked(VerifyScope::Whole).await.0);
    house
        .by_hand("UPDATE usage_day SET charge_nano = charge_nano + 1")
        .await;
    assert!(!checked(VerifyScope::SinceSeal).await.0);
    assert!(!checked(VerifyScope::Quick).await.0);
}
