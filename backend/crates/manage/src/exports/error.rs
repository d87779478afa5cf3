//! Why a file can't be made.

use std::fmt::Display;
use tollgate_http::{Code, Fault};
use tollgate_store::StoreError;

/// An export that failed. Nothing of it may be used.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A part of the query is wrong, although each field by itself is right.
    #[error("`{field}` {message}")]
    Query {
        /// Which.
        field: &'static str,
        /// What would be right.
        message: String,
    },
    /// As many are kept as may be.
    #[error("{0} exports are kept; delete some that nobody needs any more")]
    Full(i64),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What was written is not what the books say. Nobody may take it for true.
    #[error("the export does not tie to the ledger: {0}")]
    Mismatch(String),
    /// The file can't be written.
    #[error("the file can't be made: {0}")]
    Making(String),
    /// Whoever wanted it has left.
    #[error("nobody takes the file any more")]
    Left,
}

impl From<sqlx::Error> for ExportError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<ExportError> for Fault {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Query { field, message } => Fault::new(Code::InvalidQuery)
                .detail(format!("`{field}` {message}."))
                .field(field, "invalid", message),
            ExportError::Full(most) => Fault::new(Code::InUse).detail(format!(
                "{most} exports are kept; delete some that nobody needs any more."
            )),
            ExportError::Store(error) => error.into(),
            other => Fault::internal(other),
        }
    }
}

/// A part of the query that is wrong.
pub(super) fn wrong(field: &'static str, message: impl Into<String>) -> ExportError {
    ExportError::Query {
        field,
        message: message.into(),
    }
}

/// The file can't be written.
pub(super) fn making(error: impl Display) -> ExportError {
    ExportError::Making(error.to_string())
}

/// Sounds the alarm of figures that do not tie.
pub(super) fn mismatch(tenant: impl Display, told: String) -> ExportError {
    metrics::counter!("tollgate_export_mismatches_total").increment(1);
    tracing::error!(tenant.id = %tenant, told, "an export does not tie to the ledger; run `tollgate ledger verify`");
    ExportError::Mismatch(told)
}
