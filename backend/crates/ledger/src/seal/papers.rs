//! Statements, invoices, credit notes, payments and exchange rates in a seal: what was made of the books, beside the books.

use super::document::instant;
use crate::error::LedgerError;
use crate::settle::canonical::{Canon, Hash};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tollgate_store::{JobsTx, PLATFORM_TENANT};
use uuid::Uuid;

/// What was made within an interval: how many of each, and one digest over all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PaperSums {
    pub from: String,
    pub before: String,
    pub statements: usize,
    pub documents: usize,
    pub payments: usize,
    /// Of exchange rates; in the platform's own line.
    pub rates: usize,
    /// SHA-256 of their sorted digests, hex.
    pub digest: String,
}

impl PaperSums {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        [self.statements, self.documents, self.payments, self.rates] == [0; 4]
    }
}

impl std::fmt::Display for PaperSums {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} statements, {} documents, {} payments, {} rates from {} before {}, {}",
            self.statements, self.documents, self.payments, self.rates, self.from, self.before, self.digest
        )
    }
}

/// What was closed, issued, recorded or entered in `from ≤ at < before`.
pub(crate) async fn papers(
    tx: &mut JobsTx,
    tenant: Uuid,
    (from, before): (DateTime<Utc>, DateTime<Utc>),
) -> Result<PaperSums, LedgerError> {
    let statements = statements(tx, tenant, from, before).await?;
    let documents = documents(tx, tenant, from, before).await?;
    let payments = payments(tx, tenant, from, before).await?;
    let rates = if tenant == PLATFORM_TENANT.0 {
        rates(tx, from, before).await?
    } else {
        Vec::new()
    };
    let mut digests = [&statements[..], &documents[..], &payments[..], &rates[..]].concat();
    digests.sort_unstable();
    let digest = digests.iter().fold(Sha256::new(), Sha256::chain_update);
    Ok(PaperSums {
        from: instant(from),
        before: instant(before),
        statements: statements.len(),
        documents: documents.len(),
        payments: payments.len(),
        rates: rates.len(),
        digest: hex::encode(digest.finalize()),
    })
}

async fn statements(
    tx: &mut JobsTx,
    tenant: Uuid,
    from: DateTime<Utc>,
    before: DateTime<Utc>,
) -> Result<Vec<Hash>, LedgerError> {
    let rows = sqlx::query!(
        "SELECT month, statement FROM billing_periods WHERE tenant_id = $1 AND closed_at >= $2 AND closed_at < $3",
        tenant,
        from,
        before
    )
    .fetch_all(tx.conn())
    .await?;
    let digest =
        |month: NaiveDate, text: &str| Canon::new("statement").text(&month.to_string()).text(text).end();
    Ok(rows.iter().map(|row| digest(row.month, &row.statement)).collect())
}

async fn documents(
    tx: &mut JobsTx,
    tenant: Uuid,
    from: DateTime<Utc>,
    before: DateTime<Utc>,
) -> Result<Vec<Hash>, LedgerError> {
    let rows = sqlx::query!(
        "SELECT document_id, number, content, issued_by FROM billing_documents
         WHERE tenant_id = $1 AND issued_at >= $2 AND issued_at < $3",
        tenant,
        from,
        before
    )
    .fetch_all(tx.conn())
    .await?;
    let digests = rows.iter().map(|row| {
        Canon::new("document")
            .id(row.document_id)
            .text(&row.number)
            .text(&row.content)
            .text(&row.issued_by)
            .end()
    });
    Ok(digests.collect())
}

async fn payments(
    tx: &mut JobsTx,
    tenant: Uuid,
    from: DateTime<Utc>,
    before: DateTime<Utc>,
) -> Result<Vec<Hash>, LedgerError> {
    let rows = sqlx::query!(
        "SELECT payment_id, document_id, amount_cents, reference, transfer_id, recorded_by FROM billing_payments
         WHERE tenant_id = $1 AND recorded_at >= $2 AND recorded_at < $3",
        tenant,
        from,
        before
    )
    .fetch_all(tx.conn())
    .await?;
    let digests = rows.iter().map(|row| {
        Canon::new("payment")
            .id(row.payment_id)
            .id(row.document_id)
            .number(row.amount_cents)
            .text(&row.reference)
            .id(row.transfer_id)
            .text(&row.recorded_by)
            .end()
    });
    Ok(digests.collect())
}

async fn rates(
    tx: &mut JobsTx,
    from: DateTime<Utc>,
    before: DateTime<Utc>,
) -> Result<Vec<Hash>, LedgerError> {
    let rows = sqlx::query!(
        "SELECT currency, on_day, rate_nano, source, entered_by FROM exchange_rates
         WHERE entered_at >= $1 AND entered_at < $2",
        from,
        before
    )
    .fetch_all(tx.conn())
    .await?;
    let digests = rows.iter().map(|row| {
        Canon::new("rate")
            .text(&row.currency)
            .text(&row.on_day.to_string())
            .number(row.rate_nano)
            .text(&row.source)
            .text(&row.entered_by)
            .end()
    });
    Ok(digests.collect())
}
