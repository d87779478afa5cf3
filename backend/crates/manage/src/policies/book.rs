//! All policies of a tenant, to say what holds for its keys.

use sqlx::types::Json;
use std::collections::HashMap;
use tollgate_contract::ids::PolicyId;
use tollgate_contract::policies::PolicyRef;
use tollgate_contract::rules::{EffectiveRules, KeyRules};
use tollgate_store::{StoreError, TenantTx};

/// Some dozens at the most: read whole.
#[derive(Debug, Default)]
pub(crate) struct Book {
    default: Option<KeyRules>,
    policies: HashMap<PolicyId, (String, KeyRules)>,
}

impl Book {
    pub(crate) async fn read(tx: &mut TenantTx) -> Result<Self, StoreError> {
        let tenant = tx.tenant_id();
        let rows = sqlx::query!(
            r#"SELECT policy_id, name, is_default, rules AS "rules: Json<KeyRules>" FROM policies WHERE tenant_id = $1"#,
            tenant.0
        )
        .fetch_all(tx.conn())
        .await?;
        let mut book = Self::default();
        for row in rows {
            if row.is_default {
                book.default = Some(row.rules.0.clone());
            }
            book.policies
                .insert(PolicyId(row.policy_id), (row.name, row.rules.0));
        }
        Ok(book)
    }

    /// A policy by its id.
    pub(crate) fn named(&self, policy: PolicyId) -> Option<PolicyRef> {
        let (name, _) = self.policies.get(&policy)?;
        Some(PolicyRef {
            id: policy,
            name: name.clone(),
        })
    }

    /// Whether a policy is there; then it stays so until the transaction ends.
    pub(crate) async fn hold(tx: &mut TenantTx, policy: PolicyId) -> Result<bool, StoreError> {
        let tenant = tx.tenant_id();
        let found = sqlx::query_scalar!(
            "SELECT policy_id FROM policies WHERE tenant_id = $1 AND policy_id = $2 FOR KEY SHARE",
            tenant.0,
            policy.0
        )
        .fetch_optional(tx.conn())
        .await?;
        Ok(found.is_some())
    }

    /// What holds for a key with these rules that names this policy.
    pub(crate) fn effective(&self, key: &KeyRules, policy: Option<PolicyId>) -> EffectiveRules {
        let named = policy.and_then(|id| self.policies.get(&id));
        EffectiveRules::of(key, named.map(|(_, rules)| rules), self.default.as_ref())
    }
}
