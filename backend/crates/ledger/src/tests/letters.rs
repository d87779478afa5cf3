//! Dead letters that are worked off.

use super::ages::{audit, entry_at};
use super::support::{House, folder, settle, with_done};
use crate::entry::DoneEntry;
use crate::letters::{LetterError, LetterId, dead_letters, resolve_letter, retry_letter};
use crate::samples::done_of;
use tollgate_contract::ids::KeyId;
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_is_booked_after_all_or_given_up_and_verify_passes_again() {
    let (house, folder) = (House::new().await, folder());
    let tenant = house.tenant(1_000_000_000).await;
    let node = house.epoch(&folder).await;
    let now = house.clock.now();
    let booked = entry_at(&house, &node, tenant, now, 10, true).await;
    settle(&house, &node, std::slice::from_ref(&booked)).await;
    // The same id with other figures: kept, and alarmed.
    let other = with_done(&booked, done_of(booked.open.request_id, 11));
    assert_eq!(settle(&house, &node, &[other]).await.conflicts, 1);
    // One that could not be booked when it came.
    let lost = entry_at(&house, &node, tenant, now, 7, true).await;
    let text = serde_json::to_string(&*lost).expect("JSON").replace('\'', "''");
    let (node_id, epoch) = (node.node_id(), node.epoch());
    let plant = |id: Uuid, entry: &str| {
        format!(
            "INSERT INTO settle_dead_letters (tenant_id, request_id, kind, entry, error, node_id, epoch, created_at)
             VALUES ('{tenant}', '{id}', 'poison', '{entry}', 'planted', '{node_id}', {epoch}, now())"
        )
    };
    house.by_hand(&plant(lost.open.request_id.0, &text)).await;
    let unreadable = house.clock.new_id();
    house.by_hand(&plant(unreadable, r#"{"hex": "00"}"#)).await;
    assert!(!house.verify().await.passed());

    let mut tx = house.db.jobs().await.expect("a transaction");
    let letters = dead_letters(&mut tx, true, None, 10).await.expect("letters");
    assert_eq!(letters.len(), 3);
    drop(tx);
    let id = |request_id: Uuid, kind: &str| LetterId {
        tenant_id: tenant,
        request_id,
        kind: kind.to_owned(),
    };
    let retry =
        async |id: LetterId| retry_letter(&house.db, &id, "test", audit(&house, "dead_letter.booked")).await;
    retry(id(lost.open.request_id.0, "poison")).await.expect("booked");
    let again = retry(id(lost.open.request_id.0, "poison")).await;
    assert!(matches!(again, Err(LetterError::Resolved)), "{again:?}");
    let conflict = retry(id(booked.open.request_id.0, "conflict")).await;
    assert!(matches!(conflict, Err(LetterError::StillDead(_))), "{conflict:?}");
    let hex = retry(id(unreadable, "poison")).await;
    assert!(matches!(hex, Err(LetterError::Unreadable(_))), "{hex:?}");
    let unknown = retry(id(unreadable, "conflict")).await;
    assert!(matches!(unknown, Err(LetterError::Unknown)), "{unknown:?}");
    let give_up = async |id: LetterId, reason: &str| {
        resolve_letter(
            &house.db,
            &id,
            reason,
            "test",
            audit(&house, "dead_letter.given_up"),
        )
        .await
    };
    let empty = give_up(id(unreadable, "poison"), "").await;
    assert!(matches!(empty, Err(LetterError::Text("reason", _))), "{empty:?}");
    for letter in [id(unreadable, "poison"), id(booked.open.request_id.0, "conflict")] {
        give_up(letter, "the vendor billed nothing")
            .await
            .expect("given up");
    }
    assert_eq!(house.number("SELECT count(*) FROM usage_events").await, 2);
    assert_eq!(house.number("SELECT count(*) FROM audit_log").await, 3);
    house.assert_books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_s_entry_must_be_its_own() {
    let (house, folder) = (House::new().await, folder());
    let tenant = house.tenant(1_000_000_000).await;
    let node = house.epoch(&folder).await;
    let entry = entry_at(&house, &node, tenant, house.clock.now(), 7, false).await;
    let mut open = (*entry.open).clone();
    open.key_id = KeyId(Uuid::from_u128(1));
    let done = DoneEntry { ..entry.done.clone() };
    let text = serde_json::to_string(&crate::entry::Entry {
        open: open.into(),
        done,
        ..(*entry).clone()
    })
    .expect("JSON");
    let stranger = house.clock.new_id();
    house
        .by_hand(&format!(
            "INSERT INTO settle_dead_letters (tenant_id, request_id, kind, entry, error, node_id, epoch, created_at)
             VALUES ('{tenant}', '{stranger}', 'poison', '{text}', 'planted', '{}', 1, now())",
            node.node_id()
        ))
        .await;
    let id = LetterId {
        tenant_id: tenant,
        request_id: stranger,
        kind: "poison".to_owned(),
    };
    let retried = retry_letter(&house.db, &id, "test", audit(&house, "dead_letter.booked")).await;
    assert!(matches!(retried, Err(LetterError::StillDead(_))), "{retried:?}");
    assert_eq!(house.number("SELECT count(*) FROM usage_events").await, 0);
}
