//! Reports over ranges of days.

use super::range::Days;
use super::store::{self, Filter, Row};
use crate::permissions::{Action, Sight};
use crate::state::ManageState;
use crate::zone::{local_date, zone};
use chrono::{DateTime, Utc};
use std::collections::HashMap;
use tollgate_contract::ids::KeyId;
use tollgate_contract::keys::KeyStats;
use tollgate_contract::stats::{
    CostReport, CostRow, DayFigures, Figures, GroupBy, ModelReport, RangeQuery, StatsQuery, UsageReport,
    UsageRow,
};
use tollgate_http::{Caller, Fault};
use tollgate_store::TenantTx;
use uuid::Uuid;

pub(super) fn sight(caller: &Caller) -> Result<Sight, Fault> {
    Sight::of(caller, Action::UsageReadAll, Action::UsageReadOwn)
}

fn filter(caller: &Caller, query: &StatsQuery) -> Result<Filter, Fault> {
    Ok(Filter {
        key: query.key_id,
        user: query.user_id,
        only_user: sight(caller)?.only(),
        account: query.account_id,
        model: query.model.clone(),
    })
}

pub(super) async fn usage(
    state: &ManageState,
    caller: &Caller,
    query: &StatsQuery,
) -> Result<UsageReport, Fault> {
    let (filter, tz) = (filter(caller, query)?, zone(&caller.time_zone));
    let days = Days::asked(query.from, query.to, state.clock().now(), tz)?;
    let mut tx = caller.tx().await?;
    let totals = store::totals(&mut tx, days, &filter).await?;
    let rows = rows(&mut tx, days, &filter, query.group_by).await?;
    Ok(UsageReport {
        from: days.from,
        to: days.to,
        time_zone: tz.name().to_owned(),
        group_by: query.group_by,
        totals,
        rows,
    })
}

pub(super) async fn cost(
    state: &ManageState,
    caller: &Caller,
    query: &StatsQuery,
) -> Result<CostReport, Fault> {
    let (filter, tz) = (filter(caller, query)?, zone(&caller.time_zone));
    let days = Days::asked(query.from, query.to, state.clock().now(), tz)?;
    let mut tx = caller.tx().await?;
    let total = store::totals(&mut tx, days, &filter).await?.charge_nano;
    let previous = store::totals(&mut tx, days.before(), &filter).await?.charge_nano;
    let rows = rows(&mut tx, days, &filter, query.group_by).await?;
    let rows = rows.into_iter().map(|row| CostRow {
        id: row.id,
        label: row.label,
        requests: row.figures.requests,
        charge_nano: row.figures.charge_nano,
        share_permille: permille(row.figures.charge_nano.0, total.0),
    });
    Ok(CostReport {
        from: days.from,
        to: days.to,
        time_zone: tz.name().to_owned(),
        group_by: query.group_by,
        total_nano: total,
        previous_total_nano: previous,
        rows: rows.collect(),
    })
}

fn permille(part: i64, whole: i64) -> u32 {
    let share = i128::from(part) * 1000;
    share
        .checked_div(i128::from(whole))
        .and_then(|share| u32::try_from(share).ok())
        .unwrap_or_default()
}

pub(super) async fn models(
    state: &ManageState,
    caller: &Caller,
    query: &RangeQuery,
) -> Result<ModelReport, Fault> {
    let tz = zone(&caller.time_zone);
    let days = Days::asked(query.from, query.to, state.clock().now(), tz)?;
    let filter = Filter {
        only_user: sight(caller)?.only(),
        ..Filter::default()
    };
    let rows = store::grouped(&mut caller.tx().await?, days, &filter, GroupBy::Model).await?;
    Ok(ModelReport {
        from: days.from,
        to: days.to,
        time_zone: tz.name().to_owned(),
        rows: store::as_models(rows),
    })
}

/// One key's usage, for whoever may see the key.
pub(crate) async fn of_key(
    tx: &mut TenantTx,
    caller: &Caller,
    key: KeyId,
    query: &RangeQuery,
    now: DateTime<Utc>,
    last_used_at: Option<DateTime<Utc>>,
) -> Result<KeyStats, Fault> {
    let tz = zone(&caller.time_zone);
    let days = Days::asked(query.from, query.to, now, tz)?;
    let today = local_date(now, tz);
    let filter = Filter {
        key: Some(key),
        ..Filter::default()
    };
    let by_day = store::grouped(tx, days, &filter, GroupBy::Day).await?;
    Ok(KeyStats {
        key_id: key,
        from: days.from,
        to: days.to,
        time_zone: tz.name().to_owned(),
        totals: store::totals(tx, days, &filter).await?,
        today: store::totals(
            tx,
            Days {
                from: today,
                to: today,
            },
            &filter,
        )
        .await?,
        days: filled(days, by_day),
        models: store::as_models(store::grouped(tx, days, &filter, GroupBy::Model).await?),
        last_used_at,
    })
}

/// Every day in order, also those without usage.
fn filled(days: Days, rows: Vec<Row>) -> Vec<DayFigures> {
    let by_day: HashMap<String, Figures> = rows.into_iter().map(|row| (row.id, row.figures)).collect();
    let each = days.each();
    each.map(|date| DayFigures {
        date,
        figures: by_day.get(&date.to_string()).copied().unwrap_or_default(),
    })
    .collect()
}

async fn rows(
    tx: &mut TenantTx,
    days: Days,
    filter: &Filter,
    group_by: GroupBy,
) -> Result<Vec<UsageRow>, Fault> {
    let found = store::grouped(tx, days, filter, group_by).await?;
    match group_by {
        GroupBy::Day => Ok(filled(days, found)
            .into_iter()
            .map(|day| UsageRow {
                id: day.date.to_string(),
                label: day.date.to_string(),
                figures: day.figures,
            })
            .collect()),
        GroupBy::Model | GroupBy::CostCentre => Ok(found
            .into_iter()
            .map(|row| UsageRow {
                label: row.id.clone(),
                id: row.id,
                figures: row.figures,
            })
            .collect()),
        GroupBy::Key | GroupBy::User | GroupBy::Account => named(tx, group_by, found).await,
    }
}

/// Ids with the names behind them; the nil id stands for none.
async fn named(tx: &mut TenantTx, group_by: GroupBy, found: Vec<Row>) -> Result<Vec<UsageRow>, Fault> {
    let ids: Vec<Uuid> = found.iter().filter_map(|row| row.id.parse().ok()).collect();
    let names: HashMap<Uuid, String> = store::labels(tx, group_by, &ids).await?.into_iter().collect();
    let rows = found.into_iter().map(|row| {
        let id: Option<Uuid> = row.id.parse().ok().filter(|id: &Uuid| !id.is_nil());
        let text = id.map(|id| id.to_string()).unwrap_or_default();
        let label = id
            .and_then(|id| names.get(&id).cloned())
            .unwrap_or_else(|| text.clone());
        UsageRow {
            id: text,
            label,
            figures: row.figures,
        }
    });
    Ok(rows.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_thousandths_rounded_down_and_nothing_of_nothing_is_nothing() {
        assert_eq!(permille(1, 3), 333);
        assert_eq!(permille(i64::MAX, i64::MAX), 1000);
        assert_eq!(permille(0, 0), 0);
    }

    #[test]
    fn days_without_usage_are_shown_as_zero() {
        let days = Days {
            from: "2026-11-01".parse().unwrap(),
            to: "2026-11-03".parse().unwrap(),
        };
        let used = Figures {
            requests: 2,
            ..Figures::default()
        };
        let shown = filled(
            days,
            vec![Row {
                id: "2026-11-02".to_owned(),
                figures: used,
            }],
        );
        let requests: Vec<u64> = shown.iter().map(|day| day.figures.requests).collect();
        assert_eq!(requests, [0, 2, 0]);
    }
}
