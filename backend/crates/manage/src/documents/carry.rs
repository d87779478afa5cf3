//! What months without an invoice left over: a month that comes to less than a cent, or to less than nothing since more was
//! put right than used, has none of its own, so a later month's invoice takes it in. Never in here: issuing.

use super::store::{Closed, shown_month};
use chrono::NaiveDate;
use tollgate_contract::ids::DocumentId;
use tollgate_contract::invoices::{DocumentLanguage, DocumentLine};
use tollgate_contract::money::NanoUsd;
use tollgate_documents::cents;
use tollgate_http::Fault;
use tollgate_store::{StoreError, TenantTx};

/// A month and what it left over.
pub(super) type LeftOver = (NaiveDate, i64);

/// What an invoice of this month takes in of months before it; `None` where all of it comes to less than a cent, so that
/// there is nothing to invoice yet.
pub(super) async fn taken_in(tx: &mut TenantTx, closed: &Closed) -> Result<Option<Vec<LeftOver>>, Fault> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        "SELECT p.month, p.usage_nano FROM billing_periods p
         WHERE p.tenant_id = $1 AND p.month < $2 AND p.usage_nano <> 0
           AND NOT EXISTS (SELECT FROM billing_documents d
                           WHERE d.tenant_id = $1 AND d.month = p.month AND d.kind = 'invoice')
           AND NOT EXISTS (SELECT FROM billing_carried c WHERE c.tenant_id = $1 AND c.month = p.month)
         ORDER BY p.month",
        tenant.0,
        closed.month
    )
    .fetch_all(tx.conn())
    .await?;
    let open = rows.into_iter().map(|row| (row.month, row.usage_nano));
    let taken = left_over(open).ok_or_else(too_much)?;
    let sum = total(closed, &taken).ok_or_else(too_much)?;
    Ok((cents(sum) > 0).then_some(taken))
}

fn too_much() -> Fault {
    Fault::internal("what months left over does not fit 64 bits")
}

/// A month's usage and what it takes in; `None` where it does not fit 64 bits.
pub(super) fn total(closed: &Closed, taken: &[LeftOver]) -> Option<i64> {
    let mut amounts = taken.iter().map(|(_, amount)| *amount);
    amounts.try_fold(closed.statement.usage_nano.0, i64::checked_add)
}

/// Of months that have no invoice, the oldest first, those that can have none. Where a month and what is left over before it
/// come to a cent, it can have one, and takes that in itself.
fn left_over(months: impl Iterator<Item = LeftOver>) -> Option<Vec<LeftOver>> {
    let (mut left, mut sum) = (Vec::new(), 0_i64);
    for (month, amount) in months {
        sum = sum.checked_add(amount)?;
        left.push((month, amount));
        if cents(sum) > 0 {
            left.clear();
            sum = 0;
        }
    }
    Some(left)
}

/// A line for each.
pub(super) fn lines(taken: &[LeftOver], language: DocumentLanguage) -> Vec<DocumentLine> {
    let line = |(month, amount): &LeftOver| {
        let month = shown_month(*month);
        DocumentLine {
            model: match language {
                DocumentLanguage::English => format!("Corrections of {month}"),
                DocumentLanguage::Chinese => format!("{month} 的更正"),
            },
            cost_centre: String::new(),
            late: true,
            requests: 0,
            tokens: 0,
            input_tokens: 0,
            output_tokens: 0,
            cache_tokens: 0,
            amount_nano: NanoUsd(*amount),
            carried_from: month,
        }
    };
    taken.iter().map(line).collect()
}

/// Notes that an invoice took them in: no other does.
pub(super) async fn note(
    tx: &mut TenantTx,
    invoice: DocumentId,
    taken: &[LeftOver],
) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    for (month, amount) in taken {
        sqlx::query!(
            "INSERT INTO billing_carried (tenant_id, month, document_id, amount_nano) VALUES ($1, $2, $3, $4)",
            tenant.0,
            month,
            invoice.0,
            amount
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(())
}

/// The number of the invoice that took a month in.
pub(super) async fn taken_by(tx: &mut TenantTx, month: NaiveDate) -> Result<Option<String>, StoreError> {
    let tenant = tx.tenant_id();
    let number = sqlx::query_scalar!(
        "SELECT d.number FROM billing_carried c
         JOIN billing_documents d ON d.tenant_id = c.tenant_id AND d.document_id = c.document_id
         WHERE c.tenant_id = $1 AND c.month = $2",
        tenant.0,
        month
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_have_no_invoice_is_left_over_and_nothing_else() {
        let month = |number| NaiveDate::from_ymd_opt(2026, number, 1).unwrap();
        let cent = 10_000_000;
        let left = |amounts: &[i64]| {
            let months = amounts
                .iter()
                .zip(1..)
                .map(|(amount, number)| (month(number), *amount));
            let left = left_over(months).unwrap();
            left.into_iter().map(|(_, amount)| amount).collect::<Vec<_>>()
        };
        assert_eq!(
            left(&[-100 * cent]),
            [-100 * cent],
            "more was put right than used"
        );
        assert_eq!(
            left(&[-100 * cent, 30 * cent]),
            [-100 * cent, 30 * cent],
            "still below zero"
        );
        assert!(
            left(&[-100 * cent, 130 * cent]).is_empty(),
            "the second has an invoice, which takes the first in"
        );
        assert_eq!(left(&[5 * cent, -2 * cent]), [-2 * cent], "the first has its own");
        assert_eq!(left(&[cent / 3]), [cent / 3], "less than half a cent");
        assert!(left(&[cent / 3, cent / 3]).is_empty(), "both together are a cent");
        assert_eq!(
            left_over([(month(1), i64::MIN), (month(2), -1)].into_iter()),
            None
        );
    }
}
