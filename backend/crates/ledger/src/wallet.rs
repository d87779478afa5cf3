//! The wallet by an operator's hand: money paid back, and how far a tenant may go below zero. Never in here: money that
//! comes in (`transfers`).

use crate::lease::draw::WALLET_PERIOD;
use crate::transfers::{CreditError, Credited, Movement, WALLET, book, out_of_range};
use tollgate_contract::ids::TransferId;
use tollgate_money::Nano;
use tollgate_store::{Clock, StoreError, TenantTx};

/// Money that is paid back to a tenant.
#[derive(Clone, Debug)]
pub struct Refund {
    /// How much; more than zero.
    pub amount: Nano,
    /// Why, in a few words.
    pub reason: String,
    /// Who says so.
    pub author: String,
    /// The same key again is the same refund, not another one.
    pub idempotency_key: String,
    /// The payment that is paid back, in part or as a whole; `None`: of the balance as such.
    pub of: Option<TransferId>,
}

/// Why the wallet stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum WalletError {
    /// More is to be paid back than is there and drawn by nobody.
    #[error("only {undrawn} is paid in and not drawn; {held} is held by nodes and may come back")]
    Drawn {
        /// What could be paid back.
        undrawn: Nano,
        /// What nodes hold beyond what they settled.
        held: Nano,
    },
    /// What is left is owed as tax once the usage is invoiced.
    #[error(
        "only {refundable} can be paid back: {tax} of what is there is tax on usage that is not invoiced yet"
    )]
    TaxHeld {
        /// What could be paid back.
        refundable: Nano,
        /// What is held back.
        tax: Nano,
    },
    /// There is no such payment of this tenant.
    #[error("there is no payment {0} of this tenant")]
    NoPayment(TransferId),
    /// More would be paid back of a payment than was paid in.
    #[error("of this payment {left} are left to be paid back")]
    MoreThanPaid {
        /// What was paid in, less what was paid back of it.
        left: Nano,
    },
    /// The credit is used up to above the new limit.
    #[error("at least {least} of credit is used or held by nodes; the limit can't be lower than that now")]
    CreditUsed {
        /// The lowest limit that holds now.
        least: Nano,
    },
    /// The limit is negative.
    #[error("a credit limit is zero or more")]
    Negative,
    /// As for a credit.
    #[error(transparent)]
    Credit(#[from] CreditError),
}

impl From<sqlx::Error> for WalletError {
    fn from(error: sqlx::Error) -> Self {
        Self::Credit(StoreError::from(error).into())
    }
}

/// What the wallet's period holds, under lock.
struct Period {
    limit: i64,
    granted: i64,
    credit_limit: i64,
    /// Settled by nodes beyond what they drew: gone as well.
    uncovered: i64,
    /// Drawn by nodes and not settled.
    held: i64,
}

impl Period {
    /// What was paid in and nobody drew.
    fn undrawn(&self) -> i64 {
        self.limit
            .saturating_sub(self.credit_limit)
            .saturating_sub(self.granted)
            .saturating_sub(self.uncovered)
    }
}

/// Locks the wallet's period against draws until the transaction ends.
async fn lock(tx: &mut TenantTx) -> Result<Period, WalletError> {
    let tenant = tx.tenant_id();
    let row = sqlx::query!(
        "SELECT p.budget_id, p.limit_nano, p.granted_nano, t.credit_limit_nano
         FROM budgets b JOIN budget_periods p ON p.tenant_id = b.tenant_id AND p.budget_id = b.budget_id
         JOIN tenants t ON t.tenant_id = b.tenant_id
         WHERE b.tenant_id = $1 AND b.kind = 'wallet' AND p.period_start = $2 FOR UPDATE OF p",
        tenant.0,
        WALLET_PERIOD
    )
    .fetch_optional(tx.conn())
    .await?
    .ok_or(CreditError::NoBooks)?;
    // After the lock, so that what was drawn meanwhile is seen.
    let leases = sqlx::query!(
        r#"SELECT COALESCE(sum(GREATEST(granted_nano - settled_nano, 0)), 0)::bigint AS "held!",
                  COALESCE(sum(GREATEST(settled_nano - granted_nano, 0)), 0)::bigint AS "uncovered!"
           FROM budget_leases WHERE tenant_id = $1 AND budget_id = $2 AND period_start = $3 AND closed_at IS NULL"#,
        tenant.0,
        row.budget_id,
        WALLET_PERIOD
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(Period {
        limit: row.limit_nano,
        granted: row.granted_nano,
        credit_limit: row.credit_limit_nano,
        uncovered: leases.uncovered,
        held: leases.held,
    })
}

/// Adds to what may be drawn.
pub(crate) async fn raise(tx: &mut TenantTx, change: i64) -> Result<(), WalletError> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "UPDATE budget_periods p SET limit_nano = p.limit_nano + $2 FROM budgets b
         WHERE b.tenant_id = $1 AND b.kind = 'wallet' AND p.tenant_id = b.tenant_id AND p.budget_id = b.budget_id
           AND p.period_start = $3",
        tenant.0,
        change,
        WALLET_PERIOD
    )
    .execute(tx.conn())
    .await
    .map_err(out_of_range)?;
    Ok(())
}

/// Pays money back: never more than is paid in and drawn by nobody, so that no running request loses what it holds and no
/// credit is paid out; and not the tax that is still to be taken for what was used.
///
/// # Errors
/// As [`WalletError`] says; after any of them the transaction must not be committed.
pub async fn refund(tx: &mut TenantTx, clock: &Clock, refund: &Refund) -> Result<Credited, WalletError> {
    let movement = Movement {
        kind: "refund",
        from_code: WALLET,
        to_code: "cash",
        amount: refund.amount,
        reason: &refund.reason,
        author: &refund.author,
        idempotency_key: &refund.idempotency_key,
        corrects: refund.of,
    };
    if let Some(payment) = refund.of {
        require_payment(tx, payment).await?;
    }
    // Balances before periods, as settlement locks them.
    let booked = book(tx, clock, &movement).await?;
    if booked.replayed {
        return Ok(booked);
    }
    let period = lock(tx).await?;
    if let Some(payment) = refund.of {
        // After the wallet's lock, under which refunds come one after the other.
        check_payment(tx, payment).await?;
    }
    if period.undrawn() < refund.amount.0 {
        return Err(WalletError::Drawn {
            undrawn: Nano(period.undrawn().max(0)),
            held: Nano(period.held),
        });
    }
    let tax = accrued_tax(tx).await?;
    if period.undrawn().saturating_sub(tax) < refund.amount.0 {
        return Err(WalletError::TaxHeld {
            refundable: Nano(period.undrawn().saturating_sub(tax).max(0)),
            tax: Nano(tax),
        });
    }
    raise(tx, refund.amount.0.saturating_neg()).await?;
    Ok(booked)
}

/// The tax that invoices of what was used and not invoiced yet will take from the wallet, rounded up to cents: months that
/// are invoiced took theirs.
async fn accrued_tax(tx: &mut TenantTx) -> Result<i64, WalletError> {
    let tenant = tx.tenant_id();
    let tax = sqlx::query_scalar!(
        r#"SELECT (ceil(GREATEST(COALESCE(sum(b.charge_nano), 0), 0) * p.tax_ppm / 1000000 / 10000000) * 10000000)::bigint
                  AS "tax!"
           FROM billing_profiles p
           LEFT JOIN ledger_batches b ON b.tenant_id = p.tenant_id AND NOT EXISTS (
               SELECT FROM billing_documents d JOIN billing_periods m ON m.tenant_id = d.tenant_id AND m.month = d.month
               WHERE d.tenant_id = b.tenant_id AND d.kind = 'invoice'
                 AND b.booked_at >= m.starts_at AND b.booked_at < m.ends_at)
           WHERE p.tenant_id = $1 AND p.tax_ppm > 0 GROUP BY p.tax_ppm"#,
        tenant.0
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(tax.unwrap_or(0))
}

/// Before it is pointed at: what is no money of this tenant that came in can't be paid back.
async fn require_payment(tx: &mut TenantTx, payment: TransferId) -> Result<(), WalletError> {
    let tenant = tx.tenant_id();
    let found = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM ledger_transfers WHERE tenant_id = $1 AND transfer_id = $2 AND to_code = 'wallet'
                            AND kind = 'top_up') AS "found!""#,
        tenant.0,
        payment.0
    )
    .fetch_one(tx.conn())
    .await?;
    if found {
        Ok(())
    } else {
        Err(WalletError::NoPayment(payment))
    }
}

/// What points at a payment, this refund among it, is no more than the payment.
async fn check_payment(tx: &mut TenantTx, payment: TransferId) -> Result<(), WalletError> {
    let tenant = tx.tenant_id();
    let left = sqlx::query_scalar!(
        r#"SELECT (t.amount_nano - COALESCE((SELECT sum(c.amount_nano) FROM ledger_transfers c
                                             WHERE c.tenant_id = t.tenant_id AND c.corrects_transfer_id = t.transfer_id),
                                            0))::bigint AS "left!"
           FROM ledger_transfers t WHERE t.tenant_id = $1 AND t.transfer_id = $2"#,
        tenant.0,
        payment.0
    )
    .fetch_one(tx.conn())
    .await?;
    if left >= 0 {
        return Ok(());
    }
    let own = sqlx::query_scalar!(
        r#"SELECT amount_nano AS "amount!" FROM ledger_transfers WHERE tenant_id = $1 AND corrects_transfer_id = $2
           ORDER BY transfer_id DESC LIMIT 1"#,
        tenant.0,
        payment.0
    )
    .fetch_one(tx.conn())
    .await?;
    Err(WalletError::MoreThanPaid {
        left: Nano(left.saturating_add(own)),
    })
}

/// Says how far below zero a tenant's balance may go: what may be drawn grows or shrinks with it, the balance stays. Tells
/// the limit before.
///
/// # Errors
/// As [`WalletError`] says; after any of them the transaction must not be committed.
pub async fn set_credit_limit(tx: &mut TenantTx, clock: &Clock, limit: Nano) -> Result<Nano, WalletError> {
    if limit.0 < 0 {
        return Err(WalletError::Negative);
    }
    let period = lock(tx).await?;
    let change = limit.0.saturating_sub(period.credit_limit);
    let left = period.undrawn().saturating_add(limit.0);
    if change < 0 && left < 0 {
        return Err(WalletError::CreditUsed {
            least: Nano(period.undrawn().saturating_neg()),
        });
    }
    raise(tx, change).await?;
    let tenant = tx.tenant_id();
    sqlx::query!(
        "UPDATE tenants SET credit_limit_nano = $2, version = version + 1, updated_at = $3 WHERE tenant_id = $1",
        tenant.0,
        limit.0,
        clock.now()
    )
    .execute(tx.conn())
    .await?;
    Ok(Nano(period.credit_limit))
}
