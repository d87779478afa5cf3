//! What of an invoice the wallet could not pay: of organisations that pay beforehand, and spent or got back what the tax
//! takes.

use super::store::{Issuer, Profile};
use crate::billing::wallet_balance;
use chrono::TimeDelta;
use tollgate_contract::invoices::{Document, Terms};
use tollgate_documents::CENT_NANO;
use tollgate_http::Fault;
use tollgate_store::TenantTx;

/// Says on an invoice that was just booked what of it the wallet did not hold, and until when and where it is paid.
pub(super) async fn of_wallet(
    tx: &mut TenantTx,
    document: &mut Document,
    profile: &Profile,
    issuer: &Issuer,
) -> Result<(), Fault> {
    let due_cents = owed_cents(tx).await?.min(document.total_cents);
    if due_cents == 0 {
        return Ok(());
    }
    let days = TimeDelta::days(profile.payment_days.into());
    document.terms = Terms::Part {
        wallet_cents: document.total_cents.saturating_sub(due_cents),
        due_cents,
        due_on: document
            .issued_on
            .checked_add_signed(days)
            .unwrap_or(document.issued_on),
    };
    document.bank_details.clone_from(&issuer.bank_details);
    Ok(())
}

/// By how much the wallet is below zero, in cents, each begun one as a whole.
pub(super) async fn owed_cents(tx: &mut TenantTx) -> Result<i64, Fault> {
    let balance = wallet_balance(tx).await?.map_or(0, |balance| balance.0);
    let owed = balance.min(0).saturating_neg();
    Ok(owed.saturating_add(CENT_NANO - 1) / CENT_NANO)
}

/// What is to be paid of an invoice now: what it said, less what was paid and credited. What the wallet should have paid is
/// no longer owed once money that came in otherwise has covered it.
pub(super) fn now(
    terms_cents: i64,
    post_paid: bool,
    paid_cents: i64,
    credited_cents: i64,
    owed_cents: i64,
) -> i64 {
    let left = terms_cents
        .saturating_sub(paid_cents)
        .saturating_sub(credited_cents)
        .max(0);
    if post_paid { left } else { left.min(owed_cents) }
}

#[cfg(test)]
mod tests {
    use super::now;

    #[test]
    fn what_is_due_is_never_more_than_what_is_owed() {
        assert_eq!(
            now(119, true, 19, 0, 0),
            100,
            "paid afterwards: by payments alone"
        );
        assert_eq!(now(5, false, 0, 0, 5), 5);
        assert_eq!(now(5, false, 3, 0, 2), 2);
        assert_eq!(now(5, false, 0, 0, 0), 0, "a top-up covered it");
        assert_eq!(now(5, false, 0, 9, 9), 0);
    }
}
