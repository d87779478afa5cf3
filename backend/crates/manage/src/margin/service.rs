//! Who may see margin, which days, and what the rows are called.

use super::credited;
use super::store::{self, Filter, Row};
use crate::figures::count;
use crate::permissions::{Action, require};
use crate::state::ManageState;
use crate::stats::Days;
use std::collections::HashMap;
use tollgate_contract::margin::{MarginFigures, MarginGroup, MarginQuery, MarginReport, MarginRow};
use tollgate_contract::money::NanoUsd;
use tollgate_http::{Caller, Code, Fault};
use tollgate_store::PLATFORM_TENANT;

pub(super) async fn report(
    state: &ManageState,
    caller: &Caller,
    query: &MarginQuery,
) -> Result<MarginReport, Fault> {
    require(caller, Action::MarginRead)?;
    if caller.tenant_id != PLATFORM_TENANT {
        return Err(
            Fault::new(Code::Forbidden).detail("Only the platform's own organisation sees its margin.")
        );
    }
    let days = Days::asked(query.from, query.to, state.clock().now(), chrono_tz::UTC)?;
    let filter = Filter { days, query };
    let mut tx = caller.tx().await?;
    let mut rows = store::grouped(&mut tx, &filter, query.group_by).await?;
    let mut by_day = store::grouped(&mut tx, &filter, MarginGroup::Day).await?;
    let tie = store::tie(&mut tx).await?;
    let mut all = state.db().jobs().await?;
    let given = credited::read(&mut all, &filter).await?;
    credited::put(&mut rows, given.as_deref(), query.group_by);
    credited::put(&mut by_day, given.as_deref(), MarginGroup::Day);
    let tie = credited::tie(&mut all, tie).await?;
    let ids: Vec<_> = rows.iter().filter_map(|row| row.id.parse().ok()).collect();
    let mut names = match query.group_by {
        MarginGroup::Account => store::accounts(&mut tx, &ids).await?,
        _ => HashMap::new(),
    };
    drop(tx);
    if query.group_by == MarginGroup::Tenant {
        names = store::tenants(&mut all, &ids).await?;
    }
    let own_accounts_charge_nano = store::own_accounts(&mut all, &filter).await?;
    let totals = Row {
        credited: credited::sum(given.as_deref()),
        ..rows.iter().fold(Row::default(), Row::and)
    };
    let row = |row: Row| MarginRow {
        label: row
            .id
            .parse()
            .ok()
            .and_then(|id| names.get(&id).cloned())
            .unwrap_or_else(|| row.id.clone()),
        figures: figures(&row),
        id: row.id,
    };
    Ok(MarginReport {
        from: days.from,
        to: days.to,
        group_by: query.group_by,
        totals: figures(&totals),
        rows: rows.into_iter().map(&row).collect(),
        days: by_day.into_iter().map(&row).collect(),
        own_accounts_charge_nano,
        tie,
    })
}

fn figures(row: &Row) -> MarginFigures {
    let kept = row.charge.saturating_sub(row.credited.unwrap_or(0));
    let margin = kept.saturating_sub(row.cost);
    let share = i128::from(margin) * 1000;
    MarginFigures {
        requests: count(row.requests),
        input_tokens: count(row.input),
        output_tokens: count(row.output),
        cost_nano: NanoUsd(row.cost),
        charge_nano: NanoUsd(row.charge),
        credited_nano: row.credited.map(NanoUsd),
        margin_nano: NanoUsd(margin),
        margin_permille: share
            .checked_div(i128::from(kept))
            .and_then(|share| i64::try_from(share).ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_margin_may_be_a_loss_and_is_no_share_of_nothing() {
        let row = |cost, charge| Row {
            cost,
            charge,
            ..Row::default()
        };
        let of = |cost, charge| {
            let figures = figures(&row(cost, charge));
            (figures.margin_nano.0, figures.margin_permille)
        };
        assert_eq!(of(80, 100), (20, Some(200)));
        assert_eq!(of(130, 100), (-30, Some(-300)));
        assert_eq!(of(5, 0), (-5, None));
        assert_eq!(of(0, i64::MAX), (i64::MAX, Some(1000)));
    }
}
