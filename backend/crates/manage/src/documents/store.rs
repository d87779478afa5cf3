//! Periods, profiles and documents in the database.

use chrono::{DateTime, NaiveDate, Utc};
use tollgate_contract::ids::DocumentId;
use tollgate_contract::invoices::{Document, DocumentKind};
use tollgate_contract::periods::Statement;
use tollgate_http::Fault;
use tollgate_store::{StoreError, TenantTx};

/// `2026-11`.
pub(super) fn shown_month(month: NaiveDate) -> String {
    month.format("%Y-%m").to_string()
}

/// A closed period.
#[derive(Debug)]
pub(super) struct Closed {
    pub(super) month: NaiveDate,
    pub(super) statement: Statement,
    /// In hex.
    pub(super) hash: String,
}

/// The statement of a month; `None` where it is not closed.
pub(super) async fn closed(tx: &mut TenantTx, month: NaiveDate) -> Result<Option<Closed>, Fault> {
    let tenant = tx.tenant_id();
    let row = sqlx::query!(
        r#"SELECT statement, encode(hash, 'hex') AS "hash!" FROM billing_periods WHERE tenant_id = $1 AND month = $2"#,
        tenant.0,
        month
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let statement = serde_json::from_str(&row.statement).map_err(Fault::internal)?;
    Ok(Some(Closed {
        month,
        statement,
        hash: row.hash,
    }))
}

/// A document as it was stored.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) id: DocumentId,
    pub(super) post_paid: bool,
    pub(super) document: Document,
    /// In hex.
    pub(super) hash: String,
}

/// A document of this id.
pub(super) async fn document(tx: &mut TenantTx, id: DocumentId) -> Result<Option<Stored>, Fault> {
    let tenant = tx.tenant_id();
    let row = sqlx::query!(
        r#"SELECT post_paid, content, encode(hash, 'hex') AS "hash!" FROM billing_documents
           WHERE tenant_id = $1 AND document_id = $2"#,
        tenant.0,
        id.0
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Stored {
        id,
        post_paid: row.post_paid,
        document: serde_json::from_str(&row.content).map_err(Fault::internal)?,
        hash: row.hash,
    }))
}

/// The invoice of a month.
pub(super) async fn invoice_of(
    tx: &mut TenantTx,
    month: NaiveDate,
) -> Result<Option<DocumentId>, StoreError> {
    let tenant = tx.tenant_id();
    let id = sqlx::query_scalar!(
        "SELECT document_id FROM billing_documents WHERE tenant_id = $1 AND month = $2 AND kind = 'invoice'",
        tenant.0,
        month
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(id.map(DocumentId))
}

/// The credit notes of an invoice.
pub(super) async fn credit_notes(tx: &mut TenantTx, invoice: DocumentId) -> Result<Vec<Document>, Fault> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query_scalar!(
        "SELECT content FROM billing_documents WHERE tenant_id = $1 AND invoice_id = $2 ORDER BY issued_at, document_id",
        tenant.0,
        invoice.0
    )
    .fetch_all(tx.conn())
    .await?;
    rows.iter()
        .map(|text| serde_json::from_str(text).map_err(Fault::internal))
        .collect()
}

/// What is stored of a document beside what it says.
#[derive(Debug)]
pub(super) struct Issued<'a> {
    pub(super) id: DocumentId,
    pub(super) month: NaiveDate,
    pub(super) invoice: Option<DocumentId>,
    pub(super) post_paid: bool,
    pub(super) due_on: Option<NaiveDate>,
    pub(super) at: DateTime<Utc>,
    pub(super) by: &'a str,
}

pub(super) async fn insert(tx: &mut TenantTx, issued: &Issued<'_>, document: &Document) -> Result<(), Fault> {
    let tenant = tx.tenant_id();
    let text = serde_json::to_string(document).map_err(Fault::internal)?;
    sqlx::query!(
        "INSERT INTO billing_documents (tenant_id, document_id, kind, number, month, invoice_id, post_paid, net_cents,
                                        tax_cents, total_cents, due_on, content, hash, issued_at, issued_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, sha256(convert_to($12, 'UTF8')), $13, $14)",
        tenant.0,
        issued.id.0,
        document.kind.as_str(),
        document.number,
        issued.month,
        issued.invoice.map(|id| id.0),
        issued.post_paid,
        document.net_cents,
        document.tax_cents,
        document.total_cents,
        issued.due_on,
        text,
        issued.at,
        issued.by
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The next number of a series, for good only if the transaction is committed. Take it last: others wait from here on.
pub(super) async fn next_number(tx: &mut TenantTx, kind: DocumentKind, year: i32) -> Result<i64, StoreError> {
    let number = sqlx::query_scalar!(
        r#"SELECT next_document_number($1, $2) AS "number!""#,
        kind.as_str(),
        year
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(number)
}

/// Who issues.
#[derive(Clone, Debug)]
pub(super) struct Issuer {
    pub(super) legal_name: String,
    pub(super) address: String,
    pub(super) tax_id: String,
    pub(super) contact_email: String,
    pub(super) brand_name: String,
    pub(super) brand_colour: String,
    pub(super) bank_details: String,
    pub(super) logo_png: Option<Vec<u8>>,
    pub(super) time_zone: String,
}

pub(super) async fn issuer(tx: &mut TenantTx) -> Result<Option<Issuer>, StoreError> {
    let issuer = sqlx::query_as!(
        Issuer,
        r#"SELECT legal_name AS "legal_name!", address AS "address!", tax_id AS "tax_id!",
                  contact_email AS "contact_email!", brand_name AS "brand_name!", brand_colour AS "brand_colour!",
                  bank_details AS "bank_details!", logo_png, time_zone AS "time_zone!"
           FROM billing_issuer()"#
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(issuer)
}

/// To whom and how a tenant is billed.
#[derive(Clone, Debug)]
pub(super) struct Profile {
    pub(super) legal_name: String,
    pub(super) address: String,
    pub(super) tax_id: String,
    pub(super) contact_name: String,
    pub(super) contact_email: String,
    pub(super) currency: String,
    pub(super) language: String,
    pub(super) send_by_itself: bool,
    pub(super) purchase_order: String,
    /// The organisation's short name.
    pub(super) slug: String,
    pub(super) tax_ppm: i32,
    pub(super) reverse_charge: bool,
    pub(super) post_paid: bool,
    pub(super) payment_days: i32,
    /// Whether the operator has said the four above.
    pub(super) terms_set: bool,
    pub(super) version: i64,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            legal_name: String::new(),
            address: String::new(),
            tax_id: String::new(),
            contact_name: String::new(),
            contact_email: String::new(),
            currency: "USD".to_owned(),
            language: "en".to_owned(),
            send_by_itself: false,
            purchase_order: String::new(),
            slug: String::new(),
            tax_ppm: 0,
            reverse_charge: false,
            post_paid: false,
            payment_days: 14,
            terms_set: false,
            version: 0,
        }
    }
}

/// The tenant's profile; that of one who never said anything is empty.
pub(super) async fn profile(tx: &mut TenantTx) -> Result<Profile, StoreError> {
    let tenant = tx.tenant_id();
    let found = sqlx::query_as!(
        Profile,
        r#"SELECT legal_name, address, tax_id, contact_name, contact_email, currency, language, send_by_itself, tax_ppm,
                  reverse_charge, post_paid, payment_days, terms_set, p.version, purchase_order, t.slug
           FROM billing_profiles p JOIN tenants t ON t.tenant_id = p.tenant_id WHERE p.tenant_id = $1"#,
        tenant.0
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(found.unwrap_or_default())
}
