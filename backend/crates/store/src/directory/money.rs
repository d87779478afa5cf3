//! Vouchers and payments in their directories. Who takes a voucher, and whether a provider's call was taken before, is
//! decided in the database by one row, in the transaction that books what follows.

use crate::{Db, StoreError, TenantTx};
use chrono::{DateTime, Utc};
use tollgate_contract::ids::{PaymentId, TenantId, VoucherId};

/// A voucher as found by its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoundVoucher {
    /// Who made it; the platform's own tenant where it brings credit.
    pub maker: TenantId,
    /// Which.
    pub voucher_id: VoucherId,
    /// Whether it brings credit to a wallet; else money and days to a key of its maker's.
    pub credit: bool,
    /// In nano-USD.
    pub amount_nano: i64,
    /// Days added to a key's expiry.
    pub days: u32,
    /// Who redeemed it.
    pub redeemed_by: Option<TenantId>,
}

/// A voucher to be entered.
#[derive(Clone, Debug)]
pub struct VoucherEntry {
    /// HMAC-SHA-256 of its code.
    pub code_hash: [u8; 32],
    /// Which.
    pub voucher_id: VoucherId,
}

/// What vouchers of one making have in common.
#[derive(Clone, Copy, Debug)]
pub struct VoucherTerms {
    /// Whether they bring credit to a wallet; else money and days to a key.
    pub credit: bool,
    /// In nano-USD; not negative.
    pub amount_nano: i64,
    /// Days added to a key's expiry.
    pub days: i32,
    /// Until when they are good.
    pub expires_at: Option<DateTime<Utc>>,
}

impl VoucherTerms {
    /// The kind as stored.
    pub fn kind(&self) -> &'static str {
        if self.credit { "credit" } else { "key" }
    }
}

/// How a provider's call stands to those before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallSeen {
    /// The first of its id.
    New,
    /// Said before, just so.
    Same,
    /// Something else was said under its id.
    Other,
}

impl Db {
    /// Finds a voucher by the hash of its code.
    ///
    /// # Errors
    /// `Unavailable` if the database is.
    pub async fn resolve_voucher(&self, code_hash: &[u8; 32]) -> Result<Option<FoundVoucher>, StoreError> {
        let (pool, hash) = (self.resolver.clone(), code_hash.to_vec());
        let found = self
            .core()
            .run(async move {
                sqlx::query!(
                    r#"SELECT tenant_id AS "tenant_id!", voucher_id AS "voucher_id!", kind AS "kind!",
                              amount_nano AS "amount_nano!", days AS "days!", redeemed_by
                       FROM resolve_voucher($1)"#,
                    hash
                )
                .fetch_optional(&pool)
                .await
            })
            .await??;
        Ok(found.map(|row| FoundVoucher {
            maker: TenantId(row.tenant_id),
            voucher_id: VoucherId(row.voucher_id),
            credit: row.kind == "credit",
            amount_nano: row.amount_nano,
            days: u32::try_from(row.days).unwrap_or_default(),
            redeemed_by: row.redeemed_by.map(TenantId),
        }))
    }

    /// Finds whose payment an id is.
    ///
    /// # Errors
    /// `Unavailable` if the database is.
    pub async fn resolve_payment(&self, payment: PaymentId) -> Result<Option<TenantId>, StoreError> {
        let pool = self.resolver.clone();
        let found = self
            .core()
            .run(async move {
                sqlx::query_scalar!("SELECT resolve_payment($1)", payment.0)
                    .fetch_one(&pool)
                    .await
            })
            .await??;
        Ok(found.map(TenantId))
    }
}

impl TenantTx {
    /// Makes codes lead to vouchers of this tenant.
    ///
    /// # Errors
    /// `Duplicate` if a code or a voucher is known already.
    pub async fn enter_vouchers(
        &mut self,
        vouchers: &[VoucherEntry],
        terms: &VoucherTerms,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant_id();
        let hashes: Vec<Vec<u8>> = vouchers
            .iter()
            .map(|voucher| voucher.code_hash.to_vec())
            .collect();
        let ids: Vec<uuid::Uuid> = vouchers.iter().map(|voucher| voucher.voucher_id.0).collect();
        sqlx::query!(
            "INSERT INTO voucher_directory (code_hash, tenant_id, voucher_id, kind, amount_nano, days, expires_at)
             SELECT hash, $1, id, $4, $5, $6, $7 FROM unnest($2::bytea[], $3::uuid[]) AS row (hash, id)",
            tenant.0,
            &hashes,
            &ids,
            terms.kind(),
            terms.amount_nano,
            terms.days,
            terms.expires_at
        )
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Takes a voucher for this tenant: of several at once, one gets it. Tells whether this one did; it is given back if
    /// the transaction is not committed.
    ///
    /// # Errors
    /// `Unavailable` if the database is.
    pub async fn claim_voucher(
        &mut self,
        code_hash: &[u8; 32],
        at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let claimed = sqlx::query_scalar!(
            r#"SELECT claim_voucher($1, $2) AS "claimed!""#,
            code_hash.as_slice(),
            at
        )
        .fetch_one(self.conn())
        .await?;
        Ok(claimed)
    }

    /// Makes a voucher of this tenant's worthless, unless it was redeemed or revoked. Tells whether it did.
    ///
    /// # Errors
    /// `Unavailable` if the database is.
    pub async fn revoke_voucher(
        &mut self,
        voucher: VoucherId,
        at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let revoked = sqlx::query_scalar!(r#"SELECT revoke_voucher($1, $2) AS "revoked!""#, voucher.0, at)
            .fetch_one(self.conn())
            .await?;
        Ok(revoked)
    }

    /// Makes a payment's id lead to this tenant.
    ///
    /// # Errors
    /// `Duplicate` if it is known already.
    pub async fn enter_payment(&mut self, payment: PaymentId) -> Result<(), StoreError> {
        let tenant = self.tenant_id();
        sqlx::query!(
            "INSERT INTO payment_directory (payment_id, tenant_id) VALUES ($1, $2)",
            payment.0,
            tenant.0
        )
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Notes a provider's call about a payment of this tenant: of several with one id, one is new, whatever their tenant.
    ///
    /// # Errors
    /// `Unavailable` if the database is.
    pub async fn enter_payment_call(
        &mut self,
        (provider, call_id): (&str, &str),
        fingerprint: &[u8; 32],
        payment: PaymentId,
        at: DateTime<Utc>,
    ) -> Result<CallSeen, StoreError> {
        let seen = sqlx::query_scalar!(
            r#"SELECT enter_payment_call($1, $2, $3, $4, $5) AS "seen!""#,
            provider,
            call_id,
            fingerprint.as_slice(),
            payment.0,
            at
        )
        .fetch_one(self.conn())
        .await?;
        Ok(match seen.as_str() {
            "new" => CallSeen::New,
            "same" => CallSeen::Same,
            _ => CallSeen::Other,
        })
    }
}
