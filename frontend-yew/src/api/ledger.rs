//! The organisation's money.

use super::{Query, path_with, use_get};
use tollgate_contract::ledger::{Balance, Transfer, TransferQuery};
use tollgate_contract::page::Page;
use yew::prelude::*;

/// What the wallet holds.
#[hook]
pub fn use_balance() -> Query<Balance> {
    use_get("/billing/balance".to_owned())
}

/// The latest transfers.
#[hook]
pub fn use_latest_transfers(limit: u32) -> Query<Page<Transfer>> {
    use_get(path_with(
        "/billing/transfers",
        &TransferQuery {
            limit: Some(limit),
            ..TransferQuery::default()
        },
    ))
}
