//! What nodes say of accounts, as rows of `account_loads`. A row without an account says that its node lives.

use crate::live::Live;
use crate::load::{Busy, NodeShare};
use std::collections::HashMap;
use tollgate_contract::ids::{AccountId, NodeId, TenantId};
use tollgate_store::{Db, JobsTx, PLATFORM_TENANT, StoreError};
use uuid::Uuid;

/// Names the lock under which one node speaks at a time.
const SPEAKING: &str = "tollgate account shares";
/// What a node left behind that was silent for so long is taken away.
const FORGOTTEN_SECONDS: f64 = 60.0;

/// One node's word on one account.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    tenant: TenantId,
    account: AccountId,
    pub(super) node: NodeId,
    pub(super) busy: Busy,
    pub(super) share: NodeShare,
}

impl Row {
    /// This node's.
    pub(super) fn new(live: &Live, busy: Busy, share: NodeShare) -> Self {
        Self {
            tenant: live.tenant,
            account: live.account,
            node: NodeId(Uuid::nil()),
            busy,
            share,
        }
    }
}

/// What the others said, and the transaction in which this node may speak.
pub(super) struct Said {
    tx: JobsTx,
    rows: HashMap<AccountId, Vec<Row>>,
    others: u64,
    /// The database's time, since 1970.
    pub(super) seconds: i64,
}

impl Said {
    pub(super) fn of(&mut self, account: AccountId) -> Vec<Row> {
        self.rows.remove(&account).unwrap_or_default()
    }

    /// How many nodes live, this one included.
    pub(super) fn nodes(&self) -> u64 {
        self.others + 1
    }

    pub(super) fn transaction(self) -> JobsTx {
        self.tx
    }
}

/// Waits until nobody else speaks, and reads what the others that live said of these accounts.
pub(super) async fn hear(
    db: &Db,
    node: NodeId,
    listed: &[std::sync::Arc<Live>],
    sweeps: bool,
) -> Result<Said, StoreError> {
    let mut tx = db.jobs().await?;
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtext($1))", SPEAKING)
        .execute(tx.conn())
        .await?;
    let silent_max = super::SILENT_MAX.as_secs_f64();
    if sweeps {
        sqlx::query!(
            "DELETE FROM account_loads WHERE node_id <> $1 AND node_id NOT IN (
                 SELECT node_id FROM account_loads
                 WHERE tenant_id = $2 AND account_id = $3 AND at > clock_timestamp() - make_interval(secs => $4))",
            node.0,
            PLATFORM_TENANT.0,
            Uuid::nil(),
            FORGOTTEN_SECONDS
        )
        .execute(tx.conn())
        .await?;
    }
    let living = sqlx::query!(
        r#"SELECT count(*) AS "others!", extract(epoch FROM clock_timestamp())::bigint AS "seconds!"
           FROM account_loads
           WHERE tenant_id = $1 AND account_id = $2 AND node_id <> $3
             AND at > clock_timestamp() - make_interval(secs => $4)"#,
        PLATFORM_TENANT.0,
        Uuid::nil(),
        node.0,
        silent_max
    )
    .fetch_one(tx.conn())
    .await?;
    let rows = read(&mut tx, node, listed, silent_max).await?;
    Ok(Said {
        tx,
        rows,
        others: u64::try_from(living.others).unwrap_or_default(),
        seconds: living.seconds,
    })
}

async fn read(
    tx: &mut JobsTx,
    node: NodeId,
    listed: &[std::sync::Arc<Live>],
    silent_max: f64,
) -> Result<HashMap<AccountId, Vec<Row>>, StoreError> {
    let tenants: Vec<Uuid> = listed.iter().map(|live| live.tenant.0).collect();
    let accounts: Vec<Uuid> = listed.iter().map(|live| live.account.0).collect();
    let found = sqlx::query!(
        "SELECT l.tenant_id, l.account_id, l.node_id, l.in_flight, l.waiting, l.seats, l.requests_1m, l.tokens_1m,
                l.requests_share, l.tokens_share
         FROM unnest($1::uuid[], $2::uuid[]) AS ours (tenant_id, account_id)
         JOIN account_loads l USING (tenant_id, account_id)
         JOIN account_loads living ON living.tenant_id = $3 AND living.account_id = $4 AND living.node_id = l.node_id
              AND living.at > clock_timestamp() - make_interval(secs => $5)
         WHERE l.node_id <> $6",
        &tenants,
        &accounts,
        PLATFORM_TENANT.0,
        Uuid::nil(),
        silent_max,
        node.0
    )
    .fetch_all(tx.conn())
    .await?;
    let mut rows: HashMap<AccountId, Vec<Row>> = HashMap::new();
    for row in found {
        let account = AccountId(row.account_id);
        rows.entry(account).or_default().push(Row {
            tenant: TenantId(row.tenant_id),
            account,
            node: NodeId(row.node_id),
            busy: Busy {
                in_flight: u32::try_from(row.in_flight).unwrap_or_default(),
                waiting: u32::try_from(row.waiting).unwrap_or_default(),
                requests_1m: unsigned(row.requests_1m),
                tokens_1m: unsigned(row.tokens_1m),
            },
            share: NodeShare {
                seats: unsigned(row.seats.into()),
                requests: unsigned(row.requests_share),
                tokens: unsigned(row.tokens_share),
            },
        });
    }
    Ok(rows)
}

/// Says this node's own rows, takes back those of accounts that are gone, and lets the next one speak.
pub(super) async fn say(
    mut tx: JobsTx,
    node: NodeId,
    seq: i64,
    rows: &[Row],
    gone: &[std::sync::Arc<Live>],
) -> Result<(), StoreError> {
    let gone: Vec<Uuid> = gone.iter().map(|live| live.account.0).collect();
    if !gone.is_empty() {
        sqlx::query!(
            "DELETE FROM account_loads WHERE node_id = $1 AND account_id = ANY($2) AND seq < $3",
            node.0,
            &gone,
            seq
        )
        .execute(tx.conn())
        .await?;
    }
    let lives = Row {
        tenant: PLATFORM_TENANT,
        account: AccountId(Uuid::nil()),
        node,
        busy: Busy::default(),
        share: NodeShare {
            seats: 0,
            requests: 0,
            tokens: 0,
        },
    };
    let rows: Vec<Row> = rows.iter().copied().chain([lives]).collect();
    sqlx::query!(
        "INSERT INTO account_loads AS l (tenant_id, account_id, node_id, in_flight, waiting, seats, requests_1m, tokens_1m,
                                         requests_share, tokens_share, seq, at)
         SELECT row.tenant_id, row.account_id, $1, row.in_flight, row.waiting, row.seats, row.requests_1m, row.tokens_1m,
                row.requests_share, row.tokens_share, $2, clock_timestamp()
         FROM unnest($3::uuid[], $4::uuid[], $5::integer[], $6::integer[], $7::integer[], $8::bigint[], $9::bigint[],
                     $10::bigint[], $11::bigint[])
              AS row (tenant_id, account_id, in_flight, waiting, seats, requests_1m, tokens_1m, requests_share,
                      tokens_share)
         ON CONFLICT (tenant_id, account_id, node_id) DO UPDATE
         SET in_flight = EXCLUDED.in_flight, waiting = EXCLUDED.waiting, seats = EXCLUDED.seats,
             requests_1m = EXCLUDED.requests_1m, tokens_1m = EXCLUDED.tokens_1m,
             requests_share = EXCLUDED.requests_share, tokens_share = EXCLUDED.tokens_share,
             seq = EXCLUDED.seq, at = EXCLUDED.at
         WHERE l.seq < EXCLUDED.seq",
        node.0,
        seq,
        &column(&rows, |row| row.tenant.0),
        &column(&rows, |row| row.account.0),
        &column(&rows, |row| small(row.busy.in_flight.into())),
        &column(&rows, |row| small(row.busy.waiting.into())),
        &column(&rows, |row| small(row.share.seats)),
        &column(&rows, |row| signed(row.busy.requests_1m)),
        &column(&rows, |row| signed(row.busy.tokens_1m)),
        &column(&rows, |row| signed(row.share.requests)),
        &column(&rows, |row| signed(row.share.tokens))
    )
    .execute(tx.conn())
    .await?;
    tx.commit().await
}

/// This node holds nothing any more.
pub(super) async fn leave(db: &Db, node: NodeId) -> Result<(), StoreError> {
    let mut tx = db.jobs().await?;
    sqlx::query!("DELETE FROM account_loads WHERE node_id = $1", node.0)
        .execute(tx.conn())
        .await?;
    tx.commit().await
}

fn column<T>(rows: &[Row], of: impl Fn(&Row) -> T) -> Vec<T> {
    rows.iter().map(of).collect()
}

fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn small(value: u64) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}
