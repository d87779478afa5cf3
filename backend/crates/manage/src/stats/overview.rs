//! The dashboard's first answer: is all well, how much today against yesterday, what changed.

use super::by_model::models_within;
use super::report::sight;
use super::store::{self, Instants, Quarter};
use super::trend::{Plan, quarter_after};
use crate::permissions::{Action, allows};
use crate::state::ManageState;
use crate::zone::{day_start, days_before, local_date, same_time_yesterday, zone};
use crate::{billing, figures};
use chrono::{DateTime, Utc};
use tollgate_contract::stats::{DayTile, Overview, TrendRange};
use tollgate_http::{Caller, Fault};

pub(super) async fn overview(
    state: &ManageState,
    caller: &Caller,
    range: TrendRange,
) -> Result<Overview, Fault> {
    let (now, tz, sight) = (state.clock().now(), zone(&caller.time_zone), sight(caller)?);
    let plan = Plan::recent(range, now, tz);
    let today = local_date(now, tz);
    let (today_start, yesterday_start) = (day_start(today, tz), day_start(days_before(today, 1), tz));
    let end = quarter_after(now);
    let mut tx = caller.tx().await?;
    // One read serves the tiles and the trend.
    let all = Instants {
        from: plan.from.min(yesterday_start),
        to: end,
    };
    let quarters = store::quarters(&mut tx, sight, all, None).await?;
    let tile = |from, to| sum(&quarters, from, to);
    let range = Instants {
        from: plan.from,
        to: end,
    };
    let models = models_within(&mut tx, sight, range).await?;
    let accounts = if allows(caller.role, Action::AccountsRead) {
        store::account_tiles(&mut tx).await?
    } else {
        Vec::new()
    };
    let sees_money = allows(caller.role, Action::BillingRead);
    let balance_nano = if sees_money {
        billing::wallet_balance(&mut tx).await?
    } else {
        None
    };
    Ok(Overview {
        at: now,
        time_zone: tz.name().to_owned(),
        today: tile(today_start, end),
        yesterday: tile(yesterday_start, today_start),
        yesterday_so_far: tile(yesterday_start, same_time_yesterday(now, tz)),
        keys: store::key_counts(&mut tx, sight.only(), now).await?,
        accounts,
        balance_nano,
        trend: plan.draw(&quarters),
        models,
    })
}

fn sum(quarters: &[Quarter], from: DateTime<Utc>, to: DateTime<Utc>) -> DayTile {
    let within = quarters
        .iter()
        .filter(|quarter| quarter.at >= from && quarter.at < to);
    within.fold(DayTile::default(), |mut tile, quarter| {
        figures::add(&mut tile.figures, &quarter.figures);
        tile.errors = tile.errors.saturating_add(quarter.errors);
        tile.client_errors = tile.client_errors.saturating_add(quarter.client_errors);
        tile
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_contract::stats::Figures;

    #[test]
    fn a_tile_counts_the_quarters_of_its_own_day_alone() {
        let quarter = |text: &str| Quarter {
            at: text.parse().unwrap(),
            figures: Figures {
                requests: 1,
                ..Figures::default()
            },
            errors: 0,
            client_errors: 1,
        };
        let quarters = [
            "2026-11-23T23:45:00Z",
            "2026-11-24T00:00:00Z",
            "2026-11-24T23:45:00Z",
            "2026-11-25T00:00:00Z",
        ];
        let tile = sum(
            &quarters.map(quarter),
            "2026-11-24T00:00:00Z".parse().unwrap(),
            "2026-11-25T00:00:00Z".parse().unwrap(),
        );
        assert_eq!((tile.figures.requests, tile.client_errors), (2, 2));
    }
}
