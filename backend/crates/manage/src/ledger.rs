//! The books' proofs, to be seen by anybody; how long an organisation keeps what is personal; and what the platform's own
//! people do with the books. Never in here: the ledger's rules (its own crate) and what a tenant sees of its money
//! (`billing`).

pub(crate) mod keys;
mod letters;
mod overview;
mod repricings;
mod retention;
pub(crate) mod routes;

pub(crate) use routes::mount;

use crate::cursor::Cursor;
use chrono::{DateTime, Utc};
use tollgate_http::{Caller, Code, Fault};
use tollgate_ledger::LedgerError;
use tollgate_store::PLATFORM_TENANT;
use uuid::Uuid;

fn platform_only(caller: &Caller) -> Result<(), Fault> {
    if caller.tenant_id == PLATFORM_TENANT {
        return Ok(());
    }
    Err(Fault::new(Code::Forbidden).detail("Only the platform's own organisation works on the books."))
}

/// Where a list that is sorted by time goes on.
fn after(cursor: Option<&str>, list: &str) -> Result<Option<(DateTime<Utc>, Uuid)>, Fault> {
    let after = Cursor::read(cursor, list)?;
    Ok(after.and_then(|cursor| {
        let micros = cursor.value.as_deref()?.parse().ok()?;
        Some((DateTime::from_timestamp_micros(micros)?, cursor.id))
    }))
}

fn ledger_fault(error: LedgerError) -> Fault {
    match error {
        LedgerError::Store(error) => error.into(),
        other => Fault::internal(other.to_string()),
    }
}
