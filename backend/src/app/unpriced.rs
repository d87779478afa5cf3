//! Tells the operator of models without a price that somebody asked for. Never in here: what becomes of such requests.

use std::time::Duration;
use tollgate_manage::tell_unpriced;
use tollgate_relay::Prices;
use tollgate_store::Db;

/// How often it is looked whether there is something to tell.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Watches from now on until the core runtime ends.
pub fn watch(db: &Db, prices: &Prices) {
    let (db, stop, prices) = (db.clone(), db.core().shutdown_token(), prices.clone());
    db.core().clone().spawn("unpriced models", async move {
        let mut untold = Vec::new();
        while stop
            .run_until_cancelled(tokio::time::sleep(LOOK_EVERY))
            .await
            .is_some()
        {
            untold.extend(prices.take_unpriced());
            while let Some(model) = untold.pop() {
                let told = tell_unpriced(&db, model.day, (model.provider, &model.model), model.relayed).await;
                if let Err(error) = told {
                    tracing::warn!(%error, "models without a price can't be told now; it is tried again");
                    untold.push(model);
                    break;
                }
            }
        }
    });
}
