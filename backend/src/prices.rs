//! The price list that comes with the binary. Never in here: how a list is written (that is the management crate's).

use tollgate_manage::{PricesError, Written, ensure_prices};
use tollgate_store::Db;

/// List prices as of the binary's release.
const BUNDLED: &str = include_str!("../../data/model_prices.csv");
/// What the first version says about where it comes from.
const BUNDLED_SOURCE: &str = concat!("tollgate ", env!("CARGO_PKG_VERSION"));

/// Writes it as the first version, holding since ever, if there is none. `None`: there is one.
///
/// # Errors
/// If the database fails.
pub async fn ensure(db: &Db) -> Result<Option<Written>, PricesError> {
    ensure_prices(db, BUNDLED, BUNDLED_SOURCE).await
}
