//! Months are closed once, for good, and every figure of their statements is the sum of what was booked.

use super::support::{House, folder, settle, top_up, with_done};
use crate::entry::{Entry, Quality};
use crate::node::NodeEpoch;
use crate::periods::{CloseError, close, open_period};
use crate::postings::{Posting, post};
use crate::samples::{NANO_PER_TOKEN, charge_of};
use crate::settle::EventRow;
use crate::transfers::credit;
use chrono::{DateTime, Datelike, Months, NaiveDate, TimeDelta, Utc};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::sync::Arc;
use std::time::Duration;
use tollgate_contract::ids::TenantId;
use tollgate_contract::ledger::TransferKind;
use tollgate_contract::periods::Statement;
use tollgate_money::{Nano, day_start, zone};
use tollgate_store::{Clock, CoreRuntime, Db, DbSettings};

const PAID_IN: i64 = 10_000_000_000;

/// The last instant of the month before this one, in a zone, less some minutes: partitions exist around it.
pub(super) fn before_the_edge(name: &str, minutes: i64) -> (Clock, NaiveDate, DateTime<Utc>) {
    let tz = zone(name);
    let this_month = Clock::system()
        .now()
        .with_timezone(&tz)
        .date_naive()
        .with_day(1)
        .unwrap();
    let edge = day_start(this_month, tz);
    let clock = Clock::manual(edge - TimeDelta::minutes(minutes));
    (
        clock,
        this_month.checked_sub_months(Months::new(1)).unwrap(),
        edge,
    )
}

pub(super) async fn tenant_in(house: &House, zone: &str) -> TenantId {
    let tenant = house.tenant(PAID_IN).await;
    let at = house.clock.now().to_rfc3339();
    house
        .by_hand(&format!(
            "UPDATE tenants SET time_zone = '{zone}', created_at = '{at}' WHERE tenant_id = '{tenant}'"
        ))
        .await;
    tenant
}

pub(super) async fn close_month(
    house: &House,
    tenant: TenantId,
    month: NaiveDate,
) -> Result<Statement, CloseError> {
    let mut tx = house.db.tenant(tenant).await.expect("a transaction");
    let made = close(&mut tx, &house.clock, month, "tests").await?;
    tx.commit().await.expect("committed");
    Ok(made)
}

async fn entry(house: &House, node: &NodeEpoch, tenant: TenantId, tokens: u64) -> Arc<Entry> {
    house.entries(node, tenant, &[tokens]).await.remove(0)
}

fn moved(statement: &Statement, kind: TransferKind) -> i64 {
    let lines = statement.movements.iter().filter(|line| line.kind == kind);
    lines.map(|line| line.wallet_nano.0).sum()
}

async fn a_month_and_what_comes_late(name: &str) {
    let (clock, month, edge) = before_the_edge(name, 20);
    let house = House::by(clock).await;
    let (tenant, folder) = (tenant_in(&house, name).await, folder());
    let node = house.epoch(&folder).await;
    let first = entry(&house, &node, tenant, 100).await;
    let estimate = entry(&house, &node, tenant, 50).await;
    let estimate = with_done(
        &estimate,
        crate::entry::DoneEntry {
            quality: Quality::Estimated,
            ..estimate.done.clone()
        },
    );
    let late = entry(&house, &node, tenant, 7).await;
    settle(&house, &node, &[first, Arc::clone(&estimate)]).await;
    assert!(matches!(close_month(&house, tenant, month).await, Err(CloseError::Runs(ends)) if ends == edge));
    house.clock.advance(Duration::from_mins(21));
    let made = close_month(&house, tenant, month).await.expect("closed");
    assert_eq!((made.ends_at, made.requests, made.late_requests), (edge, 2, 0));
    assert_eq!(
        (made.opening_nano.0, made.usage_nano.0),
        (0, 150 * NANO_PER_TOKEN)
    );
    assert_eq!(made.closing_nano.0, PAID_IN - 150 * NANO_PER_TOKEN);
    assert_eq!(moved(&made, TransferKind::TopUp), PAID_IN);
    assert!(matches!(
        close_month(&house, tenant, month).await,
        Err(CloseError::Closed)
    ));
    // What was made before the edge and an exact figure after its estimate come into the next month, marked.
    let exact = with_done(
        &estimate,
        crate::entry::DoneEntry {
            quality: Quality::Exact,
            charge: charge_of(60),
            usage: tollgate_money::Meters {
                output: 60,
                ..Default::default()
            },
            ..estimate.done.clone()
        },
    );
    assert_eq!(settle(&house, &node, &[late, exact]).await.corrected, 1);
    let next = month.checked_add_months(Months::new(1)).unwrap();
    let later = month.checked_add_months(Months::new(2)).unwrap();
    assert!(
        matches!(close_month(&house, tenant, later).await, Err(CloseError::NotNext(first)) if first == next)
    );
    house.clock.advance(Duration::from_hours(24 * 32));
    let made = close_month(&house, tenant, next).await.expect("closed");
    assert_eq!(
        (made.opening_nano.0, made.requests, made.late_requests),
        (PAID_IN - 150 * NANO_PER_TOKEN, 1, 1)
    );
    let line = &made.usage[0];
    assert!(line.late && made.usage.len() == 1, "{made:?}");
    assert_eq!(
        (line.usage_nano.0, line.correction_nano.0),
        (7 * NANO_PER_TOKEN, 10 * NANO_PER_TOKEN)
    );
    assert_eq!(moved(&made, TransferKind::Correction), -10 * NANO_PER_TOKEN);
    assert_eq!(made.closing_nano.0, PAID_IN - 167 * NANO_PER_TOKEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_after_the_close_stands_in_the_next_month_and_is_marked_late() {
    a_month_and_what_comes_late("Asia/Kolkata").await;
    a_month_and_what_comes_late("Asia/Shanghai").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_booked_into_a_closed_month_and_none_is_opened_again() {
    let (clock, month, _) = before_the_edge("UTC", 20);
    let house = House::by(clock.clone()).await;
    let tenant = tenant_in(&house, "UTC").await;
    clock.advance(Duration::from_mins(21));
    close_month(&house, tenant, month).await.expect("closed");
    let mut owner = PgConnection::connect(house.owner_url()).await.expect("the owner");
    for sql in [
        format!(
            "INSERT INTO ledger_transfers SELECT tenant_id, gen_random_uuid(), kind, from_code, to_code, 1, NULL, 'x', 'x',
                 'x', booked_at FROM ledger_transfers WHERE tenant_id = '{tenant}' LIMIT 1"
        ),
        format!("UPDATE ledger_heads SET closed_until = NULL WHERE tenant_id = '{tenant}'"),
        format!("UPDATE ledger_heads SET closed_until = closed_until - interval '1 s' WHERE tenant_id = '{tenant}'"),
        format!("UPDATE billing_periods SET closed_by = 'me' WHERE tenant_id = '{tenant}'"),
        format!("DELETE FROM billing_periods WHERE tenant_id = '{tenant}'"),
    ] {
        let refused = owner.execute(AssertSqlSafe(sql.clone())).await.expect_err(&sql);
        let code = refused.as_database_error().and_then(|error| error.code().map(std::borrow::Cow::into_owned));
        assert_eq!(code.as_deref(), Some("23001"), "{sql}: {refused}");
    }
    // A node whose clock is behind books at the close's end, not before it.
    let behind = Clock::manual(clock.now() - TimeDelta::hours(5));
    let mut tx = house.db.tenant(tenant).await.expect("a transaction");
    let booked = credit(&mut tx, &behind, &top_up(5, "behind"))
        .await
        .expect("booked");
    assert_eq!(
        booked.booked_at,
        open_period(&mut tx)
            .await
            .expect("read")
            .expect("a period")
            .starts_at
    );
    let posted = post(
        &mut tx,
        &behind,
        Posting::Tax,
        Nano(-19),
        ("tax", "tests", "tax/1"),
    )
    .await;
    let posted = posted.expect("booked").expect("a transfer").booked_at;
    assert!(posted > booked.booked_at, "each booking is later than all before");
    // There is no invoice behind it.
    post(
        &mut tx,
        &behind,
        Posting::Tax,
        Nano(19),
        ("tax", "tests", "tax/2"),
    )
    .await
    .expect("booked");
    tx.commit().await.expect("committed");
    house.assert_books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_whose_clock_is_behind_settles_after_the_close_and_after_what_others_booked() {
    let (clock, month, edge) = before_the_edge("UTC", 20);
    let house = House::by(clock.clone()).await;
    let (tenant, folder) = (tenant_in(&house, "UTC").await, folder());
    let node = house.epoch(&folder).await;
    let entries = house.entries(&node, tenant, &[3, 4]).await;
    let settings = DbSettings {
        url: house.owner_url().to_owned().into(),
        role_passwords: None,
        max_connections: 2,
    };
    let core = CoreRuntime::new(tokio::runtime::Handle::current());
    let behind = Clock::manual(clock.now() - TimeDelta::hours(5));
    let behind = Db::connect(&settings, core, behind)
        .await
        .expect("the pools open");
    clock.advance(Duration::from_mins(21));
    close_month(&house, tenant, month).await.expect("closed");
    for entry in &entries {
        let row = EventRow::new(entry).expect("a row");
        crate::settle::settle(&behind, &node, &[row])
            .await
            .expect("settled");
    }
    let edge = edge.to_rfc3339();
    let there = format!("SELECT count(*) FROM ledger_batches WHERE booked_at >= '{edge}'");
    assert_eq!(house.number(&there).await, 2);
    house.assert_books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_that_is_closed_under_load_states_exactly_what_was_booked_in_it() {
    let (clock, month, _) = before_the_edge("UTC", 1);
    let house = Arc::new(House::by(clock.clone()).await);
    let (tenant, folder) = (tenant_in(&house, "UTC").await, folder());
    let node = Arc::new(house.epoch(&folder).await);
    let mut busy = tokio::task::JoinSet::new();
    for lane in 0..3_u64 {
        let (house, node) = (Arc::clone(&house), Arc::clone(&node));
        busy.spawn(async move {
            for n in 0..40 {
                let entry = entry(&house, &node, tenant, 1 + lane + n).await;
                settle(&house, &node, &[entry]).await;
            }
        });
    }
    let booking = Arc::clone(&house);
    busy.spawn(async move {
        for n in 0..40 {
            let mut tx = booking.db.tenant(tenant).await.expect("a transaction");
            let credited = credit(&mut tx, &booking.clock, &top_up(3, &format!("n{n}"))).await;
            credited.expect("booked");
            tx.commit().await.expect("committed");
        }
    });
    while house.number("SELECT count(*) FROM ledger_batches").await < 20 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    clock.advance(Duration::from_mins(2));
    let made = close_month(&house, tenant, month)
        .await
        .expect("closed under load");
    while let Some(done) = busy.join_next().await {
        done.expect("booked");
    }
    let then = format!("booked_at < '{}'", made.ends_at.to_rfc3339());
    let number = async |what: &str, table: &str| {
        house
            .number(&format!("SELECT {what}::bigint FROM {table} WHERE {then}"))
            .await
    };
    assert_eq!(
        number("sum(charge_nano)", "usage_events").await,
        made.usage_nano.0
    );
    assert_eq!(number("count(*)", "usage_events").await, made.requests);
    assert!(
        made.requests >= 20 && made.requests < 120,
        "closed in the middle: {}",
        made.requests
    );
    let wallet = "sum(CASE WHEN to_code = 'wallet' THEN amount_nano ELSE -amount_nano END)";
    assert_eq!(number(wallet, "ledger_transfers").await, made.closing_nano.0);
    let order = "SELECT count(*) FROM ledger_batches a JOIN ledger_batches b
                 ON a.tenant_id = b.tenant_id AND a.batch_no < b.batch_no AND a.booked_at > b.booked_at";
    assert_eq!(
        house.number(order).await,
        0,
        "booking times grow with the batches"
    );
    house.assert_books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_does_not_tie_is_refused() {
    for (sql, what) in [
        ("UPDATE usage_15m SET charge_nano = charge_nano + 1", "rollup"),
        (
            "UPDATE usage_events SET charge_nano = charge_nano + 1",
            "requests",
        ),
        (
            "UPDATE ledger_accounts SET balance_nano = balance_nano + 1 WHERE code = 'wallet'",
            "balance",
        ),
        (
            "UPDATE ledger_batches SET charge_nano = charge_nano - 1",
            "batches",
        ),
    ] {
        let (clock, month, _) = before_the_edge("UTC", 20);
        let house = House::by(clock.clone()).await;
        let (tenant, folder) = (tenant_in(&house, "UTC").await, folder());
        let node = house.epoch(&folder).await;
        let one = entry(&house, &node, tenant, 9).await;
        settle(&house, &node, &[one]).await;
        clock.advance(Duration::from_mins(21));
        house.by_hand(sql).await;
        match close_month(&house, tenant, month).await {
            Err(CloseError::DoesNotTie(misfit)) => assert!(misfit.what.contains(what), "{sql}: {misfit}"),
            other => panic!("{sql}: {other:?}"),
        }
        assert_eq!(
            house.number("SELECT count(*) FROM billing_periods").await,
            0,
            "nothing is closed"
        );
    }
}
