//! Money that comes into a tenant's books from outside, and the books themselves. A credit is one transfer, two
//! balances and the wallet's limit, in the caller's transaction. Never in here: what a request cost (settlement).

use crate::lease::draw::WALLET_PERIOD;
use chrono::{DateTime, SubsecRound, Utc};
use tollgate_contract::ids::{BudgetId, TransferId};
use tollgate_money::Nano;
use tollgate_store::{Clock, StoreError, TenantTx};

/// Every tenant's ledger accounts; the platform's own tenant gets its further two at its first cost.
const BOOKS: [&str; 8] = [
    "adjustments",
    "cash",
    "promotion",
    "revenue",
    "rounding",
    "tax",
    "vouchers",
    "wallet",
];
/// Longest text that the database takes.
const REASON_MAX: usize = 500;
const NAME_MAX: usize = 200;
/// The ledger account of what a tenant has paid in and not spent.
pub(crate) const WALLET: &str = "wallet";

/// Where a credit comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreditKind {
    /// The tenant paid.
    TopUp,
    /// The platform gives.
    Promotion,
    /// Something is put right by hand.
    Adjustment,
    /// A voucher was redeemed.
    Voucher,
}

impl CreditKind {
    /// The transfer's kind and the ledger account that it leaves.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::TopUp => ("top_up", "cash"),
            Self::Promotion => ("promotion", "promotion"),
            Self::Adjustment => ("adjustment", "adjustments"),
            Self::Voucher => ("voucher", "vouchers"),
        }
    }
}

/// A credit to a tenant's wallet.
#[derive(Clone, Debug)]
pub struct Credit {
    /// Where it comes from.
    pub kind: CreditKind,
    /// How much; more than zero.
    pub amount: Nano,
    /// Why, in a few words.
    pub reason: String,
    /// Who says so.
    pub author: String,
    /// The same key again is the same credit, not another one.
    pub idempotency_key: String,
}

/// A credit as it stands in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credited {
    /// The transfer.
    pub transfer_id: TransferId,
    /// When it was booked.
    pub booked_at: DateTime<Utc>,
    /// Whether it stood there already, booked by an earlier call with the same key.
    pub replayed: bool,
}

/// Why a credit wasn't booked.
#[derive(Debug, thiserror::Error)]
pub enum CreditError {
    /// The amount is zero or less.
    #[error("the amount must be more than zero")]
    Amount,
    /// A text is empty or too long; names the field.
    #[error("{0} must have 1 to {1} characters")]
    Text(&'static str, usize),
    /// The key was used for another credit.
    #[error("the idempotency key was used for another credit")]
    KeyReused,
    /// The tenant has no ledger accounts and no wallet.
    #[error("the tenant's books are not open")]
    NoBooks,
    /// The wallet would hold more than can be counted.
    #[error("the wallet would hold more than can be counted")]
    TooMuch,
    /// The database can't be reached or refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for CreditError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Creates the tenant's ledger accounts, its chain and its empty wallet. Doing it again changes nothing.
///
/// # Errors
/// `Refused` if the tenant does not exist, `Unavailable` if the database is away.
pub async fn open_books(tx: &mut TenantTx, clock: &Clock) -> Result<(), StoreError> {
    let (tenant, now) = (tx.tenant_id(), clock.now());
    let codes: Vec<String> = BOOKS.iter().map(|code| (*code).to_owned()).collect();
    sqlx::query!(
        "INSERT INTO ledger_accounts (tenant_id, code, updated_at)
         SELECT $1, code, $3 FROM unnest($2::text[]) AS code ON CONFLICT DO NOTHING",
        tenant.0,
        &codes,
        now
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "INSERT INTO ledger_heads (tenant_id) VALUES ($1) ON CONFLICT DO NOTHING",
        tenant.0
    )
    .execute(tx.conn())
    .await?;
    let budget = BudgetId(clock.new_id());
    sqlx::query!(
        "WITH wallet AS (
             INSERT INTO budgets (tenant_id, budget_id, kind, created_at) VALUES ($1, $2, 'wallet', $3)
             ON CONFLICT DO NOTHING RETURNING tenant_id, budget_id)
         INSERT INTO budget_periods (tenant_id, budget_id, period_start)
         SELECT tenant_id, budget_id, $4 FROM wallet",
        tenant.0,
        budget.0,
        now,
        WALLET_PERIOD
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Books a credit and raises what may be spent, both or neither.
///
/// # Errors
/// As [`CreditError`] says; after any of them the transaction must not be committed.
pub async fn credit(tx: &mut TenantTx, clock: &Clock, credit: &Credit) -> Result<Credited, CreditError> {
    let (kind, from_code) = credit.kind.names();
    let movement = Movement {
        kind,
        from_code,
        to_code: WALLET,
        amount: credit.amount,
        reason: &credit.reason,
        author: &credit.author,
        idempotency_key: &credit.idempotency_key,
        corrects: None,
    };
    let booked = book(tx, clock, &movement).await?;
    if booked.replayed {
        return Ok(booked);
    }
    let tenant = tx.tenant_id();
    let raised = sqlx::query!(
        "UPDATE budget_periods p SET limit_nano = p.limit_nano + $2 FROM budgets b
         WHERE b.tenant_id = $1 AND b.kind = 'wallet' AND p.tenant_id = b.tenant_id AND p.budget_id = b.budget_id
           AND p.period_start = $3",
        tenant.0,
        credit.amount.0,
        WALLET_PERIOD
    )
    .execute(tx.conn())
    .await
    .map_err(out_of_range)?;
    if raised.rows_affected() != 1 {
        return Err(CreditError::NoBooks);
    }
    Ok(booked)
}

/// A transfer of its own between two of the tenant's ledger accounts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Movement<'a> {
    pub kind: &'static str,
    pub from_code: &'static str,
    pub to_code: &'static str,
    pub amount: Nano,
    pub reason: &'a str,
    pub author: &'a str,
    pub idempotency_key: &'a str,
    /// The tenant's transfer that it takes back, in part or as a whole.
    pub corrects: Option<TransferId>,
}

/// Books a transfer and both balances, once for each key. What may be drawn is the caller's to change.
pub(crate) async fn book(
    tx: &mut TenantTx,
    clock: &Clock,
    movement: &Movement<'_>,
) -> Result<Credited, CreditError> {
    check(movement)?;
    let now = booking_time(tx, clock).await?;
    let (tenant, id) = (tx.tenant_id(), TransferId(clock.new_id()));
    let inserted = sqlx::query!(
        "INSERT INTO ledger_transfers (tenant_id, transfer_id, kind, from_code, to_code, amount_nano, reason, author,
                                       idempotency_key, booked_at, corrects_transfer_id)
         SELECT $1, $2, $3, code, $10, $5, $6, $7, $8, $9, $11 FROM ledger_accounts WHERE tenant_id = $1 AND code = $4
         ON CONFLICT (tenant_id, idempotency_key) DO NOTHING",
        tenant.0,
        id.0,
        movement.kind,
        movement.from_code,
        movement.amount.0,
        movement.reason,
        movement.author,
        movement.idempotency_key,
        now,
        movement.to_code,
        movement.corrects.map(|corrected| corrected.0)
    )
    .execute(tx.conn())
    .await?;
    if inserted.rows_affected() == 0 {
        return earlier(tx, movement).await;
    }
    for (code, change) in sorted_changes(movement) {
        let moved = sqlx::query!(
            "UPDATE ledger_accounts SET balance_nano = balance_nano + $3, updated_at = $4
             WHERE tenant_id = $1 AND code = $2",
            tenant.0,
            code,
            change,
            now
        )
        .execute(tx.conn())
        .await
        .map_err(out_of_range)?;
        if moved.rows_affected() != 1 {
            return Err(CreditError::NoBooks);
        }
    }
    Ok(Credited {
        transfer_id: id,
        booked_at: now,
        replayed: false,
    })
}

/// Locks the end of the tenant's chain, as settlement does first, and tells when this booking happens: now, unless
/// another node's clock is ahead or a period was closed meanwhile. Later than every booking before, so that whatever was
/// booked until an instant is told by that instant for good.
async fn booking_time(tx: &mut TenantTx, clock: &Clock) -> Result<DateTime<Utc>, CreditError> {
    let tenant = tx.tenant_id();
    let at = sqlx::query_scalar!(
        r#"UPDATE ledger_heads SET last_booked_at = GREATEST($2, last_booked_at + interval '1 microsecond', closed_until)
           WHERE tenant_id = $1
           RETURNING last_booked_at AS "at!""#,
        tenant.0,
        clock.now().trunc_subsecs(6)
    )
    .fetch_optional(tx.conn())
    .await?;
    at.ok_or(CreditError::NoBooks)
}

fn check(movement: &Movement<'_>) -> Result<(), CreditError> {
    if movement.amount.0 <= 0 {
        return Err(CreditError::Amount);
    }
    let fits = |text: &str, max: usize| (1..=max).contains(&text.chars().count()) && !text.contains('\0');
    if !fits(movement.reason, REASON_MAX) {
        return Err(CreditError::Text("reason", REASON_MAX));
    }
    if !fits(movement.author, NAME_MAX) {
        return Err(CreditError::Text("author", NAME_MAX));
    }
    if !fits(movement.idempotency_key, NAME_MAX) {
        return Err(CreditError::Text("idempotency_key", NAME_MAX));
    }
    Ok(())
}

/// By code, as settlement locks them.
fn sorted_changes(movement: &Movement<'_>) -> [(&'static str, i64); 2] {
    let amount = movement.amount.0;
    let mut changes = [
        (movement.from_code, amount.saturating_neg()),
        (movement.to_code, amount),
    ];
    changes.sort_unstable();
    changes
}

pub(crate) fn out_of_range(error: sqlx::Error) -> CreditError {
    match &error {
        sqlx::Error::Database(refused) if refused.code().as_deref() == Some("22003") => CreditError::TooMuch,
        _ => error.into(),
    }
}

/// Nothing was inserted: either the key is known, or there is no such ledger account.
async fn earlier(tx: &mut TenantTx, movement: &Movement<'_>) -> Result<Credited, CreditError> {
    let tenant = tx.tenant_id();
    let earlier = sqlx::query!(
        "SELECT transfer_id, kind, amount_nano, booked_at FROM ledger_transfers
         WHERE tenant_id = $1 AND idempotency_key = $2",
        tenant.0,
        movement.idempotency_key
    )
    .fetch_optional(tx.conn())
    .await?;
    match earlier {
        None => Err(CreditError::NoBooks),
        Some(row) if row.kind == movement.kind && row.amount_nano == movement.amount.0 => Ok(Credited {
            transfer_id: TransferId(row.transfer_id),
            booked_at: row.booked_at,
            replayed: true,
        }),
        Some(_) => Err(CreditError::KeyReused),
    }
}

/// A wallet for display.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WalletView {
    /// Paid in, less what is settled: the ledger's balance. Below zero where a request cost more than was reserved.
    pub balance: Nano,
    /// Of it, drawn by nodes and not settled yet.
    pub held: Nano,
    /// What may still be drawn.
    pub undrawn: Nano,
}

/// Reads the tenant's wallet; `None` before its books are open.
///
/// # Errors
/// `Unavailable` if the database is away.
pub async fn wallet(tx: &mut TenantTx) -> Result<Option<WalletView>, StoreError> {
    let tenant = tx.tenant_id();
    let row = sqlx::query!(
        r#"SELECT a.balance_nano, p.limit_nano - p.granted_nano AS "undrawn!",
                  COALESCE((SELECT sum(l.granted_nano - l.settled_nano) FROM budget_leases l
                            WHERE l.tenant_id = a.tenant_id AND l.budget_id = b.budget_id
                              AND l.closed_at IS NULL), 0)::bigint AS "held!"
           FROM ledger_accounts a
           JOIN budgets b ON b.tenant_id = a.tenant_id AND b.kind = 'wallet'
           JOIN budget_periods p ON p.tenant_id = b.tenant_id AND p.budget_id = b.budget_id AND p.period_start = $2
           WHERE a.tenant_id = $1 AND a.code = 'wallet'"#,
        tenant.0,
        WALLET_PERIOD
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| WalletView {
        balance: Nano(row.balance_nano),
        held: Nano(row.held),
        undrawn: Nano(row.undrawn),
    }))
}
