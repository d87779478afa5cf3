//! Draining a journal folder whose node is gone: its epochs are fenced first, then its entries are settled and its
//! leases given back. The folder must be one that nobody serves from.

use crate::error::LedgerError;
use crate::journal::{Journal, JournalSettings};
use crate::ledger::Ledger;
use crate::node::NodeName;
use crate::settle::SettleSettings;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tollgate_contract::ids::NodeId;
use tollgate_store::Db;

/// What a drain did.
#[derive(Clone, Debug)]
pub struct Drained {
    /// Whose journal it was.
    pub node_id: NodeId,
    /// Entries that were in it.
    pub entries: u64,
    /// Those of them that had been cut: booked as estimated or unknown.
    pub recovered: u64,
    /// Files that could not be read. Leases of the epochs that they belonged to stay held.
    pub set_aside: Vec<PathBuf>,
}

/// Fences the folder's node, settles what its journal holds and closes its epochs.
///
/// # Errors
/// `Journal(Locked)` if a process serves from it, `NotEmpty` if `limit` was not enough: draining again goes on.
pub async fn drain(db: &Db, path: &Path, limit: Duration) -> Result<Drained, LedgerError> {
    let (journal, replay) = Journal::open_folder(path, JournalSettings::default(), db.clock().clone())?;
    let node_id = journal.node_id();
    let name = NodeName {
        host: "journal drain".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let ledger = Ledger::start(db, journal, &name, SettleSettings::default()).await?;
    ledger.stop(limit).await?;
    Ok(Drained {
        node_id,
        entries: replay.entries,
        recovered: replay.recovered,
        set_aside: replay.set_aside,
    })
}
