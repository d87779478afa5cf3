//! How fast verify is on many events: run by hand,
//! `TOLLGATE_EVENTS=10000000 cargo test --profile quick -p tollgate-ledger -- --ignored --nocapture speed_of_verify`.

use super::ages::{book, signer};
use super::support::{House, folder};
use crate::seal::seal;
use crate::settle::canonical::{BatchFacts, ENCODING, EventFacts, Hash, TransferFacts};
use crate::verify::{VerifyScope, verify_within};
use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row};
use std::collections::BTreeMap;
use tollgate_contract::ids::TenantId;
use uuid::Uuid;

/// Events of a batch.
const BATCH: i64 = 500;

/// Copies of one settled event, of the last twenty days, by keys and models; with rollups, one lease, transfers and a true
/// chain. What it writes is what settlement would have written.
async fn many(house: &House, tenant: TenantId, events: i64) {
    let mut owner = PgConnection::connect(house.owner_url()).await.expect("the owner");
    owner
        .execute("SET session_replication_role = replica; SET synchronous_commit = off")
        .await
        .expect("no triggers");
    let list: String = sqlx::query_scalar(
        "SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_attribute
         WHERE attrelid = 'usage_events'::regclass AND attnum > 0 AND NOT attisdropped",
    )
    .fetch_one(&mut owner)
    .await
    .expect("columns");
    let columns = format!(" {list},")
        .replace(
            " request_id,",
            "(overlay(uuid7_floor(now() - interval '20 days' + n * (interval '20 days' / COUNT))::text
               placing lpad(to_hex(n), 12, '0') from 25))::uuid,",
        )
        .replace(" key_id,", " uuid7_floor(to_timestamp(n % 200)),")
        .replace(" model,", " 'model-' || n % 10,")
        .replace(" batch_no,", " 2 + n / BATCH,")
        .replace(
            " local_date,",
            " ((now() - interval '20 days' + n * (interval '20 days' / COUNT)) AT TIME ZONE 'UTC')::date,",
        )
        .replace("COUNT", &events.to_string())
        .replace("BATCH", &BATCH.to_string());
    let columns = columns.trim_end_matches(',');
    let insert = format!(
        "INSERT INTO usage_events ({list})
         SELECT {columns} FROM usage_events CROSS JOIN generate_series(0, {events} - 1) AS n WHERE tenant_id = '{tenant}'"
    );
    owner.execute(AssertSqlSafe(insert)).await.expect("events");
    let rollups = format!(
        "INSERT INTO usage_15m
         SELECT tenant_id, to_timestamp(('x' || replace(left(request_id::text, 13), '-', ''))::bit(48)::bigint
                / 1000 / 900 * 900), platform, model, status, count(*), sum(input_tokens), sum(output_tokens), 0, 0, 0,
                sum(charge_nano), sum(duration_ms)
         FROM usage_events WHERE tenant_id = '{tenant}' AND batch_no > 1 GROUP BY 1, 2, 3, 4, 5
         ON CONFLICT (tenant_id, bucket, platform, model, status) DO NOTHING;
         INSERT INTO usage_day
         SELECT tenant_id, local_date, key_id, '00000000-0000-0000-0000-000000000000',
                '00000000-0000-0000-0000-000000000000', model, cost_centre, count(*), sum(input_tokens), sum(output_tokens),
                0, 0, 0, sum(charge_nano), max(request_id::text)::uuid
         FROM usage_events WHERE tenant_id = '{tenant}' AND batch_no > 1 GROUP BY 1, 2, 3, 6, 7;
         UPDATE budget_leases SET settled_nano = settled_nano + s.sum
         FROM (SELECT sum(charge_nano) FROM usage_events WHERE tenant_id = '{tenant}' AND batch_no > 1) AS s
         WHERE tenant_id = '{tenant}';
         ANALYZE"
    );
    owner.execute(AssertSqlSafe(rollups)).await.expect("rollups");
    chain(house, &mut owner, tenant).await;
}

/// Batches and transfers over what is there, each with its true hash.
async fn chain(house: &House, owner: &mut PgConnection, tenant: TenantId) {
    let mut reader = PgConnection::connect(house.owner_url()).await.expect("the owner");
    let first = "SELECT hash, node_id, epoch, booked_at FROM ledger_batches WHERE tenant_id = $1";
    let row = sqlx::query(first)
        .bind(tenant.0)
        .fetch_one(&mut reader)
        .await
        .expect("a batch");
    let (mut hash, node_id, epoch): (Hash, Uuid, i64) = (
        row.get::<Vec<u8>, _>(0).try_into().expect("a hash"),
        row.get(1),
        row.get(2),
    );
    let booked_at: DateTime<Utc> = row.get(3);
    let batches = digests(&mut reader, tenant).await;
    let mut moved = 0;
    for (batch_no, (charge, digests)) in batches {
        moved += charge;
        let facts = BatchFacts {
            tenant_id: tenant.0,
            batch_no,
            prev_hash: hash,
            events: i64::try_from(digests.len()).expect("few"),
            charge,
            node_id,
            epoch,
            booked_at_micros: booked_at.timestamp_micros(),
            encoding: ENCODING,
        };
        hash = link(house, owner, (&facts, booked_at), digests).await;
    }
    balance(owner, tenant, moved).await;
}

/// Each batch's charge and the digests of its events.
async fn digests(reader: &mut PgConnection, tenant: TenantId) -> BTreeMap<i64, (i64, Vec<Hash>)> {
    let select =
        "SELECT request_id, key_id, platform, provider, model, status, quality, output_tokens, charge_nano,
                         reserved_nano, price_version, node_id, epoch, batch_no
                  FROM usage_events WHERE tenant_id = $1 AND batch_no > 1 ORDER BY batch_no";
    let mut rows = sqlx::query(select).bind(tenant.0).fetch(reader);
    let mut batches: BTreeMap<i64, (i64, Vec<Hash>)> = BTreeMap::new();
    while let Some(row) = rows.try_next().await.expect("a row") {
        let facts = EventFacts {
            tenant_id: tenant.0,
            request_id: row.get(0),
            key_id: row.get(1),
            platform: row.get(2),
            provider: row.get(3),
            model: row.get(4),
            status: row.get(5),
            quality: row.get(6),
            tokens: [0, row.get(7), 0, 0, 0],
            charge: row.get(8),
            reserved: row.get(9),
            price_version: row.get(10),
            node_id: row.get(11),
            epoch: row.get(12),
            other_meters: &BTreeMap::new(),
            service_tier: "standard",
            unpriced: false,
            plan_version: None,
        };
        let batch = batches.entry(row.get(13)).or_default();
        batch.0 += facts.charge;
        batch.1.push(facts.digest(ENCODING));
    }
    batches
}

/// Moves what was charged from the wallet to the revenue.
async fn balance(owner: &mut PgConnection, tenant: TenantId, moved: i64) {
    let balances = format!(
        "UPDATE ledger_accounts SET balance_nano = balance_nano + CASE code WHEN 'revenue' THEN {moved} ELSE -{moved} END
         WHERE tenant_id = '{tenant}' AND code IN ('wallet', 'revenue'); VACUUM ANALYZE"
    );
    for sql in balances.split(';') {
        owner
            .execute(AssertSqlSafe(sql.to_owned()))
            .await
            .expect("balances");
    }
}

/// One batch with its transfer; tells its hash.
async fn link(
    house: &House,
    owner: &mut PgConnection,
    (facts, booked_at): (&BatchFacts, DateTime<Utc>),
    mut digests: Vec<Hash>,
) -> Hash {
    let (tenant, batch_no, charge) = (facts.tenant_id, facts.batch_no, facts.charge);
    let (events, node_id, epoch) = (facts.events, facts.node_id, facts.epoch);
    let transfer_id = house.clock.new_id();
    let transfer = TransferFacts {
        transfer_id,
        kind: "usage",
        from_code: "wallet",
        to_code: "revenue",
        amount: charge,
        corrects: None,
    };
    digests.push(transfer.digest());
    let hash = facts.hash(&mut digests);
    let (before, now) = (hex::encode(facts.prev_hash), hex::encode(hash));
    let sql = format!(
        "INSERT INTO ledger_batches VALUES ('{tenant}', {batch_no}, {ENCODING}, {events}, {charge}, '{node_id}', {epoch},
             '\\x{before}', '\\x{now}', '{booked_at}');
         INSERT INTO ledger_transfers (tenant_id, transfer_id, kind, from_code, to_code, amount_nano, batch_no, reason,
                                       author, idempotency_key, booked_at)
         VALUES ('{tenant}', '{transfer_id}', 'usage', 'wallet', 'revenue', {charge}, {batch_no}, 'usage', 'settlement',
                 'batch/{batch_no}', '{booked_at}');
         UPDATE ledger_heads SET last_no = {batch_no}, last_hash = '\\x{now}' WHERE tenant_id = '{tenant}'"
    );
    owner.execute(AssertSqlSafe(sql)).await.expect("a batch");
    hash
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn speed_of_verify() {
    let events = std::env::var("TOLLGATE_EVENTS").ok();
    let events: i64 = events.and_then(|events| events.parse().ok()).unwrap_or(1_000_000);
    let (house, folder) = (House::new().await, folder());
    let tenant = house.tenant(i64::MAX / 4).await;
    let node = house.epoch(&folder).await;
    let at = house.clock.now() - chrono::TimeDelta::days(21);
    let one = super::ages::entry_at(&house, &node, tenant, at, 12, false).await;
    super::support::settle(&house, &node, &[one]).await;
    let started = house.clock.monotonic();
    many(&house, tenant, events).await;
    println!(
        "{events} events made in {:?}",
        house.clock.monotonic().duration_since(started)
    );
    for scope in [VerifyScope::Whole, VerifyScope::Quick] {
        let started = house.clock.monotonic();
        let report = verify_within(&house.db, scope).await.expect("read");
        assert!(report.passed(), "{:?}", report.failures);
        println!("{scope:?}: {:?}", house.clock.monotonic().duration_since(started));
    }
    let started = house.clock.monotonic();
    seal(&house.db, &signer(&house)).await.expect("sealed");
    println!("seal: {:?}", house.clock.monotonic().duration_since(started));
    book(&house, &node, tenant, house.clock.now(), &[1, 2, 3]).await;
    let started = house.clock.monotonic();
    let report = verify_within(&house.db, VerifyScope::SinceSeal)
        .await
        .expect("read");
    assert!(report.passed(), "{:?}", report.failures);
    println!("SinceSeal: {:?}", house.clock.monotonic().duration_since(started));
}
