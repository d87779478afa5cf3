//! The keys that seals and receipts are checked with: nobody's secret.

use crate::state::ManageState;
use tollgate_contract::books::{LedgerKey, LedgerKeys};
use tollgate_http::Fault;
use tollgate_store::{SigningError, public_keys};

pub(super) async fn list(state: &ManageState) -> Result<LedgerKeys, Fault> {
    let keys = public_keys(state.db()).await.map_err(|error| match error {
        SigningError::Store(error) => Fault::from(error),
        other => Fault::internal(other.to_string()),
    })?;
    let keys = keys.into_iter().map(|key| LedgerKey {
        key_id: key.key_id,
        algorithm: "Ed25519".to_owned(),
        public_key: key.hex(),
        created_at: key.created_at,
        retired_at: key.retired_at,
    });
    Ok(LedgerKeys { keys: keys.collect() })
}
