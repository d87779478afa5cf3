//! What an organisation pays: list prices with its plan in them, by service and model. Never in here: cost, margin, plans
//! as such.

use crate::permissions::{Action, require};
use crate::state::ManageState;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use tollgate_contract::money::NanoUsd;
use tollgate_contract::platform::Platform;
use tollgate_contract::prices::{TenantPrice, TenantPrices};
use tollgate_http::{Caller, Fault};
use tollgate_ledger::HeldBooks;
use tollgate_money::{ROUNDING_RULE, Sale, Terms};
use tollgate_store::{JobsTx, PLATFORM_TENANT, StoreError};
use uuid::Uuid;

/// Book, plans, and whose prices are asked for.
struct Shop {
    held: HeldBooks,
    tenant: Uuid,
}

pub(super) async fn prices(state: &ManageState, caller: &Caller) -> Result<TenantPrices, Fault> {
    require(caller, Action::PricesRead)?;
    let (now, tenant) = (state.clock().now(), caller.tenant_id.0);
    let _turn = state.heavy_reads().turn(caller.tenant_id).await?;
    let mut tx = state.db().jobs().await?;
    let served = served(&mut tx, tenant).await?;
    let next_change = next_change(&mut tx, tenant, now).await?;
    drop(tx);
    let shop = Shop {
        held: state.parts().held_prices.now(),
        tenant,
    };
    // Thousands of models: no stream waits for them on a worker.
    let told = move || shop.all(&served, now, next_change);
    let items = state.db().core().run_blocking(told).await?;
    Ok(TenantPrices {
        at: now,
        next_change,
        rounding: ROUNDING_RULE.to_owned(),
        items,
    })
}

impl Shop {
    fn all(
        &self,
        served: &[(Platform, bool)],
        now: DateTime<Utc>,
        next_change: Option<DateTime<Utc>>,
    ) -> Vec<TenantPrice> {
        let mut items = Vec::new();
        for (platform, own_account) in served {
            let today = self.names(*platform, now);
            let later = next_change
                .map(|at| self.names(*platform, at))
                .unwrap_or_default();
            for model in today.union(&later) {
                items.extend(self.shown(*platform, *own_account, model, (now, next_change)));
            }
        }
        items
    }

    fn names(&self, platform: Platform, at: DateTime<Utc>) -> BTreeSet<String> {
        let version = self.held.book.version_at(at);
        let names = version.map(|version| version.names(platform.as_str(), platform.provider()));
        names.into_iter().flatten().map(str::to_owned).collect()
    }

    fn terms(&self, platform: Platform, own_account: bool, model: &str, at: DateTime<Utc>) -> Option<Terms> {
        let priced = self
            .held
            .book
            .find_on(platform.as_str(), platform.provider(), model, at)?;
        let sale = Sale {
            platform: platform.as_str(),
            provider: platform.provider(),
            model,
            tags: &[],
            own_account,
        };
        let plan = self.held.plans.at(self.tenant, at);
        Some(Terms::of(plan.as_deref(), &sale, priced.prices))
    }

    fn shown(
        &self,
        platform: Platform,
        own_account: bool,
        model: &str,
        (now, next): (DateTime<Utc>, Option<DateTime<Utc>>),
    ) -> Option<TenantPrice> {
        let told = |terms: &Terms| terms.prices.told(terms.factor);
        let today = self.terms(platform, own_account, model, now);
        let later = next.map(|at| {
            let terms = self.terms(platform, own_account, model, at);
            terms.as_ref().map(told).unwrap_or_default()
        });
        let prices: BTreeMap<String, String> = today.as_ref().map(told).unwrap_or_default();
        if prices.is_empty() && later.as_ref().is_none_or(BTreeMap::is_empty) {
            return None;
        }
        let minimum = today.as_ref().map(|terms| terms.minimum);
        Some(TenantPrice {
            platform,
            own_account,
            model: model.to_owned(),
            long_context_above: today.as_ref().and_then(|terms| terms.prices.long_above()),
            minimum_nano: minimum
                .filter(|minimum| minimum.0 > 0)
                .map(|minimum| NanoUsd(minimum.0)),
            next: later.filter(|later| *later != prices),
            prices,
        })
    }
}

/// The platforms that may serve a tenant: those of its own accounts, and of the groups that it may use.
async fn served(tx: &mut JobsTx, tenant: Uuid) -> Result<Vec<(Platform, bool)>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT platform AS "platform!", own AS "own!" FROM (
             SELECT a.platform, a.tenant_id <> $2 AS own FROM accounts a
             WHERE a.tenant_id = $1 AND a.deleted_at IS NULL
             UNION
             SELECT a.platform, false FROM group_grants g
             JOIN account_group_members m ON m.tenant_id = g.owner_id AND m.group_id = g.group_id
             JOIN accounts a ON a.tenant_id = m.tenant_id AND a.account_id = m.account_id
             WHERE g.tenant_id = $1 AND a.deleted_at IS NULL) AS served
           ORDER BY 1, 2"#,
        tenant,
        PLATFORM_TENANT.0
    )
    .fetch_all(tx.conn())
    .await?;
    let known = rows
        .into_iter()
        .filter_map(|row| Some((Platform::parse(&row.platform)?, row.own)));
    Ok(known.collect())
}

/// When a version, or the tenant's plan, or another plan of its begins next.
async fn next_change(
    tx: &mut JobsTx,
    tenant: Uuid,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let next = sqlx::query_scalar!(
        r#"SELECT min(effective_from) FROM (
             SELECT effective_from FROM price_versions WHERE effective_from > $2
             UNION ALL
             SELECT effective_from FROM tenant_plans WHERE tenant_id = $1 AND effective_from > $2
             UNION ALL
             SELECT v.effective_from FROM plan_versions v
             WHERE v.effective_from > $2
               AND v.plan_id = (SELECT t.plan_id FROM tenant_plans t WHERE t.tenant_id = $1 AND t.effective_from <= $2
                                ORDER BY t.effective_from DESC LIMIT 1)) AS coming"#,
        tenant,
        now
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(next)
}
