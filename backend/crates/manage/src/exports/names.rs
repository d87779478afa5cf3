//! What keys and people of an export are called, as of today; remembered while it lasts.

use super::lines::Event;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use tollgate_store::{StoreError, TenantTx};
use uuid::Uuid;

/// Names remembered at most; what is beyond is asked for again.
const REMEMBERED_MAX: usize = 100_000;

/// A key's name and labels.
#[derive(Clone, Debug, Default)]
pub(super) struct KeyNames {
    pub(super) name: String,
    pub(super) tags: Vec<String>,
}

/// Names by id.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    keys: HashMap<Uuid, KeyNames>,
    people: HashMap<Uuid, String>,
}

impl Names {
    /// A key's name; empty for one that never had any.
    pub(super) fn key(&self, id: Uuid) -> &str {
        self.keys.get(&id).map_or("", |key| &key.name)
    }

    /// A key's labels.
    pub(super) fn tags(&self, id: Uuid) -> &[String] {
        self.keys.get(&id).map_or(&[], |key| &key.tags)
    }

    /// A person's e-mail address.
    pub(super) fn person(&self, id: Option<Uuid>) -> &str {
        id.and_then(|id| self.people.get(&id)).map_or("", String::as_str)
    }

    /// Asks for what is not known yet.
    pub(super) async fn learn(
        names: &mut Arc<Self>,
        tx: &mut TenantTx,
        events: &[Event],
    ) -> Result<(), StoreError> {
        let keys: BTreeSet<Uuid> = events.iter().map(|event| event.key_id).collect();
        let people: BTreeSet<Uuid> = events.iter().filter_map(|event| event.user_id).collect();
        Self::learn_ids(names, tx, keys, people).await
    }

    /// The same of ids.
    pub(super) async fn learn_ids(
        names: &mut Arc<Self>,
        tx: &mut TenantTx,
        keys: BTreeSet<Uuid>,
        people: BTreeSet<Uuid>,
    ) -> Result<(), StoreError> {
        if names.keys.len() > REMEMBERED_MAX || names.people.len() > REMEMBERED_MAX {
            *names = Arc::default();
        }
        let unknown: Vec<Uuid> = keys
            .into_iter()
            .filter(|id| !names.keys.contains_key(id))
            .collect();
        if !unknown.is_empty() {
            let found = key_names(tx, &unknown).await?;
            let known = Arc::make_mut(names);
            for id in unknown {
                known.keys.entry(id).or_default();
            }
            known.keys.extend(found);
        }
        let unknown: Vec<Uuid> = people
            .into_iter()
            .filter(|id| !names.people.contains_key(id))
            .collect();
        if !unknown.is_empty() {
            let found = people_names(tx, &unknown).await?;
            let known = Arc::make_mut(names);
            for id in unknown {
                known.people.entry(id).or_default();
            }
            known.people.extend(found);
        }
        Ok(())
    }
}

/// A key that is gone for good is called what it was then.
async fn key_names(tx: &mut TenantTx, ids: &[Uuid]) -> Result<Vec<(Uuid, KeyNames)>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        r#"SELECT wanted.id AS "id!",
                  COALESCE(k.name, (SELECT a.target_name FROM audit_log a WHERE a.tenant_id = $1
                      AND a.target_id = wanted.id AND a.action = 'key.purged' LIMIT 1), '') AS "name!",
                  ARRAY(SELECT t.tag FROM api_key_tags t WHERE t.tenant_id = $1 AND t.key_id = wanted.id
                        ORDER BY t.tag) AS "tags!"
           FROM unnest($2::uuid[]) AS wanted (id)
           LEFT JOIN api_keys k ON k.tenant_id = $1 AND k.key_id = wanted.id"#,
        tenant.0,
        ids
    )
    .fetch_all(tx.conn())
    .await?;
    let named = rows.into_iter().map(|row| {
        let names = KeyNames {
            name: row.name,
            tags: row.tags,
        };
        (row.id, names)
    });
    Ok(named.collect())
}

async fn people_names(tx: &mut TenantTx, ids: &[Uuid]) -> Result<Vec<(Uuid, String)>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        "SELECT user_id, email FROM memberships WHERE tenant_id = $1 AND user_id = ANY($2)",
        tenant.0,
        ids
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.user_id, row.email)).collect())
}
