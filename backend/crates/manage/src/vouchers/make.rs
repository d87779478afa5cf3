//! Making vouchers and taking them back: by an organisation for its keys, by the operator (in the platform's own tenant) for anyone's wallet.

use super::store;
use tollgate_contract::ids::VoucherId;
use tollgate_store::{Clock, KeyHasher, StoreError, TenantTx, VoucherCode, VoucherEntry, VoucherTerms};

/// What shall be made.
#[derive(Clone, Debug)]
pub struct VoucherOrder {
    /// What each brings, and until when.
    pub terms: VoucherTerms,
    /// How many.
    pub count: usize,
    /// What they are for; at most 1000 characters.
    pub note: String,
    /// Who makes them, as they are called now.
    pub author: String,
}

/// A voucher with the only copy of its code.
#[derive(Clone, Debug)]
pub struct MadeVoucher {
    /// Which.
    pub id: VoucherId,
    /// Its code.
    pub code: VoucherCode,
}

/// Makes vouchers in the transaction's tenant. They can be redeemed once it is committed.
///
/// # Errors
/// `Unavailable` if the database is.
pub async fn make_vouchers(
    tx: &mut TenantTx,
    clock: &Clock,
    hasher: &KeyHasher,
    order: &VoucherOrder,
) -> Result<Vec<MadeVoucher>, StoreError> {
    let mut made = Vec::with_capacity(order.count);
    for _ in 0..order.count {
        made.push(MadeVoucher {
            id: VoucherId(clock.new_id()),
            code: VoucherCode::generate(&mut rand::rng()),
        });
    }
    let entries: Vec<VoucherEntry> = made
        .iter()
        .map(|voucher| VoucherEntry {
            code_hash: hasher.hash(voucher.code.expose()),
            voucher_id: voucher.id,
        })
        .collect();
    store::insert(tx, &made, order, clock.now()).await?;
    tx.enter_vouchers(&entries, &order.terms).await?;
    Ok(made)
}

/// Takes back one of the tenant's own vouchers that nobody redeemed. Tells whether there was one.
///
/// # Errors
/// `Unavailable` if the database is.
pub async fn revoke_voucher(
    tx: &mut TenantTx,
    clock: &Clock,
    voucher: VoucherId,
) -> Result<bool, StoreError> {
    let now = clock.now();
    let revoked = tx.revoke_voucher(voucher, now).await?;
    if revoked {
        store::mark_revoked(tx, voucher, now).await?;
    }
    Ok(revoked)
}
