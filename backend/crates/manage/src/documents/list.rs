//! Documents in lists, how far each is, and payments of invoices.

use super::books::{self, Books, one_at_a_time, refused};
use super::due;
use super::issue::booking_fault;
use super::store::{self, shown_month};
use crate::permissions::Action;
use crate::state::ManageState;
use crate::trail::{self, Target};
use chrono::NaiveDate;
use serde_json::json;
use tollgate_contract::ids::{DocumentId, PaymentId, TenantId, TransferId};
use tollgate_contract::invoices::{
    DocumentKind, DocumentStatus, DocumentSummary, DocumentView, Documents, InvoicePayment, RecordPayment,
};
use tollgate_documents::CENT_NANO;
use tollgate_http::{Caller, Code, Fault};
use tollgate_ledger::{Posting, post};
use tollgate_money::{Nano, local_date, zone};
use tollgate_store::{TenantTx, Topic, announce};

/// Documents of a list: a thousand months are eighty years.
const DOCUMENTS_MAX: i64 = 1000;

pub(super) async fn list(
    state: &ManageState,
    caller: &Caller,
    tenant: Option<TenantId>,
) -> Result<Documents, Fault> {
    let mut books = books::open(state, caller, tenant, Action::BillingRead).await?;
    let today = today(state, &mut books.tx).await?;
    let mut items = summaries(&mut books.tx, None, today).await?;
    let most = usize::try_from(DOCUMENTS_MAX).unwrap_or(usize::MAX);
    let more = items.len() > most;
    items.truncate(most);
    Ok(Documents {
        items,
        more,
        mail: state.settings().documents.mail,
    })
}

pub(super) async fn get(
    state: &ManageState,
    caller: &Caller,
    tenant: Option<TenantId>,
    id: DocumentId,
) -> Result<DocumentView, Fault> {
    let mut books = books::open(state, caller, tenant, Action::BillingRead).await?;
    view(state, &mut books.tx, id).await
}

pub(super) async fn view(
    state: &ManageState,
    tx: &mut TenantTx,
    id: DocumentId,
) -> Result<DocumentView, Fault> {
    let today = today(state, tx).await?;
    let stored = store::document(tx, id)
        .await?
        .ok_or_else(|| Fault::new(Code::NotFound))?;
    let summary = summaries(tx, Some(id), today).await?.pop();
    Ok(DocumentView {
        summary: summary.ok_or_else(|| Fault::new(Code::NotFound))?,
        document: stored.document,
        hash: stored.hash,
        payments: payments(tx, id).await?,
    })
}

/// The day in the issuer's zone, by which invoices are due.
async fn today(state: &ManageState, tx: &mut TenantTx) -> Result<NaiveDate, Fault> {
    let issuer = store::issuer(tx).await?;
    let time_zone = issuer.map_or_else(|| "UTC".to_owned(), |issuer| issuer.time_zone);
    Ok(local_date(state.clock().now(), zone(&time_zone)))
}

async fn summaries(
    tx: &mut TenantTx,
    only: Option<DocumentId>,
    today: NaiveDate,
) -> Result<Vec<DocumentSummary>, Fault> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        r#"SELECT d.document_id, d.kind, d.number, d.month, d.invoice_id, d.post_paid, d.net_cents, d.tax_cents,
                  d.total_cents, d.due_on, d.issued_at, d.issued_by,
                  (d.content::jsonb #>> '{terms,due_cents}')::bigint AS part_cents,
                  (SELECT COALESCE(sum(p.amount_cents), 0)::bigint FROM billing_payments p
                   WHERE p.tenant_id = d.tenant_id AND p.document_id = d.document_id) AS "paid!",
                  (SELECT COALESCE(sum(c.total_cents), 0)::bigint FROM billing_documents c
                   WHERE c.tenant_id = d.tenant_id AND c.invoice_id = d.document_id) AS "credited!",
                  (SELECT max(m.sent_at) FROM mail_outbox m
                   WHERE m.tenant_id = d.tenant_id AND m.about_id = d.document_id) AS sent_at,
                  (SELECT m.status FROM mail_outbox m WHERE m.tenant_id = d.tenant_id AND m.about_id = d.document_id
                   ORDER BY m.created_at DESC LIMIT 1) AS mail
           FROM billing_documents d
           WHERE d.tenant_id = $1 AND ($2::uuid IS NULL OR d.document_id = $2)
           ORDER BY d.issued_at DESC, d.document_id DESC LIMIT $3"#,
        tenant.0,
        only.map(|id| id.0),
        DOCUMENTS_MAX.saturating_add(1)
    )
    .fetch_all(tx.conn())
    .await?;
    let owed = due::owed_cents(tx).await?;
    let summaries = rows.into_iter().filter_map(|row| {
        let kind = DocumentKind::parse(&row.kind)?;
        let payable = kind == DocumentKind::Invoice && (row.post_paid || row.part_cents.is_some());
        let terms = if row.post_paid {
            row.total_cents
        } else {
            row.part_cents.unwrap_or(0)
        };
        let due_cents = if payable {
            due::now(terms, row.post_paid, row.paid, row.credited, owed)
        } else {
            0
        };
        Some(DocumentSummary {
            id: DocumentId(row.document_id),
            kind,
            number: row.number,
            month: shown_month(row.month),
            invoice_id: row.invoice_id.map(DocumentId),
            net_cents: row.net_cents,
            tax_cents: row.tax_cents,
            total_cents: row.total_cents,
            paid_cents: row.paid,
            credited_cents: row.credited,
            due_cents,
            due_on: row.due_on,
            status: status(payable, due_cents, row.due_on, today),
            issued_at: row.issued_at,
            issued_by: row.issued_by,
            sent_at: row.sent_at,
            mail: row.mail,
        })
    });
    Ok(summaries.collect())
}

fn status(payable: bool, due_cents: i64, due_on: Option<NaiveDate>, today: NaiveDate) -> DocumentStatus {
    match (payable, due_cents) {
        (false, _) => DocumentStatus::Settled,
        (true, 0) => DocumentStatus::Paid,
        (true, _) if due_on.is_some_and(|due_on| due_on < today) => DocumentStatus::Overdue,
        (true, _) => DocumentStatus::Open,
    }
}

async fn payments(tx: &mut TenantTx, id: DocumentId) -> Result<Vec<InvoicePayment>, Fault> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        "SELECT payment_id, amount_cents, reference, transfer_id, recorded_by, recorded_at FROM billing_payments
         WHERE tenant_id = $1 AND document_id = $2 ORDER BY recorded_at, payment_id",
        tenant.0,
        id.0
    )
    .fetch_all(tx.conn())
    .await?;
    let payments = rows.into_iter().map(|row| InvoicePayment {
        id: PaymentId(row.payment_id),
        amount_cents: row.amount_cents,
        reference: row.reference,
        transfer_id: TransferId(row.transfer_id),
        recorded_by: row.recorded_by,
        recorded_at: row.recorded_at,
    });
    Ok(payments.collect())
}

/// Money for an invoice has come: the operator says so. It goes into the wallet, from which the usage was taken.
pub(super) async fn pay(
    state: &ManageState,
    caller: &Caller,
    tenant: Option<TenantId>,
    id: DocumentId,
    form: &RecordPayment,
) -> Result<DocumentView, Fault> {
    books::operator_only(caller)?;
    let Books { mut tx, author, name } = books::open(state, caller, tenant, Action::BillingWrite).await?;
    one_at_a_time(&mut tx).await?;
    let before = view(state, &mut tx, id).await?;
    if let Some(same) = before
        .payments
        .iter()
        .find(|payment| payment.reference == form.reference)
    {
        if same.amount_cents == form.amount_cents {
            return Ok(before);
        }
        return Err(books::wrong("reference", "taken", "was used for another amount"));
    }
    if before.summary.due_cents == 0 {
        return Err(refused("Nothing of it is to be paid."));
    }
    if form.amount_cents > before.summary.due_cents {
        let text = format!(
            "is more than the {} cents that are to be paid",
            before.summary.due_cents
        );
        return Err(books::wrong("amount_cents", "out_of_range", &text));
    }
    let payment = PaymentId(state.clock().new_id());
    let number = &before.document.number;
    let reason = format!("payment of {number}: {}", form.reference);
    let amount = Nano(form.amount_cents.saturating_mul(CENT_NANO));
    let key = format!("invoice-payment/{payment}");
    let booked = post(
        &mut tx,
        state.clock(),
        Posting::Payment,
        amount,
        (&reason, &name, &key),
    )
    .await
    .map_err(|error| booking_fault(&error))?
    .ok_or_else(|| Fault::internal("a payment of nothing"))?;
    insert_payment(
        &mut tx,
        id,
        payment,
        form,
        booked.transfer_id,
        (&name, booked.booked_at),
    )
    .await?;
    let target = Target {
        id: id.0,
        name: number,
    };
    let changes = json!({"amount_cents": form.amount_cents, "reference": form.reference});
    trail::record(&mut tx, state.clock(), &author, "invoice.paid", target, changes).await?;
    // Nodes that had just refused for want of money ask again at once.
    let whose = tx.tenant_id().0;
    announce(&mut tx, Topic::Tenant, whose, 0).await?;
    let shown = view(state, &mut tx, id).await?;
    tx.commit().await?;
    Ok(shown)
}

async fn insert_payment(
    tx: &mut TenantTx,
    id: DocumentId,
    payment: PaymentId,
    form: &RecordPayment,
    transfer: TransferId,
    (by, at): (&str, chrono::DateTime<chrono::Utc>),
) -> Result<(), Fault> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "INSERT INTO billing_payments (tenant_id, payment_id, document_id, amount_cents, reference, transfer_id, recorded_by,
                                       recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        tenant.0,
        payment.0,
        id.0,
        form.amount_cents,
        form.reference,
        transfer.0,
        by,
        at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
