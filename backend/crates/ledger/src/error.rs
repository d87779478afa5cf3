//! What can go wrong between the ledger and the database, and what each failure means for an entry.

use crate::journal::JournalError;
use tollgate_store::StoreError;

/// A failure of the ledger.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The database can't be reached or refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal can't be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Another process has taken this node's epoch over: nothing may be settled or drawn here any more.
    #[error("this node's epoch is fenced: another process has taken its journal over")]
    Fenced,
    /// A sum does not fit 64 bits, or a stored figure is impossible.
    #[error("a figure can't be booked: {0}")]
    Figure(String),
    /// The journal has files that were set aside, or entries that could not be settled in time.
    #[error("the journal is not empty: {0}")]
    NotEmpty(String),
}

impl From<sqlx::Error> for LedgerError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// What to do after a failed settlement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// An entry of the batch can't be booked: find it.
    Split,
    /// Deadlock or serialisation failure: the same again, at once.
    Again,
    /// The database is away or unable: wait, then the same again.
    Wait,
    /// Another process has taken over, or this one ends.
    End,
}

/// Only what the entry's own data can cause counts against the entry: data exceptions (22), constraints (23), and what a
/// trigger or function raises (P0). A missing grant, a full disk or a read-only server is nobody's entry's fault.
pub(crate) fn remedy(error: &LedgerError) -> Remedy {
    let refused = match error {
        LedgerError::Fenced | LedgerError::Store(StoreError::Stopped) => return Remedy::End,
        LedgerError::Figure(_) | LedgerError::Store(StoreError::Duplicate(_)) => return Remedy::Split,
        LedgerError::Store(StoreError::Refused(refused)) => refused,
        _ => return Remedy::Wait,
    };
    let sqlx::Error::Database(refused) = refused else {
        return Remedy::Wait;
    };
    let code = refused.code().unwrap_or_default();
    match code.get(..2) {
        _ if code == "40P01" || code == "40001" => Remedy::Again,
        Some("22" | "23" | "P0") => Remedy::Split,
        _ => Remedy::Wait,
    }
}

/// Whether a month's partition is missing: PostgreSQL tells it as a check violation without a constraint's name.
pub(crate) fn is_missing_partition(error: &LedgerError) -> bool {
    let LedgerError::Store(StoreError::Refused(sqlx::Error::Database(refused))) = error else {
        return false;
    };
    refused.code().as_deref() == Some("23514") && refused.constraint().is_none()
}

/// Whether a lock was not to be had within `lock_timeout`.
pub(crate) fn is_lock_timeout(error: &LedgerError) -> bool {
    let LedgerError::Store(StoreError::Refused(sqlx::Error::Database(refused))) = error else {
        return false;
    };
    refused.code().as_deref() == Some("55P03")
}
