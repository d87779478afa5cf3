//! Reads price book and plans from the database. Never in here: when, and keeping them.

use super::Market;
use std::sync::Arc;
use tollgate_ledger::{read_plan_book, read_price_book};
use tollgate_store::{Db, StoreError};

pub(super) async fn read(db: &Db, flags_unpriced: bool) -> Result<Market, StoreError> {
    let owned = db.clone();
    let market = async move {
        let mut tx = owned.jobs().await?;
        let market = Market {
            book: Arc::new(read_price_book(&mut tx).await?),
            plans: Arc::new(read_plan_book(&mut tx).await?),
            flags_unpriced,
        };
        tx.commit().await?;
        Ok(market)
    };
    db.core().run(market).await?
}
