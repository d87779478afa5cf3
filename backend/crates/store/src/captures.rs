//! Captured bodies at rest: sealed under their tenant's data key, so that a copy of the table tells nothing. Never in here:
//! which are kept, and who may look.

use crate::{SealedSecret, SecretError, SecretPlace, Secrets, TenantTx};
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use uuid::Uuid;

/// Bodies of a request, redacted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapturedBodies {
    /// The request.
    pub request_id: Uuid,
    /// The request's body.
    pub request_body: String,
    /// The answer.
    pub answer_body: String,
    /// Bytes of both as they were.
    pub bytes: (i64, i64),
    /// Whether only the beginning of each was kept.
    pub cut: (bool, bool),
    /// How many places were blacked out.
    pub redacted: i32,
    /// When.
    pub captured_at: DateTime<Utc>,
    /// When they are deleted.
    pub expires_at: DateTime<Utc>,
}

fn place(request: Uuid, column: &'static str) -> SecretPlace {
    SecretPlace {
        table: "captures",
        row: request,
        column,
    }
}

/// Keeps bodies; those of a request that has some already stay as they are.
///
/// # Errors
/// If they can't be sealed or written.
pub async fn keep_capture(
    tx: &mut TenantTx,
    secrets: &Secrets,
    bodies: &CapturedBodies,
) -> Result<(), SecretError> {
    let (tenant, request) = (tx.tenant_id(), bodies.request_id);
    let sealed_request = secrets
        .seal(tx, place(request, "request_body"), bodies.request_body.as_bytes())
        .await?;
    let sealed_answer = secrets
        .seal(tx, place(request, "answer_body"), bodies.answer_body.as_bytes())
        .await?;
    sqlx::query!(
        "INSERT INTO captures (tenant_id, request_id, request_body, answer_body, request_bytes, answer_bytes, request_cut,
                               answer_cut, redacted, captured_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING",
        tenant.0,
        request,
        sealed_request.to_bytes(),
        sealed_answer.to_bytes(),
        bodies.bytes.0,
        bodies.bytes.1,
        bodies.cut.0,
        bodies.cut.1,
        bodies.redacted,
        bodies.captured_at,
        bodies.expires_at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Bodies of a request of the transaction's tenant that are not due to be deleted; `None` if there are none.
///
/// # Errors
/// If they can't be read or opened.
pub async fn read_capture(
    tx: &mut TenantTx,
    secrets: &Secrets,
    request: Uuid,
    now: DateTime<Utc>,
) -> Result<Option<CapturedBodies>, SecretError> {
    let tenant = tx.tenant_id();
    let row = sqlx::query!(
        "SELECT request_body, answer_body, request_bytes, answer_bytes, request_cut, answer_cut, redacted, captured_at,
                expires_at
         FROM captures WHERE tenant_id = $1 AND request_id = $2 AND expires_at > $3",
        tenant.0,
        request,
        now
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let sealed_request = SealedSecret::from_bytes(&row.request_body)?;
    let sealed_answer = SealedSecret::from_bytes(&row.answer_body)?;
    let request_body = secrets
        .open(tx, place(request, "request_body"), &sealed_request)
        .await?;
    let answer_body = secrets
        .open(tx, place(request, "answer_body"), &sealed_answer)
        .await?;
    Ok(Some(CapturedBodies {
        request_id: request,
        request_body: request_body.expose_secret().to_owned(),
        answer_body: answer_body.expose_secret().to_owned(),
        bytes: (row.request_bytes, row.answer_bytes),
        cut: (row.request_cut, row.answer_cut),
        redacted: row.redacted,
        captured_at: row.captured_at,
        expires_at: row.expires_at,
    }))
}
