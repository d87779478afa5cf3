//! Invoices, credit notes and payments: each text's hash, columns and arithmetic, the statement and the exchange rate that it
//! names, and the transfers that it made.

use super::{Misfit, VerifyReport};
use crate::error::LedgerError;
use chrono::NaiveDate;
use sha2::{Digest, Sha256};
use tollgate_contract::check::scaled;
use tollgate_contract::invoices::{Document, DocumentKind, Terms};
use tollgate_store::JobsTx;
use uuid::Uuid;

/// Nano-USD in a cent.
const CENT: i128 = 10_000_000;

/// A document as stored.
struct Row {
    kind: String,
    number: String,
    month: NaiveDate,
    invoice_number: String,
    post_paid: bool,
    net_cents: i64,
    tax_cents: i64,
    total_cents: i64,
    due_on: Option<NaiveDate>,
    content: String,
    hash: Vec<u8>,
    /// The hash of its month's statement, hex.
    statement_hash: String,
    /// The rate that was told for its second currency and day, in billionths.
    rate_nano: Option<i64>,
    /// Transfers to it and credit notes of it.
    paid_cents: i64,
    credited_cents: i64,
}

pub(super) async fn verify(
    tx: &mut JobsTx,
    tenant: Uuid,
    report: &mut VerifyReport,
) -> Result<(), LedgerError> {
    let rows = rows(tx, tenant).await?;
    let (mut misfit, mut due) = (None, Due::default());
    for row in &rows {
        match check(row) {
            Ok(document) => due.add(&document),
            Err(found) => {
                misfit = Some(found);
                break;
            }
        }
    }
    if misfit.is_none() {
        misfit = transfers(tx, tenant, &due).await?;
    }
    let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    report.note("billing_documents", count, misfit, Some(tenant));
    payments(tx, tenant, report).await
}

async fn rows(tx: &mut JobsTx, tenant: Uuid) -> Result<Vec<Row>, LedgerError> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT d.kind, d.number, d.month, COALESCE(i.number, '') AS "invoice_number!", d.post_paid, d.net_cents,
                  d.tax_cents, d.total_cents, d.due_on, d.content, d.hash, encode(p.hash, 'hex') AS "statement_hash!",
                  r.rate_nano AS "rate_nano?",
                  (SELECT COALESCE(sum(amount_cents), 0)::bigint FROM billing_payments x
                   WHERE x.tenant_id = d.tenant_id AND x.document_id = d.document_id) AS "paid_cents!",
                  (SELECT COALESCE(sum(c.total_cents), 0)::bigint FROM billing_documents c
                   WHERE c.tenant_id = d.tenant_id AND c.invoice_id = d.document_id) AS "credited_cents!"
           FROM billing_documents d
           JOIN billing_periods p ON p.tenant_id = d.tenant_id AND p.month = d.month
           LEFT JOIN billing_documents i ON i.tenant_id = d.tenant_id AND i.document_id = d.invoice_id
           LEFT JOIN exchange_rates r ON r.currency = d.content::jsonb #>> '{second,currency}'
             AND r.on_day = (d.content::jsonb #>> '{second,on_day}')::date
           WHERE d.tenant_id = $1 ORDER BY d.issued_at, d.document_id"#,
        tenant
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// What it says, if all of it fits.
fn check(row: &Row) -> Result<Document, Misfit> {
    let misfit = |what: &str, due: String, found: String| {
        Err(Misfit::new(format!("{}, {what}", row.number), due, found))
    };
    let due = Sha256::digest(row.content.as_bytes());
    if row.hash != due[..] {
        return misfit("hash", hex::encode(due), hex::encode(&row.hash));
    }
    let Ok(said) = serde_json::from_str::<Document>(&row.content) else {
        return misfit("text", "a document".to_owned(), row.content.clone());
    };
    let after = said.kind == DocumentKind::Invoice && matches!(said.terms, Terms::Transfer { .. });
    if said.kind == DocumentKind::Invoice && row.post_paid != after {
        return misfit("paid afterwards", after.to_string(), row.post_paid.to_string());
    }
    let (text, stored) = (told(&said), stored(row));
    if text != stored {
        return misfit("columns against the text", text, stored);
    }
    if said.statement_hash != row.statement_hash {
        return misfit(
            "the statement's hash",
            row.statement_hash.clone(),
            said.statement_hash,
        );
    }
    if let Some((what, due, found)) = amounts(row, &said) {
        return misfit(what, due.to_string(), found.to_string());
    }
    Ok(said)
}

fn told(said: &Document) -> String {
    let due_on = said.terms.due_on();
    format!(
        "{} {} of {} for {:?}: {} and {} is {}, due {due_on:?}",
        said.kind.as_str(),
        said.number,
        said.month,
        said.invoice_number,
        said.net_cents,
        said.tax_cents,
        said.total_cents
    )
}

fn stored(row: &Row) -> String {
    format!(
        "{} {} of {} for {:?}: {} and {} is {}, due {:?}",
        row.kind,
        row.number,
        row.month.format("%Y-%m"),
        row.invoice_number,
        row.net_cents,
        row.tax_cents,
        row.total_cents,
        row.due_on
    )
}

/// The first amount that is not what the others make it. A credit note's tax is a share of its invoice's, whose last one
/// takes what is left.
fn amounts(row: &Row, said: &Document) -> Option<(&'static str, i128, i128)> {
    let lines: i128 = said.lines.iter().map(|line| i128::from(line.amount_nano.0)).sum();
    let (sum, net, tax) = (
        i128::from(said.sum_nano.0),
        i128::from(said.net_cents),
        i128::from(said.tax_cents),
    );
    let rate = i128::from(scaled(&said.tax_rate, 4).unwrap_or(-1));
    // Half a cent upwards.
    let tax_due = (net * rate * 2 + 1_000_000).div_euclid(2_000_000);
    let mut amounts = vec![
        ("sum of lines", lines, sum),
        ("rounding", net * CENT - sum, said.rounding_nano.0.into()),
        ("total", net + tax, said.total_cents.into()),
    ];
    if said.kind == DocumentKind::Invoice {
        let given = i128::from(row.credited_cents);
        amounts.push(("tax", tax_due, tax));
        amounts.push(("credit notes, at most its total", given.min(net + tax), given));
        // What was paid may have been given back since.
        let paid = i128::from(row.paid_cents);
        amounts.push(("payments, at most its total", paid.min(net + tax), paid));
    }
    if let Some(second) = &said.second {
        let rate = scaled(&second.rate, 9).map_or(-1, i128::from);
        amounts.push(("exchange rate", row.rate_nano.map_or(-2, i128::from), rate));
        amounts.push((
            "total in the second currency",
            i128::from(second.net) + i128::from(second.tax),
            second.total.into(),
        ));
    }
    amounts.into_iter().find(|(_, due, found)| due != found)
}

/// What all documents did to the wallet, in nano-USD.
#[derive(Debug, Default)]
struct Due {
    tax: i128,
    rounding: i128,
    credit_note: i128,
}

impl Due {
    fn add(&mut self, said: &Document) {
        let (tax, rounding) = (
            i128::from(said.tax_cents) * CENT,
            i128::from(said.rounding_nano.0),
        );
        match said.kind {
            DocumentKind::Invoice => {
                self.tax -= tax;
                self.rounding -= rounding;
            }
            DocumentKind::CreditNote => {
                self.tax += tax;
                self.rounding += rounding;
                self.credit_note += i128::from(said.sum_nano.0);
            }
        }
    }
}

/// Transfers of tax, rounding and credit notes come from documents alone, and are what these say.
async fn transfers(tx: &mut JobsTx, tenant: Uuid, due: &Due) -> Result<Option<Misfit>, LedgerError> {
    let rows = sqlx::query!(
        r#"SELECT kind, sum(CASE WHEN to_code = 'wallet' THEN amount_nano ELSE -amount_nano END)::text AS "moved!"
           FROM ledger_transfers
           WHERE tenant_id = $1 AND kind IN ('tax', 'rounding', 'credit_note') GROUP BY kind"#,
        tenant
    )
    .fetch_all(tx.conn())
    .await?;
    let moved = |kind: &str| {
        let row = rows.iter().find(|row| row.kind == kind);
        row.map_or_else(|| "0".to_owned(), |row| row.moved.clone())
    };
    let kinds = [
        ("tax", due.tax),
        ("rounding", due.rounding),
        ("credit_note", due.credit_note),
    ];
    let wrong = kinds
        .into_iter()
        .find(|(kind, due)| moved(kind) != due.to_string());
    Ok(wrong
        .map(|(kind, due)| Misfit::new(format!("transfers of {kind}, by the documents"), due, moved(kind))))
}

/// Each payment is a transfer of its own, and each such transfer a payment.
async fn payments(tx: &mut JobsTx, tenant: Uuid, report: &mut VerifyReport) -> Result<(), LedgerError> {
    let count = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM billing_payments WHERE tenant_id = $1"#,
        tenant
    )
    .fetch_one(tx.conn())
    .await?;
    let row = sqlx::query!(
        r#"WITH said AS (
               SELECT p.transfer_id, p.payment_id, concat_ws(' ', p.amount_cents::numeric * 10000000, 'cash wallet',
                      'payment of ' || d.number || ': ' || p.reference, p.recorded_by, p.recorded_at) AS facts
               FROM billing_payments p
               JOIN billing_documents d ON d.tenant_id = p.tenant_id AND d.document_id = p.document_id
               WHERE p.tenant_id = $1),
           moved AS (
               SELECT transfer_id, concat_ws(' ', amount_nano, from_code, to_code, reason, author, booked_at) AS facts
               FROM ledger_transfers WHERE tenant_id = $1 AND kind = 'payment')
           SELECT COALESCE('payment ' || said.payment_id, 'transfer ' || moved.transfer_id) AS "row!",
                  COALESCE(moved.facts, 'no transfer') AS "expected!", COALESCE(said.facts, 'no payment') AS "found!"
           FROM said FULL JOIN moved USING (transfer_id)
           WHERE said.facts IS DISTINCT FROM moved.facts ORDER BY transfer_id LIMIT 1"#,
        tenant
    )
    .fetch_optional(tx.conn())
    .await?;
    let misfit = row.map(|row| Misfit::new(row.row, row.expected, row.found));
    report.note("billing_payments", count, misfit, Some(tenant));
    Ok(())
}
