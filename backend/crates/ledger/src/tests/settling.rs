//! Settlement: once, whatever comes twice, late, wrong or at the same time.

use super::support::{House, folder, settle, with_done};
use crate::entry::{DoneEntry, Entry, OpenEntry, Quality, Status};
use crate::samples::{account, done_of, entry_of};
use crate::settle::Settled;
use std::sync::Arc;
use tollgate_contract::ids::{BudgetId, RequestId, TenantId};
use tollgate_money::{Meters, Nano};
use tollgate_store::PLATFORM_TENANT;
use uuid::Uuid;

const CREDIT: i64 = 10_000_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn the_same_batch_twice_in_any_order_and_parts_is_booked_once() {
    let (house, folder) = (House::new().await, folder());
    let node = house.epoch(&folder).await;
    let (one, two) = (house.tenant(CREDIT).await, house.tenant(CREDIT).await);
    let mut entries = house.entries(&node, one, &[10, 20, 30, 40]).await;
    entries.extend(house.entries(&node, two, &[5, 6, 7]).await);
    assert_eq!(
        settle(&house, &node, &entries).await,
        Settled {
            booked: 7,
            ..Settled::default()
        }
    );
    assert_eq!(
        settle(&house, &node, &entries).await,
        Settled {
            replayed: 7,
            ..Settled::default()
        }
    );
    entries.reverse();
    let mut more = house.entries(&node, two, &[1000]).await;
    more.extend(entries.iter().cloned());
    for (part, booked) in [(&more[..3], 1), (&more[1..], 0), (&more[..], 0)] {
        assert_eq!(settle(&house, &node, part).await.booked, booked);
    }
    let charged = house
        .number("SELECT sum(charge_nano)::bigint FROM usage_events")
        .await;
    assert_eq!(charged, (100 + 18 + 1000) * crate::samples::NANO_PER_TOKEN);
    let wallets = house
        .number("SELECT sum(balance_nano)::bigint FROM ledger_accounts WHERE code = 'wallet'")
        .await;
    assert_eq!(wallets, 2 * CREDIT - charged);
    house.assert_books_agree().await;
}

/// A small generator with a seed, so that a failure can be had again.
fn shuffle<T>(items: &mut [T], mut seed: u64) {
    for index in (1..items.len()).rev() {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let other = usize::try_from(seed >> 33).expect("31 bits") % (index + 1);
        items.swap(index, other);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_order_and_any_overlap_of_batches_comes_to_the_same() {
    let (house, folder) = (House::new().await, folder());
    let node = house.epoch(&folder).await;
    for seed in 0..12_u64 {
        let tenant = house.tenant(CREDIT).await;
        let tokens: Vec<u64> = (1..=30).map(|index| index * (seed + 1)).collect();
        let entries = house.entries(&node, tenant, &tokens).await;
        let mut repeated: Vec<_> = entries
            .iter()
            .flat_map(|entry| [Arc::clone(entry), Arc::clone(entry)])
            .collect();
        shuffle(&mut repeated, seed);
        let mut booked = 0;
        for part in repeated.chunks(3 + usize::try_from(seed).expect("small")) {
            let mut part = part.to_vec();
            part.sort_by_key(|entry| entry.open.request_id);
            part.dedup_by_key(|entry| entry.open.request_id);
            shuffle(&mut part, seed + 1);
            booked += settle(&house, &node, &part).await.booked;
        }
        assert_eq!(booked, 30, "seed {seed}");
        let spent = format!(
            "SELECT ({CREDIT} - balance_nano)::bigint FROM ledger_accounts
             WHERE code = 'wallet' AND tenant_id = '{tenant}'"
        );
        let due: u64 = tokens.iter().sum();
        let due = i64::try_from(due).expect("small") * crate::samples::NANO_PER_TOKEN;
        assert_eq!(house.number(&spent).await, due);
    }
    house.assert_books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poisoned_entry_goes_to_the_dead_letters_and_the_others_are_booked() {
    let (house, folder) = (House::new().await, folder());
    let node = house.node(&folder).await;
    let tenant = house.tenant(CREDIT).await;
    for tokens in 1..=40 {
        super::support::request(&node, &house.clock, tenant, tokens).await;
    }
    let good = house.entries(node.node(), tenant, &[1, 2, 3, 4]).await;
    let bad = [
        // No such tenant.
        OpenEntry {
            tenant_id: TenantId(house.clock.new_id()),
            ..(*good[0].open).clone()
        },
        // No month so old is kept.
        OpenEntry {
            request_id: RequestId(Uuid::from_u128(0x7000_8000_0000_0000_0000)),
            ..(*good[1].open).clone()
        },
        // No such wallet.
        OpenEntry {
            lease: crate::entry::LeaseRef {
                budget_id: BudgetId(Uuid::nil()),
                ..good[2].open.lease
            },
            ..(*good[2].open).clone()
        },
    ];
    for open in bad {
        let done = done_of(open.request_id, 50);
        node.journal()
            .book(open, done)
            .await
            .expect("the journal takes anything");
    }
    // More tokens than can be booked, and a charge that its lines don't make.
    let huge = DoneEntry {
        usage: Meters {
            input: u64::MAX,
            ..Meters::default()
        },
        ..done_of(good[3].open.request_id, 4)
    };
    node.journal()
        .book((*good[3].open).clone(), huge)
        .await
        .expect("the journal takes anything");
    assert!(
        node.settle_all(std::time::Duration::from_secs(20)).await,
        "nobody is held up"
    );
    assert_eq!(house.number("SELECT count(*) FROM usage_events").await, 40);
    assert_eq!(
        house
            .number("SELECT count(*) FROM settle_dead_letters WHERE kind = 'poison'")
            .await,
        4
    );
    let report = house.verify().await;
    assert_eq!(report.failures.len(), 1, "{:?}", report.failures);
    assert_eq!(report.failures[0].check, "dead_letters");
    house
        .by_hand("UPDATE settle_dead_letters SET resolved_at = now(), resolved_by = 'test'")
        .await;
    node.stop(std::time::Duration::from_secs(5))
        .await
        .expect("stopped");
    house.assert_books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_settlers_with_the_same_tenants_do_not_deadlock() {
    let (house, folders) = (House::new().await, [folder(), folder()]);
    let mut tenants = Vec::new();
    for _ in 0..5 {
        tenants.push(house.tenant(CREDIT).await);
    }
    let mut tasks = tokio::task::JoinSet::new();
    for (turn, folder) in folders.iter().enumerate() {
        let node = house.epoch(folder).await;
        let mut batches = Vec::new();
        for round in 0..10_u64 {
            let mut batch = Vec::new();
            for tenant in &tenants {
                batch.extend(house.entries(&node, *tenant, &[round + 1, round + 2]).await);
            }
            for (index, entry) in batch.iter_mut().enumerate() {
                if index % 3 == 0 {
                    *entry = on_platform_account(entry);
                }
            }
            if turn == 1 {
                batch.reverse();
            }
            batches.push(batch);
        }
        let db = house.db.clone();
        tasks.spawn(async move {
            for batch in batches {
                let rows: Vec<_> = batch
                    .iter()
                    .map(|e| crate::settle::EventRow::new(e).expect("a row"))
                    .collect();
                crate::settle::settle(&db, &node, &rows)
                    .await
                    .expect("no deadlock");
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(house.number("SELECT count(*) FROM usage_events").await, 200);
    house.assert_books_agree().await;
}

fn on_platform_account(entry: &Arc<Entry>) -> Arc<Entry> {
    let done = DoneEntry {
        account: Some(account(PLATFORM_TENANT, "Shared pool")),
        cost: Nano(entry.done.charge.total.0 / 2),
        upstream_model: "gpt-secret-deployment".to_owned(),
        platform_explanation: Some(serde_json::json!({ "account": "console-3" })),
        ..entry.done.clone()
    };
    with_done(entry, done)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_account_stays_hidden_and_its_cost_is_booked_apart() {
    let (house, folder) = (House::new().await, folder());
    let node = house.epoch(&folder).await;
    let tenant = house.tenant(CREDIT).await;
    let entry = on_platform_account(&house.entries(&node, tenant, &[100]).await[0]);
    settle(&house, &node, &[entry]).await;
    let hidden = "SELECT count(*) FROM usage_events WHERE account_id IS NULL AND account_name = 'Shared pool'
                  AND explanation::text NOT LIKE '%console-3%'";
    assert_eq!(house.number(hidden).await, 1);
    assert_eq!(
        house
            .number("SELECT sum(cost_nano)::bigint FROM platform_costs")
            .await,
        50_000
    );
    let payable = "SELECT balance_nano FROM ledger_accounts WHERE code = 'upstream_payable'";
    assert_eq!(house.number(payable).await, 50_000);
    // What the platform sent stands in its own books and in its own days.
    let sent = "SELECT count(*) FROM usage_events e JOIN platform_costs p USING (request_id)
                JOIN account_days d ON d.tenant_id = p.tenant_id AND d.account_id = p.account_id
                WHERE e.upstream_model = '' AND p.upstream_model = 'gpt-secret-deployment'
                  AND d.model = 'gpt-secret-deployment'";
    assert_eq!(house.number(sent).await, 1);
    house.assert_books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exact_figure_after_its_estimate_is_a_correction_and_an_estimate_after_it_is_nothing() {
    let (house, folder) = (House::new().await, folder());
    let node = house.epoch(&folder).await;
    let tenant = house.tenant(CREDIT).await;
    let exact: Vec<_> = house
        .entries(&node, tenant, &[100, 10])
        .await
        .iter()
        .map(on_platform_account)
        .collect();
    let estimate = |entry: &Arc<Entry>, tokens| {
        let done = DoneEntry {
            quality: Quality::Estimated,
            status: Status::Cut,
            account: entry.done.account.clone(),
            cost: Nano(7),
            ..done_of(entry.open.request_id, tokens)
        };
        with_done(entry, done)
    };
    let estimates = [estimate(&exact[0], 60), estimate(&exact[1], 25)];
    assert_eq!(settle(&house, &node, &estimates).await.booked, 2);
    assert_eq!(
        settle(&house, &node, &exact).await,
        Settled {
            corrected: 2,
            ..Settled::default()
        }
    );
    house.assert_books_agree().await;
    let charged = house
        .number("SELECT sum(charge_nano)::bigint FROM usage_day")
        .await;
    assert_eq!(charged, 110_000);
    assert_eq!(
        house
            .number("SELECT sum(cost_nano)::bigint FROM platform_costs")
            .await,
        55_000
    );
    assert_eq!(
        settle(&house, &node, &exact).await,
        Settled {
            replayed: 2,
            ..Settled::default()
        }
    );
    assert_eq!(
        settle(&house, &node, &estimates).await,
        Settled {
            replayed: 2,
            ..Settled::default()
        }
    );
    house.assert_books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_that_differ_from_what_is_booked_are_a_conflict() {
    let (house, folder) = (House::new().await, folder());
    let node = house.epoch(&folder).await;
    let tenant = house.tenant(CREDIT).await;
    let entry = house.entries(&node, tenant, &[100]).await.remove(0);
    settle(&house, &node, std::slice::from_ref(&entry)).await;
    let other = with_done(&entry, done_of(entry.open.request_id, 101));
    assert_eq!(
        settle(&house, &node, &[other]).await,
        Settled {
            conflicts: 1,
            ..Settled::default()
        }
    );
    let open = OpenEntry {
        model: "another".to_owned(),
        ..(*entry.open).clone()
    };
    let done = done_of(open.request_id, 100);
    let settled = settle(&house, &node, &[entry_of(open, done)]).await;
    assert_eq!(
        settled,
        Settled {
            conflicts: 1,
            ..Settled::default()
        }
    );
    let report = house.verify().await;
    assert_eq!(report.failures.len(), 1);
    assert!(
        report.failures[0].found.contains("conflict"),
        "{}",
        report.failures[0]
    );
    assert_eq!(
        house
            .number("SELECT sum(charge_nano)::bigint FROM usage_events")
            .await,
        100_000
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_from_outside_never_poison_an_entry() {
    let (house, folder) = (House::new().await, folder());
    let node = house.epoch(&folder).await;
    let tenant = house.tenant(CREDIT).await;
    let entry = house.entries(&node, tenant, &[1]).await.remove(0);
    let open = OpenEntry {
        client: "nul \0 here".to_owned(),
        client_request_id: "x".repeat(100_000),
        model: "\u{1F600}".repeat(5000),
        ..(*entry.open).clone()
    };
    let done = DoneEntry {
        explanation: serde_json::json!({ "a\0": ["\0", { "b": "\0" }] }),
        ..done_of(open.request_id, 1)
    };
    assert_eq!(settle(&house, &node, &[entry_of(open, done)]).await.booked, 1);
    house.assert_books_agree().await;
}
