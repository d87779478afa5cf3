//! How many budgets one request may fall under.

use tollgate_contract::budgets::BUDGETS_PER_REQUEST_MAX;
use tollgate_http::{Code, Fault};
use tollgate_store::{StoreError, TenantTx};

/// Refuses the transaction's changes if some request would fall under more budgets than can be reserved from at once. To
/// be asked after a change of budgets, or of keys' owners and cost centres (a key that comes back from the recycle bin
/// included), as the last thing before the commit: until then other such changes of the tenant wait.
pub(crate) async fn check_paths(tx: &mut TenantTx) -> Result<(), Fault> {
    let most = sqlx::query_scalar!(r#"SELECT budget_paths() AS "most!""#)
        .fetch_one(tx.conn())
        .await
        .map_err(StoreError::from)?;
    if usize::try_from(most).is_ok_and(|most| most <= BUDGETS_PER_REQUEST_MAX) {
        return Ok(());
    }
    Err(Fault::new(Code::TooManyBudgets).detail(format!(
        "A request may fall under {BUDGETS_PER_REQUEST_MAX} budgets, the wallet included; with this change some would fall \
         under {most}."
    )))
}
