//! Who may see money, and pages of transfers.

use super::store;
use crate::cursor::{Cursor, page_size};
use crate::permissions::{Action, require};
use crate::state::ManageState;
use chrono::{DateTime, Utc};
use tollgate_contract::ledger::{Balance, Transfer, TransferQuery};
use tollgate_contract::page::Page;
use tollgate_http::{Caller, Code, Fault};
use uuid::Uuid;

const LIST: &str = "transfers";

pub(super) async fn balance(state: &ManageState, caller: &Caller) -> Result<Balance, Fault> {
    require(caller, Action::BillingRead)?;
    let found = store::balance(&mut caller.tx().await?, state.clock().now()).await?;
    found.ok_or_else(|| Fault::internal(format!("tenant {} has no wallet", caller.tenant_id)))
}

/// Where a page ended: the time of the booking and the transfer.
fn place(cursor: &Cursor) -> Result<(DateTime<Utc>, Uuid), Fault> {
    let at = cursor.value.as_deref().and_then(|text| text.parse().ok());
    let at = at.ok_or_else(|| Fault::new(Code::InvalidCursor))?;
    Ok((at, cursor.id))
}

pub(super) async fn transfers(caller: &Caller, query: &TransferQuery) -> Result<Page<Transfer>, Fault> {
    require(caller, Action::BillingRead)?;
    let after = Cursor::read(query.cursor.as_deref(), LIST)?
        .map(|cursor| place(&cursor))
        .transpose()?;
    let size = page_size(query.limit);
    let mut items = store::transfers(&mut caller.tx().await?, query, after, size.saturating_add(1)).await?;
    let more = items.len() > size;
    items.truncate(size);
    let next_cursor = items
        .last()
        .filter(|_| more)
        .map(|last| Cursor::new(LIST, Some(last.booked_at.to_rfc3339()), last.id.0).write());
    Ok(Page {
        items,
        next_cursor,
        total: None,
    })
}
