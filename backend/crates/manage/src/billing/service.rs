//! Who may see money, and pages of transfers.

use super::store;
use crate::cursor::{Cursor, page_size};
use crate::permissions::{Action, require};
use crate::state::ManageState;
use tollgate_contract::ledger::{Balance, Transfer, TransferQuery};
use tollgate_contract::page::Page;
use tollgate_http::{Caller, Fault};

const LIST: &str = "transfers";

pub(super) async fn balance(state: &ManageState, caller: &Caller) -> Result<Balance, Fault> {
    require(caller, Action::BillingRead)?;
    let found = store::balance(&mut caller.tx().await?, state.clock().now()).await?;
    found.ok_or_else(|| Fault::internal(format!("tenant {} has no wallet", caller.tenant_id)))
}

pub(super) async fn transfers(caller: &Caller, query: &TransferQuery) -> Result<Page<Transfer>, Fault> {
    require(caller, Action::BillingRead)?;
    let after = Cursor::read(query.cursor.as_deref(), LIST)?.map(|cursor| cursor.id);
    let size = page_size(query.limit);
    let mut items = store::transfers(&mut caller.tx().await?, query, after, size.saturating_add(1)).await?;
    let more = items.len() > size;
    items.truncate(size);
    let next_cursor = items
        .last()
        .filter(|_| more)
        .map(|last| Cursor::new(LIST, None, last.id.0).write());
    Ok(Page {
        items,
        next_cursor,
        total: None,
    })
}
