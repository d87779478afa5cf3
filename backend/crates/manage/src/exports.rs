//! Exports: files of usage, sums, transfers and charge-back; links to them; schedules that send them. Rows are read by
//! keyset up to a batch of the ledger, so that a file neither holds a snapshot for hours nor shifts while usage is booked,
//! and a file is let out whole only if it ties to the ledger. Never in here: booking anything.

mod access;
mod cell;
mod charge_back;
mod csv;
mod decimal;
mod desk;
mod error;
mod focus;
mod kept;
mod lines;
mod names;
mod outlet;
mod produce;
mod range;
mod recipients;
pub(crate) mod routes;
pub(crate) mod schedules;
mod sheet;
mod store;
mod sums;
mod totals;
mod transfers;
mod usage;
mod wanted;
mod xlsx;

pub(crate) use csv::runs as spreadsheet_runs;
pub(crate) use desk::Desk;
pub use error::ExportError;
pub use kept::forget_expired_exports;
pub use produce::Produced;
pub(crate) use routes::mount;
pub use schedules::ScheduledExports;
pub use wanted::ExportOrder;

use produce::Sink;
use std::fs::File;
use tollgate_contract::ids::TenantId;
use tollgate_store::Db;
use wanted::Wanted;

/// Writes an export into a file, for the operator.
///
/// # Errors
/// Whatever keeps it from being made or from tying to the ledger: then the file is worth nothing.
pub async fn export_to_file(
    db: &Db,
    tenant: TenantId,
    order: ExportOrder,
    file: File,
) -> Result<Produced, ExportError> {
    let mut tx = db.tenant(tenant).await?;
    let wanted = Wanted::resolve(&mut tx, db.clock().now(), order).await?;
    drop(tx);
    produce::produce(db, &wanted, &mut Sink::File(file)).await
}
