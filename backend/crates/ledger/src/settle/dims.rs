//! What usage is counted by: everything that a report can ask for, in the order of the rollups' locks.

use super::row::EventRow;
use sha2::{Digest, Sha256};
use tollgate_contract::reports::ClientFamily;
use uuid::Uuid;

/// One combination. The nil UUID stands for none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Dims {
    pub key_id: Uuid,
    pub user_id: Uuid,
    pub account_id: Uuid,
    pub model: String,
    pub cost_centre: String,
    pub platform: String,
    pub client: &'static str,
    pub status: &'static str,
}

impl Dims {
    /// An event's.
    pub fn of(row: &EventRow) -> Self {
        Self {
            key_id: row.key_id,
            user_id: row.user_id.unwrap_or_default(),
            account_id: row.account_id.unwrap_or_default(),
            model: row.model.clone(),
            cost_centre: row.cost_centre.clone(),
            platform: row.platform.clone(),
            client: ClientFamily::of(&row.client).as_str(),
            status: row.status.as_str(),
        }
    }

    /// Its id in `usage_combos`: the first half of a SHA-256 over ids and texts, each text after its length. The SQL
    /// function `usage_combo` says the same.
    pub fn combo(&self) -> Uuid {
        let mut hash = Sha256::new();
        for id in [self.key_id, self.user_id, self.account_id] {
            hash.update(id.hyphenated().to_string());
        }
        let texts = [
            self.platform.as_str(),
            &self.model,
            self.client,
            self.status,
            &self.cost_centre,
        ];
        for text in texts {
            hash.update(format!("{}:{text}", text.len()));
        }
        let whole: [u8; 32] = hash.finalize().into();
        let mut half = [0; 16];
        half.copy_from_slice(&whole[..16]);
        Uuid::from_bytes(half)
    }
}
